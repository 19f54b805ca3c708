//! Jenkins credentials: what a controller or a folder keeps for its jobs.
//!
//! Written as `$JENKINS_HOME/credentials.xml` and, for a folder, inside its `config.xml`; or by the API,
//! `…/credentials/store/system/domain/_/api/json?depth=1`.
//! <https://plugins.jenkins.io/credentials/>, <https://github.com/jenkinsci/credentials-plugin>
//!
//! Read: id, description, store and domain; from XML also an AWS key's id and the role it assumes. Values are encrypted
//! by the controller, and not read. XML names Java classes as elements, declares version 1.1, and is complete; the API
//! leaves out what the caller may not see.
//!
//! Cannot tell: any date, who uses a credential, and what it opens but for AWS.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use serde::Deserialize;

use super::leaked_secret::access_key;
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::grant::{TrustFact, TrustGuard, TrustKind};
use crate::model::identity::Presence;
use crate::model::principal::{HandleKind, Principal};
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json;
use crate::reading::probe::Format;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "jenkins_credentials",
    title: "Credentials",
    vendor: "Jenkins",
    command: "cp $JENKINS_HOME/credentials.xml .; curl -s -u USER:TOKEN \"$JENKINS_URL/credentials/store/system/domain/_/api/json?depth=1\" > credentials.json",
    cannot_tell: &[
        "when a credential was made, changed or used: Jenkins keeps no date",
        "which jobs use a credential",
        "what a credential opens: its value is encrypted; only AWS key ids and roles stand in the clear, and only in XML",
        "credentials of folders, in `credentials.xml`: add the folders' `config.xml`",
    ],
    signatures: &[
        &[
            Mark::Is(Format::Xml),
            Mark::Text("<com.cloudbees.plugins.credentials.SystemCredentialsProvider"),
        ],
        &[
            Mark::Is(Format::Xml),
            Mark::Text("FolderCredentialsProvider_-FolderCredentialsProperty"),
        ],
        &[
            Mark::Contains("_class", "com.cloudbees.plugins.credentials."),
            Mark::Has("credentials"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCredential<'a> {
    #[serde(borrow, default)]
    id: Option<Text<'a>>,
    #[serde(borrow, default)]
    description: Option<Text<'a>>,
    /// `system/_/ID`, `FOLDER/folder/_/ID`.
    #[serde(borrow, default)]
    full_name: Option<Text<'a>>,
}

/// A credential in XML, whose element is named after its Java class.
#[derive(Default)]
struct Found {
    line: u32,
    id: String,
    description: String,
    access_key: String,
    role_arn: String,
}

/// The list that holds a domain's credentials.
const LIST: &str = "java.util.concurrent.CopyOnWriteArrayList";
const DOMAIN: &str = "com.cloudbees.plugins.credentials.domains.Domain";

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    if input.format == Format::Xml {
        read_xml(input, &mut batch, &mut diagnostics);
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &["credentials"], &mut diagnostics).rows {
        let Some(raw) = row.parse::<RawCredential<'_>>(&mut diagnostics) else {
            continue;
        };
        let Some(id) = raw.id.as_deref().and_then(present) else {
            diagnostics.push(without_id(format!("{}.id", row.name())));
            continue;
        };
        let full_name = match raw.full_name.as_deref().and_then(present) {
            Some(full_name) => full_name.to_owned(),
            None => format!("system/_/{id}"),
        };
        let place = row.place(&mut batch);
        let description = raw.description.as_deref().unwrap_or("");
        stored(&full_name, id, description, place, input, &mut batch);
    }
    (batch, diagnostics)
}

fn read_xml(input: Input<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    let mut reader = Reader::from_str(input.text);
    let mut store = "system".to_owned();
    let mut domain = "_".to_owned();
    let mut path: Vec<String> = Vec::new();
    let mut found: Option<(usize, Found)> = None;
    let (mut line, mut counted_to) = (1, 0);
    loop {
        let at = (reader.buffer_position() as usize).min(input.text.len());
        line += memchr::memchr_iter(b'\n', &input.text.as_bytes()[counted_to..at]).count() as u32;
        counted_to = at;
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                let name = start.name().into_inner();
                if name.ends_with("FolderCredentialsProperty") {
                    store = format!("{}/folder", folder(input));
                } else if name == "entry" {
                    "_".clone_into(&mut domain);
                } else if found.is_none() && path.last().is_some_and(|parent| parent == LIST) {
                    let credential = Found {
                        line,
                        ..Found::default()
                    };
                    found = Some((path.len(), credential));
                }
                path.push(name.to_owned());
            }
            Ok(Event::End(_)) => {
                path.pop();
                if let Some((_, credential)) = found.take_if(|(depth, _)| *depth == path.len()) {
                    read_credential(&credential, &store, &domain, input, batch, diagnostics);
                }
            }
            Ok(Event::Text(text)) => {
                take(&path, &mut found, &mut domain, &text.xml11_content());
            }
            Ok(Event::CData(text)) => {
                take(&path, &mut found, &mut domain, &text.xml11_content());
            }
            Ok(Event::GeneralRef(reference)) => {
                take(&path, &mut found, &mut domain, &resolved(&reference));
            }
            Ok(Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_)) => {}
            Ok(Event::Eof) if path.is_empty() => return,
            Ok(Event::Eof) => {
                diagnostics.push(broken(line, "the file ends inside an element"));
                return;
            }
            Err(error) => {
                diagnostics.push(broken(line, &error.to_string()));
                return;
            }
        }
    }
}

/// Adds a piece of text to the member that it stands in. Secrets stand in members that are not among these.
fn take(path: &[String], found: &mut Option<(usize, Found)>, domain: &mut String, text: &str) {
    let Some(member) = path.last() else { return };
    match found {
        Some((depth, credential)) if path.len() == *depth + 2 => match member.as_str() {
            "id" => credential.id.push_str(text),
            "description" => credential.description.push_str(text),
            "accessKey" => credential.access_key.push_str(text),
            "iamRoleArn" => credential.role_arn.push_str(text),
            _ => {}
        },
        Some(_) => {}
        None => {
            let is_domains = path.len() >= 2 && path[path.len() - 2] == DOMAIN;
            if is_domains && member == "name" {
                if domain == "_" {
                    domain.clear();
                }
                domain.push_str(text);
            }
        }
    }
}

/// `&amp;`, `&#10;`; an entity that the file would have to define is none of a credential's.
fn resolved(reference: &BytesRef<'_>) -> String {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => character.to_string(),
        Ok(None) => resolve_predefined_entity(&reference.xml11_content())
            .unwrap_or_default()
            .to_owned(),
        Err(_) => String::new(),
    }
}

fn read_credential(
    found: &Found,
    store: &str,
    domain: &str,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let Some(id) = present(&found.id) else {
        diagnostics.push(without_id(format!("line {}", found.line)));
        return;
    };
    let place = Place::Line(found.line);
    let full_name = format!("{store}/{domain}/{id}");
    stored(&full_name, id, &found.description, place, input, batch);
    if let Some(key_id) = present(&found.access_key) {
        // What Jenkins keeps is AWS's key: this is where it is.
        let key = batch.sym(&access_key(key_id));
        let mut fact = CredentialFact::listed(key, CredentialKind::AccessKey, place);
        fact.presence = Presence::Mentioned;
        fact.name = Some(batch.sym(key_id));
        batch.credentials.push(fact);
    }
    if let Some(arn) = present(&found.role_arn).filter(|arn| arn.starts_with("arn:")) {
        let actor = Principal::Workload(batch.sym(&format!("Jenkins credential {full_name}")));
        let target = batch.handle(HandleKind::Arn, arn);
        batch.trusts.push(TrustFact {
            actor,
            target,
            kind: TrustKind::Assumes,
            guard: TrustGuard::Open,
            presence: Presence::Mentioned,
            place,
        });
    }
}

fn stored(full_name: &str, id: &str, description: &str, place: Place, input: Input<'_>, batch: &mut Batch) {
    let key = batch.sym(&format!("jenkins:{}/{full_name}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
    // Jenkins makes up a GUID where nobody chose an id; then the description says more.
    let is_made_up = id.len() == 36 && id.bytes().filter(|b| *b == b'-').count() == 4;
    let described = batch.sym_of(present(description)).filter(|_| is_made_up);
    fact.name = described.or_else(|| batch.sym_of(Some(id)));
    batch.credentials.push(fact);
}

/// The folder whose `config.xml` it is: `jobs/a/jobs/b/config.xml` is of `a/b`, unless `source.toml` says another.
fn folder(input: Input<'_>) -> String {
    if let Some(declared) = input.config.subject_of(input.path) {
        return declared.to_owned();
    }
    let parts: Vec<&str> = input.path.split('/').collect();
    let jobs = parts.windows(2).filter(|pair| pair[0] == "jobs").map(|pair| pair[1]);
    let named = jobs.collect::<Vec<_>>().join("/");
    match named.is_empty() {
        false => named,
        true => input
            .subject(&["config", "credentials", "jenkins"])
            .unwrap_or("folder")
            .to_owned(),
    }
}

fn without_id(place: String) -> Diagnostic {
    Diagnostic::error(
        place,
        "a credential without an id",
        "the id by which jobs name it",
        "this credential was left out; export the file again",
    )
}

fn broken(line: u32, found: &str) -> Diagnostic {
    Diagnostic::error(
        format!("line {line}"),
        found,
        "XML as Jenkins writes it",
        "copy the file again; what stood before was read",
    )
}
