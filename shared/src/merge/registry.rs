//! Which rows of the estate's registry are about which identity.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use aho_corasick::AhoCorasick;
use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::model::pattern::covers;
use crate::model::snapshot::Snapshot;
use crate::model::strings::Sym;

/// The registry's rows by what they can match: each identity is held against few of them, however many there are.
pub struct RegistryIndex {
    /// Rows whose pattern is one name, by that name in lower case.
    exact: HashMap<String, Vec<usize>>,
    /// One literal run of each other pattern that has any: text between `*` and `?`, which every name has that the
    /// pattern covers.
    runs: Option<AhoCorasick>,
    /// The rows of each run.
    by_run: Vec<Vec<usize>>,
    /// Rows whose pattern has no such run: `*`.
    others: Vec<usize>,
}

impl RegistryIndex {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut exact: HashMap<String, Vec<usize>> = HashMap::new();
        let mut others = Vec::new();
        let pattern = |row: usize| snapshot.strings.get(snapshot.registry[row].pattern);
        let (globs, names): (Vec<usize>, Vec<usize>) =
            (0..snapshot.registry.len()).partition(|row| pattern(*row).contains(['*', '?']));
        for row in names {
            exact.entry(pattern(row).to_lowercase()).or_default().push(row);
        }
        let mut n_patterns: HashMap<String, usize> = HashMap::new();
        for run in globs.iter().flat_map(|row| literal_runs(pattern(*row))) {
            *n_patterns.entry(run).or_default() += 1;
        }
        let mut rows_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for &row in &globs {
            // The run that fewest patterns share, and of those the longest, stands in fewest names.
            let rarest = literal_runs(pattern(row)).min_by_key(|run| (n_patterns.get(run), Reverse(run.len())));
            match rarest {
                Some(run) => rows_of.entry(run).or_default().push(row),
                None => others.push(row),
            }
        }
        let built = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(rows_of.keys());
        let (runs, by_run) = match built {
            Ok(runs) => (Some(runs), rows_of.into_values().collect()),
            // More text than an automaton holds: every pattern is tried.
            Err(_) => {
                others = globs;
                (None, Vec::new())
            }
        };
        Self {
            exact,
            runs,
            by_run,
            others,
        }
    }

    /// The rows that match an identity's id, name or any handle: exact ones first, then in the order of the file.
    pub fn rows_of(&self, identity: usize, snapshot: &Snapshot) -> Vec<usize> {
        if snapshot.registry.is_empty() {
            return Vec::new();
        }
        let names = names_of(identity, snapshot);
        let names = names.iter().map(|name| snapshot.strings.get(*name));
        let mut rows: Vec<usize> = Vec::new();
        if !self.exact.is_empty() {
            let found = names.clone().filter_map(|name| self.exact.get(&name.to_lowercase()));
            rows.extend(found.flatten());
            rows.sort_unstable();
            rows.dedup();
        }
        let mut globs = self.others.clone();
        if let Some(runs) = &self.runs {
            let found = names.clone().flat_map(|name| runs.find_overlapping_iter(name));
            globs.extend(found.flat_map(|run| &self.by_run[run.pattern().as_usize()]));
            globs.sort_unstable();
            globs.dedup();
        }
        rows.extend(globs.into_iter().filter(|row| {
            let pattern = snapshot.strings.get(snapshot.registry[*row].pattern);
            names.clone().any(|name| covers(pattern, name))
        }));
        rows
    }
}

/// The text of a pattern between its `*` and `?`, in ASCII lower case.
fn literal_runs(pattern: &str) -> impl Iterator<Item = String> {
    let runs = pattern.split(['*', '?']).filter(|run| !run.is_empty());
    runs.map(str::to_ascii_lowercase)
}

fn names_of(identity: usize, snapshot: &Snapshot) -> SmallVec<[Sym; 8]> {
    let identity = &snapshot.identities[identity];
    let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
    let mut names: SmallVec<[Sym; 8]> = handles.map(|handle| handle.text).collect();
    names.extend([identity.id, identity.name]);
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use smallvec::smallvec;

    use super::*;
    use crate::config::Config;
    use crate::merge::{AsOf, FileBatch, merge};
    use crate::model::batch::{Batch, RegistryRow};
    use crate::model::identity::{IdentityFact, IdentityKind};
    use crate::model::instant::Instant;
    use crate::model::principal::HandleKind;
    use crate::model::provenance::Place;

    /// A snapshot of one identity and a registry of these patterns.
    fn snapshot(name: &str, patterns: &[String]) -> Snapshot {
        let mut batch = Batch::default();
        let handle = batch.handle(HandleKind::Local, name);
        let fact = IdentityFact::listed(smallvec![handle], IdentityKind::Role, Place::WholeFile);
        batch.identities.push(fact);
        for pattern in patterns {
            let row = RegistryRow {
                pattern: batch.sym(pattern),
                owner: None,
                team: None,
                purpose: None,
                environment: None,
                reviewed_at: None,
                reviewer: None,
                retires_at: None,
                place: Place::WholeFile,
            };
            batch.registry.push(row);
        }
        let file = FileBatch {
            source: String::new(),
            path: String::new(),
            connector: None,
            n_bytes: 0,
            batch,
            diagnostics: Vec::new(),
        };
        merge(vec![file], AsOf::Given(Instant(0)), &Config::default())
    }

    proptest! {
        #[test]
        fn the_index_finds_what_trying_every_pattern_finds(
            name in "[aB:ü]{1,9}",
            patterns in prop::collection::vec("[abB:ü*?]{0,9}", 0..6),
        ) {
            let snapshot = snapshot(&name, &patterns);
            let found = RegistryIndex::new(&snapshot).rows_of(0, &snapshot);
            // The identity's id is `local:` and the name.
            let names = [name.clone(), format!("local:{name}")];
            let is_glob = |row: &usize| patterns[*row].contains(['*', '?']);
            let matches = |row: &usize| match is_glob(row) {
                true => names.iter().any(|name| covers(&patterns[*row], name)),
                false => names.iter().any(|name| name.to_lowercase() == patterns[*row].to_lowercase()),
            };
            let mut expected: Vec<usize> = (0..patterns.len()).filter(matches).collect();
            expected.sort_by_key(is_glob);
            prop_assert_eq!(found, expected);
        }
    }
}
