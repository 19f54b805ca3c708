//! Which services each listed identity may use and did use.

use super::join::Joined;
use crate::model::snapshot::{Evidence, FileId, IdentityId, ServiceUse, Snapshot};
use crate::model::usage::ServiceUseFact;

/// Gives every identity its services, each once: the later word on its use counts, and its place with it.
pub fn resolve(facts: Vec<(FileId, ServiceUseFact)>, joined: &Joined, snapshot: &mut Snapshot) {
    let strings = &snapshot.strings;
    let found = facts.into_iter().filter_map(|(file, fact)| {
        let evidence = Evidence {
            file,
            place: fact.place,
        };
        let used = ServiceUse {
            service: fact.service,
            last_used: fact.last_used,
            granted: fact.granted,
            evidence,
        };
        Some((joined.find(fact.identity)?, used))
    });
    let mut found: Vec<(IdentityId, ServiceUse)> = found.collect();
    found.sort_by(|(a_id, a), (b_id, b)| {
        let (a_service, b_service) = (strings.get(a.service), strings.get(b.service));
        (a_id, a_service, a.evidence).cmp(&(b_id, b_service, b.evidence))
    });
    found.dedup_by(|(next_id, next), (id, kept)| {
        let is_same = next_id == id && next.service == kept.service;
        if is_same {
            let later = super::later_use(kept.last_used, next.last_used);
            if later != kept.last_used {
                kept.evidence = next.evidence;
            }
            kept.last_used = later;
            kept.granted = kept.granted.min(next.granted);
        }
        is_same
    });
    let mut at = 0;
    for (index, identity) in snapshot.identities.iter_mut().enumerate() {
        let start = at;
        while found.get(at).is_some_and(|(id, _)| id.0 as usize == index) {
            at += 1;
        }
        identity.services = start as u32..at as u32;
    }
    snapshot.service_uses = found.into_iter().map(|(_, used)| used).collect();
}
