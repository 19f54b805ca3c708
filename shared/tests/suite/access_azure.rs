//! Effective access by Azure's roles and deny assignments: what Microsoft's documents tell as examples, with accounts of
//! our own, and small random tenants against an oracle that tries every role on every part of a scope.
//!
//! <https://learn.microsoft.com/azure/role-based-access-control/role-definitions>
//! <https://learn.microsoft.com/azure/role-based-access-control/scope-overview>
//! <https://learn.microsoft.com/azure/role-based-access-control/conditions-overview>
//! <https://learn.microsoft.com/azure/role-based-access-control/deny-assignments>

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::{BlindSpot, Decision, Holds, Outcome, Says};
use shared::access::digest::digests;
use shared::access::standing::Tier;
use shared::model::snapshot::Snapshot;

use crate::access_aws::snapshot_of;

const SUBSCRIPTION: &str = "/subscriptions/00000050-1111-4222-8333-000000000050";
const OWNER: &str = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const CONTRIBUTOR: &str = "b24988ac-6180-42a0-ab88-20f7382dd24c";
const ASSIGNS_ROLES: &str = "f58310d9-a9f6-439a-9e8d-f62e7b41a168";
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const BLOB_DATA_CONTRIBUTOR: &str = "ba92f5b4-2d11-453d-a403-e96b0029c9fe";
const SECRETS_USER: &str = "4633458b-17de-408a-b874-0445c86b69e6";
const OWN: &str = "00000078-1111-4222-8333-000000000078";
const READ_BLOB: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read";
const READ_CONTAINER: &str = "Microsoft.Storage/storageAccounts/blobServices/containers/read";
const READ_SECRET: &str = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
const ASSIGN_ROLE: &str = "Microsoft.Authorization/roleAssignments/write";
const START_MACHINE: &str = "Microsoft.Compute/virtualMachines/start/action";

/// Two applications: the first has `roles` (id, scope, condition), and the estate these definitions.
fn tenant(roles: &[(&str, &str, Option<&str>)], definitions: &Value) -> Snapshot {
    with_denials(roles, definitions, &json!([]))
}

/// The same, with deny assignments.
fn with_denials(roles: &[(&str, &str, Option<&str>)], definitions: &Value, denials: &Value) -> Snapshot {
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
        ("deny-assignments.json", denials.clone()),
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

const ME: &str = "5e1f0000-0000-4000-8000-000000000001";
const ANOTHER: &str = "5e1f0000-0000-4000-8000-000000000002";
const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";

/// A deny assignment as the REST API writes it: its permissions, and in `more` what differs from one against everybody in
/// the subscription.
fn denial(permissions: &Value, more: Value) -> Value {
    let id = "000000d1-1111-4222-8333-0000000000d1";
    let mut properties = json!({"denyAssignmentName": "protected", "permissions": permissions, "scope": SUBSCRIPTION,
        "doNotApplyToChildScopes": false, "principals": [{"id": EVERYBODY, "type": "SystemDefined"}],
        "excludePrincipals": [], "isSystemProtected": true});
    for (name, value) in more.as_object().unwrap() {
        properties[name] = value.clone();
    }
    json!({"id": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/denyAssignments/{id}"), "name": id,
        "type": "Microsoft.Authorization/denyAssignments", "properties": properties})
}

/// What a managed application puts on its resource group: everything but reading, for everybody but the publisher.
fn of_managed_application(more: Value) -> Value {
    let permission = json!({"actions": ["*"], "notActions": ["*/read"], "dataActions": [], "notDataActions": []});
    let mut all = json!({"scope": format!("{SUBSCRIPTION}/resourceGroups/shop")});
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!([denial(&json!([permission]), all)])
}

/// A review is of what a denial leaves: it is part of the digest, and whom else it is against is not.
#[test]
fn a_digest_has_the_denials_that_may_be_against_it() {
    let digest = |denials: Value| {
        let snapshot = with_denials(&[(OWNER, SUBSCRIPTION, None)], &json!([]), &denials);
        let id = snapshot.find("entra:app/aaaa0000-0000-4000-8000-000000000001").unwrap();
        digests(&snapshot, &[id]).remove(0).text
    };
    let principals = |ids: &[&str]| -> Value {
        ids.iter()
            .map(|id| json!({"id": id, "type": "ServicePrincipal"}))
            .collect()
    };
    let none = digest(json!([]));
    let denied = digest(of_managed_application(json!({})));
    assert_ne!(denied, none);
    let scope = format!("{SUBSCRIPTION}/resourceGroups/other");
    assert_ne!(digest(of_managed_application(json!({"scope": scope}))), denied);
    for (more, expected) in [
        (json!({"principals": principals(&[ME])}), &denied),
        (json!({"principals": principals(&[ME, ANOTHER])}), &denied),
        (json!({"principals": principals(&[ANOTHER])}), &none),
        (json!({"excludePrincipals": principals(&[ME])}), &none),
    ] {
        assert_eq!(&digest(of_managed_application(more.clone())), expected, "{more}");
    }
}

#[test]
fn a_deny_assignment_goes_before_every_role() {
    let group = format!("{SUBSCRIPTION}/resourceGroups/shop");
    let elsewhere = format!("{SUBSCRIPTION}/resourceGroups/other");
    let principal = |id: &str, kind: &str| json!([{"id": id, "type": kind}]);
    for (more, operation, resource, expected) in [
        (json!({}), START_MACHINE, storage(), Outcome::Denied),
        (json!({}), READ_CONTAINER, storage(), Outcome::Allowed),
        (json!({}), START_MACHINE, elsewhere, Outcome::Allowed),
        // It is about operations on resources, not on data.
        (json!({}), READ_BLOB, storage(), Outcome::Allowed),
        (
            json!({"excludePrincipals": principal(ME, "ServicePrincipal")}),
            START_MACHINE,
            storage(),
            Outcome::Allowed,
        ),
        (
            json!({"excludePrincipals": principal(ANOTHER, "ServicePrincipal")}),
            START_MACHINE,
            storage(),
            Outcome::Denied,
        ),
        // Whether it is in the group, no export tells.
        (
            json!({"excludePrincipals": principal("00000003-1111-4222-8333-000000000003", "Group")}),
            START_MACHINE,
            storage(),
            Outcome::DependsOn,
        ),
        (
            json!({"principals": principal(ANOTHER, "ServicePrincipal")}),
            START_MACHINE,
            storage(),
            Outcome::Allowed,
        ),
        (
            json!({"doNotApplyToChildScopes": true}),
            START_MACHINE,
            storage(),
            Outcome::Allowed,
        ),
        (
            json!({"doNotApplyToChildScopes": true}),
            START_MACHINE,
            group,
            Outcome::Denied,
        ),
        (
            json!({"condition": "@Resource[Microsoft.Storage/x] StringEquals 'a'"}),
            START_MACHINE,
            storage(),
            Outcome::DependsOn,
        ),
    ] {
        let roles = [(OWNER, SUBSCRIPTION, None), (BLOB_DATA_CONTRIBUTOR, SUBSCRIPTION, None)];
        let snapshot = with_denials(&roles, &json!([]), &of_managed_application(more.clone()));
        let decision = decide(&snapshot, operation, &resource);
        assert_eq!(decision.outcome, expected, "{more} {operation} {resource}");
        assert_eq!(decision.blind_spots, [BlindSpot::OtherAzureDenyAssignments]);
        let denies = |reason: &&shared::access::decision::Reason| reason.says == Says::Denies;
        let n_denying = decision.proof.iter().filter(denies).count();
        assert_eq!(
            n_denying,
            usize::from(expected != Outcome::Allowed),
            "{more} {operation}"
        );
        assert_eq!(
            decision.depends_on.len(),
            usize::from(expected == Outcome::DependsOn),
            "{more}"
        );
    }
    // What nothing allows needs no denial.
    let nothing = with_denials(&[], &json!([]), &of_managed_application(json!({})));
    assert_eq!(decide(&nothing, START_MACHINE, &storage()).proof, []);
}

/// Whoever may do everything but is kept from assigning roles is no administrator; where that is uncertain, so is this.
#[test]
fn a_deny_assignment_takes_an_administrators_power() {
    let only = |action: &str| json!([{"actions": [action], "notActions": [], "dataActions": [], "notDataActions": []}]);
    let everything = json!([{"actions": ["*"], "notActions": ["*/read"], "dataActions": [], "notDataActions": []}]);
    let group = format!("{SUBSCRIPTION}/resourceGroups/shop");
    let excluding = |id: &str, kind: &str| json!({"excludePrincipals": [{"id": id, "type": kind}]});
    for (role, permissions, more, expected) in [
        (OWNER, everything.clone(), json!({}), Holds::No),
        (CONTRIBUTOR, everything.clone(), json!({}), Holds::No),
        // Machines may be denied to who assigns roles.
        (OWNER, only("Microsoft.Compute/*"), json!({}), Holds::Yes),
        // An owner is left with role definitions, who only assigns roles with nothing.
        (
            OWNER,
            only("Microsoft.Authorization/roleAssignments/*"),
            json!({}),
            Holds::Yes,
        ),
        (
            ASSIGNS_ROLES,
            only("Microsoft.Authorization/roleAssignments/*"),
            json!({}),
            Holds::No,
        ),
        // All the rest of the subscription is left.
        (OWNER, everything.clone(), json!({"scope": group}), Holds::Yes),
        (
            OWNER,
            everything.clone(),
            json!({"doNotApplyToChildScopes": true}),
            Holds::Yes,
        ),
        (OWNER, everything.clone(), excluding(ME, "ServicePrincipal"), Holds::Yes),
        (
            OWNER,
            everything.clone(),
            excluding(ANOTHER, "ServicePrincipal"),
            Holds::No,
        ),
        // Who is in a group, no export tells; nor what a condition comes to.
        (
            OWNER,
            everything.clone(),
            excluding("00000003-1111-4222-8333-000000000003", "Group"),
            Holds::Maybe,
        ),
        (
            OWNER,
            everything,
            json!({"condition": "@Resource[Microsoft.Storage/x] StringEquals 'a'"}),
            Holds::Maybe,
        ),
    ] {
        let denials = json!([denial(&permissions, more.clone())]);
        let snapshot = with_denials(&[(role, SUBSCRIPTION, None)], &json!([]), &denials);
        let id = snapshot.find("entra:app/aaaa0000-0000-4000-8000-000000000001").unwrap();
        let standing = Access::new(&snapshot).standing(id);
        assert_eq!(standing.is_administrator, expected, "{role} {permissions} {more}");
    }
}

/// A role gives what its operations tell; a deny assignment takes of that what it is about, and spares what it leaves out.
#[test]
fn a_deny_assignment_lowers_what_is_written_and_read() {
    let permissions = |actions: Value, not_actions: Value, data: Value| json!([{"actions": actions, "notActions": not_actions, "dataActions": data, "notDataActions": []}]);
    let none = json!([]);
    let all_but_reading = permissions(json!(["*"]), json!(["*/read"]), json!(["*"]));
    let all = permissions(json!(["*"]), none.clone(), json!(["*"]));
    let data = permissions(
        none.clone(),
        none.clone(),
        json!(["*/blobs/read", "*/getSecret/action"]),
    );
    let at_times = json!({"condition": "@Resource[x] StringEquals 'a'"});
    let elsewhere = json!({"scope": format!("{SUBSCRIPTION}/resourceGroups/shop")});
    let group = "/providers/Microsoft.Management/managementGroups/acme";
    let machines = "00000080-1111-4222-8333-000000000080";
    let undefined = "00000081-1111-4222-8333-000000000081";
    let definitions = json!([definition(
        machines,
        permissions(
            json!([
                "Microsoft.Compute/*/read",
                "Microsoft.Compute/virtualMachines/start/action"
            ]),
            none.clone(),
            none.clone()
        )
    )]);
    for (role, denied, expected) in [
        (READER, None, (Tier::Read, Tier::Read)),
        (CONTRIBUTOR, None, (Tier::SensitiveData, Tier::SensitiveData)),
        (SECRETS_USER, None, (Tier::SensitiveData, Tier::SensitiveData)),
        (machines, None, (Tier::Write, Tier::Write)),
        (
            CONTRIBUTOR,
            Some((&all_but_reading, json!({}))),
            (Tier::Read, Tier::Read),
        ),
        (CONTRIBUTOR, Some((&all, json!({}))), (Tier::Nothing, Tier::Nothing)),
        (
            CONTRIBUTOR,
            Some((&all, at_times.clone())),
            (Tier::Nothing, Tier::SensitiveData),
        ),
        (
            CONTRIBUTOR,
            Some((&all, elsewhere)),
            (Tier::SensitiveData, Tier::SensitiveData),
        ),
        (
            CONTRIBUTOR,
            Some((&all, json!({"doNotApplyToChildScopes": true}))),
            (Tier::SensitiveData, Tier::SensitiveData),
        ),
        // Which subscriptions lie below a management group, no export tells.
        (
            CONTRIBUTOR,
            Some((&all, json!({"scope": group}))),
            (Tier::Nothing, Tier::SensitiveData),
        ),
        (
            BLOB_DATA_CONTRIBUTOR,
            Some((&data, json!({}))),
            (Tier::Write, Tier::Write),
        ),
        (SECRETS_USER, Some((&data, json!({}))), (Tier::Read, Tier::Read)),
        (SECRETS_USER, Some((&data, at_times)), (Tier::Read, Tier::SensitiveData)),
        (machines, Some((&all_but_reading, json!({}))), (Tier::Read, Tier::Read)),
        (
            undefined,
            Some((&data, json!({}))),
            (Tier::Nothing, Tier::Administrator),
        ),
    ] {
        let denials: Vec<Value> = denied
            .iter()
            .map(|(permissions, more)| denial(permissions, more.clone()))
            .collect();
        let snapshot = with_denials(&[(role, SUBSCRIPTION, None)], &definitions, &json!(denials));
        let id = snapshot.find("entra:app/aaaa0000-0000-4000-8000-000000000001").unwrap();
        let standing = Access::new(&snapshot).standing(id);
        assert_eq!((standing.tier, standing.at_most), expected, "{role} {denied:?}");
    }
}

mod oracle {
    //! What the documents say, tried out: plain, slow, and without anything of the evaluator.

    use serde_json::Value;

    /// Whether something holds: no, perhaps, yes.
    pub type Level = u8;

    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some(b'*'), _) => glob(&pattern[1..], text) || !text.is_empty() && glob(pattern, &text[1..]),
            (Some(a), Some(b)) => a == b && glob(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    fn any(patterns: &Value, text: &str) -> bool {
        let mut patterns = patterns.as_array().unwrap().iter().filter_map(Value::as_str);
        patterns.any(|pattern| glob(pattern.to_lowercase().as_bytes(), text.to_lowercase().as_bytes()))
    }

    fn names(permissions: &Value, operation: &str, is_on_data: bool) -> bool {
        let (given, left_out) = match is_on_data {
            true => ("dataActions", "notDataActions"),
            false => ("actions", "notActions"),
        };
        let mut all = permissions.as_array().unwrap().iter();
        all.any(|permission| any(&permission[given], operation) && !any(&permission[left_out], operation))
    }

    fn holds(scope: &str, resource: &str) -> bool {
        let parts = |path: &str| -> Vec<String> {
            path.split('/')
                .filter(|part| !part.is_empty())
                .map(str::to_lowercase)
                .collect()
        };
        parts(resource).starts_with(&parts(scope))
    }

    /// A role: what it permits, where, whether on a condition. A denial is the deny assignment as it is exported.
    pub fn outcome(
        roles: &[(Value, String, bool)],
        denials: &[Value],
        me: &str,
        (operation, is_on_data): (&str, bool),
        resource: &str,
    ) -> Level {
        let allows = |(permissions, scope, is_conditional): &(Value, String, bool)| match names(
            permissions,
            operation,
            is_on_data,
        ) && holds(scope, resource)
        {
            true => 2 - Level::from(*is_conditional),
            false => 0,
        };
        let denies = |denial: &Value| {
            let properties = &denial["properties"];
            let scope = properties["scope"].as_str().unwrap();
            let is_here = match properties["doNotApplyToChildScopes"] == true {
                true => scope.to_lowercase() == resource.to_lowercase(),
                false => holds(scope, resource),
            };
            let is_one = |list: &Value| -> Level {
                let ids = list.as_array().unwrap().iter();
                let level = |principal: &Value| match (principal["type"].as_str().unwrap(), principal["id"] == me) {
                    ("SystemDefined", _) | (_, true) => 2,
                    ("Group", false) => 1,
                    (_, false) => 0,
                };
                ids.map(level).max().unwrap_or(0)
            };
            let is_named = names(&properties["permissions"], operation, is_on_data);
            let is_sure = 2 - Level::from(!properties["condition"].is_null());
            let (against, spared) = (
                properties["principals"].as_array(),
                properties["excludePrincipals"].as_array(),
            );
            let against: Value = against
                .unwrap()
                .iter()
                .filter(|one| !spared.unwrap().contains(one))
                .cloned()
                .collect();
            match is_here && is_named {
                true => is_one(&against)
                    .min(2 - is_one(&properties["excludePrincipals"]))
                    .min(is_sure),
                false => 0,
            }
        };
        let allowed = roles.iter().map(allows).max().unwrap_or(0);
        let denied = denials.iter().map(denies).max().unwrap_or(0);
        allowed.min(2 - denied)
    }
}

/// Permissions of a few patterns, as definitions and deny assignments have them.
fn permissions() -> impl Strategy<Value = Value> {
    let on_resources = prop::sample::subsequence(
        vec![
            "*",
            "*/read",
            "Microsoft.Compute/*",
            "microsoft.compute/virtualmachines/START/action",
            READ_CONTAINER,
        ],
        0..3,
    );
    let containers = "Microsoft.Storage/storageAccounts/blobServices/containers/*";
    let on_data = prop::sample::subsequence(vec![READ_BLOB, "*", containers], 0..2);
    let permission = (on_resources.clone(), on_resources, on_data.clone(), on_data).prop_map(
        |(actions, not_actions, data_actions, not_data_actions)| {
            json!({"actions": actions, "notActions": not_actions, "dataActions": data_actions,
                "notDataActions": not_data_actions})
        },
    );
    prop::collection::vec(permission, 1..3).prop_map(|permissions| json!(permissions))
}

fn scopes() -> Vec<String> {
    let ends = [
        "",
        "/resourceGroups/shop",
        "/resourcegroups/SHOP/providers/Microsoft.Storage/storageAccounts/orders",
    ];
    let mut scopes: Vec<String> = ends.iter().map(|end| format!("{SUBSCRIPTION}{end}")).collect();
    scopes.push(format!("{SUBSCRIPTION}/resourceGroups/sh"));
    scopes
}

fn denials() -> impl Strategy<Value = Vec<Value>> {
    let whom = |kinds: std::ops::Range<usize>| {
        let all = vec![
            json!({"id": EVERYBODY, "type": "SystemDefined"}),
            json!({"id": ME, "type": "ServicePrincipal"}),
            json!({"id": ANOTHER, "type": "ServicePrincipal"}),
            json!({"id": "00000003-1111-4222-8333-000000000003", "type": "Group"}),
        ];
        prop::sample::subsequence(all, kinds)
    };
    let condition = prop::sample::select(vec![Value::Null, Value::Null, json!("@Resource[x] StringEquals 'a'")]);
    let one = (
        permissions(),
        prop::sample::select(scopes()),
        any::<bool>(),
        whom(1..3),
        whom(0..2),
        condition,
    );
    let one = one.prop_map(|(permissions, scope, is_alone, principals, excluded, condition)| {
        denial(
            &permissions,
            json!({"scope": scope, "doNotApplyToChildScopes": is_alone, "principals": principals,
                "excludePrincipals": excluded, "condition": condition}),
        )
    });
    prop::collection::vec(one, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn it_says_what_trying_every_role_finds(
        roles in prop::collection::vec((permissions(), prop::sample::select(scopes()), any::<bool>()), 0..4),
        denials in denials(),
    ) {
        let ids: Vec<String> = (0..roles.len()).map(|n| format!("0000007{n}-1111-4222-8333-00000000007{n}")).collect();
        let definitions: Value = ids.iter().zip(&roles).map(|(id, (permissions, ..))| definition(id, permissions.clone())).collect();
        let assigned: Vec<(&str, &str, Option<&str>)> = ids
            .iter()
            .zip(&roles)
            .map(|(id, (_, scope, is_conditional))| (id.as_str(), scope.as_str(), is_conditional.then_some("@Resource[x] StringEquals 'a'")))
            .collect();
        let snapshot = with_denials(&assigned, &definitions, &json!(denials));
        for operation in [(START_MACHINE, false), (READ_CONTAINER, false), (READ_BLOB, true)] {
            for resource in [SUBSCRIPTION.to_owned(), format!("{SUBSCRIPTION}/resourceGroups/shop"), storage()] {
                let expected = match oracle::outcome(&roles, &denials, ME, operation, &resource) {
                    0 => Outcome::Denied,
                    1 => Outcome::DependsOn,
                    _ => Outcome::Allowed,
                };
                let decision = decide(&snapshot, operation.0, &resource);
                prop_assert_eq!(decision.outcome, expected, "{:?} {}: {:?}", operation, resource, decision);
                prop_assert_eq!(decision.depends_on.is_empty(), expected != Outcome::DependsOn);
            }
        }
    }
}

/// The first of two applications has these roles (id, scope); a managed identity, which a machine also runs as, owns the
/// subscription.
fn with_managed_identity(roles: &[(&str, &str)], definitions: &Value) -> Snapshot {
    let principal = |n: u32, kind: &str, names: &Value| {
        json!({"id": format!("5e1f0000-0000-4000-8000-00000000000{n}"), "appId": format!("aaaa0000-0000-4000-8000-00000000000{n}"),
            "displayName": format!("app-{n}"), "servicePrincipalType": kind, "accountEnabled": true,
            "appOwnerOrganizationId": "7e7a7e7a-0000-4000-8000-000000000001", "alternativeNames": names})
    };
    let machine = format!("{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.Compute/virtualMachines/web");
    let metadata = "https://graph.microsoft.com/v1.0/$metadata#servicePrincipals";
    let principals = json!({"@odata.context": metadata, "value": [
        principal(1, "Application", &json!([])),
        principal(2, "ManagedIdentity", &json!(["isExplicit=True", managed_identity()])),
        principal(3, "ManagedIdentity", &json!(["isExplicit=False", machine])),
    ]});
    let identities = json!([{"id": managed_identity(), "name": "deployer", "clientId": "aaaa0000-0000-4000-8000-000000000002",
        "principalId": "5e1f0000-0000-4000-8000-000000000002", "location": "westeurope", "tags": {}}]);
    let assignment = |n: usize, who: u32, role: &str, scope: &str| {
        json!({"id": format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{n}"), "name": n.to_string(),
            "principalId": format!("5e1f0000-0000-4000-8000-00000000000{who}"), "principalType": "ServicePrincipal",
            "scope": scope, "type": "Microsoft.Authorization/roleAssignments",
            "roleDefinitionId": format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}")})
    };
    let mut assignments: Vec<Value> = (0..)
        .zip(roles)
        .map(|(n, (role, scope))| assignment(n, 1, role, scope))
        .collect();
    assignments.extend([2, 3].map(|who| assignment(100 + who as usize, who, OWNER, SUBSCRIPTION)));
    let files = [
        ("principals.json", principals),
        ("identities.json", identities),
        ("role-assignments.json", json!(assignments)),
        ("role-definitions.json", definitions.clone()),
    ];
    let files = files.iter().filter(|(_, rows)| *rows != json!([]));
    let texts: Vec<(&str, String)> = files.map(|(name, rows)| (*name, rows.to_string())).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    snapshot_of(&files)
}

fn managed_identity() -> String {
    format!("{SUBSCRIPTION}/resourceGroups/shop/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer")
}

#[test]
fn who_runs_something_as_a_managed_identity_has_its_power() {
    let shop = format!("{SUBSCRIPTION}/resourceGroups/shop");
    let other = format!("{SUBSCRIPTION}/resourceGroups/other");
    let group = "/providers/Microsoft.Management/managementGroups/acme";
    let custom = |actions: &[&str]| json!([definition(OWN, json!([{"actions": actions, "notActions": []}]))]);
    let own = |scope: &str| vec![(OWN.to_owned(), scope.to_owned())];
    let contributor = |scope: &str| vec![(CONTRIBUTOR.to_owned(), scope.to_owned())];
    let run = "Microsoft.Compute/virtualMachines/runCommand/action";
    let federate = "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write";
    let assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
    let start = "Microsoft.Web/sites/write";
    let none = json!([]);
    let all = &["azure.federations", "azure.assign-identities", "azure.run-commands"][..];
    for (roles, definitions, tier, expected) in [
        (contributor(SUBSCRIPTION), none.clone(), Tier::Escalates, all),
        (contributor(&shop), none.clone(), Tier::Escalates, all),
        (
            contributor(&managed_identity()),
            none.clone(),
            Tier::Escalates,
            &["azure.federations", "azure.assign-identities"],
        ),
        // Neither of both lies there.
        (contributor(&other), none.clone(), Tier::SensitiveData, &[]),
        (
            vec![(READER.to_owned(), SUBSCRIPTION.to_owned())],
            none.clone(),
            Tier::Read,
            &[],
        ),
        (own(&shop), custom(&[run]), Tier::Escalates, &["azure.run-commands"]),
        (own(&shop), custom(&[federate]), Tier::Escalates, &["azure.federations"]),
        (
            own(&shop),
            custom(&[assign, start]),
            Tier::Escalates,
            &["azure.assign-identities"],
        ),
        // Nothing to assign it to.
        (own(&shop), custom(&[assign]), Tier::Write, &[]),
        // Which subscriptions the group holds, no export tells.
        (own(group), custom(&[run]), Tier::Write, &["? azure.run-commands"]),
    ] {
        let roles: Vec<(&str, &str)> = roles
            .iter()
            .map(|(role, scope)| (role.as_str(), scope.as_str()))
            .collect();
        let snapshot = with_managed_identity(&roles, &definitions);
        let access = Access::new(&snapshot);
        let id = snapshot.find("entra:app/aaaa0000-0000-4000-8000-000000000001").unwrap();
        let ways = access.escalations(&snapshot, id);
        let shown: Vec<String> = ways
            .iter()
            .map(|way| {
                assert!(way.through.is_some() && !way.proof.is_empty());
                let perhaps = if way.outcome == Outcome::DependsOn { "? " } else { "" };
                format!("{perhaps}{}", way.path.id)
            })
            .collect();
        assert_eq!(shown, expected, "{roles:?} {definitions}");
        assert_eq!(access.standing(id).tier, tier, "{roles:?} {definitions}");
    }
}

/// Of services whose operations on data are not known here, `*` on resources opens none for certain.
#[test]
fn an_operation_may_be_one_on_data() {
    for (operation, expected) in [
        (
            "Microsoft.AppConfiguration/configurationStores/keyValues/read",
            Outcome::DependsOn,
        ),
        (
            "Microsoft.ContainerService/managedClusters/secrets/read",
            Outcome::DependsOn,
        ),
        ("Microsoft.ContainerService/managedClusters/read", Outcome::Allowed),
        ("Microsoft.Network/virtualNetworks/subnets/read", Outcome::Allowed),
        ("Microsoft.Compute/virtualMachines/loginAsAdmin/action", Outcome::Denied),
    ] {
        let snapshot = tenant(&[(OWNER, SUBSCRIPTION, None)], &json!([]));
        assert_eq!(
            decide(&snapshot, operation, SUBSCRIPTION).outcome,
            expected,
            "{operation}"
        );
    }
    // A role that names it tells which it is.
    let read = "Microsoft.AppConfiguration/configurationStores/keyValues/read";
    let definitions = json!([definition(OWN, json!([{"actions": [], "dataActions": [read]}]))]);
    let snapshot = tenant(&[(OWN, SUBSCRIPTION, None)], &definitions);
    assert_eq!(decide(&snapshot, read, SUBSCRIPTION).outcome, Outcome::Allowed);
}
