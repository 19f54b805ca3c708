//! One file for each page: what it loads and how it is composed.

pub mod access;
pub mod certificates;
pub mod compliance;
pub mod credentials;
pub mod finding;
pub mod findings;
pub mod history;
pub mod identities;
pub mod identity;
pub mod kpis;
pub mod leads;
pub mod not_found;
pub mod overview;
pub mod reviews;
pub mod rules;
pub mod sources;
pub mod what_if;
