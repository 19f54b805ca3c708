//! `GET /api/v1/sources`: what was read, and how far it can be relied on.

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::model::instant::Instant;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sources {
    pub as_of: Instant,
    pub sources: Vec<SourceView>,
    /// Sources that `rollcall.toml` expects and the snapshot does not have.
    pub missing: Vec<ExpectedView>,
    /// Facts on which exports disagree.
    pub conflicts: Vec<ConflictView>,
    /// Conflicts beyond those listed.
    pub n_more_conflicts: usize,
    /// Every export format that can be read.
    pub connectors: Vec<ConnectorView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceView {
    pub name: String,
    pub environment: Option<String>,
    pub completeness: Completeness,
    /// Why it is partial.
    pub reasons: Vec<String>,
    /// The newest instant that one of its exports states.
    pub stated_at: Option<Instant>,
    pub n_identities: usize,
    pub n_credentials: usize,
    pub files: Vec<FileView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    Complete,
    Partial,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileView {
    /// Below the source, with `/`; members of archives follow the archive's name.
    pub path: String,
    /// The connector's id; `None` when nothing recognised the file.
    pub connector: Option<String>,
    pub n_bytes: u64,
    pub completeness: Completeness,
    pub n_identities: usize,
    pub n_credentials: usize,
    pub n_grants: usize,
    pub n_trusts: usize,
    /// At most 100; `n_diagnostics` counts all.
    pub diagnostics: Vec<Diagnostic>,
    pub n_diagnostics: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectedView {
    pub source: String,
    pub environment: Option<String>,
}

/// Two exports that disagree on one fact. Both are kept; what counts is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictView {
    pub identity: String,
    pub identity_name: String,
    /// The name of the identity's credential that the exports disagree on; `None` when it is the identity itself.
    pub credential: Option<String>,
    /// `created_at`, `owner`, `environment`, …
    pub field: String,
    pub statements: Vec<Statement>,
}

/// One export's word, with where it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    pub value: String,
    pub evidence: super::detail::Evidence,
    /// Whether this is the one that counts.
    pub counts: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorView {
    pub id: String,
    pub title: String,
    pub vendor: String,
    pub command: String,
    pub cannot_tell: Vec<String>,
}
