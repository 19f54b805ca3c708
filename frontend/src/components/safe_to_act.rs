//! What to know before a credential is replaced or revoked.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::graph::{DependentView, RotationStep, SafeToActView, StepView, TellView};

use super::access::{counts, node};
use super::evidence::evidence_link;
use crate::format;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};

pub fn safe_to_act(view: &Arc<SafeToActView>, snapshot: Option<&str>) -> AnyView {
    let works = match view.works {
        true => html! { <span class="badge is-warning">{icon(Icon::Warning)} "It works now"</span> },
        false => html! { <span class="badge is-pass">{icon(Icon::Pass)} "It does not work any more"</span> },
    };
    html! {
        <p class="access-tier">{works} <span>{opens(view)}</span></p>
        {part("Who would break", "Nothing that was read uses it.", view.dependents.iter().map(|row| dependent(row, snapshot)).collect())}
        <p class="card-line">{view.dependents_caveat.clone()}</p>
        {part("Whom to tell", "Nobody is recorded.", view.tell.iter().map(tell).collect())}
        {part("What still lets somebody in when it is gone", "Nothing: whoever used it is out.", view.survives.iter().map(|step| survivor(step, snapshot)).collect())}
        {(!view.copies.is_empty()).then(|| part("The same secret under another name", "", view.copies.iter().map(|copy| html! { <li>{node(copy, snapshot)}</li> }).collect()))}
        {part("If others may have it: replace in this order", "It leads to no other credential: replace it alone.", view.rotation.iter().map(rotation).collect())}
        {view.cut.iter().map(|cut| html! { <p class="card-foot">{format!("{} rows of {} are left out.", format::count(cut.n_total), cut.list)}</p> }).collect_view()}
    }
}

fn part(title: &'static str, none: &'static str, rows: Vec<AnyView>) -> AnyView {
    let content = match rows.is_empty() {
        true => html! { <p class="card-empty">{none}</p> },
        false => html! { <ol class="act-list">{rows}</ol> },
    };
    html! {
        <h3 class="act-title">{title}</h3>
        {content}
    }
}

/// What whoever has it gets to.
fn opens(view: &SafeToActView) -> String {
    let opens = &view.opens;
    if opens.n_reached == 0 {
        return "It opens nothing that was read.".to_owned();
    }
    let administers = match opens.administers.first() {
        Some(first) if opens.administers.len() == 1 => format!(" It makes an administrator: {}.", first.label),
        Some(first) => format!(
            " It makes an administrator of {} things, first of all: {}.",
            format::count(opens.administers.len()),
            first.label
        ),
        None => String::new(),
    };
    let stopped = opens.stopped.as_ref().map(|why| format!(" There may be more: {why}."));
    format!(
        "Whoever has it gets to {}.{administers}{}",
        counts(&opens.kinds),
        stopped.unwrap_or_default()
    )
}

fn dependent(row: &DependentView, snapshot: Option<&str>) -> AnyView {
    let (class, word) = match row.basis.as_str() {
        "declared" => ("badge is-fail", "Declared"),
        "mounted" => ("badge is-fail", "Mounted"),
        "seen_in_use" => ("badge is-fail", "Seen in use"),
        _ => ("badge is-unknown", "Inferred"),
    };
    let places = row
        .evidence
        .iter()
        .map(|evidence| evidence_link(evidence.clone(), snapshot))
        .collect_view();
    html! {
        <li class="way">
            <span class=class>{word}</span>
            <span class="way-words">
                {node(&row.node, snapshot)} <span class="cell-below">{row.sentence.clone()}</span> {places}
            </span>
        </li>
    }
}

fn tell(row: &TellView) -> AnyView {
    let owner = row.owner.clone().unwrap_or_else(|| "Nobody is recorded".to_owned());
    let state = match row.state.as_str() {
        "left" => Some(html! { <span class="tag is-fail">"Has left"</span> }),
        "unresolved" => Some(html! { <span class="tag">"Not in the roster"</span> }),
        _ => None,
    };
    let concerns: Vec<_> = row.concerns.iter().map(|node| node.label.as_str()).collect();
    html! {
        <li>
            <span class="owner-name">{owner} {state}</span>
            <span class="cell-below breakable">{format!("for {}", concerns.join(", "))}</span>
        </li>
    }
}

fn survivor(step: &StepView, snapshot: Option<&str>) -> AnyView {
    let condition = step
        .condition
        .clone()
        .map(|condition| html! { " " <span class="tag">{condition}</span> });
    let places = step
        .evidence
        .iter()
        .map(|evidence| evidence_link(evidence.clone(), snapshot))
        .collect_view();
    html! {
        <li class="way-words">
            <span class="breakable">{step.sentence.clone()} {condition}</span>
            {places}
        </li>
    }
}

fn rotation(step: &RotationStep) -> AnyView {
    let names: Vec<_> = step.credentials.iter().map(|node| node.label.as_str()).collect();
    html! {
        <li>
            <span class="breakable">{names.join(", ")}</span>
            <span class="cell-below">{step.sentence.clone()}</span>
        </li>
    }
}
