//! Amazon EKS: who of AWS may enter a cluster, and which of a cluster's service accounts may act as which role.
//!
//! Written by `aws eks describe-access-entry`, `list-associated-access-policies`, `describe-pod-identity-association`,
//! and by the lists `list-access-entries` and `list-pod-identity-associations`, which say less.
//! <https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html>,
//! <https://docs.aws.amazon.com/eks/latest/userguide/pod-identities.html>
//!
//! Read: access entries as memberships in the cluster's groups; access policies as grants on the cluster or its
//! namespaces; pod identity associations as trusts.
//!
//! Groups and service accounts are those of the cluster that the answer names: they join the cluster's own exports
//! when the folder of these bears the cluster's name.
//!
//! Cannot tell: what a group may do in the cluster, and, from the lists, more than that there is an entry.

use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::required_arn;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::{GrantFact, MembershipFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::Presence;
use crate::model::instant::Expiry;
use crate::model::principal::{HandleKind, Principal};
use crate::reading::absent::present;
use crate::reading::json::{self, Page, Row, Rows};
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_eks_access",
    title: "EKS access entries and pod identities",
    vendor: "AWS",
    command: "for p in $(aws eks list-access-entries --cluster-name CLUSTER --query 'accessEntries[]' --output text); do aws eks describe-access-entry --cluster-name CLUSTER --principal-arn $p; aws eks list-associated-access-policies --cluster-name CLUSTER --principal-arn $p; done > eks-access.json; for a in $(aws eks list-pod-identity-associations --cluster-name CLUSTER --query 'associations[].associationId' --output text); do aws eks describe-pod-identity-association --cluster-name CLUSTER --association-id $a; done > eks-pod-identities.json",
    cannot_tell: &[
        "what a Kubernetes group may do, and which account an association means: add the cluster's exports, in a folder that bears the cluster's name",
        "groups and policies of entries that are only listed: add `describe-access-entry` and `list-associated-access-policies`",
        "the role of an association that is only listed: add `describe-pod-identity-association`",
        "principals that the ConfigMap `aws-auth` lets in: it is among the cluster's own exports",
    ],
    signatures: &[
        &[Mark::Has("accessEntry.principalArn")],
        &[Mark::Has("associatedAccessPolicies"), Mark::Has("principalArn")],
        &[Mark::Contains("association.associationArn", ":podidentityassociation/")],
        &[Mark::Contains(
            "associations[].associationArn",
            ":podidentityassociation/",
        )],
        &[Mark::Contains("accessEntries[]", "arn:")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an access entry")]
struct RawEntry<'a> {
    #[serde(borrow, default)]
    cluster_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    principal_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    kubernetes_groups: OneOrMany<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an access policy")]
struct RawPolicy<'a> {
    #[serde(borrow, default)]
    policy_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    access_scope: Option<RawScope<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a scope")]
struct RawScope<'a> {
    #[serde(borrow, default)]
    namespaces: OneOrMany<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a pod identity association")]
struct RawAssociation<'a> {
    #[serde(borrow, default)]
    cluster_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_account: Option<Text<'a>>,
    /// Only in descriptions.
    #[serde(borrow, default)]
    role_arn: Option<Text<'a>>,
    /// The role of another account that the first one takes on for the pod.
    #[serde(borrow, default)]
    target_role_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    external_id: Option<Text<'a>>,
}

const ENTRY: &str = "accessEntry";
const POLICIES: &str = "associatedAccessPolicies";
const ASSOCIATION: &str = "association";
const ASSOCIATIONS: &str = "associations";
const ENTRIES: &str = "accessEntries";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File::default();
    let lists = [ENTRY, POLICIES, ASSOCIATION, ASSOCIATIONS, ENTRIES];
    let rows = json::rows(input.text, &lists, &mut file.diagnostics);
    for page in &rows.pages {
        for row in &rows.rows[page.rows.clone()] {
            match row.list {
                ENTRY => file.entry(row),
                POLICIES => file.policy(row, &rows, page),
                ENTRIES => file.n_listed_entries += 1,
                _ => file.association(row),
            }
        }
    }
    for row in rows
        .rows
        .iter()
        .filter(|row| row.list.is_empty() && !row.is_empty_object())
    {
        file.diagnostics.push(Diagnostic::error(
            row.name(),
            "another answer",
            "an access entry, its policies, or a pod identity association",
            "this row was left out; put it into a file of its own",
        ));
    }
    for list in [POLICIES, ASSOCIATIONS, ENTRIES] {
        rows.note_pages_of(list, list, &mut file.batch);
    }
    let listed = [
        (
            file.n_listed_entries,
            "access entries",
            "`describe-access-entry` and `list-associated-access-policies`",
        ),
        (
            file.n_listed_associations,
            "pod identity associations",
            "`describe-pod-identity-association`",
        ),
    ];
    for (n, what, command) in listed.into_iter().filter(|(n, ..)| *n > 0) {
        file.diagnostics.push(Diagnostic::info(
            what,
            format!("{n} {what} by name only"),
            format!("the answers of {command}"),
            "nothing was taken from the list; add the answer for each",
        ));
    }
    (file.batch, file.diagnostics)
}

#[derive(Default)]
struct File {
    batch: Batch,
    diagnostics: Diagnostics,
    n_listed_entries: usize,
    n_listed_associations: usize,
}

impl File {
    fn entry(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawEntry<'_>>(&mut self.diagnostics) else {
            return;
        };
        let arn = raw.principal_arn.as_deref();
        let Some(arn) = required_arn(arn, &["iam"], row, "principalArn", &mut self.diagnostics) else {
            return;
        };
        let Some(cluster) = self.required(raw.cluster_name.as_deref(), row, "clusterName") else {
            return;
        };
        let place = row.place(&mut self.batch);
        let member = Principal::Identity(self.batch.handle(HandleKind::Arn, arn));
        for group in raw.kubernetes_groups.0.iter().filter_map(|group| present(group)) {
            let group = self.batch.sym(&format!("{cluster}/{group}"));
            self.batch.memberships.push(MembershipFact { member, group, place });
        }
    }

    /// An access policy of EKS on the cluster, or on some of its namespaces. The page says whose it is.
    fn policy(&mut self, row: &Row<'_>, rows: &Rows<'_>, page: &Page<'_>) {
        let Some(raw) = row.parse::<RawPolicy<'_>>(&mut self.diagnostics) else {
            return;
        };
        let arn = rows.page_header(page, "principalArn");
        let Some(arn) = required_arn(arn, &["iam"], row, "principalArn", &mut self.diagnostics) else {
            return;
        };
        let cluster = rows.page_header(page, "clusterName");
        let (Some(cluster), Some(policy)) = (
            self.required(cluster, row, "clusterName"),
            self.required(raw.policy_arn.as_deref(), row, "policyArn"),
        ) else {
            return;
        };
        let name = policy.rsplit('/').next().unwrap_or(policy);
        let namespaces: Vec<_> = raw.access_scope.iter().flat_map(|scope| &scope.namespaces.0).collect();
        let resources: Vec<String> = match namespaces.as_slice() {
            [] => vec![cluster.to_owned()],
            namespaces => namespaces
                .iter()
                .map(|name| format!("{cluster}/{}", &***name))
                .collect(),
        };
        let place = row.place(&mut self.batch);
        let subject = Principal::Identity(self.batch.handle(HandleKind::Arn, arn));
        let role = self.batch.sym(name);
        let policy = Some(self.batch.sym(policy));
        for resource in resources {
            let resource = Some(self.batch.sym(&resource));
            self.batch.grants.push(GrantFact {
                subject,
                role,
                policy,
                resource,
                // <https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html>: `*` on `*`.
                privilege: Some(match name {
                    "AmazonEKSClusterAdminPolicy" => Privilege::Administrator,
                    _ => Privilege::Limited,
                }),
                conditional: Conditional::Always,
                expires_at: Expiry::Never,
                place,
            });
        }
    }

    fn association(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawAssociation<'_>>(&mut self.diagnostics) else {
            return;
        };
        if row.list == ASSOCIATIONS && raw.role_arn.is_none() {
            self.n_listed_associations += 1;
            return;
        }
        let (Some(cluster), Some(namespace), Some(account)) = (
            self.required(raw.cluster_name.as_deref(), row, "clusterName"),
            self.required(raw.namespace.as_deref(), row, "namespace"),
            self.required(raw.service_account.as_deref(), row, "serviceAccount"),
        ) else {
            return;
        };
        let role = raw.role_arn.as_deref();
        let Some(role) = required_arn(role, &["iam"], row, "roleArn", &mut self.diagnostics) else {
            return;
        };
        let place = row.place(&mut self.batch);
        let name = format!("{cluster}/{namespace}/{account}");
        let account = self.batch.handle(HandleKind::KubernetesServiceAccount, &name);
        let role = self.batch.handle(HandleKind::Arn, role);
        let mut trusts = smallvec![(account, role, TrustKind::Federates, TrustGuard::SubjectOrAudience)];
        if let Some(target) = raw.target_role_arn.as_deref().and_then(present) {
            let target = self.batch.handle(HandleKind::Arn, target);
            let guard = match raw.external_id {
                Some(_) => TrustGuard::ExternalId,
                None => TrustGuard::Open,
            };
            trusts.push((role, target, TrustKind::Assumes, guard));
        }
        let trusts: smallvec::SmallVec<[_; 2]> = trusts;
        self.batch
            .trusts
            .extend(trusts.into_iter().map(|(actor, target, kind, guard)| TrustFact {
                actor: Principal::Identity(actor),
                target,
                kind,
                guard,
                presence: Presence::Listed,
                place,
            }));
    }

    fn required<'a>(&mut self, text: Option<&'a str>, row: &Row<'_>, member: &str) -> Option<&'a str> {
        let found = text.and_then(present);
        if found.is_none() {
            self.diagnostics.push(Diagnostic::error(
                format!("{}.{member}", row.name()),
                "nothing",
                "what the vendor's tool writes there",
                "this row was left out; export it again",
            ));
        }
        found
    }
}
