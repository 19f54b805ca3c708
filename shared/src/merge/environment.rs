//! In which environment an identity lives: registry, then tags, then the source, then rules.

use hashbrown::HashMap;

use crate::config::Config;
use crate::model::identity::Presence;
use crate::model::pattern::covers;
use crate::model::snapshot::{Conflict, ConflictField, Evidence, IdentityId, Snapshot};
use crate::model::strings::{Strings, Sym};
use crate::reading::absent::present;

/// Gives each source the environment that `rollcall.toml` names, else the one that a part of its name means.
pub fn classify_sources(snapshot: &mut Snapshot, config: &Config) {
    for source in &mut snapshot.sources {
        let expected = config.expected.iter().find(|expected| expected.source == source.name);
        let by_rule = config
            .environments
            .iter()
            .find(|rule| covers(&rule.pattern, &source.name));
        let text = expected
            .and_then(|expected| expected.environment.as_deref())
            .or(by_rule.map(|rule| rule.is.as_str()))
            .map(str::to_owned)
            .or_else(|| {
                source
                    .name
                    .split(['-', '_', '.', ' '])
                    .find_map(known_word)
                    .map(str::to_owned)
            });
        source.environment = text.map(|text| snapshot.strings.intern(&normal(&text)));
    }
}

/// Gives each identity the environment of its registry row, its tags, or its source.
pub fn classify_identities(snapshot: &mut Snapshot) {
    let rules = RegistryIndex::new(snapshot);
    let mut normalised: HashMap<Sym, Option<Sym>> = HashMap::new();
    for index in 0..snapshot.identities.len() {
        let rows = rules.rows_of(index, snapshot);
        let identity = &snapshot.identities[index];
        let mut stated: Vec<(Sym, Evidence)> = Vec::new();
        for fact in snapshot
            .facts_of(identity)
            .iter()
            .filter(|fact| fact.fact.presence == Presence::Listed)
        {
            if let Some(text) = fact.fact.environment {
                stated.push((
                    text,
                    Evidence {
                        file: fact.file,
                        place: fact.fact.place,
                    },
                ));
            }
        }
        let mut tagged: Vec<(Sym, Evidence)> = Vec::new();
        for (text, evidence) in stated {
            let strings = &mut snapshot.strings;
            let normal = *normalised
                .entry(text)
                .or_insert_with(|| present(strings.get(text)).map(normal).map(|text| strings.intern(&text)));
            tagged.extend(normal.map(|normal| (normal, evidence)));
        }
        if let Some((first, _)) = tagged.first()
            && tagged.iter().any(|(text, _)| text != first)
        {
            let identity = IdentityId(index as u32);
            snapshot.conflicts.push(Conflict {
                identity,
                credential: None,
                field: ConflictField::Environment,
                statements: tagged.clone(),
            });
        }
        let by_registry = rows.iter().find_map(|&row| snapshot.registry[row].environment);
        let by_registry = by_registry.map(|text| {
            let text = normal(snapshot.strings.get(text));
            snapshot.strings.intern(&text)
        });
        let source = snapshot.source(snapshot.identities[index].source).environment;
        let identity = &mut snapshot.identities[index];
        identity.environment = by_registry.or(tagged.first().map(|(text, _)| *text)).or(source);
        // The first row that says something counts: one that names the identity stands before a pattern.
        let mut rows = rows.iter().map(|&row| &snapshot.registry[row]);
        identity.purpose = rows.clone().find_map(|row| row.purpose).or(identity.purpose);
        identity.reviewed_at = rows.clone().filter_map(|row| row.reviewed_at).max();
        identity.retires_at = rows.find_map(|row| row.retires_at);
    }
}

/// One word for one environment.
pub fn normal(text: &str) -> String {
    let text = text.trim().to_lowercase();
    known_word(&text).map_or(text.clone(), str::to_owned)
}

fn known_word(word: &str) -> Option<&'static str> {
    Some(match word.to_lowercase().as_str() {
        "prod" | "production" | "prd" | "live" | "produktion" => "prod",
        "stg" | "stage" | "staging" | "preprod" | "pre-prod" | "uat" => "stg",
        "dev" | "development" | "devel" | "entwicklung" => "dev",
        "test" | "testing" | "tst" | "qa" | "int" | "integration" => "test",
        "sandbox" | "sbx" | "playground" => "sandbox",
        _ => return None,
    })
}

/// Registry rows by what they can match: most name one identity, so few patterns need to be tried on each.
pub struct RegistryIndex {
    exact: HashMap<String, Vec<usize>>,
    globs: Vec<usize>,
}

impl RegistryIndex {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut index = Self {
            exact: HashMap::new(),
            globs: Vec::new(),
        };
        for (row, registry) in snapshot.registry.iter().enumerate() {
            let pattern = snapshot.strings.get(registry.pattern);
            match pattern.contains(['*', '?']) {
                true => index.globs.push(row),
                false => index.exact.entry(pattern.to_lowercase()).or_default().push(row),
            }
        }
        index
    }

    /// The rows that match an identity's id, name or any handle: exact ones first, then in the order of the file.
    pub fn rows_of(&self, identity: usize, snapshot: &Snapshot) -> Vec<usize> {
        if self.exact.is_empty() && self.globs.is_empty() {
            return Vec::new();
        }
        let names = names_of(identity, snapshot);
        let strings: &Strings = &snapshot.strings;
        let mut rows: Vec<usize> = names
            .iter()
            .filter_map(|name| self.exact.get(&name.to_lowercase()))
            .flatten()
            .copied()
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let globs = self.globs.iter().copied();
        rows.extend(globs.filter(|row| {
            let pattern = strings.get(snapshot.registry[*row].pattern);
            names.iter().any(|name| covers(pattern, name))
        }));
        rows
    }
}

fn names_of(identity: usize, snapshot: &Snapshot) -> Vec<&str> {
    let identity = &snapshot.identities[identity];
    let mut names = vec![snapshot.strings.get(identity.id), snapshot.strings.get(identity.name)];
    let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
    names.extend(handles.map(|handle| snapshot.strings.get(handle.text)));
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_for_one_environment() {
        assert_eq!(normal(" Production"), "prod");
        assert_eq!(normal("Lab-7"), "lab-7");
    }
}
