//! What Java's keytool says of a key store: `keytool -list` and `keytool -list -v`.
//!
//! <https://docs.oracle.com/en/java/javase/21/docs/specs/man/keytool.html>
//!
//! Read: alias, kind of entry, and of each certificate its fingerprint, names and dates. Only English is read; `-J-D…` in
//! the command asks for it. The store itself, and `keytool -list -rfc`, hold the certificates as they are, and say more.
//!
//! Cannot tell: the certificate's key and signature beyond what is printed, and dates in zones that Java abbreviates:
//! they are taken for UTC.

use super::tls_certificates::{Described, c_date, key_of_sha256};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::provenance::Place;
use crate::reading::probe::Format;

pub const CONNECTOR: Connector = Connector {
    id: "keytool_list",
    title: "Key store listing (keytool)",
    vendor: "Java",
    command: "keytool -J-Duser.language=en -list -v -keystore keystore.jks > keystore.txt   # better: keytool -list -rfc",
    cannot_tell: &[
        "dates, unless it was run with `-v`",
        "where the store is in use",
        "the strength of a key: export the certificates with `keytool -list -rfc`",
    ],
    signatures: &[
        &[Mark::Is(Format::Text), Mark::FirstLine("Keystore type:")],
        // Behind the question for the password.
        &[
            Mark::Is(Format::Text),
            Mark::FirstLine("Enter keystore password:"),
            Mark::Text("Keystore type:"),
            Mark::Text("Your keystore contains"),
        ],
    ],
    parse,
};

/// A certificate whose lines are being read.
#[derive(Default)]
struct Entry {
    line: u32,
    alias: String,
    owner: String,
    names: Vec<String>,
    sha256: Option<String>,
    not_before: Option<Instant>,
    not_after: Option<Instant>,
    is_authority: bool,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut entry = Entry::default();
    let (mut n_aliases, mut announced) = (0usize, None);
    for (line, number) in input.text.lines().zip(1u32..) {
        let line = line.trim();
        let value = |label: &str| line.strip_prefix(label).map(str::trim);
        if let Some(rest) = value("Your keystore contains") {
            announced = rest.split(' ').next().and_then(|n| n.parse::<usize>().ok());
        } else if let Some(alias) = value("Alias name:") {
            entry.state(&mut batch, &mut diagnostics);
            n_aliases += 1;
            entry.alias = alias.to_owned();
        } else if let Some((alias, _)) = line
            .strip_suffix(',')
            .and_then(|line| line.rsplit_once(", "))
            .filter(|(_, kind)| kind.ends_with("Entry"))
        {
            // `web prod, Nov 22, 2026, PrivateKeyEntry,` without `-v`.
            entry.state(&mut batch, &mut diagnostics);
            n_aliases += 1;
            alias_of(alias).clone_into(&mut entry.alias);
        } else if let Some(owner) = value("Owner:") {
            // The other certificates of a chain go by their own names.
            let alias = match entry.line {
                0 => std::mem::take(&mut entry.alias),
                _ => String::new(),
            };
            entry.state(&mut batch, &mut diagnostics);
            entry.alias = alias;
            entry.line = number;
            owner.clone_into(&mut entry.owner);
        } else if let Some((from, until)) = value("Valid from:").and_then(|dates| dates.split_once("until:")) {
            for (written, place) in [(from, &mut entry.not_before), (until, &mut entry.not_after)] {
                *place = c_date(written);
                if place.is_none() {
                    diagnostics.push(Diagnostic::error(
                        format!("line {number}"),
                        written.trim(),
                        "a date such as `Sun Nov 22 04:59:57 UTC 2026`",
                        "the date was left out; run keytool with `-J-Duser.language=en`",
                    ));
                }
            }
        } else if let Some(digits) = value("SHA256:").or_else(|| value("Certificate fingerprint (SHA-256):")) {
            entry.sha256 = key_of_sha256(digits);
            if entry.line == 0 {
                entry.line = number;
            }
        } else if line == "CA:true" {
            entry.is_authority = true;
        } else if let Some(name) = value("DNSName:").or_else(|| value("URIName:")) {
            entry.names.push(name.to_owned());
        }
    }
    entry.state(&mut batch, &mut diagnostics);
    if let Some(announced) = announced.filter(|announced| *announced > n_aliases) {
        batch.gaps.push(format!(
            "the store announces {announced} entries and the file lists {n_aliases}"
        ));
    }
    batch.keep_first_identities();
    (batch, diagnostics)
}

/// The alias before the date, which has a comma in it: `web prod, Nov 22, 2026`.
fn alias_of(text: &str) -> &str {
    let mut parts = text.rsplitn(3, ", ");
    let (_, _, alias) = (parts.next(), parts.next(), parts.next());
    alias.unwrap_or(text)
}

impl Entry {
    /// States the certificate that was read, and begins anew.
    fn state(&mut self, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let entry = std::mem::take(self);
        if entry.line == 0 {
            return;
        }
        let place = Place::Line(entry.line);
        let Some(key) = entry.sha256 else {
            diagnostics.push(Diagnostic::error(
                format!("line {}", entry.line),
                "a certificate without its SHA-256 fingerprint",
                "a line `SHA256: …` below it",
                "this certificate was left out; the listing may be cut, or be of a very old Java",
            ));
            return;
        };
        Described {
            key,
            name: Some(&entry.alias),
            common_name: common_name(&entry.owner),
            names: entry.names.iter().map(String::as_str).collect(),
            // Without `-v` there is nothing to tell an authority by, nor whom the certificate names.
            is_authority: entry.is_authority,
            not_before: entry.not_before,
            not_after: entry.not_after.map_or(Expiry::NotReported, Expiry::At),
            last_used: LastUsed::NotReported,
            endpoint: None,
            place,
        }
        .state(batch);
    }
}

fn common_name(owner: &str) -> Option<&str> {
    let rest = owner.split(", ").find_map(|part| part.trim().strip_prefix("CN="))?;
    Some(rest.trim_matches('"'))
}
