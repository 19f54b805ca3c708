//! Okta applications: of these, the ones that are OAuth clients and so authenticate to Okta by themselves.
//!
//! Written by `GET /api/v1/apps?limit=200`, following the `Link` header, so that a file holds several arrays.
//! <https://developer.okta.com/docs/api/openapi/okta-management/management/tag/Application/>
//!
//! Read: label, state, creation, client id, kind of client, notes. Applications that only
//! people sign in to (SAML, bookmarks, SWA) authenticate nobody to Okta, and are counted in a note.
//!
//! Cannot tell: the ages of client secrets and keys, scopes, and last use.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, okta};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Status};
use crate::reading::absent::present;
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "okta_apps",
    title: "Applications",
    vendor: "Okta",
    command: "curl -s -H \"Authorization: SSWS $TOKEN\" \"https://ORG.okta.com/api/v1/apps?limit=200\" > apps.json",
    cannot_tell: &[
        "when a client secret was made: add `/api/v1/apps/ID/credentials/secrets`",
        "the scopes of a service app: those are in `/api/v1/apps/ID/grants`",
        "when an application was last used: add the system log",
    ],
    signatures: &[&[Mark::Has("signOnMode"), Mark::Has("label"), Mark::Has("lastUpdated")]],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApp<'a> {
    #[serde(borrow, default)]
    label: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(default)]
    created: Moment,
    #[serde(borrow, default)]
    credentials: Option<RawCredentials<'a>>,
    #[serde(borrow, default)]
    settings: Option<RawSettings<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCredentials<'a> {
    #[serde(borrow, default)]
    oauth_client: Option<RawOAuthCredentials<'a>>,
}

#[derive(Deserialize)]
struct RawOAuthCredentials<'a> {
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    /// Only in the answer that made the app.
    #[serde(borrow, default)]
    client_secret: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSettings<'a> {
    #[serde(borrow, default)]
    oauth_client: Option<RawOAuthSettings<'a>>,
    #[serde(borrow, default)]
    notes: Option<RawNotes<'a>>,
}

#[derive(Deserialize)]
struct RawOAuthSettings<'a> {
    /// `service`, `web`, `native`, `browser`.
    #[serde(borrow, default)]
    application_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawNotes<'a> {
    #[serde(borrow, default)]
    admin: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut n_others = 0;
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        n_others += usize::from(!read_app(&row, input, &mut batch, &mut diagnostics));
    }
    if n_others > 0 {
        diagnostics.push(Diagnostic::info(
            "whole file",
            format!("applications without an OAuth client: {n_others}"),
            "OAuth clients",
            "nothing to do: people sign in to these, and they authenticate nobody to Okta",
        ));
    }
    (batch, diagnostics)
}

/// False for an application without an OAuth client.
pub(super) fn read_app(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) -> bool {
    let Some(raw) = row.parse::<RawApp<'_>>(diagnostics) else {
        return true;
    };
    let oauth = raw
        .credentials
        .as_ref()
        .and_then(|credentials| credentials.oauth_client.as_ref());
    let Some((oauth, client_id)) = oauth.and_then(|oauth| Some((oauth, present(oauth.client_id.as_deref()?)?))) else {
        return false;
    };
    let settings = raw.settings.as_ref();
    let kind = settings.and_then(|settings| settings.oauth_client.as_ref()?.application_type.as_deref());
    let place = row.place(batch);
    let handle = okta::client(client_id, input, batch);
    let is_active = raw.status.as_deref().is_none_or(|status| status == "ACTIVE");
    let created_at = raw.created.instant(|| format!("{}.created", row.name()), diagnostics);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Application, place);
    fact.name = batch.sym_of(raw.label.as_deref());
    fact.status = if is_active { Status::Active } else { Status::Disabled };
    fact.created_at = created_at;
    let notes = settings.and_then(|settings| settings.notes.as_ref()?.admin.as_deref());
    fact.purpose = batch.sym_of(notes.and_then(present));
    fact.account = kind.map(|kind| batch.sym(&format!("{kind} client")));
    batch.identities.push(fact);
    // Only the answer that made the app has a secret; the ones it has now are listed by themselves.
    if let Some(secret) = oauth.client_secret.as_deref().filter(|secret| !secret.is_empty()) {
        let key = batch.sym(&format!("oauth-client-secret:{}/{client_id}", input.source));
        let mut fact = CredentialFact::listed(key, CredentialKind::ClientSecret, place);
        fact.holder = Some(handle);
        fact.name = Some(batch.sym("client secret"));
        fact.status = if is_active {
            CredentialStatus::Active
        } else {
            CredentialStatus::Inactive
        };
        fact.fingerprint = Some(batch.sym(&fingerprint(input.salt, secret.as_bytes())));
        batch.credentials.push(fact);
    }
    true
}
