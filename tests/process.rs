//! A server as a child process: started, awaited until it says where it listens, killed on drop.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

pub struct Process {
    child: Child,
    output: Arc<Mutex<String>>,
}

impl Process {
    /// Starts `command` and waits until `announces` finds what it looks for in a line of its output.
    ///
    /// If the process ends before or stays silent for longer than `patience`, the error carries all that it printed.
    pub fn start<T: Send + 'static>(
        mut command: Command,
        patience: Duration,
        announces: impl Fn(&str) -> Option<T> + Clone + Send + 'static,
    ) -> Result<(Self, T)> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start `{name}`"))?;
        let output = Arc::new(Mutex::new(String::new()));
        let (announced, announcement) = mpsc::channel();
        if let Some(stdout) = child.stdout.take() {
            follow(stdout, output.clone(), announces.clone(), announced.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            follow(stderr, output.clone(), announces, announced);
        }
        let process = Process { child, output };
        let found = announcement.recv_timeout(patience).map_err(|error| {
            let what = match error {
                RecvTimeoutError::Timeout => format!("did not say where it listens within {patience:?}"),
                RecvTimeoutError::Disconnected => "ended before it said where it listens".to_owned(),
            };
            anyhow!("`{name}` {what}; it printed:\n{}", process.output())
        })?;
        Ok((process, found))
    }

    /// Everything that it printed until now.
    pub fn output(&self) -> String {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end, so that the process never blocks on a full pipe.
fn follow<T: Send + 'static>(
    stream: impl Read + Send + 'static,
    output: Arc<Mutex<String>>,
    announces: impl Fn(&str) -> Option<T> + Send + 'static,
    announced: Sender<T>,
) {
    thread::spawn(move || {
        // Both streams' senders must go once they end: then the wait knows that no announcement can come.
        let mut announced = Some(announced);
        for line in BufReader::new(stream).split(b'\n').map_while(|line| line.ok()) {
            let line = String::from_utf8_lossy(&line).into_owned();
            let found = announces(&line);
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            output.push_str(&line);
            output.push('\n');
            drop(output);
            if let Some((found, sender)) = found.zip(announced.as_ref()) {
                // Nobody waits any more after the first announcement.
                if sender.send(found).is_err() {
                    announced = None;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn port(line: &str) -> Option<u16> {
        line.strip_prefix("port ")?.parse().ok()
    }

    #[test]
    fn the_announcement_is_awaited() {
        let (process, found) =
            Process::start(shell("echo hello; echo port 80 >&2; exec sleep 60"), PATIENCE, port).unwrap();
        assert_eq!(found, 80);
        assert!(process.output().contains("port 80"));
    }

    #[test]
    fn an_early_end_is_reported_with_the_output() {
        let error = Process::start(shell("echo no such estate"), PATIENCE, port)
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "`sh` ended before it said where it listens; it printed:\nno such estate\n"
        );
    }

    #[test]
    fn silence_is_reported() {
        let error = Process::start(shell("exec sleep 60"), Duration::from_millis(50), port)
            .err()
            .unwrap();
        assert!(
            error
                .to_string()
                .starts_with("`sh` did not say where it listens within 50ms"),
            "{error}"
        );
    }
}
