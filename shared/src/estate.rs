//! What belongs where in an estate, and what one of its files says: the same for a server with a disk and for a page that
//! was given the files.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::api::SnapshotName;
use crate::config::{Config, SourceConfig};
use crate::connectors::{self, Reading};
use crate::diagnostic::{Diagnostic, shorten};
use crate::merge::FileBatch;
use crate::model::batch::Batch;
use crate::model::instant::Instant;
use crate::reading::container;

/// What the estate's owner sets.
pub const CONFIG: &str = "rollcall.toml";
/// What a source's owner says of its files; it is no export.
pub const SOURCE_CONFIG: &str = "source.toml";
/// Lists at the top of an estate that every snapshot is read with.
pub const OWN_LISTS: [&str; 2] = ["registry.csv", "roster.csv"];
/// The folder at the top of an estate that holds the decisions of access reviews, and is no source.
pub const REVIEWS: &str = "reviews";
/// Files at the top of an estate that are its own and belong to no source. `truth.json` is a generated estate's.
const OWN_NAMES: [&str; 4] = [CONFIG, OWN_LISTS[0], OWN_LISTS[1], "truth.json"];

/// The instant that the name of a snapshot's folder says; `None` when it is no snapshot.
pub fn dated(folder: &str) -> Option<Instant> {
    // Colons are not allowed in names everywhere: `2026-10-31T080000Z` is an instant too.
    match (folder.get(..13), folder.get(13..15), folder.get(15..)) {
        (Some(hour), Some(minute), Some(second)) if second.len() == 3 => {
            Instant::from_text(&format!("{hour}:{minute}:{second}"))
        }
        _ => Instant::from_text(folder),
    }
}

/// Whether a file is the estate's own, by the names of the folders that lead to it from the top, and its own.
pub fn is_own(parts: &[String]) -> bool {
    match parts {
        [name] => OWN_NAMES.contains(&name.as_str()),
        [folder, ..] => folder == REVIEWS,
        [] => false,
    }
}

/// The source of a file in a snapshot, and its path below that, by the names that lead to it from the snapshot's folder.
/// A file in no sub-folder is of the source `files`.
pub fn of_source(parts: &[String]) -> (String, String) {
    match parts {
        [] => (String::new(), String::new()),
        [name] => ("files".to_owned(), name.clone()),
        [source, rest @ ..] => (source.clone(), rest.join("/")),
    }
}

/// What to say to who asks for a snapshot that is not there.
pub fn no_such_snapshot(name: &str, snapshots: &[SnapshotName]) -> String {
    let known: Vec<&str> = snapshots.iter().map(|snapshot| snapshot.name.as_str()).collect();
    format!(
        "there is no snapshot `{}`; known are {}",
        shorten(name),
        known.join(", ")
    )
}

/// What each source says of its files.
#[derive(Default)]
pub struct SourceConfigs {
    by_source: BTreeMap<String, SourceConfig>,
    none: SourceConfig,
    /// What is wrong with the files that say it.
    pub problems: Vec<FileBatch>,
}

impl SourceConfigs {
    /// Takes a `source.toml`, or why it cannot be read.
    pub fn add(&mut self, source: &str, n_bytes: u64, bytes: Result<&[u8], Diagnostic>) {
        match bytes.and_then(|bytes| SourceConfig::parse(&String::from_utf8_lossy(bytes))) {
            Ok(config) => {
                self.by_source.insert(source.to_owned(), config);
            }
            Err(problem) => self.problems.push(refused(source, SOURCE_CONFIG, n_bytes, problem)),
        }
    }

    /// What is said of a source, by its own file and by the estate's.
    pub fn of(&self, source: &str, config: &Config) -> Cow<'_, SourceConfig> {
        config.of_source(source, self.by_source.get(source).unwrap_or(&self.none))
    }
}

/// Reads one file, with the members of an archive apart.
pub fn read_file(source: &str, config: &SourceConfig, path: &str, bytes: &[u8], salt: &str) -> Vec<FileBatch> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> Vec<String> {
        path.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn a_snapshot_is_named_by_a_date_or_an_instant() {
        for (folder, expected) in [
            ("2026-10-31", Some("2026-10-31T00:00:00Z")),
            ("2026-10-31T08:30:00Z", Some("2026-10-31T08:30:00Z")),
            ("2026-10-31T083000Z", Some("2026-10-31T08:30:00Z")),
            ("aws-prod", None),
            ("2026-13-31", None),
            ("", None),
        ] {
            assert_eq!(dated(folder), expected.and_then(Instant::from_text), "{folder}");
        }
    }

    #[test]
    fn a_file_belongs_to_the_estate_or_to_a_source() {
        for (path, expected) in [
            ("rollcall.toml", true),
            ("registry.csv", true),
            ("reviews/2026/platform.csv", true),
            ("registry.csv/part.csv", false),
            ("aws-prod/registry.csv", false),
        ] {
            assert_eq!(is_own(&parts(path)), expected, "{path}");
        }
        for (path, source, below) in [
            ("users.json", "files", "users.json"),
            ("aws-prod/users.json", "aws-prod", "users.json"),
            ("aws-prod/iam/users.json", "aws-prod", "iam/users.json"),
        ] {
            assert_eq!(of_source(&parts(path)), (source.to_owned(), below.to_owned()));
        }
    }
}
