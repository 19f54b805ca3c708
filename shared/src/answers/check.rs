//! Whether gates hold: thresholds as code.

use hashbrown::HashSet;

use super::kpis::kpi_values;
use super::rules::waivers;
use crate::analysis::Analysis;
use crate::api::check::{Check, GateView, MAX_FAILING, Outcome};
use crate::api::kpis::KpiValue;
use crate::config::{Bound, Gate, Measure, Requirement, Which};
use crate::lists;
use crate::model::snapshot::{Credential, CredentialId};
use crate::rules::{Finding, RULES, Subject};

/// Holds a snapshot against gates. New findings are those that `base` does not have.
pub fn check(analysis: &Analysis, base: Option<&Analysis>, gates: &[Gate]) -> Check {
    let kpis = kpi_values(analysis);
    let mut failing: HashSet<usize> = HashSet::new();
    let gates: Vec<GateView> = gates
        .iter()
        .map(|gate| {
            let (outcome, observed) = match &gate.require.measure {
                Measure::Kpi(id) => of_kpi(&kpis, id, &gate.require),
                Measure::Findings(which) => {
                    let rows = open(analysis, *which);
                    of_findings(analysis, &gate.require, *which, rows, "", &mut failing)
                }
                Measure::NewFindings(which) => match base {
                    None => {
                        let why = "there is no snapshot to compare with: name one with --base";
                        (Outcome::NotMeasured, why.to_owned())
                    }
                    Some(base) => {
                        let (rows, note) = new(analysis, base, *which);
                        of_findings(analysis, &gate.require, *which, rows, &note, &mut failing)
                    }
                },
            };
            GateView {
                name: gate.name.clone(),
                require: gate.text.clone(),
                outcome,
                observed,
            }
        })
        .collect();
    let mut expired_waivers = waivers(analysis);
    expired_waivers.retain(|waiver| waiver.is_expired);
    let mut rows: Vec<usize> = failing.into_iter().collect();
    rows.sort_unstable();
    let findings = &analysis.findings.all;
    Check {
        as_of: analysis.snapshot.as_of,
        base_as_of: base.map(|base| base.snapshot.as_of),
        has_passed: expired_waivers.is_empty() && gates.iter().all(|gate| gate.outcome == Outcome::Pass),
        gates,
        expired_waivers,
        n_findings: rows.len(),
        findings: (rows.iter().take(MAX_FAILING))
            .map(|row| lists::finding_row(analysis, &findings[*row]))
            .collect(),
    }
}

/// A share must keep its bound for certain: at least with its lower end, at most with its upper.
fn of_kpi(kpis: &[KpiValue], id: &str, require: &Requirement) -> (Outcome, String) {
    let none = || (Outcome::NotMeasured, "it has no number".to_owned());
    let Some(kpi) = kpis.iter().find(|kpi| kpi.id == id) else {
        return none();
    };
    let Some(lower) = kpi.value else {
        let (outcome, why) = none();
        return (outcome, kpi.note.clone().unwrap_or(why));
    };
    let (lower, upper, unit) = match kpi.upper {
        Some(upper) => (lower * 100.0, upper * 100.0, " %"),
        None => (lower, lower + kpi.unknown.unwrap_or_default() as f64, ""),
    };
    let shown = |value: f64| match unit {
        "" => format!("{value}"),
        _ => format!("{value:.1}{unit}"),
    };
    let observed = match upper > lower {
        true => format!("{} to {}", shown(lower), shown(upper)),
        false => shown(lower),
    };
    let holds = match require.bound {
        Bound::AtLeast => lower >= require.limit,
        Bound::AtMost => upper <= require.limit,
    };
    (outcome(holds), observed)
}

fn of_findings(
    analysis: &Analysis,
    require: &Requirement,
    which: Which,
    rows: Vec<usize>,
    note: &str,
    failing: &mut HashSet<usize>,
) -> (Outcome, String) {
    let tally = RULES
        .iter()
        .zip(&analysis.findings.tallies)
        .find(|(rule, _)| which == Which::OfRule(rule.code))
        .map(|(_, tally)| tally);
    if let Some(why) = tally.and_then(|tally| tally.unmeasured) {
        return (Outcome::NotMeasured, why.to_owned());
    }
    let holds = match require.bound {
        Bound::AtLeast => rows.len() as f64 >= require.limit,
        Bound::AtMost => rows.len() as f64 <= require.limit,
    };
    let n_unknown = tally.map_or(0, |tally| tally.ratio.unknown);
    let unknown = match n_unknown {
        0 => String::new(),
        n => format!("; {n} could not be judged"),
    };
    let observed = format!("{}{note}{unknown}", rows.len());
    if !holds {
        failing.extend(rows);
    }
    (outcome(holds), observed)
}

fn outcome(holds: bool) -> Outcome {
    match holds {
        true => Outcome::Pass,
        false => Outcome::Fail,
    }
}

/// The rows of findings that no waiver covers.
fn open(analysis: &Analysis, which: Which) -> Vec<usize> {
    let findings = analysis.findings.all.iter().enumerate();
    findings
        .filter(|(_, finding)| finding.waiver.is_none() && is_of(which, finding))
        .map(|(row, _)| row)
        .collect()
}

fn is_of(which: Which, finding: &Finding) -> bool {
    match which {
        Which::All => true,
        Which::OfSeverity(severity) => finding.severity == severity,
        Which::OfRule(code) => finding.rule().code == code,
    }
}

/// Open findings whose key the base does not have among those of the same choice; and of how many "new" is not certain:
/// they stand in sources that the base does not have whole, or their rule could not judge them there.
fn new(analysis: &Analysis, base: &Analysis, which: Which) -> (Vec<usize>, String) {
    let key =
        |analysis: &'_ Analysis, finding: &Finding| (finding.rule, finding.subject_id(&analysis.snapshot).to_owned());
    let known: HashSet<(u8, String)> = (base.findings.all.iter())
        .filter(|finding| is_of(which, finding))
        .map(|finding| key(base, finding))
        .collect();
    let mut rows = open(analysis, which);
    let findings = &analysis.findings.all;
    rows.retain(|row| !known.contains(&key(analysis, &findings[*row])));
    let is_whole = |name: &str| {
        let source = base.snapshot.sources.iter().find(|source| source.name == name);
        source.is_some_and(|source| source.gaps.is_empty())
    };
    let (mut n_unseen, mut n_unjudged) = (0, 0);
    for row in &rows {
        let finding = &findings[*row];
        match is_whole(source(analysis, finding)) {
            false => n_unseen += 1,
            true => n_unjudged += usize::from(is_unjudged(base, finding, finding.subject_id(&analysis.snapshot))),
        }
    }
    let mut note = String::new();
    for (n, why) in [
        (n_unseen, "in sources that the base does not have whole"),
        (n_unjudged, "of which nobody could tell in the base"),
    ] {
        if n > 0 {
            note += &format!("; {n} of them {why}");
        }
    }
    (rows, note)
}

/// Whether nothing in a snapshot told if the rule of a finding holds for the subject of this id.
fn is_unjudged(there: &Analysis, finding: &Finding, subject_id: &str) -> bool {
    let snapshot = &there.snapshot;
    let subject = match finding.subject() {
        Subject::Identity(_) => snapshot.find(subject_id).map(Subject::Identity),
        Subject::Credential(_) => {
            let key = |credential: &Credential| snapshot.strings.get(credential.key).cmp(subject_id);
            let at = snapshot.credentials.binary_search_by(key).ok();
            at.map(|at| Subject::Credential(CredentialId(at as u32)))
        }
    };
    let rule = usize::from(finding.rule);
    let is_open = |subject: Subject| there.findings.unjudged[subject.place(snapshot.identities.len())] >> rule & 1 == 1;
    there.findings.tallies[rule].unmeasured.is_some() || subject.is_some_and(is_open)
}

fn source<'a>(analysis: &'a Analysis, finding: &Finding) -> &'a str {
    let snapshot = &analysis.snapshot;
    let source = match finding.subject() {
        Subject::Identity(id) => snapshot.identity(id).source,
        Subject::Credential(id) => snapshot.credential(id).source,
    };
    &snapshot.source(source).name
}
