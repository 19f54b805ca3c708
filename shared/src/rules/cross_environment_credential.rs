//! One secret in several environments.

use super::frameworks::{cis, csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, fixed_limit, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::ratio::Verdict;

pub const RULE: Rule = Rule {
    code: "cross_environment_credential",
    title: "Credential of several environments",
    finds: "An active credential whose holders, or places with the same fingerprint, are in more than one environment.",
    why: "A secret that leaks from test opens production.",
    cannot_see: &[
        "The same secret in places of which no export holds a fingerprint.",
        "Environments that nothing names: credentials of those alone are unknown.",
    ],
    remedy: "Make a credential for each environment, then shut the common one off.",
    references: &[
        owasp::NHI8,
        owasp::NHI9,
        pci::R6_5_3,
        nist::IA_5,
        csf::PR_AA_01,
        iso::A_8_31,
        cis::C16_8,
    ],
    population: "active credentials with a stable fingerprint or several holders, without those of certificate authorities; unknown when no environment of theirs is known",
    test: Test::Credentials(Check {
        judge,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = formulas::counted_credential(analysis, index)?;
    if credential.fingerprint.is_none() && credential.holders.len() < 2 {
        return None;
    }
    Some(match analysis.n_environments[index] {
        0 => Verdict::Unknown,
        1 => Verdict::Pass,
        _ => Verdict::Fail,
    })
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    Observed {
        value: format!("in {} environments", analysis.n_environments[index]),
        limit: Some(fixed_limit("1", &owasp::NHI8)),
        evidence: subject::found_in(analysis, index),
    }
}
