//! The graph against the tiers: whoever is an administrator, or can become one for certain, and nobody else, gets to some
//! administrators.

use std::collections::BTreeSet;

use shared::access::decision::Holds;
use shared::answers::graph::reached;
use shared::api::graph::{ADMINISTRATORS, GraphQuery};
use shared::graph::adjacency::Direction;
use shared::graph::node::NodeKind;
use shared::model::snapshot::IdentityId;

use super::{Found, Scores};

pub fn score(found: &Found<'_>, scores: &mut Scores) {
    let analysis = found.0;
    let by_tier = found.identities().filter(|(index, ..)| {
        let standing = analysis.access.standing(IdentityId(*index as u32));
        standing.is_administrator.max(standing.can_escalate) == Holds::Yes
    });
    let by_tier: BTreeSet<String> = by_tier.map(|(_, id, _)| id.to_owned()).collect();
    let mut by_graph = BTreeSet::new();
    loop {
        let query = GraphQuery {
            nodes: vec![ADMINISTRATORS.to_owned()],
            kinds: vec![NodeKind::Identity],
            offset: by_graph.len(),
            limit: Some(500),
            ..GraphQuery::default()
        };
        let page = reached(analysis, &query, Direction::In).unwrap();
        let ids = page.rows.iter().filter_map(|row| row.node.id.strip_prefix("identity:"));
        by_graph.extend(ids.map(str::to_owned));
        if page.rows.is_empty() {
            break;
        }
    }
    scores.compare("who gets to administrators", by_tier, by_graph);
}
