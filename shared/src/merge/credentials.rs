//! What several exports say of one credential, and who holds it.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::join::Joined;
use super::{counts_before, later_use, same_credential};
use crate::model::batch::Synonym;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::Presence;
use crate::model::instant::{Expiry, Instant, SECONDS_PER_DAY};
use crate::model::principal::{Handle, HandleKind};
use crate::model::snapshot::{
    Conflict, ConflictField, Credential, CredentialId, Evidence, FileId, IdentityId, Owner, Snapshot,
};
use crate::model::strings::{Strings, Sym};

/// How many hex digits a serial number has at least that no two certificates share: 64 random bits, which public
/// authorities must use.
const MIN_UNIQUE_SERIAL: usize = 15;

/// Gives facts that call a certificate by its serial number alone, as certificate-transparency logs do, the key of the
/// certificate that has it.
pub fn name_by_serial(facts: &mut [(FileId, CredentialFact)], strings: &mut Strings) {
    const PREFIX: &str = "x509-serial:";
    if !facts.iter().any(|(_, fact)| strings.get(fact.key).starts_with(PREFIX)) {
        return;
    }
    let mut keys: HashMap<Sym, Sym> = HashMap::new();
    for (_, fact) in facts.iter() {
        let Some(certificate) = &fact.certificate else { continue };
        let serial = strings.get(certificate.serial).trim_start_matches('0');
        if serial.len() >= MIN_UNIQUE_SERIAL {
            let name = format!("{PREFIX}{serial}");
            keys.entry(strings.intern(&name)).or_insert(fact.key);
        }
    }
    for (_, fact) in facts {
        fact.key = keys.get(&fact.key).copied().unwrap_or(fact.key);
    }
}

/// Gives facts that call a certificate by another name the key of the certificate. Where a name stands for two, as that
/// of a secret whose certificate was renewed between two exports, the key that comes first by its text counts.
pub fn use_one_key(facts: &mut [(FileId, CredentialFact)], synonyms: &[Synonym], strings: &Strings) {
    let mut keys: HashMap<Sym, Sym> = HashMap::with_capacity(synonyms.len());
    for synonym in synonyms {
        let known = keys.entry(synonym.name).or_insert(synonym.key);
        if strings.get(synonym.key) < strings.get(*known) {
            *known = synonym.key;
        }
    }
    for (_, fact) in facts {
        let by_fingerprint = fact.fingerprint.and_then(|name| keys.get(&name));
        if let Some(key) = keys.get(&fact.key).or(by_fingerprint) {
            fact.key = *key;
        }
        if by_fingerprint.is_some() {
            // The certificate's own fingerprint is that of its key, which its renewals may share.
            fact.fingerprint = None;
        }
    }
}

/// Joins facts about the same credential and finds its holders.
pub fn resolve(mut facts: Vec<(FileId, CredentialFact)>, joined: &Joined, snapshot: &mut Snapshot) {
    let strings = &snapshot.strings;
    same_credential::unify_keys(&mut facts, joined);
    facts.sort_by(|(file_a, a), (file_b, b)| {
        let order = |file: FileId, fact: &CredentialFact| {
            // What a certificate says itself counts before what is said of it, a slot knows least, and a later export
            // counts before an earlier.
            let certificate = fact.certificate.as_deref();
            let is_shown = certificate.is_some_and(|certificate| certificate.sha256.is_some());
            (
                (fact.presence, !is_shown, certificate.is_none(), fact.keyed_by),
                counts_before(file, snapshot),
            )
        };
        // Of two that say nothing of when they were made, the one that lets a credential be older and live longer: what
        // is wrong with it must not be hidden by a file's name.
        let end = |fact: &CredentialFact| match fact.expires_at {
            Expiry::Never => (0, Reverse(Instant(0))),
            Expiry::At(at) => (1, Reverse(at)),
            Expiry::NotReported => (2, Reverse(Instant(0))),
        };
        let values = |fact: &CredentialFact| {
            (
                fact.status,
                fact.created_at.is_none(),
                fact.created_at,
                end(fact),
                fact.kind,
                fact.key_algorithm,
            )
        };
        let texts = |fact: &CredentialFact| {
            [fact.name, fact.last_used_for, fact.fingerprint, fact.environment]
                .map(|text| text.map_or("", |text| strings.get(text)))
        };
        strings
            .get(a.key)
            .cmp(strings.get(b.key))
            .then_with(|| order(*file_a, a).cmp(&order(*file_b, b)))
            .then_with(|| values(a).cmp(&values(b)))
            .then_with(|| texts(a).cmp(&texts(b)))
            .then_with(|| (file_a, a.place).cmp(&(file_b, b.place)))
    });
    let mut conflicts = Vec::new();
    let mut held: Vec<(IdentityId, CredentialId)> = Vec::new();
    let mut facts = facts.into_iter().peekable();
    while let Some((file, fact)) = facts.next() {
        let key = fact.key;
        let mut holders = Holders::default();
        holders.note(fact.holder, joined);
        let is_listed = fact.presence == Presence::Listed;
        let mut said = Said::default();
        if facts.peek().is_some_and(|(_, other)| other.key == key) {
            said.add(file, &fact);
        }
        let mut credential = Credential {
            key,
            kind: fact.kind,
            name: fact.name,
            status: fact.status,
            holders: Vec::new(),
            stated_holder: stated(fact.holder),
            created_at: fact.created_at,
            last_used: fact.last_used,
            last_used_for: fact.last_used_for,
            expires_at: fact.expires_at,
            fingerprint: fact.fingerprint,
            key_algorithm: fact.key_algorithm,
            certificate: fact.certificate,
            custody: fact.custody,
            evidence: vec![Evidence {
                file,
                place: fact.place,
            }],
            source: snapshot.files[file.0 as usize].source,
            environment: fact.environment,
            claims: fact.owners,
            owner: Owner::default(),
            leaks: 0..0,
        };
        while let Some((file, other)) = facts.next_if(|(_, other)| other.key == key) {
            holders.note(other.holder, joined);
            credential.stated_holder = credential.stated_holder.or(stated(other.holder));
            said.add(file, &other);
            absorb(&mut credential, &other);
            credential.evidence.push(Evidence {
                file,
                place: other.place,
            });
            credential.certificate = credential.certificate.or(other.certificate);
            credential.environment = credential.environment.or(other.environment);
            credential.claims.extend(other.owners);
        }
        if !is_listed {
            snapshot.n_unlisted += 1;
            continue;
        }
        let id = CredentialId(snapshot.credentials.len() as u32);
        let Holders { stated, named } = holders;
        held.extend(stated.iter().chain(&named).map(|&holder| (holder, id)));
        credential.holders = if stated.is_empty() { named } else { stated };
        credential.holders.sort_unstable();
        credential.holders.dedup();
        if let Some(&holder) = credential.holders.first() {
            said.conflicts(holder, key, &mut snapshot.strings, &mut conflicts);
        }
        snapshot.credentials.push(credential);
    }
    held.sort_unstable();
    held.dedup();
    let mut at = 0;
    for (index, identity) in snapshot.identities.iter_mut().enumerate() {
        let start = at;
        while held.get(at).is_some_and(|(holder, _)| holder.0 as usize == index) {
            at += 1;
        }
        identity.credentials = start as u32..at as u32;
    }
    snapshot.held = held.into_iter().map(|(_, credential)| credential).collect();
    snapshot.conflicts.append(&mut conflicts);
}

/// What the exports that list one credential say of it, in the order in which they count.
#[derive(Default)]
struct Said {
    status: Vec<(CredentialStatus, Evidence)>,
    created_at: Vec<(Instant, Evidence)>,
    expires_at: Vec<(Expiry, Evidence)>,
}

impl Said {
    fn add(&mut self, file: FileId, fact: &CredentialFact) {
        if fact.presence != Presence::Listed {
            return;
        }
        let evidence = Evidence {
            file,
            place: fact.place,
        };
        if fact.status != CredentialStatus::Unknown {
            self.status.push((fact.status, evidence));
        }
        self.created_at.extend(fact.created_at.map(|at| (at, evidence)));
        if fact.expires_at != Expiry::NotReported {
            self.expires_at.push((fact.expires_at, evidence));
        }
    }

    fn conflicts(self, holder: IdentityId, key: Sym, strings: &mut Strings, conflicts: &mut Vec<Conflict>) {
        let status = |status: &CredentialStatus| match status {
            CredentialStatus::Active => "active".to_owned(),
            CredentialStatus::Inactive => "inactive".to_owned(),
            CredentialStatus::Revoked => "revoked".to_owned(),
            CredentialStatus::Unknown => "unknown".to_owned(),
        };
        let end = |expiry: &Expiry| match expiry {
            Expiry::At(at) => at.to_string(),
            Expiry::Never => "never".to_owned(),
            Expiry::NotReported => "not reported".to_owned(),
        };
        let mut note = |field, statements: Option<Vec<(Sym, Evidence)>>| {
            conflicts.extend(statements.map(|statements| Conflict {
                identity: holder,
                credential: Some(key),
                field,
                statements,
            }));
        };
        // Exports cut dates at different places.
        let is_same_day = |a: Instant, b: Instant| (a.0 - b.0).abs() <= SECONDS_PER_DAY;
        let is_same_end = |a: &Expiry, b: &Expiry| match (a, b) {
            (Expiry::At(a), Expiry::At(b)) => is_same_day(*a, *b),
            (a, b) => a == b,
        };
        note(
            ConflictField::Status,
            differing(&self.status, CredentialStatus::eq, status, strings),
        );
        note(
            ConflictField::CreatedAt,
            differing(
                &self.created_at,
                |a, b| is_same_day(*a, *b),
                Instant::to_string,
                strings,
            ),
        );
        note(
            ConflictField::ExpiresAt,
            differing(&self.expires_at, is_same_end, end, strings),
        );
    }
}

/// The statements in words, when not all are the same as the first.
fn differing<T>(
    stated: &[(T, Evidence)],
    is_same: impl Fn(&T, &T) -> bool,
    word: impl Fn(&T) -> String,
    strings: &mut Strings,
) -> Option<Vec<(Sym, Evidence)>> {
    let (first, rest) = stated.split_first()?;
    rest.iter().any(|(value, _)| !is_same(value, &first.0)).then(|| {
        stated
            .iter()
            .map(|(value, evidence)| (strings.intern(&word(value)), *evidence))
            .collect()
    })
}

/// Who authenticates with one credential.
#[derive(Default)]
struct Holders {
    /// An export says so.
    stated: Vec<IdentityId>,
    /// The certificate names them.
    named: Vec<IdentityId>,
}

/// A holder that an export states: what a certificate says of itself is none.
fn stated(handle: Option<Handle>) -> Option<Handle> {
    handle.filter(|handle| handle.kind != HandleKind::CertificateName)
}

impl Holders {
    fn note(&mut self, handle: Option<Handle>, joined: &Joined) {
        let Some(handle) = handle else { return };
        let known = match handle.kind == HandleKind::CertificateName {
            true => &mut self.named,
            false => &mut self.stated,
        };
        known.extend(joined.find(handle));
    }
}

/// Takes from another export's fact what is not known yet, and the later word on use.
fn absorb(credential: &mut Credential, other: &CredentialFact) {
    let Credential {
        kind,
        name,
        status,
        created_at,
        last_used,
        last_used_for,
        expires_at,
        fingerprint,
        custody,
        key_algorithm,
        ..
    } = credential;
    // A secrets manager lists a secret; whoever uses it knows what it is.
    let is_vague = matches!(*kind, CredentialKind::Unclassified | CredentialKind::StoredSecret);
    if is_vague && other.kind != CredentialKind::Unclassified {
        *kind = other.kind;
    }
    *name = name.or(other.name);
    *custody = (*custody).min(other.custody);
    if *status == CredentialStatus::Unknown || other.status == CredentialStatus::Revoked {
        *status = other.status;
    }
    *created_at = created_at.or(other.created_at);
    *last_used = later_use(*last_used, other.last_used);
    *last_used_for = last_used_for.or(other.last_used_for);
    if *expires_at == Expiry::NotReported {
        *expires_at = other.expires_at;
    }
    *fingerprint = fingerprint.or(other.fingerprint);
    *key_algorithm = key_algorithm.or(other.key_algorithm);
}
