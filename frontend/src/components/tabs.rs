//! Pages that are one for who reads them: a link to each, and which is shown.

use leptos::prelude::*;

use crate::ui::html::html;
use crate::url_state::use_snapshot;

/// A link for each title; `href` is its address in a snapshot.
pub fn tabs<Tab: Copy + PartialEq + Send + Sync + 'static>(
    label: &'static str,
    shown: Tab,
    titles: &[(Tab, &'static str)],
    href: fn(Tab, Option<&str>) -> String,
) -> AnyView {
    let snapshot = use_snapshot();
    let links = titles.iter().map(|&(tab, title)| {
        let current = (tab == shown).then_some("page");
        html! {
            <li>
                <a class="tab" href=move || href(tab, snapshot.get().as_deref()) aria-current=current>
                    {title}
                </a>
            </li>
        }
    });
    html! {
        <nav aria-label=label>
            <ul class="tab-list">{links.collect_view()}</ul>
        </nav>
    }
}
