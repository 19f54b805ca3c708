//! AWS connectors against real and recorded exports. The expected numbers were counted from the same files by a
//! separate Python program that walks the plain JSON, without any of this crate.

use std::path::Path;

use shared::access;
use shared::connectors::{self, Reading};
use shared::diagnostic::Severity;
use shared::model::access_policy::{AccessPolicy, Privilege};
use shared::model::grant::{TrustGuard, TrustKind};
use shared::model::identity::{IdentityKind, Origin};
use shared::model::instant::LastUsed;
use shared::model::principal::{HandleKind, Principal};

#[derive(Debug, Default, PartialEq)]
struct Counts {
    users: usize,
    roles: usize,
    service_linked: usize,
    used: usize,
    not_within: usize,
    created: usize,
    grants: usize,
    memberships: usize,
    policies: usize,
    statements: usize,
    administrator_documents: usize,
    owner_claims: usize,
    environments: usize,
    /// Trusts by actor: identity, account, service, federated, anyone.
    actors: [usize; 5],
    subjects: usize,
    runs_as: usize,
    /// Trusts other than of instance profiles by guard: open, external id, subject or audience, other.
    guards: [usize; 4],
}

fn read(path: &Path) -> Reading {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let name = path.file_name().unwrap().to_string_lossy();
    let reading = connectors::read("aws", &name, &bytes, "salt");
    let connector = reading.connector.map(|connector| connector.id);
    assert_eq!(connector, Some("aws_account_authorization_details"), "{name}");
    reading
}

fn check(path: &Path, expected: Counts) -> Reading {
    let reading = read(path);
    let problems: Vec<_> = reading
        .diagnostics
        .iter()
        .filter(|d| d.severity != Severity::Info)
        .collect();
    assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
    let batch = &reading.batch;
    let of_kind = |kind| batch.identities.iter().filter(|fact| fact.kind == Some(kind)).count();
    let of_actor = |is: fn(&Principal) -> bool| batch.trusts.iter().filter(|trust| is(&trust.actor)).count();
    let of_guard = |guard| {
        let is_guarded =
            |trust: &&shared::model::grant::TrustFact| trust.guard == guard && trust.kind != TrustKind::RunsAs;
        batch.trusts.iter().filter(is_guarded).count()
    };
    let documents = || {
        batch.policies.iter().map(|policy| match &policy.document {
            AccessPolicy::Aws(statements) => statements,
            other => panic!("{other:?} is no AWS policy"),
        })
    };
    let counts = Counts {
        users: of_kind(IdentityKind::User),
        roles: of_kind(IdentityKind::Role),
        service_linked: batch
            .identities
            .iter()
            .filter(|fact| fact.origin == Origin::Platform)
            .count(),
        used: batch
            .identities
            .iter()
            .filter(|fact| matches!(fact.last_used, LastUsed::At(_)))
            .count(),
        not_within: (batch.identities.iter())
            .filter(|fact| fact.last_used == LastUsed::NotWithin { days: 400 })
            .count(),
        created: batch.identities.iter().filter(|fact| fact.created_at.is_some()).count(),
        grants: batch.grants.len(),
        memberships: batch.memberships.len(),
        policies: batch.policies.len(),
        statements: documents().map(Vec::len).sum(),
        administrator_documents: documents()
            .filter(|statements| access::aws::privilege(*statements, &batch.strings).0 == Privilege::Administrator)
            .count(),
        owner_claims: batch.identities.iter().map(|fact| fact.owners.len()).sum(),
        environments: batch
            .identities
            .iter()
            .filter(|fact| fact.environment.is_some())
            .count(),
        actors: [
            of_actor(|actor| matches!(actor, Principal::Identity(_))),
            of_actor(|actor| matches!(actor, Principal::Account(_))),
            of_actor(|actor| matches!(actor, Principal::PlatformService(_))),
            of_actor(|actor| matches!(actor, Principal::Federated { .. })),
            of_actor(|actor| matches!(actor, Principal::Anyone)),
        ],
        subjects: of_actor(|actor| matches!(actor, Principal::Federated { subject: Some(_), .. })),
        runs_as: of_actor(|actor| matches!(actor, Principal::Workload(_))),
        guards: [
            of_guard(TrustGuard::Open),
            of_guard(TrustGuard::ExternalId),
            of_guard(TrustGuard::SubjectOrAudience),
            of_guard(TrustGuard::OtherCondition),
        ],
    };
    assert_eq!(counts, expected, "{}", path.display());
    reading
}

#[test]
fn the_example_in_the_manual_of_the_cli() {
    let Some(folder) = crate::support::data("aws_cli_examples/aws__aws-cli") else {
        return;
    };
    let expected = Counts {
        users: 3,
        roles: 1,
        used: 1,
        created: 4,
        grants: 4 + 2,
        memberships: 3,
        policies: 5,
        statements: 8,
        actors: [0, 0, 1, 0, 0],
        runs_as: 1,
        guards: [1, 0, 0, 0],
        ..Counts::default()
    };
    let reading = check(&folder.join("iam.get-account-authorization-details.1.json"), expected);
    assert!(!reading.batch.is_complete(), "the example is the first page of more");
    // The manual writes one id for all three users.
    let n_ids = |reading: &Reading| {
        let handles = reading.batch.identities.iter().flat_map(|fact| &fact.handles);
        handles.filter(|handle| handle.kind == HandleKind::AwsUniqueId).count()
    };
    assert_eq!(n_ids(&reading), 1);
}

#[test]
fn the_recordings_of_cloudsplaining() {
    let Some(folder) = crate::support::data("aws_iam/salesforce__cloudsplaining") else {
        return;
    };
    for (name, expected) in [
        (
            "test/files/example_authz_details_for_overrides.json",
            Counts {
                policies: 1,
                statements: 2,
                ..Counts::default()
            },
        ),
        (
            "test/files/example_authz_v2.json",
            Counts {
                users: 1,
                roles: 2,
                not_within: 2,
                created: 3,
                grants: 1 + 2,
                memberships: 1,
                policies: 4,
                statements: 5,
                actors: [0, 0, 2, 0, 0],
                guards: [2, 0, 0, 0],
                ..Counts::default()
            },
        ),
        (
            "test/files/example_authz_details_for_overrides_complete.json",
            Counts {
                users: 1,
                roles: 2,
                not_within: 2,
                created: 3,
                grants: 4 + 2,
                memberships: 1,
                policies: 5,
                statements: 6,
                administrator_documents: 1,
                actors: [0, 0, 2, 0, 0],
                guards: [2, 0, 0, 0],
                ..Counts::default()
            },
        ),
        (
            "test/files/example-authz-details.json",
            Counts {
                users: 3,
                roles: 3,
                used: 1,
                not_within: 2,
                created: 6,
                grants: 5 + 6,
                memberships: 3,
                policies: 38,
                statements: 94,
                administrator_documents: 1,
                actors: [0, 0, 3, 0, 0],
                runs_as: 1,
                guards: [3, 0, 0, 0],
                ..Counts::default()
            },
        ),
        (
            "examples/files/example.json",
            Counts {
                users: 44,
                roles: 78,
                service_linked: 8,
                used: 26,
                not_within: 52,
                created: 122,
                grants: 106 + 39,
                memberships: 6,
                policies: 123,
                statements: 314,
                administrator_documents: 4,
                actors: [45, 2, 38, 2, 0],
                runs_as: 2,
                guards: [85, 0, 2, 0],
                ..Counts::default()
            },
        ),
    ] {
        check(&folder.join(name), expected);
    }
    // Forty sessions of one role are trusted; the role has a path, which the session's ARN leaves out.
    let reading = read(&folder.join("examples/files/example.json"));
    let batch = &reading.batch;
    let arn = |path: &str| {
        let name = "AWSReservedSSO_AdministratorAccess_dc6414f7f2ab04fc";
        batch
            .strings
            .find(&format!("arn:aws:iam::200611803367:role/{path}{name}"))
    };
    let sso = (batch.identities.iter())
        .find(|fact| Some(fact.handles[0].text) == arn("aws-reserved/sso.amazonaws.com/"))
        .unwrap();
    let is_sso = |actor| matches!(actor, Principal::Identity(handle) if sso.handles.contains(&handle));
    assert_eq!(batch.trusts.iter().filter(|trust| is_sso(trust.actor)).count(), 40);
    assert!(batch.is_complete());
}

#[test]
fn a_large_account() {
    let Some(folder) = crate::support::data("aws_iam/moto-large") else {
        return;
    };
    let expected = Counts {
        users: 500,
        roles: 2_600,
        not_within: 2_600,
        created: 3_100,
        grants: 5_351 + 895,
        memberships: 147,
        policies: 1_595,
        statements: 4_802,
        administrator_documents: 20,
        // 1,735 tags with the keys owner, team or contact, less 91 empty ones and 70 that say TBD.
        owner_claims: 1_574,
        environments: 1_884,
        actors: [45, 622, 1_062, 860, 11],
        subjects: 749,
        runs_as: 390,
        guards: [1_613, 127, 860, 0],
        ..Counts::default()
    };
    check(&folder.join("get-account-authorization-details.json"), expected);
}

#[test]
fn no_other_answer_of_the_cli_is_taken_for_it() {
    let Some(folder) = crate::support::data("aws_cli_examples/aws__aws-cli") else {
        return;
    };
    let mut n_files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|e| e != "json") || name.starts_with("iam.get-account-authorization-details") {
            continue;
        }
        n_files += 1;
        let reading = connectors::read("aws", &name, &std::fs::read(&path).unwrap(), "salt");
        let connector = reading.connector.map(|connector| connector.id);
        assert_ne!(connector, Some("aws_account_authorization_details"), "{name}");
    }
    assert!(n_files > 300, "{n_files}");
}
