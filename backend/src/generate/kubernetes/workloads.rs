//! What runs: deployments and cron jobs, and the service account each runs as.

use std::path::Path;

use anyhow::Result;

use super::{Cluster, KubeList, Marks, SYSTEM_NAMESPACES, metadata, seat};
use crate::generate::Estate;
use crate::generate::company::DOMAIN;
use crate::generate::draw::Draw;
use crate::generate::json::{Json, object};
use crate::generate::timeline::Life;
use crate::generate::truth::SnapshotTruth;

/// Where the nightly job stands among the accounts of a namespace.
const CRON_POSITION: u64 = 4;

/// What runs as a service account.
pub struct Workload {
    draw: Draw,
    image: String,
    /// Whether its pods ask for no token of their account.
    pub withholds_token: bool,
}

impl Workload {
    /// One application in nine runs something as `default`; three accounts in ten run nothing.
    pub fn of(estate: &Estate, cluster: &Cluster, life: &Life) -> Option<Self> {
        let (number, position) = seat(life.ordinal);
        let mut draw = Draw::new(estate.seed, "kube workload", cluster.number as u64, life.ordinal);
        let is_system = (number as usize) < SYSTEM_NAMESPACES.len();
        let share = match (position, is_system) {
            (0, true) => 0.0,
            (0, false) => 0.11,
            (_, true) => 1.0,
            (_, false) => 0.70,
        };
        draw.chance(share).then(|| {
            let image = format!(
                "registry.{DOMAIN}/{}:{}.{}.{}",
                cluster.service_of(number),
                draw.below(9),
                draw.below(30),
                draw.below(12)
            );
            let withholds_token = draw.chance(0.12);
            Self {
                draw,
                image,
                withholds_token,
            }
        })
    }
}

/// Writes `workloads.json`.
pub fn write(
    estate: &Estate,
    cluster: &Cluster,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = KubeList::open(estate, folder, "workloads.json")?;
    for life in lives {
        let (_, position) = seat(life.ordinal);
        let (namespace, account) = cluster.service_account(life.ordinal);
        let Some(Workload {
            mut draw,
            image,
            withholds_token,
        }) = Workload::of(estate, cluster, life)
        else {
            continue;
        };
        let name = if position == 0 {
            format!("{namespace}-adhoc")
        } else {
            account.clone()
        };
        if position == 0 {
            let subject = format!("{}/{namespace}/{account}", cluster.source);
            truth.problem("default_account_in_use", subject, &cluster.source, name.clone());
        }
        let mut pod = object! {};
        if withholds_token {
            pod = pod.with("automountServiceAccountToken", false);
        }
        let container = object! { "image": image, "imagePullPolicy": "IfNotPresent", "name": name.clone() };
        pod = pod.with("containers", vec![container]);
        if position == CRON_POSITION {
            pod = pod.with("restartPolicy", "OnFailure");
        }
        if position > 0 {
            pod = pod
                .with("serviceAccount", account.clone())
                .with("serviceAccountName", account);
        }
        let marks = Marks {
            labels: vec![("app", name.clone().into())],
            ..Marks::default()
        };
        let meta = metadata(&mut draw, &name, Some(&namespace), life.created_at + 600, marks);
        let row = match position {
            CRON_POSITION => cron_job(meta, &name, pod),
            _ => deployment(meta, &name, pod, draw.between(1, 5)),
        };
        list.item(&row)?;
    }
    list.close(truth)
}

fn template(name: &str, pod: Json) -> Json {
    object! { "metadata": object! { "labels": object! { "app": name.to_owned() } }, "spec": pod }
}

fn cron_job(meta: Json, name: &str, pod: Json) -> Json {
    object! {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": meta,
        "spec": object! {
            "concurrencyPolicy": "Forbid",
            "jobTemplate": object! { "spec": object! { "template": template(name, pod) } },
            "schedule": "17 3 * * *",
            "suspend": false,
        },
    }
}

fn deployment(meta: Json, name: &str, pod: Json, n_replicas: i64) -> Json {
    object! {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": object! {
            "replicas": n_replicas,
            "selector": object! { "matchLabels": object! { "app": name.to_owned() } },
            "strategy": object! {
                "rollingUpdate": object! { "maxSurge": "25%", "maxUnavailable": "25%" }, "type": "RollingUpdate",
            },
            "template": template(name, pod),
        },
        "status": object! { "availableReplicas": n_replicas, "replicas": n_replicas },
    }
}
