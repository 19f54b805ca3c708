//! What a report needs of an estate: every snapshot until the one it is about, and the digests of its files.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use shared::analysis::Analysis;
use shared::answers::{self, Material};
use shared::api::SnapshotName;
use shared::api::query::{BadQuery, Facet};
use shared::api::report::{InputFile, Report, ReportQuery};
use shared::diagnostic::shorten;
use shared::history::History;
use shared::kpi::catalog::Table;
use shared::reading::certificate::hex;

use super::files::{FileOnDisk, MAX_FILE_BYTES};
use super::{CONFIG, Estate};

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

impl Estate {
    /// Makes a report; `read` gives the analysis of a snapshot, by index. No more than two of them are held at a time,
    /// beside the one that is being read.
    ///
    /// # Errors
    /// When a snapshot that the query names is not there or cannot be read, or files changed meanwhile.
    pub fn report(
        &self,
        query: &ReportQuery,
        mut read: impl FnMut(usize) -> Result<Arc<Analysis>, String>,
    ) -> Result<Report, NoReport> {
        let find = |name: &String| {
            let found = self.find(name);
            found.ok_or_else(|| NoReport::NoSuchSnapshot(self.no_such_snapshot(name)))
        };
        let to = query.snapshot.as_ref().map_or(Ok(self.snapshots.len() - 1), find)?;
        let named = query.compare.as_ref().map(find).transpose()?;
        if let Some(named) = named.filter(|named| *named >= to) {
            return Err(NoReport::BadQuery(BadQuery {
                what: "snapshot to compare with",
                found: self.snapshots[named].name.clone(),
                known: match to {
                    0 => "none: there is none before this one".to_owned(),
                    to => self.names()[..to].join(", "),
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
        let summary = |index: usize| move |analysis: &Analysis| answers::summary(&self.snapshots[index].name, analysis);
        let mut history = History::default();
        let mut base = None;
        for index in 0..to {
            let read = part(index)?;
            self.remember(
                &mut history,
                index,
                read.as_deref().map(summary(index)).map_err(Clone::clone),
            );
            match read {
                Ok(analysis) if named.is_none_or(|named| named == index) => base = Some((index, analysis)),
                Err(problem) if named == Some(index) => return Err(NoReport::Unread(problem)),
                Ok(_) | Err(_) => {}
            }
        }
        let analysis = part(to)?.map_err(NoReport::Unread)?;
        for (facet, value) in &query.scope {
            check(&analysis, *facet, value)?;
        }
        self.remember(&mut history, to, Ok(summary(to)(&analysis)));
        let past = |index: usize| history.find(&self.snapshots[index].name);
        let base = base.as_ref();
        let base = base.and_then(|(index, analysis)| Some((&**analysis, past(*index)?)));
        let report = answers::report(Material {
            analysis: &analysis,
            snapshot: SnapshotName {
                name: self.snapshots[to].name.clone(),
                as_of: analysis.snapshot.as_of,
            },
            scope: &query.scope,
            history: &history,
            base,
            files: self.input_files(to),
        });
        match self.holds_still(to) {
            true => Ok(report),
            false => Err(NoReport::Unread("its files are changing; ask again".to_owned())),
        }
    }

    /// The files of a snapshot and the estate's own, as they are on disk now.
    fn input_files(&self, index: usize) -> Vec<InputFile> {
        let folder = &self.snapshots[index];
        let config = FileOnDisk::own(&self.root, CONFIG);
        let files: Vec<&FileOnDisk> = (folder.files.iter())
            .chain(&folder.source_configs)
            .chain(&self.own_files)
            .chain(&config)
            .collect();
        let digest = |file: &FileOnDisk| InputFile {
            source: file.source.clone(),
            path: file.path.clone(),
            n_bytes: file.n_bytes,
            sha256: file.bytes(MAX_FILE_BYTES).ok().map(|bytes| hex(&Sha256::digest(bytes))),
        };
        // Files are read whole: as many at a time as there are cores, as when the estate is read.
        let mut digests: Vec<InputFile> = files.into_par_iter().with_max_len(1).map(digest).collect();
        digests.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
        digests
    }
}
