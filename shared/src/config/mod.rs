//! `rollcall.toml`: what an organisation tells Rollcall about its estate; `source.toml`: about one source.

mod format;
mod gate;
mod reader;
mod schema;
mod shown;
mod source;

pub use gate::{Bound, Gate, Measure, Requirement, Which};
pub use reader::{BadConfig, Mistake};
pub use schema::schema;
pub use source::{About, Inventory, InventoryColumn, SourceConfig};

use std::borrow::Cow;

use crate::model::instant::Instant;
use crate::model::pattern::covers;
use crate::model::thresholds::Thresholds;

/// What is in force, whether the file says it or not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// The organisation's name, as pages show it.
    pub estate_name: Option<String>,
    /// Mixed into fingerprints, so that they mean nothing outside the estate.
    pub salt: String,
    pub expected: Vec<Expected>,
    pub environments: Vec<EnvironmentRule>,
    pub inventories: Vec<SourceInventory>,
    pub thresholds: Thresholds,
    /// The criteria of "governed" in force, by KPI id; all of them when empty.
    pub criteria: Vec<String>,
    /// Globs over the ids of identities that are kept for emergencies.
    pub break_glass: Vec<String>,
    /// Findings that somebody accepts for a time.
    pub waivers: Vec<Waiver>,
    /// What `rollcall check` asks for; [`Config::gates_in_force`] when empty.
    pub gates: Vec<Gate>,
}

/// A source that every snapshot should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub source: String,
    pub environment: Option<String>,
}

/// Identities of sources whose name matches are in this environment, unless a registry or a tag says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRule {
    /// A glob over source names: `*` any run, `?` one character.
    pub pattern: String,
    pub is: String,
}

/// How inventories of sources whose name matches are read, where their own `source.toml` does not say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceInventory {
    /// A glob over source names: `*` any run, `?` one character.
    pub source: String,
    pub inventory: Inventory,
}

/// Findings of one rule that somebody accepts until a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// A rule's code.
    pub rule: String,
    /// A glob over subjects' ids: `*` any run, `?` one character.
    pub subject: String,
    pub who: String,
    pub why: String,
    /// Midnight at the start of the last day on which it holds.
    pub until: Instant,
}

/// The most waivers of one estate: a list that is kept by hand is far shorter, and a finding has two bytes for its own.
pub const MAX_WAIVERS: usize = 10_000;

impl Waiver {
    /// Whether it no longer holds: then its findings count again, and it is itself a failure.
    pub fn is_expired(&self, as_of: Instant) -> bool {
        as_of >= self.until.plus_days(1)
    }
}

impl Config {
    /// Reads the text of a `rollcall.toml`.
    ///
    /// # Errors
    /// With every mistake, each with its line and, for a mistyped name, the nearest known one.
    pub fn parse(text: &str) -> Result<Config, BadConfig> {
        reader::read(text)
    }

    /// The gates of the file, or the one that holds without any.
    pub fn gates_in_force(&self) -> Vec<Gate> {
        match self.gates.is_empty() {
            true => vec![Gate::no_critical_finding()],
            false => self.gates.clone(),
        }
    }

    /// What is said of a source: by its own `source.toml`, and after that here.
    pub fn of_source<'a>(&self, name: &str, own: &'a SourceConfig) -> Cow<'a, SourceConfig> {
        let mut of_source = Cow::Borrowed(own);
        for mapped in self.inventories.iter().filter(|mapped| covers(&mapped.source, name)) {
            of_source.to_mut().inventory.push(mapped.inventory.clone());
        }
        of_source
    }

    /// What is in force as a `rollcall.toml` that says all of it, each limit with who set it. The salt is left out.
    pub fn to_text(&self) -> String {
        shown::text(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::thresholds::ThresholdId;

    #[test]
    fn a_limit_knows_who_set_it() {
        let config = Config::parse(
            "[thresholds]\naccess_key_max_age_days = { value = 60, set_by = \"CISO office\", on = \"2026-02-01\" }\nstale_days = 30\n",
        )
        .unwrap();
        let keys = config.thresholds.get(ThresholdId::AccessKeyMaxAgeDays);
        assert_eq!((keys.value, keys.set_by.as_str()), (60, "CISO office, 2026-02-01"));
        let undated = config.thresholds.get(ThresholdId::StaleDays);
        assert_eq!(undated.set_by, "rollcall.toml, without a date");
        assert_eq!(
            config.thresholds.get(ThresholdId::AccessKeyUnusedDays).set_by,
            "CIS AWS 2.11"
        );
    }

    #[test]
    fn a_waiver_holds_through_its_last_day() {
        let config = Config::parse(
            "[[waiver]]\nrule = \"stale\"\nsubject = \"*:role/dr-*\"\nwho = \"Jo\"\nwhy = \"for emergencies\"\nuntil = 2027-01-31\n",
        )
        .unwrap();
        let at = |text| Instant::from_text(text).unwrap();
        assert!(!config.waivers[0].is_expired(at("2027-01-31T23:59:59Z")));
        assert!(config.waivers[0].is_expired(at("2027-02-01T00:00:00Z")));
    }

    const EVERYTHING: &str = r#"
[estate]
name = "Example \"Ltd\""
[[expected]]
source = "aws-prod"
environment = "prod"
[[environment]]
pattern = "*-prod"
is = "prod"
[[inventory]]
source = "cmdb-*"
file = "*.json"
list = "records"
[inventory.columns]
name = "ci"
owner = ["team", "deputy.mail"]
[[inventory]]
source = "*"
columns = { app_id = "Kürzel" }
[thresholds]
stale_days = { value = 30, set_by = "CISO office", on = 2026-02-01 }
review_period_days = { value = 30, set_by = "Jo, CISO office" }
ssh_key_max_age_days = 30
[governed]
criteria = ["owner", "clean"]
[[break_glass]]
subject = "entra:app/*-emergency"
[[break_glass]]
subject = "arn:aws:iam::*:user/break-glass"
[[waiver]]
rule = "administrator"
subject = "arn:aws:iam::*:role/break-glass"
who = "CISO office"
why = "for emergencies, sealed"
until = "2027-01-31"
[[gate]]
name = "governed"
require = "governed >= 80 %"
[[gate]]
name = "nothing new"
require = "new critical findings <= 0"
"#;

    #[test]
    fn what_is_shown_says_the_same() {
        let config = Config::parse(EVERYTHING).unwrap();
        assert_eq!(Config::parse(&config.to_text()).unwrap(), config);
        let default = Config::default();
        let shown = Config::parse(&default.to_text()).unwrap();
        assert_eq!(shown.thresholds, default.thresholds);
        assert_eq!(shown.gates, default.gates_in_force());
    }

    #[test]
    fn every_mistake_is_told_with_line_and_nearest_name() {
        let text = r#"[estate]
nmae = "x"
salt = 7

[thresholds]
acces_key_max_age = 60
stale_days = "soon"
review_period_days = { vlaue = 3 }
source_fresh_days = 99999999999

[governd]
criteria = []

[governed]
criteria = ["ownr", 3]

[[expected]]
environment = "prod"

[[waiver]]
rule = "stal"
subject = ""
who = "Jo"
until = "soon"

[[gate]]
name = "a"
require = "govrned >= 80 %"

[[gate]]
name = "a"
require = "governed > 80"

[[gate]]
name = "b"
require = "credential.age <= 3"

[[gate]]
name = "c"
require = "critcal findings <= 0"

[[gate]]
name = "d"
require = "nwe critical findings <= 0"

[[gate]]
name = "e"
require = "new critcal findings <= 0"

[[gate]]
name = "f"
require = "critical findngs <= 0"

[[inventory]]
soruce = "cmdb"
file = 3

[[inventory]]
source = "cmdb"
columns = { onwer = "wer" }

[[inventory]]
source = "cmdb"
columns = { naem = "ci", owner = 3 }
"#;
        insta::assert_snapshot!(Config::parse(text).unwrap_err().to_string());
        insta::assert_snapshot!(Config::parse("[estate\nname = \"x\"\n").unwrap_err().to_string());
        insta::assert_snapshot!(Config::parse("name = \"x\"\nestate = 3\n").unwrap_err().to_string());
    }
}
