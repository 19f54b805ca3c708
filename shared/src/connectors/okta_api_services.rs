//! Okta API service integrations: services of others that may call Okta's API.
//!
//! Written by `GET /integrations/api/v1/api-services`.
//! <https://developer.okta.com/docs/api/openapi/okta-management/management/tag/ApiServiceIntegrations/>
//!
//! Read: id, type, creation, client id, granted scopes. Each authenticates with a client secret.
//!
//! Cannot tell: the ages of its secrets, and when it was last used.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, okta};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{Conditional, Privilege};
use crate::model::batch::Batch;
use crate::model::grant::GrantFact;
use crate::model::identity::{IdentityFact, IdentityKind, Origin, Status};
use crate::model::instant::Expiry;
use crate::model::principal::Principal;
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "okta_api_services",
    title: "API service integrations",
    vendor: "Okta",
    command: "curl -s -H \"Authorization: SSWS $TOKEN\" https://ORG.okta.com/integrations/api/v1/api-services > api-services.json",
    cannot_tell: &[
        "the ages of client secrets: add `/integrations/api/v1/api-services/ID/credentials/secrets`",
        "when an integration was last used: add the system log",
    ],
    signatures: &[&[Mark::Has("grantedScopes"), Mark::Has("type"), Mark::Has("lastUpdated")]],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawService<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    granted_scopes: Vec<Text<'a>>,
    #[serde(default)]
    created: Moment,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        read_service(&row, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn read_service(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawService<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.id.as_deref().and_then(present) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "nothing",
            "the integration's id, such as `0oa…`",
            "this integration was left out; export the list again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = okta::client(id, input, batch);
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Integration, place);
    fact.name = batch
        .sym_of(raw.name.as_deref())
        .or_else(|| batch.sym_of(raw.r#type.as_deref()));
    fact.origin = Origin::ThirdParty;
    fact.status = Status::Active;
    fact.created_at = raw.created.instant(|| format!("{}.created", row.name()), diagnostics);
    batch.identities.push(fact);
    for scope in &raw.granted_scopes {
        let role = batch.sym(scope);
        batch.grants.push(GrantFact {
            subject: Principal::Identity(handle),
            role,
            policy: None,
            resource: None,
            privilege: Some(Privilege::Limited),
            conditional: Conditional::Always,
            expires_at: Expiry::Never,
            place,
        });
    }
}
