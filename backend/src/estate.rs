//! The estate on disk: which snapshots there are, and reading one of them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::UNIX_EPOCH;

use anyhow::{Context, bail};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use shared::analysis::{Analysis, analyze};
use shared::config::{Config, SourceConfig};
use shared::connectors::{self, Reading};
use shared::diagnostic::Diagnostic;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::batch::Batch;
use shared::model::instant::Instant;
use shared::reading::container;
use walkdir::WalkDir;

/// The largest file that is read, in bytes. Exports beyond this come in pages or parts.
pub const MAX_FILE_BYTES: u64 = 2 << 30;
/// The most bytes of one snapshot: beyond this the working memory of common machines ends.
pub const MAX_SNAPSHOT_BYTES: u64 = 10 << 30;
/// The most files of one estate.
pub const MAX_FILES: usize = 1_000_000;

/// A folder that a user pointed at.
pub struct Estate {
    pub config: Config,
    /// Oldest first; never empty.
    pub snapshots: Vec<SnapshotFolder>,
    /// `registry.csv` and `roster.csv`, where they exist.
    own_files: Vec<FileOnDisk>,
    /// Changes when any file's name, size or time does.
    pub digest: String,
}

/// One snapshot's folder.
pub struct SnapshotFolder {
    /// The folder's name for dated folders, the date of the newest file otherwise: as in URLs.
    pub name: String,
    /// What the folder's name says.
    named_at: Option<Instant>,
    newest_file_at: Instant,
    files: Vec<FileOnDisk>,
    /// The `source.toml` of each source that has one.
    source_configs: Vec<FileOnDisk>,
}

#[derive(Clone)]
struct FileOnDisk {
    disk_path: PathBuf,
    source: String,
    /// Below the source, with `/`.
    path: String,
    n_bytes: u64,
    modified_at: Instant,
    readable: Readable,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Readable {
    Yes,
    /// A link whose target lies outside the estate.
    LeadsOut,
}

/// How far reading has come. Shared with whoever shows it.
#[derive(Default)]
pub struct Progress {
    pub n_files: AtomicUsize,
    pub n_files_read: AtomicUsize,
}

impl Estate {
    /// Looks at an estate's folder without reading its exports.
    ///
    /// # Errors
    /// When the folder cannot be listed, `rollcall.toml` is wrong, or a limit is passed.
    pub fn open(root: &Path) -> anyhow::Result<Estate> {
        let root = fs::canonicalize(root).with_context(|| format!("cannot open the estate `{}`", root.display()))?;
        if !root.is_dir() {
            bail!(
                "the estate `{}` is a file; point at the folder that holds your exports",
                root.display()
            );
        }
        let config = match fs::read_to_string(root.join("rollcall.toml")) {
            Ok(text) => Config::parse(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Config::default(),
            Err(error) => return Err(error).context("cannot read rollcall.toml"),
        };
        let dated = dated_folders(&root)?;
        let mut snapshots = Vec::new();
        if dated.is_empty() {
            let (files, source_configs) = list_files(&root, &root)?;
            let newest_file_at = newest(&files);
            snapshots.push(SnapshotFolder {
                name: newest_file_at.to_date_text(),
                named_at: None,
                newest_file_at,
                files,
                source_configs,
            });
        }
        for (name, at) in dated {
            let (files, source_configs) = list_files(&root.join(&name), &root)?;
            snapshots.push(SnapshotFolder {
                name,
                named_at: Some(at),
                newest_file_at: newest(&files),
                files,
                source_configs,
            });
        }
        let own_files: Vec<FileOnDisk> = ["registry.csv", "roster.csv"]
            .iter()
            .filter_map(|name| own_file(&root, name))
            .collect();
        let n_files: usize = snapshots.iter().map(|snapshot| snapshot.files.len()).sum();
        if n_files > MAX_FILES {
            bail!("the estate holds {n_files} files, and at most {MAX_FILES} are read; split it into several estates");
        }
        let digest = digest(&snapshots, &own_files, &root);
        Ok(Estate {
            config,
            snapshots,
            own_files,
            digest,
        })
    }

    /// Reads and judges one snapshot. Files that cannot be read are reported in it, never fatal.
    ///
    /// # Errors
    /// When the snapshot is beyond [`MAX_SNAPSHOT_BYTES`].
    pub fn load(&self, index: usize, as_of: Option<Instant>, progress: &Progress) -> anyhow::Result<Analysis> {
        let folder = &self.snapshots[index];
        let n_bytes: u64 = folder.files.iter().map(|file| file.n_bytes).sum();
        if n_bytes > MAX_SNAPSHOT_BYTES {
            bail!(
                "the snapshot `{}` holds {n_bytes} bytes, and at most {MAX_SNAPSHOT_BYTES} are read",
                folder.name
            );
        }
        let mut files: Vec<&FileOnDisk> = folder.files.iter().chain(&self.own_files).collect();
        // The largest first, so that no core is left with the longest job at the end.
        files.sort_by_key(|file| std::cmp::Reverse(file.n_bytes));
        progress.n_files.store(files.len(), Ordering::Relaxed);
        progress.n_files_read.store(0, Ordering::Relaxed);
        let (configs, mut batches) = read_source_configs(&folder.source_configs);
        batches.par_extend(files.into_par_iter().with_max_len(1).flat_map_iter(|file| {
            let config = configs.get(file.source.as_str());
            let batches = read_file(file, config.unwrap_or(&SourceConfig::default()), &self.config.salt);
            progress.n_files_read.fetch_add(1, Ordering::Relaxed);
            batches
        }));
        let as_of = match as_of.or(folder.named_at) {
            Some(at) => AsOf::Given(at),
            None => AsOf::Newest(folder.newest_file_at),
        };
        Ok(analyze(merge(batches, as_of, &self.config), &self.config))
    }

    /// What a snapshot's `as_of` is before it is read.
    pub fn as_of(&self, index: usize) -> Instant {
        self.snapshots[index]
            .named_at
            .unwrap_or(self.snapshots[index].newest_file_at)
    }
}

/// Reads one file, with the members of an archive apart. Also for `inspect`.
pub fn read_bytes(source: &str, config: &SourceConfig, path: &str, bytes: &[u8], salt: &str) -> Vec<FileBatch> {
    let mut batches = Vec::new();
    container::each_member(path, bytes, &mut |member| {
        let bytes = match member.bytes {
            Ok(bytes) => bytes,
            Err(problem) => return batches.push(failed(source, &member.path, 0, vec![problem])),
        };
        let Reading {
            connector,
            batch,
            diagnostics,
        } = connectors::read_in(source, config, &member.path, bytes, salt);
        batches.push(FileBatch {
            source: source.to_owned(),
            path: member.path,
            connector: connector.map(|connector| connector.id),
            n_bytes: bytes.len() as u64,
            batch,
            diagnostics,
        });
    });
    batches
}

/// What each source says of its files, by its name, and what is wrong with the files that say it.
fn read_source_configs(files: &[FileOnDisk]) -> (BTreeMap<&str, SourceConfig>, Vec<FileBatch>) {
    let mut configs = BTreeMap::new();
    let mut problems = Vec::new();
    for file in files {
        match bytes_of(file).and_then(|bytes| SourceConfig::parse(&String::from_utf8_lossy(&bytes))) {
            Ok(config) => {
                configs.insert(file.source.as_str(), config);
            }
            Err(problem) => problems.push(failed(&file.source, &file.path, file.n_bytes, vec![problem])),
        }
    }
    (configs, problems)
}

fn read_file(file: &FileOnDisk, config: &SourceConfig, salt: &str) -> Vec<FileBatch> {
    match bytes_of(file) {
        Ok(bytes) => read_bytes(&file.source, config, &file.path, &bytes, salt),
        Err(problem) => vec![failed(&file.source, &file.path, file.n_bytes, vec![problem])],
    }
}

/// A file's contents, or why they are not read.
fn bytes_of(file: &FileOnDisk) -> Result<Vec<u8>, Diagnostic> {
    let refuse =
        |found: String, expected: String, help: &str| Err(Diagnostic::error("whole file", found, expected, help));
    if file.readable == Readable::LeadsOut {
        let help = "copy the file into the estate; links that leave it are not followed";
        return refuse(
            "a link that leads out of the estate".to_owned(),
            "a file of the estate".to_owned(),
            help,
        );
    }
    if file.n_bytes > MAX_FILE_BYTES {
        let expected = format!("at most {MAX_FILE_BYTES} bytes");
        return refuse(
            format!("{} bytes", file.n_bytes),
            expected,
            "export it in pages or parts",
        );
    }
    // Read, not mapped: a file that is truncated while it is mapped would end the process.
    match fs::read(&file.disk_path) {
        Ok(bytes) => Ok(bytes),
        Err(error) => refuse(
            error.to_string(),
            "a readable file".to_owned(),
            "check that it is still there, and its permissions",
        ),
    }
}

fn failed(source: &str, path: &str, n_bytes: u64, diagnostics: Vec<Diagnostic>) -> FileBatch {
    let (source, path) = (source.to_owned(), path.to_owned());
    FileBatch {
        source,
        path,
        connector: None,
        n_bytes,
        batch: Batch::default(),
        diagnostics,
    }
}

/// Sub-folders named by a date or an instant, oldest first.
fn dated_folders(root: &Path) -> anyhow::Result<Vec<(String, Instant)>> {
    let mut dated = Vec::new();
    for entry in fs::read_dir(root).with_context(|| format!("cannot list `{}`", root.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Colons are not allowed in names everywhere: `2026-10-31T080000Z` is an instant too.
        let spelled = match name.as_bytes() {
            [.., b'Z'] if name.len() == 18 => format!("{}:{}:{}", &name[..13], &name[13..15], &name[15..]),
            _ => name.clone(),
        };
        if let Some(at) = Instant::from_text(&spelled)
            && entry.file_type()?.is_dir()
        {
            dated.push((name, at));
        }
    }
    dated.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    Ok(dated)
}

/// Files at the top of an estate that are its own and belong to no source.
const OWN_NAMES: [&str; 4] = ["rollcall.toml", "registry.csv", "roster.csv", "truth.json"];

/// The files of one snapshot, and each source's `source.toml`. A file in no sub-folder is of the source `files`.
fn list_files(folder: &Path, root: &Path) -> anyhow::Result<(Vec<FileOnDisk>, Vec<FileOnDisk>)> {
    let mut files = Vec::new();
    let mut source_configs = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        // A file or folder that vanishes while it is listed was not there.
        let Ok(entry) = entry else { continue };
        let Ok(below) = entry.path().strip_prefix(folder) else {
            continue;
        };
        let parts: Vec<String> = below
            .components()
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        let is_hidden = parts.iter().any(|part| part.starts_with('.'));
        let (source, path) = match parts.split_first() {
            None => continue,
            Some((name, [])) if folder == root && OWN_NAMES.contains(&name.as_str()) => continue,
            Some((name, [])) => ("files".to_owned(), name.clone()),
            Some((source, rest)) => (source.clone(), rest.join("/")),
        };
        if entry.file_type().is_dir() || is_hidden {
            continue;
        }
        let target = fs::canonicalize(entry.path());
        let readable = match target {
            Ok(target) if !target.starts_with(root) => Readable::LeadsOut,
            Ok(_) | Err(_) => Readable::Yes,
        };
        let Ok(metadata) = fs::metadata(entry.path()) else {
            continue;
        };
        if metadata.is_file() {
            let kind = if path == "source.toml" {
                &mut source_configs
            } else {
                &mut files
            };
            kind.push(file_on_disk(entry.path(), source, path, &metadata, readable));
        }
    }
    Ok((files, source_configs))
}

fn own_file(root: &Path, name: &str) -> Option<FileOnDisk> {
    let path = root.join(name);
    let metadata = fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
    Some(file_on_disk(
        &path,
        String::new(),
        name.to_owned(),
        &metadata,
        Readable::Yes,
    ))
}

fn file_on_disk(
    disk_path: &Path,
    source: String,
    path: String,
    metadata: &fs::Metadata,
    readable: Readable,
) -> FileOnDisk {
    let modified = metadata
        .modified()
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    FileOnDisk {
        disk_path: disk_path.to_owned(),
        source,
        path,
        n_bytes: metadata.len(),
        modified_at: Instant(modified.map_or(0, |since| since.as_secs() as i64)),
        readable,
    }
}

fn newest(files: &[FileOnDisk]) -> Instant {
    files.iter().map(|file| file.modified_at).max().unwrap_or_default()
}

fn digest(snapshots: &[SnapshotFolder], own_files: &[FileOnDisk], root: &Path) -> String {
    let mut hash = Sha256::new();
    for snapshot in snapshots {
        hash.update(snapshot.name.as_bytes());
        let files = snapshot.files.iter().chain(&snapshot.source_configs);
        files.for_each(|file| add_to_digest(&mut hash, file));
    }
    own_files.iter().for_each(|file| add_to_digest(&mut hash, file));
    if let Some(config) = own_file(root, "rollcall.toml") {
        add_to_digest(&mut hash, &config);
    }
    hash.finalize()
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn add_to_digest(hash: &mut Sha256, file: &FileOnDisk) {
    hash.update(file.source.as_bytes());
    hash.update([0]);
    hash.update(file.path.as_bytes());
    hash.update([0]);
    hash.update(file.n_bytes.to_le_bytes());
    hash.update(file.modified_at.0.to_le_bytes());
}
