//! The rules, with what each came to.

use crate::analysis::Analysis;
use crate::api::findings::{ControlView, RuleView, Rules, WaiverView};
use crate::config::Waiver;
use crate::rules::frameworks::Control;
use crate::rules::{RULES, Rule, Tally, Test};

/// `GET /api/v1/rules`.
pub fn rules(analysis: &Analysis) -> Rules {
    let tallies = RULES.iter().zip(&analysis.findings.tallies).enumerate();
    Rules {
        as_of: analysis.snapshot.as_of,
        rules: tallies
            .map(|(index, (rule, tally))| view(analysis, index, rule, tally))
            .collect(),
        waivers: waivers(analysis),
    }
}

/// Every waiver of `rollcall.toml`, with what it waives.
pub fn waivers(analysis: &Analysis) -> Vec<WaiverView> {
    let waivers = &analysis.config.waivers;
    let mut n_findings = vec![0; waivers.len()];
    for waiver in analysis.findings.all.iter().filter_map(|finding| finding.waiver) {
        n_findings[waiver.index()] += 1;
    }
    let view = |(waiver, n_findings): (&Waiver, u64)| WaiverView {
        rule: waiver.rule.clone(),
        subject: waiver.subject.clone(),
        who: waiver.who.clone(),
        why: waiver.why.clone(),
        until: waiver.until,
        is_expired: waiver.is_expired(analysis.snapshot.as_of),
        n_findings,
    };
    waivers.iter().zip(n_findings).map(view).collect()
}

fn view(analysis: &Analysis, index: usize, rule: &Rule, tally: &Tally) -> RuleView {
    let counted = |n: u64| tally.unmeasured.is_none().then_some(n);
    let findings = &analysis.findings.all;
    let worst = findings
        .iter()
        .find(|finding| usize::from(finding.rule) == index && finding.waiver.is_none());
    RuleView {
        code: rule.code.to_owned(),
        title: rule.title.to_owned(),
        finds: rule.finds.to_owned(),
        why: rule.why.to_owned(),
        cannot_see: rule.cannot_see.iter().map(|&sentence| sentence.to_owned()).collect(),
        remedy: rule.remedy.to_owned(),
        population: rule.population.to_owned(),
        references: rule.references.iter().map(control_view).collect(),
        list: match rule.test {
            Test::Identities(_) => Some("identities".to_owned()),
            Test::Credentials(_) => Some("credentials".to_owned()),
        },
        not_evaluated: tally.unmeasured.map(str::to_owned),
        n_judged: counted(tally.ratio.population()),
        n_passed: counted(tally.ratio.pass),
        n_findings: counted(tally.ratio.fail),
        n_waived: counted(tally.n_waived),
        n_unknown: counted(tally.ratio.unknown),
        worst: worst.map(|finding| finding.severity.id().to_owned()),
    }
}

pub(super) fn control_view(control: &Control) -> ControlView {
    ControlView {
        framework: control.framework.id().to_owned(),
        framework_title: control.framework.title().to_owned(),
        id: control.id.to_owned(),
        title: control.title.to_owned(),
    }
}
