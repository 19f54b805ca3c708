//! What to know before a credential is replaced or revoked.

use super::graph::{Asked, NoAnswer, why};
use crate::analysis::Analysis;
use crate::api::detail::Cut;
use crate::api::graph::{DependentView, GraphQuery, OpensView, RotationStep, SafeToActView, StepView, TellView};
use crate::graph::adjacency::{Direction, Link, NodeId};
use crate::graph::node::{Basis, Node, store};
use crate::graph::order;
use crate::graph::reach::{Caps, Reached, reach};
use crate::model::instant::LastUsed;
use crate::model::relation::Relation;
use crate::model::snapshot::{Credential, OwnerState};
use crate::model::strings::Sym;

/// The most rows of each list, and credentials of one step: whoever has more before him needs a list, not a plan.
const MAX_ROWS: usize = 100;

const CAVEAT: &str = "These are what exports name. A copy of the secret in a place that no export describes is not known, \
                      and sessions that were already opened go on until they end.";

/// `GET /api/v1/graph/safe-to-act?node=credential:…`.
///
/// # Errors
/// [`NoAnswer`] when the node is not given, not there, or no credential.
pub fn safe_to_act(analysis: &Analysis, query: &GraphQuery) -> Result<SafeToActView, NoAnswer> {
    let asked = Asked::new(analysis);
    let node = asked.only("node", &query.nodes)?;
    let Node::Credential(id) = asked.graph.node(node) else {
        return Err(NoAnswer::NoCredential(asked.view(node).id));
    };
    let snapshot = asked.snapshot;
    let credential = snapshot.credential(id);
    let reached = reach(&asked.graph.adjacency, &[node], Direction::Out, Caps::default(), |_| {
        true
    });
    let copies: Vec<NodeId> = copies(&asked, node);
    let mut cut = Vec::new();
    let dependents = capped(dependents(&asked, node, &copies), "dependents", &mut cut);
    let survives = capped(survivors(&asked, node, credential), "survives", &mut cut);
    let rotation = capped(rotation(&asked, &reached), "rotation", &mut cut);
    let concerned: Vec<NodeId> = credential.holders.iter().map(|id| asked.graph.identity(*id)).collect();
    let users = dependents.iter().map(|(node, _)| *node);
    let tell = capped(tell(&asked, concerned.into_iter().chain(users)), "tell", &mut cut);
    Ok(SafeToActView {
        as_of: snapshot.as_of,
        credential: asked.view(node),
        works: credential.works(snapshot.as_of),
        opens: opens(&asked, &reached),
        dependents: dependents.into_iter().map(|(_, view)| view).collect(),
        dependents_caveat: CAVEAT.to_owned(),
        tell,
        survives,
        copies: capped(copies, "copies", &mut cut)
            .into_iter()
            .map(|copy| asked.view(copy))
            .collect(),
        rotation,
        cut,
    })
}

fn capped<T>(mut rows: Vec<T>, list: &str, cut: &mut Vec<Cut>) -> Vec<T> {
    if rows.len() > MAX_ROWS {
        cut.push(Cut {
            list: list.to_owned(),
            n_total: rows.len(),
        });
        rows.truncate(MAX_ROWS);
    }
    rows
}

fn opens(asked: &Asked<'_>, reached: &Reached) -> OpensView {
    let others = &reached.nodes[1..];
    let administers = others
        .iter()
        .filter(|node| matches!(asked.graph.node(**node), Node::Administrators(_)));
    OpensView {
        n_reached: others.len(),
        kinds: asked.kinds(others),
        environments: asked.environments(others),
        administers: administers.take(MAX_ROWS).map(|node| asked.view(*node)).collect(),
        stopped: reached.stopped.map(why),
    }
}

/// Who uses a credential under any of its names, each with how that is known.
pub(super) fn users_of(asked: &Asked<'_>, node: NodeId) -> impl Iterator<Item = DependentView> + use<> {
    let found = dependents(asked, node, &copies(asked, node));
    found.into_iter().map(|(_, view)| view)
}

/// The other names of the same secret: those are joined to the first of them, whichever that is.
fn copies(asked: &Asked<'_>, node: NodeId) -> Vec<NodeId> {
    let twins = |of: NodeId| asked.graph.adjacency.links_of(of, Direction::Out, Relation::SameSecret);
    let near: Vec<NodeId> = twins(node).map(|link| link.node).collect();
    let mut copies = near.clone();
    copies.extend(near.iter().flat_map(|near| twins(*near)).map(|link| link.node));
    copies.retain(|copy| *copy != node);
    copies.sort_unstable();
    copies.dedup();
    copies
}

/// Who uses the secret under any of its names, and how that is known.
fn dependents(asked: &Asked<'_>, node: NodeId, copies: &[NodeId]) -> Vec<(NodeId, DependentView)> {
    let adjacency = &asked.graph.adjacency;
    let mut found: Vec<(Basis, NodeId, DependentView)> = Vec::new();
    let mut add = |node: NodeId, basis: Basis, step: StepView, sentence: String| {
        let view = DependentView {
            node: asked.view(node),
            basis: basis.id().to_owned(),
            sentence,
            evidence: step.evidence,
        };
        found.push((basis, node, view));
    };
    for name in [node].into_iter().chain(copies.iter().copied()) {
        for link in adjacency.links_of(name, Direction::In, Relation::Keeps) {
            let step = asked.step(link.edge);
            let sentence = step.sentence.clone();
            add(
                link.node,
                kept_in(asked, link).unwrap_or(Basis::Inferred),
                step,
                sentence,
            );
        }
        let Node::Credential(id) = asked.graph.node(name) else {
            continue;
        };
        for link in adjacency.links_of(name, Direction::In, Relation::Holds) {
            let step = asked.step(link.edge);
            let (basis, sentence) = use_of(asked, asked.snapshot.credential(id), &step);
            add(link.node, basis, step, sentence);
            for workload in adjacency.links_of(link.node, Direction::In, Relation::RunsAs) {
                let step = asked.step(workload.edge);
                let sentence = format!("{} runs as {}, and may use it.", step.from.label, step.to.label);
                add(workload.node, Basis::Inferred, step, sentence);
            }
        }
    }
    found.sort_by_key(|(basis, node, _)| (*basis, *node));
    found.dedup_by_key(|(basis, node, _)| (*basis, *node));
    found.into_iter().map(|(_, node, view)| (node, view)).collect()
}

fn kept_in(asked: &Asked<'_>, link: Link) -> Option<Basis> {
    let Node::Store(_, connector) = asked.graph.node(link.node) else {
        return None;
    };
    store(connector).map(|store| store.basis)
}

/// What is known of the use of a credential by its holder.
fn use_of(asked: &Asked<'_>, credential: &Credential, step: &StepView) -> (Basis, String) {
    let holder = &step.from.label;
    match credential.last_used {
        LastUsed::At(at) => {
            let what = credential.last_used_for.map(|what| asked.snapshot.strings.get(what));
            let what = what.map_or(String::new(), |what| format!(", for {what}"));
            (
                Basis::SeenInUse,
                format!("{holder} last used it on {}{what}.", at.to_date_text()),
            )
        }
        LastUsed::Never => (
            Basis::Inferred,
            format!("{holder} authenticates with it, and never did so far."),
        ),
        LastUsed::NotWithin { days } => (
            Basis::Inferred,
            format!("{holder} authenticates with it, and did not for {days} days."),
        ),
        LastUsed::NotReported => (
            Basis::Inferred,
            format!("{holder} authenticates with it; no export tells when it last did."),
        ),
    }
}

/// How one acts as another.
pub(super) const WAYS: [Relation; 6] = [
    Relation::Authenticates,
    Relation::Assumes,
    Relation::Federates,
    Relation::Impersonates,
    Relation::RunsAs,
    Relation::Controls,
];

/// How its holders can be acted as without it.
fn survivors(asked: &Asked<'_>, node: NodeId, credential: &Credential) -> Vec<StepView> {
    let holders = credential.holders.iter().map(|id| asked.graph.identity(*id));
    let links = holders.flat_map(|holder| {
        let ways = WAYS.into_iter();
        ways.flat_map(move |way| asked.graph.adjacency.links_of(holder, Direction::In, way))
    });
    let others = links.filter(|link| link.node != node);
    others.map(|link| asked.step(link.edge)).collect()
}

/// Everything that a thief could have taken on the way, in the order in which to replace it.
fn rotation(asked: &Asked<'_>, reached: &Reached) -> Vec<RotationStep> {
    let works = |node: &NodeId| {
        let Node::Credential(id) = asked.graph.node(*node) else {
            return false;
        };
        asked.snapshot.credential(id).works(asked.snapshot.as_of)
    };
    let groups = order::groups(&asked.graph.adjacency, &reached.nodes);
    let steps = groups.into_iter().filter_map(|group| {
        let credentials: Vec<NodeId> = group.into_iter().filter(works).collect();
        let sentence = match credentials.len() {
            0 => return None,
            1 => "Replace it.".to_owned(),
            n => format!(
                "Revoke these {n} together before a new one is made: each leads to the others, and so to their new secrets."
            ),
        };
        let shown = credentials.iter().take(MAX_ROWS);
        Some(RotationStep {
            credentials: shown.map(|node| asked.view(*node)).collect(),
            sentence,
        })
    });
    steps.collect()
}

fn tell(asked: &Asked<'_>, concerned: impl Iterator<Item = NodeId>) -> Vec<TellView> {
    let mut owners: Vec<(Option<Sym>, OwnerState, Vec<NodeId>)> = Vec::new();
    for node in concerned {
        let owner = asked.owner(node);
        match owners.iter_mut().find(|(text, ..)| *text == owner.text) {
            Some((.., nodes)) if nodes.contains(&node) => {}
            Some((.., nodes)) => nodes.push(node),
            None => owners.push((owner.text, owner.state, vec![node])),
        }
    }
    let views = owners.into_iter().map(|(owner, state, nodes)| TellView {
        owner: owner.map(|owner| asked.snapshot.strings.get(owner).to_owned()),
        state: match state {
            OwnerState::Active => "active",
            OwnerState::Recorded => "recorded",
            OwnerState::Unresolved => "unresolved",
            OwnerState::Left => "left",
            OwnerState::Absent => "absent",
        }
        .to_owned(),
        concerns: nodes.into_iter().map(|node| asked.view(node)).collect(),
    });
    views.collect()
}
