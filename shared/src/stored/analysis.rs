//! A snapshot after it was read, merged and judged, as bytes: one section for each of its lists.
//!
//! What is made faster than it is read stays out, and is made again: see [`crate::analysis::judged_before`].

use std::ops::Range;

use bitcode::{Decode, Encode};

use super::{Unreadable, read};
use crate::access::decision::Holds;
use crate::analysis::{Analysis, Judged};
use crate::connectors::CONNECTORS;
use crate::diagnostic::Diagnostic;
use crate::model::instant::Instant;
use crate::model::principal::Handle;
use crate::model::ratio::Ratio;
use crate::model::snapshot::{FileRead, Snapshot, SourceId};
use crate::model::strings::Strings;

const OF_SNAPSHOT: [fn(&Snapshot) -> Vec<u8>; 24] = [
    |of| of.strings.text().as_bytes().to_vec(),
    |of| bitcode::encode(&of.strings.lengths()),
    |of| bitcode::encode(&Rest::of(of)),
    |of| bitcode::encode(&of.sources),
    |of| bitcode::encode(&of.files.iter().map(StoredFile::new).collect::<Vec<_>>()),
    |of| bitcode::encode(&of.identities),
    |of| bitcode::encode(&of.facts),
    |of| bitcode::encode(&of.credentials),
    |of| bitcode::encode(&of.held),
    |of| bitcode::encode(&of.grants),
    |of| bitcode::encode(&of.granted),
    |of| bitcode::encode(&of.service_uses),
    |of| bitcode::encode(&of.trusts),
    |of| bitcode::encode(&of.policies),
    |of| bitcode::encode(&of.boundaries),
    |of| bitcode::encode(&of.denials),
    |of| bitcode::encode(&of.memberships),
    |of| bitcode::encode(&of.leaks),
    |of| bitcode::encode(&of.leaked),
    |of| bitcode::encode(&of.people),
    |of| bitcode::encode(&of.registry),
    |of| bitcode::encode(&of.reviews),
    |of| bitcode::encode(&of.activities),
    |of| bitcode::encode(&of.conflicts),
];

const OF_JUDGED: [fn(&Analysis) -> Vec<u8>; 10] = [
    |of| bitcode::encode(of.access.survey().0),
    |of| bitcode::encode(of.access.survey().1),
    |of| bitcode::encode(&of.access.acts_in_production().map(<[Holds]>::to_vec)),
    |of| bitcode::encode(&of.criteria),
    |of| bitcode::encode(&of.findings.all),
    |of| bitcode::encode(&tallies(of)),
    |of| bitcode::encode(&of.findings.tiers),
    |of| bitcode::encode(&of.findings.clean),
    |of| bitcode::encode(&of.findings.unjudged),
    |of| bitcode::encode(&*of.lists),
];

/// The sections of an analysis.
pub fn analysis_sections(analysis: &Analysis) -> impl Iterator<Item = Vec<u8>> {
    let of_snapshot = OF_SNAPSHOT.iter().map(|section| section(&analysis.snapshot));
    of_snapshot.chain(OF_JUDGED.iter().map(|section| section(analysis)))
}

/// The sections of an analysis apart, for [`snapshot`] and for [`judged`]: what they make goes to [`judged_before`].
///
/// [`judged_before`]: crate::analysis::judged_before
///
/// # Errors
/// When there are too few.
pub fn halves<'a, 's>(sections: &'a [&'s [u8]]) -> Result<[&'a [&'s [u8]]; 2], Unreadable> {
    let halves = sections.split_at_checked(OF_SNAPSHOT.len());
    halves.map(<[_; 2]>::from).ok_or(Unreadable::Missing)
}

/// The snapshot of which these are the sections.
///
/// # Errors
/// When they are sections of something else.
pub fn snapshot(sections: &[&[u8]]) -> Result<Snapshot, Unreadable> {
    let mut sections = sections.iter().copied();
    let mut next = || sections.next().ok_or(Unreadable::Missing);
    let text = String::from_utf8(next()?.to_vec()).map_err(|_| Unreadable::Unfitting)?;
    let strings = Strings::from_parts(text, &read::<Vec<u32>>(next()?)?).ok_or(Unreadable::Unfitting)?;
    let rest: Rest = read(next()?)?;
    let mut snapshot = Snapshot {
        as_of: rest.as_of,
        n_unlisted: rest.n_unlisted,
        n_decisions: rest.n_decisions,
        strings,
        sources: read(next()?)?,
        files: read::<Vec<StoredFile>>(next()?)?
            .into_iter()
            .map(StoredFile::file)
            .collect(),
        identities: read(next()?)?,
        facts: read(next()?)?,
        credentials: read(next()?)?,
        held: read(next()?)?,
        grants: read(next()?)?,
        granted: read(next()?)?,
        service_uses: read(next()?)?,
        trusts: read(next()?)?,
        policies: read(next()?)?,
        boundaries: read(next()?)?,
        denials: read(next()?)?,
        memberships: read(next()?)?,
        leaks: read(next()?)?,
        leaked: read(next()?)?,
        people: read(next()?)?,
        registry: read(next()?)?,
        reviews: read(next()?)?,
        activities: read(next()?)?,
        conflicts: read(next()?)?,
    };
    rest.complete(&mut snapshot).ok_or(Unreadable::Unfitting)?;
    Ok(snapshot)
}

/// What was found out about the snapshot.
///
/// # Errors
/// When they are sections of something else.
pub fn judged(sections: &[&[u8]]) -> Result<Judged, Unreadable> {
    let mut sections = sections.iter().copied();
    let mut next = || sections.next().ok_or(Unreadable::Missing);
    Ok(Judged {
        standings: read(next()?)?,
        power: read(next()?)?,
        acts_in_production: read(next()?)?,
        criteria: read(next()?)?,
        findings: read(next()?)?,
        tallies: read(next()?)?,
        tiers: read(next()?)?,
        clean: read(next()?)?,
        unjudged: read(next()?)?,
        lists: read(next()?)?,
    })
}

/// What each rule came to, and how many of its findings are waived.
fn tallies(analysis: &Analysis) -> Vec<(Ratio, u64)> {
    let tallies = analysis.findings.tallies.iter();
    tallies.map(|tally| (tally.ratio, tally.n_waived)).collect()
}

/// A file, with its connector by name.
#[derive(Encode, Decode)]
struct StoredFile {
    source: SourceId,
    path: String,
    connector: Option<String>,
    n_bytes: u64,
    n_identities: usize,
    n_credentials: usize,
    n_grants: usize,
    n_trusts: usize,
    is_complete: bool,
    stated_at: Option<Instant>,
    diagnostics: Vec<Diagnostic>,
}

impl StoredFile {
    fn new(file: &FileRead) -> Self {
        Self {
            source: file.source,
            path: file.path.clone(),
            connector: file.connector.map(str::to_owned),
            n_bytes: file.n_bytes,
            n_identities: file.n_identities,
            n_credentials: file.n_credentials,
            n_grants: file.n_grants,
            n_trusts: file.n_trusts,
            is_complete: file.is_complete,
            stated_at: file.stated_at,
            diagnostics: file.diagnostics.clone(),
        }
    }

    fn file(self) -> FileRead {
        let connector = self
            .connector
            .and_then(|id| CONNECTORS.iter().find(|known| known.id == id));
        FileRead {
            source: self.source,
            path: self.path,
            connector: connector.map(|connector| connector.id),
            n_bytes: self.n_bytes,
            n_identities: self.n_identities,
            n_credentials: self.n_credentials,
            n_grants: self.n_grants,
            n_trusts: self.n_trusts,
            is_complete: self.is_complete,
            stated_at: self.stated_at,
            diagnostics: self.diagnostics,
        }
    }
}

/// What of a snapshot is not in its lists as they are stored: handles, which would be a small list in each fact, and
/// which part of another list is an element's own.
#[derive(Encode, Decode)]
struct Rest {
    as_of: Instant,
    n_unlisted: usize,
    n_decisions: usize,
    files_of_sources: Vec<[usize; 2]>,
    /// How many handles each fact has, and all of them.
    n_handles: Vec<u32>,
    handles: Vec<Handle>,
    /// Of each identity: facts, credentials, grants, services.
    of_identities: [Vec<Part>; 4],
    leaks_of_credentials: Vec<Part>,
}

/// A range: how far it begins after the end of the one before it, and how long it is. Both are small numbers, which
/// take few bytes.
#[derive(Clone, Copy, Encode, Decode)]
struct Part {
    after: u32,
    length: u32,
}

impl Part {
    fn all<'r>(ranges: impl Iterator<Item = &'r Range<u32>>) -> Vec<Part> {
        let mut end = 0u32;
        let part = |range: &Range<u32>| {
            let after = range.start.wrapping_sub(end);
            end = range.end;
            Part {
                after,
                length: range.end.wrapping_sub(range.start),
            }
        };
        ranges.map(part).collect()
    }

    /// Fills in the ranges; `None` when there are not as many, or when one leads out of its list.
    fn fill<'r>(parts: &[Part], ranges: impl ExactSizeIterator<Item = &'r mut Range<u32>>, n: usize) -> Option<()> {
        if ranges.len() != parts.len() {
            return None;
        }
        let mut end = 0u32;
        for (range, part) in ranges.zip(parts) {
            let start = end.wrapping_add(part.after);
            end = start.wrapping_add(part.length);
            if start > end || end as usize > n {
                return None;
            }
            *range = start..end;
        }
        Some(())
    }
}

impl Rest {
    fn of(snapshot: &Snapshot) -> Rest {
        let handles = || snapshot.facts.iter().map(|fact| &fact.fact.handles);
        let identities = || snapshot.identities.iter();
        Rest {
            as_of: snapshot.as_of,
            n_unlisted: snapshot.n_unlisted,
            n_decisions: snapshot.n_decisions,
            files_of_sources: (snapshot.sources.iter())
                .map(|source| [source.files.start, source.files.end])
                .collect(),
            n_handles: handles().map(|handles| handles.len() as u32).collect(),
            handles: handles().flatten().copied().collect(),
            of_identities: [
                Part::all(identities().map(|identity| &identity.facts)),
                Part::all(identities().map(|identity| &identity.credentials)),
                Part::all(identities().map(|identity| &identity.grants)),
                Part::all(identities().map(|identity| &identity.services)),
            ],
            leaks_of_credentials: Part::all(snapshot.credentials.iter().map(|credential| &credential.leaks)),
        }
    }

    /// Puts everything where it belongs; `None` when it is the rest of another snapshot.
    fn complete(self, snapshot: &mut Snapshot) -> Option<()> {
        let n_handles: usize = self.n_handles.iter().map(|n| *n as usize).sum();
        let is_fitting = self.files_of_sources.len() == snapshot.sources.len()
            && self.n_handles.len() == snapshot.facts.len()
            && n_handles == self.handles.len();
        if !is_fitting {
            return None;
        }
        for (source, [start, end]) in snapshot.sources.iter_mut().zip(self.files_of_sources) {
            source.files = start..end;
        }
        let mut handles = &self.handles[..];
        for (fact, n) in snapshot.facts.iter_mut().zip(self.n_handles) {
            let (own, others) = handles.split_at(n as usize);
            fact.fact.handles = own.iter().copied().collect();
            handles = others;
        }
        let [facts, credentials, grants, services] = &self.of_identities;
        let identities = &mut snapshot.identities;
        Part::fill(
            facts,
            identities.iter_mut().map(|of| &mut of.facts),
            snapshot.facts.len(),
        )?;
        Part::fill(
            credentials,
            identities.iter_mut().map(|of| &mut of.credentials),
            snapshot.held.len(),
        )?;
        Part::fill(
            grants,
            identities.iter_mut().map(|of| &mut of.grants),
            snapshot.granted.len(),
        )?;
        Part::fill(
            services,
            identities.iter_mut().map(|of| &mut of.services),
            snapshot.service_uses.len(),
        )?;
        let leaks = snapshot.credentials.iter_mut().map(|of| &mut of.leaks);
        Part::fill(&self.leaks_of_credentials, leaks, snapshot.leaked.len())
    }
}
