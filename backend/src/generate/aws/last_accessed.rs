//! `get-service-last-accessed-details`: which services a role may use, and when it last did. Each report takes a job of
//! its own, so the company has them of one role in ten.

use std::path::Path;

use anyhow::Result;

use super::trust::service_linked_roles;
use super::{Account, INDENT};
use crate::generate::Estate;
use crate::generate::dirt::Export;
use crate::generate::json::{Document, Json, object};
use crate::generate::timeline::{Life, Snapshot, days_between, rfc3339};
use crate::generate::truth::SnapshotTruth;

/// How long a service may go unused.
const WINDOW_DAYS: i64 = 90;

/// Of which role the company has a report.
const ONE_IN: u64 = 10;

/// What a role with a report uses, whenever it is used at all.
const USED: [(&str, &str); 3] = [
    ("Amazon S3", "s3"),
    ("AWS Key Management Service", "kms"),
    ("Amazon CloudWatch Logs", "logs"),
];

/// What every second of them may use besides, and never did.
const UNUSED: (&str, &str) = ("Amazon SQS", "sqs");

/// The report of one role, with what it plants; `None` for those that have none.
pub fn report(
    account: &Account,
    snapshot: &Snapshot,
    life: &Life,
    arn: &str,
    last_used_at: Option<i64>,
    truth: &mut SnapshotTruth,
) -> Option<Json> {
    let last_used_at = last_used_at.filter(|_| life.ordinal.is_multiple_of(ONE_IN))?;
    let has_unused = life.ordinal.is_multiple_of(2 * ONE_IN);
    let days_since = |at: i64| days_between(at, snapshot.as_of);
    let is_old = days_since(life.created_at) > WINDOW_DAYS;
    if is_old && (has_unused || days_since(last_used_at) > WINDOW_DAYS) {
        truth.problem(
            "unused_permission",
            arn,
            &account.source,
            if has_unused { UNUSED.1 } else { USED[0].1 },
        );
    }
    let used = USED.iter().map(|(name, namespace)| {
        object! {
            "ServiceName": *name,
            "LastAuthenticated": rfc3339(last_used_at),
            "ServiceNamespace": *namespace,
            "LastAuthenticatedEntity": arn.to_owned(),
            "TotalAuthenticatedEntities": 1_i64,
        }
    });
    let unused = has_unused.then(|| never_used(UNUSED.0, UNUSED.1));
    Some(of(arn, used.chain(unused).collect()))
}

fn of(arn: &str, services: Vec<Json>) -> Json {
    object! {
        "JobStatus": "COMPLETED",
        "JobType": "SERVICE_LEVEL",
        "ServicesLastAccessed": services,
        "IsTruncated": false,
        "Arn": arn.to_owned(),
    }
}

/// Writes `last-accessed.json`, all reports in one list, made with the account's other exports. One on a role of AWS's
/// own is always there.
pub fn write(
    estate: &Estate,
    account: &Account,
    folder: &Path,
    reports: Vec<Json>,
    made_at: i64,
    truth: &mut SnapshotTruth,
) -> Result<()> {
    let mut list = Document::list(Export::text(&estate.dirt, folder, "last-accessed.json")?, INDENT)?;
    let own = service_linked_roles(estate, account).into_iter().take(1);
    let own = own.map(|(arn, ..)| of(&arn, vec![never_used("AWS Support", "support")]));
    for report in own.chain(reports) {
        let dated = report
            .with("JobCreationDate", rfc3339(made_at - 2))
            .with("JobCompletionDate", rfc3339(made_at));
        list.item(&dated)?;
    }
    let (path, quirks) = list.end_document_list()?.finish()?;
    truth.file(&path, &quirks);
    Ok(())
}

fn never_used(name: &'static str, namespace: &'static str) -> Json {
    object! {
        "ServiceName": name,
        "ServiceNamespace": namespace,
        "TotalAuthenticatedEntities": 0_i64,
    }
}
