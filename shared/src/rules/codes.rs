//! The words of rules alone, for what stands below them: `rollcall.toml` names codes and severities.

use bitcode::{Decode, Encode};

/// The codes, in the order of [`super::RULES`].
pub const CODES: [&str; 29] = [
    "improper_offboarding",
    "orphaned",
    "unowned",
    "stale",
    "unused_credential",
    "leaked_and_live",
    "open_external_trust",
    "weak_key",
    "legacy_token",
    "static_key_despite_federation",
    "administrator",
    "wildcard_grant",
    "escalation_path",
    "unused_permission",
    "root_key_in_use",
    "break_glass_in_use",
    "open_ci_trust",
    "default_account_in_use",
    "token_automount",
    "long_lived",
    "not_rotated",
    "expiring",
    "expired_but_present",
    "certificate_lifetime",
    "cross_environment_credential",
    "cross_environment_reach",
    "shared_credential",
    "human_use",
    "unreviewed",
];

/// What each rule is called, in the order of [`CODES`].
pub const TITLES: [&str; CODES.len()] = [
    "Left behind after its end",
    "Its owner left",
    "No owner recorded",
    "Not used",
    "Credential not used",
    "Leaked, and still works",
    "Open to the outside",
    "Weak key or signature",
    "Token that never ends",
    "Stored secret beside a federation",
    "Administrator",
    "Wildcard grant",
    "Can become an administrator",
    "Permission not used",
    "Root has a key",
    "Break-glass account in use",
    "Open to any build",
    "Default account in use",
    "Token mounted without need",
    "Long-lived credential",
    "Not rotated in time",
    "Ends soon",
    "Ended, and still there",
    "Certificate lives too long",
    "Credential of several environments",
    "Reaches into production",
    "Shared credential",
    "Used by people",
    "Review overdue",
];

/// What the rule of a code is called.
pub fn title(code: &str) -> Option<&'static str> {
    let at = CODES.iter().position(|known| *known == code)?;
    TITLES.get(at).copied()
}

/// How bad a finding is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Severity {
    Critical,
    High,
    Medium,
    Low,
}

impl Severity {
    pub const ALL: [Severity; 4] = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low];

    /// The stable word for this severity in JSON and URLs.
    pub fn id(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::High => "high",
            Severity::Medium => "medium",
            Severity::Low => "low",
        }
    }

    /// The severity that a stable word names.
    pub fn from_id(id: &str) -> Option<Severity> {
        Self::ALL.into_iter().find(|severity| severity.id() == id)
    }
}
