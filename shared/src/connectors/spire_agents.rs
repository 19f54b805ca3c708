//! SPIRE agents: the nodes that attest workloads.
//!
//! Written by `spire-server agent list -output json`. Numbers of 64 bits are text, as protocol buffers write them.
//! <https://github.com/spiffe/spire-api-sdk/blob/main/proto/spire/api/types/agent.proto>
//!
//! Read: SPIFFE id, attestation, serial number and end of the current certificate, whether it is banned.
//!
//! Cannot tell: when an agent joined, and what runs on its node.

use serde::Deserialize;
use smallvec::smallvec;

use super::spire_entries::RawSpiffeId;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind, CredentialStatus};
use crate::model::identity::{IdentityFact, IdentityKind, Status};
use crate::reading::absent::{nothing_if_null, present};
use crate::reading::json::{self, Row};
use crate::reading::moment::Moment;
use crate::reading::text::{Id, Text};

pub const CONNECTOR: Connector = Connector {
    id: "spire_agents",
    title: "Agents",
    vendor: "SPIRE",
    command: "spire-server agent list -output json > agents.json",
    cannot_tell: &[
        "when an agent joined, and when it last asked for anything",
        "which workloads run on its node: the entries say which may",
    ],
    signatures: &[
        &[Mark::Has("agents[].attestation_type"), Mark::Has("agents[].id")],
        &[
            Mark::Has("attestation_type"),
            Mark::Has("x509svid_serial_number"),
            Mark::Has("id"),
        ],
        &[Mark::Has("agents"), Mark::Has("next_page_token")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawAgent<'a> {
    #[serde(borrow, default)]
    id: Option<RawSpiffeId<'a>>,
    #[serde(borrow, default)]
    attestation_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    x509svid_serial_number: Option<Id<'a>>,
    #[serde(default)]
    x509svid_expires_at: Moment,
    #[serde(default, deserialize_with = "nothing_if_null")]
    banned: bool,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["agents"], &mut diagnostics);
    for row in &rows.rows {
        read_agent(row, &mut batch, &mut diagnostics);
    }
    rows.note_pages(&mut batch, "agents");
    (batch, diagnostics)
}

fn read_agent(row: &Row<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawAgent<'_>>(diagnostics) else {
        return;
    };
    let Some((id, handle)) = raw.id.as_ref().and_then(|id| Some((id, id.handle(batch)?))) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            "no trust domain",
            "a SPIFFE id with `trust_domain` and `path`",
            "this agent was left out; export the agents again",
        ));
        return;
    };
    let place = row.place(batch);
    let domain = id.trust_domain.as_deref().unwrap_or("").to_owned();
    let mut fact = IdentityFact::listed(smallvec![handle], IdentityKind::Workload, place);
    let node = id.path.as_deref().and_then(|path| path.rsplit('/').next());
    fact.name = batch.sym_of(Some(&format!("SPIRE agent {}", node.unwrap_or_default())));
    fact.account = batch.sym_of(Some(&domain));
    fact.status = if raw.banned { Status::Disabled } else { Status::Active };
    fact.purpose = raw
        .attestation_type
        .as_deref()
        .map(|kind| batch.sym(&format!("SPIRE agent, attested by {kind}")));
    batch.identities.push(fact);

    let Some(serial) = raw.x509svid_serial_number.as_deref().and_then(present) else {
        return;
    };
    let key = batch.sym(&format!("spire-svid:{domain}/{serial}"));
    let mut fact = CredentialFact::listed(key, CredentialKind::Certificate, place);
    fact.holder = Some(handle);
    fact.name = Some(batch.sym("X.509-SVID"));
    fact.status = match raw.banned {
        true => CredentialStatus::Revoked,
        false => CredentialStatus::Active,
    };
    fact.expires_at = raw
        .x509svid_expires_at
        .expiry(|| format!("{}.x509svid_expires_at", row.name()), diagnostics);
    batch.credentials.push(fact);
}
