//! A report as one reads it: sections of texts, tables and charts. HTML and PDF draw the same document.

mod rows;

use super::commands;
use crate::api::history::{KpiChange, Trend as KpiTrend, Trends};
use crate::api::kpis::KpiValue;
use crate::api::query::Facet;
use crate::api::report::{KpiLine, Report, ScopePart, SourceLine};
use crate::api::sources::Completeness;
use crate::charts::columns::Columns;
use crate::charts::heat::HeatMap;
use crate::charts::questions::{self, HOW_LONG, HOW_MANY_RENEWALS, HOW_OLD, MAX_SOURCES, WHAT_ENDS, WHERE_GOVERNED};
use crate::charts::survival::Survival;
use crate::charts::trend::Trend;
use crate::charts::{Ink, heat};
use crate::format;
use crate::kpi::catalog;
use crate::model::ratio::Ratio;
use crate::words;

/// A report, laid out but not drawn.
pub struct Document {
    pub title: String,
    /// What it is about, from when, and what it is compared with; one line each.
    pub about: Vec<String>,
    pub sections: Vec<Section>,
}

pub struct Section {
    /// Its fragment and bookmark.
    pub id: &'static str,
    pub title: &'static str,
    pub blocks: Vec<Block>,
}

pub enum Block {
    /// The one sentence to take along.
    Lead(String),
    Text(String),
    Heading(String),
    Figures(Vec<Figure>),
    Shares(Vec<Share>),
    Items(Vec<String>),
    Pictures(Vec<Picture>),
    Table(Table),
}

/// A number that stands out.
pub struct Figure {
    pub label: String,
    pub value: String,
    pub note: String,
}

/// A share as a bar: what holds, what is unknown, what fails.
pub struct Share {
    pub label: String,
    pub ratio: Ratio,
    /// `62.4–71%`
    pub value: String,
    /// `760 of 1,213`
    pub counts: String,
}

/// A chart with the question that it answers.
pub struct Picture {
    pub title: String,
    /// What it shows, for those who do not see it.
    pub summary: String,
    pub chart: Chart,
    pub legend: Vec<(String, Ink)>,
}

/// The charts of the pages.
pub enum Chart {
    Columns(Columns),
    Heat(HeatMap),
    Survival(Survival),
    Trend(Trend),
}

impl Chart {
    /// The height that suits a width, in pixels.
    pub fn height(&self, width: u32) -> u32 {
        match self {
            Chart::Heat(data) => heat::height(data.rows.len()),
            Chart::Columns(_) | Chart::Survival(_) | Chart::Trend(_) => (width * 2 / 5).clamp(150, 240),
        }
    }
}

pub struct Table {
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// What stands below: what is left out, and where it is.
    pub note: Option<String>,
}

pub struct Column {
    pub title: String,
    pub align: Align,
    /// How wide it is beside the others.
    pub weight: f32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A cell's text, and what stands below it in small.
#[derive(Default)]
pub struct Cell {
    pub text: String,
    pub small: String,
}

/// The most rows of a list that is only looked into: whoever needs all of them takes the list itself.
const MAX_SHOWN: usize = 25;
/// The words of a report that are not everybody's.
pub const WORDS: [(&str, &str); 8] = [
    ("Non-human identity", "anything that authenticates and is no person"),
    (
        "Governed",
        "a non-human identity for which every criterion in force holds",
    ),
    ("Unknown", "no export said so; never the same as no, zero or never"),
    (
        "Source",
        "one place that exports are from, such as an account or a cluster",
    ),
    ("Partial", "of this source something is known to be missing"),
    (
        "Snapshot",
        "the estate as it was at one instant; every age and deadline is told from it",
    ),
    (
        "Finding",
        "one rule's verdict on one identity or credential, with the place in an export that says so",
    ),
    ("Waived", "a finding that somebody accepts until a day"),
];

/// The KPIs whose trends are drawn.
const DRAWN: [&str; 4] = ["governed", "credential.rotation", "lifecycle.orphaned", "nhi.total"];

impl Document {
    /// Lays a report out.
    pub fn new(report: &Report) -> Document {
        let mut about = vec![scope_text(&report.scope)];
        let as_of = format::date(report.snapshot.as_of);
        about.push(match &report.compared_with {
            Some(base) => format!("As of {as_of}, compared with {}", format::date(base.as_of)),
            None => format!("As of {as_of}"),
        });
        let mut sections = vec![summary(report), kpis(report)];
        sections.extend(report.trends.as_ref().map(|trends| trend_section(report, trends)));
        sections.extend([environments(report), lifetimes(report), outlook(report)]);
        sections.push(rows::findings(report));
        sections.extend(rows::changes(report));
        sections.extend([rows::coverage(report), rows::appendix(report)]);
        Document {
            title: format!("{}: non-human identities", report.estate),
            about,
            sections,
        }
    }
}

/// `Whole estate`, `Environment prod, owner payments`
pub fn scope_text(scope: &[ScopePart]) -> String {
    if scope.is_empty() {
        return "Whole estate".to_owned();
    }
    let parts: Vec<String> = scope
        .iter()
        .map(|part| {
            let value = words::facet_value(part.by, &part.value);
            format!("{}: {value}", words::facet(part.by))
        })
        .collect();
    parts.join(", ")
}

fn text(text: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        small: String::new(),
    }
}

fn with_small(text: impl Into<String>, small: impl Into<String>) -> Cell {
    Cell {
        text: text.into(),
        small: small.into(),
    }
}

fn left(title: impl Into<String>, weight: f32) -> Column {
    Column {
        title: title.into(),
        align: Align::Left,
        weight,
    }
}

fn right(title: impl Into<String>, weight: f32) -> Column {
    Column {
        title: title.into(),
        align: Align::Right,
        weight,
    }
}

/// What nobody recorded.
fn or_none(value: Option<&str>) -> String {
    value.map_or_else(|| "None recorded".to_owned(), str::to_owned)
}

/// A KPI's number with its interval: `62.4–71%`, `12,431`, `45 days`.
pub fn value_text(value: &KpiValue) -> String {
    match (value.value, value.upper, value.unit.as_str()) {
        (Some(low), Some(high), "share") => format::range(low, high),
        (Some(number), _, "days") => format!("{} days", format::decimal(number)),
        (Some(number), _, "per_week") => format!("{} a week", format::decimal(number)),
        (Some(number), _, _) => match value.unknown {
            Some(unknown) if unknown > 0 && value.population.is_none() => {
                format!(
                    "{}–{}",
                    format::decimal(number),
                    format::decimal(number + unknown as f64)
                )
            }
            Some(_) | None => format::decimal(number),
        },
        (None, ..) if value.population == Some(0) => "No population".to_owned(),
        (None, ..) => "Not measured".to_owned(),
    }
}

/// `760 of 1,213, 61 unknown`
fn counts_text(value: &KpiValue) -> String {
    match (value.pass, value.population, value.unknown) {
        (Some(pass), Some(population), unknown) if population > 0 => {
            let unknown = unknown.filter(|n| *n > 0);
            let unknown = unknown.map_or_else(String::new, |n| format!(", {} unknown", format::number(n)));
            format!("{} of {}{unknown}", format::number(pass), format::number(population))
        }
        _ => String::new(),
    }
}

/// `+2.1 points, better`
fn change_text(change: &KpiChange, unit: &str) -> String {
    let (by, what) = match unit {
        "share" => ((change.to - change.from) * 100.0, " points"),
        _ => (change.to - change.from, ""),
    };
    let by = match by {
        by if by.abs() < 0.05 => format!("less than 0.1{what}"),
        by if by > 0.0 => format!("+{}{what}", format::decimal(by)),
        by => format!("{}{what}", format::decimal(by)),
    };
    match change.direction.as_str() {
        "same" => "No change".to_owned(),
        "moved" => by,
        direction => format!("{by}, {direction}"),
    }
}

fn find<'a>(report: &'a Report, id: &str) -> Option<&'a KpiLine> {
    report.kpis.iter().find(|line| line.value.id == id)
}

fn summary(report: &Report) -> Section {
    let overview = &report.overview;
    let mut blocks = vec![Block::Lead(lead(report))];
    let mut figures = Vec::new();
    let mut figure = |label: &str, value: String, note: String| {
        figures.push(Figure {
            label: label.to_owned(),
            value,
            note,
        });
    };
    if let Some(line) = find(report, "nhi.total") {
        figure(&line.title, value_text(&line.value), "in scope".to_owned());
    }
    if let Some(line) = find(report, "nhi.per_human") {
        figure(&line.title, value_text(&line.value), "on average".to_owned());
    }
    if let Some((n_admins, population)) =
        find(report, "privilege.admin").and_then(|line| line.value.fail.zip(line.value.population))
    {
        let note = format!("of {} with grants", format::number(population));
        figure("Administrators", format::number(n_admins), note);
    }
    let n_critical: u64 = report.findings.owners.iter().map(|owner| owner.n_critical).sum();
    let note = format!("of {} open", format::number(report.findings.n_open));
    figure("Critical findings", format::number(n_critical), note);
    let is_soon = |value: &str| ["7d", "14d", "30d"].contains(&value);
    let soon = overview.expiring.iter().filter(|bucket| is_soon(&bucket.value));
    let n_ending = format::number(
        soon.map(|bucket| bucket.n_certificates + bucket.n_other_credentials)
            .sum(),
    );
    figure("End within 30 days", n_ending, "credentials".to_owned());
    let sources = &report.coverage.sources;
    let is_partial = |source: &&SourceLine| source.completeness == Completeness::Partial;
    let n_partial = sources.iter().filter(is_partial).count();
    figure(
        "Partial sources",
        format::count(n_partial),
        format!("of {}", format::count(sources.len())),
    );
    blocks.push(Block::Figures(figures));
    blocks.push(Block::Heading("Which criteria hold".to_owned()));
    let shares = overview.criteria.iter().filter_map(|value| {
        let ratio = Ratio {
            pass: value.pass?,
            fail: value.fail?,
            unknown: value.unknown?,
        };
        Some(Share {
            label: find(report, &value.id).map_or(String::new(), |line| line.title.clone()),
            ratio,
            value: value_text(value),
            counts: counts_text(value),
        })
    });
    blocks.push(Block::Shares(shares.collect()));
    if let Some(note) = &overview.governed.note {
        blocks.push(Block::Text(capital(note)));
    }
    if !overview.changes.is_empty() {
        blocks.push(Block::Heading("What would raise the governed share most".to_owned()));
        let changes = overview.changes.iter().take(5).map(|change| {
            let of = match change.team.as_ref().or(change.owner.as_ref()) {
                Some(whose) => format!(" of {}", short(whose)),
                None => " without an owner".to_owned(),
            };
            let n = format::counted(change.n_identities, "identity", "identities");
            let needs = if change.n_identities == 1 { "needs" } else { "need" };
            format!("{n}{of} {needs} only {}", words::remedy(&change.criterion))
        });
        blocks.push(Block::Items(changes.collect()));
    }
    if n_partial > 0 || !report.coverage.missing.is_empty() {
        blocks.push(Block::Text(format!(
            "Of {} sources {} known to be partial, and {} that {} expected {} not there: the section “How sure is this?” \
             says why.",
            format::count(sources.len()),
            format::counted(n_partial as u64, "is", "are"),
            format::count(report.coverage.missing.len()),
            if report.coverage.missing.len() == 1 { "is" } else { "are" },
            if report.coverage.missing.len() == 1 { "is" } else { "are" },
        )));
    }
    let trend = report
        .trends
        .as_ref()
        .and_then(|trends| trend_picture(report, trends, "governed"));
    blocks.push(Block::Pictures(
        trend.into_iter().chain([ending_picture(report)]).collect(),
    ));
    Section {
        id: "summary",
        title: "Summary",
        blocks,
    }
}

/// A name that leaves room for what is said of it on one line.
fn short(name: &str) -> String {
    const MOST: usize = 40;
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Where we stand, in two sentences.
pub fn lead(report: &Report) -> String {
    let governed = &report.overview.governed;
    let Some((low, high)) = governed.value.zip(governed.upper) else {
        let why = governed.note.as_deref().unwrap_or("nothing tells");
        return format!("The governed share is not known: {why}.");
    };
    let n_nhis = format::number(governed.population.unwrap_or_default());
    let share = format::percent(low);
    let mut lead = match high > low {
        true => format!(
            "Of {n_nhis} non-human identities in scope, {share} are governed for certain, and at most {}.",
            format::percent(high)
        ),
        false => format!("Of {n_nhis} non-human identities in scope, {share} are governed."),
    };
    if let (Some(target), Some(set_by)) = (&governed.threshold, &governed.threshold_set_by) {
        lead.push_str(&format!(" The target is {target} ({set_by})."));
    }
    let line = find(report, "governed");
    if let (Some(base), Some(change)) = (&report.compared_with, line.and_then(|line| line.change.as_ref())) {
        let since = format::date(base.as_of);
        lead.push_str(&format!(
            " Since {since}: {}.",
            change_text(change, "share").to_lowercase()
        ));
    }
    lead
}

fn kpis(report: &Report) -> Section {
    let rows = report.kpis.iter().map(|line| {
        let value = &line.value;
        let note = match (&value.note, value.value) {
            (Some(note), _) => capital(note),
            (None, _) => String::new(),
        };
        let counts = counts_text(value);
        let small = [counts, note]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(". ");
        vec![
            with_small(&line.title, format!("{}: {}", value.id, line.formula)),
            with_small(value_text(value), small),
            with_small(
                value.threshold.as_deref().unwrap_or("–"),
                value.threshold_set_by.as_deref().unwrap_or_default(),
            ),
            match &line.change {
                Some(change) if change.left_out.is_empty() => text(change_text(change, &value.unit)),
                Some(change) => {
                    let without = format!("without {}", change.left_out.join(", "));
                    with_small(change_text(change, &value.unit), without)
                }
                None if line.change_note.is_some() && value.value.is_some() => {
                    with_small("–", "cannot be claimed: its sources were not whole in both snapshots")
                }
                None => text("–"),
            },
        ]
    });
    Section {
        id: "kpis",
        title: "Every number",
        blocks: vec![
            Block::Text(
                "A share is given as an interval where something is unknown: its lower end counts only what certainly \
                 holds, its upper end also what is unknown. Unknown is never taken for a pass, a fail or a zero."
                    .to_owned(),
            ),
            Block::Table(Table {
                caption: "KPIs with their formulas, limits and changes".to_owned(),
                columns: vec![
                    left("KPI and formula", 5.0),
                    left("Value", 2.6),
                    left("Limit", 2.2),
                    left("Change", 2.2),
                ],
                rows: rows.collect(),
                note: None,
            }),
        ],
    }
}

fn trend_section(report: &Report, trends: &Trends) -> Section {
    let pictures = DRAWN.iter().filter_map(|id| trend_picture(report, trends, id));
    let rows = report.kpis.iter().zip(&trends.kpis).filter(|(_, trend)| {
        let n_values = trend.points.iter().filter(|point| point.value.is_some()).count();
        n_values > 1
    });
    let rows = rows.map(|(line, trend)| {
        let last = trend.points.len() - 1;
        let n_hollow = trend
            .points
            .iter()
            .filter(|point| point.value.is_some() && !point.comparable)
            .count();
        vec![
            text(&line.title),
            text(point_text(trend, 0)),
            text(point_text(trend, last)),
            text(match &trend.change {
                Some(change) => change_text(change, &trend.unit),
                None => "–".to_owned(),
            }),
            text(match n_hollow {
                0 => "All".to_owned(),
                n => format!("{} of {}", trend.points.len() - n, trend.points.len()),
            }),
        ]
    });
    let drawn: Vec<&KpiTrend> = DRAWN.iter().filter_map(|id| trend_of(trends, id)).collect();
    let points = trends.snapshots.iter().enumerate().map(|(at, snapshot)| {
        let value = |trend: &&KpiTrend| {
            let point = &trend.points[at];
            let hollow = if point.comparable { "" } else { "not comparable" };
            with_small(point_text(trend, at), hollow)
        };
        let date = text(format::date(snapshot.as_of));
        std::iter::once(date).chain(drawn.iter().map(value)).collect()
    });
    let first = trends
        .snapshots
        .first()
        .map_or(String::new(), |snapshot| format::date(snapshot.as_of));
    Section {
        id: "trends",
        title: "Are we getting better?",
        blocks: vec![
            Block::Text(
                "A hollow point cannot be compared with the newest: the sources under it were others, or not whole. \
                 The band is what is unknown."
                    .to_owned(),
            ),
            Block::Pictures(pictures.collect()),
            Block::Table(Table {
                caption: "The numbers of the pictures".to_owned(),
                columns: std::iter::once(left("Snapshot", 1.6))
                    .chain(
                        drawn
                            .iter()
                            .filter_map(|trend| Some(right(catalog::find(&trend.id)?.title, 1.6))),
                    )
                    .collect(),
                rows: points.collect(),
                note: None,
            }),
            Block::Table(Table {
                caption: format!("Each number in the first snapshot ({first}) and in this one"),
                columns: vec![
                    left("KPI", 3.4),
                    right("First", 1.2),
                    right("Now", 1.2),
                    left("Since the one compared with", 2.4),
                    left("Comparable snapshots", 2.0),
                ],
                rows: rows.collect(),
                note: None,
            }),
        ],
    }
}

fn trend_of<'t>(trends: &'t Trends, id: &str) -> Option<&'t KpiTrend> {
    trends.kpis.iter().find(|trend| trend.id == id)
}

/// The number of one snapshot.
fn point_text(trend: &KpiTrend, at: usize) -> String {
    let point = &trend.points[at];
    match (point.value, trend.unit.as_str()) {
        (None, _) => "–".to_owned(),
        (Some(value), "share") => format::range(value, point.upper.unwrap_or(value)),
        (Some(value), _) => format::decimal(value),
    }
}

fn trend_picture(report: &Report, trends: &Trends, id: &str) -> Option<Picture> {
    let trend = trend_of(trends, id)?;
    let line = find(report, id)?;
    Some(Picture {
        title: line.question.clone(),
        summary: trend_summary(line, trend, trends),
        chart: Chart::Trend(questions::trend(trends, trend, |_, _| String::new())),
        legend: Vec::new(),
    })
}

fn trend_summary(line: &KpiLine, trend: &KpiTrend, trends: &Trends) -> String {
    let told = trends
        .snapshots
        .iter()
        .zip(&trend.points)
        .filter_map(|(snapshot, point)| {
            let value = match trend.unit.as_str() {
                "share" => format::percent(point.value?),
                _ => format::decimal(point.value?),
            };
            Some(format!("{value} on {}", format::date(snapshot.as_of)))
        });
    format!("{}: {}", line.title, told.collect::<Vec<_>>().join(", "))
}

fn environments(report: &Report) -> Section {
    let map = &report.overview.heat;
    let n_more = map.sources.len().saturating_sub(MAX_SOURCES);
    let pictures = Block::Pictures(vec![Picture {
        title: WHERE_GOVERNED.to_owned(),
        summary: match n_more {
            0 => "A map of the table below: the darker, the more is governed".to_owned(),
            n => format!(
                "The {MAX_SOURCES} sources with most to do, and {n} more in the table below; the darker, the more is governed"
            ),
        },
        chart: Chart::Heat(questions::governed(map)),
        legend: Vec::new(),
    }]);
    let left_out = (n_more > 0).then(|| {
        Block::Text(format!(
            "The map has the {MAX_SOURCES} sources with most to do; the table has all {}.",
            format::count(map.sources.len())
        ))
    });
    let twin = map.cells.iter().map(|cell| {
        let ratio = cell.governed;
        vec![
            text(named(&map.environments[cell.environment])),
            text(&map.sources[cell.source]),
            text(format::interval(ratio).unwrap_or_default()),
            text(format::number(ratio.pass)),
            text(format::number(ratio.fail)),
            text(format::number(ratio.unknown)),
        ]
    });
    Section {
        id: "environments",
        title: "Which environments and sources are governed?",
        blocks: std::iter::once(pictures)
            .chain(left_out)
            .chain([Block::Table(Table {
                caption: "Governed by environment and source".to_owned(),
                columns: vec![
                    left("Environment", 2.0),
                    left("Source", 3.0),
                    right("Governed", 1.6),
                    right("Holds", 1.0),
                    right("Fails", 1.0),
                    right("Unknown", 1.0),
                ],
                rows: twin.collect(),
                note: None,
            })])
            .collect(),
    }
}

fn named(name: &str) -> String {
    match name {
        "" => "None recorded".to_owned(),
        name => name.to_owned(),
    }
}

fn lifetimes(report: &Report) -> Section {
    let ages = &report.overview.ages;
    let mut blocks = Vec::new();
    let mut pictures = Vec::new();
    if let Some(first) = ages.first() {
        let (columns, groups) = questions::ages(ages);
        let rows = columns.series.iter().zip(&groups).map(|((name, _), group)| {
            let numbers = (0..first.buckets.len()).map(|at| text(format::number(questions::n_of_age(group, at))));
            std::iter::once(text(name)).chain(numbers).collect()
        });
        let columns_of = first
            .buckets
            .iter()
            .map(|bucket| right(words::bucket(&bucket.value), 1.0));
        blocks.push(Block::Table(Table {
            caption: "Active credentials by age".to_owned(),
            columns: std::iter::once(left("Kind", 2.4)).chain(columns_of).collect(),
            rows: rows.collect(),
            note: None,
        }));
        pictures.push(Picture {
            title: HOW_OLD.to_owned(),
            summary: questions::ages_line(ages),
            legend: columns.series.clone(),
            chart: Chart::Columns(columns),
        });
    }
    if let Some(all) = report.rotation.first().filter(|curve| curve.n_ended > 0) {
        pictures.push(Picture {
            title: HOW_LONG.to_owned(),
            summary: questions::rotation_line(all),
            chart: Chart::Survival(questions::rotation(all)),
            legend: Vec::new(),
        });
    }
    let rows = report.rotation.iter().map(|curve| {
        vec![
            text(questions::rotation_of(curve)),
            text(format::count(curve.n)),
            text(format::count(curve.n_ended)),
            text(
                curve
                    .median_days
                    .map_or_else(|| "–".to_owned(), |days| format!("{days} d")),
            ),
            text(capital(&curve.note)),
        ]
    });
    let rows: Vec<_> = rows.collect();
    blocks.push(match rows.is_empty() {
        true => {
            Block::Text("How long credentials stay in place is told by several snapshots; there is one.".to_owned())
        }
        false => Block::Table(Table {
            caption:
                "How long credentials stay in place: Kaplan and Meier's estimate over the snapshots until this one, \
                      which counts those that are not replaced yet"
                    .to_owned(),
            columns: vec![
                left("Kind", 2.4),
                right("Observed", 1.2),
                right("Replaced", 1.2),
                right("Half within", 1.2),
                left("With its 95% band, or why there is none", 5.0),
            ],
            rows,
            note: None,
        }),
    });
    blocks.insert(0, Block::Pictures(pictures));
    Section {
        id: "lifetimes",
        title: "How old are credentials, and how long do they stay?",
        blocks,
    }
}

fn outlook(report: &Report) -> Section {
    let overview = &report.overview;
    let renewals = Picture {
        title: HOW_MANY_RENEWALS.to_owned(),
        summary: {
            let n_renewals: u64 = overview.renewals.iter().map(|week| week.n_certificates).sum();
            format!("{} certificates end in the next 26 weeks", format::number(n_renewals))
        },
        chart: Chart::Columns(questions::renewals(&overview.renewals)),
        legend: Vec::new(),
    };
    let mut blocks = vec![Block::Pictures(vec![ending_picture(report), renewals])];
    let buckets = overview.expiring.iter().map(|bucket| {
        vec![
            text(words::facet_value(Facet::Expiry, &bucket.value)),
            text(format::number(bucket.n_certificates)),
            text(format::number(bucket.n_other_credentials)),
        ]
    });
    blocks.push(Block::Table(Table {
        caption: WHAT_ENDS.to_owned(),
        columns: vec![
            left("Ends", 3.0),
            right("Certificates", 1.6),
            right("Other credentials", 1.6),
        ],
        rows: buckets.collect(),
        note: None,
    }));
    let weeks = overview.renewals.iter().filter(|week| week.n_certificates > 0);
    let weeks = weeks.map(|week| {
        vec![
            text(format::date(week.starts_at)),
            text(format::number(week.n_certificates)),
        ]
    });
    blocks.push(Block::Table(Table {
        caption: "Certificates to renew in the next 26 weeks".to_owned(),
        columns: vec![left("Week of", 3.0), right("Renewals", 3.2)],
        rows: weeks.collect(),
        note: Some("Weeks that are not named have none.".to_owned()),
    }));
    if let Some(note) = find(report, "certificate.renewals").and_then(|line| line.value.note.as_ref()) {
        blocks.push(Block::Text(format!("{}.", capital(note))));
    }
    let rows = report.ending.iter().take(MAX_SHOWN).map(|row| {
        vec![
            text(format::date(row.expires_at)),
            text(format!("{} d", row.days_left)),
            with_small(row.name.as_deref().unwrap_or(&row.id), words::sentence(&row.kind)),
            text(row.holder_name.as_deref().unwrap_or("–")),
            with_small(or_none(row.owner.as_deref()), row.team.as_deref().unwrap_or_default()),
            text(&row.source),
        ]
    });
    blocks.push(Block::Table(Table {
        caption: "What ends first".to_owned(),
        columns: vec![
            left("Ends", 1.5),
            right("Left", 0.8),
            left("Credential", 3.4),
            left("Held by", 2.2),
            left("Owner", 2.2),
            left("Source", 1.6),
        ],
        rows: rows.collect(),
        note: more(
            report.n_ending,
            report.ending.len().min(MAX_SHOWN),
            &commands::ending(report).unwrap_or_default(),
        ),
    }));
    Section {
        id: "outlook",
        title: "What ends next?",
        blocks,
    }
}

fn ending_picture(report: &Report) -> Picture {
    let overview = &report.overview;
    let soon = overview.expiring.iter().filter(|bucket| !questions::is_far(bucket));
    let told = soon.map(|bucket| {
        let n = bucket.n_certificates + bucket.n_other_credentials;
        format!("{} {}", format::number(n), words::bucket(&bucket.value))
    });
    let columns = questions::what_ends(&overview.expiring, true);
    Picture {
        title: WHAT_ENDS.to_owned(),
        summary: format!("By days left: {}", told.collect::<Vec<_>>().join(", ")),
        legend: columns.series.clone(),
        chart: Chart::Columns(columns),
    }
}

/// Where the rows are that a list leaves out.
pub fn more(n_all: usize, n_shown: usize, command: &str) -> Option<String> {
    (n_all > n_shown).then(|| {
        let n_more = format::count(n_all - n_shown);
        format!("And {n_more} more: {command}")
    })
}

/// A phrase as the beginning of a sentence.
fn capital(phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", chars.as_str())
}
