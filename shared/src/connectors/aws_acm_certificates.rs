//! AWS Certificate Manager: the certificates of one account in one Region.
//!
//! Written by `aws acm list-certificates`, `describe-certificate`, and `get-certificate`, which has the certificate
//! itself (as that of `acm-pca` does).
//! <https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html>
//!
//! Read: ARN, names, state, dates; of `describe-certificate` also serial number, subject, issuer, key and signature;
//! of `get-certificate` everything. A request that has no certificate yet, or never got one, is passed over.
//!
//! Cannot tell: whom a connection shows the certificate to. The list leaves out key types that are not asked for.

use serde::Deserialize;

use super::aws_export::required_arn;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::certificate::{CertificateFact, CertificateRole, IssuedBy, KeyAlgorithm, PublicTrust, SignatureHash};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_acm_certificates",
    title: "Certificate Manager certificates",
    vendor: "AWS",
    command: "t=RSA_1024,RSA_2048,RSA_3072,RSA_4096,EC_prime256v1,EC_secp384r1,EC_secp521r1; for a in $(aws acm list-certificates --includes keyTypes=$t --query 'CertificateSummaryList[].CertificateArn' --output text); do aws acm describe-certificate --certificate-arn $a; done > acm-certificates.json",
    cannot_tell: &[
        "certificates of other Regions: each Region has its own list",
        "certificates with keys other than RSA 1024 and 2048, unless `--includes keyTypes=…` asks for them",
        "serial number, issuer and signature of a certificate that is only listed: add `describe-certificate`",
        "when a certificate was last shown to somebody",
    ],
    signatures: &[
        &[Mark::Has("CertificateSummaryList")],
        &[Mark::Has("Certificate.CertificateArn")],
        &[
            Mark::Has("Certificate"),
            Mark::Has("CertificateChain"),
            Mark::Lacks("CertificateArn"),
        ],
        // What `--query` leaves of a list.
        &[Mark::Contains("CertificateArn", ":acm:"), Mark::Has("DomainName")],
    ],
    parse,
};

/// A certificate as it is listed or described.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a certificate")]
struct RawCertificate<'a> {
    #[serde(borrow, default)]
    certificate_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    domain_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "SubjectAlternativeNameSummaries")]
    subject_alternative_names: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    /// `AMAZON_ISSUED`, `IMPORTED` or `PRIVATE`; absent from tools older than 2016.
    #[serde(borrow, default, rename = "Type")]
    origin: Option<Text<'a>>,
    #[serde(borrow, default)]
    serial: Option<Text<'a>>,
    #[serde(borrow, default)]
    subject: Option<Text<'a>>,
    #[serde(borrow, default)]
    issuer: Option<Text<'a>>,
    #[serde(default)]
    not_before: Moment,
    #[serde(default)]
    not_after: Moment,
    /// `RSA_2048` and `RSA-2048`, `EC_prime256v1`.
    #[serde(borrow, default)]
    key_algorithm: Option<Text<'a>>,
    /// `SHA256WITHRSA`.
    #[serde(borrow, default)]
    signature_algorithm: Option<Text<'a>>,
    #[serde(borrow, default)]
    extended_key_usages: OneOrMany<RawUsage<'a>>,
}

/// A name alone in lists, with its OID in descriptions.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawUsage<'a> {
    Name(#[serde(borrow)] Text<'a>),
    Described {
        #[serde(borrow, default, rename = "Name")]
        name: Option<Text<'a>>,
    },
}

/// A certificate and its chain as PEM.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a certificate as PEM")]
struct RawPem<'a> {
    #[serde(borrow, default)]
    certificate: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_chain: Option<Text<'a>>,
}

const LIST: &str = "CertificateSummaryList";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &[LIST, "Certificate"], &mut diagnostics);
    let mut n_requests = 0;
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        // `Certificate` is an object when described, and PEM text when got.
        match row.list.is_empty() && !row.text.contains("CertificateArn") {
            true => read_pem(row, &mut batch, &mut diagnostics),
            false => n_requests += usize::from(!read_certificate(row, &mut batch, &mut diagnostics)),
        }
    }
    rows.note_pages_of(LIST, LIST, &mut batch);
    if n_requests > 0 {
        diagnostics.push(Diagnostic::info(
            LIST,
            format!("{n_requests} requests that have no certificate"),
            "issued or imported certificates",
            "nothing to do: a request that waits, failed or timed out certifies nothing",
        ));
    }
    (batch, diagnostics)
}

/// False when there is no certificate yet, or will never be.
pub(super) fn read_certificate(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) -> bool {
    let Some(raw) = row.parse::<RawCertificate<'_>>(diagnostics) else {
        return true;
    };
    let status = match raw.status.as_deref() {
        Some("ISSUED" | "EXPIRED") => CredentialStatus::Active,
        Some("REVOKED") => CredentialStatus::Revoked,
        Some("INACTIVE") => CredentialStatus::Inactive,
        Some("PENDING_VALIDATION" | "VALIDATION_TIMED_OUT" | "FAILED") => return false,
        Some(_) | None => CredentialStatus::Unknown,
    };
    let Some(arn) = required_arn(
        raw.certificate_arn.as_deref(),
        &["acm"],
        row,
        "CertificateArn",
        diagnostics,
    ) else {
        return true;
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("acm:{arn}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
    fact.name = batch.sym_of(raw.domain_name.as_deref().and_then(present));
    fact.status = status;
    fact.created_at = raw
        .not_before
        .clone()
        .instant(|| format!("{}.NotBefore", row.name()), diagnostics);
    fact.expires_at = raw
        .not_after
        .clone()
        .expiry(|| format!("{}.NotAfter", row.name()), diagnostics);
    fact.certificate = described(&raw, &fact, batch).map(Box::new);
    batch.credentials.push(fact);
    true
}

/// What a description says of the certificate; none where it is only listed.
fn described(raw: &RawCertificate<'_>, fact: &CredentialFact, batch: &mut Batch) -> Option<CertificateFact> {
    let serial = raw.serial.as_deref().and_then(present)?;
    let subject = raw.subject.as_deref().and_then(present)?;
    let issuer = raw.issuer.as_deref().and_then(present)?;
    let names: Vec<_> = raw.subject_alternative_names.0.iter().collect();
    let usages: Vec<&str> = raw.extended_key_usages.0.iter().filter_map(RawUsage::name).collect();
    let origin = raw.origin.as_deref();
    Some(CertificateFact {
        sha256: None,
        public_key_sha256: None,
        subject: batch.sym(subject),
        issuer: batch.sym(issuer),
        serial: batch.sym(&plain_serial(serial)),
        names: names
            .iter()
            .map(|name| batch.sym(&format!("dns:{}", &***name)))
            .collect(),
        not_before: fact.created_at?,
        not_after: fact.expires_at,
        key: key_algorithm(raw.key_algorithm.as_deref()?),
        signature_hash: signature_hash(raw.signature_algorithm.as_deref()?),
        role: role(&usages, names.is_empty()),
        trust: match origin {
            Some("AMAZON_ISSUED") => PublicTrust::Public,
            Some("PRIVATE") => PublicTrust::Private,
            Some(_) | None => PublicTrust::Unknown,
        },
        // Only somebody who imports a certificate can have signed it himself.
        issued_by: match subject.contains(issuer) && origin == Some("IMPORTED") {
            true => IssuedBy::Itself,
            false => IssuedBy::Another,
        },
    })
}

impl RawUsage<'_> {
    fn name(&self) -> Option<&str> {
        match self {
            RawUsage::Name(name) => Some(name),
            RawUsage::Described { name } => name.as_deref(),
        }
    }
}

/// As certificates are compared: hex in lower case, without colons, and without the zero byte that keeps it positive.
fn plain_serial(serial: &str) -> String {
    let digits: String = serial
        .chars()
        .filter(char::is_ascii_hexdigit)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    match digits.strip_prefix("00") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        Some(_) | None => digits,
    }
}

fn key_algorithm(text: &str) -> KeyAlgorithm {
    let text = text.replace('-', "_");
    match text.as_str() {
        "EC_prime256v1" => KeyAlgorithm::Ec { n_bits: 256 },
        "EC_secp384r1" => KeyAlgorithm::Ec { n_bits: 384 },
        "EC_secp521r1" => KeyAlgorithm::Ec { n_bits: 521 },
        _ => match text.strip_prefix("RSA_").and_then(|bits| bits.parse().ok()) {
            Some(n_bits) => KeyAlgorithm::Rsa { n_bits },
            None => KeyAlgorithm::Other,
        },
    }
}

fn signature_hash(text: &str) -> SignatureHash {
    let upper = text.to_ascii_uppercase();
    match upper.split("WITH").next().unwrap_or_default().trim_end_matches('_') {
        "SHA256" | "SHA384" | "SHA512" | "SHA224" => SignatureHash::Sha2,
        "SHA1" | "SHA" => SignatureHash::Sha1,
        "MD5" => SignatureHash::Md5,
        _ => SignatureHash::Other,
    }
}

/// ACM keeps no authorities.
fn role(usages: &[&str], is_nameless: bool) -> CertificateRole {
    let has = |usage| usages.contains(&usage);
    if has("TLS_WEB_SERVER_AUTHENTICATION") || usages.is_empty() && !is_nameless {
        CertificateRole::Server
    } else if has("TLS_WEB_CLIENT_AUTHENTICATION") {
        CertificateRole::Client
    } else {
        CertificateRole::Other
    }
}

fn read_pem(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawPem<'_>>(diagnostics) else {
        return;
    };
    let n_diagnostics = diagnostics.len();
    let mut n_found = 0;
    for (member, pem) in [
        ("Certificate", &raw.certificate),
        ("CertificateChain", &raw.certificate_chain),
    ] {
        let name = format!("{}.{member}", row.name());
        let found = certificate::push_pem(
            pem.as_deref().unwrap_or_default(),
            |batch, n, _| Place::Path(batch.sym(&format!("{name} certificate {n}"))),
            batch,
            diagnostics,
        );
        n_found += found.len();
    }
    if n_found == 0 && diagnostics.len() == n_diagnostics {
        diagnostics.push(Diagnostic::error(
            format!("{}.Certificate", row.name()),
            "no certificate",
            "PEM, or the description of a certificate with `CertificateArn`",
            "this row was left out; export it again",
        ));
    }
}
