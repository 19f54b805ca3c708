//! `GET /api/v1/reviews`: how far access reviews have come, by owner. `GET /api/v1/review?owner=…`: what one owner is to
//! review, with what a decision needs to know.

use serde::{Deserialize, Serialize};

use super::query::{BadQuery, DEFAULT_LIMIT, MAX_LIMIT, pairs, query_string};
use crate::model::instant::Instant;

/// How far access reviews have come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviews {
    pub as_of: Instant,
    /// How long a review holds, and who says so.
    pub period_days: u32,
    pub period_set_by: String,
    /// Why nothing is claimed of reviews; `None` when some review is recorded.
    pub not_measured: Option<String>,
    pub total: ReviewCounts,
    /// Whoever has most to review first.
    pub owners: Vec<OwnerReviews>,
}

/// One owner's reviews.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerReviews {
    /// The team, or the person who is in none; `None` for identities that nobody answers for.
    pub owner: Option<String>,
    pub counts: ReviewCounts,
}

/// Non-human identities in scope, by the state of their review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewCounts {
    pub n_identities: usize,
    /// Void, overdue or never reviewed.
    pub n_to_review: usize,
    pub n_in_time: usize,
    /// Decided on, but the access has changed since.
    pub n_void: usize,
    pub n_overdue: usize,
    pub n_never: usize,
    /// Nobody can tell: see [`ReviewState::Unknown`].
    pub n_unknown: usize,
    /// Decided to change or remove, and their access is still what it was.
    pub n_not_carried_out: usize,
}

/// How the review of one identity stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewState {
    Void,
    Overdue,
    Never,
    /// The only review on record is later than the snapshot, or the snapshot does not hold all of the access.
    Unknown,
    InTime,
}

/// What one owner is to review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    pub as_of: Instant,
    /// The organisation's name, where `rollcall.toml` says it.
    pub estate: Option<String>,
    /// `None` for identities that nobody answers for.
    pub owner: Option<String>,
    pub period_days: u32,
    pub period_set_by: String,
    pub counts: ReviewCounts,
    pub offset: usize,
    /// What is to review first, and of it what can do most.
    pub rows: Vec<ReviewRow>,
}

/// One identity, with what a decision on it needs to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewRow {
    pub identity: String,
    pub name: String,
    /// A word of [`crate::model::identity::IdentityKind`].
    pub kind: String,
    pub source: String,
    pub environment: Option<String>,
    pub purpose: Option<String>,
    /// What it comes to for certain: `nothing`, `read`, `write`, `sensitive_data`, `escalates` or `administrator`.
    pub tier: String,
    /// The most that it may come to, where conditions or missing exports decide.
    pub at_most: String,
    /// Its grants, a phrase each. Of this and every list below at most [`MAX_PHRASES`], and how many more there are.
    pub can: Vec<String>,
    /// As whom it may act.
    pub may_act_as: Vec<String>,
    /// A phrase: `last used 2026-02-01, 272 d ago`.
    pub last_used: String,
    /// Who uses it or its credentials, a sentence each: what stops when it goes.
    pub would_break: Vec<String>,
    /// The criteria that it fails, by KPI id.
    pub failing: Vec<String>,
    /// Its open findings, the worst first: `critical: Leaked and live`.
    pub findings: Vec<String>,
    pub state: ReviewState,
    pub reviewed_at: Option<Instant>,
    /// `keep`, `change` or `remove`; `None` when no decision is on record.
    pub decision: Option<String>,
    pub decided_by: Option<String>,
    /// What the decision is bound to.
    pub access_digest: String,
    /// The exports that state its access: `aws-prod: aws_account_authorization_details`.
    pub access_sources: Vec<String>,
}

/// The most phrases in one list of a row: more is not read before a decision.
pub const MAX_PHRASES: usize = 8;

/// The query of `/api/v1/review`, and of the page's URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewQuery {
    pub snapshot: Option<String>,
    /// A team or a person, without regard to case; `""` for identities that nobody answers for.
    pub owner: String,
    pub offset: usize,
    /// At most [`MAX_LIMIT`]; [`DEFAULT_LIMIT`] when `None`.
    pub limit: Option<usize>,
}

impl ReviewQuery {
    /// Reads a query string (without `?`).
    ///
    /// # Errors
    /// A [`BadQuery`] for the first key or value that is not known.
    pub fn parse(query: &str) -> Result<ReviewQuery, BadQuery> {
        let mut parsed = ReviewQuery::default();
        for (key, value) in pairs(query) {
            let number = || {
                value.parse().map_err(|_| BadQuery {
                    what: "number",
                    found: value.clone(),
                    known: "whole numbers".to_owned(),
                })
            };
            match key.as_str() {
                "snapshot" => parsed.snapshot = Some(value),
                "owner" => parsed.owner = value,
                "offset" => parsed.offset = number()?,
                "limit" => parsed.limit = Some(number()?),
                _ => {
                    return Err(BadQuery {
                        what: "parameter of this route",
                        found: key,
                        known: "snapshot, owner, offset, limit".to_owned(),
                    });
                }
            }
        }
        Ok(parsed)
    }

    /// Writes the query string (without `?`); the inverse of [`ReviewQuery::parse`].
    pub fn to_query_string(&self) -> String {
        let pairs = [
            ("snapshot", self.snapshot.clone()),
            ("owner", Some(self.owner.clone())),
            ("offset", (self.offset > 0).then(|| self.offset.to_string())),
            ("limit", self.limit.map(|limit| limit.to_string())),
        ];
        let pairs = pairs.into_iter().filter_map(|(key, value)| Some((key, value?)));
        query_string(&pairs.collect::<Vec<_>>())
    }

    /// How many rows the answer may hold.
    pub fn window(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_survives_its_url() {
        let query = ReviewQuery {
            snapshot: Some("2026-10-31".to_owned()),
            owner: "Team Ü & Co".to_owned(),
            offset: 50,
            limit: Some(25),
        };
        assert_eq!(ReviewQuery::parse(&query.to_query_string()).unwrap(), query);
        assert_eq!(ReviewQuery::parse("ownr=x").unwrap_err().found, "ownr");
    }
}
