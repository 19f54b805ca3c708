//! The rows of the lists: what the pages, `rollcall list` and the exports show. Column names are stable.

use serde::{Deserialize, Serialize};

use crate::model::instant::Instant;
use crate::model::ratio::Verdict;

/// A row of the inventory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityRow {
    /// The public id, the same in every snapshot: an ARN, `entra:app/…`, `gcp:…`, `k8s:source/namespace/name`.
    pub id: String,
    pub name: String,
    /// A word of [`crate::model::identity::IdentityKind`].
    pub kind: String,
    /// `non_human`, `human` or `unknown`.
    pub class: String,
    /// `estate`, `third_party` or `platform`. Platform identities are out of the governance scope.
    pub origin: String,
    pub source: String,
    /// The account, tenant, project or namespace.
    pub account: Option<String>,
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    pub purpose: Option<String>,
    /// `active`, `inactive` or `unknown`.
    pub status: String,
    pub created_at: Option<Instant>,
    pub last_used_at: Option<Instant>,
    pub last_used: LastUsedWord,
    /// When its first credential ends.
    pub expires_at: Option<Instant>,
    pub n_credentials: usize,
    /// `None` when it is out of scope.
    pub governed: Option<Verdict>,
    /// The criteria it fails, by KPI id.
    pub failing: Vec<String>,
}

/// What is known of the last use, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LastUsedWord {
    /// Used; the instant stands beside.
    At,
    Never,
    /// Not used for as long as the export looks back.
    NotWithin,
    NotReported,
}

/// A row of the list of credentials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CredentialRow {
    pub id: String,
    pub name: Option<String>,
    /// A word of [`crate::model::credential::CredentialKind`].
    pub kind: String,
    /// `active`, `inactive`, `expired`, `revoked` or `unknown`.
    pub status: String,
    /// The id of the identity that authenticates with it, when an export lists it.
    pub holder: Option<String>,
    /// Its name, or `bob, not listed` where an export only names it.
    pub holder_name: Option<String>,
    /// How many identities and places it serves: more than one is shared.
    pub n_holders: usize,
    pub source: String,
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    pub created_at: Option<Instant>,
    /// Whole days from `created_at` to the snapshot's `as_of`.
    pub age_days: Option<i64>,
    pub last_used_at: Option<Instant>,
    pub last_used: LastUsedWord,
    pub last_used_for: Option<String>,
    pub expires_at: Option<Instant>,
    /// `at`, `never` or `not_reported`.
    pub expiry: String,
    /// Inside its maximum age? `None` for kinds that are not rotated.
    pub rotation: Option<Verdict>,
    /// The first 12 hex digits of its fingerprint.
    pub fingerprint: Option<String>,
}

/// A row of the list of certificates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateRow {
    pub id: String,
    /// Always `certificate`.
    pub kind: String,
    /// `active`, `expired`, `revoked` or `unknown`.
    pub status: String,
    /// SHA-256 of the DER, hex. `None` when no export holds the certificate itself.
    pub sha256: Option<String>,
    pub subject: Option<String>,
    pub issuer: Option<String>,
    pub serial: Option<String>,
    /// Subject alternative names: `dns:…`, `ip:…`, `uri:…`, `email:…`.
    pub names: Vec<String>,
    /// `authority`, `server`, `client`, `person` or `other`.
    pub role: Option<String>,
    /// `public`, `private` or `unknown`.
    pub trust: Option<String>,
    /// `RSA 2048`, `EC 256`, `Ed25519`.
    pub key: Option<String>,
    pub signature_hash: Option<String>,
    pub holder: Option<String>,
    /// Its name, or `bob, not listed` where an export only names it.
    pub holder_name: Option<String>,
    pub source: String,
    /// In how many places (files, stores, secrets) it was found.
    pub n_places: usize,
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    /// notBefore.
    pub created_at: Option<Instant>,
    pub last_used_at: Option<Instant>,
    /// notAfter.
    pub expires_at: Option<Instant>,
    /// Whole days from `as_of` to notAfter; negative when expired.
    pub days_left: Option<i64>,
    /// Whole days from notBefore to notAfter.
    pub validity_days: Option<i64>,
    /// Inside the limit of the CA/B Forum on the day of issue? `None` when the limit does not bind it.
    pub validity: Option<Verdict>,
    pub strength: Option<Verdict>,
}
