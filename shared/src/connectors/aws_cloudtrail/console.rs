//! Events as the console's event history gives them ("Download as CSV"): a table that names who called by no ARN.
//!
//! Of a user only the name stands there, of a role only its session's. Who called is therefore told only by the access
//! key, whose last use is read.

use super::{KeyUse, Log, Seen, Spot, service_of};
use crate::diagnostic::Diagnostic;
use crate::reading::absent::present;
use crate::reading::table::Table;

/// Columns that only this table has, as they are called there.
pub(super) const COLUMNS: [&str; 4] = ["event time", "event source", "event name", "user name"];

pub(super) fn is_one(table: &Table) -> bool {
    COLUMNS.iter().all(|column| table.column(&[column]).is_some())
}

pub(super) fn read(table: &Table, log: &mut Log<'_>) {
    const KEY: &str = "aws access key";
    if table.column(&[KEY]).is_none() {
        log.diagnostics.push(Diagnostic::warning(
            "header",
            "no column `AWS access key`",
            "the key that each call was made with",
            "nothing is known of who called: choose the column, or download the events as JSON",
        ));
        return;
    }
    let mut n_others = 0usize;
    for row in table.rows() {
        let spot = Spot::Line(row.line);
        let Some(at) = log.time(row.get("event time"), spot) else {
            continue;
        };
        let key = row.get(KEY).trim();
        // `ASIA…` is the key of a session, which ends by itself.
        if !key.starts_with("AKIA") {
            n_others += 1;
            continue;
        }
        let Some(service) = service_of(row.get("event source")) else {
            continue;
        };
        let used = KeyUse {
            last: Seen { at, spot },
            holder: None,
            service: log.batch.sym(service),
            region: log.batch.sym_of(present(row.get("aws region"))),
        };
        let key = log.batch.sym(key);
        log.key_used(key, used);
    }
    if n_others > 0 {
        log.diagnostics.push(Diagnostic::info(
            "rows",
            format!("events by sessions, services and people in the console: {n_others}"),
            "calls with an access key of a user",
            "this table does not say which role or user a session is of: download the events as JSON",
        ));
    }
}
