//! A made-up organisation's estate, in the files that real tools write.
//!
//! [`generate`] plans the whole estate from a seed (who exists where, and which workload maps to which cloud
//! identity) and then writes it snapshot by snapshot, row by row, the sources of a snapshot side by side. Nothing is
//! kept per identity: each fact is drawn again from the seed and the identity's number wherever it is needed, so both
//! ends of a join agree without a table, two million identities need little more memory than two thousand, and one
//! seed gives the same bytes on every machine and with any number of threads.

mod aws;
mod certificates;
mod company;
mod crossings;
mod dirt;
mod draw;
mod entra;
mod gcp;
mod governance;
mod inventory;
mod json;
mod kubernetes;
mod people;
mod places;
mod registry;
mod reviews;
#[cfg(test)]
mod tests;
mod timeline;
mod truth;
mod workloads;
mod x509;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use jiff::civil::Date;
use rayon::prelude::*;

use aws::Account;
use certificates::{Pki, TlsSource};
use company::Environment;
use dirt::Dirt;
use entra::Tenant;
use gcp::Project;
use inventory::Inventory;
use kubernetes::{Cluster, Flavour};
use people::Staff;
use registry::Registry;
use reviews::Reviews;
use timeline::{Snapshot, Timeline, rfc3339};
use truth::{Head, LISTED_IN_LARGE, Scope, SnapshotTruth};

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
        n_accounts: 40,
        n_projects: 60,
        n_clusters: 24,
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
    staff: Staff,
    registry: Registry,
    pki: Pki,
    accounts: Vec<Account>,
    tenants: Vec<Tenant>,
    projects: Vec<Project>,
    clusters: Vec<Cluster>,
    clusters_by_flavour: BTreeMap<Flavour, Vec<usize>>,
    tls: Vec<TlsSource>,
    inventories: Vec<Inventory>,
    reviews: Reviews,
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
    registry::write_manifest(&estate, out)?;
    estate.registry.write(&estate.staff, out)?;
    let people = estate.staff.write_roster(out)?;
    let missing = match estate.dirt.plants_faults() {
        true => registry::MISSING_SOURCES.to_vec(),
        false => Vec::new(),
    };
    let head = Head {
        schema: 2,
        generator: "rollcall generate",
        company: company::NAME,
        seed: options.seed,
        size: options.size.label,
        dirt: options.dirt,
        people,
        expected_sources_missing: missing,
    };
    let mut file = BufWriter::new(File::create(out.join("truth.json.part"))?);
    let head = serde_json::to_string(&head)?;
    write!(file, "{},\"snapshots\":[", head.trim_end_matches('}'))?;
    for snapshot in estate.timeline.snapshots() {
        let truth = estate.write_snapshot(snapshot, options, out)?;
        file.write_all(if snapshot.index == 0 { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut file, &truth)?;
    }
    file.write_all(b"\n]}\n")?;
    file.flush()?;
    estate.reviews.write(&estate, out)?;
    // Its own name says that the estate is whole.
    fs::rename(out.join("truth.json.part"), out.join("truth.json"))?;
    Ok(())
}

/// One source of the estate, as a thing to be written.
enum Part<'a> {
    Aws(&'a Account),
    Entra(&'a Tenant),
    Gcp(&'a Project),
    Kubernetes(&'a Cluster),
    Tls(&'a TlsSource),
    Inventory(&'a Inventory),
    /// What crosses sources.
    Crossings,
}

impl Estate {
    fn plan(options: &Options) -> Result<Self> {
        let Options { size, seed, .. } = *options;
        let timeline = Timeline::new(options.as_of, options.n_snapshots)?;
        let n_people = (size.n_nhis / options.nhi_per_human).max(28);
        let share = |per_mille: u64| size.n_nhis * per_mille / 1_000;
        let projects = gcp::plan(seed, share(90), size.n_projects, &timeline);
        let accounts = aws::plan(seed, share(325), size.n_accounts, n_people, &timeline);
        let clusters = kubernetes::plan(seed, share(200), size.n_clusters, &accounts, &projects, &timeline);
        let tenants = entra::plan(seed, share(160), share(10), &timeline);
        let staff = Staff::new(seed, n_people, &timeline);
        let agents = tenants[0].agent_ids(seed, &timeline);
        let mut clusters_by_flavour: BTreeMap<Flavour, Vec<usize>> = BTreeMap::new();
        for cluster in &clusters {
            clusters_by_flavour
                .entry(cluster.flavour)
                .or_default()
                .push(cluster.number);
        }
        let mut estate = Self {
            seed,
            dirt: Dirt::new(seed, options.dirt),
            registry: Registry::plan(seed, &staff, &accounts, &agents, &timeline),
            staff,
            pki: Pki::new(seed, &timeline),
            tenants,
            tls: TlsSource::plan(seed, size.n_nhis, &timeline),
            inventories: inventory::plan(seed, size.n_nhis, &timeline),
            accounts,
            projects,
            clusters,
            clusters_by_flavour,
            reviews: Reviews::default(),
            timeline,
        };
        estate.reviews = Reviews::plan(&estate, size);
        Ok(estate)
    }

    /// The sources that the company expects in each snapshot, with the stage that each belongs to.
    fn sources(&self) -> Vec<(String, Option<Environment>)> {
        let accounts = self.accounts.iter().map(|it| (it.source.clone(), Some(it.environment)));
        let tenants = self.tenants.iter().map(|it| (it.source.to_owned(), None));
        let projects = self.projects.iter().map(|it| (it.source.clone(), Some(it.environment)));
        let clusters = self.clusters.iter().map(|it| (it.source.clone(), Some(it.environment)));
        let tls = self.tls.iter().map(|it| (it.name.to_owned(), it.environment));
        accounts
            .chain(tenants)
            .chain(projects)
            .chain(clusters)
            .chain(tls)
            .collect()
    }

    fn write_snapshot(&self, snapshot: &Snapshot, options: &Options, out: &Path) -> Result<SnapshotTruth> {
        let folder = out.join(&snapshot.folder);
        let scope = Scope {
            as_of: snapshot.as_of,
            list_limit: options.size.list_limit(),
        };
        let parts: Vec<Part<'_>> = (self.accounts.iter().map(Part::Aws))
            .chain(self.tenants.iter().map(Part::Entra))
            .chain(self.projects.iter().map(Part::Gcp))
            .chain(self.clusters.iter().map(Part::Kubernetes))
            .chain(self.tls.iter().map(Part::Tls))
            .chain(self.inventories.iter().map(Part::Inventory))
            .chain([Part::Crossings])
            .collect();
        let truths: Vec<SnapshotTruth> = parts
            .par_iter()
            .with_max_len(1)
            .map(|part| {
                let mut truth = SnapshotTruth::new(scope);
                match part {
                    Part::Aws(account) => aws::write(self, account, snapshot, &folder, &mut truth)?,
                    Part::Entra(tenant) => entra::write(self, tenant, snapshot, &folder, &mut truth)?,
                    Part::Gcp(project) => gcp::write(self, project, snapshot, &folder, &mut truth)?,
                    Part::Kubernetes(cluster) => kubernetes::write(self, cluster, snapshot, &folder, &mut truth)?,
                    Part::Tls(source) => source.write(self, snapshot, &folder, &mut truth)?,
                    Part::Inventory(inventory) => inventory::write(self, inventory, snapshot, &folder, &mut truth)?,
                    Part::Crossings => crossings::write(self, snapshot, &folder, &mut truth)?,
                }
                Ok(truth)
            })
            .collect::<Result<_>>()?;
        let mut all = SnapshotTruth::new(scope);
        all.folder.clone_from(&snapshot.folder);
        all.as_of = rfc3339(snapshot.as_of);
        all.n_people = self.staff.n_active(snapshot.as_of);
        for truth in truths {
            all.absorb(truth);
        }
        all.finish();
        Ok(all)
    }
}
