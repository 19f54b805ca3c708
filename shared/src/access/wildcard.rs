//! Which policies allow by wildcards: every action of a service, or every kind of resource.

use hashbrown::HashMap;

use crate::model::access_policy::{AccessPolicy, AwsStatement, Effect, KubernetesRule, Matched};
use crate::model::snapshot::Policy;
use crate::model::strings::{Strings, Sym};

/// Whether a policy allows by wildcards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wildcards {
    /// Every action, kind or path that it allows is named.
    None,
    /// Some are not, but only under a condition.
    OnCondition,
    /// Some are not.
    Some,
}

/// What each policy that an export defines allows by wildcards, by the policy's id; the most, where exports differ.
pub fn wildcards(policies: &[Policy], strings: &Strings) -> HashMap<Sym, Wildcards> {
    let mut found = HashMap::with_capacity(policies.len());
    for policy in policies {
        let here = in_document(&policy.document, strings);
        let known = found.entry(policy.id).or_insert(here);
        *known = (*known).max(here);
    }
    found
}

fn in_document(document: &AccessPolicy, strings: &Strings) -> Wildcards {
    let is_any = |patterns: &[Sym]| patterns.iter().any(|pattern| strings.get(*pattern) == "*");
    let found = |holds: bool| if holds { Wildcards::Some } else { Wildcards::None };
    match document {
        AccessPolicy::Aws(statements) => statements
            .iter()
            .map(|statement| in_statement(statement, strings))
            .max()
            .unwrap_or(Wildcards::None),
        AccessPolicy::Kubernetes { rules, .. } => found(rules.iter().any(|rule: &KubernetesRule| {
            // Names narrow a rule to single objects.
            rule.resource_names.is_empty()
                && !rule.resources.is_empty()
                && (is_any(&rule.verbs) || is_any(&rule.resources))
        })),
        AccessPolicy::Vault(rules) => found(rules.iter().any(|rule| {
            let takes_away = rule.capabilities.iter().any(|given| strings.get(*given) == "deny");
            !takes_away && matches!(strings.get(rule.path), "*" | "+/*")
        })),
        AccessPolicy::Azure { on_resources, .. } => found(on_resources.actions.iter().any(|action| {
            let action = strings.get(*action);
            action == "*" || action.split_once('/').is_some_and(|(_, operation)| operation == "*")
        })),
        AccessPolicy::Permissions(permissions) => found(is_any(permissions)),
    }
}

/// `s3:*` or `*` on every resource, or everything but a list. On named resources a wildcard is bounded by them.
fn in_statement(statement: &AwsStatement, strings: &Strings) -> Wildcards {
    let is_service = |pattern: &Sym| {
        let pattern = strings.get(*pattern);
        pattern == "*" || pattern.split_once(':').is_some_and(|(_, action)| action == "*")
    };
    let all_actions = match &statement.actions {
        Matched::AnyOf(actions) => actions.iter().any(is_service),
        Matched::NoneOf(_) => true,
    };
    let all_resources = match &statement.resources {
        Matched::AnyOf(resources) => resources.iter().any(|resource| strings.get(*resource) == "*"),
        Matched::NoneOf(_) => true,
    };
    match statement.effect {
        Effect::Allow if all_actions && all_resources && statement.conditions.is_empty() => Wildcards::Some,
        Effect::Allow if all_actions && all_resources => Wildcards::OnCondition,
        Effect::Allow | Effect::Deny => Wildcards::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::access_policy::AwsCondition;

    #[test]
    fn a_wildcard_on_named_resources_is_none() {
        let mut strings = Strings::default();
        let mut statement = |effect, action: &str, resource: &str, conditions| AwsStatement {
            effect,
            principals: Vec::new(),
            actions: match action.strip_prefix('!') {
                Some(action) => Matched::NoneOf(vec![strings.intern(action)]),
                None => Matched::AnyOf(vec![strings.intern(action)]),
            },
            resources: Matched::AnyOf(vec![strings.intern(resource)]),
            conditions,
        };
        let condition = AwsCondition {
            operator: Strings::default().intern("Bool"),
            key: Strings::default().intern("aws:MultiFactorAuthPresent"),
            values: Vec::new(),
        };
        let cases = [
            (statement(Effect::Allow, "s3:*", "*", vec![]), Wildcards::Some),
            (statement(Effect::Allow, "*", "*", vec![]), Wildcards::Some),
            (statement(Effect::Allow, "!iam:*", "*", vec![]), Wildcards::Some),
            (
                statement(Effect::Allow, "s3:*", "*", vec![condition]),
                Wildcards::OnCondition,
            ),
            (statement(Effect::Allow, "s3:Get*", "*", vec![]), Wildcards::None),
            (
                statement(Effect::Allow, "s3:*", "arn:aws:s3:::x", vec![]),
                Wildcards::None,
            ),
            (statement(Effect::Deny, "s3:*", "*", vec![]), Wildcards::None),
        ];
        for (statement, expected) in cases {
            assert_eq!(in_statement(&statement, &strings), expected, "{statement:?}");
        }
    }
}
