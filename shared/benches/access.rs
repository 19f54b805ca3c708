//! How fast effective access is worked out: one answer, the standings of all identities of an account, and the graph over
//! them.
//!
//! `cargo bench -p shared --bench access`; one core.

// A benchmark whose own input is wrong has nothing to measure.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// It looks at the clock and prints what it measured.
#![allow(clippy::print_stderr, clippy::disallowed_methods)]

use std::hint::black_box;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shared::access::Access;
use shared::config::Config;
use shared::connectors;
use shared::graph::Graph;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant;
use shared::model::snapshot::{IdentityId, Snapshot};

const N_ROLES: usize = 10_000;

fn access(criterion: &mut Criterion) {
    let snapshot = account(N_ROLES);
    let access = Access::new(&snapshot);
    let mut group = criterion.benchmark_group("access");
    let ids: Vec<_> = (0..snapshot.identities.len() as u32).map(IdentityId).collect();
    for (name, resource) in [
        ("one resource", "arn:aws:s3:::bucket-7/key"),
        ("any resource", "arn:aws:s3:::*"),
    ] {
        let mut asked = ids.iter().cycle();
        group.bench_function(name, |bench| {
            bench.iter(|| {
                access.decide(
                    &snapshot,
                    *asked.next().unwrap(),
                    "s3:GetObject",
                    black_box(resource),
                    &[],
                )
            });
        });
    }
    group.throughput(Throughput::Elements(ids.len() as u64)).sample_size(10);
    group.bench_function("all standings", |bench| {
        bench.iter(|| Access::new(black_box(&snapshot)))
    });
    group.finish();
}

/// The graph of an account and of one twice as large: whatever is sought out anew for each identity takes four times as
/// long, not twice. Of an account at most 2,000 are tried as those through whom somebody rises: both are larger, for below
/// that the work does grow with the square.
fn graph(_: &mut Criterion) {
    let built_in = |n_roles: usize| {
        let snapshot = account(n_roles);
        let access = Access::new(&snapshot);
        let fastest = (0..3).map(|_| {
            let start = Instant::now();
            black_box(Graph::new(&snapshot, &access));
            start.elapsed()
        });
        fastest.min().unwrap_or_default()
    };
    let (once, twice) = (built_in(N_ROLES), built_in(2 * N_ROLES));
    let ratio = twice.as_secs_f64() / once.as_secs_f64();
    eprintln!(
        "graph of {N_ROLES} roles: {once:?}; of twice as many: {twice:?}, {ratio:.1} times as long (wanted: at most 2.5)"
    );
}

criterion_group!(benches, access, graph);
criterion_main!(benches);

/// An account whose roles have two managed policies each, of a quarter as many, and of which some have an inline one: as
/// many with a way up and with secrets as in a real one.
fn account(n_roles: usize) -> Snapshot {
    let roles: Vec<_> = (0..n_roles).map(role).collect();
    let policies: Vec<_> = (0..n_roles / 4).map(policy).collect();
    let text = format!(
        r#"{{"UserDetailList":[],"GroupDetailList":[],"RoleDetailList":[{}],"Policies":[{}]}}"#,
        roles.join(","),
        policies.join(",")
    );
    let reading = connectors::read("aws", "details.json", text.as_bytes(), "salt");
    assert!(reading.diagnostics.is_empty());
    let file = FileBatch {
        source: "aws".to_owned(),
        path: "details.json".to_owned(),
        connector: reading.connector.map(|connector| connector.id),
        n_bytes: text.len() as u64,
        batch: reading.batch,
        diagnostics: reading.diagnostics,
    };
    merge(vec![file], AsOf::Newest(instant::Instant(0)), &Config::default())
}

fn role(n: usize) -> String {
    let trust = match n % 3 {
        0 => r#"{"Service":"ec2.amazonaws.com"}"#.to_owned(),
        1 => r#"{"Service":"lambda.amazonaws.com"}"#.to_owned(),
        _ => format!(
            r#"{{"AWS":["arn:aws:iam::123456789012:role/role-{}","arn:aws:iam::123456789012:root"]}}"#,
            n / 2
        ),
    };
    let inline = match n % 10 {
        0 => format!(r#"{{"PolicyName":"inline","PolicyDocument":{}}}"#, document(n)),
        _ => String::new(),
    };
    let attached = |n: usize| {
        let n = n / 4;
        format!(r#"{{"PolicyName":"policy-{n}","PolicyArn":"arn:aws:iam::123456789012:policy/policy-{n}"}}"#)
    };
    format!(
        r#"{{"Path":"/","RoleName":"role-{n}","RoleId":"AROA{n:017}","Arn":"arn:aws:iam::123456789012:role/role-{n}","AssumeRolePolicyDocument":{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{trust},"Action":"sts:AssumeRole"}}]}},"InstanceProfileList":[],"RolePolicyList":[{inline}],"AttachedManagedPolicies":[{},{}],"Tags":[]}}"#,
        attached(n),
        attached(n / 7)
    )
}

fn policy(n: usize) -> String {
    format!(
        r#"{{"PolicyName":"policy-{n}","PolicyId":"ANPA{n:017}","Arn":"arn:aws:iam::123456789012:policy/policy-{n}","Path":"/","DefaultVersionId":"v1","PolicyVersionList":[{{"Document":{},"VersionId":"v1","IsDefaultVersion":true}}]}}"#,
        document(n)
    )
}

fn document(n: usize) -> String {
    let more = match n % 40 {
        0 => r#",{"Effect":"Allow","Action":"*","Resource":"*"}"#,
        1..3 => r#",{"Effect":"Allow","Action":["iam:PassRole","lambda:*"],"Resource":"*"}"#,
        3 => r#",{"Effect":"Allow","Action":"iam:AttachRolePolicy","Resource":"arn:aws:iam::123456789012:role/app-*"}"#,
        4..6 => r#",{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::123456789012:role/role-1*"}"#,
        6..14 => r#",{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"*"}"#,
        _ => "",
    };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket","s3:PutObject","kms:Decrypt","kms:GenerateDataKey*","logs:CreateLogStream","logs:PutLogEvents"],"Resource":["arn:aws:s3:::bucket-{n}","arn:aws:s3:::bucket-{n}/*"],"Condition":{{"StringEquals":{{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}}}},{{"Effect":"Deny","Action":"ssm:GetParameter*","Resource":"*"}}{more}]}}"#
    )
}
