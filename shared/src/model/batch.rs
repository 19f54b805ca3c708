//! What a connector makes of one file.

use bitcode::{Decode, Encode};
use hashbrown::HashSet;

use super::access_policy::PolicyFact;
use super::credential::CredentialFact;
use super::grant::{BoundaryFact, DenialFact, GrantFact, MembershipFact, TrustFact, TrustUseFact};
use super::identity::IdentityFact;
use super::instant::Instant;
use super::leak::LeakFact;
use super::principal::{Handle, HandleKind};
use super::provenance::Place;
use super::strings::{Strings, Sym};
use super::usage::{ActivityFact, ServiceUseFact};

/// Every fact that one file states, with its own string table: nothing in it borrows from the file.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub strings: Strings,
    pub identities: Vec<IdentityFact>,
    pub credentials: Vec<CredentialFact>,
    /// What else credentials are called, in this file and in others.
    pub synonyms: Vec<Synonym>,
    pub grants: Vec<GrantFact>,
    pub memberships: Vec<MembershipFact>,
    pub boundaries: Vec<BoundaryFact>,
    pub denials: Vec<DenialFact>,
    pub trusts: Vec<TrustFact>,
    /// Which of `trusts` are of workloads that get their account's token unless the account withholds it, which the
    /// file does not tell.
    pub trusts_as_account_says: Vec<u32>,
    /// Kubernetes service accounts, by their handle's text, whose token only those workloads get that ask for it.
    pub accounts_withholding: Vec<Sym>,
    pub trust_uses: Vec<TrustUseFact>,
    pub service_uses: Vec<ServiceUseFact>,
    pub activities: Vec<ActivityFact>,
    pub policies: Vec<PolicyFact>,
    /// Kinds of handle of which the file lists every credential that its source stores, by itself or in part.
    pub credentials_listed_of: Vec<HandleKind>,
    /// Applications of which only the whole source tells whether they are the estate's own.
    pub homes: Vec<Home>,
    pub leaks: Vec<LeakFact>,
    /// Rows of the estate's own registry. Only `registry_csv` fills it.
    pub registry: Vec<RegistryRow>,
    /// Rows of the estate's own roster. Only `roster_csv` fills it.
    pub people: Vec<PersonRow>,
    /// What reviewers decided. Only `review_csv` fills it.
    pub decisions: Vec<DecisionRow>,
    /// Why the file is known not to hold everything it should: an unfollowed next page, a job still running.
    /// Empty when nothing is known to be missing.
    pub gaps: Vec<String>,
    /// The chains of pages in the file, one for each thing that is listed in pages.
    pub pages: Vec<Pages>,
    /// The newest instant at which the export says it was made.
    pub stated_at: Option<Instant>,
}

impl Batch {
    pub fn sym(&mut self, text: &str) -> Sym {
        self.strings.intern(text)
    }

    /// The symbol of a text that says something: `None` for an empty or blank one.
    pub fn sym_of(&mut self, text: Option<&str>) -> Option<Sym> {
        text.map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| self.strings.intern(text))
    }

    pub fn handle(&mut self, kind: HandleKind, text: &str) -> Handle {
        Handle {
            kind,
            text: self.strings.intern(text),
        }
    }

    /// A place in a list, such as `RoleDetailList[17]`.
    pub fn item(&mut self, list: &str, index: usize) -> Place {
        Place::Item {
            list: self.strings.intern(list),
            index: u32::try_from(index).unwrap_or(u32::MAX),
        }
    }

    /// Counts the file's pages of one chain: how many name a next page, and how many name none.
    pub fn note_pages(&mut self, chain: &str, n_continued: u32, n_last: u32) {
        let chain = self.strings.intern(chain);
        self.pages.push(Pages {
            chain,
            n_continued,
            n_last,
        });
    }

    /// Whether the file alone holds everything it should: no gap, and no page whose next page is missing.
    pub fn is_complete(&self) -> bool {
        self.gaps.is_empty()
            && self
                .pages
                .iter()
                .all(|pages| pages.n_continued == 0 || pages.n_last > 0)
    }

    /// Keeps one fact of each identity, the first: for lists of credentials, whose holders stand on many rows.
    pub fn keep_first_identities(&mut self) {
        let mut seen = HashSet::new();
        self.identities.retain(|fact| seen.insert(fact.handles.clone()));
    }

    /// Remembers when the export was made, keeping the newest.
    pub fn state_at(&mut self, at: Option<Instant>) {
        self.stated_at = self.stated_at.max(at);
    }
}

/// Another name of a credential: facts under it, as their key or as their fingerprint, are about the credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synonym {
    /// `sha1:<thumbprint>`, `entra:<keyId>`, `k8s-secret:<source>/<namespace>/<name>`.
    pub name: Sym,
    /// The key that the credential has in every export that holds the certificate itself: `x509:<sha256>`.
    pub key: Sym,
}

/// The pages of one list in one file. A chain is whole when some file of the source has its last page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    /// What is listed: an `@odata.context`, an API's list name.
    pub chain: Sym,
    pub n_continued: u32,
    pub n_last: u32,
}

/// To which organisation an identity belongs, for exports that list the estate's own beside others' and do not say
/// which organisation they are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Home {
    /// Index in [`Batch::identities`].
    pub identity: u32,
    pub organisation: Sym,
    pub reach: HomeReach,
}

/// Where an application can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HomeReach {
    /// In its own organisation alone: where it is listed is its home.
    Home,
    Anywhere,
}

/// A row of `registry.csv`: what the organisation itself has decided about identities.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct RegistryRow {
    /// A glob (`*` any run, `?` one character) over an identity's id, names and handles, without regard to case.
    pub pattern: Sym,
    pub owner: Option<Sym>,
    pub team: Option<Sym>,
    pub purpose: Option<Sym>,
    pub environment: Option<Sym>,
    pub reviewed_at: Option<Instant>,
    pub reviewer: Option<Sym>,
    pub retires_at: Option<Instant>,
    pub place: Place,
}

/// A row of `roster.csv`: a person of the organisation.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct PersonRow {
    /// In lower case.
    pub email: Sym,
    pub name: Option<Sym>,
    pub team: Option<Sym>,
    pub employment: Employment,
    pub left_at: Option<Instant>,
    pub place: Place,
}

/// Whether a person still works here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Employment {
    Active,
    Left,
    Unknown,
}

/// A row of a file in `reviews/`: what a reviewer decided about one identity, and which access they saw.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRow {
    /// The identity's public id.
    pub identity: Sym,
    /// The digest of the access as the review showed it: see `access/digest.rs`.
    pub access_digest: Sym,
    /// The exports that stated it; `None` where the table does not name them.
    pub access_sources: Option<Sym>,
    pub decision: Decision,
    pub decided_at: Instant,
    pub decided_by: Option<Sym>,
    pub place: Place,
}

/// What becomes of an identity's access by the word of its reviewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Decision {
    /// It is needed as it is.
    Keep,
    /// It must become less, or other.
    Change,
    /// The identity must go.
    Remove,
}

impl Decision {
    pub const ALL: [Decision; 3] = [Decision::Keep, Decision::Change, Decision::Remove];

    /// The stable word for this decision in CSV and JSON.
    pub fn id(self) -> &'static str {
        match self {
            Decision::Keep => "keep",
            Decision::Change => "change",
            Decision::Remove => "remove",
        }
    }
}
