//! `rollcall export`: what other tools take, and the dashboard as files.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use shared::analysis::Analysis;
use shared::{answers, export};

use super::{escaped, read_snapshot};
use crate::cli::EstateArgs;
use crate::estate::Estate;
use crate::site::{self, Base};

#[derive(Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Findings for code scanning, SARIF 2.1.0
    Sarif(FileArgs),
    /// Findings for a SIEM: OCSF 1.3 events, one a line
    Ocsf(FileArgs),
    /// KPIs as Prometheus text, for a collector that reads files
    Prometheus(FileArgs),
    /// The identity graph for BloodHound
    Opengraph(FileArgs),
    /// Identities and their grants for Veza's Open Authorization API
    Oaa(FileArgs),
    /// The dashboard with its data, as plain files that any web server or object store can serve
    Site(SiteArgs),
    /// The dashboard without data: whoever opens it drops export files on it, which never leave the browser
    App(AppArgs),
}

#[derive(Args)]
struct FileArgs {
    #[command(flatten)]
    estate: EstateArgs,
    /// Write to this file; to the standard output without
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Export this snapshot instead of the newest
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,
}

#[derive(Args)]
struct SiteArgs {
    #[command(flatten)]
    estate: EstateArgs,
    /// Where the site will lie on its server
    #[arg(long, value_name = "PATH", default_value = "/")]
    base: Base,

    /// The folder to write, new or empty
    #[arg(value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Args)]
struct AppArgs {
    /// Where the site will lie on its server
    #[arg(long, value_name = "PATH", default_value = "/")]
    base: Base,

    /// The folder to write, new or empty
    #[arg(value_name = "FOLDER")]
    out: PathBuf,
}

pub fn run(args: ExportArgs) -> anyhow::Result<ExitCode> {
    let json = |value| anyhow::Ok(format!("{}\n", escaped(&serde_json::to_string_pretty(&value)?)));
    match args.what {
        What::Sarif(args) => write(&args, |analysis| json(answers::sarif(analysis)))?,
        What::Ocsf(args) => write(&args, |analysis| Ok(export::ocsf(analysis)))?,
        What::Prometheus(args) => write(&args, |analysis| Ok(export::prometheus(analysis)))?,
        What::Opengraph(args) => write(&args, |analysis| json(export::opengraph(analysis)))?,
        What::Oaa(args) => write(&args, |analysis| json(export::oaa(analysis)))?,
        What::Site(args) => {
            let (estate, cache) = (Estate::open(&args.estate.estate)?, args.estate.cache());
            site::write_site(&args.out, &args.base, &estate, args.estate.as_of, &cache)?;
        }
        What::App(args) => site::write_app(&args.out, &args.base)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn write(args: &FileArgs, text: impl FnOnce(&Analysis) -> anyhow::Result<String>) -> anyhow::Result<()> {
    let text = text(&read_snapshot(&args.estate, args.snapshot.as_deref())?.loaded.analysis)?;
    match &args.out {
        Some(path) => fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display())),
        None => Ok(io::stdout().lock().write_all(text.as_bytes())?),
    }
}
