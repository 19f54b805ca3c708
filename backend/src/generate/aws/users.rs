//! IAM users: machines with keys, and people with a console password.

use super::credential_report::Report;
use super::policies::Attachments;
use super::tags::Tags;
use super::{Account, CliVersion, REGIONS};
use crate::generate::Estate;
use crate::generate::company::identity_name;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::{Ownership, Said};
use crate::generate::json::{Json, object};
use crate::generate::timeline::{CLOUD_KEY_AGES, Habit, Snapshot, days_between, generations, rfc3339};
use crate::generate::truth::{CredentialTruth, IdentityTruth, Knowledge, SnapshotTruth};

/// What machine users call when they use their keys.
const SERVICES: [&str; 10] = [
    "s3",
    "dynamodb",
    "sqs",
    "kms",
    "secretsmanager",
    "rds",
    "sns",
    "kinesis",
    "ecr",
    "logs",
];
/// The group whose members are administrators.
pub const ADMINS: &str = "platform-admins";
/// The group whose members may read.
pub const AUDITORS: &str = "readonly-auditors";

/// The path of machine users.
const MACHINES: &str = "/svc/";

/// The planted sleeper.
pub const SLEEPER: &str = "svc-legacy-edi-ftp";

/// One IAM user, as the report and the authorization details show it.
pub struct User {
    pub name: String,
    pub path: &'static str,
    unique_id: String,
    /// Which of the account's users it is, for what is drawn about it.
    ordinal: u64,
    pub created_at: i64,
    pub keys: [Option<Key>; 2],
    pub console: Option<Console>,
    access: Access,
    serves: Serves,
}

pub struct Key {
    pub created_at: i64,
    pub active: bool,
    /// When, from which region, for which service.
    pub last_used: Option<(i64, &'static str, &'static str)>,
}

pub struct Console {
    pub last_used_at: Option<i64>,
    pub changed_at: i64,
    pub has_mfa: bool,
}

/// Where a user's permissions come from.
enum Access {
    /// One customer-managed policy.
    Policy,
    Administrator,
    Group(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Serves {
    Machine,
    Person(u64),
}

/// The users of an account; their keys were last seen in use at `seen_at` at the latest.
pub fn draw(estate: &Estate, account: &Account, snapshot: &Snapshot, seen_at: i64) -> Vec<User> {
    let timeline = &estate.timeline;
    let machines = account.users.alive(timeline, snapshot.index);
    let mut users: Vec<User> = machines
        .map(|life| machine(estate, account, snapshot, seen_at, life.ordinal, life.created_at))
        .collect();
    if account.number == 0 {
        users.push(sleeper(estate, snapshot));
    }
    let people = account.people.iter();
    users.extend(people.map(|number| person(estate, account, snapshot, seen_at, *number)));
    users
}

fn machine(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    seen_at: i64,
    ordinal: u64,
    created_at: i64,
) -> User {
    let timeline = &estate.timeline;
    let index = snapshot.index;
    let mut draw = Draw::new(estate.seed, "aws user facts", account.number as u64, ordinal);
    let unique_id = draw.aws_id("AIDA");
    let habit = Habit::draw(&mut draw, timeline);
    let n_keys = draw.weighted(&[(18, 0), (66, 1), (16, 2)]);
    let region = draw.pick(&REGIONS);
    let service = draw.pick(&SERVICES);
    let mut keys = [None, None];
    for (slot, key) in keys.iter_mut().enumerate().take(n_keys) {
        let scope = (account.number * 2 + slot) as u64;
        let mut slot_draw = Draw::new(estate.seed, "aws key", scope, ordinal);
        let active = slot_draw.chance(0.85);
        let standing = generations(&mut slot_draw, CLOUD_KEY_AGES, created_at, timeline, index);
        let Some(standing) = standing.iter().find(|standing| standing.created_at < seen_at) else {
            continue;
        };
        let mut use_draw = Draw::new(estate.seed, "aws key use", scope ^ ((index as u64) << 32), ordinal);
        *key = Some(Key {
            created_at: standing.created_at,
            active,
            last_used: habit
                .last_used_at(&mut use_draw, standing.created_at, seen_at)
                .map(|at| (at, region, service)),
        });
    }
    let access = match draw.below(100) {
        0..4 => Access::Administrator,
        4..6 => Access::Group(ADMINS),
        _ => Access::Policy,
    };
    // Now and then somebody signs in to the console as the machine, "just to look".
    let has_working_key = keys.iter().flatten().any(|key| key.active);
    let console = (draw.chance(0.05) && has_working_key).then(|| Console {
        last_used_at: Some(seen_at - draw.days(2, 300)).filter(|at| *at > created_at),
        changed_at: created_at + 3_600,
        has_mfa: false,
    });
    User {
        name: format!("svc-{}", identity_name(account.domain, ordinal)),
        path: MACHINES,
        unique_id,
        ordinal,
        created_at,
        keys,
        console,
        access,
        serves: Serves::Machine,
    }
}

fn person(estate: &Estate, account: &Account, snapshot: &Snapshot, seen_at: i64, number: u64) -> User {
    let first = estate.timeline.as_of(0);
    let person = estate.staff.person(number);
    let mut draw = Draw::new(estate.seed, "iam person facts", account.number as u64, number);
    let created_at = first - draw.days(60, 1_800);
    let changed_at = created_at + draw.below((first - created_at) as u64) as i64;
    let has_mfa = draw.chance(0.7);
    let unique_id = draw.aws_id("AIDA");
    let mut use_draw = Draw::new(estate.seed, "iam person use", number, snapshot.index as u64);
    let last_seen = person.left_at.map_or(snapshot.as_of, |left| left.min(snapshot.as_of));
    let last_used_at = draw
        .chance(0.8)
        .then(|| last_seen.min(seen_at) - use_draw.days(1, 40))
        .filter(|at| *at > created_at);
    User {
        name: person.email.split('@').next().unwrap_or_default().to_owned(),
        path: "/",
        unique_id,
        ordinal: 0,
        created_at,
        keys: [None, None],
        console: Some(Console {
            last_used_at,
            changed_at,
            has_mfa,
        }),
        access: Access::Group(if draw.chance(0.15) { ADMINS } else { AUDITORS }),
        serves: Serves::Person(number),
    }
}

/// The planted sleeper: a key of 2021 that has been quiet for over a year and wakes before the last snapshot,
/// from a region the company does not use.
fn sleeper(estate: &Estate, snapshot: &Snapshot) -> User {
    let last = estate.timeline.last().as_of;
    let created_at = sleeper_made_at(estate);
    let last_used = if wakes(estate, snapshot) {
        (last - 19 * 3_600, "ap-southeast-1", "sts")
    } else {
        (last - 512 * DAY, "eu-west-1", "s3")
    };
    User {
        name: SLEEPER.to_owned(),
        path: MACHINES,
        unique_id: Draw::new(estate.seed, "sleeper", 0, 0).aws_id("AIDA"),
        ordinal: 0,
        created_at,
        keys: [
            Some(Key {
                created_at,
                active: true,
                last_used: Some(last_used),
            }),
            Some(Key {
                created_at: spare_made_at(estate),
                active: false,
                last_used: None,
            }),
        ],
        console: None,
        access: Access::Policy,
        serves: Serves::Machine,
    }
}

/// When the sleeper and its key were made.
pub fn sleeper_made_at(estate: &Estate) -> i64 {
    estate.timeline.last().as_of - 2_011 * DAY
}

/// When the sleeper's second key was made, which leaked too and was shut off.
pub fn spare_made_at(estate: &Estate) -> i64 {
    sleeper_made_at(estate) + 30 * DAY
}

/// The ids of the sleeper's keys, which its account's list of keys tells.
pub fn sleeper_key_ids(estate: &Estate) -> [String; 2] {
    [0, 1].map(|slot| {
        let mut draw = Draw::new(estate.seed, "sleeper key", 0, slot);
        format!("AKIA{}", draw.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16))
    })
}

/// Its account is the first.
pub fn sleeper_arn(estate: &Estate) -> String {
    estate.accounts[0].arn(&format!("user{MACHINES}{SLEEPER}"))
}

fn wakes(estate: &Estate, snapshot: &Snapshot) -> bool {
    snapshot.index + 1 == estate.timeline.len()
}

impl User {
    pub fn arn(&self, account: &Account) -> String {
        account.arn(&format!("user{}{}", self.path, self.name))
    }

    /// The row of `UserDetailList`.
    pub fn row(
        &self,
        estate: &Estate,
        account: &Account,
        snapshot: &Snapshot,
        cli: CliVersion,
        attachments: &mut Attachments<'_>,
    ) -> Json {
        let mut draw = Draw::new(estate.seed, &self.unique_id, 0, 0);
        let attached = match self.access {
            Access::Policy => {
                let policy = attachments.draw(self.created_at, &estate.timeline, &mut draw);
                vec![attachments.customer(policy)]
            }
            Access::Administrator => vec![attachments.aws("AdministratorAccess")],
            Access::Group(_) => Vec::new(),
        };
        let groups = match self.access {
            Access::Group(group) => vec![group],
            Access::Policy | Access::Administrator => Vec::new(),
        };
        let tags = self
            .tags(estate, account, snapshot)
            .map_or(Vec::new(), |tags| tags.list);
        object! {
            "Path": self.path,
            "UserName": &self.name,
            "UserId": &self.unique_id,
            "Arn": self.arn(account),
            "CreateDate": cli.instant(self.created_at),
            "GroupList": groups,
            "AttachedManagedPolicies": attached,
            "Tags": tags,
        }
    }

    /// The tags of a machine's user: nobody tags people, or what was forgotten.
    fn tags(&self, estate: &Estate, account: &Account, snapshot: &Snapshot) -> Option<Tags> {
        match self.serves {
            Serves::Machine if self.name != SLEEPER => Some(Tags::of_user(estate, account, snapshot, self.ordinal)),
            Serves::Machine | Serves::Person(_) => None,
        }
    }

    /// Records what is true of the user. A report of an earlier day does not list who came after it.
    pub fn record(
        &self,
        estate: &Estate,
        account: &Account,
        snapshot: &Snapshot,
        report_at: i64,
        truth: &mut SnapshotTruth,
    ) {
        let arn = self.arn(account);
        let is_reported = Report::lists(self.created_at, report_at);
        let tags = self.tags(estate, account, snapshot);
        let ownership = tags.as_ref().map(|tags| tags.ownership.clone());
        let said = tags.map_or(Said::default(), |tags| tags.said);
        let governance = estate.governance(&[&arn], said, Some(account.environment), snapshot.as_of);
        let is_administrator = match self.access {
            Access::Administrator | Access::Group(ADMINS) => true,
            Access::Policy | Access::Group(_) => false,
        };
        let keys = self.keys.iter().flatten().filter_map(|key| Some(key.last_used?.0));
        let console = self.console.iter().filter_map(|console| console.last_used_at);
        let last_used_at = keys.chain(console).max().filter(|_| is_reported);
        let kind = match self.serves {
            _ if !is_reported => "iam_user_not_in_report",
            Serves::Machine => "iam_user",
            Serves::Person(_) => "human_user",
        };
        let identity = IdentityTruth::new(arn.clone(), kind, &account.source, &governance);
        let identity = IdentityTruth {
            // IAM has no switch for a user; what can be switched off are its keys.
            enabled: is_reported.then_some(true),
            credentials: if is_reported {
                Knowledge::Known
            } else {
                Knowledge::Unknown
            },
            administrator: is_administrator,
            ..match last_used_at {
                None if is_reported => identity.unused_since(self.created_at),
                last_used_at => identity.used(last_used_at),
            }
        };
        truth.identity(identity, &governance);
        if is_reported {
            self.record_credentials(estate, &arn, account, snapshot, truth);
        }
        if is_administrator && self.serves == Serves::Machine {
            truth.problem("administrator", arn.clone(), &account.source, "AdministratorAccess");
        }
        match self.serves {
            Serves::Person(number) if estate.staff.person(number).has_left(snapshot.as_of) => {
                let email = estate.staff.person(number).email;
                truth.problem("leaver_with_account", arn, &account.source, email);
            }
            Serves::Person(_) => {}
            Serves::Machine => {
                if let Some(Ownership::Departed(number)) = ownership
                    && estate.staff.person(number).has_left(snapshot.as_of)
                {
                    truth.problem(
                        "orphaned",
                        arn.clone(),
                        &account.source,
                        estate.staff.person(number).email,
                    );
                }
                if self.console.is_some() {
                    truth.problem("human_use", arn.clone(), &account.source, "console password");
                }
                if self.name == SLEEPER && wakes(estate, snapshot) && estate.timeline.len() > 1 {
                    truth.problem(
                        "incident_dormant_key_woke",
                        arn,
                        &account.source,
                        "first use after 493 days, from ap-southeast-1",
                    );
                }
            }
        }
    }

    fn record_credentials(
        &self,
        estate: &Estate,
        arn: &str,
        account: &Account,
        snapshot: &Snapshot,
        truth: &mut SnapshotTruth,
    ) {
        for (slot, key) in self.keys.iter().enumerate() {
            let Some(key) = key else { continue };
            let id = match self.name == SLEEPER {
                true => sleeper_key_ids(estate)[slot].clone(),
                false => format!("{arn}#access_key_{}", slot + 1),
            };
            if key.active && days_between(key.created_at, snapshot.as_of) > 90 {
                truth.problem("rotation_overdue", id.clone(), &account.source, rfc3339(key.created_at));
            }
            if key.active && key.last_used.is_none() {
                truth.problem("never_used", id.clone(), &account.source, rfc3339(key.created_at));
            }
            let truth_of_key = CredentialTruth::new(id, "access_key", arn)
                .created(key.created_at)
                .with_status(if key.active { "active" } else { "inactive" });
            truth.credential(match key.last_used {
                Some((at, ..)) => truth_of_key.used(Some(at)),
                None => truth_of_key.never_used(),
            });
        }
        if let Some(console) = &self.console {
            let password = CredentialTruth::new(format!("{arn}#password"), "console_password", arn);
            let password = password.created(console.changed_at);
            truth.credential(match console.last_used_at {
                Some(at) => password.used(Some(at)),
                None => password.never_used(),
            });
        }
    }
}
