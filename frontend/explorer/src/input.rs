//! What people do: press, drag, turn the wheel, type.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use shared::api::explorer::ExplorerQuery;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{
    AddEventListenerOptions, Element, Event, EventTarget, FocusEvent, HtmlElement, HtmlInputElement, KeyboardEvent,
    MouseEvent, PointerEvent, ResizeObserver, WheelEvent,
};

use crate::dom;
use crate::explorer::Explorer;
use crate::save::Format;
use crate::scene::What;

/// Pixels that a press may move and still be none of a drag.
const STILL: f64 = 4.0;
/// One press on the zoom buttons, and one step of a wheel.
const ZOOM_STEP: f64 = 1.3;
/// One press on an arrow key with Shift, in pixels.
const PAN_STEP: f64 = 80.0;
/// How long the picture must rest before its place goes into the URL, and a typed word before it is looked for, in
/// milliseconds.
const REST: i32 = 350;
const TYPING: i32 = 180;

/// Something that is listened to, until this is dropped.
pub struct Listener {
    stop: Option<Box<dyn FnOnce()>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

fn on(target: &EventTarget, name: &'static str, heard: impl Fn(Event) + 'static) -> Listener {
    let closure = Closure::<dyn Fn(Event)>::new(heard);
    let options = AddEventListenerOptions::new();
    // The wheel is answered by the picture, so the page must wait whether it may scroll.
    options.set_passive(false);
    let function = closure.as_ref().unchecked_ref();
    // Fails for a null name.
    let _ = target.add_event_listener_with_callback_and_add_event_listener_options(name, function, &options);
    let target = target.clone();
    Listener {
        stop: Some(Box::new(move || {
            let _ = target.remove_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        })),
    }
}

/// A pointer that is down.
#[derive(Clone, Copy)]
struct Press {
    id: i32,
    from: (f64, f64),
    now: (f64, f64),
    /// The node under it, when it is the only one.
    node: Option<usize>,
    is_movable: bool,
    is_drag: bool,
}

/// Something that is done after a pause, once, however often it is asked for.
struct Later {
    timer: Cell<Option<i32>>,
    closure: RefCell<Option<Closure<dyn FnMut()>>>,
}

impl Later {
    fn new() -> Rc<Later> {
        Rc::new(Later {
            timer: Cell::new(None),
            closure: RefCell::new(None),
        })
    }

    fn set(&self, milliseconds: i32, then: impl FnMut() + 'static) {
        let Some(window) = dom::window() else { return };
        if let Some(timer) = self.timer.take() {
            window.clear_timeout_with_handle(timer);
        }
        let closure = Closure::<dyn FnMut()>::new(then);
        let function = closure.as_ref().unchecked_ref();
        let timer = window.set_timeout_with_callback_and_timeout_and_arguments_0(function, milliseconds);
        self.timer.set(timer.ok());
        self.closure.replace(Some(closure));
    }
}

/// Listens to everything on the page.
pub fn listen(explorer: &Rc<Explorer>) -> Vec<Listener> {
    let root: &EventTarget = explorer.root();
    let canvas: &EventTarget = explorer.canvas();
    let mut listeners = vec![
        heard(explorer, root, "click", clicked),
        heard(explorer, root, "change", changed),
        heard(explorer, root, "keydown", menu_key),
        heard(explorer, root, "keydown", found_key),
        heard(explorer, root, "focusout", |explorer, event| {
            let next = event.dyn_ref::<FocusEvent>().and_then(FocusEvent::related_target);
            if let Some(next) = next.and_then(|next| next.dyn_into::<Element>().ok()) {
                close_menus(explorer, &next);
            }
        }),
        heard(explorer, canvas, "keydown", key),
        heard(explorer, canvas, "dblclick", opened),
    ];
    let typing = Later::new();
    listeners.push(heard(explorer, explorer.search(), "input", move |explorer, _| {
        let explorer = Rc::clone(explorer);
        typing.set(TYPING, move || {
            let text = explorer.search().value().trim().to_owned();
            let query = explorer.with(|state| ExplorerQuery {
                text,
                ..state.query.clone()
            });
            explorer.go(&query, false);
        });
    }));
    listeners.push(heard(explorer, explorer.search(), "keydown", search_key));
    let resting = Later::new();
    listeners.extend(pointers(explorer, canvas, &resting));
    listeners.push(heard(explorer, canvas, "wheel", move |explorer, event| {
        wheel(explorer, event);
        rest(explorer, &resting);
    }));
    listeners.push(resized(explorer));
    if let Some(window) = dom::window() {
        listeners.push(heard(explorer, &window, "beforeprint", |explorer, _| {
            explorer.paint_for(true)
        }));
        listeners.push(heard(explorer, &window, "afterprint", |explorer, _| {
            explorer.paint_for(false)
        }));
    }
    if let Some(dark) = dom::window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok()?) {
        listeners.push(heard(explorer, &dark, "change", |explorer, _| explorer.repaint()));
    }
    listeners
}

fn heard(
    explorer: &Rc<Explorer>,
    target: &EventTarget,
    name: &'static str,
    then: impl Fn(&Rc<Explorer>, Event) + 'static,
) -> Listener {
    let explorer = Rc::clone(explorer);
    on(target, name, move |event| then(&explorer, event))
}

fn resized(explorer: &Rc<Explorer>) -> Listener {
    let watched = Rc::clone(explorer);
    let closure = Closure::<dyn FnMut()>::new(move || watched.resize());
    let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok();
    if let Some(observer) = &observer {
        observer.observe(explorer.frame());
    }
    Listener {
        stop: Some(Box::new(move || {
            if let Some(observer) = observer {
                observer.disconnect();
            }
            drop(closure);
        })),
    }
}

/// A press on something that says what it does.
fn clicked(explorer: &Rc<Explorer>, event: Event) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else {
        return;
    };
    close_menus(explorer, &target);
    let Ok(Some(pressed)) = target.closest("[data-do]") else {
        return;
    };
    if pressed.get_attribute("aria-disabled").as_deref() == Some("true") {
        return;
    }
    match pressed.get_attribute("data-do").as_deref() {
        Some("zoom-in") => zoom(explorer, ZOOM_STEP),
        Some("zoom-out") => zoom(explorer, 1.0 / ZOOM_STEP),
        Some("fit") => fit(explorer),
        Some("pin") => pin(explorer),
        Some("undo") => explorer.undo(),
        Some("open") => open(explorer),
        Some("retry") => explorer.retry(),
        Some("png") => explorer.save(Format::Png),
        Some("svg") => explorer.save(Format::Svg),
        Some("csv") => explorer.save(Format::Csv),
        Some("json") => explorer.save(Format::Json),
        Some(_) | None => {}
    }
}

/// A menu closes when something else is pressed or has the focus.
fn close_menus(explorer: &Rc<Explorer>, target: &Element) {
    let Ok(menus) = explorer.root().query_selector_all("details[open]") else {
        return;
    };
    for at in 0..menus.length() {
        let menu = menus.item(at).and_then(|menu| menu.dyn_into::<Element>().ok());
        if let Some(menu) = menu.filter(|menu| !menu.contains(Some(target))) {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// A checkbox that leads to another state.
fn changed(explorer: &Rc<Explorer>, event: Event) {
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    if let Some(link) = target.and_then(|target| target.get_attribute("data-go")) {
        explorer.follow(&link, true);
    }
}

/// Escape closes a menu.
fn menu_key(_: &Rc<Explorer>, event: Event) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
        return;
    };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    if event.key() != "Escape" {
        return;
    }
    let Some(Ok(Some(menu))) = target.map(|target| target.closest("details[open]")) else {
        return;
    };
    let _ = menu.remove_attribute("open");
    if let Ok(Some(summary)) = menu.query_selector("summary")
        && let Some(summary) = summary.dyn_ref::<HtmlElement>()
    {
        let _ = summary.focus();
    }
}

/// From the search to its first result, and back out of it.
fn search_key(explorer: &Rc<Explorer>, event: Event) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
        return;
    };
    match event.key().as_str() {
        "ArrowDown" | "Enter" => {
            if let Ok(Some(first)) = explorer.root().query_selector(".explorer-results a")
                && let Some(first) = first.dyn_ref::<HtmlElement>()
            {
                event.prevent_default();
                match event.key().as_str() {
                    "Enter" => first.click(),
                    _ => {
                        let _ = first.focus();
                    }
                }
            }
        }
        "Escape" => end_search(explorer),
        _ => {}
    }
}

fn end_search(explorer: &Rc<Explorer>) {
    let query = explorer.with(|state| ExplorerQuery {
        text: String::new(),
        ..state.query.clone()
    });
    explorer.go(&query, false);
}

/// From result to result, and from the first back into the search.
fn found_key(explorer: &Rc<Explorer>, event: Event) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
        return;
    };
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(Ok(Some(row))) = target.map(|target| target.closest(".explorer-results li")) else {
        return;
    };
    let next = match event.key().as_str() {
        "ArrowDown" => row.next_element_sibling(),
        "ArrowUp" => row.previous_element_sibling(),
        "Escape" => {
            end_search(explorer);
            None
        }
        _ => return,
    };
    event.prevent_default();
    let link = next.and_then(|next| next.query_selector("a").ok()?);
    let focused = match (
        link.as_ref().and_then(|link| link.dyn_ref::<HtmlElement>()),
        event.key().as_str(),
    ) {
        (Some(link), _) => link.focus(),
        // There is nothing below the last.
        (None, "ArrowDown") => return,
        (None, _) => explorer.search().focus(),
    };
    // Fails for nothing that is in the document.
    let _ = focused;
}

fn key(explorer: &Rc<Explorer>, event: Event) {
    let Some(event) = event.dyn_ref::<KeyboardEvent>() else {
        return;
    };
    if event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let step = |direction: (f64, f64)| match event.shift_key() {
        true => {
            explorer.with(|state| {
                state.camera = state
                    .camera()
                    .map(|camera| camera.moved(-direction.0 * PAN_STEP, -direction.1 * PAN_STEP));
            });
            explorer.request_frame();
        }
        false => walk(explorer, direction),
    };
    match event.key().as_str() {
        "ArrowRight" => step((1.0, 0.0)),
        "ArrowLeft" => step((-1.0, 0.0)),
        "ArrowDown" => step((0.0, 1.0)),
        "ArrowUp" => step((0.0, -1.0)),
        "Enter" | " " => open(explorer),
        "+" | "=" => zoom(explorer, ZOOM_STEP),
        "-" => zoom(explorer, 1.0 / ZOOM_STEP),
        "0" => fit(explorer),
        "p" | "P" => pin(explorer),
        "u" | "U" => explorer.undo(),
        "t" | "T" => explorer.go_to_words(),
        "Home" => choose(explorer, Some(0)),
        "Escape" => choose(explorer, None),
        _ => return,
    }
    event.prevent_default();
}

/// Chooses the nearest node in a direction, and brings it into sight.
fn walk(explorer: &Rc<Explorer>, direction: (f64, f64)) {
    let next = explorer.with(|state| {
        let from = state.chosen().unwrap_or(0);
        state.scene.towards(from, direction)
    });
    if let Some(next) = next {
        choose(explorer, Some(next));
    }
}

fn choose(explorer: &Rc<Explorer>, at: Option<usize>) {
    let query = explorer.with(|state| {
        let at = at.filter(|at| *at < state.scene.nodes.len());
        if let (Some(at), Some(camera)) = (at, state.camera()) {
            let node = &state.scene.nodes[at];
            let (x, y) = camera.to_screen((node.x, node.y), state.size);
            let (width, height) = state.size;
            // Half a card, so that its name is in sight, too.
            let right = (120.0 - x).max(0.0) - (x + 120.0 - width).max(0.0);
            let down = (40.0 - y).max(0.0) - (y + 40.0 - height).max(0.0);
            if right != 0.0 || down != 0.0 {
                state.camera = Some(camera.moved(right, down));
            }
        }
        let chosen = state.choosing(at);
        ExplorerQuery {
            camera: state.seeing().camera,
            ..chosen
        }
    });
    explorer.go(&query, false);
}

fn open(explorer: &Rc<Explorer>) {
    let query = explorer.with(|state| {
        let at = state.chosen()?;
        // Reaches and paths have no neighbours to show, only what is folded.
        let is_folded = matches!(state.scene.nodes[at].what, What::Folded { .. });
        let shows_neighbours = state.query.view == shared::api::explorer::View::Neighbours;
        (is_folded || shows_neighbours).then(|| state.opening(at))
    });
    if let Some(query) = query {
        let is_other = explorer.with(|state| state.query != query);
        if is_other {
            explorer.go(&query, true);
        }
    }
}

fn opened(explorer: &Rc<Explorer>, event: Event) {
    let Some(event) = event.dyn_ref::<MouseEvent>() else {
        return;
    };
    let place = place(event);
    if explorer.with(|state| state.node_at(place)).is_some() {
        open(explorer);
    }
}

fn pin(explorer: &Rc<Explorer>) {
    let query = explorer.with(|state| {
        let at = state.chosen()?;
        let is_pinned = state.scene.nodes[at].is_pinned;
        Some(state.pinning(at, !is_pinned))
    });
    if let Some(query) = query {
        explorer.go(&query, true);
    }
}

fn zoom(explorer: &Rc<Explorer>, factor: f64) {
    let query = explorer.with(|state| {
        let (width, height) = state.size;
        let middle = (width / 2.0, height / 2.0);
        state.camera = state.camera().map(|camera| camera.zoomed(factor, middle, state.size));
        state.seeing()
    });
    explorer.go(&query, false);
    explorer.request_frame();
}

fn fit(explorer: &Rc<Explorer>) {
    let query = explorer.with(|state| {
        state.camera = None;
        state.seeing()
    });
    explorer.go(&query, false);
    explorer.request_frame();
}

/// Turned with the canvas in focus, or with Ctrl: else the page scrolls.
fn wheel(explorer: &Rc<Explorer>, event: Event) {
    let Some(event) = event.dyn_ref::<WheelEvent>() else {
        return;
    };
    let canvas: &Element = explorer.canvas();
    let active = dom::window().and_then(|window| window.document()?.active_element());
    if !event.ctrl_key() && active.as_ref() != Some(canvas) {
        return;
    }
    event.prevent_default();
    // Lines and pages, where a browser says so, in pixels.
    let pixels = match event.delta_mode() {
        WheelEvent::DOM_DELTA_LINE => event.delta_y() * 33.0,
        WheelEvent::DOM_DELTA_PAGE => event.delta_y() * 100.0,
        _ => event.delta_y(),
    };
    let factor = (1.0 - pixels.clamp(-200.0, 200.0) / 500.0).clamp(0.5, 1.6);
    let place = place(event);
    explorer.with(|state| {
        state.camera = state.camera().map(|camera| camera.zoomed(factor, place, state.size));
    });
    explorer.request_frame();
}

/// What is in sight goes into the URL when it rests.
fn rest(explorer: &Rc<Explorer>, resting: &Rc<Later>) {
    let explorer = Rc::clone(explorer);
    resting.set(REST, move || {
        let seen = explorer.with(|state| {
            let seen = state.seeing();
            (seen.camera != state.query.camera).then_some(seen)
        });
        if let Some(seen) = seen {
            explorer.go(&seen, false);
        }
    });
}

/// Where on the canvas.
fn place(event: &MouseEvent) -> (f64, f64) {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}

fn pointers(explorer: &Rc<Explorer>, canvas: &EventTarget, resting: &Rc<Later>) -> Vec<Listener> {
    let presses: Rc<RefCell<Vec<Press>>> = Rc::default();
    let down = {
        let presses = Rc::clone(&presses);
        move |explorer: &Rc<Explorer>, event: Event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            if event.button() != 0 {
                return;
            }
            // What leaves the canvas while it is down is still heard.
            let _ = explorer.canvas().set_pointer_capture(event.pointer_id());
            let place = place(event);
            let mut presses = presses.borrow_mut();
            let node = explorer
                .with(|state| state.node_at(place))
                .filter(|_| presses.is_empty());
            let is_movable = explorer.with(|state| state.is_movable());
            presses.push(Press {
                id: event.pointer_id(),
                from: place,
                now: place,
                node,
                is_movable,
                is_drag: false,
            });
        }
    };
    let moved = {
        let presses = Rc::clone(&presses);
        move |explorer: &Rc<Explorer>, event: Event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            drag(explorer, &mut presses.borrow_mut(), event.pointer_id(), place(event));
        }
    };
    let up = {
        let resting = Rc::clone(resting);
        move |explorer: &Rc<Explorer>, event: Event| {
            let Some(event) = event.dyn_ref::<PointerEvent>() else {
                return;
            };
            let released = {
                let mut presses = presses.borrow_mut();
                let at = presses.iter().position(|press| press.id == event.pointer_id());
                at.map(|at| presses.remove(at))
            };
            let Some(press) = released else { return };
            match (press.is_drag, press.node) {
                (false, Some(node)) => {
                    let is_folded =
                        explorer.with(|state| state.scene.nodes.get(node).is_some_and(|node| node.kind().is_empty()));
                    if is_folded {
                        let query = explorer.with(|state| state.opening(node));
                        explorer.go(&query, true);
                    } else {
                        choose(explorer, Some(node));
                    }
                }
                (true, Some(node)) if press.is_movable => {
                    let query = explorer.with(|state| state.pinning(node, true));
                    explorer.go(&query, true);
                }
                (true, _) => rest(explorer, &resting),
                (false, None) => choose(explorer, None),
            }
        }
    };
    let cancelled = {
        move |explorer: &Rc<Explorer>, _: Event| {
            explorer.with(|state| state.hovered = None);
            explorer.request_frame();
        }
    };
    vec![
        heard(explorer, canvas, "pointerdown", down),
        heard(explorer, canvas, "pointermove", moved),
        heard(explorer, canvas, "pointerup", up),
        heard(explorer, canvas, "pointerleave", cancelled),
    ]
}

fn drag(explorer: &Rc<Explorer>, presses: &mut [Press], id: i32, place: (f64, f64)) {
    let Some(at) = presses.iter().position(|press| press.id == id) else {
        hover(explorer, place);
        return;
    };
    let before = presses[at].now;
    presses[at].now = place;
    let (right, down) = (place.0 - presses[at].from.0, place.1 - presses[at].from.1);
    presses[at].is_drag |= right.hypot(down) > STILL;
    if let [a, b] = presses {
        // Two fingers: what was between them stays between them.
        let other = if at == 0 { b.now } else { a.now };
        let distance = |from: (f64, f64)| (from.0 - other.0).hypot(from.1 - other.1).max(1.0);
        let factor = distance(place) / distance(before);
        let middle = ((place.0 + other.0) / 2.0, (place.1 + other.1) / 2.0);
        explorer.with(|state| {
            state.camera = state.camera().map(|camera| {
                camera
                    .zoomed(factor, middle, state.size)
                    .moved((place.0 - before.0) / 2.0, (place.1 - before.1) / 2.0)
            });
        });
        explorer.request_frame();
        return;
    }
    let press = presses[at];
    if !press.is_drag {
        return;
    }
    explorer.with(|state| {
        let Some(camera) = state.camera() else { return };
        match press.node.filter(|_| press.is_movable) {
            Some(node) if node < state.scene.nodes.len() => {
                // The picture must not fit itself to what is moved in it.
                state.camera = Some(camera);
                let (x, y) = camera.to_scene(place, state.size);
                state.scene.move_to(node, (x, y));
            }
            Some(_) => {}
            None => state.camera = Some(camera.moved(place.0 - before.0, place.1 - before.1)),
        }
    });
    explorer.request_frame();
}

fn hover(explorer: &Rc<Explorer>, place: (f64, f64)) {
    let changed = explorer.with(|state| {
        let hovered = state.node_at(place);
        let is_other = hovered != state.hovered;
        state.hovered = hovered;
        is_other.then(|| hovered.map(|at| state.scene.nodes[at].label.clone()))
    });
    if let Some(label) = changed {
        let canvas = explorer.canvas();
        canvas.set_title(label.as_deref().unwrap_or_default());
        let _ = canvas.class_list().toggle_with_force("is-on-node", label.is_some());
        explorer.request_frame();
    }
}
