//! TruffleHog: secrets in repositories, buckets, images and chats, tried against the service that they open.
//!
//! Written by `trufflehog … --json` (version 3, one object a line, log lines between them) and by Python's
//! `truffleHog --json` (version 2).
//! <https://github.com/trufflesecurity/trufflehog>, `pkg/output/json.go` and `proto/source_metadata.proto`; version 2's
//! `truffleHog/truffleHog.py`
//!
//! Read: detector, where (repository, bucket, image, channel, file, line, commit), when, by whom, whether it was
//! verified, and whom the service says that the secret belongs to (`ExtraData`: ARN, unique id, address). Of the secret
//! stay fingerprints and what it names by itself.
//!
//! Cannot tell: that a secret does not work. `Verified: false` is also written when nothing was tried.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::model::principal::{Handle, HandleKind};
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::json::{self, Row};
use crate::reading::loose::{flag, number};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "trufflehog_findings",
    title: "TruffleHog findings",
    vendor: "Truffle Security",
    command: "trufflehog git file://. --json > trufflehog.json",
    cannot_tell: &[
        "that a secret does not work: an unverified one was refused, or was not tried",
        "which credential a secret is, where its text names none and no other export has its fingerprint",
    ],
    signatures: &[
        &[Mark::Has("SourceMetadata"), Mark::Has("DetectorName")],
        &[Mark::Has("stringsFound"), Mark::Has("reason"), Mark::Has("commitHash")],
        // A run that found nothing, with its log.
        &[Mark::Equals("logger", "trufflehog"), Mark::Has("level")],
    ],
    parse,
};

/// A line of either version, or of the log.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawResult<'a> {
    #[serde(borrow, default)]
    source_metadata: Option<RawSource<'a>>,
    #[serde(borrow, default)]
    detector_name: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    verified: Option<bool>,
    #[serde(borrow, default)]
    raw: Option<Text<'a>>,
    #[serde(borrow, default)]
    raw_v2: Option<Text<'a>>,
    #[serde(borrow, default)]
    extra_data: Option<RawExtraData<'a>>,

    // Version 2.
    #[serde(borrow, default, rename = "stringsFound", deserialize_with = "nothing_if_null")]
    strings_found: Vec<Text<'a>>,
    #[serde(borrow, default, rename = "reason")]
    reason: Option<Text<'a>>,
    #[serde(borrow, default, rename = "commitHash")]
    commit_hash: Option<Text<'a>>,
    #[serde(borrow, default, rename = "path")]
    path: Option<Text<'a>>,
    #[serde(default, rename = "date")]
    date: Moment,

    /// On log lines.
    #[serde(borrow, default, rename = "level")]
    level: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawSource<'a> {
    /// One member, named after the kind of source: `Git`, `S3`, `Slack`.
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    data: BTreeMap<Text<'a>, RawPlace<'a>>,
}

/// What the kinds of source say of a place. Each has some of these.
#[derive(Default, Deserialize)]
struct RawPlace<'a> {
    #[serde(
        borrow,
        default,
        alias = "bucket",
        alias = "image",
        alias = "channel_name",
        alias = "space",
        alias = "issue",
        alias = "workspace_name",
        alias = "build_number"
    )]
    repository: Option<Text<'a>>,
    #[serde(borrow, default, alias = "filename", alias = "page", alias = "layer", alias = "path")]
    file: Option<Text<'a>>,
    #[serde(borrow, default)]
    link: Option<Text<'a>>,
    #[serde(default, deserialize_with = "number")]
    line: Option<u64>,
    #[serde(borrow, default)]
    commit: Option<Text<'a>>,
    #[serde(borrow, default, alias = "username", alias = "author", alias = "user_id")]
    email: Option<Text<'a>>,
    #[serde(default)]
    timestamp: Moment,
}

/// What the service says of a verified secret. Detectors name it as they like; these occur and name somebody.
#[derive(Default, Deserialize)]
struct RawExtraData<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    account: Option<Text<'a>>,
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(borrow, default)]
    client_email: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawResult<'_>>(&mut diagnostics) else {
            continue;
        };
        match (&raw.detector_name, &raw.reason) {
            (Some(detector), _) => read_result(&row, &raw, detector, input, &mut batch, &mut diagnostics),
            (None, Some(reason)) => read_version_2(&row, &raw, reason, input, &mut batch, &mut diagnostics),
            (None, None) if raw.level.is_some() => {}
            (None, None) => diagnostics.push(Diagnostic::error(
                row.name(),
                "neither `DetectorName` nor `reason`",
                "a finding of TruffleHog",
                "this row was left out; write the report again",
            )),
        }
    }
    (batch, diagnostics)
}

fn read_result(
    row: &Row<'_>,
    raw: &RawResult<'_>,
    detector: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let source = raw
        .source_metadata
        .as_ref()
        .and_then(|source| source.data.iter().next());
    let nowhere = RawPlace::default();
    let at = source.map_or(&nowhere, |(_, place)| place);
    let leaked_at = at
        .timestamp
        .clone()
        .instant(|| format!("{}.SourceMetadata.Data.timestamp", row.name()), diagnostics);
    let repository = at.repository.as_deref().or(at.link.as_deref());
    let (secret, whole) = (raw.raw.as_deref().unwrap_or(""), raw.raw_v2.as_deref().unwrap_or(""));
    // `RawV2` of a pair is both: `AKIA…:secret`. The part that `Raw` does not have is the secret then.
    let rest = whole.strip_prefix(secret).unwrap_or("").trim_start_matches([':', '|']);
    let place = row.place(batch);
    let named = identities(raw.extra_data.as_ref(), batch);
    leaked_secret::push(
        Finding {
            scanner: "trufflehog",
            rule: detector,
            secrets: &[if rest.is_empty() { secret } else { rest }, secret, whole],
            found_in: leaked_secret::found_in(repository, at.file.as_deref(), at.line, at.commit.as_deref()),
            leaked_at,
            author: at.email.as_deref().filter(|author| present(author).is_some()),
            liveness: match raw.verified {
                Some(true) => Liveness::Live,
                Some(false) | None => Liveness::Unknown,
            },
            identities: named,
            place,
        },
        input,
        batch,
    );
}

fn identities(extra: Option<&RawExtraData<'_>>, batch: &mut Batch) -> Vec<Handle> {
    let Some(extra) = extra else { return Vec::new() };
    let names = [&extra.arn, &extra.account, &extra.email, &extra.client_email];
    let mut handles: Vec<Handle> = names
        .into_iter()
        .flatten()
        .filter_map(|name| leaked_secret::identity(name, batch))
        .collect();
    if let Some(id) = extra.user_id.as_deref().filter(|id| id.starts_with("AIDA")) {
        handles.push(batch.handle(HandleKind::AwsUniqueId, id));
    }
    handles
}

fn read_version_2(
    row: &Row<'_>,
    raw: &RawResult<'_>,
    reason: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let leaked_at = raw.date.clone().instant(|| format!("{}.date", row.name()), diagnostics);
    for secret in &raw.strings_found {
        let place = row.place(batch);
        leaked_secret::push(
            Finding {
                scanner: "trufflehog",
                rule: reason,
                secrets: &[secret],
                found_in: leaked_secret::found_in(None, raw.path.as_deref(), None, raw.commit_hash.as_deref()),
                leaked_at,
                author: None,
                liveness: Liveness::Unknown,
                identities: Vec::new(),
                place,
            },
            input,
            batch,
        );
    }
}
