//! What the connectors of leak scanners share: a secret's text becomes the names of the credential that it may be, and
//! is forgotten.
//!
//! An AWS access key carries its own id, a Google key file its key's name, a private key its public half. Of any other
//! secret stays a fingerprint.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Input;
use super::gcp_service_account_keys::key_of;
use crate::diagnostic::Diagnostic;
use crate::model::batch::Batch;
use crate::model::instant::Instant;
use crate::model::leak::{LeakFact, Liveness};
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::fingerprint::fingerprint;
use crate::reading::gcp_member;
use crate::reading::private_key::public_halves;
use crate::reading::ssh_key;
use crate::reading::text::Text;

/// One finding of a scanner, before its secret is forgotten.
pub(super) struct Finding<'a> {
    pub scanner: &'a str,
    pub rule: &'a str,
    /// Every text that may hold the secret, whole or inside what surrounds it. The first is the secret itself.
    pub secrets: &'a [&'a str],
    pub found_in: String,
    pub leaked_at: Option<Instant>,
    pub author: Option<&'a str>,
    pub liveness: Liveness,
    /// Whom the scanner names as the secret's.
    pub identities: Vec<Handle>,
    pub place: Place,
}

/// Adds a finding to the batch.
pub(super) fn push(finding: Finding<'_>, input: Input<'_>, batch: &mut Batch) {
    let mut fact = LeakFact {
        scanner: batch.sym(finding.scanner),
        rule: batch.sym(finding.rule),
        credentials: Vec::new(),
        fingerprints: Vec::new(),
        identities: finding.identities,
        found_in: batch.sym(&finding.found_in),
        leaked_at: finding.leaked_at,
        author: batch.sym_of(finding.author),
        liveness: finding.liveness,
        place: finding.place,
    };
    if let Some(secret) = finding.secrets.first().copied().filter(|secret| !is_masked(secret)) {
        for text in fingerprints(secret, input.salt) {
            fact.fingerprints.push(batch.sym(&text));
        }
    }
    for text in finding.secrets {
        take_names(text, &mut fact, batch);
    }
    fact.credentials.sort_unstable();
    fact.credentials.dedup();
    fact.fingerprints.sort_unstable();
    fact.fingerprints.dedup();
    fact.identities.sort_unstable();
    fact.identities.dedup();
    batch.leaks.push(fact);
}

/// Where a secret was found, in words: the parts that are known.
pub(super) fn found_in(
    repository: Option<&str>,
    file: Option<&str>,
    line: Option<u64>,
    commit: Option<&str>,
) -> String {
    let mut words: Vec<&str> = [repository, file].into_iter().flatten().filter_map(present).collect();
    let line = line.filter(|line| *line > 0).map(|line| format!("line {line}"));
    words.extend(line.as_deref());
    let place = words.join(" ");
    match commit.and_then(present) {
        Some(commit) => {
            let commit: String = commit.chars().take(12).collect();
            let between = if place.is_empty() { "" } else { ", " };
            format!("{place}{between}commit {commit}")
        }
        None if place.is_empty() => "the scanner does not tell".to_owned(),
        None => place,
    }
}

/// A word on findings that somebody closed as being none.
pub(super) fn dismissed(n_findings: usize) -> Option<Diagnostic> {
    (n_findings > 0).then(|| {
        Diagnostic::info(
            "whole file",
            format!(
                "{n_findings} {} that somebody marked as no secret, as a test or as accepted",
                if n_findings == 1 { "finding" } else { "findings" }
            ),
            "leaks",
            "nothing to do: they do not count",
        )
    })
}

/// A commit's author as people write one: `Jane Doe <jane@acme.test>`.
pub(super) fn person(name: &str, email: &str) -> Option<String> {
    let known = |text: &'_ str| present(text).filter(|text| !is_masked(text)).map(str::to_owned);
    match (known(name), known(email)) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (name, email) => name.or(email),
    }
}

/// The handle of whom a scanner names by ARN or by e-mail address.
pub(super) fn identity(name: &str, batch: &mut Batch) -> Option<Handle> {
    let name = name.trim();
    if name.starts_with("arn:") {
        Some(batch.handle(HandleKind::Arn, name))
    } else if name.ends_with(".gserviceaccount.com") {
        Some(gcp_member::service_account(batch, name))
    } else if name.contains('@') && !name.contains(char::is_whitespace) {
        Some(batch.handle(HandleKind::Email, &name.to_lowercase()))
    } else {
        None
    }
}

/// The credential key of an AWS access key with this id.
pub(super) fn access_key(id: &str) -> String {
    format!("aws-key:{id}")
}

/// The fingerprints that a GitHub token has in GitHub's own exports, which know its SHA-256 or its last eight
/// characters, never the token.
pub(super) fn github_hashed_token(hashed: &str, salt: &str) -> String {
    fingerprint(salt, format!("github-sha256 {hashed}").as_bytes())
}

/// See [`github_hashed_token`].
pub(super) fn github_last_eight(last_eight: &str, salt: &str) -> String {
    fingerprint(salt, format!("github-last-eight {last_eight}").as_bytes())
}

/// What a scanner writes where it hides a secret.
fn is_masked(secret: &str) -> bool {
    let secret = secret.trim();
    secret.is_empty() || secret.contains("***") || secret.eq_ignore_ascii_case("REDACTED") || secret == "..."
}

fn fingerprints(secret: &str, salt: &str) -> Vec<String> {
    let mut all = vec![fingerprint(salt, secret.as_bytes())];
    let is_github = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"]
        .iter()
        .any(|prefix| secret.starts_with(prefix));
    if is_github {
        all.push(github_hashed_token(&STANDARD.encode(Sha256::digest(secret)), salt));
        let last_eight = secret.len().checked_sub(8).and_then(|at| secret.get(at..));
        all.extend(last_eight.map(|last_eight| github_last_eight(last_eight, salt)));
    }
    all.extend(public_halves(secret).into_iter().filter_map(|half| half.spki_sha256));
    all
}

/// The credentials and identities that a secret's text names by itself.
fn take_names(text: &str, fact: &mut LeakFact, batch: &mut Batch) {
    for id in access_key_ids(text) {
        fact.credentials.push(batch.sym(&access_key(id)));
    }
    if text.contains("PRIVATE KEY-----") {
        for ssh in public_halves(text).into_iter().filter_map(|half| half.ssh) {
            fact.credentials.push(batch.sym(&ssh_key::credential_key(&ssh)));
        }
    }
    if text.contains("private_key_id")
        && let Ok(file) = serde_json::from_str::<RawGoogleKeyFile<'_>>(text)
    {
        let name = format!(
            "projects/{}/serviceAccounts/{}/keys/{}",
            &*file.project_id, &*file.client_email, &*file.private_key_id
        );
        fact.credentials.push(batch.sym(&key_of(&name)));
        fact.identities
            .push(gcp_member::service_account(batch, &file.client_email));
    }
}

/// A Google Cloud service account's key file, as far as it is no secret.
#[derive(Deserialize)]
struct RawGoogleKeyFile<'a> {
    #[serde(borrow)]
    project_id: Text<'a>,
    #[serde(borrow)]
    private_key_id: Text<'a>,
    #[serde(borrow)]
    client_email: Text<'a>,
}

/// AWS access key ids in a text: `AKIA` or `ASIA` and sixteen capitals or digits.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
fn access_key_ids(text: &str) -> impl Iterator<Item = &str> {
    const LENGTH: usize = 20;
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    memchr::memmem::find_iter(bytes, b"IA")
        .filter_map(move |at| at.checked_sub(2))
        .filter(move |&at| {
            let Some(id) = bytes.get(at..at + LENGTH) else {
                return false;
            };
            let is_id = (id.starts_with(b"AKIA") || id.starts_with(b"ASIA"))
                && id.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            is_id && !(at > 0 && is_word(at - 1)) && !is_word(at + LENGTH)
        })
        .filter_map(move |at| text.get(at..at + LENGTH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_key_ids_are_whole_words() {
        let ids: Vec<_> =
            access_key_ids("key=AKIAIOSFODNN7EXAMPLE;XAKIAIOSFODNN7EXAMPLE AKIAIOSFODNN7EXAMPLE1").collect();
        assert_eq!(ids, ["AKIAIOSFODNN7EXAMPLE"]);
        assert_eq!(access_key_ids("ÄASIAIOSFODNN7EXAMPLE").count(), 1);
        assert_eq!(access_key_ids("AKIA IA").count(), 0);
    }

    #[test]
    fn what_is_known_of_a_place_is_said() {
        assert_eq!(
            found_in(
                Some("https://github.com/acme/shop"),
                Some("a.yml"),
                Some(3),
                Some("9f2c1a5b7d3e4f6a8c0b")
            ),
            "https://github.com/acme/shop a.yml line 3, commit 9f2c1a5b7d3e"
        );
        assert_eq!(found_in(None, Some(".env"), Some(0), Some("")), ".env");
        assert_eq!(found_in(None, None, None, None), "the scanner does not tell");
    }

    #[test]
    fn masks_have_no_fingerprint() {
        for mask in ["", "REDACTED", "AKIA************MPLE", "************************"] {
            assert!(is_masked(mask), "{mask}");
        }
        assert!(!is_masked("hunter2"));
    }
}
