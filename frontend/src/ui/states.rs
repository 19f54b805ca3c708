//! What a panel shows when it has nothing to show yet, nothing at all, or no answer.

use leptos::prelude::*;

use super::icon::{Icon, icon};

use crate::ui::html::html;

/// Grey blocks in the shape of what comes.
#[component]
pub fn Skeleton(
    /// As many blocks.
    n_blocks: usize,
) -> impl IntoView {
    html! {
        <div class="skeleton-stack" role="status">
            <span class="visually-hidden">"Loading"</span>
            {(0..n_blocks).map(|_| html! { <div class="skeleton skeleton-block"></div> }).collect_view()}
        </div>
    }
}

/// Nothing to show, and what to do next.
#[component]
pub fn EmptyState(
    #[prop(into)] title: String,
    /// What to do next.
    children: Children,
) -> impl IntoView {
    html! {
        <div class="state">
            <p class="state-title">{title}</p>
            <div class="state-text">{children()}</div>
        </div>
    }
}

/// No answer, why, and a way to ask again.
#[component]
pub fn ErrorState(#[prop(into)] message: String, retry: Callback<()>) -> impl IntoView {
    html! {
        <div class="state" role="alert">
            <p class="state-title state-title-failed">{icon(Icon::Warning)} "This could not be loaded"</p>
            <p class="state-text">{message}</p>
            <button type="button" class="button" on:click=move |_| retry.run(())>
                {icon(Icon::Retry)}
                "Try again"
            </button>
        </div>
    }
}
