//! Who may assume a role: its trust policy.

use super::Account;
use super::policies::policy_document;
use crate::generate::Estate;
use crate::generate::company::{GITHUB, service_of};
use crate::generate::draw::Draw;
use crate::generate::json::{Json, object};
use crate::generate::timeline::Snapshot;
use crate::generate::truth::SnapshotTruth;

/// Accounts of vendors that watch, scan or load from the outside.
const VENDORS: [(&str, &str); 5] = [
    ("datadog", "464622532012"),
    ("snyk", "198361731867"),
    ("wiz", "197171649850"),
    ("spot", "922761411349"),
    ("fivetran", "834469178297"),
];

/// Who may assume a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// A Kubernetes service account, with its own token, through the cluster's OIDC provider (IRSA).
    ClusterToken {
        cluster: usize,
        account: u64,
    },
    /// A Kubernetes service account, through EKS Pod Identity.
    PodIdentity {
        cluster: usize,
        account: u64,
    },
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
    /// Another role of the account, by its ordinal.
    RoleToRole {
        caller: u64,
    },
    Anyone,
    Service(&'static str),
}

impl Account {
    /// Who may assume the role with this ordinal.
    pub fn trust(&self, estate: &Estate, ordinal: u64) -> Trust {
        if let Some((cluster, account)) = estate.eks_workload(self.number, ordinal) {
            return Trust::ClusterToken { cluster, account };
        }
        if let Some((cluster, account)) = estate.pod_identity_workload(self.number, ordinal) {
            return Trust::PodIdentity { cluster, account };
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
            0..575 => Trust::Service(draw.weighted(&[
                (40, "lambda.amazonaws.com"),
                (22, "ec2.amazonaws.com"),
                (20, "ecs-tasks.amazonaws.com"),
                (8, "states.amazonaws.com"),
                (6, "glue.amazonaws.com"),
                (4, "codebuild.amazonaws.com"),
            ])),
            575..790 => Trust::SameCompany,
            790..903 => Trust::Vendor { vendor, guarded },
            903..960 => Trust::Saml,
            960..993 => Trust::RoleToRole {
                caller: {
                    let made_at = self.roles.life(ordinal, &estate.timeline).created_at;
                    draw.rank(self.roles.n_born_when(made_at, &estate.timeline))
                },
            },
            _ => Trust::Anyone,
        }
    }
}

/// The trust policy of the role `arn` with this ordinal, with what it plants.
pub fn policy(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    ordinal: u64,
    arn: &str,
    draw: &mut Draw,
    truth: &mut SnapshotTruth,
) -> Json {
    let assume = |principal: Json| object! { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" };
    let statement = match account.trust(estate, ordinal) {
        Trust::Service(service) => {
            truth.join("service_to_role", service, arn);
            assume(object! { "Service": service })
        }
        Trust::PodIdentity {
            cluster,
            account: workload,
        } => {
            let (namespace, name) = estate.clusters[cluster].service_account(workload);
            note_workload(
                "pod_identity",
                estate,
                account,
                snapshot,
                (cluster, workload),
                arn,
                truth,
            );
            object! {
                "Effect": "Allow",
                "Principal": object! { "Service": "pods.eks.amazonaws.com" },
                "Action": ["sts:AssumeRole", "sts:TagSession"],
                "Condition": object! { "StringEquals": object! {
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": name,
                } },
            }
        }
        Trust::ClusterToken {
            cluster,
            account: workload,
        } => {
            let (namespace, name) = estate.clusters[cluster].service_account(workload);
            note_workload("irsa", estate, account, snapshot, (cluster, workload), arn, truth);
            let issuer = estate.clusters[cluster].issuer_host();
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
            let service = service_of(account.domain, ordinal);
            let repository = format!("repo:{GITHUB}/{service}:ref:refs/heads/main");
            let condition = if guarded {
                truth.join("github_to_aws", format!("{issuer}#{repository}"), arn);
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
            truth.join("account_to_role", other.id.clone(), arn);
            assume(object! { "AWS": other.arn("root") })
        }
        Trust::Vendor { vendor, guarded } => {
            let id = VENDORS
                .iter()
                .find(|(name, _)| *name == vendor)
                .map_or("000000000000", |(_, id)| *id);
            let principal = format!("arn:aws:iam::{id}:root");
            let statement = assume(object! { "AWS": principal });
            if guarded {
                truth.join("vendor_to_role", id, arn);
                statement.with(
                    "Condition",
                    object! { "StringEquals": object! { "sts:ExternalId": draw.hex(32) } },
                )
            } else {
                truth.problem("external_trust_without_condition", arn, &account.source, id);
                statement
            }
        }
        Trust::Saml => object! {
            "Effect": "Allow",
            "Principal": object! { "Federated": account.arn("saml-provider/halden-sso") },
            "Action": "sts:AssumeRoleWithSAML",
            "Condition": object! { "StringEquals": object! { "SAML:aud": "https://signin.aws.amazon.com/saml" } },
        },
        Trust::RoleToRole { caller } => {
            let caller_arn = account.arn(&format!("role/{}", account.role_name(estate, caller)));
            if account.roles.has(caller, &estate.timeline, snapshot.index) {
                truth.join("role_to_role", caller_arn.clone(), arn);
            }
            assume(object! { "AWS": caller_arn })
        }
        Trust::Anyone => {
            truth.problem("external_trust_without_condition", arn, &account.source, "*");
            assume(object! { "AWS": "*" })
        }
    };
    policy_document([statement])
}

/// A join when the workload is there, and a role left behind when it is gone.
fn note_workload(
    join: &'static str,
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    (cluster, workload): (usize, u64),
    arn: &str,
    truth: &mut SnapshotTruth,
) {
    let cluster = &estate.clusters[cluster];
    let (namespace, name) = cluster.service_account(workload);
    let subject = format!("{}/{namespace}/{name}", cluster.source);
    if cluster.has(workload, &estate.timeline, snapshot.index) {
        truth.join(join, subject, arn);
    } else {
        truth.problem("workload_gone", arn, &account.source, subject);
    }
}

/// The roles that AWS makes for its own services: not the company's.
pub fn service_linked_roles(estate: &Estate, account: &Account) -> Vec<(String, &'static str, Json)> {
    [
        ("AWSServiceRoleForSupport", "support"),
        ("AWSServiceRoleForOrganizations", "organizations"),
        ("AWSServiceRoleForTrustedAdvisor", "trustedadvisor"),
        ("AWSServiceRoleForAmazonEKS", "eks"),
    ]
    .into_iter()
    .filter(|(_, service)| *service != "eks" || estate.runs_eks(account.number))
    .map(|(name, service)| {
        let principal = format!("{service}.amazonaws.com");
        let arn = account.arn(&format!("role/aws-service-role/{principal}/{name}"));
        let policy = policy_document([object! {
            "Effect": "Allow",
            "Principal": object! { "Service": principal.clone() },
            "Action": "sts:AssumeRole",
        }]);
        (arn, name, policy)
    })
    .collect()
}
