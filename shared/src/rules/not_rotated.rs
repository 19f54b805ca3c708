//! It is older than it may be.

use super::frameworks::{cis_aws, cis_gcp, csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;

pub const RULE: Rule = Rule {
    code: "not_rotated",
    title: "Not rotated in time",
    finds: "An active key, client secret or token that is older than the maximum age of its kind.",
    why: "Secrets get copied into files, logs and laptops; replacing one ends every copy.",
    cannot_see: &[
        "A rotation that kept the credential's name and date.",
        "The age of a credential whose creation its export does not report: those are unknown.",
    ],
    remedy: "Make a second credential, move the users to it, watch the first fall silent, then shut it off and delete it.",
    references: &[
        owasp::NHI7,
        pci::R8_6_3,
        nist::IA_5,
        nist::SC_12,
        csf::PR_AA_01,
        iso::A_5_17,
        cis_aws::R2_12,
        cis_gcp::R1_8,
        cis_gcp::R1_16,
    ],
    population: "active access keys, client secrets, service-account keys, API keys and SSH keys; unknown when the age is not reported",
    test: Test::Credentials(Check {
        judge: formulas::is_rotated,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: command::make_second,
        unmeasured: always,
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let credential = subject::credential(analysis, index);
    let made = credential.created_at;
    let value = made.map(|at| format!("made {}", subject::since(at, analysis.snapshot.as_of)));
    Observed {
        value: value.unwrap_or_default(),
        limit: formulas::max_age(credential.kind).map(|id| limit(analysis, id)),
        evidence: subject::found_in(analysis, index),
    }
}
