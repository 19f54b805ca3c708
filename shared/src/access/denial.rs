//! Denials that stand by themselves: Azure's deny assignments, the rules of Google Cloud's deny policies. They go before
//! everything that allows.
//!
//! <https://learn.microsoft.com/azure/role-based-access-control/deny-assignments>
//! <https://cloud.google.com/iam/docs/deny-overview>

use super::decision::{Decision, Dependency, Holds, Outcome, Reason, Says};
use crate::model::access_policy::Conditional;
use crate::model::principal::Principal;
use crate::model::snapshot::{Denial, IdentityId, Snapshot};

const IN_GROUPS: Dependency = Dependency::Export("who is in the groups that denials name");
const WHOM: Dependency = Dependency::Export("whom a denial means by a name that no export lists");
const BELOW: Dependency = Dependency::Export("what lies below where a denial is attached");

/// What is left of a decision that grants alone made, when `takes` says of each denial whether it is about the request:
/// about its operation, there where its resource is.
pub fn after(snapshot: &Snapshot, id: IdentityId, decision: Decision, takes: impl Fn(&Denial) -> Holds) -> Decision {
    if decision.outcome == Outcome::Denied {
        return decision;
    }
    let mut may = Vec::new();
    let mut needs = Vec::new();
    for denial in &snapshot.denials {
        let is_taken = takes(denial);
        let (is_against, mut here) = against(snapshot, id, denial);
        if is_taken == Holds::No || is_against == Holds::No {
            continue;
        }
        let reason = Reason {
            says: Says::Denies,
            name: denial.name,
            statement: None,
            grant: None,
            evidence: denial.evidence,
        };
        if is_taken == Holds::Maybe {
            here.push(BELOW);
        }
        if here.is_empty() {
            return Decision::denied(vec![reason], decision.blind_spots);
        }
        may.push(reason);
        needs.extend(here);
    }
    if may.is_empty() {
        return decision;
    }
    may.extend(decision.proof);
    needs.extend(decision.depends_on);
    Decision::depends(may, needs, decision.blind_spots)
}

/// Whether a denial is against an identity, and what else would have to be known or to hold.
pub fn against(snapshot: &Snapshot, id: IdentityId, denial: &Denial) -> (Holds, Vec<Dependency>) {
    // Whoever is in both lists is spared, even where nobody knows who that is.
    let subjects = denial
        .subjects
        .iter()
        .filter(|subject| !denial.excepted.contains(subject));
    let (is_meant, whom) = is_among(snapshot, id, subjects);
    let (is_spared, whom_not) = is_among(snapshot, id, &denial.excepted);
    let holds = is_meant.min(is_spared.opposite());
    if holds == Holds::No {
        return (Holds::No, Vec::new());
    }
    let mut needs: Vec<Dependency> = whom.into_iter().chain(whom_not).collect();
    if denial.conditional == Conditional::OnCondition {
        let condition = snapshot.strings.get_or_empty(denial.condition);
        needs.push(Dependency::Condition(match condition {
            "" => "the condition of the denial".to_owned(),
            _ => format!("the condition of the denial: {condition}"),
        }));
    }
    match needs.is_empty() {
        true => (holds, needs),
        false => (Holds::Maybe, needs),
    }
}

/// Whether an identity is one of these, and what else would have to be known.
fn is_among<'p>(
    snapshot: &Snapshot,
    id: IdentityId,
    principals: impl IntoIterator<Item = &'p Principal>,
) -> (Holds, Option<Dependency>) {
    let all = principals
        .into_iter()
        .map(|principal| is_meant(snapshot, id, *principal));
    all.max_by_key(|(holds, _)| *holds).unwrap_or((Holds::No, None))
}

fn is_meant(snapshot: &Snapshot, id: IdentityId, principal: Principal) -> (Holds, Option<Dependency>) {
    let identity = snapshot.identity(id);
    match principal {
        Principal::Anyone | Principal::AnyoneAuthenticated => (Holds::Yes, None),
        Principal::Identity(handle) => {
            let facts = snapshot.facts_of(identity).iter();
            let mut of_kind = facts
                .flat_map(|fact| &fact.fact.handles)
                .filter(|known| known.kind == handle.kind)
                .peekable();
            match of_kind.peek() {
                // Its name of this kind, no export tells.
                None => (Holds::Maybe, Some(WHOM)),
                Some(_) => (Holds::of(of_kind.any(|known| *known == handle)), None),
            }
        }
        Principal::Group(group) => {
            let of_group = |membership: &&crate::model::snapshot::Membership| membership.group == group;
            let is_member = snapshot
                .memberships_of(id)
                .iter()
                .any(|membership| of_group(&membership));
            match is_member {
                true => (Holds::Yes, None),
                // Groups have groups for members, and few exports state who is in any.
                false => (Holds::Maybe, Some(IN_GROUPS)),
            }
        }
        Principal::Account(scope) => {
            let scope = snapshot.strings.get(scope);
            let account = snapshot.strings.get_or_empty(identity.account);
            match scope == account || scope.strip_prefix("projects/") == Some(account) {
                true => (Holds::Yes, None),
                // Numbers of projects, and what holds them.
                false => (Holds::Maybe, Some(WHOM)),
            }
        }
        Principal::Named(_) => (Holds::Maybe, Some(WHOM)),
        // None of them is an identity that grants are given to.
        Principal::PlatformService(_) | Principal::Federated { .. } | Principal::Workload(_) => (Holds::No, None),
    }
}
