//! MCP client configurations: the tool servers that AI agents use, and the secrets they are given.
//!
//! Written by hand or by the client: `claude_desktop_config.json`, `.cursor/mcp.json`, `.mcp.json` (`mcpServers`),
//! `~/.claude.json` (the same, also in each of its `projects`), `.vscode/mcp.json` (`servers` and `inputs`), Continue's
//! `config.yaml` (a list, whose servers have a `name`), Zed's `settings.json` (`context_servers`). With comments and
//! trailing commas, where the client takes them.
//! <https://modelcontextprotocol.io/docs/develop/connect-local-servers>,
//! <https://code.visualstudio.com/docs/copilot/reference/mcp-configuration>, <https://docs.continue.dev/reference>,
//! <https://zed.dev/docs/ai/mcp>
//!
//! Read: each server with its command or URL, and which secrets it is given by environment, header, argument or connection
//! string. Of a secret in the clear stays a fingerprint; a reference (`${TOKEN}`, `${input:key}`) is only known to be one.
//!
//! Cannot tell: who uses the configuration, when a server was last used, and what a secret may do.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use smallvec::smallvec;

use super::leaked_secret::access_key;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::identity::{IdentityFact, IdentityKind, Presence, Status};
use crate::model::principal::{Handle, HandleKind};
use crate::model::provenance::Place;
use crate::reading::absent::nothing_if_null;
use crate::reading::fingerprint::fingerprint;
use crate::reading::json;
use crate::reading::jsonc;
use crate::reading::loose::flag;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "mcp_clients",
    title: "MCP client configuration",
    vendor: "Model Context Protocol",
    command: "cp ~/.cursor/mcp.json JANE.mcp.json",
    cannot_tell: &[
        "whose configuration it is: the file's name, else its folder's, stands for it",
        "when a server was last used, and by which agent",
        "what a secret may do, and how old it is",
    ],
    signatures: &[
        &[Mark::Has("mcpServers")],
        &[Mark::Has("mcp.servers")],
        &[Mark::Has("servers"), Mark::Has("inputs"), Mark::Lacks("servers[]")],
        // VS Code's, without questions to the user.
        &[
            Mark::Has("servers"),
            Mark::Lacks("servers[]"),
            Mark::Text("\"command\""),
            Mark::Text("\"args\""),
        ],
        &[Mark::Has("servers"), Mark::Lacks("servers[]"), Mark::Text("\"stdio\"")],
        &[
            Mark::Has("servers"),
            Mark::Lacks("servers[]"),
            Mark::Text("\"url\""),
            Mark::Text("\"http\""),
        ],
        &[
            Mark::Has("servers"),
            Mark::Lacks("servers[]"),
            Mark::Text("\"url\""),
            Mark::Text("\"sse\""),
        ],
        &[Mark::Has("context_servers"), Mark::Lacks("context_servers[]")],
        &[Mark::Has("projects"), Mark::Text("\"mcpServers\"")],
    ],
    parse,
};

/// Servers by name, or as a list.
#[derive(Deserialize)]
struct RawConfiguration<'a> {
    #[serde(borrow, default, rename = "mcpServers")]
    mcp_servers: Option<&'a RawValue>,
    #[serde(borrow, default)]
    servers: Option<&'a RawValue>,
    #[serde(borrow, default)]
    context_servers: Option<&'a RawValue>,
    /// Inside the settings of an editor.
    #[serde(borrow, default)]
    mcp: Option<&'a RawValue>,
    /// By folder, each with `mcpServers` of its own.
    #[serde(borrow, default)]
    projects: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RawName<'a> {
    #[serde(borrow)]
    name: Text<'a>,
}

/// A command in one line, or with what it is given.
#[derive(Deserialize)]
#[serde(untagged)]
enum RawCommand<'a> {
    Line(#[serde(borrow)] Text<'a>),
    Apart {
        #[serde(borrow, default)]
        path: Option<Text<'a>>,
        #[serde(borrow, default, deserialize_with = "nothing_if_null")]
        args: Vec<Text<'a>>,
        #[serde(borrow, default, deserialize_with = "nothing_if_null")]
        env: BTreeMap<Cow<'a, str>, Value>,
    },
}

#[derive(Default, Deserialize)]
struct RawRequest<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    headers: BTreeMap<Cow<'a, str>, Value>,
}

#[derive(Deserialize)]
struct RawServer<'a> {
    #[serde(borrow, default)]
    command: Option<RawCommand<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    args: Vec<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    env: BTreeMap<Cow<'a, str>, Value>,
    #[serde(borrow, default, alias = "serverUrl")]
    url: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    headers: BTreeMap<Cow<'a, str>, Value>,
    /// Where Continue puts headers.
    #[serde(borrow, default, rename = "requestOptions", deserialize_with = "nothing_if_null")]
    request: RawRequest<'a>,
    #[serde(default, deserialize_with = "flag")]
    disabled: Option<bool>,
}

/// Words in a file's name that say what is in it, not whose it is.
const GENERIC: &[&str] = &[
    "mcp", "claude", "desktop", "config", "cursor", "vscode", "settings", "json",
];

/// Words in the name of a variable, header or argument that holds a secret.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "apikey",
    "api_key",
    "access_key",
    "private_key",
    "credential",
    "auth",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let scope = match input.subject(GENERIC) {
        Some(subject) => format!("{}/{subject}", input.source),
        None => input.source.to_owned(),
    };
    let plain = jsonc::plain(input.text);
    let text = plain.as_deref().unwrap_or(input.text);
    let mut servers = Vec::new();
    for row in json::rows(text, &[], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawConfiguration<'_>>(&mut diagnostics) else {
            continue;
        };
        let inner = raw.mcp.and_then(parsed::<RawConfiguration<'_>>);
        for (list, named) in [
            ("mcpServers", raw.mcp_servers),
            ("servers", raw.servers),
            ("context_servers", raw.context_servers),
            ("mcp.servers", inner.and_then(|inner| inner.servers)),
        ] {
            servers.extend(named.map(|named| (list.to_owned(), scope.clone(), named)));
        }
        let projects = raw.projects.and_then(parsed::<BTreeMap<Cow<'_, str>, &RawValue>>);
        for (folder, project) in projects.unwrap_or_default() {
            let named = parsed::<RawConfiguration<'_>>(project).and_then(|project| project.mcp_servers);
            let list = format!("projects[\"{folder}\"].mcpServers");
            let scope = format!("{scope}/projects/{}", folder.trim_start_matches('/'));
            servers.extend(named.map(|named| (list, scope, named)));
        }
    }
    let mut n_clear = 0;
    for (list, scope, servers) in servers {
        for (name, server) in by_name(&list, servers, &mut diagnostics) {
            let at = format!("{list}[\"{name}\"]");
            // One odd value costs its server.
            let Some(server) = parsed::<RawServer<'_>>(server) else {
                diagnostics.push(Diagnostic::error(
                    at,
                    "a server of another form",
                    "`command`, `args` and `env`, or `url` and `headers`, as texts",
                    "this server was left out; mend it",
                ));
                continue;
            };
            let place = Place::Path(batch.sym(&at));
            let mut reading = Reading {
                holder: batch.handle(HandleKind::Local, &format!("{scope}/mcp/{name}")),
                scope: format!("{scope}/{name}"),
                place,
                salt: input.salt,
                batch: &mut batch,
                n_clear: &mut n_clear,
            };
            reading.server(&name, server);
        }
    }
    if n_clear > 0 {
        diagnostics.push(Diagnostic::warning(
            "whole file",
            format!(
                "{n_clear} {} in the clear",
                if n_clear == 1 { "secret" } else { "secrets" }
            ),
            "references such as `${input:token}`",
            "only fingerprints were kept; move the secrets to a vault or to the client's inputs",
        ));
    }
    (batch, diagnostics)
}

fn parsed<'a, T: Deserialize<'a>>(text: &'a RawValue) -> Option<T> {
    serde_json::from_str(text.get()).ok()
}

/// Servers by name, in the order of their names, or of the list.
fn by_name<'a>(list: &str, servers: &'a RawValue, diagnostics: &mut Diagnostics) -> Vec<(Cow<'a, str>, &'a RawValue)> {
    if servers.get() == "null" {
        return Vec::new();
    }
    if let Some(named) = parsed::<BTreeMap<Cow<'a, str>, &RawValue>>(servers) {
        return named.into_iter().collect();
    }
    let listed = parsed::<Vec<&RawValue>>(servers);
    if listed.is_none() {
        diagnostics.push(Diagnostic::error(
            list,
            "neither servers by name nor a list of them",
            "servers by name",
            "these were left out; mend the configuration",
        ));
    }
    let mut named = Vec::new();
    for (index, server) in listed.unwrap_or_default().into_iter().enumerate() {
        match parsed::<RawName<'a>>(server) {
            Some(raw) => named.push((raw.name.0, server)),
            None => diagnostics.push(Diagnostic::error(
                format!("{list}[{index}]"),
                "a server without a name",
                "a member `name`",
                "this server was left out; mend it",
            )),
        }
    }
    named
}

struct Reading<'r, 'i> {
    holder: Handle,
    scope: String,
    place: Place,
    salt: &'i str,
    batch: &'r mut Batch,
    n_clear: &'r mut usize,
}

impl Reading<'_, '_> {
    fn server(&mut self, name: &str, mut raw: RawServer<'_>) {
        let command = match raw.command.take() {
            Some(RawCommand::Line(command)) => Some(command),
            Some(RawCommand::Apart { path, args, env }) => {
                raw.args.extend(args);
                raw.env.extend(env);
                path
            }
            None => None,
        };
        raw.headers.append(&mut raw.request.headers);
        let mut fact = IdentityFact::listed(smallvec![self.holder], IdentityKind::Agent, self.place);
        fact.name = Some(self.batch.sym(name));
        let runs = raw.url.as_deref().map(origin);
        let package = raw
            .args
            .iter()
            .find(|arg| !arg.starts_with('-') && arg.contains(['/', '@']) && !arg.contains("://"));
        let runs = runs.or_else(|| {
            let command = command.as_deref()?;
            Some(package.map_or_else(|| command.to_owned(), |package| format!("{command} {}", &**package)))
        });
        fact.account = self.batch.sym_of(runs.as_deref());
        fact.status = match raw.disabled {
            Some(true) => Status::Disabled,
            Some(false) | None => Status::Active,
        };
        self.batch.identities.push(fact);

        for (variable, value) in &raw.env {
            let value = value.as_str().unwrap_or_default();
            if holds_secret(variable) {
                self.secret(&format!("environment {variable}"), value, CredentialKind::ApiKey);
            }
            self.connection(&format!("environment {variable}"), value);
        }
        for (header, value) in &raw.headers {
            if holds_secret(header) || header.eq_ignore_ascii_case("cookie") || header.to_lowercase().contains("key") {
                let value = value.as_str().unwrap_or_default().trim();
                let bare = ["Bearer ", "Basic ", "token "].iter().find_map(|scheme| {
                    let (start, rest) = value.split_at_checked(scheme.len())?;
                    start.eq_ignore_ascii_case(scheme).then_some(rest)
                });
                self.secret(
                    &format!("header {header}"),
                    bare.unwrap_or(value),
                    CredentialKind::ApiKey,
                );
            }
        }
        let mut before = "";
        for (index, arg) in raw.args.iter().enumerate() {
            let named = arg
                .trim_start_matches('-')
                .split_once('=')
                .filter(|_| arg.starts_with('-'));
            match named {
                Some((option, value)) if holds_secret(option) => {
                    self.secret(&format!("argument {option}"), value, CredentialKind::ApiKey);
                }
                Some(_) | None if before.starts_with('-') && holds_secret(before) && !arg.starts_with('-') => {
                    let option = before.trim_start_matches('-');
                    self.secret(&format!("argument {option}"), arg, CredentialKind::ApiKey);
                }
                Some(_) | None => self.connection(&format!("argument {}", index + 1), arg),
            }
            before = arg;
        }
        if let Some(url) = raw.url.as_deref() {
            self.connection("url", url);
        }
    }

    /// The password in a connection string such as `postgresql://svc:pw@db/search`.
    fn connection(&mut self, at: &str, text: &str) {
        if let Some((_, password)) = user_and_password(text) {
            self.secret(at, password, CredentialKind::Password);
        }
    }

    fn secret(&mut self, at: &str, value: &str, kind: CredentialKind) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        // The id of an AWS key is no secret, but names it: this is one of the places where it is.
        let is_key_id =
            value.len() == 20 && value.starts_with("AKIA") && value.bytes().all(|b| b.is_ascii_alphanumeric());
        if is_key_id {
            let key = self.batch.sym(&access_key(value));
            let mut fact = CredentialFact::listed(key, CredentialKind::AccessKey, self.place);
            fact.presence = Presence::Mentioned;
            self.batch.credentials.push(fact);
            return;
        }
        let key = self.batch.sym(&format!("mcp:{}/{at}", self.scope));
        let mut fact = CredentialFact::listed(key, kind, self.place);
        fact.holder = Some(self.holder);
        fact.name = Some(self.batch.sym(at));
        if !is_reference(value) {
            *self.n_clear += 1;
            fact.fingerprint = Some(self.batch.sym(&fingerprint(self.salt, value.as_bytes())));
        }
        self.batch.credentials.push(fact);
    }
}

fn holds_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| name.contains(word))
        || name == "key"
        || name.ends_with("_key")
        || name.ends_with("_pat")
}

/// What stands for a secret: a variable, an input, a placeholder of a manual.
fn is_reference(value: &str) -> bool {
    value.contains("${")
        || value.starts_with('$')
        || value.starts_with('<')
        || value.contains("{{")
        || value.contains("***")
        || value.to_lowercase().starts_with("your")
        || value.to_uppercase().contains("REDACTED")
}

fn user_and_password(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    user_info.split_once(':').filter(|(_, password)| !password.is_empty())
}

/// A URL as it may be shown: scheme and host. Some services put a key into the query, some into the path.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit('@').next().unwrap_or(authority);
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_names() {
        for name in [
            "GITHUB_TOKEN",
            "X-Api-Key",
            "--password",
            "OPENAI_API_KEY",
            "Authorization",
            "AZURE_PAT",
        ] {
            assert!(holds_secret(name), "{name}");
        }
        for name in ["PATH", "LOG_LEVEL", "KEYBOARD", "--path"] {
            assert!(!holds_secret(name), "{name}");
        }
    }

    #[test]
    fn urls_are_shown_without_what_opens_them() {
        assert_eq!(
            origin("https://a:b@mcp.acme.test/k3y/sse?key=1"),
            "https://mcp.acme.test"
        );
        assert_eq!(user_and_password("postgresql://svc:p:w@db/x"), Some(("svc", "p:w")));
        assert_eq!(user_and_password("postgresql://svc@db/x"), None);
    }
}
