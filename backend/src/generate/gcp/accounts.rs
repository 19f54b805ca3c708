//! `gcloud iam service-accounts list`.

use std::path::Path;

use anyhow::Result;

use super::activity::{UseSeen, account_used_at};
use super::policies::{OWNER, role_of};
use super::{INDENT, Project, keys};
use crate::generate::Estate;
use crate::generate::company::purpose_of;
use crate::generate::dirt::Export;
use crate::generate::draw::Draw;
use crate::generate::governance::{Ownership, Said};
use crate::generate::json::{Document, object};
use crate::generate::timeline::{Life, Snapshot};
use crate::generate::truth::{IdentityTruth, Knowledge, SnapshotTruth};

/// The id of a service account that no other ever had.
pub fn unique_id(estate: &Estate, project: &Project, ordinal: u64) -> String {
    let mut draw = Draw::new(estate.seed, "gcp unique id", project.number as u64, ordinal);
    format!("1{}", draw.text(b"0123456789", 20))
}

/// Writes `service-accounts.json`.
pub fn write(
    estate: &Estate,
    project: &Project,
    snapshot: &Snapshot,
    folder: &Path,
    lives: &[Life],
    use_seen: &UseSeen,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = Document::list(Export::text(&estate.dirt, folder, "service-accounts.json")?, INDENT)?;
    for life in lives {
        let email = project.email(estate, life.ordinal);
        let mut draw = Draw::new(estate.seed, "gcp account facts", project.number as u64, life.ordinal);
        let ownership = Ownership::draw(
            &mut draw,
            &estate.staff,
            project.domain,
            &estate.timeline,
            snapshot.index,
        );
        let purpose = draw.chance(0.28).then(|| purpose_of(life.ordinal));
        let is_disabled = draw.chance(0.03);
        // The description is the one field there is for all of this.
        let owner = ownership.text(&estate.staff).map(|owner| format!("owner: {owner}"));
        let parts: Vec<String> = purpose.map(str::to_owned).into_iter().chain(owner).collect();
        let description = (!parts.is_empty()).then(|| parts.join("; "));
        if let Ownership::Departed(person) = ownership
            && estate.staff.person(person).has_left(snapshot.as_of)
        {
            let owner = estate.staff.person(person).email;
            truth.problem("orphaned", email.clone(), &project.source, owner);
        }
        let display_name = draw
            .chance(0.7)
            .then(|| email.split('@').next().unwrap_or_default().to_owned());
        let said = Said {
            claims: ownership.claim(),
            has_purpose: purpose.is_some(),
            environment: None,
        };
        let governance = estate.governance(&[&email], said, Some(project.environment), snapshot.as_of);
        let of_account = account_used_at(estate, project, snapshot, life).filter(|_| use_seen.has(life.ordinal));
        let of_keys = keys::of_account(estate, project, snapshot, life)
            .into_iter()
            .filter_map(|key| key.used_at)
            .max();
        let identity = IdentityTruth {
            enabled: Some(!is_disabled),
            credentials: Knowledge::Known,
            administrator: role_of(estate, project, life.ordinal) == OWNER,
            ..IdentityTruth::new(email.clone(), "gcp_service_account", &project.source, &governance)
                .used(of_account.max(of_keys))
        };
        truth.identity(identity, &governance);
        let row = object! {}
            .with_some("description", description)
            .with_some("disabled", is_disabled.then_some(true))
            .with_some("displayName", display_name)
            .with("email", email.clone())
            .with("etag", "MDEwMjE5MjA=")
            .with("name", project.resource(&email))
            .with("oauth2ClientId", draw.digits(21))
            .with("projectId", project.id.clone())
            .with("uniqueId", unique_id(estate, project, life.ordinal));
        list.item(&row)?;
    }
    let (path, quirks) = list.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}
