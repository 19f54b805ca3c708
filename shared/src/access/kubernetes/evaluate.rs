//! Whether a Kubernetes identity may do something, by RBAC.
//!
//! <https://kubernetes.io/docs/reference/access-authn-authz/rbac/>, as
//! `plugin/pkg/auth/authorizer/rbac` of Kubernetes compares rules.

use hashbrown::HashSet;

use crate::access::decision::{BlindSpot, Decision, Dependency, Reason, Says};
use crate::access::index::Index;
use crate::model::access_policy::{AccessPolicy, KubernetesRule, Privilege};
use crate::model::snapshot::{Evidence, Grant, IdentityId, Policy, Snapshot};
use crate::model::strings::{Strings, Sym};

const ALLOWED: &[BlindSpot] = &[BlindSpot::OtherAuthorizers];

/// How often a role may gather one that gathers others. Kubernetes's own gather one level.
const MAX_GATHERED: usize = 1_000;

/// What a request is for: a path of the API, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    Object {
        /// `None`: in all namespaces, or in none.
        namespace: Option<&'a str>,
        group: &'a str,
        resource: &'a str,
        subresource: Option<&'a str>,
        name: Option<&'a str>,
    },
    /// What is no object, such as `/healthz`.
    Url(&'a str),
}

impl<'a> Target<'a> {
    /// A path as the API server takes it apart: `/api/v1/namespaces/shop/secrets/db`,
    /// `/apis/apps/v1/deployments`, `/healthz`.
    pub fn parse(path: &'a str) -> Self {
        let mut parts = path.trim_matches('/').split('/');
        let group = match (parts.next(), parts.next()) {
            (Some("api"), Some(_version)) => "",
            (Some("apis"), Some(group)) if parts.next().is_some() => group,
            (_, _) => return Target::Url(path),
        };
        let mut parts = parts.peekable();
        let Some(first) = parts.next() else {
            return Target::Url(path);
        };
        let (namespace, resource, name) = match first {
            "namespaces" => match (parts.next(), parts.peek().copied()) {
                // The namespace itself, and its own subresources.
                (name, None | Some("status" | "finalize")) => (name, "namespaces", name),
                (namespace, Some(_)) => (namespace, parts.next().unwrap_or_default(), parts.next()),
            },
            resource => (None, resource, parts.next()),
        };
        Target::Object {
            namespace,
            group,
            resource,
            subresource: parts.next(),
            name,
        }
    }
}

/// One way in which an identity has rules: a grant, or one that everybody has.
#[derive(Clone, Copy)]
pub struct Bound<'s> {
    pub grant: &'s Grant,
    pub index: u32,
    /// `None`: in the whole cluster.
    pub namespace: Option<&'s str>,
}

/// The bindings that bear on an identity. Those of everybody of its cluster are among them.
pub fn bound<'s>(snapshot: &'s Snapshot, index: &'s Index, id: IdentityId) -> impl Iterator<Item = Bound<'s>> {
    let identity = snapshot.identity(id);
    let range = identity.grants.start as usize..identity.grants.end as usize;
    let everybodys = index.everybodys(identity.source);
    snapshot.granted[range].iter().chain(everybodys).map(|&at| {
        let grant = &snapshot.grants[at as usize];
        Bound {
            grant,
            index: at,
            namespace: namespace_of(grant, snapshot),
        }
    })
}

/// The namespace in which a grant holds; `None`: in the whole cluster.
pub fn namespace_of<'s>(grant: &Grant, snapshot: &'s Snapshot) -> Option<&'s str> {
    let scope = grant.resource.map(|scope| snapshot.strings.get(scope));
    scope.filter(|scope| *scope != "cluster")
}

/// The definitions of a role, with those of the roles that it gathers.
pub fn definitions<'s>(snapshot: &'s Snapshot, index: &Index, role: Sym) -> Vec<&'s Policy> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![role];
    while let Some(role) = open.pop() {
        if !seen.insert(role) || found.len() > MAX_GATHERED {
            continue;
        }
        for policy in index.policies_of(role, snapshot) {
            if let AccessPolicy::Kubernetes { aggregates, .. } = &policy.document {
                found.push(policy);
                open.extend(aggregates);
            }
        }
    }
    found
}

/// Whether the group that the API server lets do everything is one of an identity's.
pub fn is_master(snapshot: &Snapshot, id: IdentityId) -> bool {
    let mut groups = snapshot.memberships_of(id).iter();
    groups.any(|membership| snapshot.strings.get(membership.group).ends_with("/system:masters"))
}

/// Decides one request: a verb on a path of the API.
pub fn decide(snapshot: &Snapshot, index: &Index, id: IdentityId, verb: &str, path: &str) -> Decision {
    let target = Target::parse(path);
    let strings = &snapshot.strings;
    if let Some(membership) = snapshot.memberships_of(id).iter().find(|_| is_master(snapshot, id)) {
        let reason = Reason {
            says: Says::Allows,
            name: membership.group,
            statement: None,
            grant: None,
            evidence: membership.evidence,
        };
        return Decision::allowed(vec![reason], ALLOWED);
    }
    let mut needs = Vec::new();
    let mut may = Vec::new();
    for bound in bound(snapshot, index, id) {
        if !reaches(bound.namespace, target) {
            continue;
        }
        let role = bound.grant.policy.unwrap_or(bound.grant.role);
        let reason = |statement: Option<usize>, name: Sym, evidence: Evidence| Reason {
            says: Says::Allows,
            name,
            statement: statement.and_then(|at| u32::try_from(at).ok()),
            grant: Some(bound.index),
            evidence,
        };
        let defined = definitions(snapshot, index, role);
        if defined.is_empty() {
            let reason = reason(None, bound.grant.role, bound.grant.evidence);
            match bound.grant.privilege {
                // `cluster-admin`, which no export needs to define.
                Some(Privilege::Administrator) => return Decision::allowed(vec![reason], ALLOWED),
                Some(Privilege::Limited) | None => {
                    needs.push(Dependency::Policy(role));
                    may.push(reason);
                }
            }
        }
        for policy in defined {
            if let AccessPolicy::Kubernetes { rules, .. } = &policy.document
                && let Some(at) = rules.iter().position(|rule| allows(rule, verb, target, strings))
            {
                return Decision::allowed(vec![reason(Some(at), policy.name, policy.evidence)], ALLOWED);
            }
        }
    }
    match needs.is_empty() {
        true => Decision::denied(Vec::new(), ALLOWED),
        false => Decision::depends(may, needs, ALLOWED),
    }
}

/// Whether a binding reaches what a request is for.
fn reaches(bound_in: Option<&str>, target: Target<'_>) -> bool {
    match (bound_in, target) {
        (None, _) => true,
        (Some(bound_in), Target::Object { namespace, .. }) => namespace == Some(bound_in),
        (Some(_), Target::Url(_)) => false,
    }
}

fn allows(rule: &KubernetesRule, verb: &str, target: Target<'_>, strings: &Strings) -> bool {
    let has = |list: &[Sym], text: &str| {
        list.iter()
            .any(|sym| matches!(strings.get(*sym), "*") || strings.get(*sym) == text)
    };
    if !has(&rule.verbs, verb) {
        return false;
    }
    match target {
        Target::Object {
            group,
            resource,
            subresource,
            name,
            ..
        } => {
            has(&rule.api_groups, group)
                && rule
                    .resources
                    .iter()
                    .any(|sym| covers(strings.get(*sym), resource, subresource))
                && (rule.resource_names.is_empty()
                    || name.is_some_and(|name| rule.resource_names.iter().any(|sym| strings.get(*sym) == name)))
        }
        Target::Url(url) => rule.non_resource_urls.iter().any(|sym| {
            let pattern = strings.get(*sym);
            pattern == url || pattern.strip_suffix('*').is_some_and(|start| url.starts_with(start))
        }),
    }
}

/// Whether a rule's resource (`*`, `pods`, `pods/exec`, `*/scale`) is the one that is asked for.
pub fn covers(pattern: &str, resource: &str, subresource: Option<&str>) -> bool {
    match (pattern.split_once('/'), subresource) {
        _ if pattern == "*" => true,
        (None, None) => pattern == resource,
        (Some((of, part)), Some(subresource)) => (of == "*" || of == resource) && part == subresource,
        (None, Some(_)) | (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_apart_as_the_server_does() {
        let object = |namespace, group, resource, name, subresource| Target::Object {
            namespace,
            group,
            resource,
            subresource,
            name,
        };
        for (path, expected) in [
            (
                "/api/v1/namespaces/shop/secrets/db",
                object(Some("shop"), "", "secrets", Some("db"), None),
            ),
            (
                "/api/v1/namespaces/shop/pods/web/exec",
                object(Some("shop"), "", "pods", Some("web"), Some("exec")),
            ),
            ("/api/v1/secrets", object(None, "", "secrets", None, None)),
            (
                "/api/v1/nodes/n1/proxy",
                object(None, "", "nodes", Some("n1"), Some("proxy")),
            ),
            (
                "/api/v1/namespaces/shop",
                object(Some("shop"), "", "namespaces", Some("shop"), None),
            ),
            ("/api/v1/namespaces", object(None, "", "namespaces", None, None)),
            (
                "/apis/apps/v1/namespaces/shop/deployments",
                object(Some("shop"), "apps", "deployments", None, None),
            ),
            ("/apis/apps", Target::Url("/apis/apps")),
            ("/healthz", Target::Url("/healthz")),
        ] {
            assert_eq!(Target::parse(path), expected, "{path}");
        }
    }
}
