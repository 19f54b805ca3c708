//! Points in time, told from the snapshot, with the whole instant on hover.

use leptos::prelude::*;
use shared::api::rows::LastUsedWord;
use shared::model::instant::Instant;

use crate::format;
use crate::ui::html::html;

/// `3 d ago`, with the UTC instant as title.
pub fn moment(at: Instant, as_of: Instant) -> AnyView {
    html! {
        <time datetime=at.to_string() title=format::full(at)>
            {format::relative(at, as_of)}
        </time>
    }
}

/// An instant that may not be told.
pub fn maybe_moment(at: Option<Instant>, as_of: Instant) -> AnyView {
    match at {
        Some(at) => moment(at, as_of),
        None => absent("Not reported"),
    }
}

/// When something was last used: never and not told are different answers.
pub fn last_used(at: Option<Instant>, word: LastUsedWord, as_of: Instant) -> AnyView {
    match (word, at) {
        (LastUsedWord::At, Some(at)) => moment(at, as_of),
        (LastUsedWord::At, None) => absent("Not reported"),
        (LastUsedWord::Never, _) => html! { <span>"Never"</span> },
        (LastUsedWord::NotWithin, _) => {
            html! { <span title="No use for as long as the export looks back">"Not lately"</span> }
        }
        (LastUsedWord::NotReported, _) => absent("Not reported"),
    }
}

/// When a credential ends.
pub fn ends(at: Option<Instant>, expiry: &str, as_of: Instant) -> AnyView {
    match (at, expiry) {
        (Some(at), _) => {
            let class = if at.days_until(as_of) > 0 {
                "is-late"
            } else if as_of.days_until(at) <= 30 {
                "is-soon"
            } else {
                ""
            };
            html! {
                <time class=class datetime=at.to_string() title=format::full(at)>
                    {format::relative(at, as_of)}
                </time>
            }
        }
        (None, "never") => html! { <span>"Never"</span> },
        (None, _) => absent("Not reported"),
    }
}

/// Text, or a quiet word that nothing says it.
pub fn text_or(text: Option<String>, otherwise: &'static str) -> AnyView {
    match text {
        Some(text) if !text.is_empty() => {
            html! { <span class="cut" title=text.clone()>{text.clone()}</span> }
        }
        Some(_) | None => absent(otherwise),
    }
}

/// What no export says.
pub fn absent(word: &'static str) -> AnyView {
    html! { <span class="muted">{word}</span> }
}
