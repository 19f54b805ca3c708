//! Google Cloud activity analyzer: when service accounts and their keys last authenticated.
//!
//! Written by `gcloud policy-intelligence query-activity` as an array, or by the REST API as pages of `activities`.
//! <https://cloud.google.com/policy-intelligence/docs/activity-analyzer-service-account-authentication>
//!
//! Read: whose activity it is, the last authentication (a day, given as an instant), the observation period. A row
//! without a last authentication says that there was none in that period.
//!
//! Cannot tell: use in the last days before the end of the observation period, and use outside Google's API
//! authentication (signed blobs, HMAC keys). What has no row stays not reported: see docs/adr/0023-no-row-is-no-answer.md.

use serde::Deserialize;
use smallvec::smallvec;

use super::gcp_service_account_keys::{key_id, key_of};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::identity::{IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::HandleKind;
use crate::reading::absent::present;
use crate::reading::gcp_member;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "gcp_activity",
    title: "Service account and key activity",
    vendor: "Google Cloud",
    command: "for t in serviceAccountLastAuthentication serviceAccountKeyLastAuthentication; do gcloud policy-intelligence query-activity --activity-type=$t --project PROJECT --format=json > $t.json; done",
    cannot_tell: &[
        "use after the end of the observation period, which lies some days before the export",
        "use that does not authenticate to a Google API, such as HMAC keys",
        "use of accounts and keys that have no row, which a limit or a filter may have left out",
    ],
    signatures: &[
        &[Mark::Has("activityType"), Mark::Has("fullResourceName")],
        &[
            Mark::Has("activities[].activityType"),
            Mark::Has("activities[].fullResourceName"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawActivity<'a> {
    #[serde(borrow, default)]
    activity_type: Option<Text<'a>>,
    /// `//iam.googleapis.com/projects/P/serviceAccounts/E`, for a key with `/keys/K` behind it.
    #[serde(borrow, default)]
    full_resource_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    activity: Option<RawLastAuthentication<'a>>,
    #[serde(default)]
    observation_period: Option<RawPeriod>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLastAuthentication<'a> {
    #[serde(default)]
    last_authenticated_time: Moment,
    #[serde(borrow, default)]
    service_account: Option<RawServiceAccount<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawServiceAccount<'a> {
    /// The unique id.
    #[serde(borrow, default)]
    service_account_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawPeriod {
    #[serde(default)]
    start_time: Moment,
    #[serde(default)]
    end_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["activities"], &mut diagnostics);
    for row in rows.rows.iter().filter(|row| !row.is_empty_object()) {
        read_activity(row, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "activities");
    (batch, diagnostics)
}

fn read_activity(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawActivity<'_>>(diagnostics) else {
        return;
    };
    let name = raw.full_resource_name.as_deref().unwrap_or("");
    let Some(account) = gcp_member::service_account_in(name) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.fullResourceName", row.name()),
            if name.is_empty() { "no `fullResourceName`" } else { name },
            "a service account or its key, such as `//iam.googleapis.com/projects/P/serviceAccounts/ACCOUNT`",
            "this row was left out; export the activity again",
        ));
        return;
    };
    let (start, end) = match raw.observation_period {
        Some(period) => (
            period
                .start_time
                .instant(|| format!("{}.observationPeriod.startTime", row.name()), diagnostics),
            period
                .end_time
                .instant(|| format!("{}.observationPeriod.endTime", row.name()), diagnostics),
        ),
        None => (None, None),
    };
    batch.state_at(end);
    let (time, unique_id) = match raw.activity {
        Some(activity) => (
            activity.last_authenticated_time,
            activity.service_account.and_then(|account| account.service_account_id),
        ),
        None => (Moment::Absent, None),
    };
    let last_used = last_used(time, start, end, row, diagnostics);
    let place = row.place(batch);
    match raw.activity_type.as_deref() {
        Some("serviceAccountLastAuthentication") => {
            let handle = gcp_member::service_account(batch, account);
            let mut fact = IdentityFact::mentioned(smallvec![handle], place);
            // The address may be that of an account made anew; the unique id tells.
            if let Some(id) = unique_id.as_deref().and_then(present) {
                let id = batch.handle(HandleKind::GcpUniqueId, id);
                if id != handle {
                    fact.handles.push(id);
                }
            }
            fact.origin = gcp_member::origin_of(account);
            fact.last_used = last_used;
            batch.identities.push(fact);
        }
        Some("serviceAccountKeyLastAuthentication") if key_id(name).is_some() => {
            let key = batch.sym(&key_of(name));
            let mut fact = CredentialFact::listed(key, CredentialKind::ServiceAccountKey, place);
            fact.presence = Presence::Mentioned;
            fact.holder = Some(gcp_member::service_account(batch, account));
            fact.name = batch.sym_of(key_id(name));
            fact.last_used = last_used;
            batch.credentials.push(fact);
        }
        other => diagnostics.push(Diagnostic::error(
            format!("{}.activityType", row.name()),
            other.unwrap_or("no `activityType`"),
            "`serviceAccountLastAuthentication`, or `serviceAccountKeyLastAuthentication` with the name of a key",
            "this row was left out; query these two activity types",
        )),
    }
}

/// No time in a row means no authentication in the observation period.
fn last_used(
    time: Moment,
    start: Option<Instant>,
    end: Option<Instant>,
    row: &Row<'_>,
    diagnostics: &mut Diagnostics,
) -> LastUsed {
    let is_silent = matches!(time, Moment::Absent | Moment::Never);
    match time.instant(|| format!("{}.activity.lastAuthenticatedTime", row.name()), diagnostics) {
        Some(at) => LastUsed::At(at),
        None => match start.zip(end) {
            Some((start, end)) if is_silent && start <= end => LastUsed::NotWithin {
                days: u16::try_from(start.days_until(end)).unwrap_or(u16::MAX),
            },
            Some(_) | None => LastUsed::NotReported,
        },
    }
}
