//! `rollcall.toml`: what an organisation tells Rollcall about its estate; `source.toml`: about one source.

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::model::pattern::covers;
use crate::model::thresholds::{Threshold, ThresholdId, Thresholds};

/// What is in force, whether the file says it or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// The organisation's name, as pages show it.
    pub estate_name: Option<String>,
    /// Mixed into fingerprints, so that they mean nothing outside the estate.
    pub salt: String,
    pub expected: Vec<Expected>,
    pub environments: Vec<EnvironmentRule>,
    pub thresholds: Thresholds,
    /// The criteria of "governed" in force, by KPI id; all of them when empty.
    pub criteria: Vec<String>,
}

/// A source that every snapshot should have.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub source: String,
    pub environment: Option<String>,
}

/// Identities of sources whose name matches are in this environment, unless a registry or a tag says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentRule {
    /// A glob over source names: `*` any run, `?` one character.
    pub pattern: String,
    pub is: String,
}

/// `source.toml` in a source's folder: what its exports do not say themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// The account, tenant, project or cluster that the exports are of, as the platform writes it.
    pub account: Option<String>,
    pub about: Vec<About>,
}

/// What the files of a source whose path matches are about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// A glob over the path below the source, or its end: `*` any run, `?` one character.
    pub file: String,
    /// The identity or resource, as the platform names it: an ARN, a full resource name.
    pub subject: String,
}

impl SourceConfig {
    /// Reads the text of a `source.toml`.
    ///
    /// # Errors
    /// With the line at which it is wrong.
    pub fn parse(text: &str) -> Result<SourceConfig, Diagnostic> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error
                .span()
                .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
            Diagnostic::error(
                line.map_or_else(|| "whole file".to_owned(), |line| format!("line {line}")),
                error.message(),
                "`account = \"…\"` and `[[about]]` with `file` and `subject`",
                "nothing of this file was taken; mend it, and the source is read again",
            )
        })
    }

    /// What the file at this path is about: the first entry that matches.
    pub fn subject_of(&self, path: &str) -> Option<&str> {
        let is_about = |about: &&About| covers(&about.file, path) || covers(&format!("*/{}", about.file), path);
        let about = self.about.iter().find(is_about)?;
        Some(&about.subject)
    }
}

/// Why a configuration is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("rollcall.toml{}: {message}", .line.map(|line| format!(" line {line}")).unwrap_or_default())]
pub struct BadConfig {
    pub line: Option<usize>,
    pub message: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    estate: RawEstate,
    expected: Vec<Expected>,
    environment: Vec<EnvironmentRule>,
    thresholds: toml::Table,
    governed: RawGoverned,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawEstate {
    name: Option<String>,
    salt: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawGoverned {
    criteria: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawThreshold {
    Value(u32),
    Signed {
        value: u32,
        set_by: Option<String>,
        on: Option<String>,
    },
}

impl Config {
    /// Reads the text of a `rollcall.toml`.
    ///
    /// # Errors
    /// With the line and, for a mistyped name, the nearest known one.
    pub fn parse(text: &str) -> Result<Config, BadConfig> {
        let raw: RawConfig = toml::from_str(text).map_err(|error| BadConfig {
            line: error
                .span()
                .map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count()),
            message: error.message().to_owned(),
        })?;
        let mut thresholds = Thresholds::default();
        for (name, value) in raw.thresholds {
            let line = line_of(text, &name);
            let id = ThresholdId::ALL
                .into_iter()
                .find(|id| id.name() == name)
                .ok_or_else(|| {
                    let nearest = ThresholdId::ALL
                        .iter()
                        .map(|id| id.name())
                        .max_by(|a, b| strsim::jaro_winkler(&name, a).total_cmp(&strsim::jaro_winkler(&name, b)));
                    BadConfig {
                        line,
                        message: format!(
                            "unknown threshold `{name}`; did you mean `{}`?",
                            nearest.unwrap_or_default()
                        ),
                    }
                })?;
            let raw: RawThreshold = value.try_into().map_err(|_| BadConfig {
                line,
                message: format!(
                    "`{name}` must be a whole number or {{ value = 90, set_by = \"who\", on = \"2026-02-01\" }}"
                ),
            })?;
            let (value, set_by, on) = match raw {
                RawThreshold::Value(value) => (value, None, None),
                RawThreshold::Signed { value, set_by, on } => (value, set_by, on),
            };
            let who = set_by.unwrap_or_else(|| "rollcall.toml".to_owned());
            let set_by = on.map_or_else(|| who.clone(), |on| format!("{who}, {on}"));
            thresholds.set(id, Threshold { value, set_by });
        }
        for criterion in &raw.governed.criteria {
            if !crate::kpi::catalog::CRITERIA.contains(&criterion.as_str()) {
                let known = crate::kpi::catalog::CRITERIA.join(", ");
                let message = format!("unknown criterion `{criterion}`; known are {known}");
                return Err(BadConfig {
                    line: line_of(text, criterion),
                    message,
                });
            }
        }
        Ok(Config {
            estate_name: raw.estate.name,
            salt: raw.estate.salt,
            expected: raw.expected,
            environments: raw.environment,
            thresholds,
            criteria: raw.governed.criteria,
        })
    }
}

fn line_of(text: &str, word: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(word)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_knows_who_set_it() {
        let config = Config::parse(
            "[thresholds]\naccess_key_max_age_days = { value = 60, set_by = \"CISO office\", on = \"2026-02-01\" }\nstale_days = 30\n",
        )
        .unwrap();
        let keys = config.thresholds.get(ThresholdId::AccessKeyMaxAgeDays);
        assert_eq!((keys.value, keys.set_by.as_str()), (60, "CISO office, 2026-02-01"));
        assert_eq!(config.thresholds.get(ThresholdId::StaleDays).set_by, "rollcall.toml");
        assert_eq!(
            config.thresholds.get(ThresholdId::AccessKeyUnusedDays).set_by,
            "CIS AWS 2.11"
        );
    }

    #[test]
    fn mistakes_are_told_with_line_and_nearest_name() {
        let error = |text| Config::parse(text).unwrap_err().to_string();
        assert_eq!(
            error("[thresholds]\n\nacces_key_max_age = 60\n"),
            "rollcall.toml line 3: unknown threshold `acces_key_max_age`; did you mean `access_key_max_age_days`?"
        );
        assert!(error("[estate]\nnmae = \"x\"\n").starts_with("rollcall.toml line 2: unknown field `nmae`"));
        assert!(error("[governed]\ncriteria = [\"ownr\"]\n").contains("unknown criterion `ownr`"));
        assert!(error("[thresholds]\nstale_days = \"soon\"\n").contains("must be a whole number"));
    }

    #[test]
    fn a_source_says_what_its_files_are_about() {
        let text = "account = \"123456789012\"\n[[about]]\nfile = \"used/ci-*.json\"\nsubject = \"arn:x\"\n";
        let config = SourceConfig::parse(text).unwrap();
        assert_eq!(config.account.as_deref(), Some("123456789012"));
        assert_eq!(config.subject_of("used/ci-1.json"), Some("arn:x"));
        assert_eq!(config.subject_of("aws/used/ci-1.json"), Some("arn:x"));
        assert_eq!(config.subject_of("used/cd-1.json"), None);
        assert_eq!(SourceConfig::parse("acount = \"1\"").unwrap_err().place, "line 1");
    }
}
