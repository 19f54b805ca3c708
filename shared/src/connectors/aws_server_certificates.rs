//! Server certificates that are kept in IAM: the old way of giving a load balancer its certificate.
//!
//! Written by `aws iam list-server-certificates`, and one by one by `aws iam get-server-certificate`, which also has
//! the certificate itself.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListServerCertificates.html>
//!
//! Read: name, ARN, expiry; of `get-server-certificate` the certificate and its chain. IAM never answers the private
//! key.
//!
//! Cannot tell: what uses a certificate, and, from the list alone, its names, key and issuer.

use serde::Deserialize;

use super::aws_export::{Labels, RawTag, required_arn};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_server_certificates",
    title: "IAM server certificates",
    vendor: "AWS",
    command: "aws iam list-server-certificates > server-certificates.json; for c in $(aws iam list-server-certificates --query 'ServerCertificateMetadataList[].ServerCertificateName' --output text); do aws iam get-server-certificate --server-certificate-name $c; done > server-certificates-full.json",
    cannot_tell: &[
        "names, key and issuer of a certificate that is only listed: add `get-server-certificate`",
        "what uses a certificate: load balancers and CloudFront know",
    ],
    signatures: &[
        &[Mark::Has("ServerCertificateMetadataList")],
        &[Mark::Has("ServerCertificate.ServerCertificateMetadata")],
        // What `--query` leaves of the list.
        &[
            Mark::Has("ServerCertificateId"),
            Mark::Contains("Arn", ":server-certificate/"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a server certificate")]
struct RawMetadata<'a> {
    #[serde(borrow, default)]
    server_certificate_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(default)]
    upload_date: Moment,
    #[serde(default)]
    expiration: Moment,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a server certificate with its body")]
struct RawCertificate<'a> {
    #[serde(borrow)]
    server_certificate_metadata: RawMetadata<'a>,
    #[serde(borrow, default)]
    certificate_body: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_chain: Option<Text<'a>>,
    #[serde(borrow, default)]
    tags: OneOrMany<RawTag<'a>>,
}

const LIST: &str = "ServerCertificateMetadataList";
const ONE: &str = "ServerCertificate";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &[LIST, ONE], &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        match row.list {
            ONE => {
                if let Some(raw) = row.parse::<RawCertificate<'_>>(&mut diagnostics) {
                    read_whole(&raw, row, &mut batch, &mut diagnostics);
                }
            }
            _ => {
                if let Some(raw) = row.parse::<RawMetadata<'_>>(&mut diagnostics) {
                    let fact = described(&raw, row, "Arn", &mut batch, &mut diagnostics);
                    batch.credentials.extend(fact);
                }
            }
        }
    }
    rows.note_pages_of(LIST, LIST, &mut batch);
    (batch, diagnostics)
}

/// What the metadata say of the certificate.
fn described(
    raw: &RawMetadata<'_>,
    row: &Row<'_>,
    member: &str,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) -> Option<CredentialFact> {
    let arn = required_arn(raw.arn.as_deref(), &["iam"], row, member, diagnostics)?;
    let place = row.place(batch);
    let key = batch.sym(&format!("aws-server-certificate:{arn}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
    fact.name = batch.sym_of(raw.server_certificate_name.as_deref().and_then(present));
    // IAM has no switch that turns one off.
    fact.status = CredentialStatus::Active;
    fact.created_at = raw
        .upload_date
        .clone()
        .instant(|| format!("{}.UploadDate", row.name()), diagnostics);
    fact.expires_at = raw
        .expiration
        .clone()
        .expiry(|| format!("{}.Expiration", row.name()), diagnostics);
    Some(fact)
}

/// The first certificate of the body is the one that the metadata describe.
fn read_whole(raw: &RawCertificate<'_>, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let metadata = &raw.server_certificate_metadata;
    let Some(mut described) = described(metadata, row, "ServerCertificateMetadata.Arn", batch, diagnostics) else {
        return;
    };
    let labels = Labels::read(&raw.tags.0, batch);
    described.owners = labels.owners;
    described.environment = labels.environment;
    let members = [
        ("CertificateBody", &raw.certificate_body),
        ("CertificateChain", &raw.certificate_chain),
    ];
    for (member, pem) in members {
        let name = format!("{}.{member}", row.name());
        let found = certificate::push_pem(
            pem.as_deref().unwrap_or_default(),
            |batch, n, _| Place::Path(batch.sym(&format!("{name} certificate {n}"))),
            batch,
            diagnostics,
        );
        if let Some(&first) = found.first().filter(|_| member == "CertificateBody") {
            let key = batch.credentials[first].key;
            batch.synonyms.push(Synonym {
                name: described.key,
                key,
            });
        }
    }
    batch.credentials.push(described);
}
