//! The public halves of private keys: what joins a leaked key to the certificates and SSH keys that it opens.
//!
//! Only what is public is taken: modulus and exponent, the point of an elliptic curve, OpenSSH's public blob. Nothing of
//! an encrypted key is.
//! <https://www.rfc-editor.org/rfc/rfc8017#appendix-A.1.2> (RSA), <https://www.rfc-editor.org/rfc/rfc5915> (EC),
//! <https://www.rfc-editor.org/rfc/rfc5958> (PKCS#8), OpenSSH's `PROTOCOL.key`.

use memchr::memmem;
use sha2::{Digest, Sha256};
use x509_parser::asn1_rs::{Any, Class, FromDer, Tag};

use super::certificate::hex;
use super::{pem, ssh_key};

/// The hashes of a public key by which exports know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicHalf {
    /// SHA-256 of the SubjectPublicKeyInfo, as certificates carry it; `None` for keys in OpenSSH's own format.
    pub spki_sha256: Option<String>,
    /// SSH's fingerprint; `None` for curves that SSH does not have.
    pub ssh: Option<String>,
}

/// The public halves of all private keys in a text. What is encrypted, cut or of another algorithm is passed over.
pub fn public_halves(text: &str) -> Vec<PublicHalf> {
    const KIND: &str = "PRIVATE KEY-----";
    let mut halves = Vec::new();
    let mut rest = text;
    while let Some(at) = memmem::find(rest.as_bytes(), KIND.as_bytes()) {
        let (before, after) = (&rest[..at], &rest[at + KIND.len()..]);
        rest = after;
        let Some((_, label)) = before.rsplit_once("-----BEGIN ") else {
            continue;
        };
        let body = after.split("-----").next().unwrap_or_default();
        let Ok(bytes) = pem::decode(body) else { continue };
        halves.extend(match label {
            "RSA " => rsa(&bytes),
            "EC " => elliptic(&bytes, None),
            "OPENSSH " => open_ssh(&bytes),
            "" => pkcs8(&bytes),
            _ => None,
        });
    }
    halves
}

/// PKCS#8: version, algorithm, the key as an octet string.
fn pkcs8(der: &[u8]) -> Option<PublicHalf> {
    let [_, algorithm, key, ..] = &children(der)?[..] else {
        return None;
    };
    let [name, parameters, ..] = &children_of(algorithm)?[..] else {
        return None;
    };
    match name.data {
        // rsaEncryption, id-ecPublicKey
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1] => rsa(key.data),
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1] => elliptic(key.data, Some(parameters.data)),
        _ => None,
    }
}

/// PKCS#1: version, modulus, public exponent, and what is private.
fn rsa(der: &[u8]) -> Option<PublicHalf> {
    let [_, modulus, exponent, _, ..] = &children(der)?[..] else {
        return None;
    };
    let key = element(0x30, &[element(2, modulus.data), element(2, exponent.data)].concat());
    let algorithm = element(0x30, b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01\x05\x00");
    let blob = ssh_blob(&[b"ssh-rsa", exponent.data, modulus.data]);
    Some(PublicHalf {
        spki_sha256: Some(spki(&algorithm, &key)),
        ssh: Some(ssh_key::fingerprint(&blob)),
    })
}

/// SEC 1: version, private key, `[0]` curve, `[1]` public point. PKCS#8 names the curve outside.
fn elliptic(der: &[u8], curve: Option<&[u8]>) -> Option<PublicHalf> {
    let parts = children(der)?;
    let tagged = |n: u32| {
        parts
            .iter()
            .find(|part| part.tag() == Tag(n) && part.class() == Class::ContextSpecific)
    };
    let inner = |part: &Any<'_>| Any::from_der(part.data).ok().map(|(_, inner)| inner.data.to_vec());
    let curve = match curve {
        Some(curve) => curve.to_vec(),
        None => tagged(0).and_then(inner)?,
    };
    let bits = tagged(1).and_then(inner)?;
    // A BIT STRING begins with how many bits of its last byte are unused.
    let point = bits.strip_prefix(&[0])?;
    let algorithm = [element(6, b"\x2A\x86\x48\xCE\x3D\x02\x01"), element(6, &curve)].concat();
    let name: Option<&[u8]> = match curve.as_slice() {
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7] => Some(b"nistp256"),
        [0x2B, 0x81, 4, 0, 0x22] => Some(b"nistp384"),
        [0x2B, 0x81, 4, 0, 0x23] => Some(b"nistp521"),
        _ => None,
    };
    let blob = name.map(|name| ssh_blob(&[&[b"ecdsa-sha2-", name].concat(), name, point]));
    Some(PublicHalf {
        spki_sha256: Some(spki(&element(0x30, &algorithm), point)),
        ssh: blob.map(|blob| ssh_key::fingerprint(&blob)),
    })
}

/// OpenSSH: magic, cipher, key derivation and its options, the number of keys, the first public key.
fn open_ssh(bytes: &[u8]) -> Option<PublicHalf> {
    let mut rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    for _cipher_and_derivation in 0..3 {
        rest = ssh_string(rest)?.1;
    }
    let (blob, _) = ssh_string(rest.get(4..)?)?;
    (!blob.is_empty()).then(|| PublicHalf {
        spki_sha256: None,
        ssh: Some(ssh_key::fingerprint(blob)),
    })
}

fn ssh_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
    rest.split_at_checked(length)
}

fn ssh_blob(parts: &[&[u8]]) -> Vec<u8> {
    let mut blob = Vec::new();
    for part in parts {
        blob.extend((part.len() as u32).to_be_bytes());
        blob.extend_from_slice(part);
    }
    blob
}

fn spki(algorithm: &[u8], key: &[u8]) -> String {
    let bits = element(3, &[&[0], key].concat());
    hex(&Sha256::digest(element(0x30, &[algorithm, &bits].concat())))
}

/// One DER element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = (content.len() as u32).to_be_bytes();
    let significant = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    let mut der = vec![tag];
    match content.len() {
        0..=127 => der.push(content.len() as u8),
        _ => {
            der.push(0x80 | significant.len() as u8);
            der.extend_from_slice(significant);
        }
    }
    der.extend_from_slice(content);
    der
}

fn children(der: &[u8]) -> Option<Vec<Any<'_>>> {
    let (_, sequence) = Any::from_der(der).ok()?;
    (sequence.tag() == Tag::Sequence).then_some(())?;
    children_of(&sequence)
}

fn children_of<'a>(sequence: &Any<'a>) -> Option<Vec<Any<'a>>> {
    let mut rest = sequence.data;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (after, child) = Any::from_der(rest).ok()?;
        all.push(child);
        rest = after;
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made for this test by `openssl genrsa 1024`, `openssl ecparam -name prime256v1 -genkey` and `ssh-keygen`; the
    // hashes are those of `openssl pkey -pubout -outform DER | sha256sum` and `ssh-keygen -lf`.
    const RSA: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIICXgIBAAKBgQCcsaLgaBB3THqg/iVi8lmagLQsOzFL5JfjlzdgS7+qBbR4ydJJ\nUCN4d6hcDV51vJHVtFNKJ/39K1IwMzgs5bgxySXz7mXYCQA1vumLavchklmpb6f+\n9OKIfq5R3Dq/DKNH3l9HFGlwiMOnBu4kujJBXD4d40KZZCv59GLfXaU+4QIDAQAB\nAoGBAJShtyLv8zaGWAfgKux5f98bWExgdXlMw3rB1GhGUe7f7Hlqz0p1dr/tmMiA\ncepyTU8N9rdvye/cqOBJpW6JFLbAw589JL+Wuf04Rjwu8DzhJtE2Nt5z1CcRa1Lr\nL8JtWPIrEPb3Uxy6BoDWK02m/LBrz+qDT50Azfshfbbq+EXBAkEAzZVrW0yF/YyO\nUNuREzS1xzy+uVkvZaOuOiTd5/5pTcY+6JsbOORViIGfr71xkSqmetWpX0xexTxy\nfEIr5CVFKQJBAMMe6Fl+z74qX4Xs2ak72fd7eXtCK29cZFgnYCLCRdIOZGCH6VMh\nCT07uGksXDGQqCrecu3YXyV8SxziXTbyavkCQQCNmNOnv44uM6g2EvTaSJzHTJSE\nruPRWqp+y7O3vWgkNF5R8bsPNV2gNr+Y2J+m/7xIsG8G/1/q85Za9Wyrp+v5AkA8\nkcOexHbImW69rCCFIEcxQ+saEBhboVqk4tQ89gGmi0EtlgMgAwlTMM62F0cnO7h4\nVkVm/9vJTyQh+0LkY6xBAkEAgAAIhb7AH1UMpUjoWBkXjn4X5yxMUhGcIm5zPpC/\ncFTN2xj/UhCImKqA4OfJU3rhNBiFfploSXLDUKTSwWIpzw==\n-----END RSA PRIVATE KEY-----";
    const RSA_PKCS8: &str = "-----BEGIN PRIVATE KEY-----\nMIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBAJyxouBoEHdMeqD+\nJWLyWZqAtCw7MUvkl+OXN2BLv6oFtHjJ0klQI3h3qFwNXnW8kdW0U0on/f0rUjAz\nOCzluDHJJfPuZdgJADW+6Ytq9yGSWalvp/704oh+rlHcOr8Mo0feX0cUaXCIw6cG\n7iS6MkFcPh3jQplkK/n0Yt9dpT7hAgMBAAECgYEAlKG3Iu/zNoZYB+Aq7Hl/3xtY\nTGB1eUzDesHUaEZR7t/seWrPSnV2v+2YyIBx6nJNTw32t2/J79yo4EmlbokUtsDD\nnz0kv5a5/ThGPC7wPOEm0TY23nPUJxFrUusvwm1Y8isQ9vdTHLoGgNYrTab8sGvP\n6oNPnQDN+yF9tur4RcECQQDNlWtbTIX9jI5Q25ETNLXHPL65WS9lo646JN3n/mlN\nxj7omxs45FWIgZ+vvXGRKqZ61alfTF7FPHJ8QivkJUUpAkEAwx7oWX7PvipfhezZ\nqTvZ93t5e0Irb1xkWCdgIsJF0g5kYIfpUyEJPTu4aSxcMZCoKt5y7dhfJXxLHOJd\nNvJq+QJBAI2Y06e/ji4zqDYS9NpInMdMlISu49Faqn7Ls7e9aCQ0XlHxuw81XaA2\nv5jYn6b/vEiwbwb/X+rzllr1bKun6/kCQDyRw57EdsiZbr2sIIUgRzFD6xoQGFuh\nWqTi1Dz2AaaLQS2WAyADCVMwzrYXRyc7uHhWRWb/28lPJCH7QuRjrEECQQCAAAiF\nvsAfVQylSOhYGReOfhfnLExSEZwibnM+kL9wVM3bGP9SEIiYqoDg58lTeuE0GIV+\nmWhJcsNQpNLBYinP\n-----END PRIVATE KEY-----";
    const EC: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIDmDMfoBWDAVxFZQaL0CR2lnK+3niCk8nKofpxArjG8soAoGCCqGSM49\nAwEHoUQDQgAEf8AnoKlzxusIlRTwir92lXMrojnWPc5kFpepIQDiBP9Vj/ABDOon\nd+AiDYuZis8PSwliXj70J/PdOOt4drf33Q==\n-----END EC PRIVATE KEY-----";
    const EC_PKCS8: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOYMx+gFYMBXEVlBo\nvQJHaWcr7eeIKTycqh+nECuMbyyhRANCAAR/wCegqXPG6wiVFPCKv3aVcyuiOdY9\nzmQWl6khAOIE/1WP8AEM6id34CINi5mKzw9LCWJePvQn890463h2t/fd\n-----END PRIVATE KEY-----";
    const ED25519: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACC4M+iTLdaQ0lOmdUlVryf4Gn5iIKy6/QIT2AzjPj4S9gAAAJApi/G0KYvx\ntAAAAAtzc2gtZWQyNTUxOQAAACC4M+iTLdaQ0lOmdUlVryf4Gn5iIKy6/QIT2AzjPj4S9g\nAAAEC7nBysOGcGhFQifqzc0rEsXhXtlwThWZD3kqQTLXIDJ7gz6JMt1pDSU6Z1SVWvJ/ga\nfmIgrLr9AhPYDOM+PhL2AAAACWRlcGxveUBjaQECAwQ=\n-----END OPENSSH PRIVATE KEY-----";

    fn half(spki: Option<&str>, ssh: &str) -> Vec<PublicHalf> {
        vec![PublicHalf {
            spki_sha256: spki.map(str::to_owned),
            ssh: Some(format!("SHA256:{ssh}")),
        }]
    }

    #[test]
    fn public_halves_are_those_that_other_tools_see() {
        let rsa = half(
            Some("8a04da2bfbff02a971f61cab6bae74818e6d536908afef95d064083ae34a92ee"),
            "Obeo1UP8PRWTVzAYEAlTDlIChE3I+SmJZnItKJhj5iw",
        );
        assert_eq!(public_halves(RSA), rsa);
        assert_eq!(public_halves(RSA_PKCS8), rsa);
        let ec = half(
            Some("629821fb5008dfe047aa9daee7fb53a7a07bc0e0e36f0eec882574874352991b"),
            "dghGF9JlE+M3FKsUdq6Qk01JRPyRvAiyIzmbhQIaYCU",
        );
        assert_eq!(public_halves(EC), ec);
        assert_eq!(public_halves(EC_PKCS8), ec);
        assert_eq!(
            public_halves(ED25519),
            half(None, "d0x/FSz9d0iaEXZK3VBWsoUTtKlL5u8KveWhIag6nk8")
        );
    }

    #[test]
    fn line_ends_may_be_two_characters() {
        assert_eq!(public_halves(&EC.replace('\n', "\\n")), public_halves(EC));
    }

    #[test]
    fn no_cut_key_panics() {
        for key in [RSA, RSA_PKCS8, EC, EC_PKCS8, ED25519] {
            for end in 0..key.len() {
                assert!(public_halves(&key[..end]).len() <= 1);
            }
        }
        assert_eq!(public_halves("-----BEGIN RSA PRIVATE KEY-----"), vec![]);
    }
}
