//! One question to the estate, from the request to the answer's headers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use shared::analysis::Analysis;
use shared::api::query::{ListQuery, pairs};
use shared::api::report::ReportQuery;
use shared::diagnostic::shorten;
use shared::export::{self, ExportFormat};
use shared::kpi::catalog::Table;

use super::failure::Failure;
use super::negotiation::{accepts, is_current};
use crate::serving::answers::Packed;
use crate::serving::{App, Served};

/// Which reading is asked, the address, and what the asker already has.
pub struct Ask {
    served: Result<Arc<Served>, Failure>,
    uri: Uri,
    headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Ask {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let served = app.served.load_full();
        Ok(Ask {
            served: served.ok_or_else(|| Failure::not_read(&app.state.borrow())),
            uri: parts.uri.clone(),
            headers: parts.headers.clone(),
        })
    }
}

impl Ask {
    /// Answers from the cache, or makes the answer away from the threads that serve, and keeps it.
    pub async fn answer(
        self,
        make: impl FnOnce(&Served, &Analysis, &str) -> Result<Vec<u8>, Failure> + Send + 'static,
    ) -> Response {
        let served = match self.served {
            Ok(served) => served,
            Err(failure) => return failure.into_response(),
        };
        // Weak, because the same answer goes out plain and compressed.
        let etag = format!("W/\"{}\"", served.version);
        if is_current(&self.headers, &etag) {
            return with_headers(StatusCode::NOT_MODIFIED.into_response(), &etag);
        }
        let address = self.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        if let Some(answer) = served.answers.get(&address) {
            return with_headers(send(&answer, &self.headers), &etag);
        }
        let query = self.uri.query().unwrap_or_default().to_owned();
        let made = blocking(move || {
            let analysis = served.analysis(value(&query, "snapshot").as_deref())?;
            let answer = Packed::new(make(&served, &analysis, &query)?);
            served.answers.insert(address, answer.clone());
            Ok(answer)
        })
        .await;
        match made {
            Ok(answer) => with_headers(send(&answer, &self.headers), &etag),
            Err(failure) => failure.into_response(),
        }
    }

    /// Sends all rows that match as a file. Large, and asked for once: not cached.
    pub async fn export(self, table: Table, name: &'static str) -> Response {
        let served = match self.served {
            Ok(served) => served,
            Err(failure) => return failure.into_response(),
        };
        let query = self.uri.query().unwrap_or_default().to_owned();
        let made = blocking(move || {
            let named = value(&query, "format").unwrap_or_else(|| ExportFormat::Csv.id().to_owned());
            let format = ExportFormat::ALL.into_iter().find(|format| format.id() == named);
            let format = format.ok_or_else(|| {
                let known = ExportFormat::ALL.map(ExportFormat::id).join(", ");
                Failure::bad_query(format!("`{}` is no format; known are {known}", shorten(&named)))
            })?;
            let extension = format.id();
            let query = ListQuery::parse(&query)?;
            let analysis = served.analysis(query.snapshot.as_deref())?;
            let date = analysis.snapshot.as_of.to_date_text();
            let disposition = format!("attachment; filename=\"rollcall-{name}-{date}.{extension}\"");
            let headers = [
                (header::CONTENT_TYPE, format.media_type().to_owned()),
                (header::CONTENT_DISPOSITION, disposition),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            Ok((headers, export::list(&analysis, table, &query, format)?))
        });
        made.await.into_response()
    }

    /// Sends a report as a file. As an export, it is not cached.
    pub async fn report(self) -> Response {
        let served = match self.served {
            Ok(served) => served,
            Err(failure) => return failure.into_response(),
        };
        let query = self.uri.query().unwrap_or_default().to_owned();
        let made = blocking(move || {
            let query = ReportQuery::parse(&query)?;
            let report = served.report(&query)?;
            let bytes = export::report(&report, query.format)?;
            let (date, extension) = (report.snapshot.as_of.to_date_text(), query.format.id());
            let headers = [
                (header::CONTENT_TYPE, export::media_type(query.format).to_owned()),
                (
                    header::CONTENT_DISPOSITION,
                    format!("attachment; filename=\"rollcall-report-{date}.{extension}\""),
                ),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            Ok((headers, bytes))
        });
        made.await.into_response()
    }
}

/// The first value of a key in a query string.
pub fn value(query: &str, key: &str) -> Option<String> {
    pairs(query).find(|(found, _)| found == key).map(|(_, value)| value)
}

/// Refuses a query with other keys than these.
pub fn only(query: &str, known: &[&str]) -> Result<(), Failure> {
    match pairs(query).find(|(key, _)| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some((key, _)) => Err(Failure::bad_query(format!(
            "`{}` is no parameter of this route; known are {}",
            shorten(&key),
            known.join(", ")
        ))),
    }
}

/// Runs what takes longer than a moment where it holds up nobody else.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(Failure::internal(&error.to_string())),
    }
}

fn send(answer: &Packed, headers: &HeaderMap) -> Response {
    let (body, encoding) = match &answer.gzip {
        Some(gzip) if accepts(headers, "gzip") => (gzip.clone(), Some("gzip")),
        Some(_) | None => (answer.plain.clone(), None),
    };
    let mut response = Response::new(Body::from(body));
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    sent.extend(encoding.map(|name| (header::CONTENT_ENCODING, HeaderValue::from_static(name))));
    response
}

/// What a browser needs in order to keep the answer and ask whether it still holds.
fn with_headers(mut response: Response, etag: &str) -> Response {
    let sent = response.headers_mut();
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    sent.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    sent.extend(HeaderValue::from_str(etag).ok().map(|etag| (header::ETAG, etag)));
    response
}
