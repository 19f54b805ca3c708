//! SHA-256 over files and folders, to know whether anything changed since the last build.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// The digest of every file in `files`, over path (relative to `root`) and content, in path order.
pub fn of_files(root: &Path, mut files: Vec<PathBuf>) -> Result<String> {
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let content = fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy().into_owned();
        for part in [name.as_bytes(), &content] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
    }
    Ok(hex(&digest.finalize()))
}

/// Every file below `path`, or `path` itself if it is a file; nothing if it does not exist.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot list `{}`", path.display()))? {
        files.extend(files_below(&entry?.path())?);
    }
    Ok(files)
}

/// The SHA-256 of a content, in hex.
pub fn of(content: &[u8]) -> String {
    hex(&Sha256::digest(content))
}

/// Sixteen hex digits: enough to name a file by its content.
pub fn short(content: &[u8]) -> String {
    of(content).chars().take(16).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_names_and_contents_but_not_on_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("sub")).unwrap();
        fs::write(root.join("a"), "1").unwrap();
        fs::write(root.join("sub/b"), "2").unwrap();

        let mut files = files_below(root).unwrap();
        let before = of_files(root, files.clone()).unwrap();
        files.reverse();
        assert_eq!(of_files(root, files).unwrap(), before);

        fs::write(root.join("a"), "3").unwrap();
        let changed = of_files(root, files_below(root).unwrap()).unwrap();
        assert_ne!(changed, before);

        fs::write(root.join("a"), "1").unwrap();
        fs::rename(root.join("a"), root.join("c")).unwrap();
        let renamed = of_files(root, files_below(root).unwrap()).unwrap();
        assert_ne!(renamed, before);
    }

    #[test]
    fn a_missing_folder_has_no_files() {
        assert!(files_below(Path::new("/nonexistent/folder")).unwrap().is_empty());
    }
}
