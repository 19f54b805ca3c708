//! `GET /api/v1/events`: tells open pages when what is served changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{Stream, StreamExt};
use tokio_stream::wrappers::WatchStream;

use crate::serving::App;

/// A stream of `state` events, the first at once: see [`shared::api::State`]. It ends when the server stops.
pub async fn events(State(app): State<Arc<App>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut is_stopping = app.is_stopping.subscribe();
    let stopped = async move { is_stopping.wait_for(|is_stopping| *is_stopping).await.is_ok() };
    let events = WatchStream::new(app.state.subscribe()).map(|state| {
        let event = Event::default().event("state");
        // A state of strings and numbers always serialises.
        Ok(event.json_data(&state).unwrap_or_default())
    });
    Sse::new(events.take_until(stopped)).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}
