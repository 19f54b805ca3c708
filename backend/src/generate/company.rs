//! The organisation the estate belongs to: Halden Logistics, its domains, services, people and their habits.
//!
//! Nothing here exists. The domain names end in `.example`, which nobody can register.

use super::draw::{DAY, Draw};
use super::json::Json;
use super::timeline::Timeline;

/// The company's name, as `rollcall.toml` shows it.
pub const NAME: &str = "Halden Logistics";
/// The company's mail and web domain.
pub const DOMAIN: &str = "halden.example";
/// The company's GitHub organisation.
pub const GITHUB: &str = "halden-logistics";

/// A business area: one team, its cloud accounts and its services.
pub struct Domain {
    pub name: &'static str,
    pub team: &'static str,
    pub services: [&'static str; 8],
}

/// The business areas, largest cloud estate first.
pub const DOMAINS: &[Domain] = &[
    Domain {
        name: "payments",
        team: "team-payments",
        services: [
            "payments-api",
            "ledger-export",
            "settlement-batch",
            "fraud-scorer",
            "invoice-renderer",
            "card-vault",
            "refund-worker",
            "psp-webhook",
        ],
    },
    Domain {
        name: "data",
        team: "team-data",
        services: [
            "lakehouse-loader",
            "dbt-runner",
            "shipment-facts",
            "kafka-connect",
            "feature-store",
            "report-mailer",
            "cdc-ingest",
            "airflow",
        ],
    },
    Domain {
        name: "platform",
        team: "team-platform",
        services: [
            "terraform-runner",
            "ci-deploy",
            "image-builder",
            "cluster-autoscaler",
            "secrets-sync",
            "dns-controller",
            "log-shipper",
            "backup-agent",
        ],
    },
    Domain {
        name: "shipping",
        team: "team-shipping",
        services: [
            "booking-api",
            "label-printer",
            "route-planner",
            "carrier-gateway",
            "manifest-export",
            "eta-predictor",
            "dock-scheduler",
            "pod-archiver",
        ],
    },
    Domain {
        name: "warehouse",
        team: "team-warehouse",
        services: [
            "stock-api",
            "pick-optimizer",
            "scanner-gateway",
            "conveyor-bridge",
            "cycle-count",
            "slotting-batch",
            "wms-sync",
            "returns-desk",
        ],
    },
    Domain {
        name: "tracking",
        team: "team-tracking",
        services: [
            "tracking-api",
            "event-ingest",
            "geofence",
            "notification-worker",
            "public-tracker",
            "telemetry-rollup",
            "sms-sender",
            "history-archiver",
        ],
    },
    Domain {
        name: "web",
        team: "team-web",
        services: [
            "storefront",
            "customer-portal",
            "session-cache",
            "search-indexer",
            "image-resizer",
            "cms-publisher",
            "ab-router",
            "sitemap-builder",
        ],
    },
    Domain {
        name: "customs",
        team: "team-customs",
        services: [
            "declaration-api",
            "tariff-sync",
            "edi-translator",
            "broker-gateway",
            "sanctions-screen",
            "document-ocr",
            "duty-calculator",
            "audit-export",
        ],
    },
    Domain {
        name: "fleet",
        team: "team-fleet",
        services: [
            "vehicle-api",
            "tacho-import",
            "fuel-card-sync",
            "driver-app",
            "maintenance-planner",
            "ev-charging",
            "toll-reconcile",
            "dispatch-board",
        ],
    },
    Domain {
        name: "iot",
        team: "team-iot",
        services: [
            "device-registry",
            "mqtt-bridge",
            "reefer-monitor",
            "firmware-rollout",
            "sensor-ingest",
            "gateway-provisioner",
            "alarm-router",
            "edge-cache",
        ],
    },
    Domain {
        name: "identity",
        team: "team-identity",
        services: [
            "sso-proxy",
            "scim-sync",
            "token-issuer",
            "access-review",
            "directory-sync",
            "mfa-gateway",
            "consent-store",
            "login-risk",
        ],
    },
    Domain {
        name: "security",
        team: "team-security",
        services: [
            "siem-forwarder",
            "vuln-scanner",
            "cspm-reader",
            "key-rotator",
            "honeypot",
            "evidence-collector",
            "pki-issuer",
            "secret-scanner",
        ],
    },
    Domain {
        name: "finance",
        team: "team-finance",
        services: [
            "erp-connector",
            "billing-run",
            "tax-engine",
            "dunning",
            "treasury-feed",
            "cost-allocator",
            "sap-bridge",
            "budget-export",
        ],
    },
    Domain {
        name: "labs",
        team: "team-labs",
        services: [
            "route-llm",
            "demand-forecast",
            "vision-sorter",
            "notebook-hub",
            "prototype-api",
            "experiment-runner",
            "vector-index",
            "robot-sim",
        ],
    },
];

/// What one identity of a service is for; with the service's name it makes the identity's name.
pub const JOBS: [&str; 12] = [
    "task",
    "deploy",
    "worker",
    "reader",
    "migrator",
    "backup",
    "etl",
    "sync",
    "lambda",
    "reporter",
    "scheduler",
    "exporter",
];

/// Why such an identity exists, in the words of its owner.
pub const PURPOSES: [&str; 6] = [
    "runs the service in production",
    "deploys from the pipeline",
    "nightly batch into the lakehouse",
    "reads metrics for the dashboards",
    "moves files to the carrier's SFTP",
    "keeps the replica in step",
];

/// Where software runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    Prod,
    Staging,
    Dev,
    Sandbox,
}

impl Environment {
    /// The short form that names carry.
    pub fn short(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Staging => "stg",
            Self::Dev => "dev",
            Self::Sandbox => "sandbox",
        }
    }
}

const FIRST_NAMES: [&str; 40] = [
    "Anna", "Bjørn", "Carla", "David", "Elif", "Fatima", "Georg", "Hanna", "Ivan", "Jürgen", "Katja", "Liam", "Marta",
    "Nils", "Olga", "Pedro", "Quentin", "Rosa", "Sven", "Tara", "Umberto", "Vera", "Wei", "Xenia", "Yusuf", "Zoë",
    "Aino", "Benoît", "Chiara", "Dmitri", "Eszter", "Freja", "Goran", "Ida", "Joana", "Klaus", "Leyla", "Mateo",
    "Noor", "Oskar",
];
const LAST_NAMES: [&str; 60] = [
    "Berg",
    "Müller",
    "Rossi",
    "Novak",
    "Larsen",
    "Dubois",
    "Kaya",
    "Silva",
    "Kowalski",
    "Ivanova",
    "Schmidt",
    "Haddad",
    "Eriksen",
    "Moreau",
    "Weber",
    "Lindqvist",
    "Santos",
    "Horvat",
    "Nagy",
    "Petrov",
    "Jansen",
    "Keller",
    "Costa",
    "Virtanen",
    "Marino",
    "Öztürk",
    "Hansen",
    "Fischer",
    "Popescu",
    "Nilsen",
    "Becker",
    "Ferrari",
    "Dahl",
    "Wagner",
    "Nguyen",
    "Krause",
    "Sørensen",
    "Bianchi",
    "Vogel",
    "Pereira",
    "Braun",
    "Conti",
    "Holm",
    "Lehmann",
    "Farkas",
    "Garcia",
    "Hoffmann",
    "Ionescu",
    "Jovanović",
    "Klein",
    "Lopez",
    "Maier",
    "Neumann",
    "Olsen",
    "Peters",
    "Richter",
    "Sato",
    "Tran",
    "Ullrich",
    "Zimmermann",
];

/// One employee, past or present.
pub struct Person {
    pub name: String,
    pub email: String,
    pub team: &'static str,
    /// The day the person left, when that is at or before the last snapshot.
    pub left_on: Option<i64>,
}

/// The staff of the company, as the last snapshot's roster knows it.
pub struct Company {
    seed: u64,
    pub n_people: u64,
    last_as_of: i64,
}

impl Company {
    pub fn new(seed: u64, n_people: u64, timeline: &Timeline) -> Self {
        Self {
            seed,
            n_people,
            last_as_of: timeline.last().as_of,
        }
    }

    /// The person with this number, always the same one.
    pub fn person(&self, number: u64) -> Person {
        let n_names = (FIRST_NAMES.len() * LAST_NAMES.len()) as u64;
        // 1,009 shares no factor with the number of names, so the first repeats come only after all are used.
        let mixed = (number * 1_009 + self.seed % n_names) % n_names;
        let first = FIRST_NAMES[(mixed % 40) as usize];
        let last = LAST_NAMES[(mixed / 40) as usize];
        let round = number / n_names;
        let suffix = if round == 0 {
            String::new()
        } else {
            format!("{}", round + 1)
        };
        let mut draw = Draw::new(self.seed, "person", 0, number);
        let left_on = draw.chance(0.08).then(|| self.last_as_of - draw.days(10, 700));
        Person {
            name: format!("{first} {last}"),
            email: format!("{}.{}{suffix}@{DOMAIN}", ascii(first), ascii(last)),
            team: DOMAINS[(number % DOMAINS.len() as u64) as usize].team,
            left_on,
        }
    }

    fn person_where(&self, draw: &mut Draw, keep: impl Fn(&Person) -> bool) -> Option<Person> {
        (0..200).map(|_| self.person(draw.below(self.n_people))).find(keep)
    }

    /// What the identity's export says about its owner at snapshot `index` of `timeline`.
    ///
    /// Tagging improves over the snapshots; who is named stays the same once named.
    pub fn ownership(&self, draw: &mut Draw, domain: &'static Domain, timeline: &Timeline, index: usize) -> Ownership {
        let level = draw.unit();
        let style = draw.unit();
        let progress = timeline.progress(index);
        let valid = 0.30 * (0.70 + 0.30 * progress);
        if level < valid {
            if style < 0.6 {
                return Ownership::Team(domain.team);
            }
            let present = self.person_where(draw, |person| {
                person.left_on.is_none() && (person.team == domain.team || self.n_people < 100)
            });
            return present.map_or(Ownership::Team(domain.team), |person| Ownership::Person(person.email));
        }
        if (0.30..0.37).contains(&level) {
            let departed = self.person_where(draw, |person| person.left_on.is_some());
            return departed.map_or(Ownership::Placeholder("ex-employee"), |person| {
                Ownership::Departed(person.email)
            });
        }
        if (0.37..0.42).contains(&level) {
            return Ownership::Placeholder(draw.pick(&["TBD", "tbd", "unknown", "", "?", "ask Sven"]));
        }
        if (0.42..0.45).contains(&level) {
            let other = draw.below(DOMAINS.len() as u64) as usize;
            return Ownership::Conflict(domain.team, DOMAINS[other].team);
        }
        Ownership::Silent
    }
}

/// What an export says about who answers for an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ownership {
    Team(&'static str),
    Person(String),
    /// The address of someone the roster says has left.
    Departed(String),
    /// Text that names nobody.
    Placeholder(&'static str),
    /// Two fields that disagree.
    Conflict(&'static str, &'static str),
    Silent,
}

impl Ownership {
    /// The one owner text, for formats that have a single field for it.
    pub fn text(&self) -> Option<String> {
        match self {
            Self::Team(team) | Self::Conflict(team, _) => Some((*team).to_owned()),
            Self::Person(email) | Self::Departed(email) => Some(email.clone()),
            Self::Placeholder(text) => Some((*text).to_owned()),
            Self::Silent => None,
        }
    }

    /// The word truth.json counts it under.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Team(_) => "team",
            Self::Person(_) => "person",
            Self::Departed(_) => "departed",
            Self::Placeholder(_) => "placeholder",
            Self::Conflict(..) => "conflict",
            Self::Silent => "none",
        }
    }

    /// The tags an infrastructure team would have written, in the mixed spelling of real estates.
    pub fn tags(&self, draw: &mut Draw) -> Vec<(&'static str, Json)> {
        match self {
            Self::Team(team) => vec![(draw.pick(&["owner", "Owner", "team"]), (*team).into())],
            Self::Person(email) | Self::Departed(email) => {
                vec![(draw.pick(&["owner", "Owner"]), email.into())]
            }
            Self::Placeholder(text) => vec![("owner", (*text).into())],
            Self::Conflict(first, second) => vec![("owner", (*first).into()), ("Owner", (*second).into())],
            Self::Silent => Vec::new(),
        }
    }
}

/// A name as its owner's mail address spells it.
pub fn ascii(name: &str) -> String {
    let mut out = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ø' | 'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ë' => out.push('e'),
            'î' => out.push('i'),
            'ć' => out.push('c'),
            _ => out.push(letter),
        }
    }
    out
}

/// The name of the identity with this ordinal in its domain: service, job and, once those are used up, a round.
pub fn identity_name(domain: &Domain, ordinal: u64) -> String {
    let service = service_of(domain, ordinal);
    let job = JOBS[(ordinal / 8 % 12) as usize];
    match ordinal / 96 {
        0 => format!("{service}-{job}"),
        round => format!("{service}-{job}-{}", round + 1),
    }
}

/// The service the identity with this ordinal belongs to.
pub fn service_of(domain: &Domain, ordinal: u64) -> &'static str {
    domain.services[(ordinal % 8) as usize]
}

/// The day number of an instant, for a column that holds days.
pub fn day_start(at: i64) -> i64 {
    at - at.rem_euclid(DAY)
}
