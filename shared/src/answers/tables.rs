//! The lists, page by page.

use crate::analysis::Analysis;
use crate::api::Page;
use crate::api::findings::FindingRow;
use crate::api::query::{BadQuery, ListQuery};
use crate::api::rows::{CertificateRow, CredentialRow, IdentityRow};
use crate::kpi::catalog::Table;
use crate::lists;
use crate::model::snapshot::Snapshot;

/// `GET /api/v1/identities`.
///
/// # Errors
/// When the query names something that the list does not have; likewise below.
pub fn identities(analysis: &Analysis, query: &ListQuery) -> Result<Page<IdentityRow>, BadQuery> {
    page(analysis, query, Table::Identities, lists::identity_row)
}

/// `GET /api/v1/credentials`.
pub fn credentials(analysis: &Analysis, query: &ListQuery) -> Result<Page<CredentialRow>, BadQuery> {
    page(analysis, query, Table::Credentials, lists::credential_row)
}

/// `GET /api/v1/certificates`.
pub fn certificates(analysis: &Analysis, query: &ListQuery) -> Result<Page<CertificateRow>, BadQuery> {
    page(analysis, query, Table::Certificates, lists::certificate_row)
}

/// `GET /api/v1/findings`.
pub fn findings(analysis: &Analysis, query: &ListQuery) -> Result<Page<FindingRow>, BadQuery> {
    let answer = analysis.lists.findings.answer(query, analysis)?;
    let n_total = analysis.findings.all.len();
    let row = |analysis: &Analysis, index: usize| lists::finding_row(analysis, &analysis.findings.all[index]);
    Ok(window(analysis, query, n_total, answer, row))
}

fn page<Row>(
    analysis: &Analysis,
    query: &ListQuery,
    table: Table,
    row: impl Fn(&Analysis, usize) -> Row,
) -> Result<Page<Row>, BadQuery> {
    let empty = lists::List::default();
    let list = analysis.lists.of(table).unwrap_or(&empty);
    let answer = list.answer(query, table, analysis)?;
    Ok(window(analysis, query, list.n_rows(), answer, row))
}

fn window<Row>(
    analysis: &Analysis,
    query: &ListQuery,
    n_total: usize,
    answer: lists::Answer,
    row: impl Fn(&Analysis, usize) -> Row,
) -> Page<Row> {
    Page {
        as_of: analysis.snapshot.as_of,
        n_matching: answer.n_matching,
        n_total,
        offset: query.offset,
        rows: answer.rows.iter().map(|index| row(analysis, *index)).collect(),
        facets: answer.facets,
        partial_sources: partial_sources(&analysis.snapshot),
    }
}

/// The names of the sources in which something is missing.
pub(super) fn partial_sources(snapshot: &Snapshot) -> Vec<String> {
    snapshot
        .sources
        .iter()
        .filter(|source| !source.gaps.is_empty())
        .map(|source| source.name.clone())
        .collect()
}
