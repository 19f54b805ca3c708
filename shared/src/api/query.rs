//! The query of a list: the server's extractor and the page's URL at once.
//!
//! Keys may repeat (`kind=role&kind=user`): values of one facet widen, facets narrow each other.

use bitcode::{Decode, Encode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::model::ratio::Verdict;

/// A list's filters, order and window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// The name of the snapshot; the newest when `None`.
    pub snapshot: Option<String>,
    /// Free text: every word must occur in one of a row's names.
    pub text: String,
    /// Chosen facet values, in the order of the URL.
    pub filters: Vec<(Facet, String)>,
    /// Rows that a KPI counts: with this verdict, or its whole population.
    pub kpi: Option<KpiFilter>,
    /// Rows that a rule judges so.
    pub finding: Option<FindingFilter>,
    pub sort: Option<Sort>,
    pub offset: usize,
    /// At most [`MAX_LIMIT`]; [`DEFAULT_LIMIT`] when `None`.
    pub limit: Option<usize>,
    pub facets: FacetWish,
}

/// The rows that one KPI counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KpiFilter {
    pub kpi: String,
    pub verdict: Option<Verdict>,
}

/// The rows that one rule judges so; a row that fails has the finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingFilter {
    /// The rule's code.
    pub rule: String,
    pub verdict: Verdict,
}

/// Whether an answer should count facet values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FacetWish {
    #[default]
    None,
    Counted,
}

/// Rows in an answer when the query does not say.
pub const DEFAULT_LIMIT: usize = 100;
/// The most rows in one answer: a screen shows 50, and an export has its own route.
pub const MAX_LIMIT: usize = 1_000;
/// The longest query string that is read, in bytes: far above what the pages write.
pub const MAX_QUERY_BYTES: usize = 16 << 10;

/// A column by which a list can be narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Facet {
    Kind,
    Class,
    Origin,
    Source,
    Environment,
    Owner,
    Team,
    Status,
    /// The criterion that alone keeps an identity from being governed for certain; `""` for others.
    Lacks,
    /// The id of the identity that holds a credential.
    Holder,
    /// Age of a credential: `30d`, `90d`, `180d`, `365d`, `older`, `unknown`.
    Age,
    /// Time left: `expired`, `7d`, `14d`, `30d`, `47d`, `60d`, `90d`, `later`, `never`, `unknown`.
    Expiry,
    /// Time left of an authority's certificate, in calendar months: `expired`, `6mo`, `12mo`, `24mo`, `later`,
    /// `never`, `unknown`; `""` for other certificates.
    AuthorityExpiry,
    /// When last used: `30d`, `90d`, `365d`, `older`, `never`, `unknown`.
    LastUsed,
    /// A certificate's role: `authority`, `server`, `client`, `person`, `other`.
    Role,
    /// A certificate's trust: `public`, `private`, `unknown`.
    Trust,
    /// A certificate's issuer.
    Issuer,
    /// A certificate's key: `rsa-2048`, `ec-256`, `ed25519`.
    Key,
    /// A finding's rule, by its code.
    Rule,
    /// A finding's severity: `critical`, `high`, `medium`, `low`.
    Severity,
    /// What a finding is about: `identity`, `credential`.
    Subject,
    /// Whether a waiver is in force for a finding: `yes`, `no`.
    Waived,
}

impl Facet {
    pub const ALL: [Facet; 22] = [
        Facet::Kind,
        Facet::Class,
        Facet::Origin,
        Facet::Source,
        Facet::Environment,
        Facet::Owner,
        Facet::Team,
        Facet::Status,
        Facet::Lacks,
        Facet::Holder,
        Facet::Age,
        Facet::Expiry,
        Facet::AuthorityExpiry,
        Facet::LastUsed,
        Facet::Role,
        Facet::Trust,
        Facet::Issuer,
        Facet::Key,
        Facet::Rule,
        Facet::Severity,
        Facet::Subject,
        Facet::Waived,
    ];

    /// The key in URLs.
    pub fn id(self) -> &'static str {
        match self {
            Facet::Kind => "kind",
            Facet::Class => "class",
            Facet::Origin => "origin",
            Facet::Source => "source",
            Facet::Environment => "environment",
            Facet::Owner => "owner",
            Facet::Team => "team",
            Facet::Status => "status",
            Facet::Lacks => "lacks",
            Facet::Holder => "holder",
            Facet::Age => "age",
            Facet::Expiry => "expiry",
            Facet::AuthorityExpiry => "authority_expiry",
            Facet::LastUsed => "last_used",
            Facet::Role => "role",
            Facet::Trust => "trust",
            Facet::Issuer => "issuer",
            Facet::Key => "key",
            Facet::Rule => "rule",
            Facet::Severity => "severity",
            Facet::Subject => "subject",
            Facet::Waived => "waived",
        }
    }

    pub fn from_id(id: &str) -> Option<Facet> {
        Facet::ALL.into_iter().find(|facet| facet.id() == id)
    }
}

/// A column to sort by. A column that a list does not have sorts like [`SortColumn::Name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum SortColumn {
    Name,
    Kind,
    Source,
    Environment,
    Owner,
    Status,
    CreatedAt,
    LastUsedAt,
    ExpiresAt,
    /// The number of credentials of an identity.
    Credentials,
    /// How many criteria an identity fails.
    Governed,
    /// How bad a finding is, the worst first.
    Severity,
    /// A finding's rule, in the order of the code table.
    Rule,
}

impl SortColumn {
    pub const ALL: [SortColumn; 13] = [
        SortColumn::Name,
        SortColumn::Kind,
        SortColumn::Source,
        SortColumn::Environment,
        SortColumn::Owner,
        SortColumn::Status,
        SortColumn::CreatedAt,
        SortColumn::LastUsedAt,
        SortColumn::ExpiresAt,
        SortColumn::Credentials,
        SortColumn::Governed,
        SortColumn::Severity,
        SortColumn::Rule,
    ];

    /// The word in URLs.
    pub fn id(self) -> &'static str {
        match self {
            SortColumn::Name => "name",
            SortColumn::Kind => "kind",
            SortColumn::Source => "source",
            SortColumn::Environment => "environment",
            SortColumn::Owner => "owner",
            SortColumn::Status => "status",
            SortColumn::CreatedAt => "created_at",
            SortColumn::LastUsedAt => "last_used_at",
            SortColumn::ExpiresAt => "expires_at",
            SortColumn::Credentials => "credentials",
            SortColumn::Governed => "governed",
            SortColumn::Severity => "severity",
            SortColumn::Rule => "rule",
        }
    }

    pub fn from_id(id: &str) -> Option<SortColumn> {
        SortColumn::ALL.into_iter().find(|column| column.id() == id)
    }
}

/// A column and a direction. Rows that have no value come last in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Sort {
    pub column: SortColumn,
    pub direction: Direction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Direction {
    Ascending,
    Descending,
}

/// A key or value of a query string that means nothing, with what would.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no {what}; known are {known}")]
pub struct BadQuery {
    pub what: &'static str,
    pub found: String,
    pub known: String,
}

impl ListQuery {
    /// Reads a query string (without `?`).
    ///
    /// # Errors
    /// A [`BadQuery`] for the first key or value that is not known, so that a mistyped filter is never ignored.
    pub fn parse(query: &str) -> Result<ListQuery, BadQuery> {
        let mut parsed = ListQuery::default();
        let mut verdict = None;
        for (key, value) in pairs(query) {
            match key.as_str() {
                "snapshot" => parsed.snapshot = Some(value),
                "q" => parsed.text = value,
                "kpi" => {
                    parsed.kpi = Some(KpiFilter {
                        kpi: value,
                        verdict: None,
                    })
                }
                "finding" => {
                    parsed.finding = Some(FindingFilter {
                        rule: value,
                        verdict: Verdict::Fail,
                    })
                }
                "verdict" => {
                    let known = || Verdict::ALL.map(Verdict::id).join(", ");
                    verdict = Some(Verdict::from_id(&value).ok_or_else(|| bad("verdict", &value, known()))?);
                }
                "sort" => {
                    let (direction, name) = match value.strip_prefix('-') {
                        Some(name) => (Direction::Descending, name),
                        None => (Direction::Ascending, value.as_str()),
                    };
                    let known = || SortColumn::ALL.map(SortColumn::id).join(", ");
                    let column = SortColumn::from_id(name).ok_or_else(|| bad("sort column", name, known()))?;
                    parsed.sort = Some(Sort { column, direction });
                }
                "offset" => parsed.offset = number(&key, &value)?,
                "limit" => parsed.limit = Some(number(&key, &value)?),
                "facets" => {
                    parsed.facets = match value.as_str() {
                        "yes" => FacetWish::Counted,
                        "no" => FacetWish::None,
                        _ => return Err(bad("wish for facets", &value, "yes, no".to_owned())),
                    }
                }
                // Belongs to the export route, which reads it itself.
                "format" => {}
                _ => {
                    let known = || {
                        let other = [
                            "snapshot", "q", "kpi", "finding", "verdict", "sort", "offset", "limit", "facets",
                        ];
                        other
                            .into_iter()
                            .chain(Facet::ALL.map(Facet::id))
                            .collect::<Vec<_>>()
                            .join(", ")
                    };
                    let facet = Facet::from_id(&key).ok_or_else(|| bad("filter", &key, known()))?;
                    parsed.filters.push((facet, value));
                }
            }
        }
        match (&mut parsed.kpi, &mut parsed.finding, verdict) {
            (Some(_), Some(_), _) => {
                return Err(bad(
                    "filter beside `kpi`",
                    "finding",
                    "one of the two at a time".to_owned(),
                ));
            }
            (Some(filter), None, verdict) => filter.verdict = verdict,
            (None, Some(filter), verdict) => filter.verdict = verdict.unwrap_or(Verdict::Fail),
            (None, None, Some(_)) => {
                let known = "kpi=…&verdict=…, finding=…&verdict=…";
                return Err(bad("filter by itself", "verdict", known.to_owned()));
            }
            (None, None, None) => {}
        }
        Ok(parsed)
    }

    /// Writes the query string (without `?`); the inverse of [`ListQuery::parse`].
    pub fn to_query_string(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if let Some(snapshot) = &self.snapshot {
            pairs.push(("snapshot", snapshot.clone()));
        }
        if !self.text.is_empty() {
            pairs.push(("q", self.text.clone()));
        }
        pairs.extend(self.filters.iter().map(|(facet, value)| (facet.id(), value.clone())));
        if let Some(filter) = &self.kpi {
            pairs.push(("kpi", filter.kpi.clone()));
            pairs.extend(filter.verdict.map(|verdict| ("verdict", verdict.id().to_owned())));
        }
        if let Some(filter) = &self.finding {
            pairs.push(("finding", filter.rule.clone()));
            if filter.verdict != Verdict::Fail {
                pairs.push(("verdict", filter.verdict.id().to_owned()));
            }
        }
        if let Some(sort) = self.sort {
            let sign = if sort.direction == Direction::Descending {
                "-"
            } else {
                ""
            };
            pairs.push(("sort", format!("{sign}{}", sort.column.id())));
        }
        if self.offset > 0 {
            pairs.push(("offset", self.offset.to_string()));
        }
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        if self.facets == FacetWish::Counted {
            pairs.push(("facets", "yes".to_owned()));
        }
        query_string(&pairs)
    }

    /// The chosen values of one facet.
    pub fn chosen(&self, facet: Facet) -> impl Iterator<Item = &str> {
        self.filters
            .iter()
            .filter(move |(f, _)| *f == facet)
            .map(|(_, value)| value.as_str())
    }
}

/// What a query value must not hold as it is. RFC 3986's unreserved characters and a few readable ones stay.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':')
    .remove(b'/')
    .remove(b'@')
    .remove(b'*');

/// A value as it stands in a query string.
pub fn encode(value: &str) -> String {
    utf8_percent_encode(value, ESCAPED).to_string()
}

/// The query string of these pairs, without `?`; the inverse of [`pairs`].
pub fn query_string(pairs: &[(&str, String)]) -> String {
    let mut written = String::new();
    for (key, value) in pairs {
        if !written.is_empty() {
            written.push('&');
        }
        written += key;
        written.push('=');
        written += &encode(value);
    }
    written
}

/// The pairs of a query string, decoded.
pub fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let decode = |text: &str| {
        percent_decode_str(&text.replace('+', " "))
            .decode_utf8_lossy()
            .into_owned()
    };
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(key), decode(value))
    })
}

pub(super) fn number(key: &str, value: &str) -> Result<usize, BadQuery> {
    value.parse().map_err(|_| BadQuery {
        what: "number",
        found: value.to_owned(),
        known: format!("whole numbers for `{key}`"),
    })
}

pub(super) fn bad(what: &'static str, found: &str, known: String) -> BadQuery {
    BadQuery {
        what,
        found: found.to_owned(),
        known,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mistyped_filter_is_an_error() {
        assert_eq!(ListQuery::parse("knd=role").unwrap_err().found, "knd");
        assert_eq!(ListQuery::parse("sort=size").unwrap_err().what, "sort column");
        assert_eq!(ListQuery::parse("offset=-1").unwrap_err().what, "number");
        assert_eq!(ListQuery::parse("facets=true").unwrap_err().found, "true");
        assert_eq!(ListQuery::parse("verdict=fail").unwrap_err().found, "verdict");
        assert_eq!(
            ListQuery::parse("kpi=owner&finding=stale").unwrap_err().found,
            "finding"
        );
    }

    #[test]
    fn a_rule_without_a_verdict_asks_for_its_findings() {
        for (query, verdict) in [
            ("finding=stale", Verdict::Fail),
            ("finding=stale&verdict=unknown", Verdict::Unknown),
            ("finding=stale&verdict=pass", Verdict::Pass),
        ] {
            let parsed = ListQuery::parse(query).unwrap();
            assert_eq!(parsed.finding.as_ref().unwrap().verdict, verdict);
            assert_eq!(parsed.to_query_string(), query);
        }
    }

    proptest! {
        #[test]
        fn a_query_survives_its_url(text in "\\PC{0,20}", owner in "\\PC{0,20}", offset in 0usize..9999) {
            let query = ListQuery {
                snapshot: Some("2026-10-31".into()),
                text: text.clone(),
                filters: vec![(Facet::Kind, "role".into()), (Facet::Owner, owner)],
                kpi: Some(KpiFilter { kpi: "owner".into(), verdict: Some(Verdict::Fail) }),
                finding: None,
                sort: Some(Sort { column: SortColumn::CreatedAt, direction: Direction::Descending }),
                offset,
                limit: Some(50),
                facets: FacetWish::Counted,
            };
            prop_assert_eq!(ListQuery::parse(&query.to_query_string()).unwrap(), query);
        }
    }
}
