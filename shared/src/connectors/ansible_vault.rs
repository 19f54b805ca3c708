//! Ansible vault: encrypted files, and encrypted values inside YAML.
//!
//! Written by `ansible-vault encrypt` and `ansible-vault encrypt_string`.
//! <https://docs.ansible.com/ansible/latest/vault_guide/vault_encrypting_content.html>
//!
//! Read: that a secret is kept there, under which name and which vault id. Nothing of it is decrypted.
//!
//! Cannot tell: what a secret is, what it opens, and when it was last changed.

use serde_json::Value;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::model::credential::{CredentialFact, CredentialKind};
use crate::model::provenance::Place;
use crate::reading::json;
use crate::reading::probe::Format;

pub const CONNECTOR: Connector = Connector {
    id: "ansible_vault",
    title: "Vault",
    vendor: "Ansible",
    command: "cp group_vars/prod/vault.yml .",
    cannot_tell: &[
        "what a secret is, and what it opens",
        "when a secret was last changed, and who uses it",
        "how many secrets an encrypted file has",
    ],
    signatures: &[
        &[Mark::Column("$ansible_vault")],
        &[Mark::Is(Format::Yaml), Mark::Text(HEADER)],
    ],
    parse,
};

/// `$ANSIBLE_VAULT;1.1;AES256`, since 1.2 with the vault's id behind.
const HEADER: &str = "$ANSIBLE_VAULT;";

/// Words in a file's name that say what is in it, not what it is for.
const GENERIC: &[&str] = &[
    "vault", "vars", "group", "host", "main", "secrets", "secret", "yml", "yaml",
];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let subject = input.subject(GENERIC).unwrap_or("vault").to_owned();
    if input.format == Format::Yaml || input.format == Format::Json {
        for row in json::rows(input.text, &[], &mut diagnostics).rows {
            if let Some(value) = row.parse::<Value>(&mut diagnostics) {
                walk(&value, "", &subject, input, &mut batch);
            }
        }
    } else if let Some(header) = input.text.lines().next().filter(|line| line.starts_with(HEADER)) {
        state(header, "", &subject, Place::WholeFile, input, &mut batch);
    } else {
        diagnostics.push(Diagnostic::error(
            "line 1",
            "no header of Ansible's vault",
            "`$ANSIBLE_VAULT;1.1;AES256`",
            "copy the file again, without a change",
        ));
    }
    (batch, diagnostics)
}

/// Every encrypted value below one, by its path. The parser's own limit bounds the depth.
fn walk(value: &Value, path: &str, subject: &str, input: Input<'_>, batch: &mut Batch) {
    match value {
        Value::String(text) if text.starts_with(HEADER) => {
            let place = Place::Path(batch.sym(path));
            state(text, path, subject, place, input, batch);
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                walk(value, &format!("{path}[{index}]"), subject, input, batch);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                let inner = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                walk(value, &inner, subject, input, batch);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn state(header: &str, path: &str, subject: &str, place: Place, input: Input<'_>, batch: &mut Batch) {
    let label = header.lines().next().unwrap_or_default().split(';').nth(3);
    let key = batch.sym(&format!("ansible-vault:{}/{subject}/{path}", input.source));
    let mut fact = CredentialFact::listed(key, CredentialKind::StoredSecret, place);
    let name = if path.is_empty() { subject } else { path };
    fact.name = Some(match label {
        Some(label) => batch.sym(&format!("{name} (vault {})", label.trim())),
        None => batch.sym(name),
    });
    batch.credentials.push(fact);
}
