//! A button that copies a text.

use std::time::Duration;

use leptos::prelude::*;

use super::html::html;
use super::icon::{Icon, icon};

/// How long "Copied" stays, long enough to be read aloud.
const NOTICE: Duration = Duration::from_secs(3);

/// What it did is said in its own words. Where the browser gives no clipboard, the text can still be selected.
pub fn copy_button(text: String) -> AnyView {
    let is_copied = RwSignal::new(false);
    let on_click = move |_| {
        // It fails where the page may not write to the clipboard; the promise is not waited for.
        let _ = window().navigator().clipboard().write_text(&text);
        is_copied.set(true);
        set_timeout(
            move || {
                is_copied.try_set(false);
            },
            NOTICE,
        );
    };
    let symbol = move || icon(if is_copied.get() { Icon::Pass } else { Icon::Copy });
    let word = move || if is_copied.get() { "Copied" } else { "Copy" };
    html! {
        <button type="button" class="button" on:click=on_click>
            {symbol}
            <span role="status">{word}</span>
        </button>
    }
}
