//! What stands above a page of one thing: the list that it was opened from, as that was filtered.

use leptos::prelude::*;

use crate::links::{self, List};
use crate::ui::html::html;
use crate::url_state::{use_location, use_snapshot};

/// A link back to the rows; to all of `own` where nobody came from a list of this snapshot.
pub fn crumbs(own: List) -> AnyView {
    let (location, snapshot) = (use_location(), use_snapshot());
    let back = move || {
        let snapshot = snapshot.get();
        let (list, link) = (location.list_before(snapshot.as_deref()))
            .unwrap_or_else(|| (own, links::facet_rows(own, Vec::new(), snapshot.as_deref())));
        html! { <a href=link>{list.title()}</a> }
    };
    html! {
        <nav class="crumbs" aria-label="Above this page">
            {back}
        </nav>
    }
}
