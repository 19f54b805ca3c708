//! Users, roles, groups, access keys, policies, identity providers, secrets and certificates of AWS in Terraform's states.
//!
//! <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>

use serde::Deserialize;
use serde_json::json;
use smallvec::smallvec;

use super::{Resource, State, Tags, pairs};
use crate::connectors::leaked_secret::access_key;
use crate::connectors::{aws_acm_certificates, aws_identity_providers};
use crate::model::access_policy::{AccessPolicy, Conditional, PolicyFact};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::grant::{BoundaryFact, GrantFact, MembershipFact, TrustFact};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::aws_policy::Object;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;
use crate::reading::{aws_policy, aws_trust, labels};

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

/// A secret of Secrets Manager, or a version of one.
#[derive(Deserialize)]
struct RawAwsSecret<'a> {
    /// The secret's, also in a version.
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    tags: Tags<'a>,
    #[serde(borrow, default)]
    tags_all: Tags<'a>,
    /// The secret of a version: by ARN or by name.
    #[serde(borrow, default)]
    secret_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_string: Option<Text<'a>>,
    #[serde(borrow, default)]
    secret_binary: Option<Text<'a>>,
    #[serde(borrow, default)]
    version_stages: OneOrMany<Text<'a>>,
}

impl State<'_, '_> {
    pub(super) fn aws_principal(&mut self, resource: &Resource<'_>, kind: IdentityKind) {
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
        match aws_policy::open(&Object::Text(document.0), |policy| {
            aws_trust::trust_policy(policy, strings)
        }) {
            Ok(policy) => {
                self.batch
                    .trusts
                    .extend(policy.let_in.into_iter().map(|trust| TrustFact {
                        actor: trust.actor,
                        target: handle,
                        kind: trust.kind,
                        guard: trust.guard,
                        presence: Presence::Listed,
                        place,
                    }));
                self.batch.policies.push(PolicyFact {
                    id: handle.text,
                    name: handle.text,
                    document: AccessPolicy::Aws(policy.statements),
                    place,
                });
            }
            Err(flaw) => self
                .diagnostics
                .push(flaw.diagnostic(&format!("{}.assume_role_policy", resource.address))),
        }
    }

    pub(super) fn aws_access_key(&mut self, resource: &Resource<'_>) {
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

    pub(super) fn aws_managed_policy(&mut self, resource: &Resource<'_>) {
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

    pub(super) fn aws_inline_policy(&mut self, resource: &Resource<'_>) {
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

    pub(super) fn aws_attachment(&mut self, resource: &Resource<'_>) {
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

    pub(super) fn aws_membership(&mut self, resource: &Resource<'_>) {
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
}

impl State<'_, '_> {
    /// An OpenID Connect or SAML provider.
    pub(super) fn aws_provider(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        let row = json!({
            "Arn": raw.get("arn"),
            "Url": raw.get("url"),
            "SAMLMetadataDocument": raw.get("saml_metadata_document"),
            "ValidUntil": raw.text("valid_until").map(with_year_last),
        });
        self.as_row(resource, &row, aws_identity_providers::read_row);
    }

    pub(super) fn aws_secret(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAwsSecret<'_>>(resource) else {
            return;
        };
        let Some(arn) = raw.arn.as_deref().filter(|arn| arn.starts_with("arn:")) else {
            return self.without_id(resource, "arn");
        };
        let place = self.place(resource);
        let key = self.batch.sym(&secret_key(arn));
        let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
        fact.custody = Custody::Vault;
        fact.name = self.batch.sym_of(raw.name.as_deref());
        // The provider takes one that is to be deleted for gone.
        fact.status = CredentialStatus::Active;
        let tags = raw.tags_all.as_ref().or(raw.tags.as_ref());
        labels::tell_credential(&mut fact, pairs(tags), self.batch);
        self.batch.credentials.push(fact);
    }

    /// The value of a secret, of which stays a fingerprint.
    pub(super) fn aws_secret_version(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.parse::<RawAwsSecret<'_>>(resource) else {
            return;
        };
        let named = [raw.arn.as_deref(), raw.secret_id.as_deref()];
        let arn = named.into_iter().flatten().find(|arn| arn.starts_with("arn:"));
        let Some(arn) = arn else {
            return self.without_id(resource, "arn");
        };
        let stages = &raw.version_stages.0;
        let fingerprint = self.secret(raw.secret_string.as_deref().or(raw.secret_binary.as_deref()));
        if stages.is_empty() || stages.iter().any(|stage| **stage == *"AWSCURRENT") {
            let place = self.place(resource);
            let key = self.batch.sym(&secret_key(arn));
            let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
            fact.presence = Presence::Mentioned;
            fact.fingerprint = fingerprint;
            self.batch.credentials.push(fact);
        }
    }

    pub(super) fn aws_certificate(&mut self, resource: &Resource<'_>) {
        let Some(raw) = self.attributes(resource) else { return };
        self.n_secrets += usize::from(raw.text("private_key").is_some());
        let row = json!({
            "CertificateArn": raw.get("arn"),
            "DomainName": raw.get("domain_name"),
            "SubjectAlternativeNames": raw.get("subject_alternative_names"),
            "Status": raw.get("status"),
            "Type": raw.get("type"),
            "NotBefore": raw.get("not_before"),
            "NotAfter": raw.get("not_after"),
            "KeyAlgorithm": raw.get("key_algorithm"),
        });
        self.as_row(resource, &row, |row, _, batch, diagnostics| {
            aws_acm_certificates::read_certificate(row, batch, diagnostics);
        });
    }
}

/// As the export of Secrets Manager calls a secret.
fn secret_key(arn: &str) -> String {
    format!("aws-secret:{arn}")
}

/// `Mon, 02 Jan 2006 15:04:05 UTC`, as the provider writes the end of a SAML provider, in the order in which dates with a
/// weekday are read. Another form is left as it is.
fn with_year_last(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    match words[..] {
        [weekday, day, month, year, time, zone] => {
            format!("{} {month} {day} {time} {year} {zone}", weekday.trim_end_matches(','))
        }
        _ => text.to_owned(),
    }
}

/// The ARN of a user, role or group.
fn arn_of(subject: Principal) -> Option<Sym> {
    let (Principal::Identity(Handle { text: arn, .. }) | Principal::Group(arn)) = subject else {
        return None;
    };
    Some(arn)
}
