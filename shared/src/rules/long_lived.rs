//! It never ends, or not for long.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::instant::Expiry;
use crate::model::thresholds::ThresholdId;

pub const RULE: Rule = Rule {
    code: "long_lived",
    title: "Long-lived credential",
    finds: "An active credential without an end, or that was made to live longer than the maximum lifetime.",
    why: "A secret that does not end works for whoever copied it, for as long as nobody notices.",
    cannot_see: &[
        "The end of a credential that its export does not report: those are unknown.",
        "Whether an outside process ends it all the same.",
    ],
    remedy: "Use a federation or a short-lived token; else make one with an end inside the maximum lifetime, move the users to it, then delete the first. Access keys and service-account keys of clouds cannot be given an end.",
    references: &[
        owasp::NHI7,
        pci::R8_6_3,
        nist::IA_5,
        nist::SC_12,
        csf::PR_AA_01,
        iso::A_5_17,
    ],
    population: "active credentials, without federations, people's, the platform's and those of certificate authorities; unknown when no export tells when it ends",
    test: Test::Credentials(Check {
        judge: formulas::ends_in_time,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: command::make_ending,
        unmeasured: always,
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let credential = subject::credential(analysis, index);
    let value = match (credential.expires_at, credential.created_at) {
        (Expiry::At(end), Some(start)) => format!("made to live {} d", start.days_until(end)),
        (Expiry::At(end), None) => format!("ends {}", end.to_date_text()),
        (Expiry::Never | Expiry::NotReported, Some(start)) => {
            format!("never ends; made {}", subject::since(start, analysis.snapshot.as_of))
        }
        (Expiry::Never | Expiry::NotReported, None) => "never ends".to_owned(),
    };
    Observed {
        value,
        limit: Some(limit(analysis, ThresholdId::CredentialMaxLifetimeDays)),
        evidence: subject::found_in(analysis, index),
    }
}
