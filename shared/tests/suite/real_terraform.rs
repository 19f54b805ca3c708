//! Terraform states against driftctl's. The expected numbers were counted from the same files by a separate Python
//! program, without any of this crate.

use std::path::{Path, PathBuf};

use shared::connectors;
use shared::diagnostic::Severity;
use shared::model::credential::CredentialKind;
use shared::model::identity::IdentityKind;

fn states(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            states(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "tfstate") {
            found.push(path);
        }
    }
}

#[derive(Debug, Default, PartialEq)]
struct Counts {
    states: usize,
    users: usize,
    roles: usize,
    access_keys: usize,
    fingerprints: usize,
    ssh_keys: usize,
    certificates: usize,
    aws_grants: usize,
    google_grants: usize,
    policies: usize,
}

#[test]
fn every_state_of_driftctl() {
    let Some(folder) = crate::support::data("terraform_state/snyk__driftctl") else {
        return;
    };
    let mut paths = Vec::new();
    states(&folder, &mut paths);
    let mut counts = Counts::default();
    let mut refused = Vec::new();
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        let reading = connectors::read("terraform", "terraform.tfstate", &bytes, "salt");
        let errors: Vec<_> = reading
            .diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        if reading.connector.map(|found| found.id) != Some("terraform_state") || !errors.is_empty() {
            let name = path.strip_prefix(folder.join("pkg/iac/terraform/state")).unwrap();
            refused.push(name.to_string_lossy().into_owned());
            continue;
        }
        let batch = reading.batch;
        let of_kind = |kind| batch.identities.iter().filter(|fact| fact.kind == Some(kind)).count();
        let credentials = |kind| batch.credentials.iter().filter(|fact| fact.kind == kind).count();
        let google = batch
            .grants
            .iter()
            .filter(|grant| batch.strings.get(grant.role).starts_with("roles/"))
            .count();
        counts.states += 1;
        counts.users += of_kind(IdentityKind::User);
        counts.roles += of_kind(IdentityKind::Role);
        counts.access_keys += credentials(CredentialKind::AccessKey);
        let keys = batch
            .credentials
            .iter()
            .filter(|fact| fact.kind == CredentialKind::AccessKey);
        counts.fingerprints += keys.filter(|fact| fact.fingerprint.is_some()).count();
        counts.ssh_keys += credentials(CredentialKind::SshKey);
        counts.certificates += credentials(CredentialKind::Certificate);
        counts.google_grants += google;
        counts.aws_grants += batch.grants.len() - google;
        counts.policies += batch.policies.len();
    }
    refused.sort();
    // Empty files, a symbolic link that the copy made a text of, and one whose JSON is broken on purpose.
    assert_eq!(
        refused,
        [
            "enumerator/testdata/edge_cases/terraform.tfstate/terraform.tfstate",
            "enumerator/testdata/states/lambda/lambda.tfstate",
            "enumerator/testdata/states/s3/terraform.tfstate",
            "enumerator/testdata/states/symlink.tfstate",
            "enumerator/testdata/states/terraform.tfstate",
            "testdata/v4/invalid.tfstate",
        ]
    );
    let expected = Counts {
        states: 152,
        users: 4,
        roles: 3,
        access_keys: 6,
        fingerprints: 4,
        // Neither the imported key pair nor the placeholder `data` is a key.
        ssh_keys: 0,
        certificates: 1,
        // Every attachment names a user or role of another state.
        aws_grants: 0,
        // Half of them by members and bindings, half in two policies.
        google_grants: 16,
        // Three of them are trust policies of the roles.
        policies: 6,
    };
    assert_eq!(counts, expected);
}
