//! `cargo xtask docs`: writes the reference pages of `docs/` from the registries.
//!
//! `rollcall` itself writes them (its hidden verb `docs FOLDER`), so that xtask need not compile `shared` and works
//! while `shared` does not.

use anyhow::Result;

use crate::say;
use crate::workspace::{Workspace, run};

pub fn docs(workspace: &Workspace) -> Result<()> {
    let mut command = workspace.cargo();
    command
        .args(["run", "--quiet", "--package", "rollcall", "--", "docs"])
        .arg(workspace.root.join("docs"));
    say::step("write the reference pages", || run(&mut command))
}
