//! Vault roles of auth methods: AppRole, Kubernetes, JWT and OIDC, AWS, Google Cloud and Azure, TLS certificates, roles of
//! tokens, and the users of userpass and LDAP.
//!
//! Written by `vault read -format=json auth/approle/role/ROLE`. The answer does not name the role: our command adds its
//! `path`; else the file's own path does (`auth/approle/role/ROLE.json`, or `auth_approle_role_ROLE.json`).
//! <https://developer.hashicorp.com/vault/api-docs/auth/approle>, …`/kubernetes`, …`/jwt`, …`/aws`, …`/gcp`, …`/azure`,
//! …`/cert`, …`/token`, …`/userpass`, …`/ldap`
//!
//! Read: policies, and who may log in as the role: Kubernetes service accounts, subjects and audiences of tokens, AWS
//! principals, Google Cloud service accounts, Azure service principals, names in certificates. An AppRole is let in by a
//! secret id, so that its credentials are other exports'; a user of userpass by a password, which Vault keeps. What
//! `vault list` writes has names alone: it is told which command comes next.
//!
//! Cannot tell: when a role was made or used, its secret ids, and which cluster or issuer stands behind a method.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::vault::{self, RawAnswer, RolePath};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::gcp_member;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "vault_auth_roles",
    title: "Roles of auth methods",
    vendor: "HashiCorp Vault",
    command: "for r in $(vault list -format=json auth/approle/role | jq -r '.[]'); do vault read -format=json auth/approle/role/$r | jq -c --arg p auth/approle/role/$r '. + {path: $p}'; done > approle.ndjson",
    cannot_tell: &[
        "the role's name, unless our command adds `path`: the file's path stands for it",
        "when a role was made, and when it was last used: add the audit log",
        "the secret ids of an AppRole: add `auth/approle/role/ROLE/secret-id-accessor/lookup`",
        "which cluster or issuer a method trusts: that is in `auth/METHOD/config`",
    ],
    signatures: &[
        &[Mark::Has("request_id"), Mark::Has("data.bind_secret_id")],
        &[Mark::Has("request_id"), Mark::Has("data.bound_service_account_names")],
        &[
            Mark::Has("request_id"),
            Mark::Has("data.bound_audiences"),
            Mark::Has("data.user_claim"),
        ],
        &[Mark::Has("request_id"), Mark::Has("data.bound_iam_principal_arn")],
        &[Mark::Has("request_id"), Mark::Has("data.bound_service_accounts")],
        &[Mark::Has("request_id"), Mark::Has("data.bound_service_principal_ids")],
        &[
            Mark::Has("request_id"),
            Mark::Has("data.allowed_common_names"),
            Mark::Has("data.certificate"),
        ],
        &[
            Mark::Has("request_id"),
            Mark::Has("data.allowed_policies"),
            Mark::Has("data.orphan"),
        ],
        // A user. The configuration of a method has the same, and where the method finds its users.
        &[
            Mark::Has("request_id"),
            Mark::Has("data.token_policies"),
            Mark::Has("data.token_ttl"),
            Mark::Lacks("data.url"),
            Mark::Lacks("data.base_url"),
            Mark::Lacks("data.organization"),
            Mark::Lacks("data.bind_secret_id"),
            Mark::Lacks("data.user_claim"),
        ],
        &[
            Mark::Has("request_id"),
            Mark::Has("data.policies"),
            Mark::Has("data.groups"),
            Mark::Lacks("data.accessor"),
        ],
        // `vault list` over HTTP.
        &[Mark::Has("request_id"), Mark::Has("data.keys"), Mark::Has("lease_id")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawRole<'a> {
    /// AppRole.
    #[serde(default, deserialize_with = "flag")]
    bind_secret_id: Option<bool>,
    /// `policies` before Vault 1.2.
    #[serde(borrow, default)]
    token_policies: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    policies: OneOrMany<Text<'a>>,

    /// Kubernetes.
    #[serde(borrow, default)]
    bound_service_account_names: Option<OneOrMany<Text<'a>>>,
    #[serde(borrow, default)]
    bound_service_account_namespaces: OneOrMany<Text<'a>>,

    /// JWT and OIDC.
    #[serde(borrow, default)]
    user_claim: Option<Text<'a>>,
    #[serde(borrow, default)]
    bound_audiences: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    bound_subject: Option<Text<'a>>,
    #[serde(borrow, default)]
    bound_claims: Option<BTreeMap<Cow<'a, str>, IgnoredAny>>,

    /// AWS.
    #[serde(borrow, default)]
    bound_iam_principal_arn: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    bound_account_id: OneOrMany<Text<'a>>,

    /// Google Cloud.
    #[serde(borrow, default)]
    bound_service_accounts: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    bound_projects: OneOrMany<Text<'a>>,

    /// Azure.
    #[serde(borrow, default)]
    bound_service_principal_ids: OneOrMany<Text<'a>>,

    /// TLS certificates, whose names are these, where there are any.
    #[serde(borrow, default)]
    allowed_common_names: Option<OneOrMany<Text<'a>>>,
    #[serde(borrow, default)]
    allowed_dns_sans: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    allowed_email_sans: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    allowed_uri_sans: OneOrMany<Text<'a>>,
    /// Any name of the certificate.
    #[serde(borrow, default)]
    allowed_names: OneOrMany<Text<'a>>,

    /// Roles of tokens: what a token of the role may have.
    #[serde(borrow, default)]
    allowed_policies: Option<OneOrMany<Text<'a>>>,

    /// Users of LDAP.
    #[serde(borrow, default)]
    groups: Option<&'a RawValue>,

    /// Names alone, of a list.
    #[serde(default)]
    keys: Option<OneOrMany<IgnoredAny>>,
}

/// Words in a file's name that say what is in it, not which role.
const GENERIC: &[&str] = &[
    "vault",
    "auth",
    "role",
    "roles",
    "approle",
    "kubernetes",
    "jwt",
    "oidc",
    "aws",
    "gcp",
    "azure",
    "cert",
    "certs",
    "userpass",
    "ldap",
    "user",
    "users",
    "token",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &[], &mut diagnostics).rows;
    let is_alone = rows.len() == 1;
    let mut n_names = 0;
    for row in &rows {
        n_names += match row.text.starts_with('"') {
            true => 1,
            false => read_role(row, is_alone, input, &mut batch, &mut diagnostics),
        };
    }
    if n_names > 0 {
        diagnostics.push(Diagnostic::info(
            "whole file",
            format!("a list of names: {n_names}"),
            "what is behind each name",
            match input.path.contains("accessor") {
                true => "read each: `vault write -format=json auth/token/lookup-accessor accessor=NAME`, as docs/connectors.md does it for all",
                false => "read each: `vault read -format=json PATH/NAME` with the path that was listed, such as `auth/approle/role`, as docs/connectors.md does it for all",
            },
        ));
    }
    (batch, diagnostics)
}

/// How many names alone the row has, where it is a list.
pub(super) fn read_role(
    row: &Row<'_>,
    is_alone: bool,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) -> usize {
    let Some(answer) = row.parse::<RawAnswer<'_, RawRole<'_>>>(diagnostics) else {
        return 0;
    };
    let Some(raw) = answer.data else { return 0 };
    if let Some(keys) = &raw.keys {
        return keys.0.len();
    }
    let (method, kind) = match &raw {
        RawRole {
            bind_secret_id: Some(_),
            ..
        } => ("approle", IdentityKind::ServiceAccount),
        RawRole {
            bound_service_account_names: Some(_),
            ..
        } => ("kubernetes", IdentityKind::Role),
        RawRole {
            user_claim: Some(_), ..
        } => ("jwt", IdentityKind::Role),
        RawRole {
            bound_service_accounts, ..
        } if !bound_service_accounts.0.is_empty() => ("gcp", IdentityKind::Role),
        RawRole {
            bound_service_principal_ids,
            ..
        } if !bound_service_principal_ids.0.is_empty() => ("azure", IdentityKind::Role),
        RawRole {
            allowed_common_names: Some(_),
            ..
        } => ("cert", IdentityKind::Role),
        RawRole {
            allowed_policies: Some(_),
            ..
        } => ("token", IdentityKind::Role),
        RawRole { groups: Some(_), .. } => ("ldap", IdentityKind::User),
        // Every other role names what it is bound to, if only as nothing.
        RawRole { .. } if !row.text.contains("\"bound_") => ("userpass", IdentityKind::User),
        RawRole { .. } => ("aws", IdentityKind::Role),
    };
    // The file's path can name one role, not many.
    let by_file = is_alone.then(|| {
        let declared = input.config.subject_of(input.path).and_then(RolePath::of_path);
        declared
            .or_else(|| RolePath::of_path(input.path))
            .or_else(|| RolePath::of_file_name(input.path))
            .or_else(|| {
                let name = input.subject(GENERIC)?;
                Some(RolePath { mount: method, name })
            })
    });
    let by_answer = answer.path.as_deref().and_then(RolePath::of_path);
    let Some(path) = by_answer.or(by_file.flatten()) else {
        diagnostics.push(Diagnostic::error(
            row.name(),
            "a role without a name",
            "a member `path` such as `auth/approle/role/ci`, or one role in a file of that path",
            "this role was left out; export the roles with the command of docs/connectors.md, which adds `path`",
        ));
        return 0;
    };
    let place = row.place(batch);
    let handle = vault::role(path, input, batch);
    let mut fact = IdentityFact::listed(smallvec![handle], kind, place);
    fact.name = Some(batch.sym(path.name));
    fact.account = Some(batch.sym(&format!("auth/{}", path.mount)));
    fact.status = Status::Active;
    batch.identities.push(fact);
    // Of LDAP, Vault keeps no password.
    if method == "userpass" {
        let key = batch.sym(&format!(
            "vault-password:{}/auth/{}/{}",
            input.source, path.mount, path.name
        ));
        let mut fact = CredentialFact::listed(key, CredentialKind::Password, place);
        fact.holder = Some(handle);
        fact.name = Some(batch.sym("password"));
        fact.status = CredentialStatus::Active;
        batch.credentials.push(fact);
    }
    let policies = match raw.token_policies.0.is_empty() {
        true => &raw.policies.0,
        false => &raw.token_policies.0,
    };
    let allowed = raw.allowed_policies.iter().flat_map(|policies| &policies.0);
    for policy in policies.iter().chain(allowed) {
        vault::policy(handle, policy, Expiry::Never, place, input, batch);
    }
    trusts(handle, path.mount, &raw, place, batch);
    0
}

/// Who may log in as a role. `*` stands for anybody.
fn trusts(target: Handle, mount: &str, raw: &RawRole<'_>, place: Place, batch: &mut Batch) {
    let issuer = batch.sym(&format!("Vault auth/{mount}"));
    let mut actors = Vec::new();
    if let Some(names) = &raw.bound_service_account_names {
        for namespace in &raw.bound_service_account_namespaces.0 {
            for name in &names.0 {
                let is_anybody = &**name == "*" && &**namespace == "*";
                let subject = format!("system:serviceaccount:{}:{}", &**namespace, &**name);
                let subject = (!is_anybody).then(|| batch.sym(&subject));
                let guard = if is_anybody {
                    TrustGuard::Open
                } else {
                    TrustGuard::SubjectOrAudience
                };
                actors.push((Principal::Federated { issuer, subject }, TrustKind::Federates, guard));
            }
        }
    }
    if raw.user_claim.is_some() {
        let subject = batch.sym_of(raw.bound_subject.as_deref());
        let is_guarded = subject.is_some()
            || !raw.bound_audiences.0.is_empty()
            || raw.bound_claims.as_ref().is_some_and(|claims| !claims.is_empty());
        let guard = if is_guarded {
            TrustGuard::SubjectOrAudience
        } else {
            TrustGuard::Open
        };
        actors.push((Principal::Federated { issuer, subject }, TrustKind::Federates, guard));
    }
    if let Some(common_names) = &raw.allowed_common_names {
        let others = [
            &raw.allowed_dns_sans,
            &raw.allowed_email_sans,
            &raw.allowed_uri_sans,
            &raw.allowed_names,
        ];
        let names = common_names.0.iter().chain(others.iter().flat_map(|names| &names.0));
        let names: Vec<_> = names.filter(|name| &***name != "*").collect();
        for name in &names {
            let subject = Some(batch.sym(name));
            let actor = Principal::Federated { issuer, subject };
            actors.push((actor, TrustKind::Federates, TrustGuard::SubjectOrAudience));
        }
        // Whoever holds a certificate of the authority.
        if names.is_empty() {
            let actor = Principal::Federated { issuer, subject: None };
            actors.push((actor, TrustKind::Federates, TrustGuard::Open));
        }
    }
    for arn in &raw.bound_iam_principal_arn.0 {
        // A wildcard names many principals, of one account as a rule.
        let actor = match arn.contains('*') {
            true => Principal::Named(batch.sym(arn)),
            false => Principal::Identity(batch.handle(HandleKind::Arn, arn)),
        };
        actors.push((actor, TrustKind::Assumes, TrustGuard::Open));
    }
    for account in raw.bound_account_id.0.iter().chain(&raw.bound_projects.0) {
        let actor = Principal::Account(batch.sym(account));
        actors.push((actor, TrustKind::Federates, TrustGuard::OtherCondition));
    }
    for account in &raw.bound_service_accounts.0 {
        let actor = match &**account {
            "*" => Principal::AnyoneAuthenticated,
            account => Principal::Identity(gcp_member::service_account(batch, account)),
        };
        actors.push((actor, TrustKind::Federates, TrustGuard::Open));
    }
    for id in &raw.bound_service_principal_ids.0 {
        let actor = match &**id {
            "*" => Principal::AnyoneAuthenticated,
            id => Principal::Identity(batch.handle(HandleKind::EntraObject, &id.to_lowercase())),
        };
        actors.push((actor, TrustKind::Federates, TrustGuard::Open));
    }
    batch
        .trusts
        .extend(actors.into_iter().map(|(actor, kind, guard)| TrustFact {
            actor,
            target,
            kind,
            guard,
            presence: Presence::Listed,
            place,
        }));
}
