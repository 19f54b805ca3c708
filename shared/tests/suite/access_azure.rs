//! Effective access by Azure's roles: what Microsoft's documents tell as examples, with accounts of our own.
//!
//! <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>
//! <https://learn.microsoft.com/azure/role-based-access-control/scope-overview>
//! <https://learn.microsoft.com/azure/role-based-access-control/conditions-overview>

use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::{BlindSpot, Decision, Outcome};
use shared::model::snapshot::Snapshot;

use crate::access_aws::snapshot_of;

const SUBSCRIPTION: &str = "/subscriptions/00000050-1111-4222-8333-000000000050";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const BLOB_DATA_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const READ_BLOB: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const READ_CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
const READ_SECRET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
const ASSIGN_ROLE: &str = "Microsoft.Authorization/roleAssignments/write";
const START_MACHINE: &str = "Microsoft.Compute/virtualMachines/start/action";

/// Two applications: the first has `roles` (id, scope, condition), and the estate these definitions.
fn tenant(roles: &[(&str, &str, Option<&str>)], definitions: &Value) -> Snapshot {
    let app = |n: u32| {
        json!({"id": format!("5e1f0000-0000-4000-8000-00000000000{n}"), "appId": format!("aaaa0000-0000-4000-8000-00000000000{n}"),
            "displayName": format!("app-{n}"), "servicePrincipalType": "Application", "accountEnabled": true,
            "appOwnerOrganizationId": "7e7a7e7a-0000-4000-8000-000000000001", "signInAudience": "AzureADMyOrg"})
    };
    let metadata = "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals";
    let principals = json!({"@odata.context": metadata, "value": [app(1), app(2)]});
    let assignment = |(n, (role, scope, condition)): (usize, &(&str, &str, Option<&str>))| {
        json!({"id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{n}"), "name": n.to_string(),
            "principalId": "5e1f0000-0000-4000-8000-000000000001", "principalType": "ServicePrincipal",
            "principalName": "aaaa0000-0000-4000-8000-000000000001", "scope": scope, "condition": condition,
            "roleDefinitionId": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"),
            "type": "Microsoft.Authorization/roleAssignments"})
    };
    let assignments: Value = roles.iter().enumerate().map(assignment).collect();
    let files = [
        ("principals.json", principals),
        ("role-assignments.json", assignments),
        ("role-definitions.json", definitions.clone()),
    ];
    // Nothing recognises an empty list.
    let files = files.iter().filter(|(_, rows)| *rows != json!([]));
    let texts: Vec<(&str, String)> = files.map(|(name, rows)| (*name, rows.to_string())).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    snapshot_of(&files)
}

fn definition(id: &str, permissions: Value) -> Value {
    json!({"id": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{id}"), "name": id,
        "roleName": format!("role {id}"), "roleType": "CustomRole", "assignableScopes": [SUBSCRIPTION],
        "permissions": permissions, "type": "Microsoft.Authorization/roleDefinitions"})
}

fn decide(snapshot: &Snapshot, operation: &str, resource: &str) -> Decision {
    let id = snapshot.find("entra:app/aaaa0000-0000-4000-8000-000000000001").unwrap();
    Access::new(snapshot).decide(snapshot, id, operation, resource, &[])
}

fn storage() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Storage/storageAccounts/orders")
}

/// Who may do everything with a storage account does not thereby read its blobs; who may read blobs does not thereby
/// manage it.
#[test]
fn operations_on_resources_open_no_data() {
    for (role, operation, expected) in [
        (OWNER, READ_CONTAINER, Outcome::Allowed),
        (OWNER, READ_BLOB, Outcome::Denied),
        (BLOB_DATA_CONTRIBUTOR, READ_CONTAINER, Outcome::Allowed),
        (BLOB_DATA_CONTRIBUTOR, READ_BLOB, Outcome::Allowed),
        (
            BLOB_DATA_CONTRIBUTOR,
            "Microsoft.Storage/storageAccounts/write",
            Outcome::Denied,
        ),
        (CONTRIBUTOR, READ_SECRET, Outcome::Denied),
        (SECRETS_USER, READ_SECRET, Outcome::Allowed),
        (
            SECRETS_USER,
            "Microsoft.KeyVault/vaults/secrets/setSecret/action",
            Outcome::Denied,
        ),
    ] {
        let snapshot = tenant(&[(role, SUBSCRIPTION, None)], &json!([]));
        let decision = decide(&snapshot, operation, &storage());
        assert_eq!(decision.outcome, expected, "{role} {operation}");
        assert_eq!(decision.blind_spots, [BlindSpot::AzureDenyAssignments]);
        assert_eq!(decision.proof.len(), usize::from(expected == Outcome::Allowed));
    }
}

/// A role is inherited by everything below its scope, and by nothing above or beside it.
#[test]
fn scopes_are_inherited_downwards() {
    let group = format!("{SUBSCRIPTION}/resourceGroups/shop");
    let management = "/providers/Microsoft.Management/managementGroups/acme";
    for (scope, resource, expected) in [
        (SUBSCRIPTION, storage(), Outcome::Allowed),
        (group.as_str(), storage(), Outcome::Allowed),
        (&group.to_uppercase(), storage(), Outcome::Allowed),
        (&group, SUBSCRIPTION.to_owned(), Outcome::Denied),
        (
            &group,
            format!("{SUBSCRIPTION}/resourceGroups/shopping"),
            Outcome::Denied,
        ),
        (
            "/subscriptions/00000051-1111-4222-8333-000000000051",
            storage(),
            Outcome::Denied,
        ),
        // Which subscriptions it holds, no export tells.
        (management, storage(), Outcome::DependsOn),
        (management, management.to_owned(), Outcome::Allowed),
    ] {
        let snapshot = tenant(&[(READER, scope, None)], &json!([]));
        let decision = decide(&snapshot, READ_CONTAINER, &resource);
        assert_eq!(decision.outcome, expected, "{scope} {resource}");
    }
}

/// `NotActions` only takes from the actions beside it: a second role may give what the first leaves out.
#[test]
fn what_a_role_leaves_out_another_may_give() {
    let custom = "00000077-1111-4222-8333-000000000077";
    let all_but_start = json!([definition(
        custom,
        json!([{"actions": ["Microsoft.Compute/*"], "notActions": [START_MACHINE], "dataActions": [], "notDataActions": []}])
    )]);
    let alone = tenant(&[(custom, SUBSCRIPTION, None)], &all_but_start);
    assert_eq!(decide(&alone, START_MACHINE, SUBSCRIPTION).outcome, Outcome::Denied);
    assert_eq!(
        decide(&alone, "microsoft.compute/virtualmachines/READ", SUBSCRIPTION).outcome,
        Outcome::Allowed
    );
    let both = tenant(
        &[(custom, SUBSCRIPTION, None), (CONTRIBUTOR, SUBSCRIPTION, None)],
        &all_but_start,
    );
    assert_eq!(decide(&both, START_MACHINE, SUBSCRIPTION).outcome, Outcome::Allowed);
    assert_eq!(decide(&both, ASSIGN_ROLE, SUBSCRIPTION).outcome, Outcome::Denied);
}

#[test]
fn data_actions_are_read_and_what_they_leave_out() {
    let custom = "00000078-1111-4222-8333-000000000078";
    let blobs = json!([definition(
        custom,
        json!([{"actions": [], "notActions": [],
            "dataActions": ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
            "notDataActions": ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete"]}])
    )]);
    let snapshot = tenant(&[(custom, SUBSCRIPTION, None)], &blobs);
    for (operation, expected) in [
        (READ_BLOB, Outcome::Allowed),
        (
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            Outcome::Denied,
        ),
        (READ_CONTAINER, Outcome::Denied),
    ] {
        assert_eq!(
            decide(&snapshot, operation, &storage()).outcome,
            expected,
            "{operation}"
        );
    }
}

/// A condition narrows an assignment by what is only known at the time of the request; one without it settles it.
#[test]
fn conditions_leave_it_open_until_another_role_settles_it() {
    let condition = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'public'";
    let conditional = (BLOB_DATA_CONTRIBUTOR, SUBSCRIPTION, Some(condition));
    let narrowed = tenant(&[conditional], &json!([]));
    let decision = decide(&narrowed, READ_BLOB, &storage());
    assert_eq!((decision.outcome, decision.depends_on.len()), (Outcome::DependsOn, 1));
    let settled = tenant(&[conditional, (BLOB_DATA_CONTRIBUTOR, SUBSCRIPTION, None)], &json!([]));
    assert_eq!(decide(&settled, READ_BLOB, &storage()).outcome, Outcome::Allowed);
}

/// What a role allows that no export defines and that is not one of Azure's best known is not known, and not no.
#[test]
fn an_undefined_role_leaves_it_open() {
    let snapshot = tenant(
        &[("00000079-1111-4222-8333-000000000079", SUBSCRIPTION, None)],
        &json!([]),
    );
    assert_eq!(decide(&snapshot, READ_BLOB, &storage()).outcome, Outcome::DependsOn);
    let nothing = tenant(&[], &json!([]));
    assert_eq!(decide(&nothing, READ_BLOB, &storage()).outcome, Outcome::Denied);
}
