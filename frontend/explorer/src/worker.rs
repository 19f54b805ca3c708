//! The same program in a worker: layouts by forces, and pictures of large scenes, while the page stays quick.
//!
//! A message is an array whose first item says what it is. To the worker:
//! `["layout", n_nodes, ends]`, `["scene", positions, shapes, ends, colours]`, `["moved", positions]`,
//! `["draw", x, y, scale, width, height, ratio, n]`, which ends what was being drawn. From it: `["ready"]`,
//! `["positions", positions, is_done, n_steps]`, `["picture", bitmap, n]`. Positions and ends are typed arrays, and change
//! hands.

use std::cell::RefCell;
use std::rc::Rc;

use raster::{Colour, Lines, Picture, Stamp};
use shared::graph::layout::force::Force;
use wasm_bindgen::Clamped;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, Float32Array, Uint8Array, Uint32Array};
use web_sys::{
    ContextAttributes2d, DedicatedWorkerGlobalScope, ImageBitmap, ImageData, MessageEvent, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d,
};

use crate::arrange::SEED;
use crate::camera::Camera;
use crate::draw::{FAINT, SHAPES, corners};

/// How long a piece of work lasts before the worker looks whether it was told something else, in milliseconds.
const SLICE: f64 = 40.0;
/// Edges, and nodes, that are drawn between two looks at the clock.
const CHUNK: usize = 2_000;
/// Nodes larger than this show their shapes.
const SHAPED_FROM: f64 = 4.0;
/// What nodes are drawn with at scale 1, and at least.
const MARK: f64 = 6.0;
const SMALLEST: f64 = 1.6;
/// How wide edges are, as pale as that makes them.
const EDGE: f64 = 0.4;

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
    /// Those of the paper and of edges, then those of shapes.
    colours: Vec<Colour>,
}

#[derive(Clone, Copy)]
struct View {
    camera: Camera,
    size: (f64, f64),
    ratio: f64,
    /// Which question of the page it is.
    n_asked: f64,
}

/// A picture on its way.
struct Drawing {
    view: View,
    /// Where the nodes are in it.
    places: Vec<(f32, f32)>,
    lines: Lines,
    /// Edges that are drawn.
    n_edges: usize,
    /// Once they all are.
    picture: Option<Picture>,
    /// What nodes are drawn with, by their shapes.
    stamps: Vec<Stamp>,
    /// Nodes that are drawn: first all that a filter leaves out, then all others.
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
                    colours: colours(&Array::from(&message.get(4))).unwrap_or_default(),
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
                    n_asked: number(message, 7),
                });
                self.drawing = None;
            }
            Some(_) | None => {}
        }
    }

    fn has_more(&self) -> bool {
        // Before there is a scene, what is wanted waits for it.
        let can_begin = self.wanted.is_some() && !self.scene.colours.is_empty();
        self.layout.is_some() || can_begin || self.drawing.is_some()
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
            let scene = &self.scene;
            self.drawing = self.wanted.take().map(|view| Drawing::begin(view, scene));
        }
        while now() < end {
            let Some(drawing) = &mut self.drawing else { return };
            if drawing.go_on(&self.scene) {
                continue;
            }
            if let Some(bitmap) = drawing.bitmap() {
                let message = Array::of3(&"picture".into(), &bitmap, &drawing.view.n_asked.into());
                let _ = scope.post_message_with_transfer(&message, &Array::of1(&bitmap));
            }
            self.drawing = None;
        }
    }
}

/// A canvas that nobody sees, and how to draw on it.
fn hidden_canvas((width, height): (usize, usize)) -> Option<(OffscreenCanvas, OffscreenCanvasRenderingContext2d)> {
    let canvas = OffscreenCanvas::new(width as u32, height as u32).ok()?;
    let attributes = ContextAttributes2d::new();
    // Pictures without holes are moved faster.
    attributes.set_alpha(false);
    let context = canvas.get_context_with_context_options("2d", &attributes).ok()??;
    Some((canvas, context.dyn_into().ok()?))
}

/// Colours as style sheets write them. What they come to, a canvas knows.
fn colours(written: &Array) -> Option<Vec<Colour>> {
    let (_, context) = hidden_canvas((1, 1))?;
    let painted = |colour: JsValue| {
        context.set_fill_style_str(&colour.as_string()?);
        context.fill_rect(0.0, 0.0, 1.0, 1.0);
        let pixel = context.get_image_data(0.0, 0.0, 1.0, 1.0).ok()?.data();
        Some([*pixel.first()?, *pixel.get(1)?, *pixel.get(2)?])
    };
    written.iter().map(painted).collect()
}

impl Drawing {
    fn begin(view: View, scene: &Scene) -> Drawing {
        let View {
            camera, size, ratio, ..
        } = view;
        let place = |place: &[f32]| {
            let (x, y) = camera.to_screen((f64::from(place[0]), f64::from(place[1])), size);
            ((x * ratio) as f32, (y * ratio) as f32)
        };
        let r = (MARK * camera.scale).clamp(SMALLEST, MARK);
        let stamp = |shape: usize| match r >= SHAPED_FROM {
            true => Stamp::new(corners(shape), r * ratio),
            false => Stamp::new(Some(&SQUARE), r * ratio),
        };
        Drawing {
            view,
            places: scene.positions.chunks_exact(2).map(place).collect(),
            lines: Lines::new(((size.0 * ratio) as usize, (size.1 * ratio) as usize)),
            n_edges: 0,
            picture: None,
            stamps: (0..SHAPES.len()).map(stamp).collect(),
            n_nodes: 0,
        }
    }

    /// Draws the next chunk; whether there was one.
    fn go_on(&mut self, scene: &Scene) -> bool {
        let [paper, edge, inks @ ..] = scene.colours.as_slice() else {
            return false;
        };
        let Some(picture) = &mut self.picture else {
            let rest = scene.ends.get(2 * self.n_edges..).unwrap_or_default();
            for ends in rest.chunks_exact(2).take(CHUNK) {
                let places = (self.places.get(ends[0] as usize), self.places.get(ends[1] as usize));
                if let (Some(from), Some(to)) = places {
                    self.lines.line(*from, *to, (EDGE * self.view.ratio) as f32);
                }
            }
            self.n_edges += CHUNK;
            if 2 * self.n_edges >= scene.ends.len() {
                self.picture = Some(self.lines.on_paper(*paper, *edge));
            }
            return true;
        };
        let n = self.places.len();
        let is_faint = self.n_nodes < n;
        let first = self.n_nodes % n.max(1);
        let opacity = if is_faint { (FAINT * 255.0) as u32 } else { 255 };
        let nodes = self.places.iter().zip(&scene.shapes).skip(first).take(CHUNK);
        for (place, shape) in nodes {
            let (shape, drawn_faint) = match usize::from(*shape) {
                shape if shape >= SHAPES.len() => (shape - SHAPES.len(), true),
                shape => (shape, false),
            };
            if drawn_faint == is_faint
                && let (Some(stamp), Some(ink)) = (self.stamps.get(shape), inks.get(shape))
            {
                picture.stamp(stamp, *place, *ink, opacity);
            }
        }
        let end = if is_faint { n } else { 2 * n };
        self.n_nodes = (self.n_nodes + CHUNK).min(end);
        self.n_nodes < 2 * n
    }

    fn bitmap(&self) -> Option<ImageBitmap> {
        let picture = self.picture.as_ref()?;
        let (width, _) = picture.size();
        let (canvas, context) = hidden_canvas(picture.size())?;
        let data = ImageData::new_with_u8_clamped_array(Clamped(picture.pixels.as_flattened()), width as u32).ok()?;
        context.put_image_data(&data, 0.0, 0.0).ok()?;
        canvas.transfer_to_image_bitmap().ok()
    }
}

/// What nodes are drawn with that are too small to have a shape.
const SQUARE: [(f64, f64); 4] = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];

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
