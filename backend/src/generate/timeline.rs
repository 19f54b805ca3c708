//! The snapshots of the estate, how time is written, and who is alive when.

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use super::draw::{DAY, Draw};

/// One dated folder of the estate. No event in it is later than `as_of`, the first instant of its day, in UTC seconds.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub index: usize,
    pub folder: String,
    pub as_of: i64,
}

/// The monthly snapshots, oldest first; never empty.
pub struct Timeline(Vec<Snapshot>);

impl Timeline {
    /// `n_snapshots` month ends, the last one on `last_on`.
    pub fn new(last_on: Date, n_snapshots: usize) -> Result<Self> {
        let mut snapshots = Vec::new();
        for index in 0..n_snapshots.max(1) {
            let back = (n_snapshots.max(1) - 1 - index) as i64;
            let date = last_on
                .checked_sub(back.months())
                .context("the first snapshot is out of range")?;
            let as_of = date.to_zoned(TimeZone::UTC)?.timestamp().as_second();
            snapshots.push(Snapshot {
                index,
                folder: date.to_string(),
                as_of,
            });
        }
        Ok(Self(snapshots))
    }

    pub fn snapshots(&self) -> &[Snapshot] {
        &self.0
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn last(&self) -> &Snapshot {
        &self.0[self.0.len() - 1]
    }

    pub fn as_of(&self, index: usize) -> i64 {
        self.0[index].as_of
    }

    /// How far the story has come: 0 at the first snapshot, 1 at the last (and for a lone one).
    pub fn progress(&self, index: usize) -> f64 {
        if self.0.len() < 2 {
            1.0
        } else {
            index as f64 / (self.0.len() - 1) as f64
        }
    }
}

/// How a kind of identity comes and goes.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Growth from one month to the next.
    growth: f64,
    /// Share that disappears from one month to the next.
    churn: f64,
    /// Mean age, in days beyond the first thirty, at the first snapshot.
    mean_age_days: f64,
}

/// What the cloud teams make today: 44 % more a year.
const TODAY: Pace = Pace {
    growth: 1.031,
    churn: 0.015,
    mean_age_days: 820.0,
};
/// What the data teams built their platform on years ago, and still add to.
const SETTLED: Pace = Pace {
    growth: 1.02,
    churn: 0.01,
    mean_age_days: 1_600.0,
};
/// What is left of how things were done before: hardly anybody makes one any more, or removes one.
const LEGACY: Pace = Pace {
    growth: 1.003,
    churn: 0.004,
    mean_age_days: 2_200.0,
};

/// Identities of one kind in one place: ordinals are given out in order of birth and never reused.
#[derive(Debug, Clone)]
pub struct Population {
    seed: u64,
    what: &'static str,
    scope: u64,
    pace: Pace,
    /// `n_born[k]`: ordinals given out by snapshot `k`.
    n_born: Vec<u64>,
}

/// When one identity came and when it goes.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    pub ordinal: u64,
    pub created_at: i64,
    /// Index of the first snapshot that no longer has it; may lie beyond the last.
    pub gone: usize,
}

impl Population {
    /// A population that has about `n_last` living members at the last snapshot.
    pub fn new(seed: u64, what: &'static str, scope: u64, n_last: u64, timeline: &Timeline) -> Self {
        Self::at_pace(TODAY, seed, what, scope, n_last, timeline)
    }

    /// The same for identities that have been there for long.
    pub fn settled(seed: u64, what: &'static str, scope: u64, n_last: u64, timeline: &Timeline) -> Self {
        Self::at_pace(SETTLED, seed, what, scope, n_last, timeline)
    }

    /// The same for identities of a kind that hardly anybody makes any more.
    pub fn legacy(seed: u64, what: &'static str, scope: u64, n_last: u64, timeline: &Timeline) -> Self {
        Self::at_pace(LEGACY, seed, what, scope, n_last, timeline)
    }

    fn at_pace(pace: Pace, seed: u64, what: &'static str, scope: u64, n_last: u64, timeline: &Timeline) -> Self {
        let n_months = timeline.len() - 1;
        let target = |index: usize| (n_last as f64 / libm::pow(pace.growth, (n_months - index) as f64) + 0.5) as u64;
        let mut n_born = vec![target(0)];
        let mut owed = 0.0;
        for index in 1..timeline.len() {
            owed += target(index) as f64 - target(index - 1) as f64 + target(index - 1) as f64 * pace.churn;
            let births = if owed > 0.0 { owed as u64 } else { 0 };
            owed -= births as f64;
            n_born.push(n_born[index - 1] + births);
        }
        Self {
            seed,
            what,
            scope,
            pace,
            n_born,
        }
    }

    /// The birth and death of an ordinal, whether or not it is born yet at any snapshot.
    pub fn life(&self, ordinal: u64, timeline: &Timeline) -> Life {
        let mut draw = Draw::new(self.seed, self.what, self.scope, ordinal);
        let born = self
            .n_born
            .iter()
            .position(|n_born| ordinal < *n_born)
            .unwrap_or(usize::MAX);
        let months = libm::log(1.0 - draw.unit()) / libm::log(1.0 - self.pace.churn);
        let gone = born.saturating_add(1).saturating_add(months as usize);
        let created_at = match born {
            0 => {
                let age = (30.0 + draw.exponential(self.pace.mean_age_days)).min(3_600.0);
                timeline.as_of(0) - (age * DAY as f64) as i64
            }
            usize::MAX => timeline.last().as_of,
            _ => draw.between(timeline.as_of(born - 1) + 1, timeline.as_of(born) - 3_600),
        };
        Life {
            ordinal,
            created_at,
            gone,
        }
    }

    /// How many ordinals exist or existed by snapshot `index`.
    pub fn n_born(&self, index: usize) -> u64 {
        self.n_born[index]
    }

    /// How many ordinals exist or existed by the first snapshot of what was made at `made_at`: what it was given then it
    /// keeps, however many come later.
    pub fn n_born_when(&self, made_at: i64, timeline: &Timeline) -> u64 {
        let first = timeline.snapshots().iter().position(|it| made_at <= it.as_of);
        self.n_born(first.unwrap_or(timeline.len() - 1))
    }

    /// Whether this ordinal is there at snapshot `index`.
    pub fn has(&self, ordinal: u64, timeline: &Timeline, index: usize) -> bool {
        ordinal < self.n_born[index] && index < self.life(ordinal, timeline).gone
    }

    /// Everyone there at snapshot `index`, in order of birth.
    pub fn alive<'a>(&'a self, timeline: &'a Timeline, index: usize) -> impl Iterator<Item = Life> + 'a {
        (0..self.n_born[index])
            .map(move |ordinal| self.life(ordinal, timeline))
            .filter(move |life| index < life.gone)
    }
}

/// How old static keys get: a share of recent ones, and a long tail beyond a year.
#[derive(Debug, Clone, Copy)]
pub struct KeyAges {
    /// Share of keys younger than 90 days.
    pub recent: f64,
    /// Share between 90 days and a year.
    pub middle: f64,
}

/// AWS and GCP: about 60 % of static keys are older than a year.
pub const CLOUD_KEY_AGES: KeyAges = KeyAges {
    recent: 0.30,
    middle: 0.10,
};
/// Entra: about 43 % are.
pub const ENTRA_KEY_AGES: KeyAges = KeyAges {
    recent: 0.33,
    middle: 0.24,
};

/// One generation of a credential slot: the key that stood in it from `created_at` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    pub number: u64,
    pub created_at: i64,
}

/// The number of the last generation of every slot; those before it count down.
const NEWEST: u64 = 100;

impl Generation {
    /// Whether no other has taken its place by the last snapshot.
    pub fn is_newest(self) -> bool {
        self.number == NEWEST
    }
}

/// The generations of a credential slot that exist at snapshot `index`, newest first; empty before its first.
///
/// The slot is drawn backwards from the last snapshot, so that ages there follow `ages`, and each earlier
/// snapshot sees the key that stood in the slot then.
pub fn generations(
    draw: &mut Draw,
    ages: KeyAges,
    identity_created_at: i64,
    timeline: &Timeline,
    index: usize,
) -> Vec<Generation> {
    let last = timeline.last().as_of;
    let level = draw.unit();
    // A third of the recent ones are young because something rotates them.
    let automatic = level < ages.recent / 3.0;
    let age_days = if automatic {
        draw.unit() * 60.0
    } else if level < ages.recent {
        draw.unit() * 90.0
    } else if level < ages.recent + ages.middle {
        90.0 + draw.unit() * 275.0
    } else {
        (365.0 + draw.exponential(650.0)).min(3_650.0)
    };
    let mut created_at = (last - (age_days * DAY as f64) as i64).max(identity_created_at);
    let mut number = NEWEST;
    let mut all = vec![Generation { number, created_at }];
    // Two predecessors are enough for overlapping rotations; the bound only guards a slot that rotates daily.
    while created_at > identity_created_at && number > 0 {
        if all
            .iter()
            .filter(|generation| generation.created_at < timeline.as_of(index))
            .count()
            >= 3
        {
            break;
        }
        let lived = if automatic {
            draw.days(25, 60)
        } else {
            ((150.0 + draw.exponential(420.0)) * DAY as f64) as i64
        };
        created_at = (created_at - lived).max(identity_created_at);
        number -= 1;
        all.push(Generation { number, created_at });
    }
    all.retain(|generation| generation.created_at < timeline.as_of(index));
    all
}

/// How an identity's use looks over the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    Daily,
    Weekly,
    Monthly,
    Quarterly,
    /// Went quiet on a fixed day before the last snapshot.
    Dormant {
        since: i64,
    },
    Never,
}

impl Habit {
    pub fn draw(draw: &mut Draw, timeline: &Timeline) -> Self {
        let quiet = draw.days(91, 400);
        match draw.below(100) {
            0..45 => Self::Daily,
            45..60 => Self::Weekly,
            60..68 => Self::Monthly,
            68..75 => Self::Quarterly,
            75..88 => Self::Dormant {
                since: timeline.last().as_of - quiet,
            },
            _ => Self::Never,
        }
    }

    /// The last use seen at `as_of`, if there was one since `created_at`.
    pub fn last_used_at(self, draw: &mut Draw, created_at: i64, as_of: i64) -> Option<i64> {
        let ago = match self {
            Self::Daily => draw.between(600, DAY - 600),
            Self::Weekly => draw.days(1, 7),
            Self::Monthly => draw.days(8, 30),
            Self::Quarterly => draw.days(31, 90),
            Self::Dormant { since } if since < as_of => as_of - since,
            Self::Dormant { .. } => draw.between(600, DAY - 600),
            Self::Never => return None,
        };
        (as_of - ago > created_at).then_some(as_of - ago)
    }
}

/// The whole days between two instants, as ages are counted.
pub fn days_between(from: i64, to: i64) -> i64 {
    (to - from).div_euclid(DAY)
}

/// `2026-10-31T04:05:06Z`.
pub fn rfc3339(at: i64) -> String {
    written(at, "Z")
}

/// `2026-10-31T04:05:06+00:00`, as the AWS CLI prints it.
pub fn rfc3339_offset(at: i64) -> String {
    written(at, "+00:00")
}

/// `2026-10-31`.
pub fn date(at: i64) -> String {
    written(at, "")[..10].to_owned()
}

/// The instant in UTC to the second; one before year 1 or after 9999 is written as 1970.
fn written(at: i64, zone: &str) -> String {
    let civil = Timestamp::from_second(at)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_zoned(TimeZone::UTC);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{zone}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}
