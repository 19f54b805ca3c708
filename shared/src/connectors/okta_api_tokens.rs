//! Okta API tokens (SSWS): keys that act as the user who made them.
//!
//! Written by `GET /api/v1/api-tokens`.
//! <https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApiToken/>
//!
//! Read: id, name, user, creation, end. The end moves on with every use (`tokenWindow`). A token cannot outlive its user,
//! so the user is listed with it.
//!
//! Cannot tell: when a token was last used, its rights (those of its user), and whether the user is a person.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, okta};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind};
use crate::model::instant::Expiry;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "okta_api_tokens",
    title: "API tokens",
    vendor: "Okta",
    command: "curl -s -H \"Authorization: SSWS $TOKEN\" https://ORG.okta.com/api/v1/api-tokens > api-tokens.json",
    cannot_tell: &[
        "when a token was last used: add the system log",
        "what a token may do: all that its user may",
        "whether the user of a token is a person or serves a program",
    ],
    signatures: &[&[Mark::Has("clientName"), Mark::Has("userId"), Mark::Has("tokenWindow")]],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawToken<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_id: Option<Text<'a>>,
    #[serde(default)]
    created: Moment,
    #[serde(default)]
    expires_at: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_token(&row, input, &mut batch, &mut diagnostics);
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn read_token(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawToken<'_>>(diagnostics) else {
        return;
    };
    let (Some(id), Some(user)) = (
        raw.id.as_deref().and_then(present),
        raw.user_id.as_deref().and_then(present),
    ) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "no `id` or no `userId`",
            "the ids of the token and of its user",
            "this token was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let holder = okta::user(user, input, batch);
    let mut fact = IdentityFact::listed(smallvec![holder], IdentityKind::User, place);
    fact.name = Some(batch.sym(&format!("user {user}")));
    batch.identities.push(fact);
    let key = batch.sym(&format!("okta-token:{}/{id}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, place);
    fact.holder = Some(holder);
    fact.name = batch.sym_of(raw.name.as_deref());
    fact.status = CredentialStatus::Active;
    fact.created_at = raw.created.instant(|| format!("{}.created", row.name()), diagnostics);
    fact.expires_at = match raw.expires_at {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.expiresAt", row.name()), diagnostics),
    };
    batch.credentials.push(fact);
}
