//! Which workload of which cluster acts as which cloud identity.
//!
//! Cloud identities at fixed ordinals belong to workloads, and workloads are dealt to them in turn, so that either
//! side finds the other by arithmetic and no table is kept.

use super::Estate;
use super::kubernetes::{self, Flavour};

/// Every fifth role of an account is an EKS workload's, through the cluster's OIDC provider.
const ROLE_STEP: u64 = 5;
/// Roles at this ordinal and every [`POD_STEP`]th after it are for EKS Pod Identity.
const FIRST_POD_ROLE: u64 = 1;
const POD_STEP: u64 = 7;
/// Every fourth service account of a project is a GKE workload's.
const ACCOUNT_STEP: u64 = 4;
/// Every tenth application, from the fifth on, is an AKS workload's.
const APPLICATION_STEP: u64 = 10;
const FIRST_APPLICATION: u64 = 5;

impl Estate {
    /// The clusters that reach into one cloud account or project, by their numbers.
    fn clusters_of(&self, flavour: Flavour) -> &[usize] {
        self.clusters_by_flavour.get(&flavour).map_or(&[], Vec::as_slice)
    }

    /// Whether a cluster runs in this account.
    pub fn runs_eks(&self, account: usize) -> bool {
        !self.clusters_of(Flavour::Eks { account }).is_empty()
    }

    /// The service account behind the `index`-th workload of the clusters of a flavour.
    fn workload(&self, flavour: Flavour, index: u64) -> Option<(usize, u64)> {
        let clusters = self.clusters_of(flavour);
        let n_clusters = clusters.len() as u64;
        let cluster = *clusters.get(index.checked_rem(n_clusters)? as usize)?;
        let account = kubernetes::FIRST_APPLICATION_ACCOUNT + index / n_clusters;
        let n_born = self.clusters[cluster].accounts.n_born(self.timeline.len() - 1);
        (account < n_born && kubernetes::is_workload(account)).then_some((cluster, account))
    }

    /// The inverse of [`Estate::workload`].
    fn workload_index(&self, cluster: usize, account: u64) -> Option<u64> {
        if !kubernetes::is_workload(account) {
            return None;
        }
        let clusters = self.clusters_of(self.clusters[cluster].flavour);
        let turn = clusters.iter().position(|number| *number == cluster)? as u64;
        Some((account - kubernetes::FIRST_APPLICATION_ACCOUNT) * clusters.len() as u64 + turn)
    }

    /// The name of a workload's cloud identity: after its service account, and its cluster where several share a place.
    pub fn workload_name(&self, prefix: &str, cluster: usize, account: u64) -> String {
        let cluster = &self.clusters[cluster];
        let name = cluster.workload_name(account);
        match self.clusters_of(cluster.flavour).first() {
            Some(first) if *first != cluster.number => format!("{prefix}-{name}-c{:02}", cluster.number),
            Some(_) | None => format!("{prefix}-{name}"),
        }
    }

    /// The workload whose role has this ordinal.
    pub fn eks_workload(&self, account: usize, ordinal: u64) -> Option<(usize, u64)> {
        if !ordinal.is_multiple_of(ROLE_STEP) {
            return None;
        }
        self.workload(Flavour::Eks { account }, ordinal / ROLE_STEP)
    }

    /// The role that a service account of an EKS cluster assumes with its own token.
    pub fn irsa_role(&self, cluster: usize, service_account: u64) -> Option<(usize, u64)> {
        let Flavour::Eks { account } = self.clusters[cluster].flavour else {
            return None;
        };
        let ordinal = self.workload_index(cluster, service_account)? * ROLE_STEP;
        (ordinal < self.accounts[account].roles.n_born(self.timeline.len() - 1)).then_some((account, ordinal))
    }

    /// The cluster tool for which EKS Pod Identity takes on the role with this ordinal.
    pub fn pod_identity_workload(&self, account: usize, ordinal: u64) -> Option<(usize, u64)> {
        let index = ordinal
            .checked_sub(FIRST_POD_ROLE)
            .filter(|above| above.is_multiple_of(POD_STEP))?
            / POD_STEP;
        if ordinal.is_multiple_of(ROLE_STEP) {
            return None;
        }
        let clusters = self.clusters_of(Flavour::Eks { account });
        let cluster = *clusters.get(index.checked_rem(clusters.len() as u64)? as usize)?;
        let tool = kubernetes::tool(index / clusters.len() as u64)?;
        (tool < self.clusters[cluster].accounts.n_born(self.timeline.len() - 1)).then_some((cluster, tool))
    }

    /// The workload behind a Google service account.
    pub fn gke_workload(&self, project: usize, ordinal: u64) -> Option<(usize, u64)> {
        if !ordinal.is_multiple_of(ACCOUNT_STEP) {
            return None;
        }
        self.workload(Flavour::Gke { project }, ordinal / ACCOUNT_STEP)
    }

    /// The Google service account that a service account of a GKE cluster acts as.
    pub fn gke_account(&self, cluster: usize, service_account: u64) -> Option<u64> {
        let Flavour::Gke { project } = self.clusters[cluster].flavour else {
            return None;
        };
        let ordinal = self.workload_index(cluster, service_account)? * ACCOUNT_STEP;
        (ordinal < self.projects[project].accounts.n_born(self.timeline.len() - 1)).then_some(ordinal)
    }

    /// The workload behind an application of the company's own tenant.
    pub fn aks_workload(&self, application: u64) -> Option<(usize, u64)> {
        let above = application.checked_sub(FIRST_APPLICATION)?;
        if !above.is_multiple_of(APPLICATION_STEP) {
            return None;
        }
        self.workload(Flavour::Aks, above / APPLICATION_STEP)
    }

    /// The application that a service account of an AKS cluster signs in as.
    pub fn aks_application(&self, cluster: usize, service_account: u64) -> Option<u64> {
        if self.clusters[cluster].flavour != Flavour::Aks {
            return None;
        }
        let ordinal = self.workload_index(cluster, service_account)? * APPLICATION_STEP + FIRST_APPLICATION;
        (ordinal < self.tenants[0].applications.n_born(self.timeline.len() - 1)).then_some(ordinal)
    }
}
