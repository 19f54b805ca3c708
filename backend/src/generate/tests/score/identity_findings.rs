//! What the rules find on identities by their use, their rights and what runs as them; and what was planted of which no
//! rule speaks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::model::batch::Employment;
use shared::model::identity::{Class, IdentityKind};
use shared::model::instant::Instant;
use shared::model::principal::Principal;

use super::credential_findings::secrets;
use super::governance::is_in_scope;
use super::{Found, Planted, Scores, list, text};

pub fn score(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let as_of = found.0.snapshot.as_of;
    let in_scope = |is_found: &dyn Fn(&str, &Value) -> bool| -> BTreeSet<String> {
        let identities = planted.identities();
        let found = identities.filter(|(id, it)| is_in_scope(it) && is_found(id, it));
        found.map(|(id, _)| id.to_owned()).collect()
    };
    let is_stale = |it: &Value| match (it["idle_since"].as_str(), instant(&it["idle_since"])) {
        (_, Some(at)) => at.days_until(as_of) >= 90,
        (ever, None) => ever.is_some(),
    };
    let (wildcards, mounted) = (
        planted_on(planted, "wildcard_grant"),
        planted_on(planted, "token_automount"),
    );
    let (federated, with_secret) = (federated(planted), with_secret(planted, as_of));
    let power = power(planted);
    for (rule, expected) in [
        ("stale", in_scope(&|_, it| it["enabled"] != false && is_stale(it))),
        (
            "wildcard_grant",
            in_scope(&|id, it| !is_administrator(it) && wildcards.contains(id)),
        ),
        ("token_automount", in_scope(&|id, _| mounted.contains(id))),
        (
            "static_key_despite_federation",
            in_scope(&|id, _| federated.contains(id) && with_secret.contains(id)),
        ),
        (
            "escalation_path",
            in_scope(&|id, it| !is_administrator(it) && power.contains(id)),
        ),
    ] {
        scores.compare(&format!("finding: {rule}"), expected, found.of_rule(rule));
    }
    score_planted(planted, found, scores);
}

fn is_administrator(identity: &Value) -> bool {
    identity["administrator"] == true || text(identity, "kind") == "root_account"
}

fn instant(value: &Value) -> Option<Instant> {
    value.as_str().and_then(Instant::from_text)
}

/// The identities on which something of this kind was planted.
fn planted_on(planted: &Planted<'_>, kind: &str) -> BTreeSet<String> {
    let subjects = planted.problems(kind).iter();
    subjects.map(|it| planted.public[text(it, "subject")].clone()).collect()
}

/// Identities that somebody's token lets in without a secret: of a workload, a pipeline or another cloud.
fn federated(planted: &Planted<'_>) -> BTreeSet<String> {
    let joins = [
        "irsa",
        "gke_workload_identity",
        "azure_workload_identity",
        "entra_to_gcp",
        "github_to_aws",
        "github_to_entra",
        "github_to_gcp",
    ];
    let targets = joins
        .iter()
        .flat_map(|kind| planted.joins(kind))
        .map(|it| text(it, "right"));
    let mut all: BTreeSet<String> = targets.map(|id| planted.public[id].clone()).collect();
    for kind in ["workload_gone", "ci_trust_without_subject"] {
        all.extend(planted_on(planted, kind));
    }
    for it in planted
        .listed("credentials")
        .iter()
        .filter(|it| text(it, "kind") == "federation")
    {
        let holders = list(it, "holders").iter();
        all.extend(holders.map(|holder| planted.public[holder.as_str().unwrap()].clone()));
    }
    all
}

/// Identities with a secret that works and can be copied.
fn with_secret(planted: &Planted<'_>, as_of: Instant) -> BTreeSet<String> {
    let secrets = secrets(planted);
    let copied = secrets.into_iter().filter(|secret| secret.is_portable(as_of));
    copied.flat_map(|secret| secret.holders).collect()
}

/// Who is an administrator or can become one: by acting as one, through what was planted as a way up or by a trust.
/// Whoever can act as one who can become one, can too.
fn power(planted: &Planted<'_>) -> BTreeSet<String> {
    let identities: BTreeMap<&str, &Value> = planted.identities().collect();
    let mut power: BTreeSet<String> = (identities.iter())
        .filter(|(_, it)| is_administrator(it))
        .map(|(id, _)| (*id).to_owned())
        .collect();
    let source = |id: &str| list(identities[id], "sources")[0].as_str();
    let namespace = |id: &str| id.rsplit_once('/').map(|(namespace, _)| namespace.to_owned());
    let account = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
    let passable: BTreeSet<&str> = (planted.joins("service_to_role").iter())
        .filter(|it| text(it, "left") == "lambda.amazonaws.com")
        .map(|it| text(it, "right"))
        .collect();
    let has_token: BTreeSet<String> = (planted.listed("credentials").iter())
        .filter(|it| text(it, "kind") == "service_account_token")
        .map(|it| planted.public[it["holders"][0].as_str().unwrap()].clone())
        .collect();
    // Without the row of its service principal nothing ties a permission to an application.
    let ways_up = || {
        let all = planted.problems("way_up").iter();
        let ways = all.map(|it| (planted.public[text(it, "subject")].as_str(), text(it, "detail")));
        ways.filter(|(id, _)| identities[id]["enabled"].is_boolean())
    };
    let trusts = super::findings::trusts_of_identities(planted);
    loop {
        let rises = |id: &str, way: &str| {
            let mut others = power.iter().filter(|other| *other != id);
            match way {
                "hands out roles" => true,
                "reads the tokens of its cluster" => {
                    others.any(|other| source(other) == source(id) && has_token.contains(other))
                }
                "runs pods in its namespace" => others.any(|other| namespace(other) == namespace(id)),
                "acts as accounts of its project" => {
                    others.any(|other| other.starts_with("gcp:") && source(other) == source(id))
                }
                "passes roles to functions" => {
                    others.any(|other| account(other) == account(id) && passable.contains(other.as_str()))
                }
                "adds credentials to applications" => {
                    others.any(|other| other.starts_with("entra:app/") && source(other) == source(id))
                }
                other => panic!("the test knows no way up `{other}`"),
            }
        };
        let by_way = ways_up()
            .filter(|(id, way)| rises(id, way))
            .map(|(id, _)| id.to_owned());
        let by_trust = (trusts.iter())
            .filter(|(actor, target)| power.contains(target) && identities.contains_key(actor.as_str()))
            .map(|(actor, _)| actor.clone());
        let risen: BTreeSet<String> = by_way.chain(by_trust).filter(|id| !power.contains(id)).collect();
        if risen.is_empty() {
            return power;
        }
        power.extend(risen);
    }
}

/// What is there to be seen, and no rule's own: who sponsors an agent, people's accounts, what everybody may read, and
/// what refers to something that is gone. Rules judge identities that are no person's, and credentials: a person who left
/// is for the directory to take out, a bucket is no identity, and a name of a role that is gone lets nobody in.
fn score_planted(planted: &Planted<'_>, found: &Found<'_>, scores: &mut Scores) {
    let snapshot = &found.0.snapshot;
    let is_agent = |id: &str| {
        let id = snapshot.find(id).unwrap();
        snapshot.identity(id).kind == IdentityKind::Agent
    };
    let owners: BTreeMap<&str, &str> = planted.identities().map(|(id, it)| (id, text(it, "owner"))).collect();
    scores.compare(
        "planted: agent without sponsor",
        // The registry may know whom the directory does not.
        (planted_on(planted, "agent_without_sponsor").into_iter())
            .filter(|id| owners[id.as_str()] == "absent")
            .collect(),
        (found.of_rule("unowned").into_iter())
            .filter(|id| is_agent(id))
            .collect(),
    );
    let left: BTreeSet<&str> = (snapshot.people.iter())
        .filter(|person| person.employment == Employment::Left || person.left_at.is_some_and(|at| at <= snapshot.as_of))
        .filter_map(|person| found.text(person.email).split('@').next())
        .collect();
    scores.compare(
        "planted: leaver with an account",
        planted_on(planted, "leaver_with_account"),
        found
            .identities()
            .filter(|(.., it)| it.class == Class::Human && left.contains(found.text(it.name)))
            .map(|(_, id, _)| id.to_owned())
            .collect(),
    );
    scores.compare(
        "planted: resource for everybody",
        (planted.problems("public_resource").iter())
            .map(|it| text(it, "subject").to_owned())
            .collect(),
        (snapshot.grants.iter())
            .filter(|grant| grant.subject == Principal::Anyone)
            .filter_map(|grant| Some(found.text(grant.resource?).to_owned()))
            .collect(),
    );
    scores.compare(
        "planted: role gone",
        (planted.problems("role_gone").iter())
            .map(|it| format!("{} -> {}", planted.public[text(it, "subject")], text(it, "detail")))
            .collect(),
        (snapshot.trusts.iter())
            .filter(|trust| trust.target_identity.is_none())
            .filter_map(|trust| {
                let actor = found.text(snapshot.identity(trust.actor_identity?).id);
                let target = found.text(trust.target.text);
                let is_role = actor.starts_with("k8s:") && target.starts_with("arn:aws:iam:");
                is_role.then(|| format!("{actor} -> {target}"))
            })
            .collect(),
    );
}
