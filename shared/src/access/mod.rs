//! What access policies give: one evaluator per platform, answering in the model's words. The only code that reads
//! inside policy documents.

pub mod aws;
pub mod gcp;
pub mod kubernetes;
pub mod vault;

mod wildcard;

pub use wildcard::{Wildcards, wildcards};

use crate::model::access_policy::{AccessPolicy, Conditional, Privilege};
use crate::model::strings::Strings;

/// How strong a policy is, and whether only under conditions.
pub fn privilege(document: &AccessPolicy, strings: &Strings) -> (Privilege, Conditional) {
    match document {
        AccessPolicy::Aws(statements) => aws::privilege(statements, strings),
        AccessPolicy::Kubernetes { rules, .. } => (kubernetes::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Vault(rules) => (vault::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Permissions(_) => (Privilege::Limited, Conditional::Always),
    }
}
