//! How all nodes push one node away, far ones taken together: after Barnes and Hut, "A hierarchical O(N log N)
//! force-calculation algorithm" (1986), over points in Morton order, so that neighbours on screen are neighbours in
//! memory.

use super::larger;

/// A cell of this size as seen from a node (its width to its distance) counts as one point.
const OPENING: f32 = 0.9;
/// How much closer than this two nodes do not push harder.
const NEAREST: f32 = 5.0;
/// How far apart two nodes in one place are taken to be.
const JOLT: f32 = 1e-3;
/// Nodes in the smallest cells.
const MAX_IN_CELL: usize = 8;
/// The deepest cell: two bits a level of a 32-bit Morton code.
const MAX_DEPTH: u32 = 16;

/// The plane in cells, each with four parts, in the order in which a walk down meets them.
#[derive(Default)]
pub struct Tree {
    cells: Vec<Cell>,
    /// Nodes in Morton order: the code, and which node.
    order: Vec<(u32, u32)>,
    scratch: Vec<(u32, u32)>,
    /// In that order.
    points: Vec<Point>,
}

/// Where a node is, and how much it weighs.
#[derive(Clone, Copy)]
struct Point {
    x: f32,
    y: f32,
    weight: f32,
}

#[derive(Clone, Copy)]
struct Cell {
    /// The centre of its nodes, and what they weigh together.
    x: f32,
    y: f32,
    weight: f32,
    /// The square of its width, divided by that of [`OPENING`].
    reach: f32,
    /// The cell after this one and all its parts.
    after: u32,
    /// Its nodes, when it has no parts; else both 0.
    start: u32,
    end: u32,
}

impl Tree {
    /// Takes nodes in: two numbers each, and how much each weighs, more than nothing.
    pub fn build(&mut self, positions: &[f32], weights: &[f32]) {
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for point in positions.chunks_exact(2) {
            for axis in 0..2 {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let width = (high[0] - low[0]).max(high[1] - low[1]).max(f32::EPSILON);
        let scale = 65_535.0 / width;
        self.order.clear();
        self.order
            .extend(positions.chunks_exact(2).enumerate().map(|(index, point)| {
                let x = ((point[0] - low[0]) * scale) as u32;
                let y = ((point[1] - low[1]) * scale) as u32;
                (spread(x) | spread(y) << 1, index as u32)
            }));
        sort(&mut self.order, &mut self.scratch);
        self.points.clear();
        let place = |&(_, index): &(u32, u32)| {
            let at = 2 * index as usize;
            Point {
                x: positions[at],
                y: positions[at + 1],
                weight: weights[index as usize],
            }
        };
        self.points.extend(self.order.iter().map(place));
        self.cells.clear();
        self.divide(0, self.order.len(), 0, width / OPENING);
    }

    /// Makes the cell of the nodes from `start` to `end`, and its parts.
    fn divide(&mut self, start: usize, end: usize, depth: u32, width: f32) {
        if start == end {
            return;
        }
        let index = self.cells.len();
        self.cells.push(Cell {
            x: 0.0,
            y: 0.0,
            weight: 0.0,
            reach: width * width,
            after: 0,
            start: 0,
            end: 0,
        });
        let (mut x, mut y, mut weight) = (0.0, 0.0, 0.0);
        if end - start <= MAX_IN_CELL || depth == MAX_DEPTH {
            for point in &self.points[start..end] {
                x += point.x * point.weight;
                y += point.y * point.weight;
                weight += point.weight;
            }
            self.cells[index].start = start as u32;
            self.cells[index].end = end as u32;
        } else {
            let shift = 30 - 2 * depth;
            let mut from = start;
            for part in 0..4 {
                let rest = &self.order[from..end];
                let to = from + rest.partition_point(|(code, _)| (code >> shift) & 3 <= part);
                let child = self.cells.len();
                self.divide(from, to, depth + 1, width / 2.0);
                if let Some(child) = self.cells.get(child) {
                    x += child.x * child.weight;
                    y += child.y * child.weight;
                    weight += child.weight;
                }
                from = to;
            }
        }
        let after = self.cells.len() as u32;
        let cell = &mut self.cells[index];
        (cell.x, cell.y, cell.weight, cell.after) = (x / weight, y / weight, weight, after);
    }

    /// What all others push each node by, two numbers each: their weights divided by their distances.
    pub fn push_all(&self, pushes: &mut [f32]) {
        let nearest = NEAREST * NEAREST;
        for (at_point, &Point { x, y, .. }) in self.points.iter().enumerate() {
            let (mut push_x, mut push_y) = (0.0f32, 0.0f32);
            let mut at = 0;
            while let Some(cell) = self.cells.get(at) {
                let (dx, dy) = (x - cell.x, y - cell.y);
                let square = dx * dx + dy * dy;
                if square > cell.reach {
                    let push = cell.weight / larger(square, nearest);
                    push_x += dx * push;
                    push_y += dy * push;
                    at = cell.after as usize;
                    continue;
                }
                for (other, point) in self.points[cell.start as usize..cell.end as usize].iter().enumerate() {
                    let (mut dx, dy) = (x - point.x, y - point.y);
                    let other = cell.start as usize + other;
                    if dx == 0.0 && dy == 0.0 && other != at_point {
                        // Two in one place part, each its own way.
                        dx = if other < at_point { JOLT } else { -JOLT };
                    }
                    let square = dx * dx + dy * dy;
                    let push = point.weight / (larger(square, nearest) * larger(square, f32::EPSILON)).sqrt();
                    push_x += dx * push;
                    push_y += dy * push;
                }
                at += 1;
            }
            let index = self.order[at_point].1 as usize;
            pushes[2 * index..2 * index + 2].copy_from_slice(&[push_x, push_y]);
        }
    }
}

/// The bits of a 16-bit number with a gap after each.
fn spread(number: u32) -> u32 {
    let mut bits = number & 0xFFFF;
    bits = (bits | bits << 8) & 0x00FF_00FF;
    bits = (bits | bits << 4) & 0x0F0F_0F0F;
    bits = (bits | bits << 2) & 0x3333_3333;
    (bits | bits << 1) & 0x5555_5555
}

/// Sorts by code, a byte at a time; nodes of one code stay in their order.
fn sort(order: &mut Vec<(u32, u32)>, scratch: &mut Vec<(u32, u32)>) {
    scratch.resize(order.len(), (0, 0));
    for shift in [0, 8, 16, 24] {
        let mut next = [0usize; 257];
        for (code, _) in order.iter() {
            next[(code >> shift & 0xFF) as usize + 1] += 1;
        }
        for byte in 1..257 {
            next[byte] += next[byte - 1];
        }
        for item in order.iter() {
            let place = &mut next[(item.0 >> shift & 0xFF) as usize];
            scratch[*place] = *item;
            *place += 1;
        }
        std::mem::swap(order, scratch);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pushes(positions: &[f32], weights: &[f32]) -> Vec<f32> {
        let mut tree = Tree::default();
        tree.build(positions, weights);
        let mut pushes = vec![0.0; positions.len()];
        tree.push_all(&mut pushes);
        pushes
    }

    #[test]
    fn nodes_in_one_place_part() {
        let pushes = pushes(&[5.0; 6], &[1.0; 3]);
        assert!(pushes[0] < 0.0 && pushes[4] > 0.0, "{pushes:?}");
    }

    #[test]
    fn nothing_pushes_nothing() {
        assert!(pushes(&[], &[]).is_empty());
        assert_eq!(pushes(&[3.0, 4.0], &[1.0]), [0.0, 0.0]);
    }

    proptest! {
        /// The tree's pushes are those of all pairs, but for the error that cells far away make: for one node in an odd
        /// place a quarter of what pushes it at most, and over all nodes far less.
        #[test]
        fn the_tree_pushes_as_all_pairs_do(
            points in prop::collection::vec((-5_000i16..5_000, -5_000i16..5_000, 1u8..9), 1..200),
        ) {
            let positions: Vec<f32> = points.iter().flat_map(|(x, y, _)| [f32::from(*x), f32::from(*y)]).collect();
            let weights: Vec<f32> = points.iter().map(|(_, _, weight)| f32::from(*weight)).collect();
            let pushes = pushes(&positions, &weights);
            let (mut error, mut total) = (0.0f32, 0.0f32);
            let place = |a: usize| (points[a].0, points[a].1);
            let is_alone = |a: &usize| (0..points.len()).filter(|b| place(*b) == place(*a)).count() == 1;
            for a in (0..points.len()).filter(is_alone) {
                let (mut exact, mut of_node) = ([0.0f32; 2], 0.0f32);
                for b in (0..points.len()).filter(|b| *b != a) {
                    let (dx, dy) = (positions[2 * a] - positions[2 * b], positions[2 * a + 1] - positions[2 * b + 1]);
                    let length = (dx * dx + dy * dy).sqrt();
                    let push = weights[b] / length.max(NEAREST);
                    exact = [exact[0] + dx / length * push, exact[1] + dy / length * push];
                    of_node += push;
                }
                let (dx, dy) = (pushes[2 * a] - exact[0], pushes[2 * a + 1] - exact[1]);
                let of_this = (dx * dx + dy * dy).sqrt();
                prop_assert!(of_this <= 0.25 * of_node + 1e-3, "{of_this} of {of_node} for one");
                error += of_this;
                total += of_node;
            }
            prop_assert!(error <= 0.05 * total + 1e-3, "{error} of {total}");
        }
    }
}
