//! Files, sockets and the command line around `shared`. `main.rs` runs it; the tests call it in process.

pub mod cache;
pub mod cli;
mod commands;
pub mod estate;
mod generate;
mod memory;
pub mod routes;
pub mod serving;
mod site;

use std::io::{self, Write};
use std::panic;
use std::process::ExitCode;

use clap::Parser;

/// Runs the command line.
pub fn run() -> ExitCode {
    // The message of a panic may repeat what stands in an export; where it happened does not.
    panic::set_hook(Box::new(|fault| {
        let place = fault.location().map_or_else(String::new, ToString::to_string);
        let _ = writeln!(io::stderr(), "rollcall: a fault of Rollcall at {place}; report it");
    }));
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            commands::complain(&error);
            ExitCode::FAILURE
        }
    }
}
