//! How far Kubernetes identities reach altogether.
//!
//! What each role gives is seen once, as a set of bits over the needs of the catalogue.

use hashbrown::HashMap;

use super::evaluate::{Bound, bound, covers, definitions, is_master};
use crate::access::decision::{Dependency, Holds, Outcome, Reason, Says};
use crate::access::escalation::kubernetes::{CLUSTER_WIDE, KUBERNETES};
use crate::access::escalation::{Escalation, EscalationPath, Gives, Need, On, Through};
use crate::access::index::Index;
use crate::access::standing::{Granted, Power, Tier};
use crate::model::access_policy::{AccessPolicy, KubernetesRule};
use crate::model::credential::CredentialKind;
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::principal::HandleKind;
use crate::model::snapshot::{Identity, IdentityId, Snapshot, SourceId};
use crate::model::strings::{Strings, Sym};

const NODE: Dependency = Dependency::Export("whether admission lets pods reach their node");

/// Verbs that only look.
const READING: &[&str] = &["get", "list", "watch"];

/// Whether an identity is one of Kubernetes.
pub fn is_kubernetes(identity: &Identity, snapshot: &Snapshot) -> bool {
    let mut handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
    handles.any(|handle| {
        matches!(
            handle.kind,
            HandleKind::KubernetesServiceAccount | HandleKind::KubernetesUser
        )
    })
}

/// The Kubernetes identities of a snapshot, by what they are given.
#[derive(Debug, Default)]
pub struct Clusters {
    needs: Vec<&'static Need>,
    /// By role.
    sights: HashMap<Sym, Sight>,
    /// Those that are given something which the catalogue knows.
    members: Vec<IdentityId>,
}

/// What a role gives, seen from afar.
#[derive(Clone, Copy, Debug, Default)]
struct Sight {
    /// Which needs it meets for every name, and for some names only.
    meets: u64,
    meets_for_names: u64,
    data: Tier,
    is_undefined: bool,
}

impl Clusters {
    /// Finds what each Kubernetes identity is given, and writes it into `granted_to`.
    pub fn new(snapshot: &Snapshot, index: &Index, granted_to: &mut [Granted]) -> Self {
        let mut clusters = Self::default();
        for need in KUBERNETES.iter().flat_map(|row| row.needs) {
            if !clusters.needs.contains(&need) {
                clusters.needs.push(need);
            }
        }
        for (at, identity) in snapshot.identities.iter().enumerate() {
            if !is_kubernetes(identity, snapshot) {
                continue;
            }
            let id = IdentityId(at as u32);
            let granted = &mut granted_to[at];
            granted.is_catalogued = true;
            granted.data = Tier::Nothing;
            let mut meets = 0;
            for bound in bound(snapshot, index, id) {
                let sight = clusters.sight(snapshot, index, role_of(&bound));
                granted.data = granted.data.max(sight.data);
                granted.is_catalogued &= !sight.is_undefined;
                meets |= sight.meets | sight.meets_for_names;
            }
            if meets != 0 {
                clusters.members.push(id);
            }
            granted.data_at_most = match granted.is_catalogued {
                true => granted.data,
                false => Tier::SensitiveData,
            };
            if is_master(snapshot, id) {
                granted.is_administrator = Holds::Yes;
            }
        }
        clusters
    }

    fn sight(&mut self, snapshot: &Snapshot, index: &Index, role: Sym) -> Sight {
        if let Some(sight) = self.sights.get(&role) {
            return *sight;
        }
        let strings = &snapshot.strings;
        let mut sight = Sight::default();
        let defined = definitions(snapshot, index, role);
        // `cluster-admin` is known without its rules, and is told by the grant.
        sight.is_undefined = defined.is_empty() && !strings.get(role).ends_with("/ClusterRole/cluster-admin");
        for policy in defined {
            let AccessPolicy::Kubernetes { rules, .. } = &policy.document else {
                continue;
            };
            for rule in rules {
                for (at, need) in self.needs.iter().enumerate() {
                    if meets(rule, need, strings) {
                        match rule.resource_names.is_empty() {
                            true => sight.meets |= 1 << at,
                            false => sight.meets_for_names |= 1 << at,
                        }
                    }
                }
                sight.data = sight.data.max(data(rule, strings));
            }
        }
        self.sights.insert(role, sight);
        sight
    }

    /// Who has a way up by a row of the catalogue, when others have this power.
    pub fn ways_up(
        &self,
        snapshot: &Snapshot,
        index: &Index,
        power: &Power,
        rounds: &[u32],
    ) -> Vec<(IdentityId, Holds)> {
        let targets = Targets::new(snapshot, power, rounds);
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
        let bounds: Vec<(Bound<'_>, Sight)> = bound(snapshot, index, id)
            .map(|bound| {
                let sight = self.sights.get(&role_of(&bound)).copied().unwrap_or_default();
                (bound, sight)
            })
            .filter(|(_, sight)| sight.meets | sight.meets_for_names != 0)
            .collect();
        if bounds.is_empty() {
            return Vec::new();
        }
        let mut scopes: Vec<Option<&str>> = bounds.iter().map(|(bound, _)| bound.namespace).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut found = Vec::new();
        for path in KUBERNETES {
            let ways = scopes.iter().filter_map(|scope| {
                let met = self.met(path, &bounds, *scope, snapshot, index)?;
                escalation(path, met, *scope, (snapshot, id), targets, power)
            });
            // The whole cluster comes first, and then what is surest.
            let mut best: Option<Escalation> = None;
            for way in ways {
                if best.as_ref().is_none_or(|best| way.outcome > best.outcome) {
                    best = Some(way);
                }
            }
            found.extend(best);
        }
        found
    }

    /// Whether all needs of a row are met in one namespace, or in the whole cluster: for certain, or for some names.
    fn met(
        &self,
        path: &EscalationPath,
        bounds: &[(Bound<'_>, Sight)],
        scope: Option<&str>,
        snapshot: &Snapshot,
        index: &Index,
    ) -> Option<(Holds, Vec<Reason>)> {
        let mut all = Holds::Yes;
        let mut proof = Vec::new();
        for need in path.needs {
            let at = self.needs.iter().position(|other| *other == need)?;
            let is_cluster_wide =
                need.action != "bind" && matches!(need.on, On::Some(resource) if CLUSTER_WIDE.contains(&resource));
            let reaches = |bound: &Bound<'_>| match bound.namespace {
                None => true,
                namespace => namespace == scope && !is_cluster_wide,
            };
            let mut best: Option<(Holds, &Bound<'_>)> = None;
            for (bound, sight) in bounds.iter().filter(|(bound, _)| reaches(bound)) {
                let holds = match (sight.meets & (1 << at) != 0, sight.meets_for_names & (1 << at) != 0) {
                    (true, _) => Holds::Yes,
                    (false, true) => Holds::Maybe,
                    (false, false) => continue,
                };
                if best.is_none_or(|(best, _)| holds > best) {
                    best = Some((holds, bound));
                }
            }
            let (holds, bound) = best?;
            all = all.min(holds);
            proof.extend(reason(bound, need, snapshot, index));
        }
        proof.dedup();
        Some((all, proof))
    }
}

/// The rule by which a binding meets a need.
fn reason(bound: &Bound<'_>, need: &Need, snapshot: &Snapshot, index: &Index) -> Option<Reason> {
    let strings = &snapshot.strings;
    let mut meeting = definitions(snapshot, index, role_of(bound))
        .into_iter()
        .filter_map(|policy| {
            let AccessPolicy::Kubernetes { rules, .. } = &policy.document else {
                return None;
            };
            let at = rules.iter().position(|rule| meets(rule, need, strings))?;
            Some((policy, at))
        });
    let (policy, at) = meeting.next()?;
    Some(Reason {
        says: Says::Allows,
        name: policy.name,
        statement: u32::try_from(at).ok(),
        grant: Some(bound.index),
        evidence: policy.evidence,
    })
}

fn role_of(bound: &Bound<'_>) -> Sym {
    bound.grant.policy.unwrap_or(bound.grant.role)
}

/// Whether a rule meets a need, for some name at least.
fn meets(rule: &KubernetesRule, need: &Need, strings: &Strings) -> bool {
    let On::Some(resource) = need.on else { return false };
    let (resource, subresource) = match resource.split_once('/') {
        Some((resource, subresource)) => (resource, Some(subresource)),
        None => (resource, None),
    };
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let has = |list: &[Sym], text: &str| {
        list.iter()
            .any(|sym| matches!(strings.get(*sym), "*") || strings.get(*sym) == text)
    };
    need.action.split('|').any(|verb| has(&rule.verbs, verb))
        && has(&rule.api_groups, group)
        && rule
            .resources
            .iter()
            .any(|sym| covers(strings.get(*sym), resource, subresource))
}

fn data(rule: &KubernetesRule, strings: &Strings) -> Tier {
    let reads = |sym: &Sym| READING.contains(&strings.get(*sym));
    let is_core = rule.api_groups.iter().any(|sym| matches!(strings.get(*sym), "" | "*"));
    let has_secrets = rule
        .resources
        .iter()
        .any(|sym| matches!(strings.get(*sym), "secrets" | "*"));
    let looks = rule.verbs.iter().any(|sym| reads(sym) || strings.get(*sym) == "*");
    if is_core && has_secrets && looks {
        Tier::SensitiveData
    } else if rule.resources.is_empty() || rule.verbs.iter().all(reads) {
        Tier::Read
    } else {
        Tier::Write
    }
}

/// Service accounts that have power, the surest first: of each cluster, and of each of its namespaces.
#[derive(Debug, Default)]
pub struct Targets {
    strong: HashMap<(SourceId, Option<Sym>), Vec<Strong>>,
}

#[derive(Clone, Copy, Debug)]
struct Strong {
    id: IdentityId,
    runs: Holds,
    has_stored_token: bool,
}

impl Targets {
    /// `rounds` are those of [`Standing::round`](crate::access::standing::Standing::round).
    pub fn new(snapshot: &Snapshot, power: &Power, rounds: &[u32]) -> Self {
        let mut runs: HashMap<IdentityId, Holds> = HashMap::new();
        for trust in snapshot.trusts.iter().filter(|trust| trust.kind == TrustKind::RunsAs) {
            if let Some(target) = trust.target_identity {
                let holds = match trust.guard {
                    Some(TrustGuard::Open) => Holds::Yes,
                    // Without its token mounted, there is nothing to act with.
                    Some(TrustGuard::ExternalId | TrustGuard::SubjectOrAudience | TrustGuard::OtherCondition) => {
                        Holds::No
                    }
                    // It was seen to run so, and nothing tells with what.
                    None => Holds::Maybe,
                };
                let known = runs.entry(target).or_default();
                *known = (*known).max(holds);
            }
        }
        let mut targets = Self::default();
        for (at, identity) in snapshot.identities.iter().enumerate() {
            let id = IdentityId(at as u32);
            let mut handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
            let is_account = handles.any(|handle| handle.kind == HandleKind::KubernetesServiceAccount);
            if power[at] == Holds::No || !is_account {
                continue;
            }
            let strong = Strong {
                id,
                runs: runs.get(&id).copied().unwrap_or_default(),
                has_stored_token: (snapshot.credentials_of(identity))
                    .any(|(_, credential)| credential.kind == CredentialKind::Token),
            };
            let mut add = |namespace| {
                let of_place = targets.strong.entry((identity.source, namespace)).or_default();
                of_place.push(strong);
            };
            add(None);
            if identity.account.is_some() {
                add(identity.account);
            }
        }
        for of_place in targets.strong.values_mut() {
            of_place.sort_by_key(|strong| {
                let at = strong.id.0 as usize;
                (std::cmp::Reverse(power[at]), rounds[at], strong.id)
            });
        }
        targets
    }

    /// Those of a cluster, or of one of its namespaces.
    fn of(&self, source: SourceId, scope: Option<&str>, strings: &Strings) -> &[Strong] {
        let place = match scope {
            Some(namespace) => strings.find(namespace).map(Some),
            None => Some(None),
        };
        let strong = place.and_then(|place| self.strong.get(&(source, place)));
        strong.map_or(&[], Vec::as_slice)
    }
}

fn escalation(
    path: &'static EscalationPath,
    (met, proof): (Holds, Vec<Reason>),
    scope: Option<&str>,
    (snapshot, id): (&Snapshot, IdentityId),
    targets: &Targets,
    power: &Power,
) -> Option<Escalation> {
    let source = snapshot.identity(id).source;
    let strong = |least: Holds| {
        targets.of(source, scope, &snapshot.strings).iter().find(|strong| {
            strong.id != id && strong.runs >= least && (path.gives != Gives::StoredToken || strong.has_stored_token)
        })
    };
    let strong = match path.gives {
        Gives::RunningServiceAccount => strong(Holds::Yes).or_else(|| strong(Holds::Maybe)),
        _ => strong(Holds::No),
    };
    let mut depends_on = Vec::new();
    if met == Holds::Maybe {
        depends_on.push(Dependency::Export("what the objects are that the rule names"));
    }
    let through = match path.gives {
        Gives::Everything => None,
        Gives::Node => {
            depends_on.push(NODE);
            None
        }
        Gives::ServiceAccountOrNode if strong.is_none() => {
            depends_on.push(NODE);
            None
        }
        Gives::ServiceAccount | Gives::ServiceAccountOrNode | Gives::RunningServiceAccount | Gives::StoredToken => {
            let strong = strong?;
            if path.gives == Gives::RunningServiceAccount && strong.runs == Holds::Maybe {
                depends_on.push(Dependency::Export("whether its token is mounted"));
            }
            if power[strong.id.0 as usize] == Holds::Maybe {
                depends_on.push(Dependency::Power(strong.id));
            }
            Some(Through::Identity(strong.id))
        }
        // Other platforms'.
        Gives::Another(_)
        | Gives::Written(_)
        | Gives::RoleOf(_)
        | Gives::RoleOfSome { .. }
        | Gives::OlderVersion
        | Gives::RoleOfGroup => return None,
    };
    Some(Escalation {
        path,
        outcome: match depends_on.is_empty() {
            true => Outcome::Allowed,
            false => Outcome::DependsOn,
        },
        through,
        within: scope.and_then(|namespace| snapshot.strings.find(namespace)),
        proof,
        depends_on,
    })
}
