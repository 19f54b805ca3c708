//! What access policies give. The only code that reads inside policy documents.

pub mod kubernetes;

use crate::model::access_policy::{AccessPolicy, Conditional, Privilege};
use crate::model::strings::Strings;

/// How strong a policy is, and whether only under conditions.
pub fn privilege(document: &AccessPolicy, strings: &Strings) -> (Privilege, Conditional) {
    match document {
        AccessPolicy::Kubernetes { rules, .. } => (kubernetes::privilege(rules, strings), Conditional::Always),
        AccessPolicy::Aws(_) | AccessPolicy::Permissions(_) => (Privilege::Limited, Conditional::Always),
    }
}
