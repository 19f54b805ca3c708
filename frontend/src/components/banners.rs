//! What every page must say above its content: a problem, a lost connection, reading in progress, partial sources.

use leptos::prelude::*;
use shared::api::Loading;

use crate::format;
use crate::links::{self, Place};
use crate::live::{Connection, Live};
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::url_state::use_snapshot;

/// As many sources as a line can name.
const MAX_NAMED: usize = 3;

#[component]
pub fn Banners() -> impl IntoView {
    let live = expect_context::<Live>();
    html! {
        <div class="banners">
            <ConnectionBanner live=live />
            <ProblemBanner live=live />
            <PartialBanner live=live />
        </div>
    }
}

#[component]
fn ConnectionBanner(live: Live) -> impl IntoView {
    let shown = move || {
        (live.connection.get() == Connection::Lost).then(|| {
            html! {
                <div class="banner is-warning" role="status">
                    {icon(Icon::Warning)}
                    <p>"The server does not answer. What you see is the last it said; the page reconnects by itself."</p>
                </div>
            }
        })
    };
    html! { {shown} }
}

#[component]
fn ProblemBanner(live: Live) -> impl IntoView {
    let problem = memo(move || live.state.with(|state| state.as_ref()?.problem.clone()));
    let shown = move || {
        problem.get().map(|problem| {
            html! {
                <div class="banner is-fail" role="alert">
                    {icon(Icon::Fail)}
                    <p>
                        <strong>"The estate could not be read again; the state before is shown. "</strong>
                        {problem}
                    </p>
                </div>
            }
        })
    };
    html! { {shown} }
}

/// Numbers that lean on partial sources may be too low.
#[component]
fn PartialBanner(live: Live) -> impl IntoView {
    let snapshot = use_snapshot();
    let partial = memo(move || {
        live.state.with(|state| {
            state
                .as_ref()
                .map(|state| state.partial_sources.clone())
                .unwrap_or_default()
        })
    });
    let shown = move || {
        let names = partial.get();
        // It speaks of the newest snapshot only.
        (!names.is_empty() && snapshot.get().is_none()).then(|| {
            let named = names.iter().take(MAX_NAMED).cloned().collect::<Vec<_>>().join(", ");
            let more = match names.len().saturating_sub(MAX_NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let (is, it) = if names.len() == 1 { ("source is", "it") } else { ("sources are", "they") };
            html! {
                <div class="banner is-warning">
                    {icon(Icon::Warning)}
                    <p>
                        {format!("{} {is} partial ({named}{more}): what {it} should list may be missing here. ", names.len())}
                        <a href=links::place(Place::Sources, None)>"What is missing"</a>
                    </p>
                </div>
            }
        })
    };
    html! { {shown} }
}

/// What the server does, beside the search: reading, updated, or nothing to say.
#[component]
pub fn LiveState() -> impl IntoView {
    let live = expect_context::<Live>();
    let loading = memo(move || live.state.with(|state| state.as_ref().and_then(|state| state.loading)));
    html! {
        <div class="live" role="status">
            {move || match (live.connection.get(), loading.get()) {
                (Connection::Lost, _) => {
                    html! { <span class="live-word is-lost">"Not connected"</span> }
                }
                (Connection::Open, Some(Loading { n_files_read, n_files })) => {
                    let text = format!("Reading {} of {} files", format::count(n_files_read), format::count(n_files));
                    html! {
                        <span class="live-word">{text}</span>
                        <progress class="live-progress" max=n_files.max(1) value=n_files_read aria-hidden="true"></progress>
                    }
                }
                (Connection::Open, None) => {
                    live.notice
                        .get()
                        .map(|notice| html! { <span class="live-word is-new">{icon(Icon::Pass)} {notice}</span> })
                        .into_any()
                }
            }}
        </div>
    }
}
