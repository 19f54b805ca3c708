//! Scans and lists of certificates: files that testssl.sh 3.0.8, sslscan 2.0.7 and keytool 17 wrote about one server and
//! one key store of a test authority, and a sample of crt.sh's documented shape. The expected numbers were counted from
//! the same files by a separate Python program.

use std::path::Path;

use shared::config::Config;
use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::{Expiry, Instant, LastUsed};
use shared::model::snapshot::Snapshot;

fn read(path: &Path, connector: &str) -> Reading {
    let name = path.file_name().unwrap().to_string_lossy();
    let reading = connectors::read("tls", &name, &std::fs::read(path).unwrap(), "salt");
    assert_eq!(reading.connector.map(|found| found.id), Some(connector), "{name}");
    let errors: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}");
    reading
}

fn merged(readings: Vec<Reading>) -> Snapshot {
    let files = readings.into_iter().enumerate().map(|(n, reading)| FileBatch {
        source: "tls".to_owned(),
        path: format!("{n}"),
        connector: reading.connector.map(|connector| connector.id),
        n_bytes: 0,
        batch: reading.batch,
        diagnostics: reading.diagnostics,
    });
    let as_of = Instant::from_text("2026-11-25").unwrap();
    merge(files.collect(), AsOf::Given(as_of), &Config::default())
}

#[test]
fn a_server_presents_the_certificate_that_the_store_holds() {
    let Some(folder) = crate::support::data("tls/local-openssl") else {
        return;
    };
    let scans = ["testssl-flat.json", "testssl-pretty.json", "testssl.csv"];
    let mut readings: Vec<Reading> = scans
        .iter()
        .map(|file| read(&folder.join(file), "testssl_results"))
        .collect();
    for reading in &readings {
        assert_eq!(
            (reading.batch.identities.len(), reading.batch.credentials.len()),
            (1, 1)
        );
    }
    readings.push(read(&folder.join("keytool-list-v.txt"), "keytool_list"));
    readings.push(read(&folder.join("keytool-list.txt"), "keytool_list"));
    readings.push(read(&folder.join("keytool-list-rfc.txt"), "x509_certificates"));
    readings.push(read(&folder.join("s_client-showcerts.txt"), "x509_certificates"));
    let snapshot = merged(readings);
    // Four entries, one of them with the chain of two whose second stands in the store already.
    assert_eq!(snapshot.credentials.len(), 4);
    let web = snapshot
        .credentials
        .iter()
        .find(|credential| matches!(credential.last_used, LastUsed::At(_)))
        .unwrap();
    assert_eq!(
        web.expires_at,
        Expiry::At(Instant::from_text("2027-01-08T04:59:57Z").unwrap())
    );
    assert_eq!(web.last_used, LastUsed::At(Instant(1_795_323_606)));
    assert_eq!(
        web.last_used_for.map(|sym| snapshot.strings.get(sym)),
        Some("127.0.0.1:44433")
    );
}

#[test]
fn sslscan_without_the_certificate_counts_by_endpoint() {
    let Some(folder) = crate::support::data("tls/local-openssl") else {
        return;
    };
    let reading = read(&folder.join("sslscan.xml"), "sslscan_results");
    let fact = &reading.batch.credentials[0];
    assert_eq!(reading.batch.credentials.len(), 1);
    assert_eq!(fact.created_at, Instant::from_text("2026-11-22T04:59:57Z"));
    let holder = reading.batch.identities[0].handles[0];
    assert_eq!(reading.batch.strings.get(holder.text), "www.acme.test");
}

#[test]
fn a_certificate_of_the_logs_is_that_of_its_serial_number() {
    if let Some(folder) = crate::support::data("shape_samples/ctlogs") {
        let reading = read(&folder.join("crtsh.json"), "crtsh_certificates");
        assert_eq!(reading.batch.credentials.len(), 40);
    }
    let Some(folder) = crate::support::data("tls/local-openssl") else {
        return;
    };
    let logged = br#"[{"issuer_ca_id": 1, "common_name": "www.acme.test", "name_value": "www.acme.test",
        "not_before": "2026-11-22T04:59:57", "not_after": "2027-01-08T04:59:57",
        "serial_number": "76f1879bac7a2a7daf8f29fe501081b083b62e56"}]"#;
    let logged = connectors::read("tls", "crtsh.json", logged, "salt");
    let snapshot = merged(vec![logged, read(&folder.join("web.pem"), "x509_certificates")]);
    assert_eq!((snapshot.credentials.len(), snapshot.identities.len()), (1, 1));
    assert_eq!(snapshot.credentials[0].evidence.len(), 2);
}
