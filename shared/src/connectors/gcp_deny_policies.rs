//! Google Cloud deny policies: what principals may not do in an organisation, folder or project, whatever their roles
//! allow.
//!
//! Written by `gcloud iam policies get` (one policy with its rules) and `gcloud iam policies list` (without them), by
//! the REST API as `policies`.
//! <https://cloud.google.com/iam/docs/reference/rest/v2/policies>
//! <https://cloud.google.com/iam/docs/deny-overview>
//!
//! Read: the resource that a policy is attached to, which is in its name; of each rule the principals and permissions that
//! are denied, the exceptions of both, the condition.
//!
//! Cannot tell: see the connector's `cannot_tell`.
//!
//! The shapes are those of the documentation: none could be confirmed on a recorded export.

use std::borrow::Cow;

use serde::Deserialize;

use super::gcp_iam_policy::RawCondition;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Denied};
use crate::model::batch::Batch;
use crate::model::grant::{DenialFact, DenialReach};
use crate::model::principal::Principal;
use crate::model::strings::Sym;
use crate::reading::gcp_member;
use crate::reading::json::{self, Row};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_deny_policies",
    title: "IAM deny policies",
    vendor: "Google Cloud",
    command: "for p in $(gcloud iam policies list --attachment-point=cloudresourcemanager.googleapis.com/projects/PROJECT --kind=denypolicies --format='value(name)'); do gcloud iam policies get ${p##*/} --attachment-point=cloudresourcemanager.googleapis.com/projects/PROJECT --kind=denypolicies --format=json; done > deny-policies.json",
    cannot_tell: &[
        "the policies of other attachment points: ask for the organisation, its folders and each project",
        "the rules, in a list: Google gives them with each policy alone",
        "which project a number is, in the name of a policy",
        "who is in a Google group",
        "principal access boundaries",
    ],
    signatures: &[
        &[Mark::Has("rules[].denyRule")],
        &[Mark::Contains("name", "/denypolicies/")],
        &[Mark::Contains("policies[].name", "/denypolicies/")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDenyPolicy<'a> {
    /// `policies/ATTACHMENT-POINT/denypolicies/ID`, the attachment point percent-encoded.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    /// Absent from lists.
    #[serde(borrow, default)]
    rules: Option<OneOrMany<RawRule<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule<'a> {
    #[serde(borrow, default)]
    deny_rule: Option<RawDenyRule<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDenyRule<'a> {
    #[serde(borrow, default)]
    denied_principals: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    exception_principals: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    denied_permissions: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    exception_permissions: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    denial_condition: Option<RawCondition<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["policies"], &mut diagnostics);
    let mut n_bare = 0u32;
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        n_bare += u32::from(read_policy(row, &mut batch, &mut diagnostics));
    }
    if n_bare > 0 {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("deny policies without rules: {n_bare}"),
            "`rules`",
            "a list has none: get each policy by itself; until then access may be less than is shown",
        ));
        batch
            .gaps
            .push("deny policies are listed without their rules".to_owned());
    }
    rows.note_pages(&mut batch, "deny policies");
    (batch, diagnostics)
}

/// States one policy, rule by rule. True when its rules are missing.
fn read_policy(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) -> bool {
    let Some(raw) = row.parse::<RawDenyPolicy<'_>>(diagnostics) else {
        return false;
    };
    let Some(rules) = raw.rules else {
        return true;
    };
    let attached = raw.name.as_deref().and_then(attachment);
    let resource = attached.as_ref().map(|(point, _)| batch.sym(&format!("//{point}")));
    if resource.is_none() {
        diagnostics.push(Diagnostic::warning(
            format!("{}.name", row.name()),
            raw.name.as_deref().unwrap_or("no `name`"),
            "a deny policy's name, such as `policies/cloudresourcemanager.googleapis.com%2Fprojects%2Facme/denypolicies/ID`",
            "read without the resource that it is attached to; export the policy again",
        ));
    }
    let id = attached.map(|(_, id)| id);
    let name = batch.sym_of(raw.display_name.as_deref().or(id));
    let place = row.place(batch);
    for (index, rule) in rules.0.into_iter().enumerate() {
        let rule_place = || format!("{}.rules[{index}]", row.name());
        let Some(rule) = rule.deny_rule else {
            diagnostics.push(Diagnostic::error(
                rule_place(),
                "no `denyRule`",
                "a rule that denies",
                "this rule was left out, so access may be less than is shown; export the policy again",
            ));
            continue;
        };
        let subjects = principals(&rule.denied_principals, batch);
        let permissions = syms(&rule.denied_permissions, batch);
        if subjects.is_empty() || permissions.is_empty() {
            diagnostics.push(Diagnostic::error(
                format!("{}.denyRule", rule_place()),
                "nobody or nothing denied",
                "`deniedPrincipals` and `deniedPermissions`",
                "this rule was left out, so access may be less than is shown; export the policy again",
            ));
            continue;
        }
        let expression = rule
            .denial_condition
            .as_ref()
            .map(|condition| condition.expression.as_deref());
        let fact = DenialFact {
            name: name.unwrap_or_else(|| batch.sym("deny policy")),
            subjects,
            excepted: principals(&rule.exception_principals, batch),
            denied: Denied::Google {
                permissions,
                excepted: syms(&rule.exception_permissions, batch),
            },
            resource,
            reach: DenialReach::Below,
            conditional: match expression {
                Some(_) => Conditional::OnCondition,
                None => Conditional::Always,
            },
            condition: batch.sym_of(expression.flatten()),
            place,
        };
        batch.denials.push(fact);
    }
    false
}

fn principals(list: &OneOrMany<Text<'_>>, batch: &mut Batch) -> Vec<Principal> {
    list.0.iter().map(|who| gcp_member::principal(batch, who)).collect()
}

fn syms(list: &OneOrMany<Text<'_>>, batch: &mut Batch) -> Vec<Sym> {
    list.0.iter().map(|text| batch.sym(text)).collect()
}

/// Where the policy of this name is attached, and its id.
fn attachment(name: &str) -> Option<(Cow<'_, str>, &str)> {
    let (point, id) = name.strip_prefix("policies/")?.rsplit_once("/denypolicies/")?;
    let point = percent_encoding::percent_decode_str(point).decode_utf8().ok()?;
    (!point.is_empty()).then_some((point, id))
}
