//! CyberArk Privileged Access Manager's accounts: which accounts it keeps a password or key of.
//!
//! Written by `GET /PasswordVault/API/Accounts`. Times are in seconds since 1970, but for `categoryModificationTime`, which
//! is not read: it comes in other units, and larger than 64 bits.
//! <https://docs.cyberark.com/pam-self-hosted/latest/en/content/webservices/getaccounts.htm>
//!
//! Read: account name, address, platform, safe, kind of secret, when it was last changed, whether CyberArk changes it by
//! itself. An account of a Windows domain or of a Unix host is the one that the directory or the host lists. The safe is
//! what comes nearest to an owner.
//!
//! Cannot tell: use, and who may fetch a secret. The shape is that of the documentation and of public clients: none could
//! be confirmed on a recorded export.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, active_directory, host};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::identity::{IdentityFact, IdentityKind, OwnerBasis, OwnerClaim};
use crate::model::principal::{HandleKind, Handles};
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "cyberark_accounts",
    title: "PAM accounts",
    vendor: "CyberArk",
    command: "curl -H \"Authorization: $TOKEN\" 'https://pvwa.example.com/PasswordVault/API/Accounts?limit=1000' > accounts.json   # and every nextLink",
    cannot_tell: &[
        "who may fetch a secret: that is in the members of its safe",
        "when a secret was last fetched or used",
        "when a secret ends: the platform's policy says how old it may become",
    ],
    signatures: &[
        &[Mark::Has("value[].safeName"), Mark::Has("value[].platformId")],
        &[Mark::Has("safeName"), Mark::Has("platformId"), Mark::Has("userName")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAccount<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    address: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    platform_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    safe_name: Option<Text<'a>>,
    /// `password` or `key`.
    #[serde(borrow, default)]
    secret_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_management: Option<RawManagement<'a>>,
    #[serde(default)]
    created_time: Moment,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawManagement<'a> {
    #[serde(default, deserialize_with = "flag")]
    automatic_management_enabled: Option<bool>,
    /// `success`, `failure` or `inProcess`.
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(default)]
    last_modified_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["value"], &mut diagnostics);
    let mut n_failing = 0u32;
    for row in &rows.rows {
        n_failing += u32::from(read_account(row, input, &mut batch, &mut diagnostics));
    }
    if n_failing > 0 {
        diagnostics.push(Diagnostic::info(
            "whole file",
            format!("secrets that CyberArk failed to change: {n_failing}"),
            "secrets that it changes by itself",
            "see the accounts' activities in CyberArk: their secrets grow old",
        ));
    }
    rows.note_pages(&mut batch, "accounts");
    (batch, diagnostics)
}

/// States one account. True when CyberArk fails to change its secret.
fn read_account(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) -> bool {
    let Some(raw) = row.parse::<RawAccount<'_>>(diagnostics) else {
        return false;
    };
    let (Some(id), Some(user)) = (raw.id, raw.user_name.as_deref().and_then(present)) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.userName", row.name()),
            raw.name.as_deref().unwrap_or("nothing"),
            "an `id` and the account's name",
            "this account was left out; export the accounts again",
        ));
        return false;
    };
    let place = row.place(batch);
    let address = raw.address.as_deref().and_then(present).unwrap_or("");
    let platform = raw.platform_id.as_deref().unwrap_or("");
    let (kind, handles) = account(platform, address, user, input, batch);
    let holder = handles.first().copied();
    let mut fact = IdentityFact::listed(handles, kind, place);
    fact.name = Some(batch.sym(user));
    fact.account = batch.sym_of(Some(address));
    let safe = batch.sym_of(raw.safe_name.as_deref());
    fact.owners.extend(safe.map(|text| OwnerClaim {
        text,
        basis: OwnerBasis::Description,
    }));
    batch.identities.push(fact);

    let key = batch.sym(&format!("cyberark:{}/{}", input.source, &*id));
    let mut secret = CredentialFact::listed(key, secret_kind(platform, raw.secret_type.as_deref()), place);
    secret.custody = Custody::Vault;
    secret.holder = holder;
    secret.name = batch.sym_of(raw.name.as_deref());
    secret.status = CredentialStatus::Active;
    let management = raw.secret_management;
    let created_at = raw
        .created_time
        .instant(|| format!("{}.createdTime", row.name()), diagnostics);
    let (changed_at, is_failing) = match management {
        Some(management) => (
            management.last_modified_time.instant(
                || format!("{}.secretManagement.lastModifiedTime", row.name()),
                diagnostics,
            ),
            management.automatic_management_enabled == Some(true) && management.status.as_deref() == Some("failure"),
        ),
        None => (None, false),
    };
    secret.created_at = changed_at.or(created_at);
    batch.credentials.push(secret);
    is_failing
}

/// What the account is by its platform's name, which administrators may change but begin with CyberArk's own as a rule.
fn account(platform: &str, address: &str, user: &str, input: Input<'_>, batch: &mut Batch) -> (IdentityKind, Handles) {
    let name = platform.to_lowercase();
    let is_any = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if is_any(&["windomain"]) && !address.is_empty() {
        let handles = active_directory::handles(None, address, user, batch);
        return (IdentityKind::HostAccount, handles);
    }
    if is_any(&["unix", "linux", "win", "root"]) && !address.is_empty() {
        let handles = smallvec![host::account(input.source, address, user, batch)];
        return (IdentityKind::HostAccount, handles);
    }
    let kind = if is_any(&[
        "oracle", "mssql", "mysql", "postgre", "db2", "sybase", "mongo", "database",
    ]) {
        IdentityKind::DatabaseAccount
    } else if is_any(&["aws"]) {
        IdentityKind::User
    } else if is_any(&["azure"]) {
        IdentityKind::Application
    } else {
        IdentityKind::Unclassified
    };
    let text = format!("{}/cyberark/{address}/{user}", input.source);
    (kind, smallvec![batch.handle(HandleKind::Local, &text)])
}

fn secret_kind(platform: &str, written: Option<&str>) -> CredentialKind {
    let name = platform.to_lowercase();
    match written {
        Some("password") => CredentialKind::Password,
        Some(_) if name.contains("ssh") => CredentialKind::SshKey,
        Some(_) if name.contains("aws") => CredentialKind::AccessKey,
        Some(_) if name.contains("azure") => CredentialKind::ClientSecret,
        Some(_) | None => CredentialKind::StoredSecret,
    }
}
