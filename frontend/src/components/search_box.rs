//! The search of the whole inventory: `/` or Ctrl-K focuses it, Enter lists what matches.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent, SubmitEvent};

use crate::links;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{Step, use_go, use_snapshot};

#[component]
pub fn SearchBox() -> impl IntoView {
    let input = NodeRef::<html::Input>::new();
    let snapshot = use_snapshot();
    let go = use_go();
    let on_shortcut = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        let is_command = (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k");
        let is_slash = event.key() == "/" && !event.ctrl_key() && !event.meta_key() && !is_typing(&event);
        if !(is_command || is_slash) {
            return;
        }
        if let Some(input) = input.get_untracked() {
            event.prevent_default();
            let _ = input.focus();
            input.select();
        }
    });
    on_cleanup(move || on_shortcut.remove());
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(input) = input.get_untracked() {
            let link = links::search(input.value().trim(), snapshot.get_untracked().as_deref());
            input.set_value("");
            let _ = input.blur();
            go.run((link, Step::Recorded));
        }
    };
    html! {
        <form class="search" role="search" on:submit=on_submit>
            {icon(Icon::Search)}
            <input
                class="search-input"
                type="search"
                name="q"
                node_ref=input
                placeholder="Search identities"
                aria-label="Search identities"
                aria-keyshortcuts="Control+K Meta+K /"
                autocomplete="off"
                spellcheck="false"
            />
            <kbd class="search-key" aria-hidden="true">"/"</kbd>
        </form>
    }
}

/// Whether a key goes into a field.
fn is_typing(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}
