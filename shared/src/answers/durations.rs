//! How long credentials are in place, and how long what is retired goes on.

use hashbrown::HashMap;

use crate::api::SnapshotName;
use crate::api::history::{Durations, Retirement as RetirementView, Survival, SurvivalPoint};
use crate::api::query::MAX_LIMIT;
use crate::history::History;
use crate::history::durations;
use crate::history::retirement::Retirement;
use crate::history::survival::{Curve, Life, Median};
use crate::model::credential::CredentialKind;

/// About as many points of a curve as a chart has room for.
const MAX_POINTS: usize = 120;

/// `GET /api/v1/durations`, over the snapshots until this one, by its index in the history.
pub fn durations(history: &History, to: usize) -> Durations {
    let n_snapshots = to + 1;
    let slots = history.slots(n_snapshots);
    let mut by_kind: HashMap<CredentialKind, Vec<Life>> = HashMap::new();
    for (kind, life) in &slots.lives {
        by_kind.entry(*kind).or_default().push(*life);
    }
    let mut kinds: Vec<_> = by_kind.into_iter().collect();
    kinds.sort_by_key(|(kind, lives)| (std::cmp::Reverse(lives.len()), *kind));
    let all = slots.lives.iter().map(|(_, life)| *life);
    let told = |curve: &Curve| durations::rotation(curve).note;
    let retired = history.retirements(n_snapshots);
    let head = &history.snapshots[to].head;
    Durations {
        to: SnapshotName {
            name: head.name.clone(),
            as_of: head.as_of,
        },
        n_snapshots,
        rotation: std::iter::once(survival("", all, told))
            .chain(
                kinds
                    .into_iter()
                    .map(|(kind, lives)| survival(kind.id(), lives.into_iter(), told)),
            )
            .collect(),
        n_without_age: slots.n_without_age,
        revocation: survival("", retired.iter().map(Retirement::life), |_| {
            history.time_to_revoke(n_snapshots).note
        }),
        n_retirements: retired.len(),
        retirements: retired
            .iter()
            .take(MAX_LIMIT)
            .map(|retirement| view(history, retirement))
            .collect(),
    }
}

fn survival(kind: &str, lives: impl Iterator<Item = Life>, told: impl FnOnce(&Curve) -> String) -> Survival {
    let curve = Curve::new(lives);
    let median = match curve.is_told() {
        true => curve.median(),
        false => Median::default(),
    };
    // Where nobody is looked at any more, nothing is known.
    let n_known = curve
        .steps
        .iter()
        .rposition(|step| step.n_at_risk >= 1.0)
        .map_or(0, |last| last + 1);
    let every = n_known.div_ceil(MAX_POINTS).max(1);
    let points = (0..).zip(&curve.steps[..n_known]);
    let points = points.filter(|(day, _)| day % every == 0 || day + 1 == n_known);
    Survival {
        kind: kind.to_owned(),
        n: curve.n_lives,
        n_ended: curve.n_ended,
        median_days: median.days,
        median_lower: median.lower,
        median_upper: median.upper,
        note: told(&curve),
        points: points
            .map(|(day, step)| SurvivalPoint {
                days: day as u32,
                share: rounded(step.survival),
                lower: rounded(step.lower),
                upper: rounded(step.upper),
                n_at_risk: step.n_at_risk.round() as u64,
            })
            .collect(),
    }
}

fn view(history: &History, retirement: &Retirement) -> RetirementView {
    let row = history.row(retirement.row);
    let text = |sym| history.strings.get_or_empty(sym).to_owned();
    let (at_least_days, at_most_days) = retirement.days();
    RetirementView {
        of: row.of,
        id: text(row.key[0]),
        name: row.title(&history.strings),
        identity: row.identity.map(|sym| history.strings.get(sym).to_owned()),
        cause: retirement.cause.id().to_owned(),
        since: retirement.since.1,
        at_least_days,
        at_most_days,
    }
}

/// A share to the millionth: beyond, logarithms differ between machines, and answers are to be the same everywhere.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}
