//! A key or signature that can be broken.

use super::frameworks::{cab, cis, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, fixed_limit, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::lists::{hash_text, key_text};
use crate::model::ratio::Verdict;

pub const RULE: Rule = Rule {
    code: "weak_key",
    title: "Weak key or signature",
    finds: "A certificate or key that still works, with an RSA or DSA key below 2048 bits, an elliptic curve below 256, or an MD2, MD5 or SHA-1 signature.",
    why: "Such a key can be computed, and such a signature forged: then anybody is this identity.",
    cannot_see: &[
        "Keys of which an export holds no more than a fingerprint.",
        "Keys that were made badly: from a poor random source, or copied about.",
    ],
    remedy: "Issue a new certificate with a new key: EC P-256, or RSA 2048 and more, signed with SHA-256 or better.",
    references: &[
        owasp::NHI4,
        pci::R8_3_2,
        pci::R4_2_1,
        nist::SC_12,
        nist::SC_13,
        nist::IA_5,
        csf::PR_DS_02,
        iso::A_8_24,
        soc2::CC6_1,
        cis::C3_10,
        cab::BR_6_1_5,
    ],
    population: "active certificates, and active keys of which an export tells the algorithm; unknown when the algorithm is none that Rollcall knows",
    test: Test::Credentials(Check {
        judge,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: command::make_second,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = subject::credential(analysis, index);
    let verdict = match (&credential.certificate, credential.key_algorithm) {
        (Some(certificate), _) => formulas::strength(certificate),
        (None, Some(key)) => formulas::key_strength(key),
        (None, None) => return None,
    };
    formulas::is_active(credential, analysis.snapshot.as_of).then_some(verdict)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let credential = subject::credential(analysis, index);
    let value = match (&credential.certificate, credential.key_algorithm) {
        (Some(certificate), _) => {
            let hash = hash_text(certificate.signature_hash);
            Some(format!("key {}, signature hash {hash}", key_text(certificate.key)))
        }
        (None, key) => key.map(|key| format!("key {}", key_text(key))),
    };
    Observed {
        value: value.unwrap_or_default(),
        limit: Some(fixed_limit("RSA ≥ 2048, EC ≥ 256, no SHA-1", &cab::BR_6_1_5)),
        evidence: subject::found_in(analysis, index),
    }
}
