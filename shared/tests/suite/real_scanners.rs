//! Leak scanners against gitleaks' own reports and a sample of TruffleHog's. The expected numbers were counted from the
//! same files by a separate Python program, without any of this crate.

use hashbrown::HashSet;
use shared::connectors;
use shared::diagnostic::Severity;
use shared::model::leak::Liveness;

#[test]
fn gitleaks_reports() {
    let Some(folder) = crate::support::data("secret_scanners/gitleaks__gitleaks/testdata") else {
        return;
    };
    // Connector, leaks, fingerprints, errors. Secrets of the baseline are masked.
    for (path, connector, n_leaks, n_fingerprints, n_errors) in [
        ("expected/report/json_simple.json", Some("gitleaks_findings"), 1, 1, 0),
        ("expected/report/csv_simple.csv", Some("gitleaks_findings"), 1, 1, 0),
        (
            "expected/report/template_jsonextra.json",
            Some("gitleaks_findings"),
            1,
            1,
            0,
        ),
        ("expected/report/sarif_simple.sarif", Some("sarif_findings"), 1, 1, 0),
        ("baseline/baseline.json", Some("gitleaks_findings"), 2, 0, 0),
        ("baseline/baseline.sarif", Some("sarif_findings"), 0, 0, 0),
        // Its only row has a cell more than the heading.
        ("baseline/baseline.csv", Some("gitleaks_findings"), 0, 0, 1),
        // An empty list is nobody's.
        ("expected/report/empty.json", None, 0, 0, 0),
        // JUnit says less than the other forms.
        ("expected/report/junit_simple.xml", None, 0, 0, 1),
    ] {
        let bytes = std::fs::read(folder.join(path)).unwrap();
        let reading = connectors::read("scan", path, &bytes, "salt");
        assert_eq!(reading.connector.map(|found| found.id), connector, "{path}");
        let leaks = &reading.batch.leaks;
        assert_eq!(leaks.len(), n_leaks, "{path}");
        let fingerprints: usize = leaks.iter().map(|leak| leak.fingerprints.len()).sum();
        assert_eq!(fingerprints, n_fingerprints, "{path}");
        let errors = reading.diagnostics.iter().filter(|d| d.severity == Severity::Error);
        assert_eq!(errors.count(), n_errors, "{path}: {:#?}", reading.diagnostics);
    }
}

#[test]
fn trufflehog_findings() {
    let Some(folder) = crate::support::data("shape_samples/trufflehog") else {
        return;
    };
    let bytes = std::fs::read(folder.join("trufflehog_v3.ndjson")).unwrap();
    let reading = connectors::read("scan", "trufflehog_v3.ndjson", &bytes, "salt");
    assert_eq!(reading.connector.map(|found| found.id), Some("trufflehog_findings"));
    assert!(reading.diagnostics.is_empty(), "{:#?}", reading.diagnostics);
    let leaks = &reading.batch.leaks;
    let live = leaks.iter().filter(|leak| leak.liveness == Liveness::Live);
    let dated = leaks.iter().filter(|leak| leak.leaked_at.is_some());
    let commits = leaks
        .iter()
        .filter(|leak| reading.batch.strings.get(leak.found_in).contains(", commit "));
    let identities: HashSet<_> = leaks.iter().flat_map(|leak| &leak.identities).collect();
    assert_eq!(
        (
            leaks.len(),
            live.count(),
            dated.count(),
            commits.count(),
            identities.len()
        ),
        (40, 1, 25, 14, 11)
    );
}
