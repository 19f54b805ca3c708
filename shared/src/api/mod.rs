//! What crosses the wire. The server writes these types, the page reads them; domain types stay behind.
//!
//! Instants are RFC 3339 text in UTC. Enumerations are the stable words that `model` defines. `docs/api.md` describes
//! the routes.

pub mod access;
pub mod check;
pub mod compliance;
pub mod detail;
pub mod explorer;
pub mod findings;
pub mod graph;
pub mod history;
pub mod kpis;
pub mod leads;
pub mod overview;
pub mod query;
pub mod report;
pub mod reviews;
pub mod rows;
pub mod sources;
pub mod what_if;

use bitcode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::model::instant::Instant;

/// Every route, under one prefix.
pub mod route {
    pub const STATE: &str = "/api/v1/state";
    pub const EVENTS: &str = "/api/v1/events";
    pub const OVERVIEW: &str = "/api/v1/overview";
    pub const KPIS: &str = "/api/v1/kpis";
    pub const IDENTITIES: &str = "/api/v1/identities";
    /// One identity: `?id=…`, because ids hold slashes.
    pub const IDENTITY: &str = "/api/v1/identity";
    /// Whether an identity may do one thing to one resource: `?identity=…&action=…&resource=…`.
    pub const ACCESS: &str = "/api/v1/access";
    pub const CREDENTIALS: &str = "/api/v1/credentials";
    pub const CERTIFICATES: &str = "/api/v1/certificates";
    pub const FINDINGS: &str = "/api/v1/findings";
    /// The rules, with what each came to.
    pub const RULES: &str = "/api/v1/rules";
    pub const COMPLIANCE: &str = "/api/v1/compliance";
    pub const SOURCES: &str = "/api/v1/sources";
    /// What differs between two snapshots.
    pub const HISTORY: &str = "/api/v1/history";
    /// Every KPI over all snapshots.
    pub const TRENDS: &str = "/api/v1/trends";
    /// How long credentials are in place, and how long what is retired goes on.
    pub const DURATIONS: &str = "/api/v1/durations";
    /// Nodes of the identity graph by their names.
    pub const GRAPH_NODES: &str = "/api/v1/graph/nodes";
    pub const GRAPH_NEIGHBOURS: &str = "/api/v1/graph/neighbours";
    pub const GRAPH_REACH: &str = "/api/v1/graph/reach";
    pub const GRAPH_WHO_CAN_REACH: &str = "/api/v1/graph/who-can-reach";
    pub const GRAPH_PATHS: &str = "/api/v1/graph/paths";
    pub const GRAPH_SAFE_TO_ACT: &str = "/api/v1/graph/safe-to-act";
    pub const GRAPH_SMALLEST_CHANGE: &str = "/api/v1/graph/smallest-change";
    /// What identities did lately and never before.
    pub const LEADS: &str = "/api/v1/leads";
    /// How far access reviews have come, by owner.
    pub const REVIEWS: &str = "/api/v1/reviews";
    /// What one owner is to review: `?owner=…`.
    pub const REVIEW: &str = "/api/v1/review";
    /// What happened between two snapshots, in sentences.
    pub const STORY: &str = "/api/v1/story";
    /// What would be, were a threshold another.
    pub const WHAT_IF: &str = "/api/v1/what-if";
    /// The same over all snapshots.
    pub const WHAT_IF_TREND: &str = "/api/v1/what-if/trend";
    /// What a snapshot, or a part of it, comes to, as a file to send on: `/api/v1/report?format=pdf&…`.
    pub const REPORT: &str = "/api/v1/report";
    /// The rows of a list as a file: `/api/v1/export/identities?format=csv&…`.
    pub const EXPORT: &str = "/api/v1/export";
}

/// `GET /api/v1/state`, and the data of every event of `GET /api/v1/events`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Changes whenever anything that the server serves changes; also the strong part of every ETag.
    pub version: String,
    pub estate: String,
    /// Oldest first; the last is what pages show unless asked otherwise.
    pub snapshots: Vec<SnapshotName>,
    /// How far reading has come, for the first time or again; `None` when everything is read.
    pub loading: Option<Loading>,
    /// What went wrong when the estate was last read, if anything: the state before it is still served.
    pub problem: Option<String>,
    /// Sources of the newest snapshot that are partial, by name.
    pub partial_sources: Vec<String>,
}

/// A snapshot as it is named in URLs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
pub struct SnapshotName {
    pub name: String,
    pub as_of: Instant,
}

/// Reading the newest snapshot, in files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loading {
    pub n_files_read: usize,
    pub n_files: usize,
}

/// The body of every answer that is not 2xx.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    pub error: ErrorView,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorView {
    /// A stable word: `not_found`, `bad_query`, `loading`, `internal`.
    pub code: String,
    pub message: String,
    /// For a 5xx: what to look for in the server's log.
    pub id: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<Row> {
    pub as_of: Instant,
    /// Rows that match the filters.
    pub n_matching: usize,
    /// Rows of the whole list, without filters.
    pub n_total: usize,
    pub offset: usize,
    pub rows: Vec<Row>,
    /// For every facet: each value with the number of rows that match all *other* filters.
    /// Present when `facets=yes` was asked for.
    pub facets: Vec<FacetCounts>,
    /// Sources that are partial, whose rows may be missing here.
    pub partial_sources: Vec<String>,
}

/// The values of one facet, most frequent first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetCounts {
    pub facet: query::Facet,
    pub values: Vec<FacetValue>,
    /// Distinct values beyond those listed.
    pub n_more: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FacetValue {
    /// What the URL carries; `""` stands for "none recorded".
    pub value: String,
    pub n_rows: usize,
}
