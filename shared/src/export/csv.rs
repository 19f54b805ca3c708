//! A report as one table in RFC 4180: a number or a text in each row, with what it is of.

use serde::Serialize;

use super::commands;
use super::document::{WORDS, lead, scope_text};
use crate::api::report::{KpiLine, Report};
use crate::api::sources::Completeness;
use crate::format::csv::{defused, write_row};

/// The last four are the same in every row, so that rows of several reports may be put together.
const HEADER: [&str; 13] = [
    "section",
    "id",
    "title",
    "by",
    "part",
    "measure",
    "value",
    "unit",
    "text",
    "snapshot",
    "as_of",
    "compared_with",
    "scope",
];

/// The bytes. Numbers are those of the JSON, digit for digit; what is not known has no row, but for a KPI's `value`, which
/// is then empty.
pub fn csv(report: &Report) -> Vec<u8> {
    let compared_with = report.compared_with.as_ref();
    let mut table = Table {
        out: String::new(),
        about: [
            defused(&report.snapshot.name),
            report.snapshot.as_of.to_string(),
            defused(compared_with.map_or("", |base| &base.name)),
            defused(&scope_text(&report.scope)),
        ],
    };
    write_row(&mut table.out, HEADER);
    about(&mut table, report);
    for line in &report.kpis {
        kpi(&mut table, report, line);
    }
    trends(&mut table, report);
    lifetimes(&mut table, report);
    outlook(&mut table, report);
    findings(&mut table, report);
    changes(&mut table, report);
    coverage(&mut table, report);
    appendix(&mut table, report);
    table.out.into_bytes()
}

/// What a row is about.
#[derive(Clone, Copy, Default)]
struct Of<'a> {
    section: &'a str,
    id: &'a str,
    title: &'a str,
    /// The dimension of which `part` is one value; both are empty where a row is the whole.
    by: &'a str,
    part: &'a str,
}

struct Table {
    out: String,
    about: [String; 4],
}

impl Table {
    fn row(&mut self, of: Of<'_>, measure: &str, value: &str, unit: &str, text: &str) {
        let named = [of.section, of.id, of.title, of.by, of.part, measure].map(defused);
        let said = [value.to_owned(), unit.to_owned(), defused(text)];
        write_row(&mut self.out, named.iter().chain(&said).chain(&self.about));
    }

    fn number(&mut self, of: Of<'_>, measure: &str, value: Option<impl Serialize>, unit: &str) {
        // As in JSON.
        if let Some(value) = value.and_then(|value| serde_json::to_string(&value).ok()) {
            self.row(of, measure, &value, unit, "");
        }
    }

    fn counts(&mut self, of: Of<'_>, counts: &[(&str, Option<u64>)]) {
        for (measure, n) in counts {
            self.number(of, measure, *n, "");
        }
    }

    fn text(&mut self, of: Of<'_>, measure: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.row(of, measure, "", "", text);
        }
    }
}

fn about(table: &mut Table, report: &Report) {
    let of = Of {
        section: "summary",
        ..Of::default()
    };
    table.text(of, "estate", Some(&report.estate));
    table.text(of, "rollcall", Some(&report.rollcall));
    table.text(of, "governed", Some(&lead(report)));
    table.number(of, "open_findings", Some(report.findings.n_open), "");
    table.number(of, "waived_findings", Some(report.findings.n_waived), "");
    for change in &report.overview.changes {
        let (by, part) = match (&change.team, &change.owner) {
            (None, Some(owner)) => ("owner", owner.as_str()),
            (team, _) => ("team", team.as_deref().unwrap_or_default()),
        };
        let of = Of {
            id: &change.criterion,
            by,
            part,
            ..of
        };
        table.number(of, "would_be_governed", Some(change.n_identities), "identities");
    }
}

fn kpi(table: &mut Table, report: &Report, line: &KpiLine) {
    let value = &line.value;
    let unit = value.unit.as_str();
    let of = Of {
        section: "kpi",
        id: &value.id,
        title: &line.title,
        ..Of::default()
    };
    match value.value {
        Some(number) => table.number(of, "value", Some(number), unit),
        None => table.row(of, "value", "", unit, ""),
    }
    table.number(of, "upper", value.upper, unit);
    table.counts(
        of,
        &[
            ("pass", value.pass),
            ("fail", value.fail),
            ("unknown", value.unknown),
            ("population", value.population),
        ],
    );
    table.text(of, "threshold", value.threshold.as_deref());
    table.text(of, "threshold_set_by", value.threshold_set_by.as_deref());
    if let Some(change) = &line.change {
        table.number(of, "change_from", Some(change.from), unit);
        table.number(of, "change_to", Some(change.to), unit);
        table.text(of, "change_direction", Some(&change.direction));
    }
    table.text(of, "change_note", line.change_note.as_deref());
    table.text(of, "note", value.note.as_deref());
    table.text(of, "formula", Some(&line.formula));
    table.number(of, "formula_version", Some(line.formula_version), "");
    let standards = Some(line.standards.join(", ")).filter(|standards| !standards.is_empty());
    table.text(of, "standards", standards.as_deref());
    let rows = commands::rows_of(report, line);
    table.text(of, "rows", rows.map(|(command, _)| command).as_deref());
    for breakdown in &value.breakdowns {
        for part in &breakdown.parts {
            let of = Of {
                by: breakdown.by.id(),
                part: &part.value,
                ..of
            };
            let interval = part.ratio.interval();
            table.number(of, "value", interval.map(|(low, _)| low), "share");
            table.number(of, "upper", interval.map(|(_, high)| high), "share");
            table.counts(
                of,
                &[
                    ("pass", Some(part.ratio.pass)),
                    ("fail", Some(part.ratio.fail)),
                    ("unknown", Some(part.ratio.unknown)),
                    ("population", Some(part.ratio.population())),
                ],
            );
        }
    }
    for bucket in &value.buckets {
        let of = Of {
            by: bucket.by.id(),
            part: &bucket.value,
            ..of
        };
        table.number(of, "n", Some(bucket.n), "");
    }
}

fn trends(table: &mut Table, report: &Report) {
    let Some(trends) = &report.trends else { return };
    for (line, trend) in report.kpis.iter().zip(&trends.kpis) {
        for (snapshot, point) in trends.snapshots.iter().zip(&trend.points) {
            let of = Of {
                section: "trend",
                id: &trend.id,
                title: &line.title,
                by: "snapshot",
                part: &snapshot.name,
            };
            table.number(of, "value", point.value, &trend.unit);
            table.number(of, "upper", point.upper, &trend.unit);
            table.text(of, "not_comparable", point.reason.as_deref());
        }
    }
}

fn lifetimes(table: &mut Table, report: &Report) {
    let of = Of {
        section: "lifetimes",
        ..Of::default()
    };
    for row in &report.overview.ages {
        for bucket in &row.buckets {
            let of = Of {
                id: &row.kind,
                by: "age",
                part: &bucket.value,
                ..of
            };
            table.number(of, "n", Some(bucket.n), "credentials");
        }
    }
    for curve in &report.rotation {
        let of = Of {
            title: "Time to rotate",
            by: "kind",
            part: &curve.kind,
            ..of
        };
        table.number(of, "n", Some(curve.n), "credentials");
        table.number(of, "ended", Some(curve.n_ended), "credentials");
        table.number(of, "median", curve.median_days, "days");
        table.number(of, "median_lower", curve.median_lower, "days");
        table.number(of, "median_upper", curve.median_upper, "days");
    }
}

fn outlook(table: &mut Table, report: &Report) {
    let of = Of {
        section: "outlook",
        ..Of::default()
    };
    for bucket in &report.overview.expiring {
        let of = Of {
            by: "expiry",
            part: &bucket.value,
            ..of
        };
        table.number(of, "n", Some(bucket.n_certificates), "certificates");
        table.number(of, "n", Some(bucket.n_other_credentials), "other credentials");
    }
    for week in &report.overview.renewals {
        let of = Of {
            by: "week",
            part: &week.starts_at.to_date_text(),
            ..of
        };
        table.number(of, "n", Some(week.n_certificates), "certificates");
    }
}

fn findings(table: &mut Table, report: &Report) {
    for of_owner in &report.findings.owners {
        let of = Of {
            section: "findings_by_owner",
            title: of_owner.team.as_deref().unwrap_or_default(),
            by: "owner",
            part: of_owner.owner.as_deref().unwrap_or_default(),
            ..Of::default()
        };
        table.counts(
            of,
            &[
                ("critical", Some(of_owner.n_critical)),
                ("high", Some(of_owner.n_high)),
                ("medium", Some(of_owner.n_medium)),
                ("low", Some(of_owner.n_low)),
            ],
        );
    }
    for rule in &report.findings.rules {
        let of = Of {
            section: "findings_by_rule",
            id: &rule.code,
            title: &rule.title,
            ..Of::default()
        };
        table.counts(
            of,
            &[
                ("open", rule.n_judged.map(|_| rule.n_open)),
                ("waived", Some(rule.n_waived)),
                ("judged", rule.n_judged),
                ("unknown", rule.n_unknown),
            ],
        );
        table.text(of, "worst", rule.worst.as_deref());
        table.text(of, "not_evaluated", rule.not_evaluated.as_deref());
    }
}

fn changes(table: &mut Table, report: &Report) {
    let Some(changes) = &report.changes else { return };
    let of = Of {
        section: "changes",
        ..Of::default()
    };
    for count in &changes.counts {
        let of = Of {
            id: count.of.id(),
            ..of
        };
        table.number(of, count.kind.id(), Some(count.n), "");
    }
    for source in &changes.sources {
        let of = Of {
            by: "source",
            part: &source.source,
            ..of
        };
        table.text(of, "not_comparable", Some(&source.reasons.join("; ")));
    }
}

fn coverage(table: &mut Table, report: &Report) {
    let of = Of {
        section: "coverage",
        ..Of::default()
    };
    for source in &report.coverage.sources {
        let of = Of {
            by: "source",
            part: &source.name,
            ..of
        };
        table.counts(
            of,
            &[
                ("files", Some(source.n_files as u64)),
                ("identities", Some(source.n_identities as u64)),
                ("credentials", Some(source.n_credentials as u64)),
            ],
        );
        let stated_at = source.stated_at.map(|at| at.to_string());
        table.text(of, "newest_export", stated_at.as_deref());
        if source.completeness == Completeness::Partial {
            table.text(of, "partial", Some(&source.reasons.join("; ")));
        }
    }
    for missing in &report.coverage.missing {
        let of = Of {
            by: "source",
            part: &missing.source,
            ..of
        };
        table.text(of, "missing", Some("expected, but not in this snapshot"));
    }
    table.number(of, "conflicts", Some(report.coverage.n_conflicts), "");
    for line in &report.coverage.not_measured {
        let of = Of {
            id: &line.id,
            title: &line.title,
            ..of
        };
        table.text(of, "not_measured", Some(&line.why));
    }
}

fn appendix(table: &mut Table, report: &Report) {
    for line in &report.thresholds {
        let of = Of {
            section: "limit",
            id: &line.name,
            ..Of::default()
        };
        table.number(of, "value", Some(line.value), "");
        table.text(of, "set_by", Some(&line.set_by));
    }
    for (word, meaning) in WORDS {
        let of = Of {
            section: "word",
            id: word,
            ..Of::default()
        };
        table.text(of, "meaning", Some(meaning));
    }
    for file in &report.files {
        let of = Of {
            section: "file",
            id: &file.path,
            by: "source",
            part: &file.source,
            ..Of::default()
        };
        table.number(of, "bytes", Some(file.n_bytes), "");
        table.text(of, "sha256", file.sha256.as_deref());
    }
}
