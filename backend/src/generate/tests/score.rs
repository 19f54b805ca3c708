//! Rollcall against the truth: precision and recall of everything that was planted, which must both be 1.
//!
//! Each score compares two sets of sentences about named things. `cargo test -p rollcall score -- --nocapture`
//! prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use shared::analysis::Analysis;
use shared::answers;
use shared::kpi::formulas;
use shared::model::certificate::CertificateRole;
use shared::model::credential::{CredentialKind, CredentialStatus};
use shared::model::identity::{Presence, Status};
use shared::model::instant::{Expiry, Instant, LastUsed};
use shared::model::principal::Principal;
use shared::model::ratio::Verdict;
use shared::model::snapshot::{Credential, Identity, OwnerState, TrustReach};
use shared::model::strings::Sym;

use super::super::Size;
use super::{estate, list, options, truth};
use crate::estate::{Estate, Progress};

#[test]
fn rollcall_finds_what_was_planted() {
    let mut n_planted: BTreeMap<String, usize> = BTreeMap::new();
    for (seed, dirt) in [(7, 0.15), (11, 0.0), (23, 0.6)] {
        let folder = estate(&options(Size::S, seed, 3, dirt));
        let truth = truth(folder.path());
        let opened = Estate::open(folder.path()).unwrap();
        for index in [0, 2] {
            let analysis = opened.load(index, None, &Progress::default()).unwrap();
            let planted = &truth["snapshots"][index];
            println!("seed {seed}, dirt {dirt}, {}", planted["folder"]);
            let mut scores = Scores::default();
            let found = Found(&analysis);
            identities(planted, &found, &mut scores);
            governance(planted, &found, &mut scores);
            credentials(planted, &found, &mut scores);
            certificates(planted, &found, &mut scores);
            joins(planted, &found, &mut scores);
            sources(planted, &truth, &found, &mut scores);
            numbers(planted, &found, &mut scores);
            for (what, n) in &scores.n_planted {
                *n_planted.entry(what.clone()).or_default() += n;
            }
            scores.finish();
        }
    }
    for (what, n) in n_planted {
        assert!(n > 0, "nothing was planted for `{what}`");
    }
}

/// The scores of one snapshot.
#[derive(Default)]
struct Scores {
    mistakes: Vec<String>,
    n_planted: BTreeMap<String, usize>,
}

impl Scores {
    /// Compares two sets of sentences.
    fn compare(&mut self, what: &str, planted: BTreeSet<String>, found: BTreeSet<String>) {
        let n_right = planted.intersection(&found).count();
        self.n_planted.insert(what.to_owned(), planted.len());
        let share = |of: usize| if of == 0 { 1.0 } else { n_right as f64 / of as f64 };
        println!(
            "  {what:<34} precision {:.4} ({n_right}/{})  recall {:.4} ({n_right}/{})",
            share(found.len()),
            found.len(),
            share(planted.len()),
            planted.len()
        );
        let sample = |set: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
            set.difference(other).take(8).map(|it| format!("      {it}")).collect()
        };
        let (missed, invented) = (sample(&planted, &found), sample(&found, &planted));
        if !missed.is_empty() || !invented.is_empty() {
            self.mistakes.push(format!(
                "{what}\n    planted and not found ({}):\n{}\n    found and not planted ({}):\n{}",
                planted.len() - n_right,
                missed.join("\n"),
                found.len() - n_right,
                invented.join("\n")
            ));
        }
    }

    fn finish(self) {
        assert!(self.mistakes.is_empty(), "\n{}", self.mistakes.join("\n"));
    }
}

/// What Rollcall made of the snapshot.
struct Found<'a>(&'a Analysis);

impl<'a> Found<'a> {
    fn text(&self, sym: Sym) -> &'a str {
        self.0.snapshot.strings.get(sym)
    }

    fn identities(&self) -> impl Iterator<Item = (usize, &'a str, &'a Identity)> {
        let identities = self.0.snapshot.identities.iter().enumerate();
        identities.map(|(index, identity)| (index, self.0.snapshot.strings.get(identity.id), identity))
    }

    fn source(&self, credential: &Credential) -> &'a str {
        &self.0.snapshot.source(credential.source).name
    }

    /// The sources whose exports list an identity.
    fn sources(&self, identity: &Identity) -> BTreeSet<&'a str> {
        let snapshot = &self.0.snapshot;
        let facts = snapshot.facts_of(identity).iter();
        facts
            .filter(|fact| fact.fact.presence == Presence::Listed)
            .map(|fact| snapshot.source(snapshot.file(fact.file).source).name.as_str())
            .collect()
    }
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or("-")
}

/// What Rollcall calls each kind of the vendors' words: kind, class and origin.
fn expected_kind(kind: &str) -> (&'static str, &'static str, &'static str) {
    match kind {
        "iam_user" => ("user", "NonHuman", "Estate"),
        "iam_user_not_in_report" => ("user", "Unknown", "Estate"),
        "human_user" => ("user", "Human", "Estate"),
        "root_account" => ("root", "NonHuman", "Estate"),
        "role" => ("role", "NonHuman", "Estate"),
        "service_linked_role" => ("role", "NonHuman", "Platform"),
        "application" => ("application", "NonHuman", "Estate"),
        "third_party_application" => ("application", "NonHuman", "ThirdParty"),
        "first_party_principal" => ("application", "NonHuman", "Platform"),
        "managed_identity" => ("managed_identity", "NonHuman", "Estate"),
        "ai_agent" => ("agent", "NonHuman", "Estate"),
        "service_account" | "gcp_service_account" | "directory_account" | "os_account" => {
            ("service_account", "NonHuman", "Estate")
        }
        "control_plane_account" => ("service_account", "NonHuman", "Platform"),
        "tls_host" | "mesh_workload" => ("workload", "NonHuman", "Estate"),
        "device" => ("device", "NonHuman", "Estate"),
        "rpa_robot" => ("robot", "NonHuman", "Estate"),
        "database_role" => ("database_account", "NonHuman", "Estate"),
        "saas_application" => ("application", "NonHuman", "Estate"),
        "api_token" | "deploy_key" | "personal_access_token" => ("unclassified", "NonHuman", "Estate"),
        "pipeline_token" => ("pipeline", "NonHuman", "Estate"),
        other => panic!("the test knows no identity `{other}`"),
    }
}

/// The public id of an identity that the truth names in its vendor's words.
fn public_id(kind: &str, id: &str) -> String {
    let prefix = match kind {
        "application" | "third_party_application" | "first_party_principal" | "managed_identity" => "entra:app/",
        "ai_agent" => "entra:object/",
        "gcp_service_account" => "gcp:",
        "service_account" | "control_plane_account" => "k8s:",
        "tls_host" | "device" => "cert:",
        "directory_account"
        | "os_account"
        | "rpa_robot"
        | "database_role"
        | "saas_application"
        | "api_token"
        | "deploy_key"
        | "pipeline_token"
        | "personal_access_token" => "local:",
        _ => "",
    };
    format!("{prefix}{id}")
}

/// The planted identities with their public ids.
fn planted_identities(planted: &Value) -> impl Iterator<Item = (String, &Value)> {
    let listed = list(&planted["identities"], "listed").iter();
    listed.map(|identity| (public_id(text(identity, "kind"), text(identity, "id")), identity))
}

fn identities(planted: &Value, found: &Found<'_>, scores: &mut Scores) {
    scores.compare(
        "identity: kind, class, origin",
        planted_identities(planted)
            .map(|(id, it)| format!("{id} {:?}", expected_kind(text(it, "kind"))))
            .collect(),
        found
            .identities()
            .map(|(_, id, it)| {
                let words = (it.kind.id(), &*format!("{:?}", it.class), &*format!("{:?}", it.origin));
                format!("{id} {words:?}")
            })
            .collect(),
    );
    scores.compare(
        "identity: listed by",
        planted_identities(planted)
            .flat_map(|(id, it)| list(it, "sources").iter().map(move |source| format!("{id} {source}")))
            .map(|sentence| sentence.replace('"', ""))
            .collect(),
        found
            .identities()
            .flat_map(|(_, id, it)| {
                found
                    .sources(it)
                    .into_iter()
                    .map(move |source| format!("{id} {source}"))
            })
            .collect(),
    );
    scores.compare(
        "identity: enabled",
        planted_identities(planted)
            .filter(|(_, it)| it["enabled"].is_boolean())
            .map(|(id, it)| format!("{id} {}", it["enabled"]))
            .collect(),
        found
            .identities()
            .filter(|(.., it)| it.status != Status::Unknown)
            .map(|(_, id, it)| format!("{id} {}", it.status == Status::Active))
            .collect(),
    );
    scores.compare(
        "identity: last use",
        planted_identities(planted)
            .filter(|(_, it)| it["last_used_at"].is_string())
            .map(|(id, it)| format!("{id} {}", text(it, "last_used_at")))
            .collect(),
        found
            .identities()
            .filter_map(|(_, id, it)| match it.last_used {
                LastUsed::At(at) => Some(format!("{id} {at}")),
                LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
            })
            .collect(),
    );
    scores.compare(
        "identity: administrator",
        planted_identities(planted)
            .filter(|(_, it)| it["administrator"] == true && expected_kind(text(it, "kind")).1 == "NonHuman")
            .map(|(id, _)| id)
            .collect(),
        found.judged("privilege.admin", Verdict::Fail),
    );
}

impl Found<'_> {
    /// The ids of the identities that a KPI judges so.
    fn judged(&self, kpi: &str, verdict: Verdict) -> BTreeSet<String> {
        let (_, judge) = formulas::judge(kpi).unwrap();
        self.identities()
            .filter(|(index, ..)| judge(self.0, *index) == Some(verdict))
            .map(|(_, id, _)| id.to_owned())
            .collect()
    }
}

/// Whether an identity counts for governance: not a person's and not the platform's.
fn is_in_scope(identity: &Value) -> bool {
    let (_, class, origin) = expected_kind(text(identity, "kind"));
    class == "NonHuman" && origin != "Platform"
}

fn governance(planted: &Value, found: &Found<'_>, scores: &mut Scores) {
    let owner = |state: OwnerState| match state {
        OwnerState::Active | OwnerState::Recorded => "active",
        OwnerState::Unresolved => "unresolved",
        OwnerState::Left => "left",
        OwnerState::Absent => "absent",
    };
    scores.compare(
        "identity: owner's state",
        planted_identities(planted)
            .map(|(id, it)| format!("{id} {}", text(it, "owner")))
            .collect(),
        found
            .identities()
            .map(|(_, id, it)| format!("{id} {}", owner(it.owner.state)))
            .collect(),
    );
    scores.compare(
        "identity: environment",
        planted_identities(planted)
            .map(|(id, it)| format!("{id} {}", text(it, "environment")))
            .collect(),
        found
            .identities()
            .map(|(_, id, it)| format!("{id} {}", it.environment.map_or("-", |sym| found.text(sym))))
            .collect(),
    );
    scores.compare(
        "identity: purpose",
        planted_identities(planted)
            .filter(|(_, it)| it["has_purpose"] == true)
            .map(|(id, _)| id)
            .collect(),
        found
            .identities()
            .filter(|(.., it)| it.purpose.is_some())
            .map(|(_, id, _)| id.to_owned())
            .collect(),
    );
    let days = |it: &Value| {
        let reviewed_at = Instant::from_text(it["reviewed_on"].as_str()?)?;
        Some(reviewed_at.days_until(found.0.snapshot.as_of))
    };
    for (what, verdict, first, last) in [
        ("identity: reviewed in time", Verdict::Pass, 0, 92),
        ("identity: review overdue", Verdict::Fail, 93, i64::MAX),
        ("identity: review yet to come", Verdict::Unknown, i64::MIN, -1),
    ] {
        scores.compare(
            what,
            planted_identities(planted)
                .filter(|(_, it)| is_in_scope(it) && days(it).is_some_and(|days| (first..=last).contains(&days)))
                .map(|(id, _)| id)
                .collect(),
            found.judged("review.overdue", verdict),
        );
    }
    let (rotation, governed) = oracle(planted, found);
    for (kpi, expected) in [("rotation", rotation), ("governed", governed)] {
        for (word, verdict) in [
            ("pass", Verdict::Pass),
            ("fail", Verdict::Fail),
            ("unknown", Verdict::Unknown),
        ] {
            scores.compare(
                &format!("{kpi}: {word}"),
                expected
                    .iter()
                    .filter(|(_, expected)| **expected == verdict)
                    .map(|(id, _)| id.clone())
                    .collect(),
                found.judged(kpi, verdict),
            );
        }
    }
    scores.compare(
        "conflicts",
        list(&planted["conflicts"], "listed")
            .iter()
            .map(|it| {
                let public = planted_identities(planted).find(|(_, identity)| identity["id"] == it["id"]);
                format!("{} {}", public.unwrap().0, text(it, "field"))
            })
            .collect(),
        (found.0.snapshot.conflicts.iter())
            .map(|it| {
                let identity = found.0.snapshot.identity(it.identity);
                format!("{} {}", found.text(identity.id), it.field.id())
            })
            .collect(),
    );
}

type Verdicts = BTreeMap<String, Verdict>;

/// The criteria of `kpis.md`, worked out from the truth alone: rotation, and all of them together.
fn oracle(planted: &Value, found: &Found<'_>) -> (Verdicts, Verdicts) {
    let as_of = Instant::from_text(text(planted, "as_of")).unwrap();
    let mut by_holder: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for credential in list(&planted["credentials"], "listed") {
        for holder in list(credential, "holders") {
            by_holder.entry(holder.as_str().unwrap()).or_default().push(credential);
        }
    }
    // Certificates name their holders themselves.
    let mut certified: BTreeMap<String, Vec<(Instant, Expiry)>> = BTreeMap::new();
    for credential in &found.0.snapshot.credentials {
        if let (Some(certificate), Some(holder)) = (&credential.certificate, credential.holders.first()) {
            let id = found.text(found.0.snapshot.identity(*holder).id);
            let dates = (certificate.not_before, certificate.not_after);
            certified.entry(id.to_owned()).or_default().push(dates);
        }
    }
    let (mut rotation, mut governed) = (Verdicts::new(), Verdicts::new());
    for (id, identity) in planted_identities(planted).filter(|(_, identity)| is_in_scope(identity)) {
        let own = by_holder.get(text(identity, "id")).into_iter().flatten();
        let mut verdict = match text(identity, "credentials") {
            "known" => Verdict::Pass,
            _ => Verdict::Unknown,
        };
        let mut n_credentials = 0;
        let mut credential_verdict = Verdict::Pass;
        for credential in own {
            n_credentials += 1;
            credential_verdict = credential_verdict.and(in_time(credential, as_of));
        }
        for (start, end) in certified.get(&id).into_iter().flatten() {
            n_credentials += 1;
            let Expiry::At(end) = end else {
                panic!("every generated certificate ends")
            };
            if *end > as_of {
                let is_short = start.days_until(*end) <= 365;
                credential_verdict = credential_verdict.and(Verdict::of(Some(is_short)));
            }
        }
        if n_credentials > 0 {
            verdict = credential_verdict;
        }
        let owner = match text(identity, "owner") {
            "active" => Verdict::Pass,
            "unresolved" => Verdict::Unknown,
            _ => Verdict::Fail,
        };
        let reviewed = match identity["reviewed_on"].as_str().and_then(Instant::from_text) {
            None => Verdict::Fail,
            Some(at) if at > as_of => Verdict::Unknown,
            Some(at) => Verdict::of(Some(at.days_until(as_of) <= 92)),
        };
        let all = verdict
            .and(owner)
            .and(reviewed)
            .and(Verdict::of(Some(identity["has_purpose"] == true)))
            .and(Verdict::of(Some(identity["environment"].is_string())));
        rotation.insert(id.clone(), verdict);
        governed.insert(id, all);
    }
    (rotation, governed)
}

/// Whether one planted credential is inside its maximum age or lifetime.
fn in_time(credential: &Value, as_of: Instant) -> Verdict {
    if !matches!(text(credential, "status"), "active" | "unknown") {
        return Verdict::Pass;
    }
    let max_age_days = match text(credential, "kind") {
        "federation" => return Verdict::Pass,
        "access_key" | "gcp_key" | "saas_api_key" | "personal_access_token" => Some(90),
        "client_secret" | "saas_client_secret" => Some(180),
        "deploy_key" => Some(365),
        "client_certificate" | "service_account_token" | "console_password" | "account_password" | "pipeline_token" => {
            None
        }
        other => panic!("the test knows no credential `{other}`"),
    };
    let created_at = credential["created_at"].as_str().and_then(Instant::from_text);
    let expires_at = credential["expires_at"].as_str().and_then(Instant::from_text);
    Verdict::of(match (max_age_days, created_at, expires_at) {
        // A day is short-lived, whatever the kind.
        (_, Some(start), Some(end)) if end.0 - start.0 <= 86_400 => Some(true),
        (Some(days), Some(start), _) => Some(start.days_until(as_of) <= days),
        (Some(_), None, _) => None,
        (None, Some(start), Some(end)) => Some(start.days_until(end) <= 365),
        (None, Some(start), None) => Some(start.days_until(as_of) <= 365),
        (None, None, None) if text(credential, "expires_at") == "never" => Some(false),
        (None, None, _) => None,
    })
}

/// The id and kind under which Rollcall shows a planted credential.
fn shown_credential(credential: &Value) -> (String, &'static str) {
    let id = text(credential, "id");
    let of_list = |kind| {
        let (holder, _) = id.rsplit_once('#').unwrap();
        (format!("csv:{holder}/{kind}"), kind)
    };
    match text(credential, "kind") {
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

fn credentials(planted: &Value, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let planted_credentials = || list(&planted["credentials"], "listed").iter();
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
                    let of = planted_identities(planted).find(|(_, identity)| identity["id"] == *holder);
                    format!("{} {}", shown_credential(it).0, of.unwrap().0)
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
    // One certificate that a script installed on several applications.
    let mut sharing: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let is_active = |app: &str| {
        planted_credentials().any(|it| {
            text(it, "kind") == "client_certificate" && it["holders"][0] == app && text(it, "status") == "active"
        })
    };
    for it in list(&planted["problems"]["shared_credential"], "listed") {
        if is_active(text(it, "subject")) {
            let app = format!("entra:app/{}", text(it, "subject"));
            sharing.entry(text(it, "detail")).or_default().insert(app);
        }
    }
    let (_, has_one_holder) = formulas::judge("credential.shared").unwrap();
    scores.compare(
        "credential: shared",
        sharing.into_values().filter(|apps| apps.len() > 1).flatten().collect(),
        (found.0.snapshot.credentials.iter().enumerate())
            .filter(|(index, _)| has_one_holder(found.0, *index) == Some(Verdict::Fail))
            .flat_map(|(_, it)| &it.holders)
            .map(|holder| found.text(found.0.snapshot.identity(*holder).id).to_owned())
            .collect(),
    );
}

fn certificates(planted: &Value, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let planted_certificates = || list(&planted["certificates"], "listed").iter();
    let found_certificates = || {
        let credentials = found.0.snapshot.credentials.iter();
        credentials.filter_map(|it| Some((it, it.certificate.as_deref()?)))
    };
    let bucket = |end: Expiry| match end {
        Expiry::At(end) if end <= as_of => "expired",
        Expiry::At(end) => [7, 14, 30, 47, 60, 90]
            .into_iter()
            .zip(["le_7", "le_14", "le_30", "le_47", "le_60", "le_90"])
            .find(|(days, _)| end.0 - as_of.0 <= days * 86_400)
            .map_or("later", |(_, bucket)| bucket),
        Expiry::Never | Expiry::NotReported => "no end",
    };
    scores.compare(
        "certificate: expiry",
        planted_certificates()
            .map(|it| format!("{} {}", text(it, "sha256"), text(it, "expiry")))
            .collect(),
        found_certificates()
            .map(|(_, it)| format!("{} {}", found.text(it.sha256), bucket(it.not_after)))
            .collect(),
    );
    scores.compare(
        "certificate: in every place",
        planted_certificates()
            .flat_map(|it| {
                let places = list(it, "places").iter().filter_map(Value::as_str);
                places.map(|place| {
                    let (source, rest) = place.split_once('/').unwrap();
                    let kind = match rest {
                        "tomcat-legacy.jks" | "partners.p12" => rest,
                        _ => "file",
                    };
                    format!("{} {source} {kind}", text(it, "sha256"))
                })
            })
            .collect(),
        found_certificates()
            .flat_map(|(credential, it)| {
                credential.evidence.iter().map(|place| {
                    let file = found.0.snapshot.file(place.file);
                    let kind = match file.path.as_str() {
                        path @ ("tomcat-legacy.jks" | "partners.p12") => path,
                        _ => "file",
                    };
                    let source = &found.0.snapshot.source(file.source).name;
                    format!("{} {source} {kind}", found.text(it.sha256))
                })
            })
            .collect(),
    );
    let (_, is_strong) = formulas::judge("certificate.strength").unwrap();
    scores.compare(
        "certificate: weak",
        planted_certificates()
            .filter(|it| it["weak"] == true)
            .map(|it| text(it, "sha256").to_owned())
            .collect(),
        (found.0.certificates.iter().enumerate())
            .filter(|(row, _)| is_strong(found.0, *row) == Some(Verdict::Fail))
            .filter_map(|(_, id)| found.0.snapshot.credential(*id).certificate.as_deref())
            .map(|it| found.text(it.sha256).to_owned())
            .collect(),
    );
    for (what, join, verdict) in [
        ("certificate: new key", "renewed_with_new_key", Verdict::Pass),
        ("certificate: same key", "renewed_with_same_key", Verdict::Fail),
    ] {
        scores.compare(
            what,
            list(&planted["joins"][join], "listed")
                .iter()
                .map(|it| text(it, "right").to_owned())
                .collect(),
            (found.0.rekeyed.iter())
                .filter(|(_, found)| **found == verdict)
                .filter_map(|(id, _)| found.0.snapshot.credential(*id).certificate.as_deref())
                .map(|it| found.text(it.sha256).to_owned())
                .collect(),
        );
    }
    // Entra keeps the dates of a certificate and not its bytes; everything else is a certificate that was seen.
    scores.compare(
        "certificate: no other",
        list(&planted["credentials"], "listed")
            .iter()
            .filter(|it| text(it, "kind") == "client_certificate")
            .map(|it| format!("entra:{}", text(it, "id")))
            .collect(),
        (found.0.snapshot.credentials.iter())
            .filter(|it| it.kind == CredentialKind::Certificate && it.certificate.is_none())
            .map(|it| {
                format!(
                    "{}{}",
                    found.text(it.key),
                    if found.source(it).starts_with("entra") { "" } else { "!" }
                )
            })
            .collect(),
    );
    assert!(
        found_certificates().any(|(_, it)| it.role == CertificateRole::Authority),
        "the issuing authorities are there too"
    );
}

fn joins(planted: &Value, found: &Found<'_>, scores: &mut Scores) {
    let pairs = |kinds: &[&str], left: fn(&str) -> String, right: fn(&str) -> String| -> BTreeSet<String> {
        kinds
            .iter()
            .flat_map(|kind| list(&planted["joins"][*kind], "listed"))
            .map(|join| format!("{} -> {}", left(text(join, "left")), right(text(join, "right"))))
            .collect()
    };
    let plain = |id: &str| id.to_owned();
    let workload = |id: &str| format!("k8s:{id}");
    let app = |id: &str| format!("entra:app/{id}");
    let account = |id: &str| format!("gcp:{id}");
    // (actor when an export lists it, actor as written, target)
    let trusts: Vec<(Option<&str>, Principal, &str)> = (found.0.snapshot.trusts.iter())
        .filter_map(|trust| {
            let id = |id| found.text(found.0.snapshot.identity(id).id);
            Some((trust.actor_identity.map(id), trust.actor, id(trust.target_identity?)))
        })
        .collect();
    let from_to = |actor: &str, target: &str| -> BTreeSet<String> {
        trusts
            .iter()
            .filter_map(|(from, _, to)| Some((from.filter(|from| from.starts_with(actor))?, to)))
            .filter(|(_, to)| to.starts_with(target))
            .map(|(from, to)| format!("{from} -> {to}"))
            .collect()
    };
    scores.compare(
        "workload -> AWS role",
        pairs(&["irsa", "pod_identity"], workload, plain),
        from_to("k8s:", "arn:aws:"),
    );
    scores.compare(
        "workload -> Google account",
        pairs(&["gke_workload_identity"], workload, account),
        from_to("k8s:", "gcp:"),
    );
    scores.compare(
        "workload -> Entra application",
        pairs(&["azure_workload_identity"], workload, app),
        from_to("k8s:", "entra:"),
    );
    scores.compare(
        "role -> role",
        pairs(&["role_to_role"], plain, plain),
        from_to("arn:aws:", "arn:aws:"),
    );
    let mut github = pairs(&["github_to_aws"], plain, plain);
    github.extend(pairs(&["github_to_entra"], plain, app));
    github.extend(pairs(&["github_to_gcp"], plain, account));
    scores.compare(
        "GitHub -> cloud identity",
        github,
        trusts
            .iter()
            .filter_map(|(_, actor, to)| match actor {
                Principal::Federated {
                    issuer,
                    subject: Some(subject),
                } if found.text(*issuer).contains("github") => {
                    Some(format!("{}#{} -> {to}", found.text(*issuer), found.text(*subject)))
                }
                _ => None,
            })
            .collect(),
    );
    let mut accounts = pairs(&["account_to_role", "vendor_to_role"], plain, plain);
    let open = list(&planted["problems"]["external_trust_without_condition"], "listed");
    accounts.extend(
        open.iter()
            .filter(|it| text(it, "detail") != "*")
            .map(|it| format!("{} -> {}", text(it, "detail"), text(it, "subject"))),
    );
    scores.compare(
        "account -> AWS role",
        accounts,
        trusts
            .iter()
            .filter_map(|(_, actor, to)| match actor {
                Principal::Account(account) => Some(format!("{} -> {to}", found.text(*account))),
                _ => None,
            })
            .collect(),
    );
    scores.compare(
        "trust to the outside, unguarded",
        open.iter().map(|it| text(it, "subject").to_owned()).collect(),
        (found.0.snapshot.trusts.iter())
            .filter(|trust| formulas::is_guarded(trust) == Some(Verdict::Fail))
            .map(|trust| found.text(trust.target.text).to_owned())
            .collect(),
    );
    assert!(
        (found.0.snapshot.trusts.iter()).any(|trust| trust.reach == TrustReach::Inside),
        "trusts of the company's own accounts are inside"
    );
}

fn sources(planted: &Value, truth: &Value, found: &Found<'_>, scores: &mut Scores) {
    let planted_sources = || planted["sources"].as_object().unwrap().iter();
    let own = || {
        let sources = found.0.snapshot.sources.iter();
        sources.filter(|source| !source.name.is_empty())
    };
    scores.compare(
        "source: environment",
        planted_sources()
            .map(|(name, it)| format!("{name} {}", text(it, "environment")))
            .collect(),
        own()
            .map(|it| format!("{} {}", it.name, it.environment.map_or("-", |sym| found.text(sym))))
            .collect(),
    );
    scores.compare(
        "source: partial",
        planted_sources()
            .filter(|(_, it)| !list(it, "partial").is_empty())
            .map(|(name, _)| name.clone())
            .collect(),
        own()
            .filter(|it| !it.gaps.is_empty())
            .map(|it| it.name.clone())
            .collect(),
    );
    let doubts = answers::overview(found.0).doubts;
    let doubted = |reason: &str| -> BTreeSet<String> {
        let doubts = doubts.iter().filter(|doubt| doubt.reason.contains(reason));
        doubts.map(|doubt| doubt.source.clone()).collect()
    };
    scores.compare(
        "source: stale",
        planted_sources()
            .filter(|(_, it)| it["stale"] == true)
            .map(|(name, _)| name.clone())
            .collect(),
        doubted("days older than the snapshot"),
    );
    scores.compare(
        "source: missing",
        list(truth, "expected_sources_missing")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        doubted("expected, but not in this snapshot"),
    );
    scores.compare(
        "file: unrecognised",
        list(&planted["files"], "faults")
            .iter()
            .filter(|it| text(it, "fault") == "unrecognised")
            .map(|it| text(it, "file").to_owned())
            .collect(),
        (found.0.snapshot.files.iter())
            .filter(|file| file.connector.is_none())
            .map(|file| format!("{}/{}", found.0.snapshot.source(file.source).name, file.path))
            .collect(),
    );
}

/// Every number follows from the rows; these are counted without them.
fn numbers(planted: &Value, found: &Found<'_>, scores: &mut Scores) {
    let kpis = answers::kpis(found.0, &[]);
    let value = |id: &str| kpis.kpis.iter().find(|kpi| kpi.id == id).and_then(|kpi| kpi.value);
    let n_unclassified = planted["by_kind"]["iam_user_not_in_report"].as_f64().unwrap_or(0.0);
    let n_agents = planted["by_kind"]["ai_agent"].as_f64().unwrap();
    let n_nhis = planted["n_nhis"].as_f64().unwrap() - n_unclassified;
    let n_certificates = planted["certificates"]["distinct"].as_f64().unwrap()
        + list(&planted["credentials"], "listed")
            .iter()
            .filter(|it| text(it, "kind") == "client_certificate")
            .count() as f64;
    // Each was given the one right that makes it an administrator once, for good.
    let n_administrators = planted_identities(planted)
        .filter(|(_, it)| it["administrator"] == true && is_in_scope(it))
        .count();
    let n_listed = kpis
        .kpis
        .iter()
        .find(|kpi| kpi.id == "certificate.expiry")
        .and_then(|kpi| kpi.population);
    scores.compare(
        "numbers",
        BTreeSet::from([
            format!("nhi.total {n_nhis}"),
            format!("agent.total {n_agents}"),
            format!("human.total {}", planted["n_people"]),
            format!("certificate.expiry {n_certificates}"),
            format!("privilege.standing {n_administrators}"),
        ]),
        BTreeSet::from([
            format!("nhi.total {}", value("nhi.total").unwrap()),
            format!("agent.total {}", value("agent.total").unwrap()),
            format!("human.total {}", value("human.total").unwrap()),
            format!("certificate.expiry {}", n_listed.unwrap()),
            format!("privilege.standing {}", value("privilege.standing").unwrap()),
        ]),
    );
}

/// The folder of an estate is read as any user's is.
#[test]
fn a_generated_estate_opens() {
    let folder = estate(&options(super::TINY, 1, 2, 0.15));
    let opened = Estate::open(Path::new(folder.path())).unwrap();
    assert_eq!(opened.snapshots.len(), 2);
    assert_eq!(opened.config.estate_name.as_deref(), Some("Halden Logistics"));
}
