//! Azure deny assignments: what nobody, or some, may do in a scope of Azure's resources, whatever their roles allow.
//! Azure makes them for managed applications and deployment stacks.
//!
//! Written by the REST API (`value` with `properties`), by Azure Resource Graph (`data` with `properties`) and by
//! `Get-AzDenyAssignment | ConvertTo-Json -Depth 10` (flat rows, actions in the row).
//! <https://learn.microsoft.com/rest/api/authorization/deny-assignments>
//! <https://learn.microsoft.com/azure/role-based-access-control/deny-assignments>
//!
//! Read: name, scope and whether it holds below it, principals and those that are excluded, the operations that each
//! permission takes, conditions.
//!
//! Cannot tell: members of groups.
//!
//! The shapes are those of the documentation: none could be confirmed on a recorded export.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::entra_graph::{Export, Guid, List, Nested, is_cut};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AzureOperations, Conditional, Denied};
use crate::model::batch::Batch;
use crate::model::grant::{DenialFact, DenialReach};
use crate::model::principal::{HandleKind, Principal};
use crate::model::strings::Sym;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azure_deny_assignments",
    title: "Azure deny assignments",
    vendor: "Microsoft Azure",
    command: "az rest --method get --url '/subscriptions/ID/providers/Microsoft.Authorization/denyAssignments?api-version=2022-04-01' > deny-assignments.json",
    cannot_tell: &[
        "who is in a group that it is against, or that it spares",
        "deny assignments of scopes that were not asked: of a management group above, of another subscription",
    ],
    signatures: &[
        &[Mark::Has("value[].properties.denyAssignmentName")],
        &[Mark::Has("data[].properties.denyAssignmentName")],
        &[Mark::Has("properties.denyAssignmentName")],
        // PowerShell's.
        &[Mark::RowHas("denyAssignmentName"), Mark::RowHas("principals")],
    ],
    parse,
};

/// What ARM keeps in `properties` and PowerShell in the row itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDenyAssignment<'a> {
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DenyAssignmentName")]
    deny_assignment_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    permissions: List<RawPermission<'a>>,
    #[serde(borrow, default, alias = "Actions")]
    actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "NotActions")]
    not_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "DataActions")]
    data_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "NotDataActions")]
    not_data_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "Scope")]
    scope: Option<Text<'a>>,
    #[serde(default, alias = "DoNotApplyToChildScopes", deserialize_with = "flag")]
    do_not_apply_to_child_scopes: Option<bool>,
    #[serde(borrow, default, alias = "Principals")]
    principals: List<RawPrincipal<'a>>,
    #[serde(borrow, default, alias = "ExcludePrincipals")]
    exclude_principals: List<RawPrincipal<'a>>,
    #[serde(borrow, default, alias = "Condition")]
    condition: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPermission<'a> {
    #[serde(borrow, default)]
    actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    not_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    data_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    not_data_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    condition: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawPrincipal<'a> {
    #[serde(borrow, default, alias = "ObjectId")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "type", alias = "ObjectType")]
    kind: Option<Text<'a>>,
}

/// The id that stands for all principals of the directory.
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// What stands between a deny assignment's scope and its name.
const PROVIDER: &str = "/providers/Microsoft.Authorization/denyAssignments/";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value", "data"], &mut export.diagnostics);
    for row in &rows.rows {
        read_assignment(row, &mut export);
    }
    rows.note_pages(&mut export.batch, "deny assignments");
    export.finish()
}

fn read_assignment(row: &Row<'_>, export: &mut Export) {
    let Some(mut raw) = row.parse::<RawDenyAssignment<'_>>(&mut export.diagnostics) else {
        return;
    };
    let id = raw.id.take();
    if let Some(properties) = raw.properties {
        let text = properties.get();
        let Some(inner) = (Row { text, ..*row }).parse(&mut export.diagnostics) else {
            return;
        };
        raw = inner;
    }
    let (scope_of_id, name_of_id) = id.as_deref().and_then(|id| id.rsplit_once(PROVIDER)).unzip();
    let scope = raw.scope.as_deref().or(scope_of_id);
    // At the root nothing stands before the provider.
    let scope = scope.map(|scope| if scope.is_empty() { "/" } else { scope });
    let Some(resource) = export.batch.sym_of(scope) else {
        left_out(row, "scope", "nothing", "the scope that it is assigned to", export);
        return;
    };
    let lacks_some = |list: &List<RawPrincipal<'_>>| list.0.iter().any(|element| matches!(element, Nested::Cut));
    if lacks_some(&raw.principals) || lacks_some(&raw.exclude_principals) {
        let found = "principals that PowerShell cut off";
        left_out(
            row,
            "principals",
            found,
            "each principal's id: `ConvertTo-Json -Depth 10`",
            export,
        );
        return;
    }
    let subjects = principals(raw.principals, export);
    if subjects.is_empty() {
        left_out(row, "principals", "nobody", "the principals that it is against", export);
        return;
    }
    let excepted = principals(raw.exclude_principals, export);
    let name = export.batch.sym_of(raw.deny_assignment_name.as_deref().or(name_of_id));
    let name = name.unwrap_or(resource);
    let place = row.place(&mut export.batch);
    // A permission takes only its own actions, so each is a denial of its own.
    let in_row = RawPermission {
        actions: raw.actions,
        not_actions: raw.not_actions,
        data_actions: raw.data_actions,
        not_data_actions: raw.not_data_actions,
        condition: None,
    };
    let mut permissions = export.objects(raw.permissions);
    if permissions.is_empty() {
        permissions.push(in_row);
    }
    for permission in permissions {
        let lists = [
            &permission.actions,
            &permission.not_actions,
            &permission.data_actions,
            &permission.not_data_actions,
        ];
        if lists.into_iter().any(is_cut) {
            left_out(
                row,
                "permissions",
                "a list that PowerShell cut off",
                "the operations: `ConvertTo-Json -Depth 10`",
                export,
            );
            return;
        }
        let batch = &mut export.batch;
        let condition = raw.condition.as_deref().or(permission.condition.as_deref());
        let condition = batch.sym_of(condition);
        let mut syms =
            |texts: OneOrMany<Text<'_>>| -> Vec<Sym> { texts.0.iter().map(|text| batch.sym(text)).collect() };
        let denied = Denied::Azure {
            on_resources: AzureOperations {
                actions: syms(permission.actions),
                not_actions: syms(permission.not_actions),
            },
            on_data: AzureOperations {
                actions: syms(permission.data_actions),
                not_actions: syms(permission.not_data_actions),
            },
        };
        batch.denials.push(DenialFact {
            name,
            subjects: subjects.clone(),
            excepted: excepted.clone(),
            denied,
            resource: Some(resource),
            reach: match raw.do_not_apply_to_child_scopes {
                Some(true) => DenialReach::Alone,
                Some(false) | None => DenialReach::Below,
            },
            conditional: match condition {
                Some(_) => Conditional::OnCondition,
                None => Conditional::Always,
            },
            condition,
            place,
        });
    }
}

/// Says that a deny assignment could not be read.
fn left_out(row: &Row<'_>, member: &str, found: &str, expected: &str, export: &mut Export) {
    export.diagnostics.push(Diagnostic::error(
        format!("{}.{member}", row.name()),
        found,
        expected,
        "this deny assignment was left out, so access may be less than is shown; export it again",
    ));
}

/// Whom a list means. An id that is none is kept by its name: to leave out whom a denial spares would widen it.
fn principals(list: List<RawPrincipal<'_>>, export: &mut Export) -> Vec<Principal> {
    let mut principals = Vec::new();
    for raw in export.objects(list) {
        let (id, kind) = (raw.id.as_deref().unwrap_or(""), raw.kind.as_deref().unwrap_or(""));
        principals.push(match Guid::parse(id) {
            Some(id) if id.as_str() == EVERYBODY => Principal::Anyone,
            None if kind == "Everyone" => Principal::Anyone,
            None if id.is_empty() => Principal::Named(export.batch.sym("a principal without an id")),
            None => Principal::Named(export.batch.sym(id)),
            Some(id) if kind.ends_with("Group") => Principal::Group(export.batch.sym(id.as_str())),
            Some(id) => Principal::Identity(export.handle(HandleKind::EntraObject, id)),
        });
    }
    principals
}
