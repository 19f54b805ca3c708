//! GitHub credential authorizations: tokens and SSH keys that may reach an organisation with SAML single sign-on.
//!
//! Written by `gh api --paginate orgs/ORG/credential-authorizations`.
//! <https://docs.github.com/rest/orgs/orgs#list-saml-sso-authorizations-for-an-organization>
//!
//! Read: user, type, the ids of the authorisation and of the credential itself, title, last access, end, scopes; of a
//! token's last eight characters a fingerprint, which joins a leak of the token.
//!
//! Cannot tell: when a credential was made, and those that were never authorised for the organisation.

use serde::Deserialize;

use super::github::{self, TokenKind};
use super::{Connector, Input, Mark, leaked_secret};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::Principal;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::ssh_key;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "github_credential_authorizations",
    title: "Credential authorizations",
    vendor: "GitHub",
    command: "gh api --paginate orgs/ORG/credential-authorizations > credential-authorizations.json",
    cannot_tell: &[
        "when a token or key was made: the date is that of its authorisation",
        "credentials of organisations without SAML single sign-on, and those that nobody authorised",
        "whether the user of a token is a person or serves a program",
    ],
    signatures: &[&[
        Mark::Has("credential_id"),
        Mark::Has("credential_type"),
        Mark::Has("credential_authorized_at"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawAuthorization<'a> {
    #[serde(borrow, default)]
    login: Option<Text<'a>>,
    #[serde(borrow, default)]
    credential_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    credential_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    token_last_eight: Option<Text<'a>>,
    #[serde(default)]
    credential_accessed_at: Moment,
    #[serde(borrow, default)]
    authorized_credential_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    authorized_credential_title: Option<Text<'a>>,
    #[serde(borrow, default)]
    authorized_credential_note: Option<Text<'a>>,
    #[serde(default)]
    authorized_credential_expires_at: Moment,
    #[serde(borrow, default)]
    fingerprint: Option<Text<'a>>,
    #[serde(borrow, default)]
    scopes: Option<Vec<Text<'a>>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_authorization(&row, input, &mut batch, &mut diagnostics);
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn read_authorization(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawAuthorization<'_>>(diagnostics) else {
        return;
    };
    let (Some(id), Some(login)) = (raw.credential_id, raw.login.as_deref()) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.credential_id", row.name()),
            "no `credential_id` or no `login`",
            "the authorisation's id and its user",
            "this credential was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let words = raw.credential_type.as_deref().unwrap_or("");
    let ssh = raw.fingerprint.as_deref().and_then(ssh_key::normal);
    let own_id = raw.authorized_credential_id;
    let (key, kind) = match (TokenKind::of(words), &ssh, own_id) {
        (Some(kind), _, Some(own_id)) => (kind.credential_key(&own_id), CredentialKind::ApiKey),
        (Some(_), ..) => (format!("github-authorization:{}", &*id), CredentialKind::ApiKey),
        (None, Some(ssh), _) => (ssh_key::credential_key(ssh), CredentialKind::SshKey),
        (None, None, _) => {
            let kind = match words.to_lowercase().contains("ssh") {
                true => CredentialKind::SshKey,
                false => CredentialKind::Unclassified,
            };
            (format!("github-authorization:{}", &*id), kind)
        }
    };
    let holder = github::token_user(login, place, input, batch);
    let key = batch.sym(&key);
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.holder = Some(holder);
    fact.name = batch
        .sym_of(raw.authorized_credential_note.as_deref())
        .or_else(|| batch.sym_of(raw.authorized_credential_title.as_deref()))
        .or_else(|| batch.sym_of(Some(words)));
    fact.status = CredentialStatus::Active;
    fact.last_used = match raw.credential_accessed_at {
        Moment::Absent => LastUsed::Never,
        moment => moment
            .instant(|| format!("{}.credential_accessed_at", row.name()), diagnostics)
            .map_or(LastUsed::NotReported, LastUsed::At),
    };
    fact.expires_at = match raw.authorized_credential_expires_at {
        // GitHub's SSH keys and tokens without a date have no end.
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(
            || format!("{}.authorized_credential_expires_at", row.name()),
            diagnostics,
        ),
    };
    let last_eight = raw.token_last_eight.as_deref().and_then(present);
    let fingerprint = last_eight.map(|last_eight| leaked_secret::github_last_eight(last_eight, input.salt));
    fact.fingerprint = batch.sym_of(fingerprint.or(ssh).as_deref());
    let expires_at = fact.expires_at;
    batch.credentials.push(fact);
    for scope in raw.scopes.iter().flatten() {
        let role = batch.sym(scope);
        batch.grants.push(GrantFact {
            subject: Principal::Identity(holder),
            role,
            policy: None,
            resource: None,
            privilege: Some(Privilege::Limited),
            // The token can do no more than its user.
            conditional: Conditional::OnCondition,
            expires_at,
            place,
        });
    }
}
