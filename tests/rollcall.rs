//! The built binary as a server.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::process::Process;

/// A dev build reads the demo estate in seconds; on a busy machine with two cores it may be many.
const START: Duration = Duration::from_secs(120);

pub struct Rollcall {
    process: Process,
    origin: String,
}

impl Rollcall {
    /// Starts `rollcall` with `args` on a free port and waits until it serves.
    pub fn start(args: &[&str]) -> Result<Self> {
        let mut command = Self::command()?;
        command.args(args).args(["--listen", "0"]);
        let (process, origin) = Process::start(command, START, origin_in)?;
        Ok(Rollcall { process, origin })
    }

    /// The built binary, to be run with any arguments.
    pub fn command() -> Result<Command> {
        let binary = env::var_os("ROLLCALL_BIN").map(PathBuf::from).context(
            "`ROLLCALL_BIN` is not set: `cargo xtask test` sets it to the binary it built; \
             by hand, `ROLLCALL_BIN=target/debug/rollcall` after `cargo xtask frontend && cargo build`",
        )?;
        if !binary.is_file() {
            bail!("`ROLLCALL_BIN` is `{}`, where no file is", binary.display());
        }
        // Cargo starts tests in their package's folder, people give paths from the root.
        Ok(Command::new(binary.canonicalize()?))
    }

    /// The address of `path`, which starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// Everything that it printed until now.
    pub fn output(&self) -> String {
        self.process.output()
    }
}

fn origin_in(line: &str) -> Option<String> {
    let start = line.find("http://127.0.0.1:")?;
    let address = &line[start..];
    let digits = address["http://127.0.0.1:".len()..].find(|c: char| !c.is_ascii_digit());
    let end = digits.map_or(address.len(), |length| "http://127.0.0.1:".len() + length);
    Some(address[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_found_in_any_sentence() {
        assert_eq!(
            origin_in("serving on http://127.0.0.1:7878").as_deref(),
            Some("http://127.0.0.1:7878")
        );
        assert_eq!(
            origin_in("open http://127.0.0.1:80/ now").as_deref(),
            Some("http://127.0.0.1:80")
        );
        assert_eq!(origin_in("reading 3 snapshots"), None);
    }
}
