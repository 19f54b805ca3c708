//! Google Cloud asset inventory: the IAM policies of every resource of an organisation, folder or project.
//!
//! Written by `gcloud asset search-all-iam-policies --format=json` as an array, by `gcloud asset list
//! --content-type=iam-policy`, by the REST API as pages of `results` or `assets`, and by `gcloud asset export
//! --content-type=iam-policy` as one asset a line, in snake_case or camelCase.
//! <https://cloud.google.com/asset-inventory/docs/searching-iam-policies>
//!
//! Read: the resource's full name and its policy's bindings. On a service account, the roles that let somebody act
//! as it are trusts; all other bindings are grants.
//!
//! Cannot tell: who is in a Google group, and which permissions a role has.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::gcp_iam_policy::{Places, PolicyReader, RawPolicy};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::json::{self, Row};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_asset_policies",
    title: "Asset inventory IAM policies",
    vendor: "Google Cloud",
    command: "gcloud asset search-all-iam-policies --scope=organizations/ORGANIZATION --format=json > iam-policies.json",
    cannot_tell: &[
        "who is in a Google group",
        "which permissions a role has",
        "changes of the last minutes: the inventory follows with a delay",
    ],
    signatures: &[
        &[
            Mark::Has("policy.bindings"),
            Mark::Has("resource"),
            Mark::Has("assetType"),
        ],
        &[
            Mark::Has("results[].policy.bindings"),
            Mark::Has("results[].resource"),
            Mark::Has("results[].assetType"),
        ],
        &[
            Mark::Has("assets[].iamPolicy.bindings"),
            Mark::Has("assets[].assetType"),
        ],
        &[Mark::Has("iamPolicy"), Mark::Has("assetType")],
        &[Mark::Has("iam_policy"), Mark::Has("asset_type")],
        // An export whose first assets have no policy of their own.
        &[Mark::Has("ancestors"), Mark::Has("assetType"), Mark::Lacks("resource")],
        &[Mark::Has("ancestors"), Mark::Has("asset_type"), Mark::Lacks("resource")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawAsset<'a> {
    /// Full resource name in exports.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    /// Full resource name in searches; in exports the resource itself, where it was asked for too.
    #[serde(borrow, default)]
    resource: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "iamPolicy", alias = "iam_policy")]
    policy: Option<RawPolicy<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["results", "assets"], &mut diagnostics);
    if let Some(read_at) = rows.header("readTime") {
        let read_at = Moment::parse(read_at, DateOrder::MonthFirst).instant(|| "readTime".to_owned(), &mut diagnostics);
        batch.state_at(read_at);
    }
    let mut reader = PolicyReader::default();
    for row in &rows.rows {
        read_asset(row, &mut reader, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "asset policies");
    (batch, diagnostics)
}

fn read_asset(row: &Row<'_>, reader: &mut PolicyReader, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawAsset<'_>>(diagnostics) else {
        return;
    };
    let Some(policy) = raw.policy else {
        // Exports list also the assets on which nobody has a role.
        return;
    };
    let searched = raw
        .resource
        .and_then(|resource| serde_json::from_str::<Text<'_>>(resource.get()).ok());
    let name = raw.name.or(searched);
    let Some(resource) = name.as_deref().filter(|resource| !resource.is_empty()) else {
        diagnostics.push(Diagnostic::error(
            row.name(),
            "no `resource` or `name`",
            "the full name of a resource, such as `//cloudresourcemanager.googleapis.com/projects/acme`",
            "this policy was left out: nothing tells to what it gives access; export the policies again",
        ));
        return;
    };
    let place = row.place(batch);
    reader.read(&policy, Some(resource), Places::Row(place), batch, diagnostics);
}
