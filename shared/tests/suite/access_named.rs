//! Effective access and ways up where roles and permissions are names: Google Cloud, Entra; and Vault's paths. Small
//! random policies are held against oracles that know only the manuals.

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::{BlindSpot, Holds, Outcome, Says};
use shared::access::standing::Tier;
use shared::model::snapshot::{IdentityId, Snapshot};

use crate::access_aws::{snapshot_of, snapshot_of_sources};

/// The tier of an identity, and its ways up.
pub fn standing(snapshot: &Snapshot, id: &str) -> (Tier, Vec<String>) {
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

pub fn identity(snapshot: &Snapshot, id: &str) -> IdentityId {
    snapshot.find(id).unwrap_or_else(|| panic!("no {id}"))
}

pub fn project(bindings: Value) -> Snapshot {
    project_with(bindings, None)
}

/// The same, with a deny policy.
fn project_with(bindings: Value, deny_policy: Option<&Value>) -> Snapshot {
    project_and(
        bindings,
        deny_policy.map(|policy| ("deny-policies.json", policy.to_string())),
    )
}

/// A project with two service accounts, and other exports of it.
pub fn project_and(bindings: Value, others: impl IntoIterator<Item = (&'static str, String)>) -> Snapshot {
    let account = |name: &str, n: u32| {
        let email = format!("{name}@acme-prod.iam.gserviceaccount.com");
        json!({"name": format!("projects/acme-prod/serviceAccounts/{email}"), "projectId": "acme-prod",
            "uniqueId": format!("10000000000000000000{n}"), "email": email, "etag": "MDEwMjE5MjA=", "displayName": name})
    };
    let accounts = json!([account("ci", 1), account("boss", 2)]);
    let policy = json!({"version": 1, "etag": "BwXYZ", "bindings": bindings});
    let mut files = vec![
        ("acme-prod.iam-policy.json", policy.to_string()),
        ("service-accounts.json", accounts.to_string()),
    ];
    files.extend(others);
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    snapshot_of(&files)
}

pub fn binding(role: &str, who: &str) -> Value {
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

/// The examples of Google's manual on deny policies, with principals of our own.
///
/// <https://cloud.google.com/iam/docs/deny-overview>
/// <https://cloud.google.com/iam/docs/deny-access>
#[test]
fn a_deny_policy_of_google_cloud_goes_before_every_role() {
    let everybody = "principalSet://goog/public:all";
    let me = "principal://iam.googleapis.com/projects/-/serviceAccounts/boss@acme-prod.iam.gserviceaccount.com";
    let another = "principal://iam.googleapis.com/projects/-/serviceAccounts/ci@acme-prod.iam.gserviceaccount.com";
    let admins = "principalSet://goog/group/role-admins@acme.test";
    let changes_roles = json!(["iam.googleapis.com/roles.create", "iam.googleapis.com/roles.delete"]);
    let on_project = "cloudresourcemanager.googleapis.com%2Fprojects%2Facme-prod";
    let on_folder = "cloudresourcemanager.googleapis.com%2Ffolders%2F123456789012";
    let here = "//cloudresourcemanager.googleapis.com/projects/acme-prod";
    for (rule, attached, permission, expected) in [
        (
            json!({"deniedPrincipals": [everybody], "deniedPermissions": changes_roles}),
            on_project,
            "iam.roles.create",
            Outcome::Denied,
        ),
        (
            json!({"deniedPrincipals": [everybody], "deniedPermissions": changes_roles}),
            on_project,
            "iam.roles.get",
            Outcome::Allowed,
        ),
        // All permissions of one sort but one.
        (
            json!({"deniedPrincipals": [everybody], "deniedPermissions": ["iam.googleapis.com/roles.*"],
                "exceptionPermissions": ["iam.googleapis.com/roles.get"]}),
            on_project,
            "iam.roles.get",
            Outcome::Allowed,
        ),
        // Everybody but a group, whose members no export lists.
        (
            json!({"deniedPrincipals": [everybody], "exceptionPrincipals": [admins], "deniedPermissions": changes_roles}),
            on_project,
            "iam.roles.create",
            Outcome::DependsOn,
        ),
        (
            json!({"deniedPrincipals": [everybody], "exceptionPrincipals": [me], "deniedPermissions": changes_roles}),
            on_project,
            "iam.roles.create",
            Outcome::Allowed,
        ),
        (
            json!({"deniedPrincipals": [another], "deniedPermissions": changes_roles}),
            on_project,
            "iam.roles.create",
            Outcome::Allowed,
        ),
        // Whether the project is below the folder, no export tells.
        (
            json!({"deniedPrincipals": [me], "deniedPermissions": changes_roles}),
            on_folder,
            "iam.roles.create",
            Outcome::DependsOn,
        ),
        // Only resources with a tag are spared.
        (
            json!({"deniedPrincipals": [me], "deniedPermissions": ["cloudresourcemanager.googleapis.com/projects.delete"],
                "denialCondition": {"title": "Only prod", "expression": "!resource.matchTag('1234567890/env', 'test')"}}),
            on_project,
            "resourcemanager.projects.delete",
            Outcome::DependsOn,
        ),
    ] {
        let policy = json!({"name": format!("policies/{attached}/denypolicies/limit"), "kind": "DenyPolicy",
            "displayName": "limit", "rules": [{"denyRule": rule}]});
        let snapshot = project_with(json!([binding("roles/owner", "boss")]), Some(&policy));
        let access = Access::new(&snapshot);
        let boss = identity(&snapshot, "gcp:boss@acme-prod.iam.gserviceaccount.com");
        let decision = access.decide(&snapshot, boss, permission, here, &[]);
        assert_eq!(decision.outcome, expected, "{rule} {permission}");
        assert_eq!(decision.blind_spots, [BlindSpot::OtherGcpDenyPolicies]);
        let n_denying = decision
            .proof
            .iter()
            .filter(|reason| reason.says == Says::Denies)
            .count();
        assert_eq!(
            n_denying,
            usize::from(expected != Outcome::Allowed),
            "{rule} {permission}"
        );
    }
}

/// What a deny policy takes, leads nowhere: neither the power to write a project's policy, nor a way up by a role or by a
/// trust.
#[test]
fn a_deny_policy_takes_power_and_ways_up() {
    let everybody = "principalSet://goog/public:all";
    let set_policy = json!(["cloudresourcemanager.googleapis.com/projects.setIamPolicy"]);
    let keys = json!(["iam.googleapis.com/serviceAccountKeys.*"]);
    let tokens = json!([
        "iam.googleapis.com/serviceAccounts.getAccessToken",
        "iam.googleapis.com/serviceAccounts.sign*"
    ]);
    let both: Value = [&keys, &tokens]
        .into_iter()
        .flat_map(|list| list.as_array().unwrap().clone())
        .collect();
    let rule = |permissions: &Value| json!({"deniedPrincipals": [everybody], "deniedPermissions": permissions});
    let but = |who: &str, permissions: &Value| {
        let account = format!("{who}@acme-prod.iam.gserviceaccount.com");
        let who = format!("principal://iam.googleapis.com/projects/-/serviceAccounts/{account}");
        json!({"deniedPrincipals": [everybody], "exceptionPrincipals": [who], "deniedPermissions": permissions})
    };
    let at_times = |permissions: &Value| {
        json!({"deniedPrincipals": [everybody], "deniedPermissions": permissions,
            "denialCondition": {"expression": "!resource.matchTag('1234567890/env', 'test')"}})
    };
    let here = "projects%2Facme-prod";
    // Which projects lie below a folder, no export tells.
    let folder = "folders%2F123456789012";
    let (owner, on_boss) = ("roles/owner", "on the account");
    let (makes_tokens, makes_keys) = (
        "roles/iam.serviceAccountTokenCreator",
        "roles/iam.serviceAccountKeyAdmin",
    );
    let (data, nothing) = (Tier::SensitiveData, Tier::Nothing);
    let (by_role, by_trust) = (["gcp.service-account-tokens"], ["trust"]);
    for (role, attached, rule, tier, can_be_more, ways) in [
        // An owner still starts what runs as another who has power: there is nobody.
        (owner, here, rule(&set_policy), data, Holds::No, [].as_slice()),
        (owner, here, rule(&keys), Tier::Administrator, Holds::Yes, &[]),
        (owner, here, at_times(&set_policy), data, Holds::Maybe, &[]),
        (owner, folder, rule(&set_policy), data, Holds::Maybe, &[]),
        (
            owner,
            "projects%2Facme-test",
            rule(&set_policy),
            Tier::Administrator,
            Holds::Yes,
            &[],
        ),
        // What else these roles have of the service, no export tells.
        (makes_keys, here, rule(&keys), nothing, Holds::No, &[]),
        (makes_keys, here, rule(&tokens), Tier::Escalates, Holds::Yes, &by_role),
        (
            makes_keys,
            here,
            at_times(&keys),
            nothing,
            Holds::Maybe,
            &["? gcp.service-account-tokens"],
        ),
        (makes_tokens, here, rule(&tokens), nothing, Holds::No, &[]),
        (
            makes_tokens,
            here,
            but("ci", &tokens),
            Tier::Escalates,
            Holds::Yes,
            &by_role,
        ),
        (makes_tokens, here, but("boss", &tokens), nothing, Holds::No, &[]),
        // Power stays the other's.
        (
            on_boss,
            here,
            but("boss", &set_policy),
            Tier::Escalates,
            Holds::Yes,
            &by_trust,
        ),
        (on_boss, here, rule(&both), Tier::Nothing, Holds::No, &[]),
        // Whether its role on the account makes tokens or keys, is not kept.
        (on_boss, here, rule(&keys), Tier::Nothing, Holds::Maybe, &["? trust"]),
    ] {
        let attached = format!("cloudresourcemanager.googleapis.com%2F{attached}");
        let policy = json!({"name": format!("policies/{attached}/denypolicies/limit"), "kind": "DenyPolicy",
            "displayName": "limit", "rules": [{"denyRule": rule}]});
        let snapshot = match role == on_boss {
            true => {
                let of_boss = json!({"version": 1, "etag": "BwXYZ", "bindings": [binding(makes_tokens, "ci")]});
                let of_boss = ("boss@acme-prod.iam.gserviceaccount.com.json", of_boss.to_string());
                project_and(
                    json!([binding(owner, "boss")]),
                    [of_boss, ("deny-policies.json", policy.to_string())],
                )
            }
            false if role == owner => project_with(json!([binding(role, "ci")]), Some(&policy)),
            false => project_with(json!([binding(role, "ci"), binding(owner, "boss")]), Some(&policy)),
        };
        let ci = "gcp:ci@acme-prod.iam.gserviceaccount.com";
        let (found, found_ways) = standing(&snapshot, ci);
        let whole = Access::new(&snapshot).standing(identity(&snapshot, ci));
        let found_more = whole.is_administrator.max(whole.can_escalate);
        assert_eq!((found, found_more), (tier, can_be_more), "{role} {policy}");
        assert_eq!(found_ways, ways, "{role} {policy}");
    }
}

/// A deny policy takes of a role what it names, where it is known what the role reads by; else nothing is certain any
/// more once it names the role's service.
#[test]
fn a_deny_policy_lowers_what_is_written_and_read() {
    let rule = |permissions: &[&str]| {
        let permissions: Vec<String> = permissions
            .iter()
            .map(|name| name.replacen('.', ".googleapis.com/", 1))
            .collect();
        json!({"deniedPrincipals": ["principalSet://goog/public:all"], "deniedPermissions": permissions})
    };
    let at_times = |permissions: &[&str]| {
        let mut rule = rule(permissions);
        rule["denialCondition"] = json!({"expression": "!resource.matchTag('1234567890/env', 'test')"});
        rule
    };
    let (reads, publishes) = ("roles/storage.objectViewer", "roles/pubsub.publisher");
    let (objects, secrets) = (["storage.objects.get"], ["secretmanager.versions.access"]);
    let (read, data, nothing) = (Tier::Read, Tier::SensitiveData, Tier::Nothing);
    let here = "projects%2Facme-prod";
    for (role, attached, rule, expected) in [
        (reads, here, rule(&secrets), (data, data)),
        (reads, here, rule(&objects), (nothing, read)),
        (reads, here, at_times(&objects), (nothing, data)),
        (reads, "folders%2F123456789012", rule(&objects), (nothing, data)),
        (reads, "projects%2Facme-test", rule(&objects), (data, data)),
        (
            "roles/storage.objectAdmin",
            here,
            rule(&objects),
            (nothing, Tier::Write),
        ),
        (
            "roles/secretmanager.secretAccessor",
            here,
            rule(&["secretmanager.*.access"]),
            (nothing, read),
        ),
        // It has thousands of permissions.
        ("roles/editor", here, rule(&objects), (data, data)),
        (publishes, here, rule(&objects), (Tier::Write, data)),
        (publishes, here, rule(&["pubsub.topics.publish"]), (nothing, data)),
        ("projects/acme-prod/roles/exporter", here, rule(&secrets), (data, data)),
        ("projects/acme-prod/roles/exporter", here, rule(&objects), (read, read)),
        (
            "projects/acme-prod/roles/exporter",
            here,
            at_times(&objects),
            (read, data),
        ),
        (
            "projects/acme-prod/roles/exporter",
            here,
            rule(&["storage.*.*"]),
            (nothing, nothing),
        ),
    ] {
        let attached = format!("cloudresourcemanager.googleapis.com%2F{attached}");
        let policy = json!({"name": format!("policies/{attached}/denypolicies/limit"), "kind": "DenyPolicy",
            "displayName": "limit", "rules": [{"denyRule": rule}]});
        let roles = json!([{"name": "projects/acme-prod/roles/exporter", "title": "exporter", "stage": "GA",
            "includedPermissions": ["storage.objects.get", "storage.objects.list"], "etag": "BwXYZ"}]);
        let snapshot = project_and(
            json!([binding(role, "ci")]),
            [
                ("deny-policies.json", policy.to_string()),
                ("roles.json", roles.to_string()),
            ],
        );
        let standing = Access::new(&snapshot).standing(identity(&snapshot, "gcp:ci@acme-prod.iam.gserviceaccount.com"));
        assert_eq!((standing.tier, standing.at_most), expected, "{role} {policy}");
    }
}

mod google_oracle {
    //! Google's manual: a permission is denied, else given, else neither. What is uncertain is tried both ways.

    /// Roles as whether they give everything, and whether always; denials as whom, spared, permissions, excepted.
    pub type Rule = (
        Vec<&'static str>,
        Vec<&'static str>,
        Vec<&'static str>,
        Vec<&'static str>,
    );

    /// Whether the account may, if it is one of the group, or is not.
    pub fn may(is_owner: bool, rules: &[Rule], permission: &str, is_in_group: bool) -> bool {
        let is_me = |who: &&str| match *who {
            "principalSet://goog/public:all" => true,
            who if who.contains("/group/") => is_in_group,
            who => who.contains("/boss@"),
        };
        let names = |pattern: &&str| {
            let (service, rest) = permission.split_once('.').unwrap();
            let written = format!("{service}.googleapis.com/{rest}");
            match pattern.strip_suffix('*') {
                Some(start) => written.starts_with(start),
                None => written == **pattern,
            }
        };
        let denies = |(whom, spared, permissions, excepted): &Rule| {
            whom.iter().any(is_me)
                && !spared.iter().any(is_me)
                && permissions.iter().any(names)
                && !excepted.iter().any(names)
        };
        is_owner && !rules.iter().any(denies)
    }
}

fn google_rules() -> impl Strategy<Value = Vec<google_oracle::Rule>> {
    let whom = |n| {
        let account =
            "principal://iam.googleapis.com/projects/-/serviceAccounts/boss@acme-prod.iam.gserviceaccount.com";
        let another = "principal://iam.googleapis.com/projects/-/serviceAccounts/ci@acme-prod.iam.gserviceaccount.com";
        let all = vec![
            "principalSet://goog/public:all",
            account,
            another,
            "principalSet://goog/group/a@acme.test",
        ];
        prop::sample::subsequence(all, n)
    };
    let permissions = |n| {
        let all = vec![
            "iam.googleapis.com/roles.create",
            "iam.googleapis.com/roles.*",
            "compute.googleapis.com/*",
        ];
        prop::sample::subsequence(all, n)
    };
    prop::collection::vec((whom(1..3), whom(0..2), permissions(1..3), permissions(0..2)), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn google_cloud_denies_as_its_manual_does(is_owner in any::<bool>(), rules in google_rules()) {
        let written: Vec<Value> = rules.iter().map(|(whom, spared, permissions, excepted)| {
            json!({"denyRule": {"deniedPrincipals": whom, "exceptionPrincipals": spared, "deniedPermissions": permissions,
                "exceptionPermissions": excepted}})
        }).collect();
        let policy = json!({"name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Facme-prod/denypolicies/a",
            "kind": "DenyPolicy", "rules": written});
        let role = binding("roles/owner", if is_owner { "boss" } else { "ci" });
        let snapshot = project_with(json!([role]), Some(&policy).filter(|_| !rules.is_empty()));
        let access = Access::new(&snapshot);
        let boss = identity(&snapshot, "gcp:boss@acme-prod.iam.gserviceaccount.com");
        for permission in ["iam.roles.create", "iam.roles.get", "compute.instances.get", "storage.buckets.get"] {
            let here = "//cloudresourcemanager.googleapis.com/projects/acme-prod";
            let expected = match [true, false].map(|is_in| google_oracle::may(is_owner, &rules, permission, is_in)) {
                [true, true] => Outcome::Allowed,
                [false, false] => Outcome::Denied,
                [true, false] | [false, true] => Outcome::DependsOn,
            };
            let decision = access.decide(&snapshot, boss, permission, here, &[]);
            // Rules are looked at one by one: that one denies who is in a group and another who is not, is not seen.
            let is_about_group = |(whom, spared, ..): &&google_oracle::Rule| {
                whom.iter().chain(spared).any(|who| who.contains("/group/"))
            };
            if decision.outcome == Outcome::DependsOn && rules.iter().filter(is_about_group).count() > 1 {
                continue;
            }
            prop_assert_eq!(decision.outcome, expected, "{}: {:?}", permission, decision);
        }
    }
}

/// Two applications with Microsoft Graph's permissions, by the ids of the roles.
fn tenant(first: &str, second: &str) -> Snapshot {
    let (principals, assignments) = tenant_files(&[(1, first), (2, second)]);
    snapshot_of(&[("assignments.json", &assignments), ("principals.json", &principals)])
}

/// The service principals of applications, by number, and which role each has.
fn tenant_files(applications: &[(u32, &str)]) -> (String, String) {
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
    let apps: Vec<Value> = applications.iter().map(|(n, _)| app(*n)).collect();
    let roles: Vec<Value> = applications.iter().map(|(n, role)| has(*n, role)).collect();
    let principals = json!({"@odata.context": metadata, "value": apps});
    let assignments = json!({"@odata.context": format!("{metadata}('x')/appRoleAssignments"), "value": roles});
    (principals.to_string(), assignments.to_string())
}

#[test]
fn an_application_has_no_way_to_those_of_another_tenant() {
    let (writes_applications, assigns_roles) = (
        "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
    );
    let id = "entra:app/aaaa0000-0000-4000-8000-000000000001";
    let here = tenant(writes_applications, assigns_roles);
    assert_eq!(standing(&here, id).0, Tier::Escalates);
    let ours = tenant_files(&[(1, writes_applications)]);
    let theirs = tenant_files(&[(2, assigns_roles)]);
    let apart = snapshot_of_sources(&[
        ("entra-ours", "assignments.json", &ours.1),
        ("entra-ours", "principals.json", &ours.0),
        ("entra-theirs", "assignments.json", &theirs.1),
        ("entra-theirs", "principals.json", &theirs.0),
    ]);
    assert_eq!(standing(&apart, id), (Tier::Write, vec![]));
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

/// A Vault with these policies (name, rules), and a token for each of `tokens` (name, policies).
pub fn vault(policies: &[(&str, String)], tokens: &[(&str, Value)]) -> Snapshot {
    let answer = |id: &str, data: Value| {
        json!({"request_id": id, "lease_id": "", "renewable": false, "lease_duration": 0, "data": data}).to_string()
    };
    let policies = policies
        .iter()
        .map(|(name, rules)| answer(name, json!({"name": name, "policy": rules})));
    let tokens = tokens.iter().map(|(name, policies)| {
        let data = json!({"accessor": name, "creation_time": 1_750_000_000, "creation_ttl": 0,
            "display_name": format!("token-{name}"), "entity_id": "", "expire_time": null, "explicit_max_ttl": 0, "id": "",
            "issue_time": "2026-01-01T00:00:00Z", "meta": null, "num_uses": 0, "orphan": true, "path": "auth/token/create",
            "policies": policies, "ttl": 0, "type": "service"});
        answer(name, data)
    });
    let lines = |texts: Vec<String>| texts.join("\n");
    let (policies, tokens) = (lines(policies.collect()), lines(tokens.collect()));
    snapshot_of(&[("policies.ndjson", &policies), ("tokens.ndjson", &tokens)])
}

pub fn named(snapshot: &Snapshot, name: &str) -> IdentityId {
    let mut names = snapshot
        .identities
        .iter()
        .map(|identity| snapshot.strings.get(identity.name));
    let at = names.position(|known| known.contains(name));
    IdentityId(at.unwrap_or_else(|| panic!("no {name}")) as u32)
}

#[test]
fn vault_decides_by_the_path_that_fits_best() {
    let reads =
        "path \"secret/*\" { capabilities = [\"read\"] }\npath \"secret/data/+/key\" { capabilities = [\"deny\"] }";
    let writes = "path \"secret/data/shop\" { capabilities = [\"update\"] }";
    let snapshot = vault(
        &[("reads", reads.to_owned()), ("writes", writes.to_owned())],
        &[
            ("both", json!(["reads", "writes"])),
            ("root", json!(["root"])),
            ("unknown", json!(["reads", "elsewhere"])),
        ],
    );
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
        let decision = access.decide(&snapshot, named(&snapshot, who), capability, path, &[]);
        assert_eq!(decision.outcome, expected, "{who} {capability} {path}");
    }
}

mod vault_oracle {
    //! Vault's manual on policies, letter by letter: every rule that covers a path is held against every other.

    /// A path with wildcards, and what it gives.
    pub type Rule = (String, Vec<&'static str>);

    fn covers(pattern: &[u8], path: &[u8]) -> bool {
        match (pattern, path) {
            (b"*", _) | ([], []) => true,
            // As much of one part of the path as one likes.
            ([b'+', rest @ ..], _) => {
                let part = path.split(|byte| *byte == b'/').next().unwrap_or_default().len();
                (0..=part).any(|n| covers(rest, &path[n..]))
            }
            ([a, rest @ ..], [b, after @ ..]) => a == b && covers(rest, after),
            _ => false,
        }
    }

    /// Whether the first is of lower priority, by the first of the manual's five sentences that tells them apart.
    fn is_lower(first: &str, second: &str) -> bool {
        let wildcard = |pattern: &str| pattern.bytes().position(|byte| byte == b'+' || byte == b'*');
        match (wildcard(first), wildcard(second)) {
            (Some(a), Some(b)) if a != b => return a < b,
            (Some(_), None) => return true,
            (None, Some(_)) => return false,
            (Some(_), Some(_)) | (None, None) => {}
        }
        if first.ends_with('*') != second.ends_with('*') {
            return first.ends_with('*');
        }
        let pluses = |pattern: &str| pattern.matches('+').count();
        if pluses(first) != pluses(second) {
            return pluses(first) > pluses(second);
        }
        match first.len() == second.len() {
            true => first < second,
            false => first.len() < second.len(),
        }
    }

    /// Whether a token with all these rules may.
    pub fn may(rules: &[Rule], capability: &str, path: &str) -> bool {
        let covering: Vec<_> = rules
            .iter()
            .filter(|(pattern, _)| covers(pattern.as_bytes(), path.as_bytes()))
            .collect();
        let mut best = covering
            .iter()
            .filter(|(pattern, _)| !covering.iter().any(|(other, _)| is_lower(pattern, other)))
            .flat_map(|(_, capabilities)| capabilities);
        best.clone().all(|word| *word != "deny") && best.any(|word| *word == capability)
    }
}

/// One to three parts of few letters, some with wildcards.
fn vault_rules() -> impl Strategy<Value = Vec<vault_oracle::Rule>> {
    let part = prop::sample::select(vec!["a", "ab", "b", "+"]);
    let path = (
        prop::collection::vec(part, 1..4),
        prop::sample::select(vec!["", "/", "*", "/*"]),
    );
    let path = path.prop_map(|(parts, end)| format!("{}{end}", parts.join("/")));
    // Vault refuses it.
    let path = path.prop_filter("a part that is open at its end", |path| !path.ends_with("+*"));
    let capabilities = prop::sample::subsequence(vec!["read", "update", "deny"], 1..3);
    prop::collection::vec((path, capabilities), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn vault_decides_as_its_manual_does(first in vault_rules(), second in vault_rules(), hidden in vault_rules()) {
        let text = |rules: &[vault_oracle::Rule]| {
            let mut text = String::new();
            for (path, capabilities) in rules {
                text += &format!("path \"{path}\" {{ capabilities = {} }}\n", json!(capabilities));
            }
            text
        };
        let snapshot = vault(
            &[("first", text(&first)), ("second", text(&second))],
            &[("both", json!(["first", "second"])), ("unknown", json!(["first", "elsewhere"]))],
        );
        let access = Access::new(&snapshot);
        let both = [first.clone(), second].concat();
        let with_hidden = [first.clone(), hidden].concat();
        let (both_id, unknown_id) = (named(&snapshot, "both"), named(&snapshot, "unknown"));
        for path in ["a", "b", "ab", "a/", "a/b", "ab/a", "a/ab/b", "b/b/b", "a/b/ab/a"] {
            for capability in ["read", "update"] {
                let decision = access.decide(&snapshot, both_id, capability, path, &[]);
                let may = vault_oracle::may(&both, capability, path);
                let expected = if may { Outcome::Allowed } else { Outcome::Denied };
                prop_assert_eq!(decision.outcome, expected, "{} {}", capability, path);
                // Whatever the policy that no export holds says, what is certain without it stays so.
                let decision = access.decide(&snapshot, unknown_id, capability, path, &[]);
                for may in [vault_oracle::may(&with_hidden, capability, path), vault_oracle::may(&first, capability, path)] {
                    let impossible = if may { Outcome::Denied } else { Outcome::Allowed };
                    prop_assert_ne!(decision.outcome, impossible, "{} {}", capability, path);
                }
            }
        }
    }
}
