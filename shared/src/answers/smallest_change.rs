//! The fewest grants, memberships and trusts whose removal cuts some nodes off from others, by who must make the change.

use super::graph::{Asked, NoAnswer};
use crate::analysis::Analysis;
use crate::api::graph::{ChangesView, GraphQuery, SmallestChangeView};
use crate::graph::adjacency::{Direction, EdgeId};
use crate::graph::cut::{Cut, MAX_CHANGES, fewest};
use crate::graph::reach::{Caps, NodeSet, reach};
use crate::model::relation::Relation;
use crate::model::strings::Sym;

/// `GET /api/v1/graph/smallest-change?from=…&to=…`.
///
/// # Errors
/// [`NoAnswer`] when a node is not given or not there.
pub fn smallest_change(analysis: &Analysis, query: &GraphQuery) -> Result<SmallestChangeView, NoAnswer> {
    let asked = Asked::new(analysis);
    let (from, to) = (asked.all("from", &query.from)?, asked.all("to", &query.to)?);
    let adjacency = &asked.graph.adjacency;
    let cut = fewest(adjacency, &from, &to, |edge| is_change(adjacency.edge(edge).relation));
    let views = |nodes: &[_]| nodes.iter().map(|node| asked.view(*node)).collect();
    let mut view = SmallestChangeView {
        as_of: analysis.snapshot.as_of,
        from: views(&from),
        to: views(&to),
        outcome: String::new(),
        sentence: String::new(),
        n_changes: 0,
        owners: Vec::new(),
        verified: false,
        obstacle: None,
    };
    let (outcome, sentence) = match cut {
        Cut::Edges(edges) => {
            let mut is_target = NodeSet::new(adjacency.n_nodes());
            for node in &to {
                is_target.insert(*node);
            }
            let still = |edge: EdgeId| edges.binary_search(&edge).is_err();
            let left = reach(adjacency, &from, Direction::Out, Caps::default(), still);
            view.verified = left.stopped.is_none() && !left.nodes.iter().any(|node| is_target.has(*node));
            view.n_changes = edges.len();
            view.owners = by_owner(&asked, &edges);
            match edges.len() {
                0 => ("no_way", "There is no way from the one to the other.".to_owned()),
                1 => ("cut", "One removal cuts every way.".to_owned()),
                n => ("cut", format!("These {n} removals cut every way; no fewer would.")),
            }
        }
        Cut::Impossible(path) => {
            view.obstacle = Some(asked.path(&path));
            let sentence = "Nothing on this way can be removed: it follows from what things are.";
            ("impossible", sentence.to_owned())
        }
        Cut::TooMany => (
            "too_much",
            format!("It takes more than {MAX_CHANGES} removals, or too much lies between; ask for fewer nodes."),
        ),
    };
    view.outcome = outcome.to_owned();
    view.sentence = sentence;
    Ok(view)
}

/// What somebody can decide to remove: who is given, trusted or a member, and what a way up needs. The rest follows
/// from what things are.
fn is_change(relation: Relation) -> bool {
    match relation {
        Relation::Assumes
        | Relation::Federates
        | Relation::Impersonates
        | Relation::RunsAs
        | Relation::MemberOf
        | Relation::IsGranted
        | Relation::Escalates => true,
        Relation::Authenticates
        | Relation::Holds
        | Relation::SameSecret
        | Relation::Keeps
        | Relation::Exposes
        | Relation::Opens
        | Relation::Administers
        | Relation::Controls
        | Relation::AnswersFor
        | Relation::LiesIn => false,
    }
}

/// A trust is changed where it stands, on the identity that is trusted to others; a grant or membership, by whoever
/// answers for who has it.
fn by_owner(asked: &Asked<'_>, edges: &[EdgeId]) -> Vec<ChangesView> {
    let mut owners: Vec<(Option<Sym>, Vec<EdgeId>)> = Vec::new();
    for edge in edges {
        let whole = asked.graph.adjacency.edge(*edge);
        let is_given = matches!(
            whole.relation,
            Relation::MemberOf | Relation::IsGranted | Relation::Escalates
        );
        let concerned = if is_given { whole.from } else { whole.to };
        let owner = asked.owner(concerned).text;
        match owners.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, edges)) => edges.push(*edge),
            None => owners.push((owner, vec![*edge])),
        }
    }
    // Whoever can do most comes first, and what belongs to nobody last.
    owners.sort_by_key(|(owner, edges)| (owner.is_none(), std::cmp::Reverse(edges.len())));
    let views = owners.into_iter().map(|(owner, edges)| ChangesView {
        owner: owner.map(|owner| asked.snapshot.strings.get(owner).to_owned()),
        changes: edges.into_iter().map(|edge| asked.step(edge)).collect(),
    });
    views.collect()
}
