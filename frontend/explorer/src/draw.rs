//! Draws a scene: edges, nodes, and as many names as fit without touching each other.

use std::collections::BTreeMap;

use shared::charts::svg::text_width;
use shared::model::relation::Relation;

use crate::camera::Camera;
use crate::pen::{Anchor, Ink, Letters, Pen, Step, Stroke};
use crate::scene::{Form, LINE_SIZE, NAME_LINE, NAME_SIZE, STRONG, Scene, SceneEdge, SceneNode, TEXT_AT, What};

/// The size of names beside marks and on edges, in pixels whatever the scale.
const LABEL_SIZE: f64 = 12.0;
const LABEL_HEIGHT: f64 = 16.0;
/// The widest name beside a mark.
const LABEL_ROOM: f64 = 190.0;
/// Below this scale a card's text is too small to be read, and marks are drawn instead.
pub const CARDS_FROM: f64 = 0.72;
/// Below this scale a card says only its name.
pub const LINES_FROM: f64 = 0.82;
/// What a filter leaves out.
pub const FAINT: f64 = 0.25;
/// Nodes whose names are tried: of a large picture those that matter most.
const MAX_TRIED: usize = 2_000;
/// How many pixels of a large picture there are for each name in it: names on all of it would hide the rest.
const NAME_AREA: f64 = 12_000.0;
/// The radius of a mark.
const MARK: f64 = 6.5;

/// What is drawn, and how it is looked at.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    pub scene: &'a Scene,
    pub camera: Camera,
    /// Of the picture, in pixels.
    pub size: (f64, f64),
    pub chosen: Option<usize>,
    pub hovered: Option<usize>,
}

/// A rectangle that is taken: left, top, right, bottom.
type Rect = [f64; 4];

/// Draws all of it.
pub fn draw(sight: &Sight<'_>, pen: &mut impl Pen) {
    let form = sight.form();
    for (at, edge) in sight.scene.edges.iter().enumerate() {
        if !sight.is_marked(edge) {
            draw_edge(sight, at, form, pen);
        }
    }
    for (at, edge) in sight.scene.edges.iter().enumerate() {
        if sight.is_marked(edge) {
            draw_edge(sight, at, form, pen);
        }
    }
    let mut taken: Vec<Rect> = Vec::new();
    for (at, node) in sight.scene.nodes.iter().enumerate() {
        pen.opacity(if node.is_faint { FAINT } else { 1.0 });
        match form {
            Form::Cards => taken.push(draw_card(sight, at, pen)),
            Form::Marks => taken.push(draw_mark(sight, at, pen)),
        }
    }
    pen.opacity(1.0);
    match form {
        Form::Cards => name_relations(sight, &mut taken, pen),
        Form::Marks => name_marks(sight, &mut taken, usize::MAX, pen),
    }
}

/// What is drawn over a large scene, whose picture is made elsewhere: what is chosen or pointed at with its edges, and,
/// when the picture is sharp, names.
pub fn draw_over(sight: &Sight<'_>, is_sharp: bool, pen: &mut impl Pen) {
    for (at, edge) in sight.scene.edges.iter().enumerate() {
        if sight.is_marked(edge) {
            draw_edge(sight, at, Form::Marks, pen);
        }
    }
    pen.opacity(1.0);
    let mut taken: Vec<Rect> = Vec::new();
    for at in [sight.chosen, sight.hovered].into_iter().flatten() {
        taken.push(draw_mark(sight, at, pen));
    }
    if is_sharp {
        let most = (sight.size.0 * sight.size.1 / NAME_AREA) as usize;
        name_marks(sight, &mut taken, most, pen);
    }
}

impl Sight<'_> {
    /// How nodes are drawn at this scale.
    pub fn form(&self) -> Form {
        match self.scene.form {
            Form::Cards if self.camera.scale >= CARDS_FROM => Form::Cards,
            Form::Cards | Form::Marks => Form::Marks,
        }
    }

    fn place(&self, at: usize) -> (f64, f64) {
        let node = &self.scene.nodes[at];
        self.camera.to_screen((node.x, node.y), self.size)
    }

    /// Whether an edge belongs to what is chosen or pointed at.
    fn is_marked(&self, edge: &SceneEdge) -> bool {
        let is_end = |node: Option<usize>| node.is_some_and(|node| edge.from == node || edge.to == node);
        is_end(self.chosen) || is_end(self.hovered)
    }

    /// The node at a place on screen.
    pub fn node_at(&self, (x, y): (f64, f64)) -> Option<usize> {
        let (half_width, half_height) = match self.form() {
            Form::Cards => (
                self.scene.cards.width / 2.0 * self.camera.scale,
                self.scene.cards.height() / 2.0 * self.camera.scale,
            ),
            // Larger than the mark: a finger is.
            Form::Marks => (MARK + 6.0, MARK + 6.0),
        };
        let is_near = |at: &usize| {
            let (node_x, node_y) = self.place(*at);
            (node_x - x).abs() <= half_width && (node_y - y).abs() <= half_height
        };
        let distance = |at: &usize| {
            let (node_x, node_y) = self.place(*at);
            (node_x - x).hypot(node_y - y)
        };
        let near = (0..self.scene.nodes.len()).filter(is_near);
        near.min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }
}

/// The way of an edge on screen: from point to point, flat where it passes them.
struct Way {
    points: Vec<(f64, f64)>,
    /// Straight from end to end.
    is_straight: bool,
}

impl Way {
    fn of(sight: &Sight<'_>, edge: &SceneEdge, form: Form) -> Way {
        let (from, to) = (sight.place(edge.from), sight.place(edge.to));
        let bends = edge.bends.iter().map(|bend| sight.camera.to_screen(*bend, sight.size));
        let mut points: Vec<(f64, f64)> = vec![from];
        points.extend(bends);
        points.push(to);
        if sight.scene.form == Form::Marks {
            return Way::straight(from, to);
        }
        let half = match form {
            Form::Cards => sight.scene.cards.width / 2.0 * sight.camera.scale,
            Form::Marks => MARK + 2.0,
        };
        let n = points.len();
        let (first, last) = (points[1].0 - from.0, to.0 - points[n - 2].0);
        // Above each other: out on the right, and in again there.
        let (start, end) = match first.abs() < half {
            true if n == 2 => (half, half),
            true | false => (half * sign(first), -half * sign(last)),
        };
        points[0].0 += start;
        points[n - 1].0 += end;
        Way {
            points,
            is_straight: false,
        }
    }

    /// Between two marks, from rim to rim.
    fn straight(from: (f64, f64), to: (f64, f64)) -> Way {
        let (right, down) = (to.0 - from.0, to.1 - from.1);
        let length = right.hypot(down).max(1.0);
        let (right, down) = (right / length * (MARK + 2.0), down / length * (MARK + 2.0));
        Way {
            points: vec![(from.0 + right, from.1 + down), (to.0 - right, to.1 - down)],
            is_straight: true,
        }
    }

    /// The control points between a point and the next.
    fn curve(&self, at: usize) -> [f64; 6] {
        let ((x, y), (to_x, to_y)) = (self.points[at], self.points[at + 1]);
        let mut reach = (to_x - x) / 2.0;
        let (mut back, is_end) = (to_x - reach, at + 2 == self.points.len());
        if is_end && at == 0 && reach.abs() < 12.0 {
            // What goes farther goes around what goes less far.
            reach = 44.0 + ((to_y - y).abs() / 8.0).min(56.0);
            back = to_x + reach;
        }
        [x + reach, y, back, to_y, to_x, to_y]
    }

    fn steps(&self) -> Vec<Step> {
        let (x, y) = self.points[0];
        let mut steps = vec![Step::Move(x, y)];
        for at in 0..self.points.len() - 1 {
            steps.push(match self.is_straight {
                true => Step::Line(self.points[at + 1].0, self.points[at + 1].1),
                false => Step::Curve(self.curve(at)),
            });
        }
        steps
    }

    /// A point on the way, 0 being its start and 1 its end.
    fn point(&self, part: f64) -> (f64, f64) {
        let n = self.points.len() - 1;
        let along = part * n as f64;
        let at = (along as usize).min(n - 1);
        let t = along - at as f64;
        let (x, y) = self.points[at];
        if self.is_straight {
            let (to_x, to_y) = self.points[at + 1];
            return (x + (to_x - x) * t, y + (to_y - y) * t);
        }
        let [a, b, c, d, to_x, to_y] = self.curve(at);
        let s = 1.0 - t;
        let mix =
            |p: f64, q: f64, r: f64, u: f64| s * s * s * p + 3.0 * s * s * t * q + 3.0 * s * t * t * r + t * t * t * u;
        (mix(x, a, c, to_x), mix(y, b, d, to_y))
    }

    /// Where it comes from at its end, one pixel long.
    fn heading(&self) -> (f64, f64) {
        let n = self.points.len();
        let (to, before) = (self.points[n - 1], self.points[n - 2]);
        if self.is_straight {
            let length = (to.0 - before.0).hypot(to.1 - before.1).max(1.0);
            return ((to.0 - before.0) / length, (to.1 - before.1) / length);
        }
        let [_, _, back, _, x, _] = self.curve(n - 2);
        (sign(x - back), 0.0)
    }
}

fn sign(number: f64) -> f64 {
    if number < 0.0 { -1.0 } else { 1.0 }
}

fn draw_edge(sight: &Sight<'_>, at: usize, form: Form, pen: &mut impl Pen) {
    let edge = &sight.scene.edges[at];
    let is_faint = sight.scene.nodes[edge.from].is_faint || sight.scene.nodes[edge.to].is_faint;
    pen.opacity(if is_faint { FAINT } else { 1.0 });
    let (ink, width) = match sight.is_marked(edge) {
        true => (Ink::Accent, 1.8),
        false => (Ink::Edge, 1.1),
    };
    let stroke = Stroke {
        ink,
        width,
        is_dashed: edge.is_conditional,
    };
    if edge.from == edge.to {
        let (x, y) = sight.place(edge.from);
        let (right, top) = match form {
            Form::Cards => (
                x + sight.scene.cards.width / 2.0 * sight.camera.scale,
                y - sight.scene.cards.height() / 2.0 * sight.camera.scale,
            ),
            Form::Marks => (x + MARK, y - MARK),
        };
        let looped = [right + 2.0, top - 14.0, right + 20.0, top + 2.0, right, top + 8.0];
        pen.path(
            &[Step::Move(right - 12.0, top), Step::Curve(looped)],
            None,
            Some(stroke),
        );
        return;
    }
    let way = Way::of(sight, edge, form);
    pen.path(&way.steps(), None, Some(stroke));
    let (right, down) = way.heading();
    let (x, y) = way.points[way.points.len() - 1];
    let (back_x, back_y) = (x - 7.0 * right, y - 7.0 * down);
    let head = [
        Step::Move(x, y),
        Step::Line(back_x - 3.5 * down, back_y + 3.5 * right),
        Step::Line(back_x + 3.5 * down, back_y - 3.5 * right),
        Step::Close,
    ];
    pen.path(&head, Some(ink), None);
}

fn draw_card(sight: &Sight<'_>, at: usize, pen: &mut impl Pen) -> Rect {
    let node = &sight.scene.nodes[at];
    let (x, y) = sight.place(at);
    let scale = sight.camera.scale;
    let cards = sight.scene.cards;
    let (width, height) = (cards.width * scale, cards.height() * scale);
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let is_folded = matches!(node.what, What::Folded { .. });
    let (fill, ink, line) = match (sight.chosen == Some(at), sight.hovered == Some(at)) {
        (true, _) => (Ink::AccentSoft, Ink::Accent, 2.0),
        (false, true) => (Ink::Paper, Ink::Accent, 1.4),
        (false, false) => (if is_folded { Ink::Quiet } else { Ink::Paper }, Ink::Edge, 1.0),
    };
    let stroke = Stroke {
        ink,
        width: line,
        is_dashed: is_folded,
    };
    pen.path(
        &rounded(left, top, width, height, 7.0 * scale),
        Some(fill),
        Some(stroke),
    );
    mark(node, (left + TEXT_AT / 2.0 * scale, y), MARK * scale, pen);
    let letters = Letters {
        size: NAME_SIZE * scale,
        ink: Ink::Text,
        is_strong: true,
        anchor: Anchor::Start,
    };
    let text_at = left + TEXT_AT * scale;
    let has_line = scale >= LINES_FROM;
    let n_names = node.name.len() as f64;
    // All lines together stand in the middle.
    let up = (n_names - 1.0) / 2.0 * NAME_LINE + if has_line { 7.5 } else { 0.0 };
    for (at, name) in node.name.iter().enumerate() {
        pen.text(name, (text_at, y + (at as f64 * NAME_LINE - up) * scale), letters);
    }
    if has_line {
        let letters = Letters {
            size: LINE_SIZE * scale,
            ink: if is_powerful(node) { Ink::Bad } else { Ink::TextQuiet },
            is_strong: false,
            anchor: Anchor::Start,
        };
        let down = (n_names - 1.0) / 2.0 * NAME_LINE + 9.0;
        pen.text(&node.line, (text_at, y + down * scale), letters);
    }
    if node.is_pinned {
        let dot = disc((left + width - 9.0 * scale, top + 9.0 * scale), 3.0 * scale);
        pen.path(&dot, Some(Ink::Accent), None);
    }
    [left - 2.0, top - 2.0, left + width + 2.0, top + height + 2.0]
}

fn is_powerful(node: &SceneNode) -> bool {
    match &node.what {
        What::Node(node) => matches!(node.tier.as_deref(), Some("administrator" | "escalates")),
        What::Folded { .. } => false,
    }
}

fn draw_mark(sight: &Sight<'_>, at: usize, pen: &mut impl Pen) -> Rect {
    let node = &sight.scene.nodes[at];
    let (x, y) = sight.place(at);
    if sight.chosen == Some(at) || sight.hovered == Some(at) {
        let stroke = Stroke {
            ink: Ink::Accent,
            width: 2.0,
            is_dashed: false,
        };
        pen.path(&disc((x, y), MARK + 4.5), Some(Ink::AccentSoft), Some(stroke));
    }
    mark(node, (x, y), MARK, pen);
    [x - MARK - 2.0, y - MARK - 2.0, x + MARK + 2.0, y + MARK + 2.0]
}

/// Names relations on their edges: one name for edges that run together from or to one node.
fn name_relations(sight: &Sight<'_>, taken: &mut Vec<Rect>, pen: &mut impl Pen) {
    let edges = &sight.scene.edges;
    let mut n_from: BTreeMap<(usize, &[Relation]), usize> = BTreeMap::new();
    let mut n_to: BTreeMap<(usize, &[Relation]), usize> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| edge.from != edge.to) {
        *n_from.entry((edge.from, &edge.relations)).or_insert(0) += 1;
        *n_to.entry((edge.to, &edge.relations)).or_insert(0) += 1;
    }
    // By the node that more of them share, and whether they leave it.
    let mut bundles: BTreeMap<(usize, bool, &[Relation]), Vec<usize>> = BTreeMap::new();
    for (at, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.from != edge.to) {
        let leaves = n_from[&(edge.from, edge.relations.as_slice())] >= n_to[&(edge.to, edge.relations.as_slice())];
        let shared = if leaves { edge.from } else { edge.to };
        bundles.entry((shared, leaves, &edge.relations)).or_default().push(at);
    }
    let is_marked = |bundle: &Vec<usize>| bundle.iter().any(|at| sight.is_marked(&edges[*at]));
    let mut bundles = Vec::from_iter(bundles);
    bundles.sort_by_key(|(_, bundle)| !is_marked(bundle));
    for ((_, leaves, relations), mut bundle) in bundles {
        let name: Vec<&str> = relations.iter().map(|relation| relation.verb()).collect();
        let name = name.join(", ");
        let other_end = |at: &usize| {
            let edge = &edges[*at];
            sight.scene.nodes[if leaves { edge.to } else { edge.from }].y
        };
        bundle.sort_by(|a, b| other_end(a).total_cmp(&other_end(b)));
        // From the middle of the bundle to its sides.
        let middle = bundle.len() / 2;
        let (before, after) = bundle.split_at(middle);
        let mut order: Vec<usize> = after.first().into_iter().copied().collect();
        order.extend(before.iter().rev().copied());
        order.extend(after.iter().skip(1).copied());
        let width = text_width(&name, LINE_SIZE) + 8.0;
        let parts = if leaves {
            [0.5, 0.62, 0.4, 0.74, 0.3]
        } else {
            [0.5, 0.38, 0.6, 0.26, 0.7]
        };
        let places = order.iter().take(8).flat_map(|at| {
            let way = Way::of(sight, &edges[*at], Form::Cards);
            parts.map(|part| way.point(part))
        });
        // Beside cards that stand below one another.
        let cards = sight.scene.cards;
        let from = sight.place(edges[bundle[0]].from).0 + cards.width / 2.0 * sight.camera.scale;
        let least = if cards.beside > 0.0 {
            from + width / 2.0 + 4.0
        } else {
            f64::MIN
        };
        for (x, y) in places.map(|(x, y)| (x.max(least), y)) {
            let rect = [x - width / 2.0, y - 8.0, x + width / 2.0, y + 8.0];
            if !is_free(&rect, taken) {
                continue;
            }
            taken.push(rect);
            let paper = rounded(rect[0], rect[1], width, 16.0, 4.0);
            pen.path(&paper, Some(Ink::Paper), None);
            let letters = Letters {
                size: LINE_SIZE,
                ink: if is_marked(&bundle) {
                    Ink::Accent
                } else {
                    Ink::TextQuiet
                },
                is_strong: false,
                anchor: Anchor::Middle,
            };
            pen.text(&name, (x, y), letters);
            break;
        }
    }
}

/// Names nodes beside their marks, so many at most, those that matter most first, as long as there is room.
fn name_marks(sight: &Sight<'_>, taken: &mut Vec<Rect>, most: usize, pen: &mut impl Pen) {
    let scene = sight.scene;
    let mut n_edges = vec![0usize; scene.nodes.len()];
    for edge in &scene.edges {
        n_edges[edge.from] += 1;
        n_edges[edge.to] += 1;
    }
    let mut order: Vec<usize> = (0..scene.nodes.len()).collect();
    let rank = |at: &usize| match () {
        () if sight.hovered == Some(*at) => 0,
        () if sight.chosen == Some(*at) => 1,
        () if *at < scene.n_starts.max(1) => 2,
        () if scene.nodes[*at].is_faint => 4,
        () => 3,
    };
    let middle = scene.bounds().map_or(0.0, |[left, _, right, _]| {
        sight.camera.to_screen(((left + right) / 2.0, 0.0), sight.size).0
    });
    let is_in_sight = |at: &usize| {
        let (x, y) = sight.place(*at);
        x >= 0.0 && y >= 0.0 && x <= sight.size.0 && y <= sight.size.1
    };
    order.retain(is_in_sight);
    order.sort_by_key(|at| (rank(at), std::cmp::Reverse(n_edges[*at])));
    let mut n_named = 0;
    for at in order.into_iter().take(MAX_TRIED) {
        let node = &scene.nodes[at];
        let (x, y) = sight.place(at);
        let room = LABEL_ROOM.min(sight.size.0 / 4.0);
        let is_strong = at < scene.n_starts.max(1) || sight.chosen == Some(at);
        let stretch = if is_strong { STRONG } else { 1.08 };
        // As it will be cut at most: most names that are tried find no room.
        let width = text_width(&node.label, LABEL_SIZE).min(room) * stretch + 4.0;
        let gap = MARK + 5.0;
        // Outwards first: what leads further lies there less often than edges to the middle.
        let is_left = x < middle - 1.0;
        let right = (
            [x + gap, y - LABEL_HEIGHT / 2.0, x + gap + width, y + LABEL_HEIGHT / 2.0],
            Anchor::Start,
        );
        let left = (
            [x - gap - width, y - LABEL_HEIGHT / 2.0, x - gap, y + LABEL_HEIGHT / 2.0],
            Anchor::End,
        );
        let below = (
            [x - width / 2.0, y + gap, x + width / 2.0, y + gap + LABEL_HEIGHT],
            Anchor::Middle,
        );
        let sides = if is_left {
            [left, right, below]
        } else {
            [right, left, below]
        };
        let is_whole = |rect: &Rect| rect[0] >= 0.0 && rect[2] <= sight.size.0 && rect[3] <= sight.size.1;
        let free = sides
            .into_iter()
            .find(|(rect, _)| is_whole(rect) && is_free(rect, taken));
        let Some((rect, anchor)) = free else { continue };
        if n_named == most {
            return;
        }
        n_named += 1;
        taken.push(rect);
        let letters = Letters {
            size: LABEL_SIZE,
            ink: if node.is_faint { Ink::TextQuiet } else { Ink::Text },
            is_strong,
            anchor,
        };
        // The paper behind keeps edges out of the letters.
        let paper = rounded(
            rect[0] - 1.0,
            rect[1] + 1.0,
            rect[2] - rect[0] + 2.0,
            LABEL_HEIGHT - 2.0,
            3.0,
        );
        pen.opacity(0.85);
        pen.path(&paper, Some(Ink::Paper), None);
        pen.opacity(1.0);
        let text_x = match anchor {
            Anchor::Start => rect[0],
            Anchor::Middle => x,
            Anchor::End => rect[2],
        };
        let name = crate::scene::cut(&node.label, LABEL_SIZE, room);
        pen.text(&name, (text_x, (rect[1] + rect[3]) / 2.0), letters);
    }
}

fn is_free(rect: &Rect, taken: &[Rect]) -> bool {
    let touches = |other: &Rect| rect[0] < other[2] && rect[2] > other[0] && rect[1] < other[3] && rect[3] > other[1];
    !taken.iter().any(touches)
}

fn rounded(left: f64, top: f64, width: f64, height: f64, r: f64) -> [Step; 10] {
    let (right, bottom) = (left + width, top + height);
    [
        Step::Move(left + r, top),
        Step::Line(right - r, top),
        Step::Curve([right, top, right, top, right, top + r]),
        Step::Line(right, bottom - r),
        Step::Curve([right, bottom, right, bottom, right - r, bottom]),
        Step::Line(left + r, bottom),
        Step::Curve([left, bottom, left, bottom, left, bottom - r]),
        Step::Line(left, top + r),
        Step::Curve([left, top, left, top, left + r, top]),
        Step::Close,
    ]
}

fn disc((x, y): (f64, f64), r: f64) -> [Step; 6] {
    /// How far control points lie from the ends of a quarter of a circle of radius one.
    const ROUND: f64 = 0.552_284_75;
    let k = r * ROUND;
    [
        Step::Move(x + r, y),
        Step::Curve([x + r, y + k, x + k, y + r, x, y + r]),
        Step::Curve([x - k, y + r, x - r, y + k, x - r, y]),
        Step::Curve([x - r, y - k, x - k, y - r, x, y - r]),
        Step::Curve([x + k, y - r, x + r, y - k, x + r, y]),
        Step::Close,
    ]
}

/// Kinds differ by shape as well as by colour.
fn mark(node: &SceneNode, (x, y): (f64, f64), r: f64, pen: &mut impl Pen) {
    let shape = shape_of(node.kind());
    let ink = Some(SHAPES[shape].0);
    let Some(corners) = corners(shape) else {
        pen.path(&disc((x, y), r), ink, None);
        return;
    };
    let mut steps: Vec<Step> = Vec::with_capacity(corners.len() + 1);
    for (at, (right, down)) in corners.iter().enumerate() {
        let (x, y) = (x + right * r, y + down * r);
        steps.push(if at == 0 { Step::Move(x, y) } else { Step::Line(x, y) });
    }
    steps.push(Step::Close);
    pen.path(&steps, ink, None);
}

/// The shape of a kind, one of [`SHAPES`].
pub fn shape_of(kind: &str) -> usize {
    match kind {
        "identity" => 0,
        "workload" => 1,
        "credential" => 2,
        "role" | "policy" => 3,
        "group" => 4,
        "resource" => 5,
        "trust_source" => 6,
        "" => 7,
        _ => 8,
    }
}

/// The outline of a shape of radius one; `None` is a disc.
pub fn corners(shape: usize) -> Option<&'static [(f64, f64)]> {
    SHAPES[shape].1
}

type Shape = (Ink, Option<&'static [(f64, f64)]>);

/// Each shape with its colour.
pub const SHAPES: [Shape; 9] = [
    (Ink::Identity, None),
    (
        Ink::Identity,
        Some(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
    ),
    (
        Ink::Credential,
        Some(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
    ),
    (Ink::Role, Some(&[(0.0, -1.1), (1.1, 0.9), (-1.1, 0.9)])),
    (Ink::Role, Some(&[(0.0, 1.1), (1.1, -0.9), (-1.1, -0.9)])),
    (
        Ink::Resource,
        Some(&[
            (-1.0, -0.55),
            (0.0, -1.1),
            (1.0, -0.55),
            (1.0, 0.55),
            (0.0, 1.1),
            (-1.0, 0.55),
        ]),
    ),
    (
        Ink::Outside,
        Some(&[
            (-0.4, -1.0),
            (0.4, -1.0),
            (1.0, -0.4),
            (1.0, 0.4),
            (0.4, 1.0),
            (-0.4, 1.0),
            (-1.0, 0.4),
            (-1.0, -0.4),
        ]),
    ),
    // A cross: there is more.
    (
        Ink::Other,
        Some(&[
            (-0.25, -1.0),
            (0.25, -1.0),
            (0.25, -0.25),
            (1.0, -0.25),
            (1.0, 0.25),
            (0.25, 0.25),
            (0.25, 1.0),
            (-0.25, 1.0),
            (-0.25, 0.25),
            (-1.0, 0.25),
            (-1.0, -0.25),
            (-0.25, -0.25),
        ]),
    ),
    (Ink::Other, Some(&[(-1.1, -0.4), (1.1, -0.4), (1.1, 0.4), (-1.1, 0.4)])),
];
