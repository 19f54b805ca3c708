//! Roles and bindings: who may do what, in a namespace or in the cluster.

use serde::Deserialize;

use super::values::{Members, Text, scalar};
use super::{MAX_AGGREGATION_STEPS, RawMetadata, RawObject, Reader, RoleScope, member};
use crate::diagnostic::Diagnostic;
use crate::model::access_policy::{AccessPolicy, Conditional, KubernetesRule, PolicyFact, Privilege};
use crate::model::grant::GrantFact;
use crate::model::instant::Expiry;
use crate::model::principal::Principal;
use crate::model::strings::Sym;
use crate::reading::json::Row;
use crate::reading::one_or_many::OneOrMany;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a rule")]
struct RawRule<'a> {
    #[serde(borrow, default)]
    verbs: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    api_groups: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    resources: OneOrMany<Text<'a>>,
    #[serde(borrow, default)]
    resource_names: OneOrMany<Text<'a>>,
    #[serde(borrow, default, rename = "nonResourceURLs")]
    non_resource_urls: OneOrMany<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an aggregation rule")]
struct RawAggregation<'a> {
    #[serde(borrow, default)]
    cluster_role_selectors: OneOrMany<RawSelector<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a label selector")]
struct RawSelector<'a> {
    #[serde(borrow, default)]
    match_labels: Option<Members<'a>>,
    #[serde(borrow, default)]
    match_expressions: OneOrMany<RawExpression<'a>>,
}

#[derive(Deserialize)]
#[serde(expecting = "a requirement of a selector")]
struct RawExpression<'a> {
    #[serde(borrow)]
    key: Text<'a>,
    operator: Operator,
    #[serde(borrow, default)]
    values: OneOrMany<Text<'a>>,
}

#[derive(Clone, Copy, Deserialize)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

#[derive(Deserialize)]
#[serde(expecting = "a reference to a role")]
struct RawRoleRef<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
}

#[derive(Deserialize)]
#[serde(expecting = "a subject")]
struct RawSubject<'a> {
    #[serde(borrow)]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow, default)]
    namespace: Option<Text<'a>>,
}

/// A cluster role whose rules are those of others.
pub(super) struct Aggregated {
    /// Its index among the batch's policies.
    policy: usize,
    selectors: Vec<Vec<Requirement>>,
}

struct Requirement {
    key: Sym,
    operator: Operator,
    values: Vec<Sym>,
}

pub(super) struct Labelled {
    id: Sym,
    labels: Vec<(Sym, Sym)>,
}

impl Reader<'_> {
    pub(super) fn role(&mut self, row: &Row<'_>, object: &RawObject<'_>, metadata: &RawMetadata<'_>, scope: RoleScope) {
        let Some((namespace, name)) = self.scoped_name(row, metadata, scope) else {
            return;
        };
        // One bad rule makes the whole role unknown: a part of it would look like less access than there is.
        let rules = match object.rules {
            None => OneOrMany::default(),
            raw => match member::<OneOrMany<RawRule<'_>>>(row, "rules", raw, &mut self.diagnostics) {
                Some(rules) => rules,
                None => return,
            },
        };
        let rules = rules.0.iter().map(|rule| self.rule(rule)).collect();
        let id = self.role_id(namespace, name);
        let policy = PolicyFact {
            id,
            name: self.batch.sym(name),
            document: AccessPolicy::Kubernetes {
                rules,
                aggregates: Vec::new(),
            },
            place: row.place(&mut self.batch),
        };
        self.batch.policies.push(policy);
        if scope == RoleScope::Namespace {
            return;
        }
        if let Some(aggregation) =
            member::<RawAggregation<'_>>(row, "aggregationRule", object.aggregation_rule, &mut self.diagnostics)
        {
            let selectors = aggregation.cluster_role_selectors.0.iter();
            let selectors = selectors.map(|selector| self.selector(selector)).collect();
            self.aggregated.push(Aggregated {
                policy: self.batch.policies.len() - 1,
                selectors,
            });
        }
        let labels = metadata.labels.iter().flat_map(|labels| &labels.0);
        let labels = labels
            .filter_map(|(key, value)| Some((self.batch.sym(key), self.batch.sym(&scalar(value)?))))
            .collect();
        self.cluster_roles.push(Labelled { id, labels });
    }

    fn rule(&mut self, rule: &RawRule<'_>) -> KubernetesRule {
        let mut syms = |texts: &OneOrMany<Text<'_>>| texts.0.iter().map(|text| self.batch.sym(&text.0)).collect();
        KubernetesRule {
            verbs: syms(&rule.verbs),
            api_groups: syms(&rule.api_groups),
            resources: syms(&rule.resources),
            resource_names: syms(&rule.resource_names),
            non_resource_urls: syms(&rule.non_resource_urls),
        }
    }

    fn selector(&mut self, selector: &RawSelector<'_>) -> Vec<Requirement> {
        let mut requirements = Vec::new();
        for (key, value) in selector.match_labels.iter().flat_map(|labels| &labels.0) {
            if let Some(value) = scalar(value) {
                requirements.push(Requirement {
                    key: self.batch.sym(key),
                    operator: Operator::In,
                    values: vec![self.batch.sym(&value)],
                });
            }
        }
        for expression in &selector.match_expressions.0 {
            requirements.push(Requirement {
                key: self.batch.sym(&expression.key.0),
                operator: expression.operator,
                values: expression.values.0.iter().map(|text| self.batch.sym(&text.0)).collect(),
            });
        }
        requirements
    }

    pub(super) fn binding(
        &mut self,
        row: &Row<'_>,
        object: &RawObject<'_>,
        metadata: &RawMetadata<'_>,
        scope: RoleScope,
    ) {
        let Some((namespace, _)) = self.scoped_name(row, metadata, scope) else {
            return;
        };
        let Some(role) = member::<RawRoleRef<'_>>(row, "roleRef", object.role_ref, &mut self.diagnostics) else {
            if object.role_ref.is_none() {
                self.diagnostics.push(Diagnostic::error(
                    row.name(),
                    "a binding without `roleRef`",
                    "the role that it binds",
                    "this binding was left out; export it again",
                ));
            }
            return;
        };
        let name = &*role.name.0;
        let (policy, privilege) = match &*role.kind.0 {
            "ClusterRole" => (
                self.role_id(None, name),
                (name == "cluster-admin").then_some(Privilege::Administrator),
            ),
            "Role" => (self.role_id(namespace, name), None),
            other => {
                self.diagnostics.push(Diagnostic::error(
                    format!("{}.roleRef.kind", row.name()),
                    other,
                    "Role or ClusterRole",
                    "this binding was left out; export it again",
                ));
                return;
            }
        };
        let Some(subjects) =
            member::<OneOrMany<RawSubject<'_>>>(row, "subjects", object.subjects, &mut self.diagnostics)
        else {
            return;
        };
        let place = row.place(&mut self.batch);
        let role = self.batch.sym(name);
        let resource = self.batch.sym(namespace.unwrap_or("cluster"));
        for (index, subject) in subjects.0.iter().enumerate() {
            let Some(subject) = self.subject(row, index, subject) else {
                continue;
            };
            self.batch.grants.push(GrantFact {
                subject,
                role,
                policy: Some(policy),
                resource: Some(resource),
                privilege,
                conditional: Conditional::Always,
                // Bindings cannot end by themselves.
                expires_at: Expiry::Never,
                place,
            });
        }
    }

    fn subject(&mut self, row: &Row<'_>, index: usize, subject: &RawSubject<'_>) -> Option<Principal> {
        let name = &*subject.name.0;
        match (&*subject.kind.0, &subject.namespace) {
            ("ServiceAccount", Some(namespace)) if !namespace.0.is_empty() => {
                Some(Principal::Identity(self.account_handle(&namespace.0, name)))
            }
            ("User", _) => Some(self.user(name)),
            ("Group", _) => Some(match name {
                "system:unauthenticated" => Principal::Anyone,
                "system:authenticated" => Principal::AnyoneAuthenticated,
                _ if name.starts_with("system:") => Principal::Group(self.system_group(name)),
                // The identity provider's own name for it, which its export also uses.
                _ => Principal::Group(self.batch.sym(name)),
            }),
            (kind, _) => {
                self.diagnostics.push(Diagnostic::error(
                    format!("{}.subjects[{index}]", row.name()),
                    match kind {
                        "ServiceAccount" => "a service account without a namespace",
                        other => other,
                    },
                    "a User, a Group, or a ServiceAccount with its namespace",
                    "this subject was left out; the cluster refuses it too, so export the binding from the cluster",
                ));
                None
            }
        }
    }

    pub(super) fn resolve_aggregation(&mut self) {
        let n_steps = self.aggregated.len().saturating_mul(self.cluster_roles.len());
        if n_steps > MAX_AGGREGATION_STEPS {
            self.diagnostics.push(Diagnostic::warning(
                "whole file",
                format!("{} aggregated cluster roles", self.aggregated.len()),
                format!("at most {MAX_AGGREGATION_STEPS} comparisons of cluster roles"),
                "what they gather was left out; the rules that the cluster wrote into them were read",
            ));
            return;
        }
        for Aggregated { policy, selectors } in &self.aggregated {
            let own = self.batch.policies[*policy].id;
            let gathered = self
                .cluster_roles
                .iter()
                .filter(|role| role.id != own && selectors.iter().any(|selector| role.is_selected(selector)))
                .map(|role| role.id)
                .collect();
            if let AccessPolicy::Kubernetes { aggregates, .. } = &mut self.batch.policies[*policy].document {
                *aggregates = gathered;
            }
        }
    }
}

impl Labelled {
    /// Whether the labels meet every requirement of a selector; an empty one selects everything.
    fn is_selected(&self, selector: &[Requirement]) -> bool {
        selector.iter().all(|requirement| {
            let value = self
                .labels
                .iter()
                .find(|(key, _)| *key == requirement.key)
                .map(|(_, value)| value);
            match requirement.operator {
                Operator::In => value.is_some_and(|value| requirement.values.contains(value)),
                Operator::NotIn => value.is_none_or(|value| !requirement.values.contains(value)),
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
            }
        })
    }
}
