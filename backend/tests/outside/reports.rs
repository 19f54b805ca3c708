//! Reports and exports, opened with other people's readers: those that are installed. Where one is not, the test says so
//! and passes, unless `ROLLCALL_READERS` says that all are (`cargo xtask test` installs them).

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

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

/// What `rollcall kpis` says.
fn kpis() -> Vec<Value> {
    let printed = written(&["kpis", folder::fixture().to_str().unwrap(), "--format", "json"]);
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
    insta::assert_snapshot!(String::from_utf8(report("csv")).unwrap());
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
        let governed = kpis().into_iter().find(|kpi| kpi["id"] == "governed").unwrap();
        let counts = format!("{} of {}", governed["pass"], governed["population"]);
        assert!(text.contains(&counts), "{counts} is not in\n{text}");
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
    out["kpis"][row[0]] = row[2]
out["as_of"] = book["Summary"]["B4"].value.isoformat()
print(json.dumps(out))
"#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.xlsx");
    fs::write(&file, report("xlsx")).unwrap();
    let Some(printed) = read_by_python("openpyxl", PROGRAM, &file) else {
        return;
    };
    let book: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(book["formulas"], 0);
    assert_eq!(book["as_of"], "2026-10-31T00:00:00");
    let all = |key: &str, expected: Value| book[key].as_array().unwrap().iter().all(|value| *value == expected);
    assert!(all("frozen", "A2".into()) && all("filtered", true.into()), "{book}");
    for kpi in kpis() {
        let id = kpi["id"].as_str().unwrap();
        assert_eq!(book["kpis"][id].as_f64(), kpi["value"].as_f64(), "{id}");
    }
}

#[test]
fn promtool_takes_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kpis.prom");
    let text = written(&["export", "prometheus", folder::fixture().to_str().unwrap()]);
    fs::write(&file, &text).unwrap();
    assert!(
        String::from_utf8(text)
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
    let file = folder.path().join("findings.sarif");
    fs::write(
        &file,
        written(&["export", "sarif", folder::fixture().to_str().unwrap()]),
    )
    .unwrap();
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
    let text = written(&["export", "ocsf", folder::fixture().to_str().unwrap()]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("findings.ocsf");
    fs::write(&file, &text).unwrap();
    read_by_python("py_ocsf_models", PROGRAM, &file);
    let text = String::from_utf8(text).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let json: Value = serde_json::from_slice(&report("json")).unwrap();
    let findings = &json["findings"];
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
from bhopengraph.Node import NODE_SCHEMA
from bhopengraph.OpenGraph import OpenGraph
import jsonschema
data = json.load(open(sys.argv[1], encoding='utf-8'))
for node in data['graph']['nodes']:
    jsonschema.validate(node, NODE_SCHEMA)
graph = OpenGraph()
assert graph.import_from_dict(data)
assert graph.get_isolated_edges_count() == 0
print(graph.get_node_count(), graph.get_edge_count())
";
    let text = written(&["export", "opengraph", folder::fixture().to_str().unwrap()]);
    let graph: Value = serde_json::from_slice(&text).unwrap();
    let (nodes, edges) = (&graph["graph"]["nodes"], &graph["graph"]["edges"]);
    let ids: Vec<&Value> = nodes.as_array().unwrap().iter().map(|node| &node["id"]).collect();
    assert!(!edges.as_array().unwrap().is_empty());
    for edge in edges.as_array().unwrap() {
        assert!(
            ids.contains(&&edge["start"]["value"]) && ids.contains(&&edge["end"]["value"]),
            "{edge}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.json");
    fs::write(&file, &text).unwrap();
    if read_by_python("bhopengraph", "", &file).is_some()
        && let Some(counts) = read_by_python("jsonschema", PROGRAM, &file)
    {
        assert!(counts.starts_with(&format!("{} ", ids.len())), "{counts}");
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
fn a_list_as_a_workbook_has_its_rows() {
    const PROGRAM: &str = r"
import sys, openpyxl
rows = list(openpyxl.load_workbook(sys.argv[1])['Rows'].iter_rows(values_only=True))
print(len(rows) - 1, rows[0][0], type(rows[1][rows[0].index('created_at')]).__name__)
";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.xlsx");
    let estate = folder::fixture();
    fs::write(
        &file,
        written(&["list", "credentials", estate.to_str().unwrap(), "--format", "xlsx"]),
    )
    .unwrap();
    let listed = written(&["list", "credentials", estate.to_str().unwrap(), "--format", "json"]);
    let listed: Value = serde_json::from_slice(&listed).unwrap();
    if let Some(printed) = read_by_python("openpyxl", PROGRAM, &file) {
        assert_eq!(
            printed.trim(),
            format!("{} id datetime", listed.as_array().unwrap().len())
        );
    }
}
