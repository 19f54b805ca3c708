//! What identities use, and how: which services, from where and with what, and when.

use super::instant::{Instant, LastUsed};
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

/// What one log says of how an identity acted: from when to when it was seen with one value of one aspect.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityFact {
    pub identity: Handle,
    pub aspect: Aspect,
    pub value: Sym,
    pub first_at: Instant,
    pub last_at: Instant,
    /// Where it was seen first.
    pub place: Place,
}

/// What of an identity's activity is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Aspect {
    /// A day on which it was active: `2026-10-31`.
    Day,
    /// As [`ServiceUseFact::service`].
    Service,
    Region,
    /// Where it came from: the first 24 bits of an IPv4 address, 48 of an IPv6 address.
    Network,
    /// The program, without its version: `aws-cli`, [`BROWSER`], [`CONSOLE`].
    UserAgent,
}

/// A web browser, whichever.
pub const BROWSER: &str = "browser";
/// The platform's own pages for people.
pub const CONSOLE: &str = "console";
