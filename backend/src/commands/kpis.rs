//! `rollcall kpis`: every number, for people or for scripts.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use shared::answers;
use shared::api::kpis::KpiValue;
use shared::history::History;
use shared::kpi::catalog;

use super::{Format, Opened, escaped, read_snapshot};
use crate::cli::EstateArgs;
use crate::estate::Progress;

#[derive(Args)]
pub struct KpisArgs {
    #[command(flatten)]
    estate: EstateArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub fn run(args: KpisArgs) -> anyhow::Result<ExitCode> {
    let Opened { estate, loaded, cache } = read_snapshot(&args.estate, None)?;
    // Some numbers take several snapshots.
    let history = match estate.snapshots.len() {
        1 => History::default(),
        _ => estate.history(loaded, cache, &|index| {
            let older = estate.load(index, None, &Progress::default(), cache);
            let older = older.map_err(|error| format!("{error:#}"))?;
            estate.keep(&older, cache);
            Ok(older)
        }),
    };
    let kpis = answers::kpis(&loaded.analysis, &estate.names(), history.snapshots.last());
    let mut out = io::stdout().lock();
    match args.format {
        Format::Json => writeln!(out, "{}", escaped(&serde_json::to_string_pretty(&kpis)?))?,
        Format::Text => {
            writeln!(out, "as of {}", kpis.as_of)?;
            for value in &kpis.kpis {
                let title = catalog::find(&value.id).map_or("", |kpi| kpi.title);
                writeln!(out, "{:<24} {:<34} {}", value.id, title, in_words(value))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn in_words(value: &KpiValue) -> String {
    let number = match (value.value, value.upper, value.unit.as_str()) {
        (Some(lower), Some(upper), "share") => {
            let counts = format!(
                "{} of {}",
                value.pass.unwrap_or_default(),
                value.population.unwrap_or_default()
            );
            match upper > lower {
                true => format!("{:.1} % to {:.1} %  ({counts})", lower * 100.0, upper * 100.0),
                false => format!("{:.1} %  ({counts})", lower * 100.0),
            }
        }
        (Some(number), _, unit) if number.fract() == 0.0 => format!("{number} {}", unit.replace('_', " ")),
        (Some(number), _, unit) => format!("{number:.1} {}", unit.replace('_', " ")),
        (None, ..) => "–".to_owned(),
    };
    match &value.note {
        Some(note) => format!("{number}  {note}"),
        None => number,
    }
}
