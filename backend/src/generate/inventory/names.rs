//! What people call the things they keep lists of.

use super::super::company::{DOMAIN, DOMAINS, Domain, GITHUB, JOBS};
use super::super::draw::Draw;
use super::super::people::Staff;

/// The name of a row, and the system in which the name is one, where the list has a column for it.
pub struct Named {
    pub name: String,
    pub system: String,
    /// Whose it is, when the name itself says so.
    pub person: Option<u64>,
}

/// Names the thing with this ordinal.
pub type Naming = fn(&Staff, &mut Draw, u64) -> Named;

/// The business area of the row with this ordinal.
pub fn domain_of(ordinal: u64) -> &'static Domain {
    &DOMAINS[(ordinal % DOMAINS.len() as u64) as usize]
}

fn service(ordinal: u64) -> &'static str {
    domain_of(ordinal).services[(ordinal / DOMAINS.len() as u64 % 8) as usize]
}

/// What is left of the ordinal once area and service are taken out of it.
fn round(ordinal: u64) -> u64 {
    ordinal / (DOMAINS.len() as u64 * 8)
}

/// The name, and behind it the number that tells it from others of the name.
fn numbered(name: String, round: u64) -> String {
    match round {
        0 => name,
        round => format!("{name}-{}", round + 1),
    }
}

fn plain(name: String) -> Named {
    Named {
        name,
        system: String::new(),
        person: None,
    }
}

/// `svc_wms_sync` in the company's one directory.
pub fn directory_account(_: &Staff, _: &mut Draw, ordinal: u64) -> Named {
    let job = match round(ordinal) % 4 {
        0 => "",
        1 => "_batch",
        2 => "_sql",
        _ => "_iis",
    };
    let name = format!("svc_{}{job}", service(ordinal).replace('-', "_"));
    Named {
        name: numbered(name, round(ordinal) / 4),
        system: format!("AD {DOMAIN}"),
        person: None,
    }
}

/// A package's own account on a server.
pub fn os_account(_: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let name = draw.pick(&[
        "oracle",
        "postgres",
        "tomcat",
        "jboss",
        "backup",
        "zabbix",
        "splunkfwd",
        "sftp_in",
        "edi",
        "appbatch",
    ]);
    let site = draw.pick(&["osl", "ham", "rtm", "gdn"]);
    Named {
        name: name.to_owned(),
        system: format!("{site}-{}-{:03}", domain_of(ordinal).name, ordinal / 14 + 1),
        person: None,
    }
}

/// A software robot.
pub fn robot(_: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let process = draw.pick(&[
        "Invoice entry",
        "Customs form",
        "Claims triage",
        "Supplier onboarding",
        "Timesheet check",
        "Freight reconciliation",
    ]);
    Named {
        name: format!("RPA {process} {ordinal:03}"),
        system: "UiPath".to_owned(),
        person: None,
    }
}

/// A role of a service's own database.
pub fn database_role(_: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let service = service(ordinal).replace('-', "_");
    let right = draw.pick(&["rw", "ro", "etl", "migrate"]);
    Named {
        name: format!("{service}_{right}"),
        system: format!("pg-{}-{:02}", domain_of(ordinal).name, ordinal / 14 + 1),
        person: None,
    }
}

/// An application that a vendor's product lets in.
pub fn saas_application(_: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let what = draw.pick(&[
        "Salesforce sync",
        "Zendesk ticket bot",
        "HubSpot forms",
        "NetSuite connector",
        "Jira automation",
        "Workday feed",
        "ServiceNow bridge",
        "Shopify order import",
        "Slack incident bot",
        "Tableau extract",
    ]);
    plain(numbered(format!("{what} ({})", service(ordinal)), round(ordinal)))
}

/// A token of a vendor's API.
pub fn api_token(_: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let vendor = draw.pick(&[
        "twilio",
        "sendgrid",
        "mapbox",
        "stripe",
        "here-maps",
        "openai",
        "docusign",
        "datadog",
    ]);
    plain(numbered(format!("{vendor}-{}", service(ordinal)), round(ordinal)))
}

/// A deploy key of a repository.
pub fn deploy_key(_: &Staff, _: &mut Draw, ordinal: u64) -> Named {
    let job = JOBS[(round(ordinal) % 12) as usize];
    plain(numbered(
        format!("{GITHUB}/{}: {job} key", service(ordinal)),
        round(ordinal) / 12,
    ))
}

/// A token of a pipeline.
pub fn pipeline_token(_: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let stage = draw.pick(&["build", "release", "scan", "publish"]);
    plain(numbered(format!("ci-{}-{stage}", service(ordinal)), round(ordinal)))
}

/// A person's own token, in a pipeline's service.
pub fn personal_token(staff: &Staff, draw: &mut Draw, ordinal: u64) -> Named {
    let person = draw.below(staff.n_people);
    let email = staff.person(person).email;
    let local = email.split('@').next().unwrap_or_default();
    Named {
        person: Some(person),
        ..plain(format!("pat-{local}-{:03}", ordinal + 1))
    }
}
