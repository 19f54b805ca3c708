//! Recordings of HTTP answers, as test suites and debug logs keep them: the export stands one level down.
//!
//! Two forms are common: `{"status_code": 200, "data": …}` (placebo, of AWS's Python SDK) and
//! `{"headers": …, "body": …}` (Cloud Custodian), the body as JSON or as a text that holds JSON. Windows PowerShell puts
//! a list one level down as well where it does not see that it is one: `{"value": […], "Count": 2}`.

use std::borrow::Cow;

use memchr::memmem;

use super::scan::{Broken, Scan, Start, Why};

/// The answers in a file of recordings, one after another; the text itself when it is none.
pub fn answers(text: &str) -> Cow<'_, str> {
    let mut scan = Scan::new(text);
    let mut answers = Vec::new();
    while scan.skip_space() {
        match answer(&mut scan) {
            Some(answer) => answers.push(answer),
            None => return Cow::Borrowed(text),
        }
    }
    match answers.len() {
        0 => Cow::Borrowed(text),
        1 => answers.remove(0),
        _ => Cow::Owned(answers.join("\n")),
    }
}

/// The members by which one is told that says nothing else of itself.
const TELLING: [&str; 3] = ["\"status_code\"", "\"headers\"", "\"Count\""];

/// The answer in the recording that starts here. Leaves at the first member that no recording has, and at a list where
/// nothing follows that tells one, so that a large export is not read to its end for this.
fn answer<'a>(scan: &mut Scan<'a>) -> Option<Cow<'a, str>> {
    if scan.start() != Ok(Start::Object) {
        return None;
    }
    let (mut is_recording, mut is_counted) = (false, false);
    let (mut answer, mut list) = (None, None);
    let walked = scan.object(|scan, key| {
        match key {
            "status_code" | "headers" => {
                is_recording = true;
                scan.value()?;
            }
            "Count" => {
                is_counted = true;
                scan.value()?;
            }
            "data" | "body" | "value" if is_recording || is_counted || is_told(scan.rest()) => {
                let value = Some(scan.value()?);
                match key {
                    "value" => list = value,
                    _ => answer = value,
                }
            }
            _ => {
                let (at, why) = (scan.at(), Why::NotJson);
                return Err(Broken { at, why });
            }
        }
        Ok(())
    });
    walked.ok()?;
    let answer = match (answer, list) {
        (Some(answer), None) if is_recording && !is_counted => answer,
        (None, Some(list)) if is_counted && !is_recording && list.starts_with('[') => list,
        _ => return None,
    };
    match answer.starts_with('"') {
        false => Some(Cow::Borrowed(answer)),
        true => serde_json::from_str::<String>(answer)
            .ok()
            .filter(|text| text.trim_start().starts_with(['{', '[']))
            .map(Cow::Owned),
    }
}

/// How much may follow a list in a recording: headers of an answer have some kilobytes.
const MAX_TELLING_BYTES: usize = 64 << 10;

fn is_told(rest: &str) -> bool {
    let end = &rest.as_bytes()[rest.len().saturating_sub(MAX_TELLING_BYTES)..];
    TELLING
        .iter()
        .any(|member| memmem::find(end, member.as_bytes()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_gives_its_answer() {
        for (text, expected) in [
            ("{\"status_code\": 200, \"data\": {\"a\": 1}}", "{\"a\": 1}"),
            ("{\"body\": [1], \"headers\": {}}", "[1]"),
            ("{\"headers\": {}, \"body\": \"{\\\"a\\\":1}\"}", "{\"a\":1}"),
            ("{\"value\": [{\"a\": 1}], \"Count\": 1}", "[{\"a\": 1}]"),
            (
                "{\"status_code\":200,\"data\":{}}\n{\"status_code\":200,\"data\":[2]}",
                "{}\n[2]",
            ),
        ] {
            assert_eq!(answers(text), expected);
        }
    }

    #[test]
    fn anything_else_is_left_alone() {
        for text in [
            "",
            "[]",
            "{\"data\": {}}",
            "{\"status_code\": 200}",
            "{\"value\": []}",
            "{\"value\": {}, \"Count\": 1}",
            "{\"value\": [], \"Count\": 0, \"nextLink\": \"x\"}",
            "{\"status_code\": 200, \"value\": [], \"Count\": 0}",
            "{\"data\": [], \"meta\": {}}",
            "{\"status_code\": 200, \"data\": {}, \"request_id\": \"x\"}",
            "{\"status_code\": 200, \"data\": {}} {\"a\": 1}",
            "{\"status_code\": 200, \"data\": {",
            "{\"headers\": {}, \"body\": \"<html>\"}",
        ] {
            assert!(matches!(answers(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
