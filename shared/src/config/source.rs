//! `source.toml`: what an organisation tells Rollcall about one source.

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
}
