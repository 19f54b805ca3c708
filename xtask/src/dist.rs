//! `cargo xtask dist`: what is handed to others. One archive with the binary and all that goes with it, lists of
//! what the binary is made of (CycloneDX), and the digests of all.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};

use crate::workspace::{Workspace, output, run};
use crate::{digest, frontend, say, setup};

/// What of the checkout goes along, and under which name.
const FILES: [(&str, &str); 7] = [
    ("README.md", "README.md"),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("LICENSE", "LICENSE"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
    ("deploy/rollcall.service", "rollcall.service"),
    ("deploy/Containerfile", "Containerfile"),
];

pub fn dist(workspace: &Workspace) -> Result<()> {
    let target = host(workspace)?;
    let binary = build(workspace, &target)?;
    let out = workspace.target.join("dist");
    if out.exists() {
        fs::remove_dir_all(&out).with_context(|| format!("cannot remove `{}`", out.display()))?;
    }
    let name = format!("rollcall-{}-{target}", env!("CARGO_PKG_VERSION"));
    let folder = out.join(&name);
    say::step("put the archive together", || {
        lay_out(workspace, &binary, &folder)?;
        archive(&folder, &out.join(format!("{name}.tar.gz")))?;
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))
    })?;
    say::step("list what the binary is made of", || {
        bills_of_materials(workspace, &out, &name)
    })?;
    let mut sums = String::new();
    let mut files = digest::files_below(&out)?;
    files.sort();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        sums.push_str(&format!("{}  {name}\n", digest::of(&content)));
    }
    write(&out.join("SHA256SUMS"), sums.as_bytes())?;
    say::line(&format!("✓ `{}`", out.display()));
    Ok(())
}

/// The target triple that this machine builds for.
fn host(workspace: &Workspace) -> Result<String> {
    let version = output(workspace.command("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` names no host")?.to_owned())
}

/// The binary with nothing but the kernel below it, and without this machine's paths in its messages.
fn build(workspace: &Workspace, target: &str) -> Result<PathBuf> {
    let dashboard = frontend::build(workspace)?;
    let mut flags = vec!["-Ctarget-feature=+crt-static".to_owned()];
    flags.extend(workspace.hidden_paths());
    let mut command = workspace.cargo();
    // With a target of its own, the flags are not those of build scripts and macros.
    command
        .args([
            "build",
            "--release",
            "--locked",
            "--package",
            "rollcall",
            "--target",
            target,
        ])
        .env("ROLLCALL_DIST", dashboard)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols");
    say::step("build rollcall, linked statically", || run(&mut command))?;
    Ok(workspace
        .target
        .join(target)
        .join("release")
        .join("rollcall")
        .with_extension(env::consts::EXE_EXTENSION))
}

fn lay_out(workspace: &Workspace, binary: &Path, folder: &Path) -> Result<()> {
    let completions = folder.join("completions");
    fs::create_dir_all(&completions).with_context(|| format!("cannot create `{}`", completions.display()))?;
    let into = |from: &Path, name: &str| {
        fs::copy(from, folder.join(name)).with_context(|| format!("cannot copy `{}`", from.display()))
    };
    into(binary, &binary.file_name().unwrap_or_default().to_string_lossy())?;
    for (from, name) in FILES {
        into(&workspace.root.join(from), name)?;
    }
    run(workspace.command(binary).arg("man").arg(folder.join("man")))?;
    for (shell, name) in [
        ("bash", "rollcall.bash"),
        ("zsh", "_rollcall"),
        ("fish", "rollcall.fish"),
    ] {
        let script = output(workspace.command(binary).args(["completions", shell]))?;
        write(&completions.join(name), script.as_bytes())?;
    }
    Ok(())
}

/// A folder as one file: the same bytes for the same files, in the order of their names and without times.
fn archive(folder: &Path, path: &Path) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot create `{}`", path.display()))?;
    let mut builder = tar::Builder::new(GzBuilder::new().mtime(0).write(file, Compression::best()));
    builder.mode(tar::HeaderMode::Deterministic);
    let parent = folder.parent().unwrap_or(folder);
    let mut files = digest::files_below(folder)?;
    files.sort();
    for file in files {
        builder.append_path_with_name(&file, file.strip_prefix(parent)?)?;
    }
    builder
        .into_inner()?
        .finish()?
        .flush()
        .with_context(|| format!("cannot write `{}`", path.display()))
}

/// What goes into the binary: its own packages, and those of the programs for the browser that it carries.
const PARTS: [&str; 4] = ["rollcall", "frontend", "explorer", "engine"];

/// One list in CycloneDX for each of [`PARTS`].
fn bills_of_materials(workspace: &Workspace, out: &Path, name: &str) -> Result<()> {
    setup::sbom_tool(workspace)?;
    for part in PARTS {
        let mut command = workspace.command("cargo-sbom");
        command.args([
            "sbom",
            "--output-format",
            "cyclone_dx_json_1_6",
            "--cargo-package",
            part,
        ]);
        write(
            &out.join(format!("{name}-{part}.cdx.json")),
            output(&mut command)?.as_bytes(),
        )?;
    }
    Ok(())
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    fs::write(path, content).with_context(|| format!("cannot write `{}`", path.display()))
}
