//! The estate on disk: which snapshots there are, and reading one of them.

mod contents;
mod files;
mod report;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use anyhow::{Context, bail};
use blake3::Hash;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use shared::analysis::{Analysis, analyze, judged_before};
use shared::answers;
use shared::api::SnapshotName;
use shared::config::{Config, SourceConfig};
use shared::diagnostic::Diagnostic;
use shared::estate::{self, CONFIG, OWN_LISTS, SOURCE_CONFIG, SourceConfigs, no_such_snapshot, read_file, refused};
use shared::history::History;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::batch::Batch;
use shared::model::instant::Instant;
use shared::reading::certificate::hex;
use shared::stored::{self, Unreadable};

use crate::cache::{Cache, Key, KeyMaker};

use self::contents::Contents;
pub use self::files::{FileOnDisk, MAX_FILE_BYTES, as_text, read};

/// The most bytes of one snapshot, on disk and again unpacked: beyond this the working memory of common machines ends.
const MAX_SNAPSHOT_BYTES: u64 = 10 << 30;
/// The most facts (identities, credentials, grants, trusts) of one snapshot, about 200 bytes each: an estate of two
/// million identities states about ten million.
const MAX_SNAPSHOT_FACTS: u64 = 50_000_000;
/// The largest `rollcall.toml` or `source.toml`: one that is written by hand has a few kilobytes.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// A folder that a user pointed at.
pub struct Estate {
    root: PathBuf,
    pub config: Config,
    /// Oldest first; never empty.
    pub snapshots: Vec<SnapshotFolder>,
    /// `registry.csv`, `roster.csv` and the files in `reviews/`, where they exist.
    own_files: Vec<FileOnDisk>,
    own_digest: String,
    /// Of `rollcall.toml`.
    config_digest: Hash,
    contents: Contents,
}

/// A snapshot that was read, or that was in the cache.
#[derive(Clone)]
pub struct Loaded {
    pub analysis: Arc<Analysis>,
    /// Of everything that it was made from; none when that is not known.
    key: Option<Key>,
    is_cached: bool,
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

/// Reads an older snapshot, or says why it cannot be read.
pub type ReadOlder<'r> = dyn Fn(usize) -> Result<Loaded, String> + Sync + 'r;

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

impl Loaded {
    /// Whether it comes from the cache.
    pub fn is_cached(&self) -> bool {
        self.is_cached
    }
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
        let (config, config_text) = read_config(config_file.as_ref())?;
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
        let own_files = OWN_LISTS.iter().filter_map(|name| FileOnDisk::own(&root, name));
        let own_files: Vec<FileOnDisk> = own_files.chain(files::list_reviews(&root)?).collect();
        let own_digest = digest(own_files.iter().chain(&config_file));
        Ok(Estate {
            root,
            config,
            snapshots,
            own_files,
            own_digest,
            config_digest: blake3::hash(config_text.as_bytes()),
            contents: Contents::default(),
        })
    }

    /// Reads and judges one snapshot, or takes it from the cache. Files that cannot be read are reported in it, never
    /// fatal.
    ///
    /// # Errors
    /// When the snapshot is beyond [`MAX_SNAPSHOT_BYTES`] or [`MAX_SNAPSHOT_FACTS`].
    pub fn load(
        &self,
        index: usize,
        as_of: Option<Instant>,
        progress: &Progress,
        cache: &Cache,
    ) -> anyhow::Result<Loaded> {
        let (folder, files) = (&self.snapshots[index], self.files_of(index));
        progress.n_files.store(files.len(), Ordering::Relaxed);
        progress.n_files_read.store(0, Ordering::Relaxed);
        folder.check(files.iter().map(|file| file.n_bytes).sum(), 0)?;
        let as_of = folder.judged_at(as_of);
        let sources = SourceFiles::read(&folder.source_configs);
        let key = |digests: &[Option<Hash>]| self.key(as_of, &sources, &files, digests);
        let digests = self.digests(index, &files, cache);
        let cached = digests.and_then(|digests| {
            let key = key(&digests)?;
            Some((self.cached(&key, cache)?, key))
        });
        if let Some((analysis, key)) = cached {
            progress.n_files_read.store(files.len(), Ordering::Relaxed);
            return Ok(Loaded {
                analysis: Arc::new(analysis),
                key: Some(key),
                is_cached: true,
            });
        }
        let held = Held::default();
        let read = (files.par_iter().with_max_len(1))
            .map(|file| {
                let config = sources.configs.of(&file.source, &self.config);
                let (batches, digest) = self.read_file(file, &config, cache);
                progress.n_files_read.fetch_add(1, Ordering::Relaxed);
                let (n_bytes, n_facts) = held.add(&batches);
                folder.check(n_bytes, n_facts).map(|()| (batches, digest))
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        let (batches, digests): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        self.note(index, &files, &digests, cache);
        let key = key(&digests);
        let batches: Vec<FileBatch> = batches.into_iter().flatten().chain(sources.configs.problems).collect();
        Ok(Loaded {
            analysis: Arc::new(analyze(merge(batches, as_of, &self.config), &self.config)),
            key,
            is_cached: false,
        })
    }

    /// The files that a snapshot is read from. The largest come first, so that no core is left with the longest job at
    /// the end.
    fn files_of(&self, index: usize) -> Vec<&FileOnDisk> {
        let mut files: Vec<&FileOnDisk> = self.snapshots[index].files.iter().chain(&self.own_files).collect();
        files.sort_by_key(|file| std::cmp::Reverse(file.n_bytes));
        files
    }

    /// Keeps a snapshot that was read, unless it came from the cache. It takes a while: answer first.
    pub fn keep(&self, loaded: &Loaded, cache: &Cache) {
        if let Some(key) = loaded.key.filter(|_| !loaded.is_cached) {
            cache.put(&key, stored::analysis_sections(&loaded.analysis));
        }
    }

    fn cached(&self, key: &Key, cache: &Cache) -> Option<Analysis> {
        cache.get(key, |sections| {
            let read = || {
                let [snapshot, judged] = stored::halves(sections)?;
                let (snapshot, judged) = rayon::join(|| stored::snapshot(snapshot), || stored::judged(judged));
                Ok(judged_before(snapshot?, &self.config, judged?))
            };
            read().map_err(|problem: Unreadable| problem.to_string())
        })
    }

    /// Names the analysis of these files, with what is in each; nothing when one could not be read, which may pass.
    fn key(
        &self,
        as_of: AsOf,
        sources: &SourceFiles<'_>,
        files: &[&FileOnDisk],
        digests: &[Option<Hash>],
    ) -> Option<Key> {
        let mut maker = KeyMaker::new("analysis");
        let (sort, at) = match as_of {
            AsOf::Given(at) => (0, at),
            AsOf::Newest(at) => (1, at),
        };
        maker.add(&[sort]);
        maker.add(&at.0.to_le_bytes());
        maker.add(self.config_digest.as_bytes());
        let files = files.iter().copied().zip(digests.iter().copied());
        for (file, digest) in sources.digests.iter().copied().chain(files) {
            maker.add(file.source.as_bytes());
            maker.add(file.path.as_bytes());
            match digest {
                Some(digest) => maker.add(digest.as_bytes()),
                None => maker.add(file.refusal()?.as_bytes()),
            }
        }
        Some(maker.key())
    }

    /// What a file says, and the digest of what was read; none where nothing was, or nothing is kept.
    fn read_file(&self, file: &FileOnDisk, config: &SourceConfig, cache: &Cache) -> (Vec<FileBatch>, Option<Hash>) {
        match file.bytes(MAX_FILE_BYTES) {
            Ok(bytes) => (
                read_file(&file.source, config, &file.path, &bytes, &self.config.salt),
                cache.is_kept().then(|| blake3::hash(&bytes)),
            ),
            Err(problem) => (vec![refused(&file.source, &file.path, file.n_bytes, problem)], None),
        }
    }

    /// All snapshots in brief. `read` reads an older one; two at a time, so that one keeps the cores busy while the
    /// other is merged, and no more are in memory.
    pub fn history(&self, newest: &Loaded, cache: &Cache, read: &ReadOlder<'_>) -> History {
        let n_older = self.snapshots.len() - 1;
        let mut keys: Vec<Option<Key>> = (0..n_older).map(|index| self.known_key(index, cache)).collect();
        keys.push(newest.key);
        let cached = (1..=keys.len()).rev().find_map(|n| {
            let key = self.history_key(&keys[..n])?;
            let read = |sections: &[&[u8]]| stored::history(sections).map_err(|problem| problem.to_string());
            cache.get(&key, read)
        });
        let mut history = cached.unwrap_or_default();
        let n_cached = history.snapshots.len();
        for pair in (n_cached..n_older).collect::<Vec<_>>().chunks(2) {
            let read = |index: &usize| {
                let loaded = read(*index)?;
                let name = &self.snapshots[*index].name;
                Ok((answers::summary(name, &loaded.analysis), loaded.key))
            };
            let read: Vec<Result<_, String>> = std::thread::scope(|scope| {
                let reading: Vec<_> = pair.iter().map(|index| scope.spawn(move || read(index))).collect();
                let failed = |_| Err("Rollcall fails on this snapshot; its log says where: report it".to_owned());
                reading
                    .into_iter()
                    .map(|thread| thread.join().unwrap_or_else(failed))
                    .collect()
            });
            for (&index, read) in pair.iter().zip(read) {
                match read {
                    Ok((summary, key)) => {
                        keys[index] = key;
                        history.add(summary);
                    }
                    Err(problem) => history.miss(&self.snapshot_name(index), problem),
                }
            }
        }
        if n_cached <= n_older {
            history.add(answers::summary(&self.snapshots[n_older].name, &newest.analysis));
            if let Some(key) = self.history_key(&keys).filter(|_| history.unread.is_empty()) {
                cache.put(&key, stored::history_sections(&history));
            }
        }
        history
    }

    /// The key of a snapshot of which all files are known.
    fn known_key(&self, index: usize, cache: &Cache) -> Option<Key> {
        let (folder, files) = (&self.snapshots[index], self.files_of(index));
        let sources = SourceFiles::read(&folder.source_configs);
        let digests = self.known_digests(&files, cache);
        self.key(folder.judged_at(None), &sources, &files, &digests)
    }

    /// Names the history of the first snapshots, of which these are the keys.
    fn history_key(&self, keys: &[Option<Key>]) -> Option<Key> {
        let mut maker = KeyMaker::new("history");
        for (snapshot, key) in self.snapshots.iter().zip(keys) {
            maker.add(snapshot.name.as_bytes());
            maker.add(key.as_ref()?.as_bytes());
        }
        Some(maker.key())
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
        no_such_snapshot(name, &self.snapshot_names())
    }

    /// The snapshots, oldest first; `as_of` is what it is before they are read.
    pub fn snapshot_names(&self) -> Vec<SnapshotName> {
        (0..self.snapshots.len())
            .map(|index| self.snapshot_name(index))
            .collect()
    }

    fn snapshot_name(&self, index: usize) -> SnapshotName {
        let snapshot = &self.snapshots[index];
        SnapshotName {
            name: snapshot.name.clone(),
            as_of: snapshot.named_at.unwrap_or(snapshot.newest_file_at),
        }
    }
}

impl SnapshotFolder {
    /// The instant as of which it is judged, when none is asked for.
    fn judged_at(&self, as_of: Option<Instant>) -> AsOf {
        match as_of.or(self.named_at) {
            Some(at) => AsOf::Given(at),
            None => AsOf::Newest(self.newest_file_at),
        }
    }

    fn list(folder: &Path, root: &Path, name: String, named_at: Option<Instant>) -> anyhow::Result<SnapshotFolder> {
        let all = files::list(folder, root)?;
        let digest = digest(&all);
        let (source_configs, files): (Vec<_>, Vec<_>) = all.into_iter().partition(|file| file.path == SOURCE_CONFIG);
        let newest = files.iter().map(FileOnDisk::modified_at).max();
        Ok(SnapshotFolder {
            name,
            named_at,
            // What holds no file says nothing, as of now.
            newest_file_at: newest.unwrap_or_else(|| Instant(files::since_epoch(SystemTime::now()).as_secs() as i64)),
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

/// The `source.toml` of a snapshot's sources, with the digest of each.
struct SourceFiles<'f> {
    configs: SourceConfigs,
    digests: Vec<(&'f FileOnDisk, Option<Hash>)>,
}

impl<'f> SourceFiles<'f> {
    fn read(files: &'f [FileOnDisk]) -> Self {
        let mut configs = SourceConfigs::default();
        let digests = files.iter().map(|file| {
            let bytes = file.bytes(MAX_CONFIG_BYTES);
            let digest = bytes.as_deref().ok().map(blake3::hash);
            configs.add(&file.source, file.n_bytes, bytes.as_deref().map_err(Clone::clone));
            (file, digest)
        });
        let digests = digests.collect();
        SourceFiles { configs, digests }
    }
}

/// What a `rollcall.toml` says, and its text; what holds without one where there is none.
fn read_config(file: Option<&FileOnDisk>) -> anyhow::Result<(Config, String)> {
    let Some(file) = file else {
        return Ok((Config::default(), String::new()));
    };
    let text = file.text(MAX_CONFIG_BYTES).context("cannot read rollcall.toml")?;
    Ok((Config::parse(&text)?, text))
}

/// What the `rollcall.toml` of the estate says in which a file lies: in its folder, or at most two above.
///
/// # Errors
/// When the file has no such path, or `rollcall.toml` is wrong.
pub fn config_of(file: &Path) -> anyhow::Result<Config> {
    let file = std::path::absolute(file).with_context(|| format!("cannot find `{}`", file.display()))?;
    let mut folders = file.ancestors().skip(1).take(3);
    let own = folders.find_map(|folder| FileOnDisk::own(folder, CONFIG));
    Ok(read_config(own.as_ref())?.0)
}

/// What a `source.toml` says, or why it says nothing.
pub fn source_config(file: &FileOnDisk) -> Result<SourceConfig, Diagnostic> {
    SourceConfig::parse(&String::from_utf8_lossy(&file.bytes(MAX_CONFIG_BYTES)?))
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
        if let Some(at) = estate::dated(&name)
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
