//! The only file that asks for data. Pages name what they want and get it typed; revalidation is the browser's business
//! (every answer has an ETag).

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use shared::api::detail::IdentityDetail;
use shared::api::kpis::Kpis;
use shared::api::overview::Overview;
use shared::api::query::ListQuery;
use shared::api::sources::Sources;
use shared::api::{ErrorBody, Page, State, route};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

use crate::links::{self, List};
use crate::live::Live;

pub async fn overview(snapshot: Option<String>) -> Result<Overview, ClientError> {
    get(&links::api(route::OVERVIEW, snapshot.as_deref())).await
}

pub async fn kpis(snapshot: Option<String>) -> Result<Kpis, ClientError> {
    get(&links::api(route::KPIS, snapshot.as_deref())).await
}

pub async fn sources(snapshot: Option<String>) -> Result<Sources, ClientError> {
    get(&links::api(route::SOURCES, snapshot.as_deref())).await
}

pub async fn identity(id: String, snapshot: Option<String>) -> Result<IdentityDetail, ClientError> {
    get(&links::api_identity(&id, snapshot.as_deref())).await
}

pub async fn rows<Row: DeserializeOwned>(list: List, query: ListQuery) -> Result<Page<Row>, ClientError> {
    get(&links::api_rows(list, &query)).await
}

pub async fn state() -> Result<State, ClientError> {
    get(route::STATE).await
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The server did not answer.
    Unreachable,
    /// The server is still reading the estate.
    Loading,
    NotFound {
        message: String,
    },
    Refused {
        message: String,
        /// What to look for in the server's log.
        id: Option<String>,
    },
    /// The answer is not what this version of the pages understands.
    Unreadable {
        cause: String,
    },
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Unreachable => f.write_str("The server does not answer. Is `rollcall serve` still running?"),
            ClientError::Loading => f.write_str("The estate is still being read."),
            ClientError::NotFound { message } => f.write_str(message),
            ClientError::Refused { message, id: None } => f.write_str(message),
            ClientError::Refused { message, id: Some(id) } => {
                write!(f, "{message} The server's log says more under {id}.")
            }
            ClientError::Unreadable { cause } => {
                write!(
                    f,
                    "The answer is not what this page expects; reload it if Rollcall was updated. ({cause})"
                )
            }
        }
    }
}

async fn get<T: DeserializeOwned>(url: &str) -> Result<T, ClientError> {
    let response = Request::get(url).send().await.map_err(|_| ClientError::Unreachable)?;
    let body = response.text().await.map_err(|_| ClientError::Unreachable)?;
    if response.ok() {
        serde_json::from_str(&body).map_err(|cause| ClientError::Unreadable {
            cause: cause.to_string(),
        })
    } else {
        Err(refusal(response.status(), &body))
    }
}

/// What an answer outside 2xx says.
fn refusal(status: u16, body: &str) -> ClientError {
    match serde_json::from_str::<ErrorBody>(body) {
        Ok(ErrorBody { error }) if error.code == "loading" => ClientError::Loading,
        Ok(ErrorBody { error }) if error.code == "not_found" => ClientError::NotFound { message: error.message },
        Ok(ErrorBody { error }) => ClientError::Refused {
            message: error.message,
            id: error.id,
        },
        // Not from Rollcall: a proxy between, perhaps.
        Err(_) => ClientError::Refused {
            message: format!("The server answered with status {status}."),
            id: None,
        },
    }
}

/// How far a request has come.
pub enum Outcome<T> {
    Loading,
    Failed(ClientError),
    Ready(Arc<T>),
}

impl<T> Clone for Outcome<T> {
    fn clone(&self) -> Self {
        match self {
            Outcome::Loading => Outcome::Loading,
            Outcome::Failed(error) => Outcome::Failed(error.clone()),
            Outcome::Ready(value) => Outcome::Ready(Arc::clone(value)),
        }
    }
}

/// An answer that follows its key and the server's state. When only the server's state changes, the answer before it
/// stays until the new one is there.
pub struct Answer<T: Send + Sync + 'static> {
    pub outcome: RwSignal<Outcome<T>>,
    retries: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Answer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Answer<T> {}

impl<T: Send + Sync + 'static> Answer<T> {
    pub fn retry(self) {
        self.retries.update(|n| *n += 1);
    }
}

/// Asks whenever `key` or the server's state changes.
pub fn answer<Key, T, Asking>(key: Memo<Key>, ask: impl Fn(Key) -> Asking + 'static) -> Answer<T>
where
    Key: Clone + PartialEq + Send + Sync + 'static,
    T: Send + Sync + 'static,
    Asking: Future<Output = Result<T, ClientError>> + 'static,
{
    let live = expect_context::<Live>();
    let outcome = RwSignal::new(Outcome::Loading);
    let retries = RwSignal::new(0);
    let turn = StoredValue::new(0_u32);
    Effect::new(move |before: Option<(Key, u32)>| {
        let (key, retry) = (key.get(), retries.get());
        live.edition.track();
        let now = turn.get_value() + 1;
        turn.set_value(now);
        if before.is_some_and(|before| before != (key.clone(), retry)) {
            outcome.set(Outcome::Loading);
        }
        let asking = ask(key.clone());
        spawn_local(async move {
            let result = asking.await;
            // A newer question, or another page, makes this answer worthless.
            if turn.try_get_value() != Some(now) {
                return;
            }
            match result {
                Ok(value) => {
                    outcome.try_set(Outcome::Ready(Arc::new(value)));
                }
                // What is shown stays right for the state it was asked in; the shell says that the connection is lost.
                Err(ClientError::Unreachable) if outcome.with_untracked(|shown| matches!(shown, Outcome::Ready(_))) => {
                }
                Err(error) => {
                    outcome.try_set(Outcome::Failed(error));
                }
            }
        });
        (key, retry)
    });
    Answer { outcome, retries }
}

/// What the stream of events says.
pub enum LiveEvent {
    State(State),
    /// The browser reconnects by itself.
    Interrupted,
    /// The browser gave up.
    Closed,
}

/// Follows the server's state until the page is left.
pub fn follow_state(heard: impl Fn(LiveEvent) + Clone + 'static) {
    let Ok(source) = EventSource::new(route::EVENTS) else {
        heard(LiveEvent::Closed);
        return;
    };
    let on_state = {
        let heard = heard.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            if let Ok(state) = serde_json::from_str(&text) {
                heard(LiveEvent::State(state));
            }
        })
    };
    let on_error = {
        let source = source.clone();
        Closure::<dyn Fn()>::new(move || {
            heard(if source.ready_state() == EventSource::CLOSED {
                LiveEvent::Closed
            } else {
                LiveEvent::Interrupted
            });
        })
    };
    // Fails only for a null name.
    let _ = source.add_event_listener_with_callback("state", on_state.as_ref().unchecked_ref());
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    // The shell lives as long as the document, and so do these.
    on_state.forget();
    on_error.forget();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        let body = r#"{"error":{"code":"internal","message":"The list could not be made.","id":"f3a"}}"#;
        let told = [
            ClientError::Unreachable,
            refusal(503, r#"{"error":{"code":"loading","message":"…","id":null}}"#),
            refusal(
                404,
                r#"{"error":{"code":"not_found","message":"No identity has this id.","id":null}}"#,
            ),
            refusal(500, body),
            refusal(502, "<html>Bad gateway</html>"),
        ];
        assert_eq!(
            told.map(|error| error.to_string()).join("\n"),
            "The server does not answer. Is `rollcall serve` still running?
The estate is still being read.
No identity has this id.
The list could not be made. The server's log says more under f3a.
The server answered with status 502."
        );
    }
}
