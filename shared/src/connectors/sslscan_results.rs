//! sslscan: which certificates servers present.
//!
//! Written by `sslscan --xml=results.xml`; with `--show-certificate` the certificate itself is in it.
//! <https://github.com/rbsec/sslscan>
//!
//! Read: the certificate where it is there, else names and dates. Without the certificate there is neither fingerprint nor
//! serial number, so it cannot be told to be the one that another export has: it counts for itself, by its endpoint.
//!
//! Cannot tell: protocols and ciphers are not about an identity, and are not read.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::tls_certificates::{Described, c_date};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::instant::{Expiry, LastUsed};
use crate::model::provenance::Place;
use crate::reading::certificate;
use crate::reading::pem::{PemContents, pem_blocks};

pub const CONNECTOR: Connector = Connector {
    id: "sslscan_results",
    title: "Scan results",
    vendor: "sslscan",
    command: "sslscan --show-certificate --xml=sslscan.xml www.example.com:443",
    cannot_tell: &[
        "which certificate it is, unless it was run with `--show-certificate`",
        "when the scan was",
        "certificates that a server presents under other names (SNI)",
    ],
    signatures: &[&[Mark::Begins("<?xml"), Mark::Text("SSLScan Results")]],
    parse,
};

/// The elements of one `<certificate>` that are read.
#[derive(Default)]
struct Certificate {
    line: u32,
    subject: String,
    alternative_names: String,
    not_before: String,
    not_after: String,
    pem: String,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut reader = Reader::from_str(input.text);
    let (mut endpoint, mut path) = (String::new(), Vec::new());
    let mut found: Option<Certificate> = None;
    let (mut line, mut counted_to) = (1, 0);
    loop {
        let at = (reader.buffer_position() as usize).min(input.text.len());
        line += memchr::memchr_iter(b'\n', &input.text.as_bytes()[counted_to..at]).count() as u32;
        counted_to = at;
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                match start.name().into_inner() {
                    "ssltest" => endpoint = format!("{}:{}", attribute(&start, "host"), attribute(&start, "port")),
                    "certificate" => {
                        found = Some(Certificate {
                            line,
                            ..Certificate::default()
                        });
                    }
                    _ => {}
                }
                path.push(start.name().into_inner().to_owned());
            }
            Ok(Event::End(end)) => {
                path.pop();
                if end.name().into_inner() == "certificate"
                    && let Some(certificate) = found.take()
                {
                    certificate.state(&endpoint, &mut batch, &mut diagnostics);
                }
            }
            Ok(Event::Text(text)) => take(&path, &mut found, &text.xml11_content()),
            Ok(Event::CData(text)) => take(&path, &mut found, &text.xml11_content()),
            Ok(
                Event::GeneralRef(_)
                | Event::Empty(_)
                | Event::Comment(_)
                | Event::Decl(_)
                | Event::PI(_)
                | Event::DocType(_),
            ) => {}
            Ok(Event::Eof) if path.is_empty() => break,
            Ok(Event::Eof) => {
                diagnostics.push(broken(line, "the file ends inside an element"));
                break;
            }
            Err(error) => {
                diagnostics.push(broken(line, &error.to_string()));
                break;
            }
        }
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn attribute(start: &BytesStart<'_>, name: &str) -> String {
    let attributes = start.attributes().flatten();
    let found = attributes
        .into_iter()
        .find(|attribute| attribute.key.into_inner() == name);
    found.map(|attribute| attribute.value.into_owned()).unwrap_or_default()
}

/// Adds a piece of text to the member that it stands in.
fn take(path: &[String], found: &mut Option<Certificate>, text: &str) {
    let (Some(certificate), Some(member)) = (found, path.last()) else {
        return;
    };
    let member = match member.as_str() {
        "subject" => &mut certificate.subject,
        "altnames" => &mut certificate.alternative_names,
        "not-valid-before" => &mut certificate.not_before,
        "not-valid-after" => &mut certificate.not_after,
        "certificate-blob" => &mut certificate.pem,
        _ => return,
    };
    member.push_str(text);
}

fn broken(line: u32, found: &str) -> Diagnostic {
    Diagnostic::error(
        format!("line {line}"),
        found,
        "well-formed XML",
        "what stood before was read; scan again",
    )
}

impl Certificate {
    fn state(&self, endpoint: &str, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let place = Place::Line(self.line);
        let der = pem_blocks(&self.pem).find_map(|block| match block.contents {
            PemContents::Der(der) => Some(der),
            PemContents::PrivateKey | PemContents::Broken(_) => None,
        });
        if let Some(der) = der {
            if let Some(index) = certificate::push(&der, place, batch, diagnostics) {
                let used_for = batch.sym(endpoint);
                batch.credentials[index].last_used_for = Some(used_for);
            }
            return;
        }
        if self.not_after.trim().is_empty() {
            diagnostics.push(Diagnostic::error(
                place.to_text(&batch.strings),
                format!("a certificate of {endpoint} without dates"),
                "an element `not-valid-after`",
                "this certificate was left out; scan again",
            ));
            return;
        }
        let mut date = |written: &str| {
            let date = c_date(written);
            if date.is_none() && !written.trim().is_empty() {
                diagnostics.push(Diagnostic::error(
                    place.to_text(&batch.strings),
                    written.trim(),
                    "a date such as `Jan  8 04:59:57 2027 GMT`",
                    "the date was left out, the rest was read",
                ));
            }
            date
        };
        let (not_before, not_after) = (date(&self.not_before), date(&self.not_after));
        let subject = self
            .subject
            .rsplit_once("CN=")
            .map_or(self.subject.as_str(), |(_, name)| name);
        let names = self.alternative_names.split(", ");
        Described {
            key: format!("tls-endpoint:{endpoint}/{}", self.not_after.trim()),
            name: None,
            common_name: Some(subject.trim()),
            names: names.filter_map(|name| name.trim().strip_prefix("DNS:")).collect(),
            is_authority: false,
            not_before,
            not_after: not_after.map_or(Expiry::NotReported, Expiry::At),
            last_used: LastUsed::NotReported,
            endpoint: Some(endpoint),
            place,
        }
        .state(batch);
    }
}
