//! `rollcall report`: what a snapshot comes to, as a file to send on.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, ValueEnum};
use shared::answers::NoReport;
use shared::api::query::Facet;
use shared::api::report::{ReportFormat, ReportQuery};
use shared::export;

use super::{with_progress, wrong_use};
use crate::cli::EstateArgs;
use crate::estate::{Estate, Progress};

#[derive(Args)]
pub struct ReportArgs {
    #[command(flatten)]
    estate: EstateArgs,
    #[arg(long, value_enum, default_value_t = Format::Html)]
    format: Format,
    /// Write to this file; to the standard output without
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Report on this snapshot instead of the newest
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
    /// Tell changes from this snapshot; from the one before without
    #[arg(long, value_name = "NAME")]
    compare: Option<String>,
    /// Only what is in this environment; several widen, "" is what has none
    #[arg(long, value_name = "NAME")]
    environment: Vec<String>,
    /// Only what this owner answers for
    #[arg(long, value_name = "NAME")]
    owner: Vec<String>,
    /// Only what this team answers for
    #[arg(long, value_name = "NAME")]
    team: Vec<String>,
    /// Only what this source lists
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Tagged, with fonts, outline and page numbers
    Pdf,
    /// One file, without script
    Html,
    /// One sheet a topic
    Xlsx,
    /// Every number and its parts
    Csv,
    /// All of it
    Json,
}

impl Format {
    fn of_report(self) -> ReportFormat {
        match self {
            Format::Pdf => ReportFormat::Pdf,
            Format::Html => ReportFormat::Html,
            Format::Xlsx => ReportFormat::Xlsx,
            Format::Csv => ReportFormat::Csv,
            Format::Json => ReportFormat::Json,
        }
    }
}

pub fn run(args: ReportArgs) -> anyhow::Result<ExitCode> {
    let is_binary = matches!(args.format, Format::Pdf | Format::Xlsx);
    if is_binary && args.out.is_none() && io::stdout().is_terminal() {
        wrong_use("this format is no text for a terminal: name a file with --out");
    }
    let scope = [
        (Facet::Environment, args.environment),
        (Facet::Owner, args.owner),
        (Facet::Team, args.team),
        (Facet::Source, args.source),
    ];
    let scope = scope
        .into_iter()
        .flat_map(|(facet, values)| values.into_iter().map(move |value| (facet, value)));
    let query = ReportQuery {
        snapshot: args.snapshot,
        compare: args.compare,
        scope: scope.collect(),
        format: args.format.of_report(),
    };
    let (estate, cache) = (Estate::open(&args.estate.estate)?, args.estate.cache());
    let newest = estate.snapshots.len() - 1;
    let progress = Arc::new(Progress::default());
    let read = |index: usize| {
        let as_of = args.estate.as_of.filter(|_| index == newest);
        let read = with_progress(&progress, || estate.load(index, as_of, &progress, &cache));
        read.map(|loaded| loaded.analysis).map_err(|error| format!("{error:#}"))
    };
    let report = match estate.report(&query, read) {
        Ok(report) => report,
        Err(error @ (NoReport::NoSuchSnapshot(_) | NoReport::BadQuery(_))) => wrong_use(&error.to_string()),
        Err(error @ NoReport::Unread(_)) => return Err(error.into()),
    };
    let bytes = export::report(&report, query.format)?;
    match args.out {
        Some(path) => fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?,
        None => io::stdout().lock().write_all(&bytes)?,
    }
    Ok(ExitCode::SUCCESS)
}
