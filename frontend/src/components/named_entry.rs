//! The entry of a page that its address names by a fragment.

use leptos::prelude::*;

use crate::client::{Answer, Outcome};
use crate::ui::follow::effect;
use crate::url_state::use_location;

/// Brings it into sight, and opens it where it can be open: now, once the answer is there, or when a link on the page
/// changes it.
pub fn follow<T: Send + Sync + 'static>(answer: Answer<T>) {
    let is_there = Signal::derive(move || matches!(answer.outcome(), Outcome::Ready(_)));
    show_when(is_there);
}

fn show_when(is_there: Signal<bool>) {
    let hash = use_location().hash;
    effect(move || {
        let name = hash.get();
        if is_there.get()
            && let Some(entry) = document().get_element_by_id(name.trim_start_matches('#'))
        {
            if entry.tag_name() == "DETAILS" {
                // Fails only for a name that is none.
                let _ = entry.set_attribute("open", "");
            }
            entry.scroll_into_view();
        }
    });
}
