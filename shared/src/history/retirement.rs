//! What should not work any more, and how long it still does.

use hashbrown::HashMap;

use super::row::{IS_ACTOR_LISTED, IS_OURS, LEAKED_AT, OWNER_LEFT_AT, Row};
use super::survival::Life;
use super::{History, Past};
use crate::api::history::Subject;
use crate::model::instant::{Instant, SECONDS_PER_DAY};
use crate::model::strings::Sym;

/// Why a thing is at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The registry says that it retires.
    Retires,
    OwnerLeft,
    /// Every workload and listed identity that acted as it is gone.
    WorkloadGone,
    /// A scanner found it where others can read it.
    Leaked,
}

impl Cause {
    /// The stable word for this cause in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Cause::Retires => "retires",
            Cause::OwnerLeft => "owner_left",
            Cause::WorkloadGone => "workload_gone",
            Cause::Leaked => "leaked",
        }
    }
}

/// A thing that should have been removed or switched off, and how long that took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The row of the thing when it was last active.
    pub row: u32,
    pub cause: Cause,
    /// It came to its end after `since.0` and by `since.1`: two instants when that was seen in snapshots only.
    pub since: (Instant, Instant),
    /// When it was first, and last, seen active.
    pub first_active_at: Instant,
    pub last_active_at: Instant,
    /// When it was known not to be active any more; `None` while it is, or while nobody looked.
    pub ended_by: Option<Instant>,
}

impl Retirement {
    /// How long it was active after its end, in whole days: at least, and at most where that is over.
    pub fn days(&self) -> (u32, Option<u32>) {
        let days = |seconds: i64| u32::try_from(seconds.max(0) / SECONDS_PER_DAY).unwrap_or(u32::MAX - 1);
        let at_least = days(self.last_active_at.0.saturating_sub(self.since.1.0));
        let at_most = self
            .ended_by
            .map(|by| days(by.0.saturating_sub(self.since.0.0).saturating_add(SECONDS_PER_DAY - 1)));
        (at_least, at_most.map(|days| days.max(at_least + 1)))
    }

    /// The same as something that lasts.
    pub fn life(&self) -> Life {
        let (seen_until, ended_by) = self.days();
        let first = self.first_active_at.0.saturating_sub(self.since.1.0).max(0) / SECONDS_PER_DAY;
        Life {
            seen_from: u32::try_from(first).unwrap_or(seen_until).min(seen_until),
            seen_until,
            ended_by,
        }
    }
}

/// One thing through the snapshots.
#[derive(Clone, Copy)]
struct Track {
    row: u32,
    first: usize,
    last: usize,
    /// The first snapshot after `last` that lists it, switched off.
    off: Option<usize>,
}

impl History {
    /// What the first `n_snapshots` snapshots show, those that are not over first, the longest first.
    pub fn retirements(&self, n_snapshots: usize) -> Vec<Retirement> {
        let snapshots = &self.snapshots[..n_snapshots];
        let Some(now) = snapshots.last().map(|past| past.head.as_of) else {
            return Vec::new();
        };
        let workloads = self.workloads_gone(snapshots);
        let may_end = |row: &Row| match row.of {
            Subject::Identity => {
                row.fields[OWNER_LEFT_AT].is_some()
                    || row.field("retires_at").is_some()
                    || row.key[0].is_some_and(|id| workloads.contains_key(&id))
            }
            Subject::Credential => row.fields[LEAKED_AT].is_some() && row.fields[IS_OURS].is_some(),
            Subject::Grant | Subject::Trust | Subject::Finding => false,
        };
        let mut keys: Vec<(Subject, Sym)> = self
            .rows
            .iter()
            .filter(|row| may_end(row))
            .filter_map(|row| Some((row.of, row.key[0]?)))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let track_of = |row: &Row| keys.binary_search(&(row.of, row.key[0]?)).ok();
        let tracked: Vec<Option<usize>> = self.rows.iter().map(track_of).collect();
        let mut tracks: Vec<Option<Track>> = vec![None; keys.len()];
        for (at, past) in snapshots.iter().enumerate() {
            for &row in &past.rows {
                let Some(track) = tracked[row as usize].map(|track| &mut tracks[track]) else {
                    continue;
                };
                match (self.is_active(self.row(row), past.head.as_of), track) {
                    (true, Some(track)) => (track.row, track.last, track.off) = (row, at, None),
                    (true, track) => {
                        *track = Some(Track {
                            row,
                            first: at,
                            last: at,
                            off: None,
                        });
                    }
                    (false, Some(track)) => track.off = track.off.or(Some(at)),
                    (false, None) => {}
                }
            }
        }
        let mut found: Vec<Retirement> = tracks
            .into_iter()
            .flatten()
            .filter_map(|track| self.retirement(track, snapshots, &workloads, now))
            .collect();
        found.sort_by_key(|retirement| {
            let key = self.row(retirement.row).key[0].map(|sym| self.strings.get(sym));
            (retirement.ended_by.is_some(), std::cmp::Reverse(retirement.days()), key)
        });
        found
    }

    fn retirement(
        &self,
        track: Track,
        snapshots: &[Past],
        workloads: &HashMap<Sym, usize>,
        now: Instant,
    ) -> Option<Retirement> {
        let row = self.row(track.row);
        let as_of = |at: usize| snapshots[at].head.as_of;
        let instant = |sym: Option<Sym>| Instant::from_text(self.strings.get(sym?));
        let is_ours = row
            .field("class")
            .is_some_and(|class| self.strings.get(class) == "non_human");
        let stated = match row.of {
            Subject::Credential => vec![(Cause::Leaked, instant(row.fields[LEAKED_AT]))],
            Subject::Identity if is_ours => vec![
                (Cause::Retires, instant(row.field("retires_at"))),
                (Cause::OwnerLeft, instant(row.fields[OWNER_LEFT_AT])),
            ],
            Subject::Identity | Subject::Grant | Subject::Trust | Subject::Finding => Vec::new(),
        };
        let stated = stated.into_iter().filter_map(|(cause, at)| Some((cause, (at?, at?))));
        // It was still there when its workloads were not: else nothing tells which went first.
        let alone = row.key[0].and_then(|id| workloads.get(&id)).copied();
        let alone = alone.filter(|last_with| is_ours && track.last > *last_with);
        let alone = alone.map(|last_with| (Cause::WorkloadGone, (as_of(last_with), as_of(last_with + 1))));
        let (cause, since) = stated.chain(alone).min_by_key(|(cause, since)| (since.1, *cause))?;
        let unseen = |at: &usize| {
            !self
                .unseen_sources(row.sources, &snapshots[*at], &snapshots[track.last])
                .is_empty()
        };
        let absent = (track.last + 1..snapshots.len()).find(|at| !unseen(at));
        let ended_by = [track.off, absent].into_iter().flatten().min().map(as_of);
        let is_due = since.1 <= now && ended_by.is_none_or(|by| by > since.1);
        is_due.then_some(Retirement {
            row: track.row,
            cause,
            since,
            first_active_at: as_of(track.first),
            last_active_at: as_of(track.last),
            ended_by,
        })
    }

    fn is_active(&self, row: &Row, as_of: Instant) -> bool {
        let word = |field| row.field(field).map(|sym| self.strings.get(sym));
        let ends_at = match row.of {
            Subject::Credential => word("expires_at").and_then(Instant::from_text),
            Subject::Identity | Subject::Grant | Subject::Trust | Subject::Finding => None,
        };
        !matches!(word("status"), Some("inactive" | "revoked")) && ends_at.is_none_or(|end| end > as_of)
    }

    /// Identities that workloads or listed identities acted as, and none does any more, by the last snapshot in which
    /// one did. The next one would have shown them.
    fn workloads_gone(&self, snapshots: &[Past]) -> HashMap<Sym, usize> {
        let mut acting: HashMap<Sym, (usize, Vec<Sym>)> = HashMap::new();
        for (at, past) in snapshots.iter().enumerate() {
            for row in past.rows.iter().map(|row| self.row(*row)) {
                let Some(target) = row.identity.filter(|_| row.of == Subject::Trust) else {
                    continue;
                };
                if row.fields[IS_ACTOR_LISTED].is_some() {
                    let (last_with, sources) = acting.entry(target).or_default();
                    if *last_with != at {
                        sources.clear();
                    }
                    *last_with = at;
                    sources.push(row.sources);
                }
            }
        }
        let is_gone = |last_with: usize, sources: &[Sym]| {
            snapshots.get(last_with + 1).is_some_and(|next| {
                let seen = |sources: &Sym| self.unseen_sources(*sources, next, &snapshots[last_with]).is_empty();
                sources.iter().all(seen)
            })
        };
        acting
            .into_iter()
            .filter(|(_, (last_with, sources))| is_gone(*last_with, sources))
            .map(|(target, (last_with, _))| (target, last_with))
            .collect()
    }
}
