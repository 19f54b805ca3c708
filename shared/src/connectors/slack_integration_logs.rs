//! Slack integration logs: when apps and integrations were added to a workspace, changed, switched off and removed.
//!
//! Written by `team.integrationLogs`.
//! <https://docs.slack.dev/reference/methods/team.integrationLogs>
//!
//! Read: app or service, what happened, when, by whom. An integration whose newest entry is an addition, a change or an
//! activation is there; one that was removed is not, one that was disabled is off.
//!
//! Cannot tell: use, tokens, and additions before the log begins.

use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, slack_apps};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::Instant;
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::json;
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "slack_integration_logs",
    title: "Integration logs",
    vendor: "Slack",
    command: "curl -s -H \"Authorization: Bearer $TOKEN\" \"https://slack.com/api/team.integrationLogs?count=1000\" > integration-logs.json",
    cannot_tell: &[
        "when an integration was last used, and the tokens it has",
        "integrations that were added before the log begins",
        "who answers for an integration: the log names who changed it",
    ],
    signatures: &[
        &[Mark::Has("ok"), Mark::Has("logs[].change_type")],
        &[Mark::Has("ok"), Mark::Has("logs"), Mark::Has("paging.pages")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawLog<'a> {
    #[serde(borrow, default)]
    app_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    service_type: Option<Text<'a>>,
    /// Seconds, as text.
    #[serde(default)]
    date: Moment,
    #[serde(borrow, default)]
    change_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawPaging {
    #[serde(default)]
    page: u64,
    #[serde(default)]
    pages: u64,
}

/// What the log says of one integration.
struct Life {
    name: Option<Sym>,
    added_at: Option<Instant>,
    newest_at: Instant,
    newest: Change,
    place: Place,
}

/// What happened to an integration.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    There,
    Off,
    Removed,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["logs"], &mut diagnostics);
    let mut lives: BTreeMap<Handle, Life> = BTreeMap::new();
    for row in &rows.rows {
        let Some(raw) = row.parse::<RawLog<'_>>(&mut diagnostics) else {
            continue;
        };
        let app = raw.app_id.as_deref().and_then(present);
        let service = raw.service_id.as_deref().and_then(present).filter(|id| *id != "0");
        let handle = match (app, service) {
            (Some(app), _) => slack_apps::app(app, &mut batch),
            (None, Some(service)) => {
                let text = format!("{}/services/{service}", input.source);
                batch.handle(HandleKind::Local, &text)
            }
            (None, None) => {
                diagnostics.push(Diagnostic::error(
                    format!("{}.app_id", row.name()),
                    "neither `app_id` nor `service_id`",
                    "the app or service that was changed",
                    "this entry was left out; export the log again",
                ));
                continue;
            }
        };
        let Some(at) = raw.date.instant(|| format!("{}.date", row.name()), &mut diagnostics) else {
            continue;
        };
        batch.state_at(Some(at));
        let change = match raw.change_type.as_deref() {
            Some("removed" | "deleted" | "uninstalled") => Change::Removed,
            Some("disabled") => Change::Off,
            Some(_) | None => Change::There,
        };
        let place = row.place(&mut batch);
        let name = batch
            .sym_of(raw.app_type.as_deref())
            .or_else(|| batch.sym_of(raw.service_type.as_deref()));
        let added_at = (raw.change_type.as_deref() == Some("added")).then_some(at);
        let life = lives.entry(handle).or_insert(Life {
            name,
            added_at: None,
            newest_at: at,
            newest: change,
            place,
        });
        life.name = life.name.or(name);
        life.added_at = match (life.added_at, added_at) {
            (Some(known), Some(other)) => Some(known.min(other)),
            (known, other) => known.or(other),
        };
        if at > life.newest_at {
            (life.newest_at, life.newest, life.place) = (at, change, place);
        }
    }
    for (handle, life) in lives {
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, life.place);
        fact.name = life.name;
        fact.created_at = life.added_at;
        match life.newest {
            Change::There => fact.status = Status::Active,
            Change::Off => fact.status = Status::Disabled,
            Change::Removed => fact.presence = Presence::Mentioned,
        }
        batch.identities.push(fact);
    }
    for page in &rows.pages {
        let paging = rows.page_header(page, "paging");
        if let Some(paging) = paging.and_then(|text| serde_json::from_str::<RawPaging>(text).ok()) {
            let (n_continued, n_last) = if paging.page < paging.pages { (1, 0) } else { (0, 1) };
            batch.note_pages("integration logs", n_continued, n_last);
        }
    }
    (batch, diagnostics)
}
