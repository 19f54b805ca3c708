//! Reading the estate again when its files change. What was served before is served until the new reading is whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use shared::answers;
use shared::api::{Loading, State};

use super::answers::AnswerCache;
use super::{App, Served};
use crate::commands::with_progress;
use crate::estate::{Estate, Loaded};
use crate::memory;

/// How often the estate is looked at for changes. Looking lists files and opens none.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How many looks in a row may see changes before what is there is read all the same: a log that is written all the time
/// must not keep a new report from being served.
const PATIENCE: u32 = 10;
/// How often a loading server tells its pages how far it is.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Looks at the estate, and reads it when it has changed and holds still.
pub struct Watcher {
    root: PathBuf,
    /// What was read last, whether that succeeded or not.
    tried: Option<String>,
    /// What the look before saw.
    seen: String,
    /// How many looks in a row saw changes, or changes under a reading.
    n_unsettled: u32,
}

/// What became of one reading.
enum Reading {
    /// It is served now, or failed in a way that only another estate mends.
    Over,
    /// Files changed under it.
    Overtaken,
}

impl Watcher {
    pub fn new(root: PathBuf) -> Watcher {
        Watcher {
            root,
            tried: None,
            seen: String::new(),
            n_unsettled: 0,
        }
    }

    /// Looks for ever.
    pub fn watch(mut self, app: &App) {
        loop {
            self.look(app);
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Looks once. A change is read when two looks in a row see the same files, or when too many in a row did not; the
    /// first reading does not wait.
    pub fn look(&mut self, app: &App) {
        let estate = match Estate::open(&self.root) {
            Ok(estate) => estate,
            Err(error) => {
                self.tried = None;
                return app.fail(format!("{error:#}"));
            }
        };
        let digest = estate.digest();
        let held_still = std::mem::replace(&mut self.seen, digest.clone()) == digest;
        if self.tried.as_ref() == Some(&digest) {
            return;
        }
        self.n_unsettled += 1;
        let is_patient = self.n_unsettled < PATIENCE;
        if is_patient && !held_still && app.served.load().is_some() {
            return;
        }
        self.tried = match app.read(estate, is_patient) {
            Reading::Over => {
                self.n_unsettled = 0;
                Some(digest)
            }
            Reading::Overtaken => None,
        };
    }
}

impl App {
    /// Reads the newest snapshot of the estate, and serves it: if it `must_hold_still`, only when no file changed
    /// meanwhile.
    fn read(&self, estate: Estate, must_hold_still: bool) -> Reading {
        let started = Instant::now();
        let newest = estate.snapshots.len() - 1;
        tracing::info!(snapshot = estate.snapshots[newest].name, "reading the estate");
        let loaded = self.telling(|| {
            let load = || estate.load(newest, self.as_of, &self.progress, &self.cache);
            // What is wrong with the program must not end the watch: the log has the place.
            catch_unwind(AssertUnwindSafe(load)).unwrap_or_else(|_| {
                Err(anyhow::anyhow!(
                    "Rollcall fails on this estate; its log says where: report it"
                ))
            })
        });
        // Half an estate is better than none, and no better than a whole one.
        if must_hold_still && self.served.load().is_some() && !estate.holds_still(newest) {
            self.fail("files changed while they were read; they are read again when they hold still".to_owned());
            return Reading::Overtaken;
        }
        match loaded {
            Ok(loaded) => {
                let analysis = &loaded.analysis;
                tracing::info!(
                    identities = analysis.snapshot.identities.len(),
                    credentials = analysis.snapshot.credentials.len(),
                    files = analysis.snapshot.files.len(),
                    milliseconds = started.elapsed().as_millis() as u64,
                    "estate read"
                );
                self.swap(estate, loaded).keep_newest();
                memory::give_back();
            }
            Err(error) => self.fail(format!("{error:#}")),
        }
        Reading::Over
    }

    /// Tells terminal and pages how far `work` is.
    fn telling<T>(&self, work: impl FnOnce() -> T) -> T {
        let (done, is_done) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                while is_done.recv_timeout(TELL_EVERY) == Err(RecvTimeoutError::Timeout) {
                    self.state.send_modify(|state| {
                        state.loading = Some(Loading {
                            n_files_read: self.progress.n_files_read.load(Ordering::Relaxed),
                            n_files: self.progress.n_files.load(Ordering::Relaxed),
                        });
                    });
                }
            });
            let result = with_progress(&self.progress, work);
            drop(done);
            result
        })
    }

    /// Says what went wrong, once; what is served stays.
    fn fail(&self, problem: String) {
        let said = State {
            loading: None,
            problem: Some(problem),
            ..self.state.borrow().clone()
        };
        if self.state.borrow().problem != said.problem {
            tracing::error!(problem = said.problem.as_deref(), "the estate cannot be read");
        }
        self.state.send_if_modified(|state| {
            let is_news = *state != said;
            *state = said;
            is_news
        });
    }

    fn swap(&self, estate: Estate, loaded: Loaded) -> Arc<Served> {
        let mut names = estate.snapshot_names();
        if let Some(newest) = names.last_mut() {
            newest.as_of = loaded.analysis.snapshot.as_of;
        }
        // The same files are judged differently as of another day.
        let version = match self.as_of {
            None => estate.digest(),
            Some(at) => format!("{}-{:x}", estate.digest(), at.0),
        };
        let state = answers::state(version, names.clone(), &loaded.analysis);
        let served = Arc::new(Served {
            version: state.version.clone(),
            older: (1..names.len()).map(|_| Mutex::new(None)).collect(),
            history: Mutex::new(None),
            reporting: Mutex::new(()),
            names,
            newest: loaded,
            answers: AnswerCache::default(),
            cache: Arc::clone(&self.cache),
            estate,
        });
        self.served.store(Some(Arc::clone(&served)));
        self.state.send_replace(state);
        served
    }
}
