//! `rollcall inspect`: what a file is, and what is read from it.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde::Serialize;
use shared::config::SourceConfig;
use shared::diagnostic::{Diagnostic, Severity};
use shared::merge::FileBatch;
use shared::model::batch::Batch;
use shared::model::identity::Presence;

use crate::estate::{MAX_FILE_BYTES, read_bytes};

#[derive(Args)]
pub struct InspectArgs {
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
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
    /// What the file only says of things that others list: last uses, for the most part.
    mentions: usize,
    diagnostics: &'a [Diagnostic],
}

pub fn run(args: InspectArgs) -> anyhow::Result<ExitCode> {
    let mut all_read = true;
    let mut out = io::stdout().lock();
    for path in &args.files {
        for file in read(path) {
            let inspected = Inspected::of(&file);
            all_read &= file.connector.is_some() && file.diagnostics.iter().all(|d| d.severity != Severity::Error);
            match args.format {
                Format::Json => writeln!(out, "{}", serde_json::to_string(&inspected)?)?,
                Format::Text => inspected.print(&mut out)?,
            }
        }
    }
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The file's readings. The source is the name of the folder it lies in, as in an estate.
fn read(path: &PathBuf) -> Vec<FileBatch> {
    let name = path.to_string_lossy().into_owned();
    let parent = path
        .parent()
        .and_then(|parent| parent.file_name())
        .map(|name| name.to_string_lossy().into_owned());
    let config = fs::read_to_string(path.with_file_name("source.toml"))
        .map_or_else(|_| Ok(SourceConfig::default()), |text| SourceConfig::parse(&text));
    let (config, problem) = match config {
        Ok(config) => (config, None),
        Err(problem) => (SourceConfig::default(), Some(problem)),
    };
    let refuse = |found: String, expected: &str, help: &str| {
        let diagnostics = vec![Diagnostic::error("whole file", found, expected, help)];
        let source = String::new();
        vec![FileBatch {
            source,
            path: name.clone(),
            connector: None,
            n_bytes: 0,
            batch: Batch::default(),
            diagnostics,
        }]
    };
    match fs::metadata(path) {
        Err(error) => refuse(
            error.to_string(),
            "a readable file",
            "check the path and its permissions",
        ),
        Ok(metadata) if !metadata.is_file() => {
            refuse("a folder or device".to_owned(), "a file", "name the files in it")
        }
        Ok(metadata) if metadata.len() > MAX_FILE_BYTES => refuse(
            format!("{} bytes", metadata.len()),
            "at most 2 GiB",
            "export it in pages or parts",
        ),
        Ok(_) => match fs::read(path) {
            Ok(bytes) => {
                let mut batches = read_bytes(parent.as_deref().unwrap_or_default(), &config, &name, &bytes, "");
                // What is wrong with `source.toml` is wrong with how this file is read.
                if let Some(first) = batches.first_mut() {
                    first.diagnostics.extend(problem);
                }
                batches
            }
            Err(error) => refuse(error.to_string(), "a readable file", "check its permissions"),
        },
    }
}

fn mentions(batch: &Batch) -> usize {
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
            complete: file.connector.is_some()
                && batch.is_complete()
                && file.diagnostics.iter().all(|d| d.severity != Severity::Error),
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
            mentions: mentions(batch),
            diagnostics: &file.diagnostics,
        }
    }

    fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let connector = self.connector.unwrap_or("not recognised");
        let state = if self.complete { "" } else { ", incomplete" };
        writeln!(out, "{}: {connector}{state}", self.file)?;
        if self.connector.is_some() {
            let Inspected {
                identities,
                credentials,
                grants,
                trusts,
                mentions,
                ..
            } = self;
            writeln!(
                out,
                "  {identities} identities, {credentials} credentials, {grants} grants, {trusts} trusts, {mentions} mentions"
            )?;
        }
        for diagnostic in self.diagnostics {
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
            writeln!(
                out,
                "  {severity} at {place}: found {found}; expected {expected}; {help}"
            )?;
        }
        Ok(())
    }
}
