//! Salesforce OAuth tokens: which connected apps hold tokens of which users.
//!
//! Written by `sf data query -q "SELECT AppName,UserId,LastUsedDate,UseCount,CreatedDate FROM OauthToken" --json`, or by
//! the REST API's `/query`.
//! <https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_oauthtoken.htm>
//!
//! Read: app, user, creation, last use (none and a use count of 0 is never), the token's id out of `attributes.url`. An app
//! that holds a token is listed with it.
//!
//! Cannot tell: a token's scopes and end, which are the connected app's policy, and who answers for an app.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::LastUsed;
use crate::model::principal::HandleKind;
use crate::model::provenance::Place;
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::json::{self, Row};
use crate::reading::loose::{flag, number};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "salesforce_oauth_tokens",
    title: "OAuth tokens",
    vendor: "Salesforce",
    command: "sf data query -q \"SELECT AppName,UserId,LastUsedDate,UseCount,CreatedDate FROM OauthToken\" --json > oauth-tokens.json",
    cannot_tell: &[
        "the scopes and the end of a token: those are policies of the connected app",
        "whether the user of a token is a person or an integration user",
        "who answers for an app",
    ],
    signatures: &[
        &[
            Mark::Has("result.records[].AppName"),
            Mark::Has("result.records[].UserId"),
        ],
        &[
            Mark::Has("records[].AppName"),
            Mark::Has("records[].UserId"),
            Mark::Has("totalSize"),
        ],
        // `--result-format csv`.
        &[
            Mark::Column("appname"),
            Mark::Column("userid"),
            Mark::AnyColumn(&["lastuseddate", "usecount", "createddate"]),
        ],
    ],
    parse,
};

/// The API's answer, which `sf` puts into `result`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAnswer<'a> {
    #[serde(borrow, default)]
    result: Option<Box<RawAnswer<'a>>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    records: Vec<&'a RawValue>,
    #[serde(default, deserialize_with = "number")]
    total_size: Option<usize>,
    #[serde(default, deserialize_with = "flag")]
    done: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawToken<'a> {
    #[serde(borrow, default, rename = "attributes")]
    attributes: Option<RawAttributes<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    app_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_id: Option<Text<'a>>,
    #[serde(default)]
    last_used_date: Moment,
    #[serde(default, deserialize_with = "number")]
    use_count: Option<u64>,
    #[serde(default)]
    created_date: Moment,
}

#[derive(Deserialize)]
struct RawAttributes<'a> {
    /// `/services/data/v62.0/sobjects/OauthToken/0CM…`.
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    if input.format == Format::Table {
        let table = Table::read(input.text, &mut diagnostics);
        for row in table.rows() {
            let name = format!("line {}", row.line);
            state(
                &of_table(row),
                &name,
                Place::Line(row.line),
                input,
                &mut batch,
                &mut diagnostics,
            );
        }
        batch.keep_first_identities();
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(answer) = row.parse::<RawAnswer<'_>>(&mut diagnostics) else {
            continue;
        };
        let result = match answer.result {
            Some(result) => *result,
            None => answer,
        };
        for (index, text) in result.records.iter().enumerate() {
            let one = Row {
                list: "records",
                index,
                document: row.document,
                text: text.get(),
            };
            read_token(&one, input, &mut batch, &mut diagnostics);
        }
        let n_records = result.records.len();
        if result.done == Some(false) || result.total_size.is_some_and(|total| total > n_records) {
            let total = result.total_size.unwrap_or(n_records);
            batch.gaps.push(format!(
                "{n_records} of {total} tokens were exported: follow `nextRecordsUrl`, or use `sf`, which does"
            ));
        }
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn read_token(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawToken<'_>>(diagnostics) else {
        return;
    };
    let place = row.place(batch);
    state(&raw, &row.name(), place, input, batch, diagnostics);
}

fn of_table(row: TableRow<'_>) -> RawToken<'_> {
    let text = |column: &str| present(row.get(column)).map(|cell| Text(Cow::Borrowed(cell)));
    let moment = |column: &str| Moment::parse(row.get(column), DateOrder::MonthFirst);
    RawToken {
        attributes: None,
        id: text("id"),
        app_name: text("appname"),
        user_id: text("userid"),
        last_used_date: moment("lastuseddate"),
        use_count: row.get("usecount").trim().parse().ok(),
        created_date: moment("createddate"),
    }
}

/// States one token and the app that holds it.
fn state(
    raw: &RawToken<'_>,
    name: &str,
    place: Place,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let (Some(app), Some(user)) = (
        raw.app_name.as_deref().and_then(present),
        raw.user_id.as_deref().and_then(present),
    ) else {
        diagnostics.push(Diagnostic::error(
            format!("{name}.AppName"),
            "no `AppName` or no `UserId`",
            "the app that holds the token and the user it acts as",
            "this token was left out; query again with both fields",
        ));
        return;
    };
    let handle = batch.handle(HandleKind::Local, &format!("{}/connected-apps/{app}", input.source));
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    fact.name = Some(batch.sym(app));
    fact.status = Status::Active;
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);
    let in_url = raw
        .attributes
        .as_ref()
        .and_then(|attributes| attributes.url.as_deref()?.rsplit('/').next());
    // Without an id an app and a user have one token, as far as is told.
    let id = match raw.id.as_deref().or(in_url).and_then(present) {
        Some(id) => id.to_owned(),
        None => format!("{app}/{user}"),
    };
    let key = batch.sym(&format!("salesforce-token:{}/{id}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::Token, place);
    fact.holder = Some(handle);
    fact.name = Some(batch.sym(&format!("token as user {user}")));
    fact.status = CredentialStatus::Active;
    fact.created_at = raw
        .created_date
        .clone()
        .instant(|| format!("{name}.CreatedDate"), diagnostics);
    let used_at = raw
        .last_used_date
        .clone()
        .instant(|| format!("{name}.LastUsedDate"), diagnostics);
    fact.last_used = match (used_at, raw.use_count) {
        (Some(at), _) => LastUsed::At(at),
        (None, Some(0)) => LastUsed::Never,
        (None, _) => LastUsed::NotReported,
    };
    batch.credentials.push(fact);
}
