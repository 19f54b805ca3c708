//! `rollcall demo`: the dashboard over a generated company, so that a first look needs nothing.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::civil::Date;

use super::serve::ListenArgs;
use crate::cache::{self, Cache};
use crate::generate::{Options, Size, generate};
use crate::serving::serve;

#[derive(Args)]
pub struct DemoArgs {
    #[command(flatten)]
    listen: ListenArgs,
    /// Where the generated estate goes; by default a folder in the user's cache, which is used again
    #[arg(long)]
    out: Option<PathBuf>,
}

/// The company that the demo shows: a year of monthly snapshots.
pub const OPTIONS: Options = Options {
    size: Size::S,
    seed: 7,
    n_snapshots: 12,
    dirt: 0.15,
    nhi_per_human: 17,
    as_of: Date::constant(2026, 10, 31),
};

/// Changes when the generator does, so that an older estate is not taken for this one.
const EDITION: &str = concat!("demo-", env!("GENERATOR_DIGEST"));

pub fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let listening = args.listen.check()?;
    let root = args.out.unwrap_or_else(|| {
        let cache = cache::user_folder().unwrap_or_else(|| env::temp_dir().join("rollcall"));
        cache.join(EDITION)
    });
    // The truth is written last: without it, the folder is half an estate.
    if !root.join("truth.json").exists() {
        writeln!(io::stderr(), "generating the demo estate in {}", root.display())?;
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("cannot clear `{}`", root.display()))?;
        }
        generate(&OPTIONS, &root)?;
    }
    serve(listening, root, None, Cache::of_user())?;
    Ok(ExitCode::SUCCESS)
}
