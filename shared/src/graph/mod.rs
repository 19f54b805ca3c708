//! The identity graph: what each identity can reach, who can become it, and why.
//!
//! Nodes are numbers: first the snapshot's identities, then its credentials, then what else facts speak of. Edges
//! point the way an attacker goes, and each knows the fact that states it. What a grant gives inside its resource is
//! taken as `access/` judges it: everything, or less. Whoever has everything controls what lies in the resource; of
//! less, the graph says only that it works there.

pub mod adjacency;
mod build;
pub mod cut;
pub mod layout;
pub mod node;
pub mod order;
pub mod paths;
pub mod reach;

use hashbrown::HashSet;

use self::adjacency::{Adjacency, Edge, NodeId};
use self::node::{Node, NodeKind, is_id};
use crate::access::Access;
use crate::access::escalation::Escalation;
use crate::model::access_policy::Conditional;
use crate::model::grant::TrustGuard;
use crate::model::identity::{IdentityKind, OwnerBasis};
use crate::model::provenance::Place;
use crate::model::relation::Relation;
use crate::model::snapshot::{Credential, CredentialId, Evidence, FileId, IdentityId, Snapshot};

/// The graph of one snapshot. Immutable.
#[derive(Debug, Default)]
pub struct Graph {
    pub adjacency: Adjacency,
    n_identities: u32,
    n_credentials: u32,
    /// What the nodes after identities and credentials stand for, by kind.
    others: Vec<Node>,
    /// What edges of [`Relation::Escalates`] stand for.
    escalations: Vec<Escalation>,
    /// Who takes on a role by which trust, where that depends on no condition although the trust has a guard, or on one
    /// although it has none.
    decided_otherwise: HashSet<(NodeId, u32)>,
}

impl Graph {
    /// The graph of a snapshot.
    pub fn new(snapshot: &Snapshot, access: &Access) -> Graph {
        build::build(snapshot, access)
    }

    /// The way up that an edge stands for.
    pub fn escalation(&self, edge: Edge) -> Option<&Escalation> {
        let index = (edge.relation == Relation::Escalates).then_some(edge.origin as usize)?;
        self.escalations.get(index)
    }

    /// What a node stands for.
    pub fn node(&self, id: NodeId) -> Node {
        let NodeId(index) = id;
        if index < self.n_identities {
            return Node::Identity(IdentityId(index));
        }
        match index - self.n_identities {
            index if index < self.n_credentials => Node::Credential(CredentialId(index)),
            index => self.others[(index - self.n_credentials) as usize],
        }
    }

    pub fn identity(&self, id: IdentityId) -> NodeId {
        NodeId(id.0)
    }

    pub fn credential(&self, id: CredentialId) -> NodeId {
        NodeId(self.n_identities + id.0)
    }

    /// The node with this public id: see [`Node::write_id`].
    pub fn find(&self, snapshot: &Snapshot, id: &str) -> Option<NodeId> {
        let (kind, rest) = id.split_once(':')?;
        let kind = NodeKind::from_id(kind)?;
        if kind == NodeKind::Identity
            && let Some(identity) = snapshot.find(rest)
        {
            return Some(self.identity(identity));
        }
        if kind == NodeKind::Credential {
            let key = |credential: &Credential| snapshot.strings.get(credential.key).cmp(rest);
            let index = snapshot.credentials.binary_search_by(key).ok()?;
            return Some(self.credential(CredentialId(index as u32)));
        }
        let start = self.others.partition_point(|node| node.kind() < kind);
        let of_kind = self.others[start..].iter().take_while(|node| node.kind() == kind);
        let index = of_kind.into_iter().position(|node| is_id(*node, snapshot, rest))?;
        Some(self.other(start + index))
    }

    /// The nodes of a kind, in order.
    pub fn nodes_of(&self, kind: NodeKind) -> impl Iterator<Item = NodeId> {
        let first = match kind {
            NodeKind::Identity => 0..self.n_identities,
            NodeKind::Credential => self.n_identities..self.n_identities + self.n_credentials,
            NodeKind::Owner
            | NodeKind::Role
            | NodeKind::Group
            | NodeKind::Policy
            | NodeKind::Resource
            | NodeKind::Workload
            | NodeKind::TrustSource
            | NodeKind::Environment => 0..0,
        };
        let start = self.others.partition_point(|node| node.kind() < kind);
        let end = self.others.partition_point(|node| node.kind() <= kind);
        first.map(NodeId).chain((start..end).map(|index| self.other(index)))
    }

    /// The bytes that the graph takes.
    pub fn n_bytes(&self) -> usize {
        self.adjacency.n_bytes() + size_of_val(&*self.others)
    }

    fn other(&self, index: usize) -> NodeId {
        NodeId(self.n_identities + self.n_credentials + index as u32)
    }

    /// Where the fact stands that states an edge.
    pub fn evidence(&self, snapshot: &Snapshot, edge: Edge) -> Vec<Evidence> {
        let origin = edge.origin as usize;
        let of_identity = || {
            let identity = &snapshot.identities[origin];
            let facts = snapshot.facts_of(identity).iter();
            facts.map(|fact| Evidence {
                file: fact.file,
                place: fact.fact.place,
            })
        };
        match edge.relation {
            Relation::Authenticates | Relation::Holds | Relation::SameSecret => {
                snapshot.credentials[origin].evidence.clone()
            }
            Relation::Keeps => {
                let places = snapshot.credentials[origin].evidence.iter().copied();
                let in_store = |place: &Evidence| build::store_of(snapshot, *place) == Some(self.node(edge.from));
                places.filter(in_store).collect()
            }
            Relation::Exposes => {
                let leak = &snapshot.leaks[origin];
                vec![Evidence {
                    file: leak.file,
                    place: leak.fact.place,
                }]
            }
            Relation::Assumes | Relation::Federates | Relation::Impersonates | Relation::RunsAs => {
                vec![snapshot.trusts[origin].evidence]
            }
            Relation::MemberOf => vec![snapshot.memberships[origin].evidence],
            Relation::Administers if self.is_root(snapshot, edge.from) => of_identity().take(1).collect(),
            Relation::IsGranted | Relation::Opens | Relation::Administers => vec![snapshot.grants[origin].evidence],
            Relation::Controls if edge.origin >= self.n_identities => Vec::new(),
            Relation::Controls | Relation::LiesIn => of_identity().take(1).collect(),
            Relation::Escalates => {
                let proof = self.escalations[origin].proof.iter();
                let mut places: Vec<Evidence> = proof.map(|reason| reason.evidence).collect();
                places.dedup();
                places
            }
            Relation::AnswersFor => self.claim(snapshot, edge.origin as usize).into_iter().collect(),
        }
    }

    /// The root of an account, which administers it without a grant.
    fn is_root(&self, snapshot: &Snapshot, node: NodeId) -> bool {
        matches!(self.node(node), Node::Identity(id) if snapshot.identity(id).kind == IdentityKind::Root)
    }

    /// Where the claim stands that decides an identity's owner. Which row of the registry it is takes a look at all of
    /// them, so that the file must do: [`crate::merge::owners`] tells more.
    fn claim(&self, snapshot: &Snapshot, identity: usize) -> Option<Evidence> {
        let identity = &snapshot.identities[identity];
        let basis = identity.owner.basis?;
        if basis == OwnerBasis::Registry {
            let registry = snapshot
                .files
                .iter()
                .position(|file| file.connector == Some("registry_csv"));
            return registry.map(|index| Evidence {
                file: FileId(index as u32),
                place: Place::WholeFile,
            });
        }
        let mut facts = snapshot.facts_of(identity).iter();
        let fact = facts.find(|fact| fact.fact.owners.iter().any(|claim| claim.basis == basis))?;
        Some(Evidence {
            file: fact.file,
            place: fact.fact.place,
        })
    }

    /// On what an edge depends beyond the names at its ends; `None` when it holds always.
    pub fn condition(&self, snapshot: &Snapshot, edge: Edge) -> Option<&'static str> {
        match edge.relation {
            Relation::Assumes if self.decided_otherwise.contains(&(edge.from, edge.origin)) => {
                let is_open = snapshot.trusts[edge.origin as usize].guard == Some(TrustGuard::Open);
                is_open.then_some("under a condition")
            }
            Relation::Assumes | Relation::Federates | Relation::Impersonates | Relation::RunsAs => {
                match snapshot.trusts[edge.origin as usize].guard {
                    Some(TrustGuard::Open) => None,
                    Some(TrustGuard::ExternalId) => Some("if it presents the external id"),
                    Some(TrustGuard::SubjectOrAudience) => Some("if its token names the right subject or audience"),
                    Some(TrustGuard::OtherCondition) => Some("under a condition"),
                    // It was seen to happen.
                    None => Some("by a trust that no export lists"),
                }
            }
            Relation::IsGranted => match snapshot.grants[edge.origin as usize].conditional {
                Conditional::Always => None,
                Conditional::OnCondition => Some("under a condition"),
            },
            Relation::Authenticates
            | Relation::Holds
            | Relation::SameSecret
            | Relation::Keeps
            | Relation::Exposes
            | Relation::MemberOf
            | Relation::Opens
            | Relation::Administers
            | Relation::Controls
            | Relation::Escalates
            | Relation::AnswersFor
            | Relation::LiesIn => None,
        }
    }
}
