//! What an X.509 certificate says.

use super::instant::{Expiry, Instant};
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// The facts of one X.509 certificate.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CertificateFact {
    /// SHA-256 of the DER encoding, 64 hex digits in lower case: what makes two copies the same certificate.
    /// `None` when the export describes the certificate without showing it.
    pub sha256: Option<Sym>,
    /// SHA-256 of the SubjectPublicKeyInfo, 64 hex digits: equal in certificates that share a key.
    pub public_key_sha256: Option<Sym>,
    /// Distinguished names in RFC 4514-like text, as in `CN=api.example.com, O=Example`.
    pub subject: Sym,
    pub issuer: Sym,
    /// Serial number in lower-case hex, without separators.
    pub serial: Sym,
    /// Subject alternative names with their type: `dns:…`, `ip:…`, `uri:…`, `email:…`.
    pub names: Vec<Sym>,
    pub not_before: Instant,
    /// `Expiry::Never` for RFC 5280's 99991231235959Z.
    pub not_after: Expiry,
    pub key: KeyAlgorithm,
    pub signature_hash: SignatureHash,
    pub role: CertificateRole,
    pub trust: PublicTrust,
    pub issued_by: IssuedBy,
}

/// The algorithm of the certified key, with its size in bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum KeyAlgorithm {
    Rsa {
        n_bits: u16,
    },
    Ec {
        n_bits: u16,
    },
    Ed25519,
    Ed448,
    Dsa {
        n_bits: u16,
    },
    /// Another algorithm: its OID as text stands in the certificate only.
    Other,
}

/// The hash inside the signature algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum SignatureHash {
    Md2,
    Md5,
    Sha1,
    Sha2,
    Sha3,
    /// The algorithm has its own: Ed25519, Ed448, post-quantum.
    Intrinsic,
    Other,
}

/// What the certificate may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum CertificateRole {
    /// Basic constraints say that it is a certificate authority.
    Authority,
    /// A server (with or without client use).
    Server,
    /// A client only: a workload or a device.
    Client,
    /// A person: e-mail protection without server or client use.
    Person,
    /// Anything else that is not an authority: code signing, time stamping, no usage stated.
    Other,
}

/// Whether browsers trust the certificate's root, so that the CA/B Forum's limits bind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum PublicTrust {
    /// It carries a CA/B Forum reserved policy or signed certificate timestamps.
    Public,
    /// It carries neither, and was issued when every publicly trusted one had to.
    Private,
    /// It was issued before that (2020-09-01), and nothing in it tells.
    Unknown,
}

/// Who signed the certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum IssuedBy {
    /// Subject and issuer are the same name.
    Itself,
    Another,
}
