//! CyberArk, Conjur, PAM360, Akeyless and UiPath over samples of their documented shapes, and Veza's payloads as oaaclient
//! makes them. The expected numbers were counted from the same files by a separate Python program.

use std::path::Path;

use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::{Conditional, Privilege};
use shared::model::credential::{CredentialKind, CredentialStatus};
use shared::model::identity::{Class, IdentityKind, Status};
use shared::model::instant::{Expiry, LastUsed};

fn read(path: &Path, connector: &str) -> Reading {
    let name = path.file_name().unwrap().to_string_lossy();
    let reading = connectors::read("vaults", &name, &std::fs::read(path).unwrap(), "salt");
    assert_eq!(reading.connector.map(|found| found.id), Some(connector), "{name}");
    let errors: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    reading
}

#[test]
fn privileged_accounts_and_their_vaults() {
    let Some(folder) = crate::support::data("shape_samples") else {
        return;
    };
    let reading = read(&folder.join("cyberark_pam/accounts_page1.json"), "cyberark_accounts");
    let batch = &reading.batch;
    let host_accounts = batch
        .identities
        .iter()
        .filter(|fact| fact.kind == Some(IdentityKind::HostAccount));
    assert_eq!((batch.identities.len(), host_accounts.count()), (40, 18 + 7));
    let passwords = batch
        .credentials
        .iter()
        .filter(|fact| fact.kind == CredentialKind::Password);
    assert_eq!(passwords.count(), 18);
    assert_eq!(
        reading.diagnostics[0].found,
        "secrets that CyberArk failed to change: 9"
    );
    assert!(!batch.is_complete(), "the page names a next one");

    let reading = read(&folder.join("conjur/list_resources.json"), "conjur_resources");
    let batch = &reading.batch;
    let hosts = batch
        .identities
        .iter()
        .filter(|fact| fact.class == Some(Class::NonHuman));
    assert_eq!((batch.identities.len(), hosts.count()), (17 + 12, 17));
    assert_eq!(
        (batch.credentials.len(), batch.grants.len(), batch.trusts.len()),
        (12, 114, 11)
    );
    let reading = read(&folder.join("conjur/list_ids.json"), "conjur_resources");
    assert_eq!(
        (reading.batch.identities.len(), reading.batch.credentials.len()),
        (10, 13)
    );

    let reading = read(&folder.join("pam360/resource_accounts.json"), "pam360_accounts");
    assert_eq!(
        (reading.batch.identities.len(), reading.batch.credentials.len()),
        (20, 20)
    );
}

#[test]
fn akeyless() {
    let Some(folder) = crate::support::data("shape_samples/akeyless") else {
        return;
    };
    let reading = read(&folder.join("list-auth-methods.json"), "akeyless_auth_methods");
    let batch = &reading.batch;
    let used = batch
        .identities
        .iter()
        .filter(|fact| matches!(fact.last_used, LastUsed::At(_)));
    assert_eq!((batch.identities.len(), used.count()), (40, 21));
    let guarded = batch
        .grants
        .iter()
        .filter(|grant| grant.conditional == Conditional::OnCondition);
    assert_eq!((batch.grants.len(), guarded.count()), (40, 19));
    let ending = batch
        .credentials
        .iter()
        .filter(|fact| matches!(fact.expires_at, Expiry::At(_)));
    // One method is SAML's, by which people sign in.
    assert_eq!((batch.credentials.len(), ending.count()), (39, 9));
    assert_eq!(batch.trusts.len(), 5);
    let reading = read(&folder.join("list-items.json"), "akeyless_items");
    let batch = &reading.batch;
    let used = batch
        .credentials
        .iter()
        .filter(|fact| matches!(fact.last_used, LastUsed::At(_)));
    assert_eq!((batch.credentials.len(), used.count()), (25, 11));
    let off = batch
        .credentials
        .iter()
        .filter(|fact| fact.status == CredentialStatus::Inactive);
    assert_eq!(off.count(), 1);
}

#[test]
fn payloads_of_oaaclient() {
    let Some(folder) = crate::support::data("veza_oaa/pypi__oaaclient") else {
        return;
    };
    let reading = read(&folder.join("custom_application.json"), "veza_oaa_payloads");
    let batch = &reading.batch;
    let programs = batch
        .identities
        .iter()
        .filter(|fact| fact.class == Some(Class::NonHuman));
    assert_eq!((batch.identities.len(), programs.count()), (25, 25));
    assert_eq!(batch.identities.iter().map(|fact| fact.owners.len()).sum::<usize>(), 28);
    // The one credential is stated once, and what it may do is its holder's.
    assert_eq!((batch.credentials.len(), batch.grants.len()), (1, 26));
    assert!(batch.credentials[0].holder.is_some());
    let everything = batch
        .grants
        .iter()
        .filter(|grant| grant.privilege == Some(Privilege::Administrator));
    assert_eq!(everything.count(), 6);
    let reading = read(&folder.join("custom_idp.json"), "veza_oaa_payloads");
    assert_eq!(
        (reading.batch.identities.len(), reading.batch.memberships.len()),
        (10, 5)
    );
}

#[test]
fn robots() {
    let Some(folder) = crate::support::data("shape_samples/rpa") else {
        return;
    };
    let reading = read(&folder.join("uipath_robots.json"), "uipath_robots");
    let robots = reading
        .batch
        .identities
        .iter()
        .filter(|fact| fact.kind == Some(IdentityKind::Robot));
    // Five are attended: a person signs in for them.
    assert_eq!((robots.count(), reading.batch.credentials.len()), (20, 15));
}

#[test]
fn templates_of_veza() {
    let Some(folder) = crate::support::data("veza_oaa/Veza__oaa-community/quickstarts/app-csv-import") else {
        return;
    };
    let users = read(&folder.join("users.csv"), "veza_csv_templates");
    let active = users
        .batch
        .identities
        .iter()
        .filter(|fact| fact.status == Status::Active);
    assert_eq!((users.batch.identities.len(), active.count()), (11, 5));
    let groups = read(&folder.join("groups.csv"), "veza_csv_templates");
    assert_eq!(groups.batch.memberships.len(), 13);
    let roles = read(&folder.join("roles.csv"), "veza_csv_templates");
    assert_eq!(roles.batch.grants.len(), 6);
    let permissions = read(&folder.join("role_permissions.csv"), "veza_csv_templates");
    assert_eq!(permissions.batch.policies.len(), 4);
    read(&folder.join("permissions.csv"), "veza_csv_templates");
}
