//! The one place where errors become statuses.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use shared::api::{ErrorBody, ErrorView, State};
use shared::routes::Unanswered;

use crate::serving::guard::Refusal;

/// An answer that is not 2xx.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    code: &'static str,
    message: String,
    id: Option<String>,
}

impl Failure {
    fn new(status: StatusCode, code: &'static str, message: String) -> Failure {
        Failure {
            status,
            code,
            message,
            id: None,
        }
    }

    pub fn not_found(message: String) -> Failure {
        Failure::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    pub fn bad_query(message: String) -> Failure {
        Failure::new(StatusCode::BAD_REQUEST, "bad_query", message)
    }

    pub fn query_too_long(message: String) -> Failure {
        Failure::new(StatusCode::URI_TOO_LONG, "bad_query", message)
    }

    /// Nothing is read yet: because reading goes on, or because it failed.
    pub fn not_read(state: &State) -> Failure {
        match &state.problem {
            Some(problem) => Failure::unreadable(format!("the estate cannot be read: {problem}")),
            None => Failure::loading("the estate is still being read".to_owned()),
        }
    }

    fn loading(message: String) -> Failure {
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "loading", message)
    }

    fn unreadable(message: String) -> Failure {
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "unreadable", message)
    }

    /// The cause goes to the log; the answer carries what to look for there.
    pub fn internal(cause: &str) -> Failure {
        static N_FAILURES: AtomicU64 = AtomicU64::new(1);
        let id = format!("{}-{}", std::process::id(), N_FAILURES.fetch_add(1, Ordering::Relaxed));
        tracing::error!(id, cause, "a request failed");
        let message = "something went wrong on the server; its log has the cause".to_owned();
        Failure {
            id: Some(id),
            ..Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
        }
    }
}

impl From<Unanswered> for Failure {
    fn from(reason: Unanswered) -> Failure {
        match reason {
            Unanswered::NotFound(message) => Failure::not_found(message),
            Unanswered::BadQuery(message) => Failure::bad_query(message),
            Unanswered::Loading(message) => Failure::loading(message),
            Unanswered::Unreadable(message) => Failure::unreadable(message),
            Unanswered::Failed(cause) => Failure::internal(&cause),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::new(refusal.status, "refused", refusal.message.to_owned())
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
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // What a client needs to know to do better.
        let more = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some((header::RETRY_AFTER, "1")),
            StatusCode::METHOD_NOT_ALLOWED => Some((header::ALLOW, "GET, HEAD")),
            StatusCode::UNAUTHORIZED => Some((header::WWW_AUTHENTICATE, "Basic realm=\"Rollcall\", charset=\"UTF-8\"")),
            _ => None,
        };
        headers.extend(more.map(|(name, value)| (name, HeaderValue::from_static(value))));
        response
    }
}
