//! Findings: the table of rules, and what they find in a snapshot.
//!
//! One rule, one file, named by its code. A rule judges one subject, an identity or a credential, as a KPI judges a
//! row: pass, fail (a finding), unknown, or not in its population. To add one, write its file in the shape of the
//! others and add it to [`RULES`]; `docs/rules.md` and every list follow.

pub mod codes;
pub mod frameworks;
pub mod severity;

mod command;
mod subject;

pub(crate) use subject::last_use;

mod administrator;
mod break_glass_in_use;
mod certificate_lifetime;
mod cross_environment_credential;
mod cross_environment_reach;
mod default_account_in_use;
mod escalation_path;
mod expired_but_present;
mod expiring;
mod human_use;
mod improper_offboarding;
mod leaked_and_live;
mod legacy_token;
mod long_lived;
mod not_rotated;
mod open_ci_trust;
mod open_external_trust;
mod orphaned;
mod root_key_in_use;
mod shared_credential;
mod stale;
mod static_key_despite_federation;
mod token_automount;
mod unowned;
mod unreviewed;
mod unused_credential;
mod unused_permission;
mod weak_key;
mod wildcard_grant;

use bitcode::{Decode, Encode};
use std::num::NonZeroU16;

use frameworks::Control;
use severity::{Exposure, Facts, Severity, Tier};

use crate::analysis::Analysis;
use crate::kpi::catalog::Table;
use crate::kpi::formulas::Judge;
use crate::model::pattern;
use crate::model::ratio::{Ratio, Verdict};
use crate::model::snapshot::{CredentialId, Evidence, IdentityId, Snapshot};
use crate::model::thresholds::ThresholdId;

/// The code table. Codes are public: never reused, never renamed.
pub const RULES: &[&Rule] = &[
    &improper_offboarding::RULE,
    &orphaned::RULE,
    &unowned::RULE,
    &stale::RULE,
    &unused_credential::RULE,
    &leaked_and_live::RULE,
    &open_external_trust::RULE,
    &weak_key::RULE,
    &legacy_token::RULE,
    &static_key_despite_federation::RULE,
    &administrator::RULE,
    &wildcard_grant::RULE,
    &escalation_path::RULE,
    &unused_permission::RULE,
    &root_key_in_use::RULE,
    &break_glass_in_use::RULE,
    &open_ci_trust::RULE,
    &default_account_in_use::RULE,
    &token_automount::RULE,
    &long_lived::RULE,
    &not_rotated::RULE,
    &expiring::RULE,
    &expired_but_present::RULE,
    &certificate_lifetime::RULE,
    &cross_environment_credential::RULE,
    &cross_environment_reach::RULE,
    &shared_credential::RULE,
    &human_use::RULE,
    &unreviewed::RULE,
];

/// One rule, in words and as a test.
pub struct Rule {
    /// Also the stem of its file and the heading in `docs/rules.md`.
    pub code: &'static str,
    pub title: &'static str,
    /// What it finds, in a sentence.
    pub finds: &'static str,
    pub why: &'static str,
    /// What it cannot see, a sentence each; never empty.
    pub cannot_see: &'static [&'static str],
    pub remedy: &'static str,
    pub references: &'static [Control],
    /// Whom it judges, and when a subject is unknown.
    pub population: &'static str,
    pub test: Test,
}

/// Whom a rule judges, and how.
pub enum Test {
    /// Rows are indices into the snapshot's identities.
    Identities(Check),
    /// Rows are indices into the snapshot's credentials.
    Credentials(Check),
}

/// How a rule judges one row, and what it says of a row that fails.
pub struct Check {
    /// Fail is a finding.
    pub judge: Judge,
    pub exposure: fn(&Analysis, usize) -> Exposure,
    pub observe: fn(&Analysis, usize) -> Observed,
    /// The vendor's command that remedies it, with every name quoted, where there is one that needs no more than what
    /// is known.
    pub command: fn(&Analysis, usize) -> Option<String>,
    /// Why nothing in this estate lets the rule be evaluated; `None` when something does.
    pub unmeasured: fn(&Analysis) -> Option<&'static str>,
}

/// What a rule saw.
pub struct Observed {
    /// A phrase with the value: `last used 2026-02-01, 272 d ago`.
    pub value: String,
    pub limit: Option<Limit>,
    pub evidence: Option<Evidence>,
}

/// The limit that a value is held against.
pub struct Limit {
    /// `90 d`.
    pub text: String,
    /// The standard with its clause, or the user with the date.
    pub set_by: String,
}

/// One finding, in eight bytes: an estate may have millions. Everything else is made when asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Finding {
    pub severity: Severity,
    /// Index in [`RULES`].
    pub rule: u8,
    /// Index in the configuration's waivers.
    pub waiver: Option<WaiverId>,
    /// The row: see [`Finding::subject`].
    row: u32,
}

/// Index of a waiver in [`crate::config::Config::waivers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct WaiverId(NonZeroU16);

impl WaiverId {
    /// `None` beyond [`crate::config::MAX_WAIVERS`].
    fn new(index: usize) -> Option<WaiverId> {
        let index = u16::try_from(index).ok()?;
        NonZeroU16::MIN.checked_add(index).map(WaiverId)
    }

    pub fn index(self) -> usize {
        usize::from(self.0.get()) - 1
    }
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    Identity(IdentityId),
    Credential(CredentialId),
}

/// Everything that the rules found.
#[derive(Default)]
pub struct Findings {
    /// The worst first, then by rule, then by subject.
    pub all: Vec<Finding>,
    /// For each of [`RULES`].
    pub tallies: Vec<Tally>,
    /// For each identity.
    pub tiers: Vec<Tier>,
    /// For each identity: is it, with its credentials, free of open critical findings?
    pub clean: Vec<Verdict>,
    /// For each identity, then for each credential: bit `i` is set when rule `i` could not judge it.
    pub unjudged: Vec<u64>,
}

// A bit for each rule.
const _: () = assert!(RULES.len() <= 64);

/// What one rule came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Of its population; `fail` counts findings, waived ones too.
    pub ratio: Ratio,
    pub n_waived: u64,
    /// Why it could not be evaluated at all.
    pub unmeasured: Option<&'static str>,
}

/// The rule of a code.
pub fn find(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code == code).copied()
}

impl Rule {
    /// How it judges.
    pub fn check(&self) -> &Check {
        match &self.test {
            Test::Identities(check) | Test::Credentials(check) => check,
        }
    }

    /// The list whose rows it judges.
    pub fn table(&self) -> Table {
        match self.test {
            Test::Identities(_) => Table::Identities,
            Test::Credentials(_) => Table::Credentials,
        }
    }

    /// Why nothing in this estate lets it be evaluated.
    pub fn unmeasured(&self, analysis: &Analysis) -> Option<&'static str> {
        (self.check().unmeasured)(analysis)
    }
}

impl Finding {
    pub fn rule(&self) -> &'static Rule {
        RULES[usize::from(self.rule)]
    }

    pub fn subject(&self) -> Subject {
        match self.rule().test {
            Test::Credentials(_) => Subject::Credential(CredentialId(self.row)),
            Test::Identities(_) => Subject::Identity(IdentityId(self.row)),
        }
    }

    /// The id of what it is about.
    pub fn subject_id<'a>(&self, snapshot: &'a Snapshot) -> &'a str {
        snapshot.strings.get(match self.subject() {
            Subject::Identity(id) => snapshot.identity(id).id,
            Subject::Credential(id) => snapshot.credential(id).key,
        })
    }

    /// The row that the rule judged.
    pub fn row(&self) -> usize {
        self.row as usize
    }

    /// The three facts behind its severity.
    pub fn facts(&self, analysis: &Analysis) -> Facts {
        let check = self.rule().check();
        facts(analysis, &analysis.findings.tiers, check, self.subject())
    }
}

impl Subject {
    /// Its place in a list of all identities and then all credentials.
    pub fn place(self, n_identities: usize) -> usize {
        match self {
            Subject::Identity(id) => id.0 as usize,
            Subject::Credential(id) => n_identities + id.0 as usize,
        }
    }

    fn index(self) -> usize {
        match self {
            Subject::Identity(id) => id.0 as usize,
            Subject::Credential(id) => id.0 as usize,
        }
    }
}

fn facts(analysis: &Analysis, tiers: &[Tier], check: &Check, subject: Subject) -> Facts {
    let exposure = (check.exposure)(analysis, subject.index());
    let (tier, works) = match subject {
        Subject::Identity(id) => {
            let index = id.0 as usize;
            (tiers[index], severity::identity_works(analysis, index))
        }
        Subject::Credential(id) => {
            let index = id.0 as usize;
            let tier = severity::tier_of_credential(analysis, tiers, index);
            (tier, severity::credential_works(analysis, index))
        }
    };
    Facts { tier, exposure, works }
}

/// Judges every subject by every rule.
pub fn judge(analysis: &Analysis) -> Findings {
    let snapshot = &analysis.snapshot;
    let n_identities = snapshot.identities.len();
    let tiers: Vec<Tier> = (0..n_identities)
        .map(|index| severity::tier_of_identity(analysis, index))
        .collect();
    let mut judging = Judging {
        analysis,
        tiers: &tiers,
        all: Vec::new(),
        tallies: RULES
            .iter()
            .map(|rule| Tally {
                unmeasured: rule.unmeasured(analysis),
                ..Tally::default()
            })
            .collect(),
        clean: vec![Verdict::Pass; n_identities],
        unjudged: vec![0; n_identities + snapshot.credentials.len()],
        waivers: RULES.iter().map(|rule| waivers_of(analysis, rule)).collect(),
    };
    // Row by row, all rules of a row together: the rows are many, and each comes into the processor's cache once.
    let identity_rules = judging.measured(|test| matches!(test, Test::Identities(_)));
    for index in 0..n_identities as u32 {
        judging.judge(&identity_rules, Subject::Identity(IdentityId(index)));
    }
    let credential_rules = judging.measured(|test| matches!(test, Test::Credentials(_)));
    for index in 0..snapshot.credentials.len() as u32 {
        judging.judge(&credential_rules, Subject::Credential(CredentialId(index)));
    }
    let Judging {
        mut all,
        tallies,
        clean,
        unjudged,
        ..
    } = judging;
    all.sort_unstable_by_key(|finding| (finding.severity, finding.rule, finding.row));
    all.shrink_to_fit();
    Findings {
        all,
        tallies,
        tiers,
        clean,
        unjudged,
    }
}

fn waivers_of(analysis: &Analysis, rule: &Rule) -> Vec<WaiverId> {
    let as_of = analysis.snapshot.as_of;
    let waivers = analysis.config.waivers.iter().enumerate();
    waivers
        .filter(|(_, waiver)| waiver.rule == rule.code && !waiver.is_expired(as_of))
        .filter_map(|(index, _)| WaiverId::new(index))
        .collect()
}

/// Findings as they come.
struct Judging<'a> {
    analysis: &'a Analysis,
    tiers: &'a [Tier],
    all: Vec<Finding>,
    tallies: Vec<Tally>,
    clean: Vec<Verdict>,
    unjudged: Vec<u64>,
    /// For each rule, the waivers in force.
    waivers: Vec<Vec<WaiverId>>,
}

impl Judging<'_> {
    /// The rules of one sort that something lets be evaluated, with their places in the table.
    fn measured(&self, is_sort: impl Fn(&Test) -> bool) -> Vec<(u8, &'static Check)> {
        let rules = RULES.iter().zip(&self.tallies).enumerate();
        rules
            .filter(|(_, (rule, tally))| is_sort(&rule.test) && tally.unmeasured.is_none())
            .map(|(index, (rule, _))| (index as u8, rule.check()))
            .collect()
    }

    fn judge(&mut self, rules: &[(u8, &'static Check)], subject: Subject) {
        for (rule, check) in rules {
            let Some(verdict) = (check.judge)(self.analysis, subject.index()) else {
                continue;
            };
            self.tallies[usize::from(*rule)].ratio.add(verdict);
            if verdict == Verdict::Pass {
                continue;
            }
            if verdict == Verdict::Unknown {
                self.unjudged[subject.place(self.tiers.len())] |= 1 << rule;
            }
            let facts = facts(self.analysis, self.tiers, check, subject);
            let mut waiver = None;
            if verdict == Verdict::Fail {
                waiver = self.waiver(*rule, subject);
                self.tallies[usize::from(*rule)].n_waived += u64::from(waiver.is_some());
                self.all.push(Finding {
                    severity: facts.severity(),
                    rule: *rule,
                    waiver,
                    row: subject.index() as u32,
                });
            }
            let clean = match (verdict, facts.severity(), facts.at_worst()) {
                _ if waiver.is_some() => Verdict::Pass,
                (Verdict::Fail, Severity::Critical, _) => Verdict::Fail,
                (_, _, Severity::Critical) => Verdict::Unknown,
                (_, _, Severity::High | Severity::Medium | Severity::Low) => Verdict::Pass,
            };
            self.note_clean(subject, clean);
        }
    }

    /// What is found on a credential is found on those who hold it.
    fn note_clean(&mut self, subject: Subject, verdict: Verdict) {
        match subject {
            Subject::Identity(id) => self.clean[id.0 as usize] = self.clean[id.0 as usize].and(verdict),
            Subject::Credential(id) => {
                for holder in &self.analysis.snapshot.credential(id).holders {
                    self.clean[holder.0 as usize] = self.clean[holder.0 as usize].and(verdict);
                }
            }
        }
    }

    /// The first waiver in force for a rule and a subject.
    fn waiver(&self, rule: u8, subject: Subject) -> Option<WaiverId> {
        let waivers = &self.waivers[usize::from(rule)];
        if waivers.is_empty() {
            return None;
        }
        let snapshot = &self.analysis.snapshot;
        let id = snapshot.strings.get(match subject {
            Subject::Identity(id) => snapshot.identity(id).id,
            Subject::Credential(id) => snapshot.credential(id).key,
        });
        let covering = waivers
            .iter()
            .find(|waiver| pattern::covers(&self.analysis.config.waivers[waiver.index()].subject, id));
        covering.copied()
    }
}

impl Findings {
    /// The findings of an identity and of the credentials it holds, the worst first.
    pub fn of_identity<'a>(&'a self, analysis: &'a Analysis, id: IdentityId) -> impl Iterator<Item = &'a Finding> {
        self.all.iter().filter(move |finding| match finding.subject() {
            Subject::Identity(subject) => subject == id,
            Subject::Credential(subject) => analysis.snapshot.credential(subject).holders.contains(&id),
        })
    }
}

/// A limit in days that is in force, with who set it.
fn limit(analysis: &Analysis, id: ThresholdId) -> Limit {
    let threshold = analysis.config.thresholds.get(id);
    Limit {
        text: format!("{} d", threshold.value),
        set_by: threshold.set_by.clone(),
    }
}

/// A limit that a standard sets and nobody can change.
fn fixed_limit(text: &str, set_by: &Control) -> Limit {
    Limit {
        text: text.to_owned(),
        set_by: set_by.to_string(),
    }
}

/// For a rule that every estate lets be evaluated.
fn always(_: &Analysis) -> Option<&'static str> {
    None
}

/// For a rule whose remedy is no command.
fn no_command(_: &Analysis, _: usize) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_takes_eight_bytes() {
        assert_eq!(size_of::<Finding>(), 8);
    }

    #[test]
    fn every_rule_is_told_in_full() {
        assert!(RULES.iter().map(|rule| rule.code).eq(codes::CODES));
        assert!(RULES.iter().map(|rule| rule.title).eq(codes::TITLES));
        for (index, rule) in RULES.iter().enumerate() {
            let code = rule.code;
            assert!(RULES[..index].iter().all(|other| other.code != code), "{code} twice");
            assert!(
                !rule.cannot_see.is_empty(),
                "{code}: every rule has something it cannot see"
            );
            for sentence in [rule.finds, rule.why, rule.remedy].iter().chain(rule.cannot_see) {
                assert!(sentence.ends_with('.'), "{code}: `{sentence}` is no sentence");
            }
            let has_owasp = |control: &Control| control.framework == frameworks::Framework::OwaspNhi;
            assert!(rule.references.iter().any(has_owasp), "{code}: no OWASP NHI id");
        }
    }
}
