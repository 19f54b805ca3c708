//! Credentials followed through the snapshots: which took the place of which, and when.
//!
//! A credential that is made anew under its old key (an AWS access key, a Kubernetes secret) is replaced by the next one
//! of that key. Others are replaced by another credential of the same kind and holder that was made later, each by the
//! earliest that has not taken another's place, once they are not active any more. One that goes without a successor was
//! removed, not replaced: what is known of it is that it was not replaced until then.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::row::{IS_OURS, Row};
use super::survival::Life;
use super::{History, Past};
use crate::api::history::Subject;
use crate::kpi::formulas::max_age;
use crate::model::credential::CredentialKind;
use crate::model::instant::{Instant, SECONDS_PER_DAY};
use crate::model::strings::Sym;

/// How long the credentials that have a maximum age were in place.
pub struct Slots {
    pub lives: Vec<(CredentialKind, Life)>,
    /// Credentials of the last snapshot of which no export says when they were made.
    pub n_without_age: usize,
}

/// One credential between two rotations.
struct Generation {
    kind: CredentialKind,
    key: Sym,
    /// The holder, or the key itself where no export names one.
    slot: Sym,
    created_at: Instant,
    /// Indices of the first and the last snapshot in which it was active.
    first: usize,
    last: usize,
    /// Who listed it in the last one.
    sources: Sym,
    /// When it was known not to be active any more; `None` while it is, or while nobody looked.
    ended_by: Option<Instant>,
    /// The first look by which its successor was in place.
    replaced_by: Option<Instant>,
}

/// What a credential's row says, as far as it matters here.
#[derive(Clone, Copy)]
struct Said {
    generation: u32,
    is_switched_on: bool,
    ends_at: Option<Instant>,
}

impl History {
    /// What the first `n_snapshots` snapshots show.
    pub fn slots(&self, n_snapshots: usize) -> Slots {
        let snapshots = &self.snapshots[..n_snapshots];
        let mut generations = self.sightings(snapshots);
        self.find_ends(snapshots, &mut generations);
        find_successors(snapshots, &mut generations);
        let lives = generations.iter().map(|generation| {
            let age = |at: Instant| at.0.saturating_sub(generation.created_at.0).max(0);
            let days = |seconds: i64| u32::try_from(seconds / SECONDS_PER_DAY).unwrap_or(u32::MAX - 1);
            let seen = |at: usize| days(age(snapshots[at].head.as_of));
            let replaced = |at: Instant| days(age(at).saturating_add(SECONDS_PER_DAY - 1));
            let life = Life {
                seen_from: seen(generation.first),
                seen_until: seen(generation.last),
                // An export that cuts instants to days can put the successor before the last look.
                ended_by: (generation.replaced_by).map(|at| replaced(at).max(seen(generation.last) + 1)),
            };
            (generation.kind, life)
        });
        let has_no_age = |row: &Row| rotates(self, row).is_some() && row.field("created_at").is_none();
        let last = snapshots.last().map_or(&[][..], |past| &past.rows);
        Slots {
            lives: lives.collect(),
            n_without_age: last.iter().filter(|row| has_no_age(self.row(**row))).count(),
        }
    }

    /// Every generation that was active in some snapshot.
    fn sightings(&self, snapshots: &[Past]) -> Vec<Generation> {
        let mut generations: Vec<Generation> = Vec::new();
        let mut known: HashMap<(Sym, Sym), u32> = HashMap::new();
        let mut said = |row: &Row| {
            let kind = rotates(self, row)?;
            let (key, created) = (row.key[0]?, row.field("created_at")?);
            let created_at = Instant::from_text(self.strings.get(created))?;
            let generation = *known.entry((key, created)).or_insert_with(|| {
                generations.push(Generation {
                    kind,
                    key,
                    slot: row.identity.unwrap_or(key),
                    created_at,
                    first: usize::MAX,
                    last: 0,
                    sources: row.sources,
                    ended_by: None,
                    replaced_by: None,
                });
                generations.len() as u32 - 1
            });
            let word = |field| row.field(field).map(|sym| self.strings.get(sym));
            Some(Said {
                generation,
                is_switched_on: !matches!(word("status"), Some("inactive" | "revoked")),
                ends_at: word("expires_at").and_then(Instant::from_text),
            })
        };
        let said: Vec<Option<Said>> = self.rows.iter().map(&mut said).collect();
        for (at, past) in snapshots.iter().enumerate() {
            for &row in &past.rows {
                let Some(said) = said[row as usize] else { continue };
                let generation = &mut generations[said.generation as usize];
                if said.is_switched_on && said.ends_at.is_none_or(|end| end > past.head.as_of) {
                    generation.first = generation.first.min(at);
                    generation.last = at;
                    generation.sources = self.row(row).sources;
                    generation.ended_by = None;
                } else if generation.first < at {
                    generation.ended_by = generation.ended_by.or(Some(past.head.as_of));
                }
            }
        }
        generations.retain(|generation| generation.first < snapshots.len());
        generations
    }

    /// What is not there any more has ended by the first snapshot that would have shown it.
    fn find_ends(&self, snapshots: &[Past], generations: &mut [Generation]) {
        let mut would_show: HashMap<(Sym, usize, usize), bool> = HashMap::new();
        for generation in generations
            .iter_mut()
            .filter(|generation| generation.ended_by.is_none())
        {
            let (sources, last) = (generation.sources, generation.last);
            let later = (last + 1..snapshots.len()).find(|&at| {
                let looks = || {
                    self.unseen_sources(sources, &snapshots[at], &snapshots[last])
                        .is_empty()
                };
                *would_show.entry((sources, last, at)).or_insert_with(looks)
            });
            generation.ended_by = later.map(|at| snapshots[at].head.as_of);
        }
    }
}

/// The kind of a credential that has a maximum age; `None` for every other row.
fn rotates(history: &History, row: &Row) -> Option<CredentialKind> {
    if row.of != Subject::Credential {
        return None;
    }
    row.fields[IS_OURS]?;
    let kind = CredentialKind::from_id(history.strings.get(row.field("kind")?))?;
    max_age(kind).map(|_| kind)
}

fn find_successors(snapshots: &[Past], generations: &mut [Generation]) {
    generations
        .sort_unstable_by_key(|generation| (generation.kind, generation.slot, generation.created_at, generation.key));
    // Those that have not taken another's place, in the order in which they were made.
    let mut free: BTreeSet<(CredentialKind, Sym, Instant, usize)> = BTreeSet::new();
    let mut next_of_key: HashMap<(Sym, Sym), usize> = HashMap::new();
    for at in (0..generations.len()).rev() {
        let generation = &generations[at];
        let next_at = next_of_key.insert((generation.slot, generation.key), at);
        let (kind, slot) = (generation.kind, generation.slot);
        free.insert((kind, slot, generation.created_at, at));
        if let Some(next_at) = next_at {
            // Not when the next was made: an end that is always put at the end of what it may lie in is no longer one that
            // chance put there, and the estimate comes out too short.
            let next = &generations[next_at];
            free.remove(&(kind, slot, next.created_at, next_at));
            generations[at].replaced_by = Some(snapshots[next.first].head.as_of);
        }
    }
    for generation in generations
        .iter_mut()
        .filter(|generation| generation.replaced_by.is_none())
    {
        let Some(ended_by) = generation.ended_by else { continue };
        let (kind, slot) = (generation.kind, generation.slot);
        let later = Instant(generation.created_at.0.saturating_add(1));
        let fitting = (kind, slot, later, 0)..=(kind, slot, ended_by, usize::MAX);
        let successor = free.range(fitting).next().copied();
        if let Some(successor) = successor {
            free.remove(&successor);
            generation.replaced_by = Some(ended_by);
        }
    }
}
