//! It ends soon.

use super::frameworks::{csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::instant::Expiry;
use crate::model::ratio::Verdict;
use crate::model::thresholds::ThresholdId;

pub const RULE: Rule = Rule {
    code: "expiring",
    title: "Ends soon",
    finds: "An active credential or certificate, of an authority too, that ends within the alert time.",
    why: "What uses it stops when it ends; an authority takes everything it signed with it.",
    cannot_see: &[
        "Whether it is renewed automatically.",
        "What uses it.",
        "The end of a credential that its export does not report: those are unknown.",
    ],
    remedy: "Renew it now, and automate the renewal: under SC-081v3 a public certificate will live 47 days from 2029-03-15.",
    references: &[owasp::NHI7, pci::R4_2_1, nist::IA_5, csf::PR_AA_01, iso::A_8_24],
    population: "active credentials that live longer than the alert time, without federations, people's and the platform's; unknown when no export tells when it ends",
    test: Test::Credentials(Check {
        judge,
        exposure: |_, _| Exposure::Upkeep,
        observe,
        command: command::make_second,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = subject::credential(analysis, index);
    let snapshot = &analysis.snapshot;
    if !subject::is_portable(analysis, credential) || !formulas::is_ours(snapshot, credential) {
        return None;
    }
    let alert_days = analysis.config.thresholds.days(ThresholdId::CertificateAlertDays);
    match credential.expires_at {
        Expiry::At(end) => {
            let lifetime = credential.created_at.map(|start| start.days_until(end));
            let is_always_due = lifetime.is_some_and(|days| days <= alert_days);
            (!is_always_due).then(|| Verdict::of(Some(end > snapshot.as_of.plus_days(alert_days))))
        }
        Expiry::Never => None,
        Expiry::NotReported if formulas::never_ends(credential.kind) => None,
        Expiry::NotReported => Some(Verdict::Unknown),
    }
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let value = match subject::credential(analysis, index).expires_at {
        Expiry::At(end) => format!(
            "ends {}, in {} d",
            end.to_date_text(),
            analysis.snapshot.as_of.days_until(end)
        ),
        Expiry::Never | Expiry::NotReported => String::new(),
    };
    Observed {
        value,
        limit: Some(limit(analysis, ThresholdId::CertificateAlertDays)),
        evidence: subject::found_in(analysis, index),
    }
}
