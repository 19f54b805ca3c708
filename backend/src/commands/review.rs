//! `rollcall review`: access reviews without a server. Files go out to owners, and their decisions come back in
//! `reviews/` at the top of the estate.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use shared::answers;
use shared::diagnostic::printable;
use shared::export::{review_page, review_sheet};

use super::{read_snapshot, wrong_use};
use crate::cli::EstateArgs;

#[derive(Args)]
pub struct ReviewArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Write what an owner is to review: a page to read or print, and a table to fill in
    Export {
        #[command(flatten)]
        estate: EstateArgs,
        /// A team, or a person; "" for identities that nobody answers for
        #[arg(long)]
        owner: String,
        /// The folder to write to
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
}

/// How many owners are named to whoever asks for another.
const MAX_NAMED: usize = 20;

pub fn run(args: &ReviewArgs) -> anyhow::Result<ExitCode> {
    let Verb::Export { estate, owner, out } = &args.verb;
    let analysis = &read_snapshot(estate, None)?.loaded.analysis;
    let Some(review) = answers::review_whole(analysis, owner) else {
        let owners = answers::reviews(analysis).owners;
        let known: Vec<String> = owners.into_iter().filter_map(|it| it.owner).take(MAX_NAMED).collect();
        wrong_use(&format!(
            "`{owner}` answers for nothing in this snapshot; among those who do are {}",
            known.join(", ")
        ))
    };
    let stem = format!("review-{}-{}", file_name(owner), review.as_of.to_date_text());
    let (page, sheet) = (format!("{stem}.html"), format!("{stem}.csv"));
    fs::create_dir_all(out).with_context(|| format!("cannot make `{}`", out.display()))?;
    let files = [
        (&page, review_page(&review, &sheet).into_bytes()),
        (&sheet, review_sheet(&review)),
    ];
    for (name, bytes) in files {
        let path = out.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write `{}`", path.display()))?;
        writeln!(io::stdout(), "{}", printable(&path.display().to_string()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// An owner as a part of a file's name: letters and digits, and dashes for what lies between them.
fn file_name(owner: &str) -> String {
    let parts = owner
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty());
    let name = parts.map(str::to_lowercase).collect::<Vec<_>>().join("-");
    match name.is_empty() {
        true => "nobody".to_owned(),
        false => name,
    }
}
