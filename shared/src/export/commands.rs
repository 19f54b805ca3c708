//! Commands that list the rows behind a report's numbers, and write it again in another format: of the same snapshot and
//! scope, for a POSIX shell.

use crate::api::query::{Direction, Facet, KpiFilter, ListQuery, Sort, SortColumn};
use crate::api::report::{KpiLine, Report, ReportFormat};
use crate::kpi::catalog::{self, Table};
use crate::model::credential::CredentialKind;
use crate::model::ratio::Verdict;

/// The values of the facet of time left that lie within the outlook.
const SOON: [&str; 6] = ["7d", "14d", "30d", "47d", "60d", "90d"];

/// The rows of a KPI, with how many they are: those that fail, or the whole population where nothing can. `None` where no
/// list has them.
pub fn rows_of(report: &Report, line: &KpiLine) -> Option<(String, u64)> {
    let table = catalog::find(&line.value.id)?.table;
    let (verdict, n) = match (line.value.fail, line.value.population, line.value.pass) {
        (Some(fail), ..) => (Some(Verdict::Fail), fail),
        (None, Some(population), _) => (None, population),
        (None, None, pass) => (Some(Verdict::Pass), pass?),
    };
    let query = ListQuery {
        kpi: Some(KpiFilter {
            kpi: line.value.id.clone(),
            verdict,
        }),
        ..in_scope(report)
    };
    Some((list(table, &query)?, n))
}

/// What ends in the outlook, the soonest first.
pub fn ending(report: &Report) -> Option<String> {
    let mut query = in_scope(report);
    let soon = SOON.iter().map(|value| (Facet::Expiry, (*value).to_owned()));
    let kinds = CredentialKind::ALL.into_iter();
    // What trusts another's tokens holds no secret that could be renewed.
    let kinds = kinds.filter(|kind| *kind != CredentialKind::Federation);
    query.filters.extend(soon);
    query
        .filters
        .extend(kinds.map(|kind| (Facet::Kind, kind.id().to_owned())));
    query.sort = Some(Sort {
        column: SortColumn::ExpiresAt,
        direction: Direction::Ascending,
    });
    list(Table::Credentials, &query)
}

/// The open findings, the worst first.
pub fn open_findings(report: &Report) -> Option<String> {
    let mut query = in_scope(report);
    query.filters.push((Facet::Waived, "no".to_owned()));
    list(Table::Findings, &query)
}

/// The same report in another format.
pub fn again(report: &Report, format: ReportFormat) -> String {
    let mut command = format!(
        "rollcall report ESTATE --format {} --snapshot {}",
        format.id(),
        word(&report.snapshot.name)
    );
    if let Some(base) = &report.compared_with {
        command.push_str(&format!(" --compare {}", word(&base.name)));
    }
    for part in &report.scope {
        // With `=`, a value that begins with `-` is no flag.
        command.push_str(&format!(" --{}={}", part.by.id(), word(&part.value)));
    }
    command
}

/// What the report is about, as a list's query.
fn in_scope(report: &Report) -> ListQuery {
    let scope = report.scope.iter().map(|part| (part.by, part.value.clone()));
    ListQuery {
        snapshot: Some(report.snapshot.name.clone()),
        filters: scope.collect(),
        ..ListQuery::default()
    }
}

/// The filters are one word, as in a page's URL: whatever a value has in it is encoded.
fn list(table: Table, query: &ListQuery) -> Option<String> {
    let list = match table {
        Table::Identities => "identities",
        Table::Credentials => "credentials",
        Table::Certificates => "certificates",
        Table::Findings => "findings",
        Table::None => return None,
    };
    Some(format!("rollcall list {list} ESTATE '{}'", query.to_query_string()))
}

fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.:@".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}
