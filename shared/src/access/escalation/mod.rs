//! The known ways in which an identity becomes more than it was given: one row each, as data.
//!
//! A row says what an identity must be allowed, and what it then has. Whether that is an administrator's power depends
//! for many rows on whom it can act as: [`super::standing`] looks for one.

pub mod aws;
pub mod azure;
pub mod entra;
pub mod gcp;
pub mod kubernetes;
pub mod vault;

use super::decision::{Dependency, Outcome, Reason};
use crate::model::snapshot::IdentityId;
use crate::model::strings::Sym;

/// A way up that an identity has, or has on a condition.
#[derive(Clone, Debug)]
pub struct Escalation {
    pub path: &'static EscalationPath,
    /// Allowed, or depends on what stands in `depends_on`.
    pub outcome: Outcome,
    /// Whose power it gets, where the row needs somebody.
    pub through: Option<Through>,
    /// The namespace in which it gets everything, where it is nobody's power and not everywhere.
    pub within: Option<Sym>,
    /// The statements, bindings and trusts that allow what the row needs.
    pub proof: Vec<Reason>,
    pub depends_on: Vec<Dependency>,
}

/// Whose power a way up gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Through {
    Identity(IdentityId),
    /// A group, by its id.
    Group(Sym),
}

/// Acting as an identity that trusts this one. It is looked at for every identity of every platform.
pub const ACTS_AS: &EscalationPath = &EscalationPath {
    id: "trust",
    does: "acts as another identity, which trusts it",
    needs: &[],
    gives: Gives::Everything,
    source: "https://pathfinding.cloud/paths/sts-001",
};

/// One known way up.
#[derive(Debug)]
pub struct EscalationPath {
    /// Public: never reused, never renamed.
    pub id: &'static str,
    /// What the identity does, as a sentence that begins with it: "writes a new version of a policy …".
    pub does: &'static str,
    /// All of these must be allowed.
    pub needs: &'static [Need],
    pub gives: Gives,
    /// Who describes it.
    pub source: &'static str,
}

/// One action that a row needs.
#[derive(Debug, PartialEq, Eq)]
pub struct Need {
    pub action: &'static str,
    pub on: On,
}

/// To what the action must be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum On {
    /// To some resource that this pattern covers; where the row gives what somebody else may, to them.
    Some(&'static str),
    /// To the identity itself.
    Itself,
    /// To one of the groups that it belongs to.
    ItsGroup,
    /// To one of the policies that it has, or that they have whose permissions the row writes.
    ItsPolicy,
}

/// What a row gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gives {
    /// Every permission in its scope: it writes its own permissions.
    Everything,
    /// What another of this kind in the account may.
    Another(Kind),
    /// Every permission in its scope, through another of this kind, whose permissions it writes.
    Written(Kind),
    /// What a role may that it passes to this service, and that lets the service act as it.
    RoleOf(&'static str),
    /// What the role of an existing thing may, which lets this service act as it; which role that is, no export tells.
    RoleOfSome { service: &'static str, thing: &'static str },
    /// What an older version of a policy allowed, which no export tells.
    OlderVersion,
    /// What a service account may in whose namespace the row holds.
    ServiceAccount,
    /// The same, or what its node may where admission lets pods reach it.
    ServiceAccountOrNode,
    /// What a service account may that a workload runs as.
    RunningServiceAccount,
    /// What a service account may of which a token is stored.
    StoredToken,
    /// What a node may, where admission lets pods reach it.
    Node,
    /// What a group or access package gives, which no export tells.
    RoleOfGroup,
    /// What any policy gives that there is.
    AnyPolicy,
}

impl Gives {
    /// Whether what a row gives depends on what others have.
    pub fn needs_another(self) -> bool {
        match self {
            Gives::Another(_)
            | Gives::RoleOf(_)
            | Gives::RoleOfSome { .. }
            | Gives::ServiceAccount
            | Gives::ServiceAccountOrNode
            | Gives::RunningServiceAccount
            | Gives::StoredToken => true,
            Gives::Everything
            | Gives::Written(_)
            | Gives::OlderVersion
            | Gives::Node
            | Gives::RoleOfGroup
            | Gives::AnyPolicy => false,
        }
    }
}

/// What a row makes use of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    User,
    Role,
    Group,
    Application,
}

impl Kind {
    /// The pattern of all AWS resources of this kind.
    pub fn pattern(self) -> Option<&'static str> {
        match self {
            Kind::User => Some(aws::USER),
            Kind::Role => Some(aws::ROLE),
            Kind::Group => Some(aws::GROUP),
            Kind::Application => None,
        }
    }
}
