//! ManageEngine PAM360's accounts of one resource, which is a machine or a service.
//!
//! Written by `GET /restapi/json/v1/resources/ID/accounts`, one answer a resource. Names have spaces and capitals, and every
//! value is text.
//! <https://www.manageengine.com/privileged-access-management/help/rest_api.html>
//!
//! Read: resource, its type and owner, account names and ids. An account of a machine is the one that the machine lists.
//!
//! Cannot tell: dates, use, and passwords, of which there are only stars. The shape is that of the documentation: none could
//! be confirmed on a recorded export.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, Custody};
use crate::model::identity::{IdentityFact, IdentityKind, OwnerBasis, OwnerClaim};
use crate::reading::absent::present;
use crate::reading::json;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "pam360_accounts",
    title: "PAM360 accounts of a resource",
    vendor: "ManageEngine",
    command: "for id in $RESOURCE_IDS; do curl -H \"AUTHTOKEN: $TOKEN\" https://pam360.example.com/restapi/json/v1/resources/$id/accounts; done > accounts.json",
    cannot_tell: &[
        "when a password was last changed or fetched: that is in the account's details and the audit",
        "who may fetch a password",
        "whether an account serves a person or a program",
    ],
    signatures: &[&[
        Mark::Has("operation.Details.RESOURCE NAME"),
        Mark::Has("operation.Details.ACCOUNT LIST"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawAnswer<'a> {
    #[serde(borrow)]
    operation: RawOperation<'a>,
}

#[derive(Deserialize)]
struct RawOperation<'a> {
    #[serde(borrow, default)]
    result: Option<RawResult<'a>>,
    #[serde(borrow, default, rename = "Details")]
    details: Option<RawDetails<'a>>,
}

#[derive(Deserialize)]
struct RawResult<'a> {
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(borrow, default)]
    message: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawDetails<'a> {
    #[serde(borrow, default, rename = "RESOURCE NAME")]
    name: Option<Text<'a>>,
    #[serde(borrow, default, rename = "DNS NAME")]
    dns_name: Option<Text<'a>>,
    #[serde(borrow, default, rename = "RESOURCE TYPE")]
    kind: Option<Text<'a>>,
    #[serde(borrow, default, rename = "RESOURCE OWNER")]
    owner: Option<Text<'a>>,
    #[serde(borrow, default, rename = "DEPARTMENT")]
    department: Option<Text<'a>>,
    #[serde(borrow, default, rename = "ACCOUNT LIST")]
    accounts: Option<Vec<RawAccount<'a>>>,
}

#[derive(Deserialize)]
struct RawAccount<'a> {
    #[serde(borrow, default, rename = "ACCOUNT NAME")]
    name: Option<Text<'a>>,
    #[serde(borrow, default, rename = "ACCOUNT ID")]
    id: Option<Id<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawAnswer<'_>>(&mut diagnostics) else {
            continue;
        };
        let result = raw.operation.result.as_ref();
        let status = result.and_then(|result| result.status.as_deref()).unwrap_or("Success");
        if !status.eq_ignore_ascii_case("success") {
            let message = result.and_then(|result| result.message.as_deref()).unwrap_or("");
            diagnostics.push(Diagnostic::error(
                format!("{}.operation.result", row.name()),
                format!("{status}: {message}"),
                "Success",
                "this resource was left out; ask again with the rights to see it",
            ));
            continue;
        }
        let Some(details) = raw.operation.details else { continue };
        let names = [details.dns_name.as_deref(), details.name.as_deref()];
        let Some(machine) = names.into_iter().flatten().find_map(present) else {
            diagnostics.push(Diagnostic::error(
                format!("{}.operation.Details", row.name()),
                "no `RESOURCE NAME`",
                "the resource's name",
                "its accounts were left out; export them again",
            ));
            continue;
        };
        read_accounts(&details, machine, &row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_accounts(
    details: &RawDetails<'_>,
    machine: &str,
    row: &json::Row<'_>,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let kind = details.kind.as_deref().unwrap_or("").to_lowercase();
    let is_database = ["sql", "oracle", "database", "sybase", "db2"]
        .iter()
        .any(|word| kind.contains(word));
    let place = row.place(batch);
    for (index, account) in details.accounts.iter().flatten().enumerate() {
        let (Some(name), Some(id)) = (account.name.as_deref().and_then(present), account.id) else {
            diagnostics.push(Diagnostic::error(
                format!("{}.operation.Details.ACCOUNT LIST[{index}]", row.name()),
                "no name or no id",
                "`ACCOUNT NAME` and `ACCOUNT ID`",
                "this account was left out; export the accounts again",
            ));
            continue;
        };
        let handle = host::account(input.source, machine, name, batch);
        let kind = match is_database {
            true => IdentityKind::DatabaseAccount,
            false => IdentityKind::HostAccount,
        };
        let mut fact = IdentityFact::listed(smallvec![handle], kind, place);
        fact.name = Some(batch.sym(name));
        fact.account = Some(batch.sym(machine));
        for (written, basis) in [
            (details.owner.as_deref(), OwnerBasis::Recorded),
            (details.department.as_deref(), OwnerBasis::Description),
        ] {
            let text = batch.sym_of(written.and_then(present));
            fact.owners.extend(text.map(|text| OwnerClaim { text, basis }));
        }
        batch.identities.push(fact);
        let key = batch.sym(&format!("pam360:{}/{machine}/{}", input.source, &*id));
        let mut password = CredentialFact::listed(key, CredentialKind::Password, place);
        password.custody = Custody::Vault;
        password.holder = Some(handle);
        password.name = Some(batch.sym("password"));
        batch.credentials.push(password);
    }
}
