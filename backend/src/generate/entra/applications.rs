//! Application registrations, with their owners: `/applications?$expand=owners`.

use std::path::Path;

use anyhow::Result;

use super::credentials::{self, password_row};
use super::grants::{ROLE_MANAGEMENT, graph_role, is_administrator};
use super::pages::{GraphPages, LastPage};
use super::service_principals::Principals;
use super::sign_ins::last_sign_in;
use super::{GRAPH_APP_ID, INTRUDER_NAME, Intruder, Tenant, domain_of, intruder, person_row};
use crate::generate::Estate;
use crate::generate::company::{DOMAINS, Environment, purpose_of};
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::{Ownership, Said};
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Life, Snapshot, rfc3339};
use crate::generate::truth::{CredentialTruth, IdentityTruth, Knowledge, SnapshotTruth};

/// The stage that the application with this ordinal works in.
pub fn environment(estate: &Estate, tenant: &Tenant, ordinal: u64) -> Environment {
    Draw::new(estate.seed, "application stage", tenant.number as u64, ordinal).weighted(&[
        (46, Environment::Prod),
        (16, Environment::Staging),
        (30, Environment::Dev),
        (8, Environment::Sandbox),
    ])
}

/// Writes `applications_N.json`.
pub fn write(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    principals: &Principals,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.applications.alive(&estate.timeline, snapshot.index).collect();
    let planted = intruder(estate, tenant, snapshot);
    let total = lives.len() as u64 + u64::from(planted.is_some());
    let mut pages = GraphPages::new(estate, folder, "applications", total, LastPage::Fetched);
    pages.context = "applications(owners())".to_owned();
    for (place, life) in lives.iter().enumerate() {
        let words = Words::draw(estate, tenant, snapshot, life);
        let enabled = principals.enabled(estate, tenant, place as u64, life.ordinal);
        words.record(estate, tenant, snapshot, life, enabled, truth);
        let found = credentials::of_application(estate, tenant, snapshot, life, truth);
        let row = application_row(
            tenant,
            &tenant.guid(estate.seed, "entra application object", life.ordinal),
            &tenant.app_id(estate.seed, life.ordinal),
            &tenant.application_name(estate, life.ordinal),
            life.created_at,
        )
        .with("description", words.description)
        .with("notes", words.notes())
        .with("passwordCredentials", Json::List(found.passwords))
        .with("keyCredentials", Json::List(found.keys))
        .with(
            "requiredResourceAccess",
            wanted(graph_role(estate, tenant, life.ordinal)),
        )
        .with("owners", Json::List(words.owners(estate)));
        pages.item(row, truth)?;
    }
    if let Some(planted) = planted {
        let row = plant(estate, tenant, snapshot, &planted, truth);
        pages.item(row, truth)?;
    }
    pages.close(truth)
}

/// What the registration says of the application.
struct Words {
    ownership: Ownership,
    description: Option<&'static str>,
    environment: Option<Environment>,
}

impl Words {
    fn draw(estate: &Estate, tenant: &Tenant, snapshot: &Snapshot, life: &Life) -> Self {
        let scope = tenant.number as u64;
        let mut draw = Draw::new(estate.seed, "entra application facts", scope, life.ordinal);
        let domain = domain_of(life.ordinal);
        let ownership = Ownership::draw(&mut draw, &estate.staff, domain, &estate.timeline, snapshot.index);
        let mut more = Draw::new(estate.seed, "entra application words", scope, life.ordinal);
        Self {
            ownership,
            description: more
                .chance(0.30)
                .then(|| purpose_of(life.ordinal / DOMAINS.len() as u64)),
            environment: more.chance(0.45).then(|| environment(estate, tenant, life.ordinal)),
        }
    }

    /// The notes field, where teams keep what Entra has no field for.
    fn notes(&self) -> Option<String> {
        let mut lines = match &self.ownership {
            Ownership::Team(team) => vec![format!("Owner: {team}")],
            Ownership::Placeholder(text) => vec![format!("Owner: {text}")],
            Ownership::Conflict(first, second) => vec![format!("Owner: {first}"), format!("Team: {second}")],
            Ownership::Person(_) | Ownership::Departed(_) | Ownership::Silent => Vec::new(),
        };
        lines.extend(
            self.environment
                .map(|environment| format!("Environment: {}", environment.short())),
        );
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// The owners that Entra itself keeps: people only.
    fn owners(&self, estate: &Estate) -> Vec<Json> {
        match self.ownership {
            Ownership::Person(number) | Ownership::Departed(number) => vec![person_row(estate, number)],
            Ownership::Team(_) | Ownership::Placeholder(_) | Ownership::Conflict(..) | Ownership::Silent => Vec::new(),
        }
    }

    fn record(
        &self,
        estate: &Estate,
        tenant: &Tenant,
        snapshot: &Snapshot,
        life: &Life,
        enabled: Option<bool>,
        truth: &mut SnapshotTruth,
    ) {
        let app_id = tenant.app_id(estate.seed, life.ordinal);
        if let Ownership::Departed(number) = self.ownership
            && estate.staff.person(number).has_left(snapshot.as_of)
        {
            let email = estate.staff.person(number).email;
            truth.problem("orphaned", app_id.clone(), tenant.source, email);
        }
        let said = Said {
            claims: self.ownership.claims(),
            has_purpose: self.description.is_some(),
            environment: self.environment,
        };
        let name = tenant.application_name(estate, life.ordinal);
        let governance = estate.governance(&[&app_id, &name], said, None, snapshot.as_of);
        let identity = IdentityTruth {
            enabled,
            credentials: Knowledge::Known,
            // A grant names the service principal; without its row nothing ties it to the application.
            administrator: enabled.is_some() && is_administrator(graph_role(estate, tenant, life.ordinal)),
            ..IdentityTruth::new(app_id, "application", tenant.source, &governance).used(last_sign_in(
                estate,
                tenant,
                snapshot,
                super::sign_ins::Signer::Application,
                life,
            ))
        };
        truth.identity(identity, &governance);
    }
}

fn wanted(role: &'static str) -> Vec<Json> {
    vec![object! {
        "resourceAppId": GRAPH_APP_ID,
        "resourceAccess": vec![object! { "id": role, "type": "Role" }],
    }]
}

fn plant(estate: &Estate, tenant: &Tenant, snapshot: &Snapshot, planted: &Intruder, truth: &mut SnapshotTruth) -> Json {
    let Intruder {
        app_id,
        application,
        created_at,
        ..
    } = planted;
    let key_id = Draw::new(estate.seed, "intruder secret", 0, 0).guid();
    let (start, end) = (created_at + 240, created_at + 730 * DAY);
    let governance = estate.governance(&[app_id, INTRUDER_NAME], Said::default(), None, snapshot.as_of);
    let identity = IdentityTruth {
        enabled: Some(true),
        credentials: Knowledge::Known,
        administrator: true,
        ..IdentityTruth::new(app_id.clone(), "application", tenant.source, &governance)
    };
    truth.identity(identity, &governance);
    truth.credential(
        CredentialTruth::new(key_id.clone(), "client_secret", app_id.clone())
            .created(start)
            .ends(end, snapshot.as_of),
    );
    truth.problem(
        "incident_new_admin_principal",
        app_id.clone(),
        tenant.source,
        "svc-graph-sync-tmp: RoleManagement.ReadWrite.Directory and a two-year secret",
    );
    truth.problem(
        "administrator",
        app_id.clone(),
        tenant.source,
        "RoleManagement.ReadWrite.Directory",
    );
    application_row(tenant, application, app_id, INTRUDER_NAME, *created_at)
        .with("description", Json::Null)
        .with("notes", Json::Null)
        .with(
            "passwordCredentials",
            vec![password_row(key_id, None, "k7Q".to_owned(), start, end)],
        )
        .with("keyCredentials", Json::List(Vec::new()))
        .with("requiredResourceAccess", wanted(ROLE_MANAGEMENT))
        .with("owners", Json::List(Vec::new()))
}

fn application_row(tenant: &Tenant, object: &str, app_id: &str, name: &str, created_at: i64) -> Json {
    object! {
        "id": object.to_owned(),
        "deletedDateTime": Json::Null,
        "appId": app_id.to_owned(),
        "applicationTemplateId": Json::Null,
        "disabledByMicrosoftStatus": Json::Null,
        "createdDateTime": rfc3339(created_at),
        "displayName": name.to_owned(),
        "groupMembershipClaims": Json::Null,
        "identifierUris": [format!("api://{app_id}")],
        "isFallbackPublicClient": Json::Null,
        "publisherDomain": tenant.publisher_domain,
        "serviceManagementReference": Json::Null,
        "signInAudience": "AzureADMyOrg",
        "tags": Json::List(Vec::new()),
        "tokenEncryptionKeyId": Json::Null,
        "appRoles": Json::List(Vec::new()),
        "info": super::info(),
        "web": object! {
            "homePageUrl": Json::Null,
            "redirectUris": Json::List(Vec::new()),
            "implicitGrantSettings": object! { "enableIdTokenIssuance": false, "enableAccessTokenIssuance": false },
        },
        "spa": object! { "redirectUris": Json::List(Vec::new()) },
    }
}
