//! `cargo xtask test`: everything that must hold before a change is merged, cheapest first, stopping at the first failure.
//!
//! The journeys drive a dev build of the backend: the unit tests before them compile all of its dependencies in that
//! profile anyway, and a release build would compile them a second time. The dashboard inside is the shipped one.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::setup::Browser;
use crate::workspace::{self, Workspace, display};
use crate::{frontend, say, setup};

/// All but the journeys, which need a browser. Building what was tested with the same selection keeps the features of
/// all dependencies the same, so nothing is compiled twice.
const TESTED: [&str; 3] = ["--workspace", "--exclude", "e2e"];

pub fn test(workspace: &Workspace) -> Result<()> {
    let mut report = Report::default();
    let outcome = steps(workspace, &mut report);
    report.print();
    outcome?;
    say::line("all checks passed");
    Ok(())
}

fn steps(workspace: &Workspace, report: &mut Report) -> Result<()> {
    let cargo = |args: &[&str]| {
        let mut command = workspace.cargo();
        command.args(args);
        command
    };

    report.step("set up", "cargo xtask setup", || setup::lint_tools(workspace))?;
    report.run("formatting", cargo(&["fmt", "--all", "--check"]))?;
    report.run(
        "lints",
        cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--features",
            "explorer/bench",
            "--",
            "-D",
            "warnings",
        ]),
    )?;
    let has_readers = report.step("readers of reports", "cargo xtask setup", || {
        Ok(setup::readers(workspace))
    })?;
    let mut tests = cargo(&[&["test"], TESTED.as_slice()].concat());
    if has_readers {
        tests.env("ROLLCALL_READERS", "required");
    } else {
        report.skip("reports in other people's readers", "not all of them are installed");
    }
    report.run("unit and HTTP tests", tests)?;

    // The larger installations come after the checks that fail most often.
    report.step("frontend tools", "cargo xtask setup", || {
        setup::frontend_tools(workspace).map(drop)
    })?;
    report.run(
        "shared in WASM",
        cargo(&["check", "--package", "shared", "--target", "wasm32-unknown-unknown"]),
    )?;
    let dist = report.step("dashboard", "cargo xtask frontend", || frontend::build(workspace))?;
    let mut backend = cargo(&[&["build"], TESTED.as_slice()].concat());
    backend.env("ROLLCALL_DIST", dist);
    report.run("backend with the dashboard inside", backend)?;

    let browser = report.step("browser", "cargo xtask setup", || setup::browser(workspace))?;
    let axe = report.step("checker of accessibility", "cargo xtask setup", || {
        setup::axe(workspace)
    })?;
    if axe.is_none() {
        report.skip(
            "accessibility of every page",
            "there is no npm to install axe-core from",
        );
    }
    report.run("journeys in Chromium", journeys(workspace, &browser, axe.as_deref()))?;

    if workspace.which("cargo-deny").is_some() {
        // Advisories need a database from the network, the rest is in this repository.
        report.run(
            "licences and sources",
            cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]),
        )
    } else {
        report.skip("licences and sources", "cargo-deny is not installed");
        Ok(())
    }
}

fn journeys(workspace: &Workspace, browser: &Browser, axe: Option<&Path>) -> Command {
    let mut command = workspace.cargo();
    command
        .args(["test", "--package", "e2e"])
        .env("ROLLCALL_BIN", workspace.target.join("debug/rollcall"))
        .env("CHROMIUM", &browser.chromium)
        .env("CHROMEDRIVER", &browser.chromedriver);
    command.envs(axe.map(|script| ("AXE", script)));
    command
}

/// What was done, for the summary at the end.
#[derive(Default)]
struct Report {
    lines: Vec<(String, Outcome)>,
}

enum Outcome {
    Passed(Duration),
    Failed { after: Duration, rerun: String },
    Skipped(String),
}

impl Report {
    fn run(&mut self, name: &str, mut command: Command) -> Result<()> {
        let rerun = with_variables(&command);
        self.step(name, &rerun, || workspace::run(&mut command))
    }

    fn step<T>(&mut self, name: &str, rerun: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let started = Instant::now();
        let outcome = say::step(name, work);
        let took = started.elapsed();
        let line = match &outcome {
            Ok(_) => Outcome::Passed(took),
            Err(_) => Outcome::Failed {
                after: took,
                rerun: rerun.to_owned(),
            },
        };
        self.lines.push((name.to_owned(), line));
        match outcome {
            Ok(value) => Ok(value),
            Err(error) => bail!("{name} failed: {error:#}"),
        }
    }

    fn skip(&mut self, name: &str, reason: &str) {
        self.lines.push((name.to_owned(), Outcome::Skipped(reason.to_owned())));
    }

    fn print(&self) {
        say::line(&format!("\n{}", self.text()));
    }

    fn text(&self) -> String {
        let mut total = Duration::ZERO;
        let mut text = String::new();
        for (name, outcome) in &self.lines {
            match outcome {
                Outcome::Passed(took) => {
                    total += *took;
                    text.push_str(&format!("✓ {name:<35} {:>12}\n", say::duration(*took)));
                }
                Outcome::Failed { after, rerun } => {
                    total += *after;
                    text.push_str(&format!("✗ {name:<35} {:>12}\n", say::duration(*after)));
                    text.push_str(&format!("  stopped here; to run only this again: {rerun}\n"));
                }
                Outcome::Skipped(reason) => text.push_str(&format!("– {name:<35} skipped: {reason}\n")),
            }
        }
        text.push_str(&format!("  {:<35} {:>12}\n", "total", say::duration(total)));
        text
    }
}

/// The command with the variables that matter for running it by hand.
fn with_variables(command: &Command) -> String {
    command
        .get_envs()
        .filter(|(name, _)| {
            [
                "ROLLCALL_READERS",
                "ROLLCALL_BIN",
                "ROLLCALL_DIST",
                "CHROMIUM",
                "CHROMEDRIVER",
                "AXE",
            ]
            .iter()
            .any(|kept| name == kept)
        })
        .filter_map(|(name, value)| Some(format!("{}={} ", name.to_string_lossy(), value?.to_string_lossy())))
        .chain([display(command)])
        .collect()
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn the_summary_names_the_failed_step_and_how_to_rerun_it() {
        let mut report = Report::default();
        report.step("formatting", "cargo fmt", || Ok(())).unwrap();
        report.skip("licences", "cargo-deny is not installed");
        let failed = report.step("lints", "cargo clippy", || -> Result<()> {
            Err(anyhow!("exit status: 1"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "lints failed: exit status: 1");

        let text = report.text();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("✓ formatting"), "{text}");
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>().join(" "),
            "– licences skipped: cargo-deny is not installed"
        );
        assert!(lines[2].starts_with("✗ lints"), "{text}");
        assert_eq!(lines[3], "  stopped here; to run only this again: cargo clippy");
        assert!(lines[4].trim_start().starts_with("total"), "{text}");
    }

    #[test]
    fn a_rerun_command_carries_the_variables_it_needs() {
        let mut command = Command::new("cargo");
        command
            .args(["test", "--package", "e2e"])
            .env("ROLLCALL_BIN", "/r")
            .env("PATH", "/bin");
        assert_eq!(with_variables(&command), "ROLLCALL_BIN=/r cargo test --package e2e");
    }
}
