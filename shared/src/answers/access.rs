//! Whether an identity may do one thing to one resource.

use std::collections::BTreeMap;

use super::identity::{dependency, evidence, named};
use crate::access::decision::{BlindSpot, Outcome, Reason, Says};
use crate::analysis::Analysis;
use crate::api::access::{AccessAnswer, AccessQuery, ReasonView};
use crate::model::snapshot::Snapshot;

/// `GET /api/v1/access`; `None` when no export lists the identity.
pub fn access(analysis: &Analysis, query: &AccessQuery) -> Option<AccessAnswer> {
    let snapshot = &analysis.snapshot;
    let id = snapshot.find(&query.identity)?;
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, value) in &query.given {
        values.entry(key).or_default().push(value);
    }
    let given: Vec<(&str, &[&str])> = values.iter().map(|(key, values)| (*key, values.as_slice())).collect();
    let decision = (analysis.access).decide(snapshot, id, &query.action, &query.resource, &given);
    let who = named(snapshot, id);
    let depends_on: Vec<String> = decision.depends_on.iter().map(|on| dependency(snapshot, on)).collect();
    let (name, action, resource) = (&who.name, &query.action, &query.resource);
    let (outcome, sentence) = match decision.outcome {
        Outcome::Allowed => ("allowed", format!("{name} may do {action} on {resource}.")),
        Outcome::Denied => {
            let why = match decision.proof.is_empty() {
                true => "nothing allows it",
                false => "it is taken away",
            };
            ("denied", format!("{name} may not do {action} on {resource}: {why}."))
        }
        Outcome::DependsOn => {
            let on = depends_on.join(", and on ");
            (
                "depends",
                format!("Whether {name} may do {action} on {resource} depends on {on}."),
            )
        }
    };
    Some(AccessAnswer {
        outcome: outcome.to_owned(),
        sentence,
        because: decision
            .proof
            .iter()
            .map(|reason| reason_view(snapshot, reason))
            .collect(),
        depends_on,
        not_looked_at: decision
            .blind_spots
            .iter()
            .map(|spot| BlindSpot::in_words(*spot).to_owned())
            .collect(),
        action: query.action.clone(),
        resource: query.resource.clone(),
        identity: who,
    })
}

fn reason_view(snapshot: &Snapshot, reason: &Reason) -> ReasonView {
    let name = snapshot.strings.get(reason.name);
    let says = match reason.says {
        Says::Denies => "denies it",
        Says::Allows => "allows it",
        Says::LeavesOut => "caps what is granted, and leaves it out",
        Says::LetsIn => "lets it in",
    };
    let statement = reason.statement.map(|at| format!(", statement {},", at + 1));
    ReasonView {
        sentence: format!("{name}{} {says}", statement.unwrap_or_default()),
        evidence: evidence(snapshot, reason.evidence),
    }
}
