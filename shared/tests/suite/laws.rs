//! What must hold for every estate: numbers equal lists, order does not matter, saying it twice changes nothing.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::api::query::{Facet, KpiFilter, ListQuery};
use shared::config::Config;
use shared::connectors::CONNECTORS;
use shared::export;
use shared::history::numbers::{self, Sum};
use shared::kpi::catalog::{KPIS, Table};
use shared::kpi::formulas;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;
use shared::model::thresholds::{Threshold, ThresholdId};
use shared::rules::RULES;
use shared::rules::severity::Severity;

use crate::rules;
use crate::support::read;

/// Every connector's fixtures as one estate: each connector is a source.
pub fn estate(arrange: impl Fn(&mut Vec<FileBatch>)) -> Analysis {
    let mut files = files();
    arrange(&mut files);
    let config = Config::parse("[[expected]]\nsource = \"aws_credential_report\"\nenvironment = \"prod\"\n").unwrap();
    under(&config, files)
}

fn under(config: &Config, files: Vec<FileBatch>) -> Analysis {
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    analyze(merge(files, as_of, config), config)
}

fn files() -> Vec<FileBatch> {
    let mut files = Vec::new();
    for connector in CONNECTORS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata/connectors")
            .join(connector.id);
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension != "snap") {
                // The estate's own files belong to no source.
                let source = if connector.id == "registry_csv" || connector.id == "roster_csv" {
                    ""
                } else {
                    connector.id
                };
                files.push(read(
                    source,
                    &path.file_name().unwrap().to_string_lossy(),
                    &fs::read(&path).unwrap(),
                ));
            }
        }
    }
    files
}

fn everything(analysis: &Analysis) -> String {
    let mut text = serde_json::to_string(&answers::kpis(analysis, &[], None)).unwrap();
    text += &serde_json::to_string(&answers::overview(analysis)).unwrap();
    text += &serde_json::to_string(&answers::rules(analysis)).unwrap();
    text += &serde_json::to_string(&answers::compliance(analysis)).unwrap();
    text += &answers::sarif(analysis).to_string();
    for table in [
        Table::Identities,
        Table::Credentials,
        Table::Certificates,
        Table::Findings,
    ] {
        let rows = export::list(analysis, table, &ListQuery::default(), export::ExportFormat::Json).unwrap();
        text += &String::from_utf8(rows).unwrap();
    }
    for identity in &analysis.snapshot.identities {
        let id = analysis.snapshot.strings.get(identity.id);
        text += &serde_json::to_string(&answers::identity(analysis, id).unwrap()).unwrap();
    }
    text
}

/// What would raise the governed share most counts exactly the rows to which it leads.
#[test]
fn every_change_is_the_length_of_its_list() {
    let of_rules = RULES.iter().map(|rule| rules::estate(&rules::folder(rule)));
    let (mut n_of_teams, mut n_of_owners) = (0, 0);
    // Two users of somebody without a team, who lack a purpose.
    let lacks_one = rules::estate(&Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/estates/lacks_one"));
    for analysis in of_rules.chain([estate(|_| ()), lacks_one]) {
        for change in answers::overview(&analysis).changes {
            n_of_teams += usize::from(change.team.is_some());
            n_of_owners += usize::from(change.owner.is_some());
            let mut filters = vec![
                (Facet::Lacks, change.criterion.clone()),
                (Facet::Team, change.team.clone().unwrap_or_default()),
            ];
            if change.team.is_none() {
                filters.push((Facet::Owner, change.owner.clone().unwrap_or_default()));
            }
            let query = ListQuery {
                filters,
                ..ListQuery::default()
            };
            let page = answers::identities(&analysis, &query).unwrap();
            assert_eq!(page.n_matching as u64, change.n_identities, "{change:?}");
            let none_is = page.rows.iter().all(|row| row.governed != Some(Verdict::Pass));
            assert!(none_is, "{change:?}");
        }
    }
    assert!(
        n_of_teams > 0 && n_of_owners > 0,
        "{n_of_teams} of teams, {n_of_owners} of owners"
    );
}

/// Law 2, on the fixtures of all connectors together and on the estate of every rule.
#[test]
fn every_number_is_the_length_of_its_list() {
    let n_compared = compare_numbers(&estate(|_| ()));
    assert!(n_compared > 50, "the fixtures measure too little: {n_compared}");
    for rule in RULES {
        compare_numbers(&rules::estate(&rules::folder(rule)));
    }
}

/// Holds every number of the KPIs against its list; says how many there were.
fn compare_numbers(analysis: &Analysis) -> usize {
    let values = answers::kpi_values(analysis);
    let mut n_compared = 0;
    for (kpi, value) in KPIS.iter().zip(&values) {
        assert_eq!(kpi.id, value.id);
        let Some((table, _)) = formulas::judge(kpi.id) else {
            continue;
        };
        if value.population.is_none() && value.pass.is_none() {
            continue;
        }
        let n_rows = |verdict: Option<Verdict>| {
            let kpi = Some(KpiFilter {
                kpi: kpi.id.to_owned(),
                verdict,
            });
            let query = ListQuery {
                kpi,
                limit: Some(0),
                ..ListQuery::default()
            };
            let n = match table {
                Table::Identities => answers::identities(analysis, &query).unwrap().n_matching,
                Table::Credentials => answers::credentials(analysis, &query).unwrap().n_matching,
                Table::Certificates => answers::certificates(analysis, &query).unwrap().n_matching,
                Table::Findings | Table::None => unreachable!("a judge has a table of its own"),
            };
            n as u64
        };
        for (verdict, n) in [
            (Verdict::Pass, value.pass),
            (Verdict::Fail, value.fail),
            (Verdict::Unknown, value.unknown),
        ] {
            if let Some(n) = n {
                assert_eq!(n_rows(Some(verdict)), n, "{} {}", kpi.id, verdict.id());
                n_compared += 1;
            }
        }
        if let Some(population) = value.population {
            assert_eq!(n_rows(None), population, "{}", kpi.id);
        }
        for bucket in &value.buckets {
            let query = ListQuery {
                kpi: Some(KpiFilter {
                    kpi: kpi.id.to_owned(),
                    verdict: None,
                }),
                filters: vec![(bucket.by, bucket.value.clone())],
                limit: Some(0),
                ..ListQuery::default()
            };
            let n = match table {
                Table::Credentials => answers::credentials(analysis, &query).unwrap().n_matching,
                Table::Certificates => answers::certificates(analysis, &query).unwrap().n_matching,
                Table::Identities | Table::Findings | Table::None => unreachable!("distributions are of credentials"),
            };
            assert_eq!(n as u64, bucket.n, "{} {:?} {}", kpi.id, bucket.by, bucket.value);
        }
        for breakdown in &value.breakdowns {
            let sum: u64 = breakdown.parts.iter().map(|part| part.ratio.population()).sum();
            assert_eq!(Some(sum), value.population, "{} by {:?}", kpi.id, breakdown.by);
        }
    }
    n_compared
}

#[test]
fn every_count_of_a_rule_is_the_length_of_its_list() {
    let n_findings = compare_rules(&estate(|_| ()));
    assert!(n_findings > 100, "the fixtures are too healthy: {n_findings}");
    for rule in RULES {
        compare_rules(&rules::estate(&rules::folder(rule)));
    }
}

/// Holds every count of the rules against its list; says how many findings there are.
fn compare_rules(analysis: &Analysis) -> u64 {
    let rules = answers::rules(analysis).rules;
    assert_eq!(rules.len(), RULES.len());
    let mut n_findings = 0;
    for rule in rules.iter().filter(|rule| rule.not_evaluated.is_none()) {
        let n_rows = |verdict: &str| {
            let query = ListQuery::parse(&format!("finding={}&verdict={verdict}&limit=0", rule.code)).unwrap();
            let n = match rule.list.as_deref() {
                Some("identities") => answers::identities(analysis, &query).unwrap().n_matching,
                Some("credentials") => answers::credentials(analysis, &query).unwrap().n_matching,
                other => panic!("{}: {other:?}", rule.code),
            };
            Some(n as u64)
        };
        assert_eq!(n_rows("pass"), rule.n_passed, "{}", rule.code);
        assert_eq!(n_rows("fail"), rule.n_findings, "{}", rule.code);
        assert_eq!(n_rows("unknown"), rule.n_unknown, "{}", rule.code);
        let query = ListQuery::parse(&format!("rule={}&limit=0", rule.code)).unwrap();
        let listed = answers::findings(analysis, &query).unwrap().n_matching as u64;
        assert_eq!(Some(listed), rule.n_findings, "{}", rule.code);
        n_findings += listed;
    }
    assert_eq!(n_findings, analysis.findings.all.len() as u64);
    n_findings
}

/// Law 6: a standard, ourselves, or whoever set it with the date.
#[test]
fn every_threshold_says_who_set_it() {
    let standards = ["CIS ", "NIST ", "PCI DSS ", "OWASP ", "CA/B Forum", "Rollcall default"];
    let by = |set_by: &str| standards.iter().any(|name| set_by.contains(name));
    let analysis = estate(|_| ());
    for id in ThresholdId::ALL {
        let threshold = analysis.config.thresholds.get(id);
        assert!(by(&threshold.set_by), "{}: {}", id.name(), threshold.set_by);
    }
    let mut n_limited = 0;
    for value in answers::kpi_values(&analysis) {
        assert_eq!(
            value.threshold.is_some(),
            value.threshold_set_by.is_some(),
            "{}",
            value.id
        );
        if let Some(set_by) = value.threshold_set_by {
            assert!(by(&set_by), "{}: {set_by}", value.id);
            n_limited += 1;
        }
    }
    assert!(n_limited > 10, "{n_limited}");
    for id in ThresholdId::ALL {
        let own = format!(
            "[thresholds]\n{} = {{ value = 50, set_by = \"Jo\", on = \"2026-02-01\" }}\n",
            id.name()
        );
        let config = Config::parse(&own).unwrap();
        assert_eq!(config.thresholds.get(id).set_by, "Jo, 2026-02-01", "{}", id.name());
    }
}

/// What a row of an inventory may say, by column. Who owns it, what it is for and where it is are no facts that may be
/// unknown: without them nobody does.
const MAY_BE_UNKNOWN: [(&str, &[&str]); 4] = [
    ("Created", &["2024-05-01", "2026-10-15"]),
    ("Last Used", &["2026-10-30", "2026-01-01", "never"]),
    ("Last Rotated", &["2026-09-01", "2024-06-01"]),
    ("Expires", &["2027-09-01", "2036-09-01", "never"]),
];

/// A row of an inventory: what it is, and of each column which word it has and whether that may be left out.
fn rows() -> impl Strategy<Value = (&'static str, [(usize, bool); 4])> {
    let kind = prop::sample::select(vec!["service account", "API key", "RPA robot", "certificate"]);
    let cell = (0..6_usize, any::<bool>());
    (kind, [cell.clone(), cell.clone(), cell.clone(), cell])
}

/// The id of a share, its population, and its least and most.
type Told = (String, Option<u64>, Option<f64>, Option<f64>);

/// The shares of an estate of one row, each with its population and its bounds.
fn shares_of(row: &str) -> Vec<Told> {
    let columns = MAY_BE_UNKNOWN.map(|(name, _)| name).join(",");
    let text = format!("Identity,Type,Owner,Environment,{columns}\n{row}\n");
    let analysis = under(&Config::default(), vec![read("crm", "inventory.csv", text.as_bytes())]);
    let values = answers::kpi_values(&analysis).into_iter();
    let shares = values.filter(|value| value.upper.is_some());
    shares
        .map(|value| (value.id, value.population, value.value, value.upper))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Law 3: what is told besides moves no bound outward, where it is told of the same things.
    #[test]
    fn more_information_only_narrows((kind, cells) in rows()) {
        // A row about a secret that tells when it was made, and of no rotation, tells how old the secret is.
        let is_out = [cells[0].1 || cells[2].1, cells[1].1, cells[2].1, cells[3].1];
        let row = |is_out: [bool; 4]| {
            let cells = cells.iter().zip(is_out).zip(MAY_BE_UNKNOWN);
            let cells = cells.map(|(((word, _), is_out), (_, words))| if is_out { "" } else { words[word % words.len()] });
            format!("it,{kind},ann,prod,{}", cells.collect::<Vec<_>>().join(","))
        };
        // A secret of a kind without a maximum age, of which nobody tells an end, counts as one without: inside its limit
        // while it is young. An end far off then makes it fail.
        let by_lifetime = ["rotation", "governed", "coverage.environments"];
        let (known, partly) = (row([false; 4]), row(is_out));
        let wide = shares_of(&partly);
        for (id, population, lower, upper) in shares_of(&known) {
            if is_out[3] && by_lifetime.contains(&id.as_str()) {
                continue;
            }
            if let Some((.., from, to)) = wide.iter().find(|wide| (&wide.0, wide.1) == (&id, population)) {
                prop_assert!(
                    *from <= lower && upper <= *to,
                    "{id}: {from:?} to {to:?} by {partly}, {lower:?} to {upper:?} by {known}"
                );
            }
        }
    }
}

#[test]
fn findings_have_keys_of_their_own_and_come_worst_first() {
    let analysis = estate(|_| ());
    let rows = answers::findings(&analysis, &ListQuery::parse("limit=1000").unwrap())
        .unwrap()
        .rows;
    let keys: HashSet<&str> = rows.iter().map(|row| row.key.as_str()).collect();
    assert_eq!(keys.len(), rows.len());
    let rank = |word: &str| Severity::from_id(word).unwrap();
    assert!(rows.is_sorted_by_key(|row| rank(&row.severity)));
    for row in &rows {
        assert_eq!(row.key, format!("{}/{}", row.rule, row.subject_id));
        assert!(!row.observed.is_empty() && row.file.is_some(), "{}", row.key);
    }
    for sort in ["severity", "-rule", "owner", "-name"] {
        let sorted = answers::findings(
            &analysis,
            &ListQuery::parse(&format!("limit=1000&sort={sort}")).unwrap(),
        );
        let sorted = sorted.unwrap().rows;
        assert_eq!(sorted.len(), rows.len(), "{sort}");
        assert_eq!(sorted.iter().map(|row| row.key.as_str()).collect::<HashSet<_>>(), keys);
    }
}

#[test]
fn the_facets_of_findings_count_what_their_filter_gives() {
    let analysis = estate(|_| ());
    let count = |query: &str| answers::findings(&analysis, &ListQuery::parse(query).unwrap()).unwrap();
    for base in ["", "&severity=medium", "&owner=&subject=identity", "&q=prod"] {
        for facet in count(&format!("facets=yes&limit=0{base}")).facets {
            let chosen = ListQuery::parse(base).unwrap();
            // A facet that the base chose counts the values that it did not choose.
            if chosen.chosen(facet.facet).next().is_some() {
                continue;
            }
            for value in &facet.values {
                let mut query = chosen.clone();
                query.filters.push((facet.facet, value.value.clone()));
                let n = answers::findings(&analysis, &query).unwrap().n_matching;
                assert_eq!(n, value.n_rows, "{base} {:?} {}", facet.facet, value.value);
            }
        }
    }
}

#[test]
fn an_identity_is_clean_when_no_critical_finding_is_open() {
    let analysis = estate(|_| ());
    for (index, identity) in analysis.snapshot.identities.iter().enumerate() {
        let id = analysis.snapshot.strings.get(identity.id);
        let detail = answers::identity(&analysis, id).unwrap();
        let has_critical = detail.findings.iter().any(|finding| finding.severity == "critical");
        assert_eq!(analysis.findings.clean[index] == Verdict::Fail, has_critical, "{id}");
    }
}

/// What-if judges the same snapshot anew, and only what may have changed: it must come to what a new reading would.
#[test]
fn what_if_says_what_a_new_reading_would() {
    let analysis = estate(|_| ());
    let now = answers::kpi_values(&analysis);
    let mut n_changed = 0;
    for id in ThresholdId::ALL {
        for value in [1, 10_000] {
            let mut config = analysis.config.clone();
            let set_by = "test".to_owned();
            config.thresholds.set(id, Threshold { value, set_by });
            let anew = under(&config, files());
            let under = analysis.under(config.thresholds.clone());
            assert!(under.criteria == anew.criteria, "{} = {value}", id.name());
            assert!(under.governed == anew.governed, "{} = {value}", id.name());
            let view = answers::what_if(&analysis, &format!("{}={value}", id.name())).unwrap();
            for (before, after) in now.iter().zip(answers::kpi_values(&anew)) {
                let effect = view.kpis.iter().find(|effect| effect.id == before.id);
                let expected = (before.value, before.upper, after.value, after.upper);
                let found = effect.map(|effect| (effect.before, effect.before_upper, effect.after, effect.after_upper));
                n_changed += usize::from(expected.0 != expected.2);
                match found {
                    Some(found) => assert_eq!(found, expected, "{} = {value}: {}", id.name(), before.id),
                    None => assert_eq!(
                        (expected.0, expected.1),
                        (expected.2, expected.3),
                        "{} = {value} changes {}: name it in `depends_on`",
                        id.name(),
                        before.id
                    ),
                }
            }
        }
    }
    assert!(n_changed > 20, "the fixtures depend on too little: {n_changed}");
}

/// What what-if gives to copy, in the three files that somebody may have.
#[test]
fn what_if_writes_what_can_be_pasted() {
    let analysis = estate(|_| ());
    let lines = answers::what_if(&analysis, "stale_days=30&short_lived_hours=1")
        .unwrap()
        .config;
    for above in [
        "[thresholds]\n",
        "[thresholds]\nreview_period_days = 60\n",
        "[estate]\nname = \"x\"\n[thresholds]\n",
    ] {
        let config = Config::parse(&format!("{above}{lines}[governed]\n")).unwrap();
        for (id, value) in [(ThresholdId::StaleDays, 30), (ThresholdId::ShortLivedHours, 1)] {
            let set_by = "YOUR NAME, 2026-10-31".to_owned();
            assert_eq!(config.thresholds.get(id), &Threshold { value, set_by });
        }
    }
}

#[test]
fn what_the_sources_add_makes_up_the_number() {
    let analysis = estate(|_| ());
    let summary = answers::summary("2026-10-31", &analysis);
    let mut n_compared = 0;
    for (kpi, number) in KPIS.iter().zip(&summary.head.numbers) {
        let parts = number.parts.iter().map(|(_, ratio)| *ratio);
        if numbers::sum(kpi) != Sum::Whole && number.value.is_some() {
            let total = numbers::total(numbers::sum(kpi), parts);
            assert_eq!(total, number.value.map(|value| (value, number.upper)), "{}", kpi.id);
            n_compared += 1;
        }
    }
    assert!(n_compared > 20, "the fixtures measure too little: {n_compared}");
}

#[test]
fn files_in_another_order_say_the_same() {
    let expected = everything(&estate(|_| ()));
    assert_eq!(everything(&estate(|files| files.reverse())), expected);
    assert_eq!(
        everything(&estate(|files| {
            let middle = files.len() / 2;
            files.rotate_left(middle);
        })),
        expected
    );
}

/// What exports say counts by what it is and when it was made, never by the name of its file.
#[test]
fn files_by_other_names_say_the_same() {
    let says = |rename: fn(usize, &mut FileBatch)| {
        let analysis = estate(|files| {
            files.extend(disagreeing());
            for (at, file) in files.iter_mut().enumerate() {
                rename(at, file);
            }
        });
        let conflicts = analysis.snapshot.conflicts.iter().map(|conflict| {
            let strings = &analysis.snapshot.strings;
            let said = conflict
                .statements
                .iter()
                .map(|(text, _)| strings.get(*text).to_owned());
            (
                strings.get(analysis.snapshot.identity(conflict.identity).id).to_owned(),
                conflict.field,
                said.collect::<Vec<_>>(),
            )
        });
        let conflicts: Vec<_> = conflicts.collect();
        let everything = ListQuery {
            limit: Some(usize::MAX),
            ..ListQuery::default()
        };
        let mut rows = serde_json::to_value(answers::identities(&analysis, &everything).unwrap().rows).unwrap();
        let credentials = answers::credentials(&analysis, &everything).unwrap().rows;
        rows.as_array_mut()
            .unwrap()
            .push(serde_json::to_value(credentials).unwrap());
        let kpis = serde_json::to_string(&answers::kpi_values(&analysis)).unwrap();
        (conflicts, serde_json::to_string_pretty(&rows).unwrap(), kpis)
    };
    let expected = says(|_, _| ());
    let fields: HashSet<_> = expected.0.iter().map(|(_, field, _)| field.id()).collect();
    for field in ["kind", "owner", "environment", "status", "created_at", "expires_at"] {
        assert!(fields.contains(field), "nothing disagrees on {field}");
    }
    // Backwards, and in an order that has nothing to do with their own.
    for renamed in [
        says(|at, file| file.path = format!("{:04}-{}", 9999 - at, file.path)),
        says(|at, file| file.path = format!("{:04}-{}", at * 7919 % 9973, file.path)),
    ] {
        for (expected, renamed) in expected.0.iter().zip(&renamed.0) {
            assert_eq!(renamed, expected);
        }
        for (expected, renamed) in expected.1.lines().zip(renamed.1.lines()) {
            assert_eq!(renamed, expected);
        }
        assert_eq!(renamed.2, expected.2);
        assert_eq!((renamed.0.len(), renamed.1.len()), (expected.0.len(), expected.1.len()));
    }
}

/// Two inventories, and two exports of one application, that agree on nothing and do not say when they were made.
fn disagreeing() -> Vec<FileBatch> {
    let csv = |name: &str, row: &str| {
        let text = format!("name,type,owner,purpose,environment,status,created\n{row}\n");
        read("inventory", name, text.as_bytes())
    };
    let application = |name: &str, created: &str, ends: &str| {
        let text = format!(
            r#"{{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#applications", "value": [{{
                "id": "aaaaaaaa-0000-4000-8000-000000000001", "appId": "aaaaaaaa-0000-4000-8000-000000000002",
                "displayName": "{name}", "signInAudience": "AzureADMyOrg", "createdDateTime": "{created}T00:00:00Z",
                "keyCredentials": [], "passwordCredentials": [{{"keyId": "aaaaaaaa-0000-4000-8000-000000000003",
                "displayName": "{name}", "startDateTime": "{created}T00:00:00Z", "endDateTime": "{ends}T00:00:00Z"}}]}}]}}"#
        );
        read("tenant", &format!("{name}.json"), text.as_bytes())
    };
    vec![
        csv("a.csv", "svc-a,service account,alice,pays bills,prod,active,2024-01-01"),
        csv("b.csv", "svc-a,robot,bob,sends mail,dev,disabled,2025-01-01"),
        application("one", "2024-01-01", "2027-01-01"),
        application("two", "2024-06-01", "2028-01-01"),
    ]
}

#[test]
fn a_file_that_is_there_twice_counts_once() {
    let once = estate(|_| ());
    let twice = estate(|files| {
        for connector in CONNECTORS.iter().filter(|connector| connector.id != "csv_inventory") {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("testdata/connectors")
                .join(connector.id);
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let is_basic = path.file_stem().is_some_and(|stem| stem == "basic");
                if is_basic
                    && path.extension().is_some_and(|extension| extension != "snap")
                    && !connector.id.ends_with("_csv")
                {
                    let name = format!("copy/{}", path.file_name().unwrap().to_string_lossy());
                    files.push(read(connector.id, &name, &fs::read(&path).unwrap()));
                }
            }
        }
    });
    let ids = |analysis: &Analysis| {
        let identities = analysis
            .snapshot
            .identities
            .iter()
            .map(|identity| analysis.snapshot.strings.get(identity.id).to_owned());
        let credentials = analysis
            .snapshot
            .credentials
            .iter()
            .map(|credential| analysis.snapshot.strings.get(credential.key).to_owned());
        identities.chain(credentials).collect::<Vec<_>>()
    };
    assert_eq!(ids(&once), ids(&twice));
    let shares = |analysis: &Analysis| {
        let values = answers::kpi_values(analysis).into_iter();
        values
            .map(|value| (value.id, value.pass, value.fail, value.unknown, value.value))
            .collect::<Vec<_>>()
    };
    assert_eq!(shares(&once), shares(&twice));
}

#[test]
fn facets_count_what_their_filter_gives() {
    let analysis = estate(|_| ());
    let query = ListQuery::parse("facets=yes&limit=0").unwrap();
    let page = answers::identities(&analysis, &query).unwrap();
    assert!(!page.facets.is_empty());
    for facet in &page.facets {
        for value in &facet.values {
            let filtered = ListQuery {
                filters: vec![(facet.facet, value.value.clone())],
                ..ListQuery::default()
            };
            let n_matching = answers::identities(&analysis, &filtered).unwrap().n_matching;
            assert_eq!(n_matching, value.n_rows, "{:?} {}", facet.facet, value.value);
        }
    }
}

#[test]
fn rows_without_a_value_come_last_in_both_directions() {
    let analysis = estate(|_| ());
    for sort in ["created_at", "-created_at"] {
        let query = ListQuery::parse(&format!("sort={sort}&limit=1000")).unwrap();
        let rows = answers::credentials(&analysis, &query).unwrap().rows;
        let first_without = rows
            .iter()
            .position(|row| row.created_at.is_none())
            .unwrap_or(rows.len());
        assert!(
            rows[first_without..].iter().all(|row| row.created_at.is_none()),
            "{sort}"
        );
        let dates: Vec<_> = rows[..first_without].iter().filter_map(|row| row.created_at).collect();
        let is_sorted = if sort.starts_with('-') {
            dates.is_sorted_by(|a, b| a >= b)
        } else {
            dates.is_sorted()
        };
        assert!(is_sorted, "{sort}");
    }
}

#[test]
fn every_word_of_a_search_must_occur() {
    let analysis = estate(|_| ());
    let n = |text: &str| {
        let query = ListQuery {
            text: text.to_owned(),
            ..ListQuery::default()
        };
        answers::identities(&analysis, &query).unwrap().n_matching
    };
    assert!(n("CI-Deploy") >= 1);
    assert!(n("ci-deploy arn:aws") >= 1);
    assert_eq!(n("ci-deploy no-such-word"), 0);
}
