//! A key or signature that can be broken.

use super::frameworks::{cab, cis, csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, fixed_limit, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::lists::{hash_text, key_text};
use crate::model::ratio::Verdict;

pub const RULE: Rule = Rule {
    code: "weak_key",
    title: "Weak key or signature",
    finds: "A certificate that is still valid with an RSA or DSA key below 2048 bits, an elliptic curve below 256, or an MD2, MD5 or SHA-1 signature.",
    why: "Such a key can be computed, and such a signature forged: then anybody is this identity.",
    cannot_see: &[
        "Keys of which an export holds no more than a fingerprint.",
        "Keys that were made badly: from a poor random source, or copied about.",
    ],
    remedy: "Issue a new certificate with a new key: EC P-256, or RSA 2048 and more, signed with SHA-256 or better.",
    references: &[
        owasp::NHI4,
        pci::R4_2_1_1,
        pci::R8_3_2,
        nist::IA_5_2,
        nist::SC_12,
        nist::SC_13,
        csf::PR_DS_02,
        iso::A_8_24,
        cis::C3_10,
        cab::SC_081,
    ],
    population: "certificates that have not ended; unknown when the algorithm is none that Rollcall knows",
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
    let certificate = credential.certificate.as_deref()?;
    formulas::is_active(credential, analysis.snapshot.as_of).then(|| formulas::strength(certificate))
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let certificate = subject::credential(analysis, index).certificate.as_deref();
    let value = certificate.map(|certificate| {
        let hash = hash_text(certificate.signature_hash);
        format!("key {}, signature hash {hash}", key_text(certificate))
    });
    Observed {
        value: value.unwrap_or_default(),
        limit: Some(fixed_limit("RSA ≥ 2048, EC ≥ 256, no SHA-1", &nist::SC_13)),
        evidence: subject::found_in(analysis, index),
    }
}
