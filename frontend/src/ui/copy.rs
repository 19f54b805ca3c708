//! A button that copies a text.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::js_sys::futures::JsFuture;

use super::html::html;
use super::icon::{Icon, icon};

/// How long the answer stays, long enough to be read aloud.
const NOTICE: Duration = Duration::from_secs(4);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Copied {
    No,
    Yes,
    /// The browser gives no clipboard to this page; the text can still be selected.
    Refused,
}

pub fn copy_button(text: String) -> AnyView {
    let copied = RwSignal::new(Copied::No);
    let on_click = move |_| {
        let written = JsFuture::from(window().navigator().clipboard().write_text(&text));
        spawn_local(async move {
            let now = match written.await {
                Ok(_) => Copied::Yes,
                Err(_) => Copied::Refused,
            };
            copied.try_set(now);
            let again = move || {
                copied.try_set(Copied::No);
            };
            set_timeout(again, NOTICE);
        });
    };
    let symbol = move || match copied.get() {
        Copied::Yes => icon(Icon::Pass),
        Copied::No | Copied::Refused => icon(Icon::Copy),
    };
    let word = move || match copied.get() {
        Copied::No => "Copy",
        Copied::Yes => "Copied",
        Copied::Refused => "Select it to copy",
    };
    html! {
        <button type="button" class="button" on:click=on_click>
            {symbol}
            <span role="status">{word}</span>
        </button>
    }
}
