//! What the connectors for scans and lists of certificates share: a certificate of which an export says much, but which
//! it does not hold.

use smallvec::smallvec;

use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind};
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::principal::HandleKind;
use crate::model::provenance::Place;

/// What is said of one certificate.
pub(super) struct Described<'a> {
    /// The key of its credential: `x509:<sha256>` where the export says that much.
    pub key: String,
    pub name: Option<&'a str>,
    pub common_name: Option<&'a str>,
    /// DNS names and SPIFFE ids, in their order.
    pub names: Vec<&'a str>,
    pub is_authority: bool,
    pub not_before: Option<Instant>,
    pub not_after: Expiry,
    pub last_used: LastUsed,
    /// Where it was seen: `www.acme.test:443`.
    pub endpoint: Option<&'a str>,
    pub place: Place,
}

impl Described<'_> {
    /// States the certificate and, unless it is an authority's, whom it names: as the certificate itself would.
    pub fn state(self, batch: &mut Batch) {
        let key = batch.sym(&self.key);
        let mut credential = CredentialFact::listed(key, CredentialKind::Certificate, self.place);
        let spiffe = self.names.iter().find(|name| name.starts_with("spiffe://"));
        let dns = self.names.iter().find(|name| !name.contains("://"));
        let named = match (spiffe, dns.or(self.common_name.as_ref())) {
            (Some(id), _) => Some((HandleKind::Spiffe, (*id).to_owned())),
            (None, Some(name)) if !name.trim().is_empty() => {
                Some((HandleKind::CertificateName, name.trim().to_lowercase()))
            }
            (None, Some(_) | None) => None,
        };
        if let Some((kind, text)) = named.filter(|_| !self.is_authority) {
            let handle = batch.handle(kind, &text);
            let mut identity = IdentityFact::listed(smallvec![handle], IdentityKind::Workload, self.place);
            identity.name = Some(handle.text);
            batch.identities.push(identity);
            credential.holder = Some(handle);
        }
        let called = [self.name, self.common_name, dns.copied()];
        credential.name = called.into_iter().flatten().find_map(|name| batch.sym_of(Some(name)));
        credential.status = CredentialStatus::Active;
        credential.created_at = self.not_before;
        credential.expires_at = self.not_after;
        credential.last_used = self.last_used;
        credential.last_used_for = batch.sym_of(self.endpoint);
        batch.credentials.push(credential);
    }
}

/// The key of a certificate's credential, by its SHA-256 as tools write it: `E1:0F:…` or without colons.
pub(super) fn key_of_sha256(written: &str) -> Option<String> {
    let digits: String = written.chars().filter(char::is_ascii_hexdigit).collect();
    (digits.len() == 64).then(|| format!("x509:{}", digits.to_ascii_lowercase()))
}

/// A date as C's and Java's libraries write it: `Nov 22 04:59:57 2026 GMT`, `Sun Nov 22 04:59:57 UTC 2026`. Zones other
/// than UTC are taken for it, which moves the date by hours at most.
pub(super) fn c_date(written: &str) -> Option<Instant> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let words: Vec<&str> = written.split_whitespace().collect();
    let at = words.iter().position(|word| MONTHS.contains(word))?;
    let month = MONTHS.iter().position(|month| *month == words[at])? + 1;
    let day: u8 = words.get(at + 1)?.parse().ok()?;
    let time = words.get(at + 2)?;
    let year = words[at + 3..]
        .iter()
        .find(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()))?;
    Instant::from_text(&format!("{year}-{month:02}-{day:02}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_both_libraries_are_read() {
        for text in ["Jan  8 04:59:57 2027 GMT", "Fri Jan 08 04:59:57 UTC 2027"] {
            assert_eq!(
                c_date(text).map(|at| at.to_string()).as_deref(),
                Some("2027-01-08T04:59:57Z")
            );
        }
        for text in [
            "",
            "Jan",
            "Jan 8 04:59:57",
            "31. Januar 2027",
            "Feb 30 04:59:57 2027 GMT",
        ] {
            assert_eq!(c_date(text), None, "{text}");
        }
    }
}
