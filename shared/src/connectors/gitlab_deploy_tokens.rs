//! GitLab deploy tokens: accounts of a project or group that may pull and push code, packages and images.
//!
//! Written by `glab api --paginate projects/ID/deploy_tokens`, `groups/ID/deploy_tokens` or `deploy_tokens`.
//! <https://docs.gitlab.com/api/deploy_tokens/>
//!
//! Read: id, name, username, end (`null` is never), whether it is revoked or expired, scopes.
//!
//! Cannot tell: the project or group, when a token was made, and when it was last used.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "gitlab_deploy_tokens",
    title: "Deploy tokens",
    vendor: "GitLab",
    command: "glab api --paginate deploy_tokens > deploy-tokens.json",
    cannot_tell: &[
        "the project or group of a token",
        "when a token was made and when it was last used: GitLab does not say",
    ],
    signatures: &[&[
        Mark::Has("username"),
        Mark::Has("revoked"),
        Mark::Has("expired"),
        Mark::Has("scopes"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawDeployToken<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    username: Option<Text<'a>>,
    #[serde(default)]
    expires_at: Moment,
    #[serde(default, deserialize_with = "flag")]
    revoked: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    expired: Option<bool>,
    #[serde(borrow, default)]
    scopes: Option<Vec<Text<'a>>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_token(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

pub(super) fn read_token(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawDeployToken<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.id else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "nothing",
            "the token's id",
            "this token was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = batch.handle(HandleKind::Local, &format!("{}/deploy_tokens/{}", input.source, &*id));
    let name = batch
        .sym_of(raw.name.as_deref())
        .or_else(|| batch.sym_of(raw.username.as_deref()));
    let status = match (raw.revoked, raw.expired) {
        (Some(true), _) => CredentialStatus::Revoked,
        (_, Some(true)) => CredentialStatus::Inactive,
        (Some(false), _) | (None, Some(false)) => CredentialStatus::Active,
        (None, None) => CredentialStatus::Unknown,
    };
    let expires_at = match raw.expires_at {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.expires_at", row.name()), diagnostics),
    };

    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    fact.name = name;
    fact.status = match status {
        CredentialStatus::Active => Status::Active,
        CredentialStatus::Inactive | CredentialStatus::Revoked => Status::Disabled,
        CredentialStatus::Unknown => Status::Unknown,
    };
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);

    let key = batch.sym(&format!("gitlab-deploy-token:{}/{}", input.source, &*id));
    let mut fact = CredentialFact::listed(key, CredentialKind::Token, place);
    fact.holder = Some(handle);
    fact.name = name;
    fact.status = status;
    fact.expires_at = expires_at;
    batch.credentials.push(fact);

    if matches!(status, CredentialStatus::Revoked | CredentialStatus::Inactive) {
        return;
    }
    for scope in raw.scopes.iter().flatten() {
        let role = batch.sym(scope);
        batch.grants.push(GrantFact {
            subject: Principal::Identity(handle),
            role,
            policy: None,
            resource: None,
            privilege: Some(Privilege::Limited),
            conditional: Conditional::Always,
            expires_at,
            place,
        });
    }
}
