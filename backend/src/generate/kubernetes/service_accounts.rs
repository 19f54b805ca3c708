//! Service accounts, with the cloud identities that they federate into.

use std::path::Path;

use anyhow::Result;

use super::access::{Binding, binding};
use super::secrets::token_of;
use super::workloads::Workload;
use super::{Cluster, Flavour, JOBS, KubeList, Marks, metadata, seat};
use crate::generate::Estate;
use crate::generate::draw::Draw;
use crate::generate::governance::{Ownership, Said};
use crate::generate::json::object;
use crate::generate::timeline::{Life, Snapshot};
use crate::generate::truth::{IdentityTruth, Knowledge, SnapshotTruth};

/// What the service accounts of an application's namespace do, in the order of [`JOBS`].
const PURPOSES: [&str; JOBS.len()] = [
    "runs the service",
    "works off the queue",
    "migrates the schema at each release",
    "runs the nightly jobs",
    "rolls out new versions",
    "reads for the dashboards",
    "exports metrics",
    "probes each release before it takes traffic",
    "consumes the event stream",
    "builds the search index",
    "debugging by hand",
];

/// Writes `serviceaccounts.json`.
pub fn write(
    estate: &Estate,
    cluster: &Cluster,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = KubeList::open(estate, folder, "serviceaccounts.json")?;
    for life in lives {
        let (number, position) = seat(life.ordinal);
        let (namespace, name) = cluster.service_account(life.ordinal);
        let subject = format!("{}/{namespace}/{name}", cluster.source);
        let mut draw = Draw::new(estate.seed, "kube account", cluster.number as u64, life.ordinal);
        let mut marks = Marks::default();
        federate(estate, cluster, snapshot, life, &subject, &mut marks, truth);
        let mut said = Said::default();
        if position > 0 {
            let team = cluster.team_of(number);
            let ownership = Ownership::draw(&mut draw, &estate.staff, team, &estate.timeline, snapshot.index);
            describe(estate, &ownership, &mut marks);
            said.claims = ownership.claims();
            if let Ownership::Departed(person) = ownership
                && estate.staff.person(person).has_left(snapshot.as_of)
            {
                let email = estate.staff.person(person).email;
                truth.problem("orphaned", subject.clone(), &cluster.source, email);
            }
            if draw.chance(0.5) {
                marks.labels.push(("app.kubernetes.io/managed-by", "Helm".into()));
                marks
                    .labels
                    .push(("app.kubernetes.io/name", cluster.service_of(number).into()));
            }
            if draw.chance(0.22) {
                let purpose = PURPOSES[(position - 1) as usize % PURPOSES.len()];
                marks.annotations.push(("description", purpose.into()));
                said.has_purpose = true;
            }
        }
        let is_control_plane = matches!(
            (namespace.as_str(), name.as_str()),
            ("kube-system", "coredns" | "kube-proxy")
        );
        let local = format!("{namespace}/{name}");
        let governance = estate.governance(&[&subject, &local], said, Some(cluster.environment), snapshot.as_of);
        let identity = IdentityTruth {
            // There is no way to disable one.
            enabled: Some(true),
            credentials: Knowledge::Known,
            administrator: binding(estate, cluster, life.ordinal) == Some(Binding::ClusterAdmin),
            ..IdentityTruth::new(
                subject,
                if is_control_plane {
                    "control_plane_account"
                } else {
                    "service_account"
                },
                &cluster.source,
                &governance,
            )
            // Only a stored token remembers when it was used, and only the day.
            .used(token_of(estate, cluster, snapshot, life).and_then(|token| token.used_on()))
        };
        let withholds_token = position > 0 && draw.chance(0.25);
        let is_mounted = Workload::of(estate, cluster, life).is_some_and(|it| !it.withholds_token && !withholds_token);
        if is_mounted && binding(estate, cluster, life.ordinal).is_none() {
            truth.problem(
                "token_automount",
                identity.id.clone(),
                &cluster.source,
                "no role is bound",
            );
        }
        truth.identity(identity, &governance);
        let mut row = object! { "apiVersion": "v1" };
        if withholds_token {
            row = row.with("automountServiceAccountToken", false);
        }
        let meta = metadata(&mut draw, &name, Some(&namespace), life.created_at, marks);
        list.item(&row.with("kind", "ServiceAccount").with("metadata", meta))?;
    }
    list.close(truth)
}

/// Owner labels and annotations: an address holds characters that a label may not.
fn describe(estate: &Estate, ownership: &Ownership, marks: &mut Marks) {
    match ownership {
        Ownership::Team(team) => marks.labels.push(("team", (*team).into())),
        Ownership::Person(person) | Ownership::Departed(person) => {
            marks
                .annotations
                .push(("owner", estate.staff.person(*person).email.into()));
        }
        Ownership::Placeholder(text) => marks.annotations.push(("owner", (*text).into())),
        Ownership::Conflict(label, annotation) => {
            marks.labels.push(("team", (*label).into()));
            marks.annotations.push(("owner", (*annotation).into()));
        }
        Ownership::Silent => {}
    }
}

/// The annotation that names the cloud identity of a service account. The join itself is recorded where the cloud
/// accepts it.
fn federate(
    estate: &Estate,
    cluster: &Cluster,
    snapshot: &Snapshot,
    life: &Life,
    subject: &str,
    marks: &mut Marks,
    truth: &mut SnapshotTruth,
) {
    match cluster.flavour {
        Flavour::Eks { .. } => {
            if let Some((account, role)) = estate.irsa_role(cluster.number, life.ordinal)
                && role < estate.accounts[account].roles.n_born(snapshot.index)
            {
                let account = &estate.accounts[account];
                let arn = account.arn(&format!("role/{}", account.role_name(estate, role)));
                if !account.roles.has(role, &estate.timeline, snapshot.index) {
                    truth.problem("role_gone", subject, &cluster.source, arn.clone());
                }
                marks.annotations.push(("eks.amazonaws.com/role-arn", arn.into()));
            }
        }
        Flavour::Gke { project } => {
            if let Some(account) = estate.gke_account(cluster.number, life.ordinal) {
                let project = &estate.projects[project];
                if project.accounts.has(account, &estate.timeline, snapshot.index) {
                    let email = project.email(estate, account);
                    marks.annotations.push(("iam.gke.io/gcp-service-account", email.into()));
                }
            }
        }
        Flavour::Aks => {
            let tenant = &estate.tenants[0];
            if let Some(application) = estate.aks_application(cluster.number, life.ordinal)
                && tenant.applications.has(application, &estate.timeline, snapshot.index)
            {
                let client_id = tenant.app_id(estate.seed, application);
                marks
                    .annotations
                    .push(("azure.workload.identity/client-id", client_id.into()));
                marks.labels.push(("azure.workload.identity/use", "true".into()));
            }
        }
    }
}
