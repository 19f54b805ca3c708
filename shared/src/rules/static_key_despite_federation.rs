//! A stored secret where none is needed.

use super::frameworks::{cis_gcp, csf, iso, nist, owasp};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::credential::CredentialKind;
use crate::model::grant::TrustKind;
use crate::model::identity::Knowledge;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{Credential, CredentialId, IdentityId};

pub const RULE: Rule = Rule {
    code: "static_key_despite_federation",
    title: "Stored secret beside a federation",
    finds: "An identity that a federation lets in without a secret, and that has an active stored secret all the same.",
    why: "The federation was set up so that there is no secret to steal; the forgotten one undoes that.",
    cannot_see: &[
        "Whether everything that uses the identity can use the federation.",
        "Federations that the platform offers and nobody has set up.",
    ],
    remedy: "Watch the stored secret's last use; move what is left to the federation, then delete the secret.",
    references: &[
        owasp::NHI4,
        owasp::NHI7,
        owasp::NHI6,
        nist::IA_9,
        nist::IA_5,
        csf::PR_AA_03,
        iso::A_8_5,
        cis_gcp::R1_5,
    ],
    population: "non-human identities in scope with a federation; unknown when no export tells which credentials they have",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Portable,
        observe,
        command: |analysis, index| command::revoke(analysis, stored(analysis, index).next()?.0.0 as usize),
        unmeasured: always,
    }),
};

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    if !formulas::in_scope(identity) || !is_federated(analysis, index) {
        return None;
    }
    Some(
        match (subject::has_portable(analysis, index), identity.credentials_known) {
            (true, _) => Verdict::Fail,
            (false, Knowledge::Reported) => Verdict::Pass,
            (false, Knowledge::NotReported) => Verdict::Unknown,
        },
    )
}

fn is_federated(analysis: &Analysis, index: usize) -> bool {
    let mut held = analysis.snapshot.credentials_of(subject::identity(analysis, index));
    let mut trusts = analysis.trusts_to(IdentityId(index as u32));
    held.any(|(_, credential)| credential.kind == CredentialKind::Federation)
        || trusts.any(|trust| trust.kind == TrustKind::Federates)
}

/// The active secrets that can be copied.
fn stored(analysis: &Analysis, index: usize) -> impl Iterator<Item = (CredentialId, &Credential)> {
    let held = analysis.snapshot.credentials_of(subject::identity(analysis, index));
    held.filter(|(_, credential)| subject::is_portable(analysis, credential))
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let mut secrets = stored(analysis, index);
    let (first, n_more) = (secrets.next(), secrets.count());
    let more = match n_more {
        0 => String::new(),
        n => format!(" and {n} more"),
    };
    let kind = first
        .map_or("", |(_, credential)| credential.kind.id())
        .replace('_', " ");
    Observed {
        value: format!("{kind}{more} beside a federation"),
        limit: None,
        evidence: first.and_then(|(_, credential)| credential.evidence.first().copied()),
    }
}
