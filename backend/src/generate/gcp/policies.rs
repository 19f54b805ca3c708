//! `gcloud asset search-all-iam-policies`: who may do what in the project, and who may act as its service accounts.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::{INDENT, Project};
use crate::generate::Estate;
use crate::generate::company::{DOMAIN, GITHUB, service_of};
use crate::generate::dirt::Export;
use crate::generate::draw::Draw;
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{Life, Snapshot};
use crate::generate::truth::SnapshotTruth;

const ORGANIZATION: &str = "organizations/580321744918";
/// The role that makes an administrator of a project.
pub const OWNER: &str = "roles/owner";
const EDITOR: &str = "roles/editor";
const TOKEN_CREATOR: &str = "roles/iam.serviceAccountTokenCreator";
const WORKLOAD_IDENTITY_USER: &str = "roles/iam.workloadIdentityUser";
/// The pool in which the company lets GitHub's tokens in.
const GITHUB_POOL: &str = "iam.googleapis.com/projects/580321744918/locations/global/workloadIdentityPools/github";
/// The pool in which it lets tokens of its Entra tenant in.
const ENTRA_POOL: &str = "iam.googleapis.com/projects/580321744918/locations/global/workloadIdentityPools/entra";

/// The role that a service account has on its project.
pub fn role_of(estate: &Estate, project: &Project, ordinal: u64) -> &'static str {
    Draw::new(estate.seed, "gcp role", project.number as u64, ordinal).weighted(&[
        (3, OWNER),
        (5, EDITOR),
        (3, TOKEN_CREATOR),
        (26, "roles/viewer"),
        (14, "roles/storage.objectAdmin"),
        (12, "roles/bigquery.dataEditor"),
        (10, "roles/secretmanager.secretAccessor"),
        (12, "roles/pubsub.publisher"),
        (15, "roles/logging.logWriter"),
    ])
}

/// Writes `iam-policies.json`.
pub fn write(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = Document::list(Export::text(&estate.dirt, folder, "iam-policies.json")?, INDENT)?;
    list.item(&project_policy(estate, project, lives, truth))?;
    for life in lives {
        if let Some(member) = actor(estate, project, snapshot, life, truth) {
            let resource = project.resource(&project.email(estate, life.ordinal));
            list.item(&policy_row(
                project,
                "iam.googleapis.com/ServiceAccount",
                format!("//iam.googleapis.com/{resource}"),
                vec![object! { "members": vec![member], "role": WORKLOAD_IDENTITY_USER }],
            ))?;
        }
    }
    if project.number % 6 == 2 {
        let bucket = format!("//storage.googleapis.com/{}-public-assets", project.id);
        truth.problem("public_resource", bucket.clone(), &project.source, "allUsers");
        let rows = vec![object! { "members": ["allUsers"], "role": "roles/storage.objectViewer" }];
        list.item(&policy_row(project, "storage.googleapis.com/Bucket", bucket, rows))?;
    }
    let (path, quirks) = list.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}

fn project_policy(estate: &Estate, project: &Project, lives: &[Life], truth: &mut SnapshotTruth) -> Json {
    let mut members: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for life in lives {
        let email = project.email(estate, life.ordinal);
        let role = role_of(estate, project, life.ordinal);
        if role == OWNER {
            truth.problem("administrator", email.clone(), &project.source, role);
        }
        if role == EDITOR {
            truth.problem("wildcard_grant", email.clone(), &project.source, role);
        }
        if role == EDITOR || role == TOKEN_CREATOR {
            let way_up = "acts as accounts of its project";
            truth.problem("way_up", email.clone(), &project.source, way_up);
        }
        members.entry(role).or_default().push(format!("serviceAccount:{email}"));
    }
    let mut rows: Vec<Json> = members
        .into_iter()
        .map(|(role, members)| object! { "members": members, "role": role })
        .collect();
    rows.push(object! {
        "condition": object! {
            "expression": "request.time < timestamp(\"2027-01-01T00:00:00Z\")",
            "title": "until the migration ends",
        },
        "members": vec![format!("group:{}@{DOMAIN}", project.domain.team)],
        "role": "roles/container.developer",
    });
    let resource = format!("//cloudresourcemanager.googleapis.com/projects/{}", project.id);
    policy_row(project, "cloudresourcemanager.googleapis.com/Project", resource, rows)
}

/// Who else may act as a service account: its workload, an Entra application, or a GitHub workflow.
fn actor(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    life: &Life,
    truth: &mut SnapshotTruth,
) -> Option<String> {
    let email = project.email(estate, life.ordinal);
    if let Some((cluster, account)) = estate.gke_workload(project.number, life.ordinal) {
        let cluster = &estate.clusters[cluster];
        let (namespace, name) = cluster.service_account(account);
        let workload = format!("{}/{namespace}/{name}", cluster.source);
        if cluster.has(account, &estate.timeline, snapshot.index) {
            truth.join("gke_workload_identity", workload, email);
        } else {
            truth.problem("workload_gone", email, &project.source, workload);
        }
        return Some(format!("serviceAccount:{}.svc.id.goog[{namespace}/{name}]", project.id));
    }
    if let Some(application) = entra_actor(estate, snapshot, life) {
        let tenant = &estate.tenants[0];
        truth.join("entra_to_gcp", tenant.app_id(estate.seed, application), email);
        let subject = tenant.principal_id(estate.seed, application);
        return Some(format!("principal://{ENTRA_POOL}/subject/{subject}"));
    }
    let mut draw = Draw::new(estate.seed, "gcp actor", project.number as u64, life.ordinal);
    draw.chance(0.08).then(|| {
        let repository = format!(
            "attribute.repository/{GITHUB}/{}",
            service_of(project.domain, life.ordinal)
        );
        truth.join("github_to_gcp", format!("{GITHUB_POOL}#{repository}"), email);
        format!("principalSet://{GITHUB_POOL}/{repository}")
    })
}

/// The number of the Entra application that acts as a service account of this number: one in forty has one.
fn entra_actor(estate: &Estate, snapshot: &Snapshot, life: &Life) -> Option<u64> {
    let application = (life.ordinal % 40 == 7).then_some(life.ordinal / 40)?;
    let mut alive = estate.tenants[0].applications.alive(&estate.timeline, snapshot.index);
    alive.any(|life| life.ordinal == application).then_some(application)
}

fn policy_row(project: &Project, asset: &'static str, resource: String, bindings: Vec<Json>) -> Json {
    object! {
        "assetType": asset,
        "folders": ["folders/804216655173"],
        "organization": ORGANIZATION,
        "policy": object! { "bindings": bindings },
        "project": format!("projects/{}", project.project_number),
        "resource": resource,
    }
}
