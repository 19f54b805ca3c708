//! How far each identity of a snapshot reaches altogether, in one word.
//!
//! Who is an administrator, what it is given tells. Who can become one, the catalogue of escalation paths and the
//! trusts tell together: whoever can act as an administrator, or as one who can become one, can become one. That is
//! gone over until nothing changes.

use super::aws::evaluate::Asker;
use super::aws::request::Target;
use super::aws::standing::{Accounts, Targets};
use super::decision::{Decision, Dependency, Holds, Outcome, Reason, Says};
use super::escalation::{ACTS_AS, Escalation, Through};
use super::index::Index;
use super::kubernetes::standing::Clusters;
use super::named;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::grant::{TrustGuard, TrustKind};
use crate::model::identity::IdentityKind;
use crate::model::principal::{HandleKind, Principal};
use crate::model::snapshot::{Identity, IdentityId, Snapshot, Trust};

/// How much an identity can do, from least to most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
}

/// What an identity comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// What it is for certain.
    pub tier: Tier,
    /// What it may be at most, where conditions or missing exports decide.
    pub at_most: Tier,
    pub is_administrator: Holds,
    /// Whether it can become one; not looked at where it is one.
    pub can_escalate: Holds,
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

/// The standings of all identities of a snapshot, and in whom power lies.
#[derive(Debug, Default)]
pub struct Survey {
    /// By identity.
    pub standings: Vec<Standing>,
    /// By identity.
    pub power: Vec<Holds>,
    pub targets: Targets,
    pub clusters: Clusters,
}

impl Survey {
    /// Judges every identity of a snapshot.
    pub fn new(snapshot: &Snapshot, index: &Index) -> Self {
        let mut granted: Vec<Granted> = (snapshot.identities.iter())
            .map(|identity| {
                let mut granted = by_grants(identity, snapshot);
                named::refine(identity, snapshot, &mut granted);
                granted
            })
            .collect();
        let mut accounts = Accounts::new(snapshot, index, &mut granted);
        let clusters = Clusters::new(snapshot, index, &mut granted);
        let mut power: Vec<Holds> = granted.iter().map(|granted| granted.is_administrator).collect();
        let mut can_escalate = vec![Holds::No; power.len()];
        loop {
            let targets = Targets::new(snapshot, index, &power);
            let mut risen = accounts.ways_up(snapshot, index, &targets, &power);
            risen.extend(named::ways_up(snapshot, &power));
            risen.extend(clusters.ways_up(snapshot, index, &power));
            for (at, &before) in power.iter().enumerate() {
                let id = IdentityId(at as u32);
                if before < Holds::Yes {
                    risen.push((id, by_trust(snapshot, index, id, &power, accounts.assumes(id))));
                }
            }
            let mut is_changed = false;
            for (id, holds) in risen {
                let at = id.0 as usize;
                if holds > power[at] {
                    power[at] = holds;
                    can_escalate[at] = holds;
                    is_changed = true;
                }
            }
            if !is_changed {
                let standings = granted.iter().zip(can_escalate);
                return Self {
                    standings: standings.map(|(granted, holds)| standing(granted, holds)).collect(),
                    power,
                    targets,
                    clusters,
                };
            }
        }
    }

    /// The trusts by which an identity becomes an administrator, or one who can become one.
    pub fn by_trust(&self, snapshot: &Snapshot, index: &Index, actor: IdentityId) -> Vec<Escalation> {
        let mut found = Vec::new();
        let mut actor_of = Actor::new(snapshot, index, actor);
        for (trust, target, most) in to_power(snapshot, index, actor, &self.power) {
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
                proof: decision.proof,
                depends_on,
            });
        }
        found
    }
}

/// How surely an identity gets power from one that trusts it.
fn by_trust(snapshot: &Snapshot, index: &Index, actor: IdentityId, power: &Power, assumes: Assumes) -> Holds {
    let mut best = power[actor.0 as usize];
    let mut actor_of = Actor::new(snapshot, index, actor);
    for (trust, target, most) in to_power(snapshot, index, actor, power) {
        let is_by_account = matches!(trust.actor, Principal::Account(_));
        if most > best && !(is_by_account && assumes == Assumes::Nothing) {
            best = best.max(actor_of.acts_as(trust, target).outcome.holds().min(most));
        }
        if best == Holds::Yes {
            break;
        }
    }
    best
}

/// The trusts of those who have power in an identity or in its account.
fn to_power<'a>(
    snapshot: &'a Snapshot,
    index: &'a Index,
    actor: IdentityId,
    power: &'a Power,
) -> impl Iterator<Item = (&'a Trust, IdentityId, Holds)> {
    index.trusts_by(actor, snapshot).filter_map(move |trust| {
        let target = trust.target_identity.filter(|target| *target != actor)?;
        let most = power[target.0 as usize];
        (most > Holds::No).then_some((trust, target, most))
    })
}

fn standing(given: &Granted, can_escalate: Holds) -> Standing {
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
    }
}

/// What connectors say of grants, for platforms without an evaluator.
fn by_grants(identity: &Identity, snapshot: &Snapshot) -> Granted {
    if identity.kind == IdentityKind::Root {
        return Granted {
            is_administrator: Holds::Yes,
            is_catalogued: true,
            ..Granted::default()
        };
    }
    let grants =
        snapshot.grants_of(identity).map(
            |grant| match (identity.ceiling.leaves(grant.privilege), grant.conditional) {
                (Some(Privilege::Administrator), Conditional::Always) => Holds::Yes,
                (Some(Privilege::Administrator), Conditional::OnCondition) | (None, _) => Holds::Maybe,
                (Some(Privilege::Limited), _) => Holds::No,
            },
        );
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
    Nothing,
    Some,
}

/// One that may act as others.
struct Actor<'s> {
    snapshot: &'s Snapshot,
    index: &'s Index,
    id: IdentityId,
    /// What bears on taking on a role, once it was asked for.
    asker: Option<Asker<'s>>,
}

impl<'s> Actor<'s> {
    fn new(snapshot: &'s Snapshot, index: &'s Index, id: IdentityId) -> Self {
        Self {
            snapshot,
            index,
            id,
            asker: None,
        }
    }

    /// Whether it may act as another that trusts it.
    fn acts_as(&mut self, trust: &Trust, target: IdentityId) -> Decision {
        const ASSUME_ROLE: &str = "sts:AssumeRole";
        let snapshot = self.snapshot;
        let are_aws = [target, self.id]
            .iter()
            .all(|id| is_aws(snapshot.identity(*id), snapshot));
        if trust.kind == TrustKind::Assumes && are_aws {
            let (index, id) = (self.index, self.id);
            let asker = self
                .asker
                .get_or_insert_with(|| Asker::new(snapshot, index, id).about(ASSUME_ROLE));
            return asker.decide(ASSUME_ROLE, Target::One(snapshot.strings.get(trust.target.text)), &[]);
        }
        if matches!(trust.actor, Principal::Account(_) | Principal::Anyone) {
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
        match trust.guard {
            // Google Cloud: it may have things run as the account, if it may start them.
            Some(TrustGuard::Open | TrustGuard::SubjectOrAudience) if starts_workloads => {
                let start = Dependency::Export("whether it may start what runs as the account");
                Decision::depends(vec![reason], vec![start], &[])
            }
            // It is the subject that is checked.
            Some(TrustGuard::Open | TrustGuard::SubjectOrAudience) => Decision::allowed(vec![reason], &[]),
            Some(TrustGuard::ExternalId | TrustGuard::OtherCondition) | None => {
                let condition = Dependency::Export("the condition of the trust, of which at most its sort is kept");
                Decision::depends(vec![reason], vec![condition], &[])
            }
        }
    }
}
