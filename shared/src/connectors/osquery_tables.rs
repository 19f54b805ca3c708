//! osquery's tables of accounts, passwords, SSH keys, sudo rules and certificates, of one host or of many.
//!
//! Written by `osqueryi --json "select * from users"` as an array of rows (`--csv`: as a table), by Fleet with the host
//! beside each row, and by osqueryd as `osqueryd.results.log`,
//! one result a line: a row that was added or removed, a batch of both (`diffResults`), or a snapshot of all rows. Values
//! are text as a rule. <https://osquery.readthedocs.io/en/stable/deployment/logging/>
//!
//! Read: the tables `users`, `shadow`, `authorized_keys`, `sudoers` and `certificates`, told by their columns. Of the log
//! the rows count that were added and not removed later. Without a log the path names the host, as for the host's own
//! files.
//!
//! Cannot tell: rows from before the log begins; other tables are passed over.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::unix_passwd::password_key;
use super::{Connector, Input, Mark, host, unix_sudoers};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::instant::{Expiry, Instant};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::loose::number;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::ssh_key;
use crate::reading::table::Table;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "osquery_tables",
    title: "Tables and results log",
    vendor: "osquery",
    command: "osqueryi --json \"select * from users\" > HOST/osquery-users.json   # likewise shadow, authorized_keys, sudoers, certificates; or osqueryd.results.log",
    cannot_tell: &[
        "rows that were added before the log begins",
        "when an account or a key was last used",
        "what other tables hold: they are passed over",
    ],
    signatures: &[
        &[Mark::Has("hostIdentifier"), Mark::Has("columns"), Mark::Has("action")],
        &[Mark::Has("hostIdentifier"), Mark::Has("snapshot"), Mark::Has("action")],
        &[Mark::Has("hostIdentifier"), Mark::Has("diffResults")],
        &[
            Mark::Has("username"),
            Mark::Has("uid"),
            Mark::Has("shell"),
            Mark::Has("directory"),
        ],
        &[
            Mark::Has("username"),
            Mark::Has("password_status"),
            Mark::Has("last_change"),
        ],
        &[
            Mark::Has("username"),
            Mark::Has("password_status"),
            Mark::Has("hash_alg"),
        ],
        &[Mark::Has("algorithm"), Mark::Has("key"), Mark::Has("key_file")],
        &[Mark::Has("header"), Mark::Has("rule_details")],
        &[
            Mark::Has("not_valid_after"),
            Mark::Has("common_name"),
            Mark::Has("sha1"),
        ],
        // `osqueryi --csv`.
        &[
            Mark::Column("username"),
            Mark::Column("uid"),
            Mark::Column("shell"),
            Mark::Column("directory"),
        ],
        &[
            Mark::Column("username"),
            Mark::Column("password_status"),
            Mark::AnyColumn(&["last_change", "hash_alg"]),
        ],
        &[Mark::Column("algorithm"), Mark::Column("key"), Mark::Column("key_file")],
        &[Mark::Column("header"), Mark::Column("rule_details")],
        &[
            Mark::Column("not_valid_after"),
            Mark::Column("common_name"),
            Mark::Column("sha1"),
        ],
    ],
    parse,
};

/// A row of a table, as text.
type Record = BTreeMap<String, String>;

type RawRecord<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawResult<'a> {
    #[serde(borrow, default)]
    host_identifier: Option<Text<'a>>,
    /// The query's name in its pack.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default)]
    unix_time: Moment,
    /// How often the query ran before: its first results are all there is.
    #[serde(default, deserialize_with = "number")]
    counter: Option<u64>,
    #[serde(borrow, default)]
    action: Option<Text<'a>>,
    #[serde(borrow, default)]
    columns: Option<RawRecord<'a>>,
    #[serde(borrow, default)]
    snapshot: Option<Vec<RawRecord<'a>>>,
    #[serde(borrow, default)]
    diff_results: Option<RawDifference<'a>>,
}

#[derive(Deserialize)]
struct RawDifference<'a> {
    #[serde(borrow, default, deserialize_with = "rows_if_any")]
    added: Vec<RawRecord<'a>>,
    #[serde(borrow, default, deserialize_with = "rows_if_any")]
    removed: Vec<RawRecord<'a>>,
}

/// A list of rows; an empty text, or `null`, is what some versions write where there is none.
fn rows_if_any<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RawRecord<'a>>, D::Error> {
    let written = <&RawValue>::deserialize(deserializer)?.get();
    match written {
        "null" | "\"\"" => Ok(Vec::new()),
        rows => serde_json::from_str(rows).map_err(D::Error::custom),
    }
}

/// The rows of one query on one host.
#[derive(Default)]
struct Query {
    rows: BTreeMap<Record, Place>,
    first_counter: Option<u64>,
    is_snapshot: bool,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let own_host = host::locate(input).host;
    let mut queries: BTreeMap<(String, String), Query> = BTreeMap::new();
    let mut add = |record: Record, place: Place| {
        // Fleet says beside each row whose it is.
        let host = ["host_hostname", "host_display_name"]
            .iter()
            .find_map(|column| present(record.get(*column)?));
        let host = host.unwrap_or(own_host).to_owned();
        let query: &mut Query = queries.entry((host, String::new())).or_default();
        query.rows.insert(record, place);
        query.is_snapshot = true;
    };
    let is_table = input.format == Format::Table;
    if is_table {
        let table = Table::read(input.text, &mut diagnostics);
        for row in table.rows() {
            let cells = table.header().iter().enumerate();
            let record = cells.map(|(at, column)| (column.clone(), row.at(at).to_owned()));
            add(record.collect(), Place::Line(row.line));
        }
    }
    let text = if is_table { "" } else { input.text };
    let rows = json::rows(text, &[], &mut diagnostics).rows;
    let (results, plain): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| row.text.contains("\"hostIdentifier\""));
    for row in plain {
        let place = row.place(&mut batch);
        if let Some(raw) = row.parse::<RawRecord<'_>>(&mut diagnostics) {
            add(record(&raw), place);
        }
    }
    for row in results {
        let place = row.place(&mut batch);
        if let Some(raw) = row.parse::<RawResult<'_>>(&mut diagnostics) {
            read_result(&raw, &row, own_host, place, &mut queries, &mut batch, &mut diagnostics);
        }
    }
    let mut by_host: BTreeMap<&str, Vec<(&Record, Place)>> = BTreeMap::new();
    for ((host, name), query) in &queries {
        by_host
            .entry(host)
            .or_default()
            .extend(query.rows.iter().map(|(record, place)| (record, *place)));
        if let Some(counter) = query.first_counter.filter(|counter| *counter > 0 && !query.is_snapshot) {
            let gap = format!("the log begins behind the first results of `{name}` on {host}: {counter} came before");
            batch.gaps.push(gap);
        }
    }
    for (host, records) in by_host {
        read_host(host, &records, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn record(raw: &RawRecord<'_>) -> Record {
    let text = |value: &RawValue| match serde_json::from_str::<String>(value.get()) {
        Ok(text) => text,
        Err(_) if value.get() == "null" => String::new(),
        Err(_) => value.get().to_owned(),
    };
    raw.iter()
        .map(|(name, value)| (name.to_string(), text(value)))
        .collect()
}

fn read_result(
    raw: &RawResult<'_>,
    row: &Row<'_>,
    own_host: &str,
    place: Place,
    queries: &mut BTreeMap<(String, String), Query>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let at = raw
        .unix_time
        .clone()
        .instant(|| format!("{}.unixTime", row.name()), diagnostics);
    batch.state_at(at);
    let host = raw.host_identifier.as_deref().and_then(present).unwrap_or(own_host);
    let name = raw.name.as_deref().unwrap_or("");
    let query = queries.entry((host.to_owned(), name.to_owned())).or_default();
    query.first_counter = query.first_counter.or(raw.counter);
    if let Some(rows) = &raw.snapshot {
        query.is_snapshot = true;
        query.rows = rows.iter().map(|raw| (record(raw), place)).collect();
    }
    let (added, removed) = match raw.action.as_deref() {
        Some("removed") => (None, raw.columns.as_ref()),
        Some(_) | None => (raw.columns.as_ref(), None),
    };
    let difference = raw.diff_results.as_ref();
    for raw in removed
        .into_iter()
        .chain(difference.into_iter().flat_map(|it| &it.removed))
    {
        query.rows.remove(&record(raw));
    }
    for raw in added.into_iter().chain(difference.into_iter().flat_map(|it| &it.added)) {
        query.rows.insert(record(raw), place);
    }
}

/// Reads the rows of one host, of whichever tables.
fn read_host(
    host: &str,
    records: &[(&Record, Place)],
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let has = |record: &Record, columns: &[&str]| columns.iter().all(|column| record.contains_key(*column));
    let mut names: BTreeMap<&str, &str> = BTreeMap::from([("0", "root")]);
    for (record, _) in records.iter().filter(|(record, _)| has(record, &["uid", "username"])) {
        names.insert(&record["uid"], &record["username"]);
    }
    let mut rules = Vec::new();
    for (record, place) in records {
        let get = |column: &str| record.get(column).map_or("", String::as_str);
        if has(record, &["username", "shell"]) {
            let account = host::Account {
                host,
                name: get("username"),
                uid: get("uid").parse().ok(),
                comment: get("description"),
                shell: get("shell"),
            };
            account.state(input.source, *place, batch);
        } else if has(record, &["username", "password_status"]) {
            password(record, host, *place, input, batch);
        } else if has(record, &["algorithm", "key", "key_file"]) {
            let user = user_of(get("key_file")).or(names.get(get("uid")).copied());
            ssh_credential(record, host, user, *place, input, batch, diagnostics);
        } else if has(record, &["header", "rule_details"]) {
            rules.push((format!("{} {}", get("header"), get("rule_details")), *place));
        } else if has(record, &["common_name", "not_valid_after", "sha1"]) {
            certificate(record, *place, batch, diagnostics);
        }
    }
    unix_sudoers::read_rules(&rules, host, input.source, batch, diagnostics);
}

/// The account whose home a file is in.
fn user_of(path: &str) -> Option<&str> {
    let mut parts = path.trim_start_matches('/').split('/');
    match parts.next()? {
        "root" => Some("root"),
        "home" | "Users" => parts.next().filter(|user| !user.is_empty()),
        _ => None,
    }
}

fn password(record: &Record, host: &str, place: Place, input: Input<'_>, batch: &mut Batch) {
    let get = |column: &str| record.get(column).map_or("", String::as_str);
    let status = match get("password_status") {
        "not_empty" | "active" => CredentialStatus::Active,
        "locked" => CredentialStatus::Inactive,
        _ => return,
    };
    // Without a hash `locked` is no password at all.
    if status == CredentialStatus::Inactive && matches!(get("hash_alg"), "" | "!" | "*" | "!!") {
        return;
    }
    let user = get("username");
    let days = |column: &str| get(column).parse::<i64>().ok().filter(|days| *days > 0);
    let key = batch.sym(&password_key(input.source, host, user));
    let mut fact = CredentialFact::listed(key, CredentialKind::Password, place);
    fact.holder = Some(host::account(input.source, host, user, batch));
    fact.name = Some(batch.sym("password"));
    fact.status = status;
    fact.created_at = days("last_change").map(|day| Instant(0).plus_days(day));
    fact.expires_at = match days("expire") {
        Some(day) => Expiry::At(Instant(0).plus_days(day)),
        None => Expiry::NotReported,
    };
    batch.credentials.push(fact);
}

fn ssh_credential(
    record: &Record,
    host: &str,
    user: Option<&str>,
    place: Place,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let get = |column: &str| record.get(column).map_or("", String::as_str);
    let fingerprint = ssh_key::fingerprint_of_line(&format!("{} {}", get("algorithm"), get("key")));
    let key = match &fingerprint {
        Some(fingerprint) => ssh_key::credential_key(fingerprint),
        None => {
            diagnostics.push(Diagnostic::warning(
                format!("{}, key", place.to_text(&batch.strings)),
                "no whole public key",
                "the key in base64",
                "the key counts by its comment and file, and joins with no other export; do not cut the column",
            ));
            format!(
                "osquery-key:{}/{host}{}/{}",
                input.source,
                get("key_file"),
                get("comment")
            )
        }
    };
    let key = batch.sym(&key);
    let mut fact = CredentialFact::listed(key, CredentialKind::SshKey, place);
    fact.holder = user.map(|user| host::account(input.source, host, user, batch));
    fact.name = batch.sym_of(Some(get("comment")));
    fact.status = CredentialStatus::Active;
    fact.expires_at = Expiry::Never;
    fact.fingerprint = batch.sym_of(fingerprint.as_deref());
    batch.credentials.push(fact);
}

fn certificate(record: &Record, place: Place, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let get = |column: &str| record.get(column).map_or("", String::as_str);
    let Some(sha1) = present(get("sha1")) else { return };
    // The authorities that an operating system brings along.
    if get("ca") == "1" {
        return;
    }
    let thumbprint = batch.sym(&format!("sha1:{}", sha1.to_ascii_lowercase()));
    let mut fact = CredentialFact::listed(thumbprint, CredentialKind::Certificate, place);
    fact.name = batch.sym_of(present(get("common_name")));
    fact.status = CredentialStatus::Active;
    let moment = |column: &str| Moment::parse(get(column), DateOrder::MonthFirst);
    fact.created_at = moment("not_valid_before").instant(|| "not_valid_before".to_owned(), diagnostics);
    fact.expires_at = moment("not_valid_after").expiry(|| "not_valid_after".to_owned(), diagnostics);
    fact.fingerprint = Some(thumbprint);
    batch.credentials.push(fact);
}
