//! Overviews: what is few steps apart stands together, and nothing stands on anything else.
//!
//! Nodes begin at distances that [`landmarks`](super::landmarks) give them. Then they push each other away, edges pull
//! their ends together, and both cool down. Of pulls and pushes the exponents are between those of Fruchterman and
//! Reingold and those of Noack, "An energy model for visual graph clustering" (2003), whose pictures show groups best;
//! edges act one after the other, each on what those before it did, as in d3-force (<https://d3js.org/d3-force>); and
//! pushes, which change slowly, are found anew ever less often, as in Gove, "It pays to be lazy: reusing force
//! approximations to compute better graph layouts faster" (2018).

use super::landmarks::Landmarks;
use super::larger;
use super::tree::Tree;

/// Steps in which it cools down.
const N_STEPS: f32 = 60.0;
/// How long a step of the graph should be, for the square root of the number of nodes: so the picture of any graph of
/// few steps has about the same room for each node.
const UNIT: f32 = 3.0;
/// How far apart nodes are spread where nothing else is known, and those stay that hang on nothing.
const SPACING: f32 = 5.0;
/// What draws all to the middle, of their distance from it.
const GRAVITY: f32 = 0.1;
/// The same for what hangs on little of the rest, which else would stand far outside.
const GRAVITY_APART: f32 = 0.6;
/// What a node keeps of its speed from one step to the next.
const MOMENTUM: f32 = 0.8;
/// The heat at which nothing moves by more than a fraction of a pixel.
const COLD: f32 = 0.001;
/// Its natural logarithm, without the sign: cooled by that, divided by the number of steps, it is reached with the last.
const LN_COLD: f32 = 6.907_755;
/// Pushes are found anew when there have been so many times as many steps.
const LAZINESS: f32 = 1.3;

/// A layout on its way. The same graph and seed take the same way on every machine.
pub struct Force {
    /// Two numbers a node.
    positions: Vec<f32>,
    speeds: Vec<f32>,
    /// What a node pushes others with, and how little an edge moves it: it grows with its edges.
    weights: Vec<f32>,
    edges: Vec<(u32, u32)>,
    /// What draws each node to the middle.
    gravity: Vec<f32>,
    /// How long a step of the graph should be.
    unit: f32,
    /// Until all stand where they begin.
    landmarks: Option<Landmarks>,
    heat: f32,
    tree: Tree,
    /// What others push each node with, as found last.
    pushes: Vec<f32>,
    /// How strong that is, so that pulls and pushes agree on the size of the picture.
    strength: f32,
    n_steps: f32,
    /// The step in which pushes are found anew.
    next_pushes: f32,
}

impl Force {
    /// A layout of nodes `0..n_nodes`. Edges to themselves or to no node are passed over.
    pub fn new(n_nodes: usize, edges: &[(u32, u32)], seed: u32) -> Force {
        let is_edge = |(a, b): &(u32, u32)| a != b && (*a as usize) < n_nodes && (*b as usize) < n_nodes;
        let edges: Vec<(u32, u32)> = edges.iter().copied().filter(is_edge).collect();
        let mut n_edges = vec![0u32; n_nodes];
        for (a, b) in &edges {
            n_edges[*a as usize] += 1;
            n_edges[*b as usize] += 1;
        }
        let landmarks = Landmarks::new(n_nodes, &edges, seed);
        let gravity = |node| {
            if landmarks.is_apart(node) {
                GRAVITY_APART
            } else {
                GRAVITY
            }
        };
        Force {
            positions: spread(n_nodes, seed),
            speeds: vec![0.0; 2 * n_nodes],
            weights: n_edges.iter().map(|n| ((n + 1) as f32).sqrt().sqrt()).collect(),
            gravity: (0..n_nodes).map(gravity).collect(),
            landmarks: Some(landmarks),
            edges,
            unit: UNIT * (n_nodes as f32).sqrt(),
            heat: 1.0,
            tree: Tree::default(),
            pushes: vec![0.0; 2 * n_nodes],
            strength: 0.0,
            n_steps: 0.0,
            next_pushes: 0.0,
        }
    }

    /// Where the nodes are: two numbers each. Neighbours on screen are some tens of units apart.
    pub fn positions(&self) -> &[f32] {
        &self.positions
    }

    /// Whether another step would move anything that can be seen.
    pub fn is_moving(&self) -> bool {
        self.heat > COLD
    }

    /// One step.
    pub fn step(&mut self) {
        match &mut self.landmarks {
            Some(landmarks) if landmarks.is_moving() => landmarks.round(&mut self.positions, self.unit),
            Some(_) => {
                self.landmarks = None;
                self.strength = self.agreed_strength();
                self.cool();
            }
            None => self.cool(),
        }
    }

    fn cool(&mut self) {
        self.heat *= 1.0 - LN_COLD / N_STEPS;
        for &(a, b) in &self.edges {
            let (a, b) = (a as usize, b as usize);
            let dx = self.positions[2 * b] + self.speeds[2 * b] - self.positions[2 * a] - self.speeds[2 * a];
            let dy =
                self.positions[2 * b + 1] + self.speeds[2 * b + 1] - self.positions[2 * a + 1] - self.speeds[2 * a + 1];
            let part = self.heat * pull((dx * dx + dy * dy).sqrt(), self.unit);
            let (of_a, of_b) = (part / self.weights[a], part / self.weights[b]);
            self.speeds[2 * a] += dx * of_a;
            self.speeds[2 * a + 1] += dy * of_a;
            self.speeds[2 * b] -= dx * of_b;
            self.speeds[2 * b + 1] -= dy * of_b;
        }
        if self.n_steps >= self.next_pushes {
            self.tree.build(&self.positions, &self.weights);
            self.tree.push_all(&mut self.pushes);
            self.next_pushes = (LAZINESS * self.n_steps).max(self.n_steps + 1.0);
        }
        self.n_steps += 1.0;
        let pushed = self.heat * self.strength;
        let moving = self.positions.chunks_exact_mut(2).zip(self.speeds.chunks_exact_mut(2));
        for (node, (position, speed)) in moving.enumerate() {
            let drawn = self.heat * self.gravity[node];
            for axis in 0..2 {
                speed[axis] += self.pushes[2 * node + axis] * pushed - position[axis] * drawn;
                speed[axis] *= MOMENTUM;
                position[axis] += speed[axis];
            }
        }
    }

    /// The strength with which pushes hold this picture as large as pulls do: in a picture that is at rest, forces times
    /// distances from the middle come to nothing (the virial theorem), and for a pair that pushes by its weights over
    /// its distance that is its weights.
    fn agreed_strength(&self) -> f32 {
        let pulls = self.edges.iter().map(|&(a, b)| {
            let (a, b) = (2 * a as usize, 2 * b as usize);
            let (dx, dy) = (
                self.positions[b] - self.positions[a],
                self.positions[b + 1] - self.positions[a + 1],
            );
            let square = dx * dx + dy * dy;
            f64::from(square * pull(square.sqrt(), self.unit))
        });
        let weight: f64 = self.weights.iter().map(|weight| f64::from(*weight)).sum();
        let strength = 2.0 * pulls.sum::<f64>() / (weight * weight).max(1.0);
        // Where hardly any edges are, gravity holds what pushes apart.
        let radius = f64::from(SPACING) * (self.weights.len() as f64).sqrt();
        let least = f64::from(GRAVITY_APART) * radius * radius / weight.max(1.0);
        strength.max(least) as f32
    }
}

/// The part of its length by which an edge pulls its ends together: less, the longer it is.
fn pull(length: f32, unit: f32) -> f32 {
    (unit / larger(length, f32::EPSILON)).sqrt().sqrt()
}

/// Evenly spread places, as sunflowers place their seeds; the seed says which node comes where.
pub fn spread(n_nodes: usize, seed: u32) -> Vec<f32> {
    // The golden angle's cosine and sine; turning by multiplication is the same on every machine.
    const TURN: (f64, f64) = (-0.737_368_878_078_319_7, 0.675_490_294_261_523_6);
    let mut positions = Vec::with_capacity(2 * n_nodes);
    let (mut x, mut y) = (1.0f64, 0.0f64);
    for _ in 0..seed % 1_000 {
        (x, y) = (x * TURN.0 - y * TURN.1, x * TURN.1 + y * TURN.0);
    }
    for index in 0..n_nodes {
        let radius = f64::from(SPACING) * (index as f64 + 0.5).sqrt();
        positions.extend([(x * radius) as f32, (y * radius) as f32]);
        (x, y) = (x * TURN.0 - y * TURN.1, x * TURN.1 + y * TURN.0);
    }
    positions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(positions: &[f32], a: usize, b: usize) -> f32 {
        let (dx, dy) = (
            positions[2 * a] - positions[2 * b],
            positions[2 * a + 1] - positions[2 * b + 1],
        );
        (dx * dx + dy * dy).sqrt()
    }

    fn settled(n_nodes: usize, edges: &[(u32, u32)], seed: u32) -> Vec<f32> {
        let mut force = Force::new(n_nodes, edges, seed);
        let mut n_steps = 0;
        while force.is_moving() {
            force.step();
            n_steps += 1;
        }
        assert!((60..=80).contains(&n_steps), "{n_steps}");
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

    /// A thousand nodes around one, of which every tenth hangs on nothing.
    #[test]
    fn what_hangs_on_nothing_stays_near_and_nodes_have_room() {
        let edges: Vec<(u32, u32)> = (1..1_000).filter(|node| node % 10 != 0).map(|node| (0, node)).collect();
        let positions = settled(1_000, &edges, 1);
        let from_middle = |is_apart: bool| {
            let nodes = (1..1_000).filter(move |node| (node % 10 == 0) == is_apart);
            nodes.map(|node| distance(&positions, 0, node)).fold(0.0, f32::max)
        };
        let (apart, together) = (from_middle(true), from_middle(false));
        assert!(apart < 1.5 * together, "{apart} {together}");
        let nearest = |a: usize| {
            let others = (0..1_000).filter(|b| *b != a);
            others.map(|b| distance(&positions, a, b)).fold(f32::MAX, f32::min)
        };
        let mut room: Vec<f32> = (0..1_000).map(nearest).collect();
        room.sort_by(f32::total_cmp);
        assert!(room[500] > 2.0, "{}", room[500]);
    }

    #[test]
    fn nothing_and_a_single_node_are_fine() {
        assert!(settled(0, &[], 1).is_empty());
        assert!(settled(1, &[(0, 0), (0, 7)], 1).iter().all(|number| number.is_finite()));
        assert!(settled(100, &[], 1).iter().all(|number| number.is_finite()));
    }
}
