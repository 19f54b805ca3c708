//! Whether a Vault token may do something: the rule that fits a path best decides, whichever policy it stands in.
//!
//! <https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax>

use std::cmp::Ordering;

use crate::access::decision::{BlindSpot, Decision, Dependency, Reason, Says};
use crate::access::index::Index;
use crate::model::access_policy::{AccessPolicy, Privilege, VaultRule};
use crate::model::snapshot::{IdentityId, Snapshot};

const BLIND: &[BlindSpot] = &[BlindSpot::VaultRestrictions];

/// Whether an identity has policies of Vault.
pub fn has_policies(snapshot: &Snapshot, id: IdentityId) -> bool {
    let mut policies = snapshot
        .grants_of(snapshot.identity(id))
        .filter_map(|grant| grant.policy);
    policies.any(|policy| {
        let id = snapshot.strings.get(policy);
        id.contains("/policy/") && !id.starts_with("arn:")
    })
}

/// Decides one request: a capability (`read`, `sudo`) on a path.
pub fn decide(snapshot: &Snapshot, index: &Index, id: IdentityId, capability: &str, path: &str) -> Decision {
    let strings = &snapshot.strings;
    let identity = snapshot.identity(id);
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let mut needs = Vec::new();
    // The rules for the pattern that fits best, of all policies.
    let mut best: Vec<(&VaultRule, Reason)> = Vec::new();
    for &at in &snapshot.granted[range] {
        let grant = &snapshot.grants[at as usize];
        let policy = grant.policy.unwrap_or(grant.role);
        let defined = index.policies_of(policy, snapshot);
        if defined.is_empty() {
            if grant.privilege == Some(Privilege::Administrator) {
                let reason = Reason::of_grant(at, grant);
                // The policy `root`, which has no rules and allows everything.
                return Decision::allowed(vec![reason], BLIND);
            }
            needs.push(Dependency::Policy(policy));
        }
        for policy in defined {
            let AccessPolicy::Vault(rules) = &policy.document else {
                continue;
            };
            for (rule_at, rule) in rules.iter().enumerate() {
                let pattern = strings.get(rule.path);
                if !fits(pattern, path) {
                    continue;
                }
                let reason = Reason {
                    says: Says::Allows,
                    name: policy.name,
                    statement: u32::try_from(rule_at).ok(),
                    grant: Some(at),
                    evidence: policy.evidence,
                };
                let order = best
                    .first()
                    .map_or(Ordering::Greater, |(known, _)| by_fit(pattern, strings.get(known.path)));
                match order {
                    Ordering::Less => {}
                    Ordering::Equal => best.push((rule, reason)),
                    Ordering::Greater => best = vec![(rule, reason)],
                }
            }
        }
    }
    let has = |rule: &VaultRule, word: &str| rule.capabilities.iter().any(|given| strings.get(*given) == word);
    if let Some((_, reason)) = best.iter().find(|(rule, _)| has(rule, "deny")) {
        let reason = Reason {
            says: Says::Denies,
            ..*reason
        };
        // A rule for a narrower path could still go before it.
        return match needs.is_empty() {
            true => Decision::denied(vec![reason], &[]),
            false => Decision::depends(vec![reason], needs, BLIND),
        };
    }
    let allowing = best
        .iter()
        .find(|(rule, _)| has(rule, capability))
        .map(|(_, reason)| *reason);
    let proof: Vec<_> = allowing.into_iter().collect();
    match (needs.is_empty(), proof.is_empty()) {
        (true, true) => Decision::denied(proof, &[]),
        (true, false) => Decision::allowed(proof, BLIND),
        (false, _) => Decision::depends(proof, needs, BLIND),
    }
}

/// Whether a rule's path covers another: `*` at the end is any rest, `+` one part.
fn fits(pattern: &str, path: &str) -> bool {
    let (pattern, is_open) = match pattern.strip_suffix('*') {
        Some(start) => (start, true),
        None => (pattern, false),
    };
    let mut wanted = pattern.split('/').peekable();
    let mut parts = path.split('/');
    while let Some(want) = wanted.next() {
        let is_last = wanted.peek().is_none();
        let Some(part) = parts.next() else { return false };
        match (is_last && is_open, want) {
            (true, want) => return want == "+" || part.starts_with(want),
            (false, "+") => {}
            (false, want) if want == part => {}
            (false, _) => return false,
        }
    }
    parts.next().is_none()
}

/// Which of two patterns that cover one path goes before the other, as Vault's own rules have it: the greater.
fn by_fit(a: &str, b: &str) -> Ordering {
    let first_wildcard = |pattern: &str| pattern.find(['+', '*']).unwrap_or(usize::MAX);
    let n_parts = |pattern: &str| pattern.split('/').filter(|part| *part == "+").count();
    first_wildcard(a)
        .cmp(&first_wildcard(b))
        .then_with(|| b.ends_with('*').cmp(&a.ends_with('*')))
        .then_with(|| n_parts(b).cmp(&n_parts(a)))
        .then_with(|| a.len().cmp(&b.len()))
        .then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_that_fits_best_goes_first() {
        for (path, patterns, expected) in [
            ("secret/a", &["secret/*", "secret/a", "*"][..], Some("secret/a")),
            (
                "secret/ab/c",
                &["secret/*", "secret/a*", "secret/+/c"],
                Some("secret/a*"),
            ),
            // The examples of the manual, P1 against P2.
            ("secret/x/y", &["secret/*", "secret/+/y"], Some("secret/+/y")),
            ("secret/x/y/z", &["secret/+/+/z", "secret/+/y/z"], Some("secret/+/y/z")),
            ("other", &["secret/*"], None),
            ("secret", &["secret/*"], None),
            ("secret/", &["secret/*"], Some("secret/*")),
            ("a/b/c", &["a/+"], None),
            ("a/b/c", &["a/+/*"], Some("a/+/*")),
        ] {
            let fitting = patterns.iter().copied().filter(|pattern| fits(pattern, path));
            assert_eq!(fitting.max_by(|a, b| by_fit(a, b)), expected, "{path}");
        }
    }
}
