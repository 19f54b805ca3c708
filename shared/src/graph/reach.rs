//! What can be reached, and how far it is: a walk outwards, one step of all at a time.

use super::adjacency::{Adjacency, Direction, EdgeId, NodeId};

/// Where a walk stops, whatever is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// The most steps from the start.
    pub max_steps: usize,
    /// The most nodes that are looked at.
    pub max_nodes: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Caps {
            max_steps: MAX_STEPS,
            max_nodes: MAX_NODES,
        }
    }
}

/// No path of an attack that was ever published has more than a dozen steps; a folded chain of groups may double that.
pub const MAX_STEPS: usize = 32;
/// Ten times the nodes of the largest estate that must answer within 50 ms: a bound on time, which nothing smaller
/// reaches.
pub const MAX_NODES: usize = 2_500_000;

/// Why a walk or a search did not look at everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stopped {
    /// There is more beyond this many steps.
    Steps(usize),
    /// There is more than this many nodes.
    Nodes(usize),
}

/// What was reached, the starts first, nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Each node once.
    pub nodes: Vec<NodeId>,
    /// For each distance, where in `nodes` it ends; the first is that of the starts.
    pub ends: Vec<usize>,
    /// Set when there may be more.
    pub stopped: Option<Stopped>,
}

impl Reached {
    /// Each node with its distance in steps.
    pub fn with_distance(&self) -> impl Iterator<Item = (NodeId, usize)> {
        let mut distance = 0;
        self.nodes.iter().enumerate().map(move |(index, node)| {
            while self.ends[distance] <= index {
                distance += 1;
            }
            (*node, distance)
        })
    }
}

/// Walks from the starts along edges that give access and that `passes` lets through.
pub fn reach(
    adjacency: &Adjacency,
    starts: &[NodeId],
    direction: Direction,
    caps: Caps,
    passes: impl Fn(EdgeId) -> bool,
) -> Reached {
    let mut walk = Walk {
        adjacency,
        direction,
        caps,
        passes,
        seen: NodeSet::new(adjacency.n_nodes()),
        reached: Reached::default(),
    };
    for start in starts {
        if walk.seen.insert(*start) {
            walk.reached.nodes.push(*start);
        }
    }
    walk.reached.ends.push(walk.reached.nodes.len());
    let mut done = 0;
    while done < walk.reached.nodes.len() && walk.reached.stopped.is_none() {
        let end = walk.reached.nodes.len();
        if (end - done) * WIDE >= adjacency.n_nodes() {
            walk.step_from_behind(done);
        } else {
            walk.step(done);
        }
        done = end;
        if walk.reached.nodes.len() > end {
            walk.reached.ends.push(walk.reached.nodes.len());
        }
    }
    walk.reached
}

/// When one in so many nodes was reached with the last step, it is quicker to ask every other node whether it is next.
///
/// Scott Beamer, Krste Asanović, David Patterson, "Direction-Optimizing Breadth-First Search", 2012.
const WIDE: usize = 20;

struct Walk<'a, P> {
    adjacency: &'a Adjacency,
    direction: Direction,
    caps: Caps,
    passes: P,
    seen: NodeSet,
    reached: Reached,
}

impl<P: Fn(EdgeId) -> bool> Walk<'_, P> {
    /// Looks at every edge of the nodes of the last step, which start at `done`.
    fn step(&mut self, done: usize) {
        for at in done..self.reached.nodes.len() {
            for link in self.adjacency.access(self.reached.nodes[at], self.direction) {
                if !self.seen.has(link.node) && (self.passes)(link.edge) && !self.take(link.node) {
                    return;
                }
            }
        }
    }

    /// Looks, from every node that was not reached, for one edge to a node of the last step.
    fn step_from_behind(&mut self, done: usize) {
        let mut last = NodeSet::new(self.adjacency.n_nodes());
        for node in &self.reached.nodes[done..] {
            last.insert(*node);
        }
        let back = self.direction.back();
        for node in (0..self.adjacency.n_nodes() as u32).map(NodeId) {
            if self.seen.has(node) {
                continue;
            }
            let mut links = self.adjacency.access(node, back);
            if links.any(|link| last.has(link.node) && (self.passes)(link.edge)) && !self.take(node) {
                return;
            }
        }
    }

    /// Takes one more node, unless that is more than allowed.
    fn take(&mut self, node: NodeId) -> bool {
        if self.reached.ends.len() > self.caps.max_steps {
            self.reached.stopped = Some(Stopped::Steps(self.caps.max_steps));
        } else if self.reached.nodes.len() >= self.caps.max_nodes {
            self.reached.stopped = Some(Stopped::Nodes(self.caps.max_nodes));
        } else {
            self.seen.insert(node);
            self.reached.nodes.push(node);
        }
        self.reached.stopped.is_none()
    }
}

/// A set of nodes, one bit each: that of a large graph fits into the processor's nearest memory.
pub struct NodeSet(Vec<u64>);

impl NodeSet {
    pub fn new(n_nodes: usize) -> NodeSet {
        NodeSet(vec![0; n_nodes.div_ceil(64)])
    }

    #[inline]
    pub fn has(&self, node: NodeId) -> bool {
        self.0[node.0 as usize / 64] & (1 << (node.0 % 64)) != 0
    }

    /// Adds a node; says whether it is new.
    #[inline]
    pub fn insert(&mut self, node: NodeId) -> bool {
        let word = &mut self.0[node.0 as usize / 64];
        let bit = 1 << (node.0 % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::adjacency::Edge;
    use super::super::adjacency::tests::small;
    use super::*;

    /// Distances by relaxing every edge until nothing changes.
    fn distances(n_nodes: usize, edges: &[Edge], start: NodeId, direction: Direction) -> Vec<Option<usize>> {
        let mut distances = vec![None; n_nodes];
        distances[start.0 as usize] = Some(0);
        for _ in 0..n_nodes {
            for edge in edges.iter().filter(|edge| edge.relation.is_access()) {
                let (a, b) = match direction {
                    Direction::Out => (edge.from, edge.to),
                    Direction::In => (edge.to, edge.from),
                };
                let through = distances[a.0 as usize].map(|distance: usize| distance + 1);
                let known = &mut distances[b.0 as usize];
                *known = [*known, through].into_iter().flatten().min();
            }
        }
        distances
    }

    proptest! {
        #[test]
        fn it_reaches_what_relaxing_reaches(
            (n_nodes, edges) in small(),
            without in 0u32..28,
            steps in 0usize..10,
            // Few nodes are wide at every step, and few among many never are.
            n_lone in prop::sample::select(vec![0, 200]),
        ) {
            let n_nodes = n_nodes + n_lone;
            let adjacency = Adjacency::new(n_nodes, edges.clone());
            let kept: Vec<Edge> = edges.iter().copied().filter(|edge| edge.origin != without).collect();
            for direction in [Direction::Out, Direction::In] {
                let caps = Caps { max_steps: steps, ..Caps::default() };
                let passes = |edge| adjacency.edge(edge).origin != without;
                let reached = reach(&adjacency, &[NodeId(0)], direction, caps, passes);
                let expected = distances(n_nodes, &kept, NodeId(0), direction);
                let mut found = vec![None; n_nodes];
                for (node, distance) in reached.with_distance() {
                    prop_assert_eq!(found[node.0 as usize].replace(distance), None);
                }
                let near: Vec<_> = expected.iter().map(|known| known.filter(|distance| *distance <= steps)).collect();
                prop_assert_eq!(&found, &near);
                prop_assert_eq!(reached.stopped.is_some(), near != expected);
            }
        }

        #[test]
        fn it_says_when_it_saw_too_much((n_nodes, edges) in small(), max_nodes in 1usize..9) {
            let adjacency = Adjacency::new(n_nodes, edges);
            let all = reach(&adjacency, &[NodeId(0)], Direction::Out, Caps::default(), |_| true);
            let caps = Caps { max_nodes, ..Caps::default() };
            let some = reach(&adjacency, &[NodeId(0)], Direction::Out, caps, |_| true);
            prop_assert_eq!(some.stopped.is_some(), all.nodes.len() > max_nodes);
            prop_assert_eq!(&some.nodes[..], &all.nodes[..all.nodes.len().min(max_nodes)]);
            prop_assert_eq!(some.with_distance().count(), some.nodes.len());
        }
    }
}
