//! Who can run something as a managed identity that has power, by roles on Azure's resources.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::evaluate::{is_azure, manage, may_allow};
use crate::access::decision::{Decision, Dependency, Holds, Outcome};
use crate::access::escalation::azure::{AZURE, IDENTITIES, TYPES};
use crate::access::escalation::{Escalation, EscalationPath, Need, On, Through};
use crate::access::index::Index;
use crate::access::standing::Power;
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::principal::{HandleKind, Principal};
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::Sym;

/// How many managed identities of a scope are tried, where denials take the way to the first.
const MAX_TRIED: usize = 16;

/// Where managed identities lie, and who has roles that matter there.
#[derive(Debug, Default)]
pub struct Managed {
    /// Of each managed identity, what it is as a resource and what runs as it.
    places: Vec<Place>,
    /// Which needs of the catalogue a role may meet, as bits in its order.
    meets: HashMap<Sym, u64>,
    members: Vec<IdentityId>,
}

#[derive(Debug)]
struct Place {
    id: IdentityId,
    /// In lower case.
    resource: String,
    of_type: usize,
    holds: Holds,
}

impl Managed {
    pub fn new(snapshot: &Snapshot, index: &Index) -> Self {
        let mut managed = Self {
            places: places(snapshot),
            ..Self::default()
        };
        if managed.places.is_empty() {
            return managed;
        }
        for (at, identity) in snapshot.identities.iter().enumerate() {
            let mut met = 0;
            for grant in snapshot.grants_of(identity) {
                let scope = snapshot.strings.get_or_empty(grant.resource);
                if is_azure(snapshot, grant, scope) {
                    let policy = grant.policy.unwrap_or(grant.role);
                    let bits = managed.meets.entry(policy).or_insert_with(|| {
                        let allows =
                            |need: &Need| (need.action.split('|')).any(|word| may_allow(snapshot, index, grant, word));
                        let needs = (0..).zip(needs()).filter(|(_, need)| allows(need));
                        needs.fold(0, |bits, (at, _)| bits | 1 << at)
                    });
                    met |= *bits;
                }
            }
            let is_fulfilled = |path: &EscalationPath| {
                let mut of_path = (0..).zip(needs()).filter(|(_, need)| path.needs.contains(need));
                of_path.all(|(at, _)| met & (1 << at) != 0)
            };
            if met != 0 && AZURE.iter().any(is_fulfilled) {
                managed.members.push(IdentityId(at as u32));
            }
        }
        managed
    }

    /// Who has a way up by a row of the catalogue, when others have this power.
    pub fn ways_up(
        &self,
        snapshot: &Snapshot,
        index: &Index,
        power: &Power,
        rounds: &[u32],
    ) -> Vec<(IdentityId, Holds)> {
        let targets = Targets::new(self, power, rounds);
        let mut found = Vec::new();
        for &id in &self.members {
            if power[id.0 as usize] < Holds::Yes {
                let ways = self.escalations(snapshot, index, id, &targets, power);
                let surest = ways.iter().map(|way| way.outcome.holds()).max();
                found.extend(surest.map(|holds| (id, holds)));
            }
        }
        found
    }

    /// The rows of the catalogue that an identity fulfils.
    pub fn escalations(
        &self,
        snapshot: &Snapshot,
        index: &Index,
        id: IdentityId,
        targets: &Targets,
        power: &Power,
    ) -> Vec<Escalation> {
        if self.members.binary_search(&id).is_err() {
            return Vec::new();
        }
        let grants = snapshot.grants_of(snapshot.identity(id));
        let mut scopes: Vec<&str> = grants
            .filter(|grant| {
                self.meets
                    .get(&grant.policy.unwrap_or(grant.role))
                    .is_some_and(|met| *met != 0)
            })
            .map(|grant| snapshot.strings.get_or_empty(grant.resource))
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut found = Vec::new();
        for path in AZURE {
            let Some(of_type) = type_of(path) else { continue };
            let through = scopes
                .iter()
                .flat_map(|scope| targets.of(scope, of_type).iter().take(MAX_TRIED));
            let mut best: Option<Escalation> = None;
            for place in through.map(|at| &self.places[*at]).filter(|place| place.id != id) {
                let way = self.way(path, (snapshot, index, id), &scopes, place, power);
                if let Some(way) = way
                    && best.as_ref().is_none_or(|best| way.outcome > best.outcome)
                {
                    best = Some(way);
                }
                if best.as_ref().is_some_and(|best| best.outcome == Outcome::Allowed) {
                    break;
                }
            }
            found.extend(best);
        }
        found
    }

    fn way(
        &self,
        path: &'static EscalationPath,
        (snapshot, index, id): (&Snapshot, &Index, IdentityId),
        scopes: &[&str],
        place: &Place,
        power: &Power,
    ) -> Option<Escalation> {
        let mut met = Decision::allowed(Vec::new(), &[]);
        for need in path.needs {
            let on: &[&str] = match need.on {
                On::Some("*") => scopes,
                _ => &[place.resource.as_str()],
            };
            let asked = on.iter().flat_map(|resource| {
                let words = need.action.split('|');
                words.map(move |word| manage(snapshot, index, id, word, resource))
            });
            // A role that no export defines is no way up, but a question of its own.
            let is_defined =
                |decision: &Decision| !decision.depends_on.iter().any(|on| matches!(on, Dependency::Policy(_)));
            let asked = asked.filter(|decision| decision.outcome > Outcome::Denied && is_defined(decision));
            let best = asked.reduce(|best, next| if next.outcome > best.outcome { next } else { best })?;
            met.proof.extend(best.proof);
            met.depends_on.extend(best.depends_on);
        }
        if place.holds == Holds::Maybe {
            met.depends_on
                .push(Dependency::Export("whether it runs as the managed identity"));
        }
        if power[place.id.0 as usize] == Holds::Maybe {
            met.depends_on.push(Dependency::Power(place.id));
        }
        met.proof.dedup();
        met.depends_on.sort_unstable();
        met.depends_on.dedup();
        Some(Escalation {
            path,
            outcome: match met.depends_on.is_empty() {
                true => Outcome::Allowed,
                false => Outcome::DependsOn,
            },
            through: Some(Through::Identity(place.id)),
            within: None,
            proof: met.proof,
            depends_on: met.depends_on,
        })
    }
}

fn needs() -> impl Iterator<Item = &'static Need> {
    AZURE.iter().flat_map(|path| path.needs)
}

/// The type of resource through which a row works.
fn type_of(path: &EscalationPath) -> Option<usize> {
    let of_need = |need: &Need| match need.on {
        On::Some(on) => TYPES.iter().position(|known| *known == on),
        On::Itself | On::ItsGroup | On::ItsPolicy => None,
    };
    path.needs.iter().find_map(of_need)
}

fn places(snapshot: &Snapshot) -> Vec<Place> {
    let mut places = Vec::new();
    let mut add = |id: IdentityId, resource: &str, holds: Holds| {
        let resource = resource.to_ascii_lowercase();
        let of_type = TYPES.iter().position(|known| {
            let (_, rest) = resource.split_once("/providers/").unwrap_or_default();
            rest.strip_prefix(known).is_some_and(|rest| rest.starts_with('/'))
        });
        places.extend(of_type.map(|of_type| Place {
            id,
            resource,
            of_type,
            holds,
        }));
    };
    for (at, identity) in snapshot.identities.iter().enumerate() {
        let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
        let mut local = handles.filter(|handle| handle.kind == HandleKind::Local);
        let own = local.find_map(|handle| snapshot.strings.get(handle.text).strip_prefix("azure"));
        if let Some(own) = own.filter(|own| own.contains(IDENTITIES)) {
            add(IdentityId(at as u32), own, Holds::Yes);
        }
    }
    for trust in snapshot.trusts.iter().filter(|trust| trust.kind == TrustKind::RunsAs) {
        if let (Principal::Workload(workload), Some(target)) = (trust.actor, trust.target_identity) {
            let resource = snapshot.strings.get(workload);
            let holds = match trust.guard {
                Some(TrustGuard::Open) => Holds::Yes,
                _ => Holds::Maybe,
            };
            if resource.starts_with('/') {
                add(target, resource, holds);
            }
        }
    }
    places
}

/// Places of managed identities that have power, by every scope that they lie in and by type; the surest first.
#[derive(Debug, Default)]
pub struct Targets {
    in_scope: HashMap<String, Vec<usize>>,
    everywhere: [Vec<usize>; TYPES.len()],
}

impl Targets {
    /// `rounds` are those of [`Standing::round`](crate::access::standing::Standing::round).
    pub fn new(managed: &Managed, power: &Power, rounds: &[u32]) -> Self {
        let mut strong: Vec<usize> = (0..managed.places.len()).collect();
        strong.retain(|at| power[managed.places[*at].id.0 as usize] > Holds::No);
        strong.sort_by_key(|at| {
            let place = &managed.places[*at];
            let of = place.id.0 as usize;
            (Reverse(power[of]), Reverse(place.holds), rounds[of], place.id)
        });
        let mut targets = Self::default();
        for at in strong {
            let Place { resource, of_type, .. } = &managed.places[at];
            targets.everywhere[*of_type].push(at);
            let ends = resource.match_indices('/').map(|(end, _)| end).skip(1);
            for end in ends.chain([resource.len()]) {
                let scope = format!("{of_type}{}", &resource[..end]);
                targets.in_scope.entry(scope).or_default().push(at);
            }
        }
        targets
    }

    /// Those below a scope, as indices. What lies below management groups, no export tells: it may be all.
    fn of(&self, scope: &str, of_type: usize) -> &[usize] {
        let scope = scope.trim_end_matches('/').to_ascii_lowercase();
        match scope.starts_with("/subscriptions/") {
            true => self
                .in_scope
                .get(&format!("{of_type}{scope}"))
                .map_or(&[], Vec::as_slice),
            false => &self.everywhere[of_type],
        }
    }
}
