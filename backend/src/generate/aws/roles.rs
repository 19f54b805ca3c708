//! Roles: one row of `RoleDetailList` each.

use super::cloudtrail::{self, Active};
use super::policies::{Attachments, allow, drawn_document, policy_document};
use super::tags::Tags;
use super::trust::{self, Trust};
use super::{Account, CliVersion, REGIONS, Told, last_accessed};
use crate::generate::Estate;
use crate::generate::company::service_of;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::{Claim, Said};
use crate::generate::inventory;
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Habit, Life, Snapshot, Timeline};
use crate::generate::truth::{IdentityTruth, Knowledge, SnapshotTruth};

/// AWS keeps 400 days of history; a role quiet for longer looks as if it had never been used.
const TRACKED_DAYS: i64 = 400;

/// How much a role may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Privilege {
    Admin,
    Escalation,
    Sensitive,
    ReadOnly,
    Narrow,
}

fn privilege(draw: &mut Draw) -> Privilege {
    draw.weighted(&[
        (55, Privilege::Admin),
        (90, Privilege::Escalation),
        (220, Privilege::Sensitive),
        (300, Privilege::ReadOnly),
        (335, Privilege::Narrow),
    ])
}

/// The policies of one role.
struct Access {
    attached: Vec<Json>,
    inline: Vec<Json>,
    level: Privilege,
}

fn access(
    account: &Account,
    life: &Life,
    timeline: &Timeline,
    trust: &Trust,
    draw: &mut Draw,
    attachments: &mut Attachments<'_>,
) -> Access {
    let level = match (privilege(draw), trust) {
        // One administrator as whom everybody may act would make every identity of its account one.
        (Privilege::Admin | Privilege::Escalation, Trust::Anyone) => Privilege::ReadOnly,
        (level, _) => level,
    };
    let mut attached = Vec::new();
    let mut inline = Vec::new();
    match level {
        Privilege::Admin if draw.chance(0.7) => attached.push(attachments.aws("AdministratorAccess")),
        Privilege::Admin => inline.push(object! {
            "PolicyName": "inline-admin",
            "PolicyDocument": policy_document([allow("*", "*")]),
        }),
        Privilege::Escalation => inline.push(object! {
            "PolicyName": "deploy",
            "PolicyDocument": policy_document([
                allow(vec!["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "lambda:UpdateFunctionCode"], "*"),
                allow("cloudformation:*", "*"),
            ]),
        }),
        Privilege::Sensitive => {
            attached.push(attachments.aws(draw.pick(&["SecretsManagerReadWrite", "AmazonS3FullAccess"])));
        }
        Privilege::ReadOnly => {
            attached.push(attachments.aws(draw.pick(&["ReadOnlyAccess", "SecurityAudit", "AmazonS3ReadOnlyAccess"])));
        }
        Privilege::Narrow => {}
    }
    // Together a third of all roles have no attached policy, and half have one.
    let n_more = match (attached.len(), draw.below(100)) {
        (0, 0..77) | (1.., 0..85) => 0,
        (0, _) | (1.., 85..95) => 1,
        _ => 1 + draw.pareto(1.6, 9),
    };
    let mut chosen: Vec<u64> = (0..n_more)
        .map(|_| attachments.draw(life.created_at, timeline, draw))
        .collect();
    chosen.sort_unstable();
    chosen.dedup();
    attached.extend(chosen.into_iter().map(|policy| attachments.customer(policy)));
    if draw.chance(0.22) {
        let service = service_of(account.domain, life.ordinal);
        inline.push(object! {
            "PolicyName": format!("{service}-access"),
            "PolicyDocument": drawn_document(account, draw),
        });
    }
    Access {
        attached,
        inline,
        level,
    }
}

/// The row of one role, and what other exports tell of it.
pub fn row(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    life: &Life,
    cli: CliVersion,
    attachments: &mut Attachments<'_>,
    truth: &mut SnapshotTruth,
) -> (Json, Told) {
    let timeline = &estate.timeline;
    let mut draw = Draw::new(estate.seed, "aws role facts", account.number as u64, life.ordinal);
    let name = account.role_name(estate, life.ordinal);
    let arn = account.arn(&format!("role/{name}"));
    let id = draw.aws_id("AROA");
    let created = cli.instant(life.created_at);
    let trust_policy = trust::policy(estate, account, snapshot, life.ordinal, &arn, &mut draw, truth);
    let trust = account.trust(estate, life.ordinal);
    let mut access = access(account, life, timeline, &trust, &mut draw, attachments);
    access
        .inline
        .extend(estate.reviews.given_since(account, life.ordinal, snapshot));
    let is_instance_role = trust == Trust::Service("ec2.amazonaws.com");
    if is_instance_role {
        access.attached.push(attachments.aws("AmazonSSMManagedInstanceCore"));
    }
    let habit = Habit::draw(&mut draw, timeline);
    let mut use_draw = Draw::new(
        estate.seed,
        "aws role use",
        ((snapshot.index as u64) << 32) | account.number as u64,
        life.ordinal,
    );
    let region = draw.pick(&REGIONS);
    let last_used_at = habit
        .last_used_at(&mut use_draw, life.created_at, snapshot.as_of)
        .filter(|at| snapshot.as_of - at < TRACKED_DAYS * DAY);
    let last_used = last_used_at.map_or(
        object! {},
        |at| object! { "LastUsedDate": cli.instant(at), "Region": region },
    );
    let tags = Tags::of_role(estate, account, snapshot, life.ordinal);
    let facts = Facts {
        arn: &arn,
        life,
        said: tags.said,
        last_used_at,
        level: access.level,
    };
    facts.record(estate, account, snapshot, truth);
    let mut told = Told::default();
    told.reports.extend(last_accessed::report(
        account,
        snapshot,
        life,
        &arn,
        last_used_at,
        truth,
    ));
    // Of roles with a report the two would have to agree on what was used.
    if let Some(last_used_at) = last_used_at.filter(|at| told.reports.is_empty() && snapshot.as_of - at < DAY)
        && last_used_at - life.created_at > cloudtrail::OLD_DAYS * DAY
    {
        told.active.push(Active {
            arn: arn.clone(),
            ordinal: life.ordinal,
            last_used_at,
        });
    }

    let profiles = if is_instance_role {
        vec![object! {
            "Path": "/",
            "InstanceProfileName": &name,
            "InstanceProfileId": draw.aws_id("AIPA"),
            "Arn": account.arn(&format!("instance-profile/{name}")),
            "CreateDate": created.clone(),
            "Roles": vec![object! {
                "Path": "/",
                "RoleName": &name,
                "RoleId": &id,
                "Arn": &arn,
                "CreateDate": created.clone(),
                "AssumeRolePolicyDocument": trust_policy.clone(),
            }],
        }]
    } else {
        Vec::new()
    };
    let row = object! {
        "Path": "/",
        "RoleName": name,
        "RoleId": id,
        "Arn": arn,
        "CreateDate": created,
        "AssumeRolePolicyDocument": trust_policy,
        "InstanceProfileList": profiles,
        "RolePolicyList": access.inline,
        "AttachedManagedPolicies": access.attached,
        "Tags": tags.list,
        "RoleLastUsed": last_used,
    };
    (row, told)
}

/// What is true of one role.
struct Facts<'a> {
    arn: &'a str,
    life: &'a Life,
    said: Said,
    last_used_at: Option<i64>,
    level: Privilege,
}

impl Facts<'_> {
    fn record(self, estate: &Estate, account: &Account, snapshot: &Snapshot, truth: &mut SnapshotTruth) {
        let Self {
            arn, life, mut said, ..
        } = self;
        for claim in &said.claims {
            if let Claim::Person(number) = claim
                && estate.staff.person(*number).has_left(snapshot.as_of)
            {
                truth.problem("orphaned", arn, &account.source, estate.staff.person(*number).email);
            }
        }
        let mut sources = vec![account.source.clone()];
        if let Some(listed) = inventory::cmdb_role(estate, account, snapshot, life) {
            sources.push("cmdb".to_owned());
            truth.join("inventory_to_aws", format!("cmdb/{arn}"), arn);
            said.claims.extend(listed.owner.map(Claim::Team));
            if listed.created_at - life.created_at > DAY {
                truth.conflict(arn, "created_at");
            }
            if said.environment.is_some_and(|tagged| tagged != listed.environment) {
                truth.conflict(arn, "environment");
            }
            said.environment = said.environment.or(Some(listed.environment));
            said.has_purpose = true;
        }
        let mut governance = estate.governance(&[arn], said, Some(account.environment), snapshot.as_of);
        governance.reviewed_at =
            (estate.reviews).reviewed_at(account, life.ordinal, snapshot, arn, governance.reviewed_at, truth);
        if self.level == Privilege::Admin {
            truth.problem("administrator", arn, &account.source, "AdministratorAccess or *:*");
        }
        if matches!(self.level, Privilege::Escalation | Privilege::Sensitive) {
            truth.problem("wildcard_grant", arn, &account.source, "every action of a service");
        }
        if self.level == Privilege::Escalation {
            truth.problem("way_up", arn, &account.source, "passes roles to functions");
        }
        let identity = IdentityTruth::new(arn, "role", &account.source, &governance);
        let identity = IdentityTruth {
            sources: sources.into_iter().collect(),
            // There is no way to disable one.
            enabled: Some(true),
            credentials: Knowledge::Known,
            administrator: self.level == Privilege::Admin,
            ..match self.last_used_at {
                Some(at) => identity.used(Some(at)),
                None => identity.unused_since(life.created_at.max(snapshot.as_of - TRACKED_DAYS * DAY)),
            }
        };
        truth.identity(identity, &governance);
    }
}
