//! What the Terraform connectors share: the resources of a state that are identities, credentials, grants or trusts.
//!
//! A state lists what Terraform manages as it was when it last looked, with every attribute in the clear, secrets too.
//! Of those stay fingerprints. Attributes are the providers'; their registries document them:
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>, …`/google`, …`/azuread`, …`/azurerm`, …`/tls`,
//! …`/random`, <https://registry.terraform.io/providers/integrations/github/latest/docs>; others are named where they are read.

mod aws;
mod google;
mod kubernetes;
mod microsoft;
mod rows;
mod services;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Input;
use super::gcp_iam_policy::PolicyReader;
use crate::diagnostic::{Diagnostic, Diagnostics, shorten};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::identity::IdentityKind;
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::fingerprint::fingerprint;
use crate::reading::json::Row;
use crate::reading::text::Text;
use crate::reading::{certificate, ssh_key};

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
        objects: Vec::new(),
        passed_over: BTreeMap::new(),
        unread: BTreeMap::new(),
    };
    // Attachments name users, roles and groups by name; their ARNs stand with the users, roles and groups themselves.
    for resource in resources {
        state.note_name(resource);
    }
    for resource in resources {
        state.resource(resource);
    }
    state.kubernetes();
    let (n_secrets, n_unnamed) = (state.n_secrets, state.n_unnamed);
    let (passed_over, unread) = (state.passed_over, state.unread);
    if n_unnamed > 0 {
        diagnostics.push(Diagnostic::info(
            "resources",
            format!("attachments to users, roles or groups that this state does not have: {n_unnamed}"),
            "the state that has them, too",
            "these were left out, for nothing tells of which account they are: `aws iam get-account-authorization-details` lists them",
        ));
    }
    if !unread.is_empty() {
        let n_resources: u32 = unread.values().sum();
        diagnostics.push(Diagnostic::info(
            "resources",
            format!("resources about access that are not read from a state: {n_resources}"),
            "the exports of the systems that these are of",
            format!(
                "not known from here: {}; see docs/connectors.md for what their own systems export",
                named(&unread)
            ),
        ));
    }
    if !passed_over.is_empty() {
        let n_resources: u32 = passed_over.values().sum();
        diagnostics.push(Diagnostic::info(
            "resources",
            format!("resources of other types: {n_resources}"),
            "identities, credentials, grants and trusts",
            format!("nothing to do; passed over: {}", named(&passed_over)),
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

/// Types of resources and how many there are of each.
fn named(kinds: &BTreeMap<String, u32>) -> String {
    let kinds = kinds.iter().take(MAX_KINDS_NAMED);
    let kinds: Vec<_> = kinds.map(|(kind, n)| format!("{} ({n})", shorten(kind))).collect();
    kinds.join(", ")
}

/// Whether a type that is not read would tell of identities, of what they hold, or of what they may do.
fn is_about_access(kind: &str) -> bool {
    const WORDS: [&str; 18] = [
        "_iam_",
        "service_account",
        "service_principal",
        "workload_identity",
        "identity_provider",
        "managed_identity",
        "federated",
        "credential",
        "_secret",
        "_token",
        "api_key",
        "access_key",
        "ssh_key",
        "password",
        "_certificate",
        "_oauth",
        "_auth_backend",
        "role_assignment",
    ];
    const ENDS: [&str; 4] = ["_role", "_user", "_permission", "_grant"];
    /// What may be done with a resource, or at all.
    const POLICIES: [&str; 8] = [
        "aws_organizations_policy",
        "aws_organizations_policy_attachment",
        "aws_s3_bucket_policy",
        "aws_kms_key",
        "aws_kms_key_policy",
        "aws_sns_topic_policy",
        "aws_sqs_queue_policy",
        "aws_ecr_repository_policy",
    ];
    // These wait for something, or say how passwords must be.
    let is_other = kind.ends_with("_validation") || kind.ends_with("_password_policy");
    let is_meant = WORDS.iter().any(|word| kind.contains(word)) || ENDS.iter().any(|end| kind.ends_with(end));
    is_meant && !is_other || POLICIES.contains(&kind)
}

struct State<'s, 'i> {
    input: Input<'i>,
    lineage: &'s str,
    batch: &'s mut Batch,
    diagnostics: &'s mut Diagnostics,
    /// ARNs by name.
    users: BTreeMap<String, Handle>,
    roles: BTreeMap<String, Handle>,
    /// As [`Group`](crate::model::principal::Principal::Group) writes them, by name.
    groups: BTreeMap<String, Sym>,
    /// Users, roles and groups by their ARNs, and the ids of the policies that they have.
    attached: BTreeSet<(Sym, String)>,
    google: PolicyReader,
    n_secrets: usize,
    /// Attachments to whom the state does not have.
    n_unnamed: usize,
    /// Objects of Kubernetes with their places, which are read together.
    objects: Vec<(String, String)>,
    /// How many resources there are of each type that is not read.
    passed_over: BTreeMap<String, u32>,
    /// The same of types that would tell something.
    unread: BTreeMap<String, u32>,
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
            "aws_iam_openid_connect_provider" | "aws_iam_saml_provider" => self.aws_provider(resource),
            "aws_secretsmanager_secret" => self.aws_secret(resource),
            "aws_secretsmanager_secret_version" => self.aws_secret_version(resource),
            "aws_acm_certificate" => self.aws_certificate(resource),
            "google_service_account" => self.google_account(resource),
            "google_secret_manager_secret" => self.google_secret(resource),
            "google_secret_manager_secret_version" => self.google_secret_version(resource),
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
            "azuread_application_federated_identity_credential" => self.entra_federation(resource),
            "azurerm_federated_identity_credential" => self.managed_federation(resource),
            "azurerm_key_vault_secret" | "azurerm_key_vault_key" | "azurerm_key_vault_certificate" => {
                self.key_vault_object(resource);
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
            "github_actions_secret"
            | "github_actions_environment_secret"
            | "github_actions_organization_secret"
            | "github_dependabot_secret"
            | "github_dependabot_organization_secret"
            | "github_codespaces_secret"
            | "github_codespaces_organization_secret" => self.github_secret(resource),
            "gitlab_personal_access_token" | "gitlab_project_access_token" | "gitlab_group_access_token" => {
                self.gitlab_token(resource);
            }
            "gitlab_deploy_token" => self.gitlab_deploy_token(resource),
            "okta_app_oauth" => self.okta_app(resource),
            "vault_approle_auth_backend_role" => self.vault_role(resource, "approle"),
            "vault_kubernetes_auth_backend_role" => self.vault_role(resource, "kubernetes"),
            "vault_jwt_auth_backend_role" => self.vault_role(resource, "jwt"),
            "snowflake_user" | "snowflake_service_user" | "snowflake_legacy_service_user" => {
                self.snowflake_user(resource);
            }
            "kubernetes_service_account"
            | "kubernetes_service_account_v1"
            | "kubernetes_default_service_account"
            | "kubernetes_default_service_account_v1" => self.kubernetes_object(resource, "ServiceAccount"),
            "kubernetes_role" | "kubernetes_role_v1" => self.kubernetes_object(resource, "Role"),
            "kubernetes_cluster_role" | "kubernetes_cluster_role_v1" => {
                self.kubernetes_object(resource, "ClusterRole");
            }
            "kubernetes_role_binding" | "kubernetes_role_binding_v1" => {
                self.kubernetes_object(resource, "RoleBinding");
            }
            "kubernetes_cluster_role_binding" | "kubernetes_cluster_role_binding_v1" => {
                self.kubernetes_object(resource, "ClusterRoleBinding");
            }
            "kubernetes_secret" | "kubernetes_secret_v1" => self.kubernetes_object(resource, "Secret"),
            kind if kind.starts_with("google_")
                && (kind.ends_with("_iam_member")
                    || kind.ends_with("_iam_binding")
                    || kind.ends_with("_iam_policy")) =>
            {
                self.google_grant(resource);
            }
            kind => {
                let kinds = match is_about_access(kind) {
                    true => &mut self.unread,
                    false => &mut self.passed_over,
                };
                *kinds.entry(kind.to_owned()).or_default() += 1;
            }
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
        self.tell(resource, found);
        parsed
    }

    /// Says what went wrong with a resource that was read as a row. An address is a place by itself: the row's number
    /// says nothing.
    fn tell(&mut self, resource: &Resource<'_>, found: Diagnostics) {
        let numbered = format!("{}[0]", resource.address);
        self.diagnostics
            .extend(found.into_vec().into_iter().map(|mut diagnostic| {
                diagnostic.place = diagnostic.place.replacen(&numbered, &resource.address, 1);
                diagnostic
            }));
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

fn pairs<'t>(tags: Option<&'t BTreeMap<Text<'_>, Text<'_>>>) -> impl Iterator<Item = (&'t str, &'t str)> {
    tags.into_iter().flatten().map(|(key, value)| (&**key, &**value))
}
