//! Any build of a public build service may act as it.

use super::frameworks::{csf, iso, nist, owasp, pci, soc2};
use super::severity::Exposure;
use super::{Check, Observed, Rule, Test, always, fixed_limit, no_command, subject};
use crate::analysis::Analysis;
use crate::kpi::formulas;
use crate::model::principal::Principal;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{IdentityId, Trust};

pub const RULE: Rule = Rule {
    code: "open_ci_trust",
    title: "Open to any build",
    finds: "An identity that a public build service may act as, with no condition on the subject, or one that does not name the organisation.",
    why: "Everybody can get a token of that service by running a build of their own, and with it act as this identity.",
    cannot_see: &[
        "A subject that names the organisation but any branch or pull request of it: that is narrower than this rule asks.",
        "Build services that you run yourself, whose issuer is not known to be shared.",
        "Attribute mappings of Google Cloud's workload identity pools.",
    ],
    remedy: "Add a condition on the token's subject that names organisation, repository and branch or environment, beside the audience.",
    references: &[
        owasp::NHI6,
        pci::R7_2_5,
        nist::IA_9,
        nist::AC_3,
        csf::PR_AA_03,
        csf::PR_AA_04,
        iso::A_8_5,
        soc2::CC6_1,
        soc2::CC6_6,
    ],
    population: "non-human identities in scope that a public build service (GitHub Actions, GitLab.com, HCP Terraform, Buildkite) may act as",
    test: Test::Identities(Check {
        judge,
        exposure: |_, _| Exposure::Outside,
        observe,
        command: no_command,
        unmeasured: always,
    }),
};

/// Issuers from which everybody can get a token. Those of which each organisation has its own are no such.
const PUBLIC_ISSUERS: [&str; 4] = [
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "agent.buildkite.com",
];

/// The public build service that a trust lets in, and the subject that is asked for.
pub fn issuer<'a>(analysis: &'a Analysis, trust: &Trust) -> Option<(&'a str, Option<&'a str>)> {
    let strings = &analysis.snapshot.strings;
    match trust.actor {
        Principal::Federated { issuer, subject } => {
            let issuer = strings.get(issuer);
            let host = issuer.split('/').next().unwrap_or(issuer);
            let subject = subject.map(|subject| strings.get(subject));
            PUBLIC_ISSUERS.contains(&host).then_some((issuer, subject))
        }
        Principal::Identity(_)
        | Principal::Group(_)
        | Principal::Anyone
        | Principal::AnyoneAuthenticated
        | Principal::Account(_)
        | Principal::PlatformService(_)
        | Principal::Workload(_)
        | Principal::Named(_) => None,
    }
}

/// Whether a subject says whose builds are let in: `repo:acme/…`, `organization:acme:…`, and not `repo:acme*`, which
/// lets in whoever takes the name `acme-evil`.
fn names_an_organisation(subject: &str) -> bool {
    let fixed = subject.split(['*', '?']).next().unwrap_or_default();
    let Some((_, named)) = fixed.split_once(':') else {
        return false;
    };
    named.find(['/', ':']).is_some_and(|at| at > 0) || (fixed.len() == subject.len() && !named.is_empty())
}

fn judge(analysis: &Analysis, index: usize) -> Option<Verdict> {
    if !formulas::in_scope(subject::identity(analysis, index)) {
        return None;
    }
    judged(analysis, index)
        .map(|(.., verdict)| verdict)
        .reduce(Verdict::and)
}

fn judged(analysis: &Analysis, index: usize) -> impl Iterator<Item = (&Trust, Option<&str>, Verdict)> {
    analysis.trusts_to(IdentityId(index as u32)).filter_map(|trust| {
        let (_, subject) = issuer(analysis, trust)?;
        let is_named = subject.is_some_and(names_an_organisation);
        Some((trust, subject, Verdict::of(Some(is_named))))
    })
}

fn observe(analysis: &Analysis, index: usize) -> Observed {
    let open = judged(analysis, index).find(|(.., verdict)| *verdict == Verdict::Fail);
    let value = match open {
        Some((trust, subject, _)) => {
            let service = issuer(analysis, trust).map_or("", |(issuer, _)| issuer);
            match subject {
                Some(subject) => format!("any build of {service} whose subject is like `{subject}`"),
                None => format!("any build of {service}: no subject is asked for"),
            }
        }
        None => String::new(),
    };
    Observed {
        value,
        limit: Some(fixed_limit("a subject that names the organisation", &owasp::NHI6)),
        evidence: open.map(|(trust, ..)| trust.evidence),
    }
}

#[cfg(test)]
mod tests {
    use super::names_an_organisation;

    #[test]
    fn a_subject_must_say_whose_build_it_is() {
        for (subject, holds) in [
            ("repo:acme/shop:ref:refs/heads/main", true),
            ("repo:acme/*", true),
            ("repo:acme*", false),
            ("repo:*", false),
            ("repo:*/shop:*", false),
            ("*", false),
            ("", false),
            ("project_path:acme/shop:ref_type:branch:ref:main", true),
            ("organization:acme:project:*", true),
            ("organization:*:project:prod", false),
        ] {
            assert_eq!(names_an_organisation(subject), holds, "{subject}");
        }
    }
}
