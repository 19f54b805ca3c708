//! What is on screen, and where: columns by distance, so that access runs from left to right.

use std::collections::BTreeMap;

use shared::api::graph::{NeighboursPage, NodeView, StepView};

/// The width and height of a node, and the room around it.
pub const NODE_WIDTH: f64 = 208.0;
pub const NODE_HEIGHT: f64 = 34.0;
const COLUMN_STEP: f64 = 300.0;
const ROW_STEP: f64 = 46.0;
/// Neighbours of one relation before the others are folded into a count.
pub const FAN: usize = 7;

/// Nodes with their places, and the edges between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    pub nodes: Vec<SceneNode>,
    pub edges: Vec<SceneEdge>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SceneNode {
    pub what: What,
    /// The middle.
    pub x: f64,
    pub y: f64,
}

/// What a node on screen stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Node(NodeView),
    /// Further neighbours of `of` through one relation.
    Folded { of: String, relation: String, n: usize },
}

impl What {
    /// What tells it apart on screen.
    pub fn id(&self) -> String {
        match self {
            What::Node(node) => node.id.clone(),
            What::Folded { of, relation, .. } => format!("{of} {relation}"),
        }
    }

    pub fn label(&self) -> String {
        match self {
            What::Node(node) => node.label.clone(),
            What::Folded { n, .. } => format!("{n} more"),
        }
    }

    /// A word of the kinds of nodes; empty for what is folded.
    pub fn kind(&self) -> &str {
        match self {
            What::Node(node) => &node.kind,
            What::Folded { .. } => "",
        }
    }
}

/// An edge between two nodes, by their places in [`Scene::nodes`].
#[derive(Clone, Debug, PartialEq)]
pub struct SceneEdge {
    pub from: usize,
    pub to: usize,
    /// A word of the relations.
    pub relation: String,
    pub conditional: bool,
}

/// Nodes and edges while they are gathered.
#[derive(Default)]
struct Gathered {
    nodes: Vec<What>,
    index: BTreeMap<String, usize>,
    edges: Vec<SceneEdge>,
}

impl Gathered {
    fn node(&mut self, what: What) -> usize {
        let id = what.id();
        if let Some(index) = self.index.get(&id) {
            return *index;
        }
        self.nodes.push(what);
        self.index.insert(id, self.nodes.len() - 1);
        self.nodes.len() - 1
    }

    fn edge(&mut self, from: usize, to: usize, relation: &str, conditional: bool) {
        let is_known = self
            .edges
            .iter()
            .any(|edge| (edge.from, edge.to) == (from, to) && edge.relation == relation);
        if !is_known {
            let relation = relation.to_owned();
            self.edges.push(SceneEdge {
                from,
                to,
                relation,
                conditional,
            });
        }
    }

    fn step(&mut self, step: &StepView) {
        let from = self.node(What::Node(step.from.clone()));
        let to = self.node(What::Node(step.to.clone()));
        self.edge(from, to, &step.relation, step.condition.is_some());
    }
}

/// The neighbours of the opened nodes, the first of which stands in the middle. Large fans are folded, except those of
/// nodes in `unfolded`.
pub fn neighbourhood<'p>(pages: impl IntoIterator<Item = &'p NeighboursPage>, unfolded: &[String]) -> Scene {
    let mut gathered = Gathered::default();
    for page in pages {
        let middle = gathered.node(What::Node(page.node.clone()));
        for fan in &page.fans {
            let is_out = fan.direction == "out";
            let in_fan = |step: &&StepView| {
                let own = if is_out { &step.from.id } else { &step.to.id };
                step.relation == fan.relation && *own == page.node.id
            };
            let steps: Vec<&StepView> = page.rows.iter().filter(in_fan).collect();
            // A page has one direction only; the other's fans come with the other page.
            if steps.is_empty() {
                continue;
            }
            let n_shown = match unfolded.contains(&page.node.id) || fan.n_edges <= FAN + 1 {
                true => steps.len(),
                false => FAN.min(steps.len()),
            };
            for step in &steps[..n_shown] {
                gathered.step(step);
            }
            let n_folded = fan.n_edges.saturating_sub(n_shown);
            if n_folded > 0 {
                let folded = gathered.node(What::Folded {
                    of: page.node.id.clone(),
                    relation: fan.relation.clone(),
                    n: n_folded,
                });
                let (from, to) = if is_out { (middle, folded) } else { (folded, middle) };
                gathered.edge(from, to, &fan.relation, false);
            }
        }
    }
    placed(gathered)
}

/// The steps of paths, from the node where they begin.
pub fn of_paths<'p>(steps: impl IntoIterator<Item = &'p StepView>) -> Scene {
    let mut gathered = Gathered::default();
    for step in steps {
        gathered.step(step);
    }
    placed(gathered)
}

fn placed(gathered: Gathered) -> Scene {
    let Gathered { nodes, edges, .. } = gathered;
    let columns = columns(nodes.len(), &edges);
    let mut rows: Vec<f64> = vec![0.0; nodes.len()];
    let (first, last) = (columns.iter().min().copied().unwrap_or(0), columns.iter().max().copied().unwrap_or(0));
    // From the middle outwards, each column in the order of what it hangs on.
    let outwards = (0..=last).chain((first..0).rev());
    for column in outwards {
        let mut members: Vec<usize> = (0..nodes.len()).filter(|node| columns[*node] == column).collect();
        let pull = |node: usize| {
            let inner = edges.iter().filter_map(|edge| match (edge.from == node, edge.to == node) {
                (true, false) => Some(edge.to),
                (false, true) => Some(edge.from),
                (true, true) | (false, false) => None,
            });
            let inner: Vec<f64> = inner
                .filter(|other| columns[*other].abs() < column.abs())
                .map(|other| rows[other])
                .collect();
            inner.iter().sum::<f64>() / inner.len().max(1) as f64
        };
        let pulls: Vec<f64> = (0..nodes.len()).map(pull).collect();
        members.sort_by(|a, b| pulls[*a].total_cmp(&pulls[*b]));
        let half = (members.len() as f64 - 1.0) / 2.0;
        for (at, node) in members.into_iter().enumerate() {
            rows[node] = (at as f64 - half) * ROW_STEP;
        }
    }
    let nodes = nodes.into_iter().enumerate().map(|(at, what)| SceneNode {
        what,
        x: f64::from(columns[at]) * COLUMN_STEP,
        y: rows[at],
    });
    Scene {
        nodes: nodes.collect(),
        edges,
    }
}

/// The column of each node: the first is 0, what it leads to lies right of it, what leads to it left.
fn columns(n_nodes: usize, edges: &[SceneEdge]) -> Vec<i32> {
    let mut columns: Vec<Option<i32>> = vec![None; n_nodes];
    if let Some(first) = columns.first_mut() {
        *first = Some(0);
    }
    let mut queue: Vec<usize> = (0..n_nodes.min(1)).collect();
    let mut next = 0;
    while let Some(node) = queue.get(next).copied() {
        next += 1;
        let column = columns[node].unwrap_or(0);
        for edge in edges {
            let (other, step) = match (edge.from == node, edge.to == node) {
                (true, _) => (edge.to, 1),
                (_, true) => (edge.from, -1),
                (false, false) => continue,
            };
            if columns[other].is_none() {
                columns[other] = Some(column + step);
                queue.push(other);
            }
        }
    }
    columns.into_iter().map(|column| column.unwrap_or(0)).collect()
}

impl Scene {
    /// The node at a place, if one is there.
    pub fn at(&self, x: f64, y: f64) -> Option<usize> {
        self.nodes
            .iter()
            .position(|node| (node.x - x).abs() <= NODE_WIDTH / 2.0 && (node.y - y).abs() <= NODE_HEIGHT / 2.0)
    }

    pub fn find(&self, id: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.what.id() == id)
    }

    /// The nearest node in a direction, `(1, 0)` being right. What lies along it counts more than what lies beside.
    pub fn towards(&self, from: usize, (right, down): (f64, f64)) -> Option<usize> {
        let start = self.nodes.get(from)?;
        let cost = |node: &SceneNode| {
            let (x, y) = (node.x - start.x, node.y - start.y);
            let along = x * right + y * down;
            let beside = (x * down - y * right).abs();
            (along > 1.0).then_some(along + 3.0 * beside)
        };
        let candidates = self.nodes.iter().enumerate();
        let candidates = candidates.filter_map(|(at, node)| Some((at, cost(node)?)));
        candidates.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(at, _)| at)
    }

    /// Left, top, right and bottom of everything.
    pub fn bounds(&self) -> (f64, f64, f64, f64) {
        let fold = |value: fn(&SceneNode) -> f64| {
            let values = || self.nodes.iter().map(value);
            (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max))
        };
        let ((left, right), (top, bottom)) = (fold(|node| node.x), fold(|node| node.y));
        (
            left - NODE_WIDTH / 2.0,
            top - NODE_HEIGHT / 2.0,
            right + NODE_WIDTH / 2.0,
            bottom + NODE_HEIGHT / 2.0,
        )
    }
}

#[cfg(test)]
mod tests {
    use shared::api::graph::FanView;
    use shared::model::instant::Instant;

    use super::*;

    fn node(id: &str) -> NodeView {
        NodeView {
            id: id.into(),
            kind: "identity".into(),
            label: id.into(),
            identity: None,
            source: None,
            environment: None,
            owner: None,
        }
    }

    fn step(from: &str, to: &str) -> StepView {
        StepView {
            from: node(from),
            relation: "assumes".into(),
            to: node(to),
            sentence: format!("{from} may assume {to}."),
            condition: None,
            meaning: String::new(),
            evidence: Vec::new(),
        }
    }

    fn page(of: &str, direction: &str, rows: Vec<StepView>) -> NeighboursPage {
        NeighboursPage {
            as_of: Instant(0),
            node: node(of),
            fans: vec![FanView {
                direction: direction.into(),
                relation: "assumes".into(),
                n_edges: rows.len(),
            }],
            n_matching: rows.len(),
            offset: 0,
            rows,
        }
    }

    #[test]
    fn access_runs_from_left_to_right() {
        let scene = of_paths(&[step("a", "b"), step("b", "c"), step("a", "c")]);
        let x = |id: &str| scene.nodes[scene.find(id).unwrap()].x;
        assert!(x("a") < x("b") && x("b") == x("c"), "the shortest way decides");
        assert_eq!(scene.edges.len(), 3);
    }

    #[test]
    fn a_large_fan_is_folded_until_it_is_opened() {
        let rows: Vec<StepView> = (0..20).map(|n| step("hub", &format!("role-{n:02}"))).collect();
        let inwards = page("hub", "in", vec![step("ci", "hub")]);
        let pages = [page("hub", "out", rows), inwards];
        let folded = neighbourhood(&pages, &[]);
        assert_eq!(folded.nodes.len(), 1 + FAN + 1 + 1);
        assert!(folded.nodes.iter().any(|node| node.what.label() == "13 more"));
        assert!(folded.nodes[folded.find("ci").unwrap()].x < 0.0);
        assert_eq!(neighbourhood(&pages, &["hub".into()]).nodes.len(), 22);
    }

    #[test]
    fn nodes_do_not_touch_and_arrows_find_the_next() {
        let rows: Vec<StepView> = (0..5).map(|n| step("hub", &format!("role-{n}"))).collect();
        let scene = neighbourhood(&[page("hub", "out", rows)], &[]);
        for (at, a) in scene.nodes.iter().enumerate() {
            for b in &scene.nodes[at + 1..] {
                assert!((a.x - b.x).abs() > NODE_WIDTH || (a.y - b.y).abs() > NODE_HEIGHT);
            }
        }
        let right = scene.towards(0, (1.0, 0.0)).unwrap();
        assert_eq!(scene.nodes[right].y, 0.0);
        assert_eq!(scene.towards(right, (-1.0, 0.0)), Some(0));
        assert_eq!(scene.towards(0, (-1.0, 0.0)), None);
        assert_eq!(scene.at(scene.nodes[right].x, 0.0), Some(right));
    }
}
