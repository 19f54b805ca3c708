//! `gcloud iam service-accounts keys list`, account by account.

use std::path::Path;

use anyhow::Result;

use super::activity::{OBSERVED_DAYS, habit};
use super::{INDENT, Project};
use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{CLOUD_KEY_AGES, Life, Snapshot, days_between, generations, rfc3339};
use crate::generate::truth::{CredentialTruth, SnapshotTruth};

/// One user-managed key.
pub struct Key {
    /// The resource name.
    pub name: String,
    created_at: i64,
    is_disabled: bool,
    is_weak: bool,
    /// The last use that Google's activity shows.
    pub used_at: Option<i64>,
}

/// The user-managed keys of a service account. Workloads of a cluster need none.
pub fn of_account(estate: &Estate, project: &Project, snapshot: &Snapshot, life: &Life) -> Vec<Key> {
    if estate.gke_workload(project.number, life.ordinal).is_some() {
        return Vec::new();
    }
    let scope = project.number as u64;
    let resource = project.resource(&project.email(estate, life.ordinal));
    let n_keys =
        Draw::new(estate.seed, "gcp keys", scope, life.ordinal).weighted(&[(53, 0), (32, 1), (10, 2), (4, 4), (1, 10)]);
    let mut keys = Vec::new();
    for slot in 0..n_keys {
        let mut draw = Draw::new(estate.seed, "gcp key", (scope << 8) | slot, life.ordinal);
        let is_disabled = draw.chance(0.06);
        let is_weak = draw.chance(0.01);
        let standing = generations(
            &mut draw,
            CLOUD_KEY_AGES,
            life.created_at,
            &estate.timeline,
            snapshot.index,
        );
        let Some(standing) = standing.first() else { continue };
        let number = (life.ordinal << 16) | standing.number;
        let id = Draw::new(estate.seed, "gcp key id", (scope << 8) | slot, number).hex(40);
        let mut use_draw = Draw::new(
            estate.seed,
            "gcp key use",
            ((snapshot.index as u64) << 32) | scope,
            life.ordinal * 16 + slot,
        );
        keys.push(Key {
            name: format!("{resource}/keys/{id}"),
            created_at: standing.created_at,
            is_disabled,
            is_weak,
            used_at: habit(estate, project, life)
                .last_used_at(&mut use_draw, standing.created_at, snapshot.as_of)
                .filter(|at| snapshot.as_of - at < OBSERVED_DAYS * DAY),
        });
    }
    keys
}

/// Writes `keys.json`: one list, or one list an account as a shell loop leaves them.
pub fn write(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let is_concatenated = estate
        .dirt
        .strikes("concatenated documents", 0.05, &project.source, "keys");
    let mut list = Document::list(Export::text(&estate.dirt, folder, "keys.json")?, INDENT)?;
    for (place, life) in lives.iter().enumerate() {
        if is_concatenated && place > 0 {
            list = Document::list(list.end_document_list()?, INDENT)?;
        }
        let email = project.email(estate, life.ordinal);
        for key in of_account(estate, project, snapshot, life) {
            key.record(project, snapshot, &email, truth);
            list.item(&key.row())?;
        }
        list.item(&system_key(estate, project, snapshot, life))?;
    }
    let (path, quirks) = list.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    if is_concatenated {
        truth.quirk("concatenated documents", &path);
    }
    Ok(())
}

impl Key {
    fn record(&self, project: &Project, snapshot: &Snapshot, email: &str, truth: &mut SnapshotTruth) {
        truth.credential(
            CredentialTruth::new(self.name.clone(), "gcp_key", email)
                .created(self.created_at)
                .used(self.used_at)
                .never_ends()
                .with_status(if self.is_disabled { "inactive" } else { "active" }),
        );
        if !self.is_disabled && days_between(self.created_at, snapshot.as_of) > 90 {
            let since = rfc3339(self.created_at);
            truth.problem("rotation_overdue", self.name.clone(), &project.source, since);
        }
        if self.is_weak {
            truth.problem("weak_key", self.name.clone(), &project.source, "KEY_ALG_RSA_1024");
        }
    }

    fn row(&self) -> Json {
        let algorithm = if self.is_weak {
            "KEY_ALG_RSA_1024"
        } else {
            "KEY_ALG_RSA_2048"
        };
        object! {}
            .with_some("disabled", self.is_disabled.then_some(true))
            .with("keyAlgorithm", algorithm)
            .with("keyOrigin", "GOOGLE_PROVIDED")
            .with("keyType", "USER_MANAGED")
            .with("name", self.name.clone())
            .with("validAfterTime", rfc3339(self.created_at))
            .with("validBeforeTime", "9999-12-31T23:59:59Z")
    }
}

/// Google's own signing key of the account: no secret of the company's.
fn system_key(estate: &Estate, project: &Project, snapshot: &Snapshot, life: &Life) -> Json {
    let scope = ((snapshot.index as u64) << 32) | project.number as u64;
    let mut draw = Draw::new(estate.seed, "gcp system key", scope, life.ordinal);
    let resource = project.resource(&project.email(estate, life.ordinal));
    let since = snapshot.as_of - draw.days(1, 14);
    object! {
        "keyAlgorithm": "KEY_ALG_RSA_2048",
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": "SYSTEM_MANAGED",
        "name": format!("{resource}/keys/{}", draw.hex(40)),
        "validAfterTime": rfc3339(since),
        "validBeforeTime": rfc3339(since + 16 * DAY),
    }
}
