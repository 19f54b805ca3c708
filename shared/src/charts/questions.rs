//! The charts that pages and reports have in common: what they ask, and their data.

use super::Ink;
use super::columns::Columns;
use super::heat::{Cell, HeatMap};
use super::survival;
use super::trend::{Scale, Standing, Trend, TrendPoint};
use crate::api::history::{Point, Survival, SurvivalPoint, Trend as KpiTrend, TrendSnapshot, Trends};
use crate::api::overview::{AgeRow, ExpiringBucket, Heat, RenewalWeek};
use crate::api::query::Facet;
use crate::format;
use crate::words;

pub const WHAT_ENDS: &str = "What ends when?";
pub const HOW_MANY_RENEWALS: &str = "How many renewals come, week by week?";
pub const WHERE_GOVERNED: &str = "Where is it governed?";
pub const HOW_OLD: &str = "How old are credentials?";
pub const HOW_LONG: &str = "How long until a credential is replaced?";

/// Sources in the map; beyond, a map is read no faster than the list behind it.
pub const MAX_SOURCES: usize = 14;

/// Whether a bucket of time left stands below the chart of what ends: it is far off, endless or not known.
pub fn is_far(bucket: &ExpiringBucket) -> bool {
    matches!(bucket.value.as_str(), "later" | "never" | "unknown")
}

/// What has ended and what will within 90 days, by days left: certificates, then other credentials in so far as asked.
pub fn what_ends(buckets: &[ExpiringBucket], with_others: bool) -> Columns {
    let soon = || buckets.iter().filter(|bucket| !is_far(bucket));
    let mut columns = Columns {
        categories: soon().map(|bucket| words::bucket(&bucket.value).to_owned()).collect(),
        series: vec![("Certificates".to_owned(), Ink::Series1)],
        values: vec![soon().map(|bucket| bucket.n_certificates).collect()],
        unit: "to renew".to_owned(),
        beside: Vec::new(),
    };
    if with_others {
        columns.series.push(("Other credentials".to_owned(), Ink::Series2));
        columns
            .values
            .push(soon().map(|bucket| bucket.n_other_credentials).collect());
    }
    let far = buckets.iter().filter(|bucket| is_far(bucket));
    columns.beside = far
        .map(|bucket| {
            let mut numbers = vec![bucket.n_certificates, bucket.n_other_credentials];
            numbers.truncate(columns.values.len());
            (words::bucket(&bucket.value).to_owned(), numbers)
        })
        .collect();
    columns
}

/// Certificates to renew in each week.
pub fn renewals(weeks: &[RenewalWeek]) -> Columns {
    Columns {
        categories: weeks.iter().map(|week| format::day_of_year(week.starts_at)).collect(),
        series: vec![("Renewals".to_owned(), Ink::Series1)],
        values: vec![weeks.iter().map(|week| week.n_certificates).collect()],
        unit: "renewals".to_owned(),
        beside: Vec::new(),
    }
}

/// Active credentials by age: the most frequent kinds each have an ink, the others share the last. With each its rows.
pub fn ages(ages: &[AgeRow]) -> (Columns, Vec<&[AgeRow]>) {
    let n_own = match ages.len() > Ink::SERIES.len() {
        true => Ink::SERIES.len() - 1,
        false => ages.len(),
    };
    let (own, others) = ages.split_at(n_own);
    let mut series: Vec<(String, Ink)> = own
        .iter()
        .zip(Ink::SERIES)
        .map(|(row, ink)| (words::sentence(&row.kind), ink))
        .collect();
    let mut groups: Vec<&[AgeRow]> = own.iter().map(std::slice::from_ref).collect();
    if !others.is_empty() {
        series.push(("Other kinds".to_owned(), Ink::Series6));
        groups.push(others);
    }
    let buckets = ages.first().map_or(&[][..], |first| &first.buckets);
    let columns = Columns {
        categories: buckets
            .iter()
            .map(|bucket| words::bucket(&bucket.value).to_owned())
            .collect(),
        series,
        values: groups
            .iter()
            .map(|group| (0..buckets.len()).map(|at| n_of_age(group, at)).collect())
            .collect(),
        unit: "credentials".to_owned(),
        beside: Vec::new(),
    };
    (columns, groups)
}

/// How many of some kinds are in one bucket of age.
pub fn n_of_age(kinds: &[AgeRow], bucket: usize) -> u64 {
    kinds
        .iter()
        .filter_map(|row| row.buckets.get(bucket))
        .map(|bucket| bucket.n)
        .sum()
}

/// How much is over a year old, in words.
pub fn ages_line(ages: &[AgeRow]) -> String {
    let buckets = || ages.iter().flat_map(|row| &row.buckets);
    let total: u64 = buckets().map(|bucket| bucket.n).sum();
    let old: u64 = buckets()
        .filter(|bucket| bucket.value == "older")
        .map(|bucket| bucket.n)
        .sum();
    format!(
        "{} of {} active credentials are over a year old",
        format::number(old),
        format::number(total)
    )
}

/// How many credentials stay in place, by age, until few are left: beyond, those that stay for years would press the
/// curve against its axis.
pub fn rotation(curve: &Survival) -> survival::Survival {
    const LAST_DRAWN: f64 = 0.1;
    let n_left = curve.points.iter().position(|point| point.share <= LAST_DRAWN);
    let drawn = n_left.map_or(curve.points.len(), |at| at + 1);
    let label = |point: &SurvivalPoint| {
        format!(
            "{} d: {} still in place ({}), {} under observation",
            point.days,
            format::percent(point.share),
            format::range(point.lower, point.upper),
            format::number(point.n_at_risk)
        )
    };
    let steps = curve.points[..drawn].iter().map(|point| survival::Step {
        days: point.days,
        share: point.share,
        lower: point.lower,
        upper: point.upper,
        label: label(point),
    });
    survival::Survival {
        steps: steps.collect(),
        median_days: curve.median_days,
    }
}

/// Of which kinds a curve is, and the median with its band or why there is none.
pub fn rotation_line(curve: &Survival) -> String {
    format!("{}: {}", rotation_of(curve), curve.note)
}

/// Of which kinds a curve is.
pub fn rotation_of(curve: &Survival) -> String {
    match curve.kind.as_str() {
        "" => "All kinds with a maximum age".to_owned(),
        kind => words::sentence(kind),
    }
}

/// The governed share by source and environment, of the sources in [`mapped_sources`].
pub fn governed(heat: &Heat) -> HeatMap {
    let order = mapped_sources(heat);
    let cells = heat.cells.iter().filter_map(|cell| {
        Some(Cell {
            row: order.iter().position(|source| *source == cell.source)?,
            column: cell.environment,
            ratio: cell.governed,
        })
    });
    HeatMap {
        rows: order.iter().map(|source| heat.sources[*source].clone()).collect(),
        columns: heat
            .environments
            .iter()
            .map(|name| words::facet_value(Facet::Environment, name))
            .collect(),
        cells: cells.collect(),
    }
}

/// Indices of sources: by name while all fit, else those where most is to do.
pub fn mapped_sources(heat: &Heat) -> Vec<usize> {
    let mut rest: Vec<usize> = (0..heat.sources.len()).collect();
    if rest.len() <= MAX_SOURCES {
        return rest;
    }
    let n_short = |source: usize| -> u64 {
        let cells = heat.cells.iter().filter(|cell| cell.source == source);
        cells.map(|cell| cell.governed.fail + cell.governed.unknown).sum()
    };
    let mut worst = Vec::new();
    while worst.len() < MAX_SOURCES {
        // The first of the worst: the standard library's sort would be thousands of bytes of the page.
        let mut at = 0;
        for next in 1..rest.len() {
            if n_short(rest[next]) > n_short(rest[at]) {
                at = next;
            }
        }
        worst.push(rest.remove(at));
    }
    worst
}

/// A number over the snapshots, each point with what it says.
pub fn trend(trends: &Trends, trend: &KpiTrend, label: impl Fn(&TrendSnapshot, &Point) -> String) -> Trend {
    let points = trends.snapshots.iter().zip(&trend.points);
    Trend {
        points: points
            .map(|(snapshot, point)| TrendPoint {
                at: snapshot.as_of,
                value: point.value,
                upper: point.upper,
                standing: match point.comparable {
                    true => Standing::Comparable,
                    false => Standing::Incomparable,
                },
                label: label(snapshot, point),
            })
            .collect(),
        others: Vec::new(),
        scale: match trend.unit.as_str() {
            "share" => Scale::Share,
            _ => Scale::Number,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::overview::HeatCell;
    use crate::charts::svg::Paint;
    use crate::model::ratio::Ratio;

    #[test]
    fn of_many_sources_those_with_most_to_do_are_mapped() {
        let cell = |source: usize, fail: u64| HeatCell {
            environment: 0,
            source,
            governed: Ratio {
                pass: 1,
                fail,
                unknown: 0,
            },
        };
        let heat = |n: usize| Heat {
            environments: vec![String::new()],
            sources: (0..n).map(|at| format!("s{at}")).collect(),
            cells: (0..n).map(|at| cell(at, (at % 16) as u64)).collect(),
        };
        assert_eq!(governed(&heat(3)).rows, ["s0", "s1", "s2"]);
        let map = governed(&heat(20));
        assert_eq!(map.rows.len(), MAX_SOURCES);
        assert_eq!(map.rows[..2], ["s15", "s14"]);
        // Equal ones by name, and what is left out has least to do.
        assert_eq!(map.rows[11..], ["s4", "s3", "s19"]);
        assert_eq!((map.cells.len(), &*map.columns[0]), (MAX_SOURCES, "None recorded"));
    }

    #[test]
    fn what_has_ended_is_drawn_and_what_is_far_is_not() {
        let bucket = |value: &str| ExpiringBucket {
            value: value.to_owned(),
            label: String::new(),
            n_certificates: 1,
            n_other_credentials: 2,
        };
        let buckets = ["expired", "7d", "later", "never", "unknown"].map(bucket);
        let columns = what_ends(&buckets, true);
        assert_eq!(columns.categories, ["expired", "to 7 d"]);
        assert_eq!(columns.values, [[1, 1], [2, 2]]);
        // It stands in the file with the numbers.
        let csv = super::super::columns::svg(&columns, 300, 200, Paint::Standalone).csv;
        assert_eq!(
            csv,
            "to renew,Certificates,Other credentials\r\nexpired,1,2\r\nto 7 d,1,2\r\nlater,1,2\r\nnever,1,2\r\nunknown,1,2\r\n"
        );
        assert_eq!(what_ends(&buckets, false).values.len(), 1);
    }
}
