//! The stable words of the API as people read them.

use crate::api::query::{Facet, SortColumn};
use crate::model::ratio::Verdict;
use crate::rules::codes;

/// A stable word (`service_account`) as text (`Service account`). What is not a known abbreviation is kept as it is.
pub fn sentence(word: &str) -> String {
    match word {
        "api_key" => "API key".to_owned(),
        "ssh_key" => "SSH key".to_owned(),
        "agent" => "AI agent".to_owned(),
        "not_reported" => "Not reported".to_owned(),
        _ => {
            let spaced = word.replace('_', " ");
            let mut chars = spaced.chars();
            match chars.next() {
                Some(first) => std::iter::once(first.to_ascii_uppercase()).chain(chars).collect(),
                None => String::new(),
            }
        }
    }
}

/// The heading of a facet.
pub fn facet(facet: Facet) -> &'static str {
    match facet {
        Facet::Kind => "Kind",
        Facet::Class => "Human or not",
        Facet::Origin => "Made by",
        Facet::Source => "Source",
        Facet::Environment => "Environment",
        Facet::Owner => "Owner",
        Facet::Team => "Team",
        Facet::Status => "State",
        Facet::Lacks => "Lacks only",
        Facet::Holder => "Held by",
        Facet::Age => "Age",
        Facet::Expiry => "Ends",
        Facet::AuthorityExpiry => "Authority ends",
        Facet::LastUsed => "Last used",
        Facet::Role => "Use",
        Facet::Trust => "Trust",
        Facet::Issuer => "Issuer",
        Facet::Key => "Key",
        Facet::Rule => "Rule",
        Facet::Severity => "Severity",
        Facet::Subject => "About",
        Facet::Waived => "Waived",
    }
}

/// What the heading of a column or facet means, where it needs saying.
pub fn meaning(heading: &str) -> Option<&'static str> {
    let meaning = match heading {
        "Human or not" => "Numbers are of what is not human; unknown where no export tells",
        "Made by" => "What the platform made for itself is outside of the numbers",
        "Source" => "One account, tenant, cluster or host: a folder of the snapshot",
        "Owner" => "Who answers for it: registered, or inferred from what exports say",
        "Governed" => "Every criterion in force holds: the page KPIs lists them",
        "Lacks only" => "The one criterion that keeps it from being governed",
        "Last used" => "As its platform tells; what is not told is never taken for never",
        "First ends" => "When the first of its credentials ends",
        "Used for" => "The service it was last used for",
        "Rotation" => "Whether it is younger than the limit of its kind",
        "Fingerprint" => "Tells two secrets apart; the secrets are not kept",
        "Use" => "What it says that it may be used for",
        "Trust" => "Whether browsers trust its root: then the limits of the CA/B Forum bind it",
        "Lifetime" => "From start to end, against the limit on the day of issue",
        "Strength" => "RSA or DSA from 2,048 bits, EC from 256, and no MD5 or SHA-1 signature",
        "Places" => "Files in which the same certificate stands",
        "Authority ends" => "What an authority signed ends with it",
        "Severity" => "From privilege, exposure, and whether it still works",
        "Seen" => "What the rule found",
        "Limit" => "What it was held against",
        "Waiver" | "Waived" => "Accepted in rollcall.toml, until a day",
        _ => return None,
    };
    Some(meaning)
}

/// A facet's value. Names from exports are shown as they are.
pub fn facet_value(facet: Facet, value: &str) -> String {
    if value.is_empty() {
        return match facet {
            Facet::AuthorityExpiry => "No authority".to_owned(),
            Facet::Lacks => "Nothing, or more".to_owned(),
            _ => "None recorded".to_owned(),
        };
    }
    match facet {
        Facet::Kind
        | Facet::Class
        | Facet::Status
        | Facet::Role
        | Facet::Trust
        | Facet::Severity
        | Facet::Subject
        | Facet::Waived => sentence(value),
        Facet::Lacks => sentence(&remedy(value)),
        Facet::Rule => codes::title(value).map_or_else(|| sentence(value), str::to_owned),
        Facet::Origin => match value {
            "estate" => "Us".to_owned(),
            "third_party" => "A third party".to_owned(),
            "platform" => "The platform".to_owned(),
            other => sentence(other),
        },
        Facet::Age => match value {
            "30d" => "Under 30 days".to_owned(),
            "90d" => "30 to 90 days".to_owned(),
            "180d" => "90 to 180 days".to_owned(),
            "365d" => "180 days to a year".to_owned(),
            "older" => "Over a year".to_owned(),
            other => sentence(other),
        },
        Facet::Expiry => match value {
            "7d" => "Within 7 days".to_owned(),
            "14d" => "8 to 14 days".to_owned(),
            "30d" => "15 to 30 days".to_owned(),
            "47d" => "31 to 47 days".to_owned(),
            "60d" => "48 to 60 days".to_owned(),
            "90d" => "61 to 90 days".to_owned(),
            "never" => "Never ends".to_owned(),
            other => sentence(other),
        },
        Facet::AuthorityExpiry => match value {
            "expired" => "Authority expired".to_owned(),
            "6mo" => "Authority, within 6 months".to_owned(),
            "12mo" => "Authority, 7 to 12 months".to_owned(),
            "24mo" => "Authority, 13 to 24 months".to_owned(),
            "later" => "Authority, later".to_owned(),
            "never" => "Authority, never ends".to_owned(),
            other => sentence(other),
        },
        Facet::LastUsed => match value {
            "30d" => "Within 30 days".to_owned(),
            "90d" => "30 to 90 days ago".to_owned(),
            "365d" => "90 days to a year ago".to_owned(),
            "older" => "Over a year ago".to_owned(),
            other => sentence(other),
        },
        Facet::Source
        | Facet::Environment
        | Facet::Owner
        | Facet::Team
        | Facet::Holder
        | Facet::Issuer
        | Facet::Key => value.to_owned(),
    }
}

/// A bucket of ages or time left, short enough for an axis.
pub fn bucket(value: &str) -> &str {
    match value {
        "30d" => "to 30 d",
        "7d" => "to 7 d",
        "14d" => "to 14 d",
        "47d" => "to 47 d",
        "60d" => "to 60 d",
        "90d" => "to 90 d",
        "180d" => "to 180 d",
        "365d" => "to 1 y",
        "older" => "over 1 y",
        "later" => "later",
        "never" => "never",
        "expired" => "expired",
        "unknown" => "unknown",
        other => other,
    }
}

/// The heading of a column that can be sorted by.
pub fn sort_column(column: SortColumn) -> &'static str {
    match column {
        SortColumn::Name => "Name",
        SortColumn::Severity => "Severity",
        SortColumn::Rule => "Rule",
        SortColumn::Kind => "Kind",
        SortColumn::Source => "Source",
        SortColumn::Environment => "Environment",
        SortColumn::Owner => "Owner",
        SortColumn::Status => "State",
        SortColumn::CreatedAt => "Created",
        SortColumn::LastUsedAt => "Last used",
        SortColumn::ExpiresAt => "Ends",
        SortColumn::Credentials => "Credentials",
        SortColumn::Governed => "Governed",
    }
}

/// A verdict on one criterion or KPI.
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "Holds",
        Verdict::Fail => "Fails",
        Verdict::Unknown => "Unknown",
    }
}

/// What an identity lacks that fails a criterion of governance.
pub fn lacking(criterion: &str) -> String {
    match criterion {
        "owner" => "No owner".to_owned(),
        "purpose" => "No purpose".to_owned(),
        "environment" => "No environment".to_owned(),
        "rotation" => "Overdue rotation".to_owned(),
        "reviewed" => "Overdue review".to_owned(),
        "clean" => "Critical finding".to_owned(),
        other => sentence(other),
    }
}

/// What would mend a failed criterion, after "needs only".
pub fn remedy(criterion: &str) -> String {
    match criterion {
        "owner" => "an owner".to_owned(),
        "purpose" => "a recorded purpose".to_owned(),
        "environment" => "a known environment".to_owned(),
        "rotation" => "rotated credentials".to_owned(),
        "reviewed" => "a review".to_owned(),
        "clean" => "its critical finding closed".to_owned(),
        other => sentence(other).to_ascii_lowercase(),
    }
}

/// Why something should not work any more.
pub fn cause(cause: &str) -> String {
    match cause {
        "retires" => "the day it was to retire came".to_owned(),
        "owner_left" => "its owner left".to_owned(),
        "workload_gone" => "its workload is gone".to_owned(),
        "leaked" => "it leaked".to_owned(),
        other => sentence(other),
    }
}

/// What a threshold limits, and its unit.
pub fn threshold(name: &str) -> (String, &'static str) {
    let (stem, unit) = match name.rsplit_once('_') {
        Some((stem, "days")) => (stem, "days"),
        Some((stem, "hours")) => (stem, "hours"),
        Some((stem, "percent")) => (stem, "%"),
        _ => (name, ""),
    };
    let title = match stem {
        "access_key_max_age" => "Rotate access keys every",
        "service_account_key_max_age" => "Rotate service account keys every",
        "api_key_max_age" => "Rotate API keys every",
        "client_secret_max_age" => "Rotate client secrets every",
        "ssh_key_max_age" => "Rotate SSH keys every",
        "credential_max_lifetime" => "Longest lifetime of a credential",
        "short_lived" => "Short-lived is at most",
        "access_key_unused" => "Access key counts as unused after",
        "credential_unused" => "Other credential counts as unused after",
        "stale" => "Identity counts as left over after",
        "review_period" => "Review at least every",
        "source_fresh" => "An export is fresh for",
        "certificate_alert" => "Alert before a certificate ends",
        "governed_target" => "Target of the governed share",
        _ => return (sentence(name), unit),
    };
    (title.to_owned(), unit)
}

/// How much an identity can do.
pub fn tier(tier: &str) -> &'static str {
    match tier {
        "administrator" => "Administrator",
        "escalates" => "Can become an administrator",
        "sensitive_data" => "Reads secrets or stored data",
        "write" => "Changes things",
        "read" => "Reads lists and descriptions",
        _ => "Nothing that an export tells",
    }
}

/// What a kind of node is called, for one and for many.
pub fn node_kind(kind: &str) -> (&str, &str) {
    match kind {
        "identity" => ("identity", "identities"),
        "credential" => ("credential", "credentials"),
        "owner" => ("owner", "owners"),
        "role" => ("role", "roles"),
        "group" => ("group", "groups"),
        "policy" => ("policy", "policies"),
        "resource" => ("resource", "resources"),
        "workload" => ("workload", "workloads"),
        "trust_source" => ("source of trust", "sources of trust"),
        "environment" => ("environment", "environments"),
        other => (other, other),
    }
}

/// What a KPI's number counts, for one and for many.
pub fn unit(unit: &str) -> (&str, &str) {
    match unit {
        "identities" => ("identity", "identities"),
        "people" => ("person", "people"),
        "credentials" => ("credential", "credentials"),
        "certificates" => ("certificate", "certificates"),
        "grants" => ("grant", "grants"),
        "services" => ("service", "services"),
        "days" => ("day", "days"),
        "per_human" => ("for each person", "for each person"),
        "per_week" => ("a week", "a week"),
        other => (other, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::credential::CredentialKind;
    use crate::model::identity::IdentityKind;
    use crate::model::thresholds::ThresholdId;

    #[test]
    fn no_stable_word_reaches_a_reader_raw() {
        let words = IdentityKind::ALL.map(IdentityKind::id).into_iter();
        for word in words.chain(CredentialKind::ALL.map(CredentialKind::id)) {
            let text = sentence(word);
            assert!(
                !text.contains('_') && text.starts_with(char::is_uppercase),
                "{word} → {text}"
            );
        }
    }

    #[test]
    fn every_threshold_has_words_and_a_unit() {
        for name in ThresholdId::ALL.map(ThresholdId::name) {
            let (title, unit) = threshold(name);
            assert!(title != sentence(name) && !unit.is_empty(), "{name}");
        }
    }

    #[test]
    fn nothing_recorded_has_a_name() {
        for facet in Facet::ALL {
            let expected = match facet {
                Facet::AuthorityExpiry => "No authority",
                Facet::Lacks => "Nothing, or more",
                _ => "None recorded",
            };
            assert_eq!(facet_value(facet, ""), expected);
        }
        assert_eq!(facet_value(Facet::Owner, "jo_doe"), "jo_doe");
        assert_eq!(facet_value(Facet::Kind, "service_account"), "Service account");
    }
}
