//! The server: reads the estate, serves it, and reads it again when its files change.
//!
//! A request never sees half a reload: what is served is one immutable [`Served`], swapped whole.

pub mod answers;
pub mod assets;
pub mod guard;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwapOption;
use shared::analysis::Analysis;
use shared::api::{Loading, SnapshotName, State};
use shared::model::instant::Instant;
use tokio::sync::watch;

use self::answers::AnswerCache;
pub use self::guard::Guard;
use crate::commands::with_progress;
use crate::estate::{Estate, Progress};

/// What `serve` needs to know.
pub struct Listening {
    pub root: PathBuf,
    /// Overrides the newest snapshot's own instant.
    pub as_of: Option<Instant>,
    pub address: SocketAddr,
    pub guard: Guard,
}

/// How often the estate is looked at for changes. Looking lists files and opens none.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a loading server tells its pages how far it is.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Everything that requests share.
pub struct App {
    pub served: ArcSwapOption<Served>,
    pub state: watch::Sender<State>,
    pub guard: Guard,
    progress: Arc<Progress>,
    as_of: Option<Instant>,
}

/// One reading of the estate. Immutable but for what is filled in when first asked for.
pub struct Served {
    pub version: String,
    pub names: Vec<SnapshotName>,
    estate: Estate,
    /// The newest snapshot is read at once, older ones when first asked for.
    analyses: Vec<OnceLock<Result<Arc<Analysis>, String>>>,
    pub cache: AnswerCache,
}

impl Served {
    /// The analysis of a snapshot, the newest when no name is given. `None` when there is no such snapshot.
    /// Reads the snapshot if nobody asked for it before: call it where blocking is allowed.
    pub fn analysis(&self, name: Option<&str>) -> Option<Result<Arc<Analysis>, String>> {
        let index = match name {
            None => self.names.len() - 1,
            Some(name) => self.names.iter().position(|snapshot| snapshot.name == name)?,
        };
        let load = || {
            let loaded = self.estate.load(index, None, &Progress::default());
            loaded.map(Arc::new).map_err(|error| format!("{error:#}"))
        };
        Some(self.analyses[index].get_or_init(load).clone())
    }

    /// The analysis of the newest snapshot, which is always read.
    pub fn newest(&self) -> Option<Arc<Analysis>> {
        self.analyses.last()?.get()?.as_ref().ok().cloned()
    }
}

/// Serves until interrupted.
///
/// # Errors
/// When the address cannot be bound or the server stops on an error. An estate that cannot be read is no error: the
/// page says what is wrong, and it is tried again when files change.
pub fn serve(listening: Listening) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("ROLLCALL_LOG").unwrap_or_else(|_| "rollcall=info,warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let Listening {
        root,
        as_of,
        address,
        guard,
    } = listening;
    let loading = State {
        version: String::new(),
        estate: String::new(),
        snapshots: Vec::new(),
        loading: Some(Loading::default()),
        problem: None,
        partial_sources: Vec::new(),
    };
    let app = Arc::new(App {
        served: ArcSwapOption::empty(),
        state: watch::Sender::new(loading),
        guard,
        progress: Arc::default(),
        as_of,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the server")?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let address = listener.local_addr()?;
        app.guard.allow_address(address);
        let watcher = Arc::clone(&app);
        std::thread::spawn(move || watcher.watch(&root));
        println!("http://{address}");
        let router = crate::routes::router(Arc::clone(&app));
        axum::serve(listener, router)
            .with_graceful_shutdown(interrupted())
            .await
            .context("the server stopped")
    })?;
    // Event streams and blocking reads do not keep a stopped server alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

impl App {
    /// Reads the estate now, and again whenever its files differ and have held still for one look.
    fn watch(&self, root: &std::path::Path) {
        let mut tried = String::new();
        let mut seen = String::new();
        loop {
            match Estate::open(root) {
                Ok(estate) if estate.digest == tried => {}
                // Files that still change are left alone until they do not; the first reading does not wait.
                Ok(estate) if estate.digest != seen && !tried.is_empty() => seen = estate.digest,
                Ok(estate) => {
                    tried.clone_from(&estate.digest);
                    seen.clone_from(&estate.digest);
                    self.reload(estate);
                }
                Err(error) => {
                    let problem = format!("{error:#}");
                    if self.state.borrow().problem.as_deref() != Some(&problem) {
                        tracing::error!("{problem}");
                        self.tell(|state| {
                            state.problem = Some(problem);
                            state.loading = None;
                        });
                    }
                    tried = "unreadable".to_owned();
                }
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    fn reload(&self, estate: Estate) {
        let started = std::time::Instant::now();
        let newest = estate.snapshots.len() - 1;
        let (done, is_done) = std::sync::mpsc::channel::<()>();
        let loaded = std::thread::scope(|scope| {
            scope.spawn(move || {
                while is_done.recv_timeout(TELL_EVERY) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                    self.tell(|state| {
                        state.loading = Some(Loading {
                            n_files_read: self.progress.n_files_read.load(Ordering::Relaxed),
                            n_files: self.progress.n_files.load(Ordering::Relaxed),
                        });
                    });
                }
            });
            let loaded = with_progress(&self.progress, || estate.load(newest, self.as_of, &self.progress));
            drop(done);
            loaded
        });
        match loaded {
            Ok(analysis) => self.swap(estate, analysis, started),
            Err(error) => {
                let problem = format!("{error:#}");
                tracing::error!("{problem}");
                self.tell(|state| {
                    state.problem = Some(problem);
                    state.loading = None;
                });
            }
        }
    }

    fn swap(&self, estate: Estate, analysis: Analysis, started: std::time::Instant) {
        let mut names: Vec<SnapshotName> = estate
            .snapshots
            .iter()
            .enumerate()
            .map(|(index, snapshot)| SnapshotName {
                name: snapshot.name.clone(),
                as_of: estate.as_of(index),
            })
            .collect();
        if let Some(newest) = names.last_mut() {
            newest.as_of = analysis.snapshot.as_of;
        }
        let partial_sources = analysis
            .snapshot
            .sources
            .iter()
            .filter(|source| !source.gaps.is_empty());
        let state = State {
            version: estate.digest.clone(),
            estate: estate.config.estate_name.clone().unwrap_or_else(|| "Estate".to_owned()),
            snapshots: names.clone(),
            loading: None,
            problem: None,
            partial_sources: partial_sources.map(|source| source.name.clone()).collect(),
        };
        tracing::info!(
            identities = analysis.snapshot.identities.len(),
            credentials = analysis.snapshot.credentials.len(),
            files = analysis.snapshot.files.len(),
            milliseconds = started.elapsed().as_millis() as u64,
            "estate read"
        );
        let analyses: Vec<_> = names.iter().map(|_| OnceLock::new()).collect();
        if let Some(newest) = analyses.last() {
            // A fresh cell: it cannot be set already.
            let _ = newest.set(Ok(Arc::new(analysis)));
        }
        self.served.store(Some(Arc::new(Served {
            version: state.version.clone(),
            names,
            estate,
            analyses,
            cache: AnswerCache::default(),
        })));
        self.state.send_replace(state);
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        self.state.send_modify(change);
    }
}
