//! Entra application registrations: the applications of a tenant with their secrets, certificates and federations.
//!
//! Written by Microsoft Graph (`GET /applications`, one page a file or several), by `az ad app list --all` (a bare
//! array; before `az` 2.37 in the words of Azure AD Graph), and by `Get-MgApplication | ConvertTo-Json`. Also the answer
//! of `az ad app credential list`, the credentials of one application, which only `source.toml` or the path names.
//! <https://learn.microsoft.com/graph/api/resources/application>
//!
//! Read: id, appId, displayName, createdDateTime, deletedDateTime, disabledByMicrosoftStatus, passwordCredentials,
//! keyCredentials (with the certificate where `key` was selected), description, notes, tags, and, where they were
//! expanded, owners and federatedIdentityCredentials.
//!
//! Cannot tell: whether the application may sign in, what it may do, and when it last did.

use serde::Deserialize;
use smallvec::SmallVec;

use super::entra_graph::{Export, List, Nested, RawDirectoryObject, RawFederation, RawKey, RawPassword, note_pages};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::principal::{HandleKind, Handles};
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "entra_applications",
    title: "Entra application registrations",
    vendor: "Microsoft Entra",
    command: "az ad app list --all > applications.json   # with owners and federations: az rest --url 'https://graph.microsoft.com/v1.0/applications?$top=999&$expand=owners'",
    cannot_tell: &[
        "whether an application may sign in: add its service principal",
        "what it was granted: `requiredResourceAccess` is what it asks for; add app role assignments and permission grants",
        "when it was last used: add `servicePrincipalSignInActivities`",
        "owners and federated credentials, unless they were expanded",
    ],
    signatures: &[
        &[Mark::Contains("@odata.context", "#applications"), Mark::RowHas("appId")],
        &[
            Mark::Contains("@odata.context", "#applications"),
            Mark::Has("value"),
            Mark::Lacks("value[]"),
        ],
        &[Mark::RowHas("appId"), Mark::RowHas("requiredResourceAccess")],
        &[
            Mark::RowHas("appId"),
            Mark::RowHas("id"),
            Mark::RowHas("passwordCredentials"),
            Mark::RowLacks("appOwnerOrganizationId"),
            Mark::RowLacks("servicePrincipalType"),
        ],
        // The credentials of one application.
        &[
            Mark::RowHas("keyId"),
            Mark::RowHas("startDateTime"),
            Mark::RowHas("endDateTime"),
            Mark::RowLacks("appId"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApplication<'a> {
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    /// The id's name in Azure AD Graph and its PowerShell module.
    #[serde(borrow, default, alias = "ObjectId")]
    object_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "AppId")]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    display_name: Option<Text<'a>>,
    #[serde(default, alias = "CreatedDateTime")]
    created_date_time: Moment,
    #[serde(default, alias = "DeletedDateTime")]
    deleted_date_time: Moment,
    #[serde(borrow, default, alias = "DisabledByMicrosoftStatus")]
    disabled_by_microsoft_status: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Description")]
    description: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Notes")]
    notes: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Tags")]
    tags: OneOrMany<Text<'a>>,
    /// Absent when the export was made without this member, and empty when there are none.
    #[serde(borrow, default, alias = "PasswordCredentials")]
    password_credentials: Option<List<RawPassword<'a>>>,
    #[serde(borrow, default, alias = "KeyCredentials")]
    key_credentials: Option<List<RawKey<'a>>>,
    #[serde(borrow, default, alias = "FederatedIdentityCredentials")]
    federated_identity_credentials: List<RawFederation<'a>>,
    #[serde(borrow, default, alias = "Owners")]
    owners: List<RawDirectoryObject<'a>>,
}

/// A credential by itself; only a certificate's says what it is used for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCredential<'a> {
    #[serde(borrow, default, alias = "KeyId")]
    key_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Usage")]
    usage: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value"], &mut export.diagnostics);
    let is_credential = |row: &Row<'_>| {
        let raw = serde_json::from_str::<RawCredential<'_>>(row.text);
        raw.is_ok_and(|raw| raw.key_id.is_some())
    };
    match rows.rows.first().is_some_and(is_credential) {
        true => read_credentials(&rows.rows, input, &mut export),
        false => rows.rows.iter().for_each(|row| read_row(row, &mut export)),
    }
    note_pages(&rows, &mut export.batch, "applications");
    export.finish()
}

/// States the credentials of the application that the file is named by.
fn read_credentials(rows: &[Row<'_>], input: Input<'_>, export: &mut Export) {
    let holder = export.application_of_file(input);
    for row in rows {
        let place = row.place(&mut export.batch);
        let Some(raw) = row.parse::<RawCredential<'_>>(&mut export.diagnostics) else {
            continue;
        };
        let (mut passwords, mut keys) = (List::default(), List::default());
        match raw.usage {
            Some(_) => keys.0.extend(row.parse(&mut export.diagnostics).map(Nested::Object)),
            None => passwords
                .0
                .extend(row.parse(&mut export.diagnostics).map(Nested::Object)),
        }
        export.passwords_and_keys(holder, passwords, keys, place, row);
    }
    if holder.is_none() {
        export.diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("credentials, and nothing that says whose they are: {}", rows.len()),
            "the application's id in the file's name, such as `ID.credentials.json`",
            "name the file so, or put `[[about]]` into source.toml with the id as `subject`; or export the applications",
        ));
        let gap = "the application that has these credentials is not named";
        export.batch.gaps.push(gap.to_owned());
    }
}

/// States one application as Graph writes it, wherever it stands.
pub(super) fn read_row(row: &Row<'_>, export: &mut Export) {
    let Some(raw) = row.parse::<RawApplication<'_>>(&mut export.diagnostics) else {
        return;
    };
    let Some(app) = export.required_id(raw.app_id.as_deref(), || format!("{}.appId", row.name())) else {
        return;
    };
    let object = raw.id.or(raw.object_id);
    let object = export.id(object.as_deref(), || format!("{}.id", row.name()));
    let place = row.place(&mut export.batch);
    let holder = export.handle(HandleKind::EntraApp, app);
    let mut handles: Handles = SmallVec::from_slice(&[holder]);
    handles.extend(object.map(|object| export.handle(HandleKind::EntraObject, object)));

    let mut fact = IdentityFact::listed(handles, IdentityKind::Application, place);
    fact.name = export.batch.sym_of(raw.display_name.as_deref());
    fact.created_at = raw
        .created_date_time
        .instant(|| format!("{}.createdDateTime", row.name()), &mut export.diagnostics);
    let is_blocked = raw
        .disabled_by_microsoft_status
        .is_some_and(|status| status.to_ascii_lowercase().starts_with("disabled"));
    if is_blocked || matches!(raw.deleted_date_time, Moment::At(_)) {
        fact.status = Status::Disabled;
    }
    export.owners(&mut fact, raw.owners);
    export.say(
        &mut fact,
        &[raw.description.as_deref(), raw.notes.as_deref()],
        &raw.tags,
    );
    if is_whole(&raw.password_credentials) && is_whole(&raw.key_credentials) {
        fact.credentials_known = Knowledge::Reported;
    }
    export.batch.identities.push(fact);
    let passwords = raw.password_credentials.unwrap_or_default();
    let keys = raw.key_credentials.unwrap_or_default();
    export.passwords_and_keys(Some(holder), passwords, keys, place, row);
    export.federations(holder, raw.federated_identity_credentials, place, row);
}

/// Whether the export has the whole of a list, which may be empty.
fn is_whole<T>(list: &Option<List<T>>) -> bool {
    list.as_ref()
        .is_some_and(|list| !list.0.iter().any(|element| matches!(element, Nested::Cut)))
}
