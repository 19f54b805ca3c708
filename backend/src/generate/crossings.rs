//! What several systems know, each by a name of its own: one IAM key, one SSH key, one certificate, one account.
//!
//! Each is written into the exports of every system that has it, so that a reader can be scored on finding out that
//! they are one.

use std::fs;
use std::path::Path;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use sha2::{Digest as _, Sha256};

use super::Estate;
use super::aws::{SLEEPER, sleeper_arn, sleeper_key_id, sleeper_made_at};
use super::certificates::{edge_slot, record_named};
use super::company::{Environment, GITHUB};
use super::draw::{DAY, Draw};
use super::governance::{Claim, Said};
use super::json::{Json, object};
use super::timeline::{Snapshot, rfc3339};
use super::truth::{CredentialTruth, IdentityTruth, Knowledge, SnapshotTruth};
use super::x509::pem;

/// The hosts that one SSH key opens.
const N_DEPOTS: usize = 40;
const DEPOT_ACCOUNT: &str = "depot-sync";
const DEPLOY_KEY_ID: &str = "71204451";

const DIRECTORY: &str = "ad.halden.example";
const SHARED_ACCOUNT: &str = "svc-erp-sql";
const SHARED_ACCOUNT_SID: &str = "S-1-5-21-1204459032-2783302191-940381172-1107";
const SAFE: &str = "P-ERP-SVC";

/// One snapshot being written.
struct Writer<'a> {
    estate: &'a Estate,
    snapshot: &'a Snapshot,
    folder: &'a Path,
    truth: &'a mut SnapshotTruth,
}

/// Writes what crosses systems, beside the exports of the sources that it concerns.
pub fn write(estate: &Estate, snapshot: &Snapshot, folder: &Path, truth: &mut SnapshotTruth) -> Result<()> {
    let mut writer = Writer {
        estate,
        snapshot,
        folder,
        truth,
    };
    writer.access_key()?;
    writer.ssh_key()?;
    writer.directory_account()?;
    writer.certificate()
}

impl Writer<'_> {
    /// The key of the sleeper: IAM lists it, Jenkins keeps it, and a scanner found it in a repository.
    fn access_key(&mut self) -> Result<()> {
        let account = &self.estate.accounts[0];
        let (id, arn) = (sleeper_key_id(self.estate), sleeper_arn(self.estate));
        let listed = object! {
            "AccessKeyMetadata": vec![object! {
                "UserName": SLEEPER,
                "AccessKeyId": id.clone(),
                "Status": "Active",
                "CreateDate": rfc3339(sleeper_made_at(self.estate)),
            }],
            "IsTruncated": false,
        };
        self.json(&account.source, "access-keys.json", &listed)?;
        self.truth.source("jenkins", None);
        let class = "com.cloudbees.jenkins.plugins.awscredentials.AWSCredentialsImpl";
        let jenkins = format!(
            "<?xml version='1.1' encoding='UTF-8'?>\n\
             <com.cloudbees.plugins.credentials.SystemCredentialsProvider plugin=\"credentials@1408.va_622a_b_f5b_1b_1\">\n  \
             <domainCredentialsMap class=\"hudson.util.CopyOnWriteMap$Hash\">\n    <entry>\n      \
             <com.cloudbees.plugins.credentials.domains.Domain>\n        <specifications/>\n      \
             </com.cloudbees.plugins.credentials.domains.Domain>\n      <java.util.concurrent.CopyOnWriteArrayList>\n        \
             <{class} plugin=\"aws-credentials@252.v67d55a_56dc7f\">\n          <scope>GLOBAL</scope>\n          \
             <id>edi-upload</id>\n          <description>uploads to partners</description>\n          \
             <accessKey>{id}</accessKey>\n          <secretKey>{{AQAAABAAAAAwbm90IGEgc2VjcmV0}}</secretKey>\n        \
             </{class}>\n      </java.util.concurrent.CopyOnWriteArrayList>\n    </entry>\n  </domainCredentialsMap>\n\
             </com.cloudbees.plugins.credentials.SystemCredentialsProvider>\n"
        );
        self.file("jenkins", "credentials.xml", jenkins.as_bytes())?;
        let stored = "jenkins/system/_/edi-upload";
        self.truth.credential(CredentialTruth {
            holders: Vec::new(),
            ..CredentialTruth::new(stored, "jenkins_credential", "").with_status("unknown")
        });
        self.truth.source("leak-scan", None);
        let mut draw = Draw::new(self.estate.seed, "leak", 0, 0);
        let finding = object! {
            "SourceMetadata": object! { "Data": object! { "Git": object! {
                "commit": draw.hex(40),
                "file": "deploy/edi.env",
                "email": "",
                "repository": format!("https://github.com/{GITHUB}/edi-upload"),
                "timestamp": "2024-02-06 09:12:44 +0000",
                "line": 3_i64,
            } } },
            "SourceName": "trufflehog - git",
            "DetectorName": "AWS",
            "DecoderName": "PLAIN",
            "Verified": true,
            "Raw": id.clone(),
            "RawV2": "",
            "Redacted": id.clone(),
            "ExtraData": object! { "account": account.id.clone(), "arn": arn.clone() },
            "StructuredData": Json::Null,
        };
        self.json("leak-scan", "trufflehog.json", &finding)?;
        self.truth.join("key_in_jenkins", "jenkins", id.clone());
        self.truth.join("leak_of_key", id, arn);
        Ok(())
    }

    /// One key that opens an account on every depot's host, and a repository.
    fn ssh_key(&mut self) -> Result<()> {
        let (hosts, github) = ("depot-hosts", "github-org");
        self.truth.source(hosts, None);
        self.truth.source(github, None);
        let mut blob = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 32]].concat();
        blob.extend(Draw::new(self.estate.seed, "depot key", 0, 0).bytes(32));
        let line = format!("ssh-ed25519 {}", STANDARD.encode(&blob));
        let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob)));
        let made_at = self.estate.timeline.as_of(0) - 640 * DAY;
        let mut holders = Vec::new();
        for depot in 1..=N_DEPOTS {
            let host = format!("depot-{depot:02}");
            let passwd = format!("{DEPOT_ACCOUNT}:x:1301:1301::/home/{DEPOT_ACCOUNT}:/usr/sbin/nologin\n");
            self.file(hosts, &format!("{host}/etc/passwd"), passwd.as_bytes())?;
            let path = format!("{host}/home/{DEPOT_ACCOUNT}/.ssh/authorized_keys");
            self.file(hosts, &path, format!("{line} {DEPOT_ACCOUNT}\n").as_bytes())?;
            let id = format!("{hosts}/hosts/{host}/{DEPOT_ACCOUNT}");
            self.identity(&id, "host_account", &[hosts], Said::default(), |identity| identity);
            holders.push(id);
        }
        let repository = format!("{GITHUB}/{DEPOT_ACCOUNT}");
        let deploy_key = object! {
            "id": 71_204_451_i64,
            "key": line,
            "url": format!("https://api.github.com/repos/{repository}/keys/{DEPLOY_KEY_ID}"),
            "title": DEPOT_ACCOUNT,
            "verified": true,
            "created_at": rfc3339(made_at),
            "read_only": true,
            "enabled": true,
        };
        self.json(github, "deploy-keys.json", &Json::List(vec![deploy_key]))?;
        let id = format!("{github}/repos/{repository}/keys/{DEPLOY_KEY_ID}");
        self.identity(&id, "repository_key", &[github], Said::default(), |identity| {
            IdentityTruth {
                enabled: Some(true),
                credentials: Knowledge::Known,
                ..identity
            }
        });
        holders.push(id);
        for holder in &holders {
            self.truth.join("ssh_key_opens", fingerprint.clone(), holder.clone());
        }
        self.truth.credential(CredentialTruth {
            holders,
            ..CredentialTruth::new(fingerprint, "ssh_key", "")
                .created(made_at)
                .never_ends()
        });
        Ok(())
    }

    /// One account of the directory: its password lies in the vault, and the database lets it in by its directory name.
    fn directory_account(&mut self) -> Result<()> {
        let sources = ["ad-corp", "cyberark", "erp-database"];
        for source in sources {
            self.truth.source(source, None);
        }
        let first = self.estate.timeline.as_of(0);
        let (made_at, set_at, kept_at) = (first - 1_900 * DAY, first - 410 * DAY, first - 40 * DAY);
        let principal = format!("{SHARED_ACCOUNT}@{DIRECTORY}");
        let users = format!(
            "\"DistinguishedName\",\"Enabled\",\"ObjectClass\",\"PasswordLastSet\",\"SamAccountName\",\"SID\",\"UserPrincipalName\",\"whenCreated\"\r\n\
             \"CN={SHARED_ACCOUNT},OU=Service Accounts,DC=ad,DC=halden,DC=example\",\"True\",\"user\",\"{}\",\"{SHARED_ACCOUNT}\",\"{SHARED_ACCOUNT_SID}\",\"{principal}\",\"{}\"\r\n",
            rfc3339(set_at),
            rfc3339(made_at)
        );
        self.file(sources[0], "users.csv", users.as_bytes())?;
        let account = object! {
            "id": "44_7",
            "name": format!("Operating System-WinDomain-{DIRECTORY}-{SHARED_ACCOUNT}"),
            "address": DIRECTORY,
            "userName": SHARED_ACCOUNT,
            "platformId": "WinDomain",
            "safeName": SAFE,
            "secretType": "password",
            "secretManagement": object! {
                "automaticManagementEnabled": true,
                "status": "success",
                "lastModifiedTime": kept_at,
            },
            "createdTime": made_at,
        };
        self.json(
            sources[1],
            "accounts.json",
            &object! { "value": vec![account], "count": 1_i64 },
        )?;
        let roles = format!(
            "rolname,rolsuper,rolinherit,rolcreaterole,rolcreatedb,rolcanlogin,rolreplication,rolconnlimit,rolpassword,rolvaliduntil,rolbypassrls,rolconfig,oid\n\
             {principal},f,t,f,f,t,f,-1,********,,f,,16401\n"
        );
        self.file(sources[2], "pg_roles.csv", roles.as_bytes())?;
        let said = Said {
            claims: vec![Claim::Text(SAFE)],
            ..Said::default()
        };
        self.identity(&principal, "directory_user", &sources, said, |identity| IdentityTruth {
            enabled: Some(true),
            ..identity
        });
        let password = CredentialTruth::new(SHARED_ACCOUNT_SID, "directory_password", principal.clone());
        self.truth.credential(password.created(set_at));
        let vaulted = CredentialTruth::new("cyberark/44_7", "vaulted_password", principal.clone());
        self.truth.credential(vaulted.created(kept_at));
        for source in sources {
            self.truth.join("same_account", source, principal.clone());
        }
        Ok(())
    }

    /// The certificate that the old Tomcat and the first cluster have, in a load balancer as well.
    fn certificate(&mut self) -> Result<()> {
        let mut accounts = self.estate.accounts.iter();
        let Some(account) = accounts.find(|account| account.environment == Environment::Prod) else {
            return Ok(());
        };
        let slot = edge_slot(self.estate.seed, 0);
        let issued = self
            .estate
            .pki
            .in_slot(&slot, &self.estate.timeline, self.snapshot.index);
        let issuer = self.estate.pki.issuer(slot.profile);
        let chain = issuer.map_or_else(String::new, |issuer| pem("CERTIFICATE", &issuer.der));
        let got = object! { "Certificate": pem("CERTIFICATE", &issued.der), "CertificateChain": chain };
        self.json(&account.source, "acm-certificate.json", &got)?;
        let place = format!("{}/acm", account.source);
        let environment = Some(account.environment);
        record_named(
            self.estate,
            self.snapshot,
            &slot,
            &account.source,
            environment,
            self.truth,
        );
        for stored in [Some(&issued), issuer].into_iter().flatten() {
            self.truth
                .certificate(stored.sha256, stored.not_after, stored.strength, place.clone());
        }
        self.truth.join(
            "certificate_in_three_places",
            issued.fingerprint(),
            account.source.clone(),
        );
        Ok(())
    }

    fn identity(
        &mut self,
        id: &str,
        kind: &'static str,
        sources: &[&str],
        said: Said,
        known: impl FnOnce(IdentityTruth) -> IdentityTruth,
    ) {
        let governance = self.estate.governance(&[id], said, None, self.snapshot.as_of);
        let mut identity = known(IdentityTruth::new(id, kind, sources[0], &governance));
        identity
            .sources
            .extend(sources.iter().map(|source| (*source).to_owned()));
        self.truth.identity(identity, &governance);
    }

    fn json(&mut self, source: &str, name: &str, value: &Json) -> Result<()> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        self.file(source, name, &text)
    }

    fn file(&mut self, source: &str, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(source).join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, bytes)?;
        self.truth.file(&path, &[]);
        Ok(())
    }
}
