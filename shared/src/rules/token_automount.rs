//! Workloads get a token that can do nothing.

use super::frameworks::{cis_kubernetes, csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::principal::{HandleKind, Principal};
use crate::model::ratio::Verdict;
use crate::model::snapshot::{IdentityId, Trust};

pub const RULE: Rule = Rule {
    code: "token_automount",
    title: "Token mounted without need",
    finds: "A Kubernetes service account whose token is mounted into workloads although no role is bound to it.",
    why: "The token opens the API server to whoever breaks into the workload, and the workload itself cannot use it.",
    cannot_see: &[
        "Rights of groups that every service account is in, and of authorisers other than RBAC.",
        "Workloads that use the token only to prove who they are to somebody else.",
        "Clusters of which no export lists the bindings: those accounts are unknown.",
    ],
    remedy: "Set `automountServiceAccountToken: false` in the pod template of the workload, which goes before what the account says; on the account, too, for what comes later. A token that a pod mounts as a projected volume is taken out of the pod's volumes.",
    references: &[
        owasp::NHI5,
        pci::R7_2_5,
        nist::AC_6,
        csf::PR_AA_05,
        iso::A_5_15,
        cis_kubernetes::R5_1_6,
    ],
    population: "Kubernetes service accounts in scope that workloads run as; unknown when no export of the cluster lists bindings",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Inside,
        observe,
        command,
        unmeasured: always,
    }),
};

fn account(analysis: &Analysis, index: usize) -> Option<&str> {
    let identity = subject::identity(analysis, index);
    command::handle(analysis, identity, HandleKind::KubernetesServiceAccount)
}

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    if !formulas::in_scope(identity) || running(analysis, index).next().is_none() {
        return None;
    }
    account(analysis, index)?;
    let tells_grants = analysis.told_of[identity.source.0 as usize].grants;
    Some(match mounted(analysis, index) {
        None => Verdict::Pass,
        Some(_) if !identity.grants.is_empty() => Verdict::Pass,
        Some(_) if tells_grants => Verdict::Fail,
        Some(_) => Verdict::Unknown,
    })
}

fn running(analysis: &Analysis, index: usize) -> impl Iterator<Item = &Trust> {
    let trusts = analysis.trusts_to(IdentityId(index as u32));
    trusts.filter(|trust| trust.kind == TrustKind::RunsAs)
}

/// The workloads that the token is mounted into.
fn all_mounted(analysis: &Analysis, index: usize) -> impl Iterator<Item = &Trust> {
    running(analysis, index).filter(|trust| trust.guard == Some(TrustGuard::Open))
}

fn mounted(analysis: &Analysis, index: usize) -> Option<&Trust> {
    all_mounted(analysis, index).next()
}

fn command(analysis: &Analysis, index: usize) -> Option<String> {
    let workload = |trust: &Trust| {
        let Principal::Workload(name) = trust.actor else {
            return None;
        };
        Some(analysis.snapshot.strings.get(name))
    };
    let workloads: Vec<&str> = all_mounted(analysis, index).map(workload).collect::<Option<_>>()?;
    command::withhold_token_from(&workloads)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let trust = mounted(analysis, index);
    let workload = trust.map(|trust| trust.actor.in_words(&analysis.snapshot.strings));
    Observed {
        value: format!("mounted into {}; no role is bound", workload.unwrap_or_default()),
        limit: None,
        evidence: trust.map(|trust| trust.evidence),
    }
}
