//! Azure role definitions: what the roles allow that are assigned to somebody.
//!
//! Written by `az role definition list` (with `permissions` in the row), by the REST API and Azure Resource Graph
//! (within `properties`), and by `Get-AzRoleDefinition | ConvertTo-Json` (actions in the row).
//! <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>
//!
//! Read: id, name, actions on resources and on data, and what is taken from them.
//!
//! Cannot tell: who has a role.
//!
//! The shapes are those of the documentation: none could be confirmed on a recorded export.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::azure_role_assignments::{definition_id, policy_id};
use super::entra_graph::is_cut;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, AzureOperations, PolicyFact};
use crate::model::batch::Batch;
use crate::model::strings::Sym;
use crate::reading::json::{self, Row};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azure_role_definitions",
    title: "Azure role definitions",
    vendor: "Microsoft Azure",
    command: "az role definition list > role-definitions.json",
    cannot_tell: &["who has a role: that is in `az role assignment list`"],
    signatures: &[
        &[
            Mark::RowHas("roleName"),
            Mark::RowHas("permissions"),
            Mark::RowHas("assignableScopes"),
        ],
        &[
            Mark::Has("value[].properties.roleName"),
            Mark::Has("value[].properties.permissions"),
        ],
        &[
            Mark::Has("data[].properties.roleName"),
            Mark::Has("data[].properties.permissions"),
        ],
        &[Mark::Has("properties.roleName"), Mark::Has("properties.permissions")],
        // PowerShell's.
        &[
            Mark::RowHas("isCustom"),
            Mark::RowHas("actions"),
            Mark::RowHas("assignableScopes"),
        ],
    ],
    parse,
};

/// Both the row and, in ARM's form, what is inside `properties`: each has some of these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDefinition<'a> {
    #[serde(borrow, default)]
    properties: Option<&'a RawValue>,
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    /// ARM's and `az`'s `name` is the GUID again; PowerShell's is the role's name.
    #[serde(borrow, default, alias = "Name")]
    role_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    permissions: OneOrMany<RawPermission<'a>>,
    #[serde(borrow, default, alias = "Actions")]
    actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "NotActions")]
    not_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "DataActions")]
    data_actions: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "NotDataActions")]
    not_data_actions: OneOrMany<Text<'a>>,
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
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["value", "data"], &mut diagnostics);
    for row in &rows.rows {
        read_definition(row, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "role definitions");
    (batch, diagnostics)
}

fn read_definition(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(mut raw) = row.parse::<RawDefinition<'_>>(diagnostics) else {
        return;
    };
    let written = raw.id.take();
    if let Some(properties) = raw.properties {
        let text = properties.get();
        let Some(inner) = (Row { text, ..*row }).parse(diagnostics) else {
            return;
        };
        raw = inner;
    }
    let Some(id) = written.as_deref().and_then(definition_id) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            written.as_deref().unwrap_or("no `id`"),
            "a role definition's id, which ends in a GUID",
            "this role was left out: no assignment can name it; export it again",
        ));
        return;
    };
    let place = row.place(batch);
    let policy = batch.sym(&policy_id(&id));
    let name = batch.sym_of(raw.role_name.as_deref());
    let name = name.unwrap_or_else(|| batch.sym(id.as_str()));
    // A permission takes only from its own actions, so each is a definition of its own: the strongest counts.
    let in_row = RawPermission {
        actions: raw.actions,
        not_actions: raw.not_actions,
        data_actions: raw.data_actions,
        not_data_actions: raw.not_data_actions,
    };
    let mut permissions = raw.permissions.0;
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
            diagnostics.push(Diagnostic::error(
                format!("{}.permissions", row.name()),
                "a list that PowerShell cut off",
                "the operations themselves",
                "what this role allows is not known; export it again with `ConvertTo-Json -Depth 10`",
            ));
            return;
        }
        let mut syms =
            |texts: OneOrMany<Text<'_>>| -> Vec<Sym> { texts.0.iter().map(|text| batch.sym(text)).collect() };
        let document = AccessPolicy::Azure {
            on_resources: AzureOperations {
                actions: syms(permission.actions),
                not_actions: syms(permission.not_actions),
            },
            on_data: AzureOperations {
                actions: syms(permission.data_actions),
                not_actions: syms(permission.not_data_actions),
            },
        };
        batch.policies.push(PolicyFact {
            id: policy,
            name,
            document,
            place,
        });
    }
}
