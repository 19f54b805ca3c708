//! Slack apps that an organisation approved or restricted.
//!
//! Written by `admin.apps.approved.list` and `admin.apps.restricted.list`.
//! <https://docs.slack.dev/reference/methods/admin.apps.approved.list>
//!
//! Read: id, name, description, whether it is the organisation's own, scopes with their kind of token.
//!
//! Cannot tell: when an app was made or used, who installed it, and its tokens.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Origin, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "slack_apps",
    title: "Approved and restricted apps",
    vendor: "Slack",
    command: "curl -s -H \"Authorization: Bearer $TOKEN\" \"https://slack.com/api/admin.apps.approved.list?limit=1000\" > approved-apps.json",
    cannot_tell: &[
        "when an app was made, installed or last used",
        "who installed an app, and the tokens it has: Slack lists neither",
        "apps that were neither approved nor restricted",
    ],
    signatures: &[
        &[Mark::Has("ok"), Mark::Has("approved_apps")],
        &[Mark::Has("ok"), Mark::Has("restricted_apps")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawEntry<'a> {
    #[serde(borrow, default)]
    app: Option<RawApp<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    scopes: Vec<RawScope<'a>>,
}

#[derive(Deserialize)]
struct RawApp<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_internal: Option<bool>,
}

#[derive(Deserialize)]
struct RawScope<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    /// `bot`, `user`.
    #[serde(borrow, default)]
    token_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawMetadata<'a> {
    #[serde(borrow, default)]
    next_cursor: Option<Text<'a>>,
}

/// An app by id: `A…`. Ids are unique in all of Slack.
pub(super) fn app(id: &str, batch: &mut Batch) -> Handle {
    batch.handle(HandleKind::Local, &format!("slack/apps/{id}"))
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["approved_apps", "restricted_apps"], &mut diagnostics);
    for row in &rows.rows {
        read_entry(row, &mut batch, &mut diagnostics);
    }
    for page in &rows.pages {
        let metadata = rows.page_header(page, "response_metadata");
        let metadata: Option<RawMetadata<'_>> = metadata.and_then(|text| serde_json::from_str(text).ok());
        let continues =
            metadata.is_some_and(|metadata| metadata.next_cursor.as_deref().is_some_and(|next| !next.is_empty()));
        let list = rows.rows.get(page.rows.start).map_or("apps", |row| row.list);
        let (n_continued, n_last) = if continues { (1, 0) } else { (0, 1) };
        batch.note_pages(list, n_continued, n_last);
        if let Some(error) = rows.page_header(page, "error").and_then(present) {
            diagnostics.push(Diagnostic::error(
                "error",
                error,
                "a list of apps",
                "Slack refused the call: give the token the scope `admin.apps:read`, and export again",
            ));
        }
    }
    (batch, diagnostics)
}

fn read_entry(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawEntry<'_>>(diagnostics) else {
        return;
    };
    let app_of = raw
        .app
        .as_ref()
        .and_then(|app| Some((app, present(app.id.as_deref()?)?)));
    let Some((about, id)) = app_of else {
        diagnostics.push(Diagnostic::error(
            format!("{}.app.id", row.name()),
            "nothing",
            "the app's id, such as `A0123456789`",
            "this app was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = app(id, batch);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    fact.name = batch.sym_of(about.name.as_deref());
    fact.origin = match about.is_internal {
        Some(true) => Origin::Estate,
        Some(false) => Origin::ThirdParty,
        None => Origin::Estate,
    };
    fact.status = match row.list {
        "restricted_apps" => Status::Disabled,
        _ => Status::Active,
    };
    fact.purpose = batch.sym_of(about.description.as_deref());
    batch.identities.push(fact);
    if row.list == "restricted_apps" {
        return;
    }
    for scope in &raw.scopes {
        let Some(name) = scope.name.as_deref().and_then(present) else {
            continue;
        };
        // `admin` and `admin.*` reach every member and workspace.
        let privilege = match name == "admin" || name.starts_with("admin.") && name.ends_with(":write") {
            true => Privilege::Administrator,
            false => Privilege::Limited,
        };
        let role = batch.sym(name);
        let resource = scope.token_type.as_deref().map(|kind| format!("{kind} token"));
        let resource = batch.sym_of(resource.as_deref());
        batch.grants.push(GrantFact {
            subject: Principal::Identity(handle),
            role,
            policy: None,
            resource,
            privilege: Some(privilege),
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        });
    }
}
