//! GitHub audit log: who did what, with which token.
//!
//! Written by `gh api --paginate 'orgs/ORG/audit-log?include=all'`, by the export of the audit log's page as JSON, and
//! by streaming, one event a line.
//! <https://docs.github.com/organizations/keeping-your-organization-secure/managing-security-settings-for-your-organization/identifying-audit-log-events-performed-by-an-access-token>
//!
//! Read: time, actor, and of the token its kind, id and hash. The newest event of each actor and token counts as their
//! last use; the hash joins a token to a leak of it. How actors act: in which part of GitHub (`git`, `repo`), from which
//! country and network where the log tells them, with what.
//!
//! Cannot tell: that something was not used. The log keeps 180 days, Git events seven, and not everything is logged.

use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::github::{self, TokenKind};
use super::{Connector, Input, Mark, leaked_secret};
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
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "github_audit_log",
    title: "Audit log",
    vendor: "GitHub",
    command: "gh api --paginate 'orgs/ORG/audit-log?include=all&per_page=100' > audit-log.json",
    cannot_tell: &[
        "that a token or app was not used: the log keeps 180 days (Git events seven), and not every call is in it",
        "what a token reached, beyond the repository of an event",
    ],
    signatures: &[&[Mark::Has("@timestamp"), Mark::Has("action"), Mark::Has("_document_id")]],
    parse,
};

#[derive(Deserialize)]
struct RawEvent<'a> {
    /// Milliseconds.
    #[serde(default, rename = "@timestamp")]
    timestamp: Moment,
    #[serde(default)]
    created_at: Moment,
    #[serde(borrow, default)]
    action: Option<Text<'a>>,
    #[serde(borrow, default)]
    actor: Option<Text<'a>>,
    /// One organisation, or several.
    #[serde(borrow, default)]
    org: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    programmatic_access_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    token_id: Option<Id<'a>>,
    /// SHA-256 of the token in Base64.
    #[serde(borrow, default)]
    hashed_token: Option<Text<'a>>,
    /// Only where the organisation shows addresses in its log.
    #[serde(borrow, default)]
    actor_ip: Option<Text<'a>>,
    #[serde(borrow, default)]
    actor_location: Option<RawLocation<'a>>,
    #[serde(borrow, default)]
    user_agent: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawLocation<'a> {
    #[serde(borrow, default)]
    country_code: Option<Text<'a>>,
}

/// The newest event of one actor or token.
struct Newest {
    at: Instant,
    action: Option<Sym>,
    place: Place,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut actors: BTreeMap<Handle, Newest> = BTreeMap::new();
    let mut tokens: BTreeMap<Sym, (Newest, Option<Sym>, Option<Handle>)> = BTreeMap::new();
    let mut acts = Acts::default();
    let mut row_problems = Diagnostics::default();
    json::each_row(input.text, &[], &mut diagnostics, |row| {
        let Some(raw) = row.parse::<RawEvent<'_>>(&mut row_problems) else {
            return;
        };
        let moment = match raw.timestamp {
            Moment::Absent => raw.created_at,
            moment => moment,
        };
        let Some(at) = moment.instant(|| format!("{}.@timestamp", row.name()), &mut row_problems) else {
            return;
        };
        batch.state_at(Some(at));
        let place = row.place(&mut batch);
        let action = batch.sym_of(raw.action.as_deref());
        let newest = || Newest { at, action, place };
        let actor = raw
            .actor
            .as_deref()
            .and_then(present)
            .map(|actor| match actor.strip_suffix("[bot]") {
                Some(slug) => github::app(slug, raw.org.0.first().map_or("", |org| org), input, &mut batch),
                None => github::user(actor, input, &mut batch),
            });
        if let Some(actor) = actor {
            let last = actors.entry(actor).or_insert_with(newest);
            if last.at < at {
                *last = newest();
            }
            let country = raw
                .actor_location
                .as_ref()
                .and_then(|place| place.country_code.as_deref());
            let act = Act {
                service: raw.action.as_deref().and_then(|action| action.split('.').next()),
                region: country,
                address: raw.actor_ip.as_deref(),
                user_agent: raw.user_agent.as_deref(),
            };
            acts.note(actor, at, place, act, &mut batch);
        }
        let kind = raw.programmatic_access_type.as_deref().and_then(TokenKind::of);
        if let (Some(kind), Some(id)) = (kind, raw.token_id) {
            let key = batch.sym(&kind.credential_key(&id));
            let hash = raw.hashed_token.as_deref().and_then(present);
            let hash = hash.map(|hash| leaked_secret::github_hashed_token(hash, input.salt));
            let hash = batch.sym_of(hash.as_deref());
            let (last, known, user) = tokens.entry(key).or_insert_with(|| (newest(), None, None));
            if last.at < at {
                *last = newest();
            }
            *known = known.or(hash);
            *user = user.or(actor);
        }
    });
    diagnostics.append(row_problems);
    for (handle, newest) in actors {
        let mut fact = IdentityFact::mentioned(smallvec![handle], newest.place);
        fact.last_used = LastUsed::At(newest.at);
        batch.identities.push(fact);
    }
    for (key, (newest, fingerprint, holder)) in tokens {
        let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, newest.place);
        fact.presence = Presence::Mentioned;
        fact.holder = holder;
        fact.last_used = LastUsed::At(newest.at);
        fact.last_used_for = newest.action;
        fact.fingerprint = fingerprint;
        batch.credentials.push(fact);
    }
    acts.finish(&mut batch, |place, _| place);
    (batch, diagnostics)
}
