//! The identity graph as BloodHound OpenGraph.
//!
//! <https://bloodhound.specterops.io/opengraph/schema>

use serde_json::{Map, Value, json};

use crate::analysis::Analysis;
use crate::graph::adjacency::{Direction, NodeId};
use crate::graph::node::{Node, NodeKind};
use crate::model::snapshot::{Identity, Snapshot};

/// What BloodHound calls everything that comes from here.
const SOURCE_KIND: &str = "Rollcall";

/// All nodes and edges. Ids are those of `rollcall graph`.
pub fn opengraph(analysis: &Analysis) -> Value {
    let snapshot = &analysis.snapshot;
    let graph = analysis.graph();
    let n_nodes = graph.adjacency.n_nodes() as u32;
    let ids: Vec<String> = (0..n_nodes)
        .map(|node| id(snapshot, graph.node(NodeId(node))))
        .collect();
    let nodes: Vec<Value> = (0..n_nodes)
        .zip(&ids)
        .map(|(index, id)| node(snapshot, graph.node(NodeId(index)), id))
        .collect();
    let mut edges = Vec::with_capacity(graph.adjacency.n_edges());
    for from in (0..n_nodes).map(NodeId) {
        for link in graph.adjacency.links(from, Direction::Out) {
            let edge = graph.adjacency.edge(link.edge);
            let mut properties = Map::new();
            if let Some(condition) = graph.condition(snapshot, edge) {
                properties.insert("condition".to_owned(), json!(condition));
            }
            if let Some(evidence) = graph.evidence(snapshot, edge).first() {
                let file = snapshot.file(evidence.file);
                let place = evidence.place.to_text(&snapshot.strings);
                let source = &snapshot.source(file.source).name;
                properties.insert("evidence".to_owned(), json!(format!("{source}/{}, {place}", file.path)));
            }
            edges.push(json!({
                "kind": kind(link.relation.id()),
                "start": { "value": ids[from.0 as usize], "match_by": "id" },
                "end": { "value": ids[link.node.0 as usize], "match_by": "id" },
                "properties": properties,
            }));
        }
    }
    json!({
        "metadata": { "source_kind": SOURCE_KIND },
        "graph": { "nodes": nodes, "edges": edges },
    })
}

fn id(snapshot: &Snapshot, node: Node) -> String {
    let mut id = format!("{}:", node.kind().id());
    // Writing to a string does not fail.
    let _ = node.write_id(snapshot, &mut id);
    id
}

/// A word of ours as a kind of theirs: `is_granted` becomes `Rollcall_IsGranted`.
fn kind(word: &str) -> String {
    let mut kind = format!("{SOURCE_KIND}_");
    for part in word.split('_') {
        let mut chars = part.chars();
        kind.extend(chars.next().map(|first| first.to_ascii_uppercase()));
        kind.push_str(chars.as_str());
    }
    kind
}

/// A node has no property where nothing is known: null is not allowed.
fn node(snapshot: &Snapshot, node: Node, id: &str) -> Value {
    let mut properties = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            properties.insert(name.to_owned(), value);
        }
    };
    put("name", Some(json!(node.label(snapshot))));
    let mut kinds = vec![kind(node.kind().id())];
    if let Node::Identity(index) = node {
        let identity: &Identity = snapshot.identity(index);
        let text = |sym: Option<_>| sym.map(|sym| json!(snapshot.strings.get(sym)));
        kinds.insert(0, kind(identity.kind.id()));
        put("source", Some(json!(snapshot.source(identity.source).name)));
        put("environment", text(identity.environment));
        put("owner", text(identity.owner.text));
        put("team", text(identity.owner.team));
        put("created", identity.created_at.map(|at| json!(at.to_string())));
    }
    if matches!(node, Node::Administrators(_)) && node.kind() == NodeKind::Role {
        put("administrator", Some(json!(true)));
    }
    kinds.dedup();
    json!({ "id": id, "kinds": kinds, "properties": properties })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_kinds() {
        assert_eq!(kind("is_granted"), "Rollcall_IsGranted");
        assert_eq!(kind("ci"), "Rollcall_Ci");
    }
}
