//! Every route on one screen. A handler takes the query apart, calls one function of `shared`, and wraps the answer.

mod events;
mod files;
mod metrics;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use serde::Serialize;
use shared::analysis::Analysis;
use shared::answers::{self, ExportFormat};
use shared::api::query::{ListQuery, MAX_QUERY_BYTES, pairs};
use shared::api::{ErrorBody, ErrorView, route};
use shared::kpi::catalog::Table;

use crate::serving::answers::Packed;
use crate::serving::guard::security_headers;
use crate::serving::{App, Served};

/// The whole surface of the server.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route(route::STATE, get(state))
        .route(route::EVENTS, get(events::events))
        .route(route::OVERVIEW, get(overview))
        .route(route::KPIS, get(kpis))
        .route(route::IDENTITIES, get(identities))
        .route(route::IDENTITY, get(identity))
        .route(route::CREDENTIALS, get(credentials))
        .route(route::CERTIFICATES, get(certificates))
        .route(route::SOURCES, get(sources))
        .route("/api/v1/export/identities", get(export_identities))
        .route("/api/v1/export/credentials", get(export_credentials))
        .route("/api/v1/export/certificates", get(export_certificates))
        .route("/api/{*rest}", get(no_such_route))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .fallback(get(files::file))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guarded))
        .with_state(app)
}

/// Turns away what must not be answered, and gives every answer its headers.
async fn guarded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let refusal = app.guard.check(request.method(), request.headers()).err();
    let is_too_long = request.uri().query().is_some_and(|query| query.len() > MAX_QUERY_BYTES);
    let mut response = match refusal {
        Some(refusal) => {
            let mut response = Failure::new(refusal.status, "refused", refusal.message.to_owned()).into_response();
            if refusal.status == StatusCode::UNAUTHORIZED {
                let challenge = HeaderValue::from_static("Basic realm=\"Rollcall\", charset=\"UTF-8\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            }
            response
        }
        None if is_too_long => {
            let message = format!("the query is longer than {MAX_QUERY_BYTES} bytes");
            Failure::new(StatusCode::URI_TOO_LONG, "bad_query", message).into_response()
        }
        None => next.run(request).await,
    };
    response.headers_mut().extend(security_headers());
    response
}

async fn state(State(app): State<Arc<App>>) -> Response {
    let state = app.state.borrow().clone();
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(state)).into_response()
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match app.served.load().is_some() {
        true => "ready\n".into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "reading the estate\n").into_response(),
    }
}

async fn no_such_route(uri: Uri) -> Failure {
    Failure::new(
        StatusCode::NOT_FOUND,
        "not_found",
        format!("there is no route `{}`; see docs/api.md", uri.path()),
    )
}

async fn overview(ask: Ask) -> Response {
    ask.answer(|analysis, _| json(&answers::overview(analysis))).await
}

async fn kpis(ask: Ask) -> Response {
    let names: Vec<String> = ask
        .served()
        .map(|served| served.names.iter().map(|name| name.name.clone()).collect())
        .unwrap_or_default();
    ask.answer(move |analysis, _| json(&answers::kpis(analysis, &names)))
        .await
}

async fn sources(ask: Ask) -> Response {
    ask.answer(|analysis, _| json(&answers::sources(analysis))).await
}

async fn identities(ask: Ask) -> Response {
    ask.answer(|analysis, query| json(&answers::identities(analysis, &list_query(query)?)?))
        .await
}

async fn credentials(ask: Ask) -> Response {
    ask.answer(|analysis, query| json(&answers::credentials(analysis, &list_query(query)?)?))
        .await
}

async fn certificates(ask: Ask) -> Response {
    ask.answer(|analysis, query| json(&answers::certificates(analysis, &list_query(query)?)?))
        .await
}

async fn identity(ask: Ask) -> Response {
    ask.answer(|analysis, query| {
        let id = pairs(query)
            .find(|(key, _)| key == "id")
            .map(|(_, id)| id)
            .unwrap_or_default();
        match answers::identity(analysis, &id) {
            Some(identity) => json(&identity),
            None => {
                let message = format!("this snapshot lists no identity `{}`", shared::diagnostic::shorten(&id));
                Err(Failure::new(StatusCode::NOT_FOUND, "not_found", message))
            }
        }
    })
    .await
}

async fn export_identities(ask: Ask) -> Response {
    ask.export(Table::Identities, "identities").await
}

async fn export_credentials(ask: Ask) -> Response {
    ask.export(Table::Credentials, "credentials").await
}

async fn export_certificates(ask: Ask) -> Response {
    ask.export(Table::Certificates, "certificates").await
}

fn list_query(query: &str) -> Result<ListQuery, Failure> {
    ListQuery::parse(query).map_err(Failure::from)
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(answer).map_err(|error| Failure::internal(&error.to_string()))
}

/// One question to the estate: which reading it is put to, the address, and what the asker already has.
pub struct Ask {
    served: Option<Arc<Served>>,
    uri: Uri,
    headers: HeaderMap,
}

impl axum::extract::FromRequestParts<Arc<App>> for Ask {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut axum::http::request::Parts,
        app: &Arc<App>,
    ) -> Result<Self, Self::Rejection> {
        Ok(Ask {
            served: app.served.load_full(),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Ask {
    fn served(&self) -> Option<&Served> {
        self.served.as_deref()
    }

    /// Answers from the cache, or makes the answer away from the threads that serve, and keeps it.
    async fn answer(self, make: impl FnOnce(&Analysis, &str) -> Result<Vec<u8>, Failure> + Send + 'static) -> Response {
        let Some(served) = self.served.clone() else {
            return Failure::loading().into_response();
        };
        let etag = format!("\"{}\"", served.version);
        if is_current(&self.headers, &etag) {
            return (
                StatusCode::NOT_MODIFIED,
                [(header::ETAG, etag), (header::CACHE_CONTROL, "no-cache".to_owned())],
            )
                .into_response();
        }
        let address = self
            .uri
            .path_and_query()
            .map(|address| address.as_str().to_owned())
            .unwrap_or_default();
        if let Some(answer) = served.cache.get(&address) {
            return send(&answer, &self.headers, &etag);
        }
        let query = self.uri.query().unwrap_or_default().to_owned();
        let made = blocking(move || {
            let snapshot = pairs(&query).find(|(key, _)| key == "snapshot").map(|(_, name)| name);
            let analysis = analysis(&served, snapshot.as_deref())?;
            let answer = Packed::new(make(&analysis, &query)?);
            served.cache.insert(address, answer.clone());
            Ok(answer)
        })
        .await;
        match made {
            Ok(answer) => send(&answer, &self.headers, &etag),
            Err(failure) => failure.into_response(),
        }
    }

    /// Sends all rows that match as a file. Large, and asked for once: not cached.
    async fn export(self, table: Table, name: &'static str) -> Response {
        let Some(served) = self.served.clone() else {
            return Failure::loading().into_response();
        };
        let query = self.uri.query().unwrap_or_default().to_owned();
        let made = blocking(move || {
            let format = match pairs(&query)
                .find(|(key, _)| key == "format")
                .map(|(_, format)| format)
                .as_deref()
            {
                None | Some("csv") => ExportFormat::Csv,
                Some("json") => ExportFormat::Json,
                Some(other) => {
                    let message = format!(
                        "`{}` is no format; known are csv, json",
                        shared::diagnostic::shorten(other)
                    );
                    return Err(Failure::new(StatusCode::BAD_REQUEST, "bad_query", message));
                }
            };
            let query = list_query(&query)?;
            let analysis = analysis(&served, query.snapshot.as_deref())?;
            let date = analysis.snapshot.as_of.to_date_text();
            Ok((answers::export(&analysis, table, &query, format)?, format, date))
        })
        .await;
        match made {
            Ok((bytes, format, date)) => {
                let (media_type, extension) = match format {
                    ExportFormat::Csv => ("text/csv; charset=utf-8", "csv"),
                    ExportFormat::Json => ("application/json", "json"),
                };
                let disposition = format!("attachment; filename=\"rollcall-{name}-{date}.{extension}\"");
                let headers = [
                    (header::CONTENT_TYPE, media_type.to_owned()),
                    (header::CONTENT_DISPOSITION, disposition),
                    (header::CACHE_CONTROL, "no-store".to_owned()),
                ];
                (headers, bytes).into_response()
            }
            Err(failure) => failure.into_response(),
        }
    }
}

fn analysis(served: &Served, snapshot: Option<&str>) -> Result<Arc<Analysis>, Failure> {
    match served.analysis(snapshot) {
        Some(Ok(analysis)) => Ok(analysis),
        Some(Err(problem)) => Err(Failure::internal(&problem)),
        None => {
            let known = served
                .names
                .iter()
                .map(|name| name.name.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            let name = shared::diagnostic::shorten(snapshot.unwrap_or_default());
            Err(Failure::new(
                StatusCode::NOT_FOUND,
                "not_found",
                format!("there is no snapshot `{name}`; known are {known}"),
            ))
        }
    }
}

/// Runs what takes longer than a moment where it holds up nobody else.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Failure::internal(&error.to_string())),
    }
}

fn is_current(headers: &HeaderMap, etag: &str) -> bool {
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .unwrap_or_default();
    known
        .split(',')
        .any(|known| known.trim().trim_start_matches("W/") == etag)
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    accepted.split(',').any(|part| {
        let (name, quality) = part.split_once(';').unwrap_or((part, ""));
        name.trim().eq_ignore_ascii_case(encoding) && quality.trim() != "q=0"
    })
}

fn send(answer: &Packed, headers: &HeaderMap, etag: &str) -> Response {
    let (body, encoding): (Bytes, Option<&'static str>) = match &answer.gzip {
        Some(gzip) if accepts(headers, "gzip") => (gzip.clone(), Some("gzip")),
        Some(_) | None => (answer.plain.clone(), None),
    };
    let mut response = Response::new(Body::from(body));
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        sent.insert(header::ETAG, etag);
    }
    if let Some(encoding) = encoding {
        sent.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// An answer that is not 2xx: the one place where errors become statuses.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    id: Option<String>,
}

impl Failure {
    pub fn new(status: StatusCode, code: &'static str, message: String) -> Failure {
        Failure {
            status,
            code,
            message,
            id: None,
        }
    }

    fn loading() -> Failure {
        Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "loading",
            "the estate is still being read".to_owned(),
        )
    }

    /// The cause goes to the log; the answer carries what to look for there.
    fn internal(cause: &str) -> Failure {
        static N_FAILURES: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        let n = N_FAILURES.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let id = format!("{}-{n}", std::process::id());
        tracing::error!(id, cause, "a request failed");
        let message = "something went wrong on the server; its log has the cause".to_owned();
        Failure {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "internal",
            message,
            id: Some(id),
        }
    }
}

impl From<shared::api::query::BadQuery> for Failure {
    fn from(error: shared::api::query::BadQuery) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "bad_query", error.to_string())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Failure {
            status,
            code,
            message,
            id,
        } = self;
        let body = ErrorBody {
            error: ErrorView {
                code: code.to_owned(),
                message,
                id,
            },
        };
        let mut response = (status, axum::Json(body)).into_response();
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
