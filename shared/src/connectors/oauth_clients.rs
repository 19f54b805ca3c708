//! OAuth clients: what an authorization server answers to a dynamic registration, or lists.
//!
//! Written by the registration endpoint (`POST /register`), as MCP servers and others use it, and by Okta's
//! `GET /oauth2/v1/clients`.
//! <https://www.rfc-editor.org/rfc/rfc7591#section-3.2.1>
//!
//! Read: client id, name, issue, the secret's end (`0` is never), way of authentication. Of `client_secret`, which only the
//! answer to a registration has, stays a fingerprint. A client that authenticates by `none` has no secret.
//!
//! Cannot tell: the authorization server, and when a client was last used.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, okta};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::reading::absent::present;
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "oauth_clients",
    title: "OAuth client registrations",
    vendor: "OAuth 2.0",
    command: "curl -s -H \"Authorization: SSWS $TOKEN\" https://ORG.okta.com/oauth2/v1/clients > oauth-clients.json",
    cannot_tell: &[
        "the authorization server: the folder of the source stands for it",
        "when a client was last used, and whether it was removed since",
    ],
    signatures: &[
        &[Mark::Has("client_id"), Mark::Has("client_id_issued_at")],
        &[
            Mark::Has("client_id"),
            Mark::Has("redirect_uris"),
            Mark::Has("grant_types"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawClient<'a> {
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    client_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    client_secret: Option<Text<'a>>,
    #[serde(default)]
    client_id_issued_at: Moment,
    #[serde(default)]
    client_secret_expires_at: Moment,
    #[serde(borrow, default)]
    token_endpoint_auth_method: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_client(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_client(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawClient<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.client_id.as_deref().and_then(present) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.client_id", row.name()),
            "nothing",
            "the client's id",
            "this client was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = okta::client(id, input, batch);
    let issued_at = raw
        .client_id_issued_at
        .instant(|| format!("{}.client_id_issued_at", row.name()), diagnostics);
    let method = raw.token_endpoint_auth_method.as_deref();
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Application, place);
    fact.name = batch.sym_of(raw.client_name.as_deref());
    fact.status = Status::Active;
    fact.created_at = issued_at;
    fact.credentials_known = match method {
        Some("none") => Knowledge::Reported,
        Some(_) | None => Knowledge::NotReported,
    };
    batch.identities.push(fact);
    let secret = raw.client_secret.as_deref().filter(|secret| !secret.is_empty());
    // A list names the way of authentication, not the secrets: those are listed by themselves.
    let Some(secret) = secret else { return };
    let key = batch.sym(&format!("oauth-client-secret:{}/{id}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::ClientSecret, place);
    fact.holder = Some(handle);
    fact.name = batch.sym_of(method);
    fact.status = CredentialStatus::Active;
    fact.expires_at = raw
        .client_secret_expires_at
        .expiry(|| format!("{}.client_secret_expires_at", row.name()), diagnostics);
    fact.fingerprint = Some(batch.sym(&fingerprint(input.salt, secret.as_bytes())));
    batch.credentials.push(fact);
}
