//! The files of an estate: listed without being opened, and opened only where that neither blocks nor leads out.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use blake3::{Hash, Hasher};
use shared::diagnostic::Diagnostic;
use shared::estate::{REVIEWS, is_own, of_source};
use shared::model::instant::Instant;
use shared::reading::container::has_hidden_name;
use walkdir::WalkDir;

/// The largest file that is read, in bytes. Exports beyond this come in pages or parts.
pub const MAX_FILE_BYTES: u64 = 2 << 30;
/// The most files of one estate.
pub const MAX_FILES: usize = 1_000_000;

/// A file as its folder lists it.
#[derive(Clone)]
pub struct FileOnDisk {
    pub source: String,
    /// Below the source, with `/`.
    pub path: String,
    pub n_bytes: u64,
    /// Since 1970.
    modified_at: Duration,
    /// When its contents, permissions or name last changed: no tool can set it back.
    changed_at: (i64, i64),
    disk_path: PathBuf,
    /// Why it is not opened.
    refused: Option<Diagnostic>,
}

/// The files of one snapshot, in the order of their names. A file in no sub-folder is of the source `files`.
///
/// Hidden files and folders (`.git`) are passed over. What cannot be read is listed all the same, and says why when it
/// is opened.
///
/// # Errors
/// When the folder itself cannot be listed, or holds more than [`MAX_FILES`].
pub fn list(folder: &Path, root: &Path) -> anyhow::Result<Vec<FileOnDisk>> {
    let mut files = Vec::new();
    let entries = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !has_hidden_name(&entry.file_name().to_string_lossy()));
    for entry in entries {
        let (disk_path, trouble) = match &entry {
            Ok(entry) if entry.file_type().is_dir() => continue,
            Ok(entry) => (entry.path(), None),
            Err(error) => (error.path().unwrap_or(folder), error.io_error()),
        };
        let below = disk_path.strip_prefix(folder).unwrap_or(disk_path);
        let parts: Vec<String> = below.iter().map(as_text).collect();
        let (source, path) = match parts.split_first() {
            None => {
                let reason = trouble.map_or_else(String::new, |error| format!(": {error}"));
                bail!("cannot list `{}`{reason}", folder.display());
            }
            Some(_) if folder == root && is_own(&parts) => continue,
            // A source's own folder that cannot be listed.
            Some((name, [])) if trouble.is_some() => (name.clone(), ".".to_owned()),
            Some(_) => of_source(&parts),
        };
        files.extend(match trouble {
            None => FileOnDisk::look(disk_path, root, source, path),
            // What vanishes while it is listed was not there.
            Some(error) if error.kind() == io::ErrorKind::NotFound => None,
            Some(error) => Some(FileOnDisk::refused(disk_path, source, path, unreadable(error))),
        });
        if files.len() > MAX_FILES {
            bail!("the estate holds more than {MAX_FILES} files; split it into several estates");
        }
    }
    Ok(files)
}

/// The files of an estate's access reviews, in the order of their names.
///
/// # Errors
/// As [`list`].
pub fn list_reviews(root: &Path) -> anyhow::Result<Vec<FileOnDisk>> {
    let folder = root.join(REVIEWS);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut files = list(&folder, root)?;
    for file in &mut files {
        let below = match file.source.as_str() {
            // What `list` calls a file in no sub-folder.
            "files" if !folder.join("files").is_dir() => file.path.clone(),
            source => format!("{source}/{}", file.path),
        };
        file.path = format!("{REVIEWS}/{below}");
        file.source = String::new();
    }
    Ok(files)
}

impl FileOnDisk {
    /// A file at the top of the estate, if it is there.
    pub fn own(root: &Path, name: &str) -> Option<FileOnDisk> {
        FileOnDisk::look(&root.join(name), root, String::new(), name.to_owned())
    }

    /// The file's state without opening it; `None` when it is not there.
    fn look(disk_path: &Path, root: &Path, source: String, path: String) -> Option<FileOnDisk> {
        let metadata = match examine(disk_path, root) {
            Ok(metadata) => metadata?,
            Err(reason) => return Some(FileOnDisk::refused(disk_path, source, path, reason)),
        };
        Some(FileOnDisk {
            source,
            path,
            n_bytes: metadata.len(),
            modified_at: metadata.modified().map(since_epoch).unwrap_or_default(),
            changed_at: changed_at(&metadata),
            disk_path: disk_path.to_owned(),
            refused: not_a_file(&metadata),
        })
    }

    fn refused(disk_path: &Path, source: String, path: String, reason: Diagnostic) -> FileOnDisk {
        FileOnDisk {
            source,
            path,
            n_bytes: 0,
            modified_at: Duration::ZERO,
            changed_at: (0, 0),
            disk_path: disk_path.to_owned(),
            refused: Some(reason),
        }
    }

    /// Changes when the file does, as far as the file system tells: see [`FileOnDisk::rests_since`].
    pub fn identity(&self) -> Hash {
        let mut hasher = Hasher::new();
        hasher.update(self.disk_path.as_os_str().as_encoded_bytes());
        hasher.update(&[0]);
        self.identify(|part| {
            hasher.update(part);
        });
        hasher.finalize()
    }

    /// Whether the file was last written, renamed or given other permissions before this time since 1970. Where the
    /// system does not say when, it was not.
    pub fn rests_since(&self, at: Duration) -> bool {
        let (seconds, nanoseconds) = self.changed_at;
        let changed_at = Duration::new(seconds.max(0) as u64, nanoseconds as u32);
        cfg!(unix) && self.modified_at < at && changed_at < at
    }

    /// What it is instead of a file that is opened.
    pub fn refusal(&self) -> Option<&str> {
        self.refused.as_ref().map(|reason| reason.found.as_str())
    }

    pub fn modified_at(&self) -> Instant {
        Instant(self.modified_at.as_secs() as i64)
    }

    /// The file's contents, or why they are not read.
    pub fn bytes(&self, max_bytes: u64) -> Result<Vec<u8>, Diagnostic> {
        match &self.refused {
            Some(reason) => Err(reason.clone()),
            None => read(&self.disk_path, max_bytes),
        }
    }

    /// The file's contents as text.
    ///
    /// # Errors
    /// When it cannot be read, is larger than `max_bytes`, or is no UTF-8.
    pub fn text(&self, max_bytes: u64) -> anyhow::Result<String> {
        let bytes = self
            .bytes(max_bytes)
            .map_err(|problem| anyhow::anyhow!("found {}, expected {}", problem.found, problem.expected))?;
        String::from_utf8(bytes).context("it is no UTF-8")
    }

    /// Hands everything that a change of the file changes to `add`.
    pub fn identify(&self, mut add: impl FnMut(&[u8])) {
        for part in [&self.source, &self.path, self.refusal().unwrap_or_default()] {
            add(part.as_bytes());
            add(&[0]);
        }
        add(&self.n_bytes.to_le_bytes());
        add(&self.modified_at.as_nanos().to_le_bytes());
        add(&self.changed_at.0.to_le_bytes());
        add(&self.changed_at.1.to_le_bytes());
    }
}

/// A file's contents, or why they are not read. Anything but a regular file of at most `max_bytes` is refused: a named
/// pipe would wait for its writer for ever.
///
/// Read, not mapped: a file that is truncated while it is mapped would end the process.
pub fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, Diagnostic> {
    let too_large = |n_bytes: u64| {
        let (found, expected) = (format!("{n_bytes} bytes"), format!("at most {max_bytes}"));
        Diagnostic::error("whole file", found, expected, "export it in pages or parts")
    };
    let metadata = fs::metadata(path).map_err(|error| unreadable(&error))?;
    if let Some(reason) = not_a_file(&metadata) {
        return Err(reason);
    }
    if metadata.len() > max_bytes {
        return Err(too_large(metadata.len()));
    }
    let contents = || {
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(metadata.len() as usize)?;
        // It may grow while it is read.
        File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match contents() {
        Ok(bytes) if bytes.len() as u64 > max_bytes => Err(too_large(bytes.len() as u64)),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(unreadable(&error)),
    }
}

/// A name of the file system as text: bytes that are no UTF-8 are spelled `\xFF`, so that two names stay two.
pub fn as_text(name: &OsStr) -> String {
    let mut text = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    text
}

/// What a path leads to, if it is there and inside the estate.
fn examine(path: &Path, root: &Path) -> Result<Option<Metadata>, Diagnostic> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    if !metadata.is_symlink() {
        return Ok(Some(metadata));
    }
    let refuse = |found: String| {
        let help =
            "copy into the estate what it should hold; links to folders, and out of the estate, are not followed";
        Diagnostic::error("whole file", found, "a file of the estate", help)
    };
    match fs::canonicalize(path) {
        Ok(target) if !target.starts_with(root) => Err(refuse("a link that leads out of the estate".to_owned())),
        Ok(target) if target.is_dir() => Err(refuse("a link to a folder".to_owned())),
        Ok(target) => fs::metadata(target).map(Some).map_err(|error| unreadable(&error)),
        Err(error) => Err(refuse(format!("a link that leads nowhere: {error}"))),
    }
}

#[cfg(unix)]
fn changed_at(metadata: &Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed_at(_: &Metadata) -> (i64, i64) {
    (0, 0)
}

/// As the file system tells times; zero before 1970.
pub fn since_epoch(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn not_a_file(metadata: &Metadata) -> Option<Diagnostic> {
    let found = match metadata.file_type() {
        kind if kind.is_file() => return None,
        kind if kind.is_dir() => "a folder",
        _ => "a named pipe, a socket or a device",
    };
    Some(Diagnostic::error(
        "whole file",
        found,
        "a file",
        "name the files that hold exports",
    ))
}

fn unreadable(error: &io::Error) -> Diagnostic {
    let help = "check that it is still there, and its permissions";
    Diagnostic::error("whole file", error.to_string(), "a readable file", help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_stay_two() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(as_text(OsStr::from_bytes(b"k\xC3\xA4se\xFF.json")), "käse\\xFF.json");
        assert_ne!(as_text(OsStr::from_bytes(b"\xFE")), as_text(OsStr::from_bytes(b"\xFF")));
    }
}
