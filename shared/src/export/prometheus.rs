//! The KPIs as Prometheus text, for `/metrics` and for a file that a collector picks up.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write;

use crate::analysis::Analysis;
use crate::answers::kpi_values;

/// A gauge with its samples, each with its labels.
pub fn gauge(text: &mut String, name: &str, help: &str, samples: &[(String, f64)]) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        let _ = writeln!(text, "{name}{labels} {value}");
    }
}

/// Every KPI that has a number, what it counts, and the instant it is of.
pub fn prometheus(analysis: &Analysis) -> String {
    let mut text = String::new();
    let values = kpi_values(analysis);
    // Ids of KPIs are plain words: nothing in them is escaped.
    let bound = |id: &str, bound: &str| format!("{{id=\"{id}\",bound=\"{bound}\"}}");
    let mut numbers = Vec::new();
    for value in &values {
        numbers.extend(value.value.map(|number| (bound(&value.id, "lower"), number)));
        numbers.extend(value.upper.map(|number| (bound(&value.id, "upper"), number)));
    }
    gauge(
        &mut text,
        "rollcall_kpi",
        "A KPI's value: shares from 0 to 1 with both bounds of their interval.",
        &numbers,
    );
    let verdict = |id: &str, verdict: &str| format!("{{id=\"{id}\",verdict=\"{verdict}\"}}");
    let mut rows = Vec::new();
    for value in &values {
        rows.extend(value.pass.map(|n| (verdict(&value.id, "pass"), n as f64)));
        rows.extend(value.fail.map(|n| (verdict(&value.id, "fail"), n as f64)));
        rows.extend(value.unknown.map(|n| (verdict(&value.id, "unknown"), n as f64)));
    }
    gauge(
        &mut text,
        "rollcall_kpi_rows",
        "How many rows of a KPI's population pass, fail or are unknown.",
        &rows,
    );
    gauge(
        &mut text,
        "rollcall_as_of_seconds",
        "The instant the newest snapshot is judged at.",
        &[(String::new(), analysis.snapshot.as_of.0 as f64)],
    );
    text
}
