//! Hand-kept inventories: the CMDB's spreadsheet, and the lists of SaaS and pipeline credentials.

mod names;
mod rows;

use std::path::Path;

use anyhow::Result;

use super::Estate;
use super::aws::{Account, Tags};
use super::company::{DOMAINS, Environment, service_of};
use super::dirt::Export;
use super::draw::{DAY, Draw};
use super::timeline::{Life, Population, Snapshot, Timeline, date};
use super::truth::SnapshotTruth;
use rows::Row;

/// One CSV of a hand-kept inventory.
pub struct Inventory {
    pub source: &'static str,
    file: &'static str,
    style: Style,
    columns: &'static [Column],
    kinds: &'static [Kind],
    population: Population,
}

/// What a row may be.
struct Kind {
    share: u32,
    /// The word in the Type column.
    words: &'static str,
    /// What truth.json counts it under.
    kind: &'static str,
    /// What truth.json calls the secret that the row speaks of.
    secret: &'static str,
    name: names::Naming,
    /// Where the secret is kept.
    place: &'static str,
    /// What the list says that it is for, where it says anything.
    purposes: &'static [&'static str],
}

/// How the spreadsheet was saved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Semicolons and days first, as Excel in Oslo or Hamburg saves.
    European,
    /// Commas and ISO dates.
    Plain,
}

impl Style {
    fn day(self, at: i64) -> String {
        let iso = date(at);
        match self {
            Self::Plain => iso,
            Self::European => format!("{}.{}.{}", &iso[8..], &iso[5..7], &iso[..4]),
        }
    }
}

/// One column of an inventory.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Identity,
    Type,
    System,
    Owner,
    Team,
    Environment,
    Status,
    Created,
    /// When the secret was last replaced.
    Changed(&'static str),
    LastUsed,
    Expires,
    SecretType,
    SecretLocation,
    Purpose,
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Identity => "Identity",
            Self::Type => "Type",
            Self::System => "System",
            Self::Owner => "Owner",
            Self::Team => "Team",
            Self::Environment => "Environment",
            Self::Status => "Status",
            Self::Created => "Created",
            Self::Changed(heading) => heading,
            Self::LastUsed => "Last Used",
            Self::Expires => "Expires",
            Self::SecretType => "Secret Type",
            Self::SecretLocation => "Secret Location",
            Self::Purpose => "Purpose",
        }
    }
}

const CMDB_COLUMNS: &[Column] = &[
    Column::Identity,
    Column::Type,
    Column::System,
    Column::Owner,
    Column::Team,
    Column::Environment,
    Column::Status,
    Column::Created,
    Column::Changed("Password Last Set"),
    Column::Expires,
    Column::SecretLocation,
    Column::Purpose,
];
const SAAS_COLUMNS: &[Column] = &[
    Column::Identity,
    Column::Type,
    Column::Owner,
    Column::Team,
    Column::Environment,
    Column::Created,
    Column::Changed("Last Rotated"),
    Column::LastUsed,
    Column::Expires,
    Column::SecretType,
    Column::SecretLocation,
    Column::Purpose,
];
const PIPELINE_COLUMNS: &[Column] = &[
    Column::Identity,
    Column::Type,
    Column::Owner,
    Column::Team,
    Column::Created,
    Column::LastUsed,
    Column::Expires,
    Column::SecretLocation,
    Column::Purpose,
];

const CMDB: &[Kind] = &[
    Kind {
        share: 55,
        words: "AD service account",
        kind: "directory_account",
        secret: "account_password",
        name: names::directory_account,
        place: "CyberArk",
        purposes: &[
            "Windows service",
            "scheduled task",
            "SQL Server agent",
            "application pool",
        ],
    },
    Kind {
        share: 31,
        words: "OS service account",
        kind: "os_account",
        secret: "account_password",
        name: names::os_account,
        place: "server build sheet",
        purposes: &[
            "runs the package",
            "nightly backup",
            "file transfer with the carrier",
            "monitoring",
        ],
    },
    Kind {
        share: 7,
        words: "Robot",
        kind: "rpa_robot",
        secret: "account_password",
        name: names::robot,
        place: "KeePass \"shared\"",
        purposes: &[
            "keys in what comes on paper",
            "checks what people keyed in",
            "sends reminders",
        ],
    },
    Kind {
        share: 7,
        words: "Database role",
        kind: "database_role",
        secret: "account_password",
        name: names::database_role,
        place: "wiki page",
        purposes: &["application", "reporting", "loads the lakehouse", "schema changes"],
    },
];
const SAAS: &[Kind] = &[
    Kind {
        share: 55,
        words: "OAuth app",
        kind: "saas_application",
        secret: "saas_client_secret",
        name: names::saas_application,
        place: "vendor console",
        purposes: &[
            "keeps customers in step",
            "opens tickets",
            "imports orders",
            "weekly figures",
        ],
    },
    Kind {
        share: 45,
        words: "API token",
        kind: "api_token",
        secret: "saas_api_key",
        name: names::api_token,
        place: "Vault kv/saas",
        purposes: &[
            "sends messages to customers",
            "maps and routes",
            "takes payments",
            "monitoring",
        ],
    },
];
const PIPELINES: &[Kind] = &[
    Kind {
        share: 45,
        words: "Deploy key",
        kind: "deploy_key",
        secret: "deploy_key",
        name: names::deploy_key,
        place: "GitHub",
        purposes: &["reads the repository for builds", "pushes release tags"],
    },
    Kind {
        share: 35,
        words: "Pipeline token",
        kind: "pipeline_token",
        secret: "pipeline_token",
        name: names::pipeline_token,
        place: "GitLab variable",
        purposes: &["publishes packages", "scans dependencies", "deploys to staging"],
    },
    Kind {
        share: 20,
        words: "Personal access token",
        kind: "personal_access_token",
        secret: "personal_access_token",
        name: names::personal_token,
        place: "Jenkins credential",
        purposes: &["script of one engineer", "mirror to the archive"],
    },
];

/// Plans the inventories: directory, OS, robot and database accounts 8 %, SaaS 4 %, pipelines 5 % of all.
pub fn plan(seed: u64, n_nhis: u64, timeline: &Timeline) -> Vec<Inventory> {
    let population = |what, percent: u64| Population::new(seed, what, 0, n_nhis * percent / 100, timeline);
    vec![
        Inventory {
            source: "cmdb",
            file: "service-accounts.csv",
            style: Style::European,
            columns: CMDB_COLUMNS,
            kinds: CMDB,
            population: population("cmdb", 8),
        },
        Inventory {
            source: "saas-inventory",
            file: "saas-apps.csv",
            style: Style::Plain,
            columns: SAAS_COLUMNS,
            kinds: SAAS,
            population: population("saas", 4),
        },
        Inventory {
            source: "ci-inventory",
            file: "pipelines.csv",
            style: Style::Plain,
            columns: PIPELINE_COLUMNS,
            kinds: PIPELINES,
            population: population("pipelines", 5),
        },
    ]
}

/// Writes one inventory's file.
pub fn write(
    estate: &Estate,
    inventory: &Inventory,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(inventory.source);
    truth.source(inventory.source, None);
    let out = Export::text(&estate.dirt, &folder, inventory.file)?;
    let mut csv = csv::WriterBuilder::new()
        .delimiter(match inventory.style {
            Style::European => b';',
            Style::Plain => b',',
        })
        .flexible(true)
        .from_writer(out);
    let shouts = estate
        .dirt
        .strikes("wrong-case columns", 0.05, inventory.source, inventory.file);
    csv.write_record(inventory.columns.iter().map(|column| match shouts {
        true => column.heading().to_uppercase(),
        false => column.heading().to_owned(),
    }))?;
    for life in inventory.population.alive(&estate.timeline, snapshot.index) {
        let row = Row::draw(estate, inventory, snapshot, &life);
        row.record(estate, inventory, snapshot, truth);
        csv.write_record(
            inventory
                .columns
                .iter()
                .map(|column| row.cell(estate, *column, inventory.style)),
        )?;
    }
    match inventory.source {
        "cmdb" => write_roles(estate, inventory, snapshot, &mut csv)?,
        "saas-inventory" if estate.dirt.plants_faults() => {
            rows::write_bad_rows(estate, inventory, snapshot, &mut csv, truth)?;
        }
        _ => {}
    }
    let out = csv.into_inner().map_err(|error| error.into_error())?;
    let (path, quirks) = out.finish()?;
    truth.file(&path, &quirks);
    if shouts {
        truth.quirk("wrong-case columns", &path);
    }
    if inventory.source == "cmdb" && estate.dirt.plants_faults() {
        write_unrecognised(&folder, truth)?;
    }
    Ok(())
}

/// What the CMDB says of a cloud role that it lists too, by ARN.
pub struct ListedRole {
    pub owner: Option<&'static str>,
    pub environment: Environment,
    pub created_at: i64,
}

/// The CMDB's word on a role, for the roles that it lists: not always what the tags say. Where the tags name no stage,
/// the CMDB has the right one.
pub fn cmdb_role(estate: &Estate, account: &Account, snapshot: &Snapshot, life: &Life) -> Option<ListedRole> {
    if life.ordinal % 30 != 2 {
        return None;
    }
    let tagged = Tags::of_role(estate, account, snapshot, life.ordinal).said.environment;
    let mut draw = Draw::new(estate.seed, "cmdb role", account.number as u64, life.ordinal);
    let owner = match draw.below(100) {
        0..60 => Some(account.domain.team),
        60..80 => Some(DOMAINS[draw.below(DOMAINS.len() as u64) as usize].team),
        _ => None,
    };
    let is_wrong_stage = draw.chance(0.2) && tagged.is_some();
    let other = match account.environment {
        Environment::Prod => Environment::Staging,
        Environment::Staging | Environment::Dev | Environment::Sandbox => Environment::Prod,
    };
    // Somebody typed in the day of the ticket, not that of the role.
    let is_late = draw.chance(0.15);
    let late = draw.between(20, 90) * DAY;
    Some(ListedRole {
        owner,
        environment: if is_wrong_stage { other } else { account.environment },
        created_at: life.created_at + if is_late { late } else { 0 },
    })
}

fn write_roles(
    estate: &Estate,
    inventory: &Inventory,
    snapshot: &Snapshot,
    csv: &mut csv::Writer<Export>,
) -> Result<()> {
    for account in &estate.accounts {
        for life in account.roles.alive(&estate.timeline, snapshot.index) {
            let Some(role) = cmdb_role(estate, account, snapshot, &life) else {
                continue;
            };
            let arn = account.arn(&format!("role/{}", account.role_name(estate, life.ordinal)));
            csv.write_record(inventory.columns.iter().map(|column| match column {
                Column::Identity => arn.clone(),
                Column::Type => "Cloud role".to_owned(),
                Column::Owner => role.owner.unwrap_or("-").to_owned(),
                Column::Environment => role.environment.short().to_owned(),
                Column::Created => inventory.style.day(role.created_at),
                Column::Purpose => format!("role of {}", service_of(account.domain, life.ordinal)),
                _ => String::new(),
            }))?;
        }
    }
    Ok(())
}

/// Two files that no connector knows.
fn write_unrecognised(folder: &Path, truth: &mut SnapshotTruth) -> Result<()> {
    let files = [
        (
            "README-audit.txt",
            "Exports pulled for the autumn audit. Ask Katja before deleting anything in here.\n",
        ),
        (
            "grafana-dashboard.json",
            "{\n  \"title\": \"Key rotation\",\n  \"panels\": [\n    { \"type\": \"timeseries\", \"targets\": [] }\n  ],\n  \"schemaVersion\": 39\n}\n",
        ),
    ];
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text)?;
        truth.file(&path, &[]);
        truth.fault(&path, "unrecognised");
        truth.partial("cmdb", "unrecognised file");
    }
    Ok(())
}
