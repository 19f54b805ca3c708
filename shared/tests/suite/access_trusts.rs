//! Who may take on a role of AWS, by its trust policy: cases by hand, and small random trust policies against an oracle.

use proptest::prelude::*;
use serde_json::{Value, json};
use shared::access::Access;
use shared::access::decision::{Dependency, Holds, Outcome, Says};
use shared::access::standing::Tier;
use shared::model::snapshot::Snapshot;

use super::access_aws::{find, snapshot_of};

const HOME: &str = "111122223333";
const AWAY: &str = "444455556666";
const MFA: &str = "aws:MultiFactorAuthPresent";
const EXTERNAL_ID: &str = "sts:ExternalId";

/// Who asks: name, kind, account, and whether a boundary caps it to the storage service.
const ACTORS: [(&str, &str, &str, bool); 5] = [
    ("ann", "user", HOME, false),
    ("cap", "user", HOME, true),
    ("bot", "role", HOME, false),
    ("pit", "role", HOME, true),
    ("far", "role", AWAY, false),
];

fn arn(kind: &str, name: &str, account: &str) -> String {
    format!("arn:aws:iam::{account}:{kind}/{name}")
}

/// An estate of all actors, each with these statements, and of a role `target` in the first account, an administrator
/// with this trust policy.
fn estate(trust: &[Value], own: &[Value]) -> Snapshot {
    let policy = |statements: &[Value]| json!({"Version": "2012-10-17", "Statement": statements});
    let boundary = format!("arn:aws:iam::{HOME}:policy/storage");
    let actor = |(name, kind, account, is_capped): &(&str, &str, &str, bool)| {
        let list = if *kind == "user" {
            "UserPolicyList"
        } else {
            "RolePolicyList"
        };
        let mut row = json!({"Arn": arn(kind, name, account), list: []});
        row[if *kind == "user" { "UserName" } else { "RoleName" }] = json!(name);
        if !own.is_empty() {
            row[list] = json!([{"PolicyName": "own", "PolicyDocument": policy(own)}]);
        }
        if *kind == "role" {
            let service = json!({"Service": "ec2.amazonaws.com"});
            row["AssumeRolePolicyDocument"] =
                policy(&[json!({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})]);
        }
        if *is_capped {
            row["PermissionsBoundary"] =
                json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": boundary});
        }
        row
    };
    let of_kind = |wanted: &str| -> Vec<Value> {
        ACTORS
            .iter()
            .filter(|(_, kind, ..)| *kind == wanted)
            .map(actor)
            .collect()
    };
    let mut roles = of_kind("role");
    roles.push(json!({
        "Arn": arn("role", "target", HOME), "RoleName": "target", "AssumeRolePolicyDocument": policy(trust),
        "AttachedManagedPolicies":
            [{"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}],
    }));
    let storage = policy(&[json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})]);
    let details = json!({"UserDetailList": of_kind("user"), "GroupDetailList": [], "RoleDetailList": roles, "Policies":
        [{"Arn": boundary, "PolicyName": "storage", "DefaultVersionId": "v1", "PolicyVersionList":
            [{"VersionId": "v1", "IsDefaultVersion": true, "Document": storage}]}]});
    snapshot_of(&[("details.json", &details.to_string())])
}

fn statement(effect: &str, principal: &str, condition: &Value) -> Value {
    let mut statement = json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"});
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    statement
}

fn may_assume() -> Vec<Value> {
    vec![json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"})]
}

/// The trust policy; who asks; what is said, and its highest tier for certain and at most.
#[test]
fn trust_policies_are_held_against_who_asks() {
    let root = format!("arn:aws:iam::{HOME}:root");
    let (ann, bot) = (arn("user", "ann", HOME), arn("role", "bot", HOME));
    let all = statement("Allow", &root, &Value::Null);
    let without_mfa = json!({"BoolIfExists": {MFA: "false"}});
    let by_arn = json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::{HOME}:role/b*")}});
    let (no, yes) = (Tier::Nothing, Tier::Escalates);
    for (trust, who, expected, least, most) in [
        // A denial at times, of the account that is let in.
        (
            vec![all.clone(), statement("Deny", &root, &without_mfa)],
            "ann",
            "depends on aws:MultiFactorAuthPresent",
            no,
            yes,
        ),
        // A denial of one of those who are let in, and of all of an account of which one is.
        (
            vec![all.clone(), statement("Deny", &bot, &Value::Null)],
            "bot",
            "denied",
            no,
            no,
        ),
        (
            vec![all.clone(), statement("Deny", &bot, &Value::Null)],
            "ann",
            "allowed",
            yes,
            yes,
        ),
        (
            vec![
                statement("Allow", &ann, &Value::Null),
                statement("Deny", &root, &Value::Null),
            ],
            "ann",
            "denied",
            no,
            no,
        ),
        // One session of a role is not the role.
        (
            vec![
                all.clone(),
                statement(
                    "Deny",
                    &format!("arn:aws:sts::{HOME}:assumed-role/bot/night"),
                    &Value::Null,
                ),
            ],
            "bot",
            "allowed",
            yes,
            yes,
        ),
        // Conditions that tell who asks.
        (vec![statement("Allow", &root, &by_arn)], "bot", "allowed", yes, yes),
        (vec![statement("Allow", &root, &by_arn)], "ann", "not allowed", no, no),
        (
            vec![statement(
                "Allow",
                &root,
                &json!({"StringEquals": {"aws:PrincipalAccount": AWAY}}),
            )],
            "ann",
            "not allowed",
            no,
            no,
        ),
        (
            vec![statement(
                "Allow",
                &root,
                &json!({"StringLike": {"aws:username": "a*"}}),
            )],
            "ann",
            "allowed",
            yes,
            yes,
        ),
        (
            vec![statement(
                "Allow",
                "*",
                &json!({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
            )],
            "far",
            "depends on aws:PrincipalOrgID",
            no,
            yes,
        ),
        // It is let in by its account for certain, and by its name perhaps.
        (
            vec![
                all.clone(),
                statement("Allow", &ann, &json!({"StringEquals": {EXTERNAL_ID: "x"}})),
            ],
            "ann",
            "allowed",
            yes,
            yes,
        ),
    ] {
        let snapshot = estate(&trust, &may_assume());
        let access = Access::new(&snapshot);
        let id = find(&snapshot, who);
        let target = arn("role", "target", HOME);
        let decision = access.decide(&snapshot, id, "sts:AssumeRole", &target, &[]);
        let keys = decision.depends_on.iter().map(|dependency| match dependency {
            Dependency::Condition(key) => key.as_str(),
            other => panic!("{other:?}"),
        });
        let said = match decision.outcome {
            Outcome::Allowed => "allowed".to_owned(),
            Outcome::Denied if decision.proof.iter().any(|reason| reason.says == Says::Denies) => "denied".to_owned(),
            Outcome::Denied => "not allowed".to_owned(),
            Outcome::DependsOn => format!("depends on {}", keys.collect::<Vec<_>>().join(", ")),
        };
        assert_eq!(said, expected, "{who}: {}", json!(trust));
        let standing = access.standing(id);
        let lowest = |tier: Tier| if tier < Tier::Escalates { Tier::Nothing } else { tier };
        assert_eq!(
            (lowest(standing.tier), lowest(standing.at_most)),
            (least, most),
            "{who}: {}",
            json!(trust)
        );
    }
}

/// It is let in by its name perhaps, and by its account for certain, but has no policy of its own.
#[test]
fn who_is_named_at_times_needs_no_policy_at_those_times() {
    let root = format!("arn:aws:iam::{HOME}:root");
    let ann = arn("user", "ann", HOME);
    let trust = [
        statement("Allow", &root, &Value::Null),
        statement("Allow", &ann, &json!({"StringEquals": {EXTERNAL_ID: "x"}})),
    ];
    let snapshot = estate(&trust, &[]);
    let access = Access::new(&snapshot);
    let target = arn("role", "target", HOME);
    for (given, expected) in [
        (&[] as &[(&str, &[&str])], Outcome::DependsOn),
        (&[(EXTERNAL_ID, &["x"])], Outcome::Allowed),
        (&[(EXTERNAL_ID, &[])], Outcome::Denied),
    ] {
        let decision = access.decide(&snapshot, find(&snapshot, "ann"), "sts:AssumeRole", &target, given);
        assert_eq!(decision.outcome, expected, "{given:?}");
    }
}

/// A session is named without its role's path; a role that is passed to a service lets it in for its own account.
#[test]
fn sessions_and_services_are_held_against_it() {
    let session = format!("arn:aws:sts::{HOME}:assumed-role/deep/night");
    let mut details = json!({"UserDetailList": [], "GroupDetailList": [], "Policies": []});
    let check = |details: &Value, who: &str| {
        let snapshot = snapshot_of(&[("details.json", &details.to_string())]);
        Access::new(&snapshot).standing(find(&snapshot, who)).can_escalate
    };
    let role = |name: &str, path: &str, trust: Value, own: Value| {
        let policy = |statements: Value| json!({"Version": "2012-10-17", "Statement": [statements]});
        json!({"Arn": arn("role", &format!("{path}{name}"), HOME), "RoleName": name,
            "AssumeRolePolicyDocument": policy(trust),
            "RolePolicyList": [{"PolicyName": "own", "PolicyDocument": policy(own)}]})
    };
    let lambda = |condition: Value| {
        json!({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole", "Condition": condition})
    };
    let all = json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    let lists = json!({"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"});
    details["RoleDetailList"] = json!([
        role("target", "", statement("Allow", &session, &Value::Null), all.clone()),
        role("deep", "ops/", lambda(json!({})), lists),
    ]);
    assert_eq!(check(&details, "deep"), Holds::Yes);
    for (condition, expected) in [
        (json!({}), Holds::Yes),
        (json!({"StringEquals": {"aws:SourceAccount": HOME}}), Holds::Yes),
        (json!({"StringEquals": {"aws:SourceAccount": AWAY}}), Holds::No),
        (
            json!({"ArnLike": {"aws:SourceArn": format!("arn:aws:lambda:*:{HOME}:function:x")}}),
            Holds::Maybe,
        ),
    ] {
        let passes = json!({"Effect": "Allow", "Action": ["lambda:*", "iam:PassRole"], "Resource": "*"});
        details["RoleDetailList"] = json!([
            role("target", "", lambda(condition.clone()), all.clone()),
            role("deploy", "", lambda(json!({})), passes),
        ]);
        assert_eq!(check(&details, "deploy"), expected, "{condition}");
    }
}

mod oracle {
    //! What the manual says of a request to take on a role, letter by letter.

    use serde_json::Value;

    pub struct Asks {
        pub arn: String,
        pub account: &'static str,
        pub user_name: Option<&'static str>,
        pub is_capped: bool,
        pub external_id: Option<&'static str>,
        pub mfa: Option<&'static str>,
    }

    fn texts(value: &Value) -> Vec<&str> {
        match value {
            Value::String(text) => vec![text],
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect(),
            _ => vec![],
        }
    }

    /// A pattern with stars at its end, if anywhere.
    fn like(pattern: &str, text: &str) -> bool {
        match pattern.strip_suffix('*') {
            Some(start) => text.starts_with(start),
            None => pattern == text,
        }
    }

    fn holds(operator: &str, key: &str, wanted: &Value, asks: &Asks) -> bool {
        let found = match key {
            "aws:PrincipalArn" => Some(asks.arn.as_str()),
            "aws:PrincipalAccount" => Some(asks.account),
            "aws:username" => asks.user_name,
            "sts:ExternalId" => asks.external_id,
            _ => asks.mfa,
        };
        let wanted = texts(wanted);
        match (operator, found) {
            ("Null", found) => (wanted == ["true"]) == found.is_none(),
            ("BoolIfExists" | "ArnNotLike" | "StringNotLike" | "StringNotEquals", None) => true,
            (_, None) => false,
            ("ArnNotLike" | "StringNotLike", Some(found)) => !wanted.iter().any(|wanted| like(wanted, found)),
            ("ArnLike" | "StringLike", Some(found)) => wanted.iter().any(|wanted| like(wanted, found)),
            ("StringNotEquals", Some(found)) => !wanted.contains(&found),
            (_, Some(found)) => wanted.contains(&found),
        }
    }

    fn conditions_hold(statement: &Value, asks: &Asks) -> bool {
        let none = serde_json::Map::new();
        let conditions = statement.get("Condition").and_then(Value::as_object).unwrap_or(&none);
        conditions.iter().all(|(operator, keys)| {
            (keys.as_object().unwrap().iter()).all(|(key, wanted)| holds(operator, key, wanted, asks))
        })
    }

    fn is_about_assuming(statement: &Value) -> bool {
        let is = |patterns: &Value| texts(patterns).iter().any(|pattern| like(pattern, "sts:AssumeRole"));
        match statement.get("Action") {
            Some(actions) => is(actions),
            None => !is(&statement["NotAction"]),
        }
    }

    pub fn may(trust: &[Value], own: &[Value], asks: &Asks, home: &str) -> bool {
        let bears = |statement: &&Value, effect: &str| {
            statement["Effect"] == effect && is_about_assuming(statement) && conditions_hold(statement, asks)
        };
        let root = format!("arn:aws:iam::{}:root", asks.account);
        let names = |statement: &Value, name: &str| texts(&statement["Principal"]["AWS"]).contains(&name);
        let says = |effect: &str, is_meant: &dyn Fn(&Value) -> bool| {
            let mut of_effect = trust.iter().filter(|statement| bears(statement, effect));
            of_effect.any(is_meant)
        };
        let by_name = |statement: &Value| names(statement, "*") || names(statement, &asks.arn);
        let by_account = |statement: &Value| names(statement, &root);
        let own_says = |effect: &str| own.iter().any(|statement| bears(&statement, effect));
        if own_says("Deny") || says("Deny", &|statement| by_name(statement) || by_account(statement)) {
            return false;
        }
        let is_named = says("Allow", &by_name);
        let is_let = own_says("Allow");
        if asks.account != home {
            return is_let && !asks.is_capped && (is_named || says("Allow", &by_account));
        }
        let is_user = asks.user_name.is_some();
        is_named && (is_user || !asks.is_capped) || is_let && !asks.is_capped && says("Allow", &by_account)
    }
}

fn condition() -> impl Strategy<Value = Value> {
    let patterns = vec![
        format!("arn:aws:iam::{HOME}:role/*"),
        format!("arn:aws:iam::{HOME}:user/a*"),
        arn("role", "bot", HOME),
        format!("arn:aws:iam::{AWAY}:*"),
    ];
    prop_oneof![
        3 => Just(Value::Null),
        2 => (prop::sample::select(vec!["ArnLike", "ArnNotLike"]), prop::sample::subsequence(patterns, 1..3))
            .prop_map(|(operator, patterns)| json!({operator: {"aws:PrincipalArn": patterns}})),
        1 => (prop::sample::select(vec!["StringEquals", "StringNotEquals"]), prop::sample::select(vec![HOME, AWAY]))
            .prop_map(|(operator, account)| json!({operator: {"aws:PrincipalAccount": account}})),
        1 => (prop::sample::select(vec!["StringLike", "StringNotLike"]), prop::sample::select(vec!["a*", "cap"]))
            .prop_map(|(operator, name)| json!({operator: {"aws:username": name}})),
        1 => prop::sample::select(vec!["true", "false"]).prop_map(|wanted| json!({"Null": {"aws:username": wanted}})),
        1 => prop::sample::select(vec!["StringEquals", "StringNotEquals"])
            .prop_map(|operator| json!({operator: {EXTERNAL_ID: "x"}})),
        1 => (prop::sample::select(vec!["Bool", "BoolIfExists"]), prop::sample::select(vec!["true", "false"]))
            .prop_map(|(operator, mfa)| json!({operator: {MFA: mfa}})),
    ]
}

fn trust() -> impl Strategy<Value = Value> {
    let principals = vec![
        "*".to_owned(),
        format!("arn:aws:iam::{HOME}:root"),
        format!("arn:aws:iam::{AWAY}:root"),
        arn("user", "ann", HOME),
        arn("user", "cap", HOME),
        arn("role", "bot", HOME),
        arn("role", "pit", HOME),
        arn("role", "far", AWAY),
    ];
    let actions = prop::sample::select(vec![
        json!({"Action": "sts:AssumeRole"}),
        json!({"Action": ["sts:TagSession", "sts:*"]}),
        json!({"Action": "sts:TagSession"}),
        json!({"NotAction": "sts:TagSession"}),
        json!({"NotAction": "sts:Assume*"}),
    ]);
    let actions = prop_oneof![2 => Just(json!({"Action": "sts:AssumeRole"})), 1 => actions];
    (
        prop::sample::select(vec!["Allow", "Allow", "Deny"]),
        prop::sample::subsequence(principals, 1..4),
        actions,
        condition(),
    )
        .prop_map(|(effect, principals, mut statement, condition)| {
            statement["Effect"] = json!(effect);
            statement["Principal"] = json!({"AWS": principals});
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        })
}

fn own() -> impl Strategy<Value = Vec<Value>> {
    let statement =
        (prop::sample::select(vec!["Allow", "Allow", "Deny"]), condition()).prop_map(|(effect, condition)| {
            let mut statement = json!({"Effect": effect, "Action": "sts:AssumeRole", "Resource": "*"});
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        });
    prop::collection::vec(statement, 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn it_says_who_is_let_in(trust in prop::collection::vec(trust(), 1..5), own in own()) {
        let snapshot = estate(&trust, &own);
        let access = Access::new(&snapshot);
        let target = arn("role", "target", HOME);
        for (name, kind, account, is_capped) in ACTORS {
            let id = find(&snapshot, name);
            let mut can = Vec::new();
            for external_id in [None, Some("x"), Some("y")] {
                for mfa in [None, Some("true"), Some("false")] {
                    let asks = oracle::Asks {
                        arn: arn(kind, name, account),
                        account,
                        user_name: (kind == "user").then_some(name),
                        is_capped,
                        external_id,
                        mfa,
                    };
                    let expected = oracle::may(&trust, &own, &asks, HOME);
                    can.push(expected);
                    let given = [(EXTERNAL_ID, external_id.as_slice()), (MFA, mfa.as_slice())];
                    let decision = access.decide(&snapshot, id, "sts:AssumeRole", &target, &given);
                    prop_assert_eq!(decision.outcome, if expected { Outcome::Allowed } else { Outcome::Denied }, "{} given {:?}", name, given);
                }
            }
            let decision = access.decide(&snapshot, id, "sts:AssumeRole", &target, &[]);
            match decision.outcome {
                Outcome::Allowed => prop_assert!(can.iter().all(|can| *can), "{name}: {decision:?}"),
                Outcome::Denied => prop_assert!(!can.iter().any(|can| *can), "{name}: {decision:?}"),
                Outcome::DependsOn => prop_assert!(!decision.depends_on.is_empty()),
            }
            // The tiers and the edges of the graph look for the same by shorter ways.
            let holds = decision.outcome.holds();
            prop_assert_eq!(access.standing(id).can_escalate, holds, "{}", name);
            let edges = access.assumed(&snapshot, id);
            prop_assert_eq!(edges.iter().map(|(_, decision)| decision.outcome.holds()).max().unwrap_or(Holds::No), holds, "{}", name);
        }
    }
}
