//! One small function for each share of the catalogue, in its order, and what they have in common.
//!
//! Every function judges one row: `None` when the row is not in the KPI's population. The number is the fold of it,
//! and the list is the filter of it, so they cannot differ.

use super::catalog::{CRITERIA, Table};
use super::leads;
use crate::access::decision::Holds;
use crate::analysis::{Analysis, Force};
use crate::model::access_policy::Privilege;
use crate::model::certificate::{CertificateFact, CertificateRole, IssuedBy, KeyAlgorithm, PublicTrust, SignatureHash};
use crate::model::credential::{CredentialKind, CredentialStatus, Custody};
use crate::model::grant::TrustGuard;
use crate::model::identity::{Class, HumanUse, IdentityKind, Knowledge, Origin, Status};
use crate::model::instant::{Expiry, Instant, LastUsed, SECONDS_PER_DAY};
use crate::model::leak::Liveness;
use crate::model::ratio::Verdict;
use crate::model::snapshot::{
    Credential, CredentialId, Identity, IdentityId, OwnerState, PRODUCTION, Seen, ServiceUse, Snapshot, Trust,
    TrustReach,
};
use crate::model::thresholds::ThresholdId;
use crate::model::usage::Granted;

/// Judges one row (an index into the KPI's table). `None`: not in the population.
pub type Judge = fn(&Analysis, usize) -> Option<Verdict>;

/// The judge of a KPI that judges rows; `None` for one that only counts or measures.
pub fn judge(id: &str) -> Option<(Table, Judge)> {
    let identities = |judge: Judge| Some((Table::Identities, judge));
    let credentials = |judge: Judge| Some((Table::Credentials, judge));
    let certificates = |judge: Judge| Some((Table::Certificates, judge));
    match id {
        "nhi.total" => identities(is_non_human),
        "human.total" => identities(is_human),
        "governed" | "coverage.environments" => identities(is_governed),
        "owner" => identities(|analysis, index| analysis.criteria[index][0]),
        "purpose" => identities(|analysis, index| analysis.criteria[index][1]),
        "environment" => identities(|analysis, index| analysis.criteria[index][2]),
        "rotation" => identities(|analysis, index| analysis.criteria[index][3]),
        "reviewed" => identities(|analysis, index| analysis.criteria[index][4]),
        "clean" => identities(|analysis, index| analysis.criteria[index][CLEAN]),
        "credential.rotation" => credentials(is_rotated),
        "credential.age" => credentials(has_age),
        "credential.long_lived" => credentials(ends_in_time),
        "credential.unused" => credentials(is_used),
        "credential.shortlived" => identities(is_secretless),
        "credential.vaulted" => credentials(is_vaulted),
        "credential.shared" => credentials(has_one_holder),
        "credential.leaked" => credentials(is_leak_shut),
        "certificate.expiry" => certificates(|_, _| Some(Verdict::Pass)),
        "certificate.validity" => certificates(has_allowed_lifetime),
        "certificate.strength" => certificates(is_strong),
        "certificate.rekeyed" => certificates(is_rekeyed),
        "certificate.renewals" => certificates(renews_soon),
        "privilege.standing" => identities(has_no_standing_privilege),
        "privilege.admin" => identities(is_no_administrator),
        "privilege.escalation" => identities(cannot_escalate),
        "privilege.unused" | "privilege.unused_services" => identities(uses_its_services),
        "access.cross_environment" => identities(stays_out_of_production),
        "lifecycle.stale" => identities(is_in_use),
        "lifecycle.orphaned" => identities(has_living_owner),
        "review.overdue" => identities(review_is_in_time),
        "human_use" => identities(is_not_used_by_people),
        "anomaly.leads" => identities(leads::has_lead),
        "agent.total" => identities(is_agent),
        "agent.governed" => identities(agent_is_governed),
        _ => None,
    }
}

/// Where `clean` stands among the criteria: what the rules find decides it, after the others.
pub const CLEAN: usize = 5;

/// The KPIs whose numbers change with a threshold.
pub fn depends_on(id: ThresholdId) -> &'static [&'static str] {
    match id {
        ThresholdId::AccessKeyMaxAgeDays
        | ThresholdId::ServiceAccountKeyMaxAgeDays
        | ThresholdId::ApiKeyMaxAgeDays
        | ThresholdId::ClientSecretMaxAgeDays
        | ThresholdId::SshKeyMaxAgeDays => &[
            "governed",
            "rotation",
            "coverage.environments",
            "credential.rotation",
            "agent.governed",
        ],
        ThresholdId::CredentialMaxLifetimeDays => &[
            "governed",
            "rotation",
            "coverage.environments",
            "credential.long_lived",
            "agent.governed",
        ],
        ThresholdId::ShortLivedHours => &[
            "governed",
            "rotation",
            "coverage.environments",
            "credential.rotation",
            "credential.shortlived",
            "agent.governed",
            "clean",
        ],
        ThresholdId::AccessKeyUnusedDays | ThresholdId::CredentialUnusedDays => &["credential.unused"],
        ThresholdId::StaleDays => &["privilege.unused", "privilege.unused_services", "lifecycle.stale"],
        ThresholdId::ReviewPeriodDays => &[
            "governed",
            "reviewed",
            "coverage.environments",
            "review.overdue",
            "agent.governed",
        ],
        ThresholdId::SourceFreshDays => &["coverage.sources"],
        ThresholdId::CertificateAlertDays => &["certificate.expiry"],
        // The target is held against the number; it is no part of it.
        ThresholdId::GovernedTargetPercent => &[],
    }
}

/// Why nothing says who reviewed what.
pub const NO_REVIEW: &str = "no review is recorded anywhere in the estate: add `reviewed_on` to registry.csv, or put the decisions of `rollcall review export` into reviews/";

/// Why nothing says which permissions are used.
pub const NO_USE_OF_SERVICES: &str = "no export tells which granted services are used: add AWS's service last accessed details, or findings of an unused-access analyzer";

/// Why nobody can act across environments.
pub const ONE_ENVIRONMENT: &str = "no identity is known to be of production, or none of another environment";

/// Whether any export tells which granted services are used.
pub fn has_use_of_services(analysis: &Analysis) -> bool {
    let mut services = analysis.snapshot.service_uses.iter();
    services.any(|service| service.granted == Granted::Reported)
}

/// The criteria of one identity, in the order of [`CRITERIA`], but for [`CLEAN`]. `None` out of scope.
pub fn criteria(analysis: &Analysis, index: usize) -> [Option<Verdict>; CRITERIA.len()] {
    let identity = &analysis.snapshot.identities[index];
    if !in_scope(identity) {
        return [None; CRITERIA.len()];
    }
    let owner = match identity.owner.state {
        OwnerState::Active | OwnerState::Recorded => Verdict::Pass,
        OwnerState::Unresolved => Verdict::Unknown,
        OwnerState::Left | OwnerState::Absent => Verdict::Fail,
    };
    let has = |present: bool| Some(Verdict::of(Some(present)));
    [
        Some(owner),
        has(identity.purpose.is_some()),
        has(identity.environment.is_some()),
        Some(credentials_in_time(analysis, identity)),
        Some(is_reviewed(analysis, IdentityId(index as u32))).filter(|_| analysis.in_force[4] != Force::NotMeasured),
        None,
    ]
}

/// In the governance scope: not a person's, and not the platform's own.
pub fn in_scope(identity: &Identity) -> bool {
    identity.class == Class::NonHuman && identity.origin != Origin::Platform
}

fn is_non_human(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    match identity.class {
        _ if identity.origin == Origin::Platform => None,
        Class::NonHuman => Some(Verdict::Pass),
        Class::Unknown => Some(Verdict::Unknown),
        Class::Human => None,
    }
}

fn is_human(analysis: &Analysis, index: usize) -> Option<Verdict> {
    (analysis.snapshot.identities[index].class == Class::Human).then_some(Verdict::Pass)
}

fn is_governed(analysis: &Analysis, index: usize) -> Option<Verdict> {
    analysis.governed[index]
}

/// Every active credential inside its limit; unknown when one cannot be judged, or when none is known.
fn credentials_in_time(analysis: &Analysis, identity: &Identity) -> Verdict {
    let mut all = match identity.credentials_known {
        Knowledge::Reported => Verdict::Pass,
        Knowledge::NotReported => Verdict::Unknown,
    };
    for (_, credential) in analysis.snapshot.credentials_of(identity) {
        if is_active(credential, analysis.snapshot.as_of) {
            all = all.and(is_inside_limit(analysis, credential));
        }
    }
    all
}

pub(crate) fn is_rotated(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = counted_credential(analysis, index)?;
    max_age(credential.kind)?;
    Some(is_inside_limit(analysis, credential))
}

/// In the population of the age distribution; fails never, unknown when the age is not reported.
fn has_age(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = counted_credential(analysis, index)?;
    match credential.kind {
        CredentialKind::Federation | CredentialKind::Certificate => None,
        CredentialKind::AccessKey
        | CredentialKind::ClientSecret
        | CredentialKind::ServiceAccountKey
        | CredentialKind::ApiKey
        | CredentialKind::SshKey
        | CredentialKind::SigningCertificate
        | CredentialKind::Token
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Unclassified => Some(Verdict::of(credential.created_at.map(|_| true))),
    }
}

pub(crate) fn ends_in_time(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = counted_credential(analysis, index)?;
    if credential.kind == CredentialKind::Federation {
        return None;
    }
    let limit = analysis.config.thresholds.days(ThresholdId::CredentialMaxLifetimeDays);
    Some(Verdict::of(match (credential.expires_at, credential.created_at) {
        (Expiry::Never, _) => Some(false),
        (Expiry::At(end), Some(start)) => Some(start.days_until(end) <= limit),
        (Expiry::At(_), None) => None,
        // These kinds cannot be given an end: what the platform does not offer, no export reports.
        (Expiry::NotReported, _) if never_ends(credential.kind) => Some(false),
        (Expiry::NotReported, _) => None,
    }))
}

pub(crate) fn is_used(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = counted_credential(analysis, index)?;
    let window = unused_window(credential.kind)?;
    used_within(analysis, credential.created_at, credential.last_used, window)
}

/// How long a credential of this kind may go unused; `None` for kinds whose use nobody reports.
pub fn unused_window(kind: CredentialKind) -> Option<ThresholdId> {
    match kind {
        CredentialKind::Federation | CredentialKind::Certificate | CredentialKind::StoredSecret => None,
        CredentialKind::AccessKey => Some(ThresholdId::AccessKeyUnusedDays),
        CredentialKind::ClientSecret
        | CredentialKind::ServiceAccountKey
        | CredentialKind::ApiKey
        | CredentialKind::SshKey
        | CredentialKind::SigningCertificate
        | CredentialKind::Token
        | CredentialKind::Password
        | CredentialKind::Unclassified => Some(ThresholdId::CredentialUnusedDays),
    }
}

fn is_secretless(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    if !in_scope(identity) {
        return None;
    }
    let mut all = match identity.credentials_known {
        Knowledge::Reported => Verdict::Pass,
        Knowledge::NotReported => Verdict::Unknown,
    };
    for (_, credential) in analysis.snapshot.credentials_of(identity) {
        if is_active(credential, analysis.snapshot.as_of) {
            all = all.and(Verdict::of(Some(is_short_lived(analysis, credential))));
        }
    }
    Some(all)
}

fn is_vaulted(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = counted_credential(analysis, index)?;
    (credential.kind == CredentialKind::StoredSecret || credential.custody == Custody::Vault).then_some(
        match credential.custody {
            Custody::Vault => Verdict::Pass,
            Custody::Elsewhere => Verdict::Fail,
            Custody::NotReported => Verdict::Unknown,
        },
    )
}

pub(crate) fn has_one_holder(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = counted_credential(analysis, index)?;
    credential.fingerprint?;
    let is_authority = credential
        .certificate
        .as_ref()
        .is_some_and(|c| c.role == CertificateRole::Authority);
    (!is_authority).then(|| Verdict::of(Some(analysis.n_sharing[index] <= 1 && credential.holders.len() <= 1)))
}

/// What the platform says of a credential's state counts before what a scanner tried.
pub(crate) fn is_leak_shut(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let snapshot = &analysis.snapshot;
    let credential = snapshot.credential(CredentialId(index as u32));
    let tried = snapshot.leaks_of(credential).map(|leak| leak.fact.liveness).min()?;
    if !is_active(credential, snapshot.as_of) {
        return Some(Verdict::Pass);
    }
    Some(Verdict::of(match (credential.status, tried) {
        (CredentialStatus::Active, _) | (_, Liveness::Live) => Some(false),
        (_, Liveness::Dead) => Some(true),
        (_, Liveness::Unknown) => None,
    }))
}

fn has_allowed_lifetime(analysis: &Analysis, index: usize) -> Option<Verdict> {
    lifetime(certificate(analysis, index)?)
}

/// Whether a certificate's validity is what the CA/B Forum allows; `None` when its limit does not bind it.
pub fn lifetime(certificate: &CertificateFact) -> Option<Verdict> {
    if certificate.role != CertificateRole::Server {
        return None;
    }
    let days = validity_days(certificate);
    match certificate.trust {
        PublicTrust::Private => None,
        PublicTrust::Public => Some(Verdict::of(Some(
            days.is_some_and(|days| days <= limit_on(certificate.not_before)),
        ))),
        PublicTrust::Unknown => Some(Verdict::Unknown),
    }
}

fn is_strong(analysis: &Analysis, index: usize) -> Option<Verdict> {
    Some(strength(certificate(analysis, index)?))
}

/// Whether a certificate's key and signature are sound.
pub fn strength(certificate: &CertificateFact) -> Verdict {
    let signature = match certificate.signature_hash {
        // Nothing rests on the signature of a root: it is trusted by being there.
        _ if certificate.issued_by == IssuedBy::Itself && certificate.role == CertificateRole::Authority => Some(true),
        SignatureHash::Md2 | SignatureHash::Md5 | SignatureHash::Sha1 => Some(false),
        SignatureHash::Sha2 | SignatureHash::Sha3 | SignatureHash::Intrinsic => Some(true),
        SignatureHash::Other => None,
    };
    key_strength(certificate.key).and(Verdict::of(signature))
}

/// Whether a key is long enough.
pub fn key_strength(key: KeyAlgorithm) -> Verdict {
    Verdict::of(match key {
        KeyAlgorithm::Rsa { n_bits } | KeyAlgorithm::Dsa { n_bits } => Some(n_bits >= 2048),
        KeyAlgorithm::Ec { n_bits } => Some(n_bits >= 256),
        KeyAlgorithm::Ed25519 | KeyAlgorithm::Ed448 => Some(true),
        KeyAlgorithm::Other => None,
    })
}

fn is_rekeyed(analysis: &Analysis, index: usize) -> Option<Verdict> {
    analysis.rekeyed.get(&analysis.certificates[index]).copied()
}

/// Weeks that the outlook on renewals covers: half a year, two of the planning quarters.
pub const RENEWAL_WEEKS: i64 = 26;

fn renews_soon(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let credential = analysis.snapshot.credential(analysis.certificates[index]);
    let Expiry::At(end) = credential.expires_at else {
        return None;
    };
    let is_leaf = credential
        .certificate
        .as_ref()
        .is_none_or(|c| c.role != CertificateRole::Authority);
    let as_of = analysis.snapshot.as_of;
    (is_leaf && is_active(credential, as_of) && end <= as_of.plus_days(RENEWAL_WEEKS * 7)).then_some(Verdict::Pass)
}

fn has_no_standing_privilege(analysis: &Analysis, index: usize) -> Option<Verdict> {
    if !in_scope(&analysis.snapshot.identities[index]) {
        return None;
    }
    match standing_grants(analysis, IdentityId(index as u32)) {
        StandingGrants { certain: 0, perhaps: 0 } => None,
        StandingGrants { certain: 0, .. } => Some(Verdict::Unknown),
        StandingGrants { .. } => Some(Verdict::Fail),
    }
}

/// Grants of one identity that have no end, by whether they are an administrator's.
pub struct StandingGrants {
    pub certain: u64,
    /// Those of which no export tells: what their role gives, what the boundary or a denial leaves of it.
    pub perhaps: u64,
}

/// The administrator grants of one identity that have no end, as far as its boundary and denials leave them.
pub fn standing_grants(analysis: &Analysis, id: IdentityId) -> StandingGrants {
    let snapshot = &analysis.snapshot;
    let mut standing = StandingGrants { certain: 0, perhaps: 0 };
    for grant in snapshot.grants_of(snapshot.identity(id)) {
        if matches!(grant.expires_at, Expiry::At(_)) {
            continue;
        }
        match analysis.access.left_of(snapshot, id, grant) {
            Some(Privilege::Administrator) => standing.certain += 1,
            Some(Privilege::Limited) => {}
            None => standing.perhaps += 1,
        }
    }
    standing
}

pub(crate) fn is_no_administrator(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    // Of whom no export tells a grant, nothing can be said: a certificate's name, an account of another source.
    if !in_scope(identity) || identity.grants.is_empty() {
        return None;
    }
    let standing = analysis.access.standing(IdentityId(index as u32));
    Some(holds_not(standing.is_administrator))
}

/// Whoever is an administrator already is no subject: they need no way up.
pub(crate) fn cannot_escalate(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    let standing = analysis.access.standing(IdentityId(index as u32));
    let is_subject = !identity.grants.is_empty() || standing.can_escalate > Holds::No;
    (in_scope(identity) && standing.is_administrator < Holds::Yes && is_subject)
        .then(|| holds_not(standing.can_escalate))
}

/// Passes when it does not hold.
fn holds_not(holds: Holds) -> Verdict {
    match holds {
        Holds::No => Verdict::Pass,
        Holds::Maybe => Verdict::Unknown,
        Holds::Yes => Verdict::Fail,
    }
}

/// Whether every service that an identity is known to be granted was used inside the window.
pub(crate) fn uses_its_services(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let snapshot = &analysis.snapshot;
    let identity = &snapshot.identities[index];
    let mut granted = granted_services(snapshot, identity).peekable();
    let has_any = granted.peek().is_some() || !identity.grants.is_empty();
    if !in_scope(identity) || identity.status == Status::Disabled || !has_any {
        return None;
    }
    let used = |last_used: LastUsed| used_within(analysis, identity.created_at, last_used, ThresholdId::StaleDays);
    // Without a word on any service nobody can tell; younger than the window, it is not judged either way.
    let unknown = used(LastUsed::NotReported)?;
    let verdicts = granted.filter_map(|service| used(service.last_used));
    Some(verdicts.reduce(Verdict::and).unwrap_or(unknown))
}

/// The services of one identity, of which an export says that it was granted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GrantedServices {
    pub n_granted: u64,
    /// Of these, not used inside the window.
    pub n_unused: u64,
}

/// The same service by service; none of an identity that is not judged.
pub(crate) fn unused_services(analysis: &Analysis, index: usize) -> GrantedServices {
    let mut services = GrantedServices::default();
    if uses_its_services(analysis, index).is_some() {
        let identity = &analysis.snapshot.identities[index];
        for service in granted_services(&analysis.snapshot, identity) {
            services.n_granted += 1;
            services.n_unused += u64::from(is_unused_service(analysis, identity, service));
        }
    }
    services
}

/// Whether an identity was not seen to use a service inside the window.
pub(crate) fn is_unused_service(analysis: &Analysis, identity: &Identity, service: &ServiceUse) -> bool {
    let window = ThresholdId::StaleDays;
    used_within(analysis, identity.created_at, service.last_used, window) == Some(Verdict::Fail)
}

/// The services that exports say an identity may use.
pub(crate) fn granted_services<'s>(
    snapshot: &'s Snapshot,
    identity: &Identity,
) -> impl Iterator<Item = &'s ServiceUse> + use<'s> {
    let services = snapshot.services_of(identity).iter();
    services.filter(|service| service.granted == Granted::Reported)
}

/// Whether an identity of another environment can act as one of production.
pub(crate) fn stays_out_of_production(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let snapshot = &analysis.snapshot;
    let identity = &snapshot.identities[index];
    let environment = snapshot.strings.get(identity.environment?);
    let can = analysis.access.acts_in_production()?[index];
    (in_scope(identity) && environment != PRODUCTION).then(|| holds_not(can))
}

/// Judges one trust: `access.external`. `None` for the estate's own actors.
pub fn is_guarded(trust: &Trust) -> Option<Verdict> {
    match (trust.reach, trust.guard) {
        (TrustReach::Inside, _) => None,
        (TrustReach::Outside, Some(TrustGuard::Open)) => Some(Verdict::Fail),
        (TrustReach::Outside, Some(TrustGuard::ExternalId | TrustGuard::SubjectOrAudience)) => Some(Verdict::Pass),
        (TrustReach::Outside, Some(TrustGuard::OtherCondition)) => Some(Verdict::Unknown),
        // Somebody came in, and no export shows what they had to present.
        (TrustReach::Outside, None) => Some(Verdict::Unknown),
    }
}

pub(crate) fn is_in_use(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    if !in_scope(identity) || identity.status == Status::Disabled {
        return None;
    }
    used_within(
        analysis,
        identity.created_at,
        identity.last_used,
        ThresholdId::StaleDays,
    )
}

fn has_living_owner(analysis: &Analysis, index: usize) -> Option<Verdict> {
    analysis.criteria[index][0]
}

fn review_is_in_time(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let (snapshot, id) = (&analysis.snapshot, IdentityId(index as u32));
    let identity = snapshot.identity(id);
    let has_review = identity.reviewed_at.is_some() || snapshot.review_of(id).is_some();
    (in_scope(identity) && has_review).then(|| is_reviewed(analysis, id))
}

pub(crate) fn is_not_used_by_people(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    let can_sign_in = match identity.kind {
        IdentityKind::User
        | IdentityKind::HostAccount
        | IdentityKind::DatabaseAccount
        | IdentityKind::Integration
        | IdentityKind::Robot
        | IdentityKind::Unclassified => true,
        // The platform offers people no way to sign in as one of these.
        IdentityKind::ServiceAccount
        | IdentityKind::Role
        | IdentityKind::Application
        | IdentityKind::ManagedIdentity
        | IdentityKind::Workload
        | IdentityKind::Device
        | IdentityKind::Pipeline
        | IdentityKind::Agent
        | IdentityKind::Human => false,
        // A person's by nature: standards ask for its second factor.
        IdentityKind::Root => false,
    };
    (in_scope(identity) && can_sign_in).then_some(match identity.human_use {
        HumanUse::Absent => Verdict::Pass,
        HumanUse::ConsolePassword | HumanUse::MfaDevice | HumanUse::InteractiveSignIn => Verdict::Fail,
        HumanUse::NotReported => Verdict::Unknown,
    })
}

fn is_agent(analysis: &Analysis, index: usize) -> Option<Verdict> {
    let identity = &analysis.snapshot.identities[index];
    (identity.kind == IdentityKind::Agent && identity.origin != Origin::Platform).then_some(Verdict::Pass)
}

fn agent_is_governed(analysis: &Analysis, index: usize) -> Option<Verdict> {
    is_agent(analysis, index).and(analysis.governed[index])
}

/// A credential that credential KPIs count: active, not a person's, not the platform's, not a CA certificate.
pub fn counted_credential(analysis: &Analysis, index: usize) -> Option<&Credential> {
    let snapshot = &analysis.snapshot;
    let credential = snapshot.credential(CredentialId(index as u32));
    (is_ours(snapshot, credential) && !is_authority(credential) && is_active(credential, snapshot.as_of))
        .then_some(credential)
}

/// The certificate of a certificate authority, which is not rotated as others are.
pub fn is_authority(credential: &Credential) -> bool {
    credential
        .certificate
        .as_ref()
        .is_some_and(|c| c.role == CertificateRole::Authority)
}

/// Neither a person's alone nor the platform's; what nobody is known to hold counts as ours.
pub fn is_ours(snapshot: &Snapshot, credential: &Credential) -> bool {
    credential.holders.is_empty()
        || credential.holders.iter().any(|&holder| {
            let holder = snapshot.identity(holder);
            holder.class != Class::Human && holder.origin != Origin::Platform
        })
}

/// See [`Credential::works`].
pub fn is_active(credential: &Credential, as_of: Instant) -> bool {
    credential.works(as_of)
}

/// The limit on the age of a kind; `None` for kinds whose lifetime is limited instead.
pub fn max_age(kind: CredentialKind) -> Option<ThresholdId> {
    match kind {
        CredentialKind::AccessKey => Some(ThresholdId::AccessKeyMaxAgeDays),
        CredentialKind::ClientSecret => Some(ThresholdId::ClientSecretMaxAgeDays),
        CredentialKind::ServiceAccountKey => Some(ThresholdId::ServiceAccountKeyMaxAgeDays),
        CredentialKind::ApiKey => Some(ThresholdId::ApiKeyMaxAgeDays),
        CredentialKind::SshKey => Some(ThresholdId::SshKeyMaxAgeDays),
        CredentialKind::Certificate
        | CredentialKind::SigningCertificate
        | CredentialKind::Token
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Federation
        | CredentialKind::Unclassified => None,
    }
}

/// Whether an active credential is inside its maximum age or, where its kind has none, its maximum lifetime.
pub fn is_inside_limit(analysis: &Analysis, credential: &Credential) -> Verdict {
    if is_short_lived(analysis, credential) {
        return Verdict::Pass;
    }
    let as_of = analysis.snapshot.as_of;
    let thresholds = &analysis.config.thresholds;
    if let Some(limit) = max_age(credential.kind) {
        return Verdict::of(
            credential
                .created_at
                .map(|at| at.days_until(as_of) <= thresholds.days(limit)),
        );
    }
    let limit = thresholds.days(ThresholdId::CredentialMaxLifetimeDays);
    Verdict::of(match (credential.expires_at, credential.created_at) {
        (Expiry::At(end), Some(start)) => Some(start.days_until(end) <= limit),
        // Without an end it is inside its limit for as long as it is younger.
        (Expiry::Never | Expiry::NotReported, Some(start)) => Some(start.days_until(as_of) <= limit),
        (Expiry::At(_) | Expiry::Never | Expiry::NotReported, None) => None,
    })
}

/// Nothing stored, or gone within hours.
pub(crate) fn is_short_lived(analysis: &Analysis, credential: &Credential) -> bool {
    let limit_seconds = i64::from(analysis.config.thresholds.get(ThresholdId::ShortLivedHours).value) * 3_600;
    credential.kind == CredentialKind::Federation
        || matches!((credential.created_at, credential.expires_at), (Some(start), Expiry::At(end)) if end.0 - start.0 <= limit_seconds)
}

/// Kinds that never end where no end is reported.
pub(crate) fn never_ends(kind: CredentialKind) -> bool {
    match kind {
        CredentialKind::AccessKey => true,
        CredentialKind::ClientSecret
        | CredentialKind::ServiceAccountKey
        | CredentialKind::ApiKey
        | CredentialKind::SshKey
        | CredentialKind::Certificate
        | CredentialKind::SigningCertificate
        | CredentialKind::Token
        | CredentialKind::Password
        | CredentialKind::StoredSecret
        | CredentialKind::Federation
        | CredentialKind::Unclassified => false,
    }
}

/// Used inside a window? A thing younger than the window is not judged.
pub(crate) fn used_within(
    analysis: &Analysis,
    created_at: Option<Instant>,
    last_used: LastUsed,
    window: ThresholdId,
) -> Option<Verdict> {
    let days = analysis.config.thresholds.days(window);
    let as_of = analysis.snapshot.as_of;
    if created_at.is_some_and(|at| at.days_until(as_of) < days) {
        return None;
    }
    Some(Verdict::of(match last_used {
        LastUsed::At(at) => Some(at.days_until(as_of) < days),
        LastUsed::Never => Some(false),
        LastUsed::NotWithin { days: seen } if i64::from(seen) >= days => Some(false),
        LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
    }))
}

/// Whether somebody looked at an identity as it is inside the review period: the registry may say so, or a decision.
pub fn is_reviewed(analysis: &Analysis, id: IdentityId) -> Verdict {
    let by_registry = analysis.snapshot.identity(id).reviewed_at;
    let by_registry = by_registry.map(|at| in_review_period(analysis, at));
    let by_decision = analysis.snapshot.review_of(id).map(|review| match review.seen {
        Seen::Same => in_review_period(analysis, review.decided_at),
        Seen::Changed => Verdict::Fail,
        Seen::Unknown => in_review_period(analysis, review.decided_at).and(Verdict::Unknown),
    });
    let either = [by_registry, by_decision].into_iter().flatten();
    either.reduce(Verdict::or).unwrap_or(Verdict::Fail)
}

/// Whether a review lies inside the review period. The registry keeps the last review only: of one after the snapshot's
/// instant it cannot be told whether an earlier one was in time.
fn in_review_period(analysis: &Analysis, reviewed_at: Instant) -> Verdict {
    let as_of = analysis.snapshot.as_of;
    let days = analysis.config.thresholds.days(ThresholdId::ReviewPeriodDays);
    match reviewed_at > as_of {
        true => Verdict::Unknown,
        false => Verdict::of(Some(reviewed_at.days_until(as_of) <= days)),
    }
}

fn certificate(analysis: &Analysis, index: usize) -> Option<&CertificateFact> {
    analysis
        .snapshot
        .credential(analysis.certificates[index])
        .certificate
        .as_deref()
}

/// Days from notBefore to notAfter, counted as the CA/B Forum does (Baseline Requirements 6.3.2): both seconds belong
/// to the validity, and a day that was begun counts.
pub fn validity_days(certificate: &CertificateFact) -> Option<i64> {
    match certificate.not_after {
        Expiry::At(end) => {
            let n_seconds = end.0 - certificate.not_before.0 + 1;
            Some((n_seconds + SECONDS_PER_DAY - 1).div_euclid(SECONDS_PER_DAY))
        }
        Expiry::Never | Expiry::NotReported => None,
    }
}

/// The longest validity, in days, that the CA/B Forum's Baseline Requirements (with ballots 193, SC-31 and SC-081v3)
/// allow a publicly trusted server certificate issued at this instant. They first spoke of 60 and 39 months, which are
/// at most as many days.
pub fn limit_on(issued_at: Instant) -> i64 {
    let from = |year, month, day| Instant::from_date(year, month, day);
    match issued_at {
        at if at >= from(2029, 3, 15) => 47,
        at if at >= from(2027, 3, 15) => 100,
        at if at >= from(2026, 3, 15) => 200,
        at if at >= from(2020, 9, 1) => 398,
        at if at >= from(2018, 3, 1) => 825,
        at if at >= from(2015, 4, 1) => 1_188,
        _ => 1_827,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::catalog::{KPIS, KpiKind};

    #[test]
    fn every_share_with_a_table_has_a_judge() {
        for kpi in KPIS
            .iter()
            .filter(|kpi| kpi.kind == KpiKind::Share && kpi.table != Table::None)
        {
            assert!(judge(kpi.id).is_some(), "{}", kpi.id);
        }
    }

    #[test]
    fn the_limit_is_that_of_the_day_of_issue() {
        for (date, limit) in [
            ((2015, 3, 31), 1_827),
            ((2015, 4, 1), 1_188),
            ((2018, 2, 28), 1_188),
            ((2018, 3, 1), 825),
            ((2020, 8, 31), 825),
            ((2020, 9, 1), 398),
            ((2026, 3, 14), 398),
            ((2026, 3, 15), 200),
            ((2027, 3, 14), 200),
            ((2027, 3, 15), 100),
            ((2029, 3, 14), 100),
            ((2029, 3, 15), 47),
        ] {
            let midnight = Instant::from_date(date.0, date.1, date.2);
            assert_eq!(limit_on(midnight), limit);
            assert_eq!(limit_on(Instant(midnight.0 + SECONDS_PER_DAY - 1)), limit);
        }
    }
}
