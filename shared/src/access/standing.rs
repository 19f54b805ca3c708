//! How far each identity of a snapshot reaches altogether, in one word.
//!
//! Who is an administrator, what it is given tells. Who can become one, the catalogue of escalation paths and the
//! trusts tell together: whoever can act as an administrator, or as one who can become one, can become one. That is
//! gone over until nothing changes.

use std::cmp::Reverse;

use bitcode::{Decode, Encode};
use hashbrown::HashMap;

use super::aws::evaluate::{Asker, Policies};
use super::aws::request::Target;
use super::aws::standing::{Accounts, Targets};
use super::azure::standing::Managed;
use super::decision::{Decision, Dependency, Holds, Outcome, Reason, Says};
use super::escalation::{ACTS_AS, Escalation, Through};
use super::index::Index;
use super::kubernetes::standing::Clusters;
use super::named::Platform;
use super::vault::standing::Vaults;
use super::{azure, gcp, kubernetes, named};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::identity::IdentityKind;
use crate::model::principal::{HandleKind, Principal};
use crate::model::snapshot::{Grant, Identity, IdentityId, PRODUCTION, Snapshot, Trust};
use crate::model::strings::Sym;

/// How much an identity can do, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Tier {
    /// Nothing that any export tells.
    #[default]
    Nothing,
    /// It reads what is no secret and no content: lists and descriptions.
    Read,
    /// It changes something.
    Write,
    /// It reads secrets or what stores hold.
    SensitiveData,
    /// It can become an administrator.
    Escalates,
    /// It may do everything in its scope: an account, a project, a cluster or a namespace, a tenant.
    Administrator,
}

impl Tier {
    pub const ALL: [Tier; 6] = [
        Tier::Nothing,
        Tier::Read,
        Tier::Write,
        Tier::SensitiveData,
        Tier::Escalates,
        Tier::Administrator,
    ];

    /// The stable word for this tier in JSON, URLs and CSV.
    pub fn id(self) -> &'static str {
        match self {
            Tier::Nothing => "nothing",
            Tier::Read => "read",
            Tier::Write => "write",
            Tier::SensitiveData => "sensitive_data",
            Tier::Escalates => "escalates",
            Tier::Administrator => "administrator",
        }
    }

    /// The tier that a stable word names.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.id() == id)
    }
}

/// What an identity comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Standing {
    /// What it is for certain.
    pub tier: Tier,
    /// What it may be at most, where conditions or missing exports decide.
    pub at_most: Tier,
    pub is_administrator: Holds,
    /// Whether it can become one; not looked at where it is one.
    pub can_escalate: Holds,
    /// In which round of looking its power was found: it rests on somebody's that was found earlier. Zero for what it
    /// has by its own grants.
    pub round: u32,
}

/// What the grants of an identity come to, before anybody acts as anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    pub is_administrator: Holds,
    /// For certain, and at most, among the tiers below [`Tier::Escalates`].
    pub data: Tier,
    pub data_at_most: Tier,
    /// Whether a catalogue tells what else it can become.
    pub is_catalogued: bool,
}

/// What may be acted with: the power to do everything, now or by a way up.
pub type Power = [Holds];

/// Whether an identity is one of AWS.
pub fn is_aws(identity: &Identity, snapshot: &Snapshot) -> bool {
    let mut handles = snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles);
    handles.any(|handle| handle.kind == HandleKind::Arn)
}

/// Whether an identity is one of Google Cloud.
fn is_google(id: IdentityId, snapshot: &Snapshot) -> bool {
    Platform::of(snapshot.identity(id), snapshot) == Some(Platform::Gcp)
}

/// The standings of all identities of a snapshot, and in whom power lies.
#[derive(Debug, Default)]
pub struct Survey {
    /// By identity.
    pub standings: Vec<Standing>,
    /// By identity.
    pub power: Vec<Holds>,
    pub targets: Targets,
    /// Those of Google Cloud and Entra.
    pub named: named::Targets,
    pub roles: named::Roles,
    pub clusters: Clusters,
    pub vaults: Vaults,
    pub managed: Managed,
    /// Managed identities of Azure.
    pub in_azure: azure::standing::Targets,
    /// Those of clusters.
    pub in_clusters: kubernetes::standing::Targets,
    /// By identity: whether it can act as one of production; `None` where none is known to be of production, or none of
    /// another environment.
    pub acts_in_production: Option<Vec<Holds>>,
}

impl Survey {
    /// Judges every identity of a snapshot.
    pub fn new(snapshot: &Snapshot, index: &Index) -> Self {
        let mut tiers = named::Tiers::default();
        let mut granted: Vec<Granted> = (0..snapshot.identities.len() as u32)
            .map(|at| {
                let mut granted = by_grants(IdentityId(at), snapshot, index);
                tiers.refine(snapshot, index, IdentityId(at), &mut granted);
                granted
            })
            .collect();
        let vaults = Vaults::new(snapshot);
        let in_vaults = vaults.survey(snapshot, index, &mut granted);
        let mut accounts = Accounts::new(snapshot, index, &mut granted);
        let clusters = Clusters::new(snapshot, index, &mut granted);
        let managed = Managed::new(snapshot, index);
        let roles = named::Roles::new(snapshot, index);
        let named = named::candidates(snapshot, &roles);
        let mut power: Vec<Holds> = granted.iter().map(|granted| granted.is_administrator).collect();
        let mut can_escalate = vec![Holds::No; power.len()];
        let mut rounds = vec![0; power.len()];
        let mut risen_to = power.clone();
        let mut round = 0_u32;
        loop {
            round += 1;
            let targets = Targets::new(snapshot, index, &power, &rounds);
            let mut risen = accounts.ways_up(snapshot, index, &targets, &power);
            risen.extend(named::ways_up(snapshot, &roles, &named, &power, &rounds));
            risen.extend(clusters.ways_up(snapshot, index, &power, &rounds));
            risen.extend(managed.ways_up(snapshot, index, &power, &rounds));
            // They need nobody else's power.
            risen.extend_from_slice(&in_vaults);
            let powerful = Powerful::new(snapshot, index, &risen_to);
            for (at, &before) in power.iter().enumerate() {
                let id = IdentityId(at as u32);
                if before < Holds::Yes {
                    risen.push((id, powerful.lends(snapshot, index, id, before, accounts.assumes(id))));
                }
            }
            drop(powerful);
            let mut is_changed = false;
            risen_to.fill(Holds::No);
            for (id, holds) in risen {
                let at = id.0 as usize;
                if holds > power[at] {
                    power[at] = holds;
                    can_escalate[at] = holds;
                    risen_to[at] = holds;
                    rounds[at] = round;
                    is_changed = true;
                }
            }
            if !is_changed {
                let standings = granted.iter().zip(can_escalate).zip(&rounds);
                let standings = standings.map(|((granted, holds), round)| standing(granted, holds, *round));
                return Self {
                    standings: standings.collect(),
                    named: named::Targets::new(snapshot, &power, &rounds),
                    in_clusters: kubernetes::standing::Targets::new(snapshot, &power, &rounds),
                    in_azure: azure::standing::Targets::new(&managed, &power, &rounds),
                    managed,
                    roles,
                    power,
                    targets,
                    clusters,
                    vaults,
                    acts_in_production: acts_in_production(snapshot, index, &accounts.into_assumes()),
                };
            }
        }
    }

    /// What was found before in the same snapshot.
    pub fn found_before(
        snapshot: &Snapshot,
        index: &Index,
        standings: Vec<Standing>,
        power: Vec<Holds>,
        acts_in_production: Option<Vec<Holds>>,
    ) -> Self {
        let rounds: Vec<u32> = standings.iter().map(|standing| standing.round).collect();
        let managed = Managed::new(snapshot, index);
        Self {
            targets: Targets::new(snapshot, index, &power, &rounds),
            named: named::Targets::new(snapshot, &power, &rounds),
            roles: named::Roles::new(snapshot, index),
            in_clusters: kubernetes::standing::Targets::new(snapshot, &power, &rounds),
            clusters: Clusters::new(snapshot, index, &mut vec![Granted::default(); power.len()]),
            vaults: Vaults::new(snapshot),
            in_azure: azure::standing::Targets::new(&managed, &power, &rounds),
            managed,
            standings,
            power,
            acts_in_production,
        }
    }

    /// The trusts by which an identity becomes an administrator, or one who can become one.
    pub fn by_trust(&self, snapshot: &Snapshot, index: &Index, actor: IdentityId) -> Vec<Escalation> {
        Self::steps(snapshot, index, actor, &self.power)
    }

    /// The trusts by which an identity acts as one that has power.
    pub fn steps(snapshot: &Snapshot, index: &Index, actor: IdentityId, power: &Power) -> Vec<Escalation> {
        let mut found = Vec::new();
        let mut actor_of = Actor::new(snapshot, index, actor, Assumes::Some);
        for (trust, target, most) in to_power(snapshot, index, actor, power) {
            let decision = actor_of.acts_as(trust, target);
            let mut depends_on = decision.depends_on;
            if most == Holds::Maybe {
                depends_on.push(Dependency::Power(target));
            }
            let outcome = match decision.outcome.holds().min(most) {
                Holds::No => continue,
                Holds::Maybe => Outcome::DependsOn,
                Holds::Yes => Outcome::Allowed,
            };
            found.push(Escalation {
                path: ACTS_AS,
                outcome,
                through: Some(Through::Identity(target)),
                within: None,
                proof: decision.proof,
                depends_on,
            });
        }
        found
    }
}

fn acts_in_production(snapshot: &Snapshot, index: &Index, assumes: &[Assumes]) -> Option<Vec<Holds>> {
    let production = snapshot.strings.find(PRODUCTION)?;
    let is_of = |identity: &Identity| identity.environment == Some(production);
    let is_elsewhere = |identity: &Identity| identity.environment.is_some() && !is_of(identity);
    let identities = &snapshot.identities;
    let are_both = identities.iter().any(is_of) && identities.iter().any(is_elsewhere);
    let of_production = identities.iter().map(|identity| Holds::of(is_of(identity)));
    are_both.then(|| can_act_as(snapshot, index, assumes, of_production.collect()))
}

/// How surely each identity can act as one of those that have this power already, in one step or several.
fn can_act_as(snapshot: &Snapshot, index: &Index, assumes: &[Assumes], mut power: Vec<Holds>) -> Vec<Holds> {
    let mut risen_to = power.clone();
    loop {
        let powerful = Powerful::new(snapshot, index, &risen_to);
        let before = power.iter().zip(assumes).enumerate();
        let lent: Vec<Holds> = before
            .map(|(at, (&before, &assumes))| match before {
                Holds::Yes => before,
                Holds::No | Holds::Maybe => powerful.lends(snapshot, index, IdentityId(at as u32), before, assumes),
            })
            .collect();
        drop(powerful);
        if lent == power {
            return power;
        }
        let risen = |(before, &lent)| if lent > before { lent } else { Holds::No };
        risen_to = power.into_iter().zip(&lent).map(risen).collect();
        power = lent;
    }
}

/// The trusts of those who have power, by whom they let act: sought out once, not once for each who may.
///
/// Power only rises, and what somebody lends does not depend on who else has it. So those whose power rose in the round
/// before are enough: what the others lend has been told.
struct Powerful<'a> {
    /// Nothing for those whose power did not rise.
    power: &'a Power,
    by_account: HashMap<Sym, Vec<Lent<'a>>>,
    by_anyone: Vec<Lent<'a>>,
    /// Those of `by_anyone` whose power is one of Google Cloud, where everybody who has an account may; the surest first.
    by_anyone_in_google: Vec<Lent<'a>>,
    /// Those of `by_anyone` whose power lies in one account.
    by_anyone_in: HashMap<Option<Sym>, Vec<Lent<'a>>>,
}

/// A trust, whose power it lends, and how sure that power is.
type Lent<'a> = (&'a Trust, IdentityId, Holds);

impl<'a> Powerful<'a> {
    fn new(snapshot: &'a Snapshot, index: &Index, power: &'a Power) -> Self {
        let lent = |at: &u32| lent(&snapshot.trusts[*at as usize], power);
        let by_account = index.by_account().map(|(account, trusts)| {
            let trusts: Vec<_> = trusts.iter().filter_map(lent).collect();
            (account, trusts)
        });
        let by_anyone: Vec<Lent<'a>> = index.by_anyone().iter().filter_map(lent).collect();
        let mut by_anyone_in: HashMap<Option<Sym>, Vec<Lent<'a>>> = HashMap::new();
        for lent in &by_anyone {
            let account = snapshot.identity(lent.1).account;
            by_anyone_in.entry(account).or_default().push(*lent);
        }
        let in_google = by_anyone.iter().filter(|(_, target, _)| is_google(*target, snapshot));
        let mut by_anyone_in_google: Vec<Lent<'a>> = in_google.copied().collect();
        by_anyone_in_google.sort_by_key(|(trust, _, most)| (Reverse(*most), trust.guard));
        Self {
            power,
            by_account: by_account.filter(|(_, trusts)| !trusts.is_empty()).collect(),
            by_anyone,
            by_anyone_in,
            by_anyone_in_google,
        }
    }

    /// How surely an identity gets power from one that trusts it.
    fn lends(&self, snapshot: &Snapshot, index: &Index, id: IdentityId, before: Holds, assumes: Assumes) -> Holds {
        let own = index.trusts_by_name(id, snapshot);
        let own = own.filter_map(|trust| lent(trust, self.power));
        let identity = snapshot.identity(id);
        let account = identity.account;
        let is_aws = is_aws(identity, snapshot);
        let of_account = account
            .filter(|_| assumes == Assumes::Some)
            .and_then(|account| self.by_account.get(&account));
        // What another platform calls everybody is not told by its trusts: see `Actor::acts_as`.
        let of_anyone = match (is_aws, assumes) {
            (true, Assumes::Some) => Some(&self.by_anyone),
            (true, Assumes::Nothing | Assumes::Unmentioned) => self.by_anyone_in.get(&account),
            (false, _) if is_google(id, snapshot) => Some(&self.by_anyone_in_google),
            (false, _) => None,
        };
        let others = of_account.into_iter().chain(of_anyone).flatten().copied();
        let mut best = before;
        let mut actor = Actor::new(snapshot, index, id, assumes);
        for (trust, target, most) in own.chain(others) {
            if best == Holds::Yes {
                break;
            }
            if target == id || most <= best {
                continue;
            }
            let needs_own = is_aws && needs_own_policy(trust, snapshot.identity(target), account);
            let is_possible = match (needs_own, assumes) {
                (false, _) => true,
                (true, Assumes::Nothing | Assumes::Unmentioned) => false,
                (true, Assumes::Some) => actor.could_assume(trust) > best,
            };
            if is_possible {
                best = best.max(actor.acts_as(trust, target).outcome.holds().min(most));
            }
        }
        best
    }
}

/// Whether the policies of one that may act must allow it, too: between accounts, and where the account is trusted as a
/// whole.
fn needs_own_policy(trust: &Trust, target: &Identity, account: Option<Sym>) -> bool {
    match trust.actor {
        Principal::Account(_) => true,
        Principal::Anyone => target.account != account,
        Principal::Identity(_)
        | Principal::Group(_)
        | Principal::AnyoneAuthenticated
        | Principal::PlatformService(_)
        | Principal::Federated { .. }
        | Principal::Workload(_)
        | Principal::Named(_) => false,
    }
}

/// See [`super::Access::assumed`].
pub fn assumed(snapshot: &Snapshot, index: &Index, id: IdentityId) -> Vec<(u32, Decision)> {
    let identity = snapshot.identity(id);
    let is_google = is_google(id, snapshot);
    if !is_google && !is_aws(identity, snapshot) {
        return Vec::new();
    }
    let mut actor = Actor::new(snapshot, index, id, Assumes::Some);
    if is_google {
        let open = index.by_anyone().iter().filter_map(|&at| {
            let trust = &snapshot.trusts[at as usize];
            let target = trust.target_identity.filter(|target| *target != id)?;
            let decision = actor.acts_as(trust, target);
            (decision.outcome != Outcome::Denied).then_some((at, decision))
        });
        return open.collect();
    }
    // Trusts in its account are many, and nothing to who has no policy that speaks of them.
    let speaks = actor.asker().has_policies();
    let assumes = |at: u32| {
        let trust = &snapshot.trusts[at as usize];
        if !speaks && matches!(trust.actor, Principal::Account(_)) {
            return None;
        }
        let target = trust.target_identity.filter(|target| {
            *target != id && trust.kind == TrustKind::Assumes && is_aws(snapshot.identity(*target), snapshot)
        })?;
        let is_possible = !needs_own_policy(trust, snapshot.identity(target), identity.account)
            || actor.could_assume(trust) > Holds::No;
        let decision = is_possible.then(|| actor.acts_as(trust, target))?;
        (decision.outcome != Outcome::Denied).then_some((at, decision))
    };
    let trusts = index.trust_indices_by(id, snapshot);
    trusts.filter_map(assumes).collect()
}

fn lent<'a>(trust: &'a Trust, power: &Power) -> Option<Lent<'a>> {
    let target = trust.target_identity?;
    let most = power[target.0 as usize];
    (most > Holds::No).then_some((trust, target, most))
}

/// The trusts of those who have power in an identity or in its account.
fn to_power<'a>(
    snapshot: &'a Snapshot,
    index: &'a Index,
    actor: IdentityId,
    power: &'a Power,
) -> impl Iterator<Item = Lent<'a>> {
    let lent = index.trusts_by(actor, snapshot).filter_map(|trust| lent(trust, power));
    lent.filter(move |(_, target, _)| *target != actor)
}

fn standing(given: &Granted, can_escalate: Holds, round: u32) -> Standing {
    let can_escalate = match given.is_catalogued {
        true => can_escalate,
        false => can_escalate.max(Holds::Maybe),
    };
    let tier = |sureness: Holds, data: Tier| match (given.is_administrator >= sureness, can_escalate >= sureness) {
        (true, _) => Tier::Administrator,
        (false, true) => Tier::Escalates,
        (false, false) => data,
    };
    Standing {
        tier: tier(Holds::Yes, given.data),
        at_most: tier(Holds::Maybe, given.data_at_most),
        is_administrator: given.is_administrator,
        can_escalate,
        round,
    }
}

/// How strong a grant is when what caps its identity, and what denies it, has taken its part; `None` where no export
/// tells.
pub fn left_of(snapshot: &Snapshot, index: &Index, id: IdentityId, grant: &Grant) -> Option<Privilege> {
    if grant.has_ended(snapshot.as_of) || gcp::is_on_one_thing(snapshot, grant) {
        return Some(Privilege::Limited);
    }
    let privilege = snapshot.identity(id).ceiling.leaves(grant.privilege)?;
    if privilege == Privilege::Limited || snapshot.denials.is_empty() {
        return Some(privilege);
    }
    let by_azure = azure::evaluate::gives_everything(snapshot, index, id, grant);
    match by_azure.or_else(|| gcp::gives_everything(snapshot, index, id, grant)) {
        None | Some(Outcome::Allowed) => Some(Privilege::Administrator),
        Some(Outcome::Denied) => Some(Privilege::Limited),
        Some(Outcome::DependsOn) => None,
    }
}

/// What connectors say of grants, for platforms without an evaluator.
fn by_grants(id: IdentityId, snapshot: &Snapshot, index: &Index) -> Granted {
    let identity = snapshot.identity(id);
    if identity.kind == IdentityKind::Root {
        return Granted {
            is_administrator: Holds::Yes,
            is_catalogued: true,
            ..Granted::default()
        };
    }
    let grants =
        snapshot
            .grants_of(identity)
            .map(|grant| match (left_of(snapshot, index, id, grant), grant.conditional) {
                (Some(Privilege::Administrator), Conditional::Always) => Holds::Yes,
                (Some(Privilege::Administrator), Conditional::OnCondition) | (None, _) => Holds::Maybe,
                (Some(Privilege::Limited), _) => Holds::No,
            });
    let is_granted = !identity.grants.is_empty();
    Granted {
        is_administrator: grants.max().unwrap_or_default(),
        data: if is_granted { Tier::Read } else { Tier::Nothing },
        data_at_most: if is_granted { Tier::SensitiveData } else { Tier::Nothing },
        is_catalogued: !is_granted,
    }
}

/// Whether an identity's own policies let it take on roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumes {
    /// They do not speak of it, neither for nor against.
    Unmentioned,
    Nothing,
    Some,
}

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// One that may act as others.
struct Actor<'s> {
    snapshot: &'s Snapshot,
    index: &'s Index,
    id: IdentityId,
    assumes: Assumes,
    /// What bears on taking on a role, once it was asked for.
    asker: Option<Asker<'s>>,
}

impl<'s> Actor<'s> {
    fn new(snapshot: &'s Snapshot, index: &'s Index, id: IdentityId, assumes: Assumes) -> Self {
        Self {
            snapshot,
            index,
            id,
            assumes,
            asker: None,
        }
    }

    /// All that bears on taking on roles, sought out when it is first asked for.
    fn asker(&mut self) -> &Asker<'s> {
        let (snapshot, index, id) = (self.snapshot, self.index, self.id);
        self.asker.get_or_insert_with(|| match self.assumes {
            Assumes::Unmentioned => Asker::with(snapshot, index, id, Policies::default()),
            Assumes::Nothing | Assumes::Some => Asker::new(snapshot, index, id).about(ASSUME_ROLE),
        })
    }

    /// The most that its own policies may say to taking on a role: quick, and never less than the decision.
    fn could_assume(&mut self, trust: &Trust) -> Holds {
        let role = self.snapshot.strings.get(trust.target.text);
        self.asker().at_most(role)
    }

    /// Whether it may act as another that trusts it.
    fn acts_as(&mut self, trust: &Trust, target: IdentityId) -> Decision {
        let snapshot = self.snapshot;
        let are_aws = [target, self.id]
            .iter()
            .all(|id| is_aws(snapshot.identity(*id), snapshot));
        if trust.kind == TrustKind::Assumes && are_aws {
            return self
                .asker()
                .decide(ASSUME_ROLE, Target::One(snapshot.strings.get(trust.target.text)), &[]);
        }
        let is_open = matches!(trust.actor, Principal::Anyone | Principal::AnyoneAuthenticated);
        let are_google = || [target, self.id].iter().all(|id| is_google(*id, snapshot));
        if matches!(trust.actor, Principal::Account(_)) || is_open && !are_google() {
            // What another platform calls its account's own rights is not told by its trusts.
            return Decision::denied(Vec::new(), &[]);
        }
        let starts_workloads = trust.kind == TrustKind::Assumes;
        let reason = Reason {
            says: Says::LetsIn,
            name: trust.target.text,
            statement: None,
            grant: None,
            evidence: trust.evidence,
        };
        let decision = match trust.guard {
            // Google Cloud: it may have things run as the account, if it may start them.
            Some(TrustGuard::Open | TrustGuard::SubjectOrAudience) if starts_workloads => {
                let start = Dependency::Export("whether it may start what runs as the account");
                Decision::depends(vec![reason], vec![start], &[])
            }
            // It is the subject that is checked.
            Some(TrustGuard::Open | TrustGuard::SubjectOrAudience) => Decision::allowed(vec![reason], &[]),
            Some(TrustGuard::ExternalId | TrustGuard::OtherCondition) => {
                let condition = Dependency::Export("the condition of the trust, of which only its sort is kept");
                Decision::depends(vec![reason], vec![condition], &[])
            }
            // Seen in a log: it was let in once, and no policy says by what.
            None => Decision::depends(vec![reason], vec![Dependency::Export("the role's trust policy")], &[]),
        };
        gcp::left_of_trust(snapshot, self.id, trust.kind, target, decision)
    }
}
