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
fn lines() {
    for folder in [
        "x509/zmap__zlint",
        "x509/debian__ca-certificates",
        "x509/C2SP__x509-limbo",
        "tls/local-openssl",
    ] {
        let Some(path) = support::data(folder) else { return };
        let mut batch = Batch::default();
        let mut d = Vec::new();
        for f in files(&path) {
            let text = String::from_utf8_lossy(&std::fs::read(&f).unwrap()).replace("\\n", "\n");
            certificate::push_pem(&text, |_, _, line| Place::Line(line), &mut batch, &mut d);
        }
        std::fs::write(
            format!("/tmp/x509ref/rust-{}.txt", folder.replace('/', "_")),
            lines_of(&batch).join(""),
        )
        .unwrap();
        for d in d {
            println!("{folder} {d:?}");
        }
    }
}

fn lines_of(batch: &Batch) -> Vec<String> {
    let mut lines: Vec<_> = certificates(batch).map(|fact| line(fact, batch)).collect();
    lines.sort();
    lines
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
