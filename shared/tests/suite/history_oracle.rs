//! Random stories of an estate against an oracle that reads the definitions out one by one: what differs between two
//! snapshots, and over which sources a change of a number is claimed.

use proptest::prelude::*;
use shared::answers;
use shared::api::history::{ChangeKind, Subject};
use shared::history::diff::diff;
use shared::history::numbers::Number;
use shared::history::row::{self, MAX_FIELDS, Row};
use shared::history::{Head, History, SourceHead, Summary};
use shared::kpi::catalog::KPIS;
use shared::model::instant::Instant;
use shared::model::ratio::Ratio;
use shared::model::strings::Strings;

/// A snapshot as the oracle sees it: sources with what is known of them, and things with what is said of them.
#[derive(Clone, Debug)]
struct Story {
    sources: Vec<(&'static str, bool, Vec<&'static str>)>,
    things: Vec<Thing>,
    /// The sources that scan for leaks, of those that are there.
    scanners: Vec<&'static str>,
    /// Whether the rule about leaks could be evaluated.
    is_scanned: bool,
    /// What each source adds to the KPIs of [`MEASURED`]: passes and failures.
    counts: Vec<(u64, u64)>,
}

/// A share, a number, and a share that rests on what scanners say.
const MEASURED: [&str; 3] = ["owner", "nhi.total", "credential.leaked"];

#[derive(Clone, Debug)]
struct Thing {
    of: Subject,
    key: u8,
    sources: Vec<&'static str>,
    said: Vec<Option<u8>>,
}

const THINGS: [Subject; 5] = Subject::ALL;

/// What rules make of a thing that is [`Subject::Finding`]: one value for each of these, by name. The first rests on what
/// scanners say, the other on the sources of the thing alone.
const JUDGING: [&str; 2] = ["leaked_and_live", "unowned"];
const FOUND: Option<u8> = Some(0);
const UNJUDGED: Option<u8> = Some(1);

const SOURCES: [&str; 3] = ["aws", "k8s", "vault"];

fn stories() -> impl Strategy<Value = Story> {
    let seen = (any::<bool>(), prop::sample::subsequence(vec!["a", "b"], 0..=2));
    let source = |name| (Just(name), prop::option::weighted(0.8, seen.clone()));
    let sources = (source(SOURCES[0]), source(SOURCES[1]), source(SOURCES[2]));
    let of = prop::sample::select(THINGS.to_vec());
    let listing = prop::sample::subsequence(SOURCES.to_vec(), 1..=2);
    let said = prop::collection::vec(prop::option::of(0u8..2), 2);
    let thing = (of, 0u8..4, listing, said);
    let scanners = prop::sample::subsequence(SOURCES.to_vec(), 0..=2);
    let things = prop::collection::vec(thing, 0..8);
    let counts = prop::collection::vec((0..3_u64, 0..3_u64), SOURCES.len());
    let strategy = (sources, things, scanners, prop::bool::weighted(0.8), counts);
    strategy.prop_map(|((a, b, c), things, mut scanners, is_scanned, counts)| {
        let counts = counts[..[&a.1, &b.1, &c.1].into_iter().flatten().count()].to_vec();
        let sources: Vec<_> = [a, b, c]
            .into_iter()
            .filter_map(|(name, seen)| seen.map(|(is_whole, connectors)| (name, is_whole, connectors)))
            .collect();
        let is_there =
            |thing: &Thing| (thing.sources.iter()).all(|name| sources.iter().any(|(known, ..)| known == name));
        let things = things
            .into_iter()
            .map(|(of, key, sources, said)| Thing { of, key, sources, said });
        let mut things: Vec<Thing> = things.filter(is_there).collect();
        things.sort_by_key(|thing| (thing.of, thing.key));
        things.dedup_by_key(|thing| (thing.of, thing.key));
        for thing in things
            .iter_mut()
            .filter(|thing| thing.of == Subject::Finding && !is_scanned)
        {
            thing.said[0] = None;
        }
        scanners.retain(|name| sources.iter().any(|(known, ..)| known == name));
        Story {
            sources,
            things,
            scanners,
            is_scanned,
            counts,
        }
    })
}

impl Story {
    fn summary(&self, name: &str) -> Summary {
        let mut strings = Strings::default();
        let mut rows = Vec::new();
        for thing in &self.things {
            let mut said = [None; MAX_FIELDS];
            match thing.of {
                Subject::Finding => {
                    let lines = |of: Option<u8>, after: &str| {
                        let rules = JUDGING.iter().zip(&thing.said).filter(|(_, said)| **said == of);
                        let lines: Vec<String> = rules.map(|(code, _)| format!("{code}{after}")).collect();
                        (!lines.is_empty()).then(|| lines.join("\n"))
                    };
                    let lines = [lines(FOUND, ":high"), lines(UNJUDGED, "")];
                    let [found, unjudged] = lines.map(|text| text.map(|text| strings.intern(&text)));
                    (said[row::FOUND], said[row::UNJUDGED]) = (found, unjudged);
                }
                Subject::Identity | Subject::Credential | Subject::Grant | Subject::Trust => {
                    for (field, value) in said.iter_mut().zip(&thing.said) {
                        *field = value.map(|value| strings.intern(&value.to_string()));
                    }
                }
            }
            rows.push(Row {
                of: thing.of,
                key: [Some(strings.intern(&format!("thing {}", thing.key))), None, None, None],
                identity: None,
                sources: strings.intern(&thing.sources.join("\n")),
                fields: said,
            });
        }
        let sources = self.sources.iter().map(|(name, is_whole, connectors)| SourceHead {
            name: (*name).to_owned(),
            gaps: if *is_whole { vec![] } else { vec!["cut".to_owned()] },
            connectors: connectors.iter().map(|id| (*id).to_owned()).collect(),
        });
        let head = Head {
            name: name.to_owned(),
            as_of: Instant(0),
            sources: sources.collect(),
            numbers: KPIS.iter().map(|kpi| self.number(kpi.id)).collect(),
            in_force: Vec::new(),
            is_of_part: false,
            unevaluated: (!self.is_scanned).then(|| JUDGING[0].to_owned()).into_iter().collect(),
            witnesses: [self.scanners().collect(), Vec::new(), Vec::new(), Vec::new()],
        };
        Summary { head, strings, rows }
    }

    /// A KPI: [`MEASURED`] or nothing.
    fn number(&self, id: &str) -> Number {
        let is_measured = MEASURED.contains(&id);
        let counts = (0..)
            .zip(&self.counts)
            .filter(|(_, (pass, fail))| is_measured && pass + fail > 0);
        let ratio = |pass, fail| Ratio { pass, fail, unknown: 0 };
        Number {
            value: self.total(id, |_| true).filter(|_| is_measured),
            upper: None,
            unit: String::new(),
            note: None,
            parts: counts.map(|(at, (pass, fail))| (at, ratio(*pass, *fail))).collect(),
        }
    }

    /// What the sources that count come to.
    fn total(&self, id: &str, counts: impl Fn(&str) -> bool) -> Option<f64> {
        let adding = self
            .sources
            .iter()
            .zip(&self.counts)
            .filter(|((name, ..), _)| counts(name));
        let (pass, fail) = adding.fold((0, 0), |sum, (_, (pass, fail))| (sum.0 + pass, sum.1 + fail));
        match id {
            "nhi.total" => Some(pass as f64),
            _ => (pass + fail > 0).then(|| pass as f64 / (pass + fail) as f64),
        }
    }

    /// The sources that add something to a KPI, or on whose word about others it rests.
    fn leans_on(&self, id: &str) -> Vec<&'static str> {
        let sources = self.sources.iter().zip(&self.counts);
        let adding = sources
            .filter(|(_, (pass, fail))| pass + fail > 0)
            .map(|((name, ..), _)| *name);
        adding.chain(self.rests_on(id)).collect()
    }

    fn rests_on(&self, id: &str) -> Vec<&'static str> {
        if id == "credential.leaked" {
            self.scanners.clone()
        } else {
            Vec::new()
        }
    }

    /// The scanners, by their places among the sources.
    fn scanners(&self) -> impl Iterator<Item = u32> {
        let sources = (0..).zip(&self.sources);
        sources
            .filter(|(_, (name, ..))| self.scanners.contains(name))
            .map(|(at, _)| at)
    }

    /// What a rule makes of a thing: nothing where it passes, and where there is no such thing.
    fn judged(&self, thing: Option<&Thing>, rule: usize) -> Option<u8> {
        match rule {
            0 if !self.is_scanned => UNJUDGED,
            _ => thing?.said[rule],
        }
    }

    /// Whether this snapshot would have shown a thing that `other` lists in these sources.
    fn would_show(&self, sources: &[&str], other: &Story) -> bool {
        sources.iter().all(|name| {
            let find = |story: &Story| story.sources.iter().find(|(known, ..)| known == name).cloned();
            let expected = find(other).map(|(.., connectors)| connectors).unwrap_or_default();
            find(self).is_some_and(|(_, is_whole, connectors)| {
                is_whole && expected.iter().all(|connector| connectors.contains(connector))
            })
        })
    }
}

/// The differences by definition.
fn oracle(from: &Story, to: &Story) -> Vec<String> {
    let mut found = Vec::new();
    let scan = [from, to].map(|story| story.scanners.clone()).concat();
    let is_heard = from.would_show(&scan, to) && to.would_show(&scan, from);
    for of in THINGS {
        for key in 0..4 {
            let find = |story: &Story| {
                story
                    .things
                    .iter()
                    .find(|thing| (thing.of, thing.key) == (of, key))
                    .cloned()
            };
            if of == Subject::Finding {
                let (a, b) = (find(from), find(to));
                for (rule, code) in JUDGING.iter().enumerate() {
                    let would_show = |story: &Story, thing: &Option<Thing>, other: &Story| {
                        let sources = &thing.as_ref().unwrap().sources;
                        story.would_show(sources, other) && (rule != 0 || is_heard)
                    };
                    let kind = match (from.judged(a.as_ref(), rule), to.judged(b.as_ref(), rule)) {
                        (FOUND, None) if would_show(to, &a, from) => "gone",
                        (FOUND, None | UNJUDGED) => "not_observed",
                        (None, FOUND) if would_show(from, &b, to) => "new",
                        (None | UNJUDGED, FOUND) => "not_observed_before",
                        _ => continue,
                    };
                    found.push(format!("finding thing {key} {code}: {kind}"));
                }
                continue;
            }
            let kind = match (find(from), find(to)) {
                (None, None) => continue,
                (Some(a), None) => match to.would_show(&a.sources, from) {
                    true => "gone".to_owned(),
                    false => "not_observed".to_owned(),
                },
                (None, Some(b)) => match from.would_show(&b.sources, to) {
                    true => "new".to_owned(),
                    false => "not_observed_before".to_owned(),
                },
                (Some(a), Some(b)) => {
                    let changed = (0..2).filter(|at| match (a.said[*at], b.said[*at]) {
                        (Some(a), Some(b)) => a != b,
                        (Some(_), None) => to.would_show(&a.sources, from),
                        (None, Some(_)) => from.would_show(&b.sources, to),
                        (None, None) => false,
                    });
                    let changed: Vec<usize> = changed.collect();
                    if changed.is_empty() {
                        continue;
                    }
                    format!("changed {changed:?}")
                }
            };
            found.push(format!("{} thing {key}: {kind}", of.id()));
        }
    }
    found
}

fn found(from: &Story, to: &Story) -> Vec<String> {
    let mut history = History::default();
    history.add(from.summary("from"));
    history.add(to.summary("to"));
    let differences = diff(&history, &history.snapshots[0], &history.snapshots[1]);
    let mut shown: Vec<(Subject, String)> = differences
        .iter()
        .map(|found| {
            let row = history.row(found.to.or(found.from).unwrap());
            let changed: Vec<usize> = (0..MAX_FIELDS).filter(|at| found.changed >> at & 1 == 1).collect();
            let kind = match found.kind {
                ChangeKind::Changed => format!("changed {changed:?}"),
                ChangeKind::New | ChangeKind::Gone | ChangeKind::NotObserved | ChangeKind::NotObservedBefore => {
                    found.kind.id().to_owned()
                }
            };
            let key = history.strings.get(row.key[0].unwrap());
            let rule = found.rule.map(|code| format!(" {code}")).unwrap_or_default();
            (found.of, format!("{} {key}{rule}: {kind}", found.of.id()))
        })
        .collect();
    shown.sort();
    shown.into_iter().map(|(_, text)| text).collect()
}

/// Law 5 by definition: over which sources a change of a KPI is claimed, from what to what; and whether the earlier point
/// can be compared.
fn claimed(id: &str, from: &Story, to: &Story) -> (Option<(f64, f64)>, bool) {
    let can = |name: &&str| from.would_show(&[name], to) && to.would_show(&[name], from);
    let leans_on = [from.leans_on(id), to.leans_on(id)].concat();
    let (before, after) = (from.total(id, |_| true), to.total(id, |_| true));
    let is_whole = leans_on.iter().all(can);
    let over = |story: &Story| story.total(id, |name| can(&name));
    let change = if is_whole {
        before.zip(after)
    } else if [from.rests_on(id), to.rests_on(id)].concat().iter().all(can) && leans_on.iter().any(can) {
        before.and(after).and(over(from).zip(over(to)))
    } else {
        None
    };
    (change, before.is_some() && is_whole)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_change_is_claimed_as_the_law_says(from in stories(), to in stories()) {
        let mut history = History::default();
        history.add(from.summary("from"));
        history.add(to.summary("to"));
        let trends = answers::trends(&history, &history.snapshots[0], &history.snapshots[1]);
        for id in MEASURED {
            let trend = trends.kpis.iter().find(|trend| trend.id == id).unwrap();
            let change = trend.change.as_ref().map(|change| (change.from, change.to));
            prop_assert_eq!((change, trend.points[0].comparable), claimed(id, &from, &to), "{}", id);
        }
    }

    #[test]
    fn the_diff_is_what_the_definitions_say(from in stories(), to in stories()) {
        prop_assert_eq!(found(&from, &to), oracle(&from, &to));
    }

    #[test]
    fn a_snapshot_does_not_differ_from_itself(story in stories()) {
        prop_assert_eq!(found(&story, &story), Vec::<String>::new());
    }

    /// Whatever else happened: what is only in sources that are not there later is never gone.
    #[test]
    fn what_nobody_looked_for_is_not_gone(from in stories(), mut to in stories()) {
        to.sources.retain(|(name, ..)| *name != "aws");
        to.things.retain(|thing| !thing.sources.contains(&"aws"));
        let mut history = History::default();
        history.add(from.summary("from"));
        history.add(to.summary("to"));
        for difference in diff(&history, &history.snapshots[0], &history.snapshots[1]) {
            if difference.kind == ChangeKind::Gone {
                let row = history.row(difference.from.unwrap());
                prop_assert!(!history.strings.get(row.sources).contains("aws"));
            }
        }
    }
}

/// A grant may stand twice, under two conditions: what is left of the two is one that went.
#[test]
fn of_two_with_one_key_each_counts() {
    let grant = |said| Thing {
        of: Subject::Grant,
        key: 1,
        sources: vec!["aws"],
        said: vec![Some(said), None],
    };
    let sources = vec![("aws", true, vec!["a"])];
    let story = |things| Story {
        sources: sources.clone(),
        things,
        scanners: Vec::new(),
        is_scanned: true,
        counts: vec![(0, 0)],
    };
    let (both, one) = (story(vec![grant(0), grant(1)]), story(vec![grant(0)]));
    assert_eq!(found(&both, &one), ["grant thing 1: gone"]);
    assert_eq!(found(&one, &both), ["grant thing 1: new"]);
    assert_eq!(found(&both, &story(vec![grant(1), grant(0)])), Vec::<String>::new());
}
