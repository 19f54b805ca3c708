//! GitHub, GitLab and Jenkins against GitHub's own examples and against samples of the documented shapes. The expected
//! numbers were counted from the same files by a separate Python program, without any of this crate.

use std::path::Path;

use hashbrown::HashSet;
use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::Privilege;
use shared::model::batch::Batch;
use shared::model::credential::{CredentialKind, CredentialStatus};
use shared::model::identity::IdentityKind;
use shared::model::instant::{Expiry, LastUsed};

fn read(path: &Path, connector: &str) -> Reading {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().unwrap().to_string_lossy();
    let reading = connectors::read("source", &name, &bytes, "salt");
    assert_eq!(reading.connector.map(|found| found.id), Some(connector), "{name}");
    let errors: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    reading
}

/// Identities, credentials, grants and leaks.
fn counts(batch: &Batch) -> [usize; 4] {
    [
        batch.identities.len(),
        batch.credentials.len(),
        batch.grants.len(),
        batch.leaks.len(),
    ]
}

#[test]
fn every_github_example_is_known_or_refused() {
    let Some(folder) = crate::support::data("github/github__rest-api-description") else {
        return;
    };
    let known = [
        ("audit-log", "github_audit_log", [2, 0, 0, 0]),
        ("base-installation", "github_app_installations", [1, 0, 3, 0]),
        ("base-installation-items", "github_app_installations", [1, 0, 3, 0]),
        (
            "base-installation-for-auth-user-paginated",
            "github_app_installations",
            [2, 0, 6, 0],
        ),
        ("installation", "github_app_installations", [1, 0, 3, 0]),
        ("installation-paginated", "github_app_installations", [1, 0, 4, 0]),
        ("deploy-key", "github_deploy_keys", [1, 1, 1, 0]),
        ("deploy-key-items", "github_deploy_keys", [1, 1, 1, 0]),
        ("org-pat-grant-paginated", "github_personal_access_tokens", [1, 1, 2, 0]),
        (
            "org-pat-grant-request-paginated",
            "github_personal_access_tokens",
            [0, 0, 0, 0],
        ),
        (
            "credential-authorization-items",
            "github_credential_authorizations",
            [2, 5, 5, 0],
        ),
        ("actions-secret-paginated", "github_secrets", [0, 2, 0, 0]),
        ("dependabot-secret-paginated", "github_secrets", [0, 2, 0, 0]),
        ("organization-actions-secret-paginated", "github_secrets", [0, 3, 0, 0]),
        (
            "organization-dependabot-secret-paginated",
            "github_secrets",
            [0, 3, 0, 0],
        ),
        ("repo-codespaces-secret-paginated", "github_secrets", [0, 2, 0, 0]),
        // One secret, as `gh api --jq '.secrets[]'` gives each.
        ("actions-secret", "github_secrets", [0, 1, 0, 0]),
        ("dependabot-secret", "github_secrets", [0, 1, 0, 0]),
        ("organization-actions-secret", "github_secrets", [0, 1, 0, 0]),
        ("organization-dependabot-secret", "github_secrets", [0, 1, 0, 0]),
        ("repo-codespaces-secret", "github_secrets", [0, 1, 0, 0]),
        ("user-codespaces-secret", "github_secrets", [0, 1, 0, 0]),
        (
            "secret-scanning-alert-open",
            "github_secret_scanning_alerts",
            [0, 0, 0, 1],
        ),
        // Resolved as false positives.
        (
            "secret-scanning-alert-list",
            "github_secret_scanning_alerts",
            [0, 0, 0, 0],
        ),
        (
            "organization-secret-scanning-alert-list",
            "github_secret_scanning_alerts",
            [0, 0, 0, 0],
        ),
        ("oidc-custom-sub", "github_oidc_subject", [0, 0, 0, 0]),
        ("oidc-custom-sub-repo", "github_oidc_subject", [0, 0, 0, 0]),
    ];
    for (stem, connector, expected) in known {
        let reading = read(&folder.join(format!("{stem}.json")), connector);
        assert_eq!(counts(&reading.batch), expected, "{stem}");
    }
    let mut n_refused = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_example = path.extension().is_some_and(|extension| extension == "json");
        if is_example && !known.iter().any(|(known, ..)| *known == stem) {
            let reading = connectors::read("source", &stem, &std::fs::read(&path).unwrap(), "salt");
            assert_eq!(reading.connector.map(|found| found.id), None, "{stem}");
            n_refused += 1;
        }
    }
    assert_eq!(n_refused + known.len(), 105);
}

#[test]
fn gitlab_tokens_and_keys() {
    let Some(folder) = crate::support::data("shape_samples/gitlab") else {
        return;
    };
    let reading = read(&folder.join("personal_access_tokens.json"), "gitlab_access_tokens");
    let batch = &reading.batch;
    assert_eq!((batch.identities.len(), batch.credentials.len()), (35, 40));
    let n_of = |is: &dyn Fn(&shared::model::credential::CredentialFact) -> bool| {
        batch.credentials.iter().filter(|fact| is(fact)).count()
    };
    assert_eq!(n_of(&|fact| fact.status == CredentialStatus::Revoked), 5);
    assert_eq!(n_of(&|fact| fact.status == CredentialStatus::Active), 27);
    assert_eq!(n_of(&|fact| fact.last_used == LastUsed::Never), 26);
    assert_eq!(n_of(&|fact| fact.expires_at == Expiry::Never), 4);

    let reading = read(&folder.join("project_access_tokens.json"), "gitlab_access_tokens");
    let batch = &reading.batch;
    let bots: HashSet<_> = batch.identities.iter().map(|fact| fact.handles[0]).collect();
    assert_eq!((bots.len(), batch.credentials.len()), (38, 40));
    assert!(
        batch
            .identities
            .iter()
            .all(|fact| fact.kind == Some(IdentityKind::Integration))
    );
    let owners = batch
        .grants
        .iter()
        .filter(|grant| grant.privilege == Some(Privilege::Administrator));
    assert_eq!(owners.count(), 9);

    let reading = read(&folder.join("deploy_tokens.json"), "gitlab_deploy_tokens");
    let endless = reading
        .batch
        .credentials
        .iter()
        .filter(|fact| fact.expires_at == Expiry::Never);
    assert_eq!((reading.batch.identities.len(), endless.count()), (20, 10));

    let reading = read(&folder.join("deploy_keys.json"), "gitlab_deploy_keys");
    let fingerprints: HashSet<_> = reading
        .batch
        .credentials
        .iter()
        .filter_map(|fact| fact.fingerprint)
        .collect();
    assert_eq!((fingerprints.len(), reading.batch.grants.len()), (20, 7));
}

#[test]
fn jenkins_credentials_in_both_forms() {
    let Some(folder) = crate::support::data("shape_samples/jenkins") else {
        return;
    };
    let xml = read(&folder.join("credentials.xml"), "jenkins_credentials").batch;
    let api = read(
        &folder.join("credentials_store_system_domain_api.json"),
        "jenkins_credentials",
    )
    .batch;
    let stored = |batch: &Batch| {
        let facts = batch
            .credentials
            .iter()
            .filter(|fact| fact.kind == CredentialKind::StoredSecret);
        facts
            .map(|fact| batch.strings.get(fact.key).to_owned())
            .collect::<HashSet<_>>()
    };
    assert_eq!(stored(&xml).len(), 40);
    assert_eq!(
        stored(&xml),
        stored(&api),
        "both name the same credentials by the same keys"
    );
    let aws = xml
        .credentials
        .iter()
        .filter(|fact| fact.kind == CredentialKind::AccessKey);
    assert_eq!(aws.count(), 9);
}
