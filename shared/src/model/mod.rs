//! The nouns: what every other module talks about.

pub mod access_policy;
pub mod batch;
pub mod certificate;
pub mod credential;
pub mod grant;
pub mod identity;
pub mod instant;
pub mod leak;
pub mod pattern;
pub mod principal;
pub mod provenance;
pub mod ratio;
pub mod relation;
pub mod snapshot;
pub mod strings;
pub mod thresholds;
pub mod usage;
