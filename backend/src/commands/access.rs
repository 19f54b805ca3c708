//! `rollcall access`: whether an identity may do one thing to one resource, and by which lines.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use shared::answers;
use shared::api::access::AccessQuery;
use shared::diagnostic::printable;

use super::{Format, escaped, read_snapshot, wrong_use};
use crate::cli::EstateArgs;

#[derive(Args)]
pub struct AccessArgs {
    #[command(flatten)]
    estate: EstateArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// As in docs/api.md: `identity=arn:…`, `action=s3:GetObject`, `resource=arn:…`, `given=aws:SecureTransport=true`
    query: Vec<String>,
}

pub fn run(args: AccessArgs) -> anyhow::Result<ExitCode> {
    let query: Vec<String> = args.query.iter().map(|pair| pair.replace('+', "%2B")).collect();
    let query = AccessQuery::parse(&query.join("&")).unwrap_or_else(|error| wrong_use(&error.to_string()));
    let analysis = &read_snapshot(&args.estate, query.snapshot.as_deref())?.loaded.analysis;
    let answer = answers::access(analysis, &query);
    let answer = answer.with_context(|| format!("this snapshot lists no identity `{}`", query.identity))?;
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", escaped(&serde_json::to_string_pretty(&answer)?))?,
        Format::Text => {
            writeln!(out, "{}", printable(&answer.sentence))?;
            for reason in &answer.because {
                let place = &reason.evidence;
                let line = format!(
                    "  {}  ({}/{}, {})",
                    reason.sentence, place.source, place.file, place.place
                );
                writeln!(out, "{}", printable(&line))?;
            }
            if !answer.not_looked_at.is_empty() {
                writeln!(out, "  not looked at: {}", answer.not_looked_at.join("; "))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
