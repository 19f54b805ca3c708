//! The way through a list that comes in pages.

use std::ops::Range;

use leptos::prelude::*;

use crate::format;
use crate::ui::html::html;

/// Which rows are shown of how many, and links to those before and after; `link` leads to the page that begins at a row.
pub fn pager(
    shown: Range<usize>,
    total: usize,
    (one, many): (&'static str, &'static str),
    page_rows: usize,
    link: &dyn Fn(usize) -> String,
) -> AnyView {
    let place = format!(
        "{}–{} of {}",
        format::count(shown.start + 1),
        format::count(shown.end),
        format::counted(total as u64, one, many)
    );
    let step = |title: &'static str, offset: Option<usize>| {
        let link = offset.map(link);
        let is_none = link.is_none().then_some("true");
        html! { <a class="button" href=link aria-disabled=is_none data-noscroll>{title}</a> }
    };
    let before = (shown.start > 0).then(|| shown.start.saturating_sub(page_rows));
    let after = (shown.end < total).then_some(shown.end);
    html! {
        <div class="pager">
            <span role="status">{place}</span>
            {step("Before", before)}
            {step("After", after)}
        </div>
    }
}
