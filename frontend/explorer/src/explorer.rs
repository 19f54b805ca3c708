//! The page's state: what the URL asks for, what the server said, and the picture of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use shared::api::explorer::{ExplorerQuery, Pin, View};
use shared::api::graph::{NeighboursPage, NodeView, PathsView, ReachPage, StepView};
use shared::graph::adjacency::Direction;
use shared::model::relation::Relation;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::js_sys::{Float32Array, Function};
use web_sys::{Element, HtmlCanvasElement, HtmlElement, HtmlInputElement};

use crate::camera::Camera;
use crate::client::{self, Answer, Answers, Body, Kind};
use crate::dom::{self, Built, el, fill};
use crate::draw::{CARDS_FROM, SHAPES, Sight, draw, draw_over, shape_of};
use crate::input::Listener;
use crate::parts::Parts;
use crate::pen::{CanvasPen, Ink, Palette};
use crate::scene::{self, FanShown, Form, Scene, What};
use crate::stage::Stage;
use crate::worker::Worker;
use crate::{arrange, panes, questions, save, words};

/// The access graph on its page. Everything that a person does becomes a link, which comes back as the URL.
pub struct Explorer {
    root: HtmlElement,
    go: Function,
    parts: Parts,
    state: RefCell<State>,
    /// Whether a frame is asked for.
    is_awaited: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

#[derive(Default)]
pub struct State {
    pub query: ExplorerQuery,
    answers: Answers,
    pub scene: Scene,
    /// What the scene was made of.
    made_of: Option<MadeOf>,
    pub camera: Option<Camera>,
    /// Of the canvas, in pixels of the page.
    pub size: (f64, f64),
    pub hovered: Option<usize>,
    palette: Option<Palette>,
    /// Links to the states before.
    undo: Vec<String>,
    /// Whether the next state is one that undoing led to.
    is_undoing: bool,
    /// Of a scene that is too large to be drawn between two frames.
    large: Option<Large>,
}

/// A scene that workers lay out and draw.
struct Large {
    stage: Stage,
    /// Kept, as it works while it is.
    _layout: Rc<RefCell<Option<Worker>>>,
    /// Whether the stage has the scene, in these colours.
    is_shown: bool,
}

/// Nodes and edges that are drawn between two frames without one being late.
const LARGE: usize = 2_500;

/// The part of the query that decides what the picture holds, and the edition of the answers.
#[derive(Clone, PartialEq)]
struct MadeOf {
    query: ExplorerQuery,
    edition: u32,
    is_whole: bool,
    is_narrow: bool,
}

/// What the answers come to for a view.
enum Content {
    /// Nothing is chosen yet.
    Start,
    /// A path has no end yet.
    NoTarget,
    Loading,
    Failed(String),
    Neighbours {
        opened: Vec<(NodeView, Vec<FanShown>)>,
        pages: Vec<Rc<NeighboursPage>>,
        is_whole: bool,
    },
    Reach(ReachPage),
    Paths(Rc<PathsView>),
}

impl Explorer {
    /// Builds the page in `root`; `None` where there is no canvas. `go` is called with a link, and whether going back
    /// should return to the state before.
    pub fn new(root: HtmlElement, go: Function) -> Option<Rc<Explorer>> {
        let parts = Parts::build(&root)?;
        let explorer = Rc::new(Explorer {
            root,
            go,
            parts,
            state: RefCell::default(),
            is_awaited: Cell::new(false),
            listeners: RefCell::default(),
        });
        let listeners = crate::input::listen(&explorer);
        explorer.listeners.replace(listeners);
        Some(explorer)
    }

    pub fn root(&self) -> &HtmlElement {
        &self.root
    }

    pub fn canvas(&self) -> &HtmlCanvasElement {
        &self.parts.canvas
    }

    pub fn frame(&self) -> &HtmlElement {
        &self.parts.frame
    }

    pub fn search(&self) -> &HtmlInputElement {
        &self.parts.search
    }

    /// The page is left: what it listened to is let go.
    pub fn leave(&self) {
        self.listeners.borrow_mut().clear();
        self.with(|state| state.large = None);
    }

    /// The URL has changed.
    pub fn show(self: &Rc<Self>, search: &str) {
        let query = ExplorerQuery::parse(search);
        {
            let mut state = self.state.borrow_mut();
            let before = &state.query;
            let is_other = (before.view, &before.node, &before.to) != (query.view, &query.node, &query.to);
            if is_other {
                state.camera = None;
                state.made_of = None;
                state.scene = Scene::default();
                if !state.is_undoing {
                    state.undo.clear();
                }
            }
            // What was seen already is not rounded to what the URL says of it.
            if query.camera != state.seeing().camera {
                state.camera = query.camera.map(camera_of);
            }
            state.is_undoing = false;
            state.hovered = None;
            state.query = query;
        }
        self.update();
    }

    /// The server's state has changed: everything is asked again.
    pub fn refresh(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            state.answers.known.clear();
            state.answers.edition += 1;
        }
        self.update();
    }

    fn frame_size(&self) -> (f64, f64) {
        let frame = &self.parts.frame;
        (f64::from(frame.client_width()), f64::from(frame.client_height()))
    }

    /// The picture has another size.
    pub fn resize(self: &Rc<Self>) {
        let is_narrow = arrange::is_narrow(self.frame_size().0);
        let was_narrow = self.with(|state| state.made_of.as_ref().map(|made_of| made_of.is_narrow));
        if was_narrow.is_some_and(|was_narrow| was_narrow != is_narrow) {
            self.update();
        }
        self.request_frame();
    }

    /// The colours have changed.
    pub fn repaint(self: &Rc<Self>) {
        self.with(|state| {
            state.palette = None;
            if let Some(large) = &mut state.large {
                large.is_shown = false;
            }
        });
        self.request_frame();
    }

    /// Paints the picture at once, for paper or for the screen: paper is light, whatever the theme.
    pub fn paint_for(&self, paper: bool) {
        let style = self.parts.frame.style();
        // Fails for a property that cannot be set.
        let _ = match paper {
            true => style.set_property("color-scheme", "light"),
            false => style.remove_property("color-scheme").map(drop),
        };
        self.with(|state| state.palette = None);
        self.paint();
    }

    /// Runs something with the state; nothing else may hold it.
    pub fn with<T>(&self, read: impl FnOnce(&mut State) -> T) -> T {
        read(&mut self.state.borrow_mut())
    }

    /// Goes to another state of the page. A recorded one can be undone.
    pub fn go(&self, query: &ExplorerQuery, is_recorded: bool) {
        self.follow(&query.link(), is_recorded);
    }

    pub fn follow(&self, link: &str, is_recorded: bool) {
        if is_recorded {
            let mut state = self.state.borrow_mut();
            let before = state.query.link();
            state.undo.push(before);
        }
        // The page's own function; what it throws, it has said.
        let _ = self.go.call2(&JsValue::NULL, &link.into(), &is_recorded.into());
    }

    pub fn undo(&self) {
        let before = self.with(|state| {
            let before = state.undo.pop();
            state.is_undoing = before.is_some();
            before
        });
        if let Some(before) = before {
            let _ = self.go.call2(&JsValue::NULL, &before.into(), &true.into());
        }
    }

    /// An answer, if it is there; asked for if not.
    fn need(self: &Rc<Self>, address: &str, kind: Kind) -> Answer {
        let edition = {
            let mut state = self.state.borrow_mut();
            if let Some(answer) = state.answers.known.get(address) {
                return answer.clone();
            }
            state.answers.known.insert(address.to_owned(), Answer::Asked);
            state.answers.edition
        };
        let (explorer, address) = (Rc::clone(self), address.to_owned());
        spawn_local(async move {
            let answer = client::ask(&address, kind).await;
            let is_current = explorer.with(|state| {
                let is_current = state.answers.edition == edition;
                if is_current {
                    state.answers.known.insert(address, answer);
                }
                is_current
            });
            if is_current {
                explorer.update();
            }
        });
        Answer::Asked
    }

    /// Asks again what failed.
    pub fn retry(self: &Rc<Self>) {
        self.with(|state| {
            state
                .answers
                .known
                .retain(|_, answer| !matches!(answer, Answer::Failed(_)))
        });
        self.update();
    }

    /// What the answers come to; asks what is missing.
    fn content(self: &Rc<Self>, query: &ExplorerQuery) -> Content {
        if query.node.is_none() {
            return Content::Start;
        }
        match query.view {
            View::Neighbours => self.neighbours(query),
            View::Reach | View::WhoCanReach => self.reach(query),
            View::Paths if query.to.is_none() => Content::NoTarget,
            View::Paths => match self.need(&questions::paths(query), Kind::Paths) {
                Answer::Ready(Body::Paths(view)) => Content::Paths(view),
                Answer::Failed(sentence) => Content::Failed(sentence),
                Answer::Asked | Answer::Ready(_) => Content::Loading,
            },
        }
    }

    fn neighbours(self: &Rc<Self>, query: &ExplorerQuery) -> Content {
        let mut opened = Vec::new();
        let mut pages = Vec::new();
        let mut is_whole = true;
        for id in query.node.iter().chain(&query.open) {
            let page = match self.need(&questions::neighbours(query, id), Kind::Neighbours) {
                Answer::Ready(Body::Neighbours(page)) => page,
                Answer::Failed(sentence) => return Content::Failed(sentence),
                Answer::Asked | Answer::Ready(_) => {
                    is_whole = false;
                    continue;
                }
            };
            pages.push(Rc::clone(&page));
            let mut fans = Vec::new();
            for fan in &page.fans {
                let Some(relation) = Relation::from_id(&fan.relation) else {
                    continue;
                };
                let is_asked = query.relations.is_empty() || query.relations.contains(&relation);
                let direction = match fan.direction.as_str() {
                    "in" => Direction::In,
                    _ => Direction::Out,
                };
                if !is_asked {
                    continue;
                }
                let n_pages = scene::n_pages(&query.fans, id, direction, relation);
                let n_shown = scene::FAN + scene::FAN_PAGE * n_pages;
                let in_fan = |step: &&StepView| {
                    let own = match direction {
                        Direction::Out => &step.from.id,
                        Direction::In => &step.to.id,
                    };
                    step.relation == fan.relation && *own == page.node.id
                };
                let all_here = page.n_matching <= page.rows.len();
                let rows: Vec<StepView> = page.rows.iter().filter(in_fan).cloned().collect();
                let (rows, n_matching) = if all_here || rows.len() == fan.n_edges {
                    let n = rows.len();
                    (rows, n)
                } else {
                    match self.need(&questions::fan(query, id, direction, relation), Kind::Neighbours) {
                        Answer::Ready(Body::Neighbours(page)) => {
                            pages.push(Rc::clone(&page));
                            (page.rows.clone(), page.n_matching)
                        }
                        Answer::Failed(sentence) => return Content::Failed(sentence),
                        Answer::Asked | Answer::Ready(_) => {
                            is_whole = false;
                            continue;
                        }
                    }
                };
                // One that stands alone is shown rather than counted.
                let n_shown = if n_matching == n_shown + 1 { n_matching } else { n_shown };
                fans.push(FanShown {
                    direction,
                    relation,
                    rows: rows.into_iter().take(n_shown).collect(),
                    n_matching,
                    n_pages,
                });
            }
            opened.push((page.node.clone(), fans));
        }
        if opened.is_empty() {
            return Content::Loading;
        }
        Content::Neighbours {
            opened,
            pages,
            is_whole,
        }
    }

    fn reach(self: &Rc<Self>, query: &ExplorerQuery) -> Content {
        let addresses = questions::reach(query, questions::n_reached(query));
        let mut pages = Vec::new();
        for (at, address) in addresses.iter().enumerate() {
            match self.need(address, Kind::Reach) {
                Answer::Ready(Body::Reach(page)) => pages.push(page),
                Answer::Failed(sentence) => return Content::Failed(sentence),
                // The first says how many there are; the others are asked for at once.
                Answer::Asked | Answer::Ready(_) if at == 0 => return Content::Loading,
                Answer::Asked | Answer::Ready(_) => {}
            }
            if pages[0].n_matching <= (at + 1) * questions::N_REACHED {
                break;
            }
        }
        let n_pages = pages[0]
            .n_matching
            .div_ceil(questions::N_REACHED)
            .clamp(1, addresses.len());
        if pages.len() < n_pages {
            return Content::Loading;
        }
        let mut whole = pages[0].as_ref().clone();
        for page in &pages[1..] {
            whole.rows.extend(page.rows.iter().cloned());
        }
        Content::Reach(whole)
    }

    /// Makes the page say what the URL asks for, as far as the server has answered.
    fn update(self: &Rc<Self>) {
        let query = self.with(|state| state.query.clone());
        self.update_search(&query);
        let content = self.content(&query);
        let (cover, is_loading) = match &content {
            Content::Start => (panes::start(&query), false),
            Content::NoTarget => (panes::no_target(), false),
            Content::Failed(sentence) => (panes::failure(sentence), false),
            Content::Paths(view) if view.paths.is_empty() => (panes::no_path(view), false),
            Content::Loading => (Vec::new(), true),
            Content::Neighbours { .. } | Content::Reach(_) | Content::Paths(_) => (Vec::new(), false),
        };
        let has_scene = self.with(|state| !state.scene.nodes.is_empty());
        let skeleton = is_loading && !has_scene;
        let _ = self
            .root
            .set_attribute("aria-busy", if is_loading { "true" } else { "false" });
        // What was shown before stays until the answer is there.
        let view = match (cover.is_empty(), skeleton) {
            (false, _) => "cover",
            (true, true) => "loading",
            (true, false) => "picture",
        };
        let _ = self.root.set_attribute("data-shows", view);
        fill(&self.parts.cover, cover);
        let blocks = if skeleton { 2 } else { 0 };
        fill(
            &self.parts.loading,
            (0..blocks).map(|_| el("div", "skeleton skeleton-block")),
        );
        self.update_scene(&query, &content);
        self.update_panes(&query, &content);
        self.request_frame();
    }

    fn update_search(self: &Rc<Self>, query: &ExplorerQuery) {
        let field = &self.parts.search;
        if field.value().trim() != query.text {
            field.set_value(&query.text);
        }
        let label = match (query.view, &query.node) {
            (View::Paths, Some(_)) => "Where the path ends",
            _ => "Find an identity, role, credential or resource",
        };
        field.set_placeholder(label);
        if query.text.is_empty() {
            fill(&self.parts.found, []);
            return;
        }
        match self.need(&questions::search(query), Kind::Nodes) {
            Answer::Ready(Body::Nodes(page)) => fill(&self.parts.found, panes::found(query, &page)),
            Answer::Failed(sentence) => fill(&self.parts.found, [el("p", "menu-note").text(&sentence)]),
            Answer::Asked | Answer::Ready(_) => {}
        }
    }

    /// Makes the scene anew, if something that it shows is other than before.
    fn update_scene(self: &Rc<Self>, query: &ExplorerQuery, content: &Content) {
        let size = self.frame_size();
        let made_of = MadeOf {
            is_narrow: arrange::is_narrow(size.0),
            query: ExplorerQuery {
                text: String::new(),
                at: None,
                camera: None,
                ..query.clone()
            },
            edition: self.with(|state| state.answers.edition),
            is_whole: match content {
                Content::Neighbours { is_whole, .. } => *is_whole,
                _ => true,
            },
        };
        if matches!(content, Content::Loading) || self.with(|state| state.made_of.as_ref() == Some(&made_of)) {
            return;
        }
        let mut scene = match content {
            Content::Start | Content::NoTarget | Content::Failed(_) | Content::Loading => Scene::default(),
            Content::Neighbours { opened, .. } => {
                let mut scene = scene::neighbourhood(opened);
                arrange::cards(&mut scene, size);
                scene
            }
            Content::Paths(view) => {
                let mut scene = scene::of_paths(view.paths.iter().flat_map(|path| &path.steps));
                arrange::cards(&mut scene, size);
                scene
            }
            Content::Reach(page) => {
                let mut scene = scene::of_reach(page, &query.fans, query.shown.is_some());
                for node in &mut scene.nodes {
                    node.is_faint = is_left_out(query, &node.what);
                }
                if scene.size() <= LARGE {
                    arrange::rings(&mut scene, size);
                } else {
                    arrange::spread(&mut scene);
                }
                scene
            }
        };
        let large = (scene.size() > LARGE).then(|| self.enlarge(&scene));
        arrange::pin(&mut scene, &query.pins);
        self.with(|state| {
            // What is looked at stays where it is while the picture grows around it.
            let looked_at = query.at.as_ref().or(query.node.as_ref());
            let anchor = looked_at.and_then(|id| Some((state.scene.find(id)?, scene.find(id)?)));
            if let (Some(camera), Some((before, now))) = (&mut state.camera, anchor) {
                camera.x += scene.nodes[now].x - state.scene.nodes[before].x;
                camera.y += scene.nodes[now].y - state.scene.nodes[before].y;
            }
            state.scene = scene;
            state.large = large;
            state.made_of = Some(made_of);
            state.hovered = None;
        });
    }

    /// Sets the workers on a large scene.
    fn enlarge(self: &Rc<Self>, scene: &Scene) -> Large {
        let painted = Rc::clone(self);
        let stage = Stage::new(move || painted.request_frame());
        let ends = arrange::ends(scene);
        let n_nodes = scene.nodes.len();
        let (moved, layout) = (Rc::clone(self), Rc::new(RefCell::new(None::<Worker>)));
        let theirs = Rc::downgrade(&layout);
        let worker = Worker::start(move |message| match message.get(0).as_string().as_deref() {
            Some("ready") => {
                if let Some(layout) = theirs.upgrade()
                    && let Some(worker) = &*layout.borrow()
                {
                    worker.lay_out(n_nodes, &ends);
                }
            }
            Some("positions") => moved.take_positions(&Float32Array::from(message.get(1)).to_vec()),
            Some(_) | None => {}
        });
        layout.replace(worker);
        Large {
            stage,
            _layout: layout,
            is_shown: false,
        }
    }

    /// The newest of a layout: the page does not wait for it, it takes what is there.
    fn take_positions(self: &Rc<Self>, positions: &[f32]) {
        self.with(|state| {
            for (node, place) in state.scene.nodes.iter_mut().zip(positions.chunks_exact(2)) {
                (node.x, node.y) = (f64::from(place[0]), f64::from(place[1]));
            }
            arrange::pin(&mut state.scene, &state.query.pins);
            if let Some(large) = state.large.as_ref().filter(|large| large.is_shown) {
                large.stage.move_to(&drawn(&state.scene).0);
            }
        });
        self.request_frame();
    }

    fn update_panes(&self, query: &ExplorerQuery, content: &Content) {
        let parts = &self.parts;
        let chosen = self.chosen();
        let (scene_is_empty, environments) = self.with(|state| {
            let environments: BTreeSet<String> = state
                .scene
                .nodes
                .iter()
                .filter_map(|node| match &node.what {
                    What::Node(node) => node.environment.clone(),
                    What::Folded { .. } => None,
                })
                .collect();
            (state.scene.nodes.is_empty(), environments)
        });
        fill(&parts.questions, panes::questions(query));
        let environments: Vec<String> = environments.into_iter().collect();
        self.fill_filters(panes::filters(query, &environments));
        if scene_is_empty {
            fill(&parts.exports, []);
            fill(&parts.words, []);
            return;
        }
        fill(&parts.exports, panes::exports());
        let (can_undo, legend, is_pinned) = self.with(|state| {
            let is_pinned = chosen.is_some_and(|at| state.scene.nodes[at].is_pinned);
            (!state.undo.is_empty(), panes::legend(&state.scene), is_pinned)
        });
        let chosen_node = chosen.map(|at| self.with(|state| state.scene.nodes[at].what.clone()));
        let chosen_label = chosen.map(|at| self.with(|state| state.scene.nodes[at].label.clone()));
        fill(&parts.tools, panes::tools(can_undo, chosen_label.as_deref(), is_pinned));
        fill(&parts.legend, legend);
        let (n_nodes, n_edges) = self.with(|state| (state.scene.nodes.len(), state.scene.edges.len()));
        let summary = format!(
            "The access graph: {} and {}",
            words::counted(n_nodes, "node", "nodes"),
            words::counted(n_edges, "edge", "edges")
        );
        let _ = parts.canvas.set_attribute("aria-label", &summary);
        let status = match &chosen_label {
            Some(label) => format!("{label} is chosen. {summary}."),
            None => format!("{summary}."),
        };
        if parts.status.text_content().as_deref() != Some(&status) {
            parts.status.set_text_content(Some(&status));
        }
        match &chosen_node {
            Some(What::Node(node)) => {
                let n_degrees = match content {
                    Content::Neighbours { pages, .. } => {
                        pages.iter().find(|page| page.node.id == node.id).map(|page| {
                            let of = |direction: &str| {
                                let fans = page.fans.iter().filter(|fan| fan.direction == direction);
                                fans.map(|fan| fan.n_edges).sum::<usize>()
                            };
                            (of("out"), of("in"))
                        })
                    }
                    _ => None,
                };
                fill(&parts.side, panes::side(query, node, n_degrees));
            }
            Some(What::Folded { fan, n }) => fill(&parts.side, panes::folded_side(fan, *n)),
            None => fill(&parts.side, [el("p", "muted").text("Choose a node in the picture.")]),
        }
        // Chosen by hand: the table then tells of that node only.
        let by_hand = query.at.as_ref().and(chosen_node.as_ref()).and_then(|what| match what {
            What::Node(node) => Some(node),
            What::Folded { .. } => None,
        });
        let mut coverage = Vec::new();
        let words = match content {
            Content::Neighbours { opened, .. } => {
                let steps = shown_steps(opened);
                panes::steps(&steps, by_hand, query)
            }
            Content::Paths(view) => panes::paths(view, query),
            Content::Reach(page) => self.with(|state| {
                coverage = panes::coverage(page, &state.scene, query);
                panes::reach(page, &state.scene, query)
            }),
            Content::Start | Content::NoTarget | Content::Failed(_) => Vec::new(),
            Content::Loading => return,
        };
        fill(&parts.coverage, coverage);
        fill(&parts.words, words);
    }

    /// Filters are filled anew with every choice; a menu that is open stays open.
    fn fill_filters(&self, filters: Vec<Built>) {
        let menus = || {
            let found = self.parts.filters.query_selector_all("details").ok();
            let count = found.as_ref().map_or(0, |found| found.length());
            (0..count).filter_map(move |at| found.as_ref()?.item(at)?.dyn_into::<Element>().ok())
        };
        let open: Vec<String> = menus()
            .filter(|menu| menu.has_attribute("open"))
            .filter_map(|menu| menu.get_attribute("data-menu"))
            .collect();
        fill(&self.parts.filters, filters);
        for menu in menus() {
            if menu.get_attribute("data-menu").is_some_and(|name| open.contains(&name)) {
                let _ = menu.set_attribute("open", "");
            }
        }
    }

    /// The chosen node: by hand, or else the one that was asked about.
    pub fn chosen(&self) -> Option<usize> {
        self.with(|state| state.chosen())
    }

    /// What is on screen as files.
    pub fn save(self: &Rc<Self>, format: save::Format) {
        let query = self.with(|state| state.query.clone());
        let rows = match self.content(&query) {
            Content::Neighbours { opened, .. } => save::step_rows(&shown_steps(&opened)),
            Content::Paths(view) => save::path_rows(&view),
            Content::Reach(page) => save::reach_rows(&page),
            Content::Start | Content::NoTarget | Content::Loading | Content::Failed(_) => return,
        };
        self.with(|state| {
            if let Some(palette) = &state.palette {
                save::save(format, &state.scene, palette, &rows);
            }
        });
    }

    /// Brings the table into sight, and the focus there.
    pub fn go_to_words(&self) {
        if let Some(words) = self.parts.words.dyn_ref::<HtmlElement>() {
            let _ = words.focus();
        }
    }

    /// Asks for one frame. Frames are drawn only when something has changed.
    pub fn request_frame(self: &Rc<Self>) {
        if self.is_awaited.replace(true) {
            return;
        }
        let explorer = Rc::clone(self);
        let frame = Closure::once_into_js(move || {
            explorer.is_awaited.set(false);
            explorer.paint();
        });
        if let Some(window) = dom::window() {
            // Fails for what is no function.
            let _ = window.request_animation_frame(frame.unchecked_ref());
        }
    }

    fn paint(&self) {
        let mut state = self.state.borrow_mut();
        let Some(window) = dom::window() else { return };
        let ratio = window.device_pixel_ratio().clamp(1.0, 3.0);
        let (width, height) = self.frame_size();
        if width < 1.0 || height < 1.0 {
            return;
        }
        let (device_width, device_height) = ((width * ratio) as u32, (height * ratio) as u32);
        let canvas = &self.parts.canvas;
        if (canvas.width(), canvas.height()) != (device_width, device_height) {
            canvas.set_width(device_width);
            canvas.set_height(device_height);
        }
        state.size = (width, height);
        if state.palette.is_none() {
            state.palette = Some(Palette::read(&window, &self.parts.frame));
        }
        let state = &mut *state;
        let context = &self.parts.context;
        let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
        context.clear_rect(0.0, 0.0, width, height);
        let (Some(palette), Some(camera)) = (&state.palette, state.camera()) else {
            return;
        };
        let sight = Sight {
            scene: &state.scene,
            camera,
            size: state.size,
            chosen: state.chosen(),
            hovered: state.hovered,
        };
        let mut pen = CanvasPen { context, palette };
        let Some(large) = &mut state.large else {
            draw(&sight, &mut pen);
            return;
        };
        if !large.is_shown {
            let (positions, shapes) = drawn(&state.scene);
            let inks = [Ink::Paper, Ink::Edge].into_iter().chain(SHAPES.map(|(ink, _)| ink));
            let colours: Vec<&str> = inks.map(|ink| palette.colour(ink)).collect();
            large
                .stage
                .show(&positions, &shapes, &arrange::ends(&state.scene), &colours);
            large.is_shown = true;
        }
        let is_sharp = large.stage.paint(context, camera, state.size, ratio);
        draw_over(&sight, is_sharp, &mut pen);
    }
}

/// A scene as the stage takes it: positions, and the shape of each node, higher for what a filter leaves out.
fn drawn(scene: &Scene) -> (Vec<f32>, Vec<u8>) {
    let positions = scene.nodes.iter().flat_map(|node| [node.x as f32, node.y as f32]);
    let shapes = scene.nodes.iter().map(|node| {
        let shape = shape_of(node.kind());
        (if node.is_faint { shape + SHAPES.len() } else { shape }) as u8
    });
    (positions.collect(), shapes.collect())
}

/// The steps that are in the picture, each once.
fn shown_steps(opened: &[(NodeView, Vec<FanShown>)]) -> Vec<&StepView> {
    let mut seen = BTreeSet::new();
    let steps = opened
        .iter()
        .flat_map(|(_, fans)| fans.iter().flat_map(|fan| &fan.rows));
    steps
        .filter(|step| seen.insert((&step.from.id, &step.relation, &step.to.id)))
        .collect()
}

/// Whether the filters leave a node out.
fn is_left_out(query: &ExplorerQuery, what: &What) -> bool {
    let What::Node(node) = what else { return false };
    let is_chosen = |known: &[String], value: &Option<String>| {
        known.is_empty() || known.contains(value.as_ref().unwrap_or(&String::new()))
    };
    let has_kind = query.kinds.is_empty() || query.kinds.iter().any(|kind| kind.id() == node.kind);
    let tier = node.tier.as_deref();
    let has_tier = query.tiers.is_empty() || query.tiers.iter().any(|known| Some(known.id()) == tier);
    !(has_kind && has_tier && is_chosen(&query.environments, &node.environment))
}

fn camera_of(camera: shared::api::explorer::Camera) -> Camera {
    Camera {
        x: f64::from(camera.x),
        y: f64::from(camera.y),
        scale: f64::from(camera.thousandths) / 1_000.0,
    }
}

impl State {
    /// What part of the picture is in sight.
    pub fn camera(&self) -> Option<Camera> {
        self.camera.or_else(|| {
            let bounds = self.scene.bounds()?;
            // Names stand beside marks, and cards hold theirs.
            let beside = match self.scene.form {
                Form::Marks => (self.size.0 * 0.2 - 30.0).clamp(24.0, 170.0),
                Form::Cards => 16.0,
            };
            let fitting = Camera::fitting(bounds, self.size, beside);
            // Cards that stand below one another are read a few at a time, if they are many.
            let is_below = self.scene.cards.beside > 0.0;
            match self.chosen().filter(|_| is_below && fitting.scale < CARDS_FROM) {
                Some(at) => Some(Camera::reading(bounds, self.size, beside, self.scene.nodes[at].y)),
                None => Some(fitting),
            }
        })
    }

    pub fn chosen(&self) -> Option<usize> {
        let chosen = self.query.at.as_ref().and_then(|id| self.scene.find(id));
        chosen.or_else(|| self.scene.find(self.query.node.as_ref()?))
    }

    /// Whether nodes can be moved by hand.
    pub fn is_movable(&self) -> bool {
        self.large.is_none()
    }

    /// The node at a place on the canvas.
    pub fn node_at(&self, place: (f64, f64)) -> Option<usize> {
        let sight = Sight {
            scene: &self.scene,
            camera: self.camera()?,
            size: self.size,
            chosen: None,
            hovered: None,
        };
        sight.node_at(place)
    }

    /// The state of the page in which a node is chosen.
    pub fn choosing(&self, at: Option<usize>) -> ExplorerQuery {
        ExplorerQuery {
            at: at.map(|at| self.scene.nodes[at].id()),
            ..self.query.clone()
        }
    }

    /// The state in which a node shows more: its neighbours, or more of those that are folded. Folded again, if they
    /// were shown.
    pub fn opening(&self, at: usize) -> ExplorerQuery {
        let mut query = self.query.clone();
        match &self.scene.nodes[at].what {
            What::Folded { fan, .. } => {
                query.fans.retain(|known| {
                    (&known.node, known.direction, known.relation) != (&fan.node, fan.direction, fan.relation)
                });
                query.fans.push(fan.clone());
                query.at = Some(fan.node.clone());
            }
            What::Node(node) => {
                let n_before = query.open.len();
                query.open.retain(|id| *id != node.id);
                if query.open.len() == n_before && query.node.as_ref() != Some(&node.id) {
                    query.open.push(node.id.clone());
                }
                query.at = Some(node.id.clone());
            }
        }
        query
    }

    /// The state in which a node stands where it stands now, or is let go.
    pub fn pinning(&self, at: usize, is_pinned: bool) -> ExplorerQuery {
        let mut query = self.query.clone();
        let node = &self.scene.nodes[at];
        let id = node.id();
        query.pins.retain(|pin| pin.node != id);
        if is_pinned {
            query.pins.push(Pin {
                node: id,
                x: node.x.round() as i32,
                y: node.y.round() as i32,
            });
        }
        query
    }

    /// The state with what is in sight now.
    pub fn seeing(&self) -> ExplorerQuery {
        let camera = self.camera.map(|camera| shared::api::explorer::Camera {
            x: camera.x.round() as i32,
            y: camera.y.round() as i32,
            thousandths: (camera.scale * 1_000.0).round().max(1.0) as u32,
        });
        ExplorerQuery {
            camera,
            ..self.query.clone()
        }
    }
}
