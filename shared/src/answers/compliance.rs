//! Standards, control by control.

use crate::analysis::Analysis;
use crate::api::compliance::{Compliance, ControlState, FrameworkView, Measured};
use crate::connectors::CONNECTORS;
use crate::model::snapshot::{Source, SourceId};
use crate::rules::frameworks::{Control, Extent, Framework, UNMEASURABLE, controls};
use crate::rules::{RULES, Rule, Tally, Test};

/// `GET /api/v1/compliance`.
pub fn compliance(analysis: &Analysis) -> Compliance {
    let framework = |framework: Framework| {
        let measured = controls()
            .filter(|control| control.framework == framework)
            .map(|control| state(analysis, &control));
        let unmeasurable = UNMEASURABLE.iter().filter(|control| control.framework == framework);
        let unmeasurable = unmeasurable.map(|control| ControlState {
            id: control.id.to_owned(),
            title: control.title.to_owned(),
            state: Measured::NotMeasurable,
            because: control.why.to_owned(),
            rules: Vec::new(),
            n_findings: 0,
            n_waived: 0,
            n_unknown: 0,
        });
        FrameworkView {
            id: framework.id().to_owned(),
            title: framework.title().to_owned(),
            controls: measured.chain(unmeasurable).collect(),
        }
    };
    Compliance {
        as_of: analysis.snapshot.as_of,
        frameworks: Framework::ALL.into_iter().map(framework).collect(),
    }
}

fn state(analysis: &Analysis, control: &Control) -> ControlState {
    let rules: Vec<(&Rule, Tally)> = RULES
        .iter()
        .copied()
        .zip(&analysis.findings.tallies)
        .filter(|(rule, _)| rule.references.contains(control))
        .map(|(rule, tally)| match control.framework.vendors() {
            Some(vendors) if tally.unmeasured.is_none() => (rule, of_vendors(analysis, rule, vendors)),
            Some(_) | None => (rule, *tally),
        })
        .collect();
    let evaluated = || rules.iter().filter(|(_, tally)| tally.unmeasured.is_none());
    let left_out: Vec<String> = rules
        .iter()
        .filter_map(|(rule, tally)| Some(format!("“{}” is not evaluated: {}", rule.title, tally.unmeasured?)))
        .collect();
    let sum = |of: fn(&Tally) -> u64| evaluated().map(|(_, tally)| of(tally)).sum::<u64>();
    let n_judged = sum(|tally| tally.ratio.population());
    let n_unknown = sum(|tally| tally.ratio.unknown);
    let n_waived = sum(|tally| tally.n_waived);
    let mut because = Vec::new();
    if control.extent == Extent::Part {
        because.push("it also asks for what no export shows".to_owned());
    }
    if n_unknown > 0 {
        because.push(format!("{n_unknown} of {n_judged} subjects could not be judged"));
    }
    because.extend(left_out);
    let state = match (n_judged, because.is_empty()) {
        (0, _) => Measured::NotMeasurable,
        (_, true) => Measured::Measured,
        (_, false) => Measured::Partly,
    };
    if n_judged == 0 {
        let why = match control.framework.vendors() {
            Some(vendors) => format!(
                "no subject of {} in this snapshot is judged by its rules",
                vendors.join(" or ")
            ),
            None => "nothing in this snapshot is judged by its rules".to_owned(),
        };
        because.insert(0, why);
    }
    ControlState {
        id: control.id.to_owned(),
        title: control.title.to_owned(),
        state,
        because: because.join("; "),
        rules: rules.iter().map(|(rule, _)| rule.code.to_owned()).collect(),
        n_findings: sum(|tally| tally.ratio.fail) - n_waived,
        n_waived,
        n_unknown,
    }
}

/// What a rule came to on the subjects of one platform: those of sources with an export of one of its vendors.
fn of_vendors(analysis: &Analysis, rule: &Rule, vendors: &[&str]) -> Tally {
    let snapshot = &analysis.snapshot;
    let is_of_platform = |source: &Source| {
        let connectors = snapshot.files[source.files.clone()]
            .iter()
            .filter_map(|file| file.connector);
        let mut connectors = CONNECTORS
            .iter()
            .filter(|known| connectors.clone().any(|id| id == known.id));
        connectors.any(|connector| vendors.contains(&connector.vendor))
    };
    let sources: Vec<bool> = snapshot.sources.iter().map(is_of_platform).collect();
    let of_source = |source: SourceId| sources[source.0 as usize];
    let is_in = |row: usize| match rule.test {
        Test::Identities(_) => of_source(snapshot.identities[row].source),
        Test::Credentials(_) => of_source(snapshot.credentials[row].source),
    };
    let n_rows = match rule.test {
        Test::Identities(_) => snapshot.identities.len(),
        Test::Credentials(_) => snapshot.credentials.len(),
    };
    let mut tally = Tally::default();
    for row in (0..n_rows).filter(|row| is_in(*row)) {
        if let Some(verdict) = (rule.check().judge)(analysis, row) {
            tally.ratio.add(verdict);
        }
    }
    let waived = analysis
        .findings
        .all
        .iter()
        .filter(|finding| finding.waiver.is_some() && finding.rule().code == rule.code && is_in(finding.row()));
    tally.n_waived = waived.count() as u64;
    tally
}
