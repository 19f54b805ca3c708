//! Who may act as whom, across platforms.

use std::collections::BTreeSet;

use shared::kpi::formulas;
use shared::model::credential::CredentialKind;
use shared::model::principal::Principal;
use shared::model::ratio::Verdict;
use shared::model::snapshot::{Credential, TrustReach};

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
        "Entra application -> Google account",
        pairs(&["entra_to_gcp"], app, account),
        from_to("entra:", "gcp:"),
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
    score_things(planted, found, scores);
}

/// One thing that several systems know: a key, an account, a certificate.
fn score_things(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let snapshot = &found.0.snapshot;
    let public = |id: &str| planted.public.get(id).cloned().unwrap_or_else(|| id.to_owned());
    let pairs = |kind: &str| -> BTreeSet<String> {
        let joins = planted.joins(kind).iter();
        joins
            .map(|join| format!("{} -> {}", text(join, "left"), public(text(join, "right"))))
            .collect()
    };
    let sources = |credential: &Credential| -> BTreeSet<&str> {
        let files = credential.evidence.iter().map(|place| snapshot.file(place.file));
        files.map(|file| snapshot.source(file.source).name.as_str()).collect()
    };
    let of_kind = |kind: CredentialKind| {
        let credentials = snapshot.credentials.iter();
        credentials.filter(move |credential| credential.kind == kind)
    };
    let short = |credential: &Credential| {
        let key = found.text(credential.key);
        key.split_once(':').map_or(key, |(_, key)| key).to_owned()
    };
    let held = |credential: &Credential| -> Vec<String> {
        let holders = credential
            .holders
            .iter()
            .map(|holder| found.text(snapshot.identity(*holder).id));
        holders
            .map(|holder| format!("{} -> {holder}", short(credential)))
            .collect()
    };
    scores.compare(
        "access key in Jenkins",
        pairs("key_in_jenkins"),
        of_kind(CredentialKind::AccessKey)
            .filter(|key| sources(key).contains("jenkins") && sources(key).len() > 1)
            .map(|key| format!("jenkins -> {}", short(key)))
            .collect(),
    );
    scores.compare(
        "leak -> its access key's holder",
        pairs("leak_of_key"),
        of_kind(CredentialKind::AccessKey)
            .filter(|key| snapshot.leaks_of(key).next().is_some())
            .flat_map(held)
            .collect(),
    );
    scores.compare(
        "SSH key -> what it opens",
        pairs("ssh_key_opens"),
        of_kind(CredentialKind::SshKey)
            .filter(|key| sources(key).iter().any(|source| source.contains("-hosts")))
            .flat_map(held)
            .collect(),
    );
    scores.compare(
        "one account in directory, vault, database",
        pairs("same_account"),
        found
            .identities()
            .filter(|(.., it)| found.sources(it).contains("ad-corp"))
            .flat_map(|(_, id, it)| {
                found
                    .sources(it)
                    .into_iter()
                    .map(move |source| format!("{source} -> {id}"))
            })
            .collect(),
    );
    let has_file = |credential: &Credential, is_it: &dyn Fn(&str, &str) -> bool| {
        let files = credential.evidence.iter().map(|place| snapshot.file(place.file));
        files
            .into_iter()
            .any(|file| is_it(&snapshot.source(file.source).name, &file.path))
    };
    scores.compare(
        "certificate in ACM, cluster, key store",
        pairs("certificate_in_three_places"),
        of_kind(CredentialKind::Certificate)
            .filter(|it| {
                has_file(it, &|_, path| path == "tomcat-legacy.jks")
                    && has_file(it, &|source, _| source.starts_with("k8s-"))
            })
            .flat_map(|it| {
                let accounts = sources(it).into_iter().filter(|source| source.starts_with("aws-"));
                accounts
                    .map(|account| format!("{} -> {account}", short(it)))
                    .collect::<Vec<_>>()
            })
            .collect(),
    );
}
