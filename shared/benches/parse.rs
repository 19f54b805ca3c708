//! How fast exports are read, beside a bare typed `serde_json` parse of the same text: what it could be at best if
//! nothing were recognised, checked, interned and mapped.
//!
//! `cargo bench -p shared --bench parse`; the throughput is that of one core.

// A benchmark whose own input is wrong has nothing to measure.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde::Deserialize;
use serde_json::value::RawValue;
use shared::connectors;
use shared::reading::aws_policy::{Document, Texts};

fn aws_account_authorization_details(criterion: &mut Criterion) {
    let text = account(10_000);
    let mut group = criterion.benchmark_group("aws_account_authorization_details");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
    group.bench_function("read", |bench| {
        bench.iter(|| {
            let reading = connectors::read("aws", "details.json", black_box(text.as_bytes()), "salt");
            assert!(reading.diagnostics.is_empty() && reading.batch.identities.len() == 11_000);
            reading
        });
    });
    group.bench_function("bare serde", |bench| {
        bench.iter(|| {
            let page: Page<'_> = serde_json::from_str(black_box(&text)).unwrap();
            assert!(page.role_detail_list.len() == 10_000);
            page
        });
    });
    group.finish();
}

fn aws_cloudtrail(criterion: &mut Criterion) {
    let events: Vec<_> = (0..20_000).map(event).collect();
    let text = format!("{{\"Records\":[{}]}}", events.join(","));
    let mut group = criterion.benchmark_group("aws_cloudtrail");
    group.throughput(Throughput::Bytes(text.len() as u64)).sample_size(10);
    group.bench_function("read", |bench| {
        bench.iter(|| {
            let reading = connectors::read("aws", "log.json", black_box(text.as_bytes()), "salt");
            assert!(reading.diagnostics.is_empty() && reading.batch.identities.len() == 200);
            reading
        });
    });
    group.bench_function("bare serde", |bench| {
        bench.iter(|| {
            let log: Log<'_> = serde_json::from_str(black_box(&text)).unwrap();
            assert!(log.records.len() == 20_000);
            log
        });
    });
    group.finish();
}

criterion_group!(benches, aws_account_authorization_details, aws_cloudtrail);
criterion_main!(benches);

/// An account as the CLI writes it, with four spaces a level: about 3 kB a role.
fn account(n_roles: usize) -> String {
    let users: Vec<_> = (0..n_roles / 10).map(user).collect();
    let roles: Vec<_> = (0..n_roles).map(role).collect();
    let policies: Vec<_> = (0..n_roles / 4).map(policy).collect();
    let page = format!(
        r#"{{"UserDetailList":[{}],"GroupDetailList":[],"RoleDetailList":[{}],"Policies":[{}]}}"#,
        users.join(","),
        roles.join(","),
        policies.join(",")
    );
    indented(&page)
}

fn user(n: usize) -> String {
    format!(
        r#"{{"Path":"/svc/","UserName":"user-{n}","UserId":"AIDA{n:017}","Arn":"arn:aws:iam::123456789012:user/svc/user-{n}","CreateDate":"2019-09-08T04:12:05+00:00","GroupList":[],"AttachedManagedPolicies":[{}],"Tags":[{}]}}"#,
        attached(n),
        tags(n)
    )
}

fn role(n: usize) -> String {
    let trust = match n % 3 {
        0 => r#"{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}"#.to_owned(),
        1 => format!(
            r#"{{"Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"}},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{{"StringLike":{{"token.actions.githubusercontent.com:sub":"repo:acme/service-{n}:ref:refs/heads/main"}},"StringEquals":{{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}}}}}"#
        ),
        _ => format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":["arn:aws:iam::123456789012:role/role-{}","arn:aws:iam::210987654321:root"]}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"vendor-{n}"}}}}}}"#,
            n / 2
        ),
    };
    let inline = match n % 4 {
        0 => format!(r#"{{"PolicyName":"inline","PolicyDocument":{}}}"#, document(n)),
        _ => String::new(),
    };
    format!(
        r#"{{"Path":"/","RoleName":"role-{n}","RoleId":"AROA{n:017}","Arn":"arn:aws:iam::123456789012:role/role-{n}","CreateDate":"2018-02-14T13:01:13+00:00","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{trust}]}},"InstanceProfileList":[],"RolePolicyList":[{inline}],"AttachedManagedPolicies":[{},{}],"Tags":[{}],"RoleLastUsed":{{"LastUsedDate":"2026-10-30T23:59:00+00:00","Region":"eu-west-1"}}}}"#,
        attached(n),
        attached(n / 7),
        tags(n)
    )
}

fn policy(n: usize) -> String {
    format!(
        r#"{{"PolicyName":"policy-{n}","PolicyId":"ANPA{n:017}","Arn":"arn:aws:iam::123456789012:policy/policy-{n}","Path":"/","DefaultVersionId":"v1","AttachmentCount":2,"PermissionsBoundaryUsageCount":0,"IsAttachable":true,"CreateDate":"2017-12-07T00:28:26+00:00","UpdateDate":"2017-12-07T00:28:26+00:00","PolicyVersionList":[{{"Document":{},"VersionId":"v1","IsDefaultVersion":true,"CreateDate":"2017-12-07T00:28:26+00:00"}}]}}"#,
        document(n)
    )
}

fn attached(n: usize) -> String {
    let n = n / 4;
    format!(r#"{{"PolicyName":"policy-{n}","PolicyArn":"arn:aws:iam::123456789012:policy/policy-{n}"}}"#)
}

fn tags(n: usize) -> String {
    let team = ["payments", "search", "platform", "identity"][n % 4];
    format!(
        r#"{{"Key":"owner","Value":"{team}"}},{{"Key":"Environment","Value":"prod"}},{{"Key":"managed-by","Value":"terraform"}}"#
    )
}

fn document(n: usize) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:PutObject","kms:Decrypt","kms:GenerateDataKey*","logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:aws:s3:::bucket-{n}","arn:aws:s3:::bucket-{n}/*"],"Condition":{{"StringEquals":{{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}}}},{{"Effect":"Deny","Action":"ssm:GetParameter*","Resource":"*"}}]}}"#
    )
}

/// An event as CloudTrail delivers it: about 1.6 kB, by one of 200 roles.
fn event(n: usize) -> String {
    let role = n % 200;
    let (source, name) = [
        ("s3", "GetObject"),
        ("kms", "Decrypt"),
        ("sts", "AssumeRole"),
        ("sqs", "SendMessage"),
    ][n % 4];
    let (hour, minute, second) = (n / 3_600 % 24, n / 60 % 60, n % 60);
    format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROA{role:017}:session-{n}","arn":"arn:aws:sts::123456789012:assumed-role/role-{role}/session-{n}","accountId":"123456789012","accessKeyId":"ASIA{n:016}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA{role:017}","arn":"arn:aws:iam::123456789012:role/service/role-{role}","accountId":"123456789012","userName":"role-{role}"}},"attributes":{{"creationDate":"2026-10-30T00:00:00Z","mfaAuthenticated":"false"}}}}}},"eventTime":"2026-10-30T{hour:02}:{minute:02}:{second:02}Z","eventSource":"{source}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-sdk-java/2.29.0 Linux/6.1 OpenJDK_64-Bit_Server_VM/21.0.5","requestParameters":{{"roleArn":"arn:aws:iam::123456789012:role/target-{role}","bucketName":"bucket-{role}","key":"data/2026/10/30/part-{n}.parquet","Host":"bucket-{role}.s3.eu-west-1.amazonaws.com"}},"responseElements":null,"additionalEventData":{{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","bytesTransferredOut":4096}},"requestID":"R{n:016}","eventID":"00000000-0000-4000-8000-{n:012}","readOnly":true,"resources":[{{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::bucket-{role}/data/2026/10/30/part-{n}.parquet"}}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"123456789012","eventCategory":"Data","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"s3.eu-west-1.amazonaws.com"}}}}"#
    )
}

/// The JSON with line breaks and four spaces a level, as the CLI lays it out.
fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let mut depth = 0;
    let mut is_in_text = false;
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        is_in_text ^= c == '"';
        text.push(c);
        if is_in_text {
            continue;
        }
        match (c, chars.peek()) {
            ('{' | '[', Some('}' | ']')) => text.extend(chars.next()),
            ('{' | '[', _) => {
                depth += 1;
                break_line(&mut text, depth);
            }
            (',', _) => break_line(&mut text, depth),
            (':', _) => text.push(' '),
            _ => {}
        }
        if let Some('}' | ']') = chars.peek() {
            depth -= 1;
            break_line(&mut text, depth);
        }
    }
    text
}

fn break_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("    ", depth));
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // parsed, never looked at: the parse itself is what is measured
struct Page<'a> {
    #[serde(borrow)]
    user_detail_list: Vec<Principal<'a>>,
    #[serde(borrow)]
    role_detail_list: Vec<Principal<'a>>,
    #[serde(borrow)]
    policies: Vec<Policy<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct Principal<'a> {
    path: &'a str,
    arn: &'a str,
    create_date: &'a str,
    #[serde(borrow, default)]
    group_list: Texts<'a>,
    #[serde(borrow, default)]
    assume_role_policy_document: Option<Document<'a>>,
    #[serde(borrow, default)]
    role_policy_list: Vec<Inline<'a>>,
    #[serde(borrow)]
    attached_managed_policies: Vec<Attached<'a>>,
    #[serde(borrow, default)]
    tags: Vec<Tag<'a>>,
    #[serde(borrow, default)]
    role_last_used: Option<LastUsed<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct LastUsed<'a> {
    #[serde(borrow, default)]
    last_used_date: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct Inline<'a> {
    policy_name: &'a str,
    #[serde(borrow)]
    policy_document: Document<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct Attached<'a> {
    policy_name: &'a str,
    policy_arn: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct Tag<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct Policy<'a> {
    arn: &'a str,
    default_version_id: &'a str,
    #[serde(borrow)]
    policy_version_list: Vec<Version<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code)] // as above
struct Version<'a> {
    version_id: &'a str,
    is_default_version: bool,
    #[serde(borrow)]
    document: Document<'a>,
}

#[derive(Deserialize)]
#[allow(dead_code)] // as above
struct Log<'a> {
    #[serde(borrow, rename = "Records")]
    records: Vec<Event<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)] // as above
struct Event<'a> {
    #[serde(borrow)]
    user_identity: UserIdentity<'a>,
    event_time: &'a str,
    event_source: &'a str,
    event_name: &'a str,
    aws_region: &'a str,
    #[serde(borrow)]
    request_parameters: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)] // as above
struct UserIdentity<'a> {
    principal_id: &'a str,
    arn: &'a str,
    account_id: &'a str,
    access_key_id: &'a str,
    #[serde(borrow)]
    session_context: SessionContext<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)] // as above
struct SessionContext<'a> {
    #[serde(borrow)]
    session_issuer: SessionIssuer<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code)] // as above
struct SessionIssuer<'a> {
    principal_id: &'a str,
    arn: &'a str,
}
