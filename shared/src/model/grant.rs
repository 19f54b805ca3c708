//! Grants, memberships and trusts: who may do what, and who may act as whom, as one export states it.

use super::access_policy::{Conditional, Denied, Privilege};
use super::identity::Presence;
use super::instant::{Expiry, Instant};
use super::principal::{Handle, Principal};
use super::provenance::Place;
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// A principal may do something to a resource, through a role, policy or binding.
#[derive(Clone, Debug, PartialEq)]
pub struct GrantFact {
    pub subject: Principal,
    /// The role or policy as a reader knows it: `AdministratorAccess`, `cluster-admin`, `roles/owner`.
    pub role: Sym,
    /// The id under which a [`super::access_policy::PolicyFact`] defines the role, when it differs from `role`.
    pub policy: Option<Sym>,
    /// What the grant reaches, as the platform writes it: an account, a scope, a namespace, a resource name.
    pub resource: Option<Sym>,
    /// How strong the grant is, when the connector alone can tell; else merge looks the policy up.
    pub privilege: Option<Privilege>,
    pub conditional: Conditional,
    pub expires_at: Expiry,
    pub place: Place,
}

/// A principal belongs to a group, and so has the group's grants.
#[derive(Clone, Debug, PartialEq)]
pub struct MembershipFact {
    pub member: Principal,
    /// The group's id, as [`Principal::Group`] writes it.
    pub group: Sym,
    pub place: Place,
}

/// A policy caps what an identity can be given: whatever its grants say, it can do no more than the policy allows.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundaryFact {
    pub subject: Handle,
    /// The id under which a [`super::access_policy::PolicyFact`] defines the cap: an AWS permissions boundary's ARN.
    pub policy: Sym,
    pub place: Place,
}

/// Principals may not do something, whatever their grants say: an Azure deny assignment's permission, a rule of a Google
/// Cloud deny policy. AWS denies within policies.
#[derive(Clone, Debug, PartialEq)]
pub struct DenialFact {
    /// As a reader knows it: the assignment's name, the policy's.
    pub name: Sym,
    /// Against whom it is; [`Principal::Anyone`] is everybody.
    pub subjects: Vec<Principal>,
    /// Those of them whom it spares. A group in either list has the members that exports state.
    pub excepted: Vec<Principal>,
    pub denied: Denied,
    /// Where it is attached, as the platform writes it; `None` when the export does not say.
    pub resource: Option<Sym>,
    pub reach: DenialReach,
    pub conditional: Conditional,
    /// The condition as written.
    pub condition: Option<Sym>,
    pub place: Place,
}

/// How far down from where it is attached a denial holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum DenialReach {
    /// There and for all that lies below.
    Below,
    /// There alone: Azure's `doNotApplyToChildScopes`.
    Alone,
}

/// A principal may act as an identity.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustFact {
    /// Who may.
    pub actor: Principal,
    /// As whom.
    pub target: Handle,
    pub kind: TrustKind,
    pub guard: TrustGuard,
    pub presence: Presence,
    pub place: Place,
}

/// A principal acted as an identity: a trust that was really used, whether or not an export lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrustUseFact {
    /// Who did; as exactly as the log names it.
    pub actor: Principal,
    /// As whom.
    pub target: Handle,
    pub kind: TrustKind,
    /// The last time that the file shows.
    pub at: Instant,
    pub place: Place,
}

/// How a principal comes to act as an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum TrustKind {
    /// Takes the identity on: AWS AssumeRole.
    Assumes,
    /// Presents a token of an outside issuer: OIDC, SAML, workload identity.
    Federates,
    /// Makes tokens or keys for it: GCP token creator, Kubernetes token request.
    Impersonates,
    /// Runs with it mounted: a pod with a service account, an instance profile.
    RunsAs,
}

impl TrustKind {
    /// The stable word for this kind in JSON.
    pub fn id(self) -> &'static str {
        match self {
            TrustKind::Assumes => "assumes",
            TrustKind::Federates => "federates",
            TrustKind::Impersonates => "impersonates",
            TrustKind::RunsAs => "runs_as",
        }
    }

    /// What stands between the actor and the target in a sentence.
    pub fn verb(self) -> &'static str {
        match self {
            TrustKind::Assumes => "may assume",
            TrustKind::Federates => "may sign in as",
            TrustKind::Impersonates => "may make tokens for",
            TrustKind::RunsAs => "runs as",
        }
    }

    /// The same of what was seen to happen.
    pub fn past(self) -> &'static str {
        match self {
            TrustKind::Assumes => "assumed",
            TrustKind::Federates => "signed in as",
            TrustKind::Impersonates => "made tokens for",
            TrustKind::RunsAs => "ran as",
        }
    }
}

/// What stands between the actor and the identity beyond its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum TrustGuard {
    /// Nothing: whoever is the actor may.
    Open,
    /// An external id must be presented (AWS third-party access).
    ExternalId,
    /// The token's subject or audience is checked.
    SubjectOrAudience,
    /// Another condition: source address, organisation, MFA.
    OtherCondition,
}

impl TrustGuard {
    /// The stable word for this guard in JSON.
    pub fn id(self) -> &'static str {
        match self {
            TrustGuard::Open => "open",
            TrustGuard::ExternalId => "external_id",
            TrustGuard::SubjectOrAudience => "subject_or_audience",
            TrustGuard::OtherCondition => "other_condition",
        }
    }
}
