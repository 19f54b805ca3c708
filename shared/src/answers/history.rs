//! What differs between two snapshots, and every KPI over all of them.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::kpi_values;
use crate::analysis::Analysis;
use crate::api::SnapshotName;
use crate::api::history::{
    Change, ChangeCount, ChangeKind, FieldChange, History as HistoryView, HistoryQuery, KpiChange, Point,
    SourceComparison, Subject, Trend, TrendSnapshot, Trends,
};
use crate::history::comparison::{incomparable, sources_of};
use crate::history::diff::{Difference, diff, unheard};
use crate::history::numbers::{self, Number, Sum};
use crate::history::row::{Row, fields};
use crate::history::{Head, History, Past, Summary, witness};
use crate::kpi::catalog::{Better, KPIS, Kpi};
use crate::rules;

/// The most reasons that are written out in one sentence.
const MAX_REASONS: usize = 3;

/// A snapshot in brief, to be added to a [`History`].
pub fn summary(name: &str, analysis: &Analysis) -> Summary {
    Summary::new(name, analysis, &kpi_values(analysis))
}

/// `GET /api/v1/history`: both snapshots are of `history`.
pub fn history(history: &History, from: &Past, to: &Past, query: &HistoryQuery) -> HistoryView {
    history_of(history, from, to, query, query.window(), &|_| true)
}

/// All of them, for a file.
pub fn history_whole(history: &History, from: &Past, to: &Past, query: &HistoryQuery) -> HistoryView {
    history_of(history, from, to, query, usize::MAX, &|_| true)
}

/// The same with at most so many changes, of the things about those identities, by their ids, that `holds` takes.
pub(super) fn history_of(
    history: &History,
    from: &Past,
    to: &Past,
    query: &HistoryQuery,
    max_changes: usize,
    holds: &dyn Fn(Option<&str>) -> bool,
) -> HistoryView {
    let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
    let matching: Vec<Difference> = diff(history, from, to)
        .into_iter()
        .filter(|found| is_about(history, found, query, &words))
        .filter(|found| holds(row(history, found).identity.map(|of| history.strings.get(of))))
        .collect();
    let mut counts: HashMap<(Subject, ChangeKind), usize> = HashMap::new();
    for found in &matching {
        *counts.entry((found.of, found.kind)).or_default() += 1;
    }
    let mut counts: Vec<ChangeCount> = counts
        .into_iter()
        .map(|((of, kind), n)| ChangeCount { of, kind, n })
        .collect();
    counts.sort_by_key(|count| (count.of, count.kind));
    let mut chosen: Vec<(Subject, ChangeKind, String, Difference)> = matching
        .into_iter()
        .filter(|found| query.of.is_none_or(|of| of == found.of))
        .filter(|found| query.kind.is_none_or(|kind| kind == found.kind))
        .map(|found| (found.of, found.kind, id(history, &found), found))
        .collect();
    // The last two tell apart what has one id: a grant that stands twice, under two conditions.
    chosen.sort_by(|(a_of, a_kind, a_id, a), (b_of, b_kind, b_id, b)| {
        (a_of, a_kind, a_id, a.from, a.to).cmp(&(b_of, b_kind, b_id, b.from, b.to))
    });
    let changes = chosen.iter().skip(query.offset).take(max_changes);
    HistoryView {
        from: name(&from.head),
        to: name(&to.head),
        sources: sources_of([&from.head, &to.head])
            .into_iter()
            .map(|source| SourceComparison {
                source: source.to_owned(),
                reasons: incomparable(source, &from.head, &to.head),
            })
            .collect(),
        counts,
        n_matching: chosen.len(),
        offset: query.offset,
        changes: changes
            .map(|(.., id, found)| change(history, from, to, id, found))
            .collect(),
    }
}

pub(super) fn name(head: &Head) -> SnapshotName {
    SnapshotName {
        name: head.name.clone(),
        as_of: head.as_of,
    }
}

/// The row that stands for a difference: the later one, where there are two.
fn row<'h>(history: &'h History, found: &Difference) -> &'h Row {
    history.row(found.to.or(found.from).unwrap_or_default())
}

fn id(history: &History, found: &Difference) -> String {
    let key = row(history, found).key;
    let key = key.iter().flatten().map(|sym| history.strings.get(*sym));
    let key = key.collect::<Vec<_>>().join(" ");
    match found.rule {
        Some(code) => format!("{code}/{key}"),
        None => key,
    }
}

/// A name for people: of a finding, with what was found.
fn title(history: &History, found: &Difference) -> String {
    let name = row(history, found).title(&history.strings);
    match found.rule.and_then(rules::find) {
        Some(rule) => format!("{}: {name}", rule.title),
        None => name,
    }
}

fn is_about(history: &History, found: &Difference, query: &HistoryQuery, words: &[String]) -> bool {
    let row = row(history, found);
    let text = |sym| history.strings.get(sym);
    let has_source = |source: &String| text(row.sources).split('\n').any(|name| name == source);
    let is_of = |identity: &String| row.identity.is_some_and(|of| text(of) == identity);
    let has_words = || {
        let texts = format!("{}\n{}", id(history, found), title(history, found)).to_lowercase();
        words.iter().all(|word| texts.contains(word))
    };
    query.source.as_ref().is_none_or(has_source)
        && query.identity.as_ref().is_none_or(is_of)
        && (words.is_empty() || has_words())
}

fn change(history: &History, from: &Past, to: &Past, id: &str, found: &Difference) -> Change {
    let row = row(history, found);
    let text = |sym: Option<_>| sym.map(|sym| history.strings.get(sym).to_owned());
    let said = |index: Option<u32>, at: usize| text(index.and_then(|index| history.row(index).fields[at]));
    let changed = (0..)
        .zip(fields(found.of))
        .filter(|(at, _)| found.changed >> at & 1 == 1);
    let (before, after) = ((found.from, from), (found.to, to));
    let unseen = match found.kind {
        ChangeKind::NotObserved => unclaimed(history, found.rule, before, after),
        ChangeKind::NotObservedBefore => unclaimed(history, found.rule, after, before),
        ChangeKind::New | ChangeKind::Changed | ChangeKind::Gone => Vec::new(),
    };
    let severity = |index: Option<u32>| {
        let found = history.found(index?, found.rule?)?;
        Some(found.to_owned())
    };
    let fields = changed.map(|(at, field)| FieldChange {
        field: (*field).to_owned(),
        from: said(found.from, at),
        to: said(found.to, at),
    });
    let worse_or_better = (found.kind == ChangeKind::Changed && found.rule.is_some()).then(|| FieldChange {
        field: "severity".to_owned(),
        from: severity(found.from),
        to: severity(found.to),
    });
    Change {
        of: found.of,
        kind: found.kind,
        id: id.to_owned(),
        name: title(history, found),
        identity: text(row.identity),
        sources: history
            .strings
            .get(row.sources)
            .split('\n')
            .map(str::to_owned)
            .collect(),
        fields: fields.chain(worse_or_better).collect(),
        reason: (!unseen.is_empty()).then(|| in_one(&unseen)),
    }
}

/// Why nobody can tell whether what one snapshot has is in the other as well. Each comes with the row that it has.
fn unclaimed(
    history: &History,
    rule: Option<&str>,
    (index, here): (Option<u32>, &Past),
    (other, there): (Option<u32>, &Past),
) -> Vec<String> {
    if let Some(why) = rule.and_then(|code| history.unjudged(code, other, there)) {
        return vec![why];
    }
    let sources = history.row(index.unwrap_or_default()).sources;
    let mut reasons = history.unseen_sources(sources, there, here);
    for reason in rule.into_iter().flat_map(|code| unheard(code, there, here)) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// `GET /api/v1/trends`: `to` and `from` are the snapshots between which a change is claimed.
pub fn trends(history: &History, from: &Past, to: &Past) -> Trends {
    let snapshots = snapshots_of(history);
    let heads = || history.snapshots.iter().map(|past| &past.head);
    let mut steady = sources_of(heads());
    steady.retain(|source| heads().all(|head| incomparable(source, head, &to.head).is_empty()));
    let kpis = KPIS.iter().enumerate().map(|(at, kpi)| {
        let series = Series::new(history, at, &steady, to);
        let (change, note) = series.change(&from.head);
        Trend {
            id: kpi.id.to_owned(),
            unit: to.head.numbers[at].unit.clone(),
            points: snapshots
                .iter()
                .map(|(snapshot, past)| series.point(snapshot, past.map(|past| &past.head)))
                .collect(),
            change,
            note,
        }
    });
    Trends {
        kpis: kpis.collect(),
        from: from.head.name.clone(),
        to: to.head.name.clone(),
        steady_sources: steady.iter().map(|source| (*source).to_owned()).collect(),
        snapshots: snapshots.into_iter().map(|(snapshot, _)| snapshot).collect(),
    }
}

/// All snapshots, oldest first; those that cannot be read without what they are in brief.
pub(super) fn snapshots_of(history: &History) -> Vec<(TrendSnapshot, Option<&Past>)> {
    let mut snapshots: Vec<(TrendSnapshot, Option<&Past>)> = history
        .snapshots
        .iter()
        .map(|past| {
            let snapshot = TrendSnapshot {
                name: past.head.name.clone(),
                as_of: past.head.as_of,
                problem: None,
            };
            (snapshot, Some(past))
        })
        .chain(history.unread.iter().map(|unread| (unread.clone(), None)))
        .collect();
    snapshots.sort_by(|(a, _), (b, _)| (a.as_of, &a.name).cmp(&(b.as_of, &b.name)));
    snapshots
}

/// The sources that lie under a KPI in any snapshot: one that has nothing to add where it is partial may have had. Those
/// that say something of others' things, if it rests on that, lie under it too.
fn leans_on<'h>(history: &'h History, at: usize, witnesses: &[&'h str]) -> Vec<&'h str> {
    let adding = history.snapshots.iter().flat_map(|past| {
        let parts = past.head.numbers[at].parts.iter();
        parts.map(|(source, _)| past.head.sources[*source as usize].name.as_str())
    });
    let sources: BTreeSet<&str> = adding.chain(witnesses.iter().copied()).collect();
    sources.into_iter().collect()
}

/// The sources that in any snapshot say something of others' things on which a KPI rests.
fn witnesses<'h>(history: &'h History, kpi: &Kpi) -> Vec<&'h str> {
    let Some(says) = witness::of_kpi(kpi.id) else {
        return Vec::new();
    };
    let heads = history.snapshots.iter().map(|past| &past.head);
    heads.flat_map(|head| witness::names(says, head)).collect()
}

/// One KPI, held against what it is in one snapshot.
pub(super) struct Series<'h> {
    kpi: &'static Kpi,
    /// Its place in the catalogue.
    at: usize,
    leans_on: Vec<&'h str>,
    /// Those of them that say something of what the others list: without one, the number over the rest is another.
    witnesses: Vec<&'h str>,
    steady: &'h [&'h str],
    to: &'h Head,
}

impl<'h> Series<'h> {
    /// `at` is the KPI's place in the catalogue; `steady` are the sources that are whole in every snapshot.
    pub(super) fn new(history: &'h History, at: usize, steady: &'h [&'h str], to: &'h Past) -> Self {
        let witnesses = witnesses(history, &KPIS[at]);
        Series {
            kpi: &KPIS[at],
            at,
            leans_on: leans_on(history, at, &witnesses),
            witnesses,
            steady,
            to: &to.head,
        }
    }

    /// What the KPI is in a snapshot.
    pub(super) fn number(&self, head: &'h Head) -> &'h Number {
        &head.numbers[self.at]
    }

    /// Why what the KPI says in another snapshot is not compared; empty when it is.
    pub(super) fn incomparable(&self, head: &Head) -> Vec<String> {
        let mut reasons = self.other_criteria(head);
        for source in &self.leans_on {
            reasons.extend(incomparable(source, head, self.to));
        }
        reasons
    }

    pub(super) fn point(&self, snapshot: &TrendSnapshot, head: Option<&Head>) -> Point {
        let Some(head) = head else {
            return Point {
                value: None,
                upper: None,
                comparable: false,
                reason: snapshot.problem.clone(),
                like: None,
                like_upper: None,
            };
        };
        let number = &head.numbers[self.at];
        let reasons = self.incomparable(head);
        let like = (self.other_criteria(head).is_empty())
            .then(|| self.total(head, number, |source| self.steady.contains(&source)))
            .flatten();
        Point {
            value: number.value,
            upper: number.upper,
            comparable: number.value.is_some() && reasons.is_empty(),
            reason: match number.value {
                None => number.note.clone(),
                Some(_) => (!reasons.is_empty()).then(|| in_one(&reasons)),
            },
            like: like.map(|(value, _)| value),
            like_upper: like.and_then(|(_, upper)| upper),
        }
    }

    /// The change since another snapshot, and what is to be said of it.
    pub(super) fn change(&self, from: &Head) -> (Option<KpiChange>, Option<String>) {
        if from.name == self.to.name {
            return (None, None);
        }
        let (before, after) = (&from.numbers[self.at], &self.to.numbers[self.at]);
        let (Some(before_value), Some(after_value)) = (before.value, after.value) else {
            return (None, after.note.clone().or_else(|| before.note.clone()));
        };
        let other_criteria = self.other_criteria(from);
        if !other_criteria.is_empty() {
            return (None, Some(in_one(&other_criteria)));
        }
        let mut left_out = Vec::new();
        let mut reasons = Vec::new();
        for source in &self.leans_on {
            let why = incomparable(source, from, self.to);
            if !why.is_empty() {
                left_out.push(*source);
                reasons.extend(why);
            }
        }
        let note = (!reasons.is_empty()).then(|| in_one(&reasons));
        let values = match left_out.is_empty() {
            true => Some((before_value, after_value)),
            false => {
                let over = |head, number| self.total(head, number, |source| !left_out.contains(&source));
                let (before, after) = (over(from, before), over(self.to, after));
                before.zip(after).map(|((before, _), (after, _))| (before, after))
            }
        };
        let change = values
            .filter(|_| left_out.len() < self.leans_on.len() || left_out.is_empty())
            .map(|(before, after)| KpiChange {
                from: before,
                to: after,
                direction: direction(self.kpi.better, before, after).to_owned(),
                left_out: left_out.iter().map(|source| (*source).to_owned()).collect(),
            });
        (change, note)
    }

    fn total(&self, head: &Head, number: &Number, counts: impl Fn(&str) -> bool) -> Option<(f64, Option<f64>)> {
        number.value?;
        let sum = numbers::sum(self.kpi);
        if sum == Sum::Whole || !self.witnesses.iter().all(|source| counts(source)) {
            return None;
        }
        let parts = number.parts.iter();
        let parts = parts.filter(|(source, _)| counts(&head.sources[*source as usize].name));
        numbers::total(sum, parts.map(|(_, ratio)| *ratio))
    }

    /// Why two snapshots were not judged alike, if they were not.
    fn other_criteria(&self, head: &Head) -> Vec<String> {
        let is_of_all = matches!(self.kpi.id, "governed" | "coverage.environments" | "agent.governed");
        match is_of_all && head.in_force != self.to.in_force {
            false => Vec::new(),
            true => vec![format!(
                "{} was judged by {}, and {} by {}",
                head.name,
                head.in_force.join(", "),
                self.to.name,
                self.to.in_force.join(", ")
            )],
        }
    }
}

fn direction(better: Better, before: f64, after: f64) -> &'static str {
    match (better, after > before, after < before) {
        (_, false, false) => "same",
        (Better::Higher, true, _) | (Better::Lower, _, true) => "better",
        (Better::Higher, ..) | (Better::Lower, ..) => "worse",
        (Better::Neither, ..) => "moved",
    }
}

/// The first reasons, and how many more there are.
pub(super) fn in_one(reasons: &[String]) -> String {
    let shown = reasons[..reasons.len().min(MAX_REASONS)].join("; ");
    match reasons.len().saturating_sub(MAX_REASONS) {
        0 => shown,
        n_more => format!("{shown}; and {n_more} more"),
    }
}
