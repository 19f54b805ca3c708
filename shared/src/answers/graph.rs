//! Questions to the identity graph: neighbours, reach, paths.

use crate::access::Access;
use crate::access::standing::Tier;
use crate::analysis::Analysis;
use crate::api::graph::{
    ADMINISTRATORS, CountView, DEFAULT_PATHS, FanView, GraphQuery, MAX_PATHS, NeighboursPage, NodeView, NodesPage,
    PathView, PathsView, ReachPage, ReachedRow, StepView,
};
use crate::diagnostic::shorten;
use crate::graph::Graph;
use crate::graph::adjacency::{Direction, EdgeId, Link, NodeId};
use crate::graph::node::{Node, NodeKind};
use crate::graph::paths::{several, shortest};
use crate::graph::reach::{Caps, MAX_STEPS, Stopped, reach};
use crate::model::relation::Relation;
use crate::model::snapshot::{Owner, Snapshot};
use crate::model::strings::Sym;

/// A question that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    #[error("this snapshot has no node `{0}`; `/api/v1/graph/nodes?q=…` finds nodes by their names")]
    NoSuchNode(String),
    #[error("the question needs `{0}=…`, the id of a node")]
    Missing(&'static str),
    #[error("`{0}` is no credential; `/api/v1/graph/nodes?kind=credential&q=…` finds them")]
    NoCredential(String),
}

/// The keys of each question, besides `snapshot`.
pub const NODES_KEYS: &[&str] = &["q", "kind", "environment", "tier", "offset", "limit"];
pub const NEIGHBOURS_KEYS: &[&str] = &[
    "node",
    "direction",
    "relation",
    "kind",
    "environment",
    "tier",
    "q",
    "offset",
    "limit",
];
pub const REACH_KEYS: &[&str] = &["node", "kind", "environment", "tier", "q", "steps", "offset", "limit"];
pub const PATHS_KEYS: &[&str] = &["from", "to", "steps", "paths"];
pub const SAFE_TO_ACT_KEYS: &[&str] = &["node"];
pub const SMALLEST_CHANGE_KEYS: &[&str] = &["from", "to"];

/// `GET /api/v1/graph/nodes`.
pub fn nodes(analysis: &Analysis, query: &GraphQuery) -> NodesPage {
    let asked = Asked::new(analysis);
    let filter = Filter::new(query);
    let of_kinds = NodeKind::ALL.into_iter().filter(|kind| filter.has_kind(*kind));
    let all = of_kinds.flat_map(|kind| asked.graph.nodes_of(kind));
    let (n_matching, rows) = window(all.filter(|node| filter.holds(&asked, *node)), query);
    NodesPage {
        as_of: analysis.snapshot.as_of,
        n_matching,
        offset: query.offset,
        rows: rows.into_iter().map(|node| asked.view(node)).collect(),
    }
}

/// `GET /api/v1/graph/neighbours?node=…`.
///
/// # Errors
/// [`NoAnswer`] when the node is not given or not there.
pub fn neighbours(analysis: &Analysis, query: &GraphQuery) -> Result<NeighboursPage, NoAnswer> {
    let asked = Asked::new(analysis);
    let node = asked.only("node", &query.nodes)?;
    let filter = Filter::new(query);
    let adjacency = &asked.graph.adjacency;
    let directions = [Direction::Out, Direction::In];
    let fans = directions.into_iter().flat_map(|direction| {
        let n_edges = move |relation| adjacency.links_of(node, direction, relation).len();
        Relation::ALL
            .into_iter()
            .map(move |relation| FanView {
                direction: direction.id().to_owned(),
                relation: relation.id().to_owned(),
                n_edges: n_edges(relation),
            })
            .filter(|fan| fan.n_edges > 0)
    });
    let is_asked = |link: &Link| query.relations.is_empty() || query.relations.contains(&link.relation);
    let links = directions
        .into_iter()
        .filter(|direction| query.direction.is_none_or(|asked| asked == *direction))
        .flat_map(|direction| adjacency.links(node, direction))
        .filter(|link| is_asked(link) && filter.has_kind(asked.graph.node(link.node).kind()))
        .filter(|link| filter.holds(&asked, link.node));
    let (n_matching, links) = window(links, query);
    Ok(NeighboursPage {
        as_of: analysis.snapshot.as_of,
        node: asked.view(node),
        fans: fans.collect(),
        n_matching,
        offset: query.offset,
        rows: links.into_iter().map(|link| asked.step(link.edge)).collect(),
    })
}

/// `GET /api/v1/graph/reach?node=…` and `GET /api/v1/graph/who-can-reach?node=…`: outwards, and inwards.
///
/// # Errors
/// [`NoAnswer`] when a node is not given or not there.
pub fn reached(analysis: &Analysis, query: &GraphQuery, direction: Direction) -> Result<ReachPage, NoAnswer> {
    let asked = Asked::new(analysis);
    let starts = asked.all("node", &query.nodes)?;
    let filter = Filter::new(query);
    let found = reach(&asked.graph.adjacency, &starts, direction, caps(query), |_| true);
    let n_starts = found.ends[0];
    let others = &found.nodes[n_starts..];
    let rows = found
        .with_distance()
        .skip(n_starts)
        .filter(|(node, _)| filter.has_kind(asked.graph.node(*node).kind()) && filter.holds(&asked, *node));
    let (n_matching, rows) = window(rows, query);
    let adjacency = &asked.graph.adjacency;
    let mut distances = vec![usize::MAX; adjacency.n_nodes()];
    for (node, distance) in found.with_distance() {
        distances[node.0 as usize] = distance;
    }
    let row = |(node, n_steps): (NodeId, usize)| {
        let mut back = adjacency.access(node, direction.back());
        let link = back.find(|link| distances[link.node.0 as usize] == n_steps - 1)?;
        let edge = adjacency.edge(link.edge);
        Some(ReachedRow {
            node: asked.view(node),
            n_steps,
            through: asked.view(link.node).id,
            relation: edge.relation.id().to_owned(),
            conditional: asked.graph.condition(asked.snapshot, edge).is_some(),
        })
    };
    Ok(ReachPage {
        as_of: analysis.snapshot.as_of,
        starts: starts.iter().map(|start| asked.view(*start)).collect(),
        direction: direction.id().to_owned(),
        n_reached: others.len(),
        n_by_distance: found.ends.windows(2).map(|ends| ends[1] - ends[0]).collect(),
        kinds: asked.kinds(others),
        environments: asked.environments(others),
        stopped: found.stopped.map(why),
        n_matching,
        offset: query.offset,
        rows: rows.into_iter().filter_map(row).collect(),
    })
}

/// `GET /api/v1/graph/paths?from=…&to=…`.
///
/// # Errors
/// [`NoAnswer`] when a node is not given or not there.
pub fn paths(analysis: &Analysis, query: &GraphQuery) -> Result<PathsView, NoAnswer> {
    let asked = Asked::new(analysis);
    let from = asked.only("from", &query.from)?;
    let to = asked.only("to", &query.to)?;
    let adjacency = &asked.graph.adjacency;
    let found = match query.paths.unwrap_or(DEFAULT_PATHS).clamp(1, MAX_PATHS) {
        1 => shortest(adjacency, from, to, caps(query), |_| true),
        n => several(adjacency, from, to, n, caps(query), |_| true),
    };
    Ok(PathsView {
        as_of: analysis.snapshot.as_of,
        from: asked.view(from),
        to: asked.view(to),
        paths: found.paths.iter().map(|path| asked.path(path)).collect(),
        stopped: found.stopped.map(why),
    })
}

fn caps(query: &GraphQuery) -> Caps {
    Caps {
        max_steps: query.steps.unwrap_or(MAX_STEPS).min(MAX_STEPS),
        ..Caps::default()
    }
}

pub(super) fn why(stopped: Stopped) -> String {
    match stopped {
        Stopped::Steps(n) => format!("There is more beyond {n} steps, which were not walked."),
        Stopped::Nodes(n) => format!("The search stopped after {n} nodes; there may be more."),
    }
}

/// How many there are, and those that the query's window shows.
fn window<T>(all: impl Iterator<Item = T>, query: &GraphQuery) -> (usize, Vec<T>) {
    let mut n_matching = 0;
    let mut rows = Vec::new();
    let end = query.offset.saturating_add(query.n_rows());
    for item in all {
        if (query.offset..end).contains(&n_matching) {
            rows.push(item);
        }
        n_matching += 1;
    }
    (n_matching, rows)
}

/// What a query asks of nodes.
struct Filter<'q> {
    query: &'q GraphQuery,
    /// In lower case.
    words: Vec<String>,
}

impl<'q> Filter<'q> {
    fn new(query: &'q GraphQuery) -> Filter<'q> {
        let words = query.text.split_whitespace().map(str::to_lowercase).collect();
        Filter { query, words }
    }

    fn has_kind(&self, kind: NodeKind) -> bool {
        self.query.kinds.is_empty() || self.query.kinds.contains(&kind)
    }

    fn holds(&self, asked: &Asked<'_>, node: NodeId) -> bool {
        let node = asked.graph.node(node);
        let tiers = &self.query.tiers;
        if !tiers.is_empty() && !asked.tier(node).is_some_and(|tier| tiers.contains(&tier)) {
            return false;
        }
        let environments = &self.query.environments;
        if !environments.is_empty() {
            let environment = asked.snapshot.strings.get_or_empty(asked.environment(node));
            if !environments.iter().any(|asked| asked == environment) {
                return false;
            }
        }
        if self.words.is_empty() {
            return true;
        }
        let mut names = node.label(asked.snapshot);
        names.push(' ');
        // Writing to memory does not fail.
        let _ = node.write_id(asked.snapshot, &mut names);
        let names = names.to_lowercase();
        self.words.iter().all(|word| names.contains(word.as_str()))
    }
}

/// The graph and the snapshot that it is of.
pub(super) struct Asked<'a> {
    pub graph: &'a Graph,
    pub snapshot: &'a Snapshot,
    access: &'a Access,
}

impl<'a> Asked<'a> {
    pub fn new(analysis: &'a Analysis) -> Asked<'a> {
        Asked {
            graph: analysis.graph(),
            snapshot: &analysis.snapshot,
            access: &analysis.access,
        }
    }

    /// The nodes with these ids.
    pub fn all(&self, key: &'static str, ids: &[String]) -> Result<Vec<NodeId>, NoAnswer> {
        if ids.is_empty() {
            return Err(NoAnswer::Missing(key));
        }
        let mut found = Vec::new();
        for id in ids {
            if id == ADMINISTRATORS {
                let roles = self.graph.nodes_of(NodeKind::Role);
                found.extend(roles.filter(|node| matches!(self.graph.node(*node), Node::Administrators(_))));
            } else {
                let node = self.graph.find(self.snapshot, id);
                found.push(node.ok_or_else(|| NoAnswer::NoSuchNode(shorten(id)))?);
            }
        }
        Ok(found)
    }

    /// How many of these nodes are of each kind.
    pub fn kinds(&self, nodes: &[NodeId]) -> Vec<CountView> {
        let mut counts = [0; NodeKind::ALL.len()];
        for node in nodes {
            counts[self.graph.node(*node).kind() as usize] += 1;
        }
        let counted = NodeKind::ALL.into_iter().zip(counts).filter(|(_, n)| *n > 0);
        counted
            .map(|(kind, n)| CountView {
                value: kind.id().to_owned(),
                n,
            })
            .collect()
    }

    /// How many of these nodes are identities of each environment, most first.
    pub fn environments(&self, nodes: &[NodeId]) -> Vec<CountView> {
        let mut counts: Vec<(Option<Sym>, usize)> = Vec::new();
        for node in nodes {
            if let Node::Identity(id) = self.graph.node(*node) {
                let environment = self.snapshot.identity(id).environment;
                match counts.iter_mut().find(|(known, _)| *known == environment) {
                    Some((_, n)) => *n += 1,
                    None => counts.push((environment, 1)),
                }
            }
        }
        let counted = counts.into_iter().map(|(environment, n)| CountView {
            value: self.snapshot.strings.get_or_empty(environment).to_owned(),
            n,
        });
        let mut counted: Vec<CountView> = counted.collect();
        counted.sort_by(|a, b| b.n.cmp(&a.n).then_with(|| a.value.cmp(&b.value)));
        counted
    }

    /// The one node with this id.
    pub fn only(&self, key: &'static str, ids: &[String]) -> Result<NodeId, NoAnswer> {
        let id = ids.first().ok_or(NoAnswer::Missing(key))?;
        let node = self.graph.find(self.snapshot, id);
        node.ok_or_else(|| NoAnswer::NoSuchNode(shorten(id)))
    }

    pub fn view(&self, id: NodeId) -> NodeView {
        let node = self.graph.node(id);
        let text = |sym| self.snapshot.strings.get(sym).to_owned();
        let mut view = NodeView {
            id: format!("{}:", node.kind().id()),
            kind: node.kind().id().to_owned(),
            label: node.label(self.snapshot),
            identity: None,
            source: None,
            environment: self.environment(node).map(text),
            owner: None,
            tier: self.tier(node).map(|tier| tier.id().to_owned()),
        };
        // Writing to memory does not fail.
        let _ = node.write_id(self.snapshot, &mut view.id);
        if let Node::Identity(id) = node {
            let identity = self.snapshot.identity(id);
            view.identity = Some(text(identity.id));
            view.source = Some(self.snapshot.source(identity.source).name.clone());
            view.owner = identity.owner.text.map(text);
        }
        if let Node::Credential(id) = node {
            let source = self.snapshot.credential(id).source;
            view.source = Some(self.snapshot.source(source).name.clone());
        }
        view
    }

    /// Who answers for a node, when it is an identity and somebody does.
    pub fn owner(&self, id: NodeId) -> Owner {
        if let Node::Identity(id) = self.graph.node(id) {
            return self.snapshot.identity(id).owner;
        }
        Owner::default()
    }

    /// What an identity comes to for certain.
    fn tier(&self, node: Node) -> Option<Tier> {
        match node {
            Node::Identity(id) => Some(self.access.standing(id).tier),
            Node::Credential(_)
            | Node::Unlisted(_)
            | Node::Owner(_)
            | Node::Role(_)
            | Node::Administrators(_)
            | Node::Group(_)
            | Node::Policy(_)
            | Node::Resource(_)
            | Node::Leak(_)
            | Node::Store(..)
            | Node::Workload(..)
            | Node::TrustSource(_)
            | Node::Named(..)
            | Node::Environment(_) => None,
        }
    }

    fn environment(&self, node: Node) -> Option<Sym> {
        match node {
            Node::Identity(id) => self.snapshot.identity(id).environment,
            Node::Credential(id) => self.snapshot.credential(id).environment,
            Node::Workload(source, _) | Node::Store(source, _) | Node::Named(source, _) => {
                self.snapshot.source(source).environment
            }
            Node::Environment(name) => Some(name),
            Node::Administrators(scope) | Node::Resource(scope) => {
                scope.source.and_then(|source| self.snapshot.source(source).environment)
            }
            Node::Role(given) | Node::Policy(given) => {
                let source = given.scope.source;
                source.and_then(|source| self.snapshot.source(source).environment)
            }
            Node::Unlisted(_) | Node::Owner(_) | Node::Group(_) | Node::Leak(_) | Node::TrustSource(_) => None,
        }
    }

    pub fn step(&self, id: EdgeId) -> StepView {
        let edge = self.graph.adjacency.edge(id);
        let (from, to) = (self.view(edge.from), self.view(edge.to));
        let condition = self.graph.condition(self.snapshot, edge);
        let sentence = format!(
            "{} {} {}{}.",
            from.label,
            edge.relation.verb(),
            to.label,
            condition.map_or(String::new(), |condition| format!(", {condition}"))
        );
        StepView {
            from,
            relation: edge.relation.id().to_owned(),
            to,
            sentence,
            condition: condition.map(str::to_owned),
            meaning: match self.graph.escalation(edge) {
                Some(way) => format!("It {}. See {}.", way.path.does, way.path.source),
                None => edge.relation.meaning().to_owned(),
            },
            evidence: self
                .graph
                .evidence(self.snapshot, edge)
                .into_iter()
                .map(|place| super::evidence(self.snapshot, place))
                .collect(),
        }
    }

    /// A path as steps, and as one sentence: each node is the subject of what comes after it.
    pub fn path(&self, edges: &[EdgeId]) -> PathView {
        let steps: Vec<StepView> = edges.iter().map(|edge| self.step(*edge)).collect();
        let mut sentence = String::new();
        if edges.is_empty() {
            sentence += "Both are the same node";
        }
        for (index, (step, edge)) in steps.iter().zip(edges).enumerate() {
            let subject = match index {
                0 => &step.from.label,
                _ => ", which",
            };
            let relation = self.graph.adjacency.edge(*edge).relation;
            let condition = step.condition.as_ref();
            let condition = condition.map_or(String::new(), |condition| format!(" ({condition})"));
            sentence += &format!("{subject} {} {}{condition}", relation.verb(), step.to.label);
        }
        sentence += ".";
        PathView {
            sentence,
            conditional: steps.iter().any(|step| step.condition.is_some()),
            steps,
        }
    }
}
