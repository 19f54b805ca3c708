//! What the company's governance programme keeps itself: `registry.csv` and `rollcall.toml`.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::Result;

use super::Estate;
use super::aws::Account;
use super::company::{self, DOMAINS, Environment};
use super::draw::{DAY, Draw};
use super::governance::Claim;
use super::people::Staff;
use super::timeline::{Timeline, date};

/// What a service is for, as its team told the programme.
const PURPOSES: [&str; 8] = [
    "serves customers around the clock",
    "nightly batch",
    "back office",
    "integration with partners",
    "shared by all teams",
    "reporting and planning",
    "kept for audits",
    "internal tool",
];
/// The business areas where the programme began.
const BEGUN_WITH: [&str; 4] = ["payments", "data", "identity", "security"];

/// The registry as far as the programme has come: by service, and one row each for what matters most.
pub struct Registry {
    rows: Vec<Row>,
}

/// One row of `registry.csv`.
pub struct Row {
    names: Names,
    pub claim: Option<Claim>,
    team: &'static str,
    pub purpose: Option<&'static str>,
    pub environment: Option<Environment>,
    pub reviewed_at: Option<i64>,
    /// The number of the person who reviewed.
    reviewer: u64,
    pub retires_at: Option<i64>,
}

/// Which identities a row is about.
enum Names {
    /// The one that goes by this name.
    Exactly(String),
    /// Every one with this in one of its names: the pattern `*text*`.
    Containing(String),
}

impl Registry {
    /// Plans the registry: most services of the areas where the programme began and some of the others', the root users,
    /// half of the `agents` (by their object ids), and all roles of one account.
    pub fn plan(seed: u64, staff: &Staff, accounts: &[Account], agents: &[String], timeline: &Timeline) -> Self {
        let last = timeline.last().as_of;
        let reviewed_at = |draw: &mut Draw| {
            let (low, high) = if draw.chance(0.8) { (5, 85) } else { (95, 400) };
            Some(last - draw.between(low, high) * DAY)
        };
        // Three people of the security team share the reviews.
        let is_auditor =
            |number: &u64| staff.team_of(*number) == "team-security" && staff.person(*number).left_at.is_none();
        let auditors: Vec<u64> = (0..staff.n_people).filter(is_auditor).take(3).collect();
        let auditor = |draw: &mut Draw| {
            let turn = draw.below(auditors.len().max(1) as u64) as usize;
            auditors.get(turn).copied().unwrap_or_default()
        };
        let mut rows = Vec::new();
        for account in accounts
            .iter()
            .filter(|account| account.environment == Environment::Prod)
        {
            let mut draw = Draw::new(seed, "registry root", 0, account.number as u64);
            rows.push(Row {
                names: Names::Exactly(account.arn("root")),
                claim: Some(Claim::Team("team-security")),
                team: "team-security",
                purpose: Some("break glass"),
                environment: None,
                reviewed_at: reviewed_at(&mut draw),
                reviewer: auditor(&mut draw),
                retires_at: None,
            });
        }
        for (number, agent) in agents.iter().enumerate() {
            let mut draw = Draw::new(seed, "registry agent", 0, number as u64);
            if draw.chance(0.5) {
                let team = draw.pick(&["team-labs", "team-platform", "team-finance", "team-customs"]);
                rows.push(Row {
                    names: Names::Exactly(agent.clone()),
                    claim: Some(Claim::Team(team)),
                    team,
                    purpose: Some("assists its team under supervision"),
                    environment: Some(Environment::Prod),
                    reviewed_at: reviewed_at(&mut draw),
                    reviewer: auditor(&mut draw),
                    retires_at: None,
                });
            }
        }
        for (number, domain) in DOMAINS.iter().enumerate() {
            for (place, service) in domain.services.iter().enumerate() {
                let mut draw = Draw::new(seed, "registry", number as u64, place as u64);
                let share = if BEGUN_WITH.contains(&domain.name) { 0.8 } else { 0.4 };
                if !draw.chance(share) {
                    continue;
                }
                // A service has a lead or, where none is named, its team. One lead in ten has left since.
                let wants_left = draw.chance(0.1);
                let lead = draw
                    .chance(0.35)
                    .then(|| {
                        staff.somebody(&mut draw, |person| {
                            person.team == domain.team && person.left_at.is_some() == wants_left
                        })
                    })
                    .flatten();
                rows.push(Row {
                    names: Names::Containing(format!("{service}-")),
                    claim: Some(lead.map_or(Claim::Team(domain.team), Claim::Person)),
                    team: domain.team,
                    purpose: draw.chance(0.9).then(|| draw.pick(&PURPOSES)),
                    environment: None,
                    reviewed_at: reviewed_at(&mut draw).filter(|_| draw.chance(0.9)),
                    reviewer: auditor(&mut draw),
                    retires_at: draw.chance(0.06).then(|| last + draw.between(-60, 200) * DAY),
                });
            }
        }
        if let Some(first) = accounts.get(3) {
            let mut draw = Draw::new(seed, "registry account", 0, 0);
            rows.push(Row {
                names: Names::Containing(format!("{}:role/", first.id)),
                claim: Some(Claim::Team(first.domain.team)),
                team: first.domain.team,
                purpose: None,
                environment: None,
                reviewed_at: reviewed_at(&mut draw),
                reviewer: auditor(&mut draw),
                retires_at: None,
            });
        }
        Self { rows }
    }

    /// The rows about an identity that goes by these names: those that name it first.
    pub fn rows_of(&self, names: &[&str]) -> impl Iterator<Item = &Row> {
        let exact = self.rows.iter().filter(move |row| match &row.names {
            Names::Exactly(name) => names.contains(&name.as_str()),
            Names::Containing(_) => false,
        });
        exact.chain(self.rows.iter().filter(move |row| match &row.names {
            Names::Exactly(_) => false,
            Names::Containing(part) => names.iter().any(|name| name.contains(part)),
        }))
    }

    /// Writes `registry.csv`.
    pub fn write(&self, staff: &Staff, folder: &Path) -> Result<()> {
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
        for row in &self.rows {
            let pattern = match &row.names {
                Names::Exactly(name) => name.clone(),
                Names::Containing(part) => format!("*{part}*"),
            };
            let owner = match row.claim {
                Some(Claim::Person(number)) => staff.person(number).email,
                Some(Claim::Team(_) | Claim::Text(_)) | None => String::new(),
            };
            let reviewer = match row.reviewed_at {
                Some(_) => staff.person(row.reviewer).email,
                None => String::new(),
            };
            csv.write_record([
                pattern.as_str(),
                &owner,
                row.team,
                row.purpose.unwrap_or_default(),
                row.environment.map_or("", Environment::short),
                &row.reviewed_at.map(date).unwrap_or_default(),
                &reviewer,
                &row.retires_at.map(date).unwrap_or_default(),
            ])?;
        }
        csv.flush()?;
        Ok(())
    }
}

/// Sources that `rollcall.toml` expects and nobody exported.
pub const MISSING_SOURCES: [&str; 2] = ["aws-treasury-prod", "k8s-depot-edge-prod"];

/// Writes `rollcall.toml`: the sources that must be there, how names tell the environment, the limits in force.
pub fn write_manifest(estate: &Estate, folder: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(folder.join("rollcall.toml"))?);
    writeln!(out, "[estate]\nname = \"{}\"\n", company::NAME)?;
    let missing = MISSING_SOURCES.iter().filter(|_| estate.dirt.plants_faults());
    let missing = missing.map(|source| ((*source).to_owned(), Some(Environment::Prod)));
    for (source, environment) in estate.sources().into_iter().chain(missing) {
        writeln!(out, "[[expected]]\nsource = \"{source}\"")?;
        match environment {
            Some(environment) => writeln!(out, "environment = \"{}\"\n", environment.short())?,
            None => writeln!(out)?,
        }
    }
    for environment in Environment::ALL {
        let word = environment.short();
        for pattern in [format!("*-{word}"), format!("*-{word}-*")] {
            writeln!(out, "[[environment]]\npattern = \"{pattern}\"\nis = \"{word}\"\n")?;
        }
    }
    writeln!(out, "[thresholds]")?;
    writeln!(
        out,
        "access_key_max_age_days = {{ value = 90, set_by = \"CISO office\", on = \"2026-02-01\" }}"
    )?;
    out.flush()?;
    Ok(())
}
