//! The generator against itself and against Rollcall: the same bytes from the same seed, dirt where it was asked for,
//! and a truth that Rollcall finds again.

mod score;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Options, Size, generate};

const TINY: Size = Size {
    label: "tiny",
    n_nhis: 500,
    n_accounts: 8,
    n_projects: 2,
    n_clusters: 3,
};

fn options(size: Size, seed: u64, n_snapshots: usize, dirt: f64) -> Options {
    Options {
        size,
        seed,
        n_snapshots,
        dirt,
        nhi_per_human: 17,
        as_of: jiff::civil::date(2026, 10, 31),
    }
}

fn estate(options: &Options) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    generate(options, folder.path()).unwrap();
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn digest(folder: &Path) -> String {
    let mut hash = Sha256::new();
    for path in files(folder) {
        hash.update(path.strip_prefix(folder).unwrap().to_str().unwrap().as_bytes());
        hash.update(fs::read(&path).unwrap());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn truth(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn one_seed_gives_the_same_bytes_with_any_number_of_threads() {
    let with_threads = |n_threads: usize, seed: u64| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let folder = pool.install(|| estate(&options(TINY, seed, 2, 0.15)));
        digest(folder.path())
    };
    let alone = with_threads(1, 7);
    assert_eq!(alone, with_threads(1, 7));
    assert_eq!(alone, with_threads(5, 7));
    assert_ne!(alone, with_threads(1, 8));
}

#[test]
fn a_clean_estate_has_no_quirk_and_no_fault() {
    let folder = estate(&options(TINY, 3, 1, 0.0));
    let truth = truth(folder.path());
    let snapshot = &truth["snapshots"][0];
    assert_eq!(snapshot["files"]["quirks"], serde_json::json!({}));
    assert_eq!(snapshot["files"]["faults"], serde_json::json!([]));
    assert_eq!(truth["expected_sources_missing"], serde_json::json!([]));
    for (name, source) in snapshot["sources"].as_object().unwrap() {
        assert_eq!(source["partial"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn every_quirk_appears_when_dirt_is_high() {
    let folder = estate(&options(TINY, 3, 1, 1.0));
    let truth = truth(folder.path());
    let quirks = truth["snapshots"][0]["files"]["quirks"].as_object().unwrap();
    for quirk in ["byte order mark", "crlf", "utf-16", "gzip", "zip", "epoch dates"] {
        assert!(quirks.contains_key(quirk), "no file has `{quirk}`");
    }
}

#[test]
fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let error = generate(&options(TINY, 1, 1, 0.0), folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is not empty, expected a new or empty folder"),
        "{error}"
    );
}

/// The text of every plain JSON and YAML file of one snapshot, by the kind of its source.
fn texts(folder: &Path) -> BTreeMap<&'static str, String> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for path in files(folder) {
        let source = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let kind = ["aws", "entra", "gcp", "k8s"]
            .into_iter()
            .find(|kind| source.starts_with(kind));
        let is_text = path.extension().is_some_and(|extension| extension != "p12");
        if let (Some(kind), true) = (kind, is_text) {
            texts
                .entry(kind)
                .or_default()
                .push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    texts
}

#[test]
fn both_ends_of_a_join_are_in_the_files() {
    let folder = estate(&options(Size::S, 11, 1, 0.0));
    let truth = truth(folder.path());
    let snapshot = &truth["snapshots"][0];
    let texts = texts(&folder.path().join(snapshot["folder"].as_str().unwrap()));
    for (kind, cloud) in [
        ("irsa", "aws"),
        ("pod_identity", "aws"),
        ("gke_workload_identity", "gcp"),
        ("azure_workload_identity", "entra"),
    ] {
        let listed = list(&snapshot["joins"][kind], "listed");
        assert!(!listed.is_empty(), "no `{kind}`");
        for join in listed {
            let (workload, identity) = (join["left"].as_str().unwrap(), join["right"].as_str().unwrap());
            let mut parts = workload.split('/').skip(1);
            let (namespace, account) = (parts.next().unwrap(), parts.next().unwrap());
            // EKS Pod Identity is set up in the cloud alone.
            let is_annotated = texts["k8s"].contains(&format!("\"{identity}\""));
            assert_eq!(is_annotated, kind != "pod_identity", "{kind}: {identity}");
            assert!(texts[cloud].contains(identity), "{kind}: {identity} is not in {cloud}");
            let is_trusted = [
                format!("system:serviceaccount:{namespace}:{account}"),
                format!("[{namespace}/{account}]"),
                format!("\"aws:RequestTag/kubernetes-service-account\": \"{account}\""),
            ]
            .iter()
            .any(|subject| texts[cloud].contains(subject));
            assert!(is_trusted, "{kind}: {workload} is not trusted");
        }
    }
}

#[test]
fn a_series_tells_a_story() {
    let folder = estate(&options(TINY, 2, 6, 0.15));
    let truth = truth(folder.path());
    let snapshots = truth["snapshots"].as_array().unwrap();
    let (first, last) = (&snapshots[0], &snapshots[5]);
    assert!(first["n_nhis"].as_u64() < last["n_nhis"].as_u64());
    let owned = |snapshot: &Value| {
        let identities = list(&snapshot["identities"], "listed");
        let n_owned = identities
            .iter()
            .filter(|identity| identity["owner"] == "active")
            .count();
        n_owned as f64 / identities.len() as f64
    };
    assert!(owned(first) < owned(last));
    assert_eq!(last["problems"]["incident_new_admin_principal"]["count"], 1);
    assert_eq!(last["problems"]["incident_dormant_key_woke"]["count"], 1);
    assert!(first["problems"].get("incident_new_admin_principal").is_none());
}
