//! Vault auth methods: by what ways clients of a Vault log in.
//!
//! Written by `vault auth list -format=json`, or `vault read -format=json sys/auth`.
//! <https://developer.hashicorp.com/vault/api-docs/system/auth>
//!
//! Read: paths and types. They hold no identity: roles, tokens and entities do. So they stand as a note on the file,
//! which says what else to export.
//!
//! Cannot tell: who may log in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::json;
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "vault_auth_methods",
    title: "Auth methods",
    vendor: "HashiCorp Vault",
    command: "vault auth list -format=json > auth-methods.json",
    cannot_tell: &["who may log in: add the roles of each method"],
    signatures: &[
        // Every Vault has this one.
        &[Mark::Has("token/.accessor"), Mark::Equals("token/.type", "token")],
        &[
            Mark::Has("data.token/.accessor"),
            Mark::Equals("data.token/.type", "token"),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawMethod<'a> {
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut diagnostics = Diagnostics::default();
    for row in json::rows(input.text, &["data"], &mut diagnostics).rows {
        let Some(methods) = row.parse::<BTreeMap<Cow<'_, str>, &RawValue>>(&mut diagnostics) else {
            continue;
        };
        let mut known = Vec::new();
        for (path, method) in methods.iter().filter(|(path, _)| path.ends_with('/')) {
            let method: Option<RawMethod<'_>> = serde_json::from_str(method.get()).ok();
            match method.and_then(|method| method.r#type) {
                Some(kind) => known.push(format!("{path} ({})", &*kind)),
                None => diagnostics.push(Diagnostic::error(
                    format!("{}[\"{path}\"].type", row.name()),
                    "no type",
                    "the type of the auth method, such as `approle`",
                    "this method was left out; export the list again",
                )),
            }
        }
        if !known.is_empty() {
            diagnostics.push(Diagnostic::info(
                row.name(),
                known.join(", "),
                "auth methods",
                "export the roles of each method: `vault read -format=json auth/METHOD/role/ROLE`",
            ));
        }
    }
    (Batch::default(), diagnostics)
}
