//! Standards, control by control.

use crate::analysis::Analysis;
use crate::api::compliance::{Compliance, ControlState, FrameworkView, Measured};
use crate::rules::frameworks::{Control, Extent, Framework, UNMEASURABLE, controls};
use crate::rules::{RULES, Rule, Tally};

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
    let rules: Vec<(&Rule, &Tally)> = RULES
        .iter()
        .copied()
        .zip(&analysis.findings.tallies)
        .filter(|(rule, _)| rule.references.contains(control))
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
        because.insert(0, "nothing in this snapshot is judged by its rules".to_owned());
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
