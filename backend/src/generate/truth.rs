//! What the generator planted, so that a reader of the estate can be scored.
//!
//! `truth.json` at the top of the estate:
//!
//! ```text
//! { "schema": 1, "generator": "rollcall generate", "company", "seed", "size", "dirt",
//!   "people": { "total", "active", "left" },
//!   "expected_sources_missing": ["aws-customs-prod"],
//!   "snapshots": [ {
//!     "folder": "2026-10-31",              the snapshot's folder
//!     "as_of": "2026-10-31T00:00:00Z",     the instant every age and expiry below is measured at
//!     "n_nhis":                            every identity that is not human and not the platform's own
//!     "n_humans_in_exports":               people's own accounts inside exports (console users)
//!     "identities": { source: { kind: n } },
//!     "platforms": { platform: { kind: n } },
//!     "ownership": { "team|person|departed|placeholder|conflict|none": n },   as the exports alone say
//!     "credentials": { kind: { status: n } },   access_key client_secret client_certificate gcp_key tls_secret
//!                                           service_account_token password (console users only)
//!                                           inventory_entry (a row of a hand-kept list)
//!     "certificates": { "distinct":        by SHA-256 of the DER, CA certificates included
//!                       "expiry": { "expired|le_7|le_14|le_30|le_47|le_60|le_90|later": n },  each in one bucket
//!                       "weak": RSA below 2048 or a SHA-1 signature },
//!     "joins":    { kind: { "count", "listed": [ { "left", "right" } ] } },
//!     "problems": { kind: { "count", "listed": [ { "subject", "source", "detail" } ] } },
//!     "files":    { "written", "quirks": { quirk: ["source/file"] }, "faults": [ { "file", "fault" } ] }
//! } ] }
//! ```
//!
//! Identities, credentials and joins are written in the vendor's own words: an ARN, an app id, an e-mail address,
//! `source/namespace/name`, the SHA-256 of a certificate. `listed` is complete for sizes S and M and stops at
//! [`LISTED_IN_LARGE`] for L and XL; `count` is always complete.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::draw::DAY;

/// How many joins or problems of a kind are spelled out in an estate of size L or XL.
pub const LISTED_IN_LARGE: usize = 200;

/// The whole file.
#[derive(Serialize)]
pub struct Truth {
    pub schema: u32,
    pub generator: &'static str,
    pub company: &'static str,
    pub seed: u64,
    pub size: String,
    pub dirt: f64,
    pub people: People,
    pub expected_sources_missing: Vec<String>,
    pub snapshots: Vec<SnapshotTruth>,
}

/// How many people the roster names.
#[derive(Serialize, Default)]
pub struct People {
    pub total: u64,
    pub active: u64,
    pub left: u64,
}

/// What one snapshot holds.
#[derive(Serialize, Default)]
pub struct SnapshotTruth {
    pub folder: String,
    pub as_of: String,
    pub n_nhis: u64,
    pub n_humans_in_exports: u64,
    pub identities: BTreeMap<String, BTreeMap<&'static str, u64>>,
    pub platforms: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    pub ownership: BTreeMap<&'static str, u64>,
    pub credentials: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    pub certificates: CertificateTruth,
    pub joins: BTreeMap<&'static str, Listed<Join>>,
    pub problems: BTreeMap<&'static str, Listed<Problem>>,
    pub files: Files,
    #[serde(skip)]
    as_of_seconds: i64,
    #[serde(skip)]
    list_limit: usize,
    #[serde(skip)]
    seen_certificates: BTreeMap<[u8; 32], ()>,
}

/// The certificates of one snapshot, each counted once however often it appears.
#[derive(Serialize, Default)]
pub struct CertificateTruth {
    pub distinct: u64,
    pub expiry: BTreeMap<&'static str, u64>,
    pub weak: u64,
}

/// A count, and the members as far as they are spelled out.
#[derive(Serialize)]
pub struct Listed<T> {
    pub count: u64,
    pub listed: Vec<T>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            count: 0,
            listed: Vec::new(),
        }
    }
}

/// Two names of one thing, or two things of which one authenticates the other.
#[derive(Serialize)]
pub struct Join {
    pub left: String,
    pub right: String,
}

/// Something a rule should find.
#[derive(Serialize)]
pub struct Problem {
    pub subject: String,
    pub source: String,
    pub detail: String,
}

/// The files of one snapshot.
#[derive(Serialize, Default)]
pub struct Files {
    pub written: u64,
    pub quirks: BTreeMap<&'static str, Vec<String>>,
    pub faults: Vec<Fault>,
}

/// A file that cannot be read whole, or not at all.
#[derive(Serialize)]
pub struct Fault {
    pub file: String,
    pub fault: &'static str,
}

impl SnapshotTruth {
    pub fn new(folder: String, as_of: String, as_of_seconds: i64, list_limit: usize) -> Self {
        Self {
            folder,
            as_of,
            as_of_seconds,
            list_limit,
            ..Self::default()
        }
    }

    /// Counts one identity that is not human.
    pub fn nhi(&mut self, source: &str, platform: &'static str, kind: &'static str) {
        self.n_nhis += 1;
        self.account(source, kind);
        *self.platforms.entry(platform).or_default().entry(kind).or_default() += 1;
    }

    /// Counts one person's account.
    pub fn human(&mut self, source: &str) {
        self.n_humans_in_exports += 1;
        self.account(source, "human_user");
    }

    /// Counts an identity that belongs to the platform itself and is no NHI of the company.
    pub fn platform_owned(&mut self, source: &str, kind: &'static str) {
        self.account(source, kind);
    }

    fn account(&mut self, source: &str, kind: &'static str) {
        if let Some(kinds) = self.identities.get_mut(source) {
            *kinds.entry(kind).or_default() += 1;
        } else {
            self.identities.insert(source.to_owned(), BTreeMap::from([(kind, 1)]));
        }
    }

    pub fn owner(&mut self, label: &'static str) {
        *self.ownership.entry(label).or_default() += 1;
    }

    pub fn credential(&mut self, kind: &'static str, status: &'static str) {
        *self.credentials.entry(kind).or_default().entry(status).or_default() += 1;
    }

    /// Counts a certificate, unless its bytes were seen in this snapshot before.
    pub fn certificate(&mut self, sha256: [u8; 32], not_after: i64, strength: Strength) {
        if self.seen_certificates.insert(sha256, ()).is_some() {
            return;
        }
        self.certificates.distinct += 1;
        let left = not_after - self.as_of_seconds;
        *self.certificates.expiry.entry(expiry_bucket(left)).or_default() += 1;
        match strength {
            Strength::Sound => {}
            Strength::Weak => self.certificates.weak += 1,
        }
    }

    pub fn join(&mut self, kind: &'static str, left: impl Into<String>, right: impl Into<String>) {
        let list = self.joins.entry(kind).or_default();
        list.count += 1;
        if list.listed.len() < self.list_limit {
            list.listed.push(Join {
                left: left.into(),
                right: right.into(),
            });
        }
    }

    pub fn problem(&mut self, kind: &'static str, subject: impl Into<String>, source: &str, detail: impl Into<String>) {
        let list = self.problems.entry(kind).or_default();
        list.count += 1;
        if list.listed.len() < self.list_limit {
            list.listed.push(Problem {
                subject: subject.into(),
                source: source.to_owned(),
                detail: detail.into(),
            });
        }
    }

    /// Records a finished file and what is odd about it.
    pub fn file(&mut self, path: &Path, quirks: &[&'static str]) {
        self.files.written += 1;
        for quirk in quirks {
            self.quirk(quirk, path);
        }
    }

    pub fn quirk(&mut self, quirk: &'static str, path: &Path) {
        let files = self.files.quirks.entry(quirk).or_default();
        if files.len() < self.list_limit {
            files.push(place(path));
        }
    }

    pub fn fault(&mut self, path: &Path, fault: &'static str) {
        self.files.faults.push(Fault {
            file: place(path),
            fault,
        });
    }
}

/// Whether a key and its signature meet today's minimum (RSA 2048, EC 256, no SHA-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    Sound,
    Weak,
}

/// The one bucket a certificate with this many seconds left falls into.
pub fn expiry_bucket(left_seconds: i64) -> &'static str {
    match left_seconds {
        i64::MIN..0 => "expired",
        left if left <= 7 * DAY => "le_7",
        left if left <= 14 * DAY => "le_14",
        left if left <= 30 * DAY => "le_30",
        left if left <= 47 * DAY => "le_47",
        left if left <= 60 * DAY => "le_60",
        left if left <= 90 * DAY => "le_90",
        _ => "later",
    }
}

/// `source/file`, the name of a file inside its snapshot.
fn place(path: &Path) -> String {
    let mut parts = path.iter().rev().filter_map(|part| part.to_str());
    let file = parts.next().unwrap_or_default();
    let source = parts.next().unwrap_or_default();
    format!("{source}/{file}")
}
