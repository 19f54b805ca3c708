//! It can make itself an administrator.

use super::frameworks::{cis_kubernetes, csf, iso, nist, owasp, pci};
use super::{Check, Observed, Rule, Test, always, fixed_limit, no_command, subject};
use crate::access::decision::Outcome;
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::snapshot::IdentityId;

pub const RULE: Rule = Rule {
    code: "escalation_path",
    title: "Can become an administrator",
    finds: "An identity that is no administrator and can become one: by changing a policy, passing a role, or acting as another identity.",
    why: "Whoever takes it over takes the whole account, though its own grants look harmless.",
    cannot_see: &["Paths through what runs inside a workload."],
    remedy: "Take away the step that the path needs: named actions instead of wildcards, and conditions on passing roles.",
    references: &[
        owasp::NHI5,
        pci::R7_2_5,
        nist::AC_6,
        nist::AC_6_5,
        csf::PR_AA_05,
        iso::A_8_2,
        cis_kubernetes::R5_1_2,
        cis_kubernetes::R5_1_4,
        cis_kubernetes::R5_1_8,
        cis_kubernetes::R5_1_9,
        cis_kubernetes::R5_1_10,
        cis_kubernetes::R5_1_11,
        cis_kubernetes::R5_1_12,
        cis_kubernetes::R5_1_13,
    ],
    population: "non-human identities in scope that are no administrators and have grants, or act as somebody; unknown when conditions or missing exports decide",
    test: Test::Identities(Check {
        judge: formulas::cannot_escalate,
        exposure: subject::reach,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

/// The first way up that is sure: what the identity does, and what lets it.
fn observe(analysis: &Analysis, index: usize) -> Observed {
    let ways = analysis
        .access
        .escalations(&analysis.snapshot, IdentityId(index as u32));
    let way = ways.iter().find(|way| way.outcome == Outcome::Allowed);
    Observed {
        value: way.map(|way| way.path.does.to_owned()).unwrap_or_default(),
        limit: Some(fixed_limit("0", &owasp::NHI5)),
        evidence: way
            .and_then(|way| way.proof.first())
            .map(|reason| reason.evidence)
            .or_else(|| subject::listed_in(analysis, index)),
    }
}
