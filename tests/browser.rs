//! chromedriver and one headless Chromium, spoken to through WebDriver and, for what that lacks, the DevTools protocol.

use std::env;
use std::fmt::Debug;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::{ParseError, Url};

use crate::process::Process;

const START: Duration = Duration::from_secs(60);
const CLOSE: Duration = Duration::from_secs(10);

/// What is dropped first must go first: the session ends Chromium, then chromedriver goes, then the profile.
pub struct Browser {
    /// Journeys are plain functions, so every call blocks here.
    runtime: Runtime,
    client: Client,
    _chromedriver: Process,
    _profile: TempDir,
}

impl Browser {
    /// Starts both with a fresh profile. Fails with what to install if one of them is missing.
    pub fn start() -> Result<Self> {
        let chromium = program("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"])?;
        let chromedriver = program("CHROMEDRIVER", &["chromedriver"])?;
        let profile = tempfile::tempdir().context("cannot create a folder for Chromium's profile")?;

        let mut command = Command::new(chromedriver);
        command.arg("--port=0");
        let (chromedriver, port) = Process::start(command, START, port_in)?;

        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": chromium,
                "args": [
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-quic",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    format!("--user-data-dir={}", profile.path().display()),
                ],
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            return Err(anyhow!("capabilities are an object"));
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start a runtime")?;
        let connected = runtime.block_on(async {
            let mut builder = ClientBuilder::new(HttpConnector::new());
            builder.capabilities(capabilities);
            tokio::time::timeout(START, builder.connect(&format!("http://127.0.0.1:{port}"))).await
        });
        let client = connected
            .map_err(|_| anyhow!("Chromium did not start within {START:?}"))
            .and_then(|session| session.context("Chromium did not start"))
            .with_context(|| format!("chromedriver printed:\n{}", chromedriver.output()))?;
        Ok(Browser {
            runtime,
            client,
            _chromedriver: chromedriver,
            _profile: profile,
        })
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// One command of the DevTools protocol, as in its documentation.
    pub fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        let body = json!({ "cmd": method, "params": parameters });
        self.post("goog/cdp/execute", body)
            .with_context(|| format!("`{method}`"))
    }

    /// What the page would be on paper: a PDF in Base64.
    pub fn print(&self) -> Result<String> {
        let printed = self.post("print", json!({ "page": { "width": 21.0, "height": 29.7 } }))?;
        let printed = printed.as_str().context("the browser printed nothing")?;
        Ok(printed.to_owned())
    }

    /// Console entries since the last call: warnings, errors, failed requests, violated policies.
    pub fn console(&self) -> Result<Vec<Value>> {
        let entries = self.post("se/log", json!({ "type": "browser" }))?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }

    fn post(&self, path: &'static str, body: Value) -> Result<Value> {
        Ok(self.wait(self.client.issue_cmd(Post { path, body }))?)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let close = self.client.clone().close();
        // A browser that does not answer is killed with chromedriver's session anyway.
        let _ = self
            .runtime
            .block_on(async { tokio::time::timeout(CLOSE, close).await });
    }
}

/// A command of chromedriver that the WebDriver standard does not have.
#[derive(Debug)]
struct Post {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Post {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _request_url: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

fn program(variable: &str, names: &[&str]) -> Result<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Ok(path.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "no `{}` on the PATH and `{variable}` is not set: `cargo xtask setup` installs it where it may, \
                 on Debian `apt-get install chromium chromium-driver` does; `ROLLCALL_SKIP_BROWSER=1` leaves the journeys out",
                names[0]
            )
        })
}

fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("started successfully on port ")?;
    rest.trim_end_matches(['.', '\r']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_what_chromedriver_prints() {
        assert_eq!(
            port_in("ChromeDriver was started successfully on port 40113."),
            Some(40113)
        );
        assert_eq!(port_in("Starting ChromeDriver 156.0.8078.79 on port 0"), None);
    }
}
