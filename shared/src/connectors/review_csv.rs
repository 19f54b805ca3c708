//! The decisions of access reviews: what owners say of the identities that `rollcall review export` showed them.
//!
//! The exported table with the column `decision` filled in, kept in `reviews/` at the top of the estate. Rows without a
//! decision are open, and say nothing.
//!
//! Read: `identity`, `access_digest`, `access_sources`, `decision` (`keep`, `change` or `remove`), `decided_on`,
//! `decided_by`. The other columns are what the reviewer was shown.
//!
//! Cannot tell: whether the reviewer looked.

use super::registry_csv::{date_order, note_unread_columns};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::format::csv::as_it_was;
use crate::model::batch::{Batch, Decision, DecisionRow};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::moment::Moment;
use crate::reading::table::Table;

pub const CONNECTOR: Connector = Connector {
    id: "review_csv",
    title: "Access review decisions",
    vendor: "Rollcall",
    command: "rollcall review export ESTATE --owner TEAM, then fill in decision, decided_on and decided_by and keep the file in reviews/ at the top of the estate",
    cannot_tell: &["whether the reviewer looked"],
    signatures: &[&[
        Mark::Column("identity"),
        Mark::Column("access_digest"),
        Mark::Column("decision"),
    ]],
    parse,
};

/// The columns of an exported review, in their order: what is to be filled in stands before what is shown.
pub const COLUMNS: &[&str] = &[
    "identity",
    "name",
    "decision",
    "decided_on",
    "decided_by",
    "comment",
    "tier",
    "can",
    "may_act_as",
    "last_used",
    "would_break",
    "failing",
    "findings",
    "review",
    "kind",
    "source",
    "environment",
    "purpose",
    "access_digest",
    "access_sources",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let table = Table::read(input.text, &mut diagnostics);
    note_unread_columns(&table, COLUMNS, &mut diagnostics);
    let order = date_order(&table, "decided_on");
    for row in table.rows() {
        let Some(written) = present(row.get("decision")) else {
            continue;
        };
        let mut refuse = |column: &str, found: &str, expected: &str| {
            diagnostics.push(Diagnostic::error(
                format!("line {} {column}", row.line),
                found,
                expected,
                "this decision was left out; mend the row",
            ));
        };
        let decision = Decision::ALL
            .into_iter()
            .find(|decision| decision.id().eq_ignore_ascii_case(written.trim()));
        let Some(decision) = decision else {
            refuse("decision", written, "`keep`, `change` or `remove`");
            continue;
        };
        let (identity, digest) = (present(row.get("identity")), present(row.get("access_digest")));
        let Some((identity, digest)) = identity.zip(digest) else {
            let column = if identity.is_none() {
                "identity"
            } else {
                "access_digest"
            };
            refuse(column, row.get(column), "what the exported review has there");
            continue;
        };
        let Moment::At(decided_at) = Moment::parse(row.get("decided_on"), order) else {
            refuse(
                "decided_on",
                row.get("decided_on"),
                "the day of the decision, such as `2026-10-31`",
            );
            continue;
        };
        let sources = present(row.get("access_sources")).map(as_it_was);
        let decision = DecisionRow {
            identity: batch.sym(&as_it_was(identity)),
            access_digest: batch.sym(digest),
            access_sources: batch.sym_of(sources.as_deref()),
            decision,
            decided_at,
            decided_by: batch.sym_of(present(row.get("decided_by"))),
            place: Place::Line(row.line),
        };
        batch.decisions.push(decision);
    }
    (batch, diagnostics)
}
