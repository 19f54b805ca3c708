//! `GET /metrics`: the KPIs and the server's own state, for Prometheus.

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use shared::answers;

use super::ask::blocking;
use crate::serving::App;

pub async fn metrics(State(app): State<Arc<App>>) -> Response {
    let state = app.state.borrow().clone();
    let served = app.served.load_full();
    let text = blocking(move || {
        let mut text = String::new();
        let mut gauge = |name: &str, help: &str, samples: &[(String, f64)]| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
            for (labels, value) in samples {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let one = |value: f64| vec![(String::new(), value)];
        gauge(
            "rollcall_ready",
            "1 when the estate is read.",
            &one(f64::from(u8::from(served.is_some()))),
        );
        gauge(
            "rollcall_problem",
            "1 when the last reading failed.",
            &one(f64::from(u8::from(state.problem.is_some()))),
        );
        gauge(
            "rollcall_partial_sources",
            "Sources in which something is missing.",
            &one(state.partial_sources.len() as f64),
        );
        if let Some(served) = served {
            let analysis = &served.newest.analysis;
            let values = answers::kpi_values(analysis);
            let labelled = |id: &str, bound: &str| format!("{{id=\"{id}\",bound=\"{bound}\"}}");
            let mut numbers = Vec::new();
            for value in &values {
                numbers.extend(value.value.map(|number| (labelled(&value.id, "lower"), number)));
                numbers.extend(value.upper.map(|number| (labelled(&value.id, "upper"), number)));
            }
            gauge(
                "rollcall_kpi",
                "A KPI's value: shares from 0 to 1 with both bounds of their interval.",
                &numbers,
            );
            let verdict = |id: &str, verdict: &str| format!("{{id=\"{id}\",verdict=\"{verdict}\"}}");
            let mut rows = Vec::new();
            for value in &values {
                rows.extend(value.pass.map(|n| (verdict(&value.id, "pass"), n as f64)));
                rows.extend(value.fail.map(|n| (verdict(&value.id, "fail"), n as f64)));
                rows.extend(value.unknown.map(|n| (verdict(&value.id, "unknown"), n as f64)));
            }
            gauge(
                "rollcall_kpi_rows",
                "How many rows of a KPI's population pass, fail or are unknown.",
                &rows,
            );
            gauge(
                "rollcall_as_of_seconds",
                "The instant the newest snapshot is judged at.",
                &one(analysis.snapshot.as_of.0 as f64),
            );
        }
        Ok(text)
    });
    let media_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    text.await.map(|text| (media_type, text)).into_response()
}
