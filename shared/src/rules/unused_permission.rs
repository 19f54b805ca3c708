//! It may do what it never does.

use super::frameworks::{csf, iso, nist, owasp, pci, soc2};
use super::{Check, Observed, Rule, Test, limit, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::snapshot::ServiceUse;
use crate::model::thresholds::ThresholdId;

/// How many services are named; the others are counted.
const MAX_NAMED: usize = 5;

pub const RULE: Rule = Rule {
    code: "unused_permission",
    title: "Permission not used",
    finds: "An identity with access to a service that it did not use inside the window.",
    why: "Access that nobody needs is only of use to an intruder.",
    cannot_see: &[
        "What happens less often than the window is long.",
        "Unused actions of a service that is used.",
        "Platforms whose exports tell only of whole identities when they last signed in: Google Cloud, Entra.",
    ],
    remedy: "Take the unused services out of its grants.",
    references: &[
        owasp::NHI5,
        pci::R7_2_5,
        nist::AC_6,
        nist::AC_6_7,
        csf::PR_AA_05,
        iso::A_5_18,
        soc2::CC6_3,
    ],
    population: "enabled non-human identities in scope with grants that are older than the window; unknown when no export tells which of the services they are granted they use",
    test: Test::Identities(Check {
        judge: formulas::uses_its_services,
        exposure: subject::reach,
        observe,
        command: no_command,
        unmeasured: |analysis| {
            let is_measured = formulas::has_use_of_services(analysis);
            (!is_measured).then_some(formulas::NO_USE_OF_SERVICES)
        },
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let snapshot = &analysis.snapshot;
    let identity = subject::identity(analysis, index);
    let granted = formulas::granted_services(snapshot, identity);
    let n_granted = granted.count();
    let unused: Vec<&ServiceUse> = formulas::granted_services(snapshot, identity)
        .filter(|service| formulas::is_unused_service(analysis, identity, service))
        .collect();
    let named = unused.iter().take(MAX_NAMED);
    let mut names: Vec<String> = named
        .map(|service| snapshot.strings.get(service.service).to_owned())
        .collect();
    if unused.len() > MAX_NAMED {
        names.push(format!("and {} more", unused.len() - MAX_NAMED));
    }
    Observed {
        value: format!(
            "{} of {n_granted} services not used: {}",
            unused.len(),
            names.join(", ")
        ),
        limit: Some(limit(analysis, ThresholdId::StaleDays)),
        evidence: unused.first().map(|service| service.evidence),
    }
}
