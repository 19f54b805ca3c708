//! `rollcall generate`: writes an estate of native vendor files.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;
use jiff::civil::Date;

use crate::generate::{Options, Size, generate};

/// The size and shape of the estate, and where it goes.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// How many non-human identities: S 2,000, M 40,000, L 400,000, XL 2,000,000.
    #[arg(long, value_enum, ignore_case = true, default_value = "S")]
    size: SizeName,
    /// One seed gives the same bytes on every machine.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Monthly snapshots, the last one on the `--as-of` day.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=120))]
    snapshots: u16,
    /// How dirty the files are, from 0 (clean) to 1; 0.15 is what real exports look like.
    #[arg(long, default_value_t = 0.15)]
    dirt: f64,
    /// Non-human identities for each person on the roster.
    #[arg(long, default_value_t = 45)]
    nhi_per_human: u64,
    /// The day of the last snapshot.
    #[arg(long, default_value = "2026-10-31")]
    as_of: Date,
    /// A new or empty folder.
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum SizeName {
    #[value(name = "S")]
    S,
    #[value(name = "M")]
    M,
    #[value(name = "L")]
    L,
    #[value(name = "XL")]
    Xl,
}

/// Runs the command.
///
/// # Errors
///
/// When an option is out of range or a file cannot be written.
pub fn run(args: &GenerateArgs) -> Result<ExitCode> {
    let size = match args.size {
        SizeName::S => Size::S,
        SizeName::M => Size::M,
        SizeName::L => Size::L,
        SizeName::Xl => Size::XL,
    };
    let options = Options {
        size,
        seed: args.seed,
        n_snapshots: usize::from(args.snapshots),
        dirt: args.dirt,
        nhi_per_human: args.nhi_per_human,
        as_of: args.as_of,
    };
    generate(&options, &args.out)?;
    Ok(ExitCode::SUCCESS)
}
