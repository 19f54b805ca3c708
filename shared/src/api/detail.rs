//! `GET /api/v1/identity?id=…`: everything about one identity, each fact with its evidence.

use serde::{Deserialize, Serialize};

use super::findings::FindingRow;
use super::leads::LeadView;
use super::rows::{CredentialRow, IdentityRow, LastUsedWord};
use crate::model::instant::Instant;
use crate::model::ratio::Verdict;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdentityDetail {
    pub as_of: Instant,
    pub row: IdentityRow,
    /// Every other name that an export has for it.
    pub other_ids: Vec<String>,
    pub criteria: Vec<CriterionView>,
    pub owners: Vec<OwnerView>,
    /// What each export says, field by field.
    pub facts: Vec<FactView>,
    /// What the exports that speak of it cannot tell, whoever reads them.
    pub exports: Vec<ExportView>,
    pub credentials: Vec<CredentialDetail>,
    /// What is wrong with it and with the credentials it holds, the worst first.
    pub findings: Vec<FindingRow>,
    /// Where its credentials, or secrets that a scanner calls its own, were found in the open.
    pub leaks: Vec<LeakView>,
    /// What it did lately and never before. None of it is a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadView>,
    /// What it can do altogether, by everything that gives and takes.
    pub access: AccessView,
    /// What it was given, grant by grant.
    pub grants: Vec<GrantView>,
    /// Who may act as it.
    pub actors: Vec<TrustView>,
    /// As whom it may act.
    pub targets: Vec<TrustView>,
    /// The services of its platform that it may use or did use.
    pub services: Vec<ServiceUseView>,
    /// Rows of a list that were cut off above [`MAX_RELATED`], by list name.
    pub cut: Vec<Cut>,
}

/// The most findings, leaks, ways up, grants, actors or targets in one answer: a page that nobody reads to the end.
pub const MAX_RELATED: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    pub list: String,
    pub n_total: usize,
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub source: String,
    pub file: String,
    /// `RoleDetailList[17]`, `line 12`.
    pub place: String,
    /// The connector that read it.
    pub connector: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CriterionView {
    /// A KPI id.
    pub id: String,
    /// `None` when the criterion is not measured in this estate.
    pub verdict: Option<Verdict>,
    /// Why, in a sentence with the value and the threshold.
    pub reason: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerView {
    /// As the export writes it.
    pub text: String,
    /// `registry`, `recorded`, `tag` or `description`.
    pub basis: String,
    /// The person of the roster it resolves to.
    pub person: Option<String>,
    /// `active`, `left`, `team`, or `unknown` when the roster knows nobody of that name.
    pub state: String,
    /// Whether this is the one that answers.
    pub counts: bool,
    pub evidence: Evidence,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactView {
    pub field: String,
    pub value: String,
    pub evidence: Evidence,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportView {
    pub connector: String,
    pub title: String,
    /// One sentence each, without a full stop.
    pub cannot_tell: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CredentialDetail {
    pub row: CredentialRow,
    /// Other identities that hold it.
    pub shared_with: Vec<Named>,
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeakView {
    /// What sort of secret it is, in the scanner's words.
    pub rule: String,
    pub scanner: String,
    /// The credential that it is; `None` when only the identity is known.
    pub credential: Option<String>,
    /// Repository, file, line and commit, as far as the scanner tells.
    pub found_in: String,
    pub leaked_at: Option<Instant>,
    /// Who put it there.
    pub author: Option<String>,
    /// `live`, `dead`, or `unknown` when the scanner did not try it.
    pub liveness: String,
    pub evidence: Evidence,
}

/// What an identity comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessView {
    /// How much it can do for certain, from least to most: `nothing`, `read`, `write`, `sensitive_data`, `escalates`,
    /// `administrator`.
    pub tier: String,
    /// The same where conditions and missing exports are taken to allow.
    pub at_most: String,
    /// How it can become an administrator, the certain ways first; empty when it is one.
    pub ways_up: Vec<WayUpView>,
    /// What `/api/v1/access` can be asked about it, as an example; `None` where nothing is known of its platform's rules.
    pub example: Option<AccessExample>,
}

/// A question in the words of an identity's platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessExample {
    pub action: String,
    pub resource: String,
}

/// A known way in which an identity becomes more than it was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayUpView {
    /// What it does, to go on after its name: "writes a new version of a policy and makes it the one in force".
    pub does: String,
    /// Whose power it gets; `None` where it writes its own permissions.
    pub through: Option<Named>,
    /// What this depends on, in words; empty when it is certain.
    pub depends_on: Vec<String>,
    /// Who describes the way: a URL.
    pub described_at: String,
    /// The statements, bindings and trusts that allow it.
    pub evidence: Vec<Evidence>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    pub role: String,
    pub resource: Option<String>,
    /// The group through which it is held.
    pub via: Option<String>,
    /// What is left of it under the identity's permissions boundary: `administrator`, `limited`, or `None` when no
    /// export defines the role or the boundary.
    pub privilege: Option<String>,
    pub conditional: bool,
    pub expires_at: Option<Instant>,
    pub evidence: Evidence,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrustView {
    /// The other side; its id when an export lists it.
    pub other: Named,
    /// `assumes`, `federates`, `impersonates` or `runs_as`.
    pub kind: String,
    /// `open`, `external_id`, `subject_or_audience` or `other_condition`; `not_reported` for a trust that was only
    /// seen in use.
    pub guard: String,
    /// The whole as a sentence: "`ci-deploy` may assume `prod-admin`."
    pub sentence: String,
    pub evidence: Evidence,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceUseView {
    /// The word that the platform's permissions begin with: `s3`.
    pub service: String,
    /// Whether an export says that it may use the service; `false` is not known.
    pub is_granted: bool,
    pub last_used: LastUsedWord,
    pub last_used_at: Option<Instant>,
    pub evidence: Evidence,
}

/// Something with a name, and an id when it is a listed identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub id: Option<String>,
    pub name: String,
}
