//! A server that knows nothing but files, as nginx, an object store or `python3 -m http.server` do.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Result;

/// Serves until the test ends.
pub struct FileServer {
    origin: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FileServer {
    /// Serves what is in a folder, on a free port.
    pub fn start(folder: &Path) -> Result<FileServer> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let origin = format!("http://{}", listener.local_addr()?);
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let (folder, noted) = (folder.to_owned(), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (folder, noted) = (folder.clone(), Arc::clone(&noted));
                // A browser that goes away is no fault of the server.
                thread::spawn(move || answer(stream, &folder, &noted));
            }
        });
        Ok(FileServer { origin, asked })
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// What was asked for until now.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(mut stream: TcpStream, folder: &Path, asked: &Mutex<Vec<String>>) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = request.split(' ').nth(1).unwrap_or("/").to_owned();
    asked
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(target.clone());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let file = folder.join(path.trim_start_matches('/'));
    if file.is_dir() && !path.ends_with('/') {
        let head = format!(
            "HTTP/1.1 301 Moved\r\nlocation: {path}/?{query}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
        return Ok(stream.write_all(head.as_bytes())?);
    }
    let file = if file.is_dir() { file.join("index.html") } else { file };
    let (status, file) = match file.is_file() {
        true => ("200 OK", file),
        false => ("404 Not Found", folder.join("404.html")),
    };
    let content = fs::read(&file)?;
    let (length, kind) = (content.len(), media_type(&file));
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    Ok(stream.write_all(&content)?)
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}
