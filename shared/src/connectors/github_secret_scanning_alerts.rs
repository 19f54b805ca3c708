//! GitHub secret scanning: alerts on secrets in repositories, issues and wikis.
//!
//! Written by `gh api --paginate orgs/ORG/secret-scanning/alerts` or `repos/OWNER/REPO/secret-scanning/alerts`.
//! <https://docs.github.com/rest/secret-scanning/secret-scanning>
//!
//! Read: type, repository, when it was found, validity, state and resolution, the owner that the provider names
//! (`metadata`). Of `secret` stay fingerprints and what it names by itself. Alerts resolved as false positive or as used
//! in tests do not count.
//!
//! Cannot tell: file and line, which another endpoint has; who committed the secret.

use serde::Deserialize;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "github_secret_scanning_alerts",
    title: "Secret scanning alerts",
    vendor: "GitHub",
    command: "gh api --paginate orgs/ORG/secret-scanning/alerts > secret-scanning-alerts.json",
    cannot_tell: &[
        "the file and line of a secret: those are in `…/alerts/N/locations`",
        "who committed a secret, and when: the date is that of the alert",
        "whether a secret works, where GitHub does not check its validity",
    ],
    signatures: &[&[
        Mark::Has("secret_type"),
        Mark::Has("number"),
        Mark::Contains("locations_url", "/secret-scanning/alerts/"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawAlert<'a> {
    #[serde(default)]
    created_at: Moment,
    #[serde(borrow, default)]
    html_url: Option<Text<'a>>,
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
    #[serde(borrow, default)]
    resolution: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret: Option<Text<'a>>,
    #[serde(borrow, default)]
    validity: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<Vec<RawMetadata<'a>>>,
}

#[derive(Deserialize)]
struct RawMetadata<'a> {
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut n_dismissed = 0;
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        if let Some(raw) = row.parse::<RawAlert<'_>>(&mut diagnostics) {
            match raw.resolution.as_deref() {
                Some("false_positive" | "used_in_tests") => n_dismissed += 1,
                Some(_) | None => read_alert(&row, &raw, input, &mut batch, &mut diagnostics),
            }
        }
    }
    diagnostics.extend(leaked_secret::dismissed(n_dismissed));
    (batch, diagnostics)
}

fn read_alert(row: &Row<'_>, raw: &RawAlert<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(rule) = raw.secret_type.as_deref() else {
        diagnostics.push(Diagnostic::error(
            format!("{}.secret_type", row.name()),
            "nothing",
            "the type of the secret, such as `aws_access_key_id`",
            "this alert was left out; export the alerts again",
        ));
        return;
    };
    let leaked_at = raw
        .created_at
        .clone()
        .instant(|| format!("{}.created_at", row.name()), diagnostics);
    let is_revoked = raw.state.as_deref() == Some("resolved") && raw.resolution.as_deref() == Some("revoked");
    let place = row.place(batch);
    let owners: Vec<_> = raw
        .metadata
        .iter()
        .flatten()
        .filter(|datum| datum.key.as_deref().is_some_and(|key| key.starts_with("owner")))
        .filter_map(|datum| leaked_secret::identity(datum.value.as_deref()?, batch))
        .collect();
    leaked_secret::push(
        Finding {
            scanner: "GitHub secret scanning",
            rule,
            secrets: raw.secret.as_deref().as_slice(),
            found_in: leaked_secret::found_in(raw.html_url.as_deref().or(raw.url.as_deref()), None, None, None),
            leaked_at,
            author: None,
            liveness: match raw.validity.as_deref() {
                _ if is_revoked => Liveness::Dead,
                Some("active") => Liveness::Live,
                Some("inactive") => Liveness::Dead,
                Some(_) | None => Liveness::Unknown,
            },
            identities: owners,
            place,
        },
        input,
        batch,
    );
}
