//! `GET /metrics`: the KPIs and the server's own state, for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::export::{self, gauge};

use super::ask::blocking;
use crate::serving::App;

pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let state = app.state.borrow().clone();
    let served = app.served.load_full();
    let text = blocking(move || {
        let mut text = String::new();
        let one = |value: f64| vec![(String::new(), value)];
        gauge(
            &mut text,
            "rollcall_ready",
            "1 when the estate is read.",
            &one(f64::from(u8::from(served.is_some()))),
        );
        gauge(
            &mut text,
            "rollcall_problem",
            "1 when the last reading failed.",
            &one(f64::from(u8::from(state.problem.is_some()))),
        );
        gauge(
            &mut text,
            "rollcall_partial_sources",
            "Sources in which something is missing.",
            &one(state.partial_sources.len() as f64),
        );
        if let Some(served) = served {
            text += &export::prometheus(&served.newest.analysis);
        }
        Ok(text)
    });
    let media_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    text.await.map(|text| (media_type, text)).into_response()
}
