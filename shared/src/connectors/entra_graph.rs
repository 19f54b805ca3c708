//! What the Entra connectors share: Microsoft Graph's objects as `az`, Graph itself and PowerShell write them.
//!
//! Graph and `az` write camelCase, PowerShell's `ConvertTo-Json` writes PascalCase, one element for a list of one,
//! `/Date(…)/` for dates (Windows PowerShell 5.1), and a type's name where `-Depth` ended. All of it is read here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::{Input, entra_graph_permissions};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, Conditional, PolicyFact, Privilege};
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{GrantFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, OwnerBasis, OwnerClaim, Presence};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::json::{Row, Rows};
use crate::reading::labels::{ENVIRONMENT_KEYS, OWNER_KEYS, PURPOSE_KEYS, rank};
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;
use crate::reading::{certificate, certificate::hex};

/// What is made of one file.
#[derive(Default)]
pub(super) struct Export {
    pub batch: Batch,
    pub diagnostics: Diagnostics,
    /// The names of app roles that the file itself defines, by resource and role.
    roles: BTreeMap<(Guid, Guid), Sym>,
    /// Nested objects that PowerShell cut off.
    n_cut: usize,
}

/// A password of an application or service principal. The secret itself and its hint are not even read.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawPassword<'a> {
    #[serde(borrow, default, alias = "KeyId")]
    key_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    display_name: Option<Text<'a>>,
    /// `startDate` and `endDate` before `az` 2.37.
    #[serde(default, alias = "StartDateTime", alias = "startDate", alias = "StartDate")]
    start_date_time: Moment,
    #[serde(default, alias = "EndDateTime", alias = "endDate", alias = "EndDate")]
    end_date_time: Moment,
}

/// A certificate of an application or service principal.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawKey<'a> {
    #[serde(borrow, default, alias = "KeyId")]
    key_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    display_name: Option<Text<'a>>,
    #[serde(default, alias = "StartDateTime", alias = "startDate", alias = "StartDate")]
    start_date_time: Moment,
    #[serde(default, alias = "EndDateTime", alias = "endDate", alias = "EndDate")]
    end_date_time: Moment,
    #[serde(borrow, default, alias = "Usage")]
    usage: Option<Text<'a>>,
    #[serde(default, alias = "CustomKeyIdentifier")]
    custom_key_identifier: Bytes,
    #[serde(default, alias = "Key")]
    key: Bytes,
}

/// A federated identity credential: whose tokens an application accepts.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawFederation<'a> {
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Name")]
    name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Issuer")]
    issuer: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Subject")]
    subject: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Audiences")]
    audiences: OneOrMany<Text<'a>>,
    #[serde(borrow, default, alias = "ClaimsMatchingExpression")]
    claims_matching_expression: Nested<RawExpression<'a>>,
}

#[derive(serde::Deserialize)]
struct RawExpression<'a> {
    #[serde(borrow, default, alias = "Value")]
    value: Option<Text<'a>>,
}

/// An owner or sponsor. PowerShell keeps all but the id in `AdditionalProperties`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawDirectoryObject<'a> {
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "@odata.type")]
    odata_type: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Mail")]
    mail: Option<Text<'a>>,
    #[serde(borrow, default, alias = "UserPrincipalName")]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "DisplayName")]
    display_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "AdditionalProperties")]
    additional_properties: Nested<RawAdditionalProperties<'a>>,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAdditionalProperties<'a> {
    #[serde(borrow, default, rename = "@odata.type")]
    odata_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    mail: Option<Text<'a>>,
    #[serde(borrow, default)]
    user_principal_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    display_name: Option<Text<'a>>,
}

/// An app role that somebody has at a resource.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawAppRoleAssignment<'a> {
    #[serde(borrow, default, alias = "AppRoleId")]
    app_role_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "PrincipalId")]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "PrincipalType")]
    principal_type: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceId")]
    resource_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceDisplayName")]
    resource_display_name: Option<Text<'a>>,
}

/// A consent: what a client may do in the name of users.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawPermissionGrant<'a> {
    #[serde(borrow, default, alias = "ClientId")]
    client_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceId")]
    resource_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Scope")]
    scope: Option<Text<'a>>,
}

/// A role that a resource defines.
#[derive(serde::Deserialize)]
pub(super) struct RawAppRole<'a> {
    #[serde(borrow, default, alias = "Id")]
    id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Value")]
    value: Option<Text<'a>>,
}

/// An object inside another, or what PowerShell writes when `-Depth` ended: the name of its type.
#[derive(Default)]
pub(super) enum Nested<T> {
    Object(T),
    Cut,
    #[default]
    Nothing,
}

/// The type of `passwordCredentials` and the like, in every form they are written in.
pub(super) type List<T> = OneOrMany<Nested<T>>;

/// A GUID in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Guid([u8; 36]);

/// Bytes as base64 or hex text (Graph, `az`) or as a list of numbers (PowerShell).
#[derive(Default)]
struct Bytes(Vec<u8>);

/// A yes or no, which `az` before 2.37 writes as text.
#[derive(Clone, Copy, Default)]
pub(super) struct Flag(pub Option<bool>);

impl Guid {
    pub fn parse(text: &str) -> Option<Guid> {
        let mut guid: [u8; 36] = text.trim().as_bytes().try_into().ok()?;
        guid.make_ascii_lowercase();
        let is_guid = guid.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        is_guid.then_some(Guid(guid))
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl Export {
    /// The GUID in a member that may be missing. One that is no GUID is reported.
    pub fn id(&mut self, text: Option<&str>, place: impl FnOnce() -> String) -> Option<Guid> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let guid = Guid::parse(text);
        if guid.is_none() {
            self.diagnostics.push(Diagnostic::error(
                place(),
                text,
                "a GUID such as `4dd3e877-21ec-4d8c-8454-8b27987517ee`",
                "this id was left out; export the file again without editing it",
            ));
        }
        guid
    }

    /// The GUID in a member without which nothing can be said.
    pub fn required_id(&mut self, text: Option<&str>, place: impl FnOnce() -> String) -> Option<Guid> {
        if text.is_some_and(|text| !text.trim().is_empty()) {
            return self.id(text, place);
        }
        self.diagnostics.push(Diagnostic::error(
            place(),
            "nothing",
            "a GUID such as `4dd3e877-21ec-4d8c-8454-8b27987517ee`",
            "this was left out; export it again, with this member among those that `$select` names",
        ));
        None
    }

    pub fn handle(&mut self, kind: HandleKind, guid: Guid) -> Handle {
        self.batch.handle(kind, guid.as_str())
    }

    /// The objects of a list that are there. Those that PowerShell cut off are counted.
    pub fn objects<T>(&mut self, list: List<T>) -> Vec<T> {
        list.0.into_iter().filter_map(|element| self.object(element)).collect()
    }

    pub fn object<T>(&mut self, element: Nested<T>) -> Option<T> {
        match element {
            Nested::Object(object) => Some(object),
            Nested::Cut => {
                self.n_cut += 1;
                None
            }
            Nested::Nothing => None,
        }
    }

    /// Counts a list of texts in whose place PowerShell wrote the name of its type.
    pub fn note_cut(&mut self, list: &OneOrMany<Text<'_>>) {
        self.n_cut += usize::from(is_cut(list));
    }

    /// States the client secrets and certificates of an application or service principal.
    ///
    /// A certificate for signing tokens is three entries: the private key (usage `Sign`), the public key (`Verify`,
    /// same `customKeyIdentifier`) and the password of the private key's file (same `keyId` as the private key). It is
    /// one credential, and the password opens a file, not the application.
    /// <https://learn.microsoft.com/graph/api/serviceprincipal-addtokensigningcertificate>
    pub fn passwords_and_keys(
        &mut self,
        holder: Option<Handle>,
        passwords: List<RawPassword<'_>>,
        keys: List<RawKey<'_>>,
        place: Place,
        row: &Row<'_>,
    ) {
        let (passwords, keys) = (self.objects(passwords), self.objects(keys));
        let mut by_thumbprint = Vec::new();
        let mut signing = Vec::new();
        for key in &keys {
            let Some(id) = key.key_id.as_deref().and_then(Guid::parse) else {
                continue;
            };
            by_thumbprint.extend(
                key.custom_key_identifier
                    .thumbprint()
                    .map(|thumbprint| (thumbprint, id)),
            );
            if key
                .usage
                .as_deref()
                .is_some_and(|usage| usage.eq_ignore_ascii_case("Sign"))
            {
                signing.push(id);
            }
        }
        by_thumbprint.sort_unstable();
        signing.sort_unstable();
        for (index, password) in passwords.into_iter().enumerate() {
            let name = |member: &str| format!("{}.passwordCredentials[{index}].{member}", row.name());
            if password.key_id.is_none()
                && password.start_date_time == Moment::Absent
                && password.end_date_time == Moment::Absent
            {
                continue;
            }
            let Some(id) = self.required_id(password.key_id.as_deref(), || name("keyId")) else {
                continue;
            };
            if signing.binary_search(&id).is_ok() {
                continue;
            }
            let mut fact = self.credential(id, CredentialKind::ClientSecret, holder, place);
            fact.name = self.batch.sym_of(password.display_name.as_deref());
            fact.created_at = password
                .start_date_time
                .instant(|| name("startDateTime"), &mut self.diagnostics);
            fact.expires_at = password
                .end_date_time
                .expiry(|| name("endDateTime"), &mut self.diagnostics);
            self.batch.credentials.push(fact);
        }
        for (index, key) in keys.into_iter().enumerate() {
            let name = |member: &str| format!("{}.keyCredentials[{index}].{member}", row.name());
            if key.key_id.is_none() && key.start_date_time == Moment::Absent && key.end_date_time == Moment::Absent {
                continue;
            }
            let Some(id) = self.required_id(key.key_id.as_deref(), || name("keyId")) else {
                continue;
            };
            let thumbprint = key.custom_key_identifier.thumbprint();
            if let Some(thumbprint) = thumbprint {
                let first = by_thumbprint.partition_point(|(known, _)| *known < thumbprint);
                if by_thumbprint.get(first).is_some_and(|(_, first)| *first < id) {
                    continue;
                }
            }
            let mut fact = self.credential(id, CredentialKind::Certificate, holder, place);
            fact.name = self.batch.sym_of(key.display_name.as_deref());
            fact.created_at = key
                .start_date_time
                .instant(|| name("startDateTime"), &mut self.diagnostics);
            fact.expires_at = key.end_date_time.expiry(|| name("endDateTime"), &mut self.diagnostics);
            fact.fingerprint = thumbprint.map(|thumbprint| self.batch.sym(&format!("sha1:{}", hex(&thumbprint))));
            // Symmetric and private keys are never answered, so anything else than a certificate is a surprise.
            if !key.key.0.is_empty() {
                match certificate::from_der(&key.key.0, &mut self.batch) {
                    Ok((key, certificate)) => {
                        self.batch.synonyms.push(Synonym { name: fact.key, key });
                        fact.key = key;
                        fact.fingerprint = certificate.public_key_sha256;
                        fact.created_at = fact.created_at.or(Some(certificate.not_before));
                        if fact.expires_at == Expiry::NotReported {
                            fact.expires_at = certificate.not_after;
                        }
                        fact.certificate = Some(Box::new(certificate));
                    }
                    Err(reason) => self.diagnostics.push(Diagnostic::warning(
                        name("key"),
                        format!("a certificate with {reason}"),
                        "an X.509 certificate in DER",
                        "the credential counts with the dates that Entra gives; export it again",
                    )),
                }
            }
            self.batch.credentials.push(fact);
        }
    }

    /// States whose tokens are accepted in place of a secret, by whom if that is known.
    pub fn federation(
        &mut self,
        target: Option<Handle>,
        raw: RawFederation<'_>,
        place: Place,
        name: impl Fn(&str) -> String,
    ) {
        let Some(id) = self.required_id(raw.id.as_deref(), || name("id")) else {
            return;
        };
        let mut fact = self.credential(id, CredentialKind::Federation, target, place);
        fact.name = self.batch.sym_of(raw.name.as_deref());
        self.batch.credentials.push(fact);
        self.federated(target, raw, place, name);
    }

    /// The same of a managed identity, whose federations are resources of Azure: `id` is a resource's.
    pub fn managed_federation(
        &mut self,
        target: Handle,
        raw: RawFederation<'_>,
        id: &str,
        place: Place,
        name: impl Fn(&str) -> String,
    ) {
        let key = self.batch.sym(&format!("azure-federation:{id}"));
        let mut fact = CredentialFact::listed(key, CredentialKind::Federation, place);
        fact.holder = Some(target);
        fact.status = CredentialStatus::Active;
        fact.name = self.batch.sym_of(id.rsplit('/').next());
        self.batch.credentials.push(fact);
        self.federated(Some(target), raw, place, name);
    }

    /// The application that `source.toml` or the path names by one of its ids: which of them it is, is not said, but no
    /// two things have the same.
    pub fn application_of_file(&mut self, input: Input<'_>) -> Option<Handle> {
        const GENERIC: &[&str] = &[
            "az",
            "azure",
            "entra",
            "ad",
            "app",
            "apps",
            "application",
            "applications",
            "sp",
            "service",
            "principals",
            "federated",
            "federations",
            "identity",
            "credential",
            "credentials",
            "list",
        ];
        let subject = input.subject(GENERIC)?;
        let id = (0..subject.len()).find_map(|at| Guid::parse(subject.get(at..at + 36)?))?;
        let target = self.handle(HandleKind::EntraApp, id);
        let handles = smallvec![target, self.handle(HandleKind::EntraObject, id)];
        let place = self.batch.item("", 0);
        self.batch.identities.push(IdentityFact::mentioned(handles, place));
        Some(target)
    }

    /// States who may present a token of the federation.
    fn federated(
        &mut self,
        target: Option<Handle>,
        raw: RawFederation<'_>,
        place: Place,
        name: impl Fn(&str) -> String,
    ) {
        let issuer = raw.issuer.as_deref().map(str::trim).unwrap_or_default();
        if issuer.is_empty() {
            self.diagnostics.push(Diagnostic::error(
                name("issuer"),
                "nothing",
                "the issuer's URL",
                "the credential counts, but not who may use it; export it again",
            ));
            return;
        }
        let Some(target) = target else {
            return;
        };
        let expression = self.object(raw.claims_matching_expression).and_then(|it| it.value);
        let subject = raw
            .subject
            .as_deref()
            .map(str::trim)
            .filter(|subject| !subject.is_empty())
            .or(expression.as_deref().map(subject_pattern));
        self.note_cut(&raw.audiences);
        let has_audience = raw.audiences.0.iter().any(|audience| !audience.trim().is_empty());
        let guard = if subject.is_some() || has_audience {
            TrustGuard::SubjectOrAudience
        } else {
            TrustGuard::Open
        };
        let actor = match subject.and_then(Guid::parse) {
            // A managed identity's token: Entra itself vouches for it, and the subject is its object id.
            // https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity
            Some(object) if is_entra(issuer) => Principal::Identity(self.handle(HandleKind::EntraObject, object)),
            Some(_) | None => Principal::Federated {
                issuer: self.batch.sym(issuer.strip_prefix("https://").unwrap_or(issuer)),
                subject: self.batch.sym_of(subject),
            },
        };
        self.trust(actor, target, TrustKind::Federates, guard, place);
    }

    pub fn federations(&mut self, target: Handle, list: List<RawFederation<'_>>, place: Place, row: &Row<'_>) {
        for (index, raw) in self.objects(list).into_iter().enumerate() {
            self.federation(Some(target), raw, place, |member| {
                format!("{}.federatedIdentityCredentials[{index}].{member}", row.name())
            });
        }
    }

    pub fn trust(&mut self, actor: Principal, target: Handle, kind: TrustKind, guard: TrustGuard, place: Place) {
        self.batch.trusts.push(TrustFact {
            actor,
            target,
            kind,
            guard,
            presence: Presence::Listed,
            place,
        });
    }

    /// Adds the people and groups of `owners` or `sponsors` to whom answers for `fact`.
    ///
    /// A service principal answers for nothing, but as an owner it may add a secret and sign in as what it owns.
    pub fn owners(&mut self, fact: &mut IdentityFact, list: List<RawDirectoryObject<'_>>) {
        for object in self.objects(list) {
            let more = self.object(object.additional_properties).unwrap_or_default();
            let is_service_principal = object
                .odata_type
                .or(more.odata_type)
                .is_some_and(|name| name.ends_with("servicePrincipal"));
            let id = object.id.as_deref().and_then(Guid::parse);
            if is_service_principal {
                if let (Some(id), Some(target)) = (id, fact.handles.first().copied()) {
                    let actor = Principal::Identity(self.handle(HandleKind::EntraObject, id));
                    self.trust(actor, target, TrustKind::Impersonates, TrustGuard::Open, fact.place);
                }
                continue;
            }
            let candidates = [
                object.mail,
                more.mail,
                object.user_principal_name,
                more.user_principal_name,
                object.display_name,
                more.display_name,
            ];
            let named = candidates.iter().flatten().find(|text| !text.trim().is_empty());
            let text = named.map(|text| text.trim()).or(id.as_ref().map(Guid::as_str));
            fact.owners.extend(self.batch.sym_of(text).map(|text| OwnerClaim {
                text,
                basis: OwnerBasis::Recorded,
            }));
        }
    }

    /// Reads free text and tags: lines and tags such as `owner: billing` say so, the other lines are the purpose.
    pub fn say(&mut self, fact: &mut IdentityFact, texts: &[Option<&str>], tags: &OneOrMany<Text<'_>>) {
        let mut purpose = String::new();
        for line in texts.iter().flatten().flat_map(|text| text.lines()) {
            let rest = match line.split_once(':') {
                Some((key, value)) => match self.label(fact, key, value, OwnerBasis::Description) {
                    Labelled::Told => continue,
                    Labelled::Purpose => value,
                    Labelled::Other => line,
                },
                None => line,
            };
            if !rest.trim().is_empty() {
                if !purpose.is_empty() {
                    purpose.push(' ');
                }
                purpose.push_str(rest.trim());
            }
        }
        self.note_cut(tags);
        for tag in &tags.0 {
            if let Some((key, value)) = tag.split_once([':', '='])
                && let Labelled::Purpose = self.label(fact, key, value, OwnerBasis::Tag)
                && purpose.is_empty()
            {
                purpose.push_str(value.trim());
            }
        }
        fact.purpose = self.batch.sym_of(Some(&purpose));
    }

    fn label(&mut self, fact: &mut IdentityFact, key: &str, value: &str, basis: OwnerBasis) -> Labelled {
        let key = key.trim();
        // A key with nothing behind it is a form that nobody filled in.
        let text = self.batch.sym_of(Some(value));
        if rank(OWNER_KEYS, key).is_some() {
            fact.owners.extend(text.map(|text| OwnerClaim { text, basis }));
            Labelled::Told
        } else if rank(ENVIRONMENT_KEYS, key).is_some() {
            fact.environment = fact.environment.or(text);
            Labelled::Told
        } else if rank(PURPOSE_KEYS, key).is_some() {
            Labelled::Purpose
        } else {
            Labelled::Other
        }
    }

    /// States the roles that a resource defines, so that assignments of any file can be named.
    pub fn define_roles(&mut self, resource: Guid, list: List<RawAppRole<'_>>, place: Place) {
        for role in self.objects(list) {
            let id = role.id.as_deref().and_then(Guid::parse);
            let (Some(id), Some(name)) = (id, self.batch.sym_of(role.value.as_deref())) else {
                // A role without a value appears in no token, and has no name to learn.
                continue;
            };
            self.roles.insert((resource, id), name);
            let policy = self.role_policy(resource, id);
            self.batch.policies.push(PolicyFact {
                id: policy,
                name,
                document: AccessPolicy::Permissions(vec![name]),
                place,
            });
        }
    }

    fn role_policy(&mut self, resource: Guid, role: Guid) -> Sym {
        self.batch
            .sym(&format!("entra:{}/{}", resource.as_str(), role.as_str()))
    }

    /// States who has an app role. Application permissions have no end: they hold until somebody removes them.
    pub fn app_role_assignment(&mut self, raw: RawAppRoleAssignment<'_>, place: Place, name: impl Fn(&str) -> String) {
        let principal = self.required_id(raw.principal_id.as_deref(), || name("principalId"));
        let role = self.required_id(raw.app_role_id.as_deref(), || name("appRoleId"));
        let (Some(principal), Some(role)) = (principal, role) else {
            return;
        };
        let resource = self.id(raw.resource_id.as_deref(), || name("resourceId"));
        let resource_name = raw.resource_display_name.as_deref().map(str::trim).unwrap_or_default();
        let is_group = raw
            .principal_type
            .is_some_and(|kind| kind.eq_ignore_ascii_case("Group"));
        let subject = if is_group {
            Principal::Group(self.batch.sym(principal.as_str()))
        } else {
            Principal::Identity(self.handle(HandleKind::EntraObject, principal))
        };
        let defined = resource.and_then(|resource| self.roles.get(&(resource, role)).copied());
        let known = entra_graph_permissions::role_name(resource_name, role.as_str());
        let (role_name, privilege) = match (defined, known) {
            _ if role.as_str() == DEFAULT_ACCESS => (self.batch.sym("Default access"), Some(Privilege::Limited)),
            (Some(defined), _) => (
                defined,
                entra_graph_permissions::privilege(resource_name, self.batch.strings.get(defined)),
            ),
            (None, Some(known)) => (
                self.batch.sym(known),
                entra_graph_permissions::privilege(resource_name, known),
            ),
            (None, None) => (self.batch.sym(role.as_str()), None),
        };
        let policy = match resource {
            Some(resource) if role.as_str() != DEFAULT_ACCESS => Some(self.role_policy(resource, role)),
            Some(_) | None => None,
        };
        let resource = match resource_name {
            "" => resource.map(|resource| self.batch.sym(resource.as_str())),
            resource_name => Some(self.batch.sym(resource_name)),
        };
        self.batch.grants.push(GrantFact {
            subject,
            role: role_name,
            policy,
            resource,
            privilege,
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        });
    }

    /// States what a client may do in the name of users, one grant a scope.
    ///
    /// Whether all users or one consented, the client reaches nothing by itself: a user must be signed in, and the
    /// client gets what both may. So every such grant is conditional and limited. It has no end, as Graph ignores the
    /// one that its beta version writes.
    pub fn permission_grant(&mut self, raw: RawPermissionGrant<'_>, place: Place, name: impl Fn(&str) -> String) {
        let Some(client) = self.required_id(raw.client_id.as_deref(), || name("clientId")) else {
            return;
        };
        let resource = self.id(raw.resource_id.as_deref(), || name("resourceId"));
        let subject = Principal::Identity(self.handle(HandleKind::EntraObject, client));
        let resource = resource.map(|resource| self.batch.sym(resource.as_str()));
        for scope in raw.scope.as_deref().unwrap_or_default().split_whitespace() {
            let role = self.batch.sym(scope);
            self.batch
                .grants
                .push(delegated(subject, role, resource, Expiry::Never, place));
        }
    }

    fn credential(&mut self, id: Guid, kind: CredentialKind, holder: Option<Handle>, place: Place) -> CredentialFact {
        const PREFIX: &[u8; 6] = b"entra:";
        let mut key = [0; PREFIX.len() + 36];
        key[..PREFIX.len()].copy_from_slice(PREFIX);
        key[PREFIX.len()..].copy_from_slice(&id.0);
        let key = self.batch.sym(std::str::from_utf8(&key).unwrap_or_default());
        let mut fact = CredentialFact::listed(key, kind, place);
        fact.holder = holder;
        // Entra cannot switch a credential off: it is removed, or it works until it ends.
        fact.status = CredentialStatus::Active;
        fact
    }

    /// The facts and diagnostics, with a word on what PowerShell cut off.
    pub fn finish(mut self) -> (Batch, Diagnostics) {
        if self.n_cut > 0 {
            self.diagnostics.push(Diagnostic::warning(
                "whole file",
                format!("{} nested objects that PowerShell cut off", self.n_cut),
                "the objects themselves",
                "export again with `ConvertTo-Json -Depth 10`",
            ));
            self.batch
                .gaps
                .push("nested objects were cut off: export again with `ConvertTo-Json -Depth 10`".to_owned());
        }
        (self.batch, self.diagnostics)
    }
}

/// Whether PowerShell wrote the name of a type, or the members of an object, in the place of a list of texts.
pub(super) fn is_cut(list: &OneOrMany<Text<'_>>) -> bool {
    list.0
        .iter()
        .any(|text| text.starts_with("@{") || text.starts_with("System.Collections.") || **text == *"System.Object[]")
}

/// What `key: value` in free text is about.
enum Labelled {
    /// Owner or environment: already stated.
    Told,
    Purpose,
    Other,
}

/// The `appRoleId` of an assignment to an application that defines no role, or without choosing one.
const DEFAULT_ACCESS: &str = "00000000-0000-0000-0000-000000000000";

/// A permission that holds only together with a signed-in user's own.
pub(super) fn delegated(
    subject: Principal,
    role: Sym,
    resource: Option<Sym>,
    expires_at: Expiry,
    place: Place,
) -> GrantFact {
    GrantFact {
        subject,
        role,
        policy: None,
        resource,
        privilege: Some(Privilege::Limited),
        conditional: Conditional::OnCondition,
        expires_at,
        place,
    }
}

/// Whether an application belongs to Microsoft: by its owner, or by an id from the ranges that only Microsoft uses.
pub(super) fn is_microsofts(app: Option<Guid>, owner: Option<Guid>) -> bool {
    const TENANTS: [&str; 2] = [
        "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "72f988bf-86f1-41af-91ab-2d7cd011db47",
    ];
    owner.is_some_and(|owner| TENANTS.contains(&owner.as_str()))
        || app.is_some_and(|app| {
            let app = app.as_str();
            app.ends_with("-0000-c000-000000000000") || app.ends_with("-0ff1-ce00-000000000000")
        })
}

/// Whether tokens of this issuer are Entra's own.
fn is_entra(issuer: &str) -> bool {
    [
        "https://login.microsoftonline.com/",
        "https://login.microsoftonline.us/",
        "https://login.partner.microsoftonline.cn/",
        "https://sts.windows.net/",
    ]
    .iter()
    .any(|entra| issuer.starts_with(entra))
}

/// The pattern in `claims['sub'] matches 'repo:acme/*'`; an expression of any other form stays as it is.
fn subject_pattern(expression: &str) -> &str {
    let expression = expression.trim();
    let quoted = expression
        .strip_prefix("claims['sub'] matches '")
        .or_else(|| expression.strip_prefix("claims['sub'] eq '"))
        .and_then(|rest| rest.strip_suffix('\''));
    match quoted {
        Some(pattern) if !pattern.contains('\'') => pattern,
        Some(_) | None => expression,
    }
}

/// What a page lists: the part of its `@odata.context` behind `#`, such as `applications`.
pub(super) fn listed_in<'a>(rows: &Rows<'a>, page: usize) -> Option<Cow<'a, str>> {
    let written = rows.page_header(rows.pages.get(page)?, "@odata.context")?;
    // PowerShell 5.1 writes quotes as \u0027.
    let context = match written.contains('\\') {
        true => serde_json::from_str::<String>(&format!("\"{written}\""))
            .ok()
            .map(Cow::Owned)?,
        false => Cow::Borrowed(written),
    };
    Some(match context {
        Cow::Borrowed(text) => Cow::Borrowed(text.split_once('#').map_or(text, |(_, listed)| listed)),
        Cow::Owned(text) => Cow::Owned(
            text.split_once('#')
                .map_or(text.as_str(), |(_, listed)| listed)
                .to_owned(),
        ),
    })
}

/// The pages of one thing that is listed.
#[derive(Default)]
struct Chain {
    n_rows: usize,
    /// The largest `@odata.count` of them.
    announced: usize,
    is_continued: bool,
}

/// Tells the batch how the pages chain, one chain for each thing that is listed; `otherwise` where a page says none.
/// Pages that name no next one and yet announce more rows than there are, are a gap.
pub(super) fn note_pages(rows: &Rows<'_>, batch: &mut Batch, otherwise: &str) {
    let mut chains: BTreeMap<Cow<'_, str>, Chain> = BTreeMap::new();
    for (index, page) in rows.pages.iter().enumerate() {
        let listed = listed_in(rows, index);
        let is_continued = ["@odata.nextLink", "odata.nextLink"]
            .iter()
            .filter_map(|key| rows.page_header(page, key))
            .any(|link| !matches!(link, "" | "null"));
        let (n_continued, n_last) = if is_continued { (1, 0) } else { (0, 1) };
        batch.note_pages(listed.as_deref().unwrap_or(otherwise), n_continued, n_last);
        let chain = chains.entry(listed.unwrap_or(Cow::Borrowed(otherwise))).or_default();
        chain.n_rows += page.rows.len();
        let announced = rows.page_header(page, "@odata.count");
        let announced = announced.and_then(|count| count.parse().ok()).unwrap_or(0);
        chain.announced = chain.announced.max(announced);
        chain.is_continued |= is_continued;
    }
    for (listed, chain) in chains {
        if chain.announced > chain.n_rows && !chain.is_continued {
            batch.gaps.push(format!(
                "`{listed}` is announced with {} rows, and the file holds {}",
                chain.announced, chain.n_rows
            ));
        }
    }
}

impl Bytes {
    /// The SHA-1 of a certificate, unless the bytes are something else that was chosen as identifier.
    fn thumbprint(&self) -> Option<[u8; 20]> {
        self.0.as_slice().try_into().ok()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nested<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Any<T> {
            type Value = Nested<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object, or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                Ok(Nested::Nothing)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(match text {
                    "" => Nested::Nothing,
                    _ => Nested::Cut,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(de::value::MapAccessDeserializer::new(map)).map(Nested::Object)
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes as base64, as hex or as a list of numbers, or null")
            }

            fn visit_unit<E: de::Error>(self) -> Result<Bytes, E> {
                Ok(Bytes::default())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
                let text = text.trim();
                let from_hex = || {
                    let digit = |at: usize| char::from(text.as_bytes()[at]).to_digit(16);
                    (0..text.len() / 2)
                        .map(|at| Some((digit(2 * at)? << 4 | digit(2 * at + 1)?) as u8))
                        .collect::<Option<Vec<u8>>>()
                };
                // 40 hex digits are a thumbprint as Windows writes it; as base64 they would be 30 bytes of nothing.
                let bytes = match text.len() {
                    40 => from_hex().or_else(|| STANDARD.decode(text).ok()),
                    _ => STANDARD.decode(text).ok(),
                };
                Ok(Bytes(bytes.unwrap_or_default()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Bytes(bytes))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Bytes, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Bytes::default())
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = <&RawValue>::deserialize(deserializer)?;
        Ok(Flag(crate::reading::absent::yes_or_no(written.get().trim_matches('"'))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_lower_case_and_nothing_else_is_one() {
        let guid = Guid::parse(" 4DD3E877-21EC-4D8C-8454-8B27987517EE ").unwrap();
        assert_eq!(guid.as_str(), "4dd3e877-21ec-4d8c-8454-8b27987517ee");
        for text in [
            "",
            "resource-sp-graph",
            "4dd3e87721ec4d8c84548b27987517ee",
            "4dd3e877-21ec-4d8c-8454-8b27987517eg",
        ] {
            assert!(Guid::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn bytes_are_read_however_they_are_written() {
        let thumbprint = |text: &str| {
            serde_json::from_str::<Bytes>(text)
                .unwrap()
                .thumbprint()
                .map(|t| hex(&t))
        };
        let same = Some("000102030405060708090a0b0c0d0e0f10111213".to_owned());
        assert_eq!(thumbprint("\"AAECAwQFBgcICQoLDA0ODxAREhM=\""), same);
        assert_eq!(thumbprint("\"000102030405060708090A0B0C0D0E0F10111213\""), same);
        assert_eq!(thumbprint("[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19]"), same);
        for other in ["null", "{}", "\"\"", "\"YWRtaW4=\"", "\"é\"", "[1]"] {
            assert_eq!(thumbprint(other), None, "{other}");
        }
    }

    #[test]
    fn a_list_that_was_cut_off_is_told_from_texts() {
        for (text, expected) in [
            ("\"System.Object[]\"", true),
            ("\"System.Collections.Generic.List`1[System.String]\"", true),
            ("[\"@{Name=x; Value=y}\"]", true),
            ("[\"owner:a\",\"Systems\"]", false),
            ("null", false),
        ] {
            assert_eq!(is_cut(&serde_json::from_str(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn only_a_plain_subject_expression_becomes_a_pattern() {
        assert_eq!(
            subject_pattern("claims['sub'] matches 'repo:acme/api:ref:refs/heads/*'"),
            "repo:acme/api:ref:refs/heads/*"
        );
        let both = "claims['sub'] eq 'a' and claims['job_workflow_ref'] matches 'b'";
        assert_eq!(subject_pattern(both), both);
    }
}
