//! What stays of a secret: enough to see that two are the same, and no more.

use sha2::{Digest, Sha256};

/// The first 32 hex digits of SHA-256 over the estate's salt, a zero byte and the secret.
pub fn fingerprint(salt: &str, secret: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update([0]);
    hash.update(secret);
    super::certificate::hex(&hash.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_depends_on_salt_and_secret() {
        // printf 'salt\0secret' | sha256sum | cut -c1-32
        assert_eq!(fingerprint("salt", b"secret"), "0c2397579e13eace8ffea78f66616e15");
        assert_ne!(fingerprint("salt", b"secret"), fingerprint("other", b"secret"));
    }
}
