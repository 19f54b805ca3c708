//! Every link: the pages' and the API's. Nothing else writes a URL.

use shared::api::explorer::{self, ExplorerQuery, View};
use shared::api::graph::GraphQuery;
use shared::api::history::{HistoryQuery, StoryRows, StoryTable};
use shared::api::query::{Facet, KpiFilter, ListQuery, MAX_LIMIT, encode};
use shared::api::report::ReportQuery;
use shared::api::reviews::ReviewQuery;
use shared::api::route;
use shared::kpi::catalog::{self, Table};
use shared::model::ratio::Verdict;

/// The lists that share filters, export and table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Identities,
    Credentials,
    Certificates,
    Findings,
}

impl List {
    pub const ALL: [List; 4] = [List::Identities, List::Credentials, List::Certificates, List::Findings];

    pub fn title(self) -> &'static str {
        match self {
            List::Identities => "Identities",
            List::Credentials => "Credentials",
            List::Certificates => "Certificates",
            List::Findings => "Findings",
        }
    }

    /// The last part of its page's path, its API's and its export's.
    pub fn id(self) -> &'static str {
        match self {
            List::Identities => "identities",
            List::Credentials => "credentials",
            List::Certificates => "certificates",
            List::Findings => "findings",
        }
    }

    fn api(self) -> &'static str {
        match self {
            List::Identities => route::IDENTITIES,
            List::Credentials => route::CREDENTIALS,
            List::Certificates => route::CERTIFICATES,
            List::Findings => route::FINDINGS,
        }
    }
}

/// The pages that have no parameters but the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Overview,
    Identities,
    Credentials,
    Certificates,
    Findings,
    Reviews,
    Leads,
    Access,
    History,
    Kpis,
    Sources,
}

impl Place {
    /// In the order of the navigation.
    pub const ALL: [Place; 11] = [
        Place::Overview,
        Place::Identities,
        Place::Credentials,
        Place::Certificates,
        Place::Findings,
        Place::Reviews,
        Place::Leads,
        Place::Access,
        Place::History,
        Place::Kpis,
        Place::Sources,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Place::Overview => "/",
            Place::Identities => "/identities",
            Place::Credentials => "/credentials",
            Place::Certificates => "/certificates",
            Place::Findings => "/findings",
            Place::Reviews => "/reviews",
            Place::Leads => "/leads",
            Place::Access => explorer::PATH,
            Place::History => "/history",
            Place::Kpis => "/kpis",
            Place::Sources => "/sources",
        }
    }
}

/// Whether a page belongs to a place of the navigation.
pub fn is_at(path: &str, place: Place) -> bool {
    path == place.path()
        || match path {
            "/identity" => place == Place::Identities,
            "/finding" | "/rules" | "/compliance" => place == Place::Findings,
            "/what-if" => place == Place::Kpis,
            _ => false,
        }
}

pub fn place(place: Place, snapshot: Option<&str>) -> String {
    with_query(place.path(), &snapshot_query(snapshot))
}

pub fn list(list: List, query: &ListQuery) -> String {
    with_query(&format!("/{}", list.id()), &query.to_query_string())
}

/// A list by the query string that it had.
pub fn searched(list: List, search: &str) -> String {
    with_query(&format!("/{}", list.id()), search)
}

pub fn identity(id: &str, snapshot: Option<&str>) -> String {
    let id = format!("id={}", encode(id));
    with_query("/identity", &join([snapshot_query(snapshot), id]))
}

/// An identity's page with what to know before one of its credentials is replaced.
pub fn safe_to_act(id: &str, credential: &str, snapshot: Option<&str>) -> String {
    format!("{}&act={}", identity(id, snapshot), encode(credential))
}

/// An identity's page with the answer whether it may do one thing to one resource.
pub fn may(id: &str, action: &str, resource: &str, snapshot: Option<&str>) -> String {
    let asked = format!("may={}&on={}", encode(action), encode(resource));
    format!("{}&{asked}", identity(id, snapshot))
}

/// An identity in the access graph.
pub fn access(identity: &str, view: View, snapshot: Option<&str>) -> String {
    ExplorerQuery::about(format!("identity:{identity}"), view, snapshot).link()
}

/// A source on the page of sources.
pub fn source(name: &str, snapshot: Option<&str>) -> String {
    format!("{}#{}", place(Place::Sources, snapshot), source_anchor(name))
}

/// The fragment of a source: an export's folder may be named by anything.
pub fn source_anchor(name: &str) -> String {
    format!("source-{}", encode(name).replace('%', "."))
}

/// One finding.
pub fn finding(key: &str, snapshot: Option<&str>) -> String {
    let key = format!("key={}", encode(key));
    with_query("/finding", &join([snapshot_query(snapshot), key]))
}

/// What an owner is to review, from a row on; `""` is nobody.
pub fn review(owner: &str, offset: usize, snapshot: Option<&str>) -> String {
    let query = ReviewQuery {
        snapshot: snapshot.map(str::to_owned),
        owner: owner.to_owned(),
        offset,
        limit: None,
    };
    with_query(Place::Reviews.path(), &query.to_query_string())
}

/// What each rule came to.
pub fn rules(snapshot: Option<&str>) -> String {
    with_query("/rules", &snapshot_query(snapshot))
}

/// What the rules came to for each control of each standard.
pub fn compliance(snapshot: Option<&str>) -> String {
    with_query("/compliance", &snapshot_query(snapshot))
}

/// Other limits, tried: those of a query string, and this one.
pub fn what_if(search: &str, name: &str, value: &str) -> String {
    let is_other = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(name);
    let rest = search.split('&').filter(is_other).map(str::to_owned);
    let tried = (!value.is_empty()).then(|| format!("{name}={}", encode(value)));
    with_query("/what-if", &join(rest.chain(tried)))
}

/// The limits in force.
pub fn what_if_none(snapshot: Option<&str>) -> String {
    with_query("/what-if", &snapshot_query(snapshot))
}

/// A rule among them.
pub fn rule(code: &str, snapshot: Option<&str>) -> String {
    format!("{}#{code}", rules(snapshot))
}

/// The page of changes. Its later snapshot is the one that all pages show, and so `snapshot` in its URL.
pub fn history(query: &HistoryQuery) -> String {
    with_query("/history", &history_query(query, "snapshot"))
}

/// A KPI in the catalogue.
pub fn kpi(id: &str, snapshot: Option<&str>) -> String {
    format!("{}#{id}", place(Place::Kpis, snapshot))
}

/// The rows that a KPI counts: those with this verdict, or its whole population. `None` when no list shows them.
pub fn kpi_rows(id: &str, verdict: Option<Verdict>, snapshot: Option<&str>) -> Option<String> {
    kpi_part_rows(id, verdict, None, snapshot)
}

/// The rows that a KPI counts within one value of a facet.
pub fn kpi_part_rows(
    id: &str,
    verdict: Option<Verdict>,
    part: Option<(Facet, &str)>,
    snapshot: Option<&str>,
) -> Option<String> {
    let filters = part.map(|(facet, value)| (facet, value.to_owned()));
    kpi_filtered_rows(id, verdict, filters.into_iter().collect(), snapshot)
}

/// The rows that a KPI counts within several facets.
pub fn kpi_filtered_rows(
    id: &str,
    verdict: Option<Verdict>,
    filters: Vec<(Facet, String)>,
    snapshot: Option<&str>,
) -> Option<String> {
    let shown = match catalog::find(id)?.table {
        Table::Identities => List::Identities,
        Table::Credentials => List::Credentials,
        Table::Certificates => List::Certificates,
        Table::Findings => List::Findings,
        Table::None => return None,
    };
    let query = ListQuery {
        snapshot: snapshot.map(str::to_owned),
        filters,
        kpi: Some(KpiFilter {
            kpi: id.to_owned(),
            verdict,
        }),
        ..ListQuery::default()
    };
    Some(list(shown, &query))
}

/// The rows of a list with these facet values.
pub fn facet_rows(shown: List, filters: Vec<(Facet, String)>, snapshot: Option<&str>) -> String {
    let query = ListQuery {
        snapshot: snapshot.map(str::to_owned),
        filters,
        ..ListQuery::default()
    };
    list(shown, &query)
}

/// Identities that hold these words.
pub fn search(text: &str, snapshot: Option<&str>) -> String {
    let query = ListQuery {
        snapshot: snapshot.map(str::to_owned),
        text: text.to_owned(),
        ..ListQuery::default()
    };
    list(List::Identities, &query)
}

/// The same view of another snapshot; `None` is the newest, whichever that will be.
pub fn at_snapshot(path: &str, search: &str, snapshot: Option<&str>) -> String {
    let others = search.split('&').filter(|pair| {
        let key = pair.split('=').next().unwrap_or_default();
        !pair.is_empty() && key != "snapshot"
    });
    with_query(
        path,
        &join(std::iter::once(snapshot_query(snapshot)).chain(others.map(str::to_owned))),
    )
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Csv,
    Json,
    Xlsx,
}

/// All of a table that a query of it asks for, as a file.
pub fn export(table: &str, format: ExportFormat, query: &str) -> String {
    let format = match format {
        ExportFormat::Csv => "format=csv",
        ExportFormat::Json => "format=json",
        ExportFormat::Xlsx => "format=xlsx",
    };
    with_query(
        &format!("{}/{table}", route::EXPORT),
        &join([format.to_owned(), query.to_owned()]),
    )
}

/// What a snapshot, or a part of it, comes to, as a file to send on.
pub fn report(query: &ReportQuery) -> String {
    with_query(route::REPORT, &query.to_query_string())
}

pub fn api_rows(shown: List, query: &ListQuery) -> String {
    with_query(shown.api(), &query.to_query_string())
}

/// A route of the API that takes nothing but the snapshot.
pub fn api(path: &str, snapshot: Option<&str>) -> String {
    with_query(path, &snapshot_query(snapshot))
}

pub fn api_review(query: &ReviewQuery) -> String {
    with_query(route::REVIEW, &query.to_query_string())
}

/// The page's query string is the question.
pub fn api_what_if(search: &str) -> String {
    with_query(route::WHAT_IF, search)
}

pub fn api_what_if_trend(search: &str) -> String {
    with_query(route::WHAT_IF_TREND, search)
}

pub fn api_durations(to: Option<&str>) -> String {
    let to = to.map(|name| format!("to={}", encode(name)));
    with_query(route::DURATIONS, &to.unwrap_or_default())
}

/// The findings of one rule whose subject has the words of this key's.
pub fn api_finding(key: &str, snapshot: Option<&str>) -> String {
    let (rule, subject) = key.split_once('/').unwrap_or((key, ""));
    let query = ListQuery {
        snapshot: snapshot.map(str::to_owned),
        text: subject.to_owned(),
        filters: vec![(Facet::Rule, rule.to_owned())],
        limit: Some(MAX_LIMIT),
        ..ListQuery::default()
    };
    api_rows(List::Findings, &query)
}

pub fn api_history(query: &HistoryQuery) -> String {
    with_query(route::HISTORY, &history_query(query, "to"))
}

pub fn api_trends(from: Option<&str>, to: Option<&str>) -> String {
    let query = HistoryQuery {
        from: from.map(str::to_owned),
        to: to.map(str::to_owned),
        ..HistoryQuery::default()
    };
    with_query(route::TRENDS, &history_query(&query, "to"))
}

pub fn api_story(from: Option<&str>, to: Option<&str>) -> String {
    api_trends(from, to).replacen(route::TRENDS, route::STORY, 1)
}

/// The rows that a sentence of the story speaks of.
pub fn story_rows(rows: &StoryRows, to: &str) -> String {
    match rows.of {
        StoryTable::Kpi => {
            let id = rows.id.as_deref().unwrap_or_default();
            kpi_rows(id, rows.verdict, Some(to)).unwrap_or_else(|| kpi(id, Some(to)))
        }
        StoryTable::Findings => list(
            List::Findings,
            &ListQuery {
                snapshot: Some(to.to_owned()),
                filters: rows
                    .severity
                    .iter()
                    .map(|severity| (Facet::Severity, severity.clone()))
                    .collect(),
                ..ListQuery::default()
            },
        ),
        StoryTable::Sources => with_query(Place::Sources.path(), &snapshot_query(Some(to))),
    }
}

/// With this name for the later snapshot.
fn history_query(query: &HistoryQuery, to: &str) -> String {
    let rest = HistoryQuery {
        to: None,
        ..query.clone()
    };
    let to = query.to.as_deref().map(|name| format!("{to}={}", encode(name)));
    join([to.unwrap_or_default(), rest.to_query_string()])
}

pub fn api_identity(id: &str, snapshot: Option<&str>) -> String {
    let id = format!("id={}", encode(id));
    with_query(route::IDENTITY, &join([snapshot_query(snapshot), id]))
}

/// A question about one node of the graph, with the first rows of the answer.
pub fn api_access(id: &str, action: &str, resource: &str, snapshot: Option<&str>) -> String {
    let asked = [("identity", id), ("action", action), ("resource", resource)];
    let asked = asked.map(|(name, value)| format!("{name}={}", encode(value)));
    with_query(
        route::ACCESS,
        &join([snapshot_query(snapshot)].into_iter().chain(asked)),
    )
}

pub fn api_graph(path: &str, node: String, limit: Option<usize>, snapshot: Option<&str>) -> String {
    let query = GraphQuery {
        snapshot: snapshot.map(str::to_owned),
        nodes: vec![node],
        limit,
        ..GraphQuery::default()
    };
    with_query(path, &query.to_query_string())
}

pub fn snapshot_query(snapshot: Option<&str>) -> String {
    snapshot
        .map(|name| format!("snapshot={}", encode(name)))
        .unwrap_or_default()
}

fn join(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("&")
}

fn with_query(path: &str, query: &str) -> String {
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every link there is. A change here changes what bookmarks and reports point to.
    #[test]
    fn all_links() {
        let at = Some("2026-10-31");
        let query = ListQuery {
            text: "ci deploy".into(),
            filters: vec![(Facet::Kind, "role".into()), (Facet::Owner, String::new())],
            limit: Some(100),
            offset: 200,
            ..ListQuery::default()
        };
        let lines = [
            place(Place::Overview, None),
            place(Place::Overview, at),
            place(Place::Identities, None),
            place(Place::Credentials, None),
            place(Place::Certificates, None),
            place(Place::Kpis, at),
            place(Place::Sources, None),
            list(List::Identities, &query),
            list(List::Certificates, &ListQuery::default()),
            identity("arn:aws:iam::1:role/a b", at),
            access("arn:aws:iam::1:role/a b", View::Reach, at),
            source("aws prod", None),
            place(Place::Reviews, at),
            review("pay & go", 100, at),
            review("", 0, None),
            api_review(&ReviewQuery::default()),
            place(Place::Leads, None),
            kpi("credential.rotation", at),
            kpi_rows("owner", Some(Verdict::Fail), at).unwrap(),
            kpi_rows("credential.age", None, None).unwrap(),
            kpi_part_rows("governed", Some(Verdict::Pass), Some((Facet::Team, "pay & go")), None).unwrap(),
            facet_rows(List::Certificates, vec![(Facet::Expiry, "30d".into())], None),
            search("über", None),
            at_snapshot("/identities", "q=a&snapshot=x&kind=role", at),
            at_snapshot("/identities", "q=a&snapshot=x", None),
            export("identities", ExportFormat::Csv, &query.to_query_string()),
            export("leads", ExportFormat::Json, ""),
            report(&ReportQuery {
                snapshot: at.map(str::to_owned),
                scope: vec![(Facet::Team, "pay & go".into())],
                ..ReportQuery::default()
            }),
            api_rows(List::Identities, &query),
            api(route::OVERVIEW, None),
            api(route::KPIS, at),
            api_identity("k8s:a/b/c", None),
        ];
        assert_eq!(
            lines.join("\n"),
            "/
/?snapshot=2026-10-31
/identities
/credentials
/certificates
/kpis?snapshot=2026-10-31
/sources
/identities?q=ci%20deploy&kind=role&owner=&offset=200&limit=100
/certificates
/identity?snapshot=2026-10-31&id=arn:aws:iam::1:role/a%20b
/access?snapshot=2026-10-31&view=reach&node=identity:arn:aws:iam::1:role/a%20b
/sources#source-aws.20prod
/reviews?snapshot=2026-10-31
/reviews?snapshot=2026-10-31&owner=pay%20%26%20go&offset=100
/reviews?owner=
/api/v1/review?owner=
/leads
/kpis?snapshot=2026-10-31#credential.rotation
/identities?snapshot=2026-10-31&kpi=owner&verdict=fail
/credentials?kpi=credential.age
/identities?team=pay%20%26%20go&kpi=governed&verdict=pass
/certificates?expiry=30d
/identities?q=%C3%BCber
/identities?snapshot=2026-10-31&q=a&kind=role
/identities?q=a
/api/v1/export/identities?format=csv&q=ci%20deploy&kind=role&owner=&offset=200&limit=100
/api/v1/export/leads?format=json
/api/v1/report?format=html&snapshot=2026-10-31&team=pay%20%26%20go
/api/v1/identities?q=ci%20deploy&kind=role&owner=&offset=200&limit=100
/api/v1/overview
/api/v1/kpis?snapshot=2026-10-31
/api/v1/identity?id=k8s:a/b/c"
        );
    }

    #[test]
    fn every_kpi_links_to_its_rows_or_says_that_no_list_has_them() {
        for kpi in catalog::KPIS {
            let rows = kpi_rows(kpi.id, None, None);
            assert_eq!(rows.is_none(), kpi.table == Table::None, "{}", kpi.id);
        }
        assert_eq!(kpi_rows("no.such", None, None), None);
    }

    #[test]
    fn an_identity_belongs_to_the_list_of_identities() {
        assert!(is_at("/identity", Place::Identities));
        assert!(is_at("/", Place::Overview));
        assert!(!is_at("/identities", Place::Overview));
    }
}
