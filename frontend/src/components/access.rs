//! What an identity can do altogether, what it reaches, and who reaches it.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::detail::{AccessView, Named, WayUpView};
use shared::api::graph::{CountView, NodeView, ReachPage};
use shared::api::route;

use super::evidence::evidence_link;
use crate::client::Answer;
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::{client, format, links, words};

/// Ways up that are shown before "all".
const N_WAYS: usize = 4;

/// How much it can do, and how it can become more.
pub fn access(access: &AccessView, snapshot: Option<&str>) -> AnyView {
    let class = match access.tier.as_str() {
        "administrator" | "escalates" => "badge is-fail",
        "sensitive_data" => "badge is-warning",
        _ => "badge is-unknown",
    };
    let symbol = match access.tier.as_str() {
        "administrator" | "escalates" | "sensitive_data" => Icon::Warning,
        _ => Icon::Info,
    };
    let at_most = (access.at_most != access.tier).then(|| {
        let most = words::tier(&access.at_most).to_ascii_lowercase();
        format!("At most: {most}, where conditions and missing exports are taken to allow it.")
    });
    let ways: Vec<_> = access.ways_up.iter().map(|way| way_up(way, snapshot)).collect();
    let n_ways = ways.len();
    let mut first = ways;
    let rest = first.split_off(n_ways.min(N_WAYS));
    let rest = (!rest.is_empty()).then(|| {
        html! {
            <details class="kpi-parts">
                <summary>{format!("{} more ways", format::count(rest.len()))}</summary>
                <ol class="ways">{rest}</ol>
            </details>
        }
    });
    let ways = (n_ways > 0).then(|| {
        html! {
            <h3 class="card-line ways-title">{format!("{} to become an administrator", format::counted(n_ways as u64, "way", "ways"))}</h3>
            <ol class="ways">{first}</ol>
            {rest}
        }
    });
    html! {
        <p class="access-tier">
            <span class=class>{icon(symbol)} {words::tier(&access.tier)}</span>
            <span class="muted">{at_most}</span>
        </p>
        {ways}
    }
}

fn way_up(way: &WayUpView, snapshot: Option<&str>) -> AnyView {
    let through = way.through.as_ref().map(|through| {
        html! { ", and so can do what " {named(through, snapshot)} " can" }
    });
    let depends = (!way.depends_on.is_empty()).then(|| {
        html! { <span class="cell-below">{format!("It depends on {}.", way.depends_on.join("; and on "))}</span> }
    });
    let sure = match way.depends_on.is_empty() {
        true => html! { <span class="badge is-fail">{icon(Icon::Fail)} "Open"</span> },
        false => html! { <span class="badge is-unknown">{icon(Icon::Unknown)} "Depends"</span> },
    };
    let places = way
        .evidence
        .iter()
        .map(|evidence| evidence_link(evidence.clone(), snapshot))
        .collect_view();
    html! {
        <li class="way">
            {sure}
            <span class="way-words">
                <span>
                    "It " {way.does.clone()} {through} ". "
                    <a href=way.described_at.clone() target="_blank" rel="noreferrer">"About this way"</a>
                </span>
                {depends}
                {places}
            </span>
        </li>
    }
}

/// A name, with its page where an export lists it.
pub fn named(other: &Named, snapshot: Option<&str>) -> AnyView {
    match &other.id {
        Some(id) => html! { <a class="breakable" href=links::identity(id, snapshot)>{other.name.clone()}</a> },
        None => html! { <span class="breakable">{other.name.clone()}</span> },
    }
}

/// Both directions, side by side.
pub fn reach(id: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> AnyView {
    let out = client::reach(route::GRAPH_REACH, id, snapshot);
    let into = client::reach(route::GRAPH_WHO_CAN_REACH, id, snapshot);
    html! {
        <div class="reach">
            {side("What it reaches", "It leads to nothing else that was read.", out, snapshot)}
            {side("Who can reach it", "Nothing else that was read leads to it.", into, snapshot)}
        </div>
    }
}

fn side(title: &'static str, none: &'static str, answer: Answer<ReachPage>, snapshot: Memo<Option<String>>) -> AnyView {
    html! {
        <div>
            <h3 class="card-title">{title}</h3>
            {asynchronous::steady(answer, move |page| reached(&page, none, snapshot.get_untracked().as_deref()))}
        </div>
    }
}

fn reached(page: &Arc<ReachPage>, none: &'static str, snapshot: Option<&str>) -> AnyView {
    if page.n_reached == 0 {
        return html! { <p class="card-empty">{none}</p> };
    }
    let steps = format::counted(page.n_by_distance.len() as u64, "step", "steps");
    let environments = (!page.environments.is_empty()).then(|| {
        let names = page.environments.iter().map(|count| {
            let name = if count.value.is_empty() { "none recorded" } else { &count.value };
            format!("{name} {}", format::count(count.n))
        });
        html! { <p class="card-line">{format!("Identities by environment: {}.", names.collect::<Vec<_>>().join(", "))}</p> }
    });
    let rows = page.rows.iter().map(|row| {
        html! {
            <li class="reached">
                {node(&row.node, snapshot)}
                <span class="muted">{format::counted(row.n_steps as u64, "step", "steps")}</span>
            </li>
        }
    });
    let more = page.n_reached.saturating_sub(page.rows.len());
    let more = (more > 0)
        .then(|| html! { <p class="card-foot">{format!("And {} more, farther away.", format::count(more))}</p> });
    let stopped = page
        .stopped
        .clone()
        .map(|why| html! { <p class="card-foot">{format!("There may be more: {why}.")}</p> });
    html! {
        <p class="reach-line">{format!("{}, within {steps}.", counts(&page.kinds))}</p>
        {environments}
        <ol class="reached-list">{rows.collect_view()}</ol>
        {more}
        {stopped}
    }
}

/// `12 identities, 1 credential`
pub fn counts(kinds: &[CountView]) -> String {
    let counted = kinds.iter().map(|count| {
        let (one, many) = words::node_kind(&count.value);
        format::counted(count.n as u64, one, many)
    });
    counted.collect::<Vec<_>>().join(", ")
}

/// What a node is called, with its page where it has one.
pub fn node(node: &NodeView, snapshot: Option<&str>) -> AnyView {
    named(
        &Named {
            id: node.identity.clone(),
            name: node.label.clone(),
        },
        snapshot,
    )
}
