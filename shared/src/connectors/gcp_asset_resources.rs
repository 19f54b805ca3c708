//! Google Cloud asset inventory: service accounts and their keys as resources of an organisation, folder or project.
//!
//! Written by `gcloud asset search-all-resources --format=json` as an array, by `gcloud asset list
//! --content-type=resource`, by the REST API as pages of `results` or `assets`, and by `gcloud asset export
//! --content-type=resource` as one asset a line, in snake_case or camelCase.
//! <https://cloud.google.com/asset-inventory/docs/search-resources>
//!
//! Read: service accounts, with their creation where a search tells it, which their own API does not; keys, where the
//! resource itself is there. Assets of other types are passed over.
//!
//! Cannot tell: use, and rights. The shape is that of the documentation: none could be confirmed on a recorded export.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::gcp_service_account_keys::{self, RawKey};
use super::gcp_service_accounts::{self, RawAccount};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_asset_resources",
    title: "Asset inventory resources",
    vendor: "Google Cloud",
    command: "gcloud asset search-all-resources --scope=organizations/ORGANIZATION --asset-types=iam.googleapis.com/ServiceAccount --format=json > resources.json",
    cannot_tell: &[
        "when an account or a key was last used: add `gcloud policy-intelligence query-activity`",
        "what an account may do: add the IAM policies",
        "the keys of an account, from a search: add `gcloud iam service-accounts keys list` for each account",
        "changes of the last minutes: the inventory follows with a delay",
    ],
    signatures: &[
        // Where an asset comes with its policy, that is what is read.
        &[
            Mark::Has("assetType"),
            Mark::Has("resource.data"),
            Mark::Lacks("iamPolicy"),
        ],
        &[
            Mark::Has("asset_type"),
            Mark::Has("resource.data"),
            Mark::Lacks("iam_policy"),
        ],
        &[Mark::Has("assets[].assetType"), Mark::Has("assets[].resource.data")],
        // A search, whose policies are those of another call.
        &[
            Mark::Has("assetType"),
            Mark::Has("name"),
            Mark::Lacks("ancestors"),
            Mark::Lacks("iamPolicy"),
        ],
        &[Mark::Has("results[].assetType"), Mark::Has("results[].name")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an asset")]
struct RawAsset<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "asset_type")]
    asset_type: Option<Text<'a>>,
    /// Of a search alone, as what follows.
    #[serde(default)]
    create_time: Moment,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    /// `ENABLED`, `DISABLED`.
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
    #[serde(borrow, default)]
    additional_attributes: Option<RawAttributes<'a>>,
    #[serde(borrow, default)]
    resource: Option<RawResource<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an asset's attributes")]
struct RawAttributes<'a> {
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(borrow, default)]
    unique_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "an asset's resource")]
struct RawResource<'a> {
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["results", "assets"], &mut diagnostics);
    let mut n_others = 0;
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        n_others += usize::from(!read_asset(row, &mut batch, &mut diagnostics));
    }
    rows.note_pages(&mut batch, "asset resources");
    if n_others > 0 {
        diagnostics.push(Diagnostic::info(
            "whole file",
            format!("assets of other types: {n_others}"),
            "service accounts and their keys",
            "nothing to do: they are no identities",
        ));
    }
    (batch, diagnostics)
}

/// False when the asset is neither a service account nor a key.
fn read_asset(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) -> bool {
    let Some(raw) = row.parse::<RawAsset<'_>>(diagnostics) else {
        return true;
    };
    let data = raw.resource.as_ref().and_then(|resource| resource.data);
    match raw.asset_type.as_deref() {
        Some("iam.googleapis.com/ServiceAccount") => {
            let account = match data {
                Some(data) => inside::<RawAccount<'_>>(data, row, diagnostics),
                None => Some(searched(&raw)),
            };
            let Some(account) = account else { return true };
            let place = row.place(batch);
            if gcp_service_accounts::state(&account, &row.name(), place, batch, diagnostics)
                && let Some(fact) = batch.identities.last_mut()
            {
                fact.created_at = raw
                    .create_time
                    .instant(|| format!("{}.createTime", row.name()), diagnostics);
            }
            true
        }
        Some("iam.googleapis.com/ServiceAccountKey") => {
            // A search names a key by its account's number, under which no other export knows it.
            let key = data.and_then(|data| inside::<RawKey<'_>>(data, row, diagnostics));
            if let Some(key) = key {
                let place = row.place(batch);
                gcp_service_account_keys::state(key, &row.name(), place, batch, diagnostics);
            }
            true
        }
        Some(_) | None => false,
    }
}

/// What stands inside of an asset.
fn inside<'a, T: Deserialize<'a>>(data: &'a RawValue, row: &Row<'_>, diagnostics: &mut Diagnostics) -> Option<T> {
    let read = serde_json::from_str(data.get());
    if read.is_err() {
        diagnostics.push(Diagnostic::error(
            format!("{}.resource.data", row.name()),
            "a resource in a form that is not known",
            "the resource as its own API writes it",
            "this asset was left out; export it again, or report the form if the vendor changed it",
        ));
    }
    read.ok()
}

fn searched<'a>(raw: &RawAsset<'a>) -> RawAccount<'a> {
    let attributes = raw.additional_attributes.as_ref();
    RawAccount {
        name: raw.name.clone(),
        project_id: None,
        unique_id: attributes.and_then(|attributes| attributes.unique_id.clone()),
        email: attributes.and_then(|attributes| attributes.email.clone()),
        display_name: raw.display_name.clone(),
        description: raw.description.clone(),
        disabled: raw.state.as_deref().map(|state| state == "DISABLED"),
    }
}
