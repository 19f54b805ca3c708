//! A report on an estate: every snapshot until the one that it is about, and of each the part that it is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::report::{Material, report};
use super::summary;
use crate::analysis::Analysis;
use crate::api::SnapshotName;
use crate::api::query::{BadQuery, Facet};
use crate::api::report::{InputFile, Report, ReportQuery};
use crate::diagnostic::shorten;
use crate::estate::no_such_snapshot;
use crate::history::History;
use crate::kpi::catalog::Table;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum NoReport {
    #[error("{0}")]
    NoSuchSnapshot(String),
    #[error(transparent)]
    BadQuery(#[from] BadQuery),
    /// A snapshot that it is about cannot be read.
    #[error("{0}")]
    Unread(String),
}

/// The most values that are named to who mistyped one.
const MAX_NAMED: usize = 30;

/// Makes a report over these snapshots, which are oldest first. `read` gives the analysis of one, by index, and no more
/// than two are held at a time; `files` gives what one was read from.
///
/// # Errors
/// When a snapshot that the query names is not there or cannot be read.
pub fn report_on(
    snapshots: &[SnapshotName],
    query: &ReportQuery,
    mut read: impl FnMut(usize) -> Result<Arc<Analysis>, String>,
    files: impl FnOnce(usize) -> Vec<InputFile>,
) -> Result<Report, NoReport> {
    let find = |name: &String| {
        let found = snapshots.iter().position(|snapshot| snapshot.name == *name);
        found.ok_or_else(|| NoReport::NoSuchSnapshot(no_such_snapshot(name, snapshots)))
    };
    let to = query.snapshot.as_ref().map_or(Ok(snapshots.len() - 1), find)?;
    let named = query.compare.as_ref().map(find).transpose()?;
    if let Some(named) = named.filter(|named| *named >= to) {
        let before: Vec<&str> = snapshots[..to].iter().map(|snapshot| &*snapshot.name).collect();
        return Err(NoReport::BadQuery(BadQuery {
            what: "snapshot to compare with",
            found: snapshots[named].name.clone(),
            known: match to {
                0 => "none: there is none before this one".to_owned(),
                _ => before.join(", "),
            },
        }));
    }
    let mut part = |index: usize| -> Result<Result<Arc<Analysis>, String>, BadQuery> {
        match read(index) {
            Ok(analysis) if query.scope.is_empty() => Ok(Ok(analysis)),
            Ok(analysis) => Ok(Ok(Arc::new(analysis.of_part(&query.scope)?))),
            Err(problem) => Ok(Err(problem)),
        }
    };
    let mut history = History::default();
    let mut base = None;
    for (index, snapshot) in snapshots[..to].iter().enumerate() {
        match part(index)? {
            Ok(analysis) => {
                history.add(summary(&snapshot.name, &analysis));
                if named.is_none_or(|named| named == index) {
                    base = Some((index, analysis));
                }
            }
            Err(problem) if named == Some(index) => return Err(NoReport::Unread(problem)),
            Err(problem) => history.miss(snapshot, problem),
        }
    }
    let analysis = part(to)?.map_err(NoReport::Unread)?;
    for (facet, value) in &query.scope {
        check(&analysis, *facet, value)?;
    }
    history.add(summary(&snapshots[to].name, &analysis));
    let past = |index: usize| history.find(&snapshots[index].name);
    let base = base.as_ref();
    let base = base.and_then(|(index, analysis)| Some((&**analysis, past(*index)?)));
    Ok(report(Material {
        analysis: &analysis,
        snapshot: SnapshotName {
            name: snapshots[to].name.clone(),
            as_of: analysis.snapshot.as_of,
        },
        scope: &query.scope,
        history: &history,
        base,
        files: files(to),
    }))
}

/// Refuses what nothing in the snapshot has: a report about nothing would look like one about something.
fn check(analysis: &Analysis, facet: Facet, value: &str) -> Result<(), BadQuery> {
    let lists = [Table::Identities, Table::Credentials].map(|table| analysis.lists.of(table));
    let values = lists.into_iter().flatten().filter_map(|list| list.values_of(facet));
    let values: BTreeSet<&str> = values.flat_map(|(_, values)| values).map(String::as_str).collect();
    if values.contains(value) {
        return Ok(());
    }
    let named: Vec<&str> = values
        .iter()
        .copied()
        .filter(|value| !value.is_empty())
        .take(MAX_NAMED)
        .collect();
    Err(BadQuery {
        what: facet.id(),
        found: shorten(value),
        known: named.join(", "),
    })
}
