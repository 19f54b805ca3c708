//! `rollcall password`: a line for the password file of `rollcall serve`.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use crate::serving::authentication::password_hash;

#[derive(Args)]
pub struct PasswordArgs {
    /// Who signs in with it
    #[arg(value_parser = parse_name)]
    name: String,
}

fn parse_name(text: &str) -> Result<String, &'static str> {
    let is_name = !text.is_empty() && !text.starts_with('#') && !text.contains([':', '\n']);
    is_name
        .then(|| text.to_owned())
        .ok_or("a name has no `:` in it, and no `#` at its start")
}

pub fn run(args: &PasswordArgs) -> anyhow::Result<ExitCode> {
    let password = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Password of {}: ", args.name)).context("cannot read the password")?
    } else {
        io::read_to_string(io::stdin()).context("cannot read the password")?
    };
    let password = password.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password is empty; type it, or pass it on standard input");
    }
    writeln!(io::stdout(), "{}:{}", args.name, password_hash(password)?)?;
    Ok(ExitCode::SUCCESS)
}
