//! No page has this address.

use leptos::prelude::*;

use crate::components::page_head::PageHead;
use crate::links::{self, Place};
use crate::ui::html::html;
use crate::ui::states::EmptyState;

#[component]
pub fn NotFoundPage() -> impl IntoView {
    html! {
        <div class="page">
            <PageHead title="Page not found" />
            <EmptyState title="Nothing has this address">
                <p>"The link may be mistyped, or from another version of Rollcall."</p>
                <a class="button" href=links::place(Place::Overview, None)>
                    "Go to the overview"
                </a>
            </EmptyState>
        </div>
    }
}
