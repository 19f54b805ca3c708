//! Batches → [`Snapshot`]: the same identity seen in several exports becomes one, and what disagrees is said.
//!
//! The result does not depend on the order in which files were read, nor on what they are called: every choice between
//! statements is by rule. A platform's own export counts before an inventory, then the newest, and where none says when it
//! was made, or two at once, the value that comes first by itself. No statement is dropped: the facts stay beside the merged view.

mod activity;
mod ceiling;
mod credentials;
mod environment;
mod home;
mod join;
mod leaks;
mod owner;
mod registry;
mod rename;
mod reviews;
mod same_credential;
mod trust;
mod usage;

pub use owner::owners;
pub(crate) use trust::{account_of_actor, cluster_subject};

use std::cmp::Reverse;

use hashbrown::{HashMap, HashSet};

use self::join::Joined;
use self::registry::RegistryIndex;
use self::rename::Rename;
use crate::access;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::access_policy::{AccessPolicy, Conditional, Privilege};
use crate::model::batch::{Batch, DecisionRow, Employment, Synonym};
use crate::model::credential::CredentialFact;
use crate::model::grant::{BoundaryFact, MembershipFact, TrustFact, TrustGuard, TrustKind, TrustUseFact};
use crate::model::identity::{Class, IdentityKind, Knowledge, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::leak::LeakFact;
use crate::model::principal::{HandleKind, Principal};
use crate::model::snapshot::{
    Conflict, Denial, Evidence, Fact, FileId, FileRead, Grant, Identity, IdentityId, Membership, Policy, Snapshot,
    Source, SourceId,
};
use crate::model::strings::{Adopted, Sym};
use crate::model::usage::{ActivityFact, ServiceUseFact};
use crate::reading::absent::present;

/// One file's reading, ready to be merged.
pub struct FileBatch {
    /// The source folder's name; `""` for the estate's own files (registry, roster).
    pub source: String,
    pub path: String,
    pub connector: Option<&'static str>,
    pub n_bytes: u64,
    pub batch: Batch,
    pub diagnostics: Vec<Diagnostic>,
}

/// What decides the instant of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsOf {
    /// The user or the folder's name says so.
    Given(Instant),
    /// The newest instant that an export states, else this one: the newest file's.
    Newest(Instant),
}

/// Merges all files of one snapshot.
pub fn merge(mut files: Vec<FileBatch>, as_of: AsOf, config: &Config) -> Snapshot {
    files.sort_by(|a, b| (&a.source, &a.path).cmp(&(&b.source, &b.path)));
    let mut snapshot = Snapshot::default();
    let mut facts = Facts::default();
    let mut pages: HashMap<(SourceId, Sym), (u32, u32)> = HashMap::new();
    // The largest table of strings is taken over as it is.
    let largest = (0..files.len()).max_by_key(|at| files[*at].batch.strings.n_bytes());
    if let Some(at) = largest {
        snapshot.strings = std::mem::take(&mut files[at].batch.strings);
    }
    for (at, file) in files.into_iter().enumerate() {
        let names = match Some(at) == largest {
            true => Adopted::Unchanged,
            false => snapshot.strings.adopt(&file.batch.strings),
        };
        take_file(file, &names, &mut snapshot, &mut facts, &mut pages);
    }
    let stated_at = snapshot.files.iter().filter_map(|file| file.stated_at).max();
    snapshot.as_of = match as_of {
        AsOf::Given(at) => at,
        AsOf::Newest(newest_file_at) => stated_at.unwrap_or(newest_file_at),
    };
    bring_back_later_leavers(&mut snapshot);
    note_gaps(&mut snapshot, &pages);
    environment::classify_sources(&mut snapshot, config);

    home::decide(&facts.applications, &mut facts.identities, &mut snapshot);
    let joined = join::identities(std::mem::take(&mut facts.identities), &mut snapshot);
    credentials::name_by_serial(&mut facts.credentials, &mut snapshot.strings);
    credentials::use_one_key(&mut facts.credentials, &facts.synonyms, &snapshot.strings);
    credentials::resolve(std::mem::take(&mut facts.credentials), &joined, &mut snapshot);
    resolve_grants(&mut facts, &joined, &mut snapshot);
    withhold_tokens(&mut facts);
    snapshot.trusts = trust::resolve(
        std::mem::take(&mut facts.trusts),
        std::mem::take(&mut facts.trust_uses),
        &joined,
        &snapshot,
    );
    usage::resolve(std::mem::take(&mut facts.service_uses), &joined, &mut snapshot);
    activity::resolve(std::mem::take(&mut facts.activities), &joined, &mut snapshot);
    leaks::resolve(std::mem::take(&mut facts.leaks), &joined, &mut snapshot);
    let registry = RegistryIndex::new(&snapshot);
    let rows: Vec<Vec<usize>> = (0..snapshot.identities.len())
        .map(|identity| registry.rows_of(identity, &snapshot))
        .collect();
    environment::classify_identities(&mut snapshot, &rows);
    reviews::resolve(&facts.decisions, &mut snapshot);
    owner::resolve(&mut snapshot, &rows);
    finish_identities(&facts.listed_of, &mut snapshot);
    let strings = &snapshot.strings;
    let credential = |conflict: &Conflict| conflict.credential.map(|key| strings.get(key));
    snapshot
        .conflicts
        .sort_by(|a, b| (a.identity, credential(a), a.field).cmp(&(b.identity, credential(b), b.field)));
    snapshot
}

/// All facts of all files, in the snapshot's symbols, each with its file.
#[derive(Default)]
struct Facts {
    identities: Vec<Fact>,
    credentials: Vec<(FileId, CredentialFact)>,
    synonyms: Vec<Synonym>,
    grants: Vec<Grant>,
    memberships: Vec<(FileId, MembershipFact)>,
    boundaries: Vec<(FileId, BoundaryFact)>,
    trusts: Vec<(FileId, TrustFact)>,
    /// See [`Batch::trusts_as_account_says`]: indices into `trusts`.
    trusts_as_account_says: Vec<usize>,
    accounts_withholding: HashSet<Sym>,
    applications: Vec<home::Application>,
    /// See [`Batch::credentials_listed_of`]; for whole files only.
    listed_of: HashSet<(SourceId, HandleKind)>,
    leaks: Vec<(FileId, LeakFact)>,
    trust_uses: Vec<(FileId, TrustUseFact)>,
    service_uses: Vec<(FileId, ServiceUseFact)>,
    activities: Vec<(FileId, ActivityFact)>,
    decisions: Vec<(FileId, DecisionRow)>,
}

/// A workload gets its account's token unless the account, which may stand in another file, withholds it.
fn withhold_tokens(facts: &mut Facts) {
    for at in std::mem::take(&mut facts.trusts_as_account_says) {
        let (_, trust) = &mut facts.trusts[at];
        if facts.accounts_withholding.contains(&trust.target.text) {
            trust.guard = TrustGuard::OtherCondition;
        }
    }
}

/// `names` carries the file's symbols over.
fn take_file(
    file: FileBatch,
    names: &Adopted,
    snapshot: &mut Snapshot,
    facts: &mut Facts,
    pages: &mut HashMap<(SourceId, Sym), (u32, u32)>,
) {
    let FileBatch {
        source,
        path,
        connector,
        n_bytes,
        mut batch,
        diagnostics,
    } = file;
    snapshot.registry.extend(
        std::mem::take(&mut batch.registry)
            .into_iter()
            .map(|row| row.renamed(names)),
    );
    snapshot.people.extend(
        std::mem::take(&mut batch.people)
            .into_iter()
            .map(|row| row.renamed(names)),
    );
    if snapshot.sources.last().is_none_or(|last| last.name != source) {
        let start = snapshot.files.len();
        snapshot.sources.push(Source {
            name: source,
            environment: None,
            files: start..start,
            gaps: Vec::new(),
            stated_at: None,
            active_until: None,
        });
    }
    let source_id = SourceId(snapshot.sources.len() as u32 - 1);
    let file_id = FileId(snapshot.files.len() as u32);
    for chain in &batch.pages {
        let (n_continued, n_last) = pages.entry((source_id, names.sym(chain.chain))).or_default();
        *n_continued += chain.n_continued;
        *n_last += chain.n_last;
    }
    let n_identities = batch
        .identities
        .iter()
        .filter(|fact| fact.presence == Presence::Listed)
        .count();
    let n_credentials = batch
        .credentials
        .iter()
        .filter(|fact| fact.presence == Presence::Listed)
        .count();
    let n_errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    // What no connector recognises is an error, but for an answer without rows.
    let is_complete = batch.is_complete() && n_errors == 0;
    let current = &mut snapshot.sources[source_id.0 as usize];
    current.files.end = file_id.0 as usize + 1;
    current.stated_at = current.stated_at.max(batch.stated_at);
    current
        .gaps
        .extend(batch.gaps.iter().map(|gap| format!("{path}: {gap}")));
    match (connector, n_errors) {
        (_, 0) => {}
        (None, _) => current.gaps.push(format!("{path}: no connector recognises it")),
        (Some(_), n) => current.gaps.push(format!(
            "{path}: {n} {} could not be read",
            if n == 1 { "part" } else { "parts" }
        )),
    }
    if is_complete {
        let kinds = batch.credentials_listed_of.iter();
        facts.listed_of.extend(kinds.map(|kind| (source_id, *kind)));
    }
    let n_before = facts.identities.len();
    facts
        .applications
        .extend(batch.homes.iter().map(|home| home::Application {
            fact: n_before + home.identity as usize,
            file: file_id,
            organisation: names.sym(home.organisation),
            reach: home.reach,
        }));
    snapshot.files.push(FileRead {
        source: source_id,
        path,
        connector,
        n_bytes,
        n_identities,
        n_credentials,
        n_grants: batch.grants.len(),
        n_trusts: batch.trusts.len(),
        is_complete,
        stated_at: batch.stated_at,
        diagnostics,
    });
    facts.identities.extend(batch.identities.into_iter().map(|fact| Fact {
        file: file_id,
        fact: fact.renamed(names),
    }));
    facts
        .credentials
        .extend(batch.credentials.into_iter().map(|fact| (file_id, fact.renamed(names))));
    facts
        .synonyms
        .extend(batch.synonyms.into_iter().map(|synonym| synonym.renamed(names)));
    facts.grants.extend(batch.grants.into_iter().map(|fact| {
        let fact = fact.renamed(names);
        Grant {
            subject: fact.subject,
            identity: None,
            role: fact.role,
            policy: fact.policy,
            resource: fact.resource,
            privilege: fact.privilege,
            conditional: fact.conditional,
            expires_at: fact.expires_at,
            evidence: Evidence {
                file: file_id,
                place: fact.place,
            },
        }
    }));
    snapshot.denials.extend(batch.denials.into_iter().map(|fact| {
        let fact = fact.renamed(names);
        Denial {
            name: fact.name,
            subjects: fact.subjects,
            excepted: fact.excepted,
            denied: fact.denied,
            resource: fact.resource,
            reach: fact.reach,
            conditional: fact.conditional,
            condition: fact.condition,
            evidence: Evidence {
                file: file_id,
                place: fact.place,
            },
        }
    }));
    let memberships = batch.memberships.into_iter();
    facts
        .memberships
        .extend(memberships.map(|fact| (file_id, fact.renamed(names))));
    facts
        .boundaries
        .extend(batch.boundaries.into_iter().map(|fact| (file_id, fact.renamed(names))));
    let n_before = facts.trusts.len();
    let as_account_says = batch.trusts_as_account_says.iter();
    facts
        .trusts_as_account_says
        .extend(as_account_says.map(|at| n_before + *at as usize));
    facts
        .accounts_withholding
        .extend(batch.accounts_withholding.iter().map(|account| names.sym(*account)));
    facts
        .trusts
        .extend(batch.trusts.into_iter().map(|fact| (file_id, fact.renamed(names))));
    facts
        .leaks
        .extend(batch.leaks.into_iter().map(|fact| (file_id, fact.renamed(names))));
    facts
        .trust_uses
        .extend(batch.trust_uses.into_iter().map(|fact| (file_id, fact.renamed(names))));
    facts.service_uses.extend(
        batch
            .service_uses
            .into_iter()
            .map(|fact| (file_id, fact.renamed(names))),
    );
    let activities = batch.activities.into_iter();
    facts
        .activities
        .extend(activities.map(|fact| (file_id, fact.renamed(names))));
    facts
        .decisions
        .extend(batch.decisions.into_iter().map(|row| (file_id, row.renamed(names))));
    snapshot.policies.extend(batch.policies.into_iter().map(|fact| {
        let fact = fact.renamed(names);
        Policy {
            id: fact.id,
            name: fact.name,
            document: fact.document,
            evidence: Evidence {
                file: file_id,
                place: fact.place,
            },
        }
    }));
}

/// The roster is of today: who left after the snapshot's instant still worked here then.
fn bring_back_later_leavers(snapshot: &mut Snapshot) {
    for person in &mut snapshot.people {
        if person.employment == Employment::Left && person.left_at.is_some_and(|left_at| left_at > snapshot.as_of) {
            person.employment = Employment::Active;
        }
    }
}

/// A chain of pages is whole when some file of its source has the last page.
fn note_gaps(snapshot: &mut Snapshot, pages: &HashMap<(SourceId, Sym), (u32, u32)>) {
    let mut open: Vec<_> = pages
        .iter()
        .filter(|(_, (n_continued, n_last))| *n_continued > 0 && *n_last == 0)
        .map(|((source, chain), (n_continued, _))| (*source, snapshot.strings.get(*chain).to_owned(), *n_continued))
        .collect();
    open.sort();
    for (source, chain, n_pages) in open {
        let pages = if n_pages == 1 { "page was" } else { "pages were" };
        snapshot.sources[source.0 as usize].gaps.push(format!(
            "{chain}: {n_pages} {pages} exported and the last names a next one, which is not here"
        ));
    }
}

/// Orders what files say where they disagree: what a platform says of its own before what an inventory repeats, then the
/// export that was made last.
fn counts_before(file: FileId, snapshot: &Snapshot) -> (bool, Reverse<Option<Instant>>) {
    let file = &snapshot.files[file.0 as usize];
    (file.connector == Some("csv_inventory"), Reverse(file.stated_at))
}

/// Two exports on the same thing: a use that one saw happened; a longer look back that saw none tells more.
fn later_use(a: LastUsed, b: LastUsed) -> LastUsed {
    match (a, b) {
        (LastUsed::At(a), LastUsed::At(b)) => LastUsed::At(a.max(b)),
        (LastUsed::At(at), _) | (_, LastUsed::At(at)) => LastUsed::At(at),
        (LastUsed::Never, _) | (_, LastUsed::Never) => LastUsed::Never,
        (LastUsed::NotWithin { days: a }, LastUsed::NotWithin { days: b }) => LastUsed::NotWithin { days: a.max(b) },
        (LastUsed::NotWithin { days }, LastUsed::NotReported)
        | (LastUsed::NotReported, LastUsed::NotWithin { days }) => LastUsed::NotWithin { days },
        (LastUsed::NotReported, LastUsed::NotReported) => LastUsed::NotReported,
    }
}

/// Finds subjects and the privilege of roles that another file defines, and gives members their groups' grants.
fn resolve_grants(facts: &mut Facts, joined: &Joined, snapshot: &mut Snapshot) {
    let mut defined = Defined::new(snapshot);
    let mut first_in = HashMap::new();
    let mut grants: Vec<Grant> = Vec::with_capacity(facts.grants.len());
    let mut by_group: HashMap<Sym, Vec<u32>> = HashMap::new();
    let mut granted: Vec<(IdentityId, u32)> = Vec::new();
    for mut grant in facts.grants.drain(..) {
        // Another file's word on the same grant is no second one.
        let said = (grant.subject, grant.role, grant.policy, grant.resource);
        let said = (said, grant.privilege, grant.conditional, grant.expires_at);
        if *first_in.entry(said).or_insert(grant.evidence.file) != grant.evidence.file {
            continue;
        }
        if grant.privilege.is_none() {
            let strength = defined.strength(grant.policy.unwrap_or(grant.role), snapshot);
            grant.privilege = strength.map(|(privilege, _)| privilege);
            let when = strength.map(|(_, when)| when).unwrap_or_default();
            grant.conditional = grant.conditional.max(when);
        }
        let index = grants.len() as u32;
        match grant.subject {
            Principal::Identity(handle) => {
                grant.identity = joined.find(handle);
                granted.extend(grant.identity.map(|identity| (identity, index)));
            }
            Principal::Group(group) => by_group.entry(group).or_default().push(index),
            Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Federated { .. }
            | Principal::Workload(_)
            | Principal::Named(_) => {}
        }
        grants.push(grant);
    }
    let mut memberships: Vec<Membership> = Vec::with_capacity(facts.memberships.len());
    let mut first_in = HashMap::new();
    for (file, membership) in facts.memberships.drain(..) {
        // Another file's word on the same membership is no second one.
        let said = (membership.member, membership.group);
        if *first_in.entry(said).or_insert(file) != file {
            continue;
        }
        let identity = match membership.member {
            Principal::Identity(member) => joined.find(member),
            Principal::Group(_)
            | Principal::Anyone
            | Principal::AnyoneAuthenticated
            | Principal::Account(_)
            | Principal::PlatformService(_)
            | Principal::Federated { .. }
            | Principal::Workload(_)
            | Principal::Named(_) => None,
        };
        if let (Some(identity), Some(grants)) = (identity, by_group.get(&membership.group)) {
            granted.extend(grants.iter().map(|&grant| (identity, grant)));
        }
        memberships.push(Membership {
            member: membership.member,
            identity,
            group: membership.group,
            evidence: Evidence {
                file,
                place: membership.place,
            },
        });
    }
    memberships.sort_unstable_by_key(|membership| (membership.identity, membership.group, membership.evidence));
    snapshot.memberships = memberships;
    granted.sort_unstable();
    granted.dedup();
    let mut at = 0;
    for (index, identity) in snapshot.identities.iter_mut().enumerate() {
        let start = at;
        while granted.get(at).is_some_and(|(holder, _)| holder.0 as usize == index) {
            at += 1;
        }
        identity.grants = start as u32..at as u32;
    }
    snapshot.granted = granted.into_iter().map(|(_, grant)| grant).collect();
    snapshot.grants = grants;
    ceiling::resolve(&facts.boundaries, joined, &mut defined, snapshot);
}

/// Policies by their ids, with what they were found to give.
struct Defined {
    /// The first of the policies with an id, which stand together.
    first: HashMap<Sym, usize>,
    strength: HashMap<usize, (Privilege, Conditional)>,
}

impl Defined {
    fn new(snapshot: &mut Snapshot) -> Self {
        let strings = &snapshot.strings;
        snapshot
            .policies
            .sort_by(|a, b| strings.get(a.id).cmp(strings.get(b.id)));
        let mut first = HashMap::with_capacity(snapshot.policies.len());
        for (index, policy) in snapshot.policies.iter().enumerate() {
            first.entry(policy.id).or_insert(index);
        }
        Self {
            first,
            strength: HashMap::new(),
        }
    }

    /// How much a policy gives; `None` when no export defines it. Where exports define it differently, it gives the
    /// most that one of them says.
    fn strength(&mut self, id: Sym, snapshot: &Snapshot) -> Option<(Privilege, Conditional)> {
        let Some(&first) = self.first.get(&id) else {
            let well_known = access::aws::well_known(snapshot.strings.get(id));
            return well_known.map(|privilege| (privilege, Conditional::Always));
        };
        if let Some(known) = self.strength.get(&first) {
            return Some(*known);
        }
        // With those that it gathers, and those that these gather.
        let mut all = Vec::new();
        let mut seen: HashSet<Sym> = HashSet::from_iter([id]);
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            let first = self.first.get(&id).copied().unwrap_or(snapshot.policies.len());
            for policy in snapshot.policies[first..].iter().take_while(|policy| policy.id == id) {
                all.push(access::privilege(&policy.document, &snapshot.strings));
                if let AccessPolicy::Kubernetes { aggregates, .. } = &policy.document {
                    open.extend(aggregates.iter().filter(|gathered| seen.insert(**gathered)));
                }
            }
        }
        let strength = all
            .into_iter()
            .max_by_key(|(privilege, when)| (*privilege, Reverse(*when)))
            .unwrap_or((Privilege::Limited, Conditional::Always));
        self.strength.insert(first, strength);
        Some(strength)
    }
}

/// What only the whole tells: use through credentials, and whether credentials are known.
fn finish_identities(listed_of: &HashSet<(SourceId, HandleKind)>, snapshot: &mut Snapshot) {
    let roster: HashSet<Sym> = snapshot.people.iter().map(|person| person.email).collect();
    let federated: HashSet<u32> = snapshot
        .trusts
        .iter()
        .filter(|trust| trust.kind == TrustKind::Federates)
        .filter_map(|trust| trust.target_identity.map(|id| id.0))
        .collect();
    let is_covered = |snapshot: &Snapshot, identity: &Identity| {
        snapshot.facts_of(identity).iter().any(|fact| {
            let source = snapshot.file(fact.file).source;
            (fact.fact.handles.iter()).any(|handle| listed_of.contains(&(source, handle.kind)))
        })
    };
    for index in 0..snapshot.identities.len() {
        let identity = &snapshot.identities[index];
        let mut used = identity.last_used;
        let mut n_credentials = 0;
        let mut all_never = true;
        for (_, credential) in snapshot.credentials_of(identity) {
            n_credentials += 1;
            all_never &= credential.last_used == LastUsed::Never;
            if let LastUsed::At(_) = credential.last_used {
                used = later_use(used, credential.last_used);
            }
        }
        if used == LastUsed::NotReported
            && all_never
            && n_credentials > 0
            && identity.credentials_known == Knowledge::Reported
        {
            used = LastUsed::Never;
        }
        let known = match identity.kind {
            // These authenticate by being assumed, mounted or certified: nothing else is stored.
            IdentityKind::Role | IdentityKind::ManagedIdentity | IdentityKind::Workload | IdentityKind::Device => {
                Knowledge::Reported
            }
            _ if n_credentials > 0 || federated.contains(&(index as u32)) => Knowledge::Reported,
            _ if is_covered(snapshot, identity) => Knowledge::Reported,
            IdentityKind::ServiceAccount
            | IdentityKind::User
            | IdentityKind::Root
            | IdentityKind::Application
            | IdentityKind::Pipeline
            | IdentityKind::Integration
            | IdentityKind::HostAccount
            | IdentityKind::DatabaseAccount
            | IdentityKind::Robot
            | IdentityKind::Agent
            | IdentityKind::Human
            | IdentityKind::Unclassified => identity.credentials_known,
        };
        let is_person = snapshot
            .facts_of(identity)
            .iter()
            .flat_map(|fact| &fact.fact.handles)
            .any(|handle| handle.kind == HandleKind::Email && roster.contains(&handle.text));
        let identity = &mut snapshot.identities[index];
        identity.last_used = used;
        identity.credentials_known = known;
        if is_person && identity.class == Class::Unknown {
            identity.class = Class::Human;
        }
    }
    for index in 0..snapshot.credentials.len() {
        let credential = &snapshot.credentials[index];
        let by_source = snapshot.source(credential.source).environment;
        let environment = match (credential.holders.first(), credential.environment) {
            (Some(&holder), _) => snapshot.identity(holder).environment,
            (None, Some(tag)) => present(snapshot.strings.get(tag))
                .map(environment::normal)
                .map(|text| snapshot.strings.intern(&text))
                .or(by_source),
            (None, None) => by_source,
        };
        snapshot.credentials[index].environment = environment;
    }
}
