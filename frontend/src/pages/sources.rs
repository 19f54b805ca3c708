//! What was read, how far it can be relied on, and how to bring what is missing.

use leptos::prelude::*;
use shared::api::query::Facet;
use shared::api::sources::{Completeness, ConflictView, ConnectorView, ExpectedView, FileView, SourceView, Sources};
use shared::diagnostic::Diagnostic;
use shared::model::instant::Instant;

use crate::components::badges::severity_badge;
use crate::components::evidence::evidence_link;
use crate::components::export_menu::export_of_snapshot;
use crate::components::kpi_tile::sentence_case;
use crate::components::moment::{absent, moment};
use crate::components::named_entry;
use crate::components::page_head::PageHead;
use crate::links::{self, List};
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::prose::prose;
use crate::ui::states::EmptyState;
use crate::url_state::use_snapshot;
use crate::{client, format, ui, words};

#[component]
pub fn SourcesPage() -> impl IntoView {
    let snapshot = use_snapshot();
    let answer = client::sources(snapshot);
    named_entry::follow(answer);
    let line = move || match answer.outcome() {
        client::Outcome::Ready(sources) => summary(&sources),
        client::Outcome::Loading | client::Outcome::Failed(_) => "\u{a0}".to_owned(),
    };
    html! {
        <div class="page sources">
            <PageHead title="Sources" line=move || html! { {line} }>
                {export_of_snapshot("sources")}
            </PageHead>
            {ui::asynchronous::show(answer, move |sources| ready(&sources, snapshot.get_untracked().as_deref()))}
        </div>
    }
}

fn summary(sources: &Sources) -> String {
    let n_files: usize = sources.sources.iter().map(|source| source.files.len()).sum();
    let n_partial = sources
        .sources
        .iter()
        .filter(|source| source.completeness == Completeness::Partial)
        .count();
    let whole = if n_partial == 0 {
        "all complete".to_owned()
    } else {
        format!("{} partial", format::count(n_partial))
    };
    format!(
        "{} with {}, {whole}, as of {}",
        format::counted(sources.sources.len() as u64, "source", "sources"),
        format::counted(n_files as u64, "file", "files"),
        format::date(sources.as_of)
    )
}

fn ready(sources: &Sources, snapshot: Option<&str>) -> AnyView {
    let as_of = sources.as_of;
    let list = if sources.sources.is_empty() {
        html! {
            <EmptyState title="This snapshot has no source">
                <p>"Make an export with one of the commands below, and put it into a folder of the snapshot."</p>
            </EmptyState>
        }
    } else {
        sources
            .sources
            .iter()
            .map(|source| source_view(source, as_of, snapshot))
            .collect_view()
            .into_any()
    };
    html! {
        {missing(&sources.missing)}
        <div class="source-list">{list}</div>
        {conflicts(sources, snapshot)}
        {connectors(&sources.connectors, sources.sources.is_empty())}
    }
}

fn missing(missing: &[ExpectedView]) -> Option<AnyView> {
    if missing.is_empty() {
        return None;
    }
    let rows = missing.iter().map(|expected| {
        let environment = expected
            .environment
            .clone()
            .map(|environment| format!(" ({environment})"));
        html! { <li>{expected.source.clone()} {environment}</li> }
    });
    Some(html! {
        <section class="card missing" aria-labelledby="title-missing">
            <h2 class="card-title" id="title-missing">
                {icon(Icon::Warning)}
                {format!("{} expected, but not in this snapshot", format::counted(missing.len() as u64, "source is", "sources are"))}
            </h2>
            <ul class="missing-list">{rows.collect_view()}</ul>
            <p class="card-foot">"Named in rollcall.toml. Numbers of this page's snapshot do not count what they would list."</p>
        </section>
    })
}

fn completeness_badge(completeness: Completeness) -> AnyView {
    match completeness {
        Completeness::Complete => html! { <span class="badge is-pass">{icon(Icon::Pass)} "Complete"</span> },
        Completeness::Partial => {
            html! { <span class="badge is-warning">{icon(Icon::Warning)} "Partial"</span> }
        }
    }
}

fn source_view(source: &SourceView, as_of: Instant, snapshot: Option<&str>) -> AnyView {
    let rows = |list: List, n: usize, one: &str, many: &str| {
        let href = links::facet_rows(list, vec![(Facet::Source, source.name.clone())], snapshot);
        html! { <a class="number" href=href>{format::counted(n as u64, one, many)}</a> }
    };
    let stated = match source.stated_at {
        Some(at) => html! { <span>"Exported " {moment(at, as_of)}</span> },
        None => absent("No export says when it was made"),
    };
    let reasons = source
        .reasons
        .iter()
        .map(|reason| html! { <li>{reason.clone()}</li> })
        .collect_view();
    let n_diagnostics: usize = source.files.iter().map(|file| file.n_diagnostics).sum();
    let notes = (n_diagnostics > 0).then(|| format::counted(n_diagnostics as u64, "note", "notes"));
    let is_partial = source.completeness == Completeness::Partial;
    let files = source.files.iter().map(file_view).collect_view();
    html! {
        <details class="card source" id=links::source_anchor(&source.name) open=is_partial>
            <summary class="source-head">
                <span class="facet-mark">{icon(Icon::Right)}</span>
                <h2 class="source-name">{source.name.clone()}</h2>
                {completeness_badge(source.completeness)}
                {source.environment.clone().map(|environment| html! { <span class="tag">{environment}</span> })}
                <span class="source-facts">
                    <span>{format::counted(source.n_identities as u64, "identity", "identities")}</span>
                    <span>{format::counted(source.files.len() as u64, "file", "files")}</span>
                    {notes.map(|notes| html! { <span>{notes}</span> })}
                    {stated}
                </span>
            </summary>
            <p class="source-rows">
                {rows(List::Identities, source.n_identities, "identity", "identities")}
                {rows(List::Credentials, source.n_credentials, "credential", "credentials")}
            </p>
            {is_partial.then(|| html! { <ul class="reasons">{reasons}</ul> })}
            <ul class="files">{files}</ul>
        </details>
    }
}

fn file_view(file: &FileView) -> AnyView {
    let connector = match file.connector.clone() {
        Some(connector) => html! { <span class="tag">{connector}</span> },
        None => html! { <span class="tag is-fail">"Not recognised"</span> },
    };
    let counts = [
        (file.n_identities, "identity", "identities"),
        (file.n_credentials, "credential", "credentials"),
        (file.n_grants, "grant", "grants"),
        (file.n_trusts, "trust", "trusts"),
    ];
    let counts = counts.into_iter().filter(|(n, ..)| *n > 0);
    let counts: Vec<_> = counts
        .map(|(n, one, many)| format::counted(n as u64, one, many))
        .collect();
    let partial = (file.completeness == Completeness::Partial).then(|| completeness_badge(file.completeness));
    let n_more = file.n_diagnostics.saturating_sub(file.diagnostics.len());
    let diagnostics = (!file.diagnostics.is_empty()).then(|| {
        html! {
            <ul class="diagnostics">
                {file.diagnostics.iter().map(diagnostic_view).collect_view()}
                {(n_more > 0).then(|| html! { <li class="muted">{format!("And {} more", format::count(n_more))}</li> })}
            </ul>
        }
    });
    html! {
        <li class="file">
            <div class="file-head">
                <span class="file-path">{icon(Icon::File)} <span class="breakable">{file.path.clone()}</span></span>
                {connector}
                {partial}
                <span class="file-facts">{counts.join(", ")}</span>
                <span class="file-size">{format::bytes(file.n_bytes)}</span>
            </div>
            {diagnostics}
        </li>
    }
}

fn diagnostic_view(diagnostic: &Diagnostic) -> AnyView {
    let Diagnostic {
        severity,
        place,
        found,
        expected,
        help,
    } = diagnostic.clone();
    html! {
        <li class="diagnostic">
            {severity_badge(severity)}
            <div class="diagnostic-words">
                {(!place.is_empty()).then(|| html! { <code class="diagnostic-place">{place}</code> })}
                <p>
                    "Found " <span class="quoted">{found}</span> ", expected " {prose(&expected)} "."
                </p>
                {(!help.is_empty()).then(|| html! { <p class="diagnostic-help">{prose(&sentence_case(&help))}</p> })}
            </div>
        </li>
    }
}

fn conflicts(sources: &Sources, snapshot: Option<&str>) -> Option<AnyView> {
    if sources.conflicts.is_empty() {
        return None;
    }
    let row = |conflict: &ConflictView| {
        let statements = conflict.statements.iter().map(|statement| {
            html! {
                <li class="statement">
                    <span class="breakable">{statement.value.clone()}</span>
                    {statement.counts.then(|| html! { <span class="tag is-pass">"Counts"</span> })}
                    {evidence_link(statement.evidence.clone(), snapshot)}
                </li>
            }
        });
        let field = words::sentence(&conflict.field);
        let fact = match &conflict.credential {
            Some(credential) => format!("{field} of {credential}"),
            None => field,
        };
        html! {
            <tr>
                <th scope="row">
                    <a href=links::identity(&conflict.identity, snapshot)>{conflict.identity_name.clone()}</a>
                </th>
                <td>{fact}</td>
                <td>
                    <ul class="statements">{statements.collect_view()}</ul>
                </td>
            </tr>
        }
    };
    let more = (sources.n_more_conflicts > 0)
        .then(|| html! { <p class="card-foot">{format!("And {} more.", format::count(sources.n_more_conflicts))}</p> });
    let n = sources.conflicts.len() + sources.n_more_conflicts;
    Some(html! {
        <details class="card source" id="conflicts">
            <summary class="source-head">
                <span class="facet-mark">{icon(Icon::Right)}</span>
                <h2 class="source-name">"Exports that disagree"</h2>
                <span class="count">{format::count(n)}</span>
            </summary>
            <div class="table-scroll">
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">"Identity"</th>
                            <th scope="col">"Fact"</th>
                            <th scope="col">"What each says"</th>
                        </tr>
                    </thead>
                    <tbody>{sources.conflicts.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
            {more}
        </details>
    })
}

fn connectors(connectors: &[ConnectorView], is_open: bool) -> AnyView {
    let row = |connector: &ConnectorView| {
        let cannot = (!connector.cannot_tell.is_empty())
            .then(|| html! { <p class="connector-cannot">{format!("Cannot tell: {}.", connector.cannot_tell.join("; "))}</p> });
        html! {
            <li class="connector">
                <div class="connector-head">
                    <span class="connector-title">{connector.title.clone()}</span>
                    <span class="muted">{connector.vendor.clone()}</span>
                    <code class="muted">{connector.id.clone()}</code>
                </div>
                <pre class="command" tabindex="0"><code>{connector.command.clone()}</code></pre>
                {cannot}
            </li>
        }
    };
    html! {
        <details class="card source" open=is_open>
            <summary class="source-head">
                <span class="facet-mark">{icon(Icon::Right)}</span>
                <h2 class="source-name">"What Rollcall can read"</h2>
                <span class="count">{format::count(connectors.len())}</span>
            </summary>
            <p class="card-line">"The command makes the export; its file goes into the snapshot's folder under any name."</p>
            <ul class="connectors">{connectors.iter().map(row).collect_view()}</ul>
        </details>
    }
}
