//! Where a layout by forces begins: as far apart on screen as steps lie between.
//!
//! Some nodes are landmarks; every other one is placed by how many steps it is from each of them. Distances are fitted
//! as in Zheng, Pawar and Goodman, "Graph drawing by stochastic gradient descent" (2018), and only to landmarks, as in
//! Ortmann, Klimenta and Brandes, "A sparse stress model" (2016).

use super::larger;

/// Landmarks of a graph, unless it has fewer nodes.
const N_LANDMARKS: usize = 64;
/// Rounds through all nodes: one, and then what four square roots undo.
const N_ROUNDS: u32 = 17;
/// The part of a deviation over one step that the last round corrects; over `n` steps an `n²`th of it, and never more
/// than all. The first round corrects all of any.
const LAST_CORRECTION: f32 = 0.05;
/// Steps to what is not reached; what is farther away counts as that.
const UNREACHED: u8 = u8::MAX;

/// How many steps lie between nodes and landmarks.
pub struct Landmarks {
    nodes: Vec<usize>,
    /// For each node those to each landmark.
    n_steps: Vec<u8>,
    correction: f32,
    /// What that is multiplied by with every round.
    settling: f32,
    n_rounds: u32,
}

impl Landmarks {
    /// Chooses landmarks by the seed, spread evenly over `0..n_nodes`, and counts steps along edges, whose ends must be
    /// among these nodes.
    pub fn new(n_nodes: usize, edges: &[(u32, u32)], seed: u32) -> Landmarks {
        let n_landmarks = N_LANDMARKS.min(n_nodes);
        let mut random = seed;
        let nodes: Vec<usize> = (0..n_landmarks)
            .map(|landmark| {
                let (start, end) = (landmark * n_nodes / n_landmarks, (landmark + 1) * n_nodes / n_landmarks);
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                start + (random >> 8) as usize % (end - start)
            })
            .collect();
        let neighbours = Neighbours::new(n_nodes, edges);
        let mut n_steps = vec![UNREACHED; n_nodes * n_landmarks];
        let (mut seen, mut queue) = (vec![UNREACHED; n_nodes], Vec::with_capacity(n_nodes));
        for (landmark, start) in nodes.iter().enumerate() {
            neighbours.count_steps(*start, &mut seen, &mut queue);
            for (node, n) in seen.iter().enumerate() {
                n_steps[node * n_landmarks + landmark] = *n;
            }
        }
        let is_reached = |n: &&u8| **n != UNREACHED;
        let farthest = n_steps
            .iter()
            .filter(is_reached)
            .max()
            .map_or(1.0, |n| f32::from(*n).max(1.0));
        let first_correction = farthest * farthest;
        Landmarks {
            nodes,
            n_steps,
            correction: first_correction,
            settling: (LAST_CORRECTION / first_correction).sqrt().sqrt().sqrt().sqrt(),
            n_rounds: 0,
        }
    }

    /// Whether a node reaches less than half of them.
    pub fn is_apart(&self, node: usize) -> bool {
        let n_landmarks = self.nodes.len();
        let n_steps = &self.n_steps[node * n_landmarks..(node + 1) * n_landmarks];
        2 * n_steps.iter().filter(|n| **n != UNREACHED).count() < n_landmarks
    }

    /// Moves every node towards where its distances to the landmarks want it, a step being `unit` long. Nodes that reach
    /// none stay.
    pub fn round(&mut self, positions: &mut [f32], unit: f32) {
        let n_landmarks = self.nodes.len();
        let landmarks: Vec<[f32; 2]> = self
            .nodes
            .iter()
            .map(|node| [positions[2 * node], positions[2 * node + 1]])
            .collect();
        // By steps: how far that should be, and which part of a deviation is corrected.
        let wanted: Vec<(f32, f32)> = (0..=UNREACHED)
            .map(|n| {
                (
                    f32::from(n) * unit,
                    (self.correction / (f32::from(n) * f32::from(n))).min(1.0),
                )
            })
            .collect();
        for (position, n_steps) in positions
            .chunks_exact_mut(2)
            .zip(self.n_steps.chunks_exact(n_landmarks.max(1)))
        {
            let [mut x, mut y] = [position[0], position[1]];
            for (landmark, n) in landmarks.iter().zip(n_steps) {
                if *n == 0 || *n == UNREACHED {
                    continue;
                }
                let (wanted, part) = wanted[usize::from(*n)];
                let (dx, dy) = (x - landmark[0], y - landmark[1]);
                let length = larger((dx * dx + dy * dy).sqrt(), f32::EPSILON);
                let correction = (wanted - length) / length * part;
                x += dx * correction;
                y += dy * correction;
            }
            position.copy_from_slice(&[x, y]);
        }
        self.correction *= self.settling;
        self.n_rounds += 1;
    }

    /// Whether another round would still change much.
    pub fn is_moving(&self) -> bool {
        self.n_rounds < N_ROUNDS
    }
}

/// The neighbours of all nodes, one after the other.
struct Neighbours {
    /// Where those of each node begin; one more than there are nodes.
    starts: Vec<u32>,
    nodes: Vec<u32>,
}

impl Neighbours {
    fn new(n_nodes: usize, edges: &[(u32, u32)]) -> Neighbours {
        let both = || edges.iter().flat_map(|&(a, b)| [(a as usize, b), (b as usize, a)]);
        let mut starts = vec![0; n_nodes + 1];
        for (node, _) in both() {
            starts[node + 1] += 1;
        }
        for node in 0..n_nodes {
            starts[node + 1] += starts[node];
        }
        let (mut nodes, mut next) = (vec![0; 2 * edges.len()], starts.clone());
        for (node, neighbour) in both() {
            nodes[next[node] as usize] = neighbour;
            next[node] += 1;
        }
        Neighbours { starts, nodes }
    }

    fn count_steps(&self, start: usize, n_steps: &mut [u8], queue: &mut Vec<usize>) {
        n_steps.fill(UNREACHED);
        n_steps[start] = 0;
        queue.clear();
        queue.push(start);
        let mut at = 0;
        while let Some(&node) = queue.get(at) {
            at += 1;
            let n = n_steps[node].saturating_add(1);
            for &neighbour in &self.nodes[self.starts[node] as usize..self.starts[node + 1] as usize] {
                if n < n_steps[neighbour as usize] {
                    n_steps[neighbour as usize] = n;
                    queue.push(neighbour as usize);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chain of 300 nodes, and one that hangs on nothing.
    fn chain() -> Vec<(u32, u32)> {
        (0..299).map(|node| (node, node + 1)).collect()
    }

    #[test]
    fn steps_are_counted_from_every_landmark() {
        let landmarks = Landmarks::new(301, &chain(), 1);
        for (node, n_steps) in landmarks.n_steps.chunks_exact(N_LANDMARKS).enumerate() {
            for (landmark, n) in landmarks.nodes.iter().zip(n_steps) {
                let expected = match (node, *landmark) {
                    (300, 300) => 0,
                    (300, _) | (_, 300) => UNREACHED,
                    (a, b) => a.abs_diff(b).min(255) as u8,
                };
                assert_eq!(*n, expected, "from {landmark} to {node}");
            }
        }
    }

    /// How far a picture of a chain is from one in which steps are distances: the mean square of relative deviations.
    fn deviation(positions: &[f32], unit: f32) -> f32 {
        let n_nodes = positions.len() / 2;
        let pairs = (0..n_nodes).flat_map(|a| (0..a).map(move |b| (a, b)));
        let deviations: Vec<f32> = pairs
            .map(|(a, b)| {
                let (dx, dy) = (
                    positions[2 * a] - positions[2 * b],
                    positions[2 * a + 1] - positions[2 * b + 1],
                );
                let wanted = (a - b) as f32 * unit;
                (((dx * dx + dy * dy).sqrt() - wanted) / wanted).powi(2)
            })
            .collect();
        deviations.iter().sum::<f32>() / deviations.len() as f32
    }

    #[test]
    fn steps_become_distances() {
        let edges: Vec<(u32, u32)> = (0..39).map(|node| (node, node + 1)).collect();
        let mut positions = super::super::force::spread(40, 1);
        let before = deviation(&positions, 10.0);
        let mut landmarks = Landmarks::new(40, &edges, 1);
        while landmarks.is_moving() {
            landmarks.round(&mut positions, 10.0);
        }
        let after = deviation(&positions, 10.0);
        assert!(after < 0.05 && before > 5.0 * after, "{before} {after}");
    }
}
