//! Every route on one screen. A handler takes the query apart, calls one function of `shared`, and wraps the answer.

mod ask;
mod events;
mod failure;
mod files;
mod metrics;
mod negotiation;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use shared::answers;
use shared::answers::graph::{
    self, NEIGHBOURS_KEYS, NODES_KEYS, PATHS_KEYS, REACH_KEYS, SAFE_TO_ACT_KEYS, SMALLEST_CHANGE_KEYS,
};
use shared::api::graph::GraphQuery;
use shared::api::history::HistoryQuery;
use shared::api::query::{ListQuery, MAX_QUERY_BYTES};
use shared::api::reviews::ReviewQuery;
use shared::api::route;
use shared::diagnostic::shorten;
use shared::graph::adjacency::Direction;
use shared::kpi::catalog::Table;

use self::ask::{Ask, only, value};
use self::failure::Failure;
use crate::serving::App;
use crate::serving::guard::security_headers;

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
        .route(route::FINDINGS, get(findings))
        .route(route::RULES, get(rules))
        .route(route::COMPLIANCE, get(compliance))
        .route(route::SOURCES, get(sources))
        .route(route::HISTORY, get(history))
        .route(route::TRENDS, get(trends))
        .route(route::DURATIONS, get(durations))
        .route(route::GRAPH_NODES, get(graph_nodes))
        .route(route::GRAPH_NEIGHBOURS, get(graph_neighbours))
        .route(route::GRAPH_REACH, get(graph_reach))
        .route(route::GRAPH_WHO_CAN_REACH, get(graph_who_can_reach))
        .route(route::GRAPH_PATHS, get(graph_paths))
        .route(route::GRAPH_SAFE_TO_ACT, get(graph_safe_to_act))
        .route(route::GRAPH_SMALLEST_CHANGE, get(graph_smallest_change))
        .route(route::LEADS, get(leads))
        .route(route::REVIEWS, get(reviews))
        .route(route::REVIEW, get(review))
        .route(route::WHAT_IF, get(what_if))
        .route("/api/v1/export/identities", get(export_identities))
        .route("/api/v1/export/credentials", get(export_credentials))
        .route("/api/v1/export/certificates", get(export_certificates))
        .route("/api/v1/export/findings", get(export_findings))
        .route(route::REPORT, get(report))
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
    let is_too_long = request.uri().query().is_some_and(|query| query.len() > MAX_QUERY_BYTES);
    let mut response = match app.guard.check(request.method(), request.uri(), request.headers()) {
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

async fn no_such_route(uri: Uri) -> Failure {
    Failure::not_found(format!("there is no route `{}`; see docs/api.md", shorten(uri.path())))
}

async fn overview(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["snapshot"])?;
        json(&answers::overview(analysis))
    })
    .await
}

async fn kpis(ask: Ask) -> Response {
    ask.answer(|served, analysis, query| {
        only(query, &["snapshot"])?;
        let names: Vec<String> = served.names.iter().map(|snapshot| snapshot.name.clone()).collect();
        let history = match names.len() {
            1 => None,
            _ => Some(served.history()),
        };
        let name = value(query, "snapshot")
            .or_else(|| names.last().cloned())
            .unwrap_or_default();
        let past = history.as_ref().and_then(|history| history.find(&name));
        json(&answers::kpis(analysis, &names, past))
    })
    .await
}

async fn sources(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["snapshot"])?;
        json(&answers::sources(analysis))
    })
    .await
}

async fn identities(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&answers::identities(analysis, &ListQuery::parse(query)?)?))
        .await
}

async fn credentials(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&answers::credentials(analysis, &ListQuery::parse(query)?)?))
        .await
}

async fn certificates(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&answers::certificates(analysis, &ListQuery::parse(query)?)?))
        .await
}

async fn findings(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&answers::findings(analysis, &ListQuery::parse(query)?)?))
        .await
}

async fn rules(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["snapshot"])?;
        json(&answers::rules(analysis))
    })
    .await
}

async fn compliance(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["snapshot"])?;
        json(&answers::compliance(analysis))
    })
    .await
}

async fn identity(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["id", "snapshot"])?;
        let id = value(query, "id").unwrap_or_default();
        match answers::identity(analysis, &id) {
            Some(identity) => json(&identity),
            None => {
                let message = format!("this snapshot lists no identity `{}`", shorten(&id));
                Err(Failure::not_found(message))
            }
        }
    })
    .await
}

async fn history(ask: Ask) -> Response {
    ask.answer(|served, _, query| {
        let query = HistoryQuery::parse(query)?;
        let history = served.history();
        let (from, to) = served.pair(&history, query.from.as_deref(), query.to.as_deref())?;
        let (from, to) = (&history.snapshots[from], &history.snapshots[to]);
        json(&answers::history(&history, from, to, &query))
    })
    .await
}

async fn trends(ask: Ask) -> Response {
    ask.answer(|served, _, query| {
        only(query, &["from", "to"])?;
        let history = served.history();
        let (from, to) = (value(query, "from"), value(query, "to"));
        let (from, to) = served.pair(&history, from.as_deref(), to.as_deref())?;
        json(&answers::trends(
            &history,
            &history.snapshots[from],
            &history.snapshots[to],
        ))
    })
    .await
}

async fn durations(ask: Ask) -> Response {
    ask.answer(|served, _, query| {
        only(query, &["to"])?;
        let history = served.history();
        let (_, to) = served.pair(&history, None, value(query, "to").as_deref())?;
        json(&answers::durations(&history, to))
    })
    .await
}

async fn graph_nodes(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&graph::nodes(analysis, &GraphQuery::parse(query, NODES_KEYS)?)))
        .await
}

async fn graph_neighbours(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        json(&graph::neighbours(
            analysis,
            &GraphQuery::parse(query, NEIGHBOURS_KEYS)?,
        )?)
    })
    .await
}

async fn graph_reach(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        let query = GraphQuery::parse(query, REACH_KEYS)?;
        json(&graph::reached(analysis, &query, Direction::Out)?)
    })
    .await
}

async fn graph_who_can_reach(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        let query = GraphQuery::parse(query, REACH_KEYS)?;
        json(&graph::reached(analysis, &query, Direction::In)?)
    })
    .await
}

async fn graph_paths(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&graph::paths(analysis, &GraphQuery::parse(query, PATHS_KEYS)?)?))
        .await
}

async fn graph_safe_to_act(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        json(&answers::safe_to_act(
            analysis,
            &GraphQuery::parse(query, SAFE_TO_ACT_KEYS)?,
        )?)
    })
    .await
}

async fn graph_smallest_change(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        let query = GraphQuery::parse(query, SMALLEST_CHANGE_KEYS)?;
        json(&answers::smallest_change(analysis, &query)?)
    })
    .await
}

async fn leads(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["snapshot"])?;
        json(&answers::leads(analysis))
    })
    .await
}

async fn reviews(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        only(query, &["snapshot"])?;
        json(&answers::reviews(analysis))
    })
    .await
}

async fn review(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| {
        let query = ReviewQuery::parse(query)?;
        match answers::review(analysis, &query) {
            Some(review) => json(&review),
            None => {
                let message = format!("`{}` answers for nothing in this snapshot", shorten(&query.owner));
                Err(Failure::not_found(message))
            }
        }
    })
    .await
}

async fn what_if(ask: Ask) -> Response {
    ask.answer(|_, analysis, query| json(&answers::what_if(analysis, query)?))
        .await
}

async fn report(ask: Ask) -> Response {
    ask.report().await
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

async fn export_findings(ask: Ask) -> Response {
    ask.export(Table::Findings, "findings").await
}

fn json(answer: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(answer).map_err(|error| Failure::internal(&error.to_string()))
}
