//! Nobody answers for it.

use super::frameworks::{cis, csf, iso, nist, owasp};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::ratio::Verdict;
use crate::model::snapshot::OwnerState;

pub const RULE: Rule = Rule {
    code: "unowned",
    title: "No owner recorded",
    finds: "An identity for which no export, tag or registry row names an owner.",
    why: "Nobody decides when it should go, and nobody answers when it is misused.",
    cannot_see: &["An owner who is written down where no export reaches: a wiki, a ticket."],
    remedy: "Name a person or team in registry.csv, by a tag, or where the platform keeps owners.",
    references: &[
        owasp::NHI1,
        nist::AC_2,
        nist::IA_4,
        nist::AC_2_3,
        csf::GV_RR_02,
        iso::A_5_9,
        iso::A_5_16,
        cis::C5_5,
    ],
    population: "non-human identities in scope; unknown when the roster knows nobody of the recorded name",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Upkeep,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    formulas::in_scope(identity).then_some(match identity.owner.state {
        OwnerState::Active | OwnerState::Recorded | OwnerState::Left => Verdict::Pass,
        OwnerState::Unresolved => Verdict::Unknown,
        OwnerState::Absent => Verdict::Fail,
    })
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    Observed {
        value: "no owner is recorded".to_owned(),
        limit: None,
        evidence: subject::listed_in(analysis, index),
    }
}
