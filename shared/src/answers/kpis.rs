//! Every KPI of one snapshot.

use hashbrown::HashSet;

use crate::analysis::{Analysis, Force};
use crate::api::kpis::{Breakdown, Bucket, KpiValue, Kpis, Part};
use crate::api::query::Facet;
use crate::format;
use crate::history::Past;
use crate::kpi::catalog::{self, CRITERIA, KPIS, Kpi, KpiKind, Table};
use crate::kpi::formulas::{self, Judge, RENEWAL_WEEKS};
use crate::kpi::leads;
use crate::lists::{AGE_BUCKETS, AUTHORITY_BUCKETS, EXPIRY_BUCKETS, List};
use crate::model::batch::Employment;
use crate::model::certificate::{CertificateRole, PublicTrust};
use crate::model::identity::Class;
use crate::model::instant::Expiry;
use crate::model::principal::HandleKind;
use crate::model::ratio::{Ratio, Verdict};
use crate::model::snapshot::{CredentialId, IdentityId, Source};
use crate::model::thresholds::ThresholdId;
use crate::rules::RULES;

/// `GET /api/v1/kpis`. `past` is the same snapshot in the history of the estate, where it has several.
pub fn kpis(analysis: &Analysis, snapshots: &[String], past: Option<&Past>) -> Kpis {
    let mut values = kpi_values(analysis);
    for value in values.iter_mut().filter(|value| value.kind == KpiKind::Duration) {
        if let Some(number) = past.and_then(|past| past.head.number(&value.id)) {
            value.value = number.value;
            value.note = number.note.clone();
        }
    }
    Kpis {
        as_of: analysis.snapshot.as_of,
        snapshots: snapshots.to_vec(),
        kpis: values,
    }
}

/// All rows of the catalogue, in its order.
pub fn kpi_values(analysis: &Analysis) -> Vec<KpiValue> {
    KPIS.iter().map(|kpi| kpi_value(kpi, analysis)).collect()
}

/// One row of the catalogue.
pub fn kpi_value(kpi: &Kpi, analysis: &Analysis) -> KpiValue {
    let mut value = blank(kpi, analysis);
    if let Some(reason) = not_measured(kpi.id, analysis) {
        value.note = Some(reason);
        value.comparable = false;
        return value;
    }
    match kpi.kind {
        KpiKind::Share => match formulas::judge(kpi.id) {
            Some((table, judge)) => fill_share(&mut value, analysis, table, judge),
            None => fill_other_share(&mut value, analysis),
        },
        KpiKind::Count => fill_count(&mut value, analysis),
        KpiKind::Distribution => fill_distribution(&mut value, analysis),
        KpiKind::Duration => value.note = Some("needs a second snapshot".to_owned()),
    }
    value
}

fn blank(kpi: &Kpi, analysis: &Analysis) -> KpiValue {
    let (threshold, threshold_set_by) = threshold(kpi.id, analysis).unzip();
    KpiValue {
        id: kpi.id.to_owned(),
        kind: kpi.kind,
        pass: None,
        fail: None,
        unknown: None,
        population: None,
        value: None,
        upper: None,
        unit: unit(kpi).to_owned(),
        threshold,
        threshold_set_by,
        comparable: sources_within(analysis).all(|source| source.gaps.is_empty()),
        note: None,
        buckets: Vec::new(),
        breakdowns: Vec::new(),
    }
}

/// Why a KPI has no number in this estate, or in this part of it.
pub fn not_measured(id: &str, analysis: &Analysis) -> Option<String> {
    if analysis.within.is_part()
        && matches!(
            id,
            "human.total" | "nhi.per_human" | "coverage.sources" | "time_to_rotate" | "time_to_revoke"
        )
    {
        return Some("a number of the whole estate, not of a part of it".to_owned());
    }
    let at = CRITERIA.iter().position(|criterion| *criterion == id);
    match at.map(|at| analysis.in_force[at]) {
        Some(Force::NotMeasured) => Some(formulas::NO_REVIEW.to_owned()),
        Some(Force::InForce | Force::SwitchedOff) => None,
        None => match id {
            "coverage.sources" if analysis.config.expected.is_empty() => {
                Some("not claimable: name the expected sources in rollcall.toml (`[[expected]]`)".to_owned())
            }
            "credential.leaked" if analysis.snapshot.leaks.is_empty() => {
                Some("no leak is reported: add the export of a leak scanner".to_owned())
            }
            "anomaly.leads" if analysis.snapshot.activities.is_empty() => Some(leads::NO_ACTIVITY.to_owned()),
            "privilege.unused" | "privilege.unused_services" if !formulas::has_use_of_services(analysis) => {
                Some(formulas::NO_USE_OF_SERVICES.to_owned())
            }
            "access.cross_environment" if analysis.access.acts_in_production().is_none() => {
                Some(formulas::ONE_ENVIRONMENT.to_owned())
            }
            "review.overdue" if !analysis.in_force_of("reviewed") => Some(formulas::NO_REVIEW.to_owned()),
            _ => None,
        },
    }
}

/// The stable word for what a KPI counts in.
pub fn unit(kpi: &Kpi) -> &'static str {
    match (kpi.kind, kpi.id) {
        (KpiKind::Share, _) => "share",
        (_, "human.total") => "people",
        (_, "nhi.per_human") => "per_human",
        (_, "certificate.renewals") => "per_week",
        (_, "privilege.standing") => "grants",
        (_, "privilege.unused_services") => "services",
        (_, "certificate.expiry") => "certificates",
        (KpiKind::Distribution | KpiKind::Duration, _) => "days",
        (KpiKind::Count, _) => "identities",
    }
}

/// The limit of a KPI in words, and who set it.
fn threshold(id: &str, analysis: &Analysis) -> Option<(String, String)> {
    let one = |id: ThresholdId, text: &dyn Fn(u32) -> String| {
        let threshold = analysis.config.thresholds.get(id);
        Some((text(threshold.value), threshold.set_by.clone()))
    };
    let days = |id: ThresholdId| one(id, &|value| format!("{value} d"));
    match id {
        "governed" | "coverage.environments" | "agent.governed" => {
            one(ThresholdId::GovernedTargetPercent, &|value| format!("≥ {value} %"))
        }
        "rotation" | "credential.rotation" => {
            let kinds = [
                ("access keys", ThresholdId::AccessKeyMaxAgeDays),
                ("service-account keys", ThresholdId::ServiceAccountKeyMaxAgeDays),
                ("API keys", ThresholdId::ApiKeyMaxAgeDays),
                ("client secrets", ThresholdId::ClientSecretMaxAgeDays),
                ("SSH keys", ThresholdId::SshKeyMaxAgeDays),
            ];
            let limits = kinds.map(|(name, id)| format!("{name} {} d", analysis.config.thresholds.get(id).value));
            let mut set_by: Vec<&str> = kinds
                .iter()
                .map(|(_, id)| analysis.config.thresholds.get(*id).set_by.as_str())
                .collect();
            set_by.sort_unstable();
            set_by.dedup();
            Some((limits.join(", "), set_by.join("; ")))
        }
        "reviewed" | "review.overdue" => days(ThresholdId::ReviewPeriodDays),
        "clean" => Some(("0 critical".to_owned(), "OWASP NHI Top 10 2025".to_owned())),
        "coverage.sources" => days(ThresholdId::SourceFreshDays),
        "credential.long_lived" => days(ThresholdId::CredentialMaxLifetimeDays),
        "credential.unused" => {
            let keys = analysis.config.thresholds.get(ThresholdId::AccessKeyUnusedDays);
            let others = analysis.config.thresholds.get(ThresholdId::CredentialUnusedDays);
            let text = format!("access keys {} d, others {} d", keys.value, others.value);
            Some((text, format!("{}; {}", keys.set_by, others.set_by)))
        }
        "credential.shortlived" => one(ThresholdId::ShortLivedHours, &|value| format!("{value} h")),
        "credential.shared" => Some(("0".to_owned(), "OWASP NHI8:2025, NHI9:2025".to_owned())),
        "credential.leaked" => Some(("0".to_owned(), "OWASP NHI2:2025".to_owned())),
        "certificate.expiry" => days(ThresholdId::CertificateAlertDays),
        "certificate.validity" => {
            let text = "398 d; 200 d from 2026-03-15; 100 d from 2027-03-15; 47 d from 2029-03-15";
            Some((text.to_owned(), "CA/B Forum SC-081v3".to_owned()))
        }
        "certificate.strength" => Some((
            "RSA ≥ 2048, EC ≥ 256, no SHA-1".to_owned(),
            "CA/B Forum BR 6.1.5, OWASP NHI4:2025".to_owned(),
        )),
        "certificate.rekeyed" => Some(("new key".to_owned(), "NIST SP 800-57".to_owned())),
        "privilege.admin" | "privilege.escalation" => Some(("0".to_owned(), "OWASP NHI5:2025".to_owned())),
        "access.external" => Some(("all".to_owned(), "OWASP NHI3:2025, NHI6:2025".to_owned())),
        "lifecycle.stale" | "privilege.unused" | "privilege.unused_services" => days(ThresholdId::StaleDays),
        "access.cross_environment" => Some(("0".to_owned(), "OWASP NHI8:2025".to_owned())),
        "lifecycle.orphaned" => Some(("0".to_owned(), "OWASP NHI1:2025".to_owned())),
        "human_use" => Some(("0".to_owned(), "OWASP NHI10:2025".to_owned())),
        _ => None,
    }
}

/// The share among these rows, as [`verdicts`] judges them.
pub fn ratio(verdicts: &[Option<Verdict>]) -> Ratio {
    ratios(1, verdicts.iter().map(|verdict| (0, *verdict)))[0]
}

fn fill_share(value: &mut KpiValue, analysis: &Analysis, table: Table, judge: Judge) {
    let Some(list) = analysis.lists.of(table) else { return };
    let verdicts = verdicts(analysis, table, judge);
    set_ratio(value, ratio(&verdicts));
    let by = [Facet::Environment, Facet::Source, Facet::Kind, Facet::Team];
    value.breakdowns = by
        .into_iter()
        .filter_map(|facet| breakdown(list, facet, &verdicts))
        .collect();
    match value.id.as_str() {
        "governed" => value.note = criteria_left_out(analysis),
        "clean" => value.note = rules_left_out(analysis),
        // Of a leak that no export lists, nobody knows whose it is.
        "credential.leaked" if !analysis.within.is_part() => {
            value.note = unjoined_leaks(analysis).or(value.note.take());
        }
        _ => {}
    }
}

/// The criteria that do not count, named beside the number.
fn criteria_left_out(analysis: &Analysis) -> Option<String> {
    let names = |force: Force| {
        let ids = CRITERIA
            .iter()
            .zip(analysis.in_force)
            .filter(|(_, of)| *of == force)
            .map(|(id, _)| *id);
        ids.filter_map(catalog::find)
            .map(|kpi| kpi.title.to_lowercase())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (unmeasured, off) = (names(Force::NotMeasured), names(Force::SwitchedOff));
    let mut parts = Vec::new();
    if !unmeasured.is_empty() {
        parts.push(format!("not measured and left out: {unmeasured}"));
    }
    if !off.is_empty() {
        parts.push(format!("switched off in rollcall.toml: {off}"));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The rules that could not be evaluated, named beside the number.
fn rules_left_out(analysis: &Analysis) -> Option<String> {
    let rules = RULES.iter().zip(&analysis.findings.tallies);
    let titles: Vec<String> = rules
        .filter(|(_, tally)| tally.unmeasured.is_some())
        .map(|(rule, _)| rule.title.to_lowercase())
        .collect();
    (!titles.is_empty()).then(|| format!("not evaluated and left out: {}", titles.join(", ")))
}

/// The leaks that are no credential that an export lists, named beside the number.
fn unjoined_leaks(analysis: &Analysis) -> Option<String> {
    let leaks = &analysis.snapshot.leaks;
    let n_unjoined = leaks.iter().filter(|leak| leak.credentials.is_empty()).count();
    (n_unjoined > 0).then(|| {
        format!(
            "{n_unjoined} of {} leaks are no credential that an export lists",
            leaks.len()
        )
    })
}

/// Every row's verdict; none on rows out of scope.
/// The verdict on each row of a table; `None` for those that are not counted.
pub fn verdicts(analysis: &Analysis, table: Table, judge: Judge) -> Vec<Option<Verdict>> {
    let n_rows = analysis.lists.of(table).map_or(0, List::n_rows);
    let judge = |row| {
        let is_in = analysis.within.holds(table, row);
        is_in.then(|| judge(analysis, row)).flatten()
    };
    (0..n_rows).map(judge).collect()
}

fn certificates_within(analysis: &Analysis) -> impl Iterator<Item = CredentialId> {
    let certificates = analysis.certificates.iter().enumerate();
    let within = certificates.filter(|(row, _)| analysis.within.holds(Table::Certificates, *row));
    within.map(|(_, id)| *id)
}

fn sources_within(analysis: &Analysis) -> impl Iterator<Item = &Source> {
    let sources = analysis.snapshot.sources.iter().enumerate();
    let within = sources.filter(|(index, _)| analysis.within.holds_source(*index));
    within.map(|(_, source)| source)
}

fn set_ratio(value: &mut KpiValue, ratio: Ratio) {
    value.pass = Some(ratio.pass);
    value.fail = Some(ratio.fail);
    value.unknown = Some(ratio.unknown);
    value.population = Some(ratio.population());
    match ratio.interval() {
        Some((lower, upper)) => {
            value.value = Some(lower);
            value.upper = Some(upper);
        }
        None => value.note = Some("no population".to_owned()),
    }
}

fn breakdown(list: &List, facet: Facet, verdicts: &[Option<Verdict>]) -> Option<Breakdown> {
    let (codes, values) = list.values_of(facet)?;
    let rows = codes.iter().zip(verdicts);
    let parts = ratios(values.len(), rows.map(|(code, verdict)| (*code as usize, *verdict)))
        .into_iter()
        .zip(values)
        .filter(|(ratio, _)| ratio.population() > 0);
    let mut parts: Vec<Part> = parts
        .map(|(ratio, value)| Part {
            value: value.clone(),
            ratio,
        })
        .collect();
    parts.sort_by(|a, b| {
        b.ratio
            .population()
            .cmp(&a.ratio.population())
            .then_with(|| a.value.cmp(&b.value))
    });
    Some(Breakdown { by: facet, parts })
}

/// The ratio of each part, from rows that name their part. It counts without a branch on the verdict: rows are many,
/// and their verdicts come in no order that a processor could foresee.
fn ratios(n_parts: usize, rows: impl Iterator<Item = (usize, Option<Verdict>)>) -> Vec<Ratio> {
    let mut counts = vec![[0u64; 4]; n_parts];
    for (part, verdict) in rows {
        let at = match verdict {
            Some(Verdict::Pass) => 0,
            Some(Verdict::Fail) => 1,
            Some(Verdict::Unknown) => 2,
            None => 3,
        };
        counts[part][at] += 1;
    }
    let ratio = |[pass, fail, unknown, _]: [u64; 4]| Ratio { pass, fail, unknown };
    counts.into_iter().map(ratio).collect()
}

/// Shares whose rows are no list: sources and trusts.
fn fill_other_share(value: &mut KpiValue, analysis: &Analysis) {
    let snapshot = &analysis.snapshot;
    let ratio = match value.id.as_str() {
        "coverage.sources" => {
            let fresh_days = analysis.config.thresholds.days(ThresholdId::SourceFreshDays);
            let judge = |name: &str| {
                let Some(source) = snapshot.sources.iter().find(|source| source.name == name) else {
                    return Verdict::Fail;
                };
                let is_fresh = source.stated_at.map(|at| at.days_until(snapshot.as_of) <= fresh_days);
                // A dated folder vouches for exports that do not say when they were made.
                Verdict::of(Some(source.gaps.is_empty() && is_fresh.unwrap_or(true)))
            };
            analysis
                .config
                .expected
                .iter()
                .map(|expected| judge(&expected.source))
                .collect()
        }
        _ => {
            let trusts = snapshot.trusts.iter();
            let trusts = trusts.filter(|trust| analysis.within.holds_trust(trust));
            trusts.filter_map(formulas::is_guarded).collect()
        }
    };
    set_ratio(value, ratio);
}

fn fill_count(value: &mut KpiValue, analysis: &Analysis) {
    let snapshot = &analysis.snapshot;
    let count = |id: &str| -> Ratio {
        let Some((table, judge)) = formulas::judge(id) else {
            return Ratio::default();
        };
        verdicts(analysis, table, judge).into_iter().flatten().collect()
    };
    match value.id.as_str() {
        "human.total" => {
            let (n_people, note) = n_people(analysis);
            value.value = Some(n_people as f64);
            value.note = Some(note.to_owned());
        }
        "nhi.per_human" => {
            let n_nhis = count("nhi.total").pass;
            let (n_people, _) = n_people(analysis);
            if n_people == 0 {
                value.note = Some("no people are known: add roster.csv".to_owned());
            } else {
                value.value = Some(n_nhis as f64 / n_people as f64);
                let nhis = format::counted(n_nhis, "non-human identity", "non-human identities");
                let people = format::counted(n_people as u64, "person", "people");
                value.note = Some(format!("{nhis}, {people}"));
            }
        }
        "privilege.standing" => {
            let in_scope = snapshot.identities.iter().enumerate().filter(|(row, identity)| {
                formulas::in_scope(identity) && analysis.within.holds(Table::Identities, *row)
            });
            let standing = in_scope.map(|(row, _)| formulas::standing_grants(analysis, IdentityId(row as u32)));
            let (certain, perhaps) = standing.fold((0, 0), |(certain, perhaps), standing| {
                (certain + standing.certain, perhaps + standing.perhaps)
            });
            value.value = Some(certain as f64);
            value.note = (perhaps > 0).then(|| {
                format!(
                    "and {} of which no export tells whether it gives everything",
                    format::counted(perhaps, "grant", "grants")
                )
            });
        }
        "privilege.unused_services" => {
            let rows = (0..snapshot.identities.len()).filter(|row| analysis.within.holds(Table::Identities, *row));
            let services = rows.map(|row| formulas::unused_services(analysis, row));
            let (n_unused, n_granted) = services.fold((0, 0), |(n_unused, n_granted), services| {
                (n_unused + services.n_unused, n_granted + services.n_granted)
            });
            value.value = Some(n_unused as f64);
            value.note = Some(format!(
                "of {} granted",
                format::counted(n_granted, "service", "services")
            ));
        }
        "certificate.renewals" => {
            let Some((table, judge)) = formulas::judge("certificate.renewals") else {
                return;
            };
            let verdicts = verdicts(analysis, table, judge);
            let n_due = verdicts.iter().flatten().count() as u64;
            value.value = Some(n_due as f64 / RENEWAL_WEEKS as f64);
            value.population = Some(n_due);
            value.breakdowns = [Facet::Owner, Facet::Team]
                .into_iter()
                .filter_map(|facet| breakdown(&analysis.lists.certificates, facet, &verdicts))
                .collect();
            value.note = Some(outlook(analysis));
        }
        id => {
            let ratio = count(id);
            value.value = Some(ratio.pass as f64);
            value.pass = Some(ratio.pass);
            value.unknown = Some(ratio.unknown).filter(|n| *n > 0);
            if id == "nhi.total" && ratio.unknown > 0 {
                value.note = Some(format!(
                    "and {} of which no export tells whether a person uses them",
                    ratio.unknown
                ));
            }
        }
    }
}

/// How often the certificates that SC-081v3 binds would be renewed under today's limit and those to come. Each keeps its
/// own lifetime where that is shorter, and is renewed when two thirds of it are over, as ACME clients do.
fn outlook(analysis: &Analysis) -> String {
    let as_of = analysis.snapshot.as_of;
    let lifetimes: Vec<i64> = certificates_within(analysis)
        .map(|id| analysis.snapshot.credential(id))
        .filter(|credential| formulas::is_active(credential, as_of))
        .filter_map(|credential| credential.certificate.as_deref())
        .filter(|certificate| certificate.role == CertificateRole::Server && certificate.trust == PublicTrust::Public)
        .map(|certificate| formulas::validity_days(certificate).unwrap_or(i64::MAX).max(1))
        .collect();
    let today = formulas::limit_on(as_of);
    let coming = [(2026, 200), (2027, 100), (2029, 47)]
        .into_iter()
        .filter(|(_, limit)| *limit < today);
    let weekly = |limit: i64| -> f64 {
        lifetimes
            .iter()
            .map(|days| 7.0 / ((*days).min(limit) as f64 * 2.0 / 3.0))
            .sum()
    };
    let coming: String = coming
        .map(|(year, limit)| format!(", {} at the {limit} days of {year}", format::decimal(weekly(limit))))
        .collect();
    format!(
        "renewed after two thirds of their lives, the {} publicly trusted server certificates need {} renewals a week at today's limit of {today} days{coming}",
        format::count(lifetimes.len()),
        format::decimal(weekly(today)),
    )
}

/// People of the roster who have not left; without a roster, human identities by e-mail.
fn n_people(analysis: &Analysis) -> (usize, &'static str) {
    let snapshot = &analysis.snapshot;
    if !snapshot.people.is_empty() {
        let active: HashSet<_> = snapshot
            .people
            .iter()
            .filter(|person| person.employment != Employment::Left)
            .map(|person| person.email)
            .collect();
        return (active.len(), "people of roster.csv who have not left");
    }
    let humans = snapshot
        .identities
        .iter()
        .filter(|identity| identity.class == Class::Human);
    let names: HashSet<_> = humans
        .map(|identity| {
            let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
            handles
                .filter(|handle| handle.kind == HandleKind::Email)
                .map(|handle| handle.text)
                .min()
                .unwrap_or(identity.id)
        })
        .collect();
    (
        names.len(),
        "human identities, one for each e-mail address; add roster.csv for a count of people",
    )
}

fn fill_distribution(value: &mut KpiValue, analysis: &Analysis) {
    let Some((table, judge)) = formulas::judge(&value.id) else {
        return;
    };
    let Some(list) = analysis.lists.of(table) else { return };
    let verdicts = verdicts(analysis, table, judge);
    value.population = Some(verdicts.iter().flatten().count() as u64);
    let distributions: &[(Facet, &[(&str, &str)])] = match value.id.as_str() {
        "certificate.expiry" => &[
            (Facet::Expiry, &EXPIRY_BUCKETS),
            (Facet::AuthorityExpiry, &AUTHORITY_BUCKETS),
        ],
        _ => &[(Facet::Age, &AGE_BUCKETS)],
    };
    for &(facet, buckets) in distributions {
        let Some((codes, values)) = list.values_of(facet) else {
            continue;
        };
        let mut counts = vec![0u64; values.len()];
        for (code, _) in codes.iter().zip(&verdicts).filter(|(_, verdict)| verdict.is_some()) {
            counts[*code as usize] += 1;
        }
        let n_of = |bucket: &str| {
            values
                .iter()
                .position(|value| value == bucket)
                .map_or(0, |code| counts[code])
        };
        value.buckets.extend(buckets.iter().map(|(bucket, label)| Bucket {
            by: facet,
            label: (*label).to_owned(),
            value: (*bucket).to_owned(),
            n: n_of(bucket),
        }));
    }
    match value.id.as_str() {
        "certificate.expiry" => {
            let ends = |days: i64| {
                let within = certificates_within(analysis).filter(|id| {
                    let end = analysis.snapshot.credential(*id).expires_at;
                    let as_of = analysis.snapshot.as_of;
                    matches!(end, Expiry::At(end) if end > as_of && end <= as_of.plus_days(days))
                });
                within.count()
            };
            let alert = analysis.config.thresholds.days(ThresholdId::CertificateAlertDays);
            value.value = Some(ends(alert) as f64);
            let n_authorities = |buckets: &[&str]| -> u64 {
                let chosen = value
                    .buckets
                    .iter()
                    .filter(|bucket| bucket.by == Facet::AuthorityExpiry);
                chosen
                    .filter(|bucket| buckets.contains(&bucket.value.as_str()))
                    .map(|bucket| bucket.n)
                    .sum()
            };
            value.note = Some(format!(
                "{} end within {alert} days; of authorities {} within 6 months, {} within 12, {} within 24",
                ends(alert),
                n_authorities(&["6mo"]),
                n_authorities(&["6mo", "12mo"]),
                n_authorities(&["6mo", "12mo", "24mo"]),
            ));
        }
        _ => {
            let mut ages: Vec<i64> = verdicts
                .iter()
                .enumerate()
                .filter(|(_, verdict)| **verdict == Some(Verdict::Pass))
                .filter_map(|(row, _)| analysis.snapshot.credentials[row].created_at)
                .map(|at| at.days_until(analysis.snapshot.as_of))
                .collect();
            ages.sort_unstable();
            value.unknown = Some(
                verdicts
                    .iter()
                    .filter(|verdict| **verdict == Some(Verdict::Unknown))
                    .count() as u64,
            );
            value.value = percentile(&ages, 50).map(|days| days as f64);
            if let (Some(p90), Some(max)) = (percentile(&ages, 90), ages.last()) {
                value.note = Some(format!("nine in ten are at most {p90} d old, the oldest {max} d"));
            }
        }
    }
}

/// The nearest-rank percentile of sorted values.
fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_rank() {
        let values: Vec<i64> = (1..=10).collect();
        assert_eq!((percentile(&values, 50), percentile(&values, 90)), (Some(5), Some(9)));
        assert_eq!(percentile(&[7], 90), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
