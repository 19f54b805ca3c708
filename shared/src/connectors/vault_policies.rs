//! Vault policies: what tokens may do below which paths.
//!
//! Written by `vault read -format=json sys/policies/acl/NAME`, or by `vault policy read NAME` as HCL, whose file's name
//! stands for the policy's.
//! <https://developer.hashicorp.com/vault/docs/concepts/policies>
//!
//! Read: paths and capabilities. Who may write everywhere is an administrator.
//!
//! Cannot tell: who has a policy; parameters, control groups and Sentinel rules that give less.

use serde::Deserialize;

use super::vault::{self, RawAnswer};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::access_policy::{AccessPolicy, PolicyFact, VaultRule};
use crate::model::batch::Batch;
use crate::model::provenance::Place;
use crate::reading::absent::present;
use crate::reading::json;
use crate::reading::probe::Format;
use crate::reading::subject::subject_of;
use crate::reading::text::Text;
use crate::reading::vault_policy;

pub const CONNECTOR: Connector = Connector {
    id: "vault_policies",
    title: "Policies",
    vendor: "HashiCorp Vault",
    command: "for p in $(vault policy list -format=json | jq -r '.[]'); do vault read -format=json sys/policies/acl/$p; done > policies.ndjson",
    cannot_tell: &[
        "the policy's name, in HCL: the file's name stands for it",
        "who has a policy: add roles and tokens",
        "allowed parameters, control groups and Sentinel rules, which give less",
    ],
    signatures: &[
        &[
            Mark::Has("request_id"),
            Mark::Has("data.policy"),
            Mark::Has("data.name"),
        ],
        &[Mark::Has("request_id"), Mark::Has("data.rules"), Mark::Has("data.name")],
        &[
            Mark::Is(Format::Text),
            Mark::FirstLine("path \""),
            Mark::Text("capabilities"),
        ],
        // A comma on the first line makes it look like a table.
        &[
            Mark::Is(Format::Table),
            Mark::FirstLine("path \""),
            Mark::Text("capabilities = ["),
        ],
    ],
    parse,
};

#[derive(Deserialize)]
struct RawPolicy<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    /// `rules` at the older path `sys/policy/NAME`.
    #[serde(borrow, default, alias = "rules")]
    policy: Option<Text<'a>>,
}

/// Words in a file's name that say what is in it, not which policy.
const GENERIC: &[&str] = &["vault", "policy", "policies", "acl", "sys", "hcl"];

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    if !matches!(input.format, Format::Json | Format::Yaml) {
        // `policy_ml.hcl` is as often a name as `ml.hcl`.
        let by_path = || {
            let name = subject_of(input.path, GENERIC)?;
            Some(
                name.strip_prefix("policy_")
                    .or(name.strip_prefix("policy-"))
                    .unwrap_or(name),
            )
        };
        let declared = input.config.subject_of(input.path);
        let name = declared.or_else(by_path).unwrap_or("policy");
        take(
            name,
            input.text,
            Place::WholeFile,
            0,
            input,
            &mut batch,
            &mut diagnostics,
        );
        return (batch, diagnostics);
    }
    for row in json::rows(input.text, &[], &mut diagnostics).rows {
        let Some(answer) = row.parse::<RawAnswer<'_, RawPolicy<'_>>>(&mut diagnostics) else {
            continue;
        };
        let Some(raw) = answer.data else { continue };
        let Some(name) = raw.name.as_deref().and_then(present) else {
            diagnostics.push(Diagnostic::error(
                format!("{}.data.name", row.name()),
                "nothing",
                "the policy's name",
                "this policy was left out; read it again",
            ));
            continue;
        };
        let place = row.place(&mut batch);
        let text = raw.policy.as_deref().unwrap_or("");
        take(name, text, place, row.document, input, &mut batch, &mut diagnostics);
    }
    (batch, diagnostics)
}

fn take(
    name: &str,
    text: &str,
    place: Place,
    document: usize,
    input: Input<'_>,
    batch: &mut Batch,
    diagnostics: &mut Diagnostics,
) {
    let (rules, broken_at) = vault_policy::rules(text);
    if let Some(line) = broken_at {
        let document = match document {
            0 => String::new(),
            document => format!("document {} ", document + 1),
        };
        diagnostics.push(Diagnostic::error(
            format!("{document}policy {name} line {line}"),
            "text that is no policy",
            "stanzas such as `path \"secret/*\" { capabilities = [\"read\"] }`",
            "read the policy again; what stood before was read",
        ));
    }
    let rules = rules
        .iter()
        .map(|rule| VaultRule {
            path: batch.sym(&rule.path),
            capabilities: rule.capabilities.iter().map(|word| batch.sym(word)).collect(),
        })
        .collect();
    let id = batch.sym(&vault::policy_id(name, input));
    let name = batch.sym(name);
    batch.policies.push(PolicyFact {
        id,
        name,
        document: AccessPolicy::Vault(rules),
        place,
    });
}
