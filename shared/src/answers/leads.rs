//! What identities did lately and never before in this snapshot's logs.

use std::cmp::Reverse;

use crate::analysis::Analysis;
use crate::api::leads::{LeadView, Leads};
use crate::api::query::MAX_LIMIT;
use crate::kpi::leads::{Lead, LeadKind, MIN_BASELINE_DAYS, NO_ACTIVITY, RECENT_DAYS, SILENT_DAYS, of};
use crate::model::snapshot::IdentityId;
use crate::model::strings::Sym;

/// `GET /api/v1/leads`.
pub fn leads(analysis: &Analysis) -> Leads {
    at_most(analysis, MAX_LIMIT)
}

/// All of them, for a file.
pub fn leads_whole(analysis: &Analysis) -> Leads {
    at_most(analysis, usize::MAX)
}

fn at_most(analysis: &Analysis, n_leads: usize) -> Leads {
    let snapshot = &analysis.snapshot;
    let (mut n_identities, mut n_without_baseline) = (0, 0);
    let mut found: Vec<(IdentityId, Lead)> = Vec::new();
    for id in (0..snapshot.identities.len() as u32).map(IdentityId) {
        if let Some(looked) = of(analysis, id) {
            n_identities += 1;
            n_without_baseline += usize::from(!looked.has_baseline);
            found.extend(looked.leads.into_iter().map(|lead| (id, lead)));
        }
    }
    found.sort_by_key(|(id, lead)| (lead.kind, Reverse(lead.at), *id));
    Leads {
        as_of: snapshot.as_of,
        not_measured: snapshot.activities.is_empty().then(|| NO_ACTIVITY.to_owned()),
        active_from: snapshot.activities.iter().map(|activity| activity.first_at).min(),
        active_until: snapshot.sources.iter().filter_map(|source| source.active_until).max(),
        recent_days: RECENT_DAYS,
        min_baseline_days: MIN_BASELINE_DAYS,
        silent_days: SILENT_DAYS,
        n_identities,
        n_without_baseline,
        n_leads: found.len(),
        leads: found
            .iter()
            .take(n_leads)
            .map(|(id, lead)| view(analysis, *id, lead))
            .collect(),
    }
}

/// What one identity did lately and never before.
pub(super) fn of_identity(analysis: &Analysis, id: IdentityId) -> Vec<LeadView> {
    let looked = of(analysis, id);
    let leads = looked.iter().flat_map(|looked| &looked.leads);
    leads.map(|lead| view(analysis, id, lead)).collect()
}

fn view(analysis: &Analysis, id: IdentityId, lead: &Lead) -> LeadView {
    let snapshot = &analysis.snapshot;
    let identity = snapshot.identity(id);
    let text = |sym: Option<Sym>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    LeadView {
        kind: lead.kind.id().to_owned(),
        identity: snapshot.strings.get(identity.id).to_owned(),
        name: snapshot.strings.get(identity.name).to_owned(),
        source: snapshot.source(identity.source).name.clone(),
        environment: text(identity.environment),
        owner: text(identity.owner.text),
        team: text(identity.owner.team),
        value: snapshot.strings.get(lead.value).to_owned(),
        at: lead.at,
        sentence: sentence(lead, snapshot.strings.get(lead.value)),
        evidence: super::evidence(snapshot, lead.evidence),
    }
}

fn sentence(lead: &Lead, value: &str) -> String {
    let day = lead.at.to_date_text();
    let never_before = |what: &str| {
        let n_days = lead.n_days_before;
        format!("It {what} {value} on {day}, and on none of the {n_days} days before on which it was active.")
    };
    match (lead.kind, lead.last_before) {
        (LeadKind::HumanUserAgent, _) => format!("Somebody used it with a {value} on {day}, and it is no person's."),
        (LeadKind::AfterSilence, Some(last)) => {
            let n_days = last.days_until(lead.at);
            format!("It was active on {day}, after {n_days} days without a trace.")
        }
        (LeadKind::AfterSilence, None) => format!("It was active on {day}, after a silence."),
        (LeadKind::NewService, _) => never_before("used"),
        (LeadKind::NewRegion, _) => never_before("acted in"),
        (LeadKind::NewNetwork, _) => never_before("came from"),
        (LeadKind::NewUserAgent, _) => never_before("used the program"),
    }
}
