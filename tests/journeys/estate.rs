//! A small estate of which every number is known: one AWS account, one cluster, one file that nothing recognises.

use std::fs;
use std::path::Path;

use anyhow::Result;
use e2e::Rollcall;
use tempfile::TempDir;

/// Three users with a key each and the account's root. `ci-deploy` is governed; `old-batch` has an owner who left and a
/// key of years; of `scratch` nothing is known but that it exists.
const CREDENTIAL_REPORT: &str = "\
user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,\
access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,\
access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,\
access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,\
cert_2_last_rotated
<root_account>,arn:aws:iam::111122223333:root,2019-03-01T09:00:00+00:00,not_supported,2026-01-05T10:00:00+00:00,\
not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
ci-deploy,arn:aws:iam::111122223333:user/ci-deploy,2026-05-01T09:00:00+00:00,false,N/A,N/A,N/A,false,\
true,2026-10-01T09:00:00+00:00,2026-10-30T23:59:00+00:00,eu-west-1,s3,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
old-batch,arn:aws:iam::111122223333:user/old-batch,2021-05-01T09:00:00+00:00,false,N/A,N/A,N/A,false,\
true,2021-05-01T09:00:00+00:00,2023-02-01T00:00:00+00:00,us-east-1,ec2,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
scratch,arn:aws:iam::111122223333:user/scratch,2024-05-01T09:00:00+00:00,false,N/A,N/A,N/A,false,\
true,2024-05-01T09:00:00+00:00,no_information,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A
";

const CLUSTER: &str = r#"{"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""}, "items": [
{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "checkout", "namespace": "shop", "uid": "u-1",
 "creationTimestamp": "2025-01-01T00:00:00Z", "annotations": {"owner": "jo@acme.example"}}},
{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "<b>bold</b>", "namespace": "shop", "uid": "u-2",
 "creationTimestamp": "2025-01-01T00:00:00Z"}}]}"#;

const REGISTRY: &str = "\
identity,owner,team,purpose,environment,reviewed_on,reviewer,retires_on
arn:aws:iam::*:user/ci-deploy,jo@acme.example,Platform,Deploys the shop,prod,2026-10-01,sam@acme.example,
arn:aws:iam::*:user/old-batch,sam@acme.example,Data,Nightly export,prod,2025-01-01,jo@acme.example,
";

const ROSTER: &str = "\
email,name,team,status,left_on
jo@acme.example,Jo Lee,Platform,active,
sam@acme.example,Sam Roth,Data,left,2026-08-31
";

const CONFIG: &str = "\
[estate]
name = \"Acme\"

[[expected]]
source = \"aws-prod\"

[[expected]]
source = \"vault-prod\"
";

/// Of `shop.acme.example`, from 1 October to 20 November 2026, signed by itself.
const CERTIFICATE: &str = "\
-----BEGIN CERTIFICATE-----
MIIBRjCB7qADAgECAgIQATAKBggqhkjOPQQDAjAcMRowGAYDVQQDDBFzaG9wLmFj
bWUuZXhhbXBsZTAeFw0yNjEwMDEwMDAwMDBaFw0yNjExMjAwMDAwMDBaMBwxGjAY
BgNVBAMMEXNob3AuYWNtZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEK1pT5yP1gqkAO02ZmBy9yWJDXTCBOLRHQFRERJpynBkyoarY99lAPQBDuAvE
/9ec3zufguqyBZ/zydQxNo9R1qMgMB4wHAYDVR0RBBUwE4IRc2hvcC5hY21lLmV4
YW1wbGUwCgYIKoZIzj0EAwIDRwAwRAIgIVfVIBMuR6jnP/UQ+p/yAAIyU+6zxQU0
H/WZj6VX8zECICYOPc7yUnUCh5YVVA3//nkkFcU1t/WvS4ooDRaHWMf7
-----END CERTIFICATE-----
";

/// Writes the estate of 31 October 2026.
pub fn write(root: &Path) -> Result<()> {
    for (path, text) in [
        ("rollcall.toml", CONFIG),
        ("registry.csv", REGISTRY),
        ("roster.csv", ROSTER),
        ("2026-10-31/aws-prod/credential-report.csv", CREDENTIAL_REPORT),
        ("2026-10-31/aws-prod/notes.json", r#"{"reminder": "ask Kim"}"#),
        ("2026-10-31/k8s-shop/objects.json", CLUSTER),
    ] {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}

/// Writes the estate with a snapshot before it, of 30 September: without `scratch`, without the cluster, and with the key
/// of `ci-deploy` that was replaced since.
pub fn write_twice(root: &Path) -> Result<()> {
    write(root)?;
    let before: String = CREDENTIAL_REPORT
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("scratch,"))
        .map(|line| line.replace("true,2026-10-01T09:00:00", "true,2026-05-01T09:00:00"))
        .collect();
    let folder = root.join("2026-09-30/aws-prod");
    fs::create_dir_all(&folder)?;
    Ok(fs::write(folder.join("credential-report.csv"), before)?)
}

/// Serves both snapshots, the later one with a certificate as well, for as long as both are kept.
pub fn served_with_certificate() -> Result<(Rollcall, TempDir)> {
    let root = tempfile::tempdir()?;
    write_twice(root.path())?;
    let folder = root.path().join("2026-10-31/tls-edge");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("shop.pem"), CERTIFICATE)?;
    let rollcall = Rollcall::start(&["serve", &root.path().to_string_lossy()])?;
    Ok((rollcall, root))
}

/// Serves both snapshots for as long as both are kept.
pub fn served_twice() -> Result<(Rollcall, TempDir)> {
    let root = tempfile::tempdir()?;
    write_twice(root.path())?;
    let rollcall = Rollcall::start(&["serve", &root.path().to_string_lossy()])?;
    Ok((rollcall, root))
}

/// Serves the estate for as long as both are kept.
pub fn served() -> Result<(Rollcall, TempDir)> {
    let root = tempfile::tempdir()?;
    write(root.path())?;
    let rollcall = Rollcall::start(&["serve", &root.path().to_string_lossy()])?;
    Ok((rollcall, root))
}
