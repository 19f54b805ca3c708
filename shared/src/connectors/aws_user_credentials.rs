//! What IAM users authenticate with, by id: access keys and their last use, service-specific credentials, SSH public
//! keys, signing certificates.
//!
//! Written by `aws iam list-access-keys`, `get-access-key-last-used`, `list-service-specific-credentials`,
//! `list-ssh-public-keys`, `get-ssh-public-key` and `list-signing-certificates`, usually in a loop over all users and
//! into one file; all of them may follow one another in any order.
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccessKeys.html>
//!
//! Read: user, id, state, creation or upload, expiry (Bedrock and CloudWatch Logs API keys), last use (day and time,
//! service, region), the SSH key's and the certificate's public half. No secret half is in these exports; where a
//! file of `create-…` commands adds one, it is not read.
//!
//! `get-access-key-last-used` names the user and not the key. The key is the one in `AccessKeyId`, where the command
//! below adds it; else that of the user's list before it, in its order, when there are as many answers as keys; else
//! only the user is known to have been used.
//!
//! Cannot tell: the account, and so which user is meant where several accounts have one of that name: it comes from
//! `source.toml`, from 12 digits in the path, or from the only user of that name in the source.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hashbrown::HashMap;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use smallvec::smallvec;

use super::aws_export;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::{Batch, Synonym};
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::Handle;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row, Rows};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_user_credentials",
    title: "IAM users' access keys and other credentials",
    vendor: "AWS",
    command: "for u in $(aws iam list-users --query 'Users[].UserName' --output text); do aws iam list-access-keys --user-name $u; aws iam list-service-specific-credentials --user-name $u; aws iam list-ssh-public-keys --user-name $u; aws iam list-signing-certificates --user-name $u; for k in $(aws iam list-access-keys --user-name $u --query 'AccessKeyMetadata[].AccessKeyId' --output text); do aws iam get-access-key-last-used --access-key-id $k | jq --arg k $k '. + {AccessKeyId: $k}'; done; done > user-credentials.json",
    cannot_tell: &[
        "use of an access key in the last hours: AWS records it with a delay; and before 2015-04-22, when it began to",
        "which key a last use is of, where the answers do not follow the user's list of keys: add `AccessKeyId` as the command does",
        "when a service-specific credential, an SSH key or a signing certificate was last used",
        "the account of a user: put its 12 digits into the path, or `account` into source.toml, where one source has several accounts",
    ],
    signatures: &[
        &[Mark::Has("AccessKeyMetadata")],
        &[Mark::Has("AccessKeyLastUsed")],
        &[Mark::Has("ServiceSpecificCredentials")],
        &[Mark::Has("ServiceSpecificCredential")],
        &[Mark::Has("SSHPublicKeys")],
        &[Mark::Has("SSHPublicKey")],
        &[
            Mark::Has("Certificates[].CertificateId"),
            Mark::Has("Certificates[].UserName"),
        ],
        // What `--query` leaves of the lists.
        &[Mark::Has("AccessKeyId"), Mark::Has("UserName"), Mark::Has("CreateDate")],
        &[Mark::Has("ServiceSpecificCredentialId"), Mark::Has("UserName")],
        &[Mark::Has("SSHPublicKeyId"), Mark::Has("UserName")],
    ],
    parse,
};

/// What AWS knows of a key that `get-access-key-last-used` reports no use of: none since it began to keep count, on
/// 2015-04-22. At least this many days, whenever the export was made.
const TRACKED_DAYS: u16 = 3_650;

/// 2015-04-22.
const TRACKED_SINCE: Instant = Instant(1_429_660_800);

/// One credential of any of the lists; each has its own word for the id.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a credential of a user")]
struct RawCredential<'a> {
    #[serde(borrow, default)]
    user_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    access_key_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    service_specific_credential_id: Option<Text<'a>>,
    #[serde(borrow, default, rename = "SSHPublicKeyId")]
    ssh_public_key_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    status: Option<Text<'a>>,
    #[serde(default, alias = "UploadDate")]
    create_date: Moment,
    #[serde(default)]
    expiration_date: Moment,
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(borrow, default, rename = "SSHPublicKeyBody")]
    ssh_public_key_body: Option<Text<'a>>,
    #[serde(borrow, default)]
    certificate_body: Option<Text<'a>>,
    /// Only in the answer of `get-access-key-last-used`.
    #[serde(borrow, default)]
    access_key_last_used: Option<RawLastUsed<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "the last use of an access key")]
struct RawLastUsed<'a> {
    #[serde(default)]
    last_used_date: Moment,
    /// `N/A` when the key was not used.
    #[serde(borrow, default)]
    service_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    region: Option<Text<'a>>,
}

const LISTS: [&str; 6] = [
    "AccessKeyMetadata",
    "ServiceSpecificCredentials",
    "ServiceSpecificCredential",
    "SSHPublicKeys",
    "SSHPublicKey",
    "Certificates",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File {
        input,
        batch: Batch::default(),
        diagnostics: Diagnostics::default(),
        keys: HashMap::new(),
        answers: Vec::new(),
    };
    let rows = json::rows(input.text, &LISTS, &mut file.diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        file.row(row);
    }
    file.assign();
    file.note_pages(&rows);
    (file.batch, file.diagnostics)
}

struct File<'a> {
    input: Input<'a>,
    batch: Batch,
    diagnostics: Diagnostics,
    /// The access keys that the file lists: their credentials, by user, in the file's order.
    keys: HashMap<String, Vec<usize>>,
    answers: Vec<Answer>,
}

/// The last use of a key that the export does not name.
struct Answer {
    user: String,
    last_used: LastUsed,
    used_for: String,
    place: Place,
}

impl File<'_> {
    fn row(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawCredential<'_>>(&mut self.diagnostics) else {
            return;
        };
        let Some(user) = raw.user_name.as_deref().and_then(present) else {
            self.missing(row, "UserName", "the name of the IAM user whose credential it is");
            return;
        };
        if let Some(used) = &raw.access_key_last_used {
            return self.last_use(row, user, raw.access_key_id.as_deref().and_then(present), used);
        }
        let ids = [
            (&raw.access_key_id, "aws-key", CredentialKind::AccessKey),
            (
                &raw.service_specific_credential_id,
                "aws-service-credential",
                service_kind(&raw),
            ),
            (&raw.ssh_public_key_id, "aws-ssh-key", CredentialKind::SshKey),
            (
                &raw.certificate_id,
                "aws-signing-certificate",
                CredentialKind::SigningCertificate,
            ),
        ];
        let known = ids.into_iter().find_map(|(id, prefix, kind)| {
            let id = id.as_deref().and_then(present)?;
            Some((id, prefix, kind))
        });
        let Some((id, prefix, kind)) = known else {
            let expected = "`AccessKeyId`, `ServiceSpecificCredentialId`, `SSHPublicKeyId` or `CertificateId`";
            self.missing(row, "AccessKeyId", expected);
            return;
        };
        let place = row.place(&mut self.batch);
        let key = self.batch.sym(&format!("{prefix}:{id}"));
        let mut fact = CredentialFact::listed(key, kind, place);
        let holder = aws_export::user(&mut self.batch, &self.input, user);
        fact.holder = Some(holder);
        // The service tells more than the id, which is in the key.
        let name = match kind {
            CredentialKind::Password | CredentialKind::ApiKey => raw.service_name.as_deref().and_then(present),
            _ => None,
        };
        fact.name = Some(self.batch.sym(name.unwrap_or(id)));
        fact.status = status(raw.status.as_deref());
        fact.created_at = raw
            .create_date
            .instant(|| format!("{}.CreateDate", row.name()), &mut self.diagnostics);
        fact.expires_at = raw
            .expiration_date
            .expiry(|| format!("{}.ExpirationDate", row.name()), &mut self.diagnostics);
        if let Some(body) = raw.ssh_public_key_body.as_deref() {
            fact.fingerprint = ssh_fingerprint(body).map(|text| self.batch.sym(&text));
        }
        if let Some(body) = raw.certificate_body.as_deref() {
            self.signing_certificate(row, body, &fact);
        }
        if kind == CredentialKind::AccessKey {
            let listed = self.keys.entry(user.to_owned()).or_default();
            listed.push(self.batch.credentials.len());
        }
        self.batch.credentials.push(fact);
    }

    /// The certificate itself, which is also the signing certificate of this id.
    fn signing_certificate(&mut self, row: &Row<'_>, body: &str, signing: &CredentialFact) {
        let member = "CertificateBody";
        let Some(der) = aws_export::certificate_in(Some(body), row, member, &mut self.diagnostics) else {
            return;
        };
        let place = Place::Path(self.batch.sym(&format!("{}.{member}", row.name())));
        let n_identities = self.batch.identities.len();
        let found = certificate::push(&der, place, &mut self.batch, &mut self.diagnostics);
        // The user holds it, whomever it names.
        self.batch.identities.truncate(n_identities);
        if let Some(index) = found {
            let fact = &mut self.batch.credentials[index];
            fact.holder = signing.holder;
            fact.status = signing.status;
            let synonym = Synonym {
                name: signing.key,
                key: fact.key,
            };
            self.batch.synonyms.push(synonym);
        }
    }

    fn last_use(&mut self, row: &Row<'_>, user: &str, key: Option<&str>, raw: &RawLastUsed<'_>) {
        let is_silent = matches!(raw.last_used_date, Moment::Absent | Moment::Never);
        let at = raw.last_used_date.clone().instant(
            || format!("{}.AccessKeyLastUsed.LastUsedDate", row.name()),
            &mut self.diagnostics,
        );
        let last_used = match at {
            Some(at) => LastUsed::At(at),
            None if is_silent => LastUsed::NotWithin { days: TRACKED_DAYS },
            None => LastUsed::NotReported,
        };
        let used_for: Vec<_> = [&raw.service_name, &raw.region]
            .into_iter()
            .filter_map(|text| text.as_deref().and_then(present))
            .collect();
        let place = row.place(&mut self.batch);
        let answer = Answer {
            user: user.to_owned(),
            last_used,
            used_for: used_for.join(" "),
            place,
        };
        match key {
            Some(id) => {
                let key = self.batch.sym(&format!("aws-key:{id}"));
                let is_it = |index: &&usize| self.batch.credentials[**index].key == key;
                if let Some(&index) = self.keys.get(user).and_then(|keys| keys.iter().find(is_it)) {
                    return self.set_last_use(index, &answer);
                }
                let holder = aws_export::user(&mut self.batch, &self.input, user);
                let mut fact = CredentialFact::listed(key, CredentialKind::AccessKey, place);
                fact.presence = Presence::Mentioned;
                fact.holder = Some(holder);
                fact.last_used = answer.last_used;
                fact.last_used_for = self.batch.sym_of(Some(&answer.used_for));
                self.batch.credentials.push(fact);
            }
            None => self.answers.push(answer),
        }
    }

    /// Gives answers without a key to the keys of their users, where it is known which is meant.
    fn assign(&mut self) {
        let mut by_user: HashMap<String, Vec<Answer>> = HashMap::new();
        let mut users = Vec::new();
        for answer in std::mem::take(&mut self.answers) {
            let answers = by_user.entry(answer.user.clone()).or_default();
            if answers.is_empty() {
                users.push(answer.user.clone());
            }
            answers.push(answer);
        }
        let (mut n_by_order, mut n_lost) = (0, 0);
        for user in users {
            let answers = by_user.remove(&user).unwrap_or_default();
            let keys = self.keys.get(&user).cloned().unwrap_or_default();
            let fits =
                |(key, answer): (&usize, &Answer)| match (self.batch.credentials[*key].created_at, answer.last_used) {
                    (Some(created_at), LastUsed::At(at)) => created_at <= at,
                    (None, LastUsed::At(_))
                    | (_, LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported) => true,
                };
            if keys.len() == answers.len() && keys.iter().zip(&answers).all(fits) {
                n_by_order += if keys.len() > 1 { keys.len() } else { 0 };
                for (key, answer) in keys.into_iter().zip(&answers) {
                    self.set_last_use(key, answer);
                }
            } else {
                n_lost += answers.len();
                self.used(&user, &answers);
            }
        }
        if n_by_order > 0 {
            self.diagnostics.push(Diagnostic::info(
                "AccessKeyLastUsed",
                format!("{n_by_order} last uses of users with several keys, which do not name the key"),
                "`AccessKeyId` beside `AccessKeyLastUsed`",
                "taken in the order of the user's list of keys; add the id with `jq --arg k $k '. + {AccessKeyId: $k}'` to be sure",
            ));
        }
        if n_lost > 0 {
            self.diagnostics.push(Diagnostic::warning(
                "AccessKeyLastUsed",
                format!("{n_lost} last uses, and nothing that says of which key"),
                "`AccessKeyId` beside `AccessKeyLastUsed`, or the user's `list-access-keys` before as many answers",
                "they count for the user only; add the id with `jq --arg k $k '. + {AccessKeyId: $k}'`",
            ));
        }
    }

    fn set_last_use(&mut self, credential: usize, answer: &Answer) {
        let used_for = self.batch.sym_of(Some(&answer.used_for));
        let fact = &mut self.batch.credentials[credential];
        fact.last_used = match answer.last_used {
            // The whole life of a key that was made since AWS keeps count.
            LastUsed::NotWithin { .. } if fact.created_at >= Some(TRACKED_SINCE) => LastUsed::Never,
            last_used => last_used,
        };
        fact.last_used_for = used_for;
    }

    /// Some key of the user was used: so was the user.
    fn used(&mut self, user: &str, answers: &[Answer]) {
        let handle: Handle = aws_export::user(&mut self.batch, &self.input, user);
        let used = answers.iter().filter_map(|answer| match answer.last_used {
            LastUsed::At(at) => Some((at, answer.place)),
            LastUsed::Never | LastUsed::NotWithin { .. } | LastUsed::NotReported => None,
        });
        if let Some((at, place)) = used.max_by_key(|(at, _)| *at) {
            let mut fact = IdentityFact::mentioned(smallvec![handle], place);
            fact.last_used = LastUsed::At(at);
            self.batch.identities.push(fact);
        }
    }

    /// Each user's list is a chain of pages of its own.
    fn note_pages(&mut self, rows: &Rows<'_>) {
        for page in rows
            .pages
            .iter()
            .filter(|page| rows.page_header(page, "IsTruncated").is_some())
        {
            let first = rows.rows[page.rows.clone()].first();
            let user = first.and_then(|row| serde_json::from_str::<RawCredential<'_>>(row.text).ok()?.user_name);
            let chain = format!("{} {}", page.list, user.as_deref().unwrap_or_default());
            let n_continued = u32::from(page.is_continued);
            self.batch.note_pages(chain.trim_end(), n_continued, 1 - n_continued);
        }
    }

    fn missing(&mut self, row: &Row<'_>, member: &str, expected: &str) {
        self.diagnostics.push(Diagnostic::error(
            format!("{}.{member}", row.name()),
            "nothing",
            expected,
            "this row was left out; export it again",
        ));
    }
}

/// A password for Git or Cassandra, or a bearer key for Bedrock or CloudWatch Logs.
fn service_kind(raw: &RawCredential<'_>) -> CredentialKind {
    match raw.service_name.as_deref() {
        Some("codecommit.amazonaws.com" | "cassandra.amazonaws.com") | None => CredentialKind::Password,
        Some(_) => CredentialKind::ApiKey,
    }
}

fn status(text: Option<&str>) -> CredentialStatus {
    match text {
        Some("Active") => CredentialStatus::Active,
        Some("Inactive" | "Expired") => CredentialStatus::Inactive,
        Some(_) | None => CredentialStatus::Unknown,
    }
}

/// OpenSSH's `SHA256:…` of a public key such as `ssh-rsa AAAA… comment`.
fn ssh_fingerprint(key: &str) -> Option<String> {
    let blob = STANDARD.decode(key.split_whitespace().nth(1)?).ok()?;
    let hash = base64::engine::general_purpose::STANDARD_NO_PAD.encode(Sha256::digest(blob));
    Some(format!("SHA256:{hash}"))
}
