//! What the rules find: every fault that was planted, and nothing that was planted as healthy.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::instant::Instant;
use shared::model::principal::Principal;
use shared::model::snapshot::IdentityId;

use super::governance::{by_holder, has_secret, is_in_scope};
use super::{Found, Planted, Scores, list, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let problems = |kinds: &[&str]| -> BTreeSet<String> {
        let all = kinds.iter().flat_map(|kind| planted.problems(kind));
        all.map(|it| planted.public[text(it, "subject")].clone()).collect()
    };
    let in_scope = |is_found: &dyn Fn(&Value) -> bool| -> BTreeSet<String> {
        let identities = planted.identities();
        let found = identities.filter(|(_, it)| is_in_scope(it) && is_found(it));
        found.map(|(id, _)| id.to_owned()).collect()
    };
    for (rule, expected) in [
        ("orphaned", in_scope(&|it| it["owner"] == "left")),
        ("unowned", in_scope(&|it| it["owner"] == "absent")),
        ("administrator", in_scope(&|it| it["administrator"] == true)),
        ("default_account_in_use", problems(&["default_account_in_use"])),
        ("open_external_trust", problems(&["external_trust_without_condition"])),
        ("open_ci_trust", problems(&["ci_trust_without_subject"])),
        ("root_key_in_use", problems(&["root_key_in_use"])),
        ("unused_permission", problems(&["unused_permission"])),
        ("human_use", problems(&["human_use"])),
    ] {
        scores.compare(&format!("finding: {rule}"), expected, found.of_rule(rule));
    }
    scores.compare(
        "finding: unreviewed",
        in_scope(&|it| match it["reviewed_on"].as_str().and_then(Instant::from_text) {
            Some(at) => at.days_until(as_of) > 92,
            None => true,
        }),
        found.of_rule("unreviewed"),
    );
    // Tokens of pipelines in inventories never end either; what was planted are those of clusters. The accounts of the
    // control plane are the platform's own.
    let platform: BTreeSet<&str> = (planted.identities())
        .filter(|(_, it)| !is_in_scope(it))
        .map(|(_, it)| text(it, "id"))
        .collect();
    let of_the_platform: BTreeSet<&str> = (planted.listed("credentials").iter())
        .filter(|it| {
            list(it, "holders")
                .iter()
                .all(|holder| platform.contains(holder.as_str().unwrap()))
        })
        .map(|it| text(it, "id"))
        .collect();
    let of_clusters = |ids: BTreeSet<String>| ids.into_iter().filter(|id| id.starts_with("k8s-secret:"));
    scores.compare(
        "finding: legacy_token",
        (planted.problems("legacy_token").iter())
            .filter(|it| !of_the_platform.contains(text(it, "subject")))
            .map(|it| format!("k8s-secret:{}", text(it, "subject")))
            .collect(),
        of_clusters(found.of_rule("legacy_token")).collect(),
    );
    let disabled: BTreeSet<&str> = (planted.listed("credentials").iter())
        .filter(|it| text(it, "status") != "active")
        .map(|it| text(it, "id"))
        .collect();
    scores.compare(
        "finding: weak_key of an account",
        (planted.problems("weak_key").iter())
            .map(|it| text(it, "subject"))
            .filter(|subject| !disabled.contains(subject))
            .map(|subject| format!("gcp-key:{subject}"))
            .collect(),
        (found.of_rule("weak_key").into_iter())
            .filter(|id| id.starts_with("gcp-key:"))
            .collect(),
    );
    let certificates = planted.snapshot["certificates"]["listed"].as_array().unwrap();
    scores.compare(
        "finding: weak_key of a certificate",
        (certificates.iter())
            .filter(|it| it["weak"] == true && text(it, "expiry") != "expired")
            .map(|it| format!("x509:{}", text(it, "sha256")))
            .collect(),
        (found.of_rule("weak_key").into_iter())
            .filter(|id| id.starts_with("x509:"))
            .collect(),
    );
    score_abandoned(planted, found, scores);
    scores.compare(
        "finding: cross_environment_reach",
        into_production(planted),
        found.of_rule("cross_environment_reach"),
    );
}

/// Who of another environment can act as one of production, by the trusts that were planted: of workloads, of roles, of
/// whole accounts and of everybody. The last two let in whoever may take on roles, as administrators may.
fn into_production(planted: &Planted<'_>) -> BTreeSet<String> {
    let identities: BTreeMap<&str, &Value> = planted.identities().collect();
    let environment = |id: &str| identities.get(id).and_then(|it| it["environment"].as_str());
    let administrators = || {
        let all = identities.iter().filter(|(_, it)| it["administrator"] == true);
        all.map(|(id, _)| *id).filter(|id| id.starts_with("arn:aws:iam:"))
    };
    let mut trusts = trusts_of_identities(planted);
    for join in planted.joins("account_to_role") {
        let account = format!(":iam::{}:", text(join, "left"));
        let let_in = administrators().filter(|id| id.contains(&account));
        trusts.extend(let_in.map(|id| (id.to_owned(), text(join, "right").to_owned())));
    }
    let open = planted.problems("external_trust_without_condition").iter();
    for trust in open.filter(|it| text(it, "detail") == "*") {
        trusts.extend(administrators().map(|id| (id.to_owned(), text(trust, "subject").to_owned())));
    }
    let is_production = |id: &str| environment(id) == Some("prod");
    let mut into: BTreeSet<String> = BTreeSet::new();
    loop {
        let before = into.len();
        for (actor, target) in &trusts {
            if (is_production(target) || into.contains(target)) && identities.contains_key(actor.as_str()) {
                into.insert(actor.clone());
            }
        }
        if into.len() == before {
            break;
        }
    }
    let is_judged = |id: &String| {
        let is_elsewhere = environment(id).is_some_and(|environment| environment != "prod");
        is_elsewhere && is_in_scope(identities[id.as_str()])
    };
    into.into_iter().filter(is_judged).collect()
}

/// Who may act as whom by its own name, as it was planted: actor and target.
pub fn trusts_of_identities(planted: &Planted<'_>) -> Vec<(String, String)> {
    let mut trusts: Vec<(String, String)> = Vec::new();
    for (kind, actor, target) in [
        ("irsa", "k8s:", ""),
        ("pod_identity", "k8s:", ""),
        ("gke_workload_identity", "k8s:", "gcp:"),
        ("azure_workload_identity", "k8s:", "entra:app/"),
        ("entra_to_gcp", "entra:app/", "gcp:"),
        ("role_to_role", "", ""),
    ] {
        let joins = planted.joins(kind).iter();
        trusts.extend(joins.map(|join| {
            let (left, right) = (text(join, "left"), text(join, "right"));
            (format!("{actor}{left}"), format!("{target}{right}"))
        }));
    }
    trusts
}

/// Identities whose workload is gone. Pods of all EKS clusters share an issuer, and a cluster that is not read whole
/// may have the account: those cannot be told, and are no findings.
fn score_abandoned(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let snapshot = &found.0.snapshot;
    let partial: BTreeSet<&str> = (snapshot.sources.iter())
        .filter(|source| !source.gaps.is_empty())
        .map(|source| source.name.as_str())
        .collect();
    let shares_an_issuer = |id: IdentityId| {
        found.0.trusts_to(id).any(|trust| match trust.actor {
            Principal::Federated { issuer, .. } => found.text(issuer) == "pods.eks.amazonaws.com",
            _ => false,
        })
    };
    let abandoned: BTreeSet<String> = (planted.problems("workload_gone").iter())
        .filter(|it| !partial.contains(text(it, "detail").split('/').next().unwrap()))
        .map(|it| planted.public[text(it, "subject")].clone())
        .filter(|id| !shares_an_issuer(snapshot.find(id).unwrap()))
        .collect();
    scores.compare(
        "finding: workload gone",
        abandoned.clone(),
        (found.0.abandoned.keys())
            .map(|id| found.text(snapshot.identity(*id).id).to_owned())
            .collect(),
    );
    // So are those whose day has come, and those whose owner left while a secret of theirs works.
    let by_holder = by_holder(planted);
    let is_left_behind = |id: &str, it: &Value| {
        let retires_at = it["retires_on"].as_str().and_then(Instant::from_text);
        let is_retired = retires_at.is_some_and(|at| at <= snapshot.as_of);
        let is_orphaned = it["owner"] == "left" && has_secret(found, id, by_holder.get(text(it, "id")));
        is_retired || is_orphaned || abandoned.contains(id)
    };
    scores.compare(
        "finding: improper_offboarding",
        (planted.identities())
            .filter(|(id, it)| is_in_scope(it) && it["enabled"] != false && is_left_behind(id, it))
            .map(|(id, _)| id.to_owned())
            .collect(),
        found.of_rule("improper_offboarding"),
    );
}
