//! Azure role assignments: who may do what in which scope of Azure's resources.
//!
//! Written by `az role assignment list --all` (flat rows), by the REST API (`value` with `properties`), by Azure
//! Resource Graph (`data` with `properties`), by `Get-AzRoleAssignment | ConvertTo-Json` or `| Export-Csv`, and by the
//! portal's "Download role assignments", which has the same columns. Assignments that PIM made
//! for a time are those of `roleAssignmentScheduleInstances`, whose rows say when they end.
//! <https://learn.microsoft.com/rest/api/authorization/role-assignments>
//! <https://learn.microsoft.com/rest/api/authorization/role-assignment-schedule-instances>
//!
//! Read: principal and its type, role (by the name that is written, else by that of Azure's own role), scope,
//! condition, end. `principalName` of a service principal is, as a rule, its application's id, which joins the
//! assignment with an export that knows the application only.
//!
//! Cannot tell: members of groups, what a custom role allows, and who is eligible for a role.
//!
//! The shapes are those of the documentation: none could be confirmed on a recorded export.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::entra_graph::{Export, Guid};
use super::{Connector, Input, Mark};
use crate::access::azure;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::Conditional;
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::identity::IdentityFact;
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azure_role_assignments",
    title: "Azure role assignments",
    vendor: "Microsoft Azure",
    command: "az role assignment list --all > role-assignments.json   # of each subscription: az account set -s ID",
    cannot_tell: &[
        "who is in a group that has a role",
        "what a custom role allows: add `az role definition list --custom-role-only`",
        "whether an assignment was made for a time by PIM, unless it comes from `roleAssignmentScheduleInstances`",
        "who is eligible for a role and may activate it",
    ],
    signatures: &[
        &[
            Mark::RowHas("principalId"),
            Mark::RowHas("roleDefinitionId"),
            Mark::RowHas("scope"),
        ],
        &[
            Mark::Has("value[].properties.principalId"),
            Mark::Has("value[].properties.roleDefinitionId"),
            Mark::Contains("value[].type", "/roleAssignment"),
            Mark::Lacks("value[].properties.requestType"),
        ],
        &[
            Mark::Has("data[].properties.principalId"),
            Mark::Has("data[].properties.roleDefinitionId"),
            Mark::Contains("data[].type", "/roleAssignment"),
        ],
        &[
            Mark::Has("properties.principalId"),
            Mark::Has("properties.roleDefinitionId"),
            Mark::Contains("type", "/roleAssignment"),
            Mark::Lacks("properties.requestType"),
        ],
        // PowerShell's.
        &[
            Mark::RowHas("roleDefinitionName"),
            Mark::RowHas("objectId"),
            Mark::RowHas("scope"),
        ],
        &[
            Mark::Column("roledefinitionname"),
            Mark::Column("objectid"),
            Mark::Column("scope"),
        ],
    ],
    parse,
};

/// What ARM keeps in `properties` and `az` in the row itself.
#[derive(Deserialize)]
struct RawEnvelope<'a> {
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAssignment<'a> {
    #[serde(borrow, default, alias = "ObjectId")]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ObjectType")]
    principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "RoleDefinitionId")]
    role_definition_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "RoleDefinitionName")]
    role_definition_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Scope")]
    scope: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Condition")]
    condition: Option<Text<'a>>,
    /// `Activated` or `Assigned`; only PIM writes it, and with it the end.
    #[serde(borrow, default)]
    assignment_type: Option<Text<'a>>,
    #[serde(default)]
    end_date_time: Moment,
}

/// What is said once of a whole file.
#[derive(Default)]
pub(super) struct Assignments {
    /// Principals of which Azure knows no more than that they were there, with the number of their assignments.
    gone: BTreeMap<String, u32>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let mut assignments = Assignments::default();
    if input.format == Format::Table {
        let table = Table::read(input.text, &mut export.diagnostics);
        for row in table.rows() {
            let name = format!("line {}", row.line);
            assignments.state(of_table(row), &name, Place::Line(row.line), &mut export);
        }
        assignments.finish(&mut export);
        return export.finish();
    }
    let rows = json::rows(input.text, &["value", "data"], &mut export.diagnostics);
    for row in &rows.rows {
        let place = row.place(&mut export.batch);
        assignments.read(row, place, &mut export);
    }
    rows.note_pages(&mut export.batch, "role assignments");
    assignments.finish(&mut export);
    export.finish()
}

/// A row of PowerShell's table, or the portal's.
fn of_table(row: TableRow<'_>) -> RawAssignment<'_> {
    let text = |column: &str| present(row.get(column)).map(|cell| Text(Cow::Borrowed(cell)));
    RawAssignment {
        principal_id: text("objectid"),
        principal_type: text("objecttype"),
        principal_name: None,
        role_definition_id: text("roledefinitionid"),
        role_definition_name: text("roledefinitionname"),
        scope: text("scope"),
        condition: text("condition"),
        assignment_type: None,
        end_date_time: Moment::Absent,
    }
}

impl Assignments {
    /// States one assignment, flat or with its `properties`.
    pub fn read(&mut self, row: &Row<'_>, place: Place, export: &mut Export) {
        let Some(envelope) = row.parse::<RawEnvelope<'_>>(&mut export.diagnostics) else {
            return;
        };
        let text = envelope.properties.map_or(row.text, RawValue::get);
        let Some(raw) = (Row { text, ..*row }).parse::<RawAssignment<'_>>(&mut export.diagnostics) else {
            return;
        };
        self.state(raw, &row.name(), place, export);
    }

    fn state(&mut self, raw: RawAssignment<'_>, name: &str, place: Place, export: &mut Export) {
        let Some(principal) = export.required_id(raw.principal_id.as_deref(), || format!("{name}.principalId")) else {
            return;
        };
        let definition = raw.role_definition_id.as_deref().and_then(definition_id);
        let known = definition.as_ref().and_then(|id| azure::built_in(id.as_str()));
        let written = export.batch.sym_of(raw.role_definition_name.as_deref());
        let named = known.map(|(known, _)| known).or(definition.as_ref().map(Guid::as_str));
        let Some(role) = written.or_else(|| export.batch.sym_of(named)) else {
            export.diagnostics.push(Diagnostic::error(
                format!("{name}.roleDefinitionId"),
                raw.role_definition_id.as_deref().unwrap_or("nothing"),
                "a role definition's id, which ends in a GUID",
                "this assignment was left out: nothing tells which role it gives; export it again",
            ));
            return;
        };
        let kind = raw.principal_type.as_deref().unwrap_or("");
        let subject = match kind {
            "Group" | "ForeignGroup" => Principal::Group(export.batch.sym(principal.as_str())),
            // Users and whatever Azure no longer knows have object ids like service principals.
            _ => Principal::Identity(export.handle(HandleKind::EntraObject, principal)),
        };
        if kind == "Unknown" {
            *self.gone.entry(principal.as_str().to_owned()).or_default() += 1;
        }
        let app = raw.principal_name.as_deref().and_then(Guid::parse);
        if let Some(app) = app.filter(|app| kind == "ServicePrincipal" && *app != principal) {
            let handles = smallvec![
                export.handle(HandleKind::EntraApp, app),
                export.handle(HandleKind::EntraObject, principal),
            ];
            export.batch.identities.push(IdentityFact::mentioned(handles, place));
        }
        let expires_at = match raw.assignment_type {
            // PIM would say when it ends.
            Some(_) if raw.end_date_time == Moment::Absent => Expiry::Never,
            Some(_) | None => raw
                .end_date_time
                .expiry(|| format!("{name}.endDateTime"), &mut export.diagnostics),
        };
        let policy = definition.map(|id| export.batch.sym(&policy_id(&id)));
        let resource = export.batch.sym_of(raw.scope.as_deref());
        export.batch.grants.push(GrantFact {
            subject,
            role,
            policy,
            resource,
            privilege: known.map(|(_, privilege)| privilege),
            conditional: match raw.condition.as_deref().map(str::trim) {
                Some("") | None => Conditional::Always,
                Some(_) => Conditional::OnCondition,
            },
            expires_at,
            place,
        });
    }

    /// Says what the assignments have in common.
    pub fn finish(self, export: &mut Export) {
        let n_assignments: u32 = self.gone.values().sum();
        if n_assignments > 0 {
            export.diagnostics.push(Diagnostic::info(
                "whole file",
                format!(
                    "principals of type `Unknown`: {}, in {n_assignments} of the assignments",
                    self.gone.len()
                ),
                "principals that the directory knows",
                "Azure shows deleted principals so: remove their assignments",
            ));
        }
    }
}

/// The GUID at the end of a role definition's id, or the id when it is one.
pub(super) fn definition_id(written: &str) -> Option<Guid> {
    written.trim().rsplit('/').next().and_then(Guid::parse)
}

/// The id under which a role definition is a policy, whichever scope it was listed in.
pub(super) fn policy_id(definition: &Guid) -> String {
    format!("azure-role:{}", definition.as_str())
}
