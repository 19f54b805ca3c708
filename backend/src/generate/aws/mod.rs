//! AWS accounts: `get-account-authorization-details`, the credential report and last-accessed reports of each.

mod authorization_details;
mod cloudtrail;
mod credential_report;
mod last_accessed;
mod policies;
mod roles;
mod tags;
mod trust;
mod users;

use std::path::Path;

use anyhow::Result;

use super::company::{Domain, Environment, identity_name};
use super::draw::Draw;
use super::json::Json;
use super::timeline::{Population, Snapshot, Timeline, rfc3339_offset};
use super::truth::SnapshotTruth;
use super::{Estate, places};
use cloudtrail::Active;
use credential_report::Report;
pub use policies::{allow, policy_document};
pub use tags::Tags;
pub use trust::Trust;
pub use users::{SLEEPER, sleeper_arn, sleeper_key_ids, sleeper_made_at, spare_made_at};

const INDENT: &[u8] = b"    ";
const REGIONS: [&str; 4] = ["eu-north-1", "eu-west-1", "eu-central-1", "us-east-1"];

/// Whom the company's single sign-on lets take on a role.
const PERSONAS: [&str; 6] = ["developer", "operator", "on-call", "auditor", "analyst", "support"];

/// One AWS account, a source of its own.
pub struct Account {
    pub number: usize,
    pub id: String,
    pub source: String,
    pub domain: &'static Domain,
    pub environment: Environment,
    pub roles: Population,
    pub users: Population,
    /// Numbers of the people who have an IAM user here.
    people: Vec<u64>,
}

impl Account {
    pub fn arn(&self, what: &str) -> String {
        format!("arn:aws:iam::{}:{what}", self.id)
    }

    /// The name of the role with this ordinal.
    pub fn role_name(&self, estate: &Estate, ordinal: u64) -> String {
        let name = identity_name(self.domain, ordinal);
        match self.trust(estate, ordinal) {
            Trust::ClusterToken { cluster, account } => estate.workload_name("irsa", cluster, account),
            Trust::PodIdentity { cluster, account } => estate.workload_name("pod", cluster, account),
            Trust::Github { .. } => format!("gha-{name}"),
            Trust::Vendor { vendor, .. } => format!("{vendor}-{name}"),
            Trust::Saml => {
                let persona = PERSONAS[(ordinal % 6) as usize];
                format!("sso-{}-{persona}-{ordinal}", self.domain.name)
            }
            Trust::Service(_) | Trust::SameCompany | Trust::RoleToRole { .. } | Trust::Anyone => name,
        }
    }
}

/// Plans the accounts: `n_identities` roles and machine users between them; one person in eight has an IAM user.
pub fn plan(seed: u64, n_identities: u64, n_accounts: usize, n_people: u64, timeline: &Timeline) -> Vec<Account> {
    let mut accounts: Vec<Account> = places::plan(n_identities, n_accounts, 0)
        .into_iter()
        .enumerate()
        .map(|(number, place)| {
            let mut draw = Draw::new(seed, "aws account", 0, number as u64);
            let n_users = place.size * 12 / 112;
            Account {
                number,
                id: draw.digits(12),
                source: format!("aws-{}", place.name()),
                domain: place.domain,
                environment: place.environment,
                roles: Population::new(seed, "aws role", number as u64, place.size - n_users, timeline),
                users: Population::legacy(seed, "aws user", number as u64, n_users, timeline),
                people: Vec::new(),
            }
        })
        .collect();
    for person in 0..n_people {
        let mut draw = Draw::new(seed, "iam person", 0, person);
        if draw.chance(0.12) {
            let account = draw.below(accounts.len() as u64) as usize;
            accounts[account].people.push(person);
        }
    }
    accounts
}

/// How instants look in the JSON of one account.
#[derive(Clone, Copy)]
enum CliVersion {
    /// Epoch seconds with a fraction.
    One,
    Two,
}

impl CliVersion {
    fn instant(self, at: i64) -> Json {
        match self {
            Self::One => Json::EpochFloat(at),
            Self::Two => rfc3339_offset(at).into(),
        }
    }
}

/// What other exports tell of the roles that the account's export lists.
#[derive(Default)]
struct Told {
    /// Their last-accessed reports.
    reports: Vec<Json>,
    /// Those of which CloudTrail may tell.
    active: Vec<Active>,
}

impl Told {
    fn add(&mut self, more: Told) {
        self.reports.extend(more.reports);
        self.active.extend(more.active);
    }
}

/// Writes one account's folder.
pub fn write(
    estate: &Estate,
    account: &Account,
    snapshot: &Snapshot,
    folder: &Path,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let folder = folder.join(&account.source);
    truth.source(&account.source, Some(account.environment));
    let report = Report::of(estate, account, snapshot);
    let users = users::draw(estate, account, snapshot, report.generated_at);
    for user in &users {
        user.record(estate, account, snapshot, report.generated_at, truth);
    }
    let mut told = Told::default();
    authorization_details::write(estate, account, snapshot, &folder, &users, &mut told, truth)?;
    last_accessed::write(estate, account, &folder, told.reports, report.generated_at, truth)?;
    cloudtrail::write(estate, account, &folder, &told.active, truth)?;
    credential_report::write(estate, account, snapshot, &report, &folder, &users, truth)
}
