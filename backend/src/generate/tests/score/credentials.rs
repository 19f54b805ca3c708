//! Credentials by kind, state, age, end and use, and who holds them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::kpi::formulas;
use shared::model::credential::CredentialStatus;
use shared::model::instant::{Expiry, Instant, LastUsed};
use shared::model::ratio::Verdict;

use super::{Found, Planted, Scores, list, text};

/// The id and kind under which Rollcall shows a planted credential.
pub fn shown_credential(credential: &Value) -> (String, &'static str) {
    let id = text(credential, "id");
    let of_list = |kind| {
        let (holder, _) = id.rsplit_once('#').unwrap();
        (format!("csv:{holder}/{kind}"), kind)
    };
    match text(credential, "kind") {
        // A key that its account lists goes by its id, others by the slot that the report gives them.
        "access_key" => (format!("aws-key:{}", id.replace('#', "/")), "access_key"),
        "console_password" => (format!("aws-key:{}", id.replace('#', "/")), "password"),
        "client_secret" => (format!("entra:{id}"), "client_secret"),
        "client_certificate" => (format!("entra:{id}"), "certificate"),
        "federation" => (format!("entra:{id}"), "federation"),
        "gcp_key" => (format!("gcp-key:{id}"), "service_account_key"),
        "service_account_token" => (format!("k8s-secret:{id}"), "token"),
        "account_password" => of_list("password"),
        "saas_client_secret" => of_list("client_secret"),
        "saas_api_key" | "personal_access_token" => of_list("api_key"),
        "deploy_key" => of_list("ssh_key"),
        "pipeline_token" => of_list("token"),
        "ssh_key" => (format!("ssh:{id}"), "ssh_key"),
        "jenkins_credential" => (format!("jenkins:{id}"), "stored_secret"),
        "directory_password" => (format!("ad-password:{id}"), "password"),
        "vaulted_password" => (format!("cyberark:{id}"), "password"),
        other => panic!("the test knows no credential `{other}`"),
    }
}

fn age(created_at: Option<Instant>, as_of: Instant) -> &'static str {
    match created_at.map(|at| at.days_until(as_of)) {
        None => "age unknown",
        Some(..30) => "under 30 d",
        Some(30..90) => "under 90 d",
        Some(90..180) => "under 180 d",
        Some(180..365) => "under a year",
        Some(365..) => "a year and more",
    }
}

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let planted_credentials = || planted.listed("credentials").iter();
    let found_credentials = || {
        let credentials = found.0.snapshot.credentials.iter();
        credentials.filter(|credential| credential.certificate.is_none())
    };
    scores.compare(
        "credential: kind, status, age",
        planted_credentials()
            .map(|it| {
                let (id, kind) = shown_credential(it);
                let age = age(it["created_at"].as_str().and_then(Instant::from_text), as_of);
                format!("{id} {kind} {} {age}", text(it, "status"))
            })
            .collect(),
        found_credentials()
            .map(|it| {
                let is_over = matches!(it.expires_at, Expiry::At(end) if end <= as_of);
                let status = match it.status {
                    CredentialStatus::Inactive => "inactive",
                    CredentialStatus::Revoked => "revoked",
                    CredentialStatus::Active | CredentialStatus::Unknown if is_over => "expired",
                    CredentialStatus::Active => "active",
                    CredentialStatus::Unknown => "unknown",
                };
                let (id, kind) = (found.text(it.key), it.kind.id());
                format!("{id} {kind} {status} {}", age(it.created_at, as_of))
            })
            .collect(),
    );
    scores.compare(
        "credential: holder",
        planted_credentials()
            .flat_map(|it| {
                let holders = list(it, "holders").iter();
                holders.map(|holder| {
                    format!(
                        "{} {}",
                        shown_credential(it).0,
                        planted.public[holder.as_str().unwrap()]
                    )
                })
            })
            .collect(),
        found_credentials()
            .flat_map(|it| {
                let id = found.text(it.key);
                let holders = it.holders.iter();
                holders.map(move |holder| format!("{id} {}", found.text(found.0.snapshot.identity(*holder).id)))
            })
            .collect(),
    );
    scores.compare(
        "credential: end",
        planted_credentials()
            .filter(|it| it["expires_at"].is_string())
            .map(|it| format!("{} {}", shown_credential(it).0, text(it, "expires_at")))
            .collect(),
        found_credentials()
            .filter_map(|it| match it.expires_at {
                Expiry::At(at) => Some(format!("{} {at}", found.text(it.key))),
                Expiry::Never => Some(format!("{} never", found.text(it.key))),
                Expiry::NotReported => None,
            })
            .collect(),
    );
    scores.compare(
        "credential: last use",
        planted_credentials()
            .filter(|it| it["last_used_at"].is_string())
            .map(|it| format!("{} {}", shown_credential(it).0, text(it, "last_used_at")))
            .collect(),
        found_credentials()
            .filter_map(|it| match it.last_used {
                LastUsed::At(at) => Some(format!("{} {at}", found.text(it.key))),
                LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
            })
            .collect(),
    );
    let (_, has_one_holder) = formulas::judge("credential.shared").unwrap();
    scores.compare(
        "credential: shared",
        (sharing(planted).into_iter())
            .filter(|group| group.holders.len() > 1)
            .flat_map(|group| group.holders)
            .collect(),
        (found.0.snapshot.credentials.iter().enumerate())
            .filter(|(index, _)| has_one_holder(found.0, *index) == Some(Verdict::Fail))
            .flat_map(|(_, it)| &it.holders)
            .map(|holder| found.text(found.0.snapshot.identity(*holder).id).to_owned())
            .collect(),
    );
}

/// Who has one secret, and the credentials under which Rollcall shows it.
#[derive(Default)]
pub struct Sharing {
    pub holders: BTreeSet<String>,
    pub credentials: BTreeSet<String>,
}

/// The secrets that were planted with several: a certificate that a script installed on applications, an SSH key.
pub fn sharing(planted: &Planted<'_>) -> Vec<Sharing> {
    let mut sharing: BTreeMap<&str, Sharing> = BTreeMap::new();
    for it in planted.problems("shared_credential") {
        let certificates = planted.listed("credentials").iter().filter(|credential| {
            let is_its = credential["holders"][0] == it["subject"];
            is_its && text(credential, "kind") == "client_certificate" && text(credential, "status") == "active"
        });
        let group = sharing.entry(text(it, "detail")).or_default();
        for certificate in certificates {
            group.holders.insert(format!("entra:app/{}", text(it, "subject")));
            group.credentials.insert(shown_credential(certificate).0);
        }
    }
    for join in planted.joins("ssh_key_opens") {
        let group = sharing.entry(text(join, "left")).or_default();
        group.holders.insert(planted.public[text(join, "right")].clone());
        group.credentials.insert(format!("ssh:{}", text(join, "left")));
    }
    sharing.into_values().collect()
}
