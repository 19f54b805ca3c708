//! Every route that is about an estate, on one screen: an address in, the bytes of the answer out. The server calls it
//! behind HTTP, the engine in the browser where there is no server.

use std::sync::Arc;

use serde::Serialize;

use crate::analysis::Analysis;
use crate::answers::graph::{
    self, NEIGHBOURS_KEYS, NODES_KEYS, NoAnswer, PATHS_KEYS, REACH_KEYS, SAFE_TO_ACT_KEYS, SMALLEST_CHANGE_KEYS,
};
use crate::answers::{self, NoReport};
use crate::api::access::AccessQuery;
use crate::api::graph::GraphQuery;
use crate::api::history::HistoryQuery;
use crate::api::kpis::Kpis;
use crate::api::query::{BadQuery, ListQuery, pairs};
use crate::api::report::{Report, ReportQuery};
use crate::api::reviews::ReviewQuery;
use crate::api::{SnapshotName, route};
use crate::diagnostic::shorten;
use crate::estate::no_such_snapshot;
use crate::export::{self, ExportError, ExportFormat, TableFile};
use crate::graph::adjacency::Direction;
use crate::history::History;
use crate::kpi::catalog::Table;
use crate::model::instant::Instant;

/// One reading of an estate: what is asked.
pub trait Reading {
    /// Oldest first; never empty.
    fn snapshots(&self) -> &[SnapshotName];

    /// The analysis of a snapshot, by its place among them. May take as long as reading it.
    ///
    /// # Errors
    /// When it cannot be read.
    fn analysis(&self, index: usize) -> Result<Arc<Analysis>, Unanswered>;

    /// The same of a snapshot among many, which is looked at once and not kept for others.
    ///
    /// # Errors
    /// When it cannot be read.
    fn passing(&self, index: usize) -> Result<Arc<Analysis>, Unanswered>;

    /// All snapshots in brief. May take as long as reading them.
    fn history(&self) -> Arc<History>;

    /// # Errors
    /// When a snapshot that it is about is not there or cannot be read.
    fn report(&self, query: &ReportQuery) -> Result<Report, Unanswered>;
}

/// How the query string of an address (without `?`) is answered.
#[derive(Clone, Copy)]
pub enum Route {
    /// JSON about the snapshot that the query names, or the newest.
    Snapshot(fn(&Analysis, &str) -> Result<Vec<u8>, Unanswered>),
    /// JSON about several snapshots.
    Snapshots(fn(&dyn Reading, &str) -> Result<Vec<u8>, Unanswered>),
    /// A file to save: large, and asked for once.
    File(fn(&dyn Reading, &str) -> Result<Answer, Unanswered>),
}

pub struct Answer {
    pub bytes: Vec<u8>,
    pub media_type: &'static str,
    /// Under which it is saved, if it is a file.
    pub file_name: Option<String>,
}

/// Why a question is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unanswered {
    NotFound(String),
    BadQuery(String),
    /// Not yet: ask again.
    Loading(String),
    /// What it is about cannot be read.
    Unreadable(String),
    /// A fault of Rollcall; whoever asked need not know the cause.
    Failed(String),
}

const ROUTES: [(&str, Route); 40] = [
    (route::OVERVIEW, Route::Snapshot(overview)),
    (route::KPIS, Route::Snapshots(kpis)),
    (route::IDENTITIES, Route::Snapshot(identities)),
    (route::IDENTITY, Route::Snapshot(identity)),
    (route::ACCESS, Route::Snapshot(access)),
    (route::CREDENTIALS, Route::Snapshot(credentials)),
    (route::CERTIFICATES, Route::Snapshot(certificates)),
    (route::FINDINGS, Route::Snapshot(findings)),
    (route::RULES, Route::Snapshot(rules)),
    (route::COMPLIANCE, Route::Snapshot(compliance)),
    (route::SOURCES, Route::Snapshot(sources)),
    (route::HISTORY, Route::Snapshots(history)),
    (route::TRENDS, Route::Snapshots(trends)),
    (route::STORY, Route::Snapshots(story)),
    (route::DURATIONS, Route::Snapshots(durations)),
    (route::GRAPH_NODES, Route::Snapshot(graph_nodes)),
    (route::GRAPH_NEIGHBOURS, Route::Snapshot(graph_neighbours)),
    (route::GRAPH_REACH, Route::Snapshot(graph_reach)),
    (route::GRAPH_WHO_CAN_REACH, Route::Snapshot(graph_who_can_reach)),
    (route::GRAPH_PATHS, Route::Snapshot(graph_paths)),
    (route::GRAPH_SAFE_TO_ACT, Route::Snapshot(graph_safe_to_act)),
    (route::GRAPH_SMALLEST_CHANGE, Route::Snapshot(graph_smallest_change)),
    (route::LEADS, Route::Snapshot(leads)),
    (route::REVIEWS, Route::Snapshot(reviews)),
    (route::REVIEW, Route::Snapshot(review)),
    (route::WHAT_IF, Route::Snapshot(what_if)),
    (route::WHAT_IF_TREND, Route::Snapshots(what_if_trend)),
    ("/api/v1/export/identities", Route::File(export_identities)),
    ("/api/v1/export/credentials", Route::File(export_credentials)),
    ("/api/v1/export/certificates", Route::File(export_certificates)),
    ("/api/v1/export/findings", Route::File(export_findings)),
    ("/api/v1/export/history", Route::File(export_history)),
    ("/api/v1/export/kpis", Route::File(export_kpis)),
    ("/api/v1/export/rules", Route::File(export_rules)),
    ("/api/v1/export/compliance", Route::File(export_compliance)),
    ("/api/v1/export/sources", Route::File(export_sources)),
    ("/api/v1/export/leads", Route::File(export_leads)),
    ("/api/v1/export/reviews", Route::File(export_reviews)),
    ("/api/v1/export/what-if", Route::File(export_what_if)),
    (route::REPORT, Route::File(report)),
];

/// The route of a path, if it is one.
pub fn find(path: &str) -> Option<Route> {
    ROUTES.iter().find(|(known, _)| *known == path).map(|(_, route)| *route)
}

impl Route {
    /// # Errors
    /// [`Unanswered`], when the query asks for what is not there, or a snapshot cannot be read.
    pub fn answer(self, reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
        let json = |bytes| Answer {
            bytes,
            media_type: "application/json",
            file_name: None,
        };
        match self {
            Route::Snapshot(answer) => {
                let analysis = analysis(reading, value(query, "snapshot").as_deref())?;
                answer(&analysis, query).map(json)
            }
            Route::Snapshots(answer) => answer(reading, query).map(json),
            Route::File(answer) => answer(reading, query),
        }
    }
}

impl Unanswered {
    /// As in HTTP.
    pub fn status(&self) -> u16 {
        match self {
            Unanswered::NotFound(_) => 404,
            Unanswered::BadQuery(_) => 400,
            Unanswered::Loading(_) | Unanswered::Unreadable(_) => 503,
            Unanswered::Failed(_) => 500,
        }
    }

    /// The stable word of [`crate::api::ErrorView`].
    pub fn code(&self) -> &'static str {
        match self {
            Unanswered::NotFound(_) => "not_found",
            Unanswered::BadQuery(_) => "bad_query",
            Unanswered::Loading(_) => "loading",
            Unanswered::Unreadable(_) => "unreadable",
            Unanswered::Failed(_) => "internal",
        }
    }

    pub fn message(&self) -> &str {
        match self {
            Unanswered::NotFound(message)
            | Unanswered::BadQuery(message)
            | Unanswered::Loading(message)
            | Unanswered::Unreadable(message)
            | Unanswered::Failed(message) => message,
        }
    }
}

impl From<BadQuery> for Unanswered {
    fn from(error: BadQuery) -> Unanswered {
        Unanswered::BadQuery(error.to_string())
    }
}

impl From<ExportError> for Unanswered {
    fn from(error: ExportError) -> Unanswered {
        match error {
            ExportError::BadQuery(_) | ExportError::TooManyRows { .. } => Unanswered::BadQuery(error.to_string()),
            ExportError::Unwritable { .. } | ExportError::NotBuiltIn(_) => Unanswered::Failed(error.to_string()),
        }
    }
}

impl From<NoReport> for Unanswered {
    fn from(reason: NoReport) -> Unanswered {
        let message = reason.to_string();
        match reason {
            NoReport::NoSuchSnapshot(_) => Unanswered::NotFound(message),
            NoReport::BadQuery(_) => Unanswered::BadQuery(message),
            NoReport::Unread(_) => Unanswered::Unreadable(message),
        }
    }
}

impl From<NoAnswer> for Unanswered {
    fn from(reason: NoAnswer) -> Unanswered {
        let message = reason.to_string();
        match reason {
            NoAnswer::NoSuchNode(_) => Unanswered::NotFound(message),
            NoAnswer::Missing(_) | NoAnswer::NoCredential(_) => Unanswered::BadQuery(message),
        }
    }
}

type Json = Result<Vec<u8>, Unanswered>;

fn overview(analysis: &Analysis, query: &str) -> Json {
    only(query, &["snapshot"])?;
    json(&answers::overview(analysis))
}

fn kpis(reading: &dyn Reading, query: &str) -> Json {
    json(&kpis_of(reading, query)?)
}

fn kpis_of(reading: &dyn Reading, query: &str) -> Result<Kpis, Unanswered> {
    let index = find_snapshot(reading, value(query, "snapshot").as_deref())?;
    let analysis = reading.analysis(index)?;
    only(query, &["snapshot"])?;
    let names: Vec<String> = reading.snapshots().iter().map(|of| of.name.clone()).collect();
    let history = (names.len() > 1).then(|| reading.history());
    let past = history.as_ref().and_then(|history| history.find(&names[index]));
    Ok(answers::kpis(&analysis, &names, past))
}

fn identities(analysis: &Analysis, query: &str) -> Json {
    json(&answers::identities(analysis, &ListQuery::parse(query)?)?)
}

fn identity(analysis: &Analysis, query: &str) -> Json {
    only(query, &["id", "snapshot"])?;
    let id = value(query, "id").unwrap_or_default();
    let found = answers::identity(analysis, &id);
    let none = || Unanswered::NotFound(format!("this snapshot lists no identity `{}`", shorten(&id)));
    json(&found.ok_or_else(none)?)
}

fn access(analysis: &Analysis, query: &str) -> Json {
    let query = AccessQuery::parse(query)?;
    let none = || {
        Unanswered::NotFound(format!(
            "this snapshot lists no identity `{}`",
            shorten(&query.identity)
        ))
    };
    json(&answers::access(analysis, &query).ok_or_else(none)?)
}

fn credentials(analysis: &Analysis, query: &str) -> Json {
    json(&answers::credentials(analysis, &ListQuery::parse(query)?)?)
}

fn certificates(analysis: &Analysis, query: &str) -> Json {
    json(&answers::certificates(analysis, &ListQuery::parse(query)?)?)
}

fn findings(analysis: &Analysis, query: &str) -> Json {
    json(&answers::findings(analysis, &ListQuery::parse(query)?)?)
}

fn rules(analysis: &Analysis, query: &str) -> Json {
    only(query, &["snapshot"])?;
    json(&answers::rules(analysis))
}

fn compliance(analysis: &Analysis, query: &str) -> Json {
    only(query, &["snapshot"])?;
    json(&answers::compliance(analysis))
}

fn sources(analysis: &Analysis, query: &str) -> Json {
    only(query, &["snapshot"])?;
    json(&answers::sources(analysis))
}

fn history(reading: &dyn Reading, query: &str) -> Json {
    let query = HistoryQuery::parse(query)?;
    let history = reading.history();
    let (from, to) = pair(reading, &history, query.from.as_deref(), query.to.as_deref())?;
    let (from, to) = (&history.snapshots[from], &history.snapshots[to]);
    json(&answers::history(&history, from, to, &query))
}

fn trends(reading: &dyn Reading, query: &str) -> Json {
    only(query, &["from", "to"])?;
    let history = reading.history();
    let (from, to) = (value(query, "from"), value(query, "to"));
    let (from, to) = pair(reading, &history, from.as_deref(), to.as_deref())?;
    let (from, to) = (&history.snapshots[from], &history.snapshots[to]);
    json(&answers::trends(&history, from, to))
}

fn story(reading: &dyn Reading, query: &str) -> Json {
    only(query, &["from", "to"])?;
    let history = reading.history();
    let (from, to) = (value(query, "from"), value(query, "to"));
    let (found, to) = pair(reading, &history, from.as_deref(), to.as_deref())?;
    // Nobody who asks for a story without a beginning means last month.
    let from = if from.is_some() { found } else { 0 };
    json(&answers::story(
        &history,
        &history.snapshots[from],
        &history.snapshots[to],
    ))
}

fn durations(reading: &dyn Reading, query: &str) -> Json {
    only(query, &["to"])?;
    let history = reading.history();
    let (_, to) = pair(reading, &history, None, value(query, "to").as_deref())?;
    json(&answers::durations(&history, to))
}

fn graph_nodes(analysis: &Analysis, query: &str) -> Json {
    json(&graph::nodes(analysis, &GraphQuery::parse(query, NODES_KEYS)?))
}

fn graph_neighbours(analysis: &Analysis, query: &str) -> Json {
    let query = GraphQuery::parse(query, NEIGHBOURS_KEYS)?;
    json(&graph::neighbours(analysis, &query)?)
}

fn graph_reach(analysis: &Analysis, query: &str) -> Json {
    let query = GraphQuery::parse(query, REACH_KEYS)?;
    json(&graph::reached(analysis, &query, Direction::Out)?)
}

fn graph_who_can_reach(analysis: &Analysis, query: &str) -> Json {
    let query = GraphQuery::parse(query, REACH_KEYS)?;
    json(&graph::reached(analysis, &query, Direction::In)?)
}

fn graph_paths(analysis: &Analysis, query: &str) -> Json {
    json(&graph::paths(analysis, &GraphQuery::parse(query, PATHS_KEYS)?)?)
}

fn graph_safe_to_act(analysis: &Analysis, query: &str) -> Json {
    let query = GraphQuery::parse(query, SAFE_TO_ACT_KEYS)?;
    json(&answers::safe_to_act(analysis, &query)?)
}

fn graph_smallest_change(analysis: &Analysis, query: &str) -> Json {
    let query = GraphQuery::parse(query, SMALLEST_CHANGE_KEYS)?;
    json(&answers::smallest_change(analysis, &query)?)
}

fn leads(analysis: &Analysis, query: &str) -> Json {
    only(query, &["snapshot"])?;
    json(&answers::leads(analysis))
}

fn reviews(analysis: &Analysis, query: &str) -> Json {
    only(query, &["snapshot"])?;
    json(&answers::reviews(analysis))
}

fn review(analysis: &Analysis, query: &str) -> Json {
    let query = ReviewQuery::parse(query)?;
    let none = || {
        let owner = shorten(&query.owner);
        Unanswered::NotFound(format!("`{owner}` answers for nothing in this snapshot"))
    };
    json(&answers::review(analysis, &query).ok_or_else(none)?)
}

fn what_if(analysis: &Analysis, query: &str) -> Json {
    json(&answers::what_if(analysis, query)?)
}

fn what_if_trend(reading: &dyn Reading, query: &str) -> Json {
    let history = reading.history();
    let (_, to) = pair(reading, &history, None, value(query, "snapshot").as_deref())?;
    let read = |name: &str| match reading.passing(find_snapshot(reading, Some(name))?) {
        Ok(analysis) => Ok(Ok(analysis)),
        Err(Unanswered::Unreadable(problem) | Unanswered::Failed(problem)) => Ok(Err(problem)),
        Err(other) => Err(other),
    };
    json(&answers::what_if_trend(&history, &history.snapshots[to], query, read)?)
}

fn export_identities(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export(reading, query, Table::Identities, "identities")
}

fn export_credentials(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export(reading, query, Table::Credentials, "credentials")
}

fn export_certificates(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export(reading, query, Table::Certificates, "certificates")
}

fn export_findings(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export(reading, query, Table::Findings, "findings")
}

fn export(reading: &dyn Reading, query: &str, table: Table, name: &str) -> Result<Answer, Unanswered> {
    let format = export_format(query)?;
    let query = ListQuery::parse(query)?;
    let analysis = analysis(reading, query.snapshot.as_deref())?;
    let bytes = export::list(&analysis, table, &query, format)?;
    Ok(saved(name, analysis.snapshot.as_of, format, bytes))
}

fn export_history(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    let format = export_format(query)?;
    let query = HistoryQuery::parse(&without_format(query))?;
    let history = reading.history();
    let (from, to) = pair(reading, &history, query.from.as_deref(), query.to.as_deref())?;
    let (from, to) = (&history.snapshots[from], &history.snapshots[to]);
    let changes = answers::history_whole(&history, from, to, &query);
    let bytes = TableFile::from(&changes).write(format)?;
    Ok(saved("history", to.head.as_of, format, bytes))
}

fn export_kpis(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    let format = export_format(query)?;
    let kpis = kpis_of(reading, &without_format(query))?;
    let bytes = TableFile::from(&kpis).write(format)?;
    Ok(saved("kpis", kpis.as_of, format, bytes))
}

fn export_rules(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export_table(reading, query, "rules", |analysis| (&answers::rules(analysis)).into())
}

fn export_compliance(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export_table(reading, query, "compliance", |analysis| {
        (&answers::compliance(analysis)).into()
    })
}

fn export_sources(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export_table(reading, query, "sources", |analysis| {
        (&answers::sources(analysis)).into()
    })
}

fn export_leads(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export_table(reading, query, "leads", |analysis| {
        (&answers::leads_whole(analysis)).into()
    })
}

fn export_reviews(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    export_table(reading, query, "reviews", |analysis| {
        (&answers::reviews(analysis)).into()
    })
}

fn export_what_if(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    let format = export_format(query)?;
    let query = without_format(query);
    let analysis = analysis(reading, value(&query, "snapshot").as_deref())?;
    let bytes = TableFile::from(&answers::what_if_whole(&analysis, &query)?).write(format)?;
    Ok(saved("what-if", analysis.snapshot.as_of, format, bytes))
}

/// A table that is of one snapshot as it is.
fn export_table(
    reading: &dyn Reading,
    query: &str,
    name: &str,
    table: fn(&Analysis) -> TableFile,
) -> Result<Answer, Unanswered> {
    let format = export_format(query)?;
    only(query, &["snapshot", "format"])?;
    let analysis = analysis(reading, value(query, "snapshot").as_deref())?;
    let bytes = table(&analysis).write(format)?;
    Ok(saved(name, analysis.snapshot.as_of, format, bytes))
}

fn export_format(query: &str) -> Result<ExportFormat, Unanswered> {
    let named = value(query, "format").unwrap_or_else(|| ExportFormat::Csv.id().to_owned());
    let format = ExportFormat::ALL.into_iter().find(|format| format.id() == named);
    format.ok_or_else(|| {
        let known = ExportFormat::ALL.map(ExportFormat::id).join(", ");
        Unanswered::BadQuery(format!("`{}` is no format; known are {known}", shorten(&named)))
    })
}

/// The query of the page whose table is exported.
fn without_format(query: &str) -> String {
    let parts = query.split('&').filter(|part| !part.starts_with("format="));
    parts.collect::<Vec<_>>().join("&")
}

fn saved(name: &str, as_of: Instant, format: ExportFormat, bytes: Vec<u8>) -> Answer {
    let (date, extension) = (as_of.to_date_text(), format.id());
    Answer {
        bytes,
        media_type: format.media_type(),
        file_name: Some(format!("rollcall-{name}-{date}.{extension}")),
    }
}

fn report(reading: &dyn Reading, query: &str) -> Result<Answer, Unanswered> {
    let query = ReportQuery::parse(query)?;
    let report = reading.report(&query)?;
    let (date, extension) = (report.snapshot.as_of.to_date_text(), query.format.id());
    Ok(Answer {
        bytes: export::report(&report, query.format)?,
        media_type: export::media_type(query.format),
        file_name: Some(format!("rollcall-report-{date}.{extension}")),
    })
}

fn json(answer: &impl Serialize) -> Json {
    serde_json::to_vec(answer).map_err(|error| Unanswered::Failed(error.to_string()))
}

/// The first value of a key in a query string.
fn value(query: &str, key: &str) -> Option<String> {
    pairs(query).find(|(found, _)| found == key).map(|(_, value)| value)
}

/// Refuses a query with other keys than these.
fn only(query: &str, known: &[&str]) -> Result<(), Unanswered> {
    match pairs(query).find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((key, _)) => Err(Unanswered::BadQuery(format!(
            "`{}` is no parameter of this route; known are {}",
            shorten(&key),
            known.join(", ")
        ))),
    }
}

/// The analysis of the snapshot of this name, or of the newest.
fn analysis(reading: &dyn Reading, name: Option<&str>) -> Result<Arc<Analysis>, Unanswered> {
    reading.analysis(find_snapshot(reading, name)?)
}

fn find_snapshot(reading: &dyn Reading, name: Option<&str>) -> Result<usize, Unanswered> {
    let snapshots = reading.snapshots();
    let Some(name) = name else {
        return Ok(snapshots.len() - 1);
    };
    let found = snapshots.iter().position(|snapshot| snapshot.name == name);
    found.ok_or_else(|| Unanswered::NotFound(no_such_snapshot(name, snapshots)))
}

/// Two snapshots of the history, by index: the newest and the one before it where no name is given.
fn pair(
    reading: &dyn Reading,
    history: &History,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<(usize, usize), Unanswered> {
    let find = |name: &str| {
        find_snapshot(reading, Some(name))?;
        let problem = || {
            let unread = history.unread.iter().find(|unread| unread.name == name);
            Unanswered::Failed(unread.and_then(|unread| unread.problem.clone()).unwrap_or_default())
        };
        let found = history.snapshots.iter().position(|past| past.head.name == name);
        found.ok_or_else(problem)
    };
    // The newest was read, or there would be nothing to ask.
    let to = to.map_or(Ok(history.snapshots.len() - 1), find)?;
    let from = from.map_or(Ok(to.saturating_sub(1)), find)?;
    Ok((from, to))
}
