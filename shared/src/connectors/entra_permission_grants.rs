//! Entra delegated permission grants: what applications may do in the name of the users who sign in to them.
//!
//! Written by Microsoft Graph (`GET /oauth2PermissionGrants`), by `az ad app permission list-grants`, and by
//! `Get-MgOauth2PermissionGrant | ConvertTo-Json`.
//! <https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant>
//!
//! Read: clientId, resourceId, scope (a list with spaces between, sometimes one in front). Whether an administrator
//! consented for all users or one user for itself makes no difference to what the application can do alone, which is
//! nothing: every grant is conditional on a signed-in user.
//!
//! Cannot tell: the resource's name (its service principal does), and whether a permission was ever used.

use super::entra_graph::{Export, note_pages};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::reading::json;

pub const CONNECTOR: Connector = Connector {
    id: "entra_permission_grants",
    title: "Entra delegated permission grants",
    vendor: "Microsoft Entra",
    command: "az rest --url 'https://graph.microsoft.com/v1.0/oauth2PermissionGrants?$top=999' > permission-grants.json",
    cannot_tell: &[
        "the resource's name: add its service principal",
        "when consent was given, by whom, and whether it was ever used",
    ],
    signatures: &[
        &[Mark::RowHas("consentType"), Mark::RowHas("clientId")],
        &[
            Mark::Contains("@odata.context", "oauth2PermissionGrants"),
            Mark::Has("value"),
            Mark::Lacks("value[]"),
        ],
    ],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value"], &mut export.diagnostics);
    for row in &rows.rows {
        let Some(raw) = row.parse(&mut export.diagnostics) else {
            continue;
        };
        let place = row.place(&mut export.batch);
        export.permission_grant(raw, place, |member| format!("{}.{member}", row.name()));
    }
    note_pages(&rows, &mut export.batch, "oauth2PermissionGrants");
    export.finish()
}
