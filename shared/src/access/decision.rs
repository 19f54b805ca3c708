//! An answer of effective access: the outcome, and the statements and files that decide it.

use crate::model::snapshot::{Evidence, Grant, IdentityId};
use crate::model::strings::Sym;
use bitcode::{Decode, Encode};

/// Whether an identity may do something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    Denied,
    /// On what is said beside it: see [`Decision::depends_on`].
    DependsOn,
    Allowed,
}

/// Whether something holds, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Holds {
    #[default]
    No,
    Maybe,
    Yes,
}

impl Holds {
    pub fn of(holds: bool) -> Self {
        match holds {
            true => Holds::Yes,
            false => Holds::No,
        }
    }

    pub fn opposite(self) -> Self {
        match self {
            Holds::No => Holds::Yes,
            Holds::Maybe => Holds::Maybe,
            Holds::Yes => Holds::No,
        }
    }
}

/// Whether an identity may do one thing to one resource, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub outcome: Outcome,
    /// As few reasons as decide it, in the order in which the platform looks at them. Empty when it is denied because
    /// nothing allows it.
    pub proof: Vec<Reason>,
    /// In order, without repetition; empty unless the outcome depends on something.
    pub depends_on: Vec<Dependency>,
    /// What could still change the outcome and is in no export that Rollcall reads.
    pub blind_spots: &'static [BlindSpot],
}

/// One statement, rule, binding or trust that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    pub says: Says,
    /// The policy or role by name; for a trust, whom it lets in.
    pub name: Sym,
    /// Index of the statement or rule in the policy, when the policy's document decides.
    pub statement: Option<u32>,
    /// Index in [`crate::model::snapshot::Snapshot::grants`] of the grant by which the identity has the policy.
    pub grant: Option<u32>,
    /// Where the document stands; where nothing defines the policy, where the grant stands.
    pub evidence: Evidence,
}

impl Reason {
    /// A grant that allows by its role's name, index `at` in the snapshot.
    pub fn of_grant(at: u32, grant: &Grant) -> Self {
        Reason {
            says: Says::Allows,
            name: grant.role,
            statement: None,
            grant: Some(at),
            evidence: grant.evidence,
        }
    }
}

/// What a reason does to the outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Says {
    /// It denies, whatever else allows.
    Denies,
    /// It allows.
    Allows,
    /// It caps what the grants come to, and leaves this out.
    LeavesOut,
    /// It lets the identity act as the resource.
    LetsIn,
}

/// Something that must be known, or must hold, for the outcome to be one or the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dependency {
    /// What the platform checks at the time of the request: a condition's key, such as `aws:SecureTransport`.
    Condition(String),
    /// What a policy or role gives, which no export defines: its id.
    Policy(Sym),
    /// Which of the exports that define this policy differently is right: its id.
    Conflict(Sym),
    /// Whether this identity is an administrator or can become one, which is not certain itself.
    Power(IdentityId),
    /// What an export would tell that is not in the estate, in words.
    Export(&'static str),
}

/// What no export that Rollcall reads tells, and what could change an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BlindSpot {
    /// AWS service control and resource control policies: they can only take.
    OrganisationPolicies,
    /// AWS policies of resources: they can take, and inside an account they can give.
    ResourcePolicies,
    /// AWS session policies, which whoever takes on a role may add: they can only take.
    SessionPolicies,
    /// Google Cloud deny policies and principal access boundaries: they can only take.
    GcpDenyPolicies,
    /// The same, where some deny policies are in exports: those attached elsewhere, and the boundaries.
    OtherGcpDenyPolicies,
    /// Kubernetes authorizers beside RBAC (node, webhook) and admission control.
    OtherAuthorizers,
    /// Vault: parameters, control groups and Sentinel, which can only take.
    VaultRestrictions,
    /// Azure deny assignments, which only Azure itself makes, and resource locks: they can only take.
    AzureDenyAssignments,
    /// The same, where some deny assignments are in exports: those of other scopes, and the locks.
    OtherAzureDenyAssignments,
    /// Entra: conditional access, and application management and consent policies, which can only take.
    EntraPolicies,
}

impl Outcome {
    pub fn holds(self) -> Holds {
        match self {
            Outcome::Denied => Holds::No,
            Outcome::DependsOn => Holds::Maybe,
            Outcome::Allowed => Holds::Yes,
        }
    }
}

impl BlindSpot {
    /// In words, as the end of the sentence "not looked at: …".
    pub fn in_words(self) -> &'static str {
        match self {
            BlindSpot::OrganisationPolicies => "service and resource control policies of the AWS organisation",
            BlindSpot::ResourcePolicies => "the resource's own policy",
            BlindSpot::SessionPolicies => "session policies",
            BlindSpot::GcpDenyPolicies => "deny policies and principal access boundaries",
            BlindSpot::OtherGcpDenyPolicies => "deny policies that no export holds, and principal access boundaries",
            BlindSpot::OtherAuthorizers => "authorizers other than RBAC, and admission control",
            BlindSpot::VaultRestrictions => "allowed parameters, control groups and Sentinel rules",
            BlindSpot::AzureDenyAssignments => "deny assignments and resource locks",
            BlindSpot::OtherAzureDenyAssignments => "deny assignments that no export holds, and resource locks",
            BlindSpot::EntraPolicies => "conditional access and application management policies",
        }
    }
}

impl Decision {
    pub(super) fn allowed(proof: Vec<Reason>, blind_spots: &'static [BlindSpot]) -> Self {
        Self {
            outcome: Outcome::Allowed,
            proof,
            depends_on: Vec::new(),
            blind_spots,
        }
    }

    pub(super) fn denied(proof: Vec<Reason>, blind_spots: &'static [BlindSpot]) -> Self {
        Self {
            outcome: Outcome::Denied,
            ..Self::allowed(proof, blind_spots)
        }
    }

    /// The same, where something else that no export tells must allow it, too.
    pub(super) fn depending(self, what: &'static str) -> Self {
        match self.outcome {
            Outcome::Denied => self,
            Outcome::DependsOn | Outcome::Allowed => {
                let needs = self.depends_on.into_iter().chain([Dependency::Export(what)]);
                Self::depends(self.proof, needs.collect(), self.blind_spots)
            }
        }
    }

    pub(super) fn depends(
        proof: Vec<Reason>,
        mut depends_on: Vec<Dependency>,
        blind_spots: &'static [BlindSpot],
    ) -> Self {
        depends_on.sort_unstable();
        depends_on.dedup();
        Self {
            outcome: Outcome::DependsOn,
            depends_on,
            ..Self::allowed(proof, blind_spots)
        }
    }
}
