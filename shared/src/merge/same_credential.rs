//! Which facts are about the same credential although neither of their exports names the other's key.

use hashbrown::HashMap;

use super::join::Joined;
use crate::model::credential::{CredentialFact, CredentialKind, KeyedBy};
use crate::model::instant::{Expiry, Instant};
use crate::model::snapshot::{FileId, IdentityId};
use crate::model::strings::Sym;

/// Files a numbered slot under the only credential of the same holder, kind and instant of creation, and a certificate
/// that is described without being shown under the only one with its serial number and end.
pub fn unify_keys(facts: &mut [(FileId, CredentialFact)], joined: &Joined) {
    let mut by_creation: HashMap<Creation, Only> = HashMap::new();
    let mut by_serial: HashMap<Serial, Only> = HashMap::new();
    for (_, fact) in facts.iter() {
        if fact.keyed_by == KeyedBy::Id
            && let Some(creation) = creation(fact, joined)
        {
            by_creation.entry(creation).or_default().note(fact.key);
        }
        if let Some((serial, Told::Shown)) = serial(fact) {
            by_serial.entry(serial).or_default().note(fact.key);
        }
    }
    let mut keys: HashMap<Sym, Sym> = HashMap::new();
    for (_, fact) in facts.iter() {
        let only = match (fact.keyed_by, serial(fact)) {
            (_, Some((serial, Told::Described))) => by_serial.get(&serial),
            (KeyedBy::Slot, _) => creation(fact, joined).and_then(|creation| by_creation.get(&creation)),
            (KeyedBy::Id, _) => None,
        };
        if let Some(Only::One(key)) = only {
            keys.insert(fact.key, *key);
        }
    }
    // All that is filed under a key moves with it.
    for (_, fact) in facts {
        fact.key = *keys.get(&fact.key).unwrap_or(&fact.key);
    }
}

type Creation = (IdentityId, CredentialKind, Instant);
type Serial = (Sym, Instant);

fn creation(fact: &CredentialFact, joined: &Joined) -> Option<Creation> {
    // Only AWS numbers slots, of these two kinds.
    match fact.kind {
        CredentialKind::AccessKey | CredentialKind::SigningCertificate => {
            Some((joined.find(fact.holder?)?, fact.kind, fact.created_at?))
        }
        CredentialKind::ClientSecret
        | CredentialKind::ServiceAccountKey
        | CredentialKind::ApiKey
        | CredentialKind::SshKey
        | CredentialKind::Certificate
        | CredentialKind::Token
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Federation
        | CredentialKind::Unclassified => None,
    }
}

/// How an export speaks of a certificate.
enum Told {
    Shown,
    Described,
}

/// A certificate's serial number and end.
fn serial(fact: &CredentialFact) -> Option<(Serial, Told)> {
    let certificate = fact.certificate.as_deref()?;
    let told = match certificate.sha256 {
        Some(_) => Told::Shown,
        None => Told::Described,
    };
    match certificate.not_after {
        Expiry::At(end) => Some(((certificate.serial, end), told)),
        Expiry::Never | Expiry::NotReported => None,
    }
}

/// The only key that was noted, if there was one only.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Only {
    #[default]
    None,
    One(Sym),
    Several,
}

impl Only {
    fn note(&mut self, key: Sym) {
        *self = match *self {
            Only::None => Only::One(key),
            Only::One(known) if known == key => Only::One(key),
            Only::One(_) | Only::Several => Only::Several,
        };
    }
}
