//! `GET /api/v1/overview`: what the first page shows, in one answer.

use serde::{Deserialize, Serialize};

use super::kpis::{Bucket, KpiValue};
use crate::model::instant::Instant;
use crate::model::ratio::Ratio;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub as_of: Instant,
    pub estate: String,
    /// The governed share with its target and the teams that most fail it, and every criterion in force or not measured.
    pub governed: KpiValue,
    pub criteria: Vec<KpiValue>,
    /// Further numbers for tiles: totals, ratio, rotation, unused, orphaned, admin, external, agents.
    pub tiles: Vec<KpiValue>,
    /// Governed share for each environment (rows) and source (columns); cells without identities are absent.
    pub heat: Heat,
    /// What ends when: credentials and certificates together, in the buckets of the expiry facet.
    pub expiring: Vec<ExpiringBucket>,
    /// Active credentials by age, for each kind.
    pub ages: Vec<AgeRow>,
    /// Certificate renewals due in the next 26 weeks, by calendar week: 27 of them, the first and last in part.
    pub renewals: Vec<RenewalWeek>,
    /// What would raise the governed share most: each entry is one criterion of one owner.
    pub changes: Vec<Change>,
    /// Sources that are partial, stale or missing, with the reason in words.
    pub doubts: Vec<Doubt>,
    /// How many identities have no owner, no environment, unknown class: what is not known.
    pub unclassified: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heat {
    /// `""` stands for none recorded.
    pub environments: Vec<String>,
    pub sources: Vec<String>,
    pub cells: Vec<HeatCell>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatCell {
    /// Indices into `environments` and `sources`.
    pub environment: usize,
    pub source: usize,
    pub governed: Ratio,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiringBucket {
    /// A value of the expiry facet: `expired`, `7d`, …
    pub value: String,
    pub label: String,
    pub n_certificates: u64,
    pub n_other_credentials: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeRow {
    /// A credential kind.
    pub kind: String,
    pub buckets: Vec<Bucket>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalWeek {
    /// Monday of the week.
    pub starts_at: Instant,
    pub n_certificates: u64,
}

/// One criterion of one owner: mending it would make this many more identities governed, as nothing else fails there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The KPI id of the criterion.
    pub criterion: String,
    pub team: Option<String>,
    /// Whose they are where no team is recorded; both are `None` for identities that nobody owns.
    pub owner: Option<String>,
    pub n_identities: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    pub source: String,
    pub reason: String,
}
