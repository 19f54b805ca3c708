//! What the server is doing now, and whether what is shown is still what it serves.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use shared::api::State;
use web_sys::EventSource;

use crate::client::{self, LiveEvent};

/// The server's state, for every page.
#[derive(Clone, Copy)]
pub struct Live {
    pub state: RwSignal<Option<State>>,
    pub connection: RwSignal<Connection>,
    /// Rises when pages should ask again.
    pub edition: RwSignal<u32>,
    /// For a moment after an update.
    pub notice: RwSignal<Option<&'static str>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Open,
    Lost,
}

/// How long "Updated" stays, long enough to be read aloud.
const NOTICE: Duration = Duration::from_secs(4);
/// How long the static shell of index.html stays for the first state, which may put a banner above every page: what
/// comes after it would be pushed down.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Between attempts to reach a server that went away.
const RETRY: Duration = Duration::from_secs(3);

pub fn provide() {
    let live = Live {
        state: RwSignal::new(None),
        connection: RwSignal::new(Connection::Open),
        edition: RwSignal::new(0),
        notice: RwSignal::new(None),
    };
    provide_context(live);
    // The stream's first event may wait for a change; this answer does not.
    spawn_local(async move {
        if let Ok(state) = client::state().await {
            take(live, state);
        }
        show_page();
    });
    set_timeout(show_page, PATIENCE);
    let stream = StoredValue::new_local(None);
    connect(live, stream);
    window_event_listener_untyped("visibilitychange", move |_| connect(live, stream));
}

/// Takes the static shell away. What stands under it looks the same.
fn show_page() {
    if let Some(boot) = document().get_element_by_id("boot") {
        boot.remove();
    }
}

/// Follows the server's state while somebody looks. A browser opens six connections to a server for all its tabs
/// together, and keeps those of pages that one may go back to: streams of pages that nobody sees would leave none.
fn connect(live: Live, stream: StoredValue<Option<EventSource>, LocalStorage>) {
    if let Some(open) = stream.try_update_value(Option::take).flatten() {
        open.close();
    }
    if document().hidden() {
        return;
    }
    let opened = client::open_states(move |event| match event {
        LiveEvent::State(state) => take(live, state),
        LiveEvent::Interrupted => live.connection.set(Connection::Lost),
        LiveEvent::Closed => {
            live.connection.set(Connection::Lost);
            set_timeout(move || connect(live, stream), RETRY);
        }
    });
    stream.set_value(opened);
}

fn take(live: Live, state: State) {
    let was_lost = live.connection.get_untracked() == Connection::Lost;
    let change = live
        .state
        .with_untracked(|before| before.as_ref().map_or(Change::None, |before| change(before, &state)));
    live.connection.set(Connection::Open);
    if live.state.with_untracked(|before| before.as_ref() != Some(&state)) {
        live.state.set(Some(state));
    }
    if change == Change::Served || was_lost {
        live.edition.update(|n| *n += 1);
    }
    if change == Change::Served {
        live.notice.set(Some("Updated"));
        set_timeout(move || live.notice.set(None), NOTICE);
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Change {
    /// Answers would be the same.
    None,
    /// Answers may differ.
    Served,
}

fn change(before: &State, after: &State) -> Change {
    let finished = before.loading.is_some() && after.loading.is_none();
    if before.version != after.version || finished && before.snapshots.is_empty() {
        Change::Served
    } else {
        Change::None
    }
}

#[cfg(test)]
mod tests {
    use shared::api::Loading;

    use super::*;

    fn state(version: &str, loading: Option<Loading>) -> State {
        State {
            version: version.into(),
            estate: "acme".into(),
            snapshots: Vec::new(),
            loading,
            problem: None,
            partial_sources: Vec::new(),
        }
    }

    #[test]
    fn pages_ask_again_only_when_answers_may_differ() {
        let reading = Some(Loading {
            n_files_read: 1,
            n_files: 2,
        });
        let ready = state("a", None);
        assert_eq!(change(&ready, &state("a", reading)), Change::None);
        assert_eq!(change(&state("a", reading), &ready), Change::Served);
        assert_eq!(change(&ready, &state("b", None)), Change::Served);
        assert_eq!(change(&ready, &ready), Change::None);
    }
}
