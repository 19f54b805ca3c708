//! BloodHound's view of Active Directory: accounts, computers, groups, and who has rights over whom.
//!
//! Written by SharpHound (`SharpHound.exe -c All`, a zip of files) and by `bloodhound-python -c DCOnly` (the files):
//! `…_users.json`, `…_computers.json`, `…_groups.json`, `…_domains.json` and others. What a file lists stands in `meta`,
//! at the file's end as a rule.
//! <https://bloodhound.specterops.io/collect-data/ce-collection/sharphound>
//!
//! Read: names and SIDs, whether an account is enabled, creation, password age, last logon, service principal names,
//! delegation, members of groups (through nested groups for those that administer the domain), and rights over other
//! objects, except those of the groups that have them everywhere by default. Passwords that a collector found in
//! attributes are not even read.
//!
//! Cannot tell: which accounts serve people, except by their place in the directory. The last logon that all domain
//! controllers share is up to two weeks late.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::active_directory as directory;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::grant::{GrantFact, MembershipFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{Class, IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::Principal;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::loose::{flag, number};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "bloodhound_directory",
    title: "Active Directory (SharpHound, BloodHound.py)",
    vendor: "SpecterOps",
    command: "SharpHound.exe --CollectionMethods All   # or: bloodhound-python -u USER -d DOMAIN -c DCOnly",
    cannot_tell: &[
        "which accounts serve people: only names with `$`, service principal names and units for services tell",
        "logons of the last two weeks: domain controllers share them late",
        "what a group may do on a host, unless the collector was let onto it",
        "when a password ends: that is the domain's policy, unless an account is exempt",
    ],
    signatures: &[
        &[Mark::Has("data[].ObjectIdentifier")],
        // SharpHound 3, whose list is called after what it lists.
        &[Mark::Has("users[].ObjectIdentifier"), Mark::Has("meta.type")],
        &[Mark::Has("computers[].ObjectIdentifier"), Mark::Has("meta.type")],
        &[Mark::Has("groups[].ObjectIdentifier"), Mark::Has("meta.type")],
        &[Mark::Has("domains[].ObjectIdentifier"), Mark::Has("meta.type")],
        &[Mark::Has("data"), Mark::Has("meta.methods"), Mark::Has("meta.type")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawMeta<'a> {
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "number")]
    count: Option<usize>,
}

/// An object of any kind.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawObject<'a> {
    #[serde(borrow, default)]
    object_identifier: Option<Text<'a>>,
    #[serde(borrow, default)]
    properties: Option<RawProperties<'a>>,
    #[serde(borrow, default)]
    aces: Option<Vec<RawAce<'a>>>,
    #[serde(borrow, default)]
    members: Option<Vec<RawReference<'a>>>,
    #[serde(borrow, default)]
    allowed_to_act: Option<Vec<RawReference<'a>>>,
    #[serde(borrow, default, rename = "PrimaryGroupSID")]
    primary_group_sid: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    is_deleted: Option<bool>,
}

#[derive(Default, Deserialize)]
struct RawProperties<'a> {
    /// `SVC@DOMAIN` in capitals.
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    domain: Option<Text<'a>>,
    #[serde(borrow, default)]
    samaccountname: Option<Text<'a>>,
    #[serde(borrow, default)]
    distinguishedname: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    hasspn: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    pwdneverexpires: Option<bool>,
    #[serde(default, deserialize_with = "flag")]
    unconstraineddelegation: Option<bool>,
    #[serde(borrow, default)]
    allowedtodelegate: Option<Vec<Text<'a>>>,
    #[serde(default)]
    whencreated: Moment,
    #[serde(default)]
    pwdlastset: Option<Moment>,
    /// On the domain controller that was asked, and shared by all: `0` and `-1` are never.
    #[serde(default)]
    lastlogon: Option<Moment>,
    #[serde(default)]
    lastlogontimestamp: Option<Moment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawAce<'a> {
    #[serde(borrow, default, rename = "PrincipalSID")]
    principal_sid: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    right_name: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawReference<'a> {
    #[serde(borrow, default, alias = "MemberId")]
    object_identifier: Option<Text<'a>>,
    #[serde(borrow, default, alias = "MemberType")]
    object_type: Option<Text<'a>>,
}

/// What a file lists.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    Users,
    Computers,
    Groups,
    Domains,
    /// Units, policies, containers, certificate templates: only the rights over them count.
    Others,
}

const LISTS: [&str; 7] = ["data", "users", "computers", "groups", "domains", "ous", "gpos"];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &LISTS, &mut diagnostics);
    let meta = rows.headers.iter().rev().find(|(key, _)| *key == "meta");
    let meta = meta.and_then(|(_, meta)| serde_json::from_str::<RawMeta<'_>>(meta).ok());
    let listed = match meta.as_ref().and_then(|meta| meta.r#type.as_deref()) {
        Some("users") => Listed::Users,
        Some("computers") => Listed::Computers,
        Some("groups") => Listed::Groups,
        Some("domains") => Listed::Domains,
        Some(_) => Listed::Others,
        None => {
            diagnostics.push(Diagnostic::error(
                "meta.type",
                "nothing",
                "what the file lists: `users`, `computers`, `groups`, `domains`",
                "only the rights were read: the copy may be cut short, as `meta` stands at the end",
            ));
            Listed::Others
        }
    };
    let announced = meta.and_then(|meta| meta.count);
    if let Some(announced) = announced.filter(|announced| *announced > rows.rows.len()) {
        batch.gaps.push(format!(
            "the file announces {announced} objects and holds {}",
            rows.rows.len()
        ));
    }
    let mut members: BTreeMap<String, Vec<(String, bool, Place)>> = BTreeMap::new();
    for row in &rows.rows {
        let Some(raw) = row.parse::<RawObject<'_>>(&mut diagnostics) else {
            continue;
        };
        let Some(sid) = raw.object_identifier.as_deref().and_then(present) else {
            diagnostics.push(Diagnostic::error(
                format!("{}.ObjectIdentifier", row.name()),
                "nothing",
                "a SID such as `S-1-5-21-…-1103`",
                "this object was left out; collect again",
            ));
            continue;
        };
        if raw.is_deleted == Some(true) {
            continue;
        }
        let place = row.place(&mut batch);
        match listed {
            Listed::Users | Listed::Computers => account(&raw, sid, listed, row, &mut batch, &mut diagnostics),
            Listed::Groups => {
                for member in raw.members.iter().flatten() {
                    let is_group = member.object_type.as_deref() == Some("Group");
                    if let Some(id) = member.object_identifier.as_deref() {
                        let known = members.entry(sid.to_ascii_uppercase()).or_default();
                        known.push((id.to_ascii_uppercase(), is_group, place));
                    }
                }
                group(&raw, sid, place, &mut batch);
            }
            Listed::Domains | Listed::Others => {}
        }
        rights(&raw, sid, listed, place, &mut batch);
    }
    memberships(&members, &mut batch);
    (batch, diagnostics)
}

fn account(
    raw: &RawObject<'_>,
    sid: &str,
    listed: Listed,
    row: &Row<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let place = row.place(batch);
    let none = RawProperties::default();
    let properties = raw.properties.as_ref().unwrap_or(&none);
    let written = properties.name.as_deref().unwrap_or("");
    let (before, domain) = written.split_once('@').unwrap_or((written, ""));
    let domain = properties.domain.as_deref().unwrap_or(domain);
    let name = properties.samaccountname.as_deref().and_then(present).unwrap_or(before);
    // Well-known principals such as `NT AUTHORITY` stand among users without a name of an account.
    let handles = directory::handles(Some(sid), domain, name, batch);
    let Some(holder) = handles.first().copied() else {
        return;
    };
    let dn = properties.distinguishedname.as_deref().unwrap_or("");
    let has_service_name = properties.hasspn == Some(true);
    let (kind, class) = match listed {
        Listed::Computers => (IdentityKind::Device, Some(Class::NonHuman)),
        Listed::Users | Listed::Groups | Listed::Domains | Listed::Others => {
            directory::kind_and_class(name, has_service_name, dn)
        }
    };
    let mut fact = IdentityFact::listed(handles, kind, place);
    fact.class = class;
    fact.origin = directory::origin(sid);
    fact.name = batch.sym_of(Some(name));
    fact.account = batch.sym_of(Some(&domain.to_lowercase()));
    fact.status = match properties.enabled {
        Some(true) => Status::Active,
        Some(false) => Status::Disabled,
        None => Status::Unknown,
    };
    let member = |name: &str| format!("{}.Properties.{name}", row.name());
    fact.created_at = properties
        .whencreated
        .clone()
        .instant(|| member("whencreated"), diagnostics);
    fact.last_used = last_logon(properties, member, diagnostics);
    fact.purpose = batch.sym_of(properties.description.as_deref());
    batch.identities.push(fact);

    if let Some(group) = raw.primary_group_sid.as_deref().and_then(present)
        && let Principal::Group(group) = directory::group(group, batch)
    {
        let member = Principal::Identity(holder);
        batch.memberships.push(MembershipFact { member, group, place });
    }
    if let Some(changed) = properties.pwdlastset.clone() {
        let key = batch.sym(&format!("ad-password:{}", sid.to_ascii_uppercase()));
        let mut password = CredentialFact::listed(key, CredentialKind::Password, place);
        password.holder = Some(holder);
        password.name = Some(batch.sym("password"));
        password.status = match properties.enabled {
            Some(true) => CredentialStatus::Active,
            Some(false) => CredentialStatus::Inactive,
            None => CredentialStatus::Unknown,
        };
        // 0 makes the next logon change it.
        password.created_at = changed.instant(|| member("pwdlastset"), diagnostics);
        if properties.pwdneverexpires == Some(true) {
            password.expires_at = Expiry::Never;
        }
        batch.credentials.push(password);
    }
    let mut delegation = |role: &str, resource: &str| {
        let grant = GrantFact {
            subject: Principal::Identity(holder),
            role: batch.sym(role),
            policy: None,
            resource: batch.sym_of(Some(resource)),
            // Whom it may stand for at a domain controller, it is.
            privilege: None,
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        };
        batch.grants.push(grant);
    };
    if properties.unconstraineddelegation == Some(true) {
        delegation("unconstrained delegation", domain);
    }
    for service in properties.allowedtodelegate.iter().flatten() {
        delegation("constrained delegation", service);
    }
    for actor in raw.allowed_to_act.iter().flatten() {
        if let Some(id) = actor.object_identifier.as_deref() {
            let actor = principal(id, actor.object_type.as_deref(), batch);
            trust(actor, sid, place, batch);
        }
    }
}

/// The later of the two logons: never when both say so.
fn last_logon(
    properties: &RawProperties<'_>,
    member: impl Fn(&str) -> String,
    diagnostics: &mut Diagnostics,
) -> LastUsed {
    let stated = [
        ("lastlogon", &properties.lastlogon),
        ("lastlogontimestamp", &properties.lastlogontimestamp),
    ];
    let known = stated.iter().filter(|(_, moment)| moment.is_some()).count();
    let latest = stated
        .into_iter()
        .filter_map(|(name, moment)| moment.clone()?.instant(|| member(name), diagnostics))
        .max();
    match (latest, properties.lastlogontimestamp.as_ref()) {
        (Some(at), _) => LastUsed::At(at),
        (None, Some(Moment::Never)) if known > 0 => LastUsed::Never,
        (None, Some(_) | None) => LastUsed::NotReported,
    }
}

/// What a group gives by itself: the groups that every domain has say so by their number.
fn group(raw: &RawObject<'_>, sid: &str, place: Place, batch: &mut Batch) {
    let (Some(privilege), Some(properties)) = (directory::group_privilege(sid), raw.properties.as_ref()) else {
        return;
    };
    let written = properties.name.as_deref().unwrap_or(sid);
    let (name, domain) = written.split_once('@').unwrap_or((written, ""));
    let subject = directory::group(sid, batch);
    let role = batch.sym(name);
    let resource = batch.sym_of(Some(&domain.to_lowercase()));
    batch.grants.push(GrantFact {
        subject,
        role,
        policy: None,
        resource,
        privilege: Some(privilege),
        conditional: Conditional::Always,
        expires_at: Expiry::Never,
        place,
    });
}

/// States the members of each group, and those of the groups within it for a group that every domain has.
fn memberships(members: &BTreeMap<String, Vec<(String, bool, Place)>>, batch: &mut Batch) {
    for sid in members.keys() {
        let Principal::Group(group) = directory::group(sid, batch) else {
            continue;
        };
        let spells_out = directory::group_privilege(sid).is_some();
        let mut seen = BTreeSet::from([sid.as_str()]);
        let mut stated = BTreeSet::new();
        let mut open = vec![sid.as_str()];
        while let Some(within) = open.pop() {
            for (id, is_group, place) in members.get(within).into_iter().flatten() {
                if *is_group && spells_out && seen.insert(id) {
                    open.push(id);
                }
                let is_own = within == sid;
                if stated.insert(id) && (is_own || !is_group) {
                    let kind = if *is_group { Some("Group") } else { None };
                    let member = principal(id, kind, batch);
                    batch.memberships.push(MembershipFact {
                        member,
                        group,
                        place: *place,
                    });
                }
            }
        }
    }
}

/// Rights over an object that somebody other than the default groups has.
fn rights(raw: &RawObject<'_>, sid: &str, listed: Listed, place: Place, batch: &mut Batch) {
    let name = raw
        .properties
        .as_ref()
        .and_then(|properties| properties.name.as_deref());
    let mut stated = BTreeSet::new();
    for ace in raw.aces.iter().flatten() {
        let (Some(actor), Some(right)) = (ace.principal_sid.as_deref(), ace.right_name.as_deref()) else {
            continue;
        };
        let is_default = !actor.contains("S-1-5-21-") || directory::relative_id(actor).is_some_and(|id| id < 1_000);
        if is_default || actor == sid || !stated.insert((actor, right)) {
            continue;
        }
        let actor = principal(actor, ace.principal_type.as_deref(), batch);
        match listed {
            Listed::Users | Listed::Computers if takes_over(right) => trust(actor, sid, place, batch),
            Listed::Users | Listed::Computers => {}
            Listed::Groups | Listed::Domains | Listed::Others => {
                let is_over_everything =
                    listed == Listed::Domains || directory::group_privilege(sid) == Some(Privilege::Administrator);
                let privilege = match is_over_everything && gives_everything(right) {
                    true => Some(Privilege::Administrator),
                    // What a policy or a unit reaches, or a group may, is not in this file.
                    false => None,
                };
                let role = batch.sym(right);
                let resource = batch.sym_of(name.or(Some(sid)));
                batch.grants.push(GrantFact {
                    subject: actor,
                    role,
                    policy: None,
                    resource,
                    privilege,
                    conditional: Conditional::Always,
                    expires_at: Expiry::Never,
                    place,
                });
            }
        }
    }
}

/// Whether a right over an account lets one act as it.
fn takes_over(right: &str) -> bool {
    matches!(
        right,
        "GenericAll"
            | "GenericWrite"
            | "WriteDacl"
            | "WriteOwner"
            | "Owns"
            | "AllExtendedRights"
            | "ForceChangePassword"
            | "AddKeyCredentialLink"
            | "AddAllowedToAct"
            | "WriteAccountRestrictions"
            | "WriteSPN"
            | "ReadGMSAPassword"
            | "ReadLAPSPassword"
    )
}

/// Whether a right over a domain, or over a group that administers it, gives the domain.
fn gives_everything(right: &str) -> bool {
    matches!(
        right,
        "GenericAll"
            | "GenericWrite"
            | "WriteDacl"
            | "WriteOwner"
            | "Owns"
            | "AllExtendedRights"
            | "AddMember"
            | "AddSelf"
            | "GetChangesAll"
            | "DCSync"
    )
}

fn principal(sid: &str, kind: Option<&str>, batch: &mut Batch) -> Principal {
    match kind {
        Some("Group") => directory::group(sid, batch),
        Some(_) | None => Principal::Identity(directory::account(sid, batch)),
    }
}

fn trust(actor: Principal, target: &str, place: Place, batch: &mut Batch) {
    let target = directory::account(target, batch);
    batch.trusts.push(TrustFact {
        actor,
        target,
        kind: TrustKind::Impersonates,
        guard: TrustGuard::Open,
        presence: Presence::Listed,
        place,
    });
}
