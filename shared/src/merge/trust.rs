//! Who may act as whom, and who did: both sides of every trust, and the uses that logs show.

use hashbrown::{HashMap, HashSet};

use super::join::Joined;
use crate::model::grant::{TrustFact, TrustKind, TrustUseFact};
use crate::model::identity::Presence;
use crate::model::instant::Instant;
use crate::model::pattern;
use crate::model::principal::{Handle, HandleKind, Principal};
use crate::model::snapshot::{Evidence, FileId, IdentityId, Snapshot, Trust, TrustReach};
use crate::model::strings::{Strings, Sym};
use crate::reading::aws_trust::EKS_POD_IDENTITY;

/// Finds both sides of every trust, tells the estate's own actors from others, and notes each trust's last use.
///
/// A trust that several exports state is one. A use that no listed trust explains becomes a trust without a guard.
pub fn resolve(
    facts: Vec<(FileId, TrustFact)>,
    uses: Vec<(FileId, TrustUseFact)>,
    joined: &Joined,
    snapshot: &Snapshot,
) -> Vec<Trust> {
    let sides = Sides::new(&facts, joined, snapshot);
    let mut trusts: Vec<Trust> = Vec::with_capacity(facts.len());
    let mut stated = HashSet::with_capacity(facts.len());
    // What lists a trust knows it whole; a finding about it may leave out what guards it.
    let mut ways_in = HashSet::new();
    let listed = facts.iter().filter(|(_, fact)| fact.presence == Presence::Listed);
    let mentioned = facts.iter().filter(|(_, fact)| fact.presence == Presence::Mentioned);
    for (file, fact) in listed.chain(mentioned) {
        let evidence = Evidence {
            file: *file,
            place: fact.place,
        };
        let trust = Trust {
            kind: fact.kind,
            guard: Some(fact.guard),
            ..sides.trust(fact.actor, fact.target, evidence)
        };
        let way_in = (trust.actor, target_of(&trust));
        if fact.presence == Presence::Mentioned && ways_in.contains(&way_in) {
            continue;
        }
        if stated.insert((way_in, trust.kind, trust.guard)) {
            ways_in.insert(way_in);
            trusts.push(trust);
        }
    }
    let mut by_target: HashMap<Target, Vec<usize>> = HashMap::new();
    if !uses.is_empty() {
        for (index, trust) in trusts.iter().enumerate() {
            by_target.entry(target_of(trust)).or_default().push(index);
        }
    }
    let mut unexplained: HashMap<(Principal, Target), usize> = HashMap::new();
    for (file, used) in &uses {
        let evidence = Evidence {
            file: *file,
            place: used.place,
        };
        let seen = Trust {
            kind: used.kind,
            last_used_at: Some(used.at),
            ..sides.trust(used.actor, used.target, evidence)
        };
        let listed = by_target.get(&target_of(&seen)).map_or(&[][..], Vec::as_slice);
        let mut is_explained = false;
        for &index in listed {
            if covers(&trusts[index], &seen, &snapshot.strings) {
                is_explained = true;
                note(&mut trusts[index], used.at);
            }
        }
        if is_explained {
            continue;
        }
        match unexplained.get(&(seen.actor, target_of(&seen))) {
            Some(&index) if trusts[index].last_used_at < Some(used.at) => trusts[index] = seen,
            Some(_) => {}
            None => {
                unexplained.insert((seen.actor, target_of(&seen)), trusts.len());
                trusts.push(seen);
            }
        }
    }
    trusts
}

/// Whom a trust leads to: the identity that is listed, else the handle.
type Target = (Option<IdentityId>, Option<Handle>);

fn target_of(trust: &Trust) -> Target {
    match trust.target_identity {
        Some(identity) => (Some(identity), None),
        None => (None, Some(trust.target)),
    }
}

fn note(trust: &mut Trust, used_at: Instant) {
    trust.last_used_at = trust.last_used_at.max(Some(used_at));
}

/// Whether a listed trust lets in whom a log saw come in.
fn covers(listed: &Trust, seen: &Trust, strings: &Strings) -> bool {
    if listed.actor == seen.actor || listed.actor_identity.is_some() && listed.actor_identity == seen.actor_identity {
        return true;
    }
    match (listed.actor, seen.actor) {
        (Principal::Anyone, _) => true,
        (Principal::AnyoneAuthenticated, Principal::Identity(_) | Principal::Account(_)) => true,
        (Principal::Account(account), Principal::Identity(handle)) => {
            account_of(handle, strings) == Some(strings.get(account))
        }
        (
            Principal::Federated {
                issuer: trusted,
                subject: pattern,
            },
            Principal::Federated { issuer, subject },
        ) => {
            trusted == issuer
                && match (pattern, subject) {
                    (None, _) => true,
                    (Some(pattern), Some(subject)) => pattern::covers(strings.get(pattern), strings.get(subject)),
                    (Some(_), None) => false,
                }
        }
        (
            Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::Federated { .. }
            | Principal::Identity(_)
            | Principal::Group(_)
            | Principal::PlatformService(_)
            | Principal::Workload(_)
            | Principal::Named(_),
            _,
        ) => false,
    }
}

/// What it takes to find the two sides of a trust.
struct Sides<'a> {
    joined: &'a Joined,
    strings: &'a Strings,
    /// The accounts, tenants and projects that exports list identities of are the estate's own.
    own_accounts: HashSet<Sym>,
    /// A cluster's token is accepted by a cloud identity; the service account's annotation names the same pair.
    annotated: HashMap<(IdentityId, &'a str), IdentityId>,
    /// EKS Pod Identity keeps no annotation, and names no cluster: see docs/adr/0014-pod-identity-by-name.md.
    only_account: HashMap<&'a str, Option<IdentityId>>,
}

impl<'a> Sides<'a> {
    fn new(facts: &[(FileId, TrustFact)], joined: &'a Joined, snapshot: &'a Snapshot) -> Self {
        let strings = &snapshot.strings;
        let mut annotated = HashMap::new();
        for (_, fact) in facts {
            if let Principal::Identity(actor) = fact.actor
                && actor.kind == HandleKind::KubernetesServiceAccount
                && let (Some(identity), Some(target)) = (joined.find(actor), joined.find(fact.target))
                && let Some((_, local)) = strings.get(actor.text).split_once('/')
            {
                // Of two clusters' accounts of one name, always the same.
                let known = annotated.entry((target, local)).or_insert(identity);
                *known = identity.min(*known);
            }
        }
        let mut only_account: HashMap<&str, Option<IdentityId>> = HashMap::new();
        for (index, identity) in snapshot.identities.iter().enumerate() {
            for handle in snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles) {
                if handle.kind == HandleKind::KubernetesServiceAccount
                    && let Some((_, local)) = strings.get(handle.text).split_once('/')
                {
                    let id = IdentityId(index as u32);
                    let only = only_account.entry(local).or_insert(Some(id));
                    *only = only.filter(|other| *other == id);
                }
            }
        }
        Self {
            joined,
            strings,
            only_account,
            own_accounts: snapshot
                .identities
                .iter()
                .filter_map(|identity| identity.account)
                .collect(),
            annotated,
        }
    }

    /// A trust of which nothing but its two sides is known yet.
    fn trust(&self, actor: Principal, target: Handle, evidence: Evidence) -> Trust {
        let target_identity = self.joined.find(target);
        let actor_identity = self.actor_identity(actor, target_identity);
        Trust {
            actor,
            actor_identity,
            target,
            target_identity,
            kind: TrustKind::Assumes,
            guard: None,
            reach: self.reach(actor, actor_identity),
            last_used_at: None,
            evidence,
        }
    }

    fn actor_identity(&self, actor: Principal, target: Option<IdentityId>) -> Option<IdentityId> {
        match actor {
            Principal::Identity(handle) => self.joined.find(handle),
            Principal::Federated {
                subject: Some(subject),
                issuer,
            } => {
                if let Some(principal) = self.entra_object(self.strings.get(subject)) {
                    return Some(principal);
                }
                let local = cluster_subject(self.strings.get(subject))?;
                let by_annotation = target.and_then(|target| self.annotated.get(&(target, local.as_str())).copied());
                let is_unannotated = self.strings.get(issuer) == EKS_POD_IDENTITY;
                let only = || self.only_account.get(local.as_str()).copied().flatten();
                by_annotation.or_else(|| only().filter(|_| is_unannotated))
            }
            Principal::Federated { subject: None, .. }
            | Principal::Group(_)
            | Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Workload(_)
            | Principal::Named(_) => None,
        }
    }

    /// The Entra object that a token's subject names: tokens of service principals and managed identities have their
    /// object id there, which no other issuer gives. Google writes `subject/` before it.
    /// <https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference>
    fn entra_object(&self, subject: &str) -> Option<IdentityId> {
        let id = subject.strip_prefix("subject/").unwrap_or(subject).to_lowercase();
        let text = self.strings.find(&id)?;
        self.joined.find(Handle {
            kind: HandleKind::EntraObject,
            text,
        })
    }

    fn reach(&self, actor: Principal, actor_identity: Option<IdentityId>) -> TrustReach {
        let is_own = |account: &str| {
            self.strings
                .find(account)
                .is_some_and(|sym| self.own_accounts.contains(&sym))
        };
        match actor {
            _ if actor_identity.is_some() => TrustReach::Inside,
            Principal::Identity(handle) => match account_of(handle, self.strings) {
                Some(account) if !is_own(account) => TrustReach::Outside,
                Some(_) | None => TrustReach::Inside,
            },
            Principal::Account(account) if self.own_accounts.contains(&account) => TrustReach::Inside,
            Principal::Federated { issuer, .. } if self.strings.get(issuer) == EKS_POD_IDENTITY => TrustReach::Inside,
            Principal::Account(_)
            | Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Federated { .. } => TrustReach::Outside,
            Principal::Group(_) | Principal::PlatformService(_) | Principal::Workload(_) | Principal::Named(_) => {
                TrustReach::Inside
            }
        }
    }
}

/// `namespace/name` of the Kubernetes service account that an OIDC subject names.
pub(crate) fn cluster_subject(subject: &str) -> Option<String> {
    let (namespace, name) = subject.strip_prefix("system:serviceaccount:")?.split_once(':')?;
    Some(format!("{namespace}/{name}"))
}

/// The account that the acting side of a trust is, or is of by its own text.
pub(crate) fn account_of_actor(actor: Principal, strings: &Strings) -> Option<&str> {
    match actor {
        Principal::Identity(handle) => account_of(handle, strings),
        Principal::Account(account) => Some(strings.get(account)),
        Principal::Anyone
        | Principal::AnyoneAuthenticated
        | Principal::Federated { .. }
        | Principal::Group(_)
        | Principal::PlatformService(_)
        | Principal::Workload(_)
        | Principal::Named(_) => None,
    }
}

/// The account that a handle's own text names.
fn account_of(handle: Handle, strings: &Strings) -> Option<&str> {
    match handle.kind {
        HandleKind::Arn => strings
            .get(handle.text)
            .split(':')
            .nth(4)
            .filter(|account| !account.is_empty()),
        HandleKind::GcpServiceAccount => strings
            .get(handle.text)
            .split_once('@')?
            .1
            .strip_suffix(".iam.gserviceaccount.com"),
        HandleKind::EntraApp
        | HandleKind::EntraObject
        | HandleKind::GcpUniqueId
        | HandleKind::KubernetesServiceAccount
        | HandleKind::KubernetesUser
        | HandleKind::Spiffe
        | HandleKind::CertificateName
        | HandleKind::Email
        | HandleKind::Local
        | HandleKind::AwsUniqueId
        | HandleKind::AwsUserName => None,
    }
}
