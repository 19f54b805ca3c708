//! Where things are, and how child processes are started: from the root, with the installed tools on their PATH.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

pub struct Workspace {
    pub root: PathBuf,
    /// Cargo's target directory, wherever `CARGO_TARGET_DIR` or a configuration puts it.
    pub target: PathBuf,
    /// Installed tools, shared by every clone of this user.
    pub tools: PathBuf,
}

impl Workspace {
    pub fn find() -> Result<Self> {
        // The variable is this run's; the constant may be another clone's when both share a target directory.
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest)
            .parent()
            .with_context(|| format!("`{}` has no parent directory", Path::new(&manifest).display()))?
            .to_owned();
        let mut workspace = Workspace {
            target: root.join("target"),
            tools: cache_home()?.join("rollcall").join("tools"),
            root,
        };
        workspace.target = workspace.target_directory()?;
        Ok(workspace)
    }

    pub fn cargo(&self) -> Command {
        self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// A command that runs in the workspace root, reads nothing, and finds the installed tools first.
    pub fn command(&self, program: impl Into<OsString>) -> Command {
        let program = program.into();
        // `Command` would search this process's PATH, so the tools are looked up here.
        let resolved = self.which(&program).map_or(program, PathBuf::into_os_string);
        let mut command = Command::new(resolved);
        command
            .current_dir(&self.root)
            .env("PATH", self.path())
            .stdin(Stdio::null());
        // `cargo run` describes xtask in these; build scripts that watch them would be rerun at every change of caller.
        for (name, _) in env::vars_os() {
            let name_text = name.to_string_lossy();
            if name_text.starts_with("CARGO_PKG_") || name_text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }

    /// The first executable of that name: among the installed tools, then on the caller's PATH.
    pub fn which(&self, program: impl AsRef<Path>) -> Option<PathBuf> {
        let program = program.as_ref();
        if program.components().count() > 1 {
            return program.is_file().then(|| program.to_owned());
        }
        self.all(program).into_iter().next()
    }

    /// All executables of that name, in the order of [`Self::which`].
    pub fn all(&self, program: impl AsRef<Path>) -> Vec<PathBuf> {
        env::split_paths(&self.path())
            .map(|directory| directory.join(&program).with_extension(env::consts::EXE_EXTENSION))
            .filter(|candidate| candidate.is_file())
            .collect()
    }

    /// Where npm puts the programs of packages installed under the tools directory.
    pub fn npm_programs(&self) -> PathBuf {
        self.npm_package(".bin")
    }

    /// Where npm puts a package installed under the tools directory.
    pub fn npm_package(&self, name: &str) -> PathBuf {
        self.tools.join("npm").join("node_modules").join(name)
    }

    /// The Python environment of the tests, under the tools directory.
    pub fn python(&self) -> PathBuf {
        self.tools.join("python")
    }

    /// Flags of rustc that keep this machine's folders out of what it builds.
    pub fn hidden_paths(&self) -> Vec<String> {
        let home = |variable: &str, name: &str| {
            env::var_os(variable).map_or_else(|| Some(env::home_dir()?.join(name)), |path| Some(PathBuf::from(path)))
        };
        let hidden = [
            (Some(self.root.clone()), "rollcall"),
            (home("CARGO_HOME", ".cargo"), "cargo"),
            (home("RUSTUP_HOME", ".rustup"), "rustup"),
        ];
        let flag =
            |(path, name): (Option<PathBuf>, &str)| Some(format!("--remap-path-prefix={}={name}", path?.display()));
        hidden.into_iter().filter_map(flag).collect()
    }

    fn path(&self) -> OsString {
        let inherited = env::var_os("PATH").unwrap_or_default();
        let directories = [self.tools.join("bin"), self.npm_programs(), self.python().join("bin")];
        let all = directories.into_iter().chain(env::split_paths(&inherited));
        // Joining fails only for a directory with the separator in its name, which PATH cannot hold anyway.
        env::join_paths(all).unwrap_or(inherited)
    }

    fn target_directory(&self) -> Result<PathBuf> {
        let metadata = output(
            self.cargo()
                .args(["metadata", "--no-deps", "--format-version", "1", "--quiet"]),
        )?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata).context("cannot read `cargo metadata`")?;
        let directory = metadata["target_directory"]
            .as_str()
            .context("`cargo metadata` names no `target_directory`")?;
        Ok(directory.into())
    }
}

/// Runs to the end with inherited output; the error carries the command line.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", display(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", display(command));
    }
    Ok(())
}

/// Runs to the end and returns what it wrote to standard output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", display(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", display(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{}` did not write text", display(command)))
}

/// The command as someone would type it.
pub fn display(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy();
            if word.is_empty() || word.contains(char::is_whitespace) {
                format!("'{word}'")
            } else {
                word.into_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn cache_home() -> Result<PathBuf> {
    let home_cache = || env::home_dir().map(|home| home.join(".cache"));
    // The XDG specification: a relative path is to be ignored.
    let from_xdg = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    from_xdg
        .or_else(home_cache)
        .context("no place to install tools: set `XDG_CACHE_HOME` or `HOME`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_shown_as_typed() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command.args(["test", "-p", "a b", ""]);
        assert_eq!(display(&command), "cargo test -p 'a b' ''");
    }
}
