//! What answers in the browser where there is no server: everything that the server does with an estate, in a worker.
//!
//! `page.js` beside this stands between the dashboard and this worker. A message is an array whose first item says what
//! it is. To the worker, one of the first two and then any number of the third: `["files", paths, files, left out]`,
//! `["site", address]`, `["ask", id, path, query]`. From it: `["ready"]`, `["reading", path]`, `["state", json]` as of
//! `/api/v1/state`, `["answer", id, status, media type, file name or null, bytes]`.

mod files;
mod opened;
mod site;

use std::cell::RefCell;
use std::rc::Rc;

use shared::answers;
use shared::api::{ErrorBody, ErrorView, Loading, State};
use shared::diagnostic::shorten;
use shared::routes::{self, Answer, Unanswered};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Uint8Array};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::opened::{Held, Opened};

fn main() {
    // The message of a panic may repeat what stands in an export; where it happened does not.
    std::panic::set_hook(Box::new(|fault| {
        let place = fault.location().map_or_else(String::new, ToString::to_string);
        web_sys::console::error_1(&format!("a fault of Rollcall at {place}; report it").into());
    }));
    if let Ok(scope) = web_sys::js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        serve(&scope);
    }
}

/// Answers messages until the page closes the worker. Reading and answering hold the worker up, and nobody else.
fn serve(scope: &DedicatedWorkerGlobalScope) {
    let opened: Rc<RefCell<Option<Result<Opened, String>>>> = Rc::default();
    let heard = {
        let scope = scope.clone();
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            let message = Array::from(&event.data());
            match message.get(0).as_string().as_deref() {
                Some("files") => open(&scope, &opened, |tell| {
                    let list = |at| Array::from(&message.get(at));
                    let files = files::given(&list(1), &list(2), &list(3));
                    Opened::new(Held::Files(files::Files::list(files)?), tell)
                }),
                Some("site") => open(&scope, &opened, |tell| {
                    let address = message.get(1).as_string().unwrap_or_default();
                    Opened::new(Held::Site(site::Site::open(address)?), tell)
                }),
                Some("ask") => {
                    let text = |at| message.get(at).as_string().unwrap_or_default();
                    let answer = answer(opened.borrow().as_ref(), &text(2), &text(3));
                    send(&scope, &message.get(1), answer);
                }
                Some(_) | None => {}
            }
        })
    };
    scope.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    post(scope, &Array::of1(&"ready".into()));
}

/// Hears which file is read next, and how far reading is.
pub type Tell<'t> = dyn Fn(&str, Loading) + 't;

/// Opens an estate and says how far it is, what it holds, or why it cannot be opened.
fn open(
    scope: &DedicatedWorkerGlobalScope,
    opened: &RefCell<Option<Result<Opened, String>>>,
    work: impl FnOnce(&Tell) -> Result<Opened, String>,
) {
    let nothing = || State {
        version: String::new(),
        estate: String::new(),
        snapshots: Vec::new(),
        loading: None,
        problem: None,
        partial_sources: Vec::new(),
    };
    let loading = |loading| State {
        loading: Some(loading),
        ..nothing()
    };
    tell(scope, &loading(Loading::default()));
    let read = work(&|path, far| {
        post(scope, &Array::of2(&"reading".into(), &path.into()));
        tell(scope, &loading(far));
    });
    let state = match &read {
        Ok(read) => answers::state(read.version.clone(), read.snapshots.clone(), &read.newest),
        Err(problem) => State {
            problem: Some(problem.clone()),
            ..nothing()
        },
    };
    *opened.borrow_mut() = Some(read);
    tell(scope, &state);
}

fn answer(opened: Option<&Result<Opened, String>>, path: &str, query: &str) -> Result<Answer, Unanswered> {
    let opened = match opened {
        None => return Err(Unanswered::Loading("nothing is read yet".to_owned())),
        Some(Err(problem)) => return Err(Unanswered::Unreadable(problem.clone())),
        Some(Ok(opened)) => opened,
    };
    let none = || Unanswered::NotFound(format!("there is no route `{}`; see docs/api.md", shorten(path)));
    routes::find(path).ok_or_else(none)?.answer(opened, query)
}

fn send(scope: &DedicatedWorkerGlobalScope, id: &JsValue, answer: Result<Answer, Unanswered>) {
    let (status, answer) = match answer {
        Ok(answer) => (200, answer),
        Err(reason) => (reason.status(), refusal(&reason)),
    };
    let bytes = Uint8Array::from(answer.bytes.as_slice());
    let message = Array::of5(
        &"answer".into(),
        id,
        &status.into(),
        &answer.media_type.into(),
        &answer.file_name.map_or(JsValue::NULL, JsValue::from),
    );
    message.push(&bytes);
    // Fails for a message that cannot be cloned, which texts, numbers and bytes can.
    let _ = scope.post_message_with_transfer(&message, &Array::of1(&bytes.buffer()));
}

fn refusal(reason: &Unanswered) -> Answer {
    let error = ErrorView {
        code: reason.code().to_owned(),
        message: reason.message().to_owned(),
        id: None,
    };
    Answer {
        // Three texts always serialise.
        bytes: serde_json::to_vec(&ErrorBody { error }).unwrap_or_default(),
        media_type: "application/json",
        file_name: None,
    }
}

fn tell(scope: &DedicatedWorkerGlobalScope, state: &State) {
    let state = serde_json::to_string(state).unwrap_or_default();
    post(scope, &Array::of2(&"state".into(), &state.into()));
}

fn post(scope: &DedicatedWorkerGlobalScope, message: &Array) {
    let _ = scope.post_message(message);
}
