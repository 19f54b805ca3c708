//! Draws a scene on a canvas, when something changed and only then, and hears the pointer and the keys.
//!
//! Its twin for those who do not see it is the list of sentences beside it; both choose the same node.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use shared::charts::svg::fit;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

use super::scene::{NODE_HEIGHT, NODE_WIDTH, Scene, SceneEdge, SceneNode, What};
use crate::theme::Look;
use crate::ui::html::html;
use crate::ui::icon::{Icon, icon};
use crate::ui::size::watch_size;

const TEXT: f64 = 12.5;
const MIN_SCALE: f64 = 0.15;
const MAX_SCALE: f64 = 2.5;
/// A press that moves less than this is a click.
const CLICK_PX: f64 = 4.0;
/// Below this scale names cannot be read, and are left out.
const NAMES_FROM: f64 = 0.45;
/// With more edges than this only those of the chosen node are named.
const MAX_NAMED_EDGES: usize = 12;

/// Which part of the scene is in sight: its place `(x, y)` is drawn in the middle.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Camera {
    x: f64,
    y: f64,
    scale: f64,
}

/// What a press on the canvas began as.
#[derive(Clone, Copy)]
struct Press {
    at: (f64, f64),
    camera: Camera,
    is_drag: bool,
}

#[component]
pub fn GraphCanvas(
    scene: Memo<Arc<Scene>>,
    /// The id of the chosen node.
    chosen: Signal<Option<String>>,
    on_choose: Callback<Option<String>>,
    /// Unfolds or expands a node.
    on_open: Callback<String>,
) -> impl IntoView {
    let frame = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    let size = RwSignal::new((0.0_f64, 0.0_f64));
    let camera = RwSignal::new(Camera {
        x: 0.0,
        y: 0.0,
        scale: 1.0,
    });
    let press = StoredValue::new(None::<Press>);
    let look = expect_context::<Look>();
    watch_size(frame, move |element| {
        let now = (f64::from(element.client_width()), f64::from(element.client_height()));
        if size.try_get_untracked() != Some(now) {
            size.try_set(now);
        }
    });
    let fit_all = move || {
        let (width, height) = size.get_untracked();
        let scene = scene.get_untracked();
        if !scene.nodes.is_empty() && width > 0.0 {
            camera.set(fitting(&scene, width, height));
        }
    };
    // Another scene, or another size, begins with everything in sight.
    Effect::new(move |_| {
        scene.track();
        size.track();
        fit_all();
    });
    Effect::new(move |_| {
        look.theme.track();
        let (scene, camera, chosen, size) = (scene.get(), camera.get(), chosen.get(), size.get());
        if let Some(canvas) = canvas.get() {
            draw(&canvas, &scene, camera, chosen.as_deref(), size);
        }
    });
    let place = move |x: f64, y: f64| {
        let camera = camera.get_untracked();
        let (width, height) = size.get_untracked();
        (
            (x - width / 2.0) / camera.scale + camera.x,
            (y - height / 2.0) / camera.scale + camera.y,
        )
    };
    let zoom = move |factor: f64, x: f64, y: f64| {
        let (at_x, at_y) = place(x, y);
        camera.update(|camera| {
            let scale = (camera.scale * factor).clamp(MIN_SCALE, MAX_SCALE);
            // What is under the pointer stays there.
            let kept = camera.scale / scale;
            camera.x = at_x - (at_x - camera.x) * kept;
            camera.y = at_y - (at_y - camera.y) * kept;
            camera.scale = scale;
        });
    };
    let zoom_middle = move |factor: f64| {
        let (width, height) = size.get_untracked();
        zoom(factor, width / 2.0, height / 2.0);
    };
    let on_down = move |event: PointerEvent| {
        press.set_value(Some(Press {
            at: (f64::from(event.offset_x()), f64::from(event.offset_y())),
            camera: camera.get_untracked(),
            is_drag: false,
        }));
        if let Some(canvas) = canvas.get_untracked() {
            // Fails only for a pointer that is already gone.
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
    };
    let on_move = move |event: PointerEvent| {
        let Some(mut now) = press.get_value() else { return };
        let (x, y) = (
            f64::from(event.offset_x()) - now.at.0,
            f64::from(event.offset_y()) - now.at.1,
        );
        if now.is_drag || x.abs() + y.abs() > CLICK_PX {
            now.is_drag = true;
            press.set_value(Some(now));
            camera.set(Camera {
                x: now.camera.x - x / now.camera.scale,
                y: now.camera.y - y / now.camera.scale,
                ..now.camera
            });
        }
    };
    let open_or_choose = move |node: &SceneNode| match &node.what {
        What::Folded { of, .. } => on_open.run(of.clone()),
        What::Node(node) => on_choose.run(Some(node.id.clone())),
    };
    let on_up = move |_: PointerEvent| {
        let Some(press) = press.try_update_value(Option::take).flatten() else {
            return;
        };
        if !press.is_drag {
            let scene = scene.get_untracked();
            let (x, y) = place(press.at.0, press.at.1);
            match scene.at(x, y) {
                Some(at) => open_or_choose(&scene.nodes[at]),
                None => on_choose.run(None),
            }
        }
    };
    let on_wheel = move |event: WheelEvent| {
        // Pages scroll with the wheel; the picture follows where a pinch or Ctrl says so.
        if event.ctrl_key() || event.meta_key() {
            event.prevent_default();
            zoom(
                if event.delta_y() < 0.0 { 1.12 } else { 1.0 / 1.12 },
                f64::from(event.offset_x()),
                f64::from(event.offset_y()),
            );
        }
    };
    let on_key = move |event: KeyboardEvent| {
        let scene = scene.get_untracked();
        let from = chosen.get_untracked().and_then(|id| scene.find(&id));
        let mut go = |direction: (f64, f64)| match from {
            Some(from) => scene.towards(from, direction),
            None => (!scene.nodes.is_empty()).then_some(0),
        };
        let next = match event.key().as_str() {
            "ArrowRight" => go((1.0, 0.0)),
            "ArrowLeft" => go((-1.0, 0.0)),
            "ArrowDown" => go((0.0, 1.0)),
            "ArrowUp" => go((0.0, -1.0)),
            "Enter" => {
                if let Some(from) = from {
                    match &scene.nodes[from].what {
                        What::Folded { of, .. } => on_open.run(of.clone()),
                        What::Node(node) => on_open.run(node.id.clone()),
                    }
                }
                None
            }
            "+" | "=" => {
                zoom_middle(1.25);
                None
            }
            "-" => {
                zoom_middle(0.8);
                None
            }
            "0" => {
                fit_all();
                None
            }
            "Escape" => {
                on_choose.run(None);
                None
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(next) = next {
            on_choose.run(Some(scene.nodes[next].what.id()));
        }
    };
    let label = move || {
        let scene = scene.get();
        let chosen = chosen.get().and_then(|id| scene.find(&id));
        let chosen = chosen.map(|at| format!(" Chosen: {}.", scene.nodes[at].what.label()));
        format!(
            "Picture of {} nodes and {} edges; the sentences beside it say the same.{} Arrows choose, Enter opens, + and - zoom, 0 fits.",
            scene.nodes.len(),
            scene.edges.len(),
            chosen.unwrap_or_default()
        )
    };
    html! {
        <div class="graph-frame" node_ref=frame>
            <canvas
                class="graph-canvas"
                tabindex="0"
                role="application"
                aria-label=label
                node_ref=canvas
                on:pointerdown=on_down
                on:pointermove=on_move
                on:pointerup=on_up
                on:wheel=on_wheel
                on:keydown=on_key
            ></canvas>
            <div class="graph-tools">
                <button type="button" class="button" aria-label="Zoom in" on:click=move |_| zoom_middle(1.25)>
                    {icon(Icon::Plus)}
                </button>
                <button type="button" class="button" aria-label="Zoom out" on:click=move |_| zoom_middle(0.8)>
                    {icon(Icon::Minus)}
                </button>
                <button type="button" class="button" on:click=move |_| fit_all()>
                    "Fit"
                </button>
            </div>
        </div>
    }
}

/// Everything in sight, but never larger than life.
fn fitting(scene: &Scene, width: f64, height: f64) -> Camera {
    const MARGIN: f64 = 28.0;
    let (left, top, right, bottom) = scene.bounds();
    let scale = ((width - 2.0 * MARGIN) / (right - left))
        .min((height - 2.0 * MARGIN) / (bottom - top))
        .clamp(MIN_SCALE, 1.0);
    Camera {
        x: (left + right) / 2.0,
        y: (top + bottom) / 2.0,
        scale,
    }
}

/// The colours of the theme, as the browser resolves them.
struct Inks<'a> {
    probe: &'a HtmlElement,
}

impl Inks<'_> {
    fn get(&self, token: &str) -> String {
        // These fail only for a document that is being closed.
        let _ = self.probe.style().set_property("color", &format!("var({token})"));
        let style = window().get_computed_style(self.probe).ok().flatten();
        style
            .and_then(|style| style.get_property_value("color").ok())
            .unwrap_or_default()
    }
}

/// The token of a kind's colour; each kind has a shape of its own, too.
fn kind_token(kind: &str) -> &'static str {
    match kind {
        "identity" | "workload" => "--series-1",
        "credential" => "--series-2",
        "role" | "policy" | "group" => "--series-4",
        "resource" => "--series-3",
        "trust_source" => "--series-5",
        _ => "--series-6",
    }
}

fn draw(canvas: &HtmlCanvasElement, scene: &Scene, camera: Camera, chosen: Option<&str>, (width, height): (f64, f64)) {
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok()) else {
        return;
    };
    let ratio = window().device_pixel_ratio();
    canvas.set_width((width * ratio) as u32);
    canvas.set_height((height * ratio) as u32);
    let inks = Inks { probe: canvas };
    let (text, quiet, surface, line, accent) = (
        inks.get("--text"),
        inks.get("--text-faint"),
        inks.get("--surface"),
        inks.get("--line-strong"),
        inks.get("--accent"),
    );
    // Fails for a canvas without room only.
    let _ = context.set_transform(
        ratio * camera.scale,
        0.0,
        0.0,
        ratio * camera.scale,
        ratio * (width / 2.0 - camera.x * camera.scale),
        ratio * (height / 2.0 - camera.y * camera.scale),
    );
    context.set_font("12.5px system-ui, sans-serif");
    context.set_text_baseline("middle");
    let chosen = chosen.and_then(|id| scene.find(id));
    let is_of_chosen = |edge: &SceneEdge| chosen.is_some_and(|at| edge.from == at || edge.to == at);
    let names_edges = camera.scale >= NAMES_FROM;
    for edge in &scene.edges {
        let (from, to) = (&scene.nodes[edge.from], &scene.nodes[edge.to]);
        let is_marked = is_of_chosen(edge);
        context.set_stroke_style_str(if is_marked { &accent } else { &line });
        context.set_line_width(if is_marked { 2.0 } else { 1.2 });
        let dashes = web_sys::js_sys::Array::new();
        if edge.conditional {
            dashes.push(&5.0.into());
            dashes.push(&4.0.into());
        }
        let _ = context.set_line_dash(&dashes);
        let way = Way::of(from, to);
        context.begin_path();
        context.move_to(way.from.0, way.from.1);
        context.bezier_curve_to(way.bend.0, way.from.1, way.bend.1, way.to.1, way.to.0, way.to.1);
        context.stroke();
        let _ = context.set_line_dash(&web_sys::js_sys::Array::new());
        arrow(&context, way.to, way.heading);
        if names_edges && (is_marked || scene.edges.len() <= MAX_NAMED_EDGES) {
            name_edge(&context, &edge.relation.replace('_', " "), way.middle(), &surface, &quiet);
        }
    }
    for (at, node) in scene.nodes.iter().enumerate() {
        let is_chosen = chosen == Some(at);
        let (left, top) = (node.x - NODE_WIDTH / 2.0, node.y - NODE_HEIGHT / 2.0);
        context.begin_path();
        let _ = context.round_rect_with_f64(left, top, NODE_WIDTH, NODE_HEIGHT, 7.0);
        context.set_fill_style_str(&surface);
        context.fill();
        context.set_stroke_style_str(if is_chosen { &accent } else { &line });
        context.set_line_width(if is_chosen { 2.5 } else { 1.0 });
        context.stroke();
        let kind = node.what.kind();
        context.set_fill_style_str(&inks.get(kind_token(kind)));
        shape(&context, kind, left + 18.0, node.y);
        if camera.scale >= NAMES_FROM {
            context.set_fill_style_str(&text);
            let name = fit(&node.what.label(), TEXT, NODE_WIDTH - 46.0);
            let _ = context.fill_text(&name, left + 34.0, node.y + 0.5);
        }
    }
    // The probe must not colour anything else.
    let _ = canvas.style().remove_property("color");
}

/// How an edge runs between the sides of two nodes.
struct Way {
    from: (f64, f64),
    to: (f64, f64),
    /// The horizontal places of the two bends.
    bend: (f64, f64),
    /// 1 where it arrives from the left, -1 from the right.
    heading: f64,
}

impl Way {
    fn of(from: &SceneNode, to: &SceneNode) -> Way {
        let half = NODE_WIDTH / 2.0;
        // Within a column, or back, it leaves and arrives on the right.
        let is_onward = to.x > from.x;
        let (start, end) = (from.x + half, if is_onward { to.x - half } else { to.x + half });
        let reach = if is_onward { (end - start) / 2.0 } else { 60.0 };
        Way {
            from: (start, from.y),
            to: (end, to.y),
            bend: (start + reach, if is_onward { end - reach } else { end + reach }),
            heading: if is_onward { 1.0 } else { -1.0 },
        }
    }

    fn middle(&self) -> (f64, f64) {
        (
            (self.from.0 + self.to.0 + 3.0 * (self.bend.0 + self.bend.1)) / 8.0,
            (self.from.1 + self.to.1) / 2.0,
        )
    }
}

fn arrow(context: &CanvasRenderingContext2d, (x, y): (f64, f64), heading: f64) {
    context.begin_path();
    context.move_to(x - 7.0 * heading, y - 4.0);
    context.line_to(x, y);
    context.line_to(x - 7.0 * heading, y + 4.0);
    context.stroke();
}

fn name_edge(context: &CanvasRenderingContext2d, name: &str, (x, y): (f64, f64), paper: &str, ink: &str) {
    let width = shared::charts::svg::text_width(name, TEXT) + 8.0;
    context.set_fill_style_str(paper);
    context.fill_rect(x - width / 2.0, y - 8.0, width, 16.0);
    context.set_fill_style_str(ink);
    context.set_text_align("center");
    let _ = context.fill_text(name, x, y);
    context.set_text_align("start");
}

/// Kinds differ by shape as well as by colour.
fn shape(context: &CanvasRenderingContext2d, kind: &str, x: f64, y: f64) {
    const R: f64 = 6.5;
    context.begin_path();
    let corners: &[(f64, f64)] = match kind {
        "identity" => {
            let _ = context.arc(x, y, R, 0.0, std::f64::consts::TAU);
            &[]
        }
        "workload" => &[(-R, -R), (R, -R), (R, R), (-R, R)],
        "credential" => &[(0.0, -R - 1.0), (R + 1.0, 0.0), (0.0, R + 1.0), (-R - 1.0, 0.0)],
        "role" | "policy" => &[(0.0, -R), (R, R), (-R, R)],
        "group" => &[(0.0, R), (R, -R), (-R, -R)],
        "resource" => &[(-R, -3.5), (0.0, -R - 0.5), (R, -3.5), (R, 3.5), (0.0, R + 0.5), (-R, 3.5)],
        "trust_source" => &[(-2.5, -R), (2.5, -R), (R, -2.5), (R, 2.5), (2.5, R), (-2.5, R), (-R, 2.5), (-R, -2.5)],
        _ => &[(-R, -2.0), (R, -2.0), (R, 2.0), (-R, 2.0)],
    };
    for (at, (right, down)) in corners.iter().enumerate() {
        if at == 0 {
            context.move_to(x + right, y + down);
        } else {
            context.line_to(x + right, y + down);
        }
    }
    context.fill();
}
