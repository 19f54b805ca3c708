//! Which rows of the estate's registry are about which identity.

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::model::pattern::covers;
use crate::model::snapshot::Snapshot;
use crate::model::strings::Sym;

/// The registry's rows by what they can match: each identity is held against few of them, however many there are.
pub struct RegistryIndex {
    /// Rows whose pattern is one name, by that name in lower case.
    exact: HashMap<String, Vec<usize>>,
    /// Rows whose pattern has a run of [`Piece`] length, each under the one of its pieces that fewest patterns share.
    by_piece: HashMap<Piece, Vec<usize>>,
    /// For every two bytes: whether one of these pieces begins so. Few do, and names have many pieces.
    begins_piece: Vec<bool>,
    /// Rows whose pattern has no such run: `*`, `a*b`.
    others: Vec<usize>,
}

/// Literal text that stands in a pattern, and so in every name it covers, in ASCII lower case.
type Piece = [u8; 4];

impl RegistryIndex {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut index = Self {
            exact: HashMap::new(),
            by_piece: HashMap::new(),
            begins_piece: vec![false; 1 << 16],
            others: Vec::new(),
        };
        let pattern = |row: usize| snapshot.strings.get(snapshot.registry[row].pattern);
        let (globs, names): (Vec<usize>, Vec<usize>) =
            (0..snapshot.registry.len()).partition(|row| pattern(*row).contains(['*', '?']));
        for row in names {
            index.exact.entry(pattern(row).to_lowercase()).or_default().push(row);
        }
        let mut n_patterns: HashMap<Piece, usize> = HashMap::new();
        for piece in globs.iter().flat_map(|row| pieces(pattern(*row))) {
            *n_patterns.entry(piece).or_default() += 1;
        }
        for row in globs {
            match pieces(pattern(row)).min_by_key(|piece| n_patterns.get(piece)) {
                Some(piece) => {
                    index.begins_piece[beginning(piece)] = true;
                    index.by_piece.entry(piece).or_default().push(row);
                }
                None => index.others.push(row),
            }
        }
        index
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
        if !self.by_piece.is_empty() {
            let pieces = names.clone().flat_map(pieces);
            let pieces = pieces.filter(|piece| self.begins_piece[beginning(*piece)]);
            globs.extend(pieces.filter_map(|piece| self.by_piece.get(&piece)).flatten());
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

/// Every piece of a pattern, or of a name.
fn pieces(pattern: &str) -> impl Iterator<Item = Piece> {
    let windows = pattern.as_bytes().array_windows::<4>();
    windows
        .filter(|window| !window.iter().any(|byte| b"*?".contains(byte)))
        .map(|window| window.map(|byte| byte.to_ascii_lowercase()))
}

fn beginning([first, second, ..]: Piece) -> usize {
    usize::from(u16::from_be_bytes([first, second]))
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
