//! Effective access and ways up where roles and permissions are names: Google Cloud, Entra; and Vault's paths.

use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::Outcome;
use shared::access::standing::Tier;
use shared::model::snapshot::{IdentityId, Snapshot};

use crate::access_aws::snapshot_of;

/// The tier of an identity, and its ways up.
fn standing(snapshot: &Snapshot, id: &str) -> (Tier, Vec<String>) {
    let access = Access::new(snapshot);
    let id = identity(snapshot, id);
    let ways = access.escalations(snapshot, id);
    let shown = ways.iter().map(|way| {
        let perhaps = if way.outcome == Outcome::DependsOn { "? " } else { "" };
        assert!(!way.proof.is_empty());
        format!("{perhaps}{}", way.path.id)
    });
    (access.standing(id).tier, shown.collect())
}

fn identity(snapshot: &Snapshot, id: &str) -> IdentityId {
    snapshot.find(id).unwrap_or_else(|| panic!("no {id}"))
}

fn project(bindings: Value) -> Snapshot {
    let account = |name: &str, n: u32| {
        let email = format!("{name}@acme-prod.iam.gserviceaccount.com");
        json!({"name": format!("projects/acme-prod/serviceAccounts/{email}"), "projectId": "acme-prod",
            "uniqueId": format!("10000000000000000000{n}"), "email": email, "etag": "MDEwMjE5MjA=", "displayName": name})
    };
    let accounts = json!([account("ci", 1), account("boss", 2)]);
    let policy = json!({"version": 1, "etag": "BwXYZ", "bindings": bindings});
    snapshot_of(&[
        ("acme-prod.iam-policy.json", &policy.to_string()),
        ("service-accounts.json", &accounts.to_string()),
    ])
}

fn binding(role: &str, who: &str) -> Value {
    json!({"role": role, "members": [format!("serviceAccount:{who}@acme-prod.iam.gserviceaccount.com")]})
}

#[test]
fn google_cloud_roles_lead_to_accounts_with_power() {
    let boss = binding("roles/owner", "boss");
    for (bindings, tier, ways) in [
        (json!([binding("roles/viewer", "ci"), boss]), Tier::Read, vec![]),
        (
            json!([binding("roles/storage.objectViewer", "ci"), boss]),
            Tier::SensitiveData,
            vec![],
        ),
        (
            json!([binding("roles/logging.logWriter", "ci"), boss]),
            Tier::Write,
            vec![],
        ),
        (
            json!([binding("roles/resourcemanager.projectIamAdmin", "ci")]),
            Tier::Escalates,
            vec!["gcp.set-policy"],
        ),
        (
            json!([binding("roles/iam.serviceAccountTokenCreator", "ci"), boss]),
            Tier::Escalates,
            vec!["gcp.service-account-tokens"],
        ),
        // Nobody to make a token of has power.
        (
            json!([binding("roles/iam.serviceAccountTokenCreator", "ci")]),
            Tier::Write,
            vec![],
        ),
        // To act as an account, something must be started.
        (
            json!([binding("roles/iam.serviceAccountUser", "ci"), boss]),
            Tier::Write,
            vec![],
        ),
        (
            json!([
                binding("roles/iam.serviceAccountUser", "ci"),
                binding("roles/run.developer", "ci"),
                boss
            ]),
            Tier::Escalates,
            vec!["gcp.act-as"],
        ),
        (json!([binding("roles/owner", "ci")]), Tier::Administrator, vec![]),
    ] {
        let snapshot = project(bindings.clone());
        let (found, found_ways) = standing(&snapshot, "gcp:ci@acme-prod.iam.gserviceaccount.com");
        assert_eq!(found, tier, "{bindings}");
        assert_eq!(found_ways, ways, "{bindings}");
    }
}

#[test]
fn a_role_of_google_cloud_says_what_it_allows_by_name_only() {
    let snapshot = project(json!([
        binding("roles/storage.admin", "ci"),
        binding("roles/owner", "boss")
    ]));
    let access = Access::new(&snapshot);
    let here = "//cloudresourcemanager.googleapis.com/projects/acme-prod";
    for (who, resource, expected) in [
        ("boss", here, Outcome::Allowed),
        (
            "boss",
            "//compute.googleapis.com/projects/acme-prod/zones/x/instances/y",
            Outcome::Allowed,
        ),
        (
            "boss",
            "//compute.googleapis.com/projects/other/zones/x/instances/y",
            Outcome::Denied,
        ),
        ("ci", here, Outcome::DependsOn),
        (
            "ci",
            "//compute.googleapis.com/projects/other/zones/x/instances/y",
            Outcome::Denied,
        ),
    ] {
        let id = identity(&snapshot, &format!("gcp:{who}@acme-prod.iam.gserviceaccount.com"));
        let decision = access.decide(&snapshot, id, "compute.instances.get", resource, &[]);
        assert_eq!(decision.outcome, expected, "{who} {resource}");
    }
}

/// Two applications with Microsoft Graph's permissions, by the ids of the roles.
fn tenant(first: &str, second: &str) -> Snapshot {
    let app = |n: u32| {
        json!({"id": format!("5e1f0000-0000-4000-8000-00000000000{n}"), "appId": format!("aaaa0000-0000-4000-8000-00000000000{n}"),
            "displayName": format!("app-{n}"), "servicePrincipalType": "Application", "accountEnabled": true,
            "appOwnerOrganizationId": "7e7a7e7a-0000-4000-8000-000000000001", "signInAudience": "AzureADMyOrg"})
    };
    let has = |n: u32, role: &str| {
        json!({"id": format!("x{n}"), "appRoleId": role, "principalDisplayName": format!("app-{n}"),
            "principalId": format!("5e1f0000-0000-4000-8000-00000000000{n}"), "principalType": "ServicePrincipal",
            "resourceDisplayName": "Microsoft Graph", "resourceId": "5e1f0000-0000-4000-8000-000000000008"})
    };
    let metadata = "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals";
    let principals = json!({"@odata.context": metadata, "value": [app(1), app(2)]});
    let assignments = json!({"@odata.context": format!("{metadata}('x')/appRoleAssignments"), "value": [has(1, first), has(2, second)]});
    snapshot_of(&[
        ("assignments.json", &assignments.to_string()),
        ("principals.json", &principals.to_string()),
    ])
}

#[test]
fn permissions_of_graph_lead_to_applications_with_power() {
    let mail = "e2a3a72e-5f79-4c64-b1b1-878b674786c9";
    let assigns_roles = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8";
    let applications = "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9";
    let methods = "50483e42-d915-4231-9639-7fdb7fd190e5";
    let groups = "62a82d76-70ea-41e2-9197-370581804d09";
    for (first, second, tier, ways) in [
        (mail, assigns_roles, Tier::SensitiveData, vec![]),
        (assigns_roles, mail, Tier::Administrator, vec![]),
        (
            applications,
            assigns_roles,
            Tier::Escalates,
            vec!["entra.application-credentials"],
        ),
        (applications, mail, Tier::Write, vec![]),
        (methods, mail, Tier::Escalates, vec!["entra.authentication-methods"]),
        (groups, mail, Tier::Write, vec!["? entra.role-groups"]),
    ] {
        let snapshot = tenant(first, second);
        let (found, found_ways) = standing(&snapshot, "entra:app/aaaa0000-0000-4000-8000-000000000001");
        assert_eq!(
            (found, found_ways),
            (tier, ways.iter().map(|way| (*way).to_owned()).collect()),
            "{first}"
        );
    }
    let snapshot = tenant(mail, groups);
    let id = identity(&snapshot, "entra:app/aaaa0000-0000-4000-8000-000000000001");
    let access = Access::new(&snapshot);
    for (permission, api, expected) in [
        ("Mail.ReadWrite", "Microsoft Graph", Outcome::Allowed),
        ("Mail.Send", "Microsoft Graph", Outcome::Denied),
        ("Mail.ReadWrite", "Another API", Outcome::Denied),
    ] {
        let decision = access.decide(&snapshot, id, permission, api, &[]);
        assert_eq!(decision.outcome, expected, "{permission} {api}");
    }
}

#[test]
fn vault_decides_by_the_path_that_fits_best() {
    let policy = |name: &str, text: &str| {
        json!({"request_id": name, "lease_id": "", "renewable": false, "lease_duration": 0,
            "data": {"name": name, "policy": text}})
        .to_string()
    };
    let reads =
        "path \"secret/*\" { capabilities = [\"read\"] }\npath \"secret/data/+/key\" { capabilities = [\"deny\"] }";
    let writes = "path \"secret/data/shop\" { capabilities = [\"update\"] }";
    let policies = format!("{}\n{}", policy("reads", reads), policy("writes", writes));
    let token = |accessor: &str, policies: Value| {
        json!({"request_id": accessor, "lease_id": "", "renewable": false, "lease_duration": 0, "data": {
            "accessor": accessor, "creation_time": 1_750_000_000, "creation_ttl": 0, "display_name": format!("token-{accessor}"),
            "entity_id": "", "expire_time": null, "explicit_max_ttl": 0, "id": "", "issue_time": "2026-01-01T00:00:00Z",
            "meta": null, "num_uses": 0, "orphan": true, "path": "auth/token/create", "policies": policies, "ttl": 0,
            "type": "service"}}).to_string()
    };
    let tokens = format!(
        "{}\n{}\n{}",
        token("both", json!(["reads", "writes"])),
        token("root", json!(["root"])),
        token("unknown", json!(["reads", "elsewhere"]))
    );
    let snapshot = snapshot_of(&[("policies.ndjson", &policies), ("tokens.ndjson", &tokens)]);
    let access = Access::new(&snapshot);
    for (who, capability, path, expected) in [
        ("both", "read", "secret/data/other", Outcome::Allowed),
        ("both", "update", "secret/data/shop", Outcome::Allowed),
        // The narrower path decides alone.
        ("both", "read", "secret/data/shop", Outcome::Denied),
        ("both", "read", "secret/data/shop/key", Outcome::Denied),
        ("both", "read", "sys/health", Outcome::Denied),
        ("root", "sudo", "sys/seal", Outcome::Allowed),
        ("unknown", "read", "secret/data/other", Outcome::DependsOn),
    ] {
        let has = |identity: &&shared::model::snapshot::Identity| snapshot.strings.get(identity.name).contains(who);
        let at = snapshot
            .identities
            .iter()
            .position(|identity| has(&identity))
            .unwrap_or_else(|| {
                let names = snapshot
                    .identities
                    .iter()
                    .map(|identity| snapshot.strings.get(identity.name));
                panic!("no {who} among {:?}", names.collect::<Vec<_>>())
            });
        let decision = access.decide(&snapshot, IdentityId(at as u32), capability, path, &[]);
        assert_eq!(decision.outcome, expected, "{who} {capability} {path}");
    }
}
