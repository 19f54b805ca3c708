//! One thing of a snapshot in the words that are held against those of another snapshot.

use bitcode::{Decode, Encode};
use hashbrown::HashMap;

use crate::access::Access;
use crate::access::digest::Policies;
use crate::api::history::Subject;
use crate::kpi::formulas;
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::credential::CredentialStatus;
use crate::model::grant::TrustGuard;
use crate::model::identity::{Class, HumanUse, Presence, Status};
use crate::model::instant::{Expiry, Instant};
use crate::model::principal::Principal;
use crate::model::snapshot::{
    Credential, Grant, Identity, IdentityId, OwnerState, Snapshot, SourceId, Trust, TrustReach,
};
use crate::model::strings::{Adopted, Strings, Sym};
use crate::rules::severity::Severity;
use crate::rules::{Findings, RULES};

/// The most fields that a kind of row has.
pub const MAX_FIELDS: usize = 13;

/// An identity, a credential, a grant, a trust, or what the rules make of one identity or credential. Equal rows say the
/// same.
///
/// What happens all the time is no part of it: of an identity that is used every day, every snapshot would differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Row {
    pub of: Subject,
    /// What makes it the same thing in another snapshot. Identities and credentials have their id; a grant its
    /// subject, role, policy and resource; a trust its actor, kind and target; what rules make of a subject, its id.
    pub key: [Option<Sym>; 4],
    /// The public id of the identity that it is about.
    pub identity: Option<Sym>,
    /// The names of the sources that list it, one in each line; with those that list an identity by which it is known.
    pub sources: Sym,
    /// What is said of it, in the order of [`fields`]; `None` where nothing is.
    pub fields: [Option<Sym>; MAX_FIELDS],
}

/// The names of the fields of a row that are shown.
pub fn fields(of: Subject) -> &'static [&'static str] {
    match of {
        Subject::Identity => &[
            "name",
            "kind",
            "class",
            "status",
            "environment",
            "owner",
            "owner_state",
            "team",
            "purpose",
            "reviewed_at",
            "retires_at",
            "human_use",
        ],
        Subject::Credential => &[
            "name",
            "kind",
            "status",
            "holder",
            "created_at",
            "expires_at",
            "fingerprint",
            "environment",
        ],
        Subject::Grant => &["privilege", "condition", "expires_at", "permissions"],
        Subject::Trust => &["guard", "reach"],
        Subject::Finding => &["name"],
    }
}

/// The field of a subject that rules judged that says what they found: `code:severity`, one in each line; not shown.
pub const FOUND: usize = 1;
/// The field of a subject that rules judged that names those that could not, one code in each line; not shown.
pub const UNJUDGED: usize = 2;

/// The field of an identity in scope that says when the owner on record left; not shown.
pub const OWNER_LEFT_AT: usize = 12;
/// The field of a credential that has a value when the credential KPIs count it while it is active; not shown.
pub const IS_OURS: usize = 8;
/// The field of a credential that says when it was first seen in the open; not shown.
pub const LEAKED_AT: usize = 9;
/// The field of a trust that has a value when the actor is a workload, or an identity that an export lists; not shown.
pub const IS_ACTOR_LISTED: usize = 2;

impl Row {
    /// The same row in the symbols of another table.
    pub fn renamed(self, names: &Adopted) -> Row {
        let rename = |sym: Option<Sym>| sym.map(|sym| names.sym(sym));
        Row {
            of: self.of,
            key: self.key.map(rename),
            identity: rename(self.identity),
            sources: names.sym(self.sources),
            fields: self.fields.map(rename),
        }
    }

    /// What a field says. `name` must be one of [`fields`].
    pub fn field(&self, name: &str) -> Option<Sym> {
        let at = fields(self.of).iter().position(|field| *field == name)?;
        self.fields[at]
    }

    /// The thing's name for people.
    pub fn title(&self, strings: &Strings) -> String {
        let key = |at: usize| self.key[at].map(|sym| strings.get(sym));
        match self.of {
            Subject::Identity | Subject::Credential | Subject::Finding => {
                strings.get_or_empty(self.field("name").or(self.key[0])).to_owned()
            }
            Subject::Grant => {
                let (subject, role) = (key(0).unwrap_or_default(), key(1).unwrap_or_default());
                match key(3) {
                    Some(resource) => format!("{subject} has {role} on {resource}"),
                    None => format!("{subject} has {role}"),
                }
            }
            Subject::Trust => [key(0), key(1), key(2)].map(Option::unwrap_or_default).join(" "),
        }
    }
}

/// Collects the rows of one snapshot.
pub struct Rows<'s> {
    snapshot: &'s Snapshot,
    access: &'s Access,
    pub strings: Strings,
    /// What symbols of the snapshot are called here.
    names: Vec<Option<Sym>>,
    source_lists: HashMap<Vec<SourceId>, Sym>,
    /// By name and address, in symbols of the snapshot: when people left.
    left_at: HashMap<Sym, Instant>,
    policies: Policies<'s>,
    /// By the source that gives it and by policy, in symbols of the snapshot: what it permits, in short.
    permissions: HashMap<(SourceId, Sym), Option<Sym>>,
}

impl<'s> Rows<'s> {
    pub fn new(snapshot: &'s Snapshot, access: &'s Access) -> Self {
        let left = snapshot.people.iter().flat_map(|person| {
            let names = [Some(person.email), person.name];
            names.into_iter().flatten().zip(std::iter::repeat(person.left_at))
        });
        let left = left.filter_map(|(name, left_at)| Some((name, left_at?)));
        Rows {
            snapshot,
            access,
            strings: Strings::default(),
            names: vec![None; snapshot.strings.n_strings()],
            source_lists: HashMap::new(),
            left_at: left.collect(),
            policies: Policies::new(snapshot),
            permissions: HashMap::new(),
        }
    }

    /// All rows, in the order of the snapshot's lists.
    pub fn collect(&mut self) -> Vec<Row> {
        let snapshot = self.snapshot;
        let n_rows = snapshot.identities.len() + snapshot.credentials.len() + snapshot.grants.len();
        let mut rows = Vec::with_capacity(n_rows + snapshot.trusts.len());
        let ids = (0..snapshot.identities.len() as u32).map(IdentityId);
        rows.extend(ids.map(|id| self.identity(id)));
        rows.extend(
            snapshot
                .credentials
                .iter()
                .map(|credential| self.credential(credential)),
        );
        rows.extend(snapshot.grants.iter().map(|grant| self.grant(grant)));
        rows.extend(snapshot.trusts.iter().map(|trust| self.trust(trust)));
        rows
    }

    /// Adds what the rules make of each identity and credential, whose rows are the first of `rows`.
    ///
    /// A row for each subject, not for each finding: there are several times as many of those, and most subjects have the
    /// same as others.
    pub fn judge(&mut self, findings: &Findings, rows: &mut Vec<Row>) {
        let n_identities = self.snapshot.identities.len();
        let mut found: Vec<(usize, u8, Severity)> = findings
            .all
            .iter()
            .map(|finding| (finding.subject().place(n_identities), finding.rule, finding.severity))
            .collect();
        found.sort_unstable();
        let mut found = found.into_iter().peekable();
        let mut lists: HashMap<Vec<(u8, Option<Severity>)>, Sym> = HashMap::new();
        for (place, &unjudged) in findings.unjudged.iter().enumerate() {
            let mut failed: Vec<(u8, Option<Severity>)> = Vec::new();
            while let Some((_, rule, severity)) = found.next_if(|(of, ..)| *of == place) {
                failed.push((rule, Some(severity)));
            }
            if failed.is_empty() && unjudged == 0 {
                continue;
            }
            let open = (0..RULES.len() as u8).filter(|rule| unjudged >> rule & 1 == 1);
            let open: Vec<(u8, Option<Severity>)> = open.map(|rule| (rule, None)).collect();
            let mut list = |rules: Vec<(u8, Option<Severity>)>| {
                (!rules.is_empty()).then(|| match lists.get(&rules) {
                    Some(known) => *known,
                    None => *lists
                        .entry(rules)
                        .or_insert_with_key(|rules| self.strings.intern(&in_lines(rules))),
                })
            };
            let said = [None, list(failed), list(open)];
            let subject = rows[place];
            let mut fields = [None; MAX_FIELDS];
            fields[..said.len()].copy_from_slice(&said);
            fields[0] = subject.field("name");
            rows.push(Row {
                of: Subject::Finding,
                fields,
                ..subject
            });
        }
    }

    fn identity(&mut self, id: IdentityId) -> Row {
        let snapshot = self.snapshot;
        let identity = snapshot.identity(id);
        let reviewed_at = snapshot.last_review(id);
        let sources = self.sources(listing(snapshot, identity).collect(), &[]);
        let id = self.sym(Some(identity.id));
        let class = match identity.class {
            Class::NonHuman => Some("non_human"),
            Class::Human => Some("human"),
            Class::Unknown => None,
        };
        let status = match identity.status {
            Status::Active => Some("active"),
            Status::Disabled => Some("inactive"),
            Status::Unknown => None,
        };
        let owner_state = match identity.owner.state {
            OwnerState::Active => Some("active"),
            OwnerState::Recorded => Some("recorded"),
            OwnerState::Unresolved => Some("unresolved"),
            OwnerState::Left => Some("left"),
            OwnerState::Absent => None,
        };
        let is_left = identity.owner.state == OwnerState::Left && formulas::in_scope(identity);
        let left_at = identity.owner.text.filter(|_| is_left);
        let left_at = left_at.and_then(|owner| self.left_at.get(&owner).copied());
        let human_use = match identity.human_use {
            HumanUse::Absent => Some("none"),
            HumanUse::ConsolePassword => Some("console password"),
            HumanUse::MfaDevice => Some("MFA device"),
            HumanUse::InteractiveSignIn => Some("interactive sign-in"),
            HumanUse::NotReported => None,
        };
        let fields = [
            self.sym(Some(identity.name)),
            self.word(Some(identity.kind.id())),
            self.word(class),
            self.word(status),
            self.sym(identity.environment),
            self.sym(identity.owner.text),
            self.word(owner_state),
            self.sym(identity.owner.team),
            self.sym(identity.purpose),
            self.text(reviewed_at.map(|at| at.to_date_text())),
            self.text(identity.retires_at.map(|at| at.to_date_text())),
            self.word(human_use),
            self.text(left_at.map(|at| at.to_string())),
        ];
        self.row(Subject::Identity, [id, None, None, None], id, sources, &fields)
    }

    fn credential(&mut self, credential: &Credential) -> Row {
        let snapshot = self.snapshot;
        let listing = credential
            .evidence
            .iter()
            .map(|evidence| snapshot.file(evidence.file).source);
        let sources = self.sources(listing.collect(), &credential.holders);
        let ids: Vec<&str> = credential
            .holders
            .iter()
            .map(|holder| snapshot.strings.get(snapshot.identity(*holder).id))
            .collect();
        let status = match credential.status {
            CredentialStatus::Active => Some("active"),
            CredentialStatus::Inactive => Some("inactive"),
            CredentialStatus::Revoked => Some("revoked"),
            CredentialStatus::Unknown => None,
        };
        let is_rotated = formulas::is_ours(snapshot, credential) && !formulas::is_authority(credential);
        let is_ours = is_rotated.then_some("yes");
        let leaked_at = snapshot
            .leaks_of(credential)
            .filter_map(|leak| leak.fact.leaked_at)
            .min();
        let fields = [
            self.sym(credential.name),
            self.word(Some(credential.kind.id())),
            self.word(status),
            self.text((!ids.is_empty()).then(|| ids.join(" "))),
            self.text(credential.created_at.map(|at| at.to_string())),
            self.expiry(credential.expires_at),
            self.sym(credential.fingerprint),
            self.sym(credential.environment),
            self.word(is_ours),
            self.text(leaked_at.map(|at| at.to_string())),
        ];
        let holder = credential.holders.first().map(|holder| snapshot.identity(*holder).id);
        let (key, holder) = (self.sym(Some(credential.key)), self.sym(holder));
        self.row(Subject::Credential, [key, None, None, None], holder, sources, &fields)
    }

    fn grant(&mut self, grant: &Grant) -> Row {
        let snapshot = self.snapshot;
        let sources = self.sources(
            vec![snapshot.file(grant.evidence.file).source],
            grant.identity.as_slice(),
        );
        let identity = grant.identity.map(|id| snapshot.identity(id));
        let privilege = match grant.identity {
            Some(id) => self.access.left_of(snapshot, id, grant),
            None => grant.privilege,
        };
        let privilege = match privilege {
            Some(Privilege::Administrator) => Some("administrator"),
            Some(Privilege::Limited) => Some("limited"),
            None => None,
        };
        let condition = match grant.conditional {
            Conditional::Always => "none",
            Conditional::OnCondition => "checked at the time of the request",
        };
        let identity = self.sym(identity.map(|identity| identity.id));
        let key = [
            identity.or_else(|| self.text(Some(grant.subject.in_words(&snapshot.strings)))),
            self.sym(Some(grant.role)),
            self.sym(grant.policy),
            self.sym(grant.resource),
        ];
        let fields = [
            self.word(privilege),
            self.word(Some(condition)),
            self.expiry(grant.expires_at),
            self.permissions(grant),
        ];
        self.row(Subject::Grant, key, identity, sources, &fields)
    }

    /// What the policy behind a grant says, in short: another digest is another text. Only the word of the source that
    /// states the grant counts: another may be missing, and then nothing changed.
    fn permissions(&mut self, grant: &Grant) -> Option<Sym> {
        let source = self.snapshot.file(grant.evidence.file).source;
        let policy = grant.policy.unwrap_or(grant.role);
        if let Some(known) = self.permissions.get(&(source, policy)) {
            return *known;
        }
        let said = self.policies.said_in(source, policy);
        let said = self.text(said.map(|said| format!("digest {said}")));
        self.permissions.insert((source, policy), said);
        said
    }

    fn trust(&mut self, trust: &Trust) -> Row {
        let snapshot = self.snapshot;
        let ends: Vec<IdentityId> = trust.actor_identity.into_iter().chain(trust.target_identity).collect();
        let sources = self.sources(vec![snapshot.file(trust.evidence.file).source], &ends);
        let id = |identity| snapshot.identity(identity).id;
        let target = self.sym(trust.target_identity.map(id));
        let actor = self.sym(trust.actor_identity.map(id));
        let key = [
            actor.or_else(|| self.text(Some(trust.actor.in_words(&snapshot.strings)))),
            self.word(Some(trust.kind.verb())),
            target.or_else(|| self.sym(Some(trust.target.text))),
            None,
        ];
        let reach = match trust.reach {
            TrustReach::Inside => "inside",
            TrustReach::Outside => "outside",
        };
        let is_workload = matches!(trust.actor, Principal::Workload(_));
        let is_listed = (is_workload || trust.actor_identity.is_some()).then_some("yes");
        let fields = [
            self.word(trust.guard.map(TrustGuard::id)),
            self.word(Some(reach)),
            self.word(is_listed),
        ];
        self.row(Subject::Trust, key, target, sources, &fields)
    }

    fn row(
        &self,
        of: Subject,
        key: [Option<Sym>; 4],
        identity: Option<Sym>,
        sources: Sym,
        said: &[Option<Sym>],
    ) -> Row {
        let mut fields = [None; MAX_FIELDS];
        fields[..said.len()].copy_from_slice(said);
        Row {
            of,
            key,
            identity,
            sources,
            fields,
        }
    }

    /// Who lists a thing. Who lists an identity by which it is known counts too, where those do not.
    fn sources(&mut self, mut ids: Vec<SourceId>, known_by: &[IdentityId]) -> Sym {
        for identity in known_by {
            let identity = self.snapshot.identity(*identity);
            if !listing(self.snapshot, identity).any(|source| ids.contains(&source)) {
                ids.extend(listing(self.snapshot, identity));
            }
        }
        ids.sort_unstable();
        ids.dedup();
        if let Some(known) = self.source_lists.get(&ids) {
            return *known;
        }
        let names: Vec<&str> = ids.iter().map(|id| self.snapshot.source(*id).name.as_str()).collect();
        let sym = self.strings.intern(&names.join("\n"));
        self.source_lists.insert(ids, sym);
        sym
    }

    fn sym(&mut self, there: Option<Sym>) -> Option<Sym> {
        let there = there?;
        let here = &mut self.names[there.index()];
        if here.is_none() {
            *here = Some(self.strings.intern(self.snapshot.strings.get(there)));
        }
        *here
    }

    fn word(&mut self, word: Option<&str>) -> Option<Sym> {
        word.map(|word| self.strings.intern(word))
    }

    fn text(&mut self, text: Option<String>) -> Option<Sym> {
        text.map(|text| self.strings.intern(&text))
    }

    fn expiry(&mut self, expiry: Expiry) -> Option<Sym> {
        match expiry {
            Expiry::At(end) => self.text(Some(end.to_string())),
            Expiry::Never => self.word(Some("never")),
            Expiry::NotReported => None,
        }
    }
}

/// Rules, one in each line, each with the severity of what it found.
fn in_lines(rules: &[(u8, Option<Severity>)]) -> String {
    let lines = rules.iter().map(|(rule, severity)| {
        let code = RULES[usize::from(*rule)].code;
        severity.map_or_else(|| code.to_owned(), |severity| format!("{code}:{}", severity.id()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The sources that list an identity, each once for every fact.
fn listing<'s>(snapshot: &'s Snapshot, identity: &Identity) -> impl Iterator<Item = SourceId> + use<'s> {
    let facts = snapshot.facts_of(identity).iter();
    let listing = facts.filter(|fact| fact.fact.presence == Presence::Listed);
    listing.map(|fact| snapshot.file(fact.file).source)
}
