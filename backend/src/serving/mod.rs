//! The server: reads the estate, serves it, and reads it again when its files change.
//!
//! A request never sees half a reload: what is served is one immutable [`Served`], swapped whole.

pub mod answers;
pub mod assets;
pub mod authentication;
pub mod guard;
mod reload;

use std::io::{self, IsTerminal, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwapOption;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use shared::analysis::Analysis;

use shared::api::report::{Report, ReportQuery};
use shared::api::{Loading, SnapshotName, State};
use shared::history::History;
use shared::model::instant::Instant;
use shared::routes::{Reading, Unanswered};
use tokio::sync::watch;

use self::answers::AnswerCache;
use self::assets::Asset;
pub use self::guard::Guard;
pub use self::reload::Watcher;
use crate::cache::Cache;
use crate::commands::{Format, log_filter};
use crate::estate::{Estate, Loaded, Progress};
use crate::memory;

/// Where, how and for whom to listen.
pub struct Listening {
    pub address: SocketAddr,
    pub guard: Guard,
    /// Plain HTTP without.
    pub tls: Option<TlsFiles>,
    pub log_format: Format,
}

/// What TLS needs, in PEM.
pub struct TlsFiles {
    /// The server's certificate, then those of the authorities between it and the root.
    pub certificates: PathBuf,
    pub key: PathBuf,
}

impl TlsFiles {
    async fn load(&self) -> anyhow::Result<RustlsConfig> {
        let (certificates, key) = (self.certificates.display(), self.key.display());
        RustlsConfig::from_pem_file(&self.certificates, &self.key)
            .await
            .with_context(|| format!("cannot serve TLS with the certificate `{certificates}` and the key `{key}`"))
    }
}

/// How long a stopped server waits for answers that are under way.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// How long a client may take to ask. Whoever sends a byte a minute would otherwise hold a connection for ever.
const ASK_WITHIN: Duration = Duration::from_secs(30);

/// Everything that requests share.
pub struct App {
    pub served: ArcSwapOption<Served>,
    pub state: watch::Sender<State>,
    /// Becomes true once, when the server is told to stop: what would go on for ever ends then.
    pub is_stopping: watch::Sender<bool>,
    pub guard: Guard,
    /// The files of the dashboard.
    pub assets: &'static [Asset],
    progress: Arc<Progress>,
    as_of: Option<Instant>,
    /// What was read before, by this process and others.
    cache: Arc<Cache>,
}

/// One reading of the estate. Immutable but for what is filled in when first asked for.
pub struct Served {
    pub version: String,
    pub names: Vec<SnapshotName>,
    pub newest: Loaded,
    pub answers: AnswerCache,
    cache: Arc<Cache>,
    estate: Estate,
    /// The other snapshots, read when first asked for.
    older: Vec<Mutex<Option<Read>>>,
    /// All snapshots in brief, read when first asked for.
    history: Mutex<Option<Arc<History>>>,
    reporting: Mutex<()>,
}

/// A snapshot that was read, or why it cannot be.
type Read = Result<Loaded, String>;

impl App {
    /// A server that has read nothing yet.
    pub fn new(guard: Guard, as_of: Option<Instant>, cache: Cache, assets: &'static [Asset]) -> App {
        App {
            served: ArcSwapOption::empty(),
            state: watch::Sender::new(State {
                version: String::new(),
                estate: String::new(),
                snapshots: Vec::new(),
                loading: Some(Loading::default()),
                problem: None,
                partial_sources: Vec::new(),
            }),
            is_stopping: watch::Sender::new(false),
            guard,
            assets,
            progress: Arc::default(),
            as_of,
            cache: Arc::new(cache),
        }
    }
}

impl Reading for Served {
    fn snapshots(&self) -> &[SnapshotName] {
        &self.names
    }

    /// Reads the snapshot if nobody asked for it before: call it where blocking is allowed.
    fn analysis(&self, index: usize) -> Result<Arc<Analysis>, Unanswered> {
        let Some(older) = self.older.get(index) else {
            return Ok(Arc::clone(&self.newest.analysis));
        };
        // Poisoned means that reading it failed before it was stored.
        let mut read = older.lock().unwrap_or_else(PoisonError::into_inner);
        let loaded = match &*read {
            Some(loaded) => loaded.clone(),
            None => read.insert(self.read(index).ok_or_else(changing)?).clone(),
        };
        loaded.map(|loaded| loaded.analysis).map_err(Unanswered::Failed)
    }

    /// Call it where blocking is allowed.
    fn passing(&self, index: usize) -> Result<Arc<Analysis>, Unanswered> {
        let Some(older) = self.older.get(index) else {
            return Ok(Arc::clone(&self.newest.analysis));
        };
        let known = older.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let loaded = known.or_else(|| self.read(index)).ok_or_else(changing)?;
        loaded.map(|loaded| loaded.analysis).map_err(Unanswered::Failed)
    }

    /// Snapshots that nobody asked for before are read and not kept in memory: call it where blocking is allowed.
    fn history(&self) -> Arc<History> {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(history) = &*history {
            return Arc::clone(history);
        }
        let is_whole = AtomicBool::new(true);
        let made = self.estate.history(&self.newest, &self.cache, &|index| {
            if let Some(read) = &*self.older[index].lock().unwrap_or_else(PoisonError::into_inner) {
                return read.clone();
            }
            self.read(index).unwrap_or_else(|| {
                is_whole.store(false, Ordering::Relaxed);
                Err("its files are changing".to_owned())
            })
        });
        let made = Arc::new(made);
        memory::give_back();
        // What is not whole is asked for again: the next reading may find the files at rest.
        if is_whole.into_inner() {
            *history = Some(Arc::clone(&made));
        }
        made
    }

    /// Call it where blocking is allowed. One is made at a time, because each holds snapshots in memory.
    fn report(&self, query: &ReportQuery) -> Result<Report, Unanswered> {
        let _turn = self.reporting.lock().unwrap_or_else(PoisonError::into_inner);
        let read = |index| self.passing(index).map_err(|problem| problem.message().to_owned());
        let report = self.estate.report(query, read);
        memory::give_back();
        Ok(report?)
    }
}

impl Served {
    /// Reads an older snapshot; `None` when its files change meanwhile.
    fn read(&self, index: usize) -> Option<Read> {
        let loaded = self.estate.load(index, None, &Progress::default(), &self.cache);
        self.estate.holds_still(index).then(|| {
            let loaded = loaded.map_err(|error| format!("{error:#}"))?;
            self.estate.keep(&loaded, &self.cache);
            Ok(loaded)
        })
    }

    /// Keeps what is served for the next start.
    fn keep_newest(&self) {
        self.estate.keep(&self.newest, &self.cache);
    }
}

fn changing() -> Unanswered {
    Unanswered::Loading("the files of this snapshot are changing".to_owned())
}

/// Serves an estate until interrupted. `as_of` overrides the newest snapshot's own instant.
///
/// # Errors
/// When the address cannot be bound or the server stops on an error. An estate that cannot be read is no error: the
/// page says what is wrong, and it is tried again when files change.
pub fn serve(listening: Listening, root: PathBuf, as_of: Option<Instant>, cache: Cache) -> anyhow::Result<()> {
    let log = tracing_subscriber::fmt()
        .with_env_filter(log_filter("rollcall=info,warn"))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match listening.log_format {
        Format::Text => log.init(),
        Format::Json => log.json().init(),
    }
    let app = Arc::new(App::new(listening.guard, as_of, cache, assets::ASSETS));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the server")?;
    runtime.block_on(async {
        let tls = match &listening.tls {
            Some(files) => Some(files.load().await?),
            None => None,
        };
        let listener = TcpListener::bind(listening.address)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .with_context(|| format!("cannot listen on {}", listening.address))?;
        let address = listener.local_addr()?;
        let watched = Arc::clone(&app);
        std::thread::spawn(move || Watcher::new(root).watch(&watched));
        // Nobody may be reading.
        let scheme = if tls.is_some() { "https" } else { "http" };
        let _ = writeln!(io::stdout(), "{scheme}://{address}");
        run(&app, listener, tls).await.context("the server stopped")
    })?;
    // Readings that go on do not keep a stopped server alive.
    runtime.shutdown_timeout(Duration::from_secs(1));
    Ok(())
}

async fn run(app: &Arc<App>, listener: TcpListener, tls: Option<RustlsConfig>) -> io::Result<()> {
    let handle = Handle::new();
    let stopping = handle.clone();
    let stopped = Arc::clone(app);
    tokio::spawn(async move {
        interrupted().await;
        tracing::info!("stopping");
        stopped.is_stopping.send_replace(true);
        stopping.graceful_shutdown(Some(STOP_WITHIN));
    });
    let service = crate::routes::router(Arc::clone(app)).into_make_service_with_connect_info::<SocketAddr>();
    match tls {
        Some(config) => {
            let server = axum_server::from_tcp_rustls(listener, config)?;
            patient(server).handle(handle).serve(service).await
        }
        None => {
            let server = axum_server::from_tcp(listener)?;
            patient(server).handle(handle).serve(service).await
        }
    }
}

/// A server that waits for requests, but not for ever for one that has begun.
fn patient<Acceptor>(mut server: Server<SocketAddr, Acceptor>) -> Server<SocketAddr, Acceptor> {
    server
        .http_builder()
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(ASK_WITHIN);
    server.first_request_timeout(ASK_WITHIN)
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
