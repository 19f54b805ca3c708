//! Access policies as typed documents. Only `access/` reads what is inside them.

use super::principal::Principal;
use super::provenance::Place;
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// The definition of a role or policy, as one export states it.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyFact {
    /// The id that grants name: a policy ARN, `source/ClusterRole/name`, `roles/…`. A role's trust policy, which no
    /// grant names, has the role's ARN.
    pub id: Sym,
    pub name: Sym,
    pub document: AccessPolicy,
    pub place: Place,
}

/// A policy document in the platform's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum AccessPolicy {
    /// AWS: the statements of the version in force.
    Aws(Vec<AwsStatement>),
    /// Kubernetes: the rules of a role or cluster role. Aggregated cluster roles name what they gather.
    Kubernetes {
        rules: Vec<KubernetesRule>,
        aggregates: Vec<Sym>,
    },
    /// HashiCorp Vault: what may be done below which paths.
    Vault(Vec<VaultRule>),
    /// Azure: the operations that a role allows.
    Azure {
        on_resources: AzureOperations,
        on_data: AzureOperations,
    },
    /// A list of permissions: GCP custom roles, application permissions.
    Permissions(Vec<Sym>),
}

/// Operations of Azure by patterns: those that are allowed, and those of them that are not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AzureOperations {
    pub actions: Vec<Sym>,
    pub not_actions: Vec<Sym>,
}

/// What a denial takes, in the platform's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Denied {
    /// The operations of an Azure deny assignment: what `not_actions` leave out of `actions` is not taken.
    Azure {
        on_resources: AzureOperations,
        on_data: AzureOperations,
    },
    /// The permissions of a rule of a Google Cloud deny policy, as that writes them:
    /// `iam.googleapis.com/roles.create`, also `iam.googleapis.com/roles.*`.
    Google {
        permissions: Vec<Sym>,
        /// Those of them that are not taken.
        excepted: Vec<Sym>,
    },
}

/// One statement of an AWS policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AwsStatement {
    pub effect: Effect,
    /// Whom it is about, in the trust policy of a role. The policies of identities name nobody.
    pub principals: Vec<Principal>,
    pub actions: Matched,
    pub resources: Matched,
    /// Condition operator, key and values, one row for each key: `StringEquals`, `sts:ExternalId`, `[…]`.
    pub conditions: Vec<AwsCondition>,
}

/// Patterns that must match, or that must not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Matched {
    AnyOf(Vec<Sym>),
    /// AWS `NotAction`, `NotResource`.
    NoneOf(Vec<Sym>),
}

impl Default for Matched {
    fn default() -> Self {
        Matched::AnyOf(Vec::new())
    }
}

/// One condition of an AWS statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct AwsCondition {
    pub operator: Sym,
    pub key: Sym,
    pub values: Vec<Sym>,
}

/// Whether a statement gives or takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Effect {
    #[default]
    Allow,
    Deny,
}

/// One rule of a Kubernetes role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
pub struct KubernetesRule {
    pub verbs: Vec<Sym>,
    pub api_groups: Vec<Sym>,
    pub resources: Vec<Sym>,
    pub resource_names: Vec<Sym>,
    pub non_resource_urls: Vec<Sym>,
}

/// One `path` stanza of a Vault policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub struct VaultRule {
    /// A path, where `*` at the end is any rest and `+` is one part.
    pub path: Sym,
    /// `read`, `update`, `sudo`, `deny`, …
    pub capabilities: Vec<Sym>,
}

/// How much a grant gives, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Privilege {
    /// Less than an administrator; how much less is for effective access to say.
    Limited,
    /// Everything in its scope.
    Administrator,
}

/// The most that an identity's grants can come to, whatever they say: an AWS permissions boundary's word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Ceiling {
    /// Nothing caps the grants, or what caps them allows everything.
    #[default]
    Everything,
    /// They are capped by a policy that no export defines, or that allows everything only at times.
    Unknown,
    /// They are capped by less than everything.
    Limited,
}

impl Ceiling {
    /// What a grant of this strength comes to; `None` when that is not known.
    pub fn leaves(self, privilege: Option<Privilege>) -> Option<Privilege> {
        match (self, privilege) {
            (Ceiling::Limited, _) => Some(Privilege::Limited),
            (Ceiling::Unknown, Some(Privilege::Administrator)) => None,
            (Ceiling::Unknown | Ceiling::Everything, privilege) => privilege,
        }
    }
}

/// Whether a grant holds always.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Conditional {
    #[default]
    Always,
    /// Only under conditions that the platform checks at the time of the request.
    OnCondition,
}
