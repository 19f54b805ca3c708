//! The lists, page by page and as files.

use serde::Serialize;

use crate::analysis::Analysis;
use crate::api::Page;
use crate::api::findings::FindingRow;
use crate::api::query::{BadQuery, ListQuery};
use crate::api::rows::{CertificateRow, CredentialRow, IdentityRow};
use crate::diagnostic::printable;
use crate::kpi::catalog::Table;
use crate::lists;
use crate::model::snapshot::Snapshot;

/// `GET /api/v1/identities`.
///
/// # Errors
/// When the query names something that the list does not have; likewise below.
pub fn identities(analysis: &Analysis, query: &ListQuery) -> Result<Page<IdentityRow>, BadQuery> {
    page(analysis, query, Table::Identities, lists::identity_row)
}

/// `GET /api/v1/credentials`.
pub fn credentials(analysis: &Analysis, query: &ListQuery) -> Result<Page<CredentialRow>, BadQuery> {
    page(analysis, query, Table::Credentials, lists::credential_row)
}

/// `GET /api/v1/certificates`.
pub fn certificates(analysis: &Analysis, query: &ListQuery) -> Result<Page<CertificateRow>, BadQuery> {
    page(analysis, query, Table::Certificates, lists::certificate_row)
}

/// `GET /api/v1/findings`.
pub fn findings(analysis: &Analysis, query: &ListQuery) -> Result<Page<FindingRow>, BadQuery> {
    let answer = analysis.lists.findings.answer(query, analysis)?;
    let n_total = analysis.findings.all.len();
    let row = |analysis: &Analysis, index: usize| lists::finding_row(analysis, &analysis.findings.all[index]);
    Ok(window(analysis, query, n_total, answer, row))
}

/// A file format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, UTF-8, with a header; cells that a spreadsheet would take for a formula begin with `'`, and control
    /// characters are spaces.
    Csv,
    /// One array of row objects.
    Json,
}

/// All rows of a list that match a query, as a file.
pub fn export(analysis: &Analysis, table: Table, query: &ListQuery, format: ExportFormat) -> Result<Vec<u8>, BadQuery> {
    let rows = match (table, analysis.lists.of(table)) {
        (Table::Findings, _) => analysis.lists.findings.all(query, analysis)?,
        (_, Some(list)) => list.all(query, table, analysis)?,
        (_, None) => return Ok(Vec::new()),
    };
    Ok(match table {
        Table::Identities => write(
            rows.iter().map(|row| lists::identity_row(analysis, *row)),
            format,
            IDENTITY_COLUMNS,
        ),
        Table::Credentials => write(
            rows.iter().map(|row| lists::credential_row(analysis, *row)),
            format,
            CREDENTIAL_COLUMNS,
        ),
        Table::Certificates => write(
            rows.iter().map(|row| lists::certificate_row(analysis, *row)),
            format,
            CERTIFICATE_COLUMNS,
        ),
        Table::Findings => write(
            rows.iter()
                .map(|row| lists::finding_row(analysis, &analysis.findings.all[*row])),
            format,
            FINDING_COLUMNS,
        ),
        Table::None => Vec::new(),
    })
}

const IDENTITY_COLUMNS: &[&str] = &[
    "id",
    "name",
    "kind",
    "class",
    "origin",
    "source",
    "account",
    "environment",
    "owner",
    "team",
    "purpose",
    "status",
    "created_at",
    "last_used_at",
    "last_used",
    "expires_at",
    "n_credentials",
    "governed",
    "failing",
];

const CREDENTIAL_COLUMNS: &[&str] = &[
    "id",
    "name",
    "kind",
    "status",
    "holder",
    "holder_name",
    "n_holders",
    "source",
    "environment",
    "owner",
    "team",
    "created_at",
    "age_days",
    "last_used_at",
    "last_used",
    "last_used_for",
    "expires_at",
    "expiry",
    "rotation",
    "fingerprint",
];

const CERTIFICATE_COLUMNS: &[&str] = &[
    "id",
    "kind",
    "status",
    "sha256",
    "subject",
    "issuer",
    "serial",
    "names",
    "role",
    "trust",
    "key",
    "signature_hash",
    "holder",
    "holder_name",
    "source",
    "n_places",
    "environment",
    "owner",
    "team",
    "created_at",
    "last_used_at",
    "expires_at",
    "days_left",
    "validity_days",
    "validity",
    "strength",
];

const FINDING_COLUMNS: &[&str] = &[
    "key",
    "rule",
    "title",
    "severity",
    "because",
    "subject",
    "subject_id",
    "subject_name",
    "kind",
    "identity",
    "source",
    "environment",
    "owner",
    "team",
    "observed",
    "threshold",
    "threshold_set_by",
    "file",
    "place",
    "command",
    "waived_by",
    "waived_because",
    "waived_until",
];

fn page<Row>(
    analysis: &Analysis,
    query: &ListQuery,
    table: Table,
    row: impl Fn(&Analysis, usize) -> Row,
) -> Result<Page<Row>, BadQuery> {
    let empty = lists::List::default();
    let list = analysis.lists.of(table).unwrap_or(&empty);
    let answer = list.answer(query, table, analysis)?;
    Ok(window(analysis, query, list.n_rows(), answer, row))
}

fn window<Row>(
    analysis: &Analysis,
    query: &ListQuery,
    n_total: usize,
    answer: lists::Answer,
    row: impl Fn(&Analysis, usize) -> Row,
) -> Page<Row> {
    Page {
        as_of: analysis.snapshot.as_of,
        n_matching: answer.n_matching,
        n_total,
        offset: query.offset,
        rows: answer.rows.iter().map(|index| row(analysis, *index)).collect(),
        facets: answer.facets,
        partial_sources: partial_sources(&analysis.snapshot),
    }
}

/// The names of the sources in which something is missing.
fn partial_sources(snapshot: &Snapshot) -> Vec<String> {
    snapshot
        .sources
        .iter()
        .filter(|source| !source.gaps.is_empty())
        .map(|source| source.name.clone())
        .collect()
}

fn write<Row: Serialize>(rows: impl Iterator<Item = Row>, format: ExportFormat, columns: &[&str]) -> Vec<u8> {
    match format {
        ExportFormat::Json => {
            let mut bytes = vec![b'['];
            for (index, row) in rows.enumerate() {
                bytes.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
                // A row of strings, numbers and lists always serialises.
                let _ = serde_json::to_writer(&mut bytes, &row);
            }
            bytes.extend_from_slice(b"\n]\n");
            bytes
        }
        ExportFormat::Csv => {
            let mut writer = csv::WriterBuilder::new()
                .terminator(csv::Terminator::CRLF)
                .from_writer(Vec::new());
            // Writing to memory does not fail.
            let _ = writer.write_record(columns);
            for row in rows {
                let value = serde_json::to_value(&row).unwrap_or_default();
                let cells = columns.iter().map(|column| cell(value.get(column)));
                let _ = writer.write_record(cells);
            }
            writer.into_inner().unwrap_or_default()
        }
    }
}

/// A value as one cell. Lists are joined by spaces; nothing is written for null.
fn cell(value: Option<&serde_json::Value>) -> String {
    match value {
        None | Some(serde_json::Value::Null) => String::new(),
        Some(serde_json::Value::String(text)) => defused(text),
        Some(serde_json::Value::Array(items)) => defused(
            &items
                .iter()
                .filter_map(serde_json::Value::as_str)
                .collect::<Vec<_>>()
                .join(" "),
        ),
        Some(other @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_) | serde_json::Value::Object(_))) => {
            other.to_string()
        }
    }
}

/// Text that a spreadsheet does not take for a formula, and a terminal not for a command.
fn defused(text: &str) -> String {
    let shown = printable(text);
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{shown}"),
        false => shown.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_becomes_a_formula() {
        assert_eq!(defused("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(defused("@x"), "'@x");
        assert_eq!(defused("\t=1"), "' =1");
        assert_eq!(defused("plain = x"), "plain = x");
        assert_eq!(defused("a\u{1b}[31m\u{9b}b\r\nc"), "a [31m b  c");
    }
}
