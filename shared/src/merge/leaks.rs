//! Which credential a leaked secret is: by the key that its own text or the scanner names, else by its fingerprint.

use hashbrown::HashMap;

use super::join::Joined;
use crate::model::leak::LeakFact;
use crate::model::snapshot::{CredentialId, FileId, Leak, Snapshot};
use crate::model::strings::Sym;

/// Finds the credentials and identities of all leaks.
pub fn resolve(facts: Vec<(FileId, LeakFact)>, joined: &Joined, snapshot: &mut Snapshot) {
    let mut by_key: HashMap<Sym, CredentialId> = HashMap::new();
    let mut by_fingerprint: HashMap<Sym, Vec<CredentialId>> = HashMap::new();
    if !facts.is_empty() {
        for (index, credential) in snapshot.credentials.iter().enumerate() {
            let id = CredentialId(index as u32);
            by_key.insert(credential.key, id);
            if let Some(fingerprint) = credential.fingerprint {
                by_fingerprint.entry(fingerprint).or_default().push(id);
            }
        }
    }
    let mut leaked: Vec<(CredentialId, u32)> = Vec::new();
    for (index, (file, fact)) in facts.into_iter().enumerate() {
        let by_key = fact.credentials.iter().filter_map(|key| by_key.get(key));
        let by_fingerprint = fact
            .fingerprints
            .iter()
            .filter_map(|fingerprint| by_fingerprint.get(fingerprint))
            .flatten();
        let mut credentials: Vec<CredentialId> = by_key.chain(by_fingerprint).copied().collect();
        credentials.sort_unstable();
        credentials.dedup();
        let mut identities: Vec<_> = fact
            .identities
            .iter()
            .filter_map(|handle| joined.find(*handle))
            .collect();
        identities.sort_unstable();
        identities.dedup();
        leaked.extend(credentials.iter().map(|&credential| (credential, index as u32)));
        snapshot.leaks.push(Leak {
            fact,
            file,
            credentials,
            identities,
        });
    }
    leaked.sort_unstable();
    let mut at = 0;
    for (index, credential) in snapshot.credentials.iter_mut().enumerate() {
        let start = at;
        while leaked.get(at).is_some_and(|(id, _)| id.0 as usize == index) {
            at += 1;
        }
        credential.leaks = start as u32..at as u32;
    }
    snapshot.leaked = leaked.into_iter().map(|(_, leak)| leak).collect();
}
