//! AWS IoT certificates: what devices authenticate with, and the authorities that may issue more.
//!
//! Written by `aws iot list-certificates`, `list-certificates-by-ca`, `list-ca-certificates` (page by page),
//! `describe-certificate` and `describe-ca-certificate`, which also have the certificate itself.
//! <https://docs.aws.amazon.com/iot/latest/apireference/API_ListCertificates.html>
//!
//! Read: ARN, id, state, registration; of descriptions the certificate and its validity. The id is the certificate's
//! SHA-256, so that it joins copies found elsewhere. A registered certificate is a device's: AWS lets policies be
//! attached to it and to nothing else. Certificates that AWS issued all bear one name, so the ARN names the device.
//!
//! Cannot tell: when a device last connected.

use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::{account_of, certificate_in, required_arn, unreadable_certificate};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::principal::HandleKind;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_iot_certificates",
    title: "IoT certificates",
    vendor: "AWS",
    command: "aws iot list-certificates > iot-certificates.json; for c in $(aws iot list-certificates --query 'certificates[].certificateId' --output text); do aws iot describe-certificate --certificate-id $c; done > iot-certificates-full.json",
    cannot_tell: &[
        "when a device last connected: fleet indexing and CloudWatch know",
        "the end of a certificate that is only listed: add `describe-certificate`",
        "certificates of other Regions: each Region has its own list",
        "which thing a certificate is attached to, and its policies",
    ],
    signatures: &[
        &[Mark::Contains("certificates[].certificateArn", ":iot:")],
        &[Mark::Contains("certificateDescription.certificateArn", ":iot:")],
        // What `--query` leaves of a list.
        &[Mark::Contains("certificateArn", ":iot:"), Mark::Has("certificateId")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a certificate")]
struct RawCertificate<'a> {
    /// `…:cert/<id>`, of an authority `…:cacert/<id>`.
    #[serde(borrow, default)]
    certificate_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(default)]
    creation_date: Moment,
    #[serde(borrow, default)]
    certificate_pem: Option<Text<'a>>,
    #[serde(default)]
    validity: Option<RawValidity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a validity")]
struct RawValidity {
    #[serde(default)]
    not_after: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(
        input.text,
        &["certificates", "certificateDescription"],
        &mut diagnostics,
    );
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        if let Some(raw) = row.parse::<RawCertificate<'_>>(&mut diagnostics) {
            read_certificate(&raw, row, &mut batch, &mut diagnostics);
        }
    }
    rows.note_pages_of("certificates", "iot certificates", &mut batch);
    (batch, diagnostics)
}

fn read_certificate(raw: &RawCertificate<'_>, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let arn = raw.certificate_arn.as_deref();
    let Some(arn) = required_arn(arn, &["iot"], row, "certificateArn", diagnostics) else {
        return;
    };
    let id = raw.certificate_id.as_deref().and_then(present);
    let id = id
        .or_else(|| arn.rsplit_once('/').map(|(_, id)| id))
        .unwrap_or_default();
    let place = row.place(batch);
    let key = match id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => format!("x509:{}", id.to_ascii_lowercase()),
        false => format!("aws-iot:{arn}"),
    };
    let key = batch.sym(&key);
    let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
    fact.name = batch.sym_of(Some(id));
    fact.status = match raw.status.as_deref() {
        Some("ACTIVE") => CredentialStatus::Active,
        Some("REVOKED") => CredentialStatus::Revoked,
        Some("INACTIVE" | "PENDING_TRANSFER" | "REGISTER_INACTIVE" | "PENDING_ACTIVATION") => {
            CredentialStatus::Inactive
        }
        Some(_) | None => CredentialStatus::Unknown,
    };
    fact.created_at = raw
        .creation_date
        .clone()
        .instant(|| format!("{}.creationDate", row.name()), diagnostics);
    if let Some(validity) = &raw.validity {
        fact.expires_at = validity
            .not_after
            .clone()
            .expiry(|| format!("{}.validity.notAfter", row.name()), diagnostics);
    }
    let registered_at = fact.created_at;
    shown(raw, row, &mut fact, batch, diagnostics);
    if arn.contains(":cert/") {
        let handle = batch.handle(HandleKind::Arn, arn);
        let mut device = IdentityFact::listed(smallvec![handle], IdentityKind::Device, place);
        device.name = fact.name;
        device.account = batch.sym_of(account_of(arn));
        device.created_at = registered_at;
        device.credentials_known = Knowledge::Reported;
        device.status = match fact.status {
            CredentialStatus::Active => Status::Active,
            CredentialStatus::Inactive | CredentialStatus::Revoked => Status::Disabled,
            CredentialStatus::Unknown => Status::Unknown,
        };
        batch.identities.push(device);
        fact.holder = Some(handle);
    }
    batch.credentials.push(fact);
}

/// What the certificate itself says, where the description has it.
fn shown(
    raw: &RawCertificate<'_>,
    row: &Row<'_>,
    fact: &mut CredentialFact,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let pem = raw.certificate_pem.as_deref();
    let Some(der) = certificate_in(pem, row, "certificatePem", diagnostics) else {
        return;
    };
    match certificate::from_der(&der, batch) {
        Ok((key, certificate)) => {
            fact.key = key;
            fact.created_at = Some(certificate.not_before);
            fact.expires_at = certificate.not_after;
            fact.fingerprint = certificate.public_key_sha256;
            fact.certificate = Some(Box::new(certificate));
        }
        Err(reason) => diagnostics.push(unreadable_certificate(row, "certificatePem", reason)),
    }
}
