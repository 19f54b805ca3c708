//! AI agents: `/servicePrincipals/microsoft.graph.agentIdentity?$expand=sponsors`.

use std::path::Path;

use anyhow::Result;

use super::pages::{GraphPages, LastPage};
use super::{Tenant, person_row};
use crate::generate::Estate;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::{Claim, Said};
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Life, Snapshot, rfc3339};
use crate::generate::truth::{IdentityTruth, Knowledge, SnapshotTruth};

const AGENTS: [&str; 24] = [
    "Code review agent",
    "IT helpdesk agent",
    "Customs document agent",
    "Invoice matching agent",
    "Route planning agent",
    "Carrier mail agent",
    "Sales copilot",
    "Incident summary agent",
    "Claims intake agent",
    "Slotting advisor",
    "Contract clause agent",
    "Tender drafting agent",
    "Fleet maintenance agent",
    "Warehouse shift planner",
    "Supplier onboarding agent",
    "Release notes agent",
    "Data catalogue agent",
    "Fraud case agent",
    "Driver support agent",
    "Meeting notes agent",
    "Knowledge base agent",
    "Test writing agent",
    "Cost anomaly agent",
    "Returns desk agent",
];

/// Writes `agentIdentities_N.json`.
pub fn write(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.agents.alive(&estate.timeline, snapshot.index).collect();
    let mut pages = GraphPages::new(estate, folder, "agentIdentities", lives.len() as u64, LastPage::Fetched);
    pages.context = "servicePrincipals/microsoft.graph.agentIdentity(sponsors())".to_owned();
    pages.path = "servicePrincipals/microsoft.graph.agentIdentity".to_owned();
    let n_names = AGENTS.len() as u64;
    for life in &lives {
        let mut draw = Draw::new(estate.seed, "agent facts", 0, life.ordinal);
        let name = AGENTS[(life.ordinal % n_names) as usize];
        let name = match life.ordinal / n_names {
            0 => name.to_owned(),
            round => format!("{name} {}", round + 1),
        };
        // Agents are new: none is older than the product that makes them.
        let created_at = life.created_at.max(estate.timeline.last().as_of - 520 * DAY);
        let created_at = created_at.min(snapshot.as_of - 3_600);
        let sponsor = draw.chance(0.60).then(|| draw.below(estate.staff.n_people));
        let id = tenant.guid(estate.seed, "agent", life.ordinal);
        let said = Said {
            claims: sponsor.map(Claim::Person).into_iter().collect(),
            ..Said::default()
        };
        let governance = estate.governance(&[&id, &name], said, None, snapshot.as_of);
        let enabled = !draw.chance(0.08);
        let identity = IdentityTruth {
            enabled: Some(enabled),
            // It has none: its blueprint signs in for it.
            credentials: Knowledge::Known,
            ..IdentityTruth::new(id.clone(), "ai_agent", tenant.source, &governance)
        };
        truth.identity(identity, &governance);
        if sponsor.is_none() {
            truth.problem("agent_without_sponsor", id.clone(), tenant.source, name.clone());
        }
        let sponsors: Vec<Json> = sponsor.map(|number| person_row(estate, number)).into_iter().collect();
        let row = object! {
            "@odata.type": "#microsoft.graph.agentIdentity",
            "id": id,
            "accountEnabled": enabled,
            "agentIdentityBlueprintId": Draw::new(estate.seed, "blueprint", 0, life.ordinal % 8).guid(),
            "createdByAppId": draw.guid(),
            "createdDateTime": rfc3339(created_at),
            "disabledByMicrosoftStatus": Json::Null,
            "displayName": name,
            "servicePrincipalType": "ServiceIdentity",
            "tags": ["AgenticInstance"],
            "sponsors": sponsors,
        };
        pages.item(row, truth)?;
    }
    pages.close(truth)
}
