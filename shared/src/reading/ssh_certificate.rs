//! OpenSSH certificates: a public key, whom it is for, and until when, signed by an authority.
//!
//! <https://cvsweb.openbsd.org/src/usr.bin/ssh/PROTOCOL.certkeys?annotate=HEAD>

use super::ssh_key;
use crate::model::instant::{Expiry, Instant};

/// What the name of a certificate's kind ends with.
pub const KIND_SUFFIX: &str = "-cert-v01@openssh.com";

/// What one certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshCertificate<'a> {
    /// The fingerprint of the public key inside: that of the same key without a certificate.
    pub key_fingerprint: String,
    /// The fingerprint of the authority's key.
    pub authority_fingerprint: String,
    pub serial: u64,
    /// The name that the authority gave the certificate.
    pub key_id: &'a str,
    /// Accounts, or hosts, that it is good for; none when it is good for all.
    pub principals: Vec<&'a str>,
    pub valid_after: Option<Instant>,
    pub valid_before: Expiry,
    pub is_for_host: bool,
}

/// Takes a certificate apart, whose binary form is given. `None` for what is none.
pub fn parse(blob: &[u8]) -> Option<SshCertificate<'_>> {
    let mut rest = Rest(blob);
    let kind = std::str::from_utf8(rest.string()?).ok()?;
    let key_kind = kind.strip_suffix(KIND_SUFFIX)?;
    // How many fields the public key has, before which a nonce stands.
    let (n_fields, key_kind) = match key_kind {
        "ssh-ed25519" => (1, key_kind.to_owned()),
        "ssh-rsa" | "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => (2, key_kind.to_owned()),
        "ssh-dss" => (4, key_kind.to_owned()),
        // Two keys in one field, one of them safe from quantum computers.
        "ssh-mldsa44-ed25519" => (1, format!("{key_kind}@openssh.com")),
        // Keys on a token name the application at their end.
        "sk-ssh-ed25519" => (2, format!("{key_kind}@openssh.com")),
        "sk-ecdsa-sha2-nistp256" => (3, format!("{key_kind}@openssh.com")),
        _ => return None,
    };
    rest.string()?;
    let mut key = Vec::new();
    push_string(&mut key, key_kind.as_bytes());
    for _ in 0..n_fields {
        push_string(&mut key, rest.string()?);
    }
    let serial = rest.number(8)?;
    let is_for_host = rest.number(4)? == 2;
    let key_id = std::str::from_utf8(rest.string()?).ok()?;
    let mut names = Rest(rest.string()?);
    let mut principals = Vec::new();
    while !names.0.is_empty() {
        principals.push(std::str::from_utf8(names.string()?).ok()?);
    }
    let (after, before) = (rest.number(8)?, rest.number(8)?);
    for _ in ["critical options", "extensions", "reserved"] {
        rest.string()?;
    }
    let instant = |seconds: u64| i64::try_from(seconds).ok().map(Instant);
    Some(SshCertificate {
        key_fingerprint: ssh_key::fingerprint(&key),
        authority_fingerprint: ssh_key::fingerprint(rest.string()?),
        serial,
        key_id,
        principals,
        valid_after: instant(after).filter(|_| after > 0),
        valid_before: match before {
            u64::MAX => Expiry::Never,
            _ => instant(before).map_or(Expiry::Never, Expiry::At),
        },
        is_for_host,
    })
}

/// SSH's binary form, front to back.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self, n_bytes: usize) -> Option<u64> {
        let bytes = self.take(n_bytes)?.iter();
        Some(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let n = usize::try_from(self.number(4)?).ok()?;
        self.take(n)
    }
}

fn push_string(blob: &mut Vec<u8>, bytes: &[u8]) {
    let n = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    blob.extend(n.to_be_bytes());
    blob.extend(bytes);
}
