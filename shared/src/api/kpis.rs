//! `GET /api/v1/kpis` and `rollcall kpis --format json`.

use serde::{Deserialize, Serialize};

use crate::kpi::catalog::KpiKind;
use crate::model::instant::Instant;
use crate::model::ratio::Ratio;

/// All KPIs of one snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kpis {
    pub as_of: Instant,
    /// Every snapshot of the estate, oldest first.
    pub snapshots: Vec<String>,
    pub kpis: Vec<KpiValue>,
}

/// One KPI. Fields that do not apply are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiValue {
    /// An id of [`crate::kpi::catalog`]: never reused, never renamed.
    pub id: String,
    pub kind: KpiKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<u64>,
    /// A share's lower bound (0 to 1), a count, or a distribution's median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// A share's upper bound (0 to 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
    /// `share`, `identities`, `people`, `credentials`, `certificates`, `days`, `grants`, `per_human`, `per_week`.
    pub unit: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// The standard with its clause, or the user with the date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold_set_by: Option<String>,
    /// Whether the sources it leans on are present and complete, so that points in time may be compared.
    pub comparable: bool,
    /// Why there is no number, when there is none; what is left out of it, when something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// A distribution's buckets, in order. `certificate.expiry` has two distributions: by days, and authorities by
    /// months.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buckets: Vec<Bucket>,
    /// A share by environment, source, kind and team; renewals by owner and team.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<Breakdown>,
}

/// A bar of a distribution. `value` of the facet `by` lists its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    pub by: super::query::Facet,
    pub label: String,
    pub value: String,
    pub n: u64,
}

/// A share for each value of one dimension, largest population first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakdown {
    /// `environment`, `source`, `kind` or `team`: the facet that lists the rows.
    pub by: super::query::Facet,
    pub parts: Vec<Part>,
}

/// One value of a dimension; `""` stands for none recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub value: String,
    pub ratio: Ratio,
}
