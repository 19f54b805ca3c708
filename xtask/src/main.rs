//! Rollcall's own tasks. `cargo xtask run` and `cargo xtask test` are all that a clean clone needs.

mod bench;
mod compress;
mod digest;
mod dist;
mod docs;
mod explorer_bench;
mod frontend;
mod inline;
mod lockfile;
mod run;
mod say;
mod serverless;
mod setup;
mod shrink;
mod test;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Set up, build, run and test Rollcall.")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Set up, build everything in release, then start `rollcall demo`
    Run {
        /// Passed on to `rollcall`; without any, `demo` (`run serve ESTATE` serves your own files)
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Set up and run every check, from formatting to the browser journeys
    Test,
    /// Install what is missing and nothing else
    Setup,
    /// Build the dashboard into `dist/`
    Frontend,
    /// Run the benchmarks of `shared` and print them as one table
    Bench {
        /// Passed on to the benchmark binaries, for example a name filter
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Build the explorer of the access graph as a page that kits measure
    ExplorerBench,
    /// Write a release archive of this machine's kind into `target/dist/`, with checksums and lists of what is in it
    Dist,
    /// Write the reference pages that are generated from the registries
    Docs,
    /// What Trunk calls in place of Binaryen's program of this name
    #[command(name = shrink::VERB, hide = true, disable_help_flag = true)]
    WasmOpt {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match perform(Cli::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::failed(&error);
            ExitCode::FAILURE
        }
    }
}

fn perform(verb: Verb) -> Result<()> {
    let workspace = Workspace::find()?;
    match verb {
        Verb::Run { args } => run::run(&workspace, &args),
        Verb::Test => test::test(&workspace),
        Verb::Setup => {
            setup::frontend_tools(&workspace)?;
            setup::browser(&workspace)?;
            setup::axe(&workspace)?;
            setup::readers(&workspace);
            Ok(())
        }
        Verb::Frontend => frontend::build(&workspace).map(drop),
        Verb::Bench { args } => bench::bench(&workspace, &args),
        Verb::ExplorerBench => explorer_bench::build(&workspace),
        Verb::Dist => dist::dist(&workspace),
        Verb::Docs => docs::docs(&workspace),
        Verb::WasmOpt { args } => shrink::shrink(&workspace, &args),
    }
}
