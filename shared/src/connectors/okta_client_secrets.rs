//! Okta client secrets: the one or two secrets of an app or API service integration.
//!
//! Written by `GET /api/v1/apps/ID/credentials/secrets` and `GET /integrations/api/v1/api-services/ID/credentials/secrets`.
//! <https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApplicationSSOCredentialOAuth2ClientAuth/>
//!
//! Read: id, state, creation, and the client, out of `_links`. Of `client_secret` stays a fingerprint.
//!
//! Cannot tell: when a secret was last used. Okta's client secrets have no end.

use serde::Deserialize;

use super::{Connector, Input, Mark, okta};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::instant::Expiry;
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "okta_client_secrets",
    title: "Client secrets",
    vendor: "Okta",
    command: "curl -s -H \"Authorization: SSWS $TOKEN\" https://ORG.okta.com/api/v1/apps/ID/credentials/secrets > client-secrets.json",
    cannot_tell: &[
        "when a secret was last used",
        "whose a secret is, where a tool removed `_links`",
    ],
    signatures: &[&[Mark::Has("secret_hash"), Mark::Has("status"), Mark::Has("created")]],
    parse,
};

#[derive(Deserialize)]
struct RawSecret<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(default)]
    created: Moment,
    #[serde(borrow, default)]
    client_secret: Option<Text<'a>>,
    /// By name: `self`, or `activate`, `deactivate`, `delete`.
    #[serde(borrow, default, rename = "_links", deserialize_with = "nothing_if_null")]
    links: std::collections::BTreeMap<Text<'a>, RawLink<'a>>,
}

#[derive(Deserialize)]
struct RawLink<'a> {
    #[serde(borrow, default)]
    href: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_secret(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_secret(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawSecret<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.id.as_deref().and_then(present) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "nothing",
            "the secret's id",
            "this secret was left out; export the list again",
        ));
        return;
    };
    // `…/api/v1/apps/0oa…/credentials/secrets/…`
    let client = raw.links.values().find_map(|link| {
        let (path, _) = link.href.as_deref()?.split_once("/credentials/secrets")?;
        path.rsplit('/').next().and_then(present)
    });
    let place = row.place(batch);
    let key = batch.sym(&format!("oauth-client-secret:{}/{id}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::ClientSecret, place);
    fact.holder = client.map(|client| okta::client(client, input, batch));
    fact.name = Some(batch.sym(&format!("client secret {id}")));
    fact.status = match raw.status.as_deref() {
        Some("ACTIVE") => CredentialStatus::Active,
        Some("INACTIVE") => CredentialStatus::Inactive,
        Some(_) | None => CredentialStatus::Unknown,
    };
    fact.created_at = raw.created.instant(|| format!("{}.created", row.name()), diagnostics);
    fact.expires_at = Expiry::Never;
    let known = raw
        .client_secret
        .as_deref()
        .filter(|secret| !secret.is_empty() && !secret.contains("***"));
    let known = known.map(|secret| fingerprint(input.salt, secret.as_bytes()));
    fact.fingerprint = batch.sym_of(known.as_deref());
    batch.credentials.push(fact);
}
