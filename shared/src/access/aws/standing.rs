//! How far AWS identities reach altogether: who is an administrator, and who can become one.
//!
//! Identities with the same documents are judged once. Which rows of the catalogue can hold at all is told by a set of
//! bits for each document; only what then remains is worked out exactly.

use hashbrown::HashMap;

use super::changing;
use super::condition::all_hold;
use super::denials;
use super::evaluate::{Asker, Document, Held, Policies};
use super::request::{Target, account_in};
use super::trust;
use crate::access::decision::{Decision, Dependency, Holds, Outcome, Reason};
use crate::access::escalation::aws::AWS;
use crate::access::escalation::{Escalation, EscalationPath, Gives, Kind, Need, On, Through};
use crate::access::index::Index;
use crate::access::standing::{Assumes, Granted, Power, Tier, is_aws};
use crate::model::access_policy::{AwsStatement, Conditional, Effect, Matched, Privilege};
use crate::model::grant::TrustKind;
use crate::model::identity::IdentityKind;
use crate::model::pattern;
use crate::model::principal::{HandleKind, Principal};
use crate::model::snapshot::{IdentityId, Snapshot};
use crate::model::strings::{Strings, Sym};

/// How many users or roles of an account are tried as the one through whom a row works. Real accounts have at most
/// 5,000 users and 1,000 roles by default; a row that fits none of so many is taken to depend on the rest.
const MAX_TRIED: usize = 2_000;

/// Actions that read secrets, or what stores hold.
pub const SENSITIVE: &[&str] = &[
    "secretsmanager:GetSecretValue",
    "secretsmanager:BatchGetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "sqs:ReceiveMessage",
    "kinesis:GetRecords",
    "rds-data:ExecuteStatement",
    "redshift-data:ExecuteStatement",
    "athena:GetQueryResults",
];

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// What actions begin with that only look.
const READING: &[&str] = &[
    "get",
    "list",
    "describe",
    "head",
    "batchget",
    "batchdescribe",
    "lookup",
    "search",
    "view",
    "query",
    "scan",
    "read",
    "check",
    "select",
    "preview",
    "estimate",
    "simulate",
    "detect",
    "download",
    "discover",
    "filter",
];

/// The AWS identities of a snapshot, by what they are given.
pub struct Accounts {
    groups: Vec<Group>,
    /// By identity: whether its own policies may let it take on some role.
    assumes: Vec<Assumes>,
    is_first_round: bool,
}

/// Identities that are given the same.
struct Group {
    members: Vec<IdentityId>,
    rows: Vec<&'static EscalationPath>,
}

/// What one document says, seen from afar.
#[derive(Clone, Copy, Default)]
struct Sight {
    /// Which of [`actions`] some statement allows, to whatever and under whatever condition.
    allows: u128,
    /// Which of them some statement allows under no condition, to resources that it writes out.
    allows_outright: u128,
    denies: bool,
    /// Some statement allows everything on everything, if only under a condition.
    is_everything: bool,
    reads: bool,
    writes: bool,
    /// What it says depends on who asks, by a variable or a condition's key.
    is_personal: bool,
}

/// The actions that are looked for, in the order of their bits.
fn actions() -> Vec<&'static str> {
    let needed = AWS.iter().flat_map(|row| row.needs).map(|need| need.action);
    let mut actions: Vec<_> = needed.chain(SENSITIVE.iter().copied()).chain([ASSUME_ROLE]).collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

impl Accounts {
    /// Finds what each AWS identity is given, and writes it into `granted_to`.
    pub fn new(snapshot: &Snapshot, index: &Index, granted_to: &mut [Granted]) -> Self {
        let actions = actions();
        let bit = |action: &str| 1u128 << actions.binary_search(&action).unwrap_or_default();
        let rows: Vec<_> = AWS
            .iter()
            .map(|row| (row, row.needs.iter().fold(0, |bits, need| bits | bit(need.action))))
            .collect();
        let itself = |need: &Need| matches!(need.on, On::Itself | On::ItsGroup | On::ItsPolicy);
        let own: u128 = (AWS.iter().flat_map(|row| row.needs))
            .filter(|need| itself(need))
            .fold(0, |bits, need| bits | bit(need.action));
        let sensitive: Vec<_> = SENSITIVE.iter().map(|action| (*action, bit(action))).collect();
        let mut documents = Documents::new(&actions);
        let mut by_key: HashMap<Vec<u32>, usize> = HashMap::new();
        let mut accounts = Self {
            groups: Vec::new(),
            assumes: vec![Assumes::Nothing; snapshot.identities.len()],
            is_first_round: true,
        };
        let mut granted: Vec<(Granted, Assumes)> = Vec::new();
        for (at, identity) in snapshot.identities.iter().enumerate() {
            if identity.kind == IdentityKind::Root || !is_aws(identity, snapshot) {
                continue;
            }
            let id = IdentityId(at as u32);
            let policies = Policies::of(snapshot, index, id);
            let (key, sight) = documents.key(&policies, snapshot);
            let mut key = key;
            key.push(identity.account.map_or(u32::MAX, |account| account.index() as u32));
            key.push(u32::from(identity.kind == IdentityKind::User));
            if sight.is_personal || sight.allows & own != 0 {
                key.push(at as u32);
            }
            let group = *by_key.entry(key).or_insert_with(|| {
                let asker = Asker::with(snapshot, index, id, policies);
                let policies = &asker.policies;
                let is_administrator = match sight.is_everything || !policies.undefined.is_empty() {
                    true => administers(&asker),
                    false => Holds::No,
                };
                let fitting = rows.iter().filter(|(_, bits)| sight.allows & bits == *bits);
                let rows = match is_administrator {
                    Holds::Yes => Vec::new(),
                    Holds::Maybe | Holds::No => fitting.map(|(row, _)| *row).collect(),
                };
                accounts.groups.push(Group {
                    members: Vec::new(),
                    rows,
                });
                let has_undefined = !policies.undefined.is_empty();
                let is_capped = policies.boundary.is_some();
                let most = sight.tier();
                let least = match sight.denies {
                    true => denials::left(&asker, Holds::Maybe),
                    false => most,
                };
                let most = match least == most {
                    true => most,
                    false => denials::left(&asker, Holds::Yes),
                };
                let reads_outright = sensitive.iter().any(|(_, bit)| sight.allows_outright & bit != 0);
                let reads_data = match reads_outright && nothing_takes(policies, sight) {
                    true => Holds::Yes,
                    false => {
                        let reads = (sensitive.iter())
                            .filter(|(_, bit)| sight.allows & bit != 0)
                            .map(|(action, _)| asker.decide(action, Target::Some("*"), &[]).outcome.holds());
                        surest(reads)
                    }
                };
                granted.push((
                    Granted {
                        is_administrator,
                        data: if reads_data == Holds::Yes {
                            Tier::SensitiveData
                        } else {
                            least
                        },
                        data_at_most: match reads_data == Holds::No && !has_undefined {
                            true => most,
                            false => Tier::SensitiveData,
                        },
                        is_catalogued: !has_undefined,
                    },
                    match sight.allows & bit(ASSUME_ROLE) != 0 || has_undefined {
                        true => Assumes::Some,
                        false if sight.denies || is_capped => Assumes::Nothing,
                        false => Assumes::Unmentioned,
                    },
                ));
                accounts.groups.len() - 1
            });
            accounts.groups[group].members.push(id);
            let (of_group, assumes) = granted[group];
            granted_to[at] = of_group;
            accounts.assumes[at] = assumes;
        }
        accounts.groups.retain(|group| !group.rows.is_empty());
        accounts
    }

    pub fn assumes(&self, id: IdentityId) -> Assumes {
        self.assumes[id.0 as usize]
    }

    /// The same of all identities.
    pub fn into_assumes(self) -> Vec<Assumes> {
        self.assumes
    }

    /// Who has a way up by a row of the catalogue, when others have this power.
    pub fn ways_up(
        &mut self,
        snapshot: &Snapshot,
        index: &Index,
        targets: &Targets,
        power: &Power,
    ) -> Vec<(IdentityId, Holds)> {
        let mut found = Vec::new();
        let is_first = std::mem::replace(&mut self.is_first_round, false);
        for group in &self.groups {
            let first = group.members[0];
            let before = power[first.0 as usize];
            if before == Holds::Yes {
                continue;
            }
            let asker = Asker::new(snapshot, index, first);
            let mut best = before;
            // What needs nobody else does not change.
            let alone = group.rows.iter().filter(|row| is_first && !row.gives.needs_another());
            let rows = alone.chain(group.rows.iter().filter(|row| row.gives.needs_another()));
            for row in rows {
                if let Some(escalation) = escalation(&asker, row, targets, power) {
                    best = best.max(escalation.outcome.holds());
                }
                if best == Holds::Yes {
                    break;
                }
            }
            if best > before {
                found.extend(group.members.iter().map(|member| (*member, best)));
            }
        }
        found
    }
}

/// The rows of the catalogue that an AWS identity fulfils.
pub fn escalations(
    snapshot: &Snapshot,
    index: &Index,
    id: IdentityId,
    targets: &Targets,
    power: &Power,
) -> Vec<Escalation> {
    let asker = Asker::new(snapshot, index, id);
    (AWS.iter())
        .filter_map(|row| escalation(&asker, row, targets, power))
        .collect()
}

/// Whether what policies allow is not narrowed by anything else that bears on it.
fn nothing_takes(policies: &Policies<'_>, sight: Sight) -> bool {
    let is_disputed = policies.held.iter().any(|held| held.is_disputed);
    !sight.denies && !is_disputed && policies.boundary.is_none() && policies.undefined.is_empty()
}

/// The surest of several answers, of which no more are worked out than are needed.
fn surest(answers: impl Iterator<Item = Holds>) -> Holds {
    let mut best = Holds::No;
    for holds in answers {
        best = best.max(holds);
        if best == Holds::Yes {
            break;
        }
    }
    best
}

/// Whether the policies of an identity together give everything.
fn administers(asker: &Asker<'_>) -> Holds {
    let policies = &asker.policies;
    let request = asker.request("*", Target::Some("*"), &[]);
    let strings = &asker.snapshot.strings;
    let when = |statement: &AwsStatement| match all_hold(&statement.conditions, strings, &request, &mut Vec::new()) {
        Holds::Yes => Some(Conditional::Always),
        Holds::Maybe => Some(Conditional::OnCondition),
        Holds::No => None,
    };
    let everything = (policies.held.iter()).any(|held| matches!(held.document, Document::Everything));
    let statements = || policies.held.iter().flat_map(Held::statements);
    let (privilege, when) = super::beside(everything.then_some(Conditional::Always), statements(), strings, when);
    let is_disputed = policies.held.iter().any(|held| held.is_disputed);
    let holds = match (privilege, when) {
        (Privilege::Administrator, Conditional::Always) if everything || !is_disputed => Holds::Yes,
        (Privilege::Administrator, Conditional::Always | Conditional::OnCondition) => Holds::Maybe,
        // The denial that takes it is in one of two versions, perhaps.
        (Privilege::Limited, _) if everything && is_disputed => Holds::Maybe,
        (Privilege::Limited, _) if !policies.undefined.is_empty() => Holds::Maybe,
        (Privilege::Limited, _) => Holds::No,
    };
    let ceiling = asker.snapshot.identity(asker.id).ceiling;
    match ceiling.leaves(Some(Privilege::Administrator)) {
        Some(Privilege::Administrator) => holds,
        Some(Privilege::Limited) => Holds::No,
        None => holds.min(Holds::Maybe),
    }
}

/// Every document that was seen, by what it says.
struct Documents<'s> {
    actions: &'s [&'static str],
    ids: HashMap<&'s [AwsStatement], u32>,
    /// The same by where a document lies in memory, which is faster to look up than what it says.
    by_address: HashMap<usize, u32>,
    sights: Vec<Sight>,
    patterns: HashMap<Sym, u128>,
}

impl<'s> Documents<'s> {
    fn new(actions: &'s [&'static str]) -> Self {
        Self {
            actions,
            ids: HashMap::new(),
            by_address: HashMap::new(),
            sights: Vec::new(),
            patterns: HashMap::new(),
        }
    }

    /// What tells one set of policies from others that say something else, and what it says seen from afar.
    fn key(&mut self, policies: &Policies<'s>, snapshot: &Snapshot) -> (Vec<u32>, Sight) {
        // No id, and twice itself and one more is no other's.
        const EVERYTHING: u32 = u32::MAX / 2 - 1;
        const NEXT: u32 = u32::MAX;
        let mut all = Sight::default();
        let mut held: Vec<u32> = Vec::with_capacity(policies.held.len());
        for policy in &policies.held {
            let (id, sight) = match policy.document {
                Document::Everything => (EVERYTHING, Sight::everything()),
                Document::Statements(statements) => self.sight(statements, &snapshot.strings),
            };
            held.push(id * 2 + u32::from(policy.is_disputed));
            all = all.and(sight);
        }
        if !policies.undefined.is_empty() {
            all.allows = u128::MAX;
        }
        held.sort_unstable();
        held.dedup();
        held.push(NEXT);
        held.extend(policies.undefined.iter().map(|policy| policy.index() as u32));
        if let Some(cap) = &policies.boundary {
            held.push(NEXT);
            for policy in &cap.held {
                let (id, sight) = match policy.document {
                    Document::Everything => (EVERYTHING, Sight::default()),
                    Document::Statements(statements) => self.sight(statements, &snapshot.strings),
                };
                held.push(id * 2 + u32::from(policy.is_disputed));
                all.is_personal |= sight.is_personal;
            }
            held.push(NEXT);
            held.extend(cap.undefined.iter().map(|policy| policy.index() as u32));
        }
        (held, all)
    }

    fn sight(&mut self, statements: &'s [AwsStatement], strings: &Strings) -> (u32, Sight) {
        let address = statements.as_ptr() as usize;
        if let Some(&id) = self.by_address.get(&address).or_else(|| self.ids.get(statements)) {
            self.by_address.insert(address, id);
            return (id, self.sights[id as usize]);
        }
        let mut sight = Sight::default();
        for statement in statements {
            sight.is_personal |= names_who_asks(statement, strings);
            if statement.effect == Effect::Deny {
                sight.denies = true;
                continue;
            }
            sight.is_everything |= super::is_everything_on_everything(statement, strings);
            let (patterns, is_excluded) = match &statement.actions {
                Matched::AnyOf(patterns) => (patterns, false),
                Matched::NoneOf(patterns) => (patterns, true),
            };
            let bits = patterns
                .iter()
                .fold(0, |bits, pattern| bits | self.bits(*pattern, strings));
            let bits = if is_excluded { !bits } else { bits };
            sight.allows |= bits;
            if statement.conditions.is_empty() && writes_out(&statement.resources, strings) {
                sight.allows_outright |= bits;
            }
            sight.writes |= is_excluded || patterns.iter().any(|pattern| !is_reading(strings.get(*pattern)));
            sight.reads |= !patterns.is_empty();
        }
        let id = self.sights.len() as u32;
        self.ids.insert(statements, id);
        self.sights.push(sight);
        (id, sight)
    }

    fn bits(&mut self, sym: Sym, strings: &Strings) -> u128 {
        let actions = self.actions;
        *self.patterns.entry(sym).or_insert_with(|| {
            let text = strings.get(sym);
            let covered = actions
                .iter()
                .enumerate()
                .filter(|(_, action)| pattern::covers(text, action));
            covered.fold(0, |bits, (at, _)| bits | 1 << at)
        })
    }
}

impl Sight {
    fn everything() -> Self {
        Self {
            allows: u128::MAX,
            allows_outright: u128::MAX,
            denies: false,
            is_everything: true,
            reads: true,
            writes: true,
            is_personal: false,
        }
    }

    /// What is written or read, before denials.
    fn tier(self) -> Tier {
        match (self.writes, self.reads) {
            (true, _) => Tier::Write,
            (false, true) => Tier::Read,
            (false, false) => Tier::Nothing,
        }
    }

    fn and(self, other: Sight) -> Sight {
        Sight {
            allows: self.allows | other.allows,
            allows_outright: self.allows_outright | other.allows_outright,
            denies: self.denies || other.denies,
            is_everything: self.is_everything || other.is_everything,
            reads: self.reads || other.reads,
            writes: self.writes || other.writes,
            is_personal: self.is_personal || other.is_personal,
        }
    }
}

/// Whether a statement names some resource, without variables.
fn writes_out(resources: &Matched, strings: &Strings) -> bool {
    match resources {
        Matched::AnyOf(patterns) => {
            !patterns.is_empty() && patterns.iter().all(|pattern| !strings.get(*pattern).contains("${"))
        }
        Matched::NoneOf(_) => false,
    }
}

/// Whether what a statement says depends on who asks.
fn names_who_asks(statement: &AwsStatement, strings: &Strings) -> bool {
    let has_variable = |sym: &Sym| strings.get(*sym).contains("${");
    let in_resources = match &statement.resources {
        Matched::AnyOf(patterns) | Matched::NoneOf(patterns) => patterns.iter().any(has_variable),
    };
    let in_conditions = statement.conditions.iter().any(|condition| {
        let key = strings.get(condition.key);
        let is_known = ["aws:principal", "aws:user"];
        is_known.iter().any(|start| {
            key.get(..start.len())
                .is_some_and(|key| key.eq_ignore_ascii_case(start))
        }) || condition.values.iter().any(has_variable)
    });
    in_resources || in_conditions
}

/// Whether a pattern of actions covers only such as read, by the verb with which AWS begins their names.
pub fn is_reading(pattern: &str) -> bool {
    let Some((_, name)) = pattern.split_once(':') else {
        return false;
    };
    READING.iter().any(|verb| {
        name.get(..verb.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(verb))
    })
}

/// In whom power lies, by account.
#[derive(Debug, Default)]
pub struct Targets {
    strong: HashMap<(Sym, Kind), Vec<IdentityId>>,
    /// By the service that may act as them.
    by_service: HashMap<(Sym, Sym), Vec<IdentityId>>,
    /// Groups, each with its grants.
    groups: HashMap<Sym, Vec<(Sym, Vec<u32>)>>,
    all: HashMap<(Sym, Kind), Vec<IdentityId>>,
    /// The policies that the account itself manages.
    policies: HashMap<Sym, Vec<Sym>>,
}

impl Targets {
    /// `rounds` are those of [`Standing::round`](crate::access::standing::Standing::round).
    pub fn new(snapshot: &Snapshot, index: &Index, power: &Power, rounds: &[u32]) -> Self {
        let mut targets = Self::default();
        for (at, identity) in snapshot.identities.iter().enumerate() {
            let id = IdentityId(at as u32);
            let (Some(account), Some(kind)) = (identity.account, kind_of(identity.kind)) else {
                continue;
            };
            if kind == Kind::Role && arn_of(snapshot, id).is_some_and(is_platforms) {
                continue;
            }
            targets.all.entry((account, kind)).or_default().push(id);
            if power[at] == Holds::No {
                continue;
            }
            targets.strong.entry((account, kind)).or_default().push(id);
            if kind == Kind::Role {
                for trust in index.trusts_to(id, snapshot) {
                    if let (TrustKind::Assumes, Principal::PlatformService(service)) = (trust.kind, trust.actor) {
                        targets.by_service.entry((account, service)).or_default().push(id);
                    }
                }
            }
        }
        for (at, grant) in snapshot.grants.iter().enumerate() {
            if let (Principal::Group(group), Some(account)) = (grant.subject, grant.resource) {
                let groups = targets.groups.entry(account).or_default();
                match groups.iter_mut().find(|(of, _)| *of == group) {
                    Some((_, grants)) => grants.push(at as u32),
                    None => groups.push((group, vec![at as u32])),
                }
            }
        }
        for policy in &snapshot.policies {
            let arn = snapshot.strings.get(policy.id);
            if is_managed(arn)
                && let Some(account) = account_in(arn).and_then(|account| snapshot.strings.find(account))
            {
                targets.policies.entry(account).or_default().push(policy.id);
            }
        }
        // Who has power for certain is tried first, and of these who has it from the start: one who rose through whoever
        // asks would explain nothing.
        for ids in targets.strong.values_mut().chain(targets.by_service.values_mut()) {
            ids.sort_by_key(|id| (std::cmp::Reverse(power[id.0 as usize]), rounds[id.0 as usize], *id));
        }
        targets
    }

    fn strong(&self, account: Option<Sym>, kind: Kind) -> &[IdentityId] {
        let ids = account.and_then(|account| self.strong.get(&(account, kind)));
        ids.map_or(&[], Vec::as_slice)
    }
}

fn kind_of(kind: IdentityKind) -> Option<Kind> {
    match kind {
        IdentityKind::User => Some(Kind::User),
        IdentityKind::Role => Some(Kind::Role),
        IdentityKind::ServiceAccount
        | IdentityKind::Root
        | IdentityKind::Application
        | IdentityKind::ManagedIdentity
        | IdentityKind::Workload
        | IdentityKind::Device
        | IdentityKind::Pipeline
        | IdentityKind::Integration
        | IdentityKind::HostAccount
        | IdentityKind::DatabaseAccount
        | IdentityKind::Robot
        | IdentityKind::Agent
        | IdentityKind::Human
        | IdentityKind::Unclassified => None,
    }
}

/// How far the needs of a row are met.
#[derive(Clone)]
struct Met {
    holds: Holds,
    proof: Vec<Reason>,
    depends_on: Vec<Dependency>,
}

impl Met {
    const ALL: Met = Met {
        holds: Holds::Yes,
        proof: Vec::new(),
        depends_on: Vec::new(),
    };

    fn and(mut self, decision: Decision) -> Met {
        self.holds = self.holds.min(decision.outcome.holds());
        self.proof.extend(decision.proof);
        self.depends_on.extend(decision.depends_on);
        self
    }

    fn depending(mut self, dependency: Dependency) -> Met {
        self.holds = self.holds.min(Holds::Maybe);
        self.depends_on.push(dependency);
        self
    }

    fn escalation(mut self, path: &'static EscalationPath, through: Option<Through>) -> Option<Escalation> {
        let outcome = match self.holds {
            Holds::No => return None,
            Holds::Maybe => Outcome::DependsOn,
            Holds::Yes => Outcome::Allowed,
        };
        self.proof.dedup();
        self.depends_on.sort_unstable();
        self.depends_on.dedup();
        Some(Escalation {
            path,
            outcome,
            through,
            within: None,
            proof: self.proof,
            depends_on: self.depends_on,
        })
    }
}

/// Whether an identity fulfils a row, when others have this power.
fn escalation(
    asker: &Asker<'_>,
    path: &'static EscalationPath,
    targets: &Targets,
    power: &Power,
) -> Option<Escalation> {
    let account = asker.snapshot.identity(asker.id).account;
    let is_about = |need: &&Need, kind: Kind| match need.on {
        On::Some(pattern) => Some(pattern) == kind.pattern(),
        On::ItsPolicy => matches!(path.gives, Gives::Written(_)),
        On::Itself | On::ItsGroup => false,
    };
    let policies = account.and_then(|account| targets.policies.get(&account));
    let policies = policies.map_or(&[][..], Vec::as_slice);
    // What does not depend on whom it is done to comes first: it mostly fails already.
    let kind = match path.gives {
        Gives::Another(kind) | Gives::Written(kind) => Some(kind),
        Gives::RoleOf(_) => Some(Kind::Role),
        Gives::Everything
        | Gives::RoleOfSome { .. }
        | Gives::OlderVersion
        | Gives::ServiceAccount
        | Gives::ServiceAccountOrNode
        | Gives::RunningServiceAccount
        | Gives::StoredToken
        | Gives::Node
        | Gives::RoleOfGroup
        | Gives::AnyPolicy => None,
    };
    let mut met = Met::ALL;
    for need in path.needs {
        if kind.is_some_and(|kind| is_about(&need, kind)) {
            continue;
        }
        met = met.and(own_need(asker, need, policies)?);
        if met.holds == Holds::No {
            return None;
        }
    }
    // Whom it could be done to may be many, so what bears on the action is looked up once, and whether there can be
    // anybody at all.
    let about: Vec<(&Need, Asker<'_>)> = (path.needs.iter())
        .filter(|need| kind.is_some_and(|kind| is_about(need, kind)))
        .map(|need| (need, asker.about(need.action)))
        .collect();
    let service = if let Gives::RoleOf(service) = path.gives {
        Some([service])
    } else {
        None
    };
    let given: &[(&str, &[&str])] = match &service {
        Some(service) => &[("iam:PassedToService", service)],
        None => &[],
    };
    for (need, asker) in &about {
        if let On::Some(pattern) = need.on
            && asker.decide(need.action, Target::Some(pattern), given).outcome == Outcome::Denied
            // A role that names this identity itself lets it in without more.
            && need.action != ASSUME_ROLE
        {
            return None;
        }
    }
    let met_for = |target: IdentityId| {
        let mut met = met.clone();
        for (need, asker) in &about {
            let decision = match need.on {
                On::ItsPolicy => policy_need(asker, target, need.action)?,
                On::Some(_) | On::Itself | On::ItsGroup => {
                    changing::to_identity(asker, need.action, target, given, policies)?
                }
            };
            met = met.and(decision);
            if met.holds == Holds::No {
                return None;
            }
        }
        Some(met)
    };
    let best_of = |candidates: &[IdentityId]| {
        let mut best: Option<(IdentityId, Met)> = None;
        for &candidate in candidates.iter().filter(|id| **id != asker.id).take(MAX_TRIED) {
            let Some(mut met) = met_for(candidate) else {
                continue;
            };
            if path.gives.needs_another() && power[candidate.0 as usize] == Holds::Maybe {
                met = met.depending(Dependency::Power(candidate));
            }
            if let Gives::RoleOf(service) = path.gives {
                match trust::to_service(asker, candidate, service) {
                    (Holds::No, _) => continue,
                    (Holds::Maybe, needs) => met = needs.into_iter().fold(met, Met::depending),
                    (Holds::Yes, _) => {}
                }
            }
            if best.as_ref().is_none_or(|(_, best)| met.holds > best.holds) {
                best = Some((candidate, met));
            }
            if best.as_ref().is_some_and(|(_, best)| best.holds == Holds::Yes) {
                break;
            }
        }
        let (through, met) = best?;
        met.escalation(path, Some(Through::Identity(through)))
    };
    match path.gives {
        Gives::Everything => met.escalation(path, None),
        Gives::Another(Kind::Group) => {
            // Only users belong to groups.
            kind_of(asker.snapshot.identity(asker.id).kind).filter(|kind| *kind == Kind::User)?;
            let groups = account.and_then(|account| targets.groups.get(&account))?;
            let mut best: Option<Escalation> = None;
            for (group, grants) in groups {
                let arn = asker.snapshot.strings.get(*group);
                let mut met = met.clone();
                for (need, asker) in &about {
                    met = met.and(asker.decide(need.action, Target::One(arn), &[]));
                }
                if met.holds == Holds::No {
                    continue;
                }
                met.holds = met.holds.min(as_member(&asker.joining(grants), targets, power));
                if let Some(found) = met.escalation(path, Some(Through::Group(*group)))
                    && best.as_ref().is_none_or(|best| found.outcome > best.outcome)
                {
                    best = Some(found);
                }
            }
            best
        }
        Gives::Another(kind) => best_of(targets.strong(account, kind)),
        Gives::Written(kind) if about.iter().any(|(need, _)| need.action == ASSUME_ROLE) => {
            let trusting = asker.index.trusts_by(asker.id, asker.snapshot);
            let trusting: Vec<_> = (trusting.filter_map(|trust| trust.target_identity))
                .filter(|target| {
                    let target = asker.snapshot.identity(*target);
                    kind_of(target.kind) == Some(kind) && target.account == account
                })
                .collect();
            best_of(&trusting)
        }
        Gives::Written(kind) => best_of(account.and_then(|account| targets.all.get(&(account, kind)))?),
        Gives::RoleOf(service) => best_of(of_service(asker, targets, service)),
        Gives::RoleOfSome { service, thing } => {
            let lets = |id: &&IdentityId| **id != asker.id && trust::to_service(asker, **id, service).0 > Holds::No;
            of_service(asker, targets, service).iter().find(lets)?;
            met.depending(Dependency::Export(thing)).escalation(path, None)
        }
        Gives::OlderVersion => met
            .depending(Dependency::Export("what older versions of the policy allow"))
            .escalation(path, None),
        // Other platforms'.
        Gives::ServiceAccount
        | Gives::ServiceAccountOrNode
        | Gives::RunningServiceAccount
        | Gives::StoredToken
        | Gives::Node
        | Gives::RoleOfGroup
        | Gives::AnyPolicy => None,
    }
}

/// How surely one that has joined a group is an administrator, or can become one.
fn as_member(joined: &Asker<'_>, targets: &Targets, power: &Power) -> Holds {
    let is_administrator = administers(joined);
    let rows = AWS.iter().filter(|row| row.gives != Gives::Another(Kind::Group));
    let ways = rows.filter_map(|row| escalation(joined, row, targets, power));
    let can_escalate = ways.map(|way| way.outcome.holds()).max();
    is_administrator.max(can_escalate.unwrap_or_default())
}

fn of_service<'t>(asker: &Asker<'_>, targets: &'t Targets, service: &str) -> &'t [IdentityId] {
    let account = asker.snapshot.identity(asker.id).account;
    let service = asker.snapshot.strings.find(service);
    let ids = account.zip(service).and_then(|key| targets.by_service.get(&key));
    ids.map_or(&[], Vec::as_slice)
}

/// Whether only AWS itself changes a role and passes it on: one that is linked to a service, or made by Identity Center.
fn is_platforms(arn: &str) -> bool {
    arn.contains(":role/aws-service-role/") || arn.contains(":role/aws-reserved/")
}

/// Whether a need is met that is about nobody else; `None` when there is nothing that it could be done to.
fn own_need(asker: &Asker<'_>, need: &Need, policies: &[Sym]) -> Option<Decision> {
    let snapshot = asker.snapshot;
    match need.on {
        On::Some(pattern) => Some(asker.decide(need.action, Target::Some(pattern), &[])),
        On::Itself => {
            let is_user = need.action.contains("User");
            let kind = kind_of(snapshot.identity(asker.id).kind)?;
            if is_user != (kind == Kind::User) {
                return None;
            }
            changing::to_identity(asker, need.action, asker.id, &[], policies)
        }
        On::ItsGroup => {
            let groups = snapshot
                .memberships_of(asker.id)
                .iter()
                .map(|membership| membership.group);
            let decisions = groups.map(|group| {
                let arn = snapshot.strings.get(group);
                changing::with_policy(asker, need.action, arn, &[], policies)
            });
            decisions.max_by_key(|decision| decision.outcome)
        }
        On::ItsPolicy => policy_need(asker, asker.id, need.action),
    }
}

/// Whether an action is allowed to a policy of this identity that the account itself manages.
fn policy_need(asker: &Asker<'_>, of: IdentityId, action: &str) -> Option<Decision> {
    let snapshot = asker.snapshot;
    let grants = snapshot
        .grants_of(snapshot.identity(of))
        .filter_map(|grant| grant.policy);
    let policies = grants.map(|policy| snapshot.strings.get(policy));
    let decisions = policies
        .filter(|arn| is_managed(arn))
        .map(|arn| asker.decide(action, Target::One(arn), &[]));
    decisions.max_by_key(|decision| decision.outcome)
}

/// Whether a policy is one that an account manages, neither AWS's own nor inside of one identity.
fn is_managed(arn: &str) -> bool {
    arn.contains(":policy/") && !arn.contains(":iam::aws:") && !arn.contains("/inline/")
}

pub fn arn_of(snapshot: &Snapshot, id: IdentityId) -> Option<&str> {
    let facts = snapshot.facts_of(snapshot.identity(id));
    let mut handles = facts.iter().flat_map(|fact| &fact.fact.handles);
    let arn = handles.find(|handle| handle.kind == HandleKind::Arn)?;
    Some(snapshot.strings.get(arn.text))
}
