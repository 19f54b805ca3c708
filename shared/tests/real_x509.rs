//! X.509 certificates that others made: zlint's deliberately odd ones, Mozilla's roots, real web chains and a test PKI.
//!
//! What they say was taken from them with `openssl x509` (3.0, which reads every one of them) into one line each, and
//! the lines compared with ours; the digests below are SHA-256 over those sorted lines, each with its line feed:
//! `sha256|subject|issuer|not before|not after|serial|key|hash|role|trust`. Subject and issuer are what
//! `-nameopt esc_2253,esc_ctrl,utf8,sname,dn_rev,sep_comma_plus_space` prints.

// Tests read files, and say that something is wrong by panicking.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::batch::Batch;
use shared::model::certificate::{CertificateFact, CertificateRole, KeyAlgorithm, PublicTrust, SignatureHash};
use shared::model::instant::{Expiry, Instant};
use shared::model::provenance::Place;
use shared::reading::certificate;

/// 2026-11-22T00:00:00Z
const AS_OF: Instant = Instant(1_795_305_600);

#[test]
fn zlint() {
    let Some(folder) = support::data("x509/zmap__zlint") else {
        return;
    };
    let mut files = files(&folder);
    files.retain(|file| file.extension().is_some_and(|extension| extension == "pem"));
    let mut n_of_each = BTreeMap::new();
    let readings: Vec<_> = files.iter().map(|file| read(file)).collect();
    for d in readings.iter().flat_map(|reading| &reading.diagnostics) {
        *n_of_each.entry((d.severity, d.found.as_str())).or_insert(0) += 1;
    }
    // `grep -c` over the BEGIN lines: 1,324 certificates and 61 revocation lists in 1,380 files. OpenSSL reads
    // `generalizedNotZulu.pem` as well, whose end has no time zone: RFC 5280 forbids it, and `x509-parser` refuses it.
    assert_eq!(files.len(), 1_380);
    assert_eq!(
        n_of_each.into_iter().collect::<Vec<_>>(),
        [
            ((Severity::Info, "1 block `X509 CRL`"), 61),
            (
                (Severity::Warning, "a certificate with an unreadable `basicConstraints`"),
                1
            ),
            (
                (Severity::Warning, "a certificate with an unreadable `subjectAltName`"),
                1
            ),
            ((Severity::Error, "a certificate with an invalid date"), 1),
        ]
    );
    check(
        &readings,
        1_304,
        "f0aef648cbc4d85a045ddf7014f3e320e018eeb53c2d658a7e1a916dbe056ee3",
        [906, 0, 0, 1, 1, 2, 7],
    );
}

#[test]
fn mozilla_roots() {
    let Some(folder) = support::data("x509/debian__ca-certificates") else {
        return;
    };
    let singles: Vec<_> = files(&folder.join("mozilla")).iter().map(|file| read(file)).collect();
    let bundle = read(&folder.join("ca-certificates.crt"));
    for readings in [&singles[..], &[bundle]] {
        assert_eq!(problems(readings), Vec::<String>::new());
        check(
            readings,
            148,
            "259c767dc40cf79b54b398e0e80cce5194ab572703eadb7791aa9a291118ceb3",
            [1, 1, 1, 1, 1, 1, 1],
        );
        assert!(readings.iter().all(|reading| reading.batch.identities.is_empty()));
    }
}

/// The chains stand in JSON as PEM, which is the shape in which other connectors hand them over.
#[test]
fn web_chains() {
    let Some(folder) = support::data("x509/C2SP__x509-limbo") else {
        return;
    };
    let mut reading = Reading {
        connector: None,
        batch: Batch::default(),
        diagnostics: Vec::new(),
    };
    for file in files(&folder) {
        let text = std::fs::read_to_string(file).unwrap().replace("\\n", "\n");
        let place = |_: &mut Batch, _, line| Place::Line(line);
        certificate::push_pem(&text, place, &mut reading.batch, &mut reading.diagnostics);
    }
    assert_eq!(
        problems(std::slice::from_ref(&reading)),
        ["a certificate with an unreadable `subjectAltName`"]
    );
    check(
        &[reading],
        354,
        "605559fd726e1382cbb61a2bd5a8dd9a3413eac64a62d32a53c9cb06db44f974",
        [49, 0, 0, 0, 0, 0, 2],
    );
}

/// How many certificates and names of a PKI every kind of container gives. The numbers are those of `grep -c BEGIN`,
/// `openssl pkcs7 -print_certs`, `openssl pkcs12 -nokeys` (`-legacy` for one) and `keytool -list -v`.
#[test]
fn every_container() {
    let Some(folder) = support::data("tls/local-openssl") else {
        return;
    };
    let mut all = Vec::new();
    for (file, n_certificates, n_names, infos) in CONTAINERS {
        let reading = read(&folder.join(file));
        assert_eq!(reading.connector.unwrap().id, "x509_certificates", "{file}");
        assert_eq!(certificates(&reading.batch).count(), *n_certificates, "{file}");
        assert_eq!(reading.batch.identities.len(), *n_names, "{file}");
        assert_eq!(problems(std::slice::from_ref(&reading)), Vec::<String>::new(), "{file}");
        let found: Vec<_> = reading.diagnostics.iter().map(|d| d.found.as_str()).collect();
        assert_eq!(&found, infos, "{file}");
        assert!(reading.batch.is_complete(), "{file}");
        all.push(reading);
    }
    check(
        &all,
        7,
        "d356edad0b1e6cb54284264b9958a71379bb19b8c75748eff3636ed07071da9f",
        [0, 2, 2, 2, 2, 3, 3],
    );
    let store = read(&folder.join("keystore.jks"));
    let mut aliases: Vec<_> = store
        .batch
        .credentials
        .iter()
        .map(|fact| store.batch.strings.get_or_empty(fact.name))
        .collect();
    aliases.sort_unstable();
    assert_eq!(aliases, ["acme int", "acme iot", "acme root", "web prod"]);
}

/// File, certificates, identities, what is said besides.
const CONTAINERS: &[(&str, usize, usize, &[&str])] = &[
    ("chain-der.p7b", 3, 1, &[]),
    ("chain.p7b", 3, 1, &[]),
    ("int.csr", 0, 0, &["1 block `CERTIFICATE REQUEST`"]),
    ("int.pem", 1, 0, &[]),
    ("iot.pem", 1, 1, &[]),
    ("keystore.jks", 4, 2, &["1 key"]),
    ("keytool-list-rfc.txt", 4, 2, &[]),
    ("mtls-legacy.p12", 1, 1, &["1 key"]),
    ("mtls.pem", 1, 1, &[]),
    ("old.pem", 1, 1, &[]),
    ("root.pem", 1, 0, &[]),
    ("s_client-showcerts.txt", 2, 1, &[]),
    ("secrets.jceks", 0, 0, &["1 key"]),
    ("svid.pem", 1, 1, &[]),
    ("web-combined.pem", 3, 1, &["1 private key"]),
    ("web-fullchain.pem", 3, 1, &[]),
    ("web-with-text.pem", 1, 1, &[]),
    ("web.csr", 0, 0, &["1 block `CERTIFICATE REQUEST`"]),
    ("web.der", 1, 1, &[]),
    ("web.p12", 2, 1, &["1 key"]),
    ("web.pem", 1, 1, &[]),
];

#[test]
fn broken_files_never_panic() {
    let Some(folder) = support::data("tls/local-openssl") else {
        return;
    };
    for (file, ..) in CONTAINERS {
        let bytes = std::fs::read(folder.join(file)).unwrap();
        // A PKCS#12 store derives keys at every try: fewer tries.
        let n_tries = if file.ends_with(".p12") { 20 } else { 250 };
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(n_tries)) {
            connectors::read("source", file, &bytes[..at], "salt");
            let mut broken = bytes.clone();
            broken[at] ^= [0x01, 0x80, 0xFF][at % 3];
            connectors::read("source", file, &broken, "salt");
        }
    }
}

fn read(file: &Path) -> Reading {
    let bytes = std::fs::read(file).unwrap();
    connectors::read("source", &file.to_string_lossy(), &bytes, "salt")
}

/// What went wrong, without what is only worth knowing.
fn problems(readings: &[Reading]) -> Vec<String> {
    readings
        .iter()
        .flat_map(|reading| &reading.diagnostics)
        .filter(|d| d.severity != Severity::Info)
        .map(|d| d.found.clone())
        .collect()
}

/// The number of distinct certificates, the digest over their lines, and how many have expired or will within 7, 14,
/// 30, 47, 60 and 90 days of [`AS_OF`].
fn check(readings: &[Reading], n_certificates: usize, digest: &str, expiring: [usize; 7]) {
    let mut lines: Vec<_> = readings
        .iter()
        .flat_map(|reading| certificates(&reading.batch).map(|fact| line(fact, &reading.batch)))
        .collect();
    lines.sort();
    lines.dedup();
    assert_eq!(lines.len(), n_certificates);
    assert_eq!(certificate::hex(&Sha256::digest(lines.concat())), digest);
    let days_left: BTreeMap<_, _> = readings
        .iter()
        .flat_map(|reading| {
            certificates(&reading.batch).filter_map(|fact| match fact.not_after {
                Expiry::At(at) => Some((reading.batch.strings.get(fact.sha256), at)),
                Expiry::Never | Expiry::NotReported => None,
            })
        })
        .collect();
    let n_until = |n_days| {
        days_left
            .values()
            .filter(|at| **at >= AS_OF && **at <= AS_OF.plus_days(n_days))
            .count()
    };
    let n_expired = days_left.values().filter(|at| **at < AS_OF).count();
    assert_eq!(
        [
            n_expired,
            n_until(7),
            n_until(14),
            n_until(30),
            n_until(47),
            n_until(60),
            n_until(90)
        ],
        expiring
    );
}

fn line(fact: &CertificateFact, batch: &Batch) -> String {
    let text = |sym| batch.strings.get(sym);
    let not_after = match fact.not_after {
        Expiry::At(at) => at.0,
        Expiry::Never => 253_402_300_799,
        Expiry::NotReported => unreachable!("a certificate always ends"),
    };
    let key = match fact.key {
        KeyAlgorithm::Rsa { n_bits } => format!("rsa {n_bits}"),
        KeyAlgorithm::Ec { n_bits } => format!("ec {n_bits}"),
        KeyAlgorithm::Dsa { n_bits } => format!("dsa {n_bits}"),
        KeyAlgorithm::Ed25519 => "ed25519".to_owned(),
        KeyAlgorithm::Ed448 => "ed448".to_owned(),
        KeyAlgorithm::Other => "other".to_owned(),
    };
    let hash = match fact.signature_hash {
        SignatureHash::Md2 => "md2",
        SignatureHash::Md5 => "md5",
        SignatureHash::Sha1 => "sha1",
        SignatureHash::Sha2 => "sha2",
        SignatureHash::Sha3 => "sha3",
        SignatureHash::Intrinsic => "intrinsic",
        SignatureHash::Other => "other",
    };
    let role = match fact.role {
        CertificateRole::Authority => "authority",
        CertificateRole::Server => "server",
        CertificateRole::Client => "client",
        CertificateRole::Person => "person",
        CertificateRole::Other => "other",
    };
    let trust = match fact.trust {
        PublicTrust::Public => "public",
        PublicTrust::Private => "private",
        PublicTrust::Unknown => "unknown",
    };
    format!(
        "{}|{}|{}|{}|{not_after}|{}|{key}|{hash}|{role}|{trust}\n",
        text(fact.sha256),
        text(fact.subject),
        text(fact.issuer),
        fact.not_before.0,
        text(fact.serial),
    )
}

fn certificates(batch: &Batch) -> impl Iterator<Item = &CertificateFact> {
    batch.credentials.iter().filter_map(|fact| fact.certificate.as_deref())
}

/// Every file below a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
