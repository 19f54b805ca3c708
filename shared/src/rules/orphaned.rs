//! Its owner left.

use super::frameworks::{cis, csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::ratio::Verdict;
use crate::model::snapshot::OwnerState;

pub const RULE: Rule = Rule {
    code: "orphaned",
    title: "Its owner left",
    finds: "An identity whose recorded owner has left the organisation.",
    why: "Nobody can say whether it is needed, and nobody answers when it is misused.",
    cannot_see: &[
        "An owner who left and of whom the roster does not say so.",
        "An owner who changed teams and no longer knows of it.",
    ],
    remedy: "Give it an owner who works here: in registry.csv, or where the platform keeps owners.",
    references: &[
        owasp::NHI1,
        pci::R8_2_5,
        nist::AC_2,
        nist::PS_4,
        nist::AC_2_3,
        csf::GV_RR_02,
        iso::A_5_16,
        iso::A_6_5,
        cis::C5_5,
    ],
    population: "non-human identities in scope with a recorded owner; unknown when the roster knows nobody of that name",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Upkeep,
        observe,
        command: no_command,
        unmeasured,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    if !formulas::in_scope(identity) {
        return None;
    }
    match identity.owner.state {
        OwnerState::Active => Some(Verdict::Pass),
        OwnerState::Recorded | OwnerState::Unresolved => Some(Verdict::Unknown),
        OwnerState::Left => Some(Verdict::Fail),
        OwnerState::Absent => None,
    }
}

fn unmeasured(analysis: &Analysis) -> Option<&'static str> {
    let no_roster = "there is no roster to tell who left: add roster.csv";
    analysis.snapshot.people.is_empty().then_some(no_roster)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let owner = subject::identity(analysis, index).owner.text;
    Observed {
        value: format!("{} left", analysis.snapshot.strings.get_or_empty(owner)),
        limit: None,
        evidence: subject::listed_in(analysis, index),
    }
}
