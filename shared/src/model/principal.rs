//! How exports name who somebody is: handles that join facts, and principals that may be outside every export.

use bitcode::{Decode, Encode};
use smallvec::SmallVec;

use super::strings::{Strings, Sym};

/// A name by which an export refers to one identity. Two facts that share a handle are about the same identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Handle {
    pub kind: HandleKind,
    /// The name in the form that [`HandleKind`] states, so that equal identities have equal text.
    pub text: Sym,
}

/// All names of one identity that one export states; the first is the one the export is keyed by.
pub type Handles = SmallVec<[Handle; 3]>;

/// What a handle's text is. The order is the order of preference for an identity's public id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum HandleKind {
    /// An Amazon Resource Name, as written.
    Arn,
    /// An Entra application (client) id: a GUID in lower case. Shared by an application and its service principal.
    EntraApp,
    /// An Entra directory object id: a GUID in lower case.
    EntraObject,
    /// A Google Cloud service account's e-mail address in lower case.
    GcpServiceAccount,
    /// A Google Cloud unique id: decimal digits.
    GcpUniqueId,
    /// A Kubernetes service account: `source/namespace/name`.
    KubernetesServiceAccount,
    /// A Kubernetes user that a certificate or an authenticator names: `source/name`.
    KubernetesUser,
    /// A SPIFFE id: `spiffe://trust-domain/path`.
    Spiffe,
    /// Whom a certificate names: its first DNS name, e-mail address or common name, in lower case.
    CertificateName,
    /// A person's or account's e-mail address in lower case.
    Email,
    /// A row of a file that has only its own names: `source/name`.
    Local,
    /// An AWS unique id such as `AIDA…` or `AROA…`, or the id of a Bedrock agent.
    AwsUniqueId,
    /// An IAM user that an export names without its ARN: `account/name`, or `source/name` where nothing tells the
    /// account. The latter names nobody where the source's exports list users of this name in several accounts.
    AwsUserName,
}

impl HandleKind {
    /// What stands before the text in a public id. An ARN, a SPIFFE id and an e-mail need nothing.
    pub fn prefix(self) -> &'static str {
        match self {
            HandleKind::Arn | HandleKind::Spiffe | HandleKind::Email => "",
            HandleKind::EntraApp => "entra:app/",
            HandleKind::EntraObject => "entra:object/",
            HandleKind::GcpServiceAccount => "gcp:",
            HandleKind::GcpUniqueId => "gcp:id/",
            HandleKind::KubernetesServiceAccount => "k8s:",
            HandleKind::KubernetesUser => "k8s:user/",
            HandleKind::CertificateName => "cert:",
            HandleKind::Local => "local:",
            HandleKind::AwsUniqueId => "aws:id/",
            HandleKind::AwsUserName => "aws:user/",
        }
    }
}

/// Who is on the acting side of a grant or a trust, in the words of the export. May be outside every export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Principal {
    /// An identity that an export may list.
    Identity(Handle),
    /// A group whose members are stated by [`super::grant::MembershipFact`]s: its id as the export writes it.
    /// A group that each system forms for itself has the source before it: `source/system:masters`.
    Group(Sym),
    /// Everybody: AWS `*`, GCP `allUsers`, Kubernetes `system:unauthenticated`.
    Anyone,
    /// Everybody who can log in anywhere on the platform: GCP `allAuthenticatedUsers`, `system:authenticated`.
    AnyoneAuthenticated,
    /// A whole account, tenant or project: an AWS account id, an Entra tenant id, a GCP project or domain.
    Account(Sym),
    /// A service of the platform itself, such as `ec2.amazonaws.com`.
    PlatformService(Sym),
    /// Whoever an outside issuer vouches for: OIDC, SAML or workload identity federation.
    Federated {
        /// The issuer's URL or provider name, without `https://`.
        issuer: Sym,
        /// The subject that is let in (a pattern where the platform allows one); `None` when any subject is.
        subject: Option<Sym>,
    },
    /// A running thing, such as `Deployment payments/api`: it acts as an identity, but is not one.
    Workload(Sym),
    /// A name that is none of the above, as written.
    Named(Sym),
}

impl Principal {
    /// Who it is, as the subject of a sentence.
    pub fn in_words(self, strings: &Strings) -> String {
        let text = |sym| strings.get(sym);
        match self {
            Principal::Identity(handle) => text(handle.text).to_owned(),
            Principal::Group(name) => format!("group {}", text(name)),
            Principal::Anyone => "anyone".to_owned(),
            Principal::AnyoneAuthenticated => "anyone who is signed in to the platform".to_owned(),
            Principal::Account(account) => format!("anyone in account {}", text(account)),
            Principal::PlatformService(service) => format!("the platform's {}", text(service)),
            Principal::Federated {
                issuer,
                subject: Some(subject),
            } => format!("{} of {}", text(subject), text(issuer)),
            Principal::Federated { issuer, subject: None } => format!("anyone whom {} vouches for", text(issuer)),
            Principal::Workload(name) | Principal::Named(name) => text(name).to_owned(),
        }
    }
}
