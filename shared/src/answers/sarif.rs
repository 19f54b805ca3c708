//! Findings as SARIF 2.1.0, for the tools that show code scanning results.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use serde_json::{Value, json};

use crate::analysis::Analysis;
use crate::api::query::encode;
use crate::lists;
use crate::model::provenance::Place;
use crate::rules::severity::Severity;
use crate::rules::{Finding, RULES, Rule};

/// The most results of one run: what code hosts take. The worst come first, and what is left out is counted in a
/// notification.
const MAX_RESULTS: usize = 25_000;

/// Every finding of a snapshot as one SARIF run; waived ones are suppressed, and say by whom.
pub fn sarif(analysis: &Analysis) -> Value {
    let findings = &analysis.findings.all;
    let results: Vec<Value> = findings
        .iter()
        .take(MAX_RESULTS)
        .map(|finding| result(analysis, finding))
        .collect();
    let mut notifications: Vec<Value> = RULES
        .iter()
        .zip(&analysis.findings.tallies)
        .filter_map(|(rule, tally)| {
            let text = format!("{} could not be evaluated: {}", rule.code, tally.unmeasured?);
            Some(json!({ "level": "note", "message": { "text": text } }))
        })
        .collect();
    if findings.len() > MAX_RESULTS {
        let text = format!(
            "{} more findings are left out, the least bad",
            findings.len() - MAX_RESULTS
        );
        notifications.push(json!({ "level": "warning", "message": { "text": text } }));
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Rollcall",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": RULES.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>(),
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications,
            }],
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn descriptor(rule: &Rule) -> Value {
    let tags: Vec<String> = rule.references.iter().map(ToString::to_string).collect();
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.finds },
        "help": { "text": format!("{}\n\n{}", rule.why, rule.remedy) },
        "properties": { "tags": tags },
    })
}

fn result(analysis: &Analysis, finding: &Finding) -> Value {
    let row = lists::finding_row(analysis, finding);
    let limit = match (&row.threshold, &row.threshold_set_by) {
        (Some(limit), Some(set_by)) => format!(" (limit {limit}, {set_by})"),
        (Some(_) | None, _) => String::new(),
    };
    let text = format!(
        "{}: {}{limit}. {} {}",
        row.title,
        row.observed,
        sentence(&row.because),
        row.subject_id
    );
    let mut location = json!({
        "logicalLocations": [{ "fullyQualifiedName": row.subject_id, "kind": row.subject }],
    });
    if let Some(file) = &row.file {
        // A colon in the first part would make it another scheme.
        let uri = encode(file).replace(':', "%3A");
        let mut place = json!({ "artifactLocation": { "uri": uri } });
        if let Some(Place::Line(line)) = lists::finding_place(analysis, finding) {
            place["region"] = json!({ "startLine": line.max(1) });
        }
        location["physicalLocation"] = place;
    }
    let mut result = json!({
        "ruleId": row.rule,
        "ruleIndex": finding.rule,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [location],
        "partialFingerprints": { "rollcallKey/v1": row.key },
        "properties": {
            "severity": row.severity,
            "owner": row.owner,
            "team": row.team,
            "environment": row.environment,
            "command": row.command,
        },
    });
    if let (Some(who), Some(why)) = (row.waived_by, row.waived_because) {
        result["suppressions"] = json!([{
            "kind": "external",
            "status": "accepted",
            "justification": format!("{who}: {why}"),
        }]);
    }
    result
}

/// A phrase as a sentence.
fn sentence(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}
