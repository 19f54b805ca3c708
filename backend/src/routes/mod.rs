//! What the server has beside what `shared::routes` answers: its state, its files, and who is answered at all.

mod ask;
mod events;
mod failure;
mod files;
mod metrics;
mod negotiation;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use shared::api::query::MAX_QUERY_BYTES;
use shared::api::route;

use self::failure::Failure;
use crate::serving::App;
use crate::serving::guard::security_headers;

/// The whole surface of the server.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route(route::STATE, get(state))
        .route(route::EVENTS, get(events::events))
        .route("/api/{*rest}", get(ask::ask))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics::metrics))
        .fallback(get(files::file))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guarded))
        .with_state(app)
}

/// Turns away what must not be answered, and gives every answer its headers.
async fn guarded(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_too_long = request.uri().query().is_some_and(|query| query.len() > MAX_QUERY_BYTES);
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    let mut judged = app.guard.check(request.method(), request.uri(), request.headers());
    if judged.is_ok() {
        judged = app.guard.admit(peer, request.headers()).await;
    }
    let mut response = match judged {
        Err(refusal) => Failure::from(refusal).into_response(),
        Ok(()) if is_too_long => {
            let message = format!("the query is longer than {MAX_QUERY_BYTES} bytes");
            Failure::query_too_long(message).into_response()
        }
        Ok(()) => next.run(request).await,
    };
    response.headers_mut().extend(security_headers());
    response
}

async fn state(State(app): State<Arc<App>>) -> Response {
    let state = app.state.borrow().clone();
    ([(header::CACHE_CONTROL, "no-store")], Json(state)).into_response()
}

async fn ready(State(app): State<Arc<App>>) -> Response {
    match (app.served.load().is_some(), &app.state.borrow().problem) {
        (true, _) => "ready\n".into_response(),
        (false, None) => (StatusCode::SERVICE_UNAVAILABLE, "reading the estate\n").into_response(),
        (false, Some(problem)) => (StatusCode::SERVICE_UNAVAILABLE, format!("{problem}\n")).into_response(),
    }
}
