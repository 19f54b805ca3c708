//! What would be, were a threshold another.

use std::cmp::Reverse;
use std::fmt::Write;
use std::sync::Arc;

use hashbrown::HashMap;

use super::history::{Series, in_one, snapshots_of};
use super::kpis::{kpi_value, not_measured, ratio, unit, verdicts};
use crate::analysis::Analysis;
use crate::api::query::{BadQuery, MAX_LIMIT, pairs};
use crate::api::what_if::{
    IdentityEffect, KpiEffect, OwnerEffect, ThresholdView, TriedPoint, TriedTrend, WhatIf, WhatIfTrend,
};
use crate::history::{History, Past};
use crate::kpi::catalog::{KPIS, Kpi, KpiKind, Table};
use crate::kpi::formulas::{self, Judge};
use crate::model::instant::Instant;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{CredentialId, IdentityId};
use crate::model::strings::Sym;
use crate::model::thresholds::{Threshold, ThresholdId, Thresholds};

/// `GET /api/v1/what-if`: the query holds thresholds by their names, and perhaps the snapshot, which is chosen already.
///
/// # Errors
/// When a name is no threshold's, or a value no whole number.
pub fn what_if(analysis: &Analysis, query: &str) -> Result<WhatIf, BadQuery> {
    at_most(analysis, query, MAX_LIMIT)
}

/// With all identities, for a file.
///
/// # Errors
/// Those of [`what_if`].
pub fn what_if_whole(analysis: &Analysis, query: &str) -> Result<WhatIf, BadQuery> {
    at_most(analysis, query, usize::MAX)
}

fn at_most(analysis: &Analysis, query: &str, max_identities: usize) -> Result<WhatIf, BadQuery> {
    let tried = tried(query)?;
    let in_force = &analysis.config.thresholds;
    let then = under(analysis, &tried);
    let mut effects = Effects::default();
    let kpis = KPIS
        .iter()
        .filter(|kpi| depends(kpi, &tried))
        .map(|kpi| effects.note(kpi, analysis, &then));
    let kpis = kpis.collect();
    let n_identities = effects.of.len();
    let mut identities: Vec<(IdentityId, Effect)> = effects.of.into_iter().collect();
    identities.sort_by_key(|(id, effect)| (Reverse(effect.more.len()), *id));
    Ok(WhatIf {
        as_of: analysis.snapshot.as_of,
        thresholds: ThresholdId::ALL
            .into_iter()
            .map(|id| ThresholdView {
                name: id.name().to_owned(),
                value: in_force.get(id).value,
                set_by: in_force.get(id).set_by.clone(),
                tried: tried.iter().find(|(of, _)| *of == id).map(|(_, value)| *value),
            })
            .collect(),
        kpis,
        owners: owners(analysis, &identities),
        identities: identities
            .into_iter()
            .take(max_identities)
            .map(|(id, effect)| view(analysis, id, effect))
            .collect(),
        n_identities,
        config: config(in_force, &tried, analysis.snapshot.as_of),
    })
}

/// What a snapshot comes to, or why it cannot be read.
pub type Read = Result<Arc<Analysis>, String>;

/// `GET /api/v1/what-if/trend`: the same query. `read` reads a snapshot by its name; they are asked for one after the
/// other.
///
/// # Errors
/// Those of [`what_if`] and of `read`. Of a snapshot that cannot be read the points say so.
pub fn what_if_trend<E: From<BadQuery>>(
    history: &History,
    to: &Past,
    query: &str,
    read: impl Fn(&str) -> Result<Read, E>,
) -> Result<WhatIfTrend, E> {
    let tried = tried(query)?;
    let judged = (0..).zip(KPIS).filter(|(_, kpi)| depends(kpi, &tried));
    let mut kpis: Vec<(Series<'_>, Table, Judge, TriedTrend)> = judged
        .filter_map(|(at, kpi)| {
            let (table, judge) = formulas::judge(kpi.id)?;
            let trend = TriedTrend {
                id: kpi.id.to_owned(),
                points: Vec::new(),
            };
            Some((Series::new(history, at, &[], to), table, judge, trend))
        })
        .collect();
    let snapshots = snapshots_of(history);
    let missing = |reason: Option<String>| TriedPoint {
        in_force: None,
        tried: None,
        comparable: false,
        reason,
    };
    let n_read = if kpis.is_empty() { 0 } else { snapshots.len() };
    for (snapshot, past) in &snapshots[..n_read] {
        let read = match past {
            None => Err(snapshot.problem.clone()),
            Some(past) => match read(&snapshot.name)? {
                Ok(now) => Ok((&past.head, under(&now, &tried), now)),
                Err(problem) => Err(Some(problem)),
            },
        };
        for (series, table, judge, trend) in &mut kpis {
            trend.points.push(match &read {
                Err(problem) => missing(problem.clone()),
                Ok((head, then, now)) => {
                    let number = series.number(head);
                    match number.value {
                        None => missing(number.note.clone()),
                        Some(_) => {
                            let reasons = series.incomparable(head);
                            TriedPoint {
                                in_force: Some(n_failing(*table, *judge, now)),
                                tried: Some(n_failing(*table, *judge, then)),
                                comparable: reasons.is_empty(),
                                reason: (!reasons.is_empty()).then(|| in_one(&reasons)),
                            }
                        }
                    }
                }
            });
        }
    }
    Ok(WhatIfTrend {
        snapshots: snapshots.into_iter().map(|(snapshot, _)| snapshot).collect(),
        to: to.head.name.clone(),
        kpis: kpis.into_iter().map(|(.., trend)| trend).collect(),
    })
}

fn n_failing(table: Table, judge: Judge, analysis: &Analysis) -> usize {
    ratio(&verdicts(analysis, table, judge)).fail as usize
}

fn depends(kpi: &Kpi, tried: &[(ThresholdId, u32)]) -> bool {
    tried.iter().any(|(id, _)| formulas::depends_on(*id).contains(&kpi.id))
}

/// The same estate, judged by what is tried.
fn under(analysis: &Analysis, tried: &[(ThresholdId, u32)]) -> Analysis {
    let mut thresholds = analysis.config.thresholds.clone();
    for (id, value) in tried {
        let set_by = "what if".to_owned();
        thresholds.set(*id, Threshold { value: *value, set_by });
    }
    analysis.under(thresholds)
}

/// The thresholds of a query; one that is given twice counts as given last.
fn tried(query: &str) -> Result<Vec<(ThresholdId, u32)>, BadQuery> {
    let mut tried: Vec<(ThresholdId, u32)> = Vec::new();
    for (name, value) in pairs(query).filter(|(key, _)| key != "snapshot") {
        let bad = |what, found: &str, known: String| BadQuery {
            what,
            found: found.to_owned(),
            known,
        };
        let known = || ThresholdId::ALL.map(ThresholdId::name).join(", ");
        let id = ThresholdId::ALL.into_iter().find(|id| id.name() == name);
        let id = id.ok_or_else(|| bad("threshold", &name, known()))?;
        let number = value.parse().map_err(|_| {
            let known = format!("whole numbers for `{name}`");
            bad("number", &value, known)
        })?;
        tried.retain(|(other, _)| *other != id);
        tried.push((id, number));
    }
    tried.sort_unstable();
    Ok(tried)
}

/// What changes, by identity.
#[derive(Default)]
struct Effects {
    of: HashMap<IdentityId, Effect>,
}

#[derive(Default)]
struct Effect {
    more: Vec<&'static str>,
    fewer: Vec<&'static str>,
}

impl Effects {
    fn note(&mut self, kpi: &'static Kpi, now: &Analysis, then: &Analysis) -> KpiEffect {
        let mut effect = KpiEffect {
            id: kpi.id.to_owned(),
            unit: unit(kpi).to_owned(),
            ..KpiEffect::default()
        };
        let judge =
            formulas::judge(kpi.id).filter(|_| kpi.kind == KpiKind::Share && not_measured(kpi.id, now).is_none());
        let Some((table, judge)) = judge else {
            let (before, after) = (kpi_value(kpi, now), kpi_value(kpi, then));
            (effect.before, effect.before_upper) = (before.value, before.upper);
            (effect.after, effect.after_upper) = (after.value, after.upper);
            return effect;
        };
        let [before, after] = [now, then].map(|analysis| verdicts(analysis, table, judge));
        (effect.before, effect.before_upper) = ratio(&before).interval().unzip();
        (effect.after, effect.after_upper) = ratio(&after).interval().unzip();
        for (row, is_more) in turned(&before, &after) {
            match is_more {
                true => effect.n_more += 1,
                false => effect.n_fewer += 1,
            }
            for identity in identities_of(table, row, now) {
                let of = self.of.entry(identity).or_default();
                let turned = if is_more { &mut of.more } else { &mut of.fewer };
                if !turned.contains(&kpi.id) {
                    turned.push(kpi.id);
                }
            }
        }
        effect
    }
}

/// Rows that fail in one case and not in the other; `true` for those that would fail.
fn turned(before: &[Option<Verdict>], after: &[Option<Verdict>]) -> impl Iterator<Item = (usize, bool)> {
    let fails = |verdict: &Option<Verdict>| *verdict == Some(Verdict::Fail);
    let rows = before.iter().zip(after).enumerate();
    rows.filter(move |(_, (before, after))| fails(before) != fails(after))
        .map(move |(row, (_, after))| (row, fails(after)))
}

/// The identity of a row, or those that hold its credential.
fn identities_of(table: Table, row: usize, analysis: &Analysis) -> Vec<IdentityId> {
    let holders = |id: CredentialId| analysis.snapshot.credential(id).holders.clone();
    match table {
        Table::Identities => vec![IdentityId(row as u32)],
        Table::Credentials => holders(CredentialId(row as u32)),
        Table::Certificates => holders(analysis.certificates[row]),
        // No KPI counts findings by a threshold.
        Table::Findings | Table::None => Vec::new(),
    }
}

fn owners(analysis: &Analysis, identities: &[(IdentityId, Effect)]) -> Vec<OwnerEffect> {
    let mut counts: HashMap<Option<Sym>, (usize, usize)> = HashMap::new();
    for (id, effect) in identities {
        let owner = &analysis.snapshot.identity(*id).owner;
        let (n_more, n_fewer) = counts.entry(owner.team.or(owner.text)).or_default();
        match effect.more.is_empty() {
            true => *n_fewer += 1,
            false => *n_more += 1,
        }
    }
    let mut owners: Vec<OwnerEffect> = counts
        .into_iter()
        .map(|(owner, (n_more, n_fewer))| OwnerEffect {
            owner: owner.map(|owner| analysis.snapshot.strings.get(owner).to_owned()),
            n_more,
            n_fewer,
        })
        .collect();
    owners.sort_by(|a, b| (b.n_more, b.n_fewer, &a.owner).cmp(&(a.n_more, a.n_fewer, &b.owner)));
    owners
}

fn view(analysis: &Analysis, id: IdentityId, effect: Effect) -> IdentityEffect {
    let identity = analysis.snapshot.identity(id);
    let text = |sym: Option<Sym>| sym.map(|sym| analysis.snapshot.strings.get(sym).to_owned());
    let ids = |kpis: Vec<&str>| kpis.into_iter().map(str::to_owned).collect();
    IdentityEffect {
        id: text(Some(identity.id)).unwrap_or_default(),
        name: text(Some(identity.name)).unwrap_or_default(),
        owner: text(identity.owner.text),
        team: text(identity.owner.team),
        more: ids(effect.more),
        fewer: ids(effect.fewer),
    }
}

/// The lines of `rollcall.toml`, each with what it takes the place of. The table that they belong to may be there already,
/// and TOML takes it once.
fn config(in_force: &Thresholds, tried: &[(ThresholdId, u32)], as_of: Instant) -> String {
    let on = as_of.to_date_text();
    let mut text =
        "# below [thresholds] (add that line where there is none), in place of lines that begin alike\n".to_owned();
    for (id, value) in tried {
        let Threshold { value: was, set_by } = in_force.get(*id);
        // A comment ends with its line, whatever a name holds.
        let set_by = set_by.replace(char::is_control, " ");
        let _ = writeln!(
            text,
            "{} = {{ value = {value}, set_by = \"YOUR NAME\", on = \"{on}\" }}  # was {was}: {set_by}",
            id.name()
        );
    }
    text
}
