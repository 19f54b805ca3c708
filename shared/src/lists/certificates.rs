//! The columns and rows of the list of certificates: the credentials that are certificates, with what they say.

use super::credentials::{holder, holder_name, sort_columns, status_word};
use super::{List, ListBuilder, authority_bucket, expiry_bucket};
use crate::analysis::Analysis;
use crate::api::query::{Facet, SortColumn};
use crate::api::rows::CertificateRow;
use crate::kpi::formulas;
use crate::model::certificate::{CertificateRole, KeyAlgorithm, PublicTrust, SignatureHash};
use crate::model::instant::Expiry;

pub fn list(analysis: &Analysis) -> List {
    let snapshot = &analysis.snapshot;
    let credential = |row: usize| snapshot.credential(analysis.certificates[row]);
    let fact = |row: usize| credential(row).certificate.as_deref();
    let mut list = ListBuilder::new(&snapshot.strings, analysis.certificates.len());
    list.words(Facet::Kind, |row| credential(row).kind.id());
    list.words(Facet::Status, |row| status_word(credential(row), snapshot.as_of));
    list.words(Facet::Expiry, |row| {
        expiry_bucket(credential(row).expires_at, snapshot.as_of)
    });
    list.words(Facet::AuthorityExpiry, |row| {
        let is_authority = fact(row).is_some_and(|fact| fact.role == CertificateRole::Authority);
        match is_authority {
            true => authority_bucket(credential(row).expires_at, snapshot.as_of),
            false => "",
        }
    });
    list.words(Facet::Role, |row| {
        fact(row).map_or("unknown", |fact| role_word(fact.role))
    });
    list.words(Facet::Trust, |row| {
        fact(row).map_or("unknown", |fact| trust_word(fact.trust))
    });
    list.words(Facet::Key, |row| {
        fact(row).map_or("unknown", |fact| key_class(fact.key))
    });
    list.symbols(Facet::Issuer, |row| fact(row).map(|fact| fact.issuer));
    let sources = snapshot.sources.iter().map(|source| source.name.clone()).collect();
    list.indices(Facet::Source, sources, |row| credential(row).source.0 as usize);
    list.symbols(Facet::Environment, |row| credential(row).environment);
    list.symbols(Facet::Owner, |row| credential(row).owner.text);
    list.symbols(Facet::Team, |row| credential(row).owner.team);
    list.symbols(Facet::Holder, |row| Some(holder(snapshot, credential(row))?.id));
    sort_columns(&mut list, credential);
    list.usually_by(SortColumn::ExpiresAt);
    list.searchable(|row, add| {
        let strings = &snapshot.strings;
        let credential = credential(row);
        add(strings.get(credential.key));
        if let Some(fact) = fact(row) {
            [fact.subject, fact.issuer, fact.serial]
                .into_iter()
                .for_each(|sym| add(strings.get(sym)));
            fact.names.iter().for_each(|sym| add(strings.get(*sym)));
        }
        let holder = holder(snapshot, credential);
        let names = [
            credential.name,
            holder.map(|h| h.name),
            credential.owner.text,
            credential.owner.team,
        ];
        names.into_iter().flatten().for_each(|sym| add(strings.get(sym)));
    });
    list.build()
}

/// One row of the list of certificates.
pub fn row(analysis: &Analysis, index: usize) -> CertificateRow {
    let snapshot = &analysis.snapshot;
    let credential = snapshot.credential(analysis.certificates[index]);
    let fact = credential.certificate.as_deref();
    let holder = holder(snapshot, credential);
    let text = |sym: Option<_>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    let expires_at = match credential.expires_at {
        Expiry::At(end) => Some(end),
        Expiry::Never | Expiry::NotReported => None,
    };
    let judge = |id: &str| formulas::judge(id).and_then(|(_, judge)| judge(analysis, index));
    CertificateRow {
        id: snapshot.strings.get(credential.key).to_owned(),
        kind: credential.kind.id().to_owned(),
        status: status_word(credential, snapshot.as_of).to_owned(),
        sha256: text(fact.and_then(|fact| fact.sha256)),
        subject: text(fact.map(|fact| fact.subject)).or(text(credential.name)),
        issuer: text(fact.map(|fact| fact.issuer)),
        serial: text(fact.map(|fact| fact.serial)),
        names: fact
            .map(|fact| {
                fact.names
                    .iter()
                    .map(|sym| snapshot.strings.get(*sym).to_owned())
                    .collect()
            })
            .unwrap_or_default(),
        role: fact.map(|fact| role_word(fact.role).to_owned()),
        trust: fact.map(|fact| trust_word(fact.trust).to_owned()),
        key: fact.map(|fact| key_text(fact.key)),
        signature_hash: fact.map(|fact| hash_text(fact.signature_hash).to_owned()),
        holder: text(holder.map(|holder| holder.id)),
        holder_name: holder_name(snapshot, credential),
        source: snapshot.source(credential.source).name.clone(),
        n_places: credential.evidence.len(),
        environment: text(credential.environment),
        owner: text(credential.owner.text),
        team: text(credential.owner.team),
        created_at: credential.created_at,
        last_used_at: None,
        expires_at,
        days_left: expires_at.map(|end| snapshot.as_of.days_until(end)),
        validity_days: fact.and_then(formulas::validity_days),
        validity: judge("certificate.validity"),
        strength: judge("certificate.strength"),
    }
}

fn role_word(role: CertificateRole) -> &'static str {
    match role {
        CertificateRole::Authority => "authority",
        CertificateRole::Server => "server",
        CertificateRole::Client => "client",
        CertificateRole::Person => "person",
        CertificateRole::Other => "other",
    }
}

fn trust_word(trust: PublicTrust) -> &'static str {
    match trust {
        PublicTrust::Public => "public",
        PublicTrust::Private => "private",
        PublicTrust::Unknown => "unknown",
    }
}

fn key_class(key: KeyAlgorithm) -> &'static str {
    match key {
        KeyAlgorithm::Rsa { n_bits: ..2048 } => "rsa-below-2048",
        KeyAlgorithm::Rsa { n_bits: 2048..3072 } => "rsa-2048",
        KeyAlgorithm::Rsa { n_bits: 3072..4096 } => "rsa-3072",
        KeyAlgorithm::Rsa { n_bits: 4096.. } => "rsa-4096",
        KeyAlgorithm::Ec { n_bits: ..256 } => "ec-below-256",
        KeyAlgorithm::Ec { n_bits: 256..384 } => "ec-256",
        KeyAlgorithm::Ec { n_bits: 384.. } => "ec-384",
        KeyAlgorithm::Ed25519 => "ed25519",
        KeyAlgorithm::Ed448 => "ed448",
        KeyAlgorithm::Dsa { .. } => "dsa",
        KeyAlgorithm::Other => "other",
    }
}

pub(crate) fn key_text(key: KeyAlgorithm) -> String {
    match key {
        KeyAlgorithm::Rsa { n_bits } => format!("RSA {n_bits}"),
        KeyAlgorithm::Ec { n_bits } => format!("EC {n_bits}"),
        KeyAlgorithm::Dsa { n_bits } => format!("DSA {n_bits}"),
        KeyAlgorithm::Ed25519 => "Ed25519".to_owned(),
        KeyAlgorithm::Ed448 => "Ed448".to_owned(),
        KeyAlgorithm::Other => "other".to_owned(),
    }
}

pub(crate) fn hash_text(hash: SignatureHash) -> &'static str {
    match hash {
        SignatureHash::Md2 => "MD2",
        SignatureHash::Md5 => "MD5",
        SignatureHash::Sha1 => "SHA-1",
        SignatureHash::Sha2 => "SHA-2",
        SignatureHash::Sha3 => "SHA-3",
        SignatureHash::Intrinsic => "built in",
        SignatureHash::Other => "other",
    }
}
