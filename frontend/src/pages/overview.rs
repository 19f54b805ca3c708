//! The first page, read from the top: where we stand, why, what comes, what to do, how sure the numbers are.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::findings::{RuleView, Rules};
use shared::api::history::Trends;
use shared::api::kpis::KpiValue;
use shared::api::overview::{Change, Doubt, Overview};
use shared::api::query::Facet;
use shared::kpi::catalog;
use shared::model::ratio::{Ratio, Verdict};

use super::findings::of_rule;
use super::rules::rank;
use crate::client::Answer;
use crate::components::age_chart::age_chart;
use crate::components::badges::{severity_word, verdict_class};
use crate::components::expiry_chart::{Counted, expiry_chart};
use crate::components::heat_map::governed_map;
use crate::components::interval_bar::{IntervalBar, ratio, target};
use crate::components::kpi_tile::{kpi_tile, parts, rows_link, sentence_case};
use crate::components::page_head::PageHead;
use crate::components::renewals_chart::renewals_chart;
use crate::components::report_menu::ReportMenu;
use crate::components::trend;
use crate::links::{self, List, Place};
use crate::ui::asynchronous;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::order::in_order;
use crate::ui::states::EmptyState;
use crate::url_state::use_snapshot;
use crate::{client, format, words};

/// Rules among the top findings.
const MAX_RULES: usize = 6;
/// Numbers of the answer that have a place of their own.
const SHOWN_APART: [&str; 6] = [
    "nhi.total",
    "human.total",
    "nhi.per_human",
    "agent.total",
    "certificate.renewals",
    "anomaly.leads",
];

#[component]
pub fn OverviewPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::overview(snapshot);
    let trends = client::trends(memo(|| None), snapshot);
    let rules = client::rules(snapshot);
    let line = move || match answer.outcome() {
        client::Outcome::Ready(overview) => format!("{}, as of {}", overview.estate, format::date(overview.as_of)),
        client::Outcome::Loading | client::Outcome::Failed(_) => "\u{a0}".to_owned(),
    };
    html! {
        <div class="page overview">
            <PageHead title="Overview" line=move || html! { {line} }>
                <ReportMenu snapshot=snapshot overview=answer />
            </PageHead>
            {asynchronous::show(answer, move |overview| ready(overview, snapshot.get_untracked(), trends, rules))}
        </div>
    }
}

fn ready(overview: Arc<Overview>, snapshot: Option<String>, trends: Answer<Trends>, rules: Answer<Rules>) -> AnyView {
    let at = snapshot.as_deref();
    if lists_nothing(&overview) {
        return nothing_listed(&overview, at);
    }
    let of_rules = snapshot.clone();
    let tiles = overview
        .tiles
        .iter()
        .filter(|kpi| !SHOWN_APART.contains(&kpi.id.as_str()))
        .map(|kpi| kpi_tile(kpi, at, trends))
        .collect_view();
    html! {
        <section class="overview-stand" aria-label="Where we stand">
            {governed(&overview, at, trends)}
            {criteria(&overview, at)}
            {population(&overview, at)}
        </section>
        <section aria-labelledby="title-why">
            <h2 class="section-title" id="title-why">"Why"</h2>
            <div class="overview-pair is-uneven">
                <div class="card">
                    {governed_map(&overview.heat, at)}
                </div>
                <div class="card">
                    {card_head("Which teams fall short?", "Those with most identities that are not governed")} {teams(&overview, at)}
                </div>
            </div>
            <div class="tiles">{tiles}</div>
        </section>
        <section aria-labelledby="title-comes">
            <h2 class="section-title" id="title-comes">"What comes"</h2>
            <div class="overview-pair">
                <div class="card">
                    {expiry_chart(&overview.expiring, Counted::All, at)}
                </div>
                <div class="card">
                    {renewals_chart(&overview)}
                </div>
            </div>
        </section>
        <section aria-labelledby="title-do">
            <h2 class="section-title" id="title-do">"What to do"</h2>
            <div class="overview-pair">
                <div class="card">
                    {card_head("What would raise governed most?", "Identities that lack one thing only")} {changes(&overview, at)}
                </div>
                <div class="card">
                    {card_head("What is worst?", "Rules by their severest finding, then by how many")}
                    {asynchronous::steady(rules, move |rules| top_findings(&rules, of_rules.as_deref()))}
                </div>
            </div>
            {to_look_at(&overview, at)}
        </section>
        <section aria-labelledby="title-sure">
            <h2 class="section-title" id="title-sure">"How sure, and how old"</h2>
            <div class="overview-pair">
                <div class="card">
                    {card_head("How sure are these numbers?", "What could not be read, and what is not known")} {doubts(&overview, at)}
                </div>
                <div class="card">
                    {age_chart(&overview.ages, at)}
                </div>
            </div>
        </section>
    }
}

/// Whether the exports that could be read hold neither an identity nor a credential.
fn lists_nothing(overview: &Overview) -> bool {
    let n_credentials: u64 = overview
        .expiring
        .iter()
        .map(|bucket| bucket.n_certificates + bucket.n_other_credentials)
        .sum();
    let identities = ["nhi.total", "human.total"];
    let none = |kpi: &KpiValue| kpi.value.is_none_or(|value| value == 0.0);
    n_credentials == 0
        && overview.unclassified == 0
        && overview
            .tiles
            .iter()
            .filter(|kpi| identities.contains(&kpi.id.as_str()))
            .all(none)
}

/// In the place of numbers that would all be zero: what could not be read, and where to begin.
fn nothing_listed(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    let unread = (!overview.doubts.is_empty()).then(|| {
        html! {
            <div class="card">
                {card_head("What could not be read?", "Each source with its reason")} <ul class="doubts">{partial_sources(overview, snapshot)}</ul>
            </div>
        }
    });
    let sources = links::place(Place::Sources, snapshot);
    html! {
        <EmptyState title="No export of this snapshot lists an identity or a credential">
            <p>"Put the exports of your systems into the estate's folder: this page changes by itself."</p>
            <a class="button button-main" href=sources>
                "What Rollcall can read"
            </a>
        </EmptyState>
        {unread}
    }
}

fn card_head(title: &'static str, line: &'static str) -> AnyView {
    html! {
        <header class="card-head">
            <div>
                <h3 class="card-title">{title}</h3>
                <p class="card-line">{line}</p>
            </div>
        </header>
    }
}

/// The headline: the share that is governed for certain, and what it may be at most.
fn governed(overview: &Overview, snapshot: Option<&str>, trends: Answer<Trends>) -> AnyView {
    let kpi = &overview.governed;
    let Some(ratio) = ratio(kpi) else {
        let why = kpi
            .note
            .clone()
            .unwrap_or_else(|| "No export lists a non-human identity.".to_owned());
        return html! {
            <div class="card hero">
                <h2 class="hero-title">"Governed"</h2>
                <p class="hero-value tile-none">"Not measured"</p>
                <p class="hero-line">{sentence_case(&why)}</p>
            </div>
        };
    };
    let (low, high) = ratio.interval().unwrap_or_default();
    let aim = target(kpi.threshold.as_deref());
    let line = if ratio.unknown > 0 {
        format!(
            "of {} non-human identities for certain, {} if everything unknown holds.",
            format::number(ratio.population()),
            format::percent(high)
        )
    } else {
        format!("of {} non-human identities.", format::number(ratio.population()))
    };
    let aim_text = aim.map(|aim| {
        let set_by = kpi
            .threshold_set_by
            .clone()
            .map(|by| format!(", set by {by}"))
            .unwrap_or_default();
        let needed = (aim * ratio.population() as f64).ceil() as u64;
        let missing = match needed.saturating_sub(ratio.pass) {
            0 => "Reached.".to_owned(),
            n => format!("{} short.", format::counted(n, "identity", "identities")),
        };
        format!("Target {}{set_by}. {missing}", format::percent(aim))
    });
    html! {
        <div class="card hero">
            <h2 class="hero-title">
                <a href=links::kpi(&kpi.id, snapshot)>"Governed"</a>
            </h2>
            <div class="hero-number">
                <p class="hero-value">{rows_link(&kpi.id, Some(Verdict::Pass), snapshot, format::percent(low))}</p>
                {trend::beside(kpi.id.clone(), trends)}
            </div>
            <p class="hero-line">{line}</p>
            <IntervalBar ratio=ratio target=aim />
            <p class="hero-parts">{parts(&kpi.id, ratio, snapshot)}</p>
            <p class="hero-aim">{aim_text}</p>
            {kpi.note.clone().map(|note| html! { <p class="hero-note">{sentence_case(&note)}</p> })}
        </div>
    }
}

/// Each criterion with its bar; what is not measured says why.
fn criteria(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    let row = |kpi: &KpiValue| {
        let title = catalog::find(&kpi.id).map_or_else(|| kpi.id.clone(), |entry| entry.title.to_owned());
        let question = catalog::find(&kpi.id).map(|entry| entry.question);
        let cells = match ratio(kpi) {
            Some(ratio) => {
                let (low, _) = ratio.interval().unwrap_or_default();
                let fails = (ratio.fail > 0).then(|| {
                    let text = format!("{} fail", format::number(ratio.fail));
                    rows_link(&kpi.id, Some(Verdict::Fail), snapshot, text)
                });
                let unknown = (ratio.unknown > 0).then(|| {
                    let text = format!("{} unknown", format::number(ratio.unknown));
                    rows_link(&kpi.id, Some(Verdict::Unknown), snapshot, text)
                });
                html! {
                    <span class="criterion-share">{rows_link(&kpi.id, Some(Verdict::Pass), snapshot, format::percent(low))}</span>
                    <IntervalBar ratio=ratio />
                    <span class="criterion-rest">{fails} {unknown}</span>
                }
            }
            None => {
                let note = kpi.note.clone().unwrap_or_default();
                html! {
                    <span class="criterion-none" title=sentence_case(&note)>
                        "Not measured: "
                        {note.clone()}
                    </span>
                }
            }
        };
        html! {
            <li class="criterion">
                <a class="criterion-title" href=links::kpi(&kpi.id, snapshot) title=question>
                    {title}
                </a>
                {cells}
            </li>
        }
    };
    html! {
        <div class="card criteria">
            {card_head("What does governed ask for?", "Every criterion must hold")}
            <ul class="criterion-list">{overview.criteria.iter().map(row).collect_view()}</ul>
        </div>
    }
}

/// How many there are, against how many people: the ratio with its own numerator and denominator.
fn population(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    let find = |id: &str| overview.tiles.iter().find(|kpi| kpi.id == id);
    let number = |id: &str, verdict: Option<Verdict>| {
        let value = find(id).and_then(|kpi| kpi.value);
        value.map_or_else(
            || html! { <span class="muted">"Not known"</span> },
            |value| rows_link(id, verdict, snapshot, format::decimal(value)),
        )
    };
    let note = |id: &str| {
        find(id)
            .and_then(|kpi| kpi.note.clone())
            .map(|note| html! { <dd class="population-note">{sentence_case(&note)}</dd> })
    };
    // Without a roster there are human identities to list; people of the roster are in no list.
    let people = find("human.total").and_then(|kpi| kpi.value).map(format::decimal);
    let ratio_of = find("nhi.per_human").and_then(|kpi| kpi.value);
    html! {
        <div class="card population">
            <dl class="population-list">
                <div>
                    <dt>
                        <a href=links::kpi("nhi.total", snapshot)>"Non-human identities"</a>
                    </dt>
                    <dd>{number("nhi.total", Some(Verdict::Pass))}</dd>
                    {note("nhi.total")}
                </div>
                <div>
                    <dt>
                        <a href=links::kpi("human.total", snapshot)>"People"</a>
                    </dt>
                    <dd>{people.unwrap_or_else(|| "Not known".to_owned())}</dd>
                    {note("human.total")}
                </div>
                <div>
                    <dt>
                        <a href=links::kpi("nhi.per_human", snapshot)>"For each person"</a>
                    </dt>
                    <dd>{ratio_of.map_or_else(|| "Not known".to_owned(), format::decimal)}</dd>
                    {ratio_of.is_none().then(|| note("nhi.per_human"))}
                </div>
                <div>
                    <dt>
                        <a href=links::kpi("agent.total", snapshot)>"AI agents among them"</a>
                    </dt>
                    <dd>{number("agent.total", Some(Verdict::Pass))}</dd>
                </div>
            </dl>
        </div>
    }
}

/// The governed share of the teams that most fail it.
fn teams(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    let parts = overview
        .governed
        .breakdowns
        .iter()
        .flat_map(|breakdown| &breakdown.parts);
    let rows = parts.filter(|team| team.ratio.fail > 0).map(|team| {
        let link = |verdict, text: String| {
            let part = Some((Facet::Team, team.value.as_str()));
            html! { <a class="number" href=links::kpi_part_rows("governed", verdict, part, snapshot)>{text}</a> }
        };
        let (low, _) = team.ratio.interval().unwrap_or_default();
        let fails = format!("{} fail", format::number(team.ratio.fail));
        html! {
            <li class="criterion">
                <span class="cut">{words::facet_value(Facet::Team, &team.value)}</span>
                <span class="criterion-share">{link(Some(Verdict::Pass), format::percent(low))}</span>
                <IntervalBar ratio=team.ratio />
                <span class="criterion-rest">{link(Some(Verdict::Fail), fails)}</span>
            </li>
        }
    });
    let rows = rows.collect_view();
    if rows.is_empty() {
        return html! { <p class="card-empty">"No team has an identity that is known not to be governed."</p> };
    }
    html! { <ul class="criterion-list teams">{rows}</ul> }
}

fn changes(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    if overview.changes.is_empty() {
        return html! { <p class="card-empty">"No single change would make more identities governed."</p> };
    }
    let largest = overview
        .changes
        .iter()
        .map(|change| change.n_identities)
        .max()
        .unwrap_or(1)
        .max(1);
    let population = ratio(&overview.governed).map_or(1, Ratio::population).max(1);
    let row = |change: &Change| {
        let mut filters = vec![
            (Facet::Lacks, change.criterion.clone()),
            (Facet::Team, change.team.clone().unwrap_or_default()),
        ];
        if change.team.is_none() {
            filters.push((Facet::Owner, change.owner.clone().unwrap_or_default()));
        }
        let href = links::facet_rows(List::Identities, filters, snapshot);
        let whose = match change.team.as_ref().or(change.owner.as_ref()) {
            Some(whose) => format!(" of {whose} "),
            None => " without an owner ".to_owned(),
        };
        let needs = if change.n_identities == 1 {
            "needs only "
        } else {
            "need only "
        };
        let width = format::css_share(change.n_identities as f64 / largest as f64);
        let gain = format!("+{}", format::percent(change.n_identities as f64 / population as f64));
        html! {
            <li>
                <a class="change" href=href>
                    <span class="change-text">
                        <strong>{format::counted(change.n_identities, "identity", "identities")}</strong>
                        {whose}
                        {needs}
                        {words::remedy(&change.criterion)}
                    </span>
                    <span class="change-gain" title="What this adds to the governed share">
                        {gain}
                    </span>
                    <span class="change-bar" aria-hidden="true" style:width=width></span>
                </a>
            </li>
        }
    };
    html! { <ol class="changes">{overview.changes.iter().map(row).collect_view()}</ol> }
}

/// What waits for somebody to look at it: reviews that are late, and leads.
fn to_look_at(overview: &Overview, snapshot: Option<&str>) -> Option<AnyView> {
    let find = |id: &str| overview.tiles.iter().find(|kpi| kpi.id == id);
    // What was never reviewed fails its criterion, and no deadline.
    let reviewed = overview.criteria.iter().find(|kpi| kpi.id == "reviewed");
    let n_due = reviewed.and_then(|kpi| kpi.fail).unwrap_or(0);
    let n_leads = find("anomaly.leads").and_then(|kpi| kpi.pass).unwrap_or(0);
    let item = |n: u64, text: String, place: Place| {
        (n > 0).then(|| html! { <li><a href=links::place(place, snapshot)>{text}</a></li> })
    };
    (n_due + n_leads > 0).then(|| {
        let due = format!("{} due", format::counted(n_due, "review is", "reviews are"));
        let leads = format!(
            "{} did something new",
            format::counted(n_leads, "identity", "identities")
        );
        html! {
            <ul class="to-look-at">
                {item(n_due, due, Place::Reviews)}
                {item(n_leads, leads, Place::Leads)}
            </ul>
        }
    })
}

/// The rules with the worst findings, each count a link.
fn top_findings(rules: &Rules, snapshot: Option<&str>) -> AnyView {
    let open = |rule: &RuleView| rule.n_findings.unwrap_or(0) - rule.n_waived.unwrap_or(0);
    let mut found: Vec<&RuleView> = rules.rules.iter().filter(|rule| rule.worst.is_some()).collect();
    in_order(&mut found, |rule| {
        (rank(rule.worst.as_deref()), std::cmp::Reverse(open(rule)))
    });
    let n_more = found.len().saturating_sub(MAX_RULES);
    let rows = found.into_iter().take(MAX_RULES).map(|rule| {
        let waived = (Facet::Waived, "no".to_owned());
        let href = of_rule(&rule.code, vec![waived], snapshot);
        let unknown = rule
            .n_unknown
            .filter(|n| *n > 0)
            .map(|n| format!("{} unknown", format::number(n)));
        html! {
            <li class="top-finding">
                <span>{rule.worst.as_deref().map(severity_word)}</span>
                <a class="top-finding-title" href=links::rule(&rule.code, snapshot)>{rule.title.clone()}</a>
                <span class="top-finding-count">
                    <a class="number" href=href>{format::number(open(rule))}</a>
                    <span class="muted">{format!(" of {}", format::number(rule.n_judged.unwrap_or(0)))}</span>
                </span>
                <span class="top-finding-unknown muted">{unknown}</span>
            </li>
        }
    });
    let rows = rows.collect_view();
    if rows.is_empty() {
        return html! { <p class="card-empty">"No rule found anything in this snapshot."</p> };
    }
    let more = (n_more > 0).then(|| {
        let text = format!("{n_more} more rules found something");
        html! { <p class="card-foot"><a href=links::rules(snapshot)>{text}</a></p> }
    });
    html! { <ol class="top-findings">{rows}</ol> {more} }
}

fn doubts(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    let unknown = ratio(&overview.governed).map_or(0, |ratio| ratio.unknown);
    let unclassified = (overview.unclassified > 0).then(|| {
        let href = links::facet_rows(List::Identities, vec![(Facet::Class, "unknown".to_owned())], snapshot);
        let text = format::counted(overview.unclassified, "identity", "identities");
        html! {
            <li class="doubt">
                <span class=format!("doubt-mark {}", verdict_class(Verdict::Unknown))>{icon(Icon::Unknown)}</span>
                <span>
                    <a class="number" href=href>
                        {text}
                    </a>
                    " of which no export tells whether a person uses them"
                </span>
            </li>
        }
    });
    let undecided = (unknown > 0).then(|| {
        let text = format::counted(unknown, "identity", "identities");
        html! {
            <li class="doubt">
                <span class=format!("doubt-mark {}", verdict_class(Verdict::Unknown))>{icon(Icon::Unknown)}</span>
                <span>
                    {rows_link("governed", Some(Verdict::Unknown), snapshot, text)}
                    " that may be governed or not: an export is silent on one criterion"
                </span>
            </li>
        }
    });
    let all_well = (overview.doubts.is_empty() && overview.unclassified == 0 && unknown == 0).then(|| {
        html! {
            <li class="doubt">
                <span class="doubt-mark is-pass">{icon(Icon::Pass)}</span>
                <span>"Every source is complete, and nothing that counts is unknown."</span>
            </li>
        }
    });
    html! {
        <ul class="doubts">{undecided} {unclassified} {partial_sources(overview, snapshot)} {all_well}</ul>
        <p class="card-foot">
            <a href=links::place(Place::Sources, snapshot)>"What was read"</a>
        </p>
    }
}

/// The sources that are not complete, each with the reason.
fn partial_sources(overview: &Overview, snapshot: Option<&str>) -> AnyView {
    let row = |doubt: &Doubt| {
        html! {
            <li class="doubt">
                <span class="doubt-mark is-warning">{icon(Icon::Warning)}</span>
                <span>
                    <a href=links::source(&doubt.source, snapshot)>{doubt.source.clone()}</a>
                    ": "
                    {doubt.reason.clone()}
                </span>
            </li>
        }
    };
    overview.doubts.iter().map(row).collect_view().into_any()
}
