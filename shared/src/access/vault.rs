//! HashiCorp Vault: how much a policy gives.
//!
//! <https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax>

pub mod evaluate;

use crate::model::access_policy::{Privilege, VaultRule};
use crate::model::strings::Strings;

/// An administrator may write everywhere, and so also write policies. The policy `root` has no rules: it is known by
/// name.
pub fn privilege(rules: &[VaultRule], strings: &Strings) -> Privilege {
    let writes_everywhere = |rule: &VaultRule| {
        let gives = |capability: &str| rule.capabilities.iter().any(|given| strings.get(*given) == capability);
        matches!(strings.get(rule.path), "*" | "+*" | "+/*") && gives("update") && gives("create") && !gives("deny")
    };
    match rules.iter().any(writes_everywhere) {
        true => Privilege::Administrator,
        false => Privilege::Limited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_writes_everywhere_is_an_administrator() {
        let mut strings = Strings::default();
        for (path, capabilities, expected) in [
            ("*", &["create", "update", "sudo"][..], Privilege::Administrator),
            ("*", &["read", "list"], Privilege::Limited),
            ("*", &["create", "update", "deny"], Privilege::Limited),
            ("secret/*", &["create", "update"], Privilege::Limited),
        ] {
            let rule = VaultRule {
                path: strings.intern(path),
                capabilities: capabilities.iter().map(|word| strings.intern(word)).collect(),
            };
            assert_eq!(privilege(&[rule], &strings), expected, "{path} {capabilities:?}");
        }
    }
}
