//! The organisation the estate belongs to: Halden Logistics, its business areas and what it calls things.
//!
//! Nothing here exists. The domain names end in `.example`, which nobody can register.

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

/// The services that people and partners reach from outside.
pub const FRONTS: [&str; 24] = [
    "payments-api",
    "psp-webhook",
    "booking-api",
    "carrier-gateway",
    "stock-api",
    "scanner-gateway",
    "returns-desk",
    "tracking-api",
    "public-tracker",
    "storefront",
    "customer-portal",
    "cms-publisher",
    "declaration-api",
    "broker-gateway",
    "vehicle-api",
    "driver-app",
    "ev-charging",
    "dispatch-board",
    "device-registry",
    "mqtt-bridge",
    "sso-proxy",
    "consent-store",
    "erp-connector",
    "notebook-hub",
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

/// What an identity with each of the [`JOBS`] is for, in the words of its owner.
const PURPOSES: [&str; 12] = [
    "runs the service",
    "deploys the service from its pipeline",
    "works off the service's queue",
    "reads the service's tables for the dashboards",
    "migrates the service's schema at each release",
    "writes the nightly backup to cold storage",
    "loads the service's events into the lakehouse",
    "keeps the replica in Frankfurt in step",
    "answers webhooks of partners",
    "mails the weekly figures to finance",
    "starts the nightly jobs",
    "exports metrics and traces",
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
    pub const ALL: [Self; 4] = [Self::Prod, Self::Staging, Self::Dev, Self::Sandbox];

    /// The short form that names carry.
    pub fn short(self) -> &'static str {
        match self {
            Self::Prod => "prod",
            Self::Staging => "stg",
            Self::Dev => "dev",
            Self::Sandbox => "sandbox",
        }
    }

    /// What a name ends in when it says so: production goes without saying.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Prod => "",
            Self::Staging => "-stg",
            Self::Dev => "-dev",
            Self::Sandbox => "-sandbox",
        }
    }
}

/// The name of the identity with this ordinal in its domain: service, job and, once those are used up, a round.
pub fn identity_name(domain: &Domain, ordinal: u64) -> String {
    let service = service_of(domain, ordinal);
    let job = JOBS[job_of(ordinal)];
    match ordinal / 96 {
        0 => format!("{service}-{job}"),
        round => format!("{service}-{job}-{}", round + 1),
    }
}

/// The service the identity with this ordinal belongs to.
pub fn service_of(domain: &Domain, ordinal: u64) -> &'static str {
    domain.services[(ordinal % 8) as usize]
}

/// What the identity with this ordinal is for.
pub fn purpose_of(ordinal: u64) -> &'static str {
    PURPOSES[job_of(ordinal)]
}

/// Each service starts with another job, so that few identities are not all alike.
fn job_of(ordinal: u64) -> usize {
    ((ordinal / 8 + ordinal % 8 * 5) % 12) as usize
}
