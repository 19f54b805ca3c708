//! The estate that is open: what is asked of it is read when it is first asked for, and kept.

use std::cell::RefCell;
use std::sync::Arc;

use shared::analysis::Analysis;
use shared::answers::{self, report_on};
use shared::api::SnapshotName;
use shared::api::report::{Report, ReportQuery};
use shared::history::History;
use shared::routes::{Reading, Unanswered};

use crate::Tell;
use crate::files::Files;
use crate::site::Site;

/// Where the estate comes from.
pub enum Held {
    Files(Files),
    Site(Site),
}

pub struct Opened {
    /// Changes with what is answered.
    pub version: String,
    pub snapshots: Vec<SnapshotName>,
    pub newest: Arc<Analysis>,
    held: Held,
    /// The other snapshots that were asked for.
    older: RefCell<Vec<Option<Arc<Analysis>>>>,
    history: RefCell<Option<Arc<History>>>,
}

impl Opened {
    /// Reads the newest snapshot. `tell` hears how far that is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(held: Held, tell: &Tell) -> Result<Opened, String> {
        let (version, mut snapshots) = match &held {
            Held::Files(files) => (files.version(), files.snapshot_names()),
            Held::Site(site) => (site.head.version.clone(), site.head.snapshots.clone()),
        };
        let newest = Arc::new(held.analysis(snapshots.len() - 1, tell)?);
        if let Some(last) = snapshots.last_mut() {
            last.as_of = newest.snapshot.as_of;
        }
        Ok(Opened {
            version,
            older: RefCell::new(vec![None; snapshots.len() - 1]),
            history: RefCell::new(None),
            snapshots,
            newest,
            held,
        })
    }

    fn read(&self, index: usize) -> Result<Arc<Analysis>, String> {
        match self.older.borrow().get(index) {
            None => return Ok(Arc::clone(&self.newest)),
            Some(Some(analysis)) => return Ok(Arc::clone(analysis)),
            Some(None) => {}
        }
        self.held.analysis(index, &|_, _| ()).map(Arc::new)
    }

    fn read_history(&self) -> History {
        let mut history = History::default();
        for (index, snapshot) in self.snapshots.iter().enumerate() {
            match self.read(index) {
                Ok(analysis) => history.add(answers::summary(&snapshot.name, &analysis)),
                Err(problem) => history.miss(snapshot, problem),
            }
        }
        history
    }
}

impl Held {
    fn analysis(&self, index: usize, tell: &Tell) -> Result<Analysis, String> {
        match self {
            Held::Files(files) => Ok(files.analysis(index, tell)),
            Held::Site(site) => site.analysis(index),
        }
    }
}

impl Reading for Opened {
    fn snapshots(&self) -> &[SnapshotName] {
        &self.snapshots
    }

    fn analysis(&self, index: usize) -> Result<Arc<Analysis>, Unanswered> {
        let read = self.read(index).map_err(Unanswered::Unreadable)?;
        if let Some(older) = self.older.borrow_mut().get_mut(index) {
            *older = Some(Arc::clone(&read));
        }
        Ok(read)
    }

    fn passing(&self, index: usize) -> Result<Arc<Analysis>, Unanswered> {
        self.read(index).map_err(Unanswered::Unreadable)
    }

    fn history(&self) -> Arc<History> {
        if let Some(history) = &*self.history.borrow() {
            return Arc::clone(history);
        }
        let stored = match &self.held {
            Held::Files(_) => None,
            Held::Site(site) => site.history().ok(),
        };
        let history = Arc::new(stored.unwrap_or_else(|| self.read_history()));
        *self.history.borrow_mut() = Some(Arc::clone(&history));
        history
    }

    fn report(&self, query: &ReportQuery) -> Result<Report, Unanswered> {
        let files = |index| match &self.held {
            Held::Files(files) => files.input_files(index),
            Held::Site(site) => site.head.files[index].clone(),
        };
        Ok(report_on(&self.snapshots, query, |index| self.read(index), files)?)
    }
}
