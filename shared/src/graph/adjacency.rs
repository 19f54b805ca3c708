//! Nodes as numbers and edges in two compressed lists: who leads where, and who is led to from where.

use crate::model::relation::Relation;

/// A node: its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// An edge: its place among all edges, which are grouped by the node that they come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EdgeId(pub u32);

/// Which way a question goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// From the node to what it leads to.
    Out,
    /// From the node to what leads to it.
    In,
}

impl Direction {
    /// The stable word for this direction in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            Direction::Out => "out",
            Direction::In => "in",
        }
    }

    /// The other one.
    pub fn back(self) -> Direction {
        match self {
            Direction::Out => Direction::In,
            Direction::In => Direction::Out,
        }
    }
}

/// One edge, before it is put in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: NodeId,
    pub to: NodeId,
    pub relation: Relation,
    /// What states it: see [`super::Graph::evidence`].
    pub origin: u32,
}

/// One edge as it is seen from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub edge: EdgeId,
    /// The other end.
    pub node: NodeId,
    pub relation: Relation,
}

/// All edges, dense: 17 bytes an edge and 16 a node.
///
/// Each node's edges are ordered by relation, then by the other end: those that give access come first.
#[derive(Clone, Debug, Default)]
pub struct Adjacency {
    out: Side,
    into: Side,
    /// For each edge of `into`, which it is among those of `out`.
    edge_of: Vec<u32>,
    /// For each edge of `out`.
    origins: Vec<u32>,
}

/// The edges grouped by one of their ends.
#[derive(Clone, Debug, Default)]
struct Side {
    /// Where each node's edges start; one more than there are nodes.
    starts: Vec<u32>,
    /// Where those that give access end.
    access_ends: Vec<u32>,
    others: Vec<NodeId>,
    relations: Vec<Relation>,
}

impl Adjacency {
    /// Puts edges in their places. The order in which they come matters for edges that are alike, and no others.
    ///
    /// There may be at most `u32::MAX` nodes, and as many edges.
    pub fn new(n_nodes: usize, edges: Vec<Edge>) -> Adjacency {
        let n_relations = Relation::ALL.len();
        let edges = sorted(edges, n_nodes, |edge| edge.to.0);
        let edges = sorted(edges, n_relations, |edge| edge.relation as u32);
        let edges = sorted(edges, n_nodes, |edge| edge.from.0);
        let out = Side::new(n_nodes, edges.iter().map(|edge| (edge.from, edge.relation, edge.to)));
        let order = (0..edges.len() as u32).collect();
        let order = sorted(order, n_relations, |&edge| edges[edge as usize].relation as u32);
        let edge_of = sorted(order, n_nodes, |&edge| edges[edge as usize].to.0);
        let turned = edge_of.iter().map(|&edge| edges[edge as usize]);
        let into = Side::new(n_nodes, turned.map(|edge| (edge.to, edge.relation, edge.from)));
        Adjacency {
            out,
            into,
            edge_of,
            origins: edges.into_iter().map(|edge| edge.origin).collect(),
        }
    }

    pub fn n_nodes(&self) -> usize {
        self.out.starts.len().saturating_sub(1)
    }

    pub fn n_edges(&self) -> usize {
        self.out.others.len()
    }

    /// The bytes that the lists take.
    pub fn n_bytes(&self) -> usize {
        let side = |side: &Side| {
            size_of_val(&*side.starts)
                + size_of_val(&*side.access_ends)
                + size_of_val(&*side.others)
                + size_of_val(&*side.relations)
        };
        side(&self.out) + side(&self.into) + size_of_val(&*self.edge_of) + size_of_val(&*self.origins)
    }

    /// The whole of an edge.
    pub fn edge(&self, edge: EdgeId) -> Edge {
        let index = edge.0 as usize;
        // The last node that starts at or before the edge: nodes without edges start where the next one does.
        let from = self.out.starts.partition_point(|&start| start <= edge.0) - 1;
        Edge {
            from: NodeId(from as u32),
            to: self.out.others[index],
            relation: self.out.relations[index],
            origin: self.origins[index],
        }
    }

    /// How many edges a node has on one side.
    pub fn degree(&self, node: NodeId, direction: Direction) -> usize {
        self.side(direction).all(node).len()
    }

    /// A node's edges on one side, by relation and then by the other end.
    pub fn links(&self, node: NodeId, direction: Direction) -> impl ExactSizeIterator<Item = Link> {
        let side = self.side(direction);
        side.all(node).map(move |at| self.link(side, direction, at))
    }

    /// Of these, the ones of a relation.
    pub fn links_of(
        &self,
        node: NodeId,
        direction: Direction,
        relation: Relation,
    ) -> impl ExactSizeIterator<Item = Link> {
        let side = self.side(direction);
        let all = side.all(node);
        let relations = &side.relations[all.clone()];
        let first = all.start + relations.partition_point(|other| *other < relation);
        let end = all.start + relations.partition_point(|other| *other <= relation);
        (first..end).map(move |at| self.link(side, direction, at))
    }

    /// Of these, the ones that give access.
    pub fn access(&self, node: NodeId, direction: Direction) -> impl ExactSizeIterator<Item = Link> {
        let side = self.side(direction);
        side.access(node).map(move |at| self.link(side, direction, at))
    }

    /// The one at this place among them.
    pub fn access_at(&self, node: NodeId, direction: Direction, at: usize) -> Option<Link> {
        let side = self.side(direction);
        let place = side.access(node).start + at;
        (place < side.access(node).end).then(|| self.link(side, direction, place))
    }

    fn side(&self, direction: Direction) -> &Side {
        match direction {
            Direction::Out => &self.out,
            Direction::In => &self.into,
        }
    }

    #[inline]
    fn link(&self, side: &Side, direction: Direction, at: usize) -> Link {
        let edge = match direction {
            Direction::Out => at as u32,
            Direction::In => self.edge_of[at],
        };
        Link {
            edge: EdgeId(edge),
            node: side.others[at],
            relation: side.relations[at],
        }
    }
}

impl Side {
    /// Of edges that come in order: the node by which they are grouped, the relation, the other end.
    fn new(n_nodes: usize, edges: impl ExactSizeIterator<Item = (NodeId, Relation, NodeId)>) -> Side {
        let mut side = Side {
            starts: Vec::with_capacity(n_nodes + 1),
            access_ends: Vec::with_capacity(n_nodes),
            others: Vec::with_capacity(edges.len()),
            relations: Vec::with_capacity(edges.len()),
        };
        for (node, relation, other) in edges {
            side.open(node.0 as usize);
            side.others.push(other);
            side.relations.push(relation);
            if relation.is_access() {
                side.access_ends[node.0 as usize] = side.others.len() as u32;
            }
        }
        side.open(n_nodes);
        side.access_ends.truncate(n_nodes);
        side
    }

    /// Starts the lists of all nodes up to and including this one that have none yet.
    fn open(&mut self, node: usize) {
        let at = self.others.len() as u32;
        if self.starts.len() <= node {
            self.starts.resize(node + 1, at);
            self.access_ends.resize(node + 1, at);
        }
    }

    fn all(&self, node: NodeId) -> std::ops::Range<usize> {
        self.starts[node.0 as usize] as usize..self.starts[node.0 as usize + 1] as usize
    }

    fn access(&self, node: NodeId) -> std::ops::Range<usize> {
        self.starts[node.0 as usize] as usize..self.access_ends[node.0 as usize] as usize
    }
}

/// Orders by a key below `n_keys`, in one pass; what has the same key stays in its order.
fn sorted<T: Copy>(items: Vec<T>, n_keys: usize, key: impl Fn(&T) -> u32) -> Vec<T> {
    let mut next = vec![0u32; n_keys + 1];
    for item in &items {
        next[key(item) as usize + 1] += 1;
    }
    for at in 1..next.len() {
        next[at] += next[at - 1];
    }
    let mut placed = items.clone();
    for item in items {
        let place = &mut next[key(&item) as usize];
        placed[*place as usize] = item;
        *place += 1;
    }
    placed
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Small graphs, in which everything can be tried.
    pub fn small() -> impl Strategy<Value = (usize, Vec<Edge>)> {
        (1usize..9).prop_flat_map(|n_nodes| {
            let node = 0..n_nodes as u32;
            let edge = (node.clone(), node, 0..Relation::ALL.len());
            let edges = prop::collection::vec(edge, 0..28);
            (Just(n_nodes), edges).prop_map(|(n_nodes, edges)| {
                let edges = edges.into_iter().enumerate().map(|(index, (from, to, relation))| Edge {
                    from: NodeId(from),
                    to: NodeId(to),
                    relation: Relation::ALL[relation],
                    origin: index as u32,
                });
                (n_nodes, edges.collect())
            })
        })
    }

    proptest! {
        #[test]
        fn every_edge_stands_at_both_ends((n_nodes, edges) in small()) {
            let adjacency = Adjacency::new(n_nodes, edges.clone());
            prop_assert_eq!(adjacency.n_edges(), edges.len());
            let (mut seen_out, mut seen_in) = (Vec::new(), Vec::new());
            for node in (0..n_nodes as u32).map(NodeId) {
                for direction in [Direction::Out, Direction::In] {
                    let links: Vec<Link> = adjacency.links(node, direction).collect();
                    prop_assert!(links.is_sorted_by_key(|link| (link.relation, link.node)));
                    let access: Vec<Link> = links.iter().copied().filter(|link| link.relation.is_access()).collect();
                    prop_assert_eq!(adjacency.access(node, direction).collect::<Vec<_>>(), access.clone());
                    let by_place = (0..links.len()).filter_map(|at| adjacency.access_at(node, direction, at));
                    prop_assert_eq!(by_place.collect::<Vec<_>>(), access);
                    for relation in Relation::ALL {
                        let of: Vec<Link> = links.iter().copied().filter(|link| link.relation == relation).collect();
                        prop_assert_eq!(adjacency.links_of(node, direction, relation).collect::<Vec<_>>(), of);
                    }
                    for link in links {
                        let edge = adjacency.edge(link.edge);
                        let (here, there) = match direction {
                            Direction::Out => (edge.from, edge.to),
                            Direction::In => (edge.to, edge.from),
                        };
                        prop_assert_eq!((here, there, edge.relation), (node, link.node, link.relation));
                        match direction {
                            Direction::Out => seen_out.push(edge),
                            Direction::In => seen_in.push(edge),
                        }
                    }
                }
            }
            for seen in [&mut seen_out, &mut seen_in] {
                seen.sort_by_key(|edge| edge.origin);
                prop_assert_eq!(&*seen, &edges);
            }
        }

        #[test]
        fn the_order_of_edges_does_not_matter((n_nodes, mut edges) in small()) {
            // Edges that are alike differ in their origin, and keep their order.
            edges.sort_by_key(|edge| (edge.from, edge.to, edge.relation));
            edges.dedup_by_key(|edge| (edge.from, edge.to, edge.relation));
            let one = Adjacency::new(n_nodes, edges.clone());
            edges.reverse();
            let other = Adjacency::new(n_nodes, edges);
            prop_assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
    }
}
