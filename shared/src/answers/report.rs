//! What a report says.

use hashbrown::{HashMap, HashSet};

use super::durations::durations;
use super::history::{history_of, trends};
use super::sources::sources;
use super::{kpis, overview};
use crate::analysis::Analysis;
use crate::api::SnapshotName;
use crate::api::history::{History as HistoryView, HistoryQuery, Trends};
use crate::api::query::Facet;
use crate::api::report::{
    Changes, Coverage, Ending, Findings, InputFile, KpiLine, MAX_LISTED, NotMeasured, OwnerFindings, Report,
    RuleFindings, ScopePart, SourceLine, ThresholdLine,
};
use crate::history::{History, Past};
use crate::kpi::catalog::{KPIS, KpiKind, Table};
use crate::lists::{self, List};
use crate::model::credential::CredentialKind;
use crate::model::instant::Expiry;
use crate::model::ratio::Ratio;
use crate::model::strings::Sym;
use crate::model::thresholds::ThresholdId;
use crate::rules::severity::Severity;
use crate::rules::{Finding, RULES, Rule, Subject};

/// What ends within so many days is listed.
const OUTLOOK_DAYS: i64 = 90;

/// What a report is made from.
pub struct Material<'a> {
    /// The snapshot, or the part of it that the report is about: see [`Analysis::of_part`].
    pub analysis: &'a Analysis,
    pub snapshot: SnapshotName,
    /// What the part has.
    pub scope: &'a [(Facet, String)],
    /// All snapshots until this one, this one last, and all of the same part.
    pub history: &'a History,
    /// The snapshot that changes are told from, with its place in the history; of the same part.
    pub base: Option<(&'a Analysis, &'a Past)>,
    pub files: Vec<InputFile>,
}

/// `GET /api/v1/report?format=json`.
pub fn report(material: Material<'_>) -> Report {
    let Material {
        analysis,
        snapshot,
        scope,
        history,
        base,
        files,
    } = material;
    let past = history.snapshots.last();
    let trends = base.zip(past).map(|((_, from), to)| trends(history, from, to));
    let (ending, n_ending) = ending(analysis);
    let kpis = kpi_lines(analysis, past, trends.as_ref());
    Report {
        estate: (analysis.config.estate_name.clone()).unwrap_or_else(|| "Estate".to_owned()),
        compared_with: base.map(|(_, past)| SnapshotName {
            name: past.head.name.clone(),
            as_of: past.head.as_of,
        }),
        snapshot,
        scope: scope
            .iter()
            .map(|(by, value)| ScopePart {
                by: *by,
                value: value.clone(),
            })
            .collect(),
        rollcall: env!("CARGO_PKG_VERSION").to_owned(),
        overview: overview(analysis),
        coverage: coverage(analysis, &kpis),
        kpis,
        trends,
        rotation: match history.snapshots.len() {
            0 | 1 => Vec::new(),
            n => durations(history, n - 1).rotation,
        },
        ending,
        n_ending,
        findings: findings(analysis),
        changes: (base.zip(past)).map(|((base, from), to)| changes(history, (base, from), (analysis, to))),
        thresholds: ThresholdId::ALL
            .into_iter()
            .map(|id| {
                let threshold = analysis.config.thresholds.get(id);
                ThresholdLine {
                    name: id.name().to_owned(),
                    value: threshold.value,
                    set_by: threshold.set_by.clone(),
                }
            })
            .collect(),
        files,
    }
}

fn kpi_lines(analysis: &Analysis, past: Option<&Past>, trends: Option<&Trends>) -> Vec<KpiLine> {
    let values = kpis(analysis, &[], past).kpis;
    let lines = KPIS.iter().zip(values).enumerate().map(|(at, (kpi, value))| {
        let trend = trends.map(|trends| &trends.kpis[at]);
        KpiLine {
            title: kpi.title.to_owned(),
            question: kpi.question.to_owned(),
            formula: kpi.formula.to_owned(),
            formula_version: kpi.version,
            standards: kpi.standards.iter().map(|standard| (*standard).to_owned()).collect(),
            value,
            change: trend.and_then(|trend| trend.change.clone()),
            change_note: trend.and_then(|trend| trend.note.clone()),
        }
    });
    lines.collect()
}

fn ending(analysis: &Analysis) -> (Vec<Ending>, usize) {
    let as_of = analysis.snapshot.as_of;
    let credentials = analysis.snapshot.credentials.iter().enumerate();
    let mut soon: Vec<(_, usize)> = credentials
        .filter(|(row, credential)| {
            credential.kind != CredentialKind::Federation && analysis.within.holds(Table::Credentials, *row)
        })
        .filter_map(|(row, credential)| match credential.expires_at {
            Expiry::At(end) if end > as_of && end <= as_of.plus_days(OUTLOOK_DAYS) => Some((end, row)),
            Expiry::At(_) | Expiry::Never | Expiry::NotReported => None,
        })
        .collect();
    soon.sort_unstable();
    let rows = soon.iter().take(MAX_LISTED).map(|(end, row)| {
        let credential = &analysis.snapshot.credentials[*row];
        let row = lists::credential_row(analysis, *row);
        let text = |sym: Sym| analysis.snapshot.strings.get(sym).to_owned();
        let subject = credential
            .certificate
            .as_ref()
            .map(|certificate| text(certificate.subject));
        Ending {
            id: row.id,
            name: subject.or(row.name),
            kind: row.kind,
            holder_name: row.holder_name,
            source: row.source,
            environment: row.environment,
            owner: row.owner,
            team: row.team,
            expires_at: *end,
            days_left: as_of.days_until(*end),
        }
    });
    (rows.collect(), soon.len())
}

fn findings(analysis: &Analysis) -> Findings {
    let all = analysis.findings.all.iter().enumerate();
    let within: Vec<&Finding> = all
        .filter(|(row, _)| analysis.within.holds(Table::Findings, *row))
        .map(|(_, finding)| finding)
        .collect();
    let open: Vec<&Finding> = within
        .iter()
        .copied()
        .filter(|finding| finding.waiver.is_none())
        .collect();
    let rules = RULES.iter().enumerate().map(|(index, rule)| {
        let of_rule = |finding: &&&Finding| usize::from(finding.rule) == index;
        let n_open = open.iter().filter(of_rule).count() as u64;
        let unmeasured = analysis.findings.tallies[index].unmeasured;
        let judged = unmeasured.is_none().then(|| judged(analysis, rule));
        RuleFindings {
            code: rule.code.to_owned(),
            title: rule.title.to_owned(),
            worst: open
                .iter()
                .filter(of_rule)
                .map(|finding| finding.severity)
                .min()
                .map(|worst| worst.id().to_owned()),
            n_open,
            n_waived: within.iter().filter(of_rule).count() as u64 - n_open,
            n_judged: judged.map(|ratio| ratio.population()),
            n_unknown: judged.map(|ratio| ratio.unknown),
            not_evaluated: unmeasured.map(str::to_owned),
        }
    });
    Findings {
        n_open: open.len() as u64,
        n_waived: (within.len() - open.len()) as u64,
        owners: by_owner(analysis, &open),
        rules: rules.collect(),
        worst: open
            .iter()
            .take(MAX_LISTED)
            .map(|finding| lists::finding_row(analysis, finding))
            .collect(),
    }
}

fn judged(analysis: &Analysis, rule: &Rule) -> Ratio {
    let (check, table) = (rule.check(), rule.table());
    let n_rows = analysis.lists.of(table).map_or(0, List::n_rows);
    let rows = (0..n_rows).filter(|row| analysis.within.holds(table, *row));
    rows.filter_map(|row| (check.judge)(analysis, row)).collect()
}

/// Of a credential's finding the holder's owner answers, as the list of findings shows it.
fn by_owner(analysis: &Analysis, open: &[&Finding]) -> Vec<OwnerFindings> {
    let snapshot = &analysis.snapshot;
    let mut counts: HashMap<(Option<Sym>, Option<Sym>), [u64; Severity::ALL.len()]> = HashMap::new();
    for finding in open {
        let identity = match finding.subject() {
            Subject::Identity(id) => Some(snapshot.identity(id)),
            Subject::Credential(id) => lists::holder(snapshot, snapshot.credential(id)),
        };
        let owner = identity.map(|identity| identity.owner);
        let key = (owner.and_then(|owner| owner.text), owner.and_then(|owner| owner.team));
        counts.entry(key).or_default()[finding.severity as usize] += 1;
    }
    let text = |sym: Option<Sym>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    let mut owners: Vec<OwnerFindings> = counts
        .into_iter()
        .map(|((owner, team), [n_critical, n_high, n_medium, n_low])| OwnerFindings {
            owner: text(owner),
            team: text(team),
            n_critical,
            n_high,
            n_medium,
            n_low,
        })
        .collect();
    let badness = |of: &OwnerFindings| [of.n_critical, of.n_high, of.n_medium, of.n_low];
    owners.sort_by(|a, b| (badness(b).cmp(&badness(a))).then_with(|| (&a.owner, &a.team).cmp(&(&b.owner, &b.team))));
    owners
}

/// Of a part: what is about an identity that one of the two snapshots has in it.
fn changes(history: &History, from: (&Analysis, &Past), to: (&Analysis, &Past)) -> Changes {
    let mut known: HashSet<&str> = HashSet::new();
    for (analysis, _) in [from, to] {
        let snapshot = &analysis.snapshot;
        for (row, identity) in snapshot.identities.iter().enumerate() {
            if analysis.within.holds(Table::Identities, row) {
                known.insert(snapshot.strings.get(identity.id));
            }
        }
    }
    let is_part = to.0.within.is_part();
    let holds = |identity: Option<&str>| !is_part || identity.is_some_and(|id| known.contains(id));
    let query = HistoryQuery::default();
    let HistoryView {
        mut sources,
        counts,
        changes,
        n_matching,
        ..
    } = history_of(history, from.1, to.1, &query, MAX_LISTED, &holds);
    sources.retain(|source| !source.reasons.is_empty());
    Changes {
        counts,
        changes,
        n_changes: n_matching,
        sources,
    }
}

fn coverage(analysis: &Analysis, kpis: &[KpiLine]) -> Coverage {
    let view = sources(analysis);
    let within = |index: &usize| analysis.within.holds_source(*index);
    let sources = (0..)
        .zip(view.sources)
        .filter(|(index, _)| within(index))
        .map(|(_, source)| SourceLine {
            name: source.name,
            environment: source.environment,
            completeness: source.completeness,
            reasons: source.reasons,
            stated_at: source.stated_at,
            n_files: source.files.len(),
            n_identities: source.n_identities,
            n_credentials: source.n_credentials,
        });
    let unmeasured = kpis.iter().filter(|line| {
        let is_empty = line.value.population == Some(0);
        line.value.value.is_none() && !is_empty && line.value.buckets.is_empty()
    });
    Coverage {
        sources: sources.collect(),
        missing: view.missing,
        n_conflicts: analysis.snapshot.conflicts.len(),
        not_measured: unmeasured
            .map(|line| NotMeasured {
                id: line.value.id.clone(),
                title: line.title.clone(),
                why: match (&line.value.note, line.value.kind) {
                    (Some(note), _) => note.clone(),
                    (None, KpiKind::Duration) => "needs a second snapshot".to_owned(),
                    (None, KpiKind::Share | KpiKind::Count | KpiKind::Distribution) => "nothing tells".to_owned(),
                },
            })
            .collect(),
    }
}
