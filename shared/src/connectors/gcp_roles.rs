//! Google Cloud's IAM roles: which permissions a role has, above all one of the organisation's own.
//!
//! Written by `gcloud iam roles describe` (one role, with its permissions) and `gcloud iam roles list` (without them), by
//! the REST API as `roles`, where `view=FULL` adds the permissions.
//! <https://cloud.google.com/iam/docs/reference/rest/v1/projects.roles>
//!
//! Read: name and permissions. A deleted role gives nothing. A role that lets one change who has which role in a project,
//! folder or organisation leads to everything in it.
//!
//! Cannot tell: who has a role.

use serde::Deserialize;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, PolicyFact};
use crate::model::batch::Batch;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_roles",
    title: "IAM roles",
    vendor: "Google Cloud",
    command: "for r in $(gcloud iam roles list --project PROJECT --format='value(name)'); do gcloud iam roles describe ${r##*/} --project PROJECT --format=json; done > roles.json",
    cannot_tell: &[
        "who has a role: that is in the IAM policies",
        "a role's permissions, in a list that was made without them",
    ],
    signatures: &[
        &[
            Mark::Contains("name", "roles/"),
            Mark::Has("title"),
            Mark::Has("includedPermissions"),
        ],
        &[Mark::Contains("name", "roles/"), Mark::Has("title"), Mark::Has("etag")],
        &[Mark::Contains("roles[].name", "roles/"), Mark::Has("roles[].title")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRole<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    /// Absent from lists, and from a role without any.
    #[serde(borrow, default)]
    included_permissions: Option<Vec<Text<'a>>>,
    #[serde(default, deserialize_with = "flag")]
    deleted: Option<bool>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["roles"], &mut diagnostics);
    let mut n_bare = 0u32;
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        n_bare += u32::from(read_role(row, &mut batch, &mut diagnostics));
    }
    if n_bare > 0 {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("roles of your own without permissions: {n_bare}"),
            "`includedPermissions`",
            "describe each role, or list them with `view=FULL`: what they give is not known",
        ));
        batch
            .gaps
            .push("custom roles are listed without their permissions".to_owned());
    }
    rows.note_pages(&mut batch, "roles");
    (batch, diagnostics)
}

/// States one role. True when it is one of the organisation's own and its permissions are missing.
fn read_role(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) -> bool {
    let Some(raw) = row.parse::<RawRole<'_>>(diagnostics) else {
        return false;
    };
    let Some(name) = raw.name.as_deref().filter(|name| name.contains("roles/")) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.name", row.name()),
            raw.name.as_deref().unwrap_or("no `name`"),
            "a role's name, such as `projects/acme/roles/deployer`",
            "this role was left out; export the roles again",
        ));
        return false;
    };
    let is_deleted = raw.deleted == Some(true);
    let permissions = match raw.included_permissions {
        _ if is_deleted => Vec::new(),
        Some(permissions) => permissions,
        // Google's own are known by their names.
        None => return !name.starts_with("roles/"),
    };
    let place = row.place(batch);
    let id = batch.sym(name);
    let title = batch.sym_of(raw.title.as_deref()).unwrap_or(id);
    let permissions = permissions.iter().map(|permission| batch.sym(permission)).collect();
    batch.policies.push(PolicyFact {
        id,
        name: title,
        document: AccessPolicy::Permissions(permissions),
        place,
    });
    false
}
