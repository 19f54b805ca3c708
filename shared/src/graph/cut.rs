//! The smallest change: the fewest edges whose removal cuts some nodes off from others. A maximum flow, by Dinic's
//! algorithm, in which an edge that may be removed carries one and every other as much as there is.
//!
//! <https://en.wikipedia.org/wiki/Dinic%27s_algorithm>, and the max-flow min-cut theorem.

use super::adjacency::{Adjacency, Direction, EdgeId, NodeId};
use super::paths::shortest;
use super::reach::{Caps, NodeSet, reach};

/// The most changes that are looked for: a longer list is no small change, and nobody's to-do.
pub const MAX_CHANGES: usize = 1_000;
/// The most edges between the two sides that are looked at: a bound on memory (200 MB) and time.
const MAX_EDGES: usize = 6_000_000;

/// What it takes to cut the targets off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cut {
    /// These edges, and no fewer would do. None when there is no way already.
    Edges(Vec<EdgeId>),
    /// No removal does: along this path nothing may be removed. It is empty when a start is a target.
    Impossible(Vec<EdgeId>),
    /// More than [`MAX_CHANGES`], or too much lies between to look at.
    TooMany,
}

/// The fewest edges, of those that `may_go`, whose removal leaves no way from the starts to the targets. Where several
/// sets are as few, it is the one nearest to the starts.
pub fn fewest(adjacency: &Adjacency, starts: &[NodeId], targets: &[NodeId], may_go: impl Fn(EdgeId) -> bool) -> Cut {
    if let Some(fixed) = fixed_path(adjacency, starts, targets, &may_go) {
        return Cut::Impossible(fixed);
    }
    let all = Caps {
        max_steps: usize::MAX - 1,
        max_nodes: usize::MAX,
    };
    let ahead = reach(adjacency, starts, Direction::Out, all, |_| true);
    let behind = reach(adjacency, targets, Direction::In, all, |_| true);
    let mut is_ahead = NodeSet::new(adjacency.n_nodes());
    for node in &ahead.nodes {
        is_ahead.insert(*node);
    }
    // Only nodes on a way from a start to a target matter. A start or target ends a way, and is never in the middle.
    let between: Vec<NodeId> = behind.nodes.into_iter().filter(|node| is_ahead.has(*node)).collect();
    let Some(mut flow) = Flow::new(adjacency, &between, starts, targets, &may_go) else {
        return Cut::TooMany;
    };
    if flow.fill() > MAX_CHANGES {
        return Cut::TooMany;
    }
    Cut::Edges(flow.cut())
}

/// A way along which nothing may go.
fn fixed_path(
    adjacency: &Adjacency,
    starts: &[NodeId],
    targets: &[NodeId],
    may_go: impl Fn(EdgeId) -> bool,
) -> Option<Vec<EdgeId>> {
    let caps = Caps {
        max_steps: usize::MAX - 1,
        max_nodes: usize::MAX,
    };
    let mut is_target = NodeSet::new(adjacency.n_nodes());
    for target in targets {
        is_target.insert(*target);
    }
    let fixed = reach(adjacency, starts, Direction::Out, caps, |edge| !may_go(edge));
    let target = *fixed.nodes.iter().find(|node| is_target.has(**node))?;
    let mut ways = starts.iter().filter_map(|start| {
        let mut found = shortest(adjacency, *start, target, caps, |edge| !may_go(edge));
        found.paths.pop()
    });
    ways.next()
}

/// No arc.
const NONE: u32 = u32::MAX;
/// As much as there is.
const UNBOUNDED: u32 = u32::MAX / 2;

/// A network of arcs, each beside the one that takes its flow back.
struct Flow {
    /// For each node between, and then for the source and the sink, its first arc.
    first: Vec<u32>,
    arcs: Vec<Arc>,
    levels: Vec<u32>,
    source: u32,
    sink: u32,
}

#[derive(Clone, Copy)]
struct Arc {
    to: u32,
    /// What it can still carry.
    left: u32,
    next: u32,
    /// The edge; [`NONE`] for arcs that are none.
    edge: u32,
}

impl Flow {
    fn new(
        adjacency: &Adjacency,
        between: &[NodeId],
        starts: &[NodeId],
        targets: &[NodeId],
        may_go: impl Fn(EdgeId) -> bool,
    ) -> Option<Flow> {
        let mut number = vec![NONE; adjacency.n_nodes()];
        for (index, node) in between.iter().enumerate() {
            number[node.0 as usize] = index as u32;
        }
        let (source, sink) = (between.len() as u32, between.len() as u32 + 1);
        let mut flow = Flow {
            first: vec![NONE; between.len() + 2],
            arcs: Vec::new(),
            levels: Vec::new(),
            source,
            sink,
        };
        for (index, node) in between.iter().enumerate() {
            for link in adjacency.access(*node, Direction::Out) {
                let to = number[link.node.0 as usize];
                if to == NONE || to == index as u32 {
                    continue;
                }
                if flow.arcs.len() >= 2 * MAX_EDGES {
                    return None;
                }
                let left = if may_go(link.edge) { 1 } else { UNBOUNDED };
                flow.arc(index as u32, to, left, link.edge.0);
            }
        }
        let numbers = |nodes: &[NodeId]| {
            let mut numbers: Vec<u32> = nodes.iter().map(|node| number[node.0 as usize]).collect();
            numbers.sort_unstable();
            numbers.dedup();
            numbers.retain(|number| *number != NONE);
            numbers
        };
        for start in numbers(starts) {
            flow.arc(source, start, UNBOUNDED, NONE);
        }
        for target in numbers(targets) {
            flow.arc(target, sink, UNBOUNDED, NONE);
        }
        Some(flow)
    }

    fn arc(&mut self, from: u32, to: u32, left: u32, edge: u32) {
        for (from, to, left) in [(from, to, left), (to, from, 0)] {
            let first = &mut self.first[from as usize];
            let next = std::mem::replace(first, self.arcs.len() as u32);
            self.arcs.push(Arc { to, left, next, edge });
        }
    }

    /// Fills the network; returns how much flows, or something above [`MAX_CHANGES`] when it is more than that.
    fn fill(&mut self) -> usize {
        let mut n_flowing = 0;
        while self.level() && n_flowing <= MAX_CHANGES {
            let mut at = self.first.clone();
            while n_flowing <= MAX_CHANGES && self.push(&mut at) {
                n_flowing += 1;
            }
        }
        n_flowing
    }

    /// Measures how far each node is from the source, along arcs that can carry more; says whether the sink is.
    fn level(&mut self) -> bool {
        self.levels = vec![NONE; self.first.len()];
        self.levels[self.source as usize] = 0;
        let mut queue = vec![self.source];
        let mut done = 0;
        while done < queue.len() {
            let node = queue[done];
            done += 1;
            let mut index = self.first[node as usize];
            while index != NONE {
                let arc = self.arcs[index as usize];
                if arc.left > 0 && self.levels[arc.to as usize] == NONE {
                    self.levels[arc.to as usize] = self.levels[node as usize] + 1;
                    queue.push(arc.to);
                }
                index = arc.next;
            }
        }
        self.levels[self.sink as usize] != NONE
    }

    /// Pushes one along some path to the sink that comes nearer with every arc. Every path has an arc that carries only
    /// one: there is none along which nothing may go.
    fn push(&mut self, at: &mut [u32]) -> bool {
        let mut path: Vec<u32> = Vec::new();
        let mut node = self.source;
        while node != self.sink {
            let index = at[node as usize];
            if index == NONE {
                // A dead end: nobody comes here again before distances are measured anew.
                let Some(back) = path.pop() else { return false };
                node = self.arcs[back as usize ^ 1].to;
                at[node as usize] = self.arcs[back as usize].next;
                continue;
            }
            let arc = self.arcs[index as usize];
            if arc.left > 0 && self.levels[arc.to as usize] == self.levels[node as usize] + 1 {
                path.push(index);
                node = arc.to;
            } else {
                at[node as usize] = arc.next;
            }
        }
        for index in path {
            self.arcs[index as usize].left -= 1;
            self.arcs[index as usize ^ 1].left += 1;
        }
        true
    }

    /// The edges that lead out of what can still be filled.
    fn cut(&self) -> Vec<EdgeId> {
        let mut edges = Vec::new();
        for (node, first) in self.first.iter().enumerate() {
            let mut index = *first;
            while index != NONE {
                let arc = self.arcs[index as usize];
                let is_forward = index % 2 == 0;
                let leads_out = self.levels[node] != NONE && self.levels[arc.to as usize] == NONE;
                if is_forward && leads_out {
                    edges.push(EdgeId(arc.edge));
                }
                index = arc.next;
            }
        }
        edges.sort_unstable();
        edges
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::adjacency::tests::small;
    use super::*;
    use crate::model::relation::Relation;

    fn may_go(adjacency: &Adjacency, edge: EdgeId) -> bool {
        adjacency.edge(edge).relation >= Relation::Assumes
    }

    fn is_cut_by(adjacency: &Adjacency, starts: &[NodeId], targets: &[NodeId], gone: &[EdgeId]) -> bool {
        let left = reach(adjacency, starts, Direction::Out, Caps::default(), |edge| {
            !gone.contains(&edge)
        });
        left.nodes.iter().all(|node| !targets.contains(node))
    }

    proptest! {
        #[test]
        fn no_smaller_set_of_edges_does((n_nodes, mut edges) in small(), ends in prop::collection::vec(0u32..8, 4)) {
            edges.truncate(11);
            let adjacency = Adjacency::new(n_nodes, edges.clone());
            let ends: Vec<NodeId> = ends.into_iter().map(|end| NodeId(end % n_nodes as u32)).collect();
            let (starts, targets) = ends.split_at(2);
            let removable: Vec<EdgeId> =
                (0..edges.len() as u32).map(EdgeId).filter(|edge| may_go(&adjacency, *edge)).collect();
            let smallest = (0u32..1 << removable.len())
                .filter(|set| {
                    let chosen = removable.iter().enumerate().filter(|(at, _)| set & (1 << at) != 0);
                    let gone: Vec<EdgeId> = chosen.map(|(_, edge)| *edge).collect();
                    is_cut_by(&adjacency, starts, targets, &gone)
                })
                .map(u32::count_ones)
                .min();
            match fewest(&adjacency, starts, targets, |edge| may_go(&adjacency, edge)) {
                Cut::Edges(gone) => {
                    prop_assert_eq!(Some(gone.len() as u32), smallest);
                    prop_assert!(is_cut_by(&adjacency, starts, targets, &gone));
                    prop_assert!(gone.iter().all(|edge| removable.contains(edge)));
                }
                Cut::Impossible(path) => {
                    prop_assert_eq!(smallest, None);
                    prop_assert!(path.iter().all(|edge| !may_go(&adjacency, *edge)));
                    match (path.first(), path.last()) {
                        (Some(first), Some(last)) => {
                            prop_assert!(starts.contains(&adjacency.edge(*first).from));
                            prop_assert!(targets.contains(&adjacency.edge(*last).to));
                        }
                        _ => prop_assert!(starts.iter().any(|start| targets.contains(start))),
                    }
                }
                Cut::TooMany => prop_assert!(false, "a small graph is not too much"),
            }
        }
    }

    #[test]
    fn a_fan_that_is_too_wide_is_said() {
        use super::super::adjacency::Edge;
        let edges = (0..MAX_CHANGES as u32 + 1).flat_map(|middle| {
            let edge = |from, to, relation| Edge {
                from: NodeId(from),
                to: NodeId(to),
                relation,
                origin: 0,
            };
            [
                edge(0, middle + 2, Relation::Assumes),
                edge(middle + 2, 1, Relation::Assumes),
            ]
        });
        let adjacency = Adjacency::new(MAX_CHANGES + 3, edges.collect());
        assert_eq!(fewest(&adjacency, &[NodeId(0)], &[NodeId(1)], |_| true), Cut::TooMany);
    }
}
