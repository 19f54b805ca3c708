//! Embeds the built frontend (`dist/` at the top of the workspace, or `ROLLCALL_DIST`), each file in the encodings
//! that stand beside it, so that one binary is all there is to copy. Names the state of the generator.
//!
//! Without a built frontend the binary still builds, and says on every page what is missing.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    name_generator();
    embed_frontend();
}

/// Gives the demo's estate a name of its own for each state of the generator's source.
fn name_generator() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let parts = [source.join("generate"), source.join("commands/demo.rs")];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in &parts {
        println!("cargo::rerun-if-changed={}", part.display());
        let files = if part.is_dir() { files(part) } else { vec![part.clone()] };
        for byte in files.iter().flat_map(|file| fs::read(file).unwrap_or_default()) {
            // FNV-1a: a name, not a secret.
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    println!("cargo::rustc-env=GENERATOR_DIGEST={hash:016x}");
}

fn embed_frontend() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let dist = env::var_os("ROLLCALL_DIST").map_or_else(|| workspace.join("dist"), PathBuf::from);
    println!("cargo::rerun-if-env-changed=ROLLCALL_DIST");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut table = String::from("pub const ASSETS: &[Asset] = &[\n");
    for path in files(&dist) {
        let name = path
            .strip_prefix(&dist)
            .unwrap_or(&path)
            .to_string_lossy()
            .replace('\\', "/");
        let beside = |extension: &str| {
            let packed = PathBuf::from(format!("{}.{extension}", path.display()));
            if packed.exists() {
                format!("Some(include_bytes!({packed:?}))")
            } else {
                "None".to_owned()
            }
        };
        let _ = writeln!(
            table,
            "    Asset {{ path: {name:?}, plain: include_bytes!({path:?}), brotli: {}, gzip: {} }},",
            beside("br"),
            beside("gz")
        );
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("assets.rs");
    if let Err(error) = fs::write(&out, table) {
        println!("cargo::error=cannot write {}: {error}", out.display());
    }
}

/// The files of a folder and its sub-folders that are no packed copies, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path
            .extension()
            .is_some_and(|extension| extension == "br" || extension == "gz")
        {
            found.push(fs::canonicalize(&path).unwrap_or(path));
        }
    }
    found.sort();
    found
}
