//! Okta System Log: who did what, with which client and API token.
//!
//! Written by `GET /api/v1/logs`, following the `Link` header, or by a log stream, one event a line.
//! <https://developer.okta.com/docs/api/openapi/okta-management/management/tag/SystemLog/>
//!
//! Read: time, actor, and the API token of the request (`transaction.detail.requestApiTokenId`). The newest event of each
//! counts as its last use. How actors act: by which kind of event, from which country and network, with what.
//!
//! Cannot tell: that something was not used. Okta keeps 90 days.

use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, okta};
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
    id: "okta_system_log",
    title: "System Log",
    vendor: "Okta",
    command: "curl -s -H \"Authorization: SSWS $TOKEN\" \"https://ORG.okta.com/api/v1/logs?since=2026-08-01T00:00:00Z&limit=1000\" > system-log.json",
    cannot_tell: &["that a client or token was not used: Okta keeps 90 days, and a file may hold less"],
    signatures: &[&[Mark::Has("eventType"), Mark::Has("published"), Mark::Has("actor")]],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent<'a> {
    #[serde(default)]
    published: Moment,
    #[serde(borrow, default)]
    event_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    actor: Option<RawActor<'a>>,
    #[serde(borrow, default)]
    transaction: Option<RawTransaction<'a>>,
    #[serde(borrow, default)]
    client: Option<RawClient<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawClient<'a> {
    #[serde(borrow, default)]
    ip_address: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_agent: Option<RawUserAgent<'a>>,
    #[serde(borrow, default)]
    geographical_context: Option<RawGeography<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawUserAgent<'a> {
    #[serde(borrow, default)]
    raw_user_agent: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawGeography<'a> {
    #[serde(borrow, default)]
    country: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawActor<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    /// `User`, `PublicClientApp`, `SystemPrincipal`.
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawTransaction<'a> {
    #[serde(borrow, default)]
    detail: Option<RawDetail<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDetail<'a> {
    #[serde(borrow, default)]
    request_api_token_id: Option<Text<'a>>,
}

/// The newest event of one actor or token.
struct Newest {
    at: Instant,
    event: Option<Sym>,
    place: Place,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut row_problems = Diagnostics::default();
    let mut actors: BTreeMap<Handle, Newest> = BTreeMap::new();
    let mut tokens: BTreeMap<Sym, (Newest, Option<Handle>)> = BTreeMap::new();
    let mut acts = Acts::default();
    json::each_row(input.text, &[], &mut diagnostics, |row| {
        let Some(raw) = row.parse::<RawEvent<'_>>(&mut row_problems) else {
            return;
        };
        let Some(at) = raw
            .published
            .instant(|| format!("{}.published", row.name()), &mut row_problems)
        else {
            return;
        };
        batch.state_at(Some(at));
        let place = row.place(&mut batch);
        let event = batch.sym_of(raw.event_type.as_deref());
        let newest = || Newest { at, event, place };
        let id = raw.actor.as_ref().and_then(|actor| present(actor.id.as_deref()?));
        let kind = raw.actor.as_ref().and_then(|actor| actor.r#type.as_deref());
        let actor = match (kind, id) {
            (Some("User"), Some(id)) => Some(okta::user(id, input, &mut batch)),
            (Some("PublicClientApp" | "ClientApp"), Some(id)) => Some(okta::client(id, input, &mut batch)),
            _ => None,
        };
        if let Some(actor) = actor {
            let last = actors.entry(actor).or_insert_with(newest);
            if last.at < at {
                *last = newest();
            }
            acts.note(
                actor,
                at,
                place,
                act_of(raw.event_type.as_deref(), raw.client.as_ref()),
                &mut batch,
            );
        }
        let token = raw
            .transaction
            .and_then(|transaction| transaction.detail?.request_api_token_id);
        if let Some(token) = token.as_deref().and_then(present) {
            let key = batch.sym(&format!("okta-token:{}/{token}", input.source));
            let (last, holder) = tokens.entry(key).or_insert_with(|| (newest(), actor));
            *holder = holder.or(actor);
            if last.at < at {
                *last = newest();
            }
        }
    });
    diagnostics.append(row_problems);
    for (handle, newest) in actors {
        let mut fact = IdentityFact::mentioned(smallvec![handle], newest.place);
        fact.last_used = LastUsed::At(newest.at);
        batch.identities.push(fact);
    }
    for (key, (newest, holder)) in tokens {
        let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, newest.place);
        fact.presence = Presence::Mentioned;
        fact.holder = holder;
        fact.last_used = LastUsed::At(newest.at);
        fact.last_used_for = newest.event;
        batch.credentials.push(fact);
    }
    acts.finish(&mut batch, |place, _| place);
    (batch, diagnostics)
}

/// The first word of the event's type stands for the service: `app`, `group`, `policy`.
fn act_of<'a>(event_type: Option<&'a str>, client: Option<&'a RawClient<'_>>) -> Act<'a> {
    let country = client.and_then(|client| client.geographical_context.as_ref()?.country.as_deref());
    let agent = client.and_then(|client| client.user_agent.as_ref()?.raw_user_agent.as_deref());
    Act {
        service: event_type.and_then(|kind| kind.split('.').next()),
        region: country,
        address: client.and_then(|client| client.ip_address.as_deref()),
        user_agent: agent,
    }
}
