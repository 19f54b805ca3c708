//! Verdicts, states and severities: always a shape and a word, never colour alone.

use leptos::prelude::*;
use shared::diagnostic::Severity;
use shared::model::ratio::Verdict;

use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::words;

/// A word with its shape and colour.
pub fn badge(class: &'static str, symbol: Icon, word: impl Into<String>) -> AnyView {
    html! {
        <span class=format!("badge {class}")>
            {icon(symbol)}
            {word.into()}
        </span>
    }
}

/// The class that colours a verdict.
pub fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "is-pass",
        Verdict::Fail => "is-fail",
        Verdict::Unknown => "is-unknown",
    }
}

pub fn verdict_icon(verdict: Verdict) -> Icon {
    match verdict {
        Verdict::Pass => Icon::Pass,
        Verdict::Fail => Icon::Fail,
        Verdict::Unknown => Icon::Unknown,
    }
}

/// A verdict in this place's words.
pub fn verdict_badge(verdict: Verdict, word: impl Into<String>) -> AnyView {
    badge(verdict_class(verdict), verdict_icon(verdict), word)
}

/// Whether an identity is governed; what it lacks, when it is not.
pub fn governed_badge(governed: Option<Verdict>, failing: &[String]) -> AnyView {
    match governed {
        None => {
            html! { <span class="muted" title="Not counted: a person, or made by the platform">"Not in scope"</span> }
        }
        Some(Verdict::Pass) => verdict_badge(Verdict::Pass, "Governed"),
        Some(Verdict::Unknown) => verdict_badge(Verdict::Unknown, "Unknown"),
        Some(Verdict::Fail) => {
            let lacks: Vec<_> = failing.iter().map(|criterion| words::lacking(criterion)).collect();
            let title = lacks.join(", ");
            let word = match lacks.as_slice() {
                [] => "Not governed".to_owned(),
                [one] => one.clone(),
                [one, more @ ..] => format!("{one} +{}", more.len()),
            };
            html! {
                <span class="badge is-fail" title=title>
                    {icon(Icon::Fail)}
                    {word}
                </span>
            }
        }
    }
}

/// `active`, `inactive`, `expired`, … as a word with a dot whose shape tells on from off.
pub fn status_badge(status: &str) -> AnyView {
    let class = match status {
        "active" => "status is-on",
        "expired" | "revoked" => "status is-over",
        "inactive" => "status is-off",
        _ => "status is-untold",
    };
    html! { <span class=class>{words::sentence(status)}</span> }
}

/// How bad a finding is.
pub fn severity_word(severity: &str) -> AnyView {
    let (class, symbol) = match severity {
        "critical" => ("badge is-critical", Icon::Fail),
        "high" => ("badge is-fail", Icon::Warning),
        "medium" => ("badge is-warning", Icon::Warning),
        _ => ("badge is-unknown", Icon::Info),
    };
    html! { <span class=class>{icon(symbol)} {words::sentence(severity)}</span> }
}

pub fn severity_badge(severity: Severity) -> AnyView {
    let (class, symbol, word) = match severity {
        Severity::Error => ("badge is-fail", Icon::Fail, "Error"),
        Severity::Warning => ("badge is-warning", Icon::Warning, "Warning"),
        Severity::Info => ("badge is-unknown", Icon::Info, "Note"),
    };
    html! { <span class=class>{icon(symbol)} {word}</span> }
}
