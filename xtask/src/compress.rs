//! Writes `.br` and `.gz` beside every file of the dashboard, so that the server never compresses while serving.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;

use crate::say;
use crate::setup::WasmOpt;

/// The WASM that every page loads, brotli: about 1.3 s on slow 4G (1.6 Mb/s), which leaves the rest of the three seconds
/// to a usable Overview for the first request and for starting up.
const WASM_BUDGET_BYTES: usize = 250_000;
/// The explorer of the access graph, which only its page loads after that: half a second more.
const EXPLORER_BUDGET_BYTES: usize = 120_000;
const EXPLORER: &str = "explorer_bg.wasm";
/// All of Rollcall, with every connector and the writers of reports: only pages without a server load it.
const ENGINE_BUDGET_BYTES: usize = 4_000_000;
const ENGINE: &str = "engine/engine_bg.wasm";

/// One file of the dashboard in its three encodings.
pub struct Sizes {
    pub name: String,
    pub raw: usize,
    pub gzip: usize,
    pub brotli: usize,
}

/// Compresses each of `files` beside itself.
pub fn compress(dist: &Path, files: &[PathBuf]) -> Result<Vec<Sizes>> {
    files.par_iter().map(|file| compress_file(dist, file)).collect()
}

/// Prints the sizes and fails if the WASM is larger than its budget.
pub fn report(sizes: &[Sizes], wasm_opt: WasmOpt) -> Result<()> {
    let rows: Vec<[String; 4]> = sizes
        .iter()
        .map(|file| {
            [
                file.name.clone(),
                kilobytes(file.raw),
                kilobytes(file.gzip),
                kilobytes(file.brotli),
            ]
        })
        .chain([[
            "total".to_owned(),
            kilobytes(sizes.iter().map(|file| file.raw).sum()),
            kilobytes(sizes.iter().map(|file| file.gzip).sum()),
            kilobytes(sizes.iter().map(|file| file.brotli).sum()),
        ]])
        .collect();
    say::line(say::table(["dist/, kB", "raw", "gzip", "brotli"], &rows).trim_end());

    let wasm = || sizes.iter().filter(|file| file.name.ends_with(".wasm"));
    let named = |name: &str| wasm().filter(|file| file.name == name).collect::<Vec<_>>();
    let pages: Vec<&Sizes> = wasm()
        .filter(|file| ![EXPLORER, ENGINE].contains(&file.name.as_str()))
        .collect();
    within_budget("the dashboard", &pages, WASM_BUDGET_BYTES, wasm_opt)?;
    within_budget("the explorer", &named(EXPLORER), EXPLORER_BUDGET_BYTES, wasm_opt)?;
    within_budget("the engine", &named(ENGINE), ENGINE_BUDGET_BYTES, wasm_opt)
}

fn within_budget(what: &str, files: &[&Sizes], budget: usize, wasm_opt: WasmOpt) -> Result<()> {
    let wasm: usize = files.iter().map(|file| file.brotli).sum();
    let text = format!("{} of {} kB", kilobytes(wasm), kilobytes(budget));
    say::note(&format!("WASM of {what} after brotli: {text}"));
    match wasm_opt {
        WasmOpt::Present if wasm > budget => bail!("the WASM of {what} is over its budget after brotli: {text}"),
        WasmOpt::Absent if wasm > budget => {
            say::note("over budget, which is not an error without `wasm-opt`");
            Ok(())
        }
        WasmOpt::Present | WasmOpt::Absent => Ok(()),
    }
}

fn compress_file(dist: &Path, file: &Path) -> Result<Sizes> {
    let raw = fs::read(file).with_context(|| format!("cannot read `{}`", file.display()))?;

    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&raw)?;
    let gzip = gzip.finish()?;

    let mut brotli = Vec::new();
    let parameters = BrotliEncoderParams {
        quality: 11,
        size_hint: raw.len(),
        ..BrotliEncoderParams::default()
    };
    brotli::BrotliCompress(&mut raw.as_slice(), &mut brotli, &parameters)?;

    for (extension, content) in [("gz", &gzip), ("br", &brotli)] {
        let path = with_suffix(file, extension);
        fs::write(&path, content).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    let name = file.strip_prefix(dist).unwrap_or(file);
    Ok(Sizes {
        name: name.to_string_lossy().into_owned(),
        raw: raw.len(),
        gzip: gzip.len(),
        brotli: brotli.len(),
    })
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(".");
    path.push(suffix);
    path.into()
}

fn kilobytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_encodings_decode_to_the_file() {
        let dist = tempfile::tempdir().unwrap();
        let file = dist.path().join("a.wasm");
        let content = b"a dashboard, a dashboard, a dashboard".repeat(40);
        fs::write(&file, &content).unwrap();

        let sizes = compress(dist.path(), std::slice::from_ref(&file)).unwrap();

        let mut gzip = Vec::new();
        flate2::read::GzDecoder::new(fs::File::open(dist.path().join("a.wasm.gz")).unwrap())
            .read_to_end(&mut gzip)
            .unwrap();
        assert_eq!(gzip, content);
        let mut brotli = Vec::new();
        brotli::Decompressor::new(fs::File::open(dist.path().join("a.wasm.br")).unwrap(), 4096)
            .read_to_end(&mut brotli)
            .unwrap();
        assert_eq!(brotli, content);
        let [size] = sizes.as_slice() else { panic!("one file") };
        assert_eq!((size.name.as_str(), size.raw), ("a.wasm", content.len()));
        assert!(size.brotli < size.gzip && size.gzip < size.raw);
    }

    #[test]
    fn wasm_over_budget_fails_unless_wasm_opt_is_absent() {
        let file = |name: &str, brotli| Sizes {
            name: name.to_owned(),
            raw: brotli,
            gzip: brotli,
            brotli,
        };
        let within = [file("a.wasm", WASM_BUDGET_BYTES), file("b.js", 1)];
        report(&within, WasmOpt::Present).unwrap();
        let over = [file("a.wasm", WASM_BUDGET_BYTES), file("b.wasm", 1)];
        report(&over, WasmOpt::Present).unwrap_err();
        report(&over, WasmOpt::Absent).unwrap();
        let explorer = [file("a.wasm", WASM_BUDGET_BYTES), file(EXPLORER, EXPLORER_BUDGET_BYTES)];
        report(&explorer, WasmOpt::Present).unwrap();
        report(&[file(EXPLORER, EXPLORER_BUDGET_BYTES + 1)], WasmOpt::Present).unwrap_err();
        report(&[file(ENGINE, ENGINE_BUDGET_BYTES)], WasmOpt::Present).unwrap();
        report(&[file(ENGINE, ENGINE_BUDGET_BYTES + 1)], WasmOpt::Present).unwrap_err();
    }
}
