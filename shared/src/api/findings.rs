//! `GET /api/v1/findings`, whose page holds [`FindingRow`]s, and `GET /api/v1/rules`.

use serde::{Deserialize, Serialize};

use crate::model::instant::Instant;

/// One finding. Column names are stable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// `CODE/SUBJECT`: the same in every snapshot in which it is found.
    pub key: String,
    /// The rule's code, never reused and never renamed.
    pub rule: String,
    pub title: String,
    /// `critical`, `high`, `medium` or `low`.
    pub severity: String,
    /// The facts that make it so: "administrator; usable from outside; works".
    pub because: String,
    /// `identity` or `credential`.
    pub subject: String,
    pub subject_id: String,
    pub subject_name: String,
    /// The kind of the identity or credential.
    pub kind: String,
    /// The identity that it is about, or that holds the credential, when an export lists it.
    pub identity: Option<String>,
    pub source: String,
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    /// What was seen, in a phrase.
    pub observed: String,
    /// What it is held against: `90 d`.
    pub threshold: Option<String>,
    pub threshold_set_by: Option<String>,
    /// Where it stands: `SOURCE/FILE`.
    pub file: Option<String>,
    /// Where in the file.
    pub place: Option<String>,
    /// The vendor's command that remedies it, as text to copy.
    pub command: Option<String>,
    /// Who waived it; `None` when nobody did.
    pub waived_by: Option<String>,
    pub waived_because: Option<String>,
    pub waived_until: Option<Instant>,
}

/// Every rule, with what it came to in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub as_of: Instant,
    /// In the order of the code table.
    pub rules: Vec<RuleView>,
    /// In the order of `rollcall.toml`, those that no longer hold among them.
    pub waivers: Vec<WaiverView>,
}

/// Findings that somebody accepts until a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaiverView {
    pub rule: String,
    /// A pattern of subjects' ids.
    pub subject: String,
    pub who: String,
    pub why: String,
    /// Midnight at the start of the last day on which it holds.
    pub until: Instant,
    /// Whether that day is over: its findings count again, and `rollcall check` fails.
    pub is_expired: bool,
    /// How many findings it waives.
    pub n_findings: u64,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    pub code: String,
    pub title: String,
    pub finds: String,
    pub why: String,
    pub cannot_see: Vec<String>,
    pub remedy: String,
    /// Whom it judges, and when one is unknown.
    pub population: String,
    pub references: Vec<ControlView>,
    /// The list whose rows it judges: `identities` or `credentials`.
    /// `finding=CODE`, with `verdict=unknown` or `verdict=pass`, lists them.
    pub list: Option<String>,
    /// Why it could not be evaluated in this snapshot; the counts are then absent.
    pub not_evaluated: Option<String>,
    pub n_judged: Option<u64>,
    pub n_passed: Option<u64>,
    /// Findings, waived ones among them.
    pub n_findings: Option<u64>,
    pub n_waived: Option<u64>,
    pub n_unknown: Option<u64>,
    /// The worst severity among its findings that are not waived.
    pub worst: Option<String>,
}

/// A control of a standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlView {
    /// `owasp_nhi`, `pci_dss`, `nist_sp_800_53`, `nist_csf`, `iso_27001`, `soc_2`, `cis_controls`, `cis_aws`,
    /// `cis_azure`, `cis_gcp`, `cis_kubernetes` or `cab_forum`.
    pub framework: String,
    /// The standard with its edition.
    pub framework_title: String,
    pub id: String,
    pub title: String,
}
