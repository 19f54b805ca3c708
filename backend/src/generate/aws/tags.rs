//! Tags of roles and users, and what they say.

use super::Account;
use crate::generate::Estate;
use crate::generate::company::{Environment, GITHUB, purpose_of, service_of};
use crate::generate::draw::Draw;
use crate::generate::governance::{Ownership, Said};
use crate::generate::json::{Json, object};
use crate::generate::timeline::Snapshot;

/// The tags of one role or user.
pub struct Tags {
    pub list: Vec<Json>,
    pub said: Said,
    pub ownership: Ownership,
}

impl Tags {
    pub fn of_role(estate: &Estate, account: &Account, snapshot: &Snapshot, ordinal: u64) -> Self {
        Self::draw(estate, account, snapshot, "aws role tags", ordinal)
    }

    pub fn of_user(estate: &Estate, account: &Account, snapshot: &Snapshot, ordinal: u64) -> Self {
        Self::draw(estate, account, snapshot, "aws user tags", ordinal)
    }

    fn draw(estate: &Estate, account: &Account, snapshot: &Snapshot, of: &'static str, ordinal: u64) -> Self {
        let mut draw = Draw::new(estate.seed, of, account.number as u64, ordinal);
        let timeline = &estate.timeline;
        let ownership = Ownership::draw(&mut draw, &estate.staff, account.domain, timeline, snapshot.index);
        // Whom the owner's draw looked for may not shift what comes after it.
        let mut draw = Draw::new(estate.seed, of, 1 + account.number as u64, !ordinal);
        let service = service_of(account.domain, ordinal);
        let mut said = Said {
            claims: ownership.claims(),
            ..Said::default()
        };
        let mut tags = ownership.tags(&mut draw, &estate.staff);
        if draw.chance(0.55) {
            let word = match account.environment {
                Environment::Prod => draw.pick(&["prod", "prod", "production", "PROD"]),
                Environment::Staging => draw.pick(&["stg", "staging"]),
                Environment::Dev => draw.pick(&["dev", "dev", "development"]),
                Environment::Sandbox => "sandbox",
            };
            tags.push((draw.pick(&["environment", "Environment", "env"]), word.into()));
            said.environment = Some(account.environment);
        }
        if draw.chance(0.45) {
            tags.push(("service", service.into()));
        }
        if draw.chance(0.40) {
            tags.push(("managed-by", "terraform".into()));
            tags.push(("repo", format!("{GITHUB}/{service}").into()));
        }
        if draw.chance(0.28) {
            tags.push(("purpose", purpose_of(ordinal).into()));
            said.has_purpose = true;
        }
        let row = |(key, value): (&'static str, Json)| object! { "Key": key, "Value": value };
        Self {
            list: tags.into_iter().map(row).collect(),
            said,
            ownership,
        }
    }
}
