//! Snapshot → graph, in one pass over its lists.

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::Graph;
use super::adjacency::{Adjacency, Edge, NodeId};
use super::node::{Given, Node, Scope, store};
use crate::access::Access;
use crate::access::decision::{Dependency, Holds, Outcome};
use crate::access::escalation::{Escalation, Through};
use crate::access::kubernetes::standing::is_kubernetes;
use crate::access::named::Platform;
use crate::access::standing::is_aws;
use crate::access::vault::evaluate::has_policies;
use crate::model::access_policy::{AccessPolicy, Ceiling, Privilege};
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::identity::{IdentityKind, Status};
use crate::model::leak::Liveness;
use crate::model::principal::Principal;
use crate::model::relation::Relation;
use crate::model::snapshot::{CredentialId, Evidence, Grant, IdentityId, Snapshot, SourceId, Trust};
use crate::model::strings::Sym;

/// What connectors call the whole of a system where grants in it are on the whole or on a part.
const WHOLE: &str = "cluster";

pub fn build(snapshot: &Snapshot, access: &Access) -> Graph {
    let mut builder = Builder::new(snapshot, access);
    builder.credentials();
    builder.leaks();
    builder.memberships();
    builder.grants();
    builder.roots();
    builder.trusts();
    builder.assumed();
    builder.escalations();
    builder.contents();
    builder.owners_and_environments();
    builder.finish()
}

/// The place that keeps a credential's secret, when evidence of the credential comes from an export of such a place.
pub fn store_of(snapshot: &Snapshot, evidence: Evidence) -> Option<Node> {
    let file = snapshot.file(evidence.file);
    let connector = file.connector?;
    store(connector).map(|_| Node::Store(file.source, connector))
}

struct Builder<'s> {
    snapshot: &'s Snapshot,
    access: &'s Access,
    n_identities: u32,
    n_credentials: u32,
    /// The other nodes, in the order in which they were met.
    others: Vec<Node>,
    numbers: HashMap<Node, u32>,
    edges: Vec<Edge>,
    escalations: Vec<Escalation>,
    decided_otherwise: HashSet<(NodeId, u32)>,
    /// Ids of what exports define as a policy, in the words of the platform.
    policies: HashSet<Sym>,
    /// Sources by name, for roles and groups that are local to one.
    sources: HashMap<&'s str, SourceId>,
    whole: Option<Sym>,
    /// By identity: whether it has less than its groups.
    has_less: Vec<bool>,
}

impl<'s> Builder<'s> {
    fn new(snapshot: &'s Snapshot, access: &'s Access) -> Builder<'s> {
        let sources = snapshot.sources.iter().enumerate();
        Builder {
            snapshot,
            access,
            n_identities: snapshot.identities.len() as u32,
            n_credentials: snapshot.credentials.len() as u32,
            others: Vec::new(),
            numbers: HashMap::new(),
            edges: Vec::new(),
            escalations: Vec::new(),
            decided_otherwise: HashSet::new(),
            policies: snapshot
                .policies
                .iter()
                .filter(|fact| is_policy(&fact.document))
                .map(|fact| fact.id)
                .collect(),
            sources: sources
                .map(|(index, source)| (source.name.as_str(), SourceId(index as u32)))
                .collect(),
            whole: snapshot.strings.find(WHOLE),
            has_less: (0..snapshot.identities.len() as u32)
                .map(|index| has_less(snapshot, access, IdentityId(index)))
                .collect(),
        }
    }

    /// A credential signs in whoever holds it while it works; whoever holds it has it at any time.
    fn credentials(&mut self) {
        let mut first_with: HashMap<Sym, NodeId> = HashMap::new();
        for (index, credential) in self.snapshot.credentials.iter().enumerate() {
            let origin = index as u32;
            let node = self.number(Node::Credential(CredentialId(origin)));
            let works = credential.works(self.snapshot.as_of);
            for holder in &credential.holders {
                let identity = self.number(Node::Identity(*holder));
                self.edge(identity, Relation::Holds, node, origin);
                if works && self.snapshot.identity(*holder).status != Status::Disabled {
                    self.edge(node, Relation::Authenticates, identity, origin);
                }
            }
            let mut stores: SmallVec<[Node; 2]> = SmallVec::new();
            for place in &credential.evidence {
                if let Some(store) = store_of(self.snapshot, *place)
                    && !stores.contains(&store)
                {
                    stores.push(store);
                    let store = self.number(store);
                    self.edge(store, Relation::Keeps, node, origin);
                }
            }
            if let Some(fingerprint) = credential.fingerprint {
                let first = *first_with.entry(fingerprint).or_insert(node);
                if first != node {
                    self.edge(first, Relation::SameSecret, node, origin);
                    self.edge(node, Relation::SameSecret, first, origin);
                }
            }
        }
    }

    fn leaks(&mut self) {
        for (index, leak) in self.snapshot.leaks.iter().enumerate() {
            if leak.fact.liveness == Liveness::Dead {
                continue;
            }
            let credentials = leak.credentials.iter().map(|id| Node::Credential(*id));
            // Where the credential itself is in no export, the scanner's word on whose it is still leads somewhere.
            let is_known = !leak.credentials.is_empty();
            let identities = leak
                .identities
                .iter()
                .filter(|_| !is_known)
                .map(|id| Node::Identity(*id));
            for exposed in credentials.chain(identities) {
                let place = self.number(Node::Leak(leak.fact.found_in));
                let exposed = self.number(exposed);
                self.edge(place, Relation::Exposes, exposed, index as u32);
            }
        }
    }

    /// Who has less than its group is not made a member.
    fn memberships(&mut self) {
        for (index, membership) in self.snapshot.memberships.iter().enumerate() {
            if !membership.identity.is_some_and(|id| self.has_less[id.0 as usize]) {
                let member = self.principal(membership.member, membership.identity, membership.evidence);
                let group = self.number(Node::Group(membership.group));
                self.edge(member, Relation::MemberOf, group, index as u32);
            }
        }
    }

    fn grants(&mut self) {
        let mut opened = HashSet::new();
        for (index, grant) in self.snapshot.grants.iter().enumerate() {
            let subject = self.principal(grant.subject, grant.identity, grant.evidence);
            self.grant(subject, grant.identity, index as u32, &mut opened);
        }
        for (index, identity) in self.snapshot.identities.iter().enumerate() {
            if self.has_less[index] {
                let id = IdentityId(index as u32);
                for &grant in &self.snapshot.granted[identity.grants.start as usize..identity.grants.end as usize] {
                    if matches!(self.snapshot.grants[grant as usize].subject, Principal::Group(_)) {
                        self.grant(NodeId(id.0), Some(id), grant, &mut opened);
                    }
                }
            }
            // Of what everybody of a cluster is given, that which gives everything.
            if is_kubernetes(identity, self.snapshot) {
                for &grant in self.access.everybodys(identity.source) {
                    if self.snapshot.grants[grant as usize].privilege == Some(Privilege::Administrator) {
                        self.grant(NodeId(index as u32), None, grant, &mut opened);
                    }
                }
            }
        }
    }

    /// Gives a grant to a node; a role opens its resource once.
    fn grant(&mut self, subject: NodeId, identity: Option<IdentityId>, index: u32, opened: &mut HashSet<NodeId>) {
        let grant = &self.snapshot.grants[index as usize];
        if grant.has_ended(self.snapshot.as_of) {
            return;
        }
        let given = self.given(grant, identity);
        let id = given.policy.unwrap_or(given.role);
        // Policies of AWS's own are in no export.
        let is_policy = self.policies.contains(&id) || self.snapshot.strings.get(id).starts_with("arn:");
        let role = match is_policy {
            true => Node::Policy(given),
            false => Node::Role(given),
        };
        let role = self.number(role);
        self.edge(subject, Relation::IsGranted, role, index);
        if given.scope.is_known() && opened.insert(role) {
            let resource = self.number(Node::Resource(given.scope));
            self.edge(role, Relation::Opens, resource, index);
            if given.privilege == Some(Privilege::Administrator) {
                let administrators = self.number(Node::Administrators(given.scope));
                self.edge(role, Relation::Administers, administrators, index);
            }
        }
        if given.privilege == Some(Privilege::Administrator)
            && let Some(tenant) = identity.and_then(|identity| self.tenant(identity, grant))
        {
            let administrators = self.number(Node::Administrators(tenant));
            self.edge(subject, Relation::Administers, administrators, index);
        }
    }

    /// The tenant that everything is done in with a permission of one of its APIs: the API's name is no place, and every
    /// tenant has one of that name.
    fn tenant(&self, identity: IdentityId, grant: &Grant) -> Option<Scope> {
        let identity = self.snapshot.identity(identity);
        let is_api = |name: Sym| !self.snapshot.strings.get(name).starts_with('/');
        let is_of_api = Platform::of(identity, self.snapshot) == Some(Platform::Entra)
            && grant.resource.is_some_and(is_api)
            && grant.resource != identity.account;
        is_of_api.then_some(Scope {
            source: None,
            name: Some(identity.account?),
        })
    }

    /// The root of an account may do everything there, and is given nothing; that of a Vault is given the policy that
    /// does.
    fn roots(&mut self) {
        for (index, identity) in self.snapshot.identities.iter().enumerate() {
            let is_given = has_policies(self.snapshot, IdentityId(index as u32));
            if identity.kind == IdentityKind::Root && identity.account.is_some() && !is_given {
                let administrators = self.number(Node::Administrators(Scope {
                    source: None,
                    name: identity.account,
                }));
                self.edge(
                    NodeId(index as u32),
                    Relation::Administers,
                    administrators,
                    index as u32,
                );
            }
        }
    }

    /// The role of a grant on its resource, as far as the holder's boundary and denials leave it.
    ///
    /// A role that a source defines for itself, and a subject that only one source knows, are given something in that
    /// source and nowhere else.
    fn given(&self, grant: &Grant, identity: Option<IdentityId>) -> Given {
        let strings = &self.snapshot.strings;
        let subject = match grant.subject {
            Principal::Identity(handle) => Some(handle.text),
            Principal::Group(group) => Some(group),
            Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Federated { .. }
            | Principal::Workload(_)
            | Principal::Named(_) => None,
        };
        let local_to = |text: Sym| {
            let (source, _) = strings.get(text).split_once('/')?;
            self.sources.get(source).copied()
        };
        let source = grant.policy.and_then(local_to).or_else(|| subject.and_then(local_to));
        Given {
            role: grant.role,
            policy: grant.policy.filter(|policy| *policy != grant.role),
            scope: Scope {
                source,
                name: grant
                    .resource
                    .filter(|name| source.is_none() || Some(*name) != self.whole),
            },
            privilege: match identity {
                Some(identity) => self.access.left_of(self.snapshot, identity, grant),
                None => grant.privilege,
            },
        }
    }

    fn trusts(&mut self) {
        for (index, trust) in self.snapshot.trusts.iter().enumerate() {
            let target = match trust.target_identity {
                // See `assumed`.
                Some(identity) if self.is_between_aws(trust, identity) => continue,
                Some(identity) if self.snapshot.identity(identity).status == Status::Disabled => continue,
                Some(identity) => Node::Identity(identity),
                None => Node::Unlisted(trust.target),
            };
            let target = self.number(target);
            let actor = self.principal(trust.actor, trust.actor_identity, trust.evidence);
            self.edge(actor, relation(trust.kind), target, index as u32);
        }
    }

    /// Within AWS it takes more than a trust to take on a role: what the identity's own policies say counts, too; and who
    /// trusts an account trusts those whom it lets. In Google Cloud everybody is, among others, every service account.
    fn assumed(&mut self) {
        for index in 0..self.n_identities {
            for (at, decision) in self.access.assumed(self.snapshot, IdentityId(index)) {
                let trust = &self.snapshot.trusts[at as usize];
                let target = trust.target_identity;
                if let Some(target) = target.filter(|id| self.snapshot.identity(*id).status != Status::Disabled) {
                    self.edge(NodeId(index), relation(trust.kind), NodeId(target.0), at);
                    // That a policy is in no export is no condition.
                    let is_conditional = (decision.depends_on.iter())
                        .any(|need| matches!(need, Dependency::Condition(_) | Dependency::Export(_)));
                    if is_conditional == (trust.guard == Some(TrustGuard::Open)) {
                        self.decided_otherwise.insert((NodeId(index), at));
                    }
                }
            }
        }
    }

    fn is_between_aws(&self, trust: &Trust, target: IdentityId) -> bool {
        trust.kind == TrustKind::Assumes
            && trust.actor_identity.is_some_and(|actor| {
                let both = [actor, target].map(|id| self.snapshot.identity(id));
                both.iter().all(|identity| is_aws(identity, self.snapshot))
            })
    }

    /// Known ways up that are certain: one that depends on what no export tells is a question, and no edge. Those by
    /// trusts are edges already.
    fn escalations(&mut self) {
        for index in 0..self.n_identities {
            let id = IdentityId(index);
            let identity = self.snapshot.identity(id);
            if self.access.standing(id).can_escalate != Holds::Yes || identity.status == Status::Disabled {
                continue;
            }
            let ways = self.access.catalogued(self.snapshot, id).into_iter();
            for way in ways.filter(|way| way.outcome == Outcome::Allowed) {
                let power = match (way.through, identity.account) {
                    (Some(Through::Identity(other)), _) => Node::Identity(other),
                    (Some(Through::Group(group)), _) => Node::Group(group),
                    // A cluster's namespaces are its own, and so is what a Vault holds.
                    (None, _) if is_kubernetes(identity, self.snapshot) || has_policies(self.snapshot, id) => {
                        Node::Administrators(Scope {
                            source: Some(identity.source),
                            name: way.within,
                        })
                    }
                    (None, Some(account)) => Node::Administrators(Scope {
                        source: None,
                        name: Some(account),
                    }),
                    (None, None) => continue,
                };
                let power = self.number(power);
                self.edge(NodeId(index), Relation::Escalates, power, self.escalations.len() as u32);
                self.escalations.push(way);
            }
        }
    }

    /// Who administers a place controls the identities in it, the secrets that it keeps, and whatever trusts the
    /// place as a whole.
    fn contents(&mut self) {
        let strings = &self.snapshot.strings;
        let mut in_account: HashMap<Sym, Vec<NodeId>> = HashMap::new();
        let mut in_source: HashMap<(SourceId, Option<Sym>), Vec<NodeId>> = HashMap::new();
        let mut contained = Vec::new();
        for (index, administrators) in self.others.iter().enumerate() {
            let node = NodeId(self.n_identities + self.n_credentials + index as u32);
            let Node::Administrators(scope) = *administrators else {
                continue;
            };
            match (scope.source, scope.name) {
                (Some(source), name) => in_source.entry((source, name)).or_default().push(node),
                (None, Some(name)) => {
                    // `//service/projects/shop`, `/subscriptions/…`: identities call the last part their account.
                    let last = strings.get(name).rsplit('/').next().and_then(|last| strings.find(last));
                    for account in [Some(name), last.filter(|last| *last != name)].into_iter().flatten() {
                        in_account.entry(account).or_default().push(node);
                    }
                }
                (None, None) => {}
            }
        }
        if in_account.is_empty() && in_source.is_empty() {
            return;
        }
        for (index, identity) in self.snapshot.identities.iter().enumerate() {
            let by_account = identity.account.and_then(|account| in_account.get(&account));
            let by_source = in_source.get(&(identity.source, None));
            let by_part = identity
                .account
                .and_then(|account| in_source.get(&(identity.source, Some(account))));
            for administrators in [by_account, by_source, by_part].into_iter().flatten().flatten() {
                contained.push((*administrators, NodeId(index as u32), index as u32));
            }
        }
        for (index, place) in self.others.iter().enumerate() {
            let node = NodeId(self.n_identities + self.n_credentials + index as u32);
            let mut administrators = None;
            if let Node::TrustSource(Principal::Account(account)) = place {
                administrators = in_account.get(account);
            }
            if let Node::Store(source, _) = place {
                administrators = in_source.get(&(*source, None));
            }
            for administrators in administrators.into_iter().flatten() {
                contained.push((*administrators, node, u32::MAX));
            }
        }
        for (administrators, node, origin) in contained {
            self.edge(administrators, Relation::Controls, node, origin);
        }
    }

    fn owners_and_environments(&mut self) {
        for (index, identity) in self.snapshot.identities.iter().enumerate() {
            let origin = index as u32;
            let node = self.number(Node::Identity(IdentityId(origin)));
            if let Some(owner) = identity.owner.text {
                let owner = self.number(Node::Owner(owner));
                self.edge(owner, Relation::AnswersFor, node, origin);
            }
            if let Some(environment) = identity.environment {
                let environment = self.number(Node::Environment(environment));
                self.edge(node, Relation::LiesIn, environment, origin);
            }
        }
    }

    /// Numbers the nodes by kind, and puts the edges in their places.
    fn finish(self) -> Graph {
        let n_before = self.n_identities + self.n_credentials;
        let mut order: Vec<u32> = (0..self.others.len() as u32).collect();
        order.sort_by_key(|&index| (self.others[index as usize].kind(), self.others[index as usize]));
        let mut number = vec![0; order.len()];
        for (place, &index) in order.iter().enumerate() {
            number[index as usize] = n_before + place as u32;
        }
        let mut edges = self.edges;
        for edge in &mut edges {
            for NodeId(end) in [&mut edge.from, &mut edge.to] {
                if *end >= n_before {
                    *end = number[(*end - n_before) as usize];
                }
            }
        }
        let others: Vec<Node> = order.iter().map(|&index| self.others[index as usize]).collect();
        Graph {
            adjacency: Adjacency::new(n_before as usize + others.len(), edges),
            n_identities: self.n_identities,
            n_credentials: self.n_credentials,
            others,
            escalations: self.escalations,
            decided_otherwise: self.decided_otherwise,
        }
    }

    fn principal(&mut self, principal: Principal, identity: Option<IdentityId>, evidence: Evidence) -> NodeId {
        let source = self.snapshot.file(evidence.file).source;
        let node = match (identity, principal) {
            (Some(identity), _) => Node::Identity(identity),
            (None, Principal::Identity(handle)) => Node::Unlisted(handle),
            (None, Principal::Group(group)) => Node::Group(group),
            (None, Principal::Workload(name)) => Node::Workload(source, name),
            (None, Principal::Named(name)) => Node::Named(source, name),
            (
                None,
                Principal::Anyone
                | Principal::AnyoneAuthenticated
                | Principal::Account(_)
                | Principal::PlatformService(_)
                | Principal::Federated { .. },
            ) => Node::TrustSource(principal),
        };
        self.number(node)
    }

    fn number(&mut self, node: Node) -> NodeId {
        if let Node::Identity(id) = node {
            return NodeId(id.0);
        }
        if let Node::Credential(id) = node {
            return NodeId(self.n_identities + id.0);
        }
        let index = *self.numbers.entry(node).or_insert_with(|| {
            self.others.push(node);
            self.others.len() as u32 - 1
        });
        NodeId(self.n_identities + self.n_credentials + index)
    }

    fn edge(&mut self, from: NodeId, relation: Relation, to: NodeId, origin: u32) {
        self.edges.push(Edge {
            from,
            to,
            relation,
            origin,
        });
    }
}

fn relation(kind: TrustKind) -> Relation {
    match kind {
        TrustKind::Assumes => Relation::Assumes,
        TrustKind::Federates => Relation::Federates,
        TrustKind::Impersonates => Relation::Impersonates,
        TrustKind::RunsAs => Relation::RunsAs,
    }
}

/// Whether an identity's boundary or its denials take something of what its groups are given.
fn has_less(snapshot: &Snapshot, access: &Access, id: IdentityId) -> bool {
    let identity = snapshot.identity(id);
    let mut of_groups = snapshot
        .grants_of(identity)
        .filter(|grant| matches!(grant.subject, Principal::Group(_)));
    identity.ceiling != Ceiling::Everything
        || of_groups.any(|grant| {
            grant.privilege == Some(Privilege::Administrator)
                && access.left_of(snapshot, id, grant) != Some(Privilege::Administrator)
        })
}

/// AWS and Vault call it a policy, the others a role.
fn is_policy(document: &AccessPolicy) -> bool {
    match document {
        AccessPolicy::Aws(_) | AccessPolicy::Vault(_) => true,
        AccessPolicy::Azure { .. } | AccessPolicy::Kubernetes { .. } | AccessPolicy::Permissions(_) => false,
    }
}
