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
use super::aws::{SLEEPER, sleeper_arn, sleeper_key_ids, sleeper_made_at, spare_made_at};
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
const JUMP_ACCOUNT: &str = "jump";
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
    writer.ssh_key_of_two_stages()?;
    writer.directory_account()?;
    writer.certificate()
}

impl Writer<'_> {
    /// The key of the sleeper: IAM lists it, Jenkins keeps it, and a scanner found it in a repository, as it did an older
    /// one that was shut off since.
    fn access_key(&mut self) -> Result<()> {
        let account = &self.estate.accounts[0];
        let ([id, shut_id], arn) = (sleeper_key_ids(self.estate), sleeper_arn(self.estate));
        let row = |id: &str, status: &'static str, made_at: i64| {
            object! {
                "UserName": SLEEPER,
                "AccessKeyId": id.to_owned(),
                "Status": status,
                "CreateDate": rfc3339(made_at),
            }
        };
        let listed = object! {
            "AccessKeyMetadata": vec![
                row(&id, "Active", sleeper_made_at(self.estate)),
                row(&shut_id, "Inactive", spare_made_at(self.estate)),
            ],
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
        let mut finding = |id: &str, file: &'static str, verified: bool| {
            object! {
                "SourceMetadata": object! { "Data": object! { "Git": object! {
                    "commit": draw.hex(40),
                    "file": file,
                    "email": "",
                    "repository": format!("https://github.com/{GITHUB}/edi-upload"),
                    "timestamp": "2024-02-06 09:12:44 +0000",
                    "line": 3_i64,
                } } },
                "SourceName": "trufflehog - git",
                "DetectorName": "AWS",
                "DecoderName": "PLAIN",
                "Verified": verified,
                "Raw": id.to_owned(),
                "RawV2": "",
                "Redacted": id.to_owned(),
                "ExtraData": object! { "account": account.id.clone(), "arn": arn.clone() },
                "StructuredData": Json::Null,
            }
        };
        let mut lines = Vec::new();
        for finding in [
            finding(&id, "deploy/edi.env", true),
            finding(&shut_id, "deploy/edi-old.env", false),
        ] {
            serde_json::to_writer(&mut lines, &finding)?;
            lines.push(b'\n');
        }
        self.file("leak-scan", "trufflehog.json", &lines)?;
        self.truth.join("key_in_jenkins", "jenkins", id.clone());
        self.truth.join("leak_of_key", id, arn.clone());
        self.truth.join("leak_of_key", shut_id, arn);
        Ok(())
    }

    /// One key that opens an account on every depot's host, and a repository.
    fn ssh_key(&mut self) -> Result<()> {
        let (hosts, github) = ("depot-hosts", "github-org");
        self.truth.source(hosts, None);
        self.truth.source(github, None);
        let (line, fingerprint) = self.public_key("depot key");
        let made_at = self.estate.timeline.as_of(0) - 640 * DAY;
        let mut holders = Vec::new();
        for depot in 1..=N_DEPOTS {
            let host = format!("depot-{depot:02}");
            holders.push(self.host_account(hosts, &host, DEPOT_ACCOUNT, &line, None)?);
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

    /// One key that opens a host of production and one of development.
    fn ssh_key_of_two_stages(&mut self) -> Result<()> {
        let (line, fingerprint) = self.public_key("jump key");
        let mut holders = Vec::new();
        for (source, environment) in [
            ("jump-hosts-prod", Environment::Prod),
            ("jump-hosts-dev", Environment::Dev),
        ] {
            self.truth.source(source, Some(environment));
            let holder = self.host_account(source, "jump-01", JUMP_ACCOUNT, &line, Some(environment))?;
            self.truth.join("ssh_key_opens", fingerprint.clone(), holder.clone());
            holders.push(holder);
        }
        self.truth.credential(CredentialTruth {
            holders,
            ..CredentialTruth::new(fingerprint, "ssh_key", "").never_ends()
        });
        Ok(())
    }

    /// A public key as SSH writes it, and its fingerprint.
    fn public_key(&self, what: &'static str) -> (String, String) {
        let mut blob = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 32]].concat();
        blob.extend(Draw::new(self.estate.seed, what, 0, 0).bytes(32));
        let fingerprint = format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(&blob)));
        (format!("ssh-ed25519 {}", STANDARD.encode(&blob)), fingerprint)
    }

    /// An account of a host that a public key opens, as two files of the host; its id.
    fn host_account(
        &mut self,
        source: &str,
        host: &str,
        account: &str,
        line: &str,
        environment: Option<Environment>,
    ) -> Result<String> {
        let passwd = format!("{account}:x:1301:1301::/home/{account}:/usr/sbin/nologin\n");
        self.file(source, &format!("{host}/etc/passwd"), passwd.as_bytes())?;
        let path = format!("{host}/home/{account}/.ssh/authorized_keys");
        self.file(source, &path, format!("{line} {account}\n").as_bytes())?;
        let id = format!("{source}/hosts/{host}/{account}");
        let said = Said {
            environment,
            ..Said::default()
        };
        self.identity(&id, "host_account", &[source], said, |identity| identity);
        Ok(id)
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
            self.truth.certificate(stored, place.clone());
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
