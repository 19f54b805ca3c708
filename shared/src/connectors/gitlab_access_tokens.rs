//! GitLab access tokens: personal, project and group ones.
//!
//! Written by `glab api --paginate personal_access_tokens`, `projects/ID/access_tokens` and `groups/ID/access_tokens`.
//! <https://docs.gitlab.com/api/personal_access_tokens/>, <https://docs.gitlab.com/api/project_access_tokens/>
//!
//! Read: id, name, user, scopes, access level, creation, last use (`null` is never), end (`null` is never), state. A
//! project or group token is the one credential of a bot that GitLab made for it, so the bot is listed with it; the user
//! of a personal token is listed by its number, because a token cannot outlive its user.
//!
//! Cannot tell: the name of a personal token's user, and whether that is a person; use more exact than ten minutes.

use hashbrown::HashSet;
use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::GrantFact;
use crate::model::identity::{Class, IdentityFact, IdentityKind, Knowledge, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{HandleKind, Principal};
use crate::reading::json::{self, Row};
use crate::reading::loose::{flag, number};
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "gitlab_access_tokens",
    title: "Access tokens",
    vendor: "GitLab",
    command: "glab api --paginate personal_access_tokens > personal-access-tokens.json; for p in $(glab api --paginate projects?membership=true | jq -r '.[].id'); do glab api --paginate projects/$p/access_tokens; done > project-access-tokens.json",
    cannot_tell: &[
        "the name of a personal token's user, and whether it is a person",
        "last use more exactly than ten minutes: GitLab notes it no more often",
    ],
    signatures: &[&[
        Mark::Has("scopes"),
        Mark::Has("revoked"),
        Mark::Has("user_id"),
        Mark::Has("active"),
    ]],
    parse,
};

#[derive(Deserialize)]
struct RawToken<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    revoked: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    active: Option<bool>,
    #[serde(borrow, default)]
    user_id: Option<Id<'a>>,
    #[serde(borrow, default)]
    scopes: Option<Vec<Text<'a>>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    last_used_at: Moment,
    #[serde(default)]
    expires_at: Moment,
    /// Of project and group tokens: 10 guest to 50 owner.
    #[serde(default, deserialize_with = "number")]
    access_level: Option<u32>,
    /// Of project and group tokens since GitLab 17.
    #[serde(borrow, default)]
    resource_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    resource_id: Option<Id<'a>>,
}

/// The scopes of an administrator's token that reach everything. <https://docs.gitlab.com/user/profile/personal_access_tokens/#personal-access-token-scopes>
const ADMINISTRATORS: [&str; 2] = ["sudo", "admin_mode"];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_token(&row, input, &mut batch, &mut diagnostics);
    }
    // A user once, however many tokens; a bot with each, of which one may be active.
    let mut seen = HashSet::new();
    batch
        .identities
        .retain(|fact| fact.kind != Some(IdentityKind::User) || seen.insert(fact.handles.clone()));
    (batch, diagnostics)
}

pub(super) fn read_token(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawToken<'_>>(diagnostics) else {
        return;
    };
    let (Some(id), Some(user)) = (raw.id, raw.user_id) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "no `id` or no `user_id`",
            "the ids of the token and of its user",
            "this token was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let holder = batch.handle(HandleKind::Local, &format!("{}/users/{}", input.source, &*user));
    let is_bots = raw.access_level.is_some() || raw.resource_type.is_some();
    let status = match (raw.active, raw.revoked) {
        (_, Some(true)) => CredentialStatus::Revoked,
        // Expired, which the date says too.
        (Some(false), _) => CredentialStatus::Inactive,
        (Some(true), _) | (None, Some(false)) => CredentialStatus::Active,
        (None, None) => CredentialStatus::Unknown,
    };
    let created_at = raw
        .created_at
        .instant(|| format!("{}.created_at", row.name()), diagnostics);

    let kind = match is_bots {
        true => IdentityKind::Integration,
        false => IdentityKind::User,
    };
    let mut fact = IdentityFact::listed(smallvec![holder], kind, place);
    if is_bots {
        fact.class = Some(Class::NonHuman);
        fact.name = batch.sym_of(raw.name.as_deref());
        fact.purpose = batch.sym_of(raw.description.as_deref());
        fact.credentials_known = Knowledge::Reported;
        // A bot whose token was rotated has a revoked token too.
        fact.status = match status {
            CredentialStatus::Active => Status::Active,
            CredentialStatus::Inactive | CredentialStatus::Revoked | CredentialStatus::Unknown => Status::Unknown,
        };
    } else {
        fact.name = Some(batch.sym(&format!("user {}", &*user)));
    }
    if let (Some(resource), Some(id)) = (raw.resource_type.as_deref(), raw.resource_id) {
        fact.account = Some(batch.sym(&format!("{resource} {}", &*id)));
    }
    batch.identities.push(fact);

    let key = batch.sym(&format!("gitlab-token:{}/{}", input.source, &*id));
    let mut fact = CredentialFact::listed(key, CredentialKind::ApiKey, place);
    fact.holder = Some(holder);
    fact.name = batch.sym_of(raw.name.as_deref());
    fact.status = status;
    fact.created_at = created_at;
    fact.last_used = match raw.last_used_at {
        Moment::Absent => LastUsed::Never,
        moment => moment
            .instant(|| format!("{}.last_used_at", row.name()), diagnostics)
            .map_or(LastUsed::NotReported, LastUsed::At),
    };
    fact.expires_at = match raw.expires_at {
        Moment::Absent => Expiry::Never,
        moment => moment.expiry(|| format!("{}.expires_at", row.name()), diagnostics),
    };
    let expires_at = fact.expires_at;
    batch.credentials.push(fact);

    if matches!(status, CredentialStatus::Revoked | CredentialStatus::Inactive) {
        return;
    }
    let mut grant = |role: &str, resource: Option<&str>, privilege: Privilege, conditional: Conditional| {
        let role = batch.sym(role);
        let resource = batch.sym_of(resource);
        batch.grants.push(GrantFact {
            subject: Principal::Identity(holder),
            role,
            policy: None,
            resource,
            privilege: Some(privilege),
            conditional,
            expires_at,
            place,
        });
    };
    for scope in raw.scopes.iter().flatten() {
        let privilege = match ADMINISTRATORS.contains(&&**scope) {
            true => Privilege::Administrator,
            false => Privilege::Limited,
        };
        // A token can do no more than its user.
        grant(scope, None, privilege, Conditional::OnCondition);
    }
    if let Some(level) = raw.access_level {
        let resource = raw.resource_type.as_deref().zip(raw.resource_id);
        let resource = resource.map(|(kind, id)| format!("{kind} {}", &*id));
        let (role, privilege) = level_words(level);
        grant(role, resource.as_deref(), privilege, Conditional::Always);
    }
}

/// The role of an access level. Owners may do everything in their project or group.
/// <https://docs.gitlab.com/api/access_requests/#valid-access-levels>
fn level_words(level: u32) -> (&'static str, Privilege) {
    match level {
        50.. => ("owner", Privilege::Administrator),
        40..=49 => ("maintainer", Privilege::Limited),
        30..=39 => ("developer", Privilege::Limited),
        20..=29 => ("reporter", Privilege::Limited),
        15..=19 => ("planner", Privilege::Limited),
        10..=14 => ("guest", Privilege::Limited),
        0..=9 => ("minimal access", Privilege::Limited),
    }
}
