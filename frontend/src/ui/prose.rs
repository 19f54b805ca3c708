//! Sentences that quote code between backticks, as those of rules and diagnostics do.

use leptos::prelude::*;

use crate::ui::html::html;

/// A sentence with what stands between backticks as code.
pub fn prose(text: &str) -> AnyView {
    let parts: Vec<&str> = text.split('`').collect();
    let views = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => (*part).to_owned().into_any(),
        // A backtick without another quotes nothing.
        _ if at + 1 == parts.len() => format!("`{part}").into_any(),
        _ => html! { <code>{(*part).to_owned()}</code> },
    });
    views.collect_view().into_any()
}
