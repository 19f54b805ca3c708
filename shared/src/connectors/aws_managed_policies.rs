//! IAM managed policies with their text: AWS's own, and an account's.
//!
//! Written by `aws iam get-policy-version`, which does not name the policy, and by collections that keep AWS's own
//! policies one a file, with ARN and document (such as `iann0036/iam-dataset`).
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetPolicyVersion.html>
//!
//! Read: ARN and document. What grants of other exports name by ARN alone (Terraform state, users' and roles' lists)
//! is then known. A version that is not the default one is in force nowhere, and is passed over.
//!
//! The policy is the one in `Arn`, where the command below adds it, else what `source.toml` says of the file, else the
//! ARN in the file's path.
//!
//! Cannot tell: who has the policy.

use std::borrow::Cow;

use serde::Deserialize;

use super::aws_export;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, PolicyFact};
use crate::model::batch::Batch;
use crate::reading::absent::present;
use crate::reading::aws_policy::{self, Document};
use crate::reading::json::{self, Page, Row};
use crate::reading::loose::flag;

pub const CONNECTOR: Connector = Connector {
    id: "aws_managed_policies",
    title: "IAM managed policy documents",
    vendor: "AWS",
    command: "for a in $(aws iam list-policies --only-attached --query 'Policies[].Arn' --output text); do v=$(aws iam get-policy --policy-arn $a --query Policy.DefaultVersionId --output text); aws iam get-policy-version --policy-arn $a --version-id $v | jq --arg a $a '. + {Arn: $a}'; done > managed-policies.json",
    cannot_tell: &[
        "who has a policy: add `get-account-authorization-details`, which also has the text of every policy that is attached",
        "which policy an answer is of: add `Arn` as the command does, or put the ARN into the file's name, or `[[about]]` into source.toml",
    ],
    signatures: &[
        &[Mark::Has("PolicyVersion.Document")],
        // What `--query PolicyVersion` leaves.
        &[Mark::Has("Document"), Mark::Has("IsDefaultVersion")],
        // A collection's; a policy that AWS retired has no ARN there.
        &[
            Mark::Has("arn"),
            Mark::Has("document.Statement"),
            Mark::Has("createdate"),
        ],
    ],
    parse,
};

/// One version of a policy, as AWS answers it or as a collection keeps it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a policy with its document")]
struct RawPolicy<'a> {
    #[serde(borrow, default, alias = "arn")]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "name")]
    policy_name: Option<Cow<'a, str>>,
    #[serde(borrow, default, alias = "document")]
    document: Option<Document<'a>>,
    /// Absent from collections, which keep the version in force.
    #[serde(default, deserialize_with = "flag")]
    is_default_version: Option<bool>,
}

const VERSION: &str = "PolicyVersion";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &[VERSION], &mut diagnostics);
    let alone = rows
        .rows
        .iter()
        .filter(|row| row.list.is_empty())
        .map(|row| (row, None));
    let answered = rows.pages.iter().flat_map(|page| {
        let rows = rows.rows[page.rows.clone()].iter();
        rows.map(move |row| (row, Some(page)))
    });
    let policies: Vec<(&Row<'_>, Option<&Page<'_>>)> = answered
        .chain(alone)
        .filter(|(row, _)| !row.is_empty_object())
        .collect();
    // A path can be about one policy only.
    let by_path = aws_export::subject(&input).filter(|arn| policies.len() == 1 && arn.contains(":policy/"));
    let mut n_old = 0;
    for (row, page) in policies {
        let Some(raw) = row.parse::<RawPolicy<'_>>(&mut diagnostics) else {
            continue;
        };
        if raw.is_default_version == Some(false) {
            n_old += 1;
            continue;
        }
        let beside = page.and_then(|page| rows.page_header(page, "Arn"));
        let arn = raw.arn.as_deref().or(beside).and_then(present).or(by_path.as_deref());
        read_policy(&raw, arn, row, &mut batch, &mut diagnostics);
    }
    if n_old > 0 {
        diagnostics.push(Diagnostic::info(
            VERSION,
            format!("{n_old} versions that are not the default one"),
            "the version in force, which has `IsDefaultVersion` true",
            "nothing was taken from them: they give nothing to anybody",
        ));
    }
    (batch, diagnostics)
}

fn read_policy(
    raw: &RawPolicy<'_>,
    arn: Option<&str>,
    row: &Row<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let named = arn.filter(|arn| arn.starts_with("arn:")).and_then(|arn| {
        let (_, path) = arn.split_once(":policy/")?;
        Some((arn, path.rsplit('/').next().and_then(present)?))
    });
    let Some((arn, last)) = named else {
        diagnostics.push(Diagnostic::error(
            format!("{}.Arn", row.name()),
            arn.unwrap_or("nothing"),
            "the ARN of the policy, such as `arn:aws:iam::aws:policy/ReadOnlyAccess`",
            "this policy was left out; add the ARN with `jq --arg a $a '. + {Arn: $a}'`, rename the file, or add `[[about]]` with `file` and `subject` to source.toml",
        ));
        return;
    };
    let Some(document) = &raw.document else {
        diagnostics.push(Diagnostic::error(
            format!("{}.Document", row.name()),
            "nothing",
            "the policy's document",
            "this policy was left out; export it again with `aws iam get-policy-version`",
        ));
        return;
    };
    let place = row.place(batch);
    let id = batch.sym(arn);
    let name = batch.sym(raw.policy_name.as_deref().and_then(present).unwrap_or(last));
    let strings = &mut batch.strings;
    match aws_policy::open(document, |policy| policy.statements(strings)) {
        Ok(statements) => batch.policies.push(PolicyFact {
            id,
            name,
            document: AccessPolicy::Aws(statements),
            place,
        }),
        Err(flaw) => diagnostics.push(flaw.diagnostic(&format!("{}.Document", row.name()))),
    }
}
