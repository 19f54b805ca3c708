//! No secret value survives `parse`: every secret that the inputs hold is looked for in everything that comes out.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::api::report::ReportFormat;
use shared::config::Config;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::{analysis, answers, connectors, export, stored};

use crate::report::report_on;

/// Values of members whose name says that they are secret. Long enough not to occur by chance.
fn secrets_in(text: &str) -> Vec<String> {
    const NAMES: [&str; 23] = [
        "\"secretText\"",
        "\"password\"",
        "\"Password\"",
        "\"secret\"",
        "\"Secret\"",
        "\"SecretString\"",
        "\"privateKeyData\"",
        "\"private_key\"",
        "\"token\"",
        "\"Raw\"",
        "\"client_secret\"",
        "\"SecretAccessKey\"",
        "\"keyString\"",
        "\"secret_id\"",
        "\"RawV2\"",
        "\"offender\"",
        "\"match\"",
        "\"raw_source_code_extract\"",
        "\"secretKey\"",
        "\"client_token\"",
        "\"ServicePassword\"",
        "\"TOKEN\"",
        // JSON inside a text, as Secrets Manager answers it.
        "\\\"password\\\"",
    ];
    let mut secrets = Vec::new();
    for name in NAMES {
        for (at, _) in text.match_indices(name) {
            let rest = text[at + name.len()..]
                .trim_start()
                .strip_prefix(':')
                .map(str::trim_start);
            let value = rest
                .and_then(|rest| rest.trim_start_matches('\\').strip_prefix('"'))
                .and_then(|rest| rest.split(['"', '\\']).next());
            secrets.extend(value.filter(|value| value.len() >= 12).map(str::to_owned));
        }
    }
    // Elements that Jenkins keeps secrets in.
    for name in [
        "password",
        "secret",
        "secretKey",
        "privateKey",
        "secretBytes",
        "passphrase",
    ] {
        for (at, _) in text.match_indices(&format!("<{name}>")) {
            let value = text[at..].split(['<', '>']).nth(2).unwrap_or_default().trim();
            secrets.extend((value.len() >= 12).then(|| value.to_owned()));
        }
    }
    // The id of an access key, which a scanner also calls a secret, names the key and opens nothing.
    secrets.retain(|secret| !(secret.len() == 20 && (secret.starts_with("AKIA") || secret.starts_with("ASIA"))));
    // What masks a secret opens nothing, and stored columns of small numbers have runs of stars.
    secrets.retain(|secret| secret.bytes().any(|byte| byte != b'*'));
    // Private keys, by a line from their middle.
    for (at, _) in text.match_indices("PRIVATE KEY-----") {
        let body = text[at..].lines().nth(2).unwrap_or_default().trim();
        if body.len() >= 40 && !text[..at].ends_with("-----END ") {
            secrets.push(body.to_owned());
        }
    }
    secrets
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found)
        } else {
            found.push(path)
        }
    }
}

/// Everything Rollcall says about a set of files, as one text.
fn everything(readings: Vec<FileBatch>) -> String {
    let mut text = String::new();
    for reading in &readings {
        reading
            .batch
            .strings
            .iter()
            .for_each(|(_, string)| text += &format!("{string}\n"));
        text += &format!("{:?}\n", reading.diagnostics);
    }
    let snapshot = merge(
        readings,
        AsOf::Given(Instant::from_text("2026-10-31").unwrap()),
        &Config::default(),
    );
    let analysis = analysis::analyze(snapshot, &Config::default());
    text += &serde_json::to_string(&answers::sources(&analysis)).unwrap();
    text += &serde_json::to_string(&answers::overview(&analysis)).unwrap();
    // Every other format of a report says what its JSON does, or less.
    let report = export::report(&report_on(&analysis, &[]), ReportFormat::Json).unwrap();
    text += &String::from_utf8(report).unwrap();
    text += &export::ocsf(&analysis);
    text += &export::opengraph(&analysis).to_string();
    text += &export::oaa(&analysis).to_string();
    for identity in &analysis.snapshot.identities {
        let id = analysis.snapshot.strings.get(identity.id);
        text += &serde_json::to_string(&answers::identity(&analysis, id)).unwrap();
    }
    // What is kept for the next start.
    for section in stored::analysis_sections(&analysis) {
        text += &String::from_utf8_lossy(&section);
    }
    text
}

fn read(path: &str, bytes: &[u8]) -> FileBatch {
    let reading = connectors::read("source", path, bytes, "salt");
    FileBatch {
        source: "source".to_owned(),
        path: path.to_owned(),
        connector: reading.connector.map(|connector| connector.id),
        n_bytes: bytes.len() as u64,
        batch: reading.batch,
        diagnostics: reading.diagnostics,
    }
}

fn check(paths: &[PathBuf]) {
    let mut secrets = Vec::new();
    let mut readings = Vec::new();
    for path in paths {
        let bytes = fs::read(path).unwrap();
        secrets.extend(secrets_in(&shared::reading::encoding::decode(&bytes)));
        readings.push(read(&path.to_string_lossy(), &bytes));
    }
    let said = everything(readings);
    for secret in secrets {
        assert!(
            !said.contains(&secret),
            "a secret that begins with `{}` came out",
            &secret[..4]
        );
    }
}

/// A secret that stands nowhere else, of the length that secrets have.
const PLANTED: &str = "pLaNtEd0SeCrEt1VaLuE2wXyZ";

/// Files with a secret wherever tools put secrets: in exports that are read, in those that nothing recognises yet,
/// whole and broken, in names and in values. `PLANTED` stands for the secret, `PACKED` for its base64, `K8S` for what
/// every Kubernetes object needs.
const PLACES: &[(&str, &str)] = &[
    // Kubernetes, with data in every form.
    ("opaque.json", r#"{K8S,"kind":"Secret","data":{"password":"PACKED"}}"#),
    (
        "string.json",
        r#"{K8S,"kind":"Secret","stringData":{"password":"PLANTED"}}"#,
    ),
    ("no-map.json", r#"{K8S,"kind":"Secret","data":"PLANTED"}"#),
    ("no-text.json", r#"{K8S,"kind":"Secret","data":{"a":["PLANTED"]}}"#),
    (
        "no-base64.json",
        r#"{K8S,"kind":"Secret","type":"kubernetes.io/tls","data":{"tls.crt":"PLANTED!","tls.key":"PACKED"}}"#,
    ),
    (
        "no-certificate.json",
        r#"{K8S,"kind":"Secret","type":"kubernetes.io/tls","data":{"tls.crt":"PACKED"}}"#,
    ),
    (
        "token.json",
        r#"{K8S,"kind":"Secret","type":"kubernetes.io/service-account-token","data":{"token":"PACKED"}}"#,
    ),
    (
        "bootstrap.json",
        r#"{K8S,"kind":"Secret","type":"bootstrap.kubernetes.io/token",
            "data":{"expiration":"PACKED","token-secret":"PACKED"}}"#,
    ),
    (
        "registry.json",
        r#"{K8S,"kind":"Secret","type":"kubernetes.io/dockerconfigjson","data":{".dockerconfigjson":"PACKED"}}"#,
    ),
    ("type.json", r#"{K8S,"kind":"Secret","type":{"PLANTED":1},"data":{}}"#),
    (
        "applied.json",
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"n","annotations":
            {"kubectl.kubernetes.io/last-applied-configuration":"{\"stringData\":{\"a\":\"PLANTED\"}}"}}}"#,
    ),
    (
        "env.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: n}\n\
         spec:\n  containers:\n  - {name: c, env: [{name: A, value: PLANTED}]}\n",
    ),
    ("broken.yaml", "kind: Secret\nstringData:\n  password: PLANTED: [\n"),
    ("repeated.yaml", "\"PLANTED\": 1\n\"PLANTED\": 2\n"),
    ("tag.yaml", "a: !!int PLANTED\n"),
    // Entra, Google Cloud and AWS, where a tool kept what it should not.
    (
        "applications.json",
        r#"[{"appId":"aaaa0000-0000-4000-8000-000000000001","requiredResourceAccess":[],
            "passwordCredentials":[{"keyId":"c0de0000-0000-4000-8000-000000000001","secretText":"PLANTED",
                "hint":"PLANTED","endDateTime":true}],
            "keyCredentials":[{"keyId":"c0de0000-0000-4000-8000-000000000002","key":"PACKED"}]}]"#,
    ),
    (
        "key.json",
        r#"{"name":"projects/p/serviceAccounts/a@p.iam.gserviceaccount.com/keys/1","privateKeyData":"PACKED",
            "validAfterTime":"2026-01-01T00:00:00Z"}"#,
    ),
    (
        "api-key.json",
        r#"{"name":"projects/1/locations/global/keys/k","uid":"u","createTime":"2026-01-01T00:00:00Z",
            "keyString":"PLANTED"}"#,
    ),
    (
        "service-account.json",
        r#"{"type":"service_account","private_key":"-----BEGIN PRIVATE KEY-----\nPLANTED\n-----END PRIVATE KEY-----"}"#,
    ),
    (
        "created-key.json",
        r#"{"AccessKey":{"UserName":"u","AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"PLANTED"}}"#,
    ),
    ("report.json", r#"{"Content":"PACKED","ReportFormat":"text/csv"}"#),
    // What nothing recognises yet.
    (
        "terraform.tfstate",
        r#"{"version":4,"lineage":"l","outputs":{"PLANTED":1},"resources":[{"instances":[{"attributes":
            {"secret":"PLANTED"}}]}]}"#,
    ),
    (
        "gitleaks.json",
        r#"[{"RuleID":"x","Secret":"PLANTED","Match":"key=PLANTED","Fingerprint":"f"}]"#,
    ),
    ("gitleaks.csv", "RuleID,Commit,Secret,Match\nx,1,PLANTED,key=PLANTED\n"),
    (
        "trufflehog.json",
        r#"{"SourceMetadata":{},"DetectorName":"AWS","Raw":"PLANTED","RawV2":"PLANTED"}"#,
    ),
    (
        "vault.json",
        r#"{"request_id":"r","lease_id":"","data":{"PLANTED":"PLANTED"},"auth":{"client_token":"PLANTED"}}"#,
    ),
    ("map.json", r#"{"PLANTED":"x","hvs.PLANTED":{}}"#),
    ("texts.json", r#"["PLANTED"]"#),
    ("text.json", r#""PLANTED""#),
    ("env", "DB_PASSWORD=PLANTED\n"),
    ("mcp.json", r#"{"mcpServers":{"a":{"env":{"TOKEN":"PLANTED"}}}}"#),
    ("jenkins.xml", "<credentials><secret>PLANTED</secret></credentials>"),
    // Tables: a column of secrets, no heading at all, and a row whose secret slid under another heading.
    (
        "inventory.csv",
        "name,type,password,api key,last used\nsvc,API key,PLANTED,PLANTED,never\n",
    ),
    ("no-heading.csv", "svc-backup,PLANTED,x\nsvc-b,PLANTED,y\n"),
    ("slid.csv", "name,type,owner,created\nsvc,API key,Jo, Doe,PLANTED\n"),
    ("short.csv", "name,type,created\nPLANTED\n"),
    (
        "key.pem",
        "-----BEGIN PRIVATE KEY-----\nPLANTEDPLANTED\n-----END PRIVATE KEY-----\n",
    ),
    (
        "key.txt",
        "words before\n-----BEGIN PRIVATE KEY-----\nPLANTED\n-----END PRIVATE KEY-----\n",
    ),
];

/// [`PLACES`] with the secret in them: whole, cut behind every secret, and recorded by a test suite.
fn planted() -> Vec<(String, String)> {
    const K8S: &str = r#""apiVersion":"v1","metadata":{"name":"s","namespace":"n"}"#;
    let packed = STANDARD.encode(PLANTED);
    let mut files = Vec::new();
    for (path, template) in PLACES {
        let text = template
            .replace("PLANTED", PLANTED)
            .replace("PACKED", &packed)
            .replace("K8S", K8S);
        for part in [PLANTED, &packed] {
            let ends = text.match_indices(part).map(|(at, _)| at + part.len());
            files.extend(ends.map(|end| (format!("cut-{path}"), text[..end].to_owned())));
        }
        files.push((
            format!("recorded-{path}"),
            format!(r#"{{"headers":{{}},"body":{text}}}"#),
        ));
        files.push(((*path).to_owned(), text));
    }
    files
}

#[test]
fn planted_secrets_stay_where_they_are() {
    let packed = STANDARD.encode(PLANTED);
    for (path, text) in planted() {
        let reading = read(&path, text.as_bytes());
        let said = everything(vec![reading]);
        // Half a secret is one too.
        for part in [&PLANTED[..12], &PLANTED[12..], &packed[..16], &packed[16..]] {
            assert!(!said.to_lowercase().contains(&part.to_lowercase()), "{path}: {said}");
        }
    }
}

#[test]
fn fixtures_keep_their_secrets() {
    let mut paths = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/connectors"),
        &mut paths,
    );
    paths.retain(|path| path.extension().is_some_and(|extension| extension != "snap"));
    check(&paths);
}

#[test]
fn real_files_keep_their_secrets() {
    let Some(root) = crate::support::data("") else { return };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    // 1,400 certificates more of the same kind say nothing new and take most of the time.
    paths.retain(|path| !path.to_string_lossy().contains("zmap__zlint"));
    check(&paths);
}
