//! Everything about one identity.

use std::collections::BTreeSet;

use crate::access::decision::{Dependency, Holds};
use crate::access::escalation::{Escalation, Through};
use crate::access::example;
use crate::analysis::{Analysis, Force};
use crate::api::detail::{
    AccessExample, AccessView, CredentialDetail, CriterionView, Cut, Evidence as EvidenceView, ExportView, FactView,
    GrantView, IdentityDetail, LeakView, MAX_RELATED, Named, OwnerView, ServiceUseView, TrustView, WayUpView,
};
use crate::api::findings::FindingRow;
use crate::connectors::CONNECTORS;
use crate::kpi::catalog::CRITERIA;
use crate::kpi::formulas;
use crate::lists;
use crate::merge::owners;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::grant::TrustGuard;
use crate::model::identity::{Knowledge, OwnerBasis};
use crate::model::instant::{Expiry, Instant};
use crate::model::principal::Principal;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{
    Credential, CredentialId, Evidence, Grant, Identity, IdentityId, Leak, OwnerState, Review, Seen, ServiceUse,
    Snapshot, Trust,
};
use crate::model::thresholds::ThresholdId;
use crate::model::usage::Granted;
use crate::rules::severity::Severity;

/// `GET /api/v1/identity?id=…`; `None` when the snapshot does not list it.
pub fn identity(analysis: &Analysis, id: &str) -> Option<IdentityDetail> {
    let snapshot = &analysis.snapshot;
    let identity_id = snapshot.find(id)?;
    let index = identity_id.0 as usize;
    let identity = snapshot.identity(identity_id);
    let mut cut = Vec::new();
    let mut capped = |list: &str, n_total: usize| {
        if n_total > MAX_RELATED {
            cut.push(Cut {
                list: list.to_owned(),
                n_total,
            });
        }
    };
    let acting_as = |trust: &&Trust| trust.target_identity == Some(identity_id);
    let acting = |trust: &&Trust| trust.actor_identity == Some(identity_id);
    let leaks = leaks(snapshot, identity_id);
    let access = access(analysis, identity_id);
    capped("ways_up", access.ways_up.len());
    capped("findings", analysis.findings.of_identity(analysis, identity_id).count());
    capped("leaks", leaks.len());
    capped("grants", identity.grants.len());
    capped("actors", snapshot.trusts.iter().filter(acting_as).count());
    capped("targets", snapshot.trusts.iter().filter(acting).count());
    Some(IdentityDetail {
        as_of: snapshot.as_of,
        row: lists::identity_row(analysis, index),
        other_ids: other_ids(snapshot, identity),
        criteria: CRITERIA
            .iter()
            .enumerate()
            .map(|(at, id)| criterion(analysis, index, at, id))
            .collect(),
        owners: owner_views(snapshot, index),
        facts: facts(snapshot, identity),
        exports: exports(snapshot, identity),
        credentials: credentials(analysis, identity_id),
        findings: findings(analysis, identity_id),
        leaks: leaks.into_iter().take(MAX_RELATED).collect(),
        leads: super::leads::of_identity(analysis, identity_id),
        access: AccessView {
            ways_up: access.ways_up.into_iter().take(MAX_RELATED).collect(),
            ..access
        },
        grants: snapshot
            .grants_of(identity)
            .take(MAX_RELATED)
            .map(|grant| grant_view(analysis, identity_id, grant))
            .collect(),
        actors: snapshot
            .trusts
            .iter()
            .filter(acting_as)
            .take(MAX_RELATED)
            .map(|trust| actor_view(snapshot, trust))
            .collect(),
        targets: snapshot
            .trusts
            .iter()
            .filter(acting)
            .take(MAX_RELATED)
            .map(|trust| target_view(snapshot, trust))
            .collect(),
        services: snapshot
            .services_of(identity)
            .iter()
            .map(|used| service_view(snapshot, used))
            .collect(),
        cut,
    })
}

/// A place in words.
pub fn evidence(snapshot: &Snapshot, evidence: Evidence) -> EvidenceView {
    let file = snapshot.file(evidence.file);
    EvidenceView {
        source: snapshot.source(file.source).name.clone(),
        file: file.path.clone(),
        place: evidence.place.to_text(&snapshot.strings),
        connector: file.connector.unwrap_or_default().to_owned(),
    }
}

fn other_ids(snapshot: &Snapshot, identity: &Identity) -> Vec<String> {
    let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
    let mut ids: Vec<String> = handles
        .map(|handle| format!("{}{}", handle.kind.prefix(), snapshot.strings.get(handle.text)))
        .collect();
    ids.sort();
    ids.dedup();
    ids.retain(|id| id != snapshot.strings.get(identity.id));
    ids
}

fn criterion(analysis: &Analysis, index: usize, at: usize, id: &str) -> CriterionView {
    let identity = &analysis.snapshot.identities[index];
    let verdict = analysis.criteria[index][at];
    let reason = match analysis.in_force[at] {
        Force::NotMeasured => "No review is recorded anywhere in the estate.".to_owned(),
        Force::InForce | Force::SwitchedOff if !formulas::in_scope(identity) => {
            "Out of the governance scope.".to_owned()
        }
        Force::InForce | Force::SwitchedOff if id == "clean" => clean_reason(analysis, index),
        Force::InForce | Force::SwitchedOff => reason(analysis, identity, id),
    };
    let verdict = if analysis.in_force[at] == Force::NotMeasured {
        None
    } else {
        verdict
    };
    CriterionView {
        id: id.to_owned(),
        verdict,
        reason,
    }
}

/// Why a criterion holds or does not, with the value and the limit.
fn reason(analysis: &Analysis, identity: &Identity, id: &str) -> String {
    let text = |sym| analysis.snapshot.strings.get_or_empty(sym);
    match id {
        "owner" => match identity.owner.state {
            OwnerState::Active => format!("{} answers for it.", text(identity.owner.text)),
            OwnerState::Recorded => format!(
                "{} is recorded; there is no roster to check against.",
                text(identity.owner.text)
            ),
            OwnerState::Unresolved => format!(
                "“{}” is recorded, but the roster knows nobody of that name.",
                text(identity.owner.text)
            ),
            OwnerState::Left => format!("{} is recorded, and left.", text(identity.owner.text)),
            OwnerState::Absent => "No owner is recorded.".to_owned(),
        },
        "purpose" => match identity.purpose {
            Some(_) => "A purpose is recorded.".to_owned(),
            None => "No purpose is recorded.".to_owned(),
        },
        "environment" => match identity.environment {
            Some(environment) => format!("It is in {}.", text(Some(environment))),
            None => "No registry row, tag, source or rule names its environment.".to_owned(),
        },
        "rotation" => rotation_reason(analysis, identity),
        "reviewed" => {
            let limit = analysis.config.thresholds.get(ThresholdId::ReviewPeriodDays);
            let due = format!("due every {} days ({})", limit.value, limit.set_by);
            let of_identity = analysis.snapshot.find(text(Some(identity.id)));
            let last = of_identity.and_then(|id| analysis.snapshot.last_review(id));
            let review = of_identity.and_then(|id| analysis.snapshot.review_of(id));
            match (last, review) {
                (
                    Some(at),
                    Some(Review {
                        seen: Seen::Unknown, ..
                    }),
                ) => format!(
                    "Last reviewed on {}; the snapshot does not hold all of its access, so whether that has changed since is not known; {due}.",
                    at.to_date_text()
                ),
                (Some(at), _) => format!("Last reviewed on {}; {due}.", at.to_date_text()),
                (None, Some(void)) => format!(
                    "Reviewed on {}, and its access has changed since: that review is void; {due}.",
                    void.decided_at.to_date_text()
                ),
                (None, None) => format!("Never reviewed; {due}."),
            }
        }
        _ => String::new(),
    }
}

fn clean_reason(analysis: &Analysis, index: usize) -> String {
    let findings = &analysis.findings;
    match findings.clean[index] {
        Verdict::Pass => "No critical finding is open.".to_owned(),
        Verdict::Unknown => {
            "Its privilege, or what a rule needs to know, is not reported: a finding may be critical.".to_owned()
        }
        Verdict::Fail => {
            let id = IdentityId(index as u32);
            let critical = findings
                .of_identity(analysis, id)
                .filter(|finding| finding.severity == Severity::Critical && finding.waiver.is_none());
            let titles: Vec<String> = critical.map(|finding| finding.rule().title.to_lowercase()).collect();
            format!("Critical: {}.", titles.join(", "))
        }
    }
}

fn rotation_reason(analysis: &Analysis, identity: &Identity) -> String {
    let snapshot = &analysis.snapshot;
    let active: Vec<_> = snapshot
        .credentials_of(identity)
        .filter(|(_, credential)| formulas::is_active(credential, snapshot.as_of))
        .collect();
    let n_of = |verdict: Verdict| {
        active
            .iter()
            .filter(|(_, credential)| formulas::is_inside_limit(analysis, credential) == verdict)
            .count()
    };
    let (n_late, n_unknown) = (n_of(Verdict::Fail), n_of(Verdict::Unknown));
    match (active.len(), n_late, n_unknown) {
        (0, ..) if identity.credentials_known == Knowledge::NotReported => {
            "No export tells which credentials it has.".to_owned()
        }
        (0, ..) => "It has no stored credential that is active.".to_owned(),
        (n_active, 0, 0) => format!("All {n_active} active credentials are inside their limit."),
        (n_active, 0, n_unknown) => format!("The age of {n_unknown} of {n_active} active credentials is not reported."),
        (n_active, n_late, _) => format!("{n_late} of {n_active} active credentials are beyond their limit."),
    }
}

fn owner_views(snapshot: &Snapshot, index: usize) -> Vec<OwnerView> {
    let claims = owners(snapshot, index);
    claims
        .into_iter()
        .enumerate()
        .map(|(at, claim)| OwnerView {
            text: snapshot.strings.get(claim.written).to_owned(),
            basis: basis_word(claim.basis).to_owned(),
            person: (claim.resolved.text != claim.written)
                .then(|| snapshot.strings.get(claim.resolved.text).to_owned()),
            state: match claim.resolved.state {
                OwnerState::Active if claim.resolved.team == Some(claim.resolved.text) => "team",
                OwnerState::Active => "active",
                OwnerState::Left => "left",
                OwnerState::Recorded | OwnerState::Unresolved | OwnerState::Absent => "unknown",
            }
            .to_owned(),
            counts: at == 0,
            evidence: evidence(snapshot, claim.evidence),
        })
        .collect()
}

fn basis_word(basis: OwnerBasis) -> &'static str {
    match basis {
        OwnerBasis::Registry => "registry",
        OwnerBasis::Recorded => "recorded",
        OwnerBasis::Tag => "tag",
        OwnerBasis::Description => "description",
    }
}

fn facts(snapshot: &Snapshot, identity: &Identity) -> Vec<FactView> {
    let mut views = Vec::new();
    for fact in snapshot.facts_of(identity) {
        let from = evidence(
            snapshot,
            Evidence {
                file: fact.file,
                place: fact.fact.place,
            },
        );
        for (field, value) in fact.fact.stated(&snapshot.strings) {
            views.push(FactView {
                field: field.to_owned(),
                value,
                evidence: from.clone(),
            });
        }
    }
    views.sort_by(|a, b| a.field.cmp(&b.field));
    views
}

/// The kinds of export that speak of an identity, with what each leaves open.
fn exports(snapshot: &Snapshot, identity: &Identity) -> Vec<ExportView> {
    let facts = snapshot.facts_of(identity).iter();
    let spoke: BTreeSet<&str> = facts.filter_map(|fact| snapshot.file(fact.file).connector).collect();
    let known = CONNECTORS.iter().filter(|connector| spoke.contains(connector.id));
    known
        .map(|connector| ExportView {
            connector: connector.id.to_owned(),
            title: format!("{} {}", connector.vendor, connector.title),
            cannot_tell: connector.cannot_tell.iter().map(|it| (*it).to_owned()).collect(),
        })
        .collect()
}

fn credentials(analysis: &Analysis, id: IdentityId) -> Vec<CredentialDetail> {
    let snapshot = &analysis.snapshot;
    let held = snapshot.credentials_of(snapshot.identity(id));
    held.map(|(credential_id, credential)| CredentialDetail {
        row: lists::credential_row(analysis, credential_id.0 as usize),
        shared_with: credential
            .holders
            .iter()
            .filter(|holder| **holder != id)
            .map(|holder| named(snapshot, *holder))
            .collect(),
        evidence: credential
            .evidence
            .iter()
            .map(|place| evidence(snapshot, *place))
            .collect(),
    })
    .collect()
}

fn findings(analysis: &Analysis, id: IdentityId) -> Vec<FindingRow> {
    let findings = analysis.findings.of_identity(analysis, id).take(MAX_RELATED);
    findings.map(|finding| lists::finding_row(analysis, finding)).collect()
}

/// Leaks of the identity's credentials, and those that the scanner alone calls its own.
fn leaks(snapshot: &Snapshot, id: IdentityId) -> Vec<LeakView> {
    let view = |leak: &Leak, credential: Option<&Credential>| LeakView {
        rule: snapshot.strings.get(leak.fact.rule).to_owned(),
        scanner: snapshot.strings.get(leak.fact.scanner).to_owned(),
        credential: credential.map(|of| snapshot.strings.get(of.name.unwrap_or(of.key)).to_owned()),
        found_in: snapshot.strings.get(leak.fact.found_in).to_owned(),
        leaked_at: leak.fact.leaked_at,
        author: leak.fact.author.map(|author| snapshot.strings.get(author).to_owned()),
        liveness: leak.fact.liveness.id().to_owned(),
        evidence: evidence(
            snapshot,
            Evidence {
                file: leak.file,
                place: leak.fact.place,
            },
        ),
    };
    let held = |leak: &&Leak| {
        let holds = |credential: &CredentialId| snapshot.credential(*credential).holders.contains(&id);
        leak.credentials.iter().any(holds)
    };
    let of_credentials = snapshot
        .credentials_of(snapshot.identity(id))
        .flat_map(|(_, credential)| snapshot.leaks_of(credential).map(move |leak| (leak, Some(credential))));
    let of_identity = snapshot
        .leaks
        .iter()
        .filter(|leak| leak.identities.contains(&id) && !held(leak))
        .map(|leak| (leak, None));
    of_credentials
        .chain(of_identity)
        .map(|(leak, credential)| view(leak, credential))
        .collect()
}

pub(super) fn named(snapshot: &Snapshot, id: IdentityId) -> Named {
    let identity = snapshot.identity(id);
    Named {
        id: Some(snapshot.strings.get(identity.id).to_owned()),
        name: snapshot.strings.get(identity.name).to_owned(),
    }
}

fn access(analysis: &Analysis, id: IdentityId) -> AccessView {
    let standing = analysis.access.standing(id);
    let mut ways_up = match standing.is_administrator {
        Holds::Yes => Vec::new(),
        Holds::No | Holds::Maybe => analysis.access.escalations(&analysis.snapshot, id),
    };
    ways_up.sort_by_key(|way| std::cmp::Reverse(way.outcome));
    AccessView {
        tier: standing.tier.id().to_owned(),
        at_most: standing.at_most.id().to_owned(),
        ways_up: ways_up.iter().map(|way| way_up(&analysis.snapshot, way)).collect(),
        example: example(&analysis.snapshot, id).map(|(action, resource)| AccessExample {
            action: action.to_owned(),
            resource: resource.to_owned(),
        }),
    }
}

fn way_up(snapshot: &Snapshot, way: &Escalation) -> WayUpView {
    let mut places: Vec<Evidence> = way.proof.iter().map(|reason| reason.evidence).collect();
    places.dedup();
    WayUpView {
        does: way.path.does.to_owned(),
        through: way.through.map(|through| match through {
            Through::Identity(id) => named(snapshot, id),
            Through::Group(group) => Named {
                id: None,
                name: snapshot.strings.get(group).to_owned(),
            },
        }),
        depends_on: way.depends_on.iter().map(|on| dependency(snapshot, on)).collect(),
        described_at: way.path.source.to_owned(),
        evidence: places.into_iter().map(|place| evidence(snapshot, place)).collect(),
    }
}

/// What an answer depends on, as the end of "it depends on".
pub(super) fn dependency(snapshot: &Snapshot, on: &Dependency) -> String {
    match on {
        Dependency::Condition(key) => format!("the condition on {key}"),
        Dependency::Policy(policy) => {
            let policy = snapshot.strings.get(*policy);
            format!("what {policy} allows, which no export defines")
        }
        Dependency::Conflict(policy) => {
            let policy = snapshot.strings.get(*policy);
            format!("which of the exports is right that define {policy} differently")
        }
        Dependency::Power(id) => format!("how much {} can do, which is not certain", named(snapshot, *id).name),
        Dependency::Export(what) => (*what).to_owned(),
    }
}

fn grant_view(analysis: &Analysis, holder: IdentityId, grant: &Grant) -> GrantView {
    let snapshot = &analysis.snapshot;
    let text = |sym: Option<_>| sym.map(|sym| snapshot.strings.get(sym).to_owned());
    GrantView {
        role: snapshot.strings.get(grant.role).to_owned(),
        resource: text(grant.resource),
        via: match grant.subject {
            Principal::Group(group) => text(Some(group)),
            Principal::Identity(_)
            | Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Federated { .. }
            | Principal::Workload(_)
            | Principal::Named(_) => None,
        },
        privilege: (analysis.access.left_of(snapshot, holder, grant)).map(|privilege| match privilege {
            Privilege::Administrator => "administrator".to_owned(),
            Privilege::Limited => "limited".to_owned(),
        }),
        conditional: grant.conditional == Conditional::OnCondition,
        expires_at: match grant.expires_at {
            Expiry::At(end) => Some(end),
            Expiry::Never | Expiry::NotReported => None,
        },
        evidence: evidence(snapshot, grant.evidence),
    }
}

/// The trust seen from the identity that is acted as.
fn actor_view(snapshot: &Snapshot, trust: &Trust) -> TrustView {
    let other = trust
        .actor_identity
        .map_or_else(|| unlisted(snapshot, trust.actor), |id| named(snapshot, id));
    trust_view(snapshot, trust, other)
}

/// The trust seen from the identity that acts.
fn target_view(snapshot: &Snapshot, trust: &Trust) -> TrustView {
    let other = match trust.target_identity {
        Some(id) => named(snapshot, id),
        None => Named {
            id: None,
            name: snapshot.strings.get(trust.target.text).to_owned(),
        },
    };
    trust_view(snapshot, trust, other)
}

fn trust_view(snapshot: &Snapshot, trust: &Trust, other: Named) -> TrustView {
    let actor = trust
        .actor_identity
        .map_or_else(|| unlisted(snapshot, trust.actor), |id| named(snapshot, id))
        .name;
    let target = match trust.target_identity {
        Some(id) => named(snapshot, id).name,
        None => snapshot.strings.get(trust.target.text).to_owned(),
    };
    let (may, did) = (trust.kind.verb(), trust.kind.past());
    let condition = match trust.guard {
        Some(TrustGuard::Open) | None => "",
        Some(TrustGuard::ExternalId) => ", if it presents the external id",
        Some(TrustGuard::SubjectOrAudience) => ", if its token names the right subject or audience",
        Some(TrustGuard::OtherCondition) => ", under a condition",
    };
    let used_on = trust.last_used_at.map(Instant::to_date_text);
    let sentence = match (trust.guard, used_on) {
        (Some(_), None) => format!("{actor} {may} {target}{condition}."),
        (Some(_), Some(day)) => format!("{actor} {may} {target}{condition}; last seen on {day}."),
        (None, Some(day)) => format!("{actor} {did} {target} on {day}; no export lists the trust that allows it."),
        (None, None) => format!("{actor} {did} {target}; no export lists the trust that allows it."),
    };
    TrustView {
        other,
        kind: trust.kind.id().to_owned(),
        guard: trust.guard.map_or("not_reported", TrustGuard::id).to_owned(),
        sentence,
        evidence: evidence(snapshot, trust.evidence),
    }
}

fn service_view(snapshot: &Snapshot, used: &ServiceUse) -> ServiceUseView {
    let (last_used, last_used_at) = lists::last_used_word(used.last_used);
    ServiceUseView {
        service: snapshot.strings.get(used.service).to_owned(),
        is_granted: used.granted == Granted::Reported,
        last_used,
        last_used_at,
        evidence: evidence(snapshot, used.evidence),
    }
}

/// A principal that no export lists, in words.
fn unlisted(snapshot: &Snapshot, principal: Principal) -> Named {
    Named {
        id: None,
        name: principal.in_words(&snapshot.strings),
    }
}
