//! A report as a workbook, one sheet for each topic.

use super::ExportError;
use super::commands;
use super::document::{WORDS, more, scope_text, value_text};
use super::workbook::{Cell, Sheet, write};
use crate::api::kpis::{Bucket, KpiValue};
use crate::api::query::Facet;
use crate::api::report::Report;
use crate::api::sources::Completeness;
use crate::words;

/// The bytes.
///
/// # Errors
/// Those of [`write`].
pub fn xlsx(report: &Report) -> Result<Vec<u8>, ExportError> {
    let mut sheets = vec![summary(report), kpis(report), parts(report), helps(report)];
    sheets.extend(trends(report));
    sheets.extend([
        environments(report),
        ages(report),
        rotation(report),
        outlook(report),
        renewals(report),
        ending(report),
        owners(report),
        rules(report),
        findings(report),
    ]);
    sheets.extend(changes(report));
    sheets.extend([
        sources(report),
        not_measured(report),
        limits(report),
        definitions(),
        files(report),
    ]);
    let title = format!("{}: non-human identities", report.estate);
    write(&title, report.snapshot.as_of, &sheets)
}

fn sheet(name: &'static str, columns: &[(&str, f64)], rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet {
        name,
        columns: columns
            .iter()
            .map(|(title, width)| ((*title).to_owned(), *width))
            .collect(),
        rows,
        note: None,
    }
}

/// A number of a KPI in its unit.
fn number(value: Option<f64>, unit: &str) -> Cell {
    match (value, unit) {
        (None, _) => Cell::Empty,
        (Some(share), "share") => Cell::Share(share),
        (Some(number), _) => Cell::Number(number),
    }
}

fn summary(report: &Report) -> Sheet {
    let line = |label: &str, value: Cell, note: String| vec![Cell::text(label), value, Cell::Text(note)];
    let governed = &report.overview.governed;
    let mut rows = vec![
        line("Estate", Cell::text(&report.estate), String::new()),
        line("Scope", Cell::Text(scope_text(&report.scope)), String::new()),
        line("As of", Cell::At(report.snapshot.as_of), report.snapshot.name.clone()),
        match &report.compared_with {
            Some(base) => line("Compared with", Cell::At(base.as_of), base.name.clone()),
            None => line("Compared with", Cell::Empty, "there is no earlier snapshot".to_owned()),
        },
        line(
            "Governed, for certain",
            number(governed.value, "share"),
            governed.note.clone().unwrap_or_default(),
        ),
        line("Governed, at most", number(governed.upper, "share"), String::new()),
        line(
            "Target",
            Cell::maybe(governed.threshold.as_ref()),
            governed.threshold_set_by.clone().unwrap_or_default(),
        ),
        line("Open findings", Cell::count(report.findings.n_open), String::new()),
        line("Waived findings", Cell::count(report.findings.n_waived), String::new()),
        line(
            "Facts on which exports disagree",
            Cell::count(report.coverage.n_conflicts as u64),
            "of the whole estate; the page Sources shows which counts".to_owned(),
        ),
        line("Written by Rollcall", Cell::text(&report.rollcall), String::new()),
    ];
    let doubts = report.overview.doubts.iter();
    rows.extend(doubts.map(|doubt| line("In doubt", Cell::text(&doubt.source), doubt.reason.clone())));
    if let Some(changes) = &report.changes {
        let sources = changes.sources.iter();
        rows.extend(sources.map(|of| line("Cannot be compared", Cell::text(&of.source), of.reasons.join("; "))));
    }
    sheet("Summary", &[("What", 26.0), ("Value", 34.0), ("Note", 70.0)], rows)
}

fn kpis(report: &Report) -> Sheet {
    let rows = report.kpis.iter().map(|line| {
        let value: &KpiValue = &line.value;
        let change = line.change.as_ref();
        vec![
            Cell::text(&value.id),
            Cell::text(&line.title),
            number(value.value, &value.unit),
            number(value.upper, &value.unit),
            Cell::text(&value.unit),
            Cell::Text(value_text(value)),
            Cell::known(value.pass),
            Cell::known(value.fail),
            Cell::known(value.unknown),
            Cell::known(value.population),
            Cell::maybe(value.threshold.as_ref()),
            Cell::maybe(value.threshold_set_by.as_ref()),
            number(change.map(|change| change.from), &value.unit),
            number(change.map(|change| change.to), &value.unit),
            Cell::maybe(change.map(|change| &change.direction)),
            Cell::maybe(value.note.as_ref()),
            Cell::text(&line.formula),
            Cell::count(u64::from(line.formula_version)),
            Cell::Text(line.standards.join(", ")),
            commands::rows_of(report, line).map_or(Cell::Empty, |(command, _)| Cell::Text(command)),
        ]
    });
    let columns = [
        ("KPI", 24.0),
        ("Title", 30.0),
        ("Value", 10.0),
        ("At most", 10.0),
        ("Unit", 12.0),
        ("In words", 16.0),
        ("Pass", 9.0),
        ("Fail", 9.0),
        ("Unknown", 9.0),
        ("Population", 11.0),
        ("Limit", 24.0),
        ("Set by", 28.0),
        ("Change from", 12.0),
        ("Change to", 12.0),
        ("Direction", 11.0),
        ("Note", 50.0),
        ("Formula", 80.0),
        ("Formula version", 9.0),
        ("Standards", 36.0),
        ("Rows that fail, or count", 60.0),
    ];
    sheet("KPIs", &columns, rows.collect())
}

fn parts(report: &Report) -> Sheet {
    let mut rows = Vec::new();
    for line in &report.kpis {
        for breakdown in &line.value.breakdowns {
            rows.extend(breakdown.parts.iter().map(|part| {
                let interval = part.ratio.interval();
                vec![
                    Cell::text(&line.value.id),
                    Cell::text(breakdown.by.id()),
                    Cell::text(&part.value),
                    number(interval.map(|(low, _)| low), "share"),
                    number(interval.map(|(_, high)| high), "share"),
                    Cell::count(part.ratio.pass),
                    Cell::count(part.ratio.fail),
                    Cell::count(part.ratio.unknown),
                ]
            }));
        }
    }
    let columns = [
        ("KPI", 24.0),
        ("By", 14.0),
        ("Part", 34.0),
        ("Value", 10.0),
        ("At most", 10.0),
        ("Pass", 9.0),
        ("Fail", 9.0),
        ("Unknown", 9.0),
    ];
    sheet("Parts", &columns, rows)
}

/// What would raise the governed share most.
fn helps(report: &Report) -> Sheet {
    let rows = report.overview.changes.iter().map(|change| {
        vec![
            Cell::text(&change.criterion),
            Cell::maybe(change.team.as_ref()),
            Cell::maybe(change.owner.as_ref()),
            Cell::count(change.n_identities),
        ]
    });
    let columns = [
        ("Criterion to mend", 24.0),
        ("Team", 30.0),
        ("Owner without a team", 30.0),
        ("Would be governed", 18.0),
    ];
    sheet("What would help", &columns, rows.collect())
}

fn trends(report: &Report) -> Option<Sheet> {
    let trends = report.trends.as_ref()?;
    let mut rows = Vec::new();
    for trend in &trends.kpis {
        rows.extend(trends.snapshots.iter().zip(&trend.points).map(|(snapshot, point)| {
            vec![
                Cell::text(&trend.id),
                Cell::At(snapshot.as_of),
                number(point.value, &trend.unit),
                number(point.upper, &trend.unit),
                Cell::text(if point.comparable { "yes" } else { "no" }),
                Cell::maybe(point.reason.as_ref()),
            ]
        }));
    }
    let columns = [
        ("KPI", 24.0),
        ("Snapshot", 17.0),
        ("Value", 10.0),
        ("At most", 10.0),
        ("Comparable", 11.0),
        ("Why not", 70.0),
    ];
    Some(sheet("Trends", &columns, rows))
}

fn environments(report: &Report) -> Sheet {
    let map = &report.overview.heat;
    let rows = map.cells.iter().map(|cell| {
        let interval = cell.governed.interval();
        vec![
            Cell::text(&map.environments[cell.environment]),
            Cell::text(&map.sources[cell.source]),
            number(interval.map(|(low, _)| low), "share"),
            number(interval.map(|(_, high)| high), "share"),
            Cell::count(cell.governed.pass),
            Cell::count(cell.governed.fail),
            Cell::count(cell.governed.unknown),
        ]
    });
    let columns = [
        ("Environment", 20.0),
        ("Source", 34.0),
        ("Governed", 10.0),
        ("At most", 10.0),
        ("Pass", 9.0),
        ("Fail", 9.0),
        ("Unknown", 9.0),
    ];
    sheet("Environments", &columns, rows.collect())
}

fn outlook(report: &Report) -> Sheet {
    let rows = report.overview.expiring.iter().map(|bucket| {
        vec![
            Cell::Text(words::facet_value(Facet::Expiry, &bucket.value)),
            Cell::count(bucket.n_certificates),
            Cell::count(bucket.n_other_credentials),
        ]
    });
    let columns = [("Ends", 24.0), ("Certificates", 14.0), ("Other credentials", 18.0)];
    sheet("Outlook", &columns, rows.collect())
}

fn ages(report: &Report) -> Sheet {
    let rows = report.overview.ages.iter().flat_map(|row| {
        let cells = |bucket: &Bucket| {
            vec![
                Cell::text(&row.kind),
                Cell::text(words::facet_value(Facet::Age, &bucket.value)),
                Cell::count(bucket.n),
            ]
        };
        row.buckets.iter().map(cells)
    });
    let columns = [("Kind", 24.0), ("Age", 24.0), ("Active credentials", 18.0)];
    sheet("Ages", &columns, rows.collect())
}

fn rotation(report: &Report) -> Sheet {
    let days = |days: Option<u32>| days.map_or(Cell::Empty, |days| Cell::count(u64::from(days)));
    let rows = report.rotation.iter().map(|curve| {
        vec![
            Cell::text(if curve.kind.is_empty() { "all" } else { &curve.kind }),
            Cell::count(curve.n as u64),
            Cell::count(curve.n_ended as u64),
            days(curve.median_days),
            days(curve.median_lower),
            days(curve.median_upper),
            Cell::text(&curve.note),
        ]
    });
    let columns = [
        ("Kind", 24.0),
        ("Observed", 11.0),
        ("Replaced", 11.0),
        ("Half within, days", 16.0),
        ("Band from", 11.0),
        ("Band to", 11.0),
        ("Note", 70.0),
    ];
    sheet("Time to rotate", &columns, rows.collect())
}

fn renewals(report: &Report) -> Sheet {
    let rows = report.overview.renewals.iter();
    let rows = rows.map(|week| vec![Cell::At(week.starts_at), Cell::count(week.n_certificates)]);
    let columns = [("Week of", 17.0), ("Certificates", 14.0)];
    sheet("Renewals by week", &columns, rows.collect())
}

fn ending(report: &Report) -> Sheet {
    let rows = report.ending.iter().map(|row| {
        vec![
            Cell::At(row.expires_at),
            Cell::Number(row.days_left as f64),
            Cell::text(&row.kind),
            Cell::maybe(row.name.as_ref()),
            Cell::maybe(row.holder_name.as_ref()),
            Cell::maybe(row.owner.as_ref()),
            Cell::maybe(row.team.as_ref()),
            Cell::maybe(row.environment.as_ref()),
            Cell::text(&row.source),
            Cell::text(&row.id),
        ]
    });
    let columns = [
        ("Ends", 17.0),
        ("Days left", 10.0),
        ("Kind", 20.0),
        ("Name", 40.0),
        ("Held by", 30.0),
        ("Owner", 30.0),
        ("Team", 20.0),
        ("Environment", 13.0),
        ("Source", 20.0),
        ("Id", 60.0),
    ];
    let command = commands::ending(report).unwrap_or_default();
    Sheet {
        note: more(report.n_ending, report.ending.len(), &command),
        ..sheet("Ending", &columns, rows.collect())
    }
}

fn owners(report: &Report) -> Sheet {
    let rows = report.findings.owners.iter().map(|of| {
        vec![
            Cell::maybe(of.owner.as_ref()),
            Cell::maybe(of.team.as_ref()),
            Cell::count(of.n_critical),
            Cell::count(of.n_high),
            Cell::count(of.n_medium),
            Cell::count(of.n_low),
        ]
    });
    let columns = [
        ("Owner", 36.0),
        ("Team", 24.0),
        ("Critical", 10.0),
        ("High", 10.0),
        ("Medium", 10.0),
        ("Low", 10.0),
    ];
    sheet("Findings by owner", &columns, rows.collect())
}

fn rules(report: &Report) -> Sheet {
    let rows = report.findings.rules.iter().map(|rule| {
        vec![
            Cell::text(&rule.code),
            Cell::text(&rule.title),
            Cell::maybe(rule.worst.as_ref()),
            Cell::known(rule.n_judged.map(|_| rule.n_open)),
            Cell::count(rule.n_waived),
            Cell::known(rule.n_judged),
            Cell::known(rule.n_unknown),
            Cell::maybe(rule.not_evaluated.as_ref()),
        ]
    });
    let columns = [
        ("Rule", 30.0),
        ("Title", 44.0),
        ("Worst", 10.0),
        ("Open", 10.0),
        ("Waived", 10.0),
        ("Judged", 10.0),
        ("Unknown", 10.0),
        ("Not evaluated", 50.0),
    ];
    sheet("Findings by rule", &columns, rows.collect())
}

fn findings(report: &Report) -> Sheet {
    let rows = report.findings.worst.iter().map(|row| {
        vec![
            Cell::text(&row.severity),
            Cell::text(&row.rule),
            Cell::text(&row.title),
            Cell::text(&row.subject_name),
            Cell::text(&row.observed),
            Cell::maybe(row.threshold.as_ref()),
            Cell::maybe(row.threshold_set_by.as_ref()),
            Cell::maybe(row.owner.as_ref()),
            Cell::maybe(row.team.as_ref()),
            Cell::maybe(row.environment.as_ref()),
            Cell::text(&row.source),
            Cell::maybe(row.file.as_ref()),
            Cell::maybe(row.place.as_ref()),
            Cell::text(&row.because),
            Cell::text(&row.key),
        ]
    });
    let columns = [
        ("Severity", 10.0),
        ("Rule", 26.0),
        ("Title", 36.0),
        ("Subject", 36.0),
        ("Observed", 30.0),
        ("Limit", 12.0),
        ("Set by", 20.0),
        ("Owner", 28.0),
        ("Team", 18.0),
        ("Environment", 13.0),
        ("Source", 18.0),
        ("File", 40.0),
        ("Place", 20.0),
        ("Because", 44.0),
        ("Key", 60.0),
    ];
    let command = commands::open_findings(report).unwrap_or_default();
    Sheet {
        note: more(report.findings.n_open as usize, report.findings.worst.len(), &command),
        ..sheet("Worst findings", &columns, rows.collect())
    }
}

/// How many there are of each kind, and the first of them.
fn changes(report: &Report) -> Vec<Sheet> {
    let Some(changes) = &report.changes else {
        return Vec::new();
    };
    let counts = changes.counts.iter().map(|count| {
        vec![
            Cell::text(count.of.id()),
            Cell::text(count.kind.id()),
            Cell::count(count.n as u64),
        ]
    });
    let columns = [("Of", 14.0), ("Change", 22.0), ("Number", 10.0)];
    let counts = sheet("Changes by kind", &columns, counts.collect());
    let rows = changes.changes.iter().map(|change| {
        let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not said".to_owned());
        let fields: Vec<String> = change
            .fields
            .iter()
            .map(|field| format!("{}: {} → {}", field.field, said(&field.from), said(&field.to)))
            .collect();
        vec![
            Cell::text(change.of.id()),
            Cell::text(change.kind.id()),
            Cell::text(&change.name),
            Cell::Text(fields.join("; ")),
            Cell::maybe(change.reason.as_ref()),
            Cell::Text(change.sources.join(", ")),
            Cell::text(&change.id),
        ]
    });
    let columns = [
        ("Of", 12.0),
        ("Change", 18.0),
        ("Name", 44.0),
        ("What", 60.0),
        ("Why not observed", 44.0),
        ("Sources", 24.0),
        ("Id", 60.0),
    ];
    let listed = Sheet {
        note: more(changes.n_changes, changes.changes.len(), "the page History lists them"),
        ..sheet("Changes", &columns, rows.collect())
    };
    vec![counts, listed]
}

fn sources(report: &Report) -> Sheet {
    let rows = report.coverage.sources.iter().map(|source| {
        vec![
            Cell::text(&source.name),
            Cell::maybe(source.environment.as_ref()),
            Cell::text(match source.completeness {
                Completeness::Complete => "complete",
                Completeness::Partial => "partial",
            }),
            Cell::Text(source.reasons.join("; ")),
            source.stated_at.map_or(Cell::Empty, Cell::At),
            Cell::count(source.n_files as u64),
            Cell::count(source.n_identities as u64),
            Cell::count(source.n_credentials as u64),
        ]
    });
    let columns = [
        ("Source", 26.0),
        ("Environment", 13.0),
        ("Completeness", 13.0),
        ("Why", 70.0),
        ("Newest export", 17.0),
        ("Files", 8.0),
        ("Identities", 11.0),
        ("Credentials", 11.0),
    ];
    sheet("Sources", &columns, rows.collect())
}

fn not_measured(report: &Report) -> Sheet {
    let kpis = report.coverage.not_measured.iter();
    let kpis = kpis.map(|line| vec![Cell::text(&line.id), Cell::text(&line.title), Cell::text(&line.why)]);
    let missing = report.coverage.missing.iter().map(|missing| {
        let why = match &missing.environment {
            Some(environment) => format!("expected in {environment}, but not in this snapshot"),
            None => "expected, but not in this snapshot".to_owned(),
        };
        vec![Cell::text(&missing.source), Cell::text("Source"), Cell::Text(why)]
    });
    let columns = [("KPI or source", 30.0), ("Title", 36.0), ("Why", 80.0)];
    sheet("Not measured", &columns, kpis.chain(missing).collect())
}

fn definitions() -> Sheet {
    let rows = WORDS.map(|(word, meaning)| vec![Cell::text(word), Cell::text(meaning)]);
    sheet("Definitions", &[("Word", 24.0), ("Meaning", 90.0)], rows.into())
}

fn limits(report: &Report) -> Sheet {
    let rows = report.thresholds.iter().map(|line| {
        vec![
            Cell::text(&line.name),
            Cell::count(u64::from(line.value)),
            Cell::text(&line.set_by),
        ]
    });
    let columns = [("Limit", 36.0), ("Value", 10.0), ("Set by", 40.0)];
    sheet("Limits", &columns, rows.collect())
}

fn files(report: &Report) -> Sheet {
    let rows = report.files.iter().map(|file| {
        vec![
            Cell::text(&file.source),
            Cell::text(&file.path),
            Cell::count(file.n_bytes),
            Cell::maybe(file.sha256.as_ref()),
        ]
    });
    let columns = [("Source", 26.0), ("File", 60.0), ("Bytes", 12.0), ("SHA-256", 68.0)];
    sheet("Files", &columns, rows.collect())
}
