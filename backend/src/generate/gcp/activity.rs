//! `gcloud policy-intelligence query-activity`: the last authentication of accounts and keys. Who was not used in the
//! observation period has no row.

use std::path::Path;

use anyhow::Result;

use super::accounts::unique_id;
use super::{INDENT, Project, keys};
use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{Habit, Life, Snapshot, rfc3339};
use crate::generate::truth::SnapshotTruth;

/// Google keeps about 400 days of authentication activity.
pub const OBSERVED_DAYS: i64 = 400;

/// How the use of a service account looks over time.
pub fn habit(estate: &Estate, project: &Project, life: &Life) -> Habit {
    let mut draw = Draw::new(estate.seed, "gcp habit", project.number as u64, life.ordinal);
    Habit::draw(&mut draw, &estate.timeline)
}

/// The last authentication of a service account that Google kept.
pub fn account_used_at(estate: &Estate, project: &Project, snapshot: &Snapshot, life: &Life) -> Option<i64> {
    let mut draw = Draw::new(
        estate.seed,
        "gcp use",
        ((snapshot.index as u64) << 32) | project.number as u64,
        life.ordinal,
    );
    habit(estate, project, life)
        .last_used_at(&mut draw, life.created_at, snapshot.as_of)
        .filter(|at| snapshot.as_of - at < OBSERVED_DAYS * DAY)
}

/// Which accounts' use the file still shows.
pub struct UseSeen {
    /// The first account that it does not, when the download broke off.
    broken_off_at: Option<u64>,
}

impl UseSeen {
    pub fn has(&self, ordinal: u64) -> bool {
        self.broken_off_at.is_none_or(|first_lost| ordinal < first_lost)
    }
}

/// Writes `service-account-activity.json`. In the last two snapshots, one project's download broke off.
pub fn write_accounts(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<UseSeen> {
    let is_faulty = project.number + 1 == estate.projects.len()
        && snapshot.index + 2 >= estate.timeline.len()
        && estate.dirt.plants_faults();
    let used = |life: &Life| Some((*life, account_used_at(estate, project, snapshot, life)?));
    let used: Vec<(Life, i64)> = lives.iter().filter_map(used).collect();
    let n_whole = if is_faulty { used.len() * 6 / 10 } else { used.len() };
    let name = "service-account-activity.json";
    let mut list = Document::list(Export::text(&estate.dirt, folder, name)?, INDENT)?;
    let row = |(life, at): &(Life, i64)| {
        let resource = project.resource(&project.email(estate, life.ordinal));
        activity_row(estate, project, snapshot, life, *at, &resource, Activity::Account)
    };
    for used in &used[..n_whole] {
        list.item(&row(used))?;
    }
    let broken_off_at = used.get(n_whole).map(|(life, _)| life.ordinal);
    let out = match used.get(n_whole) {
        Some(used) => list.break_off(&row(used))?,
        None => list.end_document_list()?,
    };
    let (path, quirks) = out.finish()?;
    truth.file(&path, &quirks);
    if broken_off_at.is_some() {
        truth.partial(&project.source, "truncated file");
        truth.fault(&path, "truncated");
    }
    Ok(UseSeen { broken_off_at })
}

/// Writes `key-activity.json`.
pub fn write_keys(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = Document::list(Export::text(&estate.dirt, folder, "key-activity.json")?, INDENT)?;
    for life in lives {
        for key in keys::of_account(estate, project, snapshot, life) {
            if let Some(at) = key.used_at {
                let row = activity_row(estate, project, snapshot, life, at, &key.name, Activity::Key);
                list.item(&row)?;
            }
        }
    }
    let (path, quirks) = list.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}

#[derive(Clone, Copy)]
enum Activity {
    Account,
    Key,
}

fn activity_row(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    life: &Life,
    at: i64,
    resource: &str,
    activity: Activity,
) -> Json {
    let (kind, about) = match activity {
        Activity::Account => ("serviceAccountLastAuthentication", "serviceAccount"),
        Activity::Key => ("serviceAccountKeyLastAuthentication", "serviceAccountKey"),
    };
    let full = format!("//iam.googleapis.com/{resource}");
    object! {
        "activity": object! {
            "lastAuthenticatedTime": rfc3339(at),
            about: object! {
                "fullResourceName": full.clone(),
                "projectNumber": &project.project_number,
                "serviceAccountId": unique_id(estate, project, life.ordinal),
            },
        },
        "activityType": kind,
        "fullResourceName": full,
        "observationPeriod": object! {
            "endTime": rfc3339(snapshot.as_of - 2 * DAY),
            "startTime": rfc3339(snapshot.as_of - OBSERVED_DAYS * DAY),
        },
    }
}
