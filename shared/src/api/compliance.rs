//! `GET /api/v1/compliance`: which controls of which standards are measured, and what the rules found for them. It
//! never says "compliant": that is for people to say.

use serde::{Deserialize, Serialize};

use crate::model::instant::Instant;

/// All standards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compliance {
    pub as_of: Instant,
    pub frameworks: Vec<FrameworkView>,
}

/// One standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameworkView {
    /// As in [`super::findings::ControlView`].
    pub id: String,
    /// The standard with its edition.
    pub title: String,
    pub controls: Vec<ControlState>,
}

/// How one control stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlState {
    pub id: String,
    pub title: String,
    pub state: Measured,
    /// What is not measured of it, and why.
    pub because: String,
    /// The codes of the rules that measure it.
    pub rules: Vec<String>,
    /// Open findings of those rules, without those that are waived.
    pub n_findings: u64,
    pub n_waived: u64,
    /// Subjects that those rules could not judge.
    pub n_unknown: u64,
}

/// How far a control is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measured {
    /// All that it asks for, of every subject.
    Measured,
    /// A part of it, or not every subject.
    Partly,
    /// Nothing in this snapshot tells.
    NotMeasurable,
}
