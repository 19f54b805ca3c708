//! Files change under the server: the last whole reading is served until the next one is there.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use axum::http::StatusCode;
use rollcall::serving::{App, Watcher};
use serde_json::Value;

use crate::folder;
use crate::http::{empty_app, get};
use crate::server::{self, Server};

const ROW: &str = "name,owner,type\nlate,b,service account\n";

/// A server that has read a copy of the fixture, and what looks at that.
fn watched(root: &Path) -> (Arc<App>, Watcher) {
    let app = empty_app();
    let mut watcher = Watcher::new(root.to_owned());
    watcher.look(&app);
    assert_eq!(n_late(&app), 0);
    (app, watcher)
}

fn n_late(app: &Arc<App>) -> u64 {
    let answer = get(app, "/api/v1/identities?q=late");
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["n_matching"].as_u64().unwrap()
}

fn problem(app: &Arc<App>) -> Value {
    get(app, "/api/v1/state").json()["problem"].clone()
}

#[test]
fn a_change_is_read_when_it_holds_still() {
    let estate = folder::copy();
    let (app, mut watcher) = watched(estate.path());
    let late = estate.path().join("2026-10-31/late.csv");
    // Half of it is there at one look, all at the next: neither is read before it was seen twice.
    fs::write(&late, &ROW[..30]).unwrap();
    watcher.look(&app);
    fs::write(&late, ROW).unwrap();
    watcher.look(&app);
    assert_eq!(n_late(&app), 0);
    watcher.look(&app);
    assert_eq!((n_late(&app), problem(&app)), (1, Value::Null));
    // The same size, and a time that is set back.
    let time = fs::metadata(&late).unwrap().modified().unwrap();
    fs::write(&late, ROW.replace("late", "date")).unwrap();
    fs::File::options()
        .write(true)
        .open(&late)
        .unwrap()
        .set_modified(time)
        .unwrap();
    watcher.look(&app);
    watcher.look(&app);
    assert_eq!(n_late(&app), 0);
}

#[test]
fn a_file_that_never_holds_still_keeps_no_other_from_being_read() {
    let estate = folder::copy();
    let (app, mut watcher) = watched(estate.path());
    fs::write(estate.path().join("2026-10-31/late.csv"), ROW).unwrap();
    let log = estate.path().join("2026-10-31/growing.log");
    let mut n_looks = 0;
    while n_late(&app) == 0 {
        n_looks += 1;
        assert!(n_looks < 20, "the log keeps all from being read");
        fs::write(&log, "a line\n".repeat(n_looks)).unwrap();
        watcher.look(&app);
    }
    assert!(n_looks > 5, "a copy that goes on for a moment was not waited for");
    assert_eq!(problem(&app), Value::Null);
}

#[test]
fn an_estate_may_go_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("estate");
    fs::rename(folder::copy().keep(), &root).unwrap();
    let (app, mut watcher) = watched(&root);
    let away = folder.path().join("away");
    fs::rename(&root, &away).unwrap();
    watcher.look(&app);
    assert!(problem(&app).as_str().unwrap().contains("cannot open the estate"));
    assert_eq!(n_late(&app), 0);
    fs::write(away.join("2026-10-31/late.csv"), ROW).unwrap();
    fs::rename(&away, &root).unwrap();
    watcher.look(&app);
    assert_eq!(n_late(&app), 0, "it may still be copied");
    watcher.look(&app);
    assert_eq!((n_late(&app), problem(&app)), (1, Value::Null));
}

#[test]
fn a_broken_configuration_leaves_what_is_served() {
    let estate = folder::copy();
    let (app, mut watcher) = watched(estate.path());
    let before = get(&app, "/api/v1/kpis").body;
    let config = estate.path().join("rollcall.toml");
    let good = fs::read_to_string(&config).unwrap();
    fs::write(&config, "[thresholds]\nacces_key_max_age_days = 30\n").unwrap();
    watcher.look(&app);
    let problem_text = problem(&app);
    assert!(problem_text.as_str().unwrap().contains("line 2"), "{problem_text}");
    assert_eq!(get(&app, "/api/v1/kpis").body, before);
    fs::write(&config, good.replace("value = 60", "value = 6000")).unwrap();
    watcher.look(&app);
    watcher.look(&app);
    assert_eq!(problem(&app), Value::Null);
    assert_ne!(get(&app, "/api/v1/kpis").body, before);
}

/// The older snapshot is read when it is first asked for: by then it may be another than the one that was listed.
#[test]
fn an_older_snapshot_that_changed_is_not_served_by_halves() {
    let estate = folder::copy();
    let (app, mut watcher) = watched(estate.path());
    let (before, after) = (estate.path().join("2026-09-30"), estate.path().join("2026-09-29"));
    fs::rename(&before, &after).unwrap();
    let answer = get(&app, "/api/v1/identities?snapshot=2026-09-30");
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers["retry-after"], "1");
    watcher.look(&app);
    watcher.look(&app);
    assert_eq!(
        get(&app, "/api/v1/identities?snapshot=2026-09-30").status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        get(&app, "/api/v1/identities?snapshot=2026-09-29").json()["n_matching"],
        1
    );
}

/// While requests come in, exports are rewritten by halves, vanish, come back, and the configuration breaks.
#[test]
fn no_request_fails_while_files_change() {
    const N_REQUESTS: usize = 3_000;
    let estate = folder::copy();
    let server = Server::start(estate.path());
    let first = server.until("the estate is read", |state| state["version"] != "");
    let address = server.address;
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            for n in 0..N_REQUESTS {
                let path = [
                    "/api/v1/overview",
                    "/api/v1/identities?sort=-name",
                    "/api/v1/kpis",
                    "/api/v1/state",
                ][n % 4];
                let (status, body) = server::get(address, path).unwrap();
                assert_eq!(status, 200, "{path}: {body}");
                let n_rows = serde_json::from_str::<Value>(&body).unwrap()["n_total"].as_u64();
                // Whole readings only: without the change, or with it.
                assert!(n_rows.is_none_or(|n| n == 5 || n == 6), "{body}");
            }
        });
        let config = estate.path().join("rollcall.toml");
        let good = fs::read_to_string(&config).unwrap();
        let (late, aside) = (estate.path().join("2026-10-31/late.csv"), estate.path().join("aside"));
        let snapshot = estate.path().join("2026-10-31");
        while !asking.is_finished() {
            fs::write(&config, "half a [").unwrap();
            fs::write(&late, &ROW[..30]).unwrap();
            fs::write(&late, ROW).unwrap();
            fs::write(&config, &good).unwrap();
            let is_read = |state: &Value| state["version"] != first["version"] && state["problem"].is_null();
            server.until("the change is read", is_read);
            fs::rename(&snapshot, &aside).unwrap();
            fs::remove_file(aside.join("late.csv")).unwrap();
            fs::rename(&aside, &snapshot).unwrap();
        }
        asking.join().unwrap();
    });
    server::until("the last state is read", || {
        let (_, body) = server::get(address, "/api/v1/identities").unwrap();
        (serde_json::from_str::<Value>(&body).unwrap()["n_total"] == 5).then_some(())
    });
}

#[test]
fn open_pages_are_told() {
    let estate = folder::copy();
    let server = Server::start(estate.path());
    let first = server.until("the estate is read", |state| state["version"] != "");
    let mut events = BufReader::new(server::send(server.address, "/api/v1/events").unwrap()).lines();
    let mut next_state = || loop {
        let line = events.next().unwrap().unwrap();
        if let Some(data) = line.strip_prefix("data: ") {
            return serde_json::from_str::<Value>(data).unwrap();
        }
    };
    assert_eq!(next_state(), first);
    fs::write(estate.path().join("2026-10-31/late.csv"), ROW).unwrap();
    let changed = loop {
        let state = next_state();
        if state["version"] != first["version"] {
            break state;
        }
    };
    assert_eq!(changed, server.state());
}

#[test]
fn it_ends_when_told_to_with_pages_open() {
    for signal in ["-TERM", "-INT"] {
        let estate = folder::copy();
        let server = Server::start(estate.path());
        server.until("the estate is read", |state| state["version"] != "");
        let mut events = server::send(server.address, "/api/v1/events").unwrap();
        let mut start = [0; 16];
        events.read_exact(&mut start).unwrap();
        assert!(server.end(signal).success(), "{signal}");
        // The stream ended as streams end, not by a broken connection.
        let mut rest = String::new();
        events.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("0\r\n\r\n"), "{rest:?}");
    }
}
