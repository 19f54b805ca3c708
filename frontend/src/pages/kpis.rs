//! The catalogue: every number with its question, formula, limit, standards and rows.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::history::Trends;
use shared::api::kpis::{Breakdown, Bucket, KpiValue, Kpis, Part};
use shared::api::query::Facet;
use shared::kpi::catalog::{self, Kpi, KpiKind};
use shared::model::ratio::Verdict;

use crate::client::{Answer, Outcome};
use crate::components::export_menu::export_of_snapshot;
use crate::components::interval_bar::{IntervalBar, ratio, target};
use crate::components::kpi_tile::{parts, rows_link, sentence_case};
use crate::components::named_entry;
use crate::components::page_head::PageHead;
use crate::components::tabs::tabs;
use crate::components::trend;
use crate::links::Place;
use crate::ui::bars::{Bar, bars};
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::url_state::{use_location, use_snapshot};
use crate::{client, format, links, ui, words};

/// The parts of the catalogue, by how ids begin.
const GROUPS: [(&str, &[&str]); 6] = [
    (
        "Governance",
        &[
            "nhi.",
            "human.total",
            "governed",
            "owner",
            "purpose",
            "environment",
            "rotation",
            "reviewed",
            "clean",
            "coverage.",
        ],
    ),
    ("Credentials", &["credential.", "time_to_rotate"]),
    ("Certificates", &["certificate."]),
    ("Access", &["privilege.", "access."]),
    (
        "Lifecycle",
        &["lifecycle.", "time_to_revoke", "review.", "human_use", "anomaly."],
    ),
    ("AI agents", &["agent."]),
];

/// Parts of a breakdown before "all".
const N_PARTS: usize = 8;

/// The ways to look at KPIs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    Numbers,
    WhatIf,
}

#[component]
pub fn KpiTabs(shown: Tab) -> impl IntoView {
    let titles = [(Tab::Numbers, "Every number"), (Tab::WhatIf, "What if")];
    tabs("KPIs", shown, &titles, |tab, snapshot| match tab {
        Tab::Numbers => links::place(Place::Kpis, snapshot),
        Tab::WhatIf => links::what_if_none(snapshot),
    })
}

#[component]
pub fn KpisPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::kpis(snapshot);
    let trends = client::trends(memo(|| None), snapshot);
    let hash = use_location().hash;
    named_entry::follow(answer);
    html! {
        <div class="page kpis">
            <PageHead title="KPIs" line=|| "Every number: what it asks, of whom, by whose limit">
                {export_of_snapshot("kpis")}
            </PageHead>
            <KpiTabs shown=Tab::Numbers />
            {ui::asynchronous::show(answer, move |kpis| ready(&kpis, snapshot.get_untracked().as_deref(), hash, trends))}
        </div>
    }
}

fn ready(kpis: &Arc<Kpis>, snapshot: Option<&str>, hash: Memo<String>, trends: Answer<Trends>) -> AnyView {
    let groups = GROUPS.map(|(title, prefixes)| {
        let belongs = |kpi: &&KpiValue| group_of(&kpi.id) == Some(title);
        debug_assert!(!prefixes.is_empty());
        let entries: Vec<_> = kpis
            .kpis
            .iter()
            .filter(belongs)
            .filter_map(|value| Some(entry(catalog::find(&value.id)?, value, snapshot, hash, trends)))
            .collect();
        let anchor = format!("group-{}", title.to_ascii_lowercase().replace(' ', "-"));
        (title, anchor, entries)
    });
    let index = groups
        .iter()
        .map(|(title, anchor, _)| {
            html! {
                <li>
                    <a class="tab" href=format!("#{anchor}") rel="external">
                        {*title}
                    </a>
                </li>
            }
        })
        .collect_view();
    let sections = groups.into_iter().map(|(title, anchor, entries)| {
        html! {
            <section aria-labelledby=anchor.clone()>
                <h2 class="section-title" id=anchor.clone()>
                    {title}
                </h2>
                <div class="kpi-list">{entries}</div>
            </section>
        }
    });
    html! {
        <nav aria-label="Groups of KPIs">
            <ul class="tab-list">{index}</ul>
        </nav>
        {sections.collect_view()}
    }
}

fn group_of(id: &str) -> Option<&'static str> {
    let belongs = |prefix: &&str| {
        if prefix.ends_with('.') {
            id.starts_with(prefix)
        } else {
            id == *prefix
        }
    };
    let group = GROUPS.iter().find(|(_, prefixes)| prefixes.iter().any(belongs));
    group.map(|(title, _)| *title)
}

fn entry(
    kpi: &'static Kpi,
    value: &KpiValue,
    snapshot: Option<&str>,
    hash: Memo<String>,
    trends: Answer<Trends>,
) -> AnyView {
    let limit = value.threshold.clone().map(|threshold| {
        let by = value
            .threshold_set_by
            .clone()
            .map(|by| html! { <span class="muted">{format!(" set by {by}")}</span> });
        html! {
            <div class="fact">
                <dt>"Limit"</dt>
                <dd>{threshold} {by}</dd>
            </div>
        }
    });
    let standards = (!kpi.standards.is_empty()).then(|| {
        html! {
            <div class="fact">
                <dt>"Asked for by"</dt>
                <dd>{kpi.standards.join(", ")}</dd>
            </div>
        }
    });
    let partial = (!value.comparable && value.value.is_some())
        .then(|| html! { <p class="kpi-note is-warning">"A source it leans on is partial: the number may change with it."</p> });
    let breakdowns = value
        .breakdowns
        .iter()
        .map(|breakdown| breakdown_view(kpi.id, breakdown, snapshot))
        .collect_view();
    let has_breakdowns = !value.breakdowns.is_empty();
    let is_named = move || hash.with(|hash| hash.trim_start_matches('#') == kpi.id);
    html! {
        <article class="card kpi" class:is-named=is_named id=kpi.id>
            <div class="kpi-words">
                <h3 class="card-title">{kpi.title}</h3>
                <p class="kpi-question">{kpi.question}</p>
                <dl class="facts">
                    <div class="fact">
                        <dt>"Formula"</dt>
                        <dd>{sentence_case(kpi.formula)}</dd>
                    </div>
                    {limit}
                    {standards}
                    <div class="fact">
                        <dt>"Id"</dt>
                        <dd>
                            <code>{kpi.id}</code>
                            <span class="muted">{format!(" formula version {}", kpi.version)}</span>
                        </dd>
                    </div>
                </dl>
            </div>
            <div class="kpi-number">
                {number(kpi, value, snapshot)}
                {value.value.map(|_| trend::beside(kpi.id.to_owned(), trends))}
                {partial}
            </div>
            {over_time(kpi, trends)}
            {has_breakdowns
                .then(|| {
                    html! {
                        <details class="kpi-parts">
                            <summary>"By environment, source, kind and team"</summary>
                            <div class="kpi-breakdowns">{breakdowns}</div>
                        </details>
                    }
                })}
        </article>
    }
}

/// The chart over all snapshots, when there is more than one.
fn over_time(kpi: &'static Kpi, trends: Answer<Trends>) -> AnyView {
    let now = move || {
        let Outcome::Ready(trends) = trends.outcome() else {
            return None;
        };
        let trend = trends.kpis.iter().find(|trend| trend.id == kpi.id)?;
        let is_drawn = trends.snapshots.len() > 1 && trend.points.iter().any(|point| point.value.is_some());
        is_drawn.then(|| {
            html! {
                <details class="kpi-parts">
                    <summary>"Over time"</summary>
                    {trend::trend_chart(kpi.title, &trends, trend)}
                </details>
            }
        })
    };
    html! { {now} }
}

fn number(kpi: &Kpi, value: &KpiValue, snapshot: Option<&str>) -> AnyView {
    let note = || {
        value
            .note
            .clone()
            .map(|note| html! { <p class="kpi-note">{sentence_case(&note)}</p> })
    };
    if let (KpiKind::Share, Some(ratio)) = (kpi.kind, ratio(value)) {
        let (low, high) = ratio.interval().unwrap_or_default();
        let upper = (ratio.unknown > 0)
            .then(|| html! { <span class="tile-upper">{format!("up to {}", format::percent(high))}</span> });
        return html! {
            <p class="kpi-value">{rows_link(kpi.id, Some(Verdict::Pass), snapshot, format::percent(low))} " " {upper}</p>
            <IntervalBar ratio=ratio target=target(value.threshold.as_deref()) />
            <p class="kpi-of">
                {parts(kpi.id, ratio, snapshot)}
                <span class="muted">{format!("of {}", format::number(ratio.population()))}</span>
            </p>
            {note()}
        };
    }
    let Some(number) = value.value else {
        return html! {
            <p class="kpi-value tile-none">"Not measured"</p>
            {note()}
        };
    };
    let (one, many) = words::unit(&value.unit);
    let unit = if number == 1.0 { one } else { many };
    let unit = match kpi.kind {
        KpiKind::Distribution if value.unit == "days" => format!("{unit} at the median"),
        KpiKind::Share | KpiKind::Count | KpiKind::Distribution | KpiKind::Duration => unit.to_owned(),
    };
    let verdict = (kpi.kind == KpiKind::Count && value.pass.is_some()).then_some(Verdict::Pass);
    let text = format::decimal(number);
    let shown = match (kpi.kind, verdict) {
        (KpiKind::Count, Some(_)) => rows_link(kpi.id, verdict, snapshot, text),
        (KpiKind::Share | KpiKind::Count | KpiKind::Distribution | KpiKind::Duration, _) => text.into_any(),
    };
    html! {
        <p class="kpi-value">{shown} " " <span class="tile-upper">{unit}</span></p>
        {buckets(kpi, &value.buckets, snapshot)}
        {note()}
    }
}

/// A distribution's bars, each a link to its rows.
fn buckets(kpi: &Kpi, buckets: &[Bucket], snapshot: Option<&str>) -> Option<AnyView> {
    // Authorities come in months beside all certificates in days: only where there are some.
    let shown = buckets
        .iter()
        .filter(|bucket| bucket.by != Facet::AuthorityExpiry || bucket.n > 0);
    let rows = shown.map(|bucket| Bar {
        label: words::facet_value(bucket.by, &bucket.value),
        pieces: vec![(
            if bucket.value == "unknown" {
                "is-hatched"
            } else {
                "is-first"
            },
            bucket.n,
        )],
        number: format::number(bucket.n),
        href: (bucket.n > 0)
            .then(|| links::kpi_part_rows(kpi.id, None, Some((bucket.by, &bucket.value)), snapshot))
            .flatten(),
    });
    (!buckets.is_empty()).then(|| bars(rows.collect()))
}

fn breakdown_view(id: &'static str, breakdown: &Breakdown, snapshot: Option<&str>) -> AnyView {
    let by = breakdown.by;
    let row = |part: &Part| {
        let (low, high) = part.ratio.interval().unwrap_or_default();
        let href = |verdict| links::kpi_part_rows(id, verdict, Some((by, &part.value)), snapshot);
        let name = words::facet_value(by, &part.value);
        html! {
            <tr>
                <th scope="row">
                    <span class="cut" title=name.clone()>
                        {name.clone()}
                    </span>
                </th>
                <td class="kpi-part-bar">
                    <IntervalBar ratio=part.ratio />
                </td>
                <td class="is-number">
                    <a class="number" href=href(Some(Verdict::Pass))>
                        {format::range(low, high)}
                    </a>
                </td>
                <td class="is-number">
                    <a class="number" href=href(None)>
                        {format::number(part.ratio.population())}
                    </a>
                </td>
            </tr>
        }
    };
    let is_whole = RwSignal::new(false);
    let n_parts = breakdown.parts.len();
    let first: Vec<_> = breakdown.parts.iter().take(N_PARTS).map(row).collect();
    let rest: Vec<_> = breakdown.parts.iter().skip(N_PARTS).map(row).collect();
    let has_rest = !rest.is_empty();
    html! {
        <div class="kpi-breakdown">
            <table class="table is-compact">
                <caption>{format!("By {}", words::facet(by).to_ascii_lowercase())}</caption>
                <tbody>{first}</tbody>
                <tbody hidden=move || !is_whole.get()>{rest}</tbody>
            </table>
            {has_rest
                .then(|| {
                    html! {
                        <button
                            type="button"
                            class="facet-more"
                            aria-expanded=move || is_whole.get().to_string()
                            on:click=move |_| is_whole.update(|is_whole| *is_whole = !*is_whole)
                        >
                            {move || if is_whole.get() { "Fewer".to_owned() } else { format!("All {n_parts}") }}
                        </button>
                    }
                })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kpi_has_a_place_in_the_catalogue() {
        for kpi in catalog::KPIS {
            assert!(group_of(kpi.id).is_some(), "{}", kpi.id);
        }
    }
}
