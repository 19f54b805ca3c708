//! The estate on disk: which snapshots there are, and reading one of them.

mod files;
mod report;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use anyhow::{Context, bail};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::history::TrendSnapshot;
use shared::config::{Config, SourceConfig};
use shared::connectors::{self, Reading};
use shared::diagnostic::{Diagnostic, shorten};
use shared::history::History;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::batch::Batch;
use shared::model::instant::Instant;
use shared::reading::certificate::hex;
use shared::reading::container;

pub use self::files::{FileOnDisk, MAX_FILE_BYTES, as_text, read};
pub use self::report::NoReport;

/// The most bytes of one snapshot, on disk and again unpacked: beyond this the working memory of common machines ends.
const MAX_SNAPSHOT_BYTES: u64 = 10 << 30;
/// The most facts (identities, credentials, grants, trusts) of one snapshot, about 200 bytes each: an estate of two
/// million identities states about ten million.
const MAX_SNAPSHOT_FACTS: u64 = 50_000_000;
/// What the estate's owner sets.
const CONFIG: &str = "rollcall.toml";
/// What a source's owner says of its files; it is no export.
pub const SOURCE_CONFIG: &str = "source.toml";
/// The largest `rollcall.toml` or `source.toml`: one that is written by hand has a few kilobytes.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// A folder that a user pointed at.
pub struct Estate {
    root: PathBuf,
    pub config: Config,
    /// Oldest first; never empty.
    pub snapshots: Vec<SnapshotFolder>,
    /// `registry.csv` and `roster.csv`, where they exist.
    own_files: Vec<FileOnDisk>,
    own_digest: String,
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
    digest: String,
}

/// How far reading has come. Shared with whoever shows it.
#[derive(Default)]
pub struct Progress {
    pub n_files: AtomicUsize,
    pub n_files_read: AtomicUsize,
}

/// What the files that are read so far hold: see the limits above.
#[derive(Default)]
struct Held {
    n_bytes: AtomicU64,
    n_facts: AtomicU64,
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
        let config_file = FileOnDisk::own(&root, CONFIG);
        let config = match &config_file {
            Some(file) => Config::parse(&file.text(MAX_CONFIG_BYTES).context("cannot read rollcall.toml")?)?,
            None => Config::default(),
        };
        let dated = dated_folders(&root)?;
        let mut snapshots = Vec::new();
        if dated.is_empty() {
            let mut only = SnapshotFolder::list(&root, &root, String::new(), None)?;
            only.name = only.newest_file_at.to_date_text();
            snapshots.push(only);
        }
        for (name, at) in dated {
            snapshots.push(SnapshotFolder::list(&root.join(&name), &root, name, Some(at))?);
        }
        let own_files: Vec<FileOnDisk> = ["registry.csv", "roster.csv"]
            .iter()
            .filter_map(|name| FileOnDisk::own(&root, name))
            .collect();
        let own_digest = digest(own_files.iter().chain(&config_file));
        Ok(Estate {
            root,
            config,
            snapshots,
            own_files,
            own_digest,
        })
    }

    /// Reads and judges one snapshot. Files that cannot be read are reported in it, never fatal.
    ///
    /// # Errors
    /// When the snapshot is beyond [`MAX_SNAPSHOT_BYTES`] or [`MAX_SNAPSHOT_FACTS`].
    pub fn load(&self, index: usize, as_of: Option<Instant>, progress: &Progress) -> anyhow::Result<Analysis> {
        let folder = &self.snapshots[index];
        let mut files: Vec<&FileOnDisk> = folder.files.iter().chain(&self.own_files).collect();
        // The largest first, so that no core is left with the longest job at the end.
        files.sort_by_key(|file| std::cmp::Reverse(file.n_bytes));
        progress.n_files.store(files.len(), Ordering::Relaxed);
        progress.n_files_read.store(0, Ordering::Relaxed);
        let held = Held::default();
        folder.check(files.iter().map(|file| file.n_bytes).sum(), 0)?;
        let (configs, problems) = source_configs(&folder.source_configs);
        let no_config = SourceConfig::default();
        let batches = files
            .into_par_iter()
            .with_max_len(1)
            .map(|file| {
                let config = configs.get(file.source.as_str()).unwrap_or(&no_config);
                let batches = read_file(file, config, &self.config.salt);
                progress.n_files_read.fetch_add(1, Ordering::Relaxed);
                let (n_bytes, n_facts) = held.add(&batches);
                folder.check(n_bytes, n_facts).map(|()| batches)
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let batches: Vec<FileBatch> = batches.into_iter().flatten().chain(problems).collect();
        let as_of = match as_of.or(folder.named_at) {
            Some(at) => AsOf::Given(at),
            None => AsOf::Newest(folder.newest_file_at),
        };
        Ok(analyze(merge(batches, as_of, &self.config), &self.config))
    }

    /// Adds a snapshot to a history of the estate, or why it cannot be read. Call it for the oldest first.
    pub fn remember(&self, history: &mut History, index: usize, read: Result<&Analysis, String>) {
        let name = &self.snapshots[index].name;
        match read {
            Ok(analysis) => history.add(answers::summary(name, analysis)),
            Err(problem) => history.unread.push(TrendSnapshot {
                name: name.clone(),
                as_of: self.as_of(index),
                problem: Some(problem),
            }),
        }
    }

    /// Whether a snapshot and the estate's own files are still as they were when the estate was opened.
    pub fn holds_still(&self, index: usize) -> bool {
        let before = &self.snapshots[index];
        Estate::open(&self.root).is_ok_and(|now| {
            let after = now.find(&before.name).map(|index| &now.snapshots[index]);
            after.is_some_and(|after| after.digest == before.digest) && now.own_digest == self.own_digest
        })
    }

    /// Changes when any file's name, size or time does, and with the program, which may answer otherwise.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(env!("CARGO_PKG_VERSION"));
        for part in self
            .snapshots
            .iter()
            .flat_map(|snapshot| [&snapshot.name, &snapshot.digest])
        {
            hash.update(part);
            hash.update([0]);
        }
        hash.update(&self.own_digest);
        hex(&hash.finalize()[..8])
    }

    /// The snapshots' names, oldest first.
    pub fn names(&self) -> Vec<String> {
        self.snapshots.iter().map(|snapshot| snapshot.name.clone()).collect()
    }

    /// The snapshot of this name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.snapshots.iter().position(|snapshot| snapshot.name == name)
    }

    /// What to say to who asks for another.
    pub fn no_such_snapshot(&self, name: &str) -> String {
        format!(
            "there is no snapshot `{}`; known are {}",
            shorten(name),
            self.names().join(", ")
        )
    }

    /// What a snapshot's `as_of` is before it is read.
    pub fn as_of(&self, index: usize) -> Instant {
        self.snapshots[index]
            .named_at
            .unwrap_or(self.snapshots[index].newest_file_at)
    }
}

impl SnapshotFolder {
    fn list(folder: &Path, root: &Path, name: String, named_at: Option<Instant>) -> anyhow::Result<SnapshotFolder> {
        let all = files::list(folder, root)?;
        let digest = digest(&all);
        let (source_configs, files): (Vec<_>, Vec<_>) = all.into_iter().partition(|file| file.path == SOURCE_CONFIG);
        Ok(SnapshotFolder {
            name,
            named_at,
            newest_file_at: files.iter().map(FileOnDisk::modified_at).max().unwrap_or_default(),
            digest,
            files,
            source_configs,
        })
    }

    fn check(&self, n_bytes: u64, n_facts: u64) -> anyhow::Result<()> {
        let name = &self.name;
        if n_bytes > MAX_SNAPSHOT_BYTES {
            bail!("the snapshot `{name}` holds more than {MAX_SNAPSHOT_BYTES} bytes, which is the most that are read");
        }
        if n_facts > MAX_SNAPSHOT_FACTS {
            bail!("the snapshot `{name}` states more than {MAX_SNAPSHOT_FACTS} facts, which is the most that are read");
        }
        Ok(())
    }
}

impl Held {
    /// Adds what a file holds, and returns the bytes and facts of all until now.
    fn add(&self, batches: &[FileBatch]) -> (u64, u64) {
        let facts =
            |batch: &Batch| batch.identities.len() + batch.credentials.len() + batch.grants.len() + batch.trusts.len();
        let n_bytes = batches.iter().map(|file| file.n_bytes).sum::<u64>();
        let n_facts = batches.iter().map(|file| facts(&file.batch) as u64).sum::<u64>();
        (
            n_bytes + self.n_bytes.fetch_add(n_bytes, Ordering::Relaxed),
            n_facts + self.n_facts.fetch_add(n_facts, Ordering::Relaxed),
        )
    }
}

/// Reads one file, with the members of an archive apart. Also for `inspect`.
pub fn read_bytes(source: &str, config: &SourceConfig, path: &str, bytes: &[u8], salt: &str) -> Vec<FileBatch> {
    let mut batches = Vec::new();
    let each_member = || {
        container::each_member(path, bytes, &mut |member| {
            batches.push(match member.bytes {
                Ok(bytes) => read_member(source, config, member.path, bytes, salt),
                Err(problem) => refused(source, &member.path, 0, problem),
            });
        });
    };
    // What is wrong with a connector costs one file, not the server.
    if catch_unwind(AssertUnwindSafe(each_member)).is_err() {
        let help = "this is a fault of Rollcall, and its log says where: report it; the file was left out";
        let problem = Diagnostic::error("whole file", "a file that Rollcall fails on", "one it reads", help);
        batches.push(refused(source, path, bytes.len() as u64, problem));
    }
    batches
}

fn read_member(source: &str, config: &SourceConfig, path: String, bytes: &[u8], salt: &str) -> FileBatch {
    let Reading {
        connector,
        batch,
        diagnostics,
    } = connectors::read_in(source, config, &path, bytes, salt);
    FileBatch {
        source: source.to_owned(),
        path,
        connector: connector.map(|connector| connector.id),
        n_bytes: bytes.len() as u64,
        batch,
        diagnostics,
    }
}

/// What each source says of its files, by its name, and what is wrong with the files that say it.
fn source_configs(files: &[FileOnDisk]) -> (BTreeMap<&str, SourceConfig>, Vec<FileBatch>) {
    let mut configs = BTreeMap::new();
    let mut problems = Vec::new();
    for file in files {
        match source_config(file) {
            Ok(config) => {
                configs.insert(file.source.as_str(), config);
            }
            Err(problem) => problems.push(refused(&file.source, &file.path, file.n_bytes, problem)),
        }
    }
    (configs, problems)
}

/// What a `source.toml` says, or why it says nothing.
pub fn source_config(file: &FileOnDisk) -> Result<SourceConfig, Diagnostic> {
    SourceConfig::parse(&String::from_utf8_lossy(&file.bytes(MAX_CONFIG_BYTES)?))
}

fn read_file(file: &FileOnDisk, config: &SourceConfig, salt: &str) -> Vec<FileBatch> {
    match file.bytes(MAX_FILE_BYTES) {
        Ok(bytes) => read_bytes(&file.source, config, &file.path, &bytes, salt),
        Err(problem) => vec![refused(&file.source, &file.path, file.n_bytes, problem)],
    }
}

/// A file of which nothing is read.
pub fn refused(source: &str, path: &str, n_bytes: u64, problem: Diagnostic) -> FileBatch {
    FileBatch {
        source: source.to_owned(),
        path: path.to_owned(),
        connector: None,
        n_bytes,
        batch: Batch::default(),
        diagnostics: vec![problem],
    }
}

/// Sub-folders named by a date or an instant, oldest first.
fn dated_folders(root: &Path) -> anyhow::Result<Vec<(String, Instant)>> {
    let mut dated = Vec::new();
    for entry in fs::read_dir(root).with_context(|| format!("cannot list `{}`", root.display()))? {
        let entry = entry.with_context(|| format!("cannot list `{}`", root.display()))?;
        // A date is ASCII.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        // Colons are not allowed in names everywhere: `2026-10-31T080000Z` is an instant too.
        let spelled = match (name.get(..13), name.get(13..15), name.get(15..)) {
            (Some(hour), Some(minute), Some(second)) if second.len() == 3 => format!("{hour}:{minute}:{second}"),
            _ => name.clone(),
        };
        if let Some(at) = Instant::from_text(&spelled)
            && entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            dated.push((name, at));
        }
    }
    dated.sort_by(|a, b| (a.1, &a.0).cmp(&(b.1, &b.0)));
    Ok(dated)
}

/// Changes when the name, size or time of a file does.
fn digest<'f>(files: impl IntoIterator<Item = &'f FileOnDisk>) -> String {
    let mut hash = Sha256::new();
    for file in files {
        file.identify(|part| hash.update(part));
    }
    hex(&hash.finalize()[..8])
}
