//! Azure Key Vault: the secrets, keys and certificates of a vault, without their values.
//!
//! Written by `az keyvault secret list`, `az keyvault key list` and `az keyvault certificate list` (arrays, dates as
//! text), by the REST API (`value`, dates in seconds since 1970), and by `Get-AzKeyVaultSecret | ConvertTo-Json`. What
//! `… show` writes of one object is read too; a secret's value in it is not.
//! <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets/get-secrets>
//!
//! Read: id, whether it is enabled, creation of the version in force, end, thumbprint, certificate, tags. An
//! object without an end has none. The secret and the key behind a certificate (`managed`) are the certificate.
//!
//! Cannot tell: who may read an object, who does, and for which system a secret is.
//!
//! The shapes are those of the documentation: none could be confirmed on a recorded export.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::instant::Expiry;
use crate::reading::absent::present;
use crate::reading::certificate::{self, hex};
use crate::reading::json::{self, Row};
use crate::reading::labels;
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azure_key_vault_objects",
    title: "Key Vault secrets, keys and certificates",
    vendor: "Microsoft Azure",
    command: "for kind in secret key certificate; do az keyvault $kind list --vault-name VAULT; done > vault-objects.json",
    cannot_tell: &[
        "who may read an object: that is in role assignments at the vault, or in its access policies",
        "when it was last read: only the vault's diagnostic log knows",
        "which system a secret opens",
    ],
    signatures: &[
        &[
            Mark::RowHas("attributes"),
            Mark::Contains("id", "://"),
            Mark::Contains("id", ".vault"),
        ],
        &[Mark::RowHas("attributes"), Mark::Contains("kid", ".vault")],
        &[Mark::RowHas("attributes"), Mark::Contains("kid", ".managedhsm")],
        &[Mark::RowHas("attributes"), Mark::Contains("key.kid", ".vault")],
        &[Mark::Has("value[].attributes"), Mark::Contains("value[].id", ".vault")],
        &[Mark::Has("value[].attributes"), Mark::Contains("value[].kid", ".vault")],
        &[
            Mark::Has("value[].attributes"),
            Mark::Contains("value[].kid", ".managedhsm"),
        ],
        // PowerShell's.
        &[
            Mark::RowHas("vaultName"),
            Mark::RowHas("enabled"),
            Mark::Contains("Id", ".vault"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawObject<'a> {
    /// `https://VAULT.vault.azure.net/secrets/NAME[/VERSION]`; keys are named by `kid`.
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    kid: Option<Text<'a>>,
    /// What `az keyvault key show` writes.
    #[serde(borrow, default)]
    key: Option<RawKey<'a>>,
    #[serde(default)]
    attributes: Option<RawAttributes>,
    /// Whether the object is the secret or the key of a certificate.
    #[serde(default, deserialize_with = "flag")]
    managed: Option<bool>,
    #[serde(borrow, default)]
    tags: Option<BTreeMap<Cow<'a, str>, Option<Text<'a>>>>,
    #[serde(borrow, default)]
    x509_thumbprint: Option<Text<'a>>,
    /// The same in the REST API.
    #[serde(borrow, default)]
    x5t: Option<Text<'a>>,
    /// The certificate in DER.
    #[serde(borrow, default)]
    cer: Option<Text<'a>>,
    // PowerShell's have no `attributes`.
    #[serde(default, rename = "Enabled", deserialize_with = "flag")]
    enabled: Option<bool>,
    #[serde(default, rename = "Created")]
    created: Moment,
    #[serde(default, rename = "Expires")]
    expires: Moment,
}

#[derive(Deserialize)]
struct RawKey<'a> {
    #[serde(borrow, default)]
    kid: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawAttributes {
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
    #[serde(default)]
    created: Moment,
    #[serde(default, alias = "exp")]
    expires: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["value"], &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        read_object(row, &mut batch, &mut diagnostics);
    }
    // Each vault has its own list of each kind, which its objects name.
    let first = batch
        .credentials
        .first()
        .map(|fact| batch.strings.get(fact.key).to_owned());
    let list = first
        .as_deref()
        .and_then(|key| key.rsplit_once('/'))
        .map_or("key vault", |(list, _)| list);
    rows.note_pages(&mut batch, list);
    (batch, diagnostics)
}

pub(super) fn read_object(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawObject<'_>>(diagnostics) else {
        return;
    };
    let written = raw.id.or(raw.kid).or(raw.key.and_then(|key| key.kid));
    let Some(id) = written.as_deref().and_then(ObjectId::parse) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            written.as_deref().unwrap_or("no `id`"),
            "an object's id, such as `https://VAULT.vault.azure.net/secrets/NAME`",
            "this object was left out; list the vault's objects again",
        ));
        return;
    };
    let place = row.place(batch);
    let is_certificate = id.collection == "certificates" || raw.managed == Some(true);
    let (collection, kind) = match is_certificate {
        true => ("certificates", CredentialKind::Certificate),
        false => (id.collection, CredentialKind::StoredSecret),
    };
    let key = format!("azure-vault:{}/{collection}/{}", id.vault, id.name).to_ascii_lowercase();
    let key = batch.sym(&key);
    let attributes = raw.attributes.unwrap_or(RawAttributes {
        enabled: raw.enabled,
        created: raw.created,
        expires: raw.expires,
    });
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.custody = Custody::Vault;
    fact.name = Some(batch.sym(id.name));
    let tags = raw.tags.iter().flatten();
    let tags = tags.map(|(key, value)| (&**key, value.as_deref().unwrap_or("")));
    labels::tell_credential(&mut fact, tags, batch);
    fact.status = match attributes.enabled {
        Some(true) => CredentialStatus::Active,
        Some(false) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    };
    fact.created_at = attributes
        .created
        .instant(|| format!("{}.attributes.created", row.name()), diagnostics);
    fact.expires_at = match attributes.expires {
        // A list that says when an object was made says as well when it ends.
        Moment::Absent if fact.created_at.is_some() => Expiry::Never,
        moment => moment.expiry(|| format!("{}.attributes.expires", row.name()), diagnostics),
    };
    let thumbprint = raw.x509_thumbprint.or(raw.x5t);
    let thumbprint = thumbprint.as_deref().and_then(present).and_then(sha1_of);
    fact.fingerprint = batch.sym_of(thumbprint.as_deref());
    if let Some(der) = raw.cer.as_deref().and_then(|cer| STANDARD.decode(cer.trim()).ok()) {
        match certificate::from_der(&der, batch) {
            Ok((own, certificate)) => {
                batch.synonyms.push(Synonym {
                    name: fact.key,
                    key: own,
                });
                fact.key = own;
                fact.fingerprint = certificate.public_key_sha256;
                fact.certificate = Some(Box::new(certificate));
            }
            Err(reason) => diagnostics.push(Diagnostic::warning(
                format!("{}.cer", row.name()),
                format!("a certificate with {reason}"),
                "an X.509 certificate in DER",
                "the certificate counts with what Key Vault says of it",
            )),
        }
    }
    batch.credentials.push(fact);
}

/// An object of a vault: `https://VAULT.vault.azure.net/secrets/NAME/VERSION`.
struct ObjectId<'a> {
    vault: &'a str,
    /// `secrets`, `keys` or `certificates`.
    collection: &'a str,
    name: &'a str,
}

impl<'a> ObjectId<'a> {
    fn parse(written: &'a str) -> Option<Self> {
        let (_, rest) = written.trim().split_once("://")?;
        let mut parts = rest.split('/').filter(|part| !part.is_empty());
        let (vault, collection, name) = (parts.next()?, parts.next()?, parts.next()?);
        let vault = vault.split(':').next().unwrap_or(vault);
        matches!(collection, "secrets" | "keys" | "certificates").then_some(ObjectId {
            vault,
            collection,
            name,
        })
    }
}

/// A certificate's SHA-1 as hex (`az`) or base64 (REST, older `az`), in the form in which certificates are called by it.
fn sha1_of(written: &str) -> Option<String> {
    if written.len() == 40 && written.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Some(format!("sha1:{}", written.to_ascii_lowercase()));
    }
    let bytes = URL_SAFE_NO_PAD
        .decode(written.trim_end_matches('='))
        .or_else(|_| STANDARD.decode(written))
        .ok()?;
    (bytes.len() == 20).then(|| format!("sha1:{}", hex(&bytes)))
}
