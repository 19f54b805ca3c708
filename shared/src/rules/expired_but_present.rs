//! It ended, and is still there.

use super::frameworks::{cis_aws, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::credential::{CredentialKind, CredentialStatus};
use crate::model::instant::Expiry;
use crate::model::ratio::Verdict;

pub const RULE: Rule = Rule {
    code: "expired_but_present",
    title: "Ended, and still there",
    finds: "A credential or certificate that has ended and was not removed.",
    why: "It hides what is in use, and what still presents it has been failing since.",
    cannot_see: &[
        "Whether something still presents it.",
        "Ended credentials that an export leaves out.",
    ],
    remedy: "Remove it; when something still uses it, renew it there.",
    references: &[
        owasp::NHI1,
        pci::R4_2_1,
        nist::IA_5,
        csf::PR_AA_01,
        iso::A_5_17,
        soc2::CC6_2,
        cis_aws::R2_17,
    ],
    population: "credentials with an end that are neither switched off nor revoked, without federations, people's and the platform's",
    test: Test::Credentials(Check {
        judge,
        exposure: |_, _| Exposure::Upkeep,
        observe,
        command: command::revoke,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = subject::credential(analysis, index);
    let is_off = matches!(
        credential.status,
        CredentialStatus::Inactive | CredentialStatus::Revoked
    );
    if is_off || credential.kind == CredentialKind::Federation || !formulas::is_ours(&analysis.snapshot, credential) {
        return None;
    }
    match credential.expires_at {
        Expiry::At(end) => Some(Verdict::of(Some(end > analysis.snapshot.as_of))),
        Expiry::Never | Expiry::NotReported => None,
    }
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let value = match subject::credential(analysis, index).expires_at {
        Expiry::At(end) => format!("ended {}", subject::since(end, analysis.snapshot.as_of)),
        Expiry::Never | Expiry::NotReported => String::new(),
    };
    Observed {
        value,
        limit: None,
        evidence: subject::found_in(analysis, index),
    }
}
