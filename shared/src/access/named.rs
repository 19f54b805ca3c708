//! Platforms whose grants are roles and permissions with a name: Google Cloud and Entra. What stands behind a name, no
//! export tells; what is known of the names is in the catalogue of escalation paths.

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::azure;
use super::decision::{BlindSpot, Decision, Dependency, Holds, Outcome, Reason};
use super::denial;
use super::escalation::entra::ENTRA;
use super::escalation::gcp::{GCP, WORKS_BY};
use super::escalation::{Escalation, EscalationPath, Gives, Through};
use super::gcp;
use super::index::Index;
use super::standing::{Granted, Power, Tier};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::identity::IdentityKind;
use crate::model::principal::HandleKind;
use crate::model::snapshot::{Denial, Grant, Identity, IdentityId, Snapshot, SourceId};
use crate::model::strings::Sym;
use crate::reading::gcp_member::PROJECTS;

/// Permissions of Entra that read secrets or what stores hold.
const SENSITIVE: &[&str] = &[
    "Mail.Read",
    "Mail.ReadWrite",
    "Files.Read.All",
    "Files.ReadWrite.All",
    "Sites.Read.All",
    "Sites.ReadWrite.All",
    "Sites.Manage.All",
    "Sites.FullControl.All",
    "Chat.Read.All",
    "Chat.ReadWrite.All",
    "ChannelMessage.Read.All",
    "BitlockerKey.Read.All",
    "full_access_as_app",
];

/// A platform of this sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    Gcp,
    Entra,
}

impl Platform {
    /// The platform of an identity, by its names.
    pub fn of(identity: &Identity, snapshot: &Snapshot) -> Option<Self> {
        let handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
        handles.map(|handle| handle.kind).find_map(|kind| match kind {
            HandleKind::GcpServiceAccount | HandleKind::GcpUniqueId => Some(Platform::Gcp),
            HandleKind::EntraApp | HandleKind::EntraObject => Some(Platform::Entra),
            HandleKind::Arn
            | HandleKind::KubernetesServiceAccount
            | HandleKind::KubernetesUser
            | HandleKind::Spiffe
            | HandleKind::CertificateName
            | HandleKind::Email
            | HandleKind::Local
            | HandleKind::AwsUniqueId
            | HandleKind::AwsUserName => None,
        })
    }

    fn paths(self) -> &'static [EscalationPath] {
        match self {
            Platform::Gcp => GCP,
            Platform::Entra => ENTRA,
        }
    }

    fn blind_spots(self, snapshot: &Snapshot) -> &'static [BlindSpot] {
        match self {
            Platform::Gcp if gcp::has_denials(snapshot) => &[BlindSpot::OtherGcpDenyPolicies],
            Platform::Gcp => &[BlindSpot::GcpDenyPolicies],
            Platform::Entra => &[BlindSpot::EntraPolicies],
        }
    }
}

/// Denials that bear on a grant, each with whether it does for certain.
type Bearing = SmallVec<[(u32, bool); 2]>;

/// What roles come to, of which many identities have the same.
#[derive(Default)]
pub struct Tiers {
    /// By role and what bears on it: for certain, and at most.
    known: HashMap<(Sym, Bearing), (Tier, Tier)>,
}

impl Tiers {
    /// What an identity is given: the tier that its roles tell, as far as denials leave them.
    pub fn refine(&mut self, snapshot: &Snapshot, index: &Index, id: IdentityId, granted: &mut Granted) {
        let identity = snapshot.identity(id);
        let Some(platform) = Platform::of(identity, snapshot) else {
            return;
        };
        if identity.grants.is_empty() {
            return;
        }
        granted.data = Tier::Nothing;
        granted.data_at_most = Tier::Nothing;
        granted.is_catalogued = true;
        for grant in snapshot
            .grants_of(identity)
            .filter(|grant| !grant.has_ended(snapshot.as_of))
        {
            let (least, most) = self.of(snapshot, index, (id, platform), grant);
            granted.data_at_most = granted.data_at_most.max(most);
            if grant.conditional == Conditional::Always {
                granted.data = granted.data.max(least);
            }
            // A custom role may allow anything.
            granted.is_catalogued &= grant.privilege.is_some();
        }
        if !granted.is_catalogued {
            granted.data_at_most = Tier::SensitiveData;
        }
    }

    fn of(
        &mut self,
        snapshot: &Snapshot,
        index: &Index,
        (id, platform): (IdentityId, Platform),
        grant: &Grant,
    ) -> (Tier, Tier) {
        let scope = snapshot.strings.get_or_empty(grant.resource);
        let is_azures = platform == Platform::Entra && azure::evaluate::is_azure(snapshot, grant, scope);
        let mut bearing = Bearing::new();
        for (at, denial) in (0..).zip(&snapshot.denials) {
            let holds = match (is_azures, platform) {
                (true, _) => azure::evaluate::holds_for(snapshot, denial, scope),
                (false, Platform::Gcp) => gcp::holds_for(denial, &snapshot.strings, scope),
                (false, Platform::Entra) => Holds::No,
            };
            let holds = match holds {
                Holds::No => continue,
                Holds::Maybe | Holds::Yes => holds.min(denial::against(snapshot, id, denial).0),
            };
            if holds > Holds::No {
                bearing.push((at, holds == Holds::Yes));
            }
        }
        let policy = grant.policy.unwrap_or(grant.role);
        let role = snapshot.strings.get(grant.role);
        *self.known.entry((policy, bearing)).or_insert_with_key(|(_, bearing)| {
            let defined = index.policies_of(policy, snapshot);
            let denial = |(at, _): &(u32, bool)| &snapshot.denials[*at as usize];
            let all: Vec<&Denial> = bearing.iter().map(denial).collect();
            let sure: Vec<&Denial> = bearing.iter().filter(|(_, is_sure)| *is_sure).map(denial).collect();
            let tiers = |denials: &[&Denial]| match (is_azures, platform) {
                (true, _) => azure::evaluate::tiers(snapshot, (policy, defined), denials),
                (false, Platform::Gcp) => gcp::tiers(snapshot, defined, role, denials),
                (false, Platform::Entra) => (of_permission(role), Tier::SensitiveData),
            };
            // Whatever may take is taken to take, and what is taken for certain, at least.
            (tiers(&all).0, tiers(&sure).1)
        })
    }
}

/// What a permission or role of Entra's directory gives, by its name.
fn of_permission(role: &str) -> Tier {
    if SENSITIVE.contains(&role) {
        Tier::SensitiveData
    } else if is_reading(role) {
        Tier::Read
    } else {
        Tier::Write
    }
}

/// Whether a role or permission only looks, by its name.
pub fn is_reading(role: &str) -> bool {
    let last = role.rsplit(['/', '.']).next().unwrap_or(role).to_ascii_lowercase();
    ["viewer", "reader"].iter().any(|word| last.ends_with(word)) || role.contains(".Read.") || role.ends_with(".Read")
}

/// Decides one request. Google Cloud: a permission on a full resource name; Entra: a permission of an API by its name.
pub fn decide(snapshot: &Snapshot, id: IdentityId, platform: Platform, action: &str, resource: &str) -> Decision {
    let by_roles = by_roles(snapshot, id, platform, action, resource);
    match platform {
        Platform::Gcp => denial::after(snapshot, id, by_roles, |denial| {
            gcp::takes(denial, &snapshot.strings, action, resource)
        }),
        Platform::Entra => by_roles,
    }
}

fn by_roles(snapshot: &Snapshot, id: IdentityId, platform: Platform, action: &str, resource: &str) -> Decision {
    let blind_spots = platform.blind_spots(snapshot);
    let identity = snapshot.identity(id);
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let mut needs = Vec::new();
    let mut may = Vec::new();
    for &at in &snapshot.granted[range] {
        let grant = &snapshot.grants[at as usize];
        let reaches = match grant.has_ended(snapshot.as_of) {
            true => Holds::No,
            false => reaches(snapshot, platform, grant, resource),
        };
        if reaches == Holds::No {
            continue;
        }
        if reaches == Holds::Maybe {
            needs.push(Dependency::Export("of which project the resource is"));
        }
        let gives = match platform {
            Platform::Gcp if grant.privilege == Some(Privilege::Administrator) => Holds::Yes,
            Platform::Gcp => Holds::Maybe,
            Platform::Entra => Holds::of(snapshot.strings.get(grant.role) == action),
        };
        let reason = Reason::of_grant(at, grant);
        match (gives, grant.conditional, platform) {
            (Holds::No, _, _) => continue,
            (Holds::Yes, Conditional::Always, _) if reaches == Holds::Yes => {
                return Decision::allowed(vec![reason], blind_spots);
            }
            (Holds::Maybe, _, _) => needs.push(Dependency::Policy(grant.policy.unwrap_or(grant.role))),
            (Holds::Yes, Conditional::Always, _) => {}
            (Holds::Yes, Conditional::OnCondition, Platform::Entra) => {
                needs.push(Dependency::Condition("what the user may who is signed in".to_owned()));
            }
            (Holds::Yes, Conditional::OnCondition, Platform::Gcp) => {
                needs.push(Dependency::Export(
                    "the condition of the binding, of which only its end is kept",
                ));
            }
        }
        may.push(reason);
    }
    match needs.is_empty() {
        true => Decision::denied(Vec::new(), blind_spots),
        false => Decision::depends(may, needs, blind_spots),
    }
}

/// Whether a grant reaches a resource: it is given on it, on what holds it, or somewhere above, which only the
/// hierarchy of projects could tell. Names of some things, buckets among them, do not tell of which project they are.
fn reaches(snapshot: &Snapshot, platform: Platform, grant: &Grant, resource: &str) -> Holds {
    let Some(on) = grant.resource.map(|on| snapshot.strings.get(on)) else {
        return Holds::Yes;
    };
    let project = on.strip_prefix(PROJECTS);
    match platform {
        _ if resource == "*" || on.eq_ignore_ascii_case(resource) => Holds::Yes,
        Platform::Entra => Holds::No,
        Platform::Gcp => {
            let is_above = on.contains("/folders/") || on.contains("/organizations/");
            let holds_project = project.is_some_and(|project| resource.contains(&format!("/projects/{project}/")));
            let is_below = is_above || holds_project || resource.starts_with(&format!("{on}/"));
            let tells_project = resource.contains("/projects/") || resource.starts_with(gcp::RESOURCE_MANAGER);
            match (is_below, project.is_some() && !tells_project) {
                (true, _) => Holds::Yes,
                (false, true) => Holds::Maybe,
                (false, false) => Holds::No,
            }
        }
    }
}

/// Who has power, by platform and account.
#[derive(Debug, Default)]
pub struct Targets {
    gcp: Vec<IdentityId>,
    entra: Vec<IdentityId>,
}

impl Targets {
    /// `rounds` are those of [`Standing::round`](super::standing::Standing::round).
    pub fn new(snapshot: &Snapshot, power: &Power, rounds: &[u32]) -> Self {
        let mut targets = Self::default();
        for (at, identity) in snapshot.identities.iter().enumerate() {
            if power[at] > Holds::No {
                match Platform::of(identity, snapshot) {
                    Some(Platform::Gcp) => targets.gcp.push(IdentityId(at as u32)),
                    Some(Platform::Entra) => targets.entra.push(IdentityId(at as u32)),
                    None => {}
                }
            }
        }
        let surest_first = |id: &IdentityId| (std::cmp::Reverse(power[id.0 as usize]), rounds[id.0 as usize], *id);
        targets.gcp.sort_by_key(surest_first);
        targets.entra.sort_by_key(surest_first);
        targets
    }
}

/// Those whose grants meet all needs of some row of the catalogue, if not always on one resource: few of many.
pub fn candidates(snapshot: &Snapshot) -> Vec<IdentityId> {
    let mut is_needed: HashMap<Sym, bool> = HashMap::new();
    let all = (0..snapshot.identities.len() as u32).map(IdentityId);
    all.filter(|id| {
        let identity = snapshot.identity(*id);
        let Some(platform) = Platform::of(identity, snapshot) else {
            return false;
        };
        let mut roles: SmallVec<[&str; 8]> = SmallVec::new();
        for grant in snapshot.grants_of(identity) {
            let role = snapshot.strings.get(grant.role);
            let is_needed = is_needed.entry(grant.role).or_insert_with(|| {
                let needs = GCP.iter().chain(ENTRA).flat_map(|path| path.needs);
                needs.into_iter().any(|need| need.is_met_by(role))
            });
            if *is_needed {
                roles.push(role);
            }
        }
        let is_fulfilled = |path: &EscalationPath| {
            let mut needs = path.needs.iter();
            needs.all(|need| roles.iter().any(|role| need.is_met_by(role)))
        };
        !roles.is_empty() && platform.paths().iter().any(is_fulfilled)
    })
    .collect()
}

/// Which of these [`candidates`] have a way up by a row of the catalogue, when others have this power.
pub fn ways_up(
    snapshot: &Snapshot,
    candidates: &[IdentityId],
    power: &Power,
    rounds: &[u32],
) -> Vec<(IdentityId, Holds)> {
    let targets = Targets::new(snapshot, power, rounds);
    let mut found = Vec::new();
    for &id in candidates {
        if power[id.0 as usize] < Holds::Yes {
            let ways = escalations(snapshot, id, &targets, power);
            let surest = ways.iter().map(|way| way.outcome.holds()).max();
            found.extend(surest.map(|holds| (id, holds)));
        }
    }
    found
}

/// The rows of the catalogue that an identity fulfils.
pub fn escalations(snapshot: &Snapshot, id: IdentityId, targets: &Targets, power: &Power) -> Vec<Escalation> {
    let identity = snapshot.identity(id);
    let Some(platform) = Platform::of(identity, snapshot) else {
        return Vec::new();
    };
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let grants = snapshot.granted[range].iter().copied();
    let in_force = grants.filter(|at| !snapshot.grants[*at as usize].has_ended(snapshot.as_of));
    let grants: &[u32] = &in_force.collect::<Vec<_>>();
    let mut found = Vec::new();
    for path in platform.paths() {
        let mut scopes: Vec<Option<Sym>> = grants.iter().map(|at| snapshot.grants[*at as usize].resource).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let ways = scopes
            .into_iter()
            .filter_map(|scope| escalation(snapshot, (id, platform), path, grants, scope, targets, power));
        let mut best: Option<Escalation> = None;
        for way in ways {
            if best.as_ref().is_none_or(|best| way.outcome > best.outcome) {
                best = Some(way);
            }
        }
        found.extend(best);
    }
    found
}

/// The sources that speak of an identity.
fn sources<'s>(snapshot: &'s Snapshot, identity: &Identity) -> impl Iterator<Item = SourceId> + Clone + use<'s> {
    let facts = snapshot.facts_of(identity).iter();
    facts.map(|fact| snapshot.file(fact.file).source)
}

/// What the grants in one scope come to that meet all needs of a row, when it is made use of on a resource there; `None`
/// when they do not, or denials take it.
fn met(
    snapshot: &Snapshot,
    id: IdentityId,
    path: &EscalationPath,
    (grants, scope): (&[u32], Option<Sym>),
    resource: &str,
) -> Option<Decision> {
    let mut met = Decision::allowed(Vec::new(), &[]);
    for need in path.needs {
        let meeting = grants.iter().filter_map(|&at| {
            let grant = &snapshot.grants[at as usize];
            let role = snapshot.strings.get(grant.role);
            if grant.resource != scope || !need.is_met_by(role) {
                return None;
            }
            let reason = Reason::of_grant(at, grant);
            let by_role = match grant.conditional {
                Conditional::Always => Decision::allowed(vec![reason], &[]),
                Conditional::OnCondition => Decision::depends(
                    vec![reason],
                    vec![Dependency::Export("the condition of the grant")],
                    &[],
                ),
            };
            let works_by = WORKS_BY.iter().find(|(known, _)| *known == role);
            Some(match works_by {
                Some((_, permissions)) => gcp::left_of(snapshot, id, &by_role, permissions, resource),
                None => by_role,
            })
        });
        // The first of the surest.
        let best = meeting.reduce(|best, next| if next.outcome > best.outcome { next } else { best })?;
        met.outcome = met.outcome.min(best.outcome);
        met.proof.extend(best.proof);
        met.depends_on.extend(best.depends_on);
    }
    (met.outcome != Outcome::Denied).then_some(met)
}

fn escalation(
    snapshot: &Snapshot,
    (id, platform): (IdentityId, Platform),
    path: &'static EscalationPath,
    grants: &[u32],
    scope: Option<Sym>,
    targets: &Targets,
    power: &Power,
) -> Option<Escalation> {
    let scoped = (grants, scope);
    let scope = snapshot.strings.get_or_empty(scope);
    let project = scope.strip_prefix(PROJECTS);
    // What is denied for all of the scope is denied in every project of it.
    let mut met = met(snapshot, id, path, scoped, scope)?;
    let through = match path.gives {
        Gives::Everything => None,
        Gives::ServiceAccount if platform == Platform::Gcp => {
            // Above projects, it may be in any.
            let is_in_project = |other: &&IdentityId| {
                let account = snapshot.strings.get_or_empty(snapshot.identity(**other).account);
                project.is_none_or(|project| account == project)
            };
            let others = targets.gcp.iter().filter(|other| **other != id).filter(is_in_project);
            let (other, there) = through_account(snapshot, id, path, scoped, others)?;
            met = there;
            Some(other)
        }
        Gives::Another(_) if platform == Platform::Entra => {
            // One source is one tenant.
            let own = sources(snapshot, snapshot.identity(id));
            let is_application = |other: &&IdentityId| {
                let other = snapshot.identity(**other);
                matches!(other.kind, IdentityKind::Application | IdentityKind::ManagedIdentity)
                    && sources(snapshot, other).any(|source| own.clone().any(|own| own == source))
            };
            let mut others = targets.entra.iter().filter(|other| **other != id);
            Some(*others.find(is_application)?)
        }
        Gives::OlderVersion => {
            let roles = Dependency::Export("which custom roles there are, and who has them");
            met.depends_on.push(roles);
            None
        }
        Gives::RoleOfGroup => {
            let groups = Dependency::Export("what groups and access packages give");
            met.depends_on.push(groups);
            None
        }
        Gives::Another(_)
        | Gives::Written(_)
        | Gives::RoleOf(_)
        | Gives::RoleOfSome { .. }
        | Gives::ServiceAccount
        | Gives::ServiceAccountOrNode
        | Gives::RunningServiceAccount
        | Gives::StoredToken
        | Gives::Node => return None,
    };
    let Decision {
        proof, mut depends_on, ..
    } = met;
    if let Some(through) = through {
        if power[through.0 as usize] == Holds::Maybe {
            depends_on.push(Dependency::Power(through));
        }
        if platform == Platform::Gcp && project.is_none() {
            depends_on.push(Dependency::Export(
                "which projects lie below the folder or organisation",
            ));
        }
    }
    depends_on.sort_unstable();
    depends_on.dedup();
    Some(Escalation {
        path,
        outcome: match depends_on.is_empty() {
            true => Outcome::Allowed,
            false => Outcome::DependsOn,
        },
        through: through.map(Through::Identity),
        within: None,
        proof,
        depends_on,
    })
}

/// The service account through which a row works most surely, of these with the surest of power first. Denials are
/// attached to projects and above, so that one of each project is enough.
fn through_account<'t>(
    snapshot: &Snapshot,
    id: IdentityId,
    path: &EscalationPath,
    scoped: (&[u32], Option<Sym>),
    others: impl Iterator<Item = &'t IdentityId>,
) -> Option<(IdentityId, Decision)> {
    let is_denied_somewhere = gcp::has_denials(snapshot);
    let mut tried: HashSet<Option<Sym>> = HashSet::new();
    let mut best: Option<(IdentityId, Decision)> = None;
    for &other in others {
        let account = snapshot.identity(other).account;
        if !tried.insert(account) {
            continue;
        }
        let project = format!("{PROJECTS}{}", snapshot.strings.get_or_empty(account));
        if let Some(met) = met(snapshot, id, path, scoped, &project)
            && best.as_ref().is_none_or(|(_, best)| met.outcome > best.outcome)
        {
            best = Some((other, met));
        }
        let is_sure = best.as_ref().is_some_and(|(_, best)| best.outcome == Outcome::Allowed);
        if is_sure || !is_denied_somewhere {
            break;
        }
    }
    best
}
