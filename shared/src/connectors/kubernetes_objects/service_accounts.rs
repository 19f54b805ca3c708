//! Service accounts: what they are called, who answers for them, which cloud identities they federate into.

use std::borrow::Cow;

use smallvec::smallvec;

use super::values::scalar;
use super::{ACCOUNTS_GROUP, RawMetadata, RawObject, Reader, created_place};
use crate::diagnostic::Diagnostic;
use crate::model::grant::{MembershipFact, TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Origin, OwnerBasis, OwnerClaim, Presence, Status};
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json::Row;
use crate::reading::labels::{self, ENVIRONMENT_KEYS, OWNER_KEYS, PURPOSE_KEYS};

impl Reader<'_> {
    pub(super) fn service_account(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>) {
        let Some((namespace, name)) = self.name(row, metadata) else {
            return;
        };
        let place = row.place(&mut self.batch);
        let handle = self.account_handle(namespace, name);
        let created_at = metadata
            .creation_timestamp
            .clone()
            .instant(|| created_place(row), &mut self.diagnostics);
        let mut fact = self.listed_account(handle, namespace, name, place);
        fact.created_at = created_at;
        self.describe(metadata, &mut fact);
        self.state_account(namespace, handle, fact);
        if let Some(automount) = object
            .automount_service_account_token
            .and_then(scalar)
            .and_then(|text| text.parse().ok())
        {
            self.automount.insert(handle.text, automount);
            if !automount {
                self.batch.accounts_withholding.push(handle.text);
            }
        }
        for (annotation, handle_kind) in CLOUD_IDENTITIES {
            if let Some(text) = metadata.annotation(annotation) {
                self.cloud_identity(row, handle, annotation, *handle_kind, &text, place);
            }
        }
    }

    pub(super) fn listed_account(&mut self, handle: Handle, namespace: &str, name: &str, place: Place) -> IdentityFact {
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::ServiceAccount, place);
        fact.name = Some(self.joined(&[namespace, "/", name]));
        fact.account = Some(self.batch.sym(namespace));
        // There is no way to disable one.
        fact.status = Status::Active;
        if is_of_platform(namespace, name) {
            fact.origin = Origin::Platform;
        }
        fact
    }

    /// States an account, which belongs to two groups that bindings may name: the cluster's and its namespace's.
    pub(super) fn state_account(&mut self, namespace: &str, handle: Handle, fact: IdentityFact) {
        let of_cluster = self.system_group(ACCOUNTS_GROUP);
        let of_namespace = self.joined(&[self.input.source, "/", ACCOUNTS_GROUP, ":", namespace]);
        for group in [of_cluster, of_namespace] {
            self.batch.memberships.push(MembershipFact {
                member: Principal::Identity(handle),
                group,
                place: fact.place,
            });
        }
        self.batch.identities.push(fact);
    }

    /// Owners, purpose and environment from labels and annotations. The plainest key of a kind decides.
    fn describe(&mut self, metadata: &RawMetadata<'_>, fact: &mut IdentityFact) {
        let (mut best_purpose, mut best_environment) = (usize::MAX, usize::MAX);
        let members = [&metadata.labels, &metadata.annotations].into_iter().flatten();
        for (key, value) in members.flat_map(|members| &members.0) {
            let owner = labels::rank(OWNER_KEYS, key);
            let purpose = labels::rank(PURPOSE_KEYS, key).filter(|rank| *rank < best_purpose);
            let environment = labels::rank(ENVIRONMENT_KEYS, key).filter(|rank| *rank < best_environment);
            if (owner, purpose, environment) == (None, None, None) {
                continue;
            }
            let Some(text) = scalar(value) else { continue };
            let Some(text) = present(&text) else { continue };
            let text = self.batch.sym(text);
            if owner.is_some() && fact.owners.iter().all(|claim| claim.text != text) {
                fact.owners.push(OwnerClaim {
                    text,
                    basis: OwnerBasis::Tag,
                });
            }
            if let Some(rank) = purpose {
                (fact.purpose, best_purpose) = (Some(text), rank);
            }
            if let Some(rank) = environment {
                (fact.environment, best_environment) = (Some(text), rank);
            }
        }
    }

    /// A cloud's identity that tokens of the service account are exchanged for.
    fn cloud_identity(
        &mut self,
        row: &Row<'_>,
        account: Handle,
        annotation: &str,
        kind: HandleKind,
        text: &str,
        place: Place,
    ) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let canonical = match kind {
            HandleKind::Arn if text.starts_with("arn:") => Cow::Borrowed(text),
            HandleKind::GcpServiceAccount if text.contains('@') => Cow::Owned(text.to_lowercase()),
            HandleKind::EntraApp if text.len() == 36 && text.bytes().filter(|b| *b == b'-').count() == 4 => {
                Cow::Owned(text.to_lowercase())
            }
            _ => {
                self.diagnostics.push(Diagnostic::warning(
                    format!("{}.metadata.annotations[\"{annotation}\"]", row.name()),
                    text,
                    "an ARN, a Google service account's address or an Entra client id, as the annotation says",
                    "the federation was left out; mend the annotation if the workload needs it",
                ));
                return;
            }
        };
        let target = self.batch.handle(kind, &canonical);
        self.batch.trusts.push(TrustFact {
            actor: Principal::Identity(account),
            target,
            kind: TrustKind::Federates,
            guard: TrustGuard::SubjectOrAudience,
            presence: Presence::Listed,
            place,
        });
    }
}

/// Annotations by which a service account names the cloud identity that its tokens are exchanged for.
const CLOUD_IDENTITIES: &[(&str, HandleKind)] = &[
    ("eks.amazonaws.com/role-arn", HandleKind::Arn),
    ("iam.gke.io/gcp-service-account", HandleKind::GcpServiceAccount),
    ("azure.workload.identity/client-id", HandleKind::EntraApp),
];

/// The service accounts in `kube-system` of the controllers and add-ons that a cluster consists of.
/// <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#controller-roles>
const CONTROL_PLANE_ACCOUNTS: &[&str] = &[
    "attachdetach-controller",
    "bootstrap-signer",
    "certificate-controller",
    "cloud-controller-manager",
    "cloud-provider",
    "clusterrole-aggregation-controller",
    "coredns",
    "cronjob-controller",
    "daemon-set-controller",
    "deployment-controller",
    "device-taint-eviction-controller",
    "disruption-controller",
    "endpoint-controller",
    "endpointslice-controller",
    "endpointslicemirroring-controller",
    "ephemeral-volume-controller",
    "expand-controller",
    "generic-garbage-collector",
    "horizontal-pod-autoscaler",
    "job-controller",
    "kube-dns",
    "kube-proxy",
    "legacy-service-account-token-cleaner",
    "namespace-controller",
    "node-controller",
    "persistent-volume-binder",
    "pod-garbage-collector",
    "pv-protection-controller",
    "pvc-protection-controller",
    "replicaset-controller",
    "replication-controller",
    "resource-claim-controller",
    "resourcequota-controller",
    "root-ca-cert-publisher",
    "route-controller",
    "selinux-warning-controller",
    "service-account-controller",
    "service-ca-cert-publisher",
    "service-cidrs-controller",
    "service-controller",
    "statefulset-controller",
    "storage-version-garbage-collector",
    "storage-version-migrator-controller",
    "token-cleaner",
    "ttl-after-finished-controller",
    "ttl-controller",
    "validatingadmissionpolicy-status-controller",
    "volumeattributesclass-protection-controller",
];

/// Whether the platform made a service account. `kube-system` also holds what the organisation puts there, so only
/// known names count; OpenShift keeps `openshift-*` to itself.
fn is_of_platform(namespace: &str, name: &str) -> bool {
    match namespace {
        "kube-system" => CONTROL_PLANE_ACCOUNTS.contains(&name),
        "kube-public" | "kube-node-lease" | "openshift" => true,
        _ => namespace.starts_with("openshift-"),
    }
}
