//! What applications may do: application permissions on Microsoft Graph, and what people and administrators consented to.

use std::path::Path;

use anyhow::Result;

use super::pages::{GraphPages, LastPage};
use super::{GRAPH_APP_ID, INTRUDER_NAME, Tenant, intruder};
use crate::generate::Estate;
use crate::generate::draw::Draw;
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Life, Snapshot, rfc3339};
use crate::generate::truth::SnapshotTruth;

const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";
/// `RoleManagement.ReadWrite.Directory`: its holder can make itself a global administrator.
pub const ROLE_MANAGEMENT: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
/// `AppRoleAssignment.ReadWrite.All`: its holder can give itself every other permission.
const ASSIGN_ROLES: &str = "06b708a9-e830-4db3-a914-8e69da51d44f";
/// `Application.ReadWrite.All`.
const WRITE_APPLICATIONS: &str = "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9";

/// The Graph application role an application asked for and got.
pub fn graph_role(estate: &Estate, tenant: &Tenant, ordinal: u64) -> &'static str {
    Draw::new(estate.seed, "graph role", tenant.number as u64, ordinal).weighted(&[
        (2, ROLE_MANAGEMENT),
        (1, ASSIGN_ROLES),
        (5, WRITE_APPLICATIONS),
        (16, "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
        (26, "df021288-bdef-4463-88db-98f22de89214"),
        (16, "5b567255-7703-4780-807c-7be8301ae99b"),
        (12, "810c84a8-4a9e-49e6-bf7d-12d183f40d01"),
        (10, "332a536c-c7ef-4017-ab91-336970924f0d"),
        (12, NO_ROLE),
    ])
}

pub fn is_administrator(role: &str) -> bool {
    role == ROLE_MANAGEMENT || role == ASSIGN_ROLES
}

fn graph_principal(estate: &Estate, tenant: &Tenant) -> String {
    tenant.guid(estate.seed, GRAPH_APP_ID, 0)
}

/// Writes `appRoleAssignments_N.json`, from Microsoft Graph's own side.
pub fn write_assignments(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.applications.alive(&estate.timeline, snapshot.index).collect();
    let planted = intruder(estate, tenant, snapshot);
    let total = lives.len() as u64 + u64::from(planted.is_some());
    let graph = graph_principal(estate, tenant);
    let mut pages = GraphPages::new(estate, folder, "appRoleAssignments", total, LastPage::Fetched);
    pages.path = format!("servicePrincipals/{graph}/appRoleAssignedTo");
    let row = |id: String, role: &'static str, created_at: i64, name: String, principal: String| {
        object! {
            "id": id,
            "deletedDateTime": Json::Null,
            "appRoleId": role,
            "createdDateTime": rfc3339(created_at),
            "principalDisplayName": name,
            "principalId": principal,
            "principalType": "ServicePrincipal",
            "resourceDisplayName": "Microsoft Graph",
            "resourceId": graph.clone(),
        }
    };
    for life in &lives {
        let mut draw = Draw::new(estate.seed, "app role assignment", tenant.number as u64, life.ordinal);
        let role = graph_role(estate, tenant, life.ordinal);
        if is_administrator(role) {
            let app_id = tenant.app_id(estate.seed, life.ordinal);
            truth.problem("administrator", app_id, tenant.source, role);
        } else if role == WRITE_APPLICATIONS {
            let app_id = tenant.app_id(estate.seed, life.ordinal);
            truth.problem("way_up", app_id, tenant.source, "adds credentials to applications");
        }
        let principal = tenant.guid(estate.seed, "entra principal", life.ordinal);
        let id = draw.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43);
        let name = tenant.application_name(estate, life.ordinal);
        pages.item(row(id, role, life.created_at + 300, name, principal), truth)?;
    }
    if let Some(planted) = planted {
        let id = Draw::new(estate.seed, "intruder assignment", 0, 0).hex(43);
        let created_at = planted.created_at + 900;
        let name = INTRUDER_NAME.to_owned();
        pages.item(row(id, ROLE_MANAGEMENT, created_at, name, planted.principal), truth)?;
    }
    pages.close(truth)
}

/// Writes `oauth2PermissionGrants_N.json`: what third parties' applications may do for whom.
pub fn write_consents(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.third_party.alive(&estate.timeline, snapshot.index).collect();
    let total = lives.len() as u64;
    let mut pages = GraphPages::new(estate, folder, "oauth2PermissionGrants", total, LastPage::Fetched);
    for life in &lives {
        let mut draw = Draw::new(estate.seed, "oauth grant", tenant.number as u64, life.ordinal);
        let is_for_everyone = draw.chance(0.55);
        let scope = draw.pick(&[
            "User.Read",
            " openid profile User.Read offline_access",
            "Mail.ReadWrite Files.ReadWrite.All",
            "Files.Read.All Sites.Read.All",
        ]);
        let consent = if is_for_everyone { "AllPrincipals" } else { "Principal" };
        let row = object! {
            "clientId": tenant.guid(estate.seed, "third party", life.ordinal),
            "consentType": consent,
            "id": draw.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 32),
            "principalId": (!is_for_everyone).then(|| draw.guid()),
            "resourceId": graph_principal(estate, tenant),
            "scope": scope,
        };
        pages.item(row, truth)?;
    }
    pages.close(truth)
}
