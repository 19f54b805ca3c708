//! Gives the nodes of a scene their places.

use shared::api::explorer::Pin;
use shared::graph::layout::force;
use shared::graph::layout::layered::layered;
use shared::graph::layout::radial::radial;

use crate::draw::CARDS_FROM;
use crate::scene::{CARD_HEIGHT, CARD_WIDTH, Form, Scene};

/// From the middle of one column of cards to the next: room for a relation's name between them.
const COLUMN: f64 = CARD_WIDTH + 104.0;
const ROW: f64 = CARD_HEIGHT + 16.0;
/// The pixels of one unit of [`radial`].
const RING_UNIT: f64 = 56.0;
/// The farthest that rows are moved apart, and rings made ovals, to use the height of a narrow picture.
const MAX_STRETCH: f64 = 3.0;
const MAX_RING_STRETCH: f64 = 1.6;
/// Of layouts by forces.
pub const SEED: u32 = 1;

/// Columns: access runs from left to right.
pub fn columns(scene: &mut Scene) {
    let laid_out = layered(scene.nodes.len(), &ends(scene));
    let place = |[x, y]: [f32; 2]| (f64::from(x) * COLUMN, f64::from(y) * ROW);
    for (node, position) in scene.nodes.iter_mut().zip(laid_out.positions) {
        (node.x, node.y) = place(position);
    }
    for (edge, bends) in scene.edges.iter_mut().zip(laid_out.bends) {
        edge.bends = bends.into_iter().map(place).collect();
    }
}

/// Rings around what was asked about, by how many steps away they are.
pub fn rings(scene: &mut Scene) {
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
}

/// Uses the height that is there, where the width leaves no room for cards: on a phone, and of long paths.
pub fn fill_height(scene: &mut Scene, (width, height): (f64, f64)) {
    let Some([left, top, right, bottom]) = scene.bounds() else {
        return;
    };
    let scale = width / (right - left);
    if scale >= CARDS_FROM || width < 1.0 {
        return;
    }
    let most = match scene.form {
        Form::Cards => MAX_STRETCH,
        Form::Marks => MAX_RING_STRETCH,
    };
    let stretch = (height / scale / (bottom - top)).clamp(1.0, most);
    for node in &mut scene.nodes {
        node.y *= stretch;
    }
    for bend in scene.edges.iter_mut().flat_map(|edge| &mut edge.bends) {
        bend.1 *= stretch;
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
