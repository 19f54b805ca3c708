//! Identities: what one export says of one, before merge.

use super::instant::{Instant, LastUsed};
use super::principal::Handles;
use super::provenance::Place;
use super::strings::Sym;
use bitcode::{Decode, Encode};

/// What one export says of one identity. Fields it does not speak of stay `None`, empty or `NotReported`.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct IdentityFact {
    pub presence: Presence,
    /// Every name the export has for it; never empty.
    #[bitcode(skip)]
    pub handles: Handles,
    pub kind: Option<IdentityKind>,
    /// Whether a person or a program uses it, when the export tells. Else it follows from the kind.
    pub class: Option<Class>,
    pub origin: Origin,
    pub name: Option<Sym>,
    /// The account, tenant, project, cluster namespace or host it lives in, as the platform writes it.
    pub account: Option<Sym>,
    pub status: Status,
    pub created_at: Option<Instant>,
    pub last_used: LastUsed,
    pub owners: Vec<OwnerClaim>,
    /// What it is for: a description, a purpose tag, an annotation.
    pub purpose: Option<Sym>,
    /// The environment a tag or label names, as written.
    pub environment: Option<Sym>,
    pub human_use: HumanUse,
    /// Whether the export would show the credentials that this identity has.
    pub credentials_known: Knowledge,
    pub place: Place,
}

impl IdentityFact {
    /// A fact that says nothing yet but that the identity is listed here.
    pub fn listed(handles: Handles, kind: IdentityKind, place: Place) -> Self {
        Self {
            presence: Presence::Listed,
            handles,
            kind: Some(kind),
            class: None,
            origin: Origin::Estate,
            name: None,
            account: None,
            status: Status::Unknown,
            created_at: None,
            last_used: LastUsed::NotReported,
            owners: Vec::new(),
            purpose: None,
            environment: None,
            human_use: HumanUse::NotReported,
            credentials_known: Knowledge::NotReported,
            place,
        }
    }

    /// A fact about an identity that the export speaks of without listing it: an activity record, a sign-in.
    pub fn mentioned(handles: Handles, place: Place) -> Self {
        Self {
            presence: Presence::Mentioned,
            kind: None,
            ..Self::listed(handles, IdentityKind::Unclassified, place)
        }
    }
}

/// Whether an export lists a thing as existing or only speaks of it.
///
/// Only a listed thing counts: a role binding that names a deleted account does not bring the account back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Presence {
    Listed,
    Mentioned,
}

/// What an identity is. The words are those of the inventory's `kind` column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum IdentityKind {
    /// An account made for a program: Google Cloud, Kubernetes, or one that a CSV inventory calls so.
    ServiceAccount,
    /// An AWS IAM role, or another identity that exists only to be assumed.
    Role,
    /// An AWS IAM user, or another platform user that may serve a person or a program.
    User,
    /// The account above all accounts: AWS root.
    Root,
    /// An Entra service principal or the application it comes from.
    Application,
    /// An identity that the platform manages for one workload: an Entra managed identity.
    ManagedIdentity,
    /// Software that authenticates by certificate or SPIFFE id.
    Workload,
    /// A machine or thing that authenticates by certificate.
    Device,
    /// A CI/CD job or runner.
    Pipeline,
    /// An integration or bot of a SaaS platform.
    Integration,
    /// An account of an operating system or directory.
    HostAccount,
    /// An account of a database.
    DatabaseAccount,
    /// A software robot (RPA).
    Robot,
    /// An AI agent or a tool server it uses.
    Agent,
    /// A person.
    Human,
    /// An export lists it without saying what it is.
    Unclassified,
}

impl IdentityKind {
    pub const ALL: [IdentityKind; 16] = [
        IdentityKind::ServiceAccount,
        IdentityKind::Role,
        IdentityKind::User,
        IdentityKind::Root,
        IdentityKind::Application,
        IdentityKind::ManagedIdentity,
        IdentityKind::Workload,
        IdentityKind::Device,
        IdentityKind::Pipeline,
        IdentityKind::Integration,
        IdentityKind::HostAccount,
        IdentityKind::DatabaseAccount,
        IdentityKind::Robot,
        IdentityKind::Agent,
        IdentityKind::Human,
        IdentityKind::Unclassified,
    ];

    /// The stable word for this kind in JSON, URLs and CSV.
    pub fn id(self) -> &'static str {
        match self {
            IdentityKind::ServiceAccount => "service_account",
            IdentityKind::Role => "role",
            IdentityKind::User => "user",
            IdentityKind::Root => "root",
            IdentityKind::Application => "application",
            IdentityKind::ManagedIdentity => "managed_identity",
            IdentityKind::Workload => "workload",
            IdentityKind::Device => "device",
            IdentityKind::Pipeline => "pipeline",
            IdentityKind::Integration => "integration",
            IdentityKind::HostAccount => "host_account",
            IdentityKind::DatabaseAccount => "database_account",
            IdentityKind::Robot => "robot",
            IdentityKind::Agent => "agent",
            IdentityKind::Human => "human",
            IdentityKind::Unclassified => "unclassified",
        }
    }

    /// The kind that a stable word names.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// Who uses an identity of this kind when no export says so.
    pub fn class(self) -> Class {
        match self {
            IdentityKind::Human => Class::Human,
            IdentityKind::User | IdentityKind::HostAccount | IdentityKind::Unclassified => Class::Unknown,
            IdentityKind::ServiceAccount
            | IdentityKind::Role
            | IdentityKind::Root
            | IdentityKind::Application
            | IdentityKind::ManagedIdentity
            | IdentityKind::Workload
            | IdentityKind::Device
            | IdentityKind::Pipeline
            | IdentityKind::Integration
            | IdentityKind::DatabaseAccount
            | IdentityKind::Robot
            | IdentityKind::Agent => Class::NonHuman,
        }
    }
}

/// Whether an identity stands for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Class {
    NonHuman,
    Human,
    /// No export told: an IAM user without a credential report, for example.
    Unknown,
}

/// Who made the identity and can change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Origin {
    /// The organisation itself.
    Estate,
    /// Another organisation, whose application was let in.
    ThirdParty,
    /// The platform: Microsoft's own applications, Google's service agents, AWS service-linked roles.
    /// Out of the governance scope by default.
    Platform,
}

/// Whether a thing can be used to authenticate now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Status {
    Active,
    Disabled,
    #[default]
    Unknown,
}

/// Whether an export would have told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Knowledge {
    Reported,
    #[default]
    NotReported,
}

/// Whether a person uses an identity interactively.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum HumanUse {
    /// The export would say so, and says that no person does.
    Absent,
    /// A password for interactive sign-in is set.
    ConsolePassword,
    /// A second factor for people is enrolled.
    MfaDevice,
    /// A person signed in interactively.
    InteractiveSignIn,
    #[default]
    NotReported,
}

/// One export's word on who answers for an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct OwnerClaim {
    /// The person, address or team as written.
    pub text: Sym,
    pub basis: OwnerBasis,
}

/// Where an owner claim comes from; the order is the order of trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum OwnerBasis {
    /// A row of the estate's registry.
    Registry,
    /// A relation that the platform keeps for the purpose: Entra owners and sponsors, a CSV owner column.
    Recorded,
    /// A tag, label or annotation.
    Tag,
    /// Free text such as a description.
    Description,
}
