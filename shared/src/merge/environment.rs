//! In which environment an identity lives: registry, then tags, then the source, then rules.

use hashbrown::HashMap;

use super::counts_before;
use crate::config::Config;
use crate::model::identity::Presence;
use crate::model::pattern::covers;
use crate::model::snapshot::{Conflict, ConflictField, Evidence, IdentityId, PRODUCTION, Snapshot};
use crate::model::strings::Sym;
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

/// Gives each identity the environment of its registry rows, its tags, or its source.
pub fn classify_identities(snapshot: &mut Snapshot, registry_rows: &[Vec<usize>]) {
    let mut normalised: HashMap<Sym, Option<Sym>> = HashMap::new();
    for (index, rows) in registry_rows.iter().enumerate() {
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
        let text = |tag: &(Sym, Evidence)| snapshot.strings.get(tag.0);
        tagged.sort_by(|a, b| {
            (counts_before(a.1.file, snapshot).cmp(&counts_before(b.1.file, snapshot)))
                .then_with(|| text(a).cmp(text(b)))
                .then_with(|| a.1.cmp(&b.1))
        });
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
        "prod" | "production" | "prd" | "live" | "produktion" => PRODUCTION,
        "stg" | "stage" | "staging" | "preprod" | "pre-prod" | "uat" => "stg",
        "dev" | "development" | "devel" | "entwicklung" => "dev",
        "test" | "testing" | "tst" | "qa" | "int" | "integration" => "test",
        "sandbox" | "sbx" | "playground" => "sandbox",
        _ => return None,
    })
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
