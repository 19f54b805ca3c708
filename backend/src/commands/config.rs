//! `rollcall config`: what is in force, and who set it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::estate::Estate;

#[derive(Args)]
pub struct ConfigArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Print all that is in force as a rollcall.toml, each limit with who set it
    Show {
        /// The folder with the snapshots (or with one snapshot's sources)
        estate: PathBuf,
    },
    /// Print the JSON Schema of rollcall.toml, for editors
    Schema,
}

pub fn run(args: &ConfigArgs) -> anyhow::Result<ExitCode> {
    match &args.verb {
        Verb::Show { estate } => {
            let estate = Estate::open(estate)?;
            io::stdout().lock().write_all(estate.config.to_text().as_bytes())?;
        }
        Verb::Schema => io::stdout().lock().write_all(shared::config::schema().as_bytes())?,
    }
    Ok(ExitCode::SUCCESS)
}
