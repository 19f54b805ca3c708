//! The head of a page: its title, what it shows in a sentence, and what can be done with it.

use leptos::prelude::*;

use crate::ui::follow::effect;
use crate::ui::html::html;

/// Also names the document.
#[component]
pub fn PageHead(
    #[prop(into)] title: Signal<String>,
    /// One line below the title.
    #[prop(optional, into)]
    line: Option<ViewFn>,
    /// Buttons on the right.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    effect(move || document().set_title(&format!("{} · Rollcall", title.get())));
    html! {
        <header class="page-head">
            <div class="page-head-words">
                <h1 class="page-title">{title}</h1>
                {line.map(|line| html! { <p class="page-line">{line.run()}</p> })}
            </div>
            {children.map(|children| html! { <div class="page-actions">{children()}</div> })}
        </header>
    }
}
