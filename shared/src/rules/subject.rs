//! What rules say of their subjects: where they stand in the files, and from where they can be used.

use super::severity::Exposure;
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::credential::CredentialKind;
use crate::model::identity::Presence;
use crate::model::instant::{Instant, LastUsed};
use crate::model::snapshot::{Credential, CredentialId, Evidence, Identity};

/// The identity of a row.
pub fn identity(analysis: &Analysis, index: usize) -> &Identity {
    &analysis.snapshot.identities[index]
}

/// The credential of a row.
pub fn credential(analysis: &Analysis, index: usize) -> &Credential {
    analysis.snapshot.credential(CredentialId(index as u32))
}

/// Where an identity is listed.
pub fn listed_in(analysis: &Analysis, index: usize) -> Option<Evidence> {
    let facts = analysis.snapshot.facts_of(identity(analysis, index)).iter();
    let mut facts = facts.filter(|fact| fact.fact.presence == Presence::Listed);
    facts.next().map(|fact| Evidence {
        file: fact.file,
        place: fact.fact.place,
    })
}

/// Where a credential was found.
pub fn found_in(analysis: &Analysis, index: usize) -> Option<Evidence> {
    credential(analysis, index).evidence.first().copied()
}

/// Whether an active credential is something that can be copied and used elsewhere.
pub fn is_portable(analysis: &Analysis, credential: &Credential) -> bool {
    credential.kind != CredentialKind::Federation
        && formulas::is_active(credential, analysis.snapshot.as_of)
        && !formulas::is_short_lived(analysis, credential)
}

/// Whether an identity holds an active credential that can be copied.
pub fn has_portable(analysis: &Analysis, index: usize) -> bool {
    let mut held = analysis.snapshot.credentials_of(identity(analysis, index));
    held.any(|(_, credential)| is_portable(analysis, credential))
}

/// From where an identity can be used: with a copied secret when it has one, else from inside.
pub fn reach(analysis: &Analysis, index: usize) -> Exposure {
    match has_portable(analysis, index) {
        true => Exposure::Portable,
        false => Exposure::Inside,
    }
}

/// A day, and how long ago it was: `2026-02-01, 272 d ago`.
pub fn since(at: Instant, as_of: Instant) -> String {
    format!("{}, {} d ago", at.to_date_text(), at.days_until(as_of))
}

/// The last use as a phrase.
pub fn last_use(last_used: LastUsed, as_of: Instant) -> String {
    match last_used {
        LastUsed::At(at) => format!("last used {}", since(at, as_of)),
        LastUsed::Never => "never used".to_owned(),
        LastUsed::NotWithin { days } => format!("not used within {days} d"),
        LastUsed::NotReported => "no use reported".to_owned(),
    }
}
