//! What the generator planted, so that a reader of the estate can be scored.
//!
//! `truth.json` at the top of the estate; its snapshots stand in one line each:
//!
//! ```text
//! { "schema": 2, "generator": "rollcall generate", "company", "seed", "size", "dirt",
//!   "people": { "total", "active", "left" },
//!   "expected_sources_missing": ["aws-treasury-prod"],
//!   "snapshots": [ {
//!     "folder": "2026-10-31",              the snapshot's folder
//!     "as_of": "2026-10-31T00:00:00Z",     the instant every age and expiry is measured at
//!     "n_people":                          people of the roster who have not left by then
//!     "n_nhis":                            every identity that is not human and not the platform's own
//!     "n_humans":                          people's own accounts inside exports
//!     "by_kind": { kind: n },              kinds are the vendors' words: iam_user, service_account, tls_host, …
//!     "identities": { "count", "listed": [ {
//!         "id":                            an ARN, an app or object id, an address, source/namespace/name, a host
//!         "kind", "sources": [..],         the sources whose exports list it
//!         "enabled":                       true, false, or null where no export says so
//!         "environment", "owner":          owner is active, unresolved, left or absent
//!         "has_purpose", "reviewed_on",    reviewed_on may lie after the snapshot: the registry is of today
//!         "retires_on",                    by the registry
//!         "last_used_at":                  the latest use that an export tells of; null where none does
//!         "idle_since":                    the latest use, else since when an export shows that there was none, or "ever";
//!                                          null where no export tells
//!         "credentials":                   "known" when exports list all it has, else "unknown"
//!         "administrator" } ] },
//!     "credentials": { "count", "listed": [ {
//!         "id", "kind", "holders": [..],   ids of identities that exports list
//!         "status":                        active, inactive, expired, or unknown where no export says so
//!         "created_at", "expires_at",      null where no export says so; "never"
//!         "last_used_at", "idle_since" } ] },
//!     "certificates": { "distinct":        by SHA-256 of the DER, CA certificates included
//!                       "expiry": { "expired|le_7|le_14|le_30|le_47|le_60|le_90|later": n },  each in one bucket
//!                       "weak": n,         RSA below 2048 or a SHA-1 signature
//!                       "listed": [ { "sha256", "not_before", "not_after", "expiry", "weak",
//!                         "role":          public_server, internal_peer, client or authority
//!                         "names",         whom it names, an identity's id; null for an authority's
//!                         "places": [..] } ] },
//!     "joins":     { kind: { "count", "listed": [ { "left", "right" } ] } },
//!     "leads":     { "count", "listed": [ { "id", "kind", "value" } ] },  what a log shows for the first time
//!     "reviews":   { "count", "listed": [ { "id", "decision",
//!         "state":                         holds, void when the access changed since, later when it was not held yet
//!       } ] },
//!     "conflicts": { "count", "listed": [ { "id", "field" } ] },
//!     "problems":  { kind: { "count", "listed": [ { "subject", "source", "detail" } ] } },
//!     "sources":   { name: { "environment", "partial": [why], "stale" } },
//!     "files":     { "written", "quirks": { quirk: ["source/file"] }, "faults": [ { "file", "fault" } ] }
//! } ] }
//! ```
//!
//! Everything is written from what the generator drew, never from reading what it wrote. `listed` is complete for
//! sizes S and M and stops at [`LISTED_IN_LARGE`] for L and XL; every `count` is complete.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::certificates::Issued;
use super::company::Environment;
use super::draw::DAY;
use super::governance::{Governance, OwnerState};
use super::timeline::{date, rfc3339};
use super::x509::Role;

/// How many members of a list are spelled out in an estate of size L or XL.
pub const LISTED_IN_LARGE: usize = 200;

/// What stands before the snapshots.
#[derive(Serialize)]
pub struct Head {
    pub schema: u32,
    pub generator: &'static str,
    pub company: &'static str,
    pub seed: u64,
    pub size: &'static str,
    pub dirt: f64,
    pub people: People,
    pub expected_sources_missing: Vec<&'static str>,
}

/// How many people the roster names.
#[derive(Serialize, Default)]
pub struct People {
    pub total: u64,
    pub active: u64,
    pub left: u64,
}

/// What one snapshot, or one source of it, holds.
#[derive(Serialize, Default)]
pub struct SnapshotTruth {
    pub folder: String,
    pub as_of: String,
    pub n_people: u64,
    pub n_nhis: u64,
    pub n_humans: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
    pub identities: Listed<IdentityTruth>,
    pub credentials: Listed<CredentialTruth>,
    pub certificates: CertificateTruths,
    pub joins: BTreeMap<&'static str, Listed<Join>>,
    pub leads: Listed<LeadTruth>,
    pub reviews: Listed<ReviewTruth>,
    pub conflicts: Listed<ConflictTruth>,
    pub problems: BTreeMap<&'static str, Listed<Problem>>,
    pub sources: BTreeMap<String, SourceTruth>,
    pub files: Files,
    #[serde(skip)]
    scope: Scope,
    /// Hosts, workloads and devices by name: one certificate's name may stand in several sources.
    #[serde(skip)]
    named: BTreeMap<String, IdentityTruth>,
    #[serde(skip)]
    certificates_by_sha256: BTreeMap<[u8; 32], SeenCertificate>,
}

/// What a truth is about, and how much of it is spelled out.
#[derive(Clone, Copy, Default)]
pub struct Scope {
    pub as_of: i64,
    pub list_limit: usize,
}

/// One identity.
#[derive(Serialize, Clone)]
pub struct IdentityTruth {
    pub id: String,
    pub kind: &'static str,
    pub sources: BTreeSet<String>,
    pub enabled: Option<bool>,
    pub environment: Option<&'static str>,
    pub owner: OwnerState,
    pub has_purpose: bool,
    pub reviewed_on: Option<String>,
    pub retires_on: Option<String>,
    pub last_used_at: Option<String>,
    pub idle_since: Option<String>,
    pub credentials: Knowledge,
    pub administrator: bool,
}

/// Whether exports list everything that an identity authenticates with.
#[derive(Serialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Knowledge {
    Known,
    Unknown,
}

impl IdentityTruth {
    /// An identity that one source lists, with what is known of its governance; the rest is set by whom it concerns.
    pub fn new(id: impl Into<String>, kind: &'static str, source: &str, governance: &Governance) -> Self {
        Self {
            id: id.into(),
            kind,
            sources: BTreeSet::from([source.to_owned()]),
            enabled: None,
            environment: governance.environment.map(Environment::short),
            owner: governance.owner,
            has_purpose: governance.has_purpose,
            reviewed_on: governance.reviewed_at.map(date),
            retires_on: governance.retires_at.map(date),
            last_used_at: None,
            idle_since: None,
            credentials: Knowledge::Unknown,
            administrator: false,
        }
    }

    /// Last used then, as far as an export tells.
    #[must_use]
    pub fn used(self, at: Option<i64>) -> Self {
        Self {
            last_used_at: at.map(rfc3339),
            idle_since: at.map(rfc3339),
            ..self
        }
    }

    /// An export shows that it was not used since then.
    #[must_use]
    pub fn unused_since(self, at: i64) -> Self {
        Self {
            idle_since: Some(rfc3339(at)),
            ..self
        }
    }
}

/// One credential.
#[derive(Serialize, Clone)]
pub struct CredentialTruth {
    pub id: String,
    pub kind: &'static str,
    pub holders: Vec<String>,
    pub status: &'static str,
    pub created_at: Option<String>,
    pub expires_at: Option<String>,
    pub last_used_at: Option<String>,
    pub idle_since: Option<String>,
}

impl CredentialTruth {
    /// A working credential of one holder; the rest is set by whom it concerns.
    pub fn new(id: impl Into<String>, kind: &'static str, holder: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            kind,
            holders: vec![holder.into()],
            status: "active",
            created_at: None,
            expires_at: None,
            last_used_at: None,
            idle_since: None,
        }
    }

    /// Made at this instant.
    #[must_use]
    pub fn created(self, at: i64) -> Self {
        Self {
            created_at: Some(rfc3339(at)),
            ..self
        }
    }

    /// Ends at this instant, and is expired at `as_of` when that has come.
    #[must_use]
    pub fn ends(self, at: i64, as_of: i64) -> Self {
        Self {
            status: if at <= as_of { "expired" } else { self.status },
            expires_at: Some(rfc3339(at)),
            ..self
        }
    }

    /// The export says that it has no end.
    #[must_use]
    pub fn never_ends(self) -> Self {
        Self {
            expires_at: Some("never".to_owned()),
            ..self
        }
    }

    /// Last used then, as far as an export tells.
    #[must_use]
    pub fn used(self, at: Option<i64>) -> Self {
        Self {
            last_used_at: at.map(rfc3339),
            idle_since: at.map(rfc3339),
            ..self
        }
    }

    /// An export shows that it was never used.
    #[must_use]
    pub fn never_used(self) -> Self {
        Self {
            idle_since: Some(self.created_at.clone().unwrap_or_else(|| "ever".to_owned())),
            ..self
        }
    }

    /// In this state as long as it has not ended.
    #[must_use]
    pub fn with_status(self, status: &'static str) -> Self {
        Self { status, ..self }
    }
}

/// The certificates of one snapshot, each counted once however often it appears.
#[derive(Serialize, Default)]
pub struct CertificateTruths {
    pub distinct: u64,
    pub expiry: BTreeMap<&'static str, u64>,
    pub weak: u64,
    pub listed: Vec<CertificateTruth>,
}

/// One certificate and where it was put.
#[derive(Serialize)]
pub struct CertificateTruth {
    pub sha256: String,
    pub not_before: String,
    pub not_after: String,
    pub role: &'static str,
    pub names: Option<String>,
    pub expiry: &'static str,
    pub weak: bool,
    pub places: BTreeSet<String>,
}

struct SeenCertificate {
    not_before: i64,
    not_after: i64,
    role: Role,
    names: Option<String>,
    strength: Strength,
    places: BTreeSet<String>,
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

impl<T> Listed<T> {
    fn push(&mut self, member: T, limit: usize) {
        self.count += 1;
        if self.listed.len() < limit {
            self.listed.push(member);
        }
    }

    fn absorb(&mut self, other: Self, limit: usize) {
        self.count += other.count;
        self.listed.extend(other.listed);
        self.listed.truncate(limit);
    }
}

/// Two names of one thing, or two things of which one acts as the other.
#[derive(Serialize)]
pub struct Join {
    pub left: String,
    pub right: String,
}

/// What a log shows of an identity for the first time.
#[derive(Serialize)]
pub struct LeadTruth {
    pub id: String,
    /// A word of the API: `new_region`.
    pub kind: &'static str,
    pub value: String,
}

/// What an owner decided of an identity.
#[derive(Serialize)]
pub struct ReviewTruth {
    pub id: String,
    pub decision: &'static str,
    pub state: &'static str,
}

/// Exports that disagree on an identity.
#[derive(Serialize)]
pub struct ConflictTruth {
    pub id: String,
    pub field: &'static str,
}

/// Something a rule should find.
#[derive(Serialize)]
pub struct Problem {
    pub subject: String,
    pub source: String,
    pub detail: String,
}

/// How one source stands.
#[derive(Serialize, Default)]
pub struct SourceTruth {
    pub environment: Option<&'static str>,
    /// Why not all of it is there.
    pub partial: Vec<&'static str>,
    /// Whether its newest export that has a date is older than a week.
    pub stale: bool,
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
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            ..Self::default()
        }
    }

    /// Begins a source, whose name tells this environment, or none.
    pub fn source(&mut self, name: &str, environment: Option<Environment>) {
        self.sources.entry(name.to_owned()).or_default().environment = environment.map(Environment::short);
    }

    /// Records why not all of a source is there.
    pub fn partial(&mut self, source: &str, reason: &'static str) {
        self.sources.entry(source.to_owned()).or_default().partial.push(reason);
    }

    pub fn stale(&mut self, source: &str) {
        self.sources.entry(source.to_owned()).or_default().stale = true;
    }

    /// Counts one identity, and a conflict when what is said of its owner contradicts itself.
    pub fn identity(&mut self, identity: IdentityTruth, governance: &Governance) {
        if governance.owners_differ {
            self.conflict(identity.id.clone(), "owner");
        }
        self.count(identity);
    }

    /// Counts what a certificate names, once for however many certificates and sources name it.
    pub fn named(&mut self, identity: IdentityTruth) {
        match self.named.get_mut(&identity.id) {
            Some(known) => known.sources.extend(identity.sources),
            None => {
                self.named.insert(identity.id.clone(), identity);
            }
        }
    }

    fn count(&mut self, identity: IdentityTruth) {
        match identity.kind {
            "human_user" | "personal_account" => self.n_humans += 1,
            "service_linked_role" | "first_party_principal" | "control_plane_account" => {}
            _ => self.n_nhis += 1,
        }
        *self.by_kind.entry(identity.kind).or_default() += 1;
        self.identities.push(identity, self.scope.list_limit);
    }

    pub fn credential(&mut self, credential: CredentialTruth) {
        self.credentials.push(credential, self.scope.list_limit);
    }

    /// Records that a certificate stands in a place; its bytes may stand in others too.
    pub fn certificate(&mut self, issued: &Issued, place: impl Into<String>) {
        let seen = (self.certificates_by_sha256.entry(issued.sha256)).or_insert_with(|| SeenCertificate {
            not_before: issued.not_before,
            not_after: issued.not_after,
            role: issued.role,
            names: issued.names.clone(),
            strength: issued.strength,
            places: BTreeSet::new(),
        });
        seen.places.insert(place.into());
    }

    pub fn join(&mut self, kind: &'static str, left: impl Into<String>, right: impl Into<String>) {
        let join = Join {
            left: left.into(),
            right: right.into(),
        };
        self.joins.entry(kind).or_default().push(join, self.scope.list_limit);
    }

    /// Records that an identity did something lately and never before.
    pub fn lead(&mut self, id: impl Into<String>, kind: &'static str, value: impl Into<String>) {
        let lead = LeadTruth {
            id: id.into(),
            kind,
            value: value.into(),
        };
        self.leads.push(lead, self.scope.list_limit);
    }

    /// Records what an owner decided, and whether it still stands.
    pub fn review(&mut self, id: impl Into<String>, decision: &'static str, state: &'static str) {
        let id = id.into();
        let review = ReviewTruth { id, decision, state };
        self.reviews.push(review, self.scope.list_limit);
    }

    pub fn conflict(&mut self, id: impl Into<String>, field: &'static str) {
        let conflict = ConflictTruth { id: id.into(), field };
        self.conflicts.push(conflict, self.scope.list_limit);
    }

    pub fn problem(&mut self, kind: &'static str, subject: impl Into<String>, source: &str, detail: impl Into<String>) {
        let problem = Problem {
            subject: subject.into(),
            source: source.to_owned(),
            detail: detail.into(),
        };
        self.problems
            .entry(kind)
            .or_default()
            .push(problem, self.scope.list_limit);
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
        if files.len() < self.scope.list_limit {
            files.push(place(path));
        }
    }

    pub fn fault(&mut self, path: &Path, fault: &'static str) {
        self.files.faults.push(Fault {
            file: place(path),
            fault,
        });
    }

    /// Takes over what another source holds.
    pub fn absorb(&mut self, other: Self) {
        let limit = self.scope.list_limit;
        self.n_nhis += other.n_nhis;
        self.n_humans += other.n_humans;
        for (kind, n) in other.by_kind {
            *self.by_kind.entry(kind).or_default() += n;
        }
        self.identities.absorb(other.identities, limit);
        self.credentials.absorb(other.credentials, limit);
        self.leads.absorb(other.leads, limit);
        self.reviews.absorb(other.reviews, limit);
        self.conflicts.absorb(other.conflicts, limit);
        for (kind, joins) in other.joins {
            self.joins.entry(kind).or_default().absorb(joins, limit);
        }
        for (kind, problems) in other.problems {
            self.problems.entry(kind).or_default().absorb(problems, limit);
        }
        self.sources.extend(other.sources);
        self.files.written += other.files.written;
        for (quirk, files) in other.files.quirks {
            let known = self.files.quirks.entry(quirk).or_default();
            known.extend(files);
            known.truncate(limit);
        }
        self.files.faults.extend(other.files.faults);
        for identity in other.named.into_values() {
            self.named(identity);
        }
        for (sha256, seen) in other.certificates_by_sha256 {
            match self.certificates_by_sha256.get_mut(&sha256) {
                Some(known) => known.places.extend(seen.places),
                None => {
                    self.certificates_by_sha256.insert(sha256, seen);
                }
            }
        }
    }

    /// Counts what several sources may hold, now that all have been seen.
    pub fn finish(&mut self) {
        for identity in std::mem::take(&mut self.named).into_values() {
            self.count(identity);
        }
        for (sha256, seen) in std::mem::take(&mut self.certificates_by_sha256) {
            let expiry = expiry_bucket(seen.not_after - self.scope.as_of);
            self.certificates.distinct += 1;
            *self.certificates.expiry.entry(expiry).or_default() += 1;
            self.certificates.weak += u64::from(seen.strength == Strength::Weak);
            if self.certificates.listed.len() < self.scope.list_limit {
                self.certificates.listed.push(CertificateTruth {
                    sha256: hex(&sha256),
                    not_before: rfc3339(seen.not_before),
                    not_after: rfc3339(seen.not_after),
                    role: match seen.role {
                        Role::PublicServer => "public_server",
                        Role::InternalPeer => "internal_peer",
                        Role::Client => "client",
                        Role::Authority => "authority",
                    },
                    names: seen.names,
                    expiry,
                    weak: seen.strength == Strength::Weak,
                    places: seen.places,
                });
            }
        }
    }
}

/// Whether a key and its signature meet today's minimum (RSA 2048, EC 256, no SHA-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    Sound,
    Weak,
}

/// The one bucket a certificate with this many seconds left falls into.
fn expiry_bucket(left_seconds: i64) -> &'static str {
    match left_seconds {
        i64::MIN..=0 => "expired",
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

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
