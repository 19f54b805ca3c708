//! Google Cloud service accounts: every service account of a project.
//!
//! Written by `gcloud iam service-accounts list --format=json` as a bare array, by the REST API as pages of
//! `accounts`, or one account a line.
//! <https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts>
//!
//! Read: e-mail address, unique id, project, display name, description, whether it is disabled. A description such as
//! `owner: payments` is a claim of ownership; what is left of it is the purpose.
//!
//! Cannot tell: when an account was made or last used, its keys, and what it may do.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::principal::HandleKind;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::gcp_member;
use crate::reading::json;
use crate::reading::labels::{self, ENVIRONMENT_KEYS, OWNER_KEYS};
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_service_accounts",
    title: "Service accounts",
    vendor: "Google Cloud",
    command: "gcloud iam service-accounts list --project PROJECT --format=json > service-accounts.json",
    cannot_tell: &[
        "when an account was made: the API does not say",
        "when an account was last used: add `gcloud policy-intelligence query-activity`",
        "keys: add `gcloud iam service-accounts keys list` for each account",
        "what an account may do: add the IAM policies",
    ],
    signatures: &[
        &[
            Mark::Has("email"),
            Mark::Has("projectId"),
            Mark::Contains("name", "/serviceAccounts/"),
        ],
        &[
            Mark::Has("accounts[].email"),
            Mark::Has("accounts[].projectId"),
            Mark::Contains("accounts[].name", "/serviceAccounts/"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawAccount<'a> {
    #[serde(borrow, default)]
    pub name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub project_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub unique_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub email: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub description: Option<Text<'a>>,
    /// Absent on an enabled account.
    #[serde(default, deserialize_with = "flag")]
    pub disabled: Option<bool>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["accounts"], &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        if let Some(raw) = row.parse::<RawAccount<'_>>(&mut diagnostics) {
            let place = row.place(&mut batch);
            state(&raw, &row.name(), place, &mut batch, &mut diagnostics);
        }
    }
    // The pages of one project's list say nothing about another's.
    let project = batch.identities.first().and_then(|fact| fact.account);
    let chain = format!("accounts {}", batch.strings.get_or_empty(project));
    rows.note_pages(&mut batch, chain.trim_end());
    (batch, diagnostics)
}

/// States one account. False when nothing tells which it is.
pub(super) fn state(
    raw: &RawAccount<'_>,
    shown: &str,
    place: Place,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) -> bool {
    let in_name = raw.name.as_deref().and_then(gcp_member::service_account_in);
    let Some(email) = raw.email.as_deref().or(in_name).filter(|email| email.contains('@')) else {
        diagnostics.push(Diagnostic::error(
            format!("{shown}.email"),
            raw.email.as_deref().unwrap_or("no `email`"),
            "the address of a service account, such as `ci@project.iam.gserviceaccount.com`",
            "this account was left out; export the list again",
        ));
        return false;
    };
    let handle = gcp_member::service_account(batch, email);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ServiceAccount, place);
    if let Some(id) = raw.unique_id.as_deref().and_then(present) {
        fact.handles.push(batch.handle(HandleKind::GcpUniqueId, id));
    }
    fact.origin = gcp_member::origin_of(email);
    let local = email.split('@').next();
    fact.name = batch
        .sym_of(raw.display_name.as_deref())
        .or_else(|| batch.sym_of(local));
    fact.account = batch.sym_of(raw.project_id.as_deref().or_else(|| gcp_member::project_of(email)));
    fact.status = match raw.disabled {
        Some(true) => Status::Disabled,
        Some(false) | None => Status::Active,
    };
    if let Some(description) = raw.description.as_deref() {
        read_description(description, &mut fact, batch);
    }
    batch.identities.push(fact);
    true
}

/// Takes `owner: …` and `env: …` out of a description. The rest is the purpose.
fn read_description(description: &str, fact: &mut IdentityFact, batch: &mut Batch) {
    let mut purpose = String::new();
    for part in description.split([';', '|', '\n']) {
        let claim = part
            .split_once([':', '='])
            .map(|(word, value)| (word.trim(), value.trim()));
        match claim {
            Some((word, value)) if labels::rank(OWNER_KEYS, word).is_some() => {
                fact.owners.extend(present(value).map(|value| OwnerClaim {
                    text: batch.sym(value),
                    basis: OwnerBasis::Description,
                }));
            }
            Some((word, value)) if labels::rank(ENVIRONMENT_KEYS, word).is_some() => {
                fact.environment = fact.environment.or_else(|| batch.sym_of(present(value)));
            }
            Some(_) | None => {
                if !purpose.is_empty() && !part.trim().is_empty() {
                    purpose.push_str("; ");
                }
                purpose.push_str(part.trim());
            }
        }
    }
    fact.purpose = batch.sym_of(present(&purpose));
}
