//! What the rules of Kubernetes roles give.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>

pub mod evaluate;
pub mod standing;

use crate::model::access_policy::{KubernetesRule, Privilege};
use crate::model::strings::{Strings, Sym};

/// How much a role gives in the scope in which it is bound: everything when one rule has every verb on every resource
/// of every API group, as `cluster-admin` has. A binding to a namespace makes that an administrator of the namespace.
///
/// What an aggregated cluster role gathers is not looked up here.
pub fn privilege(rules: &[KubernetesRule], strings: &Strings) -> Privilege {
    let is_any = |patterns: &[Sym]| patterns.iter().any(|pattern| strings.get(*pattern) == "*");
    let gives_everything = rules.iter().any(|rule| {
        // Names narrow a rule to single objects.
        rule.resource_names.is_empty() && is_any(&rule.verbs) && is_any(&rule.api_groups) && is_any(&rule.resources)
    });
    match gives_everything {
        true => Privilege::Administrator,
        false => Privilege::Limited,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_every_verb_on_every_resource_administers() {
        let mut strings = Strings::default();
        let [any, get, core, pods, one] = ["*", "get", "", "pods", "one"].map(|text| strings.intern(text));
        let rule = |verb, group, resource| KubernetesRule {
            verbs: vec![get, verb],
            api_groups: vec![group],
            resources: vec![resource],
            ..KubernetesRule::default()
        };
        let everything = rule(any, any, any);
        let named = KubernetesRule {
            resource_names: vec![one],
            ..everything.clone()
        };
        let urls = KubernetesRule {
            verbs: vec![any],
            non_resource_urls: vec![any],
            ..KubernetesRule::default()
        };
        for (rules, expected) in [
            (vec![], Privilege::Limited),
            (vec![rule(get, any, any)], Privilege::Limited),
            (vec![rule(any, core, any)], Privilege::Limited),
            (vec![rule(any, any, pods)], Privilege::Limited),
            (vec![named], Privilege::Limited),
            (vec![urls.clone()], Privilege::Limited),
            // Two rules do not add up to one.
            (vec![rule(any, core, any), rule(get, any, any)], Privilege::Limited),
            (vec![urls, everything], Privilege::Administrator),
        ] {
            assert_eq!(privilege(&rules, &strings), expected, "{rules:?}");
        }
    }
}
