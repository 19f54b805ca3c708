//! What the Terraform connectors share: the resources of a state that are identities, credentials, grants or trusts.
//!
//! A state lists what Terraform manages as it was when it last looked, with every attribute in the clear, secrets too.
//! Of those stay fingerprints. Attributes are the providers'; their registries document them:
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>, …`/google`, …`/azuread`, …`/azurerm`, …`/tls`,
//! …`/random`, <https://registry.terraform.io/providers/integrations/github/latest/docs>.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use smallvec::smallvec;

use super::Input;
use super::azure_role_assignments::{definition_id, policy_id};
use super::entra_graph::Guid;
use super::gcp_iam_policy::{Places, PolicyReader, RawBinding, RawCondition, RawPolicy};
use super::gcp_service_account_keys::key_of;
use super::leaked_secret::access_key;
use crate::access::azure;
use crate::diagnostic::{Diagnostic, Diagnostics, shorten};
use crate::model::access_policy::{AccessPolicy, Conditional, PolicyFact};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{BoundaryFact, GrantFact, MembershipFact, TrustFact};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::aws_policy::{self, Object};
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::Row;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;
use crate::reading::{aws_trust, certificate, gcp_member, labels, ssh_key};

/// How many types that are not read are named. A configuration of several providers has some dozens.
const MAX_KINDS_NAMED: usize = 100;

/// One instance of a managed resource.
pub(super) struct Resource<'a> {
    /// `aws_iam_user`.
    pub kind: &'a str,
    /// `module.ci.aws_iam_user.deploy[0]`.
    pub address: String,
    /// The attributes as JSON.
    pub attributes: Cow<'a, str>,
}

/// States what resources are, as far as it concerns identities. `lineage` tells the states of one source apart.
pub(super) fn take(
    resources: &[Resource<'_>],
    lineage: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let mut state = State {
        input,
        lineage,
        batch,
        diagnostics,
        users: BTreeMap::new(),
        roles: BTreeMap::new(),
        groups: BTreeMap::new(),
        attached: BTreeSet::new(),
        google: PolicyReader::default(),
        n_secrets: 0,
        n_unnamed: 0,
        passed_over: BTreeMap::new(),
    };
    // Attachments name users, roles and groups by name; their ARNs stand with the users, roles and groups themselves.
    for resource in resources {
        state.note_name(resource);
    }
    for resource in resources {
        state.resource(resource);
    }
    let (n_secrets, n_unnamed) = (state.n_secrets, state.n_unnamed);
    let passed_over = state.passed_over;
    if n_unnamed > 0 {
        diagnostics.push(Diagnostic::info(
            "resources",
            format!("attachments to users, roles or groups that this state does not have: {n_unnamed}"),
            "the state that has them, too",
            "these were left out, for nothing tells of which account they are: `aws iam get-account-authorization-details` lists them",
        ));
    }
    if !passed_over.is_empty() {
        let n_resources: u32 = passed_over.values().sum();
        let named = passed_over.iter().take(MAX_KINDS_NAMED);
        let kinds: Vec<_> = named.map(|(kind, n)| format!("{} ({n})", shorten(kind))).collect();
        diagnostics.push(Diagnostic::info(
            "resources",
            format!("resources of other types: {n_resources}"),
            "identities, credentials, grants and trusts",
            format!("nothing to do; passed over: {}", kinds.join(", ")),
        ));
    }
    if n_secrets > 0 {
        diagnostics.push(Diagnostic::info(
            "resources",
            format!(
                "{n_secrets} {} in the clear",
                if n_secrets == 1 { "secret" } else { "secrets" }
            ),
            "a state without secrets",
            "of these only fingerprints were kept; restrict who can read the state, or encrypt it",
        ));
    }
}

struct State<'s, 'i> {
    input: Input<'i>,
    lineage: &'s str,
    batch: &'s mut Batch,
    diagnostics: &'s mut Diagnostics,
    /// ARNs by name.
    users: BTreeMap<String, Handle>,
    roles: BTreeMap<String, Handle>,
    /// As [`Principal::Group`] writes them, by name.
    groups: BTreeMap<String, Sym>,
    /// Users, roles and groups by their ARNs, and the ids of the policies that they have.
    attached: BTreeSet<(Sym, String)>,
    google: PolicyReader,
    n_secrets: usize,
    /// Attachments to whom the state does not have.
    n_unnamed: usize,
    /// How many resources there are of each type that is not read.
    passed_over: BTreeMap<String, u32>,
}

type Tags<'a> = Option<BTreeMap<Text<'a>, Text<'a>>>;

#[derive(Deserialize)]
struct RawAwsName<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawAwsPrincipal<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    unique_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default)]
    create_date: Moment,
    #[serde(borrow, default)]
    assume_role_policy: Option<Text<'a>>,
    /// The policy's ARN.
    #[serde(borrow, default)]
    permissions_boundary: Option<Text<'a>>,
    /// What a role has by itself and by attachments. Terraform keeps both up to date, whether or not the configuration
    /// writes them here.
    #[serde(borrow, default)]
    inline_policy: OneOrMany<RawAwsPolicy<'a>>,
    #[serde(borrow, default)]
    managed_policy_arns: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    tags: Tags<'a>,
    /// With those of the provider's configuration.
    #[serde(borrow, default)]
    tags_all: Tags<'a>,
}

#[derive(Deserialize)]
struct RawAwsAccessKey<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    user: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(default)]
    create_date: Moment,
    #[serde(borrow, default)]
    secret: Option<Text<'a>>,
}

/// A managed policy, an inline policy, or the attachment of one.
#[derive(Deserialize)]
struct RawAwsPolicy<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    policy: Option<Text<'a>>,
    #[serde(borrow, default)]
    policy_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    user: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
    #[serde(borrow, default)]
    group: Option<Text<'a>>,
    // `aws_iam_policy_attachment` and memberships of groups name several.
    #[serde(borrow, default)]
    users: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    roles: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    groups: OneOrMany<Text<'a>>,
}

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

#[derive(Deserialize)]
struct RawEntraObject<'a> {
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    /// The same, before version 3 of the provider.
    #[serde(borrow, default)]
    application_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    object_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(borrow, default)]
    notes: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawEntraCredential<'a> {
    #[serde(borrow, default)]
    key_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
    #[serde(default)]
    start_date: Moment,
    #[serde(default)]
    end_date: Moment,
    /// The secret, or the certificate in whatever form it was given.
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
    /// `/applications/<object id>`.
    #[serde(borrow, default)]
    application_id: Option<Text<'a>>,
    /// The bare object id, before version 3 of the provider.
    #[serde(borrow, default)]
    application_object_id: Option<Text<'a>>,
    /// Of a service principal's password, in either form.
    #[serde(borrow, default)]
    service_principal_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawManagedIdentity<'a> {
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    tags: Tags<'a>,
}

#[derive(Deserialize)]
struct RawAzureAssignment<'a> {
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_definition_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    role_definition_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    scope: Option<Text<'a>>,
    #[serde(borrow, default)]
    condition: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawSshKey<'a> {
    #[serde(borrow, default, alias = "title")]
    key_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "key", alias = "public_key_openssh")]
    public_key: Option<Text<'a>>,
    #[serde(borrow, default)]
    private_key_pem: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawCertificate<'a> {
    #[serde(
        borrow,
        default,
        alias = "certificate_body",
        alias = "certificate_pem",
        alias = "certificate"
    )]
    cert_pem: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawPassword<'a> {
    #[serde(borrow, default)]
    result: Option<Text<'a>>,
}

impl State<'_, '_> {
    fn note_name(&mut self, resource: &Resource<'_>) {
        if !matches!(resource.kind, "aws_iam_user" | "aws_iam_role" | "aws_iam_group") {
            return;
        }
        let Ok(raw) = serde_json::from_str::<RawAwsName<'_>>(&resource.attributes) else {
            return;
        };
        let (Some(arn), Some(name)) = (raw.arn.as_deref().and_then(present), raw.name.as_deref()) else {
            return;
        };
        match resource.kind {
            "aws_iam_user" => {
                let handle = self.batch.handle(HandleKind::Arn, arn);
                self.users.insert(name.to_owned(), handle);
            }
            "aws_iam_role" => {
                let handle = self.batch.handle(HandleKind::Arn, arn);
                self.roles.insert(name.to_owned(), handle);
            }
            "aws_iam_group" => {
                // Users name their groups without the path.
                let (before, _) = arn.split_once(":group/").unwrap_or((arn, ""));
                let group = self.batch.sym(&format!("{before}:group/{name}"));
                self.groups.insert(name.to_owned(), group);
            }
            _ => {}
        }
    }

    fn resource(&mut self, resource: &Resource<'_>) {
        match resource.kind {
            "aws_iam_user" => self.aws_principal(resource, IdentityKind::User),
            "aws_iam_role" => self.aws_principal(resource, IdentityKind::Role),
            // Its name was noted; it is no identity.
            "aws_iam_group" => {}
            "aws_iam_access_key" => self.aws_access_key(resource),
            "aws_iam_policy" => self.aws_managed_policy(resource),
            "aws_iam_user_policy" | "aws_iam_role_policy" | "aws_iam_group_policy" => self.aws_inline_policy(resource),
            "aws_iam_user_policy_attachment"
            | "aws_iam_role_policy_attachment"
            | "aws_iam_group_policy_attachment"
            | "aws_iam_policy_attachment" => self.aws_attachment(resource),
            "aws_iam_group_membership" | "aws_iam_user_group_membership" => self.aws_membership(resource),
            "google_service_account" => self.google_account(resource),
            "google_service_account_key" => self.google_key(resource),
            "azuread_application" | "azuread_application_registration" | "azuread_service_principal" => {
                self.entra_object(resource);
            }
            "azuread_application_password" | "azuread_service_principal_password" => {
                self.entra_credential(resource, CredentialKind::ClientSecret);
            }
            "azuread_application_certificate" | "azuread_service_principal_certificate" => {
                self.entra_credential(resource, CredentialKind::Certificate);
            }
            "azurerm_user_assigned_identity" => self.managed_identity(resource),
            "azurerm_role_assignment" => self.azure_assignment(resource),
            "tls_private_key"
            | "aws_key_pair"
            | "azurerm_ssh_public_key"
            | "github_repository_deploy_key"
            | "gitlab_deploy_key" => self.ssh_key(resource),
            "tls_self_signed_cert"
            | "tls_locally_signed_cert"
            | "aws_iam_server_certificate"
            | "google_compute_ssl_certificate"
            | "acme_certificate" => self.certificate(resource),
            "random_password" => self.password(resource),
            kind if kind.starts_with("google_")
                && (kind.ends_with("_iam_member")
                    || kind.ends_with("_iam_binding")
                    || kind.ends_with("_iam_policy")) =>
            {
                self.google_grant(resource);
            }
            kind => *self.passed_over.entry(kind.to_owned()).or_default() += 1,
        }
    }

    fn parse<'a, T: Deserialize<'a>>(&mut self, resource: &'a Resource<'_>) -> Option<T> {
        let row = Row {
            list: &resource.address,
            index: 0,
            document: 0,
            text: &resource.attributes,
        };
        let mut found = Diagnostics::default();
        let parsed = row.parse(&mut found);
        // An address is a place by itself: the row's number says nothing.
        let numbered = format!("{}[0]", resource.address);
        self.diagnostics
            .extend(found.into_vec().into_iter().map(|mut diagnostic| {
                diagnostic.place = diagnostic.place.replacen(&numbered, &resource.address, 1);
                diagnostic
            }));
        parsed
    }

    fn place(&mut self, resource: &Resource<'_>) -> Place {
        Place::Path(self.batch.sym(&resource.address))
    }

    /// What stays of a secret in the clear. A masked or absent one leaves nothing.
    fn secret(&mut self, secret: Option<&str>) -> Option<Sym> {
        let secret = secret.filter(|secret| !secret.is_empty())?;
        self.n_secrets += 1;
        let text = fingerprint(self.input.salt, secret.as_bytes());
        Some(self.batch.sym(&text))
    }

    fn without_id(&mut self, resource: &Resource<'_>, member: &str) {
        self.diagnostics.push(Diagnostic::error(
            format!("{}.{member}", resource.address),
            "nothing",
            "the attribute by which other exports know this resource",
            "this resource was left out; refresh the state (`terraform apply -refresh-only`) and export it again",
        ));
    }

    fn aws_principal(&mut self, resource: &Resource<'_>, kind: IdentityKind) {
        let Some(raw) = self.parse::<RawAwsPrincipal<'_>>(resource) else {
            return;
        };
        let Some(arn) = raw.arn.as_deref().filter(|arn| arn.starts_with("arn:")) else {
            return self.without_id(resource, "arn");
        };
        let place = self.place(resource);
        let handle = self.batch.handle(HandleKind::Arn, arn);
        let mut fact = IdentityFact::listed(smallvec![handle], kind, place);
        if let Some(id) = raw.unique_id.as_deref().and_then(present) {
            fact.handles.push(self.batch.handle(HandleKind::AwsUniqueId, id));
        }
        fact.name = self.batch.sym_of(raw.name.as_deref());
        fact.account = self.batch.sym_of(arn.split(':').nth(4));
        fact.status = Status::Active;
        fact.created_at = raw
            .create_date
            .instant(|| format!("{}.create_date", resource.address), self.diagnostics);
        fact.purpose = self.batch.sym_of(raw.description.as_deref().and_then(present));
        let tags = raw.tags_all.as_ref().or(raw.tags.as_ref());
        labels::tell(&mut fact, pairs(tags), self.batch);
        self.batch.identities.push(fact);
        let boundary = raw.permissions_boundary.as_deref().and_then(present);
        if let Some(policy) = self.batch.sym_of(boundary) {
            let subject = handle;
            self.batch.boundaries.push(BoundaryFact { subject, policy, place });
        }
        let subject = Principal::Identity(handle);
        for policy in raw.inline_policy.0 {
            // A role without one has an empty block.
            if let Some(name) = policy.name.as_deref().and_then(present).map(str::to_owned) {
                self.aws_inline(resource, subject, &name, policy.policy);
            }
        }
        for policy in raw.managed_policy_arns.0 {
            self.aws_attach(resource, subject, &policy);
        }
        let Some(document) = raw.assume_role_policy else { return };
        let strings = &mut self.batch.strings;
        match aws_policy::open(&Object::Text(document.0), |policy| aws_trust::trusts(policy, strings)) {
            Ok(trusts) => self.batch.trusts.extend(trusts.into_iter().map(|trust| TrustFact {
                actor: trust.actor,
                target: handle,
                kind: trust.kind,
                guard: trust.guard,
                presence: Presence::Listed,
                place,
            })),
            Err(flaw) => self
                .diagnostics
                .push(flaw.diagnostic(&format!("{}.assume_role_policy", resource.address))),
        }
    }

    fn aws_access_key(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAwsAccessKey<'_>>(resource) else {
            return;
        };
        let Some(id) = raw.id.as_deref().and_then(present) else {
            return self.without_id(resource, "id");
        };
        let place = self.place(resource);
        let key = self.batch.sym(&access_key(id));
        let mut fact = CredentialFact::listed(key, CredentialKind::AccessKey, place);
        fact.holder = raw.user.as_deref().and_then(|user| self.users.get(user)).copied();
        fact.name = Some(self.batch.sym(id));
        fact.status = match raw.status.as_deref() {
            Some("Active") => CredentialStatus::Active,
            Some("Inactive") => CredentialStatus::Inactive,
            Some(_) | None => CredentialStatus::Unknown,
        };
        fact.created_at = raw
            .create_date
            .instant(|| format!("{}.create_date", resource.address), self.diagnostics);
        fact.fingerprint = self.secret(raw.secret.as_deref());
        self.batch.credentials.push(fact);
    }

    fn aws_managed_policy(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAwsPolicy<'_>>(resource) else {
            return;
        };
        let Some(arn) = raw.arn.as_deref().filter(|arn| arn.starts_with("arn:")) else {
            return self.without_id(resource, "arn");
        };
        let id = arn.to_owned();
        self.aws_document(resource, &id, raw.name.as_deref(), raw.policy);
    }

    fn aws_document(&mut self, resource: &Resource<'_>, id: &str, name: Option<&str>, document: Option<Text<'_>>) {
        let Some(document) = document else { return };
        let place = self.place(resource);
        let strings = &mut self.batch.strings;
        match aws_policy::open(&Object::Text(document.0), |policy| policy.statements(strings)) {
            Ok(statements) => {
                let id = self.batch.sym(id);
                let name = self.batch.sym_of(name).unwrap_or(id);
                self.batch.policies.push(PolicyFact {
                    id,
                    name,
                    document: AccessPolicy::Aws(statements),
                    place,
                });
            }
            Err(flaw) => self
                .diagnostics
                .push(flaw.diagnostic(&format!("{}.policy", resource.address))),
        }
    }

    fn aws_inline_policy(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAwsPolicy<'_>>(resource) else {
            return;
        };
        let name = raw.name.as_deref().unwrap_or("inline").to_owned();
        for subject in self.aws_named(&raw) {
            self.aws_inline(resource, subject, &name, raw.policy.clone());
        }
    }

    fn aws_inline(&mut self, resource: &Resource<'_>, subject: Principal, name: &str, document: Option<Text<'_>>) {
        let Some(owner) = arn_of(subject) else { return };
        let id = format!("{}/inline/{name}", self.batch.strings.get(owner));
        // A role and a resource of its own both say it.
        if self.attached.insert((owner, id.clone())) {
            self.aws_document(resource, &id, Some(name), document);
            self.aws_grant(resource, subject, name, &id);
        }
    }

    fn aws_attachment(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAwsPolicy<'_>>(resource) else {
            return;
        };
        let Some(arn) = raw.policy_arn.as_deref().filter(|arn| arn.starts_with("arn:")) else {
            return self.without_id(resource, "policy_arn");
        };
        for subject in self.aws_named(&raw) {
            self.aws_attach(resource, subject, arn);
        }
    }

    fn aws_attach(&mut self, resource: &Resource<'_>, subject: Principal, arn: &str) {
        let Some(owner) = arn_of(subject) else { return };
        // A role and a resource of its own both say it.
        if self.attached.insert((owner, arn.to_owned())) {
            let name = arn.rsplit('/').next().unwrap_or(arn).to_owned();
            self.aws_grant(resource, subject, &name, arn);
        }
    }

    /// A grant in the account of whom it is to, as other exports of the account state it.
    fn aws_grant(&mut self, resource: &Resource<'_>, subject: Principal, role: &str, policy: &str) {
        let account = arn_of(subject).and_then(|arn| self.batch.strings.get(arn).split(':').nth(4));
        let account = account.map(str::to_owned);
        let place = self.place(resource);
        let fact = GrantFact {
            subject,
            role: self.batch.sym(role),
            policy: Some(self.batch.sym(policy)),
            resource: self.batch.sym_of(account.as_deref()),
            privilege: None,
            conditional: Conditional::Always,
            // IAM has no attachment that ends.
            expires_at: Expiry::Never,
            place,
        };
        self.batch.grants.push(fact);
    }

    fn aws_membership(&mut self, resource: &Resource<'_>) {
        let Some(mut raw) = self.parse::<RawAwsPolicy<'_>>(resource) else {
            return;
        };
        let groups: Vec<_> = std::mem::take(&mut raw.groups.0)
            .into_iter()
            .chain(raw.group.take())
            .collect();
        let members = self.aws_named(&raw);
        for group in groups {
            let Some(&group) = self.groups.get(&*group) else {
                self.n_unnamed += members.len();
                continue;
            };
            for &member in &members {
                let place = self.place(resource);
                self.batch.memberships.push(MembershipFact { member, group, place });
            }
        }
    }

    /// The users, roles and groups that an attachment names, as far as the state has them: without them the account is
    /// not told.
    fn aws_named(&mut self, raw: &RawAwsPolicy<'_>) -> Vec<Principal> {
        let users = raw.user.iter().chain(&raw.users.0);
        let users = users.map(|name| self.users.get(&**name).copied().map(Principal::Identity));
        let roles = raw.role.iter().chain(&raw.roles.0);
        let roles = roles.map(|name| self.roles.get(&**name).copied().map(Principal::Identity));
        let groups = raw.group.iter().chain(&raw.groups.0);
        let groups = groups.map(|name| self.groups.get(&**name).copied().map(Principal::Group));
        let named: Vec<_> = users.chain(roles).chain(groups).collect();
        self.n_unnamed += named.iter().filter(|subject| subject.is_none()).count();
        named.into_iter().flatten().collect()
    }

    fn google_account(&mut self, resource: &Resource<'_>) {
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
        fact.purpose = self.batch.sym_of(raw.description.as_deref());
        self.batch.identities.push(fact);
    }

    fn google_key(&mut self, resource: &Resource<'_>) {
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

    fn google_grant(&mut self, resource: &Resource<'_>) {
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

    fn entra_object(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawEntraObject<'_>>(resource) else {
            return;
        };
        let Some(client_id) = raw
            .client_id
            .as_deref()
            .or(raw.application_id.as_deref())
            .and_then(present)
        else {
            return self.without_id(resource, "client_id");
        };
        let place = self.place(resource);
        let handle = self.batch.handle(HandleKind::EntraApp, &client_id.to_lowercase());
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Application, place);
        if let Some(id) = raw.object_id.as_deref().and_then(present) {
            fact.handles
                .push(self.batch.handle(HandleKind::EntraObject, &id.to_lowercase()));
        }
        fact.name = self.batch.sym_of(raw.display_name.as_deref());
        let purpose = raw.description.as_deref().and_then(present).or(raw.notes.as_deref());
        fact.purpose = self.batch.sym_of(purpose);
        self.batch.identities.push(fact);
    }

    /// The password or certificate of an application.
    fn entra_credential(&mut self, resource: &Resource<'_>, kind: CredentialKind) {
        let Some(raw) = self.parse::<RawEntraCredential<'_>>(resource) else {
            return;
        };
        let Some(id) = raw.key_id.as_deref().and_then(present) else {
            return self.without_id(resource, "key_id");
        };
        let place = self.place(resource);
        let key = self.batch.sym(&format!("entra:{}", id.to_lowercase()));
        let mut fact = CredentialFact::listed(key, kind, place);
        let holder = raw.application_object_id.as_deref().or(raw.application_id.as_deref());
        let holder = holder
            .or(raw.service_principal_id.as_deref())
            .and_then(|path| path.rsplit('/').next());
        fact.holder = holder.map(|id| self.batch.handle(HandleKind::EntraObject, &id.to_lowercase()));
        fact.name = self.batch.sym_of(raw.display_name.as_deref());
        fact.status = CredentialStatus::Active;
        fact.created_at = raw
            .start_date
            .instant(|| format!("{}.start_date", resource.address), self.diagnostics);
        fact.expires_at = raw
            .end_date
            .expiry(|| format!("{}.end_date", resource.address), self.diagnostics);
        if kind == CredentialKind::ClientSecret {
            fact.fingerprint = self.secret(raw.value.as_deref());
        }
        self.batch.credentials.push(fact);
    }

    fn managed_identity(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawManagedIdentity<'_>>(resource) else {
            return;
        };
        let Some(client_id) = raw.client_id.as_deref().and_then(present) else {
            return self.without_id(resource, "client_id");
        };
        let place = self.place(resource);
        let handle = self.batch.handle(HandleKind::EntraApp, &client_id.to_lowercase());
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ManagedIdentity, place);
        if let Some(id) = raw.principal_id.as_deref().and_then(present) {
            fact.handles
                .push(self.batch.handle(HandleKind::EntraObject, &id.to_lowercase()));
        }
        fact.name = self.batch.sym_of(raw.name.as_deref());
        let subscription = raw.id.as_deref().and_then(|id| id.split('/').nth(2));
        fact.account = self.batch.sym_of(subscription);
        labels::tell(&mut fact, pairs(raw.tags.as_ref()), self.batch);
        self.batch.identities.push(fact);
    }

    fn azure_assignment(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAzureAssignment<'_>>(resource) else {
            return;
        };
        let Some(principal) = raw.principal_id.as_deref().and_then(present).map(str::to_lowercase) else {
            return self.without_id(resource, "principal_id");
        };
        let definition = raw.role_definition_id.as_deref().and_then(definition_id);
        let known = definition.as_ref().and_then(|id| azure::built_in(id.as_str()));
        let named = known.map(|(name, _)| name).or(definition.as_ref().map(Guid::as_str));
        let Some(role) = raw.role_definition_name.as_deref().and_then(present).or(named) else {
            return self.without_id(resource, "role_definition_id");
        };
        let place = self.place(resource);
        let fact = GrantFact {
            subject: match raw.principal_type.as_deref() {
                Some("Group") => Principal::Group(self.batch.sym(&principal)),
                _ => Principal::Identity(self.batch.handle(HandleKind::EntraObject, &principal)),
            },
            role: self.batch.sym(role),
            policy: definition.as_ref().map(|id| self.batch.sym(&policy_id(id))),
            resource: self.batch.sym_of(raw.scope.as_deref()),
            privilege: known.map(|(_, privilege)| privilege),
            conditional: match raw.condition.as_deref().and_then(present) {
                Some(_) => Conditional::OnCondition,
                None => Conditional::Always,
            },
            expires_at: Expiry::NotReported,
            place,
        };
        self.batch.grants.push(fact);
    }

    fn ssh_key(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawSshKey<'_>>(resource) else {
            return;
        };
        let public_key = raw.public_key.as_deref();
        if raw.private_key_pem.as_deref().is_some_and(|pem| !pem.is_empty()) {
            self.n_secrets += 1;
        }
        // An imported key pair has none, and `tls_private_key` makes keys on curves that SSH does not have.
        let Some(fingerprint) = public_key.and_then(ssh_key::fingerprint_of_line) else {
            return;
        };
        let place = self.place(resource);
        let key = self.batch.sym(&ssh_key::credential_key(&fingerprint));
        let mut fact = CredentialFact::listed(key, CredentialKind::SshKey, place);
        fact.name = self
            .batch
            .sym_of(raw.key_name.as_deref())
            .or_else(|| self.batch.sym_of(Some(&resource.address)));
        fact.fingerprint = Some(self.batch.sym(&fingerprint));
        self.batch.credentials.push(fact);
    }

    fn certificate(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawCertificate<'_>>(resource) else {
            return;
        };
        let place = self.place(resource);
        if let Some(pem) = raw.cert_pem.as_deref() {
            certificate::push_pem(pem, |_, _, _| place, self.batch, self.diagnostics);
        }
    }

    fn password(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawPassword<'_>>(resource) else {
            return;
        };
        let place = self.place(resource);
        let key = self.batch.sym(&format!(
            "terraform:{}/{}/{}",
            self.input.source, self.lineage, resource.address
        ));
        let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
        fact.name = Some(self.batch.sym(&resource.address));
        fact.fingerprint = self.secret(raw.result.as_deref());
        self.batch.credentials.push(fact);
    }
}

/// The ARN of a user, role or group.
fn arn_of(subject: Principal) -> Option<Sym> {
    let (Principal::Identity(Handle { text: arn, .. }) | Principal::Group(arn)) = subject else {
        return None;
    };
    Some(arn)
}

fn pairs<'t>(tags: Option<&'t BTreeMap<Text<'_>, Text<'_>>>) -> impl Iterator<Item = (&'t str, &'t str)> {
    tags.into_iter().flatten().map(|(key, value)| (&**key, &**value))
}
