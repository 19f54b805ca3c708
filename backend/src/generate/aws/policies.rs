//! Access policies: AWS's own and the account's, in the shapes that real ones have.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Account, CliVersion};
use crate::generate::Estate;
use crate::generate::company::identity_name;
use crate::generate::dirt::Export;
use crate::generate::draw::Draw;
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::Timeline;

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

/// How many customer-managed policies an account has that made so many roles: 45 for 100.
fn n_customer(n_roles: u64) -> u64 {
    (n_roles * 45 / 100).max(3)
}

fn customer_name(account: &Account, policy: u64) -> String {
    format!("{}-policy", identity_name(account.domain, policy))
}

/// The managed policies of one account, and how often each is attached as the file is written.
pub struct Attachments<'a> {
    account: &'a Account,
    customer: Vec<i64>,
    aws: BTreeMap<&'static str, i64>,
}

impl<'a> Attachments<'a> {
    pub fn new(account: &'a Account, index: usize) -> Self {
        Self {
            account,
            customer: vec![0; n_customer(account.roles.n_born(index)) as usize],
            aws: BTreeMap::new(),
        }
    }

    /// The number of a customer-managed policy for who was made at `made_at`, of those that there were then: few are
    /// attached to many.
    pub fn draw(&self, made_at: i64, timeline: &Timeline, draw: &mut Draw) -> u64 {
        draw.rank(n_customer(self.account.roles.n_born_when(made_at, timeline)))
    }

    /// Attaches one of AWS's own policies.
    pub fn aws(&mut self, name: &'static str) -> Json {
        *self.aws.entry(name).or_default() += 1;
        object! { "PolicyName": name, "PolicyArn": format!("arn:aws:iam::aws:policy/{name}") }
    }

    /// Attaches the account's policy with this number.
    pub fn customer(&mut self, policy: u64) -> Json {
        if let Some(n_attached) = self.customer.get_mut(policy as usize) {
            *n_attached += 1;
        }
        let name = customer_name(self.account, policy);
        let arn = self.account.arn(&format!("policy/{name}"));
        object! { "PolicyName": name, "PolicyArn": arn }
    }

    /// Writes the list `Policies`: the account's own, and those of AWS that are attached.
    pub fn write(&self, page: &mut Document<Export>, estate: &Estate, cli: CliVersion) -> Result<()> {
        page.begin_list("Policies")?;
        for (policy, n_attached) in self.customer.iter().enumerate() {
            let mut draw = Draw::new(estate.seed, "aws policy", self.account.number as u64, policy as u64);
            let name = customer_name(self.account, policy as u64);
            let created_at = estate.timeline.as_of(0) - draw.days(20, 1_900);
            let document = drawn_document(self.account, &mut draw);
            page.item(&policy_row(
                &name,
                self.account.arn(&format!("policy/{name}")),
                draw.aws_id("ANPA"),
                document,
                created_at,
                *n_attached,
                cli,
            ))?;
        }
        // AWS published these in 2015.
        let published_at = 1_423_161_600;
        for (name, document) in aws_documents() {
            let Some(n_attached) = self.aws.get(name) else { continue };
            let mut draw = Draw::new(0, name, 0, 0);
            let arn = format!("arn:aws:iam::aws:policy/{name}");
            page.item(&policy_row(
                name,
                arn,
                draw.aws_id("ANPA"),
                document,
                published_at,
                *n_attached,
                cli,
            ))?;
        }
        page.end_list()?;
        Ok(())
    }
}

pub fn policy_document<const N: usize>(statements: [Json; N]) -> Json {
    object! { "Version": "2012-10-17", "Statement": Json::List(statements.into()) }
}

pub fn allow(actions: impl Into<Json>, resources: impl Into<Json>) -> Json {
    object! { "Effect": "Allow", "Action": actions.into(), "Resource": resources.into() }
}

/// A policy of the shape real ones have: few statements, few actions, a long tail of both.
pub fn drawn_document(account: &Account, draw: &mut Draw) -> Json {
    let n_statements = draw.pareto(1.9, 22);
    let statements = (0..n_statements)
        .map(|_| {
            let first = draw.below(60) as usize;
            let service = &DATA_SERVICES[first / 6];
            let n_actions = draw.pareto(0.95, 60) as usize;
            let actions: Vec<String> = (first..first + n_actions)
                .map(|at| {
                    let service = &DATA_SERVICES[at / 6 % 10];
                    format!("{}:{}", service.name, service.actions[at % 6])
                })
                .collect();
            // Who lists the actions of several services hardly ever names what they are on.
            let resource = if draw.chance(0.25) || first % 6 + n_actions > 6 {
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
fn aws_documents() -> Vec<(&'static str, Json)> {
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
