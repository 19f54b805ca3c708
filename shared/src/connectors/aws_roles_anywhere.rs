//! IAM Roles Anywhere: whose certificates AWS accepts, as which roles, and who came with one.
//!
//! Written by `aws rolesanywhere list-subjects` (`get-subject`), `list-trust-anchors` (`get-trust-anchor`) and
//! `list-profiles` (`get-profile`).
//! <https://docs.aws.amazon.com/rolesanywhere/latest/APIReference/Welcome.html>
//!
//! Read: subjects (whoever presented a certificate) with the certificates they presented and when last; the
//! certificates of trust anchors; the roles of enabled profiles. The shapes are those of AWS's service model; no real
//! export was at hand.
//!
//! Cannot tell: which subject may use which profile: the roles' trust policies decide.

use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::{account_of, required_arn};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::instant::LastUsed;
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::certificate;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::moment::Moment;
use crate::reading::one_or_many::OneOrMany;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_roles_anywhere",
    title: "IAM Roles Anywhere",
    vendor: "AWS",
    command: "for w in subjects trust-anchors profiles; do aws rolesanywhere list-$w > roles-anywhere-$w.json; done; for s in $(aws rolesanywhere list-subjects --query 'subjects[].subjectId' --output text); do aws rolesanywhere get-subject --subject-id $s; done > roles-anywhere-subjects-full.json",
    cannot_tell: &[
        "who could come: a subject is there only once it came",
        "which roles a subject may take on: the trust policies of the profiles' roles decide",
        "the certificates of a subject that is only listed: add `get-subject`",
        "the certificate of a trust anchor that is an AWS private CA",
    ],
    signatures: &[
        &[Mark::Has("subjects[].x509Subject")],
        &[Mark::Has("subject.x509Subject")],
        &[Mark::Has("trustAnchors[].trustAnchorArn")],
        &[Mark::Has("trustAnchor.trustAnchorArn")],
        &[Mark::Contains("profiles[].profileArn", ":rolesanywhere:")],
        &[Mark::Contains("profile.profileArn", ":rolesanywhere:")],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a subject")]
struct RawSubject<'a> {
    #[serde(borrow, default)]
    subject_arn: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
    /// `CN=build-1,OU=CI,O=Acme`.
    #[serde(borrow, default, rename = "x509Subject")]
    x509_subject: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(default)]
    last_seen_at: Moment,
    #[serde(borrow, default)]
    credentials: OneOrMany<RawPresented<'a>>,
}

/// A certificate that a subject presented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a presented certificate")]
struct RawPresented<'a> {
    #[serde(borrow, default, rename = "x509CertificateData")]
    x509_certificate_data: Option<Text<'a>>,
    #[serde(default)]
    seen_at: Moment,
    /// Whether it was refused.
    #[serde(default, deserialize_with = "flag")]
    failed: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a trust anchor")]
struct RawAnchor<'a> {
    #[serde(borrow, default)]
    trust_anchor_arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    source: Option<RawAnchorSource<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the source of a trust anchor")]
struct RawAnchorSource<'a> {
    #[serde(borrow, default)]
    source_data: Option<RawAnchorData<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "the certificates of a trust anchor")]
struct RawAnchorData<'a> {
    #[serde(borrow, default, rename = "x509CertificateData")]
    x509_certificate_data: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a profile")]
struct RawProfile<'a> {
    #[serde(borrow, default)]
    profile_arn: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
    #[serde(borrow, default)]
    role_arns: OneOrMany<Text<'a>>,
}

const LISTS: [&str; 6] = [
    "subjects",
    "subject",
    "trustAnchors",
    "trustAnchor",
    "profiles",
    "profile",
];

/// Who acts as a role that a profile names.
const SERVICE: &str = "rolesanywhere.amazonaws.com";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File::default();
    let rows = json::rows(input.text, &LISTS, &mut file.diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        match row.list {
            "subjects" | "subject" => file.subject(row),
            "trustAnchors" | "trustAnchor" => file.anchor(row),
            "profiles" | "profile" => file.profile(row),
            _ => file.diagnostics.push(Diagnostic::error(
                row.name(),
                "another answer",
                "a subject, a trust anchor or a profile",
                "this row was left out; put it into a file of its own",
            )),
        }
    }
    for list in ["subjects", "trustAnchors", "profiles"] {
        rows.note_pages_of(list, list, &mut file.batch);
    }
    (file.batch, file.diagnostics)
}

#[derive(Default)]
struct File {
    batch: Batch,
    diagnostics: Diagnostics,
}

impl File {
    fn subject(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawSubject<'_>>(&mut self.diagnostics) else {
            return;
        };
        let arn = raw.subject_arn.as_deref();
        let Some(arn) = required_arn(arn, &["rolesanywhere"], row, "subjectArn", &mut self.diagnostics) else {
            return;
        };
        let place = row.place(&mut self.batch);
        let handle = self.batch.handle(HandleKind::Arn, arn);
        let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Workload, place);
        let name = raw.x509_subject.as_deref().and_then(common_name);
        if let Some(name) = &name {
            // The same workload in exports of certificates.
            let name = name.to_lowercase();
            fact.handles.push(self.batch.handle(HandleKind::CertificateName, &name));
        }
        fact.name = self.batch.sym_of(name.or(raw.x509_subject.as_deref()));
        fact.account = self.batch.sym_of(account_of(arn));
        fact.status = match raw.enabled {
            Some(true) => Status::Active,
            Some(false) => Status::Disabled,
            None => Status::Unknown,
        };
        fact.created_at = raw
            .created_at
            .instant(|| format!("{}.createdAt", row.name()), &mut self.diagnostics);
        let seen_at = raw
            .last_seen_at
            .instant(|| format!("{}.lastSeenAt", row.name()), &mut self.diagnostics);
        fact.last_used = seen_at.map_or(LastUsed::NotReported, LastUsed::At);
        self.batch.identities.push(fact);
        for (index, presented) in raw.credentials.0.into_iter().enumerate() {
            let member = format!("credentials[{index}].x509CertificateData");
            let seen_at = presented.seen_at.instant(
                || format!("{}.credentials[{index}].seenAt", row.name()),
                &mut self.diagnostics,
            );
            for credential in self.certificates(presented.x509_certificate_data.as_deref(), row, &member) {
                let fact = &mut self.batch.credentials[credential];
                fact.holder = Some(handle);
                if let (Some(at), Some(false) | None) = (seen_at, presented.failed) {
                    fact.last_used = LastUsed::At(at);
                }
            }
        }
    }

    fn anchor(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawAnchor<'_>>(&mut self.diagnostics) else {
            return;
        };
        let arn = raw.trust_anchor_arn.as_deref();
        if required_arn(arn, &["rolesanywhere"], row, "trustAnchorArn", &mut self.diagnostics).is_some() {
            let data = raw.source.and_then(|source| source.source_data);
            let pem = data.and_then(|data| data.x509_certificate_data);
            self.certificates(pem.as_deref(), row, "source.sourceData.x509CertificateData");
        }
    }

    /// The certificates themselves; whom they name is for the caller to say.
    fn certificates(&mut self, pem: Option<&str>, row: &Row<'_>, member: &str) -> Vec<usize> {
        let name = format!("{}.{member}", row.name());
        let n_identities = self.batch.identities.len();
        let found = certificate::push_pem(
            pem.unwrap_or_default(),
            |batch, n, _| Place::Path(batch.sym(&format!("{name} certificate {n}"))),
            &mut self.batch,
            &mut self.diagnostics,
        );
        self.batch.identities.truncate(n_identities);
        for &index in &found {
            self.batch.credentials[index].holder = None;
        }
        found
    }

    fn profile(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawProfile<'_>>(&mut self.diagnostics) else {
            return;
        };
        let arn = raw.profile_arn.as_deref();
        let is_known = required_arn(arn, &["rolesanywhere"], row, "profileArn", &mut self.diagnostics).is_some();
        if !is_known || raw.enabled == Some(false) {
            return;
        }
        let place = row.place(&mut self.batch);
        let actor = Principal::PlatformService(self.batch.sym(SERVICE));
        for role in raw.role_arns.0.iter().filter_map(|arn| present(arn)) {
            let target = self.batch.handle(HandleKind::Arn, role);
            self.batch.trusts.push(TrustFact {
                actor,
                target,
                kind: TrustKind::Assumes,
                guard: TrustGuard::Open,
                // The role's own trust policy has the last word.
                presence: Presence::Mentioned,
                place,
            });
        }
    }
}

/// The last common name of a distinguished name, as certificates are called after it.
fn common_name(subject: &str) -> Option<&str> {
    let parts = subject.split(',').map(str::trim);
    parts
        .filter_map(|part| part.strip_prefix("CN="))
        .next_back()
        .and_then(present)
}
