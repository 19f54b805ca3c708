//! Vault beside the order of its paths: protected paths, templates, lists, tiers and ways up.

use serde_json::json;
use shared::access::Access;
use shared::access::decision::{Holds, Outcome};
use shared::access::standing::Tier;
use shared::model::snapshot::Snapshot;

use crate::access_named::{named, vault};

fn rule(path: &str, capabilities: &[&str]) -> String {
    format!("path \"{path}\" {{ capabilities = {} }}\n", json!(capabilities))
}

/// A token `one` with a policy `own` of these rules and with `default`, in a Vault that has an administrator's policy.
fn token(rules: &[(&str, &[&str])]) -> Snapshot {
    let own: String = rules
        .iter()
        .map(|(path, capabilities)| rule(path, capabilities))
        .collect();
    let all = rule("*", &["create", "read", "update", "delete", "list", "sudo"]);
    vault(
        &[("own", own), ("all", all)],
        &[("one", json!(["default", "own"])), ("boss", json!(["all"]))],
    )
}

fn ask(snapshot: &Snapshot, capability: &str, path: &str) -> Outcome {
    let access = Access::new(snapshot);
    access
        .decide(snapshot, named(snapshot, "one"), capability, path, &[])
        .outcome
}

/// As [`token`], without `default`, whose rules no export of it has.
fn alone(rules: &[(&str, &[&str])]) -> Snapshot {
    let own: String = rules
        .iter()
        .map(|(path, capabilities)| rule(path, capabilities))
        .collect();
    vault(&[("own", own)], &[("one", json!(["own"]))])
}

#[test]
fn protected_paths_take_sudo_beside() {
    for (capabilities, expected) in [
        (&["read"][..], Outcome::Denied),
        (&["read", "sudo"], Outcome::Allowed),
        (&["sudo"], Outcome::Denied),
    ] {
        let snapshot = alone(&[("sys/*", capabilities)]);
        for path in ["sys/raw/core/keyring", "sys/audit", "sys/auth/github"] {
            assert_eq!(ask(&snapshot, "read", path), expected, "{capabilities:?} {path}");
        }
    }
    let snapshot = alone(&[("sys/*", &["read"])]);
    assert_eq!(ask(&snapshot, "read", "sys/auth"), Outcome::Allowed);
}

#[test]
fn a_template_may_stand_for_any_name() {
    let snapshot = alone(&[
        ("secret/data/{{identity.entity.name}}/*", &["read"]),
        ("secret/data/shared/team", &["update"]),
    ]);
    for (path, expected) in [
        ("secret/data/one/db", Outcome::DependsOn),
        ("secret/data/one", Outcome::Denied),
        ("other/data/one/db", Outcome::Denied),
        // Its own rule goes before every wildcard.
        ("secret/data/shared/team", Outcome::Denied),
    ] {
        assert_eq!(ask(&snapshot, "read", path), expected, "{path}");
    }
}

#[test]
fn a_list_is_of_what_lies_below() {
    for (pattern, path, expected) in [
        ("secret/metadata/shop/", "secret/metadata/shop", Outcome::Allowed),
        ("secret/metadata/shop", "secret/metadata/shop/", Outcome::Allowed),
        ("secret/metadata/*", "secret/metadata", Outcome::Allowed),
        ("secret/metadata/shop", "secret/metadata/other", Outcome::Denied),
    ] {
        assert_eq!(
            ask(&alone(&[(pattern, &["list"])]), "list", path),
            expected,
            "{pattern} {path}"
        );
        let reading = ask(&alone(&[(pattern, &["read"])]), "list", path);
        assert_eq!(reading, Outcome::Denied, "{pattern} {path}");
    }
}

#[test]
fn tokens_have_tiers_and_ways_up() {
    let create = &["create", "update"][..];
    for (rules, tier, at_most, ways) in [
        (
            &[("secret/data/*", &["read"][..])][..],
            Tier::SensitiveData,
            Tier::SensitiveData,
            vec![],
        ),
        (&[("secret/metadata/*", &["list"])], Tier::Read, Tier::Read, vec![]),
        (
            &[("transit/encrypt/app", &["update"])],
            Tier::Write,
            Tier::Write,
            vec![],
        ),
        (&[("kv/shop/db", &["read"])], Tier::Read, Tier::SensitiveData, vec![]),
        (
            &[("secret/data/{{identity.entity.name}}/*", &["read"])],
            Tier::SensitiveData,
            Tier::SensitiveData,
            vec![],
        ),
        // What is denied is not had.
        (
            &[("secret/data/shop", &["read", "deny"])],
            Tier::Read,
            Tier::Read,
            vec![],
        ),
        (
            &[("sys/policies/acl/*", create)],
            Tier::Escalates,
            Tier::Escalates,
            vec!["vault.write-own-policy"],
        ),
        (
            &[("sys/policies/acl/own", create)],
            Tier::Escalates,
            Tier::Escalates,
            vec!["vault.write-own-policy"],
        ),
        // Nobody has it.
        (
            &[("sys/policies/acl/another", create)],
            Tier::Write,
            Tier::Write,
            vec![],
        ),
        (
            &[("auth/token/create", &["update", "sudo"])],
            Tier::Escalates,
            Tier::Escalates,
            vec!["vault.create-tokens"],
        ),
        // Without `sudo`, a token has no policies that its maker has not.
        (&[("auth/token/create", &["update"])], Tier::Write, Tier::Write, vec![]),
        (
            &[("auth/token/roles/ci", create), ("auth/token/create/ci", create)],
            Tier::Escalates,
            Tier::Escalates,
            vec!["vault.token-roles"],
        ),
        (
            &[("auth/token/roles/ci", create), ("auth/token/create/web", create)],
            Tier::Write,
            Tier::Write,
            vec![],
        ),
        (
            &[("auth/approle/*", &["create", "update", "read"])],
            Tier::Escalates,
            Tier::Escalates,
            vec!["vault.write-approles"],
        ),
        (
            &[("auth/userpass/users/*", create)],
            Tier::Escalates,
            Tier::Escalates,
            vec!["vault.write-users"],
        ),
        (
            &[("*", create)],
            Tier::Administrator,
            Tier::Administrator,
            vec!["vault.write-own-policy"],
        ),
        // What another rule denies, it does not have.
        (
            &[
                ("*", create),
                ("sys/*", &["deny"]),
                ("auth/*", &["deny"]),
                ("identity/*", &["deny"]),
            ],
            Tier::Write,
            Tier::SensitiveData,
            vec![],
        ),
    ] {
        let snapshot = token(rules);
        let access = Access::new(&snapshot);
        let one = named(&snapshot, "one");
        let standing = access.standing(one);
        assert_eq!((standing.tier, standing.at_most), (tier, at_most), "{rules:?}");
        let found = access.escalations(&snapshot, one);
        let found: Vec<&str> = found.iter().map(|way| way.path.id).collect();
        assert!(ways.iter().all(|way| found.contains(way)), "{rules:?}: {found:?}");
        if tier < Tier::Administrator {
            assert_eq!(found, ways, "{rules:?}");
        }
    }
}

/// A policy that no export has may deny what others give, and give what they do not.
#[test]
fn an_unknown_policy_leaves_the_tier_open() {
    let reads = rule("secret/data/*", &["read"]);
    let snapshot = vault(&[("reads", reads)], &[("one", json!(["reads", "elsewhere"]))]);
    let standing = Access::new(&snapshot).standing(named(&snapshot, "one"));
    assert_eq!((standing.tier, standing.at_most), (Tier::Read, Tier::Administrator));
}

#[test]
fn a_policy_of_another_takes_an_administrators_power() {
    let all = rule("*", &["create", "read", "update", "sudo"]);
    let denies = rule("sys/*", &["deny"]) + &rule("auth/*", &["deny"]);
    let snapshot = vault(
        &[("all", all), ("denies", denies)],
        &[
            ("one", json!(["all", "denies"])),
            ("boss", json!(["all"])),
            ("unsure", json!(["all", "elsewhere"])),
        ],
    );
    let access = Access::new(&snapshot);
    for (who, expected) in [("one", Holds::No), ("boss", Holds::Yes), ("unsure", Holds::Maybe)] {
        let id = named(&snapshot, who);
        assert_eq!(access.standing(id).is_administrator, expected, "{who}");
        let grant = snapshot
            .grants_of(snapshot.identity(id))
            .find(|grant| snapshot.strings.get(grant.role) == "all");
        let left = access.left_of(&snapshot, id, grant.unwrap());
        let everything = Some(shared::model::access_policy::Privilege::Administrator);
        assert_eq!(left == everything, expected == Holds::Yes, "{who}");
    }
}
