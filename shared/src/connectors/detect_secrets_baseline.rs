//! detect-secrets: the baseline of secrets that a repository is known to hold.
//!
//! Written by `detect-secrets scan > .secrets.baseline`, and kept in the repository; `detect-secrets audit` adds what
//! people decided.
//! <https://github.com/Yelp/detect-secrets>
//!
//! Read: file, line, type, whether it was verified, whether an audit found that it is none, when the baseline was made.
//! The baseline has SHA-1 hashes of the secrets, without salt; they are not read.
//!
//! Cannot tell: which credential a secret is, who put it there and when.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::model::provenance::Place;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::loose::{flag, number};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "detect_secrets_baseline",
    title: "detect-secrets baseline",
    vendor: "Yelp",
    command: "detect-secrets scan > .secrets.baseline",
    cannot_tell: &[
        "which credential a secret is: the baseline has only hashes that no other export has",
        "since when a secret is there, and who put it there",
        "that a secret does not work: one that is not verified was refused, or was not tried",
    ],
    signatures: &[&[Mark::Has("plugins_used"), Mark::Has("results")]],
    parse,
};

#[derive(Deserialize)]
struct RawBaseline<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    results: BTreeMap<Text<'a>, Vec<&'a RawValue>>,
    #[serde(default)]
    generated_at: Moment,
}

#[derive(Deserialize)]
struct RawSecret<'a> {
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_verified: Option<bool>,
    #[serde(default, deserialize_with = "number")]
    line_number: Option<u64>,
    /// What an audit decided.
    #[serde(default, deserialize_with = "flag")]
    is_secret: Option<bool>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut n_dismissed = 0;
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawBaseline<'_>>(&mut diagnostics) else {
            continue;
        };
        let made_at = raw
            .generated_at
            .instant(|| format!("{}.generated_at", row.name()), &mut diagnostics);
        batch.state_at(made_at);
        for (file, secrets) in &raw.results {
            for (index, text) in secrets.iter().enumerate() {
                let one = Row {
                    list: "results",
                    index,
                    document: row.document,
                    text: text.get(),
                };
                let Some(secret) = one.parse::<RawSecret<'_>>(&mut diagnostics) else {
                    continue;
                };
                if secret.is_secret == Some(false) {
                    n_dismissed += 1;
                    continue;
                }
                let place = Place::Path(batch.sym(&format!("results[\"{}\"][{index}]", &**file)));
                leaked_secret::push(
                    Finding {
                        scanner: "detect-secrets",
                        rule: secret.r#type.as_deref().unwrap_or("secret"),
                        secrets: &[],
                        found_in: leaked_secret::found_in(None, Some(file), secret.line_number, None),
                        leaked_at: None,
                        author: None,
                        liveness: match secret.is_verified {
                            Some(true) => Liveness::Live,
                            Some(false) | None => Liveness::Unknown,
                        },
                        identities: Vec::new(),
                        place,
                    },
                    input,
                    &mut batch,
                );
            }
        }
    }
    diagnostics.extend(leaked_secret::dismissed(n_dismissed));
    (batch, diagnostics)
}
