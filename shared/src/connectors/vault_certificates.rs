//! Vault PKI: the certificates that an engine issued.
//!
//! Written by `vault read -format=json pki/cert/SERIAL` for each of `vault list pki/certs`.
//! <https://developer.hashicorp.com/vault/api-docs/secret/pki#read-certificate>
//!
//! Read: the certificate, and whether it was revoked.
//!
//! Cannot tell: who asked for a certificate, and where it is in use. An engine with `no_store` keeps none.

use serde::Deserialize;

use super::vault::RawAnswer;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::CredentialStatus;
use crate::reading::certificate;
use crate::reading::json;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "vault_certificates",
    title: "PKI certificates",
    vendor: "HashiCorp Vault",
    command: "for s in $(vault list -format=json pki/certs | jq -r '.[]'); do vault read -format=json pki/cert/$s; done > pki-certificates.ndjson",
    cannot_tell: &[
        "who asked for a certificate, and where it is in use",
        "certificates of a role with `no_store`: Vault keeps none of them",
    ],
    signatures: &[&[
        Mark::Has("request_id"),
        Mark::Has("data.certificate"),
        Mark::Has("data.revocation_time"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawCertificate<'a> {
    /// PEM.
    #[serde(borrow, default)]
    certificate: Option<Text<'a>>,
    /// 0 when it was not revoked.
    #[serde(default)]
    revocation_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(answer) = row.parse::<RawAnswer<'_, RawCertificate<'_>>>(&mut diagnostics) else {
            continue;
        };
        let Some(raw) = answer.data else { continue };
        let pem = raw.certificate.as_deref().unwrap_or("");
        let indices = certificate::push_pem(pem, |batch, _, _| row.place(batch), &mut batch, &mut diagnostics);
        if indices.is_empty() && !pem.contains("BEGIN ") {
            diagnostics.push(Diagnostic::error(
                format!("{}.data.certificate", row.name()),
                "no certificate",
                "a certificate in PEM",
                "this one was left out; read it again",
            ));
        }
        if let Moment::At(_) = raw.revocation_time {
            for index in indices {
                batch.credentials[index].status = CredentialStatus::Revoked;
            }
        }
    }
    (batch, diagnostics)
}
