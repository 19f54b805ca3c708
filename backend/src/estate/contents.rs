//! What the files of an estate hold, as digests: each is read once, and known again by what the file system says of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use blake3::Hash;
use rayon::prelude::*;

use super::files::{self, FileOnDisk};
use super::{Estate, MAX_FILE_BYTES};
use crate::cache::{Cache, Key, KeyMaker};

/// The digests that are known of one estate.
#[derive(Default)]
pub struct Contents(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// By [`FileOnDisk::identity`].
    digests: HashMap<Hash, Hash>,
    /// Whether the cache was asked.
    is_read: bool,
}

/// How long a file must have been at rest when it is read, for its times to tell whether it was written since: file
/// systems tell times apart that lie two seconds apart, and most far closer ones.
const AT_REST: Duration = Duration::from_secs(3);

impl Estate {
    /// The digest of each file's contents, `None` for a file that is refused. A file that is not known is read where
    /// the snapshot was read before: it may have been touched, or written anew with the same contents. Of a new
    /// snapshot all files would be read twice.
    ///
    /// Nothing when the snapshot is new or a file cannot be read.
    pub(super) fn digests(&self, index: usize, files: &[&FileOnDisk], cache: &Cache) -> Option<Vec<Option<Hash>>> {
        if !self.known(cache).digests.contains_key(&self.mark(index)) {
            return None;
        }
        let known = self.known_digests(files, cache);
        let read = files
            .par_iter()
            .zip(known)
            .with_max_len(1)
            .map(|(file, known)| match (known, file.refusal()) {
                (Some(digest), _) => Some(Some(digest)),
                (None, Some(_)) => Some(None),
                (None, None) => Some(Some(blake3::hash(&file.bytes(MAX_FILE_BYTES).ok()?))),
            });
        let digests: Vec<Option<Hash>> = read.collect::<Option<_>>()?;
        self.note(index, files, &digests, cache);
        Some(digests)
    }

    /// The digests of those files that rest since they were read.
    pub(super) fn known_digests(&self, files: &[&FileOnDisk], cache: &Cache) -> Vec<Option<Hash>> {
        let known = self.known(cache);
        files
            .iter()
            .map(|file| known.digests.get(&file.identity()).copied())
            .collect()
    }

    /// Keeps for the next time what the files of a snapshot hold. The times of a file that was written only now do not
    /// tell whether it is written again: it is read again.
    pub(super) fn note(&self, index: usize, files: &[&FileOnDisk], digests: &[Option<Hash>], cache: &Cache) {
        if !cache.is_kept() {
            return;
        }
        let now = files::since_epoch(SystemTime::now());
        let resting = files.iter().zip(digests).filter_map(|(file, digest)| {
            let digest = digest.filter(|_| file.rests_since(now.saturating_sub(AT_REST)))?;
            Some((file.identity(), digest))
        });
        let mark = self.mark(index);
        let mut known = self.known(cache);
        let is_news = |(file, digest)| known.digests.insert(file, digest) != Some(digest);
        if resting
            .chain([(mark, mark)])
            .map(is_news)
            .fold(false, |any, one| any | one)
        {
            let marks = (0..self.snapshots.len()).map(|index| self.mark(index));
            let listed: HashSet<Hash> = self.files().map(FileOnDisk::identity).chain(marks).collect();
            known.digests.retain(|identity, _| listed.contains(identity));
            let pairs = known.digests.iter().flat_map(|(file, digest)| [file, digest]);
            let bytes = pairs.flat_map(|hash| *hash.as_bytes()).collect();
            cache.put(&self.contents_key(), std::iter::once(bytes));
        }
    }

    /// Stands among the identities of files for a snapshot that was read.
    fn mark(&self, index: usize) -> Hash {
        blake3::hash(self.snapshots[index].name.as_bytes())
    }

    /// The files of all snapshots.
    fn files(&self) -> impl Iterator<Item = &FileOnDisk> {
        self.snapshots
            .iter()
            .flat_map(|snapshot| &snapshot.files)
            .chain(&self.own_files)
    }

    fn known(&self, cache: &Cache) -> MutexGuard<'_, Known> {
        // Poisoned means that a file could not be noted: what is there is true.
        let mut known = self.contents.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_read {
            known.is_read = true;
            let digests = cache.get(&self.contents_key(), |sections| match sections {
                [pairs] => pairs
                    .chunks(64)
                    .map(pair)
                    .collect::<Option<_>>()
                    .ok_or("it is cut off".to_owned()),
                _ => Err("it has other sections".to_owned()),
            });
            known.digests = digests.unwrap_or_default();
        }
        known
    }

    fn contents_key(&self) -> Key {
        let mut maker = KeyMaker::new("contents");
        maker.add(self.root.as_os_str().as_encoded_bytes());
        maker.key()
    }
}

fn pair(bytes: &[u8]) -> Option<(Hash, Hash)> {
    let (file, digest) = bytes.split_first_chunk()?;
    Some((Hash::from_bytes(*file), Hash::from_slice(digest).ok()?))
}
