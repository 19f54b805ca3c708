//! Findings as OCSF 1.3 events of the class Detection Finding, one JSON object a line, for a SIEM.
//!
//! <https://schema.ocsf.io/1.3.0/classes/detection_finding>

use serde_json::json;

use crate::analysis::Analysis;
use crate::diagnostic::escaped;
use crate::lists;
use crate::rules::Finding;
use crate::rules::severity::Severity;

const VERSION: &str = "1.3.0";
const CLASS: u32 = 2_004;
/// A finding is there: whether it was there before, the receiver knows by its uid.
const CREATE: u32 = 1;

/// The lines, the worst finding first. `finding_info.uid` is the finding's key, the same in every snapshot.
pub fn ocsf(analysis: &Analysis) -> String {
    let findings = analysis.findings.all.iter();
    let events = findings.map(|finding| format!("{}\n", escaped(&event(analysis, finding).to_string())));
    events.collect()
}

fn event(analysis: &Analysis, finding: &Finding) -> serde_json::Value {
    let row = lists::finding_row(analysis, finding);
    let rule = finding.rule();
    let as_of = analysis.snapshot.as_of.0 * 1_000;
    let (severity_id, severity) = match finding.severity {
        Severity::Critical => (5, "Critical"),
        Severity::High => (4, "High"),
        Severity::Medium => (3, "Medium"),
        Severity::Low => (2, "Low"),
    };
    let (status_id, status) = match row.waived_by {
        Some(_) => (3, "Suppressed"),
        None => (1, "New"),
    };
    let known = [
        ("environment", &row.environment),
        ("owner", &row.owner),
        ("team", &row.team),
    ];
    let labels: Vec<String> = known
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}:{}", value.as_ref()?)))
        .collect();
    let resource = json!({
        "uid": row.subject_id,
        "name": row.subject_name,
        "type": row.kind,
        "labels": labels,
    });
    let standards: Vec<String> = rule.references.iter().map(ToString::to_string).collect();
    let mut event = json!({
        "activity_id": CREATE,
        "activity_name": "Create",
        "category_uid": 2,
        "category_name": "Findings",
        "class_uid": CLASS,
        "class_name": "Detection Finding",
        "type_uid": CLASS * 100 + CREATE,
        "type_name": "Detection Finding: Create",
        "time": as_of,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": format!("{}: {}", row.title, row.observed),
        "metadata": {
            "version": VERSION,
            "product": {
                "name": "Rollcall",
                "vendor_name": "Rollcall",
                "version": env!("CARGO_PKG_VERSION"),
            },
        },
        "finding_info": {
            "uid": row.key,
            "title": row.title,
            "desc": rule.finds,
            "types": [row.rule],
            "last_seen_time": as_of,
        },
        "remediation": { "desc": rule.remedy },
        "resources": [resource],
        "unmapped": {
            "because": row.because,
            "source": row.source,
            "file": row.file,
            "place": row.place,
            "threshold": row.threshold,
            "threshold_set_by": row.threshold_set_by,
            "standards": standards,
        },
    });
    if let (Some(who), Some(why)) = (row.waived_by, row.waived_because) {
        event["comment"] = json!(format!("accepted by {who}: {why}"));
    }
    event
}
