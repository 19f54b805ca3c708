//! The estate's own registry: what the organisation has decided about its identities.
//!
//! `registry.csv`, kept by hand or written by a service catalogue. Each row speaks of all identities that its pattern
//! matches (a glob: `*` any run, `?` one character).
//!
//! Read: `identity` (or `pattern`), `owner`, `team`, `purpose`, `environment`, `reviewed_on`, `reviewer`,
//! `retires_on`. Every column but the first may be missing.
//!
//! Cannot tell: whether an identity of a row exists. A registry lists decisions, not identities.

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::{Batch, RegistryRow};
use crate::model::instant::Instant;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::table::{Table, TableRow};

pub const CONNECTOR: Connector = Connector {
    id: "registry_csv",
    title: "Registry",
    vendor: "Rollcall",
    command: "keep registry.csv at the top of the estate, with the columns identity, owner, team, purpose, environment, reviewed_on, reviewer, retires_on",
    cannot_tell: &["whether an identity exists: a row is a decision about every identity that its pattern matches"],
    signatures: &[
        &[Mark::Column("identity"), Mark::OnlyColumns(COLUMNS)],
        &[Mark::Column("pattern"), Mark::OnlyColumns(COLUMNS)],
        &[
            Mark::Column("identity"),
            Mark::AnyColumn(&["reviewed_on", "retires_on"]),
        ],
        &[Mark::Column("pattern"), Mark::AnyColumn(STATEMENTS)],
    ],
    parse,
};

const COLUMNS: &[&str] = &[
    "identity",
    "pattern",
    "owner",
    "team",
    "purpose",
    "environment",
    "reviewed_on",
    "reviewer",
    "retires_on",
];

/// The columns that say something of the identities that a pattern matches.
const STATEMENTS: &[&str] = COLUMNS.split_at(2).1;

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let table = Table::read(input.text, &mut diagnostics);
    note_unread_columns(&table, COLUMNS, &mut diagnostics);
    let (reviewed, retires) = (date_order(&table, "reviewed_on"), date_order(&table, "retires_on"));
    for row in table.rows() {
        let Some(pattern) = present(row.get("identity")).or_else(|| present(row.get("pattern"))) else {
            diagnostics.push(Diagnostic::error(
                format!("line {} identity", row.line),
                row.get("identity"),
                "the identities that the row is about, such as `arn:aws:iam::*:role/payments-*`",
                "this row was left out; name an identity or a pattern",
            ));
            continue;
        };
        let said = RegistryRow {
            pattern: batch.sym(pattern),
            owner: batch.sym_of(present(row.get("owner"))),
            team: batch.sym_of(present(row.get("team"))),
            purpose: batch.sym_of(present(row.get("purpose"))),
            environment: batch.sym_of(present(row.get("environment"))),
            reviewed_at: date(row, "reviewed_on", reviewed, &mut diagnostics),
            reviewer: batch.sym_of(present(row.get("reviewer"))),
            retires_at: date(row, "retires_on", retires, &mut diagnostics),
            place: Place::Line(row.line),
        };
        if STATEMENTS.iter().all(|column| present(row.get(column)).is_none()) {
            diagnostics.push(Diagnostic::info(
                format!("line {}", row.line),
                pattern,
                "an owner, a team, a purpose, an environment, a review or a date of retirement",
                "the row decides nothing; fill it in or remove it",
            ));
        }
        batch.registry.push(said);
    }
    (batch, diagnostics)
}

/// A column with another name is a typing error as often as not, so it is named.
pub(super) fn note_unread_columns(table: &Table, known: &[&str], diagnostics: &mut Diagnostics) {
    let unread: Vec<_> = table
        .header()
        .iter()
        .map(String::as_str)
        .filter(|column| !column.is_empty() && !known.contains(column))
        .collect();
    if !unread.is_empty() {
        diagnostics.push(Diagnostic::info(
            "header",
            unread.join(", "),
            format!("columns among {}", known.join(", ")),
            "these columns are not read; rename them if they are misspelt",
        ));
    }
}

/// The order of day and month in a column.
pub(super) fn date_order(table: &Table, column: &str) -> DateOrder {
    match table.column(&[column]) {
        Some(at) => DateOrder::of_column(table.cells(at)),
        None => DateOrder::MonthFirst,
    }
}

pub(super) fn date(
    row: TableRow<'_>,
    column: &str,
    order: DateOrder,
    diagnostics: &mut Diagnostics,
) -> Option<Instant> {
    Moment::parse(row.get(column), order).instant(|| format!("line {} {column}", row.line), diagnostics)
}
