//! What AWS's exports say together: one key, one certificate, one user, however many exports know them.

use std::path::Path;

use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::config::Config;
use shared::connectors;
use shared::diagnostic::Severity;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::access_policy::Privilege;
use shared::model::credential::{CredentialKind, CredentialStatus, Custody};
use shared::model::grant::TrustGuard;
use shared::model::instant::{Instant, LastUsed};
use shared::model::snapshot::{Credential, OwnerState, Snapshot, Trust};
use shared::model::usage::Granted;

fn read(source: &str, path: &str, bytes: &[u8]) -> FileBatch {
    let reading = connectors::read(source, path, bytes, "salt");
    let errors: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .collect();
    assert!(reading.connector.is_some() && errors.is_empty(), "{path}: {errors:#?}");
    FileBatch {
        source: source.to_owned(),
        path: path.to_owned(),
        connector: reading.connector.map(|connector| connector.id),
        n_bytes: bytes.len() as u64,
        batch: reading.batch,
        diagnostics: reading.diagnostics,
    }
}

fn fixture(connector: &str) -> FileBatch {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/connectors")
        .join(connector)
        .join("basic.json");
    read("aws-prod", &format!("{connector}.json"), &std::fs::read(path).unwrap())
}

fn judge(files: Vec<FileBatch>) -> Analysis {
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    analyze(merge(files, as_of, &Config::default()), &Config::default())
}

fn held<'a>(snapshot: &'a Snapshot, id: &str) -> Vec<(String, &'a Credential)> {
    let identity = snapshot.identity(snapshot.find(id).unwrap());
    let credentials = snapshot.credentials_of(identity);
    credentials
        .map(|(_, credential)| (snapshot.strings.get(credential.key).to_owned(), credential))
        .collect()
}

fn at(text: &str) -> LastUsed {
    LastUsed::At(Instant::from_text(text).unwrap())
}

const DETAILS: &str = r#"{
    "UserDetailList": [
        {"Path": "/ci/", "UserName": "ci-deploy", "UserId": "AIDAEXAMPLECI00000001",
         "Arn": "arn:aws:iam::111122223333:user/ci/ci-deploy", "CreateDate": "2020-01-01T00:00:00Z"}
    ],
    "RoleDetailList": [
        {"Path": "/apps/", "RoleName": "reader", "RoleId": "AROAEXAMPLEREADER0001",
         "Arn": "arn:aws:iam::111122223333:role/apps/reader", "CreateDate": "2020-01-01T00:00:00Z", "RoleLastUsed": {},
         "AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}},
        {"Path": "/", "RoleName": "github", "RoleId": "AROAEXAMPLEGITHUB0001",
         "Arn": "arn:aws:iam::111122223333:role/github", "CreateDate": "2020-01-01T00:00:00Z",
         "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
            "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}}}},
        {"Path": "/", "RoleName": "vendor-access", "RoleId": "AROAEXAMPLEVENDOR0002",
         "Arn": "arn:aws:iam::111122223333:role/vendor-access", "CreateDate": "2020-01-01T00:00:00Z",
         "AssumeRolePolicyDocument": {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"AWS": "999988887777"}, "Condition": {"StringEquals": {"sts:ExternalId": "acme-7"}}}}},
        {"Path": "/", "RoleName": "web", "RoleId": "AROAEXAMPLEWEB00000001",
         "Arn": "arn:aws:iam::111122223333:role/web", "CreateDate": "2020-01-01T00:00:00Z",
         "AssumeRolePolicyDocument": {"Statement": []}}
    ]}"#;

const REPORT: &str = "user,arn,user_creation_time,password_enabled,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,cert_1_active,cert_1_last_rotated
ci-deploy,arn:aws:iam::111122223333:user/ci/ci-deploy,2020-01-01T00:00:00+00:00,false,false,true,2021-05-01T09:00:01+00:00,2026-10-29T00:00:00+00:00,eu-west-1,s3,false,2020-01-01T00:00:00+00:00,N/A,true,2025-02-04T10:00:00+00:00
";

fn account() -> Vec<FileBatch> {
    vec![
        read("aws-prod", "details.json", DETAILS.as_bytes()),
        read("aws-prod", "report.csv", REPORT.as_bytes()),
        fixture("aws_user_credentials"),
        fixture("aws_cloudtrail"),
        fixture("aws_access_analyzer"),
    ]
}

const CI: &str = "arn:aws:iam::111122223333:user/ci/ci-deploy";
const READER: &str = "arn:aws:iam::111122223333:role/apps/reader";

#[test]
fn a_key_is_one_in_report_list_and_log() {
    let analysis = judge(account());
    let keys = held(&analysis.snapshot, CI);
    let of_kind = |kind| keys.iter().filter(move |(_, c)| c.kind == kind).collect::<Vec<_>>();
    let [(first, active), (second, inactive)] = of_kind(CredentialKind::AccessKey)[..] else {
        panic!("{keys:#?}");
    };
    assert_eq!(first, "aws-key:AKIAEXAMPLECIDEPLOY1");
    // Slot, id, their last use by `get-access-key-last-used`, and a later call in the log.
    assert_eq!(active.last_used, at("2026-10-30T23:59:00Z"));
    assert_eq!(active.evidence.len(), 3);
    assert_eq!(second, "aws-key:AKIAEXAMPLECIDEPLOY2");
    assert_eq!(inactive.status, CredentialStatus::Inactive);
    // The analyzer saw a use that the list did not.
    assert_eq!(inactive.last_used, at("2026-02-03T00:00:00Z"));
    // The slot of the report, the id of the list, and the certificate in its body.
    let [(certificate, signing)] = of_kind(CredentialKind::Certificate)[..] else {
        panic!("{keys:#?}");
    };
    assert!(
        certificate.starts_with("x509:") && signing.evidence.len() == 3,
        "{signing:#?}"
    );
    assert!(of_kind(CredentialKind::SigningCertificate).is_empty());
}

#[test]
fn a_user_without_account_is_the_only_one_of_that_name_in_the_source() {
    let other = DETAILS
        .replace("111122223333", "444455556666")
        .replace("AIDA", "AIDAOTHER")
        .replace("AROA", "AROAOTHER");
    let mut files = account();
    files.push(read("aws-prod", "other-account.json", other.as_bytes()));
    let analysis = judge(files);
    // Only the credential report says which of the two users its slots are of.
    let kinds: Vec<_> = held(&analysis.snapshot, CI).into_iter().map(|(key, _)| key).collect();
    assert!(kinds.iter().any(|key| key.ends_with("/access_key_1")), "{kinds:?}");
    assert!(held(&analysis.snapshot, &CI.replace("111122223333", "444455556666")).is_empty());
    // The path of the list can tell the account, too.
    let keys = r#"{"AccessKeyMetadata": [{"UserName": "ci-deploy", "AccessKeyId": "AKIAEXAMPLEBYPATH001"}]}"#;
    let mut files = account();
    files.push(read("aws-prod", "other-account.json", other.as_bytes()));
    files.push(read("aws-prod", "444455556666/keys.json", keys.as_bytes()));
    let found = judge(files);
    let found = held(&found.snapshot, &CI.replace("111122223333", "444455556666"));
    assert_eq!(found[0].0, "aws-key:AKIAEXAMPLEBYPATH001");
    // In a source of its own there is no doubt.
    let mut files = account();
    files.push(read("aws-test", "other-account.json", other.as_bytes()));
    assert_eq!(held(&judge(files).snapshot, CI).len(), 6);
}

#[test]
fn a_session_without_path_is_its_role() {
    let analysis = judge(account());
    let snapshot = &analysis.snapshot;
    let reader = snapshot.identity(snapshot.find(READER).unwrap());
    assert_eq!(reader.last_used, at("2026-10-30T09:30:00Z"));
    let services: Vec<_> = snapshot
        .services_of(reader)
        .iter()
        .map(|used| snapshot.strings.get(used.service))
        .collect();
    assert_eq!(services, ["cloudwatch", "s3"]);
}

#[test]
fn trusts_that_were_used_say_when() {
    let analysis = judge(account());
    let snapshot = &analysis.snapshot;
    let of = |role: &str| -> Vec<&Trust> {
        let role = snapshot.find(&format!("arn:aws:iam::111122223333:role/{role}"));
        snapshot
            .trusts
            .iter()
            .filter(|trust| trust.target_identity == role)
            .collect()
    };
    let used = |trust: &Trust| trust.last_used_at.map(|at| at.to_string());
    // The account lets its user in; Lambda may come in, and did not.
    let [account, lambda] = of("apps/reader")[..] else {
        panic!()
    };
    assert_eq!(used(account).as_deref(), Some("2026-10-30T07:00:00Z"));
    assert_eq!(used(lambda), None);
    // The analyzer's findings on these two say nothing that their policies do not.
    let [github] = of("github")[..] else { panic!() };
    assert_eq!(used(github).as_deref(), Some("2026-10-30T10:00:00Z"));
    let [vendor] = of("vendor-access")[..] else { panic!() };
    assert_eq!(
        (vendor.guard, used(vendor).as_deref()),
        (Some(TrustGuard::ExternalId), Some("2026-10-30T11:30:00Z"))
    );
    // The policy that let EC2 in is gone.
    let [web] = of("web")[..] else { panic!() };
    assert_eq!((web.guard, used(web).as_deref()), (None, Some("2026-10-30T11:00:00Z")));
    let detail = answers::identity(&analysis, "arn:aws:iam::111122223333:role/web").unwrap();
    assert_eq!(
        detail.actors[0].sentence,
        "the platform's ec2.amazonaws.com assumed web on 2026-10-30; no export lists the trust that allows it."
    );
}

#[test]
fn services_are_told_by_report_and_log() {
    let mut files = account();
    let report = format!(
        r#"{{"JobStatus": "COMPLETED", "JobCompletionDate": "2026-10-30T08:00:00Z", "Arn": "{CI}", "ServicesLastAccessed": [
            {{"ServiceNamespace": "s3", "LastAuthenticated": "2026-10-20T00:00:00Z", "LastAuthenticatedEntity": "{CI}"}},
            {{"ServiceNamespace": "sqs"}}]}}"#
    );
    files.push(read("aws-prod", "used.json", report.as_bytes()));
    let analysis = judge(files);
    let snapshot = &analysis.snapshot;
    let services: Vec<_> = snapshot
        .services_of(snapshot.identity(snapshot.find(CI).unwrap()))
        .iter()
        .map(|used| (snapshot.strings.get(used.service), used.last_used, used.granted))
        .collect();
    assert_eq!(
        services,
        [
            ("kms", at("2026-10-30T08:00:00Z"), Granted::NotReported),
            ("s3", at("2026-10-29T08:00:00Z"), Granted::Reported),
            ("sqs", LastUsed::NotWithin { days: 400 }, Granted::Reported),
            ("sts", at("2026-10-30T07:30:00Z"), Granted::NotReported),
        ]
    );
}

#[test]
fn a_certificate_is_one_however_much_is_told_of_it() {
    let acm = judge(vec![
        fixture("aws_acm_certificates"),
        fixture("aws_server_certificates"),
    ]);
    let snapshot = &acm.snapshot;
    let keys: Vec<_> = snapshot
        .credentials
        .iter()
        .map(|credential| (snapshot.strings.get(credential.key), credential.evidence.len()))
        .collect();
    assert_eq!(keys.len(), 4, "{keys:#?}");
    // Listed and described by ACM, got from ACM, listed and got from IAM.
    let shop = keys
        .iter()
        .filter(|(key, n)| key.starts_with("x509:") && *n >= 5)
        .count();
    assert_eq!(shop, 1, "{keys:#?}");
}

#[test]
fn a_secret_that_a_vault_keeps_is_vaulted() {
    let secret = |name: &str, labels: &str| {
        format!(
            r#"{{"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {{"a": "c2VjcmV0"}},
                "metadata": {{"name": "{name}", "namespace": "shop", "creationTimestamp": "2024-01-01T00:00:00Z", "labels": {labels}}}}}"#
        )
    };
    let copied = secret("copied", r#"{"reconcile.external-secrets.io/created-by": "1"}"#);
    let cluster = format!(
        r#"{{"kind": "List", "apiVersion": "v1", "items": [{copied}, {}]}}"#,
        secret("own", "{}")
    );
    let analysis = judge(vec![
        fixture("aws_secrets_manager"),
        fixture("aws_agentcore_identities"),
        read("k8s-shop", "secrets.json", cluster.as_bytes()),
        read(
            "lists",
            "secrets.csv",
            b"name,type,owner,created\nlegacy-token,secret,ops,2024-01-01\n",
        ),
    ]);
    let vaulted = answers::kpi_values(&analysis)
        .into_iter()
        .find(|value| value.id == "credential.vaulted")
        .unwrap();
    // Three secrets of Secrets Manager that are not deleted, two of AgentCore, and the copy; the cluster's own; the row.
    assert_eq!(
        (vaulted.pass, vaulted.fail, vaulted.unknown),
        (Some(6), Some(1), Some(1))
    );
}

#[test]
fn who_answers_for_a_secret_stands_in_its_tags() {
    let analysis = judge(vec![
        fixture("aws_secrets_manager"),
        read(
            "",
            "roster.csv",
            b"email,name,team,status\nkim@example.com,Kim,payments,active\n",
        ),
    ]);
    let snapshot = &analysis.snapshot;
    let is_tagged = |secret: &&Credential| !secret.claims.is_empty();
    let [secret] = snapshot.credentials.iter().filter(is_tagged).collect::<Vec<_>>()[..] else {
        panic!();
    };
    assert_eq!(
        secret.owner.text.map(|text| snapshot.strings.get(text)),
        Some("payments")
    );
    assert_eq!(secret.owner.state, OwnerState::Active);
    assert_eq!(secret.environment.map(|text| snapshot.strings.get(text)), Some("dev"));
}

#[test]
fn what_opens_a_secret_names_its_kind() {
    let secret =
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:bedrock-agentcore-identity!default/apikey/maps-a1b2c3";
    let list = format!(
        r#"{{"SecretList": [{{"ARN": "{secret}", "Name": "maps", "CreatedDate": "2026-07-03T00:00:00Z", "LastChangedDate": "2026-07-03T00:00:00Z", "LastAccessedDate": "2026-10-30T00:00:00Z"}}]}}"#
    );
    let analysis = judge(vec![
        fixture("aws_agentcore_identities"),
        read("aws-prod", "secrets.json", list.as_bytes()),
    ]);
    let is_maps =
        |credential: &&Credential| credential.name.map(|name| analysis.snapshot.strings.get(name)) == Some("maps");
    let [maps] = analysis.snapshot.credentials.iter().filter(is_maps).collect::<Vec<_>>()[..] else {
        panic!();
    };
    assert_eq!((maps.kind, maps.custody), (CredentialKind::ApiKey, Custody::Vault));
    assert_eq!(maps.last_used, at("2026-10-30T00:00:00Z"));
}

#[test]
fn lists_and_details_are_of_the_same_users_and_roles() {
    let list = r#"{"Users": [{"Path": "/ci/", "UserName": "ci-deploy", "UserId": "AIDAEXAMPLECI00000001",
            "Arn": "arn:aws:iam::111122223333:user/ci/ci-deploy", "CreateDate": "2020-01-01T00:00:00Z"}]}
        {"Role": {"Path": "/apps/", "RoleName": "reader", "RoleId": "AROAEXAMPLEREADER0001",
            "Arn": "arn:aws:iam::111122223333:role/apps/reader", "CreateDate": "2020-01-01T00:00:00Z",
            "Tags": [{"Key": "owner", "Value": "apps@example.com"}],
            "AssumeRolePolicyDocument": {"Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}}"#;
    let details = || read("aws-prod", "details.json", DETAILS.as_bytes());
    let alone = judge(vec![details()]);
    let both = judge(vec![details(), read("aws-prod", "list.json", list.as_bytes())]);
    assert_eq!(both.snapshot.identities.len(), alone.snapshot.identities.len());
    assert_eq!(both.snapshot.trusts.len(), alone.snapshot.trusts.len());
    let reader = both.snapshot.identity(both.snapshot.find(READER).unwrap());
    assert_eq!(
        reader.owner.text.map(|text| both.snapshot.strings.get(text)),
        Some("apps@example.com")
    );
    assert_eq!(reader.last_used, LastUsed::NotWithin { days: 400 });
}

#[test]
fn a_policy_that_is_only_named_is_known_by_its_text() {
    let details = r#"{"RoleDetailList": [{"RoleName": "web", "Arn": "arn:aws:iam::111122223333:role/web",
        "AttachedManagedPolicies": [{"PolicyName": "break-glass", "PolicyArn": "arn:aws:iam::111122223333:policy/ops/break-glass"}]}]}"#;
    let privilege = |files| {
        let snapshot = judge(files).snapshot;
        let [grant] = &snapshot.grants[..] else { panic!() };
        grant.privilege
    };
    let details = || read("aws-prod", "details.json", details.as_bytes());
    assert_eq!(privilege(vec![details()]), None);
    assert_eq!(
        privilege(vec![details(), fixture("aws_managed_policies")]),
        Some(Privilege::Administrator)
    );
}

/// A key whose user no export lists is not nobody's.
#[test]
fn a_holder_that_is_only_named_is_shown_by_name() {
    let keys = br#"{"AccessKeyMetadata":[{"UserName":"bob","AccessKeyId":"AKIAQYLPMN5HEXAMPL77","Status":"Active","CreateDate":"2026-01-01T00:00:00Z"}]}"#;
    let alone = judge(vec![read("aws-prod", "keys.json", keys)]);
    let row = shared::lists::credential_row(&alone, 0);
    assert_eq!(
        (row.holder, row.holder_name.as_deref()),
        (None, Some("bob, not listed"))
    );
    let users = br#"{"Users":[{"Path":"/","UserName":"bob","UserId":"AIDAQYLPMN5HEXAMPL77","Arn":"arn:aws:iam::111122223333:user/bob","CreateDate":"2026-01-01T00:00:00Z"}]}"#;
    let both = judge(vec![
        read("aws-111122223333", "keys.json", keys),
        read("aws-111122223333", "users.json", users),
    ]);
    let row = shared::lists::credential_row(&both, 0);
    assert_eq!(row.holder_name.as_deref(), Some("bob"));
    assert!(row.holder.is_some());
}
