//! ggshield: GitGuardian's scan of files, commits and images.
//!
//! Written by `ggshield secret scan … --json`. Its SARIF is read with everybody's.
//! <https://docs.gitguardian.com/ggshield-docs/reference/secret/scan/overview>
//!
//! Read: file, line, type, validity, and of a scan of commits the commit with author and date. Matches are masked,
//! unless `--show-secrets` is given; then fingerprints stay, and what they name by themselves.
//!
//! Cannot tell: which credential a masked secret is.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::model::provenance::Place;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gitguardian_scan",
    title: "ggshield scan",
    vendor: "GitGuardian",
    command: "ggshield secret scan repo . --json > ggshield.json",
    cannot_tell: &[
        "which credential a secret is: ggshield masks it, unless `--show-secrets` is given",
        "since when a secret is there, except in a scan of commits",
    ],
    signatures: &[&[
        Mark::Has("total_incidents"),
        Mark::Has("total_occurrences"),
        Mark::Lacks("iac_engine_version"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawScan<'a> {
    /// The commit, in a scan of commits.
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    entities_with_incidents: Vec<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    scans: Vec<RawScan<'a>>,
    #[serde(borrow, default)]
    extra_info: Option<RawCommit<'a>>,
}

#[derive(Deserialize)]
struct RawCommit<'a> {
    #[serde(borrow, default)]
    author: Option<Text<'a>>,
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(default)]
    date: Moment,
}

#[derive(Deserialize)]
struct RawEntity<'a> {
    #[serde(borrow, default)]
    filename: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    incidents: Vec<RawIncident<'a>>,
}

#[derive(Deserialize)]
struct RawIncident<'a> {
    #[serde(borrow, default, alias = "detector")]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    validity: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    occurrences: Vec<RawOccurrence<'a>>,
}

#[derive(Deserialize)]
struct RawOccurrence<'a> {
    #[serde(borrow, default)]
    r#match: Option<Text<'a>>,
    #[serde(default, deserialize_with = "number")]
    line_start: Option<u64>,
}

/// A scan of commits holds one scan for each, and no deeper ones.
const MAX_SCAN_DEPTH: usize = 4;

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        if let Some(raw) = row.parse::<RawScan<'_>>(&mut diagnostics) {
            read_scan(&raw, &row.name(), MAX_SCAN_DEPTH, input, &mut batch, &mut diagnostics);
        }
    }
    (batch, diagnostics)
}

fn read_scan(
    scan: &RawScan<'_>,
    name: &str,
    depth: usize,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let commit = scan.extra_info.as_ref();
    let id = scan
        .id
        .as_deref()
        .filter(|_| commit.is_some() || scan.r#type.as_deref() == Some("commit"));
    let leaked_at = commit.and_then(|commit| {
        let date = commit.date.clone();
        date.instant(|| format!("{name}.extra_info.date"), diagnostics)
    });
    let text = |text: Option<&Option<Text<'_>>>| text.and_then(Option::as_deref).unwrap_or("").to_owned();
    let author = leaked_secret::person(
        &text(commit.map(|commit| &commit.author)),
        &text(commit.map(|commit| &commit.email)),
    );
    for (at, text) in scan.entities_with_incidents.iter().enumerate() {
        let one = Row {
            list: "entities_with_incidents",
            index: at,
            document: 0,
            text: text.get(),
        };
        let Some(entity) = one.parse::<RawEntity<'_>>(diagnostics) else {
            continue;
        };
        for (index, incident) in entity.incidents.iter().enumerate() {
            let line = incident.occurrences.iter().find_map(|found| found.line_start);
            let secrets: Vec<&str> = incident
                .occurrences
                .iter()
                .filter_map(|found| found.r#match.as_deref())
                .collect();
            let place = format!("{name}.entities_with_incidents[{at}].incidents[{index}]");
            leaked_secret::push(
                Finding {
                    scanner: "ggshield",
                    rule: incident.r#type.as_deref().unwrap_or("secret"),
                    secrets: &secrets,
                    found_in: leaked_secret::found_in(None, entity.filename.as_deref(), line, id),
                    leaked_at,
                    author: author.as_deref(),
                    liveness: match incident.validity.as_deref() {
                        Some("valid") => Liveness::Live,
                        Some("invalid") => Liveness::Dead,
                        Some(_) | None => Liveness::Unknown,
                    },
                    identities: Vec::new(),
                    place: Place::Path(batch.sym(&place)),
                },
                input,
                batch,
            );
        }
    }
    for (at, inner) in scan.scans.iter().enumerate() {
        let name = format!("{name}.scans[{at}]");
        if depth == 0 {
            diagnostics.push(Diagnostic::error(
                name,
                "scans inside scans",
                format!("at most {MAX_SCAN_DEPTH} levels"),
                "the deeper ones were left out; write the report again",
            ));
            return;
        }
        read_scan(inner, &name, depth - 1, input, batch, diagnostics);
    }
}
