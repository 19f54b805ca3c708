//! What access policies give: one evaluator per platform, answering in the model's words. The only code that reads
//! inside policy documents.
//!
//! [`Access`] answers for an identity, by all that a snapshot tells. [`privilege`] judges one document alone, while a
//! snapshot is being made.

pub mod aws;
pub mod azure;
pub mod decision;
mod denial;
pub mod digest;
pub mod escalation;
pub mod gcp;
mod index;
pub mod kubernetes;
pub mod named;
pub mod standing;
pub mod vault;

mod wildcard;

pub use wildcard::{Wildcards, wildcards};

use self::aws::evaluate::Asker;
use self::aws::request::{Given, Target};
use self::decision::{Decision, Dependency, Holds};
use self::escalation::Escalation;
use self::index::Index;
use self::standing::{Standing, Survey};
use crate::model::access_policy::{AccessPolicy, Conditional, Privilege};
use crate::model::snapshot::{Grant, IdentityId, Snapshot, SourceId};
use crate::model::strings::Strings;

/// Effective access over one snapshot. Nothing is expanded: every answer is worked out when it is asked for.
#[derive(Debug, Default)]
pub struct Access {
    index: Index,
    survey: Survey,
}

impl Access {
    pub fn new(snapshot: &Snapshot) -> Self {
        let index = Index::new(snapshot);
        let survey = Survey::new(snapshot, &index);
        Self { index, survey }
    }

    /// What [`Access::survey`] and [`Access::acts_in_production`] of the same snapshot told before.
    pub fn found_before(
        snapshot: &Snapshot,
        standings: Vec<Standing>,
        power: Vec<Holds>,
        acts_in_production: Option<Vec<Holds>>,
    ) -> Self {
        let index = Index::new(snapshot);
        let survey = Survey::found_before(snapshot, &index, standings, power, acts_in_production);
        Self { index, survey }
    }

    /// What takes long to find out: how far each identity reaches, and who has power.
    pub fn survey(&self) -> (&[Standing], &[Holds]) {
        (&self.survey.standings, &self.survey.power)
    }

    /// How far an identity reaches altogether.
    pub fn standing(&self, identity: IdentityId) -> Standing {
        self.survey.standings[identity.0 as usize]
    }

    /// How strong a grant of an identity is when its boundary and denials have taken their part; `None` where no export
    /// tells.
    pub fn left_of(&self, snapshot: &Snapshot, identity: IdentityId, grant: &Grant) -> Option<Privilege> {
        let left = standing::left_of(snapshot, &self.index, identity, grant);
        let denies_within = || {
            standing::is_aws(snapshot.identity(identity), snapshot) || vault::evaluate::has_policies(snapshot, identity)
        };
        if left != Some(Privilege::Administrator) || !denies_within() {
            return left;
        }
        // AWS and Vault deny within policies, and what one of them denies no other gives.
        match (self.standing(identity).is_administrator, grant.conditional) {
            (Holds::Yes, _) | (Holds::Maybe, Conditional::OnCondition) => left,
            (Holds::Maybe, Conditional::Always) => None,
            (Holds::No, _) => Some(Privilege::Limited),
        }
    }

    /// The ways in which an identity can become an administrator, each with what allows it.
    pub fn escalations(&self, snapshot: &Snapshot, identity: IdentityId) -> Vec<Escalation> {
        let mut all = self.survey.by_trust(snapshot, &self.index, identity);
        all.extend(self.catalogued(snapshot, identity));
        all
    }

    /// Those of [`Access::escalations`] that the catalogue knows, without trusts.
    pub fn catalogued(&self, snapshot: &Snapshot, identity: IdentityId) -> Vec<Escalation> {
        let Self { index, survey } = self;
        let mut all = Vec::new();
        if standing::is_aws(snapshot.identity(identity), snapshot) {
            let Survey { targets, power, .. } = survey;
            all.extend(aws::standing::escalations(snapshot, index, identity, targets, power));
        }
        if kubernetes::standing::is_kubernetes(snapshot.identity(identity), snapshot) {
            let ways = (survey.clusters).escalations(snapshot, index, identity, &survey.in_clusters, &survey.power);
            all.extend(ways);
        }
        all.extend(survey.vaults.escalations(snapshot, index, identity));
        let in_azure = &survey.in_azure;
        all.extend((survey.managed).escalations(snapshot, index, identity, in_azure, &survey.power));
        all.extend(named::escalations(
            snapshot,
            identity,
            &survey.roles,
            &survey.named,
            &survey.power,
        ));
        all
    }

    /// The trusts by which an identity may take on another, for certain or perhaps, as indices. In AWS those that name it,
    /// its account, or everybody, where its own policies allow what they must; in Google Cloud those in everybody.
    pub fn assumed(&self, snapshot: &Snapshot, actor: IdentityId) -> Vec<(u32, Decision)> {
        standing::assumed(snapshot, &self.index, actor)
    }

    /// The grants of a source to everybody, or to everybody who is logged in, as indices.
    pub fn everybodys(&self, source: SourceId) -> &[u32] {
        self.index.everybodys(source)
    }

    /// How surely each identity can act as one of production, in one step or several; those themselves do. `None` where
    /// none is known to be of production, or none of another environment.
    pub fn acts_in_production(&self) -> Option<&[Holds]> {
        self.survey.acts_in_production.as_deref()
    }

    /// The first steps by which an identity does, each with whom it leads to.
    pub fn steps_into_production(&self, snapshot: &Snapshot, actor: IdentityId) -> Vec<Escalation> {
        let power = self.acts_in_production().unwrap_or_default();
        match power.is_empty() {
            true => Vec::new(),
            false => Survey::steps(snapshot, &self.index, actor, power),
        }
    }

    /// Whether an identity may do an action to a resource, both in the words of its platform:
    /// - AWS: an action (`s3:GetObject`) and an ARN. Of a pattern (`*`, `arn:aws:s3:::*`) one resource that it covers
    ///   will do.
    /// - Kubernetes: a verb (`get`) and a path of the API (`/api/v1/namespaces/shop/secrets/db`).
    /// - Google Cloud: a permission and a full resource name (`//cloudresourcemanager.googleapis.com/projects/acme`).
    /// - Azure: an operation (`Microsoft.KeyVault/vaults/secrets/getSecret/action`) and a resource's id, which begins
    ///   with `/`.
    /// - Entra: a permission by its name (`Mail.Read`) and the API's (`Microsoft Graph`).
    /// - Vault: a capability (`read`) and a path.
    ///
    /// Of other platforms every answer depends on what their roles allow.
    ///
    /// `given` are keys of the request that whoever asks knows, such as `aws:SecureTransport`; of all others nothing is
    /// known but what the identity itself tells.
    pub fn decide(
        &self,
        snapshot: &Snapshot,
        identity: IdentityId,
        action: &str,
        resource: &str,
        given: Given<'_>,
    ) -> Decision {
        match Rules::of(snapshot, identity) {
            Some(Rules::Kubernetes) => kubernetes::evaluate::decide(snapshot, &self.index, identity, action, resource),
            // Azure's resources are named by paths, Entra's APIs by words.
            Some(Rules::Named(named::Platform::Entra)) if resource.starts_with('/') => {
                azure::evaluate::decide(snapshot, &self.index, identity, action, resource)
            }
            Some(Rules::Named(platform)) => {
                named::decide(snapshot, &self.index, (identity, platform), action, resource)
            }
            Some(Rules::Vault) => vault::evaluate::decide(snapshot, &self.index, identity, action, resource),
            Some(Rules::Aws) => {
                let target = match resource.contains(['*', '?']) {
                    true => Target::Some(resource),
                    false => Target::One(resource),
                };
                Asker::new(snapshot, &self.index, identity).decide(action, target, given)
            }
            None => {
                let roles = Dependency::Export("what the roles of its platform allow");
                Decision::depends(Vec::new(), vec![roles], &[])
            }
        }
    }
}

/// By which rules a question about an identity is decided.
enum Rules {
    Aws,
    Kubernetes,
    /// Those of platforms whose roles are known by their names.
    Named(named::Platform),
    Vault,
}

impl Rules {
    /// `None` where nothing is known of the platform's.
    fn of(snapshot: &Snapshot, identity: IdentityId) -> Option<Self> {
        let who = snapshot.identity(identity);
        if kubernetes::standing::is_kubernetes(who, snapshot) {
            Some(Rules::Kubernetes)
        } else if let Some(platform) = named::Platform::of(who, snapshot) {
            Some(Rules::Named(platform))
        } else if vault::evaluate::has_policies(snapshot, identity) {
            Some(Rules::Vault)
        } else {
            standing::is_aws(who, snapshot).then_some(Rules::Aws)
        }
    }
}

/// An action and a resource as the rules for an identity call them; `None` where nothing can be decided.
pub fn example(snapshot: &Snapshot, identity: IdentityId) -> Option<(&'static str, &'static str)> {
    Some(match Rules::of(snapshot, identity)? {
        Rules::Aws => ("s3:GetObject", "arn:aws:s3:::bucket/key"),
        Rules::Kubernetes => ("get", "/api/v1/namespaces/default/secrets/db"),
        Rules::Named(named::Platform::Gcp) => (
            "storage.objects.get",
            "//cloudresourcemanager.googleapis.com/projects/PROJECT",
        ),
        Rules::Named(named::Platform::Entra) => ("Mail.Read", "Microsoft Graph"),
        Rules::Vault => ("read", "secret/data/app"),
    })
}

/// How strong a policy is, and whether only under conditions.
pub fn privilege(document: &AccessPolicy, strings: &Strings) -> (Privilege, Conditional) {
    match document {
        AccessPolicy::Aws(statements) => aws::privilege(statements, strings),
        AccessPolicy::Kubernetes { rules, .. } => (kubernetes::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Vault(rules) => (vault::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Azure { on_resources, .. } => (azure::privilege(on_resources, strings), Conditional::Always),
        AccessPolicy::Permissions(permissions) => (gcp::privilege_of(permissions, strings), Conditional::Always),
    }
}
