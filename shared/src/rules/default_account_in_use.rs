//! Something runs as the account that everything gets.

use super::frameworks::{cis, cis_gcp, cis_kubernetes, csf, iso, nist, owasp, pci};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::grant::TrustKind;
use crate::model::principal::HandleKind;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{IdentityId, Trust};
use crate::model::thresholds::ThresholdId;

pub const RULE: Rule = Rule {
    code: "default_account_in_use",
    title: "Default account in use",
    finds: "A default service account that workloads run as (Kubernetes), or that was used inside the window (Google Cloud).",
    why: "Whatever names no account shares this one: a right that one of them needs, all of them have.",
    cannot_see: &[
        "Workloads of clusters of which no export lists what runs: those accounts are unknown.",
        "Which of the workloads needs which right.",
    ],
    remedy: "Give each workload an account of its own, and take the token away from the default one.",
    references: &[
        owasp::NHI9,
        pci::R2_2_2,
        nist::AC_6,
        nist::IA_9,
        csf::PR_AA_01,
        iso::A_5_16,
        cis::C4_7,
        cis_gcp::R4_1,
        cis_kubernetes::R5_1_5,
    ],
    population: "default service accounts in scope; unknown when no export tells what runs, or of use",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Inside,
        observe,
        command: without_token,
        unmeasured: always,
    }),
};

/// Google Cloud's default accounts: Compute Engine's and App Engine's.
const GOOGLE_DEFAULTS: [&str; 2] = ["-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com"];

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = subject::identity(analysis, index);
    if !formulas::in_scope(identity) {
        return None;
    }
    if let Some(account) = command::handle(analysis, identity, HandleKind::KubernetesServiceAccount) {
        let runs = running(analysis, index).next().is_some();
        let tells = analysis.told_of[identity.source.0 as usize].workloads;
        return account
            .ends_with("/default")
            .then(|| Verdict::of((runs || tells).then_some(!runs)));
    }
    let email = command::handle(analysis, identity, HandleKind::GcpServiceAccount)?;
    if !GOOGLE_DEFAULTS.iter().any(|suffix| email.ends_with(suffix)) {
        return None;
    }
    let in_use = formulas::used_within(analysis, None, identity.last_used, ThresholdId::StaleDays)?;
    Some(match in_use {
        Verdict::Pass => Verdict::Fail,
        Verdict::Fail => Verdict::Pass,
        Verdict::Unknown => Verdict::Unknown,
    })
}

fn running(analysis: &Analysis, index: usize) -> impl Iterator<Item = &Trust> {
    let trusts = analysis.trusts_to(IdentityId(index as u32));
    trusts.filter(|trust| trust.kind == TrustKind::RunsAs)
}

fn without_token(analysis: &Analysis, index: usize) -> Option<String> {
    let identity = subject::identity(analysis, index);
    let account = command::handle(analysis, identity, HandleKind::KubernetesServiceAccount)?;
    command::withhold_token(account)
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let snapshot = &analysis.snapshot;
    let mut trusts = running(analysis, index);
    let (first, n_more) = (trusts.next(), trusts.count());
    let value = match (first, n_more) {
        (Some(trust), 0) => format!("{} runs as it", trust.actor.in_words(&snapshot.strings)),
        (Some(trust), n) => format!("{} and {n} more run as it", trust.actor.in_words(&snapshot.strings)),
        (None, _) => subject::last_use(subject::identity(analysis, index).last_used, snapshot.as_of),
    };
    Observed {
        value,
        limit: None,
        evidence: first
            .map(|trust| trust.evidence)
            .or_else(|| subject::listed_in(analysis, index)),
    }
}
