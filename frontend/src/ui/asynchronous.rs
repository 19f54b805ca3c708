//! Loading, failed and ready, drawn the same way everywhere.

use std::sync::Arc;

use leptos::prelude::*;

use super::states::{ErrorState, Skeleton};
use crate::client::{Answer, AnyAnswer, Anything, ClientError, Outcome};
use crate::ui::html::html;

/// What an answer looks like at each stage. `ready` draws again when the answer changes.
pub fn show<T: Send + Sync + 'static>(
    answer: Answer<T>,
    ready: impl Fn(Arc<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    drawn(answer.any(), false, Box::new(move |value| ready(Answer::typed(value))))
}

/// The same, but an answer stays until the one to the next question is there.
pub fn steady<T: Send + Sync + 'static>(
    answer: Answer<T>,
    ready: impl Fn(Arc<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    drawn(answer.any(), true, Box::new(move |value| ready(Answer::typed(value))))
}

fn drawn(answer: AnyAnswer, is_steady: bool, ready: Box<dyn Fn(Arc<Anything>) -> AnyView + Send + Sync>) -> AnyView {
    let last = StoredValue::new(None::<Arc<Anything>>);
    let retry = Callback::new(move |()| answer.retries.update(|n| *n += 1));
    let now = move || match (answer.outcome.get(), last.get_value()) {
        (Outcome::Ready(value), _) => {
            if is_steady {
                last.set_value(Some(Arc::clone(&value)));
            }
            ready(value)
        }
        (Outcome::Loading, Some(value)) => ready(value),
        (Outcome::Loading, None) => html! { <Skeleton n_blocks=if is_steady { 2 } else { 4 } /> },
        (Outcome::Failed(error), _) => failure(&error, retry),
    };
    html! { {now} }
}

/// Why there is no answer. While the estate is read for the first time, the answer comes by itself.
pub fn failure(error: &ClientError, retry: Callback<()>) -> AnyView {
    match error {
        ClientError::Loading => html! {
            <div class="state" role="status">
                <p class="state-title">"Reading the estate"</p>
                <p class="state-text">"The page fills in by itself as soon as the first snapshot is read."</p>
            </div>
        },
        ClientError::Unreachable
        | ClientError::NotFound { .. }
        | ClientError::Refused { .. }
        | ClientError::Unreadable { .. } => html! { <ErrorState message=error.to_string() retry=retry /> },
    }
}
