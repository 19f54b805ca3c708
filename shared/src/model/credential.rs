//! Credentials: what an identity authenticates with, as one export states it.

use super::certificate::{CertificateFact, KeyAlgorithm};
use super::identity::{OwnerClaim, Presence};
use super::instant::{Expiry, Instant, LastUsed};
use super::principal::Handle;
use super::provenance::Place;
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// What one export says of one credential.
#[derive(Clone, Debug, PartialEq)]
pub struct CredentialFact {
    pub presence: Presence,
    /// The name that joins facts about the same credential, unique across the estate, prefixed by what it is:
    /// `x509:<sha256>`, `entra:<keyId>`, `gcp-key:projects/…/keys/…`, `aws-key:<arn>/access_key_1`,
    /// `k8s-secret:<source>/<namespace>/<name>`. Never a secret.
    pub key: Sym,
    pub keyed_by: KeyedBy,
    /// Who authenticates with it, when the export says.
    pub holder: Option<Handle>,
    pub kind: CredentialKind,
    pub name: Option<Sym>,
    pub status: CredentialStatus,
    /// When the secret itself was made: creation, or the last replacement where the export speaks of rotation.
    pub created_at: Option<Instant>,
    pub last_used: LastUsed,
    /// What it was last used for and where, as the export writes it: `s3 eu-west-1`.
    pub last_used_for: Option<Sym>,
    pub expires_at: Expiry,
    /// A salted or public hash of the secret or key: equal fingerprints are the same secret. Never a secret.
    pub fingerprint: Option<Sym>,
    /// The algorithm of a key pair, where the export tells it of a key that is no certificate's.
    pub key_algorithm: Option<KeyAlgorithm>,
    pub certificate: Option<Box<CertificateFact>>,
    pub custody: Custody,
    /// Who answers for it, by its own tags. Counts where no identity is known to hold it.
    pub owners: Vec<OwnerClaim>,
    /// The environment that its own tags name, as written. Counts where no identity is known to hold it.
    pub environment: Option<Sym>,
    pub place: Place,
}

impl CredentialFact {
    /// A listed credential of which nothing else is known yet.
    pub fn listed(key: Sym, kind: CredentialKind, place: Place) -> Self {
        Self {
            presence: Presence::Listed,
            key,
            keyed_by: KeyedBy::Id,
            holder: None,
            kind,
            name: None,
            status: CredentialStatus::Unknown,
            created_at: None,
            last_used: LastUsed::NotReported,
            last_used_for: None,
            expires_at: Expiry::NotReported,
            fingerprint: None,
            key_algorithm: None,
            certificate: None,
            custody: Custody::NotReported,
            owners: Vec::new(),
            environment: None,
            place,
        }
    }
}

/// What a credential is. The words are those of the `kind` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum CredentialKind {
    /// An AWS access key.
    AccessKey,
    /// A client secret of an application.
    ClientSecret,
    /// A key of a Google Cloud service account.
    ServiceAccountKey,
    /// An API key or personal access token.
    ApiKey,
    /// An SSH key.
    SshKey,
    /// An X.509 certificate.
    Certificate,
    /// An AWS signing certificate of which only the slot is reported.
    SigningCertificate,
    /// A bearer token that the platform stores, such as a Kubernetes service-account token secret.
    Token,
    /// A password.
    Password,
    /// A secret that is stored for others to use, of which only the metadata is known.
    StoredSecret,
    /// A federation: somebody else's token is accepted, nothing is stored.
    Federation,
    /// An export lists it without saying what it is.
    Unclassified,
}

impl CredentialKind {
    pub const ALL: [CredentialKind; 12] = [
        CredentialKind::AccessKey,
        CredentialKind::ClientSecret,
        CredentialKind::ServiceAccountKey,
        CredentialKind::ApiKey,
        CredentialKind::SshKey,
        CredentialKind::Certificate,
        CredentialKind::SigningCertificate,
        CredentialKind::Token,
        CredentialKind::Password,
        CredentialKind::StoredSecret,
        CredentialKind::Federation,
        CredentialKind::Unclassified,
    ];

    /// The stable word for this kind in JSON, URLs and CSV.
    pub fn id(self) -> &'static str {
        match self {
            CredentialKind::AccessKey => "access_key",
            CredentialKind::ClientSecret => "client_secret",
            CredentialKind::ServiceAccountKey => "service_account_key",
            CredentialKind::ApiKey => "api_key",
            CredentialKind::SshKey => "ssh_key",
            CredentialKind::Certificate => "certificate",
            CredentialKind::SigningCertificate => "signing_certificate",
            CredentialKind::Token => "token",
            CredentialKind::Password => "password",
            CredentialKind::StoredSecret => "stored_secret",
            CredentialKind::Federation => "federation",
            CredentialKind::Unclassified => "unclassified",
        }
    }

    /// The kind that a stable word names.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }
}

/// Whether a credential works, as the export states it. Expiry is judged later, against `as_of`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum CredentialStatus {
    Active,
    Inactive,
    Revoked,
    #[default]
    Unknown,
}

/// What a credential's key names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyedBy {
    /// This one credential.
    #[default]
    Id,
    /// One of the holder's numbered slots: the export does not say which credential is in it. An export that does
    /// lists the same one when holder, kind and instant of creation agree.
    Slot,
}

/// Where the secret of a credential is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Custody {
    /// A vault or secrets manager lists it, or says that it is the origin of this copy.
    Vault,
    /// It lies in a store that is no vault, such as a cluster's own.
    Elsewhere,
    #[default]
    NotReported,
}
