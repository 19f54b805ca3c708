//! The verbs and flags.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use shared::model::instant::Instant;

use crate::cache::Cache;
use crate::commands::{
    self, access, check, completions, config, demo, docs, export, generate, graph, inspect, kpis, list, man, password,
    report, review, serve,
};

/// Every non-human identity you have, what it can reach, and who answers for it: from files you already export.
#[derive(Parser)]
#[command(name = "rollcall", version, arg_required_else_help = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "Examples:
  rollcall demo                        a first look, over a generated company
  rollcall serve ./estate              the dashboard of your own exports, on http://127.0.0.1:7878
  rollcall inspect credential-report.csv k8s.json
  rollcall kpis ./estate --format json
  rollcall list credentials ./estate --format csv 'status=active&age=older'
  rollcall list findings ./estate severity=critical waived=no
  rollcall report ./estate --format pdf --environment prod --out report.pdf
  rollcall check ./estate --format sarif > findings.sarif";

#[derive(Subcommand)]
enum Verb {
    /// Serve the dashboard of an estate; reload when its files change
    Serve(serve::ServeArgs),
    /// Serve the dashboard of a generated company
    Demo(demo::DemoArgs),
    /// Print every KPI
    Kpis(kpis::KpisArgs),
    /// Print the rows of a list, as the pages show them
    List(list::ListArgs),
    /// Write a report to send on: PDF, HTML, XLSX, CSV or JSON
    Report(report::ReportArgs),
    /// Write what other tools take (SARIF, OCSF, Prometheus, BloodHound OpenGraph, Veza OAA), or the dashboard as files
    Export(export::ExportArgs),
    /// Ask the identity graph: what reaches what, and how
    Graph(graph::GraphArgs),
    /// Ask whether an identity may do one thing to one resource, and why
    Access(access::AccessArgs),
    /// Hold the newest snapshot against the gates of rollcall.toml; status 1 when one fails
    Check(check::CheckArgs),
    /// Access reviews without a server: files that owners fill in
    Review(review::ReviewArgs),
    /// Say what is in force, and who set it
    Config(config::ConfigArgs),
    /// Say what a file is and what is read from it
    Inspect(inspect::InspectArgs),
    /// Write a made-up company's estate, in the files that real tools write
    Generate(generate::GenerateArgs),
    /// Write the reference pages of `docs/`
    #[command(hide = true)]
    Docs(docs::DocsArgs),
    /// Print a line for the password file of `serve`
    Password(password::PasswordArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
    /// Write the manual pages
    Man(man::ManArgs),
}

/// What every command that reads an estate takes.
#[derive(Args, Clone)]
pub struct EstateArgs {
    /// The folder with the snapshots (or with one snapshot's sources)
    pub estate: PathBuf,
    /// Judge the newest snapshot as of this date or RFC 3339 instant
    #[arg(long, value_name = "WHEN", value_parser = commands::parse_as_of)]
    pub as_of: Option<Instant>,
    /// Where what was read is kept for the next start; by default a folder in the user's cache. Safe to delete
    #[arg(long, value_name = "FOLDER", env = "ROLLCALL_CACHE")]
    pub cache: Option<PathBuf>,
    /// Read every file afresh, and keep nothing
    #[arg(long)]
    pub no_cache: bool,
}

impl EstateArgs {
    /// What was read before, unless the user wants it read afresh.
    pub fn cache(&self) -> Cache {
        match &self.cache {
            _ if self.no_cache => Cache::none(),
            Some(folder) => Cache::at(folder.clone()),
            None => Cache::of_user(),
        }
    }
}

impl Cli {
    /// Runs the verb.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.verb {
            Verb::Serve(args) => serve::run(args),
            Verb::Demo(args) => demo::run(args),
            Verb::Kpis(args) => kpis::run(args),
            Verb::List(args) => list::run(args),
            Verb::Report(args) => report::run(args),
            Verb::Export(args) => export::run(args),
            Verb::Graph(args) => graph::run(args),
            Verb::Access(args) => access::run(args),
            Verb::Check(args) => check::run(args),
            Verb::Review(args) => review::run(&args),
            Verb::Config(args) => config::run(&args),
            Verb::Inspect(args) => inspect::run(args),
            Verb::Generate(args) => generate::run(&args),
            Verb::Docs(args) => docs::run(&args),
            Verb::Password(args) => password::run(&args),
            Verb::Completions(args) => completions::run(&args),
            Verb::Man(args) => man::run(&args),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
