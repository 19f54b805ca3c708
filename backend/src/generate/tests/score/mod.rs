//! Rollcall against the truth: precision and recall of everything that was planted, which must both be 1.
//!
//! Each score compares two sets of sentences about named things. `cargo test -p rollcall score -- --nocapture`
//! prints them.

mod certificates;
mod credential_findings;
mod credentials;
mod findings;
mod governance;
mod graph;
mod history;
mod identities;
mod identity_findings;
mod joins;
mod leads;
mod sources;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::analysis::Analysis;
use shared::kpi::formulas;
use shared::model::identity::Presence;
use shared::model::ratio::Verdict;
use shared::model::snapshot::Identity;
use shared::model::strings::Sym;

use super::{TINY, estate, list, options, truth};
use crate::cache::Cache;
use crate::estate::{Estate, Progress};
use crate::generate::Size;

#[test]
fn rollcall_finds_what_was_planted() {
    let mut n_planted: BTreeMap<String, usize> = BTreeMap::new();
    for (seed, dirt) in [(7, 0.15), (11, 0.0), (23, 0.6)] {
        let folder = estate(&options(Size::S, seed, 3, dirt));
        let truth = truth(folder.path());
        let opened = Estate::open(folder.path()).unwrap();
        for index in [0, 2] {
            let analysis = opened
                .load(index, None, &Progress::default(), &Cache::none())
                .unwrap()
                .analysis;
            let planted = Planted::new(&truth, index);
            println!("seed {seed}, dirt {dirt}, {}", planted.snapshot["folder"]);
            let mut scores = Scores::default();
            let found = Found(&analysis);
            identities::score(&planted, &found, &mut scores);
            governance::score(&planted, &found, &mut scores);
            credentials::score(&planted, &found, &mut scores);
            certificates::score(&planted, &found, &mut scores);
            credential_findings::score(&planted, &found, &mut scores);
            identity_findings::score(&planted, &found, &mut scores);
            findings::score(&planted, &found, &mut scores);
            joins::score(&planted, &found, &mut scores);
            leads::score(&planted, &found, &mut scores);
            sources::score(&planted, &found, &mut scores);
            sources::score_numbers(&planted, &found, &mut scores);
            graph::score(&found, &mut scores);
            for (what, n) in &scores.n_planted {
                *n_planted.entry(what.clone()).or_default() += n;
            }
            scores.finish();
        }
    }
    for (what, n) in n_planted {
        assert!(n > 0, "nothing was planted for `{what}`");
    }
}

/// The scores of one snapshot.
#[derive(Default)]
struct Scores {
    mistakes: Vec<String>,
    n_planted: BTreeMap<String, usize>,
}

impl Scores {
    /// Compares two sets of sentences.
    fn compare(&mut self, what: &str, planted: BTreeSet<String>, found: BTreeSet<String>) {
        let n_right = planted.intersection(&found).count();
        self.n_planted.insert(what.to_owned(), planted.len());
        let share = |of: usize| if of == 0 { 1.0 } else { n_right as f64 / of as f64 };
        println!(
            "  {what:<34} precision {:.4} ({n_right}/{})  recall {:.4} ({n_right}/{})",
            share(found.len()),
            found.len(),
            share(planted.len()),
            planted.len()
        );
        let sample = |set: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
            set.difference(other).take(8).map(|it| format!("      {it}")).collect()
        };
        let (missed, invented) = (sample(&planted, &found), sample(&found, &planted));
        if !missed.is_empty() || !invented.is_empty() {
            self.mistakes.push(format!(
                "{what}\n    planted and not found ({}):\n{}\n    found and not planted ({}):\n{}",
                planted.len() - n_right,
                missed.join("\n"),
                found.len() - n_right,
                invented.join("\n")
            ));
        }
    }

    fn finish(self) {
        assert!(self.mistakes.is_empty(), "\n{}", self.mistakes.join("\n"));
    }
}

/// What the truth says of the snapshot.
struct Planted<'a> {
    truth: &'a Value,
    snapshot: &'a Value,
    /// The public id of each identity that the truth names in its vendor's words.
    public: BTreeMap<&'a str, String>,
}

impl<'a> Planted<'a> {
    fn new(truth: &'a Value, index: usize) -> Self {
        let snapshot = &truth["snapshots"][index];
        let identities = list(&snapshot["identities"], "listed").iter();
        Self {
            truth,
            snapshot,
            public: identities
                .map(|it| (text(it, "id"), identities::public_id(text(it, "kind"), text(it, "id"))))
                .collect(),
        }
    }

    /// The members of one of the truth's lists.
    fn listed(&self, list_of: &str) -> &'a [Value] {
        list(&self.snapshot[list_of], "listed")
    }

    fn joins(&self, kind: &str) -> &'a [Value] {
        list(&self.snapshot["joins"][kind], "listed")
    }

    fn problems(&self, kind: &str) -> &'a [Value] {
        list(&self.snapshot["problems"][kind], "listed")
    }

    /// The identities, each with its public id.
    fn identities(&self) -> impl Iterator<Item = (&str, &'a Value)> {
        let identities = self.listed("identities").iter();
        identities.map(|it| (self.public[text(it, "id")].as_str(), it))
    }
}

/// What Rollcall made of the snapshot.
struct Found<'a>(&'a Analysis);

impl<'a> Found<'a> {
    fn text(&self, sym: Sym) -> &'a str {
        self.0.snapshot.strings.get(sym)
    }

    fn identities(&self) -> impl Iterator<Item = (usize, &'a str, &'a Identity)> {
        let identities = self.0.snapshot.identities.iter().enumerate();
        identities.map(|(index, identity)| (index, self.0.snapshot.strings.get(identity.id), identity))
    }

    /// The ids of the identities that a KPI judges so.
    fn judged(&self, kpi: &str, verdict: Verdict) -> BTreeSet<String> {
        let (_, judge) = formulas::judge(kpi).unwrap();
        self.identities()
            .filter(|(index, ..)| judge(self.0, *index) == Some(verdict))
            .map(|(_, id, _)| id.to_owned())
            .collect()
    }

    /// The ids of the subjects that a rule finds.
    fn of_rule(&self, code: &str) -> BTreeSet<String> {
        let findings = self.0.findings.all.iter().filter(|finding| finding.rule().code == code);
        findings
            .map(|finding| finding.subject_id(&self.0.snapshot).to_owned())
            .collect()
    }

    /// The sources whose exports list an identity.
    fn sources(&self, identity: &Identity) -> BTreeSet<&'a str> {
        let snapshot = &self.0.snapshot;
        let facts = snapshot.facts_of(identity).iter();
        facts
            .filter(|fact| fact.fact.presence == Presence::Listed)
            .map(|fact| snapshot.source(snapshot.file(fact.file).source).name.as_str())
            .collect()
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or("-")
}

/// The folder of an estate is read as any user's is.
#[test]
fn a_generated_estate_opens() {
    let folder = estate(&options(TINY, 1, 2, 0.15));
    let opened = Estate::open(folder.path()).unwrap();
    assert_eq!(opened.snapshots.len(), 2);
    assert_eq!(opened.config.estate_name.as_deref(), Some("Halden Logistics"));
}
