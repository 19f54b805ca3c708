//! Google Cloud API keys: every API key of a project.
//!
//! Written by `gcloud services api-keys list --format=json` as a bare array, or by the REST API as pages of `keys`.
//! <https://cloud.google.com/api-keys/docs/reference/rest/v2/projects.locations.keys>
//!
//! Read: name, display name, creation, deletion, and the service account that a key is bound to, if it is. The key's
//! own text (`keyString`) is in no list, and is not read where a tool adds it.
//!
//! Cannot tell: when a key was last used, and who holds it. API keys do not expire.

use serde::Deserialize;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::reading::absent::present;
use crate::reading::gcp_member;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_api_keys",
    title: "API keys",
    vendor: "Google Cloud",
    command: "gcloud services api-keys list --project PROJECT --format=json > api-keys.json",
    cannot_tell: &[
        "when a key was last used: the API does not say",
        "who holds a key: an API key stands for a project, unless it is bound to a service account",
    ],
    signatures: &[
        &[
            Mark::Has("uid"),
            Mark::Has("createTime"),
            Mark::Contains("name", "/locations/global/keys/"),
        ],
        &[
            Mark::Has("keys[].uid"),
            Mark::Has("keys[].createTime"),
            Mark::Contains("keys[].name", "/locations/global/keys/"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApiKey<'a> {
    /// `projects/P/locations/global/keys/K`.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(default)]
    create_time: Moment,
    /// Only on a key that was deleted less than 30 days ago.
    #[serde(default)]
    delete_time: Moment,
    #[serde(borrow, default)]
    service_account_email: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["keys"], &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        read_key(row, &mut batch, &mut diagnostics);
    }
    // The pages of one project's list say nothing about another's.
    let first = batch.credentials.first().map(|fact| batch.strings.get(fact.key));
    let project = first.and_then(|key| key.split('/').nth(1)).unwrap_or("");
    let chain = format!("api keys {project}");
    rows.note_pages(&mut batch, chain.trim_end());
    (batch, diagnostics)
}

fn read_key(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawApiKey<'_>>(diagnostics) else {
        return;
    };
    let Some(name) = raw.name.as_deref().filter(|name| name.contains("/keys/")) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.name", row.name()),
            raw.name.as_deref().unwrap_or("no `name`"),
            "a key's name, such as `projects/P/locations/global/keys/KEY`",
            "this key was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("gcp-api-key:{name}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, place);
    fact.holder = raw
        .service_account_email
        .as_deref()
        .and_then(present)
        .map(|email| gcp_member::service_account(batch, email));
    let id = name.rsplit('/').next();
    fact.name = batch.sym_of(raw.display_name.as_deref()).or_else(|| batch.sym_of(id));
    fact.status = match raw.delete_time {
        Moment::Absent | Moment::Never => CredentialStatus::Active,
        Moment::At(_) | Moment::Unreadable(_) => CredentialStatus::Revoked,
    };
    fact.created_at = raw
        .create_time
        .instant(|| format!("{}.createTime", row.name()), diagnostics);
    batch.credentials.push(fact);
}
