//! `rollcall check --format json`: which gates hold.

use serde::{Deserialize, Serialize};

use super::findings::{FindingRow, WaiverView};
use crate::model::instant::Instant;

/// What a check came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub as_of: Instant,
    /// The snapshot that new findings are told from; `None` when there is none.
    pub base_as_of: Option<Instant>,
    /// Whether every gate holds and no waiver has expired.
    pub has_passed: bool,
    pub gates: Vec<GateView>,
    /// Waivers that no longer hold: each fails the check until somebody renews or removes it.
    pub expired_waivers: Vec<WaiverView>,
    /// The findings that made a gate fail, the worst first; at most [`MAX_FAILING`].
    pub findings: Vec<FindingRow>,
    /// How many there are.
    pub n_findings: usize,
}

/// The most findings in the answer: more than anybody mends before the next check.
pub const MAX_FAILING: usize = 1_000;

/// One gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateView {
    pub name: String,
    /// As `rollcall.toml` writes it.
    pub require: String,
    pub outcome: Outcome,
    /// The value that was held against the limit, or why there is none.
    pub observed: String,
}

/// What one gate came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Pass,
    Fail,
    /// There is no number to hold against the limit. That is no pass.
    NotMeasured,
}
