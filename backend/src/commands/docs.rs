//! `rollcall docs`: writes the reference pages. For contributors, so hidden.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

#[derive(Args)]
pub struct DocsArgs {
    /// The folder `docs/` of the checkout
    folder: PathBuf,
}

pub fn run(args: &DocsArgs) -> anyhow::Result<ExitCode> {
    for (name, text) in shared::answers::reference_pages() {
        let path = args.folder.join(name);
        fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}
