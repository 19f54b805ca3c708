//! `rollcall completions`: a completion script.

use std::io;
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

#[derive(Args)]
pub struct CompletionsArgs {
    shell: Shell,
}

pub fn run(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    clap_complete::generate(
        args.shell,
        &mut crate::cli::Cli::command(),
        "rollcall",
        &mut io::stdout(),
    );
    Ok(ExitCode::SUCCESS)
}
