//! HashiCorp Vault: how much a policy gives.
//!
//! <https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax>

pub mod evaluate;
pub mod standing;

use crate::access::escalation::vault::POLICIES;
use crate::model::access_policy::{Privilege, VaultRule};
use crate::model::strings::Strings;

/// An administrator may write everywhere, and above all policies: where another rule of the same policy keeps it from
/// that, it is none. The policy `root` has no rules: it is known by name.
pub fn privilege(rules: &[VaultRule], strings: &Strings) -> Privilege {
    let writes_everywhere = |rule: &VaultRule| {
        let gives = |capability: &str| rule.capabilities.iter().any(|given| strings.get(*given) == capability);
        matches!(strings.get(rule.path), "*" | "+*" | "+/*") && gives("update") && gives("create") && !gives("deny")
    };
    let writes_policies = || {
        POLICIES
            .iter()
            .any(|start| evaluate::allows(rules, strings, "update", &format!("{start}any")))
    };
    match rules.iter().any(writes_everywhere) && writes_policies() {
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
        // Another rule takes policies out, at both paths.
        let mut rule = |path: &str, capabilities: &[&str]| VaultRule {
            path: strings.intern(path),
            capabilities: capabilities.iter().map(|word| strings.intern(word)).collect(),
        };
        let everywhere = rule("*", &["create", "update"]);
        let [acl, old, system] = ["sys/policies/*", "sys/policy/*", "sys/*"].map(|path| rule(path, &["deny"]));
        for (denies, expected) in [
            (vec![acl.clone()], Privilege::Administrator),
            (vec![acl, old], Privilege::Limited),
            (vec![system], Privilege::Limited),
        ] {
            let rules = [vec![everywhere.clone()], denies].concat();
            assert_eq!(privilege(&rules, &strings), expected, "{rules:?}");
        }
    }
}
