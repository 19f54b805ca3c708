//! The rows of an inventory, good and bad, and what is true of each.

use anyhow::Result;

use super::names::{Named, domain_of};
use super::{Column, Inventory, Kind, Style};
use crate::generate::Estate;
use crate::generate::company::Environment;
use crate::generate::dirt::Export;
use crate::generate::draw::{DAY, Draw};
use crate::generate::governance::{Claim, Ownership, Said};
use crate::generate::timeline::{CLOUD_KEY_AGES, Habit, Life, Snapshot, generations};
use crate::generate::truth::{CredentialTruth, IdentityTruth, Knowledge, SnapshotTruth};

/// One row, before it is put into words.
pub struct Row {
    kind: &'static Kind,
    named: Named,
    ownership: Ownership,
    /// The Team column, where somebody filled it in.
    team: Option<&'static str>,
    environment: Option<Environment>,
    is_disabled: bool,
    created_at: i64,
    /// When the secret was last replaced, where the list says so.
    changed_at: Option<i64>,
    use_seen: UseSeen,
    end: End,
    place: &'static str,
    purpose: Option<&'static str>,
    /// What the cell says in which there is nothing to say.
    blank: &'static str,
}

#[derive(Clone, Copy)]
enum UseSeen {
    At(i64),
    Never,
    /// Nobody wrote it down.
    Unknown,
}

#[derive(Clone, Copy)]
enum End {
    At(i64),
    Never,
    Unknown,
}

/// The first instant of the day, for a column that holds days.
fn day_start(at: i64) -> i64 {
    at - at.rem_euclid(DAY)
}

impl Row {
    pub fn draw(estate: &Estate, inventory: &Inventory, snapshot: &Snapshot, life: &Life) -> Self {
        let timeline = &estate.timeline;
        let mut draw = Draw::new(estate.seed, inventory.file, 0, life.ordinal);
        let domain = domain_of(life.ordinal);
        let options: Vec<(u32, usize)> = inventory
            .kinds
            .iter()
            .enumerate()
            .map(|(number, kind)| (kind.share, number))
            .collect();
        let kind = &inventory.kinds[draw.weighted(&options)];
        let named = (kind.name)(&estate.staff, &mut draw, life.ordinal);
        let ownership = match named.person {
            Some(person) => Ownership::Person(person),
            None => Ownership::draw(&mut draw, &estate.staff, domain, timeline, snapshot.index),
        };
        let environment = draw.weighted(&[
            (38, Some(Environment::Prod)),
            (17, Some(Environment::Staging)),
            (33, Some(Environment::Dev)),
            (12, None),
        ]);
        let habit = Habit::draw(&mut draw, timeline);
        // A token list copied from a console has the last use; nobody writes it down by hand.
        let reports_use = inventory.columns.contains(&Column::LastUsed) && draw.chance(0.8);
        let standing = generations(&mut draw, CLOUD_KEY_AGES, life.created_at, timeline, snapshot.index);
        let secret_at = standing.first().map_or(life.created_at, |standing| standing.created_at);
        let mut use_draw = Draw::new(estate.seed, inventory.source, 1 + snapshot.index as u64, life.ordinal);
        let use_seen = match habit.last_used_at(&mut use_draw, secret_at, snapshot.as_of) {
            _ if !reports_use => UseSeen::Unknown,
            Some(at) => UseSeen::At(day_start(at)),
            None => UseSeen::Never,
        };
        // A list of tokens dates the token, a list of accounts the account.
        let has_change_column = inventory
            .columns
            .iter()
            .any(|column| matches!(column, Column::Changed(_)));
        let says_change = draw.chance(0.75);
        let created_at = day_start(if has_change_column { life.created_at } else { secret_at });
        let changed_at = (has_change_column && says_change).then(|| day_start(secret_at));
        let end = match draw.weighted(&[(30, 365), (15, 730), (20, 0), (35, -1)]) {
            0 => End::Never,
            -1 => End::Unknown,
            days => End::At(day_start(secret_at) + days * DAY),
        };
        Self {
            kind,
            named,
            ownership,
            team: draw.chance(0.4).then_some(domain.team),
            environment: environment.filter(|_| inventory.columns.contains(&Column::Environment)),
            is_disabled: inventory.columns.contains(&Column::Status) && draw.chance(0.06),
            created_at,
            changed_at,
            use_seen,
            end,
            place: if draw.chance(0.04) {
                "spreadsheet\nsee second sheet"
            } else {
                kind.place
            },
            purpose: draw.chance(0.35).then(|| draw.pick(kind.purposes)),
            blank: draw.pick(&["", "-", "n/a"]),
        }
    }

    /// The text of one cell.
    pub fn cell(&self, estate: &Estate, column: Column, style: Style) -> String {
        match column {
            Column::Identity => self.named.name.clone(),
            Column::Type => self.kind.words.to_owned(),
            Column::System => self.named.system.clone(),
            Column::Owner => self.ownership.text(&estate.staff).unwrap_or_default(),
            Column::Team => self.team.unwrap_or_default().to_owned(),
            Column::Environment => self.environment.map_or("", Environment::short).to_owned(),
            Column::Status => if self.is_disabled { "disabled" } else { "active" }.to_owned(),
            Column::Created => style.day(self.created_at),
            Column::Changed(_) => self.changed_at.map_or(self.blank.to_owned(), |at| style.day(at)),
            Column::LastUsed => match self.use_seen {
                UseSeen::At(at) => style.day(at),
                UseSeen::Never => "never".to_owned(),
                UseSeen::Unknown => self.blank.to_owned(),
            },
            Column::Expires => match self.end {
                End::At(at) => style.day(at),
                End::Never => "never".to_owned(),
                End::Unknown => self.blank.to_owned(),
            },
            Column::SecretType => match self.kind.secret {
                "saas_client_secret" => "client secret",
                _ => "API key",
            }
            .to_owned(),
            Column::SecretLocation => self.place.to_owned(),
            Column::Purpose => self.purpose.unwrap_or_default().to_owned(),
        }
    }

    /// `source/system/name`, as far as the list has systems.
    fn id(&self, inventory: &Inventory) -> String {
        match self.named.system.as_str() {
            "" => format!("{}/{}", inventory.source, self.named.name),
            system => format!("{}/{system}/{}", inventory.source, self.named.name),
        }
    }

    pub fn record(&self, estate: &Estate, inventory: &Inventory, snapshot: &Snapshot, truth: &mut SnapshotTruth) {
        let id = self.id(inventory);
        let mut claims = self.ownership.claim();
        claims.extend(self.team.map(Claim::Team));
        for claim in &claims {
            if let Claim::Person(person) = claim
                && estate.staff.person(*person).has_left(snapshot.as_of)
            {
                let email = estate.staff.person(*person).email;
                truth.problem("orphaned", id.clone(), inventory.source, email);
            }
        }
        let said = Said {
            claims,
            has_purpose: self.purpose.is_some(),
            environment: self.environment,
        };
        let governance = estate.governance(&[&id, &self.named.name], said, None, snapshot.as_of);
        let has_status = inventory.columns.contains(&Column::Status);
        let identity = IdentityTruth::new(id.clone(), self.kind.kind, inventory.source, &governance);
        let identity = IdentityTruth {
            enabled: has_status.then_some(!self.is_disabled),
            credentials: Knowledge::Known,
            ..match self.use_seen {
                UseSeen::At(at) => identity.used(Some(at)),
                UseSeen::Never => identity.unused_since(self.created_at),
                UseSeen::Unknown => identity,
            }
        };
        truth.identity(identity, &governance);
        let secret = CredentialTruth::new(format!("{id}#{}", self.kind.secret), self.kind.secret, id).with_status(
            match (has_status, self.is_disabled) {
                (true, true) => "inactive",
                (true, false) => "active",
                (false, _) => "unknown",
            },
        );
        let has_change_column = inventory
            .columns
            .iter()
            .any(|column| matches!(column, Column::Changed(_)));
        let is_token_list = matches!(self.kind.kind, "api_token") || !has_change_column;
        let dated_at = self.changed_at.or(is_token_list.then_some(self.created_at));
        let secret = match dated_at {
            Some(at) => secret.created(at),
            None => secret,
        };
        let secret = match self.use_seen {
            UseSeen::At(at) => secret.used(Some(at)),
            UseSeen::Never => secret.never_used(),
            UseSeen::Unknown => secret,
        };
        truth.credential(match self.end {
            End::At(at) if self.is_disabled => CredentialTruth {
                status: "inactive",
                ..secret.ends(at, snapshot.as_of)
            },
            End::At(at) => secret.ends(at, snapshot.as_of),
            End::Never => secret.never_ends(),
            End::Unknown => secret,
        });
    }
}

/// The rows a diagnostic has to name: no identity, a day that does not exist, a formula, a short row.
pub fn write_bad_rows(
    estate: &Estate,
    inventory: &Inventory,
    snapshot: &Snapshot,
    csv: &mut csv::Writer<Export>,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    // A row with a hole where each column that it does not name is.
    let row = |cells: &[(Column, &str)]| -> Vec<String> {
        let cell = |column: &Column| cells.iter().find(|(known, _)| known == column);
        inventory
            .columns
            .iter()
            .map(|column| cell(column).map_or(String::new(), |(_, text)| (*text).to_owned()))
            .collect()
    };
    csv.write_record(row(&[
        (Column::Type, "API token"),
        (Column::Owner, "team-web"),
        (Column::Environment, "prod"),
        (Column::Created, "2024-03-01"),
    ]))?;
    csv.write_record(row(&[
        (Column::Identity, "token-carrier-portal"),
        (Column::Type, "API token"),
        (Column::Owner, "team-shipping"),
        (Column::Environment, "prod"),
        (Column::Created, "2024-02-31"),
        (Column::LastUsed, "never"),
    ]))?;
    csv.write_record(row(&[
        (Column::Identity, "token-board-deck"),
        (Column::Type, "API token"),
        (Column::Owner, "TBD"),
        (Column::Environment, "prod"),
        (Column::Created, "2024-06-12"),
        (Column::SecretLocation, "=HYPERLINK(\"http://intranet.halden.example\")"),
    ]))?;
    csv.write_record(["token-short-row", "API token"])?;
    for (name, detail) in [
        ("", "no identity"),
        ("token-carrier-portal", "31 February"),
        ("token-short-row", "two of twelve columns"),
    ] {
        truth.problem("bad_row", name, inventory.source, detail);
    }
    truth.partial(inventory.source, "bad row");
    for (name, claims, environment, created_at) in [
        // The day on which it was made is none, and it was never used.
        (
            "token-carrier-portal",
            vec![Claim::Team("team-shipping")],
            Some(Environment::Prod),
            None,
        ),
        (
            "token-board-deck",
            Vec::new(),
            Some(Environment::Prod),
            Some(1_718_150_400),
        ),
    ] {
        let said = Said {
            claims,
            environment,
            ..Said::default()
        };
        let id = format!("{}/{name}", inventory.source);
        let governance = estate.governance(&[&id], said, None, snapshot.as_of);
        let identity = IdentityTruth {
            idle_since: created_at.is_none().then(|| "ever".to_owned()),
            credentials: Knowledge::Known,
            ..IdentityTruth::new(id.clone(), "api_token", inventory.source, &governance)
        };
        truth.identity(identity, &governance);
        let secret = CredentialTruth::new(format!("{id}#saas_api_key"), "saas_api_key", id).with_status("unknown");
        truth.credential(match created_at {
            Some(at) => secret.created(at),
            None => secret.never_used(),
        });
    }
    Ok(())
}
