//! Entra tenants: pages of Microsoft Graph, as `az rest` leaves them.

use std::path::Path;

use anyhow::Result;

use super::Estate;
use super::company::{DOMAIN, DOMAINS, Domain, GITHUB, Ownership, ascii, identity_name, service_of};
use super::dirt::Export;
use super::draw::{DAY, Draw};
use super::json::{Document, Json, object};
use super::timeline::{ENTRA_KEY_AGES, Habit, Life, Population, Snapshot, generations, rfc3339};
use super::truth::SnapshotTruth;

const INDENT: &[u8] = b"  ";
/// Graph returns at most this many service principals or applications a page.
const PAGE_LIMIT: u64 = 999;
/// The tenant of Microsoft's own applications.
const MICROSOFT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const GRAPH_APP_ID: &str = "00000003-0000-0000-c000-000000000000";
const NO_ROLE: &str = "00000000-0000-0000-0000-000000000000";
/// Lets its holder make itself a global administrator.
const ROLE_MANAGEMENT: &str = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
const THIRD_PARTIES: [&str; 8] = [
    "Datadog Integration",
    "Slack",
    "Atlassian Cloud",
    "DocuSign",
    "Miro",
    "Zoom for Intune",
    "Grammarly",
    "Calendly",
];
const AGENTS: [&str; 8] = [
    "Code review agent",
    "IT helpdesk agent",
    "Customs document agent",
    "Invoice matching agent",
    "Route planning agent",
    "Carrier mail agent",
    "Sales copilot",
    "Incident summary agent",
];

/// One Entra tenant, a source of its own.
pub struct Tenant {
    pub number: usize,
    pub id: String,
    pub source: &'static str,
    pub publisher_domain: &'static str,
    pub applications: Population,
    pub managed: Population,
    pub third_party: Population,
    pub agents: Population,
}

impl Tenant {
    /// The application (client) id of the application with this ordinal.
    pub fn app_id(&self, seed: u64, ordinal: u64) -> String {
        Draw::new(seed, "entra app id", self.number as u64, ordinal).guid()
    }

    /// The display name of the application with this ordinal.
    fn application_name(&self, estate: &Estate, ordinal: u64) -> String {
        match estate.aks_workload(ordinal) {
            Some((cluster, account)) if self.number == 0 => estate.workload_name("aks", cluster, account),
            Some(_) | None => application_name(ordinal),
        }
    }
}

/// Plans the company's tenant and that of the carrier it bought, which holds an eighth of the identities.
pub fn plan(seed: u64, n_identities: u64, n_agents: u64, timeline: &super::Timeline) -> Vec<Tenant> {
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

/// A collection written in Graph's pages.
struct GraphPages<'a> {
    estate: &'a Estate,
    folder: &'a Path,
    collection: &'static str,
    /// What follows `$metadata#` in the context.
    context: &'static str,
    version: &'static str,
    total: u64,
    page_size: u64,
    n_written: u64,
    /// The number of a page that somebody forgot to fetch.
    missing: Option<u64>,
    open: Option<Document<Export>>,
}

/// Whether a row reached a file.
#[derive(PartialEq, Eq)]
enum Fate {
    Kept,
    Lost,
}

impl<'a> GraphPages<'a> {
    fn new(estate: &'a Estate, folder: &'a Path, collection: &'static str, total: u64) -> Self {
        let page_size = if total > PAGE_LIMIT {
            PAGE_LIMIT
        } else {
            total.div_ceil(3).max(10)
        };
        Self {
            estate,
            folder,
            collection,
            context: collection,
            version: "v1.0",
            total,
            page_size,
            n_written: 0,
            missing: None,
            open: None,
        }
    }

    fn item(&mut self, row: &Json, truth: &mut SnapshotTruth) -> Result<Fate> {
        if self.n_written.is_multiple_of(self.page_size) {
            self.end_page(truth)?;
            self.begin_page(truth)?;
        }
        self.n_written += 1;
        match &mut self.open {
            Some(document) => {
                document.item(row)?;
                Ok(Fate::Kept)
            }
            None => Ok(Fate::Lost),
        }
    }

    fn begin_page(&mut self, truth: &mut SnapshotTruth) -> Result<()> {
        let page = self.n_written / self.page_size + 1;
        let name = format!("{}_{page}.json", self.collection);
        if self.missing == Some(page) {
            truth.fault(&self.folder.join(&name), "page missing after a next link");
            return Ok(());
        }
        let mut document = Document::object(Export::text(&self.estate.dirt, self.folder, &name)?, INDENT)?;
        let graph = format!("https://graph.microsoft.com/{}", self.version);
        document.member("@odata.context", format!("{graph}/$metadata#{}", self.context))?;
        if self.n_written + self.page_size < self.total {
            let token = Draw::new(self.estate.seed, self.collection, page, self.total).hex(44);
            let link = format!("{graph}/{}?$top={}&$skiptoken={token}", self.collection, self.page_size);
            document.member("@odata.nextLink", link)?;
        }
        document.begin_list("value")?;
        self.open = Some(document);
        Ok(())
    }

    fn end_page(&mut self, truth: &mut SnapshotTruth) -> Result<()> {
        if let Some(mut document) = self.open.take() {
            document.end_list()?;
            let (path, quirks) = document.end_object()?.finish()?;
            truth.file(&path, &quirks);
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if quirks.is_empty() && self.estate.dirt.strikes("duplicate page", 0.01, self.collection, &name) {
                let copy = path.with_extension("copy.json");
                std::fs::copy(&path, &copy)?;
                truth.file(&copy, &["duplicate page"]);
            }
        }
        Ok(())
    }

    fn close(mut self, truth: &mut SnapshotTruth) -> Result<()> {
        if self.n_written == 0 {
            self.begin_page(truth)?;
        }
        self.end_page(truth)
    }
}

/// The credentials on one directory object.
#[derive(Default)]
struct Credentials {
    passwords: Vec<Json>,
    keys: Vec<Json>,
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
    write_applications(estate, tenant, snapshot, &folder, truth)?;
    write_service_principals(estate, tenant, snapshot, &folder, truth)?;
    write_assignments(estate, tenant, snapshot, &folder, truth)?;
    write_grants(estate, tenant, snapshot, &folder, truth)?;
    write_sign_ins(estate, tenant, snapshot, &folder, truth)?;
    if tenant.number == 0 {
        write_agents(estate, tenant, snapshot, &folder, truth)?;
    }
    Ok(())
}

fn domain_of(ordinal: u64) -> &'static Domain {
    &DOMAINS[(ordinal % DOMAINS.len() as u64) as usize]
}

fn application_name(ordinal: u64) -> String {
    identity_name(domain_of(ordinal), ordinal / DOMAINS.len() as u64)
}

/// The GUID of one of a tenant's objects.
fn object_id(estate: &Estate, tenant: &Tenant, what: &'static str, ordinal: u64) -> String {
    Draw::new(estate.seed, what, tenant.number as u64, ordinal).guid()
}

/// The planted intruder: an application with a fresh secret and the right to hand out any role, seen in the
/// last two snapshots of a series.
fn intruder(estate: &Estate, tenant: &Tenant, snapshot: &Snapshot) -> Option<(String, String)> {
    let seen = tenant.number == 0 && estate.timeline.len() >= 3 && snapshot.index + 2 >= estate.timeline.len();
    let mut draw = Draw::new(estate.seed, "intruder", 0, 0);
    seen.then(|| (draw.guid(), draw.guid()))
}

fn password_row(key_id: String, name: Option<&'static str>, hint: String, start: i64, end: i64) -> Json {
    object! {
        "customKeyIdentifier": Json::Null,
        "displayName": name,
        "endDateTime": rfc3339(end),
        "hint": hint,
        "keyId": key_id,
        "secretText": Json::Null,
        "startDateTime": rfc3339(start).replace('Z', ".1234567Z"),
    }
}

fn application_credentials(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    truth: &mut SnapshotTruth,
) -> Credentials {
    let mut found = Credentials::default();
    let scope = tenant.number as u64;
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    let mut draw = Draw::new(estate.seed, "entra credentials", scope, life.ordinal);
    let federated = life.ordinal.is_multiple_of(5);
    let n_secrets = if federated {
        0
    } else {
        draw.weighted(&[(20, 0), (48, 1), (22, 2), (7, 3), (3, 5)])
    };
    for slot in 0..n_secrets {
        let mut slot_draw = Draw::new(estate.seed, "entra secret", (scope << 8) | slot, life.ordinal);
        let days = slot_draw.weighted(&[(25, 182), (35, 365), (37, 730), (3, 36_500)]);
        let name = *slot_draw.weighted(&[
            (3, &None),
            (3, &Some("ci secret")),
            (2, &Some("rbac")),
            (2, &Some("terraform")),
        ]);
        let mut newest = true;
        for standing in generations(
            &mut slot_draw,
            ENTRA_KEY_AGES,
            life.created_at,
            &estate.timeline,
            snapshot.index,
        ) {
            let mut one = Draw::new(
                estate.seed,
                "entra secret id",
                (scope << 8) | slot,
                (life.ordinal << 16) | standing.number,
            );
            let end = standing.created_at + days * DAY;
            // A forgotten secret is only removed when somebody tidies up.
            if !newest && one.chance(0.65) {
                continue;
            }
            let key_id = one.guid();
            let expired = end < snapshot.as_of;
            truth.credential("client_secret", if expired { "expired" } else { "active" });
            if !expired && snapshot.as_of - standing.created_at > 180 * DAY {
                truth.problem(
                    "rotation_overdue",
                    format!("{app_id}/{key_id}"),
                    tenant.source,
                    rfc3339(standing.created_at),
                );
            }
            found.passwords.push(password_row(
                key_id,
                name,
                one.text(b"abcdefghijkmnpqrstuvwxyz~_8Q", 3),
                standing.created_at,
                end,
            ));
            newest = false;
        }
    }
    if !federated && draw.chance(0.18) {
        let shared = draw.chance(0.08);
        let standing = generations(
            &mut draw,
            ENTRA_KEY_AGES,
            life.created_at,
            &estate.timeline,
            snapshot.index,
        );
        if let Some(standing) = standing.first() {
            let thumbprint = if shared {
                // One certificate that a script installed on many applications.
                Draw::new(estate.seed, "shared thumbprint", scope, 0).hex(40)
            } else {
                Draw::new(estate.seed, "thumbprint", scope, (life.ordinal << 16) | standing.number).hex(40)
            };
            if shared {
                truth.problem("shared_credential", app_id.clone(), tenant.source, thumbprint.clone());
            }
            let end = standing.created_at + 730 * DAY;
            truth.credential(
                "client_certificate",
                if end < snapshot.as_of { "expired" } else { "active" },
            );
            let mut one = Draw::new(
                estate.seed,
                "entra key id",
                scope,
                (life.ordinal << 16) | standing.number,
            );
            found.keys.push(object! {
                "customKeyIdentifier": thumbprint.to_uppercase(),
                "displayName": format!("CN={}", tenant.application_name(estate, life.ordinal)),
                "endDateTime": rfc3339(end),
                "key": Json::Null,
                "keyId": one.guid(),
                "startDateTime": rfc3339(standing.created_at),
                "type": "AsymmetricX509Cert",
                "usage": "Verify",
            });
        }
    }
    found
}

fn federations(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    life: &Life,
    truth: &mut SnapshotTruth,
) -> Vec<Json> {
    let app_id = tenant.app_id(estate.seed, life.ordinal);
    let mut draw = Draw::new(estate.seed, "federation", tenant.number as u64, life.ordinal);
    let row = |draw: &mut Draw, name: String, issuer: String, subject: String| {
        object! {
            "audiences": ["api://AzureADTokenExchange"],
            "description": "",
            "id": draw.guid(),
            "issuer": issuer,
            "name": name,
            "subject": subject,
        }
    };
    if life.ordinal.is_multiple_of(10) {
        let service = service_of(domain_of(life.ordinal), life.ordinal / DOMAINS.len() as u64);
        let subject = format!("repo:{GITHUB}/{service}:environment:production");
        truth.join("github_to_entra", subject.clone(), app_id);
        return vec![row(
            &mut draw,
            format!("github-{service}"),
            "https://token.actions.githubusercontent.com".to_owned(),
            subject,
        )];
    }
    if tenant.number == 0
        && let Some((cluster, account)) = estate.aks_workload(life.ordinal)
    {
        let cluster = &estate.clusters[cluster];
        let (namespace, name) = cluster.service_account(account);
        if cluster.accounts.has(account, &estate.timeline, snapshot.index) {
            truth.join(
                "azure_workload_identity",
                format!("{}/{namespace}/{name}", cluster.source),
                app_id,
            );
        } else {
            truth.problem(
                "workload_gone",
                app_id,
                tenant.source,
                format!("{}/{namespace}/{name}", cluster.source),
            );
        }
        let issuer = format!("https://{}", cluster.issuer_host());
        let subject = format!("system:serviceaccount:{namespace}:{name}");
        return vec![row(&mut draw, format!("aks-{name}"), issuer, subject)];
    }
    Vec::new()
}

fn person_row(estate: &Estate, name: &str, email: &str) -> Json {
    object! {
        "@odata.type": "#microsoft.graph.user",
        "id": Draw::new(estate.seed, email, 0, 0).guid(),
        "displayName": name.to_owned(),
        "mail": email.to_owned(),
        "userPrincipalName": email.to_owned(),
    }
}

fn write_applications(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.applications.alive(&estate.timeline, snapshot.index).collect();
    let planted = intruder(estate, tenant, snapshot);
    let total = lives.len() as u64 + u64::from(planted.is_some());
    let mut pages = GraphPages::new(estate, folder, "applications", total);
    for life in &lives {
        let mut draw = Draw::new(
            estate.seed,
            "entra application facts",
            tenant.number as u64,
            life.ordinal,
        );
        let app_id = tenant.app_id(estate.seed, life.ordinal);
        let domain = domain_of(life.ordinal);
        let ownership = estate
            .company
            .ownership(&mut draw, domain, &estate.timeline, snapshot.index);
        truth.nhi(tenant.source, "entra", "application");
        truth.owner(ownership.label());
        let named = |email: &str| {
            let mut name = email.split('@').next().unwrap_or_default().replace('.', " ");
            if let Some(first) = name.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            vec![person_row(estate, &name, email)]
        };
        let (owners, notes): (Vec<Json>, Option<String>) = match &ownership {
            Ownership::Team(team) => (Vec::new(), Some(format!("Owner: {team}"))),
            Ownership::Person(email) => (named(email), None),
            Ownership::Departed(email) => {
                truth.problem("orphaned", app_id.clone(), tenant.source, email.clone());
                (named(email), None)
            }
            Ownership::Placeholder(text) => (Vec::new(), Some(format!("Owner: {text}"))),
            Ownership::Conflict(first, second) => {
                truth.problem(
                    "conflicting_owner",
                    app_id.clone(),
                    tenant.source,
                    format!("{first} / {second}"),
                );
                (
                    named(&format!("{}@{DOMAIN}", ascii(first))),
                    Some(format!("Owner: {second}")),
                )
            }
            Ownership::Silent => (Vec::new(), None),
        };
        let credentials = application_credentials(estate, tenant, snapshot, life, truth);
        let federations = federations(estate, tenant, snapshot, life, truth);
        let row = application_row(
            tenant,
            &object_id(estate, tenant, "entra application object", life.ordinal),
            &app_id,
            &tenant.application_name(estate, life.ordinal),
            life.created_at,
        )
        .with("notes", notes)
        .with("passwordCredentials", Json::List(credentials.passwords))
        .with("keyCredentials", Json::List(credentials.keys))
        .with(
            "requiredResourceAccess",
            vec![object! {
                "resourceAppId": GRAPH_APP_ID,
                "resourceAccess": vec![object! { "id": graph_role(estate, tenant, life.ordinal), "type": "Role" }],
            }],
        )
        .with("owners", Json::List(owners))
        .with("federatedIdentityCredentials", Json::List(federations));
        pages.item(&row, truth)?;
    }
    if let Some((object, app_id)) = planted {
        let first = estate.timeline.len() - 2;
        let created_at = estate.timeline.as_of(first) - 9 * DAY;
        let mut draw = Draw::new(estate.seed, "intruder secret", 0, 0);
        let password = password_row(
            draw.guid(),
            None,
            "k7Q".to_owned(),
            created_at + 240,
            created_at + 730 * DAY,
        );
        truth.nhi(tenant.source, "entra", "application");
        truth.owner("none");
        truth.credential("client_secret", "active");
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
        let row = application_row(tenant, &object, &app_id, "svc-graph-sync-tmp", created_at)
            .with("notes", Json::Null)
            .with("passwordCredentials", vec![password])
            .with("keyCredentials", Json::List(Vec::new()))
            .with("requiredResourceAccess", Json::List(Vec::new()))
            .with("owners", Json::List(Vec::new()))
            .with("federatedIdentityCredentials", Json::List(Vec::new()));
        pages.item(&row, truth)?;
    }
    pages.close(truth)
}

fn application_row(tenant: &Tenant, object: &str, app_id: &str, name: &str, created_at: i64) -> Json {
    object! {
        "id": object.to_owned(),
        "deletedDateTime": Json::Null,
        "appId": app_id.to_owned(),
        "displayName": name.to_owned(),
        "createdDateTime": rfc3339(created_at),
        "signInAudience": "AzureADMyOrg",
        "publisherDomain": tenant.publisher_domain,
        "tags": Json::List(Vec::new()),
        "identifierUris": [format!("api://{app_id}")],
    }
}

/// The Graph application role an application asked for.
fn graph_role(estate: &Estate, tenant: &Tenant, ordinal: u64) -> &'static str {
    Draw::new(estate.seed, "graph role", tenant.number as u64, ordinal).weighted(&[
        (3, ROLE_MANAGEMENT),
        (5, "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"),
        (16, "7ab1d382-f21e-4acd-a863-ba3e13f7da61"),
        (26, "df021288-bdef-4463-88db-98f22de89214"),
        (16, "5b567255-7703-4780-807c-7be8301ae99b"),
        (12, "810c84a8-4a9e-49e6-bf7d-12d183f40d01"),
        (10, "332a536c-c7ef-4017-ab91-336970924f0d"),
        (12, NO_ROLE),
    ])
}

struct Principal<'a> {
    object: String,
    app_id: String,
    name: &'a str,
    tenant: &'a str,
    kind: &'static str,
    created_at: i64,
    enabled: Json,
    alternative_names: Vec<String>,
    tags: Vec<&'static str>,
    passwords: Vec<Json>,
}

fn principal_row(principal: Principal<'_>) -> Json {
    object! {
        "id": principal.object,
        "deletedDateTime": Json::Null,
        "accountEnabled": principal.enabled,
        "alternativeNames": principal.alternative_names,
        "appDisplayName": principal.name.to_owned(),
        "appDescription": Json::Null,
        "appId": principal.app_id.clone(),
        "applicationTemplateId": Json::Null,
        "appOwnerOrganizationId": principal.tenant.to_owned(),
        "appRoleAssignmentRequired": false,
        "createdDateTime": rfc3339(principal.created_at),
        "displayName": principal.name.to_owned(),
        "homepage": Json::Null,
        "keyCredentials": Json::List(Vec::new()),
        "passwordCredentials": Json::List(principal.passwords),
        "servicePrincipalNames": [principal.app_id],
        "servicePrincipalType": principal.kind,
        "signInAudience": "AzureADMyOrg",
        "tags": principal.tags,
        "verifiedPublisher": object! {
            "displayName": Json::Null, "verifiedPublisherId": Json::Null, "addedDateTime": Json::Null,
        },
        "appRoles": Json::List(Vec::new()),
        "oauth2PermissionScopes": Json::List(Vec::new()),
    }
}

fn write_service_principals(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let timeline = &estate.timeline;
    let applications: Vec<Life> = tenant.applications.alive(timeline, snapshot.index).collect();
    let managed: Vec<Life> = tenant.managed.alive(timeline, snapshot.index).collect();
    let third_party: Vec<Life> = tenant.third_party.alive(timeline, snapshot.index).collect();
    let planted = intruder(estate, tenant, snapshot);
    let first_party = [
        ("Microsoft Graph", GRAPH_APP_ID),
        ("Office 365 Exchange Online", "00000002-0000-0ff1-ce00-000000000000"),
        ("Azure Key Vault", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093"),
    ];
    let total = (applications.len() + managed.len() + third_party.len() + first_party.len()) as u64
        + u64::from(planted.is_some());
    let mut pages = GraphPages::new(estate, folder, "servicePrincipals", total);
    if tenant.number == 1 && estate.dirt.plants_faults() {
        pages.missing = Some(2);
    }
    for (name, app_id) in first_party {
        let row = principal_row(Principal {
            object: graph_object_id(estate, tenant, app_id),
            app_id: app_id.to_owned(),
            name,
            tenant: MICROSOFT,
            kind: "Application",
            created_at: timeline.as_of(0) - 2_400 * DAY,
            enabled: true.into(),
            alternative_names: Vec::new(),
            tags: Vec::new(),
            passwords: Vec::new(),
        });
        if pages.item(&row, truth)? == Fate::Kept {
            truth.platform_owned(tenant.source, "first_party_principal");
        }
    }
    for life in &applications {
        let mut draw = Draw::new(estate.seed, "entra principal facts", tenant.number as u64, life.ordinal);
        let app_id = tenant.app_id(estate.seed, life.ordinal);
        let object = object_id(estate, tenant, "entra principal", life.ordinal);
        let enabled = if draw.chance(0.04) {
            Json::Bool(false)
        } else {
            Json::Bool(true)
        };
        let mut passwords = Vec::new();
        if life.ordinal % 40 == 3 {
            // A secret made in the portal sits on the application, one made by an old script on the principal.
            let start = life.created_at + 3_600;
            let end = start + 1_095 * DAY;
            passwords.push((draw.guid(), start, end));
        }
        let rows = passwords
            .iter()
            .map(|(key_id, start, end)| password_row(key_id.clone(), Some("script"), "x9~".to_owned(), *start, *end))
            .collect();
        let row = principal_row(Principal {
            object: object.clone(),
            app_id: app_id.clone(),
            name: &tenant.application_name(estate, life.ordinal),
            tenant: &tenant.id,
            kind: "Application",
            created_at: life.created_at,
            enabled,
            alternative_names: Vec::new(),
            tags: vec!["WindowsAzureActiveDirectoryIntegratedApp"],
            passwords: rows,
        });
        if pages.item(&row, truth)? == Fate::Kept {
            for (_, _, end) in &passwords {
                truth.credential(
                    "client_secret",
                    if *end < snapshot.as_of { "expired" } else { "active" },
                );
                truth.join("credentials_on_both_objects", app_id.clone(), object.clone());
            }
        }
    }
    if let Some((object, app_id)) = planted {
        let created_at = timeline.as_of(timeline.len() - 2) - 9 * DAY;
        let row = principal_row(Principal {
            object: format!("{}{}", &object[..24], &app_id[24..]),
            app_id,
            name: "svc-graph-sync-tmp",
            tenant: &tenant.id,
            kind: "Application",
            created_at,
            enabled: true.into(),
            alternative_names: Vec::new(),
            tags: Vec::new(),
            passwords: Vec::new(),
        });
        pages.item(&row, truth)?;
    }
    for life in &managed {
        let domain = domain_of(life.ordinal);
        let mut draw = Draw::new(
            estate.seed,
            "managed identity facts",
            tenant.number as u64,
            life.ordinal,
        );
        let name = format!("mi-{}", application_name(life.ordinal));
        let subscription = Draw::new(estate.seed, "subscription", 0, life.ordinal % 12).guid();
        let explicit = draw.chance(0.6);
        let path = if explicit {
            format!(
                "/subscriptions/{subscription}/resourcegroups/rg-{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
                domain.name
            )
        } else {
            format!(
                "/subscriptions/{subscription}/resourcegroups/rg-{}/providers/Microsoft.Web/sites/{name}",
                domain.name
            )
        };
        let row = principal_row(Principal {
            object: object_id(estate, tenant, "managed identity", life.ordinal),
            app_id: object_id(estate, tenant, "managed identity app", life.ordinal),
            name: &name,
            tenant: &tenant.id,
            kind: "ManagedIdentity",
            created_at: life.created_at,
            enabled: true.into(),
            alternative_names: vec![format!("isExplicit={}", if explicit { "True" } else { "False" }), path],
            tags: Vec::new(),
            passwords: Vec::new(),
        });
        if pages.item(&row, truth)? == Fate::Kept {
            truth.nhi(tenant.source, "entra", "managed_identity");
            truth.owner("none");
        }
    }
    for life in &third_party {
        let mut draw = Draw::new(estate.seed, "third party facts", tenant.number as u64, life.ordinal);
        let vendor = THIRD_PARTIES[(life.ordinal % 8) as usize];
        let round = life.ordinal / 8;
        let name = if round == 0 {
            vendor.to_owned()
        } else {
            format!("{vendor} {}", round + 1)
        };
        let row = principal_row(Principal {
            object: object_id(estate, tenant, "third party", life.ordinal),
            app_id: object_id(estate, tenant, "third party app", life.ordinal),
            name: &name,
            tenant: &draw.guid(),
            kind: "Application",
            created_at: life.created_at,
            enabled: if draw.chance(0.1) { Json::Null } else { Json::Bool(true) },
            alternative_names: Vec::new(),
            tags: vec!["WindowsAzureActiveDirectoryIntegratedApp"],
            passwords: Vec::new(),
        });
        if pages.item(&row, truth)? == Fate::Kept {
            truth.nhi(tenant.source, "entra", "third_party_application");
            truth.owner("none");
        }
    }
    pages.close(truth)
}

fn graph_object_id(estate: &Estate, tenant: &Tenant, app_id: &str) -> String {
    Draw::new(estate.seed, app_id, tenant.number as u64, 0).guid()
}

fn write_assignments(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.applications.alive(&estate.timeline, snapshot.index).collect();
    let planted = intruder(estate, tenant, snapshot);
    let total = lives.len() as u64 + u64::from(planted.is_some());
    let mut pages = GraphPages::new(estate, folder, "appRoleAssignments", total);
    let graph = graph_object_id(estate, tenant, GRAPH_APP_ID);
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
        if role == ROLE_MANAGEMENT {
            truth.problem(
                "administrator",
                tenant.app_id(estate.seed, life.ordinal),
                tenant.source,
                "RoleManagement.ReadWrite.Directory",
            );
        }
        let principal = object_id(estate, tenant, "entra principal", life.ordinal);
        let id = draw.text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 43);
        pages.item(
            &row(
                id,
                role,
                life.created_at + 300,
                tenant.application_name(estate, life.ordinal),
                principal,
            ),
            truth,
        )?;
    }
    if let Some((object, app_id)) = planted {
        let created_at = estate.timeline.as_of(estate.timeline.len() - 2) - 9 * DAY + 900;
        let principal = format!("{}{}", &object[..24], &app_id[24..]);
        let id = Draw::new(estate.seed, "intruder assignment", 0, 0).hex(43);
        pages.item(
            &row(
                id,
                ROLE_MANAGEMENT,
                created_at,
                "svc-graph-sync-tmp".to_owned(),
                principal,
            ),
            truth,
        )?;
    }
    pages.close(truth)
}

fn write_grants(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.third_party.alive(&estate.timeline, snapshot.index).collect();
    let mut pages = GraphPages::new(estate, folder, "oauth2PermissionGrants", lives.len() as u64);
    for life in &lives {
        let mut draw = Draw::new(estate.seed, "oauth grant", tenant.number as u64, life.ordinal);
        let everyone = draw.chance(0.55);
        let scope = draw.pick(&[
            "User.Read",
            " openid profile User.Read offline_access",
            "Mail.ReadWrite Files.ReadWrite.All",
            "Files.Read.All Sites.Read.All",
        ]);
        let consent = if everyone { "AllPrincipals" } else { "Principal" };
        let principal = (!everyone).then(|| draw.guid());
        let row = object! {
            "clientId": object_id(estate, tenant, "third party", life.ordinal),
            "consentType": consent,
            "id": draw.hex(32),
            "principalId": principal,
            "resourceId": graph_object_id(estate, tenant, GRAPH_APP_ID),
            "scope": scope,
        };
        pages.item(&row, truth)?;
    }
    pages.close(truth)
}

fn write_sign_ins(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let scope = tenant.number as u64;
    let mut rows = Vec::new();
    let populations = [
        (&tenant.applications, "entra app id", 0_u64),
        (&tenant.managed, "managed identity app", 1),
        (&tenant.third_party, "third party app", 2),
    ];
    for (population, id_of, kind) in populations {
        for life in population.alive(&estate.timeline, snapshot.index) {
            let mut draw = Draw::new(estate.seed, "entra habit", scope * 4 + kind, life.ordinal);
            let habit = Habit::draw(&mut draw, &estate.timeline);
            let mut use_draw = Draw::new(
                estate.seed,
                "entra use",
                ((snapshot.index as u64) << 32) | (scope * 4 + kind),
                life.ordinal,
            );
            if let Some(at) = habit.last_used_at(&mut use_draw, life.created_at, snapshot.as_of) {
                rows.push((object_id(estate, tenant, id_of, life.ordinal), at, kind == 2));
            }
        }
    }
    let mut pages = GraphPages::new(estate, folder, "servicePrincipalSignInActivities", rows.len() as u64);
    pages.version = "beta";
    pages.context = "reports/servicePrincipalSignInActivities";
    let moment = |at: Option<i64>| object! { "lastSignInDateTime": at.map(rfc3339) };
    for (app_id, at, delegated) in rows {
        let (by_user, by_itself) = if delegated { (Some(at), None) } else { (None, Some(at)) };
        let row = object! {
            "id": Draw::new(estate.seed, &app_id, 1, 0).hex(48),
            "appId": app_id,
            "delegatedClientSignInActivity": moment(by_user),
            "delegatedResourceSignInActivity": moment(None),
            "applicationAuthenticationClientSignInActivity": moment(by_itself),
            "applicationAuthenticationResourceSignInActivity": moment(None),
            "lastSignInActivity": moment(Some(at)),
        };
        pages.item(&row, truth)?;
    }
    pages.close(truth)
}

fn write_agents(
    estate: &Estate,
    tenant: &Tenant,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let lives: Vec<Life> = tenant.agents.alive(&estate.timeline, snapshot.index).collect();
    let mut pages = GraphPages::new(estate, folder, "agentIdentities", lives.len() as u64);
    pages.context = "servicePrincipals/microsoft.graph.agentIdentity";
    for life in &lives {
        let mut draw = Draw::new(estate.seed, "agent facts", 0, life.ordinal);
        let name = AGENTS[(life.ordinal % 8) as usize];
        let name = if life.ordinal < 8 {
            name.to_owned()
        } else {
            format!("{name} {}", life.ordinal / 8 + 1)
        };
        let created_at = life.created_at.max(estate.timeline.as_of(0) - 400 * DAY);
        let blueprint = Draw::new(estate.seed, "blueprint", 0, life.ordinal % 8).guid();
        let sponsored = draw.chance(0.60);
        let sponsor = estate.company.person(draw.below(estate.company.n_people));
        let sponsors = if sponsored {
            vec![person_row(estate, &sponsor.name, &sponsor.email)]
        } else {
            Vec::new()
        };
        truth.nhi(tenant.source, "entra", "ai_agent");
        match (sponsored, sponsor.left_on) {
            (false, _) => truth.owner("none"),
            (true, None) => truth.owner("person"),
            (true, Some(_)) => truth.owner("departed"),
        }
        let id = draw.guid();
        if !sponsored {
            truth.problem("agent_without_sponsor", id.clone(), tenant.source, name.clone());
        }
        let row = object! {
            "@odata.type": "#microsoft.graph.agentIdentity",
            "id": id,
            "accountEnabled": true,
            "agentIdentityBlueprintId": blueprint,
            "createdByAppId": draw.guid(),
            "createdDateTime": rfc3339(created_at),
            "disabledByMicrosoftStatus": Json::Null,
            "displayName": name,
            "servicePrincipalType": "ServiceIdentity",
            "tags": ["AgenticInstance"],
            "sponsors": Json::List(sponsors),
        };
        pages.item(&row, truth)?;
    }
    pages.close(truth)
}
