//! IAM service last accessed details: which services an identity may use, and when it last did.
//!
//! Written by `aws iam generate-service-last-accessed-details` and `get-service-last-accessed-details`, and, for who
//! used one service through a group or policy, by `get-service-last-accessed-details-with-entities`.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_access-advisor.html>
//!
//! Read: service and its last use by whom; services that were granted and not used. Attempts count as use even when
//! they were denied.
//!
//! The answer does not say whom it is about. A service that was used names its user or role. For the others the
//! subject is `Arn`, where the command below adds it, else what `source.toml` says of the file, else the ARN in the
//! file's path.
//!
//! Cannot tell: use more than 400 days back, and that of the last four hours.

use serde::Deserialize;
use smallvec::smallvec;

use super::aws_export::{self, account_of};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::IdentityFact;
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::model::usage::{Granted, ServiceUseFact};
use crate::reading::absent::present;
use crate::reading::json::{self, Page, Row, Rows};
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "aws_last_accessed",
    title: "IAM service last accessed details",
    vendor: "AWS",
    command: "for a in $(aws iam list-roles --query 'Roles[].Arn' --output text) $(aws iam list-users --query 'Users[].Arn' --output text); do j=$(aws iam generate-service-last-accessed-details --arn $a --query JobId --output text); sleep 3; aws iam get-service-last-accessed-details --job-id $j | jq --arg a $a '. + {Arn: $a}'; done > last-accessed.json",
    cannot_tell: &[
        "use more than 400 days back, or before AWS began to keep count in a Region",
        "use in the last four hours",
        "whether an attempt was allowed: denied ones count as use",
        "whom it is about: add `Arn` as the command does, or put the ARN into the file's name, or `[[about]]` into source.toml",
        "use of what a policy allows when a service is called by another service on the identity's behalf",
    ],
    signatures: &[
        &[Mark::Has("ServicesLastAccessed")],
        &[Mark::Has("EntityDetailsList"), Mark::Has("JobStatus")],
        &[
            Mark::Has("JobStatus"),
            Mark::Has("JobCreationDate"),
            Mark::Lacks("AccessDetails"),
        ],
    ],
    parse,
};

/// How far back AWS looks.
const TRACKED_DAYS: u16 = 400;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a service")]
struct RawService<'a> {
    #[serde(borrow, default)]
    service_namespace: Option<Text<'a>>,
    #[serde(default)]
    last_authenticated: Moment,
    /// The user or role, also in the report on a group or policy.
    #[serde(borrow, default)]
    last_authenticated_entity: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a user or role with its last use")]
struct RawEntityDetails<'a> {
    #[serde(borrow)]
    entity_info: RawEntity<'a>,
    #[serde(default)]
    last_authenticated: Moment,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "a user or role")]
struct RawEntity<'a> {
    #[serde(borrow, default)]
    arn: Option<Text<'a>>,
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
}

/// A report that has neither list: the job is not done, or failed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "the state of a job")]
struct RawJob<'a> {
    #[serde(borrow, default)]
    job_status: Option<Text<'a>>,
}

const SERVICES: &str = "ServicesLastAccessed";
const ENTITIES: &str = "EntityDetailsList";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut file = File::default();
    let rows = json::rows(input.text, &[SERVICES, ENTITIES], &mut file.diagnostics);
    // A path can be about one report only.
    let by_path = || aws_export::subject(&input).filter(|_| rows.pages.len() == 1);
    for page in &rows.pages {
        let stated = rows.page_header(page, "Arn").and_then(present).map(str::to_owned);
        file.report(&rows, page, stated.or_else(by_path).as_deref());
    }
    for row in rows.rows.iter().filter(|row| row.list.is_empty()) {
        if let Some(job) = row.parse::<RawJob<'_>>(&mut file.diagnostics) {
            file.unfinished(
                format!("{}.JobStatus", row.name()),
                job.job_status.as_deref().unwrap_or("nothing"),
            );
        }
    }
    if file.n_unnamed > 0 {
        file.diagnostics.push(Diagnostic::warning(
            "whole file",
            format!("{} services that were not used, and nothing that says by whom", file.n_unnamed),
            "`Arn` beside `ServicesLastAccessed`, or a file name such as `123456789012_role_ci-deploy.json`",
            "they were left out; add the ARN with `jq --arg a $a '. + {Arn: $a}'`, rename the file, or add `[[about]]` with `file` and `subject` to source.toml",
        ));
        let gap = "the identity that a last-accessed report is about is not named";
        file.batch.gaps.push(gap.to_owned());
    }
    (file.batch, file.diagnostics)
}

#[derive(Default)]
struct File {
    batch: Batch,
    diagnostics: Diagnostics,
    /// Unused services of reports whose subject is not known.
    n_unnamed: usize,
}

impl File {
    fn report(&mut self, rows: &Rows<'_>, page: &Page<'_>, subject: Option<&str>) {
        let state = rows.page_header(page, "JobStatus").unwrap_or("COMPLETED");
        if state != "COMPLETED" {
            return self.unfinished("JobStatus".to_owned(), state);
        }
        let made_at = rows.page_header(page, "JobCompletionDate").map(|text| {
            Moment::parse(text, DateOrder::MonthFirst).instant(|| "JobCompletionDate".to_owned(), &mut self.diagnostics)
        });
        self.batch.state_at(made_at.flatten());
        let chain = format!("service-last-accessed {}", subject.unwrap_or_default());
        let n_continued = u32::from(page.is_continued);
        self.batch.note_pages(chain.trim_end(), n_continued, 1 - n_continued);
        // Only a user or a role can be used; a group or policy lends what it grants.
        let subject = subject.filter(|arn| account_of(arn).is_some());
        let is_lent = subject.is_some_and(|arn| arn.contains(":group/") || arn.contains(":policy/"));
        let handle = subject
            .filter(|_| !is_lent)
            .map(|arn| self.batch.handle(HandleKind::Arn, arn));
        let mut used: Vec<(Handle, Instant, Place)> = Vec::new();
        let mut last_place = None;
        for row in &rows.rows[page.rows.clone()] {
            match row.list {
                SERVICES => {
                    last_place = self.service(row, handle, is_lent, &mut used).or(last_place);
                }
                _ => self.entity(row),
            }
        }
        // A user or role was used when it last used any service, or not at all for as long as AWS looks back.
        used.sort_by_key(|(handle, at, _)| (*handle, std::cmp::Reverse(*at)));
        used.dedup_by_key(|(handle, ..)| *handle);
        for (handle, at, place) in &used {
            self.mention(*handle, LastUsed::At(*at), *place);
        }
        if let (Some(handle), Some(place)) = (handle, last_place)
            && used.is_empty()
        {
            self.mention(handle, LastUsed::NotWithin { days: TRACKED_DAYS }, place);
        }
    }

    /// Reads one service; its place, when it says something of the report's own subject.
    fn service(
        &mut self,
        row: &Row<'_>,
        subject: Option<Handle>,
        is_lent: bool,
        used: &mut Vec<(Handle, Instant, Place)>,
    ) -> Option<Place> {
        let raw = row.parse::<RawService<'_>>(&mut self.diagnostics)?;
        let Some(service) = raw.service_namespace.as_deref().and_then(present) else {
            self.diagnostics.push(Diagnostic::error(
                format!("{}.ServiceNamespace", row.name()),
                "nothing",
                "a service such as `s3`",
                "this service was left out; export the report again",
            ));
            return None;
        };
        let is_silent = matches!(raw.last_authenticated, Moment::Absent | Moment::Never);
        let at = raw
            .last_authenticated
            .instant(|| format!("{}.LastAuthenticated", row.name()), &mut self.diagnostics);
        let entity = raw.last_authenticated_entity.as_deref().and_then(present);
        let entity = entity.filter(|arn| arn.starts_with("arn:"));
        let place = row.place(&mut self.batch);
        let service = self.batch.sym(service);
        let (identity, last_used) = match at {
            Some(at) => {
                let identity = entity.map(|arn| self.batch.handle(HandleKind::Arn, arn)).or(subject)?;
                used.push((identity, at, place));
                (identity, LastUsed::At(at))
            }
            None if !is_silent || is_lent => return None,
            None => match subject {
                Some(subject) => (subject, LastUsed::NotWithin { days: TRACKED_DAYS }),
                None => {
                    self.n_unnamed += 1;
                    return None;
                }
            },
        };
        self.batch.service_uses.push(ServiceUseFact {
            identity,
            service,
            last_used,
            granted: Granted::Reported,
            place,
        });
        Some(place)
    }

    /// Who used the one service that the command asked for, which the answer does not name.
    fn entity(&mut self, row: &Row<'_>) {
        let Some(raw) = row.parse::<RawEntityDetails<'_>>(&mut self.diagnostics) else {
            return;
        };
        let arn = raw.entity_info.arn.as_deref();
        let member = "EntityInfo.Arn";
        let Some(arn) = aws_export::required_arn(arn, &["iam"], row, member, &mut self.diagnostics) else {
            return;
        };
        let at = raw
            .last_authenticated
            .instant(|| format!("{}.LastAuthenticated", row.name()), &mut self.diagnostics);
        // Who did not use this service may have used another.
        if let Some(at) = at {
            let place = row.place(&mut self.batch);
            let handle = self.batch.handle(HandleKind::Arn, arn);
            let mut fact = IdentityFact::mentioned(smallvec![handle], place);
            if let Some(id) = raw.entity_info.id.as_deref().and_then(present) {
                fact.handles.push(self.batch.handle(HandleKind::AwsUniqueId, id));
            }
            fact.last_used = LastUsed::At(at);
            self.batch.identities.push(fact);
        }
    }

    fn mention(&mut self, handle: Handle, last_used: LastUsed, place: Place) {
        let mut fact = IdentityFact::mentioned(smallvec![handle], place);
        fact.last_used = last_used;
        self.batch.identities.push(fact);
    }

    fn unfinished(&mut self, place: String, state: &str) {
        self.diagnostics.push(Diagnostic::warning(
            place,
            state,
            "`COMPLETED`",
            "the report has nothing yet, or failed; ask again with `aws iam get-service-last-accessed-details`",
        ));
        self.batch
            .gaps
            .push(format!("a last-accessed report is {state}, not COMPLETED"));
    }
}
