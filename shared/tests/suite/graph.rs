//! The identity graph over small estates: which edges facts make, how paths read, and that nothing is claimed that a
//! fact takes back.

use serde_json::{Value, json};
use shared::access::decision::{Holds, Outcome};
use shared::access::escalation::Through;
use shared::analysis::{Analysis, analyze};
use shared::answers;
use shared::answers::graph::{self, NoAnswer};
use shared::api::access::AccessQuery;
use shared::api::graph::{GraphQuery, PathsView, ReachPage};
use shared::config::Config;
use shared::connectors;
use shared::graph::adjacency::Direction;
use shared::kpi::formulas;
use shared::merge::{AsOf, FileBatch, merge};
use shared::model::instant::Instant;
use shared::model::snapshot::IdentityId;

/// An estate of these files: source, path, text.
pub fn estate(files: &[(&str, &str, String)]) -> Analysis {
    let read = |(source, path, text): &(&str, &str, String)| {
        let reading = connectors::read(source, path, text.as_bytes(), "salt");
        assert!(reading.connector.is_some(), "{path}: {:?}", reading.diagnostics);
        FileBatch {
            source: (*source).to_owned(),
            path: (*path).to_owned(),
            connector: reading.connector.map(|connector| connector.id),
            n_bytes: text.len() as u64,
            batch: reading.batch,
            diagnostics: reading.diagnostics,
        }
    };
    let as_of = AsOf::Given(Instant::from_text("2026-10-31").unwrap());
    let config = Config::default();
    analyze(merge(files.iter().map(read).collect(), as_of, &config), &config)
}

const ACCOUNT: &str = "arn:aws:iam::111122223333";

fn role(name: &str, trusted: &Value, policies: &[&str], boundary: Option<&str>) -> Value {
    let policies: Vec<Value> = policies
        .iter()
        .map(|policy| json!({"PolicyName": policy, "PolicyArn": format!("arn:aws:iam::aws:policy/{policy}")}))
        .collect();
    json!({
        "RoleName": name,
        "Arn": format!("{ACCOUNT}:role/{name}"),
        "AssumeRolePolicyDocument": {
            "Statement": {"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"}
        },
        "AttachedManagedPolicies": policies,
        "PermissionsBoundary": boundary.map(|name| json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": format!("{ACCOUNT}:policy/{name}")
        })),
    })
}

fn user(name: &str, groups: &[&str], boundary: Option<&str>) -> Value {
    json!({
        "UserName": name,
        "Arn": format!("{ACCOUNT}:user/{name}"),
        "GroupList": groups,
        "AttachedManagedPolicies": [],
        "PermissionsBoundary": boundary.map(|name| json!({
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": format!("{ACCOUNT}:policy/{name}")
        })),
    })
}

/// A user who may assume a role that may assume an administrator; a group of administrators, one of whose members a
/// boundary caps; and an account outside that may assume the first role.
fn account() -> Analysis {
    let arn = |kind: &str, name: &str| format!("{ACCOUNT}:{kind}/{name}");
    let details = json!({
        "UserDetailList": [
            user("ci", &[], None),
            user("alice", &["admins"], None),
            user("bob", &["admins"], Some("storage")),
        ],
        "GroupDetailList": [{
            "GroupName": "admins",
            "Arn": arn("group", "admins"),
            "AttachedManagedPolicies": [{
                "PolicyName": "AdministratorAccess",
                "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"
            }],
        }],
        "RoleDetailList": [
            role("deploy", &json!({"AWS": [arn("user", "ci"), "999988887777"]}), &["ReadOnlyAccess"], None),
            role("admin", &json!({"AWS": arn("role", "deploy")}), &["AdministratorAccess"], None),
            role("capped", &json!({"AWS": arn("user", "ci")}), &["AdministratorAccess"], Some("storage")),
            role("lone", &json!({"Service": "ec2.amazonaws.com"}), &[], None),
        ],
        "Policies": [{
            "PolicyName": "storage",
            "Arn": arn("policy", "storage"),
            "PolicyVersionList": [{
                "IsDefaultVersion": true,
                "Document": {"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
            }],
        }],
    });
    let report = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
         password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
         access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
         access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
         cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n\
         ci,arn:aws:iam::111122223333:user/ci,2024-01-01T00:00:00+00:00,false,N/A,N/A,N/A,false,\
         true,2024-01-01T00:00:00+00:00,2026-10-01T00:00:00+00:00,eu-west-1,s3,\
         false,2023-01-01T00:00:00+00:00,N/A,N/A,N/A,false,N/A,false,N/A\n";
    estate(&[
        ("aws", "details.json", details.to_string()),
        ("aws", "report.csv", report.to_owned()),
    ])
}

fn ask(query: &str) -> GraphQuery {
    let keys = [
        "node",
        "from",
        "to",
        "kind",
        "environment",
        "q",
        "steps",
        "paths",
        "limit",
    ];
    GraphQuery::parse(query, &keys).unwrap()
}

fn paths(analysis: &Analysis, from: &str, to: &str) -> PathsView {
    graph::paths(analysis, &ask(&format!("from={from}&to={to}"))).unwrap()
}

pub fn reach(analysis: &Analysis, direction: Direction, query: &str) -> ReachPage {
    graph::reached(analysis, &ask(query), direction).unwrap()
}

pub fn labels(page: &ReachPage) -> Vec<(usize, &str)> {
    page.rows
        .iter()
        .map(|row| (row.n_steps, row.node.label.as_str()))
        .collect()
}

const ADMINISTRATORS: &str = "role:*@111122223333";

#[test]
fn a_path_reads_as_a_sentence() {
    let analysis = account();
    let key = "credential:aws-key:arn:aws:iam::111122223333:user/ci/access_key_1";
    let found = paths(&analysis, key, ADMINISTRATORS);
    let sentences: Vec<_> = found.paths.iter().map(|path| path.sentence.as_str()).collect();
    assert_eq!(
        sentences,
        [
            "access key access_key_1 of ci signs in as user ci, which may assume role deploy, which may assume role admin, \
             which has policy AdministratorAccess on 111122223333, which makes its holder one of the administrators of \
             111122223333."
        ]
    );
    assert_eq!(found.stopped, None);
    let places: Vec<_> = found.paths[0]
        .steps
        .iter()
        .map(|step| (step.evidence[0].file.as_str(), step.evidence[0].place.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("report.csv", "line 2"),
            ("details.json", "RoleDetailList[0]"),
            ("details.json", "RoleDetailList[1]"),
            ("details.json", "RoleDetailList[1]"),
            ("details.json", "GroupDetailList[0]"),
        ]
    );
}

#[test]
fn a_boundary_keeps_roles_and_members_from_administering() {
    let analysis = account();
    let reached = |node: &str| {
        let page = reach(
            &analysis,
            Direction::Out,
            &format!("node=identity:{ACCOUNT}:{node}&q=administrators&kind=role"),
        );
        page.n_matching
    };
    assert_eq!(reached("user/alice"), 1);
    assert_eq!(reached("user/bob"), 0);
    assert_eq!(reached("role/capped"), 0);
    assert_eq!(reached("role/lone"), 0);
}

/// A group of administrators, with members whom a policy of their own denies everything, always or perhaps: they have none
/// of the group's power, nor standing privilege that is certain.
#[test]
fn a_denial_keeps_a_member_from_what_its_group_is_given() {
    let denied = |mut user: Value| {
        user["UserPolicyList"] = json!([{"PolicyName": "nothing", "PolicyDocument":
            {"Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}}]);
        user
    };
    let perhaps = |mut user: Value| {
        user["UserPolicyList"] = json!([{"PolicyName": "perhaps", "PolicyDocument": {"Statement":
            {"Effect": "Deny", "Action": "*", "Resource": "*",
             "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}}}]);
        user
    };
    let details = json!({
        "UserDetailList": [
            user("alice", &["admins"], None),
            denied(user("barred", &["admins"], None)),
            perhaps(user("doubtful", &["admins"], None)),
        ],
        "GroupDetailList": [{
            "GroupName": "admins",
            "Arn": format!("{ACCOUNT}:group/admins"),
            "AttachedManagedPolicies": [{
                "PolicyName": "AdministratorAccess",
                "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"
            }],
        }],
        "RoleDetailList": [],
        "Policies": [],
    });
    let analysis = estate(&[("aws", "details.json", details.to_string())]);
    let snapshot = &analysis.snapshot;
    for (name, n_reached, standing) in [("alice", 1, (1, 0)), ("barred", 0, (0, 0)), ("doubtful", 0, (0, 1))] {
        let id = format!("{ACCOUNT}:user/{name}");
        let query = format!("node=identity:{id}&q=administrators&kind=role");
        assert_eq!(reach(&analysis, Direction::Out, &query).n_matching, n_reached, "{name}");
        let found = formulas::standing_grants(&analysis, snapshot.find(&id).unwrap());
        assert_eq!((found.certain, found.perhaps), standing, "{name}");
    }
}

/// The same where denials stand beside the grants: a group that owns a subscription, of whose members a deny assignment bars
/// one, and another perhaps.
#[test]
fn a_deny_assignment_keeps_a_member_from_what_its_group_is_given() {
    let object = |n: u32| format!("0000000{n}-1111-4222-8333-00000000000{n}");
    let subscription = "/subscriptions/00000050-1111-4222-8333-000000000050";
    let authorization = format!("{subscription}/providers/Microsoft.Authorization");
    let (group, owner) = (object(3), "8e3af657-a8ff-443c-a75c-2fe8c4bcb635");
    let principal = |n: u32| {
        json!({"kind": "AZServicePrincipal", "data": {"id": object(n), "accountEnabled": true, "appId": object(n + 5),
            "displayName": format!("app-{n}"), "servicePrincipalType": "Application"}})
    };
    let member = |n: u32| {
        let member = json!({"@odata.type": "#microsoft.graph.servicePrincipal", "id": object(n)});
        json!({"groupId": group, "member": member})
    };
    let hound = json!({"data": [principal(1), principal(2), principal(4),
        {"kind": "AZGroupMember", "data": {"groupId": group, "members": [member(1), member(2), member(4)]}}],
        "meta": {"type": "azure", "version": 6, "count": 3}});
    let assignment = json!([{"id": format!("{authorization}/roleAssignments/1"), "name": "1", "principalId": group,
        "principalType": "Group", "scope": subscription, "condition": null,
        "roleDefinitionId": format!("{authorization}/roleDefinitions/{owner}"),
        "type": "Microsoft.Authorization/roleAssignments"}]);
    let denial = |barred: u32, condition: Option<&str>| {
        json!({"id": format!("{authorization}/denyAssignments/{}", object(barred)), "name": object(barred),
            "type": "Microsoft.Authorization/denyAssignments", "properties": {"denyAssignmentName": "barred",
                "permissions": [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}],
                "scope": subscription, "doNotApplyToChildScopes": false, "condition": condition,
                "principals": [{"id": object(barred), "type": "ServicePrincipal"}], "excludePrincipals": []}})
    };
    let denials = json!([denial(2, None), denial(4, Some("@Resource[x] StringEquals 'a'"))]);
    let analysis = estate(&[
        ("azure", "azurehound.json", hound.to_string()),
        ("azure", "role-assignments.json", assignment.to_string()),
        ("azure", "deny-assignments.json", denials.to_string()),
    ]);
    for (n, n_reached, standing) in [(1, 1, (1, 0)), (2, 0, (0, 0)), (4, 0, (0, 1))] {
        let id = format!("entra:app/{}", object(n + 5));
        let query = format!("node=identity:{id}&q=administrators&kind=role");
        assert_eq!(reach(&analysis, Direction::Out, &query).n_matching, n_reached, "{id}");
        let found = formulas::standing_grants(&analysis, analysis.snapshot.find(&id).unwrap());
        assert_eq!((found.certain, found.perhaps), standing, "{id}");
    }
    let answer = answers::kpis(&analysis, &[], None);
    let standing = answer.kpis.iter().find(|kpi| kpi.id == "privilege.standing").unwrap();
    assert_eq!(standing.value, Some(1.0));
    let note = standing.note.as_deref();
    assert_eq!(
        note,
        Some("and 1 grant of which no export tells whether it gives everything")
    );
}

#[test]
fn administrators_control_what_lies_in_their_account() {
    let analysis = account();
    let query = format!("node=identity:{ACCOUNT}:role/admin&kind=identity");
    let page = reach(&analysis, Direction::Out, &query);
    assert_eq!(
        labels(&page),
        [
            (3, "role capped"),
            (3, "role deploy"),
            (3, "role lone"),
            (3, "user alice"),
            (3, "user bob"),
            (3, "user ci"),
        ]
    );
    let page = reach(
        &analysis,
        Direction::In,
        &format!("node={ADMINISTRATORS}&kind=trust_source"),
    );
    assert_eq!(labels(&page), [(4, "anyone in account 999988887777")]);
    // The short name for all administrators means the same.
    assert_eq!(
        reach(&analysis, Direction::In, "node=administrators&kind=trust_source"),
        page
    );
}

#[test]
fn a_credential_that_does_not_work_signs_nobody_in() {
    let analysis = account();
    let inactive = reach(
        &analysis,
        Direction::Out,
        "node=credential:aws-key:arn:aws:iam::111122223333:user/ci/access_key_2",
    );
    assert_eq!(inactive.n_reached, 0);
}

#[test]
fn caps_and_windows_are_said() {
    let analysis = account();
    let page = reach(
        &analysis,
        Direction::Out,
        &format!("node=identity:{ACCOUNT}:user/ci&steps=1&limit=1"),
    );
    assert_eq!(
        page.stopped.as_deref(),
        Some("There is more beyond 1 steps, which were not walked.")
    );
    assert_eq!(
        (page.rows.len(), page.n_by_distance.as_slice()),
        (1, [page.n_reached].as_slice())
    );
    let cut = graph::paths(
        &analysis,
        &ask(&format!("from=identity:{ACCOUNT}:user/ci&to={ADMINISTRATORS}&steps=3")),
    );
    let cut = cut.unwrap();
    assert!(cut.paths.is_empty());
    assert_eq!(
        cut.stopped.as_deref(),
        Some("There is more beyond 3 steps, which were not walked.")
    );
}

#[test]
fn neighbours_are_counted_and_paged() {
    let analysis = account();
    let query = GraphQuery {
        nodes: vec![format!("identity:{ACCOUNT}:user/ci")],
        limit: Some(2),
        ..GraphQuery::default()
    };
    let page = graph::neighbours(&analysis, &query).unwrap();
    let fans: Vec<_> = page
        .fans
        .iter()
        .map(|fan| (fan.direction.as_str(), fan.relation.as_str(), fan.n_edges))
        .collect();
    assert_eq!(
        fans,
        [
            ("out", "holds", 2),
            ("out", "assumes", 2),
            ("in", "authenticates", 1),
            ("in", "controls", 1),
        ]
    );
    assert_eq!((page.n_matching, page.rows.len()), (6, 2));
}

#[test]
fn every_node_is_found_by_its_id() {
    let analysis = account();
    let all = graph::nodes(
        &analysis,
        &GraphQuery {
            limit: Some(1_000),
            ..GraphQuery::default()
        },
    );
    assert_eq!(all.rows.len(), all.n_matching);
    for node in &all.rows {
        let query = GraphQuery {
            nodes: vec![node.id.clone()],
            ..GraphQuery::default()
        };
        assert_eq!(&graph::neighbours(&analysis, &query).unwrap().node, node);
    }
}

/// A cluster in which two accounts have stored tokens, one of them administers it, and a deployment runs as that one.
fn cluster(bindings: &[Value]) -> Analysis {
    let account = |name: &str| {
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {
            "name": name, "namespace": "shop", "annotations": {"owner": format!("team-{name}")}
        }})
    };
    let token = |name: &str| {
        json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token", "metadata": {
            "name": format!("{name}-token"),
            "namespace": "shop",
            "creationTimestamp": "2025-01-01T00:00:00Z",
            "annotations": {"kubernetes.io/service-account.name": name}
        }})
    };
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"serviceAccountName": "api", "automountServiceAccountToken": true}}}
    });
    let mut items = vec![account("api"), account("job"), token("api"), token("job"), deployment];
    items.extend(bindings.iter().cloned());
    estate(&[(
        "k8s",
        "objects.json",
        json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string(),
    )])
}

fn binding(role: &str, account: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": format!("{role}-{account}")},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": "shop"}]
    })
}

#[test]
fn safe_to_act_says_who_would_break_and_what_survives() {
    let analysis = cluster(&[binding("view", "job")]);
    let view = answers::safe_to_act(&analysis, &ask("node=credential:k8s-secret:k8s/shop/api-token")).unwrap();
    assert!(view.works);
    let dependents: Vec<_> = view
        .dependents
        .iter()
        .map(|dependent| (dependent.basis.as_str(), dependent.sentence.as_str()))
        .collect();
    assert_eq!(
        dependents,
        [
            (
                "mounted",
                "the cluster's secrets of k8s keeps token shop/api-token of shop/api."
            ),
            (
                "inferred",
                "service account shop/api authenticates with it; no export tells when it last did."
            ),
            (
                "inferred",
                "Deployment shop/web runs as service account shop/api, and may use it."
            ),
        ]
    );
    assert!(view.dependents.iter().all(|dependent| !dependent.evidence.is_empty()));
    let survives: Vec<_> = view.survives.iter().map(|step| step.sentence.as_str()).collect();
    assert_eq!(survives, ["Deployment shop/web runs as service account shop/api."]);
    let told: Vec<_> = view
        .tell
        .iter()
        .map(|tell| (tell.owner.as_deref(), tell.concerns.len()))
        .collect();
    assert_eq!(told, [(Some("team-api"), 1), (None, 2)]);
    let steps: Vec<_> = view.rotation.iter().map(|step| step.credentials.len()).collect();
    assert_eq!(steps, [1]);
    assert_eq!(view.opens.administers, []);
}

#[test]
fn what_leads_to_each_other_is_revoked_together() {
    let analysis = cluster(&[binding("cluster-admin", "api")]);
    let rotation = |name: &str| {
        let node = format!("node=credential:k8s-secret:k8s/shop/{name}-token");
        let view = answers::safe_to_act(&analysis, &ask(&node)).unwrap();
        let steps = view.rotation.into_iter();
        let labels = |step: shared::api::graph::RotationStep| {
            step.credentials.into_iter().map(|node| node.label).collect::<Vec<_>>()
        };
        steps.map(labels).collect::<Vec<_>>()
    };
    // The administrator's token reads the other; the other leads nowhere.
    let (api, job) = ("token shop/api-token of shop/api", "token shop/job-token of shop/job");
    assert_eq!(rotation("api"), [vec![api], vec![job]]);
    assert_eq!(rotation("job"), [vec![job]]);
    let analysis = cluster(&[binding("cluster-admin", "api"), binding("cluster-admin", "job")]);
    let node = "node=credential:k8s-secret:k8s/shop/job-token";
    let view = answers::safe_to_act(&analysis, &ask(node)).unwrap();
    assert_eq!(view.rotation.len(), 1);
    assert_eq!(view.rotation[0].credentials.len(), 2);
    assert_eq!(
        view.rotation[0].sentence,
        "Revoke these 2 together before a new one is made: each leads to the others, and so to their new secrets."
    );
    let refused = answers::safe_to_act(&analysis, &ask("node=identity:k8s:k8s/shop/api"));
    assert_eq!(
        refused.unwrap_err(),
        NoAnswer::NoCredential("identity:k8s:k8s/shop/api".to_owned())
    );
}

#[test]
fn the_smallest_change_is_by_owner_and_verified() {
    let analysis = account();
    let change =
        |from: &str, to: &str| answers::smallest_change(&analysis, &ask(&format!("from={from}&to={to}"))).unwrap();
    let (ci, outside) = (
        format!("identity:{ACCOUNT}:user/ci"),
        "trust_source:anyone in account 999988887777".to_owned(),
    );
    let both = change(&format!("{ci}&from={outside}"), "administrators");
    let changes: Vec<_> = both
        .owners
        .iter()
        .flat_map(|owner| &owner.changes)
        .map(|step| step.sentence.as_str())
        .collect();
    assert_eq!(changes, ["role deploy may assume role admin."]);
    assert_eq!((both.outcome.as_str(), both.n_changes, both.verified), ("cut", 1, true));
    let none = change(&format!("identity:{ACCOUNT}:role/lone"), "administrators");
    assert_eq!(
        (none.outcome.as_str(), none.n_changes, none.verified),
        ("no_way", 0, true)
    );
    let impossible = change(ADMINISTRATORS, &ci);
    assert_eq!(impossible.outcome, "impossible");
    assert_eq!(
        impossible.obstacle.unwrap().sentence,
        "administrators of 111122223333 control user ci."
    );
}

#[test]
fn a_known_way_up_is_an_edge_with_its_proof() {
    let arn = |kind: &str, name: &str| format!("{ACCOUNT}:{kind}/{name}");
    let details = json!({
        "UserDetailList": [{
            "UserName": "editor",
            "Arn": arn("user", "editor"),
            "GroupList": [],
            "AttachedManagedPolicies": [{"PolicyName": "edit", "PolicyArn": arn("policy", "edit")}],
        }],
        "GroupDetailList": [],
        "RoleDetailList": [role("lone", &json!({"Service": "ec2.amazonaws.com"}), &[], None)],
        "Policies": [{
            "PolicyName": "edit",
            "Arn": arn("policy", "edit"),
            "PolicyVersionList": [{
                "IsDefaultVersion": true,
                "Document": {"Statement": {"Effect": "Allow", "Action": "iam:PutUserPolicy", "Resource": "*"}}
            }],
        }],
    });
    let analysis = estate(&[("aws", "details.json", details.to_string())]);
    let editor = format!("identity:{ACCOUNT}:user/editor");
    let found = paths(&analysis, &editor, &format!("identity:{ACCOUNT}:role/lone"));
    assert_eq!(
        found.paths[0].sentence,
        "user editor can get the power of administrators of 111122223333, which control role lone."
    );
    let step = &found.paths[0].steps[0];
    assert_eq!(step.evidence[0].place, "Policies[0]");
    assert!(
        step.meaning.starts_with("It ") && step.meaning.contains("https://"),
        "{}",
        step.meaning
    );
    let change = answers::smallest_change(&analysis, &ask(&format!("from={editor}&to=administrators"))).unwrap();
    assert_eq!(
        (change.outcome.as_str(), change.n_changes, change.verified),
        ("cut", 1, true)
    );
}

/// A role with one inline policy of these actions on everything.
fn role_that_may(name: &str, trusted: &Value, actions: &[&str]) -> Value {
    let mut role = role(name, trusted, &[], None);
    role["RolePolicyList"] = json!([{
        "PolicyName": "own",
        "PolicyDocument": {"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
    }]);
    role
}

/// Two that pass roles to a service, which an administrator trusts; a trust in the whole account, one that may use it and
/// one that may not; and the root.
#[test]
fn the_graph_leads_where_the_tiers_say() {
    let lambda = json!({"Service": "lambda.amazonaws.com"});
    let ec2 = json!({"Service": "ec2.amazonaws.com"});
    let pass = &["lambda:*", "iam:PassRole"];
    let details = json!({
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [
            role_that_may("a-deploy", &lambda, pass),
            role_that_may("b-deploy", &lambda, pass),
            role("z-admin", &lambda, &["AdministratorAccess"], None),
            role("trusting", &json!({"AWS": format!("{ACCOUNT}:root")}), &["AdministratorAccess"], None),
            role_that_may("assumes", &ec2, &["sts:AssumeRole"]),
            role_that_may("lists", &ec2, &["s3:ListAllMyBuckets"]),
        ],
        "Policies": [],
    });
    let report = "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,\
        password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,\
        access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,\
        access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,\
        cert_1_last_rotated,cert_2_active,cert_2_last_rotated\n\
        <root_account>,arn:aws:iam::111122223333:root,2020-01-01T00:00:00+00:00,not_supported,no_information,\
        not_supported,not_supported,true,false,N/A,N/A,N/A,N/A,false,N/A,N/A,N/A,N/A,false,N/A,false,N/A\n";
    let analysis = estate(&[
        ("aws", "details.json", details.to_string()),
        ("aws", "report.csv", report.to_owned()),
    ]);
    let snapshot = &analysis.snapshot;
    let mut told = Vec::new();
    for (at, identity) in (0..).zip(&snapshot.identities) {
        let id = IdentityId(at);
        let standing = analysis.access.standing(id);
        let has_power = standing.is_administrator.max(standing.can_escalate) == Holds::Yes;
        let name = snapshot.strings.get(identity.name);
        let page = reach(
            &analysis,
            Direction::Out,
            &format!("node=identity:{}", snapshot.strings.get(identity.id)),
        );
        let reaches = (labels(&page).iter()).any(|(_, label)| label.starts_with("administrators of"));
        assert_eq!(reaches, has_power, "{name}");
        // Whoever it rises through has the power from the start, or rises through somebody else.
        let (mut now, mut through) = (id, Vec::new());
        while analysis.access.standing(now).is_administrator < Holds::Yes {
            let ways = analysis.access.escalations(snapshot, now);
            let next = ways.iter().find_map(|way| match (way.outcome, way.through) {
                (Outcome::Allowed, Some(Through::Identity(next))) => Some(next),
                _ => None,
            });
            let Some(next) = next else { break };
            now = next;
            through.push(snapshot.strings.get(snapshot.identity(now).name));
            assert!(through.len() < 5, "{name} rises in a circle: {through:?}");
        }
        told.push(format!("{name}: {has_power} {}", through.join(", ")));
    }
    // The root may do everything in its account, but STS lets it take on no role.
    let root = snapshot.find(&format!("{ACCOUNT}:root")).unwrap();
    let may = |action, resource: &str| analysis.access.decide(snapshot, root, action, resource, &[]).outcome;
    assert_eq!(
        may("sts:AssumeRole", &format!("{ACCOUNT}:role/trusting")),
        Outcome::Denied
    );
    assert_eq!(
        may("iam:GetRole", &format!("{ACCOUNT}:role/trusting")),
        Outcome::Allowed
    );
    assert_eq!(
        may("iam:GetRole", "arn:aws:iam::999988887777:role/x"),
        Outcome::DependsOn
    );
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "a-deploy: true z-admin",
            "assumes: true trusting",
            "b-deploy: true z-admin",
            "lists: false ",
            "root: true ",
            "trusting: true ",
            "z-admin: true ",
        ]
    );
}

/// A role that trusts its account on conditions: who is met by them for certain, perhaps, and never.
#[test]
fn trusts_lead_whom_their_conditions_let() {
    let trust = json!({"Statement": [
        {"Effect": "Allow", "Principal": {"AWS": format!("{ACCOUNT}:root")}, "Action": "sts:AssumeRole",
            "Condition": {"ArnLike": {"aws:PrincipalArn": format!("{ACCOUNT}:role/ci-*")}}},
        {"Effect": "Deny", "Principal": {"AWS": format!("{ACCOUNT}:role/ci-old")}, "Action": "sts:AssumeRole"},
        {"Effect": "Deny", "Principal": {"AWS": format!("{ACCOUNT}:role/ci-odd")}, "Action": "sts:AssumeRole",
            "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}},
    ]});
    let ec2 = json!({"Service": "ec2.amazonaws.com"});
    let names = ["ci-main", "ci-odd", "ci-old", "person"];
    let mut roles = names
        .map(|name| role_that_may(name, &ec2, &["sts:AssumeRole"]))
        .to_vec();
    let mut admin = role("admin", &ec2, &["AdministratorAccess"], None);
    admin["AssumeRolePolicyDocument"] = trust;
    roles.push(admin);
    let details = json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []});
    let analysis = estate(&[("aws", "details.json", details.to_string())]);
    let told = names.map(|name| {
        let arn = format!("{ACCOUNT}:role/{name}");
        let found = paths(
            &analysis,
            &format!("identity:{arn}"),
            &format!("identity:{ACCOUNT}:role/admin"),
        );
        let standing = analysis.access.standing(analysis.snapshot.find(&arn).unwrap());
        let sentences = found
            .paths
            .iter()
            .flat_map(|path| &path.steps)
            .map(|step| step.sentence.as_str());
        format!(
            "{:?} {}",
            standing.can_escalate,
            sentences.collect::<Vec<_>>().join(" ")
        )
    });
    assert_eq!(
        told,
        [
            "Yes role ci-main may assume role admin.",
            "Maybe role ci-odd may assume role admin, under a condition.",
            "No ",
            "No ",
        ]
    );
}

#[test]
fn access_is_told_with_the_statement_that_decides() {
    let ec2 = json!({"Service": "ec2.amazonaws.com"});
    let mut guarded = role("guarded", &ec2, &[], None);
    guarded["RolePolicyList"] = json!([{
        "PolicyName": "own",
        "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "*",
             "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        ]}
    }]);
    let details = json!({
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [role_that_may("lists", &ec2, &["s3:ListBucket"]), guarded],
        "Policies": [],
    });
    let analysis = estate(&[("aws", "details.json", details.to_string())]);
    let ask = |name: &str, action: &str, given: &[(&str, &str)]| {
        let query = AccessQuery {
            identity: format!("{ACCOUNT}:role/{name}"),
            action: action.to_owned(),
            resource: "arn:aws:s3:::reports".to_owned(),
            given: given
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            ..AccessQuery::default()
        };
        let answer = answers::access(&analysis, &query).unwrap();
        let because = answer.because.iter().map(|reason| reason.sentence.as_str());
        format!("{} [{}]", answer.sentence, because.collect::<Vec<_>>().join("; "))
    };
    let insecure = &[("aws:SecureTransport", "false")];
    assert_eq!(
        [
            ask("lists", "s3:ListBucket", &[]),
            ask("lists", "s3:PutObject", &[]),
            ask("guarded", "s3:ListBucket", &[]),
            ask("guarded", "s3:ListBucket", insecure),
        ],
        [
            "lists may do s3:ListBucket on arn:aws:s3:::reports. [own, statement 1, allows it]",
            "lists may not do s3:PutObject on arn:aws:s3:::reports: nothing allows it. []",
            "Whether guarded may do s3:ListBucket on arn:aws:s3:::reports depends on the condition on \
             aws:SecureTransport. [own, statement 2, denies it; own, statement 1, allows it]",
            "guarded may not do s3:ListBucket on arn:aws:s3:::reports: it is taken away. [own, statement 2, denies it]",
        ]
    );
}

#[test]
fn namespaces_of_two_clusters_are_two_places() {
    let objects = |account: &str, rules: Value| {
        json!({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"namespace": "shop", "name": account}},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
             "metadata": {"namespace": "shop", "name": "own"}, "rules": rules},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
             "metadata": {"namespace": "shop", "name": "own"},
             "roleRef": {"kind": "Role", "name": "own"},
             "subjects": [{"kind": "ServiceAccount", "namespace": "shop", "name": account}]},
        ]})
        .to_string()
    };
    let escalates = json!([{
        "apiGroups": ["rbac.authorization.k8s.io"],
        "resources": ["roles", "rolebindings"],
        "verbs": ["escalate", "bind", "create", "update"],
    }]);
    let reads = json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]);
    let analysis = estate(&[
        ("k8s-dev", "objects.json", objects("ci", escalates)),
        ("k8s-prod", "objects.json", objects("boss", reads)),
    ]);
    let page = reach(&analysis, Direction::Out, "node=identity:k8s:k8s-dev/shop/ci");
    let reached = labels(&page);
    assert!(
        reached.iter().any(|(_, label)| label.contains("administrators of")),
        "{reached:?}"
    );
    assert!(!reached.iter().any(|(_, label)| label.contains("boss")), "{reached:?}");
}
