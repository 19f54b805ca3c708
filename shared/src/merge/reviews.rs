//! Which decisions of access reviews still hold: those on the access that an identity has.

use hashbrown::{HashMap, HashSet};

use crate::access::digest::{SEPARATOR, VERSION, digests, export_name};
use crate::model::batch::DecisionRow;
use crate::model::identity::Presence;
use crate::model::snapshot::{Evidence, FileId, IdentityId, Review, Seen, Snapshot, SourceId};

/// Gives every identity the decision that counts: of those made until the snapshot's instant the newest on the access
/// that it has; else the newest of which nobody can tell; else the newest, which is void. Where all were made later, the
/// first of them.
///
/// A review that the registry dates before a void decision was of another access too, and no longer counts.
pub fn resolve(decisions: &[(FileId, DecisionRow)], snapshot: &mut Snapshot) {
    snapshot.n_decisions = decisions.len();
    let find = |row: &DecisionRow| snapshot.find(snapshot.strings.get(row.identity));
    let decided: Vec<(IdentityId, FileId, &DecisionRow)> = decisions
        .iter()
        .filter_map(|(file, row)| Some((find(row)?, *file, row)))
        .collect();
    if decided.is_empty() {
        return;
    }
    let ids: Vec<IdentityId> = decided.iter().map(|(id, ..)| *id).collect();
    let now = digests(snapshot, &ids);
    let sources = Sources::new(snapshot);
    let as_of = snapshot.as_of;
    let mut best: HashMap<IdentityId, Review> = HashMap::new();
    for ((id, file, row), now) in decided.into_iter().zip(now) {
        let then = snapshot.strings.get(row.access_digest);
        let is_held = || {
            let exports = snapshot.strings.get_or_empty(row.access_sources);
            sources.hold(exports) && sources.hold_access_of(id, snapshot)
        };
        let seen = match then == now.text {
            _ if row.decided_at > as_of => Seen::Unknown,
            true => Seen::Same,
            false if !then.starts_with(VERSION) || !is_held() => Seen::Unknown,
            false => Seen::Changed,
        };
        let review = Review {
            identity: id,
            decision: row.decision,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            seen,
            evidence: Evidence { file, place: row.place },
        };
        let rank = |review: &Review| {
            let (is_later, seconds) = match review.decided_at > as_of {
                true => (true, review.decided_at.0),
                false => (false, -review.decided_at.0),
            };
            let order = match review.seen {
                Seen::Same => 0,
                Seen::Unknown => 1,
                Seen::Changed => 2,
            };
            // Of two on one day the later row counts.
            (is_later, order, seconds, std::cmp::Reverse(review.evidence))
        };
        let known = best.entry(id).or_insert(review);
        if rank(&review) < rank(known) {
            *known = review;
        }
    }
    let mut reviews: Vec<Review> = best.into_values().collect();
    reviews.sort_unstable_by_key(|review| review.identity);
    for void in reviews.iter().filter(|review| review.seen == Seen::Changed) {
        let identity = &mut snapshot.identities[void.identity.0 as usize];
        identity.reviewed_at = identity.reviewed_at.filter(|at| *at > void.decided_at);
    }
    snapshot.reviews = reviews;
}

/// What of the access the sources of a snapshot hold.
struct Sources {
    /// By source: nothing is known to be missing, and some export tells who may do what.
    whole: Vec<bool>,
    /// The exports of sources of which nothing is known to be missing, by their names.
    exports: HashSet<String>,
}

impl Sources {
    fn new(snapshot: &Snapshot) -> Self {
        let mut whole = vec![false; snapshot.sources.len()];
        for grant in &snapshot.grants {
            let SourceId(source) = snapshot.file(grant.evidence.file).source;
            whole[source as usize] = snapshot.sources[source as usize].gaps.is_empty();
        }
        let files = (0..snapshot.files.len() as u32).map(FileId);
        let is_whole = |file: &FileId| snapshot.source(snapshot.file(*file).source).gaps.is_empty();
        let exports = files.filter(is_whole).map(|file| export_name(snapshot, file)).collect();
        Self { whole, exports }
    }

    /// Whether all exports that stated the access at its review are here again; so where the table does not name them.
    fn hold(&self, exports: &str) -> bool {
        exports.is_empty() || exports.split(SEPARATOR).all(|name| self.exports.contains(name))
    }

    /// Whether every source that lists an identity would show all of its access.
    fn hold_access_of(&self, id: IdentityId, snapshot: &Snapshot) -> bool {
        let facts = snapshot.facts_of(snapshot.identity(id)).iter();
        let mut listing = facts.filter(|fact| fact.fact.presence == Presence::Listed);
        listing.all(|fact| self.whole[snapshot.file(fact.file).source.0 as usize])
    }
}
