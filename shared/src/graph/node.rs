//! What the nodes of the graph stand for, and what they are called.

use std::fmt::{self, Write};

use crate::model::access_policy::Privilege;
use crate::model::identity::IdentityKind;
use crate::model::principal::{Handle, Principal};
use crate::model::snapshot::{CredentialId, IdentityId, Snapshot, SourceId};
use crate::model::strings::Sym;

/// What a node stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    Identity(IdentityId),
    Credential(CredentialId),
    /// An identity that grants and trusts speak of and no export lists.
    Unlisted(Handle),
    /// A person or team.
    Owner(Sym),
    /// What its platform calls a role.
    Role(Given),
    /// All who can do everything on a resource.
    Administrators(Scope),
    /// As [`Principal::Group`] writes it.
    Group(Sym),
    /// What its platform calls a policy.
    Policy(Given),
    Resource(Scope),
    /// A place where a scanner found secrets.
    Leak(Sym),
    /// What stores secrets for others: a source, and the connector that reads its store.
    Store(SourceId, &'static str),
    /// Workloads of one name in two sources are two.
    Workload(SourceId, Sym),
    /// Everybody, an account, a service, an outside issuer's subject.
    TrustSource(Principal),
    /// A name that is none of the above, in the words of one source.
    Named(SourceId, Sym),
    Environment(Sym),
}

/// A role or policy as it is given on one resource. What a holder's boundary leaves of it tells apart, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Given {
    pub role: Sym,
    pub policy: Option<Sym>,
    pub scope: Scope,
    pub privilege: Option<Privilege>,
}

/// What a grant is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// The source, where the name means something in that source only.
    pub source: Option<SourceId>,
    /// As the platform writes it. The whole source when `None`; when both are, the export does not say.
    pub name: Option<Sym>,
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    Identity,
    Credential,
    Owner,
    Role,
    Group,
    Policy,
    Resource,
    Workload,
    TrustSource,
    Environment,
}

impl NodeKind {
    pub const ALL: [NodeKind; 10] = [
        NodeKind::Identity,
        NodeKind::Credential,
        NodeKind::Owner,
        NodeKind::Role,
        NodeKind::Group,
        NodeKind::Policy,
        NodeKind::Resource,
        NodeKind::Workload,
        NodeKind::TrustSource,
        NodeKind::Environment,
    ];

    /// The stable word for this kind in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            NodeKind::Identity => "identity",
            NodeKind::Credential => "credential",
            NodeKind::Owner => "owner",
            NodeKind::Role => "role",
            NodeKind::Group => "group",
            NodeKind::Policy => "policy",
            NodeKind::Resource => "resource",
            NodeKind::Workload => "workload",
            NodeKind::TrustSource => "trust_source",
            NodeKind::Environment => "environment",
        }
    }

    /// The kind that a stable word names.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

impl Node {
    pub fn kind(self) -> NodeKind {
        match self {
            Node::Identity(_) | Node::Unlisted(_) => NodeKind::Identity,
            Node::Credential(_) => NodeKind::Credential,
            Node::Owner(_) => NodeKind::Owner,
            Node::Role(_) | Node::Administrators(_) => NodeKind::Role,
            Node::Group(_) => NodeKind::Group,
            Node::Policy(_) => NodeKind::Policy,
            Node::Resource(_) | Node::Leak(_) | Node::Store(..) => NodeKind::Resource,
            Node::Workload(..) => NodeKind::Workload,
            Node::TrustSource(_) | Node::Named(..) => NodeKind::TrustSource,
            Node::Environment(_) => NodeKind::Environment,
        }
    }

    /// What follows the kind and a colon in the node's public id, which is the same in every snapshot:
    /// `identity:arn:aws:iam::111122223333:user/ci`, `policy:AdministratorAccess@111122223333`.
    pub fn write_id(self, snapshot: &Snapshot, out: &mut impl Write) -> fmt::Result {
        let strings = &snapshot.strings;
        match self {
            Node::Identity(id) => out.write_str(strings.get(snapshot.identity(id).id)),
            Node::Credential(id) => out.write_str(strings.get(snapshot.credential(id).key)),
            Node::Unlisted(handle) => write!(out, "{}{}", handle.kind.prefix(), strings.get(handle.text)),
            Node::Owner(sym) | Node::Group(sym) | Node::Leak(sym) | Node::Environment(sym) => {
                out.write_str(strings.get(sym))
            }
            Node::Role(given) | Node::Policy(given) => {
                let role = strings.get(given.role);
                match given.policy.map(|policy| strings.get(policy)) {
                    Some(policy) if policy.ends_with(role) => out.write_str(policy)?,
                    Some(policy) => write!(out, "{role}={policy}")?,
                    None => out.write_str(role)?,
                }
                out.write_char('@')?;
                given.scope.write_id(snapshot, out)?;
                match given.privilege {
                    Some(Privilege::Administrator) => out.write_str("!administrator"),
                    Some(Privilege::Limited) => Ok(()),
                    None => out.write_str("!unknown"),
                }
            }
            Node::Administrators(scope) => {
                out.write_str("*@")?;
                scope.write_id(snapshot, out)
            }
            Node::Resource(scope) => scope.write_id(snapshot, out),
            Node::Store(source, connector) => write!(out, "{}/{connector}", snapshot.source(source).name),
            Node::Workload(source, name) | Node::Named(source, name) => {
                write!(out, "{}/{}", snapshot.source(source).name, strings.get(name))
            }
            Node::TrustSource(principal) => out.write_str(&principal.in_words(strings)),
        }
    }

    /// What a reader calls it, with the word for what it is: `user ci-deploy`, `the administrators of 111122223333`.
    pub fn label(self, snapshot: &Snapshot) -> String {
        let strings = &snapshot.strings;
        let text = |sym: Sym| strings.get(sym);
        match self {
            Node::Identity(id) => {
                let identity = snapshot.identity(id);
                let kind = match identity.kind {
                    IdentityKind::Unclassified => "identity",
                    kind => kind.id(),
                };
                format!("{} {}", kind.replace('_', " "), text(identity.name))
            }
            Node::Credential(id) => {
                let credential = snapshot.credential(id);
                let name = text(credential.name.unwrap_or(credential.key));
                let kind = credential.kind.id().replace('_', " ");
                match credential.holders.as_slice() {
                    // Many are called after what they are: `access_key_1`, `password`.
                    [holder] => format!("{kind} {name} of {}", text(snapshot.identity(*holder).name)),
                    [] | [_, ..] => format!("{kind} {name}"),
                }
            }
            Node::Unlisted(handle) => format!("{}, which no export lists", text(handle.text)),
            Node::Owner(sym) | Node::Environment(sym) | Node::Workload(_, sym) | Node::Named(_, sym) => {
                text(sym).to_owned()
            }
            Node::Role(given) => format!("role {}{}", text(given.role), given.scope.on(snapshot)),
            Node::Policy(given) => format!("policy {}{}", text(given.role), given.scope.on(snapshot)),
            Node::Administrators(scope) => format!("administrators of {}", scope.to_text(snapshot)),
            Node::Group(sym) => format!("group {}", text(sym)),
            Node::Resource(scope) => scope.to_text(snapshot),
            Node::Leak(found_in) => text(found_in).to_owned(),
            Node::Store(source, connector) => match store(connector) {
                Some(store) => format!("{} of {}", store.name, snapshot.source(source).name),
                None => snapshot.source(source).name.clone(),
            },
            Node::TrustSource(principal) => principal.in_words(strings),
        }
    }
}

impl Scope {
    /// Whether the export says at all what the grant is on.
    pub fn is_known(self) -> bool {
        self.source.is_some() || self.name.is_some()
    }

    fn write_id(self, snapshot: &Snapshot, out: &mut impl Write) -> fmt::Result {
        if let Some(source) = self.source {
            out.write_str(&snapshot.source(source).name)?;
            out.write_str(if self.name.is_some() { "/" } else { "" })?;
        }
        out.write_str(snapshot.strings.get_or_empty(self.name))
    }

    fn to_text(self, snapshot: &Snapshot) -> String {
        let name = self.name.map(|name| snapshot.strings.get(name));
        match (self.source.map(|source| &snapshot.source(source).name), name) {
            (Some(source), Some(name)) => format!("{name} in {source}"),
            (Some(source), None) => format!("all of {source}"),
            (None, Some(name)) => name.to_owned(),
            (None, None) => "what the export does not name".to_owned(),
        }
    }

    fn on(self, snapshot: &Snapshot) -> String {
        match self.is_known() {
            true => format!(" on {}", self.to_text(snapshot)),
            false => String::new(),
        }
    }
}

/// Whoever finds a credential in an export of this connector knows that something depends on it, and where it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    pub name: &'static str,
    pub basis: Basis,
}

/// How it is known that something depends on a credential; the order is that of certainty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Code or configuration names it.
    Declared,
    /// It is stored where workloads take it from.
    Mounted,
    /// An export reports that it was used.
    SeenInUse,
    /// It follows from who holds it.
    Inferred,
}

impl Basis {
    pub const ALL: [Basis; 4] = [Basis::Declared, Basis::Mounted, Basis::SeenInUse, Basis::Inferred];

    /// The stable word for this basis in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Basis::Declared => "declared",
            Basis::Mounted => "mounted",
            Basis::SeenInUse => "seen_in_use",
            Basis::Inferred => "inferred",
        }
    }
}

/// The place that a connector's exports tell about, when that place keeps the secrets themselves.
pub fn store(connector: &str) -> Option<Store> {
    let (name, basis) = match connector {
        "ansible_inventory" => ("the Ansible inventory", Basis::Declared),
        "ansible_vault" => ("the Ansible vault", Basis::Declared),
        "terraform_show" | "terraform_state" => ("the Terraform state", Basis::Declared),
        "mcp_clients" => ("the MCP configuration", Basis::Declared),
        "github_secrets" => ("the GitHub secrets", Basis::Mounted),
        "jenkins_credentials" => ("the Jenkins store", Basis::Mounted),
        "kubernetes_objects" => ("the cluster's secrets", Basis::Mounted),
        _ => return None,
    };
    Some(Store { name, basis })
}

/// Whether a node's public id is this text: compares piece by piece, and makes no string.
pub fn is_id(node: Node, snapshot: &Snapshot, id: &str) -> bool {
    struct Rest<'a>(&'a str);

    impl Write for Rest<'_> {
        fn write_str(&mut self, piece: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(piece).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut rest = Rest(id);
    node.write_id(snapshot, &mut rest).is_ok() && rest.0.is_empty()
}
