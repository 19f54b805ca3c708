//! All rows of a list that match a query, as a file.

use serde::Serialize;
use serde_json::Value;

#[cfg(feature = "documents")]
use super::workbook::{Cell, MAX_ROWS, Sheet};
use super::{ExportError, media_type};
use crate::analysis::Analysis;
use crate::api::query::ListQuery;
use crate::api::report::ReportFormat;
use crate::format::csv::{defused, write_row};
use crate::kpi::catalog::Table;
use crate::lists;
use crate::model::instant::Instant;

/// A file format of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// RFC 4180, UTF-8, with a header; cells that a spreadsheet would take for a formula begin with `'`, and control
    /// characters are spaces.
    Csv,
    /// One array of row objects.
    Json,
    /// One sheet.
    Xlsx,
}

impl ExportFormat {
    pub const ALL: [ExportFormat; 3] = [ExportFormat::Csv, ExportFormat::Json, ExportFormat::Xlsx];

    /// The word in URLs, which is the file's extension too.
    pub fn id(self) -> &'static str {
        match self {
            ExportFormat::Csv => "csv",
            ExportFormat::Json => "json",
            ExportFormat::Xlsx => "xlsx",
        }
    }

    /// What the file is, for whoever receives it.
    pub fn media_type(self) -> &'static str {
        match self {
            ExportFormat::Csv => media_type(ReportFormat::Csv),
            ExportFormat::Json => media_type(ReportFormat::Json),
            ExportFormat::Xlsx => media_type(ReportFormat::Xlsx),
        }
    }
}

/// All rows of a list that match a query.
///
/// # Errors
/// When the query names something that the list does not have, or the format does not take so many rows.
pub fn list(
    analysis: &Analysis,
    table: Table,
    query: &ListQuery,
    format: ExportFormat,
) -> Result<Vec<u8>, ExportError> {
    let rows = match (table, analysis.lists.of(table)) {
        (Table::Findings, _) => analysis.lists.findings.all(query, analysis)?,
        (_, Some(list)) => list.all(query, table, analysis)?,
        (_, None) => return Ok(Vec::new()),
    };
    let as_of = analysis.snapshot.as_of;
    match table {
        Table::Identities => write(
            as_of,
            rows.iter().map(|row| lists::identity_row(analysis, *row)),
            format,
            IDENTITY_COLUMNS,
        ),
        Table::Credentials => write(
            as_of,
            rows.iter().map(|row| lists::credential_row(analysis, *row)),
            format,
            CREDENTIAL_COLUMNS,
        ),
        Table::Certificates => write(
            as_of,
            rows.iter().map(|row| lists::certificate_row(analysis, *row)),
            format,
            CERTIFICATE_COLUMNS,
        ),
        Table::Findings => write(
            as_of,
            rows.iter()
                .map(|row| lists::finding_row(analysis, &analysis.findings.all[*row])),
            format,
            FINDING_COLUMNS,
        ),
        Table::None => Ok(Vec::new()),
    }
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

/// Rows of an API's answer, a column for each member that is named.
pub(super) fn write<Row: Serialize>(
    as_of: Instant,
    rows: impl Iterator<Item = Row>,
    format: ExportFormat,
    columns: &[&str],
) -> Result<Vec<u8>, ExportError> {
    match format {
        ExportFormat::Xlsx => workbook(as_of, rows, columns),
        ExportFormat::Json => {
            let mut bytes = vec![b'['];
            for (index, row) in rows.enumerate() {
                bytes.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
                // A row of strings, numbers and lists always serialises.
                let _ = serde_json::to_writer(&mut bytes, &row);
            }
            bytes.extend_from_slice(b"\n]\n");
            Ok(bytes)
        }
        ExportFormat::Csv => {
            let mut text = String::new();
            write_row(&mut text, columns);
            for row in rows {
                let value = serde_json::to_value(&row).unwrap_or_default();
                write_row(&mut text, columns.iter().map(|column| cell(value.get(column))));
            }
            Ok(text.into_bytes())
        }
    }
}

#[cfg(feature = "documents")]
fn workbook<Row: Serialize>(
    as_of: Instant,
    rows: impl Iterator<Item = Row>,
    columns: &[&str],
) -> Result<Vec<u8>, ExportError> {
    let typed = |column: &str, value: Option<&Value>| match value {
        None | Some(Value::Null) => Cell::Empty,
        Some(Value::Number(number)) => number.as_f64().map_or(Cell::Empty, Cell::Number),
        Some(Value::String(text)) => {
            let is_instant = column == "at" || column.ends_with("_at") || column == "waived_until";
            let at = is_instant.then(|| Instant::from_text(text)).flatten();
            at.map_or_else(|| Cell::text(text), Cell::At)
        }
        Some(Value::Array(items)) => {
            let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
            Cell::Text(items.join(" "))
        }
        Some(other @ (Value::Bool(_) | Value::Object(_))) => Cell::Text(other.to_string()),
    };
    let rows = rows.take(MAX_ROWS + 1).map(|row| {
        let value = serde_json::to_value(&row).unwrap_or_default();
        columns.iter().map(|column| typed(column, value.get(column))).collect()
    });
    let sheet = Sheet {
        name: "Rows",
        columns: columns.iter().map(|column| ((*column).to_owned(), 22.0)).collect(),
        rows: rows.collect(),
        note: None,
    };
    super::workbook::write("Rollcall", as_of, &[sheet])
}

#[cfg(not(feature = "documents"))]
fn workbook<Row: Serialize>(_: Instant, _: impl Iterator<Item = Row>, _: &[&str]) -> Result<Vec<u8>, ExportError> {
    Err(ExportError::NotBuiltIn("xlsx"))
}

/// A value as one cell. Lists are joined by spaces; nothing is written for null.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => defused(text),
        Some(Value::Array(items)) => defused(&items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_))) => other.to_string(),
    }
}
