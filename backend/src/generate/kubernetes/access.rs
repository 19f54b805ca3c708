//! Who may do what: roles, and the bindings that give them.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;

use super::{Cluster, KubeList, Marks, SYSTEM_NAMESPACES, metadata, seat};
use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::json::{Json, object};
use crate::generate::timeline::Life;
use crate::generate::truth::SnapshotTruth;

/// What a service account is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    ClusterAdmin,
    /// May hand out roles.
    Deployer,
    SecretReader,
    Edit,
    View,
    /// The role of its own namespace.
    Own,
}

impl Binding {
    fn role(self) -> &'static str {
        match self {
            Self::ClusterAdmin => "cluster-admin",
            Self::Deployer => "halden-deployer",
            Self::SecretReader => "secret-reader",
            Self::Edit => "edit",
            Self::View => "view",
            Self::Own => "app",
        }
    }

    /// What lets it become more where there is somebody to become.
    fn way_up(self) -> Option<&'static str> {
        match self {
            Self::Deployer => Some("hands out roles"),
            Self::SecretReader => Some("reads the tokens of its cluster"),
            Self::Edit => Some("runs pods in its namespace"),
            Self::ClusterAdmin | Self::View | Self::Own => None,
        }
    }

    fn is_cluster_wide(self) -> bool {
        match self {
            Self::ClusterAdmin | Self::Deployer | Self::SecretReader => true,
            Self::Edit | Self::View | Self::Own => false,
        }
    }
}

/// What the service account with this ordinal is bound to.
pub fn binding(estate: &Estate, cluster: &Cluster, ordinal: u64) -> Option<Binding> {
    if seat(ordinal).1 == 0 {
        return None;
    }
    let mut draw = Draw::new(estate.seed, "kube binding", cluster.number as u64, ordinal);
    match draw.below(1_000) {
        0..40 => Some(Binding::ClusterAdmin),
        40..65 => Some(Binding::Deployer),
        65..130 => Some(Binding::SecretReader),
        130..330 => Some(Binding::Edit),
        330..520 => Some(Binding::View),
        520..720 => Some(Binding::Own),
        _ => None,
    }
}

fn role_reference(kind: &'static str, name: impl Into<Json>) -> Json {
    object! { "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name.into() }
}

fn rule(groups: &[&'static str], resources: &[&'static str], verbs: &[&'static str]) -> Json {
    object! { "apiGroups": groups.to_vec(), "resources": resources.to_vec(), "verbs": verbs.to_vec() }
}

/// Where the objects of the access file go: one list, or one YAML document each.
enum AccessFile {
    Json(KubeList),
    Yaml(Export),
}

impl AccessFile {
    fn item(&mut self, row: &Json) -> Result<()> {
        match self {
            Self::Json(list) => list.item(row),
            Self::Yaml(out) => {
                out.write_all(b"---\n")?;
                Ok(serde_yaml_ng::to_writer(out, row)?)
            }
        }
    }

    fn close(self, truth: &mut SnapshotTruth) -> Result<()> {
        match self {
            Self::Json(list) => list.close(truth),
            Self::Yaml(out) => {
                let (path, quirks) = out.finish()?;
                truth.file(&path, &quirks);
                Ok(())
            }
        }
    }
}

/// Writes `rbac.json` or `rbac.yaml`.
pub fn write(
    estate: &Estate,
    cluster: &Cluster,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut file = if cluster.number % 4 == 2 {
        AccessFile::Yaml(Export::text(&estate.dirt, folder, "rbac.yaml")?)
    } else {
        AccessFile::Json(KubeList::open(estate, folder, "rbac.json")?)
    };
    for row in cluster_roles(estate, cluster) {
        file.item(&row)?;
    }
    let mut previous = None;
    for life in lives {
        let (number, _) = seat(life.ordinal);
        if previous != Some(number) {
            previous = Some(number);
            file.item(&own_role(estate, cluster, number, life.created_at))?;
        }
        if let Some(binding) = binding(estate, cluster, life.ordinal) {
            if binding == Binding::ClusterAdmin {
                let (namespace, name) = cluster.service_account(life.ordinal);
                let subject = format!("{}/{namespace}/{name}", cluster.source);
                let is_system = (number as usize) < SYSTEM_NAMESPACES.len();
                let detail = if is_system {
                    "cluster-admin (system)"
                } else {
                    "cluster-admin"
                };
                truth.problem("administrator", subject, &cluster.source, detail);
            }
            let (namespace, name) = cluster.service_account(life.ordinal);
            let subject = format!("{}/{namespace}/{name}", cluster.source);
            if binding == Binding::Edit {
                truth.problem("wildcard_grant", subject.clone(), &cluster.source, "every verb");
            }
            if let Some(way_up) = binding.way_up() {
                truth.problem("way_up", subject, &cluster.source, way_up);
            }
            file.item(&binding_row(estate, cluster, life, binding))?;
        }
    }
    file.close(truth)
}

fn cluster_roles(estate: &Estate, cluster: &Cluster) -> Vec<Json> {
    let read = ["get", "list", "watch"];
    let roles = [
        ("cluster-admin", rule(&["*"], &["*"], &["*"])),
        (
            "view",
            rule(
                &["", "apps", "batch"],
                &["pods", "services", "deployments", "configmaps"],
                &read,
            ),
        ),
        (
            "edit",
            rule(
                &["", "apps", "batch"],
                &["pods", "services", "deployments", "configmaps", "secrets"],
                &["*"],
            ),
        ),
        (
            "halden-deployer",
            rule(
                &["rbac.authorization.k8s.io"],
                &["roles", "clusterroles", "rolebindings"],
                &["bind", "create", "escalate", "update"],
            ),
        ),
        ("secret-reader", rule(&[""], &["secrets"], &read)),
    ];
    let installed_at = estate.timeline.as_of(0) - 700 * DAY;
    roles
        .into_iter()
        .map(|(name, rules)| {
            let mut draw = Draw::new(estate.seed, name, cluster.number as u64, 0);
            object! {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRole",
                "metadata": metadata(&mut draw, name, None, installed_at, Marks::default()),
                "rules": vec![rules],
            }
        })
        .collect()
}

/// The role that a namespace keeps for itself.
fn own_role(estate: &Estate, cluster: &Cluster, number: u64, created_at: i64) -> Json {
    let namespace = cluster.namespace(number);
    let mut draw = Draw::new(estate.seed, "kube role", cluster.number as u64, number);
    let name = format!("{namespace}-app");
    object! {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": metadata(&mut draw, &name, Some(&namespace), created_at, Marks::default()),
        "rules": vec![rule(&[""], &["configmaps", "endpoints"], &["get", "list", "watch"])],
    }
}

fn binding_row(estate: &Estate, cluster: &Cluster, life: &Life, binding: Binding) -> Json {
    let (namespace, name) = cluster.service_account(life.ordinal);
    let mut draw = Draw::new(estate.seed, "kube access", cluster.number as u64, life.ordinal);
    let role = binding.role();
    let reference = match binding {
        Binding::Own => role_reference("Role", format!("{namespace}-app")),
        Binding::ClusterAdmin | Binding::Deployer | Binding::SecretReader | Binding::Edit | Binding::View => {
            role_reference("ClusterRole", role)
        }
    };
    let (kind, own_name, within) = match binding.is_cluster_wide() {
        true => ("ClusterRoleBinding", format!("{namespace}-{name}-{role}"), None),
        false => ("RoleBinding", format!("{name}-{role}"), Some(namespace.as_str())),
    };
    let meta = metadata(&mut draw, &own_name, within, life.created_at + 60, Marks::default());
    object! {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": meta,
        "roleRef": reference,
        "subjects": vec![object! { "kind": "ServiceAccount", "name": name, "namespace": namespace }],
    }
}
