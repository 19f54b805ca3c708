//! Terraform and OpenTofu state: every resource that a configuration manages, with all its attributes.
//!
//! Written by `terraform state pull` (or `tofu state pull`), or copied from a backend, in version 4 (Terraform 0.12 and
//! later) or 3 (0.7 to 0.11).
//! <https://developer.hashicorp.com/terraform/language/state>
//!
//! Read: managed resources that are identities, credentials, grants, memberships of groups or trusts of AWS, Google Cloud,
//! Azure and Entra, secrets and certificates that these keep, objects of Kubernetes, secrets and tokens of GitHub and GitLab,
//! applications of Okta, roles of Vault, users of Snowflake, SSH keys, certificates and generated passwords; how many others
//! there are of each type is said. Secrets in the clear become fingerprints. Data sources only read what another manages, and are passed over.
//!
//! Cannot tell: what is not managed by this configuration, and what changed since Terraform last looked.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::terraform::{self, Resource};
use super::{Connector, Input, Mark};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::model::batch::Batch;
use crate::reading::absent::nothing_if_null;
use crate::reading::json::{self, OpenRow};
use crate::reading::text::Text;

pub const CONNECTOR: Connector = Connector {
    id: "terraform_state",
    title: "State",
    vendor: "Terraform and OpenTofu",
    command: "terraform state pull > terraform.tfstate",
    cannot_tell: &[
        "what this configuration does not manage",
        "of which cluster, organisation, instance or account a resource of Kubernetes, GitHub, GitLab, Okta, Vault or Snowflake is: the source stands for it",
        "what changed since Terraform last looked: run `terraform apply -refresh-only` first",
        "the account of a user or role that an attachment names and the state does not have",
        "when anything was last used",
    ],
    signatures: &[
        &[Mark::Has("version"), Mark::Has("lineage")],
        &[
            Mark::Has("version"),
            Mark::Has("terraform_version"),
            Mark::Has("resources"),
        ],
        &[Mark::Has("version"), Mark::Has("serial"), Mark::Has("modules")],
        // OpenTofu's encryption.
        &[
            Mark::Has("encrypted_data"),
            Mark::Has("encryption_version"),
            Mark::Has("meta"),
        ],
    ],
    parse,
};

/// A resource of version 4.
#[derive(Deserialize)]
struct RawResource<'a> {
    #[serde(borrow, default)]
    module: Option<Text<'a>>,
    #[serde(borrow, default)]
    mode: Option<Text<'a>>,
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    instances: Vec<RawInstance<'a>>,
}

#[derive(Deserialize)]
struct RawInstance<'a> {
    /// A number of `count`, or a text of `for_each`.
    #[serde(borrow, default)]
    index_key: Option<&'a RawValue>,
    #[serde(borrow, default)]
    attributes: Option<&'a RawValue>,
    /// What version 3 wrote, where Terraform has not touched the resource since.
    #[serde(borrow, default)]
    attributes_flat: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
    /// Replaced, and not destroyed yet.
    #[serde(borrow, default)]
    deposed: Option<Text<'a>>,
}

/// A module of version 3.
#[derive(Deserialize)]
struct RawModule<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    path: Vec<Text<'a>>,
    /// By address inside the module: `aws_iam_user.ci`, `data.aws_region.here`.
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    resources: BTreeMap<Cow<'a, str>, RawOldResource<'a>>,
}

#[derive(Deserialize)]
struct RawOldResource<'a> {
    #[serde(borrow, default)]
    r#type: Option<Text<'a>>,
    #[serde(borrow, default)]
    primary: Option<RawPrimary<'a>>,
}

#[derive(Deserialize)]
struct RawPrimary<'a> {
    #[serde(borrow, default, deserialize_with = "nothing_if_null")]
    attributes: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

fn parse(input: Input<'_>) -> (Batch, Diagnostics) {
    let mut batch = Batch::default();
    let mut diagnostics = Diagnostics::default();
    let mut of_rows = Diagnostics::default();
    let mut resources = Vec::new();
    let rows = json::each_row(
        input.text,
        &["resources", "modules"],
        &mut diagnostics,
        |row| match row.list {
            "resources" => read_resource(row, &mut resources, &mut of_rows),
            "modules" => read_module(row, &mut resources, &mut of_rows),
            _ => read_other(row, &mut batch, &mut of_rows),
        },
    );
    diagnostics.append(of_rows);
    for version in rows
        .headers
        .iter()
        .filter(|(key, _)| *key == "version")
        .map(|(_, value)| *value)
    {
        if !matches!(version, "3" | "4") {
            diagnostics.push(Diagnostic::error(
                "version",
                version,
                "3 or 4",
                "this form is not known; what looked like resources was read",
            ));
        }
    }
    let lineage = rows.header("lineage").unwrap_or("");
    terraform::take(&resources, lineage, input, &mut batch, &mut diagnostics);
    (batch, diagnostics)
}

/// A document without resources: an empty state, or one that is encrypted.
fn read_other(row: &mut OpenRow<'_>, batch: &mut Batch, diagnostics: &mut Diagnostics) {
    if row.close().is_some_and(|row| row.text.contains("\"encrypted_data\"")) {
        diagnostics.push(Diagnostic::error(
            "encrypted_data",
            "an encrypted state",
            "a state in the clear",
            "export it with `tofu show -json`, which decrypts it",
        ));
        batch.gaps.push("the state is encrypted".to_owned());
    }
}

fn read_resource<'a>(row: &mut OpenRow<'a>, resources: &mut Vec<Resource<'a>>, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawResource<'a>>(diagnostics) else {
        return;
    };
    if raw.mode.as_deref() != Some("managed") {
        return;
    }
    let (Some(Text(Cow::Borrowed(kind))), Some(name)) = (raw.r#type, raw.name.as_deref()) else {
        diagnostics.push(Diagnostic::error(
            format!("{}.type", row.name()),
            "no type or no name",
            "a resource such as `aws_iam_user` and its name",
            "this resource was left out; export the state again",
        ));
        return;
    };
    let module = raw
        .module
        .as_deref()
        .map(|module| format!("{module}."))
        .unwrap_or_default();
    for instance in raw.instances {
        if instance.deposed.is_some() {
            continue;
        }
        let index = instance
            .index_key
            .map(|key| format!("[{}]", key.get()))
            .unwrap_or_default();
        let attributes = match (instance.attributes, &instance.attributes_flat) {
            (Some(attributes), _) => Cow::Borrowed(attributes.get()),
            (None, Some(flat)) => Cow::Owned(as_json(flat)),
            (None, None) => continue,
        };
        resources.push(Resource {
            kind,
            address: format!("{module}{kind}.{name}{index}"),
            attributes,
        });
    }
}

fn read_module<'a>(row: &mut OpenRow<'a>, resources: &mut Vec<Resource<'a>>, diagnostics: &mut Diagnostics) {
    let Some(raw) = row.parse::<RawModule<'a>>(diagnostics) else {
        return;
    };
    // The first part of every path is `root`.
    let inner = raw.path.iter().skip(1).map(|part| format!("module.{}.", &**part));
    let module: String = inner.collect();
    for (address, resource) in raw.resources {
        let (Some(Text(Cow::Borrowed(kind))), Some(primary)) = (resource.r#type, resource.primary) else {
            continue;
        };
        if !address.starts_with("data.") {
            resources.push(Resource {
                kind,
                address: format!("{module}{address}"),
                attributes: Cow::Owned(as_json(&primary.attributes)),
            });
        }
    }
}

/// How many parts of a path are followed: blocks within blocks are four deep in what providers define, each with an index.
const MAX_DEPTH: usize = 12;

/// The attributes of version 3 as the text of version 4's.
fn as_json(flat: &BTreeMap<Cow<'_, str>, Cow<'_, str>>) -> String {
    let flat = flat.iter().map(|(path, text)| (&**path, &**text)).collect();
    Value::Object(nested(&flat, MAX_DEPTH)).to_string()
}

/// Flat attributes as the JSON of version 4: `tags.%` counts a map and `tags.Owner` is in it, `members.#` counts a list,
/// of texts (`members.0`) or of blocks (`condition.0.title`). A list's elements are kept in the order of their indices as
/// text, which for a set are hashes. What lies deeper than `depth` parts of a path is left out.
fn nested(flat: &BTreeMap<&str, &str>, depth: usize) -> Map<String, Value> {
    let mut members = Map::new();
    if depth == 0 {
        return members;
    }
    let mut within: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
    for (&path, &value) in flat {
        match path.split_once('.') {
            None => {
                members.insert(path.to_owned(), Value::String(value.to_owned()));
            }
            Some((name, rest)) => {
                within.entry(name).or_default().insert(rest, value);
            }
        }
    }
    for (name, mut inner) in within {
        let (is_map, is_list) = (inner.remove("%").is_some(), inner.remove("#").is_some());
        let value = if is_map {
            // Its keys may have points themselves.
            let text = |(key, text): (&str, &str)| (key.to_owned(), Value::String(text.to_owned()));
            Value::Object(inner.into_iter().map(text).collect())
        } else if is_list {
            Value::Array(
                nested(&inner, depth - 1)
                    .into_iter()
                    .map(|(_, element)| element)
                    .collect(),
            )
        } else {
            Value::Object(nested(&inner, depth - 1))
        };
        members.insert(name.to_owned(), value);
    }
    members
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_attributes_become_nested() {
        let flat = [
            ("arn", "a"),
            ("tags.%", "1"),
            ("tags.app.kubernetes.io/name", "shop"),
            ("members.#", "2"),
            ("members.123", "x"),
            ("members.45", "y"),
            ("condition.#", "1"),
            ("condition.0.title", "t"),
            ("condition.0.of.#", "1"),
            ("condition.0.of.0", "z"),
            ("none.#", "0"),
        ];
        let flat = flat.map(|(key, value)| (Cow::Borrowed(key), Cow::Borrowed(value)));
        assert_eq!(
            as_json(&flat.into()),
            concat!(
                r#"{"arn":"a","condition":[{"of":["z"],"title":"t"}],"members":["x","y"],"none":[],"#,
                r#""tags":{"app.kubernetes.io/name":"shop"}}"#
            )
        );
    }
}
