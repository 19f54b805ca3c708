//! `rollcall check`: do the gates hold? For pipelines: status 0 when they do, 1 when one does not, 2 when nobody can tell.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use shared::analysis::Analysis;
use shared::answers;
use shared::api::check::{Check, Outcome};
use shared::api::findings::FindingRow;
use shared::config::Gate;
use shared::diagnostic::printable;

use super::{Opened, complain, escaped, read_snapshot, wrong_use};
use crate::cli::EstateArgs;
use crate::estate::Estate;

#[derive(Args)]
pub struct CheckArgs {
    #[command(flatten)]
    estate: EstateArgs,
    /// Snapshot that new findings are told from; the one before the newest unless named
    #[arg(long, value_name = "SNAPSHOT")]
    base: Option<String>,
    /// Check these gates of rollcall.toml only
    #[arg(long, value_name = "NAME", num_args = 1..)]
    gate: Vec<String>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    /// SARIF 2.1.0 with every finding, waived ones suppressed
    Sarif,
}

/// How many findings a person reads before mending the first: the rest are counted.
const MAX_SHOWN: usize = 50;

pub fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    match checked(&args) {
        Ok((check, analysis)) => {
            print(&args, &check, analysis)?;
            Ok(match check.has_passed {
                true => ExitCode::SUCCESS,
                false => ExitCode::from(1),
            })
        }
        // One that could not be made is neither passed nor failed.
        Err(error) => {
            complain(&error);
            Ok(ExitCode::from(2))
        }
    }
}

fn checked(args: &CheckArgs) -> anyhow::Result<(Check, &'static Analysis)> {
    let Opened { estate, loaded, .. } = read_snapshot(&args.estate, None)?;
    let analysis = &loaded.analysis;
    let gates = chosen(estate, &args.gate);
    let names = estate.names();
    let before = names.len().checked_sub(2).map(|index| names[index].clone());
    let base = match args.base.clone().or(before) {
        None => None,
        Some(name) => {
            let at_its_time = EstateArgs {
                as_of: None,
                ..args.estate.clone()
            };
            Some(&*read_snapshot(&at_its_time, Some(&name))?.loaded.analysis)
        }
    };
    Ok((answers::check(analysis, base, &gates), analysis))
}

/// The gates in force, or those that are named.
fn chosen(estate: &Estate, names: &[String]) -> Vec<Gate> {
    let gates = estate.config.gates_in_force();
    let find = |name: &String| {
        let gate = gates.iter().find(|gate| gate.name == *name);
        let known: Vec<&str> = gates.iter().map(|gate| gate.name.as_str()).collect();
        gate.cloned()
            .unwrap_or_else(|| wrong_use(&format!("there is no gate `{name}`; known are {}", known.join(", "))))
    };
    match names.is_empty() {
        true => gates,
        false => names.iter().map(find).collect(),
    }
}

fn print(args: &CheckArgs, check: &Check, analysis: &Analysis) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", escaped(&serde_json::to_string_pretty(check)?))?,
        Format::Sarif => writeln!(
            out,
            "{}",
            escaped(&serde_json::to_string_pretty(&answers::sarif(analysis))?)
        )?,
        Format::Text => print_text(&mut out, check)?,
    }
    Ok(())
}

fn print_text(out: &mut impl Write, check: &Check) -> io::Result<()> {
    match check.base_as_of {
        Some(base) => writeln!(out, "as of {}, compared with {base}", check.as_of)?,
        None => writeln!(out, "as of {}", check.as_of)?,
    }
    for gate in &check.gates {
        let outcome = match gate.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "FAIL",
            Outcome::NotMeasured => "FAIL, not measured",
        };
        let (name, require) = (printable(&gate.name), printable(&gate.require));
        writeln!(out, "{outcome}  {name}: {require}; found {}", printable(&gate.observed))?;
    }
    for waiver in &check.expired_waivers {
        writeln!(
            out,
            "FAIL  the waiver of {} for {} ended on {} ({}: {})",
            printable(&waiver.rule),
            printable(&waiver.subject),
            waiver.until.to_date_text(),
            printable(&waiver.who),
            printable(&waiver.why)
        )?;
    }
    for finding in check.findings.iter().take(MAX_SHOWN) {
        print_finding(out, finding)?;
    }
    if check.n_findings > MAX_SHOWN {
        writeln!(out, "and {} more", check.n_findings - MAX_SHOWN)?;
    }
    Ok(())
}

fn print_finding(out: &mut impl Write, finding: &FindingRow) -> io::Result<()> {
    let (id, observed) = (printable(&finding.subject_id), printable(&finding.observed));
    writeln!(out, "{:<8} {} {id}: {observed}", finding.severity, finding.rule)?;
    if let (Some(file), Some(place)) = (&finding.file, &finding.place) {
        writeln!(out, "         {} {}", printable(file), printable(place))?;
    }
    if let Some(command) = &finding.command {
        writeln!(out, "         $ {}", printable(command))?;
    }
    Ok(())
}
