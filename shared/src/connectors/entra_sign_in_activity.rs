//! Entra service principal sign-in activity: when each application was last used, as client or as resource.
//!
//! Written by Microsoft Graph's beta version (`GET /reports/servicePrincipalSignInActivities`) and by
//! `Get-MgBetaReportServicePrincipalSignInActivity | ConvertTo-Json`.
//! <https://learn.microsoft.com/graph/api/resources/serviceprincipalsigninactivity>
//!
//! Read: appId and the newest `lastSignInDateTime` of the five activities. Being called counts as use: an application
//! that others still sign in to cannot be removed.
//!
//! Cannot tell: which credential was used, from where, and anything of applications that are not in the report.

use serde::Deserialize;
use smallvec::smallvec;

use super::entra_graph::{Export, Nested, note_pages};
use super::{Connector, Input, Mark};
use crate::diagnostic::Diagnostics;
use crate::model::batch::Batch;
use crate::model::identity::IdentityFact;
use crate::model::instant::LastUsed;
use crate::model::principal::HandleKind;
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "entra_sign_in_activity",
    title: "Entra service principal sign-in activity",
    vendor: "Microsoft Entra",
    command: "az rest --url 'https://graph.microsoft.com/beta/reports/servicePrincipalSignInActivities?$top=999' > sign-in-activity.json",
    cannot_tell: &[
        "that an application was never used: one that is not in the report may have been used before Entra kept count",
        "which credential was used, and from where",
    ],
    signatures: &[
        &[Mark::RowHas("lastSignInActivity"), Mark::RowHas("appId")],
        &[
            Mark::Contains("@odata.context", "servicePrincipalSignInActivities"),
            Mark::Has("value"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawActivities<'a> {
    #[serde(borrow, default, alias = "AppId")]
    app_id: Option<Text<'a>>,
    #[serde(default, alias = "LastSignInActivity")]
    last_sign_in_activity: Nested<RawActivity>,
    #[serde(default, alias = "DelegatedClientSignInActivity")]
    delegated_client_sign_in_activity: Nested<RawActivity>,
    #[serde(default, alias = "DelegatedResourceSignInActivity")]
    delegated_resource_sign_in_activity: Nested<RawActivity>,
    #[serde(default, alias = "ApplicationAuthenticationClientSignInActivity")]
    application_authentication_client_sign_in_activity: Nested<RawActivity>,
    #[serde(default, alias = "ApplicationAuthenticationResourceSignInActivity")]
    application_authentication_resource_sign_in_activity: Nested<RawActivity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawActivity {
    #[serde(default, alias = "LastSignInDateTime")]
    last_sign_in_date_time: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut export = Export::default();
    let rows = json::rows(input.text, &["value"], &mut export.diagnostics);
    for row in &rows.rows {
        if let Some(raw) = row.parse(&mut export.diagnostics) {
            read_activities(raw, row, &mut export);
        }
    }
    note_pages(&rows, &mut export.batch, "reports/servicePrincipalSignInActivities");
    export.finish()
}

fn read_activities(raw: RawActivities<'_>, row: &Row<'_>, export: &mut Export) {
    let Some(app) = export.required_id(raw.app_id.as_deref(), || format!("{}.appId", row.name())) else {
        return;
    };
    let activities = [
        (raw.last_sign_in_activity, "lastSignInActivity"),
        (raw.delegated_client_sign_in_activity, "delegatedClientSignInActivity"),
        (
            raw.delegated_resource_sign_in_activity,
            "delegatedResourceSignInActivity",
        ),
        (
            raw.application_authentication_client_sign_in_activity,
            "applicationAuthenticationClientSignInActivity",
        ),
        (
            raw.application_authentication_resource_sign_in_activity,
            "applicationAuthenticationResourceSignInActivity",
        ),
    ];
    let mut newest = None;
    for (activity, member) in activities {
        if let Some(activity) = export.object(activity) {
            let at = activity.last_sign_in_date_time.instant(
                || format!("{}.{member}.lastSignInDateTime", row.name()),
                &mut export.diagnostics,
            );
            newest = newest.max(at);
        }
    }
    let place = row.place(&mut export.batch);
    let handle = export.handle(HandleKind::EntraApp, app);
    let mut fact = IdentityFact::mentioned(smallvec![handle], place);
    fact.last_used = newest.map_or(LastUsed::NotReported, LastUsed::At);
    export.batch.identities.push(fact);
}
