//! One finding: what was seen, against which limit, where it stands, and what to do.

use leptos::prelude::*;
use shared::api::Page;
use shared::api::findings::{FindingRow, RuleView, Rules};
use shared::api::query::Facet;

use super::rules::references;
use crate::client::{self, Outcome};
use crate::components::badges::severity_word;
use crate::components::crumbs::crumbs;
use crate::components::moment::absent;
use crate::components::page_head::PageHead;
use crate::links::{self, List};
use crate::ui::asynchronous;
use crate::ui::copy::copy_button;
use crate::ui::follow::memo;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::prose::prose;
use crate::ui::states::EmptyState;
use crate::url_state::{use_parameter, use_snapshot};
use crate::{format, words};

#[component]
pub fn FindingPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let key = use_parameter("key");
    let answer = client::finding(key, snapshot);
    let rules = client::rules(snapshot);
    let found = memo(move || match answer.outcome() {
        Outcome::Ready(page) => with_key(&page, &key.get().unwrap_or_default()),
        Outcome::Loading | Outcome::Failed(_) => None,
    });
    let title = Signal::derive(move || found.get().map_or_else(|| "Finding".to_owned(), |row| row.title));
    let line = move || match found.get() {
        Some(row) => html! {
            <span class="identity-line">
                {severity_word(&row.severity)} <span>{row.because.clone()}</span> {waiver_tag(&row)}
            </span>
        },
        None => "\u{a0}".into_any(),
    };
    html! {
        <div class="page identity finding">
            {crumbs(List::Findings)}
            <PageHead title=title line=move || html! { {line} } />
            {asynchronous::show(
                answer,
                move |page| match with_key(&page, &key.get_untracked().unwrap_or_default()) {
                    Some(row) => ready(&row, rules, snapshot.get_untracked()),
                    None => none(&key.get_untracked().unwrap_or_default(), snapshot.get_untracked().as_deref()),
                },
            )}
        </div>
    }
}

fn with_key(page: &Page<FindingRow>, key: &str) -> Option<FindingRow> {
    page.rows.iter().find(|row| row.key == key).cloned()
}

fn waiver_tag(row: &FindingRow) -> Option<AnyView> {
    row.waived_by
        .as_ref()
        .map(|_| html! { <span class="tag">"Waived"</span> })
}

fn none(key: &str, snapshot: Option<&str>) -> AnyView {
    let rule = key.split('/').next().unwrap_or_default();
    let others = super::findings::of_rule(rule, Vec::new(), snapshot);
    html! {
        <EmptyState title="This snapshot does not have this finding">
            <p>"It may be mended, or its subject gone: History says which."</p>
            <a class="button" href=others>
                "Other findings of the rule"
            </a>
        </EmptyState>
    }
}

fn card(title: &'static str, content: AnyView) -> AnyView {
    html! {
        <section class="card">
            <h2 class="card-title">{title}</h2>
            {content}
        </section>
    }
}

fn fact(title: &'static str, value: AnyView) -> AnyView {
    html! {
        <div class="fact">
            <dt>{title}</dt>
            <dd>{value}</dd>
        </div>
    }
}

fn ready(row: &FindingRow, rules: client::Answer<Rules>, snapshot: Option<String>) -> AnyView {
    let at = snapshot.as_deref();
    let code = row.rule.clone();
    let of_rule = move |part: fn(&RuleView) -> AnyView| {
        let code = code.clone();
        move || match rules.outcome() {
            Outcome::Ready(rules) => rules.rules.iter().find(|rule| rule.code == code).map(part),
            Outcome::Loading | Outcome::Failed(_) => None,
        }
    };
    html! {
        <div class="identity-grid">
            <div class="identity-main">
                {card("What was seen", seen(row, at))}
                {waiver(row)}
                {card("What to do", html! { {of_rule(|rule| html! { <p>{prose(&rule.remedy)}</p> })} {command(row)} })}
                {of_rule(why)}
            </div>
            <div class="identity-side">
                {card("About", about(row, at))}
                {of_rule(|rule| card("Asked for by", references(&rule.references)))}
                {card("More like it", more(row, at))}
            </div>
        </div>
    }
}

fn seen(row: &FindingRow, snapshot: Option<&str>) -> AnyView {
    let limit = row.threshold.clone().map(|threshold| {
        let by = row
            .threshold_set_by
            .clone()
            .map(|by| html! { <span class="muted">{format!(" set by {by}")}</span> });
        fact("Limit", html! { {threshold} {by} })
    });
    let place = match &row.file {
        Some(file) => html! {
            <a class="evidence" href=links::source(&row.source, snapshot)>
                {icon(Icon::File)}
                <span class="evidence-text">
                    {file.clone()} " " <span class="evidence-place">{row.place.clone()}</span>
                </span>
            </a>
        },
        None => absent("Follows from what is absent"),
    };
    html! {
        <dl class="facts">
            {fact("Seen", row.observed.clone().into_any())}
            {limit}
            {fact("Severe because", row.because.clone().into_any())}
            {fact("Said by", place)}
        </dl>
    }
}

fn waiver(row: &FindingRow) -> Option<AnyView> {
    let by = row.waived_by.clone()?;
    let until = row.waived_until.map_or_else(
        || "without an end".to_owned(),
        |at| format!("until {}", format::date(at)),
    );
    Some(card(
        "Waiver",
        html! {
            <dl class="facts">
                {fact("By", by.into_any())}
                {fact("Because", row.waived_because.clone().unwrap_or_default().into_any())}
                {fact("For how long", until.into_any())}
            </dl>
        },
    ))
}

fn command(row: &FindingRow) -> Option<AnyView> {
    let command = row.command.clone()?;
    Some(html! {
        <div class="command-box">
            <pre class="command"><code>{command.clone()}</code></pre>
            {copy_button(command)}
        </div>
    })
}

fn why(rule: &RuleView) -> AnyView {
    let cannot_see = rule
        .cannot_see
        .iter()
        .map(|item| html! { <li>{prose(item)}</li> })
        .collect_view();
    card(
        "Why it matters",
        html! {
            <dl class="facts">
                {fact("The rule finds", rule.finds.clone().into_any())}
                {fact("Why", rule.why.clone().into_any())}
                {fact("It judges", rule.population.clone().into_any())}
                {fact("It cannot see", html! { <ul>{cannot_see}</ul> })}
            </dl>
        },
    )
}

fn about(row: &FindingRow, snapshot: Option<&str>) -> AnyView {
    let name = match &row.identity {
        Some(identity) => html! { <a href=links::identity(identity, snapshot)>{row.subject_name.clone()}</a> },
        None => row.subject_name.clone().into_any(),
    };
    let linked = |facet: Facet, value: &Option<String>| match value {
        Some(value) => {
            let href = links::facet_rows(List::Findings, vec![(facet, value.clone())], snapshot);
            html! { <a href=href>{value.clone()}</a> }
        }
        None => absent("None recorded"),
    };
    html! {
        <dl class="facts">
            {fact(if row.subject == "credential" { "Credential" } else { "Identity" }, name)}
            {fact("Kind", words::sentence(&row.kind).into_any())}
            {fact("Owner", linked(Facet::Owner, &row.owner))}
            {fact("Team", linked(Facet::Team, &row.team))}
            {fact("Environment", linked(Facet::Environment, &row.environment))}
            {fact("Source", linked(Facet::Source, &Some(row.source.clone())))}
            {fact("Id", html! { <code class="id">{row.subject_id.clone()}</code> })}
        </dl>
    }
}

fn more(row: &FindingRow, snapshot: Option<&str>) -> AnyView {
    let whose = row.team.clone().map(|team| {
        let href = super::findings::of_rule(&row.rule, vec![(Facet::Team, team.clone())], snapshot);
        html! { <li><a href=href>{format!("The same at {team}")}</a></li> }
    });
    let reviews = (row.rule == "unreviewed").then(|| {
        let owner = row.team.as_ref().or(row.owner.as_ref());
        let href = links::review(owner.map_or("", String::as_str), 0, snapshot);
        html! { <li><a href=href>"What its owner is to review"</a></li> }
    });
    html! {
        <ul class="ids">
            <li>
                <a href=super::findings::of_rule(&row.rule, Vec::new(), snapshot)>"All findings of this rule"</a>
            </li>
            {whose}
            {reviews}
            <li>
                <a href=links::rule(&row.rule, snapshot)>"The rule"</a>
            </li>
        </ul>
    }
}
