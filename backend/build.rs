//! Embeds the built frontend (`dist/` at the top of the workspace, or `ROLLCALL_DIST`), each file in the encodings
//! that stand beside it, so that one binary is all there is to copy. Names the state of the generator.
//!
//! Without a built frontend the binary still builds, and says on every page what is missing.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    // The demo's estate has a name of its own for each state of the generator.
    name(
        "GENERATOR_DIGEST",
        &[own.join("src/generate"), own.join("src/commands/demo.rs")],
    );
    // What one build keeps in the cache, another does not take for its own.
    name(
        "PROGRAM_DIGEST",
        &[own.join("src"), own.join("../shared/src"), own.join("../Cargo.lock")],
    );
    embed_frontend();
}

/// Sets a variable of the build to what changes with any of these files and folders.
fn name(variable: &str, parts: &[PathBuf]) {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        println!("cargo::rerun-if-changed={}", part.display());
        let files = if part.is_dir() { files(part) } else { vec![part.clone()] };
        for byte in files.iter().flat_map(|file| fs::read(file).unwrap_or_default()) {
            // FNV-1a: a name, not a secret.
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    println!("cargo::rustc-env={variable}={hash:016x}");
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
            "    Asset {{ path: {name:?}, plain: include_bytes!({path:?}), brotli: {}, gzip: {}, digest: {} }},",
            beside("br"),
            beside("gz"),
            digest(&path)
        );
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("assets.rs");
    if let Err(error) = fs::write(&out, table) {
        println!("cargo::error=cannot write {}: {error}", out.display());
    }
}

/// Changes with a file's contents: for its `ETag`.
fn digest(path: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    fs::read(path).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
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
