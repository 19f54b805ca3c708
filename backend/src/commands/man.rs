//! `rollcall man`: the manual pages.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory};

#[derive(Args)]
pub struct ManArgs {
    /// The folder to write them into
    folder: PathBuf,
}

pub fn run(args: &ManArgs) -> anyhow::Result<ExitCode> {
    let folder = &args.folder;
    fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(crate::cli::Cli::command(), folder))
        .with_context(|| format!("cannot write the manual pages into `{}`", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
