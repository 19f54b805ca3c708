//! CyberArk Conjur's resources: machines, people, groups, secrets and who may do what with them.
//!
//! Written by `conjur list -i` or `GET /resources/ACCOUNT` as objects, and by `conjur list` as names alone. Everything has
//! an id of three parts, `ACCOUNT:KIND:PATH`.
//! <https://docs.cyberark.com/conjur-open-source/latest/en/content/developer/conjur_api_list_resources.htm>
//!
//! Read: hosts (programs), users (people), variables (secrets) with their versions' end, permissions, owners, annotations.
//! What an annotation such as `authn-k8s/service-account` says is who may be a host without its API key.
//!
//! Cannot tell: members of groups and layers, use, and API keys: a host has one unless it authenticates otherwise. The
//! shape is that of the documentation: none could be confirmed on a recorded export.

use std::borrow::Cow;

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus, Custody};
use crate::model::grant::{GrantFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{Class, IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Presence};
use crate::model::instant::Expiry;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::json::{self, Row};
use crate::reading::labels;
use crate::reading::loose::number;
use crate::reading::moment::Moment;
use crate::reading::probe::Format;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "conjur_resources",
    title: "Conjur resources",
    vendor: "CyberArk",
    command: "conjur list -i > conjur.json",
    cannot_tell: &[
        "who is in a group or layer: that is in the policies",
        "when a host authenticated, and when a secret was fetched: that is in the audit log",
        "when a secret was last changed, if it has more than one version",
    ],
    signatures: &[
        &[
            Mark::Has("id"),
            Mark::Has("owner"),
            Mark::Has("permissions"),
            Mark::Has("annotations"),
        ],
        &[
            Mark::Is(Format::Json),
            Mark::Begins("["),
            Mark::Text(":host:"),
            Mark::Text(":policy:"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawResource<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(borrow, default)]
    owner: Option<Text<'a>>,
    #[serde(borrow, default)]
    permissions: Option<Vec<RawPermission<'a>>>,
    #[serde(borrow, default)]
    annotations: Option<Vec<RawAnnotation<'a>>>,
    /// Of a variable: one for each version, without its value.
    #[serde(default)]
    secrets: Option<Vec<RawVersion>>,
}

impl RawResource<'_> {
    fn annotations(&self) -> impl Iterator<Item = (&str, &str)> {
        let annotations = self.annotations.iter().flatten();
        annotations.filter_map(|it| Some((it.name.as_deref()?, it.value.as_deref()?)))
    }
}

#[derive(Deserialize)]
struct RawPermission<'a> {
    #[serde(borrow, default)]
    privilege: Option<Text<'a>>,
    #[serde(borrow, default)]
    role: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawAnnotation<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    value: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct RawVersion {
    #[serde(default, deserialize_with = "number")]
    version: Option<u64>,
    #[serde(default)]
    expires_at: Moment,
}

/// Whether a file is what `conjur list` writes of one kind: ids alone, each of an account, a kind and a path.
pub(super) fn is_list(format: Format, text: &str) -> bool {
    const KINDS: [&str; 7] = ["host", "user", "group", "layer", "policy", "variable", "webservice"];
    let is_id = |id: &Cow<'_, str>| ResourceId::parse(id).is_some_and(|id| KINDS.contains(&id.kind));
    format == Format::Json
        && serde_json::from_str::<Vec<Cow<'_, str>>>(text).is_ok_and(|ids| !ids.is_empty() && ids.iter().all(is_id))
}

/// `acme:host:shop/api`.
#[derive(Clone, Copy)]
struct ResourceId<'a> {
    whole: &'a str,
    kind: &'a str,
    path: &'a str,
}

impl<'a> ResourceId<'a> {
    fn parse(whole: &'a str) -> Option<Self> {
        let mut parts = whole.splitn(3, ':');
        let (account, kind, path) = (parts.next()?, parts.next()?, parts.next()?);
        (!account.is_empty() && !kind.is_empty() && !path.is_empty()).then_some(ResourceId { whole, kind, path })
    }

    fn handle(self, input: Input<'_>, batch: &mut Batch) -> Handle {
        batch.handle(HandleKind::Local, &format!("{}/{}", input.source, self.whole))
    }

    /// Whom a role stands for.
    fn principal(self, input: Input<'_>, batch: &mut Batch) -> Principal {
        match self.kind {
            "host" | "user" => Principal::Identity(self.handle(input, batch)),
            _ => Principal::Group(batch.sym(&format!("{}/{}", input.source, self.whole))),
        }
    }
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let raw = match row.text.starts_with('"') {
            true => row.parse::<Text<'_>>(&mut diagnostics).map(|id| RawResource {
                id: Some(id),
                created_at: Moment::Absent,
                owner: None,
                permissions: None,
                annotations: None,
                secrets: None,
            }),
            false => row.parse::<RawResource<'_>>(&mut diagnostics),
        };
        if let Some(raw) = raw {
            read_resource(&raw, &row, input, &mut batch, &mut diagnostics);
        }
    }
    (batch, diagnostics)
}

fn read_resource(
    raw: &RawResource<'_>,
    row: &Row<'_>,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let Some(id) = raw.id.as_deref().and_then(ResourceId::parse) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            raw.id.as_deref().unwrap_or("no `id`"),
            "an id such as `acme:host:shop/api`",
            "this resource was left out; list the resources again",
        ));
        return;
    };
    let place = row.place(batch);
    match id.kind {
        "host" | "user" => identity(raw, id, row, input, batch, diagnostics),
        "variable" => secret(raw, id, row, input, batch, diagnostics),
        _ => {}
    }
    for permission in raw.permissions.iter().flatten() {
        let (Some(privilege), Some(role)) = (permission.privilege.as_deref(), permission.role.as_deref()) else {
            continue;
        };
        let Some(role_id) = ResourceId::parse(role) else {
            diagnostics.push(Diagnostic::warning(
                format!("{}.permissions", row.name()),
                role,
                "a role such as `acme:host:shop/api`",
                "this permission was left out",
            ));
            continue;
        };
        let subject = role_id.principal(input, batch);
        let gives_everything = id.kind == "policy" && id.path == "root" && matches!(privilege, "update" | "create");
        let strength = match gives_everything {
            true => Privilege::Administrator,
            false => Privilege::Limited,
        };
        let role = batch.sym(privilege);
        let resource = Some(batch.sym(id.whole));
        batch.grants.push(GrantFact {
            subject,
            role,
            policy: None,
            resource,
            privilege: Some(strength),
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        });
    }
}

fn identity(
    raw: &RawResource<'_>,
    id: ResourceId<'_>,
    row: &Row<'_>,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let place = row.place(batch);
    let handle = id.handle(input, batch);
    // Conjur knows programs as hosts and people as users.
    let (kind, class) = match id.kind {
        "host" => (IdentityKind::ServiceAccount, Class::NonHuman),
        _ => (IdentityKind::User, Class::Human),
    };
    let mut fact = IdentityFact::listed(smallvec![handle], kind, place);
    fact.class = Some(class);
    fact.name = Some(batch.sym(id.path));
    fact.account = batch.sym_of(id.whole.split(':').next());
    fact.created_at = raw
        .created_at
        .clone()
        .instant(|| format!("{}.created_at", row.name()), diagnostics);
    labels::tell(&mut fact, raw.annotations(), batch);
    let owner = raw.owner.as_deref().and_then(ResourceId::parse);
    fact.owners.extend(owner.map(|owner| OwnerClaim {
        text: batch.sym(owner.path),
        basis: match owner.kind {
            // Whose policy made it, which is a team's as a rule.
            "policy" => OwnerBasis::Description,
            _ => OwnerBasis::Recorded,
        },
    }));
    batch.identities.push(fact);
    authenticators(raw.annotations(), handle, place, batch);
}

/// States who may be a host by a token of another platform: `authn-k8s/namespace`, `authn-jwt/gitlab/project_path`.
fn authenticators<'t>(
    annotations: impl Iterator<Item = (&'t str, &'t str)>,
    target: Handle,
    place: Place,
    batch: &mut Batch,
) {
    let mut restrictions: Vec<(&str, String)> = Vec::new();
    for (name, value) in annotations {
        let Some((authenticator, what)) = name.rsplit_once('/').filter(|_| name.starts_with("authn-")) else {
            continue;
        };
        let said = format!("{what}={value}");
        match restrictions.iter_mut().find(|(known, _)| *known == authenticator) {
            Some((_, all)) => *all = format!("{all} {said}"),
            None => restrictions.push((authenticator, said)),
        }
    }
    for (authenticator, subject) in restrictions {
        let actor = Principal::Federated {
            issuer: batch.sym(authenticator),
            subject: Some(batch.sym(&subject)),
        };
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

fn secret(
    raw: &RawResource<'_>,
    id: ResourceId<'_>,
    row: &Row<'_>,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    // A variable that was never given a value holds no secret.
    if raw.secrets.as_ref().is_some_and(Vec::is_empty) {
        return;
    }
    let place = row.place(batch);
    let key = batch.sym(&format!("conjur:{}/{}", input.source, id.whole));
    let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
    fact.custody = Custody::Vault;
    fact.name = Some(batch.sym(id.path));
    labels::tell_credential(&mut fact, raw.annotations(), batch);
    let versions = raw.secrets.as_deref().unwrap_or_default();
    if let Some(latest) = versions.iter().max_by_key(|version| version.version) {
        fact.status = CredentialStatus::Active;
        fact.expires_at = match latest.expires_at.clone() {
            Moment::Absent => Expiry::Never,
            moment => moment.expiry(|| format!("{}.secrets.expires_at", row.name()), diagnostics),
        };
        // Only the first value is as old as the variable.
        if latest.version == Some(1) {
            fact.created_at = raw
                .created_at
                .clone()
                .instant(|| format!("{}.created_at", row.name()), diagnostics);
        }
    }
    batch.credentials.push(fact);
}
