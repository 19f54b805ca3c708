//! What a report needs of an estate on disk: the digests of its files, and that they hold still.

use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use shared::analysis::Analysis;
use shared::answers::{NoReport, report_on};
use shared::api::report::{InputFile, Report, ReportQuery};
use shared::estate::CONFIG;
use shared::reading::certificate::hex;

use super::Estate;
use super::files::{FileOnDisk, MAX_FILE_BYTES};

impl Estate {
    /// Makes a report; `read` gives the analysis of a snapshot, by index. No more than two of them are held at a time,
    /// beside the one that is being read.
    ///
    /// # Errors
    /// When a snapshot that the query names is not there or cannot be read, or files changed meanwhile.
    pub fn report(
        &self,
        query: &ReportQuery,
        read: impl FnMut(usize) -> Result<Arc<Analysis>, String>,
    ) -> Result<Report, NoReport> {
        let mut is_still = true;
        let files = |to| {
            let files = self.input_files(to);
            is_still = self.holds_still(to);
            files
        };
        let report = report_on(&self.snapshot_names(), query, read, files)?;
        match is_still {
            true => Ok(report),
            false => Err(NoReport::Unread("its files are changing; ask again".to_owned())),
        }
    }

    /// The files of a snapshot and the estate's own, as they are on disk now.
    pub fn input_files(&self, index: usize) -> Vec<InputFile> {
        let folder = &self.snapshots[index];
        let config = FileOnDisk::own(&self.root, CONFIG);
        let files: Vec<&FileOnDisk> = (folder.files.iter())
            .chain(&folder.source_configs)
            .chain(&self.own_files)
            .chain(&config)
            .collect();
        let digest = |file: &FileOnDisk| InputFile {
            source: file.source.clone(),
            path: file.path.clone(),
            n_bytes: file.n_bytes,
            sha256: file.bytes(MAX_FILE_BYTES).ok().map(|bytes| hex(&Sha256::digest(bytes))),
        };
        // Files are read whole: as many at a time as there are cores, as when the estate is read.
        let mut digests: Vec<InputFile> = files.into_par_iter().with_max_len(1).map(digest).collect();
        digests.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
        digests
    }
}
