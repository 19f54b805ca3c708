//! Akeyless authentication methods: who gets into the vault, and as which roles.
//!
//! Written by `akeyless list-auth-methods --json`. Dates are text, `access_expires` is in seconds since 1970, 0 being never.
//! <https://docs.akeyless.io/reference/listauthmethods>
//!
//! Read: name, access id, kind of method, end, creation, last access, roles with the claims that they ask for; of AWS
//! methods the accounts and roles that are let in. An API key and a universal identity's token are stored; every other
//! machine method accepts somebody else's proof.
//!
//! Cannot tell: what a role may do. The names are those of Akeyless's API description; no recorded export was at hand.

use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::Conditional;
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{GrantFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{Class, IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "akeyless_auth_methods",
    title: "Authentication methods",
    vendor: "Akeyless",
    command: "akeyless list-auth-methods --json > auth-methods.json",
    cannot_tell: &[
        "what a role may do: that is in `akeyless list-roles`",
        "which of several callers used a method",
        "when an API key was made anew",
    ],
    signatures: &[
        &[Mark::Has("auth_methods")],
        &[Mark::Has("auth_method_access_id"), Mark::Has("access_info")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawMethod<'a> {
    #[serde(borrow, default)]
    auth_method_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    auth_method_access_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    account_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    access_info: Option<RawAccess<'a>>,
    #[serde(borrow, default)]
    auth_method_roles_assoc: Option<Vec<RawRole<'a>>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default)]
    creation_date: Moment,
    #[serde(default)]
    access_date: Moment,
    #[serde(default, deserialize_with = "flag")]
    is_approved: Option<bool>,
}

#[derive(Deserialize)]
struct RawAccess<'a> {
    #[serde(borrow, default)]
    rules_type: Option<Text<'a>>,
    #[serde(default)]
    access_expires: Moment,
    #[serde(borrow, default)]
    aws_iam_access_rules: Option<RawAwsRules<'a>>,
}

#[derive(Deserialize)]
struct RawAwsRules<'a> {
    #[serde(borrow, default)]
    account_id: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    arn: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    role_name: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    user_name: OneOrMany<Text<'a>>,
}

#[derive(Deserialize)]
struct RawRole<'a> {
    #[serde(borrow, default)]
    role_name: Option<Text<'a>>,
    /// Which claims the caller's token must have; `null` when none are asked for.
    #[serde(borrow, default)]
    auth_method_sub_claims: Option<&'a RawValue>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["auth_methods"], &mut diagnostics);
    for row in &rows.rows {
        read_method(row, input, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "auth methods");
    (batch, diagnostics)
}

fn read_method(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawMethod<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.auth_method_access_id.as_deref().and_then(present) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.auth_method_access_id", row.name()),
            "nothing",
            "an access id such as `p-tyhz9w0tb4m9`",
            "this method was left out; list the methods again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = batch.handle(HandleKind::Local, &format!("{}/akeyless/{id}", input.source));
    let rules = raw
        .access_info
        .as_ref()
        .and_then(|access| access.rules_type.as_deref())
        .unwrap_or("");
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ServiceAccount, place);
    // Methods by which people sign in; the others are for machines, but for OAuth and certificates, which serve both.
    match rules {
        "saml2" | "oidc" | "ldap" | "email_pass" | "password" => {
            fact.kind = Some(IdentityKind::User);
            fact.class = Some(Class::Human);
        }
        "oauth2" | "cert" => fact.class = Some(Class::Unknown),
        _ => {}
    }
    fact.name = batch.sym_of(raw.auth_method_name.as_deref());
    fact.account = batch.sym_of(raw.account_id.as_deref());
    fact.status = match raw.is_approved {
        Some(false) => Status::Disabled,
        Some(true) => Status::Active,
        None => Status::Unknown,
    };
    fact.purpose = batch.sym_of(raw.description.as_deref());
    fact.created_at = raw
        .creation_date
        .instant(|| format!("{}.creation_date", row.name()), diagnostics);
    let used_at = raw
        .access_date
        .instant(|| format!("{}.access_date", row.name()), diagnostics);
    fact.last_used = used_at.map_or(LastUsed::NotReported, LastUsed::At);
    let (created_at, last_used) = (fact.created_at, fact.last_used);
    batch.identities.push(fact);

    let kind = match rules {
        "api_key" => Some(CredentialKind::ApiKey),
        "universal_identity" => Some(CredentialKind::Token),
        "aws_iam" | "azure_ad" | "gcp" | "k8s" | "kerberos" | "oci" | "oauth2" | "cert" => {
            Some(CredentialKind::Federation)
        }
        // People's own passwords and sessions are elsewhere.
        _ => None,
    };
    if let Some(kind) = kind {
        let key = batch.sym(&format!("akeyless-auth:{}/{id}", input.source));
        let mut credential = CredentialFact::listed(key, kind, place);
        credential.holder = Some(handle);
        credential.name = batch.sym_of(Some(rules));
        credential.status = match raw.is_approved {
            Some(false) => CredentialStatus::Inactive,
            Some(true) | None => CredentialStatus::Active,
        };
        credential.created_at = created_at;
        credential.last_used = last_used;
        let end = raw.access_info.as_ref().map(|access| access.access_expires.clone());
        credential.expires_at = end.map_or(Expiry::NotReported, |end| {
            end.expiry(|| format!("{}.access_info.access_expires", row.name()), diagnostics)
        });
        batch.credentials.push(credential);
    }
    if let Some(rules) = raw
        .access_info
        .as_ref()
        .and_then(|access| access.aws_iam_access_rules.as_ref())
    {
        aws_callers(rules, handle, place, batch);
    }
    for role in raw.auth_method_roles_assoc.into_iter().flatten() {
        let Some(name) = batch.sym_of(role.role_name.as_deref()) else {
            continue;
        };
        let resource = Some(batch.sym("Akeyless"));
        batch.grants.push(GrantFact {
            subject: Principal::Identity(handle),
            role: name,
            policy: None,
            resource,
            // What a role allows is in another export.
            privilege: None,
            conditional: match role.auth_method_sub_claims.map(RawValue::get) {
                None | Some("null" | "{}") => Conditional::Always,
                Some(_) => Conditional::OnCondition,
            },
            expires_at: Expiry::NotReported,
            place,
        });
    }
}

/// States which AWS identities are let in.
fn aws_callers(rules: &RawAwsRules<'_>, target: Handle, place: Place, batch: &mut Batch) {
    let mut actors = Vec::new();
    for arn in &rules.arn.0 {
        actors.push(Principal::Identity(batch.handle(HandleKind::Arn, arn)));
    }
    for account in &rules.account_id.0 {
        let roles = rules.role_name.0.iter().map(|name| ("role", name));
        let users = rules.user_name.0.iter().map(|name| ("user", name));
        let named: Vec<String> = roles
            .chain(users)
            .map(|(kind, name)| format!("arn:aws:iam::{}:{kind}/{}", &**account, &**name))
            .collect();
        if named.is_empty() && rules.arn.0.is_empty() {
            actors.push(Principal::Account(batch.sym(account)));
        }
        for arn in named {
            actors.push(Principal::Identity(batch.handle(HandleKind::Arn, &arn)));
        }
    }
    for actor in actors {
        batch.trusts.push(TrustFact {
            actor,
            target,
            kind: TrustKind::Federates,
            guard: TrustGuard::SubjectOrAudience,
            presence: Presence::Listed,
            place,
        });
    }
}
