//! How far Kubernetes identities reach altogether.
//!
//! What each role gives is seen once, as a set of bits over the needs of the catalogue.

use hashbrown::HashMap;

use super::evaluate::{Bound, bound, covers, definitions, is_master, namespace_of};
use crate::access::decision::{Dependency, Holds, Outcome, Reason, Says};
use crate::access::escalation::kubernetes::{CLUSTER_WIDE, KUBERNETES};
use crate::access::escalation::{Escalation, EscalationPath, Gives, Need, On, Through};
use crate::access::index::Index;
use crate::access::standing::{Granted, Power, Tier};
use crate::model::access_policy::{AccessPolicy, KubernetesRule, Privilege};
use crate::model::credential::CredentialKind;
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::snapshot::{Grant, Identity, IdentityId, Snapshot, SourceId};
use crate::model::strings::{Strings, Sym};

/// The group that the API server lets do everything.
const MASTERS: &str = "system:masters";

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
                // Also what everybody of the cluster is given.
                if bound.grant.privilege == Some(Privilege::Administrator) {
                    granted.is_administrator = Holds::Yes;
                }
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
                let met = self.met(path, &bounds, *scope, (snapshot, id), index)?;
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

    /// How all needs of a row are met in one namespace, or in the whole cluster.
    fn met<'s>(
        &self,
        path: &EscalationPath,
        bounds: &[(Bound<'_>, Sight)],
        scope: Option<&str>,
        (snapshot, id): (&'s Snapshot, IdentityId),
        index: &Index,
    ) -> Option<Met<'s>> {
        let mut all = Met {
            holds: Holds::Yes,
            proof: Vec::new(),
            of: None,
        };
        for need in path.needs {
            let at = self.needs.iter().position(|other| *other == need)?;
            let is_cluster_wide =
                need.action != "bind" && matches!(need.on, On::Some(resource) if CLUSTER_WIDE.contains(&resource));
            let reaches = |bound: &Bound<'_>| match bound.namespace {
                None => true,
                namespace => namespace == scope && !is_cluster_wide,
            };
            let bit = 1 << at;
            let meeting = bounds
                .iter()
                .filter(|(bound, sight)| reaches(bound) && (sight.meets | sight.meets_for_names) & bit != 0);
            let for_all = meeting.clone().find(|(_, sight)| sight.meets & bit != 0);
            let (bound, _) = for_all.or_else(|| meeting.clone().next())?;
            if for_all.is_none() {
                let names = meeting.flat_map(|(bound, _)| names(bound, need, snapshot, index));
                let names: Vec<&str> = names.collect();
                let holds = self.holds_for(need, &names, scope, (snapshot, id), index);
                if holds == Holds::No {
                    return None;
                }
                all.holds = all.holds.min(holds);
                if matches!(path.gives, Gives::Another(_) | Gives::ServiceAccount) && path.needs.len() == 1 {
                    all.of = Some(names);
                }
            }
            all.proof.extend(reason(bound, need, snapshot, index));
        }
        all.proof.dedup();
        Some(all)
    }

    /// How surely a need is met that is met for these names alone.
    fn holds_for(
        &self,
        need: &Need,
        names: &[&str],
        scope: Option<&str>,
        (snapshot, id): (&Snapshot, IdentityId),
        index: &Index,
    ) -> Holds {
        let On::Some(resource) = need.on else {
            return Holds::Maybe;
        };
        let each = |name: &&str| match (need.action, resource) {
            ("bind", _) => {
                let source = &snapshot.source(snapshot.identity(id).source).name;
                let role = match (resource.starts_with("roles."), scope) {
                    (true, Some(namespace)) => format!("{source}/Role/{namespace}/{name}"),
                    (true, None) => return Holds::Maybe,
                    (false, _) => format!("{source}/ClusterRole/{name}"),
                };
                self.leads_to_everything(name, &role, snapshot, index)
            }
            ("approve", _) => match *name {
                "kubernetes.io/kube-apiserver-client" | "kubernetes.io/*" => Holds::Yes,
                // What they sign lets nobody in as a client.
                "kubernetes.io/kubelet-serving" => Holds::No,
                // Those of nodes, and an old one that signs anything.
                name => Holds::Maybe.min(Holds::of(name.starts_with("kubernetes.io/"))),
            },
            ("impersonate", "groups") if *name == MASTERS => Holds::Yes,
            // With the group comes any user; and whoever speaks as one is looked for by name.
            ("impersonate", "users" | "serviceaccounts") => Holds::Yes,
            ("create", "serviceaccounts/token") => Holds::Yes,
            _ => Holds::Maybe,
        };
        names.iter().map(each).max().unwrap_or_default()
    }

    /// Whether who binds a role to itself has everything: for certain, where the role gives that; perhaps, where it gives
    /// something that the catalogue knows.
    fn leads_to_everything(&self, name: &str, role: &str, snapshot: &Snapshot, index: &Index) -> Holds {
        let strings = &snapshot.strings;
        let defined = strings.find(role).map(|role| definitions(snapshot, index, role));
        let defined = defined.unwrap_or_default();
        if defined.is_empty() {
            return match name {
                "cluster-admin" => Holds::Yes,
                // Kubernetes' own, which reads no secrets.
                "view" => Holds::No,
                _ => Holds::Maybe,
            };
        }
        let rules = || {
            defined.iter().filter_map(|policy| match &policy.document {
                AccessPolicy::Kubernetes { rules, .. } => Some(rules),
                AccessPolicy::Aws(_)
                | AccessPolicy::Vault(_)
                | AccessPolicy::Azure { .. }
                | AccessPolicy::Permissions(_) => None,
            })
        };
        if rules().any(|rules| super::privilege(rules, strings) == Privilege::Administrator) {
            return Holds::Yes;
        }
        let is_needed = |rule: &KubernetesRule| self.needs.iter().any(|need| meets(rule, need, strings));
        Holds::Maybe.min(Holds::of(rules().flatten().any(is_needed)))
    }
}

/// How the needs of a row are met.
struct Met<'s> {
    /// For certain, or for names of which it is not known what they are.
    holds: Holds,
    proof: Vec<Reason>,
    /// The names of those whose power it gives, where it is not anybody's.
    of: Option<Vec<&'s str>>,
}

/// The names for which a binding meets a need, where it is for names alone.
fn names<'s>(bound: &Bound<'_>, need: &Need, snapshot: &'s Snapshot, index: &Index) -> Vec<&'s str> {
    let strings = &snapshot.strings;
    let rules = definitions(snapshot, index, role_of(bound))
        .into_iter()
        .flat_map(|policy| match &policy.document {
            AccessPolicy::Kubernetes { rules, .. } => rules.as_slice(),
            AccessPolicy::Aws(_)
            | AccessPolicy::Vault(_)
            | AccessPolicy::Azure { .. }
            | AccessPolicy::Permissions(_) => &[],
        });
    let meeting = rules.filter(|rule| meets(rule, need, strings));
    meeting
        .flat_map(|rule| &rule.resource_names)
        .map(|name| strings.get(*name))
        .collect()
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
    // What is created has no name yet when it is asked for.
    let is_for_names = !rule.resource_names.is_empty() && subresource.is_none();
    let has_verb = |verb: &str| has(&rule.verbs, verb) && !(is_for_names && verb == "create");
    need.action.split('|').any(has_verb)
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

/// Who has power, the surest first: service accounts of each cluster and of each of its namespaces, and users of each
/// cluster.
#[derive(Debug, Default)]
pub struct Targets {
    strong: HashMap<(SourceId, Option<Sym>), Vec<Strong>>,
    users: HashMap<SourceId, Vec<Strong>>,
    /// Grants that give everything to users whom no export lists, as indices, those of the whole cluster first.
    unlisted: HashMap<SourceId, Vec<u32>>,
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
            if power[at] == Holds::No || !is_kubernetes(identity, snapshot) {
                continue;
            }
            let mut handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
            let is_account = handles.any(|handle| handle.kind == HandleKind::KubernetesServiceAccount);
            let strong = Strong {
                id,
                runs: runs.get(&id).copied().unwrap_or_default(),
                has_stored_token: (snapshot.credentials_of(identity))
                    .any(|(_, credential)| credential.kind == CredentialKind::Token),
            };
            if !is_account {
                targets.users.entry(identity.source).or_default().push(strong);
                continue;
            }
            let mut add = |namespace| {
                let of_place = targets.strong.entry((identity.source, namespace)).or_default();
                of_place.push(strong);
            };
            add(None);
            if identity.account.is_some() {
                add(identity.account);
            }
        }
        for (at, grant) in (0..).zip(&snapshot.grants) {
            let is_users =
                matches!(grant.subject, Principal::Identity(user) if user.kind == HandleKind::KubernetesUser);
            if is_users && grant.identity.is_none() && grant.privilege == Some(Privilege::Administrator) {
                let source = snapshot.file(grant.evidence.file).source;
                targets.unlisted.entry(source).or_default().push(at);
            }
        }
        for grants in targets.unlisted.values_mut() {
            grants.sort_by_key(|at| namespace_of(&snapshot.grants[*at as usize], snapshot).is_some());
        }
        for of_place in targets.strong.values_mut().chain(targets.users.values_mut()) {
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
    mut met: Met<'_>,
    scope: Option<&str>,
    (snapshot, id): (&Snapshot, IdentityId),
    targets: &Targets,
    power: &Power,
) -> Option<Escalation> {
    let source = snapshot.identity(id).source;
    let others = match path.gives {
        Gives::Another(_) => targets.users.get(&source).map_or(&[][..], Vec::as_slice),
        _ => targets.of(source, scope, &snapshot.strings),
    };
    let is_meant = |strong: &Strong| match &met.of {
        Some(names) => is_named(snapshot.identity(strong.id), names, snapshot),
        None => true,
    };
    let strong = |least: Holds| {
        others.iter().find(|strong| {
            strong.id != id
                && strong.runs >= least
                && (path.gives != Gives::StoredToken || strong.has_stored_token)
                && is_meant(strong)
        })
    };
    let strong = match path.gives {
        Gives::RunningServiceAccount => strong(Holds::Yes).or_else(|| strong(Holds::Maybe)),
        _ => strong(Holds::No),
    };
    let mut within = scope;
    let mut depends_on = Vec::new();
    if met.holds == Holds::Maybe {
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
        Gives::Another(_) if strong.is_none() => {
            let mut unlisted = targets.unlisted.get(&source)?.iter();
            let at = *unlisted.find(|at| is_bound_to(&snapshot.grants[**at as usize], &met, (snapshot, source)))?;
            let grant = &snapshot.grants[at as usize];
            met.proof.push(Reason::of_grant(at, grant));
            within = namespace_of(grant, snapshot);
            None
        }
        Gives::Another(_)
        | Gives::ServiceAccount
        | Gives::ServiceAccountOrNode
        | Gives::RunningServiceAccount
        | Gives::StoredToken => {
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
        Gives::Written(_)
        | Gives::RoleOf(_)
        | Gives::RoleOfSome { .. }
        | Gives::OlderVersion
        | Gives::RoleOfGroup
        | Gives::AnyPolicy => {
            return None;
        }
    };
    Some(Escalation {
        path,
        outcome: match depends_on.is_empty() {
            true => Outcome::Allowed,
            false => Outcome::DependsOn,
        },
        through,
        within: within.and_then(|namespace| snapshot.strings.find(namespace)),
        proof: met.proof,
        depends_on,
    })
}

/// Whether a grant is to a user whom a row is about.
fn is_bound_to(grant: &Grant, met: &Met<'_>, (snapshot, source): (&Snapshot, SourceId)) -> bool {
    match (&met.of, grant.subject) {
        (Some(names), Principal::Identity(user)) => {
            user_name(user, snapshot, source).is_some_and(|name| names.contains(&name))
        }
        (None, _) => true,
        (Some(_), _) => false,
    }
}

/// A user's own name: what follows the source, in which anything may stand.
fn user_name(user: Handle, snapshot: &Snapshot, source: SourceId) -> Option<&str> {
    let text = snapshot.strings.get(user.text);
    text.strip_prefix(snapshot.source(source).name.as_str())?
        .strip_prefix('/')
}

/// Whether an identity is called by one of these names.
fn is_named(identity: &Identity, names: &[&str], snapshot: &Snapshot) -> bool {
    let mut handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
    handles.any(|handle| {
        let name = match handle.kind {
            HandleKind::KubernetesServiceAccount => snapshot.strings.get(handle.text).rsplit('/').next(),
            HandleKind::KubernetesUser => user_name(*handle, snapshot, identity.source),
            _ => None,
        };
        name.is_some_and(|name| names.contains(&name))
    })
}
