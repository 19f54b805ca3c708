//! Gives the nodes of a scene their places.

use shared::api::explorer::Pin;
use shared::graph::layout::force;
use shared::graph::layout::layered::layered;
use shared::graph::layout::radial::radial;

use crate::draw::{CARDS_FROM, LINES_FROM};
use crate::scene::{Cards, Scene};

/// Between two columns of cards: room for a relation's name.
const BETWEEN: f64 = 104.0;
/// Between two rows.
const GAP: f64 = 16.0;
/// Right of cards that stand below one another: room for the ways of their edges, with the relations' names.
const BESIDE: [f64; 2] = [112.0, 170.0];
/// What [`Camera::fitting`](crate::camera::Camera::fitting) leaves free around cards.
const MARGINS: (f64, f64) = (32.0, 48.0);
/// A picture that is no wider has no room for columns of cards, and is looked at from the top.
const NARROW: f64 = 560.0;
/// The pixels of one unit of [`radial`].
const RING_UNIT: f64 = 56.0;
/// The farthest that rings are made ovals, to use the height of a narrow picture.
const MAX_STRETCH: f64 = 1.8;
/// Of layouts by forces.
pub const SEED: u32 = 1;

/// Whether a picture is arranged as those on a phone are.
pub fn is_narrow(width: f64) -> bool {
    width <= NARROW
}

/// Cards in a picture of a size: in columns, so that access runs from left to right; where these had to be so small that
/// nobody can read them, below one another.
pub fn cards(scene: &mut Scene, (width, height): (f64, f64)) {
    let laid_out = layered(scene.nodes.len(), &ends(scene));
    let places = || laid_out.positions.iter().chain(laid_out.bends.iter().flatten());
    let extent = |axis: usize| {
        let along = || places().map(|place| place[axis]);
        f64::from(along().fold(f32::MIN, f32::max) - along().fold(f32::MAX, f32::min))
    };
    if scene.nodes.is_empty() {
        return;
    }
    let (n_gaps, n_rows) = (extent(0), extent(1) + 1.0);
    let free = (width - MARGINS.0, height - MARGINS.1);
    let widest = scene.widest_card();
    let sized = |width: f64, n_lines: usize, beside: f64| Cards { width, n_lines, beside };
    let scale = |cards: Cards, n_gaps: f64, n_rows: f64| {
        let across = cards.width * (n_gaps + 1.0) + BETWEEN * n_gaps + cards.beside;
        (free.0 / across).min(free.1 / (n_rows * (cards.height() + GAP) - GAP))
    };
    let room = (free.0 - BETWEEN * n_gaps) / (n_gaps + 1.0);
    // No `clamp`: where its bounds are not constant, it brings the printing of floats along, a tenth of the program.
    let card_width = room.min(widest).max(Cards::NARROWEST);
    let in_full = sized(card_width, scene.n_lines(card_width), 0.0);
    let low = Cards { n_lines: 1, ..in_full };
    let beside = (free.0 - widest).clamp(BESIDE[0], BESIDE[1]);
    let card_width = (free.0 - beside).min(widest).max(Cards::NARROWEST);
    let below = sized(card_width, scene.n_lines(card_width), beside);
    let is_below = scale(low, n_gaps, n_rows) < CARDS_FROM
        && (is_narrow(width) || scale(below, 0.0, scene.nodes.len() as f64) >= CARDS_FROM);
    if is_below {
        scene.write_cards(below);
        return stand_below(scene, &laid_out.positions);
    }
    // Names in full, unless the height for them would cost what else a card says.
    let is_full = scale(in_full, n_gaps, n_rows) >= scale(low, n_gaps, n_rows).min(LINES_FROM);
    scene.write_cards(if is_full { in_full } else { low });
    let (column, row) = (scene.cards.width + BETWEEN, scene.cards.height() + GAP);
    let place = |[x, y]: [f32; 2]| (f64::from(x) * column, f64::from(y) * row);
    for (node, position) in scene.nodes.iter_mut().zip(laid_out.positions) {
        (node.x, node.y) = place(position);
    }
    for (edge, bends) in scene.edges.iter_mut().zip(laid_out.bends) {
        edge.bends = bends.into_iter().map(place).collect();
    }
}

/// One card a row, column after column.
fn stand_below(scene: &mut Scene, positions: &[[f32; 2]]) {
    let row = scene.cards.height() + GAP;
    for (at, node) in scene.nodes.iter_mut().enumerate() {
        let own = positions[at];
        let is_before = |&(other, place): &(usize, &[f32; 2])| (place[0], place[1], other) < (own[0], own[1], at);
        let n_before = positions.iter().enumerate().filter(is_before).count();
        (node.x, node.y) = (0.0, n_before as f64 * row);
    }
    for edge in &mut scene.edges {
        edge.bends.clear();
    }
}

/// Rings around what was asked about, by how many steps away they are.
pub fn rings(scene: &mut Scene, (width, height): (f64, f64)) {
    let n_nodes = scene.nodes.len();
    let mut ends = ends(scene);
    let positions = match scene.n_starts {
        0 | 1 => radial(n_nodes, &ends, 0),
        // Several stand around a middle where nothing is.
        n_starts => {
            ends.extend((0..n_starts).map(|start| (n_nodes as u32, start as u32)));
            radial(n_nodes + 1, &ends, n_nodes as u32)
        }
    };
    for (node, [x, y]) in scene.nodes.iter_mut().zip(positions) {
        (node.x, node.y) = (f64::from(x) * RING_UNIT, f64::from(y) * RING_UNIT);
    }
    if let Some([left, top, right, bottom]) = scene.bounds().filter(|_| is_narrow(width)) {
        let stretch = height / (bottom - top) * (right - left) / width.max(1.0);
        for node in &mut scene.nodes {
            node.y *= stretch.clamp(1.0, MAX_STRETCH);
        }
    }
}

/// Where a layout by forces begins, until a worker knows better.
pub fn spread(scene: &mut Scene) {
    let places = force::spread(scene.nodes.len(), SEED);
    for (node, place) in scene.nodes.iter_mut().zip(places.chunks_exact(2)) {
        (node.x, node.y) = (f64::from(place[0]), f64::from(place[1]));
    }
}

/// Puts pinned nodes where they were put.
pub fn pin(scene: &mut Scene, pins: &[Pin]) {
    for pin in pins {
        if let Some(at) = scene.find(&pin.node) {
            scene.move_to(at, (f64::from(pin.x), f64::from(pin.y)));
        }
    }
}

/// The edges as pairs of nodes.
pub fn ends(scene: &Scene) -> Vec<(u32, u32)> {
    scene
        .edges
        .iter()
        .map(|edge| (edge.from as u32, edge.to as u32))
        .collect()
}
