//! What the evaluators look up again and again in a snapshot.

use hashbrown::HashMap;

use crate::model::principal::{HandleKind, Principal};
use crate::model::snapshot::{IdentityId, Policy, Snapshot, SourceId, Trust};
use crate::model::strings::Sym;

/// Ways into the lists of one snapshot.
#[derive(Debug, Default)]
pub struct Index {
    /// The first policy with an id, and how many there are.
    policies: HashMap<Sym, (u32, u32)>,
    /// Trusts by whom they let act as, in the order of the snapshot.
    trusts: Vec<(IdentityId, u32)>,
    /// Trusts by who may act.
    by_actor: Vec<(IdentityId, u32)>,
    /// Trusts by the account whose identities may act.
    by_account: HashMap<Sym, Vec<u32>>,
    /// Trusts that let everybody act, or everybody who has an account of some sort.
    by_anyone: Vec<u32>,
    arns: HashMap<Sym, IdentityId>,
    /// Grants to everybody of a cluster, by source.
    everybodys: HashMap<SourceId, Vec<u32>>,
}

impl Index {
    pub fn new(snapshot: &Snapshot) -> Self {
        let mut policies: HashMap<Sym, (u32, u32)> = HashMap::with_capacity(snapshot.policies.len());
        for (at, policy) in snapshot.policies.iter().enumerate() {
            policies.entry(policy.id).or_insert((at as u32, 0)).1 += 1;
        }
        let targets = snapshot.trusts.iter().enumerate();
        let mut trusts: Vec<_> = targets
            .filter_map(|(at, trust)| Some((trust.target_identity?, at as u32)))
            .collect();
        trusts.sort_unstable();
        let actors = snapshot.trusts.iter().enumerate();
        let mut by_actor: Vec<_> = actors
            .filter_map(|(at, trust)| Some((trust.actor_identity?, at as u32)))
            .collect();
        by_actor.sort_unstable();
        let mut by_account: HashMap<Sym, Vec<u32>> = HashMap::new();
        let mut by_anyone = Vec::new();
        for (at, trust) in snapshot.trusts.iter().enumerate() {
            match trust.actor {
                Principal::Account(account) => by_account.entry(account).or_default().push(at as u32),
                Principal::Anyone | Principal::AnyoneAuthenticated => by_anyone.push(at as u32),
                Principal::Identity(_)
                | Principal::Group(_)
                | Principal::PlatformService(_)
                | Principal::Federated { .. }
                | Principal::Workload(_)
                | Principal::Named(_) => {}
            }
        }
        let mut everybodys: HashMap<SourceId, Vec<u32>> = HashMap::new();
        for (at, grant) in snapshot.grants.iter().enumerate() {
            if matches!(grant.subject, Principal::Anyone | Principal::AnyoneAuthenticated) {
                let source = snapshot.file(grant.evidence.file).source;
                everybodys.entry(source).or_default().push(at as u32);
            }
        }
        let mut arns = HashMap::new();
        for (at, identity) in snapshot.identities.iter().enumerate() {
            for handle in snapshot.facts_of(identity).iter().flat_map(|fact| &fact.fact.handles) {
                if handle.kind == HandleKind::Arn {
                    arns.entry(handle.text).or_insert(IdentityId(at as u32));
                }
            }
        }
        Self {
            policies,
            trusts,
            by_actor,
            by_account,
            by_anyone,
            arns,
            everybodys,
        }
    }

    /// What exports say that a policy gives; empty when none defines it.
    pub fn policies_of<'s>(&self, id: Sym, snapshot: &'s Snapshot) -> &'s [Policy] {
        match self.policies.get(&id) {
            Some(&(first, n)) => &snapshot.policies[first as usize..(first + n) as usize],
            None => &[],
        }
    }

    /// The trusts that let somebody act as an identity.
    pub fn trusts_to<'s>(&self, target: IdentityId, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Trust> {
        let start = self.trusts.partition_point(|(of, _)| *of < target);
        let of_target = self.trusts[start..].iter().take_while(move |(of, _)| *of == target);
        of_target.map(|(_, at)| &snapshot.trusts[*at as usize])
    }

    /// The trusts that let an identity act as another: by its own name, by its account's, or as anybody.
    pub fn trusts_by<'s>(&self, actor: IdentityId, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Trust> {
        let trusts = self.trust_indices_by(actor, snapshot);
        trusts.map(|at| &snapshot.trusts[at as usize])
    }

    /// The same, as indices.
    pub fn trust_indices_by(&self, actor: IdentityId, snapshot: &Snapshot) -> impl Iterator<Item = u32> {
        let account = snapshot.identity(actor).account;
        let by_account = account.and_then(|account| self.by_account.get(&account));
        let others = by_account.into_iter().flatten().chain(&self.by_anyone);
        self.by_name(actor).chain(others.copied())
    }

    /// The trusts that name an identity as the one who may act.
    pub fn trusts_by_name<'s>(&self, actor: IdentityId, snapshot: &'s Snapshot) -> impl Iterator<Item = &'s Trust> {
        self.by_name(actor).map(|at| &snapshot.trusts[at as usize])
    }

    fn by_name(&self, actor: IdentityId) -> impl Iterator<Item = u32> {
        let start = self.by_actor.partition_point(|(by, _)| *by < actor);
        let by_actor = self.by_actor[start..].iter().take_while(move |(by, _)| *by == actor);
        by_actor.map(|(_, at)| *at)
    }

    /// The trusts in whole accounts, as indices.
    pub fn by_account(&self) -> impl Iterator<Item = (Sym, &[u32])> {
        self.by_account
            .iter()
            .map(|(account, trusts)| (*account, trusts.as_slice()))
    }

    /// The trusts in everybody, as indices.
    pub fn by_anyone(&self) -> &[u32] {
        &self.by_anyone
    }

    /// Grants of a source to everybody, or to everybody who is logged in, as indices.
    pub fn everybodys(&self, source: SourceId) -> &[u32] {
        self.everybodys.get(&source).map_or(&[], Vec::as_slice)
    }

    /// The listed user or role with this ARN.
    pub fn identity_of_arn(&self, arn: Sym) -> Option<IdentityId> {
        self.arns.get(&arn).copied()
    }
}
