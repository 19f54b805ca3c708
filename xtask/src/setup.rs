//! Installs what is missing, pinned, for this user only where that is possible; does nothing the second time.
//!
//! Cargo tools and Binaryen go below [`Workspace::tools`], which later clones reuse. Chromium comes from the system's
//! packages when that is allowed. Nothing is fetched from anywhere but package registries.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::lockfile::locked_version;
use crate::say;
use crate::workspace::{Workspace, display, output, run};

/// The newest release that Rust 1.95 builds.
const TRUNK: &str = "0.21.14";
/// The release of Binaryen that the dashboard was tried with. Debian 12's, 108, exports the wrong one of two tables:
/// the page then never starts.
const BINARYEN: u32 = 132;
/// The checker of accessibility that the journeys run in each page.
const AXE: &str = "4.14.1";
/// Lists the packages that a binary is made of.
const CARGO_SBOM: &str = "0.10.0";
/// What opens Rollcall's workbooks, OCSF events, OpenGraph files and payloads for Veza in the tests, in a Python of its own.
const PYTHON_READERS: [&str; 5] = [
    "openpyxl==3.1.5",
    "jsonschema==4.26.0",
    "py-ocsf-models==0.10.0",
    "bhopengraph==1.3.1",
    "oaaclient==1.2.0",
];
/// The file in that Python's folder that lists them, once all are installed.
const INSTALLED: &str = "installed";
/// The validator of SARIF by those who wrote the standard.
const SARIF_PACKAGE: &str = "@microsoft/sarif-multitool";
const SARIF_MULTITOOL: &str = "5.7.0";
const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Whether `wasm-opt` will shrink the WASM. Without it everything works, with a larger download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasmOpt {
    Present,
    Absent,
}

/// The real browser of the journeys and its WebDriver server.
pub struct Browser {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
}

/// What the dashboard's build needs: the WASM target, Trunk, wasm-bindgen and, if it can be had, `wasm-opt`.
pub fn frontend_tools(workspace: &Workspace) -> Result<WasmOpt> {
    wasm_target(workspace)?;
    let wasm_bindgen = locked_version(&workspace.root, "wasm-bindgen")?;
    // Its own lock file names a crate version that some mirrors lack, hence not `--locked`.
    cargo_tool(
        workspace,
        "wasm-bindgen",
        "wasm-bindgen-cli",
        &wasm_bindgen,
        &["--bin", "wasm-bindgen"],
    )?;
    // Without TLS Trunk cannot download tools behind our back, and builds in half the time.
    cargo_tool(
        workspace,
        "trunk",
        "trunk",
        TRUNK,
        &["--locked", "--no-default-features"],
    )?;
    wasm_opt(workspace)
}

/// What a release archive needs beside what builds it.
pub fn sbom_tool(workspace: &Workspace) -> Result<()> {
    cargo_tool(workspace, "cargo-sbom", "cargo-sbom", CARGO_SBOM, &["--locked"])
}

/// What `cargo fmt` and `cargo clippy` need.
pub fn lint_tools(workspace: &Workspace) -> Result<()> {
    let programs = sysroot(workspace)?.join("bin");
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let installed = programs
            .join(program)
            .with_extension(env::consts::EXE_EXTENSION)
            .is_file();
        if !installed {
            rustup(workspace, &["component", "add", component])?;
        }
    }
    Ok(())
}

/// Chromium and chromedriver, from `CHROMIUM` and `CHROMEDRIVER`, the PATH, or installed now.
pub fn browser(workspace: &Workspace) -> Result<Browser> {
    if let Some(browser) = find_browser(workspace) {
        return Ok(browser);
    }
    let packages = ["chromium", "chromium-driver", "fonts-dejavu-core"];
    let tried = if may_install_packages(workspace) {
        apt_install(workspace, &packages)?;
        "`apt-get install chromium chromium-driver` ran, but both are still not on the PATH"
    } else {
        "they are neither on the PATH nor named by `CHROMIUM` and `CHROMEDRIVER`, and only root on Debian may install them"
    };
    find_browser(workspace).with_context(|| {
        format!(
            "the browser journeys need Chromium and chromedriver: {tried}; \
             install them (Debian: `sudo apt-get install {}`) or set both variables to their paths",
            packages.join(" ")
        )
    })
}

fn find_browser(workspace: &Workspace) -> Option<Browser> {
    let named = |variable: &str, programs: &[&str]| {
        env::var_os(variable)
            .map(PathBuf::from)
            .or_else(|| programs.iter().find_map(|program| workspace.which(program)))
    };
    Some(Browser {
        chromium: named("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?,
        chromedriver: named("CHROMEDRIVER", &["chromedriver"])?,
    })
}

fn wasm_target(workspace: &Workspace) -> Result<()> {
    let libraries = sysroot(workspace)?.join("lib/rustlib").join(WASM_TARGET).join("lib");
    if libraries.is_dir() {
        return Ok(());
    }
    rustup(workspace, &["target", "add", WASM_TARGET])
}

fn rustup(workspace: &Workspace, args: &[&str]) -> Result<()> {
    if workspace.which("rustup").is_none() {
        bail!(
            "the Rust toolchain lacks `{}` and there is no rustup to add it: \
             install rustup, or the toolchain of `rust-toolchain.toml` with its targets and components",
            args.join(" ")
        );
    }
    let mut command = workspace.command("rustup");
    command.args(args);
    say::step(&display(&command), || run(&mut command))
}

fn sysroot(workspace: &Workspace) -> Result<PathBuf> {
    let sysroot = output(workspace.command("rustc").args(["--print", "sysroot"]))?;
    Ok(sysroot.trim_end().into())
}

fn cargo_tool(workspace: &Workspace, program: &str, package: &str, version: &str, options: &[&str]) -> Result<()> {
    if installed_version(workspace, program).as_deref() == Some(version) {
        return Ok(());
    }
    let mut command = workspace.cargo();
    command
        .args(["install", package, "--version", version, "--force"])
        .args(options)
        .arg("--root")
        .arg(&workspace.tools)
        // One directory for all tools, as they share many dependencies.
        .env("CARGO_TARGET_DIR", workspace.target.join("xtask/tools"))
        // Optimised, the tools take 12 minutes to build on two cores, unoptimised 5; a build of the dashboard then takes
        // 2 seconds longer.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    say::step(&format!("install {package} {version}, once, a few minutes"), || {
        run(&mut command).with_context(|| {
            format!("{package} {version} is needed and could not be installed; run the command by hand, or put that version on the PATH")
        })?;
        match installed_version(workspace, program) {
            Some(found) if found == version => Ok(()),
            found => bail!(
                "{package} {version} was installed into `{}`, but `{program} --version` says {}",
                workspace.tools.display(),
                found.as_deref().unwrap_or("nothing")
            ),
        }
    })
}

/// The last word of the first line of `program --version`, as in `trunk 0.21.14`.
fn installed_version(workspace: &Workspace, program: &str) -> Option<String> {
    let path = workspace.which(program)?;
    let output = Command::new(path)
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    version_word(&String::from_utf8_lossy(&output.stdout))
}

fn version_word(text: &str) -> Option<String> {
    let word = text
        .lines()
        .next()?
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    Some(word.to_owned())
}

/// The version of `program`, for the digest of what a build depends on.
pub fn version_for_digest(workspace: &Workspace, program: &str) -> String {
    let version = installed_version(workspace, program);
    format!("{program} {}", version.as_deref().unwrap_or("absent"))
}

fn wasm_opt(workspace: &Workspace) -> Result<WasmOpt> {
    if has_wasm_opt(workspace) {
        return Ok(WasmOpt::Present);
    }
    npm_install(workspace, &format!("binaryen@{BINARYEN}.0.0"))?;
    if has_wasm_opt(workspace) {
        return Ok(WasmOpt::Present);
    }
    say::note(&format!(
        "there is no `wasm-opt` of version {BINARYEN} or later, so the WASM stays about twice as large as it should be"
    ));
    say::note("install npm, from which it is installed for you, or put that version on the PATH; then run this again");
    Ok(WasmOpt::Absent)
}

/// The script of axe-core, installed now if npm can be had; `None` otherwise.
pub fn axe(workspace: &Workspace) -> Result<Option<PathBuf>> {
    let is_pinned = || npm_package_version(workspace, "axe-core").as_deref() == Some(AXE);
    if !is_pinned() {
        npm_install(workspace, &format!("axe-core@{AXE}"))?;
    }
    Ok(is_pinned().then(|| workspace.npm_package("axe-core").join("axe.min.js")))
}

/// Other people's readers of what Rollcall writes: poppler, Prometheus' promtool, Python's packages and the validator of
/// SARIF. Whether all are there: where they cannot be had, the tests that need them say so and pass.
pub fn readers(workspace: &Workspace) -> bool {
    if let Err(problem) = install_readers(workspace) {
        say::note(&format!("{problem:#}"));
    }
    let programs = ["pdftotext", "promtool", "sarif-multitool"];
    programs.iter().all(|program| workspace.which(program).is_some()) && has_python_readers(workspace)
}

fn install_readers(workspace: &Workspace) -> Result<()> {
    let has_venv = || {
        let mut command = workspace.command("python3");
        let status = command.args(["-c", "import ensurepip"]).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if may_install_packages(workspace) {
        if workspace.which("pdftotext").is_none() || !has_venv() {
            apt_install(workspace, &["poppler-utils", "python3-venv"])?;
        }
        if workspace.which("promtool").is_none() {
            promtool(workspace)?;
        }
    }
    if npm_package_version(workspace, SARIF_PACKAGE).as_deref() != Some(SARIF_MULTITOOL) {
        npm_install(workspace, &format!("{SARIF_PACKAGE}@{SARIF_MULTITOOL}"))?;
    }
    if has_venv() && !has_python_readers(workspace) {
        python_readers(workspace)?;
    }
    Ok(())
}

/// From Debian's package, of which only this program is taken: installed, it would start a server.
fn promtool(workspace: &Workspace) -> Result<()> {
    let folder = workspace.tools.join("promtool");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    let mut fetch = workspace.command("apt-get");
    fetch.args(["download", "--quiet", "prometheus"]).current_dir(&folder);
    let script = "dpkg-deb --extract prometheus_*.deb . && mkdir -p ../bin && mv usr/bin/promtool ../bin/";
    let mut unpack = workspace.command("sh");
    unpack.args(["-c", script]).current_dir(&folder);
    say::step(&display(&fetch), || run(&mut fetch).and_then(|()| run(&mut unpack)))?;
    fs::remove_dir_all(&folder).with_context(|| format!("cannot remove `{}`", folder.display()))
}

fn python_readers(workspace: &Workspace) -> Result<()> {
    let folder = workspace.python();
    let mut create = workspace.command("python3");
    create.args(["-m", "venv", "--clear"]).arg(&folder);
    let mut install = workspace.command(folder.join("bin/pip"));
    install
        .args(["install", "--quiet", "--disable-pip-version-check"])
        .args(PYTHON_READERS);
    say::step(&display(&install), || run(&mut create).and_then(|()| run(&mut install)))?;
    let note = folder.join(INSTALLED);
    fs::write(&note, PYTHON_READERS.join("\n")).with_context(|| format!("cannot write `{}`", note.display()))
}

fn has_python_readers(workspace: &Workspace) -> bool {
    let installed = fs::read_to_string(workspace.python().join(INSTALLED));
    installed.is_ok_and(|installed| installed == PYTHON_READERS.join("\n"))
}

/// Installs a package among the tools, and npm before it where that is allowed; does nothing where there is no npm.
fn npm_install(workspace: &Workspace, package: &str) -> Result<()> {
    if workspace.which("npm").is_none() && may_install_packages(workspace) {
        apt_install(workspace, &["npm"])?;
    }
    if workspace.which("npm").is_none() {
        return Ok(());
    }
    let mut command = workspace.command("npm");
    command
        .args(["install", "--no-audit", "--no-fund", "--prefix"])
        .arg(workspace.tools.join("npm"))
        .arg(package);
    say::step(&display(&command), || run(&mut command))
}

/// The version of a package that npm installed among the tools.
fn npm_package_version(workspace: &Workspace, name: &str) -> Option<String> {
    let description = fs::read(workspace.npm_package(name).join("package.json")).ok()?;
    let description: serde_json::Value = serde_json::from_slice(&description).ok()?;
    Some(description["version"].as_str()?.to_owned())
}

fn has_wasm_opt(workspace: &Workspace) -> bool {
    let version = installed_version(workspace, "wasm-opt");
    version.is_some_and(|version| version.parse::<u32>().is_ok_and(|version| version >= BINARYEN))
}

fn may_install_packages(workspace: &Workspace) -> bool {
    let is_root = output(workspace.command("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    is_root && workspace.which("apt-get").is_some()
}

fn apt_install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let apt_get = |args: &[&str]| {
        let mut command = workspace.command("apt-get");
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args(args)
            .args(["--quiet", "--yes"].map(OsStr::new));
        command
    };
    let mut install = apt_get(&["install", "--no-install-recommends"]);
    install.args(packages);
    say::step(&display(&install), || {
        // A fresh container has no package lists, one in use has them: most often the second try is not needed.
        if run(&mut install).is_ok() {
            return Ok(());
        }
        run(&mut apt_get(&["update"]))?;
        run(&mut install)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_the_tools_print() {
        assert_eq!(version_word("trunk 0.21.14\n").as_deref(), Some("0.21.14"));
        assert_eq!(version_word("wasm-opt version 108\n").as_deref(), Some("108"));
        assert_eq!(
            version_word("wasm-opt version 132 (version_132)\n").as_deref(),
            Some("132")
        );
        assert_eq!(version_word("not found\n"), None);
    }
}
