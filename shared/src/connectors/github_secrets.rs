//! GitHub secrets of Actions, Dependabot, Codespaces and agents: their names and dates, never their values.
//!
//! Written by `gh api --paginate orgs/ORG/actions/secrets`, `repos/OWNER/REPO/actions/secrets`,
//! `…/environments/NAME/secrets`, and the same below `dependabot`, `codespaces` and `agents`.
//! <https://docs.github.com/rest/actions/secrets>
//!
//! Read: name, and when the value was last set. The list does not name its organisation, repository or environment, so
//! the file's name (or its folder's) stands for it.
//!
//! Cannot tell: who uses a secret, when it was last used, and what it opens.

use serde::Deserialize;

use super::{Connector, Input, Mark, github};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::reading::json;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "github_secrets",
    title: "Actions, Dependabot and Codespaces secrets",
    vendor: "GitHub",
    command: "gh api --paginate repos/OWNER/REPO/actions/secrets > OWNER.REPO.actions.json",
    cannot_tell: &[
        "the organisation, repository or environment: the file's name, else its folder's, stands for it",
        "who uses a secret, and when it was last used",
        "what a secret opens: GitHub never shows its value",
    ],
    signatures: &[
        &[Mark::Has("secrets"), Mark::Has("total_count")],
        // `gh api … --jq '.secrets[]'`: variables have a value as well, environments an id.
        &[
            Mark::Has("name"),
            Mark::Has("created_at"),
            Mark::Has("updated_at"),
            Mark::OnlyMembers(&[
                "name",
                "created_at",
                "updated_at",
                "visibility",
                "selected_repositories_url",
            ]),
        ],
        // `gh secret list --json name,updatedAt,visibility,numSelectedRepos`.
        &[
            Mark::Has("name"),
            Mark::Has("updatedAt"),
            Mark::Has("numSelectedRepos"),
            Mark::Lacks("value"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawSecret<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default, alias = "updatedAt")]
    updated_at: Moment,
}

/// Words in the name of a file that say what is listed, not of whom.
const GENERIC: &[&str] = &[
    "github",
    "actions",
    "dependabot",
    "codespaces",
    "agents",
    "secrets",
    "secret",
    "org",
    "orgs",
    "repo",
    "repos",
    "list",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["secrets"], &mut diagnostics);
    let lists = github::lists_of_pages(&rows, "secrets", &mut batch);
    let subject = input.subject(GENERIC).unwrap_or("organisation");
    if lists.iter().any(|list| *list > 0) {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("lists of secrets: {}", lists.iter().max().map_or(0, |last| last + 1)),
            "one list, whose organisation or repository is the file's name",
            "the lists were kept apart by their order; write one file for each",
        ));
    }
    let of_pages = rows.pages.iter().map(|page| page.rows.clone()).zip(lists);
    // Rows without a page around them are one list.
    let bare = rows.pages.is_empty().then_some((0..rows.rows.len(), 0));
    for (range, list) in of_pages.chain(bare) {
        let scope = match list {
            0 => format!("{}/{subject}", input.source),
            list => format!("{}/{subject}/{}", input.source, list + 1),
        };
        for row in &rows.rows[range] {
            let Some(raw) = row.parse::<RawSecret<'_>>(&mut diagnostics) else {
                continue;
            };
            let Some(name) = raw.name.as_deref().filter(|name| !name.is_empty()) else {
                diagnostics.push(Diagnostic::error(
                    format!("{}.name", row.name()),
                    "nothing",
                    "a secret's name",
                    "this secret was left out; export the list again",
                ));
                continue;
            };
            let place = row.place(&mut batch);
            let key = batch.sym(&format!("github-secret:{scope}/{name}"));
            let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
            fact.name = Some(batch.sym(name));
            fact.status = CredentialStatus::Active;
            let created_at = raw
                .created_at
                .instant(|| format!("{}.created_at", row.name()), &mut diagnostics);
            let updated_at = raw
                .updated_at
                .instant(|| format!("{}.updated_at", row.name()), &mut diagnostics);
            fact.created_at = updated_at.or(created_at);
            batch.credentials.push(fact);
        }
    }
    (batch, diagnostics)
}
