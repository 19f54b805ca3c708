//! Entra tenants: pages of Microsoft Graph, as `az rest` leaves them.

mod agents;
mod applications;
mod credentials;
mod federations;
mod grants;
mod pages;
mod service_principals;
mod sign_ins;

use std::path::Path;

use anyhow::Result;

use super::Estate;
use super::company::{DOMAINS, Domain, identity_name};
use super::draw::{DAY, Draw};
use super::json::{Json, object};
use super::timeline::{Population, Snapshot, Timeline};
use super::truth::SnapshotTruth;

const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";

/// One Entra tenant, a source of its own.
pub struct Tenant {
    pub number: usize,
    id: String,
    pub source: &'static str,
    publisher_domain: &'static str,
    pub applications: Population,
    managed: Population,
    third_party: Population,
    agents: Population,
}

impl Tenant {
    /// The application (client) id of the application with this ordinal.
    pub fn app_id(&self, seed: u64, ordinal: u64) -> String {
        self.guid(seed, "entra app id", ordinal)
    }

    /// The object id of that application in the tenant: its service principal's.
    pub fn principal_id(&self, seed: u64, ordinal: u64) -> String {
        self.guid(seed, "entra principal", ordinal)
    }

    /// The object ids of all agents that ever exist.
    pub fn agent_ids(&self, seed: u64, timeline: &Timeline) -> Vec<String> {
        (0..self.agents.n_born(timeline.len() - 1))
            .map(|ordinal| self.guid(seed, "agent", ordinal))
            .collect()
    }

    /// The GUID of one of the tenant's objects.
    fn guid(&self, seed: u64, what: &str, ordinal: u64) -> String {
        Draw::new(seed, what, self.number as u64, ordinal).guid()
    }

    /// The display name of the application with this ordinal.
    fn application_name(&self, estate: &Estate, ordinal: u64) -> String {
        let stage = applications::environment(estate, self, ordinal).suffix();
        match estate.aks_workload(ordinal) {
            Some((cluster, account)) if self.number == 0 => estate.workload_name("aks", cluster, account),
            Some(_) | None => format!("{}{stage}", application_name(ordinal)),
        }
    }
}

/// Plans the company's tenant and that of the carrier it bought, which holds an eighth of the identities.
pub fn plan(seed: u64, n_identities: u64, n_agents: u64, timeline: &Timeline) -> Vec<Tenant> {
    let bought = n_identities / 8;
    let tenants = [
        ("entra-corp", "halden.example", n_identities - bought, n_agents),
        ("entra-nordfrakt", "nordfrakt.example", bought, 0),
    ];
    tenants
        .into_iter()
        .enumerate()
        .map(|(number, (source, publisher_domain, size, n_agents))| {
            let population = |what, size| Population::new(seed, what, number as u64, size, timeline);
            let n_managed = size * 35 / 100;
            let n_third_party = size * 10 / 100;
            Tenant {
                number,
                id: Draw::new(seed, "tenant", 0, number as u64).guid(),
                source,
                publisher_domain,
                applications: population("entra application", size - n_managed - n_third_party),
                managed: population("entra managed identity", n_managed),
                third_party: population("entra third party", n_third_party),
                agents: population("entra agent", n_agents),
            }
        })
        .collect()
}

/// Writes one tenant's folder.
pub fn write(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(tenant.source);
    truth.source(tenant.source, None);
    let principals = service_principals::write(estate, tenant, snapshot, &folder, truth)?;
    applications::write(estate, tenant, snapshot, &folder, &principals, truth)?;
    federations::write(estate, tenant, snapshot, &folder, truth)?;
    grants::write_assignments(estate, tenant, snapshot, &folder, truth)?;
    grants::write_consents(estate, tenant, snapshot, &folder, truth)?;
    sign_ins::write(estate, tenant, snapshot, &folder, truth)?;
    if tenant.number == 0 {
        agents::write(estate, tenant, snapshot, &folder, truth)?;
    }
    Ok(())
}

fn domain_of(ordinal: u64) -> &'static Domain {
    &DOMAINS[(ordinal % DOMAINS.len() as u64) as usize]
}

/// The name of the application or managed identity with this ordinal.
fn application_name(ordinal: u64) -> String {
    identity_name(domain_of(ordinal), ordinal / DOMAINS.len() as u64)
}

/// The planted intruder: an application with a fresh secret and the right to hand out any role, seen in the last two
/// snapshots of a series.
struct Intruder {
    app_id: String,
    application: String,
    principal: String,
    created_at: i64,
}

const INTRUDER_NAME: &str = "svc-graph-sync-tmp";

fn intruder(estate: &Estate, tenant: &Tenant, snapshot: &Snapshot) -> Option<Intruder> {
    let n_snapshots = estate.timeline.len();
    if tenant.number != 0 || n_snapshots < 3 || snapshot.index + 2 < n_snapshots {
        return None;
    }
    let mut draw = Draw::new(estate.seed, "intruder", 0, 0);
    Some(Intruder {
        app_id: draw.guid(),
        application: draw.guid(),
        principal: draw.guid(),
        created_at: estate.timeline.as_of(n_snapshots - 2) - 9 * DAY,
    })
}

/// Where users would read about an application: hardly anybody fills that in.
fn info() -> Json {
    object! {
        "logoUrl": Json::Null,
        "marketingUrl": Json::Null,
        "privacyStatementUrl": Json::Null,
        "supportUrl": Json::Null,
        "termsOfServiceUrl": Json::Null,
    }
}

/// A person as an owner or sponsor of an object.
fn person_row(estate: &Estate, number: u64) -> Json {
    let person = estate.staff.person(number);
    object! {
        "@odata.type": "#microsoft.graph.user",
        "id": Draw::new(estate.seed, "directory user", 0, number).guid(),
        "displayName": person.name,
        "mail": person.email.clone(),
        "userPrincipalName": person.email,
    }
}
