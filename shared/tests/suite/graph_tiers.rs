//! The graph held against the tiers, on platforms other than AWS.

use serde_json::{Value, json};
use shared::access::decision::Holds;
use shared::graph::adjacency::Direction;
use shared::model::snapshot::IdentityId;

use crate::graph::{estate, labels, reach};

/// Whoever has power for certain reaches administrators, and nobody else does: on platforms whose power comes from what
/// everybody is given, from lists of permissions, and from policies that deny.
#[test]
fn the_graph_leads_where_the_tiers_say_on_every_platform() {
    let account = |name: &str, n: u32| {
        let email = format!("{name}@acme-prod.iam.gserviceaccount.com");
        json!({"name": format!("projects/acme-prod/serviceAccounts/{email}"), "projectId": "acme-prod",
            "uniqueId": format!("10000000000000000000{n}"), "email": email, "etag": "MDEwMjE5MjA="})
    };
    let member = |name: &str| format!("serviceAccount:{name}@acme-prod.iam.gserviceaccount.com");
    let policies = json!([
        {"resource": "//cloudresourcemanager.googleapis.com/projects/acme-prod",
         "assetType": "cloudresourcemanager.googleapis.com/Project",
         "policy": {"bindings": [
            {"role": "roles/owner", "members": [member("boss")]},
            {"role": "projects/acme-prod/roles/tokens", "members": [member("tokens")]},
            {"role": "projects/acme-prod/roles/lists", "members": [member("lists")]},
         ]}},
    ]);
    let role = |name: &str, permission: &str| {
        json!({"name": format!("projects/acme-prod/roles/{name}"), "title": name, "etag": "BwX",
            "includedPermissions": [permission]})
    };
    let roles = json!([
        role("tokens", "iam.serviceAccounts.getAccessToken"),
        role("lists", "compute.instances.list")
    ]);
    let open = json!([
        {"resource": "//iam.googleapis.com/projects/open/serviceAccounts/boss@open.iam.gserviceaccount.com",
         "assetType": "iam.googleapis.com/ServiceAccount",
         "policy": {"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": ["allAuthenticatedUsers"]}]}},
        {"resource": "//cloudresourcemanager.googleapis.com/projects/open",
         "assetType": "cloudresourcemanager.googleapis.com/Project",
         "policy": {"bindings": [{"role": "roles/owner", "members": ["serviceAccount:boss@open.iam.gserviceaccount.com"]}]}},
    ]);
    let of_open = |name: &str| {
        json!({"name": format!("projects/open/serviceAccounts/{name}@open.iam.gserviceaccount.com"), "projectId": "open",
            "uniqueId": "100000000000000000009", "email": format!("{name}@open.iam.gserviceaccount.com"), "etag": "MDEwMjE5MjA="})
    };
    let object = |kind: &str, name: &str, more: Value| {
        let mut object = json!({"kind": kind, "metadata": {"name": name, "namespace": "shop"},
            "apiVersion": if kind == "ServiceAccount" { "v1" } else { "rbac.authorization.k8s.io/v1" }});
        for (key, value) in more.as_object().unwrap() {
            object[key] = value.clone();
        }
        object
    };
    let cluster = |subjects: Value| {
        let items = [
            object("ServiceAccount", "web", json!({})),
            object(
                "ClusterRoleBinding",
                "all",
                json!({"roleRef": {"kind": "ClusterRole", "name": "cluster-admin"}, "subjects": subjects}),
            ),
        ];
        json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
    };
    let everybody = json!([{"kind": "Group", "name": "system:authenticated"}]);
    let answer = |data: Value| json!({"request_id": "1", "lease_id": "", "renewable": false, "data": data}).to_string();
    let policy = |name: &str, rules: &str| answer(json!({"name": name, "policy": rules}));
    let token = |name: &str, policies: Value| {
        answer(
            json!({"accessor": name, "creation_time": 1_750_000_000, "creation_ttl": 0, "display_name": format!("token-{name}"),
            "expire_time": null, "path": "auth/token/create", "policies": policies, "ttl": 0, "type": "service"}),
        )
    };
    let vault_policies = [
        policy(
            "all",
            "path \"*\" { capabilities = [\"create\", \"update\", \"sudo\"] }",
        ),
        policy(
            "denies",
            "path \"sys/*\" { capabilities = [\"deny\"] }\npath \"auth/*\" { capabilities = [\"deny\"] }",
        ),
        policy(
            "tokens",
            "path \"auth/token/create\" { capabilities = [\"update\", \"sudo\"] }",
        ),
        policy("reads", "path \"secret/data/*\" { capabilities = [\"read\"] }"),
    ];
    let tokens = [
        token("v-all", json!(["all"])),
        token("v-denied", json!(["all", "denies"])),
        token("v-tokens", json!(["tokens"])),
        token("v-reads", json!(["reads"])),
    ];
    let accounts = json!([account("boss", 1), account("tokens", 2), account("lists", 3)]);
    let closed = [
        ("gcp", "policies.json", policies.to_string()),
        ("gcp", "roles.json", roles.to_string()),
        ("gcp", "accounts.json", accounts.to_string()),
        ("k8s-open", "objects.json", cluster(everybody)),
        (
            "k8s-closed",
            "objects.json",
            cluster(json!([{"kind": "User", "name": "jane"}])),
        ),
        ("vault", "policies.ndjson", vault_policies.join("\n")),
        ("vault", "tokens.ndjson", tokens.join("\n")),
    ];
    let open = [
        ("gcp-open", "policies.json", open.to_string()),
        (
            "gcp-open",
            "accounts.json",
            json!([of_open("boss"), account("anyone", 4)]).to_string(),
        ),
    ];
    for (files, with_power) in [
        (
            &closed[..],
            &[
                "boss@acme-prod",
                "tokens@acme-prod",
                "k8s-open/shop/web",
                "v-all",
                "v-tokens",
            ][..],
        ),
        (&open[..], &["boss@open", "anyone@acme-prod"]),
    ] {
        let analysis = estate(files);
        let snapshot = &analysis.snapshot;
        let mut n_with_power = 0;
        for (at, identity) in (0..).zip(&snapshot.identities) {
            let standing = analysis.access.standing(IdentityId(at));
            let has_power = standing.is_administrator.max(standing.can_escalate) == Holds::Yes;
            let id = snapshot.strings.get(identity.id);
            let page = reach(&analysis, Direction::Out, &format!("node=identity:{id}"));
            let reaches = (labels(&page).iter()).any(|(_, label)| label.starts_with("administrators of"));
            assert_eq!(reaches, has_power, "{id}: {standing:?}");
            let is_expected = with_power.iter().any(|name| id.contains(name));
            assert_eq!(has_power, is_expected, "{id}: {standing:?}");
            n_with_power += usize::from(has_power);
        }
        assert_eq!(n_with_power, with_power.len());
    }
}

/// Each Vault has a root, and tokens of which the root of another knows nothing.
#[test]
fn the_root_of_a_vault_controls_no_other() {
    let tokens = |names: &[(&str, &str)]| {
        let token = |(name, policy): &(&str, &str)| {
            json!({"request_id": "1", "lease_id": "", "renewable": false, "data": {"accessor": name,
                "creation_time": 1_750_000_000, "creation_ttl": 0, "display_name": format!("token-{name}"),
                "expire_time": null, "path": "auth/token/create", "policies": [policy], "ttl": 0, "type": "service"}})
            .to_string()
        };
        names.iter().map(token).collect::<Vec<_>>().join("\n")
    };
    let analysis = estate(&[
        (
            "vault-dev",
            "tokens.ndjson",
            tokens(&[("dev-root", "root"), ("dev-app", "app")]),
        ),
        ("vault-prod", "tokens.ndjson", tokens(&[("prod-app", "app")])),
    ]);
    let ids = (analysis.snapshot.identities.iter()).map(|identity| analysis.snapshot.strings.get(identity.id));
    let root = ids.filter(|id| id.contains("vault-dev/root")).collect::<String>();
    let page = reach(&analysis, Direction::Out, &format!("node=identity:{root}"));
    let reached = labels(&page);
    assert!(
        reached.iter().any(|(_, label)| label.contains("dev-app")),
        "{reached:?}"
    );
    assert!(
        !reached.iter().any(|(_, label)| label.contains("prod-app")),
        "{reached:?}"
    );
}
