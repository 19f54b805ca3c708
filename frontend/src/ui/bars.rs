//! Horizontal bars in a list: label, bar, number. Each row may be a link. The list is its own text alternative.

use leptos::prelude::*;

use crate::format;
use crate::ui::html::html;

/// A row of bars.
pub struct Bar {
    pub label: String,
    /// Pieces from the left, each with a style class and a size.
    pub pieces: Vec<(&'static str, u64)>,
    /// The number as text.
    pub number: String,
    pub href: Option<String>,
}

/// Rows of bars on one scale, from nothing to the largest.
pub fn bars(rows: Vec<Bar>) -> AnyView {
    let sum = |bar: &Bar| bar.pieces.iter().map(|(_, size)| size).sum::<u64>();
    let largest = rows.iter().map(sum).max().unwrap_or(0).max(1) as f64;
    let rows = rows.into_iter().map(move |bar| {
        let pieces = bar.pieces.into_iter().map(|(class, size)| {
            let width = format::css_share(size as f64 / largest);
            html! { <span class=format!("bar-piece {class}") style:width=width></span> }
        });
        let content = html! {
            <span class="bar-label">{bar.label}</span>
            <span class="bar-track" aria-hidden="true">{pieces.collect_view()}</span>
            <span class="bar-number">{bar.number}</span>
        };
        match bar.href {
            Some(href) => html! { <li><a class="bar bar-link" href=href>{content}</a></li> },
            None => html! { <li class="bar">{content}</li> },
        }
    });
    html! { <ul class="bars">{rows.collect_view()}</ul> }
}
