//! Reports: their numbers are those of the KPIs and lists, whole and in part; the same estate gives the same bytes; names
//! stay names in every format.

use std::io::Read;

use shared::analysis::Analysis;
use shared::answers::{self, Material};
use shared::api::SnapshotName;
use shared::api::query::{Facet, KpiFilter, ListQuery};
use shared::api::report::{InputFile, Report, ReportFormat, SCOPE};
use shared::export;
use shared::history::History;
use shared::kpi::catalog::{KPIS, Table};
use shared::kpi::formulas;
use shared::model::ratio::Verdict;
use zip::ZipArchive;

use crate::laws::estate;

/// The report on an estate of one snapshot, with a file of a hostile name.
pub fn report_on(analysis: &Analysis, scope: &[(Facet, String)]) -> Report {
    let mut history = History::default();
    history.add(answers::summary("2026-10-31", analysis));
    answers::report(Material {
        analysis,
        snapshot: SnapshotName {
            name: "2026-10-31".to_owned(),
            as_of: analysis.snapshot.as_of,
        },
        scope,
        history: &history,
        base: None,
        files: vec![InputFile {
            source: "=cmd".to_owned(),
            path: "<b>\u{202e}職.json".to_owned(),
            n_bytes: 12,
            sha256: None,
        }],
    })
}

/// The value of a facet that most rows have, and the empty one, which none has recorded.
fn parts(analysis: &Analysis, facet: Facet) -> Vec<String> {
    let (codes, values) = analysis.lists.identities.values_of(facet).unwrap();
    let n_of = |at: &usize| codes.iter().filter(|code| **code as usize == *at).count();
    let most = (0..values.len()).max_by_key(n_of).unwrap();
    let mut parts = vec![values[most].clone(), String::new()];
    parts.dedup();
    parts
}

#[test]
fn numbers_of_a_part_are_the_lengths_of_its_lists() {
    let whole = estate(|_| ());
    let mut n_compared = 0;
    for facet in SCOPE {
        for value in parts(&whole, facet) {
            let filters = vec![(facet, value)];
            let part = whole.of_part(&filters).unwrap();
            for (kpi, value) in KPIS.iter().zip(answers::kpi_values(&part)) {
                let (Some((table, _)), Some(population)) = (formulas::judge(kpi.id), value.population) else {
                    continue;
                };
                let n_rows = |verdict: Option<Verdict>| {
                    let query = ListQuery {
                        filters: filters.clone(),
                        kpi: Some(KpiFilter {
                            kpi: kpi.id.to_owned(),
                            verdict,
                        }),
                        limit: Some(0),
                        ..ListQuery::default()
                    };
                    let n = match table {
                        Table::Identities => answers::identities(&whole, &query).unwrap().n_matching,
                        Table::Credentials => answers::credentials(&whole, &query).unwrap().n_matching,
                        Table::Certificates => answers::certificates(&whole, &query).unwrap().n_matching,
                        Table::Findings | Table::None => return population,
                    };
                    n as u64
                };
                assert_eq!(population, n_rows(None), "{} of {filters:?}", kpi.id);
                if let (Some(fail), Some(unknown)) = (value.fail, value.unknown) {
                    assert_eq!(fail, n_rows(Some(Verdict::Fail)), "{} of {filters:?}", kpi.id);
                    assert_eq!(unknown, n_rows(Some(Verdict::Unknown)), "{} of {filters:?}", kpi.id);
                    n_compared += 1;
                }
            }
        }
    }
    assert!(n_compared > 100, "{n_compared}");
}

#[test]
fn what_is_of_the_whole_estate_is_not_claimed_of_a_part() {
    let part = estate(|_| ())
        .of_part(&[(Facet::Environment, "prod".to_owned())])
        .unwrap();
    for id in ["human.total", "nhi.per_human", "coverage.sources", "time_to_rotate"] {
        let values = answers::kpi_values(&part);
        let value = values.iter().find(|value| value.id == id).unwrap();
        assert_eq!(value.value, None, "{id}");
        assert!(value.note.as_ref().unwrap().contains("of the whole estate"), "{id}");
    }
}

#[test]
fn findings_of_a_report_are_those_of_the_list() {
    let whole = estate(|_| ());
    for (facet, value) in [None, Some((Facet::Source, "aws_credential_report".to_owned()))].map(Option::unzip) {
        let filters: Vec<(Facet, String)> = facet.zip(value).into_iter().collect();
        let report = report_on(&whole.of_part(&filters).unwrap(), &filters);
        let mut open = filters.clone();
        open.push((Facet::Waived, "no".to_owned()));
        let query = ListQuery {
            filters: open,
            ..ListQuery::default()
        };
        let n_open = answers::findings(&whole, &query).unwrap().n_matching as u64;
        assert!(n_open > 0);
        let findings = &report.findings;
        let of_owners = findings
            .owners
            .iter()
            .map(|of| of.n_critical + of.n_high + of.n_medium + of.n_low);
        assert_eq!(findings.n_open, n_open);
        assert_eq!(of_owners.sum::<u64>(), n_open);
        assert_eq!(findings.rules.iter().map(|rule| rule.n_open).sum::<u64>(), n_open);
    }
}

#[test]
fn the_same_estate_gives_the_same_bytes() {
    let (first, again) = (estate(|_| ()), estate(|files| files.reverse()));
    for format in ReportFormat::ALL {
        let [first, again] = [&first, &again].map(|estate| export::report(&report_on(estate, &[]), format).unwrap());
        assert!(first == again, "{}", format.id());
    }
}

#[test]
fn csv_and_json_have_the_numbers_of_the_kpis() {
    let analysis = estate(|_| ());
    let report = report_on(&analysis, &[]);
    let values = answers::kpis(&analysis, &[], None).kpis;
    let json: Report = serde_json::from_slice(&export::report(&report, ReportFormat::Json).unwrap()).unwrap();
    for (line, value) in json.kpis.iter().zip(&values) {
        let is_close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            // Parsing may miss the last digit.
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            (a, b) => a == b,
        };
        assert!(is_close(line.value.value, value.value) && is_close(line.value.upper, value.upper));
        assert_eq!(
            (line.value.pass, line.value.fail, line.value.unknown),
            (value.pass, value.fail, value.unknown)
        );
        assert_eq!(line.value.breakdowns, value.breakdowns);
    }
    assert_eq!(json.kpis.len(), values.len());
    let rows = csv_rows(&report);
    for value in &values {
        let number = |by: &str, part: &str, measure: &str| {
            let is_it = |row: &&csv::StringRecord| {
                (&row[0], &row[1], &row[3], &row[4], &row[5]) == ("kpi", value.id.as_str(), by, part, measure)
            };
            let row = rows.iter().find(is_it)?;
            row[6].parse::<f64>().ok()
        };
        let count = |n: Option<u64>| n.map(|n| n as f64);
        assert_eq!(number("", "", "value"), value.value, "{}", value.id);
        assert_eq!(number("", "", "upper"), value.upper, "{}", value.id);
        for (measure, n) in [
            ("pass", value.pass),
            ("fail", value.fail),
            ("unknown", value.unknown),
            ("population", value.population),
        ] {
            assert_eq!(number("", "", measure), count(n), "{} {measure}", value.id);
        }
        for breakdown in &value.breakdowns {
            for part in &breakdown.parts {
                let fails = number(breakdown.by.id(), &part.value, "fail");
                assert_eq!(fails, count(Some(part.ratio.fail)), "{} {}", value.id, part.value);
            }
        }
    }
}

/// The rows of the report as a table.
fn csv_rows(report: &Report) -> Vec<csv::StringRecord> {
    let bytes = export::report(report, ReportFormat::Csv).unwrap();
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    reader.records().map(Result::unwrap).collect()
}

#[test]
fn ages_are_those_of_the_kpi() {
    let analysis = estate(|_| ());
    let report = report_on(&analysis, &[]);
    let ages = csv_rows(&report).into_iter().filter(|row| &row[0] == "lifetimes");
    let n: u64 = ages.map(|row| row[6].parse::<u64>().unwrap()).sum();
    let kpi = report.kpis.iter().find(|line| line.value.id == "credential.age");
    assert_eq!(Some(n), kpi.and_then(|line| line.value.population));
    assert!(n > 100, "the fixtures hold few credentials: {n}");
    let html = String::from_utf8(export::report(&report, ReportFormat::Html).unwrap()).unwrap();
    assert!(html.contains("How old are credentials?"), "the picture is missing");
    assert!(html.contains("told by several snapshots; there is one"));
}

#[test]
fn a_table_says_what_it_is_of_and_has_every_section() {
    let scope = [(Facet::Environment, "prod".to_owned())];
    let part = estate(|_| ()).of_part(&scope).unwrap();
    let rows = csv_rows(&report_on(&part, &scope));
    for row in &rows {
        assert_eq!(&row[9], "2026-10-31");
        assert_eq!(&row[12], "Environment: prod");
        let is_formula = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t']) || cell.contains(";=");
        assert!(!row.iter().any(is_formula), "{row:?}");
    }
    let said = |section: &str, id: &str, measure: &str| {
        let is_it = |row: &&csv::StringRecord| (&row[0], &row[1], &row[5]) == (section, id, measure);
        rows.iter().find(is_it).map(|row| format!("{}{}", &row[6], &row[8]))
    };
    assert!(said("kpi", "owner", "formula").unwrap().contains('→'));
    assert!(said("kpi", "governed", "threshold_set_by").is_some());
    for (section, measure) in [
        ("summary", "governed"),
        ("outlook", "n"),
        ("findings_by_owner", "critical"),
        ("coverage", "files"),
        ("coverage", "conflicts"),
    ] {
        assert!(said(section, "", measure).is_some(), "{section} {measure}");
    }
    assert!(said("word", "Unknown", "meaning").is_some());
    assert_eq!(said("file", "<b> 職.json", "bytes").as_deref(), Some("12"));
}

/// How many rows a printed command lists.
fn n_listed(analysis: &Analysis, command: &str) -> u64 {
    let rest = command.strip_prefix("rollcall list ").unwrap();
    let (list, query) = rest.split_once(" ESTATE ").unwrap();
    // One word of a shell: quotes around what has none.
    let query = query.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
    assert!(!query.contains('\''));
    let query = ListQuery::parse(query).unwrap();
    assert_eq!(query.snapshot.as_deref(), Some("2026-10-31"));
    let n = match list {
        "identities" => answers::identities(analysis, &query).unwrap().n_matching,
        "credentials" => answers::credentials(analysis, &query).unwrap().n_matching,
        "certificates" => answers::certificates(analysis, &query).unwrap().n_matching,
        "findings" => answers::findings(analysis, &query).unwrap().n_matching,
        list => panic!("{list}"),
    };
    n as u64
}

#[test]
fn printed_commands_list_the_rows_that_are_counted() {
    let whole = estate(|_| ());
    let mut scopes = vec![Vec::new()];
    scopes.extend(SCOPE.into_iter().flat_map(|facet| {
        let values = parts(&whole, facet).into_iter();
        values.map(move |value| vec![(facet, value)]).collect::<Vec<_>>()
    }));
    let mut n_listing = 0;
    for scope in &scopes {
        let mut report = report_on(&whole.of_part(scope).unwrap(), scope);
        let rows = csv_rows(&report);
        for line in &report.kpis {
            let is_it = |row: &&csv::StringRecord| (&row[0], &row[1], &row[5]) == ("kpi", &*line.value.id, "rows");
            let Some(command) = rows.iter().find(is_it).map(|row| row[8].to_owned()) else {
                continue;
            };
            let value = &line.value;
            let n = value.fail.or(value.population).or(value.pass).unwrap();
            assert_eq!(n_listed(&whole, &command), n, "{command}");
            n_listing += n;
        }
        // As if nothing of the lists stood in the report, so that it says where they are.
        report.ending.clear();
        report.findings.worst.clear();
        let (n_ending, n_open) = (report.n_ending as u64, report.findings.n_open);
        let html = String::from_utf8(export::report(&report, ReportFormat::Html).unwrap()).unwrap();
        let html = html.replace("&#39;", "'").replace("&amp;", "&");
        let counted = [
            ("rollcall list credentials", n_ending),
            ("rollcall list findings", n_open),
        ];
        for (beginning, n) in counted.into_iter().filter(|(_, n)| *n > 0) {
            let at = html.find(&format!("more: {beginning}")).unwrap() + "more: ".len();
            let command = html[at..].split("</p>").next().unwrap();
            assert_eq!(n_listed(&whole, command), n, "{command}");
            n_listing += n;
        }
    }
    assert!(n_listing > 1_000, "{n_listing}");
}

#[test]
fn a_hostile_scope_is_one_word_of_a_command() {
    const OWNER: &str = "Jo Lee's & Co; $(x) *";
    let analysis = estate(|_| ());
    let report = report_on(&analysis, &[(Facet::Owner, OWNER.to_owned())]);
    let rows = csv_rows(&report);
    let command = rows
        .iter()
        .find(|row| &row[5] == "rows")
        .map(|row| row[8].to_owned())
        .unwrap();
    assert_eq!(n_listed(&analysis, &command), 0);
    let (_, query) = command.split_once(" ESTATE '").unwrap();
    let query = ListQuery::parse(query.trim_end_matches('\'')).unwrap();
    assert_eq!(query.filters, [(Facet::Owner, OWNER.to_owned())]);
}

#[test]
fn names_are_text_in_html() {
    let html = export::report(&report_on(&estate(|_| ()), &[]), ReportFormat::Html).unwrap();
    let html = String::from_utf8(html).unwrap();
    assert!(html.contains("=cmd/&lt;b&gt; 職.json"));
    for forbidden in ["<script", "<b>", "\u{202e}", "http-equiv=\"refresh\"", " onload="] {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
    // Nothing is fetched: the only addresses are fragments of the page, and the namespace of SVG.
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    assert!(!rest.contains("url(") && !rest.contains("src=") && !rest.contains("href=\"h"));
}

#[test]
fn no_cell_of_a_workbook_is_a_formula() {
    let bytes = export::report(&report_on(&estate(|_| ()), &[]), ReportFormat::Xlsx).unwrap();
    let mut archive = ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut n_sheets = 0;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        if file.name().unwrap().starts_with("xl/worksheets/sheet") {
            let mut sheet = String::new();
            file.read_to_string(&mut sheet).unwrap();
            assert!(!sheet.contains("<f>") && !sheet.contains("<f "));
            assert!(sheet.contains("state=\"frozen\"") && sheet.contains("<autoFilter"));
            n_sheets += 1;
        }
    }
    assert_eq!(n_sheets, 18);
}

#[test]
fn a_pdf_is_tagged_and_says_what_it_is() {
    let pdf = export::report(&report_on(&estate(|_| ()), &[]), ReportFormat::Pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    let has = |word: &[u8]| memchr::memmem::find(&pdf, word).is_some();
    for word in [
        "/StructTreeRoot",
        "/Marked true",
        "/Outlines",
        "/Lang(en)",
        "pdfuaid:part",
    ] {
        assert!(has(word.as_bytes()), "{word}");
    }
}
