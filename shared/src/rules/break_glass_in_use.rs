//! An account that is kept for emergencies was used.

use super::frameworks::{cis, csf, iso, nist, owasp, soc2};
use super::{Check, Observed, Rule, Test, always, limit, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::instant::{Instant, LastUsed};
use crate::model::pattern;
use crate::model::ratio::Verdict;
use crate::model::snapshot::Evidence;
use crate::model::thresholds::ThresholdId;

pub const RULE: Rule = Rule {
    code: "break_glass_in_use",
    title: "Break-glass account in use",
    finds: "An account for emergencies that was used inside the window.",
    why: "It goes round every other check, so each use of it is somebody's to explain.",
    cannot_see: &[
        "Accounts for emergencies that `[[break_glass]]` of rollcall.toml does not name: nothing in the exports marks them.",
        "Whether a use was an emergency, a drill, or neither: a waiver says so until it is out of the window.",
    ],
    remedy: "Ask who used it and what for, then change what it authenticates with.",
    references: &[
        owasp::NHI5,
        owasp::NHI10,
        nist::AC_6_5,
        csf::PR_AA_05,
        iso::A_8_2,
        soc2::CC6_1,
        cis::C5_4,
    ],
    population: "identities that `[[break_glass]]` of rollcall.toml names, people's too; unknown when no export tells when such an identity was last used",
    test: Test::Identities(Check {
        judge,
        exposure: subject::reach,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let id = analysis.snapshot.strings.get(subject::identity(analysis, index).id);
    let mut named = analysis.config.break_glass.iter();
    named
        .any(|glob| pattern::covers(glob, id))
        .then(|| is_left_alone(analysis, index))
}

/// Whether nobody used an account for emergencies inside the window.
fn is_left_alone(analysis: &Analysis, index: usize) -> Verdict {
    let days = analysis.config.thresholds.days(ThresholdId::StaleDays);
    if last_use(analysis, index).is_some_and(|(at, _)| at.days_until(analysis.snapshot.as_of) < days) {
        return Verdict::Fail;
    }
    // Of its credentials alone, nobody knows that it was not used otherwise.
    let own = subject::identity(analysis, index).last_used;
    match formulas::used_within(analysis, None, own, ThresholdId::StaleDays) {
        Some(Verdict::Fail) => Verdict::Pass,
        Some(Verdict::Pass | Verdict::Unknown) | None => Verdict::Unknown,
    }
}

/// The last known use of an identity or of a credential of it, and what tells of that.
fn last_use(analysis: &Analysis, index: usize) -> Option<(Instant, Option<Evidence>)> {
    let identity = subject::identity(analysis, index);
    let held = analysis.snapshot.credentials_of(identity);
    let held = held.map(|(_, credential)| (credential.last_used, credential.evidence.first().copied()));
    let uses = [(identity.last_used, subject::listed_in(analysis, index))]
        .into_iter()
        .chain(held);
    let known = uses.filter_map(|(last_used, evidence)| match last_used {
        LastUsed::At(at) => Some((at, evidence)),
        LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
    });
    known.max_by_key(|(at, _)| *at)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let (at, evidence) = last_use(analysis, index).unzip();
    let as_of = analysis.snapshot.as_of;
    Observed {
        value: at.map_or_else(String::new, |at| subject::last_use(LastUsed::At(at), as_of)),
        limit: Some(limit(analysis, ThresholdId::StaleDays)),
        evidence: evidence.flatten(),
    }
}
