//! Platforms whose grants are roles and permissions with a name: Google Cloud and Entra. What stands behind a name, no
//! export tells; what is known of the names is in the catalogue of escalation paths.

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::azure;
use super::decision::{BlindSpot, Decision, Dependency, Holds, Outcome, Reason};
use super::denial;
use super::escalation::entra::ENTRA;
use super::escalation::gcp::{GCP, WORKS_BY};
use super::escalation::{Escalation, EscalationPath, Gives, Need, Through};
use super::gcp;
use super::index::Index;
use super::standing::{Granted, Power, Tier};
use crate::model::access_policy::Conditional;
use crate::model::identity::IdentityKind;
use crate::model::principal::HandleKind;
use crate::model::snapshot::{Denial, Grant, Identity, IdentityId, Snapshot, SourceId};
use crate::model::strings::Sym;
use crate::reading::gcp_member::{self, PROJECTS};

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

const BELOW: Dependency = Dependency::Export("which projects lie below the folder or organisation");

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
pub fn decide(
    snapshot: &Snapshot,
    index: &Index,
    (id, platform): (IdentityId, Platform),
    action: &str,
    resource: &str,
) -> Decision {
    let by_roles = by_roles(snapshot, index, (id, platform), action, resource);
    match platform {
        Platform::Gcp => denial::after(snapshot, id, by_roles, |denial| {
            gcp::takes(denial, &snapshot.strings, action, resource)
        }),
        Platform::Entra => by_roles,
    }
}

fn by_roles(
    snapshot: &Snapshot,
    index: &Index,
    (id, platform): (IdentityId, Platform),
    action: &str,
    resource: &str,
) -> Decision {
    let blind_spots = platform.blind_spots(snapshot);
    let identity = snapshot.identity(id);
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let mut needs = Vec::new();
    let mut may = Vec::new();
    for &at in &snapshot.granted[range] {
        let grant = &snapshot.grants[at as usize];
        if grant.has_ended(snapshot.as_of) {
            continue;
        }
        let policy = grant.policy.unwrap_or(grant.role);
        let defined = index.policies_of(policy, snapshot);
        let gives = match platform {
            Platform::Gcp => gcp::gives(snapshot, defined, grant, action),
            Platform::Entra => Holds::of(snapshot.strings.get(grant.role) == action),
        };
        let reaches = reaches(snapshot, platform, grant, resource);
        if gives.min(reaches) == Holds::No {
            continue;
        }
        let mut here = Vec::new();
        if reaches == Holds::Maybe {
            let is_project = snapshot.strings.get_or_empty(grant.resource).starts_with(PROJECTS);
            here.push(match is_project {
                true => Dependency::Export("of which project the resource is"),
                false => BELOW,
            });
        }
        if gives == Holds::Maybe {
            here.push(Dependency::Policy(policy));
        }
        if grant.conditional == Conditional::OnCondition {
            here.push(match platform {
                Platform::Entra => Dependency::Condition("what the user may who is signed in".to_owned()),
                Platform::Gcp => Dependency::Export("the condition of the binding, of which only its end is kept"),
            });
        }
        let reason = match defined.first().filter(|_| platform == Platform::Gcp) {
            Some(definition) => Reason {
                evidence: definition.evidence,
                ..Reason::of_grant(at, grant)
            },
            None => Reason::of_grant(at, grant),
        };
        if here.is_empty() {
            return Decision::allowed(vec![reason], blind_spots);
        }
        needs.extend(here);
        may.push(reason);
    }
    match needs.is_empty() {
        true => Decision::denied(Vec::new(), blind_spots),
        false => Decision::depends(may, needs, blind_spots),
    }
}

/// Whether a grant reaches a resource: it is given on it, or on what holds it.
fn reaches(snapshot: &Snapshot, platform: Platform, grant: &Grant, resource: &str) -> Holds {
    let Some(on) = grant.resource.map(|on| snapshot.strings.get(on)) else {
        return Holds::Yes;
    };
    match platform {
        _ if resource == "*" || on.eq_ignore_ascii_case(resource) => Holds::Yes,
        Platform::Entra => Holds::No,
        Platform::Gcp => gcp::reaches(on, resource),
    }
}

/// What the roles of these platforms meet of the catalogue's needs, each looked through once.
#[derive(Debug, Default)]
pub struct Roles {
    /// By role.
    met: HashMap<Sym, Vec<Met>>,
}

/// A need that a role meets.
#[derive(Debug)]
struct Met {
    need: &'static Need,
    /// By which of the role's permissions; none where its name tells, and these are too many to name.
    permissions: Vec<&'static str>,
}

impl Roles {
    pub fn new(snapshot: &Snapshot, index: &Index) -> Self {
        let mut by_word: HashMap<&'static str, Vec<&'static Need>> = HashMap::new();
        for need in GCP.iter().chain(ENTRA).flat_map(|path| path.needs) {
            for word in need.action.split('|') {
                by_word.entry(word).or_default().push(need);
            }
        }
        let mut seen = HashSet::new();
        let mut met: HashMap<Sym, Vec<Met>> = HashMap::new();
        for grant in &snapshot.grants {
            let role = grant.policy.unwrap_or(grant.role);
            if !seen.insert(role) {
                continue;
            }
            let mut of_role: Vec<Met> = Vec::new();
            let name = snapshot.strings.get(grant.role);
            for need in by_word.get(name).into_iter().flatten() {
                let works_by = WORKS_BY.iter().find(|(known, _)| *known == name);
                let permissions = works_by.map(|(_, permissions)| permissions.to_vec());
                of_role.push(Met {
                    need,
                    permissions: permissions.unwrap_or_default(),
                });
            }
            let defined = index.policies_of(role, snapshot);
            for listed in defined.iter().flat_map(gcp::permissions) {
                let Some((&permission, needs)) = by_word.get_key_value(snapshot.strings.get(*listed)) else {
                    continue;
                };
                for &need in needs {
                    match of_role.iter_mut().find(|met| met.need == need) {
                        Some(known) if known.permissions.contains(&permission) => {}
                        Some(known) => known.permissions.push(permission),
                        None => of_role.push(Met {
                            need,
                            permissions: vec![permission],
                        }),
                    }
                }
            }
            if !of_role.is_empty() {
                met.insert(role, of_role);
            }
        }
        Self { met }
    }

    /// What the role of a grant meets.
    fn of(&self, grant: &Grant) -> &[Met] {
        let met = self.met.get(&grant.policy.unwrap_or(grant.role));
        met.map_or(&[], Vec::as_slice)
    }
}

/// Who has power, by platform; of Google Cloud also by project and by name. The surest come first.
#[derive(Debug, Default)]
pub struct Targets {
    gcp: Vec<IdentityId>,
    in_project: HashMap<Sym, Vec<IdentityId>>,
    by_name: HashMap<Sym, Vec<IdentityId>>,
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
        for &id in &targets.gcp {
            let identity = snapshot.identity(id);
            if let Some(project) = identity.account {
                targets.in_project.entry(project).or_default().push(id);
            }
            for handle in snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles) {
                targets.by_name.entry(handle.text).or_default().push(id);
            }
        }
        targets
    }

    /// The service accounts that a place has.
    fn at(&self, place: Place<'_>, snapshot: &Snapshot) -> &[IdentityId] {
        let strings = &snapshot.strings;
        let found = match place {
            Place::Above => return &self.gcp,
            Place::Thing => None,
            Place::Project(project) => strings.find(project).and_then(|project| self.in_project.get(&project)),
            // As addresses are kept.
            Place::Account(name) => {
                let name = strings.find(&name.to_ascii_lowercase());
                name.and_then(|name| self.by_name.get(&name))
            }
        };
        found.map_or(&[], Vec::as_slice)
    }
}

/// What service accounts lie where something is given in Google Cloud.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// Those of any project below it.
    Above,
    Project(&'a str),
    /// This one alone, by its address or number.
    Account(&'a str),
    /// None.
    Thing,
}

impl<'a> Place<'a> {
    fn of(scope: &'a str) -> Self {
        match (scope.strip_prefix(PROJECTS), gcp_member::service_account_in(scope)) {
            (Some(project), _) => Place::Project(project),
            (None, Some(account)) => Place::Account(account),
            (None, None) if gcp::is_one_thing(scope) => Place::Thing,
            (None, None) => Place::Above,
        }
    }
}

/// Those whose grants meet all needs of some row of the catalogue, if not always on one resource: few of many.
pub fn candidates(snapshot: &Snapshot, roles: &Roles) -> Vec<IdentityId> {
    let all = (0..snapshot.identities.len() as u32).map(IdentityId);
    all.filter(|id| {
        let identity = snapshot.identity(*id);
        let Some(platform) = Platform::of(identity, snapshot) else {
            return false;
        };
        let grants = snapshot.grants_of(identity);
        let met: SmallVec<[&Need; 8]> = grants.flat_map(|grant| roles.of(grant)).map(|met| met.need).collect();
        let is_fulfilled = |path: &EscalationPath| path.needs.iter().all(|need| met.contains(&need));
        !met.is_empty() && platform.paths().iter().any(is_fulfilled)
    })
    .collect()
}

/// Which of these [`candidates`] have a way up by a row of the catalogue, when others have this power.
pub fn ways_up(
    snapshot: &Snapshot,
    roles: &Roles,
    candidates: &[IdentityId],
    power: &Power,
    rounds: &[u32],
) -> Vec<(IdentityId, Holds)> {
    let targets = Targets::new(snapshot, power, rounds);
    let mut found = Vec::new();
    for &id in candidates {
        if power[id.0 as usize] < Holds::Yes {
            let ways = escalations(snapshot, id, roles, &targets, power);
            let surest = ways.iter().map(|way| way.outcome.holds()).max();
            found.extend(surest.map(|holds| (id, holds)));
        }
    }
    found
}

/// The rows of the catalogue that an identity fulfils.
pub fn escalations(
    snapshot: &Snapshot,
    id: IdentityId,
    roles: &Roles,
    targets: &Targets,
    power: &Power,
) -> Vec<Escalation> {
    let identity = snapshot.identity(id);
    let Some(platform) = Platform::of(identity, snapshot) else {
        return Vec::new();
    };
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let grants = snapshot.granted[range].iter().copied();
    let in_force = grants.filter(|at| {
        let grant = &snapshot.grants[*at as usize];
        !grant.has_ended(snapshot.as_of) && !roles.of(grant).is_empty()
    });
    let holder = Holder {
        snapshot,
        id,
        platform,
        roles,
        grants: in_force.collect(),
    };
    let mut scopes: Vec<Option<Sym>> = holder
        .grants
        .iter()
        .map(|at| snapshot.grants[*at as usize].resource)
        .collect();
    scopes.sort_unstable();
    scopes.dedup();
    let mut found = Vec::new();
    for path in platform.paths() {
        let ways = scopes
            .iter()
            .filter_map(|scope| holder.escalation(path, *scope, targets, power));
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

/// One whose ways up are looked for.
struct Holder<'a> {
    snapshot: &'a Snapshot,
    id: IdentityId,
    platform: Platform,
    roles: &'a Roles,
    /// Its grants in force that meet some need.
    grants: Vec<u32>,
}

impl Holder<'_> {
    /// What the grants in one scope come to that meet all needs of a row, when it is made use of on a resource there;
    /// `None` when they do not, or denials take it.
    fn met(&self, path: &EscalationPath, scope: Option<Sym>, resource: &str) -> Option<Decision> {
        let mut met = Decision::allowed(Vec::new(), &[]);
        for need in path.needs {
            let meeting = self.grants.iter().filter_map(|&at| {
                let grant = &self.snapshot.grants[at as usize];
                let by = self.roles.of(grant).iter().find(|met| met.need == need);
                let by = by.filter(|_| grant.resource == scope)?;
                let reason = Reason::of_grant(at, grant);
                let by_role = match grant.conditional {
                    Conditional::Always => Decision::allowed(vec![reason], &[]),
                    Conditional::OnCondition => Decision::depends(
                        vec![reason],
                        vec![Dependency::Export("the condition of the grant")],
                        &[],
                    ),
                };
                Some(gcp::left_of(
                    self.snapshot,
                    self.id,
                    &by_role,
                    &by.permissions,
                    resource,
                ))
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
        &self,
        path: &'static EscalationPath,
        scope: Option<Sym>,
        targets: &Targets,
        power: &Power,
    ) -> Option<Escalation> {
        let Self { snapshot, id, .. } = *self;
        let resource = snapshot.strings.get_or_empty(scope);
        let place = (self.platform == Platform::Gcp).then(|| Place::of(resource));
        // What is denied for all of the scope is denied in every project of it.
        let mut met = self.met(path, scope, resource)?;
        let through = match (path.gives, place) {
            (Gives::ServiceAccount, Some(place)) => {
                let others = targets.at(place, snapshot).iter().filter(|other| **other != id);
                let (other, there) = self.through_account(path, scope, others)?;
                met = there;
                if matches!(place, Place::Above) {
                    met.depends_on.push(BELOW);
                }
                Some(other)
            }
            // One thing is not everything.
            (Gives::Everything | Gives::OlderVersion, Some(Place::Thing | Place::Account(_))) => return None,
            (Gives::Everything, _) => None,
            (Gives::Another(_), None) => {
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
            (Gives::OlderVersion, _) => {
                if !self.has_custom_role(scope) {
                    let roles = Dependency::Export("which custom roles there are, and who has them");
                    met.depends_on.push(roles);
                }
                None
            }
            (Gives::RoleOfGroup, _) => {
                let groups = Dependency::Export("what groups and access packages give");
                met.depends_on.push(groups);
                None
            }
            (
                Gives::Another(_)
                | Gives::Written(_)
                | Gives::RoleOf(_)
                | Gives::RoleOfSome { .. }
                | Gives::ServiceAccount
                | Gives::ServiceAccountOrNode
                | Gives::RunningServiceAccount
                | Gives::StoredToken
                | Gives::AnyPolicy
                | Gives::Node,
                _,
            ) => return None,
        };
        let Decision {
            proof, mut depends_on, ..
        } = met;
        if let Some(through) = through
            && power[through.0 as usize] == Holds::Maybe
        {
            depends_on.push(Dependency::Power(through));
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

    /// Whether it has a role for certain, on all of a project or organisation, that is that project's or organisation's
    /// own: who writes these widens it.
    fn has_custom_role(&self, scope: Option<Sym>) -> bool {
        let strings = &self.snapshot.strings;
        let here = strings.get_or_empty(scope).strip_prefix(gcp::RESOURCE_MANAGER);
        let is_own = |grant: &Grant, here: &str| {
            let role = strings.get(grant.role).strip_prefix(here);
            grant.resource == scope
                && grant.conditional == Conditional::Always
                && !grant.has_ended(self.snapshot.as_of)
                && role.is_some_and(|role| role.starts_with("/roles/"))
        };
        let mut grants = self.snapshot.grants_of(self.snapshot.identity(self.id));
        here.is_some_and(|here| grants.any(|grant| is_own(grant, here)))
    }

    /// The service account through which a row works most surely, of these with the surest of power first. Denials are
    /// attached to projects and above, so that one of each project is enough.
    fn through_account<'t>(
        &self,
        path: &EscalationPath,
        scope: Option<Sym>,
        others: impl Iterator<Item = &'t IdentityId>,
    ) -> Option<(IdentityId, Decision)> {
        let is_denied_somewhere = gcp::has_denials(self.snapshot);
        let mut tried: HashSet<Option<Sym>> = HashSet::new();
        let mut best: Option<(IdentityId, Decision)> = None;
        for &other in others {
            let account = self.snapshot.identity(other).account;
            if !tried.insert(account) {
                continue;
            }
            let project = format!("{PROJECTS}{}", self.snapshot.strings.get_or_empty(account));
            if let Some(met) = self.met(path, scope, &project)
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
}
