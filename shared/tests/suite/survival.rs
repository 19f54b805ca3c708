//! How long things last: published worked examples, and estates whose law of rotation is known.

use shared::api::history::Subject;
use shared::history::row::{IS_OURS, MAX_FIELDS, Row, fields};
use shared::history::survival::{Curve, Life};
use shared::history::{Head, History, SourceHead, Summary};
use shared::model::instant::Instant;
use shared::model::strings::Strings;

fn exact(day: u32) -> Life {
    Life {
        seen_from: 0,
        seen_until: day - 1,
        ended_by: Some(day),
    }
}

fn still_there(day: u32) -> Life {
    Life {
        seen_from: 0,
        seen_until: day,
        ended_by: None,
    }
}

fn within(after: u32, by: u32) -> Life {
    Life {
        seen_from: 0,
        seen_until: after,
        ended_by: Some(by),
    }
}

fn rounded(value: f64, n_digits: i32) -> f64 {
    (value * 10f64.powi(n_digits)).round() / 10f64.powi(n_digits)
}

/// Remission under 6-mercaptopurine, in weeks: Freireich et al. (1963), with Greenwood's standard errors, as R's
/// `survfit` gives them and Klein and Moeschberger, Survival Analysis (2nd ed.), table 4.1, works them out.
#[test]
fn ends_that_are_known_give_kaplan_and_meiers_product() {
    let relapses = [6, 6, 6, 7, 10, 13, 16, 22, 23].map(exact);
    let censored = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(still_there);
    let curve = Curve::new(relapses.into_iter().chain(censored));
    assert_eq!((curve.n_lives, curve.n_ended), (21, 9));
    for (week, n_at_risk, survival, standard_error) in [
        (5, 21.0, 1.0, 0.0),
        (6, 21.0, 0.857, 0.076),
        (7, 17.0, 0.807, 0.087),
        (9, 16.0, 0.807, 0.087),
        (10, 15.0, 0.753, 0.096),
        (13, 12.0, 0.690, 0.107),
        (16, 11.0, 0.627, 0.114),
        (22, 7.0, 0.538, 0.128),
        (23, 6.0, 0.448, 0.135),
        (35, 1.0, 0.448, 0.135),
    ] {
        let step = curve.steps[week];
        assert_eq!(rounded(step.n_at_risk, 6), n_at_risk, "week {week}");
        assert_eq!(rounded(step.survival, 3), survival, "week {week}");
        // The band is S to the power of exp(±1.96 σ / ln S), where σ is the standard error of ln S.
        if survival < 1.0 {
            let power = step.lower.ln() / step.survival.ln();
            let found = power.ln() / 1.959_964 * step.survival.ln().abs() * step.survival;
            assert_eq!(rounded(found, 3), standard_error, "week {week}");
        }
    }
    let median = curve.median();
    // R: survfit(..., conf.type = "log-log") gives 23, 13 and none.
    assert_eq!((median.days, median.lower, median.upper), (Some(23), Some(13), None));
}

/// Cosmetic deterioration after radiotherapy, in months: Finkelstein and Wolfe (1985), with the estimate that Fay and
/// Shaw, Journal of Statistical Software 36 (2010), print of it.
#[test]
fn ends_between_two_looks_give_turnbulls_estimate() {
    let ends = [
        (0, 7),
        (0, 8),
        (0, 5),
        (4, 11),
        (5, 12),
        (5, 11),
        (6, 10),
        (7, 16),
        (7, 14),
        (11, 15),
        (11, 18),
        (17, 25),
        (17, 25),
        (19, 35),
        (18, 26),
        (25, 37),
        (26, 40),
        (27, 34),
        (36, 44),
        (36, 48),
        (37, 44),
    ];
    let censored = [
        15, 17, 18, 22, 24, 24, 32, 33, 34, 36, 36, 37, 37, 37, 38, 40, 45, 46, 46, 46, 46, 46, 46, 46, 46,
    ];
    let ends = ends.map(|(after, by)| within(after, by));
    let curve = Curve::new(ends.into_iter().chain(censored.map(still_there)));
    assert_eq!((curve.n_lives, curve.n_ended), (46, 21));
    let survival = |month: usize| curve.steps[month].survival;
    for (after, by, share) in [
        (4, 5, 0.0463),
        (6, 7, 0.0334),
        (7, 8, 0.0887),
        (11, 12, 0.0708),
        (24, 25, 0.0926),
        (33, 34, 0.0818),
        (38, 40, 0.1209),
        (46, 48, 0.4656),
    ] {
        assert_eq!(rounded(survival(after) - survival(by), 4), share, "({after}, {by}]");
    }
    for (from, until) in [(0, 4), (5, 6), (8, 11), (12, 24), (25, 33), (34, 38), (40, 46)] {
        assert_eq!(rounded(survival(from) - survival(until), 4), 0.0, "({from}, {until}]");
    }
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    /// Between 0 and 1, neither included (SplitMix64).
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((z >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
}

/// Once a month for a year.
const LOOKS: [i64; 12] = [0, 31, 61, 92, 122, 153, 184, 212, 243, 273, 304, 334];

/// Slots that are rotated by a Weibull law: of each thing in one of them, the slot, when it was made, and for how long it
/// was in place.
fn rotated(seed: u64, n_slots: usize, median: f64, shape: f64) -> Vec<(usize, f64, f64)> {
    let mut dice = Dice(seed);
    let mut things = Vec::new();
    for slot in 0..n_slots {
        // Long before the first look, so that what is in place then is as old as such things get.
        let mut made = -4_000.0 * (1.0 + dice.unit());
        while made < 334.0 {
            let lasts = median * (-dice.unit().ln() / std::f64::consts::LN_2).powf(1.0 / shape);
            things.push((slot, made, lasts));
            made += lasts;
        }
    }
    things
}

/// What is seen of such slots.
fn looks(seed: u64, n_slots: usize, median: f64, shape: f64) -> Vec<Life> {
    let things = rotated(seed, n_slots, median, shape).into_iter();
    let lives = things.filter_map(|(_, made, lasts)| {
        let is_there = |look: &&i64| (made..made + lasts).contains(&(**look as f64));
        let (first, last) = (LOOKS.iter().find(is_there)?, LOOKS.iter().rfind(is_there)?);
        let age = |look: i64| (look as f64 - made) as u32;
        let next = LOOKS.iter().find(|look| *look > last);
        Some(Life {
            seen_from: age(*first),
            seen_until: age(*last),
            ended_by: next.map(|next| age(*next) + 1),
        })
    });
    lives.collect()
}

/// The same slots as snapshots have them: rows of credentials. What is in every second slot is made anew under its old key,
/// in the others each has a key of its own; and in one month nobody looked.
fn estate(seed: u64, n_slots: usize, median: f64, shape: f64) -> History {
    const NOT_LOOKED: i64 = 153;
    let start = Instant::from_text("2025-11-30").unwrap();
    let at = |day: f64| Instant(start.0 + (day * 86_400.0) as i64);
    let things = rotated(seed, n_slots, median, shape);
    let mut history = History::default();
    for look in LOOKS {
        let mut strings = Strings::default();
        let mut rows = Vec::new();
        let here = things
            .iter()
            .filter(|(_, made, lasts)| look != NOT_LOOKED && (*made..made + lasts).contains(&(look as f64)));
        for (slot, made, _) in here {
            let key = match slot % 2 {
                0 => format!("key of {slot}"),
                _ => format!("key of {slot}, {made}"),
            };
            let mut said = [None; MAX_FIELDS];
            for (field, value) in [
                ("kind", "access_key"),
                ("status", "active"),
                ("created_at", &at(*made).to_string()),
            ] {
                let place = fields(Subject::Credential).iter().position(|name| *name == field);
                said[place.unwrap()] = Some(strings.intern(value));
            }
            said[IS_OURS] = Some(strings.intern("yes"));
            rows.push(Row {
                of: Subject::Credential,
                key: [Some(strings.intern(&key)), None, None, None],
                identity: Some(strings.intern(&format!("slot {slot}"))),
                sources: strings.intern("aws"),
                fields: said,
            });
        }
        let source = SourceHead {
            name: "aws".to_owned(),
            gaps: Vec::new(),
            connectors: Vec::new(),
        };
        let head = Head {
            name: format!("day {look}"),
            as_of: at(look as f64),
            sources: if look == NOT_LOOKED { Vec::new() } else { vec![source] },
            numbers: Vec::new(),
            in_force: Vec::new(),
            is_of_part: false,
            unevaluated: Vec::new(),
            witnesses: Default::default(),
        };
        history.add(Summary { head, strings, rows });
    }
    history
}

#[test]
fn a_known_law_lies_inside_the_band_and_the_naive_mean_does_not() {
    const N_ESTATES: u64 = 100;
    let (median, shape) = (120.0, 1.5);
    let truth = |day: f64| (-std::f64::consts::LN_2 * (day / median).powf(shape)).exp();
    // The mean of a Weibull law is its scale times Γ(1 + 1/shape).
    let mean = median / std::f64::consts::LN_2.powf(1.0 / shape) * 0.902_745_3;
    let (mut n_inside, mut n_bands, mut n_medians_inside) = (0, 0, 0);
    let mut sum_of_medians = 0.0;
    for seed in 0..N_ESTATES {
        let lives = looks(seed, 150, median, shape);
        let curve = Curve::new(lives.iter().copied());
        for day in [60, 90, 120, 180, 240] {
            let step = curve.steps[day];
            n_bands += 1;
            n_inside += usize::from(step.lower <= truth(day as f64) && truth(day as f64) <= step.upper);
        }
        let found = curve.median();
        let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
        n_medians_inside += usize::from((lower..=upper).contains(&(median as u32)));
        sum_of_medians += f64::from(found.days.unwrap());
        // The mean age of what was replaced, as a report would have it without this.
        let ended: Vec<f64> = lives.iter().filter_map(|life| life.ended_by).map(f64::from).collect();
        let naive = ended.iter().sum::<f64>() / ended.len() as f64;
        assert!(naive > mean + 5.0, "seed {seed}: {naive:.1} is no worse than {mean:.1}");
    }
    // A band of 95 % holds the truth 95 times in 100, and not always, which would be too wide a band.
    let share = n_inside as f64 / f64::from(n_bands);
    assert!((0.90..0.99).contains(&share), "{n_inside} of {n_bands}");
    assert!(
        (88..=99).contains(&n_medians_inside),
        "{n_medians_inside} of {N_ESTATES}"
    );
    let mean_of_medians = sum_of_medians / N_ESTATES as f64;
    assert!((mean_of_medians - median).abs() < 3.0, "{mean_of_medians:.1}");
}

/// From rows to lives to the band: what [`History::slots`] makes of an estate goes into the same estimate.
#[test]
fn a_known_law_lies_inside_the_band_of_an_estate() {
    const N_ESTATES: u64 = 12;
    let median = 120.0;
    let mut n_inside = 0;
    let mut sum_of_medians = 0.0;
    for seed in 0..N_ESTATES {
        let slots = estate(seed, 150, median, 1.5).slots(LOOKS.len());
        assert_eq!(slots.n_without_age, 0);
        let found = Curve::new(slots.lives.into_iter().map(|(_, life)| life)).median();
        let (lower, upper) = (found.lower.unwrap(), found.upper.unwrap());
        n_inside += usize::from((lower..=upper).contains(&(median as u32)));
        sum_of_medians += f64::from(found.days.unwrap());
    }
    assert!((10..=12).contains(&n_inside), "{n_inside} of {N_ESTATES}");
    let mean_of_medians = sum_of_medians / N_ESTATES as f64;
    assert!((mean_of_medians - median).abs() < 4.0, "{mean_of_medians:.1}");
}

#[test]
fn nothing_seen_is_no_curve() {
    let curve = Curve::new([]);
    assert_eq!((curve.n_lives, curve.n_ended, curve.median().days), (0, 0, None));
    let curve = Curve::new([still_there(400)]);
    assert!(curve.steps.iter().all(|step| step.survival == 1.0));
    assert_eq!(curve.median().days, None);
}
