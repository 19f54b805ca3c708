//! The most that an identity's grants can come to: permissions boundaries.

use super::Defined;
use super::join::Joined;
use crate::model::access_policy::{Ceiling, Conditional, Privilege};
use crate::model::grant::BoundaryFact;
use crate::model::snapshot::Snapshot;

/// Finds what each boundary leaves of the grants of its identity. Exports that state different boundaries leave it
/// unknown.
pub(super) fn resolve(boundaries: &[BoundaryFact], joined: &Joined, defined: &mut Defined, snapshot: &mut Snapshot) {
    let mut stated = Vec::with_capacity(boundaries.len());
    for boundary in boundaries {
        if let Some(identity) = joined.find(boundary.subject) {
            let ceiling = match defined.strength(boundary.policy, snapshot) {
                Some((Privilege::Administrator, Conditional::Always)) => Ceiling::Everything,
                Some((Privilege::Limited, _)) => Ceiling::Limited,
                Some((Privilege::Administrator, Conditional::OnCondition)) | None => Ceiling::Unknown,
            };
            stated.push((identity, ceiling));
        }
    }
    stated.sort_unstable();
    for said in stated.chunk_by(|a, b| a.0 == b.0) {
        let (identity, first) = said[0];
        let agree = said.iter().all(|(_, ceiling)| *ceiling == first);
        snapshot.identities[identity.0 as usize].ceiling = if agree { first } else { Ceiling::Unknown };
    }
}
