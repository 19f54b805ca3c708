//! Vault connectors against samples of the documented shapes, whose fields were checked against public audit logs. The
//! expected numbers were counted from the same files by a separate Python program, without any of this crate.

use shared::connectors;
use shared::diagnostic::Severity;
use shared::model::access_policy::AccessPolicy;
use shared::model::batch::Batch;
use shared::model::identity::IdentityKind;
use shared::model::instant::Expiry;

/// What is read from one file, or `None` without the files.
fn read(name: &str, connector: Option<&str>) -> Option<Batch> {
    let folder = crate::support::data("shape_samples/vault")?;
    let bytes = std::fs::read(folder.join(name)).unwrap();
    let reading = connectors::read("vault", name, &bytes, "salt");
    assert_eq!(reading.connector.map(|found| found.id), connector, "{name}");
    let errors = reading.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    assert_eq!(
        errors.count(),
        usize::from(connector.is_none()),
        "{name}: {:#?}",
        reading.diagnostics
    );
    Some(reading.batch)
}

#[test]
fn roles_are_named_by_their_files() {
    for (name, has_notifier) in [
        ("auth_approle_role_platform-runner-dev.json", false),
        ("auth_approle_role_platform-notifier-stg.json", true),
    ] {
        let Some(batch) = read(name, Some("vault_auth_roles")) else {
            return;
        };
        assert_eq!(batch.identities.len(), 1);
        let handle = batch.strings.get(batch.identities[0].handles[0].text);
        let expected = "vault/auth/approle/role/platform-notifier-stg";
        assert_eq!(handle == expected, has_notifier, "{handle}");
        assert_eq!(batch.grants.len(), 2);
    }
}

#[test]
fn tokens() {
    let Some(batch) = read("token_lookup_accessor.ndjson", Some("vault_tokens")) else {
        return;
    };
    let endless = batch.credentials.iter().filter(|fact| fact.expires_at == Expiry::Never);
    assert_eq!((batch.credentials.len(), endless.count()), (40, 4));
    let of_kind = |kind| batch.identities.iter().filter(|fact| fact.kind == Some(kind)).count();
    // One root for three root tokens, and one identity for each token that `auth/token/create` made.
    assert_eq!(
        (of_kind(IdentityKind::Root), of_kind(IdentityKind::ServiceAccount)),
        (1, 14)
    );
    let by_role = batch.credentials.iter().filter_map(|fact| fact.holder);
    let by_role = by_role.filter(|holder| batch.strings.get(holder.text).contains("/role/"));
    assert_eq!(by_role.count(), 6);
}

#[test]
fn audit_log() {
    let Some(batch) = read("audit.log", Some("vault_audit_log")) else {
        return;
    };
    assert_eq!(batch.identities.len(), 21, "a role that a response without error names");
    assert!(batch.credentials.is_empty(), "accessors are hashed");
    assert_eq!(
        batch.stated_at.map(|at| at.to_string()).as_deref(),
        Some("2026-11-20T02:43:35Z")
    );
}

#[test]
fn policies_methods_and_a_list_of_accessors() {
    let Some(batch) = read("policy_ml.hcl", Some("vault_policies")) else {
        return;
    };
    let AccessPolicy::Vault(rules) = &batch.policies[0].document else {
        panic!("{:?}", batch.policies)
    };
    assert_eq!(batch.strings.get(batch.policies[0].name), "ml");
    let n_capabilities: Vec<_> = rules.iter().map(|rule| rule.capabilities.len()).collect();
    assert_eq!(n_capabilities, [2, 1, 6]);
    read("sys_auth.json", Some("vault_auth_methods"));
    // Names alone: what they are of, only the place of the file tells.
    read("list_auth_token_accessors.json", Some("vault_auth_roles"));
}
