//! What was worked out before, as files in the user's cache folder. Safe to delete at any time.
//!
//! An entry is named by a digest of everything that went into it, so that a changed estate has another entry and none
//! is ever out of date. It is written beside its place and renamed, and tells when it is read whether it is whole; one
//! that is not is removed. Whatever fails here costs time and a line in the log, and nothing else.

use std::env;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use blake3::{Hash, Hasher};

/// The most bytes of all entries; those that were not used for longest go first. A snapshot of 400,000 identities takes
/// about 290 MB.
const MAX_CACHE_BYTES: u64 = 4 << 30;
/// How long a file that is being written may lie there: what is older was left by a process that ended.
const WRITTEN_WITHIN: Duration = Duration::from_secs(60 * 60);
const MAGIC: &[u8; 8] = b"rollcall";
/// Magic, name, number of bytes of the body, digest of the body.
const N_HEADER_BYTES: usize = 8 + 32 + 8 + 32;

/// A folder of entries, or none, which keeps nothing.
pub struct Cache {
    folder: Option<PathBuf>,
}

/// What an entry is named by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(Hash);

/// Collects what goes into an entry.
pub struct KeyMaker(Hasher);

impl KeyMaker {
    /// Of two entries of different sorts, or of two builds of the program, neither is taken for the other.
    pub fn new(sort: &str) -> KeyMaker {
        let mut maker = KeyMaker(Hasher::new());
        maker.add(env!("PROGRAM_DIGEST").as_bytes());
        maker.add(sort.as_bytes());
        maker
    }

    /// Adds a part; where it ends is part of it.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    pub fn key(&self) -> Key {
        Key(self.0.finalize())
    }
}

impl Key {
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Cache {
    /// One that keeps nothing.
    pub fn none() -> Cache {
        Cache { folder: None }
    }

    /// Entries in a folder, which is made when there is something to keep.
    pub fn at(folder: PathBuf) -> Cache {
        Cache { folder: Some(folder) }
    }

    /// Entries in the user's cache folder, or nothing for a user who has none: in a folder that all users share, others
    /// could read them.
    pub fn of_user() -> Cache {
        match user_folder() {
            Some(folder) => Cache::at(folder.join("snapshots")),
            None => Cache::none(),
        }
    }

    /// Whether anything is kept.
    pub fn is_kept(&self) -> bool {
        self.folder.is_some()
    }

    /// The sections of an entry, if it is there and whole.
    pub fn get<T>(&self, key: &Key, read: impl FnOnce(&[&[u8]]) -> Result<T, String>) -> Option<T> {
        let path = self.path(key)?;
        let entry = match Entry::open(&path, key) {
            Ok(entry) => entry?,
            Err(problem) => return remove_broken(&path, &problem),
        };
        match entry.sections().and_then(|sections| read(&sections)) {
            Ok(found) => Some(found),
            Err(problem) => remove_broken(&path, &problem),
        }
    }

    /// Keeps an entry.
    pub fn put(&self, key: &Key, sections: impl Iterator<Item = Vec<u8>>) {
        let (Some(folder), Some(path)) = (&self.folder, self.path(key)) else {
            return;
        };
        let kept = make_folder(folder).and_then(|()| write(&path, key, sections));
        if let Err(error) = kept {
            tracing::warn!(folder = %folder.display(), %error, "nothing can be kept in the cache");
        }
        prune(folder, MAX_CACHE_BYTES);
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(key.0.to_hex().as_str()))
    }
}

/// The bytes of an entry that is whole.
struct Entry(Vec<u8>);

impl Entry {
    /// `None` when there is none.
    fn open(path: &Path, key: &Key) -> Result<Option<Entry>, String> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = Vec::new();
        let n_bytes = file.metadata().map_or(0, |metadata| metadata.len());
        let read = bytes.try_reserve_exact(n_bytes as usize).map_err(io::Error::from);
        read.and_then(|()| file.read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        let (header, body) = bytes.split_at_checked(N_HEADER_BYTES).ok_or("it is cut off")?;
        if header[..8] != MAGIC[..] || header[8..40] != *key.as_bytes() {
            return Err("it is another file".to_owned());
        }
        if header[40..48] != (body.len() as u64).to_le_bytes() {
            return Err("it is cut off".to_owned());
        }
        if header[48..] != *Hasher::new().update_rayon(body).finalize().as_bytes() {
            return Err("its bytes have changed".to_owned());
        }
        // When it was last used; if that cannot be said, it goes earlier than it had to.
        let _ = file.set_modified(SystemTime::now());
        Ok(Some(Entry(bytes)))
    }

    fn sections(&self) -> Result<Vec<&[u8]>, String> {
        let mut rest = &self.0[N_HEADER_BYTES..];
        let mut sections = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let section = after.split_at_checked(u64::from_le_bytes(*length) as usize);
            let (section, after) = section.ok_or("a section is cut off")?;
            sections.push(section);
            rest = after;
        }
        Ok(sections)
    }
}

fn remove_broken<T>(path: &Path, problem: &str) -> Option<T> {
    tracing::warn!(entry = %path.display(), problem, "an entry of the cache is broken and was removed");
    let _ = fs::remove_file(path);
    None
}

/// Writes an entry beside its place, and puts it there when it is whole. It is not waited for until the disk has it:
/// an entry of which a part is missing after a loss of power is found out by its digest.
fn write(path: &Path, key: &Key, sections: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = write_at(&beside, key, sections).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_at(path: &Path, key: &Key, sections: impl Iterator<Item = Vec<u8>>) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = BufWriter::new(options.open(path)?);
    file.write_all(&[0; N_HEADER_BYTES])?;
    let mut hasher = Hasher::new();
    for section in sections {
        let length = (section.len() as u64).to_le_bytes();
        for part in [&length[..], &section] {
            hasher.update_rayon(part);
            file.write_all(part)?;
        }
    }
    file.rewind()?;
    file.write_all(MAGIC)?;
    file.write_all(key.as_bytes())?;
    file.write_all(&hasher.count().to_le_bytes())?;
    file.write_all(hasher.finalize().as_bytes())?;
    file.flush()
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Removes what was not used for longest, until what is left is small enough.
fn prune(folder: &Path, max_bytes: u64) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<(SystemTime, u64, PathBuf)> = files
        .filter_map(|file| {
            let metadata = file.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((metadata.modified().ok()?, metadata.len(), file.path()))
        })
        .collect();
    files.sort();
    let mut n_bytes: u64 = files.iter().map(|(_, n_bytes, _)| n_bytes).sum();
    for (used_at, size, path) in files {
        let is_left = path.extension().is_some() && used_at.elapsed().is_ok_and(|age| age > WRITTEN_WITHIN);
        if is_left || n_bytes > max_bytes {
            n_bytes -= size;
            let _ = fs::remove_file(path);
        }
    }
}

/// Where the user's programs keep what they can make again; `None` when nothing says.
pub fn user_folder() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    cache.is_absolute().then(|| cache.join("rollcall"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(folder.path().to_owned());
        let keys = ["a", "b", "c"].map(|sort| KeyMaker::new(sort).key());
        for (key, age) in keys.iter().zip([3, 2, 1]) {
            cache.put(key, std::iter::once(vec![7; 1_000]));
            let used_at = SystemTime::now() - Duration::from_secs(age);
            let file = File::options().write(true).open(cache.path(key).unwrap()).unwrap();
            file.set_modified(used_at).unwrap();
        }
        let section = |key| cache.get(key, |sections| Ok(sections.concat()));
        // Used again.
        assert_eq!(section(&keys[0]), Some(vec![7; 1_000]));
        prune(folder.path(), 2_500);
        assert_eq!(keys.each_ref().map(|key| section(key).is_some()), [true, false, true]);
    }
}
