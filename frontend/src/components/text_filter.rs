//! Free text that narrows a list, asked for when the typing pauses.

use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;

use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::{Step, use_go};

/// Between the last letter and the question.
const TYPING_PAUSE: Duration = Duration::from_millis(150);

#[component]
pub fn TextFilter(
    /// What is listed: `identities`.
    noun: &'static str,
    /// The words that the URL has.
    text: Memo<String>,
    /// The link with other words.
    link: Callback<String, String>,
) -> impl IntoView {
    let go = use_go();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let ask = move |typed: String| {
        if let Some(handle) = waiting.try_update_value(Option::take).flatten() {
            handle.clear();
        }
        let later = set_timeout_with_handle(
            move || {
                if text.try_get_untracked().is_some_and(|text| text != typed) {
                    go.run((link.run(typed.clone()), Step::Replacing));
                }
            },
            TYPING_PAUSE,
        );
        waiting.set_value(later.ok());
    };
    html! {
        <div class="list-search">
            {icon(Icon::Search)}
            <input
                type="search"
                class="field list-search-input"
                placeholder=format!("Filter {noun} by name or id")
                aria-label=format!("Filter {noun}")
                autocomplete="off"
                spellcheck="false"
                prop:value=text
                on:input=move |event| ask(event_target_value(&event))
            />
        </div>
    }
}
