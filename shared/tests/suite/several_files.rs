//! What no file alone tells: facts of several files of a source, or of several sources, put together.

use shared::analysis::{Analysis, analyze};
use shared::config::Config;
use shared::connectors;
use shared::kpi::formulas;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::identity::{Knowledge, Origin};
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;
use shared::model::snapshot::{Identity, OwnerState};

/// Reads files, each of a source with a path, as of 2026-06-30.
fn read(files: &[(&str, &str, &str)]) -> Analysis {
    let files = files.iter().map(|(source, path, text)| {
        let reading = connectors::read(source, path, text.as_bytes(), "salt");
        FileBatch {
            source: (*source).to_owned(),
            path: (*path).to_owned(),
            connector: Some(reading.connector.unwrap().id),
            n_bytes: text.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    });
    let as_of = AsOf::Given(Instant::from_text("2026-06-30").unwrap());
    analyze(merge(files.collect(), as_of, &Config::default()), &Config::default())
}

fn identity<'a>(analysis: &'a Analysis, id: &str) -> &'a Identity {
    let found = analysis.snapshot.find(id);
    analysis
        .snapshot
        .identity(found.unwrap_or_else(|| panic!("no identity `{id}`")))
}

const ACCOUNTS: &str = r#"{"apiVersion":"v1","kind":"List","items":[
    {"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"api","namespace":"shop","creationTimestamp":"2025-01-01T00:00:00Z"}}]}"#;
const SECRETS: &str = r#"{"apiVersion":"v1","kind":"List","items":[
    {"apiVersion":"v1","kind":"Secret","type":"Opaque","metadata":{"name":"other","namespace":"shop","creationTimestamp":"2025-01-01T00:00:00Z"}}]}"#;

#[test]
fn a_list_of_secrets_speaks_for_the_service_accounts_of_its_source() {
    let known = |files: &[(&str, &str, &str)]| {
        let analysis = read(files);
        identity(&analysis, "k8s:prod/shop/api").credentials_known
    };
    let accounts = ("prod", "accounts.json", ACCOUNTS);
    assert_eq!(known(&[accounts]), Knowledge::NotReported);
    assert_eq!(
        known(&[accounts, ("prod", "secrets.json", SECRETS)]),
        Knowledge::Reported
    );
    // Another cluster's secrets say nothing, nor does a list that was cut short.
    assert_eq!(
        known(&[accounts, ("dev", "secrets.json", SECRETS)]),
        Knowledge::NotReported
    );
    let cut = format!(
        "{}{}",
        SECRETS.trim_end_matches("]}"),
        r#",{"apiVersion":"v1","kind":"Secr"#
    );
    assert_eq!(
        known(&[accounts, ("prod", "secrets.json", &cut)]),
        Knowledge::NotReported
    );
}

#[test]
fn a_certificate_and_its_own_secret_are_one() {
    let der = include_str!("../../testdata/connectors/x509_certificates/basic.pem");
    let start = der.find("-----BEGIN CERTIFICATE-----").unwrap();
    let end = der[start..].find("-----END CERTIFICATE-----").unwrap() + start + 26;
    let pem = base64(&der.as_bytes()[start..end]);
    let secret = format!(
        r#"{{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/tls","data":{{"tls.crt":"{pem}"}},
        "metadata":{{"name":"web-tls","namespace":"shop","creationTimestamp":"2025-01-01T00:00:00Z"}}}}"#
    );
    let wanted = r#"{"apiVersion":"cert-manager.io/v1","kind":"Certificate",
        "metadata":{"name":"web","namespace":"shop","creationTimestamp":"2025-01-01T00:00:00Z"},
        "spec":{"secretName":"web-tls","dnsNames":["web.example.com"]},
        "status":{"notBefore":"2026-05-01T00:00:00Z","notAfter":"2026-07-30T00:00:00Z"}}"#;
    let both = read(&[("prod", "certificates.json", wanted), ("prod", "secrets.json", &secret)]);
    assert_eq!(both.certificates.len(), 1);
    let credential = both.snapshot.credential(both.certificates[0]);
    assert!(credential.certificate.is_some());
    assert_eq!(credential.evidence.len(), 2);
    let elsewhere = read(&[("dev", "certificates.json", wanted), ("prod", "secrets.json", &secret)]);
    assert_eq!(elsewhere.certificates.len(), 2);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * at) & 63) as usize] as char;
            text.push(if at <= chunk.len() { digit } else { '=' });
        }
    }
    text
}

/// A page of service principals: app id, owner's tenant, audience.
fn page(rows: &[(&str, &str, &str)]) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|(app, tenant, audience)| {
            format!(
                r#"{{"id":"{app}","appId":"{app}","servicePrincipalType":"Application","appOwnerOrganizationId":"{tenant}","signInAudience":"{audience}"}}"#
            )
        })
        .collect();
    format!(
        r#"{{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#servicePrincipals","value":[{}]}}"#,
        rows.join(",")
    )
}

#[test]
fn the_tenant_of_one_page_is_that_of_all() {
    let (own, vendor) = (
        "aaaaaaaa-0000-4000-8000-000000000000",
        "bbbbbbbb-0000-4000-8000-000000000000",
    );
    let (ours, theirs, more) = (
        "00000001-0000-4000-8000-000000000000",
        "00000002-0000-4000-8000-000000000000",
        "00000003-0000-4000-8000-000000000000",
    );
    let first = page(&[(ours, own, "AzureADMyOrg")]);
    let second = page(&[
        (theirs, vendor, "AzureADMultipleOrgs"),
        (more, vendor, "AzureADMultipleOrgs"),
    ]);
    let both = read(&[("entra", "1.json", &first), ("entra", "2.json", &second)]);
    assert_eq!(identity(&both, &format!("entra:app/{ours}")).origin, Origin::Estate);
    assert_eq!(
        identity(&both, &format!("entra:app/{theirs}")).origin,
        Origin::ThirdParty
    );
    // Two tenants are two sources.
    let apart = read(&[("entra", "1.json", &first), ("other", "2.json", &second)]);
    assert_eq!(identity(&apart, &format!("entra:app/{theirs}")).origin, Origin::Estate);
}

#[test]
fn pod_identity_is_joined_where_one_cluster_has_the_name() {
    let role = r#"{"RoleDetailList":[{"Arn":"arn:aws:iam::123456789012:role/api","RoleName":"api","AssumeRolePolicyDocument":
        {"Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"],
        "Condition":{"StringEquals":{"aws:RequestTag/kubernetes-namespace":"shop","aws:RequestTag/kubernetes-service-account":"api"}}}]}}]}"#;
    let actors = |files: &[(&str, &str, &str)]| -> Vec<Option<String>> {
        let snapshot = read(files).snapshot;
        let name = |id| snapshot.strings.get(snapshot.identity(id).id).to_owned();
        snapshot
            .trusts
            .iter()
            .map(|trust| trust.actor_identity.map(name))
            .collect()
    };
    let role = ("aws", "gaad.json", role);
    let prod = ("prod", "accounts.json", ACCOUNTS);
    assert_eq!(actors(&[role, prod]), [Some("k8s:prod/shop/api".to_owned())]);
    assert_eq!(actors(&[role]), [None]);
    assert_eq!(actors(&[role, prod, ("dev", "accounts.json", ACCOUNTS)]), [None]);
}

#[test]
fn the_roster_and_the_registry_are_of_today() {
    let inventory = "Identity,Type,Owner\nbatch,service account,ida@example.com\n";
    let roster = |left_on: &str| format!("email,name,team,status,left_on\nida@example.com,Ida,web,left,{left_on}\n");
    let owner = |left_on: &str| {
        let analysis = read(&[("list", "list.csv", inventory), ("", "roster.csv", &roster(left_on))]);
        identity(&analysis, "local:list/batch").owner.state
    };
    assert_eq!(owner("2026-06-01"), OwnerState::Left);
    assert_eq!(owner("2026-07-01"), OwnerState::Active);
    assert_eq!(owner(""), OwnerState::Left);

    let reviewed = |on: &str| {
        let registry =
            format!("identity,owner,team,purpose,environment,reviewed_on,reviewer,retires_on\nbatch,,web,,,{on},,\n");
        let analysis = read(&[("list", "list.csv", inventory), ("", "registry.csv", &registry)]);
        let (_, judge) = formulas::judge("reviewed").unwrap();
        judge(&analysis, 0)
    };
    assert_eq!(reviewed("2026-06-01"), Some(Verdict::Pass));
    assert_eq!(reviewed("2026-01-01"), Some(Verdict::Fail));
    assert_eq!(reviewed("2026-08-01"), Some(Verdict::Unknown));
}

/// A public key of Ed25519 that nobody has the private half of.
const SSH_KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgz6JMt1pDSU6Z1SVWvJ/gafmIgrLr9AhPYDOM+PhL2";

#[test]
fn an_account_of_a_host_is_one_in_all_of_its_files() {
    let analysis = read(&[
        (
            "hosts",
            "web01/etc/passwd",
            "deploy:x:1002:1002::/home/deploy:/bin/sh\n",
        ),
        ("hosts", "web01/etc/shadow", "deploy:$6$x$fake:20000:0:99999:7:::\n"),
        ("hosts", "web01/etc/group", "wheel:x:10:deploy\n"),
        ("hosts", "web01/etc/sudoers", "%wheel ALL=(ALL) NOPASSWD: ALL\n"),
        ("hosts", "web01/home/deploy/.ssh/authorized_keys", SSH_KEY),
        (
            "hosts",
            "web02/etc/passwd",
            "deploy:x:1002:1002::/home/deploy:/bin/sh\n",
        ),
    ]);
    let deploy = identity(&analysis, "local:hosts/hosts/web01/deploy");
    assert_eq!((deploy.credentials.len(), deploy.grants.len()), (2, 1));
    let other = identity(&analysis, "local:hosts/hosts/web02/deploy");
    assert_eq!((other.credentials.len(), other.grants.len()), (0, 0));
}

#[test]
fn a_key_that_opens_a_host_and_a_repository_is_one() {
    let deploy_key = format!(
        r#"[{{"id":1,"key":"{SSH_KEY}","url":"https://api.github.com/repos/acme/shop/keys/1","title":"ci","read_only":true}}]"#
    );
    let analysis = read(&[
        ("github", "deploy-keys.json", &deploy_key),
        (
            "hosts",
            "web01/etc/passwd",
            "deploy:x:1002:1002::/home/deploy:/bin/sh\n",
        ),
        ("hosts", "web01/home/deploy/.ssh/authorized_keys", SSH_KEY),
    ]);
    assert_eq!(analysis.snapshot.credentials.len(), 1);
    assert_eq!(analysis.snapshot.credentials[0].holders.len(), 2);
}

#[test]
fn an_account_of_a_directory_is_the_one_whose_password_a_vault_keeps() {
    let directory = "DistinguishedName,SamAccountName,SID,Enabled\n\
        \"CN=svc_shop,OU=Service Accounts,DC=corp,DC=acme,DC=test\",svc_shop,S-1-5-21-1-2-3-1103,True\n";
    let vault = r#"{"value":[{"id":"77_1","name":"x","platformId":"WinDomain","safeName":"shop","userName":"SVC_SHOP",
        "address":"corp.acme.test","secretType":"password","secretManagement":{"lastModifiedTime":1735787045}}]}"#;
    let analysis = read(&[("ad", "users.csv", directory), ("pam", "accounts.json", vault)]);
    assert_eq!(analysis.snapshot.identities.len(), 1);
    assert_eq!(analysis.snapshot.identities[0].credentials.len(), 1);
}
