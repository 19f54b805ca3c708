//! Snowflake users: people, services, and those that nobody has said which.
//!
//! Written by `SHOW USERS` as CSV or JSON, in Snowsight or by `snow sql -q "SHOW USERS" --format csv`. Columns are found by
//! name; their set grows.
//! <https://docs.snowflake.com/en/sql-reference/sql/show-users>
//!
//! Read: name, e-mail, type, creation, last login (none is never), state, comment, and what each authenticates with:
//! password, MFA, key pair, programmatic access token, workload identity. A user without a type may be either.
//!
//! Cannot tell: grants, and the ages of passwords, keys and tokens.

use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{Class, HumanUse, IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::LastUsed;
use crate::model::principal::HandleKind;
use crate::model::provenance::Place;
use crate::reading::absent::{present, yes_or_no};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};

pub const CONNECTOR: Connector = Connector {
    id: "snowflake_users",
    title: "Users",
    vendor: "Snowflake",
    command: "snow sql -q \"SHOW USERS\" --format csv > users.csv",
    cannot_tell: &[
        "what a user may do: that is in `SHOW GRANTS TO USER`",
        "when a password, key or token was made",
        "which of several ways a user logged in by",
    ],
    signatures: &[
        &[
            Mark::Column("name"),
            Mark::Column("login_name"),
            Mark::Column("disabled"),
            Mark::Column("has_rsa_public_key"),
        ],
        &[
            Mark::Has("name"),
            Mark::Has("login_name"),
            Mark::Has("disabled"),
            Mark::Has("has_rsa_public_key"),
        ],
    ],
    parse,
};

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let table = match input.format {
        Format::Json | Format::Yaml => Table::of_json(input.text, None, &mut diagnostics),
        _ => Table::read(input.text, &mut diagnostics),
    };
    for row in table.rows() {
        read_user(row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

pub(super) fn read_user(row: TableRow<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(name) = present(row.get("name")) else {
        diagnostics.push(Diagnostic::error(
            format!("line {} name", row.line),
            row.get("name"),
            "the user's name",
            "this row was left out; export the users again",
        ));
        return;
    };
    let place = Place::Line(row.line);
    let handle = batch.handle(HandleKind::Local, &format!("{}/users/{name}", input.source));
    let has = |column: &str| yes_or_no(row.get(column));
    let mut instant = |column: &str| {
        Moment::parse(row.get(column), DateOrder::MonthFirst)
            .instant(|| format!("line {} {column}", row.line), diagnostics)
    };
    let is_disabled = has("disabled");
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::DatabaseAccount, place);
    if let Some(email) = present(row.get("email")).filter(|email| email.contains('@')) {
        fact.handles
            .push(batch.handle(HandleKind::Email, &email.to_lowercase()));
    }
    fact.class = Some(match row.get("type").trim() {
        "SERVICE" | "LEGACY_SERVICE" | "SNOWFLAKE_SERVICE" => Class::NonHuman,
        "PERSON" => Class::Human,
        // Snowflake treats it as a person, but nobody has said so.
        _ => Class::Unknown,
    });
    fact.name = Some(batch.sym(name));
    fact.status = match is_disabled {
        Some(true) => Status::Disabled,
        Some(false) => Status::Active,
        None => Status::Unknown,
    };
    fact.created_at = instant("created_on");
    fact.last_used = match present(row.get("last_success_login")) {
        Some(_) => instant("last_success_login").map_or(LastUsed::NotReported, LastUsed::At),
        None => LastUsed::Never,
    };
    fact.purpose = batch.sym_of(present(row.get("comment")));
    fact.human_use = match (has("has_password"), has("has_mfa")) {
        (_, Some(true)) => HumanUse::MfaDevice,
        // A service of the old kind logs in with its password.
        (Some(true), _) if row.get("type") != "LEGACY_SERVICE" => HumanUse::ConsolePassword,
        (Some(_), _) => HumanUse::Absent,
        (None, _) => HumanUse::NotReported,
    };
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);

    for (column, kind, shown) in [
        ("has_password", CredentialKind::Password, "password"),
        ("has_rsa_public_key", CredentialKind::Unclassified, "RSA key pair"),
        ("has_pat", CredentialKind::ApiKey, "programmatic access token"),
        ("has_workload_identity", CredentialKind::Federation, "workload identity"),
    ] {
        if has(column) == Some(true) {
            let key = batch.sym(&format!("snowflake:{}/{name}/{column}", input.source));
            let mut fact = CredentialFact::listed(key, kind, place);
            fact.holder = Some(handle);
            fact.name = Some(batch.sym(shown));
            fact.status = match is_disabled {
                Some(true) => CredentialStatus::Inactive,
                Some(false) => CredentialStatus::Active,
                None => CredentialStatus::Unknown,
            };
            batch.credentials.push(fact);
        }
    }
}
