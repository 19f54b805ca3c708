//! `terraform show -json`: a state, or a plan, in the form that Terraform keeps stable for other tools.
//!
//! Written by `terraform show -json` (the state) and `terraform show -json PLANFILE` (a plan), and the same by `tofu`.
//! <https://developer.hashicorp.com/terraform/internals/json-format>
//!
//! Read: the managed resources of `values`; of a plan those of `prior_state`, because what is planned does not exist yet.
//! Which resources count is as for `terraform_state`. `terraform plan -json` writes a log, which is another format.
//!
//! Cannot tell: what is not managed by this configuration, and what changed since Terraform last looked.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::terraform::{self, Resource};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::absent::nothing_if_null;
use crate::reading::json;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "terraform_show",
    title: "State or plan as JSON",
    vendor: "Terraform and OpenTofu",
    command: "terraform show -json > terraform.json",
    cannot_tell: &[
        "what this configuration does not manage",
        "of which cluster, organisation, instance or account a resource of Kubernetes, GitHub, GitLab, Okta, Vault or Snowflake is: the source stands for it",
        "what changed since Terraform last looked",
        "what a plan will make: it does not exist yet, and is passed over",
        "when anything was last used",
    ],
    signatures: &[
        &[Mark::Has("format_version"), Mark::Has("values")],
        &[Mark::Has("format_version"), Mark::Has("planned_values")],
        &[Mark::Has("format_version"), Mark::Has("prior_state")],
        &[Mark::Has("format_version"), Mark::Has("terraform_version")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawShow<'a> {
    #[serde(borrow, default)]
    values: Option<RawValues<'a>>,
    #[serde(borrow, default)]
    prior_state: Option<RawPriorState<'a>>,
    #[serde(borrow, default)]
    resource_changes: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    timestamp: Moment,
}

#[derive(Deserialize)]
struct RawPriorState<'a> {
    #[serde(borrow, default)]
    values: Option<RawValues<'a>>,
}

#[derive(Deserialize)]
struct RawValues<'a> {
    #[serde(borrow, default)]
    root_module: Option<RawModule<'a>>,
}

#[derive(Deserialize)]
struct RawModule<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    resources: Vec<RawResource<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    child_modules: Vec<RawModule<'a>>,
}

#[derive(Deserialize)]
struct RawResource<'a> {
    #[serde(borrow, default)]
    address: Option<Text<'a>>,
    #[serde(borrow, default)]
    mode: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawShow<'_>>(&mut diagnostics) else {
            continue;
        };
        let made_at = raw
            .timestamp
            .instant(|| format!("{}.timestamp", row.name()), &mut diagnostics);
        batch.state_at(made_at);
        let n_changes = raw.resource_changes.as_ref().map_or(0, Vec::len);
        if n_changes > 0 {
            diagnostics.push(Diagnostic::info(
                format!("{}.resource_changes", row.name()),
                format!("a plan, resources that change: {n_changes}"),
                "a state",
                "nothing to do: what exists before the plan was read, what is planned does not exist yet",
            ));
        }
        let values = raw.values.or(raw.prior_state.and_then(|state| state.values));
        let mut resources = Vec::new();
        if let Some(root) = values.and_then(|values| values.root_module) {
            collect(root, &mut resources, &mut diagnostics);
        }
        terraform::take(&resources, "", input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

/// The resources of a module and of those inside it. The parser's own limit bounds how deep they go.
fn collect<'a>(module: RawModule<'a>, resources: &mut Vec<Resource<'a>>, diagnostics: &mut Diagnostics) {
    for resource in module.resources {
        if resource.mode.as_deref() != Some("managed") {
            continue;
        }
        let (Some(Text(Cow::Borrowed(kind))), Some(address)) = (resource.r#type, resource.address.as_deref()) else {
            diagnostics.push(Diagnostic::error(
                "resources",
                "a resource without type or address",
                "a resource such as `aws_iam_user.ci`",
                "this resource was left out; run `terraform show -json` again",
            ));
            continue;
        };
        if let Some(values) = resource.values {
            resources.push(Resource {
                kind,
                address: address.to_owned(),
                attributes: Cow::Borrowed(values.get()),
            });
        }
    }
    for inner in module.child_modules {
        collect(inner, resources, diagnostics);
    }
}
