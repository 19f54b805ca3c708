//! Events that a platform's log service carries: each stands as JSON inside a text, in an entry of its own.
//!
//! CloudWatch Logs gives entries with a `message`, in `events` (`aws logs filter-log-events`) or in `logEvents` (what a
//! subscription sends). Azure's diagnostic settings give the audit log of AKS with the event in `properties.log`, Log
//! Analytics in `log_s`. Each entry is replaced by its event, so that the connectors find the events where the entries
//! stood. Entries that are plain text are lines of other logs in the same group, and are left out.

use std::borrow::Cow;

use memchr::memmem;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::scan::{Broken, Scan, Start, Why};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The lists of entries in a page.
const LISTS: [&str; 3] = ["events", "logEvents", "records"];

/// What an entry of CloudWatch Logs has beside its `message`. Nothing else stands in one.
const BESIDE_MESSAGE: [&str; 7] = [
    "timestamp",
    "ingestionTime",
    "logStreamName",
    "eventId",
    "id",
    "extractedFields",
    "ptr",
];

/// How deep lists of entries stand in one another: pages in a list, in a list of such.
const MAX_DEPTH: usize = 3;

/// How much of a file is looked at to see whether it has entries at all.
const LOOK_BYTES: usize = 64 << 10;

/// The text with events in the place of the entries that carry them; the text itself where none does.
pub fn events<'a>(text: &'a str, diagnostics: &mut Diagnostics) -> Cow<'a, str> {
    let beginning = &text.as_bytes()[..text.len().min(LOOK_BYTES)];
    let has = |needle: &str| memmem::find(beginning, needle.as_bytes()).is_some();
    let may_carry = has("kube-audit") || has("\"message\"") && has("\"timestamp\"");
    if !may_carry {
        return Cow::Borrowed(text);
    }
    let mut unwrapping = Unwrapping {
        text,
        out: String::new(),
        copied: 0,
        depth: 0,
        n_events: 0,
        n_plain: 0,
        n_broken: 0,
    };
    let mut scan = Scan::new(text);
    while scan.skip_space() {
        let start = scan.at();
        match unwrapping.document(&mut scan) {
            Err(broken) if broken.why != Why::NotJson || !scan.skip_to_next_line() => break,
            Ok(()) if scan.at() == start => break,
            Err(_) | Ok(()) => {}
        }
    }
    unwrapping.finish(diagnostics)
}

struct Unwrapping<'a> {
    text: &'a str,
    out: String,
    /// How much of the text stands in `out`, as it is or replaced.
    copied: usize,
    /// How many lists stand around what is looked at.
    depth: usize,
    n_events: usize,
    n_plain: usize,
    n_broken: usize,
}

/// What an object turned out to be.
enum Found {
    /// An entry with this event.
    Event(String),
    /// An entry without one.
    NoEvent,
    Other,
}

#[derive(Deserialize)]
struct RawProperties {
    #[serde(default)]
    log: Option<String>,
}

impl<'a> Unwrapping<'a> {
    fn document(&mut self, scan: &mut Scan<'a>) -> Result<(), Broken> {
        match scan.start()? {
            Start::Object => {
                let start = scan.at();
                if let Found::Event(event) = self.object(scan)? {
                    self.copy_to(start);
                    self.put(&event, scan.at());
                }
                Ok(())
            }
            Start::Array => self.list(scan),
            Start::Text | Start::Other => Err(Broken {
                at: scan.at(),
                why: Why::NotJson,
            }),
        }
    }

    fn list(&mut self, scan: &mut Scan<'a>) -> Result<(), Broken> {
        if self.depth == MAX_DEPTH {
            return scan.value().map(drop);
        }
        self.depth += 1;
        let walked = self.elements(scan);
        self.depth -= 1;
        walked
    }

    fn elements(&mut self, scan: &mut Scan<'a>) -> Result<(), Broken> {
        let (mut n_kept, mut n_left_out) = (0usize, 0usize);
        scan.array(|scan, _| {
            let kind = scan.start()?;
            let start = scan.at();
            if n_kept == 0 && n_left_out > 0 {
                // The comma behind what was left out.
                self.copied = start;
            }
            let found = match kind {
                Start::Object => self.object(scan)?,
                Start::Array => {
                    self.list(scan)?;
                    Found::Other
                }
                Start::Text | Start::Other => {
                    scan.value()?;
                    Found::Other
                }
            };
            match found {
                Found::Event(event) => {
                    self.copy_to(start);
                    self.put(&event, scan.at());
                    n_kept += 1;
                }
                Found::NoEvent => {
                    self.copy_to(start);
                    if n_kept > 0 {
                        let kept = self.out.trim_end().trim_end_matches(',').len();
                        self.out.truncate(kept);
                    }
                    self.copied = scan.at();
                    n_left_out += 1;
                }
                Found::Other => n_kept += 1,
            }
            Ok(())
        })
    }

    fn object(&mut self, scan: &mut Scan<'a>) -> Result<Found, Broken> {
        let (mut message, mut log, mut properties) = (None, None, None);
        let (mut is_of_aks, mut has_others, mut is_page, mut has_time) = (false, false, false, false);
        scan.object(|scan, key| {
            match (key, scan.start()?) {
                (key, Start::Array) if LISTS.contains(&key) => {
                    is_page = true;
                    return self.list(scan);
                }
                ("message", Start::Text) => message = Some(scan.value()?),
                ("log_s", Start::Text) => log = Some(scan.value()?),
                ("properties", Start::Object) => properties = Some(scan.value()?),
                ("category" | "Category", Start::Text) => is_of_aks = scan.value()?.starts_with("\"kube-audit"),
                (key, _) => {
                    has_others |= !BESIDE_MESSAGE.contains(&key);
                    has_time |= key == "timestamp";
                    scan.value()?;
                }
            }
            Ok(())
        })?;
        if is_page {
            return Ok(Found::Other);
        }
        let text = match (message, log, properties) {
            (Some(message), None, None) if has_time && !has_others => serde_json::from_str(message).ok(),
            (None, Some(log), _) if is_of_aks => serde_json::from_str(log).ok(),
            (None, None, Some(properties)) if is_of_aks => {
                let properties = serde_json::from_str::<RawProperties>(properties);
                properties.ok().and_then(|properties| properties.log)
            }
            _ => return Ok(Found::Other),
        };
        let text: String = text.unwrap_or_default();
        if !text.trim_start().starts_with('{') {
            self.n_plain += 1;
            return Ok(Found::NoEvent);
        }
        if serde_json::from_str::<IgnoredAny>(&text).is_err() {
            self.n_broken += 1;
            return Ok(Found::NoEvent);
        }
        self.n_events += 1;
        Ok(Found::Event(text))
    }

    /// Copies what stands before `end` as it is.
    fn copy_to(&mut self, end: usize) {
        self.out.push_str(&self.text[self.copied..end]);
        self.copied = end;
    }

    /// Puts an event in the place of what stands before `end`.
    fn put(&mut self, event: &str, end: usize) {
        self.out.push_str(event);
        self.copied = end;
    }

    fn finish(mut self, diagnostics: &mut Diagnostics) -> Cow<'a, str> {
        if self.n_events == 0 {
            return Cow::Borrowed(self.text);
        }
        if self.n_broken > 0 {
            diagnostics.push(Diagnostic::error(
                "entries",
                format!("events that break off inside their text: {}", self.n_broken),
                "an event as JSON text",
                "they were left out: a log service cuts what is longer than it takes",
            ));
        }
        if self.n_plain > 0 {
            diagnostics.push(Diagnostic::info(
                "entries",
                format!("lines of text among the events: {}", self.n_plain),
                "events as JSON",
                "nothing to do: they are of other logs in the same group",
            ));
        }
        self.copy_to(self.text.len());
        Cow::Owned(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> (String, Vec<String>) {
        let mut diagnostics = Diagnostics::default();
        let found = events(text, &mut diagnostics).into_owned();
        let told = diagnostics.into_vec().into_iter().map(|told| told.found).collect();
        (found, told)
    }

    #[test]
    fn an_event_takes_the_place_of_its_entry() {
        for (text, expected) in [
            (
                r#"{"events": [{"timestamp": 1, "message": "{\"a\":1}"}, {"message":"{\"a\":2}\n","timestamp":2}], "nextToken": "x"}"#,
                "{\"events\": [{\"a\":1}, {\"a\":2}\n], \"nextToken\": \"x\"}",
            ),
            (
                r#"{"logEvents":[{"id":"1","timestamp":1,"message":"{}"}]}{"logEvents":[{"id":"2","timestamp":1,"message":"{\"b\":[]}"}]}"#,
                r#"{"logEvents":[{}]}{"logEvents":[{"b":[]}]}"#,
            ),
            (r#"[{"timestamp":1,"message":"{}"}]"#, "[{}]"),
            (
                "{\"category\":\"kube-audit\",\"properties\":{\"log\":\"{}\",\"pod\":\"p\"}}\n{\"category\":\"guard\",\"properties\":{\"log\":\"x\"}}\n",
                "{}\n{\"category\":\"guard\",\"properties\":{\"log\":\"x\"}}\n",
            ),
            (
                r#"{"records":[{"properties":{"log":"{}"},"category":"kube-audit-admin"}]}"#,
                r#"{"records":[{}]}"#,
            ),
            (r#"[{"Category":"kube-audit","log_s":"{}","x":1}]"#, "[{}]"),
        ] {
            assert_eq!(check(text), (expected.to_owned(), vec![]), "{text}");
        }
    }

    #[test]
    fn lines_of_other_logs_are_left_out() {
        let entry = |message: &str| format!("{{\"timestamp\":1,\"message\":\"{message}\"}}");
        let list = |messages: &[&str]| {
            let entries: Vec<String> = messages.iter().map(|message| entry(message)).collect();
            check(&format!("{{\"events\":[{}]}}", entries.join(",\n")))
        };
        for messages in [
            ["I1127 up", "I1127 on", "{}", "{}"],
            ["{}", "I1127 up", "I1127 on", "{}"],
            ["{}", "{}", "I1127 up", "I1127 on"],
        ] {
            let (text, told) = list(&messages);
            assert_eq!(text.replace('\n', ""), "{\"events\":[{},{}]}", "{messages:?}");
            assert_eq!(told, ["lines of text among the events: 2"]);
        }
        let (text, told) = list(&["{}", "{\\\"a\\\":"]);
        assert_eq!(text, "{\"events\":[{}]}");
        assert_eq!(told, ["events that break off inside their text: 1"]);
    }

    #[test]
    fn anything_else_is_left_alone() {
        for text in [
            r#"{"events":[{"timestamp":1,"message":"up"}]}"#,
            r#"{"events":[{"timestamp":1,"message":"{}","level":"info"}]}"#,
            r#"[{"message":"{}","timestamp":{},"commit":"x"}]"#,
            r#"{"category":"kube-apiserver","properties":{"log":"{}"},"x":"kube-audit"}"#,
        ] {
            assert_eq!(check(text), (text.to_owned(), vec![]));
        }
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        for (open, close) in [("[", "]"), ("{\"events\":[", "]}")] {
            let deep = format!("\n{}\"kube-audit\"{}", open.repeat(100_000), close.repeat(100_000));
            let text = format!("{{\"category\":\"kube-audit\",\"properties\":{{\"log\":\"{{}}\"}}}}{deep}");
            assert_eq!(check(&text).0, format!("{{}}{deep}"));
        }
    }

    #[test]
    fn a_cut_file_keeps_what_stood_before() {
        let text = r#"{"events":[{"timestamp":1,"message":"{\"a\":1}"},{"timestamp":2,"mess"#;
        assert_eq!(check(text).0, r#"{"events":[{"a":1},{"timestamp":2,"mess"#);
    }
}
