//! `cargo xtask run`: from a clean clone to the dashboard, in release.

use std::process::{Command, Stdio};

use anyhow::Result;

use crate::workspace::{self, Workspace};
use crate::{frontend, say};

pub fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let dist = frontend::build(workspace)?;
    say::step("build rollcall with the dashboard inside", || {
        workspace::run(
            workspace
                .cargo()
                .args(["build", "--release", "--package", "rollcall"])
                .env("ROLLCALL_DIST", dist),
        )
    })?;

    let mut rollcall = workspace.command(workspace.target.join("release/rollcall"));
    match args {
        [] => rollcall.arg("demo"),
        args => rollcall.args(args),
    };
    rollcall.stdin(Stdio::inherit());
    say::line(&format!("▶ {}", workspace::display(&rollcall)));
    become_process(rollcall)
}

/// Hands the terminal over: signals reach Rollcall itself, and its exit code is ours.
#[cfg(unix)]
fn become_process(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt;

    let error = command.exec();
    Err(anyhow::Error::new(error).context(format!("cannot start `{}`", workspace::display(&command))))
}

#[cfg(not(unix))]
fn become_process(mut command: Command) -> Result<()> {
    workspace::run(&mut command)
}
