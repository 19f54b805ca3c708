//! Service accounts, keys, secrets and grants of Google Cloud in Terraform's states.
//!
//! <https://registry.terraform.io/providers/hashicorp/google/latest/docs>

use serde::Deserialize;
use smallvec::smallvec;

use super::{Resource, State, Tags, pairs};
use crate::connectors::gcp_iam_policy::{Places, RawBinding, RawCondition, RawPolicy};
use crate::connectors::gcp_service_account_keys::key_of;
use crate::diagnostic::Diagnostic;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::Expiry;
use crate::model::principal::HandleKind;
use crate::reading::absent::present;
use crate::reading::gcp_member;
use crate::reading::labels;
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

#[derive(Deserialize)]
struct RawGoogleAccount<'a> {
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(borrow, default)]
    unique_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    project: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    /// Older versions of the provider do not tell.
    #[serde(default, deserialize_with = "flag")]
    disabled: Option<bool>,
}

/// A secret of Secret Manager, or a version of one.
#[derive(Deserialize)]
struct RawGoogleSecret<'a> {
    /// `projects/PROJECT/secrets/NAME`, of a version with `/versions/N` behind it.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_id: Option<Text<'a>>,
    #[serde(default)]
    create_time: Moment,
    #[serde(default)]
    expire_time: Moment,
    #[serde(borrow, default)]
    labels: Tags<'a>,
    #[serde(borrow, default)]
    secret_data: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
}

#[derive(Deserialize)]
struct RawGoogleKey<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default)]
    valid_after: Moment,
    #[serde(default)]
    valid_before: Moment,
    #[serde(borrow, default)]
    private_key: Option<Text<'a>>,
}

/// `google_*_iam_member`, `google_*_iam_binding` and `google_*_iam_policy`.
#[derive(Deserialize)]
struct RawGoogleGrant<'a> {
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    member: Option<Text<'a>>,
    #[serde(borrow, default)]
    members: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    condition: OneOrMany<RawCondition<'a>>,
    /// The whole policy as JSON.
    #[serde(borrow, default)]
    policy_data: Option<Text<'a>>,
    // What the grant is on, by kind of resource.
    #[serde(borrow, default)]
    project: Option<Text<'a>>,
    #[serde(borrow, default)]
    folder: Option<Text<'a>>,
    #[serde(borrow, default)]
    org_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_account_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    bucket: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    topic: Option<Text<'a>>,
    #[serde(borrow, default)]
    subscription: Option<Text<'a>>,
    #[serde(borrow, default)]
    dataset_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    crypto_key_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    key_ring_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    service: Option<Text<'a>>,
    #[serde(borrow, default)]
    cloud_function: Option<Text<'a>>,
    #[serde(borrow, default)]
    repository: Option<Text<'a>>,
    #[serde(borrow, default)]
    billing_account_id: Option<Text<'a>>,
}

impl RawGoogleGrant<'_> {
    /// What the grant is on: the full name where policies give it, else as Terraform names it. Most resources also name
    /// the project that they are in, which is another resource.
    fn resource(&self, kind: &str) -> Option<String> {
        let manager = |kind: &str, name: &Option<Text<'_>>| {
            let name = name.as_deref()?;
            let number = name.strip_prefix(kind).and_then(|rest| rest.strip_prefix('/'));
            Some(format!(
                "//cloudresourcemanager.googleapis.com/{kind}/{}",
                number.unwrap_or(name)
            ))
        };
        let (of, _) = kind.rsplit_once("_iam_")?;
        match of {
            "google_project" => manager("projects", &self.project),
            "google_folder" => manager("folders", &self.folder),
            "google_organization" => manager("organizations", &self.org_id),
            "google_service_account" => {
                let name = self.service_account_id.as_deref()?;
                Some(format!("//iam.googleapis.com/{name}"))
            }
            "google_storage_bucket" => {
                let name = self.bucket.as_deref()?;
                Some(format!(
                    "//storage.googleapis.com/{}",
                    name.strip_prefix("b/").unwrap_or(name)
                ))
            }
            _ => {
                let names = [
                    &self.secret_id,
                    &self.topic,
                    &self.subscription,
                    &self.dataset_id,
                    &self.crypto_key_id,
                    &self.key_ring_id,
                    &self.service,
                    &self.cloud_function,
                    &self.repository,
                    &self.billing_account_id,
                ];
                names.into_iter().flatten().next().map(|name| name.to_string())
            }
        }
    }
}

impl State<'_, '_> {
    pub(super) fn google_account(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawGoogleAccount<'_>>(resource) else {
            return;
        };
        let Some(email) = raw.email.as_deref().and_then(present) else {
            return self.without_id(resource, "email");
        };
        let place = self.place(resource);
        let handle = gcp_member::service_account(self.batch, email);
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ServiceAccount, place);
        if let Some(id) = raw.unique_id.as_deref().and_then(present) {
            fact.handles.push(self.batch.handle(HandleKind::GcpUniqueId, id));
        }
        fact.name = self
            .batch
            .sym_of(raw.display_name.as_deref())
            .or_else(|| self.batch.sym_of(Some(email)));
        fact.account = self.batch.sym_of(raw.project.as_deref());
        fact.status = match raw.disabled {
            Some(true) => Status::Disabled,
            Some(false) => Status::Active,
            None => Status::Unknown,
        };
        fact.purpose = self.batch.sym_of(raw.description.as_deref());
        self.batch.identities.push(fact);
    }

    pub(super) fn google_key(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawGoogleKey<'_>>(resource) else {
            return;
        };
        let named = raw.name.as_deref().filter(|name| name.contains("/keys/"));
        let Some((name, account)) = named.and_then(|name| Some((name, gcp_member::service_account_in(name)?))) else {
            return self.without_id(resource, "name");
        };
        let place = self.place(resource);
        let key = self.batch.sym(&key_of(name));
        let mut fact = CredentialFact::listed(key, CredentialKind::ServiceAccountKey, place);
        fact.holder = Some(gcp_member::service_account(self.batch, account));
        fact.name = self.batch.sym_of(name.rsplit('/').next());
        fact.status = CredentialStatus::Active;
        fact.created_at = raw
            .valid_after
            .instant(|| format!("{}.valid_after", resource.address), self.diagnostics);
        fact.expires_at = raw
            .valid_before
            .expiry(|| format!("{}.valid_before", resource.address), self.diagnostics);
        fact.fingerprint = self.secret(raw.private_key.as_deref());
        self.batch.credentials.push(fact);
    }

    pub(super) fn google_secret(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawGoogleSecret<'_>>(resource) else {
            return;
        };
        let Some(name) = raw.name.as_deref().filter(|name| name.contains("/secrets/")) else {
            return self.without_id(resource, "name");
        };
        let place = self.place(resource);
        let key = self.batch.sym(&secret_key(name));
        let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
        fact.custody = Custody::Vault;
        fact.name = self.batch.sym_of(raw.secret_id.as_deref().or(name.rsplit('/').next()));
        fact.status = CredentialStatus::Active;
        fact.expires_at = match raw.expire_time {
            Moment::Absent => Expiry::Never,
            moment => moment.expiry(|| format!("{}.expire_time", resource.address), self.diagnostics),
        };
        labels::tell_credential(&mut fact, pairs(raw.labels.as_ref()), self.batch);
        self.batch.credentials.push(fact);
    }

    /// The value of a secret: when it was made, and a fingerprint of it.
    pub(super) fn google_secret_version(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawGoogleSecret<'_>>(resource) else {
            return;
        };
        let Some((name, _)) = raw.name.as_deref().and_then(|name| name.split_once("/versions/")) else {
            return self.without_id(resource, "name");
        };
        let fingerprint = self.secret(raw.secret_data.as_deref());
        if raw.enabled == Some(false) {
            return;
        }
        let place = self.place(resource);
        let key = self.batch.sym(&secret_key(name));
        let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
        fact.presence = Presence::Mentioned;
        fact.created_at = raw
            .create_time
            .instant(|| format!("{}.create_time", resource.address), self.diagnostics);
        fact.fingerprint = fingerprint;
        self.batch.credentials.push(fact);
    }

    pub(super) fn google_grant(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawGoogleGrant<'_>>(resource) else {
            return;
        };
        let on = raw.resource(resource.kind);
        let place = self.place(resource);
        let written = raw.policy_data;
        let policy = match &written {
            Some(text) => match serde_json::from_str::<RawPolicy<'_>>(text) {
                Ok(policy) => policy,
                Err(_) => {
                    self.diagnostics.push(Diagnostic::error(
                        format!("{}.policy_data", resource.address),
                        "text that is no policy",
                        "a policy as JSON, with `bindings`",
                        "its grants were left out; refresh the state (`terraform apply -refresh-only`) and export it again",
                    ));
                    return;
                }
            },
            None => {
                let Some(role) = raw.role else {
                    return self.without_id(resource, "role");
                };
                let members = raw.members.0.into_iter().chain(raw.member).collect();
                RawPolicy::of(RawBinding {
                    role: Some(role),
                    members: OneOrMany(members),
                    condition: raw.condition.0.into_iter().next(),
                })
            }
        };
        let places = Places::Row(place);
        self.google
            .read(&policy, on.as_deref(), places, self.batch, self.diagnostics);
    }
}

fn secret_key(name: &str) -> String {
    format!("gcp-secret:{name}")
}
