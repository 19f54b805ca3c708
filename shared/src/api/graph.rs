//! `/api/v1/graph/…`: nodes, their neighbours, what they reach, and how.
//!
//! A node's id is its kind, a colon, and what the kind calls it: `identity:arn:aws:iam::111122223333:user/ci`,
//! `credential:…` with the credential's id, `group:…`. Ids are the same in every snapshot.

use serde::{Deserialize, Serialize};

use super::detail::{Cut, Evidence};
use super::query::{BadQuery, MAX_LIMIT, bad, number, pairs, query_string};
use crate::access::standing::Tier;
use crate::graph::adjacency::Direction;
use crate::graph::node::NodeKind;
use crate::model::instant::Instant;
use crate::model::relation::Relation;

/// A node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeView {
    pub id: String,
    /// A word of [`NodeKind`].
    pub kind: String,
    /// What a reader calls it, with the word for what it is: `user ci-deploy`, `policy Deploy on 111122223333`.
    pub label: String,
    /// The id of the identity, for its page; `None` when it is none, or no export lists it.
    pub identity: Option<String>,
    pub source: Option<String>,
    pub environment: Option<String>,
    pub owner: Option<String>,
    /// What an identity comes to, a word of [`Tier`]; `None` for what is none.
    pub tier: Option<String>,
}

/// One edge, with the fact that states it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    pub from: NodeView,
    /// A word of [`Relation`].
    pub relation: String,
    pub to: NodeView,
    /// The whole as a sentence: "role deploy may assume role prod-admin."
    pub sentence: String,
    /// What it depends on besides: "if it presents the external id"; `None` when it holds always.
    pub condition: Option<String>,
    /// What it means for an attacker who controls `from`.
    pub meaning: String,
    pub evidence: Vec<Evidence>,
}

/// `GET /api/v1/graph/nodes`: nodes whose label or id holds all words of `q`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodesPage {
    pub as_of: Instant,
    pub n_matching: usize,
    pub offset: usize,
    pub rows: Vec<NodeView>,
}

/// `GET /api/v1/graph/neighbours`: the edges of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighboursPage {
    pub as_of: Instant,
    pub node: NodeView,
    /// How many edges there are of each relation on each side, without filters.
    pub fans: Vec<FanView>,
    pub n_matching: usize,
    pub offset: usize,
    pub rows: Vec<StepView>,
}

/// The edges of one relation on one side of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanView {
    /// `out`: the node leads there; `in`: it is led to from there.
    pub direction: String,
    pub relation: String,
    pub n_edges: usize,
}

/// `GET /api/v1/graph/reach` and `GET /api/v1/graph/who-can-reach`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachPage {
    pub as_of: Instant,
    pub starts: Vec<NodeView>,
    /// `out` for what the starts reach, `in` for what reaches them.
    pub direction: String,
    /// Nodes besides the starts, without filters.
    pub n_reached: usize,
    /// How many are this many steps away; the first is one step.
    pub n_by_distance: Vec<usize>,
    /// By kind of node, without filters.
    pub kinds: Vec<CountView>,
    /// Identities by environment, without filters; `""` for none recorded.
    pub environments: Vec<CountView>,
    /// Why there may be more; `None` when this is all.
    pub stopped: Option<String>,
    pub n_matching: usize,
    pub offset: usize,
    /// Nearest first.
    pub rows: Vec<ReachedRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountView {
    pub value: String,
    pub n: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachedRow {
    pub node: NodeView,
    pub n_steps: usize,
    /// The id of a node one step nearer to the starts, through which it is reached: one of perhaps several.
    pub through: String,
    /// The relation of that step, a word of [`Relation`].
    pub relation: String,
    /// Whether that step depends on a condition.
    pub conditional: bool,
}

/// `GET /api/v1/graph/paths`: ways from one node to another, shortest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathsView {
    pub as_of: Instant,
    pub from: NodeView,
    pub to: NodeView,
    pub paths: Vec<PathView>,
    /// Why there may be others; `None` when these are all that were asked for.
    pub stopped: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathView {
    /// "user ci-deploy may assume role deploy, which may assume role prod-admin."
    pub sentence: String,
    /// Whether a step of it depends on a condition.
    pub conditional: bool,
    pub steps: Vec<StepView>,
}

/// `GET /api/v1/graph/safe-to-act?node=credential:…`: what to know before a credential is replaced or revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeToActView {
    pub as_of: Instant,
    pub credential: NodeView,
    /// Whether it signs anybody in now, as far as is known.
    pub works: bool,
    pub opens: OpensView,
    /// Who would break, the most certain first.
    pub dependents: Vec<DependentView>,
    /// What the snapshot cannot know about dependents.
    pub dependents_caveat: String,
    /// Whom to tell: the owners of its identities and of what depends on it.
    pub tell: Vec<TellView>,
    /// Ways by which its identities can still be acted as when it is revoked.
    pub survives: Vec<StepView>,
    /// Places that hold the same secret under another name.
    pub copies: Vec<NodeView>,
    /// If others may have it: in which order to replace it and what it opens, so that nothing that still works can
    /// read a new secret. Credentials of one step must be revoked together before a new one is made.
    pub rotation: Vec<RotationStep>,
    /// Lists that were cut off, by name.
    pub cut: Vec<Cut>,
}

/// What whoever has a credential gets to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpensView {
    pub n_reached: usize,
    /// By kind of node.
    pub kinds: Vec<CountView>,
    /// Identities by environment; `""` for none recorded.
    pub environments: Vec<CountView>,
    /// Whose administrator one becomes, nearest first.
    pub administers: Vec<NodeView>,
    /// Why there may be more; `None` when this is all.
    pub stopped: Option<String>,
}

/// Something that uses a credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependentView {
    pub node: NodeView,
    /// `declared` (code or configuration names it), `mounted` (stored where workloads take it from), `seen_in_use` or
    /// `inferred` (from who holds it).
    pub basis: String,
    pub sentence: String,
    pub evidence: Vec<Evidence>,
}

/// An owner, and what of theirs is concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellView {
    /// `None` when nobody is recorded.
    pub owner: Option<String>,
    /// `active`, `recorded`, `unresolved`, `left` or `absent`.
    pub state: String,
    pub concerns: Vec<NodeView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotationStep {
    pub credentials: Vec<NodeView>,
    pub sentence: String,
}

/// `GET /api/v1/graph/smallest-change?from=…&to=…`: the fewest grants, memberships, trusts and known ways up whose
/// removal cuts some nodes off from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmallestChangeView {
    pub as_of: Instant,
    pub from: Vec<NodeView>,
    pub to: Vec<NodeView>,
    /// `cut`, `no_way` (there is none to cut), `impossible` or `too_much`.
    pub outcome: String,
    pub sentence: String,
    pub n_changes: usize,
    /// The changes, by who would have to make them.
    pub owners: Vec<ChangesView>,
    /// Without the changes the graph was walked again, and no target was reached.
    pub verified: bool,
    /// When it is impossible: a way on which nothing of this can be removed.
    pub obstacle: Option<PathView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesView {
    /// Who answers for the identity that is trusted or granted something; `None` when nobody is recorded.
    pub owner: Option<String>,
    pub changes: Vec<StepView>,
}

/// What is asked of the graph: the server's extractor and the page's URL at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GraphQuery {
    /// The name of the snapshot; the newest when `None`.
    pub snapshot: Option<String>,
    /// Free text: every word must occur in a node's label or id.
    pub text: String,
    /// Ids of nodes; [`ADMINISTRATORS`] stands for all administrators of anything.
    pub nodes: Vec<String>,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub direction: Option<Direction>,
    pub relations: Vec<Relation>,
    pub kinds: Vec<NodeKind>,
    /// Environments of identities; `""` for none recorded.
    pub environments: Vec<String>,
    /// Of identities.
    pub tiers: Vec<Tier>,
    /// The most steps.
    pub steps: Option<usize>,
    /// How many paths; at most [`MAX_PATHS`].
    pub paths: Option<usize>,
    pub offset: usize,
    /// At most [`MAX_LIMIT`]; [`DEFAULT_ROWS`] when `None`.
    pub limit: Option<usize>,
}

/// What stands for all administrators of anything, where the ids of nodes are given.
pub const ADMINISTRATORS: &str = "administrators";
/// Rows in an answer when the query does not say: every one comes with its evidence.
pub const DEFAULT_ROWS: usize = 50;
/// Paths in an answer when the query does not say.
pub const DEFAULT_PATHS: usize = 3;
/// The most paths in one answer: nobody compares more, and each is searched for.
pub const MAX_PATHS: usize = 50;

impl GraphQuery {
    /// Reads a query string (without `?`) in which only these keys may stand.
    ///
    /// # Errors
    /// A [`BadQuery`] for the first key or value that is not known.
    pub fn parse(query: &str, keys: &[&str]) -> Result<GraphQuery, BadQuery> {
        let mut parsed = GraphQuery::default();
        for (key, value) in pairs(query) {
            if key != "snapshot" && !keys.contains(&key.as_str()) {
                return Err(bad(
                    "parameter of this route",
                    &key,
                    format!("snapshot, {}", keys.join(", ")),
                ));
            }
            match key.as_str() {
                "snapshot" => parsed.snapshot = Some(value),
                "q" => parsed.text = value,
                "node" => parsed.nodes.push(value),
                "from" => parsed.from.push(value),
                "to" => parsed.to.push(value),
                "direction" => {
                    let known = [Direction::Out, Direction::In];
                    let found = known.into_iter().find(|direction| direction.id() == value);
                    let known = known.map(Direction::id).join(", ");
                    parsed.direction = Some(found.ok_or_else(|| bad("direction", &value, known))?);
                }
                "relation" => {
                    let known = || Relation::ALL.map(Relation::id).join(", ");
                    let relation = Relation::from_id(&value).ok_or_else(|| bad("relation", &value, known()))?;
                    parsed.relations.push(relation);
                }
                "kind" => {
                    let known = || NodeKind::ALL.map(NodeKind::id).join(", ");
                    let kind = NodeKind::from_id(&value).ok_or_else(|| bad("kind of node", &value, known()))?;
                    parsed.kinds.push(kind);
                }
                "environment" => parsed.environments.push(value),
                "tier" => {
                    let known = || Tier::ALL.map(Tier::id).join(", ");
                    let tier = Tier::from_id(&value).ok_or_else(|| bad("tier", &value, known()))?;
                    parsed.tiers.push(tier);
                }
                "steps" => parsed.steps = Some(number(&key, &value)?),
                "paths" => parsed.paths = Some(number(&key, &value)?),
                "offset" => parsed.offset = number(&key, &value)?,
                "limit" => parsed.limit = Some(number(&key, &value)?),
                _ => return Err(bad("parameter of the graph", &key, keys.join(", "))),
            }
        }
        Ok(parsed)
    }

    /// Writes the query string (without `?`); the inverse of [`GraphQuery::parse`].
    pub fn to_query_string(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        pairs.extend(self.snapshot.iter().map(|name| ("snapshot", name.clone())));
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        for (key, ids) in [("node", &self.nodes), ("from", &self.from), ("to", &self.to)] {
            pairs.extend(ids.iter().map(|id| (key, id.clone())));
        }
        pairs.extend(self.direction.map(|direction| ("direction", direction.id().to_owned())));
        pairs.extend(
            self.relations
                .iter()
                .map(|relation| ("relation", relation.id().to_owned())),
        );
        pairs.extend(self.kinds.iter().map(|kind| ("kind", kind.id().to_owned())));
        pairs.extend(self.environments.iter().map(|name| ("environment", name.clone())));
        pairs.extend(self.tiers.iter().map(|tier| ("tier", tier.id().to_owned())));
        pairs.extend(self.steps.map(|n| ("steps", n.to_string())));
        pairs.extend(self.paths.map(|n| ("paths", n.to_string())));
        if self.offset > 0 {
            pairs.push(("offset", self.offset.to_string()));
        }
        pairs.extend(self.limit.map(|n| ("limit", n.to_string())));
        query_string(&pairs)
    }

    /// The rows to answer with.
    pub fn n_rows(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_ROWS).min(MAX_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 13] = [
        "q",
        "node",
        "from",
        "to",
        "direction",
        "relation",
        "kind",
        "environment",
        "tier",
        "steps",
        "paths",
        "offset",
        "limit",
    ];

    #[test]
    fn a_query_survives_its_url() {
        let query = GraphQuery {
            snapshot: Some("2026-10-31".into()),
            text: "ci deploy".into(),
            nodes: vec!["identity:arn:aws:iam::111122223333:user/ci&cd".into()],
            from: vec!["identity:a".into(), "identity:b".into()],
            to: vec![ADMINISTRATORS.into()],
            direction: Some(Direction::In),
            relations: vec![Relation::Assumes, Relation::RunsAs],
            kinds: vec![NodeKind::TrustSource],
            environments: vec!["prod".into(), String::new()],
            tiers: vec![Tier::SensitiveData],
            steps: Some(4),
            paths: Some(2),
            offset: 50,
            limit: Some(25),
        };
        assert_eq!(GraphQuery::parse(&query.to_query_string(), &KEYS).unwrap(), query);
    }

    #[test]
    fn what_means_nothing_is_an_error() {
        for (query, found) in [
            ("nod=x", "nod"),
            ("direction=up", "up"),
            ("relation=likes", "likes"),
            ("kind=user", "user"),
            ("tier=god", "god"),
            ("steps=many", "many"),
        ] {
            assert_eq!(GraphQuery::parse(query, &KEYS).unwrap_err().found, found);
        }
        assert_eq!(GraphQuery::parse("from=a", &["node"]).unwrap_err().found, "from");
    }
}
