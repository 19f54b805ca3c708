//! THE table of KPIs: what each one asks, of whom, and by whose limit. `formulas.rs` answers in the same order.

use serde::{Deserialize, Serialize};

/// What sort of number a KPI is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KpiKind {
    Share,
    Count,
    Distribution,
    Duration,
}

/// What a KPI counts: the list that shows its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Identities,
    Credentials,
    Certificates,
    Findings,
    /// Rows that are shown elsewhere: sources, grants, trusts.
    None,
}

/// One KPI in words. Ids are public: never reused, never renamed.
pub struct Kpi {
    pub id: &'static str,
    pub title: &'static str,
    pub question: &'static str,
    pub kind: KpiKind,
    pub table: Table,
    /// Population → test, and when a subject is unknown.
    pub formula: &'static str,
    /// Rises when the formula changes, so that old numbers are not compared with new ones.
    pub version: u32,
    /// Which way is better.
    pub better: Better,
    /// The standards that ask for it.
    pub standards: &'static [&'static str],
}

/// Which way a number should move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
    Neither,
}

/// The row of an id.
pub fn find(id: &str) -> Option<&'static Kpi> {
    KPIS.iter().find(|kpi| kpi.id == id)
}

/// The criteria of "governed", in the order in which they are explained.
pub const CRITERIA: [&str; 6] = ["owner", "purpose", "environment", "rotation", "reviewed", "clean"];

const fn share(
    id: &'static str,
    title: &'static str,
    question: &'static str,
    table: Table,
    formula: &'static str,
) -> Kpi {
    Kpi {
        id,
        title,
        question,
        kind: KpiKind::Share,
        table,
        formula,
        version: 1,
        better: Better::Higher,
        standards: &[],
    }
}

const fn count(
    id: &'static str,
    title: &'static str,
    question: &'static str,
    table: Table,
    formula: &'static str,
) -> Kpi {
    Kpi {
        kind: KpiKind::Count,
        better: Better::Neither,
        ..share(id, title, question, table, formula)
    }
}

pub const KPIS: &[Kpi] = &[
    count(
        "nhi.total",
        "Non-human identities",
        "How many non-human identities are there?",
        Table::Identities,
        "identities in scope that are not people; those of which no export tells whether they are people are counted as unknown",
    ),
    Kpi {
        ..count(
            "human.total",
            "People",
            "How many people are there?",
            Table::Identities,
            "active people of the roster; without a roster, human identities, one for each e-mail address",
        )
    },
    Kpi {
        ..count(
            "nhi.per_human",
            "Non-human identities per person",
            "How many for each person?",
            Table::None,
            "non-human identities ÷ people",
        )
    },
    Kpi {
        standards: &["OWASP NHI Top 10 2025", "CIS Controls 8.1 5.5"],
        ..share(
            "governed",
            "Governed",
            "What share is under governance?",
            Table::Identities,
            "non-human identities in scope → every criterion in force holds; unknown when none fails and one is unknown",
        )
    },
    Kpi {
        standards: &["OWASP NHI1:2025", "CIS Controls 8.1 5.5"],
        ..share(
            "owner",
            "Owned",
            "Does somebody answer for it?",
            Table::Identities,
            "non-human identities in scope → a person or team is recorded and not known to have left; unknown when the roster knows nobody of that name",
        )
    },
    Kpi {
        standards: &["CIS Controls 8.1 5.5"],
        ..share(
            "purpose",
            "Purpose recorded",
            "Is it known what it is for?",
            Table::Identities,
            "non-human identities in scope → a purpose is recorded (registry, tag, annotation, description)",
        )
    },
    Kpi {
        standards: &["OWASP NHI8:2025"],
        ..share(
            "environment",
            "Environment known",
            "Is its environment known?",
            Table::Identities,
            "non-human identities in scope → classified by registry, tag, source or rule",
        )
    },
    Kpi {
        standards: &["OWASP NHI7:2025"],
        ..share(
            "rotation",
            "Rotated in time",
            "Are all its credentials inside their maximum age?",
            Table::Identities,
            "non-human identities in scope → every active credential is inside its maximum age or lifetime, or short-lived or federated; unknown when an age is not reported",
        )
    },
    Kpi {
        standards: &["CIS Controls 8.1 5.5"],
        version: 2,
        ..share(
            "reviewed",
            "Reviewed",
            "Was it reviewed in time?",
            Table::Identities,
            "non-human identities in scope → the last review is inside the review period, by registry.csv or by a decision in reviews/ on the access that it has; unknown when the only one on record is later than the snapshot, or when the snapshot does not hold all of the access; not measured when the estate has no review at all",
        )
    },
    Kpi {
        standards: &["OWASP NHI Top 10 2025"],
        ..share(
            "clean",
            "No critical finding",
            "Is there no open critical finding?",
            Table::Identities,
            "non-human identities in scope → neither they nor the credentials they hold have an open critical finding without a waiver; unknown when a rule could not judge them, or their privilege is not known, and the finding would be critical; rules that nothing in the estate lets be evaluated are left out and named beside the number",
        )
    },
    share(
        "coverage.sources",
        "Sources covered",
        "Do we see every place identities live?",
        Table::None,
        "expected sources of rollcall.toml → present, complete and fresh; not claimable without a list of expected sources",
    ),
    Kpi {
        ..share(
            "coverage.environments",
            "Governed in each environment",
            "How does the governed share differ between environments?",
            Table::Identities,
            "non-human identities in scope, by environment → governed",
        )
    },
    Kpi {
        standards: &["CIS AWS 2.12", "CIS GCP 1.8", "CIS GCP 1.16", "OWASP NHI7:2025"],
        ..share(
            "credential.rotation",
            "Credentials inside maximum age",
            "Are credentials inside their maximum age?",
            Table::Credentials,
            "active access keys, client secrets, service-account keys, API keys and SSH keys → age ≤ maximum; unknown when the age is not reported",
        )
    },
    Kpi {
        kind: KpiKind::Distribution,
        better: Better::Lower,
        ..share(
            "credential.age",
            "Credential age",
            "How old are active credentials?",
            Table::Credentials,
            "active credentials, without federations and certificates → whole days since the secret was made",
        )
    },
    Kpi {
        standards: &["OWASP NHI7:2025"],
        ..share(
            "credential.long_lived",
            "Credentials with an end",
            "Which credentials never end?",
            Table::Credentials,
            "active credentials, without federations → ends, and within the maximum lifetime; unknown when no export tells",
        )
    },
    Kpi {
        standards: &["CIS AWS 2.11", "OWASP NHI1:2025"],
        ..share(
            "credential.unused",
            "Credentials in use",
            "Which credentials are not used?",
            Table::Credentials,
            "active credentials older than the window → used inside it; unknown when use is not reported",
        )
    },
    share(
        "credential.shortlived",
        "Secretless",
        "How much works without a stored secret?",
        Table::Identities,
        "non-human identities in scope that authenticate → only federated or short-lived credentials",
    ),
    share(
        "credential.vaulted",
        "Vaulted",
        "Which secrets live in a vault?",
        Table::Credentials,
        "active secrets that are stored for others to use → a vault or secrets manager lists it, or is the origin of the copy; unknown when no export says where it is kept",
    ),
    Kpi {
        standards: &["OWASP NHI8:2025", "OWASP NHI9:2025"],
        ..share(
            "credential.shared",
            "Credentials with one holder",
            "Which credentials serve several identities or environments?",
            Table::Credentials,
            "active credentials with a stable fingerprint → no other identity or environment has the same",
        )
    },
    Kpi {
        standards: &["OWASP NHI2:2025"],
        ..share(
            "credential.leaked",
            "Leaks shut",
            "Which leaked credentials still work?",
            Table::Credentials,
            "credentials that a leak scanner found → not active: switched off, revoked or ended; unknown when no export tells their state and the scanner did not try them",
        )
    },
    Kpi {
        kind: KpiKind::Duration,
        better: Better::Lower,
        version: 2,
        ..share(
            "time_to_rotate",
            "Time to rotate",
            "How long until a credential is replaced?",
            Table::Credentials,
            "active credentials that have a maximum age, over all snapshots until this one → the age that half do not outlast before another takes their place (Kaplan and Meier), with its 95 % band: not yet replaced is right-censored, replaced between two snapshots is interval-censored (Turnbull), and the ages before a credential was first seen count for nothing; fewer than 10 replacements give no median",
        )
    },
    Kpi {
        kind: KpiKind::Distribution,
        better: Better::Neither,
        ..share(
            "certificate.expiry",
            "Certificate expiry",
            "Which certificates end when?",
            Table::Certificates,
            "certificates → time from as_of to notAfter, in buckets of days of 86,400 seconds; those of authorities also in calendar months",
        )
    },
    Kpi {
        standards: &["CA/B Forum SC-081v3"],
        ..share(
            "certificate.validity",
            "Allowed lifetime",
            "Is each public certificate's lifetime allowed?",
            Table::Certificates,
            "publicly trusted server certificates → validity, with both its seconds and a day begun, ≤ the limit on the day of issue (private PKI is exempt); unknown when the certificate does not tell whether it is publicly trusted",
        )
    },
    Kpi {
        standards: &["CA/B Forum BR 6.1.5", "OWASP NHI4:2025"],
        ..share(
            "certificate.strength",
            "Sound keys",
            "Are keys and signatures sound?",
            Table::Certificates,
            "certificates → RSA or DSA ≥ 2048 bits or EC ≥ 256, and no MD2, MD5 or SHA-1 signature (that of a self-signed root does not count)",
        )
    },
    Kpi {
        standards: &["NIST SP 800-57"],
        ..share(
            "certificate.rekeyed",
            "New key at renewal",
            "Was each renewal a new key?",
            Table::Certificates,
            "certificates that renew an earlier one of the same subject, names and issuer in the snapshot → another public key",
        )
    },
    Kpi {
        ..count(
            "certificate.renewals",
            "Renewals a week",
            "What renewal work is coming?",
            Table::Certificates,
            "active certificates, not of authorities, that end within 26 weeks / 26; how many renewals the publicly trusted server certificates need under the limits of today, 2027 and 2029 stands beside",
        )
    },
    Kpi {
        better: Better::Lower,
        version: 2,
        ..count(
            "privilege.standing",
            "Standing privilege",
            "How much privilege stands open?",
            Table::Identities,
            "(non-human identity, administrator grant without expiry) pairs, those left out that its boundary or a denial cancels; unknown when no export defines the role, or tells what is left of it",
        )
    },
    Kpi {
        standards: &["OWASP NHI5:2025"],
        version: 2,
        ..share(
            "privilege.admin",
            "Not administrators",
            "Who is an administrator?",
            Table::Identities,
            "non-human identities in scope with grants → what they are given together is not everything in its scope, denials and permissions boundary counted; unknown when a condition decides, or when no export defines a role they have, or the boundary",
        )
    },
    Kpi {
        standards: &["OWASP NHI5:2025"],
        ..share(
            "privilege.escalation",
            "Cannot escalate",
            "Who can become an administrator?",
            Table::Identities,
            "non-human identities in scope that are no administrators, with grants or with a way up → no way up: no row of the catalogue of escalation paths that leads to an administrator, and no trust of one; unknown when a condition decides, when an export is missing, or where there is no catalogue for the platform",
        )
    },
    Kpi {
        standards: &["OWASP NHI5:2025"],
        ..share(
            "privilege.unused",
            "Privilege in use",
            "How much is never used?",
            Table::Identities,
            "enabled non-human identities in scope with grants that are older than the window → every service that an export says they are granted was used inside it (the level is services, not actions); unknown when no export tells; without any such export not measured, never 0",
        )
    },
    Kpi {
        standards: &["OWASP NHI5:2025"],
        better: Better::Lower,
        ..count(
            "privilege.unused_services",
            "Unused services",
            "How many granted services are never used?",
            Table::Identities,
            "(identity, granted service) pairs of the identities that `privilege.unused` judges, of which an export says that the service was not used inside the window; the list shows the identities",
        )
    },
    Kpi {
        standards: &["OWASP NHI8:2025"],
        ..share(
            "access.cross_environment",
            "Stays in its environment",
            "What crosses environments?",
            Table::Identities,
            "non-human identities in scope of an environment other than production → no chain of trusts lets them act as an identity of production; unknown when conditions or missing exports decide",
        )
    },
    Kpi {
        standards: &["OWASP NHI3:2025", "OWASP NHI6:2025"],
        ..share(
            "access.external",
            "Guarded outside trust",
            "Is every trust to the outside guarded?",
            Table::None,
            "trusts to accounts, tenants and issuers outside the estate → an external id, subject or audience is checked",
        )
    },
    Kpi {
        standards: &["OWASP NHI1:2025"],
        ..share(
            "lifecycle.stale",
            "In use",
            "What is left over?",
            Table::Identities,
            "non-human identities in scope, enabled, older than the window → used inside it; unknown when use is not reported",
        )
    },
    Kpi {
        standards: &["OWASP NHI1:2025"],
        ..share(
            "lifecycle.orphaned",
            "Somebody answers",
            "Who answers to nobody?",
            Table::Identities,
            "non-human identities in scope → an owner is recorded and has not left",
        )
    },
    Kpi {
        kind: KpiKind::Duration,
        better: Better::Lower,
        ..share(
            "time_to_revoke",
            "Time to revoke",
            "How fast do we remove?",
            Table::Identities,
            "identities whose date of retirement has come, whose owner left or whose workloads are gone, and leaked credentials, over all snapshots until this one → the time from then until they are gone or switched off, which lies between two snapshots, as for time_to_rotate; those that are still active are lower bounds",
        )
    },
    Kpi {
        standards: &["CIS Controls 8.1 5.5"],
        version: 2,
        ..share(
            "review.overdue",
            "Reviews in time",
            "Which reviews are late?",
            Table::Identities,
            "non-human identities in scope with a review → inside the period, and not void because the access has changed since; unknown when it is later than the snapshot, or when the snapshot does not hold all of the access",
        )
    },
    Kpi {
        standards: &["OWASP NHI10:2025"],
        version: 2,
        ..share(
            "human_use",
            "Not used by people",
            "Which are used by people?",
            Table::Identities,
            "non-human identities in scope, without root users, which people hold → no console password, MFA device or interactive sign-in; unknown when no export tells",
        )
    },
    count(
        "anomaly.leads",
        "Leads",
        "What changed in behaviour?",
        Table::Identities,
        "non-human identities in scope with activity exports → in the last 7 days of its logs a first use after 30 days of silence, or a service, Region, network or program never seen before in this snapshot's logs; at any time a person's program; unknown for those that were active on fewer than 5 days before, of whom no habit is known; leads to look at, never failures",
    ),
    count(
        "agent.total",
        "AI agents",
        "How many AI agents are there?",
        Table::Identities,
        "identities of kind agent",
    ),
    share(
        "agent.governed",
        "AI agents governed",
        "Are they governed?",
        Table::Identities,
        "identities of kind agent, in scope → governed",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_criteria_exist() {
        for (index, kpi) in KPIS.iter().enumerate() {
            assert!(KPIS[..index].iter().all(|other| other.id != kpi.id), "{}", kpi.id);
        }
        assert!(CRITERIA.iter().all(|id| find(id).is_some()));
    }
}
