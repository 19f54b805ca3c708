//! Entra sign-ins of service principals and managed identities: which application signed in when, from where, with which
//! credential.
//!
//! Written by Microsoft Graph (`GET /auditLogs/signIns`, its beta version), by the portal's download as JSON or CSV, by
//! `Get-MgBetaAuditLogSignIn | ConvertTo-Json`, and by diagnostic settings, one event a line with all this in `properties`.
//! <https://learn.microsoft.com/graph/api/resources/signin>
//!
//! Read: time, appId, the credential's `keyId`, what was signed in to, country, network and program. The newest sign-in
//! that succeeded counts as the last use. Sign-ins of people are left out.
//!
//! Cannot tell: that something was not used. Entra keeps 30 days, and applications that another tenant signs in to are in
//! that tenant's log. The shape is that of the documentation: no recorded log was at hand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::entra_graph::{Export, Guid, Nested, note_pages};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::identity::{IdentityFact, Presence};
use crate::model::instant::{Instant, LastUsed};
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::activity::{Act, Acts};
use crate::reading::json;
use crate::reading::loose::number;
use crate::reading::moment::{DateOrder, Moment};
use crate::reading::probe::Format;
use crate::reading::table::{Table, TableRow};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "entra_sign_ins",
    title: "Entra service principal sign-ins",
    vendor: "Microsoft Entra",
    command: "az rest --url \"https://graph.microsoft.com/beta/auditLogs/signIns?\\$filter=signInEventTypes/any(t: t eq 'servicePrincipal' or t eq 'managedIdentity')\" > sign-ins.json",
    cannot_tell: &[
        "that an application was not used: Entra keeps 30 days of sign-ins, and a file may hold less",
        "what an application did once it was in",
    ],
    signatures: &[
        &[
            Mark::RowHas("servicePrincipalId"),
            Mark::RowHas("createdDateTime"),
            Mark::RowHas("ipAddress"),
        ],
        // PowerShell and Log Analytics.
        &[Mark::RowHas("servicePrincipalId"), Mark::RowHas("IPAddress")],
        &[
            Mark::Contains("category", "SignInLogs"),
            Mark::Has("properties.servicePrincipalId"),
        ],
        // The portal's download as CSV.
        &[
            Mark::Column("date (utc)"),
            Mark::Column("service principal id"),
            Mark::Column("application id"),
        ],
        &[
            Mark::Contains("@odata.context", "auditLogs/signIns"),
            Mark::Has("value"),
        ],
    ],
    parse,
};

/// A sign-in, or the envelope of a diagnostic setting around it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSignIn<'a> {
    #[serde(borrow, default)]
    properties: Option<Box<RawSignIn<'a>>>,
    #[serde(default, alias = "CreatedDateTime")]
    created_date_time: Moment,
    #[serde(borrow, default, alias = "AppId")]
    app_id: Option<Text<'a>>,
    /// Empty when a person signed in.
    #[serde(borrow, default, alias = "ServicePrincipalId")]
    service_principal_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ServicePrincipalCredentialKeyId")]
    service_principal_credential_key_id: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ServicePrincipalCredentialThumbprint")]
    service_principal_credential_thumbprint: Option<Text<'a>>,
    #[serde(borrow, default, alias = "IPAddress", alias = "IpAddress")]
    ip_address: Option<Text<'a>>,
    #[serde(borrow, default, alias = "UserAgent")]
    user_agent: Option<Text<'a>>,
    #[serde(borrow, default, alias = "ResourceDisplayName")]
    resource_display_name: Option<Text<'a>>,
    #[serde(borrow, default, alias = "Location")]
    location: Nested<RawLocation<'a>>,
    #[serde(default, alias = "Status")]
    status: Nested<RawStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLocation<'a> {
    #[serde(borrow, default, alias = "CountryOrRegion")]
    country_or_region: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    /// 0 when the sign-in succeeded.
    #[serde(default, alias = "ErrorCode", deserialize_with = "number")]
    error_code: Option<i64>,
}

/// The newest sign-in of one application, or with one credential.
#[derive(Clone, Copy)]
struct Newest {
    at: Instant,
    place: Place,
}

#[derive(Default)]
struct Log {
    export: Export,
    apps: BTreeMap<Handle, Newest>,
    /// By `keyId`.
    keys: BTreeMap<Guid, (Newest, Handle, CredentialKind)>,
    acts: Acts<Place>,
    n_of_people: usize,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut log = Log::default();
    if input.format == Format::Table {
        let table = Table::read(input.text, &mut log.export.diagnostics);
        for row in table.rows() {
            let name = || format!("line {}", row.line);
            log.signed_in(of_portal(row), name, |_| Place::Line(row.line));
        }
        return log.finish();
    }
    let rows = json::rows(input.text, &["value"], &mut log.export.diagnostics);
    for row in &rows.rows {
        if let Some(raw) = row.parse::<RawSignIn<'_>>(&mut log.export.diagnostics) {
            log.signed_in(raw, || row.name(), |batch| row.place(batch));
        }
    }
    note_pages(&rows, &mut log.export.batch, "auditLogs/signIns");
    log.finish()
}

/// A row of the portal's table: `Melbourne, Victoria, AU` is its location.
fn of_portal(row: TableRow<'_>) -> RawSignIn<'_> {
    let text = |column: &str| present(row.get(column)).map(|cell| Text(Cow::Borrowed(cell)));
    let country = row.get("location").rsplit(',').next().and_then(present);
    let error_code = match row.get("status").trim() {
        "Success" => Some(0),
        _ => row.get("sign-in error code").trim().parse().ok(),
    };
    RawSignIn {
        properties: None,
        created_date_time: Moment::parse(row.get("date (utc)"), DateOrder::MonthFirst),
        app_id: text("application id"),
        service_principal_id: text("service principal id"),
        service_principal_credential_key_id: text("credential key id"),
        service_principal_credential_thumbprint: text("credential thumbprint"),
        ip_address: text("ip address"),
        user_agent: text("user agent"),
        resource_display_name: text("resource"),
        location: Nested::Object(RawLocation {
            country_or_region: country.map(|country| Text(Cow::Borrowed(country.trim()))),
        }),
        status: Nested::Object(RawStatus { error_code }),
    }
}

impl Log {
    fn signed_in(&mut self, raw: RawSignIn<'_>, name: impl Fn() -> String, place: impl FnOnce(&mut Batch) -> Place) {
        let raw = match raw.properties {
            Some(inner) => *inner,
            None => raw,
        };
        if raw.service_principal_id.as_deref().and_then(present).is_none() {
            self.n_of_people += 1;
            return;
        }
        let export = &mut self.export;
        let Some(app) = export.required_id(raw.app_id.as_deref(), || format!("{}.appId", name())) else {
            return;
        };
        let at = raw
            .created_date_time
            .instant(|| format!("{}.createdDateTime", name()), &mut export.diagnostics);
        let Some(at) = at else {
            return;
        };
        export.batch.state_at(Some(at));
        let has_failed = export.object(raw.status).and_then(|status| status.error_code);
        if has_failed.is_some_and(|code| code != 0) {
            return;
        }
        let location = export.object(raw.location);
        let newest = Newest {
            at,
            place: place(&mut export.batch),
        };
        let handle = export.handle(HandleKind::EntraApp, app);
        let last = self.apps.entry(handle).or_insert(newest);
        if last.at < at {
            *last = newest;
        }
        let key = raw.service_principal_credential_key_id.as_deref().and_then(present);
        if let Some(key) = key.and_then(Guid::parse) {
            let thumbprint = raw.service_principal_credential_thumbprint.as_deref();
            let kind = match thumbprint.and_then(present) {
                Some(_) => CredentialKind::Certificate,
                None => CredentialKind::ClientSecret,
            };
            let (last, ..) = self.keys.entry(key).or_insert((newest, handle, kind));
            if last.at < at {
                *last = newest;
            }
        }
        let act = Act {
            service: raw.resource_display_name.as_deref(),
            region: location.as_ref().and_then(|place| place.country_or_region.as_deref()),
            address: raw.ip_address.as_deref(),
            user_agent: raw.user_agent.as_deref(),
        };
        self.acts.note(handle, at, newest.place, act, &mut export.batch);
    }

    fn finish(self) -> (Batch, Diagnostics) {
        let mut export = self.export;
        for (handle, newest) in self.apps {
            let mut fact = IdentityFact::mentioned(smallvec![handle], newest.place);
            fact.last_used = LastUsed::At(newest.at);
            export.batch.identities.push(fact);
        }
        for (key, (newest, holder, kind)) in self.keys {
            let key = export.batch.sym(&format!("entra:{}", key.as_str()));
            let mut fact = CredentialFact::listed(key, kind, newest.place);
            fact.presence = Presence::Mentioned;
            fact.holder = Some(holder);
            fact.last_used = LastUsed::At(newest.at);
            export.batch.credentials.push(fact);
        }
        self.acts.finish(&mut export.batch, |place, _| place);
        if self.n_of_people > 0 {
            export.diagnostics.push(Diagnostic::info(
                "servicePrincipalId",
                format!("{} sign-ins of people", self.n_of_people),
                "sign-ins of service principals and managed identities",
                "nothing to do: they say nothing of applications; `$filter` on `signInEventTypes` leaves them out",
            ));
        }
        export.finish()
    }
}
