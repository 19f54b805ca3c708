//! What happened from month to month: found by holding snapshots against each other, planted by the generator.

use std::collections::BTreeSet;

use shared::answers;
use shared::api::history::{Change, ChangeKind, HistoryQuery, StoryTable, Subject, Trends};
use shared::api::query::ListQuery;
use shared::kpi::catalog::KpiKind;

use super::{Planted, Scores, TINY, estate, options, truth};
use crate::cache::Cache;
use crate::commands::demo;
use crate::estate::{Estate, Progress};

const N_MONTHS: usize = 8;

/// Months without gaps, and the truth of the first and the last.
#[test]
fn months_tell_what_was_planted() {
    let folder = estate(&options(TINY, 7, N_MONTHS, 0.0));
    let truth = truth(folder.path());
    let opened = Estate::open(folder.path()).unwrap();
    let read = |index| {
        opened
            .load(index, None, &Progress::default(), &Cache::none())
            .map_err(|error| error.to_string())
    };
    let newest = read(N_MONTHS - 1).unwrap();
    let history = opened.history(&newest, &Cache::none(), &read);
    let (from, to) = (&history.snapshots[0], &history.snapshots[N_MONTHS - 1]);
    let (first, last) = (Planted::new(&truth, 0), Planted::new(&truth, N_MONTHS - 1));
    let mut scores = Scores::default();

    let ids = |planted: &Planted| -> BTreeSet<String> { planted.identities().map(|(id, _)| id.to_owned()).collect() };
    let (before, after) = (ids(&first), ids(&last));
    let changes = |kind: ChangeKind| -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        loop {
            let query = HistoryQuery {
                of: Some(Subject::Identity),
                kind: Some(kind),
                offset: found.len(),
                ..HistoryQuery::default()
            };
            let page = answers::history(&history, from, to, &query);
            found.extend(page.changes.into_iter().map(|change: Change| change.id));
            if found.len() >= page.n_matching {
                return found;
            }
        }
    };
    scores.compare("history: new identities", &after - &before, changes(ChangeKind::New));
    scores.compare("history: gone identities", &before - &after, changes(ChangeKind::Gone));
    for kind in [ChangeKind::NotObserved, ChangeKind::NotObservedBefore] {
        assert_eq!(changes(kind), BTreeSet::new(), "everything is seen");
    }

    let trends = answers::trends(&history, from, to);
    let numbers: Vec<u64> = (0..N_MONTHS)
        .map(|at| truth["snapshots"][at]["n_nhis"].as_u64().unwrap())
        .collect();
    let sentence = |(month, n): (usize, u64)| format!("{month}: {n}");
    scores.compare(
        "history: NHIs by month",
        numbers.into_iter().enumerate().map(sentence).collect(),
        values(&trends, "nhi.total")
            .into_iter()
            .map(|n| n as u64)
            .enumerate()
            .map(sentence)
            .collect(),
    );
    scores.finish();

    // What a reader retells: more of them, governed better in the end, rotated sooner, and privilege still grows.
    let moved = |id: &str| {
        let values = values(&trends, id);
        values[N_MONTHS - 1] - values[0]
    };
    assert!(moved("nhi.total") > 0.0 && moved("governed") > 0.0 && moved("reviewed") > 0.0);
    assert!(moved("credential.rotation") > 0.0 && moved("privilege.standing") >= 0.0);
}

/// The demo's year as History tells it: its golden is what somebody reads who has a first look.
#[test]
fn the_demo_tells_a_story() {
    let folder = estate(&demo::OPTIONS);
    let opened = Estate::open(folder.path()).unwrap();
    let read = |index| {
        opened
            .load(index, None, &Progress::default(), &Cache::none())
            .map_err(|error| error.to_string())
    };
    let newest = read(demo::OPTIONS.n_snapshots - 1).unwrap();
    let history = opened.history(&newest, &Cache::none(), &read);
    let (from, to) = (&history.snapshots[0], history.snapshots.last().unwrap());
    let lines = answers::story(&history, from, to).lines;
    let told: Vec<String> = lines
        .iter()
        .map(|line| format!("{}: {}", line.direction, line.text))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(lines.len() >= 5);

    // Its numbers are those of the pages.
    let values = answers::kpi_values(&newest.analysis);
    let trends = answers::trends(&history, from, to);
    for line in &lines {
        match (line.rows.of, line.rows.id.as_deref()) {
            (StoryTable::Kpi, Some(id)) => {
                let trend = trends.kpis.iter().find(|trend| trend.id == id).unwrap();
                let change = trend.change.as_ref().unwrap();
                let value = values.iter().find(|value| value.id == id).unwrap();
                if change.left_out.is_empty() {
                    assert_eq!(Some(change.to), value.value, "{id}");
                }
                let told = match value.kind {
                    KpiKind::Share => shared::format::percent(change.to),
                    _ => shared::format::decimal(change.to),
                };
                assert!(line.text.contains(&told), "{id}: {told}");
            }
            (StoryTable::Findings, _) => {
                let query = ListQuery::parse("severity=critical").unwrap();
                let n = answers::findings(&newest.analysis, &query).unwrap().n_matching;
                assert!(line.text.starts_with(&format!("{n} critical")), "{n}: {}", line.text);
            }
            (StoryTable::Kpi | StoryTable::Sources, _) => {}
        }
    }
}

/// A KPI's points, all of which can be compared.
fn values(trends: &Trends, id: &str) -> Vec<f64> {
    let trend = trends.kpis.iter().find(|trend| trend.id == id).unwrap();
    let points = trend.points.iter().map(|point| {
        assert!(point.comparable, "{id}: {:?}", point.reason);
        assert_eq!(point.like, point.value, "{id}: every source is steady");
        point.value.unwrap()
    });
    points.collect()
}
