//! GitLab secret detection: the report of the pipeline's scan.
//!
//! Written by GitLab's `secret_detection` job as the artifact `gl-secret-detection-report.json`.
//! <https://gitlab.com/gitlab-org/security-products/security-report-schemas>,
//! <https://docs.gitlab.com/user/application_security/secret_detection/pipeline/>
//!
//! Read: rule, file, line, commit with author and date, the scanner, when the scan ended. Of the extract of the source
//! stay fingerprints and what it names by itself. Vulnerabilities of other kinds are passed over.
//!
//! Cannot tell: whether a secret works; GitLab keeps that in its own database.

use serde::Deserialize;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gitlab_secret_detection",
    title: "Secret detection report",
    vendor: "GitLab",
    command: "glab api \"projects/:id/jobs/artifacts/main/raw/gl-secret-detection-report.json?job=secret_detection\" > gl-secret-detection-report.json",
    cannot_tell: &[
        "whether a leaked secret still works: GitLab checks that later, and not in the report",
        "which credential a secret is, where its text names none and no other export has its fingerprint",
    ],
    signatures: &[
        &[
            Mark::Has("vulnerabilities"),
            Mark::Equals("scan.type", "secret_detection"),
        ],
        &[
            Mark::Has("vulnerabilities[].location"),
            Mark::Equals("vulnerabilities[].category", "secret_detection"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawVulnerability<'a> {
    #[serde(borrow, default)]
    category: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    raw_source_code_extract: Option<Text<'a>>,
    #[serde(borrow, default)]
    scanner: Option<RawScanner<'a>>,
    #[serde(borrow, default)]
    location: Option<RawLocation<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    identifiers: Vec<RawIdentifier<'a>>,
}

#[derive(Deserialize)]
struct RawScanner<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawLocation<'a> {
    #[serde(borrow, default)]
    file: Option<Text<'a>>,
    #[serde(default, deserialize_with = "number")]
    start_line: Option<u64>,
    #[serde(borrow, default)]
    commit: Option<RawCommit<'a>>,
}

#[derive(Deserialize)]
struct RawCommit<'a> {
    #[serde(borrow, default)]
    author: Option<Text<'a>>,
    #[serde(default)]
    date: Moment,
    #[serde(borrow, default)]
    sha: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawIdentifier<'a> {
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawScan {
    #[serde(default)]
    end_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["vulnerabilities"], &mut diagnostics);
    for (_, scan) in rows.headers.iter().filter(|(key, _)| *key == "scan") {
        if let Ok(scan) = serde_json::from_str::<RawScan>(scan) {
            batch.state_at(scan.end_time.instant(|| "scan.end_time".to_owned(), &mut diagnostics));
        }
    }
    for row in &rows.rows {
        read_vulnerability(row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_vulnerability(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawVulnerability<'_>>(diagnostics) else {
        return;
    };
    if raw
        .category
        .as_deref()
        .is_some_and(|category| category != "secret_detection")
    {
        return;
    }
    let rule = raw
        .identifiers
        .iter()
        .find_map(|identifier| identifier.value.as_deref());
    let Some(rule) = rule.or(raw.name.as_deref()) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.identifiers", row.name()),
            "neither an identifier nor a name",
            "the rule that found the secret",
            "this finding was left out; run the job again",
        ));
        return;
    };
    let location = raw.location.as_ref();
    let commit = location.and_then(|location| location.commit.as_ref());
    let leaked_at = commit.and_then(|commit| {
        let date = commit.date.clone();
        date.instant(|| format!("{}.location.commit.date", row.name()), diagnostics)
    });
    let place = row.place(batch);
    leaked_secret::push(
        Finding {
            scanner: raw
                .scanner
                .as_ref()
                .and_then(|scanner| scanner.id.as_deref())
                .unwrap_or("gitlab"),
            rule,
            secrets: raw.raw_source_code_extract.as_deref().as_slice(),
            found_in: leaked_secret::found_in(
                None,
                location.and_then(|location| location.file.as_deref()),
                location.and_then(|location| location.start_line),
                // A scan without history writes zeros.
                commit
                    .and_then(|commit| commit.sha.as_deref())
                    .filter(|sha| !sha.bytes().all(|b| b == b'0')),
            ),
            leaked_at,
            author: commit.and_then(|commit| commit.author.as_deref()),
            liveness: Liveness::Unknown,
            identities: Vec::new(),
            place,
        },
        input,
        batch,
    );
}
