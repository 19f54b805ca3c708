//! The same program in a worker: layouts by forces, and pictures of large scenes, while the page stays quick.
//!
//! A message is an array whose first item says what it is. To the worker:
//! `["layout", n_nodes, ends]`, `["scene", positions, shapes, ends, colours]`, `["moved", positions]`,
//! `["draw", x, y, scale, width, height, ratio]`. From it: `["ready"]`, `["positions", positions, is_done, n_steps]`,
//! `["picture", bitmap, x, y, scale, width, height]`. Positions and ends are typed arrays, and change hands.

use std::cell::RefCell;
use std::rc::Rc;

use shared::graph::layout::force::Force;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Float32Array, Uint8Array, Uint32Array};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::arrange::SEED;
use crate::camera::Camera;
use crate::draw::{FAINT, corners};

/// How long a piece of work lasts before the worker looks whether it was told something else, in milliseconds.
const SLICE: f64 = 40.0;
/// Edges, and nodes, that are drawn between two looks at the clock.
const CHUNK: usize = 2_000;
/// Nodes larger than this show their shapes.
const SHAPED_FROM: f64 = 4.0;
/// What nodes are drawn with at scale 1, and at least.
const MARK: f64 = 6.0;
const SMALLEST: f64 = 1.6;

#[derive(Default)]
struct Work {
    layout: Option<Layout>,
    scene: Scene,
    /// Where its nodes are by now: for the next drawing, as one shows them all at one time.
    moved: Option<Vec<f32>>,
    /// What is to be drawn next, and what is being drawn.
    wanted: Option<View>,
    drawing: Option<Drawing>,
    is_awaited: bool,
}

struct Layout {
    force: Force,
    n_steps: u32,
}

#[derive(Default)]
struct Scene {
    positions: Vec<f32>,
    /// For each node, which shape and which of `colours`; above all shapes, those that a filter leaves out.
    shapes: Vec<u8>,
    ends: Vec<u32>,
    /// That of edges, then those of shapes.
    colours: Vec<String>,
}

#[derive(Clone, Copy)]
struct View {
    camera: Camera,
    size: (f64, f64),
    ratio: f64,
}

/// A picture on its way.
struct Drawing {
    view: View,
    canvas: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
    /// Edges that are drawn.
    n_edges: usize,
    /// How many shapes are drawn, those of what a filter leaves out first; and how many nodes were looked at for the next.
    n_shapes: usize,
    n_nodes: usize,
}

/// Answers messages until the page closes the worker.
pub fn serve(scope: DedicatedWorkerGlobalScope) {
    let work = Rc::new(RefCell::new(Work::default()));
    let heard = {
        let (work, scope) = (Rc::clone(&work), scope.clone());
        Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            work.borrow_mut().hear(&Array::from(&event.data()));
            go_on(&work, &scope);
        })
    };
    scope.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    heard.forget();
    let _ = scope.post_message(&Array::of1(&"ready".into()));
}

/// Works for a while, then lets messages in.
fn go_on(work: &Rc<RefCell<Work>>, scope: &DedicatedWorkerGlobalScope) {
    if work.borrow().is_awaited || !work.borrow().has_more() {
        return;
    }
    work.borrow_mut().is_awaited = true;
    let (again, their_scope) = (Rc::clone(work), scope.clone());
    let slice = Closure::once_into_js(move || {
        again.borrow_mut().is_awaited = false;
        again.borrow_mut().slice(&their_scope);
        go_on(&again, &their_scope);
    });
    let _ = scope.set_timeout_with_callback(slice.unchecked_ref());
}

fn number(message: &Array, at: u32) -> f64 {
    message.get(at).as_f64().unwrap_or_default()
}

impl Work {
    fn hear(&mut self, message: &Array) {
        match message.get(0).as_string().as_deref() {
            Some("layout") => {
                let ends = Uint32Array::from(message.get(2)).to_vec();
                let pairs: Vec<(u32, u32)> = ends.chunks_exact(2).map(|ends| (ends[0], ends[1])).collect();
                self.layout = Some(Layout {
                    force: Force::new(number(message, 1) as usize, &pairs, SEED),
                    n_steps: 0,
                });
            }
            Some("scene") => {
                // What was being drawn is drawn of this.
                self.wanted = self.wanted.or(self.drawing.take().map(|drawing| drawing.view));
                self.moved = None;
                self.scene = Scene {
                    positions: Float32Array::from(message.get(1)).to_vec(),
                    shapes: Uint8Array::from(message.get(2)).to_vec(),
                    ends: Uint32Array::from(message.get(3)).to_vec(),
                    colours: Array::from(&message.get(4))
                        .iter()
                        .filter_map(|colour| colour.as_string())
                        .collect(),
                };
            }
            Some("moved") => self.moved = Some(Float32Array::from(message.get(1)).to_vec()),
            Some("draw") => {
                self.wanted = Some(View {
                    camera: Camera {
                        x: number(message, 1),
                        y: number(message, 2),
                        scale: number(message, 3),
                    },
                    size: (number(message, 4), number(message, 5)),
                    ratio: number(message, 6),
                });
            }
            Some(_) | None => {}
        }
    }

    fn has_more(&self) -> bool {
        self.layout.is_some() || self.wanted.is_some() || self.drawing.is_some()
    }

    fn slice(&mut self, scope: &DedicatedWorkerGlobalScope) {
        let now = || scope.performance().map_or(0.0, |clock| clock.now());
        let end = now() + SLICE;
        if let Some(layout) = &mut self.layout {
            loop {
                layout.force.step();
                layout.n_steps += 1;
                if !layout.force.is_moving() || now() >= end {
                    break;
                }
            }
            let is_done = !layout.force.is_moving();
            let positions = Float32Array::from(layout.force.positions());
            let message = Array::of4(&"positions".into(), &positions, &is_done.into(), &layout.n_steps.into());
            let _ = scope.post_message_with_transfer(&message, &Array::of1(&positions.buffer()));
            if is_done {
                self.layout = None;
            }
            return;
        }
        if self.drawing.is_none() {
            if let Some(positions) = self.moved.take() {
                self.scene.positions = positions;
            }
            self.drawing = self.wanted.take().and_then(Drawing::begin);
        }
        let Some(drawing) = &mut self.drawing else { return };
        while now() < end {
            if drawing.go_on(&self.scene) {
                continue;
            }
            if let Ok(bitmap) = drawing.canvas.transfer_to_image_bitmap() {
                let View { camera, size, .. } = drawing.view;
                let message = Array::of2(&"picture".into(), &bitmap);
                for number in [camera.x, camera.y, camera.scale, size.0, size.1] {
                    message.push(&number.into());
                }
                let _ = scope.post_message_with_transfer(&message, &Array::of1(&bitmap));
            }
            self.drawing = None;
            return;
        }
    }
}

impl Drawing {
    fn begin(view: View) -> Option<Drawing> {
        let (width, height) = (view.size.0 * view.ratio, view.size.1 * view.ratio);
        let canvas = OffscreenCanvas::new(width as u32, height as u32).ok()?;
        let context: OffscreenCanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let _ = context.scale(view.ratio, view.ratio);
        Some(Drawing {
            view,
            canvas,
            context,
            n_edges: 0,
            n_shapes: 0,
            n_nodes: 0,
        })
    }

    /// Draws the next chunk; whether there was one.
    fn go_on(&mut self, scene: &Scene) -> bool {
        let (width, height) = self.view.size;
        let place = |node: usize| {
            let point = (
                f64::from(scene.positions[2 * node]),
                f64::from(scene.positions[2 * node + 1]),
            );
            self.view.camera.to_screen(point, self.view.size)
        };
        let n_nodes = scene.positions.len() / 2;
        if self.n_edges < scene.ends.len() / 2 {
            let end = (self.n_edges + CHUNK).min(scene.ends.len() / 2);
            self.context.set_line_width(0.6);
            self.context.set_global_alpha(0.55);
            self.context
                .set_stroke_style_str(scene.colours.first().map_or("gray", String::as_str));
            self.context.begin_path();
            for ends in scene.ends[2 * self.n_edges..2 * end].chunks_exact(2) {
                let ((x, y), (to_x, to_y)) = (place(ends[0] as usize), place(ends[1] as usize));
                let is_outside = (x < 0.0 && to_x < 0.0)
                    || (y < 0.0 && to_y < 0.0)
                    || (x > width && to_x > width)
                    || (y > height && to_y > height);
                if !is_outside {
                    self.context.move_to(x, y);
                    self.context.line_to(to_x, to_y);
                }
            }
            self.context.stroke();
            self.n_edges = end;
            return true;
        }
        let n_shapes = scene.colours.len().saturating_sub(1);
        if self.n_shapes >= 2 * n_shapes {
            return false;
        }
        let (is_faint, shape) = (self.n_shapes < n_shapes, self.n_shapes % n_shapes);
        let drawn = if is_faint { shape + n_shapes } else { shape };
        let Some(colour) = scene.colours.get(shape + 1) else {
            return false;
        };
        let r = (MARK * self.view.camera.scale).clamp(SMALLEST, MARK);
        let end = (self.n_nodes + 5 * CHUNK).min(n_nodes);
        self.context.set_global_alpha(if is_faint { FAINT } else { 1.0 });
        self.context.set_fill_style_str(colour);
        self.context.begin_path();
        for node in (self.n_nodes..end).filter(|node| usize::from(scene.shapes[*node]) == drawn) {
            let (x, y) = place(node);
            if x < -r || y < -r || x > width + r || y > height + r {
                continue;
            }
            match corners(shape) {
                Some(corners) if r >= SHAPED_FROM => {
                    for (at, (right, down)) in corners.iter().enumerate() {
                        match at {
                            0 => self.context.move_to(x + right * r, y + down * r),
                            _ => self.context.line_to(x + right * r, y + down * r),
                        }
                    }
                    self.context.close_path();
                }
                None if r >= SHAPED_FROM => {
                    self.context.move_to(x + r, y);
                    let _ = self.context.arc(x, y, r, 0.0, std::f64::consts::TAU);
                }
                Some(_) | None => self.context.rect(x - r, y - r, 2.0 * r, 2.0 * r),
            }
        }
        self.context.fill();
        self.n_nodes = end;
        if end == n_nodes {
            (self.n_shapes, self.n_nodes) = (self.n_shapes + 1, 0);
        }
        true
    }
}

/// The page's end of a worker.
pub struct Worker {
    worker: web_sys::Worker,
    /// Kept, as the worker calls it.
    _heard: Closure<dyn Fn(MessageEvent)>,
}

impl Worker {
    /// Starts one; `None` where there are none. `heard` is called with each message, the first being `["ready"]`:
    /// what is sent before that is lost.
    pub fn start(heard: impl Fn(Array) + 'static) -> Option<Worker> {
        let options = web_sys::WorkerOptions::new();
        options.set_type(web_sys::WorkerType::Module);
        let worker = web_sys::Worker::new_with_options(LOADER, &options).ok()?;
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| heard(Array::from(&event.data())));
        worker.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Some(Worker { worker, _heard: heard })
    }

    /// Asks for a layout by forces.
    pub fn lay_out(&self, n_nodes: usize, ends: &[(u32, u32)]) {
        let ends = flat(ends);
        let message = Array::of3(&"layout".into(), &JsValue::from(n_nodes as f64), &ends);
        self.send(&message, &Array::of1(&ends.buffer()));
    }

    /// Sends a message; the buffers of `given` change hands.
    pub fn send(&self, message: &Array, given: &Array) {
        let _ = self.worker.post_message_with_transfer(message, given);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.terminate();
    }
}

/// Loads this program where it is a worker: Trunk writes it (see `frontend/index.html`).
const LOADER: &str = "/explorer_loader.js";

/// Pairs as one array.
pub fn flat(ends: &[(u32, u32)]) -> Uint32Array {
    let flat: Vec<u32> = ends.iter().flat_map(|(from, to)| [*from, *to]).collect();
    Uint32Array::from(flat.as_slice())
}
