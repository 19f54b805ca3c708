//! One file for each verb.

pub mod access;
pub mod check;
pub mod completions;
pub mod config;
pub mod demo;
pub mod docs;
pub mod export;
pub mod generate;
pub mod graph;
pub mod inspect;
pub mod kpis;
pub mod list;
pub mod man;
pub mod password;
pub mod report;
pub mod review;
pub mod serve;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context;
use clap::error::ErrorKind;
use clap::{CommandFactory, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
pub use shared::diagnostic::escaped;
use shared::diagnostic::printable;
use shared::model::instant::Instant;
use shared::reading::moment::{DateOrder, Moment};
use tracing_subscriber::EnvFilter;

use crate::cache::Cache;
use crate::cli::{Cli, EstateArgs};
use crate::estate::{Estate, Loaded, Progress};

/// For people or for scripts.
#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// Prints an error with its causes.
pub fn complain(error: &anyhow::Error) {
    // A closed pipe is how `| head` says that it has enough.
    let is_closed_pipe = error
        .downcast_ref::<io::Error>()
        .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe);
    if !is_closed_pipe {
        let _ = writeln!(io::stderr(), "rollcall: {}", printable(&format!("{error:#}")));
    }
}

/// Ends the program as for a mistyped flag: exit status 2.
pub fn wrong_use(message: &str) -> ! {
    Cli::command()
        .error(ErrorKind::ValueValidation, printable(message))
        .exit()
}

/// An estate of which one snapshot was read.
pub struct Opened {
    pub estate: Estate,
    pub loaded: Loaded,
    pub cache: Cache,
}

/// Opens the estate and reads one of its snapshots, the newest unless it is named, with a progress bar on a terminal.
/// It stays in memory until the process ends: taking it apart would take longer than some questions to it.
pub fn read_snapshot(args: &EstateArgs, name: Option<&str>) -> anyhow::Result<&'static Opened> {
    let _ = tracing_subscriber::fmt()
        .with_env_filter(log_filter("rollcall=warn"))
        .with_writer(io::stderr)
        .without_time()
        .try_init();
    let (estate, cache) = (Estate::open(&args.estate)?, args.cache());
    let index = match name {
        None => estate.snapshots.len() - 1,
        Some(name) => estate.find(name).with_context(|| estate.no_such_snapshot(name))?,
    };
    let progress = Arc::new(Progress::default());
    let loaded = with_progress(&progress, || estate.load(index, args.as_of, &progress, &cache))?;
    estate.keep(&loaded, &cache);
    Ok(Box::leak(Box::new(Opened { estate, loaded, cache })))
}

/// Which log lines are written, where `ROLLCALL_LOG` does not say.
pub fn log_filter(usual: &str) -> EnvFilter {
    EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| usual.into())
}

/// Reads the value of `--as-of`.
pub fn parse_as_of(text: &str) -> Result<Instant, String> {
    match Moment::parse(text, DateOrder::MonthFirst) {
        Moment::At(at) => Ok(at),
        Moment::Never | Moment::Absent | Moment::Unreadable(_) => {
            Err("write a date or an instant: `2026-10-31` or `2026-10-31T08:00:00Z`".to_owned())
        }
    }
}

/// Shows how many files are read while `work` runs, when somebody is there to see it.
pub fn with_progress<T>(progress: &Arc<Progress>, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("reading {bar:30} {pos}/{len} files, {elapsed}") {
        bar.set_style(style);
    }
    let (shown, watched) = (bar.clone(), Arc::clone(progress));
    let ticker = std::thread::spawn(move || {
        while !shown.is_finished() {
            shown.set_length(watched.n_files.load(Ordering::Relaxed) as u64);
            shown.set_position(watched.n_files_read.load(Ordering::Relaxed) as u64);
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let result = work();
    bar.finish_and_clear();
    // The ticker ends with the bar; if it panicked there is nothing left to show.
    let _ = ticker.join();
    result
}
