//! Azure's connectors over samples of the documented shapes. The expected numbers were counted from the same files by a
//! separate Python program.

use std::path::Path;

use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::Privilege;
use shared::model::credential::CredentialKind;
use shared::model::identity::{IdentityKind, Presence};
use shared::model::principal::Principal;

fn read(path: &Path, connector: &str) -> Reading {
    let name = path.file_name().unwrap().to_string_lossy();
    let reading = connectors::read("azure", &name, &std::fs::read(path).unwrap(), "salt");
    assert_eq!(reading.connector.map(|found| found.id), Some(connector), "{name}");
    let is_error = |severity: Severity| severity == Severity::Error;
    let errors: Vec<_> = reading.diagnostics.iter().filter(|d| is_error(d.severity)).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    reading
}

#[test]
fn every_role_assignment_is_a_grant() {
    let Some(folder) = crate::support::data("shape_samples/azure_cli") else {
        return;
    };
    let reading = read(&folder.join("az_role_assignment_list.json"), "azure_role_assignments");
    let grants = &reading.batch.grants;
    let to_groups = grants
        .iter()
        .filter(|grant| matches!(grant.subject, Principal::Group(_)));
    assert_eq!((grants.len(), to_groups.count()), (40, 8));
    // The sample writes Owner's id everywhere, whatever the name beside it says: the id counts.
    assert!(
        grants
            .iter()
            .all(|grant| grant.privilege == Some(Privilege::Administrator))
    );
    assert_eq!(
        reading.diagnostics[0].found,
        "principals of type `Unknown`: 13, in 13 of the assignments"
    );
}

#[test]
fn azurehound_says_what_graph_says() {
    let Some(folder) = crate::support::data("shape_samples/azurehound") else {
        return;
    };
    let reading = read(&folder.join("azurehound.json"), "azurehound");
    let batch = &reading.batch;
    let listed = |kind| {
        let facts = batch.identities.iter();
        facts
            .filter(|fact| fact.presence == Presence::Listed && fact.kind == Some(kind))
            .count()
    };
    // 53 registrations and 96 service principals that are applications; 24 are managed identities.
    assert_eq!(listed(IdentityKind::Application), 53 + 96);
    assert_eq!(listed(IdentityKind::ManagedIdentity), 24);
    let owned = batch
        .identities
        .iter()
        .filter(|fact| fact.presence == Presence::Mentioned);
    assert_eq!(owned.count(), 4);
    let federations = batch.credentials.iter();
    let federations = federations.filter(|fact| fact.kind == CredentialKind::Federation);
    assert_eq!((batch.credentials.len(), federations.count()), (102 + 28, 17));
    assert_eq!(batch.grants.len(), 51);
    assert_eq!(reading.diagnostics[0].found, "1 AZSomethingNew");
}
