//! What tests over real vendor files share.

use std::path::{Path, PathBuf};

/// A folder of real vendor files: below `ROLLCALL_DATA`, else beside the checkout. The files are too many and not
/// ours to keep here, so a test without them says that it was skipped, and passes.
pub fn data(folder: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("ROLLCALL_DATA") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    let path = root.join(folder);
    if path.is_dir() {
        Some(path)
    } else {
        println!("skipped: there is no {}", path.display());
        None
    }
}
