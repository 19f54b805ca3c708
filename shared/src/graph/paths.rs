//! How one node gets to another: the shortest path, and the next ones after it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::adjacency::{Adjacency, Direction, EdgeId, NodeId};
use super::reach::{Caps, Stopped, reach};

/// The most beginnings of paths that a search for several paths keeps: a bound on memory (40 MB) and time.
const MAX_BEGINNINGS: usize = 1_000_000;

/// Paths from one node to another, shortest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    /// Each a chain of edges; empty when the two nodes are one.
    pub paths: Vec<Vec<EdgeId>>,
    /// Set when there may be others.
    pub stopped: Option<Stopped>,
}

/// No edge.
const NONE: u32 = u32::MAX;

/// A shortest path along edges that give access and that `passes` lets through, searched from both ends.
pub fn shortest(adjacency: &Adjacency, from: NodeId, to: NodeId, caps: Caps, passes: impl Fn(EdgeId) -> bool) -> Paths {
    if from == to {
        return Paths {
            paths: vec![Vec::new()],
            stopped: None,
        };
    }
    let mut ahead = Half::new(adjacency, from, Direction::Out);
    let mut behind = Half::new(adjacency, to, Direction::In);
    let mut n_steps = 0;
    let mut n_nodes = 2;
    while !ahead.frontier.is_empty() && !behind.frontier.is_empty() {
        let is_too_long = n_steps == caps.max_steps;
        if is_too_long || n_nodes > caps.max_nodes {
            let stopped = match is_too_long {
                true => Stopped::Steps(caps.max_steps),
                false => Stopped::Nodes(caps.max_nodes),
            };
            return Paths {
                paths: Vec::new(),
                stopped: Some(stopped),
            };
        }
        let (near, far) = match ahead.n_links <= behind.n_links {
            true => (&mut ahead, &behind),
            false => (&mut behind, &ahead),
        };
        // No path was found so far, so the two sides have met nowhere: where they meet now is on a shortest one.
        if let Some(meeting) = near.step(adjacency, far, &passes) {
            let mut path = ahead.back_to_start(adjacency, meeting);
            path.reverse();
            path.extend(behind.back_to_start(adjacency, meeting));
            return Paths {
                paths: vec![path],
                stopped: None,
            };
        }
        n_nodes += near.frontier.len();
        n_steps += 1;
    }
    Paths::default()
}

/// One end's half of the search.
struct Half {
    direction: Direction,
    start: NodeId,
    frontier: Vec<NodeId>,
    /// How many edges leave the frontier.
    n_links: usize,
    /// For each node that was found, the edge over which it was.
    found_over: Vec<u32>,
}

impl Half {
    fn new(adjacency: &Adjacency, start: NodeId, direction: Direction) -> Half {
        Half {
            direction,
            start,
            frontier: vec![start],
            n_links: adjacency.access(start, direction).len(),
            found_over: vec![NONE; adjacency.n_nodes()],
        }
    }

    fn has(&self, node: NodeId) -> bool {
        node == self.start || self.found_over[node.0 as usize] != NONE
    }

    /// Goes one step further; returns a node that the other half has found, too.
    fn step(&mut self, adjacency: &Adjacency, other: &Half, passes: impl Fn(EdgeId) -> bool) -> Option<NodeId> {
        let mut next = Vec::new();
        self.n_links = 0;
        for at in 0..self.frontier.len() {
            for link in adjacency.access(self.frontier[at], self.direction) {
                if self.has(link.node) || !passes(link.edge) {
                    continue;
                }
                self.found_over[link.node.0 as usize] = link.edge.0;
                if other.has(link.node) {
                    return Some(link.node);
                }
                self.n_links += adjacency.access(link.node, self.direction).len();
                next.push(link.node);
            }
        }
        self.frontier = next;
        None
    }

    /// The edges from a node that was found back to where this half started.
    fn back_to_start(&self, adjacency: &Adjacency, node: NodeId) -> Vec<EdgeId> {
        let mut at = node;
        let mut edges = Vec::new();
        while at != self.start {
            let edge = EdgeId(self.found_over[at.0 as usize]);
            edges.push(edge);
            let whole = adjacency.edge(edge);
            at = match self.direction {
                Direction::Out => whole.from,
                Direction::In => whole.to,
            };
        }
        edges
    }
}

/// The beginning of a path.
#[derive(Clone, Copy)]
struct Beginning {
    node: NodeId,
    /// Its last edge, and the beginning before that; [`NONE`] at the start.
    over: u32,
    before: u32,
    n_steps: u32,
}

/// Up to `n` shortest paths that pass no node twice. Of edges between the same two nodes, paths use the first.
///
/// Beginnings are extended in the order of what they come to at least: their own length, and that of the shortest way
/// on. That is exact but for ways that would pass a node twice, so little is tried in vain.
pub fn several(
    adjacency: &Adjacency,
    from: NodeId,
    to: NodeId,
    n: usize,
    caps: Caps,
    passes: impl Fn(EdgeId) -> bool,
) -> Paths {
    let behind = reach(adjacency, &[to], Direction::In, caps, &passes);
    let mut left = vec![NONE; adjacency.n_nodes()];
    for (node, distance) in behind.with_distance() {
        left[node.0 as usize] = distance as u32;
    }
    let mut found = Paths {
        paths: Vec::new(),
        stopped: behind.stopped,
    };
    let mut beginnings = vec![Beginning {
        node: from,
        over: NONE,
        before: NONE,
        n_steps: 0,
    }];
    let mut queue = BinaryHeap::new();
    if left[from.0 as usize] != NONE {
        // Of those that come to the same, the longest is nearest to its end, and the first comes first.
        queue.push(Reverse((left[from.0 as usize], Reverse(0), 0)));
    }
    while let Some(Reverse((_, _, index))) = queue.pop() {
        if found.paths.len() == n {
            return found;
        }
        let beginning = beginnings[index as usize];
        if beginning.node == to {
            found.paths.push(edges_of(&beginnings, index));
            continue;
        }
        let mut last = None;
        let mut next: Vec<_> = adjacency
            .access(beginning.node, Direction::Out)
            .filter(|link| left[link.node.0 as usize] != NONE && passes(link.edge))
            .collect();
        next.sort_by_key(|link| link.node);
        for link in next {
            if last.replace(link.node) == Some(link.node) || passes_node(&beginnings, index, link.node) {
                continue;
            }
            let n_steps = beginning.n_steps + 1;
            let n_at_least = n_steps + left[link.node.0 as usize];
            if n_at_least as usize > caps.max_steps {
                found.stopped = found.stopped.or(Some(Stopped::Steps(caps.max_steps)));
                continue;
            }
            if beginnings.len() == MAX_BEGINNINGS {
                found.stopped = Some(Stopped::Nodes(MAX_BEGINNINGS));
                break;
            }
            queue.push(Reverse((n_at_least, Reverse(n_steps), beginnings.len() as u32)));
            beginnings.push(Beginning {
                node: link.node,
                over: link.edge.0,
                before: index,
                n_steps,
            });
        }
    }
    found
}

fn passes_node(beginnings: &[Beginning], mut index: u32, node: NodeId) -> bool {
    while index != NONE {
        let beginning = &beginnings[index as usize];
        if beginning.node == node {
            return true;
        }
        index = beginning.before;
    }
    false
}

fn edges_of(beginnings: &[Beginning], mut index: u32) -> Vec<EdgeId> {
    let mut edges = Vec::new();
    while beginnings[index as usize].before != NONE {
        edges.push(EdgeId(beginnings[index as usize].over));
        index = beginnings[index as usize].before;
    }
    edges.reverse();
    edges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::adjacency::Edge;
    use super::super::adjacency::tests::small;
    use super::*;

    /// Every path that passes no node twice, as its nodes.
    fn all_paths(edges: &[Edge], path: &mut Vec<NodeId>, to: NodeId, found: &mut Vec<Vec<NodeId>>) {
        let last = *path.last().unwrap();
        if last == to {
            found.push(path.clone());
            return;
        }
        for edge in edges {
            if edge.from == last && edge.relation.is_access() && !path.contains(&edge.to) {
                path.push(edge.to);
                all_paths(edges, path, to, found);
                path.pop();
            }
        }
    }

    /// The nodes of a path; panics where its edges do not join.
    fn nodes(adjacency: &Adjacency, from: NodeId, path: &[EdgeId]) -> Vec<NodeId> {
        let mut nodes = vec![from];
        for edge in path {
            let edge = adjacency.edge(*edge);
            assert_eq!(nodes.last(), Some(&edge.from));
            assert!(edge.relation.is_access());
            nodes.push(edge.to);
        }
        nodes
    }

    proptest! {
        #[test]
        fn they_are_the_shortest_of_all((n_nodes, edges) in small(), to in 0u32..8, without in 0u32..28, n in 1usize..6) {
            let (from, to) = (NodeId(0), NodeId(to % n_nodes as u32));
            let adjacency = Adjacency::new(n_nodes, edges.clone());
            let kept: Vec<Edge> = edges.iter().copied().filter(|edge| edge.origin != without).collect();
            let passes = |edge| adjacency.edge(edge).origin != without;
            let mut expected = Vec::new();
            all_paths(&kept, &mut vec![from], to, &mut expected);
            expected.sort();
            expected.dedup();
            expected.sort_by_key(Vec::len);

            let one = shortest(&adjacency, from, to, Caps::default(), passes);
            prop_assert_eq!(one.stopped, None);
            let one = one.paths.first().map(|path| nodes(&adjacency, from, path));
            prop_assert_eq!(one.as_ref().map(Vec::len), expected.first().map(Vec::len));
            prop_assert!(one.is_none_or(|one| *one.last().unwrap() == to));

            let found = several(&adjacency, from, to, n, Caps::default(), passes);
            prop_assert_eq!(found.stopped, None);
            let found: Vec<_> = found.paths.iter().map(|path| nodes(&adjacency, from, path)).collect();
            let lengths = |paths: &[Vec<NodeId>]| paths.iter().map(Vec::len).collect::<Vec<_>>();
            let n_expected = expected.len().min(n);
            prop_assert_eq!(lengths(&found), lengths(&expected[..n_expected]));
            prop_assert!(found.iter().all(|path| expected.contains(path)));
            let mut distinct = found.clone();
            distinct.sort();
            distinct.dedup();
            prop_assert_eq!(distinct.len(), found.len());
        }

        #[test]
        fn a_cap_is_said((n_nodes, edges) in small(), to in 0u32..8, max_steps in 0usize..6) {
            let (from, to) = (NodeId(0), NodeId(to % n_nodes as u32));
            let adjacency = Adjacency::new(n_nodes, edges.clone());
            let caps = Caps { max_steps, ..Caps::default() };
            let mut all = Vec::new();
            all_paths(&edges, &mut vec![from], to, &mut all);
            let shortest_len = all.iter().map(|path| path.len() - 1).min();
            let one = shortest(&adjacency, from, to, caps, |_| true);
            prop_assert_eq!(one.paths.len(), usize::from(shortest_len.is_some_and(|len| len <= max_steps)));
            if one.paths.is_empty() && shortest_len.is_some() {
                prop_assert_eq!(one.stopped, Some(Stopped::Steps(max_steps)));
            }
            let found = several(&adjacency, from, to, 100, caps, |_| true);
            let mut within: Vec<_> = all.iter().filter(|path| path.len() - 1 <= max_steps).collect();
            within.sort();
            within.dedup();
            prop_assert_eq!(found.paths.len(), within.len());
            if all.iter().any(|path| path.len() - 1 > max_steps) {
                prop_assert!(found.stopped.is_some());
            }
        }
    }
}
