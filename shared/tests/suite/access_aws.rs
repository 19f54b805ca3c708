//! Effective access on AWS: the vendor's published examples, the counter-examples that catch other tools, and small
//! random policies against an oracle that tries everything.

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::access::Access;
use shared::access::aws::standing::SENSITIVE;
use shared::access::decision::{Decision, Dependency, Holds, Outcome, Says};
use shared::access::standing::Tier;
use shared::config::Config;
use shared::connectors;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::snapshot::{IdentityId, Snapshot};

const ACCOUNT: &str = "111122223333";

/// The snapshot of files of one AWS source.
pub fn snapshot_of(files: &[(&str, &str)]) -> Snapshot {
    let files: Vec<_> = files.iter().map(|(path, text)| ("aws", *path, *text)).collect();
    snapshot_of_sources(&files)
}

/// The same of several sources: source, path, text.
pub fn snapshot_of_sources(files: &[(&str, &str, &str)]) -> Snapshot {
    let files = files.iter().map(|(source, path, text)| {
        let reading = connectors::read(source, path, text.as_bytes(), "salt");
        FileBatch {
            source: (*source).to_owned(),
            path: (*path).to_owned(),
            connector: Some(reading.connector.expect("a connector recognises it").id),
            n_bytes: text.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    });
    merge(files.collect(), AsOf::Newest(Instant(0)), &Config::default())
}

/// What denies everything, denies it to whoever has AWS's own policy for administrators, too, whose document no export
/// needs to hold.
#[test]
fn a_denial_of_everything_takes_an_administrators_power() {
    let mfa = json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
    for (statement, expected) in [
        (
            json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}),
            Holds::Yes,
        ),
        (json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}), Holds::Yes),
        (json!({"Effect": "Deny", "Action": "*", "Resource": "*"}), Holds::No),
        (
            json!({"Effect": "Deny", "NotAction": "sts:*", "Resource": "*"}),
            Holds::No,
        ),
        (
            json!({"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": mfa}),
            Holds::Maybe,
        ),
    ] {
        let mut details = details(&json!([statement]), None);
        details["UserDetailList"][0]["AttachedManagedPolicies"] = json!([{"PolicyName": "AdministratorAccess",
            "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]);
        let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
        let alice = snapshot.find(&format!("arn:aws:iam::{ACCOUNT}:user/alice")).unwrap();
        let standing = Access::new(&snapshot).standing(alice);
        assert_eq!(standing.is_administrator, expected, "{statement}");
    }
}

/// A denial takes from writing and reading what it is about on all their resources; under a condition, perhaps.
#[test]
fn a_denial_lowers_what_is_written_and_read() {
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
    let (queue, queues) = ("arn:aws:sqs:eu-west-1:111122223333:orders", "arn:aws:sqs:*:*:*");
    let ec2 = json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*"});
    let sends = json!({"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:ListQueues"], "Resource": queue});
    let deny = |actions: &Value, resource: &str| json!({"Effect": "Deny", "Action": actions, "Resource": resource});
    let deny_but =
        |actions: &Value, resource: &str| json!({"Effect": "Deny", "NotAction": actions, "Resource": resource});
    let at_times = |mut statement: Value| {
        statement["Condition"] = mfa.clone();
        statement
    };
    for (allow, denials, least, most) in [
        (&ec2, vec![], Tier::Write, Tier::Write),
        (&ec2, vec![deny(&json!("EC2:*"), "*")], Tier::Nothing, Tier::Nothing),
        (&ec2, vec![deny(&json!("ec2:Run*"), "*")], Tier::Write, Tier::Write),
        (
            &ec2,
            vec![deny_but(&json!(["ec2:Describe*", "ec2:Get*"]), "*")],
            Tier::Read,
            Tier::Read,
        ),
        (
            &ec2,
            vec![at_times(deny_but(&json!("ec2:Describe*"), "*"))],
            Tier::Read,
            Tier::Write,
        ),
        (&ec2, vec![at_times(deny(&json!("*"), "*"))], Tier::Nothing, Tier::Write),
        // What it is about is one of many.
        (
            &ec2,
            vec![deny(&json!("ec2:*"), "arn:aws:ec2:*:*:instance/i-1")],
            Tier::Write,
            Tier::Write,
        ),
        (&sends, vec![deny(&json!("sqs:Send*"), queues)], Tier::Read, Tier::Read),
        (
            &sends,
            vec![deny(&json!("sqs:Send*"), queue), deny(&json!("sqs:List*"), "*")],
            Tier::Nothing,
            Tier::Nothing,
        ),
        // A variable may be filled in with what the other statement is about.
        (
            &sends,
            vec![deny(&json!("sqs:*"), "arn:aws:sqs:*:*:${aws:PrincipalTag/team}")],
            Tier::Nothing,
            Tier::Write,
        ),
        // What is not allowed has a variable, and so may leave what the denial leaves.
        (
            &json!({"Effect": "Allow", "Action": "ec2:*", "NotResource": "arn:aws:*:*:*:${aws:PrincipalTag/team}*"}),
            vec![json!({"Effect": "Deny", "Action": "*", "NotResource": queue})],
            Tier::Write,
            Tier::Write,
        ),
        // It is known who asks: `alice` may do what the denial leaves of it.
        (
            &json!({"Effect": "Allow", "Action": "ec2:*", "NotResource": "arn:aws:*:*:*:${aws:username}*"}),
            vec![json!({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:*:*:*:alice-1"})],
            Tier::Nothing,
            Tier::Nothing,
        ),
        (
            &ec2,
            vec![json!({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::${aws:username}*"})],
            Tier::Write,
            Tier::Write,
        ),
        // Owners of everything but what somebody else has.
        (
            &sends,
            vec![json!({"Effect": "Deny", "Action": "sqs:*", "NotResource": "arn:aws:sqs:*:*:invoices"})],
            Tier::Nothing,
            Tier::Nothing,
        ),
        (
            &sends,
            vec![
                json!({"Effect": "Deny", "Action": "sqs:*", "NotResource": "arn:aws:sqs:*:*:${aws:PrincipalTag/team}"}),
            ],
            Tier::Nothing,
            Tier::Write,
        ),
    ] {
        let statements: Vec<Value> = std::iter::once(allow.clone()).chain(denials).collect();
        let details = details(&json!(statements), None);
        let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
        let standing = Access::new(&snapshot).standing(find(&snapshot, "alice"));
        assert_eq!(
            (standing.tier, standing.at_most),
            (least, most),
            "{}",
            json!(statements)
        );
    }
}

/// Conditions that tell who asks, or the time of the exports, decide whether somebody who may do everything is an
/// administrator.
#[test]
fn conditions_that_are_known_decide_who_administers() {
    let itself = format!("arn:aws:iam::{ACCOUNT}:user/alice");
    let other = format!("arn:aws:iam::{ACCOUNT}:user/bob");
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let on = |effect: &str, condition: Value| json!({"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition});
    for (statements, expected) in [
        (
            vec![on("Allow", json!({"ArnEquals": {"aws:PrincipalArn": other}}))],
            Holds::No,
        ),
        (
            vec![on("Allow", json!({"ArnLike": {"aws:PrincipalArn": itself}}))],
            Holds::Yes,
        ),
        (vec![on("Allow", json!({"Null": {"aws:username": "true"}}))], Holds::No),
        (
            vec![on("Allow", json!({"StringNotEquals": {"aws:username": "alice"}}))],
            Holds::No,
        ),
        (
            vec![on(
                "Allow",
                json!({"DateGreaterThan": {"aws:CurrentTime": "2021-01-01T00:00:00Z"}}),
            )],
            Holds::No,
        ),
        (
            vec![on("Allow", json!({"NumericLessThan": {"aws:EpochTime": "1609459200"}}))],
            Holds::Yes,
        ),
        (
            vec![on("Allow", json!({"StringEquals": {"aws:PrincipalTag/admin": "yes"}}))],
            Holds::Maybe,
        ),
        (
            vec![
                all.clone(),
                on("Deny", json!({"ArnNotEquals": {"aws:PrincipalArn": itself}})),
            ],
            Holds::Yes,
        ),
        (
            vec![
                all.clone(),
                on("Deny", json!({"ArnEquals": {"aws:PrincipalArn": itself}})),
            ],
            Holds::No,
        ),
        (
            vec![
                all.clone(),
                on("Deny", json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}})),
            ],
            Holds::Maybe,
        ),
    ] {
        let details = details(&json!(statements), None);
        let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
        let standing = Access::new(&snapshot).standing(find(&snapshot, "alice"));
        assert_eq!(standing.is_administrator, expected, "{}", json!(statements));
    }
}

/// What is allowed but a few is the same as everything without them.
#[test]
fn equal_policies_give_equal_tiers() {
    for (actions, is_administrator) in [
        (json!(["iam:*", "sts:*", "organizations:*"]), false),
        (json!("s3:*"), true),
    ] {
        let standing = |statements: Value| {
            let details = details(&statements, None);
            let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
            Access::new(&snapshot).standing(find(&snapshot, "alice"))
        };
        let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
        let denied = standing(json!([all, {"Effect": "Deny", "Action": actions, "Resource": "*"}]));
        assert_eq!(denied.tier == Tier::Administrator, is_administrator, "{actions}");
        if !is_administrator {
            let but = standing(json!([{"Effect": "Allow", "NotAction": actions, "Resource": "*"}]));
            assert_eq!((denied.tier, denied.at_most), (but.tier, but.at_most), "{actions}");
        }
    }
}

/// The statement; how surely the user can become an administrator by what it may attach or write.
#[test]
fn what_is_attached_and_to_whom_decides() {
    let can = |action: &str, condition: Value, boundary: Option<&Value>| {
        let statement = json!({"Effect": "Allow", "Action": action, "Resource": "*", "Condition": condition});
        let details = details(&json!([statement]), boundary);
        let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
        Access::new(&snapshot).standing(find(&snapshot, "alice")).can_escalate
    };
    let attaches =
        |operator: &str, arn: &str| can("iam:AttachUserPolicy", json!({operator: {"iam:PolicyARN": arn}}), None);
    assert_eq!(
        attaches("ArnEquals", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        Holds::No
    );
    assert_eq!(attaches("ArnLike", "arn:aws:iam::aws:policy/*"), Holds::Yes);
    assert_eq!(
        attaches("ArnNotEquals", "arn:aws:iam::aws:policy/AdministratorAccess"),
        Holds::Maybe
    );
    let boundary = format!("arn:aws:iam::{ACCOUNT}:policy/boundary");
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let writes = |operator: &str, of: Option<&Value>| {
        can(
            "iam:PutUserPolicy",
            json!({operator: {"iam:PermissionsBoundary": boundary}}),
            of,
        )
    };
    assert_eq!(writes("StringEquals", None), Holds::No);
    assert_eq!(writes("StringNotEquals", None), Holds::Yes);
    assert_eq!(writes("StringEquals", Some(&all)), Holds::Yes);
    // One of the account's own policies is the boundary itself: what it gives is another question.
    let own = json!({"ArnLike": {"iam:PolicyARN": format!("arn:aws:iam::{ACCOUNT}:policy/*")}});
    assert_eq!(can("iam:AttachUserPolicy", own, Some(&all)), Holds::Maybe);
}

/// What must be allowed by others' policies, too: the key's, and nobody's where the resource is AWS's own.
#[test]
fn other_sides_are_asked_for() {
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let key = format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1");
    let by_key = "depends on the policy of the key, without which no other allows it";
    check(&all, ("kms:Decrypt", &key), &[], by_key);
    check(&all, ("KMS:Decrypt", "*"), &[], by_key);
    check(&all, ("kms:ListKeys", "*"), &[], "allowed");
    check(
        &all,
        ("iam:GetPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        &[],
        "allowed",
    );
    check(
        &all,
        ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:444455556666:orders"),
        &[],
        "depends on the policy of the resource, which belongs to another account",
    );
}

/// Account authorization details with one user, `alice`, who has one inline policy, and perhaps a boundary.
fn details(statements: &Value, boundary: Option<&Value>) -> Value {
    let policy = |statements: &Value| json!({"Version": "2012-10-17", "Statement": statements});
    let mut user = json!({
        "Arn": format!("arn:aws:iam::{ACCOUNT}:user/alice"), "UserName": "alice", "UserId": "AIDAALICE",
        "UserPolicyList": [{"PolicyName": "own", "PolicyDocument": policy(statements)}],
    });
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/boundary");
    if boundary.is_some() {
        user["PermissionsBoundary"] = json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn});
    }
    let policies: Vec<_> = (boundary.iter())
        .map(|statements| {
            json!({"Arn": arn, "PolicyName": "boundary", "DefaultVersionId": "v1", "PolicyVersionList":
                [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(statements)}]})
        })
        .collect();
    json!({"UserDetailList": [user], "GroupDetailList": [], "RoleDetailList": [], "Policies": policies})
}

/// What one identity of the details may do, given some keys.
fn ask(details: &Value, who: &str, action: &str, resource: &str, given: &[(&str, &[&str])]) -> (Decision, Snapshot) {
    let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
    let id = find(&snapshot, who);
    let decision = Access::new(&snapshot).decide(&snapshot, id, action, resource, given);
    (decision, snapshot)
}

/// The identity of this name, without a namespace before it.
pub fn find(snapshot: &Snapshot, name: &str) -> IdentityId {
    let is_name = |full: &str| full.rsplit('/').next() == Some(name);
    let mut identities = snapshot.identities.iter();
    let at = identities.position(|identity| is_name(snapshot.strings.get(identity.name)));
    IdentityId(at.unwrap_or_else(|| panic!("no {name}")) as u32)
}

/// Statements of one user; request; keys given; outcome, with the keys on which it depends.
#[track_caller]
fn check(statements: &Value, (action, resource): (&str, &str), given: &[(&str, &[&str])], expected: &str) {
    let (decision, _) = ask(&details(statements, None), "alice", action, resource, given);
    assert_eq!(said(&decision), expected, "{action} on {resource} given {given:?}");
}

fn said(decision: &Decision) -> String {
    let keys: Vec<_> = (decision.depends_on.iter())
        .map(|dependency| match dependency {
            Dependency::Condition(key) => key.clone(),
            Dependency::Policy(_) => "a policy".to_owned(),
            Dependency::Conflict(_) => "a conflict".to_owned(),
            Dependency::Power(_) => "the power of another".to_owned(),
            Dependency::Export(words) => (*words).to_owned(),
        })
        .collect();
    match decision.outcome {
        Outcome::Allowed => "allowed".to_owned(),
        Outcome::Denied if decision.proof.iter().any(|reason| reason.says == Says::Denies) => "denied".to_owned(),
        Outcome::Denied => "not allowed".to_owned(),
        Outcome::DependsOn => format!("depends on {}", keys.join(", ")),
    }
}

/// An unconditional Allow with a Deny on one bucket only: the action stays reachable.
#[test]
fn a_denial_on_one_bucket_leaves_the_others() {
    let statements = json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*"},
    ]);
    for (resource, expected) in [
        ("*", "allowed"),
        ("arn:aws:s3:::other/key", "allowed"),
        ("arn:aws:s3:::secret/key", "denied"),
        ("arn:aws:s3:::secret/*", "denied"),
        ("arn:aws:s3:::sec*", "allowed"),
    ] {
        check(&statements, ("s3:GetObject", resource), &[], expected);
    }
}

/// An unconditional Allow with a Deny conditioned on missing TLS: the action depends on the condition.
#[test]
fn a_denial_without_tls_depends_on_tls() {
    let statements = json!([
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]);
    for resource in ["*", "arn:aws:s3:::any/key"] {
        for (given, expected) in [
            (&[] as &[(&str, &[&str])], "depends on aws:SecureTransport"),
            (&[("aws:SecureTransport", &["true"])], "allowed"),
            (&[("AWS:securetransport", &["false"])], "denied"),
            (&[("aws:SecureTransport", &[])], "allowed"),
        ] {
            check(&statements, ("s3:GetObject", resource), given, expected);
        }
    }
}

/// The examples of the IAM user guide, with what the guide says of each.
#[test]
fn the_examples_of_the_user_guide() {
    // reference_policies_examples_aws-dates
    let dates = json!({"Effect": "Allow", "Action": "service-prefix:action-name", "Resource": "*", "Condition": {
        "DateGreaterThan": {"aws:CurrentTime": "2020-04-01T00:00:00Z"},
        "DateLessThan": {"aws:CurrentTime": "2020-06-30T23:59:59Z"}}});
    let at = ("service-prefix:action-name", "*");
    check(&dates, at, &[("aws:CurrentTime", &["2020-05-01T12:00:00Z"])], "allowed");
    check(
        &dates,
        at,
        &[("aws:CurrentTime", &["2020-07-01T00:00:00Z"])],
        "not allowed",
    );
    // Of itself a request has the time of the exports.
    check(&dates, at, &[], "not allowed");

    // reference_policies_examples_aws_deny-ip
    let addresses = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {
        "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24", "203.0.113.0/24"]}, "Bool": {"aws:ViaAWSService": "false"}}}]);
    let list = ("ec2:DescribeInstances", "*");
    let via = ("aws:ViaAWSService", &["false"] as &[&str]);
    check(&addresses, list, &[("aws:SourceIp", &["203.0.113.7"]), via], "allowed");
    check(&addresses, list, &[("aws:SourceIp", &["198.51.100.7"]), via], "denied");
    check(
        &addresses,
        list,
        &[("aws:SourceIp", &["198.51.100.7"]), ("aws:ViaAWSService", &["true"])],
        "allowed",
    );
    check(&addresses, list, &[], "depends on aws:SourceIp, aws:ViaAWSService");

    // reference_policies_variables: a home folder in a bucket
    let home = json!([
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::amzn-s3-demo-bucket",
            "Condition": {"StringLike": {"s3:prefix": ["${aws:username}/*"]}}},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::amzn-s3-demo-bucket/${aws:username}/*"}]);
    check(
        &home,
        ("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/alice/x"),
        &[],
        "allowed",
    );
    check(
        &home,
        ("s3:GetObject", "arn:aws:s3:::amzn-s3-demo-bucket/bob/x"),
        &[],
        "not allowed",
    );
    let bucket = ("s3:ListBucket", "arn:aws:s3:::amzn-s3-demo-bucket");
    check(&home, bucket, &[("s3:prefix", &["alice/photos"])], "allowed");
    check(&home, bucket, &[("s3:prefix", &["bob/photos"])], "not allowed");

    // reference_policies_elements_notresource: all of S3 but one bucket, which is denied
    let all_but = json!({"Effect": "Deny", "Action": "s3:*", "NotResource": [
        "arn:aws:s3:::HRBucket/Payroll", "arn:aws:s3:::HRBucket/Payroll/*"]});
    let all_but = json!([all_but, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]);
    check(
        &all_but,
        ("s3:GetObject", "arn:aws:s3:::HRBucket/Payroll/may"),
        &[],
        "allowed",
    );
    check(&all_but, ("s3:GetObject", "arn:aws:s3:::HRBucket/other"), &[], "denied");
    check(&all_but, ("s3:GetObject", "arn:aws:s3:::O*"), &[], "denied");

    // reference_policies_elements_notaction: everything but IAM
    let not_iam = json!({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"});
    check(&not_iam, ("IAM:CreateUser", "*"), &[], "not allowed");
    check(&not_iam, ("s3:GetObject", "*"), &[], "allowed");

    // reference_policies_condition-single-vs-multi-valued-context-keys: tag keys
    let tags = |operator: &str| {
        json!([{"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*",
            "Condition": {operator: {"aws:TagKeys": ["environment", "cost-center"]}}}])
    };
    let create = ("ec2:CreateTags", "*");
    let both: &[(&str, &[&str])] = &[("aws:TagKeys", &["environment", "cost-center"])];
    let other: &[(&str, &[&str])] = &[("aws:TagKeys", &["environment", "team"])];
    let none: &[(&str, &[&str])] = &[("aws:TagKeys", &[])];
    check(&tags("ForAllValues:StringEquals"), create, both, "allowed");
    check(&tags("ForAllValues:StringEquals"), create, other, "not allowed");
    check(&tags("ForAllValues:StringEquals"), create, none, "allowed");
    check(&tags("ForAnyValue:StringEquals"), create, other, "allowed");
    check(&tags("ForAnyValue:StringEquals"), create, none, "not allowed");

    // reference_policies_elements_condition_operators, IfExists and Null
    let instance_type = json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {
        "StringLikeIfExists": {"ec2:InstanceType": ["t1.*", "t2.*", "m3.*"]}}});
    check(
        &instance_type,
        ("ec2:RunInstances", "*"),
        &[("ec2:InstanceType", &["t2.micro"])],
        "allowed",
    );
    check(
        &instance_type,
        ("ec2:RunInstances", "*"),
        &[("ec2:InstanceType", &["x1.32xlarge"])],
        "not allowed",
    );
    check(
        &instance_type,
        ("ec2:RunInstances", "*"),
        &[("ec2:InstanceType", &[])],
        "allowed",
    );
    let mfa = json!([{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {
            "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}]);
    check(
        &mfa,
        ("ec2:StopInstances", "*"),
        &[("aws:MultiFactorAuthPresent", &[])],
        "denied",
    );
    check(
        &mfa,
        ("ec2:StopInstances", "*"),
        &[("aws:MultiFactorAuthPresent", &["true"])],
        "allowed",
    );
    check(
        &mfa,
        ("ec2:StopInstances", "*"),
        &[],
        "depends on aws:MultiFactorAuthPresent",
    );
    check(&mfa, ("ec2:StartInstances", "*"), &[], "allowed");
    let temporary = json!({"Effect": "Allow", "Action": "ec2:*", "Resource": "*", "Condition": {"Null": {"aws:TokenIssueTime": "true"}}});
    check(
        &temporary,
        ("ec2:RunInstances", "*"),
        &[("aws:TokenIssueTime", &[])],
        "allowed",
    );
    check(
        &temporary,
        ("ec2:RunInstances", "*"),
        &[("aws:TokenIssueTime", &["2026-01-01"])],
        "not allowed",
    );
}

/// access_policies_boundaries: ShirleyRodriguez may do what both her policy and her boundary allow.
#[test]
fn the_boundary_of_the_user_guide() {
    let boundary = json!([{"Effect": "Allow", "Action": ["s3:*", "cloudwatch:*", "ec2:*"], "Resource": "*"}]);
    let check = |statements: &Value, action: &str, expected: &str| {
        let (decision, snapshot) = ask(&details(statements, Some(&boundary)), "alice", action, "*", &[]);
        assert_eq!(said(&decision), expected, "{action}");
        decision
            .proof
            .iter()
            .map(|reason| snapshot.strings.get(reason.name).to_owned())
            .collect::<Vec<_>>()
    };
    let iam = json!({"Effect": "Allow", "Action": "iam:CreateUser", "Resource": "*"});
    check(&iam, "iam:CreateUser", "not allowed");
    check(&iam, "s3:ListBucket", "not allowed");
    let s3 = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    assert_eq!(check(&s3, "s3:ListBucket", "allowed"), ["own", "boundary"]);
    // One resource tells which document leaves it out.
    let (decision, _) = ask(
        &details(&iam, Some(&boundary)),
        "alice",
        "iam:CreateUser",
        "arn:aws:iam::1:user/x",
        &[],
    );
    assert_eq!(decision.outcome, Outcome::Denied);
    assert_eq!(decision.proof[0].says, Says::LeavesOut);
}

/// Variables are text in documents that do not say the version of 2012.
#[test]
fn an_old_document_has_no_variables() {
    for (version, resource, expected) in [
        (json!("2012-10-17"), "arn:aws:s3:::b/alice", "allowed"),
        (json!("2008-10-17"), "arn:aws:s3:::b/alice", "not allowed"),
        (json!("2008-10-17"), "arn:aws:s3:::b/${aws:username}", "allowed"),
        (Value::Null, "arn:aws:s3:::b/alice", "not allowed"),
    ] {
        let mut details = details(&json!([]), None);
        details["UserDetailList"][0]["UserPolicyList"][0]["PolicyDocument"] = json!({"Version": version, "Statement":
            [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/${aws:username}"}]});
        let (decision, _) = ask(&details, "alice", "s3:GetObject", resource, &[]);
        assert_eq!(said(&decision), expected, "{version} {resource}");
    }
}

/// Who may take on a role: both sides, in one account and across two.
#[test]
fn both_sides_of_a_trust_count() {
    let other = "444455556666";
    let role = |account: &str, name: &str, trust: Value| {
        json!({"Arn": format!("arn:aws:iam::{account}:role/{name}"), "RoleName": name, "RoleId": format!("AROA{name}"),
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}})
    };
    let allow = |principal: Value| json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"});
    let guarded = |principal: &str, condition: Value| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole", "Condition": condition});
    let alice = format!("arn:aws:iam::{ACCOUNT}:user/alice");
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    let at_home = format!("arn:aws:iam::{ACCOUNT}:role/");
    let away = format!("arn:aws:iam::{other}:role/");
    let external = json!({"StringEquals": {"sts:ExternalId": "x"}});
    for (allows, target, expected) in [
        (true, format!("{at_home}by-name"), "allowed"),
        // Named by itself, it needs no policy of its own.
        (false, format!("{at_home}by-name"), "allowed"),
        (true, format!("{at_home}by-account"), "allowed"),
        (false, format!("{at_home}by-account"), "not allowed"),
        (true, format!("{at_home}nobody"), "not allowed"),
        (true, format!("{at_home}guarded"), "depends on sts:ExternalId"),
        (true, format!("{away}by-name"), "allowed"),
        (false, format!("{away}by-name"), "not allowed"),
        (true, format!("{away}by-account"), "allowed"),
        (true, format!("{away}nobody"), "not allowed"),
        (
            true,
            format!("{away}unlisted"),
            "depends on the trust policy of the role, which no export lists",
        ),
        (false, format!("{away}unlisted"), "not allowed"),
    ] {
        let statements = match allows {
            true => json!([{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]),
            false => json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]),
        };
        let mut details = details(&statements, None);
        let roles = [ACCOUNT, other].into_iter().flat_map(|account| {
            [
                role(account, "by-name", allow(json!({"AWS": alice}))),
                role(account, "by-account", allow(json!({"AWS": root}))),
                role(account, "nobody", allow(json!({"Service": "ec2.amazonaws.com"}))),
                role(account, "guarded", guarded(&alice, external.clone())),
            ]
        });
        details["RoleDetailList"] = roles.collect();
        let (decision, _) = ask(&details, "alice", "sts:AssumeRole", &target, &[]);
        assert_eq!(said(&decision), expected, "{target}, own policy {allows}");
    }
}

/// What no export defines may give or take.
#[test]
fn a_policy_without_a_document_is_not_nothing() {
    let mut details = details(&json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]), None);
    let attach = |details: &mut Value, arn: &str| {
        details["UserDetailList"][0]["AttachedManagedPolicies"] =
            json!([{"PolicyName": arn.rsplit('/').next(), "PolicyArn": arn}]);
    };
    attach(&mut details, "arn:aws:iam::aws:policy/AWSDenyAll");
    for action in ["s3:GetObject", "ec2:RunInstances"] {
        let (decision, _) = ask(&details, "alice", action, "arn:aws:s3:::b", &[]);
        assert_eq!(said(&decision), "depends on a policy", "{action}");
        let (decision, _) = ask(&details, "alice", action, "*", &[]);
        assert_eq!(said(&decision), "depends on a policy", "{action}");
    }
    // AWS's own, which everybody knows.
    attach(&mut details, "arn:aws:iam::aws:policy/AdministratorAccess");
    let (decision, _) = ask(&details, "alice", "ec2:RunInstances", "*", &[]);
    assert_eq!(said(&decision), "allowed");
}

mod oracle {
    //! What the manual says, tried out: plain, slow, and without anything of the evaluator.

    use serde_json::Value;

    pub type Keys = Vec<(&'static str, Vec<&'static str>)>;

    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        }
    }

    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => glob(&pattern[1..], text) || !text.is_empty() && glob(pattern, &text[1..]),
            (Some(b'?'), Some(_)) => glob(&pattern[1..], &text[1..]),
            (Some(a), Some(b)) => a == b && glob(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    fn any(patterns: &Value, text: &str, lower: bool) -> bool {
        texts(patterns).iter().any(|pattern| {
            let pattern = pattern.replace("${aws:username}", "ab");
            match lower {
                true => glob(pattern.to_lowercase().as_bytes(), text.to_lowercase().as_bytes()),
                false => glob(pattern.as_bytes(), text.as_bytes()),
            }
        })
    }

    fn condition_holds(operator: &str, key: &str, wanted: &Value, keys: &Keys) -> bool {
        let found = keys.iter().find(|(name, values)| *name == key && !values.is_empty());
        let wanted = texts(wanted);
        if operator == "Null" {
            return (wanted == ["true"]) == found.is_none();
        }
        let if_exists = operator.ends_with("IfExists");
        let word = operator.trim_end_matches("IfExists");
        let (set, word) = word.split_once(':').unwrap_or(("", word));
        let negated = word.contains("Not");
        let Some((_, found)) = found else {
            return if_exists || set == "ForAllValues" || set != "ForAnyValue" && negated;
        };
        let passes = |found: &&str| {
            let is_one = wanted.iter().any(|wanted| match word {
                "StringEquals" | "StringNotEquals" => found == wanted,
                "StringLike" | "StringNotLike" => glob(wanted.as_bytes(), found.as_bytes()),
                "Bool" => found == wanted,
                _ => panic!("{word}"),
            });
            is_one != negated
        };
        match set {
            "ForAnyValue" => found.iter().any(passes),
            _ => found.iter().all(passes),
        }
    }

    fn matches(statement: &Value, action: &str, resource: &str, keys: &Keys) -> bool {
        let action_fits = match statement.get("Action") {
            Some(actions) => any(actions, action, true),
            None => !any(&statement["NotAction"], action, true),
        };
        let resource_fits = match statement.get("Resource") {
            Some(resources) => any(resources, resource, false),
            None => !any(&statement["NotResource"], resource, false),
        };
        let none = serde_json::Map::new();
        let conditions = statement.get("Condition").and_then(Value::as_object).unwrap_or(&none);
        action_fits
            && resource_fits
            && conditions.iter().all(|(operator, wanted)| {
                (wanted.as_object().unwrap().iter()).all(|(key, wanted)| condition_holds(operator, key, wanted, keys))
            })
    }

    /// Whether the user may, when everything is known.
    pub fn may(own: &[Value], boundary: Option<&[Value]>, action: &str, resource: &str, keys: &Keys) -> bool {
        let says = |statements: &[Value], effect: &str| {
            let mut of_effect = statements.iter().filter(|statement| statement["Effect"] == effect);
            of_effect.any(|statement| matches(statement, action, resource, keys))
        };
        let documents = [Some(own), boundary];
        documents.iter().flatten().all(|document| says(document, "Allow"))
            && !documents.iter().flatten().any(|document| says(document, "Deny"))
    }
}

const TLS: &str = "aws:SecureTransport";
/// Has one value at most.
const TAG: &str = "aws:PrincipalTag/team";
/// May have several: only set operators say what then counts.
const TAG_KEYS: &str = "aws:TagKeys";

fn statement() -> impl Strategy<Value = Value> {
    let actions = prop::sample::subsequence(
        vec!["s3:GetObject", "S3:get*", "s3:*", "*", "ec2:*", "s3:PutObject"],
        1..3,
    );
    let resource = "arn:aws:s3:::[ab*?]{0,3}";
    let variable = Just("arn:aws:s3:::${aws:username}*".to_owned());
    let resources = prop::collection::vec(
        prop_oneof![4 => resource, 1 => Just("*".to_owned()), 1 => variable],
        1..3,
    );
    let condition = prop_oneof![
        3 => Just(Value::Null),
        1 => (prop::sample::select(vec!["Bool", "BoolIfExists", "Null"]), prop::sample::select(vec!["true", "false"]))
            .prop_map(|(operator, value)| json!({operator: {TLS: value}})),
        1 => (
            prop::sample::select(vec!["StringEquals", "StringNotEquals", "StringLike", "StringNotLike"]),
            prop::sample::select(vec!["", "ForAllValues:", "ForAnyValue:"]),
            prop::sample::select(vec!["", "IfExists"]),
            prop::collection::vec(prop::sample::select(vec!["a", "b", "*"]), 1..3),
        )
            .prop_map(|(operator, set, end, values)| {
                let key = if set.is_empty() { TAG } else { TAG_KEYS };
                json!({format!("{set}{operator}{end}"): {key: values}})
            }),
    ];
    let kinds = (prop::sample::select(vec!["Allow", "Allow", "Deny"]), 0..6u8, 0..6u8);
    (kinds, actions, resources, condition).prop_map(
        |((effect, not_action, not_resource), actions, resources, condition)| {
            let mut statement = json!({"Effect": effect});
            statement[if not_action == 0 { "NotAction" } else { "Action" }] = json!(actions);
            statement[if not_resource == 0 { "NotResource" } else { "Resource" }] = json!(resources);
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        },
    )
}

/// Every way in which the three keys can be: absent, or with one or two values.
fn all_keys() -> Vec<oracle::Keys> {
    let mut all = Vec::new();
    for tls in [vec![], vec!["true"], vec!["false"]] {
        for tag in [vec![], vec!["a"], vec!["b"], vec!["c"]] {
            for keys in [vec![], vec!["a"], vec!["c"], vec!["a", "c"]] {
                all.push(vec![(TLS, tls.clone()), (TAG, tag.clone()), (TAG_KEYS, keys)]);
            }
        }
    }
    all
}

/// Every resource of at most five letters: two for how it begins, one within, two for how it ends, which is as much as
/// patterns of three signs can ask of one.
fn all_resources() -> Vec<String> {
    let mut all = vec![String::new()];
    for at in 0.. {
        let Some(text) = all.get(at).cloned() else { break };
        if text.len() < 5 {
            all.extend(["a", "b", "c"].map(|letter| format!("{text}{letter}")));
        }
    }
    all.iter().map(|text| format!("arn:aws:s3:::{text}")).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn it_says_what_trying_everything_finds(
        own in prop::collection::vec(statement(), 1..5),
        boundary in prop::option::of(prop::collection::vec(statement(), 1..3)),
    ) {
        let details = details(&json!(own), boundary.as_ref().map(|statements| json!(statements)).as_ref());
        // A name of the letters that resources are made of here.
        let snapshot = snapshot_of(&[("details.json", &details.to_string().replace("alice", "ab"))]);
        let access = Access::new(&snapshot);
        let who = find(&snapshot, "ab");
        let (all_keys, all_resources) = (all_keys(), all_resources());
        for action in ["s3:GetObject", "s3:PutObject", "ec2:RunInstances"] {
            let may = |resource: &str, keys: &oracle::Keys| {
                oracle::may(&own, boundary.as_deref(), action, resource, keys)
            };
            let decide = |resource: &str, keys: &oracle::Keys| {
                let given: Vec<(&str, &[&str])> = keys.iter().map(|(key, values)| (*key, values.as_slice())).collect();
                access.decide(&snapshot, who, action, resource, &given)
            };
            let unknown = Vec::new();
            for resource in ["arn:aws:s3:::", "arn:aws:s3:::a", "arn:aws:s3:::ab", "arn:aws:s3:::bab", "arn:aws:s3:::abca"] {
                let mut can = Vec::new();
                for keys in &all_keys {
                    let expected = may(resource, keys);
                    can.push(expected);
                    let decision = decide(resource, keys);
                    let outcome = if expected { Outcome::Allowed } else { Outcome::Denied };
                    prop_assert_eq!(decision.outcome, outcome, "{} on {} given {:?}", action, resource, keys);
                }
                let decision = decide(resource, &unknown);
                match decision.outcome {
                    Outcome::Allowed => prop_assert!(can.iter().all(|can| *can), "{action} on {resource}: {decision:?}"),
                    Outcome::Denied => prop_assert!(!can.iter().any(|can| *can), "{action} on {resource}: {decision:?}"),
                    Outcome::DependsOn => prop_assert!(!decision.depends_on.is_empty()),
                }
            }
            if action != "s3:GetObject" {
                continue;
            }
            let mut can = Vec::new();
            for keys in &all_keys {
                let expected = all_resources.iter().any(|resource| may(resource, keys));
                can.push(expected);
                let decision = decide("arn:aws:s3:::*", keys);
                let outcome = if expected { Outcome::Allowed } else { Outcome::Denied };
                prop_assert_eq!(decision.outcome, outcome, "{} on some resource given {:?}", action, keys);
            }
            match decide("arn:aws:s3:::*", &unknown).outcome {
                Outcome::Allowed => prop_assert!(can.iter().all(|can| *can), "{action} on some resource"),
                Outcome::Denied => prop_assert!(!can.iter().any(|can| *can), "{action} on some resource"),
                Outcome::DependsOn => {}
            }
        }
        // What is written for certain, or at times, no denial of something else takes from the tier.
        let standing = access.standing(who);
        for action in ["s3:PutObject", "ec2:RunInstances"] {
            for resource in ["arn:aws:s3:::", "arn:aws:s3:::ab", "arn:aws:s3:::abca"] {
                let is_at_times = all_keys.iter().any(|keys| oracle::may(&own, boundary.as_deref(), action, resource, keys));
                prop_assert!(!is_at_times || standing.at_most >= Tier::Write, "{action} on {resource}: {standing:?}");
                let is_certain = access.decide(&snapshot, who, action, resource, &[]).outcome == Outcome::Allowed;
                prop_assert!(!is_certain || standing.tier >= Tier::Write, "{action} on {resource}: {standing:?}");
            }
        }
        // How far it reaches altogether is worked out by other, shorter ways.
        let reads = SENSITIVE.iter().map(|action| access.decide(&snapshot, who, action, "*", &[]).outcome);
        match reads.max() {
            Some(Outcome::Allowed) => prop_assert!(standing.tier >= Tier::SensitiveData, "{standing:?}"),
            Some(Outcome::DependsOn) => {
                prop_assert!(standing.tier != Tier::SensitiveData, "{standing:?}");
                prop_assert!(standing.at_most >= Tier::SensitiveData, "{standing:?}");
            }
            Some(Outcome::Denied) | None => {
                prop_assert!(![standing.tier, standing.at_most].contains(&Tier::SensitiveData), "{standing:?}");
            }
        }
    }
}
