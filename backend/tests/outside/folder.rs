//! The estate that the tests read, and copies of it to change.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Two snapshots, with a bad row, exports that disagree, a file that is no export, and hostile names.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside/estate")
}

/// A copy of the fixture that may be changed.
pub fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_into(&fixture(), folder.path());
    folder
}

fn copy_into(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_into(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
