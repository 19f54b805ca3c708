//! gitleaks: secrets in a repository or a folder, with the commit that put them there.
//!
//! Written by `gitleaks git -f json|csv -r FILE` (version 8), and by `gitleaks --format=json|csv --report=FILE`
//! (version 7, whose members are named otherwise). Its SARIF is read with everybody's.
//! <https://github.com/gitleaks/gitleaks>, `report/finding.go`; version 7's `scan/leak.go`
//!
//! Read: rule, file, line, commit, date, author, link. Of the secret and of the text around it stay fingerprints and
//! what they name by themselves: an access key's id, a key file's key, a private key's public half.
//!
//! Cannot tell: whether a secret works, and where it was found other than in what was scanned.

use serde::Deserialize;

use super::leaked_secret::{self, Finding};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::leak::Liveness;
use crate::model::provenance::Place;
use crate::reading::json;
use crate::reading::loose::number;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gitleaks_findings",
    title: "gitleaks findings",
    vendor: "gitleaks",
    command: "gitleaks git -f json -r gitleaks.json",
    cannot_tell: &[
        "whether a leaked secret still works: gitleaks does not try it",
        "which credential a secret is, where its text names none and no other export has its fingerprint",
        "anything of secrets that `--redact` hides",
    ],
    signatures: &[
        &[Mark::Has("RuleID"), Mark::Has("StartLine"), Mark::Has("Commit")],
        &[Mark::Has("rule"), Mark::Has("offender"), Mark::Has("commit")],
        &[
            Mark::Column("ruleid"),
            Mark::Column("commit"),
            Mark::Column("secret"),
            Mark::Column("startline"),
        ],
        &[Mark::Column("rule"), Mark::Column("offender"), Mark::Column("commit")],
    ],
    parse,
};

/// A finding in version 8's words; the aliases are version 7's.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawFinding<'a> {
    #[serde(borrow, default, rename = "RuleID", alias = "rule")]
    rule_id: Option<Text<'a>>,
    #[serde(default, alias = "lineNumber", deserialize_with = "number")]
    start_line: Option<u64>,
    #[serde(borrow, default, alias = "offender")]
    secret: Option<Text<'a>>,
    #[serde(borrow, default, alias = "line")]
    r#match: Option<Text<'a>>,
    #[serde(borrow, default, alias = "file")]
    file: Option<Text<'a>>,
    #[serde(borrow, default, alias = "commit")]
    commit: Option<Text<'a>>,
    #[serde(borrow, default, alias = "leakURL")]
    link: Option<Text<'a>>,
    #[serde(borrow, default, alias = "repoURL")]
    repo_url: Option<Text<'a>>,
    #[serde(borrow, default, alias = "author")]
    author: Option<Text<'a>>,
    #[serde(borrow, default, alias = "email")]
    email: Option<Text<'a>>,
    #[serde(default, alias = "date")]
    date: Moment,
}

/// The same, from JSON or a table.
struct Found<'a> {
    rule: &'a str,
    line: Option<u64>,
    secret: &'a str,
    around: &'a str,
    file: &'a str,
    commit: &'a str,
    link: &'a str,
    author: &'a str,
    email: &'a str,
    date: Moment,
    place: Place,
    place_name: String,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    if input.format == Format::Table {
        let table = Table::read(input.text, &mut diagnostics);
        for row in table.rows() {
            read(from_table(row), input, &mut batch, &mut diagnostics);
        }
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawFinding<'_>>(&mut diagnostics) else {
            continue;
        };
        let text = |text: &'_ Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
        let link = match text(&raw.link) {
            link if link.is_empty() => text(&raw.repo_url),
            link => link,
        };
        let found = Found {
            rule: raw.rule_id.as_deref().unwrap_or_default(),
            line: raw.start_line,
            secret: raw.secret.as_deref().unwrap_or_default(),
            around: raw.r#match.as_deref().unwrap_or_default(),
            file: raw.file.as_deref().unwrap_or_default(),
            commit: raw.commit.as_deref().unwrap_or_default(),
            link: &link,
            author: raw.author.as_deref().unwrap_or_default(),
            email: raw.email.as_deref().unwrap_or_default(),
            date: raw.date,
            place: row.place(&mut batch),
            place_name: row.name(),
        };
        read(found, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

/// A row of version 8's CSV, or of version 7's, which has no line numbers.
fn from_table(row: TableRow<'_>) -> Found<'_> {
    let either = |new: &str, old: &str| match row.get(new) {
        "" => row.get(old),
        cell => cell,
    };
    Found {
        rule: either("ruleid", "rule"),
        line: row.get("startline").parse().ok(),
        secret: either("secret", "offender"),
        around: either("match", "line"),
        file: row.get("file"),
        commit: row.get("commit"),
        link: row.get("leakurl"),
        author: row.get("author"),
        email: row.get("email"),
        date: Moment::parse(row.get("date"), DateOrder::MonthFirst),
        place: Place::Line(row.line),
        place_name: format!("line {}", row.line),
    }
}

fn read(found: Found<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    if found.rule.is_empty() {
        diagnostics.push(Diagnostic::error(
            format!("{} RuleID", found.place_name),
            "nothing",
            "the rule that found the secret, such as `aws-access-token`",
            "this finding was left out; write the report again",
        ));
        return;
    }
    let leaked_at = found.date.instant(|| format!("{} Date", found.place_name), diagnostics);
    // `https://github.com/acme/shop/blob/<commit>/deploy.yml#L3`
    let repository = found.link.split("/blob/").next();
    let author = leaked_secret::person(found.author, found.email);
    leaked_secret::push(
        Finding {
            scanner: "gitleaks",
            rule: found.rule,
            secrets: &[found.secret, found.around],
            found_in: leaked_secret::found_in(repository, Some(found.file), found.line, Some(found.commit)),
            leaked_at,
            author: author.as_deref(),
            liveness: Liveness::Unknown,
            identities: Vec::new(),
            place: found.place,
        },
        input,
        batch,
    );
}
