//! The most that an identity's grants can come to: permissions boundaries.

use super::Defined;
use super::join::Joined;
use crate::model::access_policy::{Ceiling, Conditional, Privilege};
use crate::model::grant::BoundaryFact;
use crate::model::snapshot::{Boundary, Evidence, FileId, Snapshot};

/// Finds what each boundary leaves of the grants of its identity. Exports that state different boundaries leave it
/// unknown.
pub(super) fn resolve(
    boundaries: &[(FileId, BoundaryFact)],
    joined: &Joined,
    defined: &mut Defined,
    snapshot: &mut Snapshot,
) {
    let mut stated = Vec::with_capacity(boundaries.len());
    for (file, boundary) in boundaries {
        if let Some(identity) = joined.find(boundary.subject) {
            let ceiling = match defined.strength(boundary.policy, snapshot) {
                Some((Privilege::Administrator, Conditional::Always)) => Ceiling::Everything,
                Some((Privilege::Limited, _)) => Ceiling::Limited,
                Some((Privilege::Administrator, Conditional::OnCondition)) | None => Ceiling::Unknown,
            };
            stated.push((identity, ceiling));
            snapshot.boundaries.push(Boundary {
                identity,
                policy: boundary.policy,
                evidence: Evidence {
                    file: *file,
                    place: boundary.place,
                },
            });
        }
    }
    stated.sort_unstable();
    // Another file's word on the same boundary is no second one.
    snapshot.boundaries.sort_unstable();
    snapshot
        .boundaries
        .dedup_by_key(|boundary| (boundary.identity, boundary.policy));
    for said in stated.chunk_by(|a, b| a.0 == b.0) {
        let (identity, first) = said[0];
        let agree = said.iter().all(|(_, ceiling)| *ceiling == first);
        snapshot.identities[identity.0 as usize].ceiling = if agree { first } else { Ceiling::Unknown };
    }
}
