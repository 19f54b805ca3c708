//! Shares that know what they do not know.

use bitcode::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// How a subject does on one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    /// No export said enough. Never the same as a fail, a zero or a never.
    Unknown,
}

impl Verdict {
    pub const ALL: [Verdict; 3] = [Verdict::Pass, Verdict::Fail, Verdict::Unknown];

    /// The stable word for this verdict in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unknown => "unknown",
        }
    }

    /// The verdict that a stable word names.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.id() == id)
    }

    /// Pass when the test holds, fail when it does not, unknown when nothing tells.
    pub fn of(holds: Option<bool>) -> Self {
        match holds {
            Some(true) => Verdict::Pass,
            Some(false) => Verdict::Fail,
            None => Verdict::Unknown,
        }
    }

    /// One must hold: a pass decides, then an unknown.
    pub fn or(self, other: Verdict) -> Verdict {
        match (self, other) {
            (Verdict::Pass, _) | (_, Verdict::Pass) => Verdict::Pass,
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
            (Verdict::Fail, Verdict::Fail) => Verdict::Fail,
        }
    }

    /// Both must hold: a fail decides, then an unknown.
    pub fn and(self, other: Verdict) -> Verdict {
        match (self, other) {
            (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
            (Verdict::Unknown, _) | (_, Verdict::Unknown) => Verdict::Unknown,
            (Verdict::Pass, Verdict::Pass) => Verdict::Pass,
        }
    }
}

/// A share: how many of a population pass, fail, or cannot be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
pub struct Ratio {
    pub pass: u64,
    pub fail: u64,
    pub unknown: u64,
}

impl Ratio {
    /// Counts one more subject.
    pub fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass => self.pass += 1,
            Verdict::Fail => self.fail += 1,
            Verdict::Unknown => self.unknown += 1,
        }
    }

    /// How many subjects there are.
    pub fn population(self) -> u64 {
        self.pass + self.fail + self.unknown
    }

    /// The share that passes for certain, and the share that may at best: `[pass / total, (pass + unknown) / total]`.
    /// `None` when there is no population: that is neither 0 % nor 100 %.
    pub fn interval(self) -> Option<(f64, f64)> {
        let total = self.population();
        (total > 0).then(|| {
            (
                self.pass as f64 / total as f64,
                (self.pass + self.unknown) as f64 / total as f64,
            )
        })
    }
}

impl FromIterator<Verdict> for Ratio {
    fn from_iter<I: IntoIterator<Item = Verdict>>(verdicts: I) -> Self {
        let mut ratio = Ratio::default();
        verdicts.into_iter().for_each(|verdict| ratio.add(verdict));
        ratio
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_population_has_no_share() {
        assert_eq!(Ratio::default().interval(), None);
    }

    proptest! {
        #[test]
        fn learning_an_unknown_narrows_the_interval(pass in 0u64..1000, fail in 0u64..1000, unknown in 1u64..1000) {
            let before = Ratio { pass, fail, unknown }.interval().unwrap();
            for learnt in [Verdict::Pass, Verdict::Fail] {
                let mut after = Ratio { pass, fail, unknown: unknown - 1 };
                after.add(learnt);
                let after = after.interval().unwrap();
                prop_assert!(after.0 >= before.0 && after.1 <= before.1);
            }
        }
    }
}
