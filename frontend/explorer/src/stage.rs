//! Pictures of large scenes: a worker draws them, and while they are looked at from elsewhere the last good one is moved.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::js_sys::{Array, Float32Array, Uint8Array};
use web_sys::{CanvasRenderingContext2d, ImageBitmap};

use crate::camera::Camera;
use crate::dom;
use crate::worker::{Worker, flat};

/// How long the worker rests between two pictures of what is moving, in milliseconds: the page needs the processor, too.
const PAUSE: f64 = 100.0;

/// A large picture. Dropped, its worker ends.
pub struct Stage {
    inner: Rc<RefCell<Inner>>,
    changed: Rc<dyn Fn()>,
}

#[derive(Default)]
struct Inner {
    worker: Option<Worker>,
    is_ready: bool,
    /// Messages from before the worker was ready.
    waiting: Vec<(Array, Array)>,
    /// The last good picture, and the last one from far away, which is under it where it does not reach.
    sharp: Option<Picture>,
    far: Option<Picture>,
    /// What the worker is drawing, and how often it was told to draw something.
    asked: Option<Seen>,
    n_asked: u32,
    /// What was painted last, and when the last picture came.
    before: Option<Seen>,
    heard_at: f64,
    /// Rises when what is drawn changes.
    edition: u32,
}

struct Picture {
    bitmap: ImageBitmap,
    seen: Seen,
}

/// What a picture shows.
#[derive(Clone, Copy, PartialEq)]
struct Seen {
    camera: Camera,
    size: (f64, f64),
    edition: u32,
}

impl Stage {
    /// `changed` is called when another frame should be painted.
    pub fn new(changed: impl Fn() + 'static) -> Stage {
        let inner: Rc<RefCell<Inner>> = Rc::default();
        let changed: Rc<dyn Fn()> = Rc::new(changed);
        // The worker belongs to what its messages change: a strong reference would keep both for ever.
        let (heard, painted) = (Rc::downgrade(&inner), Rc::clone(&changed));
        let worker = Worker::start(move |message| {
            if let Some(inner) = heard.upgrade() {
                inner.borrow_mut().hear(&message);
                painted();
            }
        });
        inner.borrow_mut().worker = worker;
        Stage { inner, changed }
    }

    /// What is drawn: two numbers a node, for each its shape, pairs of nodes, and the colours of paper, edges and shapes.
    pub fn show(&self, positions: &[f32], shapes: &[u8], ends: &[(u32, u32)], colours: &[&str]) {
        let positions = Float32Array::from(positions);
        let (shapes, ends) = (Uint8Array::from(shapes), flat(ends));
        let colours: Array = colours
            .iter()
            .map(|colour| wasm_bindgen::JsValue::from_str(colour))
            .collect();
        let message = Array::of5(&"scene".into(), &positions, &shapes, &ends, &colours);
        let given = Array::of3(&positions.buffer(), &shapes.buffer(), &ends.buffer());
        let mut inner = self.inner.borrow_mut();
        inner.edition += 1;
        inner.send(message, given);
    }

    /// The nodes are elsewhere now.
    pub fn move_to(&self, positions: &[f32]) {
        let positions = Float32Array::from(positions);
        let mut inner = self.inner.borrow_mut();
        inner.edition += 1;
        inner.send(Array::of2(&"moved".into(), &positions), Array::of1(&positions.buffer()));
    }

    /// Paints what there is, and asks for what there is not. Says whether it is what was asked for.
    pub fn paint(&self, context: &CanvasRenderingContext2d, camera: Camera, size: (f64, f64), ratio: f64) -> bool {
        let mut inner = self.inner.borrow_mut();
        let wanted = Seen {
            camera,
            size,
            edition: inner.edition,
        };
        let is_sharp = inner.sharp.as_ref().is_some_and(|picture| picture.seen == wanted);
        let is_moving = inner.before.replace(wanted) != Some(wanted);
        if !is_sharp && inner.asked != Some(wanted) {
            if is_moving && (inner.asked.is_some() || now() < inner.heard_at + PAUSE) {
                // The next frame shows whether it rests.
                (self.changed)();
            } else {
                inner.ask(wanted, ratio);
            }
        }
        let Some(sharp) = &inner.sharp else { return false };
        let place = sharp.place(camera, size, ratio);
        if let Some(far) = inner.far.as_ref().filter(|_| !is_sharp) {
            far.paint_around(context, far.place(camera, size, ratio), place, size);
        }
        // Fails for a picture that was closed.
        let [left, top, width, height] = place;
        let _ = context.draw_image_with_image_bitmap_and_dw_and_dh(&sharp.bitmap, left, top, width, height);
        is_sharp
    }
}

fn now() -> f64 {
    let clock = dom::window().and_then(|window| window.performance());
    clock.map_or(f64::INFINITY, |clock| clock.now())
}

impl Inner {
    /// Has it drawn. What the worker was drawing before, it lets go.
    fn ask(&mut self, wanted: Seen, ratio: f64) {
        self.asked = Some(wanted);
        self.n_asked += 1;
        let Seen { camera, size, .. } = wanted;
        let message = Array::of1(&"draw".into());
        for number in [
            camera.x,
            camera.y,
            camera.scale,
            size.0,
            size.1,
            ratio,
            f64::from(self.n_asked),
        ] {
            message.push(&number.into());
        }
        self.send(message, Array::new());
    }

    fn send(&mut self, message: Array, given: Array) {
        match &self.worker {
            Some(worker) if self.is_ready => worker.send(&message, &given),
            Some(_) => self.waiting.push((message, given)),
            None => {}
        }
    }

    fn hear(&mut self, message: &Array) {
        match message.get(0).as_string().as_deref() {
            Some("ready") => {
                self.is_ready = true;
                for (message, given) in std::mem::take(&mut self.waiting) {
                    self.send(message, given);
                }
            }
            // Of something older, it was on its way when something else was asked.
            Some("picture") if message.get(2).as_f64() == Some(f64::from(self.n_asked)) => {
                self.heard_at = now();
                let (Some(seen), Ok(bitmap)) = (self.asked.take(), message.get(1).dyn_into::<ImageBitmap>()) else {
                    return;
                };
                let picture = Picture { bitmap, seen };
                let Some(before) = self.sharp.replace(picture) else {
                    return;
                };
                // What was seen from farther away may be needed where this one does not reach.
                let is_farther = |far: &Picture| {
                    far.seen.edition != before.seen.edition || before.seen.camera.scale <= far.seen.camera.scale
                };
                if self.far.as_ref().is_none_or(is_farther) {
                    self.far = Some(before);
                }
            }
            Some(_) | None => {}
        }
    }
}

/// Left, top, width and height.
type Place = [f64; 4];

impl Picture {
    /// Where it lies as seen by another camera. One that was only moved lies on whole pixels, which is painted faster.
    fn place(&self, camera: Camera, size: (f64, f64), ratio: f64) -> Place {
        let seen = self.seen;
        let corner = seen.camera.to_scene((0.0, 0.0), seen.size);
        let (left, top) = camera.to_screen(corner, size);
        let factor = camera.scale / seen.camera.scale;
        let whole = |number: f64| {
            if factor == 1.0 {
                (number * ratio).round() / ratio
            } else {
                number
            }
        };
        [whole(left), whole(top), seen.size.0 * factor, seen.size.1 * factor]
    }

    /// Paints what is around another picture: its four sides, each as far as this one reaches.
    fn paint_around(&self, context: &CanvasRenderingContext2d, place: Place, other: Place, size: (f64, f64)) {
        let [left, top, width, height] = place;
        let (right, bottom) = ((left + width).min(size.0), (top + height).min(size.1));
        let (first, upper) = (left.max(0.0), top.max(0.0));
        let [other_left, other_top, other_width, other_height] = other;
        let (other_right, other_bottom) = (other_left + other_width, other_top + other_height);
        let (from, to) = (upper.max(other_top), bottom.min(other_bottom));
        for [x, y, end, low] in [
            [first, upper, right, bottom.min(other_top)],
            [first, upper.max(other_bottom), right, bottom],
            [first, from, right.min(other_left), to],
            [first.max(other_right), from, right, to],
        ] {
            if x >= end || y >= low {
                continue;
            }
            let (across, down) = (
                f64::from(self.bitmap.width()) / width,
                f64::from(self.bitmap.height()) / height,
            );
            // Fails for a picture that was closed.
            let _ = context.draw_image_with_image_bitmap_and_sw_and_sh_and_dx_and_dy_and_dw_and_dh(
                &self.bitmap,
                (x - left) * across,
                (y - top) * down,
                (end - x) * across,
                (low - y) * down,
                x,
                y,
                end - x,
                low - y,
            );
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.bitmap.close();
    }
}
