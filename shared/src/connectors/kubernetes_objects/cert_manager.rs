//! cert-manager's `Certificate`: which secret holds it, for which names, until when.

use serde::Deserialize;

use super::values::Text;
use super::{RawMetadata, RawObject, Reader, member};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::principal::HandleKind;
use crate::reading::json::Row;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;

/// The spec of cert-manager's `Certificate`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a certificate's spec")]
struct RawWantedCertificate<'a> {
    #[serde(borrow, default)]
    secret_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    common_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    dns_names: OneOrMany<Text<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a certificate's status")]
struct RawIssuance {
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
}

impl Reader<'_> {
    pub(super) fn issued_certificate(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        let Some(wanted) = member::<RawWantedCertificate<'_>>(row, "spec", object.spec, &mut self.diagnostics) else {
            return;
        };
        let issuance = member::<RawIssuance>(row, "status", object.status, &mut self.diagnostics).unwrap_or_default();
        if issuance.not_after == Moment::Absent {
            return self.pass_over("Certificate that is not issued yet");
        }
        let secret = wanted.secret_name.as_ref().map_or(name, |secret| &*secret.0);
        let key = self.secret_key(namespace, secret);
        let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, row.place(&mut self.batch));
        fact.name = Some(self.joined(&[namespace, "/", secret]));
        let named = wanted.dns_names.0.first().or(wanted.common_name.as_ref());
        if let Some(named) = named.filter(|named| !named.0.is_empty()) {
            fact.holder = Some(self.batch.handle(HandleKind::CertificateName, &named.0.to_lowercase()));
        }
        fact.created_at = issuance
            .not_before
            .instant(|| format!("{}.status.notBefore", row.name()), &mut self.diagnostics);
        fact.expires_at = issuance
            .not_after
            .expiry(|| format!("{}.status.notAfter", row.name()), &mut self.diagnostics);
        fact.status = CredentialStatus::Active;
        self.batch.credentials.push(fact);
    }
}
