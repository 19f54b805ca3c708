//! What access policies give: one evaluator per platform, answering in the model's words. The only code that reads
//! inside policy documents.
//!
//! [`Access`] answers for an identity, by all that a snapshot tells. [`privilege`] judges one document alone, while a
//! snapshot is being made.

pub mod aws;
pub mod azure;
pub mod decision;
pub mod gcp;
mod index;
pub mod kubernetes;
pub mod vault;

use self::aws::request::{Given, Target};
use self::decision::Decision;
use self::index::Index;
use crate::model::access_policy::{AccessPolicy, Conditional, Privilege};
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::Strings;

/// Effective access over one snapshot. Nothing is expanded: every answer is worked out when it is asked for.
#[derive(Debug, Default)]
pub struct Access {
    index: Index,
}

impl Access {
    pub fn new(snapshot: &Snapshot) -> Self {
        Self {
            index: Index::new(snapshot),
        }
    }

    /// Whether an identity may do an action (`s3:GetObject`) to a resource (an ARN). Of a pattern (`*`,
    /// `arn:aws:s3:::*`) one resource that it covers will do.
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
        let target = match resource.contains(['*', '?']) {
            true => Target::Some(resource),
            false => Target::One(resource),
        };
        aws::evaluate::decide(snapshot, &self.index, identity, (action, target), given)
    }
}

/// How strong a policy is, and whether only under conditions.
pub fn privilege(document: &AccessPolicy, strings: &Strings) -> (Privilege, Conditional) {
    match document {
        AccessPolicy::Aws(statements) => aws::privilege(statements, strings),
        AccessPolicy::Kubernetes { rules, .. } => (kubernetes::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Vault(rules) => (vault::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Azure { actions, not_actions } => {
            (azure::privilege(actions, not_actions, strings), Conditional::Always)
        }
        AccessPolicy::Permissions(_) => (Privilege::Limited, Conditional::Always),
    }
}
