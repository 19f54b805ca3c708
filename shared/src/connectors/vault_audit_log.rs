//! Vault audit log: who asked for what, as the file device writes it.
//!
//! Written by Vault itself (`vault audit enable file file_path=/var/log/vault_audit.log`), one line for each request and
//! one for its response.
//! <https://developer.hashicorp.com/vault/docs/audit>
//!
//! Read: time, role, token accessor where it is not hashed. The newest response without an error counts as the last use of
//! the role and of the token. Tokens are hashed by Vault, and are not read. How roles act: on which mounts, from where, and
//! with what program where the device records that header (`sys/config/auditing/request-headers/user-agent`).
//!
//! Cannot tell: that something was not used, and whose a hashed accessor is.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::vault::{self, RolePath};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::identity::{IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::Handle;
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::activity::{Act, Acts};
use crate::reading::json;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "vault_audit_log",
    title: "Audit log",
    vendor: "HashiCorp Vault",
    command: "cp /var/log/vault_audit.log .",
    cannot_tell: &[
        "that a role or token was not used: the log goes back as far as the file does",
        "whose a token is, where the device hashes accessors: it does unless `hmac_accessor=false`",
    ],
    signatures: &[&[
        Mark::Has("time"),
        Mark::Has("type"),
        Mark::Has("request.id"),
        Mark::Has("request.operation"),
        Mark::Has("request.path"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawLine<'a> {
    #[serde(default)]
    time: Moment,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    error: Option<Text<'a>>,
    #[serde(borrow, default)]
    auth: Option<RawAuth<'a>>,
    #[serde(borrow, default)]
    request: Option<RawRequest<'a>>,
}

#[derive(Deserialize)]
struct RawAuth<'a> {
    #[serde(borrow, default)]
    accessor: Option<Text<'a>>,
    /// The mount's path for an AppRole, `kubernetes-NAMESPACE-NAME` for a service account.
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    metadata: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

#[derive(Deserialize)]
struct RawRequest<'a> {
    #[serde(borrow, default)]
    path: Option<Text<'a>>,
    /// Not in old versions.
    #[serde(borrow, default)]
    mount_point: Option<Text<'a>>,
    #[serde(borrow, default)]
    remote_address: Option<Text<'a>>,
    /// Only those that the device is told to record, in lower case.
    #[serde(borrow, default)]
    headers: Option<BTreeMap<Cow<'a, str>, Vec<Text<'a>>>>,
}

/// The newest line of one role or token.
struct Newest {
    at: Instant,
    path: Option<Sym>,
    place: Place,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut row_problems = Diagnostics::default();
    let mut acts = Acts::default();
    let mut roles: BTreeMap<Handle, Newest> = BTreeMap::new();
    let mut tokens: BTreeMap<Sym, (Newest, Option<Handle>)> = BTreeMap::new();
    json::each_row(input.text, &[], &mut diagnostics, |row| {
        let Some(raw) = row.parse::<RawLine<'_>>(&mut row_problems) else {
            return;
        };
        let Some(at) = raw.time.instant(|| format!("{}.time", row.name()), &mut row_problems) else {
            return;
        };
        batch.state_at(Some(at));
        let is_answered = raw.r#type.as_deref() == Some("response") && raw.error.as_deref().and_then(present).is_none();
        let Some(auth) = raw.auth.filter(|_| is_answered) else {
            return;
        };
        let place = row.place(&mut batch);
        let request_path = raw.request.as_ref().and_then(|request| request.path.as_deref());
        let path = batch.sym_of(request_path);
        let newest = || Newest { at, path, place };
        let role = role_of(&auth, request_path).map(|path| vault::role(path, input, &mut batch));
        if let Some(role) = role {
            let last = roles.entry(role).or_insert_with(newest);
            if last.at < at {
                *last = newest();
            }
            if let Some(request) = &raw.request {
                acts.note(role, at, place, act_of(request), &mut batch);
            }
        }
        let accessor = auth.accessor.as_deref().and_then(present);
        if let Some(accessor) = accessor.filter(|accessor| !accessor.starts_with("hmac-")) {
            let key = batch.sym(&format!("vault-token:{}/{accessor}", input.source));
            let (last, holder) = tokens.entry(key).or_insert_with(|| (newest(), role));
            *holder = holder.or(role);
            if last.at < at {
                *last = newest();
            }
        }
    });
    diagnostics.append(row_problems);
    for (handle, newest) in roles {
        let mut fact = IdentityFact::mentioned(smallvec![handle], newest.place);
        fact.last_used = LastUsed::At(newest.at);
        batch.identities.push(fact);
    }
    for (key, (newest, holder)) in tokens {
        let mut fact = CredentialFact::listed(key, CredentialKind::Token, newest.place);
        fact.presence = Presence::Mentioned;
        fact.holder = holder;
        fact.last_used = LastUsed::At(newest.at);
        fact.last_used_for = newest.path;
        batch.credentials.push(fact);
    }
    acts.finish(&mut batch, |place, _| place);
    (batch, diagnostics)
}

/// The mount stands for the service: what a role may do is told by mount.
fn act_of<'a>(request: &'a RawRequest<'_>) -> Act<'a> {
    let mount = request.mount_point.as_deref().map(|mount| mount.trim_end_matches('/'));
    let first = request.path.as_deref().and_then(|path| path.split('/').next());
    let agent = request
        .headers
        .as_ref()
        .and_then(|headers| headers.get("user-agent")?.first());
    Act {
        service: mount.or(first),
        region: None,
        address: request.remote_address.as_deref(),
        user_agent: agent.map(|agent| &**agent),
    }
}

/// The role behind a token: its name is in the metadata, its mount in the path of a login, else in the display name.
fn role_of<'a>(auth: &'a RawAuth<'_>, request_path: Option<&'a str>) -> Option<RolePath<'a>> {
    let meta = |key: &str| auth.metadata.as_ref()?.get(key).and_then(|value| present(value));
    let name = meta("role_name").or_else(|| meta("role"))?;
    let login = request_path.and_then(|path| path.strip_prefix("auth/")?.strip_suffix("/login"));
    let displayed = auth.display_name.as_deref().and_then(|shown| {
        match (meta("service_account_namespace"), meta("service_account_name")) {
            (Some(namespace), Some(account)) => shown.strip_suffix(&format!("-{namespace}-{account}")),
            _ => Some(shown),
        }
    });
    let mount = login.or(displayed)?;
    Some(RolePath { mount, name })
}
