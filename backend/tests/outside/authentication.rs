//! Who a running server lets in.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::folder;
use crate::server::{Server, get, get_with};

/// What `rollcall password` prints for a password on its input.
fn password_line(name: &str, password: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
        .args(["password", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn people_of_the_password_file_are_let_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("passwords");
    fs::write(&file, password_line("ada", "correct horse\n")).unwrap();
    let server = Server::start_with(&folder::fixture(), &["--password-file", file.to_str().unwrap()], "http");
    let status = |pair: &str| {
        let header = format!("authorization: Basic {}\r\n", STANDARD.encode(pair));
        get_with(server.address, "/healthz", &header).unwrap().0
    };
    assert_eq!(status("ada:correct horse"), 200);
    assert_eq!(status("ada:wrong horse"), 401);
    assert_eq!(status("bob:correct horse"), 401);
    assert_eq!(get(server.address, "/healthz").unwrap().0, 401);
}

#[test]
fn a_proxy_is_known_by_its_address() {
    let asked_by_proxy = |proxy: &str| {
        let server = Server::start_with(&folder::fixture(), &["--proxy", proxy], "http");
        let status = |header: &str| get_with(server.address, "/healthz", header).unwrap().0;
        (status("x-forwarded-user: ada\r\n"), status(""))
    };
    assert_eq!(asked_by_proxy("127.0.0.1"), (200, 401));
    assert_eq!(asked_by_proxy("192.0.2.1"), (401, 401));
}
