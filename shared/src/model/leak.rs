//! Leaks: secrets that a scanner found where others can read them.

use super::instant::Instant;
use super::principal::Handle;
use super::provenance::Place;
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// What one scanner says of one secret that it found. The secret itself is not in it.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct LeakFact {
    /// The tool, as it calls itself: `gitleaks`.
    pub scanner: Sym,
    /// What sort of secret it is, in the scanner's words: `aws-access-token`.
    pub rule: Sym,
    /// Keys of the credentials that it may be: see [`super::credential::CredentialFact::key`].
    pub credentials: Vec<Sym>,
    /// Its fingerprints, one for each way in which a credential may carry one. Empty when the scanner masks it.
    pub fingerprints: Vec<Sym>,
    /// Whom the scanner names as the secret's identity.
    pub identities: Vec<Handle>,
    /// Where it was found, in words: `https://github.com/acme/shop deploy.yml line 3, commit 9f2c1a5b`.
    pub found_in: Sym,
    /// When it was put there: the commit, the message.
    pub leaked_at: Option<Instant>,
    /// Who put it there.
    pub author: Option<Sym>,
    pub liveness: Liveness,
    pub place: Place,
}

/// Whether a leaked secret still works, as the scanner states it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Liveness {
    /// It was tried, and it works.
    Live,
    /// It was tried and refused, or the finding was closed because it was revoked.
    Dead,
    /// It was not tried, or the answer told nothing.
    #[default]
    Unknown,
}

impl Liveness {
    /// The stable word for this state in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Liveness::Live => "live",
            Liveness::Dead => "dead",
            Liveness::Unknown => "unknown",
        }
    }
}
