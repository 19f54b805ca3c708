//! Asks the server, and keeps what it said: the only file here that does.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use shared::api::ErrorBody;
use shared::api::graph::{NeighboursPage, NodesPage, PathsView, ReachPage};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

use crate::dom;

/// An answer, by what was asked for.
#[derive(Clone)]
pub enum Body {
    Nodes(Rc<NodesPage>),
    Neighbours(Rc<NeighboursPage>),
    Reach(Rc<ReachPage>),
    Paths(Rc<PathsView>),
}

/// How an answer of the route is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Nodes,
    Neighbours,
    Reach,
    Paths,
}

/// How far a question has come.
#[derive(Clone)]
pub enum Answer {
    Asked,
    Ready(Body),
    Failed(String),
}

/// Every question since the server's state changed, by its address.
#[derive(Default)]
pub struct Answers {
    pub known: BTreeMap<String, Answer>,
    /// Rises with the server's state: what was asked before it is not kept.
    pub edition: u32,
}

/// Asks. The error is a sentence.
pub async fn ask(address: &str, kind: Kind) -> Answer {
    match body(address).await.and_then(|text| read(&text, kind)) {
        Ok(body) => Answer::Ready(body),
        Err(sentence) => Answer::Failed(sentence),
    }
}

fn read(text: &str, kind: Kind) -> Result<Body, String> {
    Ok(match kind {
        Kind::Nodes => Body::Nodes(Rc::new(typed(text)?)),
        Kind::Neighbours => Body::Neighbours(Rc::new(typed(text)?)),
        Kind::Reach => Body::Reach(Rc::new(typed(text)?)),
        Kind::Paths => Body::Paths(Rc::new(typed(text)?)),
    })
}

fn typed<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    wire::read(text).map_err(|cause| {
        format!("The answer is not what this page expects; reload it if Rollcall was updated. ({cause})")
    })
}

async fn body(address: &str) -> Result<String, String> {
    const UNREACHABLE: &str = "The server does not answer. Is `rollcall serve` still running?";
    let window = dom::window().ok_or(UNREACHABLE)?;
    let response = JsFuture::from(window.fetch_with_str(address)).await;
    let response: Response = response
        .ok()
        .and_then(|value| value.dyn_into().ok())
        .ok_or(UNREACHABLE)?;
    let text = JsFuture::from(response.text().map_err(|_| UNREACHABLE)?).await;
    let text = text.ok().and_then(|text| text.as_string()).ok_or(UNREACHABLE)?;
    if response.ok() {
        return Ok(text);
    }
    match wire::read::<ErrorBody>(&text) {
        Ok(refusal) => Err(refusal.error.message),
        Err(_) => Err(format!("The server answered with status {}.", response.status())),
    }
}
