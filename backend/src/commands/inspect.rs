//! `rollcall inspect`: what a file is, and what is read from it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use shared::config::SourceConfig;
use shared::diagnostic::{Diagnostic, Severity, printable};
use shared::estate::{SOURCE_CONFIG, read_file, refused};
use shared::merge::FileBatch;
use shared::model::batch::Batch;
use shared::model::identity::Presence;

use super::{Format, escaped};
use crate::estate::{FileOnDisk, MAX_FILE_BYTES, as_text, config_of, read, source_config};

#[derive(Args)]
pub struct InspectArgs {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// One line of `--format json`. Counts are of what the file states, before anything is merged.
#[derive(Serialize)]
struct Inspected<'a> {
    file: &'a str,
    connector: Option<&'static str>,
    complete: bool,
    identities: usize,
    credentials: usize,
    grants: usize,
    trusts: usize,
    /// Access policies that the file defines.
    policies: usize,
    /// Secrets that a scanner found.
    leaks: usize,
    /// What the file only says of things that others list: last uses, for the most part.
    mentions: usize,
    diagnostics: Vec<Diagnostic>,
}

pub fn run(args: InspectArgs) -> anyhow::Result<ExitCode> {
    let mut all_read = true;
    let mut out = io::stdout().lock();
    for path in &args.files {
        for file in inspect(path)? {
            let inspected = Inspected::of(&file);
            all_read &= file.connector.is_some() && file.diagnostics.iter().all(|d| d.severity != Severity::Error);
            match args.format {
                Format::Json => writeln!(out, "{}", escaped(&serde_json::to_string(&inspected)?))?,
                Format::Text => inspected.print(&mut out)?,
            }
        }
    }
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The file's readings. The source is the name of the folder it lies in, as in an estate.
fn inspect(path: &Path) -> anyhow::Result<Vec<FileBatch>> {
    let name = as_text(path.as_os_str());
    let parent = path.parent().and_then(Path::file_name).map(as_text).unwrap_or_default();
    let beside = FileOnDisk::own(path.parent().unwrap_or(Path::new(".")), SOURCE_CONFIG);
    let (config, problem) = match beside.map_or_else(|| Ok(SourceConfig::default()), |file| source_config(&file)) {
        Ok(config) => (config, None),
        Err(problem) => (SourceConfig::default(), Some(problem)),
    };
    let estate = config_of(path)?;
    let config = estate.of_source(&parent, &config);
    let mut files = match read(path, MAX_FILE_BYTES) {
        Ok(bytes) => read_file(&parent, &config, &name, &bytes, ""),
        Err(problem) => vec![refused(&parent, &name, 0, problem)],
    };
    // What is wrong with `source.toml` is wrong with how this file is read.
    if let Some(first) = files.first_mut() {
        first.diagnostics.extend(problem);
    }
    Ok(files)
}

/// Why the file is known not to hold everything, as the page of its source tells too.
fn why_partial(batch: &Batch) -> impl Iterator<Item = Diagnostic> {
    let gaps = batch.gaps.iter().map(|gap| {
        Diagnostic::warning(
            "whole file",
            gap,
            "everything that the export is to hold",
            "what is there was read",
        )
    });
    let open = batch
        .pages
        .iter()
        .filter(|pages| pages.n_continued > 0 && pages.n_last == 0);
    let open = open.map(|pages| {
        Diagnostic::warning(
            "whole file",
            format!("`{}` goes on in another page", batch.strings.get(pages.chain)),
            "its last page, too",
            "what is there was read; follow the next links, and put all pages into one source",
        )
    });
    gaps.chain(open)
}

fn n_mentions(batch: &Batch) -> usize {
    let identities = batch.identities.iter().map(|fact| fact.presence);
    let credentials = batch.credentials.iter().map(|fact| fact.presence);
    let n_mentioned = identities
        .chain(credentials)
        .filter(|presence| *presence == Presence::Mentioned)
        .count();
    n_mentioned + batch.service_uses.len() + batch.trust_uses.len()
}

impl<'a> Inspected<'a> {
    fn of(file: &'a FileBatch) -> Self {
        let batch = &file.batch;
        Inspected {
            file: &file.path,
            connector: file.connector,
            complete: batch.is_complete() && file.diagnostics.iter().all(|d| d.severity != Severity::Error),
            identities: batch
                .identities
                .iter()
                .filter(|fact| fact.presence == Presence::Listed)
                .count(),
            credentials: batch
                .credentials
                .iter()
                .filter(|fact| fact.presence == Presence::Listed)
                .count(),
            grants: batch.grants.len(),
            trusts: batch.trusts.len(),
            policies: batch.policies.len(),
            leaks: batch.leaks.len(),
            mentions: n_mentions(batch),
            diagnostics: file.diagnostics.iter().cloned().chain(why_partial(batch)).collect(),
        }
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let is_refused = self.diagnostics.iter().any(|d| d.severity == Severity::Error);
        let unknown = if is_refused { "not recognised" } else { "no rows" };
        let connector = self.connector.unwrap_or(unknown);
        let state = if self.complete { "" } else { ", incomplete" };
        writeln!(out, "{}: {connector}{state}", printable(self.file))?;
        if self.connector.is_some() {
            let Inspected {
                identities,
                credentials,
                grants,
                trusts,
                policies,
                leaks,
                mentions,
                ..
            } = self;
            writeln!(
                out,
                "  {identities} identities, {credentials} credentials, {grants} grants, {trusts} trusts, \
                 {policies} policies, {leaks} leaks, {mentions} mentions"
            )?;
        }
        for diagnostic in &self.diagnostics {
            let Diagnostic {
                severity,
                place,
                found,
                expected,
                help,
            } = diagnostic;
            let severity = match severity {
                Severity::Info => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let line = format!("{severity} at {place}: found {found}; expected {expected}; {help}");
            writeln!(out, "  {}", printable(&line))?;
        }
        Ok(())
    }
}
