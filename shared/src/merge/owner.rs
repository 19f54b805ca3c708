//! Who answers for an identity: claims from the registry, from recorded relations, from tags, held against the roster.

use hashbrown::HashMap;

use super::counts_before;
use super::registry::RegistryIndex;
use crate::model::batch::Employment;
use crate::model::identity::{OwnerBasis, OwnerClaim};
use crate::model::snapshot::{
    Conflict, ConflictField, Credential, Evidence, FileId, IdentityId, Owner, OwnerState, Snapshot,
};
use crate::model::strings::{Strings, Sym};
use crate::reading::absent::present;

/// The people and teams that the roster knows, by every name they go by, in lower case.
struct Roster {
    people: HashMap<String, usize>,
    teams: HashMap<String, Sym>,
}

/// What a claim comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub text: Sym,
    pub team: Option<Sym>,
    pub state: OwnerState,
}

impl Roster {
    fn new(snapshot: &Snapshot) -> Roster {
        let mut roster = Roster {
            people: HashMap::new(),
            teams: HashMap::new(),
        };
        for (index, person) in snapshot.people.iter().enumerate() {
            let email = snapshot.strings.get(person.email);
            let names = [
                Some(email),
                person.name.map(|name| snapshot.strings.get(name)),
                email.split('@').next(),
            ];
            for name in names.into_iter().flatten() {
                roster.people.entry(name.to_lowercase()).or_insert(index);
            }
            if let Some(team) = person.team {
                roster
                    .teams
                    .entry(snapshot.strings.get(team).to_lowercase())
                    .or_insert(team);
            }
        }
        // A team that the registry names is a team too.
        for row in &snapshot.registry {
            if let Some(team) = row.team {
                roster
                    .teams
                    .entry(snapshot.strings.get(team).to_lowercase())
                    .or_insert(team);
            }
        }
        roster
    }

    /// Who a claim's text names. `None` when the text says nothing (`TBD`, `-`).
    fn resolve(&self, text: Sym, snapshot: &Snapshot) -> Option<Resolved> {
        let written = present(snapshot.strings.get(text))?;
        let key = written.to_lowercase();
        let key = key.trim_start_matches("team:").trim_start_matches('@').trim();
        if let Some(&person) = self.people.get(key) {
            let person = &snapshot.people[person];
            let state = match person.employment {
                Employment::Active | Employment::Unknown => OwnerState::Active,
                Employment::Left => OwnerState::Left,
            };
            return Some(Resolved {
                text: person.name.unwrap_or(person.email),
                team: person.team,
                state,
            });
        }
        if let Some(&team) = self.teams.get(key) {
            return Some(Resolved {
                text: team,
                team: Some(team),
                state: OwnerState::Active,
            });
        }
        let state = if snapshot.people.is_empty() {
            OwnerState::Recorded
        } else {
            OwnerState::Unresolved
        };
        Some(Resolved {
            text,
            team: None,
            state,
        })
    }
}

/// One claim on an identity, with what it comes to.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub written: Sym,
    pub basis: OwnerBasis,
    pub resolved: Resolved,
    pub evidence: Evidence,
}

/// Decides every identity's owner. Claims that name different owners are a conflict.
pub fn resolve(snapshot: &mut Snapshot, registry_rows: &[Vec<usize>]) {
    let roster = Roster::new(snapshot);
    let mut resolved = HashMap::new();
    for (index, rows) in registry_rows.iter().enumerate() {
        let registry_team = rows.iter().find_map(|&row| snapshot.registry[row].team);
        let claims = claims(index, rows, &roster, &mut resolved, snapshot);
        let owner = claims.first().map_or_else(Owner::default, |claim| Owner {
            text: Some(claim.resolved.text),
            team: registry_team.or(claim.resolved.team),
            state: claim.resolved.state,
            basis: Some(claim.basis),
        });
        let differ = claims.first().is_some_and(|first| {
            claims
                .iter()
                .any(|claim| !same(&claim.resolved, &first.resolved, &snapshot.strings))
        });
        if differ {
            let statements = claims
                .iter()
                .map(|claim| (claim.resolved.text, claim.evidence))
                .collect();
            let identity = IdentityId(index as u32);
            snapshot.conflicts.push(Conflict {
                identity,
                credential: None,
                field: ConflictField::Owner,
                statements,
            });
        }
        snapshot.identities[index].owner = owner;
    }
    for index in 0..snapshot.credentials.len() {
        let credential = &snapshot.credentials[index];
        let owner = match credential.holders.first() {
            Some(&holder) => snapshot.identity(holder).owner,
            None => of_credential(credential, &roster, &mut resolved, snapshot),
        };
        snapshot.credentials[index].owner = owner;
    }
}

/// Who answers for a credential that nobody is known to hold.
fn of_credential(
    credential: &Credential,
    roster: &Roster,
    resolved: &mut HashMap<Sym, Option<Resolved>>,
    snapshot: &Snapshot,
) -> Owner {
    let claims = credential.claims.iter().filter_map(|claim| {
        let resolved = *resolved
            .entry(claim.text)
            .or_insert_with(|| roster.resolve(claim.text, snapshot));
        Some((claim.basis, resolved?))
    });
    let best = claims.min_by_key(|(basis, resolved)| {
        let text = snapshot.strings.get(resolved.text);
        (rank(resolved.state), *basis, text)
    });
    best.map_or_else(Owner::default, |(basis, resolved)| Owner {
        text: Some(resolved.text),
        team: resolved.team,
        state: resolved.state,
        basis: Some(basis),
    })
}

/// All claims on one identity, the one that counts first.
pub fn owners(snapshot: &Snapshot, identity: usize) -> Vec<Claim> {
    let rows = RegistryIndex::new(snapshot).rows_of(identity, snapshot);
    claims(identity, &rows, &Roster::new(snapshot), &mut HashMap::new(), snapshot)
}

/// The best state comes first (somebody who works here, somebody unknown, somebody who left), then the most trusted
/// basis, then the newest export, then the owner whose name does.
fn claims(
    identity: usize,
    rows: &[usize],
    roster: &Roster,
    resolved: &mut HashMap<Sym, Option<Resolved>>,
    snapshot: &Snapshot,
) -> Vec<Claim> {
    let mut stated: Vec<(OwnerClaim, Evidence)> = Vec::new();
    for fact in snapshot.facts_of(&snapshot.identities[identity]) {
        let evidence = Evidence {
            file: fact.file,
            place: fact.fact.place,
        };
        stated.extend(fact.fact.owners.iter().map(|claim| (*claim, evidence)));
    }
    stated.extend(registry_claims(rows, snapshot));
    let mut claims: Vec<Claim> = stated
        .into_iter()
        .filter_map(|(claim, evidence)| {
            let resolved = (*resolved
                .entry(claim.text)
                .or_insert_with(|| roster.resolve(claim.text, snapshot)))?;
            Some(Claim {
                written: claim.text,
                basis: claim.basis,
                resolved,
                evidence,
            })
        })
        .collect();
    let order = |claim: &Claim| {
        let made = counts_before(claim.evidence.file, snapshot);
        (rank(claim.resolved.state), claim.basis, made)
    };
    let text = |claim: &Claim| snapshot.strings.get(claim.resolved.text);
    claims.sort_by(|a, b| {
        (order(a).cmp(&order(b)))
            .then_with(|| text(a).cmp(text(b)))
            .then_with(|| a.evidence.cmp(&b.evidence))
    });
    claims
}

/// The registry's own claims: the owner of the first matching row, or its team where it names no owner.
fn registry_claims(rows: &[usize], snapshot: &Snapshot) -> Vec<(OwnerClaim, Evidence)> {
    let registry_file = snapshot
        .files
        .iter()
        .position(|file| file.connector == Some("registry_csv"));
    let file = FileId(registry_file.unwrap_or_default() as u32);
    let rows = rows.iter().map(|&row| &snapshot.registry[row]);
    rows.filter_map(|row| {
        let text = row.owner.or(row.team)?;
        Some((
            OwnerClaim {
                text,
                basis: OwnerBasis::Registry,
            },
            Evidence { file, place: row.place },
        ))
    })
    .take(1)
    .collect()
}

/// A person and their team do not contradict each other.
fn same(a: &Resolved, b: &Resolved, strings: &Strings) -> bool {
    a.text == b.text
        || (a.team.is_some() && a.team == b.team)
        || strings.get(a.text).eq_ignore_ascii_case(strings.get(b.text))
}

fn rank(state: OwnerState) -> u8 {
    match state {
        OwnerState::Active | OwnerState::Recorded => 0,
        OwnerState::Unresolved => 1,
        OwnerState::Left => 2,
        OwnerState::Absent => 3,
    }
}
