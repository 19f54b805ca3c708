//! Its end has come, and it still works.

use super::frameworks::{cis, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::identity::{Knowledge, Status};
use crate::model::ratio::Verdict;
use crate::model::snapshot::{IdentityId, OwnerState, Trust};

pub const RULE: Rule = Rule {
    code: "improper_offboarding",
    title: "Left behind after its end",
    finds: "An identity that is still enabled although its retirement date has come, the only workloads that may act as it are gone, or its owner left while a stored credential of it still works.",
    why: "Whoever left may still have the secret, and nobody watches an identity that should no longer be there.",
    cannot_see: &[
        "Workloads other than those of Kubernetes, and those of a cluster that shares its issuer and has no export here.",
        "An owner who left and of whom the roster does not say so.",
        "Whether the person who left ever had the secret.",
    ],
    remedy: "Disable the identity, wait for what breaks, then delete it with its credentials; give it an owner first if it must stay.",
    references: &[
        owasp::NHI1,
        pci::R8_2_5,
        nist::AC_2_3,
        nist::PS_4,
        csf::PR_AA_01,
        iso::A_5_18,
        iso::A_6_5,
        soc2::CC6_2,
        cis::C6_2,
    ],
    population: "enabled non-human identities in scope with a retirement date, a recorded owner, or whose workloads are gone; unknown when the roster does not know the owner, or no export tells which credentials it has",
    test: Test::Identities(Check {
        judge,
        exposure,
        observe,
        command: command::disable,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    if !formulas::in_scope(identity) || identity.status == Status::Disabled {
        return None;
    }
    if is_retired(analysis, index) || workload(analysis, index).is_some() {
        return Some(Verdict::Fail);
    }
    let has_secret = match (subject::has_portable(analysis, index), identity.credentials_known) {
        (true, _) => Some(true),
        (false, Knowledge::Reported) => Some(false),
        (false, Knowledge::NotReported) => None,
    };
    match identity.owner.state {
        OwnerState::Absent => identity.retires_at.map(|_| Verdict::Pass),
        OwnerState::Active | OwnerState::Recorded => Some(Verdict::Pass),
        OwnerState::Left => Some(Verdict::of(has_secret.map(|has| !has))),
        OwnerState::Unresolved if has_secret == Some(false) => Some(Verdict::Pass),
        OwnerState::Unresolved => Some(Verdict::Unknown),
    }
}

fn is_retired(analysis: &Analysis, index: usize) -> bool {
    let retires_at = subject::identity(analysis, index).retires_at;
    retires_at.is_some_and(|at| at <= analysis.snapshot.as_of)
}

/// The trust of a workload that is gone.
fn workload(analysis: &Analysis, index: usize) -> Option<&Trust> {
    let at = analysis.abandoned.get(&IdentityId(index as u32))?;
    analysis.snapshot.trusts.get(*at as usize)
}

/// A secret that somebody who left may have is outside; a date that has passed lets nobody out.
fn exposure(analysis: &Analysis, index: usize) -> Exposure {
    match subject::identity(analysis, index).owner.state {
        OwnerState::Left | OwnerState::Unresolved if subject::has_portable(analysis, index) => Exposure::Outside,
        OwnerState::Left | OwnerState::Unresolved | OwnerState::Active | OwnerState::Recorded | OwnerState::Absent => {
            subject::reach(analysis, index)
        }
    }
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let identity = subject::identity(analysis, index);
    let as_of = analysis.snapshot.as_of;
    let strings = &analysis.snapshot.strings;
    let gone = workload(analysis, index);
    let value = match (identity.retires_at.filter(|at| *at <= as_of), gone) {
        (Some(at), _) => format!("was to retire on {}", subject::since(at, as_of)),
        (None, Some(trust)) => format!("its workload is gone: {}", trust.actor.in_words(strings)),
        (None, None) => format!(
            "its owner {} left, and a stored credential still works",
            strings.get_or_empty(identity.owner.text)
        ),
    };
    Observed {
        value,
        limit: None,
        evidence: gone
            .map(|trust| trust.evidence)
            .or_else(|| subject::listed_in(analysis, index)),
    }
}
