//! Overviews: nodes push each other away, edges pull their ends together, and both cool down.
//!
//! The schedule and the forces are those of d3-force (<https://d3js.org/d3-force>), whose few steps count for more than
//! cheap ones; the pushing is approximated after Barnes and Hut ("A hierarchical O(N log N) force-calculation
//! algorithm", 1986) over points in Morton order, so that neighbours on screen are neighbours in memory.

/// How long an edge wants to be.
const EDGE_LENGTH: f32 = 30.0;
/// How strongly two nodes push each other at a distance of one.
const PUSH: f32 = 30.0;
/// What a node keeps of its speed from one step to the next.
const MOMENTUM: f32 = 0.6;
/// A cell of this size as seen from a node (its width to its distance) counts as one point.
const OPENING: f32 = 0.9;
/// The heat at which nothing moves by more than a fraction of a pixel.
const COLD: f32 = 0.001;
/// Its natural logarithm, without the sign: cooled by that, divided by the number of steps, it is reached with the last.
const LN_COLD: f32 = 6.907_755;
/// How much closer than this two nodes do not push harder.
const NEAREST: f32 = 1.0;
/// How far apart two nodes in one place are taken to be.
const JOLT: f32 = 1e-3;
/// Nodes in the smallest cells.
const MAX_IN_CELL: usize = 8;
/// The deepest cell: two bits a level of a 32-bit Morton code.
const MAX_DEPTH: u32 = 16;

/// A layout on its way. The same graph and seed take the same way on every machine.
pub struct Force {
    /// Two numbers a node.
    positions: Vec<f32>,
    speeds: Vec<f32>,
    edges: Vec<Spring>,
    heat: f32,
    /// What the heat is multiplied by with every step.
    cooling: f32,
    tree: Tree,
}

/// An edge, with how strongly it pulls each of its ends: a node of many edges hardly moves for one.
struct Spring {
    a: u32,
    b: u32,
    pull_a: f32,
    pull_b: f32,
}

impl Force {
    /// A layout of nodes `0..n_nodes` that cools down in `n_steps` steps. Edges to themselves or to no node are passed
    /// over.
    pub fn new(n_nodes: usize, edges: &[(u32, u32)], n_steps: u32, seed: u32) -> Force {
        let is_edge = |(a, b): &(u32, u32)| a != b && (*a as usize) < n_nodes && (*b as usize) < n_nodes;
        let mut n_edges = vec![0.0f32; n_nodes];
        for (a, b) in edges.iter().filter(|edge| is_edge(edge)) {
            n_edges[*a as usize] += 1.0;
            n_edges[*b as usize] += 1.0;
        }
        let springs = edges.iter().filter(|edge| is_edge(edge)).map(|&(a, b)| {
            let (of_a, of_b) = (n_edges[a as usize], n_edges[b as usize]);
            let strength = 1.0 / of_a.min(of_b);
            Spring {
                a,
                b,
                pull_a: strength * of_b / (of_a + of_b),
                pull_b: strength * of_a / (of_a + of_b),
            }
        });
        Force {
            positions: spiral(n_nodes, seed),
            speeds: vec![0.0; 2 * n_nodes],
            edges: springs.collect(),
            heat: 1.0,
            cooling: 1.0 - LN_COLD / (n_steps as f32).max(2.0 * LN_COLD),
            tree: Tree::default(),
        }
    }

    /// Where the nodes are: two numbers each. An edge wants to be 30 long.
    pub fn positions(&self) -> &[f32] {
        &self.positions
    }

    /// Puts a node somewhere, with no speed: for nodes that were placed before, or that are being dragged.
    pub fn place(&mut self, node: usize, x: f32, y: f32) {
        self.positions[2 * node..2 * node + 2].copy_from_slice(&[x, y]);
        self.speeds[2 * node..2 * node + 2].fill(0.0);
    }

    /// Makes it warm again, from 0 (cold) to 1 (as at the start).
    pub fn warm(&mut self, heat: f32) {
        self.heat = self.heat.max(heat);
    }

    /// Whether another step would move anything that can be seen.
    pub fn is_moving(&self) -> bool {
        self.heat > COLD
    }

    /// One step.
    pub fn step(&mut self) {
        self.heat *= self.cooling;
        for spring in &self.edges {
            let (a, b) = (2 * spring.a as usize, 2 * spring.b as usize);
            let dx = self.positions[b] + self.speeds[b] - self.positions[a] - self.speeds[a];
            let dy = self.positions[b + 1] + self.speeds[b + 1] - self.positions[a + 1] - self.speeds[a + 1];
            let length = (dx * dx + dy * dy).sqrt().max(f32::EPSILON);
            let stretch = (length - EDGE_LENGTH) / length * self.heat;
            self.speeds[a] += dx * stretch * spring.pull_a;
            self.speeds[a + 1] += dy * stretch * spring.pull_a;
            self.speeds[b] -= dx * stretch * spring.pull_b;
            self.speeds[b + 1] -= dy * stretch * spring.pull_b;
        }
        self.tree.build(&self.positions);
        self.tree.push_all(PUSH * self.heat, &mut self.speeds);
        let n_nodes = self.positions.len() / 2;
        let (mut sum_x, mut sum_y) = (0.0f64, 0.0f64);
        for (position, speed) in self.positions.chunks_exact_mut(2).zip(self.speeds.chunks_exact_mut(2)) {
            speed[0] *= MOMENTUM;
            speed[1] *= MOMENTUM;
            position[0] += speed[0];
            position[1] += speed[1];
            sum_x += f64::from(position[0]);
            sum_y += f64::from(position[1]);
        }
        let (centre_x, centre_y) = ((sum_x / n_nodes as f64) as f32, (sum_y / n_nodes as f64) as f32);
        for position in self.positions.chunks_exact_mut(2) {
            position[0] -= centre_x;
            position[1] -= centre_y;
        }
    }
}

/// Evenly spread places, as sunflowers place their seeds; the seed says which node comes where.
fn spiral(n_nodes: usize, seed: u32) -> Vec<f32> {
    // The golden angle's cosine and sine; turning by multiplication is the same on every machine.
    const TURN: (f64, f64) = (-0.737_368_878_078_319_7, 0.675_490_294_261_523_6);
    let mut positions = Vec::with_capacity(2 * n_nodes);
    let (mut x, mut y) = (1.0f64, 0.0f64);
    for _ in 0..seed % 1_000 {
        (x, y) = (x * TURN.0 - y * TURN.1, x * TURN.1 + y * TURN.0);
    }
    for index in 0..n_nodes {
        let radius = f64::from(EDGE_LENGTH) / 3.0 * (index as f64 + 0.5).sqrt();
        positions.extend([(x * radius) as f32, (y * radius) as f32]);
        (x, y) = (x * TURN.0 - y * TURN.1, x * TURN.1 + y * TURN.0);
    }
    positions
}

/// The plane in cells, each with four parts, in the order in which a walk down meets them.
#[derive(Default)]
struct Tree {
    cells: Vec<Cell>,
    /// Nodes in Morton order: the code, and which node.
    order: Vec<(u32, u32)>,
    scratch: Vec<(u32, u32)>,
    /// Their places, in that order.
    points: Vec<[f32; 2]>,
}

#[derive(Clone, Copy)]
struct Cell {
    /// The centre of its nodes.
    x: f32,
    y: f32,
    n_nodes: f32,
    /// The square of its width, divided by that of [`OPENING`].
    reach: f32,
    /// The cell after this one and all its parts.
    after: u32,
    /// Its nodes, when it has no parts; else both 0.
    start: u32,
    end: u32,
}

impl Tree {
    fn build(&mut self, positions: &[f32]) {
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
            [positions[at], positions[at + 1]]
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
        let n_nodes = (end - start) as f32;
        self.cells.push(Cell {
            x: 0.0,
            y: 0.0,
            n_nodes,
            reach: width * width,
            after: 0,
            start: 0,
            end: 0,
        });
        let (mut x, mut y) = (0.0, 0.0);
        if end - start <= MAX_IN_CELL || depth == MAX_DEPTH {
            for point in &self.points[start..end] {
                x += point[0];
                y += point[1];
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
                    x += child.x * child.n_nodes;
                    y += child.y * child.n_nodes;
                }
                from = to;
            }
        }
        let after = self.cells.len() as u32;
        let cell = &mut self.cells[index];
        (cell.x, cell.y, cell.after) = (x / n_nodes, y / n_nodes, after);
    }

    /// Pushes every node away from all others.
    fn push_all(&self, strength: f32, speeds: &mut [f32]) {
        let nearest = NEAREST * NEAREST;
        for (at_point, &[x, y]) in self.points.iter().enumerate() {
            let (mut push_x, mut push_y) = (0.0f32, 0.0f32);
            let mut at = 0;
            while let Some(cell) = self.cells.get(at) {
                let (dx, dy) = (x - cell.x, y - cell.y);
                let square = dx * dx + dy * dy;
                if square > cell.reach {
                    let push = cell.n_nodes / square.max(nearest);
                    push_x += dx * push;
                    push_y += dy * push;
                    at = cell.after as usize;
                    continue;
                }
                for other in cell.start as usize..cell.end as usize {
                    let [other_x, other_y] = self.points[other];
                    let (mut dx, dy) = (x - other_x, y - other_y);
                    if dx == 0.0 && dy == 0.0 && other != at_point {
                        // Two in one place part, each its own way.
                        dx = if other < at_point { JOLT } else { -JOLT };
                    }
                    let square = dx * dx + dy * dy;
                    let push = 1.0 / (square.max(nearest) * square.max(f32::EPSILON)).sqrt();
                    push_x += dx * push;
                    push_y += dy * push;
                }
                at += 1;
            }
            let index = self.order[at_point].1 as usize;
            speeds[2 * index] += push_x * strength;
            speeds[2 * index + 1] += push_y * strength;
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

    fn distance(positions: &[f32], a: usize, b: usize) -> f32 {
        let (dx, dy) = (
            positions[2 * a] - positions[2 * b],
            positions[2 * a + 1] - positions[2 * b + 1],
        );
        (dx * dx + dy * dy).sqrt()
    }

    fn settled(n_nodes: usize, edges: &[(u32, u32)], seed: u32) -> Vec<f32> {
        let mut force = Force::new(n_nodes, edges, 300, seed);
        let mut n_steps = 0;
        while force.is_moving() {
            force.step();
            n_steps += 1;
        }
        assert!((280..=300).contains(&n_steps), "{n_steps}");
        force.positions().to_vec()
    }

    /// Two groups in which everybody knows everybody, and one edge between them.
    fn two_groups() -> Vec<(u32, u32)> {
        let pairs = |first: u32| (first..first + 8).flat_map(move |a| (first..a).map(move |b| (a, b)));
        pairs(0).chain(pairs(8)).chain([(0, 8)]).collect()
    }

    #[test]
    fn groups_stand_apart() {
        let positions = settled(16, &two_groups(), 1);
        let mean = |pairs: &dyn Fn(usize, usize) -> bool| {
            let all = (0..16).flat_map(|a| (0..a).map(move |b| (a, b)));
            let chosen: Vec<f32> = all
                .filter(|(a, b)| pairs(*a, *b))
                .map(|(a, b)| distance(&positions, a, b))
                .collect();
            chosen.iter().sum::<f32>() / chosen.len() as f32
        };
        let (within, between) = (mean(&|a, b| a / 8 == b / 8), mean(&|a, b| a / 8 != b / 8));
        assert!(between > 1.5 * within, "{between} {within}");
    }

    #[test]
    fn the_same_seed_takes_the_same_way() {
        assert_eq!(settled(16, &two_groups(), 1), settled(16, &two_groups(), 1));
        assert_ne!(settled(16, &two_groups(), 1), settled(16, &two_groups(), 2));
    }

    #[test]
    fn nodes_in_one_place_part() {
        let mut force = Force::new(3, &[], 300, 1);
        for node in 0..3 {
            force.place(node, 5.0, 5.0);
        }
        for _ in 0..20 {
            force.step();
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            assert!(distance(force.positions(), a, b) > 1.0, "{:?}", force.positions());
        }
    }

    #[test]
    fn nothing_and_a_single_node_are_fine() {
        assert!(settled(0, &[], 1).is_empty());
        assert!(settled(1, &[(0, 0), (0, 7)], 1).iter().all(|number| number.is_finite()));
    }

    proptest! {
        /// The tree's pushes are those of all pairs, but for the error that cells far away make: for one node in an odd
        /// place a quarter of what pushes it at most, and over all nodes far less.
        #[test]
        fn the_tree_pushes_as_all_pairs_do(points in prop::collection::vec((-500i16..500, -500i16..500), 1..200)) {
            let positions: Vec<f32> = points.iter().flat_map(|(x, y)| [f32::from(*x), f32::from(*y)]).collect();
            let mut tree = Tree::default();
            tree.build(&positions);
            let mut speeds = vec![0.0; positions.len()];
            tree.push_all(1.0, &mut speeds);
            let (mut error, mut total) = (0.0f32, 0.0f32);
            let is_alone = |a: &usize| points.iter().filter(|point| **point == points[*a]).count() == 1;
            for a in (0..points.len()).filter(is_alone) {
                let (mut exact, mut of_node) = ([0.0f32; 2], 0.0f32);
                for b in (0..points.len()).filter(|b| *b != a) {
                    let (dx, dy) = (positions[2 * a] - positions[2 * b], positions[2 * a + 1] - positions[2 * b + 1]);
                    let square = dx * dx + dy * dy;
                    exact = [exact[0] + dx / square, exact[1] + dy / square];
                    of_node += 1.0 / square.sqrt();
                }
                let (dx, dy) = (speeds[2 * a] - exact[0], speeds[2 * a + 1] - exact[1]);
                let of_this = (dx * dx + dy * dy).sqrt();
                prop_assert!(of_this <= 0.25 * of_node + 1e-3, "{of_this} of {of_node} for one");
                error += of_this;
                total += of_node;
            }
            prop_assert!(error <= 0.05 * total + 1e-3, "{error} of {total}");
        }
    }
}
