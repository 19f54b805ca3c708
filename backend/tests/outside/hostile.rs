//! Files that are broken, hostile or no files at all: each is loaded or refused with a sentence.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use axum::http::StatusCode;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::cli::{inspect, rollcall};
use crate::folder;
use crate::http;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn named_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// What each line says: the connector and what was found wrong first.
fn said(lines: &[Value], folder: &Path) -> String {
    let prefix = format!("{}/", folder.display());
    let said = lines.iter().map(|line| {
        let file = line["file"].as_str().unwrap().trim_start_matches(&prefix);
        let found = line["diagnostics"][0]["found"].as_str().unwrap_or("nothing wrong");
        format!(
            "{file}: {}; {found}\n",
            line["connector"].as_str().unwrap_or("not recognised")
        )
    });
    said.collect()
}

/// How much repetition a small file may unpack to.
const FREE_BYTES: usize = 64 << 20;

#[test]
fn whatever_the_file_there_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let kubernetes = |name: &str| {
        format!(
            r#"{{"apiVersion":"v1","kind":"ServiceAccount","metadata":{{"namespace":"n","name":"{name}","creationTimestamp":"2026-01-01T00:00:00Z"}}}}"#
        )
    };
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let bomb = gzip(&vec![b' '; FREE_BYTES + 1]);
    let nested = (0..6).fold(b"[]".to_vec(), |inner, _| gzip(&inner));
    let files: &[(&str, Vec<u8>)] = &[
        ("alias_bomb.yaml", {
            let lists = format!("a: &a [{}]\nb: [{}]\n", "x,".repeat(1_000), "*a,".repeat(5_000));
            format!("apiVersion: v1\nkind: List\n{lists}").into_bytes()
        }),
        ("bomb.json.gz", bomb),
        ("byte_order_mark", b"\xEF\xBB\xBF".to_vec()),
        ("cut.json", kubernetes("a").as_bytes()[..60].to_vec()),
        ("cut.json.gz", gzip(kubernetes("a").as_bytes())[..60].to_vec()),
        ("cut_utf16.csv", {
            let text = "name,owner,type\na,b,service account";
            let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            bytes.pop();
            bytes
        }),
        ("deep.json", deep.clone().into_bytes()),
        (
            "deep.yaml",
            format!("apiVersion: v1\nkind: List\nitems: {deep}").into_bytes(),
        ),
        ("deep_open.json", "{\"a\":".repeat(100_000).into_bytes()),
        ("deep_row.json", kubernetes("a").replace("\"n\"", &deep).into_bytes()),
        ("empty", Vec::new()),
        (
            "long_line.csv",
            [b"name,owner,type\n", vec![b'a'; 5 << 20].as_slice()].concat(),
        ),
        ("long_line.txt", vec![b'a'; 5 << 20]),
        ("long_name.json", kubernetes(&"a".repeat(10_000_000)).into_bytes()),
        ("nested.gz", nested),
        ("nuls", vec![0; 10_000]),
        ("nuls.csv", b"name,owner,type\na\0b,c,service account\n".to_vec()),
        ("spaces", vec![b' '; 1 << 20]),
        (
            "windows_1252.csv",
            b"name,owner,type\na,J\xFCrgen,service account\n".to_vec(),
        ),
    ];
    let mut paths = Vec::new();
    for (name, bytes) in files {
        paths.push(folder.path().join(name));
        fs::write(paths.last().unwrap(), bytes).unwrap();
    }
    paths.push(folder.path().join("zz_huge.json"));
    // Sparse: one byte more than is read of any file.
    File::create(paths.last().unwrap())
        .unwrap()
        .set_len((2 << 30) + 1)
        .unwrap();
    paths.push(folder.path().join("zz_pipe"));
    named_pipe(paths.last().unwrap());
    paths.push(folder.path().join("zz_socket"));
    let _listener = UnixListener::bind(paths.last().unwrap()).unwrap();
    paths.push(folder.path().join("zz_vanished"));
    paths.push(PathBuf::from("/dev/zero"));
    paths.push(folder.path().to_owned());
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let lines = inspect(&paths, 1);
    assert_eq!(lines.len(), paths.len());
    let said = said(&lines, folder.path()).replace(&folder.path().display().to_string(), "FOLDER");
    insta::assert_snapshot!("sentences", said);
}

/// Each export, and an archive of them, cut after each of many bytes.
#[test]
fn a_file_may_be_cut_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let snapshot = folder::fixture().join("2026-10-31");
    let mut sources = vec![(
        "registry.csv".to_owned(),
        fs::read(folder::fixture().join("registry.csv")).unwrap(),
    )];
    for path in [
        "aws-prod/credential_report.csv",
        "k8s-payments/objects.json",
        "tls-edge/web.pem",
    ] {
        sources.push((path.replace('/', "_"), fs::read(snapshot.join(path)).unwrap()));
    }
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in &sources {
        archive
            .start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(bytes).unwrap();
    }
    let zip = archive.finish().unwrap().into_inner();
    sources.push(("json.gz".to_owned(), gzip(&sources[2].1)));
    sources.push(("all.zip".to_owned(), zip));
    let mut paths = Vec::new();
    for (name, bytes) in &sources {
        for n in 0..60 {
            paths.push(folder.path().join(format!("{n}_{name}")));
            fs::write(paths.last().unwrap(), &bytes[..bytes.len() * n / 60]).unwrap();
        }
    }
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let lines = inspect(&paths, 1);
    assert_eq!(lines.len(), paths.len());
    for line in &lines {
        assert!(!line["diagnostics"].to_string().contains("Rollcall fails"), "{line}");
        // Only a table may end after any row, and a PEM bundle after any block.
        let is_whole = line["complete"] == true;
        let file = line["file"].as_str().unwrap();
        assert!(!is_whole || file.ends_with(".csv"), "{line}");
    }
}

#[test]
fn an_estate_loses_only_what_cannot_be_read() {
    let estate = folder::copy();
    let outside = tempfile::tempdir().unwrap();
    fs::write(
        outside.path().join("secret.csv"),
        "name,owner,type\noutside,b,service account\n",
    )
    .unwrap();
    let source = estate.path().join("2026-10-31/odd");
    fs::create_dir_all(source.join("folder")).unwrap();
    fs::write(source.join("good.csv"), "name,owner,type\ngood,b,service account\n").unwrap();
    fs::write(source.join(std::ffi::OsStr::from_bytes(b"n\xFFme.csv")), "x").unwrap();
    symlink(outside.path().join("secret.csv"), source.join("link_out.csv")).unwrap();
    symlink(outside.path(), source.join("link_out_folder")).unwrap();
    symlink("..", source.join("folder/link_up")).unwrap();
    symlink("link_to_itself", source.join("link_to_itself")).unwrap();
    symlink("nowhere", source.join("link_to_nothing")).unwrap();
    symlink("good.csv", source.join("link_to_good.csv")).unwrap();
    symlink("/dev/zero", source.join("link_to_device")).unwrap();
    named_pipe(&source.join("pipe"));
    let _listener = UnixListener::bind(source.join("socket")).unwrap();
    File::create(source.join("huge.json"))
        .unwrap()
        .set_len((2 << 30) + 1)
        .unwrap();

    let app = http::app(estate.path());
    let sources = http::get(&app, "/api/v1/sources").json();
    let odd = sources["sources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|source| source["name"] == "odd")
        .unwrap();
    let said = odd["files"].as_array().unwrap().iter().map(|file| {
        let found = file["diagnostics"][0]["found"].as_str().unwrap_or("nothing wrong");
        format!("{}: {found}\n", file["path"].as_str().unwrap())
    });
    insta::assert_snapshot!("odd_files", said.collect::<String>());
    assert_eq!(odd["completeness"], "partial");
    let rows = http::get(&app, "/api/v1/identities?q=outside").json();
    assert_eq!(rows["n_matching"], 0, "a link leads out of the estate");
    assert_eq!(
        http::get(&app, "/api/v1/identities?q=ci-deploy").json()["n_matching"],
        1
    );
}

#[test]
fn what_may_not_be_read_is_said() {
    let estate = folder::copy();
    let locked = [
        estate.path().join("2026-10-31/tls-edge/web.pem"),
        estate.path().join("2026-10-31/k8s-payments"),
    ];
    for path in &locked {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    if fs::read_dir(&locked[1]).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let sources = http::get(&http::app(estate.path()), "/api/v1/sources").json();
    for (name, path) in [("tls-edge", "web.pem"), ("k8s-payments", ".")] {
        let source = sources["sources"]
            .as_array()
            .unwrap()
            .iter()
            .find(|source| source["name"] == name);
        let file = &source.unwrap()["files"][0];
        assert_eq!(
            (&source.unwrap()["completeness"], &file["path"]),
            (&"partial".into(), &path.into())
        );
        assert_eq!(file["diagnostics"][0]["found"], "Permission denied (os error 13)");
    }
    for path in &locked {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
    }
}

/// The estate's own files may be as odd as any other.
#[test]
fn own_files_that_are_none_are_refused() {
    for (name, is_fatal) in [("rollcall.toml", true), ("registry.csv", false), ("roster.csv", false)] {
        let estate = folder::copy();
        fs::remove_file(estate.path().join(name)).unwrap();
        named_pipe(&estate.path().join(name));
        let output = rollcall(&["kpis", estate.path().to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(i32::from(is_fatal)), "{name}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert_eq!(complaint.contains("a named pipe"), is_fatal, "{complaint}");
    }
    let estate = folder::copy();
    File::create(estate.path().join("rollcall.toml"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let output = rollcall(&["kpis", estate.path().to_str().unwrap()]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaint.contains("1099511627776 bytes, expected at most 1048576"),
        "{complaint}"
    );
}

/// `2026-10-31T080000Z` is a date without colons; what has its length need not be one.
#[test]
fn folders_of_any_name_are_no_fault() {
    let estate = folder::copy();
    for name in ["aaaaaaaaaaaa€xxZ", "2026-11-30T080000Z", "9999-99-99", "-2026-01-01"] {
        fs::create_dir(estate.path().join(name)).unwrap();
    }
    let state = http::get(&http::app(estate.path()), "/api/v1/state");
    assert_eq!(state.status, StatusCode::OK);
    let names: Vec<Value> = state.json()["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["name"].clone())
        .collect();
    assert_eq!(names, ["2026-09-30", "2026-10-31", "2026-11-30T080000Z"]);
}
