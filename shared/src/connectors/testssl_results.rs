//! testssl.sh: which certificates servers present.
//!
//! Written by `testssl --jsonfile` (flat: one finding a row), `--jsonfile-pretty` (by target) and `--csvfile`. The
//! findings with ids that begin with `cert` are about the server's certificate; a second one has `<cert#2>` behind the id.
//! <https://github.com/testssl/testssl.sh>
//!
//! Read: the certificate itself, which the finding `cert` holds; where it is missing, fingerprint, names and dates. That
//! a server presented it is use, at the time of the scan, which only the pretty form says.
//!
//! Cannot tell: what testssl.sh thinks of protocols and ciphers is not about an identity, and is not read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::tls_certificates::{Described, key_of_sha256};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::pem::{PemContents, pem_blocks};
use crate::reading::probe::Format;
use crate::reading::table::Table;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "testssl_results",
    title: "Scan results",
    vendor: "testssl.sh",
    command: "testssl --jsonfile-pretty results.json www.example.com",
    cannot_tell: &[
        "who has the private key, and where else a certificate is in use",
        "when the scan was, except in the pretty JSON",
        "certificates that a server presents under other names (SNI)",
    ],
    signatures: &[
        &[
            Mark::Has("id"),
            Mark::Has("ip"),
            Mark::Has("port"),
            Mark::Has("severity"),
            Mark::Has("finding"),
        ],
        &[Mark::Has("scanResult"), Mark::Has("Invocation")],
        &[
            Mark::Column("id"),
            Mark::Column("fqdn/ip"),
            Mark::Column("port"),
            Mark::Column("finding"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawFinding<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    ip: Option<Text<'a>>,
    #[serde(borrow, default)]
    port: Option<Text<'a>>,
    #[serde(borrow, default)]
    severity: Option<Text<'a>>,
    #[serde(borrow, default)]
    finding: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawScan<'a> {
    #[serde(default)]
    start_time: Moment,
    #[serde(borrow, default)]
    scan_result: Option<Vec<RawTarget<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTarget<'a> {
    /// `scanProblem` in the place of a target.
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    severity: Option<Text<'a>>,
    #[serde(borrow, default)]
    target_host: Option<Text<'a>>,
    #[serde(borrow, default)]
    ip: Option<Text<'a>>,
    #[serde(borrow, default)]
    port: Option<Text<'a>>,
    #[serde(borrow, default)]
    server_defaults: Option<Vec<RawFinding<'a>>>,
}

/// The findings about certificates, by endpoint and number: their ids without the number, each with its finding.
#[derive(Default)]
struct Findings(BTreeMap<(String, String), (Place, BTreeMap<String, String>)>);

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut findings = Findings::default();
    let mut scanned_at = None;
    if input.format == Format::Table {
        let table = Table::read(input.text, &mut diagnostics);
        for row in table.rows() {
            let endpoint = endpoint(row.get("fqdn/ip"), row.get("port"));
            let place = Place::Line(row.line);
            if is_failure(row.get("id"), row.get("severity")) {
                failed(&endpoint, place, &mut batch, &mut diagnostics);
            }
            findings.note(&endpoint, row.get("id"), row.get("finding"), place);
        }
        findings.state(scanned_at, &mut batch, &mut diagnostics);
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let place = row.place(&mut batch);
        if !row.text.contains("\"scanResult\"") {
            let Some(raw) = row.parse::<RawFinding<'_>>(&mut diagnostics) else {
                continue;
            };
            let endpoint = endpoint(raw.ip.as_deref().unwrap_or(""), raw.port.as_deref().unwrap_or(""));
            let id = raw.id.as_deref().unwrap_or("");
            if is_failure(id, raw.severity.as_deref().unwrap_or("")) {
                failed(&endpoint, place, &mut batch, &mut diagnostics);
            }
            findings.note(&endpoint, id, raw.finding.as_deref().unwrap_or(""), place);
            continue;
        }
        let Some(raw) = row.parse::<RawScan<'_>>(&mut diagnostics) else {
            continue;
        };
        scanned_at = raw
            .start_time
            .instant(|| format!("{}.startTime", row.name()), &mut diagnostics);
        batch.state_at(scanned_at);
        for target in raw.scan_result.into_iter().flatten() {
            let host = target.target_host.as_deref().and_then(present).or(target.ip.as_deref());
            let endpoint = endpoint(host.unwrap_or(""), target.port.as_deref().unwrap_or(""));
            if is_failure(
                target.id.as_deref().unwrap_or(""),
                target.severity.as_deref().unwrap_or(""),
            ) {
                failed(&endpoint, place, &mut batch, &mut diagnostics);
            }
            for raw in target.server_defaults.into_iter().flatten() {
                findings.note(
                    &endpoint,
                    raw.id.as_deref().unwrap_or(""),
                    raw.finding.as_deref().unwrap_or(""),
                    place,
                );
            }
        }
    }
    findings.state(scanned_at, &mut batch, &mut diagnostics);
    (batch, diagnostics)
}

/// `www.acme.test:443` of `www.acme.test/10.1.2.3` and `443`.
fn endpoint(host: &str, port: &str) -> String {
    let name = host.split('/').find(|part| !part.is_empty()).unwrap_or("");
    format!("{name}:{port}")
}

/// Whether a finding says that testssl.sh gave up. With a lower severity it went on.
fn is_failure(id: &str, severity: &str) -> bool {
    id == "scanProblem" && severity == "FATAL"
}

fn failed(endpoint: &str, place: Place, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let of = match endpoint {
        ":" => String::new(),
        endpoint => format!(" of {endpoint}"),
    };
    diagnostics.push(Diagnostic::warning(
        place.to_text(&batch.strings),
        format!("a scan{of} that failed"),
        "what the server presents",
        "scan it again from where it can be reached",
    ));
    batch
        .gaps
        .push(format!("the scan{of} failed: its certificates are not known"));
}

impl Findings {
    fn note(&mut self, endpoint: &str, id: &str, finding: &str, place: Place) {
        let (id, number) = id.split_once(' ').unwrap_or((id, ""));
        if !(id.starts_with("cert_") || id == "cert") {
            return;
        }
        let key = (endpoint.to_owned(), number.to_owned());
        let (first, known) = self.0.entry(key).or_insert_with(|| (place, BTreeMap::new()));
        // The row of the certificate itself is the evidence.
        if id == "cert" {
            *first = place;
        }
        known.insert(id.to_owned(), finding.to_owned());
    }

    fn state(&self, scanned_at: Option<Instant>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let last_used = scanned_at.map_or(LastUsed::NotReported, LastUsed::At);
        for ((endpoint, _), (place, known)) in &self.0 {
            let get = |id: &str| known.get(id).and_then(|text| present(text));
            let der = get("cert").and_then(|text| {
                pem_blocks(text).find_map(|block| match block.contents {
                    PemContents::Der(der) => Some(der),
                    PemContents::PrivateKey | PemContents::Broken(_) => None,
                })
            });
            if let Some(der) = der {
                if let Some(index) = certificate::push(&der, *place, batch, diagnostics) {
                    let used_for = batch.sym(endpoint);
                    let fact = &mut batch.credentials[index];
                    fact.last_used = last_used;
                    fact.last_used_for = Some(used_for);
                }
                continue;
            }
            let Some(key) = get("cert_fingerprintSHA256").and_then(key_of_sha256) else {
                // A target that did not answer has none of them.
                if !known.is_empty() {
                    diagnostics.push(Diagnostic::warning(
                        place.to_text(&batch.strings),
                        format!("findings about a certificate of {endpoint}, without its fingerprint"),
                        "a finding `cert` or `cert_fingerprintSHA256`",
                        "this certificate was left out; scan again with a newer testssl.sh",
                    ));
                }
                continue;
            };
            let mut moment = |id: &str| {
                let moment = Moment::parse(get(id).unwrap_or(""), DateOrder::MonthFirst);
                moment.instant(|| format!("{endpoint} {id}"), diagnostics)
            };
            Described {
                key,
                name: None,
                common_name: get("cert_commonName"),
                names: get("cert_subjectAltName")
                    .into_iter()
                    .flat_map(str::split_whitespace)
                    .collect(),
                is_authority: false,
                not_before: moment("cert_notBefore"),
                not_after: moment("cert_notAfter").map_or(Expiry::NotReported, Expiry::At),
                last_used,
                endpoint: Some(endpoint),
                place: *place,
            }
            .state(batch);
        }
    }
}
