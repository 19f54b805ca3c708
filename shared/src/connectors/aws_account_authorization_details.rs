//! AWS IAM account authorization details: users, groups, roles and policies of an account, and how they hang together.
//!
//! Written by `aws iam get-account-authorization-details`, in one file or page by page, and by dumps of every SDK.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
//!
//! Read: users with their groups, roles with their trust policies, last use and instance profiles, tags, attached
//! and inline policies of users, groups and roles, permissions boundaries, and the default version of each policy.
//! Roles repeated inside instance profiles are not read twice.
//!
//! Cannot tell: keys, passwords and MFA (the credential report does), documents of AWS's own policies that nothing
//! uses, service control policies. A role unused for 400 days looks like one never used.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::{Labels, RawTag};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, Conditional, PolicyFact};
use crate::model::batch::Batch;
use crate::model::grant::{BoundaryFact, GrantFact, MembershipFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{HumanUse, IdentityFact, IdentityKind, Origin, Presence, Status};
use crate::model::instant::{Expiry, LastUsed};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::present;
use crate::reading::aws_policy::{self, Document, Texts};
use crate::reading::aws_trust;
use crate::reading::json::{self, OpenRow, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;

pub const CONNECTOR: Connector = Connector {
    id: "aws_account_authorization_details",
    title: "IAM account authorization details",
    vendor: "AWS",
    command: "aws iam get-account-authorization-details > account-authorization-details.json",
    cannot_tell: &[
        "access keys, passwords and MFA: add the credential report",
        "whether a user serves a person or a program: the credential report tells",
        "whether a role was used more than 400 days ago: AWS looks back no further",
        "when a user was last used",
        "service control policies and resource policies, which may allow less or more",
    ],
    signatures: &[
        &[Mark::Has("RoleDetailList")],
        &[Mark::Has("UserDetailList")],
        &[Mark::Has("GroupDetailList")],
        &[Mark::Has("Policies[].PolicyVersionList")],
    ],
    parse,
};

/// How far back AWS looks for the last use of a role.
const ROLE_TRACKING_DAYS: u16 = 400;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a user")]
pub struct RawUser<'a> {
    #[serde(borrow, default)]
    arn: Cow<'a, str>,
    #[serde(borrow, default)]
    user_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    #[serde(default)]
    create_date: Moment,
    /// Only in `list-users` and `get-user`: absent where there is no password, or none that was used.
    #[serde(default)]
    password_last_used: Moment,
    #[serde(borrow, default)]
    user_policy_list: OneOrMany<RawInlinePolicy<'a>>,
    #[serde(borrow, default)]
    group_list: Texts<'a>,
    #[serde(borrow, default)]
    attached_managed_policies: OneOrMany<RawAttachedPolicy<'a>>,
    #[serde(borrow, default)]
    permissions_boundary: Option<RawBoundary<'a>>,
    #[serde(borrow, default)]
    tags: OneOrMany<RawTag<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a group")]
struct RawGroup<'a> {
    #[serde(borrow, default)]
    arn: Cow<'a, str>,
    #[serde(borrow, default)]
    group_policy_list: OneOrMany<RawInlinePolicy<'a>>,
    #[serde(borrow, default)]
    attached_managed_policies: OneOrMany<RawAttachedPolicy<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a role")]
pub struct RawRole<'a> {
    #[serde(borrow, default)]
    arn: Cow<'a, str>,
    #[serde(borrow, default)]
    role_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    role_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    path: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    description: Option<Cow<'a, str>>,
    #[serde(default)]
    create_date: Moment,
    #[serde(borrow, default)]
    assume_role_policy_document: Option<Document<'a>>,
    #[serde(borrow, default)]
    instance_profile_list: OneOrMany<RawInstanceProfile<'a>>,
    #[serde(borrow, default)]
    role_policy_list: OneOrMany<RawInlinePolicy<'a>>,
    #[serde(borrow, default)]
    attached_managed_policies: OneOrMany<RawAttachedPolicy<'a>>,
    #[serde(borrow, default)]
    permissions_boundary: Option<RawBoundary<'a>>,
    #[serde(borrow, default)]
    tags: OneOrMany<RawTag<'a>>,
    /// Absent from tools older than 2019; `{}` when AWS tracked and saw no use.
    #[serde(default)]
    role_last_used: Option<RawLastUsed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a role's last use")]
struct RawLastUsed {
    #[serde(default)]
    last_used_date: Moment,
}

/// The roles inside are those of `RoleDetailList` again, and are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an instance profile")]
struct RawInstanceProfile<'a> {
    #[serde(borrow, default)]
    arn: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    instance_profile_name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an inline policy")]
struct RawInlinePolicy<'a> {
    #[serde(borrow, default)]
    policy_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    policy_document: Option<Document<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an attached policy")]
struct RawAttachedPolicy<'a> {
    #[serde(borrow, default)]
    policy_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    policy_arn: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a permissions boundary")]
struct RawBoundary<'a> {
    #[serde(borrow, default)]
    permissions_boundary_arn: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a policy")]
struct RawPolicy<'a> {
    #[serde(borrow, default)]
    arn: Cow<'a, str>,
    #[serde(borrow, default)]
    policy_name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    default_version_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    policy_version_list: OneOrMany<RawVersion<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a policy version")]
struct RawVersion<'a> {
    #[serde(borrow, default)]
    version_id: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "flag")]
    is_default_version: Option<bool>,
    #[serde(borrow, default)]
    document: Option<Document<'a>>,
}

const USERS: &str = "UserDetailList";
const GROUPS: &str = "GroupDetailList";
const ROLES: &str = "RoleDetailList";
const POLICIES: &str = "Policies";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File::default();
    file.read(input.text);
    file.note_unlisted_groups();
    file.drop_shared_unique_ids();
    (file.batch, file.diagnostics)
}

/// What was read of one file.
#[derive(Default)]
pub struct File {
    pub batch: Batch,
    pub diagnostics: Diagnostics,
    /// The account of the first row: pages of two accounts are two chains.
    pub account: Option<Sym>,
    /// The ARNs of listed groups, without their paths.
    groups: HashSet<Sym>,
}

impl File {
    fn read(&mut self, text: &str) {
        let lists = [USERS, GROUPS, ROLES, POLICIES];
        let mut problems = Diagnostics::default();
        let rows = json::each_row(text, &lists, &mut problems, |row| match row.list {
            USERS => {
                if let Some(raw) = row.parse(&mut self.diagnostics) {
                    self.user(raw, row);
                }
            }
            GROUPS => self.group(row),
            ROLES => {
                if let Some(raw) = row.parse(&mut self.diagnostics) {
                    self.role(raw, row);
                }
            }
            POLICIES => self.policy(row),
            _ => self.other(row),
        });
        self.diagnostics.append(problems);
        if rows.n_continued + rows.n_last > 0 {
            let account = self.batch.strings.get_or_empty(self.account);
            let chain = format!("get-account-authorization-details {account}");
            rows.note_pages(&mut self.batch, chain.trim_end());
        }
    }

    fn other(&mut self, row: &OpenRow<'_>) {
        self.diagnostics.push(Diagnostic::error(
            row.name(),
            "an object without `RoleDetailList` or `UserDetailList`",
            "a page of account authorization details",
            "this row was left out; export it again with `aws iam get-account-authorization-details`",
        ));
    }

    pub fn user(&mut self, raw: RawUser<'_>, row: &Row<'_>) {
        let Some(arn) = self.arn(row, &raw.arn, ":user/") else {
            return;
        };
        let place = row.place(&mut self.batch);
        let mut fact = self.identity(&arn, raw.user_id, raw.user_name, IdentityKind::User, place);
        fact.created_at = self.instant(raw.create_date, row, "CreateDate");
        if let Some(at) = self.instant(raw.password_last_used, row, "PasswordLastUsed") {
            fact.last_used = LastUsed::At(at);
            fact.human_use = HumanUse::InteractiveSignIn;
        }
        self.labels(&mut fact, &raw.tags.0, None);
        self.batch.identities.push(fact);
        for name in raw.group_list.iter() {
            let group = self.batch.sym(&format!("{}:group/{name}", arn.before));
            self.batch.memberships.push(MembershipFact {
                member: Principal::Identity(arn.handle),
                group,
                place,
            });
        }
        let subject = Principal::Identity(arn.handle);
        self.attached(subject, &arn, &raw.attached_managed_policies.0, place);
        self.inline(subject, &arn, &raw.user_policy_list.0, place, (row, "UserPolicyList"));
        self.boundary(arn.handle, raw.permissions_boundary, place);
    }

    fn group(&mut self, row: &mut OpenRow<'_>) {
        let Some(raw) = row.parse::<RawGroup<'_>>(&mut self.diagnostics) else {
            return;
        };
        let Some(arn) = self.arn(row, &raw.arn, ":group/") else {
            return;
        };
        let place = row.place(&mut self.batch);
        let group = match without_path(arn.text) {
            Some(short) => self.batch.sym(&short),
            None => arn.handle.text,
        };
        self.groups.insert(group);
        let subject = Principal::Group(group);
        self.attached(subject, &arn, &raw.attached_managed_policies.0, place);
        self.inline(subject, &arn, &raw.group_policy_list.0, place, (row, "GroupPolicyList"));
    }

    pub fn role(&mut self, raw: RawRole<'_>, row: &Row<'_>) {
        let Some(arn) = self.arn(row, &raw.arn, ":role/") else {
            return;
        };
        let place = row.place(&mut self.batch);
        let mut fact = self.identity(&arn, raw.role_id, raw.role_name, IdentityKind::Role, place);
        let is_service_linked = arn.after.starts_with("aws-service-role/")
            || raw.path.is_some_and(|path| path.starts_with("/aws-service-role/"));
        if is_service_linked {
            fact.origin = Origin::Platform;
        }
        fact.created_at = self.instant(raw.create_date, row, "CreateDate");
        fact.last_used = match raw.role_last_used.map(|used| used.last_used_date) {
            None => LastUsed::NotReported,
            Some(Moment::Absent | Moment::Never) => LastUsed::NotWithin {
                days: ROLE_TRACKING_DAYS,
            },
            Some(used @ (Moment::At(_) | Moment::Unreadable(_))) => self
                .instant(used, row, "RoleLastUsed.LastUsedDate")
                .map_or(LastUsed::NotReported, LastUsed::At),
        };
        self.labels(&mut fact, &raw.tags.0, raw.description.as_deref());
        self.batch.identities.push(fact);
        let subject = Principal::Identity(arn.handle);
        self.attached(subject, &arn, &raw.attached_managed_policies.0, place);
        self.inline(subject, &arn, &raw.role_policy_list.0, place, (row, "RolePolicyList"));
        self.boundary(arn.handle, raw.permissions_boundary, place);
        if let Some(document) = &raw.assume_role_policy_document {
            self.trusts(arn.handle, document, place, row);
        }
        for profile in &raw.instance_profile_list.0 {
            if let Some(name) = profile.arn.as_deref().or(profile.instance_profile_name.as_deref()) {
                let actor = Principal::Workload(self.batch.sym(name));
                self.trust(actor, arn.handle, TrustKind::RunsAs, TrustGuard::Open, place);
            }
        }
    }

    fn policy(&mut self, row: &mut OpenRow<'_>) {
        let Some(raw) = row.parse::<RawPolicy<'_>>(&mut self.diagnostics) else {
            return;
        };
        let Some(arn) = self.arn(row, &raw.arn, ":policy/") else {
            return;
        };
        let in_force = raw.policy_version_list.0.iter().enumerate().find(|(_, version)| {
            version
                .is_default_version
                .unwrap_or_else(|| version.version_id.is_some() && version.version_id == raw.default_version_id)
        });
        let Some((
            index,
            RawVersion {
                document: Some(document),
                ..
            },
        )) = in_force
        else {
            self.diagnostics.push(Diagnostic::warning(
                row.name(),
                "a policy without the document of its default version",
                "`PolicyVersionList` with one version that has `IsDefaultVersion` true and a `Document`",
                "what the policy gives is unknown; export it with `aws iam get-account-authorization-details`",
            ));
            return;
        };
        let place = row.place(&mut self.batch);
        let name = match raw.policy_name.as_deref().and_then(present) {
            Some(name) => self.batch.sym(name),
            None => self.batch.sym(arn.name()),
        };
        let id = arn.handle.text;
        self.define(id, name, document, place, || {
            format!("{}.PolicyVersionList[{index}].Document", row.name())
        });
    }

    /// The row's ARN taken apart; none, and a diagnostic, when it is not one of this kind.
    fn arn<'a>(&mut self, row: &Row<'_>, text: &'a str, kind: &'static str) -> Option<Arn<'a>> {
        let parts = text.strip_prefix("arn:").and_then(|_| text.split_once(kind));
        let Some((before, after)) = parts.filter(|(_, after)| !after.is_empty()) else {
            let found = if text.is_empty() { "nothing" } else { text };
            self.diagnostics.push(Diagnostic::error(
                format!("{}.Arn", row.name()),
                found,
                format!("an ARN such as `arn:aws:iam::123456789012{kind}name`"),
                "this row was left out; export the details again",
            ));
            return None;
        };
        let account = self.batch.sym_of(before.rsplit(':').next());
        self.account = self.account.or(account);
        Some(Arn {
            text,
            before,
            after,
            account,
            handle: self.batch.handle(HandleKind::Arn, text),
        })
    }

    fn identity(
        &mut self,
        arn: &Arn<'_>,
        unique_id: Option<Cow<'_, str>>,
        name: Option<Cow<'_, str>>,
        kind: IdentityKind,
        place: Place,
    ) -> IdentityFact {
        let mut fact = IdentityFact::listed(smallvec![arn.handle], kind, place);
        // Names are unique in an account whatever their path, and sessions and people leave the path out.
        if let Some(short) = without_path(arn.text) {
            fact.handles.push(self.batch.handle(HandleKind::Arn, &short));
        }
        if let Some(id) = unique_id.as_deref().and_then(present) {
            fact.handles.push(self.batch.handle(HandleKind::AwsUniqueId, id));
        }
        fact.name = Some(match name.as_deref().and_then(present) {
            Some(name) => self.batch.sym(name),
            None => self.batch.sym(arn.name()),
        });
        fact.account = arn.account;
        // IAM has no switch that turns a user or role off.
        fact.status = Status::Active;
        fact
    }

    fn instant(&mut self, moment: Moment, row: &Row<'_>, member: &str) -> Option<crate::model::instant::Instant> {
        moment.instant(|| format!("{}.{member}", row.name()), &mut self.diagnostics)
    }

    fn labels(&mut self, fact: &mut IdentityFact, tags: &[RawTag<'_>], description: Option<&str>) {
        let labels = Labels::read(tags, &mut self.batch);
        fact.owners = labels.owners;
        fact.environment = labels.environment;
        let description = description.and_then(present);
        fact.purpose = labels.purpose.or_else(|| self.batch.sym_of(description));
    }

    fn attached(&mut self, subject: Principal, arn: &Arn<'_>, policies: &[RawAttachedPolicy<'_>], place: Place) {
        for policy in policies {
            let id = policy.policy_arn.as_deref().and_then(present);
            let name = policy.policy_name.as_deref().and_then(present);
            let Some(role) = name.or_else(|| id.and_then(|id| id.rsplit('/').next())) else {
                continue;
            };
            let role = self.batch.sym(role);
            let policy = id.map(|id| self.batch.sym(id));
            self.grant(subject, role, policy, arn.account, place);
        }
    }

    fn inline(
        &mut self,
        subject: Principal,
        arn: &Arn<'_>,
        policies: &[RawInlinePolicy<'_>],
        place: Place,
        (row, list): (&Row<'_>, &str),
    ) {
        for (index, policy) in policies.iter().enumerate() {
            let Some(name) = policy.policy_name.as_deref().and_then(present) else {
                if policy.policy_document.is_some() {
                    self.diagnostics.push(Diagnostic::error(
                        format!("{}.{list}[{index}].PolicyName", row.name()),
                        "nothing",
                        "the name of the inline policy",
                        "this policy was left out; export the details again",
                    ));
                }
                continue;
            };
            let id = self.batch.sym(&format!("{}/inline/{name}", arn.text));
            let role = self.batch.sym(name);
            self.grant(subject, role, Some(id), arn.account, place);
            if let Some(document) = &policy.policy_document {
                self.define(id, role, document, place, || {
                    format!("{}.{list}[{index}].PolicyDocument", row.name())
                });
            }
        }
    }

    fn grant(&mut self, subject: Principal, role: Sym, policy: Option<Sym>, account: Option<Sym>, place: Place) {
        self.batch.grants.push(GrantFact {
            subject,
            role,
            policy,
            resource: account,
            privilege: None,
            conditional: Conditional::Always,
            // IAM has no attachment that ends.
            expires_at: Expiry::Never,
            place,
        });
    }

    fn define(
        &mut self,
        id: Sym,
        name: Sym,
        document: &Document<'_>,
        place: Place,
        document_place: impl FnOnce() -> String,
    ) {
        let strings = &mut self.batch.strings;
        match aws_policy::open(document, |policy| policy.statements(strings)) {
            Ok(statements) => self.batch.policies.push(PolicyFact {
                id,
                name,
                document: AccessPolicy::Aws(statements),
                place,
            }),
            Err(flaw) => self.diagnostics.push(flaw.diagnostic(&document_place())),
        }
    }

    fn boundary(&mut self, subject: Handle, boundary: Option<RawBoundary<'_>>, place: Place) {
        let arn = boundary.and_then(|boundary| boundary.permissions_boundary_arn);
        if let Some(policy) = self.batch.sym_of(arn.as_deref()) {
            self.batch.boundaries.push(BoundaryFact { subject, policy, place });
        }
    }

    fn trusts(&mut self, target: Handle, document: &Document<'_>, place: Place, row: &Row<'_>) {
        let strings = &mut self.batch.strings;
        match aws_policy::open(document, |policy| aws_trust::trust_policy(policy, strings)) {
            Ok(policy) => {
                for trust in policy.let_in {
                    self.trust(trust.actor, target, trust.kind, trust.guard, place);
                }
                self.batch.policies.push(PolicyFact {
                    id: target.text,
                    name: target.text,
                    document: AccessPolicy::Aws(policy.statements),
                    place,
                });
            }
            Err(flaw) => {
                let document_place = format!("{}.AssumeRolePolicyDocument", row.name());
                self.diagnostics.push(flaw.diagnostic(&document_place));
            }
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

    fn note_unlisted_groups(&mut self) {
        let named: HashSet<Sym> = self
            .batch
            .memberships
            .iter()
            .map(|membership| membership.group)
            .collect();
        let n_unlisted = named.difference(&self.groups).count();
        if n_unlisted > 0 {
            self.diagnostics.push(Diagnostic::warning(
                GROUPS,
                format!("users that belong to groups this file does not list (groups: {n_unlisted})"),
                "every group that a user belongs to",
                "what those groups give is unknown unless another file lists them; export without `--filter`",
            ));
        }
    }

    /// A unique id that two identities share tells neither of them apart: documentation and redacted exports write
    /// the same one everywhere.
    pub fn drop_shared_unique_ids(&mut self) {
        let mut holder: HashMap<Sym, Option<Sym>> = HashMap::with_capacity(self.batch.identities.len());
        for fact in &self.batch.identities {
            if let Some(id) = fact
                .handles
                .iter()
                .find(|handle| handle.kind == HandleKind::AwsUniqueId)
            {
                let arn = fact.handles[0].text;
                let first = holder.entry(id.text).or_insert(Some(arn));
                *first = first.filter(|first| *first == arn);
            }
        }
        for fact in &mut self.batch.identities {
            fact.handles
                .retain(|handle| handle.kind != HandleKind::AwsUniqueId || holder.get(&handle.text) != Some(&None));
        }
    }
}

/// An ARN of IAM: `before` is `arn:aws:iam::123456789012`, `after` the path and name.
struct Arn<'a> {
    text: &'a str,
    before: &'a str,
    after: &'a str,
    account: Option<Sym>,
    handle: Handle,
}

impl<'a> Arn<'a> {
    fn name(&self) -> &'a str {
        self.after.rsplit('/').next().unwrap_or(self.after)
    }
}

/// `arn:aws:iam::123456789012:role/a/b/name` as `arn:aws:iam::123456789012:role/name`; `None` when it has no path.
fn without_path(arn: &str) -> Option<String> {
    let (before, rest) = arn.split_once('/')?;
    let (_, name) = rest.rsplit_once('/')?;
    Some(format!("{before}/{name}"))
}
