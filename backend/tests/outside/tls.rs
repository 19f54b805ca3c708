//! The server under TLS, as OpenSSL sees it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::cli::rollcall;
use crate::folder;
use crate::server::Server;

#[test]
fn pages_are_served_under_tls() {
    let keys = tempfile::tempdir().unwrap();
    let path = |name: &str| keys.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("certificate.pem"), path("key.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args([
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-keyout", &key, "-out", &certificate])
        .output();
    let Ok(made) = made else {
        println!("skipped: there is no openssl");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));

    let arguments = ["--tls-certificate", &certificate, "--tls-key", &key];
    let server = Server::start_with(&folder::fixture(), &arguments, "https");
    let mut client = Command::new("openssl")
        .args([
            "s_client",
            "-quiet",
            "-verify_return_error",
            "-verify_hostname",
            "localhost",
        ])
        .args(["-CAfile", &certificate, "-connect", &server.address.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    client.stdin.as_mut().unwrap().write_all(request).unwrap();
    let answer = client.wait_with_output().unwrap();
    let answer = String::from_utf8_lossy(&answer.stdout);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn keys_that_cannot_be_read_are_named() {
    let estate = folder::fixture();
    let arguments = [
        "--tls-certificate",
        "/nowhere/c.pem",
        "--tls-key",
        "/nowhere/k.pem",
        "--listen",
        "0",
    ];
    let output = rollcall(&[&["serve", estate.to_str().unwrap()], arguments.as_slice()].concat());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    let expected = "rollcall: cannot serve TLS with the certificate `/nowhere/c.pem` and the key `/nowhere/k.pem`";
    assert!(said.contains(expected), "{said}");
}
