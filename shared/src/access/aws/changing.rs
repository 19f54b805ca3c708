//! Requests that change what a user, role or group is given, with what AWS tells conditions of them: the boundary of whom
//! it is done to, and the policy that is attached.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>

use super::evaluate::Asker;
use super::request::{Given, Target};
use crate::access::decision::{Decision, Dependency, Outcome};
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::Sym;

const POLICY: &str = "iam:PolicyARN";
const BOUNDARY: &str = "iam:PermissionsBoundary";

/// AWS's own policies with which an identity can give itself everything.
const STRONGEST: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
const STRONG: &str = "arn:aws:iam::aws:policy/IAMFullAccess";

/// Whether an action is allowed that is done to this user or role; `policies` are those of the account.
pub fn to_identity(
    asker: &Asker<'_>,
    action: &str,
    to: IdentityId,
    given: Given<'_>,
    policies: &[Sym],
) -> Option<Decision> {
    let snapshot = asker.snapshot;
    let arn = super::standing::arn_of(snapshot, to)?;
    let tells_boundary = matches!(
        action,
        "iam:AttachRolePolicy" | "iam:AttachUserPolicy" | "iam:PutRolePolicy" | "iam:PutUserPolicy"
    );
    let boundary = boundary_of(snapshot, to).filter(|_| tells_boundary);
    let mut given = given.to_vec();
    if let Some(boundary) = &boundary {
        given.push((BOUNDARY, boundary.as_slice()));
    }
    Some(with_policy(asker, action, arn, &given, policies))
}

/// The same of a group, or of a user or role of whom nothing else is known.
pub fn with_policy(asker: &Asker<'_>, action: &str, arn: &str, given: Given<'_>, policies: &[Sym]) -> Decision {
    let decision = asker.decide(action, Target::One(arn), given);
    let is_policy = |need: &Dependency| matches!(need, Dependency::Condition(key) if key.eq_ignore_ascii_case(POLICY));
    if !decision.depends_on.iter().any(is_policy) {
        return decision;
    }
    let attaching = |policy: &str| {
        let policy = [policy];
        let given: Vec<_> = given.iter().copied().chain([(POLICY, &policy as &[&str])]).collect();
        asker.decide(action, Target::One(arn), &given)
    };
    let strongest = attaching(STRONGEST);
    if strongest.outcome != Outcome::Denied {
        return strongest;
    }
    // What the account's own policies give is a question of its own.
    let strings = &asker.snapshot.strings;
    let mut others = policies.iter().map(|policy| strings.get(*policy)).chain([STRONG]);
    match others.any(|policy| attaching(policy).outcome != Outcome::Denied) {
        true => decision,
        false => strongest,
    }
}

/// The boundary of a user or role, if it has one; `None` where no export tells.
fn boundary_of(snapshot: &Snapshot, id: IdentityId) -> Option<Option<&str>> {
    match snapshot.boundaries_of(id) {
        [boundary] => Some(Some(snapshot.strings.get(boundary.policy))),
        // Exports that tell what it is given tell its boundary, too.
        [] if !snapshot.identity(id).grants.is_empty() => Some(None),
        _ => None,
    }
}
