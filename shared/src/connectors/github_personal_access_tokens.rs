//! GitHub fine-grained personal access tokens that an organisation let in, and requests for them.
//!
//! Written by `gh api --paginate orgs/ORG/personal-access-tokens` and `…/personal-access-token-requests`.
//! <https://docs.github.com/rest/orgs/personal-access-tokens>
//!
//! Read: token id and name, user, end (`null` is never), last use (`null` is never), permissions. A token that was only
//! requested has no access yet, and is counted in a note.
//!
//! Cannot tell: when a token was made, classic tokens, and whether its user is a person.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::github::{self, TokenKind};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::Conditional;
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::instant::{Expiry, LastUsed};
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "github_personal_access_tokens",
    title: "Fine-grained personal access tokens",
    vendor: "GitHub",
    command: "gh api --paginate orgs/ORG/personal-access-tokens > personal-access-tokens.json",
    cannot_tell: &[
        "when a token was made: the date is that of its approval",
        "classic tokens: add `orgs/ORG/credential-authorizations`, which needs SAML single sign-on",
        "whether the user of a token is a person or serves a program",
    ],
    signatures: &[&[
        Mark::Has("token_id"),
        Mark::Has("token_expired"),
        Mark::Has("owner.login"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawGrant<'a> {
    #[serde(borrow, default)]
    owner: Option<RawOwner<'a>>,
    #[serde(borrow, default)]
    repository_selection: Option<Text<'a>>,
    /// By `organization`, `repository` and `other`.
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    permissions: BTreeMap<Cow<'a, str>, Option<Levels<'a>>>,
    /// Absent in a request.
    #[serde(default)]
    access_granted_at: Moment,
    #[serde(borrow, default)]
    token_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    token_name: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    token_expired: Option<bool>,
    #[serde(default)]
    token_expires_at: Moment,
    #[serde(default)]
    token_last_used_at: Moment,
}

/// What a token may do, `read`, `write` or `admin`, by permission.
type Levels<'a> = BTreeMap<Cow<'a, str>, Cow<'a, str>>;

#[derive(Deserialize)]
struct RawOwner<'a> {
    #[serde(borrow, default)]
    login: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut n_requests = 0;
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawGrant<'_>>(&mut diagnostics) else {
            continue;
        };
        match raw.access_granted_at {
            Moment::Absent => n_requests += 1,
            Moment::At(_) | Moment::Never | Moment::Unreadable(_) => {
                read_grant(&row, &raw, input, &mut batch, &mut diagnostics);
            }
        }
    }
    if n_requests > 0 {
        diagnostics.push(Diagnostic::info(
            "whole file",
            format!("requests for access: {n_requests}"),
            "tokens with access",
            "nothing to do: a token that was only requested has no access yet",
        ));
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn read_grant(row: &Row<'_>, raw: &RawGrant<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let login = raw.owner.as_ref().and_then(|owner| owner.login.as_deref());
    let (Some(id), Some(login)) = (raw.token_id, login) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.token_id", row.name()),
            "no `token_id` or no `owner.login`",
            "the token's id and its user",
            "this token was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let holder = github::token_user(login, place, input, batch);
    let key = batch.sym(&TokenKind::FineGrained.credential_key(&id));
    let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, place);
    fact.holder = Some(holder);
    fact.name = batch.sym_of(raw.token_name.as_deref());
    fact.status = match raw.token_expired {
        Some(true) => CredentialStatus::Inactive,
        Some(false) | None => CredentialStatus::Active,
    };
    fact.expires_at = match raw.token_expires_at.clone() {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.token_expires_at", row.name()), diagnostics),
    };
    fact.last_used = match raw.token_last_used_at.clone() {
        Moment::Absent => LastUsed::Never,
        moment => moment
            .instant(|| format!("{}.token_last_used_at", row.name()), diagnostics)
            .map_or(LastUsed::NotReported, LastUsed::At),
    };
    let expires_at = fact.expires_at;
    batch.credentials.push(fact);
    if raw.token_expired == Some(true) {
        return;
    }
    let selection = raw.repository_selection.as_deref().unwrap_or("selected");
    for (scope, permissions) in &raw.permissions {
        let resource = match &**scope {
            "repository" => format!("{selection} repositories"),
            other => other.to_owned(),
        };
        for (name, level) in permissions.iter().flatten() {
            let grant = github::permission(holder, name, level, &resource, place, batch);
            batch.grants.push(GrantFact {
                // The token can do no more than its user.
                conditional: Conditional::OnCondition,
                expires_at,
                ..grant
            });
        }
    }
}
