//! The first page.

use hashbrown::HashMap;

use super::kpis::kpi_values;
use crate::analysis::Analysis;
use crate::api::kpis::{Bucket, KpiValue};
use crate::api::overview::{AgeRow, Change, Doubt, ExpiringBucket, Heat, HeatCell, Overview, RenewalWeek};
use crate::api::query::Facet;
use crate::kpi::catalog::{CRITERIA, Table};
use crate::kpi::formulas::{self, RENEWAL_WEEKS};
use crate::lists::{AGE_BUCKETS, EXPIRY_BUCKETS, age_bucket, expiry_bucket};
use crate::model::credential::CredentialKind;
use crate::model::identity::Class;
use crate::model::instant::{Expiry, Instant, SECONDS_PER_DAY};
use crate::model::ratio::{Ratio, Verdict};
use crate::model::snapshot::Identity;
use crate::model::strings::Sym;
use crate::model::thresholds::ThresholdId;

/// The numbers that are shown as tiles, in this order.
const TILES: [&str; 14] = [
    "nhi.total",
    "human.total",
    "nhi.per_human",
    "credential.rotation",
    "credential.unused",
    "credential.long_lived",
    "credential.shortlived",
    "lifecycle.orphaned",
    "lifecycle.stale",
    "privilege.admin",
    "access.external",
    "agent.total",
    "certificate.renewals",
    "anomaly.leads",
];

/// Teams that are worth listing beside the governed share.
const MAX_TEAMS: usize = 12;

/// How many changes are worth listing: more than a meeting would decide.
const MAX_CHANGES: usize = 8;

/// `GET /api/v1/overview`.
pub fn overview(analysis: &Analysis) -> Overview {
    let snapshot = &analysis.snapshot;
    let mut values: Vec<KpiValue> = kpi_values(analysis);
    // The tiles show numbers; the parts of them are one click away, and half of the answer's bytes.
    for value in &mut values {
        value
            .breakdowns
            .retain(|parts| value.id == "governed" && parts.by == Facet::Team);
        for teams in &mut value.breakdowns {
            teams.parts.sort_by_key(|team| std::cmp::Reverse(team.ratio.fail));
            teams.parts.truncate(MAX_TEAMS);
        }
    }
    let pick = |ids: &[&str]| -> Vec<KpiValue> {
        ids.iter()
            .filter_map(|id| values.iter().find(|value| value.id == *id))
            .cloned()
            .collect()
    };
    let unclassified = (identities_within(analysis))
        .filter(|(_, identity)| identity.class == Class::Unknown)
        .count() as u64;
    Overview {
        as_of: snapshot.as_of,
        estate: analysis
            .config
            .estate_name
            .clone()
            .unwrap_or_else(|| "Estate".to_owned()),
        governed: pick(&["governed"]).pop().unwrap_or_else(|| values[0].clone()),
        criteria: pick(&CRITERIA),
        tiles: pick(&TILES),
        heat: heat(analysis),
        expiring: expiring(analysis),
        ages: ages(analysis),
        renewals: renewals(analysis),
        changes: changes(analysis),
        doubts: doubts(analysis),
        unclassified,
    }
}

fn identities_within(analysis: &Analysis) -> impl Iterator<Item = (usize, &Identity)> {
    let identities = analysis.snapshot.identities.iter().enumerate();
    identities.filter(|(index, _)| analysis.within.holds(Table::Identities, *index))
}

fn heat(analysis: &Analysis) -> Heat {
    let snapshot = &analysis.snapshot;
    let mut cells: HashMap<(Option<Sym>, u32), Ratio> = HashMap::new();
    for (index, identity) in identities_within(analysis) {
        if let Some(verdict) = analysis.governed[index] {
            cells
                .entry((identity.environment, identity.source.0))
                .or_default()
                .add(verdict);
        }
    }
    let mut environments: Vec<(String, u64, Option<Sym>)> = Vec::new();
    let mut sources: Vec<(String, u64, u32)> = Vec::new();
    for ((environment, source), ratio) in &cells {
        let name = snapshot.strings.get_or_empty(*environment);
        match environments.iter_mut().find(|(known, ..)| known == name) {
            Some((_, n, _)) => *n += ratio.population(),
            None => environments.push((name.to_owned(), ratio.population(), *environment)),
        }
        match sources.iter_mut().find(|(.., known)| known == source) {
            Some((_, n, _)) => *n += ratio.population(),
            None => sources.push((
                snapshot.sources[*source as usize].name.clone(),
                ratio.population(),
                *source,
            )),
        }
    }
    // The environments that matter first, "none recorded" last; sources by name, so that neighbours are kin.
    environments.sort_by(|a, b| (a.0.is_empty(), rank(&a.0), &a.0).cmp(&(b.0.is_empty(), rank(&b.0), &b.0)));
    sources.sort_by(|a, b| a.0.cmp(&b.0));
    let mut listed = Vec::new();
    for (row, (.., environment)) in environments.iter().enumerate() {
        for (column, (.., source)) in sources.iter().enumerate() {
            if let Some(governed) = cells.get(&(*environment, *source)) {
                listed.push(HeatCell {
                    environment: row,
                    source: column,
                    governed: *governed,
                });
            }
        }
    }
    Heat {
        environments: environments.into_iter().map(|(name, ..)| name).collect(),
        sources: sources.into_iter().map(|(name, ..)| name).collect(),
        cells: listed,
    }
}

fn rank(environment: &str) -> usize {
    ["prod", "stg", "test", "dev", "sandbox"]
        .iter()
        .position(|known| *known == environment)
        .unwrap_or(usize::MAX)
}

fn expiring(analysis: &Analysis) -> Vec<ExpiringBucket> {
    let as_of = analysis.snapshot.as_of;
    let mut buckets: Vec<ExpiringBucket> = EXPIRY_BUCKETS
        .iter()
        .map(|(value, label)| ExpiringBucket {
            value: (*value).to_owned(),
            label: (*label).to_owned(),
            n_certificates: 0,
            n_other_credentials: 0,
        })
        .collect();
    for (index, credential) in analysis.snapshot.credentials.iter().enumerate() {
        if credential.kind == CredentialKind::Federation || !analysis.within.holds(Table::Credentials, index) {
            continue;
        }
        let value = expiry_bucket(credential.expires_at, as_of);
        if let Some(bucket) = buckets.iter_mut().find(|bucket| bucket.value == value) {
            match credential.kind == CredentialKind::Certificate {
                true => bucket.n_certificates += 1,
                false => bucket.n_other_credentials += 1,
            }
        }
    }
    buckets
}

fn ages(analysis: &Analysis) -> Vec<AgeRow> {
    let mut counts: Vec<(CredentialKind, [u64; AGE_BUCKETS.len()])> = Vec::new();
    let in_population = formulas::judge("credential.age").map(|(_, judge)| judge);
    for (index, credential) in analysis.snapshot.credentials.iter().enumerate() {
        let is_in = analysis.within.holds(Table::Credentials, index);
        if !is_in || in_population.and_then(|judge| judge(analysis, index)).is_none() {
            continue;
        }
        let bucket = age_bucket(credential.created_at, analysis.snapshot.as_of);
        let at = AGE_BUCKETS
            .iter()
            .position(|(value, _)| *value == bucket)
            .unwrap_or_default();
        match counts.iter_mut().find(|(kind, _)| *kind == credential.kind) {
            Some((_, row)) => row[at] += 1,
            None => {
                let mut row = [0; AGE_BUCKETS.len()];
                row[at] = 1;
                counts.push((credential.kind, row));
            }
        }
    }
    counts.sort_by_key(|(kind, row)| (std::cmp::Reverse(row.iter().sum::<u64>()), *kind));
    let bucket = |((value, label), n): (&(&str, &str), u64)| Bucket {
        by: Facet::Age,
        label: (*label).to_owned(),
        value: (*value).to_owned(),
        n,
    };
    counts
        .into_iter()
        .map(|(kind, row)| AgeRow {
            kind: kind.id().to_owned(),
            buckets: AGE_BUCKETS.iter().zip(row).map(bucket).collect(),
        })
        .collect()
}

fn renewals(analysis: &Analysis) -> Vec<RenewalWeek> {
    let as_of = analysis.snapshot.as_of;
    // 1970-01-01 was a Thursday: Monday is three days before.
    let monday = Instant(as_of.0 - (as_of.0 + 3 * SECONDS_PER_DAY).rem_euclid(7 * SECONDS_PER_DAY));
    // The first and the last week are partly outside.
    let mut weeks: Vec<RenewalWeek> = (0..=RENEWAL_WEEKS)
        .map(|week| RenewalWeek {
            starts_at: monday.plus_days(week * 7),
            n_certificates: 0,
        })
        .collect();
    let counts = formulas::judge("certificate.renewals").map(|(_, judge)| judge);
    for (row, id) in analysis.certificates.iter().enumerate() {
        if analysis.within.holds(Table::Certificates, row)
            && counts.and_then(|judge| judge(analysis, row)) == Some(Verdict::Pass)
            && let Expiry::At(end) = analysis.snapshot.credential(*id).expires_at
            && let Some(week) = weeks.get_mut(monday.days_until(end) as usize / 7)
        {
            week.n_certificates += 1;
        }
    }
    weeks
}

/// Identities that lack exactly one criterion in force, by that criterion and whose they are: mending it governs them.
fn changes(analysis: &Analysis) -> Vec<Change> {
    let mut counts: HashMap<(&str, Option<Sym>, Option<Sym>), u64> = HashMap::new();
    for (index, identity) in identities_within(analysis) {
        if let Some(only) = analysis.lacks(index) {
            let team = identity.owner.team;
            let owner = identity.owner.text.filter(|_| team.is_none());
            *counts.entry((only, team, owner)).or_default() += 1;
        }
    }
    let text = |sym: Option<Sym>| sym.map(|sym| analysis.snapshot.strings.get(sym).to_owned());
    let mut changes: Vec<Change> = counts
        .into_iter()
        .map(|((criterion, team, owner), n_identities)| Change {
            criterion: criterion.to_owned(),
            team: text(team),
            owner: text(owner),
            n_identities,
        })
        .collect();
    changes.sort_by(|a, b| {
        b.n_identities
            .cmp(&a.n_identities)
            .then_with(|| (&a.criterion, &a.team, &a.owner).cmp(&(&b.criterion, &b.team, &b.owner)))
    });
    changes.truncate(MAX_CHANGES);
    changes
}

/// Why the numbers may be wrong: partial, stale and missing sources.
fn doubts(analysis: &Analysis) -> Vec<Doubt> {
    let snapshot = &analysis.snapshot;
    let fresh_days = analysis.config.thresholds.days(ThresholdId::SourceFreshDays);
    let mut doubts = Vec::new();
    for expected in &analysis.config.expected {
        // What is not there may have belonged to any part of the estate.
        if snapshot.sources.iter().all(|source| source.name != expected.source) {
            doubts.push(Doubt {
                source: expected.source.clone(),
                reason: "expected, but not in this snapshot".to_owned(),
            });
        }
    }
    let sources = snapshot.sources.iter().enumerate();
    for (_, source) in sources.filter(|(index, _)| analysis.within.holds_source(*index)) {
        doubts.extend(source.gaps.iter().map(|gap| Doubt {
            source: source.name.clone(),
            reason: gap.clone(),
        }));
        if let Some(days) = source
            .stated_at
            .map(|at| at.days_until(snapshot.as_of))
            .filter(|days| *days > fresh_days)
        {
            doubts.push(Doubt {
                source: source.name.clone(),
                reason: format!("its newest export is {days} days older than the snapshot"),
            });
        }
    }
    doubts
}
