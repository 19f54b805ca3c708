//! The account above all accounts has a key.

use super::frameworks::{cis, cis_aws, csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::credential::CredentialKind;
use crate::model::identity::{IdentityKind, Knowledge};
use crate::model::ratio::Verdict;
use crate::model::snapshot::Credential;

pub const RULE: Rule = Rule {
    code: "root_key_in_use",
    title: "Root has a key",
    finds: "The root user of an account with an active access key or signing certificate.",
    why: "Nothing can take rights away from root: whoever has the key has the account, its bills and its deletion.",
    cannot_see: &[
        "Other accounts for emergencies: `break_glass_in_use`.",
        "Root's password and second factor.",
    ],
    remedy: "Move what uses the key to a role, then delete the key, signed in as root; manage root centrally where the platform offers it.",
    references: &[
        owasp::NHI5,
        pci::R8_2_2,
        nist::AC_6_5,
        csf::PR_AA_05,
        iso::A_8_2,
        soc2::CC6_1,
        cis::C5_4,
        cis::C4_7,
        cis_aws::R2_4,
    ],
    population: "root users; unknown when no export tells which credentials they have",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    (identity.kind == IdentityKind::Root).then_some(())?;
    Some(match (key(analysis, index), identity.credentials_known) {
        (Some(_), _) => Verdict::Fail,
        (None, Knowledge::Reported) => Verdict::Pass,
        (None, Knowledge::NotReported) => Verdict::Unknown,
    })
}

/// An active key of the root user; a password is no key.
fn key(analysis: &Analysis, index: usize) -> Option<&Credential> {
    let held = analysis.snapshot.credentials_of(subject::identity(analysis, index));
    let mut keys = held.map(|(_, credential)| credential).filter(|credential| {
        let is_key = matches!(
            credential.kind,
            CredentialKind::AccessKey | CredentialKind::SigningCertificate
        );
        is_key && formulas::is_active(credential, analysis.snapshot.as_of)
    });
    keys.next()
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let key = key(analysis, index);
    let value = key.map(|key| {
        let name = analysis.snapshot.strings.get(key.name.unwrap_or(key.key));
        format!("{name}, {}", subject::last_use(key.last_used, analysis.snapshot.as_of))
    });
    Observed {
        value: value.unwrap_or_default(),
        limit: Some(super::fixed_limit("0", &cis_aws::R2_4)),
        evidence: key.and_then(|key| key.evidence.first().copied()),
    }
}
