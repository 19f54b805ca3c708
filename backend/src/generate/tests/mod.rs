//! The estate against itself: the same bytes from the same seed, and a truth that a second reading confirms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, Pem, X509Certificate};

use super::{Options, Size, generate};

const TINY: Size = Size {
    label: "tiny",
    n_nhis: 500,
    n_accounts: 8,
    n_projects: 2,
    n_clusters: 3,
};

fn options(seed: u64, n_snapshots: usize, dirt: f64) -> Options {
    Options {
        size: TINY,
        seed,
        n_snapshots,
        dirt,
        nhi_per_human: 45,
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

/// A text export with its packing and encoding undone.
fn text(path: &Path) -> String {
    let mut bytes = fs::read(path).unwrap();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        bytes = plain;
    } else if bytes.starts_with(b"PK") {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let mut plain = Vec::new();
        archive.by_index(0).unwrap().read_to_end(&mut plain).unwrap();
        bytes = plain;
    }
    if let Some(units) = bytes.strip_prefix(&[0xff, 0xfe]) {
        let units: Vec<u16> = units
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16(&units).unwrap();
    }
    String::from_utf8(bytes)
        .unwrap()
        .trim_start_matches('\u{feff}')
        .to_owned()
}

fn documents(path: &Path) -> Vec<Value> {
    serde_json::Deserializer::from_str(&text(path))
        .into_iter()
        .map(|document| document.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .collect()
}

fn truth(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap()
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn source(path: &Path) -> String {
    path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

fn list<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value[member].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn one_seed_gives_the_same_bytes() {
    let (first, second) = (estate(&options(7, 2, 0.15)), estate(&options(7, 2, 0.15)));
    assert_eq!(digest(first.path()), digest(second.path()));
    let other = estate(&options(8, 2, 0.15));
    assert_ne!(digest(first.path()), digest(other.path()));
}

#[test]
fn a_clean_estate_has_no_quirk_and_no_fault() {
    let folder = estate(&options(3, 1, 0.0));
    let truth = truth(folder.path());
    let files = &truth["snapshots"][0]["files"];
    assert_eq!(files["quirks"], serde_json::json!({}));
    assert_eq!(files["faults"], serde_json::json!([]));
    assert_eq!(truth["expected_sources_missing"], serde_json::json!([]));
}

#[test]
fn every_quirk_appears_when_dirt_is_high() {
    let folder = estate(&options(3, 1, 1.0));
    let truth = truth(folder.path());
    let quirks = truth["snapshots"][0]["files"]["quirks"].as_object().unwrap();
    for quirk in ["byte order mark", "crlf", "utf-16", "gzip", "zip"] {
        assert!(quirks.contains_key(quirk), "no file has `{quirk}`");
    }
}

#[test]
fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let error = generate(&options(1, 1, 0.0), folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is not empty, expected a new or empty folder"),
        "{error}"
    );
}

/// What a plain reading of one snapshot finds.
#[derive(Default)]
struct Reading {
    n_files: u64,
    identities: BTreeMap<String, BTreeMap<&'static str, u64>>,
    credentials: BTreeMap<&'static str, BTreeMap<&'static str, u64>>,
    /// SHA-256 of each certificate, with its last second.
    certificates: BTreeMap<String, i64>,
}

impl Reading {
    fn identity(&mut self, path: &Path, kind: &'static str, n: usize) {
        if n > 0 {
            *self
                .identities
                .entry(source(path))
                .or_default()
                .entry(kind)
                .or_default() += n as u64;
        }
    }

    fn credential(&mut self, kind: &'static str, status: &'static str) {
        *self.credentials.entry(kind).or_default().entry(status).or_default() += 1;
    }

    fn certificate(&mut self, der: &[u8]) -> i64 {
        let (rest, certificate) = X509Certificate::from_der(der).unwrap();
        assert!(rest.is_empty());
        let ends_at = certificate.validity().not_after.timestamp();
        self.certificates.insert(
            Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect(),
            ends_at,
        );
        ends_at
    }

    fn pem(&mut self, text: &[u8]) -> i64 {
        let mut first = None;
        for block in Pem::iter_from_buffer(text) {
            let block = block.unwrap();
            if block.label == "CERTIFICATE" {
                let ends_at = self.certificate(&block.contents);
                first.get_or_insert(ends_at);
            }
        }
        first.unwrap()
    }

    fn read(folder: &Path, as_of: &str, truncated: &BTreeSet<String>) -> Self {
        let mut reading = Self::default();
        let as_of_seconds = as_of.parse::<jiff::Timestamp>().unwrap().as_second();
        let status = |ends: &Value| {
            if ends.as_str().unwrap() < as_of {
                "expired"
            } else {
                "active"
            }
        };
        for path in files(folder) {
            reading.n_files += 1;
            let file = name(&path).to_owned();
            let place = source(&path);
            if truncated.contains(&format!("{place}/{file}")) || file.contains(".copy.") {
                continue;
            }
            if place.starts_with("tls-") {
                match file.rsplit('.').next().unwrap() {
                    "cer" => _ = reading.certificate(&fs::read(&path).unwrap()),
                    "pem" | "gz" | "zip" => _ = reading.pem(text(&path).as_bytes()),
                    // Each certificate of the other stores is checked with the vendors' own tools by hand; count
                    // by walking to the certificates, which all three keep in clear.
                    _ => reading.certificates_inside(&fs::read(&path).unwrap()),
                }
                continue;
            }
            if file.starts_with("credential-report") {
                let mut report = text(&path);
                if report.starts_with('{') {
                    let wrapper: Value = serde_json::from_str(&report).unwrap();
                    report = String::from_utf8(STANDARD.decode(wrapper["Content"].as_str().unwrap()).unwrap()).unwrap();
                }
                let mut rows = csv::Reader::from_reader(report.as_bytes());
                let headers = rows.headers().unwrap().clone();
                let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
                let (one, two, password) = (
                    column("access_key_1_active"),
                    column("access_key_2_active"),
                    column("password_enabled"),
                );
                for row in rows.records() {
                    let row = row.unwrap();
                    for key in [one, two] {
                        if &row[key + 1] != "N/A" {
                            reading.credential("access_key", if &row[key] == "true" { "active" } else { "inactive" });
                        }
                    }
                    if &row[password] == "true" {
                        reading.credential("password", "active");
                    }
                }
                continue;
            }
            if file.ends_with(".csv") || place.ends_with("-inventory") || place == "cmdb" || file.ends_with(".yaml") {
                continue;
            }
            for document in documents(&path) {
                match place.split('-').next().unwrap() {
                    "aws" => {
                        let roles = list(&document, "RoleDetailList");
                        let n_linked = roles.iter().filter(|role| role["Path"] != "/").count();
                        reading.identity(&path, "service_linked_role", n_linked);
                        reading.identity(&path, "role", roles.len() - n_linked);
                        let users = list(&document, "UserDetailList");
                        let n_humans = users.iter().filter(|user| user["Path"] == "/").count();
                        reading.identity(&path, "human_user", n_humans);
                        reading.identity(&path, "iam_user", users.len() - n_humans);
                    }
                    "entra" => {
                        let rows = list(&document, "value");
                        if file.starts_with("applications_") {
                            reading.identity(&path, "application", rows.len());
                        } else if file.starts_with("agentIdentities_") {
                            reading.identity(&path, "ai_agent", rows.len());
                        } else if file.starts_with("servicePrincipals_") {
                            let n_managed = rows
                                .iter()
                                .filter(|row| row["servicePrincipalType"] == "ManagedIdentity")
                                .count();
                            reading.identity(&path, "managed_identity", n_managed);
                        }
                        for row in rows {
                            for secret in list(row, "passwordCredentials") {
                                reading.credential("client_secret", status(&secret["endDateTime"]));
                            }
                            for key in list(row, "keyCredentials") {
                                reading.credential("client_certificate", status(&key["endDateTime"]));
                            }
                        }
                    }
                    "gcp" => {
                        for row in document.as_array().unwrap() {
                            if row.get("uniqueId").is_some() {
                                reading.identity(&path, "service_account", 1);
                            }
                            if row["keyType"] == "USER_MANAGED" {
                                let disabled = row["disabled"] == true;
                                reading.credential("gcp_key", if disabled { "inactive" } else { "active" });
                            }
                        }
                    }
                    "k8s" => {
                        for row in list(&document, "items") {
                            match (row["kind"].as_str().unwrap(), row["type"].as_str().unwrap_or("")) {
                                ("ServiceAccount", _) => reading.identity(&path, "service_account", 1),
                                ("Secret", "kubernetes.io/service-account-token") => {
                                    reading.credential("service_account_token", "active");
                                }
                                ("Secret", "kubernetes.io/tls") => {
                                    let chain = STANDARD.decode(row["data"]["tls.crt"].as_str().unwrap()).unwrap();
                                    let ends_at = reading.pem(&chain);
                                    let expired = ends_at < as_of_seconds;
                                    reading.credential("tls_secret", if expired { "expired" } else { "active" });
                                }
                                _ => {}
                            }
                        }
                    }
                    other => panic!("no reading for `{other}`"),
                }
            }
        }
        reading
    }

    /// Finds DER certificates by their shape: a sequence whose first member is a sequence with an explicit version.
    fn certificates_inside(&mut self, bytes: &[u8]) {
        let mut at = 0;
        let mut n_found = 0;
        while at + 4 < bytes.len() {
            let looks_right = bytes[at] == 0x30 && bytes[at + 1] == 0x82 && bytes[at + 4] == 0x30;
            match X509Certificate::from_der(&bytes[at..]) {
                Ok((rest, _)) if looks_right => {
                    let end = bytes.len() - rest.len();
                    self.certificate(&bytes[at..end]);
                    n_found += 1;
                    at = end;
                }
                _ => at += 1,
            }
        }
        assert!(n_found > 0);
    }
}

#[test]
fn a_second_reading_confirms_the_truth() {
    let folder = estate(&options(5, 3, 0.3));
    let truth = truth(folder.path());
    for snapshot in truth["snapshots"].as_array().unwrap() {
        let as_of = snapshot["as_of"].as_str().unwrap();
        let truncated = list(&snapshot["files"], "faults")
            .iter()
            .filter(|fault| fault["fault"] == "truncated")
            .map(|fault| fault["file"].as_str().unwrap().to_owned())
            .collect();
        let reading = Reading::read(
            &folder.path().join(snapshot["folder"].as_str().unwrap()),
            as_of,
            &truncated,
        );
        assert_eq!(snapshot["files"]["written"], reading.n_files);

        // Third parties are told apart by their tenant, which this reading does not know; and an inventory's kinds
        // are words in a column.
        let mut identities = snapshot["identities"].clone();
        for (place, kinds) in identities.as_object_mut().unwrap() {
            let kinds = kinds.as_object_mut().unwrap();
            kinds.retain(|kind, _| kind != "third_party_application" && kind != "first_party_principal");
            if ["aws", "entra", "gcp", "k8s"]
                .iter()
                .any(|start| place.starts_with(start))
            {
                let read = serde_json::to_value(reading.identities.get(place)).unwrap();
                assert_eq!(read, Value::Object(kinds.clone()), "{as_of} {place}");
            }
        }
        let mut credentials = snapshot["credentials"].clone();
        credentials.as_object_mut().unwrap().remove("inventory_entry");
        assert_eq!(
            serde_json::to_value(&reading.credentials).unwrap(),
            credentials,
            "{as_of}"
        );

        let as_of_seconds = as_of.parse::<jiff::Timestamp>().unwrap().as_second();
        assert_eq!(snapshot["certificates"]["distinct"], reading.certificates.len());
        let mut expiry: BTreeMap<&str, u64> = BTreeMap::new();
        for ends_at in reading.certificates.values() {
            let days = (ends_at - as_of_seconds) as f64 / 86_400.0;
            let bucket = [
                (7.0, "le_7"),
                (14.0, "le_14"),
                (30.0, "le_30"),
                (47.0, "le_47"),
                (60.0, "le_60"),
                (90.0, "le_90"),
            ]
            .iter()
            .find(|(limit, _)| days <= *limit)
            .map_or("later", |(_, bucket)| bucket);
            *expiry.entry(if days < 0.0 { "expired" } else { bucket }).or_default() += 1;
        }
        assert_eq!(
            serde_json::to_value(&expiry).unwrap(),
            snapshot["certificates"]["expiry"],
            "{as_of}"
        );
    }
}

#[test]
fn both_ends_of_a_join_are_in_the_files() {
    let folder = estate(&options(11, 1, 0.0));
    let truth = truth(folder.path());
    let snapshot = &truth["snapshots"][0];
    let mut everything: BTreeMap<&str, String> = BTreeMap::new();
    for path in files(&folder.path().join(snapshot["folder"].as_str().unwrap())) {
        let place = source(&path);
        let key = ["aws", "entra", "gcp", "k8s"]
            .into_iter()
            .find(|start| place.starts_with(start));
        if let (Some(key), true) = (key, name(&path).ends_with(".json") || name(&path).ends_with(".csv")) {
            everything
                .entry(key)
                .or_default()
                .push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    let joins = &snapshot["joins"];
    for (kind, cloud) in [
        ("irsa", "aws"),
        ("gke_workload_identity", "gcp"),
        ("azure_workload_identity", "entra"),
    ] {
        let listed = list(&joins[kind], "listed");
        assert!(!listed.is_empty(), "no `{kind}`");
        for join in listed {
            let (workload, identity) = (join["left"].as_str().unwrap(), join["right"].as_str().unwrap());
            let mut parts = workload.split('/').skip(1);
            let (namespace, account) = (parts.next().unwrap(), parts.next().unwrap());
            assert!(
                everything["k8s"].contains(&format!("\"{identity}\"")),
                "{kind}: {identity} is on no service account"
            );
            assert!(
                everything[cloud].contains(identity),
                "{kind}: {identity} is not in {cloud}"
            );
            let trusted = [
                format!("system:serviceaccount:{namespace}:{account}"),
                format!("[{namespace}/{account}]"),
            ];
            assert!(
                trusted.iter().any(|subject| everything[cloud].contains(subject)),
                "{kind}: {workload} is not trusted"
            );
        }
    }
}

#[test]
fn a_series_tells_a_story() {
    let folder = estate(&options(2, 6, 0.15));
    let truth = truth(folder.path());
    let snapshots = truth["snapshots"].as_array().unwrap();
    let (first, last) = (&snapshots[0], &snapshots[5]);
    assert!(first["n_nhis"].as_u64() < last["n_nhis"].as_u64());
    let owned = |snapshot: &Value| {
        let owners = &snapshot["ownership"];
        let named = owners["team"].as_f64().unwrap() + owners["person"].as_f64().unwrap();
        named / snapshot["n_nhis"].as_f64().unwrap()
    };
    assert!(owned(first) < owned(last));
    assert_eq!(last["problems"]["incident_new_admin_principal"]["count"], 1);
    assert_eq!(last["problems"]["incident_dormant_key_woke"]["count"], 1);
    assert!(first["problems"].get("incident_new_admin_principal").is_none());
}
