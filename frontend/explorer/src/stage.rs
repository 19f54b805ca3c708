//! Pictures of large scenes: a worker draws them, and while they are looked at from elsewhere the last good one is moved.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::js_sys::{Array, Float32Array, Uint8Array};
use web_sys::{CanvasRenderingContext2d, ImageBitmap};

use crate::camera::Camera;
use crate::worker::{Worker, flat};

/// A large picture. Dropped, its worker ends.
pub struct Stage(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    worker: Option<Worker>,
    is_ready: bool,
    /// Messages from before the worker was ready.
    waiting: Vec<(Array, Array)>,
    /// The last good picture, and the last one from far away, which is under it where it does not reach.
    sharp: Option<Picture>,
    far: Option<Picture>,
    /// What the worker is drawing.
    asked: Option<Seen>,
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
        // The worker belongs to what its messages change: a strong reference would keep both for ever.
        let heard = Rc::downgrade(&inner);
        let worker = Worker::start(move |message| {
            if let Some(inner) = heard.upgrade() {
                inner.borrow_mut().hear(&message);
                changed();
            }
        });
        inner.borrow_mut().worker = worker;
        Stage(inner)
    }

    /// What is drawn: two numbers a node, for each its shape, pairs of nodes, and the colours of edges and shapes.
    pub fn show(&self, positions: &[f32], shapes: &[u8], ends: &[(u32, u32)], colours: &[&str]) {
        let positions = Float32Array::from(positions);
        let (shapes, ends) = (Uint8Array::from(shapes), flat(ends));
        let colours: Array = colours
            .iter()
            .map(|colour| wasm_bindgen::JsValue::from_str(colour))
            .collect();
        let message = Array::of5(&"scene".into(), &positions, &shapes, &ends, &colours);
        let given = Array::of3(&positions.buffer(), &shapes.buffer(), &ends.buffer());
        let mut inner = self.0.borrow_mut();
        inner.edition += 1;
        inner.send(message, given);
    }

    /// The nodes are elsewhere now.
    pub fn move_to(&self, positions: &[f32]) {
        let positions = Float32Array::from(positions);
        let mut inner = self.0.borrow_mut();
        inner.edition += 1;
        inner.send(Array::of2(&"moved".into(), &positions), Array::of1(&positions.buffer()));
    }

    /// Paints what there is, and asks for what there is not. Says whether it is what was asked for.
    pub fn paint(&self, context: &CanvasRenderingContext2d, camera: Camera, size: (f64, f64), ratio: f64) -> bool {
        let mut inner = self.0.borrow_mut();
        let wanted = Seen {
            camera,
            size,
            edition: inner.edition,
        };
        let is_sharp = inner.sharp.as_ref().is_some_and(|picture| picture.seen == wanted);
        if !is_sharp && inner.asked.is_none() {
            inner.asked = Some(wanted);
            let message = Array::of1(&"draw".into());
            for number in [camera.x, camera.y, camera.scale, size.0, size.1, ratio] {
                message.push(&number.into());
            }
            inner.send(message, Array::new());
        }
        if let Some(far) = inner.far.as_ref().filter(|_| !is_sharp) {
            far.paint(context, camera, size);
        }
        if let Some(sharp) = &inner.sharp {
            if !is_sharp {
                let (left, top, width, height) = sharp.place(camera, size);
                context.clear_rect(left, top, width, height);
            }
            sharp.paint(context, camera, size);
        }
        is_sharp
    }
}

impl Inner {
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
            Some("picture") => {
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

impl Picture {
    /// Where it lies as seen by another camera: left, top, width, height.
    fn place(&self, camera: Camera, size: (f64, f64)) -> (f64, f64, f64, f64) {
        let seen = self.seen;
        let corner = seen.camera.to_scene((0.0, 0.0), seen.size);
        let (left, top) = camera.to_screen(corner, size);
        let factor = camera.scale / seen.camera.scale;
        (left, top, seen.size.0 * factor, seen.size.1 * factor)
    }

    fn paint(&self, context: &CanvasRenderingContext2d, camera: Camera, size: (f64, f64)) {
        let (left, top, width, height) = self.place(camera, size);
        // Fails for a picture that was closed.
        let _ = context.draw_image_with_image_bitmap_and_dw_and_dh(&self.bitmap, left, top, width, height);
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.bitmap.close();
    }
}
