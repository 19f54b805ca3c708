//! Google Cloud service-account keys: the keys of one or of many service accounts.
//!
//! Written by `gcloud iam service-accounts keys list --iam-account ACCOUNT --format=json` as a bare array, by the REST
//! API as `keys`, or one key a line when the answers for many accounts are gathered.
//! <https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys>
//!
//! Read: name (which alone says whose key it is), start, end (year 9999 is never), algorithm, whether it is disabled.
//! Only user-managed keys are credentials that somebody holds; Google makes, holds and rotates the system-managed
//! ones itself, so they are counted in a note and left out. Every account has one: an account of which the list shows
//! no other has no key of its own.
//!
//! A key's own file (`"type": "service_account"`) is read as well: as a warning, since whoever reads the estate can sign
//! in with it.
//!
//! Cannot tell: when a key was last used, and where it is kept.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::certificate::KeyAlgorithm;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, Knowledge, Presence};
use crate::model::provenance::Place;
use crate::reading::gcp_member;
use crate::reading::json;
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_service_account_keys",
    title: "Service account keys",
    vendor: "Google Cloud",
    command: "for a in $(gcloud iam service-accounts list --project PROJECT --format='value(email)'); do gcloud iam service-accounts keys list --iam-account $a --format=json; done > keys.json",
    cannot_tell: &[
        "when a key was last used: add `gcloud policy-intelligence query-activity`",
        "where a key is kept, and whether it was copied",
    ],
    signatures: &[
        &[Mark::Has("validAfterTime"), Mark::Contains("name", "/serviceAccounts/")],
        &[
            Mark::Has("keys[].validAfterTime"),
            Mark::Contains("keys[].name", "/serviceAccounts/"),
        ],
        &[
            Mark::Equals("type", "service_account"),
            Mark::Has("private_key_id"),
            Mark::Has("client_email"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawKey<'a> {
    /// `projects/P/serviceAccounts/E/keys/<40 hex digits>`.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default)]
    valid_after_time: Moment,
    #[serde(default)]
    valid_before_time: Moment,
    #[serde(borrow, default)]
    key_type: Option<Text<'a>>,
    /// `KEY_ALG_RSA_2048`.
    #[serde(borrow, default)]
    key_algorithm: Option<Text<'a>>,
    /// Absent on an enabled key.
    #[serde(default, deserialize_with = "flag")]
    disabled: Option<bool>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["keys"], &mut diagnostics);
    let mut n_system_managed = 0;
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        let place = row.place(&mut batch);
        if row.text.contains("\"private_key_id\"") {
            if let Some(raw) = row.parse::<RawKeyFile<'_>>(&mut diagnostics) {
                found_live(&raw, &row.name(), place, &mut batch, &mut diagnostics);
            }
            continue;
        }
        let Some(raw) = row.parse::<RawKey<'_>>(&mut diagnostics) else {
            continue;
        };
        match state(raw, &row.name(), place, &mut batch, &mut diagnostics) {
            Managed::ByUser => {}
            Managed::BySystem => n_system_managed += 1,
        }
    }
    rows.note_pages(&mut batch, "keys");
    if n_system_managed > 0 {
        diagnostics.push(Diagnostic::info(
            "keys",
            format!("{n_system_managed} system-managed keys"),
            "user-managed keys",
            "nothing to do: Google holds and rotates these keys itself, so they are no credentials of the estate",
        ));
    }
    (batch, diagnostics)
}

/// What the file of a key says beside the key itself, which is never read.
#[derive(Deserialize)]
struct RawKeyFile<'a> {
    #[serde(borrow, default)]
    project_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    private_key_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    client_email: Option<Text<'a>>,
}

/// Warns of a key that lies in the estate; whether it still is one, only the list of keys tells.
fn found_live(raw: &RawKeyFile<'_>, shown: &str, place: Place, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let said = |text: &Option<Text<'_>>| text.as_deref().unwrap_or("").to_owned();
    let (project, id, account) = (
        said(&raw.project_id),
        said(&raw.private_key_id),
        said(&raw.client_email),
    );
    diagnostics.push(Diagnostic::warning(
        shown,
        format!("a private key of `{account}` in the clear"),
        "the list of an account's keys",
        "take this file out of the estate, and delete the key if others could read it",
    ));
    if id.is_empty() || !account.contains('@') {
        return;
    }
    let key = key_of(&format!("projects/{project}/serviceAccounts/{account}/keys/{id}"));
    let key = batch.sym(&key);
    let mut fact = CredentialFact::listed(key, CredentialKind::ServiceAccountKey, place);
    fact.presence = Presence::Mentioned;
    fact.holder = Some(gcp_member::service_account(batch, &account));
    fact.name = Some(batch.sym(&id));
    batch.credentials.push(fact);
}

/// Who holds a key.
pub(super) enum Managed {
    ByUser,
    BySystem,
}

/// States one key.
pub(super) fn state(
    raw: RawKey<'_>,
    shown: &str,
    place: Place,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) -> Managed {
    let name = raw.name.as_deref().unwrap_or("");
    if raw.key_type.as_deref() == Some("SYSTEM_MANAGED") {
        if let Some(account) = gcp_member::service_account_in(name) {
            note_listed(account, place, batch);
        }
        return Managed::BySystem;
    }
    let Some((account, id)) = gcp_member::service_account_in(name).zip(key_id(name)) else {
        diagnostics.push(Diagnostic::error(
            format!("{shown}.name"),
            if name.is_empty() { "no `name`" } else { name },
            "a key's name, such as `projects/P/serviceAccounts/ACCOUNT/keys/KEY`",
            "this key was left out: without its name nothing tells whose it is; export the list again",
        ));
        return Managed::ByUser;
    };
    let key = batch.sym(&key_of(name));
    let mut fact = CredentialFact::listed(key, CredentialKind::ServiceAccountKey, place);
    fact.holder = Some(gcp_member::service_account(batch, account));
    fact.name = Some(batch.sym(id));
    fact.status = match raw.disabled {
        Some(true) => CredentialStatus::Inactive,
        Some(false) | None => CredentialStatus::Active,
    };
    fact.created_at = raw
        .valid_after_time
        .instant(|| format!("{shown}.validAfterTime"), diagnostics);
    fact.expires_at = raw
        .valid_before_time
        .expiry(|| format!("{shown}.validBeforeTime"), diagnostics);
    fact.key_algorithm = raw.key_algorithm.as_deref().and_then(key_algorithm);
    batch.credentials.push(fact);
    Managed::ByUser
}

/// Remembers that the keys of an account were asked for.
fn note_listed(account: &str, place: Place, batch: &mut Batch) {
    let handle = gcp_member::service_account(batch, account);
    // An account's keys stand together.
    if batch
        .identities
        .last()
        .is_some_and(|last| last.handles.contains(&handle))
    {
        return;
    }
    let mut fact = IdentityFact::mentioned(smallvec![handle], place);
    fact.origin = gcp_member::origin_of(account);
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);
}

/// `KEY_ALG_UNSPECIFIED` and what Google may add tell nothing.
fn key_algorithm(text: &str) -> Option<KeyAlgorithm> {
    let n_bits = text.strip_prefix("KEY_ALG_RSA_")?.parse().ok()?;
    Some(KeyAlgorithm::Rsa { n_bits })
}

/// The last part of a key's resource name.
pub(super) fn key_id(name: &str) -> Option<&str> {
    let (_, id) = name.split_once("/keys/")?;
    (!id.is_empty()).then_some(id)
}

/// The credential key of a service-account key with this name, relative or full (`//iam.googleapis.com/projects/…`).
pub(super) fn key_of(name: &str) -> String {
    format!("gcp-key:{}", name.strip_prefix("//iam.googleapis.com/").unwrap_or(name))
}
