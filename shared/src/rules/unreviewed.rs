//! Nobody looked at it in time.

use super::frameworks::{cis, cis_azure, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, limit, no_command, subject};
use crate::analysis::{Analysis, Force};
use crate::kpi::formulas;
use crate::model::snapshot::IdentityId;
use crate::model::thresholds::ThresholdId;

/// Where `reviewed` stands among the criteria.
const REVIEWED: usize = 4;

pub const RULE: Rule = Rule {
    code: "unreviewed",
    title: "Review overdue",
    finds: "An identity that was never reviewed, whose last review is longer ago than the review period, or whose access has changed since.",
    why: "Rights only grow unless somebody looks at them.",
    cannot_see: &[
        "Reviews that are neither in registry.csv nor in reviews/.",
        "Whether the reviewer looked.",
        "An earlier review, where the registry's only one is later than the snapshot: those are unknown.",
    ],
    remedy: "Let the owner review it: `rollcall review export`, and put the decisions into reviews/; or write the date into registry.csv.",
    references: &[
        owasp::NHI1,
        owasp::NHI5,
        pci::R7_2_5_1,
        nist::AC_6_7,
        nist::AC_2,
        csf::PR_AA_05,
        iso::A_5_18,
        soc2::CC6_3,
        cis::C5_1,
        cis::C5_5,
        cis::C6_8,
        cis_azure::R5_3_4,
        cis_azure::R5_3_7,
    ],
    population: "non-human identities in scope, when the estate has any review; unknown when the only review on record is later than the snapshot, or when the snapshot does not hold all of the access that was reviewed",
    test: Test::Identities(Check {
        judge: |analysis, index| analysis.criteria[index][REVIEWED],
        exposure: |_, _| Exposure::Upkeep,
        observe,
        command: no_command,
        unmeasured: |analysis| (analysis.in_force[REVIEWED] == Force::NotMeasured).then_some(formulas::NO_REVIEW),
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let (snapshot, id) = (&analysis.snapshot, IdentityId(index as u32));
    let review = snapshot.review_of(id);
    let value = match (snapshot.last_review(id), review) {
        (Some(at), _) => format!("reviewed {}", subject::since(at, snapshot.as_of)),
        (None, Some(void)) => format!(
            "reviewed {}; its access has changed since, so that is void",
            subject::since(void.decided_at, snapshot.as_of)
        ),
        (None, None) => "never reviewed".to_owned(),
    };
    Observed {
        value,
        limit: Some(limit(analysis, ThresholdId::ReviewPeriodDays)),
        evidence: review
            .map(|review| review.evidence)
            .or_else(|| subject::listed_in(analysis, index)),
    }
}
