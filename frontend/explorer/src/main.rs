//! The explorer of the access graph: a program of its own, which the dashboard loads only on that page.
//!
//! From what is asked to what is seen: `questions` (what to ask the server), `client` (asks), `scene` (what to show),
//! `arrange` (where), `draw` (on a `pen`: canvas or SVG), `input` (what people do); `panes` are what stands around the
//! picture, in words, and `parts` the elements they stand in. `stage` and `worker` are for scenes that are too large to
//! be laid out or drawn between two frames; the crate `raster` draws them. `explorer` holds it together. Its whole state is the URL
//! ([`shared::api::explorer`]). `bench` is for kits that measure.

mod arrange;
#[cfg(feature = "bench")]
mod bench;
mod camera;
mod client;
mod dom;
mod draw;
mod explorer;
mod input;
mod panes;
mod parts;
mod pen;
mod questions;
mod save;
mod scene;
mod stage;
mod words;
mod worker;

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::js_sys::Function;
use web_sys::{DedicatedWorkerGlobalScope, HtmlElement};

/// What the dashboard holds of it.
#[wasm_bindgen]
pub struct Explorer(Option<Rc<explorer::Explorer>>);

#[wasm_bindgen]
impl Explorer {
    /// Builds the page in an element. `go(link, recorded)` is called to go to another state or page.
    #[wasm_bindgen(constructor)]
    pub fn new(root: HtmlElement, go: Function) -> Explorer {
        Explorer(explorer::Explorer::new(root, go))
    }

    /// Shows what a query string asks for, without its `?`.
    pub fn show(&self, search: &str) {
        if let Some(explorer) = &self.0 {
            explorer.show(search);
        }
    }

    /// Asks everything again: the server's state has changed.
    pub fn refresh(&self) {
        if let Some(explorer) = &self.0 {
            explorer.refresh();
        }
    }

    /// Draws again: the theme has changed.
    pub fn repaint(&self) {
        if let Some(explorer) = &self.0 {
            explorer.repaint();
        }
    }

    /// The page is left.
    pub fn leave(&self) {
        if let Some(explorer) = &self.0 {
            explorer.leave();
        }
    }
}

fn main() {
    std::panic::set_hook(Box::new(|panic| web_sys::console::error_1(&panic.to_string().into())));
    if let Ok(scope) = web_sys::js_sys::global().dyn_into::<DedicatedWorkerGlobalScope>() {
        worker::serve(scope);
    }
}
