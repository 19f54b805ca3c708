//! Which rows a scope holds: one environment, owner, team or source, or several of them together.

use crate::analysis::Analysis;
use crate::api::query::{BadQuery, Facet, ListQuery};
use crate::kpi::catalog::Table;
use crate::model::snapshot::{IdentityId, Trust};

/// The rows of each list that a scope holds; all of them where there is no scope.
#[derive(Clone, Default)]
pub struct Within(Option<Rows>);

#[derive(Clone)]
struct Rows {
    identities: Vec<bool>,
    credentials: Vec<bool>,
    certificates: Vec<bool>,
    findings: Vec<bool>,
    /// The sources in which one of these rows stands.
    sources: Vec<bool>,
}

impl Within {
    /// The rows that have these values, as the lists filter by them.
    ///
    /// # Errors
    /// When a list has no such facet.
    pub fn new(analysis: &Analysis, filters: &[(Facet, String)]) -> Result<Within, BadQuery> {
        if filters.is_empty() {
            return Ok(Within::default());
        }
        let query = ListQuery {
            filters: filters.to_vec(),
            ..ListQuery::default()
        };
        let lists = &analysis.lists;
        let marked = |rows: Vec<usize>, n_rows: usize| {
            let mut marks = vec![false; n_rows];
            rows.into_iter().for_each(|row| marks[row] = true);
            marks
        };
        let of = |table: Table| -> Result<Vec<bool>, BadQuery> {
            let Some(list) = lists.of(table) else {
                return Ok(Vec::new());
            };
            Ok(marked(list.all(&query, table, analysis)?, list.n_rows()))
        };
        let (identities, credentials) = (of(Table::Identities)?, of(Table::Credentials)?);
        let findings = marked(lists.findings.all(&query, analysis)?, analysis.findings.all.len());
        let snapshot = &analysis.snapshot;
        let mut sources = vec![false; snapshot.sources.len()];
        for (identity, _) in snapshot.identities.iter().zip(&identities).filter(|(_, is_in)| **is_in) {
            sources[identity.source.0 as usize] = true;
        }
        for (credential, _) in snapshot
            .credentials
            .iter()
            .zip(&credentials)
            .filter(|(_, is_in)| **is_in)
        {
            sources[credential.source.0 as usize] = true;
        }
        Ok(Within(Some(Rows {
            certificates: of(Table::Certificates)?,
            identities,
            credentials,
            findings,
            sources,
        })))
    }

    /// Whether this is only a part of the estate.
    pub fn is_part(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a row of a list is in scope.
    pub fn holds(&self, table: Table, row: usize) -> bool {
        self.0.as_ref().is_none_or(|rows| match table {
            Table::Identities => rows.identities[row],
            Table::Credentials => rows.credentials[row],
            Table::Certificates => rows.certificates[row],
            Table::Findings => rows.findings[row],
            Table::None => false,
        })
    }

    /// Whether a trust leads to an identity in scope.
    pub fn holds_trust(&self, trust: &Trust) -> bool {
        let holds = |IdentityId(id)| self.holds(Table::Identities, id as usize);
        !self.is_part() || trust.target_identity.is_some_and(holds)
    }

    /// Whether a source, by its index, lists anything in scope.
    pub fn holds_source(&self, source: usize) -> bool {
        self.0.as_ref().is_none_or(|rows| rows.sources[source])
    }
}
