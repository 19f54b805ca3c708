//! Several snapshots of one estate held against each other.
//!
//! A snapshot is kept as a [`Summary`]: what differences, trends and credential slots need, and nothing else. In a
//! [`History`] equal rows of all snapshots are stored once, so that it grows with what changed between them.

pub mod comparison;
pub mod diff;
pub mod durations;
pub mod numbers;
pub mod retirement;
pub mod row;
pub mod slots;
pub mod survival;
pub mod witness;

use bitcode::{Decode, Encode};
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use self::numbers::Number;
use self::row::{Row, Rows};
use self::witness::Witnesses;
use crate::analysis::{Analysis, Force};
use crate::api::SnapshotName;
use crate::api::history::TrendSnapshot;
use crate::api::kpis::KpiValue;
use crate::kpi::catalog::{CRITERIA, KPIS};
use crate::model::instant::Instant;
use crate::model::strings::{Adopted, Strings};
use crate::rules::RULES;

/// One snapshot in brief.
pub struct Summary {
    pub head: Head,
    pub strings: Strings,
    pub rows: Vec<Row>,
}

/// What a snapshot is as a whole.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Head {
    pub name: String,
    pub as_of: Instant,
    /// By name.
    pub sources: Vec<SourceHead>,
    /// One for each KPI of the catalogue, in its order.
    pub numbers: Vec<Number>,
    /// The criteria of "governed" in force.
    pub in_force: Vec<String>,
    /// Whether the numbers are those of a part of the estate; its rows are those of all of it.
    pub is_of_part: bool,
    /// The codes of rules that nothing in the snapshot let be evaluated.
    pub unevaluated: Vec<String>,
    /// Who says something of what others list.
    pub witnesses: Witnesses,
}

/// How far a source could be seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SourceHead {
    pub name: String,
    /// Why it is partial; empty when nothing is known to be missing.
    pub gaps: Vec<String>,
    /// The connectors that read its exports, by id.
    pub connectors: Vec<String>,
}

impl Head {
    /// The number of a KPI of the catalogue.
    pub fn number(&self, id: &str) -> Option<&Number> {
        let at = KPIS.iter().position(|kpi| kpi.id == id)?;
        self.numbers.get(at)
    }

    fn number_mut(&mut self, id: &str) -> Option<&mut Number> {
        let at = KPIS.iter().position(|kpi| kpi.id == id)?;
        self.numbers.get_mut(at)
    }
}

impl Summary {
    /// `values` are the KPIs of the same analysis.
    pub fn new(name: &str, analysis: &Analysis, values: &[KpiValue]) -> Summary {
        let snapshot = &analysis.snapshot;
        let sources = snapshot.sources.iter().map(|source| {
            let files = &snapshot.files[source.files.clone()];
            let mut connectors: Vec<String> = files
                .iter()
                .filter_map(|file| file.connector.map(str::to_owned))
                .collect();
            connectors.sort_unstable();
            connectors.dedup();
            SourceHead {
                name: source.name.clone(),
                gaps: source.gaps.clone(),
                connectors,
            }
        });
        let in_force = CRITERIA.iter().zip(analysis.in_force);
        let head = Head {
            name: name.to_owned(),
            as_of: snapshot.as_of,
            sources: sources.collect(),
            numbers: numbers::numbers(analysis, values),
            in_force: in_force
                .filter(|(_, force)| *force == Force::InForce)
                .map(|(id, _)| (*id).to_owned())
                .collect(),
            is_of_part: analysis.within.is_part(),
            unevaluated: RULES
                .iter()
                .zip(&analysis.findings.tallies)
                .filter(|(_, tally)| tally.unmeasured.is_some())
                .map(|(rule, _)| rule.code.to_owned())
                .collect(),
            witnesses: witness::witnesses(analysis),
        };
        let mut rows = Rows::new(snapshot, &analysis.access);
        let mut collected = rows.collect();
        rows.judge(&analysis.findings, &mut collected);
        Summary {
            head,
            strings: rows.strings,
            rows: collected,
        }
    }
}

/// All snapshots that could be read, oldest first.
#[derive(Default)]
pub struct History {
    pub strings: Strings,
    /// Every distinct row once.
    rows: Vec<Row>,
    /// Those of `rows` that are entered: all of them, as soon as a snapshot is added.
    by_row: HashTable<u32>,
    hasher: DefaultHashBuilder,
    pub snapshots: Vec<Past>,
    /// Snapshots that could not be read, with the problem.
    pub unread: Vec<TrendSnapshot>,
}

/// One snapshot of a [`History`].
pub struct Past {
    pub head: Head,
    /// Indices into the history's rows, in ascending order; a row that stands in the snapshot twice is here twice.
    rows: Vec<u32>,
}

impl Past {
    /// `rows` are indices into the history's, in ascending order.
    pub(crate) fn new(head: Head, rows: Vec<u32>) -> Past {
        Past { head, rows }
    }

    pub(crate) fn rows(&self) -> &[u32] {
        &self.rows
    }
}

impl History {
    /// A history as it was taken apart; `None` when a snapshot has a row that there is not.
    pub(crate) fn of_parts(strings: Strings, rows: Vec<Row>, snapshots: Vec<Past>) -> Option<History> {
        let is_row = |past: &Past| past.rows.last().is_none_or(|last| (*last as usize) < rows.len());
        snapshots.iter().all(is_row).then(|| History {
            strings,
            rows,
            snapshots,
            ..History::default()
        })
    }

    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Notes, after those before it, a snapshot that cannot be read.
    pub fn miss(&mut self, snapshot: &SnapshotName, problem: String) {
        self.unread.push(TrendSnapshot {
            name: snapshot.name.clone(),
            as_of: snapshot.as_of,
            problem: Some(problem),
        });
    }

    /// Adds a snapshot after those before it.
    pub fn add(&mut self, summary: Summary) {
        self.enter_rows();
        let names = match self.strings.n_strings() {
            0 => {
                self.strings = summary.strings;
                Adopted::Unchanged
            }
            _ => self.strings.adopt(&summary.strings),
        };
        let mut rows: Vec<u32> = summary
            .rows
            .into_iter()
            .map(|row| self.intern(row.renamed(&names)))
            .collect();
        rows.sort_unstable();
        self.snapshots.push(Past {
            head: summary.head,
            rows,
        });
        let n_snapshots = self.snapshots.len();
        let durations = [
            ("time_to_rotate", self.time_to_rotate(n_snapshots)),
            ("time_to_revoke", self.time_to_revoke(n_snapshots)),
        ];
        if let Some(past) = self.snapshots.last_mut()
            && !past.head.is_of_part
        {
            for (id, duration) in durations {
                if let Some(number) = past.head.number_mut(id) {
                    number.value = duration.days.map(f64::from);
                    number.note = Some(duration.note);
                }
            }
        }
    }

    /// The snapshot of this name.
    pub fn find(&self, name: &str) -> Option<&Past> {
        self.snapshots.iter().find(|past| past.head.name == name)
    }

    pub fn row(&self, index: u32) -> &Row {
        &self.rows[index as usize]
    }

    /// How many distinct rows all snapshots together have.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// A history from the cache has no table of its rows yet.
    fn enter_rows(&mut self) {
        let (rows, hasher) = (&self.rows, &self.hasher);
        let hash = |index: &u32| hasher.hash_one(rows[*index as usize]);
        self.by_row.reserve(rows.len() - self.by_row.len(), hash);
        for index in self.by_row.len() as u32..rows.len() as u32 {
            self.by_row.insert_unique(hash(&index), index, hash);
        }
    }

    fn intern(&mut self, row: Row) -> u32 {
        let Self {
            rows, by_row, hasher, ..
        } = self;
        let entry = by_row.entry(
            hasher.hash_one(row),
            |index| rows[*index as usize] == row,
            |index| hasher.hash_one(rows[*index as usize]),
        );
        let entry = entry.or_insert_with(|| {
            rows.push(row);
            rows.len() as u32 - 1
        });
        *entry.get()
    }
}
