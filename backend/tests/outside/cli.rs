//! The built binary: what scripts rely on.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::folder;
use crate::http;

/// The built binary with these arguments.
pub fn rollcall(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
        .args(arguments)
        .output()
        .unwrap()
}

/// What it printed, when it ended with this status.
fn printed(arguments: &[&str], status: i32) -> String {
    let output = rollcall(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// What `inspect` says of files.
pub fn inspect(files: &[&Path], status: i32) -> Vec<Value> {
    let files = files.iter().map(|file| file.to_str().unwrap());
    let arguments: Vec<&str> = ["inspect", "--format", "json"].into_iter().chain(files).collect();
    let lines = printed(&arguments, status);
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn inspect_prints_one_object_for_each_file() {
    let snapshot = folder::fixture().join("2026-10-31");
    let (report, pem) = (
        snapshot.join("aws-prod/credential_report.csv"),
        snapshot.join("tls-edge/web.pem"),
    );
    let good = inspect(&[&pem], 0);
    assert_eq!(
        good[0],
        serde_json::json!({
            "file": pem, "connector": "x509_certificates", "complete": true, "identities": 1, "credentials": 1,
            "grants": 0, "trusts": 0, "policies": 0, "leaks": 0, "mentions": 0, "diagnostics": [],
        })
    );
    // A bad row and a file that is no export are told apart, and both are status 1.
    let found = inspect(&[&pem, &report, &snapshot.join("aws-prod/notes.txt")], 1);
    assert_eq!(found.len(), 3);
    assert_eq!(
        (&found[1]["connector"], &found[1]["complete"]),
        (&"aws_credential_report".into(), &false.into())
    );
    assert_eq!(found[1]["identities"], 2);
    let keys: Vec<&String> = found[1]["diagnostics"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["expected", "found", "help", "place", "severity"]);
    assert_eq!(
        (&found[2]["connector"], &found[2]["complete"]),
        (&Value::Null, &false.into())
    );
}

#[test]
fn inspect_says_why_a_file_is_not_complete() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    fs::write(
        &path,
        r#"{"AccessKeyMetadata": [], "IsTruncated": true, "Marker": "x"}"#,
    )
    .unwrap();
    let told = &inspect(&[&path], 0)[0];
    assert_eq!(told["complete"], false);
    assert_eq!(told["diagnostics"][0]["severity"], "warning", "{told}");
}

#[test]
fn inspect_reads_the_members_of_archives_apart() {
    let folder = tempfile::tempdir().unwrap();
    let pem = fs::read(folder::fixture().join("2026-10-31/tls-edge/web.pem")).unwrap();
    let mut archive = zip::ZipWriter::new(fs::File::create(folder.path().join("all.zip")).unwrap());
    for name in ["../../web.pem", "in/other.pem"] {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        std::io::Write::write_all(&mut archive, &pem).unwrap();
    }
    archive.finish().unwrap();
    let path = folder.path().join("all.zip");
    let names: Vec<Value> = inspect(&[&path], 0).iter().map(|found| found["file"].clone()).collect();
    let member = |name: &str| Value::from(format!("{}/{name}", path.display()));
    assert_eq!(names, [member("web.pem"), member("in/other.pem")]);
}

/// With its reasons, and the same from the server.
#[test]
fn access_is_decided_and_explained() {
    let estate = folder::fixture();
    let question = [
        "identity=arn:aws:iam::111122223333:user/ci/ci-deploy",
        "action=s3:GetObject",
        "resource=arn:aws:s3:::reports/2026.csv",
    ];
    let arguments = [&["access", estate.to_str().unwrap(), "--format", "json"][..], &question].concat();
    let printed: Value = serde_json::from_str(&printed(&arguments, 0)).unwrap();
    let app = http::app(&estate);
    let ask = |query: &str| http::get(&app, &format!("/api/v1/access?{query}"));
    assert_eq!(printed, ask(&question.join("&")).json());
    insta::assert_snapshot!("access", serde_json::to_string_pretty(&printed).unwrap());
    let unknown = ask("identity=x&action=a&resource=b");
    assert!(unknown.body.contains("lists no identity `x`"), "{}", unknown.body);
    let unasked = ask("identity=x");
    assert!(unasked.body.contains("action=…"), "{}", unasked.body);
}

#[test]
fn wrong_use_is_status_2() {
    let estate = folder::fixture();
    let estate = estate.to_str().unwrap();
    for arguments in [
        &["inspect"][..],
        &["inspect", "--format", "xml", "x"],
        &["kpis", estate, "--as-of", "soon"],
        &["list", "people", estate],
        &["list", "identities", estate, "knd=role"],
        &["list", "identities", estate, "issuer=x"],
        &["serve", estate, "--listen", "nowhere"],
    ] {
        let output = rollcall(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn kpis_are_those_of_the_server() {
    let estate = folder::fixture();
    let printed = printed(&["kpis", estate.to_str().unwrap(), "--format", "json", "--no-cache"], 0);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed, http::get(&http::app(&estate), "/api/v1/kpis").json());
    assert_eq!(printed["snapshots"], serde_json::json!(["2026-09-30", "2026-10-31"]));
    let kinds = ["share", "count", "distribution", "duration"];
    for kpi in printed["kpis"].as_array().unwrap() {
        assert!(kinds.contains(&kpi["kind"].as_str().unwrap()), "{kpi}");
        assert!(kpi["comparable"].is_boolean() && kpi["unit"].is_string(), "{kpi}");
        assert!(kpi.as_object().unwrap().values().all(|value| !value.is_null()), "{kpi}");
    }
}

#[test]
fn as_of_moves_the_day_of_judgement() {
    let estate = folder::fixture();
    let arguments = [
        "kpis",
        estate.to_str().unwrap(),
        "--format",
        "json",
        "--as-of",
        "2027-01-31T08:00:00Z",
    ];
    let later: Value = serde_json::from_str(&printed(&arguments, 0)).unwrap();
    assert_eq!(later["as_of"], "2027-01-31T08:00:00Z");
    let age = |kpis: &Value| {
        let kpis = kpis["kpis"].as_array().unwrap();
        kpis.iter().find(|kpi| kpi["id"] == "credential.age").unwrap()["value"]
            .as_f64()
            .unwrap()
    };
    let now: Value = serde_json::from_str(&printed(&arguments[..4], 0)).unwrap();
    assert_eq!(age(&later) - age(&now), 92.0);
}

/// The same bytes from both, and the columns that `docs/api.md` names, in its order.
#[test]
fn lists_are_those_of_the_server() {
    let estate = folder::fixture();
    let app = http::app(&estate);
    for list in ["identities", "credentials", "certificates", "findings"] {
        let arguments = ["list", list, estate.to_str().unwrap(), "--format"];
        let csv = printed(&[&arguments[..], &["csv", "sort=-name"]].concat(), 0);
        assert_eq!(
            csv,
            http::get(&app, &format!("/api/v1/export/{list}?sort=-name")).body,
            "{list}"
        );
        let json: Value = serde_json::from_str(&printed(&[&arguments[..], &["json"]].concat(), 0)).unwrap();
        let rows = &http::get(&app, &format!("/api/v1/{list}?limit=1000")).json()["rows"];
        assert_eq!(&json, rows, "{list}");

        let mut columns = documented(list);
        assert_eq!(csv.lines().next().unwrap(), columns.join(","), "{list}");
        let mut keys: Vec<&String> = json[0].as_object().unwrap().keys().collect();
        keys.sort();
        columns.sort_unstable();
        assert_eq!(keys, columns, "{list}");
    }
}

/// As many rows as the page's answer has, in the columns that `docs/api.md` names.
#[test]
fn tables_are_those_of_the_pages() {
    let app = http::app(&folder::fixture());
    let n_in = |address: &str, pointer: &str| {
        let answer = http::get(&app, address).json();
        let lists = answer.pointer(pointer).unwrap().as_array().unwrap().clone();
        lists.len()
    };
    let n_nested = |address: &str, outer: &str, inner: &str| {
        let answer = http::get(&app, address).json();
        let parts = answer[outer].as_array().unwrap().iter();
        parts.map(|part| part[inner].as_array().unwrap().len()).sum()
    };
    let n_rows = [
        ("history?kind=new", n_in("/api/v1/history?kind=new", "/changes")),
        ("kpis", n_in("/api/v1/kpis", "/kpis")),
        ("rules", n_in("/api/v1/rules", "/rules")),
        ("compliance", n_nested("/api/v1/compliance", "frameworks", "controls")),
        ("sources", n_nested("/api/v1/sources", "sources", "files")),
        ("leads", n_in("/api/v1/leads", "/leads")),
        ("reviews", n_in("/api/v1/reviews", "/owners")),
        (
            "what-if?stale_days=1",
            n_in("/api/v1/what-if?stale_days=1", "/identities"),
        ),
    ];
    for (asked, n_rows) in n_rows {
        let join = if asked.contains('?') { '&' } else { '?' };
        let file = |format: &str| http::get(&app, &format!("/api/v1/export/{asked}{join}format={format}"));
        let table = asked.split('?').next().unwrap();
        let columns = documented(table);
        let csv = file("csv").body;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), columns, "{asked}");
        assert_eq!(reader.records().map(Result::unwrap).count(), n_rows, "{asked}");
        let json = file("json").json();
        assert_eq!(json.as_array().unwrap().len(), n_rows, "{asked}");
        for row in json.as_array().unwrap() {
            let mut keys: Vec<&String> = row.as_object().unwrap().keys().collect();
            let mut columns = columns.clone();
            keys.sort();
            columns.sort_unstable();
            assert_eq!(keys, columns, "{asked}");
        }
        assert!(file("pdf").body.contains("known are csv, json, xlsx"), "{asked}");
    }
    let refused = http::get(&app, "/api/v1/export/leads?kind=new_region");
    assert!(refused.body.contains("no parameter of this route"), "{}", refused.body);
}

/// The columns that `docs/api.md` names for a table.
fn documented(table: &str) -> Vec<&'static str> {
    let document = include_str!("../../../docs/api.md");
    let (_, rest) = document.split_once(&format!("**{table}**")).unwrap();
    let (_, columns) = rest.split_once(": ").unwrap();
    let columns = columns.split("\n\n").next().unwrap().split_whitespace();
    columns.map(|column| column.trim_matches('`')).collect()
}

#[test]
fn a_list_is_filtered_as_the_page_is() {
    let estate = folder::fixture();
    let arguments = ["list", "identities", estate.to_str().unwrap()];
    let with = |filters: &[&str]| printed(&[&arguments[..], filters].concat(), 0).lines().count() - 1;
    assert_eq!(with(&[]), 5);
    assert_eq!(with(&["kind=user", "owner="]), 1);
    assert_eq!(with(&["kpi=owner&verdict=pass"]), 1);
    assert_eq!(with(&["snapshot=2026-09-30"]), 1);
    let output = rollcall(&[&arguments[..], &["snapshot=1999-01-01"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(complaint.contains("known are 2026-09-30, 2026-10-31"), "{complaint}");
}

/// An export names an account so that a terminal would obey it, and a purpose so that a spreadsheet would.
#[test]
fn no_output_gives_commands() {
    let estate = folder::fixture();
    let estate = estate.to_str().unwrap();
    let json = printed(&["list", "identities", estate, "--format", "json"], 0);
    assert!(json.contains("\\u001b[31m<script>"), "{json}");
    let csv = printed(&["list", "identities", estate], 0);
    assert!(csv.contains("\"'=HYPERLINK("), "{csv}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a\u{1b}[31m\u{9b}2J\nb");
    fs::write(&path, "x").unwrap();
    let path = path.to_str().unwrap();
    let text = rollcall(&["inspect", path, "\u{1b}[31mnone"]);
    let refused = rollcall(&["kpis", path]);
    let inspected = rollcall(&["inspect", "--format", "json", path]);
    for output in [
        json.as_bytes(),
        csv.as_bytes(),
        &text.stdout,
        &text.stderr,
        &refused.stderr,
        &inspected.stdout,
    ] {
        let output = std::str::from_utf8(output).unwrap();
        assert!(
            output.chars().all(|c| !c.is_control() || "\r\n".contains(c)),
            "{output:?}"
        );
    }
    assert_eq!(inspected.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[test]
fn a_closed_pipe_is_no_fault() {
    let estate = folder::fixture();
    let script = format!(
        "{} list identities {} --no-cache | true",
        env!("CARGO_BIN_EXE_rollcall"),
        estate.display()
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    let estate = folder::fixture();
    let estate = estate.to_str().unwrap();
    let refused = |arguments: &[&str]| {
        let output = rollcall(&[&["serve", estate], arguments].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7878"] {
        let complaint = refused(&["--listen", address]);
        assert!(
            complaint.contains("needs authentication") && complaint.contains("--token-file"),
            "{complaint}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "short\n").unwrap();
    let complaint = refused(&["--listen", "0.0.0.0:0", "--token-file", token.to_str().unwrap()]);
    assert!(
        complaint.contains("too short") && !complaint.contains("short\n"),
        "{complaint}"
    );
}

#[test]
fn there_is_a_manual_page_for_each_verb() {
    let folder = tempfile::tempdir().unwrap();
    printed(&["man", folder.path().to_str().unwrap()], 0);
    let page = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(page("rollcall.1").contains("rollcall\\-serve(1)"));
    assert!(page("rollcall-serve.1").contains("\\-\\-token\\-file"));
}

/// A copy of the fixture with this at the end of its `rollcall.toml`.
fn configured(more: &str) -> tempfile::TempDir {
    let folder = folder::copy();
    let path = folder.path().join("rollcall.toml");
    let text = fs::read_to_string(&path).unwrap() + more;
    fs::write(path, text).unwrap();
    folder
}

const GATES: &str = r#"
[[gate]]
name = "owned"
require = "owner >= 10 %"
[[gate]]
name = "nothing new and unowned"
require = "new unowned findings <= 0"
[[gate]]
name = "rotated"
require = "not_rotated findings <= 0"
[[waiver]]
rule = "not_rotated"
subject = "*user/ci/ci-deploy*"
who = "CISO office"
why = "the vendor cannot"
until = "2026-12-31"
"#;

#[test]
fn a_check_ends_with_what_its_gates_say() {
    let estate = configured(GATES);
    let estate = estate.path().to_str().unwrap();
    insta::assert_snapshot!("check_text", printed(&["check", estate], 1));
    insta::assert_snapshot!(
        "check_json",
        printed(
            &["check", estate, "--format", "json", "--gate", "nothing new and unowned"],
            1
        )
    );
    // The only finding is waived.
    printed(&["check", estate, "--gate", "rotated"], 0);
    // There is nothing new when a snapshot is compared with itself.
    printed(
        &[
            "check",
            estate,
            "--gate",
            "nothing new and unowned",
            "--base",
            "2026-10-31",
        ],
        0,
    );
    // Who waives until yesterday waives no more.
    let late = ["check", estate, "--gate", "rotated", "--as-of", "2027-01-01"];
    assert!(printed(&late, 1).contains("FAIL  the waiver of not_rotated"));
}

#[test]
fn a_check_that_cannot_be_made_ends_with_2() {
    let estate = configured("[[gate]]\nname = \"a\"\nrequire = \"ownr >= 10 %\"\n");
    let output = rollcall(&["check", estate.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("rollcall.toml line 13: unknown KPI `ownr`; did you mean `owner`?"),
        "{errors}"
    );
    let estate = folder::fixture();
    let estate = estate.to_str().unwrap();
    for arguments in [
        &["check", "/no/such/estate"][..],
        &["check", estate, "--gate", "no such gate"],
        &["check", estate, "--base", "1999-01-01"],
    ] {
        assert_eq!(rollcall(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn what_is_in_force_is_shown_with_who_set_it() {
    let estate = configured(GATES);
    insta::assert_snapshot!(
        "config_show",
        printed(&["config", "show", estate.path().to_str().unwrap()], 0)
    );
}

/// What goes out to an owner comes back as a decision, and both are files.
#[test]
fn a_review_goes_out_and_comes_back() {
    let estate = folder::copy();
    let out = tempfile::tempdir().unwrap();
    let (root, to) = (estate.path().to_str().unwrap(), out.path().to_str().unwrap());
    let export = || printed(&["review", "export", root, "--owner", "platform", "--out", to], 0);
    let told = export();
    let files: Vec<&str> = told.lines().collect();
    assert!(files[0].ends_with("review-platform-2026-10-31.html"), "{told}");
    assert!(files[1].ends_with("review-platform-2026-10-31.csv"), "{told}");
    let page = fs::read_to_string(files[0]).unwrap();
    assert!(page.contains("ci-deploy") && !page.contains("(remove, Jo Lee)"));
    let mut sheet = csv::Reader::from_path(files[1]).unwrap();
    let header = sheet.headers().unwrap().clone();
    fs::create_dir(estate.path().join("reviews")).unwrap();
    let mut decided = csv::Writer::from_path(estate.path().join("reviews/platform.csv")).unwrap();
    decided.write_record(&header).unwrap();
    for record in sheet.records() {
        let record = record.unwrap();
        let cells = header.iter().zip(&record).map(|(column, cell)| match column {
            "decision" => "remove",
            "decided_on" => "2026-10-20",
            "decided_by" => "Jo Lee",
            _ => cell,
        });
        decided.write_record(cells).unwrap();
    }
    decided.flush().unwrap();
    export();
    let page = fs::read_to_string(files[0]).unwrap();
    assert!(page.contains("reviewed 2026-10-20 (remove, Jo Lee)"), "{page}");
    let nobody = rollcall(&["review", "export", root, "--owner", "nobody", "--out", to]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("Platform"));
}

/// The folder of decisions is no source, nor is it a file of the only snapshot where none is dated.
#[test]
fn decisions_are_no_exports() {
    let estate = tempfile::tempdir().unwrap();
    let snapshot = folder::fixture().join("2026-10-31/aws-prod");
    fs::create_dir_all(estate.path().join("aws-prod")).unwrap();
    fs::create_dir_all(estate.path().join("reviews")).unwrap();
    let report = "credential_report.csv";
    fs::copy(snapshot.join(report), estate.path().join("aws-prod").join(report)).unwrap();
    let decision =
        "identity,decision,decided_on,access_digest\narn:aws:iam::111122223333:user/x,maybe,2026-10-20,v1-0\n";
    fs::write(estate.path().join("reviews/round.csv"), decision).unwrap();
    let app = http::app(estate.path());
    let sources = http::get(&app, "/api/v1/sources").json();
    let sources = sources["sources"].as_array().unwrap();
    let names: Vec<&str> = sources.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["estate", "aws-prod"]);
    assert_eq!(sources[0]["files"][0]["path"], "reviews/round.csv");
}

/// What the SARIF 2.1.0 schema requires of what we write, and no more members than it knows of.
#[test]
fn findings_are_sarif() {
    let estate = configured(GATES);
    let text = printed(&["check", estate.path().to_str().unwrap(), "--format", "sarif"], 1);
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&sarif), ["$schema", "runs", "version"]);
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    assert_eq!(members(run), ["columnKind", "invocations", "results", "tool"]);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    let mut n_suppressed = 0;
    for result in results {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning" | "note")));
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let location = &result["locations"][0];
        let uri = location["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap();
        assert!(uri.contains('/') && !uri.contains([' ', '\\', ':']), "{uri}");
        if let Some(line) = location["physicalLocation"]["region"].get("startLine") {
            assert!(line.as_u64() >= Some(1));
        }
        if let Some(suppressions) = result.get("suppressions") {
            assert_eq!(suppressions[0]["kind"], "external");
            n_suppressed += 1;
        }
    }
    assert_eq!(n_suppressed, 1);
}
