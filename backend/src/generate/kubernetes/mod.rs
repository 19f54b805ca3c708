//! Kubernetes clusters: what `kubectl get … -A -o json` prints, one file per group of kinds.

mod access;
mod secrets;
mod service_accounts;
mod workloads;

use std::path::Path;

use anyhow::Result;

use super::company::{DOMAINS, Domain, Environment};
use super::dirt::Export;
use super::draw::Draw;
use super::gcp::Project;
use super::json::{Document, Json, object};
use super::timeline::{Life, Population, Snapshot, Timeline, rfc3339};
use super::truth::SnapshotTruth;
use super::{Account, Estate, places};

const INDENT: &[u8] = b"    ";
/// How many service accounts the namespaces of a cluster have, repeating: mean 5.25, median 4, the largest 12.
const NAMESPACE_SIZES: [u64; 12] = [4, 3, 7, 4, 5, 2, 9, 4, 12, 3, 6, 4];
/// The namespaces that every cluster starts with, and their service accounts. The last is named after the cluster.
const SYSTEM_NAMESPACES: [(&str, &[&str]); 5] = [
    (
        "kube-system",
        &["default", "coredns", "kube-proxy", "cluster-autoscaler"],
    ),
    ("cert-manager", &["default", "cert-manager", "cert-manager-webhook"]),
    (
        "monitoring",
        &[
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
        &["default", "ingress-nginx", "ingress-nginx-admission", "external-dns"],
    ),
    (
        TOOLS,
        &[
            "default",
            "velero-server",
            "cost-exporter",
            "image-puller",
            "external-secrets",
        ],
    ),
];
const TOOLS: &str = "tools";
/// The tools start at this ordinal: behind the namespaces before theirs, and its `default`.
const FIRST_TOOL: u64 = 4 + 3 + 7 + 4 + 1;
const N_TOOLS: u64 = 4;
/// The applications' service accounts start here.
pub const FIRST_APPLICATION_ACCOUNT: u64 = FIRST_TOOL + N_TOOLS;
/// What the service accounts of an application's namespace are for; the first of all is `default`.
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
    /// What the platform team calls it.
    name: String,
    pub source: String,
    domain: usize,
    pub environment: Environment,
    pub flavour: Flavour,
    pub accounts: Population,
    /// The id in the cluster's OIDC issuer address.
    issuer_id: String,
}

/// Whose managed Kubernetes a cluster is, and the cloud account that its workloads reach into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Whether the service account with this ordinal is there at snapshot `index`.
    pub fn has(&self, ordinal: u64, timeline: &Timeline, index: usize) -> bool {
        ordinal < self.accounts.n_born(index) && self.is_alive(&self.accounts.life(ordinal, timeline), index)
    }

    /// The service accounts that are there at snapshot `index`, namespace by namespace.
    fn alive(&self, timeline: &Timeline, index: usize) -> Vec<Life> {
        (0..self.accounts.n_born(index))
            .map(|ordinal| self.accounts.life(ordinal, timeline))
            .filter(|life| self.is_alive(life, index))
            .collect()
    }

    /// What comes with the cluster or with a namespace stays as long as it does.
    fn is_alive(&self, life: &Life, index: usize) -> bool {
        let (namespace, position) = seat(life.ordinal);
        index < life.gone || position == 0 || (namespace as usize) < SYSTEM_NAMESPACES.len() - 1
    }

    fn namespace(&self, number: u64) -> String {
        match SYSTEM_NAMESPACES.get(number as usize) {
            Some((TOOLS, _)) => format!("{}-tools", self.name),
            Some((name, _)) => (*name).to_owned(),
            None => {
                let number = number - SYSTEM_NAMESPACES.len() as u64;
                let service = self.domain_of(number).services[(number % 8) as usize];
                match number / 112 {
                    0 => service.to_owned(),
                    round => format!("{service}-{}", round + 1),
                }
            }
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
        format!("{}{}", self.service_of(namespace), JOBS[(position - 1) as usize])
    }

    /// The service that a namespace is for; the platform team's for those that come with the cluster.
    fn service_of(&self, namespace: u64) -> &'static str {
        match namespace.checked_sub(SYSTEM_NAMESPACES.len() as u64) {
            Some(application) => self.domain_of(application).services[(application % 8) as usize],
            None => "platform",
        }
    }

    fn team_of(&self, namespace: u64) -> &'static Domain {
        match namespace.checked_sub(SYSTEM_NAMESPACES.len() as u64) {
            Some(application) => self.domain_of(application),
            None => &DOMAINS[2],
        }
    }
}

/// Whether the service account with this ordinal is an application's own, and no `default` or system one.
pub fn is_workload(ordinal: u64) -> bool {
    ordinal >= FIRST_APPLICATION_ACCOUNT && seat(ordinal).1 > 0
}

/// The ordinal of a cluster's `index`-th tool, as long as there are that many.
pub fn tool(index: u64) -> Option<u64> {
    (index < N_TOOLS).then_some(FIRST_TOOL + index)
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

/// Plans the clusters: of four, two run in AWS accounts, one in a Google project and one in Azure.
pub fn plan(
    seed: u64,
    n_identities: u64,
    n_clusters: usize,
    accounts: &[Account],
    projects: &[Project],
    timeline: &Timeline,
) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for (number, place) in places::plan(n_identities, n_clusters, 3).into_iter().enumerate() {
        let round = number / 4;
        let (flavour, domain, environment) = match number % 4 {
            0 | 2 => {
                let account = &accounts[(2 * round + number % 4 / 2) % accounts.len()];
                let flavour = Flavour::Eks {
                    account: account.number,
                };
                (flavour, account.domain, account.environment)
            }
            1 => {
                let project = &projects[round % projects.len()];
                let flavour = Flavour::Gke {
                    project: project.number,
                };
                (flavour, project.domain, project.environment)
            }
            _ => (Flavour::Aks, place.domain, place.environment),
        };
        let stem = format!("{}-{}", domain.name, environment.short());
        let is_taken = |name: &str| clusters.iter().any(|cluster| cluster.name == name);
        let numbered = (2..).map(|round| format!("{stem}-{round}"));
        let name = std::iter::once(stem.clone())
            .chain(numbered)
            .find(|name| !is_taken(name))
            .unwrap_or_default();
        clusters.push(Cluster {
            number,
            source: format!("k8s-{name}"),
            name,
            domain: DOMAINS.iter().position(|other| other.name == domain.name).unwrap_or(0),
            environment,
            flavour,
            accounts: Population::new(seed, "kube account life", number as u64, place.size, timeline),
            issuer_id: Draw::new(seed, "issuer", 0, number as u64).hex(32),
        });
    }
    clusters
}

/// Writes one cluster's folder.
pub fn write(
    estate: &Estate,
    cluster: &Cluster,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(&cluster.source);
    truth.source(&cluster.source, Some(cluster.environment));
    let lives = cluster.alive(&estate.timeline, snapshot.index);
    service_accounts::write(estate, cluster, snapshot, &folder, &lives, truth)?;
    workloads::write(estate, cluster, &folder, &lives, truth)?;
    access::write(estate, cluster, &folder, &lives, truth)?;
    secrets::write(estate, cluster, snapshot, &folder, &lives, truth)
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

/// The annotations and labels of an object, each by name.
#[derive(Default)]
struct Marks {
    annotations: Vec<(&'static str, Json)>,
    labels: Vec<(&'static str, Json)>,
}

fn metadata(draw: &mut Draw, name: &str, namespace: Option<&str>, created_at: i64, marks: Marks) -> Json {
    let map = |pairs: Vec<(&'static str, Json)>| {
        (!pairs.is_empty())
            .then(|| Json::Object(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()).sorted())
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
