//! `rollcall list`: the rows of a page, for scripts.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use shared::answers::{self, ExportFormat};
use shared::api::query::ListQuery;
use shared::kpi::catalog::Table;

use super::read_newest;
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
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Json,
}

pub fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    let filters: Vec<&str> = args
        .filters
        .iter()
        .map(|filter| filter.trim_start_matches("--"))
        .collect();
    let query = ListQuery::parse(&filters.join("&")).context("cannot read the filters")?;
    let (_, analysis) = read_newest(&args.estate)?;
    let table = match args.list {
        ListName::Identities => Table::Identities,
        ListName::Credentials => Table::Credentials,
        ListName::Certificates => Table::Certificates,
    };
    let format = match args.format {
        Format::Csv => ExportFormat::Csv,
        Format::Json => ExportFormat::Json,
    };
    let bytes = answers::export(&analysis, table, &query, format).context("cannot use the filters")?;
    io::stdout().lock().write_all(&bytes)?;
    Ok(ExitCode::SUCCESS)
}
