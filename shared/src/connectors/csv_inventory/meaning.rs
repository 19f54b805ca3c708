//! What the words in a cell mean: a type, a kind of secret, a status, in English or German.

use crate::model::credential::{CredentialKind, CredentialStatus};
use crate::model::identity::{Class, IdentityKind};

/// What a type cell says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    identity: Option<IdentityKind>,
    pub(super) credential: Option<CredentialKind>,
}

impl Meaning {
    pub(super) fn of(cell: &str) -> Meaning {
        let in_words = |text: &str| Meaning {
            identity: find(IDENTITY_WORDS, text),
            credential: find(CREDENTIAL_WORDS, text),
        };
        let meaning = in_words(&words(cell));
        if meaning.is_unknown() {
            in_words(&words(&apart(cell)))
        } else {
            meaning
        }
    }

    pub(super) fn is_unknown(self) -> bool {
        self.identity.is_none() && self.credential.is_none()
    }

    pub(super) fn kind(self) -> IdentityKind {
        match (self.identity, self.credential) {
            (Some(identity), _) => identity,
            // Who is named by a certificate authenticates with it.
            (None, Some(CredentialKind::Certificate)) => IdentityKind::Workload,
            (None, _) => IdentityKind::Unclassified,
        }
    }

    /// Whether the type itself says that no person is meant, where the kind leaves it open.
    pub(super) fn class(self) -> Option<Class> {
        match (self.kind(), self.identity, self.credential) {
            (IdentityKind::Unclassified, Some(_), _) => Some(Class::NonHuman),
            (IdentityKind::Unclassified, None, Some(credential)) if credential != CredentialKind::Password => {
                Some(Class::NonHuman)
            }
            _ => None,
        }
    }
}

/// What a status says.
pub(super) fn status(cell: &str) -> CredentialStatus {
    find(STATUS_WORDS, &words(cell)).unwrap_or(CredentialStatus::Unknown)
}

/// Words in a type, and the kind of identity they mean. The first that is in the cell decides, so longer ones come
/// before the words they contain.
const IDENTITY_WORDS: &[(&[&str], IdentityKind)] = &[
    (
        &[
            "non human",
            "non human identity",
            "nhi",
            "technical",
            "technisch",
            // A token is no person, whosever it is.
            "personal access token",
        ],
        IdentityKind::Unclassified,
    ),
    (
        &[
            "service account",
            "managed service account",
            "service user",
            "svc account",
            "technical user",
            "technical account",
            "system user",
            "system account",
            "functional account",
            "machine user",
            "machine account",
            "non personal account",
            "api user",
            "dienstkonto",
            "dienstkonten",
            "dienstbenutzer",
            "servicekonto",
            "servicekonten",
            "technischer benutzer",
            "technischer user",
            "technisches konto",
            "systembenutzer",
            "systemkonto",
            "funktionskonto",
            "unpersönliches konto",
            "gmsa",
        ],
        IdentityKind::ServiceAccount,
    ),
    (
        &["managed identity", "verwaltete identität"],
        IdentityKind::ManagedIdentity,
    ),
    (
        &["ai agent", "ki agent", "agent", "mcp server", "copilot", "llm"],
        IdentityKind::Agent,
    ),
    (
        &["rpa", "robot", "software robot", "roboter", "softwareroboter"],
        IdentityKind::Robot,
    ),
    (
        &["bot", "chatbot", "integration", "connector", "webhook", "schnittstelle"],
        IdentityKind::Integration,
    ),
    (
        &[
            "service principal",
            "app registration",
            "enterprise application",
            "application",
            "oauth app",
            "app",
            "anwendung",
            "dienstprinzipal",
        ],
        IdentityKind::Application,
    ),
    (
        &[
            "database account",
            "database user",
            "database role",
            "db role",
            "db account",
            "db user",
            "sql login",
            "datenbankbenutzer",
            "datenbankkonto",
        ],
        IdentityKind::DatabaseAccount,
    ),
    (
        &[
            "local account",
            "os account",
            "unix account",
            "linux account",
            "host account",
            "lokales konto",
        ],
        IdentityKind::HostAccount,
    ),
    (&["pipeline", "ci cd", "build job", "runner"], IdentityKind::Pipeline),
    (
        &["workload", "microservice", "container", "pod"],
        IdentityKind::Workload,
    ),
    (&["device", "iot", "gerät", "computer"], IdentityKind::Device),
    (&["root"], IdentityKind::Root),
    (&["iam user"], IdentityKind::User),
    (&["role", "rolle"], IdentityKind::Role),
    (
        &[
            "human",
            "person",
            "personal",
            "employee",
            "named user",
            "user",
            "mitarbeiter",
            "mensch",
            "benutzer",
            "benutzerkonto",
            "anwender",
        ],
        IdentityKind::Human,
    ),
];

/// Words in a type, and the kind of credential they mean.
const CREDENTIAL_WORDS: &[(&[&str], CredentialKind)] = &[
    (
        &["service account key", "dienstkontoschlüssel"],
        CredentialKind::ServiceAccountKey,
    ),
    (
        &[
            "api key",
            "api token",
            "personal access token",
            "access token",
            "pat",
            "api schlüssel",
        ],
        CredentialKind::ApiKey,
    ),
    (&["access key", "zugriffsschlüssel"], CredentialKind::AccessKey),
    (
        &["ssh key", "ssh schlüssel", "ssh", "deploy key"],
        CredentialKind::SshKey,
    ),
    (
        &["client secret", "app secret", "client geheimnis"],
        CredentialKind::ClientSecret,
    ),
    (
        &[
            "certificate",
            "cert",
            "x509",
            "x 509",
            "tls",
            "ssl",
            "mtls",
            "zertifikat",
        ],
        CredentialKind::Certificate,
    ),
    (
        &[
            "federation",
            "federated",
            "oidc",
            "saml",
            "workload identity",
            "föderation",
            "föderiert",
        ],
        CredentialKind::Federation,
    ),
    (&["token", "bearer token"], CredentialKind::Token),
    (&["password", "passwort", "kennwort"], CredentialKind::Password),
    (&["secret", "geheimnis"], CredentialKind::StoredSecret),
];

/// Words in a status, and what they mean. The first that is in the cell decides.
const STATUS_WORDS: &[(&[&str], CredentialStatus)] = &[
    (&["revoked", "widerrufen"], CredentialStatus::Revoked),
    (
        &[
            "inactive",
            "disabled",
            "not active",
            "suspended",
            "locked",
            "deleted",
            "retired",
            "decommissioned",
            "inaktiv",
            "nicht aktiv",
            "deaktiviert",
            "gesperrt",
            "gelöscht",
            "stillgelegt",
            "außer betrieb",
        ],
        CredentialStatus::Inactive,
    ),
    (
        &[
            "active",
            "enabled",
            "in use",
            "live",
            "ok",
            "aktiv",
            "aktiviert",
            "in betrieb",
            "in verwendung",
        ],
        CredentialStatus::Active,
    ),
];

/// A cell as words in lower case with one space around each, umlauts written out.
fn words(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 2);
    text.push(' ');
    for c in cell.chars().flat_map(char::to_lowercase) {
        match c {
            'ä' => text.push_str("ae"),
            'ö' => text.push_str("oe"),
            'ü' => text.push_str("ue"),
            'ß' => text.push_str("ss"),
            c if c.is_alphanumeric() => text.push(c),
            _ if text.ends_with(' ') => {}
            _ => text.push(' '),
        }
    }
    if !text.ends_with(' ') {
        text.push(' ');
    }
    text
}

/// `ServicePrincipal` as `Service Principal`.
fn apart(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len() + 4);
    for c in cell.chars() {
        if c.is_uppercase() && text.ends_with(char::is_lowercase) {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

/// The first row of a word table with a word that is in the text, in singular or plural.
fn find<T: Copy>(table: &[(&[&str], T)], text: &str) -> Option<T> {
    let is_in = |word: &str| {
        let word = words(word);
        let word = word.trim_end();
        text.match_indices(word).any(|(at, _)| {
            let ending = text[at + word.len()..].split(' ').next().unwrap_or("");
            ["", "s", "e", "n", "en", "es"].contains(&ending)
        })
    };
    table
        .iter()
        .find(|(known, _)| known.iter().any(|word| is_in(word)))
        .map(|(_, meaning)| *meaning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_understood() {
        use CredentialKind as C;
        use IdentityKind as I;
        let nhi = Some(Class::NonHuman);
        for (cell, kind, class, credential) in [
            ("Service Account", I::ServiceAccount, None, None),
            ("ServiceAccount", I::ServiceAccount, None, None),
            ("ManagedIdentity", I::ManagedIdentity, None, None),
            ("User", I::Human, None, None),
            ("IAM user", I::User, None, None),
            ("IoT sensor", I::Device, None, None),
            ("unclassified", I::Unclassified, None, None),
            ("service_accounts", I::ServiceAccount, None, None),
            ("Dienstkonto", I::ServiceAccount, None, None),
            ("Unpersönliches Konto", I::ServiceAccount, None, None),
            ("IAM Role", I::Role, None, None),
            ("RPA bot", I::Robot, None, None),
            ("KI-Agent", I::Agent, None, None),
            ("Slack Bot", I::Integration, None, None),
            ("Non-Human", I::Unclassified, nhi, None),
            ("Human", I::Human, None, None),
            ("Mitarbeiter", I::Human, None, None),
            ("API key", I::Unclassified, nhi, Some(C::ApiKey)),
            ("API-Schlüssel", I::Unclassified, nhi, Some(C::ApiKey)),
            ("TLS cert", I::Workload, None, Some(C::Certificate)),
            ("Zertifikate", I::Workload, None, Some(C::Certificate)),
            (
                "Service account key",
                I::ServiceAccount,
                None,
                Some(C::ServiceAccountKey),
            ),
            ("Personal access token", I::Unclassified, nhi, Some(C::ApiKey)),
            ("Deploy key", I::Unclassified, nhi, Some(C::SshKey)),
            ("Password", I::Unclassified, None, Some(C::Password)),
            ("Database role", I::DatabaseAccount, None, None),
            ("database_account", I::DatabaseAccount, None, None),
            ("something else", I::Unclassified, None, None),
            ("controller", I::Unclassified, None, None),
        ] {
            let meaning = Meaning::of(cell);
            assert_eq!(
                (meaning.kind(), meaning.class(), meaning.credential),
                (kind, class, credential),
                "{cell}"
            );
        }
    }
}
