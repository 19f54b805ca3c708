//! What access policies give. The only code that reads inside policy documents.

pub mod gcp;

use crate::model::access_policy::{AccessPolicy, Conditional, Privilege};
use crate::model::strings::Strings;

/// How strong a policy is, and whether only under conditions.
pub fn privilege(document: &AccessPolicy, _strings: &Strings) -> (Privilege, Conditional) {
    match document {
        AccessPolicy::Aws(_) | AccessPolicy::Kubernetes { .. } | AccessPolicy::Permissions(_) => {
            (Privilege::Limited, Conditional::Always)
        }
    }
}
