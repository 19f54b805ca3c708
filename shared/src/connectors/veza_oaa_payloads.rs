//! Veza's Open Authorization API: what a team pushes to Veza about an application or an identity provider of its own.
//!
//! Written by `get_payload()` of oaaclient, or taken from what it pushes: a body with the payload as a text in `json_data`,
//! in base64 of gzip where `compression_type` says so.
//! <https://docs.veza.com/4yItIzMvkpAvMVFAamTf/developers/api/oaa>
//!
//! Read, of an application: local users, agents, groups, roles, access credentials, permissions, and who has them; custom
//! properties that name an owner, or say that an account is a service's. Of an identity provider: users and groups. Whoever
//! an application's user stands for at the identity provider answers for it.
//!
//! Cannot tell: what a custom permission allows but by the kinds of access that the payload gives it. Applications were
//! confirmed on payloads of oaaclient; the pushed form and agents are those of the documentation.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{GrantFact, MembershipFact};
use crate::model::identity::{Class, IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::container;
use crate::reading::json::{self, Row};
use crate::reading::labels;
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "veza_oaa_payloads",
    title: "Open Authorization API payloads",
    vendor: "Veza",
    command: "python -c 'import json; from connector import app; print(json.dumps(app.get_payload()))' > oaa.json   # app: an oaaclient CustomApplication",
    cannot_tell: &[
        "what the application itself does with a permission: the payload gives it kinds of access",
        "which accounts serve people, unless a custom property says so",
        "when a password ends",
    ],
    signatures: &[
        &[
            Mark::Has("applications"),
            Mark::Has("permissions"),
            Mark::Has("identity_to_permissions"),
        ],
        &[Mark::Has("idp_type"), Mark::Has("domains"), Mark::Has("users")],
        &[Mark::Has("data_source_id"), Mark::Has("json_data")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawPush<'a> {
    #[serde(borrow, default)]
    json_data: Option<Text<'a>>,
    #[serde(borrow, default)]
    compression_type: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawPayload<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    applications: Vec<RawApplication<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    permissions: Vec<RawPermission<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    identity_to_permissions: Vec<RawAssignment<'a>>,
    // An identity provider's.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    users: Vec<RawIdpUser<'a>>,
}

#[derive(Deserialize)]
struct RawApplication<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    local_users: Vec<RawUser<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    local_agents: Vec<RawUser<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    local_roles: Vec<RawRole<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    local_access_creds: Vec<RawAccessCredential<'a>>,
}

#[derive(Deserialize)]
struct RawUser<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    /// Whom it stands for at the identity provider.
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    identities: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    groups: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    access_creds: Vec<Text<'a>>,
    #[serde(borrow, default)]
    user_type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_active: Option<bool>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    last_login_at: Moment,
    #[serde(default)]
    deactivated_at: Moment,
    #[serde(default)]
    password_last_changed_at: Moment,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    custom_properties: BTreeMap<Cow<'a, str>, &'a RawValue>,
}

impl RawUser<'_> {
    /// The name by which the payload speaks of the user.
    fn key(&self) -> Option<&str> {
        self.id.as_deref().or(self.name.as_deref()).and_then(present)
    }
}

#[derive(Deserialize)]
struct RawRole<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    permissions: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct RawAccessCredential<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_active: Option<bool>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    expires_at: Moment,
    #[serde(default)]
    last_used_at: Moment,
}

#[derive(Deserialize)]
struct RawPermission<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    permission_type: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct RawAssignment<'a> {
    #[serde(borrow, default)]
    identity: Option<Text<'a>>,
    #[serde(borrow, default)]
    identity_type: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    application_permissions: Vec<RawGiven<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    role_assignments: Vec<RawGiven<'a>>,
}

#[derive(Deserialize)]
struct RawGiven<'a> {
    #[serde(borrow, default)]
    application: Option<Text<'a>>,
    #[serde(borrow, default, alias = "role")]
    permission: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    apply_to_application: Option<bool>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    resources: Vec<Text<'a>>,
}

#[derive(Deserialize)]
struct RawIdpUser<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(borrow, default)]
    identity: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_active: Option<bool>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    groups: Vec<RawIdpGroup<'a>>,
}

#[derive(Deserialize)]
struct RawIdpGroup<'a> {
    #[serde(borrow, default)]
    identity: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        if !row.text.contains("\"json_data\"") {
            read_payload(&row, input, &mut batch, &mut diagnostics);
            continue;
        }
        let Some(push) = row.parse::<RawPush<'_>>(&mut diagnostics) else {
            continue;
        };
        match unpacked(&push) {
            Ok(text) => read_payload(&Row { text: &text, ..row }, input, &mut batch, &mut diagnostics),
            Err(found) => diagnostics.push(Diagnostic::error(
                format!("{}.json_data", row.name()),
                found,
                "the payload as JSON, in base64 of gzip where `compression_type` is `GZIP`",
                "this payload was left out; save it before it is pushed",
            )),
        }
    }
    (batch, diagnostics)
}

/// The payload inside a pushed body.
fn unpacked(push: &RawPush<'_>) -> Result<String, &'static str> {
    let data = push.json_data.as_deref().unwrap_or("");
    let is_packed = push
        .compression_type
        .as_deref()
        .is_some_and(|kind| kind.eq_ignore_ascii_case("GZIP"));
    if !is_packed {
        return Ok(data.to_owned());
    }
    let packed = STANDARD.decode(data.trim()).map_err(|_| "no base64")?;
    let mut text = None;
    container::each_member("payload.gz", &packed, &mut |member| {
        text = member
            .bytes
            .ok()
            .and_then(|bytes| String::from_utf8(bytes.to_owned()).ok());
    });
    text.ok_or("no gzip")
}

/// What is known of all applications of one payload before it is said who has what.
struct Context<'a> {
    /// Kinds of access by permission.
    kinds: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Permissions by application and role.
    roles: BTreeMap<(&'a str, &'a str), &'a [Text<'a>]>,
    /// Who holds an access credential, by application and credential.
    holders: BTreeMap<(&'a str, &'a str), &'a str>,
    place: Place,
    input: Input<'a>,
}

fn read_payload(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawPayload<'_>>(diagnostics) else {
        return;
    };
    let place = row.place(batch);
    let kinds = raw.permissions.iter().filter_map(|permission| {
        let kinds = permission.permission_type.iter().map(|kind| &**kind);
        Some((permission.name.as_deref()?, kinds.collect()))
    });
    let roles = raw.applications.iter().flat_map(|application| {
        let name = application.name.as_deref().unwrap_or("");
        let roles = application.local_roles.iter();
        roles.filter_map(move |role| Some(((name, role.name.as_deref()?), role.permissions.as_slice())))
    });
    let users = raw.applications.iter().flat_map(|application| {
        let name = application.name.as_deref().unwrap_or("");
        let users = application.local_users.iter().chain(&application.local_agents);
        users.filter_map(move |user| Some((name, user.key()?, &user.access_creds)))
    });
    let holders = users.flat_map(|(application, user, credentials)| {
        credentials
            .iter()
            .map(move |credential| ((application, &**credential), user))
    });
    let context = Context {
        holders: holders.collect(),
        kinds: kinds.collect(),
        roles: roles.collect(),
        place,
        input,
    };
    for application in &raw.applications {
        context.application(application, batch, diagnostics);
    }
    for assignment in &raw.identity_to_permissions {
        context.assignment(assignment, batch);
    }
    let provider = raw.name.as_deref().unwrap_or("");
    for user in &raw.users {
        context.idp_user(user, provider, batch);
    }
}

impl Context<'_> {
    fn handle(&self, application: &str, id: &str, batch: &mut Batch) -> Handle {
        batch.handle(
            HandleKind::Local,
            &format!("{}/oaa/{application}/{id}", self.input.source),
        )
    }

    fn group(&self, application: &str, name: &str, batch: &mut Batch) -> Principal {
        Principal::Group(batch.sym(&format!("{}/oaa/{application}/{name}", self.input.source)))
    }

    fn application(&self, application: &RawApplication<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let name = application.name.as_deref().unwrap_or("");
        let users = application.local_users.iter().map(|user| (user, false));
        let agents = application.local_agents.iter().map(|user| (user, true));
        for (user, is_agent) in users.chain(agents) {
            let Some(id) = user.key() else {
                diagnostics.push(Diagnostic::error(
                    format!("{name}.local_users"),
                    "neither `id` nor `name`",
                    "a local user with a name",
                    "this user was left out; mend the connector that makes the payload",
                ));
                continue;
            };
            let handle = self.handle(name, id, batch);
            self.user(user, is_agent, handle, name, batch, diagnostics);
        }
        for credential in &application.local_access_creds {
            let Some(id) = credential.id.as_deref().or(credential.name.as_deref()) else {
                continue;
            };
            let shown = |member: &str| format!("{name}.local_access_creds {id} {member}");
            let key = batch.sym(&format!("oaa:{}/{name}/{id}", self.input.source));
            let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, self.place);
            let holder = self.holders.get(&(name, id));
            fact.holder = holder.map(|user| self.handle(name, user, batch));
            fact.name = batch.sym_of(credential.name.as_deref());
            fact.status = match credential.is_active {
                Some(true) => CredentialStatus::Active,
                Some(false) => CredentialStatus::Inactive,
                None => CredentialStatus::Unknown,
            };
            fact.created_at = credential
                .created_at
                .clone()
                .instant(|| shown("created_at"), diagnostics);
            fact.expires_at = credential
                .expires_at
                .clone()
                .expiry(|| shown("expires_at"), diagnostics);
            let used_at = credential
                .last_used_at
                .clone()
                .instant(|| shown("last_used_at"), diagnostics);
            fact.last_used = used_at.map_or(LastUsed::NotReported, LastUsed::At);
            batch.credentials.push(fact);
        }
    }

    fn user(
        &self,
        user: &RawUser<'_>,
        is_agent: bool,
        handle: Handle,
        application: &str,
        batch: &mut Batch,
        diagnostics: &mut Diagnostics,
    ) {
        let shown = |member: &str| format!("{application} {} {member}", user.name.as_deref().unwrap_or(""));
        let class = class_of(user);
        let kind = match class {
            _ if is_agent => IdentityKind::Agent,
            Some(Class::NonHuman) => IdentityKind::ServiceAccount,
            Some(Class::Human | Class::Unknown) | None => IdentityKind::User,
        };
        let mut fact = IdentityFact::listed(smallvec![handle], kind, self.place);
        fact.class = class;
        fact.name = batch.sym_of(user.name.as_deref());
        fact.account = batch.sym_of(Some(application));
        fact.status = match user.is_active {
            _ if matches!(user.deactivated_at, Moment::At(_)) => Status::Disabled,
            Some(true) => Status::Active,
            Some(false) => Status::Disabled,
            None => Status::Unknown,
        };
        fact.created_at = user.created_at.clone().instant(|| shown("created_at"), diagnostics);
        let used_at = user
            .last_login_at
            .clone()
            .instant(|| shown("last_login_at"), diagnostics);
        fact.last_used = used_at.map_or(LastUsed::NotReported, LastUsed::At);
        for identity in user.identities.iter().filter(|identity| !identity.trim().is_empty()) {
            let text = batch.sym(identity.trim());
            let basis = OwnerBasis::Recorded;
            fact.owners.push(OwnerClaim { text, basis });
        }
        let texts: Vec<(&str, String)> = user
            .custom_properties
            .iter()
            .filter_map(|(name, value)| Some((&**name, serde_json::from_str::<String>(value.get()).ok()?)))
            .collect();
        labels::tell(
            &mut fact,
            texts.iter().map(|(name, value)| (*name, value.as_str())),
            batch,
        );
        batch.identities.push(fact);
        for group in &user.groups {
            if let Principal::Group(group) = self.group(application, group, batch) {
                batch.memberships.push(MembershipFact {
                    member: Principal::Identity(handle),
                    group,
                    place: self.place,
                });
            }
        }
        let changed_at = user
            .password_last_changed_at
            .clone()
            .instant(|| shown("password_last_changed_at"), diagnostics);
        if changed_at.is_some() {
            let text = batch.strings.get(handle.text).to_owned();
            let key = batch.sym(&format!("oaa-password:{text}"));
            let mut password = CredentialFact::listed(key, CredentialKind::Password, self.place);
            password.holder = Some(handle);
            password.name = Some(batch.sym("password"));
            password.created_at = changed_at;
            batch.credentials.push(password);
        }
    }

    fn assignment(&self, assignment: &RawAssignment<'_>, batch: &mut Batch) {
        let Some(identity) = assignment.identity.as_deref().and_then(present) else {
            return;
        };
        let permissions = assignment.application_permissions.iter().map(|given| (given, false));
        let roles = assignment.role_assignments.iter().map(|given| (given, true));
        for (given, is_role) in permissions.chain(roles) {
            let (Some(application), Some(name)) = (given.application.as_deref(), given.permission.as_deref()) else {
                continue;
            };
            let subject = match assignment.identity_type.as_deref() {
                Some("local_user" | "local_agent") => Principal::Identity(self.handle(application, identity, batch)),
                // What a credential may do, its holder does.
                Some("local_access_creds") => match self.holders.get(&(application, identity)) {
                    Some(user) => Principal::Identity(self.handle(application, user, batch)),
                    None => Principal::Named(batch.sym(identity)),
                },
                Some("local_group") => self.group(application, identity, batch),
                _ if identity.contains('@') => {
                    Principal::Identity(batch.handle(HandleKind::Email, &identity.to_lowercase()))
                }
                _ => Principal::Named(batch.sym(identity)),
            };
            let is_everywhere = given.apply_to_application == Some(true);
            let privilege = match self.gives_everything(application, name, is_role) && is_everywhere {
                true => Privilege::Administrator,
                false => Privilege::Limited,
            };
            let mut resources: Vec<String> = Vec::new();
            if is_everywhere || given.resources.is_empty() {
                resources.push(application.to_owned());
            }
            resources.extend(
                given
                    .resources
                    .iter()
                    .map(|resource| format!("{application}/{}", &**resource)),
            );
            let role = batch.sym(name);
            for resource in resources {
                let resource = Some(batch.sym(&resource));
                batch.grants.push(GrantFact {
                    subject,
                    role,
                    policy: None,
                    resource,
                    privilege: Some(privilege),
                    conditional: Conditional::Always,
                    expires_at: Expiry::NotReported,
                    place: self.place,
                });
            }
        }
    }

    /// Whether a permission or role writes both data and what is around them, such as who may do what.
    fn gives_everything(&self, application: &str, name: &str, is_role: bool) -> bool {
        let writes_both = |permission: &str| {
            let kinds = self.kinds.get(permission);
            kinds.is_some_and(|kinds| kinds.contains("DataWrite") && kinds.contains("MetadataWrite"))
        };
        match is_role {
            true => {
                let permissions = self.roles.get(&(application, name));
                permissions.is_some_and(|permissions| permissions.iter().any(|permission| writes_both(permission)))
            }
            false => writes_both(name),
        }
    }

    fn idp_user(&self, user: &RawIdpUser<'_>, provider: &str, batch: &mut Batch) {
        let Some(id) = user.identity.as_deref().or(user.name.as_deref()).and_then(present) else {
            return;
        };
        let handle = self.handle(provider, id, batch);
        let mut handles = smallvec![handle];
        if let Some(email) = user.email.as_deref().filter(|email| email.contains('@')) {
            handles.push(batch.handle(HandleKind::Email, &email.trim().to_lowercase()));
        }
        let mut fact = IdentityFact::listed(handles, IdentityKind::User, self.place);
        fact.name = batch.sym_of(user.name.as_deref());
        fact.account = batch.sym_of(Some(provider));
        fact.status = match user.is_active {
            Some(true) => Status::Active,
            Some(false) => Status::Disabled,
            None => Status::Unknown,
        };
        batch.identities.push(fact);
        for group in user.groups.iter().filter_map(|group| group.identity.as_deref()) {
            if let Principal::Group(group) = self.group(provider, group, batch) {
                batch.memberships.push(MembershipFact {
                    member: Principal::Identity(handle),
                    group,
                    place: self.place,
                });
            }
        }
    }
}

/// Whether a custom property, or the user's type, says that it serves a program.
fn class_of(user: &RawUser<'_>) -> Option<Class> {
    let says = |name: &str| {
        let name = name.to_lowercase();
        name.contains("service_account") || name.contains("is_service") || name.contains("non_human")
    };
    let is_service = user
        .custom_properties
        .iter()
        .any(|(name, value)| says(name) && value.get() == "true");
    match user.user_type.as_deref().map(str::to_lowercase).as_deref() {
        _ if is_service => Some(Class::NonHuman),
        Some("human") => Some(Class::Human),
        Some(kind) if kind.contains("service") || kind.contains("non_human") => Some(Class::NonHuman),
        Some(_) | None => None,
    }
}
