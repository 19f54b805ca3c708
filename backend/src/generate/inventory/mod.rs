//! Hand-kept inventories (the CMDB's spreadsheet, the list of SaaS tokens) and the estate's own three files.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

use super::Estate;
use super::company::{self, DOMAINS, Environment, Ownership, identity_name, service_of};
use super::dirt::Export;
use super::draw::{DAY, Draw};
use super::timeline::{CLOUD_KEY_AGES, Habit, Population, Snapshot, Timeline, date, generations};
use super::truth::{People, SnapshotTruth};

/// One CSV of a hand-kept inventory.
pub struct Inventory {
    pub source: &'static str,
    file: &'static str,
    style: Style,
    kinds: &'static [Kind],
    pub population: Population,
}

/// What a row may be: its share, the word in the Type column, the kind truth.json counts it under.
struct Kind {
    share: u32,
    words: &'static str,
    kind: &'static str,
    prefix: &'static str,
    place: &'static str,
}

/// How the spreadsheet was saved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Semicolons and days first, as Excel in Oslo or Hamburg saves.
    European,
    /// Commas and ISO dates.
    Plain,
}

const CMDB: &[Kind] = &[
    Kind {
        share: 55,
        words: "AD service account",
        kind: "directory_account",
        prefix: "svc_",
        place: "CyberArk",
    },
    Kind {
        share: 31,
        words: "OS service account",
        kind: "os_account",
        prefix: "",
        place: "server build sheet",
    },
    Kind {
        share: 7,
        words: "Robot",
        kind: "rpa_robot",
        prefix: "RPA-",
        place: "KeePass \"shared\"",
    },
    Kind {
        share: 7,
        words: "Database role",
        kind: "database_role",
        prefix: "db_",
        place: "wiki page",
    },
];
const SAAS: &[Kind] = &[
    Kind {
        share: 55,
        words: "OAuth app",
        kind: "saas_application",
        prefix: "oauth-",
        place: "vendor console",
    },
    Kind {
        share: 45,
        words: "API token",
        kind: "api_token",
        prefix: "token-",
        place: "Vault kv/saas",
    },
];
const PIPELINES: &[Kind] = &[
    Kind {
        share: 45,
        words: "Deploy key",
        kind: "deploy_key",
        prefix: "deploy-",
        place: "GitHub",
    },
    Kind {
        share: 35,
        words: "CI token",
        kind: "pipeline_token",
        prefix: "ci-",
        place: "GitLab variable",
    },
    Kind {
        share: 20,
        words: "Personal access token",
        kind: "pipeline_token",
        prefix: "pat-",
        place: "Jenkins credential",
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
            kinds: CMDB,
            population: population("cmdb", 8),
        },
        Inventory {
            source: "saas-inventory",
            file: "saas-apps.csv",
            style: Style::Plain,
            kinds: SAAS,
            population: population("saas", 4),
        },
        Inventory {
            source: "ci-inventory",
            file: "pipelines.csv",
            style: Style::Plain,
            kinds: PIPELINES,
            population: population("pipelines", 5),
        },
    ]
}

fn day(style: Style, at: i64) -> String {
    let iso = date(at);
    match style {
        Style::Plain => iso,
        Style::European => format!("{}.{}.{}", &iso[8..], &iso[5..7], &iso[..4]),
    }
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
    let timeline = &estate.timeline;
    let style = inventory.style;
    let out = Export::text(&estate.dirt, &folder, inventory.file)?;
    let delimiter = match style {
        Style::European => b';',
        Style::Plain => b',',
    };
    let mut csv = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_writer(out);
    let shouting = estate
        .dirt
        .strikes("wrong-case columns", 0.05, inventory.source, inventory.file);
    let header = [
        "Identity",
        "Type",
        "Owner",
        "Team",
        "Environment",
        "Created",
        "Last Used",
        "Expires",
        "Secret Location",
        "Purpose",
    ];
    csv.write_record(header.map(|name| if shouting { name.to_uppercase() } else { name.to_owned() }))?;

    for life in inventory.population.alive(timeline, snapshot.index) {
        let mut draw = Draw::new(estate.seed, inventory.file, 0, life.ordinal);
        let domain = &DOMAINS[(life.ordinal % DOMAINS.len() as u64) as usize];
        let options: Vec<(u32, usize)> = inventory
            .kinds
            .iter()
            .enumerate()
            .map(|(number, kind)| (kind.share, number))
            .collect();
        let kind = &inventory.kinds[draw.weighted(&options)];
        let name = format!(
            "{}{}",
            kind.prefix,
            identity_name(domain, life.ordinal / DOMAINS.len() as u64)
        );
        let ownership = estate.company.ownership(&mut draw, domain, timeline, snapshot.index);
        let environment = draw.weighted(&[
            (38, Environment::Prod.short()),
            (17, Environment::Staging.short()),
            (33, Environment::Dev.short()),
            (12, ""),
        ]);
        let habit = Habit::draw(&mut draw, timeline);
        // Nobody writes down the last use of an account in a spreadsheet; a token list copied from a console has it.
        let reports_use = style == Style::Plain && draw.chance(0.8);
        let standing = generations(&mut draw, CLOUD_KEY_AGES, life.created_at, timeline, snapshot.index);
        let created_at = standing.first().map_or(life.created_at, |standing| standing.created_at);
        let mut use_draw = Draw::new(estate.seed, inventory.source, 1 + snapshot.index as u64, life.ordinal);
        let last_used = if reports_use {
            habit
                .last_used_at(&mut use_draw, created_at, snapshot.as_of)
                .map_or("never".to_owned(), |at| day(style, at))
        } else {
            draw.pick(&["", "n/a", "-"]).to_owned()
        };
        let lasts = draw.weighted(&[(30, 365), (15, 730), (55, 0)]);
        let (expires, status) = match lasts {
            0 => (draw.pick(&["", "-", "never"]).to_owned(), "active"),
            days => {
                let end = created_at + days * DAY;
                (
                    day(style, end),
                    if end < company::day_start(snapshot.as_of) {
                        "expired"
                    } else {
                        "active"
                    },
                )
            }
        };
        let purpose = if draw.chance(0.35) {
            draw.pick(&company::PURPOSES)
        } else {
            ""
        };
        let place = if draw.chance(0.04) {
            "spreadsheet\nsee second sheet"
        } else {
            kind.place
        };
        truth.nhi(inventory.source, "inventory", kind.kind);
        truth.owner(ownership.label());
        truth.credential("inventory_entry", status);
        if let Ownership::Departed(email) = &ownership {
            truth.problem("orphaned", name.clone(), inventory.source, email.clone());
        }
        let owner = ownership.text().unwrap_or_default();
        let team = if draw.chance(0.4) { domain.team } else { "" };
        csv.write_record([
            name.as_str(),
            kind.words,
            &owner,
            team,
            environment,
            &day(style, created_at),
            &last_used,
            &expires,
            place,
            purpose,
        ])?;
    }
    if inventory.source == "cmdb" {
        write_aws_rows(estate, snapshot, &mut csv, truth)?;
    }
    if inventory.source == "saas-inventory" && estate.dirt.plants_faults() {
        // The rows a diagnostic has to name: no identity, a day that does not exist, a formula, a short row.
        csv.write_record([
            "",
            "API token",
            "team-web",
            "",
            "prod",
            "2025-03-01",
            "never",
            "",
            "vendor console",
            "",
        ])?;
        csv.write_record([
            "token-carrier-portal",
            "API token",
            "team-shipping",
            "",
            "prod",
            "2025-02-31",
            "never",
            "",
            "vendor console",
            "",
        ])?;
        csv.write_record([
            "token-board-deck",
            "API token",
            "TBD",
            "",
            "prod",
            "2024-06-12",
            "n/a",
            "",
            "=HYPERLINK(\"http://intranet.halden.example\")",
            "",
        ])?;
        csv.write_record(["token-short-row", "API token"])?;
        for (name, detail) in [
            ("", "no identity"),
            ("token-carrier-portal", "31 February"),
            ("token-short-row", "two of ten columns"),
        ] {
            truth.problem("bad_row", name, inventory.source, detail);
        }
        for _ in ["token-carrier-portal", "token-board-deck", "token-short-row"] {
            truth.nhi(inventory.source, "inventory", "api_token");
            truth.credential("inventory_entry", "active");
        }
        truth.owner("team");
        truth.owner("placeholder");
        truth.owner("none");
    }
    let out = csv.into_inner().map_err(|error| error.into_error())?;
    let (path, quirks) = out.finish()?;
    truth.file(&path, &quirks);
    if shouting {
        truth.quirk("wrong-case columns", &path);
    }
    if inventory.source == "cmdb" && estate.dirt.plants_faults() {
        write_unrecognised(&folder, truth)?;
    }
    Ok(())
}

/// Roles that the CMDB also lists, by ARN, and not always with the owner that the tags name.
fn write_aws_rows(
    estate: &Estate,
    snapshot: &Snapshot,
    csv: &mut csv::Writer<Export>,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    for account in &estate.accounts {
        for life in account
            .roles
            .alive(&estate.timeline, snapshot.index)
            .filter(|life| life.ordinal % 60 == 2)
        {
            let arn = account.arn(&format!("role/{}", account.role_name(estate, life.ordinal)));
            let service = service_of(account.domain, life.ordinal);
            truth.join("inventory_to_aws", arn.clone(), format!("cmdb/{service}"));
            csv.write_record([
                arn.as_str(),
                "Cloud role",
                account.domain.team,
                account.domain.team,
                account.environment.short(),
                &day(Style::European, life.created_at),
                "",
                "",
                "none: assumed by the service",
                service,
            ])?;
        }
    }
    Ok(())
}

/// Two files that no connector knows.
fn write_unrecognised(folder: &Path, truth: &mut SnapshotTruth) -> Result<()> {
    let note = folder.join("README-audit.txt");
    std::fs::write(
        &note,
        "Exports pulled for the autumn audit. Ask Katja before deleting anything in here.\n",
    )?;
    truth.file(&note, &[]);
    truth.fault(&note, "unrecognised");
    let dashboard = folder.join("grafana-dashboard.json");
    std::fs::write(
        &dashboard,
        "{\n  \"title\": \"Key rotation\",\n  \"panels\": [\n    { \"type\": \"timeseries\", \"targets\": [] }\n  ],\n  \"schemaVersion\": 39\n}\n",
    )?;
    truth.file(&dashboard, &[]);
    truth.fault(&dashboard, "unrecognised");
    Ok(())
}

/// Writes `roster.csv`: everyone, with the day they left.
pub fn write_roster(estate: &Estate, folder: &Path) -> Result<People> {
    let mut csv = csv::Writer::from_writer(BufWriter::new(File::create(folder.join("roster.csv"))?));
    csv.write_record(["email", "name", "team", "status", "left_on"])?;
    let mut people = People::default();
    for number in 0..estate.company.n_people {
        let person = estate.company.person(number);
        let (status, left_on) = match person.left_on {
            Some(at) => ("left", date(at)),
            None => ("active", String::new()),
        };
        people.total += 1;
        match person.left_on {
            Some(_) => people.left += 1,
            None => people.active += 1,
        }
        csv.write_record([person.email.as_str(), &person.name, person.team, status, &left_on])?;
    }
    csv.flush()?;
    Ok(people)
}

/// Writes `registry.csv`: what the governance programme has registered so far, by pattern.
pub fn write_registry(estate: &Estate, folder: &Path) -> Result<()> {
    let mut csv = csv::Writer::from_writer(BufWriter::new(File::create(folder.join("registry.csv"))?));
    csv.write_record([
        "identity",
        "owner",
        "team",
        "purpose",
        "environment",
        "reviewed_on",
        "reviewer",
        "retires_on",
    ])?;
    let last = estate.timeline.last().as_of;
    let auditor = estate.company.person(0).email;
    for (number, domain) in DOMAINS.iter().enumerate() {
        for (place, service) in domain.services.iter().enumerate() {
            let mut draw = Draw::new(estate.seed, "registry", number as u64, place as u64);
            if !draw.chance(0.40) {
                continue;
            }
            let purpose = draw.pick(&company::PURPOSES);
            let reviewed_on = if draw.chance(0.75) {
                date(last - draw.days(5, 80))
            } else {
                date(last - draw.days(95, 400))
            };
            let retires_on = if draw.chance(0.06) {
                date(last + draw.days(-60, 200))
            } else {
                String::new()
            };
            for pattern in [format!("arn:aws:iam::*:role/*{service}-*"), format!("{service}-*")] {
                csv.write_record([
                    pattern.as_str(),
                    "",
                    domain.team,
                    purpose,
                    "",
                    &reviewed_on,
                    &auditor,
                    &retires_on,
                ])?;
            }
        }
    }
    for account in estate.accounts.iter().take(3) {
        let pattern = account.arn("role/*");
        csv.write_record([
            pattern.as_str(),
            "",
            account.domain.team,
            "",
            account.environment.short(),
            &date(last - 40 * DAY),
            &auditor,
            "",
        ])?;
    }
    csv.flush()?;
    Ok(())
}

/// Sources that `rollcall.toml` expects and nobody exported.
pub const MISSING_SOURCES: [&str; 2] = ["aws-treasury-prod", "k8s-depot-edge-prod"];

/// Writes `rollcall.toml`: the sources that must be there, how names tell the environment, the limits in force.
pub fn write_manifest(estate: &Estate, folder: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(folder.join("rollcall.toml"))?);
    writeln!(out, "[estate]\nname = \"{}\"\n", company::NAME)?;
    let accounts = estate
        .accounts
        .iter()
        .map(|account| (account.source.as_str(), account.environment.short()));
    let clusters = estate
        .clusters
        .iter()
        .map(|cluster| (cluster.source.as_str(), cluster.environment.short()));
    let projects = estate
        .projects
        .iter()
        .map(|project| (project.source.as_str(), project.environment.short()));
    let tenants = estate.tenants.iter().map(|tenant| (tenant.source, "prod"));
    let tls = estate.tls.iter().map(|source| (source.name, "prod"));
    let missing = MISSING_SOURCES
        .iter()
        .filter(|_| estate.dirt.plants_faults())
        .map(|source| (*source, "prod"));
    for (source, environment) in accounts
        .chain(tenants)
        .chain(projects)
        .chain(clusters)
        .chain(tls)
        .chain(missing)
    {
        writeln!(
            out,
            "[[expected]]\nsource = \"{source}\"\nenvironment = \"{environment}\"\n"
        )?;
    }
    for (pattern, environment) in [
        ("*-prod*", "prod"),
        ("*-stg*", "stg"),
        ("*-dev*", "dev"),
        ("*-sandbox*", "sandbox"),
        ("entra-*", "prod"),
        ("tls-*", "prod"),
    ] {
        writeln!(
            out,
            "[[environment]]\npattern = \"{pattern}\"\nis = \"{environment}\"\n"
        )?;
    }
    writeln!(out, "[thresholds]")?;
    writeln!(
        out,
        "access_key_max_age_days = {{ value = 90, set_by = \"CISO office\", on = \"2026-02-01\" }}"
    )?;
    out.flush()?;
    Ok(())
}
