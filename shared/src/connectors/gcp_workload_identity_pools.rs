//! Google Cloud's workload identity pools and their providers: whose tokens a project accepts.
//!
//! Written by `gcloud iam workload-identity-pools list` and `… providers list` (arrays), by the REST API as
//! `workloadIdentityPools` and `workloadIdentityPoolProviders`.
//! <https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers>
//!
//! Read: of providers the issuer, an AWS account or a SAML provider, whether it is in force, and whether a condition guards
//! it. Each is a federation: nothing is stored. A pool without providers lets nobody in, and is only noted.
//!
//! Cannot tell: which service accounts a pool's members may become: that is in the policies of the service accounts. The
//! shape is that of the documentation: none could be confirmed on a recorded export.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::instant::Expiry;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_workload_identity_pools",
    title: "Workload identity pools and providers",
    vendor: "Google Cloud",
    command: "for p in $(gcloud iam workload-identity-pools list --location=global --format='value(name)'); do gcloud iam workload-identity-pools providers list --workload-identity-pool=${p##*/} --location=global --format=json; done > providers.json",
    cannot_tell: &[
        "which service accounts a pool's members may become: add the service accounts' policies",
        "who used a provider, and when",
        "when a provider was made",
    ],
    signatures: &[
        &[Mark::Contains("name", "/workloadIdentityPools/"), Mark::Has("state")],
        &[Mark::Contains(
            "workloadIdentityPools[].name",
            "/workloadIdentityPools/",
        )],
        &[Mark::Contains("workloadIdentityPoolProviders[].name", "/providers/")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawProvider<'a> {
    /// `projects/1/locations/global/workloadIdentityPools/P[/providers/Q]`.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    /// `ACTIVE` or `DELETED`, which for thirty days can be undone.
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    disabled: Option<bool>,
    #[serde(borrow, default)]
    attribute_condition: Option<Text<'a>>,
    #[serde(borrow, default)]
    oidc: Option<RawOidc<'a>>,
    #[serde(borrow, default)]
    aws: Option<RawAws<'a>>,
    #[serde(default)]
    saml: Option<IgnoredAny>,
    #[serde(default)]
    x509: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOidc<'a> {
    #[serde(borrow, default)]
    issuer_uri: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAws<'a> {
    #[serde(borrow, default)]
    account_id: Option<Text<'a>>,
}

/// Issuers that vouch for everybody who has an account with them: without a condition, for strangers too.
const SHARED_ISSUERS: [&str; 4] = [
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "accounts.google.com",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let lists = ["workloadIdentityPools", "workloadIdentityPoolProviders"];
    let rows = json::rows(input.text, &lists, &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        read_provider(row, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "workload identity pools");
    (batch, diagnostics)
}

fn read_provider(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawProvider<'_>>(diagnostics) else {
        return;
    };
    let Some(name) = raw
        .name
        .as_deref()
        .filter(|name| name.contains("/workloadIdentityPools/"))
    else {
        diagnostics.push(Diagnostic::error(
            format!("{}.name", row.name()),
            raw.name.as_deref().unwrap_or("no `name`"),
            "a name such as `projects/1/locations/global/workloadIdentityPools/P/providers/Q`",
            "this row was left out; export the providers again",
        ));
        return;
    };
    if !name.contains("/providers/") {
        return;
    }
    let issuer = raw
        .oidc
        .as_ref()
        .and_then(|oidc| oidc.issuer_uri.as_deref())
        .and_then(present);
    let account = raw
        .aws
        .as_ref()
        .and_then(|aws| aws.account_id.as_deref())
        .and_then(present);
    let lets_in = match (issuer, account) {
        (Some(issuer), _) => issuer.strip_prefix("https://").unwrap_or(issuer).to_owned(),
        (None, Some(account)) => format!("AWS account {account}"),
        (None, None) if raw.saml.is_some() => "a SAML provider".to_owned(),
        (None, None) if raw.x509.is_some() => "certificates of an authority".to_owned(),
        (None, None) => "an unknown issuer".to_owned(),
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("gcp-provider:{name}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::Federation, place);
    let id = name.rsplit('/').next().unwrap_or(name);
    fact.name = Some(batch.sym(&format!("{id}: {lets_in}")));
    let is_active = raw.state.as_deref() == Some("ACTIVE") && raw.disabled != Some(true);
    fact.status = match raw.state {
        _ if is_active => CredentialStatus::Active,
        Some(_) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    };
    fact.expires_at = Expiry::Never;
    batch.credentials.push(fact);
    let host = lets_in.split('/').next().unwrap_or("");
    let has_condition = raw.attribute_condition.as_deref().and_then(present).is_some();
    if is_active && !has_condition && SHARED_ISSUERS.contains(&host) {
        diagnostics.push(Diagnostic::warning(
            format!("{}.attributeCondition", row.name()),
            format!("no condition on tokens of {host}"),
            "a condition on whose token it is, such as `assertion.repository_owner == 'acme'`",
            "everybody with an account there gets into the pool; what guards it is in the service accounts' policies alone",
        ));
    }
}
