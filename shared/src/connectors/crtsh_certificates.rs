//! crt.sh: certificates that public authorities issued for a domain, as certificate-transparency logs have them.
//!
//! Written by `https://crt.sh/?q=%25.example.com&output=json`. One certificate stands there several times: once for each
//! log entry, and as the precertificate that was logged before it.
//! <https://crt.sh>, <https://www.rfc-editor.org/rfc/rfc6962>
//!
//! Read: names, dates, serial number, by which it is the same certificate as in other exports. Dates are in UTC.
//!
//! Cannot tell: where a certificate is, whether it was revoked, and its key.

use serde::Deserialize;

use super::tls_certificates::Described;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::instant::LastUsed;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "crtsh_certificates",
    title: "Certificate transparency (crt.sh)",
    vendor: "Sectigo",
    command: "curl 'https://crt.sh/?q=%25.example.com&output=json&exclude=expired&deduplicate=Y' > crtsh.json",
    cannot_tell: &[
        "where a certificate is in use, if at all: every renewal is in the logs",
        "whether a certificate was revoked",
        "certificates of private authorities",
    ],
    signatures: &[&[
        Mark::Has("issuer_ca_id"),
        Mark::Has("name_value"),
        Mark::Has("not_after"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawEntry<'a> {
    #[serde(borrow, default)]
    common_name: Option<Text<'a>>,
    /// Names on lines of their own.
    #[serde(borrow, default)]
    name_value: Option<Text<'a>>,
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
    #[serde(borrow, default)]
    serial_number: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_entry(&row, &mut batch, &mut diagnostics);
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

fn read_entry(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawEntry<'_>>(diagnostics) else {
        return;
    };
    let serial = raw.serial_number.as_deref().map(str::trim).unwrap_or("");
    if serial.is_empty() || !serial.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        diagnostics.push(Diagnostic::error(
            format!("{}.serial_number", row.name()),
            if serial.is_empty() { "nothing" } else { serial },
            "a serial number in hex",
            "this entry was left out: nothing tells which certificate it is; export it again",
        ));
        return;
    }
    let place = row.place(batch);
    let names = raw.name_value.as_deref().unwrap_or("").lines().map(str::trim);
    Described {
        key: key_of_serial(serial),
        name: None,
        common_name: raw.common_name.as_deref(),
        names: names.filter(|name| !name.is_empty() && !name.contains('@')).collect(),
        is_authority: false,
        not_before: raw
            .not_before
            .instant(|| format!("{}.not_before", row.name()), diagnostics),
        not_after: raw
            .not_after
            .expiry(|| format!("{}.not_after", row.name()), diagnostics),
        last_used: LastUsed::NotReported,
        endpoint: None,
        place,
    }
    .state(batch);
}

/// The key under which a certificate is stated of which only the serial number is known: merge finds the certificate
/// with this number. Leading zeros do not count.
fn key_of_serial(serial: &str) -> String {
    format!("x509-serial:{}", serial.trim_start_matches('0').to_ascii_lowercase())
}
