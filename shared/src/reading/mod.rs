//! What every connector needs before it can read a vendor's words: encodings, containers, framings, dates.
//!
//! All of it is built once, here, from the rules that hold for every export (BOM or not, gzip or not, one page or
//! many). A connector sees text and rows, never bytes in somebody's code page.

/// The most rows that are read of one file: an estate of millions of identities has fewer in each, and facts of so many
/// take gigabytes of memory. What stands before is kept.
pub const MAX_ROWS: usize = 5_000_000;

pub mod absent;
pub mod activity;
pub mod aws_policy;
pub mod aws_trust;
pub mod ber;
pub mod carried;
pub mod certificate;
pub mod container;
pub mod encoding;
pub mod fingerprint;
pub mod gcp_member;
pub mod json;
pub mod jsonc;
pub mod labels;
pub mod loose;
pub mod moment;
pub mod one_or_many;
pub mod pem;
pub mod private_key;
pub mod probe;
pub mod recording;
pub mod scan;
pub mod ssh_certificate;
pub mod ssh_key;
pub mod subject;
pub mod table;
pub mod text;
pub mod vault_policy;
pub mod yaml;
