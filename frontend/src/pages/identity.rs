//! One identity: who answers for it, what it is judged by, what it holds and may do, and where each fact comes from.

use std::sync::Arc;

use leptos::prelude::*;
use shared::api::detail::{
    CredentialDetail, CriterionView, FactView, GrantView, IdentityDetail, LeakView, OwnerView, TrustView,
};
use shared::api::findings::FindingRow;
use shared::api::history::HistoryQuery;
use shared::api::query::Facet;
use shared::charts::Ink;
use shared::charts::timeline::{self, Span, Timeline};
use shared::kpi::catalog;
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;

use super::credentials::rotation;
use super::leads::told;
use crate::charts::frame::{ChartFrame, Draw, Twin, TwinCell, TwinRow};
use crate::client::{self, Outcome};
use crate::components::access;
use crate::components::access_links::access_links;
use crate::components::badges::{governed_badge, severity_word, status_badge, verdict_class, verdict_icon};
use crate::components::crumbs::crumbs;
use crate::components::evidence::evidence_link;
use crate::components::may::may;
use crate::components::moment::{absent, ends, last_used, maybe_moment, moment};
use crate::components::page_head::PageHead;
use crate::components::safe_to_act::safe_to_act;
use crate::links::{self, List, Place};
use crate::ui::asynchronous;
use crate::ui::follow::effect;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::states::EmptyState;
use crate::url_state::{use_parameter, use_snapshot};
use crate::{format, words};

#[component]
pub fn IdentityPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let id = use_parameter("id");
    let act = use_parameter("act");
    let answer = client::identity(id, snapshot);
    let title = Signal::derive(move || match answer.outcome() {
        Outcome::Ready(detail) => detail.row.name.clone(),
        Outcome::Loading | Outcome::Failed(_) => "Identity".to_owned(),
    });
    let line = move || match answer.outcome() {
        Outcome::Ready(detail) => summary(&detail).into_any(),
        Outcome::Loading | Outcome::Failed(_) => "\u{a0}".into_any(),
    };
    let changed = move || {
        links::history(&HistoryQuery {
            identity: id.get(),
            to: snapshot.get(),
            ..HistoryQuery::default()
        })
    };
    html! {
        <div class="page identity">
            {crumbs(List::Identities)}
            <PageHead title=title line=move || html! { {line} }>
                <a class="button" href=changed>
                    {icon(Icon::Calendar)}
                    "What changed"
                </a>
            </PageHead>
            {asynchronous::show(answer, move |detail| ready(detail, Asked { id, act, snapshot }))}
        </div>
    }
}

fn summary(detail: &IdentityDetail) -> AnyView {
    let row = &detail.row;
    let words = [
        Some(words::sentence(&row.kind)),
        row.account.clone(),
        Some(row.source.clone()),
    ];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    html! {
        <span class="identity-line">
            {governed_badge(row.governed, &row.failing)} {status_badge(&row.status)} <span>{words}</span>
        </span>
    }
}

/// What the address names.
#[derive(Clone, Copy)]
struct Asked {
    id: Memo<Option<String>>,
    /// The credential that is to be replaced.
    act: Memo<Option<String>>,
    snapshot: Memo<Option<String>>,
}

fn ready(detail: Arc<IdentityDetail>, asked: Asked) -> AnyView {
    let snapshot = asked.snapshot.get_untracked();
    let at = snapshot.as_deref();
    html! {
        <div class="identity-grid">
            <div class="identity-main">
                {criteria(&detail, at)}
                {findings(&detail, at)}
                {leads(&detail, at)}
                {section("access", "What it can do", None, html! {
                    {access::access(&detail.access, at)}
                    {cut_note(&detail, "ways_up", detail.access.ways_up.len())}
                    {detail.access.example.as_ref().map(|example| may(example, asked.id, asked.snapshot))}
                })}
                {credentials(&detail, at)}
                {acting(asked)}
                {leaks(&detail, at)}
                {section("reach", "How far it leads", None, access::reach(asked.id, asked.snapshot))}
                {grants(&detail, at)}
                {trusts("actors", "Who can act as it", "Nothing that was read lets anybody else act as it.", &detail.actors, &detail, at)}
                {trusts("targets", "As whom it may act", "Nothing that was read lets it act as another identity.", &detail.targets, &detail, at)}
                {facts(&detail, at)}
            </div>
            <div class="identity-side">
                {at_a_glance(&detail, at)}
                {access_links(&detail.row.id, at)}
                {owners(&detail, at)}
                {other_ids(&detail)}
            </div>
        </div>
    }
}

fn section(id: &'static str, title: &'static str, n: Option<usize>, content: AnyView) -> AnyView {
    html! {
        <section class="card" id=id aria-labelledby=format!("title-{id}")>
            <h2 class="card-title" id=format!("title-{id}")>
                {title} {n.map(|n| html! { <span class="count">{format::count(n)}</span> })}
            </h2>
            {content}
        </section>
    }
}

/// A list that is cut off says so.
fn cut_note(detail: &IdentityDetail, list: &str, n_shown: usize) -> Option<AnyView> {
    let cut = detail.cut.iter().find(|cut| cut.list == list)?;
    let text = format!(
        "The first {} of {} are shown.",
        format::count(n_shown),
        format::count(cut.n_total)
    );
    Some(html! { <p class="card-foot">{text}</p> })
}

fn at_a_glance(detail: &IdentityDetail, snapshot: Option<&str>) -> AnyView {
    let row = &detail.row;
    let as_of = detail.as_of;
    let linked = |facet: Facet, value: &Option<String>| match value {
        Some(value) => {
            let href = links::facet_rows(List::Identities, vec![(facet, value.clone())], snapshot);
            html! { <a href=href>{value.clone()}</a> }
        }
        None => absent("None recorded"),
    };
    let text = |value: &Option<String>| match value {
        Some(value) => value.clone().into_any(),
        None => absent("None recorded"),
    };
    let entry = |title: &'static str, value: AnyView| {
        html! {
            <div class="fact">
                <dt>{title}</dt>
                <dd>{value}</dd>
            </div>
        }
    };
    let origin = words::facet_value(Facet::Origin, &row.origin);
    let content = html! {
        <dl class="facts">
            {entry("Owner", linked(Facet::Owner, &row.owner))}
            {entry("Team", linked(Facet::Team, &row.team))}
            {entry("Purpose", text(&row.purpose))}
            {entry("Environment", linked(Facet::Environment, &row.environment))}
            {entry("Source", html! { <a href=links::source(&row.source, snapshot)>{row.source.clone()}</a> })}
            {entry("Account", text(&row.account))}
            {entry("Made by", origin.into_any())}
            {entry("Human or not", words::sentence(&row.class).into_any())}
            {entry("Created", maybe_moment(row.created_at, as_of))}
            {entry("Last used", last_used(row.last_used_at, row.last_used, as_of))}
            {entry("First credential ends", match row.expires_at {
                Some(at) => ends(Some(at), "at", as_of),
                None => absent("None ends"),
            })}
            {entry("Id", html! { <code class="id">{row.id.clone()}</code> })}
        </dl>
    };
    section("glance", "At a glance", None, content)
}

fn criteria(detail: &IdentityDetail, snapshot: Option<&str>) -> AnyView {
    let row = |criterion: &CriterionView| {
        let title = catalog::find(&criterion.id).map_or_else(|| criterion.id.clone(), |kpi| kpi.title.to_owned());
        let (class, symbol, word) = match criterion.verdict {
            Some(verdict) => (verdict_class(verdict), verdict_icon(verdict), words::verdict(verdict)),
            None => ("is-unmeasured", Icon::Info, "Not measured"),
        };
        html! {
            <li class=format!("judgement {class}")>
                <span class="judgement-mark">{icon(symbol)}</span>
                <span class="judgement-title">
                    <a href=links::kpi(&criterion.id, snapshot)>{title}</a>
                    <span class="judgement-word">{word}</span>
                </span>
                <span class="judgement-reason">{criterion.reason.clone()}</span>
            </li>
        }
    };
    let title = match detail.row.governed {
        Some(Verdict::Pass) => "Why it is governed",
        Some(Verdict::Fail) => "Why it is not governed",
        Some(Verdict::Unknown) => "Why it is unknown whether it is governed",
        None => "Criteria of governance",
    };
    let list = html! { <ul class="judgements">{detail.criteria.iter().map(row).collect_view()}</ul> };
    section("criteria", title, None, list.into_any())
}

fn leads(detail: &IdentityDetail, snapshot: Option<&str>) -> Option<AnyView> {
    let rows: Vec<_> = detail
        .leads
        .iter()
        .map(|lead| html! { <li class="lead">{told(lead, detail.as_of, snapshot)}</li> })
        .collect();
    (!rows.is_empty()).then(|| {
        let list = html! {
            <p class="card-line"><a href=links::place(Place::Leads, snapshot)>"Leads"</a> ": by this snapshot's logs, to be looked at, never failures"</p>
            <ul class="lead-list">{rows}</ul>
        };
        section("leads", "What it did lately and never before", None, list)
    })
}

fn credentials(detail: &IdentityDetail, snapshot: Option<&str>) -> AnyView {
    let as_of = detail.as_of;
    let row = |credential: &CredentialDetail| {
        let CredentialDetail {
            row,
            shared_with,
            evidence,
        } = credential;
        let shared = (!shared_with.is_empty()).then(|| {
            let others = shared_with
                .iter()
                .map(|other| access::named(other, snapshot))
                .collect_view();
            html! { <span class="shared-with">{icon(Icon::Warning)} "Shared with " {others}</span> }
        });
        let from = evidence
            .iter()
            .map(|evidence| evidence_link(evidence.clone(), snapshot))
            .collect_view();
        html! {
            <tr>
                <th scope="row">
                    <span class="cell-name">
                        <span>{row.name.clone().unwrap_or_else(|| row.id.clone())}</span>
                        <span class="cell-below">{words::sentence(&row.kind)}</span>
                        <a class="cell-link" href=links::safe_to_act(&detail.row.id, &row.id, snapshot) data-noscroll>
                            "Safe to replace?"
                        </a>
                        {shared}
                    </span>
                </th>
                {cell("State", status_badge(&row.status))}
                {cell("Created", maybe_moment(row.created_at, as_of))}
                {cell("Last used", last_used(row.last_used_at, row.last_used, as_of))}
                {cell("Ends", ends(row.expires_at, &row.expiry, as_of))}
                {cell("Rotation", rotation(row.rotation))}
                {cell("Said by", from.into_any())}
            </tr>
        }
    };
    let content = if detail.credentials.is_empty() {
        html! { <p class="card-empty">"No export lists a credential of it."</p> }
    } else {
        table(
            &[
                "Credential",
                "State",
                "Created",
                "Last used",
                "Ends",
                "Rotation",
                "Said by",
            ],
            detail.credentials.iter().map(row).collect_view().into_any(),
        )
    };
    let content = html! { {life_lines(detail)} {content} };
    section("credentials", "Credentials", Some(detail.credentials.len()), content)
}

/// What to know before the credential is replaced that the address names.
fn acting(asked: Asked) -> AnyView {
    let now = move || {
        let credential = asked.act.get()?;
        let answer = client::safe_to_act(credential, asked.snapshot);
        effect(move || {
            if matches!(answer.outcome(), Outcome::Ready(_))
                && let Some(section) = document().get_element_by_id("act")
            {
                section.scroll_into_view();
            }
        });
        let title = move || match answer.outcome() {
            Outcome::Ready(view) => format!("Before {} is replaced", view.credential.label),
            Outcome::Loading | Outcome::Failed(_) => "Before it is replaced".to_owned(),
        };
        let at = asked.snapshot;
        let back = links::identity(
            &asked.id.get_untracked().unwrap_or_default(),
            at.get_untracked().as_deref(),
        );
        Some(html! {
            <section class="card act" id="act" aria-labelledby="title-act">
                <div class="card-head">
                    <h2 class="card-title breakable" id="title-act">{title}</h2>
                    <a class="button button-quiet" href=back data-noscroll aria-label="Close">{icon(Icon::Close)}</a>
                </div>
                {asynchronous::show(answer, move |view| safe_to_act(&view, at.get_untracked().as_deref()))}
            </section>
        })
    };
    html! { {now} }
}

/// What is wrong with it and with what it holds.
fn findings(detail: &IdentityDetail, snapshot: Option<&str>) -> Option<AnyView> {
    if detail.findings.is_empty() {
        return None;
    }
    let row = |finding: &FindingRow| {
        let waived = finding
            .waived_by
            .is_some()
            .then(|| html! { " " <span class="tag">"Waived"</span> });
        let about = (finding.subject == "credential").then(|| {
            html! { <span class="cell-below">{finding.subject_name.clone()}</span> }
        });
        html! {
            <tr>
                <th scope="row">
                    <span class="cell-name">
                        <a href=links::finding(&finding.key, snapshot)>{finding.title.clone()}</a>
                        {about}
                    </span>
                </th>
                {cell("Severity", html! { {severity_word(&finding.severity)} {waived} })}
                {cell("Seen", finding.observed.clone().into_any())}
                {cell("Limit", finding.threshold.clone().map_or_else(|| absent("None"), IntoAny::into_any))}
            </tr>
        }
    };
    let rows = detail.findings.iter().map(row).collect_view();
    let content = html! {
        {table(&["Finding", "Severity", "Seen", "Limit"], rows.into_any())}
        {cut_note(detail, "findings", detail.findings.len())}
    };
    Some(section("findings", "Findings", Some(detail.findings.len()), content))
}

/// Where its secrets were found in the open. Without a leak there is nothing to show: that none is known says little.
fn leaks(detail: &IdentityDetail, snapshot: Option<&str>) -> Option<AnyView> {
    if detail.leaks.is_empty() {
        return None;
    }
    let as_of = detail.as_of;
    let row = |leak: &LeakView| {
        let liveness = match leak.liveness.as_str() {
            "live" => html! { <span class="badge is-fail">{icon(Icon::Warning)} "Works"</span> },
            "dead" => html! { <span class="tag">"Does not work"</span> },
            _ => html! { <span class="muted" title="The scanner did not try it">"Not tried"</span> },
        };
        let credential = leak
            .credential
            .clone()
            .unwrap_or_else(|| "One of its secrets".to_owned());
        html! {
            <tr>
                <th scope="row">
                    <span class="cell-name">
                        <span>{credential}</span>
                        <span class="cell-below">{format!("{}, found by {}", leak.rule, leak.scanner)}</span>
                    </span>
                </th>
                <td class="breakable">{leak.found_in.clone()}</td>
                <td>{maybe_moment(leak.leaked_at, as_of)}</td>
                <td>{leak.author.clone()}</td>
                <td>{liveness}</td>
                <td>{evidence_link(leak.evidence.clone(), snapshot)}</td>
            </tr>
        }
    };
    let rows = detail.leaks.iter().map(row).collect_view().into_any();
    let content = html! {
        {table(&["Secret", "Found in", "Since", "By", "Tried", "Said by"], rows)}
        {cut_note(detail, "leaks", detail.leaks.len())}
    };
    Some(section("leaks", "Leaks", Some(detail.leaks.len()), content))
}

/// From when to when each credential is good, where any of that is known.
fn life_lines(detail: &IdentityDetail) -> Option<AnyView> {
    let spans: Vec<Span> = detail
        .credentials
        .iter()
        .map(|CredentialDetail { row, .. }| Span {
            name: row.name.clone().unwrap_or_else(|| words::sentence(&row.kind)),
            from: row.created_at,
            to: row.expires_at,
            used: row.last_used_at,
            ink: match row.rotation {
                Some(Verdict::Fail) => Ink::Bad,
                Some(Verdict::Pass) => Ink::Good,
                Some(Verdict::Unknown) | None => Ink::Series1,
            },
        })
        .filter(|span| span.from.or(span.to).is_some())
        .collect();
    if spans.is_empty() {
        return None;
    }
    let day = |at: Option<Instant>| TwinCell {
        text: at.map(Instant::to_date_text).unwrap_or_default(),
        href: None,
    };
    let twin = Twin {
        heads: ["Credential", "Created", "Ends", "Last used"]
            .map(str::to_owned)
            .to_vec(),
        rows: spans
            .iter()
            .map(|span| TwinRow {
                name: span.name.clone(),
                cells: vec![day(span.from), day(span.to), day(span.used)],
            })
            .collect(),
    };
    let data = Timeline {
        now: detail.as_of,
        spans,
    };
    let draw: Draw = Arc::new(move |width, paint| timeline::svg(&data, width, paint));
    let line = "From creation to end; the dot is the last use, the line the snapshot";
    Some(html! { <ChartFrame title="How long does each credential live?" line=line draw=draw twin=twin /> })
}

fn table(heads: &[&'static str], rows: AnyView) -> AnyView {
    let heads = heads
        .iter()
        .map(|head| html! { <th scope="col">{*head}</th> })
        .collect_view();
    html! {
        <div class="table-scroll">
            <table class="table is-stackable">
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// A cell that names its column where rows are stacked, on narrow screens.
fn cell(head: &'static str, content: AnyView) -> AnyView {
    html! { <td data-head=head>{content}</td> }
}

fn grants(detail: &IdentityDetail, snapshot: Option<&str>) -> AnyView {
    let as_of = detail.as_of;
    let row = |grant: &GrantView| {
        let privilege = match grant.privilege.as_deref() {
            Some("administrator") => {
                html! { <span class="badge is-fail">{icon(Icon::Warning)} "Administrator"</span> }
            }
            Some(word) => words::sentence(word).into_any(),
            None => {
                html! { <span class="muted" title="No export defines this role, or the boundary that caps it">"Unknown"</span> }
            }
        };
        let condition = grant
            .conditional
            .then(|| html! { <span class="tag">"On a condition"</span> });
        html! {
            <tr>
                <th scope="row">
                    <span class="cell-name">
                        <span>{grant.role.clone()}</span>
                        {grant.via.clone().map(|via| html! { <span class="cell-below">{format!("through {via}")}</span> })}
                    </span>
                </th>
                {cell("On", match grant.resource.clone() {
                    Some(resource) => html! { <span class="breakable">{resource}</span> },
                    None => absent("Not told"),
                })}
                {cell("Privilege", html! { {privilege} " " {condition} })}
                {cell("Until", until(grant.expires_at, as_of))}
                {cell("Said by", evidence_link(grant.evidence.clone(), snapshot))}
            </tr>
        }
    };
    let content = if detail.grants.is_empty() {
        html! { <p class="card-empty">"Nothing that was read grants it anything."</p> }
    } else {
        let rows = detail.grants.iter().map(row).collect_view().into_any();
        html! {
            {table(&["Role", "On", "Privilege", "Until", "Said by"], rows)}
            {cut_note(detail, "grants", detail.grants.len())}
        }
    };
    section("grants", "What it was given", Some(detail.grants.len()), content)
}

fn until(at: Option<Instant>, as_of: Instant) -> AnyView {
    match at {
        Some(at) => moment(at, as_of),
        None => html! { <span>"No end"</span> },
    }
}

fn trusts(
    id: &'static str,
    title: &'static str,
    none: &'static str,
    trusts: &[TrustView],
    detail: &IdentityDetail,
    snapshot: Option<&str>,
) -> AnyView {
    let row = |trust: &TrustView| {
        let guard = match trust.guard.as_str() {
            "open" => {
                html! { <span class="badge is-warning">{icon(Icon::Warning)} "Without a condition"</span> }
            }
            "external_id" => html! { <span class="tag">"External id"</span> },
            "subject_or_audience" => html! { <span class="tag">"Subject or audience"</span> },
            "not_reported" => html! { <span class="tag">"Not exported"</span> },
            _ => html! { <span class="tag">"On a condition"</span> },
        };
        html! {
            <tr>
                <th scope="row">{access::named(&trust.other, snapshot)}</th>
                {cell("How", html! { <span class="breakable">{trust.sentence.clone()}</span> })}
                {cell("Guard", guard)}
                {cell("Said by", evidence_link(trust.evidence.clone(), snapshot))}
            </tr>
        }
    };
    let content = if trusts.is_empty() {
        html! { <p class="card-empty">{none}</p> }
    } else {
        let rows = trusts.iter().map(row).collect_view().into_any();
        html! {
            {table(&["Who", "How", "Guard", "Said by"], rows)}
            {cut_note(detail, id, trusts.len())}
        }
    };
    section(id, title, Some(trusts.len()), content)
}

fn owners(detail: &IdentityDetail, snapshot: Option<&str>) -> AnyView {
    let row = |owner: &OwnerView| {
        let basis = match owner.basis.as_str() {
            "registry" => "registry.csv",
            "recorded" => "recorded by the platform",
            "tag" => "a tag",
            "description" => "a description",
            other => other,
        }
        .to_owned();
        let state = match owner.state.as_str() {
            "active" => None,
            "team" => Some("A team"),
            "left" => Some("Has left"),
            _ => Some("Not in the roster"),
        };
        let state_class = if owner.state == "left" { "tag is-fail" } else { "tag" };
        html! {
            <li class="owner">
                <span class="owner-name">
                    {owner.person.clone().unwrap_or_else(|| owner.text.clone())}
                    {owner.counts.then(|| html! { <span class="tag is-pass">"Counts"</span> })}
                    {state.map(|state| html! { <span class=state_class>{state}</span> })}
                </span>
                {owner.person.is_some().then(|| html! { <span class="cell-below">{format!("written “{}”", owner.text)}</span> })}
                <span class="cell-below">{format!("from {basis}")}</span>
                {evidence_link(owner.evidence.clone(), snapshot)}
            </li>
        }
    };
    let content = if detail.owners.is_empty() {
        html! {
            <EmptyState title="Nobody is recorded">
                <p>"Add a row for it to registry.csv, or an owner tag where it lives."</p>
            </EmptyState>
        }
    } else {
        html! { <ul class="owners">{detail.owners.iter().map(row).collect_view()}</ul> }
    };
    let whose = detail.row.team.as_ref().or(detail.row.owner.as_ref());
    let reviews = links::review(whose.map_or("", String::as_str), 0, snapshot);
    let content = html! {
        {content}
        <p class="card-foot"><a href=reviews>"What they are to review"</a></p>
    };
    section("owners", "Who answers for it", None, content)
}

fn facts(detail: &IdentityDetail, snapshot: Option<&str>) -> AnyView {
    // Exports that say the same share a row.
    let row = |same: &[FactView]| {
        let evidence = same
            .iter()
            .map(|fact| evidence_link(fact.evidence.clone(), snapshot))
            .collect_view();
        let first = &same[0];
        html! {
            <tr>
                <th scope="row">{words::sentence(&first.field)}</th>
                {cell("Value", html! { <span class="breakable">{first.value.clone()}</span> })}
                {cell("Said by", evidence.into_any())}
            </tr>
        }
    };
    let content = if detail.facts.is_empty() {
        html! { <p class="card-empty">"No export says more."</p> }
    } else {
        let same = |a: &FactView, b: &FactView| (&a.field, &a.value) == (&b.field, &b.value);
        let rows = detail.facts.chunk_by(same).map(row).collect_view();
        table(&["Fact", "Value", "Said by"], rows.into_any())
    };
    section("facts", "Where each fact comes from", Some(detail.facts.len()), content)
}

fn other_ids(detail: &IdentityDetail) -> Option<AnyView> {
    if detail.other_ids.is_empty() {
        return None;
    }
    let ids = detail
        .other_ids
        .iter()
        .map(|id| html! { <li><code class="id">{id.clone()}</code></li> });
    let list = html! { <ul class="ids">{ids.collect_view()}</ul> };
    Some(section("other-ids", "Other names it has", None, list.into_any()))
}
