//! `cargo xtask explorer-bench`: the explorer of the access graph as a page that kits measure, in a folder of its own.

use std::fs;

use anyhow::{Context, Result};

use crate::frontend::CARGO_PROFILE;
use crate::setup::{self, WasmOpt};
use crate::workspace::{Workspace, run};
use crate::{digest, say};

/// Builds `target/xtask/explorer-bench/`: serve it from its root, and have a kit open `/index.html`.
pub fn build(workspace: &Workspace) -> Result<()> {
    let wasm_opt = setup::frontend_tools(workspace)?;
    let folder = workspace.target.join("xtask/explorer-bench");
    let built = workspace
        .target
        .join("wasm32-unknown-unknown")
        .join(CARGO_PROFILE)
        .join("explorer.wasm");
    say::step("build the explorer with the hooks of kits", || {
        let mut cargo = workspace.cargo();
        cargo
            .args(["build", "--package", "explorer", "--features", "bench", "--locked"])
            .args(["--target", "wasm32-unknown-unknown", "--profile", CARGO_PROFILE]);
        run(&mut cargo)?;
        let mut bindgen = workspace.command("wasm-bindgen");
        bindgen
            .args(["--target", "web", "--no-typescript", "--out-name", "explorer"])
            .arg("--out-dir")
            .args([&folder, &built]);
        run(&mut bindgen)?;
        if wasm_opt == WasmOpt::Present {
            let wasm = folder.join("explorer_bg.wasm");
            run(workspace.command("wasm-opt").arg("-Oz").arg(&wasm).arg("-o").arg(&wasm))?;
        }
        for page in digest::files_below(&workspace.root.join("frontend/explorer/bench"))? {
            let name = page.file_name().context("a file without a name")?;
            fs::copy(&page, folder.join(name)).with_context(|| format!("cannot copy `{}`", page.display()))?;
        }
        // What Trunk writes for the dashboard.
        fs::write(
            folder.join("explorer_loader.js"),
            "import init from './explorer.js';await init();",
        )
        .context("cannot write the loader")
    })?;
    say::line(&format!("serve {} from its root", folder.display()));
    Ok(())
}
