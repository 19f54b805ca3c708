//! Every limit in force, each with the standard or person that set it.

use super::instant::Instant;

/// The name of one limit, as `rollcall.toml` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ThresholdId {
    AccessKeyMaxAgeDays,
    ServiceAccountKeyMaxAgeDays,
    ApiKeyMaxAgeDays,
    ClientSecretMaxAgeDays,
    SshKeyMaxAgeDays,
    CredentialMaxLifetimeDays,
    ShortLivedHours,
    AccessKeyUnusedDays,
    CredentialUnusedDays,
    StaleDays,
    ReviewPeriodDays,
    SourceFreshDays,
    CertificateAlertDays,
    GovernedTargetPercent,
}

/// A limit and who set it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// In the unit that the name ends with.
    pub value: u32,
    /// A standard with its clause, `Rollcall default`, or the user with the date: see [`origin`].
    pub set_by: String,
}

/// What stands in the place of a date that nobody gave.
const UNDATED: &str = "without a date";

/// Who set a limit and on which day, in one text. The standards of the defaults need no day.
pub fn origin(who: &str, on: Option<Instant>) -> String {
    match on {
        Some(on) => format!("{who}, {}", on.to_date_text()),
        None if ThresholdId::ALL.iter().any(|id| id.default().1 == who) => who.to_owned(),
        None => format!("{who}, {UNDATED}"),
    }
}

/// The other way round.
pub fn who_and_when(origin: &str) -> (&str, Option<Instant>) {
    match origin.rsplit_once(", ") {
        Some((who, UNDATED)) => (who, None),
        Some((who, on)) if on.len() == 10 => match Instant::from_text(on) {
            Some(on) => (who, Some(on)),
            None => (origin, None),
        },
        Some(_) | None => (origin, None),
    }
}

/// All limits in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thresholds([Threshold; ThresholdId::ALL.len()]);

impl ThresholdId {
    pub const ALL: [ThresholdId; 14] = [
        ThresholdId::AccessKeyMaxAgeDays,
        ThresholdId::ServiceAccountKeyMaxAgeDays,
        ThresholdId::ApiKeyMaxAgeDays,
        ThresholdId::ClientSecretMaxAgeDays,
        ThresholdId::SshKeyMaxAgeDays,
        ThresholdId::CredentialMaxLifetimeDays,
        ThresholdId::ShortLivedHours,
        ThresholdId::AccessKeyUnusedDays,
        ThresholdId::CredentialUnusedDays,
        ThresholdId::StaleDays,
        ThresholdId::ReviewPeriodDays,
        ThresholdId::SourceFreshDays,
        ThresholdId::CertificateAlertDays,
        ThresholdId::GovernedTargetPercent,
    ];

    /// The key in `rollcall.toml`.
    pub fn name(self) -> &'static str {
        match self {
            ThresholdId::AccessKeyMaxAgeDays => "access_key_max_age_days",
            ThresholdId::ServiceAccountKeyMaxAgeDays => "service_account_key_max_age_days",
            ThresholdId::ApiKeyMaxAgeDays => "api_key_max_age_days",
            ThresholdId::ClientSecretMaxAgeDays => "client_secret_max_age_days",
            ThresholdId::SshKeyMaxAgeDays => "ssh_key_max_age_days",
            ThresholdId::CredentialMaxLifetimeDays => "credential_max_lifetime_days",
            ThresholdId::ShortLivedHours => "short_lived_hours",
            ThresholdId::AccessKeyUnusedDays => "access_key_unused_days",
            ThresholdId::CredentialUnusedDays => "credential_unused_days",
            ThresholdId::StaleDays => "stale_days",
            ThresholdId::ReviewPeriodDays => "review_period_days",
            ThresholdId::SourceFreshDays => "source_fresh_days",
            ThresholdId::CertificateAlertDays => "certificate_alert_days",
            ThresholdId::GovernedTargetPercent => "governed_target_percent",
        }
    }

    /// The limit that holds when nobody sets another, with the standard it comes from.
    fn default(self) -> (u32, &'static str) {
        const OURS: &str = "Rollcall default";
        match self {
            ThresholdId::AccessKeyMaxAgeDays => (90, "CIS AWS 2.12"),
            ThresholdId::ServiceAccountKeyMaxAgeDays => (90, "CIS GCP 1.8"),
            ThresholdId::ApiKeyMaxAgeDays => (90, "CIS GCP 1.16"),
            ThresholdId::ClientSecretMaxAgeDays => (180, OURS),
            ThresholdId::SshKeyMaxAgeDays => (365, OURS),
            ThresholdId::CredentialMaxLifetimeDays => (365, OURS),
            ThresholdId::ShortLivedHours => (24, OURS),
            ThresholdId::AccessKeyUnusedDays => (45, "CIS AWS 2.11"),
            ThresholdId::CredentialUnusedDays => (90, OURS),
            ThresholdId::StaleDays => (90, "PCI DSS 8.2.6"),
            ThresholdId::ReviewPeriodDays => (92, "CIS Controls 8.1 5.5"),
            ThresholdId::SourceFreshDays => (7, OURS),
            ThresholdId::CertificateAlertDays => (30, OURS),
            ThresholdId::GovernedTargetPercent => (90, OURS),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self(ThresholdId::ALL.map(|id| {
            let (value, set_by) = id.default();
            Threshold {
                value,
                set_by: set_by.to_owned(),
            }
        }))
    }
}

impl Thresholds {
    pub fn get(&self, id: ThresholdId) -> &Threshold {
        &self.0[id as usize]
    }

    /// The value in days, for comparison with ages.
    pub fn days(&self, id: ThresholdId) -> i64 {
        i64::from(self.get(id).value)
    }

    pub fn set(&mut self, id: ThresholdId, threshold: Threshold) {
        self.0[id as usize] = threshold;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_set_a_limit_and_when_is_one_text() {
        let on = Instant::from_text("2026-02-01");
        for (who, on, expected) in [
            ("CISO office", on, "CISO office, 2026-02-01"),
            ("CISO office", None, "CISO office, without a date"),
            ("Jo, Platform", None, "Jo, Platform, without a date"),
            ("CIS AWS 2.12", None, "CIS AWS 2.12"),
            ("Rollcall default", on, "Rollcall default, 2026-02-01"),
        ] {
            assert_eq!(origin(who, on), expected);
            assert_eq!(who_and_when(expected), (who, on));
        }
    }

    #[test]
    fn ids_index_their_own_limit() {
        for (index, id) in ThresholdId::ALL.into_iter().enumerate() {
            assert_eq!(id as usize, index);
        }
    }
}
