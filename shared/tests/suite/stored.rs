//! What is written as bytes and read again is the same, in every field of every list.

use std::fs;
use std::path::Path;

use shared::analysis::{Analysis, analyze, judged_before};
use shared::answers;
use shared::api::query::ListQuery;
use shared::config::Config;
use shared::history::History;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::stored;

use crate::support::read;

/// The analysis of the first files of every connector that this picks, each its own source.
fn analysis(is_picked: impl Fn(&str) -> bool) -> Analysis {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/connectors");
    let mut batches: Vec<FileBatch> = Vec::new();
    for connector in shared::connectors::CONNECTORS {
        let folder = root.join(connector.id);
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end != "snap"))
        {
            let name = file.file_name().unwrap().to_string_lossy();
            if is_picked(&name) {
                batches.push(read(connector.id, &name, &fs::read(file).unwrap()));
            }
        }
    }
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    analyze(merge(batches, as_of, &Config::default()), &Config::default())
}

fn again(analysis: &Analysis) -> Analysis {
    let sections: Vec<Vec<u8>> = stored::analysis_sections(analysis).collect();
    let sections: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
    let [snapshot, judged] = stored::halves(&sections).unwrap();
    let (snapshot, judged) = (stored::snapshot(snapshot), stored::judged(judged));
    judged_before(snapshot.unwrap(), &Config::default(), judged.unwrap())
}

#[test]
fn an_analysis_is_read_as_it_was_written() {
    let before = analysis(|_| true);
    let after = again(&before);
    let snapshot = &before.snapshot;
    assert_eq!(format!("{:?}", after.snapshot), format!("{snapshot:?}"));
    assert!(snapshot.strings.iter().eq(after.snapshot.strings.iter()));
    for filled in [
        snapshot.facts.len(),
        snapshot.credentials.len(),
        snapshot.grants.len(),
        snapshot.service_uses.len(),
        snapshot.trusts.len(),
        snapshot.policies.len(),
        snapshot.memberships.len(),
        snapshot.leaks.len(),
        before.findings.all.len(),
    ] {
        assert!(filled > 0, "nothing is proved of an empty list");
    }
    assert_eq!((&after.criteria, &after.governed), (&before.criteria, &before.governed));
    assert_eq!(after.findings.all, before.findings.all);
    assert_eq!(after.findings.tallies, before.findings.tallies);
    assert_eq!(after.findings.unjudged, before.findings.unjudged);
    assert_eq!(after.access.acts_in_production(), before.access.acts_in_production());
    let json = |analysis: &Analysis| {
        let query = ListQuery::parse("facets=yes&limit=1000&sort=-name").unwrap();
        let kpis = serde_json::to_string(&answers::kpis(analysis, &["now".to_owned()], None));
        let identities = serde_json::to_string(&answers::identities(analysis, &query).unwrap());
        let credentials = serde_json::to_string(&answers::credentials(analysis, &query).unwrap());
        let ids = analysis
            .snapshot
            .identities
            .iter()
            .map(|identity| analysis.snapshot.strings.get(identity.id));
        let each: Vec<String> = ids
            .map(|id| serde_json::to_string(&answers::identity(analysis, id)).unwrap())
            .collect();
        (kpis.unwrap(), identities.unwrap(), credentials.unwrap(), each)
    };
    assert!(json(&after) == json(&before), "answers differ");
}

#[test]
fn a_history_is_read_as_it_was_written_and_goes_on() {
    let analyses = [analysis(|name| !name.contains("basic")), analysis(|_| true)];
    let summary = |name: &str, at: usize| answers::summary(name, &analyses[at]);
    let mut before = History::default();
    before.add(summary("a", 0));
    before.add(summary("b", 1));
    let sections: Vec<Vec<u8>> = stored::history_sections(&before).collect();
    let sections: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
    let mut after = stored::history(&sections).unwrap();
    for history in [&mut before, &mut after] {
        history.add(summary("c", 0));
    }
    assert_eq!(after.n_rows(), before.n_rows());
    for (after, before) in after.snapshots.iter().zip(&before.snapshots) {
        assert_eq!(after.head, before.head);
    }
    let trends = |history: &History| {
        let trends = answers::trends(history, &history.snapshots[0], &history.snapshots[2]);
        serde_json::to_string(&trends).unwrap()
    };
    assert_eq!(trends(&after), trends(&before));
    let changes = |history: &History, from: usize, to: usize| {
        let (from, to) = (&history.snapshots[from], &history.snapshots[to]);
        let page = answers::history(history, from, to, &Default::default());
        serde_json::to_string(&page).unwrap()
    };
    for (from, to) in [(0, 1), (1, 2), (0, 2)] {
        assert_eq!(changes(&after, from, to), changes(&before, from, to));
    }
}

#[test]
fn sections_that_are_too_few_are_refused() {
    let sections: Vec<Vec<u8>> = stored::analysis_sections(&analysis(|_| true)).collect();
    let sections: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
    assert!(stored::halves(&sections[..3]).is_err());
    let [snapshot, judged] = stored::halves(&sections).unwrap();
    assert!(stored::snapshot(&snapshot[1..]).is_err());
    assert!(stored::judged(&judged[1..]).is_err());
    assert!(stored::history(&sections).is_err());
}
