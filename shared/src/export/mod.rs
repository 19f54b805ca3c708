//! Files to send on, and what other tools take: one file for each format.

mod commands;
mod csv;
mod document;
mod html;
mod list;
mod oaa;
mod ocsf;
mod opengraph;
#[cfg(feature = "documents")]
mod pdf;
mod prometheus;
mod review;
mod table;
#[cfg(feature = "documents")]
mod workbook;
#[cfg(feature = "documents")]
mod xlsx;

pub use list::{ExportFormat, list};
pub use oaa::oaa;
pub use ocsf::ocsf;
pub use opengraph::opengraph;
pub use prometheus::{gauge, prometheus};
pub use review::{review_page, review_sheet};
pub use table::TableFile;

use crate::api::query::BadQuery;
use crate::api::report::{Report, ReportFormat};
use crate::diagnostic::escaped;

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The writer of a format refused what it was given: a fault of Rollcall.
    #[error("it cannot be written as {format}: {why}")]
    Unwritable { format: &'static str, why: String },
    #[error("this build writes no {0}")]
    NotBuiltIn(&'static str),
    #[error("{n_rows} rows are more than the {max} that a sheet takes; take CSV or JSON, or filter")]
    TooManyRows { n_rows: usize, max: usize },
    #[error(transparent)]
    BadQuery(#[from] BadQuery),
}

/// A report as a file. The same report gives the same bytes.
///
/// # Errors
/// When the format is left out of this build, or its writer fails.
pub fn report(report: &Report, format: ReportFormat) -> Result<Vec<u8>, ExportError> {
    match format {
        ReportFormat::Html => Ok(html::html(report).into_bytes()),
        ReportFormat::Csv => Ok(csv::csv(report)),
        ReportFormat::Json => match serde_json::to_string_pretty(report) {
            Ok(json) => Ok(escaped(&json).into_bytes()),
            Err(error) => Err(ExportError::Unwritable {
                format: format.id(),
                why: error.to_string(),
            }),
        },
        #[cfg(feature = "documents")]
        ReportFormat::Xlsx => xlsx::xlsx(report),
        #[cfg(not(feature = "documents"))]
        ReportFormat::Xlsx => Err(ExportError::NotBuiltIn(format.id())),
        #[cfg(feature = "documents")]
        ReportFormat::Pdf => pdf::pdf(report),
        #[cfg(not(feature = "documents"))]
        ReportFormat::Pdf => Err(ExportError::NotBuiltIn(format.id())),
    }
}

/// What a file of this format is, for whoever receives it.
pub fn media_type(format: ReportFormat) -> &'static str {
    match format {
        ReportFormat::Pdf => "application/pdf",
        ReportFormat::Html => "text/html; charset=utf-8",
        ReportFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ReportFormat::Csv => "text/csv; charset=utf-8",
        ReportFormat::Json => "application/json",
    }
}
