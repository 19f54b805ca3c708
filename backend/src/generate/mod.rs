//! A made-up organisation's estate, in the files that real tools write.
//!
//! [`generate`] plans the whole estate from a seed (who exists where, and which workload maps to which cloud
//! identity) and then writes it snapshot by snapshot, row by row. Nothing is kept per identity: each fact is drawn
//! again from the seed and the identity's number wherever it is needed, so both ends of a join agree without a
//! table, two million identities need no more memory than two thousand, and one seed gives the same bytes on every
//! machine.

mod aws;
mod certificates;
mod company;
mod dirt;
mod draw;
mod entra;
mod gcp;
mod inventory;
mod json;
mod kubernetes;
#[cfg(test)]
mod tests;
mod timeline;
mod truth;
mod x509;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;

use aws::Account;
use certificates::{Pki, TlsSource};
use company::{Company, DOMAINS, Domain, Environment};
use dirt::Dirt;
use draw::{Draw, zipf_split};
use entra::Tenant;
use gcp::Project;
use inventory::Inventory;
use kubernetes::{Cluster, Flavour};
use timeline::{Population, Timeline, rfc3339};
use truth::{LISTED_IN_LARGE, SnapshotTruth, Truth};

/// How many non-human identities an estate has, and over how many places they spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub label: &'static str,
    pub n_nhis: u64,
    pub n_accounts: usize,
    pub n_projects: usize,
    pub n_clusters: usize,
}

impl Size {
    pub const S: Self = Self {
        label: "S",
        n_nhis: 2_000,
        n_accounts: 8,
        n_projects: 4,
        n_clusters: 5,
    };
    pub const M: Self = Self {
        label: "M",
        n_nhis: 40_000,
        n_accounts: 24,
        n_projects: 20,
        n_clusters: 16,
    };
    pub const L: Self = Self {
        label: "L",
        n_nhis: 400_000,
        n_accounts: 40,
        n_projects: 60,
        n_clusters: 60,
    };
    pub const XL: Self = Self {
        label: "XL",
        n_nhis: 2_000_000,
        n_accounts: 120,
        n_projects: 150,
        n_clusters: 200,
    };

    fn list_limit(self) -> usize {
        if self.n_nhis >= Self::L.n_nhis {
            LISTED_IN_LARGE
        } else {
            usize::MAX
        }
    }
}

/// What to generate.
#[derive(Debug, Clone)]
pub struct Options {
    pub size: Size,
    pub seed: u64,
    /// Monthly snapshots, the last one on `as_of`; at least one.
    pub n_snapshots: usize,
    /// From 0 (clean) to 1; see [`dirt::MEASURED`].
    pub dirt: f64,
    pub nhi_per_human: u64,
    pub as_of: Date,
}

/// The plan: everything that exists, but no row of it.
struct Estate {
    seed: u64,
    dirt: Dirt,
    timeline: Timeline,
    company: Company,
    accounts: Vec<Account>,
    tenants: Vec<Tenant>,
    projects: Vec<Project>,
    clusters: Vec<Cluster>,
    tls: Vec<TlsSource>,
    inventories: Vec<Inventory>,
}

/// Writes an estate into `out`, which is created and must be empty.
///
/// # Errors
///
/// When `out` holds something already, when an option is out of range, or when a file cannot be written.
pub fn generate(options: &Options, out: &Path) -> Result<()> {
    if !(0.0..=1.0).contains(&options.dirt) {
        bail!("dirt is `{}`, expected a number from 0 to 1", options.dirt);
    }
    if options.nhi_per_human == 0 {
        bail!("nhi-per-human is `0`, expected at least 1");
    }
    fs::create_dir_all(out).with_context(|| format!("cannot create `{}`", out.display()))?;
    if fs::read_dir(out)?.next().is_some() {
        bail!("`{}` is not empty, expected a new or empty folder", out.display());
    }
    let estate = Estate::plan(options)?;
    inventory::write_manifest(&estate, out)?;
    inventory::write_registry(&estate, out)?;
    let people = inventory::write_roster(&estate, out)?;
    let mut pki = Pki::new(estate.seed, &estate.timeline);
    let mut truths = Vec::new();
    for snapshot in estate.timeline.snapshots() {
        truths.push(estate.write_snapshot(snapshot, &mut pki, options, out)?);
    }
    let missing = if estate.dirt.plants_faults() {
        &inventory::MISSING_SOURCES[..]
    } else {
        &[]
    };
    let truth = Truth {
        schema: 1,
        generator: "rollcall generate",
        company: company::NAME,
        seed: options.seed,
        size: options.size.label.to_owned(),
        dirt: options.dirt,
        people,
        expected_sources_missing: missing.iter().map(|source| (*source).to_owned()).collect(),
        snapshots: truths,
    };
    let mut file = BufWriter::new(File::create(out.join("truth.json"))?);
    serde_json::to_writer_pretty(&mut file, &truth)?;
    file.write_all(b"\n")?;
    file.flush()?;
    Ok(())
}

impl Estate {
    fn plan(options: &Options) -> Result<Self> {
        let Options { size, seed, .. } = *options;
        let timeline = Timeline::new(options.as_of, options.n_snapshots)?;
        let n_people = (size.n_nhis / options.nhi_per_human).max(12);
        let share = |per_mille: u64| size.n_nhis * per_mille / 1_000;
        let projects = gcp::plan(seed, share(90), size.n_projects, &timeline);
        let accounts = aws::plan(seed, share(330), size.n_accounts, n_people, &timeline);
        let clusters = plan_clusters(seed, share(210), size.n_clusters, &accounts, &projects, &timeline);
        Ok(Self {
            seed,
            dirt: Dirt::new(seed, options.dirt),
            company: Company::new(seed, n_people, &timeline),
            tenants: entra::plan(seed, share(160), share(10), &timeline),
            tls: TlsSource::plan(seed, size.n_nhis, &timeline),
            inventories: inventory::plan(seed, size.n_nhis, &timeline),
            accounts,
            projects,
            clusters,
            timeline,
        })
    }

    fn write_snapshot(
        &self,
        snapshot: &timeline::Snapshot,
        pki: &mut Pki,
        options: &Options,
        out: &Path,
    ) -> Result<SnapshotTruth> {
        let folder = out.join(&snapshot.folder);
        let as_of = rfc3339(snapshot.as_of);
        let mut truth = SnapshotTruth::new(
            snapshot.folder.clone(),
            as_of,
            snapshot.as_of,
            options.size.list_limit(),
        );
        for account in &self.accounts {
            aws::write(self, account, snapshot, &folder, &mut truth)?;
        }
        for tenant in &self.tenants {
            entra::write(self, tenant, snapshot, &folder, &mut truth)?;
        }
        for project in &self.projects {
            gcp::write(self, project, snapshot, &folder, &mut truth)?;
        }
        for cluster in &self.clusters {
            kubernetes::write(self, cluster, pki, snapshot, &folder, &mut truth)?;
        }
        for source in &self.tls {
            source.write(self, pki, snapshot, &folder, &mut truth)?;
        }
        for inventory in &self.inventories {
            inventory::write(self, inventory, snapshot, &folder, &mut truth)?;
        }
        Ok(truth)
    }

    /// The clusters that reach into one cloud account or project, by their place in the list.
    fn clusters_of(&self, flavour: Flavour) -> Vec<usize> {
        self.clusters
            .iter()
            .filter(|cluster| cluster.flavour == flavour)
            .map(|cluster| cluster.number)
            .collect()
    }

    /// The service account behind the `index`-th workload of the clusters of a flavour: they are dealt in turn.
    fn workload(&self, flavour: Flavour, index: u64) -> Option<(usize, u64)> {
        let clusters = self.clusters_of(flavour);
        if clusters.is_empty() {
            return None;
        }
        let n_clusters = clusters.len() as u64;
        let cluster = clusters[(index % n_clusters) as usize];
        let account = index / n_clusters;
        let n_born = self.clusters[cluster].accounts.n_born(self.timeline.len() - 1);
        (account < n_born && !kubernetes::is_default(account)).then_some((cluster, account))
    }

    /// The inverse of [`Estate::workload`].
    fn workload_index(&self, cluster: usize, account: u64) -> Option<u64> {
        if kubernetes::is_default(account) {
            return None;
        }
        let clusters = self.clusters_of(self.clusters[cluster].flavour);
        let turn = clusters.iter().position(|number| *number == cluster)? as u64;
        Some(account * clusters.len() as u64 + turn)
    }

    /// The name of a workload's cloud identity: after its service account, and its cluster where several share a place.
    fn workload_name(&self, prefix: &str, cluster: usize, account: u64) -> String {
        let cluster = &self.clusters[cluster];
        let name = cluster.workload_name(account);
        match self.clusters_of(cluster.flavour).first() {
            Some(first) if *first != cluster.number => format!("{prefix}-{name}-c{:02}", cluster.number),
            Some(_) | None => format!("{prefix}-{name}"),
        }
    }

    fn eks_workload(&self, account: usize, index: u64) -> Option<(usize, u64)> {
        self.workload(Flavour::Eks { account }, index)
    }

    /// The role that a service account of an EKS cluster assumes: every fifth role belongs to a workload.
    fn irsa_role(&self, cluster: usize, service_account: u64) -> Option<(usize, u64)> {
        let Flavour::Eks { account } = self.clusters[cluster].flavour else {
            return None;
        };
        let ordinal = self.workload_index(cluster, service_account)? * 5;
        (ordinal < self.accounts[account].roles.n_born(self.timeline.len() - 1)).then_some((account, ordinal))
    }

    /// The workload behind a Google service account: every fourth belongs to one.
    fn gke_workload(&self, project: usize, ordinal: u64) -> Option<(usize, u64)> {
        if !ordinal.is_multiple_of(4) {
            return None;
        }
        self.workload(Flavour::Gke { project }, ordinal / 4)
    }

    fn gke_account(&self, cluster: usize, service_account: u64) -> Option<u64> {
        let Flavour::Gke { project } = self.clusters[cluster].flavour else {
            return None;
        };
        let ordinal = self.workload_index(cluster, service_account)? * 4;
        (ordinal < self.projects[project].accounts.n_born(self.timeline.len() - 1)).then_some(ordinal)
    }

    /// The workload behind an application of the company's tenant: every tenth, from the fifth on, belongs to one.
    fn aks_workload(&self, application: u64) -> Option<(usize, u64)> {
        if application % 10 != 5 {
            return None;
        }
        self.workload(Flavour::Aks, application / 10)
    }

    fn aks_application(&self, cluster: usize, service_account: u64) -> Option<u64> {
        let ordinal = self.workload_index(cluster, service_account)? * 10 + 5;
        (ordinal < self.tenants[0].applications.n_born(self.timeline.len() - 1)).then_some(ordinal)
    }
}

/// The environment of each domain's first account; later ones move on through the stages.
const STAGES: [Environment; 4] = [
    Environment::Prod,
    Environment::Dev,
    Environment::Staging,
    Environment::Sandbox,
];
const FIRST_STAGE: [usize; 14] = [0, 1, 1, 0, 2, 1, 0, 0, 2, 3, 0, 1, 0, 3];

/// Domain, environment and region suffix of the cloud account with this number.
fn place(number: usize) -> (&'static Domain, Environment, String) {
    let n_domains = DOMAINS.len();
    let round = number / n_domains;
    let environment = STAGES[(FIRST_STAGE[number % n_domains] + round) % 4];
    let suffix = match round / 4 {
        0 => String::new(),
        region => format!("-r{}", region + 1),
    };
    (&DOMAINS[number % n_domains], environment, suffix)
}

/// A source name that no other of its kind has: the number is added where places repeat.
fn distinct(kind: &str, place: &str, number: usize, n_places: usize) -> String {
    if number == 0 || n_places <= DOMAINS.len() {
        format!("{kind}-{place}")
    } else {
        format!("{kind}-{place}-{number:02}")
    }
}

fn plan_clusters(
    seed: u64,
    n_identities: u64,
    n_clusters: usize,
    accounts: &[Account],
    projects: &[Project],
    timeline: &Timeline,
) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for (number, size) in zipf_split(n_identities, n_clusters).into_iter().enumerate() {
        let turn = number / 3;
        let (flavour, domain, environment) = match number % 3 {
            0 => {
                let account = &accounts[turn % accounts.len()];
                (
                    Flavour::Eks {
                        account: account.number,
                    },
                    account.domain,
                    account.environment,
                )
            }
            1 => {
                let project = &projects[turn % projects.len()];
                (
                    Flavour::Gke {
                        project: project.number,
                    },
                    project.domain,
                    project.environment,
                )
            }
            _ => {
                let (domain, environment, _) = place(turn + 3);
                (Flavour::Aks, domain, environment)
            }
        };
        let stem = format!("k8s-{}-{}", domain.name, environment.short());
        let n_same = clusters
            .iter()
            .filter(|cluster| cluster.source.starts_with(&stem))
            .count();
        let source = if n_same == 0 {
            stem
        } else {
            format!("{stem}-{}", n_same + 1)
        };
        clusters.push(Cluster {
            number,
            source,
            domain: DOMAINS.iter().position(|other| other.name == domain.name).unwrap_or(0),
            environment,
            flavour,
            accounts: Population::new(seed, "kube account life", number as u64, size, timeline),
            issuer_id: Draw::new(seed, "issuer", 0, number as u64).hex(32),
        });
    }
    clusters
}
