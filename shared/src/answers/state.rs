//! What is served, in brief.

use super::tables::partial_sources;
use crate::analysis::Analysis;
use crate::api::{SnapshotName, State};

/// `GET /api/v1/state` of an estate of which the newest snapshot is read. `version` stands for all of it.
pub fn state(version: String, snapshots: Vec<SnapshotName>, newest: &Analysis) -> State {
    State {
        version,
        estate: newest.config.estate_name.clone().unwrap_or_else(|| "Estate".to_owned()),
        snapshots,
        loading: None,
        problem: None,
        partial_sources: partial_sources(&newest.snapshot),
    }
}
