//! IAM identity providers: whose tokens an AWS account accepts, by OpenID Connect or SAML.
//!
//! Written by `aws iam list-open-id-connect-providers` and `list-saml-providers`, and one by one by
//! `get-open-id-connect-provider` and `get-saml-provider`.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListOpenIDConnectProviders.html>
//!
//! Read: ARN or URL, creation, the end of a SAML provider's metadata and the certificates in it. A provider is a
//! federation: nothing is stored, somebody else's word is taken. Which roles take it stands in their trust policies.
//!
//! Cannot tell: who may come in through a provider. The `get-…` answers name neither ARN nor account: `Arn` is taken
//! where the command below adds it, and the account comes from `source.toml`, the path or the source.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::aws_export;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::instant::Expiry;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_identity_providers",
    title: "IAM identity providers",
    vendor: "AWS",
    command: "aws iam list-open-id-connect-providers > oidc-providers.json; aws iam list-saml-providers > saml-providers.json; for a in $(aws iam list-open-id-connect-providers --query 'OpenIDConnectProviderList[].Arn' --output text); do aws iam get-open-id-connect-provider --open-id-connect-provider-arn $a | jq --arg a $a '. + {Arn: $a}'; done > oidc-providers-full.json",
    cannot_tell: &[
        "who may come in: the trust policies of roles say it; add `get-account-authorization-details`",
        "when a provider was made, from the list of OpenID Connect providers alone: add `get-open-id-connect-provider`",
        "when somebody last came in through a provider: CloudTrail knows",
    ],
    signatures: &[
        &[Mark::Has("OpenIDConnectProviderList")],
        &[Mark::Has("SAMLProviderList")],
        // AWS checks some providers by its own list of authorities: these need no thumbprint.
        &[Mark::Has("Url"), Mark::Has("ClientIDList")],
        &[Mark::Has("SAMLMetadataDocument")],
        // What `--query` leaves of the lists.
        &[Mark::Contains("Arn", ":oidc-provider/")],
        &[Mark::Contains("Arn", ":saml-provider/")],
    ],
    parse,
};

/// A provider of either kind, listed or got.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an identity provider")]
struct RawProvider<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
    #[serde(borrow, default, rename = "SAMLMetadataDocument")]
    saml_metadata_document: Option<Text<'a>>,
    #[serde(default)]
    create_date: Moment,
    #[serde(default)]
    valid_until: Moment,
}

const LISTS: [&str; 2] = ["OpenIDConnectProviderList", "SAMLProviderList"];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &LISTS, &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        read_row(row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

pub(super) fn read_row(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    if let Some(raw) = row.parse::<RawProvider<'_>>(diagnostics) {
        read_provider(raw, row, &input, batch, diagnostics);
    }
}

fn read_provider(
    raw: RawProvider<'_>,
    row: &Row<'_>,
    input: &Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    if let Some(metadata) = raw.saml_metadata_document.as_deref() {
        signing_certificates(metadata, row, batch, diagnostics);
    }
    let arn = raw.arn.as_deref().and_then(present);
    let named = arn.and_then(|arn| {
        let name = [":oidc-provider/", ":saml-provider/"]
            .iter()
            .find_map(|marker| arn.split_once(marker))?;
        Some((aws_export::account_of(arn)?, name.1))
    });
    // An OpenID Connect provider is called after its URL.
    let url = raw.url.as_deref().and_then(present);
    let named = named.or_else(|| {
        let host = url?.strip_prefix("https://").unwrap_or(url?);
        Some((aws_export::account(input).unwrap_or(input.source), host))
    });
    let Some((scope, name)) = named else {
        // A SAML provider that was got says what it trusts, and not what it is called.
        if raw.saml_metadata_document.is_none() {
            diagnostics.push(Diagnostic::error(
                format!("{}.Arn", row.name()),
                arn.unwrap_or("nothing"),
                "the ARN of an OpenID Connect or SAML provider, or the `Url` of the first",
                "this row was left out; export it again",
            ));
        }
        return;
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("aws-identity-provider:{scope}/{name}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::Federation, place);
    fact.name = Some(batch.sym(name));
    // IAM has no switch that turns one off.
    fact.status = CredentialStatus::Active;
    fact.created_at = raw
        .create_date
        .instant(|| format!("{}.CreateDate", row.name()), diagnostics);
    let is_saml = arn.is_some_and(|arn| arn.contains(":saml-provider/"));
    fact.expires_at = match raw.valid_until {
        Moment::Absent if !is_saml => Expiry::Never,
        until => until.expiry(|| format!("{}.ValidUntil", row.name()), diagnostics),
    };
    batch.credentials.push(fact);
}

/// The certificates with which a SAML identity provider signs, out of its metadata's `X509Certificate` elements.
fn signing_certificates(metadata: &str, row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let name = format!("{}.SAMLMetadataDocument", row.name());
    let elements = metadata.split("X509Certificate>").skip(1).step_by(2);
    for (element, n) in elements.zip(1..) {
        let base64: String = element
            .split('<')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let place = Place::Path(batch.sym(&format!("{name} certificate {n}")));
        match STANDARD.decode(base64) {
            Ok(der) => {
                let (n_identities, n_credentials) = (batch.identities.len(), batch.credentials.len());
                let index = certificate::push(&der, place, batch, diagnostics);
                if let Some(index) = index.filter(|index| *index == n_credentials) {
                    // It signs for the identity provider and names nobody that signs in.
                    batch.identities.truncate(n_identities);
                    batch.credentials[index].holder = None;
                }
            }
            Err(_) => diagnostics.push(certificate::broken_block(
                place.to_text(&batch.strings),
                "X509Certificate",
                "no base64",
            )),
        }
    }
}
