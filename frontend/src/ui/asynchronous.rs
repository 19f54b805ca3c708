//! Loading, failed and ready, drawn the same way everywhere.

use std::sync::Arc;

use leptos::prelude::*;

use super::states::{ErrorState, Skeleton};
use crate::client::{Answer, ClientError, Outcome};

/// What an answer looks like at each stage. `ready` draws again when the answer changes.
pub fn show<T: Send + Sync + 'static>(
    answer: Answer<T>,
    ready: impl Fn(Arc<T>) -> AnyView + Send + Sync + 'static,
) -> impl IntoView {
    let retry = Callback::new(move |()| answer.retry());
    move || match answer.outcome.get() {
        Outcome::Loading => view! { <Skeleton n_blocks=4 /> }.into_any(),
        Outcome::Failed(error) => failure(&error, retry),
        Outcome::Ready(value) => ready(value),
    }
}

/// Why there is no answer. While the estate is read for the first time, the answer comes by itself.
pub fn failure(error: &ClientError, retry: Callback<()>) -> AnyView {
    match error {
        ClientError::Loading => view! {
            <div class="state" role="status">
                <p class="state-title">"Reading the estate"</p>
                <p class="state-text">"The page fills in by itself as soon as the first snapshot is read."</p>
            </div>
        }
        .into_any(),
        ClientError::Unreachable
        | ClientError::NotFound { .. }
        | ClientError::Refused { .. }
        | ClientError::Unreadable { .. } => view! { <ErrorState message=error.to_string() retry=retry /> }.into_any(),
    }
}
