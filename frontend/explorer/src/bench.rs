//! The stage and the layout without the page, for kits that measure graph explorers. Compiled with the feature `bench`
//! only: what it offers is what such a kit asks of every peer.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Function};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::camera::Camera;
use crate::dom;
use crate::stage::Stage;
use crate::worker::Worker;

/// Colours of paper and edges, then of shapes.
const COLOURS: [&str; 11] = [
    "#ffffff", "#999999", "#0072b2", "#e69f00", "#56b4e9", "#cc79a7", "#f0e442", "#d55e00", "#009e73", "#333333",
    "#777777",
];

/// A graph on a canvas.
#[wasm_bindgen]
pub struct Bench(Rc<Inner>);

struct Inner {
    canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
    stage: RefCell<Option<Stage>>,
    layout: RefCell<Option<Worker>>,
    heard: RefCell<Option<Function>>,
    is_ready: Cell<bool>,
    camera: Cell<Camera>,
    is_sharp: Cell<bool>,
    is_awaited: Cell<bool>,
}

#[wasm_bindgen]
impl Bench {
    #[wasm_bindgen(constructor)]
    pub fn new(canvas: HtmlCanvasElement) -> Result<Bench, JsValue> {
        let context = canvas.get_context("2d")?.ok_or("no canvas")?.dyn_into()?;
        let inner = Rc::new(Inner {
            canvas,
            context,
            stage: RefCell::default(),
            layout: RefCell::default(),
            heard: RefCell::default(),
            is_ready: Cell::new(false),
            camera: Cell::new(Camera {
                x: 0.0,
                y: 0.0,
                scale: 1.0,
            }),
            is_sharp: Cell::new(false),
            is_awaited: Cell::new(false),
        });
        let painted = Rc::clone(&inner);
        inner.stage.replace(Some(Stage::new(move || painted.request_frame())));
        // Started now, as every peer's code is loaded before it is asked for a layout.
        let heard = Rc::downgrade(&inner);
        inner.layout.replace(Worker::start(move |message| {
            if let Some(inner) = heard.upgrade() {
                inner.hear(&message);
            }
        }));
        Ok(Bench(inner))
    }

    /// Draws nodes `0..n` at `positions`, with a shape each, and edges as pairs of nodes.
    pub fn show(&self, positions: &[f32], shapes: &[u8], ends: &[u32]) {
        if let Some(stage) = &*self.0.stage.borrow() {
            stage.show(positions, shapes, &pairs(ends), &COLOURS);
        }
        self.0.request_frame();
    }

    /// The point in the middle, and the pixels of a unit.
    pub fn view(&self, x: f64, y: f64, scale: f64) {
        self.0.camera.set(Camera { x, y, scale });
        self.0.request_frame();
    }

    /// Whether the picture on the canvas is of what was asked for last.
    pub fn is_sharp(&self) -> bool {
        self.0.is_sharp.get()
    }

    /// Lays out in the worker, which must be ready; `heard(positions, is_done, n_steps)` is called on the way.
    pub fn lay_out(&self, n_nodes: usize, ends: &[u32], heard: Function) {
        self.0.heard.replace(Some(heard));
        if let Some(worker) = &*self.0.layout.borrow() {
            worker.lay_out(n_nodes, &pairs(ends));
        }
    }

    /// Whether the worker of layouts would hear what it is told.
    pub fn is_ready(&self) -> bool {
        self.0.is_ready.get()
    }
}

fn pairs(ends: &[u32]) -> Vec<(u32, u32)> {
    ends.chunks_exact(2).map(|ends| (ends[0], ends[1])).collect()
}

impl Inner {
    fn hear(&self, message: &Array) {
        match message.get(0).as_string().as_deref() {
            Some("ready") => self.is_ready.set(true),
            Some("positions") => {
                if let Some(heard) = &*self.heard.borrow() {
                    let _ = heard.call3(&JsValue::NULL, &message.get(1), &message.get(2), &message.get(3));
                }
            }
            Some(_) | None => {}
        }
    }

    fn request_frame(self: &Rc<Self>) {
        self.is_sharp.set(false);
        if self.is_awaited.replace(true) {
            return;
        }
        let inner = Rc::clone(self);
        let frame = Closure::once_into_js(move || {
            inner.is_awaited.set(false);
            let size = (f64::from(inner.canvas.width()), f64::from(inner.canvas.height()));
            inner.context.clear_rect(0.0, 0.0, size.0, size.1);
            if let Some(stage) = &*inner.stage.borrow() {
                inner
                    .is_sharp
                    .set(stage.paint(&inner.context, inner.camera.get(), size, 1.0));
            }
        });
        if let Some(window) = dom::window() {
            let _ = window.request_animation_frame(frame.unchecked_ref());
        }
    }
}
