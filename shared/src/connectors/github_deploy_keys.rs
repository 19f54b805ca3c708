//! GitHub deploy keys: SSH keys that open one repository, for machines.
//!
//! Written by `gh api --paginate repos/OWNER/REPO/keys`, usually in a loop over all repositories.
//! <https://docs.github.com/rest/deploy-keys/deploy-keys>
//!
//! Read: id, title, public key (as its fingerprint), repository (out of `url`), creation, last use (`null` is what
//! GitHub's own page calls never used), whether it may write, whether it is enabled. Deploy keys have no end.
//!
//! Cannot tell: which machine has the private key.

use std::borrow::Cow;

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, github};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::HandleKind;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::ssh_key;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "github_deploy_keys",
    title: "Deploy keys",
    vendor: "GitHub",
    command: "for r in $(gh repo list ORG --limit 10000 --json nameWithOwner --jq '.[].nameWithOwner'); do gh api --paginate repos/$r/keys; done > deploy-keys.json",
    cannot_tell: &[
        "which machine holds the private key, and who answers for it: GitHub knows only who added the public one",
        "when a key was last used, in exports older than the member `last_used`",
    ],
    signatures: &[
        &[
            Mark::Has("key"),
            Mark::Has("read_only"),
            Mark::Contains("url", "/repos/"),
        ],
        // `gh repo deploy-key list --json id,key,title,createdAt,readOnly`.
        &[Mark::Has("key"), Mark::Has("readOnly"), Mark::Has("id")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawDeployKey<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    key: Option<Text<'a>>,
    /// `https://api.github.com/repos/OWNER/REPO/keys/1`.
    #[serde(borrow, default)]
    url: Option<Text<'a>>,
    #[serde(borrow, default)]
    title: Option<Text<'a>>,
    #[serde(default, alias = "createdAt")]
    created_at: Moment,
    #[serde(default, alias = "readOnly", deserialize_with = "flag")]
    read_only: Option<bool>,
    /// Absent in old exports; `null` when the key was never used.
    #[serde(default, deserialize_with = "stated")]
    last_used: Option<Moment>,
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
}

/// A moment that is there, be it `null`.
fn stated<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Moment>, D::Error> {
    Moment::deserialize(deserializer).map(Some)
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_key(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

/// The repository that `source.toml` or the path names: `OWNER/REPO`, or `OWNER.REPO.deploy-keys.json`.
fn repository_of_file(input: Input<'_>) -> Option<Cow<'_, str>> {
    const GENERIC: &[&str] = &["github", "gh", "deploy", "key", "keys", "list", "repo", "repos"];
    if let Some(declared) = input.config.subject_of(input.path) {
        return Some(Cow::Borrowed(declared));
    }
    let named = input.subject(GENERIC)?;
    let named = [".deploy-keys", ".deploy_keys", ".keys"]
        .iter()
        .find_map(|end| named.strip_suffix(end))
        .unwrap_or(named);
    // No owner has a point in its name.
    Some(Cow::Owned(named.replacen('.', "/", 1)))
}

fn read_key(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawDeployKey<'_>>(diagnostics) else {
        return;
    };
    let url = raw.url.as_deref().unwrap_or("");
    let in_repository = url
        .split_once("/repos/")
        .and_then(|(_, path)| path.rsplit_once("/keys/"))
        .map(|(repository, _)| Cow::Borrowed(repository));
    let in_repository = in_repository.or_else(|| repository_of_file(input).filter(|_| url.is_empty()));
    let (Some(repository), Some(id)) = (in_repository, raw.id) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.url", row.name()),
            if url.is_empty() { "no `url`" } else { url },
            "an id, and a URL such as `https://api.github.com/repos/OWNER/REPO/keys/1`, or a file named `OWNER.REPO.deploy-keys.json`",
            "this key was left out: nothing tells which repository it opens; export the keys again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = batch.handle(
        HandleKind::Local,
        &format!("{}/repos/{}/keys/{}", input.source, repository.to_lowercase(), &*id),
    );
    let is_enabled = raw.enabled != Some(false);
    let created_at = raw
        .created_at
        .instant(|| format!("{}.created_at", row.name()), diagnostics);
    let last_used = match raw.last_used {
        None => LastUsed::NotReported,
        Some(Moment::Absent | Moment::Never) => LastUsed::Never,
        Some(moment) => moment
            .instant(|| format!("{}.last_used", row.name()), diagnostics)
            .map_or(LastUsed::NotReported, LastUsed::At),
    };

    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    fact.name = batch.sym_of(raw.title.as_deref());
    fact.account = Some(batch.sym(&repository));
    fact.status = if is_enabled { Status::Active } else { Status::Disabled };
    fact.created_at = created_at;
    fact.last_used = last_used;
    fact.credentials_known = Knowledge::Reported;
    batch.identities.push(fact);

    let fingerprint = raw.key.as_deref().and_then(ssh_key::fingerprint_of_line);
    let key = match &fingerprint {
        Some(fingerprint) => ssh_key::credential_key(fingerprint),
        None => format!("github-deploy-key:{}", &*id),
    };
    let key = batch.sym(&key);
    let mut credential = CredentialFact::listed(key, CredentialKind::SshKey, place);
    credential.holder = Some(handle);
    credential.name = batch.sym_of(raw.title.as_deref());
    credential.status = match is_enabled {
        true => CredentialStatus::Active,
        false => CredentialStatus::Inactive,
    };
    credential.created_at = created_at;
    credential.last_used = last_used;
    credential.expires_at = Expiry::Never;
    credential.fingerprint = batch.sym_of(fingerprint.as_deref());
    batch.credentials.push(credential);

    if let Some(is_read_only) = raw.read_only {
        let level = if is_read_only { "read" } else { "write" };
        let grant = github::permission(handle, "contents", level, &repository, place, batch);
        batch.grants.push(grant);
    }
}
