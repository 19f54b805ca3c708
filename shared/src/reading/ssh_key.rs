//! SSH public keys by their fingerprint: what makes the same key on a host, at GitHub and in a leak one key.
//!
//! <https://www.rfc-editor.org/rfc/rfc4253#section-6.6>; the fingerprint is that of `ssh-keygen -l`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest, Sha256};

/// The fingerprint of a public key line such as `ssh-ed25519 AAAAC3… comment`: `SHA256:` and 43 characters.
/// `None` for what is no key, such as one that a document shortens.
pub fn fingerprint_of_line(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (kind, packed) = (words.next()?, words.next()?);
    let blob = STANDARD
        .decode(packed)
        .or_else(|_| STANDARD_NO_PAD.decode(packed))
        .ok()?;
    // The blob begins with its own kind.
    let n_bytes = u32::from_be_bytes(blob.get(..4)?.try_into().ok()?) as usize;
    (blob.get(4..)?.get(..n_bytes)? == kind.as_bytes() && blob.len() > 4 + n_bytes).then(|| fingerprint(&blob))
}

/// The fingerprint of a public key in SSH's binary form.
pub fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))
}

/// A fingerprint as a tool writes it, in the form that [`fingerprint`] gives; `None` for MD5 and others.
pub fn normal(written: &str) -> Option<String> {
    let digits = written.trim().strip_prefix("SHA256:")?.trim_end_matches('=');
    (digits.len() == 43).then(|| format!("SHA256:{digits}"))
}

/// The key under which facts about an SSH key join, wherever it is found: see `CredentialFact::key`.
pub fn credential_key(fingerprint: &str) -> String {
    format!("ssh:{fingerprint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_that_of_ssh_keygen() {
        // ssh-keygen -t ed25519 -f key; ssh-keygen -lf key.pub
        let line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgz6JMt1pDSU6Z1SVWvJ/gafmIgrLr9AhPYDOM+PhL2 deploy@ci";
        let expected = "SHA256:d0x/FSz9d0iaEXZK3VBWsoUTtKlL5u8KveWhIag6nk8";
        assert_eq!(fingerprint_of_line(line).as_deref(), Some(expected));
        assert_eq!(fingerprint_of_line("ssh-rsa AAA..."), None);
        assert_eq!(fingerprint_of_line(""), None);
    }

    #[test]
    fn a_written_fingerprint_has_one_form() {
        let digits = "A".repeat(43);
        assert_eq!(normal(&format!("SHA256:{digits}=")), Some(format!("SHA256:{digits}")));
        assert_eq!(normal("1b:5c:b9:8c:a1:04:7a:47:80:8c:98:17:d2:00:39:35"), None);
    }
}
