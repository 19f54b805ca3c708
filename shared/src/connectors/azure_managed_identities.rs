//! Azure user-assigned managed identities, and the federations by which others may become them.
//!
//! Written by `az identity list` (flat rows), by the REST API (`value` with `properties`), by Azure Resource Graph
//! (`data` with `properties`) and by `Get-AzUserAssignedIdentity | ConvertTo-Json`; federations by
//! `az identity federated-credential list`, whose rows name their identity in `id`.
//! <https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities>
//! <https://learn.microsoft.com/rest/api/managedidentity/federated-identity-credentials>
//!
//! Read: resource id, client id, principal id, tags; of federations issuer, subject and audiences. The service
//! principal of the same identity, if it is exported, has the same two ids.
//!
//! Cannot tell: which machines and applications run as an identity, and when one was used.
//!
//! The shapes are those of the documentation: none could be confirmed on a recorded export.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::entra_graph::{Export, Nested};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{IdentityFact, IdentityKind};
use crate::model::principal::{Handle, HandleKind, Handles};
use crate::reading::json::{self, Row};
use crate::reading::labels;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azure_managed_identities",
    title: "Azure user-assigned managed identities",
    vendor: "Microsoft Azure",
    command: "az identity list > managed-identities.json   # and of each: az identity federated-credential list -g GROUP --identity-name NAME",
    cannot_tell: &[
        "which machines and applications run as an identity: their own exports say so",
        "when an identity was last used: add `servicePrincipalSignInActivities`",
        "system-assigned identities: they are service principals only; add `az ad sp list --all`",
    ],
    signatures: &[
        &[
            Mark::RowHas("clientId"),
            Mark::RowHas("principalId"),
            Mark::RowHas("id"),
            Mark::RowHas("name"),
            Mark::RowLacks("consentType"),
        ],
        &[
            Mark::Has("value[].properties.clientId"),
            Mark::Has("value[].properties.principalId"),
            Mark::Contains("value[].id", "userAssignedIdentities"),
        ],
        &[
            Mark::Has("data[].properties.clientId"),
            Mark::Has("data[].properties.principalId"),
            Mark::Contains("data[].id", "userAssignedIdentities"),
        ],
        &[
            Mark::Has("properties.clientId"),
            Mark::Has("properties.principalId"),
            Mark::Contains("id", "userAssignedIdentities"),
        ],
        &[
            Mark::RowHas("issuer"),
            Mark::RowHas("subject"),
            Mark::RowHas("resourceGroup"),
        ],
        &[
            Mark::Has("value[].properties.issuer"),
            Mark::Contains("value[].id", "federatedIdentityCredentials"),
        ],
        &[
            Mark::Has("properties.issuer"),
            Mark::Contains("id", "federatedIdentityCredentials"),
        ],
    ],
    parse,
};

/// What stands in the row in every form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResource<'a> {
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Name")]
    name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Tag", alias = "Tags")]
    tags: Nested<BTreeMap<Cow<'a, str>, Option<Text<'a>>>>,
    #[serde(default)]
    system_data: Option<RawSystemData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSystemData {
    #[serde(default)]
    created_at: Moment,
}

/// What ARM keeps in `properties` and `az` in the row itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawIds<'a> {
    #[serde(borrow, default, alias = "ClientId")]
    client_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "PrincipalId")]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    issuer: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value", "data"], &mut export.diagnostics);
    for row in &rows.rows {
        read_row(row, &mut export);
    }
    rows.note_pages(&mut export.batch, "managed identities");
    export.finish()
}

fn read_row(row: &Row<'_>, export: &mut Export) {
    let Some(raw) = row.parse::<RawResource<'_>>(&mut export.diagnostics) else {
        return;
    };
    let text = raw.properties.map_or(row.text, RawValue::get);
    let inner = Row { text, ..*row };
    let Some(ids) = inner.parse::<RawIds<'_>>(&mut export.diagnostics) else {
        return;
    };
    let Some(id) = raw
        .id
        .as_deref()
        .map(|id| id.to_ascii_lowercase())
        .filter(|id| id.contains("/userassignedidentities/"))
    else {
        export.diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            raw.id.as_deref().unwrap_or("no `id`"),
            "a resource id with `/userAssignedIdentities/NAME` in it",
            "this row was left out; export the identities again",
        ));
        return;
    };
    let place = row.place(&mut export.batch);
    if ids.issuer.is_some() {
        let identity = id.split("/federatedidentitycredentials/").next().unwrap_or(&id);
        let target = resource_handle(identity, &mut export.batch);
        if let Some(federation) = inner.parse(&mut export.diagnostics) {
            export.managed_federation(target, federation, &id, place, |member| {
                format!("{}.{member}", row.name())
            });
        }
        return;
    }
    let client = export.id(ids.client_id.as_deref(), || format!("{}.clientId", row.name()));
    let object = export.id(ids.principal_id.as_deref(), || format!("{}.principalId", row.name()));
    let mut handles: Handles = SmallVec::new();
    handles.extend(client.map(|client| export.handle(HandleKind::EntraApp, client)));
    handles.extend(object.map(|object| export.handle(HandleKind::EntraObject, object)));
    handles.push(resource_handle(&id, &mut export.batch));
    let mut fact = IdentityFact::listed(handles, IdentityKind::ManagedIdentity, place);
    let name = raw.name.as_deref().or_else(|| id.rsplit('/').next());
    fact.name = export.batch.sym_of(name);
    fact.account = export.batch.sym_of(subscription(&id));
    if let Some(system) = raw.system_data {
        fact.created_at = system.created_at.instant(
            || format!("{}.systemData.createdAt", row.name()),
            &mut export.diagnostics,
        );
    }
    let tags = export.object(raw.tags).unwrap_or_default();
    let tags = tags.iter().map(|(key, value)| (&**key, value.as_deref().unwrap_or("")));
    labels::tell(&mut fact, tags, &mut export.batch);
    export.batch.identities.push(fact);
}

/// The handle of a user-assigned identity by its resource id, which is one all over Azure.
pub(super) fn resource_handle(id: &str, batch: &mut Batch) -> Handle {
    batch.handle(
        HandleKind::Local,
        &format!("azure{}", id.trim_end_matches('/').to_ascii_lowercase()),
    )
}

/// The subscription that a resource id names.
fn subscription(id: &str) -> Option<&str> {
    id.strip_prefix("/subscriptions/")?.split('/').next()
}
