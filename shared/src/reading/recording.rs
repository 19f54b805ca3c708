//! Recordings of HTTP answers, as test suites and debug logs keep them: the export stands one level down.
//!
//! Two forms are common: `{"status_code": 200, "data": …}` (placebo, of AWS's Python SDK) and
//! `{"headers": …, "body": …}` (Cloud Custodian), the body as JSON or as a text that holds JSON.

use std::borrow::Cow;

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

/// The answer in the recording that starts here. Leaves at the first member that no recording has, so that a large
/// export is not read to its end for this.
fn answer<'a>(scan: &mut Scan<'a>) -> Option<Cow<'a, str>> {
    if scan.start() != Ok(Start::Object) {
        return None;
    }
    let (mut says_how, mut answer) = (false, None);
    let walked = scan.object(|scan, key| {
        match key {
            "status_code" | "headers" => {
                says_how = true;
                scan.value()?;
            }
            "data" | "body" => answer = Some(scan.value()?),
            _ => {
                let (at, why) = (scan.at(), Why::NotJson);
                return Err(Broken { at, why });
            }
        }
        Ok(())
    });
    let answer = answer.filter(|_| walked.is_ok() && says_how)?;
    match answer.starts_with('"') {
        false => Some(Cow::Borrowed(answer)),
        true => serde_json::from_str::<String>(answer)
            .ok()
            .filter(|text| text.trim_start().starts_with(['{', '[']))
            .map(Cow::Owned),
    }
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
