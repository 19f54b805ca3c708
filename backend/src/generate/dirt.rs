//! Dirt: what happens to an export between the vendor's tool and the folder.
//!
//! A tool leaves the same marks every month, so whether a file has a byte order mark is drawn from its source and
//! name alone, and every snapshot shows it alike.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::draw::{Draw, fnv1a};

/// The amount of dirt at which quirks come at the rates measured on real exports.
pub const MEASURED: f64 = 0.15;

/// How dirty the exports are: 0 is clean, [`MEASURED`] is life, 1 is about seven times worse.
#[derive(Debug, Clone, Copy)]
pub struct Dirt {
    seed: u64,
    level: f64,
}

impl Dirt {
    pub fn new(seed: u64, level: f64) -> Self {
        Self { seed, level }
    }

    /// Whether the estate may carry planted faults: missing pages, truncated files, rows that do not parse.
    pub fn plants_faults(&self) -> bool {
        self.level > 0.0
    }

    /// Whether a quirk that real exports show at this `rate` befalls the thing named by `source` and `name`.
    pub fn strikes(&self, quirk: &'static str, rate: f64, source: &str, name: &str) -> bool {
        let rate = (rate * self.level / MEASURED).min(0.9);
        Draw::new(self.seed, quirk, fnv1a(source.as_bytes()), fnv1a(name.as_bytes())).chance(rate)
    }
}

/// How a text file came out of the tool that redirected it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf8Bom,
    /// Windows PowerShell 5.1 with `>`.
    Utf16Le,
    Crlf,
}

/// The file system side of an export.
enum Container {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Zip(Box<ZipWriter<BufWriter<File>>>),
}

/// One export being written; encodes and packs as its quirks demand.
pub struct Export {
    container: Container,
    encoding: Encoding,
    /// The start of a character whose rest comes with the next write (UTF-16 only).
    unfinished: Vec<u8>,
    /// Where the file is, for the truth.
    pub path: PathBuf,
    /// The quirks this file has.
    pub quirks: Vec<&'static str>,
}

impl Export {
    /// Opens `folder/name` for text; the name may gain a suffix when the file is packed.
    pub fn text(dirt: &Dirt, folder: &Path, name: &str) -> Result<Self> {
        let source = folder.file_name().and_then(|part| part.to_str()).unwrap_or_default();
        let struck = |quirk, rate| dirt.strikes(quirk, rate, source, name);
        let (encoding, quirk) = if struck("utf-16", 0.02) {
            (Encoding::Utf16Le, Some("utf-16"))
        } else if struck("byte order mark", 0.03) {
            (Encoding::Utf8Bom, Some("byte order mark"))
        } else if struck("crlf", 0.10) {
            (Encoding::Crlf, Some("crlf"))
        } else {
            (Encoding::Utf8, None)
        };
        let mut quirks: Vec<&'static str> = quirk.into_iter().collect();
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
        let create = |path: &Path| {
            let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
            anyhow::Ok(BufWriter::with_capacity(1 << 18, file))
        };
        let (container, path) = if struck("gzip", 0.04) {
            quirks.push("gzip");
            let path = folder.join(format!("{name}.gz"));
            // A fresh header holds no file time, so the bytes depend on the content alone.
            (
                Container::Gzip(Box::new(GzEncoder::new(create(&path)?, Compression::fast()))),
                path,
            )
        } else if struck("zip", 0.03) {
            quirks.push("zip");
            let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
            let path = folder.join(format!("{stem}.zip"));
            let mut archive = ZipWriter::new(create(&path)?);
            let options = SimpleFileOptions::default()
                .large_file(true)
                .last_modified_time(zip::DateTime::default());
            archive.start_file(name, options)?;
            (Container::Zip(Box::new(archive)), path)
        } else {
            let path = folder.join(name);
            (Container::Plain(create(&path)?), path)
        };
        let mut export = Self {
            container,
            encoding,
            unfinished: Vec::new(),
            path,
            quirks,
        };
        match encoding {
            Encoding::Utf8Bom => export.put(b"\xef\xbb\xbf")?,
            Encoding::Utf16Le => export.put(b"\xff\xfe")?,
            Encoding::Utf8 | Encoding::Crlf => {}
        }
        Ok(export)
    }

    /// Completes the file on disk.
    pub fn finish(self) -> Result<(PathBuf, Vec<&'static str>)> {
        match self.container {
            Container::Plain(mut file) => file.flush()?,
            Container::Gzip(packer) => packer.finish()?.flush()?,
            Container::Zip(archive) => archive.finish()?.flush()?,
        }
        Ok((self.path, self.quirks))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.container {
            Container::Plain(file) => file.write_all(bytes),
            Container::Gzip(packer) => packer.write_all(bytes),
            Container::Zip(archive) => archive.write_all(bytes),
        }
    }

    fn put_utf16(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut pending = std::mem::take(&mut self.unfinished);
        pending.extend_from_slice(bytes);
        let n_valid = match std::str::from_utf8(&pending) {
            Ok(_) => pending.len(),
            Err(error) => error.valid_up_to(),
        };
        self.unfinished = pending.split_off(n_valid);
        let text = String::from_utf8(pending).map_err(io::Error::other)?;
        let mut units = Vec::with_capacity(text.len() * 2);
        for unit in text.encode_utf16() {
            units.extend_from_slice(&unit.to_le_bytes());
        }
        self.put(&units)
    }
}

impl Write for Export {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.encoding {
            Encoding::Utf8 | Encoding::Utf8Bom => self.put(bytes)?,
            Encoding::Utf16Le => self.put_utf16(bytes)?,
            Encoding::Crlf => {
                for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
                    if number > 0 {
                        self.put(b"\r\n")?;
                    }
                    self.put(line)?;
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
