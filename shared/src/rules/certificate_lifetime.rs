//! A public certificate that was made to live longer than it may.

use super::frameworks::{Control, cab, csf, iso, nist, owasp, soc2};
use super::severity::Exposure;
use super::{Check, Limit, Observed, Rule, Test, always, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::instant::Instant;
use crate::model::ratio::Verdict;

pub const RULE: Rule = Rule {
    code: "certificate_lifetime",
    title: "Certificate lives too long",
    finds: "A publicly trusted server certificate that is still valid and was made to live longer than the CA/B Forum allowed on its day of issue.",
    why: "Browsers refuse it, and a key that leaks stays good for longer than anybody planned.",
    cannot_see: &[
        "Certificates of private authorities, which the limit does not bind.",
        "Whether a certificate that is older than 2020-09-01 is publicly trusted: those are unknown.",
    ],
    remedy: "Issue it again with an allowed lifetime, and automate the renewal: 200 d from 2026-03-15, 100 d from 2027-03-15, 47 d from 2029-03-15.",
    references: &[
        owasp::NHI7,
        nist::SC_17,
        csf::PR_DS_02,
        iso::A_8_24,
        soc2::CC6_7,
        cab::SC_081,
        cab::BR_6_3_2,
    ],
    population: "publicly trusted server certificates that have not ended; unknown when one does not tell whether it is publicly trusted",
    test: Test::Credentials(Check {
        judge,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = subject::credential(analysis, index);
    let verdict = formulas::lifetime(credential.certificate.as_deref()?)?;
    formulas::is_active(credential, analysis.snapshot.as_of).then_some(verdict)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let certificate = subject::credential(analysis, index).certificate.as_deref();
    let days = certificate.and_then(formulas::validity_days);
    Observed {
        value: days.map_or_else(
            || "made to live for ever".to_owned(),
            |days| format!("made to live {days} d"),
        ),
        limit: certificate.map(|certificate| Limit {
            text: format!("{} d", formulas::limit_on(certificate.not_before)),
            set_by: set_by(certificate.not_before).to_string(),
        }),
        evidence: subject::found_in(analysis, index),
    }
}

/// What limits certificates that are issued at this instant: the ballot shortened what the requirements say.
fn set_by(issued_at: Instant) -> Control {
    match issued_at >= Instant::from_date(2026, 3, 15) {
        true => cab::SC_081,
        false => cab::BR_6_3_2,
    }
}
