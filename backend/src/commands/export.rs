//! `rollcall export`: what other tools take.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, ValueEnum};
use shared::{answers, export};

use super::{escaped, read_snapshot};
use crate::cli::EstateArgs;

#[derive(Args)]
pub struct ExportArgs {
    #[arg(value_enum)]
    format: Format,
    #[command(flatten)]
    estate: EstateArgs,
    /// Write to this file; to the standard output without
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Export this snapshot instead of the newest
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Findings for code scanning, SARIF 2.1.0
    Sarif,
    /// Findings for a SIEM: OCSF 1.3 events, one a line
    Ocsf,
    /// KPIs as Prometheus text, for a collector that reads files
    Prometheus,
    /// The identity graph for BloodHound
    Opengraph,
    /// Identities and their grants for Veza's Open Authorization API
    Oaa,
}

pub fn run(args: ExportArgs) -> anyhow::Result<ExitCode> {
    let analysis = read_snapshot(&args.estate, args.snapshot.as_deref())?.loaded.analysis;
    let json = |value| anyhow::Ok(format!("{}\n", escaped(&serde_json::to_string_pretty(&value)?)));
    let text = match args.format {
        Format::Sarif => json(answers::sarif(&analysis))?,
        Format::Ocsf => export::ocsf(&analysis),
        Format::Prometheus => export::prometheus(&analysis),
        Format::Opengraph => json(export::opengraph(&analysis))?,
        Format::Oaa => json(export::oaa(&analysis))?,
    };
    match args.out {
        Some(path) => fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?,
        None => io::stdout().lock().write_all(text.as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
