//! One certificate under many names: its file, a directory's entry with and without its bytes, a cluster's secret and
//! what cert-manager says of that secret. It is one credential, and every export adds what only it knows.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::query::ListQuery;
use shared::api::rows::CredentialRow;
use shared::config::Config;
use shared::connectors;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;

/// `CN=billing.example.com`, client authentication only, from 2026-11-25T19:56:21Z for a year: made with `openssl req`.
const PEM: &str = "\
-----BEGIN CERTIFICATE-----
MIIBtDCCAVmgAwIBAgICEjQwCgYIKoZIzj0EAwIwHjEcMBoGA1UEAwwTYmlsbGlu
Zy5leGFtcGxlLmNvbTAeFw0yNjExMjUxOTU2MjFaFw0yNzExMjUxOTU2MjFaMB4x
HDAaBgNVBAMME2JpbGxpbmcuZXhhbXBsZS5jb20wWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARYbkMGWzVTb1HiBStAVv62RmxQ5iOUXQe7ijiaaxFFPfpkxZ/EuJm7
MPoTAgKVJql/zK0I691Gco7h4zwKKwHGo4GGMIGDMB0GA1UdDgQWBBQut9xw0YlK
tYhBHZXmPhbldC8b9zAfBgNVHSMEGDAWgBQut9xw0YlKtYhBHZXmPhbldC8b9zAe
BgNVHREEFzAVghNiaWxsaW5nLmV4YW1wbGUuY29tMAwGA1UdEwEB/wQCMAAwEwYD
VR0lBAwwCgYIKwYBBQUHAwIwCgYIKoZIzj0EAwIDSQAwRgIhAOT7R0yjPO3PRvrX
aQKbof/jCYsj2jv2+D2I0yKd6QexAiEA2CJTE6xy1lGN7JDjc4UjOl6/Z0iiUYbO
RtuhK/XtptA=
-----END CERTIFICATE-----
";

/// `openssl x509 -fingerprint -sha256`
const KEY: &str = "x509:eb25243bd4b78c57816cf7156f71c89cfb0c998695cf9c7642a404e59447a11c";

/// `openssl x509 -outform DER | sha1sum`, in base64 as Graph writes it.
const THUMBPRINT: &str = "OHPPz+wRdwcT2dE/8wP8pHLHvJU=";

const APP: &str = "aaaa0000-0000-4000-8000-000000000001";
const OTHER_APP: &str = "aaaa0000-0000-4000-8000-000000000002";

fn der() -> String {
    PEM.lines().filter(|line| !line.starts_with('-')).collect()
}

/// An application with one certificate. `thumbprint` and `key` are JSON.
fn application(app: &str, key_id: &str, thumbprint: &str, key: &str) -> String {
    format!(
        r#"{{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications", "value": [{{
            "id": "0b1e{}", "appId": "{app}", "displayName": "billing", "createdDateTime": "2026-11-01T08:00:00Z",
            "passwordCredentials": [], "keyCredentials": [{{
                "keyId": "c0de0000-0000-4000-8000-00000000000{key_id}", "type": "AsymmetricX509Cert", "usage": "Verify",
                "displayName": "CN=billing", "startDateTime": "2026-11-25T19:56:21Z", "endDateTime": "2027-11-25T19:56:21Z",
                "customKeyIdentifier": {thumbprint}, "key": {key}}}]}}]}}"#,
        &app[4..],
    )
}

fn with_der(app: &str, key_id: &str) -> String {
    application(app, key_id, "null", &format!("\"{}\"", der()))
}

fn with_thumbprint(app: &str, key_id: &str) -> String {
    application(app, key_id, &format!("\"{THUMBPRINT}\""), "null")
}

fn tls_secret() -> String {
    format!(
        r#"{{"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {{"name": "billing-tls", "namespace": "payments", "creationTimestamp": "2026-11-25T20:00:00Z"}},
            "data": {{"tls.crt": "{}", "tls.key": ""}}}}"#,
        STANDARD.encode(PEM),
    )
}

fn cert_manager() -> String {
    r#"{"apiVersion": "cert-manager.io/v1", "kind": "Certificate",
        "metadata": {"name": "billing", "namespace": "payments", "creationTimestamp": "2026-11-25T20:00:00Z"},
        "spec": {"secretName": "billing-tls", "dnsNames": ["billing.example.com"]},
        "status": {"notBefore": "2026-11-25T19:56:21Z", "notAfter": "2027-11-25T19:56:21Z"}}"#
        .to_owned()
}

fn estate(files: &[(&str, &str, String)]) -> Analysis {
    let files = files.iter().map(|(source, path, text)| {
        let reading = connectors::read(source, path, text.as_bytes(), "salt");
        assert_eq!(reading.diagnostics, [], "{path}");
        FileBatch {
            source: (*source).to_owned(),
            path: (*path).to_owned(),
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: text.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    });
    let config = Config::default();
    let as_of = AsOf::Given(Instant::from_text("2026-12-01").unwrap());
    analyze(merge(files.collect(), as_of, &config), &config)
}

fn credentials(analysis: &Analysis) -> Vec<CredentialRow> {
    answers::credentials(analysis, &ListQuery::default()).unwrap().rows
}

/// The one credential of an estate, with the number of places where it was found.
fn only(analysis: &Analysis) -> (CredentialRow, usize) {
    let mut rows = credentials(analysis);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    (rows.remove(0), analysis.snapshot.credentials[0].evidence.len())
}

fn shared(analysis: &Analysis) -> (Option<u64>, Option<u64>) {
    let value = answers::kpi_values(analysis)
        .into_iter()
        .find(|value| value.id == "credential.shared");
    value.map(|value| (value.pass, value.fail)).unwrap()
}

#[test]
fn a_directory_that_holds_the_bytes() {
    // Whichever file comes first.
    for sources in [["entra", "pki"], ["pki", "entra"]] {
        let [directory, files] = sources;
        let estate = estate(&[
            (directory, "applications.json", with_der(APP, "1")),
            (files, "billing.pem", PEM.to_owned()),
        ]);
        let (row, n_places) = only(&estate);
        assert_eq!((row.id.as_str(), n_places), (KEY, 2));
        // Its holder is the application. Whom the certificate names is listed, and is no second user of it.
        assert_eq!(row.holder.as_deref(), Some(format!("entra:app/{APP}").as_str()));
        assert_eq!(row.n_holders, 1);
        assert_eq!(shared(&estate), (Some(1), Some(0)));
        let named = estate.snapshot.find("cert:billing.example.com").unwrap();
        let held = estate.snapshot.credentials_of(estate.snapshot.identity(named));
        assert_eq!(held.count(), 1);
    }
}

#[test]
fn a_directory_that_holds_the_thumbprint() {
    let estate = estate(&[
        ("entra", "applications.json", with_thumbprint(APP, "1")),
        ("pki", "billing.pem", PEM.to_owned()),
    ]);
    let (row, n_places) = only(&estate);
    assert_eq!((row.id.as_str(), n_places), (KEY, 2));
    // The fingerprint is that of the key, as for every certificate that was seen.
    assert_eq!(row.fingerprint.as_deref(), Some("cf28933fd361"));
    assert_eq!(shared(&estate), (Some(1), Some(0)));
}

#[test]
fn a_thumbprint_alone_stays_what_it_is() {
    let (row, _) = only(&estate(&[("entra", "applications.json", with_thumbprint(APP, "1"))]));
    assert_eq!(row.id, "entra:c0de0000-0000-4000-8000-000000000001");
}

#[test]
fn entries_of_one_key_join_when_one_of_them_holds_the_bytes() {
    // Graph answers the bytes for one object only, when asked by `$select=keyCredentials`.
    let nothing = application(APP, "1", "null", "null");
    let (row, n_places) = only(&estate(&[
        ("entra", "all.json", nothing),
        ("entra", "one.json", with_der(APP, "1")),
    ]));
    assert_eq!((row.id.as_str(), n_places), (KEY, 2));
}

#[test]
fn one_certificate_of_two_applications_is_shared() {
    for second in [with_der(OTHER_APP, "2"), with_thumbprint(OTHER_APP, "2")] {
        let estate = estate(&[("entra", "1.json", with_der(APP, "1")), ("entra", "2.json", second)]);
        let (row, _) = only(&estate);
        assert_eq!((row.id.as_str(), row.n_holders), (KEY, 2));
        assert_eq!(shared(&estate), (Some(0), Some(1)));
    }
    // Nobody holds the bytes: two entries, of one thumbprint.
    let estate = estate(&[
        ("entra", "1.json", with_thumbprint(APP, "1")),
        ("entra", "2.json", with_thumbprint(OTHER_APP, "2")),
    ]);
    assert_eq!(credentials(&estate).len(), 2);
    assert_eq!(shared(&estate), (Some(0), Some(2)));
}

#[test]
fn a_secret_is_its_certificate_in_every_file() {
    let together = format!(
        r#"{{"apiVersion": "v1", "kind": "List", "items": [{}, {}]}}"#,
        cert_manager(),
        tls_secret()
    );
    for files in [
        vec![("k8s", "all.json", together)],
        vec![("k8s", "1.json", cert_manager()), ("k8s", "2.json", tls_secret())],
        vec![("k8s", "1.json", tls_secret()), ("k8s", "2.json", cert_manager())],
    ] {
        let estate = estate(&files);
        let (row, n_places) = only(&estate);
        assert_eq!((row.id.as_str(), n_places), (KEY, 2));
        assert_eq!(row.name.as_deref(), Some("billing.example.com"));
        assert_eq!(row.expires_at.unwrap().to_string(), "2027-11-25T19:56:21Z");
    }
    // The same names in another cluster are another secret.
    let apart = estate(&[("k8s-a", "a.json", tls_secret()), ("k8s-b", "b.json", cert_manager())]);
    assert_eq!(credentials(&apart).len(), 2);
}

#[test]
fn cluster_directory_and_file_together() {
    let estate = estate(&[
        ("entra", "applications.json", with_thumbprint(APP, "1")),
        ("k8s", "certificates.json", cert_manager()),
        ("k8s", "secrets.json", tls_secret()),
        ("pki", "billing.pem", PEM.to_owned()),
    ]);
    let (row, n_places) = only(&estate);
    assert_eq!((row.id.as_str(), n_places, row.n_holders), (KEY, 4, 1));
}
