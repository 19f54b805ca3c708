//! Somebody outside may act as it, and nothing is checked.

use super::frameworks::{cis_aws, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, fixed_limit, no_command, open_ci_trust, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{IdentityId, Trust};

pub const RULE: Rule = Rule {
    code: "open_external_trust",
    title: "Open to the outside",
    finds: "An identity that another account, tenant or issuer, or everybody, may act as without presenting an external id, subject or audience.",
    why: "Whoever controls the other side, or tricks a shared service there, acts with the rights of this identity.",
    cannot_see: &[
        "Conditions other than these: they are reported as unknown, because only the platform can weigh them.",
        "Whether an account outside belongs to the same organisation: name its source in the estate and it is inside.",
        "Trusts of identities that no export lists.",
    ],
    remedy: "Ask for an external id (`sts:ExternalId`), a subject and an audience, or name the exact principal; remove the trust if nobody needs it.",
    references: &[
        owasp::NHI3,
        owasp::NHI6,
        pci::R8_2_7,
        nist::AC_3,
        nist::AC_20,
        csf::GV_SC_07,
        csf::PR_AA_05,
        iso::A_5_19,
        soc2::CC6_6,
        soc2::CC9_2,
        cis_aws::R2_21,
    ],
    population: "non-human identities in scope that somebody outside the estate may act as; unknown when another condition guards the trust",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Outside,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    if !formulas::in_scope(subject::identity(analysis, index)) {
        return None;
    }
    judged(analysis, index).map(|(_, verdict)| verdict).reduce(Verdict::and)
}

/// The trusts of one identity that the rule judges. Those of build services have a rule of their own.
fn judged(analysis: &Analysis, index: usize) -> impl Iterator<Item = (&Trust, Verdict)> {
    analysis
        .trusts_to(IdentityId(index as u32))
        .filter(|trust| open_ci_trust::issuer(analysis, trust).is_none())
        .filter_map(|trust| Some((trust, formulas::is_guarded(trust)?)))
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let open: Vec<&Trust> = judged(analysis, index)
        .filter(|(_, verdict)| *verdict == Verdict::Fail)
        .map(|(trust, _)| trust)
        .collect();
    let who = open
        .first()
        .map(|trust| trust.actor.in_words(&analysis.snapshot.strings));
    let more = match open.len() {
        0 | 1 => String::new(),
        n => format!(", and {} more", n - 1),
    };
    Observed {
        value: format!("{} may act as it without a condition{more}", who.unwrap_or_default()),
        limit: Some(fixed_limit("none without a condition", &owasp::NHI3)),
        evidence: open.first().map(|trust| trust.evidence),
    }
}
