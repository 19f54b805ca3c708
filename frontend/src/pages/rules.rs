//! What each rule came to: how many it judged, found, and could not tell.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::findings::{ControlView, RuleView, Rules};
use shared::api::query::{Facet, FindingFilter, ListQuery};
use shared::model::ratio::{Ratio, Verdict};

use super::findings::{FindingTabs, Tab};
use crate::client::{self, Outcome};
use crate::components::badges::severity_word;
use crate::components::export_menu::export_of_snapshot;
use crate::components::interval_bar::IntervalBar;
use crate::components::named_entry;
use crate::components::page_head::PageHead;
use crate::components::waivers::waivers;
use crate::format;
use crate::links::{self, List};
use crate::ui::asynchronous;
use crate::ui::html::html;
use crate::ui::order::in_order;
use crate::ui::prose::prose;
use crate::url_state::use_snapshot;

#[component]
pub fn RulesPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::rules(snapshot);
    let line = move || match answer.outcome() {
        Outcome::Ready(rules) => line(&rules),
        Outcome::Loading | Outcome::Failed(_) => "\u{a0}".to_owned(),
    };
    named_entry::follow(answer);
    html! {
        <div class="page rules">
            <PageHead title="Findings" line=move || html! { {line} }>
                {export_of_snapshot("rules")}
            </PageHead>
            <FindingTabs shown=Tab::Rules />
            {asynchronous::show(answer, move |rules| ready(&rules, snapshot.get_untracked().as_deref()))}
        </div>
    }
}

fn line(rules: &Rules) -> String {
    let n_findings: u64 = rules.rules.iter().filter_map(|rule| rule.n_findings).sum();
    let n_evaluated = rules.rules.iter().filter(|rule| rule.not_evaluated.is_none()).count();
    format!(
        "{} from {} of {}",
        format::counted(n_findings, "finding", "findings"),
        format::count(n_evaluated),
        format::counted(rules.rules.len() as u64, "rule", "rules")
    )
}

fn ready(rules: &Arc<Rules>, snapshot: Option<&str>) -> AnyView {
    let (evaluated, not): (Vec<_>, Vec<_>) = rules.rules.iter().partition(|rule| rule.not_evaluated.is_none());
    let (found, rest): (Vec<_>, Vec<_>) = evaluated.into_iter().partition(|rule| rule.n_findings > Some(0));
    let (idle, clean): (Vec<_>, Vec<_>) = rest.into_iter().partition(|rule| ratio(rule).population() == 0);
    let group = |title: &'static str, mut rules: Vec<&RuleView>| {
        in_order(&mut rules, |rule| {
            (rank(rule.worst.as_deref()), std::cmp::Reverse(rule.n_findings))
        });
        let entries: Vec<_> = rules.into_iter().map(|rule| entry(rule, snapshot)).collect();
        (!entries.is_empty()).then(|| {
            html! {
                <section>
                    <h2 class="section-title">{title}</h2>
                    <div class="source-list">{entries}</div>
                </section>
            }
        })
    };
    html! {
        {group("Found", found)}
        {group("Found nothing", clean)}
        {group("Nobody to judge in this snapshot", idle)}
        {group("Not evaluated in this snapshot", not)}
        {waivers(rules, snapshot)}
    }
}

/// The worst first; what is waived or has no finding last.
pub fn rank(severity: Option<&str>) -> usize {
    let order = ["critical", "high", "medium", "low"];
    severity.map_or(order.len(), |severity| {
        order.iter().position(|known| *known == severity).unwrap_or(order.len())
    })
}

fn entry(rule: &RuleView, snapshot: Option<&str>) -> AnyView {
    let code = rule.code.clone();
    let of_rule = |more| super::findings::of_rule(&rule.code, more, snapshot);
    let counts = match &rule.not_evaluated {
        Some(why) => html! { <span class="muted">{why.clone()}</span> },
        None => counts(rule, snapshot),
    };
    let all = (rule.n_findings > Some(0)).then(|| {
        html! {
            <a class="button" href=of_rule(Vec::new())>
                {format!("Show {}", format::counted(rule.n_findings.unwrap_or(0), "finding", "findings"))}
            </a>
        }
    });
    let fact = |title: &'static str, value: AnyView| {
        html! {
            <div class="fact">
                <dt>{title}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let cannot_see = (!rule.cannot_see.is_empty()).then(|| {
        let items = rule
            .cannot_see
            .iter()
            .map(|item| html! { <li>{prose(item)}</li> })
            .collect_view();
        fact("Cannot see", html! { <ul>{items}</ul> })
    });
    html! {
        <div class="card rule">
        <details class="source" id=code.clone()>
            <summary class="source-head rule-head">
                <span class="rule-severity">{rule.worst.as_deref().map(severity_word)}</span>
                <span class="source-name">{rule.title.clone()}</span>
            </summary>
            <div class="rule-body">
                <dl class="facts">
                    {fact("Finds", rule.finds.clone().into_any())}
                    {fact("Why it matters", rule.why.clone().into_any())}
                    {fact("What to do", prose(&rule.remedy))}
                    {fact("Judged", rule.population.clone().into_any())}
                    {cannot_see}
                    {fact("Asked for by", references(&rule.references))}
                    {fact("Code", html! { <code>{code}</code> })}
                </dl>
                {all}
            </div>
        </details>
        <div class="rule-counts">{counts}</div>
        </div>
    }
}

fn ratio(rule: &RuleView) -> Ratio {
    let n = |count: Option<u64>| count.unwrap_or(0);
    Ratio {
        pass: n(rule.n_passed),
        fail: n(rule.n_findings),
        unknown: n(rule.n_unknown),
    }
}

/// `12 found · 3 waived · 40 unknown · 300 pass`, each a link to its rows, over a bar.
fn counts(rule: &RuleView, snapshot: Option<&str>) -> AnyView {
    let ratio = ratio(rule);
    let judged = |verdict: Verdict| {
        let shown = match rule.list.as_deref()? {
            "identities" => List::Identities,
            "credentials" => List::Credentials,
            _ => return None,
        };
        let query = ListQuery {
            snapshot: snapshot.map(str::to_owned),
            finding: Some(FindingFilter {
                rule: rule.code.clone(),
                verdict,
            }),
            ..ListQuery::default()
        };
        Some(links::list(shown, &query))
    };
    let part = |class: &'static str, n: u64, word: &'static str, href: Option<String>| {
        (n > 0).then(|| {
            html! {
                <span class=class>
                    <a class="number" href=href>{format!("{} {word}", format::number(n))}</a>
                </span>
            }
        })
    };
    let waived = (Facet::Waived, "yes".to_owned());
    html! {
        <span class="rule-bar"><IntervalBar ratio=ratio /></span>
        <span class="parts">
            {part("part is-fail", ratio.fail, "found", Some(super::findings::of_rule(&rule.code, Vec::new(), snapshot)))}
            {part("part", rule.n_waived.unwrap_or(0), "waived", Some(super::findings::of_rule(&rule.code, vec![waived], snapshot)))}
            {part("part is-unknown", ratio.unknown, "unknown", judged(Verdict::Unknown))}
            {part("part is-pass", ratio.pass, "pass", judged(Verdict::Pass))}
        </span>
        <span class="muted">{format!("of {}", format::number(ratio.population()))}</span>
    }
}

/// Controls, those of one standard together.
pub fn references(controls: &[ControlView]) -> AnyView {
    let mut standards: Vec<&str> = controls
        .iter()
        .map(|control| control.framework_title.as_str())
        .collect();
    standards.dedup();
    let items = standards.into_iter().map(|standard| {
        let of_standard = controls.iter().filter(|control| control.framework_title == standard);
        let ids = of_standard.map(|control| {
            html! { <span class="tag" title=control.title.clone()>{control.id.clone()}</span> }
        });
        html! { <li class="reference">{standard.to_owned()} " " {ids.collect_view()}</li> }
    });
    html! { <ul class="references">{items.collect_view()}</ul> }
}
