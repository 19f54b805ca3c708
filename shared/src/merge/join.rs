//! Which facts are about the same identity: those that share a handle.

use std::cmp::Ordering;
use std::ops::Range;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::counts_before;
use crate::model::access_policy::Ceiling;
use crate::model::identity::{Class, HumanUse, IdentityFact, IdentityKind, Knowledge, Origin, Presence, Status};
use crate::model::instant::{Instant, LastUsed, SECONDS_PER_DAY};
use crate::model::principal::{Handle, HandleKind};
use crate::model::snapshot::{
    Conflict, ConflictField, Evidence, Fact, Identity, IdentityId, Owner, Snapshot, SourceId,
};
use crate::model::strings::{Strings, Sym};

/// Which listed identity each handle names.
pub struct Joined {
    /// One of the facts with each handle, as it was numbered before the facts were grouped.
    fact_with: HashMap<Handle, u32>,
    aliases: Aliases,
    /// For each of these facts, the identity that it became part of.
    identity_of: Vec<Option<IdentityId>>,
}

impl Joined {
    /// The identity with this handle, when an export lists it.
    pub fn find(&self, handle: Handle) -> Option<IdentityId> {
        let fact = *self.fact_with.get(&self.aliases.resolve(handle))?;
        self.identity_of[fact as usize]
    }
}

/// Handles that say less than others and mean the same: see [`Aliases::of`].
struct Aliases(HashMap<Handle, Option<Handle>>);

impl Aliases {
    /// Names of IAM users are unique in an account whatever their path, and lists of their credentials say the name
    /// only. A user named without an account is the source's only user of that name.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    fn of(facts: &[Fact], snapshot: &Snapshot) -> Self {
        let strings = &snapshot.strings;
        let mut aliases = HashMap::new();
        for fact in facts.iter().filter(|fact| fact.fact.presence == Presence::Listed) {
            let arn = fact.fact.handles.iter().find(|handle| handle.kind == HandleKind::Arn);
            let Some((arn, (account, name))) = arn.and_then(|arn| Some((*arn, user_of(strings.get(arn.text))?))) else {
                continue;
            };
            let source = &snapshot.source(snapshot.file(fact.file).source).name;
            for scope in [source, account] {
                // A name that no export writes needs no alias.
                if let Some(text) = strings.find(&format!("{scope}/{name}")) {
                    let named = Handle {
                        kind: HandleKind::AwsUserName,
                        text,
                    };
                    let known = aliases.entry(named).or_insert(Some(arn));
                    *known = known.filter(|known| *known == arn);
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

/// The account and the name in the ARN of an IAM user.
fn user_of(arn: &str) -> Option<(&str, &str)> {
    let (account, path) = arn.split_once(":iam::")?.1.split_once(":user/")?;
    Some((account, path.rsplit('/').next()?))
}

/// Facts about one identity that some export lists.
struct Group<'m> {
    /// The public id.
    id: Sym,
    best: Handle,
    /// Pairs of the group's root and a fact's number.
    members: &'m [(u32, u32)],
}

/// Groups facts by handle, and makes one identity of every group that some export lists.
pub fn identities(facts: Vec<Fact>, snapshot: &mut Snapshot) -> Joined {
    let aliases = Aliases::of(&facts, snapshot);
    let mut sets = Sets::new(facts.len());
    let mut fact_with: HashMap<Handle, u32> = HashMap::with_capacity(facts.len());
    for (index, fact) in facts.iter().enumerate() {
        for handle in &fact.fact.handles {
            let first = *fact_with.entry(aliases.resolve(*handle)).or_insert(index as u32);
            sets.unite(first, index as u32);
        }
    }
    // Every group's facts stand together, in the order of the files, under the group's best handle.
    let mut members: Vec<(u32, u32)> = (0..facts.len() as u32).map(|index| (sets.root(index), index)).collect();
    members.sort_unstable();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for members in members.chunk_by(|a, b| a.0 == b.0) {
        let facts = || members.iter().map(|(_, index)| &facts[*index as usize].fact);
        // An export that lists the identity spells it best, and a fact's first handle of a kind is the full one: an ARN
        // with its path.
        let handles = facts().flat_map(|fact| {
            let ranked = fact.handles.iter().enumerate();
            ranked.map(|(rank, handle)| ((handle.kind, fact.presence, rank), *handle))
        });
        let best = handles.min_by_key(|(rank, handle)| (*rank, snapshot.strings.get(handle.text)));
        match best.map(|(_, handle)| handle) {
            Some(best) if facts().any(|fact| fact.presence == Presence::Listed) => {
                let id = public_id(best, &mut snapshot.strings);
                groups.push(Group { id, best, members });
            }
            Some(_) | None => snapshot.n_unlisted += 1,
        }
    }
    groups.sort_by(|a, b| snapshot.strings.get(a.id).cmp(snapshot.strings.get(b.id)));
    let mut identity_of = vec![None; facts.len()];
    let mut grouped: Vec<Fact> = Vec::with_capacity(facts.len());
    let mut slots: Vec<Option<Fact>> = facts.into_iter().map(Some).collect();
    snapshot.identities.reserve_exact(groups.len());
    for group in groups {
        let identity = IdentityId(snapshot.identities.len() as u32);
        let start = grouped.len();
        for (_, index) in group.members {
            identity_of[*index as usize] = Some(identity);
            grouped.extend(slots[*index as usize].take());
        }
        let range = start as u32..grouped.len() as u32;
        let merged = merge_facts(&group, &grouped[start..], range, identity, snapshot);
        snapshot.identities.push(merged);
    }
    snapshot.facts = grouped;
    Joined {
        fact_with,
        aliases,
        identity_of,
    }
}

fn public_id(best: Handle, strings: &mut Strings) -> Sym {
    match best.kind.prefix() {
        "" => best.text,
        prefix => {
            let id = format!("{prefix}{}", strings.get(best.text));
            strings.intern(&id)
        }
    }
}

fn merge_facts(
    group: &Group<'_>,
    facts: &[Fact],
    range: Range<u32>,
    identity: IdentityId,
    snapshot: &mut Snapshot,
) -> Identity {
    let listed = || facts.iter().filter(|fact| fact.fact.presence == Presence::Listed);
    let source = listed()
        .next()
        .map_or(SourceId(0), |fact| snapshot.files[fact.file.0 as usize].source);
    let kind = decide_kind(facts, identity, snapshot);
    let stated_class = decide(
        facts,
        ConflictField::Class,
        identity,
        snapshot,
        |fact| fact.class.filter(|class| *class != Class::Unknown),
        |_, a, b| a.cmp(&b),
        |strings, class| strings.intern(class_word(class)),
    )
    .or_else(|| facts.iter().find_map(|fact| fact.fact.class));
    let class = stated_class.unwrap_or_else(|| kind.class());
    let status = decide(
        facts,
        ConflictField::Status,
        identity,
        snapshot,
        |fact| (fact.status != Status::Unknown && fact.presence == Presence::Listed).then_some(fact.status),
        |_, a, b| a.cmp(&b),
        |strings, status| strings.intern(if status == Status::Active { "active" } else { "inactive" }),
    );
    note_creation_conflict(facts, identity, snapshot);
    let text = |get: fn(&IdentityFact) -> Option<Sym>| {
        let stated = stated(facts, snapshot, get, by_text);
        stated.first().map(|(text, _)| *text)
    };
    Identity {
        id: group.id,
        name: text(|fact| fact.name).unwrap_or(group.best.text),
        kind,
        class,
        origin: listed().map(|fact| fact.fact.origin).max().unwrap_or(Origin::Estate),
        source,
        account: text(|fact| fact.account),
        status: status.unwrap_or_default(),
        created_at: facts.iter().filter_map(|fact| fact.fact.created_at).min(),
        last_used: facts.iter().fold(LastUsed::NotReported, |used, fact| {
            super::later_use(used, fact.fact.last_used)
        }),
        environment: None,
        owner: Owner::default(),
        purpose: text(|fact| fact.purpose),
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
        ceiling: Ceiling::default(),
        facts: range,
        credentials: 0..0,
        grants: 0..0,
        services: 0..0,
    }
}

/// What the exports say of one fact, the word that counts first: see [`counts_before`].
fn stated<T: Copy>(
    facts: &[Fact],
    snapshot: &Snapshot,
    get: impl Fn(&IdentityFact) -> Option<T>,
    compare: impl Fn(&Strings, T, T) -> Ordering,
) -> SmallVec<[(T, Evidence); 2]> {
    let mut stated: SmallVec<[(T, &Fact); 2]> = (facts.iter())
        .filter_map(|fact| Some((get(&fact.fact)?, fact)))
        .collect();
    let rank = |fact: &Fact| (fact.fact.presence, counts_before(fact.file, snapshot));
    stated.sort_by(|(a, of_a), (b, of_b)| {
        (rank(of_a).cmp(&rank(of_b)))
            .then_with(|| compare(&snapshot.strings, *a, *b))
            .then_with(|| (of_a.file, of_a.fact.place).cmp(&(of_b.file, of_b.fact.place)))
    });
    let evidence = |fact: &Fact| Evidence {
        file: fact.file,
        place: fact.fact.place,
    };
    stated
        .into_iter()
        .map(|(value, fact)| (value, evidence(fact)))
        .collect()
}

/// The word that counts, when any export has one. Different words are a conflict.
fn decide<T: Copy + PartialEq>(
    facts: &[Fact],
    field: ConflictField,
    identity: IdentityId,
    snapshot: &mut Snapshot,
    get: impl Fn(&IdentityFact) -> Option<T>,
    compare: impl Fn(&Strings, T, T) -> Ordering,
    word: impl Fn(&mut Strings, T) -> Sym,
) -> Option<T> {
    let stated = stated(facts, snapshot, get, compare);
    let first = stated.first()?.0;
    if stated.iter().any(|(value, ..)| *value != first) {
        let statements = stated
            .iter()
            .map(|(value, evidence)| (word(&mut snapshot.strings, *value), *evidence))
            .collect();
        snapshot.conflicts.push(Conflict {
            identity,
            credential: None,
            field,
            statements,
        });
    }
    Some(first)
}

fn by_text(strings: &Strings, a: Sym, b: Sym) -> Ordering {
    strings.get(a).cmp(strings.get(b))
}

/// The more an export knows what it lists, the better its word for it. Exports of one sort that call it differently are a
/// conflict; those of different platforms do not contradict each other: an account of a directory may be one of a
/// database, too.
fn decide_kind(facts: &[Fact], identity: IdentityId, snapshot: &mut Snapshot) -> IdentityKind {
    let listed = |fact: &IdentityFact| fact.kind.filter(|_| fact.presence == Presence::Listed);
    let mut stated = stated(facts, snapshot, listed, |_, a, b| a.cmp(&b));
    stated.sort_by_key(|(kind, _)| kind_rank(*kind));
    let connector = |evidence: &Evidence| snapshot.file(evidence.file).connector;
    let differs = stated.iter().enumerate().any(|(at, (kind, place))| {
        let others = stated[at + 1..].iter();
        (others.filter(|(_, other)| connector(other) == connector(place))).any(|(other, _)| other != kind)
    });
    if differs {
        let statements = stated
            .iter()
            .map(|(kind, place)| (snapshot.strings.intern(kind.id()), *place))
            .collect();
        snapshot.conflicts.push(Conflict {
            identity,
            credential: None,
            field: ConflictField::Kind,
            statements,
        });
    }
    stated.first().map_or(IdentityKind::Unclassified, |(kind, _)| *kind)
}

/// Two exports of the same object that differ by more than a day. An application and its service principal are two
/// objects, so only facts with the same first handle are compared.
fn note_creation_conflict(facts: &[Fact], identity: IdentityId, snapshot: &mut Snapshot) {
    let mut stated: Vec<(Handle, Instant, Evidence)> = facts
        .iter()
        .filter_map(|fact| {
            let evidence = Evidence {
                file: fact.file,
                place: fact.fact.place,
            };
            Some((*fact.fact.handles.first()?, fact.fact.created_at?, evidence))
        })
        .collect();
    stated.sort_unstable();
    let differs = stated.chunk_by(|a, b| a.0 == b.0).any(|same| match same {
        [(_, first, _), .., (_, last, _)] => last.0 - first.0 > SECONDS_PER_DAY,
        [_] | [] => false,
    });
    if differs {
        stated.sort_by_key(|(_, at, evidence)| (*at, *evidence));
        let statements = stated
            .iter()
            .map(|(_, at, evidence)| (snapshot.strings.intern(&at.to_string()), *evidence))
            .collect();
        snapshot.conflicts.push(Conflict {
            identity,
            credential: None,
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
struct Sets {
    parents: Vec<u32>,
}

impl Sets {
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
