//! What the Entra connectors share: Microsoft Graph's objects as `az`, Graph itself and PowerShell write them.
//!
//! Graph and `az` write camelCase, PowerShell's `ConvertTo-Json` writes PascalCase, one element for a list of one,
//! `/Date(…)/` for dates (Windows PowerShell 5.1), and a type's name where `-Depth` ended. All of it is read here.

mod pages;
mod rows;

use std::collections::BTreeMap;

use smallvec::smallvec;

pub(super) use self::pages::{listed_in, note_pages};
pub(super) use self::rows::{
    Flag, Guid, List, Nested, RawAppRole, RawAppRoleAssignment, RawDirectoryObject, RawFederation, RawKey, RawPassword,
    RawPermissionGrant,
};
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
use crate::reading::json::Row;
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

#[cfg(test)]
mod tests {
    use super::*;

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
