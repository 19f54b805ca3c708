//! The estate that the tests read, and copies of it to change.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::cli::rollcall;

/// Two snapshots, with a bad row, exports that disagree, a file that is no export, and hostile names.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside/estate")
}

/// A generated estate of two snapshots: every kind of identity, names beyond ASCII, what nobody owns, and waivers.
pub fn wide() -> &'static Path {
    static WIDE: OnceLock<TempDir> = OnceLock::new();
    let folder = WIDE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("estate");
        let output = rollcall(&["generate", "--size", "S", "--snapshots", "2", out.to_str().unwrap()]);
        assert!(output.status.success());
        let mut toml = fs::File::options().append(true).open(out.join("rollcall.toml")).unwrap();
        let waiver = "\n[[waiver]]\nrule = \"unreviewed\"\nsubject = \"*\"\nwho = \"Zoë Łuczak, 職\"\nwhy = \"accepted\"\n\
                      until = \"2027-01-31\"\n";
        toml.write_all(waiver.as_bytes()).unwrap();
        folder
    });
    static ESTATE: OnceLock<PathBuf> = OnceLock::new();
    ESTATE.get_or_init(|| folder.path().join("estate"))
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
