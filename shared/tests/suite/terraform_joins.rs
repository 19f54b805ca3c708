//! What a state says of a thing, and what the thing's own system says of it, is said of one thing.

use std::collections::BTreeSet;
use std::path::Path;

use shared::connectors;
use shared::model::batch::Batch;
use shared::model::principal::{Handle, Principal};

fn state() -> Batch {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/connectors/terraform_state/providers.tfstate");
    let reading = connectors::read("source", "terraform.tfstate", &std::fs::read(path).unwrap(), "salt");
    assert_eq!(reading.connector.unwrap().id, "terraform_state");
    reading.batch
}

/// What the facts of a batch are joined by: keys of credentials, handles of identities, and who trusts whom.
fn names(batch: &Batch) -> BTreeSet<String> {
    let handle = |handle: &Handle| format!("{:?} {}", handle.kind, batch.strings.get(handle.text));
    let principal = |principal: &Principal| match principal {
        Principal::Identity(it) => handle(it),
        Principal::Group(it) | Principal::Named(it) => batch.strings.get(*it).to_owned(),
        Principal::Federated { issuer, subject } => {
            let subject = subject.map_or("*", |subject| batch.strings.get(subject));
            format!("{} {subject}", batch.strings.get(*issuer))
        }
        other => format!("{other:?}"),
    };
    let credentials = batch.credentials.iter().flat_map(|fact| {
        let key = format!("{:?} {}", fact.kind, batch.strings.get(fact.key));
        let held = fact.holder.map(|holder| format!("{key} of {}", handle(&holder)));
        std::iter::once(key).chain(held)
    });
    let identities = batch.identities.iter().flat_map(|fact| fact.handles.iter().map(handle));
    let grants = batch.grants.iter().map(|grant| {
        let policy = grant.policy.map_or("", |policy| batch.strings.get(policy));
        format!(
            "{} is {} {policy}",
            principal(&grant.subject),
            batch.strings.get(grant.role)
        )
    });
    let trusts = batch
        .trusts
        .iter()
        .map(|trust| format!("{} may be {}", principal(&trust.actor), handle(&trust.target)));
    credentials.chain(identities).chain(grants).chain(trusts).collect()
}

#[test]
fn a_state_and_the_export_of_the_system_name_the_same() {
    let state = names(&state());
    let exports = [
        (
            "entra_federated_credentials",
            "f.json",
            r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#applications('0aa3e877-21ec-4d8c-8454-8b27987517ee')/federatedIdentityCredentials",
            "value":[{"id":"aaa3e877-21ec-4d8c-8454-8b27987517ee","name":"github","issuer":"https://token.actions.githubusercontent.com",
            "subject":"repo:acme/shop:ref:refs/heads/main","audiences":["api://AzureADTokenExchange"]}]}"#,
        ),
        (
            "azure_managed_identities",
            "f.json",
            r#"[{"id":"/subscriptions/5ee3e877-21ec-4d8c-8454-8b27987517ee/resourcegroups/rg-shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web",
            "name":"web","clientId":"2cc3e877-21ec-4d8c-8454-8b27987517ee","principalId":"3dd3e877-21ec-4d8c-8454-8b27987517ee"}]"#,
        ),
        (
            "azure_managed_identities",
            "f.json",
            r#"[{"id":"/subscriptions/5ee3e877-21ec-4d8c-8454-8b27987517ee/resourcegroups/rg-shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web/federatedIdentityCredentials/aks",
            "name":"aks","resourceGroup":"rg-shop","issuer":"https://oidc.prod-aks.azure.com/1/","subject":"system:serviceaccount:shop:web","audiences":["api://AzureADTokenExchange"]}]"#,
        ),
        (
            "azure_key_vault_objects",
            "f.json",
            r#"[{"id":"https://acme-shop.vault.azure.net/secrets/db","attributes":{"enabled":true}},
            {"kid":"https://acme-shop.vault.azure.net/keys/sign","attributes":{"enabled":true}}]"#,
        ),
        (
            "aws_identity_providers",
            "f.json",
            r#"{"OpenIDConnectProviderList":[{"Arn":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}]}"#,
        ),
        (
            "aws_identity_providers",
            "f.json",
            r#"{"SAMLProviderList":[{"Arn":"arn:aws:iam::111122223333:saml-provider/corp","ValidUntil":"2032-11-12T10:00:00Z"}]}"#,
        ),
        (
            "aws_secrets_manager",
            "f.json",
            r#"{"SecretList":[{"ARN":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-AbCdEf","Name":"shop/db"}]}"#,
        ),
        (
            "aws_acm_certificates",
            "f.json",
            r#"{"CertificateSummaryList":[{"CertificateArn":"arn:aws:acm:eu-west-1:111122223333:certificate/0af0","Status":"ISSUED"}]}"#,
        ),
        (
            "kubernetes_objects",
            "k8s.json",
            r#"{"apiVersion":"v1","kind":"List","items":[
            {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"web","namespace":"shop"}},
            {"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"db","namespace":"shop"}},
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"RoleBinding","metadata":{"name":"read","namespace":"shop"},
            "roleRef":{"kind":"Role","name":"read"},"subjects":[{"kind":"ServiceAccount","name":"web","namespace":"shop"}]},
            {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"admin"},
            "roleRef":{"kind":"ClusterRole","name":"cluster-admin"},"subjects":[{"kind":"Group","name":"ops"}]}]}"#,
        ),
        (
            "github_secrets",
            "shop.json",
            r#"{"total_count":1,"secrets":[{"name":"DEPLOY_TOKEN","created_at":"2026-01-01T08:00:00Z","updated_at":"2026-02-01T08:00:00Z"}]}"#,
        ),
        (
            "gitlab_access_tokens",
            "tokens.json",
            r#"[{"id":42,"name":"ci","revoked":false,"active":true,"scopes":["api"],"user_id":141,"access_level":40}]"#,
        ),
        (
            "gitlab_deploy_tokens",
            "deploy.json",
            r#"[{"id":9,"name":"pull","username":"gitlab+deploy-token-9","expires_at":null,"revoked":false,"expired":false,"scopes":["read_registry"]}]"#,
        ),
        (
            "okta_apps",
            "apps.json",
            r#"[{"id":"0oa1","label":"billing","status":"ACTIVE","lastUpdated":"2026-01-01T00:00:00Z","signOnMode":"OPENID_CONNECT",
            "credentials":{"oauthClient":{"client_id":"0oa1"}},"settings":{"oauthClient":{"application_type":"service"}}}]"#,
        ),
        (
            "vault_auth_roles",
            "roles.ndjson",
            r#"{"request_id":"r","path":"auth/approle/role/ci","data":{"bind_secret_id":true,"token_policies":["deploy"]}}"#,
        ),
        (
            "vault_auth_roles",
            "roles.ndjson",
            r#"{"request_id":"r","path":"auth/kubernetes/role/web","data":{"bound_service_account_names":["web"],"bound_service_account_namespaces":["shop"],"token_policies":["read"]}}"#,
        ),
        (
            "snowflake_users",
            "users.csv",
            "name,login_name,disabled,has_rsa_public_key,has_password\nETL,ETL,false,true,false\nBOB,BOB,false,false,true\n",
        ),
    ];
    for (connector, path, text) in exports {
        let reading = connectors::read("source", path, text.as_bytes(), "salt");
        assert_eq!(
            reading.connector.map(|found| found.id),
            Some(connector),
            "{:?}",
            reading.diagnostics
        );
        let names = names(&reading.batch);
        assert!(!names.is_empty(), "{connector}");
        let missing: Vec<_> = names.difference(&state).collect();
        assert!(missing.is_empty(), "{connector}: {missing:#?}\n{state:#?}");
    }
}

#[test]
fn no_secret_of_a_state_survives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/connectors/terraform_state/providers.tfstate");
    let text = std::fs::read_to_string(path).unwrap();
    // Of a role id nothing at all is read.
    let n_planted = text.matches("PLANTED").count();
    assert_eq!(n_planted, 12);
    let reading = connectors::read("source", "terraform.tfstate", text.as_bytes(), "salt");
    let kept = reading.batch.strings.iter().map(|(_, text)| text.to_owned());
    let shown = reading.diagnostics.iter().map(|diagnostic| format!("{diagnostic:?}"));
    for text in kept.chain(shown) {
        assert!(!text.contains("PLANTED"), "{text}");
    }
    let found = |text: &str| reading.diagnostics.iter().any(|diagnostic| diagnostic.found == text);
    assert!(found("10 secrets in the clear"), "{:#?}", reading.diagnostics);
}
