//! What happened from month to month: found by holding snapshots against each other, planted by the generator.

use std::collections::BTreeSet;

use shared::answers;
use shared::api::history::{Change, ChangeKind, HistoryQuery, Subject, Trends};

use super::{Planted, Scores, TINY, estate, options, truth};
use crate::cache::Cache;
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
