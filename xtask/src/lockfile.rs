//! Versions that `Cargo.lock` pins.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The one locked version of a package.
///
/// Fails when the package is absent or locked more than once: then no single version of its tool fits.
pub fn locked_version(root: &Path, package: &str) -> Result<String> {
    let path = root.join("Cargo.lock");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    version_in(&text, package)
}

fn version_in(lockfile: &str, package: &str) -> Result<String> {
    let lockfile: toml::Table = lockfile.parse().context("cannot parse `Cargo.lock`")?;
    let versions: Vec<&str> = lockfile
        .get("package")
        .and_then(toml::Value::as_array)
        .into_iter()
        .flatten()
        .filter(|entry| entry.get("name").and_then(toml::Value::as_str) == Some(package))
        .filter_map(|entry| entry.get("version").and_then(toml::Value::as_str))
        .collect();
    match versions.as_slice() {
        [version] => Ok((*version).to_owned()),
        [] => bail!("`Cargo.lock` does not lock `{package}`"),
        several => bail!("`Cargo.lock` locks `{package}` more than once: {}", several.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKFILE: &str = r#"
version = 4

[[package]]
name = "wasm-bindgen"
version = "0.2.130"

[[package]]
name = "wasm-bindgen-futures"
version = "0.4.80"

[[package]]
name = "toml"
version = "0.8.1"

[[package]]
name = "toml"
version = "0.9.2"
"#;

    #[test]
    fn the_exact_package_is_read() {
        assert_eq!(version_in(LOCKFILE, "wasm-bindgen").unwrap(), "0.2.130");
    }

    #[test]
    fn an_absent_or_doubled_package_is_an_error() {
        let absent = version_in(LOCKFILE, "trunk").unwrap_err();
        assert_eq!(absent.to_string(), "`Cargo.lock` does not lock `trunk`");
        let doubled = version_in(LOCKFILE, "toml").unwrap_err();
        assert_eq!(
            doubled.to_string(),
            "`Cargo.lock` locks `toml` more than once: 0.8.1, 0.9.2"
        );
    }
}
