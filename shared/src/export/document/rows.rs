//! The sections of a report that name rows: findings, changes, how sure it is, and what it was made from.

use super::{
    Block, Cell, MAX_SHOWN, Section, Table, WORDS, capital, left, more, or_none, right, scope_text, text, with_small,
};
use crate::api::history::{ChangeCount, ChangeKind, FieldChange, Subject};
use crate::api::report::{Report, ReportFormat};
use crate::api::sources::Completeness;
use crate::export::commands;
use crate::format;
use crate::words;

pub(super) fn findings(report: &Report) -> Section {
    let findings = &report.findings;
    let number = |n: u64| text(format::number(n));
    let owners = findings.owners.iter().take(MAX_SHOWN).map(|of| {
        vec![
            with_small(or_none(of.owner.as_deref()), of.team.as_deref().unwrap_or_default()),
            number(of.n_critical),
            number(of.n_high),
            number(of.n_medium),
            number(of.n_low),
            number(of.n_critical + of.n_high + of.n_medium + of.n_low),
        ]
    });
    let rules = findings.rules.iter().map(|rule| {
        let known = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), format::number);
        vec![
            with_small(
                &rule.title,
                rule.not_evaluated.as_deref().map_or_else(
                    || rule.code.clone(),
                    |why| format!("{}: not evaluated, {why}", rule.code),
                ),
            ),
            text(rule.worst.as_deref().map_or_else(|| "–".to_owned(), words::sentence)),
            text(match rule.n_judged {
                Some(_) => format::number(rule.n_open),
                None => "–".to_owned(),
            }),
            number(rule.n_waived),
            text(known(rule.n_judged)),
            text(known(rule.n_unknown)),
        ]
    });
    let worst = findings.worst.iter().take(MAX_SHOWN).map(|row| {
        let limit = match (&row.threshold, &row.threshold_set_by) {
            (Some(limit), Some(set_by)) => format!(" (limit {limit}, {set_by})"),
            (Some(limit), None) => format!(" (limit {limit})"),
            (None, _) => String::new(),
        };
        let place = match (&row.file, &row.place) {
            (Some(file), Some(place)) => format!("{file}, {place}"),
            (Some(file), None) => file.clone(),
            (None, _) => String::new(),
        };
        vec![
            text(words::sentence(&row.severity)),
            with_small(&row.title, &row.because),
            with_small(&row.subject_name, &row.subject_id),
            with_small(format!("{}{limit}", row.observed), place),
            with_small(or_none(row.owner.as_deref()), row.team.as_deref().unwrap_or_default()),
        ]
    });
    let n_shown = findings.worst.len().min(MAX_SHOWN);
    Section {
        id: "findings",
        title: "What is wrong, and who can mend it?",
        blocks: vec![
            Block::Text(format!(
                "{} open, and {} that somebody accepts until a day.",
                format::counted(findings.n_open, "finding is", "findings are"),
                format::number(findings.n_waived)
            )),
            Block::Table(Table {
                caption: "Open findings by owner".to_owned(),
                columns: vec![
                    left("Owner", 4.0),
                    right("Critical", 1.0),
                    right("High", 1.0),
                    right("Medium", 1.0),
                    right("Low", 1.0),
                    right("Together", 1.1),
                ],
                rows: owners.collect(),
                note: more(
                    findings.owners.len(),
                    findings.owners.len().min(MAX_SHOWN),
                    &commands::again(report, ReportFormat::Xlsx),
                ),
            }),
            Block::Table(Table {
                caption: "Findings by rule".to_owned(),
                columns: vec![
                    left("Rule", 4.4),
                    left("Worst", 1.1),
                    right("Open", 1.0),
                    right("Waived", 1.0),
                    right("Judged", 1.1),
                    right("Unknown", 1.1),
                ],
                rows: rules.collect(),
                note: None,
            }),
            Block::Table(Table {
                caption: "The worst open findings".to_owned(),
                columns: vec![
                    left("Severity", 1.1),
                    left("Finding", 2.6),
                    left("Subject", 3.2),
                    left("Observed, and where", 3.0),
                    left("Owner", 1.8),
                ],
                rows: worst.collect(),
                note: more(
                    findings.n_open as usize,
                    n_shown,
                    &commands::open_findings(report).unwrap_or_default(),
                ),
            }),
        ],
    }
}

pub(super) fn changes(report: &Report) -> Option<Section> {
    let (changes, base) = report.changes.as_ref().zip(report.compared_with.as_ref())?;
    let n_of = |of: Subject, kind: ChangeKind| {
        let count = |count: &&ChangeCount| count.of == of && count.kind == kind;
        let n = changes.counts.iter().find(count).map_or(0, |count| count.n);
        text(format::count(n))
    };
    let counts = Subject::ALL.map(|of| {
        let name = text(match of {
            Subject::Identity => "Identities",
            Subject::Credential => "Credentials",
            Subject::Grant => "Grants",
            Subject::Trust => "Trusts",
            Subject::Finding => "Findings",
        });
        std::iter::once(name)
            .chain(ChangeKind::ALL.map(|kind| n_of(of, kind)))
            .collect()
    });
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "not said".to_owned());
    let field = |change: &FieldChange| {
        let name = words::sentence(&change.field).to_lowercase();
        format!("{name}: {} → {}", said(&change.from), said(&change.to))
    };
    let listed = changes.changes.iter().take(MAX_SHOWN).map(|change| {
        let what: Vec<String> = change.fields.iter().map(field).collect();
        vec![
            with_small(words::sentence(change.kind.id()), words::sentence(change.of.id())),
            with_small(&change.name, &change.id),
            text(change.reason.clone().unwrap_or_else(|| what.join("; "))),
            text(change.sources.join(", ")),
        ]
    });
    let mut blocks = vec![
        Block::Text(format!(
            "Against {}. What cannot be told for certain, because a source was missing or partial in one of the two, is \
             counted as not observed, and never as gone or new.",
            format::date(base.as_of)
        )),
        Block::Table(Table {
            caption: "Changes by kind".to_owned(),
            columns: vec![
                left("", 2.0),
                right("New", 1.0),
                right("Changed", 1.0),
                right("Gone", 1.0),
                right("Not observed", 1.3),
                right("Not observed before", 1.6),
            ],
            rows: counts.into_iter().collect(),
            note: None,
        }),
    ];
    if !changes.changes.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "The first of them".to_owned(),
            columns: vec![
                left("Change", 1.4),
                left("Of", 4.0),
                left("What, or why not", 3.4),
                left("Source", 1.6),
            ],
            rows: listed.collect(),
            note: more(
                changes.n_changes,
                changes.changes.len().min(MAX_SHOWN),
                "the page History lists them",
            ),
        }));
    }
    if !changes.sources.is_empty() {
        let rows = (changes.sources.iter()).map(|source| vec![text(&source.source), text(source.reasons.join("; "))]);
        blocks.push(Block::Table(Table {
            caption: "Sources that cannot be compared".to_owned(),
            columns: vec![left("Source", 2.0), left("Why", 6.0)],
            rows: rows.collect(),
            note: None,
        }));
    }
    Some(Section {
        id: "changes",
        title: "What changed?",
        blocks,
    })
}

pub(super) fn coverage(report: &Report) -> Section {
    let coverage = &report.coverage;
    let sources = coverage.sources.iter().map(|source| {
        let state = match source.completeness {
            Completeness::Complete => "Complete",
            Completeness::Partial => "Partial",
        };
        vec![
            text(&source.name),
            text(source.environment.as_deref().unwrap_or("–")),
            with_small(state, source.reasons.join("; ")),
            text(source.stated_at.map_or_else(|| "Not said".to_owned(), format::date)),
            text(format::count(source.n_files)),
            text(format::count(source.n_identities)),
            text(format::count(source.n_credentials)),
        ]
    });
    let mut blocks = vec![Block::Table(Table {
        caption: "Sources that were read".to_owned(),
        columns: vec![
            left("Source", 2.2),
            left("Environment", 1.4),
            left("Completeness", 3.6),
            left("Newest export", 1.5),
            right("Files", 0.8),
            right("Identities", 1.2),
            right("Credentials", 1.3),
        ],
        rows: sources.collect(),
        note: None,
    })];
    if !coverage.missing.is_empty() {
        blocks.push(Block::Heading("Expected, but not there".to_owned()));
        let missing = coverage.missing.iter().map(|missing| match &missing.environment {
            Some(environment) => format!("{} ({environment})", missing.source),
            None => missing.source.clone(),
        });
        blocks.push(Block::Items(missing.collect()));
    }
    blocks.push(Block::Text(format!(
        "On {} exports disagree; both statements are kept, and the page Sources shows which counts.",
        format::counted(
            coverage.n_conflicts as u64,
            "fact of the whole estate",
            "facts of the whole estate"
        )
    )));
    let rows = (coverage.not_measured.iter()).map(|line| vec![text(&line.title), text(capital(&line.why))]);
    let rows: Vec<Vec<Cell>> = rows.collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "What is not measured".to_owned(),
            columns: vec![left("KPI", 2.0), left("Why", 5.0)],
            rows,
            note: None,
        }));
    }
    Section {
        id: "coverage",
        title: "How sure is this?",
        blocks,
    }
}

pub(super) fn appendix(report: &Report) -> Section {
    let thresholds = report.thresholds.iter().map(|line| {
        vec![
            text(&line.name),
            text(format::number(u64::from(line.value))),
            text(&line.set_by),
        ]
    });
    let files = report.files.iter().map(|file| {
        let path = match file.source.as_str() {
            "" => file.path.clone(),
            source => format!("{source}/{}", file.path),
        };
        vec![
            text(path),
            text(format::number(file.n_bytes)),
            with_small("", file.sha256.as_deref().unwrap_or("could not be read")),
        ]
    });
    let rows = report.kpis.iter().filter_map(|line| {
        let (command, n) = commands::rows_of(report, line)?;
        let which = if line.value.fail.is_some() {
            "that fail"
        } else {
            "that count"
        };
        Some(vec![
            text(&line.title),
            with_small(format::number(n), which),
            with_small("", command),
        ])
    });
    let standards = report
        .kpis
        .iter()
        .filter(|line| !line.standards.is_empty())
        .map(|line| {
            vec![
                with_small(&line.title, &line.value.id),
                text(format!("{}", line.formula_version)),
                text(line.standards.join(", ")),
            ]
        });
    Section {
        id: "appendix",
        title: "Appendix: definitions and sources",
        blocks: vec![
            Block::Heading("Words".to_owned()),
            Block::Items(
                WORDS
                    .iter()
                    .map(|(word, meaning)| format!("{word}: {meaning}."))
                    .collect(),
            ),
            Block::Heading("How to check a number".to_owned()),
            // The first page may have cut it.
            Block::Text(format!("All of this report is about: {}.", scope_text(&report.scope))),
            Block::Text(format!(
                "The commands below list the rows behind each number, with the estate's folder in the place of ESTATE. \
                 Written by Rollcall {} from the files below, and by nothing else.",
                report.rollcall
            )),
            Block::Table(Table {
                caption: "The rows behind each number".to_owned(),
                columns: vec![left("KPI", 2.2), right("Rows", 1.0), left("Command", 6.4)],
                rows: rows.collect(),
                note: None,
            }),
            Block::Table(Table {
                caption: "Limits in force".to_owned(),
                columns: vec![left("Limit", 4.0), right("Value", 1.2), left("Set by", 3.6)],
                rows: thresholds.collect(),
                note: None,
            }),
            Block::Table(Table {
                caption: "Standards that ask for the KPIs".to_owned(),
                columns: vec![left("KPI", 3.0), right("Formula version", 1.4), left("Standards", 4.6)],
                rows: standards.collect(),
                note: None,
            }),
            Block::Table(Table {
                caption: "Files, with the SHA-256 of what was read".to_owned(),
                columns: vec![left("File", 3.2), right("Bytes", 1.0), left("SHA-256", 6.0)],
                rows: files.collect(),
                note: None,
            }),
        ],
    }
}
