//! Who may act as whom, across platforms.

use std::collections::BTreeSet;

use shared::kpi::formulas;
use shared::model::principal::Principal;
use shared::model::ratio::Verdict;
use shared::model::snapshot::TrustReach;

use super::{Found, Planted, Scores, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let pairs = |kinds: &[&str], left: fn(&str) -> String, right: fn(&str) -> String| -> BTreeSet<String> {
        kinds
            .iter()
            .flat_map(|kind| planted.joins(kind))
            .map(|join| format!("{} -> {}", left(text(join, "left")), right(text(join, "right"))))
            .collect()
    };
    let plain = |id: &str| id.to_owned();
    let workload = |id: &str| format!("k8s:{id}");
    let app = |id: &str| format!("entra:app/{id}");
    let account = |id: &str| format!("gcp:{id}");
    // (actor when an export lists it, actor as written, target)
    let trusts: Vec<(Option<&str>, Principal, &str)> = (found.0.snapshot.trusts.iter())
        .filter_map(|trust| {
            let id = |id| found.text(found.0.snapshot.identity(id).id);
            Some((trust.actor_identity.map(id), trust.actor, id(trust.target_identity?)))
        })
        .collect();
    let from_to = |actor: &str, target: &str| -> BTreeSet<String> {
        trusts
            .iter()
            .filter_map(|(from, _, to)| Some((from.filter(|from| from.starts_with(actor))?, to)))
            .filter(|(_, to)| to.starts_with(target))
            .map(|(from, to)| format!("{from} -> {to}"))
            .collect()
    };
    scores.compare(
        "workload -> AWS role",
        pairs(&["irsa", "pod_identity"], workload, plain),
        from_to("k8s:", "arn:aws:"),
    );
    scores.compare(
        "workload -> Google account",
        pairs(&["gke_workload_identity"], workload, account),
        from_to("k8s:", "gcp:"),
    );
    scores.compare(
        "workload -> Entra application",
        pairs(&["azure_workload_identity"], workload, app),
        from_to("k8s:", "entra:"),
    );
    scores.compare(
        "role -> role",
        pairs(&["role_to_role"], plain, plain),
        from_to("arn:aws:", "arn:aws:"),
    );
    let mut github = pairs(&["github_to_aws"], plain, plain);
    github.extend(pairs(&["github_to_entra"], plain, app));
    github.extend(pairs(&["github_to_gcp"], plain, account));
    scores.compare(
        "GitHub -> cloud identity",
        github,
        trusts
            .iter()
            .filter_map(|(_, actor, to)| match actor {
                Principal::Federated {
                    issuer,
                    subject: Some(subject),
                } if found.text(*issuer).contains("github") => {
                    Some(format!("{}#{} -> {to}", found.text(*issuer), found.text(*subject)))
                }
                _ => None,
            })
            .collect(),
    );
    let mut accounts = pairs(&["account_to_role", "vendor_to_role"], plain, plain);
    let open = planted.problems("external_trust_without_condition");
    accounts.extend(
        open.iter()
            .filter(|it| text(it, "detail") != "*")
            .map(|it| format!("{} -> {}", text(it, "detail"), text(it, "subject"))),
    );
    scores.compare(
        "account -> AWS role",
        accounts,
        trusts
            .iter()
            .filter_map(|(_, actor, to)| match actor {
                Principal::Account(account) => Some(format!("{} -> {to}", found.text(*account))),
                _ => None,
            })
            .collect(),
    );
    scores.compare(
        "trust to the outside, unguarded",
        open.iter().map(|it| text(it, "subject").to_owned()).collect(),
        (found.0.snapshot.trusts.iter())
            .filter(|trust| formulas::is_guarded(trust) == Some(Verdict::Fail))
            .map(|trust| found.text(trust.target.text).to_owned())
            .collect(),
    );
    assert!(
        (found.0.snapshot.trusts.iter()).any(|trust| trust.reach == TrustReach::Inside),
        "trusts of the company's own accounts are inside"
    );
}
