//! What certificates travel in: PEM text, PKCS#7 and PKCS#12, and Java's key store.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use yasna::{Tag, construct_der};

use super::oid;
use crate::generate::draw::Draw;

const PKCS7_DATA: &[u64] = &[1, 2, 840, 113549, 1, 7, 1];
const PKCS7_SIGNED: &[u64] = &[1, 2, 840, 113549, 1, 7, 2];
const PKCS12_CERT_BAG: &[u64] = &[1, 2, 840, 113549, 1, 12, 10, 1, 3];
const PKCS9_X509: &[u64] = &[1, 2, 840, 113549, 1, 9, 22, 1];
const PKCS9_FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113549, 1, 9, 20];
const SHA256_OID: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];

/// The password of every generated key store.
const STORE_PASSWORD: &str = "changeit";

/// `-----BEGIN label-----` and so on.
pub fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at(rest.len().min(64));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out + &format!("-----END {label}-----\n")
}

/// A certificates-only PKCS#7 bundle (`.p7b`), as Windows exports a chain.
pub fn pkcs7(certificates: &[&[u8]]) -> Vec<u8> {
    construct_der(|writer| {
        writer.write_sequence(|content| {
            oid(content, PKCS7_SIGNED);
            content.next().write_tagged(Tag::context(0), |body| {
                body.write_sequence(|signed| {
                    signed.next().write_u8(1);
                    signed.next().write_set(|_| {});
                    signed.next().write_sequence(|data| oid(data, PKCS7_DATA));
                    signed.next().write_tagged_implicit(Tag::context(0), |set| {
                        set.write_sequence(|list| {
                            for certificate in certificates {
                                list.next().write_der(certificate);
                            }
                        });
                    });
                    signed.next().write_set(|_| {});
                });
            });
        });
    })
}

/// A PKCS#12 trust store: certificates in clear, integrity by [`STORE_PASSWORD`] (RFC 7292, appendix B).
pub fn pkcs12(certificates: &[(&str, &[u8])], draw: &mut Draw) -> Vec<u8> {
    const N_ROUNDS: u32 = 2_048;
    let safe_contents = construct_der(|writer| {
        writer.write_sequence(|bags| {
            for (alias, certificate) in certificates {
                bags.next().write_sequence(|bag| {
                    oid(bag, PKCS12_CERT_BAG);
                    bag.next().write_tagged(Tag::context(0), |value| {
                        value.write_sequence(|cert| {
                            oid(cert, PKCS9_X509);
                            cert.next()
                                .write_tagged(Tag::context(0), |bytes| bytes.write_bytes(certificate));
                        });
                    });
                    bag.next().write_set(|attributes| {
                        attributes.next().write_sequence(|attribute| {
                            oid(attribute, PKCS9_FRIENDLY_NAME);
                            attribute
                                .next()
                                .write_set(|values| values.next().write_bmp_string(alias));
                        });
                    });
                });
            }
        });
    });
    let authenticated_safe = construct_der(|writer| {
        writer.write_sequence(|safes| {
            safes.next().write_sequence(|safe| {
                oid(safe, PKCS7_DATA);
                safe.next()
                    .write_tagged(Tag::context(0), |data| data.write_bytes(&safe_contents));
            });
        });
    });
    let salt = draw.bytes(16);
    let mac_key = pkcs12_mac_key(&salt, N_ROUNDS);
    let mac = Hmac::<Sha256>::new_from_slice(&mac_key)
        .map(|mut mac| {
            mac.update(&authenticated_safe);
            mac.finalize().into_bytes().to_vec()
        })
        .unwrap_or_default();
    construct_der(|writer| {
        writer.write_sequence(|pfx| {
            pfx.next().write_u8(3);
            pfx.next().write_sequence(|content| {
                oid(content, PKCS7_DATA);
                content
                    .next()
                    .write_tagged(Tag::context(0), |data| data.write_bytes(&authenticated_safe));
            });
            pfx.next().write_sequence(|mac_data| {
                mac_data.next().write_sequence(|digest_info| {
                    digest_info.next().write_sequence(|algorithm| {
                        oid(algorithm, SHA256_OID);
                        algorithm.next().write_null();
                    });
                    digest_info.next().write_bytes(&mac);
                });
                mac_data.next().write_bytes(&salt);
                mac_data.next().write_u32(N_ROUNDS);
            });
        });
    })
}

/// The PKCS#12 key derivation for purpose 3 (MAC) with SHA-256: one block is all a MAC key needs.
fn pkcs12_mac_key(salt: &[u8], n_rounds: u32) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut password: Vec<u8> = STORE_PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    password.extend_from_slice(&[0, 0]);
    let fill = |bytes: &[u8]| -> Vec<u8> {
        bytes
            .iter()
            .copied()
            .cycle()
            .take(bytes.len().div_ceil(BLOCK) * BLOCK)
            .collect()
    };
    let mut block: [u8; 32] = Sha256::new()
        .chain_update([3; BLOCK])
        .chain_update(fill(salt))
        .chain_update(fill(&password))
        .finalize()
        .into();
    for _ in 1..n_rounds {
        block = Sha256::digest(block).into();
    }
    block
}

/// A Java key store of trusted certificates, sealed with [`STORE_PASSWORD`].
pub fn jks(certificates: &[(&str, &[u8])], stored_at: i64) -> Vec<u8> {
    let mut out = vec![0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2];
    out.extend_from_slice(&(certificates.len() as u32).to_be_bytes());
    let text = |out: &mut Vec<u8>, text: &str| {
        out.extend_from_slice(&(text.len() as u16).to_be_bytes());
        out.extend_from_slice(text.as_bytes());
    };
    for (alias, certificate) in certificates {
        out.extend_from_slice(&2_u32.to_be_bytes());
        text(&mut out, alias);
        out.extend_from_slice(&(stored_at * 1_000).to_be_bytes());
        text(&mut out, "X.509");
        out.extend_from_slice(&(certificate.len() as u32).to_be_bytes());
        out.extend_from_slice(certificate);
    }
    let password: Vec<u8> = STORE_PASSWORD.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let seal = Sha1::new()
        .chain_update(&password)
        .chain_update("Mighty Aphrodite")
        .chain_update(&out)
        .finalize();
    out.extend_from_slice(&seal);
    out
}
