//! What happened between two snapshots, in a few sentences with their numbers.

use hashbrown::HashMap;

use super::history::{Series, in_one, name, snapshots_of};
use crate::api::history::{ChangeKind, KpiChange, Story, StoryLine, StoryRows, Subject, TrendSnapshot};
use crate::format;
use crate::history::comparison::{incomparable, sources_of};
use crate::history::diff::{Difference, diff};
use crate::history::numbers::{Sum, sum};
use crate::history::row::FOUND;
use crate::history::{Head, History, Past};
use crate::kpi::catalog::{CRITERIA, KPIS};
use crate::model::ratio::{Ratio, Verdict};
use crate::model::strings::Sym;
use crate::rules;
use crate::rules::severity::Severity;

/// How many KPIs that got worse are told: those that moved most.
const N_WORSE: usize = 2;
/// What follows from other numbers that are told.
const FOLLOWS: [&str; 3] = ["coverage.environments", "coverage.sources", "agent.governed"];

/// `GET /api/v1/story`: the lines are those that the data give, the most important first. Of equal snapshots none.
///
/// A number is told where [`super::trends`] claims a change, over what can be compared and nothing else.
pub fn story(history: &History, from: &Past, to: &Past) -> Story {
    let teller = Teller::new(history, from, to);
    let lines = match from.head.name == to.head.name {
        true => Vec::new(),
        false => teller.lines(),
    };
    Story {
        from: name(&from.head),
        to: name(&to.head),
        lines,
    }
}

struct Teller<'h> {
    history: &'h History,
    from: &'h Past,
    to: &'h Past,
    /// Those from one to the other, oldest first.
    between: Vec<(TrendSnapshot, Option<&'h Past>)>,
    /// The sources that are whole in each of them.
    steady: Vec<&'h str>,
}

/// How a KPI moved.
struct Moved {
    /// Its place in the catalogue.
    at: usize,
    change: KpiChange,
}

impl Moved {
    fn by(&self) -> f64 {
        self.change.to - self.change.from
    }
}

impl<'h> Teller<'h> {
    fn new(history: &'h History, from: &'h Past, to: &'h Past) -> Self {
        let span = from.head.as_of.min(to.head.as_of)..=from.head.as_of.max(to.head.as_of);
        let between: Vec<_> = snapshots_of(history)
            .into_iter()
            .filter(|(snapshot, _)| span.contains(&snapshot.as_of))
            .collect();
        let heads = || between.iter().filter_map(|(_, past)| Some(&(*past)?.head));
        let mut steady = sources_of(heads());
        steady.retain(|source| heads().all(|head| incomparable(source, head, &to.head).is_empty()));
        Self {
            history,
            from,
            to,
            between,
            steady,
        }
    }

    fn lines(&self) -> Vec<StoryLine> {
        let mut moved: Vec<Moved> = (0..KPIS.len())
            .filter_map(|at| {
                let (change, _) = self.series(at).change(&self.from.head);
                Some(Moved { at, change: change? })
            })
            .collect();
        moved.sort_by(|a, b| b.by().abs().total_cmp(&a.by().abs()).then(a.at.cmp(&b.at)));
        let find = |id: &str| moved.iter().find(|moved| KPIS[moved.at].id == id);
        let others = |direction: &'static str| {
            moved.iter().filter(move |moved| {
                let kpi = &KPIS[moved.at];
                let is_told = kpi.id == "governed" || CRITERIA.contains(&kpi.id) || FOLLOWS.contains(&kpi.id);
                sum(kpi) == Sum::Share && !is_told && moved.change.direction == direction
            })
        };
        let governed = find("governed").map(|governed| self.governed(governed, &moved));
        let told = find("nhi.total")
            .into_iter()
            .chain(others("better").take(1))
            .chain(others("worse").take(N_WORSE))
            .chain(find("privilege.standing").filter(|standing| standing.by() != 0.0));
        (governed.into_iter())
            .chain(told.map(|moved| self.number(moved)))
            .chain(self.critical())
            .chain(self.left_open())
            .collect()
    }

    fn series(&self, at: usize) -> Series<'_> {
        Series::new(self.history, at, &self.steady, self.to)
    }

    /// A KPI, and the criterion that moved it.
    fn governed(&self, governed: &Moved, moved: &[Moved]) -> StoryLine {
        let in_force = |id: &str| self.to.head.in_force.iter().any(|known| known == id);
        let is_alike = |criterion: &&Moved| {
            let id = KPIS[criterion.at].id;
            CRITERIA.contains(&id) && in_force(id) && criterion.by() * governed.by() > 0.0
        };
        let mut line = self.number(governed);
        if let Some(criterion) = moved.iter().find(is_alike) {
            let (kpi, by) = (&KPIS[criterion.at], signed(criterion.by() * 100.0));
            line.text
                .push_str(&format!("; of its criteria “{}” moved most, {by} points", kpi.title));
        }
        line
    }

    /// What a number was and is, where most of it comes from, and when.
    fn number(&self, moved: &Moved) -> StoryLine {
        let kpi = &KPIS[moved.at];
        let is_share = sum(kpi) == Sum::Share;
        let KpiChange {
            from, to, direction, ..
        } = &moved.change;
        let told = |value: f64| match is_share {
            true => format::percent(value),
            false => format::decimal(value),
        };
        let verb = match from.total_cmp(to) {
            std::cmp::Ordering::Less => format!("rose from {} to {}", told(*from), told(*to)),
            std::cmp::Ordering::Equal => format!("stayed at {}", told(*to)),
            std::cmp::Ordering::Greater => format!("fell from {} to {}", told(*from), told(*to)),
        };
        let verdict = match (is_share, direction.as_str()) {
            (true, "worse") => Verdict::Fail,
            _ => Verdict::Pass,
        };
        let mut why: Vec<String> = Vec::new();
        if from.total_cmp(to).is_ne() {
            why.extend(self.most_in(moved, verdict, is_share));
            why.extend(self.largest_step(moved, is_share));
        }
        let left_out = match moved.change.left_out.len() {
            0 => String::new(),
            n => format!(" ({} left out)", format::counted(n as u64, "source", "sources")),
        };
        let why = match why.is_empty() {
            true => String::new(),
            false => format!(", most {}", why.join(" and ")),
        };
        StoryLine {
            text: format!("“{}” {verb}{left_out}{why}", kpi.title),
            direction: direction.clone(),
            rows: StoryRows::of_kpi(kpi.id, verdict),
        }
    }

    /// The source whose rows changed the number most.
    fn most_in(&self, moved: &Moved, verdict: Verdict, is_share: bool) -> Option<String> {
        let count = |ratio: &Ratio| match verdict {
            Verdict::Pass => ratio.pass,
            Verdict::Fail => ratio.fail,
            Verdict::Unknown => ratio.unknown,
        };
        let counts = |head: &'h Head| -> HashMap<&'h str, i64> {
            let parts = head.numbers[moved.at].parts.iter();
            parts
                .map(|(source, ratio)| (head.sources[*source as usize].name.as_str(), count(ratio) as i64))
                .collect()
        };
        let (before, after) = (counts(&self.from.head), counts(&self.to.head));
        // More rows that pass is not what makes a share fall.
        let sign = if is_share || moved.by() > 0.0 { 1 } else { -1 };
        let is_left_out = |source: &str| moved.change.left_out.iter().any(|left| left == source);
        let by = |source: &str| after.get(source).unwrap_or(&0) - before.get(source).unwrap_or(&0);
        let most = sources_of([&self.from.head, &self.to.head])
            .into_iter()
            .filter(|source| !is_left_out(source) && by(source) * sign > 0)
            .max_by_key(|source| (by(source) * sign, std::cmp::Reverse(*source)))?;
        let n = format::number(by(most).unsigned_abs());
        let what = match (is_share, verdict) {
            (true, Verdict::Fail) => " more fail",
            (true, Verdict::Pass | Verdict::Unknown) => " more pass",
            (false, _) if sign > 0 => " more",
            (false, _) => " fewer",
        };
        let source = if most.is_empty() {
            "the estate's own folder"
        } else {
            most
        };
        Some(format!("in {source} ({n}{what})"))
    }

    /// Between which two snapshots it moved most, over the sources that are whole in all of them.
    fn largest_step(&self, moved: &Moved, is_share: bool) -> Option<String> {
        let series = self.series(moved.at);
        let points = self.between.iter().filter_map(|(snapshot, past)| {
            let like = series.point(snapshot, past.map(|past| &past.head)).like?;
            Some((snapshot.as_of, like))
        });
        let points: Vec<_> = points.collect();
        let steps = points.windows(2).filter(|_| points.len() > 2);
        let along = |pair: &[(_, f64)]| (pair[1].1 - pair[0].1) * moved.by().signum();
        let largest = steps.filter(|pair| along(pair) > 0.0);
        let largest = largest.max_by(|a, b| along(a).total_cmp(&along(b)))?;
        let by = (largest[1].1 - largest[0].1) * if is_share { 100.0 } else { 1.0 };
        let unit = if is_share { " points" } else { "" };
        let (before, after) = (format::date(largest[0].0), format::date(largest[1].0));
        Some(format!("between {before} and {after} ({}{unit})", signed(by)))
    }

    /// The worst findings, and who answers for those that came.
    fn critical(&self) -> Option<StoryLine> {
        let critical = Severity::Critical.id();
        let n_now = self.n_found(self.to, critical);
        let n_before = self.n_found(self.from, critical);
        let is_critical = |index: Option<u32>, found: &Difference| {
            let severity = index.and_then(|index| self.history.found(index, found.rule?));
            severity == Some(critical)
        };
        let found = diff(self.history, self.from, self.to);
        let found: Vec<Difference> = found.into_iter().filter(|found| found.of == Subject::Finding).collect();
        let new: Vec<&Difference> = found
            .iter()
            .filter(|found| found.kind == ChangeKind::New && is_critical(found.to, found))
            .collect();
        let n_gone = found
            .iter()
            .filter(|found| found.kind == ChangeKind::Gone && is_critical(found.from, found))
            .count();
        if n_now + n_before == 0 {
            return None;
        }
        let n_open = found.iter().filter(|found| match found.kind {
            ChangeKind::NotObserved => is_critical(found.from, found),
            ChangeKind::NotObservedBefore => is_critical(found.to, found),
            ChangeKind::New | ChangeKind::Changed | ChangeKind::Gone => false,
        });
        let open = match n_open.count() {
            0 => String::new(),
            n => format!("; {} that cannot be compared", format::count(n)),
        };
        let owners = self.owners();
        let owner_of = |found: &&Difference| {
            let identity = self.history.row(found.to?).identity?;
            owners.get(&identity).copied()
        };
        let title = |found: &&Difference| rules::find(found.rule?).map(|rule| rule.title);
        let whose = most(new.iter().map(owner_of)).map(|(owner, n)| match owner {
            Some(owner) => format!(", most of {} ({})", self.history.strings.get(owner), format::count(n)),
            None => format!(", most without an owner on record ({})", format::count(n)),
        });
        let what = most(new.iter().map(title)).and_then(|(title, n)| {
            let title = title?;
            Some(format!(", most “{title}” ({})", format::count(n)))
        });
        let direction = match n_now.cmp(&n_before) {
            std::cmp::Ordering::Less => "better",
            std::cmp::Ordering::Equal => "same",
            std::cmp::Ordering::Greater => "worse",
        };
        let verb = match n_now == 1 {
            true => "is",
            false => "are",
        };
        Some(StoryLine {
            text: format!(
                "{} {verb} open, {} on {}; {} new{}{}; {} gone{open}",
                format::counted(n_now as u64, "critical finding", "critical findings"),
                format::count(n_before),
                format::date(self.from.head.as_of),
                format::count(new.len()),
                what.unwrap_or_default(),
                whose.unwrap_or_default(),
                format::count(n_gone),
            ),
            direction: direction.to_owned(),
            rows: StoryRows::of_findings(critical),
        })
    }

    fn n_found(&self, past: &Past, severity: &str) -> usize {
        let said = past.rows().iter().filter_map(|index| {
            let row = self.history.row(*index);
            row.fields[FOUND].filter(|_| row.of == Subject::Finding)
        });
        let lines = said.flat_map(|found| self.history.strings.get(found).split('\n'));
        lines
            .filter(|line| line.rsplit_once(':').is_some_and(|(_, of)| of == severity))
            .count()
    }

    /// The team, else the owner, of each identity that has one.
    fn owners(&self) -> HashMap<Sym, Sym> {
        let rows = self.to.rows().iter().map(|index| self.history.row(*index));
        rows.filter(|row| row.of == Subject::Identity)
            .filter_map(|row| Some((row.key[0]?, row.field("team").or(row.field("owner"))?)))
            .collect()
    }

    /// What is in none of the other lines.
    fn left_open(&self) -> Option<StoryLine> {
        let sources = sources_of([&self.from.head, &self.to.head]);
        let reasons = |source: &&str| incomparable(source, &self.from.head, &self.to.head);
        let open: Vec<&str> = sources.iter().copied().filter(|of| !reasons(of).is_empty()).collect();
        let unread: Vec<&str> = self
            .between
            .iter()
            .filter(|(_, past)| past.is_none())
            .map(|(snapshot, _)| snapshot.name.as_str())
            .collect();
        if open.is_empty() && unread.is_empty() {
            return None;
        }
        let mut parts = Vec::new();
        if !open.is_empty() {
            let names: Vec<String> = open.iter().map(|source| (*source).to_owned()).collect();
            parts.push(format!(
                "{} of {} cannot be compared: {}",
                format::count(open.len()),
                format::counted(sources.len() as u64, "source", "sources"),
                in_one(&names)
            ));
        }
        if !unread.is_empty() {
            parts.push(format!("not read: {}", unread.join(", ")));
        }
        Some(StoryLine {
            text: parts.join("; "),
            direction: "open".to_owned(),
            rows: StoryRows::of_sources(),
        })
    }
}

/// What occurs most often, and how often; of two the smaller.
fn most<T: Ord + std::hash::Hash + Copy>(items: impl Iterator<Item = T>) -> Option<(T, usize)> {
    let mut counts: HashMap<T, usize> = HashMap::new();
    for item in items {
        *counts.entry(item).or_default() += 1;
    }
    counts
        .into_iter()
        .max_by(|(a, n_a), (b, n_b)| n_a.cmp(n_b).then(b.cmp(a)))
}

/// `+2.3`, `-12`
fn signed(by: f64) -> String {
    let sign = if by > 0.0 { "+" } else { "" };
    format!("{sign}{}", format::decimal(by))
}
