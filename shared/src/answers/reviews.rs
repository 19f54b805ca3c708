//! Access reviews: how far they have come, and what a reviewer needs to know.

use hashbrown::HashMap;

use super::graph::Asked;
use super::safe_to_act::{WAYS, users_of};
use crate::access::digest::{AccessDigest, digests};
use crate::analysis::Analysis;
use crate::api::reviews::{
    MAX_PHRASES, OwnerReviews, Review, ReviewCounts, ReviewQuery, ReviewRow, ReviewState, Reviews,
};
use crate::graph::adjacency::Direction;
use crate::kpi::catalog::CRITERIA;
use crate::kpi::formulas;
use crate::model::batch::Decision;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{IdentityId, Seen};
use crate::model::strings::Sym;
use crate::model::thresholds::ThresholdId;
use crate::rules;

/// `GET /api/v1/reviews`.
pub fn reviews(analysis: &Analysis) -> Reviews {
    let snapshot = &analysis.snapshot;
    let mut by_owner: HashMap<Option<Sym>, ReviewCounts> = HashMap::new();
    let mut total = ReviewCounts::default();
    for id in reviewable(analysis) {
        for counts in [&mut total, by_owner.entry(owner_of(analysis, id)).or_default()] {
            count(counts, analysis, id);
        }
    }
    let mut owners: Vec<OwnerReviews> = by_owner
        .into_iter()
        .map(|(owner, counts)| OwnerReviews {
            owner: owner.map(|owner| snapshot.strings.get(owner).to_owned()),
            counts,
        })
        .collect();
    owners.sort_by(|a, b| (b.counts.n_to_review, &a.owner).cmp(&(a.counts.n_to_review, &b.owner)));
    let period = analysis.config.thresholds.get(ThresholdId::ReviewPeriodDays);
    Reviews {
        as_of: snapshot.as_of,
        period_days: period.value,
        period_set_by: period.set_by.clone(),
        not_measured: (!analysis.has_reviews()).then(|| formulas::NO_REVIEW.to_owned()),
        total,
        owners,
    }
}

/// `GET /api/v1/review?owner=…`: one window of what an owner is to review; `None` when they answer for nothing.
pub fn review(analysis: &Analysis, query: &ReviewQuery) -> Option<Review> {
    of_owner(analysis, &query.owner, query.offset, query.window())
}

/// All that an owner is to review, for a file; `None` when they answer for nothing.
pub fn review_whole(analysis: &Analysis, owner: &str) -> Option<Review> {
    of_owner(analysis, owner, 0, usize::MAX)
}

fn of_owner(analysis: &Analysis, owner: &str, offset: usize, n_rows: usize) -> Option<Review> {
    let snapshot = &analysis.snapshot;
    let wanted = owner.trim().to_lowercase();
    let is_of = |id: &IdentityId| {
        let owner = snapshot.identity(*id).owner;
        let is_named = |name: Option<Sym>| name.is_some_and(|name| snapshot.strings.get(name).to_lowercase() == wanted);
        match wanted.is_empty() {
            true => owner_of(analysis, *id).is_none(),
            false => is_named(owner.team) || is_named(owner.text),
        }
    };
    let mut ids: Vec<IdentityId> = reviewable(analysis).filter(is_of).collect();
    let first = *ids.first()?;
    // As it is written, whoever asked.
    let named = [snapshot.identity(first).owner.team, snapshot.identity(first).owner.text];
    let mut named = named.into_iter().flatten().map(|name| snapshot.strings.get(name));
    let owner = named.find(|name| name.to_lowercase() == wanted).map(str::to_owned);
    let mut counts = ReviewCounts::default();
    for id in &ids {
        count(&mut counts, analysis, *id);
    }
    ids.sort_by_key(|id| {
        let standing = analysis.access.standing(*id);
        let strength = std::cmp::Reverse((standing.tier, standing.at_most));
        (state(analysis, *id), strength, *id)
    });
    let window: Vec<IdentityId> = ids.into_iter().skip(offset).take(n_rows).collect();
    let asked = Asked::new(analysis);
    let rows = window.iter().zip(digests(snapshot, &window));
    let period = analysis.config.thresholds.get(ThresholdId::ReviewPeriodDays);
    Some(Review {
        as_of: snapshot.as_of,
        estate: analysis.config.estate_name.clone(),
        owner,
        period_days: period.value,
        period_set_by: period.set_by.clone(),
        counts,
        offset,
        rows: rows.map(|(id, digest)| row(analysis, &asked, *id, digest)).collect(),
    })
}

/// Whoever must be reviewed: non-human identities in scope.
fn reviewable(analysis: &Analysis) -> impl Iterator<Item = IdentityId> {
    let identities = &analysis.snapshot.identities;
    let ids = (0..identities.len() as u32).map(IdentityId);
    ids.filter(|id| formulas::in_scope(&identities[id.0 as usize]))
}

/// The team that answers for an identity, or the person who is in none.
fn owner_of(analysis: &Analysis, id: IdentityId) -> Option<Sym> {
    let owner = &analysis.snapshot.identity(id).owner;
    owner.team.or(owner.text)
}

fn state(analysis: &Analysis, id: IdentityId) -> ReviewState {
    let snapshot = &analysis.snapshot;
    match formulas::is_reviewed(analysis, id) {
        Verdict::Pass => ReviewState::InTime,
        Verdict::Unknown => ReviewState::Unknown,
        Verdict::Fail if snapshot.last_review(id).is_some() => ReviewState::Overdue,
        Verdict::Fail if snapshot.review_of(id).is_some() => ReviewState::Void,
        Verdict::Fail => ReviewState::Never,
    }
}

fn count(counts: &mut ReviewCounts, analysis: &Analysis, id: IdentityId) {
    let state = state(analysis, id);
    counts.n_identities += 1;
    let n = match state {
        ReviewState::Void => &mut counts.n_void,
        ReviewState::Overdue => &mut counts.n_overdue,
        ReviewState::Never => &mut counts.n_never,
        ReviewState::Unknown => &mut counts.n_unknown,
        ReviewState::InTime => &mut counts.n_in_time,
    };
    *n += 1;
    counts.n_to_review += usize::from(state < ReviewState::Unknown);
    let is_open = analysis.snapshot.review_of(id).is_some_and(|review| {
        review.seen == Seen::Same && matches!(review.decision, Decision::Change | Decision::Remove)
    });
    counts.n_not_carried_out += usize::from(is_open);
}

fn row(analysis: &Analysis, asked: &Asked<'_>, id: IdentityId, access: AccessDigest) -> ReviewRow {
    let snapshot = &analysis.snapshot;
    let index = id.0 as usize;
    let identity = snapshot.identity(id);
    let text = |sym: Option<Sym>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    let standing = analysis.access.standing(id);
    let can = snapshot.grants_of(identity).map(|grant| {
        let role = snapshot.strings.get(grant.role);
        match grant.resource {
            Some(resource) => format!("{role} on {}", snapshot.strings.get(resource)),
            None => role.to_owned(),
        }
    });
    let node = asked.graph.identity(id);
    let links = |direction| {
        let ways = WAYS.into_iter();
        let links = ways.flat_map(move |way| asked.graph.adjacency.links_of(node, direction, way));
        links.map(|link| asked.step(link.edge))
    };
    let works = snapshot
        .credentials_of(identity)
        .filter(|(_, credential)| credential.works(snapshot.as_of));
    let users = works.flat_map(|(credential, _)| users_of(asked, asked.graph.credential(credential)));
    let users = users.map(|user| user.sentence);
    let actors = links(Direction::In).filter(|step| !step.from.id.starts_with("credential:"));
    let open = analysis.findings.of_identity(analysis, id);
    let open = open.filter(|finding| finding.waiver.is_none());
    let failing = CRITERIA.iter().zip(analysis.criteria[index]);
    let review = snapshot.review_of(id);
    ReviewRow {
        identity: snapshot.strings.get(identity.id).to_owned(),
        name: snapshot.strings.get(identity.name).to_owned(),
        kind: identity.kind.id().to_owned(),
        source: snapshot.source(identity.source).name.clone(),
        environment: text(identity.environment),
        purpose: text(identity.purpose),
        tier: standing.tier.id().to_owned(),
        at_most: standing.at_most.id().to_owned(),
        can: phrases(can),
        may_act_as: phrases(links(Direction::Out).map(|step| step.to.label)),
        last_used: rules::last_use(identity.last_used, snapshot.as_of),
        would_break: phrases(users.chain(actors.map(|step| step.sentence))),
        failing: failing
            .filter(|(_, verdict)| *verdict == Some(Verdict::Fail))
            .map(|(criterion, _)| (*criterion).to_owned())
            .collect(),
        findings: phrases(open.map(|finding| format!("{}: {}", finding.severity.id(), finding.rule().title))),
        state: state(analysis, id),
        reviewed_at: snapshot.last_review(id).or(review.map(|review| review.decided_at)),
        decision: review.map(|review| review.decision.id().to_owned()),
        decided_by: text(review.and_then(|review| review.decided_by)),
        access_digest: access.text,
        access_sources: access.exports,
    }
}

/// The first phrases, each once, and how many more there are.
fn phrases(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    let mut n_more = 0;
    for phrase in all {
        match shown.len() < MAX_PHRASES {
            _ if shown.contains(&phrase) => {}
            true => shown.push(phrase),
            false => n_more += 1,
        }
    }
    if n_more > 0 {
        shown.push(format!("and {n_more} more"));
    }
    shown
}
