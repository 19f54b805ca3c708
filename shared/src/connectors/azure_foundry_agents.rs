//! Azure AI Foundry's agents: AI assistants of a project, with what they may call.
//!
//! Written by `GET {project}/assistants` (the assistants' API, `created_at` in seconds) and by `GET {project}/agents`, whose
//! agents have versions and an identity in Entra. The assistants' API is OpenAI's, whose own assistants are read as well.
//! <https://learn.microsoft.com/azure/ai-foundry/agents/>
//!
//! Read: id, name, description, creation, metadata (owner, environment), and the Entra identity as which an agent acts.
//! Instructions are not read: they may hold anything.
//!
//! Cannot tell: use, and what an agent's tools reach. The shapes are those of the documentation: none could be confirmed on a
//! recorded export.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use smallvec::smallvec;

use super::entra_graph::Guid;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::identity::{IdentityFact, IdentityKind};
use crate::model::principal::HandleKind;
use crate::reading::json::{self, Row};
use crate::reading::labels;
use crate::reading::moment::Moment;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "azure_foundry_agents",
    title: "AI Foundry agents",
    vendor: "Microsoft Azure",
    command: "az rest --resource https://ai.azure.com --url \"$PROJECT_ENDPOINT/agents?api-version=v1\" > agents.json",
    cannot_tell: &[
        "when an agent was last used",
        "what an agent's tools and connections reach",
        "who answers for an agent, unless its metadata says so",
    ],
    signatures: &[
        &[Mark::Equals("data[].object", "assistant"), Mark::Has("data[].model")],
        &[Mark::Equals("data[].object", "agent"), Mark::Has("data[].id")],
        &[Mark::Equals("object", "assistant"), Mark::Has("model"), Mark::Has("id")],
        &[Mark::Equals("object", "agent"), Mark::Has("versions"), Mark::Has("id")],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawAgent<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(borrow, default)]
    metadata: Option<BTreeMap<Cow<'a, str>, Option<Text<'a>>>>,
    #[serde(borrow, default)]
    versions: Option<RawVersions<'a>>,
    #[serde(borrow, default)]
    instance_identity: Option<RawIdentity<'a>>,
}

#[derive(Deserialize)]
struct RawVersions<'a> {
    #[serde(borrow, default)]
    latest: Option<RawVersion<'a>>,
}

#[derive(Deserialize)]
struct RawVersion<'a> {
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    #[serde(default)]
    created_at: Moment,
    #[serde(borrow, default)]
    metadata: Option<BTreeMap<Cow<'a, str>, Option<Text<'a>>>>,
}

/// An agent's service principal.
#[derive(Deserialize)]
struct RawIdentity<'a> {
    #[serde(borrow, default)]
    principal_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    client_id: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["data"], &mut diagnostics);
    for row in &rows.rows {
        read_agent(row, input, &mut batch, &mut diagnostics);
    }
    let n_continued = rows
        .headers
        .iter()
        .filter(|(key, value)| *key == "has_more" && *value == "true")
        .count();
    let n_last = rows.pages.len().saturating_sub(n_continued);
    let (n_continued, n_last) = (u32::try_from(n_continued), u32::try_from(n_last));
    batch.note_pages("agents", n_continued.unwrap_or(u32::MAX), n_last.unwrap_or(u32::MAX));
    (batch, diagnostics)
}

fn read_agent(row: &Row<'_>, input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawAgent<'_>>(diagnostics) else {
        return;
    };
    let Some(id) = raw.id.as_deref().map(str::trim).filter(|id| !id.is_empty()) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.id", row.name()),
            raw.name.as_deref().unwrap_or("nothing"),
            "the agent's id",
            "this agent was left out; list the agents again",
        ));
        return;
    };
    let place = row.place(batch);
    let mut handles = smallvec![batch.handle(HandleKind::Local, &format!("{}/agents/{id}", input.source))];
    if let Some(identity) = &raw.instance_identity {
        let ids = [
            (HandleKind::EntraApp, identity.client_id.as_deref()),
            (HandleKind::EntraObject, identity.principal_id.as_deref()),
        ];
        for (kind, written) in ids {
            let guid = written.and_then(Guid::parse);
            handles.extend(guid.map(|guid| batch.handle(kind, guid.as_str())));
        }
    }
    let latest = raw.versions.and_then(|versions| versions.latest);
    let (made, described, more) = match latest {
        Some(latest) => (latest.created_at, latest.description, latest.metadata),
        None => (Moment::Absent, None, None),
    };
    let mut fact = IdentityFact::listed(handles, IdentityKind::Agent, place);
    fact.name = batch.sym_of(raw.name.as_deref()).or_else(|| batch.sym_of(Some(id)));
    fact.purpose = batch.sym_of(raw.description.as_deref().or(described.as_deref()));
    let made = match raw.created_at {
        // The newest version is at least as young as the agent.
        Moment::Absent => made,
        moment => moment,
    };
    fact.created_at = made.instant(|| format!("{}.created_at", row.name()), diagnostics);
    let metadata = raw.metadata.iter().chain(&more).flatten();
    let metadata = metadata.map(|(key, value)| (&**key, value.as_deref().unwrap_or("")));
    labels::tell(&mut fact, metadata, batch);
    batch.identities.push(fact);
}
