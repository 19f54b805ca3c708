//! Service principals: the tenant's own applications, managed identities, and what others' applications were let in.

use std::path::Path;

use anyhow::Result;

use super::pages::{GraphPages, LastPage};
use super::sign_ins::{Signer, last_sign_in};
use super::{GRAPH_APP_ID, INTRUDER_NAME, Tenant, application_name, credentials, domain_of, intruder, person_row};
use crate::generate::Estate;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::{Claim, Said};
use crate::generate::json::{Json, object};
use crate::generate::timeline::{Life, Snapshot, rfc3339};
use crate::generate::truth::{IdentityTruth, Knowledge, SnapshotTruth};

/// The tenant of Microsoft's own applications.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
/// Microsoft's applications that every tenant has.
const FIRST_PARTY: [(&str, &str); 5] = [
    ("Microsoft Graph", GRAPH_APP_ID),
    ("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
    ("Office 365 SharePoint Online", "00000003-0000-0ff1-ce00-000000000000"),
    ("Azure Key Vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"),
    (
        "Windows Azure Service Management API",
        "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    ),
];
const THIRD_PARTIES: [&str; 40] = [
    "Datadog",
    "Slack",
    "Atlassian Cloud",
    "DocuSign",
    "Miro",
    "Zoom for Intune",
    "Grammarly",
    "Calendly",
    "Adobe Acrobat Sign",
    "Zendesk",
    "GitHub Enterprise Managed User",
    "Asana",
    "Figma",
    "Notion",
    "Lucidchart",
    "SurveyMonkey",
    "Mimecast for Outlook",
    "KnowBe4 PAB",
    "Salesforce",
    "HubSpot CRM",
    "ServiceNow",
    "Workday",
    "Concur",
    "Smartsheet",
    "Trello",
    "Dropbox Business",
    "Snowflake",
    "Tableau Online",
    "PagerDuty",
    "Freshservice",
    "Monday",
    "Personio",
    "Templafy",
    "Apple Internet Accounts",
    "Samsung Email",
    "Loom",
    "Otter.ai",
    "Read.ai meeting notes",
    "Postman",
    "Airtable",
];

/// Which service principals reached a file.
pub struct Principals {
    n_kept: u64,
}

impl Principals {
    /// Whether the tenant's own application may sign in; none when the page with its principal is missing.
    pub fn enabled(&self, estate: &Estate, tenant: &Tenant, place: u64, ordinal: u64) -> Option<bool> {
        (FIRST_PARTY.len() as u64 + place < self.n_kept).then(|| is_enabled(estate, tenant, ordinal))
    }
}

fn is_enabled(estate: &Estate, tenant: &Tenant, ordinal: u64) -> bool {
    !Draw::new(estate.seed, "entra principal facts", tenant.number as u64, ordinal).chance(0.04)
}

/// Writes `servicePrincipals_N.json`. Nobody fetched the last page of the tenant that was bought.
pub fn write(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<Principals> {
    let timeline = &estate.timeline;
    let alive = |population: &super::Population| -> Vec<Life> { population.alive(timeline, snapshot.index).collect() };
    let applications = alive(&tenant.applications);
    let managed = alive(&tenant.managed);
    let third_party = alive(&tenant.third_party);
    let planted = intruder(estate, tenant, snapshot);
    let total = (FIRST_PARTY.len() + applications.len() + managed.len() + third_party.len()) as u64
        + u64::from(planted.is_some());
    let last_page = if tenant.number == 1 && estate.dirt.plants_faults() {
        LastPage::Forgotten
    } else {
        LastPage::Fetched
    };
    let mut pages = GraphPages::new(estate, folder, "servicePrincipals", total, last_page);
    pages.context = "servicePrincipals(owners())".to_owned();
    let n_kept = pages.n_kept();
    if n_kept < total {
        truth.partial(tenant.source, "page missing");
    }
    let mut place = 0;
    // What stands on a page that nobody fetched is true, but no export says so.
    let mut is_kept = || {
        place += 1;
        place <= n_kept
    };
    for (name, app_id) in FIRST_PARTY {
        if is_kept() {
            let governance = estate.governance(&[app_id, name], Said::default(), None, snapshot.as_of);
            // One application, in however many tenants it is.
            truth.named(IdentityTruth {
                enabled: Some(true),
                ..IdentityTruth::new(app_id, "first_party_principal", tenant.source, &governance)
            });
        }
        pages.item(first_party_row(estate, tenant, name, app_id), truth)?;
    }
    for life in &applications {
        let passwords = match is_kept() {
            true => credentials::of_principal(estate, tenant, snapshot, life, truth),
            false => Vec::new(),
        };
        pages.item(application_row(estate, tenant, life, passwords), truth)?;
    }
    if let Some(planted) = planted {
        is_kept();
        let row = Principal {
            created_at: planted.created_at,
            ..Principal::new(planted.principal, planted.app_id, INTRUDER_NAME, &tenant.id)
        };
        pages.item(row.row(), truth)?;
    }
    for life in &managed {
        if is_kept() {
            record_managed(estate, tenant, snapshot, life, truth);
        }
        pages.item(managed_row(estate, tenant, life), truth)?;
    }
    for life in &third_party {
        let facts = ThirdParty::draw(estate, tenant, life);
        if is_kept() {
            facts.record(estate, tenant, snapshot, life, truth);
        }
        pages.item(facts.row(estate, tenant, life), truth)?;
    }
    pages.close(truth)?;
    Ok(Principals { n_kept })
}

fn first_party_row(estate: &Estate, tenant: &Tenant, name: &str, app_id: &str) -> Json {
    let object = tenant.guid(estate.seed, app_id, 0);
    Principal {
        created_at: estate.timeline.as_of(0) - 2_400 * DAY,
        audience: "AzureADMultipleOrgs",
        ..Principal::new(object, app_id.to_owned(), name, MICROSOFT)
    }
    .row()
}

fn application_row(estate: &Estate, tenant: &Tenant, life: &Life, passwords: Vec<Json>) -> Json {
    let object = tenant.guid(estate.seed, "entra principal", life.ordinal);
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    Principal {
        created_at: life.created_at,
        enabled: is_enabled(estate, tenant, life.ordinal).into(),
        tags: vec!["WindowsAzureActiveDirectoryIntegratedApp"],
        passwords,
        ..Principal::new(
            object,
            app_id,
            &tenant.application_name(estate, life.ordinal),
            &tenant.id,
        )
    }
    .row()
}

fn managed_name(ordinal: u64) -> String {
    format!("mi-{}", application_name(ordinal))
}

fn managed_row(estate: &Estate, tenant: &Tenant, life: &Life) -> Json {
    let mut draw = Draw::new(
        estate.seed,
        "managed identity facts",
        tenant.number as u64,
        life.ordinal,
    );
    let name = managed_name(life.ordinal);
    let subscription = Draw::new(estate.seed, "subscription", 0, life.ordinal % 12).guid();
    let is_explicit = draw.chance(0.6);
    let provider = match is_explicit {
        true => "Microsoft.ManagedIdentity/userAssignedIdentities",
        false => "Microsoft.Web/sites",
    };
    let group = domain_of(life.ordinal).name;
    let path = format!("/subscriptions/{subscription}/resourcegroups/rg-{group}/providers/{provider}/{name}");
    Principal {
        kind: "ManagedIdentity",
        created_at: life.created_at,
        alternative_names: vec![
            format!("isExplicit={}", if is_explicit { "True" } else { "False" }),
            path,
        ],
        ..Principal::new(
            tenant.guid(estate.seed, "managed identity", life.ordinal),
            tenant.guid(estate.seed, Signer::Managed.app_id(), life.ordinal),
            &name,
            &tenant.id,
        )
    }
    .row()
}

fn record_managed(estate: &Estate, tenant: &Tenant, snapshot: &Snapshot, life: &Life, truth: &mut SnapshotTruth) {
    let app_id = tenant.guid(estate.seed, Signer::Managed.app_id(), life.ordinal);
    let name = managed_name(life.ordinal);
    let governance = estate.governance(&[&app_id, &name], Said::default(), None, snapshot.as_of);
    let identity = IdentityTruth {
        enabled: Some(true),
        credentials: Knowledge::Known,
        ..IdentityTruth::new(app_id, "managed_identity", tenant.source, &governance).used(last_sign_in(
            estate,
            tenant,
            snapshot,
            Signer::Managed,
            life,
        ))
    };
    truth.identity(identity, &governance);
}

/// What is drawn about one application of another organisation.
struct ThirdParty {
    name: String,
    vendor_tenant: String,
    /// Graph answers null for some old ones.
    enabled: Option<bool>,
    owner: Option<u64>,
}

impl ThirdParty {
    fn draw(estate: &Estate, tenant: &Tenant, life: &Life) -> Self {
        let mut draw = Draw::new(estate.seed, "third party facts", tenant.number as u64, life.ordinal);
        let n_vendors = THIRD_PARTIES.len() as u64;
        let vendor = THIRD_PARTIES[((life.ordinal + 17 * tenant.number as u64) % n_vendors) as usize];
        Self {
            name: match life.ordinal / n_vendors {
                0 => vendor.to_owned(),
                round => format!("{vendor} ({round})"),
            },
            vendor_tenant: draw.guid(),
            enabled: (!draw.chance(0.1)).then(|| !draw.chance(0.08)),
            owner: draw.chance(0.25).then(|| draw.below(estate.staff.n_people)),
        }
    }

    fn record(&self, estate: &Estate, tenant: &Tenant, snapshot: &Snapshot, life: &Life, truth: &mut SnapshotTruth) {
        let app_id = tenant.guid(estate.seed, Signer::ThirdParty.app_id(), life.ordinal);
        let said = Said {
            claims: self.owner.map(Claim::Person).into_iter().collect(),
            ..Said::default()
        };
        let governance = estate.governance(&[&app_id, &self.name], said, None, snapshot.as_of);
        let identity = IdentityTruth {
            enabled: self.enabled,
            ..IdentityTruth::new(app_id, "third_party_application", tenant.source, &governance).used(last_sign_in(
                estate,
                tenant,
                snapshot,
                Signer::ThirdParty,
                life,
            ))
        };
        truth.identity(identity, &governance);
    }

    fn row(&self, estate: &Estate, tenant: &Tenant, life: &Life) -> Json {
        Principal {
            created_at: life.created_at,
            enabled: self.enabled.into(),
            audience: "AzureADMultipleOrgs",
            tags: vec!["WindowsAzureActiveDirectoryIntegratedApp"],
            owners: self
                .owner
                .map(|number| person_row(estate, number))
                .into_iter()
                .collect(),
            ..Principal::new(
                tenant.guid(estate.seed, "third party", life.ordinal),
                tenant.guid(estate.seed, Signer::ThirdParty.app_id(), life.ordinal),
                &self.name,
                &self.vendor_tenant,
            )
        }
        .row()
    }
}

/// One service principal, as a thing to be written.
struct Principal<'a> {
    object: String,
    app_id: String,
    name: &'a str,
    /// The tenant that the application is of.
    tenant: &'a str,
    kind: &'static str,
    audience: &'static str,
    created_at: i64,
    enabled: Json,
    alternative_names: Vec<String>,
    tags: Vec<&'static str>,
    passwords: Vec<Json>,
    owners: Vec<Json>,
}

impl<'a> Principal<'a> {
    /// An enabled application of one tenant; the rest is set by whom it concerns.
    fn new(object: String, app_id: String, name: &'a str, tenant: &'a str) -> Self {
        Self {
            object,
            app_id,
            name,
            tenant,
            kind: "Application",
            audience: "AzureADMyOrg",
            created_at: 0,
            enabled: true.into(),
            alternative_names: Vec::new(),
            tags: Vec::new(),
            passwords: Vec::new(),
            owners: Vec::new(),
        }
    }

    fn row(self) -> Json {
        object! {
            "id": self.object,
            "deletedDateTime": Json::Null,
            "accountEnabled": self.enabled,
            "alternativeNames": self.alternative_names,
            "appDisplayName": self.name.to_owned(),
            "appDescription": Json::Null,
            "appId": self.app_id.clone(),
            "applicationTemplateId": Json::Null,
            "appOwnerOrganizationId": self.tenant.to_owned(),
            "appRoleAssignmentRequired": false,
            "createdDateTime": rfc3339(self.created_at),
            "description": Json::Null,
            "disabledByMicrosoftStatus": Json::Null,
            "displayName": self.name.to_owned(),
            "homepage": Json::Null,
            "info": super::info(),
            "keyCredentials": Json::List(Vec::new()),
            "notes": Json::Null,
            "passwordCredentials": Json::List(self.passwords),
            "servicePrincipalNames": [self.app_id],
            "servicePrincipalType": self.kind,
            "signInAudience": self.audience,
            "tags": self.tags,
            "tokenEncryptionKeyId": Json::Null,
            "verifiedPublisher": object! {
                "displayName": Json::Null, "verifiedPublisherId": Json::Null, "addedDateTime": Json::Null,
            },
            "appRoles": Json::List(Vec::new()),
            "oauth2PermissionScopes": Json::List(Vec::new()),
            "resourceSpecificApplicationPermissions": Json::List(Vec::new()),
            "owners": Json::List(self.owners),
        }
    }
}
