//! Secrets: their type, dates and service account; of the values only a fingerprint.

use serde_json::value::RawValue;

use super::values::{Members, scalar};
use super::{RawMetadata, RawObject, Reader, created_place, decode};
use crate::diagnostic::Diagnostic;
use crate::model::batch::Synonym;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::identity::Knowledge;
use crate::model::instant::{Expiry, LastUsed};
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::Row;
use crate::reading::moment::{DateOrder, Moment};

/// The labels of secrets that an operator keeps in step with a vault: External Secrets, HashiCorp's Vault Secrets
/// Operator, and the Secrets Store CSI driver.
const VAULT_COPY_LABELS: [&str; 3] = [
    "reconcile.external-secrets.io/created-by",
    "secrets.hashicorp.com/vso-ownerRefUID",
    "secrets-store.csi.k8s.io/managed",
];

/// Helm keeps a record of every release in a secret of this type: no credential, and often a megabyte.
const HELM_RELEASE: &str = "helm.sh/release.v1";

impl Reader<'_> {
    pub(super) fn secret(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        // A manifest, which has no dates, lists what somebody wrote and not what the cluster has.
        if metadata.creation_timestamp != Moment::Absent {
            self.secrets_known = Knowledge::Reported;
        }
        let declared = object.secret_type.and_then(scalar);
        // A secret without a type is opaque.
        let (kind, main_member) = match declared.as_deref().unwrap_or("Opaque") {
            "kubernetes.io/service-account-token" => (CredentialKind::Token, "token"),
            "kubernetes.io/tls" => (CredentialKind::Certificate, "tls.crt"),
            "kubernetes.io/basic-auth" => (CredentialKind::Password, "password"),
            "kubernetes.io/ssh-auth" => (CredentialKind::SshKey, "ssh-privatekey"),
            "kubernetes.io/dockerconfigjson" => (CredentialKind::Password, ".dockerconfigjson"),
            "kubernetes.io/dockercfg" => (CredentialKind::Password, ".dockercfg"),
            "bootstrap.kubernetes.io/token" => (CredentialKind::Token, "token-secret"),
            HELM_RELEASE => return self.pass_over("Secret of type helm.sh/release.v1"),
            _ => (CredentialKind::StoredSecret, ""),
        };
        let data = Data {
            members: self.data(row, "data", object.data),
            plain: self.data(row, "stringData", object.string_data),
        };
        let key = self.secret_key(namespace, name);
        if kind == CredentialKind::Certificate && self.tls_secret(row, &data, key) {
            return;
        }
        let place = row.place(&mut self.batch);
        let mut fact = CredentialFact::listed(key, kind, place);
        fact.name = Some(self.joined(&[namespace, "/", name]));
        // Only what is stored for others: the other kinds authenticate against the cluster itself.
        if kind == CredentialKind::StoredSecret {
            fact.custody = match VAULT_COPY_LABELS.iter().any(|label| metadata.label(label).is_some()) {
                true => Custody::Vault,
                false => Custody::Elsewhere,
            };
        }
        let holder = metadata.annotation("kubernetes.io/service-account.name");
        if let Some(account) = holder.as_deref().and_then(present) {
            fact.holder = Some(self.account_handle(namespace, account));
        }
        fact.created_at = metadata
            .creation_timestamp
            .clone()
            .instant(|| created_place(row), &mut self.diagnostics);
        let known = match kind {
            CredentialKind::StoredSecret => data.all(),
            CredentialKind::Certificate => None,
            _ => data.bytes(main_member),
        };
        fact.fingerprint = known.map(|secret| {
            let text = fingerprint(self.input.salt, &secret);
            self.batch.sym(&text)
        });
        if main_member == "token" {
            fact.expires_at = Expiry::Never;
            let is_invalid = metadata.label("kubernetes.io/legacy-token-invalid-since").is_some();
            fact.status = match is_invalid {
                true => CredentialStatus::Inactive,
                false => CredentialStatus::Active,
            };
            // The label is kept to the day, and missing both when unused and when the cluster does not track it.
            let label = "kubernetes.io/legacy-token-last-used";
            fact.last_used = metadata
                .label(label)
                .and_then(|text| {
                    Moment::parse(&text, DateOrder::MonthFirst).instant(
                        || format!("{}.metadata.labels[\"{label}\"]", row.name()),
                        &mut self.diagnostics,
                    )
                })
                .map_or(LastUsed::NotReported, LastUsed::At);
        }
        if main_member == "token-secret" && (object.data.is_some() || object.string_data.is_some()) {
            fact.status = CredentialStatus::Active;
            // The date from which the token is refused. Without one it never is.
            let expiration = data.bytes("expiration").and_then(|bytes| String::from_utf8(bytes).ok());
            fact.expires_at = match expiration.map(|text| Moment::parse(&text, DateOrder::MonthFirst)) {
                None => Expiry::Never,
                // What stands in a secret is not repeated, even where a date should stand.
                Some(Moment::Unreadable(_)) => {
                    self.diagnostics.push(Diagnostic::error(
                        format!("{}.data.expiration", row.name()),
                        "text that is no date",
                        "a date such as `2026-10-31T08:00:00Z`",
                        "the date was left out, the rest of the row was read; mend the date in the cluster",
                    ));
                    Expiry::NotReported
                }
                Some(Moment::At(at)) => Expiry::At(at),
                Some(Moment::Never) => Expiry::Never,
                Some(Moment::Absent) => Expiry::NotReported,
            };
        }
        self.batch.credentials.push(fact);
    }

    /// States the certificates of a TLS secret under its key. False when there is none to be read.
    fn tls_secret(&mut self, row: &Row<'_>, data: &Data<'_>, secret: Sym) -> bool {
        let Some(pem) = data.bytes("tls.crt").and_then(|bytes| String::from_utf8(bytes).ok()) else {
            return false;
        };
        let where_found = format!("{}.data[\"tls.crt\"]", row.name());
        let read = self.certificates(&pem, &where_found);
        // cert-manager leaves the member empty until the certificate is there.
        if read.is_empty() && !pem.trim().is_empty() {
            self.diagnostics.push(Diagnostic::warning(
                where_found,
                "no certificate",
                "certificates in PEM",
                "the secret counts as a certificate of which nothing more is known; look at it with `kubectl get secret`",
            ));
        }
        // The first certificate of a chain is the secret's own, the others are its authorities'.
        let Some(leaf) = read.first() else { return false };
        self.batch.synonyms.push(Synonym {
            name: secret,
            key: self.batch.credentials[*leaf].key,
        });
        true
    }

    /// The members of a secret's data. What is no map at all is reported without a word of it.
    fn data<'a>(&mut self, row: &Row<'_>, name: &str, raw: Option<&'a RawValue>) -> Members<'a> {
        let Some(raw) = raw else {
            return Members::default();
        };
        serde_json::from_str(raw.get()).unwrap_or_else(|_| {
            self.diagnostics.push(Diagnostic::error(
                format!("{}.{name}", row.name()),
                "no object",
                "an object with the secret's members",
                "the secret counts without a fingerprint; export it again",
            ));
            Members::default()
        })
    }
}

/// What a secret holds: base64 in `data`, plain text in a manifest's `stringData`, which goes before it.
struct Data<'a> {
    members: Members<'a>,
    plain: Members<'a>,
}

impl Data<'_> {
    /// The bytes of one member; `None` when it is missing, empty, unreadable or was blanked by whoever exported it.
    fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        if let Some(text) = self.plain.get(key) {
            return known_bytes(&text, |text| Some(text.as_bytes().to_vec()));
        }
        known_bytes(&self.members.get(key)?, decode)
    }

    /// Every member with its name and both lengths, sorted, so that equal bytes are equal secrets. `None` when a part
    /// is not known, since secrets that were blanked alike are not alike.
    fn all(&self) -> Option<Vec<u8>> {
        let mut keys: Vec<&str> = [&self.members, &self.plain]
            .iter()
            .flat_map(|members| members.0.iter().map(|(key, _)| &**key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let mut all = Vec::new();
        for key in keys {
            for part in [key.as_bytes(), &self.bytes(key)?] {
                all.extend((part.len() as u64).to_le_bytes());
                all.extend(part);
            }
        }
        (!all.is_empty()).then_some(all)
    }
}

fn known_bytes(text: &str, decode: impl FnOnce(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    (!is_blanked(text))
        .then(|| decode(text))
        .flatten()
        .filter(|bytes| !bytes.is_empty() && !std::str::from_utf8(bytes).is_ok_and(is_blanked))
}

/// Whether somebody replaced a value before it was exported: `xxxx`, `****`, `REDACTED`, `<removed>`.
fn is_blanked(text: &str) -> bool {
    let text = text.trim();
    let mut chars = text.chars();
    let is_one_char = chars
        .next()
        .is_some_and(|first| !first.is_alphanumeric() || matches!(first, 'x' | 'X'))
        && text.chars().all(|c| text.starts_with(c));
    let is_word = ["redacted", "removed", "masked", "hidden", "omitted"]
        .iter()
        .any(|word| {
            text.trim_matches(|c: char| !c.is_alphanumeric())
                .eq_ignore_ascii_case(word)
        });
    is_one_char || is_word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blanked_value_is_no_secret() {
        for text in ["", "REDACTED", "<redacted>", "***", "xxxxxxxx", "[removed]"] {
            let is_known = known_bytes(text, |text| Some(text.as_bytes().to_vec())).is_some();
            assert!(!is_known, "{text}");
        }
        for text in ["hunter2", "aaaa", "0000", "redacted-not"] {
            assert!(
                known_bytes(text, |text| Some(text.as_bytes().to_vec())).is_some(),
                "{text}"
            );
        }
    }
}
