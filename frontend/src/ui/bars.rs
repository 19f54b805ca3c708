//! Horizontal bars in a list: label, bar, number. Each row may be a link. The list is its own text alternative.

use leptos::prelude::*;

/// A row of bars.
pub struct Bar {
    pub label: String,
    /// Pieces from the left, each with a style class and a size.
    pub pieces: Vec<(&'static str, f64)>,
    /// The number as text.
    pub number: String,
    pub href: Option<String>,
}

/// Rows of bars on one scale, from nothing to the largest.
pub fn bars(rows: Vec<Bar>) -> impl IntoView {
    let sum = |bar: &Bar| bar.pieces.iter().map(|(_, size)| size).sum::<f64>();
    let largest = rows.iter().map(sum).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let rows = rows.into_iter().map(move |bar| {
        let pieces = bar.pieces.into_iter().map(|(class, size)| {
            let width = format!("{:.2}%", size / largest * 100.0);
            view! { <span class=format!("bar-piece {class}") style:width=width></span> }
        });
        let content = view! {
            <span class="bar-label">{bar.label}</span>
            <span class="bar-track" aria-hidden="true">{pieces.collect_view()}</span>
            <span class="bar-number">{bar.number}</span>
        };
        match bar.href {
            Some(href) => view! { <li><a class="bar bar-link" href=href>{content}</a></li> }.into_any(),
            None => view! { <li class="bar">{content}</li> }.into_any(),
        }
    });
    view! { <ul class="bars">{rows.collect_view()}</ul> }
}
