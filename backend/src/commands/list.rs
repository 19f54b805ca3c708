//! `rollcall list`: the rows of a page, for scripts.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use shared::api::query::ListQuery;
use shared::export::{self, ExportError, ExportFormat};
use shared::kpi::catalog::Table;

use super::{escaped, read_snapshot, wrong_use};
use crate::cli::EstateArgs;

#[derive(Args)]
pub struct ListArgs {
    #[arg(value_enum)]
    list: ListName,
    #[command(flatten)]
    estate: EstateArgs,
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// Filters as in the page's URL: `kind=role`, `kpi=owner&verdict=fail`, `q=payments`, `sort=-created_at`
    filters: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum ListName {
    Identities,
    Credentials,
    Certificates,
    Findings,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
    /// One sheet of typed cells
    Xlsx,
}

pub fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    let filters: Vec<&str> = args
        .filters
        .iter()
        .map(|filter| filter.trim_start_matches("--"))
        .collect();
    let query = ListQuery::parse(&filters.join("&")).unwrap_or_else(|error| wrong_use(&error.to_string()));
    let analysis = &read_snapshot(&args.estate, query.snapshot.as_deref())?.loaded.analysis;
    let table = match args.list {
        ListName::Identities => Table::Identities,
        ListName::Credentials => Table::Credentials,
        ListName::Certificates => Table::Certificates,
        ListName::Findings => Table::Findings,
    };
    let export = |format| match export::list(analysis, table, &query, format) {
        Err(error @ (ExportError::BadQuery(_) | ExportError::TooManyRows { .. })) => wrong_use(&error.to_string()),
        other => other,
    };
    let bytes = match args.format {
        Format::Csv => export(ExportFormat::Csv)?,
        Format::Json => escaped(&String::from_utf8_lossy(&export(ExportFormat::Json)?)).into_bytes(),
        Format::Xlsx => export(ExportFormat::Xlsx)?,
    };
    io::stdout().lock().write_all(&bytes)?;
    Ok(ExitCode::SUCCESS)
}
