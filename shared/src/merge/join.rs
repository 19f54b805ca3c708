//! Which facts are about the same identity: those that share a handle.

use hashbrown::HashMap;

use crate::model::identity::{Class, HumanUse, IdentityFact, IdentityKind, Knowledge, Origin, Presence, Status};
use crate::model::instant::{Instant, LastUsed, SECONDS_PER_DAY};
use crate::model::principal::{Handle, HandleKind};
use crate::model::snapshot::{
    Conflict, ConflictField, Evidence, Fact, Identity, IdentityId, Owner, Snapshot, SourceId,
};
use crate::model::strings::Sym;

/// Which listed identity each handle names.
pub struct Joined {
    identities: HashMap<Handle, IdentityId>,
    aliases: Aliases,
}

impl Joined {
    /// The identity with this handle, when an export lists it.
    pub fn find(&self, handle: Handle) -> Option<IdentityId> {
        self.identities.get(&self.aliases.resolve(handle)).copied()
    }
}

/// Handles that say less than others and mean the same: see [`Aliases::of`].
struct Aliases(HashMap<Handle, Option<Handle>>);

impl Aliases {
    /// Names of IAM users and roles are unique in an account whatever their path, and sessions, key lists and EKS
    /// leave the path out. A user named without an account is the source's only user of that name.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    fn of(facts: &[Fact], snapshot: &Snapshot) -> Self {
        let strings = &snapshot.strings;
        let mut aliases = HashMap::new();
        for fact in facts {
            for handle in fact.fact.handles.iter().filter(|handle| handle.kind == HandleKind::Arn) {
                let Some(arn) = IamArn::parse(strings.get(handle.text)) else {
                    continue;
                };
                // A form that no export writes needs no alias.
                let short = match arn.path {
                    Some(_) => strings.find(&arn.without_path()).map(|text| Handle { text, ..*handle }),
                    None => Some(*handle),
                };
                if let Some(short) = short.filter(|short| short != handle) {
                    aliases.insert(*handle, Some(short));
                }
                if arn.is_user && fact.fact.presence == Presence::Listed {
                    let source = &snapshot.source(snapshot.file(fact.file).source).name;
                    for scope in [source, arn.account] {
                        let Some(text) = strings.find(&format!("{scope}/{}", arn.name)) else {
                            continue;
                        };
                        let named = Handle {
                            kind: HandleKind::AwsUserName,
                            text,
                        };
                        let whole = short.unwrap_or(*handle);
                        let known = aliases.entry(named).or_insert(Some(whole));
                        *known = known.filter(|known| *known == whole);
                    }
                }
            }
        }
        Self(aliases)
    }

    /// The handle that stands for this one and all that mean the same.
    fn resolve(&self, handle: Handle) -> Handle {
        self.0.get(&handle).copied().flatten().unwrap_or(handle)
    }
}

/// The ARN of an IAM user or role, taken apart.
struct IamArn<'a> {
    /// `arn:aws:iam::123456789012:user`.
    before: &'a str,
    account: &'a str,
    /// `a/b` in `user/a/b/name`.
    path: Option<&'a str>,
    name: &'a str,
    is_user: bool,
}

impl<'a> IamArn<'a> {
    fn parse(arn: &'a str) -> Option<Self> {
        let (before, after) = arn.split_once('/')?;
        let (account, kind) = before.split_once(":iam::")?.1.split_once(':')?;
        let (path, name) = match after.rsplit_once('/') {
            Some((path, name)) => (Some(path), name),
            None => (None, after),
        };
        matches!(kind, "user" | "role").then_some(Self {
            before,
            account,
            path,
            name,
            is_user: kind == "user",
        })
    }

    fn without_path(&self) -> String {
        format!("{}/{}", self.before, self.name)
    }
}

/// Groups facts by handle, and makes one identity of every group that some export lists.
pub fn identities(facts: Vec<Fact>, snapshot: &mut Snapshot) -> Joined {
    let aliases = Aliases::of(&facts, snapshot);
    let mut groups = Groups::new(facts.len());
    let mut first_with: HashMap<Handle, u32> = HashMap::with_capacity(facts.len());
    for (index, fact) in facts.iter().enumerate() {
        for handle in &fact.fact.handles {
            let first = *first_with.entry(aliases.resolve(*handle)).or_insert(index as u32);
            groups.unite(first, index as u32);
        }
    }
    // Every group's facts stand together, in the order of the files, under the group's best handle.
    let mut members: Vec<(u32, u32)> = (0..facts.len() as u32)
        .map(|index| (groups.root(index), index))
        .collect();
    members.sort_unstable();
    let mut slots: Vec<Option<Fact>> = facts.into_iter().map(Some).collect();
    let mut listed: Vec<(Handle, Vec<Fact>)> = Vec::new();
    for group in members.chunk_by(|a, b| a.0 == b.0) {
        let facts: Vec<Fact> = group
            .iter()
            .filter_map(|(_, index)| slots[*index as usize].take())
            .collect();
        // The spelling of an export that lists the identity goes before that of one that only speaks of it.
        let handles = facts.iter().flat_map(|fact| {
            let presence = fact.fact.presence;
            fact.fact.handles.iter().map(move |handle| (*handle, presence))
        });
        let best = handles.min_by_key(|(handle, presence)| (handle.kind, *presence, snapshot.strings.get(handle.text)));
        match best.map(|(handle, _)| handle) {
            Some(best) if facts.iter().any(|fact| fact.fact.presence == Presence::Listed) => listed.push((best, facts)),
            Some(_) | None => snapshot.n_unlisted += 1,
        }
    }
    let id_text = |handle: Handle| format!("{}{}", handle.kind.prefix(), snapshot.strings.get(handle.text));
    let mut listed: Vec<(String, Handle, Vec<Fact>)> = listed
        .into_iter()
        .map(|(best, facts)| (id_text(best), best, facts))
        .collect();
    listed.sort_by(|a, b| a.0.cmp(&b.0));
    let mut joined = HashMap::with_capacity(first_with.len());
    for (id, best, facts) in listed {
        let identity = IdentityId(snapshot.identities.len() as u32);
        joined.extend(
            facts
                .iter()
                .flat_map(|fact| &fact.fact.handles)
                .map(|handle| (aliases.resolve(*handle), identity)),
        );
        let id = snapshot.strings.intern(&id);
        let merged = merge_facts(id, best, &facts, identity, snapshot);
        snapshot.facts.extend(facts);
        snapshot.identities.push(merged);
    }
    Joined {
        identities: joined,
        aliases,
    }
}

fn merge_facts(id: Sym, best: Handle, facts: &[Fact], identity: IdentityId, snapshot: &mut Snapshot) -> Identity {
    let start = snapshot.facts.len() as u32;
    let listed = || facts.iter().filter(|fact| fact.fact.presence == Presence::Listed);
    let source = listed()
        .next()
        .map_or(SourceId(0), |fact| snapshot.files[fact.file.0 as usize].source);
    // The more an export knows what it lists, the better its word for it: a CSV inventory only repeats.
    let kind = listed()
        .filter_map(|fact| fact.fact.kind)
        .min_by_key(|kind| kind_rank(*kind));
    let kind = kind.unwrap_or(IdentityKind::Unclassified);
    let stated_class = decide(
        facts,
        ConflictField::Class,
        identity,
        snapshot,
        |fact| fact.class,
        |class| class_word(class).to_owned(),
    );
    let class = stated_class.unwrap_or_else(|| kind.class());
    let status = decide(
        facts,
        ConflictField::Status,
        identity,
        snapshot,
        |fact| (fact.status != Status::Unknown && fact.presence == Presence::Listed).then_some(fact.status),
        |status| if status == Status::Active { "active" } else { "inactive" }.to_owned(),
    );
    note_creation_conflict(facts, identity, snapshot);
    let known = |get: fn(&IdentityFact) -> Option<Sym>| listed().chain(facts.iter()).find_map(|fact| get(&fact.fact));
    Identity {
        id,
        name: known(|fact| fact.name).unwrap_or(best.text),
        kind,
        class,
        origin: listed().map(|fact| fact.fact.origin).max().unwrap_or(Origin::Estate),
        source,
        account: known(|fact| fact.account),
        status: status.unwrap_or_default(),
        created_at: facts.iter().filter_map(|fact| fact.fact.created_at).min(),
        last_used: facts.iter().fold(LastUsed::NotReported, |used, fact| {
            super::later_use(used, fact.fact.last_used)
        }),
        environment: None,
        owner: Owner::default(),
        purpose: known(|fact| fact.purpose),
        reviewed_at: None,
        retires_at: None,
        human_use: facts
            .iter()
            .map(|fact| fact.fact.human_use)
            .min_by_key(|human_use| human_rank(*human_use))
            .unwrap_or_default(),
        credentials_known: match facts
            .iter()
            .any(|fact| fact.fact.credentials_known == Knowledge::Reported)
        {
            true => Knowledge::Reported,
            false => Knowledge::NotReported,
        },
        facts: start..start + facts.len() as u32,
        credentials: 0..0,
        grants: 0..0,
        services: 0..0,
    }
}

/// The word of the export that was made last; the first file's where none says when. Different words are a conflict.
fn decide<T: Copy + PartialEq>(
    facts: &[Fact],
    field: ConflictField,
    identity: IdentityId,
    snapshot: &mut Snapshot,
    get: impl Fn(&IdentityFact) -> Option<T>,
    word: impl Fn(T) -> String,
) -> Option<T> {
    let mut stated: Vec<(T, Option<Instant>, Evidence)> = facts
        .iter()
        .filter_map(|fact| {
            let evidence = Evidence {
                file: fact.file,
                place: fact.fact.place,
            };
            get(&fact.fact).map(|value| (value, snapshot.files[fact.file.0 as usize].stated_at, evidence))
        })
        .collect();
    stated.sort_by_key(|(_, stated_at, evidence)| (std::cmp::Reverse(*stated_at), *evidence));
    let first = stated.first()?.0;
    if stated.iter().any(|(value, ..)| *value != first) {
        let statements = stated
            .iter()
            .map(|(value, _, evidence)| (snapshot.strings.intern(&word(*value)), *evidence))
            .collect();
        snapshot.conflicts.push(Conflict {
            identity,
            field,
            statements,
        });
    }
    Some(first)
}

/// Two exports of the same object that differ by more than a day. An application and its service principal are two
/// objects, so only facts with the same first handle are compared.
fn note_creation_conflict(facts: &[Fact], identity: IdentityId, snapshot: &mut Snapshot) {
    let stated: Vec<(Handle, Instant, Evidence)> = facts
        .iter()
        .filter_map(|fact| {
            let evidence = Evidence {
                file: fact.file,
                place: fact.fact.place,
            };
            Some((*fact.fact.handles.first()?, fact.fact.created_at?, evidence))
        })
        .collect();
    let differs = stated.iter().any(|(handle, at, _)| {
        stated
            .iter()
            .any(|(other, later, _)| handle == other && later.0 - at.0 > SECONDS_PER_DAY)
    });
    if differs {
        let mut stated = stated;
        stated.sort_by_key(|(_, at, evidence)| (*at, *evidence));
        let statements = stated
            .iter()
            .map(|(_, at, evidence)| (snapshot.strings.intern(&at.to_string()), *evidence))
            .collect();
        snapshot.conflicts.push(Conflict {
            identity,
            field: ConflictField::CreatedAt,
            statements,
        });
    }
}

fn class_word(class: Class) -> &'static str {
    match class {
        Class::NonHuman => "non_human",
        Class::Human => "human",
        Class::Unknown => "unknown",
    }
}

/// Most telling first.
fn kind_rank(kind: IdentityKind) -> u8 {
    match kind {
        IdentityKind::Agent => 0,
        IdentityKind::ManagedIdentity => 1,
        IdentityKind::Root | IdentityKind::Role | IdentityKind::ServiceAccount | IdentityKind::Robot => 2,
        IdentityKind::Pipeline
        | IdentityKind::Integration
        | IdentityKind::DatabaseAccount
        | IdentityKind::HostAccount => 3,
        IdentityKind::Application => 4,
        IdentityKind::Device => 5,
        IdentityKind::Workload => 6,
        IdentityKind::User => 7,
        IdentityKind::Human => 8,
        IdentityKind::Unclassified => 9,
    }
}

/// A person's use outweighs its absence, and both outweigh silence.
fn human_rank(human_use: HumanUse) -> u8 {
    match human_use {
        HumanUse::InteractiveSignIn => 0,
        HumanUse::ConsolePassword => 1,
        HumanUse::MfaDevice => 2,
        HumanUse::Absent => 3,
        HumanUse::NotReported => 4,
    }
}

/// Disjoint sets of facts.
struct Groups {
    parents: Vec<u32>,
}

impl Groups {
    fn new(n_facts: usize) -> Self {
        Self {
            parents: (0..n_facts as u32).collect(),
        }
    }

    fn root(&mut self, index: u32) -> u32 {
        let mut root = index;
        while self.parents[root as usize] != root {
            let grandparent = self.parents[self.parents[root as usize] as usize];
            self.parents[root as usize] = grandparent;
            root = grandparent;
        }
        root
    }

    /// The smaller index becomes the root, so that groups come in the order of their first fact.
    fn unite(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b) as usize] = a.min(b);
    }
}
