//! The KPIs of one snapshot, as far as they are held against those of another: with what each source adds to them.

use crate::analysis::Analysis;
use crate::api::kpis::KpiValue;
use crate::api::query::Facet;
use crate::kpi::catalog::{KPIS, Kpi, KpiKind, Table};
use crate::kpi::formulas::{self, RENEWAL_WEEKS};
use crate::model::ratio::Ratio;
use crate::model::snapshot::IdentityId;
use bitcode::{Decode, Encode};

/// One KPI of one snapshot.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Number {
    pub value: Option<f64>,
    pub upper: Option<f64>,
    pub unit: String,
    /// Why there is no value, or what is left out of it.
    pub note: Option<String>,
    /// The sources that lie under it, by index into the head's, each with what it adds.
    pub parts: Vec<(u32, Ratio)>,
}

/// How a number comes from what its sources add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// The share of all of them together.
    Share,
    /// The passes of all of them together, divided by this.
    Passes { per: u32 },
    /// It is not made up of parts: a median, a number of people.
    Whole,
}

/// The numbers of the whole catalogue, in its order.
pub fn numbers(analysis: &Analysis, values: &[KpiValue]) -> Vec<Number> {
    KPIS.iter()
        .zip(values)
        .map(|(kpi, value)| {
            // A duration gets its value from the snapshots before.
            let is_measured = value.value.is_some() || kpi.kind == KpiKind::Duration;
            let parts = match is_measured {
                true => parts(kpi.id, analysis),
                false => Vec::new(),
            };
            let parts = (0..).zip(parts).filter(|(_, ratio)| ratio.population() > 0);
            Number {
                value: value.value,
                upper: value.upper,
                unit: value.unit.clone(),
                note: value.note.clone(),
                parts: parts.collect(),
            }
        })
        .collect()
}

/// How the parts of a KPI make it up.
pub fn sum(kpi: &Kpi) -> Sum {
    match (kpi.kind, kpi.id) {
        (_, "coverage.sources" | "human.total" | "nhi.per_human") => Sum::Whole,
        (_, "certificate.renewals") => Sum::Passes {
            per: RENEWAL_WEEKS as u32,
        },
        (KpiKind::Share, _) => Sum::Share,
        (KpiKind::Count, _) => Sum::Passes { per: 1 },
        (KpiKind::Distribution | KpiKind::Duration, _) => Sum::Whole,
    }
}

/// The value and the upper bound of what some sources add; `None` when that is nothing.
pub fn total(sum: Sum, parts: impl Iterator<Item = Ratio>) -> Option<(f64, Option<f64>)> {
    let total = parts.fold(Ratio::default(), |all, part| Ratio {
        pass: all.pass + part.pass,
        fail: all.fail + part.fail,
        unknown: all.unknown + part.unknown,
    });
    match sum {
        Sum::Share => total.interval().map(|(lower, upper)| (lower, Some(upper))),
        Sum::Passes { per } => Some((total.pass as f64 / f64::from(per), None)),
        Sum::Whole => None,
    }
}

/// What each source of the snapshot adds to a KPI, in their order. Empty when it does not come from sources.
fn parts(id: &str, analysis: &Analysis) -> Vec<Ratio> {
    let snapshot = &analysis.snapshot;
    let mut parts = vec![Ratio::default(); snapshot.sources.len()];
    match id {
        // What the estate expects is what is missing, and the roster is one for all snapshots.
        "coverage.sources" => return Vec::new(),
        "human.total" if !snapshot.people.is_empty() => return Vec::new(),
        "access.external" => {
            for trust in &snapshot.trusts {
                if analysis.within.holds_trust(trust)
                    && let Some(verdict) = formulas::is_guarded(trust)
                {
                    parts[snapshot.file(trust.evidence.file).source.0 as usize].add(verdict);
                }
            }
        }
        "privilege.standing" => {
            let identities = snapshot.identities.iter().enumerate();
            for (row, identity) in identities.filter(|(row, identity)| {
                formulas::in_scope(identity) && analysis.within.holds(Table::Identities, *row)
            }) {
                let standing = formulas::standing_grants(analysis, IdentityId(row as u32));
                parts[identity.source.0 as usize].pass += standing.certain;
            }
        }
        "privilege.unused_services" => {
            for (row, identity) in snapshot.identities.iter().enumerate() {
                if analysis.within.holds(Table::Identities, row) {
                    let services = formulas::unused_services(analysis, row);
                    let part = &mut parts[identity.source.0 as usize];
                    part.pass += services.n_unused;
                    // A source all of whose services are used lies under the number as well.
                    part.fail += services.n_granted - services.n_unused;
                }
            }
        }
        id => {
            // What these are measured on.
            let id = match id {
                "nhi.per_human" => "nhi.total",
                "time_to_rotate" => "credential.rotation",
                "time_to_revoke" => "owner",
                id => id,
            };
            let Some((table, judge)) = formulas::judge(id) else {
                return Vec::new();
            };
            let list = analysis.lists.of(table);
            let sources = list.and_then(|list| list.values_of(Facet::Source));
            for (row, source) in sources.map_or(&[][..], |(codes, _)| codes).iter().enumerate() {
                if analysis.within.holds(table, row)
                    && let Some(verdict) = judge(analysis, row)
                {
                    parts[*source as usize].add(verdict);
                }
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ratio::Verdict;

    #[test]
    fn parts_of_nothing_have_no_share_and_count_nothing() {
        assert_eq!(total(Sum::Share, std::iter::empty()), None);
        assert_eq!(total(Sum::Passes { per: 1 }, std::iter::empty()), Some((0.0, None)));
        let parts = [Verdict::Pass, Verdict::Fail, Verdict::Unknown, Verdict::Pass];
        let parts = parts.map(|verdict| [verdict].into_iter().collect());
        assert_eq!(total(Sum::Share, parts.into_iter()), Some((0.5, Some(0.75))));
    }
}
