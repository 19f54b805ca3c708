//! The estate's own roster: the people of the organisation, to whom identities may belong.
//!
//! `roster.csv`, exported from the personnel system or the directory.
//!
//! Read: `email`, `name`, `team`, `status` (`active` or `left`), `left_on`. Every column but the first may be missing.
//!
//! Cannot tell: what a person owns. Owners are joined by e-mail address or name.

use super::registry_csv::{date, date_order, note_unread_columns};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::{Batch, Employment, PersonRow};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::table::Table;

pub const CONNECTOR: Connector = Connector {
    id: "roster_csv",
    title: "Roster",
    vendor: "Rollcall",
    command: "keep roster.csv at the top of the estate, with the columns email, name, team, status (active or left), left_on",
    cannot_tell: &["what a person owns: owners are joined to people by e-mail address or name"],
    signatures: &[
        &[Mark::Column("email"), Mark::OnlyColumns(COLUMNS)],
        &[Mark::Column("email"), Mark::Column("left_on")],
    ],
    parse,
};

const COLUMNS: &[&str] = &["email", "name", "team", "status", "left_on"];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let table = Table::read(input.text, &mut diagnostics);
    note_unread_columns(&table, COLUMNS, &mut diagnostics);
    let order = date_order(&table, "left_on");
    for row in table.rows() {
        let email = row.get("email").trim();
        if !is_address(email) {
            diagnostics.push(Diagnostic::error(
                format!("line {} email", row.line),
                email,
                "an e-mail address such as `jo@example.com`",
                "this person was left out; mend the address",
            ));
            continue;
        }
        let left_at = date(row, "left_on", order, &mut diagnostics);
        let status = row.get("status").trim();
        let employment = match status.to_lowercase().as_str() {
            "active" => Employment::Active,
            "left" => Employment::Left,
            // A day on which somebody left says it as well.
            "" if left_at.is_some() => Employment::Left,
            "" => Employment::Unknown,
            _ => {
                diagnostics.push(Diagnostic::error(
                    format!("line {} status", row.line),
                    status,
                    "`active` or `left`",
                    "the status counts as unknown, the rest of the row was read; mend the status",
                ));
                Employment::Unknown
            }
        };
        let person = PersonRow {
            email: batch.sym(&email.to_lowercase()),
            name: batch.sym_of(present(row.get("name"))),
            team: batch.sym_of(present(row.get("team"))),
            employment,
            left_at,
            place: Place::Line(row.line),
        };
        batch.people.push(person);
    }
    (batch, diagnostics)
}

fn is_address(text: &str) -> bool {
    text.split_once('@')
        .is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty() && !text.contains(char::is_whitespace))
}
