//! Nosey Parker: secrets in repositories and folders, one finding for each secret with all its places.
//!
//! Written by `noseyparker report -f json|jsonl`. Its SARIF is read with everybody's.
//! <https://github.com/praetorian-inc/noseyparker>, `noseyparker generate json-schema`
//!
//! Read: rule, places (repository, file, line, first commit with date and author), whether somebody rejected a match.
//! Of the matched groups and the text around them stay fingerprints and what they name by themselves.
//!
//! Cannot tell: whether a secret works.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::model::provenance::Place;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "nosey_parker_findings",
    title: "Nosey Parker findings",
    vendor: "Praetorian",
    command: "noseyparker report -f json > noseyparker.json",
    cannot_tell: &[
        "whether a leaked secret still works: Nosey Parker does not try it",
        "which credential a secret is, where its text names none and no other export has its fingerprint",
    ],
    signatures: &[&[Mark::Has("rule_name"), Mark::Has("matches[].provenance")]],
    parse,
};

#[derive(Deserialize)]
struct RawFinding<'a> {
    #[serde(borrow, default)]
    rule_name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    matches: Vec<RawMatch<'a>>,
}

#[derive(Deserialize)]
struct RawMatch<'a> {
    /// Where the blob was seen; one object before version 0.13.
    #[serde(borrow, default)]
    provenance: OneOrMany<RawProvenance<'a>>,
    #[serde(default)]
    location: Option<RawLocation>,
    #[serde(borrow, default)]
    snippet: Option<RawSnippet<'a>>,
    /// Base64.
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    groups: Vec<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawProvenance<'a> {
    #[serde(borrow, default)]
    path: Option<Text<'a>>,
    #[serde(borrow, default)]
    repo_path: Option<Text<'a>>,
    #[serde(borrow, default)]
    first_commit: Option<RawFirstCommit<'a>>,
}

#[derive(Deserialize)]
struct RawFirstCommit<'a> {
    #[serde(borrow, default)]
    blob_path: Option<Text<'a>>,
    #[serde(borrow)]
    commit_metadata: RawCommit<'a>,
}

#[derive(Deserialize)]
struct RawCommit<'a> {
    #[serde(borrow, default)]
    commit_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    committer_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    committer_email: Option<Text<'a>>,
    /// `1677861279 +0000`.
    #[serde(borrow, default)]
    committer_timestamp: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawLocation {
    source_span: RawSpan,
}

#[derive(Deserialize)]
struct RawSpan {
    start: RawPoint,
}

#[derive(Deserialize)]
struct RawPoint {
    line: u64,
}

#[derive(Deserialize)]
struct RawSnippet<'a> {
    #[serde(borrow, default)]
    matching: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut n_dismissed = 0;
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawFinding<'_>>(&mut diagnostics) else {
            continue;
        };
        let rule = raw.rule_name.as_deref().unwrap_or("secret");
        for (index, found) in raw.matches.iter().enumerate() {
            if found.status.as_deref() == Some("reject") {
                n_dismissed += 1;
                continue;
            }
            read_match(&row, index, rule, found, input, &mut batch, &mut diagnostics);
        }
    }
    diagnostics.extend(leaked_secret::dismissed(n_dismissed));
    (batch, diagnostics)
}

fn read_match(
    row: &Row<'_>,
    index: usize,
    rule: &str,
    found: &RawMatch<'_>,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let seen = &found.provenance.0;
    let with_commit = seen.iter().find(|place| place.first_commit.is_some());
    let place = with_commit.or(seen.first());
    let first = place.and_then(|place| place.first_commit.as_ref());
    let commit = first.map(|first| &first.commit_metadata);
    let text = |text: Option<&Option<Text<'_>>>| text.and_then(Option::as_deref).unwrap_or("").to_owned();
    let timestamp = text(commit.map(|commit| &commit.committer_timestamp));
    // Seconds and an offset that adds nothing, or a date.
    let moment = match timestamp.split_once(' ') {
        Some((seconds, _)) if seconds.bytes().all(|b| b.is_ascii_digit()) => seconds,
        Some(_) | None => &timestamp,
    };
    let leaked_at = Moment::parse(moment, DateOrder::MonthFirst).instant(
        || format!("{}.matches[{index}] committer_timestamp", row.name()),
        diagnostics,
    );
    let author = leaked_secret::person(
        &text(commit.map(|commit| &commit.committer_name)),
        &text(commit.map(|commit| &commit.committer_email)),
    );
    let file = first
        .and_then(|first| first.blob_path.as_deref())
        .or_else(|| place?.path.as_deref());
    let decoded = found.groups.iter().filter_map(|group| STANDARD.decode(&**group).ok());
    let groups: Vec<String> = decoded.filter_map(|bytes| String::from_utf8(bytes).ok()).collect();
    let matching = found.snippet.as_ref().and_then(|snippet| snippet.matching.as_deref());
    let secrets: Vec<&str> = groups.iter().map(String::as_str).chain(matching).collect();
    leaked_secret::push(
        Finding {
            scanner: "noseyparker",
            rule,
            secrets: &secrets,
            found_in: leaked_secret::found_in(
                place.and_then(|place| place.repo_path.as_deref()),
                file,
                found.location.as_ref().map(|location| location.source_span.start.line),
                commit.and_then(|commit| commit.commit_id.as_deref()),
            ),
            leaked_at,
            author: author.as_deref(),
            liveness: Liveness::Unknown,
            identities: Vec::new(),
            place: Place::Path(batch.sym(&format!("{}.matches[{index}]", row.name()))),
        },
        input,
        batch,
    );
}
