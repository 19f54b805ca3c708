//! `rollcall`: the command line. Each verb is one file of `commands/`.

mod cli;
mod commands;
mod estate;
mod generate;
mod routes;
mod serving;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            commands::complain(&error);
            ExitCode::FAILURE
        }
    }
}
