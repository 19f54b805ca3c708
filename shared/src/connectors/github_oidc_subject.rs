//! GitHub's OIDC subject: which claims the subject of a workflow's token is made of.
//!
//! Written by `gh api orgs/ORG/actions/oidc/customization/sub` or `repos/OWNER/REPO/actions/oidc/customization/sub`.
//! <https://docs.github.com/rest/actions/oidc>
//!
//! Read: the claims. They hold no identity; they say what a cloud's condition on `sub` is about, and so stand as a note
//! on the file.
//!
//! Cannot tell: which organisation or repository it is, and who trusts its tokens.

use serde::Deserialize;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::absent::nothing_if_null;
use crate::reading::json;
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "github_oidc_subject",
    title: "OIDC subject customisation",
    vendor: "GitHub",
    command: "gh api orgs/ORG/actions/oidc/customization/sub > oidc-subject.json",
    cannot_tell: &[
        "which organisation or repository it is",
        "who trusts its tokens: the clouds' trust policies and federated credentials say so",
    ],
    signatures: &[&[Mark::Has("include_claim_keys")]],
    parse,
};

#[derive(Deserialize)]
struct RawSubject<'a> {
    #[serde(default, deserialize_with = "flag")]
    use_default: Option<bool>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    include_claim_keys: Vec<Text<'a>>,
}

/// Claims of which each names the repository, so that no other repository's token has the same subject.
const NAMING: [&str; 5] = [
    "repo",
    "repository",
    "repository_id",
    "job_workflow_ref",
    "workflow_ref",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawSubject<'_>>(&mut diagnostics) else {
            continue;
        };
        if raw.use_default == Some(true) || raw.include_claim_keys.is_empty() {
            continue;
        }
        let claims: Vec<&str> = raw.include_claim_keys.iter().map(|claim| &**claim).collect();
        let place = format!("{}.include_claim_keys", row.name());
        diagnostics.push(match claims.iter().any(|claim| NAMING.contains(claim)) {
            true => Diagnostic::info(
                place,
                claims.join(":"),
                "`repo:…` and the context, as by default",
                "nothing to do: conditions on `sub` in the clouds' trust policies must be written for these claims",
            ),
            false => Diagnostic::warning(
                place,
                claims.join(":"),
                "a claim that names the repository",
                "tokens of several repositories have the same subject: add `repo` to the claims",
            ),
        });
    }
    (batch, diagnostics)
}
