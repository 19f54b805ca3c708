//! It leaked, and still works.

use super::frameworks::{csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, command, fixed_limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::leak::Liveness;
use crate::model::snapshot::Evidence;

pub const RULE: Rule = Rule {
    code: "leaked_and_live",
    title: "Leaked, and still works",
    finds: "A credential that a scanner found where others can read it, and that nobody has shut off since.",
    why: "Whoever read it can use it now; attackers try leaked keys within minutes.",
    cannot_see: &[
        "A leak that no scanner reported, and one in a place that nobody scans.",
        "Which credential a leak is when the scanner masks it and no export holds its fingerprint.",
    ],
    remedy: "Shut the credential off first, then replace it, then take the secret out of where it was found; look through the logs since the leak.",
    references: &[
        owasp::NHI2,
        pci::R8_6_2,
        pci::R8_6_3,
        nist::IA_5,
        nist::IA_5_7,
        csf::PR_AA_01,
        csf::DE_CM_09,
        iso::A_5_17,
        soc2::CC6_1,
    ],
    population: "credentials that a leak scanner found; unknown when no export tells their state and the scanner did not try them",
    test: Test::Credentials(Check {
        judge: formulas::is_leak_shut,
        exposure: |_, _| Exposure::Outside,
        observe,
        command: command::revoke,
        unmeasured: |analysis| {
            let no_leaks = "no leak is reported: add the export of a leak scanner";
            analysis.snapshot.leaks.is_empty().then_some(no_leaks)
        },
    }),
};

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let snapshot = &analysis.snapshot;
    let leaks = snapshot.leaks_of(subject::credential(analysis, index));
    let Some(leak) = leaks.min_by_key(|leak| (leak.fact.liveness, leak.fact.leaked_at)) else {
        return Observed {
            value: "leaked".to_owned(),
            limit: None,
            evidence: subject::found_in(analysis, index),
        };
    };
    let since = leak
        .fact
        .leaked_at
        .map(|at| format!(" since {}", subject::since(at, snapshot.as_of)))
        .unwrap_or_default();
    let tried = match leak.fact.liveness {
        Liveness::Live => "; the scanner tried it, and it works",
        Liveness::Dead | Liveness::Unknown => "; the platform lists it as active",
    };
    Observed {
        value: format!("in {}{since}{tried}", snapshot.strings.get(leak.fact.found_in)),
        limit: Some(fixed_limit("0", &owasp::NHI2)),
        evidence: Some(Evidence {
            file: leak.file,
            place: leak.fact.place,
        }),
    }
}
