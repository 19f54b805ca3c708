//! What the page of an identity is told that no list shows.

use std::path::Path;

use shared::answers;
use shared::api::detail::AccessView;

use super::rules::estate;

/// Of a role in the estate of the rule on escalation paths.
fn access(role: &str) -> AccessView {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules/escalation_path");
    let id = format!("arn:aws:iam::111122223333:role/{role}");
    answers::identity(&estate(&folder), &id).unwrap().access
}

#[test]
fn a_certain_way_up_comes_with_its_evidence() {
    let access = access("attaches");
    assert_eq!(
        (access.tier.as_str(), access.at_most.as_str()),
        ("escalates", "escalates")
    );
    let way = &access.ways_up[0];
    assert_eq!(way.does, "attaches any policy to its own role");
    assert!(way.through.is_none() && way.depends_on.is_empty());
    assert!(way.described_at.starts_with("https://"));
    assert_eq!(way.evidence[0].place, "RoleDetailList[1]");
}

#[test]
fn what_a_way_up_depends_on_is_said() {
    let access = access("at-times");
    assert_ne!(access.tier, "escalates");
    assert_eq!(access.at_most, "escalates");
    let depends: Vec<&str> = access.ways_up[0].depends_on.iter().map(String::as_str).collect();
    assert_eq!(depends, ["the condition on aws:MultiFactorAuthPresent"]);
}

#[test]
fn who_has_no_way_up_has_none_to_show() {
    let access = access("harmless");
    assert!(access.ways_up.is_empty());
    assert_eq!(
        (access.tier.as_str(), access.at_most.as_str()),
        ("sensitive_data", "sensitive_data")
    );
}
