//! Vault tokens and AppRole secret ids, looked up by their accessors.
//!
//! Written by `vault write -format=json auth/token/lookup-accessor accessor=A` for each of
//! `vault list auth/token/accessors`, and by `vault write -format=json auth/approle/role/R/secret-id-accessor/lookup
//! secret_id_accessor=A` for each of `vault list auth/approle/role/R/secret-id`.
//! <https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-accessor>
//!
//! Read: accessor, issue, end (none is never), policies, the path at which the token was made, and the role or entity
//! behind it. A token that `auth/token/create` made has no name but itself, so it is listed as an identity of its own; a
//! root token's identity is the Vault's root.
//!
//! Cannot tell: when a token was last used, and the token itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::vault::{self, RawAnswer, RolePath};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "vault_tokens",
    title: "Tokens and secret ids",
    vendor: "HashiCorp Vault",
    command: "for a in $(vault list -format=json auth/token/accessors | jq -r '.[]'); do vault write -format=json auth/token/lookup-accessor accessor=$a; done > tokens.ndjson",
    cannot_tell: &[
        "when a token was last used: add the audit log, which must be written with `hmac_accessor=false` to name accessors",
        "the role of a secret id, unless our command adds `path`",
        "batch tokens: they have no accessor",
    ],
    signatures: &[
        &[
            Mark::Has("request_id"),
            Mark::Has("data.accessor"),
            Mark::Has("data.creation_ttl"),
        ],
        &[Mark::Has("request_id"), Mark::Has("data.secret_id_accessor")],
    ],
    parse,
};

/// A token, or a secret id. The token's own `id` is empty when it is looked up by accessor, and is not read.
#[derive(Deserialize)]
struct RawToken<'a> {
    #[serde(borrow, default)]
    accessor: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_id_accessor: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    entity_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    path: Option<Text<'a>>,
    #[serde(borrow, default)]
    policies: Option<Vec<Text<'a>>>,
    #[serde(borrow, default)]
    meta: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    #[serde(default)]
    creation_time: Moment,
    #[serde(default)]
    issue_time: Moment,
    #[serde(default)]
    expire_time: Moment,
    /// Of a secret id; year 1 when it has no end.
    #[serde(default)]
    expiration_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(answer) = row.parse::<RawAnswer<'_, RawToken<'_>>>(&mut diagnostics) else {
            continue;
        };
        let Some(raw) = answer.data else { continue };
        match (raw.accessor.as_deref(), raw.secret_id_accessor.as_deref()) {
            (_, Some(accessor)) => {
                // `auth/approle/role/ci/secret-id-accessor/lookup`
                let path = answer.path.as_deref().and_then(|path| path.split("/secret-id").next());
                let role = path.and_then(RolePath::of_path);
                read_secret_id(&row, &raw, accessor, role, input, &mut batch, &mut diagnostics);
            }
            (Some(accessor), None) if !accessor.is_empty() => {
                read_token(&row, &raw, accessor, input, &mut batch, &mut diagnostics);
            }
            (Some(_) | None, None) => diagnostics.push(Diagnostic::error(
                format!("{}.data.accessor", row.name()),
                "nothing",
                "the accessor of a token or of a secret id",
                "this token was left out; look it up again",
            )),
        }
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn read_token(
    row: &Row<'_>,
    raw: &RawToken<'_>,
    accessor: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let place = row.place(batch);
    let created_at = match &raw.issue_time {
        Moment::Absent => &raw.creation_time,
        moment => moment,
    };
    let created_at = created_at
        .clone()
        .instant(|| format!("{}.data.issue_time", row.name()), diagnostics);
    let expires_at = match raw.expire_time.clone() {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.data.expire_time", row.name()), diagnostics),
    };
    let holder = holder(raw, accessor, place, input, batch);
    let key = batch.sym(&format!("vault-token:{}/{accessor}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::Token, place);
    fact.holder = holder;
    fact.name = batch.sym_of(raw.display_name.as_deref());
    fact.status = CredentialStatus::Active;
    fact.created_at = created_at;
    fact.expires_at = expires_at;
    batch.credentials.push(fact);
    for policy in raw.policies.iter().flatten() {
        if let Some(holder) = holder {
            vault::policy(holder, policy, expires_at, place, input, batch);
        }
    }
}

/// Who authenticates with a token: the role that logged in, the Vault's root, an entity, or the token as its own.
fn holder(raw: &RawToken<'_>, accessor: &str, place: Place, input: Input<'_>, batch: &mut Batch) -> Option<Handle> {
    let path = raw.path.as_deref().unwrap_or("");
    let meta = |key: &str| raw.meta.as_ref().and_then(|meta| meta.get(key)).map(|value| &**value);
    let mount = path.strip_prefix("auth/").and_then(|rest| rest.strip_suffix("/login"));
    let role = meta("role_name").or_else(|| meta("role")).and_then(present);
    if let (Some(mount), Some(name)) = (mount, role) {
        return Some(vault::role(RolePath { mount, name }, input, batch));
    }
    if !path.starts_with("auth/token/") {
        let id = raw.entity_id.as_deref().and_then(present)?;
        return Some(batch.handle(HandleKind::Local, &format!("{}/entity/{id}", input.source)));
    }
    let is_root = raw.policies.iter().flatten().any(|policy| &**policy == "root");
    let (text, kind, name) = match is_root {
        true => (format!("{}/root", input.source), IdentityKind::Root, "root"),
        false => (
            format!("{}/token/{accessor}", input.source),
            IdentityKind::ServiceAccount,
            raw.display_name.as_deref().unwrap_or(accessor),
        ),
    };
    let handle = batch.handle(HandleKind::Local, &text);
    let mut fact = IdentityFact::listed(smallvec![handle], kind, place);
    fact.name = batch.sym_of(Some(name));
    fact.account = Some(batch.sym("auth/token"));
    fact.status = Status::Active;
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);
    Some(handle)
}

fn read_secret_id(
    row: &Row<'_>,
    raw: &RawToken<'_>,
    accessor: &str,
    role: Option<RolePath<'_>>,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let place = row.place(batch);
    let key = batch.sym(&format!("vault-secret-id:{}/{accessor}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::ClientSecret, place);
    fact.holder = role.map(|role| vault::role(role, input, batch));
    fact.name = Some(batch.sym("secret id"));
    fact.status = CredentialStatus::Active;
    fact.created_at = raw
        .creation_time
        .clone()
        .instant(|| format!("{}.data.creation_time", row.name()), diagnostics);
    fact.expires_at = raw
        .expiration_time
        .clone()
        .expiry(|| format!("{}.data.expiration_time", row.name()), diagnostics);
    batch.credentials.push(fact);
}
