//! Entra app role assignments: the application permissions that an administrator granted.
//!
//! Written by Microsoft Graph (`GET /servicePrincipals/{id}/appRoleAssignments` of those who have the roles, or
//! `…/appRoleAssignedTo` of the resource) and by `Get-MgServicePrincipalAppRoleAssignment | ConvertTo-Json`.
//! <https://learn.microsoft.com/graph/api/resources/approleassignment>
//!
//! Read: appRoleId, principalId, principalType, resourceId, resourceDisplayName. The role's name is looked up: here for
//! Microsoft's most powerful ones, later in the export of the resource's own service principal.
//!
//! Cannot tell: whether a permission was ever used.

use super::entra_graph::{Export, note_pages};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::reading::json;

pub const CONNECTOR: Connector = Connector {
    id: "entra_app_role_assignments",
    title: "Entra app role assignments",
    vendor: "Microsoft Entra",
    command: "for id in $(az ad sp list --all --query '[].id' -o tsv); do az rest --url \"https://graph.microsoft.com/v1.0/servicePrincipals/$id/appRoleAssignments?\\$top=999\"; done > app-role-assignments.json",
    cannot_tell: &[
        "the names of an application's own roles: add its service principal",
        "whether a permission was ever used",
    ],
    signatures: &[
        &[Mark::RowHas("appRoleId"), Mark::RowHas("principalId")],
        &[
            Mark::Contains("@odata.context", "appRoleAssign"),
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
        export.app_role_assignment(raw, place, |member| format!("{}.{member}", row.name()));
    }
    note_pages(&rows, &mut export.batch, "appRoleAssignments");
    export.finish()
}
