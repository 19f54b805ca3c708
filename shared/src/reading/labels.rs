//! What tags, labels and annotations mean, whichever platform they are on.

use super::absent::present;
use crate::model::batch::Batch;
use crate::model::credential::CredentialFact;
use crate::model::identity::{IdentityFact, OwnerBasis, OwnerClaim};

/// Keys whose value says who answers for a thing, the plainest first.
pub const OWNER_KEYS: &[&str] = &[
    "owner",
    "owners",
    "owned-by",
    "owner-email",
    "owner-name",
    "owner-team",
    "owning-team",
    "service-owner",
    "application-owner",
    "app-owner",
    "product-owner",
    "technical-owner",
    "business-owner",
    "team",
    "team-name",
    "team-email",
    "squad",
    "contact",
    "contact-email",
    "technical-contact",
    "point-of-contact",
    "maintainer",
    "maintainers",
    "responsible",
    "responsible-team",
    "responsible-person",
    "steward",
];

/// Keys whose value names the environment a thing belongs to.
pub const ENVIRONMENT_KEYS: &[&str] = &[
    "environment",
    "env",
    "stage",
    "environment-name",
    "environment-type",
    "env-name",
    "env-type",
    "deployment-environment",
    "deployment-stage",
];

/// Keys whose value says what a thing is for.
pub const PURPOSE_KEYS: &[&str] = &[
    "purpose",
    "description",
    "desc",
    "used-for",
    "use-case",
    "justification",
];

/// Where `key` stands in `keys`, the first being 0: without regard to case, to separators (`TechnicalContact`,
/// `technical_contact`), and to what names the organisation before it (`acme:owner`, `team.example.com/owner`).
pub fn rank(keys: &[&str], key: &str) -> Option<usize> {
    let last = key.rsplit(['/', ':', '.']).next().unwrap_or(key);
    let first = letters(last).next()?;
    keys.iter()
        .position(|known| known.starts_with(first) && letters(known).eq(letters(last)))
}

/// States what tags say of an identity: every owner, the plainest first, and of environment and purpose the plainest
/// where the fact has none yet.
pub fn tell<'t>(fact: &mut IdentityFact, tags: impl Iterator<Item = (&'t str, &'t str)>, batch: &mut Batch) {
    let said = Said::of(tags);
    fact.owners.extend(said.owners(batch));
    fact.environment = fact.environment.or(batch.sym_of(said.environment));
    fact.purpose = fact.purpose.or(batch.sym_of(said.purpose));
}

/// States what tags say of a credential that has its own: every owner, the plainest first, and the environment.
pub fn tell_credential<'t>(
    fact: &mut CredentialFact,
    tags: impl Iterator<Item = (&'t str, &'t str)>,
    batch: &mut Batch,
) {
    let said = Said::of(tags);
    fact.owners.extend(said.owners(batch));
    fact.environment = fact.environment.or(batch.sym_of(said.environment));
}

/// What tags say, the plainest first.
struct Said<'t> {
    owners: Vec<&'t str>,
    environment: Option<&'t str>,
    purpose: Option<&'t str>,
}

impl<'t> Said<'t> {
    fn of(tags: impl Iterator<Item = (&'t str, &'t str)>) -> Self {
        let mut owners = Vec::new();
        let mut environments = Vec::new();
        let mut purposes = Vec::new();
        for (key, value) in tags {
            let Some(value) = present(value) else { continue };
            if let Some(rank) = rank(OWNER_KEYS, key) {
                owners.push((rank, value));
            } else if let Some(rank) = rank(ENVIRONMENT_KEYS, key) {
                environments.push((rank, value));
            } else if let Some(rank) = rank(PURPOSE_KEYS, key) {
                purposes.push((rank, value));
            }
        }
        owners.sort_by_key(|(rank, _)| *rank);
        let plainest = |found: Vec<(usize, &'t str)>| found.into_iter().min_by_key(|(rank, _)| *rank);
        Said {
            owners: owners.into_iter().map(|(_, owner)| owner).collect(),
            environment: plainest(environments).map(|(_, value)| value),
            purpose: plainest(purposes).map(|(_, value)| value),
        }
    }

    fn owners(&self, batch: &mut Batch) -> Vec<OwnerClaim> {
        let claim = |owner: &&str| OwnerClaim {
            text: batch.sym(owner),
            basis: OwnerBasis::Tag,
        };
        self.owners.iter().map(claim).collect()
    }
}

fn letters(key: &str) -> impl Iterator<Item = char> {
    key.chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| c.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_known_however_it_is_spelled() {
        for key in [
            "technical-contact",
            "TechnicalContact",
            "technical_contact",
            "acme:Technical Contact",
            "team.example.com/technical-contact",
        ] {
            assert!(rank(OWNER_KEYS, key).is_some(), "{key}");
        }
        assert_eq!(rank(OWNER_KEYS, "Owner"), Some(0));
        assert_eq!(rank(OWNER_KEYS, "app.kubernetes.io/managed-by"), None);
        assert_eq!(rank(OWNER_KEYS, ""), None);
        assert_eq!(rank(ENVIRONMENT_KEYS, "Stage"), Some(2));
    }
}
