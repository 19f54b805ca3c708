//! Neighbourhoods: one node in the middle, and rings of what is one step away, two, three.

use std::collections::VecDeque;

/// The least way along a ring between two nodes, and between two rings.
const APART: f32 = 1.0;
const RING: f32 = 3.0;

/// The positions of nodes `0..n_nodes` around `middle`. Each node has a part of its ring as wide as what lies beyond
/// it needs, so that edges to the next ring do not cross; nodes that no edge leads to are on a last ring of their own.
/// Edges count both ways.
pub fn radial(n_nodes: usize, edges: &[(u32, u32)], middle: u32) -> Vec<[f32; 2]> {
    if n_nodes == 0 {
        return Vec::new();
    }
    let tree = Tree::new(n_nodes, edges, middle);
    let mut positions = vec![[0.0; 2]; n_nodes];
    // Angles as parts of a whole turn: where each node's part starts, and how wide it is.
    let mut starts = vec![0.0f64; n_nodes];
    let mut widths = vec![0.0f64; n_nodes];
    widths[middle as usize] = 1.0;
    let mut radius = 0.0f32;
    for ring in tree
        .order
        .chunk_by(|a, b| tree.depths[*a as usize] == tree.depths[*b as usize])
    {
        for &node in ring {
            let mut at = starts[node as usize];
            let share = widths[node as usize] / f64::from(tree.n_leaves[node as usize].max(1));
            for &child in &tree.children[node as usize] {
                let width = share * f64::from(tree.n_leaves[child as usize]);
                (starts[child as usize], widths[child as usize]) = (at, width);
                at += width;
            }
        }
        if ring == [middle] {
            continue;
        }
        let narrowest = ring.iter().map(|node| widths[*node as usize]).fold(f64::MAX, f64::min);
        radius = (radius + RING).max(APART / (narrowest * std::f64::consts::TAU) as f32);
        for &node in ring {
            let turn = starts[node as usize] + widths[node as usize] / 2.0;
            let (sin, cos) = sin_cos(turn);
            positions[node as usize] = [radius * cos, radius * sin];
        }
    }
    positions
}

/// The nodes by how they are first reached from the middle.
struct Tree {
    /// Ring by ring; within a ring, by parent.
    order: Vec<u32>,
    depths: Vec<u32>,
    children: Vec<Vec<u32>>,
    /// How many nodes without children are beyond each, itself included when it has none.
    n_leaves: Vec<u32>,
}

impl Tree {
    fn new(n_nodes: usize, edges: &[(u32, u32)], middle: u32) -> Tree {
        let mut joined: Vec<Vec<u32>> = vec![Vec::new(); n_nodes];
        for &(a, b) in edges {
            joined[a as usize].push(b);
            joined[b as usize].push(a);
        }
        let mut tree = Tree {
            order: vec![middle],
            depths: vec![u32::MAX; n_nodes],
            children: vec![Vec::new(); n_nodes],
            n_leaves: vec![0; n_nodes],
        };
        tree.depths[middle as usize] = 0;
        let mut queue = VecDeque::from([middle]);
        let mut last = 0;
        while let Some(node) = queue.pop_front() {
            last = tree.depths[node as usize];
            for &other in &joined[node as usize] {
                if tree.depths[other as usize] == u32::MAX {
                    tree.depths[other as usize] = last + 1;
                    tree.children[node as usize].push(other);
                    tree.order.push(other);
                    queue.push_back(other);
                }
            }
        }
        for node in 0..n_nodes as u32 {
            if tree.depths[node as usize] == u32::MAX {
                tree.depths[node as usize] = last + 1;
                tree.children[middle as usize].push(node);
                tree.order.push(node);
            }
        }
        for &node in tree.order.iter().rev() {
            let beyond: u32 = tree.children[node as usize]
                .iter()
                .map(|child| tree.n_leaves[*child as usize])
                .sum();
            tree.n_leaves[node as usize] = beyond.max(1);
        }
        tree
    }
}

/// The sine and cosine of a part of a whole turn, the same on every machine: the standard library's differ in their last
/// digits. The quarter of the circle, then a series that is exact to a millionth there.
fn sin_cos(turn: f64) -> (f32, f32) {
    let quarters = (turn * 4.0).round();
    let angle = (turn - quarters / 4.0) * std::f64::consts::TAU;
    let square = angle * angle;
    let sin = angle * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)));
    let cos = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)));
    let (sin, cos) = match (quarters as i64).rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, -sin),
        2 => (-sin, -cos),
        _ => (-cos, sin),
    };
    (sin as f32, cos as f32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn length(place: [f32; 2]) -> f32 {
        (place[0] * place[0] + place[1] * place[1]).sqrt()
    }

    #[test]
    fn angles_are_those_of_the_standard_library() {
        for step in 0..1_000 {
            let turn = f64::from(step) / 1_000.0;
            let (sin, cos) = sin_cos(turn);
            let (exact_sin, exact_cos) = (turn * std::f64::consts::TAU).sin_cos();
            assert!((f64::from(sin) - exact_sin).abs() < 1e-5, "{turn}");
            assert!((f64::from(cos) - exact_cos).abs() < 1e-5, "{turn}");
        }
    }

    #[test]
    fn a_fan_is_one_ring() {
        let edges: Vec<(u32, u32)> = (1..101).map(|node| (0, node)).collect();
        let positions = radial(101, &edges, 0);
        assert_eq!(positions[0], [0.0, 0.0]);
        let radius = length(positions[1]);
        assert!(
            positions[1..]
                .iter()
                .all(|place| (length(*place) - radius).abs() < 1e-3)
        );
        assert!(radius * std::f32::consts::TAU >= 100.0 * APART * 0.999);
    }

    proptest! {
        #[test]
        fn rings_are_distances_and_nodes_do_not_touch(
            edges in prop::collection::vec((0u32..12, 0u32..12), 0..20),
            middle in 0u32..12,
        ) {
            let positions = radial(12, &edges, middle);
            let tree = Tree::new(12, &edges, middle);
            for a in 0..12usize {
                for b in 0..a {
                    let (near, far) = if tree.depths[a] < tree.depths[b] { (a, b) } else { (b, a) };
                    if tree.depths[near] < tree.depths[far] {
                        prop_assert!(length(positions[near]) + RING * 0.99 <= length(positions[far]));
                    } else {
                        let [dx, dy] = [0, 1].map(|axis| positions[a][axis] - positions[b][axis]);
                        prop_assert!(length([dx, dy]) > APART * 0.6, "{:?}", positions);
                    }
                }
            }
        }
    }
}
