//! Effective access and ways up in Google Cloud by what roles list, by roles on single things, and for everybody.

use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::Outcome;
use shared::access::standing::Tier;
use shared::model::snapshot::Snapshot;

use crate::access_aws::snapshot_of;
use crate::access_named::{binding, identity, project, project_and, standing};

const CI: &str = "gcp:ci@acme-prod.iam.gserviceaccount.com";
const HERE: &str = "//cloudresourcemanager.googleapis.com/projects/acme-prod";

/// `ci` has a custom role of the project with these permissions, and `boss` is an owner.
fn custom(permissions: &[&str]) -> Snapshot {
    let role = json!({"name": "projects/acme-prod/roles/own", "title": "Own", "etag": "BwX",
        "includedPermissions": permissions});
    let bindings = json!([
        binding("projects/acme-prod/roles/own", "ci"),
        binding("roles/owner", "boss")
    ]);
    project_and(bindings, [("own.role.json", role.to_string())])
}

#[test]
fn the_permissions_of_a_custom_role_lead_up() {
    for (permissions, tier, ways) in [
        (
            &["iam.serviceAccounts.getAccessToken"][..],
            Tier::Escalates,
            &["gcp.service-account-tokens"][..],
        ),
        (
            &["iam.serviceAccounts.actAs", "compute.instances.create"],
            Tier::Escalates,
            &["gcp.act-as"],
        ),
        // Neither alone starts anything as the account.
        (&["iam.serviceAccounts.actAs"], Tier::Write, &[]),
        (&["compute.instances.create"], Tier::Write, &[]),
        // Its own role is the one that it widens.
        (&["iam.roles.update"], Tier::Escalates, &["gcp.custom-roles"]),
        (&["storage.objects.get"], Tier::SensitiveData, &[]),
        (&["resourcemanager.projects.setIamPolicy"], Tier::Administrator, &[]),
    ] {
        let (found, found_ways) = standing(&custom(permissions), CI);
        assert_eq!(found, tier, "{permissions:?}");
        assert_eq!(found_ways, ways, "{permissions:?}");
    }
    // Where no account has power, a token of one is a token of one.
    let role = json!({"name": "projects/acme-prod/roles/own", "title": "Own", "etag": "BwX",
        "includedPermissions": ["iam.serviceAccounts.getAccessToken"]});
    let bindings = json!([binding("projects/acme-prod/roles/own", "ci")]);
    let snapshot = project_and(bindings, [("own.role.json", role.to_string())]);
    assert_eq!(standing(&snapshot, CI), (Tier::Write, vec![]));
}

#[test]
fn a_role_allows_what_its_list_holds() {
    let snapshot = custom(&["compute.instances.list"]);
    let access = Access::new(&snapshot);
    let bucket = "//storage.googleapis.com/reports";
    for (who, permission, resource, expected) in [
        ("ci", "compute.instances.list", HERE, Outcome::Allowed),
        ("ci", "compute.instances.get", HERE, Outcome::Denied),
        ("boss", "compute.instances.get", HERE, Outcome::Allowed),
        // Of no project's owner is anything known to hold above it, or inside buckets.
        ("boss", "resourcemanager.folders.delete", HERE, Outcome::DependsOn),
        ("boss", "storage.objects.get", bucket, Outcome::DependsOn),
        // A bucket may be anybody's, whose name tells no project.
        ("boss", "storage.buckets.delete", bucket, Outcome::DependsOn),
        (
            "boss",
            "storage.buckets.delete",
            "//storage.googleapis.com/projects/_/buckets/reports",
            Outcome::DependsOn,
        ),
        ("ci", "storage.buckets.delete", bucket, Outcome::Denied),
        // A number may be this project's.
        (
            "boss",
            "compute.instances.get",
            "//compute.googleapis.com/projects/12345/zones/a/instances/b",
            Outcome::DependsOn,
        ),
        (
            "boss",
            "compute.instances.get",
            "//compute.googleapis.com/projects/other/zones/a/instances/b",
            Outcome::Denied,
        ),
    ] {
        let id = identity(&snapshot, &format!("gcp:{who}@acme-prod.iam.gserviceaccount.com"));
        let decision = access.decide(&snapshot, id, permission, resource, &[]);
        assert_eq!(decision.outcome, expected, "{who} {permission} {resource}");
    }
    // Where the list of an owner's permissions is known, it is the list that counts.
    let owner = json!({"name": "roles/owner", "title": "Owner", "etag": "AA==",
        "includedPermissions": ["compute.instances.get", "resourcemanager.projects.setIamPolicy"]});
    let snapshot = project_and(
        json!([binding("roles/owner", "boss")]),
        [("owner.json", owner.to_string())],
    );
    let access = Access::new(&snapshot);
    let boss = identity(&snapshot, "gcp:boss@acme-prod.iam.gserviceaccount.com");
    for (permission, expected) in [
        ("compute.instances.get", Outcome::Allowed),
        ("compute.instances.delete", Outcome::Denied),
    ] {
        let decision = access.decide(&snapshot, boss, permission, HERE, &[]);
        assert_eq!(decision.outcome, expected, "{permission}");
    }
}

#[test]
fn what_is_given_on_a_folder_may_hold_in_a_project() {
    let snapshot = in_hierarchy(json!([policy_on(
        "//cloudresourcemanager.googleapis.com/folders/7",
        json!([binding("roles/owner", "ci")])
    ),]));
    let access = Access::new(&snapshot);
    let decision = access.decide(&snapshot, identity(&snapshot, CI), "compute.instances.get", HERE, &[]);
    assert_eq!(decision.outcome, Outcome::DependsOn);
}

fn policy_on(resource: &str, bindings: Value) -> Value {
    json!({"resource": resource, "assetType": "cloudresourcemanager.googleapis.com/Project", "policy": {"bindings": bindings}})
}

/// The accounts of `acme-prod`, and results of a search in policies all over an organisation.
fn in_hierarchy(policies: Value) -> Snapshot {
    let accounts: Value = ["ci", "boss", "weak"]
        .iter()
        .zip(1..)
        .map(|(name, n)| {
            let email = format!("{name}@acme-prod.iam.gserviceaccount.com");
            json!({"name": format!("projects/acme-prod/serviceAccounts/{email}"), "projectId": "acme-prod",
                "uniqueId": format!("10000000000000000000{n}"), "email": email, "etag": "MDEwMjE5MjA="})
        })
        .collect();
    snapshot_of(&[
        ("policies.json", &policies.to_string()),
        ("service-accounts.json", &accounts.to_string()),
    ])
}

/// A role on one service account leads to that one, and for certain.
#[test]
fn a_role_on_one_account_leads_to_no_other() {
    for (role, on, tier, expected) in [
        (
            "roles/iam.serviceAccountAdmin",
            "boss",
            Tier::Escalates,
            &["gcp.service-account-tokens"][..],
        ),
        (
            "roles/iam.securityAdmin",
            "boss",
            Tier::Escalates,
            &["gcp.service-account-tokens"],
        ),
        ("roles/iam.serviceAccountAdmin", "weak", Tier::Write, &[]),
        ("roles/iam.securityAdmin", "weak", Tier::Write, &[]),
    ] {
        let account =
            format!("//iam.googleapis.com/projects/acme-prod/serviceAccounts/{on}@acme-prod.iam.gserviceaccount.com");
        let snapshot = in_hierarchy(json!([
            policy_on(HERE, json!([binding("roles/owner", "boss")])),
            policy_on(&account, json!([binding(role, "ci")])),
        ]));
        let (found, ways) = standing(&snapshot, CI);
        assert_eq!(found, tier, "{role} {on}");
        assert_eq!(ways, expected, "{role} {on}");
    }
    // Nor does what is no account.
    let snapshot = in_hierarchy(json!([
        policy_on(HERE, json!([binding("roles/owner", "boss")])),
        policy_on(
            "//pubsub.googleapis.com/projects/acme-prod/topics/orders",
            json!([binding("roles/owner", "ci")])
        ),
    ]));
    assert_eq!(standing(&snapshot, CI).1, Vec::<String>::new());
}

/// Every service account is one of those who have a Google account.
#[test]
fn what_everybody_may_act_as_every_account_may() {
    let everybody = |member: &str| {
        let account = "//iam.googleapis.com/projects/acme-prod/serviceAccounts/boss@acme-prod.iam.gserviceaccount.com";
        in_hierarchy(json!([
            policy_on(HERE, json!([binding("roles/owner", "boss")])),
            policy_on(
                account,
                json!([{"role": "roles/iam.serviceAccountTokenCreator", "members": [member]}])
            ),
        ]))
    };
    for member in ["allAuthenticatedUsers", "allUsers"] {
        let snapshot = everybody(member);
        assert_eq!(
            standing(&snapshot, CI),
            (Tier::Escalates, vec!["trust".to_owned()]),
            "{member}"
        );
        let access = Access::new(&snapshot);
        let n_drawn = access.assumed(&snapshot, identity(&snapshot, CI)).len();
        assert_eq!(n_drawn, 1, "{member}");
    }
    assert_eq!(
        standing(&project(json!([binding("roles/owner", "boss")])), CI),
        (Tier::Nothing, vec![])
    );
}
