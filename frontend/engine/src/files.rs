//! An estate as the files that somebody gave: the same snapshots, sources and limits as in a folder on disk.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use shared::analysis::{Analysis, analyze};
use shared::api::report::InputFile;
use shared::api::{Loading, SnapshotName};
use shared::config::Config;
use shared::diagnostic::Diagnostic;
use shared::estate::{
    CONFIG, OWN_LISTS, REVIEWS, SOURCE_CONFIG, SourceConfigs, dated, is_own, of_source, read_file, refused,
};
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::reading::certificate::hex;
use wasm_bindgen::JsCast;
use web_sys::js_sys::{Array, Uint8Array};
use web_sys::{File, FileReaderSync};

use crate::Tell;

/// The largest file that is read, in bytes. It is in memory with what it says, and a page has 4 GB at most.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// A file that somebody gave.
pub struct Given {
    /// Below the folder that was given, with `/`.
    pub path: String,
    pub n_bytes: u64,
    pub modified_at: Instant,
    pub contents: Box<dyn Fn() -> Result<Vec<u8>, Diagnostic>>,
}

pub struct Files {
    config: Config,
    config_file: Option<Listed>,
    /// `registry.csv`, `roster.csv` and what is in `reviews/`.
    own: Vec<Listed>,
    /// Oldest first; never empty.
    snapshots: Vec<Snapshot>,
}

struct Snapshot {
    name: String,
    named_at: Option<Instant>,
    files: Vec<Listed>,
    /// The `source.toml` of each source that has one.
    source_configs: Vec<Listed>,
}

/// A file in its place.
struct Listed {
    source: String,
    /// Below the source.
    path: String,
    given: Given,
}

/// A page's files. Those at whose paths an engine came to its end are not read again.
pub fn given(paths: &Array, files: &Array, left: &Array) -> Vec<Given> {
    let left: Vec<String> = left.iter().filter_map(|path| path.as_string()).collect();
    let given = paths.iter().zip(files.iter()).filter_map(|(path, file)| {
        let (path, file) = (path.as_string()?, file.dyn_into::<File>().ok()?);
        let is_left = left.contains(&path);
        Some(Given {
            path,
            n_bytes: file.size() as u64,
            // Milliseconds.
            modified_at: Instant((file.last_modified() / 1000.0) as i64),
            contents: Box::new(move || match is_left {
                true => Err(fatal()),
                false => read(&file),
            }),
        })
    });
    given.collect()
}

/// WebAssembly does not come back from a panic, nor from a lack of memory.
fn fatal() -> Diagnostic {
    let help = "it may need more memory than a page has: read it with `rollcall serve`; if that fails too, report it";
    Diagnostic::error("whole file", "a file that Rollcall fails on", "one it reads", help)
}

fn read(file: &File) -> Result<Vec<u8>, Diagnostic> {
    let bytes = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(file));
    bytes.map(|bytes| Uint8Array::new(&bytes).to_vec()).map_err(|error| {
        let found = error.dyn_ref::<web_sys::js_sys::Error>().map_or_else(
            || "a file that the browser does not open".to_owned(),
            |error| error.message().into(),
        );
        let help = "check that it is still there, and give the files again";
        Diagnostic::error("whole file", found, "a readable file", help)
    })
}

impl Files {
    /// Puts files in their places. Hidden files and folders (`.git`) are passed over.
    ///
    /// # Errors
    /// When `rollcall.toml` is wrong, or there is no export.
    pub fn list(mut given: Vec<Given>) -> Result<Files, String> {
        given.sort_by(|a, b| a.path.cmp(&b.path));
        let mut own = Vec::new();
        let mut config_file = None;
        let mut dated_files: BTreeMap<(Instant, String), Vec<Listed>> = BTreeMap::new();
        let mut others = Vec::new();
        for given in given {
            let parts: Vec<String> = given.path.split('/').map(str::to_owned).collect();
            let at = parts.first().and_then(|folder| dated(folder));
            if parts.iter().any(|part| part.starts_with('.')) {
                continue;
            }
            match (&parts[..], at) {
                ([folder, below @ ..], Some(at)) if !below.is_empty() => {
                    let (source, path) = of_source(below);
                    let files = dated_files.entry((at, folder.clone())).or_default();
                    files.push(Listed { source, path, given });
                }
                _ if is_own(&parts) => {
                    let path = given.path.clone();
                    let source = String::new();
                    let listed = Listed { source, path, given };
                    match parts[0].as_str() {
                        CONFIG => config_file = Some(listed),
                        name if OWN_LISTS.contains(&name) || name == REVIEWS => own.push(listed),
                        _ => {}
                    }
                }
                _ => {
                    let (source, path) = of_source(&parts);
                    others.push(Listed { source, path, given });
                }
            }
        }
        let mut snapshots: Vec<Snapshot> = (dated_files.into_iter())
            .map(|((at, name), files)| Snapshot::new(name, Some(at), files))
            .collect();
        if snapshots.is_empty() {
            let mut only = Snapshot::new(String::new(), None, others);
            only.name = only.newest_file_at().to_date_text();
            snapshots.push(only);
        }
        if snapshots.iter().all(|snapshot| snapshot.files.is_empty()) {
            return Err("there is no export among these files".to_owned());
        }
        let config = match &config_file {
            Some(file) => {
                let bytes = (file.given.contents)().map_err(|problem| problem.found)?;
                let text = String::from_utf8(bytes).map_err(|_| format!("`{CONFIG}` is no UTF-8"))?;
                Config::parse(&text).map_err(|error| error.to_string())?
            }
            None => Config::default(),
        };
        Ok(Files {
            config,
            config_file,
            own,
            snapshots,
        })
    }

    /// Changes with any file's name, size or time.
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        let snapshots = self.snapshots.iter().flat_map(|snapshot| &snapshot.files);
        for Listed { given, .. } in snapshots.chain(&self.own).chain(&self.config_file) {
            hash.update(&given.path);
            hash.update([0]);
            hash.update(given.n_bytes.to_le_bytes());
            hash.update(given.modified_at.0.to_le_bytes());
        }
        hex(&hash.finalize()[..8])
    }

    /// Oldest first; `as_of` is what it is before they are read.
    pub fn snapshot_names(&self) -> Vec<SnapshotName> {
        let name = |snapshot: &Snapshot| SnapshotName {
            name: snapshot.name.clone(),
            as_of: snapshot.named_at.unwrap_or_else(|| snapshot.newest_file_at()),
        };
        self.snapshots.iter().map(name).collect()
    }

    /// Reads and judges a snapshot. Files that cannot be read are reported in it. `tell` hears how far that is.
    pub fn analysis(&self, index: usize, tell: &Tell) -> Analysis {
        let snapshot = &self.snapshots[index];
        let mut sources = SourceConfigs::default();
        for file in &snapshot.source_configs {
            let bytes = (file.given.contents)();
            let bytes = bytes.as_deref().map_err(Clone::clone);
            sources.add(&file.source, file.given.n_bytes, bytes);
        }
        let mut files: Vec<&Listed> = snapshot.files.iter().chain(&self.own).collect();
        files.sort_by_key(|file| Reverse(file.given.n_bytes));
        let mut batches: Vec<FileBatch> = Vec::new();
        for (n_files_read, file) in files.iter().enumerate() {
            let far = Loading {
                n_files_read,
                n_files: files.len(),
            };
            tell(&file.given.path, far);
            batches.extend(match file.bytes() {
                Ok(bytes) => {
                    let config = sources.of(&file.source, &self.config);
                    read_file(&file.source, &config, &file.path, &bytes, &self.config.salt)
                }
                Err(problem) => vec![refused(&file.source, &file.path, file.given.n_bytes, problem)],
            });
        }
        let all = Loading {
            n_files_read: files.len(),
            n_files: files.len(),
        };
        tell("", all);
        batches.extend(sources.problems);
        let as_of = match snapshot.named_at {
            Some(at) => AsOf::Given(at),
            None => AsOf::Newest(snapshot.newest_file_at()),
        };
        analyze(merge(batches, as_of, &self.config), &self.config)
    }

    /// What a snapshot is read from, for its report.
    pub fn input_files(&self, index: usize) -> Vec<InputFile> {
        let snapshot = &self.snapshots[index];
        let files = (snapshot.files.iter())
            .chain(&snapshot.source_configs)
            .chain(&self.own)
            .chain(&self.config_file);
        let mut files: Vec<InputFile> = files
            .map(|file| InputFile {
                source: file.source.clone(),
                path: file.path.clone(),
                n_bytes: file.given.n_bytes,
                sha256: file.bytes().ok().map(|bytes| hex(&Sha256::digest(bytes))),
            })
            .collect();
        files.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
        files
    }
}

impl Snapshot {
    fn new(name: String, named_at: Option<Instant>, files: Vec<Listed>) -> Snapshot {
        let (source_configs, files) = files.into_iter().partition(|file| file.path == SOURCE_CONFIG);
        Snapshot {
            name,
            named_at,
            files,
            source_configs,
        }
    }

    fn newest_file_at(&self) -> Instant {
        let times = self.files.iter().map(|file| file.given.modified_at);
        times.max().unwrap_or_default()
    }
}

impl Listed {
    fn bytes(&self) -> Result<Vec<u8>, Diagnostic> {
        match self.given.n_bytes {
            n_bytes if n_bytes > MAX_FILE_BYTES => Err(Diagnostic::error(
                "whole file",
                format!("{n_bytes} bytes"),
                format!("at most {MAX_FILE_BYTES}"),
                "export it in pages or parts, or read it with `rollcall serve`",
            )),
            _ => (self.given.contents)(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(path: &str, modified_at: i64) -> Given {
        Given {
            path: path.to_owned(),
            n_bytes: 2,
            modified_at: Instant(modified_at),
            contents: Box::new(|| Ok(b"{}".to_vec())),
        }
    }

    fn places(paths: &[&str]) -> Vec<String> {
        let files = Files::list(paths.iter().map(|path| given(path, 86_400)).collect()).unwrap();
        let snapshots = files.snapshots.iter().flat_map(|snapshot| {
            let files = snapshot.files.iter().chain(&snapshot.source_configs);
            files.map(|file| format!("{} {} {}", snapshot.name, file.source, file.path))
        });
        let own = files.own.iter().map(|file| format!("own {}", file.path));
        snapshots.chain(own).collect()
    }

    #[test]
    fn files_are_put_where_a_folder_on_disk_has_them() {
        assert_eq!(
            places(&[
                "reviews/platform.csv",
                "2026-10-31/k8s/a/b.json",
                "2026-09-30/aws/users.json",
                "2026-09-30/aws/source.toml",
                "2026-09-30/loose.json",
                "2026-09-30/.git/config",
                "registry.csv",
                "truth.json",
                "old/users.json",
            ]),
            [
                "2026-09-30 aws users.json",
                "2026-09-30 files loose.json",
                "2026-09-30 aws source.toml",
                "2026-10-31 k8s a/b.json",
                "own registry.csv",
                "own reviews/platform.csv",
            ]
        );
        assert_eq!(
            places(&["users.json", "aws/users.json", "roster.csv"]),
            [
                "1970-01-02 aws users.json",
                "1970-01-02 files users.json",
                "own roster.csv"
            ]
        );
    }

    #[test]
    fn nothing_to_read_is_said() {
        assert!(Files::list(vec![given("rollcall.toml", 0)]).is_err());
        assert!(Files::list(Vec::new()).is_err());
    }
}
