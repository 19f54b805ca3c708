//! Parts that know nothing of identities.

pub mod asynchronous;
pub mod bars;
pub mod dialog;
pub mod icon;
pub mod menu;
pub mod states;
pub mod virtual_table;

use leptos::prelude::window;

/// Whether there is room for what may wait on a phone. The figure is that of `style/ui.css`.
pub fn is_wide() -> bool {
    matches!(window().match_media("(min-width: 720px)"), Ok(Some(query)) if query.matches())
}
