//! How far Vault's tokens and roles reach altogether.

use hashbrown::{HashMap, HashSet};

use super::evaluate::{Policies, has_policies};
use crate::access::decision::{Dependency, Holds, Outcome, Reason};
use crate::access::escalation::vault::{POLICIES, VAULT};
use crate::access::escalation::{Escalation, EscalationPath, Gives, On};
use crate::access::index::Index;
use crate::access::standing::{Granted, Tier};
use crate::model::access_policy::Privilege;
use crate::model::identity::IdentityKind;
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::Sym;

/// What stands in a path where any name does.
const ANY: &str = "\u{1}";

/// Parts of a path, after the mount, below which secrets are read; those below which there are only descriptions; and
/// those to which one writes to get a secret.
///
/// <https://developer.hashicorp.com/vault/api-docs/secret>
const SECRETS: &[&str] = &["data", "creds", "static-creds", "sts", "export", "subkeys"];
const DESCRIPTIONS: &[&str] = &[
    "metadata",
    "config",
    "roles",
    "role",
    "static-roles",
    "keys",
    "ca",
    "ca_chain",
    "cert",
    "certs",
    "crl",
    "issuer",
    "issuers",
];
const MADE: &[&str] = &["issue", "decrypt", "datakey", "creds", "sts"];

/// What everybody needs to handle a token of their own, and the policy `default` gives.
const OWN: &[&str] = &[
    "auth/token/lookup-self",
    "auth/token/renew-self",
    "auth/token/revoke-self",
    "sys/capabilities-self",
    "sys/internal/ui/",
    "sys/leases/lookup",
    "sys/leases/renew",
    "sys/renew",
    "sys/wrapping/",
    "sys/tools/",
    "sys/control-group/request",
    "identity/oidc/",
];

/// Which Vaults have a policy, beside `root`, that gives everything: by the start of its id.
#[derive(Debug, Default)]
pub struct Vaults {
    with_administrators: HashSet<String>,
}

impl Vaults {
    pub fn new(snapshot: &Snapshot) -> Self {
        let strings = &snapshot.strings;
        let everything = snapshot
            .policies
            .iter()
            .filter(|policy| crate::access::privilege(&policy.document, strings).0 == Privilege::Administrator);
        let vaults = everything.filter_map(|policy| Some(strings.get(policy.id).split_once("/policy/")?.0.to_owned()));
        Self {
            with_administrators: vaults.collect(),
        }
    }

    /// Finds what each identity of a Vault is given, writes it into `granted_to`, and tells who has a way up.
    pub fn survey(&self, snapshot: &Snapshot, index: &Index, granted_to: &mut [Granted]) -> Vec<(IdentityId, Holds)> {
        // Many tokens have the same policies.
        let mut known: HashMap<Vec<Sym>, (Granted, Holds)> = HashMap::new();
        let mut found = Vec::new();
        for (at, granted) in granted_to.iter_mut().enumerate() {
            let id = IdentityId(at as u32);
            let identity = snapshot.identity(id);
            if identity.kind == IdentityKind::Root || !has_policies(snapshot, id) {
                continue;
            }
            let in_force = snapshot
                .grants_of(identity)
                .filter(|grant| !grant.has_ended(snapshot.as_of));
            let mut policies: Vec<Sym> = in_force.map(|grant| grant.policy.unwrap_or(grant.role)).collect();
            policies.sort_unstable();
            policies.dedup();
            let (by_policies, way) = *known
                .entry(policies)
                .or_insert_with(|| self.judge(snapshot, Policies::of(snapshot, index, id)));
            *granted = by_policies;
            if way > Holds::No {
                found.push((id, way));
            }
        }
        found
    }

    fn judge(&self, snapshot: &Snapshot, mut policies: Policies<'_>) -> (Granted, Holds) {
        let has_default = policies.take_default();
        let is_catalogued = policies.undefined.is_empty();
        if policies.root.is_some() {
            let granted = Granted {
                is_administrator: Holds::Yes,
                is_catalogued: true,
                ..Granted::default()
            };
            return (granted, Holds::No);
        }
        // What one of its policies gives another may deny.
        let writes = POLICIES.map(|start| policies.decide("update", &format!("{start}{ANY}")).outcome.holds());
        let gives = policies.gives_everything.max(match is_catalogued {
            true => Holds::No,
            false => Holds::Maybe,
        });
        let mut granted = Granted {
            is_administrator: writes.into_iter().max().unwrap_or_default().min(gives),
            is_catalogued,
            // What no export defines gives something.
            data: match has_default || !is_catalogued {
                true => Tier::Read,
                false => Tier::Nothing,
            },
            data_at_most: Tier::Nothing,
        };
        for given in &policies.given {
            let path = concrete(given.pattern);
            for capability in given.rule.capabilities.iter().map(|word| snapshot.strings.get(*word)) {
                let (least, most) = tier(given.pattern, capability);
                if least <= granted.data && most <= granted.data_at_most {
                    continue;
                }
                // What stands for the identity in its own path is its own.
                let holds = match given.pattern.contains("{{") && is_catalogued {
                    true => Holds::Yes,
                    false => policies.decide(capability, &path).outcome.holds(),
                };
                if holds == Holds::Yes {
                    granted.data = granted.data.max(least);
                }
                if holds > Holds::No {
                    granted.data_at_most = granted.data_at_most.max(most);
                }
            }
        }
        granted.data_at_most = match is_catalogued {
            true => granted.data_at_most.max(granted.data),
            false => Tier::SensitiveData,
        };
        let ways = self.ways(snapshot, &policies);
        let surest = ways.iter().map(|way| way.outcome.holds()).max().unwrap_or_default();
        (granted, surest)
    }

    /// The rows of the catalogue that an identity fulfils.
    pub fn escalations(&self, snapshot: &Snapshot, index: &Index, id: IdentityId) -> Vec<Escalation> {
        match has_policies(snapshot, id) {
            true => {
                let mut policies = Policies::of(snapshot, index, id);
                policies.take_default();
                self.ways(snapshot, &policies)
            }
            false => Vec::new(),
        }
    }

    fn ways(&self, snapshot: &Snapshot, policies: &Policies<'_>) -> Vec<Escalation> {
        if policies.root.is_some() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for path in VAULT {
            let names = names(path, policies, snapshot);
            let ways = names.iter().filter_map(|name| self.way(path, policies, name, snapshot));
            found.extend(ways.reduce(|best, next| if next.outcome > best.outcome { next } else { best }));
        }
        found
    }

    /// One row, with this name wherever it has room for one.
    fn way(
        &self,
        path: &'static EscalationPath,
        policies: &Policies<'_>,
        name: &str,
        snapshot: &Snapshot,
    ) -> Option<Escalation> {
        let mut proof: Vec<Reason> = Vec::new();
        let mut depends_on: Vec<Dependency> = Vec::new();
        for need in path.needs {
            let paths = match need.on {
                On::ItsPolicy => POLICIES.map(|start| format!("{start}{name}")).to_vec(),
                On::Some(paths) => paths.split('|').map(|path| path.replace('+', name)).collect(),
                On::Itself | On::ItsGroup => return None,
            };
            let asked = paths
                .iter()
                .flat_map(|path| need.action.split('|').map(move |word| policies.decide(word, path)));
            // What allows it, whatever policies that no export defines say.
            let allowing = asked.filter(|decision| decision.outcome > Outcome::Denied && !decision.proof.is_empty());
            let best = allowing.reduce(|best, next| if next.outcome > best.outcome { next } else { best })?;
            proof.extend(best.proof);
            depends_on.extend(best.depends_on);
        }
        if path.gives == Gives::AnyPolicy && !self.has_another(policies, snapshot) {
            depends_on.push(Dependency::Export(
                "which policies there are, and whether one gives everything",
            ));
        }
        depends_on.sort_unstable();
        depends_on.dedup();
        proof.dedup();
        Some(Escalation {
            path,
            outcome: match depends_on.is_empty() {
                true => Outcome::Allowed,
                false => Outcome::DependsOn,
            },
            through: None,
            within: None,
            proof,
            depends_on,
        })
    }

    /// Whether the Vault of these policies has one that gives everything.
    fn has_another(&self, policies: &Policies<'_>, snapshot: &Snapshot) -> bool {
        let mut vaults = policies
            .held
            .iter()
            .filter_map(|id| snapshot.strings.get(*id).split_once("/policy/"));
        vaults.any(|(vault, _)| self.with_administrators.contains(vault))
    }
}

/// The names that a row is tried with: of policies those that it has, otherwise any, and those that rules name.
fn names<'s>(path: &EscalationPath, policies: &Policies<'s>, snapshot: &'s Snapshot) -> HashSet<&'s str> {
    let held = policies
        .held
        .iter()
        .filter_map(|id| snapshot.strings.get(*id).split_once("/policy/"));
    let mut names = HashSet::new();
    for need in path.needs {
        match need.on {
            On::ItsPolicy => names.extend(held.clone().map(|(_, name)| name)),
            On::Some(path) => {
                names.insert(ANY);
                let Some((start, _)) = path.split_once('+') else {
                    continue;
                };
                let named = policies
                    .given
                    .iter()
                    .filter_map(|given| given.pattern.strip_prefix(start));
                let named = named.filter_map(|rest| rest.split('/').next());
                names.extend(named.filter(|name| !name.is_empty() && !name.contains(['+', '*', '{'])));
            }
            On::Itself | On::ItsGroup => {}
        }
    }
    names
}

/// A path that a pattern covers, and as few other patterns as can be.
fn concrete(pattern: &str) -> String {
    let mut path = String::new();
    let mut rest = pattern;
    while let Some((start, after)) = rest.split_once("{{") {
        path += start;
        path += ANY;
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    path += rest;
    path.replace(['+', '*'], ANY)
}

/// What one capability on the paths of a pattern gives: for certain, and at most. What sort of secrets a mount holds, no
/// policy tells.
fn tier(pattern: &str, capability: &str) -> (Tier, Tier) {
    let (mount, rest) = pattern.split_once('/').unwrap_or((pattern, "*"));
    let part = rest.split('/').next().unwrap_or(rest);
    let is_one_of = |known: &[&str]| known.contains(&part);
    let covers_secrets = part == "+" || part.strip_suffix('*').is_some_and(|start| "data".starts_with(start));
    let both = |tier| (tier, tier);
    match (mount, capability) {
        ("cubbyhole", _) | (_, "sudo" | "deny") => both(Tier::Nothing),
        _ if OWN.iter().any(|own| pattern.starts_with(own)) => both(Tier::Read),
        (_, "list") | ("sys" | "auth" | "identity", "read") => both(Tier::Read),
        ("sys" | "auth" | "identity", _) => both(Tier::Write),
        (_, "read") if covers_secrets || is_one_of(SECRETS) => both(Tier::SensitiveData),
        (_, "read") if is_one_of(DESCRIPTIONS) => both(Tier::Read),
        (_, "read") => (Tier::Read, Tier::SensitiveData),
        (_, "create" | "update") if is_one_of(MADE) => both(Tier::SensitiveData),
        (_, "create" | "update") if covers_secrets => (Tier::Write, Tier::SensitiveData),
        _ => both(Tier::Write),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_holds_its_first_parts_tell() {
        let (read, write, secret) = (Tier::Read, Tier::Write, Tier::SensitiveData);
        for (pattern, capability, expected) in [
            ("secret/data/shop/*", "read", (secret, secret)),
            ("secret/metadata/*", "list", (read, read)),
            ("secret/metadata/*", "read", (read, read)),
            ("*", "read", (secret, secret)),
            ("secret/*", "read", (secret, secret)),
            ("+/data/x", "read", (secret, secret)),
            ("database/creds/app", "read", (secret, secret)),
            ("database/roles/app", "read", (read, read)),
            ("kv/shop/db", "read", (read, secret)),
            ("pki/issue/web", "update", (secret, secret)),
            ("transit/encrypt/app", "update", (write, write)),
            ("auth/token/renew-self", "update", (read, read)),
            ("auth/approle/role/app", "update", (write, write)),
            ("sys/health", "read", (read, read)),
            ("cubbyhole/*", "read", (Tier::Nothing, Tier::Nothing)),
        ] {
            assert_eq!(tier(pattern, capability), expected, "{pattern} {capability}");
        }
    }
}
