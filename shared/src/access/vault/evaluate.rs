//! Whether a Vault token may do something: the rule that fits a path best decides, whichever policy it stands in.
//!
//! <https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax>

use std::cmp::Ordering;

use crate::access::decision::{BlindSpot, Decision, Dependency, Holds, Reason, Says};
use crate::access::index::Index;
use crate::model::access_policy::{AccessPolicy, Privilege, VaultRule};
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::{Strings, Sym};

const BLIND: &[BlindSpot] = &[BlindSpot::VaultRestrictions];
const TEMPLATE: Dependency = Dependency::Export("what stands for the identity in the path of a policy's template");

/// Paths that take the capability `sudo` beside any other.
///
/// <https://developer.hashicorp.com/vault/docs/concepts/policies#root-protected-api-endpoints>
const ROOT_PROTECTED: &[&str] = &[
    "auth/token/accessors",
    "auth/token/accessors/",
    "auth/token/revoke-orphan",
    "pki/root",
    "pki/root/sign-self-issued",
    "sys/audit",
    "sys/audit/*",
    "sys/auth/*",
    "sys/config/auditing/request-headers",
    "sys/config/auditing/request-headers/*",
    "sys/config/cors",
    "sys/config/ui/headers",
    "sys/config/ui/headers/*",
    "sys/internal/inspect/*",
    "sys/leases/lookup/*",
    "sys/leases/revoke-force/*",
    "sys/leases/revoke-prefix/*",
    "sys/plugins/catalog/*",
    "sys/raw",
    "sys/raw/*",
    "sys/remount",
    "sys/replication/+/primary/secondary-token",
    "sys/replication/primary/secondary-token",
    "sys/replication/reindex",
    "sys/revoke-force/*",
    "sys/revoke-prefix/*",
    "sys/rotate",
    "sys/seal",
    "sys/step-down",
    "sys/storage/raft/snapshot-auto/config",
    "sys/storage/raft/snapshot-auto/config/*",
];

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
    Policies::of(snapshot, index, id).decide(capability, path)
}

/// One rule of a policy that a token has.
#[derive(Clone, Copy)]
pub struct Given<'s> {
    pub rule: &'s VaultRule,
    pub pattern: &'s str,
    reason: Reason,
}

/// The policies of a token.
pub struct Policies<'s> {
    strings: &'s Strings,
    pub given: Vec<Given<'s>>,
    /// The policy `root`, which has no rules and allows everything.
    pub root: Option<Reason>,
    /// All of them, by their ids.
    pub held: Vec<Sym>,
    /// Those that no export defines.
    pub undefined: Vec<Sym>,
    /// Whether one of them alone gives everything.
    pub gives_everything: Holds,
}

impl<'s> Policies<'s> {
    pub fn of(snapshot: &'s Snapshot, index: &Index, id: IdentityId) -> Self {
        let mut policies = Self {
            strings: &snapshot.strings,
            given: Vec::new(),
            root: None,
            held: Vec::new(),
            undefined: Vec::new(),
            gives_everything: Holds::No,
        };
        let identity = snapshot.identity(id);
        for &at in &snapshot.granted[identity.grants.start as usize..identity.grants.end as usize] {
            let grant = &snapshot.grants[at as usize];
            if grant.has_ended(snapshot.as_of) {
                continue;
            }
            let policy = grant.policy.unwrap_or(grant.role);
            policies.held.push(policy);
            let defined = index.policies_of(policy, snapshot);
            match (defined.is_empty(), grant.privilege) {
                (true, Some(Privilege::Administrator)) => policies.root = Some(Reason::of_grant(at, grant)),
                (true, Some(Privilege::Limited) | None) => policies.undefined.push(policy),
                (false, Some(Privilege::Administrator)) => policies.gives_everything = Holds::Yes,
                (false, Some(Privilege::Limited) | None) => {}
            }
            for policy in defined {
                let AccessPolicy::Vault(rules) = &policy.document else {
                    continue;
                };
                policies.given.extend((0..).zip(rules).map(|(rule_at, rule)| Given {
                    rule,
                    pattern: snapshot.strings.get(rule.path),
                    reason: Reason {
                        says: Says::Allows,
                        name: policy.name,
                        statement: Some(rule_at),
                        grant: Some(at),
                        evidence: policy.evidence,
                    },
                }));
            }
        }
        policies
    }

    /// With the policy `default` as Vault makes it, where no export defines it: it gives what everybody needs to handle a
    /// token of their own. Tells whether it is there.
    pub fn take_default(&mut self) -> bool {
        let n_before = self.undefined.len();
        self.undefined
            .retain(|id| !self.strings.get(*id).ends_with("/policy/default"));
        self.undefined.len() < n_before
    }

    pub fn decide(&self, capability: &str, path: &str) -> Decision {
        if let Some(reason) = self.root {
            return Decision::allowed(vec![reason], BLIND);
        }
        let mut needs: Vec<_> = self.undefined.iter().map(|id| Dependency::Policy(*id)).collect();
        let best = best(&self.given, |given| given.pattern, capability, path);
        let plain = self.said(&best, capability, path);
        let is_exact = best.first().is_some_and(|given| given.pattern == path);
        let may_change = |given: &&Given<'_>| {
            // No wildcard goes before the path itself.
            !(is_exact && given.pattern.contains(['+', '*']))
                && may_fit(given.pattern, path)
                && self.said(&[*given], capability, path).outcome != plain.outcome
        };
        if self.given.iter().any(|given| may_change(&given)) {
            needs.push(TEMPLATE);
        }
        // A rule for a narrower path could still go before it.
        match needs.is_empty() {
            true => plain,
            false => Decision::depends(plain.proof, needs, BLIND),
        }
    }

    /// What the rules come to that decide.
    fn said(&self, best: &[&Given<'_>], capability: &str, path: &str) -> Decision {
        let having = |word: &str| {
            let mut having = best.iter().filter(|given| has(given.rule, word, self.strings));
            having.next().map(|given| given.reason)
        };
        if let Some(reason) = having("deny") {
            let reason = Reason {
                says: Says::Denies,
                ..reason
            };
            return Decision::denied(vec![reason], &[]);
        }
        let is_protected = capability != "sudo" && ROOT_PROTECTED.iter().any(|pattern| fits(pattern, path));
        match (having(capability), having("sudo")) {
            (None, _) => Decision::denied(Vec::new(), &[]),
            (Some(_), None) if is_protected => Decision::denied(Vec::new(), &[]),
            (Some(reason), Some(sudo)) if is_protected && sudo != reason => {
                Decision::allowed(vec![reason, sudo], BLIND)
            }
            (Some(reason), _) => Decision::allowed(vec![reason], BLIND),
        }
    }
}

/// Whether the rules of one policy alone allow something.
pub fn allows(rules: &[VaultRule], strings: &Strings, capability: &str, path: &str) -> bool {
    let best = best(rules, |rule| strings.get(rule.path), capability, path);
    best.iter().any(|rule| has(rule, capability, strings)) && !best.iter().any(|rule| has(rule, "deny", strings))
}

fn has(rule: &VaultRule, capability: &str, strings: &Strings) -> bool {
    rule.capabilities.iter().any(|given| strings.get(*given) == capability)
}

/// The rules for the pattern that fits a path best. What is listed is what lies below a path: with its slash at the end
/// or without, the path itself goes before all patterns, and the shorter before the longer.
fn best<'g, 'p, T>(given: &'g [T], pattern: impl Fn(&T) -> &'p str, capability: &str, path: &str) -> Vec<&'g T> {
    if capability != "list" {
        return best_for(given, &pattern, |pattern| fits(pattern, path));
    }
    let stem = path.strip_suffix('/').unwrap_or(path);
    let below = format!("{stem}/");
    let is_wild = |pattern: &str| pattern.contains(['+', '*']);
    let tries: [&dyn Fn(&str) -> bool; 4] = [
        &|pattern| pattern == below,
        &|pattern| pattern == stem,
        &|pattern| is_wild(pattern) && fits(pattern, stem),
        &|pattern| is_wild(pattern) && fits(pattern, &below),
    ];
    let mut found = tries.into_iter().map(|fits| best_for(given, &pattern, fits));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

fn best_for<'g, 'p, T>(given: &'g [T], pattern: impl Fn(&T) -> &'p str, fits: impl Fn(&str) -> bool) -> Vec<&'g T> {
    let mut best: Vec<&T> = Vec::new();
    for one in given.iter().filter(|one| fits(pattern(one))) {
        let known = best.first();
        match known.map_or(Ordering::Greater, |known| by_fit(pattern(one), pattern(known))) {
            Ordering::Less => {}
            Ordering::Equal => best.push(one),
            Ordering::Greater => best = vec![one],
        }
    }
    best
}

/// Whether a pattern with a template in it covers a path when something stands in the template's place.
fn may_fit(pattern: &str, path: &str) -> bool {
    if !pattern.contains("{{") {
        return false;
    }
    let (pattern, is_open) = match pattern.strip_suffix('*') {
        Some(start) => (start, true),
        None => (pattern, false),
    };
    let mut wanted = pattern.split('/').peekable();
    let mut parts = path.split('/');
    while let Some(want) = wanted.next() {
        let Some(part) = parts.next() else { return false };
        let ends_here = wanted.peek().is_none() && is_open;
        let fits = match (want.split_once("{{"), want.rsplit_once("}}")) {
            (Some((start, _)), Some((_, end))) => part.starts_with(start) && (ends_here || part.ends_with(end)),
            _ => want == "+" || want == part || ends_here && part.starts_with(want),
        };
        match (fits, ends_here) {
            (false, _) => return false,
            (true, true) => return true,
            (true, false) => {}
        }
    }
    parts.next().is_none()
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
