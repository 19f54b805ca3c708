//! AWS IAM credential report: every IAM user of an account with its password, two key slots and certificates.
//!
//! Written by `aws iam generate-credential-report` and `aws iam get-credential-report`, as the CSV itself or as the
//! JSON answer that carries it (base64 from the CLI, plain from SDK dumps).
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>
//!
//! Read: user, arn, creation, password (state, last use), MFA, both access keys (state, rotation, last use, region,
//! service), both signing certificates. Columns are found by name, and new ones are ignored.
//!
//! Cannot tell: key ids, policies, groups, owners. AWS serves a copy up to four hours old.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, KeyedBy};
use crate::model::identity::{Class, HumanUse, IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::HandleKind;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};

pub const CONNECTOR: Connector = Connector {
    id: "aws_credential_report",
    title: "IAM credential report",
    vendor: "AWS",
    command: "aws iam generate-credential-report; aws iam get-credential-report --query Content --output text | base64 -d > credential-report.csv",
    cannot_tell: &[
        "access key ids: the report numbers the two slots of a user and names neither key; add `list-access-keys`, whose keys join by their creation",
        "what a user may do: add `get-account-authorization-details`",
        "use in the last four hours: AWS serves a cached report",
    ],
    signatures: &[
        &[
            Mark::Column("user"),
            Mark::Column("arn"),
            Mark::Column("user_creation_time"),
        ],
        &[Mark::Has("ReportFormat"), Mark::Has("Content")],
        &[Mark::Begins(PACKED_HEADER)],
        &[
            Mark::Has("State"),
            Mark::Has("Description"),
            Mark::Contains("Description", "report"),
        ],
    ],
    parse,
};

/// What the report begins with in base64, as `--output text` writes it: `user,arn,user_creation_time`.
const PACKED_HEADER: &str = "dXNlcixhcm4sdXNlcl9jcmVhdGlvbl90aW1l";

const KEY_SLOTS: [&str; 2] = ["access_key_1", "access_key_2"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawReport<'a> {
    #[serde(borrow, default)]
    content: Option<Cow<'a, str>>,
    #[serde(default)]
    generated_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    if !matches!(input.format, Format::Json | Format::Yaml) {
        // `--output text` puts the time and the format behind the report.
        let report = match input.text.starts_with(PACKED_HEADER) {
            true => unpack(input.text.split('\t').next().unwrap_or_default()),
            false => Some(Cow::Borrowed(input.text)),
        };
        read_report(report, "whole file", &mut batch, &mut diagnostics);
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(report) = row.parse::<RawReport<'_>>(&mut diagnostics) else {
            continue;
        };
        let generated_at = report
            .generated_time
            .instant(|| "GeneratedTime".to_owned(), &mut diagnostics);
        batch.state_at(generated_at);
        match report.content {
            Some(content) => read_report(unpack(&content), "Content", &mut batch, &mut diagnostics),
            None => batch
                .gaps
                .push("the report was still being made: ask for it again in a few seconds".to_owned()),
        }
    }
    (batch, diagnostics)
}

/// The CSV inside: base64 from the CLI, plain text from dumps of the Python SDK, or Python's notation for bytes
/// (`b'user,arn,…\\n…'`) where the dump made text of everything. `None` when it is none of these.
fn unpack(content: &str) -> Option<Cow<'_, str>> {
    if content.starts_with("user,") {
        return Some(Cow::Borrowed(content));
    }
    if let Some(bytes) = content.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\'')) {
        return Some(Cow::Owned(bytes.replace("\\r", "").replace("\\n", "\n")));
    }
    let packed: String = content.split_ascii_whitespace().collect();
    let csv = String::from_utf8(STANDARD.decode(packed).ok()?).ok()?;
    csv.starts_with("user,").then_some(Cow::Owned(csv))
}

fn read_report(report: Option<Cow<'_, str>>, place: &str, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    match report {
        Some(report) => read_table(&report, batch, diagnostics),
        None => diagnostics.push(Diagnostic::error(
            place,
            "text that is no credential report",
            "the report as CSV, plain or in base64",
            "the copy may be cut short: export the report again",
        )),
    }
}

fn read_table(text: &str, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let table = Table::read(text, diagnostics);
    for row in table.rows() {
        read_user(row, batch, diagnostics);
    }
}

fn read_user(row: TableRow<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let (user, arn) = (row.get("user"), row.get("arn"));
    if !arn.starts_with("arn:") {
        diagnostics.push(Diagnostic::error(
            format!("line {} arn", row.line),
            arn,
            "an ARN such as `arn:aws:iam::123456789012:user/ci`",
            "this row was left out; export the report again",
        ));
        return;
    }
    let is_root = user == "<root_account>";
    let has_password = flag(row, "password_enabled");
    let [key_1_active, key_2_active] = KEY_SLOTS.map(|slot| flag(row, &format!("{slot}_active")));
    let password_used = last_used(row, "password_last_used", diagnostics);
    let keys_used = KEY_SLOTS.map(|slot| last_used(row, &format!("{slot}_last_used_date"), diagnostics));
    let place = Place::Line(row.line);
    let handle = batch.handle(HandleKind::Arn, arn);
    let kind = if is_root {
        IdentityKind::Root
    } else {
        IdentityKind::User
    };
    let mut fact = IdentityFact::listed(smallvec![handle], kind, place);
    fact.name = Some(batch.sym(if is_root { "root" } else { user }));
    fact.account = batch.sym_of(arn.split(':').nth(4));
    fact.created_at = instant(row, "user_creation_time", diagnostics);
    fact.status = Status::Active;
    fact.credentials_known = Knowledge::Reported;
    if !is_root {
        // A password without a working key is a person's user; anything with a working key serves a program, and
        // without either no person can sign in.
        fact.class = match (has_password, key_1_active, key_2_active) {
            (_, Some(true), _) | (_, _, Some(true)) => Some(Class::NonHuman),
            (Some(true), _, _) => Some(Class::Human),
            (Some(false), _, _) => Some(Class::NonHuman),
            (None, _, _) => None,
        };
    }
    fact.human_use = match (has_password, flag(row, "mfa_active")) {
        (Some(true), _) => HumanUse::ConsolePassword,
        (_, Some(true)) => HumanUse::MfaDevice,
        (Some(false), Some(false)) => HumanUse::Absent,
        (None, _) | (Some(false), None) => HumanUse::NotReported,
    };
    // Whoever has no password and no keys has none that were used.
    fact.last_used = keys_used.into_iter().fold(password_used, later);
    batch.identities.push(fact);

    if has_password == Some(true) {
        let mut password = credential(batch, arn, "password", CredentialKind::Password, place);
        password.holder = Some(handle);
        password.status = CredentialStatus::Active;
        password.created_at = instant(row, "password_last_changed", diagnostics);
        password.last_used = password_used;
        batch.credentials.push(password);
    }
    for (slot, used) in KEY_SLOTS.into_iter().zip(keys_used) {
        let rotated = instant(row, &format!("{slot}_last_rotated"), diagnostics);
        let status = flag(row, &format!("{slot}_active"));
        // A slot that is inactive and was never rotated holds no key.
        if status != Some(true) && rotated.is_none() {
            continue;
        }
        let mut key = credential(batch, arn, slot, CredentialKind::AccessKey, place);
        key.holder = Some(handle);
        key.keyed_by = KeyedBy::Slot;
        key.status = state(status);
        key.created_at = rotated;
        key.last_used = used;
        let used_for: Vec<_> = ["service", "region"]
            .iter()
            .filter_map(|what| present(row.get(&format!("{slot}_last_used_{what}"))))
            .collect();
        key.last_used_for = batch.sym_of(Some(&used_for.join(" ")));
        batch.credentials.push(key);
    }
    for slot in ["cert_1", "cert_2"] {
        let rotated = instant(row, &format!("{slot}_last_rotated"), diagnostics);
        let status = flag(row, &format!("{slot}_active"));
        if status == Some(true) || rotated.is_some() {
            let mut certificate = credential(batch, arn, slot, CredentialKind::SigningCertificate, place);
            certificate.holder = Some(handle);
            certificate.keyed_by = KeyedBy::Slot;
            certificate.status = state(status);
            certificate.created_at = rotated;
            batch.credentials.push(certificate);
        }
    }
}

fn credential(batch: &mut Batch, arn: &str, slot: &str, kind: CredentialKind, place: Place) -> CredentialFact {
    let key = batch.sym(&format!("aws-key:{arn}/{slot}"));
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.name = Some(batch.sym(slot));
    fact
}

fn flag(row: TableRow<'_>, column: &str) -> Option<bool> {
    crate::reading::absent::yes_or_no(row.get(column))
}

fn state(is_active: Option<bool>) -> CredentialStatus {
    match is_active {
        Some(true) => CredentialStatus::Active,
        Some(false) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    }
}

/// `N/A` and `no_information`: never used since AWS began to track in 2014 (passwords) and 2015 (keys).
fn last_used(row: TableRow<'_>, column: &str, diagnostics: &mut Diagnostics) -> LastUsed {
    match row.get(column) {
        "N/A" | "no_information" => LastUsed::Never,
        _ => instant(row, column, diagnostics).map_or(LastUsed::NotReported, LastUsed::At),
    }
}

/// Of two ways in, the later use; never only where neither was used.
fn later(a: LastUsed, b: LastUsed) -> LastUsed {
    match (a, b) {
        (LastUsed::At(a), LastUsed::At(b)) => LastUsed::At(a.max(b)),
        (used @ LastUsed::At(_), _) | (_, used @ LastUsed::At(_)) => used,
        (LastUsed::Never, LastUsed::Never) => LastUsed::Never,
        (_, _) => LastUsed::NotReported,
    }
}

fn instant(row: TableRow<'_>, column: &str, diagnostics: &mut Diagnostics) -> Option<Instant> {
    Moment::parse(row.get(column), DateOrder::MonthFirst).instant(|| format!("line {} {column}", row.line), diagnostics)
}
