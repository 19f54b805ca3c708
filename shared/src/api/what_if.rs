//! `GET /api/v1/what-if?stale_days=30&…`: what would be, were a threshold another.

use serde::{Deserialize, Serialize};

use super::history::TrendSnapshot;
use crate::model::instant::Instant;

/// The answer for one snapshot. Nothing is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    pub as_of: Instant,
    /// Every threshold, by its name in `rollcall.toml`.
    pub thresholds: Vec<ThresholdView>,
    /// The KPIs that depend on a threshold that is changed, in the order of the catalogue.
    pub kpis: Vec<KpiEffect>,
    /// By how many identities fail more, then fewer: teams, and owners where no team is recorded.
    pub owners: Vec<OwnerEffect>,
    /// Identities that fail a KPI, themselves or by a credential, that they do not fail now, or the other way round. At
    /// most [`super::query::MAX_LIMIT`], those that would fail most more first, then by id.
    pub identities: Vec<IdentityEffect>,
    pub n_identities: usize,
    /// What to put below `[thresholds]` in `rollcall.toml` to make it so, with a name and the snapshot's day to set right.
    pub config: String,
}

/// `GET /api/v1/what-if/trend?stale_days=30&…`: what would have been, in every snapshot. Nothing is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhatIfTrend {
    /// Oldest first: the points of every KPI stand in this order.
    pub snapshots: Vec<TrendSnapshot>,
    /// The snapshot that the others are held against.
    pub to: String,
    /// The KPIs that judge rows by a threshold that is changed, in the order of the catalogue.
    pub kpis: Vec<TriedTrend>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedTrend {
    pub id: String,
    pub points: Vec<TriedPoint>,
}

/// How many rows of a KPI's list fail in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriedPoint {
    /// Under the thresholds in force today; `None` when the snapshot cannot tell.
    pub in_force: Option<usize>,
    /// Under those that are tried.
    pub tried: Option<usize>,
    /// Whether it can be held against the snapshot `to`; if not, `reason` says why.
    pub comparable: bool,
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdView {
    pub name: String,
    /// What is in force.
    pub value: u32,
    /// The standard with its clause, or the user with the date.
    pub set_by: String,
    /// What is tried; `None` where nothing else is.
    pub tried: Option<u32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KpiEffect {
    pub id: String,
    pub unit: String,
    /// The value, or lower bound, now and then; a share's upper bound beside it.
    pub before: Option<f64>,
    pub before_upper: Option<f64>,
    pub after: Option<f64>,
    pub after_upper: Option<f64>,
    /// Rows of the KPI's list that fail then and not now, and now and not then.
    pub n_more: usize,
    pub n_fewer: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerEffect {
    /// The team, else the owner; `None` for those that have neither.
    pub owner: Option<String>,
    /// Identities that fail some KPI more than now, and those that only fail fewer.
    pub n_more: usize,
    pub n_fewer: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityEffect {
    pub id: String,
    pub name: String,
    pub owner: Option<String>,
    pub team: Option<String>,
    /// KPIs that it, or a credential of it, would fail and does not now.
    pub more: Vec<String>,
    /// KPIs that it fails now and would not.
    pub fewer: Vec<String>,
}
