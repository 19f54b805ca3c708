//! X.509 certificates, byte for byte from their inputs.
//!
//! Existing certificate builders draw serials, salts and ECDSA nonces from the system; here every byte comes from
//! the seed. P-256 signatures are RFC 6979 and verify. Keys of other kinds are well-formed public keys nobody has
//! the private half of, so only P-256 keys sign, and a certificate that claims an RSA signature (the legacy,
//! self-signed SHA-1 ones) carries filler there: it parses everywhere and verifies nowhere.

mod stores;

use jiff::{Timestamp, tz::TimeZone};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use sha1::Sha1;
use sha2::Digest as _;
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, DERWriterSeq, Tag, construct_der};

use super::draw::Draw;
pub use stores::{jks, pem, pkcs7, pkcs12};

const ECDSA_SHA256: &[u64] = &[1, 2, 840, 10045, 4, 3, 2];
const RSA_SHA1: &[u64] = &[1, 2, 840, 113549, 1, 1, 5];
const RSA_KEY: &[u64] = &[1, 2, 840, 113549, 1, 1, 1];
const EC_KEY: &[u64] = &[1, 2, 840, 10045, 2, 1];
const P256: &[u64] = &[1, 2, 840, 10045, 3, 1, 7];
const ED25519: &[u64] = &[1, 3, 101, 112];

/// A key pair, or the public half of one.
pub enum Key {
    P256(Box<SigningKey>),
    /// A modulus of this many bits that nobody can factor and nobody knows the factors of.
    Rsa {
        modulus: Vec<u8>,
    },
    Ed25519([u8; 32]),
}

impl Key {
    /// A P-256 key pair from a stream.
    pub fn p256(draw: &mut Draw) -> Self {
        Self::P256(Box::new(signing_key(draw)))
    }

    /// An RSA public key of `bits` bits.
    pub fn rsa(draw: &mut Draw, bits: usize) -> Self {
        let mut modulus = draw.bytes(bits / 8);
        if let Some(first) = modulus.first_mut() {
            *first |= 0xc0;
        }
        if let Some(last) = modulus.last_mut() {
            *last |= 1;
        }
        Self::Rsa { modulus }
    }

    /// An Ed25519 public key.
    pub fn ed25519(draw: &mut Draw) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(&draw.bytes(32));
        Self::Ed25519(key)
    }

    /// The content of the subjectPublicKey bit string.
    fn public(&self) -> Vec<u8> {
        match self {
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            Self::Rsa { modulus } => construct_der(|writer| {
                writer.write_sequence(|seq| {
                    seq.next().write_bigint_bytes(modulus, true);
                    seq.next().write_u32(65_537);
                });
            }),
            Self::Ed25519(key) => key.to_vec(),
        }
    }

    fn write_spki(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|seq| {
            seq.next().write_sequence(|algorithm| match self {
                Self::P256(_) => {
                    oid(algorithm, EC_KEY);
                    oid(algorithm, P256);
                }
                Self::Rsa { .. } => {
                    oid(algorithm, RSA_KEY);
                    algorithm.next().write_null();
                }
                Self::Ed25519(_) => oid(algorithm, ED25519),
            });
            let public = self.public();
            seq.next().write_bitvec_bytes(&public, public.len() * 8);
        });
    }

    /// SHA-1 of the public key, the usual key identifier.
    pub fn identifier(&self) -> [u8; 20] {
        Sha1::digest(self.public()).into()
    }

    /// The private key as PKCS#8; only a P-256 key has one here.
    pub fn pkcs8(&self) -> Option<Vec<u8>> {
        let Self::P256(key) = self else { return None };
        let public = self.public();
        let inner = construct_der(|writer| {
            writer.write_sequence(|seq| {
                seq.next().write_u8(1);
                seq.next().write_bytes(&key.to_bytes());
                seq.next().write_tagged(Tag::context(1), |point| {
                    point.write_bitvec_bytes(&public, public.len() * 8);
                });
            });
        });
        Some(construct_der(|writer| {
            writer.write_sequence(|seq| {
                seq.next().write_u8(0);
                seq.next().write_sequence(|algorithm| {
                    oid(algorithm, EC_KEY);
                    oid(algorithm, P256);
                });
                seq.next().write_bytes(&inner);
            });
        }))
    }
}

/// A P-256 signing key from a stream.
pub fn signing_key(draw: &mut Draw) -> SigningKey {
    loop {
        // All but one in 2^32 candidates are valid scalars.
        if let Ok(key) = SigningKey::from_slice(&draw.bytes(32)) {
            return key;
        }
    }
}

/// A distinguished name: country, organisation, common name; an empty part is left out.
#[derive(Debug, Clone, Default)]
pub struct Name {
    pub country: &'static str,
    pub organization: String,
    pub common: String,
}

impl Name {
    fn write(&self, writer: DERWriter<'_>) {
        writer.write_sequence(|rdns| {
            if !self.country.is_empty() {
                attribute(rdns, &[2, 5, 4, 6], |value| value.write_printable_string(self.country));
            }
            if !self.organization.is_empty() {
                attribute(rdns, &[2, 5, 4, 10], |value| {
                    value.write_utf8_string(&self.organization)
                });
            }
            if !self.common.is_empty() {
                attribute(rdns, &[2, 5, 4, 3], |value| value.write_utf8_string(&self.common));
            }
        });
    }
}

/// What a certificate is for; decides its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A publicly trusted TLS server: CA/Browser Forum policy and signed certificate timestamps.
    PublicServer,
    /// A server or client of the company's own PKI.
    InternalPeer,
    /// A client only (a device, an agent).
    Client,
    Authority,
}

/// Everything that goes into one certificate.
pub struct Contents<'a> {
    pub serial: Vec<u8>,
    pub subject: &'a Name,
    pub issuer: &'a Name,
    pub issuer_key_identifier: [u8; 20],
    pub not_before: i64,
    pub not_after: i64,
    pub dns_names: &'a [String],
    pub uris: &'a [String],
    pub key: &'a Key,
    pub role: Role,
}

/// Who signs.
pub enum Signature<'a> {
    Ecdsa(&'a SigningKey),
    /// The signature algorithm of a legacy appliance, over filler bytes.
    LegacySha1(Vec<u8>),
}

/// The DER of a certificate.
pub fn certificate(contents: &Contents<'_>, signature: &Signature<'_>, draw: &mut Draw) -> Vec<u8> {
    let algorithm = |seq: &mut DERWriterSeq<'_>| {
        seq.next().write_sequence(|algorithm| match signature {
            Signature::Ecdsa(_) => oid(algorithm, ECDSA_SHA256),
            Signature::LegacySha1(_) => {
                oid(algorithm, RSA_SHA1);
                algorithm.next().write_null();
            }
        });
    };
    let tbs = construct_der(|writer| {
        writer.write_sequence(|seq| {
            seq.next().write_tagged(Tag::context(0), |version| version.write_u8(2));
            seq.next().write_bigint_bytes(&contents.serial, true);
            algorithm(seq);
            contents.issuer.write(seq.next());
            seq.next().write_sequence(|validity| {
                time(validity, contents.not_before);
                time(validity, contents.not_after);
            });
            contents.subject.write(seq.next());
            contents.key.write_spki(seq.next());
            seq.next().write_tagged(Tag::context(3), |extensions| {
                extensions.write_sequence(|list| write_extensions(contents, list, draw));
            });
        });
    });
    let signed = match signature {
        Signature::Ecdsa(key) => {
            let signature: DerSignature = key.sign(&tbs);
            signature.as_bytes().to_vec()
        }
        Signature::LegacySha1(filler) => filler.clone(),
    };
    construct_der(|writer| {
        writer.write_sequence(|seq| {
            seq.next().write_der(&tbs);
            algorithm(seq);
            seq.next().write_bitvec_bytes(&signed, signed.len() * 8);
        });
    })
}

fn write_extensions(contents: &Contents<'_>, list: &mut DERWriterSeq<'_>, draw: &mut Draw) {
    let authority = contents.role == Role::Authority;
    extension(list, &[2, 5, 29, 19], Criticality::Critical, |writer| {
        writer.write_sequence(|seq| {
            if authority {
                seq.next().write_bool(true);
            }
        });
    });
    extension(list, &[2, 5, 29, 15], Criticality::Critical, |writer| {
        match contents.role {
            Role::Authority => writer.write_bitvec_bytes(&[0x06], 7),
            Role::PublicServer | Role::InternalPeer | Role::Client => writer.write_bitvec_bytes(&[0x80], 1),
        }
    });
    let usages: &[&[u64]] = match contents.role {
        Role::Authority => &[],
        Role::PublicServer => &[&[1, 3, 6, 1, 5, 5, 7, 3, 1]],
        Role::InternalPeer => &[&[1, 3, 6, 1, 5, 5, 7, 3, 1], &[1, 3, 6, 1, 5, 5, 7, 3, 2]],
        Role::Client => &[&[1, 3, 6, 1, 5, 5, 7, 3, 2]],
    };
    if !usages.is_empty() {
        extension(list, &[2, 5, 29, 37], Criticality::Ordinary, |writer| {
            writer.write_sequence(|seq| usages.iter().for_each(|usage| oid(seq, usage)));
        });
    }
    let identifier = contents.key.identifier();
    extension(list, &[2, 5, 29, 14], Criticality::Ordinary, |writer| {
        writer.write_bytes(&identifier)
    });
    extension(list, &[2, 5, 29, 35], Criticality::Ordinary, |writer| {
        writer.write_sequence(|seq| {
            seq.next().write_tagged_implicit(Tag::context(0), |key| {
                key.write_bytes(&contents.issuer_key_identifier);
            });
        });
    });
    if !contents.dns_names.is_empty() || !contents.uris.is_empty() {
        extension(list, &[2, 5, 29, 17], Criticality::Ordinary, |writer| {
            writer.write_sequence(|names| {
                for name in contents.dns_names {
                    names
                        .next()
                        .write_tagged_implicit(Tag::context(2), |dns| dns.write_ia5_string(name));
                }
                for name in contents.uris {
                    names
                        .next()
                        .write_tagged_implicit(Tag::context(6), |uri| uri.write_ia5_string(name));
                }
            });
        });
    }
    if contents.role == Role::PublicServer {
        extension(list, &[2, 5, 29, 32], Criticality::Ordinary, |writer| {
            writer.write_sequence(|policies| {
                policies
                    .next()
                    .write_sequence(|policy| oid(policy, &[2, 23, 140, 1, 2, 1]));
            });
        });
        let timestamps = signed_timestamps(contents.not_before, draw);
        extension(
            list,
            &[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2],
            Criticality::Ordinary,
            |writer| {
                writer.write_bytes(&timestamps);
            },
        );
    }
}

/// Two signed certificate timestamps of logs that do not exist (RFC 6962, section 3.3).
fn signed_timestamps(at: i64, draw: &mut Draw) -> Vec<u8> {
    let mut list = Vec::new();
    for log in [0x11_u8, 0x22] {
        let mut entry = vec![0];
        entry.extend_from_slice(&[log; 32]);
        entry.extend_from_slice(&((at as u64 + 3_600) * 1_000).to_be_bytes());
        entry.extend_from_slice(&[0, 0, 4, 3]);
        let signature = construct_der(|writer| {
            writer.write_sequence(|seq| {
                seq.next().write_bigint_bytes(&draw.bytes(32), true);
                seq.next().write_bigint_bytes(&draw.bytes(32), true);
            });
        });
        entry.extend_from_slice(&(signature.len() as u16).to_be_bytes());
        entry.extend_from_slice(&signature);
        list.extend_from_slice(&(entry.len() as u16).to_be_bytes());
        list.extend_from_slice(&entry);
    }
    let mut out = (list.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(&list);
    out
}

enum Criticality {
    Critical,
    Ordinary,
}

fn extension(list: &mut DERWriterSeq<'_>, id: &[u64], criticality: Criticality, content: impl FnOnce(DERWriter<'_>)) {
    let content = construct_der(content);
    list.next().write_sequence(|seq| {
        oid(seq, id);
        match criticality {
            Criticality::Critical => seq.next().write_bool(true),
            Criticality::Ordinary => {}
        }
        seq.next().write_bytes(&content);
    });
}

fn attribute(rdns: &mut DERWriterSeq<'_>, id: &[u64], value: impl FnOnce(DERWriter<'_>)) {
    rdns.next().write_set(|set| {
        set.next().write_sequence(|pair| {
            oid(pair, id);
            value(pair.next());
        });
    });
}

fn oid(seq: &mut DERWriterSeq<'_>, id: &[u64]) {
    seq.next().write_oid(&ObjectIdentifier::from_slice(id));
}

/// UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280, section 4.1.2.5).
fn time(seq: &mut DERWriterSeq<'_>, at: i64) {
    let civil = Timestamp::from_second(at)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::UTC);
    let rest = format!(
        "{:02}{:02}{:02}{:02}{:02}Z",
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    );
    let (tag, text) = if civil.year() < 2050 {
        (yasna::tags::TAG_UTCTIME, format!("{:02}{rest}", civil.year() % 100))
    } else {
        (yasna::tags::TAG_GENERALIZEDTIME, format!("{:04}{rest}", civil.year()))
    };
    seq.next()
        .write_tagged_implicit(tag, |writer| writer.write_bytes(text.as_bytes()));
}
