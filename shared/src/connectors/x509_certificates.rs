//! X.509 certificates as files: PEM, DER, PKCS#7, PKCS#12 and Java key stores.
//!
//! Written by everything that issues or keeps certificates; `openssl x509 -in web.pem -out web.pem` writes one as PEM.
//! <https://www.rfc-editor.org/rfc/rfc5280>, <https://www.rfc-editor.org/rfc/rfc7468>,
//! <https://www.rfc-editor.org/rfc/rfc7292>
//!
//! Read: every certificate, with its names, dates, key, signature and usage; the alias under which a store keeps it.
//! PEM may have any text around its blocks, as `openssl x509 -text`, `openssl s_client -showcerts` and
//! `keytool -list -rfc` write it.
//!
//! Private keys are seen and counted, and never kept. Of a PKCS#12 store, in DER or BER, `p12-keystore` opens what has no
//! password or Java's `changeit`, and what is not encrypted at all, whatever password its MAC is made with; not what is
//! BER once more inside its encryption, as NSS writes it. A Java key store is walked here: its certificates stand in
//! the clear, and the crate `jks` does not build beside `p12-keystore`.

use std::collections::BTreeSet;

use p12_keystore::Pkcs12Archive;
use p12_keystore::error::Error as Pkcs12Error;
use x509_parser::asn1_rs::{Any, Class, FromBer, FromDer, Tag};
use x509_parser::revocation_list::CertificateRevocationList;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::provenance::Place;
use crate::reading::ber::store_to_der;
use crate::reading::certificate;
use crate::reading::pem::{PemContents, pem_blocks};
use crate::reading::probe::Format;

pub const CONNECTOR: Connector = Connector {
    id: "x509_certificates",
    title: "X.509 certificates",
    vendor: "X.509",
    command: "openssl x509 -in web.pem -out web.pem; keytool -list -rfc -keystore web.jks > web.pem; openssl pkcs12 -in web.p12 -nokeys -out web.pem",
    cannot_tell: &[
        "whether a certificate was revoked: that stands with its issuer",
        "where a certificate is in use, and when it was last used",
        "what is inside a PKCS#12 file under a password of its own: export the certificates with `openssl pkcs12 -nokeys`",
        "what is inside a BouncyCastle key store (BKS, UBER, BCFKS): write its certificates with `keytool -list -rfc`",
    ],
    signatures: &[
        &[Mark::Is(Format::Pem)],
        &[Mark::Is(Format::Der)],
        &[Mark::Is(Format::JavaKeyStore)],
    ],
    parse,
};

/// What the two kinds of Java key store begin with.
const JKS: u32 = 0xFEED_FEED;
const JCEKS: u32 = 0xCECE_CECE;

/// The passwords that stand for none: no characters, and the one that Java's tools suggest.
const COMMON_PASSWORDS: [&str; 2] = ["", "changeit"];

/// The most rounds of key derivation that the PKCS#12 stores of one file may take, all passwords together: a few
/// seconds. OpenSSL asks for about 6,000 a store and Firefox for 1,800,000; a crafted store could ask for a year.
const MAX_DERIVATION_ROUNDS: u64 = 10_000_000;

/// The deepest that the parameters of a derivation lie in a PKCS#12 store, with room: bags lie in octet strings.
const MAX_DER_DEPTH: u32 = 24;

const KEEP_KEYS_OUT: &str = "nothing of it was kept; keep private keys out of the estate";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut reading = Reading::default();
    match input.format {
        // In a document of something else: see `connectors::has_certificates`.
        Format::Pem | Format::Json | Format::Yaml => reading.pem(input.text),
        Format::Der => reading.elements(input.bytes),
        Format::JavaKeyStore => reading.java_key_store(input.bytes),
        Format::Empty | Format::Table | Format::Xml | Format::Text | Format::Binary => {}
    }
    (reading.batch, reading.diagnostics)
}

#[derive(Default)]
struct Reading {
    batch: Batch,
    diagnostics: Diagnostics,
    /// The credentials that carry the alias of a store as their name.
    aliased: BTreeSet<usize>,
    /// Rounds of key derivation so far: see [`MAX_DERIVATION_ROUNDS`].
    n_rounds: u64,
}

impl Reading {
    fn pem(&mut self, text: &str) {
        let mut n_blocks = 0;
        let mut private_keys = Seen::default();
        let mut others: Vec<(&str, Seen)> = Vec::new();
        for block in pem_blocks(text) {
            n_blocks += 1;
            let place = Place::Line(block.line);
            match (block.contents, Block::of(block.label)) {
                (PemContents::PrivateKey, _) => private_keys.note(block.line),
                (PemContents::Broken(reason), _) => self.diagnostics.push(certificate::broken_block(
                    place.to_text(&self.batch.strings),
                    block.label,
                    &reason,
                )),
                (PemContents::Der(der), Block::Certificate) if content_info(&der).is_none() => {
                    certificate::push(&der, place, &mut self.batch, &mut self.diagnostics);
                }
                // Windows' `certutil -encode` calls everything a certificate.
                (PemContents::Der(der), Block::Certificate | Block::Pkcs7) => {
                    self.pkcs7(&der, &format!("line {}", block.line));
                }
                (PemContents::Der(der), Block::Request) => self.request(&der, &format!("line {}", block.line)),
                (PemContents::Der(_), Block::Other) => {
                    match others.iter_mut().find(|(label, _)| *label == block.label) {
                        Some((_, seen)) => seen.note(block.line),
                        None => others.push((block.label, Seen::first(block.line))),
                    }
                }
            }
        }
        if n_blocks == 0 {
            self.diagnostics.push(Diagnostic::error(
                "whole file",
                "a BEGIN that is no whole line",
                "`-----BEGIN CERTIFICATE-----`",
                "export the certificates again",
            ));
        }
        if let Some(line) = private_keys.line {
            self.diagnostics.push(Diagnostic::info(
                format!("line {line}"),
                counted(private_keys.n_blocks, "private key", "private keys"),
                "certificates alone",
                KEEP_KEYS_OUT,
            ));
        }
        for (label, seen) in others {
            self.diagnostics.push(Diagnostic::info(
                format!("line {}", seen.line.unwrap_or_default()),
                format!("{} `{label}`", counted(seen.n_blocks, "block", "blocks")),
                "certificates",
                "passed over: it names no certificate in use",
            ));
        }
    }

    /// The elements of a DER file, of which there is one as a rule.
    fn elements(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        let mut n_elements = 0;
        while !rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n' | 0x1A)) {
            let after = match Any::from_ber(rest) {
                Ok((after, any)) if any.tag() == Tag::Sequence => after,
                _ => break,
            };
            n_elements += 1;
            let place = if n_elements == 1 {
                "whole file".to_owned()
            } else {
                format!("element {n_elements}")
            };
            self.element(&rest[..rest.len() - after.len()], &place);
            rest = after;
        }
        if n_elements == 0 {
            self.diagnostics.push(Diagnostic::error(
                "whole file",
                "data that begins as a DER SEQUENCE and ends too early or otherwise",
                "a certificate, a PKCS#7 or a PKCS#12 file",
                "export it again, or remove the file if it is none of these",
            ));
        } else if !rest.iter().all(|byte| matches!(byte, 0 | b'\r' | b'\n' | 0x1A)) {
            self.diagnostics.push(Diagnostic::warning(
                format!("byte {}", bytes.len() - rest.len()),
                format!("{} more bytes, which are no DER", rest.len()),
                "the end of the file",
                "what stands before them counts; export the file again",
            ));
        }
    }

    fn element(&mut self, der: &[u8], place: &str) {
        let passed_over = match Element::of(der) {
            Element::Pkcs7 => return self.pkcs7(der, ""),
            Element::Pkcs12 => return self.pkcs12(der),
            Element::PrivateKey => ("a private key", KEEP_KEYS_OUT),
            Element::RevocationList => ("a certificate revocation list", "passed over: it names nobody"),
            Element::PublicKey => ("a public key", "passed over: it names nobody"),
            Element::OcspResponse => ("an answer of an OCSP responder", "passed over: it names nobody"),
            Element::Request => return self.request(der, place),
            Element::FipsKeyStore => {
                self.diagnostics.push(Diagnostic::error(
                    place,
                    "a BouncyCastle FIPS key store (BCFKS)",
                    "a certificate, a PKCS#7 or a PKCS#12 file",
                    "write its certificates with `keytool -list -rfc`",
                ));
                return;
            }
            Element::Certificate => {
                let place = match place {
                    "whole file" => Place::WholeFile,
                    other => Place::Path(self.batch.sym(other)),
                };
                certificate::push(der, place, &mut self.batch, &mut self.diagnostics);
                return;
            }
        };
        self.diagnostics
            .push(Diagnostic::info(place, passed_over.0, "certificates", passed_over.1));
    }

    /// Somebody asked for a certificate: that makes no credential.
    fn request(&mut self, der: &[u8], place: &str) {
        let found = match certificate::requested_for(der) {
            Some(subject) if !subject.is_empty() => format!("a request for a certificate of `{subject}`"),
            Some(_) | None => "a request for a certificate".to_owned(),
        };
        let help = "passed over: it does not tell whether one was issued; add the certificate once it is";
        self.diagnostics
            .push(Diagnostic::info(place, found, "certificates", help));
    }

    /// The certificates of a SignedData, in DER or BER.
    fn pkcs7(&mut self, bytes: &[u8], within: &str) {
        let within = if within.is_empty() {
            String::new()
        } else {
            format!(", {within}")
        };
        let content = match content_info(bytes) {
            Some((2, content)) => content,
            Some((3 | 4 | 6, _)) => {
                self.diagnostics.push(Diagnostic::info(
                    place_of(&within),
                    "a message that PKCS#7 encrypts",
                    "SignedData with certificates",
                    "passed over: only whom it was sent to can read it, and no list of certificates is encrypted",
                ));
                return;
            }
            Some(_) | None => {
                return self.lost(
                    &within,
                    "a PKCS#7 block without signed data",
                    "SignedData with certificates",
                );
            }
        };
        // SignedData: version, digestAlgorithms, encapContentInfo, certificates [0], crls [1], signerInfos
        let signed = Any::from_ber(content).map(|(_, signed)| signed.data);
        let certificates = children(signed.unwrap_or_default())
            .map_while(Result::ok)
            .find(|(_, child)| child.class() == Class::ContextSpecific && child.tag() == Tag(0));
        let Some((_, certificates)) = certificates else {
            return self.lost(
                &within,
                "signed data without certificates",
                "SignedData with certificates",
            );
        };
        for (n, child) in (1..).zip(children(certificates.data)) {
            match child {
                Ok((der, child)) if child.class() == Class::Universal && child.tag() == Tag::Sequence => {
                    let place = Place::Path(self.batch.sym(&format!("certificate {n}{within}")));
                    certificate::push(der, place, &mut self.batch, &mut self.diagnostics);
                }
                // Attribute certificates and what else the standard allows: no X.509 certificate.
                Ok(_) => {}
                Err(Cut) => {
                    self.lost(
                        &within,
                        &format!("broken DER after {}", counted(n - 1, "certificate", "certificates")),
                        "a list of certificates",
                    );
                    break;
                }
            }
        }
    }

    fn lost(&mut self, within: &str, found: &str, expected: &str) {
        self.diagnostics.push(Diagnostic::error(
            place_of(within),
            found,
            expected,
            "it does not count; export it again",
        ));
    }

    fn pkcs12(&mut self, bytes: &[u8]) {
        // Once more without the MAC.
        let n_tries = COMMON_PASSWORDS.len() as u64 + 1;
        let n_rounds = derivation_rounds(bytes, MAX_DER_DEPTH).saturating_mul(n_tries);
        self.n_rounds = self.n_rounds.saturating_add(n_rounds);
        if self.n_rounds > MAX_DERIVATION_ROUNDS {
            self.diagnostics.push(Diagnostic::error(
                "whole file",
                format!("a PKCS#12 store that takes {n_rounds} rounds of key derivation to open"),
                format!("at most {MAX_DERIVATION_ROUNDS} rounds, which take seconds"),
                "export the certificates alone with `openssl pkcs12 -nokeys`",
            ));
            self.batch.gaps.push(
                "a PKCS#12 store takes too long to open: export the certificates alone with `openssl pkcs12 -nokeys`"
                    .to_owned(),
            );
            return;
        }
        // An indefinite length: BER.
        let ber = bytes.get(1) == Some(&0x80);
        let der = ber.then(|| store_to_der(bytes)).flatten();
        let bytes = der.as_deref().unwrap_or(bytes);
        let mut opened = Err(Pkcs12Error::InvalidData);
        for password in COMMON_PASSWORDS {
            opened = Pkcs12Archive::from_pkcs12(bytes, password);
            if opened.is_ok() {
                break;
            }
        }
        if opened.is_err() {
            // A password that only proves that nobody changed the store keeps nothing secret: what is not encrypted
            // can be read without it.
            let unproven = store_to_der(bytes).and_then(|store| Pkcs12Archive::from_pkcs12(&store, "").ok());
            opened = unproven.map_or(opened, Ok);
        }
        let Pkcs12Archive { keys, certs, secrets } = match opened {
            Ok(archive) => archive,
            Err(error) => {
                if let Some(certificates) = clear_certificates(bytes) {
                    for (n, der) in (1..).zip(certificates) {
                        let place = Place::Path(self.batch.sym(&format!("certificate {n}")));
                        self.named(der, "", place);
                    }
                    self.diagnostics.push(Diagnostic::info(
                        "whole file",
                        "a PKCS#12 store under a password, whose certificates are in the clear",
                        "a store that can be opened",
                        "nothing to do: the certificates were read without their aliases, and keys are not wanted",
                    ));
                    return;
                }
                let locked = (
                    "a PKCS#12 store under a password".to_owned(),
                    "a PKCS#12 store is protected by a password".to_owned(),
                );
                let (found, gap) = match error {
                    Pkcs12Error::MacError(_) | Pkcs12Error::UnpadError => locked,
                    Pkcs12Error::Pkcs5Error(reason) if reason.ends_with("decryption failed") => locked,
                    other => (
                        format!("a PKCS#12 store that cannot be opened: {other}"),
                        "a PKCS#12 store cannot be opened".to_owned(),
                    ),
                };
                self.diagnostics.push(Diagnostic::error(
                    "whole file",
                    found,
                    "a store without a password, or with Java's `changeit`",
                    "export the certificates alone with `openssl pkcs12 -nokeys`",
                ));
                self.batch.gaps.push(format!(
                    "{gap}: export the certificates alone with `openssl pkcs12 -nokeys`"
                ));
                return;
            }
        };
        let n_keys = keys.len() + secrets.len();
        drop((keys, secrets));
        for (n, bag) in (1..).zip(certs) {
            let alias = bag.friendly_name.unwrap_or_default();
            let place = Place::Path(self.batch.sym(&match alias.as_str() {
                "" => format!("certificate {n}"),
                alias => format!("certificate {n}, alias `{alias}`"),
            }));
            self.named(bag.cert.as_der(), &alias, place);
        }
        self.private_keys(n_keys);
    }

    /// A Java key store: JKS or JCEKS, in Java's big-endian `DataOutput` form. Its certificates are not encrypted.
    fn java_key_store(&mut self, bytes: &[u8]) {
        let mut store = JavaBytes(bytes);
        let mut n_keys = 0;
        let mut n_read = 0;
        let header = (store.u32(), store.u32(), store.u32());
        let (Some(JKS | JCEKS), Some(version @ 1..=2), Some(n_entries)) = header else {
            let found = match header.0 {
                Some(JKS | JCEKS) => "a Java key store of an unknown version",
                _ => "a BouncyCastle key store (BKS or UBER)",
            };
            self.diagnostics.push(Diagnostic::error(
                "whole file",
                found,
                "a Java key store (JKS or JCEKS) of version 1 or 2",
                "write its certificates with `keytool -list -rfc`",
            ));
            return;
        };
        while n_read < n_entries {
            let entry = match store.entry(version) {
                Ok(entry) => entry,
                Err(Cut) => {
                    self.stop(
                        n_read + 1,
                        n_entries - n_read,
                        "a Java key store that ends early or is damaged",
                    );
                    break;
                }
            };
            n_read += 1;
            let alias = entry.alias;
            match entry.kind {
                JavaEntryKind::PrivateKey => n_keys += 1,
                JavaEntryKind::Trusted => {}
                JavaEntryKind::SecretKey => {
                    // It is a serialised Java object, whose length nothing tells.
                    n_keys += 1;
                    if n_read < n_entries {
                        self.stop(n_read, n_entries - n_read, &format!("the secret key `{alias}`"));
                    }
                    break;
                }
            }
            for (n, der) in (1..).zip(entry.certificates) {
                let (place, name) = match n {
                    1 => (format!("alias `{alias}`"), alias.as_str()),
                    n => (format!("alias `{alias}`, certificate {n}"), ""),
                };
                let place = Place::Path(self.batch.sym(&place));
                self.named(der, name, place);
            }
        }
        self.private_keys(n_keys);
    }

    /// Says that a Java key store was not read to its end.
    fn stop(&mut self, entry: u32, n_lost: u32, found: &str) {
        self.diagnostics.push(Diagnostic::warning(
            format!("entry {entry}"),
            found,
            "entries with certificates, one after the other",
            "write its certificates with `keytool -list -rfc`",
        ));
        self.batch.gaps.push(format!(
            "{} of a Java key store could not be reached: write its certificates with `keytool -list -rfc`",
            counted(n_lost as usize, "entry", "entries")
        ));
    }

    /// A certificate of a store. Its first alias becomes its name, also when it was met before without one.
    fn named(&mut self, der: &[u8], alias: &str, place: Place) {
        let index = certificate::push(der, place, &mut self.batch, &mut self.diagnostics);
        if let Some(index) = index
            && !alias.is_empty()
            && self.aliased.insert(index)
        {
            self.batch.credentials[index].name = Some(self.batch.strings.intern(alias));
        }
    }

    fn private_keys(&mut self, n_keys: usize) {
        if n_keys > 0 {
            self.diagnostics.push(Diagnostic::info(
                "whole file",
                counted(n_keys, "key", "keys"),
                "certificates alone",
                KEEP_KEYS_OUT,
            ));
        }
    }
}

/// What a PEM label promises, as far as it matters here.
enum Block {
    Certificate,
    Pkcs7,
    Request,
    Other,
}

impl Block {
    fn of(label: &str) -> Block {
        match label {
            "PKCS7" | "PKCS #7 SIGNED DATA" | "CMS" => Block::Pkcs7,
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => Block::Request,
            _ if certificate::is_certificate(label) => Block::Certificate,
            _ => Block::Other,
        }
    }
}

/// Blocks of one kind: how many, and the line of the first.
#[derive(Default)]
struct Seen {
    n_blocks: usize,
    line: Option<u32>,
}

impl Seen {
    fn first(line: u32) -> Self {
        Seen {
            n_blocks: 1,
            line: Some(line),
        }
    }

    fn note(&mut self, line: u32) {
        self.n_blocks += 1;
        self.line.get_or_insert(line);
    }
}

/// What a DER element is, told by what it begins with.
enum Element {
    Certificate,
    Pkcs7,
    Pkcs12,
    PrivateKey,
    PublicKey,
    RevocationList,
    OcspResponse,
    Request,
    FipsKeyStore,
}

impl Element {
    fn of(der: &[u8]) -> Element {
        if content_info(der).is_some() {
            return Element::Pkcs7;
        }
        let inside = Any::from_ber(der).map(|(_, any)| any.data).unwrap_or_default();
        let mut children = children(inside).map_while(Result::ok);
        let (first, second, third) = (children.next(), children.next(), children.next());
        if let (Some((_, first)), Some((second_bytes, second))) = (&first, &second) {
            match (first.tag(), first.data, second.tag()) {
                (Tag::Integer, [3], Tag::Sequence) if content_info(second_bytes).is_some() => return Element::Pkcs12,
                // PKCS#1 and PKCS#8 (0, or 1 with attributes), SEC 1 (1)
                (Tag::Integer, [0 | 1], Tag::Integer | Tag::Sequence | Tag::OctetString) => return Element::PrivateKey,
                (Tag::Enumerated, [0], _) => return Element::OcspResponse,
                // Encrypted entries (algorithm and data) and what proves that nobody changed them
                (Tag::Sequence, encrypted, Tag::Sequence) if is_encrypted(encrypted) => return Element::FipsKeyStore,
                // An encrypted PKCS#8 key: algorithm and data
                (Tag::Sequence, _, Tag::OctetString) if second.class() == Class::Universal => {
                    return Element::PrivateKey;
                }
                // SubjectPublicKeyInfo: algorithm and key
                (Tag::Sequence, _, Tag::BitString) if third.is_none() => return Element::PublicKey,
                _ => {}
            }
        }
        if CertificateRevocationList::from_der(der).is_ok() {
            Element::RevocationList
        } else if certificate::requested_for(der).is_some() {
            Element::Request
        } else {
            Element::Certificate
        }
    }
}

/// Whether the contents of a SEQUENCE are an algorithm and an OCTET STRING.
fn is_encrypted(contents: &[u8]) -> bool {
    let tags: Vec<_> = children(contents)
        .map_while(Result::ok)
        .map(|(_, child)| child.tag())
        .collect();
    tags == [Tag::Sequence, Tag::OctetString]
}

/// 1.2.840.113549.1.7: what PKCS#7 says it contains is one number more.
const PKCS7: &[u8] = &[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07];

/// The contents of PKCS#7's outermost SEQUENCE, and what they are: 1 for data, 2 for signed data, 3 and 4 for enveloped,
/// 6 for encrypted.
fn content_info(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let (_, outer) = Any::from_ber(bytes).ok()?;
    let (after, kind) = Any::from_ber(outer.data).ok()?;
    let is_content_info = outer.tag() == Tag::Sequence && kind.tag() == Tag::Oid;
    let number = kind.data.strip_prefix(PKCS7).filter(|_| is_content_info)?.first()?;
    Some((
        *number,
        Any::from_ber(after).map_or(&[][..], |(_, content)| content.data),
    ))
}

/// Where a block of PKCS#7 is, by what stands behind the places of its certificates.
fn place_of(within: &str) -> &str {
    match within.trim_start_matches(", ") {
        "" => "whole file",
        line => line,
    }
}

/// The data ends before what it announces.
struct Cut;

/// The elements inside a constructed one, each with all its bytes, up to the first that is broken.
fn children(inside: &[u8]) -> impl Iterator<Item = Result<(&[u8], Any<'_>), Cut>> {
    let mut rest = inside;
    std::iter::from_fn(move || {
        // Two zeros end an element of indefinite length.
        if rest.is_empty() || rest.starts_with(&[0, 0]) {
            return None;
        }
        let whole = rest;
        match Any::from_ber(whole) {
            Ok((after, child)) => {
                rest = after;
                Some(Ok((&whole[..whole.len() - after.len()], child)))
            }
            Err(_) => {
                rest = &[];
                Some(Err(Cut))
            }
        }
    })
}

/// The certificates of a PKCS#12 store that encrypts its keys alone. `None` where something else is encrypted, or where
/// there is none.
fn clear_certificates(store: &[u8]) -> Option<Vec<&[u8]>> {
    /// Encrypted data, 1.2.840.113549.1.7.6, as an element.
    const ENCRYPTED: &[u8] = &[0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x06];
    /// An X.509 certificate in a bag, 1.2.840.113549.1.9.22.1, as an element.
    const CERTIFICATE: &[u8] = &[0x06, 0x0A, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x16, 0x01];
    if memchr::memmem::find(store, ENCRYPTED).is_some() {
        return None;
    }
    let bags = memchr::memmem::find_iter(store, CERTIFICATE);
    let certificates: Vec<_> = bags
        .filter_map(|at| {
            // In a context tag of its own, as an octet string.
            let (_, tagged) = Any::from_der(&store[at + CERTIFICATE.len()..]).ok()?;
            let (_, octets) = Any::from_der(tagged.data).ok()?;
            (octets.tag() == Tag::OctetString).then_some(octets.data)
        })
        .collect();
    (!certificates.is_empty()).then_some(certificates)
}

/// How many rounds of key derivation a PKCS#12 store asks for, as far as that stands outside of what is encrypted: the
/// count of PBES1, PBKDF2, scrypt and of the MAC is always the integer after the salt.
fn derivation_rounds(inside: &[u8], depth_left: u32) -> u64 {
    let mut n_rounds: u64 = 0;
    let mut is_after_salt = false;
    for (_, child) in children(inside).map_while(Result::ok) {
        let is_salt_like = child.class() == Class::Universal && child.tag() == Tag::OctetString;
        if is_after_salt && child.class() == Class::Universal && child.tag() == Tag::Integer {
            n_rounds = n_rounds.saturating_add(child.as_u64().unwrap_or(u64::MAX));
        }
        if depth_left > 0 && (is_salt_like || child.header.is_constructed()) {
            n_rounds = n_rounds.saturating_add(derivation_rounds(child.data, depth_left - 1));
        }
        is_after_salt = is_salt_like;
    }
    n_rounds
}

/// One entry of a Java key store.
struct JavaEntry<'a> {
    kind: JavaEntryKind,
    alias: String,
    certificates: Vec<&'a [u8]>,
}

enum JavaEntryKind {
    PrivateKey,
    Trusted,
    SecretKey,
}

/// What is left of a Java key store.
struct JavaBytes<'a>(&'a [u8]);

impl<'a> JavaBytes<'a> {
    /// tag, alias, date, then by tag: key and chain, one certificate, or a serialised object.
    fn entry(&mut self, version: u32) -> Result<JavaEntry<'a>, Cut> {
        let tag = self.u32().ok_or(Cut)?;
        let alias = self.text().ok_or(Cut)?;
        self.take(8).ok_or(Cut)?;
        let mut certificates = Vec::new();
        let kind = match tag {
            1 => {
                // The key is stepped over, never looked at.
                self.sized().ok_or(Cut)?;
                for _ in 0..self.u32().ok_or(Cut)? {
                    certificates.push(self.certificate(version).ok_or(Cut)?);
                }
                JavaEntryKind::PrivateKey
            }
            2 => {
                certificates.push(self.certificate(version).ok_or(Cut)?);
                JavaEntryKind::Trusted
            }
            3 => JavaEntryKind::SecretKey,
            _ => return Err(Cut),
        };
        Ok(JavaEntry {
            kind,
            alias,
            certificates,
        })
    }

    /// A certificate's DER. Version 2 names its type, `X.509`, before it.
    fn certificate(&mut self, version: u32) -> Option<&'a [u8]> {
        if version == 2 {
            self.text()?;
        }
        self.sized()
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    fn sized(&mut self) -> Option<&'a [u8]> {
        let n_bytes = self.u32()?;
        self.take(n_bytes as usize)
    }

    /// Java's `writeUTF`: two bytes of length, then nearly UTF-8.
    fn text(&mut self) -> Option<String> {
        let n_bytes = self.take(2)?.try_into().ok().map(u16::from_be_bytes)?;
        self.take(usize::from(n_bytes))
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    fn take(&mut self, n_bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n_bytes)?;
        self.0 = rest;
        Some(taken)
    }
}

/// `1 certificate`, `2 certificates`.
fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One DER element.
    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let inside = parts.concat();
        let n_bytes = u32::try_from(inside.len()).unwrap().to_be_bytes();
        let length = match inside.len() {
            0..0x80 => vec![n_bytes[3]],
            0x80..0x100 => vec![0x81, n_bytes[3]],
            0x100..0x1_0000 => [&[0x82], &n_bytes[2..]].concat(),
            _ => [&[0x84], n_bytes.as_slice()].concat(),
        };
        [&[tag], length.as_slice(), &inside].concat()
    }

    /// A PKCS#12 store whose bags, in the clear, each ask for `n_rounds`.
    fn store(n_bags: usize, n_rounds: u32) -> Vec<u8> {
        const DATA: &[u8] = &[6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 7, 1];
        const SHROUDED_KEY: &[u8] = &[6, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 10, 1, 2];
        const SHA1_TRIPLE_DES: &[u8] = &[6, 10, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 12, 1, 3];
        let salt = element(4, &[b"saltsalt"]);
        let n_zeros = n_rounds.leading_zeros() as usize / 8;
        let rounds = element(2, &[&n_rounds.to_be_bytes()[n_zeros..]]);
        let algorithm = element(0x30, &[SHA1_TRIPLE_DES, &element(0x30, &[&salt, &rounds])]);
        let key = element(0x30, &[&algorithm, &element(4, &[&[0x11; 64]])]);
        let bag = element(0x30, &[SHROUDED_KEY, &element(0xA0, &[&key])]);
        let content = |inside: &[u8]| element(0x30, &[DATA, &element(0xA0, &[&element(4, &[inside])])]);
        let safe = content(&element(0x30, &vec![bag.as_slice(); n_bags]));
        element(0x30, &[&element(2, &[&[3]]), &content(&element(0x30, &[&safe]))])
    }

    #[test]
    fn a_store_that_would_take_for_ever_is_not_opened() {
        assert_eq!(derivation_rounds(&store(7, 1_000_000), MAX_DER_DEPTH), 7_000_000);
        let found = |bytes: &[u8], n_rounds_before| {
            let mut reading = Reading {
                n_rounds: n_rounds_before,
                ..Reading::default()
            };
            reading.elements(bytes);
            reading.diagnostics[0].found.clone()
        };
        assert_eq!(found(&store(2, 100), 0), "a PKCS#12 store under a password");
        let too_long = "a PKCS#12 store that takes 30000000 rounds of key derivation to open";
        assert_eq!(found(&store(100, 100_000), 0), too_long);
        // Many small stores in one file are one large one. Each is tried with two passwords, and without its MAC.
        let too_late = "a PKCS#12 store that takes 600 rounds of key derivation to open";
        assert_eq!(found(&store(2, 100), MAX_DERIVATION_ROUNDS), too_late);
    }
}
