//! One question to the estate, from the request to the answer's headers.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use shared::diagnostic::shorten;
use shared::routes::{self, Route};

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

/// Every route about an estate: see [`shared::routes`].
pub async fn ask(ask: Ask) -> Response {
    match routes::find(ask.uri.path()) {
        None => {
            let path = shorten(ask.uri.path());
            Failure::not_found(format!("there is no route `{path}`; see docs/api.md")).into_response()
        }
        Some(route @ Route::File(_)) => ask.file(route).await,
        Some(route @ (Route::Snapshot(_) | Route::Snapshots(_))) => ask.answer(route).await,
    }
}

impl Ask {
    /// Answers from the cache, or makes the answer away from the threads that serve, and keeps it.
    async fn answer(self, route: Route) -> Response {
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
            let answer = Packed::new(route.answer(&*served, &query)?.bytes);
            served.answers.insert(address, answer.clone());
            Ok(answer)
        })
        .await;
        match made {
            Ok(answer) => with_headers(send(&answer, &self.headers), &etag),
            Err(failure) => failure.into_response(),
        }
    }

    /// Sends a file to save. Large, and asked for once: not cached.
    async fn file(self, route: Route) -> Response {
        let served = match self.served {
            Ok(served) => served,
            Err(failure) => return failure.into_response(),
        };
        let query = self.uri.query().unwrap_or_default().to_owned();
        let made = blocking(move || {
            let answer = route.answer(&*served, &query)?;
            let name = answer.file_name.unwrap_or_default();
            let headers = [
                (header::CONTENT_TYPE, answer.media_type.to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            Ok((headers, answer.bytes))
        });
        made.await.into_response()
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
