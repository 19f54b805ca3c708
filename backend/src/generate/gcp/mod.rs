//! GCP projects: service accounts, their keys, IAM policies and last use, as `gcloud … --format=json` prints them.

mod accounts;
mod activity;
mod keys;
mod policies;

use std::path::Path;

use anyhow::Result;

use super::company::{Domain, Environment, identity_name};
use super::draw::{Draw, fnv1a};
use super::timeline::{Life, Population, Snapshot, Timeline};
use super::truth::SnapshotTruth;
use super::{Estate, places};

const INDENT: &[u8] = b"  ";

/// One GCP project, a source of its own.
pub struct Project {
    pub number: usize,
    pub id: String,
    /// The project number, as policies name the project.
    project_number: String,
    pub source: String,
    pub domain: &'static Domain,
    pub environment: Environment,
    pub accounts: Population,
}

impl Project {
    /// The address of the service account with this ordinal.
    pub fn email(&self, estate: &Estate, ordinal: u64) -> String {
        let name = match estate.gke_workload(self.number, ordinal) {
            Some((cluster, account)) => estate.workload_name("gke", cluster, account),
            None => identity_name(self.domain, ordinal),
        };
        format!("{}@{}.iam.gserviceaccount.com", shortened(name), self.id)
    }

    /// The resource name of the service account with this address.
    fn resource(&self, email: &str) -> String {
        format!("projects/{}/serviceAccounts/{email}", self.id)
    }
}

/// Google allows names of thirty characters; a longer one ends in what tells it apart.
fn shortened(name: String) -> String {
    if name.len() <= 30 {
        return name;
    }
    let start = name.get(..25).unwrap_or(&name).trim_end_matches('-');
    format!("{start}-{:04x}", fnv1a(name.as_bytes()) & 0xffff)
}

/// Plans the projects: `n_identities` service accounts between them. The data platform came first.
pub fn plan(seed: u64, n_identities: u64, n_projects: usize, timeline: &Timeline) -> Vec<Project> {
    places::plan(n_identities, n_projects, 1)
        .into_iter()
        .enumerate()
        .map(|(number, place)| {
            let mut draw = Draw::new(seed, "gcp project", 0, number as u64);
            Project {
                number,
                id: format!("hld-{}-{}", place.name(), draw.hex(4)),
                project_number: draw.digits(12),
                source: format!("gcp-{}", place.name()),
                domain: place.domain,
                environment: place.environment,
                accounts: Population::settled(seed, "gcp account", number as u64, place.size, timeline),
            }
        })
        .collect()
}

/// Writes one project's folder.
pub fn write(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(&project.source);
    truth.source(&project.source, Some(project.environment));
    let lives: Vec<Life> = project.accounts.alive(&estate.timeline, snapshot.index).collect();
    let use_seen = activity::write_accounts(estate, project, snapshot, &folder, &lives, truth)?;
    keys::write(estate, project, snapshot, &folder, &lives, truth)?;
    activity::write_keys(estate, project, snapshot, &folder, &lives, truth)?;
    accounts::write(estate, project, snapshot, &folder, &lives, &use_seen, truth)?;
    policies::write(estate, project, snapshot, &folder, &lives, truth)
}
