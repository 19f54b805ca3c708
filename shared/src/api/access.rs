//! `GET /api/v1/access`: whether an identity may do one thing to one resource, and why.

use serde::{Deserialize, Serialize};

use super::detail::{Evidence, Named};
use super::query::{BadQuery, pairs};

/// The answer, with as few reasons as decide it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessAnswer {
    pub identity: Named,
    /// As it was asked, in the platform's words.
    pub action: String,
    pub resource: String,
    /// `allowed`, `denied`, or `depends` on what stands in `depends_on`.
    pub outcome: String,
    /// The whole as a sentence.
    pub sentence: String,
    /// In the order in which the platform looks at them; empty when it is denied because nothing allows it.
    pub because: Vec<ReasonView>,
    /// In words; empty unless the outcome is open.
    pub depends_on: Vec<String>,
    /// What could still change the outcome, and is in no export that Rollcall reads.
    pub not_looked_at: Vec<String>,
}

/// One statement, rule, binding or trust that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonView {
    /// `policy deploy, statement 2, allows it`.
    pub sentence: String,
    pub evidence: Evidence,
}

/// What is asked. [`crate::access::Access::decide`] says in which words of each platform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccessQuery {
    /// The name of the snapshot; the newest when `None`.
    pub snapshot: Option<String>,
    /// The public id of an identity.
    pub identity: String,
    pub action: String,
    pub resource: String,
    /// Keys of the request that whoever asks knows, such as `aws:SecureTransport` and `true`; a key may repeat.
    pub given: Vec<(String, String)>,
}

impl AccessQuery {
    /// Reads a query string (without `?`).
    ///
    /// # Errors
    /// A [`BadQuery`] for the first key or value that is not known, or for what is not asked.
    pub fn parse(query: &str) -> Result<AccessQuery, BadQuery> {
        let bad = |what, found: &str, known: &str| BadQuery {
            what,
            found: found.to_owned(),
            known: known.to_owned(),
        };
        let mut parsed = AccessQuery::default();
        for (key, value) in pairs(query) {
            match key.as_str() {
                "snapshot" => parsed.snapshot = Some(value),
                "identity" => parsed.identity = value,
                "action" => parsed.action = value,
                "resource" => parsed.resource = value,
                "given" => match value.split_once('=') {
                    Some((key, value)) => parsed.given.push((key.to_owned(), value.to_owned())),
                    None => {
                        return Err(bad(
                            "key of a request",
                            &value,
                            "KEY=VALUE, such as aws:SecureTransport=true",
                        ));
                    }
                },
                _ => {
                    let known = "snapshot, identity, action, resource, given";
                    return Err(bad("parameter of this route", &key, known));
                }
            }
        }
        for (name, value) in [
            ("identity", &parsed.identity),
            ("action", &parsed.action),
            ("resource", &parsed.resource),
        ] {
            if value.is_empty() {
                return Err(bad("question", "", &format!("those with `{name}=…`")));
            }
        }
        Ok(parsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_whole() {
        let parsed = AccessQuery::parse("identity=a&action=s3:GetObject&resource=arn:x&given=aws:SecureTransport=true");
        let parsed = parsed.unwrap();
        assert_eq!(parsed.action, "s3:GetObject");
        assert_eq!(parsed.given, [("aws:SecureTransport".to_owned(), "true".to_owned())]);
        for bad in ["identity=a&action=b", "identity=a&action=b&resource=c&x=1", "given=a"] {
            AccessQuery::parse(bad).unwrap_err();
        }
    }
}
