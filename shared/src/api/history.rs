//! `GET /api/v1/history`: what differs between two snapshots. `GET /api/v1/trends`: every KPI over all of them.

use bitcode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::SnapshotName;
use super::query::{BadQuery, DEFAULT_LIMIT, MAX_LIMIT, pairs, query_string};
use crate::model::instant::Instant;
use crate::model::ratio::Verdict;

/// What differs between two snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct History {
    pub from: SnapshotName,
    pub to: SnapshotName,
    /// Every source of either snapshot, and whether what it says in one can be held against what it says in the other.
    pub sources: Vec<SourceComparison>,
    /// How many changes there are, for each subject and kind of change that has any. Without the filters on those two.
    pub counts: Vec<ChangeCount>,
    /// Changes that match all filters.
    pub n_matching: usize,
    pub offset: usize,
    /// By subject, kind of change and id.
    pub changes: Vec<Change>,
}

/// Whether a source can be compared across the two snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceComparison {
    pub source: String,
    /// Why it cannot be, in words: it is missing, partial, or lacks an export. Empty when it can.
    pub reasons: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeCount {
    pub of: Subject,
    pub kind: ChangeKind,
    pub n: usize,
}

/// One thing that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub of: Subject,
    pub kind: ChangeKind,
    /// The public id of an identity, the key of a credential or finding; what is granted or trusted in words otherwise.
    pub id: String,
    pub name: String,
    /// The identity that it is about, when an export of either snapshot lists it: the identity itself, the holder, the
    /// subject of a grant, the target of a trust.
    pub identity: Option<String>,
    /// The sources that list it.
    pub sources: Vec<String>,
    /// What changed; empty unless `kind` is `changed`.
    pub fields: Vec<FieldChange>,
    /// Why it was not observed.
    pub reason: Option<String>,
}

/// One field of a thing that is in both snapshots. `None` stands for "no export says".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    Identity,
    Credential,
    Grant,
    Trust,
    Finding,
}

impl Subject {
    pub const ALL: [Subject; 5] = [
        Subject::Identity,
        Subject::Credential,
        Subject::Grant,
        Subject::Trust,
        Subject::Finding,
    ];

    /// The stable word in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            Subject::Identity => "identity",
            Subject::Credential => "credential",
            Subject::Grant => "grant",
            Subject::Trust => "trust",
            Subject::Finding => "finding",
        }
    }
}

/// How two snapshots differ on one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only the later one has it, and the earlier one would have had it.
    New,
    /// Both have it, and say different things of it.
    Changed,
    /// Only the earlier one has it, and the later one would have had it.
    Gone,
    /// Only the earlier one has it, and a source of it is missing or partial in the later one: it may still be there.
    NotObserved,
    /// Only the later one has it, and a source of it is missing or partial in the earlier one: it may be old.
    NotObservedBefore,
}

impl ChangeKind {
    pub const ALL: [ChangeKind; 5] = [
        ChangeKind::New,
        ChangeKind::Changed,
        ChangeKind::Gone,
        ChangeKind::NotObserved,
        ChangeKind::NotObservedBefore,
    ];

    /// The stable word in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            ChangeKind::New => "new",
            ChangeKind::Changed => "changed",
            ChangeKind::Gone => "gone",
            ChangeKind::NotObserved => "not_observed",
            ChangeKind::NotObservedBefore => "not_observed_before",
        }
    }
}

/// What happened between two snapshots, in a few sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    pub from: SnapshotName,
    pub to: SnapshotName,
    /// The most important first; empty when both are one snapshot.
    pub lines: Vec<StoryLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryLine {
    /// A sentence without its full stop.
    pub text: String,
    /// `better`, `worse`, `same`, or `moved` where neither is meant; `open` of what cannot be compared.
    pub direction: String,
    pub rows: StoryRows,
}

/// Where in the later snapshot the rows are that a sentence speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryRows {
    pub of: StoryTable,
    /// Of a KPI: its id, and which verdict the rows have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// Of findings: how severe they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryTable {
    Kpi,
    Findings,
    Sources,
}

impl StoryRows {
    /// The rows of a KPI with this verdict.
    pub fn of_kpi(id: &str, verdict: Verdict) -> Self {
        StoryRows {
            id: Some(id.to_owned()),
            verdict: Some(verdict),
            ..StoryRows::of(StoryTable::Kpi)
        }
    }

    /// The findings of this severity.
    pub fn of_findings(severity: &str) -> Self {
        StoryRows {
            severity: Some(severity.to_owned()),
            ..StoryRows::of(StoryTable::Findings)
        }
    }

    /// All sources.
    pub fn of_sources() -> Self {
        StoryRows::of(StoryTable::Sources)
    }

    fn of(of: StoryTable) -> Self {
        StoryRows {
            of,
            id: None,
            verdict: None,
            severity: None,
        }
    }
}

/// Every KPI over the snapshots of an estate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trends {
    /// All snapshots, oldest first: the points of every trend stand in this order.
    pub snapshots: Vec<TrendSnapshot>,
    /// The snapshots between which a change is claimed; equal when there is only one.
    pub from: String,
    pub to: String,
    /// The sources that are present and complete in every snapshot that could be read: see [`Point::like`].
    pub steady_sources: Vec<String>,
    /// In the order of the catalogue.
    pub kpis: Vec<Trend>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Encode, Decode)]
pub struct TrendSnapshot {
    pub name: String,
    pub as_of: Instant,
    /// Why it could not be read; it then has no values.
    pub problem: Option<String>,
}

/// One KPI over all snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    pub id: String,
    pub unit: String,
    pub points: Vec<Point>,
    /// The change from `from` to `to`; `None` when none can be claimed.
    pub change: Option<KpiChange>,
    /// Why no change is claimed, or what it leaves out.
    pub note: Option<String>,
}

/// One KPI in one snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// A share's lower bound, a count or a median; `None` when there is none.
    pub value: Option<f64>,
    /// A share's upper bound.
    pub upper: Option<f64>,
    /// Whether this point can be compared with that of `to`: drawn solid if so, hollow if not.
    pub comparable: bool,
    /// Why not, in words.
    pub reason: Option<String>,
    /// The same number over the steady sources alone, so that these are comparable with each other whatever sources
    /// came, went or are partial. `None` for numbers that are not made up of their sources'.
    pub like: Option<f64>,
    pub like_upper: Option<f64>,
}

/// A change that may be claimed: between sources that are present and complete in both snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiChange {
    /// The numbers over those sources.
    pub from: f64,
    pub to: f64,
    /// `better`, `worse`, `same`, or `moved` where neither way is better.
    pub direction: String,
    /// Sources that lie under the number in either snapshot and cannot be compared; the KPI's `note` says why.
    pub left_out: Vec<String>,
}

/// `GET /api/v1/durations`: how long credentials are in place, and how long what is retired goes on, as all snapshots
/// until `to` show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    pub to: SnapshotName,
    pub n_snapshots: usize,
    /// Of all credentials that have a maximum age (`kind` is `""`), then of each kind, the most frequent first.
    pub rotation: Vec<Survival>,
    /// Credentials of `to` of which no export says when they were made: they are in no curve.
    pub n_without_age: usize,
    /// Of everything in `retirements`.
    pub revocation: Survival,
    /// Those that are still active first, then the longest first; at most [`MAX_LIMIT`].
    pub retirements: Vec<Retirement>,
    pub n_retirements: usize,
}

/// How many last longer than an age: Kaplan and Meier's estimate, with ends that lie between two snapshots spread over
/// the time between by the curve itself (Turnbull).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survival {
    /// A credential kind; `""` for all together.
    pub kind: String,
    pub n: usize,
    /// Those whose end was seen.
    pub n_ended: usize,
    /// The age that half do not outlast; `None` where fewer than ten ends were seen, fewer than ten are under observation
    /// from the start, or more than half last longer.
    pub median_days: Option<u32>,
    /// The 95 % band of the median; without an upper end where the curve's band does not come down to a half.
    pub median_lower: Option<u32>,
    pub median_upper: Option<u32>,
    /// The median with its band, or why there is none, in words.
    pub note: String,
    /// By age.
    pub points: Vec<SurvivalPoint>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurvivalPoint {
    pub days: u32,
    /// The share that lasts longer, from 0 to 1, with its 95 % band.
    pub share: f64,
    pub lower: f64,
    pub upper: f64,
    pub n_at_risk: u64,
}

/// An identity or credential that should not work any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// `identity` or `credential`.
    pub of: Subject,
    pub id: String,
    pub name: String,
    /// The identity itself, or the credential's holder.
    pub identity: Option<String>,
    /// `retires`, `owner_left`, `workload_gone` or `leaked`.
    pub cause: String,
    /// Since when, at the latest.
    pub since: Instant,
    /// For how many whole days it was still active then: at least, and at most where that is over.
    pub at_least_days: u32,
    pub at_most_days: Option<u32>,
}

/// The query of `/api/v1/history`, and of the page's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The earlier snapshot; the one before `to` when `None`.
    pub from: Option<String>,
    /// The later snapshot; the newest when `None`.
    pub to: Option<String>,
    pub of: Option<Subject>,
    pub kind: Option<ChangeKind>,
    pub source: Option<String>,
    /// Changes about this identity, by its id: its own and those of its credentials, grants and trusts.
    pub identity: Option<String>,
    /// Words that must all occur in the change's id or name.
    pub text: String,
    pub offset: usize,
    /// At most [`MAX_LIMIT`]; [`DEFAULT_LIMIT`] when `None`.
    pub limit: Option<usize>,
}

const KEYS: &str = "from, to, of, kind, source, identity, q, offset, limit";

impl HistoryQuery {
    /// Reads a query string (without `?`).
    ///
    /// # Errors
    /// A [`BadQuery`] for the first key or value that is not known.
    pub fn parse(query: &str) -> Result<HistoryQuery, BadQuery> {
        let bad = |what, found: &str, known: String| BadQuery {
            what,
            found: found.to_owned(),
            known,
        };
        let number = |value: &str| {
            let known = || "whole numbers".to_owned();
            value.parse().map_err(|_| bad("number", value, known()))
        };
        let mut parsed = HistoryQuery::default();
        for (key, value) in pairs(query) {
            match key.as_str() {
                "from" => parsed.from = Some(value),
                "to" => parsed.to = Some(value),
                "of" => {
                    let of = Subject::ALL.into_iter().find(|of| of.id() == value);
                    let known = || Subject::ALL.map(Subject::id).join(", ");
                    parsed.of = Some(of.ok_or_else(|| bad("subject", &value, known()))?);
                }
                "kind" => {
                    let kind = ChangeKind::ALL.into_iter().find(|kind| kind.id() == value);
                    let known = || ChangeKind::ALL.map(ChangeKind::id).join(", ");
                    parsed.kind = Some(kind.ok_or_else(|| bad("kind of change", &value, known()))?);
                }
                "source" => parsed.source = Some(value),
                "identity" => parsed.identity = Some(value),
                "q" => parsed.text = value,
                "offset" => parsed.offset = number(&value)?,
                "limit" => parsed.limit = Some(number(&value)?),
                _ => return Err(bad("parameter of this route", &key, KEYS.to_owned())),
            }
        }
        Ok(parsed)
    }

    /// Writes the query string (without `?`); the inverse of [`HistoryQuery::parse`].
    pub fn to_query_string(&self) -> String {
        let text = |value: &Option<String>| value.clone();
        let pairs = [
            ("from", text(&self.from)),
            ("to", text(&self.to)),
            ("of", self.of.map(|of| of.id().to_owned())),
            ("kind", self.kind.map(|kind| kind.id().to_owned())),
            ("source", text(&self.source)),
            ("identity", text(&self.identity)),
            ("q", Some(self.text.clone()).filter(|text| !text.is_empty())),
            ("offset", (self.offset > 0).then(|| self.offset.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
        query_string(&pairs.collect::<Vec<_>>())
    }

    /// How many changes the answer may hold.
    pub fn window(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mistyped_filter_is_an_error() {
        assert_eq!(HistoryQuery::parse("frm=x").unwrap_err().found, "frm");
        assert_eq!(HistoryQuery::parse("of=role").unwrap_err().what, "subject");
        assert_eq!(HistoryQuery::parse("kind=lost").unwrap_err().what, "kind of change");
        assert_eq!(HistoryQuery::parse("limit=few").unwrap_err().what, "number");
    }

    proptest! {
        #[test]
        fn a_query_survives_its_url(text in "\\PC{0,20}", source in "\\PC{0,20}", offset in 0usize..9999) {
            let query = HistoryQuery {
                from: Some("2026-09-30".into()),
                to: None,
                of: Some(Subject::Grant),
                kind: Some(ChangeKind::NotObservedBefore),
                source: Some(source),
                identity: Some("arn:aws:iam::1:user/a b".into()),
                text,
                offset,
                limit: Some(50),
            };
            prop_assert_eq!(HistoryQuery::parse(&query.to_query_string()).unwrap(), query);
        }
    }
}
