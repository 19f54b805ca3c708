//! What is missing, cut short, old or not recognised; and the numbers over all.

use std::collections::BTreeSet;

use serde_json::Value;
use shared::answers;

use super::governance::is_in_scope;
use super::{Found, Planted, Scores, list, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let planted_sources = || planted.snapshot["sources"].as_object().unwrap().iter();
    let own = || {
        let sources = found.0.snapshot.sources.iter();
        sources.filter(|source| !source.name.is_empty())
    };
    scores.compare(
        "source: environment",
        planted_sources()
            .map(|(name, it)| format!("{name} {}", text(it, "environment")))
            .collect(),
        own()
            .map(|it| format!("{} {}", it.name, it.environment.map_or("-", |sym| found.text(sym))))
            .collect(),
    );
    scores.compare(
        "source: partial",
        planted_sources()
            .filter(|(_, it)| !list(it, "partial").is_empty())
            .map(|(name, _)| name.clone())
            .collect(),
        own()
            .filter(|it| !it.gaps.is_empty())
            .map(|it| it.name.clone())
            .collect(),
    );
    let doubts = answers::overview(found.0).doubts;
    let doubted = |reason: &str| -> BTreeSet<String> {
        let doubts = doubts.iter().filter(|doubt| doubt.reason.contains(reason));
        doubts.map(|doubt| doubt.source.clone()).collect()
    };
    scores.compare(
        "source: stale",
        planted_sources()
            .filter(|(_, it)| it["stale"] == true)
            .map(|(name, _)| name.clone())
            .collect(),
        doubted("days older than the snapshot"),
    );
    scores.compare(
        "source: missing",
        list(planted.truth, "expected_sources_missing")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        doubted("expected, but not in this snapshot"),
    );
    scores.compare(
        "file: unrecognised",
        list(&planted.snapshot["files"], "faults")
            .iter()
            .filter(|it| text(it, "fault") == "unrecognised")
            .map(|it| text(it, "file").to_owned())
            .collect(),
        (found.0.snapshot.files.iter())
            .filter(|file| file.connector.is_none())
            .map(|file| format!("{}/{}", found.0.snapshot.source(file.source).name, file.path))
            .collect(),
    );
}

/// Every number follows from the rows; these are counted without them.
pub fn score_numbers(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let kpis = answers::kpis(found.0, &[], None);
    let value = |id: &str| kpis.kpis.iter().find(|kpi| kpi.id == id).and_then(|kpi| kpi.value);
    let n_unclassified = planted.snapshot["by_kind"]["iam_user_not_in_report"]
        .as_f64()
        .unwrap_or(0.0);
    let n_agents = planted.snapshot["by_kind"]["ai_agent"].as_f64().unwrap();
    let n_nhis = planted.snapshot["n_nhis"].as_f64().unwrap() - n_unclassified;
    let n_certificates = planted.snapshot["certificates"]["distinct"].as_f64().unwrap()
        + planted
            .listed("credentials")
            .iter()
            .filter(|it| text(it, "kind") == "client_certificate")
            .count() as f64;
    // Each was given the one right that makes it an administrator once, for good.
    let n_administrators = planted
        .identities()
        .filter(|(_, it)| it["administrator"] == true && is_in_scope(it))
        .count();
    let n_listed = kpis
        .kpis
        .iter()
        .find(|kpi| kpi.id == "certificate.expiry")
        .and_then(|kpi| kpi.population);
    scores.compare(
        "numbers",
        BTreeSet::from([
            format!("nhi.total {n_nhis}"),
            format!("agent.total {n_agents}"),
            format!("human.total {}", planted.snapshot["n_people"]),
            format!("certificate.expiry {n_certificates}"),
            format!("privilege.standing {n_administrators}"),
        ]),
        BTreeSet::from([
            format!("nhi.total {}", value("nhi.total").unwrap()),
            format!("agent.total {}", value("agent.total").unwrap()),
            format!("human.total {}", value("human.total").unwrap()),
            format!("certificate.expiry {}", n_listed.unwrap()),
            format!("privilege.standing {}", value("privilege.standing").unwrap()),
        ]),
    );
}
