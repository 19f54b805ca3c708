//! Effective access in Kubernetes: RBAC's own rules, ways up, and small random clusters against an oracle that expands
//! everything.

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::Outcome;
use shared::access::escalation::Through;
use shared::access::standing::Tier;
use shared::model::snapshot::Snapshot;

use crate::access_aws::{find, snapshot_of};

fn object(kind: &str, namespace: Option<&str>, name: &str, rest: Value) -> Value {
    let version = match kind {
        "ServiceAccount" | "Pod" | "Secret" => "v1",
        "Deployment" => "apps/v1",
        _ => "rbac.authorization.k8s.io/v1",
    };
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    if let Some(namespace) = namespace {
        object["metadata"]["namespace"] = json!(namespace);
    }
    for (key, value) in rest.as_object().unwrap() {
        object[key] = value.clone();
    }
    object
}

fn account(namespace: &str, name: &str) -> Value {
    object("ServiceAccount", Some(namespace), name, json!({}))
}

fn role(namespace: Option<&str>, name: &str, rules: Value) -> Value {
    let kind = if namespace.is_some() { "Role" } else { "ClusterRole" };
    object(kind, namespace, name, json!({"rules": rules}))
}

/// Binds a cluster role (or with `Role/` before its name a role) to subjects.
fn binding(namespace: Option<&str>, name: &str, role: &str, subjects: Value) -> Value {
    let kind = if namespace.is_some() {
        "RoleBinding"
    } else {
        "ClusterRoleBinding"
    };
    let (role_kind, role) = role.split_once('/').unwrap_or(("ClusterRole", role));
    let rest = json!({"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role},
        "subjects": subjects});
    object(kind, namespace, name, rest)
}

fn to(namespace: &str, name: &str) -> Value {
    json!([{"kind": "ServiceAccount", "namespace": namespace, "name": name}])
}

fn cluster(items: &[Value]) -> Snapshot {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items, "metadata": {"resourceVersion": ""}});
    snapshot_of(&[("k8s.json", &list.to_string())])
}

#[test]
fn rbac_is_compared_as_the_server_does() {
    let rules = json!([
        {"verbs": ["get"], "apiGroups": [""], "resources": ["pods", "pods/log"]},
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["db"]},
        {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*/scale"]},
        {"verbs": ["update"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["get"], "nonResourceURLs": ["/metrics", "/healthz/*"]},
    ]);
    let items = [
        account("shop", "everywhere"),
        account("shop", "here"),
        account("other", "somebody"),
        role(None, "rules", rules),
        binding(None, "b1", "rules", to("shop", "everywhere")),
        binding(Some("shop"), "b2", "rules", to("shop", "here")),
        role(
            None,
            "everybody",
            json!([{"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews"]}]),
        ),
        binding(
            None,
            "b3",
            "everybody",
            json!([{"kind": "Group", "name": "system:authenticated"}]),
        ),
        binding(Some("other"), "b4", "not-exported", to("other", "somebody")),
    ];
    let snapshot = cluster(&items);
    let access = Access::new(&snapshot);
    let yes = Outcome::Allowed;
    let no = Outcome::Denied;
    for (verb, path, everywhere, here) in [
        ("get", "/api/v1/namespaces/shop/pods/web", yes, yes),
        ("get", "/api/v1/namespaces/shop/pods/web/log", yes, yes),
        ("get", "/api/v1/namespaces/shop/pods/web/exec", no, no),
        ("get", "/api/v1/namespaces/other/pods/web", yes, no),
        ("list", "/api/v1/namespaces/shop/pods", no, no),
        ("get", "/api/v1/namespaces/shop/secrets/db", yes, yes),
        ("get", "/api/v1/namespaces/shop/secrets/other", no, no),
        // A name says nothing of a list.
        ("list", "/api/v1/namespaces/shop/secrets", no, no),
        ("patch", "/apis/apps/v1/namespaces/shop/deployments/web/scale", yes, yes),
        ("patch", "/apis/apps/v1/namespaces/shop/deployments/web", no, no),
        ("update", "/apis/apps/v1/namespaces/shop/deployments/web", yes, yes),
        // What is in no namespace is not reached from one.
        ("update", "/api/v1/nodes/n1", yes, no),
        ("get", "/metrics", yes, no),
        ("get", "/healthz/etcd", yes, no),
        ("get", "/healthz", no, no),
        (
            "create",
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            yes,
            yes,
        ),
    ] {
        for (who, expected) in [("everywhere", everywhere), ("here", here)] {
            let decision = access.decide(&snapshot, find(&snapshot, who), verb, path, &[]);
            assert_eq!(decision.outcome, expected, "{who} {verb} {path}");
            assert_eq!(
                decision.proof.len(),
                usize::from(expected == yes),
                "{who} {verb} {path}"
            );
        }
    }
    let somebody = find(&snapshot, "somebody");
    let decision = access.decide(&snapshot, somebody, "get", "/api/v1/namespaces/other/pods/x", &[]);
    assert_eq!(decision.outcome, Outcome::DependsOn);
    let decision = access.decide(&snapshot, somebody, "get", "/api/v1/namespaces/shop/pods/x", &[]);
    assert_eq!(decision.outcome, Outcome::Denied);
}

#[test]
fn a_role_that_gathers_others_has_their_rules() {
    let gathers = object(
        "ClusterRole",
        None,
        "gathers",
        json!({"rules": [], "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"part": "yes"}}]}}),
    );
    let mut part = role(
        None,
        "part",
        json!([{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]),
    );
    part["metadata"]["labels"] = json!({"part": "yes"});
    let snapshot = cluster(&[
        account("shop", "web"),
        gathers,
        part,
        binding(None, "b", "gathers", to("shop", "web")),
    ]);
    let access = Access::new(&snapshot);
    let decision = access.decide(&snapshot, find(&snapshot, "web"), "get", "/api/v1/pods", &[]);
    assert_eq!(decision.outcome, Outcome::Allowed);
    assert_eq!(snapshot.strings.get(decision.proof[0].name), "part");
}

#[test]
fn who_is_given_everything_by_many_steps_administers() {
    let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    let gathers = |name: &str, part: &str| {
        let selector = json!({"clusterRoleSelectors": [{"matchLabels": {part: "yes"}}]});
        object(
            "ClusterRole",
            None,
            name,
            json!({"rules": [], "aggregationRule": selector}),
        )
    };
    let labelled = |mut role: Value, part: &str| {
        role["metadata"]["labels"] = json!({part: "yes"});
        role
    };
    let by_gathering = cluster(&[
        account("shop", "web"),
        gathers("outer", "inner"),
        labelled(gathers("middle", "part"), "inner"),
        labelled(role(None, "all", everything), "part"),
        binding(None, "b", "outer", to("shop", "web")),
    ]);
    // As everybody who is logged in.
    let as_everybody = cluster(&[
        account("shop", "web"),
        binding(
            None,
            "b",
            "cluster-admin",
            json!([{"kind": "Group", "name": "system:authenticated"}]),
        ),
    ]);
    for snapshot in [by_gathering, as_everybody] {
        let standing = Access::new(&snapshot).standing(find(&snapshot, "web"));
        assert_eq!(standing.tier, Tier::Administrator);
    }
}

/// What `web` is given, in `shop` or in the whole cluster, and the ways up that it then has. There is an administrator of
/// the cluster in `ops`, which a pod runs as, one that nothing runs as in `shop`, and one that is a user of no export.
fn ways(namespace: Option<&str>, rules: Value) -> (Tier, Vec<String>) {
    let pod = object(
        "Pod",
        Some("ops"),
        "runner",
        json!({"spec": {"serviceAccountName": "operator", "containers": []}}),
    );
    let given = match namespace {
        Some(namespace) => vec![
            role(Some(namespace), "given", rules),
            binding(Some(namespace), "given", "Role/given", to("shop", "web")),
        ],
        None => vec![
            role(None, "given", rules),
            binding(None, "given", "given", to("shop", "web")),
        ],
    };
    let mut items = vec![
        account("shop", "web"),
        account("shop", "idle"),
        account("ops", "operator"),
        account("quiet", "nobody"),
        pod,
        binding(None, "admin", "cluster-admin", to("ops", "operator")),
        binding(None, "idle", "cluster-admin", to("shop", "idle")),
        binding(None, "jane", "cluster-admin", json!([{"kind": "User", "name": "jane"}])),
    ];
    items.extend(given);
    let snapshot = cluster(&items);
    let access = Access::new(&snapshot);
    let web = find(&snapshot, "web");
    let ways = access.escalations(&snapshot, web);
    let shown = ways.iter().map(|way| {
        let through = match way.through {
            Some(Through::Identity(id)) => format!(
                " through {}",
                snapshot
                    .strings
                    .get(snapshot.identity(id).name)
                    .rsplit('/')
                    .next()
                    .unwrap()
            ),
            Some(Through::Group(_)) | None => String::new(),
        };
        let perhaps = if way.outcome == Outcome::DependsOn { "? " } else { "" };
        assert!(!way.proof.is_empty());
        format!("{perhaps}{}{through}", way.path.id.trim_start_matches("kubernetes."))
    });
    (access.standing(web).tier, shown.collect())
}

#[test]
fn every_way_up_is_found_where_it_leads_somewhere() {
    let rule = |verbs: Value, group: &str, resources: Value| json!({"verbs": verbs, "apiGroups": [group], "resources": resources});
    let rbac = "rbac.authorization.k8s.io";
    let bind_of = |names: &[&str]| {
        json!([
            {"verbs": ["bind"], "apiGroups": [rbac], "resources": ["clusterroles"], "resourceNames": names},
            rule(json!(["create"]), rbac, json!(["rolebindings"])),
        ])
    };
    let bind = json!([
        rule(json!(["bind"]), rbac, json!(["clusterroles"])),
        rule(json!(["create"]), rbac, json!(["rolebindings"])),
    ]);
    for (namespace, rules, tier, expected) in [
        (
            None,
            json!([rule(json!(["*"]), "*", json!(["*"]))]),
            Tier::Administrator,
            None,
        ),
        (None, bind.clone(), Tier::Escalates, Some(vec!["bind-cluster-role"])),
        (Some("shop"), bind, Tier::Escalates, Some(vec!["bind-cluster-role"])),
        (
            None,
            json!([rule(json!(["escalate", "update"]), rbac, json!(["clusterroles"]))]),
            Tier::Escalates,
            Some(vec!["escalate-cluster-role"]),
        ),
        // Without the verb, nobody gives more than they have.
        (
            None,
            json!([rule(
                json!(["update", "create"]),
                rbac,
                json!(["clusterroles", "rolebindings"])
            )]),
            Tier::Write,
            Some(vec![]),
        ),
        // A cluster role is in no namespace.
        (
            Some("shop"),
            json!([rule(json!(["escalate", "update"]), rbac, json!(["clusterroles"]))]),
            Tier::Write,
            Some(vec![]),
        ),
        (
            None,
            json!([rule(json!(["impersonate"]), "", json!(["users", "groups"]))]),
            Tier::Escalates,
            Some(vec!["impersonate-groups", "impersonate-users"]),
        ),
        (
            Some("shop"),
            json!([rule(json!(["create"]), "", json!(["serviceaccounts/token"]))]),
            Tier::Escalates,
            Some(vec!["token-request through idle"]),
        ),
        // Nobody there has power.
        (
            Some("quiet"),
            json!([rule(json!(["create"]), "", json!(["serviceaccounts/token"]))]),
            Tier::Write,
            Some(vec![]),
        ),
        (
            None,
            json!([{"verbs": ["create"], "apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["one"]}]),
            Tier::Write,
            Some(vec![]),
        ),
        (
            None,
            json!([{"verbs": ["create"], "apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["idle"]}]),
            Tier::Escalates,
            Some(vec!["token-request through idle"]),
        ),
        (
            None,
            json!([{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["serviceaccounts"], "resourceNames": ["nobody"]}]),
            Tier::Write,
            Some(vec![]),
        ),
        // What is created has no name yet.
        (
            None,
            json!([{"verbs": ["create"], "apiGroups": [""], "resources": ["pods"], "resourceNames": ["one"]}]),
            Tier::Write,
            Some(vec![]),
        ),
        (None, bind_of(&["view"]), Tier::Write, Some(vec![])),
        (
            None,
            bind_of(&["view", "cluster-admin"]),
            Tier::Escalates,
            Some(vec!["bind-cluster-role"]),
        ),
        // Its rules no export has.
        (None, bind_of(&["edit"]), Tier::Write, Some(vec!["? bind-cluster-role"])),
        (
            None,
            json!([{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"]}]),
            Tier::Escalates,
            Some(vec!["impersonate-users"]),
        ),
        (
            None,
            json!([{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["jane"]}]),
            Tier::Escalates,
            Some(vec!["impersonate-users"]),
        ),
        (
            None,
            json!([{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["users"], "resourceNames": ["joe"]}]),
            Tier::Write,
            Some(vec![]),
        ),
        (
            Some("shop"),
            json!([rule(json!(["create"]), "apps", json!(["deployments"]))]),
            Tier::Escalates,
            Some(vec!["create-deployments through idle"]),
        ),
        // Of a pod that may reach its node only the cluster's admission knows.
        (
            Some("quiet"),
            json!([rule(json!(["create"]), "", json!(["pods"]))]),
            Tier::Write,
            Some(vec!["? create-pods"]),
        ),
        (
            None,
            json!([rule(json!(["create"]), "", json!(["pods/exec"]))]),
            Tier::Escalates,
            Some(vec!["exec through operator"]),
        ),
        // Nothing runs as the administrator of this namespace.
        (
            Some("shop"),
            json!([rule(json!(["create"]), "", json!(["pods/exec"]))]),
            Tier::Write,
            Some(vec![]),
        ),
        (
            Some("shop"),
            json!([rule(json!(["get"]), "", json!(["secrets"]))]),
            Tier::SensitiveData,
            Some(vec![]),
        ),
        (
            Some("shop"),
            json!([rule(json!(["get", "create"]), "", json!(["secrets"]))]),
            Tier::Escalates,
            Some(vec!["make-tokens through idle"]),
        ),
        (
            Some("shop"),
            json!([rule(json!(["get", "list"]), "", json!(["pods"]))]),
            Tier::Read,
            Some(vec![]),
        ),
    ] {
        let (found_tier, found) = ways(namespace, rules.clone());
        assert_eq!(found_tier, tier, "{namespace:?} {rules}");
        if let Some(expected) = expected {
            assert_eq!(found, expected, "{namespace:?} {rules}");
        }
    }
}

const NAMESPACES: [&str; 2] = ["a", "b"];
const RESOURCES: [&str; 3] = ["pods", "pods/exec", "secrets"];
const VERBS: [&str; 3] = ["get", "list", "create"];

fn rules() -> impl Strategy<Value = Value> {
    let words = |of: Vec<&'static str>| prop::collection::vec(prop::sample::select(of), 1..3);
    let rule = (
        words(vec!["get", "list", "create", "*"]),
        words(vec!["", "", "apps", "*"]),
        words(vec!["pods", "pods/exec", "secrets", "*", "*/exec"]),
        prop::option::of(words(vec!["one", "two"])),
    );
    let rule = rule.prop_map(|(verbs, groups, resources, names)| {
        let mut rule = json!({"verbs": verbs, "apiGroups": groups, "resources": resources});
        if let Some(names) = names {
            rule["resourceNames"] = json!(names);
        }
        rule
    });
    prop::collection::vec(rule, 1..3).prop_map(Value::from)
}

/// Everything that rules allow in namespaces, written out as `verb namespace resource name`.
fn expanded(rules: &Value, namespaces: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    let has = |list: &Value, text: &str| list.as_array().unwrap().iter().any(|word| word == text);
    for rule in rules.as_array().unwrap() {
        if !has(&rule["apiGroups"], "") && !has(&rule["apiGroups"], "*") {
            continue;
        }
        for verb in VERBS
            .iter()
            .filter(|verb| has(&rule["verbs"], verb) || has(&rule["verbs"], "*"))
        {
            for resource in RESOURCES.iter().filter(|resource| {
                let by_part = **resource == "pods/exec" && has(&rule["resources"], "*/exec");
                has(&rule["resources"], resource) || has(&rule["resources"], "*") || by_part
            }) {
                for name in ["one", "two", "three"] {
                    if rule.get("resourceNames").is_none_or(|names| has(names, name)) {
                        let each = namespaces
                            .iter()
                            .map(|namespace| format!("{verb} {namespace} {resource} {name}"));
                        all.extend(each);
                    }
                }
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn it_says_what_expanding_everything_finds(
        cluster_rules in prop::option::of(rules()),
        rules_in in prop::collection::vec((0..2usize, rules()), 0..3),
        shared in prop::option::of((0..2usize, rules())),
    ) {
        let mut items = vec![account("a", "web")];
        let mut allowed = Vec::new();
        if let Some(rules) = &cluster_rules {
            items.extend([role(None, "c", rules.clone()), binding(None, "c", "c", to("a", "web"))]);
            allowed.extend(expanded(rules, &NAMESPACES));
        }
        for (at, (namespace, rules)) in rules_in.iter().enumerate() {
            let (namespace, name) = (NAMESPACES[*namespace], format!("r{at}"));
            items.extend([
                role(Some(namespace), &name, rules.clone()),
                binding(Some(namespace), &name, &format!("Role/{name}"), to("a", "web")),
            ]);
            allowed.extend(expanded(rules, &[namespace]));
        }
        if let Some((namespace, rules)) = &shared {
            let group = json!([{"kind": "Group", "name": "system:serviceaccounts:a"}]);
            items.extend([
                role(None, "shared", rules.clone()),
                binding(Some(NAMESPACES[*namespace]), "shared", "shared", group),
            ]);
            allowed.extend(expanded(rules, &[NAMESPACES[*namespace]]));
        }
        let snapshot = cluster(&items);
        let access = Access::new(&snapshot);
        let web = find(&snapshot, "web");
        for verb in VERBS {
            for namespace in NAMESPACES {
                for resource in RESOURCES {
                    for name in ["one", "two", "three"] {
                        let (resource_part, part) = resource.split_once('/').unwrap_or((resource, ""));
                        let path = format!("/api/v1/namespaces/{namespace}/{resource_part}/{name}/{part}");
                        let decision = access.decide(&snapshot, web, verb, &path, &[]);
                        let is_allowed = allowed.contains(&format!("{verb} {namespace} {resource} {name}"));
                        let outcome = if is_allowed { Outcome::Allowed } else { Outcome::Denied };
                        prop_assert_eq!(decision.outcome, outcome, "{} {}", verb, path);
                    }
                }
            }
        }
    }
}
