//! `source.toml` says what a file is about, against whatever its path says.

use shared::config::{About, SourceConfig};
use shared::connectors;

/// What the file says of things whose names begin with `prefix`, when `source.toml` calls its subject so.
fn named(path: &str, text: &str, subject: &str, prefix: &str) -> Vec<String> {
    let config = SourceConfig {
        about: vec![About {
            file: path.to_owned(),
            subject: subject.to_owned(),
        }],
        ..SourceConfig::default()
    };
    let reading = connectors::read_in("acme", &config, path, text.as_bytes(), "salt");
    assert!(reading.connector.is_some(), "{path}: {:?}", reading.diagnostics);
    assert!(reading.diagnostics.is_empty(), "{path}: {:?}", reading.diagnostics);
    let texts = reading.batch.strings.iter().map(|(_, text)| text.to_owned());
    texts.filter(|text| text.starts_with(prefix)).collect()
}

#[test]
fn a_policy_is_of_the_declared_resource() {
    let policy = r#"{"bindings": [{"role": "projects/acme-dev/roles/deployer", "members": ["user:kim@example.com"]}], "etag": "BwX="}"#;
    let on = |subject| named("acme-old.iam-policy.json", policy, subject, "//");
    assert_eq!(
        on("projects/acme-prod"),
        ["//cloudresourcemanager.googleapis.com/projects/acme-prod"]
    );
    assert_eq!(
        on("//pubsub.googleapis.com/projects/p/topics/t"),
        ["//pubsub.googleapis.com/projects/p/topics/t"]
    );
    let account = "ci@acme-prod.iam.gserviceaccount.com";
    assert_eq!(
        on(account),
        [format!(
            "//iam.googleapis.com/projects/acme-prod/serviceAccounts/{account}"
        )]
    );
}

#[test]
fn a_file_of_a_host_is_of_the_declared_host_and_account() {
    let passwd = "root:x:0:0:root:/root:/bin/bash\nbackup:x:999:999:Backup:/var/backups:/bin/sh\n";
    let accounts = named("web01/etc/passwd", passwd, "db01", "acme/hosts/");
    assert_eq!(accounts, ["acme/hosts/db01/root", "acme/hosts/db01/backup"]);
    let keys = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ci\n";
    let accounts = named(
        "web01/home/kim/.ssh/authorized_keys",
        keys,
        "deploy@db01",
        "acme/hosts/",
    );
    assert_eq!(accounts, ["acme/hosts/db01/deploy"]);
}

#[test]
fn secrets_and_roles_are_of_the_declared_repository_and_mount() {
    let secrets = r#"{"total_count": 1, "secrets": [{"name": "DEPLOY", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}]}"#;
    let keys = named("page-1.json", secrets, "payments", "github-secret:");
    assert!(
        !keys.is_empty() && keys.iter().all(|key| key.contains("acme/payments")),
        "{keys:?}"
    );
    let role = r#"{"request_id": "1", "lease_id": "", "data": {"bind_secret_id": true, "token_policies": ["ci"], "secret_id_ttl": 0}}"#;
    let handles = named("answer.json", role, "auth/approle/role/ci", "acme/auth/");
    assert_eq!(handles, ["acme/auth/approle/role/ci"]);
    let policy = "path \"secret/data/ci/*\" {\n  capabilities = [\"read\"]\n}\n";
    let names = named("policy_ml.hcl", policy, "policy_ci", "policy_");
    assert_eq!(names, ["policy_ci"]);
}

#[test]
fn credentials_are_of_the_declared_application() {
    const ID: &str = "44444444-4444-4444-8444-444444444444";
    let federated = r#"[{"id": "c0de0000-0000-4000-8000-000000000001", "name": "ci", "issuer": "https://issuer.example.com", "subject": "ci", "audiences": ["api://AzureADTokenExchange"]}]"#;
    assert_eq!(named("federated.json", federated, ID, "4444"), [ID]);
    let secrets = r#"[{"displayName": "ci", "keyId": "bbbbbbbb-0000-4000-8000-000000000001", "startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2027-01-01T00:00:00Z"}]"#;
    assert_eq!(named("credentials.json", secrets, ID, "4444"), [ID]);
}

#[test]
fn deploy_keys_and_accounts_are_of_the_declared_repository_and_domain() {
    let keys = r#"[{"id": 7, "title": "build", "readOnly": true, "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"}]"#;
    let handles = named("page-1.json", keys, "acme/shop.api", "acme/repos/");
    assert_eq!(handles, ["acme/repos/acme/shop.api/keys/7"]);
    let accounts = "SamAccountName,Enabled,PasswordLastSet\nsvc_shop,True,2024-01-15 09:00:00\n";
    let handles = named("users.csv", accounts, "corp.example.com", "ad/");
    assert_eq!(handles, ["ad/corp.example.com/svc_shop"]);
}
