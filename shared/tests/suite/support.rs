//! What tests over real vendor files share.

use std::path::{Path, PathBuf};

use shared::connectors;
use shared::merge::FileBatch;

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

/// One export of a source.
pub fn read(source: &str, path: &str, bytes: &[u8]) -> FileBatch {
    let reading = connectors::read(source, path, bytes, "salt");
    FileBatch {
        source: source.to_owned(),
        path: path.to_owned(),
        connector: reading.connector.map(|connector| connector.id),
        n_bytes: bytes.len() as u64,
        batch: reading.batch,
        diagnostics: reading.diagnostics,
    }
}
