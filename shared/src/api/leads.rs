//! `GET /api/v1/leads`: what identities did lately and never before in this snapshot's logs.

use serde::{Deserialize, Serialize};

use super::detail::Evidence;
use crate::model::instant::Instant;

/// Things to look at. They are no verdicts, and no finding counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leads {
    pub as_of: Instant,
    /// Why there are none to be had; `None` when some log tells how identities act.
    pub not_measured: Option<String>,
    /// The oldest instant that any log of the snapshot speaks of: what was before, nothing here knows.
    pub active_from: Option<Instant>,
    /// The newest one, until that of the snapshot. Each source's logs have an end of their own.
    pub active_until: Option<Instant>,
    /// The last days of an identity's logs, which are held against those before.
    pub recent_days: i64,
    /// On how many days before an identity must have been active for its habits to be known.
    pub min_baseline_days: usize,
    pub silent_days: i64,
    /// Non-human identities in scope of which some log speaks.
    pub n_identities: usize,
    /// Of these, those whose habits are not known: only people's programs are looked for.
    pub n_without_baseline: usize,
    pub n_leads: usize,
    /// By kind, then the newest first; at most [`super::query::MAX_LIMIT`].
    pub leads: Vec<LeadView>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadView {
    /// `human_user_agent`, `after_silence`, `new_service`, `new_region`, `new_network` or `new_user_agent`.
    pub kind: String,
    pub identity: String,
    pub name: String,
    pub source: String,
    pub environment: Option<String>,
    pub owner: Option<String>,
    pub team: Option<String>,
    /// What was new: `eu-west-3`, `192.0.2.0/24`, `kms`, `curl`; the day of the return.
    pub value: String,
    pub at: Instant,
    /// Why it is one, in a sentence.
    pub sentence: String,
    pub evidence: Evidence,
}
