//! Any inventory of identities as a table: a spreadsheet, a CMDB or ticket export, a list kept by hand.
//!
//! Recognised by its columns, in English or German: one that names the identity, and one that says something of it.
//! Lists of people that do not say who is none, and tables that directories, databases and logs write, are not taken.
//! The delimiter, the encoding and the order of day and month are found out for each file. Columns with other headings,
//! and lists in JSON, are read as `[[inventory]]` in `rollcall.toml` or the source's `source.toml` maps them.
//!
//! Read: name, id, type, owners and teams, creation, last use, rotation, expiry, environment, system, status, type and
//! place of the secret, purpose. A row that speaks of a secret (its type, rotation, expiry or place, or a type such as
//! `API key`) is also a credential. Of a place only that there is one is read. Cells are text: a formula is a text
//! that begins with `=`. Columns that hold secrets themselves are never read.
//!
//! Cannot tell: whether the list is right or whole, what an identity may do, and when the secret of an account was
//! made where the table dates only the account.

use hashbrown::HashMap;
use smallvec::{SmallVec, smallvec};

use super::{Connector, Input, Mark};
use crate::config::Inventory;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{Class, IdentityFact, IdentityKind, OwnerBasis, OwnerClaim, Status};
use crate::model::instant::{Expiry, Instant, LastUsed};
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::model::strings::Sym;
use crate::reading::absent::{present, yes_or_no};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow, folded};

pub const CONNECTOR: Connector = Connector {
    id: "csv_inventory",
    title: "Inventory (CSV or JSON)",
    vendor: "Any",
    command: "save the spreadsheet as CSV, with a header row that names the identity and, say, its type, owner, created, last used and expires",
    cannot_tell: &[
        "whether the list is right or whole: it is what somebody wrote down",
        "what an identity may do",
        "the age of a secret, where the table dates only the account: add a column `last rotated`",
    ],
    signatures: &[
        &[
            Mark::AnyColumnLike(NAMING),
            Mark::AnyColumnLike(TELLING),
            Mark::NoColumnLike(PERSONAL),
            Mark::NoColumnLike(FOREIGN),
        ],
        // A list of people and others that says who is which.
        &[
            Mark::AnyColumnLike(NAMING),
            Mark::AnyColumnLike(&[KIND, SECRET_KIND]),
            Mark::NoColumnLike(FOREIGN),
        ],
        &[
            Mark::AnyColumnLike(&[NAME]),
            Mark::AnyColumnLike(&[SYSTEM]),
            Mark::NoColumnLike(PERSONAL),
            Mark::NoColumnLike(FOREIGN),
        ],
    ],
    parse,
};

// The columns, each with the words for it. The first word stands for all of them in messages. They are compared as
// `folded` says: case, spaces, punctuation and the spelling of umlauts make no difference.

const NAME: &[&str] = &[
    "name",
    "identity",
    "identity name",
    "identität",
    "service account",
    "service account name",
    "dienstkonto",
    "servicekonto",
    "technischer benutzer",
    "technical user",
    "account name",
    "kontoname",
    "sam account name",
    "user name",
    "benutzername",
    "anmeldename",
    "login name",
    "principal",
    "principal name",
    "user principal name",
    "robot",
    "robot name",
    "nhi",
    "nhi name",
    "service principal",
    "service principal name",
    "integration name",
    "client name",
    "bot name",
    "agent name",
    "app name",
    "application name",
    "anwendungsname",
    "role name",
    "display name",
    "anzeigename",
    "bezeichnung",
    "kennung",
];
/// Words that name the identity only where no better column does.
const FALLBACK_NAME: &[&str] = &[
    "account",
    "konto",
    "user",
    "benutzer",
    "login",
    "email",
    "e-mail address",
    "key name",
    "secret name",
    "token name",
    "credential name",
];
const ID: &[&str] = &["id", "identity id", "unique id", "uuid", "identifier", "object guid"];
const ARN: &[&str] = &["arn", "role arn", "user arn", "resource arn"];
const APP_ID: &[&str] = &["app id", "application id", "client id", "anwendungs-id"];
const OBJECT_ID: &[&str] = &["object id", "principal id", "service principal id", "objekt-id"];
const KIND: &[&str] = &[
    "type",
    "kind",
    "identity type",
    "identity kind",
    "nhi type",
    "account type",
    "category",
    "typ",
    "art",
    "kontotyp",
    "kontoart",
    "kategorie",
    "identitätstyp",
];
const OWNER: &[&str] = &[
    "owner",
    "owner name",
    "owned by",
    "account owner",
    "technical owner",
    "business owner",
    "application owner",
    "service owner",
    "system owner",
    "primary owner",
    "managed by",
    "maintainer",
    "responsible",
    "responsible person",
    "sponsor",
    "contact",
    "owner email",
    "contact email",
    "verantwortlich",
    "verantwortlicher",
    "verantwortliche",
    "verantwortliche person",
    "eigentümer",
    "besitzer",
    "inhaber",
    "zuständig",
    "ansprechpartner",
    "kontakt",
    "team",
    "owner team",
    "owning team",
    "department",
    "abteilung",
    "fachbereich",
];
const CREATED: &[&str] = &[
    "created",
    "created at",
    "created on",
    "created date",
    "creation date",
    "creation time",
    "create date",
    "date created",
    "when created",
    "erstellt",
    "erstellt am",
    "angelegt",
    "angelegt am",
    "erstellungsdatum",
    "anlagedatum",
];
const LAST_USED: &[&str] = &[
    "last used",
    "last used at",
    "last used on",
    "last use",
    "last used date",
    "last activity date",
    "last login date",
    "last sign in date",
    "last access date",
    "last usage",
    "last activity",
    "last login",
    "last logon",
    "last logon date",
    "last sign in",
    "last seen",
    "last access",
    "last accessed",
    "last authenticated",
    "last success login",
    "zuletzt verwendet",
    "zuletzt genutzt",
    "zuletzt benutzt",
    "letzte nutzung",
    "letzte verwendung",
    "letzte anmeldung",
    "letzter login",
    "letzter zugriff",
];
const ROTATED: &[&str] = &[
    "last rotated",
    "last rotated at",
    "last rotated on",
    "last rotated date",
    "last rotation date",
    "rotated",
    "rotated at",
    "rotated on",
    "last rotation",
    "rotation date",
    "secret rotated",
    "secret created",
    "key created",
    "secret last changed",
    "zuletzt rotiert",
    "rotiert",
    "rotiert am",
    "letzte rotation",
    "letzter wechsel",
    "schlüssel erstellt",
];
/// As [`ROTATED`], in words that also say what the secret is.
const PASSWORD_CHANGED: &[&str] = &[
    "password last set",
    "password last changed",
    "last password change",
    "pwd last set",
    "passwort geändert",
    "passwort geändert am",
    "letzte passwortänderung",
    "kennwort geändert",
    "kennwort geändert am",
    "letzte kennwortänderung",
];
const EXPIRES: &[&str] = &[
    "expires",
    "expires at",
    "expires on",
    "expire date",
    "expiry",
    "expiry date",
    "expiration",
    "expiration date",
    "account expiration date",
    "valid until",
    "valid to",
    "not after",
    "end date",
    "ablauf",
    "ablaufdatum",
    "läuft ab",
    "läuft ab am",
    "gültig bis",
    "verfällt am",
    "verfallsdatum",
];
const ENVIRONMENT: &[&str] = &["environment", "env", "stage", "landscape", "umgebung", "systemumgebung"];
const SYSTEM: &[&str] = &[
    "system",
    "account",
    "target system",
    "platform",
    "application",
    "host",
    "server",
    "tenant",
    "subscription",
    "project",
    "domain",
    "database",
    "cloud account",
    "account id",
    "konto",
    "zielsystem",
    "plattform",
    "anwendung",
    "mandant",
    "verfahren",
    "datenbank",
];
const STATUS: &[&str] = &["status", "state", "account status", "zustand"];
const ENABLED: &[&str] = &[
    "enabled",
    "is enabled",
    "account enabled",
    "active",
    "is active",
    "aktiv",
    "aktiviert",
];
const DISABLED: &[&str] = &["disabled", "is disabled", "locked", "deaktiviert", "gesperrt"];
const SECRET_KIND: &[&str] = &[
    "secret type",
    "credential type",
    "credential kind",
    "credential",
    "key type",
    "authentication",
    "authentication type",
    "authentication method",
    "auth type",
    "auth method",
    "art des geheimnisses",
    "anmeldeverfahren",
    "authentifizierung",
];
const SECRET_ID: &[&str] = &[
    "key id",
    "access key id",
    "credential id",
    "secret id",
    "thumbprint",
    "fingerprint",
    "serial number",
    "fingerabdruck",
    "seriennummer",
];
const SECRET_PLACE: &[&str] = &[
    "secret location",
    "secret store",
    "secret path",
    "stored in",
    "storage location",
    "vault",
    "vault path",
    "ablageort",
    "speicherort",
];
const PURPOSE: &[&str] = &[
    "purpose",
    "used for",
    "usage",
    "zweck",
    "verwendungszweck",
    "einsatzzweck",
];
const DESCRIPTION: &[&str] = &[
    "description",
    "comment",
    "comments",
    "note",
    "notes",
    "beschreibung",
    "kommentar",
    "bemerkung",
    "notiz",
    "notizen",
];

/// Columns by which a table names identities.
const NAMING: &[&[&str]] = &[NAME, FALLBACK_NAME, ID, ARN, APP_ID, OBJECT_ID];
/// Columns that make a table with names an inventory of identities. A description alone does not: any table has one.
const TELLING: &[&[&str]] = &[
    KIND,
    OWNER,
    CREATED,
    LAST_USED,
    ROTATED,
    PASSWORD_CHANGED,
    EXPIRES,
    ENVIRONMENT,
    STATUS,
    ENABLED,
    DISABLED,
    SECRET_KIND,
];

/// Columns that only lists of people have.
const PERSONAL: &[&str] = &[
    "first name",
    "last name",
    "given name",
    "surname",
    "full name",
    "employee id",
    "employee number",
    "employment status",
    "vorname",
    "nachname",
    "personalnummer",
];
/// Columns that tables have which a tool writes about something else: directories, databases, logs of events.
const FOREIGN: &[&str] = &[
    "object class",
    "default secondary roles",
    "snowflake lock",
    "event name",
    "event time",
    "correlation id",
];

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

/// What people write for "no value" in German, without regard to case.
const ABSENT: &[&str] = &[
    "k.a.",
    "k. a.",
    "keine angabe",
    "keine",
    "unbekannt",
    "entfällt",
    "fehlt",
];
/// What people write for "no end", without regard to case.
const ENDLESS: &[&str] = &[
    "unbegrenzt",
    "unbefristet",
    "kein ablauf",
    "no expiry",
    "does not expire",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mapped = input.config.inventory_of(input.path);
    let mut table = match (input.format, mapped) {
        (Format::Json, Some(inventory)) => Table::of_json(input.text, inventory.list.as_deref(), &mut diagnostics),
        _ => Table::read(input.text, &mut diagnostics),
    };
    if let Some(inventory) = mapped {
        rename_columns(&mut table, inventory, &mut diagnostics);
    }
    let columns = Columns::of(&table, &mut diagnostics);
    let mut reader = Reader {
        source: input.source,
        columns,
        types: HashMap::new(),
        statuses: HashMap::new(),
        secrets: HashMap::new(),
        n_credentials: HashMap::new(),
        first_unknown_type: None,
    };
    for row in table.rows() {
        reader.read(row, &mut batch, &mut diagnostics);
    }
    if let Some((line, first)) = reader.first_unknown_type {
        let unknown = reader.types.values().filter(|(meaning, _)| meaning.is_unknown());
        let n_unknown: u32 = unknown.map(|(_, n_rows)| n_rows).sum();
        diagnostics.push(Diagnostic::info(
            format!("line {line} type"),
            first,
            "a type such as `service account`, `role`, `robot`, `AI agent`, `API key` or `person`",
            format!("rows with a type that is not known: {n_unknown}; they count as unclassified"),
        ));
    }
    (batch, diagnostics)
}

/// Gives the columns that are mapped the headings under which they are read.
fn rename_columns(table: &mut Table, inventory: &Inventory, diagnostics: &mut Diagnostics) {
    let mapped = || inventory.columns.iter();
    // What another column is called that has such a heading already, it is not.
    for (column, _) in mapped() {
        let heading = column.heading();
        let is_mapped = |name: &str| mapped().any(|(_, names)| names.iter().any(|other| other.to_lowercase() == name));
        let taken = table.header().iter().find(|name| folded(name) == folded(heading));
        if let Some(taken) = taken.filter(|name| !is_mapped(name)).cloned() {
            table.rename(&taken, &format!("other {taken}"));
        }
    }
    for (column, names) in mapped() {
        for name in names.iter() {
            if !table.rename(name, column.heading()) {
                diagnostics.push(Diagnostic::warning(
                    "header",
                    format!("no column `{name}`"),
                    table.header().join(", "),
                    "its `[[inventory]]` names it; what it would say is unknown",
                ));
            }
        }
    }
}

/// Where each column of one table is.
struct Columns {
    name: Option<usize>,
    id: Option<usize>,
    arn: Option<usize>,
    app_id: Option<usize>,
    object_id: Option<usize>,
    kind: Option<usize>,
    owners: SmallVec<[usize; 3]>,
    created: Option<usize>,
    last_used: Option<usize>,
    rotated: Option<usize>,
    /// What the heading of `rotated` says that the secret is.
    rotated_kind: CredentialKind,
    expires: Option<usize>,
    environment: Option<usize>,
    system: Option<usize>,
    status: Option<usize>,
    enabled: Option<usize>,
    disabled: Option<usize>,
    secret_kind: Option<usize>,
    secret_id: Option<usize>,
    secret_place: Option<usize>,
    purposes: SmallVec<[usize; 2]>,
    order: DateOrder,
}

impl Columns {
    fn of(table: &Table, diagnostics: &mut Diagnostics) -> Columns {
        let names: Vec<_> = table.header().iter().map(|column| folded(column)).collect();
        let mut is_read = vec![false; names.len()];
        let mut take = |words: &[&str]| {
            let at = words.iter().find_map(|word| {
                let word = folded(word);
                (0..names.len()).find(|at| !is_read[*at] && names[*at] == word)
            })?;
            is_read[at] = true;
            Some(at)
        };
        let name = take(NAME).or_else(|| take(FALLBACK_NAME));
        let rotated = take(ROTATED);
        let password_changed = take(PASSWORD_CHANGED);
        let mut columns = Columns {
            name,
            arn: take(ARN),
            app_id: take(APP_ID),
            object_id: take(OBJECT_ID),
            id: take(ID),
            kind: take(KIND),
            owners: std::iter::from_fn(|| take(OWNER)).collect(),
            created: take(CREATED),
            last_used: take(LAST_USED),
            rotated: rotated.or(password_changed),
            rotated_kind: match rotated {
                None if password_changed.is_some() => CredentialKind::Password,
                _ => CredentialKind::Unclassified,
            },
            expires: take(EXPIRES),
            environment: take(ENVIRONMENT),
            system: take(SYSTEM),
            status: take(STATUS),
            enabled: take(ENABLED),
            disabled: take(DISABLED),
            secret_kind: take(SECRET_KIND),
            secret_id: take(SECRET_ID),
            secret_place: take(SECRET_PLACE),
            purposes: [take(PURPOSE), take(DESCRIPTION)].into_iter().flatten().collect(),
            order: DateOrder::MonthFirst,
        };
        let unread: Vec<_> = table
            .header()
            .iter()
            .zip(&is_read)
            .filter(|(column, is_read)| !column.is_empty() && !**is_read)
            .map(|(column, _)| column.as_str())
            .collect();
        if !unread.is_empty() {
            diagnostics.push(Diagnostic::info(
                "header",
                unread.join(", "),
                "columns such as name, type, owner, created, last used, last rotated, expires, environment, status",
                "these columns are not read; rename them if they say one of these things",
            ));
        }
        columns.order = columns.date_order(table, diagnostics);
        columns
    }

    /// The order of day and month in the whole file: dates with slashes are the ones that can be read two ways.
    fn date_order(&self, table: &Table, diagnostics: &mut Diagnostics) -> DateOrder {
        let slashed = || {
            [self.created, self.last_used, self.rotated, self.expires]
                .into_iter()
                .flatten()
                .flat_map(|column| table.cells(column))
                // A point in a time of day is no point in a date.
                .map(|cell| cell.trim().split(' ').next().unwrap_or(""))
                // Not `n/a`, and not `2026/10/31`, which can be read one way only.
                .filter(|cell| {
                    cell.split_once('/')
                        .is_some_and(|(first, _)| first.parse::<u8>().is_ok())
                })
        };
        let proves = |cell: &str| {
            let mut parts = cell.split('/').take(2);
            parts.any(|part| part.parse::<u8>().is_ok_and(|part| (13..=31).contains(&part)))
        };
        if let Some(cell) = slashed().next().filter(|_| !slashed().any(proves)) {
            diagnostics.push(Diagnostic::info(
                "dates",
                cell,
                "a date that can be read one way, such as `2026-10-31`",
                "no date in this file tells day from month, so they were read as month/day/year",
            ));
        }
        DateOrder::of_column(slashed())
    }
}

/// What a type cell says.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Meaning {
    identity: Option<IdentityKind>,
    credential: Option<CredentialKind>,
}

impl Meaning {
    fn of(cell: &str) -> Meaning {
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

    fn is_unknown(self) -> bool {
        self.identity.is_none() && self.credential.is_none()
    }

    fn kind(self) -> IdentityKind {
        match (self.identity, self.credential) {
            (Some(identity), _) => identity,
            // Who is named by a certificate authenticates with it.
            (None, Some(CredentialKind::Certificate)) => IdentityKind::Workload,
            (None, _) => IdentityKind::Unclassified,
        }
    }

    /// Whether the type itself says that no person is meant, where the kind leaves it open.
    fn class(self) -> Option<Class> {
        match (self.kind(), self.identity, self.credential) {
            (IdentityKind::Unclassified, Some(_), _) => Some(Class::NonHuman),
            (IdentityKind::Unclassified, None, Some(credential)) if credential != CredentialKind::Password => {
                Some(Class::NonHuman)
            }
            _ => None,
        }
    }
}

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

/// Reads the rows of one table.
struct Reader<'t> {
    source: &'t str,
    columns: Columns,
    /// Types seen so far, with what they mean and how often they came.
    types: HashMap<&'t str, (Meaning, u32)>,
    /// Statuses and types of secret seen so far, with what they mean.
    statuses: HashMap<&'t str, CredentialStatus>,
    secrets: HashMap<&'t str, Option<CredentialKind>>,
    /// How many credentials were made under each key.
    n_credentials: HashMap<Sym, u32>,
    /// The first type that means nothing known, and its line.
    first_unknown_type: Option<(u32, &'t str)>,
}

impl<'t> Reader<'t> {
    fn read(&mut self, row: TableRow<'t>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
        let columns = &self.columns;
        let cell = |column: Option<usize>| column.and_then(|at| said(row.at(at)));
        let Some(name) = [columns.name, columns.id, columns.arn, columns.app_id, columns.object_id]
            .into_iter()
            .find_map(cell)
        else {
            diagnostics.push(Diagnostic::error(
                format!("line {}", row.line),
                "no name",
                "the name or id of an identity",
                "this row was left out; name the identity",
            ));
            return;
        };
        let type_cell = cell(columns.kind);
        let meaning = type_cell.map(|cell| {
            let (meaning, n_rows) = self.types.entry(cell).or_insert_with(|| (Meaning::of(cell), 0));
            *n_rows += 1;
            if meaning.is_unknown() {
                self.first_unknown_type.get_or_insert((row.line, cell));
            }
            *meaning
        });
        let place = Place::Line(row.line);
        let kind = meaning.map_or(IdentityKind::Unclassified, Meaning::kind);
        let handles = self.handles(row, name, kind, batch);
        let columns = &self.columns;
        let mut fact = IdentityFact::listed(handles, kind, place);
        fact.class = meaning.and_then(Meaning::class);
        fact.name = Some(batch.sym(name));
        fact.account = batch.sym_of(cell(columns.system));
        let status = match cell(columns.status) {
            Some(cell) => *self
                .statuses
                .entry(cell)
                .or_insert_with(|| find(STATUS_WORDS, &words(cell)).unwrap_or(CredentialStatus::Unknown)),
            None => enabled(columns, cell),
        };
        fact.status = match status {
            CredentialStatus::Active => Status::Active,
            CredentialStatus::Inactive | CredentialStatus::Revoked => Status::Disabled,
            CredentialStatus::Unknown => Status::Unknown,
        };
        let order = columns.order;
        let mut date = |column: Option<usize>, what: &str| {
            let read = column.map_or(Moment::Absent, |at| moment(row.at(at), order));
            if let Moment::Unreadable(_) = read {
                read.instant(|| format!("line {} {what}", row.line), diagnostics);
                return Moment::Absent;
            }
            read
        };
        let created = date(columns.created, "created");
        let rotated = date(columns.rotated, "rotated");
        let last_used = match date(columns.last_used, "last used") {
            Moment::At(at) => LastUsed::At(at),
            Moment::Never => LastUsed::Never,
            Moment::Absent | Moment::Unreadable(_) => LastUsed::NotReported,
        };
        let expires_at = match date(columns.expires, "expires") {
            Moment::At(at) => Expiry::At(at),
            Moment::Never => Expiry::Never,
            Moment::Absent | Moment::Unreadable(_) => Expiry::NotReported,
        };
        fact.created_at = at(&created);
        fact.last_used = last_used;
        for owner in columns.owners.iter().filter_map(|column| cell(Some(*column))) {
            fact.owners.push(OwnerClaim {
                text: batch.sym(owner),
                basis: OwnerBasis::Recorded,
            });
        }
        let purpose = columns.purposes.iter().find_map(|column| cell(Some(*column)));
        fact.purpose = batch.sym_of(purpose);
        fact.environment = batch.sym_of(cell(columns.environment));
        let handle = fact.handles[0];
        batch.identities.push(fact);

        let of_type = meaning.and_then(|meaning| meaning.credential);
        let secret_kind = cell(columns.secret_kind);
        let secret_id = cell(columns.secret_id);
        let speaks_of_a_secret = of_type.is_some()
            || secret_kind.is_some()
            || secret_id.is_some()
            || cell(columns.secret_place).is_some()
            || rotated != Moment::Absent
            || expires_at != Expiry::NotReported;
        if !speaks_of_a_secret {
            return;
        }
        let of_secret =
            secret_kind.and_then(|cell| *self.secrets.entry(cell).or_insert_with(|| Meaning::of(cell).credential));
        let kind = of_secret.or(of_type).unwrap_or(columns.rotated_kind);
        let key = self.credential_key(handle, kind, secret_id, batch);
        let mut credential = CredentialFact::listed(key, kind, place);
        credential.holder = Some(handle);
        credential.name = batch.sym_of(secret_id);
        credential.status = status;
        credential.created_at = match rotated {
            Moment::At(at) => Some(at),
            // Never rotated: still the first one.
            Moment::Never => at(&created),
            // The row is about the secret itself, so it is the secret that was created then.
            Moment::Absent | Moment::Unreadable(_) if of_type.is_some() => at(&created),
            Moment::Absent | Moment::Unreadable(_) => None,
        };
        credential.last_used = last_used;
        credential.expires_at = expires_at;
        batch.credentials.push(credential);
    }

    /// The names of a row's identity: those that are unique everywhere, or else its name within this source.
    fn handles(&self, row: TableRow<'_>, name: &str, kind: IdentityKind, batch: &mut Batch) -> SmallVec<[Handle; 3]> {
        let columns = &self.columns;
        let cell = |column: Option<usize>| column.and_then(|at| said(row.at(at)));
        let mut handles: SmallVec<[Handle; 3]> = smallvec![];
        let mut add = |batch: &mut Batch, kind, text: &str| {
            let handle = batch.handle(kind, text);
            if !handles.contains(&handle) {
                handles.push(handle);
            }
        };
        for (column, guid) in [
            (columns.arn, None),
            (columns.app_id, Some(HandleKind::EntraApp)),
            (columns.object_id, Some(HandleKind::EntraObject)),
            (columns.name, None),
            (columns.id, None),
        ] {
            let Some(text) = cell(column) else { continue };
            if text.starts_with("arn:") {
                add(batch, HandleKind::Arn, text);
            } else if text.starts_with("spiffe://") {
                add(batch, HandleKind::Spiffe, text);
            } else if text.contains('@') && text.ends_with(".gserviceaccount.com") {
                add(batch, HandleKind::GcpServiceAccount, &text.to_lowercase());
            } else if let Some(guid) = guid.filter(|_| is_guid(text)) {
                add(batch, guid, &text.to_lowercase());
            } else if kind == IdentityKind::Human && text.contains('@') {
                add(batch, HandleKind::Email, &text.to_lowercase());
            }
        }
        if handles.is_empty() {
            // Two systems may each have an account of this name.
            let local = match cell(columns.system) {
                Some(system) => format!("{}/{system}/{name}", self.source),
                None => format!("{}/{name}", self.source),
            };
            handles.push(batch.handle(HandleKind::Local, &local));
        }
        handles
    }

    /// A key that is the same in the next export of the table: the holder's name and the secret's id or kind.
    fn credential_key(&mut self, holder: Handle, kind: CredentialKind, id: Option<&str>, batch: &mut Batch) -> Sym {
        let base = format!("csv:{}/{}", batch.strings.get(holder.text), id.unwrap_or(kind.id()));
        let key = batch.sym(&base);
        let n_before = self.n_credentials.entry(key).or_insert(0);
        *n_before += 1;
        match *n_before {
            1 => key,
            n => batch.sym(&format!("{base}#{n}")),
        }
    }
}

/// The status that a column of yes and no states.
fn enabled<'t>(columns: &Columns, cell: impl Fn(Option<usize>) -> Option<&'t str>) -> CredentialStatus {
    let disabled = || {
        cell(columns.disabled)
            .and_then(yes_or_no)
            .map(|is_disabled| !is_disabled)
    };
    match cell(columns.enabled).and_then(yes_or_no).or_else(disabled) {
        Some(true) => CredentialStatus::Active,
        Some(false) => CredentialStatus::Inactive,
        None => CredentialStatus::Unknown,
    }
}

/// The cell, trimmed, when it says something.
fn said(cell: &str) -> Option<&str> {
    present(cell).filter(|cell| !ABSENT.iter().any(|absent| cell.eq_ignore_ascii_case(absent)))
}

/// A date, also as the number that Excel keeps for it: days since 1899-12-30.
fn moment(cell: &str, order: DateOrder) -> Moment {
    /// 1954-10-03 to 2119-01-11 as Excel numbers; no other unit of time has dates of our day there.
    const SERIAL_DAYS: std::ops::Range<f64> = 20_000.0..80_000.0;
    const DAYS_TO_1970: f64 = 25_569.0;
    let Some(cell) = said(cell) else {
        return Moment::Absent;
    };
    if ENDLESS.iter().any(|endless| cell.eq_ignore_ascii_case(endless)) {
        return Moment::Never;
    }
    match cell.replacen(',', ".", 1).parse::<f64>() {
        Ok(days) if SERIAL_DAYS.contains(&days) => {
            Moment::At(Instant(((days - DAYS_TO_1970) * 86_400.0).round() as i64))
        }
        _ => Moment::parse(cell, order),
    }
}

fn at(moment: &Moment) -> Option<Instant> {
    match moment {
        Moment::At(at) => Some(*at),
        Moment::Never | Moment::Absent | Moment::Unreadable(_) => None,
    }
}

fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
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

    #[test]
    fn spreadsheet_dates_are_understood() {
        let check = |cell: &str| match moment(cell, DateOrder::MonthFirst) {
            Moment::At(at) => at.to_string(),
            other => format!("{other:?}"),
        };
        for (cell, expected) in [
            ("46326", "2026-10-31T00:00:00Z"),
            ("46326,5", "2026-10-31T12:00:00Z"),
            ("31.10.2026", "2026-10-31T00:00:00Z"),
            ("k. A.", "Absent"),
            ("unbefristet", "Never"),
            ("nie", "Never"),
        ] {
            assert_eq!(check(cell), expected, "{cell}");
        }
    }

    #[test]
    fn no_word_stands_for_two_columns() {
        let groups = [
            NAME,
            ID,
            ARN,
            APP_ID,
            OBJECT_ID,
            KIND,
            OWNER,
            CREATED,
            LAST_USED,
            ROTATED,
            PASSWORD_CHANGED,
            EXPIRES,
            ENVIRONMENT,
            SYSTEM,
            STATUS,
            ENABLED,
            DISABLED,
            SECRET_KIND,
            SECRET_ID,
            SECRET_PLACE,
            PURPOSE,
            DESCRIPTION,
        ];
        let all: Vec<_> = groups.iter().flat_map(|words| words.iter()).collect();
        for (at, word) in all.iter().enumerate() {
            let twin = all[at + 1..].iter().find(|other| folded(other) == folded(word));
            assert_eq!(twin, None, "{word}");
        }
    }
}
