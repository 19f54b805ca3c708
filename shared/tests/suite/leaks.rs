//! Leaks find the credential that they are: by key id, by key file, by the public half of a private key, by hash, and by
//! value. No export here has a secret of another.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::config::Config;
use shared::connectors;
use shared::kpi::formulas;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;

fn estate(files: &[(&str, &str, &str)]) -> Analysis {
    let read = |&(source, path, text): &(&str, &str, &str)| {
        let reading = connectors::read(source, path, text.as_bytes(), "salt");
        assert!(reading.connector.is_some(), "{path}: {:#?}", reading.diagnostics);
        FileBatch {
            source: source.to_owned(),
            path: path.to_owned(),
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: text.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    };
    let files = files.iter().map(read).collect();
    let config = Config::default();
    analyze(
        merge(files, AsOf::Given(Instant::from_text("2026-10-31").unwrap()), &config),
        &config,
    )
}

/// The keys of leaked credentials, each with its verdict.
fn leaked(analysis: &Analysis) -> Vec<(String, Verdict)> {
    let (_, judge) = formulas::judge("credential.leaked").unwrap();
    let credentials = analysis.snapshot.credentials.iter().enumerate();
    let judged = credentials.filter_map(|(index, credential)| {
        let key = analysis.snapshot.strings.get(credential.key).to_owned();
        Some((key, judge(analysis, index)?))
    });
    judged.collect()
}

fn gitleaks(secrets: &[&str]) -> String {
    let finding = |secret: &&str| {
        let secret = serde_json::to_string(secret).unwrap();
        format!(
            r#"{{"RuleID":"r","StartLine":1,"Commit":"c","File":"f","Secret":{secret},"Match":{secret},"Date":""}}"#
        )
    };
    format!("[{}]", secrets.iter().map(finding).collect::<Vec<_>>().join(","))
}

// Made for this test by `openssl ecparam -name prime256v1 -genkey` and `openssl req -x509`, and by `ssh-keygen`.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nMIIBizCCATGgAwIBAgIUJXRGZnJR4xplCbNgtIE2SlYFEmcwCgYIKoZIzj0EAwIw\nGzEZMBcGA1UEAwwQbGVha2VkLmFjbWUudGVzdDAeFw0yNjExMjUxOTI4MDNaFw0z\nNjExMjIxOTI4MDNaMBsxGTAXBgNVBAMMEGxlYWtlZC5hY21lLnRlc3QwWTATBgcq\nhkjOPQIBBggqhkjOPQMBBwNCAAR/wCegqXPG6wiVFPCKv3aVcyuiOdY9zmQWl6kh\nAOIE/1WP8AEM6id34CINi5mKzw9LCWJePvQn890463h2t/fdo1MwUTAdBgNVHQ4E\nFgQUhaCMO0nmG0Jl/hwI3reN6fxC8fYwHwYDVR0jBBgwFoAUhaCMO0nmG0Jl/hwI\n3reN6fxC8fYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiB8WlGy\nFuVuCbgB8IAg0CBDM9EepMaFh019FctXtUdXrQIhAPsjQMGOR1b9xWCpKD27ipBQ\ntk2p7JPs19prhQNwrSVL\n-----END CERTIFICATE-----\n";
const ITS_KEY: &str = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIDmDMfoBWDAVxFZQaL0CR2lnK+3niCk8nKofpxArjG8soAoGCCqGSM49\nAwEHoUQDQgAEf8AnoKlzxusIlRTwir92lXMrojnWPc5kFpepIQDiBP9Vj/ABDOon\nd+AiDYuZis8PSwliXj70J/PdOOt4drf33Q==\n-----END EC PRIVATE KEY-----";
const DEPLOY_KEY: &str = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACC4M+iTLdaQ0lOmdUlVryf4Gn5iIKy6/QIT2AzjPj4S9gAAAJApi/G0KYvx\ntAAAAAtzc2gtZWQyNTUxOQAAACC4M+iTLdaQ0lOmdUlVryf4Gn5iIKy6/QIT2AzjPj4S9g\nAAAEC7nBysOGcGhFQifqzc0rEsXhXtlwThWZD3kqQTLXIDJ7gz6JMt1pDSU6Z1SVWvJ/ga\nfmIgrLr9AhPYDOM+PhL2AAAACWRlcGxveUBjaQECAwQ=\n-----END OPENSSH PRIVATE KEY-----";

#[test]
fn a_private_key_is_the_certificate_and_the_ssh_key_that_it_opens() {
    let deploy_keys = r#"[{"id":1,"key":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILgz6JMt1pDSU6Z1SVWvJ/gafmIgrLr9AhPYDOM+PhL2",
        "url":"https://api.github.com/repos/acme/shop/keys/1","title":"deploy","read_only":true,"enabled":true}]"#;
    let analysis = estate(&[
        ("tls", "web.pem", CERTIFICATE),
        ("github", "deploy-keys.json", deploy_keys),
        (
            "scan",
            "gitleaks.json",
            &gitleaks(&[ITS_KEY, DEPLOY_KEY, "an-unrelated-secret"]),
        ),
    ]);
    let leaked = leaked(&analysis);
    assert_eq!(leaked.len(), 2, "{leaked:?}");
    assert_eq!(
        leaked[0],
        (
            "ssh:SHA256:d0x/FSz9d0iaEXZK3VBWsoUTtKlL5u8KveWhIag6nk8".to_owned(),
            Verdict::Fail
        )
    );
    assert!(leaked[1].0.starts_with("x509:"), "{leaked:?}");

    let kpis = answers::kpi_values(&analysis);
    let kpi = kpis.iter().find(|value| value.id == "credential.leaked").unwrap();
    assert_eq!(kpi.population, Some(2));
    assert_eq!(
        kpi.note.as_deref(),
        Some("1 of 3 leaks are no credential that an export lists")
    );
    let detail = answers::identity(&analysis, "local:github/repos/acme/shop/keys/1").unwrap();
    assert_eq!(detail.leaks.len(), 1);
    assert_eq!(detail.leaks[0].credential.as_deref(), Some("deploy"));
    assert_eq!(detail.leaks[0].found_in, "f line 1, commit c");
}

#[test]
fn a_key_file_is_its_key() {
    let keys = r#"[{"name":"projects/p/serviceAccounts/ci@p.iam.gserviceaccount.com/keys/abc","keyType":"USER_MANAGED",
        "validAfterTime":"2026-01-01T00:00:00Z","validBeforeTime":"9999-12-31T23:59:59Z","disabled":true}]"#;
    let file = r#"{"type":"service_account","project_id":"p","private_key_id":"abc","private_key":"x","client_email":"ci@p.iam.gserviceaccount.com"}"#;
    let analysis = estate(&[
        ("gcp", "keys.json", keys),
        ("scan", "gitleaks.json", &gitleaks(&[file])),
    ]);
    let key = "gcp-key:projects/p/serviceAccounts/ci@p.iam.gserviceaccount.com/keys/abc";
    assert_eq!(leaked(&analysis), [(key.to_owned(), Verdict::Pass)]);
}

#[test]
fn a_github_token_is_found_by_the_hash_in_the_audit_log() {
    let token = "github_pat_11FAKEFAKEFAKE0000000_notarealtoken";
    // printf %s $token | openssl dgst -sha256 -binary | base64
    let hash = "oRZxsJRIZrKbBXlf1rJAPsywm16KZChUY4yREh3sfuY=";
    let grants = r#"[{"id":1,"token_id":7,"token_name":"ci","token_expired":false,"token_expires_at":null,"token_last_used_at":null,
        "access_granted_at":"2026-01-01T00:00:00Z","owner":{"login":"jana"}}]"#;
    let log = format!(
        r#"[{{"@timestamp":1790000000512,"action":"git.clone","actor":"jana","_document_id":"x","org":"acme",
        "programmatic_access_type":"Fine-grained personal access token","token_id":7,"hashed_token":"{hash}"}}]"#
    );
    let analysis = estate(&[
        ("github", "tokens.json", grants),
        ("github", "audit.json", &log),
        ("scan", "gitleaks.json", &gitleaks(&[token])),
    ]);
    assert_eq!(
        leaked(&analysis),
        [("github-token:fine-grained/7".to_owned(), Verdict::Fail)]
    );
}

#[test]
fn a_secret_that_another_export_holds_is_found_by_value() {
    let token = "not-a-real-token-of-a-service-account-00000001";
    let secret = format!(
        r#"{{"apiVersion":"v1","kind":"Secret","type":"kubernetes.io/service-account-token","metadata":{{"name":"ci-token","namespace":"shop",
        "annotations":{{"kubernetes.io/service-account.name":"ci"}}}},"data":{{"token":"{}"}}}}"#,
        STANDARD.encode(token)
    );
    let analysis = estate(&[
        ("k8s", "secret.json", &secret),
        ("scan", "gitleaks.json", &gitleaks(&[token])),
    ]);
    assert_eq!(
        leaked(&analysis),
        [("k8s-secret:k8s/shop/ci-token".to_owned(), Verdict::Fail)]
    );
}

#[test]
fn the_platforms_word_counts_before_a_scanners() {
    let state = |ends_at: &str, validity: &str| {
        let authorizations = format!(
            r#"[{{"login":"jana","credential_id":1,"credential_type":"personal access token","token_last_eight":"0000abcd",
            "credential_authorized_at":"2026-01-01T00:00:00Z","authorized_credential_expires_at":"{ends_at}"}}]"#
        );
        let alerts = format!(
            r#"[{{"number":1,"secret_type":"github_personal_access_token","secret":"ghp_notarealtoken0000abcd","validity":"{validity}",
            "locations_url":"https://api.github.com/repos/acme/shop/secret-scanning/alerts/1/locations"}}]"#
        );
        let files = [
            ("github", "authorizations.json", authorizations.as_str()),
            ("github", "alerts.json", alerts.as_str()),
        ];
        let [(_, verdict)] = leaked(&estate(&files))[..] else {
            panic!("one credential leaked")
        };
        verdict
    };
    // It ended, whatever a scanner once saw; or it works, whatever a scanner says.
    assert_eq!(state("2026-02-01T00:00:00Z", "active"), Verdict::Pass);
    assert_eq!(state("2027-02-01T00:00:00Z", "inactive"), Verdict::Fail);
}

#[test]
fn what_a_scanner_tried_counts_where_no_export_tells() {
    let state = r#"{"version":4,"lineage":"x","resources":[{"mode":"managed","type":"aws_iam_access_key","name":"ci","instances":[
        {"attributes":{"id":"AKIAQYLPMN5HEXAMPLE7","user":"ci","secret":"not/a/real/secret/access/key/00000000007"}}]}]}"#;
    let verdict = |validity: &str, secret: &str| {
        let alerts = format!(
            r#"[{{"number":1,"secret_type":"aws","secret":"{secret}","validity":"{validity}",
            "locations_url":"https://api.github.com/repos/acme/shop/secret-scanning/alerts/1/locations"}}]"#
        );
        let files = [
            ("terraform", "terraform.tfstate", state),
            ("github", "alerts.json", alerts.as_str()),
        ];
        leaked(&estate(&files))
    };
    let key = "aws-key:AKIAQYLPMN5HEXAMPLE7";
    for secret in ["AKIAQYLPMN5HEXAMPLE7", "not/a/real/secret/access/key/00000000007"] {
        for (validity, expected) in [
            ("active", Verdict::Fail),
            ("inactive", Verdict::Pass),
            ("unknown", Verdict::Unknown),
        ] {
            assert_eq!(verdict(validity, secret), [(key.to_owned(), expected)], "{validity}");
        }
    }
    assert_eq!(verdict("active", "another-secret-altogether"), []);
}
