//! One secret for several.

use super::frameworks::{csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, fixed_limit, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;

pub const RULE: Rule = Rule {
    code: "shared_credential",
    title: "Shared credential",
    finds: "An active credential whose fingerprint several identities, or places in several environments, have.",
    why: "Nobody can tell who used it, and it cannot be replaced for one of them without the others.",
    cannot_see: &[
        "Sharing of secrets of which no export holds a fingerprint.",
        "A secret that several programs use under one identity.",
    ],
    remedy: "Give each identity and environment a credential of its own, then shut the shared one off.",
    references: &[
        owasp::NHI9,
        owasp::NHI8,
        pci::R8_2_2,
        nist::AC_2_9,
        nist::IA_9,
        csf::PR_AA_01,
        iso::A_5_17,
        soc2::CC6_1,
    ],
    population: "active credentials with a stable fingerprint, without those of certificate authorities",
    test: Test::Credentials(Check {
        judge: formulas::has_one_holder,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let credential = subject::credential(analysis, index);
    let n_users = (analysis.n_sharing[index] as usize).max(credential.holders.len());
    Observed {
        value: format!("{n_users} identities or places have it"),
        limit: Some(fixed_limit("1", &owasp::NHI9)),
        evidence: subject::found_in(analysis, index),
    }
}
