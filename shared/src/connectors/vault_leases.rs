//! Vault leases: dynamic credentials that Vault made, and will take back.
//!
//! Written by `vault write -format=json sys/leases/lookup lease_id=ID` for each of
//! `vault list sys/leases/lookup/database/creds/ROLE`.
//! <https://developer.hashicorp.com/vault/api-docs/system/leases#read-lease>
//!
//! Read: id (whose path names the engine and its role), issue, end.
//!
//! Cannot tell: who holds the credential, and its name at the database or cloud.

use serde::Deserialize;

use super::vault::RawAnswer;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::instant::Expiry;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "vault_leases",
    title: "Leases",
    vendor: "HashiCorp Vault",
    command: "for l in $(vault list -format=json sys/leases/lookup/database/creds/ROLE | jq -r '.[]'); do vault write -format=json sys/leases/lookup lease_id=database/creds/ROLE/$l; done > leases.ndjson",
    cannot_tell: &[
        "who holds a leased credential",
        "the name that the credential has at the database or cloud",
        "when it was last used",
    ],
    signatures: &[&[
        Mark::Has("request_id"),
        Mark::Has("data.id"),
        Mark::Has("data.issue_time"),
        Mark::Has("data.renewable"),
        Mark::Lacks("data.accessor"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawLease<'a> {
    /// `database/creds/ROLE/RANDOM`.
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    issue_time: Moment,
    #[serde(default)]
    expire_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_lease(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_lease(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(answer) = row.parse::<RawAnswer<'_, RawLease<'_>>>(diagnostics) else {
        return;
    };
    let Some(raw) = answer.data else { return };
    let Some(id) = raw.id.as_deref().and_then(present) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.data.id", row.name()),
            "nothing",
            "the lease's id, such as `database/creds/ROLE/…`",
            "this lease was left out; look it up again",
        ));
        return;
    };
    let place = row.place(batch);
    let key = batch.sym(&format!("vault-lease:{}/{id}", input.source));
    let engine = id.split('/').next().unwrap_or(id);
    let kind = match engine {
        "database" | "ldap" | "rabbitmq" | "mongodbatlas" => CredentialKind::Password,
        "aws" => CredentialKind::AccessKey,
        "gcp" => CredentialKind::ServiceAccountKey,
        "azure" => CredentialKind::ClientSecret,
        "consul" | "nomad" | "kubernetes" | "terraform" => CredentialKind::Token,
        _ => CredentialKind::Unclassified,
    };
    let mut fact = CredentialFact::listed(key, kind, place);
    fact.name = id.rsplit_once('/').map(|(path, _)| batch.sym(path));
    fact.status = CredentialStatus::Active;
    fact.created_at = raw
        .issue_time
        .instant(|| format!("{}.data.issue_time", row.name()), diagnostics);
    fact.expires_at = match raw.expire_time {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.data.expire_time", row.name()), diagnostics),
    };
    batch.credentials.push(fact);
}
