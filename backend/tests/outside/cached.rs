//! The cache between two starts: the same answers from less work, and nothing that can go wrong with it shows.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use axum::http::StatusCode;
use rollcall::cache::Cache;
use rollcall::estate::{Estate, Loaded, Progress};
use tempfile::TempDir;

use crate::cli::rollcall;
use crate::folder;
use crate::http::{app_with, get};

/// What is asked of a server whose readings are compared.
const ADDRESSES: [&str; 10] = [
    "/api/v1/overview",
    "/api/v1/kpis",
    "/api/v1/identities?facets=yes&sort=-created_at",
    "/api/v1/credentials?facets=yes&q=key",
    "/api/v1/findings?facets=yes",
    "/api/v1/sources",
    "/api/v1/trends",
    "/api/v1/durations",
    "/api/v1/history",
    "/api/v1/graph/nodes?q=deploy",
];

fn answers(root: &Path, cache: Cache) -> Vec<String> {
    let app = app_with(root, cache);
    let answer = |address| {
        let answer = get(&app, address);
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.body);
        answer.body
    };
    ADDRESSES.map(answer).to_vec()
}

fn load(root: &Path, cache: &Cache) -> Loaded {
    let estate = Estate::open(root).unwrap();
    let newest = estate.snapshots.len() - 1;
    let loaded = estate.load(newest, None, &Progress::default(), cache).unwrap();
    estate.keep(&loaded, cache);
    loaded
}

/// The entries of a cache, the largest first.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut entries: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    entries.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().len()));
    entries
}

/// A copy of the fixture, and a folder for a cache that is not there yet.
fn estate() -> (TempDir, TempDir, PathBuf) {
    let (estate, beside) = (folder::copy(), TempDir::new().unwrap());
    let cache = beside.path().join("cache");
    (estate, beside, cache)
}

#[test]
fn a_second_start_answers_as_the_first() {
    let (estate, _beside, cache) = estate();
    let afresh = answers(estate.path(), Cache::none());
    assert!(!cache.exists());
    assert_eq!(answers(estate.path(), Cache::at(cache.clone())), afresh);
    // Two snapshots, their history, and what the files hold.
    assert_eq!(entries(&cache).len(), 4);
    assert!(load(estate.path(), &Cache::at(cache.clone())).is_cached());
    assert_eq!(answers(estate.path(), Cache::at(cache)), afresh);
}

#[test]
fn what_goes_into_an_answer_names_its_entry() {
    let (estate, _beside, cache) = estate();
    let cache = Cache::at(cache);
    let is_cached = || load(estate.path(), &cache).is_cached();
    assert!(!is_cached() && is_cached());
    let report = estate.path().join("2026-10-31/aws-prod/credential_report.csv");
    let before = fs::read_to_string(&report).unwrap();
    let time = fs::metadata(&report).unwrap().modified().unwrap();
    // The same size, and a time that is set back.
    fs::write(&report, before.replace("true", "TRUE")).unwrap();
    File::options()
        .write(true)
        .open(&report)
        .unwrap()
        .set_modified(time)
        .unwrap();
    assert!(!is_cached() && is_cached());
    // The contents of before have an entry.
    fs::write(&report, before).unwrap();
    assert!(is_cached());
    for name in [
        "rollcall.toml",
        "registry.csv",
        "2026-10-31/aws-prod/source.toml",
        "2026-10-31/aws-prod/new.csv",
    ] {
        let file = estate.path().join(name);
        let before = fs::read(&file).unwrap_or_default();
        fs::write(&file, [&before[..], b"\n"].concat()).unwrap();
        assert!(!is_cached() && is_cached(), "{name}");
    }
    // What cannot be read may be read the next time.
    let opened = Estate::open(estate.path()).unwrap();
    let newest = opened.snapshots.len() - 1;
    fs::remove_file(&report).unwrap();
    for _ in 0..2 {
        let loaded = opened.load(newest, None, &Progress::default(), &cache).unwrap();
        opened.keep(&loaded, &cache);
        assert!(!loaded.is_cached());
    }
}

#[test]
fn a_broken_entry_is_made_again() {
    let (estate, _beside, folder) = estate();
    let afresh = answers(estate.path(), Cache::none());
    let breaks: [fn(Vec<u8>) -> Vec<u8>; 5] = [
        |_| Vec::new(),
        |bytes| bytes[..bytes.len() - 1].to_vec(),
        |mut bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        },
        |bytes| [&bytes[..], b"more"].concat(),
        |_| b"another program's file, longer than the head of an entry, and of nothing that is in the cache".to_vec(),
    ];
    for broken in breaks {
        answers(estate.path(), Cache::at(folder.clone()));
        for entry in entries(&folder) {
            fs::write(&entry, broken(fs::read(&entry).unwrap())).unwrap();
        }
        assert_eq!(answers(estate.path(), Cache::at(folder.clone())), afresh);
        let cache = Cache::at(folder.clone());
        assert!(load(estate.path(), &cache).is_cached());
    }
    // Each a whole entry, of something else.
    let of_before = entries(&folder);
    let contents: Vec<Vec<u8>> = of_before.iter().map(|entry| fs::read(entry).unwrap()).collect();
    for (entry, of_another) in of_before.iter().zip(contents.iter().cycle().skip(1)) {
        fs::write(entry, of_another).unwrap();
    }
    assert_eq!(answers(estate.path(), Cache::at(folder)), afresh);
}

#[test]
fn a_cache_that_cannot_be_written_stops_nothing() {
    let (estate, beside, _) = estate();
    let afresh = answers(estate.path(), Cache::none());
    // A file where the folder should be: root may write everywhere else.
    let file = beside.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(answers(estate.path(), Cache::at(file.join("cache"))), afresh);
    let (root, cache) = (estate.path().to_str().unwrap(), file.join("cache"));
    let output = rollcall(&["kpis", root, "--cache", cache.to_str().unwrap()]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("nothing can be kept in the cache"), "{said}");
}

#[test]
fn a_full_disk_stops_nothing_and_leaves_nothing() {
    let (estate, _beside, folder) = estate();
    let (root, cache) = (estate.path().to_str().unwrap(), folder.to_str().unwrap());
    let afresh = rollcall(&["kpis", root, "--no-cache"]).stdout;
    // No file may grow beyond two blocks: as a full disk, that ends a write in the middle.
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 2; exec \"$@\"",
            "sh",
            env!("CARGO_BIN_EXE_rollcall"),
        ])
        .args(["kpis", root, "--cache", cache])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("nothing can be kept in the cache"), "{said}");
    assert_eq!(output.stdout, afresh);
    for entry in entries(&folder) {
        assert_eq!(entry.extension(), None, "it was not finished and is not cleared away");
    }
    let output = rollcall(&["kpis", root, "--cache", cache]);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.stdout, afresh);
}

#[test]
fn a_process_may_be_killed_at_any_moment() {
    let (estate, _beside, folder) = estate();
    let (root, cache) = (estate.path().to_str().unwrap(), folder.to_str().unwrap());
    let start = || {
        Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .args(["kpis", root, "--cache", cache])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let afresh = rollcall(&["kpis", root, "--no-cache"]).stdout;
    let started = Instant::now();
    start().wait().unwrap();
    let whole = started.elapsed();
    fs::remove_dir_all(&folder).unwrap();
    for part in 1..=20 {
        let mut process = start();
        thread::sleep(whole * part / 20);
        process.kill().unwrap();
        process.wait().unwrap();
        let output = rollcall(&["kpis", root, "--cache", cache]);
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "",
            "killed after {part} of 20 parts"
        );
        assert_eq!(output.stdout, afresh);
        fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn a_clock_that_was_set_back_costs_no_entry() {
    let (estate, _beside, folder) = estate();
    let cache = Cache::at(folder.clone());
    load(estate.path(), &cache);
    let next_year = SystemTime::now() + Duration::from_secs(365 * 86_400);
    for entry in entries(&folder) {
        let file = File::options().write(true).open(entry).unwrap();
        file.set_modified(next_year).unwrap();
    }
    assert!(load(estate.path(), &cache).is_cached());
}

#[test]
fn only_the_user_can_read_it() {
    let (estate, _beside, folder) = estate();
    load(estate.path(), &Cache::at(folder.clone()));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in entries(&folder) {
        assert_eq!(mode(&entry), 0o600);
    }
}

#[test]
fn without_a_cache_none_is_read_or_written() {
    let (estate, _beside, folder) = estate();
    let (root, cache) = (estate.path().to_str().unwrap(), folder.to_str().unwrap());
    let kpis = |arguments: &[&str]| {
        let output = rollcall(&[&["kpis", root, "--cache", cache], arguments].concat());
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        output.stdout
    };
    let afresh = kpis(&["--no-cache"]);
    assert!(!folder.exists());
    assert_eq!(kpis(&[]), afresh);
    // Whoever read these would say so.
    for entry in entries(&folder) {
        fs::write(entry, "broken").unwrap();
    }
    assert_eq!(kpis(&["--no-cache"]), afresh);
    assert!(
        entries(&folder)
            .iter()
            .all(|entry| fs::read(entry).unwrap() == b"broken")
    );
}

#[test]
fn what_a_killed_process_left_is_cleared_away() {
    let (estate, _beside, folder) = estate();
    fs::create_dir(&folder).unwrap();
    let (left, young) = (folder.join("0.1.new"), folder.join("0.2.new"));
    fs::write(&left, "half").unwrap();
    fs::write(&young, "half").unwrap();
    let long_ago = fs::metadata(&left).unwrap().modified().unwrap() - Duration::from_secs(7200);
    File::options()
        .write(true)
        .open(&left)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    load(estate.path(), &Cache::at(folder));
    assert!(!left.exists() && young.exists());
}
