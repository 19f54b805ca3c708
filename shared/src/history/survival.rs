//! How long things last, when the end of most is not seen: Kaplan and Meier's estimate of survival.
//!
//! A thing that is first seen at some age tells nothing of the ages before (left truncation: those that did not last so
//! long were never seen); one that is still there has no end yet (right censoring); and one that went between two looks
//! went at some age between (interval censoring). The estimate is the self-consistent one of Turnbull (1976): an end
//! that lies somewhere in an interval is spread over it as the curve itself says, and Kaplan and Meier's product is
//! taken over what comes of that, until nothing moves any more. Where every end is known to the day, that is the product
//! itself.
//!
//! Where the ages before are cut off, ends that may lie anywhere in an interval are drawn to the days on which few are
//! under observation, which are the first, and the estimate comes out too low (Pan and Chappell, 1998). There the rate
//! of ends is taken to be even over as many days as an interval usually has: a life table, whose rows are that long.

use hashbrown::HashMap;

/// One thing whose age in whole days is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Life {
    /// Its age when it was first seen.
    pub seen_from: u32,
    /// The greatest age at which it was seen.
    pub seen_until: u32,
    /// The age by which it had ended, more than `seen_until`; `None` when no end was seen.
    pub ended_by: Option<u32>,
}

/// The survival function, one step a day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// What survives each day, from day 0 on, when it is 1.
    pub steps: Vec<Step>,
    pub n_lives: usize,
    /// Lives whose end was seen.
    pub n_ended: usize,
    /// How many were under observation, on a usual day, at the ages with which the curve begins.
    pub n_at_start: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The share that lasts longer than this age.
    pub survival: f64,
    /// The 95 % band around it, point by point.
    pub lower: f64,
    pub upper: f64,
    /// How many lives are under observation just before this age.
    pub n_at_risk: f64,
}

/// The age that half do not outlast, with its 95 % band. `None` where the curve does not come down to a half.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Median {
    pub days: Option<u32>,
    pub lower: Option<u32>,
    pub upper: Option<u32>,
}

/// The fewest ends, and the fewest under observation at the start of the curve, from which a median is told.
pub const MIN_SEEN: usize = 10;
/// Two rounds that differ by less than this, in shares, are the same.
const IS_STILL: f64 = 1e-7;
/// The most rounds: an estimate over intervals that hardly overlap settles in dozens, others in hundreds.
const MAX_ROUNDS: usize = 5_000;
/// The greatest age that is told apart, in days: a hundred years.
const MAX_DAYS: u32 = 36_500;
/// Half the width of a 95 % band, in standard errors.
const Z: f64 = 1.959_964;

impl Curve {
    /// The estimate from all lives.
    pub fn new(lives: impl IntoIterator<Item = Life>) -> Curve {
        let mut counts: HashMap<Life, u32> = HashMap::new();
        let (mut n_lives, mut n_ended) = (0, 0);
        for life in lives {
            let capped = Life {
                seen_from: life.seen_from.min(MAX_DAYS),
                seen_until: life.seen_until.min(MAX_DAYS),
                ended_by: life.ended_by.map(|by| by.min(MAX_DAYS + 1)),
            };
            *counts.entry(capped).or_default() += 1;
            n_lives += 1;
            n_ended += usize::from(life.ended_by.is_some());
        }
        let mut lives: Vec<(Life, f64)> = counts.into_iter().map(|(life, n)| (life, f64::from(n))).collect();
        // Sums of numbers that are not whole depend on their order.
        lives.sort_unstable_by_key(|(life, _)| *life);
        let n_days = lives
            .iter()
            .map(|(life, _)| life.ended_by.unwrap_or(life.seen_until))
            .max()
            .unwrap_or_default() as usize;
        let mut survival: Vec<f64> = (0..=n_days).map(|day| 1.0 - day as f64 / (n_days + 1) as f64).collect();
        let width = even_days(&lives);
        let mut counted = Counted::default();
        for _ in 0..MAX_ROUNDS {
            counted = Counted::new(&lives, &survival, width);
            let next = counted.survival();
            let moved = survival
                .iter()
                .zip(&next)
                .map(|(a, b)| (a - b).abs())
                .fold(0.0, f64::max);
            survival = next;
            if moved < IS_STILL {
                break;
            }
        }
        let unsure = unsure(&lives, &survival);
        let (greenwood, usually_at_risk) = (counted.greenwood(), counted.usually_at_risk());
        // Nothing ends on day 0, and what is under observation then is so on day 1.
        let at_start = counted.at_risk.get(1).copied().unwrap_or_default();
        counted.at_risk[0] = at_start;
        let steps = (0..=n_days).map(|day| {
            let (n_at_risk, usual) = (counted.at_risk[day], usually_at_risk[day]);
            let spread = if usual > 0.0 {
                unsure[day] / (usual * usual)
            } else {
                0.0
            };
            let (lower, upper) = band(survival[day], greenwood[day] + spread);
            Step {
                survival: survival[day],
                lower,
                upper,
                n_at_risk,
            }
        });
        Curve {
            steps: steps.collect(),
            n_lives,
            n_ended,
            n_at_start: usually_at_risk.get(1).copied().unwrap_or_default(),
        }
    }

    /// Whether enough is seen for a median: ends, and lives as young as the curve's first days. Where only old things
    /// are first seen, what it says of the young hangs on a few.
    pub fn is_told(&self) -> bool {
        self.n_ended >= MIN_SEEN && self.n_at_start >= MIN_SEEN as f64
    }

    /// By Brookmeyer and Crowley (1982): the band of the median is where the band of the curve crosses a half.
    pub fn median(&self) -> Median {
        let first = |of: fn(&Step) -> f64| {
            let at = self.steps.iter().position(|step| of(step) <= 0.5 + IS_STILL);
            at.map(|day| day as u32)
        };
        Median {
            days: first(|step| step.survival),
            lower: first(|step| step.lower),
            upper: first(|step| step.upper),
        }
    }
}

/// Over how many days the rate of ends is taken to be even: see the head of this file.
fn even_days(lives: &[(Life, f64)]) -> usize {
    if lives.iter().all(|(life, _)| life.seen_from == 0) {
        return 1;
    }
    let width = |life: &Life| life.ended_by.map(|by| by - life.seen_until);
    let mut widths: Vec<(u32, f64)> = lives.iter().filter_map(|(life, n)| Some((width(life)?, *n))).collect();
    widths.sort_unstable_by_key(|(width, _)| *width);
    let half = widths.iter().map(|(_, n)| n).sum::<f64>() / 2.0;
    let mut n_until = 0.0;
    let usual = widths.iter().find(|(_, n)| {
        n_until += n;
        n_until >= half
    });
    usual.map_or(1, |(width, _)| *width as usize)
}

/// How many ended on each day and were under observation before, with ends in an interval spread over it.
#[derive(Default)]
struct Counted {
    ended: Vec<f64>,
    at_risk: Vec<f64>,
    /// The rate of ends is even over this many days.
    width: usize,
}

impl Counted {
    fn new(lives: &[(Life, f64)], survival: &[f64], width: usize) -> Counted {
        let n_days = survival.len();
        // What a life adds to each day of a range: once by itself, once times the share that ends or is left on it.
        let (mut flat, mut spread) = (Ranges::new(n_days), Ranges::new(n_days));
        for &(life, n) in lives {
            let (from, until) = (life.seen_from as usize, life.seen_until as usize);
            flat.add(from + 1, until + 1, n);
            if let Some(by) = life.ended_by {
                let by = by as usize;
                let share = survival[until] - survival[by];
                match share > 0.0 {
                    true => {
                        spread.add(until + 1, by + 1, n / share);
                        flat.add(until + 1, by + 1, -n * survival[by] / share);
                    }
                    // The curve is down to nothing before: there is nothing left to spread.
                    false => flat.add(until + 1, by + 1, n),
                }
            }
        }
        let (flat, spread) = (flat.sums(), spread.sums());
        let mut counted = Counted {
            ended: vec![0.0; n_days],
            at_risk: vec![0.0; n_days],
            width,
        };
        for day in 1..n_days {
            counted.ended[day] = spread[day] * (survival[day - 1] - survival[day]);
            // Differences of sums can come out a hair below nothing.
            counted.at_risk[day] = (flat[day] + spread[day] * survival[day - 1]).max(0.0);
        }
        counted
    }

    fn survival(&self) -> Vec<f64> {
        let mut survival = vec![1.0];
        let mut left = 1.0;
        for (ended, at_risk) in self.rows() {
            let (n_ended, n_at_risk) = (ended.iter().sum::<f64>(), at_risk.iter().sum::<f64>());
            let goes_on = if n_at_risk > 0.0 {
                (1.0 - n_ended / n_at_risk).max(0.0)
            } else {
                1.0
            };
            for _ in ended {
                left *= goes_on;
                survival.push(left);
            }
        }
        survival
    }

    /// The variance of ln S on each day, by Greenwood's formula; of a row of several days, which share one rate, by as
    /// many of them as are over.
    fn greenwood(&self) -> Vec<f64> {
        let mut variance = vec![0.0];
        let mut before = 0.0;
        for (ended, at_risk) in self.rows() {
            let (n_ended, n_at_risk) = (ended.iter().sum::<f64>(), at_risk.iter().sum::<f64>());
            let n_left = n_at_risk - n_ended;
            let of_a_day = if n_left > 0.0 {
                n_ended / (n_at_risk * n_left)
            } else {
                0.0
            };
            variance.extend((1..=ended.len()).map(|n_over| before + of_a_day * (n_over * n_over) as f64));
            before += of_a_day * (ended.len() * ended.len()) as f64;
        }
        variance
    }

    /// For each day, how many are under observation on the days of its row.
    fn usually_at_risk(&self) -> Vec<f64> {
        let of_rows = self.rows().flat_map(|(_, at_risk)| {
            let mean = at_risk.iter().sum::<f64>() / at_risk.len() as f64;
            at_risk.iter().map(move |_| mean)
        });
        std::iter::once(0.0).chain(of_rows).collect()
    }

    /// Days with one rate, without day 0.
    fn rows(&self) -> impl Iterator<Item = (&[f64], &[f64])> {
        self.ended[1..]
            .chunks(self.width)
            .zip(self.at_risk[1..].chunks(self.width))
    }
}

/// For each day, the variance of how many had ended by then that comes from not knowing when in their interval they
/// did. It is what the spread between ever more imputations would be in Rubin's rules.
fn unsure(lives: &[(Life, f64)], survival: &[f64]) -> Vec<f64> {
    let n_days = survival.len();
    // (S(l) − S(t)) (S(t) − S(r)) / (S(l) − S(r))² as a polynomial in S(t).
    let (mut square, mut line, mut flat) = (Ranges::new(n_days), Ranges::new(n_days), Ranges::new(n_days));
    for &(life, n) in lives {
        if let Some(by) = life.ended_by {
            let (left, right) = (survival[life.seen_until as usize], survival[by as usize]);
            let share = left - right;
            if share > 0.0 {
                let range = (life.seen_until as usize + 1, by as usize);
                square.add(range.0, range.1, n / (share * share));
                line.add(range.0, range.1, n * (left + right) / (share * share));
                flat.add(range.0, range.1, n * left * right / (share * share));
            }
        }
    }
    let (square, line, flat) = (square.sums(), line.sums(), flat.sums());
    (0..n_days)
        .map(|day| {
            let s = survival[day];
            (line[day] * s - square[day] * s * s - flat[day]).max(0.0)
        })
        .collect()
}

/// The band on the scale of log(−log S), which keeps it between 0 and 1 (Kalbfleisch and Prentice).
fn band(survival: f64, variance_of_log: f64) -> (f64, f64) {
    if survival >= 1.0 || survival <= 0.0 {
        return (survival.max(0.0), survival.min(1.0));
    }
    let width = Z * variance_of_log.sqrt() / survival.ln().abs();
    let bound = |by: f64| (survival.ln() * by.exp()).exp();
    (bound(width), bound(-width))
}

/// Sums over ranges of days, by their ends.
struct Ranges(Vec<f64>);

impl Ranges {
    fn new(n_days: usize) -> Self {
        Ranges(vec![0.0; n_days + 1])
    }

    /// Adds to every day from `start` on, before `end`.
    fn add(&mut self, start: usize, end: usize, value: f64) {
        if start < end {
            self.0[start] += value;
            self.0[end] -= value;
        }
    }

    fn sums(self) -> Vec<f64> {
        self.0
            .into_iter()
            .scan(0.0, |sum, value| {
                *sum += value;
                Some(*sum)
            })
            .collect()
    }
}
