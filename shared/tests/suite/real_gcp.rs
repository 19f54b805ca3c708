//! Google Cloud connectors over real and shape-true files. Every number was counted apart from Rollcall, with Python's
//! `json` module over the same files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::{Conditional, Privilege};
use shared::model::credential::CredentialStatus;
use shared::model::identity::{Origin, Status};
use shared::model::instant::{Expiry, LastUsed};
use shared::model::principal::Principal;

fn read(path: &Path) -> Reading {
    let name = path.file_name().unwrap().to_string_lossy();
    connectors::read("gcp-acme", &name, &std::fs::read(path).unwrap(), "salt")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

fn n_errors(reading: &Reading) -> usize {
    let is_error = |d: &&shared::diagnostic::Diagnostic| d.severity == Severity::Error;
    reading.diagnostics.iter().filter(is_error).count()
}

/// 83 answers of Google's REST APIs. By their members: 11 list or name service accounts (14 of them), 3 their keys
/// (3 user-managed), 6 API keys (7), 26 are policies (100 members); 37 are something else, among them an empty list
/// of keys and two errors.
#[test]
fn recorded_answers() {
    let Some(folder) = crate::support::data("gcp_iam") else {
        return;
    };
    let mut n_files = BTreeMap::new();
    let mut n_facts = BTreeMap::new();
    for file in files_below(&folder) {
        if !file.to_string_lossy().ends_with(".body.json") {
            continue;
        }
        let reading = read(&file);
        let id = reading.connector.map_or("none", |connector| connector.id);
        *n_files.entry(id).or_insert(0) += 1;
        *n_facts.entry(id).or_insert(0) += reading
            .batch
            .identities
            .iter()
            .filter(|fact| fact.kind.is_some())
            .count()
            + reading.batch.credentials.len()
            + reading.batch.grants.len()
            + reading.batch.trusts.len();
        // Two of the certificates that were recorded are cut.
        let n_expected = match file.to_string_lossy().contains("certmanager-certificate") {
            true => 2,
            // An answer without rows is none's, and no error.
            false => usize::from(id == "none" && reading.diagnostics[0].found != "an answer without rows"),
        };
        assert_eq!(n_errors(&reading), n_expected, "{}", file.display());
    }
    let expected = [
        ("gcp_api_keys", 6, 7),
        ("gcp_iam_policy", 26, 100),
        // Their facts are policies, which are not counted here.
        ("gcp_roles", 4, 0),
        ("gcp_service_account_keys", 3, 3),
        ("gcp_service_accounts", 11, 14),
        ("none", 29, 0),
        ("x509_certificates", 4, 7),
    ];
    assert_eq!(n_files, expected.iter().map(|(id, n, _)| (*id, *n)).collect());
    assert_eq!(n_facts, expected.iter().map(|(id, _, n)| (*id, *n)).collect());
}

/// The 83 recordings around those answers (`{"headers": …, "body": …}`) say what the answers say.
#[test]
fn recordings_say_what_their_answers_say() {
    let Some(folder) = crate::support::data("gcp_iam") else {
        return;
    };
    let mut n_compared = 0;
    for file in files_below(&folder) {
        let name = file.to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.ends_with(".body")) {
            let answer = read(Path::new(&format!("{stem}.body.json")));
            let recording = read(&file);
            let id = |reading: &Reading| reading.connector.map(|connector| connector.id);
            assert_eq!(id(&recording), id(&answer), "{name}");
            assert_eq!(n_errors(&recording), n_errors(&answer), "{name}");
            let facts = |reading: &Reading| {
                let batch = &reading.batch;
                format!("{:?} {:?} {:?}", batch.identities, batch.credentials, batch.trusts)
            };
            assert_eq!(facts(&recording), facts(&answer), "{name}");
            assert_eq!(recording.batch.grants.len(), answer.batch.grants.len(), "{name}");
            n_compared += 1;
        }
    }
    assert_eq!(n_compared, 83);
}

/// The recorded policies of four service accounts belong to the accounts that their files are named after.
#[test]
fn policies_of_accounts_are_found_by_file_name() {
    let Some(folder) =
        crate::support::data("gcp_iam/cloud-custodian__cloud-custodian/iam-service-account-iam-policy-multi")
    else {
        return;
    };
    let mut resources = Vec::new();
    for file in files_below(&folder) {
        if file.to_string_lossy().ends_with("getIamPolicy_1.body.json") {
            let reading = read(&file);
            assert!(reading.diagnostics.is_empty());
            let strings = &reading.batch.strings;
            resources.extend(
                reading
                    .batch
                    .grants
                    .iter()
                    .map(|g| strings.get_or_empty(g.resource).to_owned()),
            );
        }
    }
    resources.dedup();
    let expected = [1, 2, 3, 4].map(|n| {
        format!(
            "//iam.googleapis.com/projects/c7n-policy-dev/serviceAccounts/my-sa-42dc4145{n}@c7n-policy-dev.iam.gserviceaccount.com"
        )
    });
    assert_eq!(resources, expected);
}

/// 41 accounts, 6 disabled, 13 with `owner: …` as description.
#[test]
fn service_accounts() {
    let Some(folder) = crate::support::data("shape_samples/gcloud") else {
        return;
    };
    let reading = read(&folder.join("service-accounts_list.json"));
    assert_eq!(reading.connector.unwrap().id, "gcp_service_accounts");
    assert!(reading.diagnostics.is_empty());
    let accounts = &reading.batch.identities;
    assert_eq!(accounts.len(), 41);
    assert_eq!(
        accounts.iter().filter(|fact| fact.status == Status::Disabled).count(),
        6
    );
    assert_eq!(accounts.iter().filter(|fact| fact.owners.len() == 1).count(), 13);
    assert!(
        accounts
            .iter()
            .all(|fact| fact.handles.len() == 2 && fact.origin == Origin::Estate)
    );
    assert!(accounts.iter().all(|fact| fact.purpose.is_none()));
}

/// 82 keys: 41 system-managed; of the 41 user-managed ones 5 disabled, all with year 9999 as their end.
#[test]
fn keys() {
    let Some(folder) = crate::support::data("shape_samples/gcloud") else {
        return;
    };
    let reading = read(&folder.join("keys_list_all.ndjson"));
    assert_eq!(reading.connector.unwrap().id, "gcp_service_account_keys");
    let keys = &reading.batch.credentials;
    assert_eq!(keys.len(), 41);
    assert_eq!(
        keys.iter()
            .filter(|fact| fact.status == CredentialStatus::Inactive)
            .count(),
        5
    );
    assert!(
        keys.iter()
            .all(|fact| fact.expires_at == Expiry::Never && fact.created_at.is_some())
    );
    let found: Vec<_> = reading.diagnostics.iter().map(|d| d.found.as_str()).collect();
    assert_eq!(found, ["41 system-managed keys"]);
}

/// 9 bindings with 29 members: 12 from outside (a pool or a cluster), 2 with `roles/owner`, 1 under a condition that
/// ends on 2026-12-31. The three basic roles without a condition have 2 + 4 + 4 members. A custom role names the
/// project.
#[test]
fn project_policy() {
    let Some(folder) = crate::support::data("shape_samples/gcloud") else {
        return;
    };
    let reading = read(&folder.join("projects_get-iam-policy.json"));
    assert_eq!(reading.connector.unwrap().id, "gcp_iam_policy");
    assert!(reading.diagnostics.is_empty(), "{:#?}", reading.diagnostics);
    let batch = &reading.batch;
    assert_eq!(
        (batch.grants.len(), batch.trusts.len(), batch.memberships.len()),
        (29, 0, 10)
    );
    let is_outside = |subject: &Principal| matches!(subject, Principal::Federated { subject: Some(_), .. });
    assert_eq!(
        batch.grants.iter().filter(|grant| is_outside(&grant.subject)).count(),
        12
    );
    let owners = batch
        .grants
        .iter()
        .filter(|grant| grant.privilege == Some(Privilege::Administrator));
    assert_eq!(owners.count(), 2);
    let conditional: Vec<_> = batch
        .grants
        .iter()
        .filter(|grant| grant.conditional == Conditional::OnCondition)
        .map(|grant| match grant.expires_at {
            Expiry::At(at) => at.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(conditional, ["2026-12-31T00:00:00Z"]);
    let project = "//cloudresourcemanager.googleapis.com/projects/acme-prod-1";
    assert!(
        batch
            .grants
            .iter()
            .all(|grant| batch.strings.get_or_empty(grant.resource) == project)
    );
    // One service agent, bound four times.
    assert_eq!(batch.identities.len(), 1);
    assert_eq!(batch.identities[0].origin, Origin::Platform);
}

/// 9 policies with 29 members, all on the project itself, so none is a trust in an account.
#[test]
fn asset_policies() {
    let Some(folder) = crate::support::data("shape_samples/gcloud") else {
        return;
    };
    let reading = read(&folder.join("asset_search-all-iam-policies.json"));
    assert_eq!(reading.connector.unwrap().id, "gcp_asset_policies");
    assert!(reading.diagnostics.is_empty());
    let batch = &reading.batch;
    assert_eq!(
        (batch.grants.len(), batch.trusts.len(), batch.memberships.len()),
        (29, 0, 10)
    );
}

/// 22 accounts, the latest authentication on 2026-11-20, observed until 2026-11-18.
#[test]
fn activity() {
    let Some(folder) = crate::support::data("shape_samples/gcloud") else {
        return;
    };
    let reading = read(&folder.join("policy-intelligence_query-activity_sa_lastauth.json"));
    assert_eq!(reading.connector.unwrap().id, "gcp_activity");
    assert!(reading.diagnostics.is_empty());
    let times: Vec<_> = reading
        .batch
        .identities
        .iter()
        .filter_map(|fact| match fact.last_used {
            LastUsed::At(at) => Some(at.to_string()),
            LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
        })
        .collect();
    assert_eq!(times.len(), 22);
    assert_eq!(times.iter().max().map(String::as_str), Some("2026-11-20T04:30:14Z"));
    assert_eq!(reading.batch.stated_at.unwrap().to_string(), "2026-11-18T08:00:00Z");
}

#[test]
fn roles() {
    let Some(folder) = crate::support::data("gcp_iam/cloud-custodian__cloud-custodian") else {
        return;
    };
    let read = |path: &str| {
        let bytes = std::fs::read(folder.join(path)).unwrap();
        let reading = connectors::read("gcp", path, &bytes, "salt");
        assert_eq!(reading.connector.map(|found| found.id), Some("gcp_roles"), "{path}");
        reading
    };
    let described = read("iam-project-role/get-v1-projects-cloud-custodian-roles-CustomRole1_1.body.json");
    assert_eq!(described.batch.policies.len(), 1);
    // Google's own roles are known by name, and a list has no permissions.
    let listed = read("ami-role-query/get-v1-roles_1.body.json");
    assert!(listed.batch.policies.is_empty() && !listed.batch.is_complete());
}
