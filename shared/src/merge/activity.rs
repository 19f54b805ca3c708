//! How each listed identity acted, by all logs together.

use super::join::Joined;
use crate::model::snapshot::{Activity, Evidence, FileId, Snapshot};
use crate::model::usage::ActivityFact;

/// Gives every identity what was seen of it, each value once: from the first time in any log to the last.
pub fn resolve(facts: Vec<(FileId, ActivityFact)>, joined: &Joined, snapshot: &mut Snapshot) {
    let seen = facts.into_iter().filter_map(|(file, fact)| {
        Some(Activity {
            identity: joined.find(fact.identity)?,
            aspect: fact.aspect,
            value: fact.value,
            first_at: fact.first_at,
            last_at: fact.last_at,
            evidence: Evidence {
                file,
                place: fact.place,
            },
        })
    });
    let mut seen: Vec<Activity> = seen.collect();
    let strings = &snapshot.strings;
    seen.sort_by(|a, b| {
        let order = |of: &Activity| (of.identity, of.aspect);
        let (a_value, b_value) = (strings.get(a.value), strings.get(b.value));
        let (a_first, b_first) = ((a.first_at, a.evidence), (b.first_at, b.evidence));
        order(a)
            .cmp(&order(b))
            .then_with(|| (a_value, a_first).cmp(&(b_value, b_first)))
    });
    seen.dedup_by(|next, kept| {
        let is_same = (next.identity, next.aspect, next.value) == (kept.identity, kept.aspect, kept.value);
        if is_same {
            kept.last_at = kept.last_at.max(next.last_at);
        }
        is_same
    });
    snapshot.activities = seen;
    note_ends(snapshot);
}

/// Notes of each source how far its logs go. What they date after the snapshot tells nothing of that.
fn note_ends(snapshot: &mut Snapshot) {
    for activity in &snapshot.activities {
        let source = snapshot.files[activity.evidence.file.0 as usize].source;
        let known = &mut snapshot.sources[source.0 as usize].active_until;
        let seen = [activity.first_at, activity.last_at];
        let until = seen.into_iter().filter(|at| *at <= snapshot.as_of).max();
        *known = until.max(*known);
    }
}
