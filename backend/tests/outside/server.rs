//! The built binary as a server on a free port, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long anything may take before a test says that it never will.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a server of an estate; its first line of output is its address.
    pub fn start(estate: &Path) -> Server {
        Server::start_with(estate, &[], "http")
    }

    /// Starts a server with more arguments than the estate and the port.
    pub fn start_with(estate: &Path, arguments: &[&str], scheme: &str) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_rollcall"))
            .env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"))
            .args(["serve", estate.to_str().unwrap(), "--listen", "0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix(&format!("{scheme}://"))
            .unwrap()
            .parse()
            .unwrap();
        Server { child, address }
    }

    /// Sends a signal and waits for the end.
    pub fn end(mut self, signal: &str) -> ExitStatus {
        // The shell's own: a small system has no program of that name.
        let kill = format!("kill {signal} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        until("the server ends", || self.child.try_wait().unwrap())
    }

    pub fn state(&self) -> Value {
        let (_, body) = get(self.address, "/api/v1/state").unwrap();
        serde_json::from_str(&body).unwrap()
    }

    /// Waits until the state is as wished.
    pub fn until(&self, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        until(what, || Some(self.state()).filter(|state| is_so(state)))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until there is an answer.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
        if let Some(answer) = ask() {
            return answer;
        }
        thread::sleep(PAUSE);
    }
    panic!("{what}: not within {PATIENCE:?}");
}

/// An open connection on which a request was sent.
pub fn send(address: SocketAddr, path: &str) -> std::io::Result<TcpStream> {
    send_with(address, path, "")
}

fn send_with(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n"
    )?;
    Ok(stream)
}

/// Status and body of an answer.
pub fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    get_with(address, path, "")
}

/// The same with more headers, each with its end of line.
pub fn get_with(address: SocketAddr, path: &str, headers: &str) -> std::io::Result<(u16, String)> {
    let mut answer = String::new();
    send_with(address, path, headers)?.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_default();
    Ok((status, body.to_owned()))
}
