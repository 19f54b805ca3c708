//! One number with its interval, its parts and where its rows are.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::Trends;
use shared::api::kpis::{KpiValue, Kpis};
use shared::kpi::catalog::{self, KpiKind};
use shared::model::ratio::{Ratio, Verdict};

use super::interval_bar::{IntervalBar, ratio, target};
use super::trend;
use crate::client::{self, Answer};
use crate::ui::asynchronous;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::url_state::use_snapshot;
use crate::{format, links, words};

/// All numbers whose ids begin so, above a list.
#[component]
pub fn KpiStrip(family: &'static str) -> impl IntoView {
    let snapshot = use_snapshot();
    let trends = client::trends(memo(|| None), snapshot);
    let tiles = move |kpis: Arc<Kpis>| {
        let snapshot = snapshot.get_untracked();
        let family = kpis.kpis.iter().filter(|kpi| kpi.id.starts_with(family));
        let tiles = family.map(|kpi| kpi_tile(kpi, snapshot.as_deref(), trends));
        html! { <div class="tiles">{tiles.collect_view()}</div> }
    };
    html! {
        <details class="strip">
            <summary class="strip-head"><h2>"In numbers"</h2></summary>
            <div class="strip-body">{asynchronous::show(client::kpis(snapshot), tiles)}</div>
        </details>
    }
}

pub fn kpi_tile(kpi: &KpiValue, snapshot: Option<&str>, trends: Answer<Trends>) -> AnyView {
    let title = catalog::find(&kpi.id).map_or_else(|| kpi.id.clone(), |entry| entry.title.to_owned());
    let question = catalog::find(&kpi.id).map(|entry| entry.question);
    html! {
        <article class="tile">
            <h3 class="tile-title">
                <a href=links::kpi(&kpi.id, snapshot) title=question>
                    {title}
                </a>
            </h3>
            {body(kpi, snapshot)}
            {kpi.value.map(|_| trend::beside(kpi.id.clone(), trends))}
        </article>
    }
}

fn body(kpi: &KpiValue, snapshot: Option<&str>) -> AnyView {
    if let (KpiKind::Share, Some(ratio)) = (kpi.kind, ratio(kpi)) {
        return share(kpi, ratio, snapshot);
    }
    match kpi.value {
        Some(value) => number(kpi, value, snapshot),
        None => not_measured(kpi),
    }
}

fn share(kpi: &KpiValue, ratio: Ratio, snapshot: Option<&str>) -> AnyView {
    let (low, high) = ratio.interval().unwrap_or_default();
    let upper = (ratio.unknown > 0).then(|| format!("up to {}", format::percent(high)));
    html! {
        <p class="tile-value">
            {rows_link(&kpi.id, Some(Verdict::Pass), snapshot, format::percent(low))}
            {upper.map(|upper| html! { <span class="tile-upper">{upper}</span> })}
        </p>
        <IntervalBar ratio=ratio target=target(kpi.threshold.as_deref()) />
        <p class="tile-detail">{parts(&kpi.id, ratio, snapshot)}</p>
    }
}

fn number(kpi: &KpiValue, value: f64, snapshot: Option<&str>) -> AnyView {
    let (one, many) = words::unit(&kpi.unit);
    let unit = if value == 1.0 { one } else { many }.to_owned();
    let verdict = kpi.pass.map(|_| Verdict::Pass);
    let note = kpi
        .note
        .clone()
        .map(|note| html! { <p class="tile-detail">{sentence_case(&note)}</p> });
    html! {
        <p class="tile-value">
            {rows_link(&kpi.id, verdict, snapshot, format::decimal(value))} <span class="tile-upper">{unit}</span>
        </p>
        {note}
    }
}

fn not_measured(kpi: &KpiValue) -> AnyView {
    let why = kpi.note.clone().unwrap_or_else(|| "no export tells".to_owned());
    html! {
        <p class="tile-value tile-none">"Not measured"</p>
        <p class="tile-detail">{sentence_case(&why)}</p>
    }
}

/// `1,204 fail · 300 unknown · 3,000 hold`, each a link to its rows.
pub fn parts(id: &str, ratio: Ratio, snapshot: Option<&str>) -> AnyView {
    let part = |verdict: Verdict, n: u64| {
        let word = match (verdict, n) {
            (Verdict::Pass, 1) => "holds",
            (Verdict::Pass, _) => "hold",
            (Verdict::Fail, 1) => "fails",
            (Verdict::Fail, _) => "fail",
            (Verdict::Unknown, _) => "unknown",
        };
        let text = format!("{} {word}", format::number(n));
        let class = format!("part {}", super::badges::verdict_class(verdict));
        (n > 0).then(|| html! { <span class=class>{rows_link(id, Some(verdict), snapshot, text)}</span> })
    };
    html! {
        <span class="parts">
            {part(Verdict::Fail, ratio.fail)} {part(Verdict::Unknown, ratio.unknown)} {part(Verdict::Pass, ratio.pass)}
        </span>
    }
}

/// A number that is a link to exactly its rows, where a list shows them.
pub fn rows_link(id: &str, verdict: Option<Verdict>, snapshot: Option<&str>, text: String) -> AnyView {
    match links::kpi_rows(id, verdict, snapshot) {
        Some(href) => html! { <a class="number" href=href>{text}</a> },
        None => html! { <span>{text}</span> },
    }
}

/// Notes of the API begin in lower case, to stand in a sentence.
pub fn sentence_case(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => std::iter::once(first.to_ascii_uppercase()).chain(chars).collect(),
        None => String::new(),
    }
}
