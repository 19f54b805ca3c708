//! Ways up in Google Cloud, by the roles that Google defines, and by the permissions that a role lists.
//!
//! A need is a role or a permission (of several parted by `|` one will do); permissions are of roles whose lists an export
//! has. All needs of a row must be met on one resource. Whose list of permissions lets them write a policy is called an
//! administrator, and needs no row.

use crate::access::gcp::TO_EVERYTHING as SET_POLICY;

use super::{EscalationPath, Gives, Need, On};

const fn need(action: &'static str) -> Need {
    Need {
        action,
        on: On::Some("*"),
    }
}

/// By which of a role's permissions its row works; any of them will do. Those that start something are left out: there are
/// too many ways to for a denial of one to matter.
///
/// <https://cloud.google.com/iam/docs/roles-permissions>
pub const WORKS_BY: &[(&str, &[&str])] = &[
    ("roles/iam.securityAdmin", SET_POLICY),
    ("roles/resourcemanager.projectIamAdmin", SET_POLICY),
    ("roles/resourcemanager.folderIamAdmin", SET_POLICY),
    ("roles/resourcemanager.folderAdmin", SET_POLICY),
    ("roles/resourcemanager.organizationAdmin", SET_POLICY),
    (
        "roles/iam.serviceAccountTokenCreator",
        &[
            "iam.serviceAccounts.getAccessToken",
            "iam.serviceAccounts.signBlob",
            "iam.serviceAccounts.signJwt",
        ],
    ),
    ("roles/iam.serviceAccountKeyAdmin", &["iam.serviceAccountKeys.create"]),
    ("roles/iam.serviceAccountAdmin", &["iam.serviceAccounts.setIamPolicy"]),
    (
        "roles/iam.workloadIdentityUser",
        &["iam.serviceAccounts.getAccessToken"],
    ),
    ("roles/iam.serviceAccountUser", &["iam.serviceAccounts.actAs"]),
    ("roles/editor", &["iam.serviceAccounts.actAs"]),
    ("roles/owner", &["iam.serviceAccounts.actAs"]),
    ("roles/admin", &["iam.serviceAccounts.actAs"]),
    ("roles/cloudbuild.builds.editor", &["cloudbuild.builds.create"]),
    ("roles/cloudbuild.builds.builder", &["cloudbuild.builds.create"]),
    (
        "roles/deploymentmanager.editor",
        &[
            "deploymentmanager.deployments.create",
            "deploymentmanager.deployments.update",
        ],
    ),
    ("roles/iam.roleAdmin", &["iam.roles.update"]),
    ("roles/iam.organizationRoleAdmin", &["iam.roles.update"]),
];

pub const GCP: &[EscalationPath] = &[
    EscalationPath {
        id: "gcp.set-policy",
        does: "writes the policy of the project, folder or organisation",
        needs: &[need(
            "roles/iam.securityAdmin|roles/resourcemanager.projectIamAdmin|roles/resourcemanager.folderIamAdmin|roles/resourcemanager.folderAdmin|roles/resourcemanager.organizationAdmin",
        )],
        gives: Gives::Everything,
        source: "https://cloud.google.com/iam/docs/manage-privileged-access",
    },
    EscalationPath {
        id: "gcp.service-account-tokens",
        does: "makes a token or key of a service account of the project",
        needs: &[need(
            "roles/iam.serviceAccountTokenCreator|roles/iam.serviceAccountKeyAdmin|roles/iam.serviceAccountAdmin|roles/iam.securityAdmin|roles/iam.workloadIdentityUser|iam.serviceAccounts.getAccessToken|iam.serviceAccounts.signBlob|iam.serviceAccounts.signJwt|iam.serviceAccountKeys.create|iam.serviceAccounts.setIamPolicy",
        )],
        gives: Gives::ServiceAccount,
        source: "https://cloud.google.com/iam/docs/best-practices-service-accounts#privilege-escalation",
    },
    EscalationPath {
        id: "gcp.act-as",
        does: "starts something that runs as a service account of the project",
        needs: &[
            need("roles/iam.serviceAccountUser|iam.serviceAccounts.actAs"),
            need(
                "roles/compute.admin|roles/compute.instanceAdmin|roles/compute.instanceAdmin.v1|roles/cloudfunctions.admin|roles/cloudfunctions.developer|roles/run.admin|roles/run.developer|roles/dataproc.admin|roles/dataproc.editor|roles/dataflow.admin|roles/dataflow.developer|roles/cloudscheduler.admin|roles/workflows.admin|roles/workflows.editor|roles/composer.admin|roles/notebooks.admin|roles/container.admin|roles/appengine.appAdmin|compute.instances.create|compute.instances.setServiceAccount|cloudfunctions.functions.create|cloudfunctions.functions.update|run.services.create|run.services.update|run.jobs.create|run.jobs.update|dataproc.clusters.create|dataflow.jobs.create|cloudscheduler.jobs.create|workflows.workflows.create|workflows.workflows.update|composer.environments.create|notebooks.instances.create|container.clusters.create|appengine.versions.create",
            ),
        ],
        gives: Gives::ServiceAccount,
        source: "https://cloud.google.com/iam/docs/best-practices-service-accounts#privilege-escalation",
    },
    EscalationPath {
        id: "gcp.editor",
        does: "starts something that runs as a service account of the project",
        // Owners need it where a denial keeps them from writing the policy.
        needs: &[need("roles/editor|roles/owner|roles/admin")],
        gives: Gives::ServiceAccount,
        source: "https://cloud.google.com/iam/docs/roles-overview#basic",
    },
    EscalationPath {
        id: "gcp.builds",
        does: "runs a build, which runs as the service account of Cloud Build",
        needs: &[need(
            "roles/cloudbuild.builds.editor|roles/cloudbuild.builds.builder|cloudbuild.builds.create",
        )],
        gives: Gives::ServiceAccount,
        source: "https://rhinosecuritylabs.com/gcp/privilege-escalation-google-cloud-platform-part-1/",
    },
    EscalationPath {
        id: "gcp.deployments",
        does: "has Deployment Manager make what it may not, as an editor of the project",
        needs: &[need(
            "roles/deploymentmanager.editor|deploymentmanager.deployments.create|deploymentmanager.deployments.update",
        )],
        gives: Gives::ServiceAccount,
        source: "https://rhinosecuritylabs.com/gcp/privilege-escalation-google-cloud-platform-part-1/",
    },
    EscalationPath {
        id: "gcp.custom-roles",
        does: "adds permissions to a custom role that it has",
        needs: &[need(
            "roles/iam.roleAdmin|roles/iam.organizationRoleAdmin|iam.roles.update",
        )],
        gives: Gives::OlderVersion,
        source: "https://rhinosecuritylabs.com/gcp/privilege-escalation-google-cloud-platform-part-1/",
    },
];
