//! Parts that know nothing of identities.

pub mod asynchronous;
pub mod bars;
pub mod copy;
pub mod dialog;
pub mod follow;
pub mod html;
pub mod icon;
pub mod menu;
pub mod order;
pub mod prose;
pub mod size;
pub mod states;
pub mod virtual_table;

use leptos::prelude::window;

/// Whether there is room for a picture above a table of a dozen rows.
pub fn has_room() -> bool {
    let query = window().match_media("(min-width: 720px) and (min-height: 800px)");
    matches!(query, Ok(Some(query)) if query.matches())
}
