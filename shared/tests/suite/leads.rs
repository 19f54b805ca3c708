//! Leads from activity: what stands out against an identity's own habits, and what must not.

use serde_json::{Value, json};
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::config::Config;
use shared::kpi::formulas;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::ratio::Verdict;

use crate::support::read;

const NAMES: [&str; 5] = ["steady", "moved", "night-job", "young", "clicked"];

fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

fn account() -> String {
    let role = |name: &&str| {
        json!({
            "Path": "/", "RoleName": name, "RoleId": format!("AROA{name}"), "Arn": arn(name),
            "CreateDate": "2024-05-01T09:00:00Z",
            "AssumeRolePolicyDocument": { "Version": "2012-10-17", "Statement": [] },
            "InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [], "Tags": []
        })
    };
    let roles: Vec<Value> = NAMES.iter().map(role).collect();
    json!({ "UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": [] }).to_string()
}

/// One call of a role: on a day of 2026, to a service, in a Region, from an address, by a program.
fn event(name: &str, day: &str, service: &str, region: &str, address: &str, agent: &str) -> Value {
    json!({
        "eventVersion": "1.09", "eventTime": format!("2026-{day}T10:00:00Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": "Get", "awsRegion": region,
        "sourceIPAddress": address, "userAgent": agent,
        "userIdentity": { "type": "AssumedRole", "sessionContext": { "sessionIssuer": { "arn": arn(name) } } }
    })
}

fn usual(name: &str, day: &str) -> Value {
    event(name, day, "s3", "eu-west-1", "198.51.100.7", "Boto3/1.34.1 Python/3.12")
}

fn log() -> Vec<Value> {
    let days = ["09-11", "09-14", "09-15", "09-17", "09-18", "09-20"];
    let mut events: Vec<Value> = Vec::new();
    for name in ["steady", "moved", "night-job"] {
        events.extend(days.map(|day| usual(name, day)));
    }
    for name in ["steady", "moved"] {
        events.extend(["10-05", "10-12", "10-19", "10-30"].map(|day| usual(name, day)));
    }
    // Another address of the same network, and a later version, are nothing new; AWS's own calls are nobody's network.
    events.push(event(
        "steady",
        "10-29",
        "s3",
        "eu-west-1",
        "198.51.100.200",
        "Boto3/1.35.0",
    ));
    events.push(event(
        "steady",
        "10-29",
        "s3",
        "eu-west-1",
        "cloudformation.amazonaws.com",
        "cloudformation.amazonaws.com",
    ));
    events.push(event("moved", "10-29", "kms", "eu-west-3", "192.0.2.9", "curl/8.5.0"));
    events.push(usual("night-job", "10-30"));
    events.push(event("young", "10-29", "kms", "eu-west-3", "192.0.2.9", "curl/8.5.0"));
    events.push(event(
        "clicked",
        "10-28",
        "s3",
        "eu-west-1",
        "192.0.2.9",
        "Mozilla/5.0 (X11; Linux x86_64)",
    ));
    events
}

fn estate(logs: &[&[Value]]) -> Analysis {
    let mut files = vec![read("aws-prod", "authorization.json", account().as_bytes())];
    for (at, events) in logs.iter().enumerate() {
        let text = json!({ "Records": events }).to_string();
        files.push(read("aws-prod", &format!("trail-{at}.json"), text.as_bytes()));
    }
    let config = Config::default();
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    analyze(merge(files, as_of, &config), &config)
}

fn found(analysis: &Analysis) -> Vec<String> {
    let leads = answers::leads(analysis).leads.into_iter();
    leads
        .map(|lead| format!("{} {} {}", lead.name, lead.kind, lead.value))
        .collect()
}

#[test]
fn what_was_never_seen_before_is_a_lead() {
    let analysis = estate(&[&log()]);
    assert_eq!(
        found(&analysis),
        [
            "clicked human_user_agent browser",
            "night-job after_silence 2026-10-30",
            "moved new_service kms",
            "moved new_region eu-west-3",
            "moved new_network 192.0.2.0/24",
            "moved new_user_agent curl",
        ]
    );
    let leads = answers::leads(&analysis);
    assert_eq!((leads.n_identities, leads.n_without_baseline), (5, 2));
    let reach = [leads.active_from, leads.active_until].map(|at| at.unwrap().to_date_text());
    assert_eq!(reach, ["2026-09-11", "2026-10-30"]);
    let sentences: Vec<_> = leads.leads.iter().map(|lead| lead.sentence.as_str()).collect();
    assert_eq!(
        sentences[..3],
        [
            "Somebody used it with a browser on 2026-10-28, and it is no person's.",
            "It was active on 2026-10-30, after 40 days without a trace.",
            "It used kms on 2026-10-29, and on none of the 9 days before on which it was active.",
        ]
    );
    let verdict = |name: &str| {
        let index = analysis.snapshot.find(&arn(name)).unwrap().0 as usize;
        formulas::judge("anomaly.leads").unwrap().1(&analysis, index)
    };
    // Of a young one no habit is known; a steady one is in no list, and none of them fails anything.
    assert_eq!(
        NAMES.map(verdict),
        [
            None,
            Some(Verdict::Pass),
            Some(Verdict::Pass),
            Some(Verdict::Unknown),
            Some(Verdict::Pass),
        ]
    );
}

/// A log is written in many files, whose order means nothing.
#[test]
fn files_of_a_log_are_one_log() {
    let events = log();
    let (first, second) = events.split_at(events.len() / 2);
    let whole = found(&estate(&[&events]));
    assert_eq!(found(&estate(&[first, second])), whole);
    assert_eq!(found(&estate(&[second, first])), whole);
    let mut turned = events.clone();
    turned.reverse();
    assert_eq!(found(&estate(&[&turned])), whole);
}

/// A log that ends earlier than another has last days of its own, and one event of the future moves no end.
#[test]
fn every_source_has_an_end_of_its_own() {
    let with = |extra: Vec<FileBatch>| {
        let mut files = vec![read("aws-prod", "authorization.json", account().as_bytes())];
        let events = log();
        let early = events
            .iter()
            .filter(|event| event["eventTime"].as_str() < Some("2026-10-20"));
        let mut events: Vec<Value> = early.cloned().collect();
        events.push(event("moved", "10-20", "kms", "eu-west-3", "192.0.2.9", "curl/8.5.0"));
        let text = json!({ "Records": events }).to_string();
        files.push(read("aws-prod", "trail.json", text.as_bytes()));
        files.extend(extra);
        let config = Config::default();
        let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
        found(&analyze(merge(files, as_of, &config), &config))
    };
    let alone = with(Vec::new());
    assert!(alone.contains(&"moved new_service kms".to_owned()), "{alone:?}");
    let role = account().replace("111122223333", "444455556666");
    let other = usual("steady", "10-31")
        .to_string()
        .replace("111122223333", "444455556666");
    let other = json!({ "Records": [serde_json::from_str::<Value>(&other).unwrap()] }).to_string();
    let beside = vec![
        read("aws-lab", "authorization.json", role.as_bytes()),
        read("aws-lab", "trail.json", other.as_bytes()),
    ];
    assert_eq!(with(beside), alone);
    let mut future = usual("steady", "10-20");
    future["eventTime"] = json!("2027-03-01T10:00:00Z");
    let future = json!({ "Records": [future] }).to_string();
    assert_eq!(with(vec![read("aws-prod", "future.json", future.as_bytes())]), alone);
}

#[test]
fn without_a_log_nothing_is_claimed() {
    let leads = answers::leads(&estate(&[]));
    assert!(leads.not_measured.is_some() && leads.leads.is_empty() && leads.n_identities == 0);
}

/// Logs of other platforms are held to the same measure. All of them show the same days, and on the last of them something
/// new.
#[test]
fn every_platform_has_a_log() {
    let usual_days = ["10-01", "10-04", "10-05", "10-07", "10-08", "10-10"].map(|day| (day, "198.51.100.7", "old"));
    let days = || usual_days.into_iter().chain([("10-29", "203.0.113.9", "new")]);
    let lines = |line: &dyn Fn(&str, &str, &str) -> Value| -> Vec<Value> {
        days()
            .map(|(day, address, what)| line(&format!("2026-{day}T10:00:00Z"), address, what))
            .collect()
    };
    let text = |lines: Vec<Value>| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let email = "loader@acme-prod.iam.gserviceaccount.com";
    let (app, object) = (
        "aaaa0000-0000-4000-8000-000000000001",
        "bbbb0000-0000-4000-8000-000000000001",
    );
    let files = [
        ("k8s", "objects.json", json!({ "apiVersion": "v1", "kind": "ServiceAccount", "metadata": { "name": "api", "namespace": "shop" } }).to_string()),
        ("k8s", "audit.log", text(lines(&|at, address, what| json!({
            "kind": "Event", "auditID": "1", "stage": "ResponseComplete", "verb": "get", "stageTimestamp": at,
            "user": { "username": "system:serviceaccount:shop:api" }, "sourceIPs": [address],
            "objectRef": { "resource": format!("{what}things") }, "responseStatus": { "code": 200 }
        })))),
        ("gcp", "service-accounts.json", json!([{
            "email": email, "name": format!("projects/acme-prod/serviceAccounts/{email}"), "projectId": "acme-prod",
            "uniqueId": "1001", "oauth2ClientId": "1001", "displayName": "loader"
        }]).to_string()),
        ("gcp", "audit-log.json", Value::from(lines(&|at, address, what| json!({
            "logName": "projects/acme-prod/logs/cloudaudit.googleapis.com%2Factivity", "timestamp": at,
            "resource": { "labels": { "location": format!("{what}-west1") } },
            "protoPayload": {
                "authenticationInfo": { "principalEmail": email }, "serviceName": "storage.googleapis.com",
                "requestMetadata": { "callerIp": address, "callerSuppliedUserAgent": "gcloud/470" }
            }
        }))).to_string()),
        ("entra", "service-principals.json", json!([{
            "id": object, "appId": app, "displayName": "billing", "servicePrincipalType": "Application", "accountEnabled": true,
            "appOwnerOrganizationId": "cccc0000-0000-4000-8000-000000000001"
        }]).to_string()),
        ("entra", "sign-ins.json", json!({ "value": lines(&|at, address, what| json!({
            "createdDateTime": at, "appId": app, "servicePrincipalId": object, "ipAddress": address, "userAgent": "",
            "resourceDisplayName": format!("{what} API"), "status": { "errorCode": 0 }, "location": { "countryOrRegion": "IE" }
        })) }).to_string()),
    ];
    let files = files
        .iter()
        .map(|(source, name, text)| read(source, name, text.as_bytes()))
        .collect();
    let config = Config::default();
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    let mut found = found(&analyze(merge(files, as_of, &config), &config));
    found.sort();
    assert_eq!(
        found,
        [
            "billing new_network 203.0.113.0/24",
            "billing new_service new API",
            "loader new_network 203.0.113.0/24",
            "loader new_region new-west1",
            "shop/api new_network 203.0.113.0/24",
            "shop/api new_service newthings",
        ]
    );
}
