//! `rollcall demo`: the dashboard over a generated company, so that a first look needs nothing.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::serve::ListenArgs;

#[derive(Args)]
pub struct DemoArgs {
    #[command(flatten)]
    listen: ListenArgs,
}

pub fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let _ = args.listen;
    bail!("the demo estate's generator is not part of this build yet")
}
