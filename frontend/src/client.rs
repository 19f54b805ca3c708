//! The only file that asks for data. Pages name what they want and get it typed; revalidation is the browser's business
//! (every answer has an ETag).

use std::any::Any;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::de::DeserializeOwned;
use shared::api::access::AccessAnswer;
use shared::api::compliance::Compliance;
use shared::api::detail::IdentityDetail;
use shared::api::findings::{FindingRow, Rules};
use shared::api::graph::{ReachPage, SafeToActView};
use shared::api::history::{Durations, History, HistoryQuery, Story, Trends};
use shared::api::kpis::Kpis;
use shared::api::leads::Leads;
use shared::api::overview::Overview;
use shared::api::query::ListQuery;
use shared::api::reviews::{Review, ReviewQuery, Reviews};
use shared::api::sources::Sources;
use shared::api::what_if::{WhatIf, WhatIfTrend};
use shared::api::{ErrorBody, Page, State, route};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{EventSource, MessageEvent};

use crate::links::{self, List};
use crate::live::Live;
use crate::ui::follow::{effect, memo};

pub fn overview(snapshot: Memo<Option<String>>) -> Answer<Overview> {
    answer(memo(move || links::api(route::OVERVIEW, snapshot.get().as_deref())))
}

pub fn kpis(snapshot: Memo<Option<String>>) -> Answer<Kpis> {
    answer(memo(move || links::api(route::KPIS, snapshot.get().as_deref())))
}

pub fn sources(snapshot: Memo<Option<String>>) -> Answer<Sources> {
    answer(memo(move || links::api(route::SOURCES, snapshot.get().as_deref())))
}

/// Every KPI over all snapshots; changes are claimed between `from` and the snapshot that is shown.
pub fn trends(from: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> Answer<Trends> {
    answer(memo(move || {
        links::api_trends(from.get().as_deref(), snapshot.get().as_deref())
    }))
}

/// What happened between them, in sentences; from the first snapshot where no other is chosen.
pub fn story(from: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> Answer<Story> {
    answer(memo(move || {
        links::api_story(from.get().as_deref(), snapshot.get().as_deref())
    }))
}

pub fn rules(snapshot: Memo<Option<String>>) -> Answer<Rules> {
    answer(memo(move || links::api(route::RULES, snapshot.get().as_deref())))
}

pub fn leads(snapshot: Memo<Option<String>>) -> Answer<Leads> {
    answer(memo(move || links::api(route::LEADS, snapshot.get().as_deref())))
}

pub fn reviews(snapshot: Memo<Option<String>>) -> Answer<Reviews> {
    answer(memo(move || links::api(route::REVIEWS, snapshot.get().as_deref())))
}

/// What one owner is to review.
pub fn review(asked: Memo<ReviewQuery>) -> Answer<Review> {
    answer(memo(move || asked.with(links::api_review)))
}

pub fn compliance(snapshot: Memo<Option<String>>) -> Answer<Compliance> {
    answer(memo(move || links::api(route::COMPLIANCE, snapshot.get().as_deref())))
}

/// What would be under the limits of the page's query string.
pub fn what_if(search: Memo<String>) -> Answer<WhatIf> {
    answer(memo(move || search.with(|search| links::api_what_if(search))))
}

/// The same over all snapshots.
pub fn what_if_trend(search: Memo<String>) -> Answer<WhatIfTrend> {
    answer(memo(move || search.with(|search| links::api_what_if_trend(search))))
}

/// How long things last, over the snapshots until this one.
pub fn durations(snapshot: Memo<Option<String>>) -> Answer<Durations> {
    answer(memo(move || links::api_durations(snapshot.get().as_deref())))
}

/// The findings among which the one of this key is.
pub fn finding(key: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> Answer<Page<FindingRow>> {
    answer(memo(move || {
        links::api_finding(&key.get().unwrap_or_default(), snapshot.get().as_deref())
    }))
}

/// What differs between two snapshots.
pub fn history(query: Memo<HistoryQuery>) -> Answer<History> {
    answer(memo(move || query.with(links::api_history)))
}

pub fn identity(id: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> Answer<IdentityDetail> {
    answer(memo(move || {
        links::api_identity(&id.get().unwrap_or_default(), snapshot.get().as_deref())
    }))
}

/// Whether an identity may do one thing to one resource.
pub fn access(id: String, action: String, resource: String, snapshot: Memo<Option<String>>) -> Answer<AccessAnswer> {
    answer(memo(move || {
        links::api_access(&id, &action, &resource, snapshot.get().as_deref())
    }))
}

/// The nearest of what an identity reaches, or of what reaches it: by the route.
pub fn reach(route: &'static str, id: Memo<Option<String>>, snapshot: Memo<Option<String>>) -> Answer<ReachPage> {
    answer(memo(move || {
        let node = format!("identity:{}", id.get().unwrap_or_default());
        links::api_graph(route, node, Some(N_NEAREST), snapshot.get().as_deref())
    }))
}

/// As many as are read at a glance.
const N_NEAREST: usize = 8;

/// What to know before a credential is replaced.
pub fn safe_to_act(credential: String, snapshot: Memo<Option<String>>) -> Answer<SafeToActView> {
    answer(memo(move || {
        let node = format!("credential:{credential}");
        links::api_graph(route::GRAPH_SAFE_TO_ACT, node, None, snapshot.get().as_deref())
    }))
}

pub async fn rows<Row: DeserializeOwned>(list: List, query: ListQuery) -> Result<Page<Row>, ClientError> {
    read(get(links::api_rows(list, &query)).await)
}

/// The rows of a list whose pages are compiled once, whichever rows it shows: see [`AnyRow`].
pub async fn any_rows(list: List, query: ListQuery, read: ReadRows) -> Result<Page<AnyRow>, ClientError> {
    read(get(links::api_rows(list, &query)).await)
}

/// A row of some list.
#[derive(Clone)]
pub struct AnyRow(Arc<dyn Any + Send + Sync>);

/// Reads rows of one kind: see [`read_rows`].
pub type ReadRows = fn(Result<String, ClientError>) -> Result<Page<AnyRow>, ClientError>;

impl AnyRow {
    /// The row, if it is of this kind.
    pub fn of<Row: 'static>(&self) -> Option<&Row> {
        self.0.downcast_ref()
    }
}

pub fn read_rows<Row: DeserializeOwned + Send + Sync + 'static>(
    body: Result<String, ClientError>,
) -> Result<Page<AnyRow>, ClientError> {
    let page: Page<Row> = read(body)?;
    Ok(Page {
        rows: page.rows.into_iter().map(|row| AnyRow(Arc::new(row))).collect(),
        as_of: page.as_of,
        n_matching: page.n_matching,
        n_total: page.n_total,
        offset: page.offset,
        facets: page.facets,
        partial_sources: page.partial_sources,
    })
}

pub async fn state() -> Result<State, ClientError> {
    read(get(route::STATE.to_owned()).await)
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

/// The body of an answer. Not generic, as everything here that need not be: each wire type would repeat it.
async fn get(address: String) -> Result<String, ClientError> {
    let response = Request::get(&address)
        .send()
        .await
        .map_err(|_| ClientError::Unreachable)?;
    let body = response.text().await.map_err(|_| ClientError::Unreachable)?;
    if response.ok() {
        Ok(body)
    } else {
        Err(refusal(response.status(), wire::read(&body).ok()))
    }
}

fn read<T: DeserializeOwned>(body: Result<String, ClientError>) -> Result<T, ClientError> {
    wire::read(&body?).map_err(|cause| ClientError::Unreadable {
        cause: cause.to_string(),
    })
}

/// What an answer outside 2xx says. Without a body of ours it is not from Rollcall: from a proxy between, perhaps.
fn refusal(status: u16, body: Option<ErrorBody>) -> ClientError {
    match body.map(|body| body.error) {
        Some(error) if error.code == "loading" => ClientError::Loading,
        Some(error) if error.code == "not_found" => ClientError::NotFound { message: error.message },
        Some(error) => ClientError::Refused {
            message: error.message,
            id: error.id,
        },
        None => ClientError::Refused {
            message: format!("The server answered with status {status}."),
            id: None,
        },
    }
}

/// How far a request has come.
pub enum Outcome<T: ?Sized> {
    Loading,
    Failed(ClientError),
    Ready(Arc<T>),
}

impl<T: ?Sized> Clone for Outcome<T> {
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
pub struct Answer<T> {
    any: AnyAnswer,
    of: PhantomData<fn() -> T>,
}

/// An answer of whatever it is: what is done with it is compiled once, and not for each type.
#[derive(Clone, Copy)]
pub struct AnyAnswer {
    pub outcome: RwSignal<Outcome<Anything>>,
    /// How often it was asked again by hand.
    pub retries: RwSignal<u32>,
}

/// What an answer holds.
pub type Anything = dyn Any + Send + Sync;

impl<T> Clone for Answer<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Answer<T> {}

impl<T: Send + Sync + 'static> Answer<T> {
    /// How far it has come; followed like a signal.
    pub fn outcome(self) -> Outcome<T> {
        match self.any.outcome.get() {
            Outcome::Loading => Outcome::Loading,
            Outcome::Failed(error) => Outcome::Failed(error),
            Outcome::Ready(value) => Outcome::Ready(Self::typed(value)),
        }
    }

    pub fn any(self) -> AnyAnswer {
        self.any
    }

    /// What this answer holds, as what it is.
    pub fn typed(value: Arc<Anything>) -> Arc<T> {
        match value.downcast() {
            Ok(value) => value,
            Err(_) => unreachable!("`answer` reads what it gives"),
        }
    }
}

/// Asks whenever the address or the server's state changes.
fn answer<T: DeserializeOwned + Send + Sync + 'static>(address: Memo<String>) -> Answer<T> {
    Answer {
        any: ask(address, |body| Ok(Arc::new(read::<T>(body)?))),
        of: PhantomData,
    }
}

fn ask(
    address: Memo<String>,
    read: fn(Result<String, ClientError>) -> Result<Arc<Anything>, ClientError>,
) -> AnyAnswer {
    let live = expect_context::<Live>();
    let outcome = RwSignal::new(Outcome::Loading);
    let retries = RwSignal::new(0);
    let turn = StoredValue::new(0_u32);
    let mut before = None;
    effect(move || {
        let asked = (address.get(), retries.get());
        live.edition.track();
        let now = turn.get_value() + 1;
        turn.set_value(now);
        // Another question, or asked again by hand: what is shown does not answer it.
        if before.as_ref().is_some_and(|before| *before != asked) {
            outcome.set(Outcome::Loading);
        }
        let asking = get(asked.0.clone());
        before = Some(asked);
        spawn_local(async move {
            let body = asking.await;
            // A newer question, or another page, makes this answer worthless.
            if turn.try_get_value() != Some(now) {
                return;
            }
            match read(body) {
                Ok(value) => outcome.set(Outcome::Ready(value)),
                // What is shown stays right for the state it was asked in; the shell says that the connection is lost.
                Err(ClientError::Unreachable) if outcome.with_untracked(|shown| matches!(shown, Outcome::Ready(_))) => {
                }
                Err(error) => outcome.set(Outcome::Failed(error)),
            }
        });
    });
    AnyAnswer { outcome, retries }
}

/// What the stream of events says.
pub enum LiveEvent {
    State(State),
    /// The browser reconnects by itself.
    Interrupted,
    /// The browser gave up.
    Closed,
}

/// Opens the stream of the server's states; `None` when the browser does not.
pub fn open_states(heard: impl Fn(LiveEvent) + Clone + 'static) -> Option<EventSource> {
    let Ok(source) = EventSource::new(route::EVENTS) else {
        heard(LiveEvent::Closed);
        return None;
    };
    let on_state = {
        let heard = heard.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            if let Ok(state) = wire::read(&text) {
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
    // A stream lives until the page is hidden or left, and nobody is told when its last event has been heard.
    on_state.forget();
    on_error.forget();
    Some(source)
}

#[cfg(test)]
mod tests {
    use shared::api::ErrorView;

    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        let body = |code: &str, message: &str, id: Option<&str>| {
            let error = ErrorView {
                code: code.to_owned(),
                message: message.to_owned(),
                id: id.map(str::to_owned),
            };
            Some(ErrorBody { error })
        };
        let told = [
            ClientError::Unreachable,
            refusal(503, body("loading", "…", None)),
            refusal(404, body("not_found", "No identity has this id.", None)),
            refusal(500, body("internal", "The list could not be made.", Some("f3a"))),
            refusal(502, None),
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
