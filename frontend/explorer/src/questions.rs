//! What has to be asked for a view.

use shared::api::explorer::{ExplorerQuery, View};
use shared::api::graph::{ADMINISTRATORS, GraphQuery};
use shared::api::route;
use shared::graph::adjacency::Direction;
use shared::model::relation::Relation;

use crate::scene::{FAN, FAN_PAGE, n_pages};

/// What a search lists.
const N_FOUND: usize = 12;
/// Edges of a node that are asked for at once. Most nodes have fewer, and then no more is asked.
pub const N_EDGES: usize = 120;
/// Nodes of a reach in one answer; the server gives no more.
pub const N_REACHED: usize = 1_000;
/// Nodes of a reach before somebody insists.
const N_REACHED_FIRST: usize = 400;
const N_PATHS: usize = 3;
/// The most nodes in one picture: what the renderer is measured with.
pub const MAX_DRAWN: usize = 100_000;

pub fn search(query: &ExplorerQuery) -> String {
    address(
        route::GRAPH_NODES,
        &GraphQuery {
            text: query.text.clone(),
            limit: Some(N_FOUND),
            ..of_snapshot(query)
        },
    )
}

/// The edges of a node that the filters let through.
pub fn neighbours(query: &ExplorerQuery, node: &str) -> String {
    address(
        route::GRAPH_NEIGHBOURS,
        &GraphQuery {
            nodes: vec![node.to_owned()],
            limit: Some(N_EDGES),
            ..filtered(query)
        },
    )
}

/// The edges of one fan, as many as are shown.
pub fn fan(query: &ExplorerQuery, node: &str, direction: Direction, relation: Relation) -> String {
    address(
        route::GRAPH_NEIGHBOURS,
        &GraphQuery {
            nodes: vec![node.to_owned()],
            direction: Some(direction),
            relations: vec![relation],
            limit: Some(FAN + FAN_PAGE * n_pages(&query.fans, node, direction, relation)),
            ..filtered(query)
        },
    )
}

/// How many nodes of a reach are drawn.
pub fn n_reached(query: &ExplorerQuery) -> usize {
    query.shown.unwrap_or(N_REACHED_FIRST).min(MAX_DRAWN)
}

/// The questions to a reach, a window each. The filters do not narrow it: without what leads to a node, nobody sees how
/// it is reached.
pub fn reach(query: &ExplorerQuery, n: usize) -> Vec<String> {
    let path = match query.view {
        View::WhoCanReach => route::GRAPH_WHO_CAN_REACH,
        View::Neighbours | View::Reach | View::Paths => route::GRAPH_REACH,
    };
    let windows = (0..n.max(1)).step_by(N_REACHED);
    let window = |offset: usize| GraphQuery {
        nodes: query.node.iter().cloned().collect(),
        offset,
        limit: Some((n - offset).min(N_REACHED)),
        ..of_snapshot(query)
    };
    windows.map(|offset| address(path, &window(offset))).collect()
}

pub fn n_paths(query: &ExplorerQuery) -> usize {
    query.shown.unwrap_or(N_PATHS)
}

pub fn paths(query: &ExplorerQuery) -> String {
    address(
        route::GRAPH_PATHS,
        &GraphQuery {
            from: query.node.iter().cloned().collect(),
            to: query.to.iter().cloned().collect(),
            paths: Some(n_paths(query)),
            ..of_snapshot(query)
        },
    )
}

/// Whether the question is about all administrators together, who are no node.
pub fn is_about_administrators(query: &ExplorerQuery) -> bool {
    query.node.as_deref() == Some(ADMINISTRATORS)
}

fn of_snapshot(query: &ExplorerQuery) -> GraphQuery {
    GraphQuery {
        snapshot: query.snapshot.clone(),
        ..GraphQuery::default()
    }
}

fn filtered(query: &ExplorerQuery) -> GraphQuery {
    GraphQuery {
        relations: query.relations.clone(),
        kinds: query.kinds.clone(),
        environments: query.environments.clone(),
        tiers: query.tiers.clone(),
        ..of_snapshot(query)
    }
}

fn address(path: &str, query: &GraphQuery) -> String {
    format!("{path}?{}", query.to_query_string())
}
