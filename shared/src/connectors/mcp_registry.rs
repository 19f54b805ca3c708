//! MCP registry entries: servers that are published for AI agents to use.
//!
//! Written by a registry's `GET /v0/servers`, or its seed file.
//! <https://github.com/modelcontextprotocol/registry>
//!
//! Read: names, and which secrets each asks for. An entry is an offer, not an identity of the estate: which servers are in
//! use stands in the clients' configurations. So it stands as a note on the file.
//!
//! Cannot tell: which of the servers anybody here uses.

use serde::Deserialize;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::json;
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "mcp_registry",
    title: "MCP registry entries",
    vendor: "Model Context Protocol",
    command: "curl -s https://REGISTRY/v0/servers > mcp-registry.json",
    cannot_tell: &["which of the servers anybody uses: add the clients' configurations"],
    signatures: &[
        &[Mark::Has("version_detail"), Mark::Has("repository"), Mark::Has("name")],
        &[Mark::Has("servers[].version_detail"), Mark::Has("servers[].name")],
        &[
            Mark::Has("servers[].server.name"),
            Mark::Has("servers[].server.version"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawEntry<'a> {
    /// Around the entry, in newer registries.
    #[serde(borrow, default)]
    server: Option<Box<RawEntry<'a>>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    packages: Option<Vec<RawPackage<'a>>>,
}

#[derive(Deserialize)]
struct RawPackage<'a> {
    #[serde(borrow, default, alias = "environmentVariables")]
    environment_variables: Option<Vec<RawVariable<'a>>>,
}

#[derive(Deserialize)]
struct RawVariable<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(default, alias = "isSecret", deserialize_with = "flag")]
    is_secret: Option<bool>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let rows = json::rows(input.text, &["servers"], &mut diagnostics);
    let (mut n_servers, mut n_secretive) = (0, 0);
    for row in &rows.rows {
        let Some(raw) = row.parse::<RawEntry<'_>>(&mut diagnostics) else {
            continue;
        };
        let server = match raw.server {
            Some(server) => *server,
            None => raw,
        };
        if server.name.is_none() {
            diagnostics.push(Diagnostic::error(
                format!("{}.name", row.name()),
                "nothing",
                "the server's name, such as `io.github.acme/search`",
                "this entry was left out; export the registry again",
            ));
            continue;
        }
        let variables = server.packages.iter().flatten();
        let mut variables = variables.flat_map(|package| package.environment_variables.iter().flatten());
        let asks = variables.any(|variable| {
            let name = variable.name.as_deref().unwrap_or("").to_uppercase();
            variable.is_secret == Some(true)
                || ["KEY", "TOKEN", "SECRET", "PASSWORD"]
                    .iter()
                    .any(|word| name.contains(word))
        });
        n_servers += 1;
        n_secretive += usize::from(asks);
    }
    rows.note_pages(&mut batch, "servers");
    if n_servers > 0 {
        diagnostics.push(Diagnostic::info(
            "whole file",
            format!("published servers: {n_servers}; that ask for a secret: {n_secretive}"),
            "servers in use",
            "nothing to do: an entry is an offer; add the configurations of the clients",
        ));
    }
    (batch, diagnostics)
}
