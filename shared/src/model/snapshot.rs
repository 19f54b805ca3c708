//! The estate at one instant: what all exports say together.

use bitcode::{Decode, Encode};
use std::ops::Range;

use super::access_policy::{AccessPolicy, Ceiling, Conditional, Denied, Privilege};
use super::batch::{Decision, PersonRow, RegistryRow};
use super::certificate::{CertificateFact, KeyAlgorithm};
use super::credential::{CredentialKind, CredentialStatus, Custody};
use super::grant::{DenialReach, TrustGuard, TrustKind};
use super::identity::{Class, HumanUse, IdentityFact, IdentityKind, Knowledge, Origin, OwnerBasis, OwnerClaim, Status};
use super::instant::{Expiry, Instant, LastUsed};
use super::leak::LeakFact;
use super::principal::{Handle, Principal};
use super::provenance::Place;
use super::strings::{Strings, Sym};
use super::usage::{Aspect, Granted};
use crate::diagnostic::Diagnostic;

/// Index of an identity in [`Snapshot::identities`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct IdentityId(pub u32);

/// Index of a credential in [`Snapshot::credentials`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct CredentialId(pub u32);

/// Index of a file in [`Snapshot::files`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct FileId(pub u32);

/// Index of a source in [`Snapshot::sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct SourceId(pub u32);

/// Everything that is known, merged. Immutable; every list is in a stated order, none in hash order.
#[derive(Debug, Default)]
pub struct Snapshot {
    pub as_of: Instant,
    pub strings: Strings,
    /// By name.
    pub sources: Vec<Source>,
    /// By source, then path.
    pub files: Vec<FileRead>,
    /// By public id.
    pub identities: Vec<Identity>,
    /// Grouped by identity: see [`Identity::facts`].
    pub facts: Vec<Fact>,
    /// By key.
    pub credentials: Vec<Credential>,
    /// Grouped by identity: see [`Identity::credentials`].
    pub held: Vec<CredentialId>,
    /// By subject, then in the order of the files.
    pub grants: Vec<Grant>,
    /// Grouped by identity, those of its groups included: see [`Identity::grants`]. Indices into `grants`.
    pub granted: Vec<u32>,
    /// Grouped by identity, by service: see [`Identity::services`].
    pub service_uses: Vec<ServiceUse>,
    /// By identity, aspect and value.
    pub activities: Vec<Activity>,
    /// In the order of the files.
    pub trusts: Vec<Trust>,
    /// By id, then in the order of the files. Exports that define one differently are both kept.
    pub policies: Vec<Policy>,
    /// By identity.
    pub boundaries: Vec<Boundary>,
    /// In the order of the files.
    pub denials: Vec<Denial>,
    /// By identity, those of members that no export lists first; then by the symbol of the group.
    pub memberships: Vec<Membership>,
    /// In the order of the files.
    pub leaks: Vec<Leak>,
    /// Grouped by credential: see [`Credential::leaks`]. Indices into `leaks`.
    pub leaked: Vec<u32>,
    pub people: Vec<PersonRow>,
    pub registry: Vec<RegistryRow>,
    /// By identity: the decision that counts of each that has one.
    pub reviews: Vec<Review>,
    /// How many decisions reviewers made, on identities that are not listed too.
    pub n_decisions: usize,
    /// By identity.
    pub conflicts: Vec<Conflict>,
    /// Identities that exports speak of and none lists: sign-ins of deleted applications and the like.
    pub n_unlisted: usize,
}

/// A source folder.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Source {
    pub name: String,
    pub environment: Option<Sym>,
    #[bitcode(skip)]
    pub files: Range<usize>,
    /// Why it is partial; empty when nothing is known to be missing.
    pub gaps: Vec<String>,
    pub stated_at: Option<Instant>,
    /// The newest instant of which its logs of activity speak, until that of the snapshot.
    pub active_until: Option<Instant>,
}

/// A file that was looked at.
#[derive(Clone, Debug)]
pub struct FileRead {
    pub source: SourceId,
    pub path: String,
    /// The id of the connector that read it.
    pub connector: Option<&'static str>,
    pub n_bytes: u64,
    pub n_identities: usize,
    pub n_credentials: usize,
    pub n_grants: usize,
    pub n_trusts: usize,
    pub is_complete: bool,
    pub stated_at: Option<Instant>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A fact with the file that states it.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Fact {
    pub file: FileId,
    pub fact: IdentityFact,
}

/// One identity, as all exports together know it.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Identity {
    /// The public id.
    pub id: Sym,
    pub name: Sym,
    pub kind: IdentityKind,
    pub class: Class,
    pub origin: Origin,
    /// The first source that lists it.
    pub source: SourceId,
    pub account: Option<Sym>,
    pub status: Status,
    pub created_at: Option<Instant>,
    /// The latest use of the identity itself or of one of its credentials.
    pub last_used: LastUsed,
    /// In one word for each environment: `prod`, `stg`, `dev`, `test`, `sandbox`, or as written.
    pub environment: Option<Sym>,
    pub owner: Owner,
    pub purpose: Option<Sym>,
    /// By the registry; see [`Snapshot::last_review`].
    pub reviewed_at: Option<Instant>,
    pub retires_at: Option<Instant>,
    pub human_use: HumanUse,
    /// Whether its credentials are known: an export lists them, or its kind has none that are stored.
    pub credentials_known: Knowledge,
    pub ceiling: Ceiling,
    /// Into [`Snapshot::facts`].
    #[bitcode(skip)]
    pub facts: Range<u32>,
    /// Into [`Snapshot::held`].
    #[bitcode(skip)]
    pub credentials: Range<u32>,
    /// Into [`Snapshot::granted`].
    #[bitcode(skip)]
    pub grants: Range<u32>,
    /// Into [`Snapshot::service_uses`].
    #[bitcode(skip)]
    pub services: Range<u32>,
}

/// The word for the environment that serves customers: see [`Identity::environment`].
pub const PRODUCTION: &str = "prod";

/// Who answers for an identity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Owner {
    /// The person's name or address, or the team; as written when nobody is known by it.
    pub text: Option<Sym>,
    pub team: Option<Sym>,
    pub state: OwnerState,
    /// Where the claim that counts comes from.
    pub basis: Option<OwnerBasis>,
}

/// What is known of the recorded owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum OwnerState {
    /// A person of the roster who works here, or a team of the roster.
    Active,
    /// Recorded, in an estate without a roster: not known to have left.
    Recorded,
    /// Recorded, but the roster knows nobody and no team of that name.
    Unresolved,
    /// The roster says that the person left.
    Left,
    /// Nobody is recorded.
    #[default]
    Absent,
}

/// One credential, as all exports together know it.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Credential {
    /// The key that joins facts: see [`super::credential::CredentialFact::key`].
    pub key: Sym,
    pub kind: CredentialKind,
    pub name: Option<Sym>,
    pub status: CredentialStatus,
    /// Listed identities that authenticate with it, in order of their ids. Whom only the certificate itself names is
    /// left out where an export says who holds it: those are the two ends of one use, not two users.
    pub holders: Vec<IdentityId>,
    /// Whom an export calls its holder, whether or not one lists it.
    pub stated_holder: Option<Handle>,
    pub created_at: Option<Instant>,
    pub last_used: LastUsed,
    pub last_used_for: Option<Sym>,
    pub expires_at: Expiry,
    pub fingerprint: Option<Sym>,
    pub key_algorithm: Option<KeyAlgorithm>,
    pub certificate: Option<Box<CertificateFact>>,
    pub custody: Custody,
    /// Where it was found; the first is the one that counts.
    pub evidence: Vec<Evidence>,
    pub source: SourceId,
    /// The holder's, else by its own tags, else the source's.
    pub environment: Option<Sym>,
    /// What its own tags say of who answers for it.
    pub claims: Vec<OwnerClaim>,
    /// The holder's, else by its own tags.
    pub owner: Owner,
    /// Into [`Snapshot::leaked`].
    #[bitcode(skip)]
    pub leaks: Range<u32>,
}

/// A place in a file of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Evidence {
    pub file: FileId,
    pub place: Place,
}

/// A role's or policy's definition, as one export states it.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Policy {
    /// The id that grants name: see [`super::access_policy::PolicyFact`].
    pub id: Sym,
    pub name: Sym,
    pub document: AccessPolicy,
    pub evidence: Evidence,
}

/// A policy that caps what the grants of an identity come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Boundary {
    pub identity: IdentityId,
    /// The id of the [`Policy`] that is the cap.
    pub policy: Sym,
    pub evidence: Evidence,
}

/// What its principals may not do, as one export states it: see [`super::grant::DenialFact`].
#[derive(Clone, Debug, Encode, Decode)]
pub struct Denial {
    pub name: Sym,
    pub subjects: Vec<Principal>,
    pub excepted: Vec<Principal>,
    pub denied: Denied,
    pub resource: Option<Sym>,
    pub reach: DenialReach,
    pub conditional: Conditional,
    pub condition: Option<Sym>,
    pub evidence: Evidence,
}

/// One grant, with its subject resolved.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Grant {
    pub subject: Principal,
    /// The identity that the subject is, when an export lists it.
    pub identity: Option<IdentityId>,
    pub role: Sym,
    pub policy: Option<Sym>,
    pub resource: Option<Sym>,
    /// `None` when no export defines the role.
    pub privilege: Option<Privilege>,
    pub conditional: Conditional,
    pub expires_at: Expiry,
    pub evidence: Evidence,
}

/// One membership of a group, with its member resolved. Members have the group's grants.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Membership {
    pub member: Principal,
    /// The identity that the member is, when an export lists it.
    pub identity: Option<IdentityId>,
    /// As [`Principal::Group`] writes it.
    pub group: Sym,
    pub evidence: Evidence,
}

/// One trust, with both sides resolved.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Trust {
    pub actor: Principal,
    /// The identity that the actor is, when an export lists it.
    pub actor_identity: Option<IdentityId>,
    pub target: Handle,
    pub target_identity: Option<IdentityId>,
    pub kind: TrustKind,
    /// `None` when no export lists the trust: it was only seen in use.
    pub guard: Option<TrustGuard>,
    pub reach: TrustReach,
    /// The last use that a log shows. `None` says nothing: logs cover only their own time.
    pub last_used_at: Option<Instant>,
    pub evidence: Evidence,
}

/// One service that an identity may use or did use, as all exports together know it.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct ServiceUse {
    pub service: Sym,
    pub last_used: LastUsed,
    pub granted: Granted,
    pub evidence: Evidence,
}

/// What a reviewer decided about one identity.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct Review {
    pub identity: IdentityId,
    pub decision: Decision,
    pub decided_at: Instant,
    pub decided_by: Option<Sym>,
    pub seen: Seen,
    pub evidence: Evidence,
}

/// Whether the access that a reviewer saw is that of the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Seen {
    Same,
    /// It changed since: the decision is void.
    Changed,
    /// The snapshot does not hold all of the identity's access, so nobody can tell.
    Unknown,
}

/// What of an identity's activity all logs together show: from when to when it was seen with this value.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct Activity {
    pub identity: IdentityId,
    pub aspect: Aspect,
    pub value: Sym,
    pub first_at: Instant,
    pub last_at: Instant,
    /// Where it was seen first.
    pub evidence: Evidence,
}

/// One leak, with the credentials and identities that it names.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Leak {
    pub fact: LeakFact,
    pub file: FileId,
    /// In order. Empty when the leaked secret is none that an export lists.
    pub credentials: Vec<CredentialId>,
    /// Listed identities that the scanner names, in order.
    pub identities: Vec<IdentityId>,
}

/// Whether the acting side is the organisation's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum TrustReach {
    /// A listed identity, an account of the estate, a workload, or a service of the platform.
    Inside,
    /// Somebody else: another account or tenant, an outside issuer, everybody.
    Outside,
}

/// Exports that disagree on one fact of one identity or of one of its credentials.
#[derive(Clone, Debug, Encode, Decode)]
pub struct Conflict {
    pub identity: IdentityId,
    /// The key of the identity's credential whose fact it is; `None` when it is the identity's own.
    pub credential: Option<Sym>,
    pub field: ConflictField,
    /// What was said and where; the first counts.
    pub statements: Vec<(Sym, Evidence)>,
}

/// A fact on which exports can disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum ConflictField {
    Kind,
    CreatedAt,
    ExpiresAt,
    Status,
    Class,
    Owner,
    Environment,
}

impl ConflictField {
    /// The stable word for this field.
    pub fn id(self) -> &'static str {
        match self {
            ConflictField::Kind => "kind",
            ConflictField::CreatedAt => "created_at",
            ConflictField::ExpiresAt => "expires_at",
            ConflictField::Status => "status",
            ConflictField::Class => "class",
            ConflictField::Owner => "owner",
            ConflictField::Environment => "environment",
        }
    }
}

impl Snapshot {
    pub fn identity(&self, id: IdentityId) -> &Identity {
        &self.identities[id.0 as usize]
    }

    pub fn credential(&self, id: CredentialId) -> &Credential {
        &self.credentials[id.0 as usize]
    }

    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.0 as usize]
    }

    pub fn file(&self, id: FileId) -> &FileRead {
        &self.files[id.0 as usize]
    }

    /// What exports say of an identity.
    pub fn facts_of(&self, identity: &Identity) -> &[Fact] {
        &self.facts[identity.facts.start as usize..identity.facts.end as usize]
    }

    /// The credentials that an identity authenticates with.
    pub fn credentials_of(&self, identity: &Identity) -> impl Iterator<Item = (CredentialId, &Credential)> {
        let range = identity.credentials.start as usize..identity.credentials.end as usize;
        self.held[range].iter().map(|&id| (id, self.credential(id)))
    }

    /// The grants of an identity and of its groups.
    pub fn grants_of(&self, identity: &Identity) -> impl Iterator<Item = &Grant> {
        let range = identity.grants.start as usize..identity.grants.end as usize;
        self.granted[range].iter().map(|&index| &self.grants[index as usize])
    }

    /// The caps on an identity's grants, one for each export that states one.
    pub fn boundaries_of(&self, identity: IdentityId) -> &[Boundary] {
        let start = self.boundaries.partition_point(|boundary| boundary.identity < identity);
        let n = self.boundaries[start..]
            .iter()
            .take_while(|boundary| boundary.identity == identity)
            .count();
        &self.boundaries[start..start + n]
    }

    /// The groups that an identity belongs to.
    pub fn memberships_of(&self, identity: IdentityId) -> &[Membership] {
        let start = self
            .memberships
            .partition_point(|membership| membership.identity < Some(identity));
        let n = self.memberships[start..]
            .iter()
            .take_while(|membership| membership.identity == Some(identity))
            .count();
        &self.memberships[start..start + n]
    }

    /// Where a credential was found in the open.
    pub fn leaks_of(&self, credential: &Credential) -> impl Iterator<Item = &Leak> {
        let range = credential.leaks.start as usize..credential.leaks.end as usize;
        self.leaked[range].iter().map(|&index| &self.leaks[index as usize])
    }

    /// The services that exports say an identity may use or did use.
    pub fn services_of(&self, identity: &Identity) -> &[ServiceUse] {
        &self.service_uses[identity.services.start as usize..identity.services.end as usize]
    }

    /// How an identity acted, as far as logs show.
    pub fn activities_of(&self, identity: IdentityId) -> &[Activity] {
        let start = self.activities.partition_point(|activity| activity.identity < identity);
        let end = self
            .activities
            .partition_point(|activity| activity.identity <= identity);
        &self.activities[start..end]
    }

    /// The decision that counts for an identity.
    pub fn review_of(&self, identity: IdentityId) -> Option<&Review> {
        let at = self.reviews.binary_search_by_key(&identity, |review| review.identity);
        at.ok().map(|at| &self.reviews[at])
    }

    /// When somebody last looked at an identity as it is, by the registry or by a decision that is not void.
    pub fn last_review(&self, identity: IdentityId) -> Option<Instant> {
        let review = self.review_of(identity);
        let decided_at = review.filter(|review| review.seen != Seen::Changed);
        let decided_at = decided_at.map(|review| review.decided_at);
        self.identity(identity).reviewed_at.max(decided_at)
    }

    /// The identity with this public id.
    pub fn find(&self, id: &str) -> Option<IdentityId> {
        let at = self
            .identities
            .binary_search_by(|identity| self.strings.get(identity.id).cmp(id))
            .ok()?;
        Some(IdentityId(at as u32))
    }
}

impl Grant {
    /// Gives nothing any more at this instant.
    pub fn has_ended(&self, as_of: Instant) -> bool {
        matches!(self.expires_at, Expiry::At(end) if end <= as_of)
    }
}

impl Credential {
    /// Works at this instant, as far as is known: neither inactive, nor revoked, nor expired.
    pub fn works(&self, as_of: Instant) -> bool {
        let is_over = matches!(self.expires_at, Expiry::At(end) if end <= as_of);
        match self.status {
            CredentialStatus::Active | CredentialStatus::Unknown => !is_over,
            CredentialStatus::Inactive | CredentialStatus::Revoked => false,
        }
    }
}

impl IdentityFact {
    /// The fact's own word on a field, for display beside its evidence.
    pub fn stated(&self, strings: &Strings) -> Vec<(&'static str, String)> {
        let mut stated = Vec::new();
        let mut say = |field, value: Option<String>| stated.extend(value.map(|value| (field, value)));
        say(
            "kind",
            self.kind
                .filter(|kind| *kind != IdentityKind::Unclassified)
                .map(|kind| kind.id().to_owned()),
        );
        say("name", self.name.map(|name| strings.get(name).to_owned()));
        say("account", self.account.map(|account| strings.get(account).to_owned()));
        say(
            "status",
            match self.status {
                Status::Active => Some("active".to_owned()),
                Status::Disabled => Some("inactive".to_owned()),
                Status::Unknown => None,
            },
        );
        say("created_at", self.created_at.map(|at| at.to_string()));
        say(
            "last_used",
            match self.last_used {
                LastUsed::At(at) => Some(at.to_string()),
                LastUsed::Never => Some("never".to_owned()),
                LastUsed::NotWithin { days } => Some(format!("not within {days} days")),
                LastUsed::NotReported => None,
            },
        );
        say("purpose", self.purpose.map(|text| strings.get(text).to_owned()));
        say("environment", self.environment.map(|text| strings.get(text).to_owned()));
        say(
            "human_use",
            match self.human_use {
                HumanUse::Absent => Some("none".to_owned()),
                HumanUse::ConsolePassword => Some("console password".to_owned()),
                HumanUse::MfaDevice => Some("MFA device".to_owned()),
                HumanUse::InteractiveSignIn => Some("interactive sign-in".to_owned()),
                HumanUse::NotReported => None,
            },
        );
        for owner in &self.owners {
            stated.push(("owner", strings.get(owner.text).to_owned()));
        }
        stated
    }
}
