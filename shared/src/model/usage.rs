//! What identities use: which services, and when last.

use super::instant::LastUsed;
use super::principal::Handle;
use super::provenance::Place;
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// What one export says of one identity's use of one service of its platform.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceUseFact {
    pub identity: Handle,
    /// The service in the word that the platform's permissions begin with: `s3`, `kms`.
    pub service: Sym,
    pub last_used: LastUsed,
    pub granted: Granted,
    pub place: Place,
}

/// Whether the export says that the identity may use the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Granted {
    /// A policy of the identity allows something in it.
    Reported,
    /// It was tried; whether it was allowed is not said.
    NotReported,
}
