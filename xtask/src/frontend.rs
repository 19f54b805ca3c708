//! Builds the dashboard into `dist/`, from which the backend embeds it.
//!
//! Trunk builds into a folder of its own; the finished files move to `dist/` in one go, so that the backend never sees
//! half of them. A stamp of everything that went in makes the second call instant.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::setup::{self, WasmOpt};
use crate::workspace::{Workspace, run};
use crate::{compress, digest, inline, say, serverless, shrink};

const PUBLIC_URL: &str = "/";
/// See the root `Cargo.toml`.
pub const CARGO_PROFILE: &str = "wasm-release";
/// Whatever can change a byte of `dist/`, apart from the versions of the tools; xtask itself finishes the files.
const INPUTS: [&str; 10] = [
    "frontend",
    "style",
    "shared/src",
    "shared/Cargo.toml",
    "xtask/src",
    "Cargo.toml",
    "Cargo.lock",
    "Trunk.toml",
    "rust-toolchain.toml",
    ".cargo/config.toml",
];

/// Sets up, builds if anything changed, and returns the folder.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    let wasm_opt = setup::frontend_tools(workspace)?;
    let dist = workspace.root.join("dist");
    let stamp = workspace.target.join("xtask/frontend.stamp");

    let inputs = inputs_digest(workspace)?;
    if fs::read_to_string(&stamp).is_ok_and(|text| text == stamp_text(&inputs, &dist).unwrap_or_default()) {
        say::line("✓ dashboard is up to date");
        return Ok(dist);
    }
    say::step("build the dashboard", || {
        let staging = workspace.target.join("xtask/dist");
        trunk(workspace, &staging)?;
        finish(&workspace.root.join("frontend"), &staging, wasm_opt)?;
        replace(&dist, &staging)?;
        fs::write(&stamp, stamp_text(&inputs, &dist)?).with_context(|| format!("cannot write `{}`", stamp.display()))
    })?;
    Ok(dist)
}

fn trunk(workspace: &Workspace, staging: &Path) -> Result<()> {
    remove(staging)?;
    fs::create_dir_all(staging).with_context(|| format!("cannot create `{}`", staging.display()))?;
    let mut command = workspace.command("trunk");
    command
        .args(["build", "--release", "--offline", "--locked"])
        .args(["--cargo-profile", CARGO_PROFILE, "--public-url", PUBLIC_URL, "--dist"])
        .arg(staging)
        .env("CARGO_ENCODED_RUSTFLAGS", wasm_flags(workspace)?.join("\u{1f}"))
        // Trunk reads NO_COLOR as a flag that must be `true` or `false`, while the convention is any value.
        .env_remove("NO_COLOR");
    let path = command
        .get_envs()
        .find_map(|(name, value)| value.filter(|_| name == "PATH"));
    let stand_in = shrink::stand_in(workspace)?;
    let directories = std::iter::once(stand_in).chain(env::split_paths(path.unwrap_or_default()));
    let path = env::join_paths(directories).context("cannot extend the PATH")?;
    command.env("PATH", path);
    run(&mut command).context("Trunk could not build the dashboard")
}

/// The flags of `.cargo/config.toml`, which the variable takes the place of, and those that make the same files on
/// every machine.
fn wasm_flags(workspace: &Workspace) -> Result<Vec<String>> {
    let path = workspace.root.join(".cargo/config.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let config: toml::Table = text
        .parse()
        .with_context(|| format!("cannot parse `{}`", path.display()))?;
    let flags = (config
        .get("target")
        .and_then(|target| target.get("wasm32-unknown-unknown")))
    .and_then(|target| target.get("rustflags")?.as_array());
    let flags = flags.context("`.cargo/config.toml` has no flags for WebAssembly")?;
    let flags = flags.iter().filter_map(toml::Value::as_str).map(str::to_owned);
    Ok(flags.chain(workspace.hidden_paths()).collect())
}

/// What Trunk does not do: no inline code, the pages of a site without a server, and every file precompressed.
fn finish(frontend: &Path, staging: &Path, wasm_opt: WasmOpt) -> Result<()> {
    let index = staging.join("index.html");
    let html = fs::read_to_string(&index).with_context(|| format!("cannot read `{}`", index.display()))?;
    let page = inline::externalize(&html, PUBLIC_URL)?;
    for script in &page.scripts {
        fs::write(staging.join(&script.name), &script.content)
            .with_context(|| format!("cannot write `{}`", script.name))?;
    }
    inline::check_integrity(&page.html, staging)?;
    fs::write(&index, &page.html).with_context(|| format!("cannot write `{}`", index.display()))?;
    serverless::write(frontend, staging, &page.html)?;

    let mut files = digest::files_below(staging)?;
    files.sort();
    let sizes = compress::compress(staging, &files)?;
    compress::report(&sizes, wasm_opt)
}

fn replace(dist: &Path, staging: &Path) -> Result<()> {
    remove(dist)?;
    if fs::rename(staging, dist).is_ok() {
        return Ok(());
    }
    // The target directory may be on another file system.
    for file in digest::files_below(staging)? {
        let destination = dist.join(file.strip_prefix(staging)?);
        if let Some(parent) = destination.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&file, &destination).with_context(|| format!("cannot write `{}`", destination.display()))?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove `{}`", folder.display()))?;
    }
    Ok(())
}

/// Inputs and outputs together: `dist/` counts as built only while it is what was built.
fn stamp_text(inputs: &str, dist: &Path) -> Result<String> {
    let outputs = digest::of_files(dist, digest::files_below(dist)?)?;
    Ok(format!("inputs {inputs}\noutputs {outputs}\n"))
}

fn inputs_digest(workspace: &Workspace) -> Result<String> {
    let mut files = Vec::new();
    for input in INPUTS {
        files.extend(digest::files_below(&workspace.root.join(input))?);
    }
    let sources = digest::of_files(&workspace.root, files)?;
    let tools = ["rustc", "trunk", "wasm-bindgen", "wasm-opt"].map(|tool| setup::version_for_digest(workspace, tool));
    Ok(digest::short(format!("{sources} {}", tools.join(" ")).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUNKS_PAGE: &str = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><link rel=\"modulepreload\" href=\"/app.js\"></head>\
        <body><script type=\"module\">import '/app.js';</script></body></html>";

    fn staged() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("staging/index.html", TRUNKS_PAGE),
            ("staging/app.js", "go()"),
            ("staging/engine.js", "ask()"),
            ("staging/engine_bg.wasm", "wasm"),
            ("frontend/engine/page.js", "fetch()"),
            ("frontend/engine/page.css", "p{}"),
            ("frontend/engine/drop.html", "<p>Drop</p>"),
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn every_file_has_its_encodings_and_the_page_no_inline_code() {
        let folder = staged();
        let (staging, dist) = (folder.path().join("staging"), folder.path().join("dist"));
        finish(&folder.path().join("frontend"), &staging, WasmOpt::Present).unwrap();
        replace(&dist, &staging).unwrap();

        let mut names: Vec<String> = digest::files_below(&dist)
            .unwrap()
            .iter()
            .map(|file| file.strip_prefix(&dist).unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let boot = format!("boot-{}.js", digest::short(b"import '/app.js';"));
        let files = [
            "app.js",
            &boot,
            "engine/app.html",
            "engine/engine.js",
            "engine/engine_bg.wasm",
            "engine/page.css",
            "engine/page.js",
            "engine/site.html",
            "index.html",
        ];
        let expected: Vec<String> = files
            .iter()
            .flat_map(|name| [(*name).to_owned(), format!("{name}.br"), format!("{name}.gz")])
            .collect();
        assert_eq!(names, expected);
        assert!(fs::read_to_string(dist.join("index.html")).unwrap().contains(&boot));
        assert_eq!(fs::read_to_string(dist.join(boot)).unwrap(), "import '/app.js';");
    }

    #[test]
    fn a_stamp_changes_when_a_built_file_does() {
        let folder = staged();
        let dist = folder.path().join("staging");
        let before = stamp_text("abc", &dist).unwrap();
        assert_eq!(stamp_text("abc", &dist).unwrap(), before);
        fs::write(dist.join("app.js"), "stop()").unwrap();
        assert_ne!(stamp_text("abc", &dist).unwrap(), before);
    }
}
