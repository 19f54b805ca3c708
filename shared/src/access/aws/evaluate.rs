//! Whether an AWS identity may do something, by all that exports tell together.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! Looked at: the policies of the identity and of its groups, its permissions boundary, and for taking on a role the
//! role's trust policy, with its conditions. An explicit denial in any of them goes before everything. Service control policies, session policies and the
//! policies of other resources are in no export that Rollcall reads: see [`Decision::blind_spots`].

use super::condition::all_hold;
use super::request::{Given, Principal, PrincipalKind, Request, Target, Unknown, account_in};
use super::resource::{self, Among, Compared, Glob};
use super::{is_about, trust, well_known};
use crate::access::decision::{BlindSpot, Decision, Dependency, Holds, Reason, Says};
use crate::access::index::Index;
use crate::model::access_policy::{AccessPolicy, AwsStatement, Effect, Matched};
use crate::model::identity::IdentityKind;
use crate::model::pattern;
use crate::model::principal;
use crate::model::snapshot::{Evidence, IdentityId, Policy, Snapshot};
use crate::model::strings::{Strings, Sym};

const ALLOWED: &[BlindSpot] = &[
    BlindSpot::OrganisationPolicies,
    BlindSpot::ResourcePolicies,
    BlindSpot::SessionPolicies,
];
/// What nothing allows, the policy of the resource may.
const NOT_ALLOWED: &[BlindSpot] = &[BlindSpot::ResourcePolicies];
/// What is denied stays so.
const DENIED: &[BlindSpot] = &[];

pub const ASSUME_ROLE: &str = "sts:AssumeRole";

const KMS: &str = "kms:";
/// What KMS does to no key: everything else the key's own policy must allow.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>
const NOT_ON_KEYS: [&str; 11] = [
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateKey",
    "DeleteCustomKeyStore",
    "DescribeCustomKeyStores",
    "DisconnectCustomKeyStore",
    "GenerateRandom",
    "ListAliases",
    "ListKeys",
    "ListRetirableGrants",
    "UpdateCustomKeyStore",
];

/// The policies that bear on one identity.
#[derive(Default)]
pub struct Policies<'s> {
    pub held: Vec<Held<'s>>,
    /// Policies that no export defines, each with the grant by which the identity has it.
    pub undefined: Vec<Sym>,
    pub boundary: Option<Cap<'s>>,
}

/// One policy of an identity or of one of its groups.
#[derive(Clone, Copy)]
pub struct Held<'s> {
    pub id: Sym,
    pub name: Sym,
    pub grant: Option<u32>,
    pub document: Document<'s>,
    /// Index of the first of these statements in the policy.
    pub offset: usize,
    pub evidence: Evidence,
    /// Exports define the policy differently, so what this one says is not certain.
    pub is_disputed: bool,
}

impl<'s> Held<'s> {
    /// Its statements; none for what is known without a document.
    pub fn statements(&self) -> &'s [AwsStatement] {
        match self.document {
            Document::Statements(statements) => statements,
            Document::Everything => &[],
        }
    }
}

/// What a policy says.
#[derive(Clone, Copy)]
pub enum Document<'s> {
    Statements(&'s [AwsStatement]),
    /// AWS's own `AdministratorAccess`, of which no export needs to give the document.
    Everything,
}

/// What caps an identity: policies that all have to allow, of which one would do if exports agreed.
pub struct Cap<'s> {
    pub held: Vec<Held<'s>>,
    pub undefined: Vec<Sym>,
}

impl<'s> Policies<'s> {
    pub fn of(snapshot: &'s Snapshot, index: &Index, id: IdentityId) -> Self {
        let identity = snapshot.identity(id);
        let mut held = Vec::new();
        let mut undefined = Vec::new();
        let range = identity.grants.start as usize..identity.grants.end as usize;
        for &at in &snapshot.granted[range] {
            let grant = &snapshot.grants[at as usize];
            let policy = grant.policy.unwrap_or(grant.role);
            gather(
                snapshot,
                index,
                (policy, Some(at), grant.evidence),
                &mut held,
                &mut undefined,
            );
        }
        let boundaries = snapshot.boundaries_of(id);
        let boundary = (!boundaries.is_empty()).then(|| {
            let mut cap = Cap {
                held: Vec::new(),
                undefined: Vec::new(),
            };
            for boundary in boundaries {
                let stated = (boundary.policy, None, boundary.evidence);
                gather(snapshot, index, stated, &mut cap.held, &mut cap.undefined);
            }
            // Exports that state different boundaries: no one of them is certain.
            for held in &mut cap.held {
                held.is_disputed |= boundaries.len() > 1;
            }
            cap
        });
        Self {
            held,
            undefined,
            boundary,
        }
    }
}

impl<'s> Policies<'s> {
    /// Only the statements that bear on an action, for many requests with it.
    fn about(&self, action: &str, strings: &Strings) -> Policies<'s> {
        let narrow = |held: &[Held<'s>]| {
            let mut narrowed = Vec::with_capacity(held.len());
            for policy in held {
                let Document::Statements(statements) = policy.document else {
                    narrowed.push(*policy);
                    continue;
                };
                for (at, statement) in statements.iter().enumerate() {
                    if is_about(statement, action, strings) {
                        narrowed.push(Held {
                            document: Document::Statements(std::slice::from_ref(statement)),
                            offset: at,
                            ..*policy
                        });
                    }
                }
            }
            narrowed
        };
        Policies {
            held: narrow(&self.held),
            undefined: self.undefined.clone(),
            boundary: self.boundary.as_ref().map(|cap| Cap {
                held: narrow(&cap.held),
                undefined: cap.undefined.clone(),
            }),
        }
    }
}

fn gather<'s>(
    snapshot: &'s Snapshot,
    index: &Index,
    (policy, grant, stated_at): (Sym, Option<u32>, Evidence),
    held: &mut Vec<Held<'s>>,
    undefined: &mut Vec<Sym>,
) {
    let defined = index.policies_of(policy, snapshot);
    if defined.is_empty() && well_known(snapshot.strings.get(policy)).is_some() {
        held.push(Held {
            id: policy,
            name: policy,
            grant,
            document: Document::Everything,
            offset: 0,
            evidence: stated_at,
            is_disputed: false,
        });
    } else if defined.is_empty() {
        undefined.push(policy);
    }
    held.extend(documents(defined, grant));
}

/// The documents by which exports define one policy.
pub fn documents(defined: &[Policy], grant: Option<u32>) -> impl Iterator<Item = Held<'_>> {
    let is_disputed = defined.windows(2).any(|two| two[0].document != two[1].document);
    // Another file's word on the same policy is no second one.
    let different = defined.iter().take(if is_disputed { usize::MAX } else { 1 });
    different.filter_map(move |policy| match &policy.document {
        AccessPolicy::Aws(statements) => Some(Held {
            id: policy.id,
            name: policy.name,
            grant,
            document: Document::Statements(statements),
            offset: 0,
            evidence: policy.evidence,
            is_disputed,
        }),
        AccessPolicy::Azure { .. }
        | AccessPolicy::Kubernetes { .. }
        | AccessPolicy::Vault(_)
        | AccessPolicy::Permissions(_) => None,
    })
}

/// What a set of policies says to a request, with the statement that says so.
#[derive(Clone)]
pub struct Word {
    pub holds: Holds,
    pub reason: Option<Reason>,
    pub needs: Vec<Dependency>,
}

impl Word {
    pub const NOTHING: Word = Word {
        holds: Holds::No,
        reason: None,
        needs: Vec::new(),
    };

    /// The surer word; of two that are not sure, the one that depends on less.
    pub fn or(self, other: Word) -> Word {
        let is_better = other.holds > self.holds
            || other.holds == Holds::Maybe && self.holds == Holds::Maybe && other.needs.len() < self.needs.len();
        if is_better { other } else { self }
    }
}

/// One identity with all that bears on what it may do.
pub struct Asker<'s> {
    pub snapshot: &'s Snapshot,
    pub index: &'s Index,
    pub id: IdentityId,
    pub principal: Principal<'s>,
    pub policies: Policies<'s>,
}

impl<'s> Asker<'s> {
    pub fn new(snapshot: &'s Snapshot, index: &'s Index, id: IdentityId) -> Self {
        Self::with(snapshot, index, id, Policies::of(snapshot, index, id))
    }

    /// The same, when its policies are known already.
    pub fn with(snapshot: &'s Snapshot, index: &'s Index, id: IdentityId, policies: Policies<'s>) -> Self {
        Self {
            snapshot,
            index,
            id,
            principal: Principal::new(snapshot, id),
            policies,
        }
    }

    /// The same, given these grants too: as if it belonged to a group.
    pub fn joining(&self, grants: &[u32]) -> Asker<'s> {
        let mut policies = Policies::of(self.snapshot, self.index, self.id);
        for &at in grants {
            let grant = &self.snapshot.grants[at as usize];
            let stated = (grant.policy.unwrap_or(grant.role), Some(at), grant.evidence);
            gather(
                self.snapshot,
                self.index,
                stated,
                &mut policies.held,
                &mut policies.undefined,
            );
        }
        Asker { policies, ..*self }
    }

    /// The same with only those statements that bear on an action: for many requests with it and no other.
    pub fn about(&self, action: &str) -> Asker<'s> {
        Asker {
            snapshot: self.snapshot,
            index: self.index,
            id: self.id,
            principal: self.principal,
            policies: self.policies.about(action, &self.snapshot.strings),
        }
    }

    /// Whether any of its policies has something to say.
    pub fn has_policies(&self) -> bool {
        !self.policies.held.is_empty() || !self.policies.undefined.is_empty()
    }

    /// The most that its own policies may say to a request about a resource, when they were narrowed to one action:
    /// conditions, denials and caps are not looked at.
    pub fn at_most(&self, resource: &str) -> Holds {
        let strings = &self.snapshot.strings;
        // Variables stand for what only the request tells.
        let may_cover = |pattern: &Sym| {
            let pattern = strings.get(*pattern);
            pattern.contains("${") || pattern::covers(pattern, resource)
        };
        let may_allow = |statement: &AwsStatement| {
            let may_match = match &statement.resources {
                Matched::AnyOf(patterns) => patterns.iter().any(may_cover),
                Matched::NoneOf(_) => true,
            };
            statement.effect == Effect::Allow && may_match
        };
        let may_hold = |held: &Held<'_>| match held.document {
            Document::Everything => true,
            Document::Statements(statements) => statements.iter().any(may_allow),
        };
        if self.policies.held.iter().any(may_hold) {
            Holds::Yes
        } else if self.policies.undefined.is_empty() {
            Holds::No
        } else {
            Holds::Maybe
        }
    }

    /// A request of it.
    pub fn request<'r>(&'r self, action: &'r str, target: Target<'r>, given: Given<'r>) -> Request<'r> {
        Request {
            action,
            target,
            principal: &self.principal,
            given,
            at: self.snapshot.as_of,
        }
    }

    /// Decides one request.
    pub fn decide(&self, action: &str, target: Target<'_>, given: Given<'_>) -> Decision {
        let request = self.request(action, target, given);
        let snapshot = self.snapshot;
        let decision = match target {
            _ if snapshot.identity(self.id).kind == IdentityKind::Root => self.as_root(action),
            Target::One(_) => decide_one(snapshot, self.index, self.id, &self.policies, &request),
            Target::Some(pattern) => decide_some(&snapshot.strings, &self.policies, &request, pattern),
        };
        match other_side(&request) {
            Some(what) => decision.depending(what),
            None => decision,
        }
    }

    /// The root of an account may do everything in it, but STS lets it take on no role.
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>
    fn as_root(&self, action: &str) -> Decision {
        if action.eq_ignore_ascii_case(ASSUME_ROLE) {
            return Decision::denied(Vec::new(), DENIED);
        }
        let identity = self.snapshot.identity(self.id);
        let fact = &self.snapshot.facts_of(identity)[0];
        let reason = Reason {
            says: Says::Allows,
            name: identity.name,
            statement: None,
            grant: None,
            evidence: Evidence {
                file: fact.file,
                place: fact.fact.place,
            },
        };
        Decision::allowed(vec![reason], ALLOWED)
    }
}

fn decide_one(
    snapshot: &Snapshot,
    index: &Index,
    id: IdentityId,
    policies: &Policies<'_>,
    request: &Request<'_>,
) -> Decision {
    let strings = &snapshot.strings;
    let Target::One(resource) = request.target else {
        return Decision::denied(Vec::new(), DENIED);
    };
    let mut denies = Vec::new();
    let caps = policies.boundary.iter().flat_map(|cap| &cap.held);
    for held in policies.held.iter().chain(caps) {
        let word = word_of(held, Effect::Deny, strings, request);
        match word.holds {
            Holds::Yes => return Decision::denied(word.reason.into_iter().collect(), DENIED),
            Holds::Maybe => denies.push(word),
            Holds::No => {}
        }
    }
    let given = grants_word(&policies.held, &policies.undefined, strings, request);
    let cap = policies
        .boundary
        .as_ref()
        .map(|cap| grants_word(&cap.held, &cap.undefined, strings, request));
    let is_at_home = is_at_home(request.principal, resource);
    let is_assuming = request.action.eq_ignore_ascii_case(ASSUME_ROLE) && resource.contains(":role/");
    let cap = cap.map(|mut cap| {
        if cap.holds == Holds::No
            && let Some(held) = policies.boundary.as_ref().and_then(|cap| cap.held.first())
        {
            cap.reason = Some(reason(held, Says::LeavesOut, None));
        }
        cap
    });
    let mut words = vec![given];
    if is_assuming && let Some(trust) = trust::words(snapshot, index, id, request, resource) {
        match trust.denies.holds {
            Holds::Yes => return Decision::denied(trust.denies.reason.into_iter().collect(), DENIED),
            Holds::Maybe => denies.push(trust.denies),
            Holds::No => {}
        }
        if is_at_home && trust.by_name.holds > Holds::No {
            // Named by itself, it needs no policy of its own. A user then is not capped either.
            let is_capped = request.principal.kind != PrincipalKind::User;
            let alone = std::iter::once(trust.by_name).chain(cap.clone().filter(|_| is_capped));
            let by_name = finish(alone.collect(), denies.clone(), &policies.undefined);
            words.push(trust.by_account);
            words.extend(cap);
            let by_account = finish(words, denies, &policies.undefined);
            return match by_account.outcome > by_name.outcome {
                true => by_account,
                false => by_name,
            };
        }
        words.push(trust.by_name.or(trust.by_account));
        words.extend(cap);
        return finish(words, denies, &policies.undefined);
    }
    words.extend(cap);
    let decision = finish(words, denies, &policies.undefined);
    match is_assuming {
        true => decision.depending("the trust policy of the role, which no export lists"),
        false => decision,
    }
}

/// Whether a resource belongs to the account of whoever asks, for as much as its ARN tells.
fn is_at_home(principal: &Principal<'_>, resource: &str) -> bool {
    match (principal.account, account_in(resource)) {
        (Some(own), Some(owner)) => own == owner,
        // A bucket's ARN names no account.
        (_, None) | (None, Some(_)) => true,
    }
}

/// Whose policy must allow it, too, which no export lists.
fn other_side(request: &Request<'_>) -> Option<&'static str> {
    let action = request.action.get(..KMS.len());
    let is_of_key = |name: &str| !NOT_ON_KEYS.iter().any(|other| other.eq_ignore_ascii_case(name));
    if action.is_some_and(|start| start.eq_ignore_ascii_case(KMS)) && is_of_key(&request.action[KMS.len()..]) {
        return Some("the policy of the key, without which no other allows it");
    }
    match request.target {
        // Roles tell themselves whom they trust.
        Target::One(_) if request.action.eq_ignore_ascii_case(ASSUME_ROLE) => None,
        Target::One(resource) if !is_at_home(request.principal, resource) => {
            Some("the policy of the resource, which belongs to another account")
        }
        Target::One(_) | Target::Some(_) => None,
    }
}

/// All words must hold, and no denial.
fn finish(words: Vec<Word>, denies: Vec<Word>, undefined: &[Sym]) -> Decision {
    if let Some(no) = words.iter().find(|word| word.holds == Holds::No) {
        return Decision::denied(no.reason.into_iter().collect(), NOT_ALLOWED);
    }
    let is_sure = words.iter().all(|word| word.holds == Holds::Yes);
    // A policy that nothing defines may deny what others allow.
    let may_deny = undefined.iter().map(|policy| Dependency::Policy(*policy));
    let proof = words.iter().filter_map(|word| word.reason);
    if is_sure && denies.is_empty() && undefined.is_empty() {
        return Decision::allowed(proof.collect(), ALLOWED);
    }
    let proof = denies.iter().filter_map(|word| word.reason).chain(proof).collect();
    let needs = words.into_iter().chain(denies).flat_map(|word| word.needs);
    Decision::depends(proof, needs.chain(may_deny).collect(), ALLOWED)
}

/// What policies that give say: the surest of them, and what is not defined may give anything.
fn grants_word(held: &[Held<'_>], undefined: &[Sym], strings: &Strings, request: &Request<'_>) -> Word {
    let mut best = Word::NOTHING;
    for held in held {
        best = best.or(word_of(held, Effect::Allow, strings, request));
        if best.holds == Holds::Yes {
            return best;
        }
    }
    if best.holds == Holds::No && !undefined.is_empty() {
        best.holds = Holds::Maybe;
        best.needs = undefined.iter().map(|policy| Dependency::Policy(*policy)).collect();
    }
    best
}

/// What the statements of one policy with this effect say to a request for one resource.
fn word_of(held: &Held<'_>, effect: Effect, strings: &Strings, request: &Request<'_>) -> Word {
    word_to(held, effect, |_| true, strings, request)
}

/// The same of those of them that are about these principals.
pub fn word_to(
    held: &Held<'_>,
    effect: Effect,
    is_meant: impl Fn(&[principal::Principal]) -> bool,
    strings: &Strings,
    request: &Request<'_>,
) -> Word {
    let Document::Statements(statements) = held.document else {
        return match effect {
            Effect::Allow => Word {
                holds: Holds::Yes,
                reason: Some(reason(held, Says::Allows, None)),
                needs: Vec::new(),
            },
            Effect::Deny => Word::NOTHING,
        };
    };
    let mut best = Word::NOTHING;
    for (at, statement) in statements.iter().enumerate() {
        let is_one = statement.effect == effect && is_meant(&statement.principals);
        if !is_one || !is_about(statement, request.action, strings) {
            continue;
        }
        let mut needs = Vec::new();
        let mut holds = covers(&statement.resources, strings, request, &mut needs);
        if holds != Holds::No {
            holds = holds.min(all_hold(&statement.conditions, strings, request, &mut needs));
        }
        if holds == Holds::Yes && held.is_disputed {
            holds = Holds::Maybe;
            needs.push(Dependency::Conflict(held.id));
        }
        let says = match effect {
            Effect::Allow => Says::Allows,
            Effect::Deny => Says::Denies,
        };
        best = best.or(Word {
            holds,
            reason: Some(reason(held, says, Some(at))),
            needs,
        });
        if best.holds == Holds::Yes {
            break;
        }
    }
    best
}

fn reason(held: &Held<'_>, says: Says, statement: Option<usize>) -> Reason {
    Reason {
        says,
        name: held.name,
        statement: statement.and_then(|at| u32::try_from(held.offset + at).ok()),
        grant: held.grant,
        evidence: held.evidence,
    }
}

/// Whether a statement's resources include the one resource of the request.
fn covers(resources: &Matched, strings: &Strings, request: &Request<'_>, needs: &mut Vec<Dependency>) -> Holds {
    let Target::One(resource) = request.target else {
        return Holds::No;
    };
    let mut any_of = |patterns: &[Sym]| {
        let mut any = Holds::No;
        for pattern in patterns {
            let pattern = strings.get(*pattern);
            any = any.max(match pattern.contains("${") {
                false => Holds::of(resource::covers(pattern, resource)),
                true => match request.glob(pattern, Compared::ByPart, needs) {
                    Some((glob, known)) => Holds::of(glob.covers(resource)).min(known),
                    None => Holds::No,
                },
            });
            if any == Holds::Yes {
                break;
            }
        }
        any
    };
    match resources {
        Matched::AnyOf(patterns) => any_of(patterns),
        Matched::NoneOf(patterns) => any_of(patterns).opposite(),
    }
}

/// Whether there is a resource among those that `universe` covers to which the action is allowed.
fn decide_some(strings: &Strings, policies: &Policies<'_>, request: &Request<'_>, universe: &str) -> Decision {
    let scope = Scope::new(strings, policies, request, universe);
    if let Some(decision) = scope.at_once() {
        return decision;
    }
    if let Some(decision) = scope.find(Holds::Yes) {
        return decision;
    }
    if let Some(decision) = scope.find(Holds::Maybe) {
        return decision;
    }
    if !policies.undefined.is_empty() {
        let needs = policies.undefined.iter().map(|policy| Dependency::Policy(*policy));
        return Decision::depends(Vec::new(), needs.collect(), ALLOWED);
    }
    Decision::denied(scope.why_not(), NOT_ALLOWED)
}

/// One statement that bears on the action, without its resources.
struct Bearing<'s> {
    reason: Reason,
    resources: &'s Matched,
    holds: Holds,
    needs: Vec<Dependency>,
}

/// All statements that bear on the action, for a request that leaves the resource open.
struct Scope<'s, 'r> {
    strings: &'s Strings,
    request: &'r Request<'r>,
    universe: &'r str,
    allows: Vec<Bearing<'s>>,
    denies: Vec<Bearing<'s>>,
    /// What the boundary allows; `None` without one.
    caps: Option<Vec<Bearing<'s>>>,
    undefined: &'s [Sym],
    undefined_caps: &'s [Sym],
}

/// All resources, for a policy whose document is not needed.
static EVERYTHING: Matched = Matched::NoneOf(Vec::new());

impl<'s, 'r> Scope<'s, 'r> {
    fn new(strings: &'s Strings, policies: &'s Policies<'s>, request: &'r Request<'r>, universe: &'r str) -> Self {
        let bearing = |held: &'s [Held<'s>], effect| bearing(held, effect, strings, request);
        let caps: &[Held<'_>] = policies.boundary.as_ref().map_or(&[], |cap| &cap.held);
        let mut denies = bearing(&policies.held, Effect::Deny);
        denies.extend(bearing(caps, Effect::Deny));
        Self {
            strings,
            request,
            universe,
            allows: bearing(&policies.held, Effect::Allow),
            denies,
            caps: policies.boundary.as_ref().map(|cap| bearing(&cap.held, Effect::Allow)),
            undefined: &policies.undefined,
            undefined_caps: policies.boundary.as_ref().map_or(&[], |cap| &cap.undefined),
        }
    }

    /// The answer where it needs no look at resources: everything is allowed, and nothing denied or capped.
    fn at_once(&self) -> Option<Decision> {
        if !(self.denies.is_empty() && self.caps.is_none() && self.undefined.is_empty()) {
            return None;
        }
        let is_everything = |bearing: &&Bearing<'_>| match bearing.resources {
            Matched::AnyOf(patterns) => patterns.iter().any(|pattern| self.strings.get(*pattern) == "*"),
            Matched::NoneOf(patterns) => patterns.is_empty(),
        };
        let mut sure = self.allows.iter().filter(|allow| allow.holds == Holds::Yes);
        let allow = sure.find(is_everything)?;
        Some(Decision::allowed(vec![allow.reason], ALLOWED))
    }

    /// A resource that is allowed for certain, or perhaps.
    fn find(&self, sureness: Holds) -> Option<Decision> {
        let is_certain = sureness == Holds::Yes;
        let undefined = || self.undefined.iter().chain(self.undefined_caps);
        if is_certain && undefined().next().is_some() {
            return None;
        }
        // For certain, whatever may deny is taken to deny; perhaps, only what denies for certain.
        let unknown = match is_certain {
            true => Unknown::IsAny,
            false => Unknown::IsNone,
        };
        let denies = self.denies.iter().filter(|deny| is_certain || deny.holds == Holds::Yes);
        let denies = denies.filter_map(|deny| self.among(deny, unknown));
        let mut left: Vec<Among> = denies.map(|(among, _)| among.inverted()).collect();
        left.push(Among {
            globs: vec![Glob::plain(self.universe)],
            is_excluded: false,
        });
        // Without a boundary, or under one that nothing defines, nothing is capped for as much as is known.
        let is_capped = self.caps.is_some() && self.undefined_caps.is_empty();
        for allow in self.allows.iter().filter(|allow| allow.holds >= sureness) {
            let Some((among, unknown_keys)) = self.among(allow, Unknown::IsAny) else {
                continue;
            };
            if is_certain && !unknown_keys.is_empty() {
                continue;
            }
            let n_before = left.len();
            left.push(among);
            let mut deciding = vec![(allow, unknown_keys)];
            let mut is_found = !is_capped && resource::leaves_some(&left);
            if is_capped {
                let caps = self.caps.iter().flatten().filter(|cap| cap.holds >= sureness);
                for (cap, (among, unknown_keys)) in caps.filter_map(|cap| Some((cap, self.among(cap, Unknown::IsAny)?)))
                {
                    if is_certain && !unknown_keys.is_empty() {
                        continue;
                    }
                    left.push(among);
                    if resource::leaves_some(&left) {
                        is_found = true;
                        deciding.push((cap, unknown_keys));
                        break;
                    }
                    left.pop();
                }
            }
            if !is_found {
                left.truncate(n_before);
                continue;
            }
            if is_certain {
                let proof = deciding.iter().map(|(bearing, _)| bearing.reason);
                return Some(Decision::allowed(proof.collect(), ALLOWED));
            }
            // Denials that may hold count where they are about what is left.
            for deny in &self.denies {
                let Some((among, unknown_keys)) = self.among(deny, Unknown::IsAny) else {
                    continue;
                };
                if deny.holds == Holds::Maybe || !unknown_keys.is_empty() {
                    left.push(among);
                    if resource::leaves_some(&left) {
                        deciding.push((deny, unknown_keys));
                    }
                    left.pop();
                }
            }
            let proof = deciding.iter().map(|(bearing, _)| bearing.reason).collect();
            let needs = deciding
                .iter()
                .flat_map(|(bearing, unknown_keys)| bearing.needs.iter().chain(unknown_keys));
            let needs = needs
                .cloned()
                .chain(undefined().map(|policy| Dependency::Policy(*policy)));
            return Some(Decision::depends(proof, needs.collect(), ALLOWED));
        }
        None
    }

    /// The statement that takes it, when one would have given it.
    fn why_not(&self) -> Vec<Reason> {
        match (
            self.allows.is_empty(),
            self.denies.iter().find(|deny| deny.holds == Holds::Yes),
        ) {
            (false, Some(deny)) => vec![deny.reason],
            (true, _) | (false, None) => Vec::new(),
        }
    }

    /// Which resources a statement is about, and the keys of variables on which that depends; `None` when it is about
    /// none.
    fn among(&self, bearing: &Bearing<'s>, unknown: Unknown) -> Option<(Among, Vec<Dependency>)> {
        let mut needs = Vec::new();
        let among = self
            .request
            .among(bearing.resources, self.strings, unknown, &mut needs)?;
        Some((among, needs))
    }
}

/// The statements with this effect that bear on the action of a request, whatever their resources.
fn bearing<'s>(held: &[Held<'s>], effect: Effect, strings: &Strings, request: &Request<'_>) -> Vec<Bearing<'s>> {
    let mut all = Vec::new();
    for held in held {
        let Document::Statements(statements) = held.document else {
            if effect == Effect::Allow {
                all.push(Bearing {
                    reason: reason(held, Says::Allows, None),
                    resources: &EVERYTHING,
                    holds: Holds::Yes,
                    needs: Vec::new(),
                });
            }
            continue;
        };
        for (at, statement) in statements.iter().enumerate() {
            if statement.effect != effect || !is_about(statement, request.action, strings) {
                continue;
            }
            let mut needs = Vec::new();
            let mut holds = all_hold(&statement.conditions, strings, request, &mut needs);
            if holds == Holds::Yes && held.is_disputed {
                holds = Holds::Maybe;
                needs.push(Dependency::Conflict(held.id));
            }
            if holds != Holds::No {
                let says = match effect {
                    Effect::Allow => Says::Allows,
                    Effect::Deny => Says::Denies,
                };
                all.push(Bearing {
                    reason: reason(held, says, Some(at)),
                    resources: &statement.resources,
                    holds,
                    needs,
                });
            }
        }
    }
    all
}
