//! It reaches from another environment into production.

use super::frameworks::{cis, csf, iso, nist, owasp, pci};
use super::{Check, Observed, Rule, Test, fixed_limit, no_command, subject};
use crate::access::decision::Outcome;
use crate::access::escalation::Through;
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::snapshot::{IdentityId, PRODUCTION};

pub const RULE: Rule = Rule {
    code: "cross_environment_reach",
    title: "Reaches into production",
    finds: "An identity of test, staging or development that can act as one of production, directly or through others.",
    why: "The less guarded environment becomes the way into the other.",
    cannot_see: &[
        "Environments that nothing names.",
        "Ways through a shared secret, which `cross_environment_credential` finds, and through what runs as an identity.",
        "Ways by which it would first have to become an administrator, which `escalation_path` finds.",
        "Reach from one environment into another where neither is production.",
    ],
    remedy: "Give each environment identities of its own, and let none of them act in another.",
    references: &[
        owasp::NHI8,
        pci::R6_5_3,
        nist::AC_3,
        nist::AC_6,
        csf::PR_AA_05,
        iso::A_8_31,
        cis::C16_8,
    ],
    population: "non-human identities in scope of an environment other than production; unknown when conditions or missing exports decide",
    test: Test::Identities(Check {
        judge: formulas::stays_out_of_production,
        exposure: subject::reach,
        observe,
        command: no_command,
        unmeasured: |analysis| {
            let is_measured = analysis.access.acts_in_production().is_some();
            (!is_measured).then_some(formulas::ONE_ENVIRONMENT)
        },
    }),
};

/// The first step that is sure.
fn observe(analysis: &Analysis, index: usize) -> Observed {
    let snapshot = &analysis.snapshot;
    let steps = analysis
        .access
        .steps_into_production(snapshot, IdentityId(index as u32));
    let step = steps.iter().find(|step| step.outcome == Outcome::Allowed);
    let value = match step.and_then(|step| step.through) {
        Some(Through::Identity(target)) => {
            let target = snapshot.identity(target);
            let name = snapshot.strings.get(target.name);
            let environment = snapshot.strings.get_or_empty(target.environment);
            match environment == PRODUCTION {
                true => format!("may act as {name}, which is of production"),
                false => format!("may act as {name}, which leads to production"),
            }
        }
        Some(Through::Group(_)) | None => String::new(),
    };
    Observed {
        value,
        limit: Some(fixed_limit("0", &owasp::NHI8)),
        evidence: step
            .and_then(|step| step.proof.first())
            .map(|reason| reason.evidence)
            .or_else(|| subject::listed_in(analysis, index)),
    }
}
