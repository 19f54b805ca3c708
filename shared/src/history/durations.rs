//! The KPIs that take several snapshots: how long until a credential is replaced, and until what is retired is gone.

use super::History;
use super::survival::{Curve, MIN_SEEN, Median};

/// A duration in days, and what is to be said of it.
pub struct Duration {
    pub days: Option<u32>,
    pub note: String,
}

impl History {
    /// `time_to_rotate` over the first `n_snapshots` snapshots.
    pub fn time_to_rotate(&self, n_snapshots: usize) -> Duration {
        if n_snapshots < 2 {
            return unmeasured();
        }
        let lives = self.slots(n_snapshots).lives.into_iter().map(|(_, life)| life);
        rotation(&Curve::new(lives))
    }

    /// `time_to_revoke` over the first `n_snapshots` snapshots.
    pub fn time_to_revoke(&self, n_snapshots: usize) -> Duration {
        if n_snapshots < 2 {
            return unmeasured();
        }
        let retired = self.retirements(n_snapshots);
        let open: Vec<u32> = retired
            .iter()
            .filter(|retirement| retirement.ended_by.is_none())
            .map(|retirement| retirement.days().0)
            .collect();
        let longest = open.iter().max().copied().unwrap_or_default();
        let still = match open.len() {
            0 => String::new(),
            n_open => format!("; {n_open} are still active, the longest for at least {longest} d"),
        };
        let lives = retired.iter().map(|retirement| retirement.life());
        duration(&Curve::new(lives), "that were to go", "gone", still)
    }
}

/// How long until credentials are replaced, by their curve.
pub fn rotation(curve: &Curve) -> Duration {
    duration(curve, "credentials", "replaced", String::new())
}

fn unmeasured() -> Duration {
    Duration {
        days: None,
        note: "needs a second snapshot".to_owned(),
    }
}

fn duration(curve: &Curve, what: &str, ended: &str, still: String) -> Duration {
    let (n_lives, n_ended) = (curve.n_lives, curve.n_ended);
    let Median { days, lower, upper } = curve.median();
    let seen = format!("{n_ended} of {n_lives} {what} were seen to be {ended}");
    let (days, note) = match days {
        _ if n_ended < MIN_SEEN => (None, format!("{seen}: fewer than {MIN_SEEN} give no median")),
        _ if !curve.is_told() => (
            None,
            format!("{seen}: too few were under observation from the start for a median"),
        ),
        None => {
            let n_days = curve.steps.len().saturating_sub(1);
            (
                None,
                format!("{seen}: more than half last longer than the {n_days} d that are seen"),
            )
        }
        Some(days) => {
            let from = lower.unwrap_or_default();
            let band = match upper {
                Some(to) => format!("{from} to {to} d"),
                None => format!("{from} d and more"),
            };
            (Some(days), format!("{seen}; half within {days} d, 95 % band {band}"))
        }
    };
    Duration {
        days,
        note: note + &still,
    }
}
