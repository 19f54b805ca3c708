//! Ways up in Kubernetes, as its guide to good practice names them.
//!
//! A need is a verb (of several parted by `|` one will do) on `resource.group/subresource`, as `kubectl auth can-i`
//! writes it. All needs of a row must be met in one namespace or in the whole cluster.

use super::{EscalationPath, Gives, Kind, Need, On};

const fn need(action: &'static str, resource: &'static str) -> Need {
    Need {
        action,
        on: On::Some(resource),
    }
}

/// Resources that are in no namespace: only what holds in the whole cluster counts for them. Whether a cluster role may
/// be bound in a namespace is asked in that namespace, though.
pub const CLUSTER_WIDE: &[&str] = &[
    "clusterroles.rbac.authorization.k8s.io",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "users",
    "groups",
    "nodes/proxy",
    "certificatesigningrequests.certificates.k8s.io",
    "certificatesigningrequests.certificates.k8s.io/approval",
    "signers.certificates.k8s.io",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "persistentvolumes",
];

pub const KUBERNETES: &[EscalationPath] = &[
    EscalationPath {
        id: "kubernetes.escalate-role",
        does: "gives a role of a namespace more than it has itself",
        needs: &[
            need("escalate", "roles.rbac.authorization.k8s.io"),
            need("create|update|patch", "roles.rbac.authorization.k8s.io"),
        ],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb",
    },
    EscalationPath {
        id: "kubernetes.escalate-cluster-role",
        does: "gives a cluster role more than it has itself",
        needs: &[
            need("escalate", "clusterroles.rbac.authorization.k8s.io"),
            need("create|update|patch", "clusterroles.rbac.authorization.k8s.io"),
        ],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#escalate-verb",
    },
    EscalationPath {
        id: "kubernetes.bind-role",
        does: "binds any role of a namespace to itself",
        needs: &[
            need("bind", "roles.rbac.authorization.k8s.io"),
            need("create|update|patch", "rolebindings.rbac.authorization.k8s.io"),
        ],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#bind-verb",
    },
    EscalationPath {
        id: "kubernetes.bind-cluster-role",
        does: "binds any cluster role to itself, in a namespace",
        needs: &[
            need("bind", "clusterroles.rbac.authorization.k8s.io"),
            need("create|update|patch", "rolebindings.rbac.authorization.k8s.io"),
        ],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#bind-verb",
    },
    EscalationPath {
        id: "kubernetes.bind-cluster-role-everywhere",
        does: "binds any cluster role to itself, in the whole cluster",
        needs: &[
            need("bind", "clusterroles.rbac.authorization.k8s.io"),
            need("create|update|patch", "clusterrolebindings.rbac.authorization.k8s.io"),
        ],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#bind-verb",
    },
    EscalationPath {
        id: "kubernetes.impersonate-groups",
        does: "speaks as any user of any group",
        needs: &[need("impersonate", "users"), need("impersonate", "groups")],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb",
    },
    EscalationPath {
        id: "kubernetes.impersonate-users",
        does: "speaks as another user",
        needs: &[need("impersonate", "users")],
        gives: Gives::Another(Kind::User),
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb",
    },
    EscalationPath {
        id: "kubernetes.impersonate-service-accounts",
        does: "speaks as a service account",
        needs: &[need("impersonate", "serviceaccounts")],
        gives: Gives::ServiceAccount,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#impersonate-verb",
    },
    EscalationPath {
        id: "kubernetes.token-request",
        does: "makes a token of a service account",
        needs: &[need("create", "serviceaccounts/token")],
        gives: Gives::ServiceAccount,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request",
    },
    EscalationPath {
        id: "kubernetes.create-pods",
        does: "runs a pod as a service account",
        needs: &[need("create", "pods")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-deployments",
        does: "runs pods as a service account",
        needs: &[need("create|update|patch", "deployments.apps")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-daemonsets",
        does: "runs pods as a service account",
        needs: &[need("create|update|patch", "daemonsets.apps")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-statefulsets",
        does: "runs pods as a service account",
        needs: &[need("create|update|patch", "statefulsets.apps")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-replicasets",
        does: "runs pods as a service account",
        needs: &[need("create|update|patch", "replicasets.apps")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-replicationcontrollers",
        does: "runs pods as a service account",
        needs: &[need("create|update|patch", "replicationcontrollers")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-jobs",
        does: "runs pods as a service account",
        needs: &[need("create", "jobs.batch")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.create-cronjobs",
        does: "runs pods as a service account",
        needs: &[need("create|update|patch", "cronjobs.batch")],
        gives: Gives::ServiceAccountOrNode,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.exec",
        does: "runs commands in a pod, which runs as its service account",
        needs: &[need("create|get", "pods/exec")],
        gives: Gives::RunningServiceAccount,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.ephemeral-containers",
        does: "adds a container to a pod, which runs as its service account",
        needs: &[need("update|patch", "pods/ephemeralcontainers")],
        gives: Gives::RunningServiceAccount,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#workload-creation",
    },
    EscalationPath {
        id: "kubernetes.nodes-proxy",
        does: "runs commands in pods by the interface of their node",
        needs: &[need("create|get", "nodes/proxy")],
        gives: Gives::RunningServiceAccount,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#access-to-proxy-subresource-of-nodes",
    },
    EscalationPath {
        id: "kubernetes.read-tokens",
        does: "reads the stored token of a service account",
        needs: &[need("get|list|watch", "secrets")],
        gives: Gives::StoredToken,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
    },
    EscalationPath {
        id: "kubernetes.make-tokens",
        does: "has a token of a service account stored, and reads it",
        needs: &[need("create", "secrets"), need("get|list|watch", "secrets")],
        gives: Gives::ServiceAccount,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets",
    },
    EscalationPath {
        id: "kubernetes.sign-certificates",
        does: "signs itself a certificate of any user",
        needs: &[
            need("create", "certificatesigningrequests.certificates.k8s.io"),
            need(
                "update|patch",
                "certificatesigningrequests.certificates.k8s.io/approval",
            ),
            need("approve", "signers.certificates.k8s.io"),
        ],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#csrs-and-certificate-issuing",
    },
    EscalationPath {
        id: "kubernetes.mutating-webhooks",
        does: "changes what others ask for before it is admitted",
        needs: &[need(
            "create|update|patch",
            "mutatingwebhookconfigurations.admissionregistration.k8s.io",
        )],
        gives: Gives::Everything,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#control-admission-webhooks",
    },
    EscalationPath {
        id: "kubernetes.persistent-volumes",
        does: "makes a volume of the files of a node",
        needs: &[need("create", "persistentvolumes")],
        gives: Gives::Node,
        source: "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation",
    },
];
