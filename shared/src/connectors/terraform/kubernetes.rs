//! Service accounts, roles, bindings and secrets of Kubernetes in Terraform's states, as objects of the cluster.
//!
//! <https://registry.terraform.io/providers/hashicorp/kubernetes/latest/docs>
//!
//! A state does not say of which cluster a provider is: the source stands for it.

use serde_json::{Map, Value, json};

use super::rows::Attributes;
use super::{Resource, State};
use crate::connectors::kubernetes_objects;

impl State<'_, '_> {
    /// Keeps an object for [`State::kubernetes`]: cluster roles are made of one another.
    pub(super) fn kubernetes_object(&mut self, resource: &Resource<'_>, kind: &str) {
        let Some(raw) = self.attributes(resource) else { return };
        let group = if kind.contains("Role") {
            "rbac.authorization.k8s.io/v1"
        } else {
            "v1"
        };
        let mut object = json!({
            "apiVersion": group,
            "kind": kind,
            "metadata": raw.block("metadata"),
        });
        match kind {
            "ServiceAccount" => {
                object["automountServiceAccountToken"] = raw.get("automount_service_account_token").clone();
            }
            "Secret" => {
                object["type"] = raw.get("type").clone();
                object["stringData"] = raw.get("data").clone();
                object["data"] = raw.get("binary_data").clone();
                let data = [raw.get("data"), raw.get("binary_data")];
                self.n_secrets += usize::from(
                    data.iter()
                        .any(|data| data.as_object().is_some_and(|it| !it.is_empty())),
                );
            }
            "Role" | "ClusterRole" => {
                object["rules"] = as_api_writes(raw.get("rule"));
                if let Some(aggregation) = raw.block("aggregation_rule") {
                    object["aggregationRule"] = as_api_writes(&Value::Object(aggregation.clone()));
                }
            }
            _ => binding(&raw, &mut object),
        }
        // Metadata is a block that occurs once.
        self.objects
            .push((format!("{}.metadata", resource.address), object.to_string()));
    }

    pub(super) fn kubernetes(&mut self) {
        let objects = std::mem::take(&mut self.objects);
        if !objects.is_empty() {
            let found = kubernetes_objects::read_into(self.batch, &objects, self.input);
            self.diagnostics.append(found);
        }
    }
}

fn binding(raw: &Attributes, object: &mut Value) {
    object["roleRef"] = json!(raw.block("role_ref"));
    object["subjects"] = raw.get("subject").clone();
}

/// Blocks with the names of the API: `api_groups` is `apiGroups`. What people chose stays as it is.
fn as_api_writes(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(as_api_writes).collect(),
        Value::Object(members) => {
            let renamed = members.iter().map(|(name, value)| match name.as_str() {
                "api_groups" => ("apiGroups", value.clone()),
                "resource_names" => ("resourceNames", value.clone()),
                "non_resource_urls" => ("nonResourceURLs", value.clone()),
                "cluster_role_selectors" => ("clusterRoleSelectors", as_api_writes(value)),
                "match_labels" => ("matchLabels", value.clone()),
                "match_expressions" => ("matchExpressions", value.clone()),
                name => (name, value.clone()),
            });
            let renamed: Map<_, _> = renamed.map(|(name, value)| (name.to_owned(), value)).collect();
            Value::Object(renamed)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
