//! GitLab deploy keys: SSH keys that open one or many projects, for machines.
//!
//! Written by `glab api --paginate deploy_keys` (all of an instance) or `projects/ID/deploy_keys`.
//! <https://docs.gitlab.com/api/deploy_keys/>
//!
//! Read: id, title, public key or its fingerprint, creation, end (`null` is never), last use where GitLab writes it, the
//! projects that it may write to.
//!
//! Cannot tell: which machine has the private key, and in a project's list the project.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{HandleKind, Principal};
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::ssh_key;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "gitlab_deploy_keys",
    title: "Deploy keys",
    vendor: "GitLab",
    command: "glab api --paginate deploy_keys > deploy-keys.json",
    cannot_tell: &[
        "which machine holds the private key, and who answers for it",
        "the project, in the list of one project's keys",
        "when a key was last used, in the list of a whole instance",
    ],
    signatures: &[
        &[
            Mark::Has("key"),
            Mark::Has("title"),
            Mark::Has("projects_with_write_access"),
        ],
        &[Mark::Has("key"), Mark::Has("title"), Mark::Has("can_push")],
        &[Mark::Has("key"), Mark::Has("title"), Mark::Has("fingerprint_sha256")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawDeployKey<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    #[serde(borrow, default)]
    fingerprint_sha256: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    expires_at: Moment,
    #[serde(default)]
    last_used_at: Moment,
    /// In the list of one project.
    #[serde(default, deserialize_with = "flag")]
    can_push: Option<bool>,
    #[serde(borrow, default)]
    projects_with_write_access: Option<Vec<RawProject<'a>>>,
    #[serde(borrow, default)]
    projects_with_readonly_access: Option<Vec<RawProject<'a>>>,
}

#[derive(Deserialize)]
struct RawProject<'a> {
    #[serde(borrow, default)]
    path_with_namespace: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_key(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_key(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawDeployKey<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.id else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "nothing",
            "the key's id",
            "this key was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = batch.handle(HandleKind::Local, &format!("{}/deploy_keys/{}", input.source, &*id));
    let title = batch.sym_of(raw.title.as_deref());
    let created_at = raw
        .created_at
        .instant(|| format!("{}.created_at", row.name()), diagnostics);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    fact.name = title;
    fact.status = Status::Active;
    fact.created_at = created_at;
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);

    let written = raw.fingerprint_sha256.as_deref().and_then(ssh_key::normal);
    let fingerprint = written.or_else(|| ssh_key::fingerprint_of_line(raw.key.as_deref()?));
    let key = match &fingerprint {
        Some(fingerprint) => ssh_key::credential_key(fingerprint),
        None => format!("gitlab-deploy-key:{}/{}", input.source, &*id),
    };
    let key = batch.sym(&key);
    let mut fact = CredentialFact::listed(key, CredentialKind::SshKey, place);
    fact.holder = Some(handle);
    fact.name = title;
    fact.status = CredentialStatus::Active;
    fact.created_at = created_at;
    // Lists of whole instances lack the member, so that its absence says nothing.
    fact.last_used = raw
        .last_used_at
        .instant(|| format!("{}.last_used_at", row.name()), diagnostics)
        .map_or(LastUsed::NotReported, LastUsed::At);
    fact.expires_at = match raw.expires_at {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.expires_at", row.name()), diagnostics),
    };
    fact.fingerprint = batch.sym_of(fingerprint.as_deref());
    let expires_at = fact.expires_at;
    batch.credentials.push(fact);

    let mut grant = |level: &str, project: Option<&str>| {
        let role = batch.sym(level);
        let resource = batch.sym_of(project);
        batch.grants.push(GrantFact {
            subject: Principal::Identity(handle),
            role,
            policy: None,
            resource,
            privilege: Some(Privilege::Limited),
            conditional: Conditional::Always,
            expires_at,
            place,
        });
    };
    for project in raw.projects_with_write_access.iter().flatten() {
        grant("write", project.path_with_namespace.as_deref());
    }
    for project in raw.projects_with_readonly_access.iter().flatten() {
        grant("read", project.path_with_namespace.as_deref());
    }
    if let Some(can_push) = raw.can_push {
        grant(if can_push { "write" } else { "read" }, None);
    }
}
