//! Kubernetes clusters: what `kubectl get … -A -o json` prints, one file per group of kinds.

use std::io::Write as _;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Estate;
use super::certificates::{Pki, Profile, Slot, edge_slot};
use super::company::{DOMAIN, DOMAINS, Domain, Environment, Ownership};
use super::dirt::Export;
use super::draw::{DAY, Draw};
use super::json::{Document, Json, object};
use super::timeline::{Habit, Life, Population, Snapshot, date, rfc3339};
use super::truth::SnapshotTruth;
use super::x509::pem;

const INDENT: &[u8] = b"    ";
/// How many service accounts the namespaces of a cluster have, repeating: mean 5.25, the largest 12.
const NAMESPACE_SIZES: [u64; 12] = [4, 3, 7, 4, 5, 2, 9, 4, 12, 3, 6, 4];
const SYSTEM_NAMESPACES: [(&str, [&str; 7]); 4] = [
    (
        "kube-system",
        ["default", "coredns", "kube-proxy", "cluster-autoscaler", "", "", ""],
    ),
    (
        "cert-manager",
        ["default", "cert-manager", "cert-manager-webhook", "", "", "", ""],
    ),
    (
        "monitoring",
        [
            "default",
            "prometheus-k8s",
            "grafana",
            "kube-state-metrics",
            "node-exporter",
            "alertmanager-main",
            "loki",
        ],
    ),
    (
        "ingress-nginx",
        [
            "default",
            "ingress-nginx",
            "ingress-nginx-admission",
            "external-dns",
            "",
            "",
            "",
        ],
    ),
];
const JOBS: [&str; 11] = [
    "",
    "-worker",
    "-migrator",
    "-cron",
    "-deployer",
    "-reader",
    "-exporter",
    "-canary",
    "-consumer",
    "-indexer",
    "-debug",
];

/// One cluster, a source of its own.
pub struct Cluster {
    pub number: usize,
    pub source: String,
    pub domain: usize,
    pub environment: Environment,
    pub flavour: Flavour,
    pub accounts: Population,
    /// The id in the cluster's OIDC issuer address.
    pub issuer_id: String,
}

/// Whose managed Kubernetes a cluster is, and the cloud account that its workloads reach into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    Eks { account: usize },
    Gke { project: usize },
    Aks,
}

impl Cluster {
    /// The OIDC issuer without `https://`, as AWS and Entra trusts name it.
    pub fn issuer_host(&self) -> String {
        match self.flavour {
            Flavour::Eks { .. } => format!("oidc.eks.eu-north-1.amazonaws.com/id/{}", self.issuer_id.to_uppercase()),
            Flavour::Gke { .. } => format!("container.googleapis.com/v1/projects/{}", self.issuer_id),
            Flavour::Aks => format!("westeurope.oic.prod-aks.azure.com/{}/", self.issuer_id),
        }
    }

    /// Namespace and name of the service account with this ordinal.
    pub fn service_account(&self, ordinal: u64) -> (String, String) {
        let (namespace, position) = seat(ordinal);
        (self.namespace(namespace), self.account_name(namespace, position))
    }

    /// What the cloud team calls the identity of this service account: the namespace only where it adds something.
    pub fn workload_name(&self, ordinal: u64) -> String {
        let (namespace, name) = self.service_account(ordinal);
        if name.starts_with(&namespace) {
            name
        } else {
            format!("{namespace}-{name}")
        }
    }

    fn namespace(&self, number: u64) -> String {
        if let Some((name, _)) = SYSTEM_NAMESPACES.get(number as usize) {
            return (*name).to_owned();
        }
        let number = number - SYSTEM_NAMESPACES.len() as u64;
        let service = self.domain_of(number).services[(number % 8) as usize];
        match number / 112 {
            0 => service.to_owned(),
            round => format!("{service}-{}", round + 1),
        }
    }

    fn domain_of(&self, application: u64) -> &'static Domain {
        &DOMAINS[(self.domain + (application / 8 % 14) as usize) % DOMAINS.len()]
    }

    fn account_name(&self, namespace: u64, position: u64) -> String {
        if let Some((_, names)) = SYSTEM_NAMESPACES.get(namespace as usize) {
            return names[position as usize].to_owned();
        }
        if position == 0 {
            return "default".to_owned();
        }
        let number = namespace - SYSTEM_NAMESPACES.len() as u64;
        let service = self.domain_of(number).services[(number % 8) as usize];
        format!("{service}{}", JOBS[(position - 1) as usize])
    }

    fn team_of(&self, namespace: u64) -> &'static Domain {
        match namespace.checked_sub(SYSTEM_NAMESPACES.len() as u64) {
            Some(application) => self.domain_of(application),
            None => &DOMAINS[2],
        }
    }
}

/// Whether the service account with this ordinal is the `default` one of its namespace.
pub fn is_default(ordinal: u64) -> bool {
    seat(ordinal).1 == 0
}

/// Namespace number and position in it of a service account.
fn seat(ordinal: u64) -> (u64, u64) {
    let cycle: u64 = NAMESPACE_SIZES.iter().sum();
    let mut left = ordinal % cycle;
    for (number, size) in NAMESPACE_SIZES.iter().enumerate() {
        if left < *size {
            return (ordinal / cycle * NAMESPACE_SIZES.len() as u64 + number as u64, left);
        }
        left -= size;
    }
    (ordinal / cycle, 0)
}

/// Writes one cluster's folder.
pub fn write(
    estate: &Estate,
    cluster: &Cluster,
    pki: &mut Pki,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(&cluster.source);
    let lives: Vec<Life> = cluster.accounts.alive(&estate.timeline, snapshot.index).collect();
    write_service_accounts(estate, cluster, snapshot, &folder, &lives, truth)?;
    write_workloads(estate, cluster, &folder, &lives, truth)?;
    write_access(estate, cluster, &folder, &lives, truth)?;
    write_secrets(estate, cluster, pki, snapshot, &folder, &lives, truth)
}

/// A `kubectl -o json` list being written.
struct KubeList(Document<Export>);

impl KubeList {
    fn open(estate: &Estate, folder: &Path, name: &str) -> Result<Self> {
        let mut document = Document::object(Export::text(&estate.dirt, folder, name)?, INDENT)?;
        document.member("apiVersion", "v1")?;
        document.begin_list("items")?;
        Ok(Self(document))
    }

    fn item(&mut self, row: &Json) -> Result<()> {
        Ok(self.0.item(row)?)
    }

    fn close(mut self, truth: &mut SnapshotTruth) -> Result<()> {
        self.0.end_list()?;
        self.0.member("kind", "List")?;
        self.0.member("metadata", object! { "resourceVersion": "" })?;
        let (path, quirks) = self.0.end_object()?.finish()?;
        truth.file(&path, &quirks);
        Ok(())
    }
}

struct Labels {
    annotations: Vec<(&'static str, Json)>,
    labels: Vec<(&'static str, Json)>,
}

fn metadata(draw: &mut Draw, name: &str, namespace: Option<&str>, created_at: i64, marks: Labels) -> Json {
    let map = |pairs: Vec<(&'static str, Json)>| {
        (!pairs.is_empty()).then(|| Json::Object(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()))
    };
    object! {}
        .with_some("annotations", map(marks.annotations))
        .with("creationTimestamp", rfc3339(created_at))
        .with_some("labels", map(marks.labels))
        .with("name", name.to_owned())
        .with_some("namespace", namespace.map(str::to_owned))
        .with("resourceVersion", draw.digits(8))
        .with("uid", draw.guid())
}

fn unmarked() -> Labels {
    Labels {
        annotations: Vec::new(),
        labels: Vec::new(),
    }
}

fn write_service_accounts(
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
        let domain = cluster.team_of(number);
        let mut draw = Draw::new(estate.seed, "kube account", cluster.number as u64, life.ordinal);
        let mut marks = unmarked();
        match cluster.flavour {
            Flavour::Eks { .. } => {
                if let Some((account, role)) = estate.irsa_role(cluster.number, life.ordinal)
                    && role < estate.accounts[account].roles.n_born(snapshot.index)
                {
                    let account = &estate.accounts[account];
                    let arn = account.arn(&format!("role/{}", account.role_name(estate, role)));
                    // The join itself is recorded where the role is written.
                    if account.roles.life(role, &estate.timeline).gone <= snapshot.index {
                        truth.problem("role_gone", subject.clone(), &cluster.source, arn.clone());
                    }
                    marks.annotations.push(("eks.amazonaws.com/role-arn", arn.into()));
                }
            }
            Flavour::Gke { project } => {
                if let Some(account) = estate.gke_account(cluster.number, life.ordinal) {
                    let project = &estate.projects[project];
                    if project.accounts.has(account, &estate.timeline, snapshot.index) {
                        marks
                            .annotations
                            .push(("iam.gke.io/gcp-service-account", project.email(estate, account).into()));
                    }
                }
            }
            Flavour::Aks => {
                if let Some(application) = estate.aks_application(cluster.number, life.ordinal)
                    && estate.tenants[0]
                        .applications
                        .has(application, &estate.timeline, snapshot.index)
                {
                    let client_id = estate.tenants[0].app_id(estate.seed, application);
                    marks
                        .annotations
                        .push(("azure.workload.identity/client-id", client_id.into()));
                    marks.labels.push(("azure.workload.identity/use", "true".into()));
                }
            }
        }
        let ownership = estate
            .company
            .ownership(&mut draw, domain, &estate.timeline, snapshot.index);
        if position > 0 {
            match &ownership {
                Ownership::Team(team) => marks.labels.push(("team", (*team).into())),
                Ownership::Person(email) => marks.annotations.push(("owner", email.into())),
                Ownership::Departed(email) => {
                    marks.annotations.push(("owner", email.into()));
                    truth.problem("orphaned", subject.clone(), &cluster.source, email.clone());
                }
                Ownership::Placeholder(text) => marks.annotations.push(("owner", (*text).into())),
                Ownership::Conflict(label, annotation) => {
                    marks.labels.push(("team", (*label).into()));
                    marks.annotations.push(("owner", (*annotation).into()));
                    truth.problem(
                        "conflicting_owner",
                        subject.clone(),
                        &cluster.source,
                        format!("{label} / {annotation}"),
                    );
                }
                Ownership::Silent => {}
            }
            if draw.chance(0.5) {
                marks.labels.push(("app.kubernetes.io/managed-by", "Helm".into()));
                marks.labels.push(("app.kubernetes.io/name", namespace.clone().into()));
            }
        }
        truth.nhi(&cluster.source, "kubernetes", "service_account");
        truth.owner(if position > 0 { ownership.label() } else { "none" });
        let mut row = object! { "apiVersion": "v1" };
        if position > 0 && draw.chance(0.25) {
            row = row.with("automountServiceAccountToken", false);
        }
        let meta = metadata(&mut draw, &name, Some(&namespace), life.created_at, marks);
        list.item(&row.with("kind", "ServiceAccount").with("metadata", meta))?;
    }
    list.close(truth)
}

fn write_workloads(
    estate: &Estate,
    cluster: &Cluster,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = KubeList::open(estate, folder, "workloads.json")?;
    for life in lives {
        let (number, position) = seat(life.ordinal);
        let (namespace, name) = cluster.service_account(life.ordinal);
        let mut draw = Draw::new(estate.seed, "kube workload", cluster.number as u64, life.ordinal);
        // One namespace in nine runs its workload as `default`; three accounts in ten run nothing.
        let runs = if position == 0 {
            draw.chance(0.11)
        } else {
            draw.chance(0.70)
        };
        if !runs {
            continue;
        }
        let workload = if position == 0 {
            format!("{namespace}-adhoc")
        } else {
            name.clone()
        };
        if position == 0 {
            let subject = format!("{}/{namespace}/{name}", cluster.source);
            truth.problem("default_account_in_use", subject, &cluster.source, workload.clone());
        }
        let service = cluster.team_of(number).services[(number % 8) as usize];
        let container = object! {
            "image": format!("registry.{DOMAIN}/{service}:{}.{}.{}", draw.below(9), draw.below(30), draw.below(12)),
            "name": workload.clone(),
        };
        let mut pod_spec = object! {};
        if draw.chance(0.12) {
            pod_spec = pod_spec.with("automountServiceAccountToken", false);
        }
        pod_spec = pod_spec.with("containers", vec![container]);
        if position > 0 {
            pod_spec = pod_spec
                .with("serviceAccount", name.clone())
                .with("serviceAccountName", name.clone());
        }
        if matches!(cluster.flavour, Flavour::Eks { .. }) && estate.irsa_role(cluster.number, life.ordinal).is_some() {
            pod_spec = pod_spec.with(
                "volumes",
                vec![object! {
                    "name": "aws-iam-token",
                    "projected": object! { "defaultMode": 420_i64, "sources": vec![object! {
                        "serviceAccountToken": object! {
                            "audience": "sts.amazonaws.com", "expirationSeconds": 86_400_i64, "path": "token",
                        },
                    }] },
                }],
            );
        }
        let app = object! { "app": workload.clone() };
        let template = object! {
            "metadata": object! { "labels": app.clone() },
            "spec": pod_spec,
        };
        let meta = metadata(
            &mut draw,
            &workload,
            Some(&namespace),
            life.created_at + 600,
            unmarked(),
        );
        let row = if position == 4 {
            object! {
                "apiVersion": "batch/v1",
                "kind": "CronJob",
                "metadata": meta,
                "spec": object! {
                    "jobTemplate": object! { "spec": object! { "template": template } },
                    "schedule": "17 3 * * *",
                },
            }
        } else {
            object! {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": meta,
                "spec": object! {
                    "replicas": draw.between(1, 5),
                    "selector": object! { "matchLabels": app },
                    "template": template,
                },
            }
        };
        list.item(&row)?;
    }
    list.close(truth)
}

fn subject_row(name: &str, namespace: &str) -> Json {
    object! { "kind": "ServiceAccount", "name": name.to_owned(), "namespace": namespace.to_owned() }
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
}

fn write_access(
    estate: &Estate,
    cluster: &Cluster,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let scope = cluster.number as u64;
    let mut file = if cluster.number % 4 == 2 {
        AccessFile::Yaml(Export::text(&estate.dirt, folder, "rbac.yaml")?)
    } else {
        AccessFile::Json(KubeList::open(estate, folder, "rbac.json")?)
    };
    let installed_at = estate.timeline.as_of(0) - 700 * DAY;
    let cluster_roles = [
        ("cluster-admin", rule(&["*"], &["*"], &["*"])),
        (
            "view",
            rule(
                &["", "apps", "batch"],
                &["pods", "services", "deployments", "configmaps"],
                &["get", "list", "watch"],
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
        ("secret-reader", rule(&[""], &["secrets"], &["get", "list", "watch"])),
    ];
    for (name, rules) in cluster_roles {
        let mut draw = Draw::new(estate.seed, name, scope, 0);
        let meta = metadata(&mut draw, name, None, installed_at, unmarked());
        file.item(&object! {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRole",
            "metadata": meta,
            "rules": vec![rules],
        })?;
    }
    let mut previous = None;
    for life in lives {
        let (number, position) = seat(life.ordinal);
        let (namespace, name) = cluster.service_account(life.ordinal);
        let mut draw = Draw::new(estate.seed, "kube access", scope, life.ordinal);
        if previous != Some(number) {
            previous = Some(number);
            let meta = metadata(
                &mut draw,
                &format!("{namespace}-app"),
                Some(&namespace),
                life.created_at,
                unmarked(),
            );
            file.item(&object! {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": meta,
                "rules": vec![rule(&[""], &["configmaps", "endpoints"], &["get", "list", "watch"])],
            })?;
        }
        if position == 0 {
            continue;
        }
        let system = (number as usize) < SYSTEM_NAMESPACES.len();
        let bound = match draw.below(1_000) {
            0..40 => Some(("ClusterRoleBinding", "cluster-admin")),
            40..65 => Some(("ClusterRoleBinding", "halden-deployer")),
            65..130 => Some(("ClusterRoleBinding", "secret-reader")),
            130..330 => Some(("RoleBinding", "edit")),
            330..520 => Some(("RoleBinding", "view")),
            520..720 => Some(("RoleBinding", "")),
            _ => None,
        };
        let Some((kind, role)) = bound else { continue };
        if role == "cluster-admin" {
            let subject = format!("{}/{namespace}/{name}", cluster.source);
            truth.problem(
                "administrator",
                subject,
                &cluster.source,
                if system {
                    "cluster-admin (system)"
                } else {
                    "cluster-admin"
                },
            );
        }
        let reference = match role {
            "" => role_reference("Role", format!("{namespace}-app")),
            role => role_reference("ClusterRole", role),
        };
        let binding = match kind {
            "ClusterRoleBinding" => format!("{namespace}-{name}-{role}"),
            _ => format!("{name}-{}", if role.is_empty() { "app" } else { role }),
        };
        let within = (kind == "RoleBinding").then_some(namespace.as_str());
        let meta = metadata(&mut draw, &binding, within, life.created_at + 60, unmarked());
        file.item(&object! {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": kind,
            "metadata": meta,
            "roleRef": reference,
            "subjects": vec![subject_row(&name, &namespace)],
        })?;
    }
    match file {
        AccessFile::Json(list) => list.close(truth),
        AccessFile::Yaml(out) => {
            let (path, quirks) = out.finish()?;
            truth.file(&path, &quirks);
            Ok(())
        }
    }
}

/// The host whose certificate a namespace's ingress serves; now and then one that the edge serves as well.
fn ingress_slot(estate: &Estate, cluster: &Cluster, number: u64) -> Option<(Slot, Option<u64>)> {
    let mut draw = Draw::new(estate.seed, "ingress", cluster.number as u64, number);
    let application = number.checked_sub(SYSTEM_NAMESPACES.len() as u64)?;
    // The first cluster shares the hosts that the old Tomcat also has, so that three places hold one key.
    let shared = if cluster.number == 0 && application < 2 {
        Some(application)
    } else {
        draw.chance(0.06).then(|| draw.below(12))
    };
    if let Some(host) = shared {
        return Some((edge_slot(estate.seed, host), Some(host)));
    }
    if draw.chance(0.4) {
        return None;
    }
    let common_name = format!("{}.{}.{DOMAIN}", cluster.namespace(number), cluster.source);
    let profile = match draw.below(100) {
        0..55 => Profile::Acme,
        55..70 => Profile::Commercial,
        _ => Profile::Internal { days: 90 },
    };
    let dns_names = vec![common_name.clone()];
    Some((
        Slot {
            common_name,
            dns_names,
            uris: Vec::new(),
            profile,
        },
        None,
    ))
}

fn write_secrets(
    estate: &Estate,
    cluster: &Cluster,
    pki: &mut Pki,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let scope = cluster.number as u64;
    // `kubectl get secrets` prints the values; a careful exporter blanks them before they leave the cluster.
    let in_clear = estate
        .dirt
        .strikes("secrets in clear", 0.05, &cluster.source, "secrets");
    let blank = || STANDARD.encode("REDACTED");
    let mut list = KubeList::open(estate, folder, "secrets.json")?;
    let mut certificates = KubeList::open(estate, folder, "certificates.json")?;
    let mut previous = None;
    for life in lives {
        let (number, position) = seat(life.ordinal);
        let (namespace, name) = cluster.service_account(life.ordinal);
        if previous != Some(number) {
            previous = Some(number);
            if let Some((slot, shared)) = ingress_slot(estate, cluster, number) {
                let issued = pki.in_slot(&slot, &estate.timeline, snapshot.index);
                let subject = format!("{}/{namespace}/{namespace}-tls", cluster.source);
                truth.certificate(issued.sha256, issued.not_after, issued.strength);
                truth.credential(
                    "tls_secret",
                    if issued.not_after < snapshot.as_of {
                        "expired"
                    } else {
                        "active"
                    },
                );
                if let Some(host) = shared
                    && estate.tls[0].population.has(host, &estate.timeline, snapshot.index)
                {
                    truth.join("certificate_in_cluster_and_edge", issued.fingerprint(), subject);
                }
                let mut chain = pem("CERTIFICATE", &issued.der);
                if let Some(issuer) = pki.issuer(slot.profile) {
                    chain.push_str(&pem("CERTIFICATE", &issuer.der));
                    truth.certificate(issuer.sha256, issuer.not_after, issuer.strength);
                }
                let key = match &issued.pkcs8 {
                    Some(key) if in_clear => STANDARD.encode(pem("PRIVATE KEY", key)),
                    Some(_) | None => blank(),
                };
                let mut draw = Draw::new(estate.seed, "tls secret", scope, number);
                let automatic = matches!(slot.profile, Profile::Acme | Profile::Internal { .. });
                let mut marks = unmarked();
                if automatic {
                    marks
                        .annotations
                        .push(("cert-manager.io/certificate-name", format!("{namespace}-tls").into()));
                }
                let meta = metadata(
                    &mut draw,
                    &format!("{namespace}-tls"),
                    Some(&namespace),
                    life.created_at,
                    marks,
                );
                list.item(&object! {
                    "apiVersion": "v1",
                    "data": object! { "tls.crt": STANDARD.encode(&chain), "tls.key": key },
                    "kind": "Secret",
                    "metadata": meta,
                    "type": "kubernetes.io/tls",
                })?;
                if automatic {
                    let issuer = if slot.profile == Profile::Acme {
                        "openly-encrypted"
                    } else {
                        "halden-internal"
                    };
                    let meta = metadata(
                        &mut draw,
                        &format!("{namespace}-tls"),
                        Some(&namespace),
                        life.created_at,
                        unmarked(),
                    );
                    let ready = issued.not_after >= snapshot.as_of;
                    certificates.item(&object! {
                        "apiVersion": "cert-manager.io/v1",
                        "kind": "Certificate",
                        "metadata": meta,
                        "spec": object! {
                            "dnsNames": slot.dns_names.clone(),
                            "issuerRef": object! { "kind": "ClusterIssuer", "name": issuer },
                            "secretName": format!("{namespace}-tls"),
                        },
                        "status": object! {
                            "conditions": vec![object! {
                                "status": if ready { "True" } else { "False" },
                                "type": "Ready",
                            }],
                            "notAfter": rfc3339(issued.not_after),
                            "notBefore": rfc3339(issued.not_before),
                            "renewalTime": rfc3339(issued.not_after - 30 * DAY),
                            "revision": 1_i64,
                        },
                    })?;
                }
            }
        }
        let mut draw = Draw::new(estate.seed, "kube token", scope, life.ordinal);
        if position == 0 || !draw.chance(0.12) {
            continue;
        }
        let habit = Habit::draw(&mut draw, &estate.timeline);
        let mut use_draw = Draw::new(
            estate.seed,
            "kube token use",
            ((snapshot.index as u64) << 32) | scope,
            life.ordinal,
        );
        let mut marks = unmarked();
        if let Some(at) = habit.last_used_at(&mut use_draw, life.created_at, snapshot.as_of) {
            marks
                .labels
                .push(("kubernetes.io/legacy-token-last-used", date(at).into()));
        }
        marks
            .annotations
            .push(("kubernetes.io/service-account.name", name.clone().into()));
        marks
            .annotations
            .push(("kubernetes.io/service-account.uid", draw.guid().into()));
        let secret = format!("{name}-token-{}", draw.text(b"bcdfghjklmnpqrstvwxz2456789", 5));
        let token = if in_clear {
            format!("eyJhbGciOiJSUzI1NiJ9.{}.{}", draw.hex(96), draw.hex(86))
        } else {
            "REDACTED".to_owned()
        };
        let subject = format!("{}/{namespace}/{secret}", cluster.source);
        truth.credential("service_account_token", "active");
        truth.problem("legacy_token", subject, &cluster.source, "never expires");
        let meta = metadata(&mut draw, &secret, Some(&namespace), life.created_at + 5, marks);
        list.item(&object! {
            "apiVersion": "v1",
            "data": object! {
                "ca.crt": blank(),
                "namespace": STANDARD.encode(&namespace),
                "token": STANDARD.encode(token),
            },
            "kind": "Secret",
            "metadata": meta,
            "type": "kubernetes.io/service-account-token",
        })?;
    }
    list.close(truth)?;
    certificates.close(truth)
}
