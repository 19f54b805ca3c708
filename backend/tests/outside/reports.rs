//! Reports and exports, opened with other people's readers: those that are installed. Where one is not, the test says so
//! and passes, unless `ROLLCALL_READERS` says that all are (`cargo xtask test` installs them).

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use shared::api::query::Facet;
use shared::api::report::{Report, ReportFormat, ScopePart};
use shared::{export, format};

use crate::cli::rollcall;
use crate::folder;
use crate::http;

fn written(arguments: &[&str]) -> Vec<u8> {
    let output = rollcall(arguments);
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// The report on the fixture in a format.
fn report(format: &str) -> Vec<u8> {
    written(&["report", folder::fixture().to_str().unwrap(), "--format", format])
}

/// The report on the generated estate in a format, as a file.
fn wide_report(format: &str, folder: &Path) -> PathBuf {
    let file = folder.join(format!("report.{format}"));
    let estate = folder::wide().to_str().unwrap();
    fs::write(&file, written(&["report", estate, "--format", format])).unwrap();
    file
}

/// An export of the generated estate, as a file.
fn wide_export(what: &str, folder: &Path) -> PathBuf {
    let file = folder.join(what);
    let estate = folder::wide().to_str().unwrap();
    written(&["export", what, estate, "--out", file.to_str().unwrap()]);
    file
}

/// What `rollcall kpis` says.
fn kpis() -> Vec<Value> {
    kpis_of(&folder::fixture())
}

fn kpis_of(estate: &Path) -> Vec<Value> {
    let printed = written(&["kpis", estate.to_str().unwrap(), "--format", "json"]);
    let kpis: Value = serde_json::from_slice(&printed).unwrap();
    kpis["kpis"].as_array().unwrap().clone()
}

/// What a reader prints of a file, when it is there.
fn opened(program: &str, arguments: &[&str], file: &Path) -> Option<String> {
    let arguments = arguments.iter().map(|argument| match *argument {
        "FILE" => file.to_str().unwrap(),
        other => other,
    });
    match Command::new(program).args(arguments).output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{program}: {errors}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(_) => {
            skip(&format!("{program} is not installed"));
            None
        }
    }
}

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    let is_installed = found.is_ok_and(|output| output.status.success());
    if !is_installed {
        skip(&format!("{program} is not installed"));
    }
    is_installed
}

fn skip(reason: &str) {
    assert!(std::env::var_os("ROLLCALL_READERS").is_none(), "{reason}");
    println!("skipped: {reason}");
}

/// A KPI's number as a report has it, from what `rollcall kpis` says.
fn in_words(kpi: &Value) -> String {
    let number = kpi["value"].as_f64();
    match (number, kpi["upper"].as_f64(), kpi["unit"].as_str().unwrap()) {
        (Some(low), Some(high), "share") => format::range(low, high),
        (Some(number), _, "days") => format!("{} days", format::decimal(number)),
        (Some(number), _, "per_week") => format!("{} a week", format::decimal(number)),
        (Some(number), ..) => match kpi["unknown"].as_f64() {
            Some(unknown) if unknown > 0.0 && kpi["population"].is_null() => {
                format!("{}–{}", format::decimal(number), format::decimal(number + unknown))
            }
            _ => format::decimal(number),
        },
        (None, ..) if kpi["population"] == 0 => "No population".to_owned(),
        (None, ..) => "Not measured".to_owned(),
    }
}

/// `760 of 1,213, 61 unknown`; empty where nothing passes or fails.
fn counts_in_words(kpi: &Value) -> String {
    match (kpi["pass"].as_u64(), kpi["population"].as_u64()) {
        (Some(pass), Some(population)) if population > 0 => {
            let counts = format!("{} of {}", format::number(pass), format::number(population));
            match kpi["unknown"].as_u64() {
                Some(unknown) if unknown > 0 => format!("{counts}, {} unknown", format::number(unknown)),
                _ => counts,
            }
        }
        _ => String::new(),
    }
}

/// What a Python program that imports `module` prints of a file, when Python has it.
fn read_by_python(module: &str, program: &str, file: &Path) -> Option<String> {
    let has_it = Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .output();
    if !has_it.is_ok_and(|output| output.status.success()) {
        skip(&format!("Python has no {module}"));
        return None;
    }
    opened("python3", &["-c", program, "FILE"], file)
}

#[test]
fn a_report_is_the_same_from_the_command_line_and_the_server() {
    let app = http::app(&folder::fixture());
    for format in ["json", "csv", "html", "xlsx", "pdf"] {
        let answer = http::get(&app, &format!("/api/v1/report?format={format}"));
        assert_eq!(answer.status, 200, "{format}");
        // Bytes that are no text are compared as far as text shows them.
        assert!(answer.body == String::from_utf8_lossy(&report(format)), "{format}");
    }
}

#[test]
fn a_report_has_the_numbers_of_the_kpis() {
    let json: Value = serde_json::from_slice(&report("json")).unwrap();
    let lines = json["kpis"].as_array().unwrap();
    for (line, kpi) in lines.iter().zip(kpis()) {
        assert_eq!(line["value"], kpi);
    }
    assert_eq!(lines.len(), kpis().len());
    assert_eq!(json["compared_with"]["name"], "2026-09-30");
    let files = json["files"].as_array().unwrap();
    let pem = files.iter().find(|file| file["path"] == "web.pem").unwrap();
    let bytes = fs::read(folder::fixture().join("2026-10-31/tls-edge/web.pem")).unwrap();
    let digest: String = <sha2::Sha256 as sha2::Digest>::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(pem["sha256"], digest.as_str());
}

#[test]
fn a_csv_report_reads_as_it_should() {
    let csv = String::from_utf8(report("csv")).unwrap();
    // Without the parts of each KPI, which are many and alike, but for one.
    let is_read = |line: &&str| {
        let is_part = ["environment", "source", "kind", "team", "owner"]
            .iter()
            .any(|by| line.contains(&format!(",{by},")));
        !line.starts_with("kpi,") || line.starts_with("kpi,governed,") || !is_part
    };
    insta::assert_snapshot!(csv.lines().filter(is_read).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_scope_that_nothing_has_is_refused() {
    let estate = folder::fixture();
    let output = rollcall(&["report", estate.to_str().unwrap(), "--environment", "prodd"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("`prodd` is no environment; known are"));
    let app = http::app(&estate);
    for query in [
        "source=nowhere",
        "snapshot=2026-09-30&compare=2026-10-31",
        "kind=role",
        "format=doc",
    ] {
        let answer = http::get(&app, &format!("/api/v1/report?{query}"));
        assert_eq!(answer.status, 400, "{query}");
    }
}

#[test]
fn poppler_reads_the_pdf() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.pdf");
    fs::write(&file, report("pdf")).unwrap();
    if let Some(text) = opened("pdftotext", &["-layout", "FILE", "-"], &file) {
        for part in ["Summary", "Which criteria hold", "SHA-256", "Page 1 of "] {
            assert!(text.contains(part), "{part}");
        }
    }
    if let Some(fonts) = opened("pdffonts", &["FILE"], &file) {
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert_eq!(fonts.len(), 2, "{fonts:?}");
        // Embedded, subset, with a map to Unicode.
        assert!(
            fonts
                .iter()
                .all(|font| font.contains("Inter") && font.contains("yes yes yes")),
            "{fonts:?}"
        );
    }
    if let Some(about) = opened("pdfinfo", &["FILE"], &file) {
        assert!(
            about.contains("Tagged:          yes") && about.contains("Sat Oct 31"),
            "{about}"
        );
    }
    if let Some(tree) = opened("pdfinfo", &["-struct", "FILE"], &file) {
        for tag in ["Document", "H1", "H2", "Table", "TH", "TD", "Figure", "Caption"] {
            assert!(tree.contains(tag), "{tag} is not in\n{tree}");
        }
    }
}

#[test]
fn a_pdf_has_the_number_of_every_kpi_and_an_outline() {
    let folder = tempfile::tempdir().unwrap();
    let file = wide_report("pdf", folder.path());
    if let Some(text) = opened("pdftotext", &["-layout", "FILE", "-"], &file) {
        let (_, text) = text.split_once("Every number").unwrap();
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(words).collect();
        for kpi in kpis_of(folder::wide()) {
            let id = kpi["id"].as_str().unwrap();
            let title = shared::kpi::catalog::find(id).unwrap().title;
            let at = lines
                .iter()
                .position(|line| line.starts_with(title) && line.contains(&in_words(&kpi)));
            let at = at.unwrap_or_else(|| panic!("{title}: {} is on no line", in_words(&kpi)));
            let counts = counts_in_words(&kpi);
            // Its counts stand below, in lines that break where the column ends.
            let below = lines[at..lines.len().min(at + 4)].join(" ");
            let found = counts.split(' ').all(|word| below.contains(word));
            assert!(found, "{title}: {counts} is not in {below}");
        }
    }
    if let Some(xml) = opened("pdftohtml", &["-xml", "-i", "-stdout", "FILE"], &file) {
        let (_, outline) = xml.split_once("<outline>").unwrap();
        let entries: Vec<(&str, &str)> = outline
            .split("<item page=\"")
            .skip(1)
            .filter_map(|item| item.split("</item>").next()?.split_once("\">"))
            .collect();
        let titles: Vec<&str> = entries.iter().map(|(_, title)| *title).collect();
        assert_eq!(
            titles,
            [
                "Summary",
                "Every number",
                "Are we getting better?",
                "Which environments and sources are governed?",
                "How old are credentials, and how long do they stay?",
                "What ends next?",
                "What is wrong, and who can mend it?",
                "What changed?",
                "How sure is this?",
                "Appendix: definitions and sources",
            ]
        );
        assert_eq!((entries[0].0, entries[1].0), ("1", "2"));
    }
}

#[test]
fn the_summary_fits_the_first_page_whatever_names_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let file = wide_report("json", folder.path());
    let mut report: Report = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    // What stands on the pages after it is left out, for speed.
    report.files.clear();
    report.ending.clear();
    report.findings.worst.clear();
    report.findings.rules.clear();
    let long = "Gewährleistungsabwicklung und Zahlungsverkehrsdienste ".repeat(12);
    let mut longest = report.clone();
    longest.estate.clone_from(&long);
    longest.scope = ["prod", &long, &long]
        .map(|value| ScopePart {
            by: Facet::Owner,
            value: value.to_owned(),
        })
        .into();
    let governed = &mut longest.overview.governed;
    (governed.threshold_set_by, governed.note) = (Some(long.clone()), Some(long.clone()));
    for change in &mut longest.overview.changes {
        change.team = Some(long.clone());
    }
    assert!(longest.overview.changes.len() >= 5 && longest.overview.criteria.len() == 6);
    let mut alone = longest.clone();
    (alone.trends, alone.changes, alone.compared_with) = (None, None, None);
    for (name, report) in [("as it is", report), ("long names", longest), ("one snapshot", alone)] {
        let file = folder.path().join("summary.pdf");
        fs::write(&file, export::report(&report, ReportFormat::Pdf).unwrap()).unwrap();
        let page = |number: &str| {
            opened(
                "pdftotext",
                &["-f", number, "-l", number, "-layout", "FILE", "-"],
                &file,
            )
        };
        let (Some(first), Some(second)) = (page("1"), page("2")) else {
            return;
        };
        for part in [
            "Summary",
            "Which criteria hold",
            "What ends when?",
            "Other credentials",
            "Page 1 of",
        ] {
            assert!(first.contains(part), "{name}: {part} is not on\n{first}");
        }
        assert!(!first.contains("Every number"), "{name}: {first}");
        assert_eq!(second.lines().next().map(str::trim), Some("Every number"), "{name}");
    }
}

#[test]
fn a_python_program_reads_the_numbers_of_every_kpi_from_the_page() {
    const PROGRAM: &str = r#"
import html.parser, json, sys
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.tables, self.path, self.open = [], [], []
    def handle_starttag(self, tag, attrs):
        if tag in ("meta", "col", "rect", "circle", "line", "polyline", "polygon", "br"):
            return
        self.open.append(tag)
        if tag == "table": self.tables.append({"caption": "", "rows": []})
        if tag == "tr" and self.tables: self.tables[-1]["rows"].append([])
        if tag == "td" and self.tables: self.tables[-1]["rows"][-1].append(["", ""])
    def handle_startendtag(self, tag, attrs):
        pass
    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.getpos())
    def handle_data(self, data):
        if "caption" in self.open: self.tables[-1]["caption"] += data
        elif "td" in self.open: self.tables[-1]["rows"][-1][-1]["small" in self.open] += data
page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
assert page.open == [], page.open
print(json.dumps(next(t["rows"] for t in page.tables if t["caption"].startswith("KPIs with"))))
"#;
    let folder = tempfile::tempdir().unwrap();
    let file = wide_report("html", folder.path());
    let Some(printed) = read_by_python("html.parser", PROGRAM, &file) else {
        return;
    };
    let rows: Vec<Vec<(String, String)>> = serde_json::from_str(&printed).unwrap();
    let rows: Vec<_> = rows.into_iter().filter(|row| !row.is_empty()).collect();
    let kpis = kpis_of(folder::wide());
    assert_eq!(rows.len(), kpis.len());
    for (row, kpi) in rows.iter().zip(&kpis) {
        assert!(
            row[0].1.starts_with(&format!("{}: ", kpi["id"].as_str().unwrap())),
            "{row:?}"
        );
        assert_eq!(row[1].0, in_words(kpi), "{row:?}");
        assert!(row[1].1.starts_with(&counts_in_words(kpi)), "{row:?}");
        assert_eq!(row[2].0, kpi["threshold"].as_str().unwrap_or("–"), "{row:?}");
    }
}

#[test]
fn pythons_csv_module_reads_the_numbers_of_every_kpi() {
    const PROGRAM: &str = r#"
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], encoding="utf-8", newline=""), strict=True))
assert all(None not in row and None not in row.values() for row in rows)
kpis = {}
for row in rows:
    if row["section"] == "kpi" and row["by"] == "":
        kpis.setdefault(row["id"], {})[row["measure"]] = row["value"] or row["text"]
print(json.dumps({"kpis": kpis, "sections": sorted({row["section"] for row in rows})}))
"#;
    let folder = tempfile::tempdir().unwrap();
    let file = wide_report("csv", folder.path());
    let Some(printed) = read_by_python("csv", PROGRAM, &file) else {
        return;
    };
    let read: Value = serde_json::from_str(&printed).unwrap();
    let sections = [
        "changes",
        "coverage",
        "file",
        "findings_by_owner",
        "findings_by_rule",
        "kpi",
        "lifetimes",
        "limit",
        "outlook",
        "summary",
        "trend",
        "word",
    ];
    assert_eq!(read["sections"], serde_json::json!(sections));
    for kpi in kpis_of(folder::wide()) {
        let id = kpi["id"].as_str().unwrap();
        for measure in ["value", "upper", "pass", "fail", "unknown", "population"] {
            let number = read["kpis"][id][measure]
                .as_str()
                .unwrap_or_default()
                .parse::<f64>()
                .ok();
            let is_same = match (number, kpi[measure].as_f64()) {
                // Reading JSON may miss the last digit.
                (Some(number), Some(value)) => (number - value).abs() < 1e-9,
                (number, value) => number == value,
            };
            assert!(is_same, "{id} {measure}: {number:?}");
        }
        for measure in ["threshold", "threshold_set_by", "note"] {
            assert_eq!(
                read["kpis"][id][measure].as_str(),
                kpi[measure].as_str(),
                "{id} {measure}"
            );
        }
    }
}

#[test]
fn a_shell_runs_the_commands_of_a_report() {
    let estate = folder::fixture();
    let scope = ["--owner", "Jo Lee"];
    let csv = written(&[&["report", estate.to_str().unwrap(), "--format", "csv"], &scope[..]].concat());
    let mut reader = csv_reader(&csv);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let of = |id: &str, measure: &str| {
        let is_it = |row: &&csv::StringRecord| (&row[0], &row[1], &row[3], &row[5]) == ("kpi", id, "", measure);
        rows.iter().find(is_it)
    };
    let mut n_rows = 0;
    for row in rows.iter().filter(|row| &row[5] == "rows") {
        let command = row[8].replacen("ESTATE", &format!("'{}'", estate.display()), 1);
        let command = command.replacen("rollcall", env!("CARGO_BIN_EXE_rollcall"), 1);
        let output = Command::new("sh")
            .args(["-c", &command])
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{command}");
        let counted = ["fail", "population", "pass"]
            .into_iter()
            .find_map(|measure| of(&row[1], measure));
        let n = csv_reader(&output.stdout).records().count();
        assert_eq!(n.to_string(), &counted.unwrap()[6], "{command}");
        n_rows += n;
    }
    assert!(n_rows > 5, "{n_rows}");
}

fn csv_reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::Reader::from_reader(bytes)
}

#[test]
fn openpyxl_reads_the_workbook() {
    const PROGRAM: &str = r#"
import json, sys, openpyxl
book = openpyxl.load_workbook(sys.argv[1])
out = {"sheets": book.sheetnames, "kpis": {}, "formulas": 0, "frozen": [], "filtered": []}
for sheet in book:
    out["frozen"].append(sheet.freeze_panes)
    out["filtered"].append(sheet.auto_filter.ref is not None)
    for row in sheet.iter_rows():
        out["formulas"] += sum(cell.data_type == "f" for cell in row)
for row in list(book["KPIs"].iter_rows(values_only=True))[1:]:
    out["kpis"][row[0]] = dict(value=row[2], upper=row[3], **{"pass": row[6]}, fail=row[7], unknown=row[8], population=row[9])
out["as_of"] = book["Summary"]["B4"].value.isoformat()
out["rest"] = [list(book[name].values)[-1][0] for name in ("Worst findings", "Changes")]
out["buckets"] = len(list(book["Outlook"].values)) - 1
print(json.dumps(out))
"#;
    let folder = tempfile::tempdir().unwrap();
    let file = wide_report("xlsx", folder.path());
    let Some(printed) = read_by_python("openpyxl", PROGRAM, &file) else {
        return;
    };
    let book: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(book["formulas"], 0);
    assert_eq!(book["as_of"], "2026-10-31T00:00:00");
    let all = |key: &str, expected: Value| book[key].as_array().unwrap().iter().all(|value| *value == expected);
    assert!(all("frozen", "A2".into()) && all("filtered", true.into()), "{book}");
    for kpi in kpis_of(folder::wide()) {
        let id = kpi["id"].as_str().unwrap();
        for measure in ["value", "upper", "pass", "fail", "unknown", "population"] {
            let number = book["kpis"][id][measure].as_f64();
            assert_eq!(number, kpi[measure].as_f64(), "{id} {measure}");
        }
    }
    let rest = |at: usize| book["rest"][at].as_str().unwrap();
    assert!(rest(0).contains(" more: rollcall list findings ESTATE 'snapshot=2026-10-31&waived=no'"));
    assert!(rest(1).ends_with("more: the page History lists them"), "{}", rest(1));
    assert_eq!(book["buckets"], 10);
}

#[test]
fn promtool_takes_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let file = wide_export("prometheus", folder.path());
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .contains("rollcall_kpi{id=\"governed\",bound=\"lower\"}")
    );
    let script = "promtool check metrics < \"$0\"";
    if is_installed("promtool") {
        opened("sh", &["-c", script, "FILE"], &file);
    }
}

#[test]
fn microsofts_validator_takes_the_findings() {
    let folder = tempfile::tempdir().unwrap();
    // It tells what a file is by its ending.
    let file = folder.path().join("findings.sarif");
    fs::rename(wide_export("sarif", folder.path()), &file).unwrap();
    // Its status is of its own work: what it finds stands in what it prints.
    let script = "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 sarif-multitool validate \"$0\"";
    if is_installed("sarif-multitool")
        && let Some(printed) = opened("sh", &["-c", script, "FILE"], &file)
    {
        assert!(printed.contains("1 files scanned"), "{printed}");
        assert!(!printed.contains("error "), "{printed}");
    }
}

#[test]
fn findings_are_ocsf_events() {
    const PROGRAM: &str = r"
import sys
from py_ocsf_models.events.findings.detection_finding import DetectionFinding
for line in open(sys.argv[1], encoding='utf-8'):
    DetectionFinding.model_validate_json(line)
";
    let folder = tempfile::tempdir().unwrap();
    let file = wide_export("ocsf", folder.path());
    read_by_python("py_ocsf_models", PROGRAM, &file);
    let text = fs::read_to_string(&file).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let json = fs::read(wide_report("json", folder.path())).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    let findings = &json["findings"];
    assert!(findings["n_waived"].as_u64().unwrap() > 0);
    let n_all = findings["n_open"].as_u64().unwrap() + findings["n_waived"].as_u64().unwrap();
    assert_eq!(events.len() as u64, n_all);
    assert!(
        events
            .iter()
            .all(|event| event["type_uid"] == 200_401 && event["time"] == 1_793_404_800_000_i64)
    );
}

#[test]
fn the_graph_is_bloodhound_opengraph() {
    const PROGRAM: &str = r"
import json, sys
from bhopengraph.Edge import EDGE_SCHEMA
from bhopengraph.Node import NODE_SCHEMA
from bhopengraph.OpenGraph import OpenGraph
import jsonschema
data = json.load(open(sys.argv[1], encoding='utf-8'))
for many, schema in (('nodes', NODE_SCHEMA), ('edges', EDGE_SCHEMA)):
    validator = jsonschema.validators.validator_for(schema)(schema)
    for one in data['graph'][many]:
        validator.validate(one)
graph = OpenGraph()
assert graph.import_from_dict(data)
assert graph.get_isolated_edges_count() == 0
print(graph.get_node_count(), graph.get_edge_count())
";
    let folder = tempfile::tempdir().unwrap();
    let file = wide_export("opengraph", folder.path());
    let graph: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let (nodes, edges) = (&graph["graph"]["nodes"], &graph["graph"]["edges"]);
    let (nodes, edges) = (nodes.as_array().unwrap(), edges.as_array().unwrap());
    let ids: HashSet<&str> = nodes.iter().filter_map(|node| node["id"].as_str()).collect();
    assert!(ids.len() == nodes.len() && !edges.is_empty());
    for edge in edges {
        let is_node = |end: &str| ids.contains(edge[end]["value"].as_str().unwrap());
        assert!(is_node("start") && is_node("end"), "{edge}");
    }
    if read_by_python("bhopengraph", "", &file).is_some()
        && let Some(counts) = read_by_python("jsonschema", PROGRAM, &file)
    {
        // Its reader holds one edge of a kind between two nodes, whatever the evidence or condition of others.
        let distinct: HashSet<String> = edges
            .iter()
            .map(|edge| format!("{} {} {}", edge["start"]["value"], edge["kind"], edge["end"]["value"]))
            .collect();
        assert_eq!(counts.trim(), format!("{} {}", nodes.len(), distinct.len()));
    }
}

#[test]
fn a_payload_for_veza_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("oaa.json");
    let estate = folder::fixture();
    written(&[
        "export",
        "oaa",
        estate.to_str().unwrap(),
        "--out",
        file.to_str().unwrap(),
    ]);
    let printed = written(&["inspect", "--format", "json", file.to_str().unwrap()]);
    let read: Value = serde_json::from_slice(&printed).unwrap();
    let listed = written(&["list", "identities", estate.to_str().unwrap(), "--format", "json"]);
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    assert_eq!(read["connector"], "veza_oaa_payloads");
    assert_eq!(
        read["identities"].as_u64().unwrap() as usize,
        listed.as_array().unwrap().len()
    );
    assert_eq!(read["diagnostics"], serde_json::json!([]));
}

#[test]
fn vezas_own_client_builds_the_same_payload() {
    const PROGRAM: &str = include_str!("oaa_payload.py");
    let folder = tempfile::tempdir().unwrap();
    let file = wide_export("oaa", folder.path());
    let payload: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let Some(printed) = read_by_python("oaaclient", PROGRAM, &file) else {
        return;
    };
    let applications = payload["applications"].as_array().unwrap();
    let n_of = |what: &str| -> usize { applications.iter().map(|app| app[what].as_array().unwrap().len()).sum() };
    let assignments = payload["identity_to_permissions"].as_array().unwrap().iter();
    let n_given: usize = assignments
        .map(|one| one["role_assignments"].as_array().unwrap().len())
        .sum();
    let expected = [
        n_of("local_roles"),
        n_of("local_access_creds"),
        n_of("local_users"),
        n_given,
    ];
    assert_eq!(printed.trim(), expected.map(|n| n.to_string()).join(" "));
    assert!(expected.iter().all(|n| *n > 100));
}

#[test]
fn a_list_as_a_workbook_has_its_rows() {
    const PROGRAM: &str = r"
import sys, openpyxl
rows = list(openpyxl.load_workbook(sys.argv[1])['Rows'].iter_rows(values_only=True))
print(len(rows) - 1, rows[0][0], *(type(cell).__name__ for head, cell in zip(rows[0], rows[1]) if head in ('created_at', 'waived_until')))
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.xlsx");
    let estate = folder::wide().to_str().unwrap();
    for (list, filter, head) in [
        ("credentials", "kind=access_key", "id"),
        ("findings", "waived=yes", "key"),
    ] {
        let listed = |format: &str| written(&["list", list, estate, filter, "--format", format]);
        fs::write(&file, listed("xlsx")).unwrap();
        let n = serde_json::from_slice::<Value>(&listed("json"))
            .unwrap()
            .as_array()
            .unwrap()
            .len();
        assert!(n > 0);
        if let Some(printed) = read_by_python("openpyxl", PROGRAM, &file) {
            assert_eq!(printed.trim(), format!("{n} {head} datetime"));
        }
    }
}
