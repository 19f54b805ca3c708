//! AWS accounts: `get-account-authorization-details` and the credential report of each.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Estate;
use super::company::{self, Domain, Environment, GITHUB, Ownership, identity_name, service_of};
use super::dirt::Export;
use super::draw::{DAY, Draw};
use super::json::{Document, Json, object};
use super::timeline::{CLOUD_KEY_AGES, Habit, Life, Population, Snapshot, generations, rfc3339, rfc3339_offset};
use super::truth::SnapshotTruth;

const INDENT: &[u8] = b"    ";
/// The account of a monitoring vendor, and so on: accounts that are not the company's.
const VENDORS: [(&str, &str); 5] = [
    ("datadog", "464622532012"),
    ("snyk", "198361731867"),
    ("wiz", "197171649850"),
    ("spotio", "922761411349"),
    ("fivetran", "834469178297"),
];
const REGIONS: [&str; 4] = ["eu-north-1", "eu-west-1", "eu-central-1", "us-east-1"];
/// A service that policies speak of: its actions, and what follows `arn:aws:<service>:` in its resources, where
/// `{place}` is region and account, `{name}` the service's own name for the thing.
struct DataService {
    name: &'static str,
    actions: [&'static str; 6],
    resource: &'static str,
}

const DATA_SERVICES: [DataService; 10] = [
    DataService {
        name: "s3",
        actions: [
            "GetObject",
            "PutObject",
            "ListBucket",
            "DeleteObject",
            "GetObjectVersion",
            "AbortMultipartUpload",
        ],
        resource: "::{name}/*",
    },
    DataService {
        name: "dynamodb",
        actions: ["GetItem", "PutItem", "Query", "Scan", "UpdateItem", "BatchWriteItem"],
        resource: "{place}:table/{name}",
    },
    DataService {
        name: "sqs",
        actions: [
            "SendMessage",
            "ReceiveMessage",
            "DeleteMessage",
            "GetQueueAttributes",
            "ChangeMessageVisibility",
            "GetQueueUrl",
        ],
        resource: "{place}:{name}",
    },
    DataService {
        name: "kms",
        actions: [
            "Decrypt",
            "Encrypt",
            "GenerateDataKey",
            "DescribeKey",
            "ReEncryptFrom",
            "CreateGrant",
        ],
        resource: "{place}:alias/{name}",
    },
    DataService {
        name: "secretsmanager",
        actions: [
            "GetSecretValue",
            "DescribeSecret",
            "PutSecretValue",
            "ListSecretVersionIds",
            "UpdateSecret",
            "TagResource",
        ],
        resource: "{place}:secret:{name}/*",
    },
    DataService {
        name: "rds",
        actions: [
            "DescribeDBInstances",
            "DescribeDBClusters",
            "ListTagsForResource",
            "CreateDBSnapshot",
            "StartExportTask",
            "ModifyDBInstance",
        ],
        resource: "{place}:db:{name}",
    },
    DataService {
        name: "sns",
        actions: [
            "Publish",
            "Subscribe",
            "GetTopicAttributes",
            "ListSubscriptionsByTopic",
            "Unsubscribe",
            "SetTopicAttributes",
        ],
        resource: "{place}:{name}",
    },
    DataService {
        name: "kinesis",
        actions: [
            "PutRecord",
            "PutRecords",
            "GetRecords",
            "GetShardIterator",
            "DescribeStream",
            "ListShards",
        ],
        resource: "{place}:stream/{name}",
    },
    DataService {
        name: "ecr",
        actions: [
            "BatchGetImage",
            "GetDownloadUrlForLayer",
            "PutImage",
            "InitiateLayerUpload",
            "UploadLayerPart",
            "DescribeImages",
        ],
        resource: "{place}:repository/{name}",
    },
    DataService {
        name: "logs",
        actions: [
            "CreateLogStream",
            "PutLogEvents",
            "CreateLogGroup",
            "FilterLogEvents",
            "GetLogEvents",
            "DescribeLogStreams",
        ],
        resource: "{place}:log-group:/{name}:*",
    },
];

/// One AWS account, a source of its own.
pub struct Account {
    pub number: usize,
    pub id: String,
    pub source: String,
    pub domain: &'static Domain,
    pub environment: Environment,
    pub roles: Population,
    pub users: Population,
    /// Numbers of the people who have an IAM user here.
    pub people: Vec<u64>,
}

impl Account {
    pub fn arn(&self, what: &str) -> String {
        format!("arn:aws:iam::{}:{what}", self.id)
    }

    /// The name of the role with this ordinal.
    pub fn role_name(&self, estate: &Estate, ordinal: u64) -> String {
        let name = identity_name(self.domain, ordinal);
        match self.trust(estate, ordinal) {
            Trust::KubernetesWorkload { cluster, account } => estate.workload_name("irsa", cluster, account),
            Trust::Github { .. } => format!("gha-{name}"),
            Trust::Vendor { vendor, .. } => format!("{vendor}-{name}"),
            Trust::Saml => format!("sso-{name}"),
            Trust::PodIdentity | Trust::Service(_) | Trust::SameCompany | Trust::RoleToRole | Trust::Anyone => name,
        }
    }

    /// Who may assume the role with this ordinal. Roles of the cluster's service accounts sit at every fifth
    /// ordinal, so that each side finds the other without a table.
    fn trust(&self, estate: &Estate, ordinal: u64) -> Trust {
        if ordinal.is_multiple_of(5)
            && let Some((cluster, account)) = estate.eks_workload(self.number, ordinal / 5)
        {
            return Trust::KubernetesWorkload { cluster, account };
        }
        let mut draw = Draw::new(estate.seed, "aws trust", self.number as u64, ordinal);
        if matches!(ordinal % 20, 3 | 13) {
            return Trust::Github {
                guarded: draw.chance(0.82),
            };
        }
        let (vendor, _) = VENDORS[draw.below(5) as usize];
        let guarded = draw.chance(0.60);
        match draw.below(1_000) {
            0..500 => Trust::Service(draw.weighted(&[
                (40, "lambda.amazonaws.com"),
                (22, "ec2.amazonaws.com"),
                (20, "ecs-tasks.amazonaws.com"),
                (8, "states.amazonaws.com"),
                (6, "glue.amazonaws.com"),
                (4, "codebuild.amazonaws.com"),
            ])),
            500..575 => Trust::PodIdentity,
            575..790 => Trust::SameCompany,
            790..903 => Trust::Vendor { vendor, guarded },
            903..960 => Trust::Saml,
            960..993 => Trust::RoleToRole,
            _ => Trust::Anyone,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// A Kubernetes service account through the cluster's OIDC provider (IRSA).
    KubernetesWorkload {
        cluster: usize,
        account: u64,
    },
    PodIdentity,
    /// A GitHub workflow; guarded when a condition names the repository.
    Github {
        guarded: bool,
    },
    SameCompany,
    /// A vendor's account; guarded when an external id is asked for.
    Vendor {
        vendor: &'static str,
        guarded: bool,
    },
    Saml,
    RoleToRole,
    Anyone,
    Service(&'static str),
}

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

/// Plans the accounts: `n_accounts` of Zipf sizes, `n_identities` roles and machine users between them.
pub fn plan(seed: u64, n_identities: u64, n_accounts: usize, n_people: u64, estate: &super::Timeline) -> Vec<Account> {
    let sizes = super::draw::zipf_split(n_identities, n_accounts);
    let mut accounts: Vec<Account> = sizes
        .iter()
        .enumerate()
        .map(|(number, size)| {
            let (domain, environment, suffix) = super::place(number);
            let mut draw = Draw::new(seed, "aws account", 0, number as u64);
            let n_users = size * 12 / 112;
            Account {
                number,
                id: draw.digits(12),
                source: format!("aws-{}-{}{suffix}", domain.name, environment.short()),
                domain,
                environment,
                roles: Population::new(seed, "aws role", number as u64, size - n_users, estate),
                users: Population::new(seed, "aws user", number as u64, n_users, estate),
                people: Vec::new(),
            }
        })
        .collect();
    for person in 0..n_people {
        let mut draw = Draw::new(seed, "iam person", 0, person);
        if draw.chance(0.12) {
            let account = draw.below(accounts.len() as u64) as usize;
            accounts[account].people.push(person);
        }
    }
    accounts
}

/// How instants look in the JSON of one account.
#[derive(Clone, Copy)]
enum CliVersion {
    /// Epoch seconds with a fraction.
    One,
    Two,
}

impl CliVersion {
    fn instant(self, at: i64) -> Json {
        match self {
            Self::One => Json::EpochFloat(at),
            Self::Two => rfc3339_offset(at).into(),
        }
    }
}

/// One row of the credential report that belongs to a machine or a person, with what else GAAD says of it.
struct User {
    name: String,
    unique_id: String,
    created_at: i64,
    /// (created, active, last used, region, service) for slot 1 and 2.
    keys: [Option<Key>; 2],
    /// (last used, last changed, has MFA) of a console password.
    console: Option<Console>,
    ownership: Ownership,
    policies: Vec<u64>,
    admin: bool,
}

struct Key {
    created_at: i64,
    active: bool,
    last_used: Option<(i64, &'static str, &'static str)>,
}

struct Console {
    last_used_at: Option<i64>,
    changed_at: i64,
    has_mfa: bool,
}

/// Writes one account's folder.
pub fn write(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(&account.source);
    let report = Report::of(estate, account, snapshot);
    let users = users(estate, account, snapshot, report.generated_at, truth);
    write_authorization_details(estate, account, snapshot, &folder, &users, truth)?;
    write_credential_report(estate, account, &report, &folder, &users, truth)
}

fn n_policies(account: &Account, index: usize) -> u64 {
    (account.roles.n_born(index) * 45 / 100).max(3)
}

/// How and when an account's credential report was made.
struct Report {
    generated_at: i64,
    /// The API's answer with the CSV in base64, instead of the CSV.
    wrapped: bool,
    /// One account's report is weeks old: IAM hands out the last one until a new one is asked for.
    stale: bool,
}

impl Report {
    fn of(estate: &Estate, account: &Account, snapshot: &Snapshot) -> Self {
        let stale = account.number == 7 && estate.dirt.plants_faults();
        let generated_at = snapshot.as_of - if stale { 24 * DAY } else { 0 };
        Self {
            generated_at,
            wrapped: account.number % 5 == 2,
            stale,
        }
    }
}

/// The users of an account; their keys were last seen in use at `seen_at` at the latest.
fn users(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    seen_at: i64,
    truth: &mut SnapshotTruth,
) -> Vec<User> {
    let timeline = &estate.timeline;
    let index = snapshot.index;
    let mut users = Vec::new();
    for life in account.users.alive(timeline, index) {
        let mut draw = Draw::new(estate.seed, "aws user facts", account.number as u64, life.ordinal);
        let name = format!("svc-{}", identity_name(account.domain, life.ordinal));
        let unique_id = draw.aws_id("AIDA");
        let habit = Habit::draw(&mut draw, timeline);
        let n_keys = draw.weighted(&[(18, 0), (66, 1), (16, 2)]);
        let region = draw.pick(&REGIONS);
        let service = DATA_SERVICES[draw.below(10) as usize].name;
        let mut keys = [None, None];
        for (slot, key) in keys.iter_mut().enumerate().take(n_keys) {
            let scope = (account.number * 2 + slot) as u64;
            let mut slot_draw = Draw::new(estate.seed, "aws key", scope, life.ordinal);
            let active = slot_draw.chance(0.85);
            let standing = generations(&mut slot_draw, CLOUD_KEY_AGES, life.created_at, timeline, index);
            let Some(standing) = standing.iter().find(|standing| standing.created_at < seen_at) else {
                continue;
            };
            let mut use_draw = Draw::new(estate.seed, "aws key use", scope ^ ((index as u64) << 32), life.ordinal);
            let last_used = habit
                .last_used_at(&mut use_draw, standing.created_at, seen_at)
                .map(|at| (at, region, service));
            *key = Some(Key {
                created_at: standing.created_at,
                active,
                last_used,
            });
        }
        let ownership = estate.company.ownership(&mut draw, account.domain, timeline, index);
        let policies = vec![draw.rank(n_policies(account, index))];
        let admin = draw.chance(0.06);
        truth.nhi(&account.source, "aws", "iam_user");
        truth.owner(ownership.label());
        users.push(User {
            name,
            unique_id,
            created_at: life.created_at,
            keys,
            console: None,
            ownership,
            policies,
            admin,
        });
    }
    if account.number == 0 {
        users.push(sleeper(estate, snapshot, account, truth));
    }
    for user in &users {
        let arn = account.arn(&format!("user/svc/{}", user.name));
        for (slot, key) in user
            .keys
            .iter()
            .enumerate()
            .filter_map(|(slot, key)| Some((slot, key.as_ref()?)))
        {
            truth.credential("access_key", if key.active { "active" } else { "inactive" });
            let subject = format!("{arn}#access_key_{}", slot + 1);
            if key.active && snapshot.as_of - key.created_at > 90 * DAY {
                truth.problem(
                    "rotation_overdue",
                    subject.clone(),
                    &account.source,
                    rfc3339(key.created_at),
                );
            }
            if key.active && key.last_used.is_none() {
                truth.problem("never_used", subject, &account.source, rfc3339(key.created_at));
            }
        }
        if user.admin {
            truth.problem("administrator", arn.clone(), &account.source, "AdministratorAccess");
        }
        if let Ownership::Departed(email) = &user.ownership {
            truth.problem("orphaned", arn, &account.source, email.clone());
        }
    }
    for number in &account.people {
        let person = estate.company.person(*number);
        let mut draw = Draw::new(estate.seed, "iam person facts", account.number as u64, *number);
        let created_at = timeline.as_of(0) - draw.days(60, 1_800);
        let changed_at = created_at + draw.below((timeline.as_of(0) - created_at) as u64) as i64;
        let has_mfa = draw.chance(0.7);
        let unique_id = draw.aws_id("AIDA");
        let mut use_draw = Draw::new(estate.seed, "iam person use", *number, index as u64);
        let last_seen = person.left_on.map_or(snapshot.as_of, |left| left.min(snapshot.as_of));
        let last_used_at = draw
            .chance(0.8)
            .then(|| last_seen.min(seen_at) - use_draw.days(1, 40))
            .filter(|at| *at > created_at);
        truth.human(&account.source);
        let user = person.email.split('@').next().unwrap_or_default().to_owned();
        if person.left_on.is_some_and(|left| left < snapshot.as_of) {
            let arn = account.arn(&format!("user/{user}"));
            truth.problem("leaver_with_account", arn, &account.source, person.email.clone());
        }
        truth.credential("password", "active");
        users.push(User {
            name: user,
            unique_id,
            created_at,
            keys: [None, None],
            console: Some(Console {
                last_used_at,
                changed_at,
                has_mfa,
            }),
            ownership: Ownership::Silent,
            policies: Vec::new(),
            admin: false,
        });
    }
    users
}

/// The planted sleeper: a key of 2021 that has been quiet for over a year and wakes before the last snapshot,
/// from a region the company does not use.
fn sleeper(estate: &Estate, snapshot: &Snapshot, account: &Account, truth: &mut SnapshotTruth) -> User {
    let last = estate.timeline.last().as_of;
    let awake = snapshot.index + 1 == estate.timeline.len();
    let last_used = if awake {
        (last - 19 * 3_600, "ap-southeast-1", "sts")
    } else {
        (last - 512 * DAY, "eu-west-1", "s3")
    };
    let user = User {
        name: "svc-legacy-edi-ftp".to_owned(),
        unique_id: Draw::new(estate.seed, "sleeper", 0, 0).aws_id("AIDA"),
        created_at: last - 2_011 * DAY,
        keys: [
            Some(Key {
                created_at: last - 2_011 * DAY,
                active: true,
                last_used: Some(last_used),
            }),
            None,
        ],
        console: None,
        ownership: Ownership::Silent,
        policies: vec![0],
        admin: false,
    };
    truth.nhi(&account.source, "aws", "iam_user");
    truth.owner(user.ownership.label());
    if awake && estate.timeline.len() > 1 {
        let arn = account.arn("user/svc/svc-legacy-edi-ftp");
        truth.problem(
            "incident_dormant_key_woke",
            arn,
            &account.source,
            "first use after 493 days, from ap-southeast-1",
        );
    }
    user
}

fn write_authorization_details(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    folder: &Path,
    users: &[User],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let cli = if estate.dirt.strikes("epoch dates", 0.15, &account.source, "cli") {
        CliVersion::One
    } else {
        CliVersion::Two
    };
    let lives: Vec<Life> = account.roles.alive(&estate.timeline, snapshot.index).collect();
    let paged = account.number % 4 == 1 && lives.len() > 10;
    let (first, second) = lives.split_at(if paged { lives.len() / 2 } else { lives.len() });
    let mut attached = vec![0_i64; n_policies(account, snapshot.index) as usize];
    let marker = Draw::new(estate.seed, "marker", account.number as u64, snapshot.index as u64).hex(64);

    let name = if paged { "gaad-1.json" } else { "gaad.json" };
    let mut page = Document::object(Export::text(&estate.dirt, folder, name)?, INDENT)?;
    page.begin_list("UserDetailList")?;
    for user in users {
        page.item(&user_row(account, user, cli, &mut attached))?;
    }
    page.end_list()?;
    page.begin_list("GroupDetailList")?;
    for group in ["platform-admins", "readonly-auditors"] {
        page.item(&group_row(estate, account, group, cli))?;
    }
    page.end_list()?;
    page.begin_list("RoleDetailList")?;
    for life in first {
        page.item(&role_row(estate, account, snapshot, life, cli, &mut attached, truth))?;
    }
    if !paged {
        for row in service_linked_roles(estate, account, cli) {
            page.item(&row)?;
            truth.platform_owned(&account.source, "service_linked_role");
        }
        page.end_list()?;
        policies(&mut page, estate, account, snapshot, cli, &attached)?;
        page.member("IsTruncated", false)?;
        let (path, quirks) = page.end_object()?.finish()?;
        truth.file(&path, &quirks);
        return Ok(());
    }
    page.end_list()?;
    page.member("Policies", Json::List(Vec::new()))?;
    page.member("IsTruncated", true)?;
    page.member("Marker", marker)?;
    let (path, quirks) = page.end_object()?.finish()?;
    truth.file(&path, &quirks);

    let mut page = Document::object(Export::text(&estate.dirt, folder, "gaad-2.json")?, INDENT)?;
    page.member("UserDetailList", Json::List(Vec::new()))?;
    page.member("GroupDetailList", Json::List(Vec::new()))?;
    page.begin_list("RoleDetailList")?;
    for life in second {
        page.item(&role_row(estate, account, snapshot, life, cli, &mut attached, truth))?;
    }
    for row in service_linked_roles(estate, account, cli) {
        page.item(&row)?;
        truth.platform_owned(&account.source, "service_linked_role");
    }
    page.end_list()?;
    policies(&mut page, estate, account, snapshot, cli, &attached)?;
    page.member("IsTruncated", false)?;
    let (path, quirks) = page.end_object()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}

fn tag(key: &'static str, value: impl Into<Json>) -> Json {
    object! { "Key": key, "Value": value.into() }
}

fn tag_list(draw: &mut Draw, account: &Account, ownership: &Ownership, service: &'static str) -> Vec<Json> {
    let mut tags: Vec<Json> = ownership
        .tags(draw)
        .into_iter()
        .map(|(key, value)| tag(key, value))
        .collect();
    if draw.chance(0.55) {
        tags.push(tag(
            draw.pick(&["environment", "Environment", "env"]),
            account.environment.short(),
        ));
    }
    if draw.chance(0.45) {
        tags.push(tag("service", service));
    }
    if draw.chance(0.40) {
        tags.push(tag("managed-by", "terraform"));
        tags.push(tag("repo", format!("{GITHUB}/{service}")));
    }
    if draw.chance(0.28) {
        tags.push(tag("purpose", draw.pick(&company::PURPOSES)));
    }
    tags
}

fn user_row(account: &Account, user: &User, cli: CliVersion, attached: &mut [i64]) -> Json {
    let path = if user.console.is_some() { "/" } else { "/svc/" };
    let mut policies = Vec::new();
    if user.admin {
        policies.push(managed("AdministratorAccess"));
    }
    for policy in &user.policies {
        attached[*policy as usize] += 1;
        policies.push(customer_reference(account, *policy));
    }
    let groups: Vec<&'static str> = if user.console.is_some() {
        vec!["readonly-auditors"]
    } else {
        Vec::new()
    };
    let row = object! {
        "Path": path,
        "UserName": &user.name,
        "UserId": &user.unique_id,
        "Arn": account.arn(&format!("user{path}{}", user.name)),
        "CreateDate": cli.instant(user.created_at),
        "GroupList": groups,
        "AttachedManagedPolicies": policies,
    };
    let mut draw = Draw::new(0, &user.unique_id, 0, 0);
    row.with(
        "Tags",
        tag_list(&mut draw, account, &user.ownership, service_of(account.domain, 0)),
    )
}

fn group_row(estate: &Estate, account: &Account, name: &'static str, cli: CliVersion) -> Json {
    let mut draw = Draw::new(estate.seed, name, account.number as u64, 0);
    let policy = if name == "platform-admins" {
        "AdministratorAccess"
    } else {
        "ReadOnlyAccess"
    };
    object! {
        "Path": "/",
        "GroupName": name,
        "GroupId": draw.aws_id("AGPA"),
        "Arn": account.arn(&format!("group/{name}")),
        "CreateDate": cli.instant(estate.timeline.as_of(0) - 1_500 * DAY),
        "GroupPolicyList": Json::List(Vec::new()),
        "AttachedManagedPolicies": vec![managed(policy)],
    }
}

fn role_row(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    life: &Life,
    cli: CliVersion,
    attached: &mut [i64],
    truth: &mut SnapshotTruth,
) -> Json {
    let timeline = &estate.timeline;
    let mut draw = Draw::new(estate.seed, "aws role facts", account.number as u64, life.ordinal);
    let name = account.role_name(estate, life.ordinal);
    let arn = account.arn(&format!("role/{name}"));
    let trust = account.trust(estate, life.ordinal);
    let id = draw.aws_id("AROA");
    let created = cli.instant(life.created_at);
    let trust_policy = trust_policy(estate, account, snapshot, trust, &arn, &mut draw, truth);

    let level = privilege(&mut draw);
    let mut managed_policies = Vec::new();
    let mut inline = Vec::new();
    match level {
        Privilege::Admin if draw.chance(0.7) => managed_policies.push(managed("AdministratorAccess")),
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
            managed_policies.push(managed(draw.pick(&["SecretsManagerReadWrite", "AmazonS3FullAccess"])));
        }
        Privilege::ReadOnly => {
            managed_policies.push(managed(draw.pick(&["ReadOnlyAccess", "SecurityAudit", "AmazonS3ReadOnlyAccess"])));
        }
        Privilege::Narrow => {}
    }
    let n_attached = match draw.below(100) {
        0..34 => 0,
        34..90 => 1,
        _ => 1 + draw.pareto(1.6, 9),
    };
    let mut chosen: Vec<u64> = (0..n_attached).map(|_| draw.rank(attached.len() as u64)).collect();
    chosen.sort_unstable();
    chosen.dedup();
    for policy in chosen {
        attached[policy as usize] += 1;
        managed_policies.push(customer_reference(account, policy));
    }
    if trust == Trust::Service("ec2.amazonaws.com") {
        managed_policies.push(managed("AmazonSSMManagedInstanceCore"));
    }
    if draw.chance(0.30) {
        let service = service_of(account.domain, life.ordinal);
        inline.push(object! {
            "PolicyName": format!("{service}-access"),
            "PolicyDocument": drawn_document(account, &mut draw),
        });
    }

    let habit = Habit::draw(&mut draw, timeline);
    let mut use_draw = Draw::new(
        estate.seed,
        "aws role use",
        ((snapshot.index as u64) << 32) | account.number as u64,
        life.ordinal,
    );
    let region = draw.pick(&REGIONS);
    // AWS keeps 400 days of history; a role quiet for longer looks as if it had never been used.
    let last_used = habit
        .last_used_at(&mut use_draw, life.created_at, snapshot.as_of)
        .filter(|at| snapshot.as_of - at < 400 * DAY)
        .map_or(
            object! {},
            |at| object! { "LastUsedDate": cli.instant(at), "Region": region },
        );
    let ownership = estate
        .company
        .ownership(&mut draw, account.domain, timeline, snapshot.index);
    let tags = tag_list(&mut draw, account, &ownership, service_of(account.domain, life.ordinal));

    truth.nhi(&account.source, "aws", "role");
    truth.owner(ownership.label());
    if level == Privilege::Admin {
        truth.problem(
            "administrator",
            arn.clone(),
            &account.source,
            "AdministratorAccess or *:*",
        );
    }
    if let Ownership::Departed(email) = &ownership {
        truth.problem("orphaned", arn.clone(), &account.source, email.clone());
    }
    if let Ownership::Conflict(first, second) = &ownership {
        truth.problem(
            "conflicting_owner",
            arn.clone(),
            &account.source,
            format!("{first} / {second}"),
        );
    }

    let profiles = if trust == Trust::Service("ec2.amazonaws.com") {
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
    object! {
        "Path": "/",
        "RoleName": name,
        "RoleId": id,
        "Arn": arn,
        "CreateDate": created,
        "AssumeRolePolicyDocument": trust_policy,
        "InstanceProfileList": profiles,
        "RolePolicyList": inline,
        "AttachedManagedPolicies": managed_policies,
        "Tags": tags,
        "RoleLastUsed": last_used,
    }
}

fn trust_policy(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    trust: Trust,
    arn: &str,
    draw: &mut Draw,
    truth: &mut SnapshotTruth,
) -> Json {
    let service = draw.pick(&account.domain.services);
    let assume = |principal: Json| object! { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" };
    let statement = match trust {
        Trust::Service(service) => assume(object! { "Service": service }),
        Trust::PodIdentity => object! {
            "Effect": "Allow",
            "Principal": object! { "Service": "pods.eks.amazonaws.com" },
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": object! { "StringEquals": object! {
                "aws:RequestTag/kubernetes-namespace": service,
                "aws:RequestTag/kubernetes-service-account": service,
            } },
        },
        Trust::KubernetesWorkload {
            cluster,
            account: workload,
        } => {
            let cluster = &estate.clusters[cluster];
            let (namespace, name) = cluster.service_account(workload);
            if cluster.accounts.has(workload, &estate.timeline, snapshot.index) {
                truth.join("irsa", format!("{}/{namespace}/{name}", cluster.source), arn);
            } else {
                truth.problem(
                    "workload_gone",
                    arn,
                    &account.source,
                    format!("{}/{namespace}/{name}", cluster.source),
                );
            }
            let issuer = cluster.issuer_host();
            let (audience, subject) = (format!("{issuer}:aud"), format!("{issuer}:sub"));
            object! {
                "Effect": "Allow",
                "Principal": object! { "Federated": account.arn(&format!("oidc-provider/{issuer}")) },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": object! { "StringEquals": object! {
                    audience: "sts.amazonaws.com",
                    subject: format!("system:serviceaccount:{namespace}:{name}"),
                } },
            }
        }
        Trust::Github { guarded } => {
            let issuer = "token.actions.githubusercontent.com";
            let audience = object! { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" };
            let repository = format!("repo:{GITHUB}/{service}:ref:refs/heads/main");
            let condition = if guarded {
                truth.join("github_to_aws", repository.clone(), arn);
                object! {
                    "StringEquals": audience,
                    "StringLike": object! { "token.actions.githubusercontent.com:sub": repository },
                }
            } else {
                truth.problem("ci_trust_without_subject", arn, &account.source, issuer);
                object! { "StringEquals": audience }
            };
            object! {
                "Effect": "Allow",
                "Principal": object! { "Federated": account.arn("oidc-provider/token.actions.githubusercontent.com") },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": condition,
            }
        }
        Trust::SameCompany => {
            let other = &estate.accounts[draw.rank(estate.accounts.len() as u64) as usize];
            truth.join("account_to_role", other.arn("root"), arn);
            assume(object! { "AWS": other.arn("root") })
        }
        Trust::Vendor { vendor, guarded } => {
            let id = VENDORS
                .iter()
                .find(|(name, _)| *name == vendor)
                .map_or("000000000000", |(_, id)| *id);
            let principal = format!("arn:aws:iam::{id}:root");
            let statement = assume(object! { "AWS": principal.clone() });
            if guarded {
                truth.join("vendor_to_role", principal, arn);
                statement.with(
                    "Condition",
                    object! { "StringEquals": object! { "sts:ExternalId": draw.hex(32) } },
                )
            } else {
                truth.problem("external_trust_without_condition", arn, &account.source, principal);
                statement
            }
        }
        Trust::Saml => object! {
            "Effect": "Allow",
            "Principal": object! { "Federated": account.arn("saml-provider/halden-sso") },
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": object! { "StringEquals": object! { "SAML:aud": "https://signin.aws.amazon.com/saml" } },
        },
        Trust::RoleToRole => {
            let target = draw.rank(account.roles.n_born(snapshot.index));
            let caller = account.arn(&format!("role/{}", account.role_name(estate, target)));
            if account.roles.has(target, &estate.timeline, snapshot.index) {
                truth.join("role_to_role", caller.clone(), arn);
            }
            assume(object! { "AWS": caller })
        }
        Trust::Anyone => {
            truth.problem("external_trust_without_condition", arn, &account.source, "*");
            assume(object! { "AWS": "*" })
        }
    };
    policy_document([statement])
}

fn service_linked_roles(estate: &Estate, account: &Account, cli: CliVersion) -> Vec<Json> {
    [
        ("AWSServiceRoleForSupport", "support"),
        ("AWSServiceRoleForOrganizations", "organizations"),
    ]
    .into_iter()
    .map(|(name, service)| {
        let mut draw = Draw::new(estate.seed, name, account.number as u64, 0);
        let principal = format!("{service}.amazonaws.com");
        object! {
            "Path": format!("/aws-service-role/{principal}/"),
            "RoleName": name,
            "RoleId": draw.aws_id("AROA"),
            "Arn": account.arn(&format!("role/aws-service-role/{principal}/{name}")),
            "CreateDate": cli.instant(estate.timeline.as_of(0) - 1_400 * DAY),
            "AssumeRolePolicyDocument": policy_document([object! {
                "Effect": "Allow",
                "Principal": object! { "Service": principal },
                "Action": "sts:AssumeRole",
            }]),
            "InstanceProfileList": Json::List(Vec::new()),
            "RolePolicyList": Json::List(Vec::new()),
            "AttachedManagedPolicies": Json::List(Vec::new()),
            "Tags": Json::List(Vec::new()),
            "RoleLastUsed": object! {},
        }
    })
    .collect()
}

fn managed(name: &'static str) -> Json {
    object! { "PolicyName": name, "PolicyArn": format!("arn:aws:iam::aws:policy/{name}") }
}

fn policy_name(account: &Account, policy: u64) -> String {
    format!("{}-{}", identity_name(account.domain, policy), "policy")
}

fn customer_reference(account: &Account, policy: u64) -> Json {
    let name = policy_name(account, policy);
    let arn = account.arn(&format!("policy/{name}"));
    object! { "PolicyName": name, "PolicyArn": arn }
}

fn policy_document<const N: usize>(statements: [Json; N]) -> Json {
    object! { "Version": "2012-10-17", "Statement": Json::List(statements.into()) }
}

fn allow(actions: impl Into<Json>, resources: impl Into<Json>) -> Json {
    object! { "Effect": "Allow", "Action": actions.into(), "Resource": resources.into() }
}

/// A policy of the shape real ones have: few statements, few actions, a long tail of both.
fn drawn_document(account: &Account, draw: &mut Draw) -> Json {
    let n_statements = draw.pareto(1.5, 22);
    let statements = (0..n_statements)
        .map(|_| {
            let service = &DATA_SERVICES[draw.below(10) as usize];
            let n_actions = (draw.pareto(1.1, 60) + 1).min(6) as usize;
            let first = draw.below(6) as usize;
            let actions: Vec<String> = (0..n_actions)
                .map(|step| format!("{}:{}", service.name, service.actions[(first + step) % 6]))
                .collect();
            let resource = if draw.chance(0.42) {
                "*".to_owned()
            } else {
                let stem = draw.pick(&account.domain.services);
                let rest = service
                    .resource
                    .replace("{place}", &format!("eu-north-1:{}", account.id))
                    .replace("{name}", &format!("halden-{stem}-{}", account.environment.short()));
                format!("arn:aws:{}:{rest}", service.name)
            };
            let effect = if draw.chance(0.04) { "Deny" } else { "Allow" };
            let actions: Json = match actions.as_slice() {
                [only] => only.clone().into(),
                _ => actions.into(),
            };
            object! { "Effect": effect, "Action": actions, "Resource": resource }
        })
        .collect();
    object! { "Version": "2012-10-17", "Statement": Json::List(statements) }
}

/// The documents of the AWS-managed policies in use, cut to the actions that matter.
fn managed_documents() -> Vec<(&'static str, Json)> {
    let read = vec![
        "ec2:Describe*",
        "iam:Get*",
        "iam:List*",
        "lambda:List*",
        "rds:Describe*",
        "s3:Get*",
        "s3:List*",
        "sqs:List*",
    ];
    vec![
        ("AdministratorAccess", policy_document([allow("*", "*")])),
        (
            "AmazonS3FullAccess",
            policy_document([allow(vec!["s3:*", "s3-object-lambda:*"], "*")]),
        ),
        (
            "AmazonS3ReadOnlyAccess",
            policy_document([allow(vec!["s3:Get*", "s3:List*", "s3:Describe*"], "*")]),
        ),
        (
            "AmazonSSMManagedInstanceCore",
            policy_document([allow(
                vec![
                    "ssm:GetDocument",
                    "ssm:GetParameter",
                    "ssm:UpdateInstanceInformation",
                    "ssmmessages:OpenControlChannel",
                    "ec2messages:GetMessages",
                ],
                "*",
            )]),
        ),
        ("ReadOnlyAccess", policy_document([allow(read.clone(), "*")])),
        (
            "SecretsManagerReadWrite",
            policy_document([allow(
                vec!["secretsmanager:*", "kms:DescribeKey", "kms:ListAliases"],
                "*",
            )]),
        ),
        ("SecurityAudit", policy_document([allow(read, "*")])),
    ]
}

fn policies(
    page: &mut Document<Export>,
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    cli: CliVersion,
    attached: &[i64],
) -> Result<()> {
    page.begin_list("Policies")?;
    for (policy, n_attached) in attached.iter().enumerate() {
        let mut draw = Draw::new(estate.seed, "aws policy", account.number as u64, policy as u64);
        let name = policy_name(account, policy as u64);
        let created_at = estate.timeline.as_of(0) - draw.days(20, 1_900);
        let document = drawn_document(account, &mut draw);
        page.item(&policy_row(
            &name,
            account.arn(&format!("policy/{name}")),
            draw.aws_id("ANPA"),
            document,
            created_at,
            *n_attached,
            cli,
        ))?;
    }
    let always = estate.timeline.as_of(0).min(snapshot.as_of) - 2_900 * DAY;
    for (name, document) in managed_documents() {
        let mut draw = Draw::new(0, name, 0, 0);
        let arn = format!("arn:aws:iam::aws:policy/{name}");
        page.item(&policy_row(name, arn, draw.aws_id("ANPA"), document, always, 1, cli))?;
    }
    page.end_list()?;
    Ok(())
}

fn policy_row(
    name: &str,
    arn: String,
    id: String,
    document: Json,
    created_at: i64,
    n_attached: i64,
    cli: CliVersion,
) -> Json {
    object! {
        "PolicyName": name.to_owned(),
        "PolicyId": id,
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": "v1",
        "AttachmentCount": n_attached,
        "PermissionsBoundaryUsageCount": 0_i64,
        "IsAttachable": true,
        "CreateDate": cli.instant(created_at),
        "UpdateDate": cli.instant(created_at),
        "PolicyVersionList": vec![object! {
            "Document": document,
            "VersionId": "v1",
            "IsDefaultVersion": true,
            "CreateDate": cli.instant(created_at),
        }],
    }
}

const REPORT_HEADER: &str = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";

fn write_credential_report(
    estate: &Estate,
    account: &Account,
    how: &Report,
    folder: &Path,
    users: &[User],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let extra = estate
        .dirt
        .strikes("extra column", 0.05, &account.source, "credential-report");
    let tail = if extra { ",N/A" } else { "" };
    let mut report = format!(
        "{REPORT_HEADER}{}\n",
        if extra { ",additional_credentials_info" } else { "" }
    );
    let mut root = Draw::new(estate.seed, "root", account.number as u64, 0);
    let root_created_at = estate.timeline.as_of(0) - root.days(400, 3_000);
    let root_used = if root.chance(0.15) {
        rfc3339_offset(how.generated_at - root.days(1, 25))
    } else {
        "no_information".to_owned()
    };
    let root_mfa = root.chance(0.9);
    report.push_str(&format!(
        "<root_account>,{},{},not_supported,{root_used},not_supported,not_supported,{root_mfa},false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A{tail}\n",
        account.arn("root"),
        rfc3339_offset(root_created_at),
    ));
    for user in users.iter().filter(|user| user.created_at < how.generated_at) {
        let path = if user.console.is_some() { "/" } else { "/svc/" };
        let arn = account.arn(&format!("user{path}{}", user.name));
        let password = user
            .console
            .as_ref()
            .map_or("false,N/A,N/A,N/A,false".to_owned(), |console| {
                let used = console.last_used_at.map_or("no_information".to_owned(), rfc3339_offset);
                let changed = rfc3339_offset(console.changed_at);
                format!("true,{used},{changed},N/A,{}", console.has_mfa)
            });
        report.push_str(&format!(
            "{},{arn},{},{password}",
            user.name,
            rfc3339_offset(user.created_at)
        ));
        for key in &user.keys {
            match key {
                None => report.push_str(",false,N/A,N/A,N/A,N/A"),
                Some(key) => {
                    let (used, region, service) = key
                        .last_used
                        .map_or(("N/A".to_owned(), "N/A", "N/A"), |(at, region, service)| {
                            (rfc3339_offset(at), region, service)
                        });
                    let rotated = rfc3339_offset(key.created_at);
                    report.push_str(&format!(",{},{rotated},{used},{region},{service}", key.active));
                }
            }
        }
        report.push_str(&format!(",false,N/A,false,N/A{tail}\n"));
    }
    let name = if how.wrapped {
        "credential-report.json"
    } else {
        "credential-report.csv"
    };
    let mut out = Export::text(&estate.dirt, folder, name)?;
    if how.wrapped {
        let row = object! {
            "Content": STANDARD.encode(&report),
            "ReportFormat": "text/csv",
            "GeneratedTime": rfc3339_offset(how.generated_at),
        };
        super::json::write_value(&mut out, &row, INDENT, 0)?;
        out.write_all(b"\n")?;
        if how.stale {
            truth.fault(&out.path, "stale: the report was generated 24 days before the snapshot");
        }
    } else {
        out.write_all(report.as_bytes())?;
    }
    let (path, quirks) = out.finish()?;
    truth.file(&path, &quirks);
    if extra {
        truth.quirk("extra column", &path);
    }
    Ok(())
}
