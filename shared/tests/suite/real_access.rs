//! Effective access over real exports: who is called an administrator or one who can become one, and by which path.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use shared::access::Access;
use shared::access::decision::{Holds, Outcome};
use shared::access::escalation::aws::AWS;
use shared::access::escalation::{ACTS_AS, EscalationPath, Through};
use shared::access::standing::Tier;
use shared::model::snapshot::{IdentityId, Snapshot};

use crate::access_aws::snapshot_of;

fn read(path: &Path) -> Snapshot {
    let text = std::fs::read_to_string(path).unwrap();
    snapshot_of(&[("details.json", &text)])
}

/// Tiers and paths of who is an administrator, or can become one, by name.
fn explained(snapshot: &Snapshot, access: &Access) -> BTreeMap<String, String> {
    let ids = (0..snapshot.identities.len()).map(|at| IdentityId(at as u32));
    let name = |id: IdentityId| snapshot.strings.get(snapshot.identity(id).name);
    let explain = |id: IdentityId| {
        let standing = access.standing(id);
        if standing.tier == Tier::Administrator {
            return Some("administrator".to_owned());
        }
        let ways = access.escalations(snapshot, id);
        // Whoever stands so has a path, and who has one stands so.
        let surest = ways.iter().map(|way| way.outcome.holds()).max().unwrap_or(Holds::No);
        if ways.is_empty() && standing.can_escalate == Holds::Maybe {
            return Some("? a role that no export defines".to_owned());
        }
        assert_eq!(standing.can_escalate, surest, "{}", name(id));
        assert!(ways.iter().all(|way| !way.proof.is_empty()), "{}", name(id));
        let shown = ways.iter().filter(|way| way.outcome.holds() == surest).map(|way| {
            let through = match way.through {
                Some(Through::Identity(id)) => format!(" through {}", name(id)),
                Some(Through::Group(group)) => format!(" through {}", snapshot.strings.get(group)),
                None => String::new(),
            };
            let perhaps = if way.outcome == Outcome::DependsOn { "? " } else { "" };
            format!("{perhaps}{}{through}", way.path.id)
        });
        let mut shown: Vec<_> = shown.take(2).collect();
        if ways.len() > 10 {
            shown.truncate(1);
            shown.push("and more".to_owned());
        }
        (!ways.is_empty()).then(|| shown.join(", "))
    };
    // Of many, some do.
    let ids = ids.step_by(1 + snapshot.identities.len() / 300);
    ids.filter_map(|id| Some((name(id).to_owned(), explain(id)?))).collect()
}

/// The account in which Cloudsplaining tries every path that it knows: one role and one user for each. `fn…` are those
/// that other tools miss, `fp…` those that they name wrongly.
#[test]
fn the_example_of_cloudsplaining() {
    let Some(folder) = crate::support::data("aws_iam/salesforce__cloudsplaining") else {
        return;
    };
    let snapshot = read(&folder.join("examples/files/example.json"));
    let found = explained(&snapshot, &Access::new(&snapshot));
    let service_role = "privesc-high-priv-service-role";
    let stack_role = "AWS-QuickSetup-StackSet-Local-ExecutionRole";
    let user = "fn1-privesc3-partial-user";
    let through = |path: &str, whom: &str| format!("{path} through {whom}");
    for (who, path) in [
        ("privesc1-CreateNewPolicyVersion-role", "aws.iam-001".to_owned()),
        // Which older versions there are, and what they allow, no export tells.
        (
            "privesc2-SetExistingDefaultPolicyVersion-role",
            "? aws.set_default_policy_version".to_owned(),
        ),
        (
            "privesc3-CreateEC2WithExistingInstanceProfile-role",
            format!(
                "{}, {}",
                through("aws.ec2-001", service_role),
                through("aws.associate_instance_profile", service_role)
            ),
        ),
        ("privesc4-CreateAccessKey-role", through("aws.iam-002", user)),
        ("privesc5-CreateLoginProfile-role", through("aws.iam-004", user)),
        ("privesc6-UpdateLoginProfile-role", through("aws.iam-006", user)),
        ("privesc7-AttachUserPolicy-user", "aws.iam-008".to_owned()),
        ("privesc8-AttachGroupPolicy-user", "aws.iam-010".to_owned()),
        ("privesc11-PutGroupPolicy-user", "aws.iam-011".to_owned()),
        ("privesc9-AttachRolePolicy-role", "aws.iam-009".to_owned()),
        ("privesc10-PutUserPolicy-user", "aws.iam-007".to_owned()),
        (
            "privesc13-AddUserToGroup-user",
            through("aws.iam-013", "arn:aws:iam::200611803367:group/privesc-sre-group"),
        ),
        ("privesc12-PutRolePolicy-role", "aws.iam-005".to_owned()),
        (
            "privesc14-UpdatingAssumeRolePolicy-role",
            through("aws.iam-012", stack_role),
        ),
        (
            "privesc15-PassExistingRoleToNewLambdaThenInvoke-role",
            through("aws.lambda-001", service_role),
        ),
        (
            "privesc16-PassRoleToNewLambdaThenTriggerWithNewDynamo-role",
            through("aws.lambda-002", service_role),
        ),
        // Which role the function has, no export tells.
        (
            "privesc17-EditExistingLambdaFunctionWithRole-role",
            "? aws.lambda-003, ? aws.update_function_configuration".to_owned(),
        ),
        (
            "privesc18-PassExistingRoleToNewGlueDevEndpoint-role",
            through("aws.glue-001", service_role),
        ),
        (
            "privesc19-UpdateExistingGlueDevEndpoint-role",
            "? aws.glue-002".to_owned(),
        ),
        (
            "privesc20-PassExistingRoleToCloudFormation-role",
            through("aws.cloudformation-001", service_role),
        ),
        (
            "privesc21-PassExistingRoleToNewDataPipeline-role",
            through("aws.datapipeline-001", service_role),
        ),
        (
            "privesc-AssumeRole-starting-role",
            through("trust", "privesc-AssumeRole-intermediate-role"),
        ),
        (
            "privesc-AssumeRole-intermediate-role",
            through("trust", "privesc-AssumeRole-ending-role"),
        ),
        ("privesc-AssumeRole-ending-role", "administrator".to_owned()),
        (service_role, "administrator".to_owned()),
        ("fn1-privesc3-partial-role", through("aws.ec2-001", service_role)),
        ("fn2-exploitableResourceConstraint-role", "aws.iam-001".to_owned()),
        // The one wants a session newer than 2020, the other an older one: what a request will have is not judged.
        ("fn3-exploitableConditionConstraint-role", "? aws.iam-001".to_owned()),
        ("fp5-nonExploitableConditionConstraint-role", "? aws.iam-001".to_owned()),
    ] {
        assert_eq!(found.get(who), Some(&path), "{who}");
    }
    let not_found = |name: &str| !found.contains_key(name);
    let names = snapshot
        .identities
        .iter()
        .map(|identity| snapshot.strings.get(identity.name));
    let tried = names.filter(|name| ["fn", "fp", "privesc"].iter().any(|start| name.starts_with(start)));
    let tried: Vec<_> = tried.filter(|name| not_found(name)).collect();
    assert_eq!(
        tried,
        [
            // Another policy, or the same one, denies it again; a policy of AWS's own cannot be written to.
            "fp1-allow-and-deny-role",
            "fp2-allow-and-deny-multiple-policies-role",
            "fp3-deny-iam-role",
            "fp4-nonExploitableResourceConstraint-role",
            "privesc-permissive-role-trust",
            // A role cannot give itself what is for users, and neither belongs to a group with power.
            "privesc10-PutUserPolicy-role",
            "privesc11-PutGroupPolicy-role",
            "privesc13-AddUserToGroup-role",
            "privesc7-AttachUserPolicy-role",
            "privesc8-AttachGroupPolicy-role",
            "fp1-allow-and-deny-user",
            "fp2-allow-and-deny-multiple-policies-user",
            "fp3-deny-iam-user",
            "fp4-nonExploitableResourceConstraint-user",
            // Is given nothing.
            "privesc-AssumeRole-start-user",
            // A user cannot give itself what is for roles, and may take on none.
            "privesc12-PutRolePolicy-user",
            "privesc9-AttachRolePolicy-user",
        ]
    );
}
/// A large account: whoever stands high has a path, and the other way about.
#[test]
fn everybody_of_a_large_account_is_explained() {
    let Some(folder) = crate::support::data("aws_iam/moto-large") else {
        return;
    };
    let snapshot = read(&folder.join("get-account-authorization-details.json"));
    let access = Access::new(&snapshot);
    let tiers = (0..snapshot.identities.len()).map(|at| access.standing(IdentityId(at as u32)).tier);
    // A Python script that looks for `*` on `*` alone counts 50, to two of which another document denies it again.
    assert_eq!(tiers.filter(|tier| *tier == Tier::Administrator).count(), 48);
    // Nearly everybody else can become one: roles with power trust every principal, and some that has.
    let found = explained(&snapshot, &access);
    assert!(
        found.values().filter(|path| path.starts_with("trust through")).count() > 200,
        "{found:#?}"
    );
}

/// A cluster of Prometheus's and OpenShift's own objects.
#[test]
fn the_cluster_of_kubectl() {
    let Some(folder) = crate::support::data("kubernetes/kubectl-list-derived") else {
        return;
    };
    let text = std::fs::read_to_string(folder.join("kubectl-get-all-A.json")).unwrap();
    let snapshot = snapshot_of(&[("kubectl-get-all-A.json", &text)]);
    let found = explained(&snapshot, &Access::new(&snapshot));
    let expected = [
        // Bound to roles that every cluster has, and that are not in the list.
        ("monitoring/prometheus-adapter", "? a role that no export defines"),
        (
            "monitoring/prometheus-operator",
            "? kubernetes.create-statefulsets through monitoring/prometheus-adapter, ? kubernetes.make-tokens through \
             monitoring/prometheus-adapter",
        ),
    ];
    let expected = expected.map(|(name, path)| (name.to_owned(), path.to_owned()));
    assert_eq!(found, BTreeMap::from(expected));
}

/// The reference catalogue of ways up in AWS. A path that is no row of ours needs more than a row that is one, or is the
/// one that is looked at for every identity.
#[test]
fn the_catalogue_of_pathfinding_is_ours() {
    let Some(folder) = crate::support::data("aws_iam/salesforce__cloudsplaining") else {
        return;
    };
    let file = folder.join("research/pathfinding-cloud/pathfinding-paths-catalog.yaml");
    let catalogue: serde_json::Value = serde_yaml_ng::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let needs = |path: &EscalationPath| -> BTreeSet<String> {
        let actions = path.needs.iter().flat_map(|need| need.action.split('|'));
        actions.map(str::to_ascii_lowercase).collect()
    };
    let mut left_out = Vec::new();
    for theirs in catalogue["paths"].as_array().unwrap() {
        let id = theirs["id"].as_str().unwrap();
        let actions = theirs["required_actions"].as_array().unwrap();
        let actions: BTreeSet<String> = actions
            .iter()
            .map(|action| action.as_str().unwrap().to_owned())
            .collect();
        let source = format!("https://pathfinding.cloud/paths/{id}");
        match AWS.iter().find(|path| path.source == source) {
            Some(ours) => assert_eq!(needs(ours), actions, "{id}"),
            None if ACTS_AS.source == source => {}
            None => {
                let is_enough = |ours: &&EscalationPath| needs(ours).is_subset(&actions);
                let ours = AWS.iter().find(is_enough).unwrap_or_else(|| panic!("{id} has no row"));
                left_out.push(format!("{id}: {}", ours.id));
            }
        }
    }
    let expected = [
        "ecs-001: aws.ecs-003",
        "ecs-002: aws.ecs-004",
        "iam-003: aws.iam-002",
        "lambda-004: aws.lambda-003",
        "lambda-005: aws.lambda-003",
    ];
    assert_eq!(left_out, expected);
}
