//! Leads from activity: what stands out against an identity's own habits, and what must not.

use serde_json::{Value, json};
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::config::Config;
use shared::kpi::formulas;
use shared::merge::{AsOf, merge};
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

#[test]
fn without_a_log_nothing_is_claimed() {
    let leads = answers::leads(&estate(&[]));
    assert!(leads.not_measured.is_some() && leads.leads.is_empty() && leads.n_identities == 0);
}
