//! No secret value survives `parse`: every secret that the inputs hold is looked for in everything that comes out.

// Tests read files, and say that something is wrong by panicking.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use shared::config::Config;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::{analysis, answers, connectors};

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
    for identity in &analysis.snapshot.identities {
        let id = analysis.snapshot.strings.get(identity.id);
        text += &serde_json::to_string(&answers::identity(&analysis, id)).unwrap();
    }
    text
}

fn check(paths: &[PathBuf]) {
    let mut secrets = Vec::new();
    let mut readings = Vec::new();
    for path in paths {
        let bytes = fs::read(path).unwrap();
        secrets.extend(secrets_in(&shared::reading::encoding::decode(&bytes)));
        let reading = connectors::read("source", &path.to_string_lossy(), &bytes, "salt");
        readings.push(FileBatch {
            source: "source".to_owned(),
            path: path.to_string_lossy().into_owned(),
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: bytes.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        });
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
    let Some(root) = support::data("") else { return };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    // 1,400 certificates more of the same kind say nothing new and take most of the time.
    paths.retain(|path| !path.to_string_lossy().contains("zmap__zlint"));
    check(&paths);
}
