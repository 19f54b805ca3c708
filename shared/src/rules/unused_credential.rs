//! Nobody uses it.

use super::frameworks::{cis, cis_aws, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;

pub const RULE: Rule = Rule {
    code: "unused_credential",
    title: "Credential not used",
    finds: "An active credential that is older than the window and was not used inside it.",
    why: "A secret that nobody needs can still be stolen, and its use by a stranger looks like any other.",
    cannot_see: &[
        "Use that no export reports.",
        "A credential that is kept for emergencies, or used once a year: waive it.",
    ],
    remedy: "Shut the credential off, wait for what breaks, then delete it.",
    references: &[
        owasp::NHI1,
        pci::R8_2_6,
        nist::AC_2_3,
        nist::IA_5,
        csf::PR_AA_01,
        iso::A_5_17,
        soc2::CC6_2,
        cis::C5_3,
        cis_aws::R2_11,
    ],
    population: "active credentials older than the window, without federations, certificates, stored secrets, people's and the platform's; unknown when use is not reported",
    test: Test::Credentials(Check {
        judge: formulas::is_used,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: command::revoke,
        unmeasured: always,
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let credential = subject::credential(analysis, index);
    Observed {
        value: subject::last_use(credential.last_used, analysis.snapshot.as_of),
        limit: formulas::unused_window(credential.kind).map(|id| limit(analysis, id)),
        evidence: subject::found_in(analysis, index),
    }
}
