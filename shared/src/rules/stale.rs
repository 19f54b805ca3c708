//! Nobody uses it.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::{Check, Observed, Rule, Test, always, command, limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::thresholds::ThresholdId;

pub const RULE: Rule = Rule {
    code: "stale",
    title: "Not used",
    finds: "An enabled identity that is older than the window and was not used inside it.",
    why: "What nobody uses, nobody misses when it is taken over; it is risk without benefit.",
    cannot_see: &[
        "Use that no activity export covers.",
        "An identity that is kept for emergencies, or runs once a year: waive it.",
    ],
    remedy: "Disable the identity, wait for what breaks, then delete it.",
    references: &[owasp::NHI1, pci::R8_2_6, nist::AC_2_3, csf::PR_AA_01, iso::A_5_18],
    population: "enabled non-human identities in scope that are older than the window; unknown when use is not reported",
    test: Test::Identities(Check {
        judge: formulas::is_in_use,
        exposure: subject::reach,
        observe,
        command: command::disable,
        unmeasured: always,
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let last_used = subject::identity(analysis, index).last_used;
    Observed {
        value: subject::last_use(last_used, analysis.snapshot.as_of),
        limit: Some(limit(analysis, ThresholdId::StaleDays)),
        evidence: subject::listed_in(analysis, index),
    }
}
