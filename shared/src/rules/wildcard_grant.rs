//! It may do everything of something.

use super::frameworks::{cis, cis_gcp, cis_kubernetes, csf, iso, nist, owasp, pci, soc2};
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::access::Wildcards;
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::ratio::Verdict;
use crate::model::snapshot::{Grant, Identity, IdentityId};

pub const RULE: Rule = Rule {
    code: "wildcard_grant",
    title: "Wildcard grant",
    finds: "A grant short of an administrator's that allows every action of a service on every resource, every verb or every kind of resource, or Google Cloud's roles/editor.",
    why: "It grows by itself: what the platform adds tomorrow is allowed today.",
    cannot_see: &[
        "Wildcards on named resources, which those bound.",
        "Predefined roles of the platforms that are as wide: only their names are known.",
        "What a permissions boundary, a deny policy or a condition takes away again.",
    ],
    remedy: "Name the actions that are used, and the resources.",
    references: &[
        owasp::NHI5,
        pci::R7_2_1,
        pci::R7_2_5,
        nist::AC_6,
        csf::PR_AA_05,
        iso::A_5_15,
        soc2::CC6_3,
        cis::C6_8,
        cis_gcp::R1_6,
        cis_kubernetes::R5_1_3,
    ],
    population: "non-human identities in scope with grants, other than administrators; unknown when no export defines a role they have, or when the wildcard has a condition",
    test: Test::Identities(Check {
        judge,
        exposure: subject::reach,
        observe,
        command: |analysis, index| command::withdraw(analysis, IdentityId(index as u32), wildcard(analysis, index)?),
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    if formulas::is_no_administrator(analysis, index)? == Verdict::Fail {
        return None;
    }
    let grants = analysis.snapshot.grants_of(identity);
    grants
        .map(|grant| of_grant(analysis, identity, grant))
        .reduce(Verdict::and)
}

fn of_grant(analysis: &Analysis, identity: &Identity, grant: &Grant) -> Verdict {
    if analysis.snapshot.strings.get(grant.role) == "roles/editor" {
        return when(grant.conditional);
    }
    match (
        analysis.wildcards.get(&grant.policy.unwrap_or(grant.role)),
        identity.ceiling.leaves(grant.privilege),
    ) {
        (Some(Wildcards::Some), _) => when(grant.conditional),
        (Some(Wildcards::OnCondition), _) => Verdict::Unknown,
        (Some(Wildcards::None), _) => Verdict::Pass,
        // No document, but the name tells that it is less than everything: a predefined role.
        (None, Some(Privilege::Limited)) => Verdict::Pass,
        (None, Some(Privilege::Administrator) | None) => Verdict::Unknown,
    }
}

fn when(conditional: Conditional) -> Verdict {
    match conditional {
        Conditional::Always => Verdict::Fail,
        Conditional::OnCondition => Verdict::Unknown,
    }
}

/// The first grant that is one.
fn wildcard(analysis: &Analysis, index: usize) -> Option<&Grant> {
    let identity = subject::identity(analysis, index);
    let mut grants = analysis.snapshot.grants_of(identity);
    grants.find(|grant| of_grant(analysis, identity, grant) == Verdict::Fail)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let snapshot = &analysis.snapshot;
    let grant = wildcard(analysis, index);
    let value = grant.map(|grant| {
        let role = snapshot.strings.get(grant.role);
        match grant.resource {
            Some(resource) => format!("{role} on {}", snapshot.strings.get(resource)),
            None => role.to_owned(),
        }
    });
    Observed {
        value: value.unwrap_or_default(),
        limit: None,
        evidence: grant.map(|grant| grant.evidence),
    }
}
