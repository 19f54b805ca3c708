//! `rollcall report` and `GET /api/v1/report`: what a report says, before it is a file. With `format=json` it is this.

use bitcode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::SnapshotName;
use super::findings::FindingRow;
use super::history::{Change, ChangeCount, KpiChange, SourceComparison, Survival, Trends};
use super::kpis::KpiValue;
use super::overview::Overview;
use super::query::{BadQuery, Facet, bad, pairs, query_string};
use super::sources::{Completeness, ExpectedView};
use crate::model::instant::Instant;

/// A report on one snapshot, or on a part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub estate: String,
    pub snapshot: SnapshotName,
    /// What changes are told from; `None` when the estate has no other snapshot.
    pub compared_with: Option<SnapshotName>,
    /// What the numbers are of; empty for the whole estate.
    pub scope: Vec<ScopePart>,
    /// The version of the program that wrote it.
    pub rollcall: String,
    /// Where we stand, why, and what would help most.
    pub overview: Overview,
    /// In the order of the catalogue.
    pub kpis: Vec<KpiLine>,
    /// Every KPI over the snapshots until this one; `None` when the estate has no other.
    pub trends: Option<Trends>,
    /// How long credentials stay in place, of all kinds with a maximum age and of each: [`super::history::Durations`] says
    /// how. Empty when the estate has no other snapshot.
    pub rotation: Vec<Survival>,
    /// What ends within 90 days, the soonest first: at most [`MAX_LISTED`].
    pub ending: Vec<Ending>,
    pub n_ending: usize,
    pub findings: Findings,
    /// What differs from `compared_with`.
    pub changes: Option<Changes>,
    pub coverage: Coverage,
    /// Every limit in force.
    pub thresholds: Vec<ThresholdLine>,
    /// Every file that was looked at, by source and path, with the estate's own.
    pub files: Vec<InputFile>,
}

/// The most rows of one list of a report; the rest are counted. Whole lists are exports of their own.
pub const MAX_LISTED: usize = 200;

/// One value that rows in scope have. Values of one facet widen the scope, different facets narrow it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopePart {
    /// `environment`, `owner`, `team` or `source`.
    pub by: Facet,
    /// `""` stands for none recorded.
    pub value: String,
}

/// One KPI with all that is needed to check it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiLine {
    pub title: String,
    pub question: String,
    /// Population → test, and when a subject is unknown.
    pub formula: String,
    pub formula_version: u32,
    pub standards: Vec<String>,
    pub value: KpiValue,
    /// Since the snapshot it is compared with; `None` when none can be claimed.
    pub change: Option<KpiChange>,
    /// Why no change is claimed, or what it leaves out.
    pub change_note: Option<String>,
}

/// A credential that ends soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    pub id: String,
    /// A certificate's subject, or the credential's name.
    pub name: Option<String>,
    pub kind: String,
    pub holder_name: Option<String>,
    pub source: String,
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    pub expires_at: Instant,
    /// Whole days from the snapshot.
    pub days_left: i64,
}

/// The findings of the snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Without those that are waived.
    pub n_open: u64,
    pub n_waived: u64,
    /// Who has open ones, the worst off first.
    pub owners: Vec<OwnerFindings>,
    /// In the order of the code table.
    pub rules: Vec<RuleFindings>,
    /// Open ones, the worst first: at most [`MAX_LISTED`].
    pub worst: Vec<FindingRow>,
}

/// The open findings of one owner, by severity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerFindings {
    /// `None` for what has no owner on record.
    pub owner: Option<String>,
    pub team: Option<String>,
    pub n_critical: u64,
    pub n_high: u64,
    pub n_medium: u64,
    pub n_low: u64,
}

/// What one rule came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFindings {
    pub code: String,
    pub title: String,
    /// The worst severity among its open findings.
    pub worst: Option<String>,
    pub n_open: u64,
    pub n_waived: u64,
    /// Subjects that it judged, and those it could not judge; `None` where it was not evaluated.
    pub n_judged: Option<u64>,
    pub n_unknown: Option<u64>,
    pub not_evaluated: Option<String>,
}

/// What differs between two snapshots.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    pub counts: Vec<ChangeCount>,
    /// By subject, kind of change and id: at most [`MAX_LISTED`].
    pub changes: Vec<Change>,
    pub n_changes: usize,
    /// Sources that cannot be compared, with the reasons.
    pub sources: Vec<SourceComparison>,
}

/// How sure the numbers are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub sources: Vec<SourceLine>,
    /// Sources that are expected and not there.
    pub missing: Vec<ExpectedView>,
    /// Facts of the whole estate on which exports disagree.
    pub n_conflicts: usize,
    /// KPIs without a number, with the reason.
    pub not_measured: Vec<NotMeasured>,
}

/// One source, and how far it can be relied on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLine {
    pub name: String,
    pub environment: Option<String>,
    pub completeness: Completeness,
    /// Why it is partial.
    pub reasons: Vec<String>,
    /// The newest instant that one of its exports states.
    pub stated_at: Option<Instant>,
    pub n_files: usize,
    pub n_identities: usize,
    pub n_credentials: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotMeasured {
    pub id: String,
    pub title: String,
    pub why: String,
}

/// A limit, with who set it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdLine {
    /// The key in `rollcall.toml`; its unit is the last part.
    pub name: String,
    pub value: u32,
    pub set_by: String,
}

/// A file as it lay on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct InputFile {
    /// `""` for the estate's own files.
    pub source: String,
    pub path: String,
    pub n_bytes: u64,
    /// In hex; `None` when the file could not be read.
    pub sha256: Option<String>,
}

/// The query of `/api/v1/report`, and of the links to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// The newest when `None`.
    pub snapshot: Option<String>,
    /// The one before `snapshot` when `None`.
    pub compare: Option<String>,
    /// Values of `environment`, `owner`, `team` and `source`.
    pub scope: Vec<(Facet, String)>,
    pub format: ReportFormat,
}

/// What file a report is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportFormat {
    Pdf,
    #[default]
    Html,
    Xlsx,
    Csv,
    Json,
}

impl ReportFormat {
    pub const ALL: [ReportFormat; 5] = [
        ReportFormat::Pdf,
        ReportFormat::Html,
        ReportFormat::Xlsx,
        ReportFormat::Csv,
        ReportFormat::Json,
    ];

    /// The word in URLs, which is the file's extension too.
    pub fn id(self) -> &'static str {
        match self {
            ReportFormat::Pdf => "pdf",
            ReportFormat::Html => "html",
            ReportFormat::Xlsx => "xlsx",
            ReportFormat::Csv => "csv",
            ReportFormat::Json => "json",
        }
    }
}

/// The facets that a scope may name.
pub const SCOPE: [Facet; 4] = [Facet::Environment, Facet::Owner, Facet::Team, Facet::Source];

impl ReportQuery {
    /// Reads a query string (without `?`).
    ///
    /// # Errors
    /// A [`BadQuery`] for the first key or value that is not known.
    pub fn parse(query: &str) -> Result<ReportQuery, BadQuery> {
        let mut parsed = ReportQuery::default();
        for (key, value) in pairs(query) {
            match key.as_str() {
                "snapshot" => parsed.snapshot = Some(value),
                "compare" => parsed.compare = Some(value),
                "format" => {
                    let format = ReportFormat::ALL.into_iter().find(|format| format.id() == value);
                    let known = || ReportFormat::ALL.map(ReportFormat::id).join(", ");
                    parsed.format = format.ok_or_else(|| bad("format", &value, known()))?;
                }
                _ => {
                    let facet = SCOPE.into_iter().find(|facet| facet.id() == key);
                    let known = || format!("snapshot, compare, format, {}", SCOPE.map(Facet::id).join(", "));
                    let facet = facet.ok_or_else(|| bad("parameter of this route", &key, known()))?;
                    parsed.scope.push((facet, value));
                }
            }
        }
        Ok(parsed)
    }

    /// Writes the query string (without `?`); the inverse of [`ReportQuery::parse`].
    pub fn to_query_string(&self) -> String {
        let mut pairs = vec![("format", self.format.id().to_owned())];
        pairs.extend(self.snapshot.iter().map(|name| ("snapshot", name.clone())));
        pairs.extend(self.compare.iter().map(|name| ("compare", name.clone())));
        pairs.extend(self.scope.iter().map(|(facet, value)| (facet.id(), value.clone())));
        query_string(&pairs)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mistyped_parameter_is_an_error() {
        assert_eq!(ReportQuery::parse("enviroment=prod").unwrap_err().found, "enviroment");
        assert_eq!(ReportQuery::parse("format=doc").unwrap_err().what, "format");
        assert_eq!(ReportQuery::parse("kind=role").unwrap_err().found, "kind");
    }

    proptest! {
        #[test]
        fn a_query_survives_its_url(owner in "\\PC{0,20}", source in "\\PC{0,20}", format in 0usize..5) {
            let query = ReportQuery {
                snapshot: Some("2026-10-31".into()),
                compare: Some("2026-09-30".into()),
                scope: vec![(Facet::Owner, owner), (Facet::Source, source)],
                format: ReportFormat::ALL[format],
            };
            prop_assert_eq!(ReportQuery::parse(&query.to_query_string()).unwrap(), query);
        }
    }
}
