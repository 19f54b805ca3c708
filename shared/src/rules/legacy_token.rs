//! A token of the kind that never ends.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::credential::CredentialKind;
use crate::model::instant::Expiry;
use crate::model::ratio::Verdict;

pub const RULE: Rule = Rule {
    code: "legacy_token",
    title: "Token that never ends",
    finds: "A stored bearer token without an end, such as a Kubernetes service-account token secret.",
    why: "Whoever can read the secret is the account for ever; the platform has had tokens that end by themselves for years.",
    cannot_see: &[
        "Where the token was copied to.",
        "Tokens whose end no export reports: those are unknown.",
    ],
    remedy: "Move its users to tokens that the platform hands out for an hour (the TokenRequest API, projected volumes), then delete the secret.",
    references: &[
        owasp::NHI4,
        owasp::NHI7,
        pci::R8_6_3,
        nist::IA_5,
        nist::IA_9,
        csf::PR_AA_03,
        iso::A_5_17,
        iso::A_8_5,
    ],
    population: "active stored tokens, without people's and the platform's; unknown when no export tells when one ends",
    test: Test::Credentials(Check {
        judge,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: command::revoke,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = formulas::counted_credential(analysis, index)?;
    (credential.kind == CredentialKind::Token).then_some(match credential.expires_at {
        Expiry::At(_) => Verdict::Pass,
        Expiry::Never => Verdict::Fail,
        Expiry::NotReported => Verdict::Unknown,
    })
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let credential = subject::credential(analysis, index);
    let as_of = analysis.snapshot.as_of;
    let made = credential
        .created_at
        .map(|at| format!("; made {}", subject::since(at, as_of)));
    Observed {
        value: format!("never ends{}", made.unwrap_or_default()),
        limit: None,
        evidence: subject::found_in(analysis, index),
    }
}
