//! GitHub app installations: apps that an organisation or user let in, with what they may do.
//!
//! Written by `gh api --paginate orgs/ORG/installations`, or by an app itself (`GET /app/installations`).
//! <https://docs.github.com/rest/orgs/orgs#list-app-installations-for-an-organization>
//!
//! Read: id, app, account, permissions, which repositories, creation, suspension. GitHub's own apps are the platform's.
//!
//! Cannot tell: who owns an app, its private keys and client secrets, when it was last used.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, github};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{IdentityFact, IdentityKind, Origin, Status};
use crate::model::principal::HandleKind;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "github_app_installations",
    title: "App installations",
    vendor: "GitHub",
    command: "gh api --paginate orgs/ORG/installations > installations.json",
    cannot_tell: &[
        "whether an app is the organisation's own or somebody else's",
        "an app's private keys and client secrets: only its owner sees them, and not by API",
        "when an app was last used: add the audit log",
    ],
    signatures: &[
        &[Mark::Has("installations"), Mark::Has("total_count")],
        &[
            Mark::Has("app_slug"),
            Mark::Has("access_tokens_url"),
            Mark::Has("permissions"),
        ],
    ],
    parse,
};

/// Apps that GitHub itself runs. <https://github.com/apps/SLUG> names GitHub as their developer.
const GITHUBS_OWN: [&str; 8] = [
    "github-actions",
    "dependabot",
    "github-advanced-security",
    "github-code-scanning",
    "github-codespaces",
    "github-pages",
    "copilot-pull-request-reviewer",
    "copilot-swe-agent",
];

#[derive(Deserialize)]
struct RawInstallation<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    account: Option<RawAccount<'a>>,
    #[serde(borrow, default)]
    app_slug: Option<Text<'a>>,
    #[serde(borrow, default)]
    repository_selection: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    permissions: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    suspended_at: Moment,
}

#[derive(Deserialize)]
struct RawAccount<'a> {
    /// Enterprises have a `slug`.
    #[serde(borrow, default, alias = "slug")]
    login: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["installations"], &mut diagnostics);
    for row in &rows.rows {
        read_installation(row, input, &mut batch, &mut diagnostics);
    }
    github::lists_of_pages(&rows, "installations", &mut batch);
    (batch, diagnostics)
}

fn read_installation(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawInstallation<'_>>(diagnostics) else {
        return;
    };
    let (Some(id), Some(slug)) = (raw.id, raw.app_slug.as_deref()) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.app_slug", row.name()),
            "no `id` or no `app_slug`",
            "the installation's id and the app's slug, such as `dependabot`",
            "this installation was left out; export the list again",
        ));
        return;
    };
    let account = raw.account.as_ref().and_then(|account| account.login.as_deref());
    let place = row.place(batch);
    let handle = batch.handle(HandleKind::Local, &format!("{}/installations/{}", input.source, &*id));
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    if let Some(account) = account {
        fact.handles.push(github::app(slug, account, input, batch));
    }
    fact.name = Some(batch.sym(slug));
    fact.account = batch.sym_of(account);
    fact.origin = match GITHUBS_OWN.contains(&slug) {
        true => Origin::Platform,
        false => Origin::Estate,
    };
    fact.status = match raw.suspended_at {
        Moment::Absent | Moment::Never => Status::Active,
        Moment::At(_) | Moment::Unreadable(_) => Status::Disabled,
    };
    fact.created_at = raw
        .created_at
        .instant(|| format!("{}.created_at", row.name()), diagnostics);
    batch.identities.push(fact);

    let selection = raw.repository_selection.as_deref().unwrap_or("");
    let resource = match (account, selection) {
        (Some(account), "") => account.to_owned(),
        (Some(account), selection) => format!("{account} ({selection} repositories)"),
        (None, selection) => selection.to_owned(),
    };
    for (name, level) in &raw.permissions {
        let grant = github::permission(handle, name, level, &resource, place, batch);
        batch.grants.push(grant);
    }
}
