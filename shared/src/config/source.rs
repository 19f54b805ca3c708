//! `source.toml`: what an organisation tells Rollcall about one source.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diagnostic::Diagnostic;
use crate::model::pattern::covers;

/// `source.toml` in a source's folder: what its exports do not say themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceConfig {
    /// The account, tenant, project or cluster that the exports are of, as the platform writes it.
    pub account: Option<String>,
    pub about: Vec<About>,
    pub inventory: Vec<Inventory>,
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

/// A list of identities in words of the organisation's own, CSV or JSON, and what its columns say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inventory {
    /// A glob over the path, as [`About::file`]; every file of the source without it.
    #[serde(default = "every_file")]
    pub file: String,
    /// JSON: the member that holds the rows. None where the file is a list of them, or has one a line.
    pub list: Option<String>,
    /// The heading of the column that says each; of a JSON row the member, with `.` before what is inside it.
    pub columns: BTreeMap<InventoryColumn, Headings>,
}

/// What a column of an inventory says of an identity or of its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InventoryColumn {
    Name,
    Id,
    Arn,
    AppId,
    ObjectId,
    Type,
    Owner,
    Created,
    LastUsed,
    LastRotated,
    Expires,
    Environment,
    System,
    Status,
    Enabled,
    Disabled,
    SecretType,
    KeyId,
    SecretLocation,
    Purpose,
    Description,
}

/// One heading, or several: an identity may have more than one owner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Headings {
    One(String),
    Several(Vec<String>),
}

impl Inventory {
    /// What may stand in one.
    pub const KEYS: [&str; 3] = ["file", "list", "columns"];
}

impl Headings {
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Headings::One(heading) => std::slice::from_ref(heading),
            Headings::Several(headings) => headings.as_slice(),
        };
        all.iter().map(String::as_str)
    }
}

impl InventoryColumn {
    pub const ALL: [InventoryColumn; 21] = [
        InventoryColumn::Name,
        InventoryColumn::Id,
        InventoryColumn::Arn,
        InventoryColumn::AppId,
        InventoryColumn::ObjectId,
        InventoryColumn::Type,
        InventoryColumn::Owner,
        InventoryColumn::Created,
        InventoryColumn::LastUsed,
        InventoryColumn::LastRotated,
        InventoryColumn::Expires,
        InventoryColumn::Environment,
        InventoryColumn::System,
        InventoryColumn::Status,
        InventoryColumn::Enabled,
        InventoryColumn::Disabled,
        InventoryColumn::SecretType,
        InventoryColumn::KeyId,
        InventoryColumn::SecretLocation,
        InventoryColumn::Purpose,
        InventoryColumn::Description,
    ];

    /// As a configuration names it.
    pub fn name(self) -> String {
        self.heading().replace(' ', "_")
    }

    /// The heading that an inventory has for it when nothing is mapped.
    pub fn heading(self) -> &'static str {
        match self {
            InventoryColumn::Name => "name",
            InventoryColumn::Id => "id",
            InventoryColumn::Arn => "arn",
            InventoryColumn::AppId => "app id",
            InventoryColumn::ObjectId => "object id",
            InventoryColumn::Type => "type",
            InventoryColumn::Owner => "owner",
            InventoryColumn::Created => "created",
            InventoryColumn::LastUsed => "last used",
            InventoryColumn::LastRotated => "last rotated",
            InventoryColumn::Expires => "expires",
            InventoryColumn::Environment => "environment",
            InventoryColumn::System => "system",
            InventoryColumn::Status => "status",
            InventoryColumn::Enabled => "enabled",
            InventoryColumn::Disabled => "disabled",
            InventoryColumn::SecretType => "secret type",
            InventoryColumn::KeyId => "key id",
            InventoryColumn::SecretLocation => "secret location",
            InventoryColumn::Purpose => "purpose",
            InventoryColumn::Description => "description",
        }
    }
}

fn every_file() -> String {
    "*".to_owned()
}

/// Whether a glob covers a path below the source, or its end.
fn is_about(glob: &str, path: &str) -> bool {
    covers(glob, path) || covers(&format!("*/{glob}"), path)
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
            let shape = "`account = \"…\"`, `[[about]]` with `file` and `subject`, and `[[inventory]]` with `columns`";
            let (found, expected) = error
                .message()
                .split_once(", expected ")
                .unwrap_or((error.message(), shape));
            Diagnostic::error(
                line.map_or_else(|| "whole file".to_owned(), |line| format!("line {line}")),
                found,
                expected,
                "nothing of this file was taken; mend it, and the source is read again",
            )
        })
    }

    /// What the file at this path is about: the first entry that matches.
    pub fn subject_of(&self, path: &str) -> Option<&str> {
        let about = self.about.iter().find(|about| is_about(&about.file, path))?;
        Some(&about.subject)
    }

    /// How to read the file at this path, if it is an inventory in words of its own: the first entry that matches.
    pub fn inventory_of(&self, path: &str) -> Option<&Inventory> {
        self.inventory.iter().find(|inventory| is_about(&inventory.file, path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn a_column_that_is_none_is_told_with_those_that_are() {
        let problem = SourceConfig::parse("[[inventory]]\n[inventory.columns]\nowner = \"wem\"\nonwer = \"was\"\n");
        let problem = problem.unwrap_err();
        assert_eq!(problem.place, "line 4");
        assert_eq!(problem.found, "unknown variant `onwer`");
        assert!(problem.expected.contains("`last_rotated`"), "{}", problem.expected);
    }
}
