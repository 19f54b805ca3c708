//! Leads: what an identity did lately and never before in this snapshot's logs. Whoever looks decides what it was; nothing
//! here is a verdict, and nothing counts as a failure.
//!
//! Logs of earlier snapshots do not count: what a log of last month shows may be new here.

use crate::analysis::Analysis;
use crate::kpi::formulas::in_scope;
use crate::model::instant::Instant;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{Activity, Evidence, IdentityId};
use crate::model::strings::Sym;
use crate::model::usage::{Aspect, BROWSER, CONSOLE};

/// The last days of the logs are held against what was before: a week, so that every weekday is in it once.
pub const RECENT_DAYS: i64 = 7;
/// On how many days before those it must have been active: of less no habit can be told.
pub const MIN_BASELINE_DAYS: usize = 5;
/// How long nothing must have been seen of it for its return to be a lead.
pub const SILENT_DAYS: i64 = 30;

/// Why nothing is said of behaviour.
pub const NO_ACTIVITY: &str =
    "no export tells how identities act: add a log of their activity, such as CloudTrail or an audit log";

/// Something to look at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lead {
    pub kind: LeadKind,
    /// What was new: a Region, a network, a service, a program; the day of the return.
    pub value: Sym,
    pub at: Instant,
    /// Days on which it was active before the recent ones.
    pub n_days_before: usize,
    /// The last of them.
    pub last_before: Option<Instant>,
    pub evidence: Evidence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeadKind {
    /// A person's program, on an identity that is no person's. It needs nothing to be held against.
    HumanUserAgent,
    AfterSilence,
    NewService,
    NewRegion,
    NewNetwork,
    NewUserAgent,
}

impl LeadKind {
    /// The stable word in JSON.
    pub fn id(self) -> &'static str {
        match self {
            LeadKind::HumanUserAgent => "human_user_agent",
            LeadKind::AfterSilence => "after_silence",
            LeadKind::NewService => "new_service",
            LeadKind::NewRegion => "new_region",
            LeadKind::NewNetwork => "new_network",
            LeadKind::NewUserAgent => "new_user_agent",
        }
    }
}

/// What the logs of one identity come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// In the order of the kinds.
    pub leads: Vec<Lead>,
    /// Whether it was active often enough before for its habits to be known.
    pub has_baseline: bool,
}

/// What to look at; `None` for people, for what is out of scope, and where no log speaks of it.
pub fn of(analysis: &Analysis, id: IdentityId) -> Option<Looked> {
    let snapshot = &analysis.snapshot;
    let activities = snapshot.activities_of(id);
    if activities.is_empty() || !in_scope(snapshot.identity(id)) {
        return None;
    }
    // Each source's logs have an end of their own: the last days are those before that of its own logs.
    let source = |activity: &Activity| snapshot.source(snapshot.file(activity.evidence.file).source);
    let ends = activities.iter().map(|activity| source(activity).active_until);
    let recent_from = ends.max().flatten().unwrap_or(snapshot.as_of).plus_days(-RECENT_DAYS);
    let days = || activities.iter().filter(|activity| activity.aspect == Aspect::Day);
    let before = || days().filter(|day| day.first_at < recent_from);
    let (n_days_before, last_before) = (before().count(), before().map(|day| day.first_at).max());
    let has_baseline = n_days_before >= MIN_BASELINE_DAYS;
    let lead = |kind: LeadKind, activity: &Activity| Lead {
        kind,
        value: activity.value,
        at: activity.first_at,
        n_days_before,
        last_before,
        evidence: activity.evidence,
    };
    let mut leads = Vec::new();
    for activity in activities {
        let is_new = has_baseline && activity.first_at >= recent_from;
        let kind = match activity.aspect {
            Aspect::Day => continue,
            Aspect::UserAgent if [BROWSER, CONSOLE].contains(&snapshot.strings.get(activity.value)) => {
                Some(LeadKind::HumanUserAgent)
            }
            Aspect::Service => is_new.then_some(LeadKind::NewService),
            Aspect::Region => is_new.then_some(LeadKind::NewRegion),
            Aspect::Network => is_new.then_some(LeadKind::NewNetwork),
            Aspect::UserAgent => is_new.then_some(LeadKind::NewUserAgent),
        };
        leads.extend(kind.map(|kind| lead(kind, activity)));
    }
    let back = days()
        .filter(|day| day.first_at >= recent_from)
        .min_by_key(|day| day.first_at);
    if let (Some(back), Some(last)) = (back, last_before)
        && has_baseline
        && last.days_until(back.first_at) >= SILENT_DAYS
    {
        leads.push(lead(LeadKind::AfterSilence, back));
    }
    leads.sort_by_key(|lead| lead.kind);
    Some(Looked { leads, has_baseline })
}

/// In the population of the KPI: passes when there is something to look at, unknown where no habit can be told.
pub fn has_lead(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let looked = of(analysis, IdentityId(index as u32))?;
    match (looked.leads.is_empty(), looked.has_baseline) {
        (false, _) => Some(Verdict::Pass),
        (true, false) => Some(Verdict::Unknown),
        (true, true) => None,
    }
}
