//! UiPath Orchestrator's robots: software that works in applications as a person would.
//!
//! Written by `GET /odata/Robots`, as OData pages.
//! <https://docs.uipath.com/orchestrator/reference/api-references>
//!
//! Read: id, name, machine, type, the account that the robot signs in as, whether it is enabled. An attended robot works
//! in the session of the person beside it. The licence key is not even read.
//!
//! Cannot tell: use and dates. The shape is that of the documentation: none could be confirmed on a recorded export.

use serde::Deserialize;
use smallvec::smallvec;

use super::{Connector, Input, Mark, entra_graph};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Status};
use crate::model::principal::HandleKind;
use crate::reading::absent::present;
use crate::reading::json::{self, Row};
use crate::reading::loose::flag;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "uipath_robots",
    title: "Robots",
    vendor: "UiPath",
    command: "curl -H \"Authorization: Bearer $TOKEN\" 'https://orchestrator.example.com/odata/Robots' > robots.json",
    cannot_tell: &[
        "when a robot last worked: that is in its jobs",
        "which processes a robot runs, and who answers for it",
        "where the password of its account is, unless it is in Orchestrator itself",
    ],
    signatures: &[
        &[Mark::Contains("@odata.context", "#Robots"), Mark::Has("value")],
        &[
            Mark::RowHas("machineName"),
            Mark::RowHas("username"),
            Mark::RowHas("type"),
            Mark::RowHas("credentialType"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawRobot<'a> {
    #[serde(borrow, default)]
    id: Option<Id<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    /// `CORP\rpa_shop`.
    #[serde(borrow, default)]
    username: Option<Text<'a>>,
    #[serde(borrow, default)]
    machine_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "flag")]
    enabled: Option<bool>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["value"], &mut diagnostics);
    for row in &rows.rows {
        read_robot(row, input, &mut batch, &mut diagnostics);
    }
    entra_graph::note_pages(&rows, &mut batch, "Robots");
    (batch, diagnostics)
}

fn read_robot(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawRobot<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.id.filter(|id| !id.is_empty()) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.Id", row.name()),
            raw.name.as_deref().unwrap_or("nothing"),
            "the robot's id",
            "this robot was left out; export the robots again",
        ));
        return;
    };
    let place = row.place(batch);
    let handle = batch.handle(HandleKind::Local, &format!("{}/uipath/robots/{}", input.source, &*id));
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Robot, place);
    fact.name = batch.sym_of(raw.name.as_deref());
    fact.account = batch.sym_of(raw.machine_name.as_deref());
    fact.purpose = batch.sym_of(raw.description.as_deref().and_then(present));
    fact.status = match raw.enabled {
        Some(true) => Status::Active,
        Some(false) => Status::Disabled,
        None => Status::Unknown,
    };
    batch.identities.push(fact);
    // The person beside an attended robot signs in; any other robot signs in by itself.
    let is_attended = raw.r#type.as_deref().is_some_and(|kind| kind.starts_with("Attended"));
    if let Some(user) = raw.username.as_deref().and_then(present).filter(|_| !is_attended) {
        let key = batch.sym(&format!("uipath-password:{}/{}", input.source, &*id));
        let mut password = CredentialFact::listed(key, CredentialKind::Password, place);
        password.holder = Some(handle);
        password.name = Some(batch.sym(user));
        password.status = match raw.enabled {
            Some(true) => CredentialStatus::Active,
            Some(false) => CredentialStatus::Inactive,
            None => CredentialStatus::Unknown,
        };
        batch.credentials.push(password);
    }
}
