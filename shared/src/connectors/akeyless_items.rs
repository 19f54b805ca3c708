//! Akeyless items: secrets, keys and certificates in the vault, without their values.
//!
//! Written by `akeyless list-items --json`.
//! <https://docs.akeyless.io/reference/listitems>
//!
//! Read: name, kind, versions, creation, last access, state, tags. Issuers of certificates hold nothing by themselves and
//! are passed over. Where there is more than one version, the last change is taken for the newest's making.
//!
//! Cannot tell: who may read an item. The names are those of Akeyless's API description; no recorded export was at hand.

use serde::Deserialize;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::instant::{Expiry, LastUsed};
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row};
use crate::reading::labels;
use crate::reading::loose::{flag, number};
use crate::reading::moment::Moment;
use crate::reading::pem::{PemContents, pem_blocks};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "akeyless_items",
    title: "Items",
    vendor: "Akeyless",
    command: "akeyless list-items --json > items.json",
    cannot_tell: &[
        "who may read an item: that is in `akeyless list-roles`",
        "which system a secret opens",
        "when a secret ends, except a certificate",
    ],
    signatures: &[
        &[Mark::Has("items[].item_type"), Mark::Has("items[].item_name")],
        &[Mark::Has("item_type"), Mark::Has("item_name"), Mark::Has("item_id")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawItem<'a> {
    #[serde(borrow, default)]
    item_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    item_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    item_tags: Option<Vec<Text<'a>>>,
    #[serde(default, deserialize_with = "number")]
    last_version: Option<u64>,
    #[serde(default, deserialize_with = "flag")]
    is_enabled: Option<bool>,
    /// In PEM.
    #[serde(borrow, default)]
    certificates: Option<Text<'a>>,
    #[serde(default)]
    creation_date: Moment,
    #[serde(default)]
    modification_date: Moment,
    #[serde(default)]
    access_date: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["items"], &mut diagnostics);
    for row in &rows.rows {
        read_item(row, input, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "items");
    (batch, diagnostics)
}

fn read_item(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawItem<'_>>(diagnostics) else {
        return;
    };
    let Some(name) = raw.item_name.as_deref().and_then(present) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.item_name", row.name()),
            "nothing",
            "an item's name such as `/shop/database`",
            "this item was left out; list the items again",
        ));
        return;
    };
    let written = raw.item_type.as_deref().unwrap_or("");
    let kind = match written {
        "CERTIFICATE" => CredentialKind::Certificate,
        kind if kind.ends_with("_ISSUER") => return,
        // Static, rotated and dynamic secrets, and keys that encrypt.
        _ => CredentialKind::StoredSecret,
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("akeyless:{}{name}", input.source));
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.custody = Custody::Vault;
    fact.name = batch.sym_of(name.rsplit('/').next());
    // `owner:shop` or a bare word.
    let tags = raw
        .item_tags
        .iter()
        .flatten()
        .filter_map(|tag| tag.split_once([':', '=']));
    labels::tell_credential(&mut fact, tags, batch);
    fact.status = match raw.is_enabled {
        Some(true) => CredentialStatus::Active,
        Some(false) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    };
    let made = match raw.last_version {
        Some(2..) => (raw.modification_date, "modification_date"),
        Some(_) | None => (raw.creation_date, "creation_date"),
    };
    fact.created_at = made.0.instant(|| format!("{}.{}", row.name(), made.1), diagnostics);
    let used_at = raw
        .access_date
        .instant(|| format!("{}.access_date", row.name()), diagnostics);
    fact.last_used = used_at.map_or(LastUsed::NotReported, LastUsed::At);
    let der = raw.certificates.as_deref().and_then(|pem| {
        pem_blocks(pem).find_map(|block| match block.contents {
            PemContents::Der(der) if certificate::is_certificate(block.label) => Some(der),
            PemContents::Der(_) | PemContents::PrivateKey | PemContents::Broken(_) => None,
        })
    });
    if let Some((own, certificate)) = der.and_then(|der| certificate::from_der(&der, batch).ok()) {
        batch.synonyms.push(Synonym { name: key, key: own });
        fact.key = own;
        fact.created_at = Some(certificate.not_before);
        fact.expires_at = certificate.not_after;
        fact.fingerprint = certificate.public_key_sha256;
        fact.certificate = Some(Box::new(certificate));
    } else if kind == CredentialKind::StoredSecret && written == "STATIC_SECRET" {
        // Akeyless deletes no static secret by itself.
        fact.expires_at = Expiry::Never;
    }
    batch.credentials.push(fact);
}
